/* SPDX-License-Identifier: Apache-2.0 */
/* fetch.c -- the queue, the pace, the timeouts and the end. */
#include "collector/fetch.h"

#include "base/map.h"
#include "base/timestamp.h"
#include "collector/fetch_private.h"
#include "collector/fetch_queue.h"
#include "collector/forbidden.h"

#include <stdlib.h>
#include <string.h>

enum {
    JOBS_MAX = 64,
    TRIES_MAX = 8,               /* of one job that is told to wait */
    SLOW_FACTOR = 4,             /* a job that trickles may take so many timeouts */
    COMMAND_REQUESTS = 3,        /* of kubectl exec: the pod, a WebSocket, or else SPDY */
    SILENCES = 8,                /* timeouts in a row before the API server itself is asked */
};

struct Fetch {
    Arena *arena;
    FetchOptions options;
    CURLM *multi;
    Active active[JOBS_MAX];
    unsigned running;
    JobQueue queue;
    size_t queued;               /* those under way included */
    size_t done;
    const Job *latest;           /* started last, while it is under way */
    Map silent;                  /* endpoints that timed out */
    Map refused;                 /* rights that were refused */
    unsigned silences;           /* timeouts in a row */
    Job probe;                   /* asks whether the API server is still there */
    bool probing;
    FetchTransport transport;
    bool ever_answered;
    CaptureClass stopped;
    const char *stop_reason;
    int64_t ticked_ns;
};

Status
fetch_new(Arena *arena, const FetchOptions *options, Fetch **ret, Err *err)
{
    Fetch *fetch = ARENA_NEW(arena, Fetch);
    if (!fetch)
        return err_nomem(err);
    fetch->arena = arena;
    fetch->options = *options;
    if (fetch->options.jobs == 0 || fetch->options.jobs > JOBS_MAX)
        fetch->options.jobs = JOBS_MAX;
    fetch->transport =
        options->kube && options->kube->proxy.pid != 0 ? FETCH_PROXY : FETCH_RAW;
    fetch->queue = job_queue(fetch->options.jobs, options->rate);
    map_init(&fetch->silent, arena);
    map_init(&fetch->refused, arena);
    fetch->multi = curl_multi_init();
    if (!fetch->multi)
        return err_nomem(err);
    *ret = fetch;
    for (unsigned i = 0; i < fetch->options.jobs; i++) {
        Active *active = &fetch->active[i];
        active->child = SUBPROCESS_INIT;
        active->error_body = BUF_INIT(ERROR_BODY_BYTES);
        active->err_text = BUF_INIT(ERROR_TEXT_BYTES);
        active->easy = curl_easy_init();
        active->scratch = arena_new(1 << 20);
        if (!active->easy || !active->scratch)
            return err_nomem(err);
    }
    return ST_OK;
}

void
cleanup_fetch(Fetch **pointer)
{
    Fetch *fetch = *pointer;
    if (!fetch)
        return;
    for (unsigned i = 0; i < fetch->options.jobs; i++) {
        Active *active = &fetch->active[i];
        if (active->job && active->http)
            http_abort(active, fetch->multi);
        if (active->child.pid != 0)
            command_abort(active);
        if (active->easy)
            curl_easy_cleanup(active->easy);
        buf_done(&active->error_body);
        buf_done(&active->err_text);
        active->scratch = arena_free(active->scratch);
    }
    (void)curl_multi_cleanup(fetch->multi);
    *pointer = NULL;
}

void
fetch_add(Fetch *fetch, Job *job)
{
    fetch->queued++;
    job_queue_add(&fetch->queue, job);
}

bool
fetch_is_busy(const Fetch *fetch)
{
    return fetch->queue.urgent.first || fetch->queue.normal.first;
}

bool
fetch_ever_answered(const Fetch *fetch)
{
    return fetch->ever_answered;
}

CaptureClass
fetch_stopped(const Fetch *fetch)
{
    return fetch->stopped;
}

FetchTransport
fetch_transport(const Fetch *fetch)
{
    return fetch->transport;
}

const char *
fetch_transport_name(const Fetch *fetch)
{
    static const char *const NAMES[] = {
        [FETCH_PROXY] = "kubectl proxy",
        [FETCH_RAW] = "kubectl get --raw",
        [FETCH_GET] = "kubectl get -o json",
    };
    return NAMES[fetch->transport];
}

void
fetch_stop(Fetch *fetch, CaptureClass class, const char *reason)
{
    if (fetch->stopped == CAPTURE_CLASS_NONE) {
        fetch->stopped = class;
        fetch->stop_reason = reason;
    }
}

