/* SPDX-License-Identifier: Apache-2.0 */
/* promql_histogram.c -- quantiles and fractions of histograms made of buckets. */
#include "analyzer/query/promql_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Differences between buckets below this share are noise of floating point. */
#define SMALL_DIFFERENCE 1e-12

typedef struct {
    double bound;
    double count;
} Bucket;

typedef struct {
    Sample first;               /* labels without le */
    VEC(Bucket) buckets;
} Histogram;

typedef VEC(Histogram) HistogramList;

/* The buckets by their labels without le; elements whose le is no number are left out. */
static Status
gather(Call *call, const Operand *vector, HistogramList *list)
{
    static const Str LE[] = {STR_INIT("le")};
    const Names without = {LE, 1};
    Eval *eval = call->eval;
    Map groups;
    map_init(&groups, eval->arena);
    for (size_t i = 0; i < vector->samples.count; i++) {
        const Sample *sample = &vector->samples.items[i];
        double bound;
        if (!exposition_number(labels_get(sample->labels, STR("le")), &bound))
            continue;
        Str key;
        size_t group;
        bool is_new;
        TRY(promql_key(eval, sample->labels, without, false, true, &key));
        TRY(promql_group(eval, &groups, key, &group, &is_new));
        if (is_new) {
            Histogram *added = VEC_PUSH(eval->arena, list);
            if (!added)
                return err_nomem(eval->err);
            added->first = *sample;
            added->first.drop_name = true;
            TRY(promql_labels_without(eval, sample->labels, without, &added->first.labels));
        }
        Histogram *histogram = &list->items[group];
        Bucket *bucket = VEC_PUSH(eval->arena, &histogram->buckets);
        if (!bucket)
            return err_nomem(eval->err);
        *bucket = (Bucket){bound, sample->value};
        TRY(promql_join_refs(eval, &histogram->first.refs, &histogram->first.ref_count,
                             sample->refs, sample->ref_count));
    }
    return ST_OK;
}

static int
compare_buckets(const void *a, const void *b)
{
    double left = ((const Bucket *)a)->bound, right = ((const Bucket *)b)->bound;
    return (left > right) - (left < right);
}

/* Sorts, and joins buckets of the same bound.  False unless the last one is +Inf. */
static bool
arrange(Histogram *histogram)
{
    Bucket *buckets = histogram->buckets.items;
    size_t count = histogram->buckets.count;
    qsort(buckets, count, sizeof *buckets, compare_buckets);
    if (buckets[count - 1].bound != INFINITY)
        return false;
    size_t kept = 0;
    for (size_t i = 1; i < count; i++) {
        if (buckets[i].bound == buckets[kept].bound)
            buckets[kept].count += buckets[i].count;
        else
            buckets[++kept] = buckets[i];
    }
    histogram->buckets.count = kept + 1;
    return true;
}

static bool
almost_equal(double a, double b)
{
    double sum = fabs(a) + fabs(b), difference = fabs(a - b);
    if (a == b)
        return true;
    if (a == 0 || b == 0 || sum < 2.2250738585072014e-308)
        return difference < SMALL_DIFFERENCE * 2.2250738585072014e-308;
    return difference / fmin(sum, 1.7976931348623157e308) < SMALL_DIFFERENCE;
}

/* Buckets count all below their bound: none may hold less than the one before. */
static void
make_monotonic(Histogram *histogram)
{
    Bucket *buckets = histogram->buckets.items;
    double before = buckets[0].count;
    for (size_t i = 1; i < histogram->buckets.count; i++) {
        if (buckets[i].count < before || almost_equal(before, buckets[i].count))
            buckets[i].count = before;
        else
            before = buckets[i].count;
    }
}

