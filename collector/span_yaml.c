/* SPDX-License-Identifier: Apache-2.0 */
/* span_yaml.c -- the spans of YAML, by libyaml's events.
 *
 * libyaml's cost is quadratic in depth and in directives: depth is checked at every event, and
 * a text with a line that begins with '%' is not given to it. */
#include "collector/span.h"

#include "base/limits.h"
#include "base/utf8.h"

#include <string.h>
#include <yaml.h>

enum { DEPTH_MAX = 100, EVENTS_MAX = 1 << 20 };

typedef struct {
    Arena *arena;
    Str text;
    VEC(Span) spans;
    VEC(Str) strings;
    VEC(Str) keys;
    uint32_t open[DEPTH_MAX];
    unsigned depth;
    bool has_key[DEPTH_MAX];      /* a map whose newest key waits for its value */
    Str key;
    size_t index;                 /* libyaml counts code points: the last place, */
    size_t at;                    /* and its byte */
} Parser;

static void
cleanup_parser(yaml_parser_t *parser)
{
    /* What libyaml read may be secret. */
    if (parser->raw_buffer.start)
        explicit_bzero(parser->raw_buffer.start, (size_t)(parser->raw_buffer.end - parser->raw_buffer.start));
    if (parser->buffer.start)
        explicit_bzero(parser->buffer.start, (size_t)(parser->buffer.end - parser->buffer.start));
    yaml_parser_delete(parser);
}

static void
cleanup_event(yaml_event_t *event)
{
    if (event->type == YAML_SCALAR_EVENT && event->data.scalar.value)
        explicit_bzero(event->data.scalar.value, event->data.scalar.length);
    yaml_event_delete(event);
}

/* The byte of a mark. */
static uint32_t
byte_of(Parser *p, const yaml_mark_t *mark)
{
    size_t step;
    if (mark->index < p->index) {
        p->index = 0;
        p->at = 0;
    }
    if (!utf8_offset(str_from(p->text, p->at), mark->index - p->index, &step))
        step = p->text.n - p->at;
    p->at += step;
    p->index = mark->index;
    return (uint32_t)p->at;
}

static Status
add(Parser *p, SpanType type, const yaml_event_t *event, Str string, Err *err)
{
    Span *span = VEC_PUSH(p->arena, &p->spans);
    Str *text = VEC_PUSH(p->arena, &p->strings);
    Str *key = VEC_PUSH(p->arena, &p->keys);
    if (!span || !text || !key)
        return err_nomem(err);
    *text = string;
    bool in_map = p->depth > 0 && p->spans.items[p->open[p->depth - 1]].type == SPAN_OBJECT;
    *span = (Span){.at = byte_of(p, &event->start_mark), .after = (uint32_t)p->spans.count,
                   .type = (uint8_t)type, .has_key = in_map};
    span->end = byte_of(p, &event->end_mark);
    if (in_map) {
        *key = p->key;
        p->has_key[p->depth - 1] = false;
    }
    return ST_OK;
}

static Status
open_container(Parser *p, SpanType type, const yaml_event_t *event, Err *err)
{
    if (p->depth == DEPTH_MAX)
        return err_set(err, ST_LIMIT, "YAML is nested deeper than %d", DEPTH_MAX);
    TRY(add(p, type, event, STR(""), err));
    p->has_key[p->depth] = false;
    p->open[p->depth++] = (uint32_t)(p->spans.count - 1);
    return ST_OK;
}

static void
close_container(Parser *p, const yaml_event_t *event)
{
    Span *span = &p->spans.items[p->open[--p->depth]];
    span->after = (uint32_t)p->spans.count;
    span->end = event ? byte_of(p, &event->end_mark) : (uint32_t)p->text.n;
}

