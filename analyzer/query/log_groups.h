/* SPDX-License-Identifier: Apache-2.0 */
/* log_groups.h -- from the hits of the selected logs to the value of a `logs` source.
 *
 * Order: where, near, group, window, min (match and not came first, in log_scan.h).  A group
 * with at least min hits stands; where one of its logs is incomplete, with at_least true.  What
 * an incomplete log may still hold makes the list incomplete.  Groups are ordered by namespace,
 * pod, container and line of their first hit. */
#ifndef QUERY_LOG_GROUPS_H
#define QUERY_LOG_GROUPS_H

#include "analyzer/query/log_scan.h"

/* One log that a source selects; the same for all sources with that selection. */
typedef struct {
    Str member;
    Str ns;
    Str pod;
    Str container;
    LogHits *const *hits;    /* by number of the source; NULL: the log was not read */
    const Gap *gap;          /* what is missing of it; NULL: complete */
    int64_t offset_ns;       /* its clock minus the collector's, for near */
} LogInput;

/* All of them.  Sources are many and logs may be, so what depends on logs alone is found once. */
typedef struct {
    Arena *arena;
    const LogInput *items;   /* in order of namespace, pod, container, previous first */
    size_t count;
    const Gap *unlisted;     /* logs may exist that are not listed; NULL: no */
    VEC(uint32_t) read;      /* those with hits */
    const Gap *gap;          /* of all of them and of unlisted, joined */
    Map *holes[8];           /* places of logs with a gap, by the parts that count; made on demand */
} LogInputs;
/* Fills in what follows from items and unlisted, and arena.  ST_NOMEM. */
NODISCARD Status log_inputs_seal(LogInputs *inputs, Err *err);

typedef struct {
    Arena *arena;
    Model *model;            /* held while something is added to logs, which others share; NULL: none do */
    const LogSpec *spec;
    LogInputs *logs;
    size_t number;           /* of the source in the hits of each log */
    const char *needs;       /* "logs:pilot", for gaps of its own */
    const LogInputs *near;   /* logs of the other source; NULL without near */
    size_t near_number;
    /* For where: as in CelEval; `it` is added. */
    Value (*lookup)(void *context, Str name, bool *ret_found);
    void *context;
    uint64_t *steps_left;
} LogGroupsInput;

/* A list of groups as RULES "logs" describes them, complete or incomplete; unknown where no
 * selected log is there. */
Value log_groups(const LogGroupsInput *input);

#endif
