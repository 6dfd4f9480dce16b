/* SPDX-License-Identifier: Apache-2.0 */
/* cel_time.c -- timestamps and durations: text, range, parts. */
#include "analyzer/query/cel_time.h"

#include "analyzer/query/cel_libraries.h"
#include "base/timestamp.h"

static Value
out_of_range(CelRun *run)
{
    return cel_error(run, "timestamp out of range");
}

static Value
make_timestamp(CelRun *run, int64_t seconds, int64_t nanos)
{
    seconds += nanos / NS_PER_S;
    nanos %= NS_PER_S;
    if (nanos < 0) {
        nanos += NS_PER_S;
        seconds--;
    }
    if (seconds < CEL_TIME_FIRST || seconds > CEL_TIME_LAST)
        return out_of_range(run);
    return value_timestamp(seconds, (int32_t)nanos);
}

Value
cel_time_add(CelRun *run, Value timestamp, int64_t ns, bool subtract)
{
    int64_t seconds = ns / NS_PER_S;
    int64_t nanos = ns % NS_PER_S;
    return make_timestamp(run, timestamp.time.seconds + (subtract ? -seconds : seconds),
                          timestamp.time.nanos + (subtract ? -nanos : nanos));
}

Value
cel_time_difference(CelRun *run, Value a, Value b)
{
    int64_t ns = 0;
    if (__builtin_mul_overflow(a.time.seconds - b.time.seconds, NS_PER_S, &ns) ||
        __builtin_add_overflow(ns, (int64_t)a.time.nanos - b.time.nanos, &ns))
        return cel_error(run, "duration out of range");
    return value_duration(ns);
}

/* n digits at the front of rest; false on anything else. */
static bool
take_digits(Str *rest, size_t n, int *ret)
{
    *ret = 0;
    for (size_t i = 0; i < n; i++) {
        if (i >= rest->n || rest->p[i] < '0' || rest->p[i] > '9')
            return false;
        *ret = *ret * 10 + (rest->p[i] - '0');
    }
    *rest = str_from(*rest, n);
    return true;
}

static bool
take_date(Str *rest, int64_t *ret_days)
{
    int year = 0;
    int month = 0;
    int day = 0;
    return take_digits(rest, 4, &year) && str_take_char(rest, '-') &&
           take_digits(rest, 2, &month) && str_take_char(rest, '-') &&
           take_digits(rest, 2, &day) &&
           timestamp_days(year, month, day, ret_days);
}

bool
cel_date_parse(Str text, int64_t *ret_days)
{
    return take_date(&text, ret_days) && text.n == 0;
}

/* Digits beyond the ninth are cut. */
static bool
take_fraction(Str *rest, int32_t *ret_nanos)
{
    int32_t scale = 100000000;
    *ret_nanos = 0;
    if (!str_take_char(rest, '.'))
        return true;
    size_t digits = 0;
    for (; rest->n && rest->p[0] >= '0' && rest->p[0] <= '9'; digits++) {
        *ret_nanos += (rest->p[0] - '0') * scale;
        scale /= 10;
        *rest = str_from(*rest, 1);
    }
    return digits > 0;
}

static bool
take_zone(Str *rest, int64_t *ret_offset)
{
    int hours = 0;
    int minutes = 0;
    *ret_offset = 0;
    if (str_take_char(rest, 'Z') || str_take_char(rest, 'z'))
        return true;
    bool negative = str_take_char(rest, '-');
    if (!negative && !str_take_char(rest, '+'))
        return false;
    if (!take_digits(rest, 2, &hours) || hours > 23 || !str_take_char(rest, ':') ||
        !take_digits(rest, 2, &minutes) || minutes > 59)
        return false;
    *ret_offset = (int64_t)(hours * 60 + minutes) * (negative ? -60 : 60);
    return true;
}

bool
cel_time_parse(Str text, int64_t *ret_seconds, int32_t *ret_nanos)
{
    int64_t days = 0;
    int64_t offset = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    if (!take_date(&text, &days) || !(str_take_char(&text, 'T') || str_take_char(&text, 't')) ||
        !take_digits(&text, 2, &hour) || hour > 23 || !str_take_char(&text, ':') ||
        !take_digits(&text, 2, &minute) || minute > 59 || !str_take_char(&text, ':') ||
        !take_digits(&text, 2, &second) || second > 59 || !take_fraction(&text, ret_nanos) ||
        !take_zone(&text, &offset) || text.n)
        return false;
    *ret_seconds = days * 86400 + hour * 3600 + minute * 60 + second - offset;
    return *ret_seconds >= CEL_TIME_FIRST && *ret_seconds <= CEL_TIME_LAST;
}

