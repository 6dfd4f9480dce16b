/* SPDX-License-Identifier: Apache-2.0 */
/* options.h -- one option table per program: it parses, and it makes --help, the manual
 * page and shell completion.
 *
 *     static const Option OPTIONS[] = {
 *         {"output", 'o', OPTION_TEXT, "FILE", "write the bundle to FILE",
 *          .target = offsetof(Settings, output)},
 *         {.name = NULL},
 *     };
 *
 * A program with subcommands has one set per subcommand, and one without command that stands
 * first and describes the whole.  Every program also has --help (-h, unless the table uses
 * that letter), --version, --man (prints its manual page in man(7)) and --completion SHELL. */
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
    OPTION_DURATION,     /* int64_t ns: Go's form, not negative */
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
    const char *argument;            /* "FILE"; NULL for a flag; FILE…, PATH…, FOLDER…,
                                        DIRECTORY… and BUNDLE… are completed as file names */
    const char *help;                /* one line, lower case, no full stop */
    size_t target;                   /* offsetof the field in the program's struct */
    const char *const *choices;      /* OPTION_CHOICE, ends with NULL */
    const char *fallback;            /* default as the user would type it; NULL: zero; of a
                                        list one item, which the first one given replaces */
    bool hidden;                     /* parsed, not shown */
} Option;

typedef struct {
    const char *program;             /* "meshcase-analyze" */
    const char *command;             /* subcommand, or NULL */
    const char *usage;               /* "[OPTION]... BUNDLE|DIRECTORY|-" */
    const char *summary;             /* one line */
    const char *description;         /* for --help's end and the manual page: a paragraph a
                                        line, empty lines between; lines that begin with a
                                        space stand as they are; or NULL */
    const char *exit_codes;          /* lines "0  no finding\n…", or NULL */
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
 * after operands; "--" ends them; "-" is an operand; "--name=value", "-oVALUE" and flags
 * together ("-vq") are understood, shortened names are not.  Texts point into argv, lists and
 * operands live in the arena.  After --help, --version, --man or --completion nothing else is
 * looked at.
 *
 * ST_USAGE: unknown option ("did you mean …"), missing, bad or empty value, repeated option
 * that is no list, wrong number of operands; target is then half filled.  ST_INTERNAL: a
 * default of the table is wrong.  ST_NOMEM. */
NODISCARD Status options_parse(const OptionSet *set, int argc, char **argv, Arena *arena,
                               void *target, OptionResult *ret, Err *err);
void options_help(const OptionSet *set, Buf *out);
/* sets: the program's, then those of its subcommands. */
void options_man(const OptionSet *const *sets, size_t count, Buf *out);
/* shell: bash, zsh or fish; ST_USAGE otherwise. */
NODISCARD Status options_completion(const OptionSet *const *sets, size_t count,
                                    const char *shell, Buf *out, Err *err);

#endif
