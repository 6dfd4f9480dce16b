/* SPDX-License-Identifier: Apache-2.0 */
/* redact_key.h -- private keys in PEM, as loggers leave them: each line behind a prefix, with
 * lines of others between, without the beginning or the end.
 *
 * A key opens at its BEGIN, at the body that leads to an END, or at lines that are nothing
 * else; while it is open every run of base64 is asked whether it is of the key. */
#ifndef COLLECTOR_REDACT_KEY_H
#define COLLECTOR_REDACT_KEY_H

#include "base/str.h"

enum { KEY_LEAD_BYTES = 3 };

typedef struct {
    bool open;
    bool ran;                     /* what came last was of the key */
    uint8_t lead_n;
    char lead[KEY_LEAD_BYTES];    /* what stands before each of its lines */
    unsigned bytes;               /* since it opened */
    unsigned idle;                /* lines since the last one of the key */
} KeyState;

/* -----BEGIN ... PRIVATE KEY-----, also of PGP, and the lines of PuTTY: bytes of it, or 0. */
size_t redact_key_begins(Str s, size_t at);
/* -----END ... PRIVATE KEY-----: bytes of it, or 0. */
size_t redact_key_ends(Str s, size_t at);
/* -----BEGIN CERTIFICATE----- and the like: bytes of it, or 0. */
size_t redact_public_begins(Str s, size_t at);

/* The key opens, the first of it being at the offset. */
void redact_key_open(KeyState *key, Str s, size_t at);
/* What is dropped of the open key from the offset on: bytes of it, and what of these is key; 0
 * where what stands there is none of it.  May close the key. */
size_t redact_key_take(KeyState *key, Str s, size_t at, Str *ret_digits);

/* Of an END at the offset whose BEGIN is not there: where its body begins, not before from; at itself: none. */
size_t redact_key_body(Str s, size_t from, size_t end);
/* Whether the run of base64 is a line of a key, by its length and by the line behind it. */
bool redact_key_line(Str s, size_t begin, size_t end);

#endif
