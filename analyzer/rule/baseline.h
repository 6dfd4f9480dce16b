/* SPDX-License-Identifier: Apache-2.0 */
/* baseline.h -- an earlier report, to tell what is new from what was known. */
#ifndef RULE_BASELINE_H
#define RULE_BASELINE_H

#include "analyzer/rule/rule.h"

/* A finding of the earlier report. */
typedef struct {
    Digest fingerprint;
    Str key;                /* its bytes, for the map */
    Str id;
    Str subject;
    Str message;
    bool is_seen;
} BaselineFinding;

typedef struct {
    VEC(BaselineFinding *) findings;
    Map by_fingerprint;
} EarlierReport;

/* Reads a JSON report.  ST_NOT_FOUND, ST_IO, ST_LIMIT, ST_FORMAT (with line), ST_NOMEM. */
NODISCARD Status baseline_read(Arena *arena, const char *path, EarlierReport *ret, Err *err);

/* Marks findings new or unchanged and what is no longer found gone.  A finding whose
 * subject left the bundle becomes a verdict of its own (not_applicable, gone); one whose
 * rule could not tell is told as coverage, for it may still be there.
 * The order of verdicts is kept.  ST_NOMEM. */
NODISCARD Status baseline_mark(EarlierReport *report, const RuleSet *set, VerdictList *verdicts,
                               CoverageList *coverage, Arena *arena, Err *err);

#endif
