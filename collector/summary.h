/* SPDX-License-Identifier: Apache-2.0 */
/* summary.h -- what is told at the end: the file, what is missing and why, what to do next. */
#ifndef COLLECTOR_SUMMARY_H
#define COLLECTOR_SUMMARY_H

#include "bundle/manifest.h"
#include "collector/redact.h"

/* Whether a capture counts as missing: not complete, and not for a reason that says that
 * there was nothing to get, or that the user wanted it so. */
bool summary_is_missing(const Capture *capture);
size_t summary_missing(const Manifest *manifest);
typedef struct {
    const char *file;
    uint64_t bytes;
    uint64_t redactions;
    RedactLevel level;
} SummaryFacts;
void summary_print(const Manifest *manifest, const SummaryFacts *facts, Buf *out);

#endif
