/* SPDX-License-Identifier: Apache-2.0 */
/* wire.h -- numbers and texts as bytes, and back, between processes that do not trust each other.
 *
 * Numbers are little-endian and of fixed size; a text is its length (32 bits) and its bytes.
 *
 *     wire_put_u32(&buf, count); wire_put_str(&buf, name);
 *     ...
 *     WireIn in = {payload};
 *     uint32_t count = wire_take_u32(&in);
 *     Str name = wire_take_str(&in);
 *     TRY(wire_end(&in, err));
 *
 * Taking never fails aloud: the first field that is not there spoils all that follow, which
 * then read as zero and empty, and wire_end() tells.  Whoever takes checks what the values
 * mean: counts before they size anything, enumerations against their end. */
#ifndef BASE_WIRE_H
#define BASE_WIRE_H

#include "base/buf.h"

typedef struct {
    Str rest;
    bool spoiled;
} WireIn;

void wire_put_u8(Buf *out, uint8_t value);
void wire_put_u32(Buf *out, uint32_t value);
void wire_put_u64(Buf *out, uint64_t value);
/* A text of 4 GiB or more sticks as ST_LIMIT. */
void wire_put_str(Buf *out, Str text);
void wire_put_bytes(Buf *out, const void *bytes, size_t n);     /* without their length */

uint8_t wire_take_u8(WireIn *in);
uint32_t wire_take_u32(WireIn *in);
uint64_t wire_take_u64(WireIn *in);
Str wire_take_str(WireIn *in);                  /* a view into what came */
void wire_take_bytes(WireIn *in, void *out, size_t n);          /* zeros where spoiled */
/* A number below end; anything else spoils. */
uint8_t wire_take_enum(WireIn *in, unsigned end);
/* How many things follow: at most max, and each at least bytes_each bytes long, so that no
 * count promises more than came. */
uint32_t wire_take_count(WireIn *in, uint64_t max, size_t bytes_each);
/* ST_FORMAT where a field was missing or wrong, or where bytes are left. */
NODISCARD Status wire_end(const WireIn *in, Err *err);

#endif
