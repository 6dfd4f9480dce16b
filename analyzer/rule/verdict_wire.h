/* SPDX-License-Identifier: Apache-2.0 */
/* verdict_wire.h -- verdicts and coverage as bytes, from the process that reads bundles to the
 * one that reports.
 *
 * What is taken is checked as what comes from a stranger: rules that there are, enumerations
 * inside their range, counts that the bytes can hold, lists that do not grow past their limits.
 * Texts may hold any byte, as they may anyway: reports escape them. */
#ifndef RULE_VERDICT_WIRE_H
#define RULE_VERDICT_WIRE_H

#include "analyzer/rule/rule.h"
#include "base/wire.h"

/* A verdict, but for what is only known once all are there: explained_by and baseline. */
void verdict_put(Buf *out, const Verdict *verdict);
/* Appends all verdicts of the payload, whose bytes must live as long as the list.
 * ST_FORMAT, ST_LIMIT (more than LIMIT_VERDICT_COUNT), ST_NOMEM. */
NODISCARD Status verdicts_take(Str payload, const RuleSet *set, Arena *arena, VerdictList *list,
                               Err *err);

void coverage_put(Buf *out, const Coverage *coverage);
/* As above; at most LIMIT_COVERAGE_COUNT. */
NODISCARD Status coverage_take(Str payload, Arena *arena, CoverageList *list, Err *err);

#endif
