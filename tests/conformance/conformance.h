/* SPDX-License-Identifier: Apache-2.0 */
/* conformance.h -- counting how many cases of other projects' test data come out right.
 *
 * A family (exposition, promql, ...) is one file with one function, and a row in the table of
 * main.c for each set of cases that it runs.  It says for every case in which tier it is and
 * what became of it; a tier below its figure fails the program. */
#ifndef TESTS_CONFORMANCE_CONFORMANCE_H
#define TESTS_CONFORMANCE_CONFORMANCE_H

#include "base/arena.h"
#include "base/str.h"

#include <jansson.h>

typedef struct Conformance Conformance;

typedef enum { CASE_PASSED, CASE_FAILED, CASE_SKIPPED, CASE_OUTCOME_COUNT } CaseOutcome;

/* What became of one case; detail is shown with -v for those that failed, and says why one was
 * skipped. */
void conformance_case(Conformance *conformance, const char *tier, const json_t *item,
                      CaseOutcome outcome, const char *detail, ...) PRINTF_LIKE(5, 6);

/* A string of a case that may hold NUL, as a view; the empty view where absent. */
Str conformance_str(const json_t *item, const char *key);

/* Has a value of Kubernetes' cases be as the adaptor of its schema shows it to an expression. */
void conformance_apply_schema(json_t *value, const json_t *schema, Str expression);

/* Runs one case of SET/FILE.json.  The families: */
typedef void ConformanceRun(Conformance *conformance, const char *set, const char *file,
                            const json_t *item);
ConformanceRun conformance_cel;
ConformanceRun conformance_exposition;
ConformanceRun conformance_promql;

#endif