/* The unit at the front of rest, in nanoseconds; 0 where there is none. */
static int64_t
take_unit(Str *rest)
{
    static const struct {
        Str name;
        int64_t ns;
    } UNITS[] = {
        {STR_INIT("ns"), 1},           {STR_INIT("us"), 1000},
        {STR_INIT("\xc2\xb5s"), 1000}, {STR_INIT("\xce\xbcs"), 1000},
        {STR_INIT("ms"), 1000000},     {STR_INIT("s"), NS_PER_S},
        {STR_INIT("m"), 60 * NS_PER_S}, {STR_INIT("h"), 3600 * NS_PER_S},
    };
    for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++) {
        if (str_starts(*rest, UNITS[i].name)) {
            *rest = str_from(*rest, UNITS[i].name.n);
            return UNITS[i].ns;
        }
    }
    return 0;
}

/* One number with its unit, as a positive count of ns up to 2^63. */
static bool
take_part(Str *rest, uint64_t *ret)
{
    uint64_t whole = 0;
    uint64_t fraction = 0;
    uint64_t scale = 1;
    size_t digits = 0;
    for (; rest->n && rest->p[0] >= '0' && rest->p[0] <= '9'; digits++) {
        if (__builtin_mul_overflow(whole, 10u, &whole) ||
            __builtin_add_overflow(whole, (unsigned)(rest->p[0] - '0'), &whole))
            return false;
        *rest = str_from(*rest, 1);
    }
    if (str_take_char(rest, '.')) {
        for (; rest->n && rest->p[0] >= '0' && rest->p[0] <= '9'; digits++) {
            if (scale < UINT64_C(1000000000000000000)) {
                fraction = fraction * 10 + (unsigned)(rest->p[0] - '0');
                scale *= 10;
            }
            *rest = str_from(*rest, 1);
        }
    }
    int64_t unit = digits ? take_unit(rest) : 0;
    uint64_t ns = 0;
    if (unit == 0 || __builtin_mul_overflow(whole, (uint64_t)unit, &ns))
        return false;
    unsigned __int128 part = (unsigned __int128)fraction * (uint64_t)unit / scale;
    return !__builtin_add_overflow(ns, (uint64_t)part, ret) && *ret <= UINT64_C(1) << 63;
}

bool
cel_duration_parse(Str text, int64_t *ret_ns)
{
    uint64_t total = 0;
    bool negative = str_take_char(&text, '-');
    if (!negative)
        (void)str_take_char(&text, '+');
    *ret_ns = 0;
    if (str_is(text, "0"))
        return true;
    if (text.n == 0)
        return false;
    while (text.n) {
        uint64_t part = 0;
        if (!take_part(&text, &part) || __builtin_add_overflow(total, part, &total))
            return false;
    }
    if (total > (UINT64_C(1) << 63) - !negative)
        return false;
    *ret_ns = negative ? (int64_t)(0 - total) : (int64_t)total;
    return true;
}

/* What the getters read. */
typedef struct {
    int year;
    int month;
    int day;
    int64_t days;       /* since 1970 */
    int64_t left;       /* seconds of the day */
} Civil;

static bool
civil(CelRun *run, const Value *args, size_t count, Civil *ret)
{
    int32_t offset = 0;
    if (count > 1 && !cel_zone_offset(run, args[1].string, args[0].time.seconds, &offset))
        return false;
    int64_t seconds = args[0].time.seconds + offset;
    ret->days = seconds / 86400 - (seconds % 86400 < 0);
    ret->left = seconds - ret->days * 86400;
    timestamp_date(ret->days, &ret->year, &ret->month, &ret->day);
    return true;
}

typedef enum {
    PART_YEAR,
    PART_MONTH,
    PART_DAY_OF_YEAR,
    PART_DAY_OF_MONTH,
    PART_DATE,
    PART_DAY_OF_WEEK,
    PART_HOURS,
    PART_MINUTES,
    PART_SECONDS,
    PART_MILLISECONDS,
} Part;

static Value
part_of(CelRun *run, const Value *args, size_t count, Part part)
{
    Civil c;
    int64_t first = 0;
    if (!civil(run, args, count, &c))
        return cel_error(run, "unknown time zone '" STR_FMT "'",
                         STR_ARG(str_head(args[1].string, 64)));
    switch (part) {
    case PART_YEAR:
        return value_int(c.year);
    case PART_MONTH:
        return value_int(c.month - 1);
    case PART_DAY_OF_YEAR:
        (void)timestamp_days(c.year, 1, 1, &first);
        return value_int(c.days - first);
    case PART_DAY_OF_MONTH:
        return value_int(c.day - 1);
    case PART_DATE:
        return value_int(c.day);
    case PART_DAY_OF_WEEK:
        return value_int(((c.days + 4) % 7 + 7) % 7);
    case PART_HOURS:
        return value_int(c.left / 3600);
    case PART_MINUTES:
        return value_int(c.left / 60 % 60);
    case PART_SECONDS:
        return value_int(c.left % 60);
    case PART_MILLISECONDS:
        break;
    }
    return value_int(args[0].time.nanos / 1000000);
}

#define GETTER(function, part)                                       \
    static Value function(CelRun *run, const Value *args, size_t count) \
    {                                                                \
        return part_of(run, args, count, part);                      \
    }
