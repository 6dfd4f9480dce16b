/* SPDX-License-Identifier: Apache-2.0 */
/* test_border.c -- where a long member may be cut. */
#include "bundle/border.h"
#include "tests/unit/runner.h"

#include <string.h>

/* '|' in marked stands behind each border and is not part of the text. */
static const struct {
    MemberFormat format;
    const char *marked;
} CASES[] = {
    {MEMBER_FORMAT_LOG, "one\n|two\n|three"},
    {MEMBER_FORMAT_LOG, "no end"},
    {MEMBER_FORMAT_METRICS, "a 1\n|\n|b 2\n|"},
    {MEMBER_FORMAT_LIST, "{\"a\":1,\"m\":{\"x\":1,\"y\":[1,2]},\"items\":[{\"a\":1,\"b\":[1,2]},|"
                         "{\"c\":\"],[{\"},|{}]}"},
    {MEMBER_FORMAT_LIST, "{\"items\":[\"a\\\"],\",|\"b\\\\\",|3],\"z\":[1,|2]}"},
    {MEMBER_FORMAT_JSON, "[1,|[2,|3],|{\"a\":[4,5]}]"},
    {MEMBER_FORMAT_JSON, "{\"a\":1,\"b\":2}"},
    {MEMBER_FORMAT_JSON, "]]]}},,,[1,|2"},
    {MEMBER_FORMAT_NDJSON, "{\"a\":[1,2]}\n|{}\n|"},
};

/* Walks the text in pieces of the size given and writes the marks it finds. */
static void
mark(MemberFormat format, const char *text, size_t piece, char *out)
{
    Border border = border_of(format);
    Str rest = str_of(text);
    while (rest.n) {
        bool found;
        size_t n = border_scan(&border, str_head(rest, piece), 0, &found);
        memcpy(out, rest.p, n);
        out += n;
        if (found)
            *out++ = '|';
        rest = str_from(rest, n);
    }
    *out = '\0';
}

START_TEST(borders_are_found_however_the_text_is_cut)
{
    char text[256];
    char got[512];
    size_t n = 0;
    for (const char *p = CASES[_i].marked; *p; p++)
        if (*p != '|')
            text[n++] = *p;
    text[n] = '\0';
    for (size_t piece = 1; piece <= n; piece++) {
        mark(CASES[_i].format, text, piece, got);
        ck_assert_str_eq(got, CASES[_i].marked);
    }
}
END_TEST

START_TEST(a_border_before_from_is_passed_over)
{
    bool found;
    Border lines = border_of(MEMBER_FORMAT_LOG);
    ck_assert_uint_eq(border_scan(&lines, STR("a\nb\nc\n"), 2, &found), 4);
    ck_assert(found);
    ck_assert_uint_eq(border_scan(&lines, STR("a\nb"), 2, &found), 3);
    ck_assert(!found);
    ck_assert_uint_eq(border_scan(&lines, STR("a\nb"), 9, &found), 3);
    Border items = border_of(MEMBER_FORMAT_JSON);
    ck_assert_uint_eq(border_scan(&items, STR("[1,2,3]"), 3, &found), 5);
    ck_assert(found);
}
END_TEST

START_TEST(great_depth_does_no_harm)
{
    Border border = border_of(MEMBER_FORMAT_JSON);
    bool found;
    for (int i = 0; i < 100000; i++)
        (void)border_scan(&border, STR("["), 0, &found);
    ck_assert_uint_eq(border_scan(&border, STR(",,,"), 0, &found), 3);
    for (int i = 0; i < 99999; i++)
        (void)border_scan(&border, STR("]"), 0, &found);
    ck_assert_uint_eq(border_scan(&border, STR("1,"), 0, &found), 2);
    ck_assert(found);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("border");
    TCase *tcase = tcase_create("border");
    tcase_add_loop_test(tcase, borders_are_found_however_the_text_is_cut, 0,
                        (int)(sizeof CASES / sizeof CASES[0]));
    tcase_add_test(tcase, a_border_before_from_is_passed_over);
    tcase_add_test(tcase, great_depth_does_no_harm);
    suite_add_tcase(suite, tcase);
    return suite;
}
