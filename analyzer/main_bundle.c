/* SPDX-License-Identifier: Apache-2.0 */
/* main_bundle.c -- meshcase-bundle: from the command line to an exit status. */
#include "analyzer/bundle_diff.h"
#include "analyzer/program.h"

#include <string.h>

/* The listing of the largest bundle, with names that need escapes. */
static const size_t OUT_BYTES = (size_t)1 << 30;

static const Command *const COMMANDS[] = {&COMMAND_LIST, &COMMAND_CAT, &COMMAND_VERIFY,
                                          &COMMAND_DIFF};
enum { COMMAND_COUNT = sizeof COMMANDS / sizeof COMMANDS[0] };

static const Option NO_OPTIONS[] = {{.name = NULL}};

static const OptionSet PROGRAM = {
    .program = "meshcase-bundle",
    .usage = "COMMAND [OPTION]... BUNDLE|DIRECTORY|-",
    .summary = "look into a case file of a service mesh, and check it",
    .description = "  list     list its members\n"
                   "  cat      print members\n"
                   "  verify   check every digest\n"
                   "  diff     tell what changed between two\n"
                   "\n"
                   "Takes a bundle of meshcase-collect; also any .tar, .tar.gz, .tar.xz, "
                   ".tar.zst, .tar.bz2, .zip or folder. meshcase-bundle COMMAND --help tells "
                   "the options of a command.",
    .exit_codes = COMMAND_EXIT_CODES,
    .options = NO_OPTIONS,
    .max_operands = SIZE_MAX,
};

static BundleExit
fail(const Err *err, BundleExit status)
{
    return (BundleExit)program_fail(PROGRAM.program, err, (int)status);
}

/* --help, --version, --man and --completion; false for none of them. */
static bool
tell(const OptionSet *set, const OptionResult *result, Buf *out, BundleExit *ret)
{
    const OptionSet *sets[1 + COMMAND_COUNT] = {&PROGRAM};
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        sets[i + 1] = COMMANDS[i]->options;
    int status;
    bool told = program_tell(set, sets, 1 + COMMAND_COUNT, result, EXIT_USAGE, out, &status);
    *ret = (BundleExit)status;
    return told;
}

/* Without a command there are only --help and the like. */
static BundleExit
run_without_command(int argc, char **argv, Arena *arena, Buf *out)
{
    OptionResult result = {0};
    Err err = {0};
    BundleExit status;
    struct { bool unused; } settings = {0};
    if (options_parse(&PROGRAM, argc, argv, arena, &settings, &result, &err) != ST_OK)
        return fail(&err, EXIT_USAGE);
    if (tell(&PROGRAM, &result, out, &status))
        return status;
    const char *names[COMMAND_COUNT + 1] = {NULL};
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i] = COMMANDS[i]->name;
    const char *word = result.operand_count > 0 ? result.operands[0] : NULL;
    return (BundleExit)program_no_command(PROGRAM.program, word, names, EXIT_USAGE);
}

static BundleExit
run_command(const Command *command, int argc, char **argv, Arena *arena, Buf *out)
{
    OptionResult result = {0};
    Err err = {0};
    BundleExit status;
    void *settings = arena_zalloc(arena, command->settings_bytes);
    if (!settings)
        return fail(&(Err){.status = ST_NOMEM}, EXIT_MEMORY);
    if (options_parse(command->options, argc, argv, arena, settings, &result, &err) != ST_OK)
        return fail(&err, EXIT_USAGE);
    if (tell(command->options, &result, out, &status))
        return status;
    CommandCall call = {arena, settings, &result, out};
    status = command->run(&call, &err);
    return err.status == ST_OK ? status : fail(&err, status);
}

int
main(int argc, char **argv)
{
    program_begin();
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(buf_done) Buf out = BUF_INIT(OUT_BYTES);
    if (!arena)
        return (int)fail(&(Err){.status = ST_NOMEM}, EXIT_MEMORY);
    const Command *command = NULL;
    for (size_t i = 0; argc > 1 && i < COMMAND_COUNT; i++)
        if (strcmp(argv[1], COMMANDS[i]->name) == 0)
            command = COMMANDS[i];
    BundleExit status = command ? run_command(command, argc - 1, argv + 1, arena, &out)
                                : run_without_command(argc, argv, arena, &out);
    Err err = {0};
    if (buf_status(&out, &err) != ST_OK)
        return (int)fail(&err, EXIT_MEMORY);
    return program_deliver(PROGRAM.program, &out, (int)status, EXIT_OUTPUT);
}
