/* SPDX-License-Identifier: Apache-2.0 */
/* promql_eval.c -- evaluates trees: selectors, subqueries, literals, signs. */
#include "analyzer/query/promql_internal.h"

#include <math.h>
#include <string.h>

enum {
    DEFAULT_LOOKBACK_MS = 5 * 60 * 1000,
    DEFAULT_STEP_MS = 60 * 1000,
    MOST_STEPS = 11000,         /* of one subquery, as Prometheus has it for ranges */
};

/* Prometheus marks the end of a series by a NaN of its own, with these bits. */
#define STALE_NAN_BITS 0x7ff0000000000002u

Status
promql_spend(Eval *eval, const Tree *tree, uint64_t samples)
{
    if (samples <= eval->samples_left) {
        eval->samples_left -= samples;
        return ST_OK;
    }
    unsigned line, column;
    promql_locate(eval->query->text, &eval->query->options, tree->start, &line, &column);
    return err_at(eval->err, ST_LIMIT, eval->query->file, line, column,
                  "the query touches more than %llu samples",
                  (unsigned long long)LIMIT_QUERY_SAMPLES);
}

Status
promql_push(Eval *eval, Operand *to, const Sample *sample)
{
    Sample *pushed = VEC_PUSH(eval->arena, &to->samples);
    if (!pushed)
        return err_nomem(eval->err);
    *pushed = *sample;
    return ST_OK;
}

Status
promql_inherit_gap(Eval *eval, const Operand *from, Operand *ret)
{
    if (!from->gap)
        return ST_OK;
    ret->gap = gap_join(eval->arena, ret->gap, from->gap);
    ret->is_unknown = ret->is_unknown || from->is_unknown;
    return ret->gap ? ST_OK : err_nomem(eval->err);
}

void
promql_require_whole(Operand *operand)
{
    operand->is_unknown = operand->gap != NULL;
}

Status
promql_join_refs(Eval *eval, const uint32_t **refs, uint8_t *count, const uint32_t *more,
                 uint8_t more_count)
{
    uint32_t joined[UINT8_MAX];
    size_t n = *count;
    if (n)
        memcpy(joined, *refs, n * sizeof *joined);
    for (size_t i = 0; i < more_count && n < LIMIT_EVIDENCE_COUNT; i++) {
        bool known = false;
        for (size_t j = 0; j < n && !known; j++)
            known = joined[j] == more[i];
        if (!known)
            joined[n++] = more[i];
    }
    if (n == *count)
        return ST_OK;
    uint32_t *kept = ARENA_ARRAY(eval->arena, uint32_t, n);
    if (!kept)
        return err_nomem(eval->err);
    memcpy(kept, joined, n * sizeof *kept);
    *refs = kept;
    *count = (uint8_t)n;
    return ST_OK;
}

Status
promql_check_distinct(Eval *eval, const Tree *tree, const Operand *operand)
{
    Map seen;
    map_init(&seen, eval->arena);
    for (size_t i = 0; i < operand->samples.count; i++) {
        const Sample *sample = &operand->samples.items[i];
        Labels labels = sample->labels;
        if (sample->drop_name)
            TRY(promql_labels_drop_name(eval, labels, &labels));
        Str key;
        size_t group;
        bool is_new;
        TRY(promql_key(eval, labels, (Names){NULL, 0}, false, true, &key));
        TRY(promql_group(eval, &seen, key, &group, &is_new));
        if (!is_new)
            return promql_error(eval->query, tree->start, eval->err,
                                "two elements of the result have the same labels");
    }
    return ST_OK;
}

/* Selectors. */

static bool
selects(const PromqlSelector *selector, Labels labels)
{
    for (size_t i = 0; i < selector->matcher_count; i++) {
        const PromqlMatcher *matcher = &selector->matchers[i];
        if (!promql_matches(matcher, labels_get(labels, matcher->label)))
            return false;
    }
    return true;
}

/* True unless the labels that are known of a hole rule the selector out. */
static bool
may_hold(const PromqlSelector *selector, const PromqlHole *hole)
{
    for (size_t i = 0; i < selector->matcher_count; i++) {
        Str known = labels_get(hole->labels, selector->matchers[i].label);
        if (known.p && !promql_matches(&selector->matchers[i], known))
            return false;
    }
    return true;
}

