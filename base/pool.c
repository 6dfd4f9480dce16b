/* SPDX-License-Identifier: Apache-2.0 */
/* pool.c -- threads that do one job together. */
#include "base/pool.h"

#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>

/* As the first thread has: expressions recurse, and must not end elsewhere on another one. */
enum { STACK_BYTES = 8 * 1024 * 1024 };

struct PoolThread {
    PoolFn *fn;
    void *context;
    unsigned lane;
    pthread_t thread;
    Status status;
    Err err;
};

unsigned
pool_cores(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    int count = CPU_COUNT(&set);
    if (count < 1)
        return 1;
    return count > POOL_MOST_LANES ? POOL_MOST_LANES : (unsigned)count;
}

static void *
run_thread(void *pointer)
{
    PoolThread *thread = pointer;
    thread->status = thread->fn(thread->context, thread->lane, &thread->err);
    return NULL;
}

/* All threads allocate from one heap: heaps of their own cost address space each, and glibc opens a
 * file below /proc when it shrinks one, which kills a confined process.  What is hot here allocates
 * from arenas, in large pieces. */
static void
share_heap(void)
{
    (void)mallopt(M_ARENA_MAX, 1);
}

static bool
start(PoolThread *thread)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, share_heap);
    pthread_attr_t attributes;
    sigset_t all;
    sigset_t before;
    if (pthread_attr_init(&attributes) != 0)
        return false;
    (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
    /* a new thread inherits the mask */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&thread->thread, &attributes, run_thread, thread) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attributes);
    return started;
}

PoolThread *
pool_start(PoolFn *fn, void *context)
{
    PoolThread *thread = calloc(1, sizeof *thread);     /* freed by pool_wait() */
    if (!thread)
        return NULL;
    thread->fn = fn;
    thread->context = context;
    if (!start(thread)) {
        free(thread);
        return NULL;
    }
    return thread;
}

Status
pool_wait(PoolThread *thread, Err *err)
{
    if (!thread)
        return ST_OK;
    (void)pthread_join(thread->thread, NULL);
    Status status = thread->status;
    if (status != ST_OK && err && err->status == ST_OK)
        *err = thread->err;
    free(thread);
    return status;
}

Status
pool_run(unsigned lanes, PoolFn *fn, void *context, Err *err)
{
    PoolThread *threads[POOL_MOST_LANES] = {NULL};
    if (lanes > POOL_MOST_LANES)
        lanes = POOL_MOST_LANES;
    unsigned count = 0;
    for (unsigned lane = 1; lane < lanes; lane++) {
        PoolThread *thread = calloc(1, sizeof *thread); /* freed by pool_wait() */
        if (!thread)
            break;
        *thread = (PoolThread){.fn = fn, .context = context, .lane = lane};
        if (!start(thread)) {
            free(thread);
            break;
        }
        threads[count++] = thread;
    }
    Status status = fn(context, 0, err);
    for (unsigned i = 0; i < count; i++) {
        Err other = {0};
        Status ended = pool_wait(threads[i], &other);
        if (status == ST_OK && ended != ST_OK) {
            status = ended;
            if (err && err->status == ST_OK)
                *err = other;
        }
    }
    return status;
}
