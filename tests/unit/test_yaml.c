/* SPDX-License-Identifier: Apache-2.0 */
/* test_yaml.c -- YAML text to Node trees: what is read, and what is refused. */
#include "base/limits.h"
#include "base/timestamp.h"
#include "base/yaml.h"
#include "tests/unit/runner.h"

#include <string.h>

#define MIB ((size_t)1 << 20)

/* Parses, and writes all documents as JSON, one a line. */
static Status
to_json(Str text, Buf *out, Err *err)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    YamlStream stream = {0};
    TRY(yaml_parse(arena, text, "f.yaml", &stream, err));
    for (size_t i = 0; i < stream.count; i++) {
        node_write_json(stream.documents[i], 0, out);
        buf_addc(out, '\n');
    }
    return buf_status(out, err);
}

static const struct {
    const char *yaml;
    const char *json;
} SCALARS[] = {
    {"true", "true"},
    {"False", "false"},
    {"TRUE", "true"},
    {"tRUE", "\"tRUE\""},
    {"null", "null"},
    {"~", "null"},
    {"no", "\"no\""},
    {"No", "\"No\""},
    {"yes", "\"yes\""},
    {"on", "\"on\""},
    {"off", "\"off\""},
    {"y", "\"y\""},
    {"0", "0"},
    {"-0", "0"},
    {"-12", "-12"},
    {"1.10", "1.1"},
    {"1.", "1"},
    {"-2.5e-3", "-0.0025"},
    {"1e3", "1000"},
    {"1E+3", "1000"},
    {"1e", "\"1e\""},
    {"1e+", "\"1e+\""},
    {"1.2.3", "\"1.2.3\""},
    {"0o7", "\"0o7\""},
    {"007", "\"007\""},
    {"0644", "\"0644\""},
    {"0x1f", "\"0x1f\""},
    {"0b1", "\"0b1\""},
    {"+1", "\"+1\""},
    {".5", "\".5\""},
    {"1_000", "\"1_000\""},
    {".inf", "\".inf\""},
    {"-.INF", "\"-.INF\""},
    {".nan", "\".nan\""},
    {"inf", "\"inf\""},
    {"nan", "\"nan\""},
    {"12:30", "\"12:30\""},
    {"2018-06-01", "\"2018-06-01\""},
    {"2018-06-01T00:00:00Z", "\"2018-06-01T00:00:00Z\""},
    {"9223372036854775807", "9223372036854775807"},
    {"-9223372036854775808", "-9223372036854775808"},
    {"9223372036854775808", "9.223372036854776e+18"},
    {"'1'", "\"1\""},
    {"\"true\"", "\"true\""},
    {"''", "\"\""},
    {"\"a\\tb\\u00e4\\0\"", "\"a\\tb\xc3\xa4\\u0000\""},
    {"!!str 1", "\"1\""},
    {"! 1", "\"1\""},
    {"!!str", "\"\""},
    {"!!int 5", "5"},
    {"!!int '5'", "5"},
    {"!!float 5", "5"},
    {"!!float 5.5", "5.5"},
    {"!!bool true", "true"},
    {"!!null ~", "null"},
    {"!!seq [1]", "[1]"},
    {"!!map {a: 1}", "{\"a\":1}"},
    {"a plain text", "\"a plain text\""},
    {"|\n  one\n   two\n\n", "\"one\\n two\\n\""},
    {"|-\n  one\n", "\"one\""},
    {"|+\n  one\n\n", "\"one\\n\\n\""},
    {">\n  one\n  two\n\n  three\n", "\"one two\\nthree\\n\""},
    {"|2\n    one\n", "\"  one\\n\""},
};

START_TEST(scalars_are_typed_as_json)
{
    CLEANUP(buf_done) Buf in = BUF_INIT(1000);
    CLEANUP(buf_done) Buf out = BUF_INIT(1000);
    CLEANUP(buf_done) Buf expected = BUF_INIT(1000);
    Err err = {0};
    buf_printf(&in, "k: %s", SCALARS[_i].yaml);
    buf_printf(&expected, "{\"k\":%s}\n", SCALARS[_i].json);
    ck_assert_ok(to_json(buf_str(&in), &out, &err), err);
    ck_assert_str_view(buf_str(&out), expected.data);
}
END_TEST

