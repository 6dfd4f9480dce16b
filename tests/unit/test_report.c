/* SPDX-License-Identifier: Apache-2.0 */
/* test_report.c -- the voices of a report: golden texts, escapes, failures of writing. */
#include "analyzer/report/layout.h"
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
    size_t same = 0;
    while (same < got.n && same < want.n && got.p[same] == want.p[same])
        same++;
    ck_assert_msg(str_eq(got, want), "%s differs at byte %zu; got:\n" STR_FMT, name, same,
                  STR_ARG(str_sub(got, same > 200 ? same - 200 : 0, 1000)));
}

/* Cuts from what stands at first up to and with what stands at last. */
static void
cut_out(Buf *text, const char *first, const char *last)
{
    size_t from;
    size_t length;
    ck_assert(str_find(buf_str(text), str_of(first), &from));
    ck_assert(str_find(str_from(buf_str(text), from), str_of(last), &length));
    CLEANUP(buf_done) Buf rest = BUF_INIT(1 << 20);
    buf_add_str(&rest, str_head(buf_str(text), from));
    buf_add_str(&rest, str_from(buf_str(text), from + length + strlen(last)));
    buf_clear(text);
    buf_add_str(text, buf_str(&rest));
}

/* Style and script are files of their own. */
static void
cut_assets(ReportFormat format, Buf *text)
{
    if (format != REPORT_HTML)
        return;
    cut_out(text, "<meta http-equiv", "\">\n");
    cut_out(text, "<style>", "</style>\n");
    cut_out(text, "<script>", "</script>\n");
}

static const struct {
    ReportFormat format;
    const char *golden;
} GOLDEN[] = {
    {REPORT_TEXT, "handmade.txt"},
    {REPORT_JSON, "handmade.json"},
    {REPORT_NDJSON, "handmade.ndjson"},
    {REPORT_SARIF, "handmade.sarif"},
    {REPORT_JUNIT, "handmade.junit.xml"},
    {REPORT_MARKDOWN, "handmade.md"},
    {REPORT_HTML, "handmade.html"},
};

