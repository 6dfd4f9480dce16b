/* SPDX-License-Identifier: Apache-2.0 */
/* test_index.c -- the index of a bundle: what is believed of it and what is not. */
#include "base/cleanup.h"
#include "bundle/index_in.h"
#include "tests/unit/bundle_tool.h"
#include "tests/unit/runner.h"

#include <string.h>

static Arena *arena;

static void
setup(void)
{
    arena = arena_new(SIZE_MAX);
    ck_assert_ptr_nonnull(arena);
}

static void
teardown(void)
{
    arena = arena_free(arena);
}

#define HEX "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define DIGEST_A "\"chunkDigest\":\"sha256:" HEX "\""
#define INDEX(entries) "{\"version\":1,\"entries\":[" entries "]}"
#define REG(rest) "{\"name\":\"a\",\"type\":\"reg\"," DIGEST_A "," rest "}"
#define CHUNK(rest) "{\"name\":\"a\",\"type\":\"chunk\"," DIGEST_A "," rest "}"

/* The index stands at offset 1,000. */
static const struct {
    const char *text;
    Status status;
} CASES[] = {
    {INDEX(""), ST_OK},
    {INDEX("{\"name\":\"d/\",\"type\":\"dir\",\"mode\":448}"), ST_OK},
    {INDEX(REG("\"size\":5,\"offset\":10")), ST_OK},
    {INDEX(REG("\"size\":5,\"offset\":10,\"chunkSize\":5")), ST_OK},
    {INDEX("{\"name\":\"a\",\"type\":\"reg\"}"), ST_OK},
    {INDEX("{\"name\":\"a\",\"type\":\"symlink\",\"linkName\":\"b\"}"), ST_OK},
    {INDEX(REG("\"size\":5,\"offset\":10") "," REG("\"size\":5,\"offset\":10,\"innerOffset\":5")),
     ST_OK},
    {INDEX(REG("\"size\":9,\"offset\":10,\"chunkSize\":4") ","
           CHUNK("\"offset\":20,\"chunkOffset\":4,\"chunkSize\":3") ","
           CHUNK("\"offset\":30,\"chunkOffset\":7")), ST_OK},
    {"{\"entries\":[],\"version\":1,\"more\":{\"x\":[1]}}", ST_OK},
    {"", ST_FORMAT},
    {"[]", ST_FORMAT},
    {"{\"version\":1}", ST_FORMAT},
    {"{\"version\":2,\"entries\":[]}", ST_FORMAT},
    {"{\"version\":1,\"entries\":[],\"entries\":[" REG("\"size\":5,\"offset\":2000") "]}", ST_OK},
    {INDEX("") "x", ST_FORMAT},
    {INDEX("1"), ST_FORMAT},
    {INDEX("{\"name\":\"a\"}"), ST_FORMAT},
    {INDEX("{\"name\":\"a\",\"type\":\"door\"}"), ST_FORMAT},
    {INDEX(CHUNK("\"offset\":20,\"chunkOffset\":4")), ST_FORMAT},
    {INDEX("{\"name\":\"d\",\"type\":\"dir\"}," CHUNK("\"offset\":20,\"chunkOffset\":4")),
     ST_FORMAT},
    /* outside the file, or inside the index */
    {INDEX(REG("\"size\":5,\"offset\":1000")), ST_FORMAT},
    {INDEX(REG("\"size\":5,\"offset\":18446744073709551615")), ST_FORMAT},
    {INDEX(REG("\"size\":5,\"offset\":-1")), ST_FORMAT},
    /* over one another, or backwards */
    {INDEX(REG("\"size\":5,\"offset\":10") "," REG("\"size\":5,\"offset\":10")), ST_FORMAT},
    {INDEX(REG("\"size\":5,\"offset\":10") "," REG("\"size\":5,\"offset\":10,\"innerOffset\":4")),
     ST_FORMAT},
    {INDEX(REG("\"size\":5,\"offset\":10") "," REG("\"size\":5,\"offset\":9")), ST_FORMAT},
    /* sizes that cannot be */
    {INDEX(REG("\"size\":5,\"offset\":10,\"chunkSize\":4")), ST_FORMAT},
    {INDEX(REG("\"size\":5,\"offset\":10,\"chunkSize\":6")), ST_FORMAT},
    {INDEX(REG("\"size\":5,\"offset\":10,\"chunkOffset\":1")), ST_FORMAT},
    {INDEX(REG("\"size\":16777217,\"offset\":10")), ST_FORMAT},
    {INDEX(REG("\"size\":18446744073709551615,\"offset\":10")), ST_FORMAT},
    {INDEX(REG("\"size\":5,\"offset\":10,\"innerOffset\":18446744073709551615")), ST_FORMAT},
    {INDEX(REG("\"size\":9,\"offset\":10,\"chunkSize\":4") ","
           CHUNK("\"offset\":20,\"chunkOffset\":5")), ST_FORMAT},
    {INDEX(REG("\"size\":9,\"offset\":10,\"chunkSize\":4") ","
           CHUNK("\"offset\":20,\"chunkOffset\":4,\"chunkSize\":6")), ST_FORMAT},
    {INDEX(REG("\"size\":4,\"offset\":10") "," CHUNK("\"offset\":20,\"chunkOffset\":4")),
     ST_FORMAT},
    {INDEX("{\"name\":\"a\",\"type\":\"reg\",\"digest\":\"md5:1\"}"), ST_FORMAT},
    {INDEX("{\"name\":\"a\",\"type\":\"reg\",\"digest\":\"sha256:12\"}"), ST_FORMAT},
};