bool
active_bytes(Active *active, const char *bytes, size_t n)
{
    Job *job = active->job;
    Answer *answer = &active->answer;
    if (job->max_bytes && answer->bytes + n > job->max_bytes) {
        n = (size_t)(job->max_bytes - answer->bytes);
        answer->cut = true;
    }
    if (job->on_bytes && n > 0) {
        err_clear(&active->sink_err);
        Status status = job->on_bytes(job, bytes, n, &active->sink_err);
        if (status != ST_OK) {
            CaptureClass class = status == ST_FORMAT || status == ST_LIMIT ? CAPTURE_CLASS_MALFORMED
                                                                           : CAPTURE_CLASS_IO;
            answer_fail(answer, class, "%s", active->sink_err.text);
            return false;
        }
    }
    answer->bytes += n;
    return !answer->cut && !job->enough;
}

/* Gives the job its answer; it is done. */
static void
finish(Fetch *fetch, Job *job, Answer *answer)
{
    fetch->queued--;
    fetch->done++;
    job->active = NULL;
    if (job->on_done)
        job->on_done(job, answer);
}

static void
refuse(Fetch *fetch, Job *job, CaptureClass class, const char *reason)
{
    Answer answer = ANSWER_INIT;
    answer.started_at_ns = timestamp_now();
    answer_fail(&answer, class, "%s", reason);
    finish(fetch, job, &answer);
}

/* What a queued job gets without being asked; true where it got it. */
static bool
refused(Fetch *fetch, Job *job)
{
    Err err = {0};
    if (fetch->stopped != CAPTURE_CLASS_NONE) {
        refuse(fetch, job, fetch->stopped, fetch->stop_reason);
        return true;
    }
    if (job->endpoint && map_has(&fetch->silent, str_of(job->endpoint))) {
        refuse(fetch, job, CAPTURE_CLASS_TIMEOUT, "not asked again: it gave no answer before");
        return true;
    }
    if (job->right && map_has(&fetch->refused, str_of(job->right))) {
        refuse(fetch, job, CAPTURE_CLASS_FORBIDDEN, "not asked again: it was forbidden before");
        return true;
    }
    if (job->closed && *job->closed) {
        refuse(fetch, job, CAPTURE_CLASS_BUDGET, "left out: what is left of the bundle's room is for others");
        return true;
    }
    if (job->path && forbidden_request(str_of(job->path), job->accept, &err) != ST_OK) {
        refuse(fetch, job, CAPTURE_CLASS_POLICY, err.text);
        return true;
    }
    if (job->path && job->accept && fetch->transport != FETCH_PROXY) {
        refuse(fetch, job, CAPTURE_CLASS_UNSUPPORTED,
               "without kubectl proxy this form cannot be asked for");
        return true;
    }
    if (job->path && !job->instead && fetch->transport == FETCH_GET) {
        refuse(fetch, job, CAPTURE_CLASS_UNSUPPORTED,
               "neither kubectl proxy nor kubectl get --raw can be used");
        return true;
    }
    return false;
}

static void
probe_done(Job *job, const Answer *answer)
{
    Fetch *fetch = job->owner;
    fetch->probing = false;
    fetch->silences = 0;
    if (!answer->api_answered)
        fetch_stop(fetch, CAPTURE_CLASS_UNREACHABLE, "the API server does not answer any more");
}

static void
start_probe(Fetch *fetch)
{
    if (fetch->probing)
        return;
    fetch->probing = true;
    fetch->probe = (Job){.path = "/version", .urgent = true, .on_done = probe_done, .owner = fetch};
    fetch_add(fetch, &fetch->probe);
}

/* A request without any word of the API server, several times in a row: it may be gone. */
static void
watch_server(Fetch *fetch, const Job *job, const Answer *answer)
{
    if (answer->api_answered) {
        fetch->ever_answered = true;
        fetch->silences = 0;
        return;
    }
    bool down =
        answer->class == CAPTURE_CLASS_UNREACHABLE || answer->class == CAPTURE_CLASS_TIMEOUT;
    if (job == &fetch->probe || !down)
        return;
    if (++fetch->silences >= SILENCES && fetch->ever_answered)
        start_probe(fetch);
}

/* Whether the way itself is closed, and another one is open now. */
static bool
change_way(Fetch *fetch, const Active *active)
{
    const Answer *answer = &active->answer;
    const Job *job = active->job;
    size_t at;
    if (active->http && answer->http_status == 0 && answer->bytes == 0 &&
        answer->class == CAPTURE_CLASS_UNREACHABLE &&
        (active->proxy_error || !kube_proxy_lives(fetch->options.kube))) {
        fetch->transport = fetch->transport == FETCH_PROXY ? FETCH_RAW : fetch->transport;
        return !job->accept;
    }
    if (!active->http && job->path && answer->exit_code > 0 &&
        str_find(buf_str(&active->err_text), STR("unknown flag: --raw"), &at)) {
        fetch->transport = FETCH_GET;
        return job->instead != NULL;
    }
    return false;
}

