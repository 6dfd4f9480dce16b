/* SPDX-License-Identifier: Apache-2.0 */
/* log_scan.c -- runs the patterns of many log sources over a log while it passes by, once. */
#include "analyzer/query/log_scan.h"

#include "analyzer/text/log_records.h"
#include "base/limits.h"
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

enum {
    CONTEXT_LINE_BYTES = 1024,    /* of a line of context, the rest is cut */
};

/* A sample that still waits for the lines behind it. */
typedef struct Waiting {
    LogHits *hits;
    size_t tuple;
    size_t hit;
    uint32_t missing;
    struct Waiting *next;
} Waiting;

/* What one spec knows of the log at hand. */
typedef struct {
    bool wanted;
    LogHits *hits;                /* made with the first hit */
    Map index;                    /* joined captures -> tuple number + 1 */
    size_t kept;
} Track;

typedef struct {
    size_t n;
    char bytes[CONTEXT_LINE_BYTES];
} RingLine;

struct LogScan {
    Arena *arena;
    const LogSpec *const *specs;
    Track *tracks;
    size_t count;
    bool near;                    /* some spec asks for hits near another's: times are kept */
    LogRecords *records;
    RingLine *ring;               /* the last lines, for context; ring_size of them */
    size_t ring_size;
    size_t ring_count;            /* lines ever put into it */
    Buf key;
    Waiting *waiting;
    Waiting *spare;
};

static Status scan_record(void *context, const LogRecord *record, Err *err);

LogScan *
log_scan_new(Arena *arena, const LogSpec *const *specs, size_t count, int64_t latest_ns)
{
    LogScan *scan = calloc(1, sizeof *scan); /* freed by log_scan_free() */
    if (!scan)
        return NULL;
    scan->arena = arena;
    scan->specs = specs;
    scan->count = count;
    scan->key = BUF_INIT(LIMIT_LOG_LINE_BYTES * 2);
    scan->tracks = ARENA_ARRAY(arena, Track, count);
    scan->records = log_records_new(latest_ns, scan_record, scan);
    for (size_t i = 0; i < count; i++) {
        scan->near |= specs[i]->near_of.n > 0;
        if (specs[i]->before > scan->ring_size)
            scan->ring_size = specs[i]->before;
    }
    scan->ring = ARENA_ARRAY(arena, RingLine, scan->ring_size);
    if (!scan->tracks || !scan->records || !scan->ring)
        return log_scan_free(scan);
    return scan;
}

LogScan *
log_scan_free(LogScan *scan)
{
    if (scan) {
        log_records_free(scan->records);
        buf_done(&scan->key);
        free(scan);
    }
    return NULL;
}

void
cleanup_log_scan(LogScan **scan)
{
    *scan = log_scan_free(*scan);
}

Status
log_scan_begin(LogScan *scan, const bool *wanted, Err *err)
{
    (void)err;
    for (size_t i = 0; i < scan->count; i++)
        scan->tracks[i] = (Track){.wanted = wanted[i]};
    scan->ring_count = 0;
    scan->waiting = NULL;
    return ST_OK;
}

Status
log_scan_feed(LogScan *scan, Str bytes, Err *err)
{
    return log_records_feed(scan->records, bytes, err);
}

static Status
make_hits(LogScan *scan, Track *track, Err *err)
{
    if (track->hits)
        return ST_OK;
    track->hits = ARENA_NEW(scan->arena, LogHits);
    if (!track->hits)
        return err_nomem(err);
    map_init(&track->index, scan->arena);
    return ST_OK;
}

Status
log_scan_end(LogScan *scan, LogHits **ret_hits, Err *err)
{
    TRY(log_records_end(scan->records, err));
    for (size_t i = 0; i < scan->count; i++) {
        Track *track = &scan->tracks[i];
        if (track->wanted) {
            TRY(make_hits(scan, track, err));
            track->hits->lines = log_records_lines(scan->records);
            track->hits->cut_records = log_records_cut(scan->records);
            track->hits->unfinished = log_records_unfinished(scan->records);
        }
        ret_hits[i] = track->hits;
    }
    return ST_OK;
}

