/* SPDX-License-Identifier: Apache-2.0 */
/* test_str.c -- views of bytes. */
#include "base/str.h"

#include "base/ascii.h"
#include "tests/unit/runner.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const Str NOTHING = {NULL, 0};

START_TEST(comparing)
{
    ck_assert(str_eq(STR("ab"), STR("ab")));
    ck_assert(str_eq(NOTHING, STR("")));
    ck_assert(!str_eq(STR("ab"), STR("ac")));
    ck_assert(!str_eq(STR("a\0b"), STR("a\0c")));
    ck_assert(str_is(STR(""), NULL));
    ck_assert(str_eq_nocase(STR("Content-LENGTH"), STR("content-length")));
    ck_assert(!str_eq_nocase(STR("[ab"), STR("{ab")));
    ck_assert(!str_eq_nocase(STR("a"), STR("ab")));
    ck_assert_int_lt(str_cmp(STR("a"), STR("ab")), 0);
    ck_assert_int_gt(str_cmp(STR("b"), STR("ab")), 0);
    ck_assert_int_gt(str_cmp(STR("\xff"), STR("a")), 0);
    ck_assert_int_eq(str_cmp(NOTHING, STR("")), 0);
    ck_assert(str_starts(STR("logs/a"), STR("logs/")) && !str_starts(STR("log"), STR("logs")));
    ck_assert(str_ends(STR("a.log"), STR(".log")) && !str_ends(STR("log"), STR(".log")));
    ck_assert(str_starts(NOTHING, NOTHING) && str_ends(NOTHING, NOTHING));
}
END_TEST

START_TEST(finding)
{
    size_t at = 99;
    ck_assert(str_find(STR("a\0bcbc"), STR("bc"), &at) && at == 2);
    ck_assert(!str_find(STR("abc"), STR("cb"), &at) && at == 2);
    ck_assert(str_find(STR("abc"), NOTHING, &at) && at == 0);
    ck_assert(!str_find(NOTHING, STR("a"), &at));
    ck_assert(str_find_char(STR("a,b,c"), ',', &at) && at == 1);
    ck_assert(str_rfind_char(STR("a,b,c"), ',', &at) && at == 3);
    ck_assert(!str_find_char(NOTHING, ',', &at) && !str_rfind_char(NOTHING, ',', &at));
    ck_assert(!str_find_char(STR("a"), ',', &at) && !str_rfind_char(STR("a"), ',', &at));
}
END_TEST

START_TEST(parts_of_a_view)
{
    ck_assert_str_view(str_from(STR("abc"), 1), "bc");
    ck_assert_str_view(str_from(STR("abc"), 9), "");
    ck_assert_str_view(str_from(NOTHING, 1), "");
    ck_assert_str_view(str_head(STR("abc"), 2), "ab");
    ck_assert_str_view(str_head(STR("abc"), 9), "abc");
    ck_assert_str_view(str_sub(STR("abcd"), 1, 2), "bc");
    ck_assert_str_view(str_sub(STR("abcd"), 3, SIZE_MAX), "d");
    ck_assert_str_view(str_trim(STR(" \t\v a b \r\n")), "a b");
    ck_assert_str_view(str_trim(STR(" \n ")), "");
    Str text = STR("-1");
    Str nothing = NOTHING;
    ck_assert(!str_take_char(&text, '+') && str_take_char(&text, '-'));
    ck_assert_str_view(text, "1");
    ck_assert(!str_take_char(&nothing, '\0'));
}
END_TEST

/* Every byte, the negative ones of a signed char among them. */
START_TEST(classes_of_bytes)
{
    for (int i = -128; i < 128; i++) {
        char c = (char)i;
        bool is_known = i > 0 && i < 128;
        const char *hex = is_known ? strchr("0123456789abcdef", c | (c > '9' ? 32 : 0)) : NULL;
        ck_assert_int_eq(ascii_is_digit(c), is_known && strchr("0123456789", c) != NULL);
        ck_assert_int_eq(ascii_hex_value(c), hex ? (int)strcspn("0123456789abcdef", hex) : -1);
        ck_assert_int_eq(ascii_is_hex(c), hex != NULL);
        ck_assert_int_eq(ascii_is_letter(c), is_known && isalpha(c) != 0);
        ck_assert_int_eq(ascii_is_alnum(c), is_known && isalnum(c) != 0);
        ck_assert_int_eq(ascii_begins_name(c), c == '_' || ascii_is_letter(c));
        ck_assert_int_eq(ascii_is_word(c), c == '_' || ascii_is_alnum(c));
    }
}
END_TEST

static const struct {
    const char *text;
    const char *parts;    /* each ends with '|' */
} CUTS[] = {
    {"", "|"}, {"a", "a|"}, {"a,b", "a|b|"}, {",", "||"}, {"a,,b,", "a||b||"}, {NULL, ""},
};

