/* SPDX-License-Identifier: Apache-2.0 */
/* exec.c -- harmless commands in containers: the bundle's table of them, and GETs of what a
 * proxy serves to itself alone.
 *
 * There are several ways to such a GET, depending on what the image has; the next is tried
 * when one is closed.  Images without any program fail at once and are recorded as that. */
#include "collector/pods.h"
#include "collector/take.h"

#include "base/limits.h"
#include "base/timestamp.h"
#include "collector/forbidden.h"

#include <string.h>

static void start_get(Run *run, const PlanCapture *capture, const PodHit *hit, Component component,
                      const Endpoint *endpoint, unsigned attempt);

/* The clock, the limits and the open files that a command's output tells. */
static void
read_probe(Take *take, const Answer *answer)
{
    Run *run = take->run;
    const Pod *pod = take->pod;
    Str inside = take->container->name;
    Str text = buf_str(&take->tap);
    FileLimit limit;
    int64_t stamp;
    int64_t resolution;
    if (answer->class != CAPTURE_CLASS_NONE)
        return;
    if (strcmp(take->probe->what, "date.txt") == 0 && clock_parse_date(text, &stamp, &resolution)) {
        Str subject = arena_strf(run->arena, "%.*s/%.*s/%.*s", STR_ARG(pod->namespace),
                                 STR_ARG(pod->name), STR_ARG(inside));
        clocks_add(&run->clocks, subject, "container", pod->node, "exec-date", stamp, resolution,
                   answer->started_at_ns,
                   answer->started_at_ns + answer->duration_ms * 1000000 + 1000000);
    } else if (strcmp(take->probe->what, "limits.txt") == 0 && limit_parse_proc(text, &limit)) {
        limit_book_add(&run->limits, pod->namespace, pod->name, inside, "1", "proc-limits", &limit,
                       -1);
    } else if (strcmp(take->probe->what, "fds.txt") == 0) {
        int64_t count = 0;
        for (size_t i = 0; i < text.n; i++)
            count += text.p[i] == '\n';
        limit_book_add(&run->limits, pod->namespace, pod->name, inside, "1", "proc-limits", NULL,
                       count);
    } else if (strcmp(take->probe->what, "ulimit.txt") == 0 && limit_parse_ulimit(text, &limit)) {
        limit_book_add(&run->limits, pod->namespace, pod->name, inside, "shell", "ulimit", &limit,
                       -1);
    }
    for (int i = 0; i < KERNEL_LIMIT_COUNT; i++)
        if (strcmp(take->probe->what, KERNEL_LIMITS[i].what) == 0)
            limit_book_add_kernel(&run->limits, pod->node,
                                  arena_strf(run->arena, "exec %.*s/%.*s/%.*s",
                                             STR_ARG(pod->namespace), STR_ARG(pod->name),
                                             STR_ARG(inside)),
                                  (KernelLimitId)i, text);
}

static Take *
new_command(Run *run, const PodHit *hit, MemberKind kind, Str name, const char *const *argv)
{
    Err err = {0};
    if (forbidden_command(argv, &err) != ST_OK) {
        run_log(run, "%.*s: %s", STR_ARG(name), err.text);
        return NULL;
    }
    Take *take = take_new(run, kind, name, "exec");
    if (!take)
        return NULL;
    take->job.max_bytes = LIMIT_DOCUMENT_BYTES;
    take_pod_command(take, hit->pod, hit->container, argv);
    return take;
}

static void
start_probe(Run *run, const PodHit *hit, const Probe *probe)
{
    Str name;
    const Pod *pod = hit->pod;
    if (member_name_exec(run->arena, pod->namespace, pod->name, hit->container->name,
                         str_of(probe->what), &name, NULL) != ST_OK)
        return;
    Take *take = new_command(run, hit, MEMBER_EXEC, name, probe->argv);
    if (!take)
        return;
    take->probe = probe;
    take->tapped = true;
    take->after = read_probe;
    take_start(take);
}

/* The attempt-th way to GET the endpoint from inside; NULL: no more. */
static const char *const *
nth_way(Run *run, const Endpoint *endpoint, unsigned attempt)
{
    Arena *arena = run->arena;
    const char **argv = ARENA_ARRAY(arena, const char *, 16);
    size_t n = 0;
    bool registration = strncmp(endpoint->path, "https://", 8) == 0;
    if (!argv)
        return NULL;
    if (registration) {
        static const char *const CERTS[] = {"-k",
                                            "--cert",
                                            "/etc/certs/cert-chain.pem",
                                            "--cacert",
                                            "/etc/certs/root-cert.pem",
                                            "--key",
                                            "/etc/certs/key.pem"};
        const char *const head[] = {"curl", "-s", "-m", "10"};
        if (attempt > 1)
            return NULL;
        for (size_t i = 0; i < sizeof head / sizeof *head; i++)
            argv[n++] = head[i];
        for (size_t i = 0; attempt == 1 && i < sizeof CERTS / sizeof *CERTS; i++)
            argv[n++] = CERTS[i];
        argv[n] =
            attempt == 1 ? endpoint->path : arena_printf(arena, "http://%s", endpoint->path + 8);
        return argv[n] ? argv : NULL;
    }
    const char *url = arena_printf(arena, "http://127.0.0.1:%u%s", endpoint->port, endpoint->path);
    const char *const ways[][5] = {{"curl", "-s", "-m", "10", url},
                                   {"pilot-agent", "request", "GET", endpoint->path + 1},
                                   {"/usr/local/bin/pilot-agent", "debug", endpoint->path + 1}};
    if (attempt >= 3 || !url ||
        (attempt == 2 && strcmp(endpoint->path, "/clusters") != 0 &&
         strcmp(endpoint->path, "/listeners") != 0))
        return NULL;
    for (size_t i = 0; i < 5 && ways[attempt][i]; i++)
        argv[n++] = ways[attempt][i];
    return argv;
}

