/* SPDX-License-Identifier: Apache-2.0 */
/* test_json.c -- JSON text to Node trees: what is read, what is refused and where, and that
 * jansson reads the same. */
#include "analyzer/text/json.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "base/limits.h"
#include "tests/unit/runner.h"

#include <ftw.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static Str
rendered(Arena *arena, const Node *node)
{
    CLEANUP(buf_done) Buf buf = BUF_INIT(64 << 20);
    node_write_json(node, 0, &buf);
    ck_assert_int_eq(buf.failed, ST_OK);
    return arena_str(arena, buf_str(&buf));
}

START_TEST(documents_are_read_as_written)
{
    static const struct {
        const char *text;
        const char *expected;
    } CASES[] = {
        {"null", "null"},
        {" true ", "true"},
        {"false", "false"},
        {"0", "0"},
        {"-0", "0"},
        {"9223372036854775807", "9223372036854775807"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"1.5e3", "1500"},
        {"\"\"", "\"\""},
        {"\"a\\\"b\\\\c\\/d\\b\\f\\n\\r\\t\"", "\"a\\\"b\\\\c/d\\b\\f\\n\\r\\t\""},
        {"\"\\u00e9\\u20AC\\ud83d\\ude00\"", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
        {"\"caf\xc3\xa9 and a long tail of plain text\"",
         "\"caf\xc3\xa9 and a long tail of plain text\""},
        {"[]", "[]"},
        {"[ ]", "[]"},
        {"{}", "{}"},
        {"{ }", "{}"},
        {"[1,[2,[3]],{\"a\":[]}]", "[1,[2,[3]],{\"a\":[]}]"},
        {"{\"b\":1,\"a\":{\"c\":null}}", "{\"b\":1,\"a\":{\"c\":null}}"},
        {"{\"\":1}", "{\"\":1}"},
        {"{\"a\\u0062\":1}", "{\"ab\":1}"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        for (int pooled = 0; pooled < 2; pooled++) {
            CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
            Err err = {0};
            JsonOptions options = {.pool = pooled ? json_pool_new(arena) : NULL};
            const Node *node;
            ck_assert_ok(json_parse(arena, str_of(CASES[i].text), &options, &node, &err), err);
            ck_assert_str_view(rendered(arena, node), CASES[i].expected);
        }
    }
}
END_TEST

START_TEST(numbers_are_ints_within_64_bits_else_doubles)
{
    static const struct {
        const char *text;
        NodeType type;
        double number;
    } CASES[] = {
        {"12", NODE_INT, 0},
        {"12.0", NODE_DOUBLE, 12.0},
        {"1e0", NODE_DOUBLE, 1.0},
        {"9223372036854775808", NODE_DOUBLE, 9223372036854775808.0},
        {"-9223372036854775809", NODE_DOUBLE, -9223372036854775808.0},
        {"1e308", NODE_DOUBLE, 1e308},
        {"4.9e-324", NODE_DOUBLE, 4.9e-324},
        {"1e-999", NODE_DOUBLE, 0.0},
        {"0.1", NODE_DOUBLE, 0.1},
        {"-0.0E+1", NODE_DOUBLE, 0.0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
        Err err = {0};
        const Node *node;
        ck_assert_ok(json_parse(arena, str_of(CASES[i].text), NULL, &node, &err), err);
        ck_assert_int_eq(node->type, CASES[i].type);
        if (node->type == NODE_DOUBLE)
            ck_assert(node->number == CASES[i].number);
    }
}
END_TEST

/* Every sentence of the reader, with its place. */
START_TEST(malformed_text_is_refused_where_it_is_wrong)
{
    static const struct {
        const char *text;
        unsigned line;
        unsigned column;
        const char *error;
    } CASES[] = {
        {"", 1, 1, "the text ends where a value is expected"},
        {"  ", 1, 3, "the text ends where a value is expected"},
        {"\xef\xbb\xbf{}", 1, 1, "expected a value"},
        {"nul", 1, 1, "expected a value"},
        {"True", 1, 1, "expected a value"},
        {"NaN", 1, 1, "expected a value"},
        {"'a'", 1, 1, "expected a value"},
        {"// c\n1", 1, 1, "expected a value"},
        {"{} {}", 1, 4, "text behind the end of the document"},
        {"{}\n\n  x", 3, 3, "text behind the end of the document"},
        {"[1,]", 1, 4, "expected a value"},
        {"[,1]", 1, 2, "expected a value"},
        {"[1 2]", 1, 4, "expected ',' or ']'"},
        {"[1", 1, 3, "the text ends inside a list"},
        {"[", 1, 2, "the text ends where a value is expected"},
        {"{\"a\":1", 1, 7, "the text ends inside a map"},
        {"{", 1, 2, "the text ends inside a map"},
        {"{\"a\" 1}", 1, 6, "expected ':' behind a key"},
        {"{\"a\":}", 1, 6, "expected a value"},
        {"{\"a\":1,}", 1, 8, "expected a key"},
        {"{a:1}", 1, 2, "expected a key"},
        {"{\"a\":1 \"b\":2}", 1, 8, "expected ',' or '}'"},
        {"{\"a\":1,\n  \"a\":2}", 2, 3, "duplicate key 'a'"},
        {"{\"ab\":1,\"a\\u0062\":2}", 1, 9, "duplicate key 'ab'"},
        {"\"abc", 1, 5, "the text ends inside a string"},
        {"\"abc\\", 1, 6, "the text ends inside a string"},
        {"\"abc\\n", 1, 7, "the text ends inside a string"},
        {"\"a\tb\"", 1, 3, "a control character inside a string"},
        {"\"a\nb\"", 1, 3, "a control character inside a string"},
        {"\"\\q\"", 1, 3, "unknown escape in a string"},
        {"\"\\u12g4\"", 1, 3, "\\u needs four hexadecimal digits"},
        {"\"\\u12", 1, 6, "the text ends inside a string"},
        {"\"\\u12\"", 1, 3, "\\u needs four hexadecimal digits"},
        {"\"\\ud800\"", 1, 3, "a high surrogate without a low one"},
        {"\"\\ud800\\u0041\"", 1, 3, "a high surrogate without a low one"},
        {"\"\\udc00\"", 1, 3, "a low surrogate without a high one"},
        {"\"\x80\"", 1, 2, "a string is not UTF-8"},
        {"\"ab\xc0\x80\"", 1, 4, "a string is not UTF-8"},
        {"\"\xed\xa0\x80\"", 1, 2, "a string is not UTF-8"},
        {"\"\xf4\x90\x80\x80\"", 1, 2, "a string is not UTF-8"},
        {"{\"\xff\":1}", 1, 3, "a string is not UTF-8"},
        {"[\"\xc3\xa9\",x]", 1, 6, "expected a value"},
        {"01", 1, 1, "a number must not begin with 0"},
        {"-", 1, 1, "a number needs a digit"},
        {"+1", 1, 1, "expected a value"},
        {".5", 1, 1, "expected a value"},
        {"1.", 1, 1, "a number needs a digit behind its point"},
        {"1e", 1, 1, "a number needs a digit in its exponent"},
        {"1e+", 1, 1, "a number needs a digit in its exponent"},
        {"0x10", 1, 2, "text behind the end of the document"},
        {"[1e999]", 1, 2, "a number that no double can hold"},
        {"\x01", 1, 1, "expected a value"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
        Err err = {0};
        const Node *node = NULL;
        JsonOptions options = {.file = "x.json"};
        Status status = json_parse(arena, str_of(CASES[i].text), &options, &node, &err);
        ck_assert_msg(status == ST_FORMAT, "case %zu: %s", i, status_name(status));
        ck_assert_ptr_null(node);
        ck_assert_msg(strcmp(err.text, CASES[i].error) == 0, "case %zu: '%s'", i, err.text);
        ck_assert_msg(err.line == CASES[i].line && err.column == CASES[i].column,
                      "case %zu: %u:%u", i, err.line, err.column);
        ck_assert_str_eq(err.file, "x.json");
    }
}
END_TEST

START_TEST(bytes_behind_the_text_are_never_read)
{
    /* Every cut of a document, each in memory of exactly its size. */
    static const char TEXT[] =
        "{\"a\": [1, -2.5e1, \"\xc3\xa9 plain \\u00e9\\ud83d\\ude00\\n\", true, null], \"b\": {}}";
    for (size_t n = 0; n < sizeof TEXT; n++) {
        CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
        CLEANUP(cleanup_free) char *copy = malloc(n ? n : 1);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, TEXT, n);
        const Node *node;
        Status status = json_parse(arena, (Str){copy, n}, NULL, &node, NULL);
        ck_assert_int_eq(status, n == sizeof TEXT - 1 ? ST_OK : ST_FORMAT);
    }
}
END_TEST

START_TEST(nodes_know_their_place)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Err err = {0};
    const Node *node;
    Str text = STR("{\n  \"k\": \"\xc3\xa9\", \"l\": [\n    1,\n\n\t{ }\r\n  ]\n}\n");
    JsonOptions options = {.line = 10, .column = 5};
    ck_assert_ok(json_parse(arena, text, &options, &node, &err), err);
    ck_assert_uint_eq(node->line, 10);
    ck_assert_uint_eq(node->column, 5);
    ck_assert_uint_eq(node->end_line, 16);
    const NodePair *l = node_pair(node, STR("l"));
    ck_assert_uint_eq(l->line, 11);
    ck_assert_uint_eq(l->column, 13);
    ck_assert_uint_eq(l->value.column, 18);
    ck_assert_uint_eq(l->value.end_line, 15);
    ck_assert_uint_eq(l->value.items[0].line, 12);
    ck_assert_uint_eq(l->value.items[0].column, 5);
    ck_assert_uint_eq(l->value.items[1].line, 14);
    ck_assert_uint_eq(l->value.items[1].column, 2);
}
END_TEST

START_TEST(a_nul_is_text)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Err err = {0};
    const Node *node;
    ck_assert_ok(json_parse(arena, STR("{\"a\\u0000b\": \"\\u0000\"}"), NULL, &node, &err), err);
    ck_assert(str_eq(node->pairs[0].key, (Str){"a\0b", 3}));
    ck_assert(str_eq(node->pairs[0].value.string, (Str){"\0", 1}));
}
END_TEST

static Str
nested(Arena *arena, size_t depth, const char *open, const char *inside, const char *close)
{
    CLEANUP(buf_done) Buf buf = BUF_INIT(64 << 20);
    for (size_t i = 0; i < depth; i++)
        buf_adds(&buf, open);
    buf_adds(&buf, inside);
    for (size_t i = 0; i < depth; i++)
        buf_adds(&buf, close);
    return arena_str(arena, buf_str(&buf));
}

START_TEST(depth_is_limited)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Err err = {0};
    const Node *node;
    ck_assert_ok(json_parse(arena, nested(arena, LIMIT_JSON_DEPTH, "[", "", "]"), NULL, &node,
                            &err), err);
    ck_assert_ok(json_parse(arena, nested(arena, LIMIT_JSON_DEPTH, "{\"a\":", "1", "}"), NULL,
                            &node, &err), err);
    ck_assert_status(json_parse(arena, nested(arena, LIMIT_JSON_DEPTH + 1, "[", "", "]"), NULL,
                                &node, &err), ST_LIMIT);
    ck_assert_str_eq(err.text, "nested deeper than 100");
    ck_assert_uint_eq(err.column, 101);
    ck_assert_status(json_parse(arena, nested(arena, 1000000, "[", "", ""), NULL, &node, NULL),
                     ST_LIMIT);
}
END_TEST

