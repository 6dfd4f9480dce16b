/* SPDX-License-Identifier: Apache-2.0 */
/* rights.c -- from the captures of a plan to rules of roles. */
#include "collector/rights.h"

#include <string.h>

enum { NAMESPACES_OF_MESH = 2, KUBECTL_WEBSOCKET_MINOR = 29 };

static Need *
find_need(const Needs *needs, const Need *need)
{
    for (size_t i = 0; i < needs->count; i++) {
        Need *other = &needs->items[i];
        if (str_eq(other->verb, need->verb) && str_eq(other->group, need->group) &&
            str_eq(other->resource, need->resource) &&
            str_eq(other->subresource, need->subresource) &&
            str_eq(other->namespace, need->namespace))
            return other;
    }
    return NULL;
}

static Status
add_one(const Run *run, Needs *needs, const Need *need, Str capture, Err *err)
{
    Need *there = find_need(needs, need);
    if (there) {
        Str longer = arena_strf(run->arena, "%.*s, %.*s", STR_ARG(there->captures), STR_ARG(capture));
        if (!longer.p)
            return err_nomem(err);
        if (!str_ends(there->captures, capture))
            there->captures = longer;
        return ST_OK;
    }
    there = VEC_PUSH(run->arena, needs);
    if (!there)
        return err_nomem(err);
    *there = *need;
    there->captures = capture;
    return ST_OK;
}

/* In all namespaces, or in each that is wanted: the applications' and the mesh's own. */
static Status
add(const Run *run, Needs *needs, Need need, bool namespaced, Str capture, Err *err)
{
    const Cluster *cluster = &run->cluster;
    if (!namespaced || cluster->namespace_count == 0)
        return add_one(run, needs, &need, capture, err);
    for (size_t i = 0; i < cluster->namespace_count + NAMESPACES_OF_MESH; i++) {
        need.namespace = str_of(i < cluster->namespace_count    ? cluster->namespaces[i]
                                : i == cluster->namespace_count ? cluster->istio_namespace
                                                                : "kube-system");
        TRY(add_one(run, needs, &need, capture, err));
    }
    return ST_OK;
}

static Status
add_resource(const Run *run, Needs *needs, const Resource *resource, Str capture, Err *err)
{
    Need need = {.verb = STR("list"), .group = resource->group, .version = resource->version,
                 .resource = resource->plural, .subresource = STR(""), .namespace = STR("")};
    return add(run, needs, need, resource->namespaced, capture, err);
}

static Status
add_resources(const Run *run, Needs *needs, const PlanCapture *capture, Err *err)
{
    const Cluster *cluster = &run->cluster;
    for (size_t i = 0; i < capture->resources.count; i++) {
        Str name = capture->resources.items[i];
        bool group = str_starts(name, STR("*."));
        const Resource *resource = group ? NULL : cluster_resource(cluster, name);
        for (size_t r = 0; group && r < cluster->resources.count; r++)
            if (str_eq(cluster->resources.items[r].group, str_from(name, 2)))
                TRY(add_resource(run, needs, &cluster->resources.items[r], capture->id, err));
        if (resource && !cluster_is_old_name(cluster, resource))
            TRY(add_resource(run, needs, resource, capture->id, err));
    }
    return ST_OK;
}

/* kubectl opens a WebSocket by GET from some version on, and needs another verb for that. */
static bool
uses_websockets(const Kube *kube)
{
    Str version = str_of(kube->version);
    Str minor = STR("");
    uint64_t number = 0;
    if (!str_starts(version, STR("v1.")))
        return true;
    version = str_from(version, 3);
    (void)str_cut(&version, '.', &minor);
    return !str_to_u64(minor, &number) || number >= KUBECTL_WEBSOCKET_MINOR;
}

static Status
add_pods(const Run *run, Needs *needs, const PlanCapture *capture, Err *err)
{
    static const struct {
        PlanKind kind;
        const char *verb;
        const char *subresource;
    } OF_PODS[] = {{PLAN_LOGS, "get", "log"},    {PLAN_METRICS, "get", "proxy"},
                   {PLAN_HTTP, "get", "proxy"},  {PLAN_EXEC, "get", ""},
                   {PLAN_EXEC, "create", "exec"}, {PLAN_EXEC, "get", "exec"}};
    for (size_t i = 0; i < sizeof OF_PODS / sizeof *OF_PODS; i++) {
        bool exec = OF_PODS[i].kind == PLAN_EXEC;
        bool websocket = exec && strcmp(OF_PODS[i].verb, "get") == 0 && *OF_PODS[i].subresource;
        Need need = {.verb = str_of(OF_PODS[i].verb), .group = STR(""), .version = STR("v1"),
                     .resource = STR("pods"), .subresource = str_of(OF_PODS[i].subresource),
                     .namespace = STR("")};
        if (OF_PODS[i].kind != capture->kind || (exec && run->options->no_exec) ||
            (websocket && !uses_websockets(run->kube)))
            continue;
        TRY(add(run, needs, need, true, capture->id, err));
    }
    return ST_OK;
}

