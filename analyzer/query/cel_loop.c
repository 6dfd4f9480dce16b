/* SPDX-License-Identifier: Apache-2.0 */
/* cel_loop.c -- the macros that go through a list or map.
 *
 * What is missing of a list can change the answer of exists, all, exists_one and of whatever is
 * built; RULES "Missing evidence is a value" says how. */
#include "analyzer/query/alike.h"
#include "analyzer/query/cel_run.h"

/* In shorter lists little is alike. */
enum { ALIKE_FROM = 16 };

typedef struct {
    CelRun *run;
    const CelNode *node;
    Value range;
    size_t count;           /* of elements to visit */
    CelCandidates few;      /* where an index names them */
    bool indexed;
    bool sure;              /* the predicate of each is known from the index */
    Alike *alike;           /* elements that were seen; NULL: none are remembered */
} Loop;

static const char *
macro_name(const CelNode *node)
{
    switch ((int)node->op) {
    case OP_ALL:
        return "all";
    case OP_EXISTS:
        return "exists";
    case OP_EXISTS_ONE:
        return "exists_one";
    case OP_FILTER:
        return "filter";
    case OP_SORT_BY:
        return "sortBy";
    case OP_TRANSFORM_MAP:
        return "transformMap";
    case OP_TRANSFORM_ENTRY:
        return "transformMapEntry";
    default:
        return node->two_variables ? "transformList" : "map";
    }
}

/* What one variable is bound to: the element of a list, the key of a map. */
static Value
element(const Loop *loop, size_t i)
{
    Value key;
    Value value;
    if (loop->range.type == VALUE_LIST)
        return value_item(loop->range, i);
    value_entry(loop->range, i, &key, &value);
    return key;
}

static size_t
bind(const Loop *loop, size_t visit)
{
    size_t i = loop->indexed ? loop->few.at[visit] : visit;
    Value *locals = loop->run->locals;
    Value *first = &locals[loop->node->slot];
    if (!loop->node->two_variables) {
        *first = element(loop, i);
    } else if (loop->range.type == VALUE_LIST) {
        *first = value_int((int64_t)i);
        locals[loop->node->slot2] = value_item(loop->range, i);
    } else {
        value_entry(loop->range, i, first, &locals[loop->node->slot2]);
    }
    return i;
}

/* Whether it is known what the predicate says of the bound element, which is like another.  What it looked
 * at is cited where it says the one thing, and forgotten where it says the other. */
static bool
is_known(const Loop *loop, const Value *bound, bool *ret)
{
    bool forgotten = loop->node->op == OP_ALL;
    return loop->alike && bound->type == VALUE_MAP && bound->is_node &&
           alike_find(loop->alike, bound->node, ret) &&
           (*ret == forgotten || cel_touches_are_full(loop->run->eval->touches));
}

/* The predicate of the bound element: a bool, unknown or error. */
static Value
predicate(const Loop *loop)
{
    CelRun *run = loop->run;
    const Value *bound = &run->locals[loop->node->slot];
    bool known = !loop->node->join || !loop->node->join->negated;
    if (loop->sure || is_known(loop, bound, &known))
        return cel_work(run, 1) ? value_bool(known) : cel_stopped(run);
    Value v = cel_settle(cel_eval_node(run, loop->node->args[1]));
    if (v.type == VALUE_BOOL && loop->alike && bound->is_node)
        alike_remember(loop->alike, bound->node, v.boolean);
    if (v.type == VALUE_BOOL || value_is_absorbing(v))
        return v;
    run->place = loop->node->args[1]->place;
    return cel_error(run, "the predicate of %s() gives '%s', not a bool", macro_name(loop->node),
                     value_type_name(v));
}

/* The list's own gap joins what came up. */
static Value
with_gap(const Loop *loop, Value kept)
{
    if (value_is_incomplete(loop->range))
        return cel_absorb(loop->run, kept, value_unknown(value_gap(loop->range)));
    return kept;
}

/* exists() and all(): one element that decides settles it whatever the others are. */
static Value
decide(const Loop *loop, bool decides)
{
    CelRun *run = loop->run;
    Value kept = value_bool(!decides);
    size_t mark = cel_touch_mark(run);
    for (size_t visit = 0; visit < loop->count && !run->limit; visit++) {
        (void)bind(loop, visit);
        Value v = predicate(loop);
        if (v.type == VALUE_BOOL && v.boolean == decides)
            return v;
        if (value_is_absorbing(v))
            kept = cel_absorb(run, kept, v);
        cel_touch_forget(run, mark);
    }
    cel_touch(run, loop->range);
    return with_gap(loop, kept);
}

