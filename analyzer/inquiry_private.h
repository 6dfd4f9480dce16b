/* SPDX-License-Identifier: Apache-2.0 */
/* inquiry_private.h -- what the two sides of an inquiry agree on. */
#ifndef ANALYZER_INQUIRY_PRIVATE_H
#define ANALYZER_INQUIRY_PRIVATE_H

#include "analyzer/inquiry.h"
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
    TASK_RULE,
    TASK_ENTRY,
    TASK_MEMBER,            /* and the following, one a thread of the reader */
};

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