/* Whether the job is to be asked again: told to wait, or by another way. */
static bool
ask_again(Fetch *fetch, Active *active)
{
    Job *job = active->job;
    const Answer *answer = &active->answer;
    bool told =
        answer->http_status == 429 || (answer->http_status == 503 && answer->retry_after_ns >= 0);
    if (fetch->stopped != CAPTURE_CLASS_NONE)
        return false;
    if (change_way(fetch, active)) {
        fetch->queued--;
        fetch_add(fetch, job);
        return true;
    }
    if (!told || ++job->tries >= TRIES_MAX)
        return false;
    int64_t wait =
        answer->retry_after_ns >= 0 ? answer->retry_after_ns : NS_PER_S << (job->tries - 1);
    job->not_before_ns = timestamp_monotonic() + wait;
    if (job->not_before_ns > fetch->options.deadline_ns)
        return false;
    fetch->queued--;
    fetch_add(fetch, job);
    return true;
}

static void
end_active(Fetch *fetch, Active *active)
{
    Job *job = active->job;
    size_t at;
    active->answer.duration_ms = (timestamp_monotonic() - active->started_ns) / 1000000;
    fetch->running--;
    fetch->latest = fetch->latest == job ? NULL : fetch->latest;
    watch_server(fetch, job, &active->answer);
    if (fetch->options.on_answer)
        fetch->options.on_answer(fetch->options.answer_context, job, &active->answer);
    /* What is behind the API server may refuse something, too: that is no right. */
    if (job->right && active->answer.class == CAPTURE_CLASS_FORBIDDEN &&
        str_find(str_of(active->answer.reason), STR("is forbidden: User"), &at))
        (void)!map_put(&fetch->refused, str_of(job->right), fetch);
    bool again = ask_again(fetch, active);
    active->job = NULL;
    if (!again)
        finish(fetch, job, &active->answer);
    buf_clear(&active->error_body);
    buf_clear(&active->err_text);
    arena_reset(active->scratch);
}

static void
abort_active(Fetch *fetch, Active *active, CaptureClass class, const char *reason)
{
    if (active->http)
        http_abort(active, fetch->multi);
    else
        command_abort(active);
    active->answer.broken = active->answer.bytes > 0;
    active->answer.api_answered = active->answer.headers_at_ns != 0;
    answer_fail(&active->answer, class, "%s", reason);
    end_active(fetch, active);
}

static Status
start(Fetch *fetch, Job *job, Err *err)
{
    Active *active = fetch->active;
    while (active->job)
        active++;
    active->job = job;
    active->answer = ANSWER_INIT;
    active->answer.asked = true;
    active->answer.started_at_ns = timestamp_now();
    active->started_ns = active->progress_ns = timestamp_monotonic();
    fetch->running++;
    fetch->latest = job;
    bool over_http = job->path && fetch->transport == FETCH_PROXY;
    job_queue_started(&fetch->queue, active->started_ns, job->command ? COMMAND_REQUESTS : 1);
    Err why = {0};
    Status status = over_http ? http_begin(active, fetch->multi, fetch->options.kube->socket, &why)
                              : command_begin(active, fetch->options.kube,
                                              fetch->transport == FETCH_GET, &why);
    if (status == ST_NOMEM)
        return err_nomem(err);
    if (status != ST_OK) {
        answer_fail(&active->answer, CAPTURE_CLASS_IO, "%s", why.text);
        end_active(fetch, active);
    }
    return ST_OK;
}

/* Starts what may be started now. */
static Status
start_jobs(Fetch *fetch, Err *err)
{
    for (;;) {
        bool stopped = fetch->stopped != CAPTURE_CLASS_NONE;
        Job *job = stopped ? job_queue_any(&fetch->queue)
                           : job_queue_next(&fetch->queue, timestamp_monotonic(), fetch->running);
        if (!job)
            return ST_OK;
        if (!refused(fetch, job))
            TRY(start(fetch, job, err));
    }
}

/* Ends what was silent or slow for too long. */
static void
check_active(Fetch *fetch, Active *active, int64_t now)
{
    int64_t timeout = fetch->options.request_timeout_ns;
    const Job *job = active->job;
    char text[TIMESTAMP_TEXT_BYTES + 32];
    char length[TIMESTAMP_TEXT_BYTES];
    if (now - active->progress_ns <= (job->silence_ns ? job->silence_ns : timeout) &&
        now - active->started_ns <= SLOW_FACTOR * timeout + job->silence_ns)
        return;
    bool silent = active->answer.headers_at_ns == 0;
    duration_format(silent ? timeout : now - active->started_ns, length);
    (void)snprintf(text, sizeof text,
                   silent ? "no answer within %s" : "the answer took longer than %s", length);
    if (job->endpoint)
        (void)!map_put(&fetch->silent, str_of(job->endpoint), fetch);
    abort_active(fetch, active, CAPTURE_CLASS_TIMEOUT, text);
}

