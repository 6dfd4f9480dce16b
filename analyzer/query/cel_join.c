/* SPDX-License-Identifier: Apache-2.0 */
/* cel_join.c -- answers an equality inside exists, all, exists_one and filter from a hash index
 * of the list, so that a join of two lists costs their sum and not their product.
 *
 * An index holds, for one list and one path below its elements, where each value stands.
 * Elements whose path cannot be read, is unknown, or has no hash are irregular: the predicate
 * always sees them, so nothing changes but the cost.  A list is searched the first time and
 * indexed when it is searched again. */
#include <string.h>

#include "analyzer/query/cel_run.h"
#include "base/map.h"

enum {
    INDEX_FROM = 16,        /* shorter lists are searched */
    SEEN_SLOTS = 1024,
};

typedef struct {
    uint64_t list_id;
    const CelJoin *join;
} IndexKey;

typedef struct {
    Value *keys;            /* by element */
    uint32_t *slots;        /* first element + 1 of a hash, 0 is free; a power of two */
    size_t slot_count;
    uint32_t *next;         /* by element: the next one + 1 of the same slot */
    uint32_t *irregular;    /* positions, in order */
    size_t irregular_count;
} ListIndex;

struct CelJoins {
    Arena *arena;
    Map indexes;            /* IndexKey to ListIndex */
    IndexKey seen[SEEN_SLOTS];
};

CelJoins *
cel_joins_new(Arena *arena)
{
    CelJoins *joins = ARENA_NEW(arena, CelJoins);
    if (joins) {
        joins->arena = arena;
        map_init(&joins->indexes, arena);
    }
    return joins;
}

/* Number of fields between the loop's variable and the node; -1 where it is no such path. */
static int
path_length(const CelNode *node, const CelNode *loop)
{
    int fields = 0;
    for (; node->kind == CEL_SELECT && !node->optional; node = node->args[0])
        fields++;
    return node->kind == CEL_LOCAL && node->slot == loop->slot ? fields : -1;
}

static bool
depends_on(const CelNode *node, uint16_t slot)
{
    if (node->kind == CEL_LOCAL)
        return node->slot == slot;
    for (size_t i = 0; i < node->count; i++) {
        if (node->args[i] && depends_on(node->args[i], slot))
            return true;
    }
    return false;
}

/* Fills join from an equality with the loop's variable on one side only. */
static Status
plan_equality(CelCompile *c, const CelNode *loop, const CelNode *node, CelJoin *join)
{
    for (size_t side = 0; side < 2; side++) {
        const CelNode *path = node->args[side];
        const CelNode *other = node->args[1 - side];
        int fields = path_length(path, loop);
        if (fields < 0 || depends_on(other, loop->slot))
            continue;
        join->path = ARENA_ARRAY(c->arena, const CelNode *, (size_t)fields);
        if (!join->path)
            return err_nomem(c->err);
        join->path_count = (size_t)fields;
        for (int i = fields; i-- > 0; path = path->args[0])
            join->path[i] = path;
        join->other = other;
        return ST_OK;
    }
    return ST_OK;
}

Status
cel_join_plan(CelCompile *c, CelNode *loop)
{
    const CelNode *predicate = loop->args[1];
    bool all = loop->op == OP_ALL;
    if (loop->two_variables ||
        !(all || loop->op == OP_EXISTS || loop->op == OP_EXISTS_ONE || loop->op == OP_FILTER))
        return ST_OK;
    CelJoin join = {0};
    const CelNode *const *parts = &predicate;
    size_t count = 1;
    if (predicate->kind == CEL_AND || (all && predicate->kind == CEL_OR)) {
        parts = (const CelNode *const *)predicate->args;
        count = predicate->count;
    }
    for (size_t i = 0; i < count && !join.other; i++) {
        bool equal = parts[i]->op == OP_EQUAL && predicate->kind != CEL_OR;
        bool unequal = all && parts[i]->op == OP_UNEQUAL && predicate->kind != CEL_AND;
        if (parts[i]->kind != CEL_OPERATOR || !(equal || unequal))
            continue;
        join.negated = unequal;
        join.whole = count == 1;
        TRY(plan_equality(c, loop, parts[i], &join));
    }
    if (!join.other)
        return ST_OK;
    CelJoin *kept = ARENA_NEW(c->arena, CelJoin);
    if (!kept)
        return err_nomem(c->err);
    *kept = join;
    loop->join = kept;
    return ST_OK;
}

