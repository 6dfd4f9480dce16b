/* SPDX-License-Identifier: Apache-2.0 */
/* test_promql.c -- queries over small stores: results, errors, and what is unknown. */
#include "analyzer/query/promql.h"
#include "base/buf.h"
#include "base/limits.h"
#include "tests/unit/runner.h"

#include <stdio.h>
#include <string.h>

static Arena *arena;

static void
setup(void)
{
    arena = arena_new(SIZE_MAX);
}

static void
teardown(void)
{
    arena = arena_free(arena);
}

/* The samples that most cases ask: at 100 s, and ten and twenty seconds before. */
static const char SAMPLES[] = "requests{code=\"200\",pod=\"a\"} 100\n"
                              "requests{code=\"500\",pod=\"a\"} 4\n"
                              "requests{code=\"200\",pod=\"b\"} 60\n"
                              "limit{pod=\"a\"} 80\n"
                              "limit{pod=\"b\"} 80\n"
                              "info{pod=\"a\",version=\"1.0\"} 1\n"
                              "info{pod=\"b\",version=\"1.1\"} 1\n"
                              "odd NaN\n"
                              "temperature{room=\"x\"} -3.5\n"
                              "took_bucket{le=\"0.1\"} 5\n"
                              "took_bucket{le=\"1\"} 8\n"
                              "took_bucket{le=\"+Inf\"} 10\n";

static PromqlStore
store_of(const char *text)
{
    Exposition e;
    Err err = {0};
    ck_assert_ok(exposition_read(arena, str_of(text), NULL, &e, &err), err);
    PromqlSeries *series = ARENA_ARRAY(arena, PromqlSeries, e.sample_count);
    ck_assert_ptr_nonnull(series);
    for (size_t i = 0; i < e.sample_count; i++) {
        const ExpositionSample *sample = &e.samples[i];
        Label *labels = ARENA_ARRAY(arena, Label, sample->labels.count + 1);
        PromqlPoint *points = ARENA_ARRAY(arena, PromqlPoint, 3);
        ck_assert(labels && points);
        /* Names in small letters stand behind the underscores of __name__. */
        labels[0] = (Label){STR("__name__"), sample->name};
        if (sample->labels.count)
            memcpy(labels + 1, sample->labels.items, sample->labels.count * sizeof *labels);
        for (int p = 0; p < 3; p++)
            points[p] = (PromqlPoint){80000 + 10000 * p, sample->value * (p + 2) / 4};
        series[i] = (PromqlSeries){
            .labels = {labels, sample->labels.count + 1}, .points = points, .point_count = 3};
    }
    return (PromqlStore){.series = series, .series_count = e.sample_count};
}

static Status
evaluate(const char *text, const PromqlStore *store, PromqlResult *ret, Err *err)
{
    const PromqlQuery *query;
    TRY(promql_compile(arena, str_of(text),
                       &(PromqlOptions){.file = "q.yaml", .line = 7, .column = 10}, &query, err));
    PromqlEval eval = {.arena = arena, .store = store, .time_ms = 100000};
    return promql_eval(query, &eval, ret, err);
}

/* "{a=b} 1; {} 2", in the order of the result. */
static const char *
written(const PromqlResult *result)
{
    Buf out = BUF_INIT(1 << 20);
    if (result->is_unknown)
        buf_adds(&out, "unknown");
    else if (result->type == PROMQL_SCALAR)
        buf_printf(&out, "%.6g", result->scalar);
    else if (result->type == PROMQL_STRING)
        buf_add_str(&out, result->string);
    for (size_t i = 0; i < result->sample_count; i++) {
        buf_adds(&out, i ? "; {" : "{");
        for (size_t j = 0; j < result->samples[i].labels.count; j++)
            buf_printf(&out, "%s" STR_FMT "=" STR_FMT, j ? "," : "",
                       STR_ARG(result->samples[i].labels.items[j].name),
                       STR_ARG(result->samples[i].labels.items[j].value));
        buf_printf(&out, "} %.6g", result->samples[i].value);
    }
    if (result->gap && !result->is_unknown)
        buf_adds(&out, " ...");
    ck_assert_int_eq(out.failed, ST_OK);
    const char *text = arena_cstr(arena, buf_str(&out));
    buf_done(&out);
    return text;
}

