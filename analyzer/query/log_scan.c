/* SPDX-License-Identifier: Apache-2.0 */
/* log_scan.c -- runs the patterns of many log sources over a log while it passes by, once. */
#include "analyzer/query/log_hits.h"

#include "base/cleanup.h"
#include "base/limits.h"

enum { PLACES_MOST = 256 * 1024 };     /* of one block; with more, every record is tried */

/* A line where a pattern may match. */
typedef struct {
    uint32_t line;
    uint32_t pattern;
} PatternPlace;

struct LogScan {
    Arena *arena;
    LogPatterns *patterns;
    const bool *wanted;           /* by spec */
    LogKeeper *keeper;
    LogBlocks *blocks;
    FinderUse *use;
    uint32_t cut_records;
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
    scan->scratch = arena_new(SIZE_MAX);
    if (!scan->scratch)
        return err_nomem(err);
    scan->tried = ARENA_ARRAY(scan->scratch, uint32_t, patterns->count);
    scan->blind = ARENA_ARRAY(scan->scratch, uint32_t, patterns->count);
    scan->last_line = ARENA_ARRAY(scan->scratch, uint32_t, patterns->count);
    scan->blocks = log_blocks_new(latest_ns, scan_block, scan);
    if (!scan->tried || !scan->blind || !scan->last_line || !scan->blocks)
        return err_nomem(err);
    TRY(log_keeper_new(scan->arena, patterns, scan->wanted, &scan->keeper, err));
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
        log_keeper_done(scan->keeper);
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

/* --- records --- */

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
            TRY(log_keeper_hit(scan->keeper, item, record, spans, err));
        break;
    }
    return gave_up ? log_keeper_gave_up(scan->keeper, number, err) : ST_OK;
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
    if (scan->everywhere || scan->blind_count || log_keeper_wants_all(scan->keeper))
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
        TRY(log_keeper_before(scan->keeper, record.text, err));
        TRY(try_record(scan, &record, scan->tried, count, err));
        log_keeper_after(scan->keeper, record.text);
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
        ret_hits[i] = log_keeper_hits(scan->keeper, i);
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
