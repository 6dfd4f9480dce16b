/* SPDX-License-Identifier: Apache-2.0 */
/* test_cursor.c -- walking through a JSON text without a tree. */
#include "base/buf.h"
#include "base/limits.h"
#include "bundle/cursor.h"
#include "tests/unit/runner.h"

#include <string.h>

static const struct {
    Str text;
    Status status;
} VALUES[] = {
    {STR_INIT("{}"), ST_OK},
    {STR_INIT(" [ ] "), ST_OK},
    {STR_INIT("[1,2,[3,{\"a\":[]}],{\"b\":null}]"), ST_OK},
    {STR_INIT("{\"a\":{\"b\":{\"c\":[true,false,null,-1.5e+10,\"x\\u00e9\"]}},\"d\":0}"), ST_OK},
    {STR_INIT("-0"), ST_OK},
    {STR_INIT("0.5E-3"), ST_OK},
    {STR_INIT("\"\\\"\\\\\""), ST_OK},
    {STR_INIT(""), ST_FORMAT},
    {STR_INIT("["), ST_FORMAT},
    {STR_INIT("]"), ST_FORMAT},
    {STR_INIT("[1,]"), ST_FORMAT},
    {STR_INIT("[,1]"), ST_FORMAT},
    {STR_INIT("[1 2]"), ST_FORMAT},
    {STR_INIT("{\"a\"}"), ST_FORMAT},
    {STR_INIT("{\"a\":}"), ST_FORMAT},
    {STR_INIT("{\"a\":1,}"), ST_FORMAT},
    {STR_INIT("{a:1}"), ST_FORMAT},
    {STR_INIT("{1:1}"), ST_FORMAT},
    {STR_INIT("[1}"), ST_FORMAT},
    {STR_INIT("{} {}"), ST_FORMAT},
    {STR_INIT("01"), ST_FORMAT},
    {STR_INIT("1."), ST_FORMAT},
    {STR_INIT(".5"), ST_FORMAT},
    {STR_INIT("1e"), ST_FORMAT},
    {STR_INIT("+1"), ST_FORMAT},
    {STR_INIT("-"), ST_FORMAT},
    {STR_INIT("nul"), ST_FORMAT},
    {STR_INIT("True"), ST_FORMAT},
    {STR_INIT("NaN"), ST_FORMAT},
    {STR_INIT("\"a"), ST_FORMAT},
    {STR_INIT("\"a\\"), ST_FORMAT},
    {STR_INIT("\"a\nb\""), ST_FORMAT},
    {STR_INIT("\"\377\""), ST_FORMAT},
    {STR_INIT("[1\0]"), ST_FORMAT},
    {STR_INIT("\0"), ST_FORMAT},
    {STR_INIT("\357\273\277{}"), ST_FORMAT},
};

START_TEST(values_are_skipped_or_refused)
{
    Cursor cursor = cursor_of(VALUES[_i].text, "x.json");
    Err err = {0};
    Status status = cursor_skip(&cursor, &err);
    if (status == ST_OK)
        status = cursor_end(&cursor, &err);
    ck_assert_msg(status == VALUES[_i].status, "'%.*s': got %s", STR_ARG(VALUES[_i].text),
                  status_name(status));
}
END_TEST

START_TEST(depth_is_limited)
{
    for (int way = 0; way < 2; way++) {
        CLEANUP(buf_done) Buf text = BUF_INIT(1 << 20);
        uint64_t depth = LIMIT_JSON_DEPTH + (uint64_t)way;
        for (uint64_t i = 0; i < depth; i++)
            buf_adds(&text, "[");
        for (uint64_t i = 0; i < depth; i++)
            buf_adds(&text, "]");
        Cursor cursor = cursor_of(buf_str(&text), "x.json");
        ck_assert_int_eq(cursor_skip(&cursor, NULL), way ? ST_LIMIT : ST_OK);
    }
}
END_TEST

static const struct {
    Str text;
    const char *value;      /* NULL: refused */
} STRINGS[] = {
    {STR_INIT("\"\""), ""},
    {STR_INIT("\"plain\""), "plain"},
    {STR_INIT("\"a\\\"\\\\\\/\\b\\f\\n\\r\\tz\""), "a\"\\/\b\f\n\r\tz"},
    {STR_INIT("\"\\u0041\\u00e9\\u20AC\""), "A\303\251\342\202\254"},
    {STR_INIT("\"\\ud83d\\ude00\""), "\360\237\230\200"},
    {STR_INIT("\"\\ud83d\""), NULL},
    {STR_INIT("\"\\ud83dx\""), NULL},
    {STR_INIT("\"\\ud83d\\u0041\""), NULL},
    {STR_INIT("\"\\ude00\""), NULL},
    {STR_INIT("\"\\u12\""), NULL},
    {STR_INIT("\"\\u12g4\""), NULL},
    {STR_INIT("\"\\x41\""), NULL},
    {STR_INIT("\"\\\0\""), NULL},
    {STR_INIT("\"\300\200\""), NULL},
    {STR_INIT("1"), NULL},
};

