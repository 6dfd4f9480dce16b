/* SPDX-License-Identifier: Apache-2.0 */
/* inflate.c -- gzip members to bytes, by zlib. */
#include "bundle/inflate.h"

#include "base/io.h"

#include <limits.h>
#include <stdlib.h>
#define ZLIB_CONST
#include <zlib.h>

enum {
    GZIP_ONLY = 15 + 16,
    IN_BYTES = 256 * 1024,
};

struct Inflate {
    z_stream z;
    unsigned char in[IN_BYTES];
};

Inflate *
inflate_new(void)
{
    Inflate *inflate = calloc(1, sizeof *inflate);    /* its z_stream needs an end */
    if (inflate && inflateInit2(&inflate->z, GZIP_ONLY) != Z_OK) {
        free(inflate);
        return NULL;
    }
    return inflate;
}

Inflate *
inflate_free(Inflate *inflate)
{
    if (inflate) {
        (void)inflateEnd(&inflate->z);
        free(inflate);
    }
    return NULL;
}

void
cleanup_inflate(Inflate **inflate)
{
    *inflate = inflate_free(*inflate);
}

void
inflate_reset(Inflate *inflate)
{
    (void)inflateReset(&inflate->z);
}

static uInt
as_uint(size_t n)
{
    return n > UINT_MAX ? UINT_MAX : (uInt)n;
}

InflateResult
inflate_step(Inflate *inflate_, InflateStep *step)
{
    z_stream *z = &inflate_->z;
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

Status
inflate_member(Inflate *inflate, int fd, uint64_t offset, uint64_t max_in, unsigned char *out,
               size_t capacity, size_t *ret_made, Err *err)
{
    unsigned char spill;                  /* one byte more than there is room for */
    InflateStep step = {.out = out, .out_bytes = capacity};
    InflateResult result = INFLATE_MORE;
    bool spilled = false;
    inflate_reset(inflate);
    while (result == INFLATE_MORE && !spilled) {
        if (step.in_bytes == 0) {
            size_t wanted = max_in < IN_BYTES ? (size_t)max_in : IN_BYTES;
            size_t got = 0;
            TRY(io_pread(fd, inflate->in, wanted, offset, &got, err));
            if (got == 0)
                break;
            offset += got;
            max_in -= got;
            step.in = inflate->in;
            step.in_bytes = got;
        }
        bool full = step.out_bytes == 0;
        if (full) {
            step.out = &spill;
            step.out_bytes = 1;
        }
        result = inflate_step(inflate, &step);
        spilled = full && step.out_bytes == 0;
        if (full)
            step.out_bytes = 0;
        else
            *ret_made = capacity - step.out_bytes;
    }
    if (result == INFLATE_NOMEM)
        return err_nomem(err);
    if (spilled)
        return err_set(err, ST_FORMAT, "it unpacks to more than %zu bytes", capacity);
    if (result == INFLATE_MORE)
        return err_set(err, ST_FORMAT, "the compressed data ends early");
    if (result == INFLATE_DAMAGED)
        return err_set(err, ST_FORMAT, "the compressed data is damaged");
    return ST_OK;
}