static Value
exactly_one(const Loop *loop)
{
    CelRun *run = loop->run;
    Value kept = value_bool(false);
    size_t matches = 0;
    size_t start = cel_touch_mark(run);
    for (size_t visit = 0; visit < loop->count && !run->limit; visit++) {
        size_t mark = cel_touch_mark(run);
        (void)bind(loop, visit);
        Value v = predicate(loop);
        if (v.type == VALUE_BOOL && v.boolean)
            matches++;
        else
            cel_touch_forget(run, mark);
        if (value_is_absorbing(v))
            kept = cel_absorb(run, kept, v);
    }
    if (matches == 0) {
        cel_touch_forget(run, start);
        cel_touch(run, loop->range);
    }
    kept = with_gap(loop, kept);
    return value_is_absorbing(kept) ? kept : value_bool(matches == 1);
}

/* A list with the gaps of the range and of undecided elements. */
static Value
list_with_gap(const Loop *loop, const CelValues *values, const Gap *gap)
{
    CelRun *run = loop->run;
    if (run->limit)
        return cel_stopped(run);
    if (value_is_incomplete(loop->range)) {
        const Gap *joined = gap_join(run->arena, value_gap(loop->range), gap);
        gap = joined ? joined : value_gap(loop->range);
    }
    Value list = value_list(run->arena, values->items, values->count, gap);
    if (list.type == VALUE_LIST)
        list.origin = loop->range.origin;
    return list;
}

static Value
filter(const Loop *loop)
{
    CelRun *run = loop->run;
    CelValues kept = {0};
    const Gap *gap = NULL;
    Value error = value_null();
    size_t start = cel_touch_mark(run);
    for (size_t visit = 0; visit < loop->count && !run->limit; visit++) {
        size_t mark = cel_touch_mark(run);
        size_t i = bind(loop, visit);
        Value v = predicate(loop);
        if (v.type == VALUE_BOOL && v.boolean) {
            if (!cel_push(run, &kept, element(loop, i)))
                break;
            continue;
        }
        cel_touch_forget(run, mark);
        if (v.type == VALUE_UNKNOWN && v.gap != gap) {
            const Gap *joined = gap_join(run->arena, gap, v.gap);
            gap = joined ? joined : v.gap;
        } else if (v.type == VALUE_ERROR && error.type != VALUE_ERROR) {
            error = v;
        }
    }
    if (kept.count == 0) {
        cel_touch_forget(run, start);
        cel_touch(run, loop->range);
    }
    return error.type == VALUE_ERROR ? error : list_with_gap(loop, &kept, gap);
}

/* Whether the bound element passes the filter; *kept takes what went wrong. */
static bool
passes(const Loop *loop, Value *kept)
{
    if (!loop->node->args[1])
        return true;
    Value v = predicate(loop);
    if (value_is_absorbing(v))
        *kept = cel_absorb(loop->run, *kept, v);
    return v.type == VALUE_BOOL && v.boolean;
}

static Value
map(const Loop *loop)
{
    CelRun *run = loop->run;
    CelValues results = {0};
    Value kept = value_null();
    for (size_t visit = 0; visit < loop->count && !run->limit; visit++) {
        (void)bind(loop, visit);
        if (!passes(loop, &kept))
            continue;
        Value v = cel_eval_node(run, loop->node->args[2]);
        if (value_is_absorbing(v))
            kept = cel_absorb(run, kept, v);
        else if (!cel_push(run, &results, v))
            break;
    }
    if (loop->count == 0)
        cel_touch(run, loop->range);
    return value_is_absorbing(kept) ? kept : list_with_gap(loop, &results, NULL);
}

