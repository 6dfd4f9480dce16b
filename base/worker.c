/* SPDX-License-Identifier: Apache-2.0 */
/* worker.c -- runs a function in a confined process of its own. */
#include "base/worker.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "base/limits.h"
#include "base/timestamp.h"
#include "base/wire.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

enum {
    HEAD_BYTES = 5,             /* type, length */
    FRAME_LAST = 255,           /* body returned */
    FRAME_CONFINED = 254,       /* the first: what the sandbox is */
    REAP_NS = 2000000000,       /* for a process whose pipe is closed to end by itself */
};

/* Written by the worker alone and never believed: its owner reads it when the worker is dead. */
typedef struct {
    atomic_uint kind;           /* 0: idle; set last, cleared first */
    uint32_t name_bytes;
    char name[WORKER_NAME_BYTES];
} Task;

struct WorkerPort {
    int fd;
    Task *tasks;
};

struct Worker {
    pid_t pid;                  /* 0: reaped */
    int fd;
    int wait_status;
    Task *tasks;                /* shared memory */
    int64_t deadline_ns;        /* monotonic; 0: none */
    uint64_t received_bytes;
    Buf payload;
    bool is_last;               /* no frame is read any more */
    bool is_out_of_memory;      /* the owner */
    WorkerEnd end;
};

static int64_t
now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* ---- the worker's side ---- */

Status
worker_send(WorkerPort *port, uint8_t type, Str payload, Err *err)
{
    if (payload.n > LIMIT_FRAME_BYTES)
        return err_set(err, ST_LIMIT, "an answer of %zu bytes", payload.n);
    CLEANUP(buf_done) Buf head = BUF_INIT(HEAD_BYTES + 1);
    wire_put_u8(&head, type);
    wire_put_u32(&head, (uint32_t)payload.n);
    TRY(buf_status(&head, err));
    TRY(io_write(port->fd, head.data, head.n, err));
    return io_write(port->fd, payload.p, payload.n, err);
}

void
worker_begins(WorkerPort *port, unsigned task, uint8_t kind, Str name)
{
    if (task >= WORKER_TASK_COUNT)
        return;
    Task *slot = &port->tasks[task];
    name = str_head(name, WORKER_NAME_BYTES);
    atomic_store(&slot->kind, 0);
    if (name.n > 0)
        memcpy(slot->name, name.p, name.n);
    slot->name_bytes = (uint32_t)name.n;
    atomic_store(&slot->kind, kind);
}

void
worker_ends(WorkerPort *port, unsigned task)
{
    if (task < WORKER_TASK_COUNT)
        atomic_store(&port->tasks[task].kind, 0);
}

static Status
send_confinement(WorkerPort *port, const SandboxState *state, Err *err)
{
    CLEANUP(buf_done) Buf out = BUF_INIT(8);
    wire_put_u8(&out, state->has_landlock);
    wire_put_u8(&out, state->has_seccomp);
    TRY(buf_status(&out, err));
    return worker_send(port, FRAME_CONFINED, buf_str(&out), err);
}

static Status
confine(const WorkerSpec *spec, WorkerPort *port, Err *err)
{
    SandboxState state = {0};
    if (spec->confinement != CONFINE_OFF)
        TRY(sandbox_enter(&spec->sandbox, &state, err));
    TRY(send_confinement(port, &state, err));
    if (spec->confinement != CONFINE_REQUIRE || (state.has_landlock && state.has_seccomp))
        return ST_OK;
    return err_set(err, ST_UNSUPPORTED, "%s",
                   !sandbox_is_built()   ? "this build has no sandbox"
                   : !state.has_landlock ? "the kernel offers no Landlock"
                                         : "the kernel offers no seccomp filters");
}

static Status
send_last(WorkerPort *port, Status status, const Err *why)
{
    CLEANUP(buf_done) Buf out = BUF_INIT(4096);
    wire_put_u8(&out, (uint8_t)status);
    wire_put_u32(&out, (uint32_t)why->errnum);
    wire_put_u32(&out, why->line);
    wire_put_u32(&out, why->column);
    wire_put_str(&out, str_of(why->file));
    wire_put_str(&out, str_of(why->text));
    TRY(buf_status(&out, NULL));
    return worker_send(port, FRAME_LAST, buf_str(&out), NULL);
}

static void
close_range_of(int first, int last)
{
    if (first <= last)
        (void)syscall(SYS_close_range, (unsigned)first, (unsigned)last, 0);
}

