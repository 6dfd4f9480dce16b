/* SPDX-License-Identifier: Apache-2.0 */
/* collect.h -- a whole collection, from a plan to a published bundle. */
#ifndef COLLECTOR_COLLECT_H
#define COLLECTOR_COLLECT_H

#include "collector/options.h"
#include "collector/plan.h"

typedef enum {
    COLLECT_COMPLETE = 0,
    COLLECT_MISSING = 1,
    COLLECT_USAGE = 2,
    COLLECT_NOTHING = 3,
    COLLECT_WITHHELD = 4,
    COLLECT_OUTPUT = 6,
    COLLECT_MACHINE = 75,
} CollectExit;

/* Collects and writes the bundle; the summary goes to out.  The exit status, with err
 * filled for USAGE, NOTHING, WITHHELD and OUTPUT. */
CollectExit
collect(const CollectOptions *options, const Plan *plan, Arena *arena, Buf *out, Err *err);

/* The bundle's top folder: its file's name without its endings. */
Str collect_top_folder(Arena *arena, const char *file);

/* Only asks what may be read, as far as the plan needs it: a table, and the rights to add. */
CollectExit collect_preflight(const CollectOptions *options, const Plan *plan, Arena *arena,
                              Buf *out, Err *err);

#endif
