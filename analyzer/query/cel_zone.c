/* SPDX-License-Identifier: Apache-2.0 */
/* cel_zone.c -- time zones from the system's TZif files (RFC 8536), read as hostile bytes. */
#include <stdio.h>
#include <string.h>

#include "analyzer/query/cel_time.h"
#include "base/io.h"
#include "base/timestamp.h"

/* One change of the year in a POSIX TZ string. */
typedef struct {
    char form;              /* 'M' month.week.day, 'J' day 1-365 (29 February does not count),
                             * 'n' day 0-365 */
    int month;
    int week;
    int day;
    int32_t seconds;        /* after local midnight */
} YearRule;

struct CelZone {
    Str times;              /* 8 bytes each, big-endian */
    Str kinds;              /* 1 byte each, index of types */
    Str types;              /* 6 bytes each */
    size_t time_count;
    bool has_rule;          /* for what comes after the last time */
    bool has_summer;
    int32_t standard;
    int32_t summer;
    YearRule start;
    YearRule end;
};

enum {
    HEADER_BYTES = 44,
    FILE_BYTES_MOST = 256 * 1024,
    NAME_BYTES_MOST = 64,
};

static uint32_t
read_u32(const char *p)
{
    const unsigned char *b = (const unsigned char *)p;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static int64_t
read_i64(const char *p)
{
    return (int64_t)((uint64_t)read_u32(p) << 32 | read_u32(p + 4));
}

/* Cuts n bytes off the front; false where there are fewer. */
static bool
take(Str *rest, uint64_t n, Str *ret)
{
    if (n > rest->n)
        return false;
    *ret = str_head(*rest, (size_t)n);
    *rest = str_from(*rest, (size_t)n);
    return true;
}

static bool
take_int(Str *rest, int most, int *ret)
{
    size_t digits = 0;
    *ret = 0;
    while (rest->n && rest->p[0] >= '0' && rest->p[0] <= '9' && digits < 4) {
        *ret = *ret * 10 + (rest->p[0] - '0');
        *rest = str_from(*rest, 1);
        digits++;
    }
    return digits > 0 && *ret <= most;
}

/* [+-]hh[:mm[:ss]] */
static bool
take_clock(Str *rest, int32_t *ret)
{
    int hours = 0;
    int minutes = 0;
    int seconds = 0;
    bool negative = str_take_char(rest, '-');
    if (!negative)
        (void)str_take_char(rest, '+');
    if (!take_int(rest, 167, &hours) ||
        (str_take_char(rest, ':') && !take_int(rest, 59, &minutes)) ||
        (str_take_char(rest, ':') && !take_int(rest, 59, &seconds)))
        return false;
    *ret = (hours * 60 + minutes) * 60 + seconds;
    if (negative)
        *ret = -*ret;
    return true;
}

/* "CST" or "<-03>". */
static bool
take_abbreviation(Str *rest)
{
    size_t end = 0;
    if (str_take_char(rest, '<')) {
        if (!str_find_char(*rest, '>', &end))
            return false;
        *rest = str_from(*rest, end + 1);
        return true;
    }
    while (end < rest->n && ((rest->p[end] | 32) >= 'a' && (rest->p[end] | 32) <= 'z'))
        end++;
    *rest = str_from(*rest, end);
    return end >= 3;
}

/* ",M3.2.0/2" */
static bool
take_year_rule(Str *rest, YearRule *ret)
{
    *ret = (YearRule){.form = 'n', .seconds = 7200};
    if (!str_take_char(rest, ','))
        return false;
    if (str_take_char(rest, 'M')) {
        ret->form = 'M';
        if (!take_int(rest, 12, &ret->month) || ret->month < 1 || !str_take_char(rest, '.') ||
            !take_int(rest, 5, &ret->week) || ret->week < 1 || !str_take_char(rest, '.') ||
            !take_int(rest, 6, &ret->day))
            return false;
    } else {
        ret->form = str_take_char(rest, 'J') ? 'J' : 'n';
        if (!take_int(rest, 365, &ret->day))
            return false;
    }
    return !str_take_char(rest, '/') || take_clock(rest, &ret->seconds);
}

/* "CST6CDT,M3.2.0,M11.1.0": offsets count west of UTC. */
static bool
parse_footer(Str text, CelZone *zone)
{
    int32_t west = 0;
    if (!take_abbreviation(&text) || !take_clock(&text, &west))
        return false;
    zone->standard = -west;
    zone->summer = 3600 - west;
    if (text.n == 0)
        return true;
    if (!take_abbreviation(&text))
        return false;
    if (text.n && text.p[0] != ',') {
        if (!take_clock(&text, &west))
            return false;
        zone->summer = -west;
    }
    zone->has_summer = true;
    return take_year_rule(&text, &zone->start) && take_year_rule(&text, &zone->end) && text.n == 0;
}

/* The six counts of a header, in the file's order. */
typedef struct {
    uint64_t ut;
    uint64_t standard;
    uint64_t leaps;
    uint64_t times;
    uint64_t types;
    uint64_t chars;
} Counts;

static bool
take_header(Str *rest, char *ret_version, Counts *ret)
{
    Str header;
    if (!take(rest, HEADER_BYTES, &header) || !str_starts(header, STR("TZif")))
        return false;
    *ret_version = header.p[4];
    *ret = (Counts){read_u32(header.p + 20), read_u32(header.p + 24), read_u32(header.p + 28),
                    read_u32(header.p + 32), read_u32(header.p + 36), read_u32(header.p + 40)};
    return true;
}

static bool
take_body(Str *rest, const Counts *counts, unsigned time_bytes, CelZone *zone)
{
    Str skipped;
    return take(rest, counts->times * time_bytes, &zone->times) &&
           take(rest, counts->times, &zone->kinds) && take(rest, counts->types * 6, &zone->types) &&
           take(rest, counts->chars, &skipped) &&
           take(rest, counts->leaps * (time_bytes + 4), &skipped) &&
           take(rest, counts->standard, &skipped) && take(rest, counts->ut, &skipped);
}

Status
cel_zone_parse(Arena *arena, Str tzif, const CelZone **ret)
{
    Counts counts;
    char version = 0;
    Str rest = tzif;
    CelZone *zone = ARENA_NEW(arena, CelZone);
    if (!zone)
        return ST_NOMEM;
    if (!take_header(&rest, &version, &counts) || version < '2' ||
        !take_body(&rest, &counts, 4, zone) || !take_header(&rest, &version, &counts) ||
        !take_body(&rest, &counts, 8, zone) || counts.types == 0)
        return ST_FORMAT;
    zone->time_count = (size_t)counts.times;
    for (size_t i = 0; i < zone->kinds.n; i++) {
        if ((unsigned char)zone->kinds.p[i] >= counts.types)
            return ST_FORMAT;
    }
    size_t end = 0;
    if (str_take_char(&rest, '\n') && str_find_char(rest, '\n', &end) && end > 0) {
        if (!parse_footer(str_head(rest, end), zone))
            return ST_FORMAT;
        zone->has_rule = true;
    }
    *ret = zone;
    return ST_OK;
}

/* Seconds since 1970 of a change in a year, on the local clock before it. */
static int64_t
change_at(const YearRule *rule, int year)
{
    static const int DAYS[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    int64_t day = 0;
    (void)timestamp_days(year, 1, 1, &day);
    if (rule->form == 'M') {
        int first = DAYS[rule->month - 1] + (leap && rule->month > 2);
        int length = DAYS[rule->month] - DAYS[rule->month - 1] + (leap && rule->month == 2);
        int weekday = (int)(((day + first + 4) % 7 + 7) % 7);
        int in_month = (rule->day - weekday + 7) % 7 + (rule->week - 1) * 7;
        day += first + (in_month >= length ? in_month - 7 : in_month);
    } else if (rule->form == 'J') {
        day += rule->day - 1 + (leap && rule->day > 59);
    } else {
        day += rule->day;
    }
    return day * 86400 + rule->seconds;
}

static int32_t
offset_by_rule(const CelZone *zone, int64_t seconds)
{
    int year = 0;
    int month = 0;
    int day = 0;
    int64_t local = seconds + zone->standard;
    if (!zone->has_summer)
        return zone->standard;
    timestamp_date(local / 86400 - (local % 86400 < 0), &year, &month, &day);
    int64_t start = change_at(&zone->start, year) - zone->standard;
    int64_t end = change_at(&zone->end, year) - zone->summer;
    bool summer = start < end ? seconds >= start && seconds < end
                              : seconds >= start || seconds < end;
    return summer ? zone->summer : zone->standard;
}

int32_t
cel_zone_at(const CelZone *zone, int64_t seconds)
{
    size_t low = 0;
    size_t high = zone->time_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (read_i64(zone->times.p + 8 * middle) <= seconds)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == zone->time_count && zone->has_rule)
        return offset_by_rule(zone, seconds);
    unsigned char kind = low > 0 ? (unsigned char)zone->kinds.p[low - 1] : 0;
    int32_t offset = (int32_t)read_u32(zone->types.p + 6 * (size_t)kind);
    /* RFC 8536 allows any; nobody lives further from Greenwich than this. */
    return offset > -100000 && offset < 100000 ? offset : 0;
}

/* Names of the data base have no dots, so that none leads out of it. */
static bool
is_zone_name(Str name)
{
    if (name.n == 0 || name.n > NAME_BYTES_MOST || name.p[0] == '/')
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool letter = ((c | 32) >= 'a' && (c | 32) <= 'z') || (c >= '0' && c <= '9');
        if (!letter && !strchr("_+-/", c))
            return false;
    }
    return true;
}

