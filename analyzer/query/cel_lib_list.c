/* SPDX-License-Identifier: Apache-2.0 */
/* cel_lib_list.c -- lists: CEL's extension and Kubernetes'. */
#include <math.h>
#include <string.h>

#include "analyzer/query/cel_libraries.h"

/* The elements as an array; NULL with *ret_bad filled where one is unknown, or the limit is. */
static const Value *
elements(CelRun *run, Value list, Value *ret_bad)
{
    size_t count = value_count(list);
    Value *items = cel_traverse(run, count) ? CEL_ARRAY(run, Value, count) : NULL;
    if (!items) {
        *ret_bad = cel_stopped(run);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        items[i] = value_item(list, i);
        if (value_is_absorbing(items[i])) {
            *ret_bad = items[i];
            return NULL;
        }
    }
    return items;
}

static Value
range(CelRun *run, const Value *args, size_t count)
{
    int64_t n = args[0].integer < 0 ? 0 : args[0].integer;
    (void)count;
    if (!cel_work(run, (uint64_t)n))
        return cel_stopped(run);
    Value *items = CEL_ARRAY(run, Value, (size_t)n);
    if (!items)
        return cel_stopped(run);
    for (int64_t i = 0; i < n; i++)
        items[i] = value_int(i);
    return cel_list(run, items, (size_t)n);
}

static Value
reverse(CelRun *run, const Value *args, size_t count)
{
    size_t n = value_count(args[0]);
    Value *items = cel_traverse(run, n) ? CEL_ARRAY(run, Value, n) : NULL;
    (void)count;
    if (!items)
        return cel_stopped(run);
    for (size_t i = 0; i < n; i++)
        items[i] = value_item(args[0], n - 1 - i);
    return cel_list(run, items, n);
}

static Value
slice(CelRun *run, const Value *args, size_t count)
{
    int64_t start = args[1].integer;
    int64_t end = args[2].integer;
    size_t n = value_count(args[0]);
    (void)count;
    if (start < 0 || end < start || (uint64_t)end > n)
        return cel_error(run, "cannot slice(%lld, %lld) a list of %zu", (long long)start,
                         (long long)end, n);
    size_t length = (size_t)(end - start);
    Value *items = cel_traverse(run, length) ? CEL_ARRAY(run, Value, length) : NULL;
    if (!items)
        return cel_stopped(run);
    for (size_t i = 0; i < length; i++)
        items[i] = value_item(args[0], (size_t)start + i);
    return cel_list(run, items, length);
}

/* depth -1: all. */
static Value
flatten_into(CelRun *run, Value list, int64_t depth, CelValues *out)
{
    for (size_t i = 0; i < value_count(list); i++) {
        Value item = value_item(list, i);
        Value bad = value_null();
        if (!cel_work(run, 1))
            return cel_stopped(run);
        item = item.type == VALUE_LIST ? cel_settle(item) : item;
        if (value_is_absorbing(item))
            return item;
        if (item.type == VALUE_LIST && depth != 0)
            bad = flatten_into(run, item, depth - 1, out);
        else if (!cel_push(run, out, item))
            return cel_stopped(run);
        if (value_is_absorbing(bad))
            return bad;
    }
    return value_null();
}

static Value
flatten(CelRun *run, const Value *args, size_t count)
{
    CelValues out = {0};
    int64_t depth = count > 1 ? args[1].integer : 1;
    if (depth < 0)
        return cel_error(run, "the depth of flatten() must not be negative");
    Value bad = flatten_into(run, args[0], depth, &out);
    return value_is_absorbing(bad) ? bad : cel_list(run, out.items, out.count);
}

/* --- distinct(): by hash where all elements have one, by comparing each with each where not --- */

/* Of a scalar, or of a complete list of scalars: what rules group by. */
static bool
group_hash(Value v, uint64_t *ret)
{
    if (v.type != VALUE_LIST)
        return value_hash(v, ret);
    if (value_is_incomplete(v))
        return false;
    *ret = value_count(v) + 1;
    for (size_t i = 0; i < value_count(v); i++) {
        uint64_t one;
        if (!value_hash(value_item(v, i), &one))
            return false;
        *ret = (*ret ^ one) * UINT64_C(1099511628211);
    }
    return true;
}

typedef struct {
    uint64_t *hashes;       /* one for each element */
    uint32_t *slots;        /* 1 + a position in what is kept; 0: free */
    uint32_t *kept;         /* positions of the elements that are kept */
    size_t mask;
} Groups;

/* false: some element has no hash, or there is no memory for it. */
static bool
groups_of(CelRun *run, const Value *items, size_t n, Groups *ret)
{
    size_t size = 16;
    while (size < 2 * n)
        size *= 2;
    *ret = (Groups){CEL_ARRAY(run, uint64_t, n), CEL_ARRAY(run, uint32_t, size),
                    CEL_ARRAY(run, uint32_t, n), size - 1};
    if (!ret->hashes || !ret->slots || !ret->kept)
        return false;
    memset(ret->slots, 0, size * sizeof *ret->slots);
    for (size_t i = 0; i < n; i++)
        if (!group_hash(items[i], &ret->hashes[i]))
            return false;
    return true;
}

