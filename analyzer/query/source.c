/* SPDX-License-Identifier: Apache-2.0 */
/* source.c -- the table of sources, and what is the same for all of them. */
#include "analyzer/query/source_private.h"

#include <string.h>

static const SourceType *const TYPES[] = {
#define SOURCE(id) &SOURCE_TYPE_##id,
#include "analyzer/query/sources.def"
#undef SOURCE
};
enum { TYPE_COUNT = sizeof TYPES / sizeof *TYPES };

const SourceDoc *
source_docs(size_t *ret_count)
{
    static SourceDoc docs[TYPE_COUNT];
    for (size_t i = 0; i < TYPE_COUNT; i++)
        docs[i] = TYPES[i]->doc;
    *ret_count = TYPE_COUNT;
    return docs;
}

static const SourceType *
type_of(Str kind)
{
    for (size_t i = 0; i < TYPE_COUNT; i++)
        if (str_is(kind, TYPES[i]->doc.kind))
            return TYPES[i];
    return NULL;
}

static void
report_unknown_kind(SourceReader *reader, const NodePair *pair)
{
    const char *kinds[TYPE_COUNT + 1];
    for (size_t i = 0; i < TYPE_COUNT; i++)
        kinds[i] = TYPES[i]->doc.kind;
    kinds[TYPE_COUNT] = NULL;
    const char *nearest = str_nearest(pair->key, kinds);
    Node at = {.line = pair->line, .column = pair->column};
    reader_error(reader, &at, 0, "unknown source '" STR_FMT "'%s%s%s",
                 STR_ARG(str_head(pair->key, 60)), nearest ? "; did you mean '" : "",
                 nearest ? nearest : "", nearest ? "'?" : "");
}

/* The one key of the source's mapping; NULL where there is none or it is unknown. */
static const NodePair *
find_kind(SourceReader *reader, const Node *spec)
{
    if (!node_is(spec, NODE_MAP) || spec->count == 0) {
        reader_error(reader, spec, 0, "a source is a map with one key, its kind");
        return NULL;
    }
    if (spec->count > 1) {
        Node at = {.line = spec->pairs[1].line, .column = spec->pairs[1].column};
        reader_error(reader, &at, 0, "a source has exactly one kind; this is a second key");
    }
    if (!type_of(spec->pairs[0].key)) {
        report_unknown_kind(reader, &spec->pairs[0]);
        return NULL;
    }
    return &spec->pairs[0];
}

/* The widest table of keys, and its end. */
enum { MOST_KEYS = 24 };

static void
check_keys(SourceReader *reader, const SourceDoc *doc)
{
    const char *keys[MOST_KEYS + 1] = {NULL};
    for (size_t k = 0; k < MOST_KEYS && doc->keys[k].name; k++)
        keys[k] = doc->keys[k].name;
    for (uint32_t i = 0; i < reader->spec->count; i++) {
        const NodePair *pair = &reader->spec->pairs[i];
        bool known = false;
        for (size_t k = 0; keys[k] && !known; k++)
            known = str_is(pair->key, keys[k]);
        if (known)
            continue;
        const char *nearest = str_nearest(pair->key, keys);
        Node at = {.line = pair->line, .column = pair->column};
        reader_error(reader, &at, 0, "unknown key '" STR_FMT "' of source %s%s%s%s",
                     STR_ARG(str_head(pair->key, 60)), doc->kind,
                     nearest ? "; did you mean '" : "", nearest ? nearest : "",
                     nearest ? "'?" : "");
    }
}

static Status
compile_kind(SourceReader *reader, const NodePair *pair)
{
    const SourceType *type = type_of(pair->key);
    reader->spec = &pair->value;
    reader->source->type = type;
    if (type->doc.keys && pair->value.type != NODE_MAP) {
        reader_error(reader, &pair->value, 0, "source %s takes a map", type->doc.kind);
        return ST_OK;
    }
    if (type->doc.keys)
        check_keys(reader, &type->doc);
    if (type == &SOURCE_TYPE_related && !reader->related_allowed) {
        Node at = {.line = pair->line, .column = pair->column};
        reader_error(reader, &at, 0, "source related may stand only in 'with'");
    }
    return type->compile(reader);
}

Status
source_compile(Arena *arena, const Node *spec, bool related,
               const SourceDiagnostics *diagnostics, const Source **ret, Err *err)
{
    *ret = NULL;
    Source *source = ARENA_NEW(arena, Source);
    if (!source)
        return err_nomem(err);
    SourceReader reader = {.arena = arena, .diagnostics = diagnostics, .spec = spec,
                           .source = source, .related_allowed = related, .err = err};
    const NodePair *pair = find_kind(&reader, spec);
    if (pair)
        TRY(compile_kind(&reader, pair));
    *ret = source;
    return reader.failed ? ST_RULE : ST_OK;
}

const char *
source_kind(const Source *source)
{
    return source->type->doc.kind;
}

const SourceName *
source_names(const Source *source, size_t *ret_count)
{
    *ret_count = source->names.count;
    return source->names.items;
}

Status
source_needs(const Source *source, Arena *arena, NeedList *needs, Err *err)
{
    return source->type->needs ? source->type->needs(source, arena, needs, err) : ST_OK;
}

Status
source_demand(const Source *source, Demand *demand, Err *err)
{
    return source->type->demand ? source->type->demand(source, demand, err) : ST_OK;
}

Value
source_eval(const Source *source, const SourceEval *eval)
{
    return source->type->eval(source, eval);
}

void
source_default_subject(const Source *source, Value element, size_t index, Buf *out)
{
    size_t before = out->n;
    if (source->type->subject)
        source->type->subject(source, element, index, out);
    if (out->n == before)
        buf_printf(out, "%zu", index);
}

Status
need_add(Arena *arena, NeedList *needs, const char *prefix, Str text, Err *err)
{
    Str need = arena_strf(arena, "%s" STR_FMT, prefix, STR_ARG(text));
    if (!need.p)
        return err_nomem(err);
    for (size_t i = 0; i < needs->count; i++)
        if (str_eq(needs->items[i], need))
            return ST_OK;
    Str *slot = VEC_PUSH(arena, needs);
    if (!slot)
        return err_nomem(err);
    *slot = need;
    return ST_OK;
}

void
subject_of_fields(Value element, const char *const *fields, Buf *out)
{
    size_t before = out->n;
    for (; *fields; fields++) {
        Value field;
        if (!value_field(element, str_of(*fields), &field) || field.type != VALUE_STRING ||
            field.string.n == 0)
            continue;
        if (out->n > before)
            buf_addc(out, '/');
        buf_add_str(out, field.string);
    }
}

void
subject_of_object(const Source *source, Value element, size_t index, Buf *out)
{
    static const char *const FIELDS[] = {"namespace", "name", NULL};
    (void)source;
    (void)index;
    Value metadata;
    if (value_field(element, STR("metadata"), &metadata))
        subject_of_fields(metadata, FIELDS, out);
}
