/* SPDX-License-Identifier: Apache-2.0 */
/* byte_source.h -- the bytes of an archive in order, unpacked where they are gzip.
 *
 * Damage ends them: what came before stands, and the source tells what happened. */
#ifndef BUNDLE_BYTE_SOURCE_H
#define BUNDLE_BYTE_SOURCE_H

#include "bundle/inflate.h"

typedef enum {
    SOURCE_FINE,
    SOURCE_CUT,          /* the file ends inside a gzip member */
    SOURCE_DAMAGED,
    SOURCE_TRAILING,     /* something that is no gzip member follows */
    SOURCE_FAILED,       /* reading failed */
} SourceState;

typedef struct ByteSource ByteSource;

/* fd is borrowed.  head: bytes already taken from it, borrowed.
 *   ahead    unpack on a thread of its own, up to two MiB ahead of who asks; for a regular file,
 *            because the thread is waited for in the end.  The bytes, states and positions are
 *            the same, and where no thread can be had it is done without. */
NODISCARD Status byte_source_new(int fd, Str head, bool gzip, bool ahead, ByteSource **ret,
                                 Err *err);
ByteSource *byte_source_free(ByteSource *source);     /* NULL in, NULL out */
void cleanup_byte_source(ByteSource **source);

/* The next bytes; empty at the end, whatever its reason.  Valid until the next call. */
Str byte_source_next(ByteSource *source);
/* Passes n bytes of a file that is not packed; what could not be passed is to be read. */
uint64_t byte_source_skip(ByteSource *source, uint64_t n);

SourceState byte_source_state(const ByteSource *source);
/* Text of a failure. */
const char *byte_source_reason(const ByteSource *source);
uint64_t byte_source_position(const ByteSource *source);    /* in the file: bytes used of it */
uint64_t byte_source_unpacked(const ByteSource *source);    /* bytes given */
/* Zeros at the end of all that was given: a tar archive ends with 1,024 of them. */
uint64_t byte_source_zeros(const ByteSource *source);

#endif
