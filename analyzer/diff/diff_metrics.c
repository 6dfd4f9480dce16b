/* SPDX-License-Identifier: Apache-2.0 */
/* diff_metrics.c -- metrics that moved: rates of counters, values of gauges, by component.
 *
 * A component's samples of one name are summed over its pods and labels, for what tells pods
 * apart changes with every restart; but for labels that tell success from failure.  A counter
 * only ever grows, so its growth a second between a bundle's two samples is compared; with one
 * sample nothing can be said of it, and that is told. */
#include "analyzer/diff/diff_private.h"

#include "analyzer/model/metrics.h"
#include "base/limits.h"
#include "bundle/component.h"

#include <math.h>

enum { METRIC_CHANGES = 200 };      /* told of one component: more is no help */
static const double MOVED_FACTOR = 2;
static const double LEAST_RATE = 0.05;      /* a second */
static const double LEAST_GAUGE = 1;

/* One name of one component on one side. */
typedef struct {
    Str name;
    double sums[METRIC_SAMPLES];    /* older, newer */
    bool is_counter;
} Total;

typedef struct {
    Map by_name;                    /* -> Total * */
    double seconds;                 /* between the samples; 0: one sample, or of several lengths */
    bool is_whole;                  /* every target was scraped */
    bool has_counters;
    size_t target_count;
} Totals;

static bool
ends_in(Str name, const char *suffix)
{
    return str_ends(name, str_of(suffix));
}

/* Cumulative, by its type or, where the text does not say, by its name. */
static bool
is_counter(const ExpositionSample *sample)
{
    switch (sample->type) {
    case METRIC_COUNTER:
        return true;
    case METRIC_HISTOGRAM:
    case METRIC_SUMMARY:
        return ends_in(sample->name, "_count") || ends_in(sample->name, "_sum");
    case METRIC_UNTYPED:
        return ends_in(sample->name, "_total") || ends_in(sample->name, "_count");
    case METRIC_GAUGE:
    case METRIC_GAUGEHISTOGRAM:
    case METRIC_INFO:
    case METRIC_STATESET:
    case METRIC_TYPE_COUNT:
        break;
    }
    return false;
}

/* Times of day and quantiles move by themselves, buckets repeat their count. */
static bool
is_left_out(const ExpositionSample *sample)
{
    return ends_in(sample->name, "_bucket") || ends_in(sample->name, "_timestamp_seconds") ||
           ends_in(sample->name, "_time_seconds") || labels_get(sample->labels, STR("quantile")).n > 0 ||
           !isfinite(sample->value);
}

/* The name, with the labels that tell success from failure. */
static void
write_name(const ExpositionSample *sample, Buf *out)
{
    static const char *const LABELS[] = {"code", "error", "error_code", "grpc_code", "reason",
                                         "response_code", "result", "status"};
    const char *separator = "{";
    buf_add_str(out, sample->name);
    for (size_t i = 0; i < sizeof LABELS / sizeof *LABELS; i++) {
        Str value = labels_get(sample->labels, str_of(LABELS[i]));
        if (value.n == 0)
            continue;
        buf_printf(out, "%s%s=", separator, LABELS[i]);
        node_write_json_string(str_head(value, LIMIT_EXCERPT_BYTES), out);
        separator = ",";
    }
    buf_adds(out, *separator == ',' ? "}" : "");
}

static Status
add_sample(Comparison *c, Totals *totals, const ExpositionSample *sample, size_t age)
{
    if (is_left_out(sample))
        return ST_OK;
    CLEANUP(buf_done) Buf text = BUF_INIT(LIMIT_METRIC_LINE_BYTES * 2);
    write_name(sample, &text);
    TRY(buf_status(&text, c->err));
    Total *total = map_get(&totals->by_name, buf_str(&text));
    if (!total) {
        total = ARENA_NEW(c->arena, Total);
        Str name = arena_str(c->arena, buf_str(&text));
        if (!total || !name.p || !map_put(&totals->by_name, name, total))
            return err_nomem(c->err);
        total->name = name;
        total->is_counter = is_counter(sample);
        totals->has_counters |= total->is_counter;
    }
    total->sums[age] += sample->value;
    return ST_OK;
}

/* The newest sample counts for gauges, the newest and the one before it for counters. */
static Status
add_target(Comparison *c, Totals *totals, const MetricTarget *target)
{
    size_t newest = target->sample_count - 1;
    bool has_two = newest > 0 && target->samples[0].has_time && target->samples[newest].has_time;
    double seconds = has_two ? (double)(target->samples[newest].time_ns -
                                        target->samples[0].time_ns) / 1e9 : 0;
    if (totals->target_count++ == 0)
        totals->seconds = seconds;
    else if (seconds <= 0 || totals->seconds <= 0)
        totals->seconds = 0;
    else
        totals->seconds += (seconds - totals->seconds) / (double)totals->target_count;
    for (size_t age = 0; age < METRIC_SAMPLES; age++) {
        const Exposition *text = target->samples[age == 0 ? 0 : newest].text;
        for (size_t i = 0; text && i < text->sample_count; i++)
            TRY(add_sample(c, totals, &text->samples[i], age));
    }
    return ST_OK;
}

static Status
total_up(Comparison *c, const DiffSide *side, Str component, Totals *ret, const Gap **ret_gap)
{
    MetricSelection selection = {.components = &component, .component_count = 1};
    MetricTargets targets;
    TRY(model_metric_targets(side->model, &selection, &targets, c->err));
    *ret = (Totals){.is_whole = targets.state == EVIDENCE_COMPLETE};
    map_init(&ret->by_name, c->arena);
    *ret_gap = targets.gap;
    for (size_t i = 0; i < targets.count; i++)
        TRY(add_target(c, ret, targets.items[i]));
    return ST_OK;
}