static const struct {
    const char *query;
    const char *result;
} RESULTS[] = {
    /* Literals and arithmetic. */
    {"1 + 2 * 3 ^ 2", "19"},
    {"-2 ^ 2", "-4"},
    {"2 ^ 3 ^ 2", "512"},
    {"-1 + 2", "1"},
    {"7 % 4 - -7 % 4", "6"},
    {"0x1F + 1_000 + .5", "1031.5"},
    {"017 + 0_1 * 100", "115"},
    {"08 + 019 + 00.5 + 01e1", "37.5"},
    {"0 + 00", "0"},
    {"1h30m", "5400"},
    {"5ms", "0.005"},
    {"1 / 0 > bool 0", "1"},
    {"NaN", "nan"},
    {"Inf atan2 1", "1.5708"},
    {"1 # remark\n + 1", "2"},
    {"\"a\\x41\\u00e9\\n\"", "aA\xc3\xa9\n"},
    {"'it\\'s'", "it's"},
    {"`a\\n`", "a\\n"},
    {"pi() > bool 3", "1"},
    {"time()", "100"},
    /* Selectors. */
    {"limit", "{__name__=limit,pod=a} 80; {__name__=limit,pod=b} 80"},
    {"{__name__=~\"lim.*\",pod!=\"a\"}", "{__name__=limit,pod=b} 80"},
    {"{\"limit\",pod=\"a\"}", "{__name__=limit,pod=a} 80"},
    {"requests{code!~\"2..\"}", "{__name__=requests,code=500,pod=a} 4"},
    {"requests{code=\"\"}", ""},
    {"requests{missing=\"\",code=\"500\"}", "{__name__=requests,code=500,pod=a} 4"},
    {"limit{pod=~\"a|\"}", "{__name__=limit,pod=a} 80"},
    {"requests{code=\"500\"} offset 10s", "{__name__=requests,code=500,pod=a} 3"},
    {"requests{code=\"500\"} @ 81", "{__name__=requests,code=500,pod=a} 2"},
    {"requests{code=\"500\"} @ start() offset -10s", "{__name__=requests,code=500,pod=a} 4"},
    {"limit offset 1h", ""},
    {"sum", ""},
    {"by", ""},
    /* Operators between vectors. */
    {"requests / on(pod) group_left limit",
     "{code=200,pod=a} 1.25; {code=500,pod=a} 0.05; {code=200,pod=b} 0.75"},
    {"limit - ignoring(code) requests{code=\"200\"}", "{pod=a} -20; {pod=b} 20"},
    {"limit * on(pod) group_left(version) info", "{pod=a,version=1.0} 80; {pod=b,version=1.1} 80"},
    {"info * on(pod) group_right(version) limit",
     "{pod=a,version=1.0} 80; {pod=b,version=1.1} 80"},
    {"limit - on(pod) fill(0) temperature", "{pod=a} 80; {pod=b} 80; {} 3.5"},
    {"limit{pod=\"a\"} + fill_right(1) took_bucket", "{pod=a} 81"},
    {"took_bucket{le=\"1\"} + fill_left(-2) limit", "{pod=a} 78; {pod=b} 78"},
    {"limit{pod=\"a\"} + fill_left(1) fill_right(2) limit{pod=\"b\"}", "{pod=a} 82; {pod=b} 81"},
    {"requests{pod=\"a\"} * on(code) group_left fill_right(NaN) info{pod=\"a\"}",
     "{code=200,pod=a} nan; {code=500,pod=a} nan"},
    {"requests > 50",
     "{__name__=requests,code=200,pod=a} 100; {__name__=requests,code=200,pod=b} 60"},
    {"50 < requests{pod=\"b\"}", "{__name__=requests,code=200,pod=b} 60"},
    {"requests > bool 50", "{code=200,pod=a} 1; {code=500,pod=a} 0; {code=200,pod=b} 1"},
    {"-limit{pod=\"a\"}", "{pod=a} -80"},
    {"+limit{pod=\"a\"}", "{__name__=limit,pod=a} 80"},
    {"limit and on(pod) info{version=\"1.0\"}", "{__name__=limit,pod=a} 80"},
    {"limit unless on(pod) info{version=\"1.0\"}", "{__name__=limit,pod=b} 80"},
    {"limit{pod=\"a\"} or limit", "{__name__=limit,pod=a} 80; {__name__=limit,pod=b} 80"},
    {"1 - limit{pod=\"a\"} / 80", "{pod=a} 0"},
    {"limit == on(pod) limit", "{pod=a} 80; {pod=b} 80"},
    {"nosuch + limit", ""},
    /* Aggregations. */
    {"sum(requests)", "{} 164"},
    {"sum by (pod) (requests)", "{pod=a} 104; {pod=b} 60"},
    {"SUM(requests) BY (pod,)", "{pod=a} 104; {pod=b} 60"},
    {"sum without (code) (requests)", "{pod=a} 104; {pod=b} 60"},
    {"avg(requests)", "{} 54.6667"},
    {"count(nosuch)", ""},
    {"min(requests) + max(requests)", "{} 104"},
    {"min(odd)", "{} nan"},
    {"group by (code) (requests)", "{code=200} 1; {code=500} 1"},
    {"stddev(limit) + stdvar(limit)", "{} 0"},
    {"quantile(0.5, requests)", "{} 60"},
    {"topk(1, requests)", "{__name__=requests,code=200,pod=a} 100"},
    {"bottomk(2, requests)",
     "{__name__=requests,code=500,pod=a} 4; {__name__=requests,code=200,pod=b} 60"},
    {"topk(0, requests)", ""},
    {"count(limitk(2, requests))", "{} 2"},
    {"count(limit_ratio(1, requests))", "{} 3"},
    {"count_values(\"v\", limit)", "{v=80} 2"},
    {"count_values(\"v\", temperature * 1e21)", "{v=-3500000000000000000000} 1"},
    {"count_values(\"v\", temperature / 1000)", "{v=-0.0035} 1"},
    /* Functions. */
    {"abs(temperature)", "{room=x} 3.5"},
    {"ceil(temperature) - floor(temperature)", "{room=x} 1"},
    {"round(temperature)", "{room=x} -3"},
    {"round(temperature, 0.5)", "{room=x} -3.5"},
    {"clamp(temperature, -1, 1)", "{room=x} -1"},
    {"clamp(temperature, 1, -1)", ""},
    {"clamp_min(temperature, 0) + clamp_max(temperature, -4)", "{room=x} -4"},
    {"sgn(temperature)", "{room=x} -1"},
    {"scalar(limit{pod=\"a\"})", "80"},
    {"scalar(limit)", "nan"},
    {"vector(3)", "{} 3"},
    {"absent(nosuch{a=\"b\",c=~\"d\"})", "{a=b} 1"},
    {"absent(nosuch{a=\"b\",a!=\"c\"})", "{} 1"},
    {"absent(limit)", ""},
    {"timestamp(limit{pod=\"a\"})", "{pod=a} 100"},
    {"timestamp(limit{pod=\"a\"} + 0)", "{pod=a} 100"},
    {"sort(requests)",
     "{__name__=requests,code=500,pod=a} 4; {__name__=requests,code=200,pod=b} 60; "
     "{__name__=requests,code=200,pod=a} 100"},
    {"sort_desc(limit or odd)",
     "{__name__=limit,pod=a} 80; {__name__=limit,pod=b} 80; {__name__=odd} nan"},
    {"sort_by_label_desc(limit, \"pod\")", "{__name__=limit,pod=b} 80; {__name__=limit,pod=a} 80"},
    {"histogram_quantile(0.5, took_bucket)", "{} 0.1"},
    {"histogram_quantile(0.65, took_bucket)", "{} 0.55"},
    {"histogram_quantile(0.99, took_bucket)", "{} 1"},
    {"histogram_quantile(2, took_bucket)", "{} inf"},
    {"histogram_quantile(0.5, took_bucket{le!=\"+Inf\"})", "{} nan"},
    {"histogram_fraction(0, 0.1, took_bucket)", "{} 0.5"},
    {"histogram_fraction(1, 0.1, took_bucket)", "{} 0"},
    {"histogram_quantiles(took_bucket, \"q\", 0.5, 1)", "{q=0.5} 0.1; {q=1.0} 1"},
    {"label_replace(limit{pod=\"a\"}, \"x\", \"$1-${n}$$\", \"pod\", \"(?P<n>.)\")",
     "{__name__=limit,pod=a,x=a-a$} 80"},
    {"label_replace(limit{pod=\"a\"}, \"pod\", \"\", \"pod\", \".*\")", "{__name__=limit} 80"},
    {"label_replace(limit{pod=\"a\"}, \"x\", \"y\", \"pod\", \"b\")", "{__name__=limit,pod=a} 80"},
    {"label_join(info{pod=\"a\"}, \"x\", \"/\", \"pod\", \"version\")",
     "{__name__=info,pod=a,version=1.0,x=a/1.0} 1"},
    {"hour(vector(3600)) + minute(vector(120)) + year(vector(0))", "{} 1973"},
    {"day_of_week() * 10 + day_of_month()", "{} 41"},
    {"days_in_month(vector(951782400)) + day_of_year(vector(951782400))", "{} 89"},
    {"month(vector(NaN))", "{} nan"},
    {"max_of(1, 2) + min_of(1, 2)", "3"},
    {"exp(vector(0)) + ln(vector(1)) + log2(vector(8)) + log10(vector(100)) + sqrt(vector(9))",
     "{} 9"},
    {"deg(vector(pi())) + rad(vector(0))", "{} 180"},
    /* Ranges: the points are 2, 3 and 4 quarters at 80, 90 and 100 s. */
    {"increase(requests{code=\"500\"}[20s])", "{code=500,pod=a} 2"},
    {"rate(requests{code=\"500\"}[1m])", "{code=500,pod=a} 0.0416667"},
    {"irate(requests{code=\"500\"}[1m])", "{code=500,pod=a} 0.1"},
    {"delta(temperature[20s])", "{room=x} -1.75"},
    {"idelta(temperature[1m])", "{room=x} -0.875"},
    {"rate(requests[5s])", ""},
    {"changes(limit{pod=\"a\"}[1m]) + resets(temperature[1m]) * 0", ""},
    {"changes(limit{pod=\"a\"}[1m])", "{pod=a} 2"},
    {"resets(temperature[1m])", "{room=x} 2"},
    {"deriv(limit{pod=\"a\"}[1m])", "{pod=a} 2"},
    {"predict_linear(limit{pod=\"a\"}[1m], 10)", "{pod=a} 100"},
    {"sum_over_time(limit{pod=\"a\"}[1m])", "{pod=a} 180"},
    {"avg_over_time(limit{pod=\"a\"}[1m])", "{pod=a} 60"},
    {"min_over_time(limit{pod=\"a\"}[1m]) + max_over_time(limit{pod=\"a\"}[1m])", "{pod=a} 120"},
    {"count_over_time(limit[20s])", "{pod=a} 2; {pod=b} 2"},
    {"last_over_time(limit{pod=\"a\"}[1m])", "{__name__=limit,pod=a} 80"},
    {"first_over_time(limit{pod=\"a\"}[1m])", "{__name__=limit,pod=a} 40"},
    {"stddev_over_time(limit{pod=\"a\"}[1m]) ^ 2 - stdvar_over_time(limit{pod=\"a\"}[1m]) < 1e-9",
     "{pod=a} 0"},
    {"quantile_over_time(0.5, limit{pod=\"a\"}[1m])", "{pod=a} 60"},
    {"mad_over_time(limit{pod=\"a\"}[1m])", "{pod=a} 20"},
    {"present_over_time(limit{pod=\"a\"}[1m])", "{pod=a} 1"},
    {"absent_over_time(limit[1m])", ""},
    {"absent_over_time(nosuch{x=\"y\"}[1m])", "{x=y} 1"},
    {"ts_of_first_over_time(temperature[1m]) + ts_of_last_over_time(temperature[1m])",
     "{room=x} 180"},
    {"ts_of_min_over_time(temperature[1m]) - ts_of_max_over_time(temperature[1m])",
     "{room=x} 20"},
    {"double_exponential_smoothing(limit{pod=\"a\"}[1m], 0.5, 0.5)", "{pod=a} 80"},
    {"max_over_time(sum(requests)[20s:10s])", "{} 164"},
    {"count_over_time(limit{pod=\"a\"}[1m:10s])", "{pod=a} 3"},
    {"sum_over_time(vector(1)[5m:])", "{} 5"},
    {"sum_over_time(vector(1)[2m+(2-1)*3*60:])", "{} 5"},
    {"limit{pod=\"a\"} offset (5s*2)", "{__name__=limit,pod=a} 60"},
    {"limit{pod=\"a\"} offset max_of(step(), 10s) + 1", "{pod=a} 61"},
    {"start() + end() + step() + range()", "200"},
    {"rate(limit{pod=\"a\"}[20s] offset 10s)", "{pod=a} 2"},
    /* Names last until the end. */
    {"count(sum by (__name__) (rate({__name__=~\"limit|info\"}[1m])))", "{} 2"},
    {"label_replace(rate(limit{pod=\"a\"}[1m]), \"m\", \"$1\", \"__name__\", \"(.*)\")",
     "{m=limit,pod=a} 0.833333"},
};

