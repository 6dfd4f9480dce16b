/* SPDX-License-Identifier: Apache-2.0 */
/* log_block.h -- a log as blocks of lines, in which records are found only where they are asked for.
 *
 * A record is a line with a head (log_line.h) and the lines that follow it without one: the
 * rest of a multi-line message, a stack trace, a dump.  Blank lines belong to the record too
 * (Mixer's nested errors have them inside); those at its end are dropped.  As long as no line
 * of the log had a head, every line is a record of its own, except indented ones, which
 * continue the line before.
 *
 * The container runtime's prefix is taken off every line: CRI's form always, a time alone
 * where it has more than six fraction digits, which only the runtime writes, and from then on
 * every time alone.  CRI's partial lines are joined.
 *
 * A LogBlocks gathers lines, without prefix and '\r', into a block of some 256 KiB that begins
 * and ends where records do, and hands it over.  Who scans the block for something then asks for
 * the record around the place of a hit: heads are looked at near hits alone, so that a log
 * without any costs little more than being copied once.
 *
 * Memory: the block, at most three lines of LIMIT_LOG_LINE_BYTES more, and 32 bytes a line of
 * it.  One thread each. */
#ifndef TEXT_LOG_BLOCK_H
#define TEXT_LOG_BLOCK_H

#include "base/buf.h"

typedef struct {
    uint32_t start;       /* of its text in the block's */
    uint32_t number;      /* 1-based, in the member */
    int64_t runtime_ns;   /* of its prefix */
    bool has_runtime;
    bool own_time;        /* the prefix is the program's own: it begins a record */
    bool cut;             /* it was longer */
    bool joined;          /* of several lines of the member */
    uint16_t prefix_bytes;
} LogLine;

typedef struct {
    Str text;             /* lines joined by '\n', no prefix, no '\r'; valid during the call */
    uint32_t line;        /* 1-based number of its first line in the member */
    uint32_t line_count;
    bool has_time;
    int64_t time_ns;      /* its own head's, else the runtime's */
    bool cut;             /* longer than LIMIT_LOG_LINE_BYTES: text is the first part */
    const LogLine *lines; /* its first; valid during the call */
} LogRecord;

typedef struct {
    Str text;             /* lines with '\n' between them, none behind the last */
    const LogLine *lines; /* count of them, and one more whose start is text.n + 1 */
    size_t count;
    size_t heads_from;    /* before this line no line of the log had a head */
    int64_t latest_ns;
    uint32_t left_out;    /* lines of the first record behind its first 64 KiB that are not here */
} LogBlock;

/* The first line of the record that begins at or behind a line where one may begin: 0, or the
 * end of another; count where there is none. */
size_t log_block_begin(const LogBlock *block, size_t line);
/* Behind the last line of the record that begins at first. */
size_t log_block_end(const LogBlock *block, size_t first);
/* The first line of the record around a line; at or behind from, which is as above.  count where
 * the line is in none. */
size_t log_block_around(const LogBlock *block, size_t from, size_t line);
/* The first record at or behind from that is cut; count where there is none. */
size_t log_block_next_cut(const LogBlock *block, size_t from);
LogRecord log_block_record(const LogBlock *block, size_t first, size_t end);
/* The line that holds a byte of the text, at or behind from. */
size_t log_block_line_at(const LogBlock *block, size_t from, size_t at);

typedef struct LogBlocks LogBlocks;
typedef Status LogBlockFn(void *context, const LogBlock *block, Err *err);

/* latest_ns: as log_head().  fn gets every line once, in order; a status other than ST_OK ends
 * the feeding with it.  NULL when out of memory. */
LogBlocks *log_blocks_new(int64_t latest_ns, LogBlockFn *fn, void *context);
LogBlocks *log_blocks_free(LogBlocks *blocks);
void cleanup_log_blocks(LogBlocks **blocks);

NODISCARD Status log_blocks_feed(LogBlocks *blocks, Str bytes, Err *err);
/* The last line need not end with a newline. */
NODISCARD Status log_blocks_end(LogBlocks *blocks, Err *err);

/* After the end: lines seen, and whether the log ended inside a line, as one that was cut does. */
uint32_t log_blocks_lines(const LogBlocks *blocks);
bool log_blocks_unfinished(const LogBlocks *blocks);

#endif
