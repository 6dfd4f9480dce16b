/* SPDX-License-Identifier: Apache-2.0 */
/* cel_operator.c -- arithmetic, comparison and membership. */
#include <math.h>
#include <string.h>

#include "analyzer/query/cel_run.h"
#include "analyzer/query/cel_time.h"

static const char *
name_of(CelOp op)
{
    switch ((int)op) {
    case OP_NOT:
        return "!";
    case OP_NEGATE:
    case OP_SUBTRACT:
        return "-";
    case OP_ADD:
        return "+";
    case OP_MULTIPLY:
        return "*";
    case OP_DIVIDE:
        return "/";
    case OP_MODULO:
        return "%";
    case OP_LESS:
        return "<";
    case OP_AT_MOST:
        return "<=";
    case OP_MORE:
        return ">";
    case OP_AT_LEAST:
        return ">=";
    case OP_IN:
        return "in";
    case OP_EQUAL:
        return "==";
    case OP_UNEQUAL:
        return "!=";
    case OP_NONE:
    case OP_ALL:
    case OP_EXISTS:
    case OP_EXISTS_ONE:
    case OP_FILTER:
    case OP_SORT_BY:
    case OP_MAP:
    case OP_TRANSFORM_MAP:
    case OP_TRANSFORM_ENTRY:
    case OP_OPT_MAP:
    case OP_OPT_FLAT_MAP:
        break;
    }
    return "?";
}

static Value
no_overload(CelRun *run, CelOp op, Value a, Value b)
{
    Value args[2] = {a, b};
    return cel_no_overload(run, name_of(op), args, op == OP_NOT || op == OP_NEGATE ? 1 : 2);
}

static Value
overflow(CelRun *run, CelOp op)
{
    return cel_error(run, "overflow of '%s'", name_of(op));
}

static Value
operate_ints(CelRun *run, CelOp op, int64_t a, int64_t b)
{
    int64_t result = 0;
    bool over = false;
    if ((op == OP_DIVIDE || op == OP_MODULO) && b == 0)
        return cel_error(run, op == OP_DIVIDE ? "division by zero" : "modulus by zero");
    if (op == OP_ADD)
        over = __builtin_add_overflow(a, b, &result);
    else if (op == OP_SUBTRACT)
        over = __builtin_sub_overflow(a, b, &result);
    else if (op == OP_MULTIPLY)
        over = __builtin_mul_overflow(a, b, &result);
    else if (a == INT64_MIN && b == -1)
        over = true;
    else
        result = op == OP_DIVIDE ? a / b : a % b;
    return over ? overflow(run, op) : value_int(result);
}

static Value
operate_uints(CelRun *run, CelOp op, uint64_t a, uint64_t b)
{
    uint64_t result = 0;
    bool over = false;
    if ((op == OP_DIVIDE || op == OP_MODULO) && b == 0)
        return cel_error(run, op == OP_DIVIDE ? "division by zero" : "modulus by zero");
    if (op == OP_ADD)
        over = __builtin_add_overflow(a, b, &result);
    else if (op == OP_SUBTRACT)
        over = __builtin_sub_overflow(a, b, &result);
    else if (op == OP_MULTIPLY)
        over = __builtin_mul_overflow(a, b, &result);
    else
        result = op == OP_DIVIDE ? a / b : a % b;
    return over ? overflow(run, op) : value_uint(result);
}

static Value
operate_doubles(CelRun *run, CelOp op, double a, double b)
{
    switch ((int)op) {
    case OP_ADD:
        return value_double(a + b);
    case OP_SUBTRACT:
        return value_double(a - b);
    case OP_MULTIPLY:
        return value_double(a * b);
    case OP_DIVIDE:
        return value_double(a / b);
    default:
        return no_overload(run, op, value_double(a), value_double(b));
    }
}

static Value
join_texts(CelRun *run, Value a, Value b)
{
    size_t n = a.string.n + b.string.n;
    char *text = cel_traverse(run, n) ? cel_alloc(run, n + 1) : NULL;
    if (!text)
        return cel_stopped(run);
    if (a.string.n)
        memcpy(text, a.string.p, a.string.n);
    if (b.string.n)
        memcpy(text + a.string.n, b.string.p, b.string.n);
    text[n] = '\0';
    Str joined = {text, n};
    return a.type == VALUE_STRING ? value_string(joined) : value_bytes(joined);
}

static Value
join_lists(CelRun *run, Value a, Value b)
{
    size_t first = value_count(a);
    size_t count = first + value_count(b);
    if (first == 0 || count == first)
        return first == 0 ? b : a;
    Value *items = cel_traverse(run, count) ? CEL_ARRAY(run, Value, count) : NULL;
    if (!items)
        return cel_stopped(run);
    for (size_t i = 0; i < count; i++)
        items[i] = i < first ? value_item(a, i) : value_item(b, i - first);
    return cel_list(run, items, count);
}

/* Timestamps and durations. */
static Value
operate_times(CelRun *run, CelOp op, Value a, Value b)
{
    int64_t ns = 0;
    bool add = op == OP_ADD;
    if (!add && op != OP_SUBTRACT)
        return no_overload(run, op, a, b);
    if (a.type == VALUE_DURATION && b.type == VALUE_DURATION) {
        bool over = add ? __builtin_add_overflow(a.integer, b.integer, &ns)
                        : __builtin_sub_overflow(a.integer, b.integer, &ns);
        return over ? cel_error(run, "duration out of range") : value_duration(ns);
    }
    if (a.type == VALUE_TIMESTAMP && b.type == VALUE_DURATION)
        return cel_time_add(run, a, b.integer, !add);
    if (add && a.type == VALUE_DURATION && b.type == VALUE_TIMESTAMP)
        return cel_time_add(run, b, a.integer, false);
    if (!add && a.type == VALUE_TIMESTAMP && b.type == VALUE_TIMESTAMP)
        return cel_time_difference(run, a, b);
    return no_overload(run, op, a, b);
}