START_TEST(size_is_limited)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Err err = {0};
    const Node *node;
    static char byte = ' ';
    ck_assert_status(json_parse(arena, (Str){&byte, LIMIT_DOCUMENT_BYTES + 1}, NULL, &node, &err),
                     ST_LIMIT);
}
END_TEST

START_TEST(large_maps_find_their_duplicates)
{
    for (int duplicate = 0; duplicate < 2; duplicate++) {
        CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
        CLEANUP(buf_done) Buf buf = BUF_INIT(64 << 20);
        buf_adds(&buf, "{");
        for (int i = 0; i < 20000; i++)
            buf_printf(&buf, "%s\"key-%d\":%d", i ? "," : "", i, i);
        buf_printf(&buf, ",\"key-%d\":0}", duplicate ? 7 : -1);
        Err err = {0};
        const Node *node;
        Status status = json_parse(arena, buf_str(&buf), NULL, &node, &err);
        ck_assert_int_eq(status, duplicate ? ST_FORMAT : ST_OK);
        if (duplicate)
            ck_assert_str_eq(err.text, "duplicate key 'key-7'");
        else
            ck_assert_uint_eq(node->count, 20001);
    }
}
END_TEST

START_TEST(dropped_fields_are_checked_but_not_kept)
{
    static const JsonDrop DROPS[] = {{"metadata", "managedFields"}, {NULL, NULL}};
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Err err = {0};
    JsonOptions options = {.drops = DROPS};
    const Node *node;
    ck_assert_ok(json_parse(arena,
                            STR("{\"managedFields\":1,\"metadata\":{\"managedFields\":[{\"a\":2}],"
                                "\"name\":\"n\"},\"spec\":{\"managedFields\":3}}"),
                            &options, &node, &err), err);
    ck_assert_str_view(rendered(arena, node),
                       "{\"managedFields\":1,\"metadata\":{\"name\":\"n\"},"
                       "\"spec\":{\"managedFields\":3}}");
    ck_assert_status(json_parse(arena, STR("{\"metadata\":{\"managedFields\":[1 2]}}"), &options,
                                &node, NULL), ST_FORMAT);
}
END_TEST

