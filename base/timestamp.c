/* SPDX-License-Identifier: Apache-2.0 */
/* timestamp.c -- points in time as text: exact calendar arithmetic on integers. */
#include "base/timestamp.h"

#include <stdio.h>
#include <time.h>

enum { S_PER_DAY = 24 * 60 * 60, DAYS_PER_ERA = 146097 };    /* an era: 400 years */

static int
days_in_month(int year, int month)
{
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return DAYS[month - 1] + (month == 2 && leap);
}

bool
timestamp_days(int year, int month, int day, int64_t *ret_days)
{
    if (year < -9999 || year > 9999 || month < 1 || month > 12 || day < 1 ||
        day > days_in_month(year, month))
        return false;
    /* Years that begin in March end with the leap day, so months have a fixed pattern. */
    int64_t march_year = (int64_t)year + 10000 - (month <= 2);
    int64_t era = march_year / 400;
    int64_t year_of_era = march_year % 400;
    int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    /* 719468 days from 0000-03-01 to 1970-01-01; 10000 years are 25 eras. */
    *ret_days = (era - 25) * DAYS_PER_ERA + day_of_era - 719468;
    return true;
}

void
timestamp_date(int64_t days, int *ret_year, int *ret_month, int *ret_day)
{
    int64_t shifted = days + 719468 + 25 * (int64_t)DAYS_PER_ERA;
    int64_t era = shifted / DAYS_PER_ERA;
    int64_t day_of_era = shifted % DAYS_PER_ERA;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t march_month = (5 * day_of_year + 2) / 153;
    int month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
    *ret_year = (int)(era * 400 + year_of_era - 10000 + (month <= 2));
    *ret_month = month;
    *ret_day = (int)(day_of_year - (153 * march_month + 2) / 5 + 1);
}

/* Takes exactly count digits from the front. */
static bool
take_number(Str *text, size_t count, int *ret)
{
    uint64_t value;
    if (text->n < count || !str_to_u64(str_head(*text, count), &value))
        return false;
    *text = str_from(*text, count);
    *ret = (int)value;
    return true;
}

/* The digits of a fraction as nanoseconds; those behind the ninth are cut off. */
static bool
take_fraction(Str *text, int64_t *ret_ns)
{
    int64_t unit = NS_PER_S / 10;
    size_t n = 0;
    *ret_ns = 0;
    for (; n < text->n && text->p[n] >= '0' && text->p[n] <= '9'; n++) {
        *ret_ns += unit * (text->p[n] - '0');
        unit /= 10;
    }
    *text = str_from(*text, n);
    return n > 0;
}

/* Seconds east of Greenwich. */
static bool
take_zone(Str *text, int64_t *ret_s)
{
    if (str_take_char(text, 'Z') || str_take_char(text, 'z')) {
        *ret_s = 0;
        return true;
    }
    bool west = str_take_char(text, '-');
    int hours, minutes;
    if ((!west && !str_take_char(text, '+')) || !take_number(text, 2, &hours) ||
        !str_take_char(text, ':') || !take_number(text, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *ret_s = (west ? -1 : 1) * (int64_t)(hours * 3600 + minutes * 60);
    return true;
}

/* HH:MM:SS; a leap second is the first second of the next minute. */
static bool
take_clock(Str *text, int64_t *ret_s)
{
    int hours, minutes, seconds;
    if (!take_number(text, 2, &hours) || !str_take_char(text, ':') ||
        !take_number(text, 2, &minutes) || !str_take_char(text, ':') ||
        !take_number(text, 2, &seconds) || hours > 23 || minutes > 59 || seconds > 60)
        return false;
    *ret_s = hours * 3600 + minutes * 60 + seconds;
    return true;
}

static bool
join(int64_t days, int64_t seconds, int64_t ns, int64_t *ret_ns)
{
    /* In 128 bits: the whole seconds of the first instant are out of range by themselves. */
    __int128 sum = ((__int128)days * S_PER_DAY + seconds) * NS_PER_S + ns;
    if (sum < INT64_MIN || sum > INT64_MAX)
        return false;
    *ret_ns = (int64_t)sum;
    return true;
}

bool
timestamp_parse(Str text, int64_t *ret_ns)
{
    int year, month, day;
    int64_t days, seconds, zone, ns = 0;
    if (!take_number(&text, 4, &year) || !str_take_char(&text, '-') ||
        !take_number(&text, 2, &month) || !str_take_char(&text, '-') ||
        !take_number(&text, 2, &day) || !timestamp_days(year, month, day, &days))
        return false;
    if ((!str_take_char(&text, 'T') && !str_take_char(&text, 't')) || !take_clock(&text, &seconds))
        return false;
    if (str_take_char(&text, '.') && !take_fraction(&text, &ns))
        return false;
    return take_zone(&text, &zone) && text.n == 0 && join(days, seconds - zone, ns, ret_ns);
}

static bool
take_word(Str *text, const char *words, size_t count, int *ret_index)
{
    for (size_t i = 0; i < count; i++) {
        if (str_starts(*text, (Str){words + 3 * i, 3})) {
            *text = str_from(*text, 3);
            *ret_index = (int)i;
            return true;
        }
    }
    return false;
}

bool
timestamp_parse_http(Str text, int64_t *ret_ns)
{
    int weekday, day, month, year;
    int64_t days, seconds;
    /* The first of January 1970 was a Thursday. */
    if (!take_word(&text, "ThuFriSatSunMonTueWed", 7, &weekday) || !str_take_char(&text, ',') ||
        !str_take_char(&text, ' ') || !take_number(&text, 2, &day) || !str_take_char(&text, ' ') ||
        !take_word(&text, "JanFebMarAprMayJunJulAugSepOctNovDec", 12, &month) ||
        !str_take_char(&text, ' ') || !take_number(&text, 4, &year) || !str_take_char(&text, ' ') ||
        !take_clock(&text, &seconds) || !str_is(text, " GMT"))
        return false;
    if (!timestamp_days(year, month + 1, day, &days) || ((days - weekday) % 7) != 0)
        return false;
    return join(days, seconds, 0, ret_ns);
}

void
timestamp_format(int64_t ns, char out[TIMESTAMP_TEXT_BYTES])
{
    static const struct {
        int digits;
        int unit;
    } FRACTIONS[] = {{3, 1000000}, {6, 1000}, {9, 1}};
    int64_t seconds = ns / NS_PER_S - (ns % NS_PER_S < 0);
    int fraction = (int)((ns % NS_PER_S + NS_PER_S) % NS_PER_S);
    int64_t days = seconds / S_PER_DAY - (seconds % S_PER_DAY < 0);
    int clock = (int)(seconds - days * S_PER_DAY);
    int year, month, day;
    timestamp_date(days, &year, &month, &day);
    int n = snprintf(out, TIMESTAMP_TEXT_BYTES, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day,
                     clock / 3600, clock / 60 % 60, clock % 60);
    char *rest = out + n;
    size_t size = TIMESTAMP_TEXT_BYTES - (size_t)n;
    for (size_t i = 0; fraction && i < 3; i++) {
        if (fraction % FRACTIONS[i].unit == 0) {
            (void)snprintf(rest, size, ".%0*dZ", FRACTIONS[i].digits,
                           fraction / FRACTIONS[i].unit);
            return;
        }
    }
    (void)snprintf(rest, size, "Z");
}

static int64_t
clock_ns(clockid_t clock)
{
    struct timespec now = {0};
    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t
timestamp_now(void)
{
    return clock_ns(CLOCK_REALTIME);
}

int64_t
timestamp_monotonic(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}
