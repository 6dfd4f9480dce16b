/* SPDX-License-Identifier: Apache-2.0 */
/* inflate_isal.c -- inflating by isa-l, at more than twice the speed of zlib.
 *
 * The gzip header is read here, by zlib's rules (RFC 1952: unknown flags and a wrong CRC-16
 * are damage), for isa-l has rules of its own; it inflates and checks CRC-32 and length. */
#include "config.h"

#ifdef HAVE_ISAL

#include "bundle/inflate_engine.h"

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <limits.h>
#include <stdlib.h>

enum {
    FIXED_BYTES = 10,            /* magic, method, flags, time, extra flags, system */
    FLAG_CRC16 = 0x02,
    FLAG_EXTRA = 0x04,
    FLAG_NAME = 0x08,
    FLAG_COMMENT = 0x10,
    FLAGS_UNKNOWN = 0xe0,
};

/* Parts of a header, in their order. */
typedef enum { PART_FIXED, PART_EXTRA_LENGTH, PART_EXTRA, PART_NAME, PART_COMMENT, PART_CRC16,
               PART_DATA, PART_ENDED } Part;

typedef struct {
    Part part;
    unsigned at;                 /* bytes of the part that came */
    unsigned flags;
    unsigned number;             /* of a part that is one, as far as it came */
    uint32_t crc;
    struct inflate_state isal;
} State;

static void
isal_reset(void *pointer)
{
    State *state = pointer;
    state->part = PART_FIXED;
    state->at = 0;
    state->number = 0;
    state->crc = 0;
    isal_inflate_init(&state->isal);
    state->isal.crc_flag = ISAL_GZIP_NO_HDR_VER;
}

static void *
isal_make(void)
{
    State *state = malloc(sizeof *state);    /* its owner drops it; 90 KiB, set by the reset */
    if (state)
        isal_reset(state);
    return state;
}

static bool
has_part(const State *state, Part part)
{
    switch (part) {
    case PART_EXTRA_LENGTH: return state->flags & FLAG_EXTRA;
    case PART_EXTRA: return (state->flags & FLAG_EXTRA) && state->number > 0;
    case PART_NAME: return state->flags & FLAG_NAME;
    case PART_COMMENT: return state->flags & FLAG_COMMENT;
    case PART_CRC16: return state->flags & FLAG_CRC16;
    case PART_FIXED:
    case PART_DATA:
    case PART_ENDED: break;
    }
    return true;
}

static void
next_part(State *state)
{
    do
        state->part++;
    while (!has_part(state, state->part));
    state->at = 0;
    if (state->part != PART_EXTRA)
        state->number = 0;
}

/* Whether the fixed part may hold this byte at this place. */
static bool
take_fixed(State *state, unsigned char byte)
{
    static const unsigned char BEGIN[] = {0x1f, 0x8b, 8};
    if (state->at < sizeof BEGIN)
        return byte == BEGIN[state->at];
    if (state->at == sizeof BEGIN)
        state->flags = byte;
    return state->at != sizeof BEGIN || !(byte & FLAGS_UNKNOWN);
}

/* One byte of the header; false where it is wrong. */
static bool
take_header_byte(State *state, unsigned char byte)
{
    uint32_t before = state->crc;
    unsigned at = state->at;
    if (state->part == PART_FIXED && !take_fixed(state, byte))
        return false;
    state->crc = crc32_gzip_refl(before, &byte, 1);
    state->at++;
    switch (state->part) {
    case PART_FIXED:
        if (state->at == FIXED_BYTES)
            next_part(state);
        break;
    case PART_EXTRA_LENGTH:
        state->number |= (unsigned)byte << 8 * at;
        if (at == 1)
            next_part(state);
        break;
    case PART_EXTRA:
        if (state->at == state->number)
            next_part(state);
        break;
    case PART_NAME:
    case PART_COMMENT:
        if (byte == 0)
            next_part(state);
        break;
    case PART_CRC16:
        state->crc = before;
        if (byte != (before >> 8 * at & 0xff))
            return false;
        if (at == 1)
            next_part(state);
        break;
    case PART_DATA:
    case PART_ENDED:
        break;
    }
    return true;
}

static uint32_t
as_u32(size_t n)
{
    return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

static InflateResult
inflate_data(State *state, InflateStep *step)
{
    struct inflate_state *isal = &state->isal;
    uint32_t in = as_u32(step->in_bytes);
    uint32_t out = as_u32(step->out_bytes);
    isal->next_in = (uint8_t *)(uintptr_t)step->in;      /* it only reads there */
    isal->avail_in = in;
    isal->next_out = step->out;
    isal->avail_out = out;
    int result = isal_inflate(isal);
    step->in += in - isal->avail_in;
    step->in_bytes -= in - isal->avail_in;
    step->out += out - isal->avail_out;
    step->out_bytes -= out - isal->avail_out;
    if (result < 0)
        return INFLATE_DAMAGED;
    if (isal->block_state != ISAL_BLOCK_FINISH)
        return INFLATE_MORE;
    state->part = PART_ENDED;
    return INFLATE_END;
}

static InflateResult
isal_step(void *pointer, InflateStep *step)
{
    State *state = pointer;
    for (; state->part < PART_DATA && step->in_bytes; step->in++, step->in_bytes--)
        if (!take_header_byte(state, *step->in))
            return INFLATE_DAMAGED;
    return state->part == PART_DATA ? inflate_data(state, step) : INFLATE_MORE;
}

const InflateEngine INFLATE_ISAL = {"isa-l", isal_make, free, isal_reset, isal_step};

#else
typedef int NoIsal;          /* a file must hold something */
#endif
