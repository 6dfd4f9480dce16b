/* SPDX-License-Identifier: Apache-2.0 */
/* json.h -- JSON text to Node trees, one document at a time.
 *
 * The reader validates everything: RFC 8259 grammar without leniency (no byte order mark, no
 * trailing comma, no NaN), UTF-8, surrogates in pairs, keys distinct within a map, depth at
 * most LIMIT_JSON_DEPTH, one document and nothing behind it.  A number without fraction and
 * exponent within int64 is a NODE_INT, any other a NODE_DOUBLE; one that no double can hold
 * (1e999) is refused.  \u0000 is allowed.
 *
 *     TRY(json_parse(arena, text, &(JsonOptions){.file = member}, &node, err));
 *
 * By default strings are views of the text, which must live as long as the tree; with a
 * JsonPool they are copied, packed and keys only once, so that the text may go: this is how
 * the items of a long List are kept. */
#ifndef TEXT_JSON_H
#define TEXT_JSON_H

#include "base/node.h"

/* Where strings are copied to; equal keys are often stored once.  Lives in an arena. */
typedef struct JsonPool JsonPool;
JsonPool *json_pool_new(Arena *arena);      /* NULL when out of memory */
/* From now on equal parts of trees are stored once too (json_share.h), and nodes have no columns;
 * false when out of memory. */
NODISCARD bool json_pool_share(JsonPool *pool);

/* A field that is read and checked but left out of the tree: key of the map that stands
 * under parent in the outermost map. */
typedef struct {
    const char *parent;
    const char *key;
} JsonDrop;

/* The field of that key, made where there is none; NULL when out of memory. */
NodeKeep *json_keep_field(Arena *arena, NodeKeep *keep, Str key);
/* Adds to keep what from keeps; false when out of memory. */
bool json_keep_merge(Arena *arena, NodeKeep *keep, const NodeKeep *from);

typedef struct {
    const char *file;       /* for errors; NULL: none */
    uint32_t line;          /* of the first byte of the text; 0 is 1 */
    uint32_t column;        /* of the first byte, code points; 0 is 1 */
    Arena *scratch;         /* for what is given back before the return; NULL: one of its own */
    JsonPool *pool;         /* NULL: strings are views of the text */
    const JsonDrop *drops;  /* ends with a row of NULL; NULL: nothing is dropped */
    const NodeKeep *keep;   /* NULL: everything; lives as long as the tree */
} JsonOptions;

/* options may be NULL.  ST_FORMAT with line and column, ST_LIMIT (depth, size), ST_NOMEM. */
NODISCARD Status json_parse(Arena *arena, Str text, const JsonOptions *options,
                            const Node **ret, Err *err);

#endif
