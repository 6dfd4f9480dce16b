/* SPDX-License-Identifier: Apache-2.0 */
/* review.h -- asks the API server what the caller may do: the only POSTs of the program. */
#ifndef COLLECTOR_REVIEW_H
#define COLLECTOR_REVIEW_H

#include "collector/kube.h"

typedef struct {
    Str verb;
    Str group;
    Str resource;
    Str subresource;         /* "" for none */
    Str namespace;           /* "" for all */
    Str version;             /* of the group, for a path */
    Str captures;            /* whose evidence needs it: "objects, mesh-objects" */
    bool asked;
    bool allowed;
    Str reason;              /* why not asked, or what the API server says */
} Need;

/* Fills in asked, allowed and reason of each, over a proxy that lets access reviews through
 * and nothing else.  ST_UNREACHABLE where the proxy cannot start. */
NODISCARD Status review_needs(Kube *kube, Arena *arena, Need *needs, size_t count, unsigned rate,
                              int cancel_fd, Err *err);

/* Who the API server takes the caller for, as it says when it refuses something; "" where it
 * does not say. */
NODISCARD Status review_user(Kube *kube, Arena *arena, const Need *needs, size_t count, Str *ret,
                             Err *err);

#endif
