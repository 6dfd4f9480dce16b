/* SPDX-License-Identifier: Apache-2.0 */
/* log_scan.h -- runs the patterns of many log sources over a log while it passes by, once.
 *
 *     LogScan *scan = log_scan_new(arena, specs, count, latest_ns);
 *     TRY(log_scan_begin(scan, wanted, err));       // a new log; which specs want it
 *     TRY(log_scan_feed(scan, bytes, err)); ...
 *     TRY(log_scan_end(scan, hits, err));           // hits[i] of spec i, NULL if not wanted
 *
 * Records are matched, not lines (log_records.h).  Counts are exact; of the hits themselves
 * only samples are kept, unless the spec needs them all (where, window), or some spec is to be
 * joined with another (near: then the times of all), up to
 * LIMIT_LOG_HIT_COUNT, past which overflow is set.  Everything kept is in the arena. */
#ifndef QUERY_LOG_SCAN_H
#define QUERY_LOG_SCAN_H

#include "analyzer/query/log_spec.h"

typedef struct {
    uint32_t line;           /* first line of the record, 1-based */
    uint32_t match_line;     /* line of the record in which the match begins */
    uint32_t mark_at;        /* bytes of the record to point at: see mark_of() */
    uint32_t mark_bytes;
    bool has_time;
    int64_t time_ns;
    Str text;                /* the record; p NULL where it was not kept */
    Str *before;             /* lines of context; spec->before and after at the most */
    Str *after;
    uint32_t before_count;
    uint32_t after_count;
} LogHit;

/* All hits of one log that have the same captures. */
typedef struct {
    const Str *captures;     /* spec->capture_count of them; "" where a group had no part */
    uint64_t count;
    bool has_time;           /* of first and last */
    int64_t first_ns;
    int64_t last_ns;
    VEC(LogHit) kept;        /* in order of lines */
} LogTuple;

typedef struct {
    VEC(LogTuple) tuples;    /* in order of their first hit */
    uint32_t lines;          /* of the log */
    uint32_t cut_records;    /* matched on their first part */
    bool unfinished;         /* the log ends inside a line */
    bool overflow;           /* more hits than are kept: counts are exact, groups are not */
    bool gave_up;            /* a pattern ran into its limit on some record */
} LogHits;

typedef struct LogScan LogScan;

/* specs: borrowed, must live as long.  NULL when out of memory. */
LogScan *log_scan_new(Arena *arena, const LogSpec *const *specs, size_t count, int64_t latest_ns);
LogScan *log_scan_free(LogScan *scan);
void cleanup_log_scan(LogScan **scan);

NODISCARD Status log_scan_begin(LogScan *scan, const bool *wanted, Err *err);
NODISCARD Status log_scan_feed(LogScan *scan, Str bytes, Err *err);
NODISCARD Status log_scan_end(LogScan *scan, LogHits **ret_hits, Err *err);

#endif
