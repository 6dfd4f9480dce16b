/* SPDX-License-Identifier: Apache-2.0 */
/* semver.c -- Semantic Versioning 2.0.0: parse, compare, write. */
#include "analyzer/query/semver.h"

#include "base/ascii.h"

#include <inttypes.h>
#include <string.h>

static bool
is_number(Str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!ascii_is_digit(s.p[i]))
            return false;
    }
    return s.n > 0;
}

/* Digits without a leading zero. */
static bool
parse_number(Str s, uint64_t *ret)
{
    return is_number(s) && (s.n == 1 || s.p[0] != '0') && str_to_u64(s, ret);
}

/* Dot-separated words of letters, digits and hyphens; numbers without leading zeros where
 * strict. */
static bool
are_words(Str text, bool strict)
{
    Str rest = text;
    for (Str word; str_cut(&rest, '.', &word);) {
        if (word.n == 0 || (strict && word.n > 1 && word.p[0] == '0' && is_number(word)))
            return false;
        for (size_t i = 0; i < word.n; i++) {
            char c = word.p[i];
            if (!ascii_is_digit(c) && !((c | 32) >= 'a' && (c | 32) <= 'z') && c != '-')
                return false;
        }
    }
    return text.n > 0;
}

bool
semver_parse(Str text, Semver *ret)
{
    size_t at = 0;
    Str rest = text;
    *ret = (Semver){.prerelease = STR(""), .build = STR("")};
    if (str_find_char(rest, '+', &at)) {
        ret->build = str_from(rest, at + 1);
        rest = str_head(rest, at);
        if (!are_words(ret->build, false))
            return false;
    }
    if (str_find_char(rest, '-', &at)) {
        ret->prerelease = str_from(rest, at + 1);
        rest = str_head(rest, at);
        if (!are_words(ret->prerelease, true))
            return false;
    }
    size_t count = 0;
    for (Str part; str_cut(&rest, '.', &part); count++) {
        if (count == 3 || !parse_number(part, &ret->numbers[count]))
            return false;
    }
    return count == 3;
}

static int
sign_of(int order)
{
    return (order > 0) - (order < 0);
}

/* Words of a pre-release: numbers by size and before others, others by bytes. */
static int
compare_words(Str a, Str b)
{
    bool a_number = is_number(a);
    if (a_number != is_number(b))
        return a_number ? -1 : 1;
    if (a_number && a.n != b.n)
        return a.n < b.n ? -1 : 1;
    return sign_of(str_cmp(a, b));
}

static int
compare_prereleases(Str a, Str b)
{
    if (a.n == 0 || b.n == 0)
        return (a.n == 0) - (b.n == 0);
    for (;;) {
        Str left;
        Str right;
        bool more_left = str_cut(&a, '.', &left);
        bool more_right = str_cut(&b, '.', &right);
        if (!more_left || !more_right)
            return (int)more_left - (int)more_right;
        int order = compare_words(left, right);
        if (order)
            return order;
    }
}

int
semver_compare(const Semver *a, const Semver *b)
{
    for (size_t i = 0; i < 3; i++) {
        if (a->numbers[i] != b->numbers[i])
            return a->numbers[i] < b->numbers[i] ? -1 : 1;
    }
    return compare_prereleases(a->prerelease, b->prerelease);
}

void
semver_write(const Semver *version, Buf *out)
{
    buf_printf(out, "%" PRIu64 ".%" PRIu64 ".%" PRIu64, version->numbers[0], version->numbers[1],
               version->numbers[2]);
    if (version->prerelease.n) {
        buf_addc(out, '-');
        buf_add_str(out, version->prerelease);
    }
    if (version->build.n) {
        buf_addc(out, '+');
        buf_add_str(out, version->build);
    }
}
