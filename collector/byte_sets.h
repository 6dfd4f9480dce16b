/* SPDX-License-Identifier: Apache-2.0 */
/* byte_sets.h -- what values in texts are made of, as tables by byte. */
#ifndef COLLECTOR_BYTE_SETS_H
#define COLLECTOR_BYTE_SETS_H

#include "base/str.h"

typedef enum {
    SET_ALNUM,
    SET_HEX,
    SET_WORD,          /* letters, digits, _ and - */
    SET_NAME,          /* and the dot */
    SET_TOKEN,         /* and + / = ~: tokens and base64 */
    SET_CRYPT,         /* and $ , :: hashes of passwords */
    SET_VALUE,         /* a value without quotes */
    SET_LINE,          /* the rest of a line, or of a quoted text */
    SET_USERINFO,      /* user and password of a URL */
    SET_PERCENT,       /* a value of a URL, escaped */
    SET_TAG,           /* text of an XML element */
    SET_QUOTED,        /* between quotes of a text, but for quotes and backslashes */
    SET_BASE64,
    SET_SIGN_LEAD,     /* between a key and its sign */
    SET_WORD_END,      /* the last byte of what announces a quoted password in SQL */
    SET_COUNT
} ByteSet;

/* Filled by byte_sets_init(). */
extern bool byte_sets[SET_COUNT][256];
void byte_sets_init(void);

/* Where the run of bytes of the set that begins at the offset ends. */
static inline size_t
run_of(Str s, size_t at, const bool *set)
{
    while (at < s.n && set[(unsigned char)s.p[at]])
        at++;
    return at;
}

#endif
