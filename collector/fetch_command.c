/* SPDX-License-Identifier: Apache-2.0 */
/* fetch_command.c -- one kubectl command beside the requests: exec, or get --raw. */
#include "collector/fetch_private.h"

#include "base/cleanup.h"
#include "base/timestamp.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

Status
command_begin(Active *active, const Kube *kube, bool without_raw, Err *err)
{
    const Job *job = active->job;
    const char *const raw[] = {"get", "--raw", job->path, NULL};
    const char *const *args = job->command ? job->command : without_raw ? job->instead : raw;
    SubprocessSpec spec = {.argv = kube_argv(kube, active->scratch, args),
                           .env = kube->env,
                           .cancel_fd = -1};
    active->http = false;
    if (!spec.argv)
        return err_nomem(err);
    TRY(subprocess_start(&spec, &active->child, err));
    if (fcntl(active->child.out_fd, F_SETFL, O_NONBLOCK) != 0 ||
        fcntl(active->child.err_fd, F_SETFL, O_NONBLOCK) != 0)
        return err_errno(err, ST_IO, "prepare the pipes of kubectl");
    return ST_OK;
}

/* Reads until the pipe is dry.  False: its end was reached. */
static bool
drain(Active *active, int *fd, bool is_output)
{
    char bytes[8192];
    while (*fd >= 0) {
        ssize_t n = read(*fd, bytes, sizeof bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return true;
        if (n <= 0) {
            (void)close(*fd);
            *fd = -1;
            break;
        }
        active->progress_ns = timestamp_monotonic();
        if (is_output) {
            if (active->answer.headers_at_ns == 0)
                active->answer.headers_at_ns = timestamp_now();
            if (active->answer.class == CAPTURE_CLASS_NONE && !active->answer.cut &&
                !active->job->enough)
                (void)active_bytes(active, bytes, (size_t)n);
        } else {
            if (active->err_text.n > ERROR_TEXT_BYTES / 2)
                buf_consume(&active->err_text, active->err_text.n - ERROR_TEXT_BYTES / 4);
            buf_add(&active->err_text, bytes, (size_t)n);
        }
    }
    return false;
}

bool
command_step(Active *active)
{
    Answer *answer = &active->answer;
    bool out_open = drain(active, &active->child.out_fd, true);
    bool err_open = drain(active, &active->child.err_fd, false);
    if (answer->class != CAPTURE_CLASS_NONE || answer->cut || active->job->enough) {
        command_abort(active);
        answer->api_answered = true;
        return true;
    }
    int exit_code = 0;
    if (out_open || err_open || !subprocess_ended(&active->child, &exit_code))
        return false;
    answer->exit_code = exit_code;
    answer_of_command(answer, buf_str(&active->err_text));
    answer->broken = answer->class != CAPTURE_CLASS_NONE && answer->bytes > 0;
    subprocess_stop(&active->child);
    active->child = SUBPROCESS_INIT;
    return true;
}

void
command_abort(Active *active)
{
    subprocess_stop(&active->child);
    active->child = SUBPROCESS_INIT;
}
