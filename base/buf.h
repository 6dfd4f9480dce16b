/* SPDX-License-Identifier: Apache-2.0 */
/* buf.h -- a growing buffer, born with a maximum.
 *
 * Appending never returns a status: the first failure (out of memory, over the maximum)
 * sticks, later appends do nothing, and buf_status() tells at the end.  Nothing is cut
 * silently: an append is done whole or not at all.  data is NULL until the first append and
 * NUL-terminated after it; buf_str() gives a view that is never NULL.  A secret's buffer is
 * made with secret set before the first append.
 *
 *     CLEANUP(buf_done) Buf buf = BUF_INIT(1 << 20);
 *     buf_adds(&buf, "text"); buf_printf(&buf, "%d", 1);
 *     TRY(buf_status(&buf, err));
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/arena.h"
#include "base/str.h"

typedef struct {
    char *data;
    size_t n;
    size_t capacity;
    size_t max_bytes;
    Status failed;     /* ST_OK, ST_NOMEM or ST_LIMIT */
    bool secret;       /* wiped before its memory is given back */
} Buf;

#define BUF_INIT(max) ((Buf){.max_bytes = (max)})

void buf_done(Buf *buf);              /* frees; the buffer can be used again */
void buf_clear(Buf *buf);             /* n = 0, failure forgotten, memory kept */
void buf_add(Buf *buf, const void *bytes, size_t n);
void buf_add_str(Buf *buf, Str s);
void buf_adds(Buf *buf, const char *text);
void buf_addc(Buf *buf, char c);
void buf_printf(Buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
/* The shortest text that reads back as the same double; NaN, +Inf and -Inf by name. */
void buf_add_double(Buf *buf, double value);
/* Room for n more bytes and a NUL, to be filled by the caller, who then adds to buf->n and
 * sets the NUL; NULL when that fails. */
char *buf_reserve(Buf *buf, size_t n);
/* Drops the first n bytes (all, where there are fewer). */
void buf_consume(Buf *buf, size_t n);
Str buf_str(const Buf *buf);          /* view, until the next change */
NODISCARD Status buf_status(const Buf *buf, Err *err);

#endif
