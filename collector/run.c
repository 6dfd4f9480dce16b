/* SPDX-License-Identifier: Apache-2.0 */
/* run.c -- what the captures share: notes, the log, conditions, the first failure. */
#include "collector/run.h"

#include "base/timestamp.h"

#include <stdio.h>
#include <string.h>

void
run_fail(Run *run, Status status, const Err *err)
{
    if (run->failed != ST_OK)
        return;
    run->failed = status;
    if (err)
        run->failure = *err;
    else
        (void)!err_nomem(&run->failure);
    if (run->fetch)          /* --from has none */
        fetch_stop(run->fetch, CAPTURE_CLASS_IO, "this machine ran out of memory");
}

void
run_log(Run *run, const char *format, ...)
{
    char text[1024];
    char now[TIMESTAMP_TEXT_BYTES];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    timestamp_format(timestamp_now() / 1000000 * 1000000, now);
    buf_printf(&run->log, "%s %s\n", now, text);
}

void
run_read_answer(void *context, const Job *job, const Answer *answer)
{
    Run *run = context;
    /* What a pod serves has the pod's Date; what kubectl proxy says itself has ours. */
    if (job->path && !strstr(job->path, "/proxy/") && answer->api_answered && answer->date_ns)
        clocks_add(&run->clocks, STR("apiserver"), "apiserver", STR(""), "http-date",
                   answer->date_ns, answer->date_step_ns, answer->started_at_ns,
                   answer->headers_at_ns);
}

Str
run_clean(Run *run, const char *text)
{
    Str clean = redactor_clean(run->redactor, run->arena, str_of(text));
    return clean.n ? clean : STR("");
}

Capture *
run_record(Run *run, Str id)
{
    if (map_has(&run->recorded, id)) {
        run_log(run, "%.*s: asked for twice; the second answer is left out", STR_ARG(id));
        return NULL;
    }
    Capture *record = map_put(&run->recorded, id, run) ? manifest_add(run->manifest) : NULL;
    if (!record) {
        run_fail(run, ST_NOMEM, NULL);
        return NULL;
    }
    record->id = id;
    return record;
}

void
run_note(Run *run, const RunNote *note)
{
    Capture *record = run_record(run, note->id);
    if (!record)
        return;
    Str *covers = ARENA_NEW(run->arena, Str);
    if (!covers) {
        run_fail(run, ST_NOMEM, NULL);
        return;
    }
    *covers = note->cover.n ? note->cover : note->id;
    record->kind = str_of(MEMBER_KINDS[note->kind].name);
    record->source.verb = str_of(note->verb);
    record->covers = covers;
    record->cover_count = 1;
    record->state = note->state;
    record->class = note->class;
    record->reason = note->reason;
    record->started_at_ns = timestamp_now();
    if (note->state != CAPTURE_COMPLETE)
        run_log(run, "%.*s: %s, %s: %.*s", STR_ARG(note->id), capture_state_name(note->state),
                capture_class_name(note->class), STR_ARG(note->reason));
}

bool
run_when(const Run *run, const PlanWhen *when)
{
    bool any = when->served.count == 0 && !when->components;
    for (size_t i = 0; i < when->served.count; i++)
        any |= cluster_resource(&run->cluster, when->served.items[i]) != NULL;
    for (int c = 0; c < COMPONENT_COUNT; c++)
        any |= (when->components & (1u << c)) && cluster_has(&run->cluster, (Component)c);
    return any;
}
