/* SPDX-License-Identifier: Apache-2.0 */
/* finder_hs.h -- the seam between finder.c and Vectorscan (any libhs); only finder.c uses it.
 *
 * Of what Vectorscan can, only its search for many literals at once is used.  Its automata miss
 * matches: Debian 12's 5.4.9 does not find "foo[^']+'m" in "foo", 72 times "a" and "'m" on a
 * processor with AVX-512, nor "x\\S+;" in "xa;".  Its literal search is held against
 * word_finder.h by tests/unit/test_finder. */
#ifndef QUERY_FINDER_HS_H
#define QUERY_FINDER_HS_H

#include "analyzer/query/word_finder.h"

typedef struct HsDatabase HsDatabase;      /* immutable: any number of threads */
typedef struct HsScratch HsScratch;        /* of one thread */

/* A database that finds these words, the case of ASCII letters aside.
 *   ret   NULL where it cannot be had: the processor is none that it was built for, or the words
 *         are too many for it
 * ST_NOMEM. */
NODISCARD Status hs_database_new(const FinderWord *words, size_t count, HsDatabase **ret,
                                 Err *err);
HsDatabase *hs_database_free(HsDatabase *database);
/* NULL when out of memory. */
HsScratch *hs_scratch_new(const HsDatabase *database);
HsScratch *hs_scratch_free(HsScratch *scratch);
/* As word_finder_scan(), in about the order of ends. */
NODISCARD Status hs_database_scan(const HsDatabase *database, HsScratch *scratch, Str text,
                                  WordFinderFn *fn, void *context, Err *err);

#endif
