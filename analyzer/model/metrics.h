/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.h -- scraped samples by target, and which targets should have been scraped.
 *
 * A target is a monitoring port of a pod.  It has one or two samples, in order of time; a
 * sample that was cut or did not parse is there with what parsed, and a gap.  Targets that
 * exist (by pods and the table of components) but were not scraped make the answer
 * incomplete; where the pods are not known, so does that. */
#ifndef MODEL_METRICS_H
#define MODEL_METRICS_H

#include "analyzer/model/model.h"
#include "analyzer/model/selector.h"
#include "analyzer/text/exposition.h"

enum { METRIC_SAMPLES = 2 };

typedef struct {
    Str member;
    uint32_t number;                /* 1, 2: of the name */
    const Exposition *text;         /* NULL where nothing could be read */
    bool whole;                     /* all of it came and every line was good */
    bool has_time;
    int64_t time_ns;                /* collector's clock; of the capture */
    const Gap *gap;                 /* NULL where and only where whole */
    const Gap *fault;               /* of the text alone: cut, or lines that are no metrics */
} MetricSample;

typedef struct {
    Str component;
    Str ns;
    Str pod;
    uint32_t port;
    Str instance;                   /* "pod:port" */
    MetricSample samples[METRIC_SAMPLES];
    size_t sample_count;            /* at least 1 */
} MetricTarget;

typedef struct {
    const Str *components;          /* names or globs; at least one */
    size_t component_count;
    const StrList *namespaces;      /* NULL: all */
    const Selector *labels;         /* NULL: all; else pods must be known to fit */
    uint32_t port;                  /* 0: monitoring ports of the component */
} MetricSelection;

/* Targets that exist or may exist and have no whole sample; what is not known of them is "". */
typedef struct {
    Str component;
    Str ns;
    Str pod;
    const Gap *gap;
} MetricHole;

typedef struct {
    const MetricTarget *const *items;   /* ordered by component, namespace, pod, port */
    size_t count;
    const MetricHole *holes;
    size_t hole_count;
    EvidenceState state;            /* COMPLETE: no holes; UNKNOWN: holes and no targets */
    const Gap *gap;                 /* of all holes */
} MetricTargets;

/* The components must have been demanded. */
NODISCARD Status model_metric_targets(Model *model, const MetricSelection *selection,
                                      MetricTargets *ret, Err *err);

/* Samples whose text has a fault, ordered like targets: nothing tells of those that a whole one
 * stands in for.  Lives in the model's arena. */
typedef struct {
    const MetricSample *const *items;
    size_t count;
} MetricSamples;
NODISCARD Status model_faulty_samples(Model *model, MetricSamples *ret, Err *err);

#endif
