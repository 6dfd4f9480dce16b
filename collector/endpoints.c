/* SPDX-License-Identifier: Apache-2.0 */
/* endpoints.c -- GETs of what components tell about themselves, by the API server's proxy. */
#include "collector/chase.h"
#include "collector/pods.h"
#include "collector/take.h"

#include "base/limits.h"
#include "base/timestamp.h"

static void
http_after(Take *take, const Answer *answer)
{
    chase_pod(take->run, take->pod, true, take->port, answer);
}

static void
start_get(Run *run, const Pod *pod, const char *component, Str what, uint16_t port, Str path)
{
    Str name;
    Err err = {0};
    if (member_name_http(run->arena, str_of(component), pod->namespace, pod->name, what, &name,
                         &err) != ST_OK) {
        run_log(run, "%.*s of %.*s: not collected: %s", STR_ARG(what), STR_ARG(pod->name),
                err.text);
        return;
    }
    Take *take = take_new(run, MEMBER_HTTP, name, "get");
    if (!take)
        return;
    take->form = str_ends(what, STR(".json")) ? REDACT_JSON : REDACT_TEXT;
    take->job.max_bytes = LIMIT_DOCUMENT_BYTES;
    take->after = http_after;
    take_pod_path(take, pod, port, path);
    take_start(take);
}

static bool
is_meant(const Run *run, const PlanCapture *capture, const Endpoint *endpoint, Component component)
{
    return endpoint->component == component && !endpoint->local &&
           (capture->what.count == 0 || plan_lists(&capture->what, str_of(endpoint->what))) &&
           cluster_in_versions(&run->cluster, endpoint->versions);
}

static void
ask_pod(Run *run, const PlanCapture *capture, const Pod *pod, Component component)
{
    for (size_t i = 0; i < ENDPOINT_COUNT; i++)
        if (is_meant(run, capture, &ENDPOINTS[i], component))
            start_get(run, pod, COMPONENT_NAMES[component], str_of(ENDPOINTS[i].what),
                      ENDPOINTS[i].port, str_of(ENDPOINTS[i].path));
    for (size_t i = 0; i < capture->request_count; i++)
        start_get(run, pod, COMPONENT_NAMES[component], capture->requests[i].what,
                  capture->requests[i].port, capture->requests[i].path);
}

void
capture_http(Run *run, const PlanCapture *capture)
{
    for (int c = 0; c < COMPONENT_COUNT; c++) {
        PodHit hit;
        PodWalk walk = pods_of(run, capture, (Component)c);
        if (!(capture->components & (1u << c)))
            continue;
        while (pods_next(&walk, &hit))
            if (hit.container->running)
                ask_pod(run, capture, hit.pod, (Component)c);
        pods_note(run, capture, MEMBER_HTTP, "get",
                  arena_strf(run->arena, "%.*s: endpoints of %s", STR_ARG(capture->id),
                             COMPONENT_NAMES[c]),
                  arena_strf(run->arena, "http/%s/**", COMPONENT_NAMES[c]), walk.left_out);
    }
}
