/* SPDX-License-Identifier: Apache-2.0 */
/* test_promql_oracle.c -- the same queries to Prometheus' own promtool, where it is installed. */
#include "analyzer/query/promql.h"
#include "base/buf.h"
#include "base/subprocess.h"
#include "tests/unit/runner.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { POINTS = 3, STEP_S = 10 };

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

/* Series as promtool writes them, and their values at 0, 10 and 20 s. */
static const struct {
    const char *series;
    double values[POINTS];
} SERIES[] = {
    {"a{i=\"1\",j=\"x\"}", {1, 2, 4}},
    {"a{i=\"2\",j=\"x\"}", {8, 16, 32}},
    {"a{i=\"2\",j=\"y\"}", {5, 3, 7}},
    {"b{i=\"1\"}", {3, 3, 3}},
    {"b{i=\"2\"}", {10, 20, 5}},
    {"c{k=\"z\"}", {-2.5, 0, 2.5}},
    {"h_bucket{le=\"0.5\"}", {0, 1, 3}},
    {"h_bucket{le=\"1\"}", {0, 2, 9}},
    {"h_bucket{le=\"+Inf\"}", {0, 4, 12}},
};
enum { SERIES_COUNT = sizeof SERIES / sizeof *SERIES };

static PromqlStore
make_store(void)
{
    PromqlSeries *series = ARENA_ARRAY(arena, PromqlSeries, SERIES_COUNT);
    ck_assert_ptr_nonnull(series);
    for (size_t i = 0; i < SERIES_COUNT; i++) {
        Exposition e;
        Err err = {0};
        ck_assert_ok(exposition_read(arena, arena_strf(arena, "%s 0\n", SERIES[i].series), NULL, &e,
                                     &err), err);
        Labels own = e.samples[0].labels;
        Label *labels = ARENA_ARRAY(arena, Label, own.count + 1);
        PromqlPoint *points = ARENA_ARRAY(arena, PromqlPoint, POINTS);
        ck_assert(labels && points);
        labels[0] = (Label){STR("__name__"), e.samples[0].name};
        memcpy(labels + 1, own.items, own.count * sizeof *labels);
        for (int p = 0; p < POINTS; p++)
            points[p] = (PromqlPoint){1000 * STEP_S * p, SERIES[i].values[p]};
        series[i] = (PromqlSeries){
            .labels = {labels, own.count + 1}, .points = points, .point_count = POINTS};
    }
    return (PromqlStore){.series = series, .series_count = SERIES_COUNT};
}

/* Each %s of a template takes every word of a list; ranges leave out the points at their very
 * beginning, which older versions of promtool take in. */
static const char *const OPERATORS[] = {"+", "-",  "*",  "/", "%", "^", "==",
                                        "!=", "<", "<=", ">", ">="};
static const char *const VECTORS[] = {"a", "b", "c", "a{j=\"x\"}", "b * 2", "sum by (i) (a)"};
static const char *const AGGREGATES[] = {"sum", "avg", "count", "min", "max", "group", "stddev",
                                         "stdvar"};
static const char *const SETS[] = {"and", "or", "unless"};
static const char *const NUMBERS[] = {"abs",  "ceil", "floor", "exp",  "sqrt", "sgn",  "deg",
                                      "rad",  "round", "sin",  "cos",  "tanh", "atan", "ln",
                                      "log2", "log10", "minute", "day_of_week", "days_in_month"};
static const char *const RANGES[] = {
    "rate",          "increase",      "delta",         "idelta",          "irate",
    "changes",       "resets",        "deriv",         "sum_over_time",   "avg_over_time",
    "min_over_time", "max_over_time", "last_over_time", "count_over_time", "present_over_time",
    "stddev_over_time", "stdvar_over_time"};