static bool
was_reset(const Totals *totals, const Total *total)
{
    return total->is_counter && totals->seconds > 0 && total->sums[1] < total->sums[0];
}

/* What is compared of a name: false where nothing can be said. */
static bool
measure(const Totals *totals, const Total *total, double *ret)
{
    *ret = total->sums[1];
    if (!total->is_counter)
        return true;
    *ret = totals->seconds > 0 ? (total->sums[1] - total->sums[0]) / totals->seconds : 0;
    return totals->seconds > 0;
}

static bool
has_moved(bool is_rate, double before, double after)
{
    double least = is_rate ? LEAST_RATE : LEAST_GAUGE;
    double low = fmin(fabs(before), fabs(after));
    double high = fmax(fabs(before), fabs(after));
    if (fabs(before - after) < least)
        return false;
    return high >= low * MOVED_FACTOR || (before < 0) != (after < 0);
}

static Str
value_text(const Comparison *c, double value, bool is_rate)
{
    return arena_strf(c->arena, "%.4g%s", value, is_rate ? "/s" : "");
}

static Status
compare_name(Comparison *c, Str component, const Totals sides[2], const Total *before,
             const Total *after)
{
    const Total *totals[2] = {before, after};
    bool is_rate = before->is_counter && after->is_counter;
    double values[2];
    for (size_t side = 0; side < 2; side++)
        if (was_reset(&sides[side], totals[side]))
            return add_hole(c, arena_strf(c->arena, STR_FMT " " STR_FMT, STR_ARG(component),
                                          STR_ARG(before->name)),
                            arena_strf(c->arena, "%s: the counter began again between its samples",
                                       c->sides[side]->name));
    if (before->is_counter != after->is_counter || !measure(&sides[0], before, &values[0]) ||
        !measure(&sides[1], after, &values[1]) || !has_moved(is_rate, values[0], values[1]))
        return ST_OK;
    return add_change(c, &(Change){CHANGE_METRIC, CHANGE_CHANGED,
                                   arena_strf(c->arena, STR_FMT " " STR_FMT, STR_ARG(component),
                                              STR_ARG(before->name)),
                                   STR(""), value_text(c, values[0], is_rate),
                                   value_text(c, values[1], is_rate)});
}

/* A name that one side alone has. */
static Status
note_name(Comparison *c, Str component, const Total *total, ChangeWay way)
{
    Str text = value_text(c, total->sums[1], false);
    Str subject = arena_strf(c->arena, STR_FMT " " STR_FMT, STR_ARG(component),
                             STR_ARG(total->name));
    return add_change(c, &(Change){CHANGE_METRIC, way, subject, STR(""),
                                   way == CHANGE_REMOVED ? text : STR(""),
                                   way == CHANGE_ADDED ? text : STR("")});
}

/* Counters of which a side can tell no rate: a hole, not a rate that stayed. */
static Status
note_single_samples(Comparison *c, Str component, const Totals sides[2])
{
    for (size_t side = 0; side < 2; side++)
        if (sides[side].has_counters && sides[side].seconds <= 0)
            TRY(add_hole(c, arena_strf(c->arena, "counters of " STR_FMT, STR_ARG(component)),
                         arena_strf(c->arena, "%s: not every pod has two samples whose times are "
                                    "known", c->sides[side]->name)));
    return ST_OK;
}

/* What is beyond METRIC_CHANGES is counted. */
static void
cut_changes(Comparison *c, size_t first)
{
    size_t count = c->diff->changes.count - first;
    if (count <= METRIC_CHANGES)
        return;
    c->diff->left_out += count - METRIC_CHANGES;
    c->diff->changes.count = first + METRIC_CHANGES;
}

static Status
compare_totals(Comparison *c, Str component, const Totals sides[2])
{
    size_t first = c->diff->changes.count;
    const Map *before = &sides[0].by_name;
    const Map *after = &sides[1].by_name;
    for (size_t i = 0; i < before->count; i++) {
        const Total *other = map_get(after, before->entries[i].key);
        if (other)
            TRY(compare_name(c, component, sides, before->entries[i].value, other));
        else if (sides[1].is_whole)
            TRY(note_name(c, component, before->entries[i].value, CHANGE_REMOVED));
    }
    for (size_t i = 0; i < after->count; i++)
        if (sides[0].is_whole && !map_has(before, after->entries[i].key))
            TRY(note_name(c, component, after->entries[i].value, CHANGE_ADDED));
    cut_changes(c, first);
    return ST_OK;
}

Status
compare_metrics(Comparison *c)
{
    for (size_t i = 0; COMPONENT_NAMES[i]; i++) {
        Str component = str_of(COMPONENT_NAMES[i]);
        Totals sides[2];
        const Gap *gaps[2];
        for (size_t side = 0; side < 2; side++)
            TRY(total_up(c, c->sides[side], component, &sides[side], &gaps[side]));
        if (sides[0].target_count == 0 && sides[1].target_count == 0)
            continue;           /* no such component, or nobody asked for it */
        TRY(add_gap(c, arena_strf(c->arena, "metrics of " STR_FMT, STR_ARG(component)), gaps[0],
                    gaps[1]));
        TRY(note_single_samples(c, component, sides));
        if (sides[0].target_count > 0 && sides[1].target_count > 0)
            TRY(compare_totals(c, component, sides));
    }
    return ST_OK;
}
