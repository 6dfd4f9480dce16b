/* SPDX-License-Identifier: Apache-2.0 */
/* session.h -- what a collection opens and must close again, in one place. */
#ifndef COLLECTOR_SESSION_H
#define COLLECTOR_SESSION_H

#include "base/tempfile.h"
#include "collector/progress.h"
#include "collector/run.h"

typedef struct {
    Run run;
    Kube kube;
    Fetch *fetch;
    Redactor *redactor;
    Spool *spool;
    Progress progress;
    int cancel_fd;
    bool opened;
} Session;

#define SESSION_INIT ((Session){.cancel_fd = -1})

/* kubectl and its configuration.  ST_NOT_FOUND, ST_USAGE, ST_IO (temporary folder). */
NODISCARD Status session_open(Session *session, const CollectOptions *options, const Plan *plan,
                              Arena *arena, Err *err);
/* Proxy, spool beside name, fetch.  file: removed by a second signal; may be NULL. */
NODISCARD Status session_start(Session *session, const char *name, const TempFile *file,
                               void (*on_tick)(void *context, size_t done, size_t queued),
                               Err *err);
/* Nothing more is asked: the proxy ends. */
void session_end_transport(Session *session);
void cleanup_session(Session *session);

#endif
