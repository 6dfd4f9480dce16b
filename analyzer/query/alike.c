/* SPDX-License-Identifier: Apache-2.0 */
/* alike.c -- nodes that an expression cannot tell apart. */
#include "analyzer/query/alike.h"

/* Comparing more than this may cost more than evaluating. */
enum {
    NODES_MOST = 1024,
    BYTES_MOST = 16 * 1024,
};

typedef struct {
    size_t nodes;
    size_t bytes;
} Left;

static bool
same_text(Str a, Str b, Left *left)
{
    if (a.n != b.n)
        return false;
    if (a.p == b.p)
        return true;
    if (a.n > left->bytes)
        return false;
    left->bytes -= a.n;
    return str_eq(a, b);
}

static const NodeKeep *
field_of(const NodeKeep *fields, Str key)
{
    for (const NodeKeep *field = fields->fields; field; field = field->next)
        if (str_eq(field->key, key))
            return field;
    return NULL;
}

/* fields NULL: all of it. */
static bool are_alike(const Node *a, const Node *b, const NodeKeep *fields, Left *left);

/* Whoever goes through a map, or counts its fields, sees all keys. */
static bool
maps_are_alike(const Node *a, const Node *b, const NodeKeep *fields, Left *left)
{
    if (a->pairs == b->pairs)
        return true;
    for (uint32_t i = 0; i < a->count; i++) {
        const NodePair *x = &a->pairs[i];
        const NodePair *y = &b->pairs[i];
        if (!same_text(x->key, y->key, left))
            return false;
        const NodeKeep *field = fields ? field_of(fields, x->key) : NULL;
        if ((!fields || field) && !are_alike(&x->value, &y->value, field, left))
            return false;
    }
    return true;
}

static bool
lists_are_alike(const Node *a, const Node *b, const NodeKeep *fields, Left *left)
{
    if (a->items == b->items)
        return true;
    for (uint32_t i = 0; i < a->count; i++)
        if (!are_alike(&a->items[i], &b->items[i], fields, left))
            return false;
    return true;
}

static bool
are_alike(const Node *a, const Node *b, const NodeKeep *fields, Left *left)
{
    if (a->type != b->type || a->count != b->count || a->partial != b->partial || left->nodes == 0)
        return false;
    left->nodes--;
    /* A field without fields of its own is handed on. */
    if (fields && (fields->whole || !fields->fields))
        fields = NULL;
    switch ((NodeType)a->type) {
    case NODE_NULL:
        return true;
    case NODE_BOOL:
        return a->boolean == b->boolean;
    case NODE_INT:
    case NODE_DOUBLE:           /* by its bits: -0.0 is no 0.0 */
        return a->integer == b->integer;
    case NODE_STRING:
        return same_text(a->string, b->string, left);
    case NODE_LIST:
        return lists_are_alike(a, b, fields, left);
    case NODE_MAP:
        return maps_are_alike(a, b, fields, left);
    }
    return false;
}

bool
nodes_are_alike(const Node *a, const Node *b, const NodeKeep *fields)
{
    Left left = {NODES_MOST, BYTES_MOST};
    return are_alike(a, b, fields, &left);
}

bool
alike_find(Alike *alike, const Node *node, bool *ret_result)
{
    if (!alike->fields)
        return false;
    /* The newest first: objects are in the order of their names. */
    for (size_t i = 0; i < ALIKE_KEPT; i++) {
        size_t at = (alike->newest + ALIKE_KEPT - i) % ALIKE_KEPT;
        if (alike->nodes[at] && nodes_are_alike(alike->nodes[at], node, alike->fields)) {
            *ret_result = alike->results[at];
            return true;
        }
    }
    return false;
}

void
alike_remember(Alike *alike, const Node *node, bool result)
{
    alike->newest = (alike->newest + 1) % ALIKE_KEPT;
    alike->nodes[alike->newest] = node;
    alike->results[alike->newest] = result;
}
