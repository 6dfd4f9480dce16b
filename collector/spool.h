/* SPDX-License-Identifier: Apache-2.0 */
/* spool.h -- where captures wait, compressed, until the bundle is written.
 *
 * One unlinked file (O_TMPFILE, 0600) beside the output holds all members: what is killed
 * leaves nothing.  Members are written side by side, each in pieces of 256 KiB.  What is
 * written went through the first pass of redaction alone, so it is encrypted with a key that
 * is in memory only: no secret is on any disk at any time. */
#ifndef COLLECTOR_SPOOL_H
#define COLLECTOR_SPOOL_H

#include "base/arena.h"
#include "base/buf.h"

typedef struct Spool Spool;
typedef struct SpoolFile SpoolFile;
typedef Status SpoolReadFn(void *context, Str bytes, Err *err);

/* budget_bytes: compressed, of all members; SIZE_MAX: none. */
NODISCARD Status spool_new(Arena *arena, const char *beside, uint64_t budget_bytes, Spool **ret,
                           Err *err);
void cleanup_spool(Spool **spool);
/* Compressed bytes of all members. */
uint64_t spool_bytes(const Spool *spool);
/* True once the budget is used up, or the disk is full: nothing more is taken. */
bool spool_is_full(const Spool *spool);

/* Room for the few small members that tell how it ended. */
void spool_raise_budget(Spool *spool);

/* tail_bytes: only about that much of the end is kept, from the start of a line; 0: all. */
NODISCARD Status spool_begin(Spool *spool, uint64_t tail_bytes, SpoolFile **ret, Err *err);
/* ST_LIMIT: the budget; ST_IO: the disk.  What was written before stays. */
NODISCARD Status spool_write(SpoolFile *file, const char *bytes, size_t n, Err *err);
NODISCARD Status spool_end(SpoolFile *file, Err *err);
/* Puts bytes before all that was written; after spool_end(). */
NODISCARD Status spool_prepend(SpoolFile *file, Str bytes, Err *err);
/* Forgets what was written: the file is as after spool_begin(). */
void spool_rewind(SpoolFile *file);

uint64_t spool_file_bytes(const SpoolFile *file);      /* as read back */
bool spool_file_trimmed(const SpoolFile *file);        /* its beginning is gone */
uint64_t spool_file_dropped_lines(const SpoolFile *file);     /* with its beginning */
NODISCARD Status spool_read(const SpoolFile *file, SpoolReadFn *read, void *context, Err *err);

#endif
