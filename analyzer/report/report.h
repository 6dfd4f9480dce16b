/* SPDX-License-Identifier: Apache-2.0 */
/* report.h -- verdicts in the voice that somebody asked for.
 *
 * One visitor walks a report; voices say what they are told.  A voice is one file and one
 * row of formats.def.  Voices for machines hear every verdict in its order; voices for
 * people hear findings alone, causes first and worst first, each with its consequences
 * below it.  All of them end with what was not seen.
 *
 * Everything a report holds is foreign text: a voice escapes it for where it is going. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "analyzer/model/gallery.h"
#include "analyzer/rule/rule.h"

typedef struct {
    Str name;
    Str value;
} ReportPair;

typedef struct {
    Str name;
    bool has_manifest;
    Digest manifest_sha256;
    Str collected_at;               /* RFC 3339; "" where unknown */
    const ReportPair *cluster;
    size_t cluster_count;
} ReportBundle;

/* All of it plain data; views live as long as the report. */
typedef struct {
    const char *tool;               /* "meshcase-analyze" */
    const char *version;
    ReportBundle bundle;
    Str now;                        /* RFC 3339 */
    const RuleSet *set;
    const VerdictList *verdicts;
    const CoverageList *coverage;
    const Gallery *gallery;         /* for voices that draw; NULL: none */
} Report;

typedef struct {
    unsigned width;                 /* columns; 0: 80 */
    bool has_colour;
    bool is_ascii;                  /* the terminal shows nothing else; text alone cares */
} ReportOptions;

typedef enum {
#define FORMAT(id, name, help) REPORT_##id,
#include "analyzer/report/formats.def"
#undef FORMAT
    REPORT_FORMAT_COUNT
} ReportFormat;

/* Names of formats, ends with NULL: for the option and for "did you mean". */
extern const char *const REPORT_FORMATS[];

/* Writes the report to fd.  ST_IO, ST_NOMEM. */
NODISCARD Status report_write(const Report *report, ReportFormat format,
                              const ReportOptions *options, int fd, Err *err);

/* Verdicts by kind, and findings by severity. */
typedef struct {
    size_t verdicts[VERDICT_KIND_COUNT];
    size_t findings[SEVERITY_COUNT];
    size_t rules[VERDICT_KIND_COUNT];     /* rules by the worst of their verdicts */
    size_t baseline[BASELINE_COUNT];      /* findings new and unchanged, verdicts gone */
} ReportCounts;
void report_count(const Report *report, ReportCounts *ret);

#endif