/* Nothing is left open but the two; what the worker says goes through its port alone. */
static bool
keep_descriptors(int port_fd, int fd)
{
    CLEANUP(cleanup_fd) int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    bool keeps_stderr = !sandbox_is_built();        /* where sanitizers complain */
    if (null < 0 || (fd != 0 && dup2(null, 0) < 0) || dup2(null, 1) < 0 ||
        (!keeps_stderr && dup2(null, 2) < 0))
        return false;
    int low = fd > 2 && fd < port_fd ? fd : port_fd;
    int high = fd > port_fd ? fd : port_fd;
    null = -1;                                      /* closed with the rest */
    close_range_of(3, low - 1);
    close_range_of(low + 1, high - 1);
    close_range_of(high + 1, INT32_MAX);
    return true;
}

static _Noreturn void
run(const WorkerSpec *spec, WorkerPort *port, pid_t owner)
{
    Err err = {0};
    Status status;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != owner)
        _exit(1);
    if (keep_descriptors(port->fd, spec->fd))
        status = confine(spec, port, &err);
    else
        status = err_errno(&err, ST_IO, "the worker's descriptors");
    if (status == ST_OK)
        status = spec->body(spec->context, port, &err);
    if (send_last(port, status, &err) != ST_OK)
        _exit(1);
#ifdef SANDBOX_OFF
    exit(0);                    /* writes the counters of coverage */
#else
    _exit(0);
#endif
}

/* ---- its owner's ---- */

Status
worker_start(const WorkerSpec *spec, Worker **ret, Err *err)
{
    CLEANUP(cleanup_worker) Worker *worker = calloc(1, sizeof *worker);   /* freed alone */
    if (!worker)
        return err_nomem(err);
    worker->fd = -1;
    worker->payload = BUF_INIT(LIMIT_FRAME_BYTES + 1);
    size_t bytes = sizeof(Task) * WORKER_TASK_COUNT;
    void *shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return err_nomem(err);
    worker->tasks = shared;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_errno(err, ST_IO, "a pipe to the worker");
    worker->fd = io_above_standard(ends[0]);
    CLEANUP(cleanup_fd) int port_fd = io_above_standard(ends[1]);
    if (worker->fd < 0 || port_fd < 0)
        return err_errno(err, ST_IO, "a pipe to the worker");
    if (spec->wall_seconds)
        worker->deadline_ns = now_ns() + (int64_t)spec->wall_seconds * NS_PER_S;
    (void)fflush(NULL);
    pid_t owner = getpid();
    worker->pid = fork();
    if (worker->pid < 0) {
        worker->pid = 0;
        return err_errno(err, ST_IO, "starting the worker");
    }
    if (worker->pid == 0) {
        WorkerPort port = {port_fd, worker->tasks};
        run(spec, &port, owner);
    }
    *ret = TAKE_PTR(worker);
    return ST_OK;
}

static void
say_death(Worker *worker, const char *text)
{
    if (!worker->end.death[0])
        (void)snprintf(worker->end.death, sizeof worker->end.death, "%s", text);
}

/* Reads n bytes, at the deadline's latest; false where they do not come. */
static bool
receive(Worker *worker, void *out, size_t n)
{
    for (size_t got = 0; got < n;) {
        struct pollfd readable = {.fd = worker->fd, .events = POLLIN};
        int64_t left_ns = worker->deadline_ns ? worker->deadline_ns - now_ns() : 0;
        if (worker->deadline_ns && left_ns <= 0) {
            say_death(worker, "it took too long");
            return false;
        }
        int64_t left_ms = left_ns / 1000000 + 1;
        int ready = poll(&readable, 1,
                         !worker->deadline_ns ? -1 : left_ms > 60000 ? 60000 : (int)left_ms);
        if (ready < 0 && errno != EINTR)
            return false;
        if (ready <= 0)
            continue;
        ssize_t count = read(worker->fd, (char *)out + got, n - got);
        if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN))
            return false;
        got += count > 0 ? (size_t)count : 0;
    }
    return true;
}

static bool
babbles(Worker *worker)
{
    say_death(worker, "it answered with what is no answer");
    return false;
}

/* One frame into worker->payload; false where there is none. */
static bool
receive_frame(Worker *worker, uint8_t *ret_type)
{
    unsigned char head[HEAD_BYTES];
    if (!receive(worker, head, sizeof head))
        return false;
    WireIn in = {{(const char *)head, sizeof head}, false};
    *ret_type = wire_take_u8(&in);
    size_t n = wire_take_u32(&in);
    worker->received_bytes += n;
    if (n > LIMIT_FRAME_BYTES || worker->received_bytes > LIMIT_ANSWER_BYTES)
        return babbles(worker);
    buf_clear(&worker->payload);
    char *room = buf_reserve(&worker->payload, n);
    worker->is_out_of_memory = !room;
    if (!room)
        return false;
    if (!receive(worker, room, n))
        return false;
    worker->payload.n = n;
    room[n] = '\0';
    return true;
}

