/* SPDX-License-Identifier: Apache-2.0 */
/* applies.h -- whether a rule is about the versions of a bundle. */
#ifndef RULE_APPLIES_H
#define RULE_APPLIES_H

#include "analyzer/model/version.h"
#include "analyzer/rule/rule.h"

/* A version as far as it is known. */
typedef struct {
    bool is_known;
    Version version;
    Str text;               /* as it was found */
    const Gap *gap;         /* why it is not known */
} KnownVersion;

typedef struct {
    KnownVersion istio;
    KnownVersion kubernetes;
} Applicability;

typedef enum {
    APPLIES_NO,
    APPLIES_YES,
    APPLIES_UNKNOWN,
} Applies;

/* The facts behind the versions, where a rule of the set asks for them. */
NODISCARD Status applicability_demand(const RuleSet *set, Demand *demand, Err *err);
NODISCARD Status applicability_init(Applicability *applicability, const RuleSet *set,
                                    Model *model, Arena *arena, Err *err);

/* reason: gets why not, in words; for UNKNOWN it is to be followed by that of *ret_gap. */
Applies rule_applies(const Applicability *applicability, const Rule *rule, Buf *reason,
                     const Gap **ret_gap);

#endif
