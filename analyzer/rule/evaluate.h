/* SPDX-License-Identifier: Apache-2.0 */
/* evaluate.h -- rules over evidence: verdicts.
 *
 *     TRY(rules_demand(set, demand, err));
 *     TRY(model_load(&feed, demand, arena, &model, err));
 *     TRY(rules_evaluate(set, model, &options, arena, &evaluation, err));
 *
 * The order for each rule: applies, if, each, with, when or cases.  What one subject, or one
 * rule, fails at never costs another its verdict.  The same evidence and rules give the same
 * verdicts in the same order. */
#ifndef RULE_EVALUATE_H
#define RULE_EVALUATE_H

#include "analyzer/rule/scope.h"

/* A rule whose evaluation killed an earlier process: its verdict is an error that says so. */
typedef struct {
    uint32_t rule;          /* index */
    Str death;              /* "killed by SIGSEGV" */
} RuleExclusion;

typedef struct {
    unsigned lanes;             /* threads at most; 0: one.  Verdicts are the same with any number */
    /* Told of each rule before it is evaluated, so that it can be known should it kill the
     * process, and when a lane has no more; by the lane.  NULL: nobody. */
    void (*begins)(void *context, unsigned lane, const Rule *rule);
    void (*ends)(void *context, unsigned lane);
    void *context;
    const RuleExclusion *excluded;
    size_t excluded_count;
    /* The rule to tell everything about, and to whom; NULL: none. */
    const Rule *traced;
    const Trace *trace;
} EvaluateOptions;

typedef struct {
    VerdictList verdicts;
    CoverageList coverage;      /* limits that were hit, rules that were disabled */
} Evaluation;

/* Whether a rule takes part: it is selected and not disabled. */
bool rule_runs(const Rule *rule);

/* Tells the model what the rules that take part need.  ST_NOMEM, or the model's. */
NODISCARD Status rules_demand(const RuleSet *set, Demand *demand, Err *err);
/* Lets the model keep of objects only what the rules can reach.  Where model_has_missed() says
 * so after the evaluation, all must be done again without. */
NODISCARD Status rules_demand_fields(const RuleSet *set, Demand *demand, Err *err);

/* options: NULL for none.  Everything of *ret lives in the arena.  ST_NOMEM. */
NODISCARD Status rules_evaluate(const RuleSet *set, Model *model, const EvaluateOptions *options,
                                Arena *arena, Evaluation *ret, Err *err);

/* Findings that others explain: sets explained_by.  Call it once verdicts are final. */
NODISCARD Status verdicts_fold(const RuleSet *set, VerdictList *verdicts, Arena *arena,
                               Err *err);

#endif