START_TEST(query_gives)
{
    PromqlStore store = store_of(SAMPLES);
    PromqlResult result = {0};
    Err err = {0};
    Status status = evaluate(RESULTS[_i].query, &store, &result, &err);
    ck_assert_msg(status == ST_OK, "%s: %s", RESULTS[_i].query, err.text);
    const char *got = written(&result);
    ck_assert_msg(strcmp(got, RESULTS[_i].result) == 0, "%s gave %s, not %s", RESULTS[_i].query,
                  got, RESULTS[_i].result);
}
END_TEST

/* The column counts from 10, where the query begins in its file. */
static const struct {
    const char *query;
    unsigned column;
    const char *text;
} ERRORS[] = {
    {"", 10, "the query ends where an expression was expected"},
    {"1 +", 13, "the query ends where an expression was expected"},
    {"1 2", 12, "unexpected '2': expected an operator or the end"},
    {"on", 10, "unexpected 'on': expected an expression"},
    {"sum(Bool{a=\"b\"})", 14, "unexpected 'Bool': expected an expression"},
    {"limit / on(pod) group_left (sum by (pod) (limit))", 42,
     "unexpected 'by': expected ',' or ')'"},
    {"1 + group_left", 14, "unexpected 'group_left': expected an expression"},
    {"(1", 12, "the query ends where ')' was expected"},
    {"a$b", 11, "a character that has no meaning here"},
    {"\"abc", 10, "a string has no end"},
    {"\"\\q\"", 10, "an unknown escape sequence"},
    {"5mm", 10, "a malformed number or duration"},
    {"1m1h", 10, "a malformed number or duration"},
    {"1.2.3", 10, "a malformed number or duration"},
    {"0x", 10, "a malformed number or duration"},
    {"raate(x[5m])", 10, "unknown function 'raate'; did you mean 'rate'?"},
    {"nothing_like_it(x)", 10, "unknown function 'nothing_like_it'"},
    {"rate(x)", 15, "argument 1 of rate must be a range vector, not an instant vector"},
    {"abs(1)", 14, "argument 1 of abs must be an instant vector, not a scalar"},
    {"time(1)", 10, "time takes 0 arguments, not 1: time()"},
    {"round(x, 1, 2)", 10, "round takes up to 2 arguments, not 3: "
                           "round(instant-vector, nearest scalar = 1)"},
    {"label_join(x, \"a\")", 10, "label_join takes at least 3 arguments, not 2: label_join("
     "instant-vector, label string, separator string, source string...)"},
    {"abs(x,)", 16, "unexpected ')': expected an argument"},
    {"sum(1)", 14, "sum needs an instant vector, not a scalar"},
    {"sum(a, b)", 10, "sum takes 1 argument, not 2"},
    {"topk(a, b)", 15, "the parameter of topk must be a scalar, not an instant vector"},
    {"count_values(1, b)", 23, "the parameter of count_values must be a string, not a scalar"},
    {"sum by x (a)", 17, "unexpected 'x': expected '(' and label names"},
    {"sum by (1) (a)", 18, "unexpected '1': expected a label name"},
    {"sum by (a b) (a)", 20, "unexpected 'b': expected ',' or ')'"},
    {"1 == 1", 12, "a comparison of two scalars needs bool"},
    {"a + bool b", 12, "bool stands only behind comparisons"},
    {"a and 1", 12, "and, or and unless need instant vectors on both sides"},
    {"a or fill(0) b", 12, "fill stands only behind arithmetic and comparisons of instant vectors"},
    {"a + fill(0) 1", 12, "fill stands only behind arithmetic and comparisons of instant vectors"},
    {"a + fill(b) c", 19, "unexpected 'b': expected a number"},
    {"a or on(b) group_left c", 12, "and, or and unless take no group_left or group_right"},
    {"a + on(b) 1", 12, "on and ignoring need instant vectors on both sides"},
    {"a + on(b) group_left(b) c", 12,
     "a label stands both in on and in group_left or group_right"},
    {"a + \"b\"", 14, "an operand must be a scalar or an instant vector, not a string"},
    {"-\"b\"", 10, "a sign may stand before a scalar or an instant vector, not before a string"},
    {"{}", 10, "a selector needs a metric name, or a matcher that refuses the empty value"},
    {"{a=~\".*\"}", 10,
     "a selector needs a metric name, or a matcher that refuses the empty value"},
    {"a{__name__=\"b\"}", 10, "the metric's name is given twice"},
    {"a{\"b\"}", 12, "a second metric name"},
    {"a{b}", 13, "unexpected '}': expected '=', '!=', '=~' or '!~'"},
    {"a{b=c}", 14, "unexpected 'c': expected a quoted value"},
    {"a{b=\"c\" d=\"e\"}", 18, "unexpected 'd': expected ',' or '}'"},
    {"a{b=~\"(\"}", 15, NULL},
    {"a{b=~\"(?=x)\"}", 15, NULL},
    {"a[5m]", 10, "a range vector is no result: a function such as rate() is missing"},
    {"a[0s]", 12, "a duration must be greater than 0"},
    {"a[5m-600]", 12, "a duration must be greater than 0"},
    {"a[1/0]", 12, "a duration out of range"},
    {"a[(5m]", 15, "unexpected ']': expected ')'"},
    {"a[x]", 12, "unexpected 'x': expected a duration such as 5m"},
    {"a[1e30]", 12, "a duration out of range"},
    {"(a)[5m]", 13, "a range needs a selector before it"},
    {"a offset 5m [5m]", 22, "offset and @ stand behind the range"},
    {"1[5m:1m]", 11, "a subquery needs an instant vector, not a scalar"},
    {"a offset 5m offset 5m", 22, "a second offset"},
    {"a @ 1 @ 2", 16, "a second @"},
    {"1 offset 5m", 12, "offset needs a selector or a subquery before it"},
    {"a @ x", 14, "unexpected 'x': expected a duration such as 5m"},
    /* Errors of the evaluation. */
    {"requests / requests{code=\"500\"} / on(pod) requests", 42,
     "several elements on the right side match: many-to-many matching is not allowed"},
    {"requests + on(pod) limit", 19,
     "several elements on the left side match: many-to-one matching needs group_left or "
     "group_right"},
    {"requests / on(pod) group_left(code) (limit or limit)", 19,
     "several results have the same labels: the grouping must keep them apart"},
    {"label_replace(limit, \"pod\", \"\", \"pod\", \".*\")", 10,
     "two elements of the result have the same labels"},
    {"label_replace(limit, \"\", \"\", \"pod\", \".*\")", 31,
     "invalid label name in label_replace"},
    {"label_replace(limit, \"x\", \"\", \"pod\", \"(\")", 47, NULL},
    {"label_join(limit, \"\", \"\", \"pod\")", 28, "invalid label name in label_join"},
    {"count_values(\"\", limit)", 10, "an empty label name"},
    {"topk(NaN, limit)", 10, "the parameter is not a number"},
    {"topk(1e300, limit)", 10, "the parameter is out of the range of integers"},
    {"limitk(-Inf, limit)", 10, "the parameter is out of the range of integers"},
    {"histogram_quantiles(took_bucket, \"\", 1)", 43, "an empty label name"},
    {"double_exponential_smoothing(limit[1m], 2, 0.5)", 50,
     "a factor of double_exponential_smoothing must be between 0 and 1"},
    {"sum_over_time(limit[1y:1s])", 24, "a subquery of more than 11000 steps"},
};

