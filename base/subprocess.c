/* SPDX-License-Identifier: Apache-2.0 */
/* subprocess.c -- starts, reads, ends and reaps another program. */
#include "base/subprocess.h"

#include "base/cleanup.h"
#include "base/timestamp.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#define GRACE_NS (2 * NS_PER_S)
#define NO_DEADLINE INT64_MAX

enum {
    CHUNK_BYTES = 8192,
    CHUNKS_A_TURN = 16,
    LAST_CHUNKS = 128,     /* a pipe holds 1 MiB at the most */
    TICK_MS = 20,          /* how often to look for the end where the kernel cannot tell it */
};

static void
cleanup_actions(posix_spawn_file_actions_t *actions)
{
    (void)posix_spawn_file_actions_destroy(actions);
}

static void
cleanup_attributes(posix_spawnattr_t *attributes)
{
    (void)posix_spawnattr_destroy(attributes);
}

/* A descriptor that cannot be mistaken for the child's standard ones, which is what open()
 * gives where the program itself was started without them. */
static bool
lift(int *fd)
{
    if (*fd >= 3)
        return true;
    int lifted = fcntl(*fd, F_DUPFD_CLOEXEC, 3);
    cleanup_fd(fd);
    *fd = lifted;
    return lifted >= 0;
}

static Status
make_pipe(int *ret_read, int *ret_write, Err *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_errno(err, ST_IO, "pipe");
    *ret_read = ends[0];
    *ret_write = ends[1];
    if (!lift(ret_read) || !lift(ret_write))
        return err_errno(err, ST_IO, "pipe");
    return ST_OK;
}

/* The child's descriptors: nothing, the pipes, and no others. */
static int
plan_descriptors(posix_spawn_file_actions_t *actions, int out, int error)
{
    int failed = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    if (!failed)
        failed = posix_spawn_file_actions_adddup2(actions, out, 1);
    if (!failed)
        failed = posix_spawn_file_actions_adddup2(actions, error, 2);
    if (!failed)
        failed = posix_spawn_file_actions_addclosefrom_np(actions, 3);
    return failed;
}

static int
plan_signals(posix_spawnattr_t *attributes)
{
    sigset_t all, none;
    (void)sigfillset(&all);
    (void)sigemptyset(&none);
    (void)posix_spawnattr_setsigdefault(attributes, &all);
    (void)posix_spawnattr_setsigmask(attributes, &none);
    (void)posix_spawnattr_setpgroup(attributes, 0);
    return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
                                                    POSIX_SPAWN_SETPGROUP);
}

