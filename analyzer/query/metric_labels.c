/* SPDX-License-Identifier: Apache-2.0 */
/* metric_labels.c -- labels of series, as the scraped text has them and its target adds to them. */
#include "analyzer/query/metric_labels.h"

#include <string.h>

MetricLabels
metric_labels_of(Arena *arena, const PromqlQuery *query)
{
    MetricLabels merged = {.arena = arena, .narrow = promql_reads_named_labels(query)};
    merged.named = promql_labels(query, &merged.named_count);
    return merged;
}

static bool
is_target_label(Str name)
{
    return str_is(name, "component") || str_is(name, "namespace") || str_is(name, "pod")
           || str_is(name, "instance");
}

/* Whether the sample itself has a label of that name. */
static bool
has_label(const ExpositionSample *sample, Str name)
{
    for (size_t i = 0; i < sample->labels.count; i++)
        if (sample->labels.items[i].value.n && str_eq(sample->labels.items[i].name, name))
            return true;
    return false;
}

/* Whether the label's values are of any use to the query. */
static bool
is_wanted(const MetricLabels *merged, Str name)
{
    bool wanted = !merged->narrow || str_is(name, "__name__");
    for (size_t i = 0; i < merged->named_count && !wanted; i++)
        wanted = str_eq(merged->named[i], name);
    return wanted;
}

void
metric_labels_insert(Label *labels, size_t *count, Str name, Str value)
{
    size_t at = (*count)++;
    while (at > 0 && str_cmp(labels[at - 1].name, name) > 0) {
        labels[at] = labels[at - 1];
        at--;
    }
    labels[at] = (Label){name, value};
}

static void
insert_wanted(const MetricLabels *merged, Label *labels, size_t *count, Str name, Str value)
{
    if (is_wanted(merged, name))
        metric_labels_insert(labels, count, name, value);
}

static void
insert_target_labels(const MetricLabels *merged, const MetricTarget *target, Label *labels,
                     size_t *count)
{
    insert_wanted(merged, labels, count, STR("component"), target->component);
    insert_wanted(merged, labels, count, STR("instance"), target->instance);
    insert_wanted(merged, labels, count, STR("namespace"), target->ns);
    insert_wanted(merged, labels, count, STR("pod"), target->pod);
}

/* What the target overrides of a sample's labels is called exported_. */
static Status
insert_overridden(const MetricLabels *merged, const ExpositionSample *sample, Label *labels,
                  size_t *count, Err *err)
{
    for (size_t i = 0; i < sample->labels.count; i++) {
        Label label = sample->labels.items[i];
        if (!label.value.n || !is_target_label(label.name))
            continue;
        Str name = label.name;
        do {
            name = arena_strf(merged->arena, "exported_" STR_FMT, STR_ARG(name));
            if (!name.p)
                return err_nomem(err);
        } while (has_label(sample, name));
        insert_wanted(merged, labels, count, name, label.value);
    }
    return ST_OK;
}

/* Room for so many labels: the scratch where most of them will be as those of the series before. */
static Label *
label_room(MetricLabels *merged, size_t count)
{
    if (!merged->narrow)
        return ARENA_ARRAY(merged->arena, Label, count);
    if (count > merged->scratch_capacity) {
        merged->scratch = ARENA_ARRAY(merged->arena, Label, 2 * count);
        merged->scratch_capacity = 2 * count;
    }
    return merged->scratch;
}

static bool
same_labels(Labels a, const Label *labels, size_t count)
{
    bool same = a.count == count;
    for (size_t i = 0; same && i < count; i++)
        same = str_eq(a.items[i].name, labels[i].name) && str_eq(a.items[i].value, labels[i].value);
    return same;
}

/* Those of the series before, where they are the same; else a copy. */
static Status
share_labels(MetricLabels *merged, const Label *labels, size_t count, Labels *ret, Err *err)
{
    if (!same_labels(merged->last, labels, count)) {
        Label *copy = ARENA_ARRAY(merged->arena, Label, count);
        if (!copy)
            return err_nomem(err);
        memcpy(copy, labels, count * sizeof *copy);
        merged->last = (Labels){copy, count};
    }
    *ret = merged->last;
    return ST_OK;
}

Status
metric_labels_merge(MetricLabels *merged, const MetricTarget *target,
                    const ExpositionSample *sample, Labels *ret, Err *err)
{
    Label *labels = label_room(merged, sample->labels.count + 5);
    if (!labels)
        return err_nomem(err);
    size_t count = 0;
    metric_labels_insert(labels, &count, STR("__name__"), sample->name);
    for (size_t i = 0; i < sample->labels.count; i++) {
        Label label = sample->labels.items[i];
        if (label.value.n && !is_target_label(label.name))
            insert_wanted(merged, labels, &count, label.name, label.value);
    }
    TRY(insert_overridden(merged, sample, labels, &count, err));
    insert_target_labels(merged, target, labels, &count);
    if (merged->narrow)
        return share_labels(merged, labels, count, ret, err);
    *ret = (Labels){labels, count};
    return ST_OK;
}
