/* SPDX-License-Identifier: Apache-2.0 */
/* metric_store.c -- the samples of scraped targets as a store for PromQL. */
#include "analyzer/query/metric_store.h"

#include "analyzer/query/metric_labels.h"
#include "base/limits.h"

#include <math.h>
#include <string.h>

/* Prometheus' mark of a series that has ended, and the time between two samples where nobody
 * wrote down when they were taken. */
#define STALE_NAN_BITS 0x7ff0000000000002u

typedef VEC(PromqlSeries) SeriesList;
typedef VEC(MetricOrigin) OriginList;
typedef VEC(PromqlHole) HoleList;

typedef struct {
    Arena *arena;
    Err *err;
    const MetricRequest *request;
    bool looks_back;
    MetricLabels labels;
    size_t expected;                /* samples that will be looked at */
    SeriesList series;
    OriginList origins;
    HoleList holes;
    MetricStore made;
} Builder;

/* The target that is being added. */
typedef struct {
    Builder *builder;
    const MetricTarget *target;
    const MetricSample *newest;
    const MetricSample *before;     /* NULL: ranges are unknown */
    Map before_by_key;              /* of before: key of labels -> sample, each taken once */
    int64_t time_ms;
    int64_t before_ms;
} Addition;

/* Name and labels of a sample as one string that no other series gives. */
static Status
series_key(Builder *builder, const ExpositionSample *sample, Str *ret)
{
    size_t bytes = sample->name.n + 1;
    for (size_t i = 0; i < sample->labels.count; i++)
        bytes += sample->labels.items[i].name.n + sample->labels.items[i].value.n + 2;
    char *key = arena_alloc(builder->arena, bytes);
    if (!key)
        return err_nomem(builder->err);
    size_t n = 0;
    for (size_t i = 0; i <= sample->labels.count; i++) {
        Str first = i ? sample->labels.items[i - 1].name : sample->name;
        Str second = i ? sample->labels.items[i - 1].value : STR("");
        if (first.n)
            memcpy(key + n, first.p, first.n);
        n += first.n;
        key[n++] = '\xff';          /* in no valid UTF-8 */
        if (!i)
            continue;
        if (second.n)
            memcpy(key + n, second.p, second.n);
        n += second.n;
        key[n++] = '\xff';
    }
    *ret = (Str){key, n};
    return ST_OK;
}

/* Samples. */

/* A sample whose line was cut off may have lost digits of its value. */
static bool
is_cut(const Exposition *text, const ExpositionSample *sample)
{
    return text->summary.cut && sample->line == text->summary.line_count
           && text->summary.format != EXPOSITION_OPENMETRICS;
}

typedef Status SampleVisitor(Addition *addition, const MetricSample *from,
                             const ExpositionSample *sample);

static Status
visit_name(Addition *addition, const MetricSample *from, Str name, SampleVisitor *visit)
{
    for (const ExpositionSample *sample = exposition_first(from->text, name); sample;
         sample = exposition_next(from->text, sample))
        if (!is_cut(from->text, sample))
            TRY(visit(addition, from, sample));
    return ST_OK;
}

/* Every sample of a text that the query may select, once. */
static Status
visit_samples(Addition *addition, const MetricSample *from, SampleVisitor *visit)
{
    size_t count;
    const PromqlSelector *selectors = promql_selectors(addition->builder->request->query, &count);
    for (size_t i = 0; i < count; i++) {
        if (selectors[i].metric.n)
            continue;
        for (size_t j = 0; j < from->text->sample_count; j++)
            if (!is_cut(from->text, &from->text->samples[j]))
                TRY(visit(addition, from, &from->text->samples[j]));
        return ST_OK;
    }
    for (size_t i = 0; i < count; i++) {
        bool again = false;
        for (size_t j = 0; j < i && !again; j++)
            again = str_eq(selectors[j].metric, selectors[i].metric);
        if (!again)
            TRY(visit_name(addition, from, selectors[i].metric, visit));
    }
    return ST_OK;
}