START_TEST(an_index_is_believed_or_not)
{
    Index *index = NULL;
    Err err = {0};
    Status status = index_parse(arena, str_of(CASES[_i].text), 1000, &index, &err);
    ck_assert_msg(status == CASES[_i].status, "%s: %s", CASES[_i].text,
                  status == ST_OK ? "taken" : err.text);
    ck_assert_int_eq(index != NULL, status == ST_OK);
}
END_TEST

static const ToolContent CONTENTS[] = {
    {"clocks.json", STR_INIT("{\"a\":1}\n")},
    {"limits.json", STR_INIT("{\"b\":2}\n")},
};

/* Opens a bundle with a changed index and scans it. */
static Bundle *
scan_changed(Str bundle, Str index, ToolScan *scan)
{
    CLEANUP(buf_done) Buf file = BUF_INIT(1 << 20);
    Bundle *opened = NULL;
    Err err = {0};
    tool_with_index(bundle, index, &file);
    ck_assert_ok(bundle_open_fd(tool_file_of(buf_str(&file)), "test", NULL, &opened, &err), err);
    tool_scan_init(scan, arena);
    BundleVisitor visitor = tool_visitor(scan);
    ck_assert_ok(bundle_scan(opened, &visitor, &err), err);
    return opened;
}

START_TEST(a_lying_index_is_left_alone)
{
    static const char *const LIES[][2] = {
        {"\"version\":1", "\"version\":3"},
        {"\"innerOffset\":", "\"innerOffset\":9"},
        {"\"size\":8", "\"size\":9000000"},
        {"\"type\":\"reg\"", "\"type\":\"chunk\""},
        {"\"offset\":", "\"offset\":9999999"},
        {"{", "["},
    };
    CLEANUP(buf_done) Buf file = BUF_INIT(1 << 20);
    tool_bundle(CONTENTS, 2, &file);
    Str index = tool_index(arena, buf_str(&file));
    for (size_t i = 0; i < sizeof LIES / sizeof LIES[0]; i++) {
        Str lie = tool_replace(arena, index, LIES[i][0], LIES[i][1]);
        CLEANUP(tool_scan_done) ToolScan scan;
        CLEANUP(cleanup_bundle) Bundle *bundle = scan_changed(buf_str(&file), lie, &scan);
        /* "innerOffset" of one digit more may still be possible; then the data tells */
        if (bundle_form(bundle) == BUNDLE_STREAM) {
            ck_assert_msg(tool_has_problem(bundle, PROBLEM_INDEX, ""), "%s", LIES[i][1]);
            ck_assert_str_view(tool_read(&scan, "clocks.json")->bytes, "{\"a\":1}\n");
            ck_assert_str_view(tool_read(&scan, "limits.json")->bytes, "{\"b\":2}\n");
        } else {
            ck_assert_uint_gt(bundle_problems(bundle)->count, 0);
        }
    }
}
END_TEST

