/* SPDX-License-Identifier: Apache-2.0 */
/* collect.c -- the stages of a collection, and how each of them may end it. */
#include "collector/collect.h"

#include "base/cleanup.h"
#include "base/timestamp.h"
#include "collector/progress.h"
#include "collector/publish.h"
#include "collector/session.h"
#include "collector/summary.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { LOG_BYTES = 32 << 20 };

/* Letters, digits, '-', '_' and '.' stay; everything else becomes '-'. */
static Str
safe_name(Arena *arena, const char *text)
{
    char *out = arena_cstr(arena, str_head(str_of(text), 100));
    for (char *c = out; c && *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("-_.", *c))
            *c = '-';
    if (!out || !*out || *out == '.' || *out == '-')
        return STR("cluster");
    return str_of(out);
}

/* "meshcase-kind-20180614T080301Z" */
static char *
default_name(Arena *arena, const char *context, int64_t now_ns)
{
    char stamp[TIMESTAMP_TEXT_BYTES];
    char plain[TIMESTAMP_TEXT_BYTES];
    size_t n = 0;
    timestamp_format(now_ns / NS_PER_S * NS_PER_S, stamp);
    for (const char *c = stamp; *c; c++)
        if (*c != '-' && *c != ':')
            plain[n++] = *c;
    plain[n] = '\0';
    return arena_printf(arena, "meshcase-%.*s-%s", STR_ARG(safe_name(arena, context)), plain);
}

Str
collect_top_folder(Arena *arena, const char *file)
{
    const char *slash = strrchr(file, '/');
    Str name = str_of(slash ? slash + 1 : file);
    static const char *const ENDINGS[] = {".gz", ".tgz", ".tar"};
    for (size_t i = 0; i < sizeof ENDINGS / sizeof *ENDINGS; i++)
        if (str_ends(name, str_of(ENDINGS[i])))
            name.n -= strlen(ENDINGS[i]);
    return safe_name(arena, arena_cstr(arena, name));
}

static void
on_tick(void *context, const FetchNews *news)
{
    Session *session = context;
    progress_step(&session->progress, news, spool_bytes(session->run.spool));
}

/* Why a bundle makes no sense: nobody answered, or nobody let us in. */
static Status
check_answers(const Session *session, Err *err)
{
    const Run *run = &session->run;
    const char *reason =
        run->cluster.discovery_reason.n ? run->cluster.discovery_reason.p : "no answer";
    if (run->cluster.discovery_state != CAPTURE_COMPLETE &&
        run->cluster.discovery_class == CAPTURE_CLASS_UNAUTHORIZED)
        return err_set(err, ST_FORBIDDEN,
                       "the cluster refuses the credentials: %s; log in again, then repeat",
                       reason);
    const char *context = *run->kube->context ? run->kube->context : "(none)";
    if (run->cluster.discovery_state == CAPTURE_FAILED &&
        run->cluster.discovery_class == CAPTURE_CLASS_MALFORMED)
        return err_set(err, ST_UNREACHABLE,
                       "what answers is no API server: %s; is '%s' the right context?", reason,
                       context);
    if (fetch_ever_answered(run->fetch))
        return ST_OK;
    if (fetch_stopped(run->fetch) == CAPTURE_CLASS_CANCELLED)
        return err_set(err, ST_CANCELLED,
                       "interrupted before the API server answered; nothing was written");
    if (run->cluster.discovery_class == CAPTURE_CLASS_TLS)
        return err_set(err, ST_UNREACHABLE, "the API server's certificate is not accepted: %s",
                       reason);
    return err_set(
        err, ST_UNREACHABLE,
        "the API server does not answer: %s; is the cluster up, and is '%s' the right context?",
        reason, context);
}

typedef void CaptureFn(Run *run, const PlanCapture *capture);
static CaptureFn *const CAPTURES[PLAN_KIND_COUNT] = {
    [PLAN_RESOURCES] = capture_resources, [PLAN_LOGS] = capture_logs,
    [PLAN_METRICS] = capture_metrics,     [PLAN_HTTP] = capture_http,
    [PLAN_EXEC] = capture_exec,           [PLAN_HOST] = capture_host,
    [PLAN_CLOCKS] = capture_clocks,       [PLAN_LIMITS] = capture_limits,
};

static bool
is_object(PlanKind kind)
{
    return kind == PLAN_RESOURCES || kind == PLAN_HOST;
}

/* Whether the capture may be queued now: what it needs to know is known. */
static bool
is_ready(const Run *run, const PlanCapture *capture)
{
    bool needs_pods = !is_object(capture->kind) || capture->when.components;
    bool needs_discovery = is_object(capture->kind) || capture->when.served.count;
    return (!needs_pods || run->pods_known) && (!needs_discovery || run->discovered);
}

