/* SPDX-License-Identifier: Apache-2.0 */
/* test_expect.h -- compares the verdicts of a rule with those that a test expects. */
#ifndef RULE_TEST_EXPECT_H
#define RULE_TEST_EXPECT_H

#include "analyzer/rule/verdict.h"

/* expect: one mapping or a list of them, fit for the schema.  Every expectation needs a
 * verdict of its own, and a finding that none expects is a failure.  What differs is
 * appended to out, field by field.  True where all is as expected. */
bool expect_all(const Node *expect, const Verdict *verdicts, size_t count, Str file_text,
                Arena *arena, Buf *out);

/* Whether a verdict of that kind is among the expected. */
bool expects_kind(const Node *expect, VerdictKind kind);

#endif
