/* SPDX-License-Identifier: Apache-2.0 */
/* text.h -- the parts of the voice text. */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include "analyzer/report/layout.h"
#include "analyzer/report/voice.h"

/* The terminal that the writer writes for. */
Layout text_layout(Writer *writer);

/* Citations of one finding, at the most limit of them in full: place, quotation, and what
 * decided underlined.  Those that say the same at other lines are told by their lines. */
void text_evidence(const Layout *layout, const VerdictDetail *detail, unsigned indent,
                   size_t limit);

/* Everything behind the findings: what was accepted or is gone, rules that failed or were not
 * evaluated, what was not seen, and the line that sums it up. */
void text_rest(Writer *writer);

#endif
