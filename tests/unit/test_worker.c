/* SPDX-License-Identifier: Apache-2.0 */
/* test_worker.c -- a confined process and its owner, each as hostile as it can be to the other. */
#include "base/cleanup.h"
#include "base/limits.h"
#include "base/wire.h"
#include "base/worker.h"
#include "tests/unit/runner.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef Status Body(void *context, WorkerPort *port, Err *err);

/* What became of a worker: its frames as one text, "type:payload;". */
typedef struct {
    char frames[1024];
    WorkerEnd end;
    bool is_busy;
    uint8_t kind;
    char name[WORKER_NAME_BYTES + 1];
} Outcome;

static Outcome
run_spec(const WorkerSpec *spec)
{
    Outcome outcome = {0};
    Err err = {0};
    CLEANUP(cleanup_worker) Worker *worker = NULL;
    ck_assert_ok(worker_start(spec, &worker, &err), err);
    uint8_t type;
    Str payload;
    Status status;
    while ((status = worker_next(worker, &type, &payload, &err)) == ST_OK) {
        size_t n = strlen(outcome.frames);
        (void)snprintf(outcome.frames + n, sizeof outcome.frames - n, "%u:%.*s;", type,
                       STR_ARG(str_head(payload, 100)));
    }
    ck_assert_status(status, ST_END);
    worker_end(worker, &outcome.end);
    Str name;
    outcome.is_busy = worker_task(worker, 0, &outcome.kind, &name);
    (void)snprintf(outcome.name, sizeof outcome.name, "%.*s", STR_ARG(name));
    return outcome;
}

static Outcome
run(Body *body, void *context)
{
    WorkerSpec spec = {.body = body, .context = context, .fd = -1};
    return run_spec(&spec);
}

/* ---- answers ---- */

static Status
answer_twice(void *context, WorkerPort *port, Err *err)
{
    TRY(worker_send(port, 1, STR("one"), err));
    return worker_send(port, 2, str_of(context), err);
}

START_TEST(answers_in_frames)
{
    char two[] = "two";
    Outcome outcome = run(answer_twice, two);
    ck_assert_str_eq(outcome.frames, "1:one;2:two;");
    ck_assert(outcome.end.ended);
    ck_assert_int_eq(outcome.end.status, ST_OK);
    ck_assert(!outcome.is_busy);
}
END_TEST

static Status
fail_with_place(void *context, WorkerPort *port, Err *err)
{
    (void)context;
    (void)port;
    return err_at(err, ST_DIGEST, "file", 3, 4, "wrong");
}

START_TEST(passes_errors_on)
{
    Outcome outcome = run(fail_with_place, NULL);
    char text[200];
    ck_assert(outcome.end.ended);
    ck_assert_int_eq(outcome.end.status, ST_DIGEST);
    err_format(&outcome.end.err, text, sizeof text);
    ck_assert_str_eq(text, "file:3:4: wrong");
}
END_TEST

static Status
send_large(void *context, WorkerPort *port, Err *err)
{
    size_t n = *(size_t *)context;
    CLEANUP(buf_done) Buf out = BUF_INIT(n + 1);
    char *room = buf_reserve(&out, n);
    if (!room)
        return err_nomem(err);
    memset(room, 'a', n);
    return worker_send(port, 1, (Str){room, n}, err);
}

START_TEST(limits_frames)
{
    size_t most = LIMIT_FRAME_BYTES;
    ck_assert_int_eq(run(send_large, &most).end.status, ST_OK);
    most++;
    Outcome outcome = run(send_large, &most);
    ck_assert(outcome.end.ended);
    ck_assert_int_eq(outcome.end.status, ST_LIMIT);
}
END_TEST

/* ---- deaths ---- */

static Status
die_busy(void *context, WorkerPort *port, Err *err)
{
    worker_begins(port, 1, 9, STR("over and done with"));
    worker_ends(port, 1);
    worker_begins(port, 0, 5, STR("logs/x.log"));
    TRY(worker_send(port, 1, STR("before"), err));
    int how = *(int *)context;
    if (how < 0)
        _exit(3);
    (void)signal(how, SIG_DFL);
    (void)kill(getpid(), how);
    return ST_OK;
}

