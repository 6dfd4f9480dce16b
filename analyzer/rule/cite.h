/* SPDX-License-Identifier: Apache-2.0 */
/* cite.h -- evidence of a finding, and the holes behind a verdict that could not be given. */
#ifndef RULE_CITE_H
#define RULE_CITE_H

#include "analyzer/rule/scope.h"

/* The citations of what decided a finding: first what the expression touched, then what its
 * names rest on, then the element itself; at most LIMIT_EVIDENCE_COUNT, none twice.
 * arena: of the verdicts.  ST_NOMEM. */
NODISCARD Status cite_evidence(const Scope *scope, const CelTouches *touches, Arena *arena,
                               VerdictDetail *detail, Err *err);

/* The holes of an unknown value or an incomplete list, and the reason that names them.
 * prefix: what stands before them in the reason, or "".  ST_NOMEM. */
NODISCARD Status cite_gaps(const Gap *gap, const char *prefix, Arena *arena,
                           VerdictDetail *detail, Err *err);

#endif
