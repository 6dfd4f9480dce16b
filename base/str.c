/* SPDX-License-Identifier: Apache-2.0 */
/* str.c -- views of bytes: compare, find, cut. */
#include "base/str.h"

#include <string.h>

static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

Str
str_of(const char *text)
{
    return text ? (Str){text, strlen(text)} : (Str){NULL, 0};
}

bool
str_eq(Str a, Str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool
str_is(Str a, const char *text)
{
    return str_eq(a, str_of(text));
}

bool
str_eq_nocase(Str a, Str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    return true;
}

int
str_cmp(Str a, Str b)
{
    size_t shorter = a.n < b.n ? a.n : b.n;
    int order = shorter ? memcmp(a.p, b.p, shorter) : 0;
    return order ? order : (a.n > b.n) - (a.n < b.n);
}

bool
str_starts(Str s, Str prefix)
{
    return s.n >= prefix.n && str_eq(str_head(s, prefix.n), prefix);
}

bool
str_ends(Str s, Str suffix)
{
    return s.n >= suffix.n && str_eq(str_from(s, s.n - suffix.n), suffix);
}

bool
str_find(Str s, Str what, size_t *ret_at)
{
    if (what.n == 0) {
        *ret_at = 0;
        return true;
    }
    const char *found = s.n ? memmem(s.p, s.n, what.p, what.n) : NULL;
    if (found)
        *ret_at = (size_t)(found - s.p);
    return found != NULL;
}

bool
str_find_char(Str s, char c, size_t *ret_at)
{
    const char *found = s.n ? memchr(s.p, c, s.n) : NULL;
    if (found)
        *ret_at = (size_t)(found - s.p);
    return found != NULL;
}

bool
str_rfind_char(Str s, char c, size_t *ret_at)
{
    const char *found = s.n ? memrchr(s.p, c, s.n) : NULL;
    if (found)
        *ret_at = (size_t)(found - s.p);
    return found != NULL;
}

bool
str_take_char(Str *s, char c)
{
    if (s->n == 0 || s->p[0] != c)
        return false;
    *s = str_from(*s, 1);
    return true;
}

Str
str_from(Str s, size_t at)
{
    if (at > s.n)
        at = s.n;
    return s.p ? (Str){s.p + at, s.n - at} : s;
}

Str
str_head(Str s, size_t n)
{
    return (Str){s.p, n < s.n ? n : s.n};
}

Str
str_sub(Str s, size_t at, size_t n)
{
    return str_head(str_from(s, at), n);
}

static bool
is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

Str
str_trim(Str s)
{
    while (s.n && is_space(s.p[0]))
        s = str_from(s, 1);
    while (s.n && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool
str_cut(Str *rest, char separator, Str *ret_part)
{
    if (!rest->p)
        return false;
    size_t at;
    if (str_find_char(*rest, separator, &at)) {
        *ret_part = str_head(*rest, at);
        *rest = str_from(*rest, at + 1);
    } else {
        *ret_part = *rest;
        *rest = (Str){NULL, 0};
    }
    return true;
}
