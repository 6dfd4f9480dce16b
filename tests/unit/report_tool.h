/* SPDX-License-Identifier: Apache-2.0 */
/* report_tool.h -- a report made by hand, for the tests of its voices. */
#ifndef TESTS_UNIT_REPORT_TOOL_H
#define TESTS_UNIT_REPORT_TOOL_H

#include "analyzer/report/report.h"

typedef struct {
    Arena *arena;
    RuleSet set;
    VerdictList verdicts;
    CoverageList coverage;
    Gallery gallery;
    Report report;
} HandMade;

/* Two packs, five rules, and a verdict of every kind; texts that are hostile. */
void handmade_init(HandMade *made);
void handmade_done(HandMade *made);
/* The report in a format; fails the test where it cannot be written. */
void handmade_write(HandMade *made, ReportFormat format, const ReportOptions *options, Buf *out);

#endif
