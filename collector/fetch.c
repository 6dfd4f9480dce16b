/* SPDX-License-Identifier: Apache-2.0 */
/* fetch.c -- the queue, the pace, the timeouts and the end. */
#include "collector/fetch.h"

#include "base/map.h"
#include "base/timestamp.h"
#include "collector/fetch_private.h"
#include "collector/forbidden.h"

#include <stdlib.h>
#include <string.h>

enum {
    JOBS_MAX = 64,
    TRIES_MAX = 8,               /* of one job that is told to wait */
    SLOW_FACTOR = 4,             /* a job that trickles may take so many timeouts */
    SILENCES = 8,                /* timeouts in a row before the API server itself is asked */
};

typedef struct {
    Job *first;
    Job *last;
} Queue;

struct Fetch {
    Arena *arena;
    FetchOptions options;
    CURLM *multi;
    Active active[JOBS_MAX];
    unsigned running;
    Queue urgent;
    Queue normal;
    Queue timed;                 /* by not_before_ns */
    size_t queued;
    size_t done;
    double tokens;
    int64_t refilled_ns;
    Map silent;                  /* endpoints that timed out */
    Map refused;                 /* rights that were refused */
    unsigned silences;           /* timeouts in a row */
    Job probe;                   /* asks whether the API server is still there */
    bool probing;
    bool use_proxy;
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
    fetch->use_proxy = options->kube && options->kube->proxy.pid != 0;
    fetch->tokens = fetch->options.jobs;
    fetch->refilled_ns = timestamp_monotonic();
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

static void
queue_add(Queue *queue, Job *job)
{
    job->next = NULL;
    if (queue->last)
        queue->last->next = job;
    else
        queue->first = job;
    queue->last = job;
}

static Job *
queue_take(Queue *queue)
{
    Job *job = queue->first;
    queue->first = job->next;
    if (!queue->first)
        queue->last = NULL;
    return job;
}

/* Keeps the queue in order of time; times mostly come in that order already. */
static void
queue_add_timed(Queue *queue, Job *job)
{
    if (!queue->last || queue->last->not_before_ns <= job->not_before_ns) {
        queue_add(queue, job);
        return;
    }
    Job **at = &queue->first;
    while ((*at)->not_before_ns <= job->not_before_ns)
        at = &(*at)->next;
    job->next = *at;
    *at = job;
}

void
fetch_add(Fetch *fetch, Job *job)
{
    fetch->queued++;
    if (job->not_before_ns)
        queue_add_timed(&fetch->timed, job);
    else
        queue_add(job->urgent ? &fetch->urgent : &fetch->normal, job);
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

bool
fetch_uses_proxy(const Fetch *fetch)
{
    return fetch->use_proxy;
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
    return !answer->cut;
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
    if (job->path && forbidden_request(str_of(job->path), job->accept, &err) != ST_OK) {
        refuse(fetch, job, CAPTURE_CLASS_POLICY, err.text);
        return true;
    }
    if (job->path && job->accept && !fetch->use_proxy) {
        refuse(fetch, job, CAPTURE_CLASS_UNSUPPORTED,
               "without kubectl proxy this form cannot be asked for");
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

/* Whether the job is to be asked again: told to wait, or the proxy is gone. */
static bool
ask_again(Fetch *fetch, Active *active)
{
    Job *job = active->job;
    const Answer *answer = &active->answer;
    bool told =
        answer->http_status == 429 || (answer->http_status == 503 && answer->retry_after_ns >= 0);
    bool lost = active->http && answer->http_status == 0 && answer->bytes == 0 &&
                answer->class == CAPTURE_CLASS_UNREACHABLE &&
                (active->proxy_error || !kube_proxy_lives(fetch->options.kube));
    if (lost && fetch->stopped == CAPTURE_CLASS_NONE && !job->accept) {
        fetch->use_proxy = false;
        fetch->queued--;
        fetch_add(fetch, job);
        return true;
    }
    if (!told || fetch->stopped != CAPTURE_CLASS_NONE || ++job->tries >= TRIES_MAX)
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
    active->answer.duration_ms = (timestamp_monotonic() - active->started_ns) / 1000000;
    fetch->running--;
    watch_server(fetch, job, &active->answer);
    if (job->right && active->answer.class == CAPTURE_CLASS_FORBIDDEN)
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
    fetch->tokens -= 1;
    bool over_http = job->path && fetch->use_proxy;
    Err why = {0};
    Status status = over_http ? http_begin(active, fetch->multi, fetch->options.kube->socket, &why)
                              : command_begin(active, fetch->options.kube, &why);
    if (status == ST_NOMEM)
        return err_nomem(err);
    if (status != ST_OK) {
        answer_fail(&active->answer, CAPTURE_CLASS_IO, "%s", why.text);
        end_active(fetch, active);
    }
    return ST_OK;
}

static void
refill(Fetch *fetch, int64_t now)
{
    double add = (double)(now - fetch->refilled_ns) / (double)NS_PER_S * fetch->options.rate;
    fetch->tokens += add;
    if (fetch->tokens > fetch->options.jobs)
        fetch->tokens = fetch->options.jobs;
    fetch->refilled_ns = now;
}

static Job *
next_job(Fetch *fetch, int64_t now)
{
    if (fetch->timed.first &&
        (fetch->timed.first->not_before_ns <= now || fetch->stopped != CAPTURE_CLASS_NONE))
        return queue_take(&fetch->timed);
    if (fetch->urgent.first)
        return queue_take(&fetch->urgent);
    return fetch->normal.first ? queue_take(&fetch->normal) : NULL;
}

/* Starts what may be started now. */
static Status
start_jobs(Fetch *fetch, Err *err)
{
    for (;;) {
        int64_t now = timestamp_monotonic();
        refill(fetch, now);
        bool stopped = fetch->stopped != CAPTURE_CLASS_NONE;
        if (!stopped && (fetch->running >= fetch->options.jobs || fetch->tokens < 1))
            return ST_OK;
        Job *job = next_job(fetch, now);
        if (!job)
            return ST_OK;
        if (!refused(fetch, job))
            TRY(start(fetch, job, err));
    }
}

static void
check_time(Fetch *fetch)
{
    int64_t now = timestamp_monotonic();
    if (now >= fetch->options.deadline_ns)
        fetch_stop(fetch, CAPTURE_CLASS_DEADLINE, "the collection's time was over");
    for (unsigned i = 0; i < fetch->options.jobs; i++) {
        Active *active = &fetch->active[i];
        int64_t timeout = fetch->options.request_timeout_ns;
        if (!active->job)
            continue;
        if (fetch->stopped != CAPTURE_CLASS_NONE) {
            abort_active(fetch, active, fetch->stopped, fetch->stop_reason);
        } else if (now - active->progress_ns > timeout ||
                   now - active->started_ns > SLOW_FACTOR * timeout) {
            char text[TIMESTAMP_TEXT_BYTES + 32];
            char length[TIMESTAMP_TEXT_BYTES];
            bool silent = active->answer.headers_at_ns == 0;
            duration_format(silent ? timeout : now - active->started_ns, length);
            (void)snprintf(text, sizeof text,
                           silent ? "no answer within %s" : "the answer took longer than %s",
                           length);
            if (active->job->endpoint)
                (void)!map_put(&fetch->silent, str_of(active->job->endpoint), fetch);
            abort_active(fetch, active, CAPTURE_CLASS_TIMEOUT, text);
        }
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
    int64_t until = now + NS_PER_S / 2;
    if (fetch->running < fetch->options.jobs) {
        bool waiting = fetch->urgent.first || fetch->normal.first;
        if (waiting && fetch->tokens < 1)
            until = now + (int64_t)((1 - fetch->tokens) / fetch->options.rate * (double)NS_PER_S);
        if (fetch->timed.first && fetch->timed.first->not_before_ns < until)
            until = fetch->timed.first->not_before_ns;
    }
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
    if (fetch->use_proxy && !kube_proxy_lives(fetch->options.kube))
        fetch->use_proxy = false;
    if (fetch->options.on_tick)
        fetch->options.on_tick(fetch->options.tick_context, fetch->done, fetch->queued);
}

Status
fetch_run(Fetch *fetch, Err *err)
{
    for (;;) {
        check_time(fetch);
        TRY(start_jobs(fetch, err));
        if (fetch->running == 0 && fetch->queued == 0)
            return ST_OK;
        wait_for_news(fetch);
        read_transfers(fetch);
        tick(fetch);
    }
}
