/* SPDX-License-Identifier: Apache-2.0 */
/* redact_stream.c -- the first pass over one member, in the pieces that it comes in. */
#include "collector/redact_private.h"
#include "collector/redact_state.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <string.h>

struct RedactStream {
    Redactor *redactor;
    const char *member;
    RedactForm form;
    RedactSink *sink;
    void *context;
    uint64_t total;
    ReportMember *row;     /* NULL until the first hit */
    uint64_t items;        /* objects of a List so far */
    uint64_t line;         /* of the text at the start of out */
    bool harvesting;       /* inside of a secret: it is learnt from, not counted */
    bool in_item;
    Buf held;              /* JSON not yet whole, or text not yet safe to cut */
    Buf out;
    RedactWalk walk;
    RedactTextState text;
};

static uint64_t
lines_in(Str s)
{
    uint64_t lines = 0;
    for (size_t at; str_find_char(s, '\n', &at); s = str_from(s, at + 1))
        lines++;
    return lines;
}

/* "/items/3" and the way from there, from the outermost document on. */
static void
write_pointer(const RedactStream *stream, const RedactSpot *spot, Buf *out)
{
    if (stream->in_item)
        buf_printf(out, "/items/%llu", (unsigned long long)(stream->items - 1));
    while (spot && spot->outer)
        spot = spot->outer;
    if (spot)
        span_pointer(spot->tree, spot->span, out);
}

static void
note_place(RedactStream *stream, ReportMember *member, const RedactHit *hit)
{
    CLEANUP(buf_done) Buf pointer = BUF_INIT(4096);
    ReportPlace place = {.rule = (uint8_t)hit->rule, .value_bytes = hit->value.n, .first_pass = true};
    if (stream->form == REDACT_JSON)
        write_pointer(stream, hit->spot, &pointer);
    place.pointer = buf_str(&pointer);
    place.line = stream->line + lines_in(buf_str(&stream->out));
    report_place(&stream->redactor->report, member, &place);
}

static void on_hit(void *context, const RedactHit *hit);

/* What stands inside of a secret, as the token of a kubeconfig, is one by itself. */
static void
harvest(RedactStream *stream, Str value)
{
    CLEANUP(buf_done) Buf ignored = BUF_INIT(SIZE_MAX);
    Status status = ST_OK;
    RedactWalk walk = stream->walk;
    walk.depth = 1;
    ignored.secret = true;
    stream->harvesting = true;
    (void)redact_content(&walk, value, NULL, NULL, &ignored, &status);
    stream->harvesting = false;
}

static void
on_hit(void *context, const RedactHit *hit)
{
    RedactStream *stream = context;
    Redactor *redactor = stream->redactor;
    secret_book_add(redactor->book, hit->value, hit->origin);
    if (stream->harvesting || hit->rule == REDACT_COUNT)
        return;
    stream->total++;
    if (!stream->row)
        stream->row = report_member(&redactor->report, stream->member);
    if (report_count(&redactor->report, stream->row, hit->rule))
        note_place(stream, stream->row, hit);
    if (hit->origin == SECRET_BY_STRUCTURE && hit->value.n >= 16)
        harvest(stream, hit->value);
}

/* Kept where there is room to look at it again, and where nobody asks for pseudonyms in it. */
static bool
keep_packed(void *context, Str text)
{
    RedactStream *stream = context;
    Buf *kept = &stream->redactor->packed;
    size_t newline;
    if (stream->redactor->pseudonyms ||  str_find_char(text, '\n', &newline))
        return false;
    buf_add_str(kept, text);
    buf_addc(kept, '\n');
    bool done = kept->failed == ST_OK;
    kept->failed = ST_OK;
    return done;
}

Status
redact_stream_new(Redactor *redactor, const char *member, RedactForm form, RedactSink *sink,
                  void *context, RedactStream **ret, Err *err)
{
    RedactStream *stream = calloc(1, sizeof *stream);    /* owns its buffers */
    if (!stream)
        return err_nomem(err);
    *stream = (RedactStream){.redactor = redactor, .member = member, .form = form, .sink = sink,
                             .context = context, .line = 1};
    stream->walk = (RedactWalk){.arena = redactor->scratch, .on_hit = on_hit, .context = stream,
                                .pseudonyms = redactor->pseudonyms, .keep_packed = keep_packed};
    stream->text.walk = &stream->walk;
    stream->held = BUF_INIT(LIMIT_REDACT_BYTES);
    stream->held.secret = true;
    stream->out = BUF_INIT(SIZE_MAX);
    stream->out.secret = true;          /* the second pass may know more */
    *ret = stream;
    return ST_OK;
}