static const struct {
    const char *yaml;
    const char *json;    /* a line a document */
} DOCUMENTS[] = {
    {"", ""},
    {"# only a comment\n", ""},
    {"---\n", "null\n"},
    {"---\n---\na: 1\n...\n", "null\n{\"a\":1}\n"},
    {"a: 1\n---\nb: 2\n", "{\"a\":1}\n{\"b\":2}\n"},
    {"%YAML 1.2\n---\na: 1\n", "{\"a\":1}\n"},
    {"%YAML 1.1\n---\na\n...\n%YAML 1.2\n---\nb\n", "\"a\"\n\"b\"\n"},
    {"\xef\xbb\xbf" "a: 1\n", "{\"a\":1}\n"},
    {"a: 1\r\nb:\r\n- x\r\n", "{\"a\":1,\"b\":[\"x\"]}\n"},
    {"[]", "[]\n"},
    {"{}", "{}\n"},
    {"[a, [b, {c: d}], e]", "[\"a\",[\"b\",{\"c\":\"d\"}],\"e\"]\n"},
    {"- a\n-\n- - b\n  - c\n- k: v\n  l: w\n",
     "[\"a\",null,[\"b\",\"c\"],{\"k\":\"v\",\"l\":\"w\"}]\n"},
    {"1: a\ntrue: b\n1.50: c\n'': d\n", "{\"1\":\"a\",\"true\":\"b\",\"1.50\":\"c\",\"\":\"d\"}\n"},
    {"!!str 1: a\n", "{\"1\":\"a\"}\n"},
    {"a:\nb:\n", "{\"a\":null,\"b\":null}\n"},
    {"? a\n: 1\n", "{\"a\":1}\n"},
    {"'<<': 1\n", "{\"<<\":1}\n"},
    {"a: 100%\nb: ' %'\n", "{\"a\":\"100%\",\"b\":\" %\"}\n"},
    {"a: {x: 1, y: 2}\nb: {x: 3}\n", "{\"a\":{\"x\":1,\"y\":2},\"b\":{\"x\":3}}\n"},
    {"{\"json\": [1, 2.5, null, true, \"\\u00e4\"]}",
     "{\"json\":[1,2.5,null,true,\"\xc3\xa4\"]}\n"},
};

START_TEST(documents_are_read)
{
    CLEANUP(buf_done) Buf out = BUF_INIT(1000);
    Err err = {0};
    ck_assert_ok(to_json(str_of(DOCUMENTS[_i].yaml), &out, &err), err);
    ck_assert_str_view(buf_str(&out), DOCUMENTS[_i].json);
}
END_TEST

