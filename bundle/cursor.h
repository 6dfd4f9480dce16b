/* SPDX-License-Identifier: Apache-2.0 */
/* cursor.h -- walks through a JSON text without a tree: for the index and the manifest.
 *
 * Both have a fixed shape and may be hundreds of megabytes of somebody else's making.  The
 * caller asks for what must come next; anything else is ST_FORMAT with its line.
 *
 *     Cursor c = cursor_of(text, "stargz.index.json");
 *     TRY(cursor_enter(&c, '{', err));
 *     for (bool more; (status = cursor_key(&c, arena, &more, &key, err)) == ST_OK && more;)
 *         TRY(cursor_u64(&c, &number, err));        // one value for each key
 *
 * Strings are views into the text where they have no escapes, else copies in the arena;
 * they are valid UTF-8.  Grammar is RFC 8259's; depth is limited to LIMIT_JSON_DEPTH. */
#ifndef BUNDLE_CURSOR_H
#define BUNDLE_CURSOR_H

#include "base/arena.h"

typedef struct {
    Str text;
    size_t at;
    const char *file;     /* for messages */
    unsigned depth;       /* of what was entered */
    bool first;           /* nothing of the innermost map or list was read yet */
} Cursor;

Cursor cursor_of(Str text, const char *file);

/* The first character of the next value: one of {["-0..9tfn, or 0 at the end. */
char cursor_peek(Cursor *cursor);
/* Goes into a map '{' or a list '['.  ST_FORMAT, ST_LIMIT (depth). */
NODISCARD Status cursor_enter(Cursor *cursor, char bracket, Err *err);
/* The next key of the map; *ret_more false where the map ended (and was left). */
NODISCARD Status cursor_key(Cursor *cursor, Arena *arena, bool *ret_more, Str *ret, Err *err);
/* Whether a further item of the list follows; false where it ended (and was left). */
NODISCARD Status cursor_item(Cursor *cursor, bool *ret_more, Err *err);

/* Each reads one value of that type. */
NODISCARD Status cursor_string(Cursor *cursor, Arena *arena, Str *ret, Err *err);
NODISCARD Status cursor_u64(Cursor *cursor, uint64_t *ret, Err *err);
NODISCARD Status cursor_i64(Cursor *cursor, int64_t *ret, Err *err);
NODISCARD Status cursor_bool(Cursor *cursor, bool *ret, Err *err);
/* Any value, checked and dropped. */
NODISCARD Status cursor_skip(Cursor *cursor, Err *err);
/* How often what occurs in the rest, but no more than could be members: for arrays made at
 * their size. */
size_t cursor_count(const Cursor *cursor, Str what);
/* Nothing but white space may follow. */
NODISCARD Status cursor_end(Cursor *cursor, Err *err);

/* ST_FORMAT at the place where the cursor stands. */
NODISCARD Status cursor_error(const Cursor *cursor, Err *err, const char *format, ...)
    PRINTF_LIKE(3, 4);

#endif
