/* SPDX-License-Identifier: Apache-2.0 */
/* judge.h -- one rule over evidence: its verdicts.  For evaluate.c alone. */
#ifndef RULE_JUDGE_H
#define RULE_JUDGE_H

#include "analyzer/rule/applies.h"
#include "analyzer/rule/evaluate.h"

/* What one thread judges with; rules of a file may share a session, one after the other. */
typedef struct {
    Session *session;
    const Applicability *applicability;
    Arena *arena;               /* of what verdicts point to */
    Arena *lists;               /* of RuleVerdicts */
    Arena *rule_arena;          /* reset for each rule */
    Arena *element_arena;       /* reset for each element */
} Judge;

typedef struct {
    Verdict *items;             /* sorted by subject and place, with fingerprints */
    uint32_t *turns;            /* of each: the how manieth it was when it was given */
    size_t count;
    size_t findings_left_out;   /* more than a report holds are not even made */
    size_t verdicts_left_out;
} RuleVerdicts;

/* exclusion: why it must not be evaluated; NULL: nothing speaks against it.  ST_NOMEM. */
NODISCARD Status judge_rule(Judge *judge, const Rule *rule, const RuleExclusion *exclusion,
                            RuleVerdicts *ret, Err *err);

#endif
