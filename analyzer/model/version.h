/* SPDX-License-Identifier: Apache-2.0 */
/* version.h -- versions of Istio and Kubernetes as people and builds write them, and ranges.
 *
 * Only the numbers of a version count: "0.8.latest", "v1.9.7-gke.3", "1.9+" and
 * "1.10.2-distroless" compare as 0.8, 1.9.7, 1.9 and 1.10.2.  A number that is missing is
 * compared as 0, so ">=0.8" holds for 0.8.latest.  A range is alternatives separated by '|',
 * each a row of comparisons that must all hold:  ">=0.5 <0.8 | >=1.0.2". */
#ifndef MODEL_VERSION_H
#define MODEL_VERSION_H

#include "base/arena.h"

enum { VERSION_NUMBERS = 3 };

typedef struct {
    uint32_t numbers[VERSION_NUMBERS];
    unsigned count;         /* of numbers that were there, at least 1 */
} Version;

/* False where the text names no version ("unknown", "latest", "master-20180531"). */
bool version_parse(Str text, Version *ret);
int version_cmp(const Version *a, const Version *b);

typedef struct VersionRange VersionRange;

/* ST_RULE with a column (1-based, in bytes) and what is wrong. */
NODISCARD Status version_range_parse(Arena *arena, Str text, const VersionRange **ret, Err *err);
bool version_range_has(const VersionRange *range, const Version *version);

#endif
