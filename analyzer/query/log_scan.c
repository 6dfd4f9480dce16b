/* SPDX-License-Identifier: Apache-2.0 */
/* log_scan.c -- runs the patterns of many log sources over a log while it passes by, once. */
#include "analyzer/query/log_patterns.h"

#include "analyzer/text/log_block.h"
#include "base/cleanup.h"
#include "base/limits.h"

enum {
    CONTEXT_LINE_BYTES = 1024,    /* of a line of context, the rest is cut */
    PLACES_MOST = 256 * 1024,     /* of one block; with more, every record is tried */
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
    LogHits *hits;                /* made with the first hit */
    Map index;                    /* joined captures of group_by -> tuple number + 1 */
    size_t kept;
} Track;

typedef struct {
    size_t n;
    char bytes[CONTEXT_LINE_BYTES];
} RingLine;

/* A line where a pattern may match. */
typedef struct {
    uint32_t line;
    uint32_t pattern;
} PatternPlace;

struct LogScan {
    Arena *arena;
    LogPatterns *patterns;
    const bool *wanted;           /* by spec */
    Track *tracks;                /* by spec */
    LogBlocks *blocks;
    FinderUse *use;
    uint32_t cut_records;
    RingLine *ring;               /* the last lines, for context; ring_size of them */
    size_t ring_size;
    size_t ring_count;            /* lines ever put into it */
    Waiting *waiting;
    Waiting *spare;
    Buf key;
    PatternPlace *places;         /* of the block, in order of lines once sorted */
    size_t place_count;
    size_t place_capacity;
    bool everywhere;              /* there were too many of them: every pattern, every record */
    bool unsorted;
    bool no_memory;
    const LogBlock *block;
    uint32_t *tried;              /* patterns to be tried on a record */
    uint32_t *blind;              /* patterns to be tried on every record */
    size_t blind_count;
    uint32_t *last_line;          /* by pattern: of its last place, + 1, in this block */
    Arena *scratch;               /* what is given back with the scan */
};

static Status scan_block(void *context, const LogBlock *block, Err *err);

/* Patterns that nobody can look for are tried on every record. */
static void
note_blind(LogScan *scan)
{
    size_t count;
    const uint32_t *blind = finder_blind(scan->patterns->finder, &count);
    for (size_t i = 0; i < count; i++)
        if (scan->wanted[scan->patterns->items[blind[i]].spec])
            scan->blind[scan->blind_count++] = blind[i];
}

static Status
init(LogScan *scan, int64_t latest_ns, Err *err)
{
    const LogPatterns *patterns = scan->patterns;
    for (size_t i = 0; i < patterns->spec_count; i++) {
        const LogSpec *spec = patterns->specs[i];
        if (scan->wanted[i] && spec->before > scan->ring_size)
            scan->ring_size = spec->before;
    }
    scan->tracks = ARENA_ARRAY(scan->arena, Track, patterns->spec_count);
    scan->ring = ARENA_ARRAY(scan->arena, RingLine, scan->ring_size);
    scan->scratch = arena_new(SIZE_MAX);
    if (!scan->scratch)
        return err_nomem(err);
    scan->tried = ARENA_ARRAY(scan->scratch, uint32_t, patterns->count);
    scan->blind = ARENA_ARRAY(scan->scratch, uint32_t, patterns->count);
    scan->last_line = ARENA_ARRAY(scan->scratch, uint32_t, patterns->count);
    scan->blocks = log_blocks_new(latest_ns, scan_block, scan);
    if (!scan->tracks || !scan->ring || !scan->tried || !scan->blind || !scan->last_line ||
        !scan->blocks)
        return err_nomem(err);
    note_blind(scan);
    return finder_use(patterns->finder, &scan->use, err);
}

Status
log_scan_new(Arena *arena, LogPatterns *patterns, const bool *wanted, int64_t latest_ns,
             LogScan **ret, Err *err)
{
    CLEANUP(cleanup_log_scan) LogScan *scan = calloc(1, sizeof *scan);  /* log_scan_free() */
    if (!scan)
        return err_nomem(err);
    scan->arena = arena;
    scan->patterns = patterns;
    scan->wanted = wanted;
    scan->key = BUF_INIT(LIMIT_LOG_LINE_BYTES * 2);
    TRY(init(scan, latest_ns, err));
    *ret = TAKE_PTR(scan);
    return ST_OK;
}

