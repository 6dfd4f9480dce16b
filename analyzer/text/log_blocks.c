/* SPDX-License-Identifier: Apache-2.0 */
/* log_blocks.c -- gathers the lines of a log into blocks while its bytes pass by. */
#include "analyzer/text/log_block.h"

#include "analyzer/text/log_line.h"
#include "base/ascii.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "base/timestamp.h"

enum {
    BLOCK_BYTES = 256 * 1024,
    BLOCK_LINES = 32 * 1024,
    RUNTIME_FRACTION_DIGITS = 7,   /* Istio writes six, the runtime nine, seldom fewer */
    HOUR_BYTES = 14,               /* "2018-06-14T08:" */
};

/* A block, the line that fills it, and newlines. */
static const size_t TEXT_BYTES = BLOCK_BYTES + LIMIT_LOG_LINE_BYTES + 2;

/* The hour of the last prefix: the next one is mostly of the same. */
typedef struct {
    bool known;
    char text[HOUR_BYTES];
    int64_t ns;
} Hour;

/* CRI's partial lines of one stream, joined.  The other stream may write between them. */
typedef struct {
    Buf text;
    bool is_open;           /* the stream's next line goes on with it */
    LogLine about;          /* with the number of the first of them, the time of the last */
} Partial;

struct LogBlocks {
    LogBlockFn *fn;
    void *context;
    int64_t latest_ns;
    Buf line;               /* bytes of a line whose end has not come yet */
    bool line_cut;          /* it is longer than that */
    Partial partials[2];    /* by LogPrefix.is_stderr */
    uint32_t number;        /* of the last line */
    bool prefixed;          /* the runtime's time stands before every line */
    bool prefix_doubted;    /* a line without it was seen: the times are the program's own */
    bool head_seen;
    Hour hour;
    bool unfinished;
    LogBlock block;         /* what is gathered; its text and lines are the following */
    char *text;             /* TEXT_BYTES */
    LogLine *lines;         /* BLOCK_LINES + 1 */
};

LogBlocks *
log_blocks_new(int64_t latest_ns, LogBlockFn *fn, void *context)
{
    CLEANUP(cleanup_log_blocks) LogBlocks *blocks =
        calloc(1, sizeof *blocks);      /* freed by log_blocks_free() */
    if (!blocks)
        return NULL;
    blocks->fn = fn;
    blocks->context = context;
    blocks->latest_ns = latest_ns;
    blocks->line = BUF_INIT(LIMIT_LOG_LINE_BYTES + 1);
    for (size_t i = 0; i < 2; i++)
        blocks->partials[i].text = BUF_INIT(LIMIT_LOG_LINE_BYTES + 1);
    blocks->text = malloc(TEXT_BYTES);                          /* likewise */
    blocks->lines = malloc((BLOCK_LINES + 1) * sizeof(LogLine)); /* likewise */
    blocks->block.heads_from = SIZE_MAX;
    return blocks->text && blocks->lines ? TAKE_PTR(blocks) : NULL;
}

LogBlocks *
log_blocks_free(LogBlocks *blocks)
{
    if (blocks) {
        buf_done(&blocks->line);
        for (size_t i = 0; i < 2; i++)
            buf_done(&blocks->partials[i].text);
        free(blocks->text);
        free(blocks->lines);
        free(blocks);
    }
    return NULL;
}

void
cleanup_log_blocks(LogBlocks **blocks)
{
    *blocks = log_blocks_free(*blocks);
}

uint32_t
log_blocks_lines(const LogBlocks *blocks)
{
    return blocks->number;
}

bool
log_blocks_unfinished(const LogBlocks *blocks)
{
    return blocks->unfinished;
}

/* --- prefixes --- */

/* Two digits below limit; false where they are not. */
static bool
two_digits(const char *p, int limit, int64_t *ret)
{
    *ret = (p[0] - '0') * 10 + (p[1] - '0');
    return ascii_is_digit(p[0]) && ascii_is_digit(p[1]) && *ret < limit;
}

/* "MM:SS.fraction" and "Z " of a prefix whose hour is known; false where it is anything else,
 * which the long way tells. */
