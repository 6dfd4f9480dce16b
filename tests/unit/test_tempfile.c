/* SPDX-License-Identifier: Apache-2.0 */
/* test_tempfile.c -- a file that appears whole or not at all, whatever fails on the way. */
#include "base/cleanup.h"
#include "base/io.h"
#include "base/tempfile.h"
#include "tests/unit/runner.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* System calls that a test can make fail; they stand before those of the C library. */
static int fail_renameat2;     /* errno, 0: none */
static int fail_linkat;
static int fail_fsync;
static int fsyncs_before_failure;
static int fail_tmpfile;

int
renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
    if (fail_renameat2) {
        errno = fail_renameat2;
        return -1;
    }
    return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
}

int
linkat(int from_folder, const char *from, int to_folder, const char *to, int flags)
{
    if (fail_linkat) {
        errno = fail_linkat;
        return -1;
    }
    return (int)syscall(SYS_linkat, from_folder, from, to_folder, to, flags);
}

int
fsync(int fd)
{
    if (fail_fsync && fsyncs_before_failure-- == 0) {
        errno = fail_fsync;
        if (fail_fsync == EINTR)
            fail_fsync = 0;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

int
openat(int folder, const char *name, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
    va_end(args);
    if (fail_tmpfile && (flags & O_TMPFILE) == O_TMPFILE) {
        errno = fail_tmpfile;
        return -1;
    }
    return (int)syscall(SYS_openat, folder, name, flags, mode);
}

static char folder[] = "/tmp/test_tempfile.XXXXXX";
static char target[64];

static void
make_folder(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(target, sizeof target, "%s/out", folder);
}

/* Entries of the folder; removes them, too, where wanted. */
static size_t
entries(bool remove_them)
{
    size_t count = 0;
    CLEANUP(cleanup_dir) DIR *dir = opendir(folder);
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        count++;
        if (remove_them && unlinkat(dirfd(dir), entry->d_name, 0) != 0)
            (void)unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
    }
    return count;
}

static void
remove_folder(void)
{
    (void)entries(true);
    (void)rmdir(folder);
}

static void
assert_target(const char *expected)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Str text;
    Err err = {0};
    ck_assert_ok(io_read_file(arena, target, 1000, &text, &err), err);
    ck_assert_str_view(text, expected);
}