START_TEST(error_is_placed)
{
    PromqlStore store = store_of(SAMPLES);
    PromqlResult result = {0};
    Err err = {0};
    Status status = evaluate(ERRORS[_i].query, &store, &result, &err);
    ck_assert_msg(status == ST_RULE, "%s gave %s", ERRORS[_i].query, status_name(status));
    if (ERRORS[_i].text)
        ck_assert_str_eq(err.text, ERRORS[_i].text);
    else
        ck_assert_msg(strstr(err.text, "invalid regular expression: "), "%s", err.text);
    ck_assert_str_eq(err.file, "q.yaml");
    ck_assert_uint_eq(err.line, 7);
    ck_assert_msg(err.column == ERRORS[_i].column, "%s: column %u, not %u", ERRORS[_i].query,
                  err.column, ERRORS[_i].column);
}
END_TEST

START_TEST(an_error_may_be_on_a_later_line)
{
    const PromqlQuery *query;
    Err err = {0};
    Status status = promql_compile(arena, STR("sum(\n  \xc3\xa9)"),
                                   &(PromqlOptions){.file = "q.yaml", .line = 7, .column = 10},
                                   &query, &err);
    ck_assert_status(status, ST_RULE);
    ck_assert_uint_eq(err.line, 8);
    ck_assert_uint_eq(err.column, 3);
}
END_TEST

