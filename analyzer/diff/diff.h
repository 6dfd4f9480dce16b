/* SPDX-License-Identifier: Apache-2.0 */
/* diff.h -- what changed between two bundles: "it worked yesterday".
 *
 *     Demand *demand = demand_new(arena);
 *     TRY(diff_demand(bundles, set, demand, err));        // for each side
 *     ... model_load(), rules_evaluate() ...
 *     TRY(diff_run(&before, &after, set, arena, &diff, err));
 *
 * A hole is no change: what one bundle lacks because it was not collected is neither added nor
 * removed, but told among what could not be compared.  Fields that change by themselves
 * (resourceVersion, heartbeats) and kinds that are made of them (Events, Leases) are left out.
 * All of a Diff is plain data in the arena; its texts are foreign, so that printers escape
 * them. */
#ifndef DIFF_DIFF_H
#define DIFF_DIFF_H

#include "analyzer/rule/evaluate.h"

typedef enum {
    CHANGE_VERSION,
    CHANGE_FINDING,
    CHANGE_CAPTURE,
    CHANGE_OBJECT,
    CHANGE_METRIC,
    CHANGE_KIND_COUNT
} ChangeKind;

typedef enum {
    CHANGE_ADDED,
    CHANGE_REMOVED,
    CHANGE_CHANGED,
    CHANGE_WAY_COUNT
} ChangeWay;

extern const char *const CHANGE_KINDS[];        /* "version", …; as in JSON */
extern const char *const CHANGE_WAYS[];

typedef struct {
    ChangeKind kind;
    ChangeWay way;
    Str subject;        /* "Deployment shop/cart", "MIX-101 ns/name", "mixer request_count" */
    Str field;          /* of an object: "spec.containers[name=app].image"; else "" */
    Str before;         /* "" where it was added */
    Str after;          /* "" where it was removed */
} Change;

/* What could not be compared. */
typedef struct {
    Str what;           /* "Pod", "mixer", "MIX-101" */
    Str reason;
} DiffHole;

typedef struct {
    VEC(Change) changes;        /* by kind, then as they were found */
    VEC(DiffHole) holes;
    uint64_t left_out;          /* changes past LIMIT_CHANGE_COUNT */
} Diff;

/* One bundle, read. */
typedef struct {
    const char *name;
    Bundle *bundle;
    Model *model;
    const VerdictList *verdicts;
} DiffSide;

/* Everything that a comparison of these two needs of either.  ST_NOMEM. */
NODISCARD Status diff_demand(Bundle *const bundles[2], Demand *demand, Err *err);
/* ST_NOMEM. */
NODISCARD Status diff_run(const DiffSide *before, const DiffSide *after, const RuleSet *set,
                          Arena *arena, Diff *ret, Err *err);

/* For people and for programs (docs/bundle-format.md: meshcase-diff/1). */
void diff_write_text(const Diff *diff, const DiffSide *before, const DiffSide *after, Buf *out);
void diff_write_json(const Diff *diff, const DiffSide *before, const DiffSide *after, Buf *out);

#endif