START_TEST(tells_what_killed_it_and_what_it_did)
{
    WorkerSpec spec = {.body = die_busy, .fd = -1, .confinement = CONFINE_OFF};
    int how[] = {SIGSEGV, SIGKILL, -1};
    const char *const death[] = {"killed by SIGSEGV", "killed by SIGKILL",
                                 "it ended without an answer"};
    for (size_t i = 0; i < 3; i++) {
        spec.context = &how[i];
        Outcome outcome = run_spec(&spec);
        ck_assert_str_eq(outcome.frames, "1:before;");
        ck_assert(!outcome.end.ended);
        ck_assert_str_eq(outcome.end.death, death[i]);
        ck_assert(outcome.is_busy);
        ck_assert_uint_eq(outcome.kind, 5);
        ck_assert_str_eq(outcome.name, "logs/x.log");
    }
}
END_TEST

static Status
hang(void *context, WorkerPort *port, Err *err)
{
    (void)context;
    (void)port;
    (void)err;
    while (pause() != 0)
        ;
    return ST_OK;
}

START_TEST(kills_what_hangs)
{
    WorkerSpec spec = {.body = hang, .fd = -1, .confinement = CONFINE_OFF, .wall_seconds = 1};
    ck_assert_str_eq(run_spec(&spec).end.death, "it took too long");
}
END_TEST

static volatile uint64_t spin_count;

static Status
spin(void *context, WorkerPort *port, Err *err)
{
    (void)context;
    (void)port;
    (void)err;
    while (spin_count < UINT64_MAX)
        spin_count++;
    return ST_OK;
}

START_TEST(ends_what_computes_for_ever)
{
    if (!sandbox_is_built())
        return;
    WorkerSpec spec = {.body = spin, .fd = -1,
                       .sandbox = {.cpu_seconds = 1}};
    Outcome outcome = run_spec(&spec);
    ck_assert(!outcome.end.ended);
    ck_assert_msg(strstr(outcome.end.death, "SIGXCPU") || strstr(outcome.end.death, "SIGKILL"),
                  "%s", outcome.end.death);
}
END_TEST

/* The descriptor that leads to the owner: the only one above standard error. */
static int
owner_fd(void)
{
    for (int fd = 3; fd < 100; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            return fd;
    return -1;
}

static Status
babble(void *context, WorkerPort *port, Err *err)
{
    (void)port;
    (void)err;
    const Str *bytes = context;
    ck_assert_int_eq(write(owner_fd(), bytes->p, bytes->n), (ssize_t)bytes->n);
    _exit(0);
}

/* Lengths that lie, ends that are none, numbers out of range, half a frame. */
START_TEST(believes_no_ill_formed_frame)
{
    const Str cases[] = {
        STR("\x01\xff\xff\xff\xff"),
        STR("\x01\x05\0\0\0" "abc"),
        STR("\x01\x05"),
        STR("\xff\0\0\0\0"),
        STR("\xff\x02\0\0\0" "\x7f\x00"),
        STR("\xfe\x02\0\0\0" "\x02\x00"),
        STR("\xfe\x03\0\0\0" "\x01\x01\x01"),
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Str bytes = cases[i];
        Outcome outcome = run(babble, &bytes);
        ck_assert_str_eq(outcome.frames, "");
        ck_assert_msg(!outcome.end.ended, "case %zu", i);
        ck_assert_str_ne(outcome.end.death, "");
    }
}
END_TEST

static Status
flood(void *context, WorkerPort *port, Err *err)
{
    (void)context;
    size_t n = LIMIT_FRAME_BYTES;
    char *bytes = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(bytes, MAP_FAILED);
    for (;;)
        TRY(worker_send(port, 1, (Str){bytes, n}, err));
}

START_TEST(takes_no_flood)
{
    Outcome outcome = run(flood, NULL);
    ck_assert(!outcome.end.ended);
    ck_assert_str_eq(outcome.end.death, "it answered with what is no answer");
}
END_TEST

/* ---- confinement ---- */

static void *
nothing(void *argument)
{
    return argument;
}

/* What reading a bundle needs. */
static Status
compute(void *context, WorkerPort *port, Err *err)
{
    int fd = *(int *)context;
    char byte;
    struct stat about;
    pthread_t thread;
    if (pread(fd, &byte, 1, 0) != 1 || fstat(fd, &about) != 0 || lseek(fd, 0, SEEK_SET) != 0)
        return err_errno(err, ST_IO, "reading");
    if (pthread_create(&thread, NULL, nothing, NULL) != 0 || pthread_join(thread, NULL) != 0)
        return err_errno(err, ST_INTERNAL, "a thread");
    void *memory = malloc(64 << 20);
    if (!memory)
        return err_nomem(err);
    free(memory);
    return worker_send(port, 1, STR("done"), err);
}

START_TEST(can_compute)
{
    CLEANUP(cleanup_fd) int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    WorkerSpec spec = {.body = compute, .context = &fd, .fd = fd};
    Outcome outcome = run_spec(&spec);
    ck_assert_msg(outcome.end.ended, "%s", outcome.end.death);
    ck_assert_ok(outcome.end.status, outcome.end.err);
    ck_assert_str_eq(outcome.frames, "1:done;");
}
END_TEST

static long
do_openat2(void)
{
    struct open_how how = {.flags = O_RDONLY};
    return syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", &how, sizeof how);
}

static long
do_connect(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(80)};
    return connect(0, (struct sockaddr *)&to, sizeof to);
}

