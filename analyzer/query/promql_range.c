/* SPDX-License-Identifier: Apache-2.0 */
/* promql_range.c -- functions over ranges of points.  Each gives false where the range holds
 * too little for it; a range holds one point at least. */
#include "analyzer/query/promql_internal.h"

#include <math.h>
#include <stdlib.h>

/* What a counter or gauge did between its first and last point. */
static double
change_of(const RangeSeries *series, bool counter)
{
    const PromqlPoint *points = series->points;
    size_t count = series->point_count;
    double change = points[count - 1].value - points[0].value;
    for (size_t i = 1; counter && i < count; i++)
        if (points[i].value < points[i - 1].value)
            change += points[i - 1].value;      /* it began anew from zero */
    return change;
}

/* The change, extended to the borders of the range as Prometheus does: all the way where the
 * points come near them, else by half an interval, and never below a counter's zero. */
static bool
extrapolate(const RangeSeries *series, bool counter, bool per_second, double *ret)
{
    size_t count = series->point_count;
    if (count < 2)
        return false;
    const PromqlPoint *first = &series->points[0], *last = &series->points[count - 1];
    double change = change_of(series, counter);
    double to_start = (double)(first->t_ms - series->start_ms) / 1000;
    double to_end = (double)(series->end_ms - last->t_ms) / 1000;
    double sampled = (double)(last->t_ms - first->t_ms) / 1000;
    double interval = sampled / (double)(count - 1);
    double near = interval * 1.1;
    if (to_start >= near)
        to_start = interval / 2;
    if (counter && change > 0 && first->value >= 0) {
        double to_zero = sampled * (first->value / change);
        if (to_zero < to_start)
            to_start = to_zero;
    }
    if (to_end >= near)
        to_end = interval / 2;
    double factor = sampled > 0 ? (sampled + to_start + to_end) / sampled : 1;
    if (per_second)
        factor /= (double)(series->end_ms - series->start_ms) / 1000;
    *ret = change * factor;
    return true;
}

bool
promql_rate(Call *call, const RangeSeries *series, double *ret)
{
    (void)call;
    return extrapolate(series, true, true, ret);
}

bool
promql_increase(Call *call, const RangeSeries *series, double *ret)
{
    (void)call;
    return extrapolate(series, true, false, ret);
}

bool
promql_delta(Call *call, const RangeSeries *series, double *ret)
{
    (void)call;
    return extrapolate(series, false, false, ret);
}

/* What the last two points did. */
static bool
instant_change(const RangeSeries *series, bool per_second, double *ret)
{
    if (series->point_count < 2)
        return false;
    const PromqlPoint *last = &series->points[series->point_count - 1];
    int64_t elapsed_ms = last->t_ms - last[-1].t_ms;
    if (elapsed_ms == 0)
        return false;
    bool reset = per_second && last->value < last[-1].value;
    double change = reset ? last->value : last->value - last[-1].value;
    *ret = per_second ? change / ((double)elapsed_ms / 1000) : change;
    return true;
}

bool
promql_irate(Call *call, const RangeSeries *series, double *ret)
{
    (void)call;
    return instant_change(series, true, ret);
}

bool
promql_idelta(Call *call, const RangeSeries *series, double *ret)
{
    (void)call;
    return instant_change(series, false, ret);
}

bool
promql_changes(Call *call, const RangeSeries *series, double *ret)
{
    (void)call;
    *ret = 0;
    for (size_t i = 1; i < series->point_count; i++) {
        double before = series->points[i - 1].value, now = series->points[i].value;
        *ret += now != before && !(isnan(now) && isnan(before));
    }
    return true;
}

bool
promql_resets(Call *call, const RangeSeries *series, double *ret)
{
    (void)call;
    *ret = 0;
    for (size_t i = 1; i < series->point_count; i++)
        *ret += series->points[i].value < series->points[i - 1].value;
    return true;
}

/* Least squares: slope per second, and the value at a time. */
static void
regress(const RangeSeries *series, int64_t time_ms, double *ret_slope, double *ret_value)
{
    Kahan x = {0}, y = {0}, xy = {0}, xx = {0};
    bool constant = true;
    const PromqlPoint *points = series->points;
    double n = (double)series->point_count;
    for (size_t i = 0; i < series->point_count; i++) {
        double at = (double)(points[i].t_ms - time_ms) / 1000;
        constant = constant && points[i].value == points[0].value;
        promql_kahan_add(&x, at);
        promql_kahan_add(&y, points[i].value);
        promql_kahan_add(&xy, at * points[i].value);
        promql_kahan_add(&xx, at * at);
    }
    if (constant) {
        *ret_slope = isinf(points[0].value) ? NAN : 0;
        *ret_value = isinf(points[0].value) ? NAN : points[0].value;
        return;
    }
    double sum_x = x.sum + x.lost, sum_y = y.sum + y.lost;
    double covariance = xy.sum + xy.lost - sum_x * sum_y / n;
    double variance = xx.sum + xx.lost - sum_x * sum_x / n;
    *ret_slope = covariance / variance;
    *ret_value = sum_y / n - *ret_slope * sum_x / n;
}

bool
promql_deriv(Call *call, const RangeSeries *series, double *ret)
{
    (void)call;
    double value;
    if (series->point_count < 2)
        return false;
    regress(series, series->points[0].t_ms, ret, &value);
    return true;
}

bool
promql_predict_linear(Call *call, const RangeSeries *series, double *ret)
{
    double slope, value;
    if (series->point_count < 2)
        return false;
    regress(series, call->eval->given->store->is_snapshot ? series->end_ms : call->time_ms, &slope,
            &value);
    *ret = slope * call->args[1].number + value;
    return true;
}

