/* SPDX-License-Identifier: Apache-2.0 */
/* cel_lib_format.c -- string.format(): printf-like, with CEL's types. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/query/cel_libraries.h"
#include "analyzer/query/cel_number.h"
#include "analyzer/query/value_text.h"
#include "base/utf8.h"

enum {
    PRECISION_DEFAULT = 6,
    PRECISION_MOST = 100,
    DEPTH_MOST = 2000,
};

typedef struct {
    CelRun *run;
    Buf *out;
    Value bad;      /* filled once something failed */
} Writer;

static bool write_value(Writer *w, Value v, unsigned depth);

static bool
fail(Writer *w, Value error)
{
    w->bad = error;
    return false;
}

static bool
no_clause(Writer *w, const char *clause, const char *types, Value v)
{
    return fail(w, cel_error(w->run, "%%%s formats %s, not '%s'", clause, types,
                             value_type_name(v)));
}

static bool
write_list(Writer *w, Value list, unsigned depth)
{
    buf_addc(w->out, '[');
    for (size_t i = 0; i < value_count(list); i++) {
        if (i > 0)
            buf_adds(w->out, ", ");
        if (!write_value(w, value_item(list, i), depth + 1))
            return false;
    }
    buf_addc(w->out, ']');
    return true;
}

/* A value as text that lives in the arena. */
static bool
text_of(Writer *w, Value v, unsigned depth, Value *ret)
{
    CLEANUP(buf_done) Buf text = CEL_BUF();
    Writer inner = {.run = w->run, .out = &text, .bad = value_null()};
    bool whole = write_value(&inner, v, depth);
    *ret = whole ? cel_string_of_buf(w->run, &text) : inner.bad;
    return ret->type == VALUE_STRING || fail(w, *ret);
}

/* Entries in the order of their keys' texts. */
static bool
write_map(Writer *w, Value map, unsigned depth)
{
    size_t count = value_count(map);
    Value *keys = CEL_ARRAY(w->run, Value, count);
    Value *entries = CEL_ARRAY(w->run, Value, count);
    if (!keys || !entries)
        return fail(w, cel_stopped(w->run));
    for (size_t i = 0; i < count; i++) {
        Value key;
        Value value;
        Value text;
        value_entry(map, i, &key, &value);
        if (!text_of(w, key, depth + 1, &keys[i]) || !text_of(w, value, depth + 1, &text))
            return false;
        entries[i] = cel_operate(w->run, OP_ADD, keys[i], value_string(STR(": ")));
        entries[i] = cel_operate(w->run, OP_ADD, entries[i], text);
    }
    Value sorted = cel_sorted(w->run, entries, keys, count);
    if (value_is_absorbing(sorted))
        return fail(w, sorted);
    buf_addc(w->out, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_adds(w->out, ", ");
        buf_add_str(w->out, value_item(sorted, i).string);
    }
    buf_addc(w->out, '}');
    return true;
}

static bool
write_value(Writer *w, Value v, unsigned depth)
{
    if (!cel_work(w->run, 1) || depth > DEPTH_MOST)
        return fail(w, cel_stopped(w->run));
    v = cel_settle(v);
    switch ((ValueType)v.type) {
    case VALUE_NULL:
        buf_adds(w->out, "null");
        return true;
    case VALUE_DOUBLE:
        cel_write_double_plain(v.number, w->out);
        return true;
    case VALUE_LIST:
        return write_list(w, v, depth);
    case VALUE_MAP:
        return write_map(w, v, depth);
    case VALUE_BYTES:
        utf8_sanitise(w->out, v.string);
        return true;
    case VALUE_UNKNOWN:
    case VALUE_ERROR:
        return fail(w, v);
    case VALUE_OPTIONAL:
        return no_clause(w, "s", "texts, numbers, times, lists and maps", v);
    case VALUE_BOOL:
    case VALUE_INT:
    case VALUE_UINT:
    case VALUE_STRING:
    case VALUE_TYPE:
    case VALUE_TIMESTAMP:
    case VALUE_DURATION:
    case VALUE_OPAQUE:
        break;
    }
    value_write_text(v, w->out);
    return true;
}

static bool
write_decimal(Writer *w, Value v)
{
    if (v.type == VALUE_DOUBLE)
        cel_write_double_plain(v.number, w->out);
    else if (v.type == VALUE_INT || v.type == VALUE_UINT)
        value_write_text(v, w->out);
    else
        return no_clause(w, "d", "numbers", v);
    return true;
}

