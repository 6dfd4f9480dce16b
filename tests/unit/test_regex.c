/* SPDX-License-Identifier: Apache-2.0 */
/* test_regex.c -- RE2's syntax and meaning on PCRE2. */
#include "analyzer/query/regex.h"
#include "tests/unit/runner.h"

#include <string.h>

#include "base/cleanup.h"

typedef struct {
    const char *pattern;
    const char *text;
    int start;              /* -1: no match */
    int end;
} Match;

static const Match MATCHES[] = {
    {"", "abc", 0, 0},
    {"b+", "abbbc", 1, 4},
    {"b+?", "abbbc", 1, 2},
    {"a|ab", "ab", 0, 1},           /* the first alternative, not the longest */
    {"(?:a|ab)c", "abc", 0, 3},
    {"^b", "a\nb", -1, 0},
    {"(?m)^b", "a\nb", 2, 3},
    {"(?m)^$", "a\n", 2, 2},        /* also behind the last newline */
    {"a$", "a\n", -1, 0},           /* '$' is the end of the text */
    {"(?m)a$", "a\nb", 0, 1},
    {"a.b", "a\nb", -1, 0},
    {"(?s)a.b", "a\nb", 0, 3},
    {"(?s:a.)(.)", "a\n\n", -1, 0},
    {"(?i)straSSe", "STRASSE", 0, 7},
    {"a(?i)b|c", "C", 0, 1},
    {"(?i:a)b", "AB", -1, 0},
    {"(?U)a+", "aaa", 0, 1},
    {"(?U)a+?", "aaa", 0, 3},
    {"\\d+", "x\xd9\xa3" "12", 3, 5},   /* ASCII digits only */
    {"\\w", "\xc3\xa9", -1, 0},
    {"\\s", "\v", -1, 0},
    {"\\S", "\v", 0, 1},
    {"[\\S]", "\v", 0, 1},
    {"[[:space:]]", "\v", 0, 1},
    {"[^a]", "a\n", 1, 2},
    {"[]a]+", "]a", 0, 2},
    {"[^]a]", "]ab", 2, 3},
    {"[a\\]-]+", "-]a", 0, 3},
    {"[[:^digit:]]", "1a", 1, 2},
    {"[\\pL\\d]+", "-\xc3\xa9" "1-", 1, 4},
    {"\\pN", "a1", 1, 2},
    {"\\p{Greek}", "a\xce\xb1", 1, 3},
    {"\\P{Greek}", "\xce\xb1" "a", 2, 3},
    {"\\p{^Lu}", "Aa", 1, 2},
    {"\\x41\\x{e9}\\101\\n", "A\xc3\xa9" "A\n", 0, 5},
    {"\\v", "\v", 0, 1},
    {"\\Qa.b\\E+", "a.bb", 0, 4},
    {"\\Q[", "[", 0, 1},
    {"a{2}", "aaa", 0, 2},
    {"a{2,}", "aaa", 0, 3},
    {"a{0,1}", "aa", 0, 1},
    {"a{,2}", "a{,2}", 0, 5},       /* no repetition: text */
    {"a{x}", "a{x}", 0, 4},
    {"}]", "}]", 0, 2},
    {"\\bfoo\\b", "a foo.", 2, 5},
    {"\\Bo", "foo", 1, 2},
    {"\\Aa\\z", "a", 0, 1},
    {"a||b", "b", 0, 0},
    {"()|a", "a", 0, 0},
    {"#  x", "#  x", 0, 4},
    {"\\.\\*\\_\\ ", ".*_ ", 0, 4},
    {"a", "\xff" "a", 1, 2},        /* past bytes that are no UTF-8 */
    {".", "\xff", -1, 0},
    {"x{1000}", "x", -1, 0},
    {"\xc3\xa9?b", "b", 0, 1},
};

START_TEST(patterns_match_as_in_re2)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    const Match *m = &MATCHES[_i];
    for (unsigned flags = 0; flags <= REGEX_MANY_MATCHES; flags += REGEX_MANY_MATCHES) {
        const Regex *regex = NULL;
        Err err = {0};
        ck_assert_msg(regex_compile(arena, str_of(m->pattern), flags, &regex, &err) == ST_OK,
                      "%s: %s", m->pattern, err.text);
        RegexSpan span = {0, 0};
        RegexResult result = regex_match(regex, str_of(m->text), 0, &span, 1);
        ck_assert_msg((result == REGEX_FOUND) == (m->start >= 0), "%s: %d", m->pattern,
                      (int)result);
        if (result == REGEX_FOUND)
            ck_assert_msg(span.start == (size_t)m->start && span.end == (size_t)m->end,
                          "%s: %zu-%zu", m->pattern, span.start, span.end);
        regex_done(regex);
    }
}
END_TEST