/* Double exponential smoothing: level and trend follow the points. */
bool
promql_smoothing(Call *call, const RangeSeries *series, double *ret)
{
    double factor = call->args[1].number, trend_factor = call->args[2].number;
    if (series->point_count < 2)
        return false;
    const PromqlPoint *points = series->points;
    double level = points[0].value, before = 0;
    double trend = points[1].value - points[0].value;
    for (size_t i = 1; i < series->point_count; i++) {
        if (i > 1)
            trend = trend_factor * (level - before) + (1 - trend_factor) * trend;
        before = level;
        level = factor * points[i].value + (1 - factor) * (before + trend);
    }
    *ret = level;
    return true;
}

bool
promql_avg_over_time(Call *call, const RangeSeries *series, double *ret)
{
    (void)call;
    Mean mean = {0};
    for (size_t i = 0; i < series->point_count; i++)
        promql_mean_add(&mean, series->points[i].value);
    *ret = promql_mean_value(&mean);
    return true;
}

bool
promql_sum_over_time(Call *call, const RangeSeries *series, double *ret)
{
    (void)call;
    Kahan sum = {0};
    for (size_t i = 0; i < series->point_count; i++)
        promql_kahan_add(&sum, series->points[i].value);
    *ret = promql_kahan_total(sum);
    return true;
}

bool
promql_count_over_time(Call *call, const RangeSeries *series, double *ret)
{
    (void)call;
    *ret = (double)series->point_count;
    return true;
}

/* The smallest (or largest) point; NaN only where all are. */
static const PromqlPoint *
extreme_point(const RangeSeries *series, bool largest, bool latest)
{
    const PromqlPoint *best = &series->points[0];
    for (size_t i = 1; i < series->point_count; i++) {
        const PromqlPoint *point = &series->points[i];
        bool better = largest ? point->value > best->value : point->value < best->value;
        if (better || isnan(best->value) || (latest && point->value == best->value))
            best = point;
    }
    return best;
}

bool
promql_min_over_time(Call *call, const RangeSeries *series, double *ret)
{
    (void)call;
    *ret = extreme_point(series, false, false)->value;
    return true;
}

bool
promql_max_over_time(Call *call, const RangeSeries *series, double *ret)
{
    (void)call;
    *ret = extreme_point(series, true, false)->value;
    return true;
}

bool
promql_ts_of_min(Call *call, const RangeSeries *series, double *ret)
{
    (void)call;
    *ret = (double)extreme_point(series, false, true)->t_ms / 1000;
    return true;
}

bool
promql_ts_of_max(Call *call, const RangeSeries *series, double *ret)
{
    (void)call;
    *ret = (double)extreme_point(series, true, true)->t_ms / 1000;
    return true;
}

bool
promql_ts_of_first(Call *call, const RangeSeries *series, double *ret)
{
    (void)call;
    *ret = (double)series->points[0].t_ms / 1000;
    return true;
}

bool
promql_ts_of_last(Call *call, const RangeSeries *series, double *ret)
{
    (void)call;
    *ret = (double)series->points[series->point_count - 1].t_ms / 1000;
    return true;
}

bool
promql_first_over_time(Call *call, const RangeSeries *series, double *ret)
{
    (void)call;
    *ret = series->points[0].value;
    return true;
}

bool
promql_last_over_time(Call *call, const RangeSeries *series, double *ret)
{
    (void)call;
    *ret = series->points[series->point_count - 1].value;
    return true;
}

bool
promql_present_over_time(Call *call, const RangeSeries *series, double *ret)
{
    (void)call;
    (void)series;
    *ret = 1;
    return true;
}

static double
variance_of(const RangeSeries *series)
{
    Kahan mean = {0}, squares = {0};
    double count = 0;
    for (size_t i = 0; i < series->point_count; i++) {
        double value = series->points[i].value;
        double delta = value - (mean.sum + mean.lost);
        count++;
        promql_kahan_add(&mean, delta / count);
        promql_kahan_add(&squares, delta * (value - (mean.sum + mean.lost)));
    }
    return (squares.sum + squares.lost) / count;
}

bool
promql_stdvar_over_time(Call *call, const RangeSeries *series, double *ret)
{
    (void)call;
    *ret = variance_of(series);
    return true;
}

bool
promql_stddev_over_time(Call *call, const RangeSeries *series, double *ret)
{
    (void)call;
    *ret = sqrt(variance_of(series));
    return true;
}

/* The values of a range, to be sorted; NULL when out of memory. */
static double *
values_of(Call *call, const RangeSeries *series)
{
    double *values = ARENA_ARRAY(call->eval->arena, double, series->point_count);
    for (size_t i = 0; values && i < series->point_count; i++)
        values[i] = series->points[i].value;
    return values;
}

bool
promql_quantile_over_time(Call *call, const RangeSeries *series, double *ret)
{
    double *values = values_of(call, series);
    *ret = values ? promql_quantile(call->args[0].number, values, series->point_count) : NAN;
    call->nomem = call->nomem || !values;
    return true;
}

bool
promql_mad_over_time(Call *call, const RangeSeries *series, double *ret)
{
    double *values = values_of(call, series);
    call->nomem = call->nomem || !values;
    *ret = NAN;
    for (size_t i = 0; i < series->point_count; i++)
        if (!values || isnan(values[i]))
            return true;
    double median = promql_quantile(0.5, values, series->point_count);
    for (size_t i = 0; i < series->point_count; i++)
        values[i] = fabs(values[i] - median);
    *ret = promql_quantile(0.5, values, series->point_count);
    return true;
}