START_TEST(an_index_that_points_at_other_bytes_cuts_the_member)
{
    CLEANUP(buf_done) Buf file = BUF_INIT(1 << 20);
    tool_bundle(CONTENTS, 2, &file);
    Str index = tool_index(arena, buf_str(&file));
    size_t at;
    ck_assert(str_find(index, STR("\"offset\":"), &at));
    Str number = str_sub(index, at, 24);
    size_t comma;
    ck_assert(str_find_char(number, ',', &comma));
    number = str_head(number, comma);
    char from[32];
    (void)snprintf(from, sizeof from, "%.*s,", STR_ARG(number));
    Str lie = tool_replace(arena, index, from, "\"offset\":3,");
    CLEANUP(tool_scan_done) ToolScan scan;
    CLEANUP(cleanup_bundle) Bundle *bundle = scan_changed(buf_str(&file), lie, &scan);
    ck_assert_int_eq(bundle_form(bundle), BUNDLE_INDEXED);
    ck_assert_int_eq(tool_read(&scan, "clocks.json")->how, MEMBER_CUT);
    ck_assert(tool_has_problem(bundle, PROBLEM_DAMAGED, "clocks.json"));
}
END_TEST

START_TEST(unsafe_names_in_the_index_are_refused)
{
    CLEANUP(buf_done) Buf file = BUF_INIT(1 << 20);
    tool_bundle(CONTENTS, 2, &file);
    Str index = tool_index(arena, buf_str(&file));
    Str lie = tool_replace(arena, index, "\"case/limits.json\"", "\"case/../../limits.json\"");
    CLEANUP(tool_scan_done) ToolScan scan;
    CLEANUP(cleanup_bundle) Bundle *bundle = scan_changed(buf_str(&file), lie, &scan);
    ck_assert(tool_has_problem(bundle, PROBLEM_UNSAFE_NAME, "case/../../limits.json"));
    ck_assert_ptr_null(bundle_member(bundle, STR("limits.json")));
    ck_assert_ptr_nonnull(tool_read(&scan, "clocks.json"));
    lie = tool_replace(arena, index, "\"case/limits.json\"", "\"case/clocks.json\"");
    CLEANUP(tool_scan_done) ToolScan again;
    CLEANUP(cleanup_bundle) Bundle *twice = scan_changed(buf_str(&file), lie, &again);
    ck_assert(tool_has_problem(twice, PROBLEM_DUPLICATE, "clocks.json"));
    ck_assert_str_view(tool_read(&again, "clocks.json")->bytes, "{\"a\":1}\n");
}
END_TEST

START_TEST(a_footer_that_points_anywhere_is_harmless)
{
    CLEANUP(buf_done) Buf file = BUF_INIT(1 << 20);
    tool_bundle(CONTENTS, 2, &file);
    for (size_t place = 0; place < file.n + 10; place += 7) {
        char digits[17];
        (void)snprintf(digits, sizeof digits, "%016zx", place);
        memcpy(file.data + file.n - 51 + 16, digits, 16);
        CLEANUP(cleanup_bundle) Bundle *bundle = NULL;
        Err err = {0};
        ck_assert_ok(bundle_open_fd(tool_file_of(buf_str(&file)), "test", NULL, &bundle, &err),
                     err);
        ck_assert_int_eq(bundle_form(bundle), BUNDLE_STREAM);
        ck_assert(tool_has_problem(bundle, PROBLEM_INDEX, ""));
    }
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("index");
    TCase *tcase = tcase_create("index");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, an_index_is_believed_or_not, 0,
                        (int)(sizeof CASES / sizeof CASES[0]));
    tcase_add_test(tcase, a_lying_index_is_left_alone);
    tcase_add_test(tcase, an_index_that_points_at_other_bytes_cuts_the_member);
    tcase_add_test(tcase, unsafe_names_in_the_index_are_refused);
    tcase_add_test(tcase, a_footer_that_points_anywhere_is_harmless);
    suite_add_tcase(suite, tcase);
    return suite;
}
