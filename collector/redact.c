/* SPDX-License-Identifier: Apache-2.0 */
/* redact.c -- streams through the two passes, and what is learnt in the first. */
#include "collector/redact.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "collector/base64.h"
#include "collector/identity.h"
#include "collector/literal.h"
#include "collector/redact_private.h"
#include "collector/redact_report.h"

#include <string.h>

struct Redactor {
    RedactLevel level;
    Arena *arena;          /* of the report */
    Arena *scratch;        /* of one document */
    SecretBook *book;
    LiteralSet *literals;  /* NULL until the first pass is over */
    Pseudonyms *pseudonyms;
    Report report;
    Buf packed;            /* base64 of gzip that may stay, one a line, for a second look */
};

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

struct RedactFinal {
    Redactor *redactor;
    const char *member;
    uint64_t dropped_lines;
    uint64_t total;
    ReportMember *row;     /* NULL until the first hit */
    LiteralScan literals;
    IdentityScan identity;
};

static const char *const NAMES[REDACT_COUNT] = {
#define REDACT(name, placeholder, where, sample, secret) [REDACT_##name] = placeholder,
#include "collector/redact.def"
#undef REDACT
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

const char *
redact_rule_name(RedactRule rule)
{
    return NAMES[rule];
}

const char *
redact_level_name(RedactLevel level)
{
    static const char *const LEVELS[] = {"secrets", "identity", "none"};
    return LEVELS[level];
}

Redactor *
redactor_new(RedactLevel level, Str pseudonym_key)
{
    Redactor *redactor = calloc(1, sizeof *redactor);    /* owns its parts */
    if (!redactor)
        return NULL;
    redactor->level = level;
    redactor->arena = arena_new(SIZE_MAX);
    redactor->scratch = arena_new(SIZE_MAX);
    redactor->book = secret_book_new();
    redactor->report.arena = redactor->arena;
    redactor->packed = BUF_INIT(LIMIT_PACKED_BYTES);
    if (level == REDACT_LEVEL_IDENTITY)
        redactor->pseudonyms = pseudonyms_new(pseudonym_key);
    if (!redactor->arena || !redactor->scratch || !redactor->book ||
        (level == REDACT_LEVEL_IDENTITY && !redactor->pseudonyms))
        return redactor_free(redactor);
    arena_keep_secret(redactor->scratch);
    return redactor;
}

Redactor *
redactor_free(Redactor *redactor)
{
    if (redactor) {
        arena_free(redactor->arena);
        arena_free(redactor->scratch);
        secret_book_free(redactor->book);
        literal_set_free(redactor->literals);
        pseudonyms_free(redactor->pseudonyms);
        buf_done(&redactor->packed);
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
    return redactor->report.total;
}

RedactLevel
redactor_level(const Redactor *redactor)
{
    return redactor->level;
}

void
redactor_add_known(Redactor *redactor, Str value)
{
    secret_book_add(redactor->book, value, SECRET_KNOWN);
}

const struct LiteralSet *
redactor_literals(const Redactor *redactor)
{
    return redactor->literals;
}

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

static void
ignore_hit(void *context, const RedactHit *hit)
{
    Redactor *redactor = context;
    if (!redactor->literals)
        secret_book_add(redactor->book, hit->value, hit->origin);
}

Str
redactor_clean(Redactor *redactor, Arena *arena, Str text)
{
    CLEANUP(buf_done) Buf clean = BUF_INIT(SIZE_MAX);
    if (redactor->level == REDACT_LEVEL_NONE)
        return arena_str(arena, text);
    RedactWalk walk = {.arena = redactor->scratch, .on_hit = ignore_hit, .context = redactor};
    (void)redact_whole_text(&walk, text, NULL, &clean);
    return clean.failed == ST_OK ? arena_str(arena, buf_str(&clean)) : (Str){0};
}

/* Packed texts were kept since they showed no secret; now it is known what else is one.
 * *ret_any: those that hold any are in the book. */
static Status
look_again(Redactor *redactor, bool *ret_any, Err *err)
{
    Str rest = buf_str(&redactor->packed);
    for (Str text; rest.n > 0 && str_cut(&rest, '\n', &text);) {
        CLEANUP(buf_done) Buf packed = BUF_INIT(SIZE_MAX);
        CLEANUP(buf_done) Buf inside = BUF_INIT(2 * LIMIT_REDACT_BYTES);
        LiteralMatch *matches;
        size_t count = 0;
        inside.secret = true;
        arena_reset(redactor->scratch);
        if (base64_decode(str_trim(text), &packed) && redact_gunzip(buf_str(&packed), &inside))
            TRY(literal_find(redactor->literals, buf_str(&inside), redactor->scratch, &matches, &count,
                             err));
        if (count > 0)
            secret_book_add_exact(redactor->book, text);
        *ret_any |= count > 0;
    }
    return ST_OK;
}

Status
redactor_seal(Redactor *redactor, Err *err)
{
    bool any = false;
    TRY(literal_set_new(redactor->book, &redactor->literals, err));
    if (literal_set_count(redactor->literals) > 0)
        TRY(look_again(redactor, &any, err));
    if (!any)
        return ST_OK;
    redactor->literals = literal_set_free(redactor->literals);
    return literal_set_new(redactor->book, &redactor->literals, err);
}

static void
on_literal(void *context, uint64_t line, size_t value_bytes)
{
    RedactFinal *final = context;
    Report *report = &final->redactor->report;
    if (!final->row)
        final->row = report_member(report, final->member);
    final->total++;
    if (report_count(report, final->row, REDACT_LITERAL))
        report_place(report, final->row,
                     &(ReportPlace){.line = line, .rule = REDACT_LITERAL, .value_bytes = value_bytes});
}

static Status
to_identity(void *context, const char *bytes, size_t n, Err *err)
{
    return identity_scan_feed(context, bytes, n, err);
}

Status
redact_final_new(Redactor *redactor, const char *member, uint64_t dropped_lines, RedactSink *sink,
                 void *context, RedactFinal **ret, Err *err)
{
    RedactFinal *final = calloc(1, sizeof *final);      /* owns its scans */
    if (!final)
        return err_nomem(err);
    final->redactor = redactor;
    final->member = member;
    final->dropped_lines = dropped_lines;
    literal_scan_init(&final->literals, redactor->literals, to_identity, &final->identity,
                      on_literal, final);
    identity_scan_init(&final->identity, redactor->pseudonyms, sink, context);
    *ret = final;
    return ST_OK;
}

Status
redact_final_feed(RedactFinal *final, const char *bytes, size_t n, Err *err)
{
    if (final->redactor->level == REDACT_LEVEL_NONE)
        return to_identity(&final->identity, bytes, n, err);
    return literal_scan_feed(&final->literals, bytes, n, err);
}

Status
redact_final_end(RedactFinal *final, Err *err)
{
    TRY(literal_scan_end(&final->literals, err));
    TRY(identity_scan_end(&final->identity, err));
    ReportMember *row =
        final->dropped_lines ? report_member(&final->redactor->report, final->member) : NULL;
    if (row)
        row->dropped_lines = final->dropped_lines;
    return ST_OK;
}

RedactFinal *
redact_final_free(RedactFinal *final)
{
    if (final) {
        literal_scan_done(&final->literals);
        identity_scan_done(&final->identity);
        free(final);
    }
    return NULL;
}

uint64_t
redact_final_hits(const RedactFinal *final)
{
    return final->total;
}

static Status
to_buf(void *context, const char *bytes, size_t n, Err *err)
{
    buf_add(context, bytes, n);
    return buf_status(context, err);
}

static Status
finish_text(Redactor *redactor, Str text, Buf *out, Err *err)
{
    LiteralScan literals;
    IdentityScan identity;
    identity_scan_init(&identity, redactor->pseudonyms, to_buf, out);
    literal_scan_init(&literals, redactor->literals, to_identity, &identity, NULL, NULL);
    Status status = literal_scan_feed(&literals, text.p, text.n, err);
    if (status == ST_OK)
        status = literal_scan_end(&literals, err);
    if (status == ST_OK)
        status = identity_scan_end(&identity, err);
    literal_scan_done(&literals);
    identity_scan_done(&identity);
    return status;
}

Status
redactor_finish_text(Redactor *redactor, Arena *arena, Str text, Str *ret, Err *err)
{
    CLEANUP(buf_done) Buf out = BUF_INIT(SIZE_MAX);
    if (redactor->level == REDACT_LEVEL_NONE) {
        *ret = text;
        return ST_OK;
    }
    TRY(finish_text(redactor, text, &out, err));
    Str copy = arena_str(arena, buf_str(&out));
    if (!copy.p)
        return err_nomem(err);
    *ret = copy;
    return ST_OK;
}

void
redactor_report(const Redactor *redactor, Buf *out)
{
    buf_printf(out,
               "{\"format\":\"meshcase-redactions/1\",\"level\":\"%s\",\"values\":%zu,"
               "\"values_left_out\":%llu}\n",
               redact_level_name(redactor->level), secret_book_count(redactor->book),
               (unsigned long long)secret_book_left_out(redactor->book));
    report_write(&redactor->report, out);
}
