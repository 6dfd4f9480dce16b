/* SPDX-License-Identifier: Apache-2.0 */
/* log_hits.c -- what is kept of the hits of one log. */
#include "analyzer/query/log_hits.h"

#include "base/limits.h"
#include "base/utf8.h"

#include <string.h>

enum { CONTEXT_LINE_BYTES = 1024 };    /* of a line of context, the rest is cut */

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
    LogHits *hits;                /* made with the first hit */
    Map index;                    /* joined captures of group_by -> tuple number + 1 */
    size_t kept;
} Track;

typedef struct {
    size_t n;
    char bytes[CONTEXT_LINE_BYTES];
} RingLine;

struct LogKeeper {
    Arena *arena;
    const LogPatterns *patterns;
    Track *tracks;                /* by spec */
    RingLine *ring;               /* the last lines, for context; ring_size of them */
    size_t ring_size;
    size_t ring_count;            /* lines ever put into it */
    Waiting *waiting;
    Waiting *spare;
    Buf key;
};

Status
log_keeper_new(Arena *arena, const LogPatterns *patterns, const bool *wanted, LogKeeper **ret,
               Err *err)
{
    LogKeeper *keeper = ARENA_NEW(arena, LogKeeper);
    if (!keeper)
        return err_nomem(err);
    keeper->arena = arena;
    keeper->patterns = patterns;
    keeper->key = BUF_INIT(LIMIT_LOG_LINE_BYTES * 2);
    for (size_t i = 0; i < patterns->spec_count; i++)
        if (wanted[i] && patterns->specs[i]->before > keeper->ring_size)
            keeper->ring_size = patterns->specs[i]->before;
    keeper->tracks = ARENA_ARRAY(arena, Track, patterns->spec_count);
    keeper->ring = ARENA_ARRAY(arena, RingLine, keeper->ring_size);
    if (!keeper->tracks || !keeper->ring)
        return err_nomem(err);
    *ret = keeper;
    return ST_OK;
}

void
log_keeper_done(LogKeeper *keeper)
{
    if (keeper)
        buf_done(&keeper->key);
}

bool
log_keeper_wants_all(const LogKeeper *keeper)
{
    return keeper->ring_size || keeper->waiting;
}

LogHits *
log_keeper_hits(const LogKeeper *keeper, size_t spec)
{
    return keeper->tracks[spec].hits;
}

static Status
make_hits(LogKeeper *keeper, Track *track, Err *err)
{
    if (track->hits)
        return ST_OK;
    track->hits = ARENA_NEW(keeper->arena, LogHits);
    if (!track->hits)
        return err_nomem(err);
    map_init(&track->index, keeper->arena);
    return ST_OK;
}

static Str
capture_of(const LogPattern *pattern, size_t capture, Str text, const RegexSpan *spans)
{
    size_t group = pattern->capture_groups[capture];
    const RegexSpan *span = &spans[group];
    return group && span->start != REGEX_UNSET
               ? str_sub(text, span->start, span->end - span->start) : STR("");
}

static bool
is_grouped_by(const LogSpec *spec, size_t capture)
{
    for (size_t i = 0; i < spec->group_by_count; i++)
        if (str_eq(spec->group_by[i], spec->captures[capture]))
            return true;
    return false;
}

static Status
copy_captures(LogKeeper *keeper, const LogSpec *spec, const LogPattern *pattern, Str text,
              const RegexSpan *spans, const Str **ret, Err *err)
{
    Str *captures = ARENA_ARRAY(keeper->arena, Str, spec->capture_count);
    if (!captures)
        return err_nomem(err);
    for (size_t i = 0; i < spec->capture_count; i++) {
        captures[i] = arena_str(keeper->arena, capture_of(pattern, i, text, spans));
        if (!captures[i].p)
            return err_nomem(err);
    }
    *ret = captures;
    return ST_OK;
}