static long
do_exec(void)
{
    char *const argv[] = {(char[]){"true"}, NULL};
    return execv("/bin/true", argv);
}

#define ATTACK(function, call) \
    static long function(void) { return (call); }
ATTACK(do_open, open("/etc/passwd", O_RDONLY))
ATTACK(do_open_write, open("/tmp/meshcase-must-not-exist", O_WRONLY | O_CREAT, 0600))
ATTACK(do_socket, socket(AF_INET, SOCK_STREAM, 0))
ATTACK(do_unix_socket, socket(AF_UNIX, SOCK_STREAM, 0))
ATTACK(do_fork, syscall(SYS_fork))
ATTACK(do_vfork, syscall(SYS_clone, CLONE_VFORK | SIGCHLD, NULL, NULL, NULL, 0))
ATTACK(do_ptrace, ptrace(PTRACE_ATTACH, getppid(), NULL, NULL))
ATTACK(do_read_memory, syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0))
ATTACK(do_kill, kill(getppid(), 0))
ATTACK(do_tgkill, syscall(SYS_tgkill, getppid(), getppid(), 0))
ATTACK(do_ioctl, ioctl(0, TIOCSTI, "x"))
ATTACK(do_unlink, unlink("/tmp/meshcase-must-not-exist"))
ATTACK(do_rename, rename("/tmp/a", "/tmp/b"))
ATTACK(do_mkdir, mkdir("/tmp/meshcase-must-not-exist", 0700))
ATTACK(do_chdir, chdir("/"))
ATTACK(do_readlink, syscall(SYS_readlink, "/proc/self/exe", NULL, 0))
ATTACK(do_memfd, syscall(SYS_memfd_create, "x", 0))
ATTACK(do_userfault, syscall(SYS_userfaultfd, 0))
ATTACK(do_bpf, syscall(SYS_bpf, 0, NULL, 0))
ATTACK(do_uring, syscall(SYS_io_uring_setup, 1, NULL))
ATTACK(do_keyctl, syscall(SYS_keyctl, 0, 0, 0, 0, 0))
ATTACK(do_unshare, unshare(CLONE_NEWUSER))
ATTACK(do_mount, syscall(SYS_mount, "a", "/tmp", "tmpfs", 0, NULL))
ATTACK(do_raise_limit, syscall(SYS_prlimit64, 0, RLIMIT_CPU, NULL, NULL))
ATTACK(do_signal_fd, fcntl(0, F_SETOWN, getppid()))

