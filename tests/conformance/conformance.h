/* SPDX-License-Identifier: Apache-2.0 */
/* conformance.h -- counting how many cases of other projects' test data come out right.
 *
 * A family (exposition, promql, ...) is one file with one function, and one row in the table
 * of main.c.  It loads its files, and says for every case in which tier it is and what became
 * of it; a tier below its figure fails the program.  Data that is absent is skipped. */
#ifndef TESTS_CONFORMANCE_CONFORMANCE_H
#define TESTS_CONFORMANCE_CONFORMANCE_H

#include "base/arena.h"
#include "base/str.h"

#include <jansson.h>

typedef struct Conformance Conformance;

typedef enum { CASE_PASSED, CASE_FAILED, CASE_SKIPPED, CASE_OUTCOME_COUNT } CaseOutcome;

/* The array of cases in FOLDER/name; NULL where there is no such file.  The caller gives it
 * back with json_decref().  Cases told from now on are counted as this file's. */
json_t *conformance_load(Conformance *conformance, const char *name);

/* The least share of cases that must pass in a tier, in percent; said once for each tier. */
void conformance_expect(Conformance *conformance, const char *tier, double percent);

/* What became of one case; detail is shown with -v for those that failed, and says why one was
 * skipped. */
void conformance_case(Conformance *conformance, const char *tier, const json_t *item,
                      CaseOutcome outcome, const char *detail, ...) PRINTF_LIKE(5, 6);

/* A string of a case that may hold NUL, as a view; the empty view where absent. */
Str conformance_str(const json_t *item, const char *key);

/* The families. */
void conformance_cel(Conformance *conformance);
void conformance_exposition(Conformance *conformance);
void conformance_promql(Conformance *conformance);

#endif
