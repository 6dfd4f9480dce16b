/* SPDX-License-Identifier: Apache-2.0 */
/* rules_command.h -- the subcommands of meshcase-rules: one row of rules_commands.def and one
 * function each. */
#ifndef ANALYZER_RULES_COMMAND_H
#define ANALYZER_RULES_COMMAND_H

#include "analyzer/rule/rule.h"
#include "base/options.h"

typedef enum {
    RULES_GOOD = 0,
    RULES_FAILED = 1,       /* a test or lint failed */
    RULES_USAGE = 2,
    RULES_UNREADABLE = 3,
    RULES_OUTPUT = 6,
    RULES_MACHINE = 75,
} RulesExit;

/* Options of all subcommands; each table has those of its own. */
typedef struct {
    OptionList rules;
    OptionList params;
    OptionList tests;
    OptionList lets;
    OptionList plans;
    const char *rule;
    bool strict;
    bool is_long;
    bool json;
    bool language;
    bool trace;
    int shape;
    const char **operands;
    size_t operand_count;
} RulesOptions;

/* A subcommand while it runs. */
typedef struct {
    const RulesOptions *options;
    Arena *arena;
    RuleSet *set;
    Buf *out;               /* standard output */
    Err *err;
    bool is_told;           /* out is whole, although err holds an error */
} RulesRun;

#define COMMAND(name) RulesExit command_##name(RulesRun *run);
#include "analyzer/rules_commands.def"
#undef COMMAND

#define COMMAND(name) extern const OptionSet OPTIONS_##name;
#include "analyzer/rules_commands.def"
#undef COMMAND

/* Loads the operands, or --rules, or the rules brought along.  Other than RULES_GOOD: *err
 * or the diagnostics say why. */
RulesExit load_all(RulesRun *run, bool from_operands);
/* The same, and rules with errors are told and end the command. */
RulesExit load_sound(RulesRun *run, bool from_operands);
/* The rule with that id; NULL, with *err filled, where there is none. */
Rule *find_rule(RulesRun *run, const char *id);
RulesExit rules_exit_of(Status status, RulesExit otherwise);

#endif