static bool
write_float(Writer *w, Value v, char clause, int precision)
{
    char name[2] = {clause, '\0'};
    double number = v.number;
    if (v.type == VALUE_INT)
        number = (double)v.integer;
    else if (v.type == VALUE_UINT)
        number = (double)v.natural;
    else if (v.type != VALUE_DOUBLE)
        return no_clause(w, name, "numbers", v);
    if (!isfinite(number))
        value_write_number(number, w->out);
    else if (clause == 'f')
        buf_printf(w->out, "%.*f", precision, number);
    else
        buf_printf(w->out, "%.*e", precision, number);
    return true;
}

/* An int or uint in base 2, 8 or 16; a negative one as its size behind a minus. */
static void
write_base(Writer *w, Value v, unsigned shift, bool upper)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char text[65];
    size_t at = sizeof text;
    bool negative = v.type == VALUE_INT && v.integer < 0;
    uint64_t number = v.type == VALUE_UINT ? v.natural
                      : negative           ? 0 - (uint64_t)v.integer
                                           : (uint64_t)v.integer;
    do {
        text[--at] = digits[number & ((1U << shift) - 1)];
        number >>= shift;
    } while (number);
    if (negative)
        buf_addc(w->out, '-');
    buf_add(w->out, text + at, sizeof text - at);
}

static bool
write_bits(Writer *w, Value v, char clause)
{
    bool upper = clause == 'X';
    if (clause == 'b' && v.type == VALUE_BOOL) {
        buf_adds(w->out, v.boolean ? "1" : "0");
    } else if (v.type == VALUE_INT || v.type == VALUE_UINT) {
        write_base(w, v, clause == 'b' ? 1 : clause == 'o' ? 3 : 4, upper);
    } else if ((v.type == VALUE_STRING || v.type == VALUE_BYTES) && (clause == 'x' || upper)) {
        for (size_t i = 0; i < v.string.n; i++)
            buf_printf(w->out, upper ? "%02X" : "%02x", (unsigned char)v.string.p[i]);
    } else {
        char name[2] = {clause, '\0'};
        return no_clause(w, name, clause == 'b' ? "ints and bools" : "ints", v);
    }
    return true;
}

/* The clause behind '%' with its precision; *at moves behind it. */
static bool
write_clause(Writer *w, Str format, size_t *at, Value args, size_t *used)
{
    int precision = PRECISION_DEFAULT;
    if (*at < format.n && format.p[*at] == '.') {
        size_t digits = 0;
        precision = 0;
        for (++*at; *at < format.n && format.p[*at] >= '0' && format.p[*at] <= '9'; ++*at) {
            if (precision <= PRECISION_MOST)
                precision = precision * 10 + (format.p[*at] - '0');
            digits++;
        }
        if (digits == 0 || precision > PRECISION_MOST)
            return fail(w, cel_error(w->run, "bad precision, %d at the most", PRECISION_MOST));
    }
    if (*at >= format.n)
        return fail(w, cel_error(w->run, "unexpected end of the format"));
    char clause = format.p[(*at)++];
    if (!clause || !strchr("sdfexXob", clause))
        return fail(w, cel_error(w->run, "unknown formatting clause '%%%c'",
                                 clause >= ' ' && clause < 127 ? clause : '?'));
    if (*used >= value_count(args))
        return fail(w, cel_error(w->run, "index %zu out of range: too few arguments", *used));
    Value v = cel_settle(value_item(args, (*used)++));
    if (value_is_absorbing(v))
        return fail(w, v);
    if (clause == 's')
        return write_value(w, v, 0);
    if (clause == 'd')
        return write_decimal(w, v);
    if (clause == 'f' || clause == 'e')
        return write_float(w, v, clause, precision);
    return write_bits(w, v, clause);
}

static Value
format(CelRun *run, const Value *args, size_t count)
{
    CLEANUP(buf_done) Buf text = CEL_BUF();
    Writer w = {.run = run, .out = &text, .bad = value_null()};
    Str s = args[0].string;
    size_t used = 0;
    (void)count;
    for (size_t at = 0; at < s.n && text.failed == ST_OK;) {
        if (s.p[at] != '%') {
            buf_addc(&text, s.p[at++]);
        } else if (at + 1 < s.n && s.p[at + 1] == '%') {
            buf_addc(&text, '%');
            at += 2;
        } else {
            at++;
            if (!write_clause(&w, s, &at, args[1], &used))
                return w.bad;
        }
    }
    return cel_string_of_buf(run, &text);
}

static const CelFunction ROWS[] = {
    {"format", CEL_METHOD, "sl", format, "strings", "string.format(list) -> string",
     "with %s, %d, %f, %e, %x, %X, %o, %b (and a precision, %.2f) replaced by the list's values"},
};
const CelLibrary CEL_LIBRARY_format = CEL_LIBRARY(ROWS);