/* The tuple of these captures; a new one for captures not seen before. */
static Status
find_tuple(LogScan *scan, const LogSpec *spec, Track *track, const LogPattern *pattern, Str text,
           const RegexSpan *spans, size_t *ret, Err *err)
{
    buf_clear(&scan->key);
    for (size_t i = 0; i < spec->capture_count; i++) {
        const RegexSpan *span = &spans[pattern->capture_groups[i]];
        bool set = pattern->capture_groups[i] && span->start != REGEX_UNSET;
        size_t n = set ? span->end - span->start : 0;
        buf_add(&scan->key, &n, sizeof n);
        buf_add(&scan->key, set ? text.p + span->start : "", n);
    }
    TRY(buf_status(&scan->key, err));
    void *found = map_get(&track->index, buf_str(&scan->key));
    if (found) {
        *ret = (size_t)(uintptr_t)found - 1;
        return ST_OK;
    }
    Str key = arena_str(scan->arena, buf_str(&scan->key));
    Str *captures = ARENA_ARRAY(scan->arena, Str, spec->capture_count);
    LogTuple *tuple = VEC_PUSH(scan->arena, &track->hits->tuples);
    if (!key.p || !captures || !tuple ||
        !map_put(&track->index, key, (void *)(uintptr_t)track->hits->tuples.count)) /* number */
        return err_nomem(err);
    for (size_t i = 0, at = 0; i < spec->capture_count; i++) {
        size_t n;
        memcpy(&n, key.p + at, sizeof n);
        captures[i] = str_sub(key, at + sizeof n, n);
        at += sizeof n + n;
    }
    tuple->captures = captures;
    *ret = track->hits->tuples.count - 1;
    return ST_OK;
}

static void
count_hit(LogTuple *tuple, const LogRecord *record)
{
    tuple->count++;
    if (!record->has_time)
        return;
    if (!tuple->has_time || record->time_ns < tuple->first_ns)
        tuple->first_ns = record->time_ns;
    if (!tuple->has_time || record->time_ns > tuple->last_ns)
        tuple->last_ns = record->time_ns;
    tuple->has_time = true;
}

/* The lines before the record, oldest first. */
static Status
copy_before(LogScan *scan, const LogSpec *spec, LogHit *hit, Err *err)
{
    size_t count = spec->before < scan->ring_count ? spec->before : scan->ring_count;
    hit->before = ARENA_ARRAY(scan->arena, Str, count);
    if (!hit->before)
        return err_nomem(err);
    for (size_t i = 0; i < count; i++) {
        const RingLine *line = &scan->ring[(scan->ring_count - count + i) % scan->ring_size];
        hit->before[i] = arena_str(scan->arena, (Str){line->bytes, line->n});
        if (!hit->before[i].p)
            return err_nomem(err);
    }
    hit->before_count = (uint32_t)count;
    return ST_OK;
}

static Status
wait_for_after(LogScan *scan, const LogSpec *spec, LogHits *hits, size_t tuple, size_t index,
               Err *err)
{
    LogHit *hit = &hits->tuples.items[tuple].kept.items[index];
    hit->after = ARENA_ARRAY(scan->arena, Str, spec->after);
    Waiting *waiting = scan->spare;
    if (waiting)
        scan->spare = waiting->next;
    else
        waiting = ARENA_NEW(scan->arena, Waiting);
    if (!hit->after || !waiting)
        return err_nomem(err);
    *waiting = (Waiting){hits, tuple, index, spec->after, scan->waiting};
    scan->waiting = waiting;
    return ST_OK;
}

static uint32_t
line_of(Str text, size_t at, uint32_t first)
{
    for (size_t i = 0; i < at && i < text.n; i++)
        first += text.p[i] == '\n';
    return first;
}

/* What to point at: the match, or, where that goes over several lines, the longest of its first
 * line and of the captures that stay within one. */
static RegexSpan
mark_of(const LogSpec *spec, const LogPattern *pattern, Str text, const RegexSpan *spans)
{
    size_t newline;
    Str whole = str_sub(text, spans[0].start, spans[0].end - spans[0].start);
    if (!str_find_char(whole, '\n', &newline))
        return spans[0];
    RegexSpan best = {spans[0].start, spans[0].start + newline};
    for (size_t i = 0; i < spec->capture_count; i++) {
        const RegexSpan *span = &spans[pattern->capture_groups[i]];
        if (pattern->capture_groups[i] == 0 || span->start == REGEX_UNSET ||
            span->end - span->start <= best.end - best.start)
            continue;
        if (!str_find_char(str_sub(text, span->start, span->end - span->start), '\n', &newline))
            best = *span;
    }
    return best;
}

