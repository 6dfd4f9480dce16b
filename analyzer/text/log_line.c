/* SPDX-License-Identifier: Apache-2.0 */
/* log_line.c -- the head of a log line. */
#include "analyzer/text/log_line.h"

#include "base/ascii.h"
#include "base/timestamp.h"

#include <string.h>

enum {
    JSON_HEAD_BYTES = 4096,     /* a time key further behind is not looked for */
    ACCESS_HEAD_BYTES = 256,
    LONGEST_STAMP = 40,
};

/* n decimal digits at *at; moves on behind them. */
static bool
take_number(Str s, size_t *at, size_t n, int *ret)
{
    if (s.n < *at + n)
        return false;
    int value = 0;
    for (size_t i = 0; i < n; i++) {
        char c = s.p[*at + i];
        if (!ascii_is_digit(c))
            return false;
        value = value * 10 + (c - '0');
    }
    *at += n;
    *ret = value;
    return true;
}

static bool
take_char(Str s, size_t *at, char c)
{
    if (*at >= s.n || s.p[*at] != c)
        return false;
    (*at)++;
    return true;
}

/* A fraction behind '.' or ',' in nanoseconds; none is 0. */
static int64_t
take_fraction(Str s, size_t *at, unsigned *ret_digits)
{
    size_t i = *at;
    *ret_digits = 0;
    if (i + 1 >= s.n || (s.p[i] != '.' && s.p[i] != ',') || !ascii_is_digit(s.p[i + 1]))
        return 0;
    int64_t ns = 0;
    int64_t unit = NS_PER_S / 10;
    for (i++; i < s.n && ascii_is_digit(s.p[i]); i++, unit /= 10) {
        ns += (s.p[i] - '0') * unit;
        (*ret_digits)++;
    }
    *at = i;
    return ns;
}

typedef struct {
    int year, month, day, hour, minute, second;
    int64_t fraction_ns;
    int64_t offset_s;       /* of the zone, east is positive */
    unsigned digits;        /* of the fraction */
} Clock;

static bool
clock_to_ns(const Clock *clock, int64_t *ret)
{
    int64_t days;
    if (clock->hour > 23 || clock->minute > 59 || clock->second > 60 ||
        !timestamp_days(clock->year, clock->month, clock->day, &days))
        return false;
    int64_t seconds = days * 86400 + clock->hour * 3600 + clock->minute * 60 + clock->second -
                      clock->offset_s;
    int64_t ns;
    if (__builtin_mul_overflow(seconds, NS_PER_S, &ns) ||
        __builtin_add_overflow(ns, clock->fraction_ns, &ns))
        return false;
    *ret = ns;
    return true;
}

static bool
take_time_of_day(Str s, size_t *at, Clock *clock)
{
    if (!take_number(s, at, 2, &clock->hour) || !take_char(s, at, ':') ||
        !take_number(s, at, 2, &clock->minute) || !take_char(s, at, ':') ||
        !take_number(s, at, 2, &clock->second))
        return false;
    clock->fraction_ns = take_fraction(s, at, &clock->digits);
    return true;
}

