/* SPDX-License-Identifier: Apache-2.0 */
/* source_metric.c -- metric: PromQL over the samples that were scraped of a component. */
#include "analyzer/query/metric_source.h"
#include "analyzer/query/source_private.h"

#include <string.h>

typedef struct {
    StrList components;
    StrList namespaces;
    Selector labels;
    bool has_labels;
    uint32_t port;              /* 0: the component's own */
    const PromqlQuery *query;
    bool has_empty;
    double empty;
    const char *evidence;       /* "metric:mixer" */
} Metric;

static void
read_port(SourceReader *reader, Metric *metric)
{
    const Node *port = node_get(reader->spec, STR("port"));
    if (!port)
        return;
    if (port->type == NODE_INT && port->integer >= 1 && port->integer <= UINT16_MAX)
        metric->port = (uint32_t)port->integer;
    else
        reader_error(reader, port, 0, "'port' must be a number from 1 to 65535");
}

static void
read_empty(SourceReader *reader, Metric *metric)
{
    const Node *empty = node_get(reader->spec, STR("empty"));
    if (!empty)
        return;
    metric->has_empty = true;
    if (empty->type == NODE_INT)
        metric->empty = (double)empty->integer;
    else if (empty->type == NODE_DOUBLE)
        metric->empty = empty->number;
    else
        reader_error(reader, empty, 0, "'empty' must be a number");
}

static Status
read_query(SourceReader *reader, Metric *metric)
{
    const Node *node = node_get(reader->spec, STR("query"));
    if (!node_is(node, NODE_STRING)) {
        reader_error(reader, node ? node : reader->spec, 0,
                     node ? "'query' must be a string" : "source metric needs 'query'");
        return ST_OK;
    }
    ReadingText reading = {reader, node};
    PromqlOptions options = {.line = 1, .column = 1, .complain = reader_complain,
                             .complain_context = &reading};
    Err found = {0};
    Status status = promql_compile(reader->arena, node->string, &options, &metric->query, &found);
    if (status == ST_NOMEM)
        return err_nomem(reader->err);
    if (status == ST_OK && metric_check(metric->query, &found) != ST_OK)
        reader_complain(&reading, found.line, found.column, found.text);
    return ST_OK;
}

static Status
compile(SourceReader *reader)
{
    Metric *metric = ARENA_NEW(reader->arena, Metric);
    if (!metric)
        return err_nomem(reader->err);
    TRY(reader_strings(reader, "component", &metric->components));
    TRY(reader_strings(reader, "namespace", &metric->namespaces));
    TRY(reader_labels(reader, &metric->labels, &metric->has_labels));
    if (!node_get(reader->spec, STR("component")))
        reader_error(reader, reader->spec, 0, "source metric needs 'component'");
    reader_check_words(reader, "component", &metric->components, COMPONENT_NAMES, "component");
    read_port(reader, metric);
    read_empty(reader, metric);
    TRY(read_query(reader, metric));
    metric->evidence = arena_printf(reader->arena, "metric:" STR_FMT,
                                    STR_ARG(metric->components.count ? metric->components.items[0]
                                                                     : STR("")));
    reader->source->data = metric;
    return metric->evidence ? ST_OK : err_nomem(reader->err);
}

static Status
needs(const Source *source, Arena *arena, NeedList *list, Err *err)
{
    const Metric *metric = source->data;
    for (size_t i = 0; i < metric->components.count; i++)
        TRY(need_add(arena, list, "metric:", metric->components.items[i], err));
    return ST_OK;
}

static bool
is_of_target(Str label)
{
    return str_is(label, "__name__") || str_is(label, "component") || str_is(label, "instance") ||
           str_is(label, "namespace") || str_is(label, "pod");
}

/* Whether a selector of samples of any name tells them by that and their target alone. */
static bool
selects_by_target(const PromqlSelector *selector)
{
    for (size_t i = 0; i < selector->matcher_count; i++)
        if (!is_of_target(selector->matchers[i].label))
            return false;
    return true;
}

