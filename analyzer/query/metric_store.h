/* SPDX-License-Identifier: Apache-2.0 */
/* metric_store.h -- the samples of scraped targets as a store for PromQL. */
#ifndef QUERY_METRIC_STORE_H
#define QUERY_METRIC_STORE_H

#include "analyzer/query/metric_source.h"

/* Where a series of the store comes from. */
typedef struct {
    const MetricTarget *target;
    Str member;
    const ExpositionSample *sample;
} MetricOrigin;

typedef struct {
    PromqlStore store;
    const MetricOrigin *origins;        /* by series */
    int64_t time_ms;                    /* the newest sample's */
    uint64_t series_read;               /* of all members, not only those the query names */
    Str first_member;                   /* of a member that was read, "" where none was */
    bool has_time;                      /* every sample's time is known */
} MetricStore;

/* Only the metrics that the query names are taken.  ST_NOMEM, ST_LIMIT. */
NODISCARD Status metric_store_build(Arena *arena, const MetricRequest *request, MetricStore *ret,
                                    Err *err);

#endif
