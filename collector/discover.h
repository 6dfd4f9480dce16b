/* SPDX-License-Identifier: Apache-2.0 */
/* discover.h -- what the two ways to learn what is served share. */
#ifndef COLLECTOR_DISCOVER_H
#define COLLECTOR_DISCOVER_H

#include "collector/run.h"

/* Adds it unless it is known already or its names cannot be names; the views are copied.
 * Whether it was added; run_fail() when out of memory. */
bool discover_add(Run *run, const Resource *resource);
/* Of kubectl's table; how many were added. */
size_t discover_read_table(Run *run, Str text);

#endif
