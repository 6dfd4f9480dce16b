/* SPDX-License-Identifier: Apache-2.0 */
/* redact.c -- streams through the two stages, and what is reported of them. */
#include "collector/redact.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/map.h"
#include "collector/redact_private.h"

#include <jansson.h>
#include <string.h>

enum { OUT_BYTES = 256 << 10 };

/* Hits in one member, by rule. */
typedef struct {
    const char *member;
    uint64_t hits[REDACT_COUNT];
} MemberHits;

struct Redactor {
    RedactLevel level;
    Arena *arena;          /* of the report */
    Arena *scratch;        /* of one document */
    VEC(MemberHits *) members;
    uint64_t total;
};

struct RedactStream {
    Redactor *redactor;
    const char *member;
    RedactForm form;
    RedactSink *sink;
    void *context;
    MemberHits *hits;      /* NULL until the first */
    uint64_t total;
    Buf held;              /* JSON not yet whole, or text not yet safe to cut */
    Buf out;
    RedactTextState text;
};

static const char *const PLACEHOLDERS[REDACT_COUNT] = {
#define REDACT(name, placeholder, where, sample, secret)                                           \
    [REDACT_##name] = "<redacted:" placeholder ">",
#include "collector/redact.def"
#undef REDACT
};

const char *
redact_placeholder(RedactRule rule)
{
    return PLACEHOLDERS[rule];
}

Redactor *
redactor_new(RedactLevel level)
{
    Redactor *redactor = calloc(1, sizeof *redactor);    /* owns its arenas */
    if (!redactor)
        return NULL;
    redactor->level = level;
    redactor->arena = arena_new(SIZE_MAX);
    redactor->scratch = arena_new(SIZE_MAX);
    if (!redactor->arena || !redactor->scratch)
        return redactor_free(redactor);
    return redactor;
}

Redactor *
redactor_free(Redactor *redactor)
{
    if (redactor) {
        arena_free(redactor->arena);
        arena_free(redactor->scratch);
        free(redactor);
    }
    return NULL;
}

void
cleanup_redactor(Redactor **redactor)
{
    *redactor = redactor_free(*redactor);
}

uint64_t
redactor_total(const Redactor *redactor)
{
    return redactor->total;
}

static void
count_hit(void *context, RedactRule rule)
{
    RedactStream *stream = context;
    Redactor *redactor = stream->redactor;
    stream->total++;
    redactor->total++;
    if (!stream->hits) {
        stream->hits = ARENA_NEW(redactor->arena, MemberHits);
        MemberHits **slot = stream->hits ? VEC_PUSH(redactor->arena, &redactor->members) : NULL;
        if (!slot)
            return;
        stream->hits->member = stream->member;
        *slot = stream->hits;
    }
    stream->hits->hits[rule]++;
}

Status
redact_stream_new(Redactor *redactor, const char *member, RedactForm form, RedactSink *sink,
                  void *context, RedactStream **ret, Err *err)
{
    RedactStream *stream = calloc(1, sizeof *stream);    /* owns its buffers */
    if (!stream)
        return err_nomem(err);
    *stream = (RedactStream){.redactor = redactor, .member = member, .form = form, .sink = sink,
                             .context = context};
    stream->held = BUF_INIT(LIMIT_REDACT_BYTES);
    stream->held.secret = true;
    stream->out = BUF_INIT(SIZE_MAX);
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
    if (stream->out.n > 0)
        TRY(stream->sink(stream->context, stream->out.data, stream->out.n, err));
    buf_clear(&stream->out);
    return ST_OK;
}

/* Scans what is held, as far as it is safe, and passes it on. */
static Status
scan_held(RedactStream *stream, bool final, Err *err)
{
    TRY(buf_status(&stream->held, err));
    size_t used = 0;
    redact_text(&stream->text, buf_str(&stream->held), final, count_hit, stream, &stream->out,
                &used);
    buf_consume(&stream->held, used);
    return flush(stream, err);
}

Status
redact_stream_feed(RedactStream *stream, const char *bytes, size_t n, Err *err)
{
    if (stream->redactor->level == REDACT_LEVEL_NONE)
        return stream->sink(stream->context, bytes, n, err);
    while (n > 0) {
        size_t part = n < OUT_BYTES ? n : OUT_BYTES;
        if (stream->form == REDACT_JSON && stream->held.n + part > LIMIT_REDACT_BYTES) {
            stream->form = REDACT_TEXT;      /* too large to be held: by shape alone */
            TRY(scan_held(stream, false, err));
        }
        buf_add(&stream->held, bytes, part);
        TRY(buf_status(&stream->held, err));
        if (stream->form == REDACT_TEXT)
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
    CLEANUP(buf_done) Buf edited = BUF_INIT(SIZE_MAX);
    edited.secret = true;
    arena_reset(stream->redactor->scratch);
    Status status =
        redact_json(stream->redactor->scratch, text, plural, count_hit, stream, &edited, NULL);
    if (status == ST_NOMEM)
        return err_nomem(err);
    RedactTextState state = {0};
    size_t used;
    redact_text(&state, status == ST_OK ? buf_str(&edited) : text, true, count_hit, stream,
                &stream->out, &used);
    return flush(stream, err);
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

Status
redact_stream_item(RedactStream *stream, Str item, const char *plural, Err *err)
{
    if (stream->redactor->level == REDACT_LEVEL_NONE)
        return stream->sink(stream->context, item.p, item.n, err);
    return pass_document(stream, item, plural, err);
}

void
redactor_report(const Redactor *redactor, Buf *out)
{
    for (size_t i = 0; i < redactor->members.count; i++) {
        const MemberHits *member = redactor->members.items[i];
        for (int rule = 0; rule < REDACT_COUNT; rule++) {
            if (!member->hits[rule])
                continue;
            json_t *line = json_pack("{s:s, s:s, s:I}", "member", member->member, "placeholder",
                                     PLACEHOLDERS[rule], "count", (json_int_t)member->hits[rule]);
            char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
            if (text)
                buf_printf(out, "%s\n", text);
            else
                out->failed = ST_NOMEM;
            free(text);
            json_decref(line);
        }
    }
}
