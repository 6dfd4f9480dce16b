/* SPDX-License-Identifier: Apache-2.0 */
/* inflate_zlib.c -- inflating by zlib: everywhere, and what the others are held against. */
#include "bundle/inflate_engine.h"

#include <limits.h>
#include <stdlib.h>
#define ZLIB_CONST
#include <zlib.h>

enum { GZIP_ONLY = 15 + 16 };

static void *
zlib_make(void)
{
    z_stream *z = calloc(1, sizeof *z);   /* it needs an end */
    if (z && inflateInit2(z, GZIP_ONLY) != Z_OK) {
        free(z);
        return NULL;
    }
    return z;
}

static void
zlib_drop(void *state)
{
    (void)inflateEnd(state);
    free(state);
}

static void
zlib_reset(void *state)
{
    (void)inflateReset(state);
}

static uInt
as_uint(size_t n)
{
    return n > UINT_MAX ? UINT_MAX : (uInt)n;
}

static InflateResult
zlib_step(void *state, InflateStep *step)
{
    z_stream *z = state;
    uInt in = as_uint(step->in_bytes);
    uInt out = as_uint(step->out_bytes);
    z->next_in = step->in;
    z->avail_in = in;
    z->next_out = step->out;
    z->avail_out = out;
    int result = inflate(z, Z_NO_FLUSH);
    step->in += in - z->avail_in;
    step->in_bytes -= in - z->avail_in;
    step->out += out - z->avail_out;
    step->out_bytes -= out - z->avail_out;
    switch (result) {
    case Z_STREAM_END: return INFLATE_END;
    case Z_OK:
    case Z_BUF_ERROR: return INFLATE_MORE;
    case Z_MEM_ERROR: return INFLATE_NOMEM;
    default: return INFLATE_DAMAGED;
    }
}

const InflateEngine INFLATE_ZLIB = {"zlib", zlib_make, zlib_drop, zlib_reset, zlib_step};
