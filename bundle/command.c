/* SPDX-License-Identifier: Apache-2.0 */
/* command.c -- what the subcommands of meshcase-bundle share. */
#include "bundle/command.h"

#include "base/node.h"
#include "base/utf8.h"
#include "bundle/confined.h"

#include <inttypes.h>
#include <stdio.h>

Status
command_open(const CommandCall *call, Bundle **ret, Err *err)
{
    BundleOptions options = {.any_names = true};
    const char *path = call->operands->operands[0];
    return bundles_open_confined(&path, 1, &options, ret, err);
}

static bool
want_nothing(void *context, const Member *member)
{
    (void)context;
    (void)member;
    return false;
}

static Status
no_data(void *context, const Member *member, Str bytes, Err *err)
{
    (void)context;
    (void)member;
    (void)bytes;
    (void)err;
    return ST_END;
}

Status
command_learn_names(Bundle *bundle, Err *err)
{
    BundleVisitor visitor = {.want = want_nothing, .data = no_data};
    return bundle_form(bundle) == BUNDLE_STREAM ? bundle_scan(bundle, &visitor, err) : ST_OK;
}

BundleExit
command_exit(Status status)
{
    if (status == ST_NOMEM)
        return EXIT_MEMORY;
    return status == ST_USAGE ? EXIT_USAGE : EXIT_UNREADABLE;
}

void
command_add_problem(const BundleProblem *problem, Buf *out)
{
    buf_adds(out, problem_name(problem->kind));
    buf_adds(out, ": ");
    if (problem->member.n) {
        utf8_escape_terminal(out, problem->member, false);
        buf_adds(out, ": ");
    }
    buf_add_str(out, problem->reason);
    if (problem->offset != UINT64_MAX)
        buf_printf(out, " (at byte %" PRIu64 ")", problem->offset);
}

void
command_print_problems(const Bundle *bundle)
{
    const BundleProblems *problems = bundle_problems(bundle);
    for (size_t i = 0; i < problems->count; i++) {
        CLEANUP(buf_done) Buf line = BUF_INIT(64 * 1024);
        command_add_problem(&problems->items[i], &line);
        (void)fprintf(stderr, "meshcase-bundle: %.*s\n", STR_ARG(buf_str(&line)));
    }
    if (problems->left_out)
        (void)fprintf(stderr, "meshcase-bundle: and more problems, at least %zu\n",
                      problems->left_out);
}

void
command_add_problems(const Bundle *bundle, Buf *out)
{
    const BundleProblems *problems = bundle_problems(bundle);
    buf_adds(out, "\"problems\":[");
    for (size_t i = 0; i < problems->count; i++) {
        const BundleProblem *problem = &problems->items[i];
        buf_printf(out, "%s\n{\"kind\":\"%s\",\"member\":", i ? "," : "",
                   problem_name(problem->kind));
        node_write_json_string(problem->member, out);
        buf_adds(out, ",\"reason\":");
        node_write_json_string(problem->reason, out);
        if (problem->offset != UINT64_MAX)
            buf_printf(out, ",\"offset\":%" PRIu64, problem->offset);
        buf_addc(out, '}');
    }
    buf_printf(out, "],\"problems_left_out\":%zu", problems->left_out);
}

void
command_add_bundle(const Bundle *bundle, Buf *out)
{
    buf_adds(out, "\"bundle\":{\"name\":");
    node_write_json_string(str_of(bundle_name(bundle)), out);
    buf_printf(out, ",\"format\":\"%s\",\"top_folder\":", bundle_format_name(bundle));
    node_write_json_string(bundle_top_folder(bundle), out);
    buf_addc(out, '}');
}