static Status
keep_hit(LogScan *scan, const LogSpec *spec, Track *track, size_t number, const LogRecord *record,
         size_t match_at, RegexSpan mark, Err *err)
{
    LogTuple *tuple = &track->hits->tuples.items[number];
    bool sample = tuple->kept.count < spec->samples || log_spec_keeps_hits(spec);
    if (!sample && !scan->near)
        return ST_OK;
    if (track->kept >= LIMIT_LOG_HIT_COUNT) {
        track->hits->overflow = true;
        return ST_OK;
    }
    LogHit *hit = VEC_PUSH(scan->arena, &tuple->kept);
    if (!hit)
        return err_nomem(err);
    track->kept++;
    hit->line = record->line;
    hit->match_line = line_of(record->text, match_at, record->line);
    hit->mark_at = (uint32_t)mark.start;
    hit->mark_bytes = (uint32_t)(mark.end - mark.start);
    hit->has_time = record->has_time;
    hit->time_ns = record->time_ns;
    if (!sample)
        return ST_OK;
    /* A condition may look at the text of any hit; a window may choose any as its sample. */
    hit->text = arena_str(scan->arena, record->text);
    if (!hit->text.p)
        return err_nomem(err);
    if (spec->before)
        TRY(copy_before(scan, spec, hit, err));
    if (spec->after)
        TRY(wait_for_after(scan, spec, track->hits, number, tuple->kept.count - 1, err));
    return ST_OK;
}

static bool
is_dropped(const LogSpec *spec, Str text, bool *gave_up)
{
    for (size_t i = 0; i < spec->drop_count; i++) {
        RegexResult result = regex_match(spec->drop[i].regex, text, 0, NULL, 0);
        if (result == REGEX_FOUND)
            return true;
        *gave_up |= result == REGEX_LIMIT;
    }
    return false;
}

static Status
match_spec(LogScan *scan, const LogSpec *spec, Track *track, const LogRecord *record, Err *err)
{
    RegexSpan spans[LOG_PATTERN_GROUPS + 1];
    bool gave_up = false;
    for (size_t i = 0; i < spec->match_count; i++) {
        RegexResult result = regex_match(spec->match[i].regex, record->text, 0, spans,
                                         LOG_PATTERN_GROUPS + 1);
        gave_up |= result == REGEX_LIMIT;
        if (result != REGEX_FOUND)
            continue;
        if (is_dropped(spec, record->text, &gave_up))
            break;
        size_t tuple;
        TRY(make_hits(scan, track, err));
        TRY(find_tuple(scan, spec, track, &spec->match[i], record->text, spans, &tuple, err));
        count_hit(&track->hits->tuples.items[tuple], record);
        TRY(keep_hit(scan, spec, track, tuple, record, spans[0].start,
                     mark_of(spec, &spec->match[i], record->text, spans), err));
        break;
    }
    if (gave_up) {
        TRY(make_hits(scan, track, err));
        track->hits->gave_up = true;
    }
    return ST_OK;
}

/* Hands a line to the samples that wait for it. */
static void
give_line(LogScan *scan, Str line)
{
    for (Waiting **link = &scan->waiting; *link;) {
        Waiting *waiting = *link;
        LogHit *hit = &waiting->hits->tuples.items[waiting->tuple].kept.items[waiting->hit];
        hit->after[hit->after_count++] = line;
        if (--waiting->missing == 0) {
            *link = waiting->next;
            waiting->next = scan->spare;
            scan->spare = waiting;
        } else {
            link = &waiting->next;
        }
    }
}

/* The lines of a record go to the samples that wait for them. */
static Status
pass_to_waiting(LogScan *scan, Str text, Err *err)
{
    for (Str line; scan->waiting && str_cut(&text, '\n', &line);) {
        Str copy = arena_str(scan->arena, str_head(line, CONTEXT_LINE_BYTES));
        if (!copy.p)
            return err_nomem(err);
        give_line(scan, copy);
    }
    return ST_OK;
}

static void
pass_to_ring(LogScan *scan, Str text)
{
    for (Str line; scan->ring_size && str_cut(&text, '\n', &line);) {
        RingLine *slot = &scan->ring[scan->ring_count++ % scan->ring_size];
        slot->n = str_head(line, CONTEXT_LINE_BYTES).n;
        memcpy(slot->bytes, line.p, slot->n);
    }
}

static Status
scan_record(void *context, const LogRecord *record, Err *err)
{
    LogScan *scan = context;
    TRY(pass_to_waiting(scan, record->text, err));
    for (size_t i = 0; i < scan->count; i++)
        if (scan->tracks[i].wanted)
            TRY(match_spec(scan, scan->specs[i], &scan->tracks[i], record, err));
    pass_to_ring(scan, record->text);
    return ST_OK;
}
