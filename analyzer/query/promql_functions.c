/* SPDX-License-Identifier: Apache-2.0 */
/* promql_functions.c -- the table of functions, and how a call is evaluated. */
#include "analyzer/query/promql_internal.h"

#include <math.h>

/* One row a function.  usage begins with the name and says what goes in. */
#define NUMBER(name_, fn) \
    {.name = name_, .args = "v", .returns = 'v', .number = fn, .usage = name_ "(instant-vector)"}
#define RANGE(name_, fn) \
    {.name = name_, .args = "m", .returns = 'v', .range = fn, .usage = name_ "(range-vector)"}
#define MOMENT(name_, fn)                                                           \
    {.name = name_, .args = "m", .returns = 'v', .tells_time = true, .range = fn,   \
     .usage = name_ "(range-vector)"}
#define DATE(name_, fn)                                                            \
    {.name = name_, .args = "v", .optional = 1, .returns = 'v', .date = fn,        \
     .usage = name_ "(instant-vector = vector(time()))"}

static const PromqlFunction FUNCTIONS[] = {
    NUMBER("abs", fabs),
    {.name = "absent", .args = "v", .returns = 'v', .needs_all = true, .call = promql_absent,
     .usage = "absent(instant-vector)"},
    {.name = "absent_over_time", .args = "m", .returns = 'v', .needs_all = true,
     .call = promql_absent, .usage = "absent_over_time(range-vector)"},
    NUMBER("acos", acos),
    NUMBER("acosh", acosh),
    NUMBER("asin", asin),
    NUMBER("asinh", asinh),
    NUMBER("atan", atan),
    NUMBER("atanh", atanh),
    RANGE("avg_over_time", promql_avg_over_time),
    NUMBER("ceil", ceil),
    RANGE("changes", promql_changes),
    {.name = "clamp", .args = "vss", .returns = 'v', .call = promql_clamp,
     .usage = "clamp(instant-vector, least scalar, most scalar)"},
    {.name = "clamp_max", .args = "vs", .returns = 'v', .call = promql_clamp_max,
     .usage = "clamp_max(instant-vector, most scalar)"},
    {.name = "clamp_min", .args = "vs", .returns = 'v', .call = promql_clamp_min,
     .usage = "clamp_min(instant-vector, least scalar)"},
    NUMBER("cos", cos),
    NUMBER("cosh", cosh),
    RANGE("count_over_time", promql_count_over_time),
    DATE("day_of_month", promql_day_of_month),
    DATE("day_of_week", promql_day_of_week),
    DATE("day_of_year", promql_day_of_year),
    DATE("days_in_month", promql_days_in_month),
    NUMBER("deg", promql_deg),
    RANGE("delta", promql_delta),
    RANGE("deriv", promql_deriv),
    {.name = "double_exponential_smoothing", .args = "mss", .returns = 'v',
     .range = promql_smoothing,
     .usage = "double_exponential_smoothing(range-vector, smoothing scalar, trend scalar)"},
    {.name = "end", .args = "", .returns = 's', .tells_time = true, .call = promql_start,
     .usage = "end()"},
    NUMBER("exp", exp),
    {.name = "first_over_time", .args = "m", .returns = 'v', .keeps_name = true,
     .range = promql_first_over_time, .usage = "first_over_time(range-vector)"},
    NUMBER("floor", floor),
    {.name = "histogram_fraction", .args = "ssv", .returns = 'v', .needs_all = true,
     .call = promql_histogram_fraction,
     .usage = "histogram_fraction(lower scalar, upper scalar, instant-vector)"},
    {.name = "histogram_quantile", .args = "sv", .returns = 'v', .needs_all = true,
     .call = promql_histogram_quantile,
     .usage = "histogram_quantile(quantile scalar, instant-vector)"},
    {.name = "histogram_quantiles", .args = "vtss", .optional = 9, .returns = 'v',
     .needs_all = true, .call = promql_histogram_quantiles,
     .usage = "histogram_quantiles(instant-vector, label string, quantile scalar...)"},
    {.name = "holt_winters", .args = "mss", .returns = 'v', .range = promql_smoothing,
     .usage = "holt_winters(range-vector, smoothing scalar, trend scalar)"},
    DATE("hour", promql_hour),
    RANGE("idelta", promql_idelta),
    RANGE("increase", promql_increase),
    RANGE("irate", promql_irate),
    {.name = "label_join", .args = "vttt", .optional = -1, .returns = 'v',
     .call = promql_label_join,
     .usage = "label_join(instant-vector, label string, separator string, source string...)"},
    {.name = "label_replace", .args = "vtttt", .returns = 'v', .call = promql_label_replace,
     .usage = "label_replace(instant-vector, label string, replacement string, source string, "
              "regex string)"},
    {.name = "last_over_time", .args = "m", .returns = 'v', .keeps_name = true,
     .range = promql_last_over_time, .usage = "last_over_time(range-vector)"},
    NUMBER("ln", log),
    NUMBER("log10", log10),
    NUMBER("log2", log2),
    RANGE("mad_over_time", promql_mad_over_time),
    {.name = "max_of", .args = "ss", .returns = 's', .call = promql_max_of,
     .usage = "max_of(scalar, scalar)"},
    RANGE("max_over_time", promql_max_over_time),
    {.name = "min_of", .args = "ss", .returns = 's', .call = promql_min_of,
     .usage = "min_of(scalar, scalar)"},
    RANGE("min_over_time", promql_min_over_time),
    DATE("minute", promql_minute),
    DATE("month", promql_month),
    {.name = "pi", .args = "", .returns = 's', .call = promql_pi, .usage = "pi()"},
    {.name = "predict_linear", .args = "ms", .returns = 'v', .range = promql_predict_linear,
     .usage = "predict_linear(range-vector, seconds scalar)"},
    RANGE("present_over_time", promql_present_over_time),
    {.name = "quantile_over_time", .args = "sm", .returns = 'v',
     .range = promql_quantile_over_time,
     .usage = "quantile_over_time(quantile scalar, range-vector)"},
    NUMBER("rad", promql_rad),
    {.name = "range", .args = "", .returns = 's', .call = promql_zero, .usage = "range()"},
    RANGE("rate", promql_rate),
    RANGE("resets", promql_resets),
    {.name = "round", .args = "vs", .optional = 1, .returns = 'v', .call = promql_round,
     .usage = "round(instant-vector, nearest scalar = 1)"},
    {.name = "scalar", .args = "v", .returns = 's', .needs_all = true, .call = promql_scalar,
     .usage = "scalar(instant-vector)"},
    NUMBER("sgn", promql_sgn),
    NUMBER("sin", sin),
    NUMBER("sinh", sinh),
    {.name = "sort", .args = "v", .returns = 'v', .call = promql_sort,
     .usage = "sort(instant-vector)"},
    {.name = "sort_by_label", .args = "vt", .optional = -1, .returns = 'v',
     .call = promql_sort_by_label, .usage = "sort_by_label(instant-vector, label string...)"},
    {.name = "sort_by_label_desc", .args = "vt", .optional = -1, .returns = 'v',
     .call = promql_sort_by_label_desc,
     .usage = "sort_by_label_desc(instant-vector, label string...)"},
    {.name = "sort_desc", .args = "v", .returns = 'v', .call = promql_sort_desc,
     .usage = "sort_desc(instant-vector)"},
    NUMBER("sqrt", sqrt),
    {.name = "start", .args = "", .returns = 's', .tells_time = true, .call = promql_start,
     .usage = "start()"},
    RANGE("stddev_over_time", promql_stddev_over_time),
    RANGE("stdvar_over_time", promql_stdvar_over_time),
    {.name = "step", .args = "", .returns = 's', .call = promql_zero, .usage = "step()"},
    RANGE("sum_over_time", promql_sum_over_time),
    NUMBER("tan", tan),
    NUMBER("tanh", tanh),
    {.name = "time", .args = "", .returns = 's', .tells_time = true, .call = promql_time,
     .usage = "time()"},
    {.name = "timestamp", .args = "v", .returns = 'v', .tells_time = true, .call = promql_timestamp,
     .usage = "timestamp(instant-vector)"},
    MOMENT("ts_of_first_over_time", promql_ts_of_first),
    MOMENT("ts_of_last_over_time", promql_ts_of_last),
    MOMENT("ts_of_max_over_time", promql_ts_of_max),
    MOMENT("ts_of_min_over_time", promql_ts_of_min),
    {.name = "vector", .args = "s", .returns = 'v', .call = promql_vector,
     .usage = "vector(scalar)"},
    DATE("year", promql_year),
};