static const char *const OTHERS[] = {
    "topk(2, a)", "bottomk by (j) (1, a)", "quantile(0.3, a)", "count_values(\"v\", a)",
    "histogram_quantile(0.5, h_bucket)", "histogram_quantile(0.9, h_bucket)",
    "histogram_quantile(0.01, h_bucket)", "histogram_quantile(0.5, rate(h_bucket[15s]))",
    "clamp(a, 3, 6)", "clamp_min(a, 5)", "clamp_max(a, 5)", "round(c, 0.4)",
    "absent(nosuch{x=\"y\"})",
    "absent(a)", "absent_over_time(nosuch[15s])", "scalar(b{i=\"1\"}) + a", "vector(2) * 3",
    "label_replace(a, \"new\", \"$1-$2\", \"j\", \"(.)(.*)\")",
    "label_join(a, \"new\", \"-\", \"i\", \"j\")", "sort(a)", "sort_desc(a)", "a offset 10s",
    "a @ 10", "a @ end() offset 5s", "sum_over_time(a[14s:5s])",
    "max_over_time(rate(a[15s])[20s:7s])",
    "a * on(i) group_left b", "b * on(i) group_right a", "a / ignoring(j) group_left b",
    "b * on(i) group_right(nosuch) a", "a and on(i) b > 4", "a unless on(i) (b < 4)",
    "sum without (j) (a)", "sum by (nosuch) (a)", "-a ^ 2", "2 ^ -a", "a + bool_less", "a > bool 4",
    "5 >= bool a", "4 < a", "predict_linear(a[15s], 60)", "quantile_over_time(0.5, a[15s])",
    "holt_winters(a[25s], 0.5, 0.5)", "timestamp(a)", "time() + vector(0)", "hour() + year()",
    "{__name__=~\"a|b\",i=\"1\"}", "a{i!~\"1\"}", "a{nosuch=\"\"}", "a == a", "a != bool a",
    "a atan2 a", "1 - (2 - 3) * a", "count(a) / count(b)", "a + 017", "a + 08",
};

typedef struct {
    PromqlStore store;
    Buf cases;
    unsigned count;
} Writer;

static void
write_labels(Buf *out, Labels labels)
{
    Str name = labels_get(labels, STR("__name__"));
    buf_add_str(out, name);
    buf_addc(out, '{');
    const char *comma = "";
    for (size_t i = 0; i < labels.count; i++) {
        if (str_is(labels.items[i].name, "__name__"))
            continue;
        buf_printf(out, "%s" STR_FMT "=\"" STR_FMT "\"", comma, STR_ARG(labels.items[i].name),
                   STR_ARG(labels.items[i].value));
        comma = ",";
    }
    buf_addc(out, '}');
}

/* Adds the query with what we say of it.  What is an error here is left out, and NaN, and powers
 * so large that libraries differ in their last digit. */
static void
add_query(Writer *writer, const char *text)
{
    const PromqlQuery *query;
    PromqlResult result = {0};
    Err err = {0};
    PromqlEval eval = {
        .arena = arena, .store = &writer->store, .time_ms = 1000 * STEP_S * (POINTS - 1)};
    Status status = promql_compile(arena, str_of(text), &(PromqlOptions){0}, &query, &err);
    if (status == ST_OK)
        status = promql_eval(query, &eval, &result, &err);
    if (status != ST_OK || result.type != PROMQL_VECTOR)
        return;
    for (size_t i = 0; i < result.sample_count; i++)
        if (isnan(result.samples[i].value)
            || (isfinite(result.samples[i].value) && fabs(result.samples[i].value) > 1e15))
            return;
    Buf *out = &writer->cases;
    /* Rounded to nine digits on both sides: the last ones depend on the order of sums. */
    buf_printf(out, "      - expr: 'round((%s) * 1e6, 1) / 1e6'\n        eval_time: %ds\n"
               "        exp_samples:", text, STEP_S * (POINTS - 1));
    Str rounded = arena_strf(arena, "round((%s) * 1e6, 1) / 1e6", text);
    ck_assert_ok(promql_compile(arena, rounded, &(PromqlOptions){0}, &query, &err), err);
    status = promql_eval(query, &eval, &result, &err);
    ck_assert_msg(status == ST_OK, "%s: %s", text, err.text);
    buf_adds(out, result.sample_count ? "\n" : " []\n");
    for (size_t i = 0; i < result.sample_count; i++) {
        buf_adds(out, "        - labels: '");
        write_labels(out, result.samples[i].labels);
        if (isinf(result.samples[i].value))
            buf_printf(out, "'\n          value: %s\n",
                       result.samples[i].value > 0 ? ".inf" : "-.inf");
        else
            buf_printf(out, "'\n          value: %.17g\n", result.samples[i].value);
    }
    writer->count++;
}

