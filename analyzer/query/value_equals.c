/* SPDX-License-Identifier: Apache-2.0 */
/* value_equals.c -- CEL's equality, order and hash: numbers on one line, exactly. */
#include "analyzer/query/value.h"

#include <math.h>
#include <string.h>

#include "base/limits.h"
#include "base/map.h"

static const ValueError TOO_MANY_STEPS = {
    .text = STR_INIT("comparing these values takes too many steps"),
    .limit = true,
};

static Value equals(Value a, Value b, uint64_t *steps);

static bool
is_number(Value v)
{
    return v.type == VALUE_INT || v.type == VALUE_UINT || v.type == VALUE_DOUBLE;
}

static int
order_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int
order_i64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* One past the largest int and uint: the doubles that those two numbers become. */
#define INT_END 9223372036854775808.0
#define UINT_END 18446744073709551616.0

/* Whether a number is the largest of its type and the double is what it becomes.  No double
 * tells them apart, and cel-spec's conformance tests have them equal; everywhere else the line
 * is exact. */
static bool
is_end_of_type(Value whole, double d)
{
    double end = whole.type == VALUE_INT ? INT_END : UINT_END;
    bool largest = whole.type == VALUE_INT ? whole.integer == INT64_MAX
                                           : whole.natural == UINT64_MAX;
    return largest && d >= end && d <= end;
}

/* An int or uint against a double that is no NaN.  The double is never rounded: it is cut
 * to its whole part, which is exact, once it is known to fit. */
static int
order_whole_double(Value whole, double d)
{
    if (is_end_of_type(whole, d))
        return 0;
    bool negative = whole.type == VALUE_INT && whole.integer < 0;
    if (d < -INT_END)
        return 1;
    if (d >= UINT_END)
        return -1;
    double cut = trunc(d);
    int order;
    if (negative)
        order = cut >= 0 ? -1 : order_i64(whole.integer, (int64_t)cut);
    else if (cut < 0)
        order = 1;
    else
        order = order_u64(whole.type == VALUE_INT ? (uint64_t)whole.integer : whole.natural,
                          (uint64_t)cut);
    if (order != 0)
        return order;
    return (d < cut) - (d > cut);
}

/* False where one is NaN. */
static bool
compare_numbers(Value a, Value b, int *ret)
{
    if ((a.type == VALUE_DOUBLE && isnan(a.number)) || (b.type == VALUE_DOUBLE && isnan(b.number)))
        return false;
    if (a.type == VALUE_DOUBLE && b.type == VALUE_DOUBLE)
        *ret = (a.number > b.number) - (a.number < b.number);
    else if (a.type == VALUE_DOUBLE)
        *ret = -order_whole_double(b, a.number);
    else if (b.type == VALUE_DOUBLE)
        *ret = order_whole_double(a, b.number);
    else if (a.type == VALUE_INT && a.integer < 0)
        *ret = b.type == VALUE_INT ? order_i64(a.integer, b.integer) : -1;
    else if (b.type == VALUE_INT && b.integer < 0)
        *ret = 1;
    else
        *ret = order_u64(a.type == VALUE_INT ? (uint64_t)a.integer : a.natural,
                         b.type == VALUE_INT ? (uint64_t)b.integer : b.natural);
    return true;
}

bool
value_compare(Value a, Value b, int *ret)
{
    if (is_number(a) && is_number(b))
        return compare_numbers(a, b, ret);
    if (a.type != b.type)
        return false;
    switch ((ValueType)a.type) {
    case VALUE_BOOL:
        *ret = (int)a.boolean - (int)b.boolean;
        return true;
    case VALUE_STRING:
    case VALUE_BYTES: {
        int order = str_cmp(a.string, b.string);
        *ret = (order > 0) - (order < 0);
        return true;
    }
    case VALUE_TIMESTAMP:
        *ret = order_i64(a.time.seconds, b.time.seconds);
        if (*ret == 0)
            *ret = order_i64(a.time.nanos, b.time.nanos);
        return true;
    case VALUE_DURATION:
        *ret = order_i64(a.integer, b.integer);
        return true;
    case VALUE_NULL:
    case VALUE_INT:
    case VALUE_UINT:
    case VALUE_DOUBLE:
    case VALUE_LIST:
    case VALUE_MAP:
    case VALUE_TYPE:
    case VALUE_OPTIONAL:
    case VALUE_OPAQUE:
    case VALUE_UNKNOWN:
    case VALUE_ERROR:
        break;
    }
    return false;
}

/* Unknown before error, the first of each; v must absorb. */
static Value
stronger(Value kept, Value v)
{
    if (kept.type == VALUE_BOOL || (kept.type == VALUE_ERROR && v.type == VALUE_UNKNOWN))
        return v;
    return kept;
}

/* One of them is incomplete. */
static Value
equal_incomplete(Value a, Value b)
{
    Value some = value_is_incomplete(a) ? a : b;
    Value other = value_is_incomplete(a) ? b : a;
    bool empty = some.type == other.type && !value_is_incomplete(other) && value_count(other) == 0;
    return empty && value_count(some) > 0 ? value_bool(false) : value_unknown(value_gap(some));
}

