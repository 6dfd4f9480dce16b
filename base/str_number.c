/* SPDX-License-Identifier: Apache-2.0 */
/* str_number.c -- views of bytes: numbers, whatever the locale. */
#include "base/str.h"

#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

bool
str_to_u64(Str s, uint64_t *ret)
{
    uint64_t value = 0;
    if (s.n == 0)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        if (__builtin_mul_overflow(value, UINT64_C(10), &value) ||
            __builtin_add_overflow(value, (uint64_t)(s.p[i] - '0'), &value))
            return false;
    }
    *ret = value;
    return true;
}

bool
str_to_i64(Str s, int64_t *ret)
{
    bool negative = s.n > 0 && s.p[0] == '-';
    uint64_t size;
    if (!str_to_u64(negative ? str_from(s, 1) : s, &size))
        return false;
    if (size > (uint64_t)INT64_MAX + negative)
        return false;
    *ret = negative ? (int64_t)(0 - size) : (int64_t)size;
    return true;
}

/* A number in decimal notation, taken apart: significant digits * 10^exponent. */
enum { DIGITS_KEPT = 800 };    /* no double needs more than 768 to be rounded rightly */

typedef struct {
    size_t count;
    int64_t exponent;
    bool rest;                 /* digits that were dropped were not all zero */
    char digits[DIGITS_KEPT];
} Decimal;

static void
take_digit(Decimal *number, char digit, bool fraction)
{
    if (number->count == 0 && digit == '0') {
        number->exponent -= fraction;
    } else if (number->count < DIGITS_KEPT) {
        number->digits[number->count++] = digit;
        number->exponent -= fraction;
    } else {
        number->rest = number->rest || digit != '0';
        number->exponent += !fraction;
    }
}

/* The digits from *at on; how many there were. */
static size_t
take_digits(Str s, size_t *at, bool fraction, Decimal *number)
{
    size_t first = *at;
    for (; *at < s.n && s.p[*at] >= '0' && s.p[*at] <= '9'; ++*at)
        take_digit(number, s.p[*at], fraction);
    return *at - first;
}

static bool
take_exponent(Str s, Decimal *number)
{
    bool negative = s.n > 0 && s.p[0] == '-';
    if (s.n > 0 && (s.p[0] == '-' || s.p[0] == '+'))
        s = str_from(s, 1);
    if (s.n == 0)
        return false;
    int64_t exponent = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        if (exponent < INT32_MAX)      /* beyond it the result is 0 or infinite anyway */
            exponent = exponent * 10 + (s.p[i] - '0');
    }
    number->exponent += negative ? -exponent : exponent;
    return true;
}

static bool
decimal_parse(Str s, Decimal *number)
{
    size_t at = 0;
    size_t digits = take_digits(s, &at, false, number);
    if (at < s.n && s.p[at] == '.') {
        at++;
        digits += take_digits(s, &at, true, number);
    }
    if (digits == 0)
        return false;
    if (at == s.n)
        return true;
    return (s.p[at] == 'e' || s.p[at] == 'E') && take_exponent(str_from(s, at + 1), number);
}

static pthread_once_t locale_once = PTHREAD_ONCE_INIT;
static locale_t c_locale;

static void
make_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* Digits with at most one point, at most 15 in all: most numbers there are.  The digits and
 * the power of ten are exact then, so that their quotient is rounded once. */
static bool
short_parse(Str s, double *ret)
{
    static const double POWERS[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6, 1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    uint64_t digits = 0;
    size_t point = s.n;
    if (s.n > 15)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] >= '0' && s.p[i] <= '9')
            digits = digits * 10 + (uint64_t)(s.p[i] - '0');
        else if (s.p[i] == '.' && point == s.n && s.n > 1)
            point = i;
        else
            return false;
    }
    *ret = (double)digits / POWERS[point < s.n ? s.n - point - 1 : 0];
    return s.n > 0;
}

static double
decimal_round(const Decimal *number)
{
    char text[DIGITS_KEPT + 32];
    size_t n = number->count;
    memcpy(text, number->digits, n);
    int64_t exponent = number->exponent;
    if (number->rest) {
        text[n++] = '1';
        exponent--;
    }
    if (exponent > INT32_MAX)
        exponent = INT32_MAX;
    if (exponent < -INT32_MAX)
        exponent = -INT32_MAX;
    text[n++] = 'e';
    if (exponent < 0) {
        text[n++] = '-';
        exponent = -exponent;
    }
    char reversed[12];
    size_t count = 0;
    do {
        reversed[count++] = (char)('0' + exponent % 10);
        exponent /= 10;
    } while (exponent);
    while (count)
        text[n++] = reversed[--count];
    text[n] = '\0';
    (void)pthread_once(&locale_once, make_locale);
    return strtod_l(text, NULL, c_locale);
}

bool
str_to_double(Str s, double *ret)
{
    bool negative = s.n > 0 && s.p[0] == '-';
    if (s.n > 0 && (s.p[0] == '-' || s.p[0] == '+'))
        s = str_from(s, 1);
    double value;
    if (short_parse(s, &value)) {
        *ret = negative ? -value : value;
        return true;
    }
    Decimal number;
    number.count = 0;
    number.exponent = 0;
    number.rest = false;
    if (decimal_parse(s, &number))
        value = decimal_round(&number);
    else if (str_eq_nocase(s, STR("inf")) || str_eq_nocase(s, STR("infinity")))
        value = __builtin_inf();
    else if (str_eq_nocase(s, STR("nan")))
        value = __builtin_nan("");
    else
        return false;
    *ret = negative ? -value : value;
    return true;
}
