/* SPDX-License-Identifier: Apache-2.0 */
/* test_report.c -- the voices of a report: golden texts, escapes, failures of writing. */
#include "base/io.h"
#include "base/utf8.h"
#include "tests/unit/report_tool.h"
#include "tests/unit/runner.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const ReportOptions PLAIN = {.width = 80};

/* Compares with tests/report/NAME; MESHCASE_GOLDEN=write makes it anew. */
static void
expect_golden(const char *name, Str got)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/tests/report/%s", unit_source_folder(), name);
    const char *mode = getenv("MESHCASE_GOLDEN");
    if (mode && strcmp(mode, "write") == 0) {
        FILE *file = fopen(path, "w");
        ck_assert_ptr_nonnull(file);
        ck_assert_uint_eq(fwrite(got.p, 1, got.n, file), got.n);
        ck_assert_int_eq(fclose(file), 0);
        return;
    }
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Str want;
    Err err = {0};
    ck_assert_ok(io_read_file(arena, path, 1 << 20, &want, &err), err);
    ck_assert_msg(str_eq(got, want), "%s differs; got:\n" STR_FMT, name, STR_ARG(got));
}

static const struct {
    ReportFormat format;
    const char *golden;
} GOLDEN[] = {
    {REPORT_TEXT, "handmade.txt"},
    {REPORT_JSON, "handmade.json"},
    {REPORT_NDJSON, "handmade.ndjson"},
};

START_TEST(a_report_is_as_it_was)
{
    HandMade made;
    handmade_init(&made);
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
    handmade_write(&made, GOLDEN[_i].format, &PLAIN, &out);
    expect_golden(GOLDEN[_i].golden, buf_str(&out));
    handmade_done(&made);
}
END_TEST

START_TEST(two_reports_of_the_same_are_the_same)
{
    HandMade made;
    handmade_init(&made);
    CLEANUP(buf_done) Buf first = BUF_INIT(1 << 20);
    CLEANUP(buf_done) Buf second = BUF_INIT(1 << 20);
    handmade_write(&made, (ReportFormat)_i, &PLAIN, &first);
    handmade_write(&made, (ReportFormat)_i, &PLAIN, &second);
    ck_assert(str_eq(buf_str(&first), buf_str(&second)));
    handmade_done(&made);
}
END_TEST

/* Whatever a bundle holds, nothing of it moves the cursor or turns text around. */
START_TEST(no_control_character_reaches_the_reader)
{
    HandMade made;
    handmade_init(&made);
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
    handmade_write(&made, (ReportFormat)_i, &PLAIN, &out);
    Str text = buf_str(&out);
    ck_assert(utf8_valid(text, NULL));
    for (size_t i = 0; i < text.n; i++)
        ck_assert_msg(text.p[i] == '\n' || (unsigned char)text.p[i] >= 0x20,
                      "byte 0x%02x at %zu", (unsigned char)text.p[i], i);
    size_t at;
    if (_i == REPORT_TEXT)
        ck_assert(!str_find(text, STR("\xe2\x80\xae"), &at));
    handmade_done(&made);
}
END_TEST

START_TEST(colours_come_only_when_asked_for)
{
    HandMade made;
    handmade_init(&made);
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
    ReportOptions options = {.width = 80, .has_colour = true};
    handmade_write(&made, REPORT_TEXT, &options, &out);
    size_t at;
    ck_assert(str_find(buf_str(&out), STR("\x1b[1;31mERROR\x1b[0m"), &at));
    handmade_done(&made);
}
END_TEST

/* Commands, places and excerpts stay whole; all else is held to the width. */
START_TEST(text_fits_the_width)
{
    static const unsigned WIDTHS[] = {60, 80, 132};
    HandMade made;
    handmade_init(&made);
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
    ReportOptions options = {.width = WIDTHS[_i]};
    handmade_write(&made, REPORT_TEXT, &options, &out);
    Str rest = buf_str(&out);
    for (Str line; rest.n > 0 && str_cut(&rest, '\n', &line);) {
        Str bare = str_trim(line);
        size_t blank;
        bool is_whole = str_starts(bare, STR("| ")) || str_starts(bare, STR("$ ")) ||
                        str_starts(bare, STR("evidence")) ||
                        str_find(bare, STR(". Rules: "), &blank) ||
                        !str_find_char(bare, ' ', &blank);
        ck_assert_msg(is_whole || utf8_count(line) <= WIDTHS[_i], "%zu columns: " STR_FMT,
                      utf8_count(line), STR_ARG(line));
    }
    handmade_done(&made);
}
END_TEST

