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
    int known;               /* of the three things that captures wait for */
    bool discovered;         /* and judged */
    bool opened;
} Session;

#define SESSION_INIT ((Session){.cancel_fd = -1})

/* First of all: from now on a signal asks for an early end. */
NODISCARD Status session_listen(Session *session, Err *err);
/* The output, as tempfile_create(); a second signal removes it until it is closed. */
NODISCARD Status session_create(Arena *arena, TempFile *file, const char *name, bool replace,
                                Err *err);
void session_close_file(TempFile *file);
/* kubectl and its configuration.  ST_NOT_FOUND, ST_USAGE, ST_IO (temporary folder). */
NODISCARD Status session_open(Session *session, const CollectOptions *options, const Plan *plan,
                              Arena *arena, Err *err);
/* The same without any cluster: redactor, manifest, and the spool beside name. */
NODISCARD Status session_open_offline(Session *session, const CollectOptions *options,
                                      Arena *arena, const char *name, Err *err);
/* Proxy, spool beside name, fetch. */
NODISCARD Status session_start(Session *session, const char *name,
                               void (*on_tick)(void *context, const FetchNews *news),
                               Err *err);
/* Nothing more is asked: the proxy ends, and what kubectl needed is removed. */
void session_end_transport(Session *session);
void cleanup_session(Session *session);

#endif
