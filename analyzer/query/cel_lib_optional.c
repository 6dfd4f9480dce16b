/* SPDX-License-Identifier: Apache-2.0 */
/* cel_lib_optional.c -- values that may be absent. */
#include "analyzer/query/cel_libraries.h"
#include "analyzer/query/cel_time.h"

static Value
none(CelRun *run, const Value *args, size_t count)
{
    (void)run;
    (void)args;
    (void)count;
    return value_optional(NULL);
}

static Value
of(CelRun *run, const Value *args, size_t count)
{
    (void)count;
    return cel_optional_of(run, args[0]);
}

static bool
is_zero(Value v)
{
    switch ((int)v.type) {
    case VALUE_NULL:
        return true;
    case VALUE_BOOL:
        return !v.boolean;
    case VALUE_INT:
    case VALUE_DURATION:
        return v.integer == 0;
    case VALUE_UINT:
        return v.natural == 0;
    case VALUE_DOUBLE:
        return v.number >= 0 && v.number <= 0;
    case VALUE_STRING:
    case VALUE_BYTES:
        return v.string.n == 0;
    case VALUE_LIST:
    case VALUE_MAP:
        return value_count(v) == 0;
    case VALUE_OPTIONAL:
        return v.inner == NULL;
    case VALUE_TIMESTAMP:
        return v.time.seconds == CEL_TIME_FIRST && v.time.nanos == 0;
    default:
        return false;
    }
}

static Value
of_non_zero(CelRun *run, const Value *args, size_t count)
{
    (void)count;
    return is_zero(args[0]) ? value_optional(NULL) : cel_optional_of(run, args[0]);
}

static Value
unwrap(CelRun *run, const Value *args, size_t count)
{
    CelValues values = {0};
    (void)count;
    for (size_t i = 0; i < value_count(args[0]); i++) {
        Value v = value_item(args[0], i);
        if (value_is_absorbing(v))
            return v;
        if (v.type != VALUE_OPTIONAL)
            return cel_no_overload(run, "optional.unwrap", &v, 1);
        if (v.inner && !cel_push(run, &values, *v.inner))
            return cel_stopped(run);
    }
    return cel_list(run, values.items, values.count);
}

static Value
has_value(CelRun *run, const Value *args, size_t count)
{
    (void)run;
    (void)count;
    return value_bool(args[0].inner != NULL);
}

static Value
value_of(CelRun *run, const Value *args, size_t count)
{
    (void)count;
    return args[0].inner ? *args[0].inner : cel_error(run, "optional.none() dereference");
}

/* The other value is used only where it is needed, whatever is wrong with it. */
static Value
or_other(CelRun *run, const Value *args, size_t count)
{
    Value v = cel_settle(args[0]);
    (void)count;
    if (value_is_absorbing(v))
        return v;
    if (v.type != VALUE_OPTIONAL)
        return cel_no_overload(run, "or", args, 2);
    v = v.inner ? v : cel_settle(args[1]);
    if (value_is_absorbing(v) || v.type == VALUE_OPTIONAL)
        return v;
    return cel_no_overload(run, "or", args, 2);
}

static Value
or_value(CelRun *run, const Value *args, size_t count)
{
    Value v = cel_settle(args[0]);
    (void)count;
    if (value_is_absorbing(v))
        return v;
    if (v.type != VALUE_OPTIONAL)
        return cel_no_overload(run, "orValue", args, 2);
    return v.inner ? *v.inner : args[1];
}

#define LIB "optionals"
static const CelFunction ROWS[] = {
    {"optional.of", 0, ".", of, LIB, "optional.of(any) -> optional", "an optional with a value"},
    {"optional.none", 0, "", none, LIB, "optional.none() -> optional", "an optional without"},
    {"optional.ofNonZeroValue", 0, ".", of_non_zero, LIB,
     "optional.ofNonZeroValue(any) -> optional",
     "none for null, false, 0, the year 1, and empty texts, lists and maps"},
    {"optional.unwrap", 0, "l", unwrap, LIB, "optional.unwrap(list) -> list",
     "the values of the optionals that have one"},
    {"unwrapOpt", CEL_METHOD, "l", unwrap, LIB, "list.unwrapOpt() -> list",
     "the values of the optionals that have one"},
    {"hasValue", CEL_METHOD, "o", has_value, LIB, "optional.hasValue() -> bool",
     "whether there is a value"},
    {"value", CEL_METHOD, "o", value_of, LIB, "optional.value() -> any",
     "the value; an error where there is none"},
    {"or", CEL_METHOD | CEL_TAKES_UNKNOWN, "..", or_other, LIB, "optional.or(optional) -> optional",
     "the first of two that has a value"},
    {"orValue", CEL_METHOD | CEL_TAKES_UNKNOWN, "..", or_value, LIB,
     "optional.orValue(any) -> any", "the value, or another where there is none"},
};
const CelLibrary CEL_LIBRARY_optionals = CEL_LIBRARY(ROWS);
