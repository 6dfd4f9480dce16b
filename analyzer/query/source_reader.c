/* SPDX-License-Identifier: Apache-2.0 */
/* source_reader.c -- reading the YAML of sources: every error with its place. */
#include "analyzer/query/source_private.h"

#include "base/utf8.h"
#include "base/yaml_position.h"

#include <stdio.h>
#include <string.h>

static void PRINTF_LIKE(5, 0)
report(SourceReader *reader, bool warning, unsigned line, unsigned column, const char *format,
       va_list args)
{
    char text[512];
    (void)vsnprintf(text, sizeof text, format, args);
    const SourceDiagnostics *d = reader->diagnostics;
    d->report(d->context, warning, line, column, text);
}

static void
place_of(const SourceReader *reader, const Node *node, size_t offset, unsigned *ret_line,
         unsigned *ret_column)
{
    *ret_line = node ? node->line : 0;
    *ret_column = node ? node->column : 0;
    if (node && node->type == NODE_STRING && reader->diagnostics->text.n)
        yaml_position(reader->diagnostics->text, node, offset, ret_line, ret_column);
}

void
reader_error(SourceReader *reader, const Node *node, size_t offset, const char *format, ...)
{
    unsigned line, column;
    place_of(reader, node, offset, &line, &column);
    va_list args;
    va_start(args, format);
    report(reader, false, line, column, format, args);
    va_end(args);
    reader->failed = true;
}

void
reader_warn(SourceReader *reader, const Node *node, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    report(reader, true, node->line, node->column, format, args);
    va_end(args);
}

static const Node *
key_of(const SourceReader *reader, const char *key)
{
    return node_get(reader->spec, str_of(key));
}

/* YAML types plain words, so that a name like 1.0 or on is a string only in quotes. */
static bool
is_text(SourceReader *reader, const Node *node, const char *key)
{
    if (node->type == NODE_STRING && node->string.n)
        return true;
    reader_error(reader, node, 0, "'%s' must be a string%s", key,
                 node->type == NODE_STRING ? " that is not empty"
                 : node->type == NODE_LIST || node->type == NODE_MAP ? "" : ", in quotes");
    return false;
}

Status
reader_string(SourceReader *reader, const char *key, Str *ret)
{
    const Node *node = key_of(reader, key);
    *ret = (Str){NULL, 0};
    if (node && is_text(reader, node, key))
        *ret = node->string;
    return ST_OK;
}

Status
reader_strings(SourceReader *reader, const char *key, StrList *ret)
{
    const Node *node = key_of(reader, key);
    *ret = (StrList){NULL, 0};
    if (!node)
        return ST_OK;
    uint32_t count = node->type == NODE_LIST ? node->count : 1;
    if (count == 0)
        reader_error(reader, node, 0, "'%s' must not be an empty list", key);
    Str *items = ARENA_ARRAY(reader->arena, Str, count);
    if (!items)
        return err_nomem(reader->err);
    for (uint32_t i = 0; i < count; i++) {
        const Node *item = node->type == NODE_LIST ? &node->items[i] : node;
        if (is_text(reader, item, key))
            items[i] = item->string;
    }
    *ret = (StrList){items, count};
    return ST_OK;
}

Status
reader_labels(SourceReader *reader, Selector *ret, bool *ret_there)
{
    const Node *node = key_of(reader, "labels");
    *ret = (Selector){NULL, 0};
    *ret_there = node != NULL;
    if (!node)
        return ST_OK;
    Err found = {0};
    Status status;
    if (node->type == NODE_STRING)
        status = selector_parse(reader->arena, node->string, ret, &found);
    else
        status = selector_of_map(reader->arena, node, ret, &found);
    if (status == ST_NOMEM)
        return err_nomem(reader->err);
    if (status != ST_OK) {
        Node at = *node;
        if (found.line) {
            at.line = found.line;
            at.column = (uint16_t)found.column;
            at.type = NODE_MAP;
        }
        reader_error(reader, &at, found.column && !found.line ? found.column - 1 : 0, "%s",
                     found.text);
    }
    return ST_OK;
}

Status
reader_name(SourceReader *reader, SourceName name)
{
    Source *source = reader->source;
    for (size_t i = 0; i < source->names.count; i++)
        if (str_eq(source->names.items[i].name, name.name))
            return ST_OK;
    SourceName *slot = VEC_PUSH(reader->arena, &source->names);
    if (!slot)
        return err_nomem(reader->err);
    *slot = name;
    return ST_OK;
}

/* Bytes before a place inside text. */
static size_t
byte_at(Str text, unsigned line, unsigned column)
{
    size_t at = 0;
    for (; line > 1 && at < text.n; at++)
        line -= text.p[at] == '\n';
    for (; column > 1 && at < text.n; column--) {
        uint32_t code;
        at += utf8_decode(text, at, &code);
    }
    return at;
}

void
reader_complain(void *context, unsigned line, unsigned column, const char *text)
{
    const ReadingText *reading = context;
    reader_error(reading->reader, reading->node,
                 byte_at(reading->node->string, line, column), "%s", text);
}

static Status
add_names_of(SourceReader *reader, const Node *node, const CelProgram *program, bool binds_it)
{
    size_t count;
    const CelName *names = cel_names(program, &count);
    for (size_t i = 0; i < count; i++)
        if (!binds_it || !str_is(names[i].name, "it"))
            TRY(reader_name(reader, (SourceName){names[i].name, node, names[i].offset}));
    return ST_OK;
}

Status
reader_cel(SourceReader *reader, const Node *node, bool binds_it, const CelProgram **ret)
{
    *ret = NULL;
    if (!node || !is_text(reader, node, binds_it ? "where" : "cel"))
        return ST_OK;
    const CelProgram *program;
    ReadingText reading = {reader, node};
    CelOptions options = {.line = 1, .column = 1, .complain = reader_complain,
                          .complain_context = &reading};
    Status status = cel_compile(reader->arena, node->string, &options, &program, NULL);
    if (status == ST_NOMEM)
        return err_nomem(reader->err);
    if (program)
        TRY(add_names_of(reader, node, program, binds_it));
    if (status != ST_OK)
        return ST_OK;
    *ret = program;
    SourceText *text = VEC_PUSH(reader->arena, &reader->source->texts);
    if (!text)
        return err_nomem(reader->err);
    *text = (SourceText){program, node, binds_it};
    return ST_OK;
}

void
reader_check_words(SourceReader *reader, const char *key, const StrList *words,
                   const char *const *known, const char *what)
{
    const Node *node = key_of(reader, key);
    for (size_t i = 0; i < words->count; i++) {
        bool found = false;
        for (size_t k = 0; known[k] && !found; k++)
            found = str_glob(words->items[i], str_of(known[k]), false);
        if (found || words->items[i].n == 0)
            continue;
        const char *nearest = str_nearest(words->items[i], known);
        reader_error(reader, node->type == NODE_LIST ? &node->items[i] : node, 0,
                     "unknown %s '" STR_FMT "'%s%s%s", what,
                     STR_ARG(str_head(words->items[i], 60)), nearest ? "; did you mean '" : "",
                     nearest ? nearest : "", nearest ? "'?" : "");
    }
}

const char *const *
component_words(void)
{
    return COMPONENT_NAMES;
}