static void
check_time(Fetch *fetch)
{
    int64_t now = timestamp_monotonic();
    if (now >= fetch->options.deadline_ns)
        fetch_stop(fetch, CAPTURE_CLASS_DEADLINE, "the collection's time was over");
    for (unsigned i = 0; i < fetch->options.jobs; i++) {
        Active *active = &fetch->active[i];
        if (active->job && fetch->stopped != CAPTURE_CLASS_NONE)
            abort_active(fetch, active, fetch->stopped, fetch->stop_reason);
        else if (active->job)
            check_active(fetch, active, now);
    }
}

static void
read_transfers(Fetch *fetch)
{
    int left;
    int ignored;
    (void)curl_multi_perform(fetch->multi, &ignored);
    for (CURLMsg *message; (message = curl_multi_info_read(fetch->multi, &left));) {
        Active *active = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&active);
        http_end(active, fetch->multi, message->data.result);
        end_active(fetch, active);
    }
    for (unsigned i = 0; i < fetch->options.jobs; i++) {
        Active *active = &fetch->active[i];
        if (active->job && !active->http && command_step(active))
            end_active(fetch, active);
    }
}

/* Milliseconds until something has to be looked at without any news. */
static int
patience_ms(const Fetch *fetch)
{
    int64_t now = timestamp_monotonic();
    int64_t until =
        job_queue_look_again(&fetch->queue, now, now + NS_PER_S / 2, fetch->running);
    for (unsigned i = 0; i < fetch->options.jobs; i++)
        if (fetch->active[i].job && fetch->active[i].child.pid != 0 &&
            fetch->active[i].child.out_fd < 0)
            until = now + 2000000;       /* its pipes are closed, its end is near */
    int64_t wait = (until - now + 999999) / 1000000;
    return wait < 0 ? 0 : wait > 500 ? 500 : (int)wait;
}

static void
wait_for_news(Fetch *fetch)
{
    struct curl_waitfd fds[2 * JOBS_MAX + 1];
    unsigned n = 0;
    if (fetch->options.cancel_fd >= 0)
        fds[n++] = (struct curl_waitfd){.fd = fetch->options.cancel_fd, .events = CURL_WAIT_POLLIN};
    for (unsigned i = 0; i < fetch->options.jobs; i++) {
        const Subprocess *child = &fetch->active[i].child;
        if (!fetch->active[i].job || child->pid == 0)
            continue;
        if (child->out_fd >= 0)
            fds[n++] = (struct curl_waitfd){.fd = child->out_fd, .events = CURL_WAIT_POLLIN};
        if (child->err_fd >= 0)
            fds[n++] = (struct curl_waitfd){.fd = child->err_fd, .events = CURL_WAIT_POLLIN};
    }
    (void)curl_multi_poll(fetch->multi, fds, n, patience_ms(fetch), NULL);
    if (fetch->options.cancel_fd >= 0 && fds[0].revents)
        fetch_stop(fetch, CAPTURE_CLASS_CANCELLED, "the collection was interrupted");
}

static void
tick(Fetch *fetch)
{
    int64_t now = timestamp_monotonic();
    if (now - fetch->ticked_ns < NS_PER_S / 5)
        return;
    fetch->ticked_ns = now;
    if (fetch->transport == FETCH_PROXY && !kube_proxy_lives(fetch->options.kube))
        fetch->transport = FETCH_RAW;
    const Job *latest = fetch->latest;
    const char *what = !latest                           ? ""
                       : latest->label                   ? latest->label
                       : latest->path                    ? latest->path
                                                         : "a command";
    if (fetch->options.on_tick)
        fetch->options.on_tick(fetch->options.tick_context,
                               &(FetchNews){fetch->done, fetch->queued, what,
                                            job_queue_last_due(&fetch->queue),
                                            fetch->options.deadline_ns});
}

Status
fetch_run_until(Fetch *fetch, bool (*enough)(void *context), void *context, Err *err)
{
    for (;;) {
        check_time(fetch);
        TRY(start_jobs(fetch, err));
        if ((fetch->running == 0 && fetch->queued == 0) || (enough && enough(context)))
            return ST_OK;
        wait_for_news(fetch);
        read_transfers(fetch);
        tick(fetch);
    }
}

Status
fetch_run(Fetch *fetch, Err *err)
{
    return fetch_run_until(fetch, NULL, NULL, err);
}
