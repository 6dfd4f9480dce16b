/* SPDX-License-Identifier: Apache-2.0 */
/* log_groups.h -- from the hits of the selected logs to the value of a `logs` source.
 *
 * Order: where, near, group, window, min (match and not came first, in log_scan.h).  A group
 * with at least min hits stands; where one of its logs is incomplete, with at_least true.  What
 * an incomplete log may still hold makes the list incomplete.  Groups are ordered by namespace,
 * pod, container and line of their first hit. */
#ifndef QUERY_LOG_GROUPS_H
#define QUERY_LOG_GROUPS_H

#include "analyzer/query/log_scan.h"

/* One log that the source selects. */
typedef struct {
    Str member;
    Str ns;
    Str pod;
    Str container;
    const LogHits *hits;     /* NULL: the log is not there */
    const Gap *gap;          /* what is missing of it; NULL: complete */
    int64_t offset_ns;       /* its clock minus the collector's, for near */
} LogInput;

typedef struct {
    Arena *arena;
    const LogSpec *spec;
    const LogInput *logs;    /* in order of namespace, pod, container, previous first */
    size_t count;
    const Gap *gap;          /* logs may exist that are not listed; NULL: no */
    const char *needs;       /* "logs:pilot", for gaps of its own */
    const LogInput *near;    /* logs of the other source; NULL without near */
    const LogSpec *near_spec;
    size_t near_count;
    /* For where: as in CelEval; `it` is added. */
    Value (*lookup)(void *context, Str name, bool *ret_found);
    void *context;
    uint64_t *steps_left;
} LogGroupsInput;

/* A list of groups as RULES "logs" describes them, complete or incomplete; unknown where no
 * selected log is there. */
Value log_groups(const LogGroupsInput *input);

#endif