START_TEST(who_asks_for_what_was_left_out_is_noted)
{
    static const char TEXT[] = "{\"kind\":\"Pod\",\"spec\":{\"a\":1,\"b\":[2],\"c\":{\"d\":3}},\"x\":4}";
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Err err = {0};
    bool missed = false;
    NodeKeep in_spec[] = {{.key = STR("a"), .missed = &missed, .next = &in_spec[1]},
                          {.key = STR("z"), .missed = &missed}};
    NodeKeep fields[] = {{.key = STR("spec"), .missed = &missed, .fields = in_spec}};
    NodeKeep keep = {.missed = &missed, .fields = fields};
    const Node *node;
    ck_assert_ok(json_parse(arena, str_of(TEXT), &(JsonOptions){.keep = &keep}, &node, &err), err);
    ck_assert_str_view(rendered(arena, node), "{\"spec\":{\"a\":1}}");
    const Node *spec = node_get(node, STR("spec"));
    ck_assert_ptr_nonnull(node_get(spec, STR("a")));
    ck_assert_ptr_null(node_get(spec, STR("z")));           /* known not to be there */
    ck_assert(!missed);
    ck_assert(!node_head_is_whole(node, 512) && !node_head_is_whole(spec, 512));
    ck_assert(node_head_is_whole(node_get(spec, STR("a")), 512));
    ck_assert_ptr_null(node_get(spec, STR("b")));
    ck_assert(missed);
    missed = false;
    ck_assert_ptr_null(node_path(node, "x"));
    ck_assert(missed);
    missed = false;
    node_note_all(spec);
    ck_assert(missed);
}
END_TEST