static Status
count_sample(Addition *addition, const MetricSample *from, const ExpositionSample *sample)
{
    (void)from;
    (void)sample;
    addition->builder->expected++;
    return ST_OK;
}

static Status
note_before(Addition *addition, const MetricSample *from, const ExpositionSample *sample)
{
    (void)from;
    Str key;
    TRY(series_key(addition->builder, sample, &key));
    if (!map_put(&addition->before_by_key, key, (void *)(uintptr_t)sample))
        return err_nomem(addition->builder->err);
    return ST_OK;
}

static Status
push_series(Addition *addition, const MetricSample *from, const ExpositionSample *sample,
            const PromqlPoint *points, size_t count)
{
    Builder *builder = addition->builder;
    if (builder->series.count == LIMIT_SERIES_COUNT)
        return err_set(builder->err, ST_LIMIT, "more than %llu metric series",
                       (unsigned long long)LIMIT_SERIES_COUNT);
    PromqlSeries *series = VEC_PUSH(builder->arena, &builder->series);
    MetricOrigin *origin = VEC_PUSH(builder->arena, &builder->origins);
    if (!series || !origin)
        return err_nomem(builder->err);
    *origin = (MetricOrigin){addition->target, from->member, sample};
    *series = (PromqlSeries){
        .points = points,
        .point_count = count,
        .newest_ms = addition->time_ms,
        .stamp_ms = sample->has_timestamp ? sample->timestamp_ms : addition->time_ms,
        .no_ranges = addition->before == NULL,
    };
    return metric_labels_merge(&builder->labels, addition->target, sample, &series->labels,
                               builder->err);
}

static Status
add_newest(Addition *addition, const MetricSample *from, const ExpositionSample *sample)
{
    Builder *builder = addition->builder;
    PromqlPoint *points = ARENA_ARRAY(builder->arena, PromqlPoint, addition->before ? 2 : 1);
    if (!points)
        return err_nomem(builder->err);
    size_t count = 0;
    if (addition->before) {
        Str key;
        TRY(series_key(builder, sample, &key));
        void **known = map_get(&addition->before_by_key, key)
                           ? map_slot(&addition->before_by_key, key) : NULL;
        if (known && *known) {
            const ExpositionSample *earlier = *known;
            points[count++] = (PromqlPoint){addition->before_ms, earlier->value};
            *known = NULL;
        }
    }
    points[count++] = (PromqlPoint){addition->time_ms, sample->value};
    return push_series(addition, from, sample, points, count);
}

/* Series that the newest sample lacks ended between the two: only ranges see them. */
static Status
add_ended(Addition *addition)
{
    Builder *builder = addition->builder;
    double stale;
    uint64_t bits = STALE_NAN_BITS;
    memcpy(&stale, &bits, sizeof stale);
    for (size_t i = 0; i < addition->before_by_key.count; i++) {
        const ExpositionSample *sample = addition->before_by_key.entries[i].value;
        if (!sample)
            continue;
        PromqlPoint *points = ARENA_ARRAY(builder->arena, PromqlPoint, 2);
        if (!points)
            return err_nomem(builder->err);
        points[0] = (PromqlPoint){addition->before_ms, sample->value};
        points[1] = (PromqlPoint){addition->time_ms, stale};
        TRY(push_series(addition, addition->before, sample, points, 2));
    }
    return ST_OK;
}

/* Restarts. */

static bool
start_time(const Exposition *text, double *ret)
{
    const ExpositionSample *sample = exposition_first(text, STR("process_start_time_seconds"));
    if (sample)
        *ret = sample->value;
    return sample != NULL;
}

static bool
is_counter(const ExpositionSample *sample)
{
    switch ((int)sample->type) {
    case METRIC_COUNTER:
    case METRIC_HISTOGRAM:
        return true;
    case METRIC_SUMMARY:
        return str_ends(sample->name, STR("_count"));
    default:
        return false;
    }
}

