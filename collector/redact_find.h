/* SPDX-License-Identifier: Apache-2.0 */
/* redact_find.h -- the shapes of secrets in a text, each found where it is announced. */
#ifndef COLLECTOR_REDACT_FIND_H
#define COLLECTOR_REDACT_FIND_H

#include "collector/redact.h"
#include "collector/secret_book.h"

/* A secret: [at, end) is replaced. */
typedef struct {
    size_t at;
    size_t end;
    RedactRule rule;
    SecretOrigin origin;
    const bool *bytes;      /* what it is made of, where it reaches the end of the window */
    uint8_t quotes;         /* its place needs quotes: 1, with one backslash each: 2, ... */
    bool nested;            /* it is a list or a map in brackets */
    bool parts;             /* several values, each of which is to be known by itself */
} TextHit;

/* By two bytes: whether anything may begin or be announced there. */
extern bool redact_triggers[256][256];
void redact_find_init(void);

/* The secret that begins or is announced at the offset. */
bool redact_find(Str s, size_t at, TextHit *ret);

typedef enum {
    ENCODING_BASE64,
    ENCODING_BASE64_LINES,  /* broken into lines */
    ENCODING_HEX,
    ENCODING_KEY_LINE,      /* a line of a private key that lost its first lines */
} TextEncoding;

typedef struct {
    TextEncoding encoding;
    size_t at;
    size_t end;
    size_t lines;           /* that were joined, of base64 in lines */
} Encoded;

/* An encoded text of at least 24 digits that begins at or behind the offset and before limit,
 * and what it encodes: false where there is none.  plain is overwritten. */
bool redact_find_encoded(Str s, size_t at, size_t limit, Buf *plain, Encoded *ret);

/* Decodes the line of base64 at the offset and those below that may go on with it, at most so
 * many: all of the length of the first but for the last, behind stamps and blanks.  How many
 * there are; plain is overwritten. */
size_t redact_join_lines(Str s, size_t at, size_t most, Buf *plain, size_t *ret_end);
/* Where the line behind the end of one begins, behind its stamp and blanks. */
size_t redact_next_line(Str s, size_t end);

#endif
