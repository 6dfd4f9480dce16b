/* SPDX-License-Identifier: Apache-2.0 */
/* runner.h -- main() of every unit test: a test program defines unit_suite(). */
#ifndef TESTS_UNIT_RUNNER_H
#define TESTS_UNIT_RUNNER_H

#include "base/str.h"

#include <check.h>
#include <stdint.h>

/* Made by each test program: its suite, with all its cases added. */
Suite *unit_suite(void);

/* Fails with both texts where a differs from the expected text. */
#define ck_assert_str_view(view, expected)                                        \
    do {                                                                          \
        Str view_ = (view);                                                       \
        ck_assert_msg(str_is(view_, (expected)), "got '%.*s', expected '%s'",     \
                      STR_ARG(view_), (expected));                                \
    } while (0)
#define ck_assert_ok(call, err)                                                   \
    do {                                                                          \
        Status status_ = (call);                                                  \
        ck_assert_msg(status_ == ST_OK, "%s: %s", status_name(status_), (err).text); \
    } while (0)
#define ck_assert_status(call, expected)                                          \
    do {                                                                          \
        Status status_ = (call);                                                  \
        ck_assert_msg(status_ == (expected), "got %s, expected %s",               \
                      status_name(status_), status_name(expected));               \
    } while (0)

/* The folder of shared test data (MESHCASE_SHARED, or shared beside the source tree);
 * NULL where it is absent. */
const char *unit_shared_folder(void);
/* The source tree. */
const char *unit_source_folder(void);
/* A number below another, the same on every machine for the same state (Knuth's generator, the
 * upper half). */
unsigned unit_draw(uint64_t *state, unsigned below);

#endif
