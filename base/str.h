/* SPDX-License-Identifier: Apache-2.0 */
/* str.h -- views of bytes: a pointer and a length, owned by somebody else.
 *
 * Bytes may hold NUL and need not be UTF-8.  p may be NULL only where n is 0.
 * Functions that cut return views into the same bytes. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    const char *p;
    size_t n;
} Str;

#define STR(literal) ((Str){"" literal, sizeof(literal) - 1})
#define STR_INIT(literal) {"" literal, sizeof(literal) - 1}
#define STR_ARG(s) (int)((s).n > 2147483647u ? 2147483647 : (s).n), ((s).p ? (s).p : "")
#define STR_FMT "%.*s"

Str str_of(const char *text);              /* NULL gives the empty view */
bool str_eq(Str a, Str b);
bool str_is(Str a, const char *text);
bool str_eq_nocase(Str a, Str b);          /* ASCII letters only */
int str_cmp(Str a, Str b);                 /* by bytes; the shorter of equals first */
bool str_starts(Str s, Str prefix);
bool str_ends(Str s, Str suffix);
bool str_find(Str s, Str what, size_t *ret_at);    /* the first; an empty what is at 0 */
bool str_find_char(Str s, char c, size_t *ret_at);
bool str_rfind_char(Str s, char c, size_t *ret_at);
bool str_take_char(Str *s, char c);        /* cuts c off the start; false where it is not there */
Str str_from(Str s, size_t at);            /* bytes from at on; empty if at > n */
Str str_head(Str s, size_t n);             /* the first n bytes at the most */
Str str_sub(Str s, size_t at, size_t n);
Str str_trim(Str s);                       /* ASCII white space at both ends */

/* Cuts *rest at the first separator: the part before it is returned, *rest becomes what
 * follows.  The last part has no separator after it; then *rest has p NULL, and the next
 * call gives false.  So "" has one part, which is empty, and "a," has two.  Use:
 *     for (Str part; str_cut(&rest, ',', &part);) ... */
bool str_cut(Str *rest, char separator, Str *ret_part);

/* Whole view as a decimal number (i64: with an optional "-"); false on anything else,
 * overflow included. */
bool str_to_u64(Str s, uint64_t *ret);
bool str_to_i64(Str s, int64_t *ret);
/* Whole view as C's strtod does in the C locale (no white space, no hex, no "nan(...)"):
 * rounded rightly, "inf" and "nan" taken in any case, 1e999 is infinite.  Callers that
 * want finite numbers must check. */
bool str_to_double(Str s, double *ret);

/* Shell-style match of the whole of text: '*' any bytes, '?' one byte.  With stop_at_slash
 * '*' and '?' do not match '/', "**" does, and a folder named "**" stands for any number of
 * folders, none included.  Linear in pattern times text; a pattern over 4 KiB matches
 * nothing. */
bool str_glob(Str pattern, Str text, bool stop_at_slash);
/* Whether the text has a star or question mark: else it fits itself alone. */
bool str_is_glob(Str text);

/* The candidate nearest to what, or NULL: for "did you mean".  At most a third of the bytes
 * may differ (one of two); swapped neighbours count once, case is free.  candidates ends
 * with NULL; words over 64 bytes are never near. */
const char *str_nearest(Str what, const char *const *candidates);

#endif
