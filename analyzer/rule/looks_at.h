/* SPDX-License-Identifier: Apache-2.0 */
/* looks_at.h -- what decides of an element whether a rule finds anything: the fields that its
 * conditions can look at, with those of the names that they rest on. */
#ifndef RULE_LOOKS_AT_H
#define RULE_LOOKS_AT_H

#include "analyzer/rule/rule.h"

/* For alike.h.  *ret NULL where a rule has no elements, looks at all of them, or asks something that no field
 * of theirs tells, as what belongs to them.  ST_NOMEM. */
NODISCARD Status rule_looks_at(const Rule *rule, Arena *arena, const NodeKeep **ret, Err *err);

#endif
