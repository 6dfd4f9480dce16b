/* SPDX-License-Identifier: Apache-2.0 */
/* cel_lib_math.c -- the math extension. */
#include <math.h>

#include "analyzer/query/cel_libraries.h"

static Value
extreme(CelRun *run, const Value *args, size_t count, CelOp better, const char *name)
{
    bool list = count == 1 && args[0].type == VALUE_LIST;
    size_t n = list ? value_count(args[0]) : count;
    Value best = value_null();
    if (n == 0)
        return cel_error(run, "%s() of an empty list", name);
    for (size_t i = 0; i < n; i++) {
        Value v = list ? value_item(args[0], i) : args[i];
        if (value_is_absorbing(v))
            return v;
        if (v.type != VALUE_INT && v.type != VALUE_UINT && v.type != VALUE_DOUBLE)
            return cel_no_overload(run, name, &v, 1);
        Value wins = i == 0 ? value_bool(true) : cel_operate(run, better, v, best);
        if (value_is_absorbing(wins))
            return wins;
        best = wins.boolean ? v : best;
    }
    return best;
}

static Value
greatest(CelRun *run, const Value *args, size_t count)
{
    return extreme(run, args, count, OP_MORE, "math.greatest");
}

static Value
least(CelRun *run, const Value *args, size_t count)
{
    return extreme(run, args, count, OP_LESS, "math.least");
}

#define DOUBLE_FUNCTION(name, expression)                            \
    static Value name(CelRun *run, const Value *args, size_t count)  \
    {                                                                \
        double x = args[0].number;                                   \
        (void)run;                                                   \
        (void)count;                                                 \
        return expression;                                           \
    }
DOUBLE_FUNCTION(math_ceil, value_double(ceil(x)))
DOUBLE_FUNCTION(math_floor, value_double(floor(x)))
DOUBLE_FUNCTION(math_round, value_double(round(x)))
DOUBLE_FUNCTION(math_trunc, value_double(trunc(x)))
DOUBLE_FUNCTION(is_nan, value_bool(isnan(x)))
DOUBLE_FUNCTION(is_inf, value_bool(isinf(x)))
DOUBLE_FUNCTION(is_finite, value_bool(isfinite(x)))

static double
as_double(Value v)
{
    if (v.type == VALUE_INT)
        return (double)v.integer;
    return v.type == VALUE_UINT ? (double)v.natural : v.number;
}

static Value
square_root(CelRun *run, const Value *args, size_t count)
{
    (void)run;
    (void)count;
    return value_double(sqrt(as_double(args[0])));
}

static Value
absolute(CelRun *run, const Value *args, size_t count)
{
    Value v = args[0];
    (void)count;
    if (v.type == VALUE_DOUBLE)
        return value_double(fabs(v.number));
    if (v.type == VALUE_UINT || v.integer >= 0)
        return v;
    return v.integer == INT64_MIN ? cel_error(run, "overflow of 'math.abs'")
                                  : value_int(-v.integer);
}

static Value
sign(CelRun *run, const Value *args, size_t count)
{
    Value v = args[0];
    (void)run;
    (void)count;
    if (v.type == VALUE_INT)
        return value_int((v.integer > 0) - (v.integer < 0));
    if (v.type == VALUE_UINT)
        return value_uint(v.natural > 0);
    return isnan(v.number) ? v : value_double((v.number > 0) - (v.number < 0));
}

/* The 64 bits of an int or uint, and back into one of the same type. */
static uint64_t
bits_of(Value v)
{
    return v.type == VALUE_INT ? (uint64_t)v.integer : v.natural;
}

static Value
of_bits(Value like, uint64_t bits)
{
    return like.type == VALUE_INT ? value_int((int64_t)bits) : value_uint(bits);
}

static Value
bit_and(CelRun *run, const Value *args, size_t count)
{
    (void)run;
    (void)count;
    return of_bits(args[0], bits_of(args[0]) & bits_of(args[1]));
}

static Value
bit_or(CelRun *run, const Value *args, size_t count)
{
    (void)run;
    (void)count;
    return of_bits(args[0], bits_of(args[0]) | bits_of(args[1]));
}