static bool
parse_fixed(Str text, int32_t *ret)
{
    int hours = 0;
    int minutes = 0;
    bool negative = str_take_char(&text, '-');
    if (!negative)
        (void)str_take_char(&text, '+');
    if (text.n != 5 || !take_int(&text, 23, &hours) || !str_take_char(&text, ':') ||
        !take_int(&text, 59, &minutes) || text.n)
        return false;
    *ret = (hours * 60 + minutes) * (negative ? -60 : 60);
    return true;
}

bool
cel_zone_offset(CelRun *run, Str zone, int64_t seconds, int32_t *ret_offset)
{
    *ret_offset = 0;
    if (str_is(zone, "UTC") || parse_fixed(zone, ret_offset))
        return true;
    if (run->zone && str_eq(run->zone_name, zone)) {
        *ret_offset = cel_zone_at(run->zone, seconds);
        return true;
    }
    char path[128];
    Str bytes = {NULL, 0};
    if (!is_zone_name(zone))
        return false;
    (void)snprintf(path, sizeof path, "/usr/share/zoneinfo/" STR_FMT, STR_ARG(zone));
    const CelZone *parsed = NULL;
    if (io_read_file(run->arena, path, FILE_BYTES_MOST, &bytes, NULL) != ST_OK ||
        cel_zone_parse(run->arena, bytes, &parsed) != ST_OK)
        return false;
    run->zone = parsed;
    run->zone_name = zone;
    *ret_offset = cel_zone_at(parsed, seconds);
    return true;
}
