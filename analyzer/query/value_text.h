/* SPDX-License-Identifier: Apache-2.0 */
/* value_text.h -- the parts of which values are written, for value_text.c and CEL's own
 * conversions. */
#ifndef QUERY_VALUE_TEXT_H
#define QUERY_VALUE_TEXT_H

#include "base/buf.h"

enum { VALUE_DIGITS_MOST = 24 };

/* The fewest digits that read back as d (finite, not negative): d = 0.DIGITS * 10^point. "0" with
 * point 1 for zero.  Returns how many. */
size_t value_shortest_digits(double d, char digits[VALUE_DIGITS_MOST], int *ret_point);
/* Appends digits with the decimal point (or zeros) where it belongs, without an exponent. */
void value_write_plain(const char *digits, size_t count, int point, Buf *out);
/* As ECMAScript and JSON write numbers; NaN, Infinity, -Infinity by name. */
void value_write_number(double d, Buf *out);
/* RFC 3339 in UTC, the fraction without trailing zeros. */
void value_write_timestamp(int64_t seconds, int32_t nanos, Buf *out);
/* "90s", "-1.5s". */
void value_write_duration(int64_t ns, Buf *out);
void value_write_base64(Str bytes, Buf *out);

#endif
