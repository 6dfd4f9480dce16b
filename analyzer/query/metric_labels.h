/* SPDX-License-Identifier: Apache-2.0 */
/* metric_labels.h -- labels of series, as the scraped text has them and its target adds to them.
 *
 * A series has the labels of its sample, and those of its target: component, namespace, pod and
 * instance.  What the target overrides is called exported_.  Of a query that names all labels that
 * matter to it the others are left out, and series whose labels are then equal share them: a count
 * of a million series needs few. */
#ifndef QUERY_METRIC_LABELS_H
#define QUERY_METRIC_LABELS_H

#include "analyzer/model/metrics.h"
#include "analyzer/query/promql.h"

typedef struct {
    Arena *arena;
    bool narrow;            /* labels that the query does not name are left out */
    const Str *named;
    size_t named_count;
    Label *scratch;         /* labels of the series at hand, while narrow */
    size_t scratch_capacity;
    Labels last;            /* of the series before: mostly the same ones */
} MetricLabels;

/* query: borrowed. */
MetricLabels metric_labels_of(Arena *arena, const PromqlQuery *query);
/* Inserts a label at its place; the array has room. */
void metric_labels_insert(Label *labels, size_t *count, Str name, Str value);
/* ST_NOMEM. */
NODISCARD Status metric_labels_merge(MetricLabels *merged, const MetricTarget *target,
                                     const ExpositionSample *sample, Labels *ret, Err *err);

#endif
