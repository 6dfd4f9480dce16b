/* SPDX-License-Identifier: Apache-2.0 */
/* ascii.h -- classes of single bytes, whatever the locale: <ctype.h> asks it and takes no char. */
#ifndef BASE_ASCII_H
#define BASE_ASCII_H

#include <stdbool.h>

static inline bool
ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool
ascii_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool
ascii_is_alnum(char c)
{
    return ascii_is_letter(c) || ascii_is_digit(c);
}

/* What names of most languages begin with. */
static inline bool
ascii_begins_name(char c)
{
    return ascii_is_letter(c) || c == '_';
}

/* What names go on with; \w of a regular expression. */
static inline bool
ascii_is_word(char c)
{
    return ascii_is_alnum(c) || c == '_';
}

/* Of a hexadecimal digit of either case; -1 of anything else. */
static inline int
ascii_hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static inline bool
ascii_is_hex(char c)
{
    return ascii_hex_value(c) >= 0;
}

#endif