/* The tuple of these captures of group_by; a new one for those not seen before. */
static Status
find_tuple(LogKeeper *keeper, const LogSpec *spec, Track *track, const LogPattern *pattern, Str text,
           const RegexSpan *spans, size_t *ret, Err *err)
{
    buf_clear(&keeper->key);
    for (size_t i = 0; i < spec->capture_count; i++) {
        Str capture = capture_of(pattern, i, text, spans);
        if (!is_grouped_by(spec, i))
            continue;
        buf_add(&keeper->key, &capture.n, sizeof capture.n);
        buf_add_str(&keeper->key, capture);
    }
    TRY(buf_status(&keeper->key, err));
    void *found = map_get(&track->index, buf_str(&keeper->key));
    if (found) {
        *ret = (size_t)(uintptr_t)found - 1;
        return ST_OK;
    }
    Str key = arena_str(keeper->arena, buf_str(&keeper->key));
    Map *values = ARENA_ARRAY(keeper->arena, Map, spec->capture_count);
    LogTuple *tuple = VEC_PUSH(keeper->arena, &track->hits->tuples);
    if (!key.p || !values || !tuple ||
        !map_put(&track->index, key, (void *)(uintptr_t)track->hits->tuples.count)) /* number */
        return err_nomem(err);
    for (size_t i = 0; i < spec->capture_count; i++)
        map_init(&values[i], keeper->arena);
    tuple->values = values;
    TRY(copy_captures(keeper, spec, pattern, text, spans, &tuple->captures, err));
    *ret = track->hits->tuples.count - 1;
    return ST_OK;
}