static bool
prefix_within_hour(const Hour *hour, Str line, LogPrefix *ret)
{
    int64_t minute;
    int64_t second;
    if (!hour->known || line.n < HOUR_BYTES + 9 || memcmp(line.p, hour->text, HOUR_BYTES) != 0 ||
        !two_digits(line.p + HOUR_BYTES, 60, &minute) || line.p[HOUR_BYTES + 2] != ':' ||
        !two_digits(line.p + HOUR_BYTES + 3, 60, &second) || line.p[HOUR_BYTES + 5] != '.')
        return false;
    size_t at = HOUR_BYTES + 6;
    int64_t ns = 0;
    int64_t unit = NS_PER_S / 10;
    for (; at < line.n && ascii_is_digit(line.p[at]) && unit; at++, unit /= 10)
        ns += (line.p[at] - '0') * unit;
    unsigned digits = (unsigned)(at - HOUR_BYTES - 6);
    if (digits == 0 || at + 10 > line.n || line.p[at] != 'Z' || line.p[at + 1] != ' ' ||
        line.p[at + 2] == 's')
        return false;
    *ret = (LogPrefix){.bytes = at + 2,
                       .time_ns = hour->ns + (minute * 60 + second) * NS_PER_S + ns,
                       .fraction_digits = digits};
    return true;
}

static void
remember_hour(Hour *hour, Str line, const LogPrefix *prefix)
{
    int64_t minute;
    int64_t second;
    if (line.n < HOUR_BYTES + 6 || !two_digits(line.p + HOUR_BYTES, 60, &minute) ||
        !two_digits(line.p + HOUR_BYTES + 3, 60, &second))
        return;
    /* a prefix of another zone than UTC has another hour, so only "Z" may be remembered */
    if (line.p[prefix->bytes - 1] != ' ' || line.p[prefix->bytes - 2] != 'Z')
        return;
    memcpy(hour->text, line.p, HOUR_BYTES);
    int64_t seconds = prefix->time_ns / NS_PER_S - (prefix->time_ns % NS_PER_S < 0);
    hour->ns = (seconds - minute * 60 - second) * NS_PER_S;
    hour->known = true;
}

/* The runtime's prefix of a line, if that is what its beginning is. */
static LogPrefix
runtime_prefix(LogBlocks *blocks, Str line)
{
    LogPrefix prefix = {0};
    if (line.n >= 20 && line.p[10] == 'T' && !prefix_within_hour(&blocks->hour, line, &prefix)) {
        prefix = log_prefix(line);
        if (prefix.bytes && !prefix.cri)
            remember_hour(&blocks->hour, line, &prefix);
    }
    if (prefix.bytes == 0) {
        if (line.n && blocks->prefixed)
            blocks->prefix_doubted = true;
        return prefix;
    }
    if (prefix.cri || prefix.fraction_digits >= RUNTIME_FRACTION_DIGITS)
        blocks->prefixed = true;
    return blocks->prefixed ? prefix : (LogPrefix){0};
}

/* --- blocks --- */

static Status
hand_over(LogBlocks *blocks, size_t count, Err *err)
{
    LogBlock block = blocks->block;
    block.count = count;
    block.lines = blocks->lines;
    block.text = (Str){blocks->text, count ? blocks->lines[count].start - 1 : 0};
    block.latest_ns = blocks->latest_ns;
    return count ? blocks->fn(blocks->context, &block, err) : ST_OK;
}

/* Keeps of the first record, which fills the block alone, as much as can be matched. */
static void
shorten_first(LogBlocks *blocks)
{
    LogBlock *block = &blocks->block;
    size_t kept = 1;
    while (kept < block->count && blocks->lines[kept].start <= LIMIT_LOG_LINE_BYTES + 1)
        kept++;
    block->left_out += (uint32_t)(block->count - kept);
    block->count = kept;
    block->text.n = blocks->lines[kept].start;
}

/* Hands over all but the last record, which may go on, and moves that to the front. */
static Status
hand_over_whole(LogBlocks *blocks, Err *err)
{
    LogBlock *block = &blocks->block;
    LogBlock view = *block;
    view.lines = blocks->lines;
    view.latest_ns = blocks->latest_ns;
    view.text = (Str){blocks->text, block->text.n - 1};
    size_t last = log_block_around(&view, 0, block->count - 1);
    if (last == block->count)
        last = block->count;            /* nothing is open: blank lines */
    if (last == 0) {
        shorten_first(blocks);
        return ST_OK;
    }
    TRY(hand_over(blocks, last, err));
    uint32_t shift = blocks->lines[last].start;
    block->count -= last;
    block->text.n -= shift;
    memmove(blocks->text, blocks->text + shift, block->text.n);
    memmove(blocks->lines, blocks->lines + last, (block->count + 1) * sizeof(LogLine));
    for (size_t i = 0; i <= block->count; i++)
        blocks->lines[i].start -= shift;
    if (block->heads_from != SIZE_MAX)
        block->heads_from = block->heads_from > last ? block->heads_from - last : 0;
    block->left_out = 0;
    return ST_OK;
}

