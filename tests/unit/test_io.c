/* SPDX-License-Identifier: Apache-2.0 */
/* test_io.c -- whole reads and writes. */
#include "base/cleanup.h"
#include "base/io.h"
#include "tests/unit/runner.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* Calls that a signal interrupts first, and that then do one byte at a time. */
static bool interrupted;

ssize_t
pread(int fd, void *out, size_t n, off_t offset)
{
    interrupted = !interrupted;
    errno = EINTR;
    return interrupted ? -1 : (ssize_t)syscall(SYS_pread64, fd, out, n ? 1 : 0, offset);
}

ssize_t
pwrite(int fd, const void *bytes, size_t n, off_t offset)
{
    interrupted = !interrupted;
    errno = EINTR;
    return interrupted ? -1 : (ssize_t)syscall(SYS_pwrite64, fd, bytes, n ? 1 : 0, offset);
}

static char folder[] = "/tmp/test_io.XXXXXX";
static char path[64];

static void
make_folder(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/file", folder);
}

static void
remove_folder(void)
{
    (void)unlink(path);
    (void)rmdir(folder);
}

static void
write_path(const char *text)
{
    CLEANUP(cleanup_fd) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    Err err = {0};
    ck_assert_ok(io_write(fd, text, strlen(text), &err), err);
}

START_TEST(what_is_written_is_read)
{
    Err err = {0};
    write_path("0123456789");
    CLEANUP(cleanup_fd) int fd = open(path, O_RDWR);
    ck_assert_ok(io_pwrite(fd, "ab", 2, 4, &err), err);
    char out[20] = "";
    size_t n = 0;
    ck_assert_ok(io_read(fd, out, sizeof out, &n, &err), err);
    ck_assert_uint_eq(n, 10);
    ck_assert_str_eq(out, "0123ab6789");
    ck_assert_ok(io_pread(fd, out, 4, 8, &n, &err), err);
    ck_assert_uint_eq(n, 2);
    ck_assert_mem_eq(out, "89", 2);
    ck_assert_status(io_pread(fd, out, 4, UINT64_MAX - 2, &n, &err), ST_IO);
    ck_assert_status(io_pwrite(fd, out, 4, INT64_MAX, NULL), ST_IO);
}
END_TEST

START_TEST(failed_calls_are_told)
{
    char out[4];
    size_t n = 77;
    CLEANUP(buf_done) Buf buf = BUF_INIT(10);
    ck_assert_status(io_read(-1, out, 1, &n, NULL), ST_IO);
    ck_assert_status(io_pread(-1, out, 1, 0, &n, NULL), ST_IO);
    ck_assert_status(io_write(-1, out, 1, NULL), ST_IO);
    ck_assert_status(io_pwrite(-1, out, 1, 0, NULL), ST_IO);
    ck_assert_status(io_read_all(-1, &buf, NULL), ST_IO);
    ck_assert_uint_eq(n, 77);
    Err err = {0};
    CLEANUP(cleanup_fd) int full = open("/dev/full", O_WRONLY);
    ck_assert_status(io_write(full, "x", 1, &err), ST_IO);
    ck_assert_str_eq(err.text, "write: No space left on device");
}
END_TEST

/* Feeds a pipe byte by byte and sends a signal in between. */
typedef struct {
    int fd;
    pthread_t reader;
} Feeder;

static void *
feed(void *argument)
{
    const Feeder *feeder = argument;
    for (int i = 0; i < 200; i++) {
        char c = (char)i;
        (void)pthread_kill(feeder->reader, SIGUSR1);
        (void)!write(feeder->fd, &c, 1);
    }
    (void)close(feeder->fd);
    return NULL;
}

static void
on_signal(int number)
{
    (void)number;
}

