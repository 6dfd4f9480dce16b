/* SPDX-License-Identifier: Apache-2.0 */
/* overlay.h -- a site's changes to packs: params, severities, disabled rules, accepted
 * findings.
 *
 * Overlays are applied in the order given: the later wins.  Entries that are over or match
 * nothing change nothing and are told as coverage. */
#ifndef RULE_OVERLAY_H
#define RULE_OVERLAY_H

#include "analyzer/rule/rule.h"

typedef struct Overlay Overlay;
typedef VEC(Overlay *) OverlayList;

enum { DATE_BYTES = 11 };

/* Reads and checks an overlay; what is wrong with it is noted in the set's diagnostics.
 * ST_NOT_FOUND, ST_IO, ST_LIMIT, ST_NOMEM. */
NODISCARD Status overlay_load(RuleSet *set, const char *path, OverlayList *overlays, Err *err);

/* Before evaluation: params, severities, disabled rules.  today: "2018-06-01".
 * Values of the wrong type are noted in the set's diagnostics.  ST_NOMEM. */
NODISCARD Status overlays_apply(const OverlayList *overlays, RuleSet *set, const char *today,
                                CoverageList *coverage, Err *err);

/* After evaluation: findings that are accepted become suppressed.  ST_NOMEM. */
NODISCARD Status overlays_suppress(const OverlayList *overlays, const RuleSet *set,
                                   const char *today, VerdictList *verdicts,
                                   CoverageList *coverage, Err *err);

#endif
