/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.c -- two samples of every monitoring port, all first ones before all second ones. */
#include "collector/chase.h"
#include "collector/pods.h"
#include "collector/take.h"

#include "base/timestamp.h"

enum { METRICS_BYTES = 64 << 20 };

static void
start_sample(Run *run, const PlanCapture *capture, const PodHit *hit, Component component,
             unsigned attempt, unsigned sample, uint16_t port, int64_t not_before_ns);

/* Ports moved with 1.1; where the version is not known, a proxy's port must be declared. */
static bool
port_fits(const Run *run, const PodHit *hit, uint16_t port)
{
    int version = run->cluster.istio_minor;
    bool of_proxy = port == 15020 || port == 15090;
    bool modern = port == 15014 || of_proxy;
    if (version >= 0)
        return modern ? version >= 101 : port != 9093 || version <= 100;
    if (!of_proxy || hit->pod->scrape_port == port)
        return true;
    for (size_t i = 0; i < CONTAINER_PORTS && hit->container->ports[i]; i++)
        if (hit->container->ports[i] == port)
            return true;
    return false;
}

static bool
has_port(const Container *container, uint16_t port)
{
    for (size_t i = 0; i < CONTAINER_PORTS && container->ports[i]; i++)
        if (container->ports[i] == port)
            return true;
    return false;
}

/* Whether the pod's annotations name a port of this container that no table knows: the one
 * that declares it, or where none does the first. */
static bool
is_annotated(const PodHit *hit)
{
    const Pod *pod = hit->pod;
    uint16_t port = pod->scrape_port;
    const Container *owner = pod->container_count ? &pod->containers[0] : NULL;
    for (size_t i = pod->container_count; i-- > 0;)
        if (has_port(&pod->containers[i], port))
            owner = &pod->containers[i];
    Str rest = str_of(hit->form ? hit->form->ports : "15020,15090");     /* the proxy's */
    for (Str word; str_cut(&rest, ',', &word);) {
        uint64_t known;
        if (str_to_u64(word, &known) && known == port)
            return false;
    }
    return pod->scraped && port && owner == hit->container;
}

/* The attempt-th port to try: of the table, or where that knows none the annotated one; 0: no
 * more. */
static uint16_t
nth_port(const Run *run, const PlanCapture *capture, const PodHit *hit, unsigned attempt)
{
    if (capture->ports) {
        for (unsigned i = 0; capture->ports[i]; i++)
            if (i == attempt)
                return capture->ports[i];
        return 0;
    }
    Str rest = str_of(hit->form ? hit->form->ports : "");
    bool known = false;
    for (Str word; str_cut(&rest, ',', &word);) {
        uint64_t port;
        if (!str_to_u64(word, &port) || !port_fits(run, hit, (uint16_t)port))
            continue;
        known = true;
        if (attempt-- == 0)
            return (uint16_t)port;
    }
    return !known && attempt == 0 && is_annotated(hit) ? hit->pod->scrape_port : 0;
}

/* The annotated port has a path of its own. */
static Str
path_of(const PlanCapture *capture, const PodHit *hit, uint16_t port)
{
    bool annotated = !capture->ports && is_annotated(hit) && port == hit->pod->scrape_port;
    return annotated && hit->pod->scrape_path.n ? hit->pod->scrape_path : capture->path;
}

static void
note_process(const Take *take, const Answer *answer)
{
    Run *run = take->run;
    int64_t fds;
    FileLimit limit = {-1, -1};
    const Pod *pod = take->pod;
    Str text = buf_str(&take->tap);
    bool proxy = take->component == COMPONENT_SIDECAR || take->component == COMPONENT_APP;
    chase_pod(run, pod, !proxy, take->port, answer);
    if (!limit_parse_metric(text, "process_max_fds", &limit.soft))
        return;
    if (!limit_parse_metric(text, "process_open_fds", &fds))
        fds = -1;
    limit_book_add(&run->limits, pod->namespace, pod->name, take->container->name, "self",
                   "metrics", &limit, fds);
}