/* Whether a counter of the earlier text stands lower in the later one: for programs that do
 * not say when they started. */
static Status
has_fallen(Addition *addition, bool *ret)
{
    Builder *builder = addition->builder;
    Map counters;
    map_init(&counters, builder->arena);
    const Exposition *earlier = addition->before->text, *later = addition->newest->text;
    for (size_t i = 0; i < earlier->sample_count; i++) {
        Str key;
        if (!is_counter(&earlier->samples[i]))
            continue;
        TRY(series_key(builder, &earlier->samples[i], &key));
        if (!map_put(&counters, key, (void *)(uintptr_t)&earlier->samples[i]))
            return err_nomem(builder->err);
    }
    *ret = false;
    for (size_t i = 0; i < later->sample_count && !*ret && counters.count; i++) {
        Str key;
        TRY(series_key(builder, &later->samples[i], &key));
        const ExpositionSample *before = map_get(&counters, key);
        *ret = before && later->samples[i].value < before->value;
    }
    return ST_OK;
}

static Status
has_restarted(Addition *addition, bool *ret)
{
    double before, now;
    if (start_time(addition->before->text, &before) && start_time(addition->newest->text, &now)) {
        *ret = fabs(now - before) > 0.5;
        return ST_OK;
    }
    return has_fallen(addition, ret);
}

/* Holes. */

static Status
add_range_hole(Addition *addition, const char *why)
{
    Builder *builder = addition->builder;
    Label *labels = ARENA_ARRAY(builder->arena, Label, 4);
    PromqlHole *hole = VEC_PUSH(builder->arena, &builder->holes);
    Str reason = arena_strf(builder->arena, "%s: " STR_FMT "/" STR_FMT, why,
                            STR_ARG(addition->target->ns), STR_ARG(addition->target->instance));
    if (!labels || !hole || !reason.p)
        return err_nomem(builder->err);
    size_t count = 0;
    metric_labels_insert(labels, &count, STR("component"), addition->target->component);
    metric_labels_insert(labels, &count, STR("instance"), addition->target->instance);
    metric_labels_insert(labels, &count, STR("namespace"), addition->target->ns);
    metric_labels_insert(labels, &count, STR("pod"), addition->target->pod);
    hole->labels = (Labels){labels, count};
    hole->ranges_only = true;
    hole->gap = gap_new(builder->arena, builder->request->evidence, reason, STR(""),
                        STR("meshcase-collect --sample-interval 10s, which takes two samples"),
                        NULL);
    return hole->gap ? ST_OK : err_nomem(builder->err);
}

/* A target without a whole sample; what is known of it are labels that its series would have. */
static Status
add_hole(Builder *builder, const MetricHole *from)
{
    Label *labels = ARENA_ARRAY(builder->arena, Label, 3);
    PromqlHole *hole = VEC_PUSH(builder->arena, &builder->holes);
    if (!labels || !hole)
        return err_nomem(builder->err);
    size_t count = 0;
    if (from->component.n)
        metric_labels_insert(labels, &count, STR("component"), from->component);
    if (from->ns.n)
        metric_labels_insert(labels, &count, STR("namespace"), from->ns);
    if (from->pod.n)
        metric_labels_insert(labels, &count, STR("pod"), from->pod);
    *hole = (PromqlHole){.labels = {labels, count}, .gap = from->gap};
    return ST_OK;
}

