/* SPDX-License-Identifier: Apache-2.0 */
/* value_text.c -- values as text and as JSON. */
#include "analyzer/query/value.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/query/value_text.h"
#include "base/timestamp.h"

static void write_json(Value v, Buf *out, unsigned depth, bool mark_incomplete);

void
value_write_timestamp(int64_t seconds, int32_t nanos, Buf *out)
{
    int64_t days = seconds / 86400;
    int64_t left = seconds % 86400;
    if (left < 0) {
        left += 86400;
        days--;
    }
    int year = 0;
    int month = 0;
    int day = 0;
    timestamp_date(days, &year, &month, &day);
    buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day, (int)(left / 3600),
               (int)(left / 60 % 60), (int)(left % 60));
    if (nanos) {
        int digits = 9;
        for (; nanos % 10 == 0; nanos /= 10)
            digits--;
        buf_printf(out, ".%0*d", digits, (int)nanos);
    }
    buf_addc(out, 'Z');
}

void
value_write_duration(int64_t ns, Buf *out)
{
    uint64_t size = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
    buf_printf(out, "%s%" PRIu64, ns < 0 ? "-" : "", size / 1000000000);
    uint64_t fraction = size % 1000000000;
    if (fraction) {
        int digits = 9;
        for (; fraction % 10 == 0; fraction /= 10)
            digits--;
        buf_printf(out, ".%0*" PRIu64, digits, fraction);
    }
    buf_addc(out, 's');
}

void
value_write_base64(Str bytes, Buf *out)
{
    static const char LETTERS[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < bytes.n; i += 3) {
        size_t left = bytes.n - i < 3 ? bytes.n - i : 3;
        uint32_t three = 0;
        for (size_t k = 0; k < 3; k++)
            three = three << 8 | (k < left ? (unsigned char)bytes.p[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            buf_addc(out, k <= left ? LETTERS[three >> (18 - 6 * k) & 63] : '=');
    }
}

size_t
value_shortest_digits(double d, char digits[VALUE_DIGITS_MOST], int *ret_point)
{
    char text[40];
    for (int precision = 0; precision <= 16; precision++) {
        (void)snprintf(text, sizeof text, "%.*e", precision, d);
        double back = strtod(text, NULL);
        if (back >= d && back <= d)
            break;
    }
    /* "d.ddde+XX"; the decimal point is whatever the locale has. */
    const char *exponent = strchr(text, 'e');
    size_t count = 0;
    for (const char *c = text; c < exponent; c++) {
        if (*c >= '0' && *c <= '9')
            digits[count++] = *c;
    }
    while (count > 1 && digits[count - 1] == '0')
        count--;
    *ret_point = d > 0 ? (int)strtol(exponent + 1, NULL, 10) + 1 : 1;
    return count;
}

/* The digits of a double as ECMAScript writes them: 1e21 and more, 1e-6 and less with an
 * exponent, the rest without. */
void
value_write_number(double d, Buf *out)
{
    if (isnan(d) || isinf(d)) {
        buf_adds(out, isnan(d) ? "NaN" : d < 0 ? "-Infinity" : "Infinity");
        return;
    }
    char digits[VALUE_DIGITS_MOST];
    int point = 0;
    size_t count = value_shortest_digits(fabs(d), digits, &point);
    if (signbit(d))
        buf_addc(out, '-');
    if (point > 21 || point < -5) {
        buf_addc(out, digits[0]);
        if (count > 1)
            buf_addc(out, '.');
        buf_add(out, digits + 1, count - 1);
        buf_printf(out, "e%+d", point - 1);
        return;
    }
    value_write_plain(digits, count, point, out);
}

void
value_write_plain(const char *digits, size_t count, int point, Buf *out)
{
    if (point <= 0)
        buf_adds(out, "0.");
    for (int i = point; i < 0; i++)
        buf_addc(out, '0');
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && (int)i == point)
            buf_addc(out, '.');
        buf_addc(out, digits[i]);
    }
    for (int i = (int)count; i < point; i++)
        buf_addc(out, '0');
}

static void
write_key(Value key, Buf *out)
{
    if (key.type == VALUE_STRING) {
        node_write_json_string(key.string, out);
        return;
    }
    buf_addc(out, '"');
    value_write_text(key, out);
    buf_addc(out, '"');
}

