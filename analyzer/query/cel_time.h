/* SPDX-License-Identifier: Apache-2.0 */
/* cel_time.h -- CEL's timestamps (years 1 to 9999) and time zones. */
#ifndef QUERY_CEL_TIME_H
#define QUERY_CEL_TIME_H

#include "analyzer/query/cel_run.h"

/* 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z. */
#define CEL_TIME_FIRST INT64_C(-62135596800)
#define CEL_TIME_LAST INT64_C(253402300799)

/* timestamp plus (or minus) ns; the error of the range. */
Value cel_time_add(CelRun *run, Value timestamp, int64_t ns, bool subtract);
Value cel_time_difference(CelRun *run, Value a, Value b);
/* RFC 3339 with a zone; false on anything else and out of range. */
bool cel_time_parse(Str text, int64_t *ret_seconds, int32_t *ret_nanos);
/* Go's form, "1h30m", "-1.5s", "2us". */
bool cel_duration_parse(Str text, int64_t *ret_ns);
/* YYYY-MM-DD. */
bool cel_date_parse(Str text, int64_t *ret_days);

/* Seconds east of UTC that a zone had at a time: "UTC", a name of the IANA data base
 * (/usr/share/zoneinfo) or [+-]HH:MM.  False where there is no such zone. */
bool cel_zone_offset(CelRun *run, Str zone, int64_t seconds, int32_t *ret_offset);

/* A parsed zone of the data base. */
typedef struct CelZone CelZone;
/* tzif: bytes of a TZif file, which must live as long.  ST_FORMAT, ST_NOMEM. */
NODISCARD Status cel_zone_parse(Arena *arena, Str tzif, const CelZone **ret);
int32_t cel_zone_at(const CelZone *zone, int64_t seconds);

#endif