enum { FUNCTION_COUNT = sizeof FUNCTIONS / sizeof *FUNCTIONS };

const PromqlFunction *
promql_find_function(Str name)
{
    for (size_t i = 0; i < FUNCTION_COUNT; i++)
        if (str_is(name, FUNCTIONS[i].name))
            return &FUNCTIONS[i];
    return NULL;
}

const char *
promql_nearest_function(Str name)
{
    const char *names[FUNCTION_COUNT + 1];
    for (size_t i = 0; i < FUNCTION_COUNT; i++)
        names[i] = FUNCTIONS[i].name;
    names[FUNCTION_COUNT] = NULL;
    return str_nearest(name, names);
}

const PromqlFunctionDoc *
promql_functions(size_t *ret_count)
{
    static PromqlFunctionDoc docs[FUNCTION_COUNT];
    /* Written again with the same bytes by whoever calls: harmless between threads. */
    for (size_t i = 0; i < FUNCTION_COUNT; i++)
        docs[i] = (PromqlFunctionDoc){FUNCTIONS[i].name, FUNCTIONS[i].usage};
    *ret_count = FUNCTION_COUNT;
    return docs;
}

static Status
call_number(Call *call)
{
    for (size_t i = 0; i < call->args[0].samples.count; i++) {
        Sample sample = call->args[0].samples.items[i];
        sample.value = call->tree->function->number(sample.value);
        sample.drop_name = true;
        TRY(promql_push(call->eval, call->ret, &sample));
    }
    return ST_OK;
}

