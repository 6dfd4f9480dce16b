/* SPDX-License-Identifier: Apache-2.0 */
/* digest.h -- SHA-256 and HMAC-SHA-256, by libcrypto.
 *
 * The first use in a process reads libcrypto's configuration: a process that gives up opening
 * files calls digest_of() once before. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "base/str.h"

enum { DIGEST_BYTES = 32, DIGEST_HEX_BYTES = 65 };

typedef struct {
    unsigned char bytes[DIGEST_BYTES];
} Digest;

typedef struct DigestState DigestState;   /* running SHA-256 */

DigestState *digest_new(void);            /* NULL when out of memory */
DigestState *digest_free(DigestState *state);
void cleanup_digest(DigestState **state);
void digest_reset(DigestState *state);
void digest_add(DigestState *state, const void *bytes, size_t n);
/* Resets the state, too.  All zeros, which is the digest of nothing known, in the unheard-of
 * case that libcrypto failed. */
void digest_end(DigestState *state, Digest *ret);

/* ST_NOMEM; digest_hmac: ST_LIMIT for a key over 2 GiB. */
NODISCARD Status digest_of(Str s, Digest *ret, Err *err);
NODISCARD Status digest_hmac(Str key, Str s, Digest *ret, Err *err);
void digest_hex(const Digest *digest, char out[DIGEST_HEX_BYTES]);
bool digest_from_hex(Str hex, Digest *ret);   /* 64 digits of either case */
bool digest_eq(const Digest *a, const Digest *b);   /* in constant time */

#endif
