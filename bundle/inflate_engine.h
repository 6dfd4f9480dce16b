/* SPDX-License-Identifier: Apache-2.0 */
/* inflate_engine.h -- what each inflating library does for inflate.h.
 *
 * Engines are interchangeable: a sound gzip member gives the same bytes, one that was cut or
 * damaged is never taken for sound, down to its header, trailer and CRC-32.  What may differ is
 * how many bytes come before damage is found, the last symbol before a cut, and whether damage
 * that leaves every byte as it was is noticed at all (isa-l takes incomplete Huffman codes).
 * tests/unit/test_inflate holds all that were built against each other. */
#ifndef BUNDLE_INFLATE_ENGINE_H
#define BUNDLE_INFLATE_ENGINE_H

#include "bundle/inflate.h"

typedef struct {
    const char *name;                 /* of the library */
    void *(*make)(void);              /* NULL when out of memory */
    void (*drop)(void *state);
    void (*reset)(void *state);
    InflateResult (*step)(void *state, InflateStep *step);
} InflateEngine;

/* The fastest first, NULL behind the last. */
extern const InflateEngine *const INFLATE_ENGINES[];

extern const InflateEngine INFLATE_ISAL;
extern const InflateEngine INFLATE_ZLIB;

/* As inflate_new(), by one engine. */
Inflate *inflate_new_by(const InflateEngine *engine);

#endif
