/* SPDX-License-Identifier: Apache-2.0 */
/* main.c -- meshcase-collect: from the command line to an exit status. */
#include "collector/collect.h"

#include "base/program.h"
#include "collector/guard.h"
#include "collector/repack.h"

#include <curl/curl.h>
#include <jansson.h>
#include <locale.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { OUT_BYTES = 16 << 20 };

/* Wherever memory ran out: it is nobody's fault but the machine's. */
static int
fail(const Err *err, CollectExit status)
{
    if (err->status == ST_NOMEM)
        status = COLLECT_MACHINE;
    return program_fail(COLLECT_OPTIONS.program, err, (int)status);
}

static int
deliver(const Buf *out, int status)
{
    return program_deliver(COLLECT_OPTIONS.program, out, status, COLLECT_OUTPUT);
}

static Status
read_plan(const CollectOptions *options, Arena *arena, Plan **ret, Err *err)
{
    const char *file = options->plan;
    if (!file)
        TRY(plan_built_in(arena, &file, err));
    return plan_load(arena, file, ret, err);
}

static int
run(const CollectOptions *options, Arena *arena, Buf *out)
{
    Err err = {0};
    Plan *plan = NULL;
    if (collect_options_check(options, &err) != ST_OK ||
        (!options->from && read_plan(options, arena, &plan, &err) != ST_OK))
        return fail(&err, COLLECT_USAGE);
    if (options->dry_run) {
        plan_print(plan, out);
        return deliver(out, COLLECT_COMPLETE);
    }
    CollectExit status = options->from        ? repack(options, arena, out, &err)
                         : options->preflight ? collect_preflight(options, plan, arena, out, &err)
                                              : collect(options, plan, arena, out, &err);
    if (err.status != ST_OK)
        return fail(&err, status);
    return options->quiet && !options->preflight ? (int)status : deliver(out, (int)status);
}

/* Secrets pass through this process: no core dump, no look from outside, no file for others. */
static void
close_doors(void)
{
    (void)umask(077);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
}

int
main(int argc, char **argv)
{
    static const OptionSet *const SETS[] = {&COLLECT_OPTIONS};
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(buf_done) Buf out = BUF_INIT(OUT_BYTES);
    CollectOptions options = {0};
    OptionResult result = {0};
    Err err = {0};
    close_doors();
    if (guard_is_asked(argc, argv))
        return guard_run(argv);
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    json_object_seed(0);
    if (!arena || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return fail(&(Err){.status = ST_NOMEM}, COLLECT_NOTHING);
    if (options_parse(&COLLECT_OPTIONS, argc, argv, arena, &options, &result, &err) != ST_OK)
        return fail(&err, COLLECT_USAGE);
    int status;
    if (program_tell(&COLLECT_OPTIONS, SETS, 1, &result, COLLECT_USAGE, &out, &status))
        status = deliver(&out, status);
    else
        status = run(&options, arena, &out);
    curl_global_cleanup();
    return status;
}
