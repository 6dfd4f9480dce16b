/* SPDX-License-Identifier: Apache-2.0 */
/* test_subprocess.c -- running programs: output, deadlines, groups, cancellation. */
#include "base/cleanup.h"
#include "base/io.h"
#include "base/subprocess.h"
#include "base/timestamp.h"
#include "tests/unit/runner.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static bool no_pidfd;    /* as on an old kernel */

int
pidfd_open(pid_t pid, unsigned flags)
{
    if (no_pidfd) {
        errno = ENOSYS;
        return -1;
    }
    return (int)syscall(SYS_pidfd_open, pid, flags);
}

/* A child that hangs in the kernel, where no signal reaches it; the clock runs faster, so
 * that giving up can be waited for. */
static bool hangs;

int
waitid(idtype_t type, id_t id, siginfo_t *about, int options)
{
    if (hangs)
        return 0;
    return (int)syscall(SYS_waitid, type, id, about, options, NULL);
}

int
clock_gettime(clockid_t clock, struct timespec *ret)
{
    int result = (int)syscall(SYS_clock_gettime, clock, ret);
    if (hangs) {
        int64_t ns = (ret->tv_sec % 1000000 * NS_PER_S + ret->tv_nsec) * 20;
        *ret = (struct timespec){ns / NS_PER_S, ns % NS_PER_S};
    }
    return result;
}

static SubprocessSpec
shell(const char *const argv[4])
{
    return (SubprocessSpec){
        .argv = argv, .max_stdout_bytes = 1000, .max_stderr_bytes = 1000, .cancel_fd = -1};
}

#define SHELL(script) shell((const char *const[4]){"sh", "-c", (script), NULL})

static const struct {
    const char *script;
    int exit_code;
    const char *out;
    const char *err;
} SCRIPTS[] = {
    {"echo one; echo two >&2; exit 7", 7, "one\n", "two\n"},
    {":", 0, "", ""},
    {"cat; echo end", 0, "end\n", ""},                        /* nothing to read */
    {"kill -KILL $$", 137, "", ""},
    {"kill -PIPE $$; echo alive", 141, "", ""},               /* ignored by the parent */
    {"kill -USR1 $$; echo alive", 138, "", ""},               /* blocked by the parent */
    {"test -e /proc/$$/fd/99 && echo open; :", 0, "", ""},
    {"exec >&-; sleep 0.1; echo late >&2", 0, "", "late\n"},
    {"test $$ = $(ps -o pgid= -p $$ 2>/dev/null || cut -d' ' -f5 /proc/$$/stat) && echo own", 0,
     "own\n", ""},
};

START_TEST(results)
{
    SubprocessSpec spec = SHELL(SCRIPTS[_i].script);
    SubprocessResult result;
    Err err = {0};
    sigset_t blocked;
    (void)sigemptyset(&blocked);
    (void)sigaddset(&blocked, SIGUSR1);
    (void)sigprocmask(SIG_BLOCK, &blocked, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGCHLD, SIG_IGN);
    ck_assert_int_eq(dup2(STDIN_FILENO, 99), 99);    /* open, and inherited by exec */
    ck_assert_ok(subprocess_run(&spec, &result, &err), err);
    ck_assert_str_view(buf_str(&result.out), SCRIPTS[_i].out);
    ck_assert_str_view(buf_str(&result.err), SCRIPTS[_i].err);
    ck_assert_int_eq(result.exit_code, SCRIPTS[_i].exit_code);
    ck_assert(!result.timed_out && !result.cancelled && !result.truncated);
    subprocess_result_done(&result);
}
END_TEST

START_TEST(missing_programs)
{
    static const char *const NAMES[][2] = {
        {"meshcase-no-such-program", NULL}, {"/etc/passwd/x", NULL}, {"/etc/passwd", NULL}};
    static const char *const TEXTS[] = {
        "cannot run 'meshcase-no-such-program': No such file or directory",
        "cannot run '/etc/passwd/x': Not a directory",
        "cannot run '/etc/passwd': Permission denied"};
    SubprocessSpec spec = {.argv = NAMES[_i], .cancel_fd = -1};
    SubprocessResult result = {.exit_code = 77};
    Err err = {0};
    ck_assert_status(subprocess_run(&spec, &result, &err), _i < 2 ? ST_NOT_FOUND : ST_IO);
    ck_assert_str_eq(err.text, TEXTS[_i]);
    ck_assert_int_eq(result.exit_code, 77);
}
END_TEST