static const struct {
    const char *name;
    long (*run)(void);
} ATTACKS[] = {
    {"open", do_open}, {"open to write", do_open_write}, {"openat2", do_openat2},
    {"socket", do_socket}, {"unix socket", do_unix_socket}, {"connect", do_connect},
    {"fork", do_fork}, {"vfork", do_vfork}, {"exec", do_exec}, {"ptrace", do_ptrace},
    {"process_vm_readv", do_read_memory}, {"kill", do_kill}, {"tgkill", do_tgkill},
    {"ioctl", do_ioctl}, {"unlink", do_unlink}, {"rename", do_rename}, {"mkdir", do_mkdir},
    {"chdir", do_chdir}, {"readlink", do_readlink}, {"memfd", do_memfd},
    {"userfaultfd", do_userfault}, {"bpf", do_bpf}, {"io_uring", do_uring},
    {"keyctl", do_keyctl}, {"unshare", do_unshare}, {"mount", do_mount},
    {"prlimit", do_raise_limit}, {"F_SETOWN", do_signal_fd},
};

static Status
attack(void *context, WorkerPort *port, Err *err)
{
    long (*const *run_attack)(void) = context;
    (void)(*run_attack)();
    return worker_send(port, 1, STR("survived"), err);
}

START_TEST(dies_of_what_it_must_not_do)
{
    if (!sandbox_is_built())
        return;
    long (*run_attack)(void) = ATTACKS[_i].run;
    Outcome outcome = run(attack, &run_attack);
    if (!outcome.end.sandbox.has_seccomp)
        return;
    ck_assert_msg(!outcome.end.ended, "%s: went on", ATTACKS[_i].name);
    ck_assert_msg(strstr(outcome.end.death, "SIGSYS") != NULL, "%s: %s", ATTACKS[_i].name,
                  outcome.end.death);
    ck_assert_str_eq(outcome.frames, "");
}
END_TEST

/* Memory that can be run is refused, for libraries that ask go on without. */
static Status
make_executable(void *context, WorkerPort *port, Err *err)
{
    (void)context;
    void *mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    void *plain = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped != MAP_FAILED || plain == MAP_FAILED ||
        mprotect(plain, 4096, PROT_READ | PROT_EXEC) == 0)
        return err_set(err, ST_UNSAFE, "memory became executable");
    return worker_send(port, 1, STR("refused"), err);
}

START_TEST(makes_no_memory_executable)
{
    Outcome outcome = run(make_executable, NULL);
    if (!outcome.end.sandbox.has_seccomp)
        return;
    ck_assert_str_eq(outcome.frames, "1:refused;");
}
END_TEST

/* Landlock alone, as where a folder must be read and opening is no crime. */
static Status
open_around(void *context, WorkerPort *port, Err *err)
{
    int folder = *(int *)context;
    CLEANUP(cleanup_fd) int below = openat(folder, "status.def", O_RDONLY);
    CLEANUP(cleanup_fd) int beside = openat(folder, "../README.md", O_RDONLY);
    CLEANUP(cleanup_fd) int absolute = open("/etc/passwd", O_RDONLY);
    if (below < 0)
        return err_errno(err, ST_IO, "below");
    if (beside >= 0 || absolute >= 0)
        return err_set(err, ST_UNSAFE, "left the folder");
    TRY(worker_send(port, 1, STR("kept"), err));
    (void)openat(folder, "new", O_WRONLY | O_CREAT, 0600);
    return ST_OK;
}

START_TEST(reads_below_one_folder)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/base", unit_source_folder());
    CLEANUP(cleanup_fd) int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(folder, 0);
    WorkerSpec spec = {.body = open_around, .context = &folder, .fd = folder,
                       .sandbox = {.folder_fds = &folder, .folder_count = 1}};
    Outcome outcome = run_spec(&spec);
    if (!outcome.end.sandbox.has_landlock || !outcome.end.sandbox.has_seccomp)
        return;
    ck_assert_str_eq(outcome.frames, "1:kept;");
    ck_assert(strstr(outcome.end.death, "SIGSYS") != NULL);
}
END_TEST