START_TEST(strings_are_read)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Cursor cursor = cursor_of(STRINGS[_i].text, "x.json");
    Str value = STR("untouched");
    Status status = cursor_string(&cursor, arena, &value, NULL);
    ck_assert_int_eq(status, STRINGS[_i].value ? ST_OK : ST_FORMAT);
    ck_assert_str_view(value, STRINGS[_i].value ? STRINGS[_i].value : "untouched");
}
END_TEST

START_TEST(numbers_are_whole_and_in_range)
{
    uint64_t number = 7;
    int64_t with_sign = 7;
    static const char *const BAD[] = {"-1", "1.0", "1e3", "18446744073709551616", "\"1\"", "x"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        Cursor cursor = cursor_of(str_of(BAD[i]), "x.json");
        ck_assert_int_eq(cursor_u64(&cursor, &number, NULL), ST_FORMAT);
        ck_assert_uint_eq(number, 7);
    }
    Cursor cursor = cursor_of(STR(" 18446744073709551615"), "x.json");
    ck_assert_int_eq(cursor_u64(&cursor, &number, NULL), ST_OK);
    ck_assert_uint_eq(number, UINT64_MAX);
    cursor = cursor_of(STR("-9223372036854775808"), "x.json");
    ck_assert_int_eq(cursor_i64(&cursor, &with_sign, NULL), ST_OK);
    ck_assert_int_eq(with_sign, INT64_MIN);
}
END_TEST

START_TEST(maps_and_lists_are_walked)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Cursor cursor = cursor_of(STR("{\"a\":[1,2,3],\n\"b\":{},\"c\":true}"), "x.json");
    Err err = {0};
    Str key;
    bool more;
    uint64_t sum = 0;
    ck_assert_ok(cursor_enter(&cursor, '{', &err), err);
    ck_assert_ok(cursor_key(&cursor, arena, &more, &key, &err), err);
    ck_assert_str_view(key, "a");
    ck_assert_ok(cursor_enter(&cursor, '[', &err), err);
    for (;;) {
        uint64_t number;
        ck_assert_ok(cursor_item(&cursor, &more, &err), err);
        if (!more)
            break;
        ck_assert_ok(cursor_u64(&cursor, &number, &err), err);
        sum += number;
    }
    ck_assert_uint_eq(sum, 6);
    ck_assert_ok(cursor_key(&cursor, arena, &more, &key, &err), err);
    ck_assert_str_view(key, "b");
    ck_assert_ok(cursor_skip(&cursor, &err), err);
    ck_assert_ok(cursor_key(&cursor, arena, &more, &key, &err), err);
    ck_assert_ok(cursor_bool(&cursor, &more, &err), err);
    ck_assert_ok(cursor_key(&cursor, arena, &more, &key, &err), err);
    ck_assert(!more);
    ck_assert_ok(cursor_end(&cursor, &err), err);
}
END_TEST

START_TEST(an_error_names_file_and_line)
{
    Cursor cursor = cursor_of(STR("[1,\n2,\nx]"), "x.json");
    Err err = {0};
    ck_assert_int_eq(cursor_skip(&cursor, &err), ST_FORMAT);
    ck_assert_str_eq(err.file, "x.json");
    ck_assert_uint_eq(err.line, 3);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("cursor");
    TCase *tcase = tcase_create("cursor");
    tcase_add_loop_test(tcase, values_are_skipped_or_refused, 0,
                        (int)(sizeof VALUES / sizeof VALUES[0]));
    tcase_add_test(tcase, depth_is_limited);
    tcase_add_loop_test(tcase, strings_are_read, 0, (int)(sizeof STRINGS / sizeof STRINGS[0]));
    tcase_add_test(tcase, numbers_are_whole_and_in_range);
    tcase_add_test(tcase, maps_and_lists_are_walked);
    tcase_add_test(tcase, an_error_names_file_and_line);
    suite_add_tcase(suite, tcase);
    return suite;
}
