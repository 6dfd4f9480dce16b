/* SPDX-License-Identifier: Apache-2.0 */
/* test_value.c -- values: equality and order on one number line, hashes, maps, text. */
#include "analyzer/query/value.h"
#include "tests/unit/runner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/yaml.h"

static Value
number(const char *text)
{
    size_t n = strlen(text);
    if (text[n - 1] == 'u')
        return value_uint(strtoull(text, NULL, 10));
    if (strpbrk(text, ".eN"))
        return value_double(strtod(text, NULL));
    return value_int(strtoll(text, NULL, 10));
}

/* In order; equal ones share a rank. */
static const struct {
    const char *text;
    int rank;
} LINE[] = {
    {"-1e300", 0},
    {"-9223372036854777856.0", 1},
    {"-9223372036854775808", 2}, {"-9223372036854775808.0", 2},
    {"-9223372036854775807", 3},
    {"-9007199254740993", 4},
    {"-9007199254740992", 5}, {"-9007199254740992.0", 5},
    {"-1.5", 6},
    {"-1", 7}, {"-1.0", 7},
    {"-0.5", 8},
    {"0", 9}, {"0u", 9}, {"0.0", 9}, {"-0.0", 9},
    {"5e-324", 10},
    {"1", 11}, {"1u", 11}, {"1.0", 11},
    {"1.5", 12},
    {"9007199254740992", 13}, {"9007199254740992u", 13}, {"9007199254740992.0", 13},
    {"9007199254740993", 14}, {"9007199254740993u", 14},
    {"9223372036854774784.0", 15},
    {"9223372036854775807", 16}, {"9223372036854775807u", 16},
    {"9223372036854775808u", 17}, {"9223372036854775808.0", 17},
    {"18446744073709549568.0", 18},
    {"18446744073709551615u", 19},
    {"18446744073709551616.0", 20},
    {"1e300", 21},
};
enum { LINE_COUNT = sizeof LINE / sizeof *LINE };

/* The largest number of a type and the double that it becomes: cel-spec's tests have them
 * equal, though the line would not. */
static const char *const ENDS[][2] = {
    {"9223372036854775807", "9223372036854775808.0"},
    {"18446744073709551615u", "18446744073709551616.0"},
};

static bool
are_ends(const char *a, const char *b)
{
    for (size_t i = 0; i < sizeof ENDS / sizeof *ENDS; i++)
        if ((strcmp(ENDS[i][0], a) == 0 && strcmp(ENDS[i][1], b) == 0) ||
            (strcmp(ENDS[i][0], b) == 0 && strcmp(ENDS[i][1], a) == 0))
            return true;
    return false;
}

START_TEST(numbers_lie_on_one_line)
{
    Value a = number(LINE[_i].text);
    for (size_t i = 0; i < LINE_COUNT; i++) {
        Value b = number(LINE[i].text);
        int expected = (LINE[_i].rank > LINE[i].rank) - (LINE[_i].rank < LINE[i].rank);
        if (are_ends(LINE[_i].text, LINE[i].text))
            expected = 0;
        int order = 5;
        uint64_t hash_a = 1;
        uint64_t hash_b = 2;
        ck_assert(value_compare(a, b, &order));
        ck_assert_msg(order == expected, "%s %s: %d", LINE[_i].text, LINE[i].text, order);
        ck_assert(value_equals(a, b).boolean == (expected == 0));
        ck_assert(value_hash(a, &hash_a) && value_hash(b, &hash_b));
        ck_assert_msg(expected != 0 || hash_a == hash_b, "%s %s", LINE[_i].text, LINE[i].text);
    }
    int order = 0;
    ck_assert(!value_compare(a, value_double(NAN), &order));
    ck_assert(!value_equals(value_double(NAN), value_double(NAN)).boolean);
    ck_assert(!value_compare(a, value_string(STR("1")), &order));
    ck_assert(!value_equals(a, value_string(STR("1"))).boolean);
    ck_assert(!value_equals(a, value_null()).boolean);
    ck_assert(!value_equals(a, value_bool(true)).boolean);
}
END_TEST

