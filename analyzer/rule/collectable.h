/* SPDX-License-Identifier: Apache-2.0 */
/* collectable.h -- whether a collection plan collects what a rule needs.
 *
 * A rule whose evidence nobody collects can never say anything but "not evaluated", so lint
 * refuses it.  Of a plan only what it asks for is read here, its form is the collector's to
 * check (docs/plan.md): what is not understood collects nothing. */
#ifndef RULE_COLLECTABLE_H
#define RULE_COLLECTABLE_H

#include "analyzer/rule/rule.h"

typedef struct Plans Plans;

Plans *plans_new(Arena *arena);         /* NULL when out of memory */
/* Adds the captures of a plan.  ST_NOT_FOUND, ST_FORMAT, ST_LIMIT, ST_IO, ST_NOMEM. */
NODISCARD Status plans_add(Plans *plans, const char *path, Err *err);

/* need: as in a report, "metric:mixer", "k8s:Pod", "document:http/pilot/…". */
bool plans_collect(const Plans *plans, Str need);

/* Notes an error for each need of each rule that no plan collects. */
void rules_lint_collectable(RuleSet *set, const Plans *plans);

#endif
