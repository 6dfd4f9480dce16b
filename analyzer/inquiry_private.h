/* SPDX-License-Identifier: Apache-2.0 */
/* inquiry_private.h -- what the two sides of an inquiry agree on. */
#ifndef ANALYZER_INQUIRY_PRIVATE_H
#define ANALYZER_INQUIRY_PRIVATE_H

#include "analyzer/inquiry.h"
#include "base/pool.h"
#include "base/worker.h"

/* Types of frames.  Verdicts and coverage come in as many frames as they need. */
enum {
    FRAME_BUNDLE = 1,
    FRAME_VERDICTS,
    FRAME_COVERAGE,         /* of the evaluation */
    FRAME_BUNDLE_COVERAGE,
    FRAME_TRACE,
    FRAME_GALLERY,
};

/* Tasks of the worker: which may be under way at once. */
enum {
    TASK_ENTRY,
    TASK_RULE,              /* and the following, one a lane */
    TASK_MEMBER = TASK_RULE + POOL_MOST_LANES,      /* and the following, one a lane */
    TASK_COUNT = TASK_MEMBER + POOL_MOST_LANES
};

_Static_assert((int)TASK_COUNT <= (int)WORKER_TASK_COUNT, "the worker tells of fewer tasks");

/* Kinds of them: what the name of the task is. */
enum {
    DOING_RULE = 1,         /* id */
    DOING_ENTRY,            /* of a stream: number, decimal */
    DOING_MEMBER,           /* name below the top folder */
};

/* What earlier workers died of. */
typedef struct {
    VEC(BundleExclusion) members;
    VEC(RuleExclusion) rules;
    uint64_t stop_at;       /* as in BundleOptions */
    Str stop_death;
    bool one_thread;
} Exclusions;

typedef struct {
    const InquirySpec *spec;
    const Exclusions *exclusions;
    int fd;
    const char *name;
} InquiryTask;

/* The worker's side: reads, judges, answers.  context: an InquiryTask. */
Status inquiry_answer(void *context, WorkerPort *port, Err *err);

#endif
