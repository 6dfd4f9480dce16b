/* SPDX-License-Identifier: Apache-2.0 */
/* log_oracle.c -- records of a log by the plainest means. */
#include "tests/unit/log_oracle.h"

#include "analyzer/text/log_line.h"
#include "base/cleanup.h"
#include "base/limits.h"

#include <string.h>

enum {
    RECORD_LINES = 4096,           /* a longer dump goes on as a new record */
    RUNTIME_FRACTION_DIGITS = 7,   /* Istio writes six, the runtime nine, seldom fewer */
};

typedef struct {
    uint32_t lines;
    uint32_t cut;
    bool head_seen;
    bool prefixed;          /* the runtime's time stands before every line */
    bool prefix_doubted;    /* a line without it was seen: the times are the program's own */
    bool line_cut;          /* the line at hand is over the limit */
    LogRecord open;         /* text empty and line 0: none */
} State;

/* CRI's partial lines of one stream, joined. */
typedef struct {
    Buf text;
    bool is_open;           /* goes on in the stream's next line */
    bool cut;
    uint32_t number;        /* of the first line */
    LogPrefix prefix;       /* of the last one */
} Stream;

struct LogRecords {
    LogRecordFn *fn;
    void *context;
    int64_t latest_ns;
    Buf line;               /* bytes of a line whose end has not come yet */
    Stream streams[2];
    Buf record;
    State state;
    uint32_t lines;
    uint32_t cut;
    bool unfinished;
};

LogRecords *
log_records_new(int64_t latest_ns, LogRecordFn *fn, void *context)
{
    LogRecords *records = calloc(1, sizeof *records); /* freed by log_records_free() */
    if (records) {
        records->fn = fn;
        records->context = context;
        records->latest_ns = latest_ns;
        records->line = BUF_INIT(LIMIT_LOG_LINE_BYTES + 1);
        for (size_t i = 0; i < 2; i++)
            records->streams[i].text = BUF_INIT(LIMIT_LOG_LINE_BYTES + 1);
        records->record = BUF_INIT(LIMIT_LOG_LINE_BYTES + 1);
    }
    return records;
}

LogRecords *
log_records_free(LogRecords *records)
{
    if (records) {
        buf_done(&records->line);
        for (size_t i = 0; i < 2; i++)
            buf_done(&records->streams[i].text);
        buf_done(&records->record);
        free(records);
    }
    return NULL;
}

void
cleanup_log_records(LogRecords **records)
{
    *records = log_records_free(*records);
}

uint32_t
log_records_lines(const LogRecords *records)
{
    return records->lines;
}

uint32_t
log_records_cut(const LogRecords *records)
{
    return records->cut;
}

bool
log_records_unfinished(const LogRecords *records)
{
    return records->unfinished;
}

/* Appends what fits under the limit; true where something was left out. */
static bool
add_within_limit(Buf *buf, Str s)
{
    size_t room = buf->n < LIMIT_LOG_LINE_BYTES ? LIMIT_LOG_LINE_BYTES - buf->n : 0;
    buf_add_str(buf, str_head(s, room));
    return s.n > room;
}

static Status
close_record(LogRecords *records, Err *err)
{
    State *state = &records->state;
    if (state->open.line == 0)
        return ST_OK;
    Str text = buf_str(&records->record);
    while (text.n && text.p[text.n - 1] == '\n')
        text.n--;
    state->open.text = text;
    state->cut += state->open.cut;
    TRY(buf_status(&records->record, err));
    Status status = records->fn(records->context, &state->open, err);
    state->open = (LogRecord){0};
    buf_clear(&records->record);
    return status;
}

static bool
continues(const State *state, Str text, bool headed)
{
    if (headed || state->open.line == 0 || state->open.line_count >= RECORD_LINES)
        return false;
    if (state->head_seen)
        return true;
    return text.n == 0 || text.p[0] == ' ' || text.p[0] == '\t';
}