static void
note_mistake(void *context, unsigned line, unsigned column, const char *text)
{
    buf_printf(context, "%u:%u %s\n", line, column, text);
}

/* No mistake hides another, and none follows from another. */
static const struct {
    const char *query;
    const char *told;
} MISTAKES[] = {
    {"summ(rate(x)) + cuont(y) + foo{a=~\"(\", b=~\"[\"} + max(z[5m])",
     "1:1 unknown function 'summ'; did you mean 'sum'?\n"
     "1:11 argument 1 of rate must be a range vector, not an instant vector\n"
     "1:17 unknown function 'cuont'; did you mean 'count'?\n"
     "1:35 invalid regular expression: regular expression: missing ) at character 1\n"
     "1:43 invalid regular expression: regular expression: missing ] at character 1\n"
     "1:54 max needs an instant vector, not a range vector\n"},
    {"nosuch(a[1m]) and -nosuch(1)[5m:] offset 1m or 1",
     "1:1 unknown function 'nosuch'\n1:20 unknown function 'nosuch'\n"
     "1:19 a sign may stand before a scalar or an instant vector, not before a range vector\n"},
    {"{} + abs() + topk(a, b) + time(1)",
     "1:1 a selector needs a metric name, or a matcher that refuses the empty value\n"
     "1:6 abs takes 1 argument, not 0: abs(instant-vector)\n"
     "1:19 the parameter of topk must be a scalar, not an instant vector\n"
     "1:27 time takes 0 arguments, not 1: time()\n"},
    {"rate(a) + (b", "1:6 argument 1 of rate must be a range vector, not an instant vector\n"
                     "1:13 the query ends where ')' was expected\n"},
};

