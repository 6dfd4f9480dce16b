/* SPDX-License-Identifier: Apache-2.0 */
/* test_json_items.c -- the elements of a List, from chunks of any size. */
#include "analyzer/text/json_items.h"
#include "base/buf.h"
#include "base/limits.h"
#include "tests/unit/runner.h"

#include <stdlib.h>
#include <string.h>

/* What the scanner handed over, as text: "INDEX@LINE:COLUMN BYTES" a line. */
static Status
write_item(void *context, const JsonItem *item, Err *err)
{
    (void)err;
    Buf *out = context;
    buf_printf(out, "%u@%u:%u ", item->index, item->line, item->column);
    if (item->reason)
        buf_printf(out, "!%s", item->reason);
    else
        buf_add_str(out, item->text);
    buf_adds(out, "\n");
    return ST_OK;
}

static JsonItemsEnd
scan(Arena *arena, Str text, size_t chunk, Buf *out)
{
    CLEANUP(cleanup_json_items) JsonItems *items = json_items_new(arena, write_item, out);
    ck_assert_ptr_nonnull(items);
    Err err = {0};
    for (size_t at = 0; at < text.n; at += chunk) {
        /* Memory of the chunk's own size: reading past it would be seen. */
        Str part = str_sub(text, at, chunk);
        char *copy = malloc(part.n);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, part.p, part.n);
        ck_assert_ok(json_items_feed(items, (Str){copy, part.n}, &err), err);
        free(copy);
    }
    return json_items_end(items);
}

static const size_t CHUNKS[] = {1, 2, 3, 7, 63, 64, 65, 100, 1000, SIZE_MAX / 2};

START_TEST(items_are_handed_over_whatever_the_chunks)
{
    static const struct {
        const char *text;
        const char *items;
        const char *reason;      /* NULL: complete */
        uint32_t line;
    } CASES[] = {
        {"{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"7\"},"
         "\"items\":[{\"a\":1},{\"b\":\"]}\\\"\"}]}\n",
         "0@1:81 {\"a\":1}\n1@1:89 {\"b\":\"]}\\\"\"}\n", NULL, 2},
        {"{\n  \"apiVersion\": \"v1\",\n  \"items\": [\n    {\n      \"a\": [\n      ]\n    },\n"
         "    {}\n  ],\n  \"kind\": \"PodList\",\n \"metadata\": {\"resourceVersion\": \"7\"}\n}",
         "0@4:5 {\n      \"a\": [\n      ]\n    }\n1@8:5 {}\n", NULL, 12},
        {"[{\"x\":1} , {\"y\":{}}]", "0@1:2 {\"x\":1}\n1@1:12 {\"y\":{}}\n", NULL, 1},
        {"[]", "", NULL, 1},
        {"{\"items\":[]}", "", NULL, 1},
        {"{\"items\": null}", "", NULL, 1},
        {"{\"ite\\u006ds\":[{}]}", "0@1:16 {}\n", NULL, 1},
        {"{\"x\":{\"items\":[{\"no\":1}]},\"items\":[{\"yes\":1}],\"y\":[[]],\"z\":-1.5}",
         "0@1:36 {\"yes\":1}\n", NULL, 1},
        /* An item may be anything; only objects are taken. */
        {"[1, \"a,]\", [ ], null,{}]",
         "0@1:2 !not an object\n1@1:5 !not an object\n2@1:12 !not an object\n"
         "3@1:17 !not an object\n4@1:22 {}\n", NULL, 1},
        /* A malformed item does not cost its neighbours. */
        {"[{\"a\" 1},{]},{}]", "0@1:2 {\"a\" 1}\n1@1:10 {]\n", "expected ',' or ']'", 1},
        {"[{\"a\":tru},{}]", "0@1:2 {\"a\":tru}\n1@1:12 {}\n", NULL, 1},
        /* Cut short. */
        {"", "", "the document is empty", 1},
        {"{", "", "the text ends inside the List", 1},
        {"{\"kind\":\"Pod", "", "the text ends inside the List", 1},
        {"{\"items\":[{\"a\":1},{\"b\"", "0@1:11 {\"a\":1}\n", "the text ends inside the items", 1},
        {"{\"items\":[\n{\"a\":1}", "0@2:1 {\"a\":1}\n", "the text ends inside the items", 2},
        {"{\"items\":[{}]", "0@1:11 {}\n", "the text ends inside the List", 1},
        /* Malformed between the items. */
        {"[{},]", "0@1:2 {}\n", "expected an item", 1},
        {"[,{}]", "", "expected an item", 1},
        {"[{} {}]", "0@1:2 {}\n", "expected ',' or ']'", 1},
        {"{\"items\":[{}],}", "0@1:11 {}\n", "expected a key", 1},
        {"{\"items\":[{}] \"a\":1}", "0@1:11 {}\n", "expected ',' or '}'", 1},
        {"{\"items\":}", "", "expected a value", 1},
        {"{\"a\" 1}", "", "expected ':' behind a key", 1},
        {"{a:1}", "", "expected a key", 1},
        {"{\"items\":[{}],\"items\":[{}]}", "0@1:11 {}\n", "duplicate key 'items'", 1},
        {"[{}] x", "0@1:2 {}\n", "text behind the end of the document", 1},
        {"[{}]\n\n{}", "0@1:2 {}\n", "text behind the end of the document", 3},
        {"kind: List", "", "neither a List nor an array", 1},
        {"\xef\xbb\xbf[]", "", "neither a List nor an array", 1},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        for (size_t j = 0; j < sizeof CHUNKS / sizeof *CHUNKS; j++) {
            CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
            CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
            buf_adds(&out, "");
            JsonItemsEnd end = scan(arena, str_of(CASES[i].text), CHUNKS[j], &out);
            ck_assert_msg(str_is(buf_str(&out), CASES[i].items), "case %zu chunk %zu: %.*s", i,
                          CHUNKS[j], STR_ARG(buf_str(&out)));
            ck_assert_int_eq(end.complete, CASES[i].reason == NULL);
            if (CASES[i].reason)
                ck_assert_str_eq(end.reason, CASES[i].reason);
            ck_assert_msg(end.line == CASES[i].line, "case %zu: line %u", i, end.line);
        }
    }
}
END_TEST