static Status
note_holes(Eval *eval, const PromqlSelector *selector, bool range, Operand *ret)
{
    const PromqlStore *store = eval->given->store;
    for (size_t i = 0; i < store->hole_count; i++) {
        const PromqlHole *hole = &store->holes[i];
        if ((hole->ranges_only && !range) || !may_hold(selector, hole))
            continue;
        ret->gap = gap_join(eval->arena, ret->gap, hole->gap);
        if (!ret->gap)
            return err_nomem(eval->err);
    }
    return ST_OK;
}

/* The moment that a selector or subquery looks at. */
static int64_t
moment_of(const Eval *eval, const Tree *tree, int64_t time_ms)
{
    if (tree->has_at)
        time_ms = tree->at_ms == INT64_MIN ? eval->given->time_ms : tree->at_ms;
    return time_ms - tree->offset_ms;
}

static bool
is_stale(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits == STALE_NAN_BITS;
}

/* Points of a series up to a time. */
static size_t
points_until(const PromqlSeries *series, int64_t time_ms)
{
    size_t low = 0, high = series->point_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (series->points[middle].t_ms <= time_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A snapshot shows each series at its own newest time; elsewhere in time it shows the past
 * that it has, without an end. */
static int64_t
moment_of_series(const Eval *eval, const PromqlSeries *series, int64_t moment)
{
    if (!eval->given->store->is_snapshot)
        return moment;
    return series->newest_ms + (moment - eval->given->time_ms);
}

/* The newest point at a moment; NULL where there is none, or it is too old. */
static const PromqlPoint *
point_at(const Eval *eval, const PromqlSeries *series, int64_t moment)
{
    moment = moment_of_series(eval, series, moment);
    size_t count = points_until(series, moment);
    if (count == 0)
        return NULL;
    const PromqlPoint *point = &series->points[count - 1];
    int64_t lookback = eval->given->lookback_ms ? eval->given->lookback_ms : DEFAULT_LOOKBACK_MS;
    if (!eval->given->store->is_snapshot && point->t_ms <= moment - lookback)
        return NULL;
    return is_stale(point->value) ? NULL : point;
}

Status
promql_visit_selector(Eval *eval, const Tree *tree, int64_t time_ms, Operand *ret, SampleFn *fn,
                      void *context)
{
    const PromqlStore *store = eval->given->store;
    const PromqlSelector *selector = &eval->query->selectors[tree->selector];
    int64_t moment = moment_of(eval, tree, time_ms);
    /* Snapshots know no past but two samples: another moment is a range. */
    bool past = moment != eval->given->time_ms;
    TRY(promql_spend(eval, tree, store->series_count));
    TRY(note_holes(eval, selector, past, ret));
    for (uint32_t i = 0; i < store->series_count; i++) {
        const PromqlSeries *series = &store->series[i];
        if (!selects(selector, series->labels) || (past && series->no_ranges))
            continue;
        eval->series_seen++;
        const PromqlPoint *point = point_at(eval, series, moment);
        if (!point)
            continue;
        Sample sample = {
            .labels = series->labels,
            .value = point->value,
            .t_ms = store->is_snapshot && !past ? series->stamp_ms : point->t_ms,
            .refs = &i,
            .ref_count = 1,
        };
        TRY(fn(context, &sample));
    }
    return ST_OK;
}

static const uint32_t *
ref_of(Eval *eval, size_t index)
{
    uint32_t *ref = ARENA_NEW(eval->arena, uint32_t);
    if (ref)
        *ref = (uint32_t)index;
    return ref;
}

/* For promql_visit_selector(). */
typedef struct {
    Eval *eval;
    Operand *to;
} Gathering;

static Status
gather_sample(void *context, const Sample *sample)
{
    const Gathering *gathering = context;
    Sample kept = *sample;
    kept.refs = ref_of(gathering->eval, *sample->refs);
    return kept.refs ? promql_push(gathering->eval, gathering->to, &kept)
                     : err_nomem(gathering->eval->err);
}

static Status
eval_selector(Eval *eval, const Tree *tree, int64_t time_ms, Operand *ret)
{
    Gathering gathering = {eval, ret};
    ret->type = PROMQL_VECTOR;
    return promql_visit_selector(eval, tree, time_ms, ret, gather_sample, &gathering);
}

/* Ranges. */

/* The points of a series in (start, end], without marks of its end. */
static Status
cut_range(Eval *eval, const Tree *tree, const PromqlSeries *series, RangeSeries *range)
{
    size_t from = points_until(series, range->start_ms);
    size_t to = points_until(series, range->end_ms);
    range->points = series->points + from;
    range->point_count = to - from;
    TRY(promql_spend(eval, tree, to - from));
    size_t stale = 0;
    for (size_t i = from; i < to; i++)
        stale += is_stale(series->points[i].value);
    if (!stale)
        return ST_OK;
    PromqlPoint *kept = ARENA_ARRAY(eval->arena, PromqlPoint, to - from);
    if (!kept)
        return err_nomem(eval->err);
    range->point_count = 0;
    for (size_t i = from; i < to; i++)
        if (!is_stale(series->points[i].value))
            kept[range->point_count++] = series->points[i];
    range->points = kept;
    return ST_OK;
}

static Status
eval_range_selector(Eval *eval, const Tree *tree, int64_t time_ms, Operand *ret)
{
    const PromqlStore *store = eval->given->store;
    const PromqlSelector *selector = &eval->query->selectors[tree->selector];
    int64_t moment = moment_of(eval, tree, time_ms);
    TRY(promql_spend(eval, tree, store->series_count));
    TRY(note_holes(eval, selector, true, ret));
    for (size_t i = 0; i < store->series_count; i++) {
        const PromqlSeries *series = &store->series[i];
        if (series->no_ranges || !selects(selector, series->labels))
            continue;
        eval->series_seen++;
        int64_t end = moment_of_series(eval, series, moment);
        RangeSeries range = {
            .labels = series->labels,
            .start_ms = end - tree->range_ms,
            .end_ms = end,
            .refs = ref_of(eval, i),
            .ref_count = 1,
        };
        if (!range.refs)
            return err_nomem(eval->err);
        TRY(cut_range(eval, tree, series, &range));
        if (range.point_count == 0)
            continue;
        RangeSeries *pushed = VEC_PUSH(eval->arena, &ret->ranges);
        if (!pushed)
            return err_nomem(eval->err);
        *pushed = range;
    }
    return ST_OK;
}

/* A series of a subquery while its points are gathered. */
typedef struct {
    Sample first;
    VEC(PromqlPoint) points;
} SubquerySeries;

static Status
gather_step(Eval *eval, const Operand *step, int64_t time_ms, Map *groups, void *list)
{
    VEC(SubquerySeries) *series = list;
    for (size_t i = 0; i < step->samples.count; i++) {
        const Sample *sample = &step->samples.items[i];
        Str key;
        size_t group;
        bool is_new;
        TRY(promql_key(eval, sample->labels, (Names){NULL, 0}, false, true, &key));
        TRY(promql_group(eval, groups, key, &group, &is_new));
        if (is_new) {
            SubquerySeries *added = VEC_PUSH(eval->arena, series);
            if (!added)
                return err_nomem(eval->err);
            added->first = *sample;
        }
        SubquerySeries *to = &series->items[group];
        PromqlPoint *point = VEC_PUSH(eval->arena, &to->points);
        if (!point)
            return err_nomem(eval->err);
        *point = (PromqlPoint){time_ms, sample->value};
        TRY(promql_join_refs(eval, &to->first.refs, &to->first.ref_count, sample->refs,
                             sample->ref_count));
    }
    return ST_OK;
}

static Status
eval_subquery(Eval *eval, const Tree *tree, int64_t time_ms, Operand *ret)
{
    int64_t end = moment_of(eval, tree, time_ms);
    int64_t start = end - tree->range_ms;
    int64_t step = tree->step_ms ? tree->step_ms : DEFAULT_STEP_MS;
    /* Steps stand at multiples of their length, whenever the query runs. */
    int64_t at = start / step * step;
    while (at <= start)
        at += step;
    if ((end - at) / step > MOST_STEPS)
        return promql_error(eval->query, tree->start, eval->err,
                            "a subquery of more than %d steps", (int)MOST_STEPS);
    VEC(SubquerySeries) series = {0};
    Map groups;
    map_init(&groups, eval->arena);
    for (; at <= end; at += step) {
        Operand value = {0};
        TRY(promql_spend(eval, tree, 1));
        TRY(promql_eval_tree(eval, tree->args[0], at, &value));
        TRY(promql_inherit_gap(eval, &value, ret));
        TRY(gather_step(eval, &value, at, &groups, &series));
    }
    /* What is missing at one step may be a point of any series. */
    promql_require_whole(ret);
    for (size_t i = 0; i < series.count; i++) {
        RangeSeries *range = VEC_PUSH(eval->arena, &ret->ranges);
        if (!range)
            return err_nomem(eval->err);
        const SubquerySeries *from = &series.items[i];
        *range = (RangeSeries){from->first.labels, from->points.items, from->points.count, start,
                               end, from->first.drop_name, from->first.ref_count,
                               from->first.refs};
    }
    return ST_OK;
}

Status
promql_eval_range(Eval *eval, const Tree *tree, int64_t time_ms, Operand *ret)
{
    ret->type = PROMQL_MATRIX;
    if (tree->kind == TREE_SUBQUERY)
        return eval_subquery(eval, tree, time_ms, ret);
    return eval_range_selector(eval, tree, time_ms, ret);
}

/* The rest. */

static Status
eval_negate(Eval *eval, const Tree *tree, int64_t time_ms, Operand *ret)
{
    TRY(promql_eval_tree(eval, tree->args[0], time_ms, ret));
    ret->number = -ret->number;
    for (size_t i = 0; i < ret->samples.count; i++) {
        ret->samples.items[i].value = -ret->samples.items[i].value;
        ret->samples.items[i].drop_name = true;
    }
    return ST_OK;
}

Status
promql_eval_tree(Eval *eval, const Tree *tree, int64_t time_ms, Operand *ret)
{
    ret->type = tree->type;
    switch ((TreeKind)tree->kind) {
    case TREE_NUMBER:
        ret->number = tree->number;
        return ST_OK;
    case TREE_STRING:
        ret->string = tree->string;
        return ST_OK;
    case TREE_SELECTOR:
        if (tree->type == PROMQL_VECTOR)
            return eval_selector(eval, tree, time_ms, ret);
        return promql_eval_range(eval, tree, time_ms, ret);
    case TREE_SUBQUERY:
        return promql_eval_range(eval, tree, time_ms, ret);
    case TREE_CALL:
        return promql_eval_call(eval, tree, time_ms, ret);
    case TREE_AGGREGATE:
        return promql_eval_aggregate(eval, tree, time_ms, ret);
    case TREE_BINARY:
        return promql_eval_binary(eval, tree, time_ms, ret);
    case TREE_NEGATE:
    default:
        return eval_negate(eval, tree, time_ms, ret);
    }
}

/* Names are dropped at the very end. */
static Status
finish_vector(Eval *eval, Operand *value, PromqlResult *ret)
{
    TRY(promql_check_distinct(eval, eval->query->root, value));
    PromqlSample *samples = ARENA_ARRAY(eval->arena, PromqlSample, value->samples.count);
    if (!samples)
        return err_nomem(eval->err);
    for (size_t i = 0; i < value->samples.count; i++) {
        const Sample *from = &value->samples.items[i];
        Labels labels = from->labels;
        if (from->drop_name)
            TRY(promql_labels_drop_name(eval, labels, &labels));
        samples[i] = (PromqlSample){labels, from->value, from->refs, from->ref_count};
    }
    ret->samples = samples;
    ret->sample_count = value->samples.count;
    return ST_OK;
}

Status
promql_eval(const PromqlQuery *query, const PromqlEval *given, PromqlResult *ret, Err *err)
{
    Eval eval = {
        .query = query,
        .given = given,
        .arena = given->arena,
        .err = err,
        .samples_left = LIMIT_QUERY_SAMPLES,
    };
    if (query->root->type == PROMQL_MATRIX)
        return promql_error(query, query->root->start, err,
                            "a range vector is no result: a function such as rate() is missing");
    Operand value = {0};
    TRY(promql_eval_tree(&eval, query->root, given->time_ms, &value));
    PromqlResult result = {
        .type = (PromqlType)query->root->type,
        .scalar = value.number,
        .string = value.string,
        .gap = value.gap,
        .is_unknown = value.is_unknown,
        .series_seen = eval.series_seen,
    };
    if (result.type == PROMQL_VECTOR && !result.is_unknown)
        TRY(finish_vector(&eval, &value, &result));
    *ret = result;
    return ST_OK;
}