static const struct {
    const char *pattern;
    unsigned column;
    const char *text;
} REFUSED[] = {
    {"a(?=b)", 2, "RE2"},
    {"a(?!b)", 2, "RE2"},
    {"(?<=b)", 1, "RE2"},
    {"(?<!b)", 1, "RE2"},
    {"(?>a)", 1, "RE2"},
    {"(?|a)", 1, "RE2"},
    {"(?#a)", 1, "RE2"},
    {"(?R)", 1, "RE2"},
    {"(?1)", 1, "RE2"},
    {"(?C1)", 1, "RE2"},
    {"(?(1)a)", 1, "RE2"},
    {"(?P=a)", 1, "RE2"},
    {"(?P>a)", 1, "RE2"},
    {"(?x)a", 1, "RE2"},
    {"(*ACCEPT)", 1, "RE2"},
    {"\xc3\xa9(a)\\1", 5, "back reference"},
    {"\\K", 1, "escape"},
    {"\\R", 1, "escape"},
    {"\\G", 1, "escape"},
    {"\\X", 1, "escape"},
    {"\\Z", 1, "escape"},
    {"\\C", 1, "escape"},
    {"\\h", 1, "escape"},
    {"[\\b]", 2, "escape"},
    {"\\g1", 1, "escape"},
    {"a*+", 2, "nested"},
    {"a**", 2, "nested"},
    {"a{2}{3}", 2, "nested"},
    {"a{1001}", 2, "count"},
    {"a{3,2}", 2, "count"},
    {"(?:a{100}){100}", 11, "count"},
    {"*a", 1, "nothing to repeat"},
    {"a|*", 3, "nothing to repeat"},
    {"(?i)*", 5, "nothing to repeat"},
    {"(a", 1, "missing )"},
    {"a)", 2, "unexpected )"},
    {"[a", 1, "missing ]"},
    {"[]", 1, "missing ]"},
    {"[z-a]", 2, "order"},
    {"[[:foo:]]", 2, "class"},
    {"\\p{Nope}", 0, "property"},
    {"\\p", 1, "property"},
    {"\\p{", 1, "without }"},
    {"\\x{110000}", 1, "10FFFF"},
    {"\\x{d800}", 1, "surrogate"},
    {"\\x4", 1, "hexadecimal"},
    {"a\\", 2, "end"},
    {"(?P<a>.)(?P<a>.)", 13, "twice"},
    {"(?P<a-b>.)", 5, "name"},
    {"(?)", 1, "RE2"},
    {"(?i-)", 1, "RE2"},
    {"\xff", 1, "UTF-8"},
};

START_TEST(what_re2_lacks_is_refused_with_its_place)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    const Regex *regex = NULL;
    Err err = {0};
    Status status = regex_compile(arena, str_of(REFUSED[_i].pattern), 0, &regex, &err);
    ck_assert_msg(status == ST_RULE, "%s: %s", REFUSED[_i].pattern, status_name(status));
    ck_assert_ptr_null(regex);
    ck_assert_msg(strstr(err.text, REFUSED[_i].text) != NULL, "%s: %s", REFUSED[_i].pattern,
                  err.text);
    ck_assert_msg(err.column == REFUSED[_i].column, "%s: column %u", REFUSED[_i].pattern,
                  err.column);
}
END_TEST

START_TEST(long_and_deep_patterns_are_a_limit)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    static char text[5000];
    memset(text, 'a', sizeof text);
    const Regex *regex = NULL;
    ck_assert_int_eq(regex_compile(arena, (Str){text, sizeof text}, 0, &regex, NULL), ST_LIMIT);
    memset(text, '(', 300);
    ck_assert_int_eq(regex_compile(arena, (Str){text, 400}, 0, &regex, NULL), ST_LIMIT);
}
END_TEST

START_TEST(out_of_memory_is_told)
{
    for (size_t budget = 0; budget < 4000; budget += 40) {
        CLEANUP(cleanup_arena) Arena *arena = arena_new(budget);
        const Regex *regex = NULL;
        Status status = regex_compile(arena, STR("(?P<a>x)(y)"), 0, &regex, NULL);
        ck_assert(status == ST_NOMEM || status == ST_OK);
        ck_assert((status == ST_OK) == (regex != NULL));
    }
}
END_TEST

START_TEST(groups_have_names_numbers_and_places)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    const Regex *regex = NULL;
    Str pattern = STR("(?P<code>[0-9]+)( never)?(?<unit>ms|s)(?:x)?");
    ck_assert_int_eq(regex_compile(arena, pattern, 0, &regex, NULL), ST_OK);
    ck_assert_uint_eq(regex_group_count(regex), 3);
    ck_assert_uint_eq(regex_group_find(regex, STR("code")), 1);
    ck_assert_uint_eq(regex_group_find(regex, STR("unit")), 3);
    ck_assert_uint_eq(regex_group_find(regex, STR("")), 0);
    ck_assert(str_is(regex_group_name(regex, 1), "code"));
    ck_assert(str_is(regex_group_name(regex, 2), ""));
    ck_assert(str_is(regex_group_name(regex, 4), ""));
    RegexSpan spans[5];
    ck_assert_int_eq(regex_match(regex, STR("1 12ms"), 1, spans, 5), REGEX_FOUND);
    ck_assert_uint_eq(spans[1].start, 2);
    ck_assert_uint_eq(spans[2].start, REGEX_UNSET);
    ck_assert_uint_eq(spans[3].end, 6);
    ck_assert_uint_eq(spans[4].start, REGEX_UNSET);
    ck_assert_int_eq(regex_match(regex, STR("1 12ms"), 7, spans, 5), REGEX_NONE);
}
END_TEST

