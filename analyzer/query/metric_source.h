/* SPDX-License-Identifier: Apache-2.0 */
/* metric_source.h -- a PromQL query over scraped targets, as a value of the rule language.
 *
 *     promql_compile(...), metric_check(query, has_empty, ...)       when rules are loaded
 *     model_metric_targets(...), metric_evaluate(...)                when they are evaluated
 *
 * The instant vector is each target's newest sample that parsed whole, with the labels
 * component, namespace, pod and instance added; labels of the same names that the series
 * brought are called exported_....  Ranges hold the two samples of a target; with one sample,
 * or a restart between them, they are unknown.  Whatever rests on targets that were not
 * scraped, or were cut, is unknown or an incomplete list (docs/rule-language.md). */
#ifndef QUERY_METRIC_SOURCE_H
#define QUERY_METRIC_SOURCE_H

#include "analyzer/model/metrics.h"
#include "analyzer/query/promql.h"
#include "analyzer/query/value.h"

/* What a query gives to CEL. */
typedef enum { METRIC_GIVES_LIST, METRIC_GIVES_NUMBER } MetricGives;

/* A scalar is a number; a vector is one where `empty` says what no element stands for. */
MetricGives metric_gives(const PromqlQuery *query, bool has_empty);

/* Names of what the query gives that no value is made of: ST_RULE for strings and ranges. */
NODISCARD Status metric_check(const PromqlQuery *query, Err *err);

typedef struct {
    const PromqlQuery *query;
    const MetricTargets *targets;
    const char *evidence;       /* "metric:mixer", for gaps */
    bool has_empty;
    double empty;
} MetricRequest;

/* A list of {labels, value}, a number, unknown or an error.  Each element, a number, and an
 * empty list know their origin: the member with the line and text of a series, or what was
 * read without finding one. */
Value metric_evaluate(Arena *arena, const MetricRequest *request);

#endif