START_TEST(cutting_gives_every_part_once)
{
    char parts[32] = "";
    Str rest = str_of(CUTS[_i].text);
    for (Str part; str_cut(&rest, ',', &part);) {
        strncat(parts, part.p, part.n);
        strncat(parts, "|", 2);
    }
    ck_assert_str_eq(parts, CUTS[_i].parts);
}
END_TEST

static const struct {
    const char *text;
    bool unsigned_ok;
    uint64_t unsigned_value;
    bool signed_ok;
    int64_t signed_value;
} INTEGERS[] = {
    {"0", true, 0, true, 0},
    {"007", true, 7, true, 7},
    {"-1", false, 0, true, -1},
    {"9223372036854775807", true, INT64_MAX, true, INT64_MAX},
    {"9223372036854775808", true, UINT64_C(1) << 63, false, 0},
    {"-9223372036854775808", false, 0, true, INT64_MIN},
    {"-9223372036854775809", false, 0, false, 0},
    {"18446744073709551615", true, UINT64_MAX, false, 0},
    {"18446744073709551616", false, 0, false, 0},
    {"99999999999999999999999", false, 0, false, 0},
    {"", false, 0, false, 0},
    {"-", false, 0, false, 0},
    {"+1", false, 0, false, 0},
    {" 1", false, 0, false, 0},
    {"1 ", false, 0, false, 0},
    {"1a", false, 0, false, 0},
    {"--1", false, 0, false, 0},
};

START_TEST(integers)
{
    uint64_t u = 77;
    int64_t i = 77;
    ck_assert_int_eq(str_to_u64(str_of(INTEGERS[_i].text), &u), INTEGERS[_i].unsigned_ok);
    ck_assert_uint_eq(u, INTEGERS[_i].unsigned_ok ? INTEGERS[_i].unsigned_value : 77);
    ck_assert_int_eq(str_to_i64(str_of(INTEGERS[_i].text), &i), INTEGERS[_i].signed_ok);
    ck_assert_int_eq(i, INTEGERS[_i].signed_ok ? INTEGERS[_i].signed_value : 77);
}
END_TEST

static const struct {
    const char *text;
    bool ok;
    double value;
} DOUBLES[] = {
    {"0", true, 0},
    {"-0.0", true, -0.0},
    {"1.5", true, 1.5},
    {"+1.5e3", true, 1500},
    {".5", true, 0.5},
    {"5.", true, 5},
    {"1e-7", true, 1e-7},
    {"123456789012345678", true, 123456789012345678.0},
    {"0.1", true, 0.1},
    {"2.2250738585072011e-308", true, 2.2250738585072011e-308},
    {"4.9e-324", true, 4.9e-324},
    {"1.7976931348623157e308", true, 1.7976931348623157e308},
    {"1e999", true, INFINITY},
    {"-1e99999999999999999999", true, -INFINITY},
    {"1e-99999999999999999999", true, 0},
    {"9007199254740993", true, 9007199254740992.0},
    {"Inf", true, INFINITY},
    {"-infinity", true, -INFINITY},
    {"", false, 0},
    {".", false, 0},
    {"-", false, 0},
    {"e5", false, 0},
    {"1e", false, 0},
    {"1e+", false, 0},
    {"1e5x", false, 0},
    {"0x10", false, 0},
    {"1,5", false, 0},
    {" 1", false, 0},
    {"1 ", false, 0},
    {"nan(1)", false, 0},
    {"infinit", false, 0},
    {"--1", false, 0},
};

START_TEST(doubles)
{
    double value = 77;
    ck_assert_int_eq(str_to_double(str_of(DOUBLES[_i].text), &value), DOUBLES[_i].ok);
    double expected = DOUBLES[_i].ok ? DOUBLES[_i].value : 77;
    ck_assert_msg(memcmp(&value, &expected, sizeof value) == 0, "%s gave %.17g",
                  DOUBLES[_i].text, value);
}
END_TEST

START_TEST(nan_is_a_double)
{
    double value = 0;
    ck_assert(str_to_double(STR("NaN"), &value));
    ck_assert(isnan(value));
}
END_TEST

START_TEST(a_million_digits_are_rounded_rightly)
{
    /* Half way between two doubles, and a digit far behind that decides. */
    static char text[1000001];
    memset(text, '0', sizeof text - 1);
    static const char HALF[] = "9007199254740993.";
    memcpy(text, HALF, sizeof HALF - 1);
    double value = 0;
    ck_assert(str_to_double(str_of(text), &value));
    ck_assert(value <= 9007199254740992.0);
    text[sizeof text - 2] = '1';
    ck_assert(str_to_double(str_of(text), &value));
    ck_assert(value >= 9007199254740994.0);
    memset(text, '0', sizeof HALF);
    memset(text, '9', 900);
    text[900] = '\0';
    ck_assert(str_to_double(str_of(text), &value));
    ck_assert(isinf(value));
}
END_TEST

