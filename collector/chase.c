/* SPDX-License-Identifier: Apache-2.0 */
/* chase.c -- requests at the turn of a second. */
#include "collector/chase.h"

#include "base/timestamp.h"

enum {
    CHASES_MAX = 12,              /* of one clock */
    PODS_MAX = 24,                /* whose clocks are chased */
    GOOD_ERROR_NS = 20000000,     /* known well enough */
    FIRST_PAUSE_NS = 250000000,   /* between the first two readings, which have no aim */
};

typedef struct {
    Run *run;
    Job job;
    const char *path;
    const Pod *pod;               /* NULL: the API server */
    Str subject;
    int64_t until_ns;             /* no longer where nothing else is asked; 0: no matter */
    unsigned left;
} Chase;

static void chase_done(Job *job, const Answer *answer);

/* Queues the next request, so that it arrives when the clock's second changes. */
static void
go_on(Chase *chase, int64_t round_trip_ns)
{
    const Clock *clock = clocks_get(&chase->run->clocks, chase->subject);
    int64_t now = timestamp_now();
    int64_t wait = FIRST_PAUSE_NS;
    if (chase->left == 0 ||
        (clock && (clock_stepped(clock) || clock_error_ns(clock) <= GOOD_ERROR_NS)))
        return;
    if (clock && clock->readings >= 2) {
        wait = clock_next_second(clock, now) - now - round_trip_ns / 2;
        wait += wait < 0 ? NS_PER_S : 0;
    }
    int64_t due = timestamp_monotonic() + wait;
    if (chase->until_ns && due > chase->until_ns && !fetch_is_busy(chase->run->fetch))
        return;
    chase->left--;
    chase->job = (Job){.path = chase->path, .label = "clocks", .on_done = chase_done, .owner = chase,
                       .not_before_ns = due, .punctual = true};
    fetch_add(chase->run->fetch, &chase->job);
}

/* Whether it was the pod that answered: its errors have its Date, too, but where the API
 * server could not reach it the Date is the API server's. */
static bool
is_of_pod(const Answer *answer)
{
    size_t at;
    return answer->date_ns && answer->api_answered && answer->headers_at_ns &&
           (answer->http_status / 100 == 2 ||
            (answer->http_status == 404 &&
             !str_find(answer->error_body, STR("\"kind\":\"Status\""), &at)));
}

static void
read_pod(Run *run, const Pod *pod, Str subject, const Answer *answer)
{
    clocks_add(&run->clocks, subject, "pod", pod->node, "http-date", answer->date_ns,
               answer->date_step_ns, answer->started_at_ns, answer->headers_at_ns);
}

static void
chase_done(Job *job, const Answer *answer)
{
    Chase *chase = job->owner;
    Run *run = chase->run;
    if (chase->pod && !is_of_pod(answer))
        return;
    if (chase->pod)
        read_pod(run, chase->pod, chase->subject, answer);
    else if (answer->class != CAPTURE_CLASS_NONE || !answer->date_ns)
        return;
    go_on(chase, answer->headers_at_ns - answer->started_at_ns);
}

static void
start(Run *run, const Chase *what, int64_t round_trip_ns)
{
    Chase *chase = ARENA_NEW(run->arena, Chase);
    if (!chase || !what->path) {
        run_fail(run, ST_NOMEM, NULL);
        return;
    }
    *chase = *what;
    chase->run = run;
    chase->left = CHASES_MAX;
    go_on(chase, round_trip_ns);
}

void
chase_apiserver(Run *run)
{
    start(run, &(Chase){.path = "/version", .subject = STR("apiserver")}, 0);
}

/* A small page of what listens there; one that is not known is as good, as long as it is
 * answered. */
static const char *
page_of(uint16_t port)
{
    switch (port) {
    case 15020:
    case 15021:
        return "/healthz/ready";
    case 3000:
        return "/api/health";
    case 9090:
        return "/-/healthy";
    default:
        return "/version";
    }
}

/* Each pod once, and not more of them than are worth it. */
static bool
is_worth(Run *run, const Pod *pod, bool of_control_plane, Str subject)
{
    Str node = arena_strf(run->arena, "node %.*s", STR_ARG(pod->node));
    bool other = !of_control_plane && (pod->node.n == 0 || map_has(&run->chased, node));
    if (run->options->sample_interval_ns == 0 || map_has(&run->chased, subject) || other ||
        run->chased_pods >= PODS_MAX)
        return false;
    run->chased_pods++;
    return map_put(&run->chased, subject, run) && map_put(&run->chased, node, run);
}

void
chase_pod(Run *run, const Pod *pod, bool of_control_plane, uint16_t port, const Answer *answer)
{
    Str subject = arena_strf(run->arena, "%.*s/%.*s", STR_ARG(pod->namespace), STR_ARG(pod->name));
    if (answer->class != CAPTURE_CLASS_NONE || !is_of_pod(answer))
        return;
    read_pod(run, pod, subject, answer);
    if (!is_worth(run, pod, of_control_plane, subject))
        return;
    Chase chase = {
        .pod = pod,
        .subject = subject,
        .path = arena_printf(run->arena, "/api/v1/namespaces/%.*s/pods/%.*s:%u/proxy%s",
                             STR_ARG(pod->namespace), STR_ARG(pod->name), port, page_of(port)),
        .until_ns = timestamp_monotonic() + run->options->sample_interval_ns};
    start(run, &chase, answer->headers_at_ns - answer->started_at_ns);
}
