/* SPDX-License-Identifier: Apache-2.0 */
/* json_share.c -- equal parts of many documents, stored once: a table of sets of four. */
#include "analyzer/text/json_share.h"

#include <string.h>

enum {
    SET_COUNT = 2048,           /* power of two; a List's neighbours are what is alike */
    SET_PLACES = 4,
};

/* Children that were stored; hostile ones may have equal bits, so a set is all that is looked at. */
typedef struct {
    const void *children;       /* NULL: free */
    uint32_t bits;
    uint32_t count;
    uint32_t document;          /* the last one that has them; it may wrap, and then less is shared */
    bool is_map;
} Shared;

struct JsonShares {
    Arena *arena;
    uint32_t document;
    Shared places[SET_COUNT * SET_PLACES];
};

typedef bool SameFn(const void *a, const void *b, size_t count);

JsonShares *
json_shares_new(Arena *arena)
{
    JsonShares *shares = ARENA_NEW(arena, JsonShares);
    if (shares) {
        shares->arena = arena;
        shares->document = 1;
    }
    return shares;
}

void
json_shares_begin(JsonShares *shares)
{
    shares->document++;
}

/* ---- bits ---- */

static uint64_t
load(const char *at, size_t n)
{
    uint64_t word = 0;
    memcpy(&word, at, n);
    return word;
}

static uint64_t
mix(uint64_t bits, uint64_t word)
{
    bits = (bits ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return bits ^ bits >> 29;
}

static uint64_t
mix_text(uint64_t bits, Str text)
{
    bits = mix(bits, text.n);
    if (text.n <= 8)
        return text.n ? mix(bits, load(text.p, text.n)) : bits;
    bits = mix(bits, load(text.p, 8));
    if (text.n > 16)
        bits = mix(bits, load(text.p + text.n / 2 - 4, 8));
    return mix(bits, load(text.p + text.n - 8, 8));
}

uint32_t
json_text_bits(Str text)
{
    return (uint32_t)(mix_text(0, text) >> 32);
}

static uint64_t
mix_node(uint64_t bits, const Node *node)
{
    bits = mix(bits, (uint64_t)node->type << 32 | node->line);
    switch ((NodeType)node->type) {
    case NODE_NULL:
        return bits;
    case NODE_BOOL:
        return mix(bits, node->boolean);
    case NODE_INT:
    case NODE_DOUBLE:
        return mix(bits, (uint64_t)node->integer);
    case NODE_STRING:
        return mix_text(bits, node->string);
    case NODE_LIST:
        return mix(bits, (uintptr_t)node->items);
    case NODE_MAP:
        return mix(bits, (uintptr_t)node->pairs);
    }
    return bits;
}

static uint32_t
end_bits(uint64_t bits)
{
    return (uint32_t)(bits >> 32);
}

/* ---- equality ---- */

static bool
same_text(Str a, Str b)
{
    return a.n == b.n && (a.p == b.p || str_eq(a, b));
}

static bool
same_node(const Node *a, const Node *b)
{
    if (a->type != b->type || a->plain != b->plain || a->partial != b->partial ||
        a->column != b->column || a->line != b->line || a->count != b->count ||
        a->end_line != b->end_line)
        return false;
    switch ((NodeType)a->type) {
    case NODE_NULL:
        return true;
    case NODE_BOOL:
        return a->boolean == b->boolean;
    case NODE_INT:
    case NODE_DOUBLE:           /* by its bits: -0.0 is another text than 0.0 */
        return a->integer == b->integer;
    case NODE_STRING:
        return same_text(a->string, b->string);
    case NODE_LIST:
        return a->items == b->items;
    case NODE_MAP:
        return a->pairs == b->pairs && a->keep == b->keep;
    }
    return false;
}

static bool
same_items(const void *a, const void *b, size_t count)
{
    const Node *left = a;
    const Node *right = b;
    for (size_t i = 0; i < count; i++)
        if (!same_node(&left[i], &right[i]))
            return false;
    return true;
}

static bool
same_pairs(const void *a, const void *b, size_t count)
{
    const NodePair *left = a;
    const NodePair *right = b;
    for (size_t i = 0; i < count; i++)
        if (left[i].line != right[i].line || left[i].column != right[i].column ||
            !same_text(left[i].key, right[i].key) || !same_node(&left[i].value, &right[i].value))
            return false;
    return true;
}

/* ---- the table ---- */

/* The children that are the same and not this document's; else *ret_place is what gives way to new ones:
 * those that were not asked for longest. */
static const void *
find(JsonShares *shares, const Shared *wanted, SameFn *same, Shared **ret_place)
{
    Shared *set = &shares->places[(wanted->bits % SET_COUNT) * (size_t)SET_PLACES];
    *ret_place = set;
    for (size_t i = 0; i < SET_PLACES; i++) {
        Shared *place = &set[i];
        if (place->document < (*ret_place)->document)
            *ret_place = place;
        if (place->children && place->bits == wanted->bits && place->count == wanted->count &&
            place->is_map == wanted->is_map && place->document != shares->document &&
            same(place->children, wanted->children, wanted->count)) {
            place->document = shares->document;
            return place->children;
        }
    }
    return NULL;
}

static const void *
share(JsonShares *shares, const Shared *wanted, size_t size, SameFn *same)
{
    Shared *place;
    const void *found = find(shares, wanted, same, &place);
    if (found)
        return found;
    void *copy = arena_alloc(shares->arena, wanted->count * size);
    if (!copy)
        return NULL;
    memcpy(copy, wanted->children, wanted->count * size);
    *place = *wanted;
    place->children = copy;
    place->document = shares->document;
    return copy;
}

const Node *
json_share_items(JsonShares *shares, const Node *items, uint32_t count)
{
    uint64_t bits = count;
    for (uint32_t i = 0; i < count; i++)
        bits = mix_node(bits, &items[i]);
    Shared wanted = {.children = items, .bits = end_bits(bits), .count = count};
    return share(shares, &wanted, sizeof *items, same_items);
}

const NodePair *
json_share_pairs(JsonShares *shares, const NodePair *pairs, uint32_t count)
{
    uint64_t bits = count;
    for (uint32_t i = 0; i < count; i++)
        bits = mix_node(mix(mix_text(bits, pairs[i].key), pairs[i].line), &pairs[i].value);
    Shared wanted = {.children = pairs, .bits = end_bits(bits), .count = count, .is_map = true};
    return share(shares, &wanted, sizeof *pairs, same_pairs);
}