static Status
push_date(Call *call, const Sample *sample)
{
    Sample dated = *sample;
    struct tm date;
    time_t seconds = 0;
    bool valid = fabs(dated.value) < 1e15;
    if (valid)
        seconds = (time_t)dated.value;
    valid = valid && gmtime_r(&seconds, &date);
    dated.value = valid ? call->tree->function->date(&date) : NAN;
    dated.drop_name = true;
    return promql_push(call->eval, call->ret, &dated);
}

static Status
call_date(Call *call)
{
    Sample now = {.value = (double)call->time_ms / 1000};
    if (call->arg_count == 0)
        return push_date(call, &now);
    for (size_t i = 0; i < call->args[0].samples.count; i++)
        TRY(push_date(call, &call->args[0].samples.items[i]));
    return ST_OK;
}

static Status
check_smoothing(const Call *call)
{
    for (size_t i = 1; i < 3; i++)
        if (!(call->args[i].number > 0 && call->args[i].number < 1))
            return promql_error(call->eval->query, call->tree->args[i]->start, call->eval->err,
                                "a factor of %s must be between 0 and 1",
                                call->tree->function->name);
    return ST_OK;
}

static Status
call_range(Call *call)
{
    const PromqlFunction *function = call->tree->function;
    const Operand *ranges = &call->args[0];
    for (size_t i = 0; i < call->arg_count; i++)
        if (call->args[i].type == PROMQL_MATRIX)
            ranges = &call->args[i];
    if (function->range == promql_smoothing)
        TRY(check_smoothing(call));
    for (size_t i = 0; i < ranges->ranges.count; i++) {
        const RangeSeries *series = &ranges->ranges.items[i];
        Sample sample = {
            .labels = series->labels,
            .t_ms = call->time_ms,
            .drop_name = series->drop_name || !function->keeps_name,
            .refs = series->refs,
            .ref_count = series->ref_count,
        };
        if (function->range(call, series, &sample.value))
            TRY(promql_push(call->eval, call->ret, &sample));
        if (call->nomem)
            return err_nomem(call->eval->err);
    }
    return ST_OK;
}

Status
promql_eval_call(Eval *eval, const Tree *tree, int64_t time_ms, Operand *ret)
{
    const PromqlFunction *function = tree->function;
    Operand *args = ARENA_ARRAY(eval->arena, Operand, tree->arg_count);
    if (!args)
        return err_nomem(eval->err);
    uint64_t work = 1;
    for (size_t i = 0; i < tree->arg_count; i++) {
        TRY(promql_eval_tree(eval, tree->args[i], time_ms, &args[i]));
        TRY(promql_inherit_gap(eval, &args[i], ret));
        work += args[i].samples.count + args[i].ranges.count;
    }
    if (function->needs_all)
        promql_require_whole(ret);
    if (ret->is_unknown)
        return ST_OK;
    TRY(promql_spend(eval, tree, work));
    Call call = {eval, tree, time_ms, args, tree->arg_count, ret, false};
    if (function->number)
        return call_number(&call);
    if (function->range)
        return call_range(&call);
    if (function->date)
        return call_date(&call);
    return function->call(&call);
}
