/* SPDX-License-Identifier: Apache-2.0 */
/* test_run.h -- runs the tests beside rule packs.
 *
 * Every case is a bundle of its own, read and judged as a real one would be, by the rule
 * under test alone. */
#ifndef RULE_TEST_RUN_H
#define RULE_TEST_RUN_H

#include "analyzer/rule/rule.h"

typedef struct {
    RuleSet *set;           /* finished, without errors */
    Arena *arena;           /* for what lasts; each case has its own */
    Buf *out;               /* gets what failed, as text */
    size_t passed;
    size_t failed;
    /* By rule index: bits of the verdicts that its cases expect. */
    unsigned *expected;
} TestRun;

/* ST_NOMEM. */
NODISCARD Status test_run_init(TestRun *run, RuleSet *set, Arena *arena, Buf *out, Err *err);
/* All files of tests/ beside each pack and file of the set.  ST_IO, ST_LIMIT, ST_NOMEM. */
NODISCARD Status test_run_all(TestRun *run, Err *err);
/* One file of tests. */
NODISCARD Status test_run_file(TestRun *run, const char *path, Err *err);
NODISCARD Status test_run_text(TestRun *run, const char *path, Str text, Err *err);
/* Every stable rule needs a case that finds, one that is ok and one that is not evaluated:
 * what lacks is told and counts as failed. */
void test_run_owed(TestRun *run);

#endif