static double
quantile_of(double phi, Histogram *histogram)
{
    if (isnan(phi))
        return NAN;
    if (phi < 0)
        return -INFINITY;
    if (phi > 1)
        return INFINITY;
    if (!arrange(histogram))
        return NAN;
    make_monotonic(histogram);
    const Bucket *buckets = histogram->buckets.items;
    size_t last = histogram->buckets.count - 1;
    double total = buckets[last].count;
    if (last == 0 || total == 0)
        return NAN;
    double rank = phi * total;
    size_t at = 0;
    while (at < last && !(buckets[at].count >= rank))
        at++;
    if (at == last)
        return buckets[last - 1].bound;
    if (at == 0 && buckets[0].bound <= 0)
        return buckets[0].bound;
    double start = at ? buckets[at - 1].bound : 0;
    double below = at ? buckets[at - 1].count : 0;
    return start + (buckets[at].bound - start) * ((rank - below) / (buckets[at].count - below));
}

static Status
push_value(Call *call, const Histogram *histogram, Labels labels, double value)
{
    Sample sample = histogram->first;
    sample.labels = labels;
    sample.value = value;
    return promql_push(call->eval, call->ret, &sample);
}

Status
promql_histogram_quantile(Call *call)
{
    HistogramList list = {0};
    TRY(gather(call, &call->args[1], &list));
    for (size_t i = 0; i < list.count; i++)
        TRY(push_value(call, &list.items[i], list.items[i].first.labels,
                       quantile_of(call->args[0].number, &list.items[i])));
    return ST_OK;
}

/* A number as OpenMetrics writes label values: 0.9, 1.0, 1e-10, +Inf. */
static Str
format_bound(Arena *arena, double value)
{
    if (isnan(value))
        return STR("NaN");
    if (isinf(value))
        return value > 0 ? STR("+Inf") : STR("-Inf");
    char text[40];
    double back;
    for (int precision = 1; precision <= 17; precision++) {
        (void)snprintf(text, sizeof text, "%.*g", precision, value);
        if (exposition_number(str_of(text), &back) && back == value)
            break;
    }
    bool whole = !strpbrk(text, ".e");
    return arena_strf(arena, "%s%s", text, whole ? ".0" : "");
}

Status
promql_histogram_quantiles(Call *call)
{
    HistogramList list = {0};
    Eval *eval = call->eval;
    TRY(gather(call, &call->args[0], &list));
    Str label = call->args[1].string;
    if (label.n == 0)
        return promql_error(eval->query, call->tree->args[1]->start, eval->err,
                            "an empty label name");
    for (size_t q = 2; q < call->arg_count; q++) {
        Str text = format_bound(eval->arena, call->args[q].number);
        if (!text.p)
            return err_nomem(eval->err);
        for (size_t i = 0; i < list.count; i++) {
            Labels labels;
            TRY(promql_labels_set(eval, list.items[i].first.labels, label, text, &labels));
            TRY(push_value(call, &list.items[i], labels,
                           quantile_of(call->args[q].number, &list.items[i])));
        }
    }
    return ST_OK;
}

/* Observations up to a value, linear within the bucket that it falls into; of a bucket
 * without an end none is taken. */
static double
rank_of(const Histogram *histogram, double value)
{
    const Bucket *buckets = histogram->buckets.items;
    double below = 0;
    double start = buckets[0].bound > 0 ? 0 : -INFINITY;
    for (size_t i = 0; i < histogram->buckets.count; i++) {
        double end = buckets[i].bound;
        if (start >= value)
            return below;
        if (end > value) {
            if (start == -INFINITY)
                return buckets[i].count;
            return below + (buckets[i].count - below) * (value - start) / (end - start);
        }
        below = buckets[i].count;
        start = end;
    }
    return below;
}

static double
fraction_of(double lower, double upper, Histogram *histogram)
{
    if (!arrange(histogram))
        return NAN;
    double total = histogram->buckets.items[histogram->buckets.count - 1].count;
    if (total == 0 || isnan(lower) || isnan(upper))
        return NAN;
    if (lower >= upper)
        return 0;
    return (fmin(rank_of(histogram, upper), total) - fmin(rank_of(histogram, lower), total))
           / total;
}

Status
promql_histogram_fraction(Call *call)
{
    HistogramList list = {0};
    TRY(gather(call, &call->args[2], &list));
    for (size_t i = 0; i < list.count; i++)
        TRY(push_value(call, &list.items[i], list.items[i].first.labels,
                       fraction_of(call->args[0].number, call->args[1].number, &list.items[i])));
    return ST_OK;
}