/* One line without prefix: goes on with the open record or begins a new one. */
static Status
add_line(LogRecords *records, Str text, LogPrefix prefix, uint32_t number, Err *err)
{
    State *state = &records->state;
    LogHead head = log_head(text, records->latest_ns);
    bool own_time = !prefix.cri && prefix.bytes && state->prefix_doubted;
    if (continues(state, text, head.known || own_time)) {
        if (add_within_limit(&records->record, STR("\n")) ||
            add_within_limit(&records->record, text) || state->line_cut)
            state->open.cut = true;
        state->open.line_count++;
        return ST_OK;
    }
    TRY(close_record(records, err));
    if (text.n == 0)
        return ST_OK;
    state->head_seen = state->head_seen || head.known || own_time;
    /* klog names neither year nor zone: the runtime, which does, knows better. */
    bool by_prefix = prefix.bytes && (!head.has_time || head.guessed_year);
    state->open = (LogRecord){
        .line = number,
        .line_count = 1,
        .has_time = head.has_time || prefix.bytes,
        .time_ns = by_prefix ? prefix.time_ns : head.time_ns,
        .cut = state->line_cut,
    };
    if (add_within_limit(&records->record, text))
        state->open.cut = true;
    return ST_OK;
}

/* The runtime's prefix of a line, if that is what its beginning is. */
static LogPrefix
runtime_prefix(State *state, Str line)
{
    LogPrefix prefix = log_prefix(line);
    if (prefix.bytes == 0) {
        if (line.n && state->prefixed)
            state->prefix_doubted = true;
        return prefix;
    }
    if (prefix.cri || prefix.fraction_digits >= RUNTIME_FRACTION_DIGITS)
        state->prefixed = true;
    return state->prefixed ? prefix : (LogPrefix){0};
}

/* What a stream gathered is a line. */
static Status
close_stream(LogRecords *records, Stream *stream, Err *err)
{
    records->state.line_cut = stream->cut;
    Status status = add_line(records, buf_str(&stream->text), stream->prefix, stream->number, err);
    stream->is_open = false;
    stream->cut = false;
    buf_clear(&stream->text);
    return status;
}

static Status
end_line(LogRecords *records, Err *err)
{
    State *state = &records->state;
    Str line = buf_str(&records->line);
    state->lines++;
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    LogPrefix prefix = runtime_prefix(state, line);
    Str text = str_from(line, prefix.bytes);
    Stream *stream = &records->streams[prefix.is_stderr];
    Status status = ST_OK;
    if (!prefix.partial && !stream->is_open) {
        status = add_line(records, text, prefix, state->lines, err);
    } else {
        if (!stream->is_open)
            stream->number = state->lines;
        if (add_within_limit(&stream->text, text) || state->line_cut)
            stream->cut = true;
        stream->prefix = prefix;
        stream->is_open = true;
        if (!prefix.partial)
            status = close_stream(records, stream, err);
    }
    state->line_cut = false;
    buf_clear(&records->line);
    return status;
}

Status
log_records_feed(LogRecords *records, Str bytes, Err *err)
{
    size_t at;
    while (str_find_char(bytes, '\n', &at)) {
        if (add_within_limit(&records->line, str_head(bytes, at)))
            records->state.line_cut = true;
        TRY(end_line(records, err));
        bytes = str_from(bytes, at + 1);
    }
    if (add_within_limit(&records->line, bytes))
        records->state.line_cut = true;
    return buf_status(&records->line, err);
}

Status
log_records_end(LogRecords *records, Err *err)
{
    State *state = &records->state;
    Status status = ST_OK;
    records->unfinished = records->line.n > 0;
    if (records->unfinished)
        status = end_line(records, err);
    for (size_t i = 0; i < 2; i++)
        if (status == ST_OK && records->streams[i].is_open)
            status = close_stream(records, &records->streams[i], err);
    if (status == ST_OK)
        status = close_record(records, err);
    records->lines = state->lines;
    records->cut = state->cut;
    records->state = (State){0};
    buf_clear(&records->line);
    buf_clear(&records->record);
    return status;
}
