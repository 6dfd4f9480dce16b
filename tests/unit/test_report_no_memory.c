/* SPDX-License-Identifier: Apache-2.0 */
/* test_report_no_memory.c -- each voice with every single allocation failing once: no part of a
 * report is left out in silence. */
#include "base/cleanup.h"
#include "tests/unit/faults.h"
#include "tests/unit/report_tool.h"
#include "tests/unit/runner.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MOST_BYTES = 1 << 20 };

static HandMade made;
static int sink = -1;
static ReportFormat format;
/* No assertion and no allocation of its own stands in what is tried. */
static char whole[MOST_BYTES];
static char got[MOST_BYTES];
static ssize_t whole_n;

static void
setup(void)
{
    handmade_init(&made);
    sink = memfd_create("report", MFD_CLOEXEC);
    ck_assert_int_ge(sink, 0);
}

static void
teardown(void)
{
    cleanup_fd(&sink);
    handmade_done(&made);
}

static Status
write_once(void)
{
    static const ReportOptions OPTIONS = {.width = 40};
    if (ftruncate(sink, 0) != 0 || lseek(sink, 0, SEEK_SET) != 0)
        return ST_IO;
    return report_write(&made.report, format, &OPTIONS, sink, NULL);
}

/* libcrypto may do without what it did not get: then the report must be whole. */
static Status
write_whole(void)
{
    TRY(write_once());
    ssize_t n = pread(sink, got, sizeof got, 0);
    return n == whole_n && memcmp(got, whole, (size_t)n) == 0 ? ST_OK : ST_INTERNAL;
}

START_TEST(a_voice_without_memory_says_so)
{
    format = (ReportFormat)_i;
    ck_assert_int_eq(write_once(), ST_OK);
    whole_n = pread(sink, whole, sizeof whole, 0);
    ck_assert_int_gt(whole_n, 0);
    ck_assert_int_lt(whole_n, MOST_BYTES);
    faults_fail_each(REPORT_FORMATS[_i], write_whole, true, true);
    faults_fail_each(REPORT_FORMATS[_i], write_whole, true, false);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("report_no_memory");
    TCase *tcase = tcase_create("report_no_memory");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, a_voice_without_memory_says_so, 0, REPORT_FORMAT_COUNT);
    suite_add_tcase(suite, tcase);
    return suite;
}