static Value
distinct_by_hash(CelRun *run, const Value *items, size_t n, const Groups *groups)
{
    CelValues out = {0};
    for (size_t i = 0; i < n; i++) {
        size_t at = groups->hashes[i] & groups->mask;
        Value same = value_bool(false);
        for (; groups->slots[at] && !same.boolean; at = (at + 1) & groups->mask) {
            uint32_t other = groups->kept[groups->slots[at] - 1];
            if (groups->hashes[other] == groups->hashes[i])
                same = cel_equals(run, items[other], items[i]);
            if (value_is_absorbing(same))
                return same;
        }
        if (same.boolean)
            continue;
        groups->kept[out.count] = (uint32_t)i;
        if (!cel_push(run, &out, items[i]))
            return cel_stopped(run);
        groups->slots[at] = (uint32_t)out.count;
    }
    return cel_list(run, out.items, out.count);
}

static Value
distinct_by_pairs(CelRun *run, const Value *items, size_t n)
{
    CelValues out = {0};
    for (size_t i = 0; i < n; i++) {
        bool known = false;
        for (size_t k = 0; k < out.count && !known; k++) {
            Value same = cel_equals(run, out.items[k], items[i]);
            if (value_is_absorbing(same))
                return same;
            known = same.boolean;
        }
        if (!known && !cel_push(run, &out, items[i]))
            return cel_stopped(run);
    }
    return cel_list(run, out.items, out.count);
}

static Value
distinct(CelRun *run, const Value *args, size_t count)
{
    Value bad;
    Groups groups;
    size_t n = value_count(args[0]);
    const Value *items = elements(run, args[0], &bad);
    (void)count;
    if (!items)
        return bad;
    return groups_of(run, items, n, &groups) ? distinct_by_hash(run, items, n, &groups)
                                             : distinct_by_pairs(run, items, n);
}

