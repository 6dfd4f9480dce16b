/* SPDX-License-Identifier: Apache-2.0 */
/* progress.h -- what standard error shows while it runs: one line on a terminal, a line now
 * and then in a log, or JSON for another program. */
#ifndef COLLECTOR_PROGRESS_H
#define COLLECTOR_PROGRESS_H

#include "collector/options.h"

typedef struct {
    int fd;
    ProgressMode mode;       /* never AUTO */
    bool terminal;           /* one line, rewritten */
    int64_t started_ns;
    int64_t shown_ns;
    const char *stage;
} Progress;

void progress_init(Progress *progress, int fd, ProgressMode mode, bool quiet);
void progress_stage(Progress *progress, const char *stage);
void progress_step(Progress *progress, size_t done, size_t queued, uint64_t bytes);
/* Clears the line. */
void progress_end(Progress *progress);

#endif
