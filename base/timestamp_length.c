/* SPDX-License-Identifier: Apache-2.0 */
/* timestamp_length.c -- lengths of time and sizes as text. */
#include "base/timestamp.h"

#include <stdio.h>

typedef struct {
    const char *name;
    uint64_t value;
} Unit;

/* "m" after "ms", "s" last: the first that fits is taken. */
static const Unit DURATION_UNITS[] = {
    {"ns", 1},
    {"us", 1000},
    {"\xc2\xb5s", 1000},    /* micro sign */
    {"\xce\xbcs", 1000},    /* Greek mu */
    {"ms", 1000000},
    {"s", 1000000000},
    {"m", UINT64_C(60) * 1000000000},
    {"h", UINT64_C(3600) * 1000000000},
};

static const Unit SIZE_UNITS[] = {
    {"KiB", UINT64_C(1) << 10},
    {"MiB", UINT64_C(1) << 20},
    {"GiB", UINT64_C(1) << 30},
};

static Str
take_digits(Str *text)
{
    size_t n = 0;
    while (n < text->n && text->p[n] >= '0' && text->p[n] <= '9')
        n++;
    Str digits = str_head(*text, n);
    *text = str_from(*text, n);
    return digits;
}

/* The part of unit that "0.digits" is, cut off below 1 and behind the 18th digit. */
static uint64_t
fraction_of(Str digits, uint64_t unit)
{
    uint64_t value = 0;
    uint64_t scale = 1;
    for (size_t i = 0; i < digits.n && i < 18; i++) {
        value = value * 10 + (uint64_t)(digits.p[i] - '0');
        scale *= 10;
    }
    return (uint64_t)((unsigned __int128)value * unit / scale);
}

/* One "1.5h" from the front, added to the sum. */
static bool
take_term(Str *text, uint64_t *sum)
{
    Str whole = take_digits(text);
    Str fraction = {NULL, 0};
    if (text->n && text->p[0] == '.') {
        *text = str_from(*text, 1);
        fraction = take_digits(text);
    }
    uint64_t value = 0;
    if ((whole.n == 0 && fraction.n == 0) || (whole.n && !str_to_u64(whole, &value)))
        return false;
    for (size_t i = 0; i < sizeof DURATION_UNITS / sizeof *DURATION_UNITS; i++) {
        Str name = str_of(DURATION_UNITS[i].name);
        if (!str_starts(*text, name))
            continue;
        *text = str_from(*text, name.n);
        return !__builtin_mul_overflow(value, DURATION_UNITS[i].value, &value) &&
               !__builtin_add_overflow(value, fraction_of(fraction, DURATION_UNITS[i].value),
                                       &value) &&
               !__builtin_add_overflow(*sum, value, sum);
    }
    return false;
}

bool
duration_parse(Str text, int64_t *ret_ns)
{
    bool negative = str_starts(text, STR("-"));
    if (negative || str_starts(text, STR("+")))
        text = str_from(text, 1);
    uint64_t sum = 0;
    if (text.n == 0)
        return false;
    if (!str_is(text, "0"))
        while (text.n)
            if (!take_term(&text, &sum))
                return false;
    if (sum > (uint64_t)INT64_MAX + negative)
        return false;
    *ret_ns = negative ? (int64_t)(0 - sum) : (int64_t)sum;
    return true;
}

/* value / unit with all its digits and no zeros at the end. */
static int
print_decimal(char *out, size_t size, uint64_t value, uint64_t unit)
{
    int digits = 0;
    uint64_t fraction = value % unit;
    for (uint64_t rest = unit; rest > 1; rest /= 10)
        digits++;
    while (fraction && fraction % 10 == 0) {
        fraction /= 10;
        digits--;
    }
    if (fraction == 0)
        return snprintf(out, size, "%llu", (unsigned long long)(value / unit));
    return snprintf(out, size, "%llu.%0*llu", (unsigned long long)(value / unit), digits,
                    (unsigned long long)fraction);
}

void
duration_format(int64_t ns, char out[TIMESTAMP_TEXT_BYTES])
{
    uint64_t value = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
    uint64_t seconds = value / 1000000000;
    uint64_t unit = 1000000000;
    const char *name = "s";
    char *at = out;
    char *end = out + TIMESTAMP_TEXT_BYTES;
    if (ns < 0)
        *at++ = '-';
    if (value > 0 && seconds == 0) {
        unit = value < 1000 ? 1 : value < 1000000 ? 1000 : 1000000;
        name = value < 1000 ? "ns" : value < 1000000 ? "\xc2\xb5s" : "ms";
    }
    if (seconds >= 3600)
        at += snprintf(at, (size_t)(end - at), "%lluh", (unsigned long long)(seconds / 3600));
    if (seconds >= 60) {
        at += snprintf(at, (size_t)(end - at), "%llum", (unsigned long long)(seconds / 60 % 60));
        value %= UINT64_C(60) * 1000000000;
    }
    at += print_decimal(at, (size_t)(end - at), value, unit);
    (void)snprintf(at, (size_t)(end - at), "%s", name);
}

bool
size_parse(Str text, uint64_t *ret_bytes)
{
    Str digits = take_digits(&text);
    uint64_t value;
    if (!str_to_u64(digits, &value))
        return false;
    if (text.n == 0) {
        *ret_bytes = value;
        return true;
    }
    for (size_t i = 0; i < sizeof SIZE_UNITS / sizeof *SIZE_UNITS; i++) {
        if (str_is(text, SIZE_UNITS[i].name)) {
            if (__builtin_mul_overflow(value, SIZE_UNITS[i].value, &value))
                return false;
            *ret_bytes = value;
            return true;
        }
    }
    return false;
}

void
size_format(uint64_t bytes, char out[TIMESTAMP_TEXT_BYTES])
{
    static const char *const NAMES[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024) {
        (void)snprintf(out, TIMESTAMP_TEXT_BYTES, "%u B", (unsigned)bytes);
        return;
    }
    unsigned power = 0;
    while (power < 6 && bytes >> (10 * power) >= 1024)
        power++;
    /* Tenths, rounded; 1023.95 KiB and more are 1.0 MiB. */
    uint64_t whole = bytes >> (10 * power);
    uint64_t rest = bytes >> (10 * power - 10) & 1023;
    uint64_t tenths = whole * 10 + (rest * 10 + 512) / 1024;
    if (tenths >= 10240 && power < 6) {
        tenths = 10;
        power++;
    }
    (void)snprintf(out, TIMESTAMP_TEXT_BYTES, "%llu.%llu %s", (unsigned long long)(tenths / 10),
                   (unsigned long long)(tenths % 10), NAMES[power]);
}