static Value
calculate(CelRun *run, CelOp op, Value a, Value b)
{
    bool time = a.type == VALUE_TIMESTAMP || a.type == VALUE_DURATION;
    if (time && (b.type == VALUE_TIMESTAMP || b.type == VALUE_DURATION))
        return operate_times(run, op, a, b);
    if (a.type != b.type)
        return no_overload(run, op, a, b);
    if (a.type == VALUE_INT)
        return operate_ints(run, op, a.integer, b.integer);
    if (a.type == VALUE_UINT)
        return operate_uints(run, op, a.natural, b.natural);
    if (a.type == VALUE_DOUBLE)
        return operate_doubles(run, op, a.number, b.number);
    if (op == OP_ADD && (a.type == VALUE_STRING || a.type == VALUE_BYTES))
        return join_texts(run, a, b);
    if (op == OP_ADD && a.type == VALUE_LIST)
        return join_lists(run, a, b);
    return no_overload(run, op, a, b);
}

static bool
is_nan(Value v)
{
    return v.type == VALUE_DOUBLE && isnan(v.number);
}

static bool
is_number(Value v)
{
    return v.type == VALUE_INT || v.type == VALUE_UINT || v.type == VALUE_DOUBLE;
}

static Value
order(CelRun *run, CelOp op, Value a, Value b)
{
    int sign = 0;
    if (!value_compare(a, b, &sign)) {
        if (is_number(a) && is_number(b) && (is_nan(a) || is_nan(b)))
            return value_bool(false);
        return no_overload(run, op, a, b);
    }
    switch ((int)op) {
    case OP_LESS:
        return value_bool(sign < 0);
    case OP_AT_MOST:
        return value_bool(sign <= 0);
    case OP_MORE:
        return value_bool(sign > 0);
    default:
        return value_bool(sign >= 0);
    }
}

Value
cel_equals(CelRun *run, Value a, Value b)
{
    Value same = value_equals_within(a, b, &run->steps_left);
    if (same.type == VALUE_ERROR && same.error->limit) {
        (void)cel_work(run, 1);
        return cel_stopped(run);
    }
    return same;
}

static Value
is_in(CelRun *run, Value item, Value range)
{
    Value found;
    if (range.type == VALUE_MAP) {
        if (!cel_traverse(run, value_count(range)))
            return cel_stopped(run);
        bool has = value_find_key(range, item, &found);
        if (!has && value_is_incomplete(range))
            return value_unknown(value_gap(range));
        cel_touch(run, has ? found : range);
        return value_bool(has);
    }
    if (range.type != VALUE_LIST)
        return no_overload(run, OP_IN, item, range);
    Value kept = value_bool(false);
    size_t count = value_count(range);
    for (size_t i = 0; i < count; i++) {
        Value element = value_item(range, i);
        Value same = cel_equals(run, element, item);
        if (same.type == VALUE_BOOL && same.boolean) {
            cel_touch(run, element);
            return same;
        }
        if (same.type != VALUE_BOOL)
            kept = cel_absorb(run, kept, same);
        if (run->limit)
            return cel_stopped(run);
    }
    cel_touch(run, range);
    if (value_is_incomplete(range))
        kept = cel_absorb(run, kept, value_unknown(value_gap(range)));
    return kept;
}

static Value
negate(CelRun *run, CelOp op, Value v)
{
    if (op == OP_NOT && v.type == VALUE_BOOL)
        return value_bool(!v.boolean);
    if (op == OP_NEGATE && v.type == VALUE_INT)
        return v.integer == INT64_MIN ? overflow(run, op) : value_int(-v.integer);
    if (op == OP_NEGATE && v.type == VALUE_DOUBLE)
        return value_double(-v.number);
    return no_overload(run, op, v, v);
}

Value
cel_operate(CelRun *run, CelOp op, Value a, Value b)
{
    Value kept = value_null();
    /* These three know what an incomplete list is. */
    bool sees_b = op == OP_IN || op == OP_EQUAL || op == OP_UNEQUAL;
    bool sees_a = op == OP_EQUAL || op == OP_UNEQUAL;
    a = sees_a ? a : cel_settle(a);
    b = sees_b ? b : cel_settle(b);
    if (value_is_absorbing(a))
        kept = a;
    if (value_is_absorbing(b))
        kept = cel_absorb(run, kept, b);
    if (value_is_absorbing(kept))
        return kept;
    if (op == OP_NOT || op == OP_NEGATE)
        return negate(run, op, a);
    if (op == OP_IN)
        return is_in(run, a, b);
    if (op == OP_EQUAL || op == OP_UNEQUAL) {
        Value same = cel_equals(run, a, b);
        return same.type == VALUE_BOOL ? value_bool(same.boolean == (op == OP_EQUAL)) : same;
    }
    if (op == OP_LESS || op == OP_AT_MOST || op == OP_MORE || op == OP_AT_LEAST)
        return order(run, op, a, b);
    return calculate(run, op, a, b);
}