LogScan *
log_scan_free(LogScan *scan)
{
    if (scan) {
        finder_unuse(scan->use);
        scan->blocks = log_blocks_free(scan->blocks);
        buf_done(&scan->key);
        free(scan->places);
        scan->scratch = arena_free(scan->scratch);
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
log_scan_feed(LogScan *scan, Str bytes, Err *err)
{
    return log_blocks_feed(scan->blocks, bytes, err);
}

/* --- hits --- */

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
copy_captures(LogScan *scan, const LogSpec *spec, const LogPattern *pattern, Str text,
              const RegexSpan *spans, const Str **ret, Err *err)
{
    Str *captures = ARENA_ARRAY(scan->arena, Str, spec->capture_count);
    if (!captures)
        return err_nomem(err);
    for (size_t i = 0; i < spec->capture_count; i++) {
        captures[i] = arena_str(scan->arena, capture_of(pattern, i, text, spans));
        if (!captures[i].p)
            return err_nomem(err);
    }
    *ret = captures;
    return ST_OK;
}

/* The tuple of these captures of group_by; a new one for those not seen before. */
static Status
find_tuple(LogScan *scan, const LogSpec *spec, Track *track, const LogPattern *pattern, Str text,
           const RegexSpan *spans, size_t *ret, Err *err)
{
    buf_clear(&scan->key);
    for (size_t i = 0; i < spec->capture_count; i++) {
        Str capture = capture_of(pattern, i, text, spans);
        if (!is_grouped_by(spec, i))
            continue;
        buf_add(&scan->key, &capture.n, sizeof capture.n);
        buf_add_str(&scan->key, capture);
    }
    TRY(buf_status(&scan->key, err));
    void *found = map_get(&track->index, buf_str(&scan->key));
    if (found) {
        *ret = (size_t)(uintptr_t)found - 1;
        return ST_OK;
    }
    Str key = arena_str(scan->arena, buf_str(&scan->key));
    Map *values = ARENA_ARRAY(scan->arena, Map, spec->capture_count);
    LogTuple *tuple = VEC_PUSH(scan->arena, &track->hits->tuples);
    if (!key.p || !values || !tuple ||
        !map_put(&track->index, key, (void *)(uintptr_t)track->hits->tuples.count)) /* number */
        return err_nomem(err);
    for (size_t i = 0; i < spec->capture_count; i++)
        map_init(&values[i], scan->arena);
    tuple->values = values;
    TRY(copy_captures(scan, spec, pattern, text, spans, &tuple->captures, err));
    *ret = track->hits->tuples.count - 1;
    return ST_OK;
}

/* Values of a group whose hits are all judged are found with those. */
static Status
keep_values(LogScan *scan, const LogSpec *spec, LogTuple *tuple, const LogPattern *pattern,
            Str text, const RegexSpan *spans, Err *err)
{
    for (size_t i = 0; i < spec->capture_count && !log_spec_keeps_hits(spec); i++) {
        Map *values = &tuple->values[i];
        Str value = capture_of(pattern, i, text, spans);
        if (values->count >= LOG_VALUES_MOST || map_has(values, value))
            continue;
        Str copy = arena_str(scan->arena, value);
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
         const LogPattern *pattern, const RegexSpan *spans, Err *err)
{
    LogTuple *tuple = &track->hits->tuples.items[number];
    bool sample = tuple->kept.count < spec->samples || log_spec_keeps_hits(spec);
    if (!sample && !scan->patterns->near)
        return ST_OK;
    if (track->kept >= LIMIT_LOG_HIT_COUNT) {
        track->hits->overflow = true;
        return ST_OK;
    }
    LogHit *hit = VEC_PUSH(scan->arena, &tuple->kept);
    if (!hit)
        return err_nomem(err);
    track->kept++;
    RegexSpan mark = mark_of(spec, pattern, record->text, spans);
    hit->line = record->line;
    hit->match_line = line_of(record->text, spans[0].start, record->line);
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
    TRY(copy_captures(scan, spec, pattern, record->text, spans, &hit->captures, err));
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

/* --- records --- */

static Status
take_hit(LogScan *scan, const NumberedPattern *item, const LogRecord *record,
         const RegexSpan *spans, Err *err)
{
    const LogSpec *spec = scan->patterns->specs[item->spec];
    Track *track = &scan->tracks[item->spec];
    size_t number;
    TRY(make_hits(scan, track, err));
    TRY(find_tuple(scan, spec, track, item->pattern, record->text, spans, &number, err));
    LogTuple *tuple = &track->hits->tuples.items[number];
    if (tuple->count == 0)
        tuple->line = record->line;
    count_hit(tuple, record);
    TRY(keep_values(scan, spec, tuple, item->pattern, record->text, spans, err));
    return keep_hit(scan, spec, track, number, record, item->pattern, spans, err);
}

/* Tries patterns of one spec, in its order: the first that matches counts. */
static Status
try_spec(LogScan *scan, const uint32_t *numbers, size_t count, const LogRecord *record, Err *err)
{
    RegexSpan spans[LOG_PATTERN_GROUPS + 1];
    const NumberedPattern *items = scan->patterns->items;
    uint32_t number = items[numbers[0]].spec;
    const LogSpec *spec = scan->patterns->specs[number];
    bool gave_up = false;
    for (size_t i = 0; i < count; i++) {
        const NumberedPattern *item = &items[numbers[i]];
        RegexResult result = regex_match(item->pattern->regex, record->text, 0, spans,
                                         LOG_PATTERN_GROUPS + 1);
        gave_up |= result == REGEX_LIMIT;
        if (result != REGEX_FOUND)
            continue;
        if (!is_dropped(spec, record->text, &gave_up))
            TRY(take_hit(scan, item, record, spans, err));
        break;
    }
    if (gave_up) {
        TRY(make_hits(scan, &scan->tracks[number], err));
        scan->tracks[number].hits->gave_up = true;
    }
    return ST_OK;
}

/* tried: numbers of patterns, rising. */
static Status
try_record(LogScan *scan, const LogRecord *record, const uint32_t *tried, size_t count, Err *err)
{
    const NumberedPattern *items = scan->patterns->items;
    for (size_t i = 0; i < count;) {
        size_t end = i + 1;
        while (end < count && items[tried[end]].spec == items[tried[i]].spec)
            end++;
        TRY(try_spec(scan, tried + i, end - i, record, err));
        i = end;
    }
    return ST_OK;
}

/* --- blocks --- */

static bool
add_place(LogScan *scan, size_t line, uint32_t pattern)
{
    if (scan->place_count == PLACES_MOST) {
        scan->everywhere = true;
        return false;
    }
    if (scan->place_count == scan->place_capacity) {
        size_t capacity = scan->place_capacity ? 2 * scan->place_capacity : 1024;
        PatternPlace *grown = realloc(scan->places, capacity * sizeof *grown);  /* as tried */
        if (!grown) {
            scan->no_memory = true;
            return false;
        }
        scan->places = grown;
        scan->place_capacity = capacity;
    }
    if (scan->place_count && scan->places[scan->place_count - 1].line > line)
        scan->unsorted = true;
    scan->places[scan->place_count++] = (PatternPlace){(uint32_t)line, pattern};
    return true;
}

/* For finder_scan(). */
static bool
on_place(void *context, uint32_t pattern, size_t end)
{
    LogScan *scan = context;
    if (!scan->wanted[scan->patterns->items[pattern].spec])
        return true;
    const LogBlock *block = scan->block;
    size_t byte = end ? end - 1 : 0;
    size_t from = scan->place_count ? scan->places[scan->place_count - 1].line : 0;
    if (block->lines[from].start > byte)
        from = 0;
    size_t line = log_block_line_at(block, from, byte);
    if (scan->last_line[pattern] == line + 1)
        return true;
    scan->last_line[pattern] = (uint32_t)line + 1;
    return add_place(scan, line, pattern);
}

static int
compare_places(const void *a, const void *b)
{
    const PatternPlace *x = a;
    const PatternPlace *y = b;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return (x->pattern > y->pattern) - (x->pattern < y->pattern);
}

static Status
find_places(LogScan *scan, const LogBlock *block, Err *err)
{
    scan->block = block;
    scan->place_count = 0;
    scan->unsorted = false;
    scan->everywhere = false;
    memset(scan->last_line, 0, scan->patterns->count * sizeof *scan->last_line);
    TRY(finder_scan(scan->use, block->text, on_place, scan, err));
    if (scan->no_memory)
        return err_nomem(err);
    if (scan->unsorted)
        qsort(scan->places, scan->place_count, sizeof *scan->places, compare_places);
    return ST_OK;
}

static int
compare_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* All wanted patterns: of a record that was cut nothing but trying tells what its end matches. */
static size_t
all_patterns(const LogScan *scan)
{
    size_t count = 0;
    for (size_t i = 0; i < scan->patterns->count; i++)
        if (scan->wanted[scan->patterns->items[i].spec])
            scan->tried[count++] = (uint32_t)i;
    return count;
}

/* Patterns to be tried on the record that ends before line end: those found there, from place
 * *at on, and blind ones, each once and rising; moves *at on. */
static size_t
patterns_before(const LogScan *scan, size_t *at, size_t end)
{
    size_t count = 0;
    for (; count < scan->blind_count; count++)
        scan->tried[count] = scan->blind[count];
    for (; *at < scan->place_count && scan->places[*at].line < end; ++*at) {
        uint32_t pattern = scan->places[*at].pattern;
        bool known = false;
        for (size_t i = 0; i < count && !known; i++)
            known = scan->tried[i] == pattern;
        if (!known)
            scan->tried[count++] = pattern;
    }
    if (count > 1)
        qsort(scan->tried, count, sizeof *scan->tried, compare_numbers);
    return count;
}

/* A walk over the records of a block that matter. */
typedef struct {
    const LogBlock *block;
    size_t next;                  /* a record may begin here */
    size_t place;                 /* the next of scan->places */
    size_t cut;                   /* the next record that is cut; count: none */
} Walk;

/* The first line of the next record to be looked at; count where there is none. */
static size_t
next_record(const LogScan *scan, Walk *walk)
{
    const LogBlock *block = walk->block;
    if (scan->everywhere || scan->blind_count || scan->ring_size || scan->waiting)
        return log_block_begin(block, walk->next);
    for (; walk->place < scan->place_count; walk->place++) {
        size_t line = scan->places[walk->place].line;
        if (line < walk->next)
            continue;             /* behind the end of its record: nothing is there */
        if (walk->cut <= line)
            return walk->cut;
        size_t first = log_block_around(block, walk->next, line);
        if (first < block->count)
            return first < walk->cut ? first : walk->cut;
    }
    return walk->cut;
}

static Status
scan_block(void *context, const LogBlock *block, Err *err)
{
    LogScan *scan = context;
    TRY(find_places(scan, block, err));
    Walk walk = {.block = block, .cut = log_block_next_cut(block, 0)};
    for (size_t first; (first = next_record(scan, &walk)) < block->count;) {
        size_t end = log_block_end(block, first);
        LogRecord record = log_block_record(block, first, end);
        size_t count = patterns_before(scan, &walk.place, end);
        if (record.cut || scan->everywhere)
            count = all_patterns(scan);
        scan->cut_records += record.cut;
        TRY(pass_to_waiting(scan, record.text, err));
        TRY(try_record(scan, &record, scan->tried, count, err));
        pass_to_ring(scan, record.text);
        walk.next = end;
        if (record.cut)
            walk.cut = log_block_next_cut(block, end);
    }
    return ST_OK;
}

Status
log_scan_end(LogScan *scan, LogHits **ret_hits, Err *err)
{
    LogHits *nothing = NULL;      /* of all specs that found nothing */
    TRY(log_blocks_end(scan->blocks, err));
    for (size_t i = 0; i < scan->patterns->spec_count; i++) {
        ret_hits[i] = scan->tracks[i].hits;
        if (!scan->wanted[i])
            continue;
        if (!ret_hits[i]) {
            if (!nothing && !(nothing = ARENA_NEW(scan->arena, LogHits)))
                return err_nomem(err);
            ret_hits[i] = nothing;
        }
        ret_hits[i]->lines = log_blocks_lines(scan->blocks);
        ret_hits[i]->cut_records = scan->cut_records;
        ret_hits[i]->unfinished = log_blocks_unfinished(scan->blocks);
    }
    return ST_OK;
}