START_TEST(a_report_is_as_it_was)
{
    HandMade made;
    handmade_init(&made);
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
    handmade_write(&made, GOLDEN[_i].format, &PLAIN, &out);
    cut_assets(GOLDEN[_i].format, &out);
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
        ck_assert_msg(text.p[i] == '\n' || (unsigned char)text.p[i] >= 0x20 ||
                          (text.p[i] == '\t' && _i != REPORT_TEXT),
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

/* What stands before a word that may be too long for any line. */
static Str
without_frame(Str line)
{
    static const Str FRAMES[] = {STR_INIT("--> "), STR_INIT("$ "), STR_INIT("| "),
                                 STR_INIT("= "), STR_INIT("risk: ")};
    line = str_trim(line);
    for (size_t i = 0; i < sizeof FRAMES / sizeof *FRAMES; i++)
        if (str_starts(line, FRAMES[i]))
            line = str_from(line, FRAMES[i].n);
    if (str_ends(line, STR(" \\")))
        line = str_head(line, line.n - 2);
    return line;
}

/* Only a word that is longer than a line passes the width, and what is quoted for a shell is
 * one; the line that sums up stays one from 80 columns on. */
START_TEST(text_fits_the_width)
{
    static const unsigned WIDTHS[] = {20, 40, 60, 80, 132, 200};
    HandMade made;
    handmade_init(&made);
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
    ReportOptions options = {.width = WIDTHS[_i]};
    handmade_write(&made, REPORT_TEXT, &options, &out);
    Str rest = buf_str(&out);
    for (Str line; rest.n > 0 && str_cut(&rest, '\n', &line);) {
        size_t at;
        Str inner = without_frame(line);
        bool is_word = !str_find_char(inner, ' ', &at) || str_starts(inner, STR("'"));
        bool is_sum = WIDTHS[_i] >= 80 && str_find(line, STR(". Rules: "), &at);
        ck_assert_msg(is_word || is_sum || layout_columns(line) <= WIDTHS[_i],
                      "%u columns: " STR_FMT, layout_columns(line), STR_ARG(line));
    }
    handmade_done(&made);
}
END_TEST

START_TEST(text_falls_back_to_ascii)
{
    HandMade made;
    handmade_init(&made);
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
    ReportOptions options = {.width = 80, .is_ascii = true};
    handmade_write(&made, REPORT_TEXT, &options, &out);
    for (size_t i = 0; i < out.n; i++)
        ck_assert_uint_lt((unsigned char)out.data[i], 0x80);
    size_t at;
    ck_assert(str_find(buf_str(&out), STR("\\u{65e5}"), &at));
    handmade_done(&made);
}
END_TEST

static const struct {
    unsigned width;
    const char *command;
    const char *shown;
} COMMANDS[] = {
    {80, "kubectl get pods", "    $ kubectl get pods\n"},
    {34, "kubectl -n istio-system get pods -o wide",
     "    $ kubectl -n istio-system \\\n        get pods -o wide\n"},
    /* never inside quotes, whatever they hold */
    {20, "echo 'one two three four' \"five six seven\"",
     "    $ echo \\\n        'one two three four' \\\n        \"five six seven\"\n"},
    {20, "echo one\\ two\\ three four",
     "    $ echo \\\n        one\\ two\\ three \\\n        four\n"},
    /* a line end that a name brings along starts no command */
    {80, "kubectl delete pod 'a\nrm -rf ~'", "    $ kubectl delete pod 'a\\nrm -rf ~'\n"},
    {80, "one\n\ntwo", "    $ one\n    $ two\n"},
    /* a backslash would end neither of these */
    {20, "echo one two # three four five", "    $ echo one two # three four five\n"},
    {20, "cat <<END | wc -l -w -c\none two three four\nEND",
     "    $ cat <<END | wc -l -w -c\n      one two three four\n      END\n"},
    {20, "printf 'x'  two three four", "    $ printf 'x'  two three four\n"},
    {80, "", ""},
};

START_TEST(commands_can_be_copied)
{
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 16);
    Layout layout = {.out = &out, .width = COMMANDS[_i].width};
    layout_command(&layout, str_of(COMMANDS[_i].command), 4);
    ck_assert_str_view(buf_str(&out), COMMANDS[_i].shown);
}
END_TEST

/* What decided is underlined even where the line is longer than the terminal. */
START_TEST(the_mark_is_always_seen)
{
    char line[400];
    memset(line, 'x', sizeof line);
    memcpy(line + 350, "HERE", 4);
    HandMade made;
    handmade_init(&made);
    Evidence *evidence = ARENA_NEW(made.arena, Evidence);
    *evidence = (Evidence){.member = STR("logs/a/b/c.log"), .line = 7,
                           .excerpt = {line, sizeof line}, .mark_at = 350, .mark_bytes = 4};
    made.verdicts.items[0].detail->evidence = evidence;
    made.verdicts.items[0].detail->evidence_count = 1;
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
    ReportOptions options = {.width = 43 + 40 * (unsigned)_i};
    handmade_write(&made, REPORT_TEXT, &options, &out);
    Str rest = buf_str(&out);
    size_t at = SIZE_MAX;
    size_t carets = 0;
    for (Str row; rest.n > 0 && at == SIZE_MAX && str_cut(&rest, '\n', &row);) {
        size_t bar;
        size_t here;
        if (str_find(row, STR("HERE"), &here) && str_find_char(row, '|', &bar)) {
            at = here;
            ck_assert(str_cut(&rest, '\n', &row));
            ck_assert(str_find(row, STR("^^^^"), &carets));
        }
    }
    ck_assert_uint_ne(at, SIZE_MAX);
    ck_assert_uint_eq(at, carets);
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
    ck_assert_uint_eq(json_array_size(json_object_get(root, "coverage")), 3);
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
    tcase_add_loop_test(tcase, text_fits_the_width, 0, 6);
    tcase_add_test(tcase, text_falls_back_to_ascii);
    tcase_add_loop_test(tcase, commands_can_be_copied, 0, sizeof COMMANDS / sizeof *COMMANDS);
    tcase_add_loop_test(tcase, the_mark_is_always_seen, 0, 4);
    tcase_add_test(tcase, json_can_be_read_and_counts_what_it_holds);
    tcase_add_loop_test(tcase, an_empty_report_is_one_too, 0, REPORT_FORMAT_COUNT);
    tcase_add_loop_test(tcase, a_full_disk_is_an_error, 0, REPORT_FORMAT_COUNT);
    tcase_add_test(tcase, a_report_is_counted_by_verdict_severity_and_rule);
    suite_add_tcase(suite, tcase);
    return suite;
}
