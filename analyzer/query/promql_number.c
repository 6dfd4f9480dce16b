/* SPDX-License-Identifier: Apache-2.0 */
/* promql_number.c -- sums, means and quantiles that keep their precision. */
#include "analyzer/query/promql_internal.h"

#include <math.h>
#include <stdlib.h>

void
promql_kahan_add(Kahan *kahan, double value)
{
    double sum = kahan->sum + value;
    if (isinf(sum))
        kahan->lost = 0;
    else if (fabs(kahan->sum) >= fabs(value))
        kahan->lost += (kahan->sum - sum) + value;
    else
        kahan->lost += (value - sum) + kahan->sum;
    kahan->sum = sum;
}

double
promql_kahan_total(Kahan kahan)
{
    return isinf(kahan.sum) ? kahan.sum : kahan.sum + kahan.lost;
}

void
promql_mean_add(Mean *mean, double value)
{
    mean->count++;
    if (mean->count == 1) {
        mean->sum.sum = value;
        return;
    }
    if (!mean->incremental) {
        Kahan sum = mean->sum;
        promql_kahan_add(&sum, value);
        if (!isinf(sum.sum)) {
            mean->sum = sum;
            return;
        }
        /* The sum would overflow: go on with the mean itself. */
        mean->incremental = true;
        mean->mean = mean->sum.sum / (mean->count - 1);
        mean->lost = mean->sum.lost / (mean->count - 1);
    }
    double share = (mean->count - 1) / mean->count;
    Kahan next = {share * mean->mean, share * mean->lost};
    promql_kahan_add(&next, value / mean->count);
    mean->mean = next.sum;
    mean->lost = next.lost;
}

double
promql_mean_value(const Mean *mean)
{
    if (mean->incremental)
        return mean->mean + mean->lost;
    return mean->sum.sum / mean->count + mean->sum.lost / mean->count;
}

static int
compare_numbers(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    if (isnan(left) || isnan(right))
        return (int)!isnan(left) - (int)!isnan(right);
    return (left > right) - (left < right);
}

void
promql_sort_numbers(double *values, size_t count)
{
    if (count)
        qsort(values, count, sizeof *values, compare_numbers);
}

double
promql_quantile(double phi, double *values, size_t count)
{
    if (count == 0 || isnan(phi))
        return NAN;
    if (phi < 0)
        return -INFINITY;
    if (phi > 1)
        return INFINITY;
    promql_sort_numbers(values, count);
    double rank = phi * (double)(count - 1);
    double lower = floor(rank);
    double weight = rank - lower;
    size_t low = (size_t)lower;
    size_t high = low + 1 < count ? low + 1 : count - 1;
    return values[low] * (1 - weight) + values[high] * weight;
}
