/* SPDX-License-Identifier: Apache-2.0 */
/* cel_lib_convert.c -- conversions between CEL's types. */
#include <math.h>

#include "analyzer/query/cel_libraries.h"
#include "analyzer/query/cel_number.h"
#include "base/utf8.h"

static Value
not_a(CelRun *run, const char *what, Str text)
{
    return cel_error(run, "not %s: '" STR_FMT "'", what, STR_ARG(str_head(text, 64)));
}

static Value
out_of_range(CelRun *run, const char *type)
{
    return cel_error(run, "out of range of %s", type);
}

static Value
to_int(CelRun *run, const Value *args, size_t count)
{
    Value v = args[0];
    int64_t number = 0;
    (void)count;
    switch ((int)v.type) {
    case VALUE_UINT:
        return v.natural > INT64_MAX ? out_of_range(run, "int") : value_int((int64_t)v.natural);
    case VALUE_DOUBLE:
        /* Both ends are out: 2^63 is none, and -2^63 as a double may have been less. */
        return v.number > -9223372036854775808.0 && v.number < 9223372036854775808.0
                   ? value_int((int64_t)v.number)
                   : out_of_range(run, "int");
    case VALUE_STRING:
        return cel_parse_int(v.string, &number) ? value_int(number)
                                                : not_a(run, "an int", v.string);
    case VALUE_TIMESTAMP:
        return value_int(v.time.seconds);
    case VALUE_DURATION:
        return value_int(v.integer / 1000000000);
    default:
        return v;
    }
}

static Value
to_uint(CelRun *run, const Value *args, size_t count)
{
    Value v = args[0];
    uint64_t number = 0;
    (void)count;
    switch ((int)v.type) {
    case VALUE_INT:
        return v.integer < 0 ? out_of_range(run, "uint") : value_uint((uint64_t)v.integer);
    case VALUE_DOUBLE:
        return v.number >= 0 && v.number < 18446744073709551616.0
                   ? value_uint((uint64_t)v.number)
                   : out_of_range(run, "uint");
    case VALUE_STRING:
        return cel_parse_uint(v.string, &number) ? value_uint(number)
                                                 : not_a(run, "a uint", v.string);
    default:
        return v;
    }
}

static Value
to_double(CelRun *run, const Value *args, size_t count)
{
    Value v = args[0];
    double number = 0;
    (void)count;
    switch ((int)v.type) {
    case VALUE_INT:
        return value_double((double)v.integer);
    case VALUE_UINT:
        return value_double((double)v.natural);
    case VALUE_STRING:
        return cel_parse_double(v.string, &number) ? value_double(number)
                                                   : not_a(run, "a double", v.string);
    default:
        return v;
    }
}

static Value
to_bool(CelRun *run, const Value *args, size_t count)
{
    static const char *const YES[] = {"1", "t", "true", "TRUE", "True"};
    static const char *const NO[] = {"0", "f", "false", "FALSE", "False"};
    (void)count;
    if (args[0].type == VALUE_BOOL)
        return args[0];
    for (size_t i = 0; i < sizeof YES / sizeof *YES; i++) {
        if (str_is(args[0].string, YES[i]) || str_is(args[0].string, NO[i]))
            return value_bool(str_is(args[0].string, YES[i]));
    }
    return not_a(run, "a bool", args[0].string);
}

static Value
to_string(CelRun *run, const Value *args, size_t count)
{
    CLEANUP(buf_done) Buf text = CEL_BUF();
    (void)count;
    if (args[0].type == VALUE_STRING)
        return args[0];
    if (args[0].type == VALUE_BYTES) {
        if (!cel_traverse(run, args[0].string.n))
            return cel_stopped(run);
        return utf8_valid(args[0].string, NULL) ? value_string(args[0].string)
                                                : cel_error(run, "the bytes are no valid UTF-8");
    }
    if (args[0].type == VALUE_DOUBLE)
        cel_write_double(args[0].number, &text);
    else
        value_write_text(args[0], &text);
    return cel_string_of_buf(run, &text);
}

static Value
to_bytes(CelRun *run, const Value *args, size_t count)
{
    (void)run;
    (void)count;
    return value_bytes(args[0].string);
}

#define LIB "standard"
#define ROW(name, letter, fn, type, help) \
    {name, 0, letter, fn, LIB, name "(" type ") -> " name, help}
static const CelFunction ROWS[] = {
    ROW("int", "i", to_int, "int", "the same int"),
    ROW("int", "u", to_int, "uint", "the same number"),
    ROW("int", "d", to_int, "double", "the whole part"),
    ROW("int", "s", to_int, "string", "a decimal number"),
    ROW("int", "t", to_int, "timestamp", "seconds since 1970"),
    ROW("int", "g", to_int, "duration", "whole seconds"),
    ROW("uint", "u", to_uint, "uint", "the same uint"),
    ROW("uint", "i", to_uint, "int", "the same number"),
    ROW("uint", "d", to_uint, "double", "the whole part"),
    ROW("uint", "s", to_uint, "string", "a decimal number"),
    ROW("double", "d", to_double, "double", "the same double"),
    ROW("double", "i", to_double, "int", "the nearest double"),
    ROW("double", "u", to_double, "uint", "the nearest double"),
    ROW("double", "s", to_double, "string", "a decimal number, NaN or Infinity"),
    ROW("bool", "b", to_bool, "bool", "the same bool"),
    ROW("bool", "s", to_bool, "string", "1, t, true, TRUE, True or their opposites"),
    ROW("string", "s", to_string, "string", "the same string"),
    ROW("string", "b", to_string, "bool", "true or false"),
    ROW("string", "n", to_string, "int | uint | double", "the number in decimal"),
    ROW("string", "y", to_string, "bytes", "the bytes as UTF-8"),
    ROW("string", "t", to_string, "timestamp", "RFC 3339 in UTC"),
    ROW("string", "g", to_string, "duration", "seconds: 90s, 1.5s"),
    ROW("string", "I", to_string, "ip", "the address in its canonical form"),
    ROW("string", "C", to_string, "cidr", "the network as address/bits"),
    ROW("bytes", "y", to_bytes, "bytes", "the same bytes"),
    ROW("bytes", "s", to_bytes, "string", "the string's UTF-8"),
};
const CelLibrary CEL_LIBRARY_conversions = CEL_LIBRARY(ROWS);
