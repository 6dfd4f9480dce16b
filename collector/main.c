/* SPDX-License-Identifier: Apache-2.0 */
/* main.c -- meshcase-collect: from the command line to an exit status. */
#include "collector/collect.h"

#include "base/io.h"
#include "collector/guard.h"
#include "config.h"

#include <curl/curl.h>
#include <jansson.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

enum { OUT_BYTES = 16 << 20 };

static int
fail(const Err *err, int status)
{
    char text[1024];
    err_format(err, text, sizeof text);
    (void)fprintf(stderr, "meshcase-collect: %s\n", text);
    return status;
}

/* What was asked for on standard output must arrive there. */
static int
deliver(const Buf *out, int status)
{
    Err err = {0};
    if (out->n > 0)
        (void)!fwrite(out->data, 1, out->n, stdout);
    if (buf_status(out, &err) != ST_OK || io_finish_stdout(&err) != ST_OK)
        return fail(&err, COLLECT_OUTPUT);
    return status;
}

/* --help, --version, --man and --completion; -1 for none of them. */
static int
tell(const OptionResult *result, Buf *out)
{
    static const OptionSet *const SETS[] = {&COLLECT_OPTIONS};
    Err err = {0};
    if (result->help)
        options_help(&COLLECT_OPTIONS, out);
    else if (result->version)
        buf_printf(out, "meshcase-collect %s\n", PACKAGE_VERSION);
    else if (result->man)
        options_man(SETS, 1, out);
    else if (result->completion) {
        if (options_completion(SETS, 1, result->completion, out, &err) != ST_OK)
            return fail(&err, COLLECT_USAGE);
    } else
        return -1;
    return deliver(out, COLLECT_COMPLETE);
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
    Plan *plan;
    if (collect_options_check(options, &err) != ST_OK ||
        read_plan(options, arena, &plan, &err) != ST_OK)
        return fail(&err, COLLECT_USAGE);
    if (options->dry_run) {
        plan_print(plan, out);
        return deliver(out, COLLECT_COMPLETE);
    }
    CollectExit status = options->preflight ? collect_preflight(options, plan, arena, out, &err)
                                            : collect(options, plan, arena, out, &err);
    if (err.status != ST_OK)
        return fail(&err, (int)status);
    return options->quiet && !options->preflight ? (int)status : deliver(out, (int)status);
}

int
main(int argc, char **argv)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(buf_done) Buf out = BUF_INIT(OUT_BYTES);
    CollectOptions options = {0};
    OptionResult result = {0};
    Err err = {0};
    if (guard_is_asked(argc, argv))
        return guard_run(argv);
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    json_object_seed(0);
    if (!arena || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return fail(&(Err){.status = ST_NOMEM}, COLLECT_NOTHING);
    if (options_parse(&COLLECT_OPTIONS, argc, argv, arena, &options, &result, &err) != ST_OK)
        return fail(&err, COLLECT_USAGE);
    int status = tell(&result, &out);
    if (status < 0)
        status = run(&options, arena, &out);
    curl_global_cleanup();
    return status;
}
