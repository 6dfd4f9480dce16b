/* SPDX-License-Identifier: Apache-2.0 */
/* str.c -- views of bytes. */
#include "base/str.h"

#include <string.h>

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
