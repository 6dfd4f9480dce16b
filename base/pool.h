/* SPDX-License-Identifier: Apache-2.0 */
/* pool.h -- threads that do one job together: the only place that starts any.
 *
 *     static Status work(void *context, unsigned lane, Err *err);
 *     TRY(pool_run(4, work, &mine, err));           // lanes 0 to 3, then all have ended
 *
 * A job is done in lanes.  Lane 0 is the calling thread; each further lane is a thread of its
 * own, which ends with the job.  Lanes take their work from what they share (an atomic counter
 * is enough), so that a job gets done with however many there are: a thread that cannot be
 * started, because of a limit or a sandbox, is no failure but work for the others.  Nothing may
 * therefore wait for a certain lane, and no result may depend on which lane did what.
 *
 * Threads take no signals: those are the calling thread's.  What a lane allocates in an arena,
 * it must allocate in one of its own. */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include "base/status.h"

#include <stdbool.h>

enum { POOL_MOST_LANES = 32 };

/* A failure ends the lane.  Others go on, unless what they share tells them not to. */
typedef Status PoolFn(void *context, unsigned lane, Err *err);

/* Processors that this process may run on; at least 1, at most POOL_MOST_LANES. */
unsigned pool_cores(void);

/* Runs fn in at most so many lanes and waits for all of them.  The status of the lowest lane
 * that failed. */
NODISCARD Status pool_run(unsigned lanes, PoolFn *fn, void *context, Err *err);

/* A thread beside the caller's: a job of one lane that is waited for later. */
typedef struct PoolThread PoolThread;
/* Starts fn as lane 0; NULL where no thread can be had: the caller does the work itself. */
PoolThread *pool_start(PoolFn *fn, void *context);
/* Waits for its end and frees it; NULL is ST_OK. */
Status pool_wait(PoolThread *thread, Err *err);

#endif
