/* SPDX-License-Identifier: Apache-2.0 */
/* logs.c -- logs of containers, one request a container, with the node's time stamps.
 *
 * What restarted or is not ready comes first, with its previous log: where time or room run out,
 * the logs of what is well are what is dropped. */
#include "collector/pods.h"
#include "collector/take.h"

#include "base/timestamp.h"

enum { TRANSFER_FACTOR = 16 };     /* how much more than is kept may be read */

static int64_t
since_seconds(const CollectOptions *options)
{
    return (options->since_ns + NS_PER_S - 1) / NS_PER_S;
}

/* kubectl logs, of the same lines. */
static const char *const *
make_instead(Run *run, const PodHit *hit, bool previous, bool recent)
{
    const CollectOptions *options = run->options;
    const char **args = ARENA_ARRAY(run->arena, const char *, 12);
    size_t n = 0;
    if (!args)
        return NULL;
    args[n++] = "logs";
    args[n++] = "-n";
    args[n++] = arena_cstr(run->arena, hit->pod->namespace);
    args[n++] = arena_cstr(run->arena, hit->pod->name);
    args[n++] = "-c";
    args[n++] = arena_cstr(run->arena, hit->container->name);
    args[n++] = "--timestamps";
    if (previous)
        args[n++] = "--previous";
    if (options->tail)
        args[n++] = arena_printf(run->arena, "--tail=%llu", (unsigned long long)options->tail);
    if (recent)
        args[n++] = arena_printf(run->arena, "--since=%llds", (long long)since_seconds(options));
    for (size_t i = 0; i < n; i++)
        if (!args[i])
            return NULL;
    return args;
}

static void
start_log(Run *run, const PlanCapture *capture, const PodHit *hit, bool previous)
{
    const CollectOptions *options = run->options;
    const Pod *pod = hit->pod;
    Str name;
    Err err = {0};
    if (member_name_log(run->arena, pod->namespace, pod->name, hit->container->name, previous,
                        &name, &err) != ST_OK) {
        run_log(run, "log of %.*s/%.*s: not collected: %s", STR_ARG(pod->namespace),
                STR_ARG(pod->name), err.text);
        return;
    }
    Take *take = take_new(run, previous ? MEMBER_LOG_PREVIOUS : MEMBER_LOG, name, "log");
    CLEANUP(buf_done) Buf path = BUF_INIT(4096);
    if (!take)
        return;
    buf_printf(&path, "/api/v1/namespaces/%.*s/pods/%.*s/log?container=%.*s&timestamps=true",
               STR_ARG(pod->namespace), STR_ARG(pod->name), STR_ARG(hit->container->name));
    if (previous)
        buf_adds(&path, "&previous=true");
    if (options->tail)
        buf_printf(&path, "&tailLines=%llu", (unsigned long long)options->tail);
    if (capture->window == WINDOW_RECENT && !previous) {
        buf_printf(&path, "&sinceSeconds=%lld", (long long)since_seconds(options));
        take->window = TRUNCATED_SINCE;
    }
    take->job.path = arena_cstr(run->arena, buf_str(&path));
    take->job.endpoint = take->job.path;
    take->job.right = arena_printf(run->arena, "log in %.*s", STR_ARG(pod->namespace));
    take->job.max_bytes = options->max_log_bytes * TRANSFER_FACTOR;
    take->job.closed = &run->logs_closed;
    if (fetch_transport(run->fetch) != FETCH_PROXY)
        take->job.instead = make_instead(run, hit, previous, take->window == TRUNCATED_SINCE);
    take->tail_lines = options->tail;
    take->tail_bytes = options->max_log_bytes;
    take->pod = pod;
    take->container = hit->container;
    if (!take->job.path)
        run_fail(run, ST_NOMEM, NULL);
    else
        take_start(take);
}

static bool
wants_previous(const PlanCapture *capture, const Container *container)
{
    return capture->previous == PREVIOUS_ALWAYS ||
           (capture->previous == PREVIOUS_RESTARTED && container->has_previous);
}

/* Where the logs of a component stand. */
static Str
cover_of(Run *run, Component component)
{
    if (component == COMPONENT_APP)
        return STR("logs/**");
    for (size_t i = 0; i < COMPONENT_FORM_COUNT; i++) {
        const ComponentForm *form = &COMPONENT_FORMS[i];
        size_t bar;
        Str containers = str_of(form->containers);
        if (form->component != component || !cluster_in_versions(&run->cluster, form->versions))
            continue;
        Str first = str_find_char(containers, '|', &bar) ? str_head(containers, bar) : containers;
        return arena_strf(run->arena, "logs/%s/*/%.*s.*",
                          form->scope == SCOPE_CONTROL ? run->cluster.istio_namespace
                          : form->scope == SCOPE_CLUSTER ? "kube-system" : "*", STR_ARG(first));
    }
    return STR("logs/**");
}

void
capture_logs(Run *run, const PlanCapture *capture)
{
    for (int c = 0; c < COMPONENT_COUNT; c++) {
        PodHit hit;
        PodWalk walk = pods_of(run, capture, (Component)c);
        walk.by_trouble = true;
        if (!(capture->components & (1u << c)))
            continue;
        while (pods_next(&walk, &hit)) {
            if (hit.container->started)
                start_log(run, capture, &hit, false);
            if (wants_previous(capture, hit.container))
                start_log(run, capture, &hit, true);
        }
        pods_note(run, capture, MEMBER_LOG, "log",
                  arena_strf(run->arena, "%.*s: logs of %s", STR_ARG(capture->id),
                             COMPONENT_NAMES[c]),
                  cover_of(run, (Component)c), walk.left_out);
    }
}
