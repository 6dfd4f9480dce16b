/* SPDX-License-Identifier: Apache-2.0 */
/* test_bundle.h -- bundles written by hand in tests of rules, as members in memory.
 *
 * Members get the names that a collector would give them and pass through the same reader
 * and model, so that a test tries the whole way from text to verdict. */
#ifndef RULE_TEST_BUNDLE_H
#define RULE_TEST_BUNDLE_H

#include "analyzer/model/model.h"
#include "analyzer/rule/diagnostic.h"
#include "analyzer/rule/rule.h"

typedef struct {
    const char *file;           /* of the test, for what is wrong with it */
    Diagnostics *diagnostics;
    const Node *base;           /* the key bundle; NULL: nothing is known */
    const Node *change;         /* the key change; NULL: none */
    const NeedList *needs;      /* of the rule: kinds that nobody else knows are complete too */
} TestBundle;

/* The members, with a manifest that says what is known.  What is wrong with the test is
 * noted.  ST_NOMEM. */
NODISCARD Status test_bundle_build(const TestBundle *bundle, Arena *arena, ModelFeed *ret,
                                   Err *err);

#endif