static Value
bit_xor(CelRun *run, const Value *args, size_t count)
{
    (void)run;
    (void)count;
    return of_bits(args[0], bits_of(args[0]) ^ bits_of(args[1]));
}

static Value
bit_not(CelRun *run, const Value *args, size_t count)
{
    (void)run;
    (void)count;
    return of_bits(args[0], ~bits_of(args[0]));
}

/* Shifts are logical: nothing is filled with the sign. */
static Value
shift(CelRun *run, const Value *args, bool left)
{
    int64_t by = args[1].integer;
    if (by < 0)
        return cel_error(run, "negative shift: %lld", (long long)by);
    if (by >= 64)
        return of_bits(args[0], 0);
    uint64_t bits = bits_of(args[0]);
    return of_bits(args[0], left ? bits << by : bits >> by);
}

static Value
shift_left(CelRun *run, const Value *args, size_t count)
{
    (void)count;
    return shift(run, args, true);
}

static Value
shift_right(CelRun *run, const Value *args, size_t count)
{
    (void)count;
    return shift(run, args, false);
}

#define LIB "math"
#define DOUBLE(name, fn, result, help) \
    {"math." name, 0, "d", fn, LIB, "math." name "(double) -> " result, help}
#define BITS(name, fn, help)                                                             \
    {"math." name, 0, "ii", fn, LIB, "math." name "(int, int) -> int", help},            \
    {"math." name, 0, "uu", fn, LIB, "math." name "(uint, uint) -> uint", help}
static const CelFunction ROWS[] = {
    {"math.greatest", 0, "l", greatest, LIB, "math.greatest(list) -> number",
     "the greatest number"},
    {"math.greatest", 0, "n*", greatest, LIB, "math.greatest(number, ...) -> number",
     "the greatest number"},
    {"math.least", 0, "l", least, LIB, "math.least(list) -> number", "the least number"},
    {"math.least", 0, "n*", least, LIB, "math.least(number, ...) -> number", "the least number"},
    DOUBLE("ceil", math_ceil, "double", "the nearest whole number that is not less"),
    DOUBLE("floor", math_floor, "double", "the nearest whole number that is not greater"),
    DOUBLE("round", math_round, "double", "the nearest whole number, halves away from zero"),
    DOUBLE("trunc", math_trunc, "double", "the whole part"),
    DOUBLE("isNaN", is_nan, "bool", "whether it is no number"),
    DOUBLE("isInf", is_inf, "bool", "whether it is infinite"),
    DOUBLE("isFinite", is_finite, "bool", "whether it is neither infinite nor NaN"),
    {"math.abs", 0, "n", absolute, LIB, "math.abs(number) -> number", "without its sign"},
    {"math.sign", 0, "n", sign, LIB, "math.sign(number) -> number", "-1, 0 or 1"},
    {"math.sqrt", 0, "n", square_root, LIB, "math.sqrt(number) -> double", "the square root"},
    BITS("bitAnd", bit_and, "bits set in both"),
    BITS("bitOr", bit_or, "bits set in either"),
    BITS("bitXor", bit_xor, "bits set in one only"),
    {"math.bitNot", 0, "i", bit_not, LIB, "math.bitNot(int) -> int", "all bits turned over"},
    {"math.bitNot", 0, "u", bit_not, LIB, "math.bitNot(uint) -> uint", "all bits turned over"},
    {"math.bitShiftLeft", 0, "ii", shift_left, LIB, "math.bitShiftLeft(int, int) -> int",
     "bits moved up"},
    {"math.bitShiftLeft", 0, "ui", shift_left, LIB, "math.bitShiftLeft(uint, int) -> uint",
     "bits moved up"},
    {"math.bitShiftRight", 0, "ii", shift_right, LIB, "math.bitShiftRight(int, int) -> int",
     "bits moved down, zeros behind them"},
    {"math.bitShiftRight", 0, "ui", shift_right, LIB, "math.bitShiftRight(uint, int) -> uint",
     "bits moved down, zeros behind them"},
};
const CelLibrary CEL_LIBRARY_math = CEL_LIBRARY(ROWS);
