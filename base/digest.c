/* SPDX-License-Identifier: Apache-2.0 */
/* digest.c -- SHA-256 and HMAC-SHA-256, by libcrypto. */
#include "base/digest.h"

#include "base/ascii.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

struct DigestState {
    EVP_MD_CTX *context;
    bool failed;
};

DigestState *
digest_new(void)
{
    DigestState *state = calloc(1, sizeof *state);    /* not in an arena: it owns a context */
    if (!state)
        return NULL;
    state->context = EVP_MD_CTX_new();
    if (!state->context)
        return digest_free(state);
    digest_reset(state);
    return state->failed ? digest_free(state) : state;
}

DigestState *
digest_free(DigestState *state)
{
    if (state) {
        if (!state->context || state->failed)
            ERR_clear_error();
        EVP_MD_CTX_free(state->context);
        free(state);
    }
    return NULL;
}

void
cleanup_digest(DigestState **state)
{
    *state = digest_free(*state);
}

void
digest_reset(DigestState *state)
{
    /* what libcrypto noted of a failure would be found by the next user of it */
    if (state->failed)
        ERR_clear_error();
    state->failed = EVP_DigestInit_ex(state->context, EVP_sha256(), NULL) != 1;
}

void
digest_add(DigestState *state, const void *bytes, size_t n)
{
    if (n > 0 && !state->failed)
        state->failed = EVP_DigestUpdate(state->context, bytes, n) != 1;
}

void
digest_end(DigestState *state, Digest *ret)
{
    Digest digest = {{0}};
    if (!state->failed)
        state->failed = EVP_DigestFinal_ex(state->context, digest.bytes, NULL) != 1;
    *ret = state->failed ? (Digest){{0}} : digest;
    digest_reset(state);
}

Status
digest_of(Str s, Digest *ret, Err *err)
{
    CLEANUP(cleanup_digest) DigestState *state = digest_new();
    if (!state)
        return err_nomem(err);
    digest_add(state, s.p, s.n);
    digest_end(state, ret);
    return ST_OK;
}

Status
digest_hmac(Str key, Str s, Digest *ret, Err *err)
{
    if (key.n > INT_MAX)
        return err_set(err, ST_LIMIT, "the key is too long");
    Digest digest;
    if (!HMAC(EVP_sha256(), key.n ? key.p : "", (int)key.n,
              (const unsigned char *)(s.n ? s.p : ""), s.n, digest.bytes, NULL)) {
        ERR_clear_error();
        return err_nomem(err);
    }
    *ret = digest;
    return ST_OK;
}

void
digest_hex(const Digest *digest, char out[DIGEST_HEX_BYTES])
{
    static const char DIGITS[] = "0123456789abcdef";
    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        out[2 * i] = DIGITS[digest->bytes[i] >> 4];
        out[2 * i + 1] = DIGITS[digest->bytes[i] & 15];
    }
    out[DIGEST_HEX_BYTES - 1] = '\0';
}

bool
digest_from_hex(Str hex, Digest *ret)
{
    Digest digest;
    if (hex.n != 2 * DIGEST_BYTES)
        return false;
    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        int high = ascii_hex_value(hex.p[2 * i]);
        int low = ascii_hex_value(hex.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        digest.bytes[i] = (unsigned char)(high << 4 | low);
    }
    *ret = digest;
    return true;
}

bool
digest_eq(const Digest *a, const Digest *b)
{
    return CRYPTO_memcmp(a->bytes, b->bytes, DIGEST_BYTES) == 0;
}