static const struct {
    Str yaml;
    const char *error;
} REFUSED[] = {
    {STR_INIT("a: &x [*x]"), "f.yaml:1:4: anchors are not supported"},
    {STR_INIT("a: &x 1"), "f.yaml:1:4: anchors are not supported"},
    {STR_INIT("a: &x {}"), "f.yaml:1:4: anchors are not supported"},
    {STR_INIT("&x a: 1"), "f.yaml:1:1: anchors are not supported"},
    {STR_INIT("a: 1\nb: *x\n"), "f.yaml:2:4: aliases are not supported"},
    {STR_INIT("*x : 1\n"), "f.yaml:1:1: aliases are not supported"},
    {STR_INIT("a: {}\n<<: {b: 1}\n"), "f.yaml:2:1: merge keys are not supported"},
    {STR_INIT("a: 1\nb: 2\na: 3\n"), "f.yaml:3:1: key 'a' is there already, at line 1"},
    {STR_INIT("1: a\n'1': b\n"), "f.yaml:2:1: key '1' is there already, at line 1"},
    {STR_INIT("[a]: 1"), "f.yaml:1:1: a key must be a scalar"},
    {STR_INIT("? {a: 1}\n: 1"), "f.yaml:1:3: a key must be a scalar"},
    {STR_INIT("?\n: 1"), "f.yaml:1:2: a key is missing"},
    {STR_INIT(": 1"), "f.yaml:1:1: did not find expected key while parsing a block mapping, "
                      "which begins at line 1"},
    {STR_INIT("a: !!python/object x"),
     "f.yaml:1:4: tag 'tag:yaml.org,2002:python/object' is not supported"},
    {STR_INIT("a: !local x"), "f.yaml:1:4: tag '!local' is not supported"},
    {STR_INIT("!local a: x"), "f.yaml:1:1: tag '!local' is not supported"},
    {STR_INIT("a: !!binary aGk="),
     "f.yaml:1:4: tag 'tag:yaml.org,2002:binary' is not supported"},
    {STR_INIT("a: !!set {b}"), "f.yaml:1:4: tag 'tag:yaml.org,2002:set' is not supported"},
    {STR_INIT("a: !!map [b]"), "f.yaml:1:4: tag 'tag:yaml.org,2002:map' is not supported"},
    {STR_INIT("a: !!int b"), "f.yaml:1:4: 'b' is not what its tag 'tag:yaml.org,2002:int' says"},
    {STR_INIT("a: !!int 1e999"), "f.yaml:1:4: number '1e999' is out of range"},
    {STR_INIT("a: -1e999"), "f.yaml:1:4: number '-1e999' is out of range"},
    {STR_INIT("%TAG !a! tag:x\n---\na: 1"),
     "f.yaml:1:1: a line must not begin with '%'; of the directives only %YAML 1.x is supported"},
    {STR_INIT("a\r%TAG !a! x\r---\r"),
     "f.yaml:1:3: a line must not begin with '%'; of the directives only %YAML 1.x is supported"},
    {STR_INIT("a\xc2\x85%X"),
     "f.yaml:1:3: a line must not begin with '%'; of the directives only %YAML 1.x is supported"},
    {STR_INIT("%YAML 9.9\n---\na"),
     "f.yaml:1:1: a line must not begin with '%'; of the directives only %YAML 1.x is supported"},
    {STR_INIT("%YAML 1.9\n---\na"), "f.yaml:1:1: found incompatible YAML document"},
    {STR_INIT("a:\n\tb: 1\n"), "f.yaml:2:1: a tab cannot indent YAML; use spaces"},
    {STR_INIT("a: 1\nb\xc3\xa4: \xff\n"), "f.yaml:2:5: invalid UTF-8"},
    {STR_INIT("\xff\xfe" "a\0"), "f.yaml:1:1: invalid UTF-8"},
    {STR_INIT("a: 1\nb: \x01"), "f.yaml:2:4: control characters are not allowed"},
    {STR_INIT("a: \0"), "f.yaml:1:4: control characters are not allowed"},
    {STR_INIT("a: 'b\n"), "f.yaml:2:1: found unexpected end of stream while scanning a quoted "
                          "scalar, which begins at line 1"},
    {STR_INIT("a: b: c\n"), "f.yaml:1:5: mapping values are not allowed in this context"},
    {STR_INIT("a: [1, 2\nb: 3\n"), "f.yaml:2:2: did not find expected ',' or ']' while parsing a "
                                   "flow sequence, which begins at line 1"},
    {STR_INIT("a: @b"), "f.yaml:1:4: found character that cannot start any token while scanning "
                        "for the next token, which begins at line 1"},
};

START_TEST(refusals_say_what_and_where)
{
    CLEANUP(buf_done) Buf out = BUF_INIT(1000);
    Err err = {0};
    char text[1000];
    ck_assert_status(to_json(REFUSED[_i].yaml, &out, &err), ST_FORMAT);
    err_format(&err, text, sizeof text);
    ck_assert_str_eq(text, REFUSED[_i].error);
}
END_TEST

/* count times the unit, between before and after. */
static Str
repeat(Buf *buf, const char *before, const char *unit, size_t count, const char *after)
{
    buf_clear(buf);
    buf_adds(buf, before);
    for (size_t i = 0; i < count; i++)
        buf_adds(buf, unit);
    buf_adds(buf, after);
    return buf_str(buf);
}

static const char *const NESTS[] = {"[", "{a: ", "{", "- ", "? ", "[[],", "- [", "a: {? "};

START_TEST(nesting_is_refused_at_once)
{
    CLEANUP(buf_done) Buf buf = BUF_INIT(SIZE_MAX);
    CLEANUP(buf_done) Buf out = BUF_INIT(MIB);
    Str text = repeat(&buf, "", NESTS[_i], MIB / strlen(NESTS[_i]), "");
    int64_t start = timestamp_monotonic();
    Status status = to_json(text, &out, NULL);
    int64_t ns = timestamp_monotonic() - start;
    ck_assert_msg(status == ST_LIMIT || status == ST_FORMAT, "%s", status_name(status));
    ck_assert_msg(ns < NS_PER_S / 4, "%lld ns", (long long)ns);
}
END_TEST

