/* SPDX-License-Identifier: Apache-2.0 */
/* status.h -- how functions fail: a Status to branch on, an Err to show.
 *
 *     NODISCARD Status thing_read(Arena *a, int fd, Thing **ret, Err *err);
 *     ...
 *     TRY(thing_read(a, fd, &thing, err));
 *
 * Laws.  A function that fails leaves its ret_ parameters untouched.  The first error
 * wins: filling an Err that already holds one keeps the old.  Every Err pointer may be
 * NULL.  An Err never holds a secret; its text is one line, without a full stop.
 * Every owned resource has a cleanup attribute, so TRY may return from anywhere.
 */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include <stdarg.h>
#include <stddef.h>

#define NODISCARD __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define CLEANUP(fn) __attribute__((cleanup(fn)))

typedef enum {
#define STATUS(name, sentence) ST_##name,
#include "base/status.def"
#undef STATUS
    ST_COUNT
} Status;

/* One error.  file, line and column say where in an input it lies: line and column are
 * 1-based, 0 where unknown; column counts code points. */
typedef struct {
    Status status;
    int errnum;       /* errno of a failed call, else 0 */
    unsigned line;
    unsigned column;
    char file[256];   /* "" where unknown */
    char text[512];
} Err;

#define TRY(call)                     \
    do {                              \
        Status try_status_ = (call);  \
        if (try_status_ != ST_OK)     \
            return try_status_;       \
    } while (0)

/* "FORMAT" and "malformed input"; never NULL. */
const char *status_name(Status status);
const char *status_sentence(Status status);

/* Each fills err (unless it is NULL or filled already) and returns the status. */
NODISCARD Status err_set(Err *err, Status status, const char *format, ...) PRINTF_LIKE(3, 4);
NODISCARD Status err_at(Err *err, Status status, const char *file, unsigned line,
                        unsigned column, const char *format, ...) PRINTF_LIKE(6, 7);
/* As err_set, with ": " and the text of errno at the end; ENOMEM becomes ST_NOMEM. */
NODISCARD Status err_errno(Err *err, Status status, const char *format, ...) PRINTF_LIKE(3, 4);
NODISCARD Status err_nomem(Err *err);

/* Analysers that look at one file at a time cannot know that these never give ST_OK, and take
 * what only a success sets for unset. */
#if defined(STATIC_ANALYSIS) && !defined(STATUS_C)
static inline Status
err_fails(Status status)
{
    if (status == ST_OK)
        __builtin_unreachable();
    return status;
}
#define err_set(...) err_fails(err_set(__VA_ARGS__))
#define err_at(...) err_fails(err_at(__VA_ARGS__))
#define err_errno(...) err_fails(err_errno(__VA_ARGS__))
#define err_nomem(err) err_fails(err_nomem(err))
#endif

/* Empties err, so that it can be filled again. */
void err_clear(Err *err);

/* "FILE:LINE:COL: text" (parts that are unknown are left out); the sentence of its
 * status where it has no text.  Writes at most size bytes with the final NUL. */
void err_format(const Err *err, char *out, size_t size);

#endif
