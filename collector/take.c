/* SPDX-License-Identifier: Apache-2.0 */
/* take.c -- bytes in, redacted bytes out, and one honest record of it. */
#include "collector/take.h"

#include "base/timestamp.h"

#include <string.h>

enum { LOG_RESERVE = 10 };       /* a tenth of the budget is not for logs */

static Status
to_spool(void *context, const char *bytes, size_t n, Err *err)
{
    Take *take = context;
    return spool_write(take->file, bytes, n, err);
}

/* File and stream are made with the first byte: most takes wait in the queue. */
static Status
open_file(Take *take, Err *err)
{
    if (take->file)
        return ST_OK;
    TRY(spool_begin(take->run->spool, take->tail_bytes, &take->file, err));
    return redact_stream_new(take->run->redactor, take->name.p, take->form, to_spool, take,
                             &take->stream, err);
}

static void
count_lines(Take *take, const char *bytes, size_t n)
{
    for (const char *at = bytes; (at = memchr(at, '\n', n - (size_t)(at - bytes))); at++)
        take->lines++;
}

/* Keeps the lines that begin with the prefix. */
static void
tap_lines(Take *take, const char *bytes, size_t n)
{
    const char *prefix = take->tap_prefix;
    for (size_t i = 0; i < n;) {
        const char *newline = take->tap_at < 0 ? memchr(bytes + i, '\n', n - i) : bytes + i;
        if (!newline)
            return;
        i = (size_t)(newline - bytes);
        char c = bytes[i++];
        if (c == '\n') {
            if (take->tap_at > 0 && !prefix[take->tap_at])
                buf_addc(&take->tap, c);
            take->tap_at = 0;
        } else if (!prefix[take->tap_at]) {
            if (take->tap.n < TAP_BYTES - 1)
                buf_addc(&take->tap, c);
        } else if (c != prefix[take->tap_at]) {
            take->tap_at = -1;
        } else if (!prefix[++take->tap_at] && take->tap.n + strlen(prefix) < TAP_BYTES) {
            buf_adds(&take->tap, prefix);
        }
    }
}

/* Logs may fill a bundle, but not shut the rest out of it. */
static bool
is_over_share(Take *take)
{
    Run *run = take->run;
    uint64_t budget = run->options->max_bundle_bytes;
    if ((take->kind == MEMBER_LOG || take->kind == MEMBER_LOG_PREVIOUS) &&
        spool_bytes(run->spool) > budget - budget / LOG_RESERVE)
        run->logs_closed = take->over_share = true;
    return take->over_share;
}

static Status
on_bytes(Job *job, const char *bytes, size_t n, Err *err)
{
    Take *take = job->owner;
    if (is_over_share(take))
        return err_set(err, ST_LIMIT, "the logs have used up their part of the bundle");
    if (take->tap_prefix)
        tap_lines(take, bytes, n);
    else if (take->tapped && take->tap.n < TAP_BYTES)
        buf_add(&take->tap, bytes, n < TAP_BYTES - take->tap.n ? n : TAP_BYTES - take->tap.n);
    if (take->tail_lines)
        count_lines(take, bytes, n);
    for (size_t i = 0; i < n && !take->begins_with; i++)
        if (!strchr(" \t\r\n", bytes[i]))
            take->begins_with = bytes[i];
    TRY(open_file(take, err));
    return redact_stream_feed(take->stream, bytes, n, err);
}

static Status
close_file(Take *take, bool success, Err *err)
{
    if (success)
        TRY(open_file(take, err));
    if (!take->file)
        return ST_OK;
    Status status = redact_stream_end(take->stream, err);
    if (status == ST_OK)
        status = spool_end(take->file, err);
    return status;
}

Take *
take_new(Run *run, MemberKind kind, Str name, const char *verb)
{
    Take *take = ARENA_NEW(run->arena, Take);
    if (!take) {
        run_fail(run, ST_NOMEM, NULL);
        return NULL;
    }
    *take = (Take){.run = run, .kind = kind, .name = name, .verb = verb};
    take->tap = BUF_INIT(TAP_BYTES);
    take->tap.secret = true;
    return take;
}

static CaptureState
state_of(const Take *take, const Answer *answer)
{
    if (answer->class == CAPTURE_CLASS_NONE)
        return CAPTURE_COMPLETE;
    if (take->file && spool_file_bytes(take->file) > 0)
        return CAPTURE_PARTIAL;
    return answer->asked ? CAPTURE_FAILED : CAPTURE_SKIPPED;
}