/* transformMap: the key or index stays; transformMapEntry: a map of one entry is merged. */
static Value
transform(const Loop *loop)
{
    CelRun *run = loop->run;
    CelMapBuilder built = {0};
    Value kept = value_null();
    for (size_t visit = 0; visit < loop->count && !run->limit; visit++) {
        (void)bind(loop, visit);
        if (!passes(loop, &kept))
            continue;
        Value key = run->locals[loop->node->slot];
        Value v = cel_settle(cel_eval_node(run, loop->node->args[2]));
        Value error = value_null();
        run->place = loop->node->args[2]->place;
        if (value_is_absorbing(v)) {
            kept = cel_absorb(run, kept, v);
            continue;
        }
        if (loop->node->op == OP_TRANSFORM_MAP) {
            if (!cel_map_add(run, &built, key, v, &error))
                kept = cel_absorb(run, kept, error);
            continue;
        }
        if (v.type != VALUE_MAP)
            return cel_no_overload(run, "transformMapEntry", &v, 1);
        for (size_t i = 0; i < value_count(v) && !run->limit; i++) {
            Value value;
            value_entry(v, i, &key, &value);
            if (!cel_map_add(run, &built, key, value, &error))
                kept = cel_absorb(run, kept, error);
        }
    }
    kept = with_gap(loop, kept);
    return value_is_absorbing(kept) ? kept : cel_map_done(run, &built);
}

static Value
sort_by(const Loop *loop)
{
    CelRun *run = loop->run;
    CelValues items = {0};
    CelValues keys = {0};
    Value kept = with_gap(loop, value_null());
    if (loop->range.type != VALUE_LIST)
        return cel_no_overload(run, "sortBy", &loop->range, 1);
    for (size_t visit = 0; visit < loop->count && !run->limit; visit++) {
        (void)bind(loop, visit);
        Value v = cel_settle(cel_eval_node(run, loop->node->args[1]));
        if (value_is_absorbing(v))
            kept = cel_absorb(run, kept, v);
        else if (!cel_push(run, &keys, v) || !cel_push(run, &items, element(loop, visit)))
            break;
    }
    run->place = loop->node->place;
    return value_is_absorbing(kept) ? kept : cel_sorted(run, items.items, keys.items, items.count);
}

/* Predicates that an index answers see only the elements that can matter. */
static bool
use_index(Loop *loop)
{
    CelRun *run = loop->run;
    const CelJoin *join = loop->node->join;
    if (!join || loop->range.type != VALUE_LIST || loop->range.is_node ||
        !cel_join_candidates(run, loop->node, loop->range, &loop->few))
        return false;
    loop->indexed = true;
    loop->count = loop->few.count;
    /* Citations and traces need the predicate to be walked. */
    loop->sure = join->whole && loop->few.regular && !run->eval->touches && !run->eval->tracer;
    return true;
}

/* all() with an equality that must hold for each: the first element that an index rules out
 * decides. */
static void
visit_first_other(Loop *loop, size_t all)
{
    CelRun *run = loop->run;
    size_t gap = 0;
    while (gap < loop->few.count && loop->few.at[gap] == gap)
        gap++;
    if (gap >= all) {
        /* Every element is a candidate.  If all are sure to be equal nothing is left. */
        if (loop->few.regular && loop->node->join->whole)
            loop->count = 0;
        return;
    }
    uint32_t *one = cel_alloc(run, sizeof *one);
    if (!one)
        return;
    *one = (uint32_t)gap;
    loop->few.at = one;
    loop->count = 1;
    loop->sure = false;
}

static Value
run_loop(CelRun *run, const CelNode *node, Value range)
{
    Loop loop = {.run = run, .node = node, .range = range};
    Alike alike;
    run->place = node->place;
    if (value_is_absorbing(loop.range))
        return loop.range;
    if (loop.range.type != VALUE_LIST && loop.range.type != VALUE_MAP)
        return cel_no_overload(run, macro_name(node), &loop.range, 1);
    loop.count = value_count(loop.range);
    size_t all = loop.count;
    if (use_index(&loop) && node->op == OP_ALL && !node->join->negated)
        visit_first_other(&loop, all);
    if (run->limit)
        return cel_stopped(run);
    if (node->looks_at && loop.count >= ALIKE_FROM && !loop.sure && !run->eval->tracer) {
        alike = (Alike){.fields = node->looks_at};
        loop.alike = &alike;
    }
    switch ((int)node->op) {
    case OP_ALL:
        return decide(&loop, false);
    case OP_EXISTS:
        return decide(&loop, true);
    case OP_EXISTS_ONE:
        return exactly_one(&loop);
    case OP_FILTER:
        return filter(&loop);
    case OP_SORT_BY:
        return sort_by(&loop);
    case OP_TRANSFORM_MAP:
    case OP_TRANSFORM_ENTRY:
        return transform(&loop);
    default:
        return map(&loop);
    }
}

Value
cel_eval_loop(CelRun *run, const CelNode *node)
{
    Value range = cel_eval_quietly(run, node->args[0]);
    run->loops++;
    Value v = run_loop(run, node, range);
    run->loops--;
    return v;
}
