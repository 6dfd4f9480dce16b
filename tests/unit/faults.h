/* SPDX-License-Identifier: Apache-2.0 */
/* faults.h -- allocations that fail when a test wants it.
 *
 * A test program that links faults.c has malloc() and its kin replaced; under the sanitizers,
 * which bring an allocator of their own, nothing fails. */
#ifndef TESTS_UNIT_FAULTS_H
#define TESTS_UNIT_FAULTS_H

#include "base/status.h"

#include <stdbool.h>

/* Calls use() once for each of its allocations, with that one failing: it must return
 * ST_NOMEM and give back what it took.
 *   may_succeed   ST_OK is right, too: what failed was not needed
 *   keeps         blocks that stay are not a leak (a library keeps what it has made) */
void faults_fail_each(const char *name, Status (*use)(void), bool may_succeed, bool keeps);

#endif