START_TEST(maps_find_their_keys)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    for (size_t count = 0; count < 100; count += 11) {
        ValueEntry *entries = ARENA_ARRAY(arena, ValueEntry, count);
        for (size_t i = 0; i < count; i++) {
            entries[i].key = i % 2 ? value_int((int64_t)i)
                                   : value_string(arena_strf(arena, "k%zu", i));
            entries[i].value = value_int((int64_t)i);
        }
        Value map = value_map(arena, entries, count, NULL);
        for (size_t i = 0; i < 100; i++) {
            Value found = value_null();
            Value key = i % 2 ? value_double((double)i)
                              : value_string(arena_strf(arena, "k%zu", i));
            ck_assert(value_find_key(map, key, &found) == (i < count));
            ck_assert(i >= count || found.integer == (int64_t)i);
        }
        Value found;
        ck_assert(!value_find_key(map, value_double(0.5), &found));
        ck_assert(!value_find_key(map, value_list(arena, NULL, 0, NULL), &found));
        ck_assert(!value_field(value_int(1), STR("a"), &found));
    }
}
END_TEST

START_TEST(documents_are_viewed_not_copied)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    const Node *root = NULL;
    ck_assert_int_eq(yaml_parse_one(arena, STR("{a: [1, x, 2.5, null, true], b: {c: d}}"), NULL,
                                    &root, NULL),
                     ST_OK);
    Origin origin = {.member = STR("m"), .root = root};
    Value map = value_of_node(root, &origin);
    Value list;
    ck_assert_uint_eq(value_count(map), 2);
    ck_assert(value_field(map, STR("a"), &list));
    ck_assert_uint_eq(value_count(list), 5);
    ck_assert_int_eq(value_item(list, 0).integer, 1);
    ck_assert_int_eq(value_item(list, 3).type, VALUE_NULL);
    ck_assert_ptr_eq(value_item(list, 1).origin, &origin);
    ck_assert_ptr_eq(value_item(list, 1).source, &list.node->items[1]);
    Value items[] = {value_int(1), value_string(STR("x")), value_double(2.5), value_null(),
                     value_bool(true)};
    ck_assert(value_equals(list, value_list(arena, items, 5, NULL)).boolean);
    ck_assert(!value_equals(list, value_list(arena, items, 4, NULL)).boolean);
}
END_TEST

START_TEST(what_is_selected_inherits_its_origin)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Origin whole = {.member = STR("whole")};
    Origin part = {.member = STR("part")};
    Value own = value_int(2);
    own.origin = &part;
    ValueField fields[] = {{"a", value_int(1)}, {"b", own}};
    Value record = value_record(arena, fields, 2, &whole);
    Value v;
    ck_assert(value_field(record, STR("a"), &v));
    ck_assert_ptr_eq(v.origin, &whole);
    ck_assert(value_field(record, STR("b"), &v));
    ck_assert_ptr_eq(v.origin, &part);
}
END_TEST

