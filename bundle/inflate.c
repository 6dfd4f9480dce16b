/* SPDX-License-Identifier: Apache-2.0 */
/* inflate.c -- gzip members to bytes, by the fastest library that was built in. */
#include "bundle/inflate_engine.h"

#include "base/io.h"
#include "config.h"

#include <stdlib.h>

enum { IN_BYTES = 256 * 1024 };

struct Inflate {
    const InflateEngine *engine;
    void *state;
    unsigned char in[IN_BYTES];
};

const InflateEngine *const INFLATE_ENGINES[] = {
#ifdef HAVE_ISAL
    &INFLATE_ISAL,
#endif
    &INFLATE_ZLIB,
    NULL,
};

Inflate *
inflate_new_by(const InflateEngine *engine)
{
    Inflate *inflate = malloc(sizeof *inflate);     /* its engine's state needs an end */
    if (!inflate)
        return NULL;
    inflate->engine = engine;
    inflate->state = engine->make();
    return inflate->state ? inflate : inflate_free(inflate);
}

Inflate *
inflate_new(void)
{
    return inflate_new_by(INFLATE_ENGINES[0]);
}

Inflate *
inflate_free(Inflate *inflate)
{
    if (inflate) {
        if (inflate->state)
            inflate->engine->drop(inflate->state);
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
    inflate->engine->reset(inflate->state);
}

InflateResult
inflate_step(Inflate *inflate, InflateStep *step)
{
    return inflate->engine->step(inflate->state, step);
}

static Status
try_member(Inflate *inflate, int fd, uint64_t offset, uint64_t max_in, unsigned char *out,
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

Status
inflate_member(Inflate *inflate, int fd, uint64_t offset, uint64_t max_in, unsigned char *out,
               size_t capacity, size_t *ret_made, Err *err)
{
    Err found = {0};
    Status status = try_member(inflate, fd, offset, max_in, out, capacity, ret_made, &found);
    if (status == ST_OK)
        return ST_OK;
    if (status != ST_FORMAT || inflate->engine == &INFLATE_ZLIB)
        return err_set(err, status, "%s", found.text);
    /* what is wrong with a member is told by the same library everywhere */
    CLEANUP(cleanup_inflate) Inflate *referee = inflate_new_by(&INFLATE_ZLIB);
    if (!referee)
        return err_nomem(err);
    return try_member(referee, fd, offset, max_in, out, capacity, ret_made, err);
}
