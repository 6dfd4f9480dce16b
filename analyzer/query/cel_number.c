/* SPDX-License-Identifier: Apache-2.0 */
/* cel_number.c -- numbers as text, the way Go (and so CEL) reads and writes them. */
#include "analyzer/query/cel_number.h"

#include <math.h>

#include "analyzer/query/value_text.h"

static Str
without_sign(Str text, bool *ret_negative)
{
    *ret_negative = text.n && text.p[0] == '-';
    return text.n && (text.p[0] == '-' || text.p[0] == '+') ? str_from(text, 1) : text;
}

bool
cel_parse_uint(Str text, uint64_t *ret)
{
    uint64_t number = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || __builtin_mul_overflow(number, 10u, &number) ||
            __builtin_add_overflow(number, (unsigned)(text.p[i] - '0'), &number))
            return false;
    }
    *ret = number;
    return text.n > 0;
}

bool
cel_parse_int(Str text, int64_t *ret)
{
    bool negative = false;
    uint64_t size = 0;
    if (!cel_parse_uint(without_sign(text, &negative), &size) ||
        size > (uint64_t)INT64_MAX + negative)
        return false;
    *ret = negative ? (int64_t)(0 - size) : (int64_t)size;
    return true;
}

bool
cel_parse_double(Str text, double *ret)
{
    bool negative = false;
    Str word = without_sign(text, &negative);
    if (str_eq_nocase(word, STR("nan"))) {
        *ret = NAN;
        return word.n == text.n;
    }
    if (str_eq_nocase(word, STR("inf")) || str_eq_nocase(word, STR("infinity"))) {
        *ret = negative ? -INFINITY : INFINITY;
        return true;
    }
    return str_to_double(text, ret) && !isinf(*ret);
}

static bool
write_special(double d, const char *plus, const char *minus, Buf *out)
{
    if (isfinite(d))
        return false;
    buf_adds(out, isnan(d) ? "NaN" : d > 0 ? plus : minus);
    return true;
}

void
cel_write_double(double d, Buf *out)
{
    char digits[VALUE_DIGITS_MOST];
    int point = 0;
    if (write_special(d, "+Inf", "-Inf", out))
        return;
    size_t count = value_shortest_digits(fabs(d), digits, &point);
    int exponent = point - 1;
    if (signbit(d))
        buf_addc(out, '-');
    if (exponent >= -4 && exponent < 6) {
        value_write_plain(digits, count, point, out);
        return;
    }
    buf_addc(out, digits[0]);
    if (count > 1)
        buf_addc(out, '.');
    buf_add(out, digits + 1, count - 1);
    buf_printf(out, "e%c%02d", exponent < 0 ? '-' : '+', exponent < 0 ? -exponent : exponent);
}

void
cel_write_double_plain(double d, Buf *out)
{
    char digits[VALUE_DIGITS_MOST];
    int point = 0;
    if (write_special(d, "Infinity", "-Infinity", out))
        return;
    size_t count = value_shortest_digits(fabs(d), digits, &point);
    if (signbit(d))
        buf_addc(out, '-');
    value_write_plain(digits, count, point, out);
}
