/* SPDX-License-Identifier: Apache-2.0 */
/* cel_join.c -- answers equalities inside exists, all, exists_one and filter from a hash
 * index of the list, so that a join of two lists costs their sum and not their product.
 *
 * An index holds, for one list and the paths below its elements that a predicate compares,
 * where each combination of values stands.  Elements whose paths cannot be read, are unknown,
 * or have no hash are irregular: the predicate always sees them, so nothing changes but the
 * cost.  A list is indexed when it is searched a second time, or at once where a loop around
 * it is sure to search it again. */
#include <string.h>

#include "analyzer/query/cel_run.h"
#include "base/limits.h"
#include "base/map.h"

enum {
    INDEX_FROM = 16,        /* shorter lists are searched */
    SEEN_SLOTS = 1024,
    PARTS_MOST = 4,         /* equalities of one index */
};

typedef struct {
    uint64_t list_id;
    const CelJoin *join;
} IndexKey;

typedef struct {
    Value *keys;            /* by element, one for each part of the join */
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
    size_t bytes;           /* of indexes */
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

/* Adds an equality with the loop's variable on one side only; others are left alone. */
static Status
plan_equality(CelCompile *c, const CelNode *loop, const CelNode *node, CelJoin *join)
{
    CelJoinPart *part = &join->parts[join->count];
    for (size_t side = 0; side < 2; side++) {
        const CelNode *path = node->args[side];
        const CelNode *other = node->args[1 - side];
        int fields = path_length(path, loop);
        if (fields < 0 || depends_on(other, loop->slot))
            continue;
        part->path = ARENA_ARRAY(c->arena, const CelNode *, (size_t)fields);
        if (!part->path)
            return err_nomem(c->err);
        part->path_count = (size_t)fields;
        for (int i = fields; i-- > 0; path = path->args[0])
            part->path[i] = path;
        part->other = other;
        join->count++;
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
    join.parts = ARENA_ARRAY(c->arena, CelJoinPart, count);
    if (!join.parts)
        return err_nomem(c->err);
    for (size_t i = 0; i < count && join.count < PARTS_MOST; i++) {
        bool equal = parts[i]->op == OP_EQUAL && predicate->kind != CEL_OR;
        bool unequal = all && parts[i]->op == OP_UNEQUAL && predicate->kind != CEL_AND;
        if (parts[i]->kind != CEL_OPERATOR || !(equal || unequal))
            continue;
        join.negated = unequal;
        TRY(plan_equality(c, loop, parts[i], &join));
    }
    if (join.count == 0)
        return ST_OK;
    join.whole = join.count == count;
    CelJoin *kept = ARENA_NEW(c->arena, CelJoin);
    if (!kept)
        return err_nomem(c->err);
    *kept = join;
    loop->join = kept;
    return ST_OK;
}

static uint64_t
combine(uint64_t hash, uint64_t more)
{
    return (hash ^ more) * UINT64_C(0x9e3779b97f4a7c15) + (hash >> 29);
}

/* The values of the paths of an element; false where it is irregular. */
static bool
path_values(const CelJoin *join, Value element, Value *ret, uint64_t *ret_hash)
{
    *ret_hash = 0;
    for (size_t k = 0; k < join->count; k++) {
        const CelJoinPart *part = &join->parts[k];
        uint64_t hash = 0;
        Value v = element;
        for (size_t i = 0; i < part->path_count; i++) {
            Value field;
            if (!value_field(v, part->path[i]->name, &field))
                return false;
            v = field;
        }
        if (!value_hash(v, &hash))
            return false;
        ret[k] = v;
        *ret_hash = combine(*ret_hash, hash);
    }
    return true;
}

static ListIndex *
index_build(CelRun *run, Arena *arena, const CelJoin *join, Value list)
{
    size_t count = value_count(list);
    size_t slot_count = 64;
    while (slot_count < 2 * count)
        slot_count *= 2;
    if (count > UINT32_MAX / 8 / join->count || !cel_work(run, count * join->count))
        return NULL;
    ListIndex *index = ARENA_NEW(arena, ListIndex);
    if (!index)
        return NULL;
    index->keys = ARENA_ARRAY(arena, Value, count * join->count);
    index->slots = ARENA_ARRAY(arena, uint32_t, slot_count);
    index->next = ARENA_ARRAY(arena, uint32_t, count);
    index->irregular = ARENA_ARRAY(arena, uint32_t, count);
    index->slot_count = slot_count;
    if (!index->keys || !index->slots || !index->next || !index->irregular)
        return NULL;
    /* From the end, so that the elements of a slot are linked in order. */
    for (size_t i = count; i-- > 0;) {
        uint64_t hash = 0;
        if (!path_values(join, value_item(list, i), &index->keys[i * join->count], &hash)) {
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

/* Bytes that an index of a list will take. */
static size_t
index_bytes(const CelJoin *join, size_t count)
{
    return sizeof(ListIndex) + count * (join->count * sizeof(Value) + 6 * sizeof(uint32_t));
}

/* The list's index; NULL where it is not worth it yet, or there is no memory. */
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
    bool again = seen->list_id == key.list_id && seen->join == join;
    *seen = key;
    if (!again && (run->loops < 2 || key.list_id > run->newest_list))
        return NULL;
    size_t cost = index_bytes(join, list.list->count);
    if (cost > LIMIT_CEL_BYTES || joins->bytes > LIMIT_CEL_BYTES - cost)
        return NULL;
    joins->bytes += cost;
    index = index_build(run, joins->arena, join, list);
    bytes = arena_str(joins->arena, bytes);
    if (!index || !bytes.p || !map_put(&joins->indexes, bytes, index))
        return NULL;
    return index;
}

static bool
same_keys(const CelJoin *join, const Value *a, const Value *b)
{
    for (size_t i = 0; i < join->count; i++) {
        Value same = value_equals(a[i], b[i]);
        if (same.type != VALUE_BOOL || !same.boolean)
            return false;
    }
    return true;
}

/* What the paths are compared with; false where that has no hash, so that the list must be
 * searched. */
static bool
other_values(CelRun *run, const CelJoin *join, Value keys[PARTS_MOST], uint64_t *ret_hash)
{
    size_t mark = cel_touch_mark(run);
    bool good = true;
    *ret_hash = 0;
    for (size_t i = 0; i < join->count && good; i++) {
        uint64_t hash = 0;
        keys[i] = cel_eval_node(run, join->parts[i].other);
        good = !run->limit && value_hash(keys[i], &hash);
        *ret_hash = combine(*ret_hash, hash);
    }
    cel_touch_forget(run, mark);
    return good;
}

bool
cel_join_candidates(CelRun *run, const CelNode *loop, Value list, CelCandidates *ret)
{
    const CelJoin *join = loop->join;
    Value keys[PARTS_MOST];
    uint64_t hash = 0;
    if (list.list->id == 0 || list.list->count < INDEX_FROM ||
        !other_values(run, join, keys, &hash))
        return false;
    const ListIndex *index = index_get(run, join, list);
    if (!index)
        return false;
    size_t equal = 0;
    uint32_t first = index->slots[hash & (index->slot_count - 1)];
    for (uint32_t at = first; at; at = index->next[at - 1])
        equal += same_keys(join, &index->keys[(at - 1) * join->count], keys);
    ret->at = CEL_ARRAY(run, uint32_t, equal + index->irregular_count);
    if (!ret->at || !cel_work(run, 1 + (equal + index->irregular_count) / 10))
        return false;
    ret->regular = index->irregular_count == 0;
    size_t irregular = 0;
    for (uint32_t at = first; at; at = index->next[at - 1]) {
        if (!same_keys(join, &index->keys[(at - 1) * join->count], keys))
            continue;
        while (irregular < index->irregular_count && index->irregular[irregular] < at - 1)
            ret->at[ret->count++] = index->irregular[irregular++];
        ret->at[ret->count++] = at - 1;
    }
    while (irregular < index->irregular_count)
        ret->at[ret->count++] = index->irregular[irregular++];
    return true;
}
