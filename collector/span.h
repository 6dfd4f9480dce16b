/* SPDX-License-Identifier: Apache-2.0 */
/* span.h -- where the values of a JSON or YAML text lie, so that a few can be read or replaced
 * and all other bytes stay exactly as they were served.
 *
 * A SpanTree is one array in document order: a span's children follow it, and `after` is the
 * index behind its whole subtree.  Index 0 is the root and therefore also means "none" where
 * a child is asked for.  Offsets count bytes of the text, which must live as long. */
#ifndef COLLECTOR_SPAN_H
#define COLLECTOR_SPAN_H

#include "base/arena.h"
#include "base/buf.h"

typedef enum {
    SPAN_OBJECT,
    SPAN_LIST,
    SPAN_STRING,
    SPAN_NUMBER,
    SPAN_WORD,       /* true, false, null */
} SpanType;

typedef struct {
    uint32_t at;         /* first byte of the value, its quote or bracket included */
    uint32_t end;        /* behind its last byte */
    uint32_t key_at;     /* key without its quotes; key_at == key_end: none or empty */
    uint32_t key_end;
    uint32_t after;      /* index of the span behind this subtree */
    uint8_t type;        /* SpanType */
    bool has_key;
} Span;

typedef struct {
    Str text;
    const Span *spans;
    uint32_t count;
    Arena *arena;        /* for strings that must be decoded */
    const Str *strings;  /* of YAML: each span's scalar, decoded; NULL for JSON */
    const Str *keys;     /* of YAML: each span's key */
} SpanTree;

/* ST_FORMAT: not one JSON value.  ST_LIMIT: nested deeper than LIMIT_JSON_DEPTH, or 4 GiB. */
NODISCARD Status span_parse(Arena *arena, Str text, SpanTree *ret, Err *err);
/* The same for YAML: the root is a list of its documents.  Aliases, directives, keys that are
 * no scalars, and a first document that is a scalar are ST_FORMAT.  ST_LIMIT: nested too deep. */
NODISCARD Status span_parse_yaml(Arena *arena, Str text, SpanTree *ret, Err *err);

/* The member of an object; 0 where there is none. */
uint32_t span_get(const SpanTree *tree, uint32_t object, const char *key);
/* span_get along "metadata.name"; 0 where a part is missing. */
uint32_t span_path(const SpanTree *tree, uint32_t from, const char *path);
/* Decoded text of a string; "" for anything else (0 included) and when out of memory. */
Str span_string(const SpanTree *tree, uint32_t index);
Str span_key(const SpanTree *tree, uint32_t index);
bool span_integer(const SpanTree *tree, uint32_t index, int64_t *ret);
/* The bytes as they stand. */
Str span_raw(const SpanTree *tree, uint32_t index);
bool span_is(const SpanTree *tree, uint32_t index, SpanType type);   /* false for 0 */

/* for (uint32_t i = span_first(t, parent); i; i = span_next(t, parent, i)) */
uint32_t span_first(const SpanTree *tree, uint32_t parent);
uint32_t span_next(const SpanTree *tree, uint32_t parent, uint32_t child);

/* The text between the quotes of a JSON string, decoded; p is NULL when malformed or out of
 * memory.  A lone surrogate becomes U+FFFD. */
Str span_decode(Arena *arena, Str inside_quotes);

/* Appends the RFC 6901 pointer of the span. */
void span_pointer(const SpanTree *tree, uint32_t index, Buf *out);

#endif