START_TEST(a_pool_outlives_the_text_and_stores_keys_once)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    JsonPool *pool = json_pool_new(arena);
    Err err = {0};
    const Node *trees[2];
    for (int i = 0; i < 2; i++) {
        char text[] = "{\"name\": \"value\", \"labels\": {\"name\": \"x\\ty\"}}";
        JsonOptions options = {.pool = pool};
        ck_assert_ok(json_parse(arena, str_of(text), &options, &trees[i], &err), err);
        memset(text, '#', sizeof text);
    }
    for (int i = 0; i < 2; i++)
        ck_assert_str_view(rendered(arena, trees[i]),
                           "{\"name\":\"value\",\"labels\":{\"name\":\"x\\ty\"}}");
    ck_assert_ptr_eq(trees[0]->pairs[0].key.p, trees[1]->pairs[0].key.p);
}
END_TEST

START_TEST(no_memory_is_an_error)
{
    Str text = STR("{\"a\": [1, 2, \"text with \\n escapes\", {\"b\": \"plain\"}]}");
    for (size_t budget = 0; budget < 400; budget += 16) {
        CLEANUP(cleanup_arena) Arena *arena = arena_new(budget);
        const Node *node;
        Err err = {0};
        Status status = json_parse(arena, text, NULL, &node, &err);
        ck_assert(status == ST_NOMEM || (status == ST_OK && budget > 200));
        ck_assert_int_eq(err.status, status);
    }
}
END_TEST