GETTER(get_year, PART_YEAR)
GETTER(get_month, PART_MONTH)
GETTER(get_day_of_year, PART_DAY_OF_YEAR)
GETTER(get_day_of_month, PART_DAY_OF_MONTH)
GETTER(get_date, PART_DATE)
GETTER(get_day_of_week, PART_DAY_OF_WEEK)
GETTER(get_hours, PART_HOURS)
GETTER(get_minutes, PART_MINUTES)
GETTER(get_seconds, PART_SECONDS)
GETTER(get_milliseconds, PART_MILLISECONDS)

static Value
duration_hours(CelRun *run, const Value *args, size_t count)
{
    (void)run;
    (void)count;
    return value_int(args[0].integer / (3600 * NS_PER_S));
}

static Value
duration_minutes(CelRun *run, const Value *args, size_t count)
{
    (void)run;
    (void)count;
    return value_int(args[0].integer / (60 * NS_PER_S));
}

static Value
duration_seconds(CelRun *run, const Value *args, size_t count)
{
    (void)run;
    (void)count;
    return value_int(args[0].integer / NS_PER_S);
}

static Value
duration_milliseconds(CelRun *run, const Value *args, size_t count)
{
    (void)run;
    (void)count;
    return value_int(args[0].integer % NS_PER_S / 1000000);
}

static Value
timestamp_of(CelRun *run, const Value *args, size_t count)
{
    int64_t seconds = 0;
    int32_t nanos = 0;
    (void)count;
    if (args[0].type == VALUE_TIMESTAMP)
        return args[0];
    if (args[0].type == VALUE_INT)
        return args[0].integer < CEL_TIME_FIRST || args[0].integer > CEL_TIME_LAST
                   ? out_of_range(run)
                   : value_timestamp(args[0].integer, 0);
    if (!cel_time_parse(args[0].string, &seconds, &nanos))
        return cel_error(run, "no timestamp, or out of range: '" STR_FMT "'",
                         STR_ARG(str_head(args[0].string, 64)));
    return value_timestamp(seconds, nanos);
}

static Value
duration_of(CelRun *run, const Value *args, size_t count)
{
    int64_t ns = 0;
    (void)count;
    if (args[0].type == VALUE_DURATION)
        return args[0];
    if (args[0].type == VALUE_INT)
        return __builtin_mul_overflow(args[0].integer, NS_PER_S, &ns)
                   ? cel_error(run, "duration out of range")
                   : value_duration(ns);
    if (!cel_duration_parse(args[0].string, &ns))
        return cel_error(run, "no duration, or out of range: '" STR_FMT "'",
                         STR_ARG(str_head(args[0].string, 64)));
    return value_duration(ns);
}

#define TIME(name, fn, help)                                                                 \
    {name, CEL_METHOD, "t?s", fn, "standard", "timestamp." name "([zone]) -> int", help}
static const CelFunction ROWS[] = {
    {"timestamp", 0, "s", timestamp_of, "standard", "timestamp(string) -> timestamp",
     "a time written as in RFC 3339"},
    {"timestamp", 0, "i", timestamp_of, "standard", "timestamp(int) -> timestamp",
     "seconds since 1970"},
    {"timestamp", 0, "t", timestamp_of, "standard", "timestamp(timestamp) -> timestamp",
     "the same time"},
    {"duration", 0, "s", duration_of, "standard", "duration(string) -> duration",
     "a length of time as in Go: 1h30m, 1.5s, 250ms"},
    {"duration", 0, "i", duration_of, "standard", "duration(int) -> duration", "seconds"},
    {"duration", 0, "g", duration_of, "standard", "duration(duration) -> duration",
     "the same duration"},
    TIME("getFullYear", get_year, "the year"),
    TIME("getMonth", get_month, "the month, 0 for January"),
    TIME("getDayOfYear", get_day_of_year, "the day of the year, from 0"),
    TIME("getDayOfMonth", get_day_of_month, "the day of the month, from 0"),
    TIME("getDate", get_date, "the day of the month, from 1"),
    TIME("getDayOfWeek", get_day_of_week, "the day of the week, 0 for Sunday"),
    TIME("getHours", get_hours, "the hour"),
    TIME("getMinutes", get_minutes, "the minute"),
    TIME("getSeconds", get_seconds, "the second"),
    TIME("getMilliseconds", get_milliseconds, "the millisecond"),
    {"getHours", CEL_METHOD, "g", duration_hours, "standard", "duration.getHours() -> int",
     "all of it in hours"},
    {"getMinutes", CEL_METHOD, "g", duration_minutes, "standard", "duration.getMinutes() -> int",
     "all of it in minutes"},
    {"getSeconds", CEL_METHOD, "g", duration_seconds, "standard", "duration.getSeconds() -> int",
     "all of it in seconds"},
    {"getMilliseconds", CEL_METHOD, "g", duration_milliseconds, "standard",
     "duration.getMilliseconds() -> int", "milliseconds beyond the last whole second"},
};
const CelLibrary CEL_LIBRARY_times = CEL_LIBRARY(ROWS);