/* Whether samples that no name is asked of need but the labels that the query names. */
static bool
needs_named_labels(const PromqlQuery *query)
{
    size_t count;
    const Str *labels = promql_labels(query, &count);
    bool enough = promql_reads_named_labels(query);
    /* What it is a label of besides depends on which others the sample has. */
    for (size_t i = 0; i < count; i++)
        enough = enough && !str_starts(labels[i], STR("exported_"));
    const PromqlSelector *selectors = promql_selectors(query, &count);
    for (size_t i = 0; i < count; i++)
        enough = enough && (selectors[i].metric.n || selects_by_target(&selectors[i]));
    return enough;
}

/* Whether a target was restarted between its samples is told by its start, else by any of its
 * counters: a query that looks back needs them all. */
static Status
demand_query(Demand *demand, const PromqlQuery *query, Err *err)
{
    size_t count;
    const PromqlSelector *selectors = promql_selectors(query, &count);
    bool thin = needs_named_labels(query);
    for (size_t i = 0; i < count; i++) {
        size_t label_count;
        const Str *labels = promql_labels(query, &label_count);
        TRY(thin && selectors[i].metric.n == 0
                ? demand_series_labels(demand, labels, label_count, err)
                : demand_series(demand, selectors[i].metric, err));
    }
    return promql_looks_back(query) ? demand_series(demand, STR(""), err) : ST_OK;
}

static Status
demand(const Source *source, Demand *demand, Err *err)
{
    const Metric *metric = source->data;
    for (size_t i = 0; i < metric->components.count; i++)
        TRY(demand_metrics(demand, metric->components.items[i], err));
    return metric->query ? demand_query(demand, metric->query, err) : ST_OK;
}

static Status
targets_of(Model *model, const MetricSelection *selection, MetricTargets *ret, Err *err)
{
    CLEANUP(model_leave) Model *held = model_hold(model);
    return model_metric_targets(held, selection, ret, err);
}

static Value
eval_metric(const Source *source, const SourceEval *eval)
{
    const Metric *metric = source->data;
    MetricSelection selection = {
        .components = metric->components.items,
        .component_count = metric->components.count,
        .namespaces = metric->namespaces.count ? &metric->namespaces : NULL,
        .labels = metric->has_labels ? &metric->labels : NULL,
        .port = metric->port,
    };
    MetricTargets targets;
    Err err = {0};
    Status status = targets_of(eval->model, &selection, &targets, &err);
    if (status == ST_NOMEM)
        return value_nomem();
    if (status != ST_OK)
        return value_error(eval->arena, "%s", err.text);
    MetricRequest request = {
        .query = metric->query,
        .targets = &targets,
        .evidence = metric->evidence,
        .has_empty = metric->has_empty,
        .empty = metric->empty,
    };
    return metric_evaluate(eval->arena, &request);
}

/* The labels of a series joined by '/', the pod's first. */
static void
subject(const Source *source, Value element, size_t index, Buf *out)
{
    static const char *const FIRST[] = {"namespace", "pod", NULL};
    (void)source;
    (void)index;
    Value labels;
    if (!value_field(element, STR("labels"), &labels))
        return;
    size_t before = out->n;
    subject_of_fields(labels, FIRST, out);
    for (size_t i = 0; i < value_count(labels); i++) {
        Value key, value;
        value_entry(labels, i, &key, &value);
        if (key.type != VALUE_STRING || value.type != VALUE_STRING ||
            str_is(key.string, "namespace") || str_is(key.string, "pod"))
            continue;
        if (out->n > before)
            buf_addc(out, '/');
        buf_add_str(out, value.string);
    }
}

static Str
shape(const Source *source, Arena *arena)
{
    (void)arena;
    return ((const Metric *)source->data)->has_empty
               ? STR("double")
               : STR("[Series]");
}

static const SourceKey KEYS[] = {
    {.name = "component", .type = SOURCE_WORDS, .required = true, .glob = true, .words = component_words},
    {.name = "namespace", .type = SOURCE_WORDS},
    {.name = "labels", .type = SOURCE_LABELS},
    {.name = "port", .type = SOURCE_COUNT, .least = 1, .most = UINT16_MAX},
    {.name = "query", .type = SOURCE_TEXT, .required = true},
    {.name = "empty", .type = SOURCE_NUMBER},
    {0},
};

const SourceType SOURCE_TYPE_metric = {
    .doc = {"metric", "PromQL over scraped samples: a list of {labels, value}; with empty, a number",
            KEYS},
    .compile = compile,
    .needs = needs,
    .demand = demand,
    .eval = eval_metric,
    .subject = subject,
    .shape = shape,
};