START_TEST(all_mistakes_are_told_at_once)
{
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 16);
    const PromqlQuery *query = NULL;
    Err err = {0};
    PromqlOptions options = {.complain = note_mistake, .complain_context = &out};
    Status status = promql_compile(arena, str_of(MISTAKES[_i].query), &options, &query, &err);
    ck_assert_status(status, ST_RULE);
    ck_assert_ptr_null(query);
    buf_addc(&out, '\0');
    ck_assert_str_eq(out.data, MISTAKES[_i].told);
}
END_TEST

START_TEST(a_query_says_what_it_reads)
{
    const PromqlQuery *query;
    Err err = {0};
    ck_assert_ok(promql_compile(arena,
                                STR("sum by (pod) (rate(a{code=\"500\"}[5m])) / on(pod) "
                                    "max_over_time(b[5m:1m]) + {__name__=~\"c\"}"),
                                &(PromqlOptions){0}, &query, &err), err);
    ck_assert_int_eq(promql_type(query), PROMQL_VECTOR);
    size_t count;
    const PromqlSelector *selectors = promql_selectors(query, &count);
    ck_assert_uint_eq(count, 3);
    ck_assert_str_view(selectors[0].metric, "a");
    ck_assert_str_view(selectors[0].text, "a{code=\"500\"}");
    ck_assert(selectors[0].is_range);
    ck_assert_str_view(selectors[1].text, "b");
    ck_assert(selectors[1].is_range);
    ck_assert_str_view(selectors[2].metric, "");
    ck_assert(!selectors[2].is_range);
    const Str *labels = promql_labels(query, &count);
    ck_assert_uint_eq(count, 2);
    ck_assert_str_view(labels[0], "pod");
    ck_assert_str_view(labels[1], "code");
    static const struct {
        const char *query;
        bool looks_back;
        bool tells_time;
    } KINDS[] = {
        {"a + b", false, false},       {"rate(a[1m])", true, false}, {"a offset 1m", true, false},
        {"a @ 5", true, true},         {"a - time()", false, true},  {"hour()", false, true},
        {"hour(a)", false, false},     {"timestamp(a)", false, true},
        {"sum(max_over_time(a[5m:1m]))", true, false},
        {"ts_of_last_over_time(a[5m])", true, true},
    };
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        ck_assert_ok(promql_compile(arena, str_of(KINDS[i].query), &(PromqlOptions){0}, &query,
                                    &err), err);
        ck_assert_msg(promql_looks_back(query) == KINDS[i].looks_back, "%s", KINDS[i].query);
        ck_assert_msg(promql_tells_time(query) == KINDS[i].tells_time, "%s", KINDS[i].query);
    }
    size_t function_count;
    const PromqlFunctionDoc *functions = promql_functions(&function_count);
    for (size_t i = 0; i < function_count; i++) {
        ck_assert(strncmp(functions[i].usage, functions[i].name, strlen(functions[i].name)) == 0);
        ck_assert(i == 0 || strcmp(functions[i - 1].name, functions[i].name) < 0);
    }
}
END_TEST