/* The tree is what jansson read. */
static void
compare(const Node *node, const json_t *other)
{
    switch ((NodeType)node->type) {
    case NODE_NULL:
        ck_assert(json_is_null(other));
        break;
    case NODE_BOOL:
        ck_assert(node->boolean ? json_is_true(other) : json_is_false(other));
        break;
    case NODE_INT:
        ck_assert(json_is_integer(other));
        ck_assert(json_integer_value(other) == node->integer);
        break;
    case NODE_DOUBLE:
        ck_assert(json_is_real(other));
        ck_assert(json_real_value(other) == node->number);
        break;
    case NODE_STRING:
        ck_assert(json_is_string(other));
        ck_assert(str_eq(node->string,
                         (Str){json_string_value(other), json_string_length(other)}));
        break;
    case NODE_LIST:
        ck_assert_uint_eq(json_array_size(other), node->count);
        for (uint32_t i = 0; i < node->count; i++)
            compare(&node->items[i], json_array_get(other, i));
        break;
    case NODE_MAP:
        ck_assert_uint_eq(json_object_size(other), node->count);
        for (uint32_t i = 0; i < node->count; i++)
            compare(&node->pairs[i].value,
                    json_object_getn(other, node->pairs[i].key.p, node->pairs[i].key.n));
        break;
    }
}

/* What is kept of the whole is there, in order, and nothing else; partial maps say so. */
static void
compare_kept(const Node *whole, const Node *kept, const NodeKeep *keep)
{
    ck_assert_int_eq(whole->type, kept->type);
    ck_assert_uint_eq(whole->line, kept->line);
    ck_assert_uint_eq(whole->end_line, kept->end_line);
    bool all = !keep || keep->whole || !keep->fields;
    if (whole->type == NODE_LIST) {
        ck_assert_uint_eq(whole->count, kept->count);
        for (uint32_t i = 0; i < whole->count; i++)
            compare_kept(&whole->items[i], &kept->items[i], keep);
    }
    if (whole->type != NODE_MAP)
        return;
    uint32_t at = 0;
    for (uint32_t i = 0; i < whole->count; i++) {
        const NodeKeep *field = all ? NULL : keep->fields;
        while (field && !str_eq(field->key, whole->pairs[i].key))
            field = field->next;
        if (!all && !field)
            continue;
        ck_assert_uint_lt(at, kept->count);
        ck_assert(str_eq(kept->pairs[at].key, whole->pairs[i].key));
        ck_assert_uint_eq(kept->pairs[at].line, whole->pairs[i].line);
        compare_kept(&whole->pairs[i].value, &kept->pairs[at].value, field);
        at++;
    }
    ck_assert_uint_eq(at, kept->count);
    ck_assert_int_eq(kept->partial, kept->count < whole->count);
}

/* The same text with few of its fields kept is accepted or refused for the same reason. */
static void
read_fields(Str text, Status expected, const Node *whole, const Err *expected_err)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    bool missed = false;
    NodeKeep deep[] = {{.key = STR("k10"), .missed = &missed, .next = &deep[1]},
                       {.key = STR("items"), .missed = &missed, .whole = true, .next = &deep[2]},
                       {.key = STR("k02"), .missed = &missed}};
    NodeKeep fields[] = {{.key = STR("k01"), .missed = &missed, .next = &fields[1]},
                         {.key = STR("k12"), .missed = &missed, .fields = deep, .next = &fields[2]},
                         {.key = STR("metadata"), .missed = &missed, .fields = deep}};
    NodeKeep keep = {.missed = &missed, .fields = fields};
    JsonOptions options = {.keep = &keep, .pool = json_pool_new(arena)};
    const Node *kept = NULL;
    Err err = {0};
    ck_assert_int_eq(json_parse(arena, text, &options, &kept, &err), expected);
    ck_assert_str_eq(err.text, expected_err->text);
    ck_assert_uint_eq(err.line, expected_err->line);
    ck_assert_uint_eq(err.column, expected_err->column);
    if (expected == ST_OK)
        compare_kept(whole, kept, &keep);
    ck_assert(!missed);
}

enum { ACCEPTED, REFUSED };

/* Reads with both; whether the text was accepted. */
static int
read_with_both(Str text)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    const Node *node = NULL;
    Err err = {0};
    Status status = json_parse(arena, text, NULL, &node, &err);
    read_fields(text, status, node, &err);
    json_error_t error;
    json_auto_t *other = json_loadb(text.p, text.n,
                                    JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL,
                                    &error);
    if (status == ST_OK) {
        ck_assert_msg(other != NULL, "jansson refuses: %s\n%.*s", error.text, STR_ARG(text));
        compare(node, other);
        return ACCEPTED;
    }
    /* jansson refuses integers beyond 64 bits, which are doubles here, and keys with NUL. */
    ck_assert_msg(other == NULL || status == ST_LIMIT, "jansson accepts (%s at %u:%u): %.*s",
                  err.text, err.line, err.column, STR_ARG(text));
    return REFUSED;
}

