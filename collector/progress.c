/* SPDX-License-Identifier: Apache-2.0 */
/* progress.c -- three forms of the same few numbers. */
#include "collector/progress.h"

#include "base/io.h"
#include "base/timestamp.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    COLUMNS = 80,            /* where the terminal does not tell */
    BAR = 20,
    LINE_BYTES = 4096,
};

void
progress_init(Progress *progress, int fd, ProgressMode mode, bool quiet)
{
    bool terminal = isatty(fd) != 0;
    *progress = (Progress){.fd = fd, .mode = mode, .started_ns = timestamp_monotonic(), .stage = ""};
    progress->terminal = terminal && mode == PROGRESS_AUTO;
    if (mode == PROGRESS_AUTO)
        progress->mode = PROGRESS_PLAIN;
    if (quiet)
        progress->mode = PROGRESS_NONE;
}

static void
show(const Progress *progress, const Buf *line)
{
    (void)!io_write(progress->fd, line->data, line->n, NULL);      /* nobody may be listening */
}

static void
show_json(const Progress *progress, json_t *event)
{
    CLEANUP(buf_done) Buf line = BUF_INIT(LINE_BYTES);
    char *text = event ? json_dumps(event, JSON_COMPACT) : NULL;
    if (text) {
        buf_printf(&line, "%s\n", text);
        show(progress, &line);
    }
    free(text);
    json_decref(event);
}

void
progress_stage(Progress *progress, const char *stage)
{
    CLEANUP(buf_done) Buf line = BUF_INIT(LINE_BYTES);
    bool first = !*progress->stage;
    progress->stage = stage;
    progress->shown_ns = 0;
    if (progress->mode == PROGRESS_JSON)
        show_json(progress, json_pack("{s:s, s:s}", "event", "stage", "stage", stage));
    /* Nothing is said before the cluster has answered: an error must stand alone. */
    if (progress->mode != PROGRESS_PLAIN || progress->terminal || first)
        return;
    buf_printf(&line, "meshcase-collect: %s\n", stage);
    show(progress, &line);
}

int64_t
progress_left_s(const Progress *progress, const FetchNews *news, int64_t now_ns)
{
    double queued = progress->rate > 0.1 ? (double)news->queued / progress->rate : 0;
    double due = (double)(news->last_due_ns - now_ns) / (double)NS_PER_S;
    double deadline = (double)(news->deadline_ns - now_ns) / (double)NS_PER_S;
    double left = due > queued ? due : queued;
    left = left < deadline ? left : deadline;
    return left > 0 ? (int64_t)(left + 0.5) : 0;
}

/* The pace of the last seconds. */
static void
count(Progress *progress, const FetchNews *news, int64_t now)
{
    double passed = (double)(now - progress->counted_ns) / (double)NS_PER_S;
    if (progress->counted_ns && passed < 1)
        return;
    double rate = (double)(news->done - progress->counted) / passed;
    if (progress->counted_ns)
        progress->rate = progress->rate > 0 ? 0.7 * progress->rate + 0.3 * rate : rate;
    progress->counted_ns = now;
    progress->counted = news->done;
}

static unsigned
columns(int fd)
{
    struct winsize size;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20 ? size.ws_col : COLUMNS;
}

/* [#####---------------]  25% 31/124 1.2 MiB, 7 s left: logs/default/reviews-v1/reviews.log */
static void
show_bar(const Progress *progress, const FetchNews *news, const char *size, int64_t left)
{
    CLEANUP(buf_done) Buf line = BUF_INIT(LINE_BYTES);
    CLEANUP(buf_done) Buf text = BUF_INIT(LINE_BYTES);
    size_t width = columns(progress->fd) - 1;
    const char *what = *news->what ? news->what : progress->stage;
    buf_addc(&text, '[');
    for (unsigned i = 0; i < BAR; i++)
        buf_addc(&text, i * 100 < progress->percent * BAR ? '#' : '-');
    buf_printf(&text, "] %3u%% %zu/%zu %s, %lld s left: ", progress->percent, news->done,
               news->done + news->queued, size, (long long)left);
    /* Of a long name the end tells more. */
    size_t room = text.n < width ? width - text.n : 0;
    size_t n = strlen(what);
    buf_printf(&text, "%s%s", n > room && room > 3 ? "..." : "",
               n <= room ? what : room > 3 ? what + n - (room - 3) : "");
    Str shown = str_head(buf_str(&text), width);
    buf_printf(&line, "\r\033[K%.*s", STR_ARG(shown));
    show(progress, &line);
}

static void
show_event(const Progress *progress, const FetchNews *news, uint64_t bytes, int64_t left,
           int64_t now)
{
    show_json(progress,
              json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I}", "event", "progress", "stage",
                        progress->stage, "what", news->what, "done", (json_int_t)news->done,
                        "queued", (json_int_t)news->queued, "bytes", (json_int_t)bytes, "seconds",
                        (json_int_t)((now - progress->started_ns) / NS_PER_S), "left_s",
                        (json_int_t)left));
}

void
progress_step(Progress *progress, const FetchNews *news, uint64_t bytes)
{
    CLEANUP(buf_done) Buf line = BUF_INIT(LINE_BYTES);
    int64_t now = timestamp_monotonic();
    int64_t pause = progress->terminal                ? NS_PER_S / 5
                    : progress->mode == PROGRESS_JSON ? NS_PER_S
                                                      : 5 * NS_PER_S;
    char size[TIMESTAMP_TEXT_BYTES];
    if (progress->mode == PROGRESS_NONE)
        return;
    count(progress, news, now);
    bool plain = progress->mode == PROGRESS_PLAIN && !progress->terminal;
    if (plain && progress->shown_ns == 0)
        progress->shown_ns = now;            /* the stage was told just now */
    if (progress->shown_ns && now - progress->shown_ns < pause)
        return;
    progress->shown_ns = now;
    unsigned percent = (unsigned)(news->done * 100 / (news->done + news->queued + 1));
    progress->percent = percent > progress->percent ? percent : progress->percent;
    int64_t left = progress_left_s(progress, news, now);
    size_format(bytes, size);
    if (progress->mode == PROGRESS_JSON) {
        show_event(progress, news, bytes, left, now);
    } else if (progress->terminal) {
        show_bar(progress, news, size, left);
    } else {
        buf_printf(&line, "meshcase-collect: %u%%, %zu of %zu, %s, about %lld s left: %s\n",
                   progress->percent, news->done, news->done + news->queued, size,
                   (long long)left, *news->what ? news->what : progress->stage);
        show(progress, &line);
    }
}

void
progress_end(Progress *progress)
{
    if (progress->mode == PROGRESS_PLAIN && progress->terminal)
        (void)!io_write(progress->fd, "\r\033[K", 4, NULL);
}

void
progress_done(Progress *progress, const char *file, uint64_t bytes, size_t missing)
{
    if (progress->mode == PROGRESS_JSON)
        show_json(progress, json_pack("{s:s, s:s, s:I, s:I}", "event", "done", "file", file,
                                      "bytes", (json_int_t)bytes, "missing", (json_int_t)missing));
}