static void
sample_after(Take *take, const Answer *answer)
{
    PodHit hit = {take->pod, take->container, NULL};
    bool lost = answer->class != CAPTURE_CLASS_NONE;
    (void)cluster_container(&take->run->cluster, take->pod, take->component, &hit.form);
    if (take->provisional && take_is_closed(answer)) {
        start_sample(take->run, take->plan, &hit, take->component, take->attempt + 1, 1, 0, 0);
        return;
    }
    if (!lost)
        note_process(take, answer);
    if (take->sample == 1 && take->plan->samples > 1 && !lost)
        start_sample(take->run, take->plan, &hit, take->component, take->attempt, 2, take->port,
                     timestamp_monotonic() + take->run->options->sample_interval_ns);
}

static void
start_sample(Run *run, const PlanCapture *capture, const PodHit *hit, Component component,
             unsigned attempt, unsigned sample, uint16_t port, int64_t not_before_ns)
{
    Str name;
    Err err = {0};
    const Pod *pod = hit->pod;
    if (!port)
        port = nth_port(run, capture, hit, attempt);
    if (!port)
        return;
    if (member_name_metrics(run->arena, str_of(COMPONENT_NAMES[component]), pod->namespace,
                            pod->name, port, sample, &name, &err) != ST_OK) {
        run_log(run, "metrics of %.*s/%.*s: not collected: %s", STR_ARG(pod->namespace),
                STR_ARG(pod->name), err.text);
        return;
    }
    Take *take = take_new(run, MEMBER_METRICS, name, "get");
    if (!take)
        return;
    take->plan = capture;
    take->component = component;
    take->container = hit->container;
    take->attempt = attempt;
    take->sample = sample;
    take->tap_prefix = "process_";
    take->after = sample_after;
    take->provisional = sample == 1 && nth_port(run, capture, hit, attempt + 1) != 0;
    take->job.max_bytes = METRICS_BYTES;
    take->job.not_before_ns = not_before_ns;
    take->job.urgent = true;
    take_pod_path(take, pod, port, path_of(capture, hit, port));
    take_start(take);
}

/* What serves no metrics in its version is no evidence that it has nothing to tell. */
static void
note_portless(Run *run, Str id, Component component, size_t portless)
{
    run_note(
        run,
        &(RunNote){.id = id,
                   .kind = MEMBER_METRICS,
                   .verb = "get",
                   .cover = arena_strf(run->arena, "metrics/%s/**", COMPONENT_NAMES[component]),
                   .state = CAPTURE_SKIPPED,
                   .class = CAPTURE_CLASS_ABSENT,
                   .reason =
                       arena_strf(run->arena,
                                  "%zu pods have no metrics port that is known for their version",
                                  portless)});
}

static void
capture_component(Run *run, const PlanCapture *capture, Component component)
{
    PodHit hit;
    PodWalk walk = pods_of(run, capture, component);
    walk.annotated = component == COMPONENT_APP && !capture->ports;
    Str id = arena_strf(run->arena, "%.*s: metrics of %s", STR_ARG(capture->id),
                        COMPONENT_NAMES[component]);
    size_t portless = 0;
    while (pods_next(&walk, &hit)) {
        if (!hit.container->running)
            continue;
        if (nth_port(run, capture, &hit, 0))
            start_sample(run, capture, &hit, component, 0, 1, 0, 0);
        else
            portless++;
    }
    if (portless)
        note_portless(run, id, component, portless);
    else
        pods_note(run, capture, MEMBER_METRICS, "get", id,
                  arena_strf(run->arena, "metrics/%s/**", COMPONENT_NAMES[component]),
                  walk.left_out);
}

void
capture_metrics(Run *run, const PlanCapture *capture)
{
    for (int c = 0; c < COMPONENT_COUNT; c++)
        if (capture->components & (1u << c))
            capture_component(run, capture, (Component)c);
}
