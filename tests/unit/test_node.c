/* SPDX-License-Identifier: Apache-2.0 */
/* test_node.c -- one tree type for JSON and YAML documents. */
#include "base/node.h"
#include "tests/unit/runner.h"

#include <math.h>

static const Node STRINGS[] = {
    {.type = NODE_STRING, .string = STR_INIT("a\"b\\c\n\x01\xc3\xa4\xff")},
    {.type = NODE_STRING, .string = STR_INIT("")},
};
static const NodePair INNER[] = {
    {.key = STR_INIT("a/b~c"), .value = {.type = NODE_INT, .integer = INT64_MIN}},
    {.key = STR_INIT(""), .value = {.type = NODE_DOUBLE, .number = 0.1}},
    {.key = STR_INIT("none"), .value = {.type = NODE_NULL}},
};
static const Node MIXED[] = {
    {.type = NODE_BOOL, .boolean = true},
    {.type = NODE_MAP, .count = 3, .pairs = INNER},
    {.type = NODE_LIST},
    {.type = NODE_BOOL},
};
static const NodePair OUTER[] = {
    {.key = STR_INIT("strings"), .value = {.type = NODE_LIST, .count = 2, .items = STRINGS}},
    {.key = STR_INIT("mixed"), .value = {.type = NODE_LIST, .count = 4, .items = MIXED}},
    {.key = STR_INIT("empty"), .value = {.type = NODE_MAP}},
    {.key = STR_INIT("deep"), .value = {.type = NODE_MAP, .count = 3, .pairs = INNER}},
};
static const Node ROOT = {.type = NODE_MAP, .count = 4, .pairs = OUTER};

START_TEST(lookups)
{
    ck_assert_ptr_eq(node_get(&ROOT, STR("mixed")), &OUTER[1].value);
    ck_assert_ptr_eq(node_pair(&ROOT, STR("mixed")), &OUTER[1]);
    ck_assert_ptr_null(node_get(&ROOT, STR("absent")));
    ck_assert_ptr_null(node_get(NULL, STR("a")));
    ck_assert_ptr_null(node_get(&STRINGS[0], STR("a")));
    ck_assert_ptr_eq(node_path(&ROOT, "deep.none"), &INNER[2].value);
    ck_assert_ptr_null(node_path(&ROOT, "deep.none.x"));
    ck_assert_ptr_null(node_path(NULL, "deep"));
    ck_assert_str_view(node_string(&STRINGS[1]), "");
    ck_assert_str_view(node_string(NULL), "");
    ck_assert_str_view(node_string(&ROOT), "");
    ck_assert(node_is(&ROOT, NODE_MAP) && !node_is(NULL, NODE_MAP) && !node_is(&ROOT, NODE_LIST));
    ck_assert_str_eq(node_type_name(NODE_MAP), "map");
    ck_assert_str_eq(node_type_name((NodeType)99), "unknown");
}
END_TEST

static const struct {
    const Node *node;
    const char *pointer;
} POINTERS[] = {
    {&ROOT, ""},
    {&OUTER[0].value, "/strings"},
    {&STRINGS[1], "/strings/1"},
    {&MIXED[3], "/mixed/3"},
    {&OUTER[2].value, "/empty"},
};

START_TEST(pointers_go_there_and_back)
{
    CLEANUP(buf_done) Buf buf = BUF_INIT(1000);
    ck_assert(node_pointer(&ROOT, POINTERS[_i].node, &buf));
    ck_assert_str_view(buf_str(&buf), POINTERS[_i].pointer);
    ck_assert_ptr_eq(node_at_pointer(&ROOT, buf_str(&buf)), POINTERS[_i].node);
}
END_TEST

START_TEST(pointers_escape_keys)
{
    CLEANUP(buf_done) Buf buf = BUF_INIT(1000);
    /* A node that hangs in two places is named by the first. */
    ck_assert(node_pointer(&ROOT, &INNER[0].value, &buf));
    ck_assert_str_view(buf_str(&buf), "/mixed/1/a~1b~0c");
    ck_assert_ptr_eq(node_at_pointer(&ROOT, STR("/deep/a~1b~0c")), &INNER[0].value);
    ck_assert_ptr_eq(node_at_pointer(&ROOT, STR("/deep/")), &INNER[1].value);
}
END_TEST

