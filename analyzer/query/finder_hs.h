/* SPDX-License-Identifier: Apache-2.0 */
/* finder_hs.h -- the seam between finder.c and Vectorscan (any libhs); only finder.c uses it. */
#ifndef QUERY_FINDER_HS_H
#define QUERY_FINDER_HS_H

#include "analyzer/query/finder.h"

typedef struct HsDatabase HsDatabase;      /* immutable: any number of threads */
typedef struct HsScratch HsScratch;        /* of one thread */

/* Compiles expressions over bytes (pattern_form.h), "" being left out.
 *   ret_taken   for each expression whether the database looks for it
 *   ret         NULL where it cannot look for any
 * ST_NOMEM. */
NODISCARD Status hs_database_new(const Str *expressions, size_t count, bool *ret_taken,
                                 HsDatabase **ret, Err *err);
HsDatabase *hs_database_free(HsDatabase *database);
/* NULL when out of memory. */
HsScratch *hs_scratch_new(const HsDatabase *database);
HsScratch *hs_scratch_free(HsScratch *scratch);
NODISCARD Status hs_database_scan(const HsDatabase *database, HsScratch *scratch, Str text,
                                  FinderFn *fn, void *context, Err *err);

#endif
