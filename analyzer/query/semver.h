/* SPDX-License-Identifier: Apache-2.0 */
/* semver.h -- Semantic Versioning 2.0.0: parse, compare, write. */
#ifndef QUERY_SEMVER_H
#define QUERY_SEMVER_H

#include "base/buf.h"

typedef struct {
    uint64_t numbers[3];    /* major, minor, patch */
    Str prerelease;         /* "beta.1", or "" */
    Str build;
} Semver;

/* Nothing may be left out.  Views of text. */
bool semver_parse(Str text, Semver *ret);
/* -1, 0, 1; a pre-release comes before its release, builds do not count. */
int semver_compare(const Semver *a, const Semver *b);
void semver_write(const Semver *version, Buf *out);

#endif
