/* SPDX-License-Identifier: Apache-2.0 */
/* fetch_queue.c -- three lists and a clock. */
#include "collector/fetch_queue.h"

#include "base/timestamp.h"

enum { HOLD_NS = 100000000 };      /* a slow pace does not stop everything for what is punctual */

JobQueue
job_queue(unsigned slots, unsigned rate)
{
    return (JobQueue){.slots = slots, .step_ns = NS_PER_S / (rate ? rate : 1)};
}

static void
append(JobList *list, Job *job)
{
    job->next = NULL;
    if (list->last)
        list->last->next = job;
    else
        list->first = job;
    list->last = job;
}

static Job *
take_first(JobList *list)
{
    Job *job = list->first;
    if (!job)
        return NULL;
    list->first = job->next;
    if (!list->first)
        list->last = NULL;
    return job;
}

/* Keeps the list in order of time; times mostly come in that order already. */
static void
insert(JobList *list, Job *job)
{
    if (!list->last || list->last->not_before_ns <= job->not_before_ns) {
        append(list, job);
        return;
    }
    Job **at = &list->first;
    while ((*at)->not_before_ns <= job->not_before_ns)
        at = &(*at)->next;
    job->next = *at;
    *at = job;
}

void
job_queue_add(JobQueue *queue, Job *job)
{
    if (job->not_before_ns) {
        queue->punctual += job->punctual;
        insert(&queue->timed, job);
    } else {
        append(job->urgent ? &queue->urgent : &queue->normal, job);
    }
}

static Job *
first_punctual(const JobQueue *queue)
{
    Job *job = queue->punctual ? queue->timed.first : NULL;
    while (job && !job->punctual)
        job = job->next;
    return job;
}

static void
unlink_timed(JobQueue *queue, Job *job)
{
    Job *before = NULL;
    for (Job *at = queue->timed.first; at != job; at = at->next)
        before = at;
    if (before)
        before->next = job->next;
    else
        queue->timed.first = job->next;
    if (queue->timed.last == job)
        queue->timed.last = before;
    queue->punctual -= job->punctual;
}

/* Whether whatever is not punctual must wait for what is. */
static bool
is_held(const JobQueue *queue, int64_t now_ns, unsigned running)
{
    const Job *punctual = first_punctual(queue);
    int64_t before = queue->step_ns < HOLD_NS ? queue->step_ns : HOLD_NS;
    if (!punctual)
        return false;
    return (queue->slots > 1 && running + 1 >= queue->slots) ||
           punctual->not_before_ns - now_ns < before;
}

Job *
job_queue_next(JobQueue *queue, int64_t now_ns, unsigned running)
{
    if (running >= queue->slots || now_ns < queue->next_ns)
        return NULL;
    Job *job = first_punctual(queue);
    if (job && job->not_before_ns <= now_ns) {
        unlink_timed(queue, job);
        return job;
    }
    if (is_held(queue, now_ns, running))
        return NULL;
    job = queue->timed.first;
    if (job && job->not_before_ns <= now_ns)
        return take_first(&queue->timed);
    job = take_first(&queue->urgent);
    return job ? job : take_first(&queue->normal);
}

Job *
job_queue_any(JobQueue *queue)
{
    Job *job = take_first(&queue->timed);
    if (job)
        queue->punctual -= job->punctual;
    else
        job = take_first(&queue->urgent);
    return job ? job : take_first(&queue->normal);
}

void
job_queue_started(JobQueue *queue, int64_t now_ns, unsigned requests)
{
    queue->next_ns = now_ns + (int64_t)requests * queue->step_ns;
}

int64_t
job_queue_look_again(const JobQueue *queue, int64_t now_ns, int64_t until_ns, unsigned running)
{
    const Job *punctual = first_punctual(queue);
    int64_t at = until_ns;
    if (running >= queue->slots)
        return until_ns;
    if (punctual && punctual->not_before_ns < at)
        at = punctual->not_before_ns;
    if (!is_held(queue, now_ns, running)) {
        if (queue->timed.first && queue->timed.first->not_before_ns < at)
            at = queue->timed.first->not_before_ns;
        if (queue->urgent.first || queue->normal.first)
            at = now_ns;
    }
    return at > queue->next_ns ? at : queue->next_ns < until_ns ? queue->next_ns : until_ns;
}

int64_t
job_queue_last_due(const JobQueue *queue)
{
    return queue->timed.last ? queue->timed.last->not_before_ns : 0;
}
