/* SPDX-License-Identifier: Apache-2.0 */
/* source_tables.c -- clocks and limits: tables that the collector measured. */
#include "analyzer/query/source_private.h"

/* --- clocks --- */

static const char *const CLOCK_KINDS[] = {"apiserver", "node",      "pod", "container",
                                          "client",    "collector", NULL};

static const char *const *
clock_words(void)
{
    return CLOCK_KINDS;
}

typedef struct {
    StrList subjects;
} Clocks;

static Status
compile_clocks(SourceReader *reader)
{
    Clocks *clocks = ARENA_NEW(reader->arena, Clocks);
    if (!clocks)
        return err_nomem(reader->err);
    TRY(reader_strings(reader, "subjects", &clocks->subjects));
    reader_check_words(reader, "subjects", &clocks->subjects, CLOCK_KINDS, "kind of clock");
    reader->source->data = clocks;
    return ST_OK;
}

static Status
needs_clocks(const Source *source, Arena *arena, NeedList *list, Err *err)
{
    (void)source;
    return need_add(arena, list, "clocks", STR(""), err);
}

static Status
demand_clocks_of(const Source *source, Demand *demand, Err *err)
{
    (void)source;
    return demand_clocks(demand, err);
}

static Value
record_value(const SourceEval *eval, const Record *record)
{
    (void)eval;
    return value_of_node(record->node, &record->origin);
}

static Value
eval_clocks(const Source *source, const SourceEval *eval)
{
    const Clocks *clocks = source->data;
    Records records;
    Err err = {0};
    CLEANUP(model_leave) Model *held = model_hold(eval->model);
    if (model_clocks(held, &records, &err) != ST_OK)
        return value_error(eval->arena, "%s", err.text);
    ListMaker maker = list_maker(eval);
    for (size_t i = 0; i < records.count; i++)
        if (fits_words(&clocks->subjects,
                       node_string(node_get(records.items[i].node, STR("kind")))))
            list_add(&maker, record_value(eval, &records.items[i]));
    list_add_gap(&maker, records.gap);
    return list_end(&maker, records.state == EVIDENCE_UNKNOWN);
}

static void
subject_of_clock(const Source *source, Value element, size_t index, Buf *out)
{
    static const char *const FIELDS[] = {"subject", NULL};
    (void)source;
    (void)index;
    subject_of_fields(element, FIELDS, out);
}

static Str
shape_of_clocks(const Source *source, Arena *arena)
{
    (void)source;
    (void)arena;
    return STR("[{offset_s: double, error_s: double, ...}]");
}

static const SourceKey CLOCK_KEYS[] = {
    {.name = "subjects", .type = SOURCE_WORDS, .glob = true, .words = clock_words},
    {0},
};

const SourceType SOURCE_TYPE_clocks = {
    .doc = {"clocks", "clock differences: a list of {subject, kind, node, offset_s, error_s, method}",
            CLOCK_KEYS},
    .compile = compile_clocks,
    .needs = needs_clocks,
    .demand = demand_clocks_of,
    .eval = eval_clocks,
    .subject = subject_of_clock,
    .shape = shape_of_clocks,
};

/* --- limits --- */

typedef struct {
    StrList namespaces;
    StrList containers;
    Selector labels;
    bool by_labels;
} Limits;

static Status
compile_limits(SourceReader *reader)
{
    Limits *limits = ARENA_NEW(reader->arena, Limits);
    if (!limits)
        return err_nomem(reader->err);
    TRY(reader_strings(reader, "namespace", &limits->namespaces));
    TRY(reader_strings(reader, "container", &limits->containers));
    TRY(reader_labels(reader, &limits->labels, &limits->by_labels));
    reader->source->data = limits;
    return ST_OK;
}

static Status
needs_limits(const Source *source, Arena *arena, NeedList *list, Err *err)
{
    TRY(need_add(arena, list, "limits", STR(""), err));
    if (((const Limits *)source->data)->by_labels)
        TRY(need_add(arena, list, "k8s:", STR("Pod"), err));
    return ST_OK;
}

static Status
demand_limits_of(const Source *source, Demand *demand, Err *err)
{
    if (((const Limits *)source->data)->by_labels)
        TRY(demand_kind(demand, STR("Pod"), err));
    return demand_limits(demand, err);
}

/* Whether the pod of a record has the labels; what is not known of it is a gap. */
static bool
has_labels(const Limits *limits, const SourceEval *eval, const Node *record, ListMaker *maker)
{
    if (!limits->by_labels)
        return true;
    Str ns = node_string(node_get(record, STR("namespace")));
    const Object *pod =
        model_object(eval->model, STR("Pod"), ns, node_string(node_get(record, STR("pod"))));
    if (pod)
        return selector_fits(&limits->labels, node_path(pod->node, "metadata.labels"));
    Objects pods;
    if (model_objects(eval->model, STR("Pod"), NULL, &pods, NULL) != ST_OK)
        list_fail(maker, value_nomem());
    else
        list_add_gap(maker, pods.gap);
    return false;
}

static Value
eval_limits(const Source *source, const SourceEval *eval)
{
    const Limits *limits = source->data;
    Records records;
    Err err = {0};
    CLEANUP(model_leave) Model *held = model_hold(eval->model);
    if (model_limits(held, &records, &err) != ST_OK)
        return value_error(eval->arena, "%s", err.text);
    ListMaker maker = list_maker(eval);
    for (size_t i = 0; i < records.count; i++) {
        const Node *record = records.items[i].node;
        if (fits_words(&limits->namespaces, node_string(node_get(record, STR("namespace")))) &&
            fits_words(&limits->containers, node_string(node_get(record, STR("container")))) &&
            has_labels(limits, eval, record, &maker))
            list_add(&maker, record_value(eval, &records.items[i]));
    }
    list_add_gap(&maker, records.gap);
    return list_end(&maker, records.state == EVIDENCE_UNKNOWN);
}

static void
subject_of_limit(const Source *source, Value element, size_t index, Buf *out)
{
    static const char *const FIELDS[] = {"namespace", "pod", "container", NULL};
    (void)source;
    (void)index;
    subject_of_fields(element, FIELDS, out);
}

static const SourceKey LIMIT_KEYS[] = {
    {.name = "namespace", .type = SOURCE_WORDS},
    {.name = "labels", .type = SOURCE_LABELS},
    {.name = "container", .type = SOURCE_WORDS},
    {0},
};

const SourceType SOURCE_TYPE_limits = {
    .doc = {"limits", "limits of processes: a list of {namespace, pod, container, process, nofile: {soft, hard}, open_fds, source}",
            LIMIT_KEYS},
    .compile = compile_limits,
    .needs = needs_limits,
    .demand = demand_limits_of,
    .eval = eval_limits,
    .subject = subject_of_limit,
};