START_TEST(depth_100_is_read_and_101_is_not)
{
    CLEANUP(buf_done) Buf buf = BUF_INIT(SIZE_MAX);
    CLEANUP(buf_done) Buf out = BUF_INIT(MIB);
    Err err = {0};
    repeat(&buf, "", "[", 100, "");
    for (int i = 0; i < 100; i++)
        buf_addc(&buf, ']');
    ck_assert_ok(to_json(buf_str(&buf), &out, &err), err);
    ck_assert_status(to_json(repeat(&buf, "", "[", 101, ""), &out, &err), ST_LIMIT);
    char text[100];
    err_format(&err, text, sizeof text);
    ck_assert_str_eq(text, "f.yaml:1:101: nested deeper than 100");
}
END_TEST

static const struct {
    const char *before;
    const char *unit;
    const char *after;
    size_t count;
    Status status;
} BULKS[] = {
    {"", "%TAG !t! x\n", "", 90000, ST_FORMAT},
    {"", "- &a x\n", "", 100000, ST_FORMAT},
    {"", "---\n", "", 20000, ST_OK},
    {"", "---\n", "", 20001, ST_LIMIT},
    {"", "x", "", 17 * MIB, ST_LIMIT},
    {"[", ",", "]", 100, ST_FORMAT},
    {"", "- a\n", "", 250000, ST_OK},
    {"", "- a\n", "", 4100000, ST_LIMIT},
    {"a: '", "x", "'", 4 * MIB, ST_OK},
    {"a: |\n", " x\n", "", MIB, ST_OK},
    {"", "# comment\n", "", 100000, ST_OK},
    {"a: \"", "x\n", "", 500000, ST_FORMAT},
};

START_TEST(bulk_is_read_or_refused_in_time)
{
    CLEANUP(buf_done) Buf buf = BUF_INIT(SIZE_MAX);
    CLEANUP(buf_done) Buf out = BUF_INIT(64 * MIB);
    Str text = repeat(&buf, BULKS[_i].before, BULKS[_i].unit, BULKS[_i].count, BULKS[_i].after);
    ck_assert_status(to_json(text, &out, NULL), BULKS[_i].status);
}
END_TEST

START_TEST(many_keys_cost_no_more_each)
{
    CLEANUP(buf_done) Buf buf = BUF_INIT(SIZE_MAX);
    CLEANUP(buf_done) Buf out = BUF_INIT(64 * MIB);
    Err err = {0};
    for (int i = 0; i < 200000; i++)
        buf_printf(&buf, "key-%d: {n: %d}\n", i, i);
    ck_assert_ok(to_json(buf_str(&buf), &out, &err), err);
    buf_adds(&buf, "key-777: again\n");
    ck_assert_status(to_json(buf_str(&buf), &out, &err), ST_FORMAT);
    ck_assert_str_eq(err.text, "key 'key-777' is there already, at line 778");
    ck_assert_uint_eq(err.line, 200001);
}
END_TEST

START_TEST(large_maps_may_stand_in_large_maps)
{
    CLEANUP(buf_done) Buf buf = BUF_INIT(SIZE_MAX);
    CLEANUP(buf_done) Buf out = BUF_INIT(64 * MIB);
    Err err = {0};
    for (int i = 0; i < 60; i++) {
        buf_printf(&buf, "k%d:\n", i);
        for (int j = 0; j < 60; j++)
            buf_printf(&buf, "  k%d: {k%d: 1}\n", j, i);
    }
    ck_assert_ok(to_json(buf_str(&buf), &out, &err), err);
    buf_adds(&buf, "k3: again\n");
    ck_assert_status(to_json(buf_str(&buf), &out, &err), ST_FORMAT);
    ck_assert_str_eq(err.text, "key 'k3' is there already, at line 184");
}
END_TEST

static const char POSITIONS[] = "# comment\n"
                                "a: 1\n"
                                "b:\n"
                                "  - \"x\n"
                                "     y\"\n"
                                "  - c: |\n"
                                "      text\n"
                                "\n"
                                "  \xc3\xa4: {d: 1,\n"
                                "      e: [2]\n"
                                "  }\n";

