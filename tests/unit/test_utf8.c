/* SPDX-License-Identifier: Apache-2.0 */
/* test_utf8.c -- UTF-8: check, step, count, make printable. */
#include "base/utf8.h"
#include "tests/unit/runner.h"

#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"

static const struct {
    Str text;
    size_t bad;    /* SIZE_MAX: valid */
} TEXTS[] = {
    {STR_INIT(""), SIZE_MAX},
    {STR_INIT("plain ASCII, longer than a word"), SIZE_MAX},
    {STR_INIT("a\0b"), SIZE_MAX},
    {STR_INIT("\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80"), SIZE_MAX},
    {STR_INIT("\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf"), SIZE_MAX},
    {STR_INIT("12345678\x80"), 8},
    {STR_INIT("a\xc0\x80"), 1},              /* overlong NUL */
    {STR_INIT("a\xe0\x9f\xbf"), 1},          /* overlong */
    {STR_INIT("a\xf0\x8f\xbf\xbf"), 1},      /* overlong */
    {STR_INIT("a\xed\xa0\x80"), 1},          /* surrogate */
    {STR_INIT("a\xf4\x90\x80\x80"), 1},      /* above U+10FFFF */
    {STR_INIT("a\xf5\x80\x80\x80"), 1},
    {STR_INIT("ab\xff"), 2},
    {STR_INIT("ab\xe2\x82"), 2},             /* cut short */
    {STR_INIT("ab\xe2\x28\xa1"), 2},
};

START_TEST(validity)
{
    size_t bad = SIZE_MAX;
    ck_assert_int_eq(utf8_valid(TEXTS[_i].text, &bad), TEXTS[_i].bad == SIZE_MAX);
    ck_assert_uint_eq(bad, TEXTS[_i].bad);
    ck_assert_int_eq(utf8_valid(TEXTS[_i].text, NULL), TEXTS[_i].bad == SIZE_MAX);
}
END_TEST

START_TEST(every_code_point_goes_there_and_back)
{
    for (uint32_t code = 0; code <= 0x110000; code++) {
        char bytes[4];
        size_t n = utf8_encode(code, bytes);
        bool exists = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
        uint32_t back = 0;
        /* An assertion that holds costs a write, and this is a million of them. */
        if ((n > 0) != exists ||
            (exists && (utf8_decode((Str){bytes, n}, 0, &back) != n || back != code)))
            ck_abort_msg("U+%04X", (unsigned)code);
    }
}
END_TEST

START_TEST(malformed_bytes_count_one_each)
{
    uint32_t code = 0;
    ck_assert_uint_eq(utf8_decode(STR("\xe2\x82"), 0, &code), 1);
    ck_assert_uint_eq(code, 0xfffd);
    ck_assert_uint_eq(utf8_count(STR("a\xc3\xa4\xe2\x82z")), 5);
    size_t at = 99;
    ck_assert(utf8_offset(STR("a\xc3\xa4z"), 2, &at) && at == 3);
    ck_assert(utf8_offset(STR("a\xc3\xa4z"), 3, &at) && at == 4);
    ck_assert(!utf8_offset(STR("a\xc3\xa4z"), 4, &at) && at == 4);
}
END_TEST

static const struct {
    const char *text;
    const char *escaped;
    const char *sanitised;
} ESCAPES[] = {
    {"plain \xc3\xa4", "plain \xc3\xa4", "plain \xc3\xa4"},
    {"\x1b[31mred", "\\x1b[31mred", "\x1b[31mred"},
    {"a\nb\rc\td", "a\\nb\\rc\\td", "a\nb\rc\td"},
    {"\x7f\xc2\x9b", "\\x7f\\u{9b}", "\x7f\xc2\x9b"},
    {"\xe2\x80\xae\xe2\x81\xa6\xd8\x9c", "\\u{202e}\\u{2066}\\u{61c}",
     "\xe2\x80\xae\xe2\x81\xa6\xd8\x9c"},
    {"\xe2\x80\xa8\xef\xbb\xbf", "\\u{2028}\\u{feff}", "\xe2\x80\xa8\xef\xbb\xbf"},
    {"a\xff\xfe", "a\\xff\\xfe", "a" REPLACEMENT REPLACEMENT},
    {"\xe2\x82", "\\xe2\\x82", REPLACEMENT REPLACEMENT},
    {"", "", ""},
    {"a\xe2\x80\x8b" "b\xe2\x81\xa0\xf3\xa0\x81\x81", "a\\u{200b}b\\u{2060}\\u{e0041}",
     "a\xe2\x80\x8b" "b\xe2\x81\xa0\xf3\xa0\x81\x81"},
};