/* Which two samples of the target make its ranges; none, and why, where they do not. */
static Status
choose_before(Addition *addition)
{
    const MetricTarget *target = addition->target;
    size_t newest = (size_t)(addition->newest - target->samples);
    if (newest == 0 || !addition->newest->whole || !target->samples[newest - 1].whole)
        return add_range_hole(addition, "only one whole sample");
    addition->before = &target->samples[newest - 1];
    bool restarted = false;
    const char *wrong = NULL;
    if (!addition->newest->has_time || !addition->before->has_time)
        wrong = "the times of the samples are not known";
    else if (addition->before->time_ns >= addition->newest->time_ns)
        wrong = "the samples are not in the order of their times";
    else
        TRY(has_restarted(addition, &restarted));
    if (!wrong && !restarted) {
        addition->before_ms = addition->before->time_ns / 1000000;
        return ST_OK;
    }
    addition->before = NULL;
    return add_range_hole(addition, wrong ? wrong : "restarted between its two samples");
}

/* Targets. */

/* The newest sample that is whole; without any, the newest that holds anything. */
static const MetricSample *
choose_newest(const MetricTarget *target)
{
    const MetricSample *chosen = NULL;
    for (size_t i = 0; i < target->sample_count; i++) {
        const MetricSample *sample = &target->samples[i];
        if (sample->text && (sample->whole || !chosen || !chosen->whole))
            chosen = sample;
    }
    return chosen;
}

static Status
add_target(Builder *builder, const MetricTarget *target)
{
    Addition addition = {.builder = builder, .target = target, .newest = choose_newest(target)};
    if (!addition.newest)
        return ST_OK;
    MetricStore *made = &builder->made;
    map_init(&addition.before_by_key, builder->arena);
    made->series_read += addition.newest->text->summary.sample_count;
    if (!made->first_member.n)
        made->first_member = addition.newest->member;
    made->has_time = made->has_time && addition.newest->has_time;
    addition.time_ms = addition.newest->has_time ? addition.newest->time_ns / 1000000 : 0;
    if (addition.time_ms > made->time_ms)
        made->time_ms = addition.time_ms;
    if (builder->looks_back)
        TRY(choose_before(&addition));
    if (addition.before)
        TRY(visit_samples(&addition, addition.before, note_before));
    TRY(visit_samples(&addition, addition.newest, add_newest));
    return addition.before ? add_ended(&addition) : ST_OK;
}

/* Room for all series at once: growing would leave as much again behind in the arena. */
static Status
reserve(Builder *builder)
{
    const MetricRequest *request = builder->request;
    for (size_t i = 0; i < request->targets->count; i++) {
        Addition addition = {.builder = builder, .target = request->targets->items[i]};
        addition.newest = choose_newest(addition.target);
        if (addition.newest)
            TRY(visit_samples(&addition, addition.newest, count_sample));
    }
    size_t count = builder->expected < LIMIT_SERIES_COUNT ? builder->expected : LIMIT_SERIES_COUNT;
    builder->series.items = arena_alloc(builder->arena, count * sizeof *builder->series.items);
    builder->origins.items = arena_alloc(builder->arena, count * sizeof *builder->origins.items);
    builder->series.capacity = builder->origins.capacity = count;
    return builder->series.items && builder->origins.items ? ST_OK : err_nomem(builder->err);
}

Status
metric_store_build(Arena *arena, const MetricRequest *request, MetricStore *ret, Err *err)
{
    Builder builder = {.arena = arena, .err = err, .request = request,
                       .labels = metric_labels_of(arena, request->query)};
    builder.looks_back = promql_looks_back(request->query);
    builder.made.has_time = request->targets->count > 0;
    TRY(reserve(&builder));
    for (size_t i = 0; i < request->targets->hole_count; i++)
        TRY(add_hole(&builder, &request->targets->holes[i]));
    for (size_t i = 0; i < request->targets->count; i++)
        TRY(add_target(&builder, request->targets->items[i]));
    builder.made.store = (PromqlStore){
        .series = builder.series.items,
        .series_count = builder.series.count,
        .holes = builder.holes.items,
        .hole_count = builder.holes.count,
        .is_snapshot = true,
    };
    builder.made.origins = builder.origins.items;
    *ret = builder.made;
    return ST_OK;
}