START_TEST(no_descriptors_no_child)
{
    struct rlimit few = {64, 64};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    int last = -1;
    for (int fd; (fd = dup(STDERR_FILENO)) >= 0;)
        last = fd;
    if (_i)
        (void)close(last--);
    if (_i)
        (void)close(last--);    /* enough for one of the two pipes */
    SubprocessSpec spec = SHELL(":");
    SubprocessResult result;
    Err err = {0};
    ck_assert_status(subprocess_run(&spec, &result, &err), ST_IO);
    ck_assert_str_eq(err.text, "pipe: Too many open files");
    closefrom(last > 10 ? 10 : last);    /* tools that look at the process need some */
}
END_TEST

START_TEST(the_environment_is_given)
{
    static const char *const ENV[] = {"WORD=given", "PATH=/usr/bin:/bin", NULL};
    SubprocessSpec spec = SHELL("echo $WORD$HOME");
    SubprocessResult result;
    Err err = {0};
    spec.env = ENV;
    ck_assert_ok(subprocess_run(&spec, &result, &err), err);
    ck_assert_str_view(buf_str(&result.out), "given\n");
    subprocess_result_done(&result);
}
END_TEST

START_TEST(a_program_without_standard_descriptors_can_run_others)
{
    for (int fd = 0; fd < 3; fd++)
        (void)close(fd);
    SubprocessSpec spec = SHELL("echo out; echo err >&2");
    SubprocessResult result;
    Err err = {0};
    ck_assert_ok(subprocess_run(&spec, &result, &err), err);
    ck_assert_str_view(buf_str(&result.out), "out\n");
    ck_assert_str_view(buf_str(&result.err), "err\n");
    subprocess_result_done(&result);
}
END_TEST

START_TEST(output_is_bounded)
{
    SubprocessSpec spec = SHELL("head -c 300000 /dev/zero; printf 0123456789 >&2");
    SubprocessResult result;
    Err err = {0};
    spec.max_stdout_bytes = (size_t[]){299999, 300000, 0}[_i];
    spec.max_stderr_bytes = (size_t[]){4, 10, 0}[_i];
    ck_assert_ok(subprocess_run(&spec, &result, &err), err);
    ck_assert_uint_eq(result.out.n, spec.max_stdout_bytes);
    ck_assert_int_eq(result.truncated, _i != 1);
    ck_assert_str_view(buf_str(&result.err), ((const char *[]){"6789", "0123456789", ""})[_i]);
    ck_assert_int_eq(result.exit_code, 0);
    subprocess_result_done(&result);
}
END_TEST

START_TEST(the_last_errors_are_kept)
{
    SubprocessSpec spec =
        SHELL("i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done >&2");
    SubprocessResult result;
    Err err = {0};
    spec.max_stderr_bytes = 16;
    ck_assert_ok(subprocess_run(&spec, &result, &err), err);
    ck_assert_str_view(buf_str(&result.err), " 2998\nline 2999\n");
    subprocess_result_done(&result);
}
END_TEST

/* Whether a process runs; one that has ended but is not reaped does not. */
static bool
is_running(pid_t pid)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    char path[64];
    Str text;
    size_t at;
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    if (io_read_file(arena, path, 4096, &text, NULL) != ST_OK || !str_rfind_char(text, ')', &at))
        return false;
    return !str_is(str_sub(text, at + 2, 1), "Z");
}

/* The process whose id the output begins with. */
static pid_t
printed_pid(const SubprocessResult *result)
{
    Str rest = buf_str(&result->out);
    Str line;
    uint64_t pid = 0;
    ck_assert(str_cut(&rest, '\n', &line) && str_to_u64(line, &pid));
    return (pid_t)pid;
}

