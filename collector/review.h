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
    bool asked;
    bool allowed;
    Str reason;              /* why not asked, or what the API server says */
} Need;

/* Fills in asked, allowed and reason of each, over a proxy that lets access reviews through
 * and nothing else.  ST_UNREACHABLE where the proxy cannot start. */
NODISCARD Status review_needs(Kube *kube, Arena *arena, Need *needs, size_t count, unsigned rate,
                              int cancel_fd, Err *err);

/* The rights to add, as a ClusterRole. */
void review_print_role(const Need *needs, size_t count, Buf *out);

#endif
