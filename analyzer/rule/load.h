/* SPDX-License-Identifier: Apache-2.0 */
/* load.h -- the steps of loading that only the loader itself calls. */
#ifndef RULE_LOAD_H
#define RULE_LOAD_H

#include "analyzer/rule/rule.h"

/* Compiles the rule in node and adds it to the set unless it has no usable id.  ST_NOMEM. */
NODISCARD Status load_rule(RuleSet *set, RuleFile *file, const Node *node, Err *err);
/* Compiles a mapping of names to sources. */
NODISCARD Status load_bindings(RuleSet *set, const RuleFile *file, const Node *node,
                               BindingScope scope, Bindings *ret, Err *err);
/* Reads the params of a file. */
NODISCARD Status load_params(RuleSet *set, RuleFile *file, const Node *node, Err *err);
/* One string or a list of strings. */
NODISCARD Status load_strings(Arena *arena, const Node *node, StrList *ret, Err *err);

/* Checks the names of a rule and marks what it uses: undefined and unused names, cycles.
 * Sets rule->defs.
 *   broken  the rule's node where something of it could not be compiled: names that stand in
 *           its texts count as used; else NULL
 * ST_NOMEM. */
NODISCARD Status names_check_rule(RuleSet *set, RuleFile *file, Rule *rule, const Node *broken,
                                 Err *err);
/* The names that the defs of a file use; then, once its rules were checked, what nobody
 * uses (broken as above, of the file). */
NODISCARD Status names_check_defs(RuleSet *set, RuleFile *file, Err *err);
void names_check_unused(RuleSet *set, const RuleFile *file, const Node *broken);
/* Whether a name stands as a word in one of the texts of a tree. */
bool node_mentions(const Node *node, Str name);

#endif
