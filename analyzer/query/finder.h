/* SPDX-License-Identifier: Apache-2.0 */
/* finder.h -- finds in a text where which of many patterns may match: the first look at a log.
 *
 * A finder is a filter and never the judge: it may report a pattern where it does not match, and
 * must not miss one that does.  Who asks tries the pattern itself (regex.h) on the record around
 * the place.  All engines look for words that every match must hold (pattern_words.h), in one
 * pass for all patterns, and can be exchanged:
 *
 *   words         our own search, everywhere, ready at once
 *   vectorscan    several times as fast; where it was configured and there is enough text
 *
 *     Finder *finder = finder_new(regexes, count, FINDER_AUTO);
 *     FinderUse *use; TRY(finder_use(finder, &use, err));         // in each thread
 *     TRY(finder_scan(use, block, found, &mine, err)); ...
 *     finder_unuse(use);
 *     finder_free(finder);
 *
 * A text is a block of whole records with '\n' between them, and none behind the last. */
#ifndef QUERY_FINDER_H
#define QUERY_FINDER_H

#include "analyzer/query/regex.h"

typedef struct Finder Finder;
typedef struct FinderUse FinderUse;

typedef enum {
    FINDER_AUTO,             /* words for the first megabytes, then vectorscan if there is one */
    FINDER_WORDS,
    FINDER_VECTORSCAN,       /* as FINDER_WORDS where it was not configured */
} FinderEngine;

/* Patterns are numbered as in regexes, which are borrowed.  NULL when out of memory. */
Finder *finder_new(const Regex *const *regexes, size_t count, FinderEngine engine);
Finder *finder_free(Finder *finder);       /* when nobody uses it; NULL in, NULL out */
void cleanup_finder(Finder **finder);

/* What one thread needs to scan with; given back for others by finder_unuse(). */
NODISCARD Status finder_use(Finder *finder, FinderUse **ret, Err *err);
void finder_unuse(FinderUse *use);         /* NULL is nothing */

/* A pattern may match the record that holds the byte before end.  False: enough of this text. */
typedef bool FinderFn(void *context, uint32_t pattern, size_t end);
/* Calls fn for places in about rising order, perhaps for one place more than once.  ST_NOMEM. */
NODISCARD Status finder_scan(FinderUse *use, Str text, FinderFn *fn, void *context, Err *err);
/* Patterns that have no words to look for, rising: they may match anywhere. */
const uint32_t *finder_blind(const Finder *finder, size_t *ret_count);

/* "words", "vectorscan": what the last scan was done by. */
const char *finder_engine_name(const FinderUse *use);
bool finder_has_vectorscan(void);

#endif