START_TEST(values_have_texts)
{
    static const Gap CUT = {.evidence = STR_INIT("cut")};
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Value *one = ARENA_NEW(arena, Value);
    *one = value_string(STR("a\n\"b\""));
    ValueField fields[] = {{"k", *one}, {"n", value_null()}, {"u", value_unknown(&CUT)}};
    struct {
        Value value;
        const char *text;
        const char *json;
    } rows[] = {
        {value_null(), "null", "null"},
        {value_bool(true), "true", "true"},
        {value_int(INT64_MIN), "-9223372036854775808", "-9223372036854775808"},
        {value_uint(UINT64_MAX), "18446744073709551615", "18446744073709551615"},
        {value_double(0.1), "0.1", "0.1"},
        {value_double(1234567), "1234567", "1234567"},
        {value_double(-1.5e-9), "-1.5e-9", "-1.5e-9"},
        {value_double(1e300), "1e+300", "1e+300"},
        {value_double(0.3 - 0.1), "0.19999999999999998", "0.19999999999999998"},
        {value_double(NAN), "NaN", "\"NaN\""},
        {value_double(-INFINITY), "-Infinity", "\"-Infinity\""},
        {*one, "a\n\"b\"", "\"a\\n\\\"b\\\"\""},
        {value_bytes(STR("\xff")), "/w==", "\"/w==\""},
        {value_type("int"), "int", "\"int\""},
        {value_timestamp(-1, 500000000), "1969-12-31T23:59:59.5Z", "\"1969-12-31T23:59:59.5Z\""},
        {value_duration(-1500000000), "-1.5s", "\"-1.5s\""},
        {value_duration(INT64_MIN), "-9223372036.854775808s", "\"-9223372036.854775808s\""},
        {value_optional(NULL), "null", "null"},
        {value_optional(one), "a\n\"b\"", "\"a\\n\\\"b\\\"\""},
        {value_list(arena, one, 1, NULL), "[\"a\\n\\\"b\\\"\"]", "[\"a\\n\\\"b\\\"\"]"},
        {value_list(arena, one, 1, &CUT), "[\"a\\n\\\"b\\\"\",...]", "[\"a\\n\\\"b\\\"\"]"},
        {value_list(arena, one, 0, &CUT), "[...]", "[]"},
        {value_record(arena, fields, 3, NULL), "{\"k\":\"a\\n\\\"b\\\"\",\"n\":null,\"u\":null}",
         "{\"k\":\"a\\n\\\"b\\\"\",\"n\":null,\"u\":null}"},
        {value_unknown(&CUT), "(unknown)", "null"},
        {value_error(arena, "x"), "(unknown)", "null"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(buf_done) Buf text = BUF_INIT(1000);
        CLEANUP(buf_done) Buf json = BUF_INIT(1000);
        value_write_text(rows[i].value, &text);
        value_write_json(rows[i].value, &json);
        ck_assert_str_eq(text.data, rows[i].text);
        ck_assert_str_eq(json.data, rows[i].json);
    }
}
END_TEST

START_TEST(comparing_ends)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Value v[2] = {value_int(1), value_int(1)};
    /* 2^40 elements, in 40 lists. */
    for (int depth = 0; depth < 40; depth++) {
        Value *items = ARENA_ARRAY(arena, Value, 4);
        for (size_t i = 0; i < 4; i++)
            items[i] = v[i / 2];
        v[0] = value_list(arena, items, 2, NULL);
        v[1] = value_list(arena, items + 2, 2, NULL);
    }
    Value same = value_equals(v[0], v[1]);
    ck_assert(same.type == VALUE_ERROR && same.error->limit);
    CLEANUP(buf_done) Buf out = BUF_INIT(10000);
    value_write_json(v[0], &out);
    ck_assert_int_eq(out.failed, ST_LIMIT);
}
END_TEST

START_TEST(no_memory_is_an_error_value)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(0);
    ck_assert(value_list(arena, NULL, 0, NULL).error->limit);
    ck_assert(value_map(arena, NULL, 0, NULL).error->limit);
    ck_assert(value_error(arena, "x").error->limit);
    ck_assert(value_missing(arena, "e", STR("r"), STR("c"), STR("")).error->limit);
    ValueField field = {"a", value_null()};
    ck_assert(value_record(arena, &field, 1, NULL).error->limit);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("value");
    TCase *tcase = tcase_create("value");
    tcase_add_loop_test(tcase, numbers_lie_on_one_line, 0, LINE_COUNT);
    tcase_add_test(tcase, maps_find_their_keys);
    tcase_add_test(tcase, documents_are_viewed_not_copied);
    tcase_add_test(tcase, what_is_selected_inherits_its_origin);
    tcase_add_test(tcase, values_have_texts);
    tcase_add_test(tcase, comparing_ends);
    tcase_add_test(tcase, no_memory_is_an_error_value);
    suite_add_tcase(suite, tcase);
    return suite;
}