static uint64_t random_state = 88172645463325252u;

static unsigned
pick(unsigned n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)(random_state >> 32) % n;
}

static void
generate(Buf *out, unsigned depth)
{
    static const char *const SCALARS[] = {
        "null", "true", "false", "0", "-1", "123456789012", "-0.25", "1e5", "3E-2", "\"\"",
        "\"text\"", "\"a longer text of plain letters\"", "\"\\u00e9\\n\\\"\"",
        "\"\xe2\x82\xac and \\ud83d\\ude00\"", "[]", "{}",
    };
    unsigned what = depth > 5 ? 9 : pick(10);
    if (what < 3) {
        unsigned count = pick(6);
        buf_adds(out, "[");
        for (unsigned i = 0; i < count; i++) {
            buf_adds(out, i ? ", " : pick(2) ? "\n    " : "");
            generate(out, depth + 1);
        }
        buf_adds(out, "]");
    } else if (what < 7) {
        unsigned count = pick(6);
        buf_adds(out, "{");
        for (unsigned i = 0; i < count; i++) {
            buf_printf(out, "%s\"k%u%u\" :", i ? ",\r\n  " : "", i, pick(4));
            generate(out, depth + 1);
        }
        buf_adds(out, "}");
    } else {
        buf_adds(out, SCALARS[pick(sizeof SCALARS / sizeof *SCALARS)]);
    }
}

START_TEST(generated_documents_and_damaged_ones_read_as_jansson_reads_them)
{
    static const char DAMAGE[] = "\"\\{}[],:0 -.e\x80\n\xc3utf";
    unsigned accepted = 0, refused = 0;
    for (int i = 0; i < 4000; i++) {
        CLEANUP(buf_done) Buf buf = BUF_INIT(1 << 20);
        generate(&buf, 0);
        ck_assert_int_eq(read_with_both(buf_str(&buf)), ACCEPTED);
        for (int j = 0; j < 5; j++) {
            CLEANUP(buf_done) Buf bad = BUF_INIT(1 << 20);
            size_t at = pick((unsigned)buf.n);
            buf_add(&bad, buf.data, at);
            if (pick(3))
                buf_addc(&bad, DAMAGE[pick(sizeof DAMAGE - 1)]);
            buf_add_str(&bad, str_from(buf_str(&buf), at + pick(3)));
            if (read_with_both(buf_str(&bad)) == ACCEPTED)
                accepted++;
            else
                refused++;
        }
    }
    ck_assert_uint_gt(accepted, 100);
    ck_assert_uint_gt(refused, 1000);
}
END_TEST

static unsigned files_read;

static int
read_file_with_both(const char *path, const struct stat *info, int type, struct FTW *ftw)
{
    (void)ftw;
    if (type != FTW_F || info->st_size > 4 << 20 ||
        !(str_ends(str_of(path), STR(".json")) || str_ends(str_of(path), STR(".golden"))))
        return 0;
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Str text;
    if (io_read_file(arena, path, 4 << 20, &text, NULL) == ST_OK) {
        (void)read_with_both(text);
        files_read++;
    }
    return 0;
}

START_TEST(real_documents_read_as_jansson_reads_them)
{
    const char *shared = unit_shared_folder();
    if (!shared) {
        puts("skipped: no shared test data");
        return;
    }
    char path[4200];
    (void)snprintf(path, sizeof path, "%s/cases", shared);
    ck_assert_int_eq(nftw(path, read_file_with_both, 16, FTW_PHYS), 0);
    ck_assert_uint_gt(files_read, 20);
}
END_TEST

static const Node *
read_shared(Arena *arena, JsonPool *pool, const char *text)
{
    const Node *node;
    Err err = {0};
    ck_assert_ok(json_parse(arena, str_of(text), &(JsonOptions){.pool = pool}, &node, &err), err);
    return node;
}

static const Node *
at(const Node *root, const char *pointer)
{
    const Node *node = node_at_pointer(root, str_of(pointer));
    ck_assert_ptr_nonnull(node);
    return node;
}

