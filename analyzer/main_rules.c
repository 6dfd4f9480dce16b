/* SPDX-License-Identifier: Apache-2.0 */
/* main_rules.c -- meshcase-rules: chooses a subcommand. */
#include "analyzer/program.h"
#include "analyzer/rules_command.h"

#include <string.h>

static const char PROGRAM[] = "meshcase-rules";

static const struct {
    const char *name;
    const OptionSet *options;
    RulesExit (*run)(RulesRun *run);
} COMMANDS[] = {
#define COMMAND(name) {#name, &OPTIONS_##name, command_##name},
#include "analyzer/rules_commands.def"
#undef COMMAND
};

enum { COMMAND_COUNT = sizeof COMMANDS / sizeof *COMMANDS };

static const Option NO_OPTIONS[] = {{0}};

/* The program itself, for --help and its first operand. */
static const OptionSet WHOLE = {
    .program = "meshcase-rules",
    .usage = "COMMAND [OPTION]... [OPERAND]...",
    .summary = "write, check and try rules",
    .description =
        "  lint     tell everything that is wrong with rule files\n"
        "  test     run the tests beside rules\n"
        "  list     list rules\n"
        "  explain  say in words what a rule needs, when it fires, why, and what to do\n"
        "  eval     evaluate an expression, or a rule, over a bundle\n"
        "  schema   print the JSON Schema of a kind of file, for editors\n"
        "  docs     render packs of rules to Markdown\n"
        "\n"
        "Every command has --help.\n",
    .exit_codes = "0   good\n1   a test or lint failed\n2   wrong use\n"
                  "3   something cannot be read\n6   output could not be written\n"
                  "75  the machine's fault: no memory; try again\n",
    .options = NO_OPTIONS,
    .max_operands = SIZE_MAX,
};

static const OptionSet *const SETS[COMMAND_COUNT + 1] = {
    &WHOLE,
#define COMMAND(name) &OPTIONS_##name,
#include "analyzer/rules_commands.def"
#undef COMMAND
};

static int
fail(const Err *err, Status status)
{
    return program_fail(PROGRAM, err, status == ST_NOMEM ? RULES_MACHINE : RULES_USAGE);
}

/* Options before a subcommand, or none at all. */
static int
run_whole(int argc, char **argv, Arena *arena, Buf *out)
{
    OptionResult result = {0};
    Err err = {0};
    int told;
    RulesOptions none = {0};
    Status status = options_parse(&WHOLE, argc, argv, arena, &none, &result, &err);
    if (status != ST_OK)
        return fail(&err, status);
    if (program_tell(&WHOLE, SETS, COMMAND_COUNT + 1, &result, RULES_USAGE, out, &told))
        return program_deliver(PROGRAM, out, told, RULES_OUTPUT);
    const char *names[COMMAND_COUNT + 1] = {NULL};
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i] = COMMANDS[i].name;
    return program_no_command(PROGRAM, result.operand_count > 0 ? result.operands[0] : NULL,
                              names, RULES_USAGE);
}

static int
run_command(size_t which, int argc, char **argv, Arena *arena, Buf *out)
{
    RulesOptions options = {0};
    OptionResult result = {0};
    Err err = {0};
    int told;
    const OptionSet *set = COMMANDS[which].options;
    Status status = options_parse(set, argc, argv, arena, &options, &result, &err);
    if (status != ST_OK)
        return fail(&err, status);
    if (program_tell(set, SETS, COMMAND_COUNT + 1, &result, RULES_USAGE, out, &told))
        return program_deliver(PROGRAM, out, told, RULES_OUTPUT);
    options.operands = result.operands;
    options.operand_count = result.operand_count;
    RulesRun run = {.options = &options, .arena = arena, .out = out, .err = &err};
    RulesExit code = COMMANDS[which].run(&run);
    if (err.status != ST_OK && run.is_told)
        return program_deliver(PROGRAM, out, program_fail(PROGRAM, &err, (int)code), RULES_OUTPUT);
    if (err.status != ST_OK)
        return program_fail(PROGRAM, &err, (int)code);
    return program_deliver(PROGRAM, out, (int)code, RULES_OUTPUT);
}

int
main(int argc, char **argv)
{
    program_begin();
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(buf_done) Buf out = BUF_INIT(PROGRAM_OUT_BYTES);
    if (!arena)
        return fail(&(Err){.status = ST_NOMEM}, ST_NOMEM);
    for (size_t i = 0; argc > 1 && i < COMMAND_COUNT; i++)
        if (strcmp(argv[1], COMMANDS[i].name) == 0)
            return run_command(i, argc - 1, argv + 1, arena, &out);
    return run_whole(argc, argv, arena, &out);
}