static void
take_text(WireIn *in, char *out, size_t size)
{
    Str text = str_head(wire_take_str(in), size - 1);
    if (text.n > 0)
        memcpy(out, text.p, text.n);
    out[text.n] = '\0';
}

static bool
take_last(Worker *worker)
{
    WireIn in = {.rest = buf_str(&worker->payload)};
    WorkerEnd *end = &worker->end;
    end->status = (Status)wire_take_enum(&in, ST_COUNT);
    end->err.status = end->status;
    end->err.errnum = (int)wire_take_u32(&in);
    end->err.line = wire_take_u32(&in);
    end->err.column = wire_take_u32(&in);
    take_text(&in, end->err.file, sizeof end->err.file);
    take_text(&in, end->err.text, sizeof end->err.text);
    if (wire_end(&in, NULL) != ST_OK)
        return babbles(worker);
    end->ended = true;
    return false;
}

static bool
take_confinement(Worker *worker)
{
    WireIn in = {.rest = buf_str(&worker->payload)};
    worker->end.sandbox.has_landlock = wire_take_enum(&in, 2);
    worker->end.sandbox.has_seccomp = wire_take_enum(&in, 2);
    return wire_end(&in, NULL) == ST_OK || babbles(worker);
}

Status
worker_next(Worker *worker, uint8_t *ret_type, Str *ret_payload, Err *err)
{
    while (!worker->is_last) {
        uint8_t type = 0;
        bool goes_on = receive_frame(worker, &type);
        if (goes_on && type < FRAME_CONFINED) {
            *ret_type = type;
            *ret_payload = buf_str(&worker->payload);
            return ST_OK;
        }
        if (goes_on)
            goes_on = type == FRAME_LAST ? take_last(worker) : take_confinement(worker);
        worker->is_last = !goes_on;
    }
    return worker->is_out_of_memory ? err_nomem(err) : ST_END;
}

/* Waits for a process that has closed its pipe; one that stays is killed. */
static void
reap(Worker *worker)
{
    if (!worker->pid)
        return;
    bool is_dying = worker->is_last && !worker->end.death[0];
    int64_t until = now_ns() + (is_dying ? REAP_NS : 0);
    pid_t got;
    while ((got = waitpid(worker->pid, &worker->wait_status, WNOHANG)) == 0 && now_ns() < until)
        (void)poll(NULL, 0, 2);
    if (got == 0) {
        (void)kill(worker->pid, SIGKILL);
        while ((got = waitpid(worker->pid, &worker->wait_status, 0)) < 0 && errno == EINTR)
            ;
    }
    worker->pid = 0;
}

static void
describe_death(Worker *worker)
{
    char text[80];
    int status = worker->wait_status;
    if (WIFSIGNALED(status)) {
        int signal = WTERMSIG(status);
        const char *name = sigabbrev_np(signal);
        (void)snprintf(text, sizeof text, "killed by SIG%s%s", name ? name : "?",
                       signal == SIGSYS    ? ", for a system call that is forbidden to it"
                       : signal == SIGXCPU ? ", for it used up its processor time"
                                           : "");
    } else {
        (void)snprintf(text, sizeof text, "it ended without an answer");
    }
    say_death(worker, text);
}

void
worker_end(Worker *worker, WorkerEnd *ret)
{
    reap(worker);
    if (!worker->end.ended)
        describe_death(worker);
    *ret = worker->end;
}

bool
worker_task(const Worker *worker, unsigned task, uint8_t *ret_kind, Str *ret_name)
{
    if (task >= WORKER_TASK_COUNT)
        return false;
    const Task *slot = &worker->tasks[task];
    uint32_t n = slot->name_bytes;
    *ret_kind = (uint8_t)atomic_load(&slot->kind);
    *ret_name = (Str){slot->name, n < WORKER_NAME_BYTES ? n : WORKER_NAME_BYTES};
    return *ret_kind != 0;
}

Worker *
worker_free(Worker *worker)
{
    if (worker) {
        if (worker->pid)
            (void)kill(worker->pid, SIGKILL);
        reap(worker);
        cleanup_fd(&worker->fd);
        buf_done(&worker->payload);
        if (worker->tasks)
            (void)munmap(worker->tasks, sizeof(Task) * WORKER_TASK_COUNT);
        free(worker);
    }
    return NULL;
}

void
cleanup_worker(Worker **worker)
{
    *worker = worker_free(*worker);
}
