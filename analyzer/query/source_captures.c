/* SPDX-License-Identifier: Apache-2.0 */
/* source_captures.c -- captures: the manifest's own records of what was asked. */
#include "analyzer/query/source_private.h"

#include "base/timestamp.h"

typedef struct {
    StrList kinds;
    StrList states;
    StrList sources;
} Captures;

/* Filled again with the same pointers by whoever calls: harmless between threads. */
static const char *const *
state_words(void)
{
    static const char *words[CAPTURE_STATE_COUNT + 1];
    for (int i = 0; i < CAPTURE_STATE_COUNT; i++)
        words[i] = capture_state_name((CaptureState)i);
    return words;
}

static const char *const *
kind_words(void)
{
    static const char *words[MEMBER_KIND_COUNT + 1];
    for (int i = 0; i < MEMBER_KIND_COUNT; i++)
        words[i] = MEMBER_KINDS[i].name;
    return words;
}

static Status
compile(SourceReader *reader)
{
    Captures *captures = ARENA_NEW(reader->arena, Captures);
    if (!captures)
        return err_nomem(reader->err);
    TRY(reader_strings(reader, "kind", &captures->kinds));
    TRY(reader_strings(reader, "state", &captures->states));
    TRY(reader_strings(reader, "source", &captures->sources));
    reader_check_words(reader, "state", &captures->states, state_words(), "state");
    reader_check_words(reader, "kind", &captures->kinds, kind_words(), "kind of capture");
    reader->source->data = captures;
    return ST_OK;
}

static Status
needs(const Source *source, Arena *arena, NeedList *list, Err *err)
{
    (void)source;
    return need_add(arena, list, "manifest", STR(""), err);
}

static Value
members_value(Arena *arena, const Capture *capture)
{
    Str *names = ARENA_ARRAY(arena, Str, capture->member_count);
    if (!names)
        return value_nomem();
    for (size_t i = 0; i < capture->member_count; i++)
        names[i] = capture->members[i].name;
    return value_strings(arena, names, capture->member_count);
}

/* What was asked, as one text: for patterns and for people. */
static Str
source_text(Arena *arena, const Capture *capture)
{
    CLEANUP(buf_done) Buf text = BUF_INIT(64 << 10);
    buf_add_str(&text, capture->source.verb);
    if (capture->source.path.n) {
        buf_addc(&text, ' ');
        buf_add_str(&text, capture->source.path);
    }
    for (size_t i = 0; i < capture->source.argv_count; i++) {
        buf_addc(&text, ' ');
        buf_add_str(&text, capture->source.argv[i]);
    }
    return arena_str(arena, buf_str(&text));
}

static Value
optional_number(int number, int none)
{
    return number == none ? value_null() : value_int(number);
}

static Value
time_text(Arena *arena, int64_t ns)
{
    char text[TIMESTAMP_TEXT_BYTES];
    if (ns == 0)
        return value_null();
    timestamp_format(ns, text);
    Str copy = arena_str(arena, str_of(text));
    return copy.p ? value_string(copy) : value_nomem();
}

static Value
capture_value(const SourceEval *eval, const Capture *capture, size_t number, Str asked)
{
    Origin place = {.member = STR("manifest.json"),
                    .pointer = arena_strf(eval->arena, "/captures/%zu", number),
                    .excerpt = capture->reason.n ? capture->reason : asked};
    const Origin *origin = keep_origin(eval->arena, &place);
    if (!origin || !place.pointer.p)
        return value_nomem();
    uint64_t bytes = 0;
    for (size_t i = 0; i < capture->member_count; i++)
        bytes += capture->members[i].bytes;
    ValueField fields[] = {
        {"id", value_string(capture->id)},
        {"kind", value_string(capture->kind)},
        {"source", value_string(asked)},
        {"verb", value_string(capture->source.verb)},
        {"path", value_string(capture->source.path)},
        {"argv", value_strings(eval->arena, capture->source.argv, capture->source.argv_count)},
        {"members", members_value(eval->arena, capture)},
        {"state", value_string(str_of(capture_state_name(capture->state)))},
        {"class", value_string(str_of(capture_class_name(capture->class)))},
        {"reason", value_string(capture->reason)},
        {"http_status", optional_number(capture->http_status, 0)},
        {"exit_code", optional_number(capture->exit_code, -1)},
        {"stderr", value_string(capture->stderr_line)},
        {"started_at", time_text(eval->arena, capture->started_at_ns)},
        {"duration_ms", value_int(capture->duration_ms)},
        {"bytes", value_int(bytes > INT64_MAX ? INT64_MAX : (int64_t)bytes)},
        {"truncated", value_string(str_of(truncated_name(capture->truncated)))},
        {"redactions", value_int((int64_t)(capture->redactions & INT64_MAX))},
    };
    return value_record(eval->arena, fields, sizeof fields / sizeof *fields, origin);
}

static Value
eval_captures(const Source *source, const SourceEval *eval)
{
    const Captures *wanted = source->data;
    const Manifest *manifest = model_manifest(eval->model);
    if (!manifest)
        return value_missing(eval->arena, "manifest", STR("the bundle has no manifest"), STR(""),
                             STR("meshcase-collect"));
    ListMaker maker = list_maker(eval);
    for (size_t i = 0; i < manifest->captures.count; i++) {
        const Capture *capture = &manifest->captures.items[i];
        Str asked = source_text(eval->arena, capture);
        if (!asked.p)
            return value_nomem();
        if (fits_words(&wanted->kinds, capture->kind) && fits_words(&wanted->sources, asked) &&
            fits_words(&wanted->states, str_of(capture_state_name(capture->state))))
            list_add(&maker, capture_value(eval, capture, i, asked));
    }
    return list_end(&maker, false);
}

static void
subject(const Source *source, Value element, size_t index, Buf *out)
{
    static const char *const FIELDS[] = {"id", NULL};
    (void)source;
    (void)index;
    subject_of_fields(element, FIELDS, out);
}

static Str
shape(const Source *source, Arena *arena)
{
    (void)source;
    (void)arena;
    return STR("[{duration_ms: int, bytes: int, redactions: int, ...}]");
}

static const SourceKey KEYS[] = {
    {.name = "kind", .type = SOURCE_WORDS, .glob = true, .words = kind_words},
    {.name = "state", .type = SOURCE_WORDS, .glob = true, .words = state_words},
    {.name = "source", .type = SOURCE_WORDS},
    {0},
};

const SourceType SOURCE_TYPE_captures = {
    .doc = {"captures", "records of the manifest: a list of {id, kind, source, state, class, reason, …}; source is a glob over verb and path",
            KEYS},
    .compile = compile,
    .needs = needs,
    .eval = eval_captures,
    .subject = subject,
    .shape = shape,
};
