/* SPDX-License-Identifier: Apache-2.0 */
/* progress.h -- what standard error shows while it runs: a bar on a terminal, a line now and
 * then elsewhere, or JSON, a line an event, for another program. */
#ifndef COLLECTOR_PROGRESS_H
#define COLLECTOR_PROGRESS_H

#include "collector/fetch.h"
#include "collector/options.h"

typedef struct {
    int fd;
    ProgressMode mode;       /* never AUTO */
    bool terminal;           /* one line, rewritten */
    int64_t started_ns;
    int64_t shown_ns;
    const char *stage;
    double rate;             /* answers a second, of late */
    int64_t counted_ns;
    size_t counted;
    unsigned percent;        /* shown; never goes back */
} Progress;

void progress_init(Progress *progress, int fd, ProgressMode mode, bool quiet);
void progress_stage(Progress *progress, const char *stage);
/* bytes: in the bundle so far. */
void progress_step(Progress *progress, const FetchNews *news, uint64_t bytes);
/* Seconds until all is fetched, as far as can be told: what is queued at the pace of late, what
 * waits for its time, and no longer than the deadline. */
int64_t progress_left_s(const Progress *progress, const FetchNews *news, int64_t now_ns);
/* Clears the line. */
void progress_end(Progress *progress);
/* The bundle is there. */
void progress_done(Progress *progress, const char *file, uint64_t bytes, size_t missing);

#endif