static void
get_after(Take *take, const Answer *answer)
{
    PodHit hit = {take->pod, take->container, NULL};
    if (take->provisional && take_is_closed(answer))
        start_get(take->run, take->plan, &hit, take->component, take->endpoint, take->attempt + 1);
}

static void
start_get(Run *run, const PlanCapture *capture, const PodHit *hit, Component component,
          const Endpoint *endpoint, unsigned attempt)
{
    Str name;
    const Pod *pod = hit->pod;
    const char *const *argv = nth_way(run, endpoint, attempt);
    if (!argv || member_name_http(run->arena, str_of(COMPONENT_NAMES[component]), pod->namespace,
                                  pod->name, str_of(endpoint->what), &name, NULL) != ST_OK)
        return;
    Take *take = new_command(run, hit, MEMBER_HTTP, name, argv);
    if (!take)
        return;
    take->form = str_ends(str_of(endpoint->what), STR(".json")) ? REDACT_JSON : REDACT_TEXT;
    take->plan = capture;
    take->component = component;
    take->endpoint = endpoint;
    take->attempt = attempt;
    take->provisional = nth_way(run, endpoint, attempt + 1) != NULL;
    take->after = get_after;
    take_start(take);
}

static bool
node_is_new(Map *nodes, const Pod *pod)
{
    if (map_has(nodes, pod->node))
        return false;
    return map_put(nodes, pod->node, nodes);
}

static void
run_in(Run *run, const PlanCapture *capture, const PodHit *hit, Component component)
{
    for (size_t i = 0; i < PROBE_COUNT; i++)
        if (plan_lists(&capture->commands, str_of(PROBES[i].what)))
            start_probe(run, hit, &PROBES[i]);
    for (size_t i = 0; i < ENDPOINT_COUNT; i++)
        if (ENDPOINTS[i].component == component && ENDPOINTS[i].local &&
            plan_lists(&capture->what, str_of(ENDPOINTS[i].what)) &&
            cluster_in_versions(&run->cluster, ENDPOINTS[i].versions))
            start_get(run, capture, hit, component, &ENDPOINTS[i], 0);
}

static void
note_option(Run *run, Str id, Str cover)
{
    run_note(run, &(RunNote){.id = id,
                             .kind = MEMBER_EXEC,
                             .verb = "exec",
                             .cover = cover,
                             .state = CAPTURE_SKIPPED,
                             .class = CAPTURE_CLASS_OPTION,
                             .reason = STR("--no-exec was given")});
}

/* What --no-exec leaves out: of pages only those of the capture's components, for others are
 * fetched without a command. */
static void
note_left_out(Run *run, const PlanCapture *capture)
{
    if (capture->commands.count)
        note_option(run, capture->id, STR("exec/**"));
    for (int c = 0; capture->what.count && c < COMPONENT_COUNT; c++)
        if (capture->components & (1u << c))
            note_option(run,
                        arena_strf(run->arena, "%.*s: pages of %s", STR_ARG(capture->id),
                                   COMPONENT_NAMES[c]),
                        arena_strf(run->arena, "http/%s/**", COMPONENT_NAMES[c]));
}

/* Of each endpoint that was asked for: these are all there are of the component. */
static void
note_endpoints(Run *run, const PlanCapture *capture, Component component, const PodWalk *walk)
{
    const char *name = COMPONENT_NAMES[component];
    for (size_t i = 0; i < ENDPOINT_COUNT; i++) {
        const Endpoint *endpoint = &ENDPOINTS[i];
        if (endpoint->component != component || !endpoint->local ||
            !plan_lists(&capture->what, str_of(endpoint->what)))
            continue;
        pods_note(run, capture, MEMBER_HTTP, "exec",
                  arena_strf(run->arena, "%.*s: %s of %s", STR_ARG(capture->id), endpoint->what,
                             name),
                  arena_strf(run->arena, "http/%s/*/*/%s", name, endpoint->what), walk->left_out);
    }
}

void
capture_exec(Run *run, const PlanCapture *capture)
{
    Map nodes;
    map_init(&nodes, run->arena);
    if (run->options->no_exec) {
        note_left_out(run, capture);
        return;
    }
    for (int c = 0; c < COMPONENT_COUNT; c++) {
        PodHit hit;
        PodWalk walk = pods_of(run, capture, (Component)c);
        if (!(capture->components & (1u << c)))
            continue;
        while (pods_next(&walk, &hit))
            if (hit.container->running && (!capture->one_per_node || node_is_new(&nodes, hit.pod)))
                run_in(run, capture, &hit, (Component)c);
        note_endpoints(run, capture, (Component)c, &walk);
    }
}