static Status
add_line(LogBlocks *blocks, Str text, const LogLine *about, Err *err)
{
    LogBlock *block = &blocks->block;
    LogLine *line = &blocks->lines[block->count];
    *line = *about;
    line->start = (uint32_t)block->text.n;
    if (!blocks->head_seen && (about->own_time || log_head(text, blocks->latest_ns).known)) {
        blocks->head_seen = true;
        block->heads_from = block->count;
    }
    if (text.n)
        memcpy(blocks->text + block->text.n, text.p, text.n);
    block->text.n += text.n;
    blocks->text[block->text.n++] = '\n';
    block->count++;
    blocks->lines[block->count].start = (uint32_t)block->text.n;
    if (block->text.n >= BLOCK_BYTES || block->count == BLOCK_LINES)
        return hand_over_whole(blocks, err);
    return ST_OK;
}

/* Appends what fits under the limit; true where something was left out. */
static bool
add_within_limit(Buf *buf, Str s)
{
    size_t room = buf->n < LIMIT_LOG_LINE_BYTES ? LIMIT_LOG_LINE_BYTES - buf->n : 0;
    buf_add_str(buf, str_head(s, room));
    return s.n > room;
}

/* Joins the line to what is open; goes_on: another one follows. */
static Status
take_partial(LogBlocks *blocks, Partial *partial, Str text, LogLine about, bool goes_on, Err *err)
{
    if (!partial->is_open) {
        buf_clear(&partial->text);
    } else {
        about.number = partial->about.number;
        about.cut |= partial->about.cut;
    }
    about.cut |= add_within_limit(&partial->text, text);
    about.joined = true;
    TRY(buf_status(&partial->text, err));
    partial->about = about;
    partial->is_open = goes_on;
    return goes_on ? ST_OK : add_line(blocks, buf_str(&partial->text), &about, err);
}

/* A line as it stands in the log. */
static Status
take_line(LogBlocks *blocks, Str line, bool cut, Err *err)
{
    blocks->number++;
    if (line.n > LIMIT_LOG_LINE_BYTES) {
        line.n = LIMIT_LOG_LINE_BYTES;
        cut = true;
    }
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    LogPrefix prefix = runtime_prefix(blocks, line);
    Str text = str_from(line, prefix.bytes);
    LogLine about = {
        .number = blocks->number,
        .runtime_ns = prefix.time_ns,
        .has_runtime = prefix.bytes > 0,
        .own_time = !prefix.cri && prefix.bytes && blocks->prefix_doubted,
        .cut = cut,
        .prefix_bytes = (uint16_t)prefix.bytes,
    };
    Partial *partial = &blocks->partials[prefix.is_stderr];
    if (prefix.partial || partial->is_open)
        return take_partial(blocks, partial, text, about, prefix.partial, err);
    return add_line(blocks, text, &about, err);
}

Status
log_blocks_feed(LogBlocks *blocks, Str bytes, Err *err)
{
    while (bytes.n) {
        const char *newline = memchr(bytes.p, '\n', bytes.n);
        size_t n = newline ? (size_t)(newline - bytes.p) : bytes.n;
        Str line = str_head(bytes, n);
        if (!newline || blocks->line.n) {
            blocks->line_cut |= add_within_limit(&blocks->line, line);
            TRY(buf_status(&blocks->line, err));
            if (!newline)
                return ST_OK;
            line = buf_str(&blocks->line);
        }
        TRY(take_line(blocks, line, blocks->line_cut, err));
        buf_clear(&blocks->line);
        blocks->line_cut = false;
        bytes = str_from(bytes, n + 1);
    }
    return ST_OK;
}

Status
log_blocks_end(LogBlocks *blocks, Err *err)
{
    blocks->unfinished = blocks->line.n > 0;
    if (blocks->unfinished)
        TRY(take_line(blocks, buf_str(&blocks->line), blocks->line_cut, err));
    for (size_t i = 0; i < 2; i++) {
        const Partial *partial = &blocks->partials[i];
        if (partial->is_open)
            TRY(add_line(blocks, buf_str(&partial->text), &partial->about, err));
    }
    return hand_over(blocks, blocks->block.count, err);
}
