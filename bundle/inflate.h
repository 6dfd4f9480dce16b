/* SPDX-License-Identifier: Apache-2.0 */
/* inflate.h -- gzip members to bytes, by isa-l where it was configured, else by zlib.
 *
 * Each member's CRC-32 and length are checked.  One thread at a time for each Inflate.
 * inflate_engine.h is the seam between this and the libraries. */
#ifndef BUNDLE_INFLATE_H
#define BUNDLE_INFLATE_H

#include "base/str.h"

typedef struct Inflate Inflate;

Inflate *inflate_new(void);              /* NULL when out of memory */
Inflate *inflate_free(Inflate *inflate); /* NULL in, NULL out */
void cleanup_inflate(Inflate **inflate);
/* Ready for the start of a gzip member. */
void inflate_reset(Inflate *inflate);

typedef struct {
    const unsigned char *in;      /* advanced past what was used */
    size_t in_bytes;
    unsigned char *out;           /* advanced past what was made */
    size_t out_bytes;
} InflateStep;

typedef enum {
    INFLATE_MORE,     /* needs more input or more room */
    INFLATE_END,      /* the member is whole, CRC-32 and length are right */
    INFLATE_DAMAGED,  /* bytes made so far may be wrong */
    INFLATE_NOMEM,
} InflateResult;

InflateResult inflate_step(Inflate *inflate, InflateStep *step);

/* One gzip member from a file into memory.
 *   offset       of its first byte; at most max_in bytes belong to it
 *   out          room for capacity bytes; *ret_made tells how many came, also on failure
 * ST_FORMAT (damaged, ends early, or unpacks to more than capacity), ST_IO, ST_NOMEM. */
NODISCARD Status inflate_member(Inflate *inflate, int fd, uint64_t offset, uint64_t max_in,
                                unsigned char *out, size_t capacity, size_t *ret_made,
                                Err *err);

#endif
