/* SPDX-License-Identifier: Apache-2.0 */
/* voice.h -- what a voice must be able to say; for voices and the visitor alone. */
#ifndef REPORT_VOICE_H
#define REPORT_VOICE_H

#include "analyzer/report/report.h"

/* Passed to every call.  out is sent on from time to time: a voice appends and never looks
 * back. */
typedef struct {
    const Report *report;
    ReportOptions options;
    ReportCounts counts;
    Arena *arena;           /* scratch, until the report is written */
    Buf out;
    size_t written;         /* records so far, for separators; the voice's own */
    size_t left_out;        /* findings that found no room; the voice's own */
    bool is_open;           /* something waits for its end; the voice's own */
} Writer;

/* Findings of one rule and severity that have no cause in the report, or the same cause. */
typedef struct {
    const Rule *rule;
    Severity severity;
    const Verdict *const *items;
    size_t count;
    unsigned depth;         /* 0: a cause; 1: its consequences; … */
} FindingGroup;

typedef struct {
    void (*begin)(Writer *writer);
    /* Every verdict in its order; NULL: none. */
    void (*verdict)(Writer *writer, const Verdict *verdict);
    /* Causes, worst first; consequences between begin and end of their cause; NULL: none. */
    void (*group_begin)(Writer *writer, const FindingGroup *group);
    void (*group_end)(Writer *writer, const FindingGroup *group);
    /* Every record of what was not seen; NULL: none. */
    void (*coverage)(Writer *writer, const Coverage *coverage);
    void (*end)(Writer *writer);
} Voice;

#define FORMAT(id, name, help) extern const Voice VOICE_##id;
#include "analyzer/report/formats.def"
#undef FORMAT

/* The text, whose arena may have had no memory for it: the report then fails. */
Str writer_kept(Writer *writer, Str text);
const Rule *verdict_rule(const Writer *writer, const Verdict *verdict);
/* Whether the message does not begin with its subject, so that it must be told. */
bool verdict_needs_subject(const Verdict *verdict);
/* Verdicts that are no findings and are told all the same. */
bool verdict_has_failed(const Verdict *verdict);
bool verdict_is_accepted(const Verdict *verdict);
bool verdict_is_gone(const Verdict *verdict);

#endif
