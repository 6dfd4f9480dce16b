/* SPDX-License-Identifier: Apache-2.0 */
/* log_block.c -- records within a block of lines. */
#include "analyzer/text/log_block.h"

#include "analyzer/text/log_line.h"
#include "base/limits.h"

enum { RECORD_LINES = 4096 };      /* a longer dump goes on as a new record */

static Str
text_of(const LogBlock *block, size_t line)
{
    size_t start = block->lines[line].start;
    return str_sub(block->text, start, block->lines[line + 1].start - 1 - start);
}

static bool
is_blank(const LogBlock *block, size_t line)
{
    return block->lines[line + 1].start - block->lines[line].start == 1;
}

/* Whether the line ends the record before it and, unless it is blank, begins one. */
static bool
parts(const LogBlock *block, size_t line)
{
    Str text = text_of(block, line);
    if (line < block->heads_from)
        return text.n && text.p[0] != ' ' && text.p[0] != '\t';
    return block->lines[line].own_time || log_head(text, block->latest_ns).known;
}

size_t
log_block_begin(const LogBlock *block, size_t line)
{
    while (line < block->count && is_blank(block, line))
        line++;
    return line;
}

size_t
log_block_end(const LogBlock *block, size_t first)
{
    size_t most = RECORD_LINES;
    if (first == 0)
        most -= block->left_out < RECORD_LINES ? block->left_out : RECORD_LINES - 1;
    size_t end = first + 1;
    while (end < block->count && end - first < most && !parts(block, end))
        end++;
    return end;
}

size_t
log_block_around(const LogBlock *block, size_t from, size_t line)
{
    size_t first = line;
    while (first > from && !parts(block, first))
        first--;
    /* A record has so many lines at the most, so there may be several from here to the line. */
    for (first = log_block_begin(block, first); first <= line;) {
        size_t end = log_block_end(block, first);
        if (line < end)
            return first;
        first = log_block_begin(block, end);
    }
    return block->count;
}

size_t
log_block_line_at(const LogBlock *block, size_t from, size_t at)
{
    /* Hits come close to each other or far apart: first in growing steps. */
    size_t low = from;
    size_t step = 1;
    while (low + step < block->count && block->lines[low + step].start <= at) {
        low += step;
        step *= 2;
    }
    size_t high = low + step < block->count ? low + step : block->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (block->lines[middle].start <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static size_t
bytes_between(const LogBlock *block, size_t first, size_t end)
{
    return block->lines[end].start - 1 - block->lines[first].start;
}

static bool
is_cut(const LogBlock *block, size_t first, size_t end)
{
    if (bytes_between(block, first, end) > LIMIT_LOG_LINE_BYTES ||
        (first == 0 && block->left_out))
        return true;
    for (size_t i = first; i < end; i++)
        if (block->lines[i].cut)
            return true;
    return false;
}

/* A record that is cut is long, or holds a line that is: where in each stretch of as many bytes
 * as a record may have one begins, none is. */
size_t
log_block_next_cut(const LogBlock *block, size_t from)
{
    size_t first = log_block_begin(block, from);
    while (first < block->count) {
        size_t start = block->lines[first].start;
        size_t far = log_block_line_at(block, first, start + LIMIT_LOG_LINE_BYTES / 2);
        bool last = far + 1 == block->count &&
                    bytes_between(block, first, block->count) < LIMIT_LOG_LINE_BYTES / 2;
        if (last && !(first == 0 && block->left_out))
            return block->count;
        while (far > first && !parts(block, far))
            far--;
        if (far > first && !(first == 0 && block->left_out)) {
            first = log_block_begin(block, far);
            continue;
        }
        size_t end = log_block_end(block, first);
        if (is_cut(block, first, end))
            return first;
        first = log_block_begin(block, end);
    }
    return block->count;
}

LogRecord
log_block_record(const LogBlock *block, size_t first, size_t end)
{
    const LogLine *line = &block->lines[first];
    LogHead head = log_head(text_of(block, first), block->latest_ns);
    /* klog names neither year nor zone: the runtime, which does, knows better. */
    bool by_runtime = line->has_runtime && (!head.has_time || head.guessed_year);
    LogRecord record = {
        .text = str_sub(block->text, line->start, bytes_between(block, first, end)),
        .line = line->number,
        .line_count = (uint32_t)(end - first) + (first == 0 ? block->left_out : 0),
        .has_time = head.has_time || line->has_runtime,
        .time_ns = by_runtime ? line->runtime_ns : head.time_ns,
        .cut = is_cut(block, first, end),
        .lines = line,
    };
    record.text = str_head(record.text, LIMIT_LOG_LINE_BYTES);
    while (record.text.n && record.text.p[record.text.n - 1] == '\n')
        record.text.n--;
    return record;
}