static void
write_target(const char *text)
{
    CLEANUP(cleanup_fd) int fd = open(target, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ck_assert_status(io_write(fd, text, strlen(text), NULL), ST_OK);
}

static void
create_and_write(TempFile *file, bool replace)
{
    Err err = {0};
    ck_assert_ok(tempfile_create(file, target, replace, &err), err);
    ck_assert_ok(io_write(file->fd, "new", 3, &err), err);
}

START_TEST(a_published_file_is_there_alone)
{
    CLEANUP(tempfile_done) TempFile file = TEMPFILE_INIT;
    Err err = {0};
    create_and_write(&file, false);
    ck_assert_int_ne(access(target, F_OK), 0);
    ck_assert(str_starts(str_of(file.partial), STR(".out.partial-")));
    struct stat about;
    ck_assert_int_eq(fstat(file.fd, &about), 0);
    ck_assert_uint_eq(about.st_mode & 07777, 0600);
    ck_assert_ok(tempfile_publish(&file, &err), err);
    ck_assert_int_eq(file.fd, -1);
    assert_target("new");
    ck_assert_uint_eq(entries(false), 1);
}
END_TEST

START_TEST(an_unpublished_file_leaves_nothing)
{
    {
        CLEANUP(tempfile_done) TempFile file = TEMPFILE_INIT;
        create_and_write(&file, false);
        ck_assert_uint_eq(entries(false), 1);
    }
    ck_assert_uint_eq(entries(false), 0);
}
END_TEST

START_TEST(an_existing_target_is_replaced_only_on_demand)
{
    CLEANUP(tempfile_done) TempFile file = TEMPFILE_INIT;
    Err err = {0};
    write_target("old");
    ck_assert_status(tempfile_create(&file, target, false, &err), ST_EXISTS);
    ck_assert(str_ends(str_of(err.text), STR("/out' exists already")));
    ck_assert_int_eq(file.fd, -1);
    create_and_write(&file, true);
    assert_target("old");
    ck_assert_status(tempfile_publish(&file, NULL), ST_OK);
    assert_target("new");
    ck_assert_uint_eq(entries(false), 1);
}
END_TEST

/* Ways to claim a free name: as they are on file systems of three kinds. */
static const struct {
    int renameat2;
    int linkat;
} SYSTEMS[] = {{0, 0}, {EINVAL, 0}, {ENOSYS, EPERM}};

START_TEST(a_target_that_appears_meanwhile_is_kept)
{
    CLEANUP(tempfile_done) TempFile file = TEMPFILE_INIT;
    Err err = {0};
    fail_renameat2 = SYSTEMS[_i].renameat2;
    fail_linkat = SYSTEMS[_i].linkat;
    create_and_write(&file, false);
    write_target("other");
    ck_assert_status(tempfile_publish(&file, &err), ST_EXISTS);
    ck_assert_str_eq(err.text, "'out' exists already");
    assert_target("other");
    tempfile_done(&file);
    ck_assert_uint_eq(entries(false), 1);
}
END_TEST

START_TEST(every_file_system_can_publish)
{
    CLEANUP(tempfile_done) TempFile file = TEMPFILE_INIT;
    Err err = {0};
    fail_renameat2 = SYSTEMS[_i].renameat2;
    fail_linkat = SYSTEMS[_i].linkat;
    create_and_write(&file, false);
    ck_assert_ok(tempfile_publish(&file, &err), err);
    assert_target("new");
    ck_assert_uint_eq(entries(false), 1);
}
END_TEST

START_TEST(a_failed_rename_leaves_nothing)
{
    CLEANUP(tempfile_done) TempFile file = TEMPFILE_INIT;
    create_and_write(&file, _i == 2);
    if (_i == 0)
        fail_renameat2 = EIO;
    if (_i == 1) {    /* the name is claimed, and then the partial file is gone */
        fail_renameat2 = EINVAL;
        fail_linkat = EPERM;
    }
    if (_i > 0)
        ck_assert_int_eq(unlinkat(file.folder_fd, file.partial, 0), 0);
    ck_assert_status(tempfile_publish(&file, NULL), ST_IO);
    tempfile_done(&file);
    ck_assert_uint_eq(entries(false), 0);
}
END_TEST

static const struct {
    int errnum;
    int before;       /* successful calls: the first is the file's, the second the folder's */
    Status status;
    size_t entries;
} FLUSHES[] = {
    {EIO, 0, ST_IO, 0}, {EINTR, 0, ST_OK, 1}, {EINVAL, 1, ST_OK, 1}, {EIO, 1, ST_IO, 1},
};

START_TEST(flushing)
{
    CLEANUP(tempfile_done) TempFile file = TEMPFILE_INIT;
    create_and_write(&file, false);
    fail_fsync = FLUSHES[_i].errnum;
    fsyncs_before_failure = FLUSHES[_i].before;
    ck_assert_status(tempfile_publish(&file, NULL), FLUSHES[_i].status);
    tempfile_done(&file);
    ck_assert_uint_eq(entries(false), FLUSHES[_i].entries);
}
END_TEST

static const struct {
    const char *name;    /* below the folder */
    Status status;
    const char *text;    /* end of the message */
} BAD_TARGETS[] = {
    {"", ST_USAGE, "' is a folder"},
    {".", ST_USAGE, "/.' is a folder"},
    {"sub", ST_USAGE, "/sub' is a folder"},
    {"sub/..", ST_USAGE, "/sub/..' is a folder"},
    {"link", ST_USAGE, "/link' is not a regular file"},
    {"fifo", ST_USAGE, "/fifo' is not a regular file"},
    {"absent/out", ST_IO, "/absent': No such file or directory"},
    {"fifo/out", ST_IO, "/fifo': Not a directory"},
};

START_TEST(bad_targets)
{
    CLEANUP(tempfile_done) TempFile file = TEMPFILE_INIT;
    Err err = {0};
    char path[128];
    (void)snprintf(path, sizeof path, "%s/sub", folder);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    (void)snprintf(path, sizeof path, "%s/link", folder);
    ck_assert_int_eq(symlink("/dev/null", path), 0);
    (void)snprintf(path, sizeof path, "%s/fifo", folder);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    (void)snprintf(path, sizeof path, "%s/%s", folder, BAD_TARGETS[_i].name);
    ck_assert_status(tempfile_create(&file, path, true, &err), BAD_TARGETS[_i].status);
    ck_assert_msg(str_ends(str_of(err.text), str_of(BAD_TARGETS[_i].text)), "%s", err.text);
    ck_assert_int_eq(file.fd, -1);
    ck_assert_uint_eq(entries(false), 3);
}
END_TEST

START_TEST(a_name_that_is_too_long_is_told)
{
    CLEANUP(tempfile_done) TempFile file = TEMPFILE_INIT;
    char path[400];
    memset(path, 'x', sizeof path);
    memcpy(path, folder, strlen(folder));
    path[strlen(folder)] = '/';
    path[strlen(folder) + 1 + 256] = '\0';
    ck_assert_status(tempfile_create(&file, path, false, NULL), ST_IO);
    path[strlen(folder) + 1 + 255] = '\0';
    Err err = {0};
    ck_assert_ok(tempfile_create(&file, path, false, &err), err);
    ck_assert_ok(tempfile_publish(&file, &err), err);
    ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(an_unwritable_folder_is_named)
{
    CLEANUP(tempfile_done) TempFile file = TEMPFILE_INIT;
    Err err = {0};
    int fd = -1;
    char expected[200];
    (void)snprintf(expected, sizeof expected,
                   "cannot create a file in folder '%s': Permission denied", folder);
    ck_assert_int_eq(chmod(folder, 0555), 0);
    if (geteuid() == 0)    /* root may write everywhere */
        ck_assert_int_eq(seteuid(65534), 0);
    ck_assert_status(tempfile_create(&file, target, false, &err), ST_IO);
    ck_assert_str_eq(err.text, expected);
    err_clear(&err);
    ck_assert_status(tempfile_spool(target, &fd, &err), ST_IO);
    ck_assert_str_eq(err.text, expected);
    ck_assert_int_eq(fd, -1);
    if (getuid() == 0)
        ck_assert_int_eq(seteuid(0), 0);
    ck_assert_int_eq(chmod(folder, 0755), 0);
    ck_assert_uint_eq(entries(false), 0);
}
END_TEST

START_TEST(a_full_disk_leaves_nothing)
{
    static char kilobytes[8192];
    struct rlimit limit = {4096, 4096};
    (void)signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    CLEANUP(tempfile_done) TempFile file = TEMPFILE_INIT;
    Err err = {0};
    create_and_write(&file, false);
    ck_assert_status(io_write(file.fd, kilobytes, sizeof kilobytes, &err), ST_IO);
    tempfile_done(&file);
    ck_assert_uint_eq(entries(false), 0);
}
END_TEST

START_TEST(a_killed_writer_leaves_no_target_and_the_next_cleans_up)
{
    int ready[2];
    ck_assert_int_eq(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        TempFile file = TEMPFILE_INIT;
        char c = tempfile_create(&file, target, false, NULL) == ST_OK ? '1' : '0';
        (void)!write(ready[1], &c, 1);
        for (;;)
            (void)pause();
    }
    char c = 0;
    ck_assert_int_eq(read(ready[0], &c, 1), 1);
    ck_assert_int_eq(c, '1');
    CLEANUP(tempfile_done) TempFile beside = TEMPFILE_INIT;
    create_and_write(&beside, false);    /* a living writer is left alone */
    ck_assert_uint_eq(entries(false), 2);
    (void)kill(child, SIGKILL);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert_int_ne(access(target, F_OK), 0);
    ck_assert_uint_eq(entries(false), 2);
    CLEANUP(tempfile_done) TempFile next = TEMPFILE_INIT;
    create_and_write(&next, false);
    ck_assert_uint_eq(entries(false), 2);    /* beside's and its own */
}
END_TEST

/* Names in the folder, and whether they are left there: only what is surely ours goes.
 * %d is the id of a process that has ended. */
static const struct {
    const char *name;
    bool locked;
    bool kept;
} LEFTOVERS[] = {
    {".out.partial-%d-abcdefgh", false, false},
    {".out.partial-%d-abcdefgh", true, true},
    {".out.partial-1-abcdefgh", false, true},
    {".out.partial-%d-abc", false, true},
    {".out.partial-x%d-abcdefgh", false, true},
    {".out.partial-0-abcdefgh", false, true},
    {".out.partial-99999999999-abcdefgh", false, true},
    {".out.partial-abcdefgh", false, true},
    {".out2.partial-%d-abcdefgh", false, true},
    {"out.partial-%d-abcdefgh", false, true},
};

START_TEST(leftovers)
{
    pid_t dead = fork();
    if (dead == 0)
        _exit(0);
    ck_assert_int_eq(waitpid(dead, NULL, 0), dead);
    char path[128];
    const char *mark = strstr(LEFTOVERS[_i].name, "%d");
    size_t before = mark ? (size_t)(mark - LEFTOVERS[_i].name) : strlen(LEFTOVERS[_i].name);
    char id[16] = "";
    if (mark)
        (void)snprintf(id, sizeof id, "%d", (int)dead);
    (void)snprintf(path, sizeof path, "%s/%.*s%s%s", folder, (int)before, LEFTOVERS[_i].name, id,
                   mark ? mark + 2 : "");
    CLEANUP(cleanup_fd) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    ck_assert_int_ge(fd, 0);
    if (LEFTOVERS[_i].locked)
        ck_assert_int_eq(flock(fd, LOCK_EX), 0);
    CLEANUP(tempfile_done) TempFile file = TEMPFILE_INIT;
    create_and_write(&file, false);
    ck_assert_int_eq(access(path, F_OK) == 0, LEFTOVERS[_i].kept);
}
END_TEST

START_TEST(a_leftover_that_is_no_file_is_left_alone)
{
    pid_t dead = fork();
    if (dead == 0)
        _exit(0);
    ck_assert_int_eq(waitpid(dead, NULL, 0), dead);
    char path[128];
    (void)snprintf(path, sizeof path, "%s/.out.partial-%d-abcdefgh", folder, (int)dead);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    CLEANUP(tempfile_done) TempFile file = TEMPFILE_INIT;
    create_and_write(&file, false);
    ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(a_relative_target_stands_in_this_folder)
{
    CLEANUP(tempfile_done) TempFile file = TEMPFILE_INIT;
    Err err = {0};
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert_ok(tempfile_create(&file, "out", false, &err), err);
    ck_assert_int_eq(chdir("/"), 0);    /* the folder is held, not its name */
    ck_assert_ok(tempfile_publish(&file, &err), err);
    assert_target("");
    ck_assert_status(tempfile_create(&file, "/", false, NULL), ST_USAGE);
}
END_TEST

START_TEST(a_spool_has_no_name)
{
    CLEANUP(cleanup_fd) int fd = -1;
    Err err = {0};
    fail_tmpfile = _i ? EOPNOTSUPP : 0;
    ck_assert_ok(tempfile_spool(target, &fd, &err), err);
    ck_assert_ok(io_write(fd, "text", 4, &err), err);
    char text[4];
    size_t n = 0;
    ck_assert_ok(io_pread(fd, text, 4, 0, &n, &err), err);
    ck_assert_mem_eq(text, "text", 4);
    struct stat about;
    ck_assert_int_eq(fstat(fd, &about), 0);
    ck_assert_uint_eq(about.st_nlink, 0);
    ck_assert_uint_eq(about.st_mode & 07777, 0600);
    ck_assert_uint_eq(entries(false), 0);
    ck_assert_status(tempfile_spool("/absent/x", &fd, NULL), ST_IO);
}
END_TEST

#define LOOP(test, table) \
    tcase_add_loop_test(tcase, test, 0, (int)(sizeof(table) / sizeof *(table)))

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("tempfile");
    TCase *tcase = tcase_create("tempfile");
    tcase_add_checked_fixture(tcase, make_folder, remove_folder);
    tcase_add_test(tcase, a_published_file_is_there_alone);
    tcase_add_test(tcase, an_unpublished_file_leaves_nothing);
    tcase_add_test(tcase, an_existing_target_is_replaced_only_on_demand);
    LOOP(a_target_that_appears_meanwhile_is_kept, SYSTEMS);
    LOOP(every_file_system_can_publish, SYSTEMS);
    tcase_add_loop_test(tcase, a_failed_rename_leaves_nothing, 0, 3);
    LOOP(flushing, FLUSHES);
    LOOP(bad_targets, BAD_TARGETS);
    tcase_add_test(tcase, a_name_that_is_too_long_is_told);
    tcase_add_test(tcase, an_unwritable_folder_is_named);
    tcase_add_test(tcase, a_full_disk_leaves_nothing);
    tcase_add_test(tcase, a_killed_writer_leaves_no_target_and_the_next_cleans_up);
    LOOP(leftovers, LEFTOVERS);
    tcase_add_test(tcase, a_leftover_that_is_no_file_is_left_alone);
    tcase_add_test(tcase, a_relative_target_stands_in_this_folder);
    tcase_add_loop_test(tcase, a_spool_has_no_name, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}
