/* SPDX-License-Identifier: Apache-2.0 */
/* fetch.h -- the one loop that talks to the cluster: gently, and never longer than allowed.
 *
 * A Job is one GET or one kubectl command.  Jobs are queued, started at most so many at once
 * and so many a second, and every one of them gets its on_done exactly once: with an answer,
 * or with the reason why it was not asked.  Callbacks may queue further jobs.  One thread.
 *
 *  - 429 and 503 with Retry-After are asked again after that time, until the deadline.
 *  - A job that gets no byte for the request timeout ends, and its endpoint is not asked again.
 *  - A right that was refused once is not tried again.
 *  - When the API server is gone, the rest ends at once as unreachable.
 *  - GETs go over kubectl's proxy; when that cannot start or dies, over kubectl get --raw; where
 *    kubectl knows no --raw, over what the job names instead.  An answer, a reset or a timeout is
 *    a result and changes no way. */
#ifndef COLLECTOR_FETCH_H
#define COLLECTOR_FETCH_H

#include "collector/answer.h"
#include "collector/kube.h"

typedef struct Fetch Fetch;
typedef struct Job Job;

typedef Status JobBytesFn(Job *job, const char *bytes, size_t n, Err *err);
typedef void JobDoneFn(Job *job, const Answer *answer);

/* Filled by the caller, zeroed otherwise; must live until on_done has returned.  Strings
 * must live as long. */
struct Job {
    const char *path;            /* GET: path and query */
    const char *accept;          /* NULL: application/json and anything */
    const char *const *command;  /* or kubectl's arguments; ends with NULL */
    const char *const *instead;  /* kubectl's arguments that give the same as path; NULL: none do */
    const char *label;           /* for people, what is fetched; NULL: path */
    const char *endpoint;        /* what is not asked again after a timeout; NULL: never mind */
    const char *right;           /* what is not asked again once forbidden; NULL: never mind */
    const bool *closed;          /* not asked once true: there is no room left; NULL: never mind */
    int64_t not_before_ns;       /* timestamp_monotonic(); 0: at once */
    uint64_t max_bytes;          /* of the body; 0: any */
    int64_t silence_ns;          /* may be silent for so long; 0: the request timeout */
    bool urgent;                 /* before all that is queued; with not_before always so */
    bool punctual;               /* at not_before, as exactly as can be */
    bool enough;                 /* set by on_bytes: the rest is not needed, this is a success */
    JobBytesFn *on_bytes;        /* success only; NULL: bytes are dropped */
    JobDoneFn *on_done;
    void *owner;
    Job *next;                   /* private from here on */
    struct Active *active;
    unsigned tries;
};

typedef enum { FETCH_PROXY, FETCH_RAW, FETCH_GET } FetchTransport;

/* For people who wait. */
typedef struct {
    size_t done;
    size_t queued;               /* those under way included */
    const char *what;            /* fetched just now; "" for nothing */
    int64_t last_due_ns;         /* of what waits for its time; timestamp_monotonic(), 0: nothing */
    int64_t deadline_ns;
} FetchNews;

typedef struct {
    Kube *kube;
    unsigned jobs;               /* at once */
    unsigned rate;               /* a second */
    int64_t request_timeout_ns;
    int64_t deadline_ns;         /* timestamp_monotonic() */
    int cancel_fd;               /* readable: stop; -1: none */
    void (*on_tick)(void *context, const FetchNews *news);           /* now and then; may be NULL */
    void *tick_context;
    void (*on_answer)(void *context, const Job *job, const Answer *answer);   /* may be NULL */
    void *answer_context;
} FetchOptions;

NODISCARD Status fetch_new(Arena *arena, const FetchOptions *options, Fetch **ret, Err *err);
void cleanup_fetch(Fetch **fetch);

void fetch_add(Fetch *fetch, Job *job);
/* Until no job is left.  Fails only for the machine's own reasons (ST_NOMEM, ST_IO). */
NODISCARD Status fetch_run(Fetch *fetch, Err *err);
/* Returns early once enough says so; what is under way goes on with the next call. */
NODISCARD Status fetch_run_until(Fetch *fetch, bool (*enough)(void *context), void *context,
                                 Err *err);

/* Whether there is more to ask than what waits for its time. */
bool fetch_is_busy(const Fetch *fetch);
bool fetch_ever_answered(const Fetch *fetch);
/* NONE while all is well; else why nothing more is asked: DEADLINE, CANCELLED, UNREACHABLE. */
CaptureClass fetch_stopped(const Fetch *fetch);
/* From now on every job ends at once with that class. */
void fetch_stop(Fetch *fetch, CaptureClass class, const char *reason);
/* The way that GETs go now, and its name. */
FetchTransport fetch_transport(const Fetch *fetch);
const char *fetch_transport_name(const Fetch *fetch);

#endif
