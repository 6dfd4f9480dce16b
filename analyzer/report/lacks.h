/* SPDX-License-Identifier: Apache-2.0 */
/* lacks.h -- what was not seen, put together for people: holes in the evidence with the rules
 * that they silenced, and the rest of the coverage by its cause. */
#ifndef REPORT_LACKS_H
#define REPORT_LACKS_H

#include "analyzer/report/report.h"

typedef VEC(Str) StrVec;

/* Evidence that rules lacked. */
typedef struct {
    Str evidence;                   /* "metric:mixer"; "" where only a reason is known */
    StrVec reasons;                 /* different ones, in order of appearance */
    StrVec collect_with;            /* likewise, without empty ones */
    VEC(const Rule *) rules;        /* in order */
} Lack;
typedef VEC(Lack *) LackList;

/* Coverage of one state for one reason. */
typedef struct {
    Str state;
    Str reason;
    Str collect_with;
    StrVec evidence;
} Hole;
typedef VEC(Hole *) HoleList;

/* The evidence that verdicts not_evaluated lacked; what silenced most rules is first.
 * ST_NOMEM. */
NODISCARD Status lacks_of(const Report *report, Arena *arena, LackList *ret, Err *err);
/* Coverage that lacks_of() does not tell.  ST_NOMEM. */
NODISCARD Status holes_of(const Report *report, Arena *arena, HoleList *ret, Err *err);
/* What stands in the coverage and is no evidence: rules that overlays disabled, and entries of
 * overlays that are over or match nothing.  ST_NOMEM. */
NODISCARD Status overlay_notes_of(const Report *report, Arena *arena, HoleList *ret, Err *err);
bool coverage_is_overlay_note(const Coverage *one);
/* The evidence in all of holes_of(). */
size_t holes_count(const Report *report);

#endif
