/* SPDX-License-Identifier: Apache-2.0 */
/* promql_number_functions.c -- functions of values, dates and presence. */
#include "analyzer/query/promql_internal.h"

#include <math.h>
#include <stdlib.h>

#define PI 3.14159265358979323846

double
promql_sgn(double value)
{
    return value < 0 ? -1 : value > 0 ? 1 : value;
}

double
promql_deg(double value)
{
    return value * 180 / PI;
}

double
promql_rad(double value)
{
    return value * PI / 180;
}

double
promql_minute(const struct tm *date)
{
    return date->tm_min;
}

double
promql_hour(const struct tm *date)
{
    return date->tm_hour;
}

double
promql_day_of_week(const struct tm *date)
{
    return date->tm_wday;
}

double
promql_day_of_month(const struct tm *date)
{
    return date->tm_mday;
}

double
promql_day_of_year(const struct tm *date)
{
    return date->tm_yday + 1;
}

double
promql_days_in_month(const struct tm *date)
{
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    long year = (long)date->tm_year + 1900;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return DAYS[date->tm_mon] + (date->tm_mon == 1 && leap);
}

double
promql_month(const struct tm *date)
{
    return date->tm_mon + 1;
}

double
promql_year(const struct tm *date)
{
    return (double)date->tm_year + 1900;
}

Status
promql_time(Call *call)
{
    call->ret->number = (double)call->time_ms / 1000;
    return ST_OK;
}

/* Queries are evaluated at one time, which is their start and their end. */
Status
promql_start(Call *call)
{
    call->ret->number = (double)call->eval->given->time_ms / 1000;
    return ST_OK;
}

/* The step and the range of a query at one time. */
Status
promql_zero(Call *call)
{
    call->ret->number = 0;
    return ST_OK;
}

Status
promql_pi(Call *call)
{
    call->ret->number = PI;
    return ST_OK;
}

Status
promql_max_of(Call *call)
{
    double a = call->args[0].number, b = call->args[1].number;
    call->ret->number = isnan(a) || isnan(b) ? NAN : a > b ? a : b;
    return ST_OK;
}

Status
promql_min_of(Call *call)
{
    double a = call->args[0].number, b = call->args[1].number;
    call->ret->number = isnan(a) || isnan(b) ? NAN : a < b ? a : b;
    return ST_OK;
}

Status
promql_vector(Call *call)
{
    Sample sample = {.value = call->args[0].number, .t_ms = call->time_ms};
    return promql_push(call->eval, call->ret, &sample);
}

Status
promql_scalar(Call *call)
{
    const Operand *vector = &call->args[0];
    call->ret->number = vector->samples.count == 1 ? vector->samples.items[0].value : NAN;
    return ST_OK;
}

/* The time of a selector's samples; of anything computed the time of evaluation. */
Status
promql_timestamp(Call *call)
{
    bool selector = call->tree->args[0]->kind == TREE_SELECTOR;
    for (size_t i = 0; i < call->args[0].samples.count; i++) {
        Sample sample = call->args[0].samples.items[i];
        sample.value = (double)(selector ? sample.t_ms : call->time_ms) / 1000;
        sample.drop_name = true;
        TRY(promql_push(call->eval, call->ret, &sample));
    }
    return ST_OK;
}

/* Ties are rounded up. */
Status
promql_round(Call *call)
{
    double inverse = 1 / (call->arg_count > 1 ? call->args[1].number : 1);
    for (size_t i = 0; i < call->args[0].samples.count; i++) {
        Sample sample = call->args[0].samples.items[i];
        sample.value = floor(sample.value * inverse + 0.5) / inverse;
        sample.drop_name = true;
        TRY(promql_push(call->eval, call->ret, &sample));
    }
    return ST_OK;
}

/* NaN on either side wins. */
static double
between(double value, double least, double most)
{
    if (isnan(value) || isnan(least) || isnan(most))
        return NAN;
    return value > most ? most : value < least ? least : value;
}

static Status
clamp(Call *call, double least, double most)
{
    if (most < least)
        return ST_OK;
    for (size_t i = 0; i < call->args[0].samples.count; i++) {
        Sample sample = call->args[0].samples.items[i];
        sample.value = between(sample.value, least, most);
        sample.drop_name = true;
        TRY(promql_push(call->eval, call->ret, &sample));
    }
    return ST_OK;
}

Status
promql_clamp(Call *call)
{
    return clamp(call, call->args[1].number, call->args[2].number);
}

Status
promql_clamp_min(Call *call)
{
    return clamp(call, call->args[1].number, INFINITY);
}

Status
promql_clamp_max(Call *call)
{
    return clamp(call, -INFINITY, call->args[1].number);
}

/* NaN stands last in either direction; equal values keep their order. */
typedef struct {
    const Sample *first;
    int sign;
} ValueOrder;

static int
compare_values(const void *a, const void *b, void *context)
{
    const ValueOrder *order = context;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    double x = order->first[i].value, y = order->first[j].value;
    int by_place = (i > j) - (i < j);
    if (isnan(x) || isnan(y))
        return isnan(x) && isnan(y) ? by_place : isnan(x) ? 1 : -1;
    int by_value = order->sign * ((x > y) - (x < y));
    return by_value ? by_value : by_place;
}

static Status
sort_values(Call *call, int sign)
{
    const Operand *vector = &call->args[0];
    size_t count = vector->samples.count;
    uint32_t *places = ARENA_ARRAY(call->eval->arena, uint32_t, count);
    if (!places)
        return err_nomem(call->eval->err);
    for (size_t i = 0; i < count; i++)
        places[i] = (uint32_t)i;
    ValueOrder order = {vector->samples.items, sign};
    qsort_r(places, count, sizeof *places, compare_values, &order);
    for (size_t i = 0; i < count; i++)
        TRY(promql_push(call->eval, call->ret, &vector->samples.items[places[i]]));
    return ST_OK;
}

Status
promql_sort(Call *call)
{
    return sort_values(call, 1);
}

Status
promql_sort_desc(Call *call)
{
    return sort_values(call, -1);
}

/* absent() and absent_over_time(). */

/* The labels that the selector fixes: one equality, and no other matcher of the label. */
static Status
labels_of_absent(Call *call, Labels *ret)
{
    const Tree *arg = call->tree->args[0];
    Labels labels = {NULL, 0};
    if (arg->kind == TREE_SELECTOR) {
        const PromqlSelector *selector = &call->eval->query->selectors[arg->selector];
        for (size_t i = 0; i < selector->matcher_count; i++) {
            const PromqlMatcher *matcher = &selector->matchers[i];
            bool alone = matcher->match == MATCH_EQUAL && !str_is(matcher->label, "__name__");
            for (size_t j = 0; j < selector->matcher_count && alone; j++)
                alone = j == i || !str_eq(selector->matchers[j].label, matcher->label);
            if (alone)
                TRY(promql_labels_set(call->eval, labels, matcher->label, matcher->value, &labels));
        }
    }
    *ret = labels;
    return ST_OK;
}

Status
promql_absent(Call *call)
{
    if (call->args[0].samples.count || call->args[0].ranges.count)
        return ST_OK;
    Sample sample = {.value = 1, .t_ms = call->time_ms};
    TRY(labels_of_absent(call, &sample.labels));
    return promql_push(call->eval, call->ret, &sample);
}
