/* SPDX-License-Identifier: Apache-2.0 */
/* inquiry.h -- rules over a bundle, in a process that nothing in the bundle can do harm with.
 *
 * The bundle is opened here and read there: a confined worker (base/worker.h) inflates, parses
 * and evaluates, and answers with plain data, which is checked like any foreign input.
 *
 * What kills the worker costs itself alone.  The next worker, with one thread, so that it can be
 * told what did it, leaves out the member or rule that the last one died of: a member becomes a
 * hole in the evidence, a rule's verdict an error, and the rest is judged as if nothing had
 * happened.  What cannot be read twice (standard input) cannot be gone on with. */
#ifndef ANALYZER_INQUIRY_H
#define ANALYZER_INQUIRY_H

#include "analyzer/analysis.h"
#include "analyzer/model/gallery.h"

typedef struct {
    const AnalysisOptions *options;
    const RuleSet *set;
    const Rule *why;                /* the rule to tell everything about; NULL: none */
    bool wants_gallery;
} InquirySpec;

/* Plain data, in the arena. */
typedef struct {
    ReportBundle bundle;
    Evaluation evaluation;
    CoverageList coverage;          /* of the bundle */
    Str trace;                      /* of spec->why; "" without it */
    Gallery gallery;                /* empty unless spec->wants_gallery */
    bool has_landlock;              /* how the worker was confined */
    bool has_seccomp;
} Inquiry;

/* What bundle_open() and bundle_scan() return; ST_DIGEST (--verify); ST_UNSUPPORTED
 * (--sandbox=require, and the kernel cannot); ST_INTERNAL (the worker died, and nothing can be
 * left out to go on); ST_NOMEM. */
NODISCARD Status inquiry_run(const InquirySpec *spec, Arena *arena, Inquiry *ret, Err *err);

#endif
