/* SPDX-License-Identifier: Apache-2.0 */
/* writer.h -- writes a bundle: a .tar.gz laid out as eStargz (docs/bundle-format.md).
 *
 *     CLEANUP(cleanup_writer) Writer *w = NULL;
 *     TRY(writer_new(fd, &options, &w, err));
 *     for each member, those of one folder together:
 *         TRY(writer_begin(w, name, WRITER_SIZE_UNKNOWN, err));
 *         TRY(writer_data(w, bytes, err));              // as often as needed
 *         TRY(writer_end(w, &written, err));            // bytes and sha256 for the manifest
 *     TRY(writer_finish(w, manifest_json, err));
 *
 * The same calls give the same bytes, however the data was cut into pieces: fixed times,
 * owners and modes, nothing of the machine.  Before writer_finish() the file is readable
 * as a stream up to where it ends.
 *
 * Memory: about 1 MiB, and about 100 bytes a member or chunk for the index. */
#ifndef BUNDLE_WRITER_H
#define BUNDLE_WRITER_H

#include "base/arena.h"
#include "base/digest.h"

typedef struct Writer Writer;

#define WRITER_SIZE_UNKNOWN UINT64_MAX

typedef struct {
    Str top_folder;      /* one component: "mesh-2018-06-14" */
    int level;           /* of deflate, 1 to 9; 0: 6 */
} WriterOptions;

typedef struct {
    uint64_t bytes;
    Digest sha256;
} WriterMember;

/* fd: borrowed, positioned at its start or end, to be written from there on.  It must be a
 * regular file for members of unknown size over 64 KiB; anything else will do without.
 * ST_USAGE (level), ST_UNSAFE (top folder), ST_IO, ST_NOMEM. */
NODISCARD Status writer_new(int fd, const WriterOptions *options, Writer **ret, Err *err);
Writer *writer_free(Writer *writer);     /* NULL in, NULL out */
void cleanup_writer(Writer **writer);

/* Begins a member.  name is below the top folder; folders above it get their own entries.
 *   size   in bytes; then exactly as many must follow (ST_USAGE at writer_end otherwise)
 * ST_UNSAFE, ST_LIMIT (name, count), ST_EXISTS (that name again), ST_IO, ST_NOMEM.
 * After any failure but ST_UNSAFE, ST_LIMIT and ST_EXISTS of this function the writer
 * takes nothing more: what was written is readable as a stream. */
NODISCARD Status writer_begin(Writer *writer, Str name, uint64_t size, Err *err);
NODISCARD Status writer_data(Writer *writer, Str bytes, Err *err);
NODISCARD Status writer_end(Writer *writer, WriterMember *ret, Err *err);   /* ret may be NULL */

/* Writes manifest.json, then the index and the footer. */
NODISCARD Status writer_finish(Writer *writer, Str manifest_json, Err *err);

/* Compressed bytes handed to fd so far, and those still certain to come for what was
 * written (the index): what a budget has to watch. */
uint64_t writer_file_bytes(const Writer *writer);

#endif