static const struct {
    const char *text;
    const char *ascii;
} IN_ASCII[] = {
    {"plain", "plain"},
    {"5 \xc2\xb1 0.1 \xc2\xb5s \xe2\x86\x92 \xe2\x80\x9cx\xe2\x80\x9d \xe2\x80\xa6",
     "5 +/- 0.1 us -> \"x\" ..."},
    {"\xc3\xa4\xe6\x97\xa5", "\\u{e4}\\u{65e5}"},
    {"\x1b[0m\xe2\x80\xae\xff", "\\x1b[0m\\u{202e}\\xff"},
    {"\xe2\x80", "\\xe2\\x80"},
};

START_TEST(heads_end_between_characters)
{
    ck_assert_str_view(utf8_head(STR("a\xc3\xa4z"), 2), "a");
    ck_assert_str_view(utf8_head(STR("a\xc3\xa4z"), 3), "a\xc3\xa4");
    ck_assert_str_view(utf8_head(STR("a\xc3\xa4z"), 9), "a\xc3\xa4z");
    ck_assert_str_view(utf8_head(STR("\x80\x80"), 1), "");
    ck_assert_str_view(utf8_head(STR(""), 0), "");
}
END_TEST

START_TEST(escaping_to_ascii)
{
    CLEANUP(buf_done) Buf buf = BUF_INIT(1000);
    utf8_escape_ascii(&buf, str_of(IN_ASCII[_i].text));
    ck_assert_str_view(buf_str(&buf), IN_ASCII[_i].ascii);
}
END_TEST

START_TEST(escaping)
{
    CLEANUP(buf_done) Buf buf = BUF_INIT(1000);
    utf8_escape_terminal(&buf, str_of(ESCAPES[_i].text), false);
    ck_assert_str_view(buf_str(&buf), ESCAPES[_i].escaped);
    buf_clear(&buf);
    utf8_sanitise(&buf, str_of(ESCAPES[_i].text));
    ck_assert_str_view(buf_str(&buf), ESCAPES[_i].sanitised);
}
END_TEST

START_TEST(tabs_may_stay)
{
    CLEANUP(buf_done) Buf buf = BUF_INIT(1000);
    utf8_escape_terminal(&buf, STR("a\tb\n"), true);
    ck_assert_str_view(buf_str(&buf), "a\tb\\n");
}
END_TEST

static const struct {
    uint32_t code;
    unsigned width;
} WIDTHS[] = {
    {'a', 1},    {0, 0},      {0x1b, 0},    {0x7f, 0},    {0x9f, 0},    {0xa0, 1},
    {0xe4, 1},   {0x301, 0},  {0x200d, 0},  {0x4e2d, 2},  {0xac00, 2},  {0xff21, 2},
    {0xfe0f, 0}, {0x20ac, 1}, {0x1f600, 2}, {0x2713, 1},  {0x20001, 2}, {0x10ffff, 1},
};

START_TEST(widths)
{
    ck_assert_uint_eq(utf8_width(WIDTHS[_i].code), WIDTHS[_i].width);
}
END_TEST

#define LOOP(test, table) \
    tcase_add_loop_test(tcase, test, 0, (int)(sizeof(table) / sizeof *(table)))

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("utf8");
    TCase *tcase = tcase_create("utf8");
    LOOP(validity, TEXTS);
    tcase_add_test(tcase, every_code_point_goes_there_and_back);
    tcase_add_test(tcase, malformed_bytes_count_one_each);
    LOOP(escaping, ESCAPES);
    LOOP(escaping_to_ascii, IN_ASCII);
    tcase_add_test(tcase, heads_end_between_characters);
    tcase_add_test(tcase, tabs_may_stay);
    LOOP(widths, WIDTHS);
    suite_add_tcase(suite, tcase);
    return suite;
}