START_TEST(an_anchored_pattern_matches_the_whole_text)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    const Regex *regex = NULL;
    ck_assert_int_eq(regex_compile(arena, STR("a|b.*"), REGEX_ANCHORED, &regex, NULL), ST_OK);
    ck_assert_int_eq(regex_match(regex, STR("b\nc\xff"), 0, NULL, 0), REGEX_NONE);
    ck_assert_int_eq(regex_match(regex, STR("\xff" "a"), 0, NULL, 0), REGEX_NONE);
    ck_assert_int_eq(regex_match(regex, STR("b\nc"), 0, NULL, 0), REGEX_FOUND);
    ck_assert_int_eq(regex_match(regex, STR("a"), 0, NULL, 0), REGEX_FOUND);
    ck_assert_int_eq(regex_match(regex, STR("b\nx"), 0, NULL, 0), REGEX_FOUND);
    ck_assert_int_eq(regex_match(regex, STR("xa"), 0, NULL, 0), REGEX_NONE);
    ck_assert_int_eq(regex_match(regex, STR("a\n"), 0, NULL, 0), REGEX_NONE);
    ck_assert_int_eq(regex_match(regex, (Str){NULL, 0}, 0, NULL, 0), REGEX_NONE);
    ck_assert_int_eq(regex_compile(arena, STR("AB"), REGEX_IGNORE_CASE, &regex, NULL), ST_OK);
    ck_assert_int_eq(regex_match(regex, STR("xab"), 0, NULL, 0), REGEX_FOUND);
}
END_TEST

START_TEST(hostile_patterns_end_at_the_limit)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    static const char *const PATTERNS[] = {"(a+)+$", "(a|a)*$", "(a|aa)+$", "(.*)*(.*)*(.*)*x"};
    static char text[3000];
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '!';
    for (unsigned flags = 0; flags <= REGEX_MANY_MATCHES; flags += REGEX_MANY_MATCHES) {
        for (size_t i = 0; i < sizeof PATTERNS / sizeof *PATTERNS; i++) {
            const Regex *regex = NULL;
            ck_assert_int_eq(regex_compile(arena, str_of(PATTERNS[i]), flags, &regex, NULL),
                             ST_OK);
            ck_assert_int_ne(regex_match(regex, (Str){text, sizeof text}, 0, NULL, 0),
                             REGEX_FOUND);
            regex_done(regex);
        }
    }
    const Regex *regex = NULL;
    ck_assert_int_eq(regex_compile(arena, STR("(a+)+$"), 0, &regex, NULL), ST_OK);
    ck_assert_int_eq(regex_match(regex, (Str){text, sizeof text}, 0, NULL, 0), REGEX_LIMIT);
}
END_TEST

START_TEST(a_quoted_text_matches_itself_alone)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(buf_done) Buf out = BUF_INIT(1000);
    Str text = STR("a.b*[c]{2}(d)|^$\\+?\xc3\xa9");
    regex_quote(text, &out);
    const Regex *regex = NULL;
    ck_assert_int_eq(regex_compile(arena, buf_str(&out), REGEX_ANCHORED, &regex, NULL), ST_OK);
    ck_assert_int_eq(regex_match(regex, text, 0, NULL, 0), REGEX_FOUND);
    ck_assert_int_eq(regex_match(regex, STR("axb"), 0, NULL, 0), REGEX_NONE);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("regex");
    TCase *tcase = tcase_create("regex");
    tcase_set_timeout(tcase, 30);
    tcase_add_loop_test(tcase, patterns_match_as_in_re2, 0, sizeof MATCHES / sizeof *MATCHES);
    tcase_add_loop_test(tcase, what_re2_lacks_is_refused_with_its_place, 0,
                        sizeof REFUSED / sizeof *REFUSED);
    tcase_add_test(tcase, long_and_deep_patterns_are_a_limit);
    tcase_add_test(tcase, out_of_memory_is_told);
    tcase_add_test(tcase, groups_have_names_numbers_and_places);
    tcase_add_test(tcase, an_anchored_pattern_matches_the_whole_text);
    tcase_add_test(tcase, hostile_patterns_end_at_the_limit);
    tcase_add_test(tcase, a_quoted_text_matches_itself_alone);
    suite_add_tcase(suite, tcase);
    return suite;
}