START_TEST(nodes_know_where_they_stand)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    const Node *root = NULL;
    Err err = {0};
    Str text = str_of(POSITIONS);
    ck_assert_status(yaml_parse_one(arena, text, NULL, &root, &err), ST_FORMAT);
    ck_assert_uint_eq(err.line, 9);
    err_clear(&err);
    char *copy = arena_cstr(arena, text);
    char *key = strstr(copy, "\xc3\xa4");    /* without the two spaces that were wrong */
    memmove(key - 2, key, strlen(key) + 1);
    ck_assert_ok(yaml_parse_one(arena, str_of(copy), NULL, &root, &err), err);
    ck_assert_uint_eq(root->line, 2);
    ck_assert_uint_eq(root->column, 1);
    ck_assert_uint_eq(root->end_line, 11);
    const NodePair *b = node_pair(root, STR("b"));
    ck_assert_uint_eq(b->line, 3);
    ck_assert_uint_eq(b->value.line, 4);
    ck_assert_uint_eq(b->value.column, 3);
    ck_assert_uint_eq(b->value.end_line, 8);
    const Node *a = node_get(root, STR("a"));
    ck_assert(a->plain && a->line == 2 && a->column == 4);
    ck_assert(!b->value.items[0].plain);
    const Node *flow = node_get(root, STR("\xc3\xa4"));
    ck_assert_uint_eq(flow->column, 4);
    ck_assert_uint_eq(flow->end_line, 11);
    ck_assert_uint_eq(node_get(flow, STR("e"))->end_line, 10);
}
END_TEST

static const struct {
    const char *yaml;
    const char *error;    /* NULL: none */
} ONES[] = {
    {"a: 1", NULL},
    {"---\n", NULL},
    {"", "f.yaml:1:1: there is no document"},
    {"# x\n", "f.yaml:1:1: there is no document"},
    {"a: 1\n---\nb: 1\n", "f.yaml:2:1: a second document begins here"},
};

START_TEST(one_document_is_one)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    const Node *root = NULL;
    Err err = {0};
    char text[100] = "";
    Status status = yaml_parse_one(arena, str_of(ONES[_i].yaml), "f.yaml", &root, &err);
    ck_assert_int_eq(status, ONES[_i].error ? ST_FORMAT : ST_OK);
    ck_assert_int_eq(root != NULL, !ONES[_i].error);
    if (ONES[_i].error) {
        err_format(&err, text, sizeof text);
        ck_assert_str_eq(text, ONES[_i].error);
    }
}
END_TEST

START_TEST(a_small_arena_is_told)
{
    for (size_t budget = 0; budget < 1500; budget += 16) {
        CLEANUP(cleanup_arena) Arena *arena = arena_new(budget);
        YamlStream stream = {NULL, 77};
        Status status = yaml_parse(arena, STR("a: [x, {b: c}]\nd: text\n"), NULL, &stream, NULL);
        ck_assert(status == ST_OK || (status == ST_NOMEM && stream.count == 77));
        ck_assert(status == ST_NOMEM || budget > 100);
    }
}
END_TEST

#define LOOP(test, table) \
    tcase_add_loop_test(tcase, test, 0, (int)(sizeof(table) / sizeof *(table)))

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("yaml");
    TCase *tcase = tcase_create("yaml");
    tcase_set_timeout(tcase, 60);
    LOOP(scalars_are_typed_as_json, SCALARS);
    LOOP(documents_are_read, DOCUMENTS);
    LOOP(refusals_say_what_and_where, REFUSED);
    LOOP(nesting_is_refused_at_once, NESTS);
    tcase_add_test(tcase, depth_100_is_read_and_101_is_not);
    LOOP(bulk_is_read_or_refused_in_time, BULKS);
    tcase_add_test(tcase, many_keys_cost_no_more_each);
    tcase_add_test(tcase, large_maps_may_stand_in_large_maps);
    tcase_add_test(tcase, nodes_know_where_they_stand);
    LOOP(one_document_is_one, ONES);
    tcase_add_test(tcase, a_small_arena_is_told);
    suite_add_tcase(suite, tcase);
    return suite;
}
