/* SPDX-License-Identifier: Apache-2.0 */
/* progress.c -- three forms of the same four numbers. */
#include "collector/progress.h"

#include "base/io.h"
#include "base/timestamp.h"

#include <string.h>
#include <unistd.h>

void
progress_init(Progress *progress, int fd, ProgressMode mode, bool quiet)
{
    bool terminal = isatty(fd) != 0;
    *progress = (Progress){.fd = fd, .mode = mode, .terminal = terminal,
                            .started_ns = timestamp_monotonic(), .stage = ""};
    if (mode == PROGRESS_AUTO)
        progress->mode = terminal && !quiet ? PROGRESS_PLAIN : PROGRESS_NONE;
    else
        progress->terminal = false;
    if (quiet)
        progress->mode = PROGRESS_NONE;
}

static void
show(const Progress *progress, const Buf *line)
{
    (void)!io_write(progress->fd, line->data, line->n, NULL);      /* nobody may be listening */
}

void
progress_stage(Progress *progress, const char *stage)
{
    CLEANUP(buf_done) Buf line = BUF_INIT(1024);
    progress->stage = stage;
    progress->shown_ns = 0;
    if (progress->mode == PROGRESS_JSON)
        buf_printf(&line, "{\"event\":\"stage\",\"stage\":\"%s\"}\n", stage);
    else if (progress->mode == PROGRESS_PLAIN && !progress->terminal)
        buf_printf(&line, "meshcase-collect: %s\n", stage);
    if (line.n)
        show(progress, &line);
}

void
progress_step(Progress *progress, size_t done, size_t queued, uint64_t bytes)
{
    CLEANUP(buf_done) Buf line = BUF_INIT(1024);
    int64_t now = timestamp_monotonic();
    int64_t pause = progress->terminal                ? NS_PER_S / 5
                    : progress->mode == PROGRESS_JSON ? NS_PER_S
                                                      : 10 * NS_PER_S;
    if (progress->mode == PROGRESS_NONE || (progress->shown_ns && now - progress->shown_ns < pause))
        return;
    bool first = progress->shown_ns == 0;
    progress->shown_ns = now;
    char size[TIMESTAMP_TEXT_BYTES];
    long long seconds = (long long)((now - progress->started_ns) / NS_PER_S);
    size_format(bytes, size);
    if (progress->mode == PROGRESS_JSON)
        buf_printf(&line,
                   "{\"event\":\"progress\",\"stage\":\"%s\",\"done\":%zu,\"queued\":%zu,\"bytes\":"
                   "%llu,\"seconds\":%lld}\n",
                   progress->stage, done, queued, (unsigned long long)bytes, seconds);
    else if (progress->terminal)
        buf_printf(&line, "\r\033[K%s: %zu done, %zu to go, %s, %llds", progress->stage, done,
                   queued, size, seconds);
    else if (!first)
        buf_printf(&line, "meshcase-collect: %s: %zu done, %zu to go, %s\n", progress->stage, done,
                   queued, size);
    if (line.n)
        show(progress, &line);
}

void
progress_end(Progress *progress)
{
    if (progress->mode == PROGRESS_PLAIN && progress->terminal)
        (void)!io_write(progress->fd, "\r\033[K", 4, NULL);
}