/* "Z", "+02:00", "+0200" or nothing, which is UTC. */
static bool
take_zone(Str s, size_t *at, Clock *clock, bool *ret_there)
{
    *ret_there = true;
    if (*at < s.n && (s.p[*at] == 'Z' || s.p[*at] == 'z')) {
        (*at)++;
        return true;
    }
    if (*at >= s.n || (s.p[*at] != '+' && s.p[*at] != '-')) {
        *ret_there = false;
        return true;
    }
    int sign = s.p[*at] == '-' ? -1 : 1;
    size_t i = *at + 1;
    int hours;
    int minutes;
    if (!take_number(s, &i, 2, &hours))
        return false;
    (void)take_char(s, &i, ':');
    if (!take_number(s, &i, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    clock->offset_s = sign * (hours * 3600 + minutes * 60);
    *at = i;
    return true;
}

/* "2018-06-14T08:03:01.123456Z", "2018-06-14 08:03:01,123", "2018/06/14 08:03:01". */
static bool
take_date_time(Str s, size_t *at, Clock *clock, bool *ret_zoned)
{
    size_t i = *at;
    if (!take_number(s, &i, 4, &clock->year) || i >= s.n)
        return false;
    char separator = s.p[i++];
    if ((separator != '-' && separator != '/') || !take_number(s, &i, 2, &clock->month) ||
        !take_char(s, &i, separator) || !take_number(s, &i, 2, &clock->day) || i >= s.n)
        return false;
    char between = s.p[i++];
    if ((between != 'T' && between != 't' && between != ' ') || !take_time_of_day(s, &i, clock) ||
        !take_zone(s, &i, clock, ret_zoned))
        return false;
    *at = i;
    return true;
}

static bool
month_of(Str s, size_t *at, int *ret)
{
    static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (s.n < *at + 3)
        return false;
    for (int i = 0; i < 12; i++)
        if (memcmp(MONTHS + i * 3, s.p + *at, 3) == 0) {
            *ret = i + 1;
            *at += 3;
            return true;
        }
    return false;
}

/* Formats without a year: the latest year in which the time is not after latest_ns plus a
 * day, which forgives clocks that are ahead. */
static bool
time_without_year(Clock *clock, int64_t latest_ns, int64_t *ret)
{
    int year;
    int month;
    int day;
    timestamp_date(latest_ns / NS_PER_S / 86400, &year, &month, &day);
    for (clock->year = year + 1; clock->year >= year - 4; clock->year--)
        if (clock_to_ns(clock, ret) && *ret <= latest_ns + 86400 * NS_PER_S)
            return true;
    return false;
}

static LogHead
head_of(const Clock *clock)
{
    LogHead head = {.known = true};
    head.has_time = clock_to_ns(clock, &head.time_ns);
    head.known = head.has_time;
    return head;
}

/* A time at the very start, or in brackets there. */
static LogHead
plain_head(Str line, size_t at)
{
    Clock clock = {0};
    bool zoned;
    return take_date_time(line, &at, &clock, &zoned) ? head_of(&clock) : (LogHead){0};
}

/* "W0227 21:51:03.156818       1 admission.go:257] " */
static LogHead
klog_head(Str line, int64_t latest_ns)
{
    LogHead head = {0};
    Clock clock = {0};
    size_t at = 1;
    if (line.n < 22 || !strchr("IWEFD", line.p[0]) || !take_number(line, &at, 2, &clock.month) ||
        !take_number(line, &at, 2, &clock.day) || !take_char(line, &at, ' ') ||
        !take_time_of_day(line, &at, &clock))
        return head;
    head.known = time_without_year(&clock, latest_ns, &head.time_ns);
    head.has_time = head.known;
    head.guessed_year = head.known;
    return head;
}

/* "Jun 14 08:03:01 host …", the day padded with a blank. */
static LogHead
syslog_head(Str line, int64_t latest_ns)
{
    LogHead head = {0};
    Clock clock = {0};
    size_t at = 0;
    if (!month_of(line, &at, &clock.month) || !take_char(line, &at, ' '))
        return head;
    size_t digits = at < line.n && line.p[at] == ' ' ? 1 : 2;
    at += digits == 1;
    if (!take_number(line, &at, digits, &clock.day) || !take_char(line, &at, ' ') ||
        !take_time_of_day(line, &at, &clock))
        return head;
    head.known = time_without_year(&clock, latest_ns, &head.time_ns);
    head.has_time = head.known;
    head.guessed_year = head.known;
    return head;
}

/* "10.0.0.1 - - [14/Jun/2018:08:03:01 +0000] " */
static LogHead
access_head(Str line)
{
    size_t at;
    Str head = str_head(line, ACCESS_HEAD_BYTES);
    if (!str_find(head, STR(" ["), &at))
        return (LogHead){0};
    at += 2;
    Clock clock = {0};
    bool zoned;
    if (!take_number(line, &at, 2, &clock.day) || !take_char(line, &at, '/') ||
        !month_of(line, &at, &clock.month) || !take_char(line, &at, '/') ||
        !take_number(line, &at, 4, &clock.year) || !take_char(line, &at, ':') ||
        !take_time_of_day(line, &at, &clock) || !take_char(line, &at, ' ') ||
        !take_zone(line, &at, &clock, &zoned) || !zoned)
        return (LogHead){0};
    return head_of(&clock);
}

/* Seconds or, with three digits more, milliseconds since 1970, with a fraction: what some JSON
 * loggers write as "ts", Kubernetes' in milliseconds. */
static bool
take_epoch(Str s, size_t at, int64_t *ret)
{
    int64_t whole = 0;
    size_t digits = 0;
    for (; at < s.n && ascii_is_digit(s.p[at]) && digits < 14; at++, digits++)
        whole = whole * 10 + (s.p[at] - '0');
    bool seconds = digits == 9 || digits == 10;
    bool milliseconds = digits == 12 || digits == 13;
    if (!seconds && !milliseconds)
        return false;
    unsigned fraction_digits;
    int64_t fraction_ns = take_fraction(s, &at, &fraction_digits);
    *ret = seconds ? whole * NS_PER_S + fraction_ns
                   : whole * (NS_PER_S / 1000) + fraction_ns / 1000;
    return true;
}

static const char *const JSON_TIME_KEYS[] = {
    "\"time\":", "\"ts\":", "\"timestamp\":", "\"@timestamp\":", "\"start_time\":", NULL,
};

/* A JSON object starts a record even if it has no time. */
static LogHead
json_head(Str line)
{
    LogHead result = {.known = true};
    Str head = str_head(line, JSON_HEAD_BYTES);
    for (const char *const *key = JSON_TIME_KEYS; *key; key++) {
        size_t at;
        if (!str_find(head, str_of(*key), &at))
            continue;
        at += strlen(*key);
        while (at < line.n && line.p[at] == ' ')
            at++;
        if (take_char(line, &at, '"')) {
            LogHead found = plain_head(line, at);
            if (found.known)
                return found;
        } else if (take_epoch(line, at, &result.time_ns)) {
            result.has_time = true;
            return result;
        }
    }
    return result;
}

/* "level=info ts=2018-06-14T08:03:01.123Z caller=…", "t=2018-06-14T08:03:01+0000 lvl=info" */
static LogHead
logfmt_head(Str line)
{
    static const char *const KEYS[] = {"ts=", "t=", "time=", NULL};
    Str head = str_head(line, ACCESS_HEAD_BYTES);
    for (const char *const *key = KEYS; *key; key++) {
        size_t at = 0;
        size_t from = 0;
        while (str_find(str_from(head, from), str_of(*key), &at)) {
            at += from;
            if (at == 0 || line.p[at - 1] == ' ') {
                size_t start = at + strlen(*key);
                (void)take_char(line, &start, '"');
                LogHead found = plain_head(line, start);
                if (found.known)
                    return found;
            }
            from = at + 1;
        }
    }
    return (LogHead){0};
}

/* Lines of known programs that have no time and yet begin a record. */
static bool
starts_without_time(Str line)
{
    static const char *const STARTS[] = {"[libprotobuf ", "gc ", NULL};
    for (const char *const *start = STARTS; *start; start++)
        if (str_starts(line, str_of(*start)))
            return !str_is(str_of(*start), "gc ") || (line.n > 3 && ascii_is_digit(line.p[3]));
    return false;
}

LogHead
log_head(Str line, int64_t latest_ns)
{
    Str epoch = STR("[Envoy (Epoch ");
    size_t at;
    if (str_starts(line, epoch) && str_find(line, STR(")] "), &at))
        line = str_from(line, at + 3);
    if (line.n == 0)
        return (LogHead){0};
    LogHead head = {0};
    if (ascii_is_digit(line.p[0]))
        head = plain_head(line, 0);
    else if (line.p[0] == '[')
        head = plain_head(line, 1);
    else if (line.p[0] == '{' && line.n > 1 && (line.p[1] == '"' || line.p[1] == ' '))
        return json_head(line);
    else if (line.p[0] >= 'A' && line.p[0] <= 'Z')
        head = klog_head(line, latest_ns);
    if (!head.known && line.p[0] >= 'A' && line.p[0] <= 'Z')
        head = syslog_head(line, latest_ns);
    if (!head.known && line.p[0] >= 'a' && line.p[0] <= 'z')
        head = logfmt_head(line);
    if (!head.known && line.p[0] != ' ' && line.p[0] != '\t')
        head = access_head(line);
    if (!head.known)
        head.known = starts_without_time(line);
    return head;
}

LogPrefix
log_prefix(Str line)
{
    LogPrefix prefix = {0};
    Clock clock = {0};
    size_t at = 0;
    bool zoned;
    Str head = str_head(line, LONGEST_STAMP);
    if (line.n < 20 || !ascii_is_digit(line.p[0]) || line.p[10] != 'T' ||
        !take_date_time(head, &at, &clock, &zoned) || !zoned ||
        (at < line.n && line.p[at] != ' ') || !clock_to_ns(&clock, &prefix.time_ns))
        return (LogPrefix){0};
    prefix.fraction_digits = clock.digits;
    /* An empty line has lost its blank where somebody trimmed it. */
    at += at < line.n;
    Str rest = str_from(line, at);
    if (str_starts(rest, STR("stdout ")) || str_starts(rest, STR("stderr "))) {
        char tag = rest.n > 7 ? rest.p[7] : '\0';
        if ((tag == 'F' || tag == 'P') && (rest.n == 8 || rest.p[8] == ' ')) {
            prefix.cri = true;
            prefix.partial = tag == 'P';
            prefix.is_stderr = rest.p[3] == 'e';
            at += rest.n == 8 ? 8 : 9;
        }
    }
    prefix.bytes = at;
    return prefix;
}