static SpanType
type_of(const yaml_event_t *event, Str text)
{
    double number;
    if (!event->data.scalar.plain_implicit || event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return SPAN_STRING;
    if (text.n == 0 || str_is(text, "true") || str_is(text, "false") || str_is(text, "null") ||
        str_is(text, "~"))
        return SPAN_WORD;
    return str_to_double(text, &number) ? SPAN_NUMBER : SPAN_STRING;
}

static Status
take_scalar(Parser *p, const yaml_event_t *event, Err *err)
{
    Str text = arena_str(p->arena, (Str){(const char *)event->data.scalar.value,
                                         event->data.scalar.length});
    if (!text.p)
        return err_nomem(err);
    bool in_map = p->depth > 0 && p->spans.items[p->open[p->depth - 1]].type == SPAN_OBJECT;
    if (in_map && !p->has_key[p->depth - 1]) {
        p->key = text;
        p->has_key[p->depth - 1] = true;
        return ST_OK;
    }
    return add(p, type_of(event, text), event, text, err);
}

/* False at the end of the stream. */
static Status
take_event(Parser *p, const yaml_event_t *event, bool *ret_more, Err *err)
{
    bool key_waits = p->depth > 0 && p->spans.items[p->open[p->depth - 1]].type == SPAN_OBJECT &&
                     !p->has_key[p->depth - 1];
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return take_scalar(p, event, err);
    case YAML_MAPPING_START_EVENT:
    case YAML_SEQUENCE_START_EVENT:
        if (key_waits)
            return err_set(err, ST_FORMAT, "a key that is no scalar");
        return open_container(
            p, event->type == YAML_MAPPING_START_EVENT ? SPAN_OBJECT : SPAN_LIST, event, err);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        close_container(p, event);
        return ST_OK;
    case YAML_ALIAS_EVENT:
        return err_set(err, ST_FORMAT, "an alias");
    case YAML_STREAM_END_EVENT:
        *ret_more = false;
        return ST_OK;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return ST_OK;
    }
    return ST_OK;
}

static bool
has_directive(Str text)
{
    size_t at;
    return str_starts(text, STR("%")) || str_find(text, STR("\n%"), &at) ||
           str_find(text, STR("\r%"), &at);
}

static Status
read_events(Parser *p, yaml_parser_t *yaml, Err *err)
{
    bool more = true;
    for (unsigned events = 0; more; events++) {
        CLEANUP(cleanup_event) yaml_event_t event = {0};
        if (events > EVENTS_MAX)
            return err_set(err, ST_LIMIT, "more than %d YAML events", EVENTS_MAX);
        if (!yaml_parser_parse(yaml, &event))
            return yaml->error == YAML_MEMORY_ERROR ? err_nomem(err)
                                                    : err_set(err, ST_FORMAT, "malformed YAML");
        TRY(take_event(p, &event, &more, err));
    }
    return ST_OK;
}

Status
span_parse_yaml(Arena *arena, Str text, SpanTree *ret, Err *err)
{
    CLEANUP(cleanup_parser) yaml_parser_t yaml = {0};
    Parser p = {.arena = arena, .text = text};
    yaml_event_t whole = {0};
    if (text.n >= LIMIT_YAML_BYTES)
        return err_set(err, ST_LIMIT, "YAML text of more than %llu bytes",
                       (unsigned long long)LIMIT_YAML_BYTES);
    if (has_directive(text) || !utf8_valid(text, NULL))
        return err_set(err, ST_FORMAT, "a directive, or no UTF-8");
    if (!yaml_parser_initialize(&yaml))
        return err_nomem(err);
    yaml_parser_set_input_string(&yaml, (const unsigned char *)text.p, text.n);
    TRY(open_container(&p, SPAN_LIST, &whole, err));
    TRY(read_events(&p, &yaml, err));
    close_container(&p, NULL);
    if (p.spans.count < 2 || p.spans.items[1].type > SPAN_LIST)
        return err_set(err, ST_FORMAT, "no map and no list");
    *ret = (SpanTree){.text = text, .spans = p.spans.items, .count = (uint32_t)p.spans.count,
                      .arena = arena, .strings = p.strings.items, .keys = p.keys.items};
    return ST_OK;
}
