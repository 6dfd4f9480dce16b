/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz.h -- what every fuzz target is: bytes in, nothing out, and laws that must hold.
 *
 * A target is one file fuzz_<name>.c with LLVMFuzzerTestOneInput().  It aborts where a law is
 * broken; sanitizers see to the rest.  Built with --enable-fuzzers the engine of the compiler
 * (libFuzzer, AFL++) drives it, otherwise standalone.c. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "base/arena.h"
#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What no input may make untrue. */
#define LAW(holds)                                                                       \
    do {                                                                                 \
        if (!(holds)) {                                                                  \
            (void)fprintf(stderr, "%s:%d: broken law: %s\n", __FILE__, __LINE__, #holds); \
            abort();                                                                     \
        }                                                                                \
    } while (0)

/* A failure has a text of one line, and a status that is one. */
#define LAW_ERR(status, err)                                          \
    do {                                                              \
        LAW((unsigned)(status) < ST_COUNT);                           \
        LAW((status) == ST_OK || (err).status == (status));           \
        LAW((status) == ST_OK || !memchr((err).text, '\n', sizeof (err).text)); \
    } while (0)

/* Cuts a piece of 1 to 256 bytes off the rest, so that what is fed in pieces is cut anywhere. */
static inline Str
fuzz_piece(Str *rest, uint8_t seed)
{
    size_t n = (size_t)((seed * 37u + rest->n * 11u) % 256u) + 1;
    Str piece = str_head(*rest, n);
    *rest = str_from(*rest, piece.n);
    return piece;
}

#endif
