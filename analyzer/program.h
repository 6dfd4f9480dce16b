/* SPDX-License-Identifier: Apache-2.0 */
/* program.h -- what meshcase-analyze and meshcase-rules share: start, rules, terminal. */
#ifndef ANALYZER_PROGRAM_H
#define ANALYZER_PROGRAM_H

#include "analyzer/rule/rule.h"
#include "base/program.h"

enum { PROGRAM_OUT_BYTES = 256 << 20 };

/* Locale, seeds, time zone: before anything foreign is read. */
void program_begin(void);

/* The folder of rules that the program brings along: $MESHCASE_RULES, the source tree's in a
 * build tree, else the installed one.  ST_NOMEM. */
NODISCARD Status program_rules_folder(Arena *arena, const char **ret, Err *err);
/* The plan that meshcase-collect follows by default. */
NODISCARD Status program_plan_file(Arena *arena, const char **ret, Err *err);
/* Loads paths, or the program's own rules where there are none; experimental rules of the
 * latter are left out.  What rules_load() and rules_finish() return. */
NODISCARD Status program_load_rules(RuleSet *set, const OptionList *paths, Err *err);
/* Prints the errors among diagnostics on standard error, one line each. */
void program_complain(const char *program, const Diagnostics *diagnostics);

/* Columns of the terminal that fd is; 80 where it is none. */
unsigned program_width(int fd);
/* Whether output to fd may have colours. */
bool program_has_colour(int fd);
/* Whether the user's locale shows ASCII alone, as far as the environment tells. */
bool program_is_ascii(void);

#endif
