/* SPDX-License-Identifier: Apache-2.0 */
/* analysis.h -- one run of meshcase-analyze: the order of its stages.
 *
 *     rules, overlays ─► demand ─► one pass over the bundle ─► verdicts ─► suppression,
 *     baseline, folding ─► report
 *
 * Everything up to the verdicts reads what is hostile; what follows takes plain data. */
#ifndef ANALYZER_ANALYSIS_H
#define ANALYZER_ANALYSIS_H

#include "analyzer/report/report.h"
#include "analyzer/rule/evaluate.h"
#include "base/options.h"
#include "bundle/reader.h"

typedef enum {
    ANALYSIS_GOOD = 0,
    ANALYSIS_FINDINGS = 1,
    ANALYSIS_USAGE = 2,
    ANALYSIS_UNREADABLE = 3,
    ANALYSIS_RULES = 4,
    ANALYSIS_NOT_COMPLETE = 5,
    ANALYSIS_OUTPUT = 6,
    ANALYSIS_MACHINE = 75,
} AnalysisExit;

/* The command line. */
typedef struct {
    OptionList rules;
    OptionList overlays;
    OptionList params;
    int format;             /* ReportFormat */
    const char *output;
    int fail_on;            /* index into FAIL_ON */
    int64_t now_ns;         /* 0: today */
    bool verify;
    bool require_complete;
    const char *baseline;
    uint64_t jobs;          /* threads that read; 0: one for each processor */
    const char *why;
    int sandbox;            /* Confinement */
    const char *bundle;     /* operand */
} AnalysisOptions;

extern const OptionSet ANALYSIS_OPTIONS;

/* The whole run but for the options.  What went wrong is in *err; the report, or the answer
 * to --why, has been written where ANALYSIS_OUTPUT is not returned. */
AnalysisExit analysis_run(const AnalysisOptions *options, Arena *arena, Err *err);

#endif
