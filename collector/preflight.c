/* SPDX-License-Identifier: Apache-2.0 */
/* preflight.c -- what the plan needs, asked one by one before anything is fetched. */
#include "collector/collect.h"

#include "base/timestamp.h"
#include "collector/review.h"
#include "collector/session.h"

typedef VEC(Need) Needs;

static bool
has_need(const Needs *needs, const Need *need)
{
    for (size_t i = 0; i < needs->count; i++) {
        const Need *other = &needs->items[i];
        if (str_eq(other->verb, need->verb) && str_eq(other->group, need->group) &&
            str_eq(other->resource, need->resource) &&
            str_eq(other->subresource, need->subresource) &&
            str_eq(other->namespace, need->namespace))
            return true;
    }
    return false;
}

/* In all namespaces, or in each that is wanted. */
static void
add_need(const Run *run, Needs *needs, Need need, bool namespaced)
{
    size_t count =
        namespaced && run->cluster.namespace_count ? run->cluster.namespace_count + 1 : 1;
    for (size_t i = 0; i < count; i++) {
        if (count > 1)
            need.namespace =
                str_of(i < run->cluster.namespace_count ? run->cluster.namespaces[i]
                                                        : run->cluster.istio_namespace);
        Need *place = has_need(needs, &need) ? NULL : VEC_PUSH(run->arena, needs);
        if (place)
            *place = need;
    }
}

static void
add_resource(const Run *run, Needs *needs, const Resource *resource)
{
    add_need(run, needs,
             (Need){.verb = STR("list"),
                    .group = resource->group,
                    .resource = resource->plural,
                    .subresource = STR(""),
                    .namespace = STR("")},
             resource->namespaced);
}

static void
add_capture(const Run *run, Needs *needs, const PlanCapture *capture)
{
    static const struct {
        PlanKind kind;
        const char *verb;
        const char *subresource;
    } OF_PODS[] = {{PLAN_LOGS, "get", "log"},
                   {PLAN_METRICS, "get", "proxy"},
                   {PLAN_HTTP, "get", "proxy"},
                   {PLAN_EXEC, "create", "exec"},
                   {PLAN_EXEC, "get", "exec"}};
    const Cluster *cluster = &run->cluster;
    for (size_t i = 0; i < capture->resources.count; i++) {
        Str name = capture->resources.items[i];
        bool group = str_starts(name, STR("*."));
        for (size_t r = 0; group && r < cluster->resources.count; r++)
            if (str_eq(cluster->resources.items[r].group, str_from(name, 2)))
                add_resource(run, needs, &cluster->resources.items[r]);
        const Resource *resource = group ? NULL : cluster_resource(cluster, name);
        if (resource)
            add_resource(run, needs, resource);
    }
    for (size_t i = 0; i < sizeof OF_PODS / sizeof *OF_PODS; i++)
        if (OF_PODS[i].kind == capture->kind &&
            !(capture->kind == PLAN_EXEC && run->options->no_exec))
            add_need(run, needs,
                     (Need){.verb = str_of(OF_PODS[i].verb),
                            .group = STR(""),
                            .resource = STR("pods"),
                            .subresource = str_of(OF_PODS[i].subresource),
                            .namespace = STR("")},
                     true);
}

static size_t
print_table(const Needs *needs, Buf *out)
{
    size_t missing = 0;
    for (size_t i = 0; i < needs->count; i++)
        missing += !needs->items[i].allowed;
    buf_printf(out, "%zu of %zu rights are there\n", needs->count - missing, needs->count);
    if (missing)
        buf_adds(out, "will be missing:\n");
    for (size_t i = 0; i < needs->count; i++) {
        const Need *need = &needs->items[i];
        if (need->allowed)
            continue;
        buf_printf(out, "  %-6.*s %.*s%s%.*s%s%.*s in %.*s%s%.*s\n", STR_ARG(need->verb),
                   STR_ARG(need->resource), need->subresource.n ? "/" : "",
                   STR_ARG(need->subresource), need->group.n ? "." : "", STR_ARG(need->group),
                   need->namespace.n ? (int)need->namespace.n : 14,
                   need->namespace.n ? need->namespace.p : "all namespaces",
                   need->reason.n ? ": " : "", STR_ARG(need->reason));
    }
    return missing;
}

static Status
discover(Session *session, Err *err)
{
    Run *run = &session->run;
    discover_start(run);
    TRY(fetch_run(run->fetch, err));
    discover_end(run);
    if (!fetch_ever_answered(run->fetch))
        return err_set(err, ST_UNREACHABLE, "the API server does not answer: %.*s",
                       STR_ARG(run->cluster.discovery_reason));
    if (run->cluster.resources.count == 0)
        return err_set(err, ST_FORBIDDEN, "the API server tells nothing of what it serves: %.*s",
                       STR_ARG(run->cluster.discovery_reason));
    return ST_OK;
}

CollectExit
collect_preflight(const CollectOptions *options, const Plan *plan, Arena *arena, Buf *out, Err *err)
{
    CLEANUP(cleanup_session) Session session = SESSION_INIT;
    Needs needs = {0};
    Status status = session_listen(&session, err);
    if (status == ST_OK)
        status = session_open(&session, options, plan, arena, err);
    if (status == ST_OK)
        status = session_start(&session, session.kube.socket, NULL, err);
    if (status == ST_OK)
        status = discover(&session, err);
    for (size_t i = 0; status == ST_OK && i < plan->capture_count; i++)
        add_capture(&session.run, &needs, &plan->captures[i]);
    if (status == ST_OK)
        status = review_needs(&session.kube, arena, needs.items, needs.count,
                              (unsigned)options->rate, session.cancel_fd, err);
    if (status != ST_OK)
        return status == ST_USAGE ? COLLECT_USAGE : COLLECT_NOTHING;
    size_t missing = print_table(&needs, out);
    if (missing) {
        buf_adds(out, "to add these rights:\n");
        review_print_role(needs.items, needs.count, out);
    }
    return missing ? COLLECT_MISSING : COLLECT_COMPLETE;
}