START_TEST(signals_short_counts_and_non_blocking_do_not_show)
{
    int ends[2];
    ck_assert_int_eq(pipe2(ends, _i ? O_NONBLOCK : 0), 0);
    struct sigaction action = {.sa_handler = on_signal};    /* no SA_RESTART */
    (void)sigaction(SIGUSR1, &action, NULL);
    Feeder feeder = {ends[1], pthread_self()};
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, feed, &feeder), 0);
    unsigned char out[300];
    size_t n = 0;
    Err err = {0};
    ck_assert_ok(io_read(ends[0], out, 150, &n, &err), err);
    ck_assert_uint_eq(n, 150);
    ck_assert_ok(io_read(ends[0], out + 150, 150, &n, &err), err);
    ck_assert_uint_eq(n, 50);
    for (int i = 0; i < 200; i++)
        ck_assert_int_eq(out[i], i);
    (void)pthread_join(thread, NULL);
    (void)close(ends[0]);
}
END_TEST

static void *
drain(void *argument)
{
    char sink[1000];
    size_t total = 0;
    ssize_t got;
    while ((got = read(*(int *)argument, sink, sizeof sink)) > 0)
        total += (size_t)got;
    return (void *)(uintptr_t)total;
}

START_TEST(a_full_pipe_is_waited_for)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    (void)fcntl(ends[1], F_SETFL, O_NONBLOCK);
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, drain, &ends[0]), 0);
    static char megabyte[1 << 20];
    Err err = {0};
    ck_assert_ok(io_write(ends[1], megabyte, sizeof megabyte, &err), err);
    (void)close(ends[1]);
    void *total = NULL;
    (void)pthread_join(thread, &total);
    ck_assert_uint_eq((uintptr_t)total, sizeof megabyte);
    (void)close(ends[0]);
}
END_TEST

START_TEST(reading_all_stops_at_the_maximum)
{
    Err err = {0};
    write_path("0123456789");
    CLEANUP(cleanup_fd) int fd = open(path, O_RDONLY);
    CLEANUP(buf_done) Buf exact = BUF_INIT(10);
    ck_assert_ok(io_read_all(fd, &exact, &err), err);
    ck_assert_str_view(buf_str(&exact), "0123456789");
    (void)lseek(fd, 0, SEEK_SET);
    CLEANUP(buf_done) Buf small = BUF_INIT(9);
    ck_assert_status(io_read_all(fd, &small, &err), ST_LIMIT);
    ck_assert_str_view(buf_str(&small), "012345678");
    small.failed = ST_NOMEM;
    ck_assert_status(io_read_all(fd, &small, NULL), ST_NOMEM);
}
END_TEST

START_TEST(much_is_read_too)
{
    Err err = {0};
    CLEANUP(cleanup_fd) int fd = open("/dev/zero", O_RDONLY);
    CLEANUP(buf_done) Buf buf = BUF_INIT(3000000);
    ck_assert_status(io_read_all(fd, &buf, &err), ST_LIMIT);
    ck_assert_uint_eq(buf.n, 3000000);
    ck_assert_str_eq(err.text, "more than 3000000 bytes");
}
END_TEST

START_TEST(files_are_read_whole)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Err err = {0};
    Str text;
    write_path("some text");
    ck_assert_ok(io_read_file(arena, path, 9, &text, &err), err);
    ck_assert_str_view(text, "some text");
    ck_assert_int_eq(text.p[text.n], '\0');
    write_path("");
    ck_assert_ok(io_read_file(arena, path, 9, &text, &err), err);
    ck_assert_uint_eq(text.n, 0);
    ck_assert_ok(io_read_file(arena, "/proc/self/stat", 4096, &text, &err), err);
    ck_assert_uint_gt(text.n, 10);
}
END_TEST

static const struct {
    const char *path;    /* %s: the folder */
    size_t max_bytes;
    Status status;
    const char *text;
} UNREADABLE[] = {
    {"%s/absent", 9, ST_NOT_FOUND, "cannot open '%s/absent': No such file or directory"},
    {"%s/file/x", 9, ST_NOT_FOUND, "cannot open '%s/file/x': Not a directory"},
    {"%s", 9, ST_FORMAT, "'%s' is not a regular file"},
    {"%s/fifo", 9, ST_FORMAT, "'%s/fifo' is not a regular file"},
    {"%s/loop", 9, ST_IO, "cannot open '%s/loop': Too many levels of symbolic links"},
    {"%s/file", 8, ST_LIMIT, "'%s/file' has more than 8 bytes"},
    {"/proc/self/stat", 8, ST_LIMIT, "cannot read '/proc/self/stat': more than 8 bytes"},
};