START_TEST(results_know_their_series)
{
    PromqlStore store = store_of(SAMPLES);
    PromqlResult result = {0};
    Err err = {0};
    ck_assert_ok(evaluate("sum(requests) / on() group_left sum(limit)", &store, &result, &err),
                 err);
    ck_assert_uint_eq(result.sample_count, 1);
    ck_assert_uint_eq(result.samples[0].ref_count, 5);
    for (uint32_t i = 0; i < 5; i++)
        ck_assert_uint_eq(result.samples[0].refs[i], i);
    ck_assert_uint_eq(result.series_seen, 5);
}
END_TEST

/* Holes: pod c was not scraped; of pod b only the newest sample is there. */
static const struct {
    const char *query;
    const char *result;
} HOLES[] = {
    {"limit > 0", "{__name__=limit,pod=a} 80; {__name__=limit,pod=b} 80 ..."},
    {"limit{pod=\"a\"}", "{__name__=limit,pod=a} 80"},
    {"sum(limit{pod=~\"a|b\"})", "{} 160"},
    {"limit{other=\"x\"}", " ..."},
    {"sum(limit)", "unknown"},
    {"count(limit) > 0", "unknown"},
    {"absent(nosuch)", "unknown"},
    {"absent(limit)", "unknown"},
    {"absent(limit{pod=\"a\"})", ""},
    {"topk(1, limit)", "unknown"},
    {"scalar(limit)", "unknown"},
    {"histogram_quantile(0.5, took_bucket)", "unknown"},
    {"limit unless limit{pod=\"a\"}", "unknown"},
    {"limit{pod=\"a\"} unless limit", "unknown"},
    {"limit and limit{pod=\"a\"}", "{__name__=limit,pod=a} 80 ..."},
    {"limit{pod=\"a\"} or limit", "{__name__=limit,pod=a} 80; {__name__=limit,pod=b} 80 ..."},
    {"limit or limit{pod=\"a\"}", "{__name__=limit,pod=a} 80; {__name__=limit,pod=b} 80 ..."},
    {"limit{pod=\"a\"} + fill_right(0) limit", "unknown"},
    {"limit + fill_right(0) limit{pod=\"a\"}", "{pod=a} 160; {pod=b} 80 ..."},
    {"limit{pod=\"a\"} + fill_left(0) limit", "{pod=a} 160; {pod=b} 80 ..."},
    {"limit + on(pod) limit", "{pod=a} 160; {pod=b} 160 ..."},
    {"vector(1) + scalar(limit{pod=\"a\"})", "{} 81"},
    {"1 + 1", "2"},
    {"abs(limit)", "{pod=a} 80; {pod=b} 80 ..."},
    {"increase(limit{pod=\"a\"}[20s])", "{pod=a} 40"},
    {"increase(limit{pod=~\"a|b\"}[20s])", "{pod=a} 40 ..."},
    {"sum(increase(limit{pod=~\"a|b\"}[20s]))", "unknown"},
    {"absent_over_time(limit{pod=\"b\"}[20s])", "unknown"},
    {"limit{pod=\"b\"} offset 10s", " ..."},
    {"limit{pod=\"a\"} offset 10s", "{__name__=limit,pod=a} 60"},
};

START_TEST(holes_make_unknown)
{
    PromqlStore store = store_of(SAMPLES);
    for (size_t i = 0; i < store.series_count; i++) {
        PromqlSeries *series = (PromqlSeries *)(uintptr_t)&store.series[i];
        series->newest_ms = series->stamp_ms = 100000;
        series->no_ranges = str_is(labels_get(series->labels, STR("pod")), "b");
    }
    Label b = {STR("pod"), STR("b")}, c = {STR("pod"), STR("c")};
    const Gap *gap = gap_new(arena, "metric:x", STR("timeout: no answer"), STR("timeout"),
                             STR(""), NULL);
    PromqlHole holes[] = {{{&b, 1}, gap, true}, {{&c, 1}, gap, false}};
    store.holes = holes;
    store.hole_count = 2;
    store.is_snapshot = true;
    PromqlResult result = {0};
    Err err = {0};
    ck_assert_ok(evaluate(HOLES[_i].query, &store, &result, &err), err);
    const char *got = written(&result);
    ck_assert_msg(strcmp(got, HOLES[_i].result) == 0, "%s gave '%s', not '%s'", HOLES[_i].query,
                  got, HOLES[_i].result);
    if (result.is_unknown)
        ck_assert_str_view(result.gap->reason, "timeout: no answer");
}
END_TEST

/* text, count times, around or behind another. */
static Str
repeated(const char *text, size_t count, const char *middle, const char *end)
{
    Buf out = BUF_INIT(1 << 20);
    for (size_t i = 0; i < count; i++)
        buf_adds(&out, text);
    buf_adds(&out, middle);
    for (size_t i = 0; i < count; i++)
        buf_adds(&out, end);
    Str made = arena_str(arena, buf_str(&out));
    buf_done(&out);
    return made;
}