static void
assert_gone(pid_t pid)
{
    for (int i = 0; i < 100 && is_running(pid); i++)
        (void)usleep(10000);
    ck_assert(!is_running(pid));
}

static const struct {
    const char *script;
    int exit_code;
    int least_ms;
    int most_ms;
} SLOW[] = {
    {"sleep 60 & echo $!; wait", 143, 200, 1500},
    {"trap '' TERM; sleep 60 & echo $!; wait; wait", 137, 2100, 3500},
    {"trap 'exit 5' TERM; sleep 60 & echo $!; wait", 5, 200, 1500},
    {"echo $$; exec yes", 143, 200, 1500},
    {"echo $$; exec yes >&2", 143, 200, 1500},
    {"echo $$; exec >&- 2>&-; sleep 60", 143, 200, 1500},
};

START_TEST(the_deadline_ends_the_whole_group)
{
    SubprocessSpec spec = SHELL(SLOW[_i / 2].script);
    SubprocessResult result;
    Err err = {0};
    no_pidfd = _i % 2;
    spec.timeout_ns = NS_PER_S / 5;
    int64_t start = timestamp_monotonic();
    ck_assert_ok(subprocess_run(&spec, &result, &err), err);
    int64_t ms = (timestamp_monotonic() - start) / 1000000;
    ck_assert(result.timed_out && !result.cancelled);
    ck_assert_int_eq(result.exit_code, SLOW[_i / 2].exit_code);
    ck_assert_int_ge(ms, SLOW[_i / 2].least_ms);
    ck_assert_int_le(ms, SLOW[_i / 2].most_ms);
    assert_gone(printed_pid(&result));
    subprocess_result_done(&result);
}
END_TEST

START_TEST(what_stays_behind_is_killed_and_not_waited_for)
{
    SubprocessSpec spec = SHELL("sleep 60 & echo $!; echo text");
    SubprocessResult result;
    Err err = {0};
    no_pidfd = _i;
    int64_t start = timestamp_monotonic();
    ck_assert_ok(subprocess_run(&spec, &result, &err), err);
    ck_assert_int_lt(timestamp_monotonic() - start, 2 * NS_PER_S);
    ck_assert_int_eq(result.exit_code, 0);
    ck_assert(str_ends(buf_str(&result.out), STR("\ntext\n")));
    assert_gone(printed_pid(&result));
    subprocess_result_done(&result);
}
END_TEST

static void *
say_cancel(void *argument)
{
    (void)usleep(100000);
    (void)close(*(int *)argument);
    return NULL;
}

START_TEST(cancelling)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, say_cancel, &ends[1]), 0);
    SubprocessSpec spec = SHELL("echo $$; exec sleep 60");
    SubprocessResult result;
    Err err = {0};
    spec.cancel_fd = ends[0];
    ck_assert_ok(subprocess_run(&spec, &result, &err), err);
    ck_assert(result.cancelled && !result.timed_out);
    ck_assert_int_eq(result.exit_code, 143);
    assert_gone(printed_pid(&result));
    (void)pthread_join(thread, NULL);
    (void)close(ends[0]);
    subprocess_result_done(&result);
}
END_TEST

START_TEST(a_child_that_stays_is_read_and_stopped)
{
    CLEANUP(subprocess_stop) Subprocess child = SUBPROCESS_INIT;
    SubprocessSpec spec = SHELL(_i ? "trap '' TERM; echo ready; sleep 60"
                                   : "echo ready; exec sleep 60");
    Err err = {0};
    ck_assert_ok(subprocess_start(&spec, &child, &err), err);
    char text[6];
    size_t n = 0;
    int exit_code = 77;
    ck_assert_ok(io_read(child.out_fd, text, sizeof text, &n, &err), err);
    ck_assert_mem_eq(text, "ready\n", 6);
    ck_assert(!subprocess_ended(&child, &exit_code));
    ck_assert_int_eq(exit_code, 77);
    pid_t pid = child.pid;
    ck_assert(is_running(pid));
    subprocess_stop(&child);
    ck_assert(!is_running(pid));
    ck_assert_int_eq(child.pid, 0);
    ck_assert_int_eq(child.out_fd, -1);
    subprocess_stop(&child);    /* again: nothing to do */
    ck_assert(!subprocess_ended(&child, &exit_code));
}
END_TEST

