/* SPDX-License-Identifier: Apache-2.0 */
/* test_list_split.c -- a List cut into its items while it arrives. */
#include "base/limits.h"
#include "collector/list_split.h"
#include "tests/unit/runner.h"

#include <stdlib.h>
#include <string.h>

static Status
collect(void *context, Str item, Err *err)
{
    Buf *out = context;
    buf_add_str(out, item);
    buf_addc(out, '|');
    return buf_status(out, err);
}

/* Feeds the text in pieces; out gets the items, each with a bar behind it. */
static Status
split(const char *text, size_t piece, Arena *arena, Buf *out, ListHead *head, Err *err)
{
    CLEANUP(list_split_done) ListSplit list;
    size_t n = strlen(text);
    list_split_init(&list, collect, out);
    for (size_t at = 0; at < n; at += piece)
        TRY(list_split_feed(&list, text + at, n - at < piece ? n - at : piece, err));
    return list_split_end(&list, arena, head, err);
}

static const struct {
    const char *text;
    const char *items;
    const char *next;
} GOOD[] = {
    {"{\"kind\":\"PodList\",\"items\":[]}", "", ""},
    {"{\"kind\":\"PodList\",\"items\":null,\"metadata\":{}}", "", ""},
    {"{\"kind\":\"PodList\",\"metadata\":{\"continue\":\"to\\\"k\"},\"items\":[{\"a\":\"],}{\\\"\"}"
     ",{\"b\":[1,2]}]}\n",
     "{\"a\":\"],}{\\\"\"}|{\"b\":[1,2]}|", "to\"k"},
    {" { \"metadata\" : {\"items\":[1,2], \"continue\":\"t\"} , \"items\" : [ {} , "
     "{\"items\":[{}]} ] , \"kind\":\"PodList\"}",
     "{}|{\"items\":[{}]}|", "t"},
    {"{\"kind\":\"items\",\"x\":[1],\"items\":[{\"deep\":{\"a\":[[],{}]}}]}",
     "{\"deep\":{\"a\":[[],{}]}}|", ""},
};

START_TEST(items_come_out_whole_however_the_text_is_cut)
{
    for (size_t piece = 1; piece < 40; piece++) {
        CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
        CLEANUP(buf_done) Buf out = BUF_INIT(SIZE_MAX);
        ListHead head;
        Err err = {0};
        buf_adds(&out, "");
        ck_assert_ok(split(GOOD[_i].text, piece, arena, &out, &head, &err), err);
        ck_assert_str_view(buf_str(&out), GOOD[_i].items);
        ck_assert_str_view(head.next, GOOD[_i].next);
    }
}
END_TEST

static const char *const BAD[] = {
    "",
    "[]",
    "[{}]",
    "null",
    "x",
    "{}",
    "{\"kind\":\"Status\"}",
    "{\"items\":[{}",
    "{\"items\":[{}]",
    "{\"items\":[]}}",
    "{\"items\":[]} {}",
    "{\"items\"[]}",
};

START_TEST(what_is_no_list_is_refused)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(buf_done) Buf out = BUF_INIT(SIZE_MAX);
    ListHead head;
    ck_assert_msg(split(BAD[_i], 3, arena, &out, &head, NULL) == ST_FORMAT, "%s", BAD[_i]);
}
END_TEST

START_TEST(an_item_over_the_limit_is_left_out_and_counted)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(buf_done) Buf out = BUF_INIT(SIZE_MAX);
    CLEANUP(list_split_done) ListSplit list;
    ListHead head;
    Err err = {0};
    char *big = malloc(LIMIT_ITEM_BYTES);
    ck_assert_ptr_nonnull(big);
    memset(big, 'x', LIMIT_ITEM_BYTES);
    list_split_init(&list, collect, &out);
    ck_assert_ok(list_split_feed(&list, "{\"items\":[{\"a\":1},{\"b\":\"", 24, &err), err);
    ck_assert_ok(list_split_feed(&list, big, LIMIT_ITEM_BYTES, &err), err);
    free(big);
    ck_assert_ok(list_split_feed(&list, "\"},{\"c\":2}]}", 12, &err), err);
    ck_assert_ok(list_split_end(&list, arena, &head, &err), err);
    ck_assert_str_view(buf_str(&out), "{\"a\":1}|{\"c\":2}|");
    ck_assert_uint_eq(list.oversized, 1);
    ck_assert_uint_eq(list.items, 2);
}
END_TEST

START_TEST(depth_is_limited)
{
    CLEANUP(list_split_done) ListSplit list;
    CLEANUP(buf_done) Buf out = BUF_INIT(SIZE_MAX);
    Status status = ST_OK;
    list_split_init(&list, collect, &out);
    for (int i = 0; i < 1000 && status == ST_OK; i++)
        status = list_split_feed(&list, "{\"a\":", 5, NULL);
    ck_assert_status(status, ST_LIMIT);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("list_split");
    TCase *tcase = tcase_create("list_split");
    tcase_add_loop_test(tcase, items_come_out_whole_however_the_text_is_cut, 0,
                        (int)(sizeof GOOD / sizeof *GOOD));
    tcase_add_loop_test(tcase, what_is_no_list_is_refused, 0, (int)(sizeof BAD / sizeof *BAD));
    tcase_add_test(tcase, an_item_over_the_limit_is_left_out_and_counted);
    tcase_add_test(tcase, depth_is_limited);
    suite_add_tcase(suite, tcase);
    return suite;
}