static Value
equal_lists(Value a, Value b, uint64_t *steps)
{
    size_t count = value_count(a);
    if (count != value_count(b))
        return value_bool(false);
    Value result = value_bool(true);
    for (size_t i = 0; i < count; i++) {
        Value same = equals(value_item(a, i), value_item(b, i), steps);
        if (same.type == VALUE_BOOL && !same.boolean)
            return same;
        if (same.type != VALUE_BOOL)
            result = stronger(result, same);
        if (same.type == VALUE_ERROR && same.error->limit)
            return same;
    }
    return result;
}

static Value
equal_maps(Value a, Value b, uint64_t *steps)
{
    size_t count = value_count(a);
    if (count != value_count(b))
        return value_bool(false);
    Value result = value_bool(true);
    for (size_t i = 0; i < count; i++) {
        Value key;
        Value value;
        Value other;
        value_entry(a, i, &key, &value);
        if (!value_find_key(b, key, &other))
            return value_bool(false);
        Value same = equals(value, other, steps);
        if (same.type == VALUE_BOOL && !same.boolean)
            return same;
        if (same.type != VALUE_BOOL)
            result = stronger(result, same);
        if (same.type == VALUE_ERROR && same.error->limit)
            return same;
    }
    return result;
}

static Value
equals(Value a, Value b, uint64_t *steps)
{
    if (*steps == 0)
        return (Value){.type = VALUE_ERROR, .error = &TOO_MANY_STEPS};
    --*steps;
    if (value_is_absorbing(a))
        return value_is_absorbing(b) ? stronger(a, b) : a;
    if (value_is_absorbing(b))
        return b;
    int order = 0;
    if (is_number(a) && is_number(b))
        return value_bool(compare_numbers(a, b, &order) && order == 0);
    if (value_is_incomplete(a) || value_is_incomplete(b))
        return equal_incomplete(a, b);
    if (a.type != b.type)
        return value_bool(false);
    switch ((ValueType)a.type) {
    case VALUE_NULL:
        return value_bool(true);
    case VALUE_LIST:
        return equal_lists(a, b, steps);
    case VALUE_MAP:
        return equal_maps(a, b, steps);
    case VALUE_TYPE:
        return value_bool(str_eq(a.string, b.string));
    case VALUE_OPTIONAL:
        if (!a.inner || !b.inner)
            return value_bool(a.inner == b.inner);
        return equals(*a.inner, *b.inner, steps);
    case VALUE_OPAQUE:
        return value_bool(a.opaque.type == b.opaque.type &&
                          a.opaque.type->equals(a.opaque.data, b.opaque.data));
    case VALUE_STRING:
    case VALUE_BYTES:
        return value_bool(str_eq(a.string, b.string));
    case VALUE_BOOL:
    case VALUE_TIMESTAMP:
    case VALUE_DURATION:
    case VALUE_INT:
    case VALUE_UINT:
    case VALUE_DOUBLE:
    case VALUE_UNKNOWN:
    case VALUE_ERROR:
        break;
    }
    return value_bool(value_compare(a, b, &order) && order == 0);
}

Value
value_equals_within(Value a, Value b, uint64_t *steps)
{
    return equals(a, b, steps);
}

Value
value_equals(Value a, Value b)
{
    uint64_t steps = LIMIT_CEL_STEPS;
    return equals(a, b, &steps);
}

static uint64_t
mix(uint64_t x)
{
    x ^= x >> 30;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* Whole numbers hash by their 64 bits whatever their type; -1 and 2^64 - 1 may collide.  The
 * largest int hashes as the number after it, see is_end_of_type(). */
static uint64_t
hash_whole(uint64_t bits)
{
    return mix(bits == INT64_MAX ? bits + 1 : bits);
}

static uint64_t
hash_double(double d)
{
    double cut = trunc(d);
    if (d >= UINT_END && d <= UINT_END)
        return hash_whole(UINT64_MAX);
    if (cut >= d && cut <= d && d >= -INT_END && d < UINT_END)
        return hash_whole(d < 0 ? (uint64_t)(int64_t)d : (uint64_t)d);
    uint64_t bits = 0;
    memcpy(&bits, &d, sizeof bits);
    return mix(bits);
}

bool
value_hash(Value v, uint64_t *ret)
{
    switch ((ValueType)v.type) {
    case VALUE_NULL:
        *ret = mix(1);
        return true;
    case VALUE_BOOL:
        *ret = mix(v.boolean ? 3 : 2);
        return true;
    case VALUE_INT:
        *ret = hash_whole((uint64_t)v.integer);
        return true;
    case VALUE_UINT:
        *ret = hash_whole(v.natural);
        return true;
    case VALUE_DOUBLE:
        *ret = hash_double(v.number);
        return !isnan(v.number);
    case VALUE_STRING:
    case VALUE_BYTES:
    case VALUE_TYPE:
        *ret = map_hash(v.string);
        return true;
    case VALUE_TIMESTAMP:
        *ret = mix((uint64_t)v.time.seconds ^ ((uint64_t)(uint32_t)v.time.nanos << 34));
        return true;
    case VALUE_DURATION:
        *ret = mix((uint64_t)v.integer + 5);
        return true;
    case VALUE_LIST:
    case VALUE_MAP:
    case VALUE_OPTIONAL:
    case VALUE_OPAQUE:
    case VALUE_UNKNOWN:
    case VALUE_ERROR:
        break;
    }
    return false;
}