static void
expand(char *out, size_t size, const char *template)
{
    Str before = str_of(template);
    size_t at;
    if (str_find(before, STR("%s"), &at))
        (void)snprintf(out, size, "%.*s%s%s", (int)at, template, folder, template + at + 2);
    else
        (void)snprintf(out, size, "%s", template);
}

START_TEST(unreadable_files)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Err err = {0};
    Str text = STR("untouched");
    char name[128];
    char expected[256];
    char fifo[128];
    char loop[128];
    expand(fifo, sizeof fifo, "%s/fifo");
    expand(loop, sizeof loop, "%s/loop");
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    ck_assert_int_eq(symlink("loop", loop), 0);
    write_path("some text");
    expand(name, sizeof name, UNREADABLE[_i].path);
    expand(expected, sizeof expected, UNREADABLE[_i].text);
    Status status = io_read_file(arena, name, UNREADABLE[_i].max_bytes, &text, &err);
    (void)unlink(fifo);
    (void)unlink(loop);
    ck_assert_status(status, UNREADABLE[_i].status);
    ck_assert_str_eq(err.text, expected);
    ck_assert_str_view(text, "untouched");
}
END_TEST

START_TEST(an_arena_that_is_too_small_is_told)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(1);
    Str text;
    write_path("some text");
    ck_assert_status(io_read_file(arena, path, 9, &text, NULL), ST_NOMEM);
}
END_TEST

/* What becomes of a program's output: tests run in their own process each. */
static void
redirect_stdout(const char *target)
{
    int fd = open(target, O_WRONLY);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
    (void)close(fd);
}

START_TEST(output_that_arrives_is_success)
{
    redirect_stdout("/dev/null");
    (void)fputs("text", stdout);
    Err err = {0};
    ck_assert_ok(io_finish_stdout(&err), err);
}
END_TEST

START_TEST(output_to_a_full_disk_is_told)
{
    redirect_stdout("/dev/full");
    (void)fputs("text", stdout);
    if (_i)
        (void)fflush(stdout);    /* an earlier failure must not be forgotten */
    Err err = {0};
    ck_assert_status(io_finish_stdout(&err), ST_IO);
    ck_assert(str_starts(str_of(err.text), STR("cannot write standard output")));
}
END_TEST

START_TEST(a_closed_output_matters_only_where_there_is_text)
{
    (void)close(STDOUT_FILENO);
    Err err = {0};
    if (_i) {
        (void)fputs("text", stdout);
        ck_assert_status(io_finish_stdout(&err), ST_IO);
    } else {
        ck_assert_ok(io_finish_stdout(&err), err);
    }
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("io");
    TCase *tcase = tcase_create("io");
    tcase_add_checked_fixture(tcase, make_folder, remove_folder);
    tcase_add_test(tcase, what_is_written_is_read);
    tcase_add_test(tcase, failed_calls_are_told);
    tcase_add_loop_test(tcase, signals_short_counts_and_non_blocking_do_not_show, 0, 2);
    tcase_add_test(tcase, a_full_pipe_is_waited_for);
    tcase_add_test(tcase, reading_all_stops_at_the_maximum);
    tcase_add_test(tcase, much_is_read_too);
    tcase_add_test(tcase, files_are_read_whole);
    tcase_add_loop_test(tcase, unreadable_files, 0,
                        (int)(sizeof UNREADABLE / sizeof *UNREADABLE));
    tcase_add_test(tcase, an_arena_that_is_too_small_is_told);
    tcase_add_test(tcase, output_that_arrives_is_success);
    tcase_add_loop_test(tcase, output_to_a_full_disk_is_told, 0, 2);
    tcase_add_loop_test(tcase, a_closed_output_matters_only_where_there_is_text, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}