START_TEST(the_end_of_a_child_is_seen_once)
{
    CLEANUP(subprocess_stop) Subprocess child = SUBPROCESS_INIT;
    SubprocessSpec spec = SHELL("echo text; exit 3");
    Err err = {0};
    int exit_code = 77;
    ck_assert_ok(subprocess_start(&spec, &child, &err), err);
    for (int i = 0; i < 500 && !subprocess_ended(&child, &exit_code); i++)
        (void)usleep(10000);
    ck_assert_int_eq(exit_code, 3);
    ck_assert(!subprocess_ended(&child, &exit_code));
    CLEANUP(buf_done) Buf out = BUF_INIT(100);
    ck_assert_ok(io_read_all(child.out_fd, &out, &err), err);
    ck_assert_str_view(buf_str(&out), "text\n");
}
END_TEST

START_TEST(a_child_that_others_reaped_is_no_success)
{
    CLEANUP(subprocess_stop) Subprocess child = SUBPROCESS_INIT;
    SubprocessSpec spec = SHELL(":");
    Err err = {0};
    int exit_code = 77;
    ck_assert_ok(subprocess_start(&spec, &child, &err), err);
    ck_assert_int_eq(waitpid(child.pid, NULL, 0), child.pid);
    ck_assert(subprocess_ended(&child, &exit_code));
    ck_assert_int_eq(exit_code, 255);
}
END_TEST

START_TEST(a_child_that_cannot_be_killed_is_given_up)
{
    SubprocessSpec spec = SHELL("echo text; exec sleep 60");
    Err err = {0};
    hangs = true;
    no_pidfd = true;
    if (_i == 0) {
        SubprocessResult result;
        spec.timeout_ns = 4 * NS_PER_S;
        ck_assert_ok(subprocess_run(&spec, &result, &err), err);
        ck_assert(result.timed_out);
        ck_assert_int_eq(result.exit_code, 137);
        ck_assert_str_view(buf_str(&result.out), "text\n");
        subprocess_result_done(&result);
    } else {
        Subprocess child = SUBPROCESS_INIT;
        ck_assert_ok(subprocess_start(&spec, &child, &err), err);
        subprocess_stop(&child);
        ck_assert_int_eq(child.pid, 0);
    }
    hangs = false;
}
END_TEST

#define LOOP(test, table, times) \
    tcase_add_loop_test(tcase, test, 0, (int)(sizeof(table) / sizeof *(table)) * (times))

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("subprocess");
    TCase *tcase = tcase_create("subprocess");
    tcase_set_timeout(tcase, 20);
    LOOP(results, SCRIPTS, 1);
    tcase_add_loop_test(tcase, missing_programs, 0, 3);
    tcase_add_loop_test(tcase, no_descriptors_no_child, 0, 2);
    tcase_add_test(tcase, the_environment_is_given);
    tcase_add_test(tcase, a_program_without_standard_descriptors_can_run_others);
    tcase_add_loop_test(tcase, output_is_bounded, 0, 3);
    tcase_add_test(tcase, the_last_errors_are_kept);
    LOOP(the_deadline_ends_the_whole_group, SLOW, 2);
    tcase_add_loop_test(tcase, what_stays_behind_is_killed_and_not_waited_for, 0, 2);
    tcase_add_test(tcase, cancelling);
    tcase_add_loop_test(tcase, a_child_that_stays_is_read_and_stopped, 0, 2);
    tcase_add_test(tcase, the_end_of_a_child_is_seen_once);
    tcase_add_test(tcase, a_child_that_others_reaped_is_no_success);
    tcase_add_loop_test(tcase, a_child_that_cannot_be_killed_is_given_up, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}