/* A page for people, of a proxy or a login, where a program's answer was asked for. */
static bool
is_page(const Take *take)
{
    return take->begins_with == '<' && (take->form == REDACT_JSON || take->kind == MEMBER_METRICS);
}

/* What the answer does not know: limits that are ours. */
static void
judge_length(const Take *take, Answer *answer, Truncated *ret)
{
    *ret = take->window;
    if (answer->class != CAPTURE_CLASS_NONE) {
        *ret = answer->broken ? TRUNCATED_BROKEN : TRUNCATED_NO;
        return;
    }
    if (is_page(take)) {
        answer_fail(answer, CAPTURE_CLASS_MALFORMED, "the answer is a page for a browser");
    } else if (answer->cut) {
        answer_fail(answer, CAPTURE_CLASS_TRUNCATED, "longer than %llu bytes: the rest is missing",
                    (unsigned long long)answer->bytes);
        *ret = TRUNCATED_BYTES;
    } else if (take->file && spool_file_trimmed(take->file)) {
        answer_fail(answer, CAPTURE_CLASS_TRUNCATED, "only the last part is kept, of %llu bytes",
                    (unsigned long long)answer->bytes);
        *ret = TRUNCATED_BYTES;
    } else if (take->tail_lines && take->lines >= take->tail_lines) {
        answer_fail(answer, CAPTURE_CLASS_TRUNCATED, "only the last %llu lines were asked for",
                    (unsigned long long)take->tail_lines);
        *ret = TRUNCATED_TAIL;
    }
}

static void
record_source(Take *take, Capture *record)
{
    Run *run = take->run;
    record->source.verb = str_of(take->verb);
    record->source.path = take->job.path ? str_of(take->job.path) : STR("");
    size_t count = 0;
    while (take->job.command && take->job.command[count])
        count++;
    if (count == 0)
        return;
    Str *argv = ARENA_ARRAY(run->arena, Str, count + 1);
    if (!argv) {
        run_fail(run, ST_NOMEM, NULL);
        return;
    }
    argv[0] = STR("kubectl");
    for (size_t i = 0; i < count; i++)
        argv[i + 1] = str_of(take->job.command[i]);
    record->source.argv = argv;
    record->source.argv_count = count + 1;
}

static void
record_member(Take *take, const Capture *record)
{
    Run *run = take->run;
    if (!take->file || (record->state != CAPTURE_COMPLETE && record->state != CAPTURE_PARTIAL))
        return;
    RunMember *member = VEC_PUSH(run->arena, &run->members);
    if (!member) {
        run_fail(run, ST_NOMEM, NULL);
        return;
    }
    *member = (RunMember){take->name, take->file, run->manifest->captures.count - 1};
}

const Capture *
take_record(Take *take, const Answer *given)
{
    Run *run = take->run;
    Answer answer = *given;
    Truncated truncated;
    judge_length(take, &answer, &truncated);
    Capture *record = run_record(run, take->name);
    if (!record)
        return NULL;
    record->kind = str_of(MEMBER_KINDS[take->kind].name);
    record_source(take, record);
    record->state = state_of(take, &answer);
    record->class = answer.class;
    record->reason = run_clean(run, answer.reason);
    record->http_status = answer.http_status;
    record->exit_code = answer.exit_code;
    record->stderr_line = run_clean(run, answer.stderr_line);
    record->started_at_ns = answer.started_at_ns;
    record->duration_ms = answer.duration_ms;
    record->truncated = truncated;
    record->redactions = take->stream ? redact_stream_hits(take->stream) : 0;
    record_member(take, record);
    if (record->state != CAPTURE_COMPLETE)
        run_log(run, "%s: %s, %s: %.*s", take->name.p, capture_state_name(record->state),
                capture_class_name(record->class), STR_ARG(record->reason));
    return record;
}

/* Why the bytes could not be kept: the budget, the disk, or this machine's memory. */
static void
judge_failure(Run *run, Status status, const Err *err, Answer *answer)
{
    if (status == ST_NOMEM) {
        run_fail(run, status, err);
        answer_fail(answer, CAPTURE_CLASS_IO, "out of memory");
    } else if (spool_is_full(run->spool) && run->fetch) {
        answer_fail(answer, CAPTURE_CLASS_BUDGET, "%s", err->text);
        fetch_stop(run->fetch, CAPTURE_CLASS_BUDGET, "the bundle would have grown too large");
    } else {
        answer_fail(answer, CAPTURE_CLASS_IO, "%s", err->text);
    }
}

