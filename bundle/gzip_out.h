/* SPDX-License-Identifier: Apache-2.0 */
/* gzip_out.h -- bytes to gzip members in a file: the one place that knows the deflating
 * library.
 *
 * Members carry no time, name or system, so equal bytes give equal members. */
#ifndef BUNDLE_GZIP_OUT_H
#define BUNDLE_GZIP_OUT_H

#include "base/arena.h"

typedef struct GzipOut GzipOut;

/* fd is borrowed; level 1 to 9; the GzipOut lives in the arena.  ST_NOMEM. */
NODISCARD Status gzip_out_new(Arena *arena, int fd, int level, GzipOut **ret, Err *err);
void gzip_out_done(GzipOut *out);          /* NULL is fine */

/* One member after the other; ST_IO. */
NODISCARD Status gzip_out_begin(GzipOut *out, Err *err);
NODISCARD Status gzip_out_add(GzipOut *out, Str bytes, Err *err);
NODISCARD Status gzip_out_end(GzipOut *out, Err *err);
/* A whole member of at most 65,535 bytes, not compressed: its length is known beforehand,
 * so that it can be replaced. */
enum { GZIP_STORED_EXTRA_BYTES = 10 + 5 + 8 };
NODISCARD Status gzip_out_stored(GzipOut *out, Str bytes, Err *err);
size_t gzip_stored(Str bytes, unsigned char *ret);    /* ret: bytes.n + extra */
/* Bytes that are compressed already. */
NODISCARD Status gzip_out_raw(GzipOut *out, Str bytes, Err *err);
/* Everything handed over is in the file. */
NODISCARD Status gzip_out_flush(GzipOut *out, Err *err);

bool gzip_out_is_open(const GzipOut *out);
uint64_t gzip_out_position(const GzipOut *out);   /* compressed bytes before the next */
uint64_t gzip_out_member_bytes(const GzipOut *out);   /* uncompressed, in this member */

#endif
