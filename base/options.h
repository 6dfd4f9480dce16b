/* SPDX-License-Identifier: Apache-2.0 */
/* options.h -- one option table per program: it parses, and it makes --help, the manual
 * page and shell completion.
 *
 *     static const Option OPTIONS[] = {
 *         {"output", 'o', OPTION_TEXT, "FILE", "write the bundle to FILE", .target = offsetof(...)},
 *     };
 *
 * A program with subcommands has one table per subcommand.  Every program also has --help,
 * --version, --man (prints its manual page in man(7)) and --completion SHELL. */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include "base/arena.h"
#include "base/buf.h"

typedef enum {
    OPTION_FLAG,         /* bool */
    OPTION_TEXT,         /* const char * */
    OPTION_LIST,         /* OptionList: repeatable */
    OPTION_COUNT,        /* uint64_t: decimal */
    OPTION_SIZE,         /* uint64_t bytes: KiB MiB GiB */
    OPTION_DURATION,     /* int64_t ns: Go's form */
    OPTION_TIME,         /* int64_t ns: RFC 3339 */
    OPTION_CHOICE,       /* int: index into choices */
} OptionType;

typedef struct {
    const char **items;
    size_t count;
} OptionList;

typedef struct {
    const char *name;                /* without "--"; NULL ends the table */
    char letter;                     /* 0: none */
    OptionType type;
    const char *argument;            /* "FILE"; NULL for a flag */
    const char *help;                /* one line, lower case, no full stop */
    size_t target;                   /* offsetof the field in the program's struct */
    const char *const *choices;      /* OPTION_CHOICE, ends with NULL */
    const char *fallback;            /* default as the user would type it; NULL: zero */
    bool hidden;                     /* parsed, not shown */
} Option;

typedef struct {
    const char *program;             /* "meshcase-analyze" */
    const char *command;             /* subcommand, or NULL */
    const char *usage;               /* "[OPTION]... BUNDLE|DIRECTORY|-" */
    const char *summary;             /* one line */
    const char *description;         /* paragraphs for --help's end and the manual page */
    const char *exit_codes;          /* lines "0  no finding\n…" */
    const Option *options;
    size_t min_operands;
    size_t max_operands;             /* SIZE_MAX: any */
} OptionSet;

typedef struct {
    bool help;
    bool version;
    bool man;
    const char *completion;          /* shell, or NULL */
    const char **operands;
    size_t operand_count;
} OptionResult;

/* Sets defaults, then parses argv[1..].  target: the program's struct.  Options may stand
 * after operands; "--" ends them; "-" is an operand; "--name=value" and unambiguous full
 * names only.  ST_USAGE: unknown option ("did you mean …"), missing or bad value, repeated
 * option that is no list, wrong number of operands. */
NODISCARD Status options_parse(const OptionSet *set, int argc, char **argv, Arena *arena,
                               void *target, OptionResult *ret, Err *err);
void options_help(const OptionSet *set, Buf *out);
void options_man(const OptionSet *const *sets, size_t count, Buf *out);
/* shell: bash, zsh or fish; ST_USAGE otherwise. */
NODISCARD Status options_completion(const OptionSet *const *sets, size_t count,
                                    const char *shell, Buf *out, Err *err);

#endif
