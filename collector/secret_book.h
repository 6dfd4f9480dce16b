/* SPDX-License-Identifier: Apache-2.0 */
/* secret_book.h -- the secret values that were found, so that they can be removed wherever
 * else they stand.
 *
 * Not every value is taken: a password that is an ordinary word would wipe that word from
 * every log, and tells nobody that it is one where it stands alone.  A value is taken where
 * it is distinctive (docs/redaction.md has the rule), where no object of the cluster is
 * called like it, and while there is room: LIMIT_SECRET_VALUES and LIMIT_SECRET_BYTES.  What
 * no longer fits is counted, and the bundle says so.
 *
 * Long values are kept in pieces of at most SECRET_PIECE_BYTES, those of several lines line
 * by line: whoever prints a part of a key has printed too much.
 *
 * Its memory is wiped when it is given back.  One thread at a time. */
#ifndef COLLECTOR_SECRET_BOOK_H
#define COLLECTOR_SECRET_BOOK_H

#include "base/str.h"

enum { SECRET_PIECE_BYTES = 256 };

typedef struct SecretBook SecretBook;

typedef enum {
    SECRET_BY_SHAPE,        /* it looked like one: must look random to be taken */
    SECRET_BY_STRUCTURE,    /* its place or name says so */
    SECRET_KNOWN,           /* in use by us: always taken, of 8 bytes and more */
} SecretOrigin;

SecretBook *secret_book_new(void);              /* NULL when out of memory */
SecretBook *secret_book_free(SecretBook *book); /* NULL in, NULL out */

/* Takes the value, or what is encoded in it.  Out of memory counts as no room. */
void secret_book_add(SecretBook *book, Str value, SecretOrigin origin);
/* One line that is removed as it stands. */
void secret_book_add_exact(SecretBook *book, Str text);
/* A name that objects bear: never removed as if it were a secret. */
void secret_book_spare(SecretBook *book, Str name);

size_t secret_book_count(const SecretBook *book);
/* The pieces that no object is called like: NULL view where it is spared. */
Str secret_book_get(const SecretBook *book, size_t index);
uint64_t secret_book_left_out(const SecretBook *book);

/* Whether a value is unlikely to stand in a text by chance. */
bool secret_is_distinctive(Str value, SecretOrigin origin);

#endif
