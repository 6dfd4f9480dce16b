/* SPDX-License-Identifier: Apache-2.0 */
/* log_patterns.h -- the inside of LogPatterns, for log_scan.c and log_hits.c alone. */
#ifndef QUERY_LOG_PATTERNS_H
#define QUERY_LOG_PATTERNS_H

#include "analyzer/query/log_scan.h"

typedef struct {
    uint32_t spec;
    const LogPattern *pattern;
} NumberedPattern;

struct LogPatterns {
    Arena *arena;                /* holds this struct */
    const LogSpec *const *specs;
    size_t spec_count;
    NumberedPattern *items;      /* those of a spec follow each other, in its order */
    size_t count;
    bool near;                   /* some spec asks for hits near another's: times are kept */
    Finder *finder;
};

#endif