Status
rights_needed(const Run *run, Needs *ret, Err *err)
{
    const Resource *leases = cluster_resource(&run->cluster, STR("leases.coordination.k8s.io"));
    for (size_t i = 0; i < run->plan->capture_count; i++) {
        const PlanCapture *capture = &run->plan->captures[i];
        TRY(add_resources(run, ret, capture, err));
        TRY(add_pods(run, ret, capture, err));
        Need watch = {.verb = STR("watch"), .group = STR("coordination.k8s.io"),
                      .version = STR("v1"), .resource = STR("leases"), .subresource = STR(""),
                      .namespace = STR("kube-node-lease")};
        if (capture->kind == PLAN_CLOCKS && leases)
            TRY(add_one(run, ret, &watch, capture->id, err));
    }
    return ST_OK;
}

size_t
rights_missing(const Needs *needs)
{
    size_t missing = 0;
    for (size_t i = 0; i < needs->count; i++)
        missing += !needs->items[i].allowed;
    return missing;
}

static void
print_need(const Need *need, Buf *out)
{
    buf_printf(out, "#   %-6.*s %.*s%s%.*s%s%.*s in ", STR_ARG(need->verb), STR_ARG(need->resource),
               need->subresource.n ? "/" : "", STR_ARG(need->subresource), need->group.n ? "." : "",
               STR_ARG(need->group));
    if (need->namespace.n)
        buf_printf(out, "namespace %.*s", STR_ARG(need->namespace));
    else
        buf_adds(out, "all namespaces");
    /* One line, whatever the API server says: what follows is for kubectl apply. */
    size_t n = 0;
    while (n < need->reason.n && (unsigned char)need->reason.p[n] >= ' ')
        n++;
    buf_printf(out, ": %.*s%s%.*s%s\n", STR_ARG(need->captures), n ? " (" : "", (int)n,
               need->reason.p, n ? ")" : "");
}

/* Rules of one role: the needs of that namespace, resources of one group and verb together. */
static void
print_rules(const Needs *needs, Str namespace, Buf *out)
{
    for (size_t i = 0; i < needs->count; i++) {
        const Need *first = &needs->items[i];
        bool told = first->allowed || !str_eq(first->namespace, namespace);
        for (size_t k = 0; k < i && !told; k++)
            told = !needs->items[k].allowed && str_eq(needs->items[k].namespace, namespace) &&
                   str_eq(needs->items[k].group, first->group) &&
                   str_eq(needs->items[k].verb, first->verb);
        if (told)
            continue;
        buf_printf(out, "- apiGroups: [\"%.*s\"]\n  resources: [", STR_ARG(first->group));
        const char *comma = "";
        for (size_t k = i; k < needs->count; k++) {
            const Need *need = &needs->items[k];
            if (need->allowed || !str_eq(need->namespace, namespace) ||
                !str_eq(need->group, first->group) || !str_eq(need->verb, first->verb))
                continue;
            buf_printf(out, "%s%.*s%s%.*s", comma, STR_ARG(need->resource),
                       need->subresource.n ? "/" : "", STR_ARG(need->subresource));
            comma = ", ";
        }
        buf_printf(out, "]\n  verbs: [%.*s]\n", STR_ARG(first->verb));
    }
}

/* system:serviceaccount:NAMESPACE:NAME is a ServiceAccount, anything else a User. */
static void
print_subject(Str user, Buf *out)
{
    Str rest = user;
    Str namespace = STR("");
    if (str_starts(rest, STR("system:serviceaccount:"))) {
        rest = str_from(rest, strlen("system:serviceaccount:"));
        (void)str_cut(&rest, ':', &namespace);
        buf_printf(out, "- {kind: ServiceAccount, namespace: \"%.*s\", name: \"%.*s\"}\n",
                   STR_ARG(namespace), STR_ARG(rest));
        return;
    }
    buf_printf(out, "- {kind: User, apiGroup: rbac.authorization.k8s.io, name: \"%.*s\"}%s\n",
               STR_ARG(user.n ? user : STR("REPLACE-ME")),
               user.n ? "" : "   # the API server does not say who you are");
}

static void
print_role(const Needs *needs, Str namespace, Str user, Buf *out)
{
    const char *kind = namespace.n ? "Role" : "ClusterRole";
    for (int binding = 0; binding < 2; binding++) {
        buf_printf(out, "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: %s%s\n", kind,
                   binding ? "Binding" : "");
        buf_adds(out, "metadata: {name: meshcase-collect-missing");
        if (namespace.n)
            buf_printf(out, ", namespace: \"%.*s\"", STR_ARG(namespace));
        buf_adds(out, "}\n");
        if (!binding) {
            buf_adds(out, "rules:\n");
            print_rules(needs, namespace, out);
            continue;
        }
        buf_printf(out,
                   "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: %s, name: "
                   "meshcase-collect-missing}\nsubjects:\n",
                   kind);
        print_subject(user, out);
    }
}

void
rights_print(const Needs *needs, Str user, Buf *out)
{
    size_t missing = rights_missing(needs);
    buf_printf(out, "# %zu of %zu rights are there\n", needs->count - missing, needs->count);
    if (!missing)
        return;
    buf_adds(out, "# will be missing, and what needs it:\n");
    for (size_t i = 0; i < needs->count; i++)
        if (!needs->items[i].allowed)
            print_need(&needs->items[i], out);
    buf_adds(out, "# these roles add what is missing; kubectl apply -f - takes all of this:\n");
    for (size_t i = 0; i < needs->count; i++) {
        const Need *need = &needs->items[i];
        bool told = need->allowed;
        for (size_t k = 0; k < i && !told; k++)
            told = !needs->items[k].allowed &&
                   str_eq(needs->items[k].namespace, need->namespace);
        if (!told)
            print_role(needs, need->namespace, user, out);
    }
}
