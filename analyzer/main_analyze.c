/* SPDX-License-Identifier: Apache-2.0 */
/* main_analyze.c -- meshcase-analyze: from the command line to an exit status. */
#include "analyzer/analysis.h"
#include "analyzer/program.h"

static int
run(int argc, char **argv, Arena *arena)
{
    static const OptionSet *const SETS[] = {&ANALYSIS_OPTIONS};
    AnalysisOptions options = {0};
    OptionResult result = {0};
    Err err = {0};
    const char *program = ANALYSIS_OPTIONS.program;
    Status status =
        options_parse(&ANALYSIS_OPTIONS, argc, argv, arena, &options, &result, &err);
    if (status != ST_OK)
        return program_fail(program, &err,
                            status == ST_NOMEM ? ANALYSIS_MACHINE : ANALYSIS_USAGE);
    CLEANUP(buf_done) Buf out = BUF_INIT(PROGRAM_OUT_BYTES);
    int told;
    if (program_tell(&ANALYSIS_OPTIONS, SETS, 1, &result, ANALYSIS_USAGE, &out, &told))
        return program_deliver(program, &out, told, ANALYSIS_OUTPUT);
    options.bundle = result.operands[0];
    AnalysisExit code = analysis_run(&options, arena, &err);
    return err.status != ST_OK ? program_fail(program, &err, (int)code) : (int)code;
}

int
main(int argc, char **argv)
{
    program_begin();
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    if (!arena)
        return program_fail(ANALYSIS_OPTIONS.program, &(Err){.status = ST_NOMEM},
                            ANALYSIS_MACHINE);
    return run(argc, argv, arena);
}