/* The path's value of an element; false where it is irregular. */
static bool
path_value(const CelJoin *join, Value v, Value *ret, uint64_t *ret_hash)
{
    for (size_t i = 0; i < join->path_count; i++) {
        Value field;
        if (!value_field(v, join->path[i]->name, &field))
            return false;
        v = field;
    }
    *ret = v;
    return value_hash(v, ret_hash);
}

static ListIndex *
index_build(CelRun *run, Arena *arena, const CelJoin *join, Value list)
{
    size_t count = value_count(list);
    size_t slot_count = 64;
    while (slot_count < 2 * count)
        slot_count *= 2;
    if (count > UINT32_MAX / 4 || !cel_work(run, count))
        return NULL;
    ListIndex *index = ARENA_NEW(arena, ListIndex);
    if (!index)
        return NULL;
    index->keys = ARENA_ARRAY(arena, Value, count);
    index->slots = ARENA_ARRAY(arena, uint32_t, slot_count);
    index->next = ARENA_ARRAY(arena, uint32_t, count);
    index->irregular = ARENA_ARRAY(arena, uint32_t, count);
    index->slot_count = slot_count;
    if (!index->keys || !index->slots || !index->next || !index->irregular)
        return NULL;
    /* From the end, so that the elements of a slot are linked in order. */
    for (size_t i = count; i-- > 0;) {
        uint64_t hash = 0;
        if (!path_value(join, value_item(list, i), &index->keys[i], &hash)) {
            index->irregular[index->irregular_count++] = (uint32_t)i;
            continue;
        }
        uint32_t *slot = &index->slots[hash & (slot_count - 1)];
        index->next[i] = *slot;
        *slot = (uint32_t)i + 1;
    }
    for (size_t i = 0; i < index->irregular_count / 2; i++) {
        uint32_t *a = &index->irregular[i];
        uint32_t *b = &index->irregular[index->irregular_count - 1 - i];
        uint32_t swapped = *a;
        *a = *b;
        *b = swapped;
    }
    return index;
}

/* The list's index, built at its second use; NULL at its first, or without memory. */
static ListIndex *
index_get(CelRun *run, const CelJoin *join, Value list)
{
    if (!run->joins)
        run->joins = cel_joins_new(run->arena);
    CelJoins *joins = run->joins;
    if (!joins)
        return NULL;
    IndexKey key;
    memset(&key, 0, sizeof key);
    key.list_id = list.list->id;
    key.join = join;
    Str bytes = {(const char *)&key, sizeof key};
    ListIndex *index = map_get(&joins->indexes, bytes);
    if (index)
        return index;
    IndexKey *seen = &joins->seen[map_hash(bytes) % SEEN_SLOTS];
    if (seen->list_id != key.list_id || seen->join != join) {
        *seen = key;
        return NULL;
    }
    index = index_build(run, joins->arena, join, list);
    bytes = arena_str(joins->arena, bytes);
    if (!index || !bytes.p || !map_put(&joins->indexes, bytes, index))
        return NULL;
    return index;
}

static bool
same_key(Value a, Value b)
{
    Value same = value_equals(a, b);
    return same.type == VALUE_BOOL && same.boolean;
}

bool
cel_join_candidates(CelRun *run, const CelNode *loop, Value list, CelCandidates *ret)
{
    const CelJoin *join = loop->join;
    uint64_t hash = 0;
    if (list.list->id == 0 || list.list->count < INDEX_FROM)
        return false;
    size_t mark = cel_touch_mark(run);
    Value key = cel_eval_node(run, join->other);
    cel_touch_forget(run, mark);
    if (run->limit || value_is_absorbing(key) || !value_hash(key, &hash))
        return false;
    const ListIndex *index = index_get(run, join, list);
    if (!index)
        return false;
    size_t equal = 0;
    uint32_t first = index->slots[hash & (index->slot_count - 1)];
    for (uint32_t at = first; at; at = index->next[at - 1])
        equal += same_key(index->keys[at - 1], key);
    ret->at = CEL_ARRAY(run, uint32_t, equal + index->irregular_count);
    if (!ret->at || !cel_work(run, 1 + (equal + index->irregular_count) / 10))
        return false;
    ret->regular = index->irregular_count == 0;
    size_t irregular = 0;
    for (uint32_t at = first; at; at = index->next[at - 1]) {
        if (!same_key(index->keys[at - 1], key))
            continue;
        while (irregular < index->irregular_count && index->irregular[irregular] < at - 1)
            ret->at[ret->count++] = index->irregular[irregular++];
        ret->at[ret->count++] = at - 1;
    }
    while (irregular < index->irregular_count)
        ret->at[ret->count++] = index->irregular[irregular++];
    return true;
}