static void
write_list(Value v, Buf *out, unsigned depth, bool mark_incomplete)
{
    size_t count = value_count(v);
    buf_addc(out, '[');
    for (size_t i = 0; i < count && out->failed == ST_OK; i++) {
        if (i > 0)
            buf_addc(out, ',');
        write_json(value_item(v, i), out, depth + 1, mark_incomplete);
    }
    if (mark_incomplete && value_is_incomplete(v))
        buf_adds(out, count ? ",..." : "...");
    buf_addc(out, ']');
}

static void
write_map(Value v, Buf *out, unsigned depth, bool mark_incomplete)
{
    size_t count = value_count(v);
    buf_addc(out, '{');
    for (size_t i = 0; i < count && out->failed == ST_OK; i++) {
        Value key;
        Value value;
        value_entry(v, i, &key, &value);
        if (i > 0)
            buf_addc(out, ',');
        write_key(key, out);
        buf_addc(out, ':');
        write_json(value, out, depth + 1, mark_incomplete);
    }
    if (mark_incomplete && value_is_incomplete(v))
        buf_adds(out, count ? ",..." : "...");
    buf_addc(out, '}');
}

/* Text that needs quotes in JSON and none in a message. */
static bool
write_bare(Value v, Buf *out)
{
    switch ((ValueType)v.type) {
    case VALUE_STRING:
    case VALUE_TYPE:
        buf_add_str(out, v.string);
        return true;
    case VALUE_BYTES:
        value_write_base64(v.string, out);
        return true;
    case VALUE_TIMESTAMP:
        value_write_timestamp(v.time.seconds, v.time.nanos, out);
        return true;
    case VALUE_DURATION:
        value_write_duration(v.integer, out);
        return true;
    case VALUE_OPAQUE:
        v.opaque.type->write(v.opaque.data, out);
        return true;
    case VALUE_NULL:
    case VALUE_BOOL:
    case VALUE_INT:
    case VALUE_UINT:
    case VALUE_DOUBLE:
    case VALUE_LIST:
    case VALUE_MAP:
    case VALUE_OPTIONAL:
    case VALUE_UNKNOWN:
    case VALUE_ERROR:
        break;
    }
    return false;
}

static void
write_quoted(Value v, Buf *out)
{
    CLEANUP(buf_done) Buf text = BUF_INIT(out->max_bytes);
    (void)write_bare(v, &text);
    if (text.failed != ST_OK && out->failed == ST_OK)
        out->failed = text.failed;
    node_write_json_string(buf_str(&text), out);
}

/* Values nest as deep as expressions and documents do; the limit is for the stack's sake. */
enum { DEPTH_MOST = 2000 };

static void
write_json(Value v, Buf *out, unsigned depth, bool mark_incomplete)
{
    if (depth > DEPTH_MOST) {
        if (out->failed == ST_OK)
            out->failed = ST_LIMIT;
        return;
    }
    switch ((ValueType)v.type) {
    case VALUE_BOOL:
        buf_adds(out, v.boolean ? "true" : "false");
        return;
    case VALUE_INT:
        buf_printf(out, "%" PRId64, v.integer);
        return;
    case VALUE_UINT:
        buf_printf(out, "%" PRIu64, v.natural);
        return;
    case VALUE_DOUBLE: {
        const char *quote = isfinite(v.number) ? "" : "\"";
        buf_adds(out, quote);
        value_write_number(v.number, out);
        buf_adds(out, quote);
        return;
    }
    case VALUE_LIST:
        write_list(v, out, depth, mark_incomplete);
        return;
    case VALUE_MAP:
        write_map(v, out, depth, mark_incomplete);
        return;
    case VALUE_OPTIONAL:
        write_json(v.inner ? *v.inner : value_null(), out, depth + 1, mark_incomplete);
        return;
    case VALUE_STRING:
        node_write_json_string(v.string, out);
        return;
    case VALUE_BYTES:
    case VALUE_TYPE:
    case VALUE_TIMESTAMP:
    case VALUE_DURATION:
    case VALUE_OPAQUE:
        write_quoted(v, out);
        return;
    case VALUE_NULL:
    case VALUE_UNKNOWN:
    case VALUE_ERROR:
        break;
    }
    buf_adds(out, "null");
}

void
value_write_json(Value v, Buf *out)
{
    write_json(v, out, 0, false);
}

void
value_write_text(Value v, Buf *out)
{
    while (v.type == VALUE_OPTIONAL && v.inner)
        v = *v.inner;
    if (value_is_absorbing(v))
        buf_adds(out, "(unknown)");
    else if (v.type == VALUE_DOUBLE)
        value_write_number(v.number, out);
    else if (!write_bare(v, out))
        write_json(v, out, 0, true);
}