/* Queues each capture once, as early as can be: what hangs delays only what hangs on it. */
static size_t
queue_captures(Run *run, bool *queued)
{
    size_t waiting = 0;
    for (size_t i = 0; i < run->plan->capture_count; i++) {
        const PlanCapture *capture = &run->plan->captures[i];
        bool ready = is_ready(run, capture);
        if (!queued[i] && ready && CAPTURES[capture->kind] && run_when(run, &capture->when))
            CAPTURES[capture->kind](run, capture);
        queued[i] |= ready;
        waiting += !queued[i];
    }
    return waiting;
}

/* Something that captures wait for has come to be known. */
static bool
knows_more(void *context)
{
    Session *session = context;
    const Run *run = &session->run;
    return run->core_known + run->discovered + run->pods_known > session->known;
}

/* What follows from the answers so far. */
static Status
go_on(Session *session, Err *err)
{
    Run *run = &session->run;
    static const char *const STAGES[] = {"asking what the cluster serves", "listing pods",
                                         "reading objects", "reading metrics, endpoints and logs"};
    int known = run->core_known + run->discovered + run->pods_known;
    session->known = known;
    if (run->core_known && !run->pods_asked)
        capture_pods_early(run);
    if (run->discovered && !session->discovered) {
        session->discovered = true;
        discover_end(run);
        TRY(check_answers(session, err));
    }
    if (known == 0 || run->pods_asked || session->discovered)
        progress_stage(&session->progress, STAGES[known]);
    if (run->pods_known && run->cluster.istio_minor < 0)
        cluster_find_version(&run->cluster);
    return ST_OK;
}

static Status
run_stages(Session *session, Err *err)
{
    Run *run = &session->run;
    bool *queued = ARENA_ARRAY(run->arena, bool, run->plan->capture_count);
    if (!queued)
        return err_nomem(err);
    discover_start(run);
    for (size_t waiting = 1; waiting > 0;) {
        TRY(go_on(session, err));
        waiting = queue_captures(run, queued);
        /* Where nothing lists pods there is nothing to wait for. */
        if (session->discovered && !run->pods_asked)
            run->pods_known = true;
        else
            TRY(fetch_run_until(run->fetch, knows_more, session, err));
        if (run->failed != ST_OK)
            return err_nomem(err);
    }
    TRY(fetch_run(run->fetch, err));
    capture_books(run);
    return run->failed == ST_OK ? ST_OK : err_nomem(err);
}

static CollectExit
exit_of(Status status)
{
    switch ((int)status) {
    case ST_USAGE:
        return COLLECT_USAGE;
    case ST_IO:
        return COLLECT_OUTPUT;
    default:
        return COLLECT_NOTHING;
    }
}

/* Everything after the output is known to be writable. */
static CollectExit
collect_into(Session *session, TempFile *file, const char *name, Buf *out, Err *err)
{
    Run *run = &session->run;
    uint64_t bytes = 0;
    Status status = run_stages(session, err);
    if (status != ST_OK) {
        progress_end(&session->progress);
        return exit_of(status);
    }
    session_end_transport(session);
    progress_stage(&session->progress, "writing the bundle");
    status = publish(run, file, collect_top_folder(run->arena, name), &bytes, err);
    progress_end(&session->progress);
    if (status != ST_OK)
        return status == ST_NOMEM    ? COLLECT_NOTHING
               : status == ST_UNSAFE ? COLLECT_WITHHELD
                                     : COLLECT_OUTPUT;
    progress_done(&session->progress, name, bytes, summary_missing(run->manifest));
    SummaryFacts facts = {name, bytes, redactor_total(run->redactor),
                          redactor_level(run->redactor)};
    summary_print(run->manifest, &facts, out);
    return summary_missing(run->manifest) ? COLLECT_MISSING : COLLECT_COMPLETE;
}

CollectExit
collect(const CollectOptions *options, const Plan *plan, Arena *arena, Buf *out, Err *err)
{
    CLEANUP(cleanup_session) Session session = SESSION_INIT;
    CLEANUP(session_close_file) TempFile file = TEMPFILE_INIT;
    const char *name = options->output;
    if (session_listen(&session, err) != ST_OK)
        return COLLECT_NOTHING;
    /* Before anything is fetched, and before kubectl is asked anything, where it can be. */
    if (name && session_create(arena, &file, name, options->force, err) != ST_OK)
        return COLLECT_USAGE;
    Status status = session_open(&session, options, plan, arena, err);
    if (status != ST_OK)
        return exit_of(status);
    if (!name) {
        char *made = default_name(arena, session.kube.context, session.run.manifest->started_at_ns);
        name = made ? arena_printf(arena, "%s.tar.gz", made) : NULL;
        if (!name || session_create(arena, &file, name, options->force, err) != ST_OK)
            return name ? COLLECT_USAGE : COLLECT_NOTHING;
    }
    status = session_start(&session, name, on_tick, err);
    if (status != ST_OK)
        return exit_of(status);
    return collect_into(&session, &file, name, out, err);
}
