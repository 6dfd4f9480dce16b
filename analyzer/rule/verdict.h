/* SPDX-License-Identifier: Apache-2.0 */
/* verdict.h -- what a rule said of a subject: plain data, the only thing that evaluation
 * gives and reports take.
 *
 * No pointer leads back to the model, to an expression or to an open file, so verdicts can
 * be sent through a pipe.  Everything lives in one arena, or in the rule set. */
#ifndef RULE_VERDICT_H
#define RULE_VERDICT_H

#include "analyzer/model/evidence.h"
#include "base/digest.h"

/* In the order of SCHEMA_VERDICTS. */
typedef enum {
    VERDICT_FINDING,
    VERDICT_OK,
    VERDICT_NOT_APPLICABLE,
    VERDICT_NOT_EVALUATED,
    VERDICT_ERROR,
    VERDICT_SUPPRESSED,
    VERDICT_KIND_COUNT
} VerdictKind;

/* In the order of SCHEMA_SEVERITIES: greater is worse. */
typedef enum {
    SEVERITY_INFO,
    SEVERITY_WARNING,
    SEVERITY_ERROR,
    SEVERITY_CRITICAL,
    SEVERITY_COUNT
} Severity;

/* In the order of SCHEMA_CONFIDENCES. */
typedef enum {
    CONFIDENCE_LOW,
    CONFIDENCE_MEDIUM,
    CONFIDENCE_HIGH,
    CONFIDENCE_COUNT
} Confidence;

typedef enum {
    BASELINE_NONE,          /* no baseline was given, or it says nothing */
    BASELINE_NEW,
    BASELINE_UNCHANGED,
    BASELINE_GONE,
    BASELINE_COUNT
} Baseline;

typedef struct {
    Str text;
    Str run;                /* "" where there is no command */
    Str risk;
} VerdictFix;

/* Evidence that was not there. */
typedef struct {
    Str evidence;           /* "metric:mixer" */
    Str reason;
    Str collect_with;
} VerdictGap;

/* What only some verdicts have; all of it may be empty. */
typedef struct {
    Str namespace;          /* of the subject, for folding */
    Str message;            /* findings */
    Str reason;             /* why not evaluated, not applicable, suppressed; the error */
    const VerdictFix *fixes;
    size_t fix_count;
    const Evidence *evidence;
    size_t evidence_count;
    const VerdictGap *gaps;
    size_t gap_count;
    const Digest *explained_by;   /* fingerprints; the first owns this finding */
    size_t explained_by_count;
} VerdictDetail;

typedef struct {
    uint32_t rule;          /* index into the rules of the set */
    uint8_t kind;           /* VerdictKind */
    uint8_t severity;       /* Severity */
    uint8_t confidence;     /* Confidence */
    uint8_t baseline;       /* Baseline */
    Str subject;            /* "" where the rule has none */
    Digest fingerprint;
    VerdictDetail *detail;  /* never NULL; of VERDICT_OK it may be that of others, too */
} Verdict;

/* Sorted by pack, rule id and subject once evaluation is over. */
typedef VEC(Verdict) VerdictList;

/* One line of "what was not seen": evidence that is not complete, a limit that was hit, a
 * rule that was disabled, an overlay's entry that did nothing. */
typedef struct {
    Str evidence;           /* a need ("metric:mixer"), a capture, a member, "rule:MIX-101" */
    Str state;              /* "unknown", "incomplete", "failed", "disabled", … */
    Str reason;
    Str collect_with;
} Coverage;
typedef VEC(Coverage) CoverageList;

#endif
