/* SPDX-License-Identifier: Apache-2.0 */
/* wire.c -- numbers and texts as bytes, and back. */
#include "base/wire.h"

#include <string.h>

static void
put_number(Buf *out, uint64_t value, size_t n)
{
    unsigned char bytes[8];
    for (size_t i = 0; i < n; i++)
        bytes[i] = (unsigned char)(value >> (8 * i));
    buf_add(out, bytes, n);
}

void
wire_put_u8(Buf *out, uint8_t value)
{
    put_number(out, value, 1);
}

void
wire_put_u32(Buf *out, uint32_t value)
{
    put_number(out, value, 4);
}

void
wire_put_u64(Buf *out, uint64_t value)
{
    put_number(out, value, 8);
}

void
wire_put_str(Buf *out, Str text)
{
    if (text.n > UINT32_MAX && out->failed == ST_OK)
        out->failed = ST_LIMIT;
    wire_put_u32(out, (uint32_t)text.n);
    buf_add_str(out, text);
}

void
wire_put_bytes(Buf *out, const void *bytes, size_t n)
{
    buf_add(out, bytes, n);
}

/* The next n bytes; NULL, from then on, where there are not as many. */
static const unsigned char *
take(WireIn *in, size_t n)
{
    if (in->spoiled || in->rest.n < n) {
        in->spoiled = true;
        return NULL;
    }
    const unsigned char *bytes = (const unsigned char *)in->rest.p;
    in->rest = str_from(in->rest, n);
    return bytes;
}

static uint64_t
take_number(WireIn *in, size_t n)
{
    const unsigned char *bytes = take(in, n);
    uint64_t value = 0;
    for (size_t i = 0; bytes && i < n; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

uint8_t
wire_take_u8(WireIn *in)
{
    return (uint8_t)take_number(in, 1);
}

uint32_t
wire_take_u32(WireIn *in)
{
    return (uint32_t)take_number(in, 4);
}

uint64_t
wire_take_u64(WireIn *in)
{
    return take_number(in, 8);
}

Str
wire_take_str(WireIn *in)
{
    size_t n = wire_take_u32(in);
    const char *bytes = (const char *)take(in, n);
    return bytes ? (Str){bytes, n} : STR("");
}

void
wire_take_bytes(WireIn *in, void *out, size_t n)
{
    const unsigned char *bytes = take(in, n);
    if (bytes)
        memcpy(out, bytes, n);
    else
        memset(out, 0, n);
}

uint8_t
wire_take_enum(WireIn *in, unsigned end)
{
    uint8_t value = wire_take_u8(in);
    if (value < end)
        return value;
    in->spoiled = true;
    return 0;
}

uint32_t
wire_take_count(WireIn *in, uint64_t max, size_t bytes_each)
{
    uint32_t count = wire_take_u32(in);
    if (count <= max && count <= in->rest.n / bytes_each)
        return count;
    in->spoiled = true;
    return 0;
}

Status
wire_end(const WireIn *in, Err *err)
{
    if (in->spoiled)
        return err_set(err, ST_FORMAT, "a field is missing or out of its range");
    if (in->rest.n > 0)
        return err_set(err, ST_FORMAT, "%zu bytes too many", in->rest.n);
    return ST_OK;
}