/* Stable; by merging, so that the cost is known. */
Value
cel_sorted(CelRun *run, const Value *items, const Value *keys, size_t count)
{
    uint32_t *order = CEL_ARRAY(run, uint32_t, count);
    uint32_t *merged = CEL_ARRAY(run, uint32_t, count);
    Value *sorted = CEL_ARRAY(run, Value, count);
    if (!order || !merged || !sorted)
        return cel_stopped(run);
    for (size_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    for (size_t i = 1; i < count; i++) {
        int sign = 0;
        if (keys[i].type != keys[0].type || !value_compare(keys[0], keys[i], &sign))
            return cel_error(run, "values to sort must be of one comparable type, not '%s' and '%s'",
                             value_type_name(keys[0]), value_type_name(keys[i]));
    }
    for (size_t width = 1; width < count; width *= 2) {
        if (!cel_work(run, count))
            return cel_stopped(run);
        for (size_t low = 0; low < count; low += 2 * width) {
            size_t middle = low + width < count ? low + width : count;
            size_t high = low + 2 * width < count ? low + 2 * width : count;
            size_t a = low;
            size_t b = middle;
            for (size_t to = low; to < high; to++) {
                int sign = 0;
                bool both = a < middle && b < high;
                if (both)
                    (void)value_compare(keys[order[a]], keys[order[b]], &sign);
                merged[to] = (both ? sign <= 0 : a < middle) ? order[a++] : order[b++];
            }
        }
        uint32_t *swapped = order;
        order = merged;
        merged = swapped;
    }
    for (size_t i = 0; i < count; i++)
        sorted[i] = items[order[i]];
    return cel_list(run, sorted, count);
}

static Value
sort(CelRun *run, const Value *args, size_t count)
{
    Value bad;
    const Value *items = elements(run, args[0], &bad);
    (void)count;
    if (!items)
        return bad;
    size_t n = value_count(args[0]);
    int sign = 0;
    if (n == 1 && !value_compare(items[0], items[0], &sign))
        return cel_no_overload(run, "sort", items, 1);
    return cel_sorted(run, items, items, n);
}

static Value
first(CelRun *run, const Value *args, size_t count)
{
    (void)count;
    return value_count(args[0]) ? cel_optional_of(run, value_item(args[0], 0))
                                : value_optional(NULL);
}

static Value
last(CelRun *run, const Value *args, size_t count)
{
    size_t n = value_count(args[0]);
    (void)count;
    return n ? cel_optional_of(run, value_item(args[0], n - 1)) : value_optional(NULL);
}

static Value
is_sorted(CelRun *run, const Value *args, size_t count)
{
    Value bad;
    const Value *items = elements(run, args[0], &bad);
    (void)count;
    if (!items)
        return bad;
    bool sorted = true;
    for (size_t i = 1; i < value_count(args[0]); i++) {
        Value more = cel_operate(run, OP_MORE, items[i - 1], items[i]);
        if (value_is_absorbing(more))
            return more;
        sorted = sorted && !more.boolean;
    }
    return value_bool(sorted);
}

/* An empty list's sum is an int: there is nothing to tell its type by. */
static Value
sum(CelRun *run, const Value *args, size_t count)
{
    Value bad;
    const Value *items = elements(run, args[0], &bad);
    (void)count;
    if (!items)
        return bad;
    if (value_count(args[0]) == 0)
        return value_int(0);
    Value total = items[0];
    if (total.type != VALUE_INT && total.type != VALUE_UINT && total.type != VALUE_DOUBLE &&
        total.type != VALUE_DURATION)
        return cel_no_overload(run, "sum", &total, 1);
    for (size_t i = 1; i < value_count(args[0]); i++) {
        total = cel_operate(run, OP_ADD, total, items[i]);
        if (value_is_absorbing(total))
            return total;
    }
    return total;
}

static Value
extreme(CelRun *run, Value list, CelOp better, const char *name)
{
    Value bad;
    const Value *items = elements(run, list, &bad);
    if (!items)
        return bad;
    if (value_count(list) == 0)
        return cel_error(run, "%s() of an empty list", name);
    Value best = items[0];
    for (size_t i = 1; i < value_count(list); i++) {
        Value wins = cel_operate(run, better, items[i], best);
        if (value_is_absorbing(wins))
            return wins;
        best = wins.boolean ? items[i] : best;
    }
    return best;
}

static Value
min(CelRun *run, const Value *args, size_t count)
{
    (void)count;
    return extreme(run, args[0], OP_LESS, "min");
}

static Value
max(CelRun *run, const Value *args, size_t count)
{
    (void)count;
    return extreme(run, args[0], OP_MORE, "max");
}

/* The first (or last) position of an equal element, -1 where there is none. */
static Value
position(CelRun *run, Value list, Value sought, bool backwards)
{
    size_t n = value_count(list);
    for (size_t i = 0; i < n; i++) {
        size_t at = backwards ? n - 1 - i : i;
        Value same = cel_equals(run, value_item(list, at), sought);
        if (value_is_absorbing(same))
            return same;
        if (same.boolean)
            return value_int((int64_t)at);
    }
    return value_int(-1);
}

static Value
index_of(CelRun *run, const Value *args, size_t count)
{
    (void)count;
    return position(run, args[0], args[1], false);
}

static Value
last_index_of(CelRun *run, const Value *args, size_t count)
{
    (void)count;
    return position(run, args[0], args[1], true);
}

static Value
includes(CelRun *run, const Value *args, size_t count)
{
    Value at = position(run, args[0], args[1], false);
    (void)count;
    return value_is_absorbing(at) ? at : value_bool(at.integer >= 0);
}

#define LIB "lists"
#define K8S "kubernetes.lists"
static const CelFunction ROWS[] = {
    {"lists.range", 0, "i", range, LIB, "lists.range(n) -> list", "the ints from 0 to n - 1"},
    {"reverse", CEL_METHOD, "l", reverse, LIB, "list.reverse() -> list",
     "the elements in reverse"},
    {"slice", CEL_METHOD, "lii", slice, LIB, "list.slice(start, end) -> list",
     "the elements from start to before end"},
    {"flatten", CEL_METHOD, "l?i", flatten, LIB, "list.flatten([depth]) -> list",
     "the elements of the lists in a list, to a depth of 1 or more"},
    {"distinct", CEL_METHOD, "l", distinct, LIB, "list.distinct() -> list",
     "the elements without repetitions"},
    {"sort", CEL_METHOD, "l", sort, LIB, "list.sort() -> list", "the elements in order"},
    {"first", CEL_METHOD, "l", first, LIB, "list.first() -> optional", "the first element, if any"},
    {"last", CEL_METHOD, "l", last, LIB, "list.last() -> optional", "the last element, if any"},
    {"isSorted", CEL_METHOD, "l", is_sorted, K8S, "list.isSorted() -> bool",
     "whether no element is less than the one before"},
    {"sum", CEL_METHOD, "l", sum, K8S, "list.sum() -> number | duration", "all elements added"},
    {"min", CEL_METHOD, "l", min, K8S, "list.min() -> any", "the least element"},
    {"max", CEL_METHOD, "l", max, K8S, "list.max() -> any", "the greatest element"},
    {"indexOf", CEL_METHOD, "l.", index_of, K8S, "list.indexOf(any) -> int",
     "where an element stands first, -1 where it does not"},
    {"lastIndexOf", CEL_METHOD, "l.", last_index_of, K8S, "list.lastIndexOf(any) -> int",
     "where an element stands last, -1 where it does not"},
    {"includes", CEL_METHOD, "l.", includes, K8S, "list.includes(any) -> bool",
     "whether an element is in the list"},
};
const CelLibrary CEL_LIBRARY_lists = CEL_LIBRARY(ROWS);
