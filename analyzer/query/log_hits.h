/* SPDX-License-Identifier: Apache-2.0 */
/* log_hits.h -- what is kept of the hits of one log: counts, values, samples, context.
 *
 * A LogKeeper is told of every hit, in order; where some spec wants lines of context, of every
 * record besides.  Everything kept is in the arena.  For log_scan.c alone. */
#ifndef QUERY_LOG_HITS_H
#define QUERY_LOG_HITS_H

#include "analyzer/query/log_patterns.h"
#include "analyzer/text/log_block.h"

typedef struct LogKeeper LogKeeper;

/* In the arena, of which it takes what is kept, too.  ST_NOMEM. */
NODISCARD Status log_keeper_new(Arena *arena, const LogPatterns *patterns, const bool *wanted,
                                LogKeeper **ret, Err *err);
/* What only keeping needed. */
void log_keeper_done(LogKeeper *keeper);

/* A record that the pattern matches, and where. */
NODISCARD Status log_keeper_hit(LogKeeper *keeper, const NumberedPattern *pattern,
                                const LogRecord *record, const RegexSpan *spans, Err *err);
/* A pattern of the spec was given up on. */
NODISCARD Status log_keeper_gave_up(LogKeeper *keeper, uint32_t spec, Err *err);
/* Whether every record is to be told of, by the two that follow. */
bool log_keeper_wants_all(const LogKeeper *keeper);
NODISCARD Status log_keeper_before(LogKeeper *keeper, Str record, Err *err);   /* its hits */
void log_keeper_after(LogKeeper *keeper, Str record);                          /* its hits */
/* Of a spec; NULL where it had none. */
LogHits *log_keeper_hits(const LogKeeper *keeper, size_t spec);

#endif
