/* SPDX-License-Identifier: Apache-2.0 */
/* diff_private.h -- what the parts of a comparison share. */
#ifndef DIFF_DIFF_PRIVATE_H
#define DIFF_DIFF_PRIVATE_H

#include "analyzer/diff/diff.h"

typedef struct {
    const DiffSide *sides[2];       /* before, after */
    const RuleSet *set;
    Arena *arena;
    Diff *diff;
    Err *err;
} Comparison;

/* Notes a change, whose texts live long enough; counts it where there are too many. */
NODISCARD Status add_change(Comparison *c, const Change *change);
NODISCARD Status add_hole(Comparison *c, Str what, Str reason);
/* The same where one side or both have a gap: what, and which side lacks why. */
NODISCARD Status add_gap(Comparison *c, Str what, const Gap *before, const Gap *after);

/* Resources that a side has, or should have: "pods.core". */
typedef VEC(Str) ResourceNames;
NODISCARD Status resource_names(Bundle *const bundles[2], Arena *arena, ResourceNames *ret, Err *err);

NODISCARD Status compare_versions(Comparison *c);
NODISCARD Status compare_findings(Comparison *c);
NODISCARD Status compare_captures(Comparison *c);
NODISCARD Status compare_objects(Comparison *c);
NODISCARD Status compare_metrics(Comparison *c);

#endif