static void
on_done(Job *job, const Answer *given)
{
    Take *take = job->owner;
    Answer answer = *given;
    Err err = {0};
    Status status = close_file(take, answer.class == CAPTURE_CLASS_NONE, &err);
    if (status != ST_OK || (spool_is_full(take->run->spool) && answer.class == CAPTURE_CLASS_IO))
        judge_failure(take->run, status, &err, &answer);
    if (take->over_share)
        answer.class = CAPTURE_CLASS_BUDGET;
    bool hidden = take->provisional && take_is_closed(&answer);
    if (!hidden)
        (void)take_record(take, &answer);
    take->stream = redact_stream_free(take->stream);
    if (take->after)
        take->after(take, &answer);
    buf_done(&take->tap);
}

void
take_start(Take *take)
{
    take->job.on_bytes = on_bytes;
    take->job.on_done = on_done;
    take->job.owner = take;
    take->job.label = take->name.p;
    fetch_add(take->run->fetch, &take->job);
}

bool
take_is_closed(const Answer *answer)
{
    return answer->asked &&
           (answer->class == CAPTURE_CLASS_UNREACHABLE ||
            answer->class == CAPTURE_CLASS_NOT_FOUND || answer->class == CAPTURE_CLASS_ABSENT ||
            answer->class == CAPTURE_CLASS_COMMAND);
}

void
take_text(Run *run, MemberKind kind, Str name, const char *verb, RedactForm form, Str text)
{
    Take *take = take_new(run, kind, name, verb);
    Answer answer = ANSWER_INIT;
    Err err = {0};
    if (!take)
        return;
    take->form = form;
    take->job.owner = take;
    answer.asked = true;
    answer.started_at_ns = timestamp_now();
    Status status = on_bytes(&take->job, text.p, text.n, &err);
    if (status == ST_OK)
        status = close_file(take, true, &err);
    if (status != ST_OK)
        judge_failure(run, status, &err, &answer);
    (void)take_record(take, &answer);
    take->stream = redact_stream_free(take->stream);
}

void
take_pod_path(Take *take, const Pod *pod, uint16_t port, Str path)
{
    Arena *arena = take->run->arena;
    char *endpoint = arena_printf(arena, "/api/v1/namespaces/%.*s/pods/%.*s:%u/proxy",
                                  STR_ARG(pod->namespace), STR_ARG(pod->name), port);
    take->job.endpoint = endpoint;
    take->job.path = endpoint ? arena_printf(arena, "%s%.*s", endpoint, STR_ARG(path)) : NULL;
    take->job.right = arena_printf(arena, "proxy in %.*s", STR_ARG(pod->namespace));
    take->pod = pod;
    take->port = port;
    if (!take->job.path)
        run_fail(take->run, ST_NOMEM, NULL);
}

void
take_pod_command(Take *take, const Pod *pod, const Container *container, const char *const *argv)
{
    Run *run = take->run;
    size_t count = 0;
    size_t n = 0;
    while (argv[count])
        count++;
    const char **command = ARENA_ARRAY(run->arena, const char *, count + 8);
    char *namespace = arena_cstr(run->arena, pod->namespace);
    char *name = arena_cstr(run->arena, pod->name);
    char *inside = arena_cstr(run->arena, container->name);
    take->job.endpoint = arena_printf(run->arena, "exec %.*s/%.*s/%.*s", STR_ARG(pod->namespace),
                                      STR_ARG(pod->name), STR_ARG(container->name));
    take->job.right = arena_printf(run->arena, "exec in %.*s", STR_ARG(pod->namespace));
    if (!command || !namespace || !name || !inside || !take->job.endpoint || !take->job.right) {
        run_fail(run, ST_NOMEM, NULL);
        return;
    }
    const char *const head[] = {"exec", "-n", namespace, name, "-c", inside, "--"};
    for (size_t i = 0; i < sizeof head / sizeof *head; i++)
        command[n++] = head[i];
    for (size_t i = 0; i < count; i++)
        command[n++] = argv[i];
    take->job.command = command;
    take->pod = pod;
    take->container = container;
}