START_TEST(limits_hold)
{
    static const struct {
        const char *before;
        size_t count;
        const char *middle;
        const char *behind;
    } DEEP[] = {
        {"(", 30000, "1", ")"},       {"-", 30000, "1", ""},     {"", 20000, "1", "+1"},
        {"", 20000, "1", "^1"},       {"abs(", 9000, "a", ")"},  {"sum(", 9000, "a", ")"},
        {"", 12000, "a", "[1h:]"},    {"(", 10000, "1", "+1)"},
    };
    for (size_t i = 0; i < sizeof DEEP / sizeof *DEEP; i++) {
        const PromqlQuery *query;
        Err err = {0};
        Str text = repeated(DEEP[i].before, DEEP[i].count, DEEP[i].middle, DEEP[i].behind);
        ck_assert_status(promql_compile(arena, text, &(PromqlOptions){0}, &query, &err), ST_RULE);
        ck_assert_msg(strstr(err.text, "levels of nesting") || strstr(err.text, "subquery"), "%s",
                      err.text);
    }
    Err err = {0};
    const PromqlQuery *query;
    Str text = repeated(" ", LIMIT_EXPRESSION_BYTES, "1", "");
    ck_assert_status(promql_compile(arena, text, &(PromqlOptions){0}, &query, &err), ST_RULE);
    ck_assert_str_eq(err.text, "the query is longer than 65536 bytes");

    err_clear(&err);
    PromqlStore store = store_of(SAMPLES);
    PromqlResult result;
    ck_assert_status(evaluate("max_over_time(max_over_time(max_over_time(limit[3h:1s])[3h:1s])"
                              "[3h:1s])", &store, &result, &err), ST_LIMIT);
    err_clear(&err);
    text = repeated("label_join(", 60, "limit", ", \"x\", \"y\", \"x\", \"x\")");
    ck_assert_int_ne(evaluate(arena_cstr(arena, text), &store, &result, &err), ST_OK);
}
END_TEST

/* Queries of the table with bytes changed and cut out: whatever comes, it ends and
 * touches no memory of others (which the sanitizers see). */
START_TEST(damaged_queries_do_no_harm)
{
    static const char BYTES[] = "(){}[]\"'`,:@+-*/%^=!~<>#\\ \n0189.exmsaby_\xff\xc3";
    PromqlStore store = store_of(SAMPLES);
    uint64_t seed = (uint64_t)_i * 2654435761u + 1;
    ArenaMark mark = arena_mark(arena);
    for (int round = 0; round < 200; round++) {
        char text[512];
        size_t n = strlen(RESULTS[_i].query);
        memcpy(text, RESULTS[_i].query, n);
        for (int change = 0; change < 1 + round % 3 && n; change++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            size_t at = (size_t)(seed >> 33) % n;
            if (round % 4 == 3 && n > 1)
                memmove(text + at, text + at + 1, --n - at);
            else
                text[at] = BYTES[(seed >> 20) % (sizeof BYTES - 1)];
        }
        text[n] = '\0';
        PromqlResult result;
        Err err = {0};
        Status status = evaluate(text, &store, &result, &err);
        if (status != ST_OK && status != ST_RULE && status != ST_LIMIT)
            ck_abort_msg("%s: %s", text, err.text);
        arena_reset_to(arena, mark);
    }
}
END_TEST

START_TEST(memory_may_run_out)
{
    PromqlStore store = store_of(SAMPLES);
    for (size_t budget = 256; budget < 60000; budget += 512) {
        Arena *small = arena_new(budget);
        ck_assert_ptr_nonnull(small);
        const PromqlQuery *query;
        PromqlResult result;
        Err err = {0};
        Status status = promql_compile(
            small, STR("topk(1, sum by (pod) (rate(requests{code=~\"2..|5..\"}[1m]))) / on(pod) "
                       "group_left(version) info or label_replace(limit, \"a\", \"$1\", \"pod\", "
                       "\"(.*)\")"),
            &(PromqlOptions){0}, &query, &err);
        PromqlEval eval = {.arena = small, .store = &store, .time_ms = 100000};
        if (status == ST_OK)
            status = promql_eval(query, &eval, &result, &err);
        ck_assert_msg(status == ST_OK || status == ST_NOMEM, "%s", err.text);
        arena_free(small);
    }
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("promql");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 60);
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_loop_test(all, query_gives, 0, COUNT(RESULTS));
    tcase_add_loop_test(all, error_is_placed, 0, COUNT(ERRORS));
    tcase_add_test(all, an_error_may_be_on_a_later_line);
    tcase_add_loop_test(all, all_mistakes_are_told_at_once, 0,
                        sizeof MISTAKES / sizeof *MISTAKES);
    tcase_add_test(all, a_query_says_what_it_reads);
    tcase_add_test(all, results_know_their_series);
    tcase_add_loop_test(all, holes_make_unknown, 0, COUNT(HOLES));
    tcase_add_test(all, limits_hold);
    tcase_add_loop_test(all, damaged_queries_do_no_harm, 0, COUNT(RESULTS));
    tcase_add_test(all, memory_may_run_out);
    suite_add_tcase(suite, all);
    return suite;
}
