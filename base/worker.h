/* SPDX-License-Identifier: Apache-2.0 */
/* worker.h -- runs a function in a confined process of its own, which answers in frames.
 *
 * What the function reads may be hostile enough to take its process over: so the process can
 * only compute (sandbox.h), and its owner believes nothing but well-formed frames.  When it dies
 * the owner is told how, and what it was doing.
 *
 *     WorkerSpec spec = {.body = read_it, .context = &mine, .fd = fd, ...};
 *     CLEANUP(cleanup_worker) Worker *worker = NULL;
 *     TRY(worker_start(&spec, &worker, err));
 *     while ((status = worker_next(worker, &type, &payload, err)) == ST_OK)
 *         ...
 *     if (status == ST_END) { WorkerEnd end; worker_end(worker, &end); ... }
 *
 * The worker is a fork: it has the memory of its owner as it was, and of its descriptors the
 * one in the spec.  Standard input, output and error lead to /dev/null.  The owner has one thread
 * when it starts a worker. */
#ifndef BASE_WORKER_H
#define BASE_WORKER_H

#include "base/buf.h"
#include "base/sandbox.h"

enum {
    WORKER_TASK_COUNT = 80,         /* things that are told to be under way at once */
    WORKER_NAME_BYTES = 1024,       /* kept of the name of a task */
};

/* The worker's side. */
typedef struct WorkerPort WorkerPort;
/* Sends a frame.  type: below 255, the caller's.  ST_LIMIT (over LIMIT_FRAME_BYTES), ST_IO (the
 * owner is gone).  One thread. */
NODISCARD Status worker_send(WorkerPort *port, uint8_t type, Str payload, Err *err);
/* Notes what is under way, for the case that it kills the worker; costs no system call.
 * task: below WORKER_TASK_COUNT, one of the caller's threads; kind: the caller's, not 0. */
void worker_begins(WorkerPort *port, unsigned task, uint8_t kind, Str name);
void worker_ends(WorkerPort *port, unsigned task);

typedef enum {
    CONFINE_AUTO,       /* as far as the kernel can */
    CONFINE_REQUIRE,    /* whole, or not at all */
    CONFINE_OFF,        /* a process of its own, and nothing else */
} Confinement;

typedef struct {
    /* What the worker does; its status and error come back in WorkerEnd. */
    Status (*body)(void *context, WorkerPort *port, Err *err);
    void *context;
    int fd;                         /* kept open in the worker under its number; -1: none */
    Confinement confinement;
    SandboxSpec sandbox;
    uint64_t wall_seconds;          /* from the start; 0: no limit */
} WorkerSpec;

typedef struct Worker Worker;

/* ST_NOMEM, ST_IO (no process can be had). */
NODISCARD Status worker_start(const WorkerSpec *spec, Worker **ret, Err *err);
/* Waits for the next frame; *ret_payload lives until the next call.  ST_END: there is none any
 * more, see worker_end().  ST_NOMEM. */
NODISCARD Status worker_next(Worker *worker, uint8_t *ret_type, Str *ret_payload, Err *err);

typedef struct {
    bool ended;             /* body returned, and said so: status and err tell how */
    Status status;
    Err err;
    char death[160];        /* else: what became of it, "killed by SIGSEGV" */
    SandboxState sandbox;   /* what it was confined by */
} WorkerEnd;

/* Kills what still runs. */
void worker_end(Worker *worker, WorkerEnd *ret);
/* What was under way when it ended; false for a task that was idle.  name: at most
 * WORKER_NAME_BYTES, may hold anything, lives as long as the worker. */
bool worker_task(const Worker *worker, unsigned task, uint8_t *ret_kind, Str *ret_name);
Worker *worker_free(Worker *worker);        /* NULL in, NULL out; kills it */
void cleanup_worker(Worker **worker);

#endif