START_TEST(equal_parts_of_documents_are_stored_once)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    JsonPool *pool = json_pool_new(arena);
    ck_assert(pool && json_pool_share(pool));
    static const char *const TEXTS[] = {
        "{\"name\": \"a\", \"spec\": {\"list\": [{\"x\": 1}, {\"x\": 1}], \"n\": 0.0}}",
        "{\"name\": \"b\", \"spec\": {\"list\": [{\"x\": 1}, {\"x\": 1}], \"n\": 0.0}}",
        "{\"name\": \"c\", \"spec\": {\"list\": [{\"x\": 1}, {\"x\": 1}], \"n\": -0.0}}",
        "{\"name\": \"d\", \"spec\": {\"list\": [{\"x\": 1},\n{\"x\": 1}], \"n\": 0.0}}",
        "{\"name\": \"e\", \"spec\": {\"list\": [{\"x\": true}, {\"x\": \"1\"}], \"n\": null}}",
    };
    const Node *roots[5];
    for (size_t i = 0; i < 5; i++) {
        roots[i] = read_shared(arena, pool, TEXTS[i]);
        /* what is written of it is what was read, and each part knows where it stands */
        CLEANUP(buf_done) Buf pointer = BUF_INIT(256);
        ck_assert(node_pointer(roots[i], at(roots[i], "/spec/list/1/x"), &pointer));
        ck_assert_str_view(buf_str(&pointer), "/spec/list/1/x");
    }
    ck_assert_ptr_ne(roots[0], roots[1]);
    ck_assert_ptr_eq(at(roots[0], "/spec")->pairs, at(roots[1], "/spec")->pairs);
    ck_assert_ptr_ne(at(roots[0], "/spec")->pairs, at(roots[2], "/spec")->pairs);
    ck_assert_ptr_eq(at(roots[0], "/spec/list")->items, at(roots[2], "/spec/list")->items);
    /* not within one document, and not where lines differ */
    ck_assert_ptr_ne(at(roots[0], "/spec/list/0")->pairs, at(roots[0], "/spec/list/1")->pairs);
    ck_assert_ptr_eq(at(roots[0], "/spec/list/0")->pairs, at(roots[3], "/spec/list/0")->pairs);
    ck_assert_ptr_ne(at(roots[0], "/spec/list")->items, at(roots[3], "/spec/list")->items);
    ck_assert_uint_eq(at(roots[3], "/spec/list/1/x")->line, 2);
    ck_assert_uint_eq(at(roots[3], "/spec/list/1/x")->column, 0);
    ck_assert_str_view(rendered(arena, roots[4]),
                       "{\"name\":\"e\",\"spec\":{\"list\":[{\"x\":true},{\"x\":\"1\"}],\"n\":null}}");
}
END_TEST

/* More than the table holds: nothing is lost but memory. */
START_TEST(what_was_pushed_out_is_stored_again)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    JsonPool *pool = json_pool_new(arena);
    ck_assert(pool && json_pool_share(pool));
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 20000; i++) {
            char text[64];
            (void)snprintf(text, sizeof text, "{\"a\":{\"n\":%d},\"b\":[%d]}", i, i);
            const Node *node = read_shared(arena, pool, text);
            ck_assert_int_eq(at(node, "/a/n")->integer, i);
            ck_assert_int_eq(at(node, "/b/0")->integer, i);
        }
    }
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("json");
    TCase *tcase = tcase_create("json");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, documents_are_read_as_written);
    tcase_add_test(tcase, numbers_are_ints_within_64_bits_else_doubles);
    tcase_add_test(tcase, malformed_text_is_refused_where_it_is_wrong);
    tcase_add_test(tcase, bytes_behind_the_text_are_never_read);
    tcase_add_test(tcase, nodes_know_their_place);
    tcase_add_test(tcase, a_nul_is_text);
    tcase_add_test(tcase, depth_is_limited);
    tcase_add_test(tcase, size_is_limited);
    tcase_add_test(tcase, large_maps_find_their_duplicates);
    tcase_add_test(tcase, dropped_fields_are_checked_but_not_kept);
    tcase_add_test(tcase, who_asks_for_what_was_left_out_is_noted);
    tcase_add_test(tcase, a_pool_outlives_the_text_and_stores_keys_once);
    tcase_add_test(tcase, no_memory_is_an_error);
    tcase_add_test(tcase, generated_documents_and_damaged_ones_read_as_jansson_reads_them);
    tcase_add_test(tcase, real_documents_read_as_jansson_reads_them);
    tcase_add_test(tcase, equal_parts_of_documents_are_stored_once);
    tcase_add_test(tcase, what_was_pushed_out_is_stored_again);
    suite_add_tcase(suite, tcase);
    return suite;
}