/* Values of a group whose hits are all judged are found with those. */
static Status
keep_values(LogKeeper *keeper, const LogSpec *spec, LogTuple *tuple, const LogPattern *pattern,
            Str text, const RegexSpan *spans, Err *err)
{
    for (size_t i = 0; i < spec->capture_count && !log_spec_keeps_hits(spec); i++) {
        Map *values = &tuple->values[i];
        Str value = capture_of(pattern, i, text, spans);
        if (values->count >= LOG_VALUES_MOST || map_has(values, value))
            continue;
        Str copy = arena_str(keeper->arena, value);
        if (!copy.p || !map_put(values, copy, tuple))
            return err_nomem(err);
    }
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
copy_before(LogKeeper *keeper, const LogSpec *spec, LogHit *hit, Err *err)
{
    size_t count = spec->before < keeper->ring_count ? spec->before : keeper->ring_count;
    hit->before = ARENA_ARRAY(keeper->arena, Str, count);
    if (!hit->before)
        return err_nomem(err);
    for (size_t i = 0; i < count; i++) {
        const RingLine *line = &keeper->ring[(keeper->ring_count - count + i) % keeper->ring_size];
        hit->before[i] = arena_str(keeper->arena, (Str){line->bytes, line->n});
        if (!hit->before[i].p)
            return err_nomem(err);
    }
    hit->before_count = (uint32_t)count;
    return ST_OK;
}

static Status
wait_for_after(LogKeeper *keeper, const LogSpec *spec, LogHits *hits, size_t tuple, size_t index,
               Err *err)
{
    LogHit *hit = &hits->tuples.items[tuple].kept.items[index];
    hit->after = ARENA_ARRAY(keeper->arena, Str, spec->after);
    Waiting *waiting = keeper->spare;
    if (waiting)
        keeper->spare = waiting->next;
    else
        waiting = ARENA_NEW(keeper->arena, Waiting);
    if (!hit->after || !waiting)
        return err_nomem(err);
    *waiting = (Waiting){hits, tuple, index, spec->after, keeper->waiting};
    keeper->waiting = waiting;
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

/* Where in the member a byte of the record is, by the line that it was on before the runtime's
 * prefix was taken off. */
static EvidencePlace
place_of(const LogRecord *record, size_t at)
{
    size_t newline;
    size_t start = 0;
    const LogLine *line = record->lines;
    for (; str_find_char(str_sub(record->text, start, at - start), '\n', &newline); line++)
        start += newline + 1;
    if (line->joined)
        return (EvidencePlace){0};
    size_t before = utf8_count(str_sub(record->text, start, at - start));
    return (EvidencePlace){line->number, (uint32_t)(line->prefix_bytes + before + 1)};
}

static Status
keep_hit(LogKeeper *keeper, const LogSpec *spec, Track *track, size_t number, const LogRecord *record,
         const LogPattern *pattern, const RegexSpan *spans, Err *err)
{
    LogTuple *tuple = &track->hits->tuples.items[number];
    bool sample = tuple->kept.count < spec->samples || log_spec_keeps_hits(spec);
    if (!sample && !keeper->patterns->near)
        return ST_OK;
    if (track->kept >= LIMIT_LOG_HIT_COUNT) {
        track->hits->overflow = true;
        return ST_OK;
    }
    LogHit *hit = VEC_PUSH(keeper->arena, &tuple->kept);
    if (!hit)
        return err_nomem(err);
    track->kept++;
    RegexSpan mark = mark_of(spec, pattern, record->text, spans);
    hit->line = record->line;
    hit->match_line = line_of(record->text, spans[0].start, record->line);
    hit->mark_at = (uint32_t)mark.start;
    hit->mark_bytes = (uint32_t)(mark.end - mark.start);
    hit->has_time = record->has_time;
    hit->mark = place_of(record, mark.start);
    hit->time_ns = record->time_ns;
    if (!sample)
        return ST_OK;
    /* A condition may look at the text of any hit; a window may choose any as its sample. */
    hit->text = arena_str(keeper->arena, record->text);
    if (!hit->text.p)
        return err_nomem(err);
    TRY(copy_captures(keeper, spec, pattern, record->text, spans, &hit->captures, err));
    if (spec->before)
        TRY(copy_before(keeper, spec, hit, err));
    if (spec->after)
        TRY(wait_for_after(keeper, spec, track->hits, number, tuple->kept.count - 1, err));
    return ST_OK;
}

/* Hands a line to the samples that wait for it. */
static void
give_line(LogKeeper *keeper, Str line)
{
    for (Waiting **link = &keeper->waiting; *link;) {
        Waiting *waiting = *link;
        LogHit *hit = &waiting->hits->tuples.items[waiting->tuple].kept.items[waiting->hit];
        hit->after[hit->after_count++] = line;
        if (--waiting->missing == 0) {
            *link = waiting->next;
            waiting->next = keeper->spare;
            keeper->spare = waiting;
        } else {
            link = &waiting->next;
        }
    }
}

/* The lines of a record go to the samples that wait for them. */
Status
log_keeper_before(LogKeeper *keeper, Str text, Err *err)
{
    for (Str line; keeper->waiting && str_cut(&text, '\n', &line);) {
        Str copy = arena_str(keeper->arena, str_head(line, CONTEXT_LINE_BYTES));
        if (!copy.p)
            return err_nomem(err);
        give_line(keeper, copy);
    }
    return ST_OK;
}

void
log_keeper_after(LogKeeper *keeper, Str text)
{
    for (Str line; keeper->ring_size && str_cut(&text, '\n', &line);) {
        RingLine *slot = &keeper->ring[keeper->ring_count++ % keeper->ring_size];
        slot->n = str_head(line, CONTEXT_LINE_BYTES).n;
        memcpy(slot->bytes, line.p, slot->n);
    }
}

Status
log_keeper_hit(LogKeeper *keeper, const NumberedPattern *item, const LogRecord *record,
               const RegexSpan *spans, Err *err)
{
    const LogSpec *spec = keeper->patterns->specs[item->spec];
    Track *track = &keeper->tracks[item->spec];
    size_t number;
    TRY(make_hits(keeper, track, err));
    TRY(find_tuple(keeper, spec, track, item->pattern, record->text, spans, &number, err));
    LogTuple *tuple = &track->hits->tuples.items[number];
    if (tuple->count == 0)
        tuple->line = record->line;
    count_hit(tuple, record);
    TRY(keep_values(keeper, spec, tuple, item->pattern, record->text, spans, err));
    return keep_hit(keeper, spec, track, number, record, item->pattern, spans, err);
}

Status
log_keeper_gave_up(LogKeeper *keeper, uint32_t spec, Err *err)
{
    TRY(make_hits(keeper, &keeper->tracks[spec], err));
    keeper->tracks[spec].hits->gave_up = true;
    return ST_OK;
}
