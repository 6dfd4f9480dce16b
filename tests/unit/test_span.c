/* SPDX-License-Identifier: Apache-2.0 */
/* test_span.c -- where the values of a JSON text lie. */
#include "collector/span.h"
#include "tests/unit/runner.h"

static const char POD[] = " {\"metadata\": {\"name\":\"a\\u0041\\n\", \"n\": -12, \"empty\": {}},\n"
                          "\"list\":[1,[],{\"x\":true},null],\"k\\u0065y\":\"v\"} ";

START_TEST(values_are_found_by_path)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    SpanTree tree;
    Err err = {0};
    int64_t number = 0;
    ck_assert_ok(span_parse(arena, str_of(POD), &tree, &err), err);
    ck_assert_str_view(span_string(&tree, span_path(&tree, 0, "metadata.name")), "aA\n");
    ck_assert(span_integer(&tree, span_path(&tree, 0, "metadata.n"), &number));
    ck_assert_int_eq(number, -12);
    ck_assert_uint_eq(span_path(&tree, 0, "metadata.missing"), 0);
    ck_assert_uint_eq(span_path(&tree, 0, "list.x"), 0);
    ck_assert_str_view(span_raw(&tree, span_get(&tree, 0, "list")), "[1,[],{\"x\":true},null]");
    ck_assert_str_view(span_string(&tree, span_get(&tree, 0, "key")), "v");
    uint32_t empty = span_path(&tree, 0, "metadata.empty");
    ck_assert(span_is(&tree, empty, SPAN_OBJECT));
    ck_assert_uint_eq(span_first(&tree, empty), 0);
}
END_TEST

START_TEST(children_are_walked_in_order)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    static const SpanType TYPES[] = {SPAN_NUMBER, SPAN_LIST, SPAN_OBJECT, SPAN_WORD};
    SpanTree tree;
    Err err = {0};
    size_t count = 0;
    ck_assert_ok(span_parse(arena, str_of(POD), &tree, &err), err);
    uint32_t list = span_get(&tree, 0, "list");
    for (uint32_t i = span_first(&tree, list); i; i = span_next(&tree, list, i))
        ck_assert_int_eq(tree.spans[i].type, (int)TYPES[count++]);
    ck_assert_uint_eq(count, 4);
}
END_TEST

static const struct {
    const char *text;
    Status status;
} BAD[] = {
    {"", ST_FORMAT},           {"{", ST_FORMAT},
    {"{\"a\"}", ST_FORMAT},    {"{\"a\":}", ST_FORMAT},
    {"[1,]", ST_FORMAT},       {"[,1]", ST_FORMAT},
    {"[1 2]", ST_FORMAT},      {"{} {}", ST_FORMAT},
    {"\"a", ST_FORMAT},        {"\"a\\\"", ST_FORMAT},
    {"nul", ST_FORMAT},        {"[1}", ST_FORMAT},
    {"{\"a\":1,}", ST_FORMAT}, {"\"a\nb\"", ST_FORMAT},
    {"{a:1}", ST_FORMAT},      {"{\"a\":1 \"b\":2}", ST_FORMAT},
};

START_TEST(malformed_text_is_refused)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    SpanTree tree;
    Err err = {0};
    ck_assert_msg(span_parse(arena, str_of(BAD[_i].text), &tree, &err) == BAD[_i].status, "%s",
                  BAD[_i].text);
}
END_TEST

START_TEST(every_prefix_of_a_text_is_refused)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    SpanTree tree;
    size_t whole = sizeof POD - 2;      /* without the blank at the end */
    for (size_t n = 0; n < whole; n++)
        ck_assert_status(span_parse(arena, (Str){POD, n}, &tree, NULL), ST_FORMAT);
}
END_TEST

START_TEST(depth_is_limited)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    char text[401];
    SpanTree tree;
    Err err = {0};
    for (size_t depth = 99; depth <= 101; depth++) {
        for (size_t i = 0; i < depth; i++) {
            text[i] = '[';
            text[2 * depth - 1 - i] = ']';
        }
        err_clear(&err);
        ck_assert_status(span_parse(arena, (Str){text, 2 * depth}, &tree, &err),
                         depth <= 100 ? ST_OK : ST_LIMIT);
    }
}
END_TEST

static const struct {
    const char *inside;
    const char *expected;     /* NULL: refused */
} STRINGS[] = {
    {"a\\u00e9b", "a\xc3\xa9"
                  "b"},
    {"\\ud83d\\ude00", "\xf0\x9f\x98\x80"},
    {"\\ud83dx", "\xef\xbf\xbdx"},
    {"\\\\\\/\\\"", "\\/\""},
    {"\\u12", NULL},
    {"\\x", NULL},
    {"\\", NULL},
    {"\\b\\f\\n\\r\\t", "\b\f\n\r\t"},
};

START_TEST(strings_are_decoded)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Str text = span_decode(arena, str_of(STRINGS[_i].inside));
    if (STRINGS[_i].expected)
        ck_assert_str_view(text, STRINGS[_i].expected);
    else
        ck_assert_ptr_null(text.p);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("span");
    TCase *tcase = tcase_create("span");
    tcase_add_test(tcase, values_are_found_by_path);
    tcase_add_test(tcase, children_are_walked_in_order);
    tcase_add_loop_test(tcase, malformed_text_is_refused, 0, (int)(sizeof BAD / sizeof *BAD));
    tcase_add_test(tcase, every_prefix_of_a_text_is_refused);
    tcase_add_test(tcase, depth_is_limited);
    tcase_add_loop_test(tcase, strings_are_decoded, 0, (int)(sizeof STRINGS / sizeof *STRINGS));
    suite_add_tcase(suite, tcase);
    return suite;
}
