/* SPDX-License-Identifier: Apache-2.0 */
/* log_scan.h -- runs the patterns of many log sources over a log while it passes by, once.
 *
 *     LogPatterns *patterns = log_patterns_new(specs, count, FINDER_AUTO);
 *     LogScan *scan;                                // for each log, on its own thread
 *     TRY(log_scan_new(arena, patterns, wanted, latest_ns, &scan, err));
 *     TRY(log_scan_feed(scan, bytes, err)); ...
 *     TRY(log_scan_end(scan, hits, err));           // hits[i] of spec i, NULL if not wanted
 *     scan = log_scan_free(scan);
 *     patterns = log_patterns_free(patterns);
 *
 * Records are matched, not lines (log_block.h).  A finder tells where which pattern may match;
 * the records around those places alone are cut out, and tried, and their times are read.
 * Counts are exact; of the hits themselves only samples are kept, unless the spec needs them all
 * (where, window), or some spec is to be joined with another (near: then the times of all), up
 * to LIMIT_LOG_HIT_COUNT, past which overflow is set.  Everything kept is in the arena. */
#ifndef QUERY_LOG_SCAN_H
#define QUERY_LOG_SCAN_H

#include "analyzer/query/finder.h"
#include "analyzer/query/log_spec.h"
#include "base/map.h"

typedef struct {
    uint32_t line;           /* first line of the record, 1-based */
    uint32_t match_line;     /* line of the record in which the match begins */
    uint32_t mark_at;        /* bytes of the record to point at: see mark_of() */
    uint32_t mark_bytes;
    EvidencePlace mark;      /* where in the member that is */
    bool has_time;
    int64_t time_ns;
    const Str *captures;     /* spec->capture_count of them; "" where a group had no part */
    Str text;                /* the record; p NULL where it was not kept */
    Str *before;             /* lines of context; spec->before and after at the most */
    Str *after;
    uint32_t before_count;
    uint32_t after_count;
} LogHit;

enum { LOG_VALUES_MOST = 1000 };     /* distinct values of a capture that are listed */

/* All hits of one log that one group takes: they have the same captures of group_by. */
typedef struct {
    const Str *captures;     /* of its first hit */
    uint32_t line;           /* of its first hit */
    uint64_t count;
    bool has_time;           /* of first and last */
    int64_t first_ns;
    int64_t last_ns;
    VEC(LogHit) kept;        /* in order of lines */
    Map *values;             /* for each capture its distinct values, first seen first */
} LogTuple;

typedef struct {
    VEC(LogTuple) tuples;    /* in order of their first hit */
    uint32_t lines;          /* of the log */
    uint32_t cut_records;    /* matched on their first part */
    bool unfinished;         /* the log ends inside a line */
    bool overflow;           /* more hits than are kept: counts are exact, groups are not */
    bool gave_up;            /* a pattern ran into its limit on some record */
} LogHits;

/* The patterns of many specs, and the finder for all of them: for any number of threads. */
typedef struct LogPatterns LogPatterns;
/* specs: borrowed, must live as long.  NULL when out of memory. */
LogPatterns *log_patterns_new(const LogSpec *const *specs, size_t count, FinderEngine engine);
LogPatterns *log_patterns_free(LogPatterns *patterns);
void cleanup_log_patterns(LogPatterns **patterns);

typedef struct LogScan LogScan;
/* wanted: which specs want this log; borrowed. */
NODISCARD Status log_scan_new(Arena *arena, LogPatterns *patterns, const bool *wanted,
                              int64_t latest_ns, LogScan **ret, Err *err);
LogScan *log_scan_free(LogScan *scan);
void cleanup_log_scan(LogScan **scan);

NODISCARD Status log_scan_feed(LogScan *scan, Str bytes, Err *err);
NODISCARD Status log_scan_end(LogScan *scan, LogHits **ret_hits, Err *err);

#endif