/* An ignored SIGCHLD, which may be inherited, makes the kernel forget exit codes. */
static void
keep_exit_codes(void)
{
    struct sigaction action;
    if (sigaction(SIGCHLD, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
        (void)signal(SIGCHLD, SIG_DFL);
}

static Status
spawn(const SubprocessSpec *spec, int out, int error, pid_t *ret_pid, Err *err)
{
    CLEANUP(cleanup_actions) posix_spawn_file_actions_t actions;
    CLEANUP(cleanup_attributes) posix_spawnattr_t attributes;
    (void)posix_spawn_file_actions_init(&actions);    /* neither can fail here */
    (void)posix_spawnattr_init(&attributes);
    errno = plan_descriptors(&actions, out, error);
    if (errno == 0)
        errno = plan_signals(&attributes);
    if (errno != 0)
        return err_errno(err, ST_IO, "cannot run '%s'", spec->argv[0]);
    keep_exit_codes();
    /* The interface wants arrays that it does not change as if it might. */
    char *const *argv;
    char *const *env = environ;
    memcpy(&argv, &spec->argv, sizeof argv);
    if (spec->env)
        memcpy(&env, &spec->env, sizeof env);
    errno = posix_spawnp(ret_pid, spec->argv[0], &actions, &attributes, argv, env);
    if (errno == 0)
        return ST_OK;
    bool absent = errno == ENOENT || errno == ENOTDIR;
    return err_errno(err, absent ? ST_NOT_FOUND : ST_IO, "cannot run '%s'", spec->argv[0]);
}

Status
subprocess_start(const SubprocessSpec *spec, Subprocess *ret, Err *err)
{
    CLEANUP(cleanup_fd) int out = -1;
    CLEANUP(cleanup_fd) int out_end = -1;
    CLEANUP(cleanup_fd) int error = -1;
    CLEANUP(cleanup_fd) int error_end = -1;
    pid_t pid = 0;
    TRY(make_pipe(&out, &out_end, err));
    TRY(make_pipe(&error, &error_end, err));
    TRY(spawn(spec, out_end, error_end, &pid, err));
    *ret = (Subprocess){pid, TAKE_FD(out), TAKE_FD(error)};
    return ST_OK;
}

/* Whether the child has ended; it is not reaped, so that its process group keeps its name. */
static bool
has_ended(pid_t pid)
{
    siginfo_t about = {.si_pid = 0};
    int result = waitid(P_PID, (id_t)pid, &about, WEXITED | WNOHANG | WNOWAIT);
    return result == 0 ? about.si_pid == pid : errno == ECHILD;
}

/* Kills what is left of the group, reaps the child and gives its exit code. */
static int
reap(Subprocess *child)
{
    int status = 0;
    pid_t pid = child->pid;
    child->pid = 0;
    (void)kill(-pid, SIGKILL);
    pid_t reaped;
    do
        reaped = waitpid(pid, &status, 0);
    while (reaped < 0 && errno == EINTR);
    if (reaped < 0)
        return 255;    /* somebody else has reaped it: not known to be a success */
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

bool
subprocess_ended(Subprocess *child, int *ret_exit)
{
    if (child->pid == 0 || !has_ended(child->pid))
        return false;
    *ret_exit = reap(child);
    return true;
}

/* Poll's milliseconds until the deadline, rounded up. */
static int
wait_ms(int64_t deadline_ns, int pid_fd)
{
    int64_t most = pid_fd < 0 ? TICK_MS : INT_MAX;
    if (deadline_ns == NO_DEADLINE)
        return pid_fd < 0 ? TICK_MS : -1;
    int64_t ms = (deadline_ns - timestamp_monotonic() + 999999) / 1000000;
    return ms < 0 ? 0 : (int)(ms < most ? ms : most);
}

static bool
wait_for_end(pid_t pid, int64_t deadline_ns)
{
    CLEANUP(cleanup_fd) int pid_fd = pidfd_open(pid, 0);
    while (!has_ended(pid)) {
        if (timestamp_monotonic() >= deadline_ns)
            return false;
        struct pollfd wanted = {.fd = pid_fd, .events = POLLIN};
        (void)poll(&wanted, 1, wait_ms(deadline_ns, pid_fd));
    }
    return true;
}

void
subprocess_stop(Subprocess *child)
{
    /* First: a child that is stuck writing ends by that. */
    cleanup_fd(&child->out_fd);
    cleanup_fd(&child->err_fd);
    if (child->pid == 0)
        return;
    (void)kill(-child->pid, SIGTERM);
    if (!wait_for_end(child->pid, timestamp_monotonic() + GRACE_NS)) {
        (void)kill(-child->pid, SIGKILL);
        /* A process that hangs in the kernel cannot be waited for. */
        if (!wait_for_end(child->pid, timestamp_monotonic() + GRACE_NS)) {
            child->pid = 0;
            return;
        }
    }
    (void)reap(child);
}

void
subprocess_result_done(SubprocessResult *result)
{
    buf_done(&result->out);
    buf_done(&result->err);
}

/* One run: what is waited for and how far its ending has come. */
typedef struct {
    const SubprocessSpec *spec;
    Subprocess *child;
    SubprocessResult *result;
    int pid_fd;
    int64_t deadline_ns;      /* of the present stage */
    enum { RUNNING, ASKED, KILLED, LOST } stage;
} Run;

static void
keep_output(Run *run, const char *bytes, size_t n)
{
    Buf *out = &run->result->out;
    size_t room = out->max_bytes - out->n;
    run->result->truncated = run->result->truncated || n > room;
    buf_add(out, bytes, n < room ? n : room);
}

/* The last bytes: the reason for a failure is at the end. */
static void
keep_errors(Run *run, const char *bytes, size_t n)
{
    Buf *errors = &run->result->err;
    size_t most = errors->max_bytes;
    if (n > most) {
        bytes += n - most;
        n = most;
    }
    if (n > most - errors->n)
        buf_consume(errors, n - (most - errors->n));
    buf_add(errors, bytes, n);
}

/* Reads what is there, at most so many chunks; closes the pipe at its end. */
static void
drain(Run *run, int *fd, int chunks)
{
    char bytes[CHUNK_BYTES];
    for (; *fd >= 0 && chunks > 0; chunks--) {
        ssize_t got = read(*fd, bytes, sizeof bytes);
        if (got > 0 && fd == &run->child->out_fd)
            keep_output(run, bytes, (size_t)got);
        else if (got > 0)
            keep_errors(run, bytes, (size_t)got);
        else if (got < 0 && errno == EAGAIN)
            return;
        else if (got == 0 || errno != EINTR)
            cleanup_fd(fd);
    }
}

/* The stage's time is over: asks the child to end, kills it, gives it up. */
static void
advance(Run *run)
{
    if (run->stage == RUNNING) {
        run->result->timed_out = !run->result->cancelled;
        (void)kill(-run->child->pid, SIGTERM);
        run->stage = ASKED;
    } else if (run->stage == ASKED) {
        (void)kill(-run->child->pid, SIGKILL);
        run->stage = KILLED;
    } else {
        run->stage = LOST;
    }
    run->deadline_ns = timestamp_monotonic() + GRACE_NS;
}

static void
wait_for_news(Run *run)
{
    bool may_cancel = run->stage == RUNNING && run->spec->cancel_fd > 0;
    struct pollfd wanted[] = {
        {.fd = run->child->out_fd, .events = POLLIN},
        {.fd = run->child->err_fd, .events = POLLIN},
        {.fd = run->pid_fd, .events = POLLIN},
        {.fd = may_cancel ? run->spec->cancel_fd : -1, .events = POLLIN},
    };
    int ready = poll(wanted, sizeof wanted / sizeof *wanted,
                     wait_ms(run->deadline_ns, run->pid_fd));
    if (ready > 0 && wanted[3].revents) {
        run->result->cancelled = true;
        run->deadline_ns = timestamp_monotonic();
    }
}

static Status
watch(Run *run, Err *err)
{
    Subprocess *child = run->child;
    while (!has_ended(child->pid) && run->stage != LOST) {
        drain(run, &child->out_fd, CHUNKS_A_TURN);
        drain(run, &child->err_fd, CHUNKS_A_TURN);
        TRY(buf_status(&run->result->out, err));
        TRY(buf_status(&run->result->err, err));
        if (timestamp_monotonic() >= run->deadline_ns)
            advance(run);
        else
            wait_for_news(run);
    }
    if (run->stage == LOST) {
        run->result->exit_code = 128 + SIGKILL;
        child->pid = 0;
        return ST_OK;
    }
    run->result->exit_code = reap(child);
    drain(run, &child->out_fd, LAST_CHUNKS);
    drain(run, &child->err_fd, LAST_CHUNKS);
    TRY(buf_status(&run->result->out, err));
    return buf_status(&run->result->err, err);
}

Status
subprocess_run(const SubprocessSpec *spec, SubprocessResult *ret, Err *err)
{
    CLEANUP(subprocess_stop) Subprocess child = SUBPROCESS_INIT;
    CLEANUP(subprocess_result_done) SubprocessResult result = {
        .out = BUF_INIT(spec->max_stdout_bytes),
        .err = BUF_INIT(spec->max_stderr_bytes),
    };
    TRY(subprocess_start(spec, &child, err));
    CLEANUP(cleanup_fd) int pid_fd = pidfd_open(child.pid, 0);
    if (fcntl(child.out_fd, F_SETFL, O_NONBLOCK) != 0 ||
        fcntl(child.err_fd, F_SETFL, O_NONBLOCK) != 0)
        return err_errno(err, ST_IO, "cannot run '%s'", spec->argv[0]);
    Run run = {.spec = spec, .child = &child, .result = &result, .pid_fd = pid_fd};
    if (spec->timeout_ns <= 0 ||
        __builtin_add_overflow(timestamp_monotonic(), spec->timeout_ns, &run.deadline_ns))
        run.deadline_ns = NO_DEADLINE;
    TRY(watch(&run, err));
    *ret = result;
    result = (SubprocessResult){.exit_code = 0};
    return ST_OK;
}