START_TEST(json_can_be_read_and_counts_what_it_holds)
{
    HandMade made;
    handmade_init(&made);
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
    handmade_write(&made, REPORT_JSON, &PLAIN, &out);
    json_error_t error;
    json_t *root = json_loadb(out.data, out.n, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(root != NULL, "%d:%d: %s", error.line, error.column, error.text);
    const json_t *summary = json_object_get(root, "summary");
    ck_assert_uint_eq(json_array_size(json_object_get(root, "verdicts")),
                      made.verdicts.count);
    ck_assert_int_eq(json_integer_value(json_object_get(summary, "finding")), 8);
    ck_assert_int_eq(json_integer_value(json_object_get(summary, "suppressed")), 1);
    ck_assert_uint_eq(json_array_size(json_object_get(root, "coverage")), 2);
    json_decref(root);
    handmade_done(&made);
}
END_TEST

START_TEST(an_empty_report_is_one_too)
{
    HandMade made;
    handmade_init(&made);
    made.verdicts.count = 0;
    made.coverage.count = 0;
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
    handmade_write(&made, (ReportFormat)_i, &PLAIN, &out);
    ck_assert_uint_gt(out.n, 0);
    if (_i == REPORT_JSON) {
        json_t *root = json_loadb(out.data, out.n, JSON_REJECT_DUPLICATES, NULL);
        ck_assert_ptr_nonnull(root);
        json_decref(root);
    }
    handmade_done(&made);
}
END_TEST

START_TEST(a_full_disk_is_an_error)
{
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    HandMade made;
    handmade_init(&made);
    Err err = {0};
    ck_assert_status(report_write(&made.report, (ReportFormat)_i, &PLAIN, fd, &err), ST_IO);
    (void)close(fd);
    handmade_done(&made);
}
END_TEST

START_TEST(a_report_is_counted_by_verdict_severity_and_rule)
{
    HandMade made;
    handmade_init(&made);
    ReportCounts counts;
    report_count(&made.report, &counts);
    ck_assert_uint_eq(counts.verdicts[VERDICT_FINDING], 8);
    ck_assert_uint_eq(counts.findings[SEVERITY_WARNING], 7);
    ck_assert_uint_eq(counts.findings[SEVERITY_ERROR], 1);
    ck_assert_uint_eq(counts.rules[VERDICT_FINDING], 2);
    ck_assert_uint_eq(counts.rules[VERDICT_NOT_EVALUATED], 1);
    ck_assert_uint_eq(counts.rules[VERDICT_ERROR], 1);
    ck_assert_uint_eq(counts.rules[VERDICT_OK], 0);
    handmade_done(&made);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("report");
    TCase *tcase = tcase_create("report");
    tcase_add_loop_test(tcase, a_report_is_as_it_was, 0, sizeof GOLDEN / sizeof *GOLDEN);
    tcase_add_loop_test(tcase, two_reports_of_the_same_are_the_same, 0, REPORT_FORMAT_COUNT);
    tcase_add_loop_test(tcase, no_control_character_reaches_the_reader, 0, REPORT_FORMAT_COUNT);
    tcase_add_test(tcase, colours_come_only_when_asked_for);
    tcase_add_loop_test(tcase, text_fits_the_width, 0, 3);
    tcase_add_test(tcase, json_can_be_read_and_counts_what_it_holds);
    tcase_add_loop_test(tcase, an_empty_report_is_one_too, 0, REPORT_FORMAT_COUNT);
    tcase_add_loop_test(tcase, a_full_disk_is_an_error, 0, REPORT_FORMAT_COUNT);
    tcase_add_test(tcase, a_report_is_counted_by_verdict_severity_and_rule);
    suite_add_tcase(suite, tcase);
    return suite;
}
