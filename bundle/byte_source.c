/* SPDX-License-Identifier: Apache-2.0 */
/* byte_source.c -- the bytes of an archive in order, unpacked where they are gzip. */
#include "bundle/byte_source.h"

#include "base/io.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    IN_BYTES = 256 * 1024,
    OUT_BYTES = 256 * 1024,
};

struct ByteSource {
    int fd;
    Str head;                /* to be given before what fd has */
    bool gzip;
    bool at_end;             /* fd has no more */
    bool inside;             /* a gzip member */
    SourceState state;
    char reason[512];
    Inflate *inflate;
    uint64_t taken;          /* from head and fd */
    uint64_t given;
    uint64_t zeros;
    const unsigned char *next;      /* not yet unpacked */
    size_t next_bytes;
    unsigned char in[IN_BYTES];
    unsigned char out[OUT_BYTES];
};

Status
byte_source_new(int fd, Str head, bool gzip, ByteSource **ret, Err *err)
{
    CLEANUP(cleanup_byte_source) ByteSource *source =
        calloc(1, sizeof *source);      /* half a MiB, given back with its owner */
    if (!source)
        return err_nomem(err);
    source->fd = fd;
    source->head = head;
    source->gzip = gzip;
    if (gzip && !(source->inflate = inflate_new()))
        return err_nomem(err);
    *ret = source;
    source = NULL;
    return ST_OK;
}

ByteSource *
byte_source_free(ByteSource *source)
{
    if (source) {
        source->inflate = inflate_free(source->inflate);
        free(source);
    }
    return NULL;
}

void
cleanup_byte_source(ByteSource **source)
{
    *source = byte_source_free(*source);
}

static void
end_with(ByteSource *source, SourceState state, const char *reason)
{
    if (source->state == SOURCE_FINE) {
        source->state = state;
        (void)snprintf(source->reason, sizeof source->reason, "%s", reason);
    }
    source->at_end = true;
    source->next_bytes = 0;
}

/* More of the file into next; false at its end. */
static bool
fill(ByteSource *source)
{
    if (source->at_end)
        return false;
    if (source->head.n) {
        source->next = (const unsigned char *)source->head.p;
        source->next_bytes = source->head.n;
        source->taken += source->head.n;
        source->head = STR("");
        return true;
    }
    Err why = {0};
    size_t got = 0;
    if (io_read(source->fd, source->in, IN_BYTES, &got, &why) != ST_OK)
        end_with(source, SOURCE_FAILED, why.text);
    source->at_end |= got < IN_BYTES;
    source->next = source->in;
    source->next_bytes = got;
    source->taken += got;
    return got > 0;
}

static void
count(ByteSource *source, const unsigned char *bytes, size_t n)
{
    size_t zeros = 0;
    while (zeros < n && bytes[n - 1 - zeros] == 0)
        zeros++;
    source->zeros = zeros == n ? source->zeros + n : zeros;
    source->given += n;
}

/* Between gzip members: a further one, zeros to fill a block, or something else. */
static bool
begin_member(ByteSource *source)
{
    for (;;) {
        if (source->next_bytes == 0 && !fill(source))
            return false;
        if (*source->next != 0 || source->given == 0)
            break;
        source->next++;
        source->next_bytes--;
    }
    if (*source->next != 0x1f) {
        end_with(source, SOURCE_TRAILING, "bytes follow that are not gzip");
        return false;
    }
    inflate_reset(source->inflate);
    source->inside = true;
    return true;
}

static Str
next_unpacked(ByteSource *source)
{
    InflateStep step = {.out = source->out, .out_bytes = OUT_BYTES};
    while (step.out_bytes == OUT_BYTES) {
        if (!source->inside && !begin_member(source))
            break;
        if (source->next_bytes == 0 && !fill(source)) {
            end_with(source, SOURCE_CUT, "the compressed data ends early");
            break;
        }
        step.in = source->next;
        step.in_bytes = source->next_bytes;
        InflateResult result = inflate_step(source->inflate, &step);
        source->next = step.in;
        source->next_bytes = step.in_bytes;
        if (result == INFLATE_END)
            source->inside = false;
        else if (result == INFLATE_NOMEM)
            end_with(source, SOURCE_FAILED, "out of memory");
        else if (result == INFLATE_DAMAGED)
            end_with(source, SOURCE_DAMAGED, "the compressed data is damaged");
        if (source->state != SOURCE_FINE)
            break;
    }
    return (Str){(const char *)source->out, OUT_BYTES - step.out_bytes};
}

Str
byte_source_next(ByteSource *source)
{
    Str bytes = STR("");
    if (source->state != SOURCE_FINE)
        return bytes;
    if (source->gzip) {
        bytes = next_unpacked(source);
    } else if (source->next_bytes || fill(source)) {
        bytes = (Str){(const char *)source->next, source->next_bytes};
        source->next_bytes = 0;
    }
    count(source, (const unsigned char *)bytes.p, bytes.n);
    return bytes;
}

uint64_t
byte_source_skip(ByteSource *source, uint64_t n)
{
    /* never to the very end: a file that is shorter than it says must be noticed */
    if (source->gzip || source->at_end || source->next_bytes || source->head.n ||
        n < IN_BYTES || n > INT64_MAX)
        return 0;
    off_t here = lseek(source->fd, 0, SEEK_CUR);
    off_t end = here < 0 ? -1 : lseek(source->fd, 0, SEEK_END);
    uint64_t passed = 0;
    if (end > here && (uint64_t)(end - here) > n)
        passed = n;
    if (here >= 0 && lseek(source->fd, here + (off_t)passed, SEEK_SET) < 0)
        end_with(source, SOURCE_FAILED, "seeking failed");
    source->taken += passed;
    source->given += passed;
    source->zeros = passed ? 0 : source->zeros;
    return passed;
}

SourceState
byte_source_state(const ByteSource *source)
{
    return source->state;
}

const char *
byte_source_reason(const ByteSource *source)
{
    return source->reason;
}

uint64_t
byte_source_position(const ByteSource *source)
{
    return source->taken - source->next_bytes;
}

uint64_t
byte_source_unpacked(const ByteSource *source)
{
    return source->given;
}

uint64_t
byte_source_zeros(const ByteSource *source)
{
    return source->zeros;
}
