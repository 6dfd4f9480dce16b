/* SPDX-License-Identifier: Apache-2.0 */
/* fetch_queue.h -- which job is next, and when: order, pace, and the room that punctual jobs need.
 *
 * Jobs start one after another, at least 1 / rate seconds apart and never in bursts.  A
 * punctual job is due at one moment: the start before it is held back, and where there are
 * several slots one of them is kept for it. */
#ifndef COLLECTOR_FETCH_QUEUE_H
#define COLLECTOR_FETCH_QUEUE_H

#include "collector/fetch.h"

typedef struct {
    Job *first;
    Job *last;
} JobList;

typedef struct {
    unsigned slots;
    int64_t step_ns;             /* between two starts */
    int64_t next_ns;             /* the next start, at the earliest; timestamp_monotonic() */
    JobList urgent;
    JobList normal;
    JobList timed;               /* by not_before_ns */
    size_t punctual;             /* of the timed ones */
} JobQueue;

JobQueue job_queue(unsigned slots, unsigned rate);
void job_queue_add(JobQueue *queue, Job *job);
/* The job to start now, where so many are running; NULL: none, or not yet. */
Job *job_queue_next(JobQueue *queue, int64_t now_ns, unsigned running);
/* Any job, however early it is; NULL: none is left. */
Job *job_queue_any(JobQueue *queue);
/* Says that a job has been started that asks the API server so many times. */
void job_queue_started(JobQueue *queue, int64_t now_ns, unsigned requests);
/* When to look again, at the latest until_ns. */
int64_t job_queue_look_again(const JobQueue *queue, int64_t now_ns, int64_t until_ns,
                             unsigned running);
/* When the last of the timed jobs is due; 0: there is none. */
int64_t job_queue_last_due(const JobQueue *queue);

#endif
