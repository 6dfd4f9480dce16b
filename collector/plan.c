/* SPDX-License-Identifier: Apache-2.0 */
/* plan.c -- where the built-in plan lies, and a plan in words. */
#include "collector/plan.h"

#include "base/data_path.h"
#include "base/io.h"
#include "base/limits.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *const PLAN_KIND_NAMES[] = {
#define PLAN_KIND(id, name, help) name,
#include "collector/plan_kinds.def"
#undef PLAN_KIND
    NULL,
};

bool
plan_lists(const StrList *list, Str word)
{
    for (size_t i = 0; i < list->count; i++)
        if (str_glob(list->items[i], word, false))
            return true;
    return false;
}

Status
plan_load(Arena *arena, const char *file, Plan **ret, Err *err)
{
    Str text;
    TRY(io_read_file(arena, file, LIMIT_PLAN_BYTES, &text, err));
    return plan_parse(arena, text, file, ret, err);
}

Status
plan_built_in(Arena *arena, const char **ret_file, Err *err)
{
    TRY(data_path(arena, "MESHCASE_PLAN", "plans", "/istio.yaml", ret_file, err));
    if (access(*ret_file, R_OK) != 0)
        return err_set(err, ST_NOT_FOUND,
                       "the built-in plan is not installed: there is no %s; use --plan", *ret_file);
    return ST_OK;
}

static void
print_list(Buf *out, const char *title, const StrList *list)
{
    if (list->count == 0)
        return;
    buf_printf(out, "    %s:", title);
    for (size_t i = 0; i < list->count; i++)
        buf_printf(out, " %.*s", STR_ARG(list->items[i]));
    buf_addc(out, '\n');
}

static void
print_components(Buf *out, const char *title, uint32_t bits)
{
    if (!bits)
        return;
    buf_printf(out, "    %s:", title);
    for (int i = 0; i < COMPONENT_COUNT; i++)
        if (bits & (1u << i))
            buf_printf(out, " %s", COMPONENT_NAMES[i]);
    buf_addc(out, '\n');
}

static void
print_endpoints(Buf *out, const PlanCapture *capture)
{
    bool local = capture->kind == PLAN_EXEC;
    for (size_t i = 0; i < ENDPOINT_COUNT; i++) {
        const Endpoint *e = &ENDPOINTS[i];
        if ((capture->components & (1u << e->component)) && e->local == local &&
            ((capture->what.count == 0 && !local) || plan_lists(&capture->what, str_of(e->what))))
            buf_printf(out, "    GET %s %s port %u: %s\n", COMPONENT_NAMES[e->component], e->path,
                       e->port, e->help);
    }
    for (size_t i = 0; i < capture->request_count; i++)
        buf_printf(out, "    GET %.*s port %u\n", STR_ARG(capture->requests[i].path),
                   capture->requests[i].port);
}

static void
print_commands(Buf *out, const PlanCapture *capture)
{
    for (size_t i = 0; i < PROBE_COUNT; i++) {
        if (!plan_lists(&capture->commands, str_of(PROBES[i].what)))
            continue;
        buf_adds(out, "    run");
        for (const char *const *word = PROBES[i].argv; *word; word++)
            buf_printf(out, " %s", *word);
        buf_printf(out, ": %s\n", PROBES[i].help);
    }
}

static void
print_capture(Buf *out, const PlanCapture *capture)
{
    buf_printf(out, "%.*s (%s)\n", STR_ARG(capture->id), PLAN_KIND_NAMES[capture->kind]);
    print_list(out, "if one is served", &capture->when.served);
    print_components(out, "if one is there", capture->when.components);
    print_list(out, capture->metadata_only ? "metadata of" : "list", &capture->resources);
    print_components(out, "pods of", capture->components);
    print_list(out, "namespaces", &capture->namespaces);
    if (capture->selector.n)
        buf_printf(out, "    labels: %.*s\n", STR_ARG(capture->selector));
    if (capture->at_most)
        buf_printf(out, "    at most %lld pods of each\n", (long long)capture->at_most);
    if (capture->one_per_node)
        buf_adds(out, "    one pod on each node\n");
    if (capture->kind == PLAN_LOGS)
        buf_printf(out, "    %s, previous logs %s\n",
                   capture->window == WINDOW_WHOLE ? "whole" : "limited by --since",
                   capture->previous == PREVIOUS_RESTARTED ? "of what restarted"
                   : capture->previous == PREVIOUS_ALWAYS  ? "too"
                                                           : "not");
    if (capture->kind == PLAN_METRICS)
        buf_printf(out, "    GET %.*s, %lld samples\n", STR_ARG(capture->path),
                   (long long)capture->samples);
    if (capture->kind == PLAN_HTTP || capture->kind == PLAN_EXEC)
        print_endpoints(out, capture);
    if (capture->kind == PLAN_EXEC)
        print_commands(out, capture);
}

void
plan_print(const Plan *plan, Buf *out)
{
    buf_printf(
        out,
        "plan %.*s: %zu captures; nothing is changed in the cluster, no Secret's data is read\n\n",
        STR_ARG(plan->name), plan->capture_count);
    for (size_t i = 0; i < plan->capture_count; i++)
        print_capture(out, &plan->captures[i]);
}
