/* SPDX-License-Identifier: Apache-2.0 */
/* index_in.h -- stargz.index.json read and mistrusted.
 *
 * An index is used only where every number in it can be true: places inside the file and in
 * its order, no two parts over one another, parts that add up to their members.  What the
 * places hold is found out when they are read. */
#ifndef BUNDLE_INDEX_IN_H
#define BUNDLE_INDEX_IN_H

#include "base/arena.h"
#include "base/digest.h"

enum { INDEX_PART_MAX_BYTES = 16 * 1024 * 1024 };   /* unpacked, of one gzip member */

/* A part of a file: a range of what one gzip member unpacks to. */
typedef struct {
    uint32_t place;          /* of its gzip member in places */
    uint64_t inner_offset;
    uint64_t bytes;
    bool has_digest;
    Digest digest;
} IndexPart;

/* A gzip member that parts refer to. */
typedef struct {
    uint64_t offset;
    uint64_t end;            /* it ends there at the latest */
    uint64_t needed_bytes;   /* unpacked, for all its parts */
} IndexPlace;

typedef enum { INDEX_FILE, INDEX_FOLDER, INDEX_LINK, INDEX_SPECIAL } IndexType;

typedef struct {
    Str raw;                 /* name as in the archive, not yet made safe */
    IndexType type;
    uint64_t bytes;
    bool has_digest;
    Digest digest;
    size_t first_part;
    size_t part_count;
} IndexFile;

typedef struct {
    VEC(IndexFile) files;
    VEC(IndexPart) parts;
    VEC(IndexPlace) places;
} Index;

/* Reads the footer and the index of a regular file.
 *   ret   NULL where the file has no footer
 * ST_FORMAT or ST_LIMIT (an index that cannot be used), ST_IO, ST_NOMEM. */
NODISCARD Status index_read(Arena *arena, int fd, uint64_t file_bytes, Index **ret, Err *err);
/* The same for a text and the place where its gzip member begins. */
NODISCARD Status index_parse(Arena *arena, Str json, uint64_t index_offset, Index **ret,
                             Err *err);

#endif
