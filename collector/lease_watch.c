/* SPDX-License-Identifier: Apache-2.0 */
/* lease_watch.c -- the clocks of all nodes in one request, without a command on any of them.
 *
 * A kubelet renews its node's Lease every 10 s and stamps it by its own clock, in microseconds.
 * What is watched arrives a moment later: the node's clock is ahead by at least the stamp less
 * the arrival.  How late it may arrive is an assumption, and the error that is told covers it. */
#include "collector/chase.h"

#include "base/timestamp.h"
#include "collector/span.h"

#define WATCH "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases?watch=1&timeoutSeconds=%lld"

enum {
    WATCH_S = 12,                 /* a renewal of each */
    BEYOND_SAMPLES_S = 2,         /* over the time that is waited for samples anyway */
    LATE_NS = 500000000,          /* from the kubelet's stamp to us: two writes and the watch */
    EVENT_BYTES = 1 << 20,
};

typedef struct {
    Run *run;
    Job job;
    Buf line;
    Map seen;                     /* nodes, renewed while we looked */
    size_t nodes;                 /* there when we began */
    size_t renewed;
} LeaseWatch;

static void
read_event(LeaseWatch *watch, Str line, int64_t arrived_ns)
{
    CLEANUP(cleanup_arena) Arena *scratch = arena_new(EVENT_BYTES * 16);
    Run *run = watch->run;
    SpanTree tree;
    int64_t stamp;
    if (!scratch || span_parse(scratch, line, &tree, NULL) != ST_OK)
        return;
    Str type = span_string(&tree, span_get(&tree, 0, "type"));
    Str node = span_string(&tree, span_path(&tree, 0, "object.metadata.name"));
    Str renewed = span_string(&tree, span_path(&tree, 0, "object.spec.renewTime"));
    if (str_is(type, "ADDED"))
        watch->nodes++;
    if (!str_is(type, "MODIFIED") || node.n == 0 || !timestamp_parse(renewed, &stamp))
        return;
    clocks_add(&run->clocks, node, "node", node, "lease-watch", stamp, 0, arrived_ns - LATE_NS,
               arrived_ns);
    if (map_has(&watch->seen, node))
        return;
    (void)!map_put(&watch->seen, arena_str(run->arena, node), watch);
    watch->renewed++;
}

static Status
watch_bytes(Job *job, const char *bytes, size_t n, Err *err)
{
    LeaseWatch *watch = job->owner;
    int64_t now = timestamp_now();
    size_t newline;
    buf_add(&watch->line, bytes, n);
    TRY(buf_status(&watch->line, err));
    while (str_find_char(buf_str(&watch->line), '\n', &newline)) {
        read_event(watch, str_head(buf_str(&watch->line), newline), now);
        buf_consume(&watch->line, newline + 1);
    }
    job->enough = watch->renewed > 0 && watch->renewed >= watch->nodes;
    return ST_OK;
}

static void
watch_done(Job *job, const Answer *answer)
{
    LeaseWatch *watch = job->owner;
    run_log(watch->run, "leases: %zu of %zu nodes renewed theirs%s%s", watch->renewed, watch->nodes,
            answer->class != CAPTURE_CLASS_NONE ? ": " : "", answer->reason);
    buf_done(&watch->line);
}

void
chase_leases(Run *run)
{
    if (!cluster_resource(&run->cluster, STR("leases.coordination.k8s.io")))
        return;
    int64_t seconds = run->options->sample_interval_ns / NS_PER_S + BEYOND_SAMPLES_S;
    LeaseWatch *watch = ARENA_NEW(run->arena, LeaseWatch);
    char *path = arena_printf(run->arena, WATCH, (long long)(seconds < WATCH_S ? seconds : WATCH_S));
    if (!watch || !path) {
        run_fail(run, ST_NOMEM, NULL);
        return;
    }
    *watch = (LeaseWatch){.run = run, .line = BUF_INIT(EVENT_BYTES)};
    map_init(&watch->seen, run->arena);
    watch->job = (Job){.path = path, .label = "leases of nodes", .urgent = true, .owner = watch,
                       .silence_ns = (WATCH_S + 5) * NS_PER_S, .on_bytes = watch_bytes,
                       .on_done = watch_done};
    fetch_add(run->fetch, &watch->job);
}