static void PRINTF_LIKE(2, 3)
add(Writer *writer, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    add_query(writer, text);
}

#define EACH(index, list) for (size_t index = 0; index < sizeof(list) / sizeof *(list); index++)

static void
add_all(Writer *writer)
{
    EACH(i, VECTORS) EACH(j, VECTORS) {
        EACH(k, OPERATORS) {
            add(writer, "(%s) %s (%s)", VECTORS[i], OPERATORS[k], VECTORS[j]);
            add(writer, "(%s) %s on(i) (%s)", VECTORS[i], OPERATORS[k], VECTORS[j]);
        }
        EACH(k, SETS)
            add(writer, "(%s) %s on(i) (%s)", VECTORS[i], SETS[k], VECTORS[j]);
    }
    EACH(i, VECTORS) {
        EACH(k, OPERATORS) {
            add(writer, "(%s) %s 2", VECTORS[i], OPERATORS[k]);
            add(writer, "2 %s (%s)", OPERATORS[k], VECTORS[i]);
        }
        EACH(k, NUMBERS)
            add(writer, "%s(%s)", NUMBERS[k], VECTORS[i]);
        EACH(k, AGGREGATES) {
            add(writer, "%s(%s)", AGGREGATES[k], VECTORS[i]);
            add(writer, "%s by (i) (%s)", AGGREGATES[k], VECTORS[i]);
            add(writer, "%s without (i) (%s)", AGGREGATES[k], VECTORS[i]);
        }
    }
    EACH(k, RANGES) {
        add(writer, "%s(a[15s])", RANGES[k]);
        add(writer, "%s(b[25s])", RANGES[k]);
        add(writer, "%s(c[1m] offset 10s)", RANGES[k]);
        add(writer, "%s(a[7s])", RANGES[k]);
    }
    EACH(k, OTHERS)
        add_query(writer, OTHERS[k]);
}

START_TEST(promtool_agrees)
{
    Writer writer = {.store = make_store(), .cases = BUF_INIT(16 << 20)};
    CLEANUP(buf_done) Buf file = BUF_INIT(16 << 20);
    add_all(&writer);
    ck_assert_uint_gt(writer.count, 700);
    buf_printf(&file, "evaluation_interval: 10s\ntests:\n  - interval: %ds\n"
                      "    input_series:\n", STEP_S);
    for (size_t i = 0; i < SERIES_COUNT; i++)
        buf_printf(&file, "      - series: '%s'\n        values: '%g %g %g'\n", SERIES[i].series,
                   SERIES[i].values[0], SERIES[i].values[1], SERIES[i].values[2]);
    buf_adds(&file, "    promql_expr_test:\n");
    buf_add_str(&file, buf_str(&writer.cases));
    buf_done(&writer.cases);
    ck_assert_int_eq(file.failed, ST_OK);

    char path[] = "/tmp/meshcase-promql-XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, file.data, file.n), (ssize_t)file.n);
    (void)close(fd);
    const char *const argv[] = {"promtool", "test", "rules", path, NULL};
    SubprocessSpec spec = {.argv = argv, .timeout_ns = 100 * INT64_C(1000000000),
                           .max_stdout_bytes = 1 << 20, .max_stderr_bytes = 1 << 20};
    SubprocessResult result = {0};
    Err err = {0};
    Status status = subprocess_run(&spec, &result, &err);
    (void)unlink(path);
    if (status == ST_NOT_FOUND) {
        printf("promql_oracle: no promtool, skipped\n");
        return;
    }
    ck_assert_ok(status, err);
    if (result.exit_code != 0) {
        printf(STR_FMT STR_FMT, STR_ARG(buf_str(&result.out)), STR_ARG(buf_str(&result.err)));
        (void)fflush(stdout);
    }
    ck_assert_msg(result.exit_code == 0, "promtool differs in some of %u queries", writer.count);
    subprocess_result_done(&result);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("promql_oracle");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 120);
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, promtool_agrees);
    suite_add_tcase(suite, all);
    return suite;
}
