/* SPDX-License-Identifier: Apache-2.0 */
/* timestamp.h -- points in time, lengths of time and sizes as text; no locale, no time zones.
 *
 * A time is int64 nanoseconds since 1970-01-01T00:00:00Z (years 1678 to 2261), a
 * length int64 nanoseconds.  Parsers take the whole text or give false and leave *ret
 * untouched. */
#ifndef BASE_TIMESTAMP_H
#define BASE_TIMESTAMP_H

#include "base/str.h"

#define NS_PER_S INT64_C(1000000000)

enum { TIMESTAMP_TEXT_BYTES = 36 };

/* RFC 3339 with zone ("Z" or ±HH:MM), any fraction (cut off behind the ninth digit); also a
 * lower-case t and z.  Second 60 is the first of the next minute.  False on anything else
 * and out of range. */
bool timestamp_parse(Str text, int64_t *ret_ns);
/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar, for parsers of
 * other formats; false for an impossible date. */
bool timestamp_days(int year, int month, int day, int64_t *ret_days);
/* The reverse: any day number of years -9999 to 9999. */
void timestamp_date(int64_t days, int *ret_year, int *ret_month, int *ret_day);
/* HTTP's Date (IMF-fixdate "Sun, 06 Nov 1994 08:49:37 GMT"); the day of the week must be the
 * date's. */
bool timestamp_parse_http(Str text, int64_t *ret_ns);
/* RFC 3339 in UTC with as many of 0, 3, 6 or 9 fraction digits as the value needs. */
void timestamp_format(int64_t ns, char out[TIMESTAMP_TEXT_BYTES]);
int64_t timestamp_now(void);                 /* CLOCK_REALTIME */
int64_t timestamp_monotonic(void);           /* CLOCK_MONOTONIC */

/* Go's form: "1h30m", "1.5s", "90s", "250ms", "0"; h m s ms us µs ns; optional sign. */
bool duration_parse(Str text, int64_t *ret_ns);
void duration_format(int64_t ns, char out[TIMESTAMP_TEXT_BYTES]);   /* Go's String() */

/* "512", "64KiB", "10MiB", "1GiB". */
bool size_parse(Str text, uint64_t *ret_bytes);
void size_format(uint64_t bytes, char out[TIMESTAMP_TEXT_BYTES]);   /* "10.0 MiB" */

#endif