START_TEST(a_list_says_what_it_is)
{
    static const char *const TEXTS[] = {
        "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"selfLink\":\"x\","
        "\"resourceVersion\":\"42\",\"continue\":\"abc\"},\"items\":[{}]}",
        "{\"items\":[{}],\"metadata\":{\"continue\":\"abc\",\"resourceVersion\":\"42\"},"
        "\"apiVersion\":\"v\\u0031\",\"kind\":\"PodList\"}",
    };
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < sizeof CHUNKS / sizeof *CHUNKS; j++) {
            CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
            CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
            JsonItemsEnd end = scan(arena, str_of(TEXTS[i]), CHUNKS[j], &out);
            ck_assert(end.is_list && end.complete && end.count == 1);
            ck_assert_str_view(end.kind, "PodList");
            ck_assert_str_view(end.api_version, "v1");
            ck_assert_str_view(end.resource_version, "42");
            ck_assert_str_view(end.continues, "abc");
        }
    }
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
    JsonItemsEnd end = scan(arena, STR("{\"kind\":\"Status\",\"code\":403}"), 1000, &out);
    ck_assert(!end.is_list && end.complete);
    ck_assert_str_view(end.kind, "Status");
}
END_TEST

START_TEST(an_item_that_is_too_large_costs_only_itself)
{
    size_t chunks[] = {1000, 1 << 16, SIZE_MAX / 2};
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(buf_done) Buf text = BUF_INIT(64 << 20);
    size_t fill = LIMIT_ITEM_BYTES - strlen("{\"a\":\"\"}");
    buf_adds(&text, "{\"items\":[{\"a\":\"");
    char *room = buf_reserve(&text, fill);
    memset(room, 'x', fill);
    text.n += fill;
    buf_adds(&text, "\"},\n{\"b\":\"");
    room = buf_reserve(&text, fill + 1);
    memset(room, '\\', fill + 1 - fill % 2);
    text.n += fill + 1 - fill % 2;
    buf_adds(&text, "xx\"},\n{\"c\":1}]}");
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
        CLEANUP(buf_done) Buf out = BUF_INIT(64 << 20);
        JsonItemsEnd end = scan(arena, buf_str(&text), chunks[i], &out);
        ck_assert_msg(end.complete, "%s", end.reason);
        ck_assert_uint_eq(end.count, 3);
        Str got = buf_str(&out);
        ck_assert(str_starts(got, STR("0@1:11 {\"a\":\"xxx")));
        ck_assert(str_ends(got, STR("x\"}\n1@2:1 !larger than an item may be\n3@3:1 {\"c\":1}\n"))
                  || str_ends(got, STR("1@2:1 !larger than an item may be\n2@3:1 {\"c\":1}\n")));
    }
}
END_TEST

START_TEST(items_of_random_texts_do_not_depend_on_chunks)
{
    uint64_t state = 88172645463325252u;
    for (int round = 0; round < 2000; round++) {
        static const char ALPHABET[] = "{}[]\"\\,: \na1";
        char text[200] = "{\"items\":[";
        size_t n = strlen(text);
        for (; n < sizeof text; n++) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            text[n] = ALPHABET[(state >> 32) % (sizeof ALPHABET - 1)];
        }
        CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
        CLEANUP(buf_done) Buf whole = BUF_INIT(1 << 20);
        JsonItemsEnd first = scan(arena, (Str){text, n}, n, &whole);
        for (size_t j = 0; j < sizeof CHUNKS / sizeof *CHUNKS; j++) {
            CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
            JsonItemsEnd end = scan(arena, (Str){text, n}, CHUNKS[j], &out);
            ck_assert(str_eq(buf_str(&out), buf_str(&whole)));
            ck_assert_uint_eq(end.count, first.count);
            ck_assert_uint_eq(end.line, first.line);
            ck_assert_ptr_eq(end.reason, first.reason);
        }
    }
}
END_TEST

static Status
refuse(void *context, const JsonItem *item, Err *err)
{
    (void)context;
    return err_set(err, ST_CANCELLED, "item %u", item->index);
}

START_TEST(the_callback_may_end_the_scan)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(cleanup_json_items) JsonItems *items = json_items_new(arena, refuse, NULL);
    Err err = {0};
    ck_assert_status(json_items_feed(items, STR("[{},{}]"), &err), ST_CANCELLED);
    ck_assert_str_eq(err.text, "item 0");
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("json_items");
    TCase *tcase = tcase_create("json_items");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, items_are_handed_over_whatever_the_chunks);
    tcase_add_test(tcase, a_list_says_what_it_is);
    tcase_add_test(tcase, an_item_that_is_too_large_costs_only_itself);
    tcase_add_test(tcase, items_of_random_texts_do_not_depend_on_chunks);
    tcase_add_test(tcase, the_callback_may_end_the_scan);
    suite_add_tcase(suite, tcase);
    return suite;
}
