/* SPDX-License-Identifier: Apache-2.0 */
/* main.c -- meshcase: runs meshcase-WORD.  Also installed as kubectl-meshcase, kubectl's plugin.
 *
 * The program beside this one is preferred to one in PATH: both are of the same release. */
#include "base/data_path.h"
#include "base/program.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

typedef enum {
    DISPATCH_GOOD = 0,
    DISPATCH_USAGE = 2,
    DISPATCH_OUTPUT = 6,
    DISPATCH_MEMORY = 75,
    DISPATCH_NOT_RUN = 126,
    DISPATCH_NOT_FOUND = 127,        /* these two as a shell has them */
} DispatchExit;

enum { OUT_BYTES = 1 << 20 };

static const char PROGRAM_NAME[] = "meshcase";

static const char *const WORDS[] = {
#define PROGRAM(word, summary) #word,
#include "dispatch/programs.def"
#undef PROGRAM
    NULL,
};

static const char *const TARGETS[] = {
#define PROGRAM(word, summary) "meshcase-" #word,
#include "dispatch/programs.def"
#undef PROGRAM
};

enum { WORD_COUNT = sizeof TARGETS / sizeof *TARGETS };

static const Option NO_OPTIONS[] = {{.name = NULL}};

static const OptionSet WHOLE = {
    .program = PROGRAM_NAME,
    .usage = "COMMAND [OPTION]... [OPERAND]...",
    .summary = "make and read case files of a service mesh",
    .description =
#define PROGRAM(word, summary) "  " #word ": " summary "\n"
#include "dispatch/programs.def"
#undef PROGRAM
        "\n"
        "meshcase COMMAND is meshcase-COMMAND, with its options and exit status; meshcase "
        "COMMAND --help tells them. As kubectl-meshcase in PATH it is also kubectl meshcase.",
    .exit_codes = "2   wrong use\n"
                  "6   the output could not be written\n"
                  "75  no memory\n"
                  "126 the program of the command cannot be run\n"
                  "127 the program of the command is not there\n",
    .options = NO_OPTIONS,
    .max_operands = SIZE_MAX,
};

static const OptionSet COMMANDS[WORD_COUNT] = {
#define PROGRAM(word, text)                                             \
    {.program = PROGRAM_NAME, .command = #word, .usage = "[ARGUMENT]...", \
     .summary = text, .options = NO_OPTIONS, .max_operands = SIZE_MAX},
#include "dispatch/programs.def"
#undef PROGRAM
};

/* Returns only where the program cannot be run. */
static DispatchExit
run_program(const char *target, char **argv, Arena *arena)
{
    char *name = arena_printf(arena, "%s", target);
    const char *beside = beside_program(arena, target);
    Err err = {0};
    if (!name) {
        (void)!err_nomem(&err);
        return (DispatchExit)program_fail(PROGRAM_NAME, &err, DISPATCH_MEMORY);
    }
    argv[0] = name;
    errno = ENOENT;
    if (beside)
        (void)execv(beside, argv);
    if (errno == ENOENT)
        (void)execvp(target, argv);
    bool absent = errno == ENOENT;
    (void)!err_set(&err, ST_IO, "cannot run %s: %s", target, strerror(errno));
    return (DispatchExit)program_fail(PROGRAM_NAME, &err,
                                      absent ? DISPATCH_NOT_FOUND : DISPATCH_NOT_RUN);
}

/* Without a command there are only --help and the like. */
static DispatchExit
run_without_command(int argc, char **argv, Arena *arena)
{
    const OptionSet *sets[1 + WORD_COUNT] = {&WHOLE};
    for (size_t i = 0; i < WORD_COUNT; i++)
        sets[i + 1] = &COMMANDS[i];
    CLEANUP(buf_done) Buf out = BUF_INIT(OUT_BYTES);
    OptionResult result = {0};
    Err err = {0};
    struct { bool unused; } settings = {0};
    int told;
    Status status = options_parse(&WHOLE, argc, argv, arena, &settings, &result, &err);
    if (status != ST_OK)
        return (DispatchExit)program_fail(
            PROGRAM_NAME, &err, status == ST_NOMEM ? DISPATCH_MEMORY : DISPATCH_USAGE);
    if (program_tell(&WHOLE, sets, 1 + WORD_COUNT, &result, DISPATCH_USAGE, &out, &told))
        return (DispatchExit)program_deliver(PROGRAM_NAME, &out, told, DISPATCH_OUTPUT);
    const char *word = result.operand_count > 0 ? result.operands[0] : NULL;
    return (DispatchExit)program_no_command(PROGRAM_NAME, word, WORDS, DISPATCH_USAGE);
}

int
main(int argc, char **argv)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    if (!arena)
        return program_fail(PROGRAM_NAME, &(Err){.status = ST_NOMEM}, DISPATCH_MEMORY);
    for (size_t i = 0; argc > 1 && i < WORD_COUNT; i++)
        if (strcmp(argv[1], WORDS[i]) == 0)
            return (int)run_program(TARGETS[i], argv + 1, arena);
    return (int)run_without_command(argc, argv, arena);
}
