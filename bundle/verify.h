/* SPDX-License-Identifier: Apache-2.0 */
/* verify.h -- proves that a bundle is as it was written.
 *
 * Reads all of it twice where it has an index: by the index, each chunk and member against
 * its SHA-256; and as a stream, against the index; then both against the manifest. */
#ifndef BUNDLE_VERIFY_H
#define BUNDLE_VERIFY_H

#include "bundle/reader.h"

typedef struct {
    uint64_t member_count;
    uint64_t chunk_count;
    uint64_t bytes;
    bool has_index;
    bool has_manifest;
} VerifyReport;

/* Adds what it finds to bundle_problems(): good where their count stays 0.  A bundle without
 * index or manifest gets a problem that says so; a folder needs no index.
 * ST_FORMAT, ST_IO, ST_NOMEM; ST_USAGE for standard input, which cannot be read twice. */
NODISCARD Status bundle_verify(Bundle *bundle, VerifyReport *ret, Err *err);

#endif
