/* SPDX-License-Identifier: Apache-2.0 */
/* test_spool.c -- members come back as they were written, however they were written. */
#include "collector/spool.h"
#include "tests/unit/runner.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <signal.h>

static const char *
beside(void)
{
    static char path[4096];
    const char *folder = getenv("TMPDIR");
    (void)snprintf(path, sizeof path, "%s/spool-test", folder ? folder : "/tmp");
    return path;
}

static Status
append(void *context, Str bytes, Err *err)
{
    buf_add_str(context, bytes);
    return buf_status(context, err);
}

static void
write_lines(SpoolFile *file, int from, int to)
{
    Err err = {0};
    for (int i = from; i < to; i++) {
        char line[64];
        int n = snprintf(line, sizeof line, "line %08d of a log\n", i);
        ck_assert_ok(spool_write(file, line, (size_t)n, &err), err);
    }
}

START_TEST(two_members_side_by_side)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(cleanup_spool) Spool *spool = NULL;
    SpoolFile *files[2];
    Err err = {0};
    ck_assert_ok(spool_new(arena, beside(), UINT64_MAX, &spool, &err), err);
    for (int i = 0; i < 2; i++)
        ck_assert_ok(spool_begin(spool, 0, &files[i], &err), err);
    for (int i = 0; i < 60000; i += 100)
        write_lines(files[i / 100 % 2], i, i + 100);
    for (int i = 0; i < 2; i++) {
        CLEANUP(buf_done) Buf out = BUF_INIT(SIZE_MAX);
        CLEANUP(buf_done) Buf expected = BUF_INIT(SIZE_MAX);
        ck_assert_ok(spool_end(files[i], &err), err);
        ck_assert_ok(spool_prepend(files[i], STR("head\n"), &err), err);
        ck_assert_ok(spool_read(files[i], append, &out, &err), err);
        buf_adds(&expected, "head\n");
        for (int k = 0; k < 60000; k++)
            if (k / 100 % 2 == i)
                buf_printf(&expected, "line %08d of a log\n", k);
        ck_assert_uint_eq(out.n, expected.n);
        ck_assert_mem_eq(out.data, expected.data, out.n);
        ck_assert_uint_eq(spool_file_bytes(files[i]), out.n);
    }
}
END_TEST

START_TEST(a_tail_begins_with_a_whole_line)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(cleanup_spool) Spool *spool = NULL;
    CLEANUP(buf_done) Buf out = BUF_INIT(SIZE_MAX);
    SpoolFile *file;
    Err err = {0};
    ck_assert_ok(spool_new(arena, beside(), UINT64_MAX, &spool, &err), err);
    ck_assert_ok(spool_begin(spool, 1 << 20, &file, &err), err);
    write_lines(file, 0, 200000);
    ck_assert_ok(spool_end(file, &err), err);
    ck_assert(spool_file_trimmed(file));
    ck_assert_ok(spool_read(file, append, &out, &err), err);
    ck_assert_uint_eq(out.n, spool_file_bytes(file));
    ck_assert_uint_ge(out.n, 1 << 20);
    ck_assert_uint_lt(out.n, (1 << 20) + (300 << 10));
    ck_assert(str_starts(buf_str(&out), STR("line 0")));
    ck_assert(str_ends(buf_str(&out), STR("line 00199999 of a log\n")));
    ck_assert_uint_eq(out.n % strlen("line 00199999 of a log\n"), 0);
}
END_TEST

START_TEST(a_file_can_begin_again)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(cleanup_spool) Spool *spool = NULL;
    CLEANUP(buf_done) Buf out = BUF_INIT(SIZE_MAX);
    SpoolFile *file;
    Err err = {0};
    ck_assert_ok(spool_new(arena, beside(), UINT64_MAX, &spool, &err), err);
    ck_assert_ok(spool_begin(spool, 0, &file, &err), err);
    write_lines(file, 0, 50000);
    spool_rewind(file);
    ck_assert_uint_eq(spool_bytes(spool), 0);
    ck_assert_ok(spool_write(file, "new", 3, &err), err);
    ck_assert_ok(spool_end(file, &err), err);
    ck_assert_ok(spool_read(file, append, &out, &err), err);
    ck_assert_str_view(buf_str(&out), "new");
}
END_TEST

START_TEST(the_budget_ends_it_and_keeps_what_is_there)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(cleanup_spool) Spool *spool = NULL;
    SpoolFile *file;
    Err err = {0};
    char *noise = malloc(1 << 20);
    ck_assert_ptr_nonnull(noise);
    srandom(1);
    for (int i = 0; i < 1 << 20; i++)
        noise[i] = (char)random();
    ck_assert_ok(spool_new(arena, beside(), 600 << 10, &spool, &err), err);
    ck_assert_ok(spool_begin(spool, 0, &file, &err), err);
    ck_assert_status(spool_write(file, noise, 1 << 20, &err), ST_LIMIT);
    free(noise);
    ck_assert(spool_is_full(spool));
    ck_assert_uint_le(spool_bytes(spool), 600 << 10);
    ck_assert_uint_eq(spool_file_bytes(file), 512 << 10);
    spool_raise_budget(spool);
    ck_assert_ok(spool_write(file, "x", 1, &(Err){0}), err);
    ck_assert_ok(spool_end(file, &(Err){0}), err);
}
END_TEST

START_TEST(a_full_disk_is_told)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(cleanup_spool) Spool *spool = NULL;
    SpoolFile *file;
    Err err = {0};
    (void)signal(SIGXFSZ, SIG_IGN);
    ck_assert_ok(spool_new(arena, beside(), UINT64_MAX, &spool, &err), err);
    ck_assert_ok(spool_begin(spool, 0, &file, &err), err);
    struct rlimit old;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    struct rlimit limit = {1 << 10, old.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    Status status = ST_OK;
    for (int i = 0; i < 100 && status == ST_OK; i++) {
        char noise[8192];
        for (size_t k = 0; k < sizeof noise; k++)
            noise[k] = (char)random();
        status = spool_write(file, noise, sizeof noise, &err);
    }
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
    ck_assert_status(status, ST_IO);
    ck_assert(spool_is_full(spool));
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("spool");
    TCase *tcase = tcase_create("spool");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, two_members_side_by_side);
    tcase_add_test(tcase, a_tail_begins_with_a_whole_line);
    tcase_add_test(tcase, a_file_can_begin_again);
    tcase_add_test(tcase, the_budget_ends_it_and_keeps_what_is_there);
    tcase_add_test(tcase, a_full_disk_is_told);
    suite_add_tcase(suite, tcase);
    return suite;
}
