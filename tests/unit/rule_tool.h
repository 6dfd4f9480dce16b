/* SPDX-License-Identifier: Apache-2.0 */
/* rule_tool.h -- rules from texts and evidence from texts, for unit tests. */
#ifndef TESTS_UNIT_RULE_TOOL_H
#define TESTS_UNIT_RULE_TOOL_H

#include "analyzer/rule/evaluate.h"

/* Loads one file of that text and finishes the set. */
RuleSet *tool_load(Arena *arena, const char *text);
/* The same; fails the test where there is an error. */
RuleSet *tool_load_sound(Arena *arena, const char *text);
/* All diagnostics as lines, sources left out. */
void tool_diagnostics(const RuleSet *set, Buf *out);
/* Evaluates the set over the bundle of a test: YAML as under the key bundle. */
void tool_evaluate(RuleSet *set, const char *bundle, Arena *arena, Evaluation *ret);
void tool_evaluate_with(RuleSet *set, const char *bundle, const EvaluateOptions *options,
                        Arena *arena, Evaluation *ret);
/* "ID verdict subject severity confidence: message or reason" a line. */
void tool_verdicts(const RuleSet *set, const VerdictList *verdicts, Buf *out);

#endif
