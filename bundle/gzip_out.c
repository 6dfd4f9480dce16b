/* SPDX-License-Identifier: Apache-2.0 */
/* gzip_out.c -- bytes to gzip members in a file. */
#include "bundle/gzip_out.h"

#include "base/io.h"

#include <string.h>
#define ZLIB_CONST
#include <zlib.h>

enum {
    IN_BYTES = 64 * 1024,      /* deflate gets its input in parts of this size alone, so that
                                  its output does not depend on how callers cut theirs */
    OUT_BYTES = 64 * 1024,
    RAW_DEFLATE = -15,
    MEMORY_LEVEL = 8,
};

struct GzipOut {
    z_stream z;
    int fd;
    bool ready;            /* z was initialised */
    bool open;             /* inside a member */
    uint32_t crc;
    uint64_t member_bytes;
    uint64_t written;      /* to fd */
    size_t waiting;        /* in in */
    size_t pending;        /* in out */
    unsigned char in[IN_BYTES];
    unsigned char out[OUT_BYTES];
};

static const unsigned char HEADER[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff};

static void
put_le32(unsigned char *out, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        out[i] = (unsigned char)(value >> (8 * i));
}

Status
gzip_out_new(Arena *arena, int fd, int level, GzipOut **ret, Err *err)
{
    GzipOut *out = ARENA_NEW(arena, GzipOut);
    if (!out)
        return err_nomem(err);
    out->fd = fd;
    if (deflateInit2(&out->z, level, Z_DEFLATED, RAW_DEFLATE, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return err_nomem(err);
    out->ready = true;
    *ret = out;
    return ST_OK;
}

void
gzip_out_done(GzipOut *out)
{
    if (out && out->ready) {
        (void)deflateEnd(&out->z);
        out->ready = false;
    }
}

Status
gzip_out_flush(GzipOut *out, Err *err)
{
    TRY(io_write(out->fd, out->out, out->pending, err));
    out->written += out->pending;
    out->pending = 0;
    return ST_OK;
}

Status
gzip_out_raw(GzipOut *out, Str bytes, Err *err)
{
    while (bytes.n) {
        if (out->pending == OUT_BYTES)
            TRY(gzip_out_flush(out, err));
        Str part = str_head(bytes, OUT_BYTES - out->pending);
        memcpy(out->out + out->pending, part.p, part.n);
        out->pending += part.n;
        bytes = str_from(bytes, part.n);
    }
    return ST_OK;
}

Status
gzip_out_begin(GzipOut *out, Err *err)
{
    (void)deflateReset(&out->z);
    out->open = true;
    out->waiting = 0;
    out->crc = 0;
    out->member_bytes = 0;
    return gzip_out_raw(out, (Str){(const char *)HEADER, sizeof HEADER}, err);
}

/* Deflates what waits; with Z_FINISH to the end of the member. */
static Status
run(GzipOut *out, int flush, Err *err)
{
    out->z.next_in = out->in;
    out->z.avail_in = (uInt)out->waiting;
    out->waiting = 0;
    for (;;) {
        if (out->pending == OUT_BYTES)
            TRY(gzip_out_flush(out, err));
        out->z.next_out = out->out + out->pending;
        out->z.avail_out = (uInt)(OUT_BYTES - out->pending);
        int result = deflate(&out->z, flush);
        out->pending = OUT_BYTES - out->z.avail_out;
        if (result == Z_STREAM_END || (flush == Z_NO_FLUSH && out->z.avail_in == 0))
            return ST_OK;
        if (result != Z_OK && result != Z_BUF_ERROR)
            return err_set(err, ST_INTERNAL, "deflate failed (%d)", result);
    }
}

Status
gzip_out_add(GzipOut *out, Str bytes, Err *err)
{
    out->member_bytes += bytes.n;
    while (bytes.n) {
        Str part = str_head(bytes, IN_BYTES - out->waiting);
        out->crc = (uint32_t)crc32(out->crc, (const Bytef *)part.p, (uInt)part.n);
        memcpy(out->in + out->waiting, part.p, part.n);
        out->waiting += part.n;
        if (out->waiting == IN_BYTES)
            TRY(run(out, Z_NO_FLUSH, err));
        bytes = str_from(bytes, part.n);
    }
    return ST_OK;
}

Status
gzip_out_end(GzipOut *out, Err *err)
{
    TRY(run(out, Z_FINISH, err));
    unsigned char trailer[8];
    put_le32(trailer, out->crc);
    put_le32(trailer + 4, (uint32_t)out->member_bytes);
    out->open = false;
    return gzip_out_raw(out, (Str){(const char *)trailer, sizeof trailer}, err);
}

size_t
gzip_stored(Str bytes, unsigned char *ret)
{
    unsigned char *p = ret;
    memcpy(p, HEADER, sizeof HEADER);
    p += sizeof HEADER;
    *p++ = 1;                          /* last block, stored */
    *p++ = (unsigned char)bytes.n;
    *p++ = (unsigned char)(bytes.n >> 8);
    *p++ = (unsigned char)~bytes.n;
    *p++ = (unsigned char)(~bytes.n >> 8);
    memcpy(p, bytes.p, bytes.n);
    p += bytes.n;
    put_le32(p, (uint32_t)crc32(0, (const Bytef *)bytes.p, (uInt)bytes.n));
    put_le32(p + 4, (uint32_t)bytes.n);
    return (size_t)(p + 8 - ret);
}

Status
gzip_out_stored(GzipOut *out, Str bytes, Err *err)
{
    if (OUT_BYTES - out->pending < bytes.n + GZIP_STORED_EXTRA_BYTES)
        TRY(gzip_out_flush(out, err));
    if (bytes.n + GZIP_STORED_EXTRA_BYTES > OUT_BYTES)
        return err_set(err, ST_INTERNAL, "%zu bytes are too many to be stored", bytes.n);
    out->pending += gzip_stored(bytes, out->out + out->pending);
    return ST_OK;
}

bool
gzip_out_is_open(const GzipOut *out)
{
    return out->open;
}

uint64_t
gzip_out_position(const GzipOut *out)
{
    return out->written + out->pending;
}

uint64_t
gzip_out_member_bytes(const GzipOut *out)
{
    return out->member_bytes;
}
