/* SPDX-License-Identifier: Apache-2.0 */
/* coverage.h -- what was not seen, as the last part of every report. */
#ifndef RULE_COVERAGE_H
#define RULE_COVERAGE_H

#include "analyzer/model/model.h"
#include "analyzer/rule/verdict.h"
#include "bundle/reader.h"

/* The evidence that some verdict lacked, each hole once.  ST_NOMEM. */
NODISCARD Status coverage_of_verdicts(const VerdictList *verdicts, Arena *arena,
                                      CoverageList *coverage, Err *err);
/* Captures of the manifest that are not complete (those that found nothing, because there is
 * nothing, left out), and what is wrong with the bundle itself.  ST_NOMEM. */
NODISCARD Status coverage_of_bundle(const Bundle *bundle, Arena *arena, CoverageList *coverage,
                                    Err *err);

/* Lines of scraped samples that could not be read, though a whole sample may stand in for
 * theirs.  ST_NOMEM. */
NODISCARD Status coverage_of_samples(Model *model, Arena *arena, CoverageList *coverage, Err *err);

#endif
