/* SPDX-License-Identifier: Apache-2.0 */
/* exposition_number.c -- numbers of metrics text: the common ones without strtod. */
#include "analyzer/text/exposition.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_NUMBER_BYTES = 400 };    /* more digits than any double needs */

/* Powers of ten that a double holds exactly: with at most 15 digits before them one
 * multiplication or division is rounded once, hence right. */
static const double EXACT_POWERS[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                      1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                      1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* What a decimal number is made of. */
typedef struct {
    uint64_t digits;
    int digit_count;        /* significant ones in digits */
    int exponent;
    bool any;
} Decimal;

static const char *
scan_digits(const char *p, const char *end, Decimal *d, bool fraction)
{
    for (; p < end && *p >= '0' && *p <= '9'; p++) {
        d->any = true;
        if (d->digits == 0 && *p == '0') {
            d->exponent -= fraction;
        } else if (d->digit_count < 19) {
            d->digits = d->digits * 10 + (uint64_t)(*p - '0');
            d->digit_count++;
            d->exponent -= fraction;
        } else {
            d->digit_count++;
            d->exponent += !fraction;
        }
    }
    return p;
}

/* The part after e; false where it is malformed. */
static bool
scan_exponent(const char *p, const char *end, Decimal *d)
{
    bool minus = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    if (p == end)
        return false;
    int exponent = 0;
    for (; p < end; p++) {
        if (*p < '0' || *p > '9')
            return false;
        if (exponent < 100000)
            exponent = exponent * 10 + (*p - '0');
    }
    d->exponent += minus ? -exponent : exponent;
    return true;
}

static bool
is_word(const char *p, size_t n, const char *word)
{
    return n == strlen(word) && strncasecmp(p, word, n) == 0;
}

/* strtod for what the fast path does not decide.  The text was checked to be decimal; the
 * "C" locale is given so that a decimal comma elsewhere cannot spoil it. */
static bool
parse_slowly(const char *p, size_t n, double *ret)
{
    static locale_t c_locale;
    char copy[LONGEST_NUMBER_BYTES + 1];
    if (n > LONGEST_NUMBER_BYTES)
        return false;
    memcpy(copy, p, n);
    copy[n] = '\0';
    locale_t locale = __atomic_load_n(&c_locale, __ATOMIC_ACQUIRE);
    if (!locale) {
        locale_t made = newlocale(LC_ALL_MASK, "C", (locale_t)0);
        if (!made)
            return false;
        if (__atomic_compare_exchange_n(&c_locale, &locale, made, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE))
            locale = made;
        else
            freelocale(made);
    }
    char *stop;
    double value = strtod_l(copy, &stop, locale);
    if (*stop || isinf(value))
        return false;
    *ret = value;
    return true;
}

static bool
parse_word(const char *p, size_t n, bool minus, bool has_sign, double *ret)
{
    if (is_word(p, n, "inf") || is_word(p, n, "infinity")) {
        *ret = minus ? -INFINITY : INFINITY;
        return true;
    }
    if (!has_sign && is_word(p, n, "nan")) {
        *ret = NAN;
        return true;
    }
    return false;
}

bool
exposition_number(Str text, double *ret)
{
    const char *p = text.p;
    const char *end = p + text.n;
    if (text.n == 0)
        return false;
    bool minus = *p == '-';
    bool has_sign = minus || *p == '+';
    p += has_sign;
    Decimal d = {0};
    const char *start = p;
    p = scan_digits(p, end, &d, false);
    if (p < end && *p == '.')
        p = scan_digits(p + 1, end, &d, true);
    if (!d.any)
        return parse_word(start, (size_t)(end - start), minus, has_sign, ret);
    if (p < end) {
        if ((*p != 'e' && *p != 'E') || !scan_exponent(p + 1, end, &d))
            return false;
    }
    double value;
    if (d.digits == 0) {
        value = 0;
    } else if (d.digit_count <= 15 && d.exponent >= -22 && d.exponent <= 22) {
        value = d.exponent < 0 ? (double)d.digits / EXACT_POWERS[-d.exponent]
                               : (double)d.digits * EXACT_POWERS[d.exponent];
    } else if (!parse_slowly(start, (size_t)(end - start), &value)) {
        return false;
    }
    *ret = minus ? -value : value;
    return true;
}
