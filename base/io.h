/* SPDX-License-Identifier: Apache-2.0 */
/* io.h -- whole reads and writes: EINTR, EAGAIN and short counts never show.
 *
 * Descriptors are borrowed.  Every function may return ST_IO; errno's text is in err. */
#ifndef BASE_IO_H
#define BASE_IO_H

#include "base/buf.h"

/* Reads until n bytes or the end of the file; *ret_n tells how many. */
NODISCARD Status io_read(int fd, void *out, size_t n, size_t *ret_n, Err *err);
NODISCARD Status io_pread(int fd, void *out, size_t n, uint64_t offset, size_t *ret_n, Err *err);
/* All of them.  The message names standard output where fd is that. */
NODISCARD Status io_write(int fd, const void *bytes, size_t n, Err *err);
NODISCARD Status io_pwrite(int fd, const void *bytes, size_t n, uint64_t offset, Err *err);

/* Appends all that is left of fd.  ST_LIMIT where that is more than the buffer's maximum;
 * the buffer then holds the first part.  ST_NOMEM. */
NODISCARD Status io_read_all(int fd, Buf *out, Err *err);
/* Reads a regular file of at most max_bytes into the arena (NUL behind it).
 * ST_NOT_FOUND, ST_LIMIT, ST_FORMAT (not a regular file), ST_IO, ST_NOMEM. */
NODISCARD Status io_read_file(Arena *arena, const char *path, size_t max_bytes, Str *ret, Err *err);

/* Moves a descriptor that was just opened from the numbers of the standard ones, where it is when
 * a program is started without them.  The new one; -1, with errno set and fd closed, where
 * there is none to be had; -1 stays -1. */
int io_above_standard(int fd);

/* Flushes and closes stdout, and tells whether anything of it was lost: what a program owes
 * its standard output.  Once, at the end.  ST_IO. */
NODISCARD Status io_finish_stdout(Err *err);

#endif