RedactStream *
redact_stream_free(RedactStream *stream)
{
    if (stream) {
        buf_done(&stream->held);
        buf_done(&stream->out);
        free(stream);
    }
    return NULL;
}

uint64_t
redact_stream_hits(const RedactStream *stream)
{
    return stream->total;
}

static Status
flush(RedactStream *stream, Err *err)
{
    TRY(buf_status(&stream->out, err));
    stream->line += lines_in(buf_str(&stream->out));
    if (stream->out.n > 0)
        TRY(stream->sink(stream->context, stream->out.data, stream->out.n, err));
    buf_clear(&stream->out);
    return ST_OK;
}

/* Scans what is held, as far as it is safe, and passes it on. */
static Status
scan_held(RedactStream *stream, bool final, Err *err)
{
    size_t used = 0;
    TRY(buf_status(&stream->held, err));
    arena_reset(stream->redactor->scratch);
    redact_text(&stream->text, buf_str(&stream->held), final, &stream->out, &used);
    buf_consume(&stream->held, used);
    return flush(stream, err);
}

/* The same for a document that turned out to be too large for structure. */
static Status
scan_as_text(RedactStream *stream, Err *err)
{
    CLEANUP(buf_done) Buf all = stream->held;
    stream->form = REDACT_TEXT;
    stream->held = BUF_INIT(LIMIT_REDACT_BYTES);
    stream->held.secret = true;
    return redact_stream_feed(stream, all.data, all.n, err);
}

Status
redact_stream_feed(RedactStream *stream, const char *bytes, size_t n, Err *err)
{
    if (stream->redactor->level == REDACT_LEVEL_NONE)
        return stream->sink(stream->context, bytes, n, err);
    while (n > 0) {
        size_t room = stream->form == REDACT_TEXT ? REDACT_WINDOW_BYTES - stream->held.n
                                                  : (size_t)LIMIT_REDACT_BYTES - stream->held.n;
        if (room == 0) {
            TRY(scan_as_text(stream, err));
            continue;
        }
        size_t part = n < room ? n : room;
        buf_add(&stream->held, bytes, part);
        TRY(buf_status(&stream->held, err));
        if (stream->form == REDACT_TEXT && stream->held.n == REDACT_WINDOW_BYTES)
            TRY(scan_held(stream, false, err));
        bytes += part;
        n -= part;
    }
    return ST_OK;
}

/* Both stages over one whole document. */
static Status
pass_document(RedactStream *stream, Str text, const char *plural, Err *err)
{
    Status status = ST_OK;
    arena_reset(stream->walk.arena);
    (void)redact_content(&stream->walk, text, plural, NULL, &stream->out, &status);
    arena_reset(stream->walk.arena);
    return status == ST_OK ? flush(stream, err) : err_nomem(err);
}

Status
redact_stream_end(RedactStream *stream, Err *err)
{
    if (stream->redactor->level == REDACT_LEVEL_NONE)
        return ST_OK;
    if (stream->form == REDACT_TEXT)
        return scan_held(stream, true, err);
    TRY(buf_status(&stream->held, err));
    TRY(pass_document(stream, buf_str(&stream->held), NULL, err));
    buf_clear(&stream->held);
    return ST_OK;
}

/* What an object and its parts are called is no secret, whatever it looks like. */
static void
spare_names(Redactor *redactor, Str item)
{
    static const char *const PATHS[] = {"metadata.name", "metadata.namespace",
                                        "metadata.generateName", "spec.serviceAccountName",
                                        "spec.nodeName"};
    SpanTree tree;
    arena_reset(redactor->scratch);
    if (span_parse(redactor->scratch, item, &tree, NULL) != ST_OK)
        return;
    for (size_t i = 0; i < sizeof PATHS / sizeof *PATHS; i++)
        secret_book_spare(redactor->book, span_string(&tree, span_path(&tree, 0, PATHS[i])));
    uint32_t list = span_path(&tree, 0, "spec.containers");
    for (uint32_t c = list ? span_first(&tree, list) : 0; c; c = span_next(&tree, list, c))
        secret_book_spare(redactor->book, span_string(&tree, span_get(&tree, c, "name")));
}

Status
redact_stream_item(RedactStream *stream, Str item, const char *plural, Err *err)
{
    if (stream->redactor->level == REDACT_LEVEL_NONE)
        return stream->sink(stream->context, item.p, item.n, err);
    stream->items++;
    stream->in_item = true;
    spare_names(stream->redactor, item);
    Status status = pass_document(stream, item, plural, err);
    stream->in_item = false;
    return status;
}
