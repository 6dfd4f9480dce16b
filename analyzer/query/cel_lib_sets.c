/* SPDX-License-Identifier: Apache-2.0 */
/* cel_lib_sets.c -- lists as sets, and base64. */
#include "analyzer/query/cel_libraries.h"
#include "analyzer/query/value_text.h"

/* Whether item is in list; bool, unknown or error. */
static Value
holds(CelRun *run, Value list, Value item)
{
    return cel_operate(run, OP_IN, item, list);
}

/* Whether every element of b is in a. */
static Value
contains_all(CelRun *run, Value a, Value b)
{
    Value kept = value_bool(true);
    for (size_t i = 0; i < value_count(b); i++) {
        Value in = holds(run, a, value_item(b, i));
        if (in.type == VALUE_BOOL && !in.boolean)
            return in;
        if (in.type != VALUE_BOOL)
            kept = cel_absorb(run, kept, in);
        if (run->limit)
            return cel_stopped(run);
    }
    return kept;
}

static Value
contains(CelRun *run, const Value *args, size_t count)
{
    (void)count;
    return contains_all(run, args[0], args[1]);
}

static Value
equivalent(CelRun *run, const Value *args, size_t count)
{
    Value forth = contains_all(run, args[0], args[1]);
    (void)count;
    if (forth.type == VALUE_BOOL && !forth.boolean)
        return forth;
    Value back = contains_all(run, args[1], args[0]);
    if (forth.type == VALUE_BOOL || (back.type == VALUE_BOOL && !back.boolean))
        return back;
    return forth;
}

static Value
intersects(CelRun *run, const Value *args, size_t count)
{
    Value kept = value_bool(false);
    (void)count;
    for (size_t i = 0; i < value_count(args[1]); i++) {
        Value in = holds(run, args[0], value_item(args[1], i));
        if (in.type == VALUE_BOOL && in.boolean)
            return in;
        if (in.type != VALUE_BOOL)
            kept = cel_absorb(run, kept, in);
        if (run->limit)
            return cel_stopped(run);
    }
    return kept;
}

#define LIB "sets"
static const CelFunction SET_ROWS[] = {
    {"sets.contains", 0, "ll", contains, LIB, "sets.contains(list, list) -> bool",
     "whether the first has every element of the second"},
    {"sets.equivalent", 0, "ll", equivalent, LIB, "sets.equivalent(list, list) -> bool",
     "whether each has every element of the other"},
    {"sets.intersects", 0, "ll", intersects, LIB, "sets.intersects(list, list) -> bool",
     "whether both have some element"},
};
const CelLibrary CEL_LIBRARY_sets = CEL_LIBRARY(SET_ROWS);

static Value
encode(CelRun *run, const Value *args, size_t count)
{
    CLEANUP(buf_done) Buf text = CEL_BUF();
    (void)count;
    value_write_base64(args[0].string, &text);
    return cel_string_of_buf(run, &text);
}

static int
base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Padding may be left out; what there is of it must be right. */
static bool
base64_decode(Str text, Buf *out)
{
    size_t padding = 0;
    while (padding < 2 && text.n && text.p[text.n - 1] == '=') {
        text.n--;
        padding++;
    }
    if (text.n % 4 == 1 || (padding && (text.n + padding) % 4 != 0))
        return false;
    uint32_t bits = 0;
    for (size_t i = 0; i < text.n; i++) {
        int digit = base64_digit(text.p[i]);
        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        if (i % 4 != 0)
            buf_addc(out, (char)(bits >> (6 - 2 * (i % 4))));
    }
    return true;
}

static Value
decode(CelRun *run, const Value *args, size_t count)
{
    CLEANUP(buf_done) Buf bytes = CEL_BUF();
    (void)count;
    if (!cel_traverse(run, args[0].string.n))
        return cel_stopped(run);
    if (!base64_decode(args[0].string, &bytes))
        return cel_error(run, "malformed base64");
    if (bytes.failed != ST_OK)
        return cel_string_of_buf(run, &bytes);
    return cel_bytes(run, buf_str(&bytes));
}

static const CelFunction ENCODER_ROWS[] = {
    {"base64.encode", 0, "y", encode, "encoders", "base64.encode(bytes) -> string",
     "in base64 with padding"},
    {"base64.decode", 0, "s", decode, "encoders", "base64.decode(string) -> bytes",
     "the bytes; padding may be left out"},
};
const CelLibrary CEL_LIBRARY_encoders = CEL_LIBRARY(ENCODER_ROWS);
