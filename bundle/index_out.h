/* SPDX-License-Identifier: Apache-2.0 */
/* index_out.h -- makes stargz.index.json while the members are written.
 *
 * The text is kept deflated: about 100 bytes an entry. */
#ifndef BUNDLE_INDEX_OUT_H
#define BUNDLE_INDEX_OUT_H

#include "bundle/gzip_out.h"
#include "base/digest.h"

#define INDEX_NAME "stargz.index.json"
#define FOOTER_MAGIC "STARGZ"
enum { FOOTER_BYTES = 51 };

typedef struct IndexOut IndexOut;

/* A part of a member: what one gzip member, or a place in one, holds of it. */
typedef struct {
    uint64_t offset;          /* of the gzip member in the file */
    uint64_t inner_offset;    /* of the payload in what it unpacks to */
    uint64_t bytes;
    Digest sha256;
} IndexChunk;

NODISCARD Status index_out_new(Arena *arena, IndexOut **ret, Err *err);
void index_out_done(IndexOut *index);      /* NULL is fine */

/* name: as in the archive.  ST_NOMEM, ST_LIMIT (size of the index). */
NODISCARD Status index_out_folder(IndexOut *index, Str name, Err *err);
NODISCARD Status index_out_file(IndexOut *index, Str name, uint64_t bytes, const Digest *sha256,
                                const IndexChunk *chunks, size_t count, Err *err);
/* Writes the gzip member with the index and the end of the archive, then the footer. */
NODISCARD Status index_out_finish(IndexOut *index, GzipOut *out, Err *err);
/* About what index_out_finish() will write. */
uint64_t index_out_bytes(const IndexOut *index);

#endif