static const char *const NOWHERE[] = {
    "strings", "/strings/2", "/strings/01", "/strings/-1", "/strings/-", "/strings/+1",
    "/absent", "/strings/0/x", "/deep/a~1b~2c", "/deep/a~1b~", "/deep/a~1b~0cd", "/deep/a~1b",
    "/", "/strings/99999999999999999999",
};

START_TEST(pointers_to_nothing)
{
    ck_assert_ptr_null(node_at_pointer(&ROOT, str_of(NOWHERE[_i])));
}
END_TEST

START_TEST(a_foreign_node_has_no_pointer)
{
    CLEANUP(buf_done) Buf buf = BUF_INIT(1000);
    Node foreign = {.type = NODE_NULL};
    ck_assert(!node_pointer(&ROOT, &foreign, &buf));
    ck_assert(!node_pointer(NULL, &foreign, &buf));
    ck_assert(!node_pointer(&ROOT, NULL, &buf));
    ck_assert_uint_eq(buf.n, 0);
    ck_assert_ptr_null(node_at_pointer(NULL, STR("/a")));
}
END_TEST

START_TEST(json_is_compact)
{
    CLEANUP(buf_done) Buf buf = BUF_INIT(1000);
    node_write_json(&ROOT, 0, &buf);
    ck_assert_str_view(buf_str(&buf),
                       "{\"strings\":[\"a\\\"b\\\\c\\n\\u0001\xc3\xa4\xef\xbf\xbd\",\"\"],"
                       "\"mixed\":[true,{\"a/b~c\":-9223372036854775808,\"\":0.1,\"none\":null},"
                       "[],false],\"empty\":{},"
                       "\"deep\":{\"a/b~c\":-9223372036854775808,\"\":0.1,\"none\":null}}");
}
END_TEST

START_TEST(json_is_indented)
{
    CLEANUP(buf_done) Buf buf = BUF_INIT(1000);
    node_write_json(&MIXED[1], 2, &buf);
    ck_assert_str_view(buf_str(&buf), "{\n  \"a/b~c\": -9223372036854775808,\n"
                                      "  \"\": 0.1,\n  \"none\": null\n}");
    buf_clear(&buf);
    Node nothing = {.type = NODE_DOUBLE, .number = NAN};
    node_write_json(&nothing, 2, &buf);
    ck_assert_str_view(buf_str(&buf), "null");
}
END_TEST

START_TEST(a_bottomless_tree_is_refused)
{
    static Node chain[1000];
    for (size_t i = 0; i < 999; i++)
        chain[i] = (Node){.type = NODE_LIST, .count = 1, .items = &chain[i + 1]};
    CLEANUP(buf_done) Buf buf = BUF_INIT(100000);
    node_write_json(&chain[0], 0, &buf);
    ck_assert_status(buf_status(&buf, NULL), ST_LIMIT);
    buf_clear(&buf);
    ck_assert(!node_pointer(&chain[0], &chain[999], &buf));
    ck_assert(node_pointer(&chain[0], &chain[200], &buf));
    ck_assert_uint_eq(buf.n, 400);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("node");
    TCase *tcase = tcase_create("node");
    tcase_add_test(tcase, lookups);
    tcase_add_loop_test(tcase, pointers_go_there_and_back, 0,
                        (int)(sizeof POINTERS / sizeof *POINTERS));
    tcase_add_test(tcase, pointers_escape_keys);
    tcase_add_loop_test(tcase, pointers_to_nothing, 0,
                        (int)(sizeof NOWHERE / sizeof *NOWHERE));
    tcase_add_test(tcase, a_foreign_node_has_no_pointer);
    tcase_add_test(tcase, json_is_compact);
    tcase_add_test(tcase, json_is_indented);
    tcase_add_test(tcase, a_bottomless_tree_is_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