START_TEST(doubles_agree_with_strtod)
{
    uint64_t random = 1;
    for (int i = 0; i < 200000; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        char text[64];
        (void)snprintf(text, sizeof text, "%llu.%llue%d",
                       (unsigned long long)(random >> 40 >> (random & 15)),
                       (unsigned long long)(random >> (random >> 4 & 31) & 0xffffffff),
                       (int)(random >> 33 & 63) - 32);
        double value = 0;
        ck_assert(str_to_double(str_of(text), &value));
        double expected = strtod(text, NULL);
        ck_assert_msg(memcmp(&value, &expected, sizeof value) == 0, "%s", text);
    }
}
END_TEST

static const struct {
    const char *pattern;
    const char *text;
    bool anywhere;    /* result where '/' is a byte like others */
    bool folders;     /* result with stop_at_slash */
} GLOBS[] = {
    {"", "", true, true},
    {"", "a", false, false},
    {"*", "", true, true},
    {"*", "abc", true, true},
    {"*", "a/b", true, false},
    {"a?c", "abc", true, true},
    {"a?c", "a/c", true, false},
    {"a?c", "ac", false, false},
    {"*.log", "a.log", true, true},
    {"*.log", "a.logs", false, false},
    {"a*b*c", "axxbyyc", true, true},
    {"a*b*c", "axxbyy", false, false},
    {"logs/*/x", "logs/a/x", true, true},
    {"logs/*/x", "logs/a/b/x", true, false},
    {"logs/**/x", "logs/a/b/x", true, true},
    {"logs/**/x", "logs/x", false, true},
    {"logs/**", "logs/a/b", true, true},
    {"**", "a/b/c", true, true},
    {"**/*.log", "a.log", false, true},
    {"**/*.log", "p/q/a.log", true, true},
    {"a**/b", "ab", false, false},
    {"**/**/a", "a", false, true},
    {"***", "a/b", true, true},
};

START_TEST(globs)
{
    ck_assert_int_eq(str_glob(str_of(GLOBS[_i].pattern), str_of(GLOBS[_i].text), false),
                     GLOBS[_i].anywhere);
    ck_assert_int_eq(str_glob(str_of(GLOBS[_i].pattern), str_of(GLOBS[_i].text), true),
                     GLOBS[_i].folders);
}
END_TEST

START_TEST(a_hostile_glob_is_linear)
{
    static char pattern[4200];
    static char text[2000];
    for (size_t i = 0; i < 400; i++)
        pattern[i] = i % 2 ? '*' : 'a';
    strncat(pattern, "b", 2);
    memset(text, 'a', sizeof text - 1);
    ck_assert(!str_glob(str_of(pattern), str_of(text), false));
    memset(pattern, '*', sizeof pattern - 1);
    ck_assert(!str_glob(str_of(pattern), str_of(text), false));
    ck_assert(str_glob(str_head(str_of(pattern), 4096), str_of(text), false));
}
END_TEST

static const struct {
    const char *what;
    const char *nearest;
} WORDS[] = {
    {"severty", "severity"}, {"Severity", "severity"}, {"messgae", "message"},
    {"wehn", "when"},        {"zzzzzz", NULL},         {"w", NULL},
    {"ky", "key"},           {"", NULL},
};

START_TEST(nearest_words)
{
    static const char *const CANDIDATES[] = {
        "severity", "message", "when", "with", "key",
        "a-candidate-that-is-far-too-long-to-be-meant-by-anybody-who-types-it", NULL};
    const char *nearest = str_nearest(str_of(WORDS[_i].what), CANDIDATES);
    if (WORDS[_i].nearest)
        ck_assert_str_eq(nearest, WORDS[_i].nearest);
    else
        ck_assert_ptr_null(nearest);
}
END_TEST

#define LOOP(test, table) \
    tcase_add_loop_test(tcase, test, 0, (int)(sizeof(table) / sizeof *(table)))

START_TEST(globs_are_told_from_names)
{
    ck_assert(str_is_glob(STR("a*")));
    ck_assert(str_is_glob(STR("?")));
    ck_assert(!str_is_glob(STR("logs/a/b.log")));
    ck_assert(!str_is_glob(STR("")));
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("str");
    TCase *tcase = tcase_create("str");
    tcase_add_test(tcase, globs_are_told_from_names);
    tcase_add_test(tcase, classes_of_bytes);
    tcase_add_test(tcase, comparing);
    tcase_add_test(tcase, finding);
    tcase_add_test(tcase, parts_of_a_view);
    LOOP(cutting_gives_every_part_once, CUTS);
    LOOP(integers, INTEGERS);
    LOOP(doubles, DOUBLES);
    tcase_add_test(tcase, nan_is_a_double);
    tcase_add_test(tcase, a_million_digits_are_rounded_rightly);
    tcase_add_test(tcase, doubles_agree_with_strtod);
    LOOP(globs, GLOBS);
    tcase_add_test(tcase, a_hostile_glob_is_linear);
    LOOP(nearest_words, WORDS);
    suite_add_tcase(suite, tcase);
    return suite;
}
