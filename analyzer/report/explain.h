/* SPDX-License-Identifier: Apache-2.0 */
/* explain.h -- a rule in words, for the terminal and for the manual. */
#ifndef REPORT_EXPLAIN_H
#define REPORT_EXPLAIN_H

#include "analyzer/rule/rule.h"

/* Appends what the rule needs, when it fires, why it matters and what to do. */
void explain_rule(const RuleSet *set, const Rule *rule, unsigned width, Buf *out);
/* Appends a page of Markdown about the rules of one pack. */
void explain_pack(const RuleSet *set, const RulePack *pack, Buf *out);
/* Appends the reference of the language in Markdown: keys, sources and functions. */
void explain_language(Buf *out);

#endif