/* The kernel of the tests has both; where one lacks, requiring fails before anything is read. */
START_TEST(requires_all_or_nothing)
{
    char two[] = "two";
    WorkerSpec spec = {.body = answer_twice, .context = two, .fd = -1,
                       .confinement = CONFINE_REQUIRE};
    Outcome outcome = run_spec(&spec);
    bool is_whole = outcome.end.sandbox.has_landlock && outcome.end.sandbox.has_seccomp;
    ck_assert(outcome.end.ended);
    ck_assert_int_eq(outcome.end.status, is_whole ? ST_OK : ST_UNSUPPORTED);
    ck_assert_str_eq(outcome.frames, is_whole ? "1:one;2:two;" : "");
    /* A folder that is none: Landlock cannot be had. */
    spec.sandbox = (SandboxSpec){.folder_fds = &(int){99}, .folder_count = 1};
    outcome = run_spec(&spec);
    ck_assert(outcome.end.ended);
    ck_assert_int_eq(outcome.end.status, ST_UNSUPPORTED);
    ck_assert_str_eq(outcome.frames, "");
}
END_TEST

static Status
look_around(void *context, WorkerPort *port, Err *err)
{
    (void)context;
    int count = 0;
    for (int fd = 3; fd < 1000; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    if (count != 1)
        return err_set(err, ST_UNSAFE, "%d descriptors", count);
    char byte;
    if (read(0, &byte, 1) != 0)
        return err_set(err, ST_UNSAFE, "standard input can be read");
    return worker_send(port, 1, STR("alone"), err);
}

START_TEST(inherits_nothing)
{
    CLEANUP(cleanup_fd) int stray = open("/etc/passwd", O_RDONLY);   /* without close-on-exec */
    ck_assert_int_ge(stray, 3);
    Outcome outcome = run(look_around, NULL);
    ck_assert_msg(outcome.end.ended, "%s", outcome.end.death);
    ck_assert_ok(outcome.end.status, outcome.end.err);
}
END_TEST

/* Names are cut, tasks out of range ignored. */
static Status
name_too_much(void *context, WorkerPort *port, Err *err)
{
    (void)context;
    (void)err;
    char name[WORKER_NAME_BYTES * 2];
    memset(name, 'n', sizeof name);
    worker_begins(port, WORKER_TASK_COUNT, 1, STR("nobody"));
    worker_begins(port, 0, 1, (Str){name, sizeof name});
    _exit(0);
}

START_TEST(keeps_names_short)
{
    Outcome outcome = run(name_too_much, NULL);
    ck_assert(outcome.is_busy);
    ck_assert_uint_eq(strlen(outcome.name), WORKER_NAME_BYTES);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("worker");
    TCase *tcase = tcase_create("worker");
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, answers_in_frames);
    tcase_add_test(tcase, passes_errors_on);
    tcase_add_test(tcase, limits_frames);
    tcase_add_test(tcase, tells_what_killed_it_and_what_it_did);
    tcase_add_test(tcase, kills_what_hangs);
    tcase_add_test(tcase, ends_what_computes_for_ever);
    tcase_add_test(tcase, believes_no_ill_formed_frame);
    tcase_add_test(tcase, takes_no_flood);
    tcase_add_test(tcase, can_compute);
    tcase_add_loop_test(tcase, dies_of_what_it_must_not_do, 0,
                        (int)(sizeof ATTACKS / sizeof *ATTACKS));
    tcase_add_test(tcase, makes_no_memory_executable);
    tcase_add_test(tcase, reads_below_one_folder);
    tcase_add_test(tcase, requires_all_or_nothing);
    tcase_add_test(tcase, inherits_nothing);
    tcase_add_test(tcase, keeps_names_short);
    suite_add_tcase(suite, tcase);
    return suite;
}
