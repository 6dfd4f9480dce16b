/* SPDX-License-Identifier: Apache-2.0 */
/* test_metric_source.c -- queries over scraped targets: values, origins, and what is missing. */
#include "analyzer/query/metric_source.h"
#include "tests/unit/runner.h"

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

/* Two pods of mixer; each line is a sample, at 1000 s and 1010 s.  NULL: not there.  A text
 * that begins with '!' was cut. */
typedef struct {
    const char *a[2];
    const char *b[2];
    bool b_unscraped;
} Scrapes;

static void
fill_sample(MetricSample *sample, const char *pod, unsigned number, const char *text)
{
    bool cut = *text == '!';
    Exposition *exposition = ARENA_NEW(arena, Exposition);
    Err err = {0};
    ck_assert_ptr_nonnull(exposition);
    ck_assert_ok(exposition_read(arena, str_of(text + cut), NULL, exposition, &err), err);
    Str member = arena_strf(arena, "metrics/mixer/ns/%s.9093.%u.prom", pod, number);
    *sample = (MetricSample){
        .member = member,
        .number = number,
        .text = exposition,
        .whole = !cut && !exposition->summary.cut && !exposition->bad_line_count,
        .has_time = true,
        .time_ns = (990 + 10 * (int64_t)number) * 1000000000,
    };
}

static MetricTarget *
target_of(const char *pod, const char *const texts[2])
{
    MetricTarget *target = ARENA_NEW(arena, MetricTarget);
    ck_assert_ptr_nonnull(target);
    *target = (MetricTarget){
        .component = STR("mixer"),
        .ns = STR("ns"),
        .pod = str_of(pod),
        .port = 9093,
        .instance = arena_strf(arena, "%s:9093", pod),
    };
    for (unsigned i = 0; i < 2; i++)
        if (texts[i])
            fill_sample(&target->samples[target->sample_count++], pod, i + 1, texts[i]);
    return target;
}

static void
add_hole(MetricTargets *targets, const char *pod, const char *reason)
{
    MetricHole *holes = (MetricHole *)(uintptr_t)targets->holes;
    const Gap *gap = gap_new(arena, "metric:mixer", str_of(reason), STR("class"), STR(""), NULL);
    ck_assert_ptr_nonnull(gap);
    holes[targets->hole_count++] = (MetricHole){STR("mixer"), STR("ns"), str_of(pod), gap};
    targets->gap = gap_join(arena, targets->gap, gap);
}

static MetricTargets
targets_of(const Scrapes *scrapes)
{
    const MetricTarget **items = ARENA_ARRAY(arena, const MetricTarget *, 2);
    MetricTargets targets = {.items = items, .holes = ARENA_ARRAY(arena, MetricHole, 3)};
    ck_assert(items && targets.holes);
    const char *const *pods[] = {scrapes->a, scrapes->b};
    for (size_t i = 0; i < 2; i++) {
        if (!pods[i][0] && !pods[i][1])
            continue;
        MetricTarget *target = target_of(i ? "b" : "a", pods[i]);
        items[targets.count++] = target;
        bool whole = false;
        for (size_t k = 0; k < target->sample_count; k++)
            whole = whole || target->samples[k].whole;
        if (!whole)
            add_hole(&targets, i ? "b" : "a", "truncated");
    }
    if (scrapes->b_unscraped)
        add_hole(&targets, "b", "timeout: ns/b did not answer");
    return targets;
}

static Value
evaluate_targets(const char *query, const MetricTargets *targets, const double *empty)
{
    MetricRequest request = {.targets = targets, .evidence = "metric:mixer"};
    Err err = {0};
    ck_assert_ok(promql_compile(arena, str_of(query), &(PromqlOptions){0}, &request.query, &err),
                 err);
    request.has_empty = empty != NULL;
    request.empty = empty ? *empty : 0;
    return metric_evaluate(arena, &request);
}

static Value
evaluate(const char *query, const Scrapes *scrapes, const double *empty)
{
    MetricTargets targets = targets_of(scrapes);
    return evaluate_targets(query, &targets, empty);
}

/* A value as one text: lists as "pod=a,... 1; ...", gaps by their first reason. */
static const char *
written(Value value)
{
    Buf out = BUF_INIT(1 << 16);
    if (value.type == VALUE_UNKNOWN)
        buf_printf(&out, "unknown: " STR_FMT, STR_ARG(value.gap->reason));
    else if (value.type == VALUE_ERROR)
        buf_printf(&out, "error: " STR_FMT, STR_ARG(value.error->text));
    else if (value.type == VALUE_DOUBLE)
        buf_printf(&out, "%.6g", value.number);
    for (size_t i = 0; value.type == VALUE_LIST && i < value_count(value); i++) {
        Value labels, number;
        ck_assert(value_field(value_item(value, i), STR("labels"), &labels));
        ck_assert(value_field(value_item(value, i), STR("value"), &number));
        buf_adds(&out, i ? "; " : "");
        const char *comma = "";
        for (size_t j = 0; j < value_count(labels); j++) {
            Value key, text;
            value_entry(labels, j, &key, &text);
            if (str_is(key.string, "component") || str_is(key.string, "namespace"))
                continue;
            buf_printf(&out, "%s" STR_FMT "=" STR_FMT, comma, STR_ARG(key.string),
                       STR_ARG(text.string));
            comma = ",";
        }
        buf_printf(&out, " %.6g", number.number);
    }
    if (value.type == VALUE_LIST && value_is_incomplete(value))
        buf_printf(&out, " ... " STR_FMT, STR_ARG(value.list->gap->reason));
    const char *text = arena_cstr(arena, buf_str(&out));
    buf_done(&out);
    return text;
}

static const Scrapes BOTH = {
    .a = {"up 1\ncalls{code=\"OK\"} 10\nprocess_start_time_seconds 500\n",
          "up 1\ncalls{code=\"OK\"} 20\nprocess_start_time_seconds 500\n"},
    .b = {"up 1\ncalls{code=\"OK\"} 5\nprocess_start_time_seconds 600\n",
          "up 0\ncalls{code=\"OK\"} 5\ncalls{code=\"DEAD\"} 1\nprocess_start_time_seconds 600\n"},
};
static const Scrapes ONE_MISSING = {
    .a = {"up 1\ncalls{code=\"OK\"} 10\n", "up 1\ncalls{code=\"OK\"} 20\n"},
    .b_unscraped = true,
};
static const Scrapes ALL_MISSING = {.b_unscraped = true};
static const Scrapes NO_TARGET = {.b_unscraped = false};
static const Scrapes SECOND_CUT = {
    .a = {"calls 10\nother 1\n", "!calls 20\noth"},
};
static const Scrapes BOTH_CUT = {
    .a = {NULL, "!other 1\ncalls 20\ncalls{code=\"OK\"} 12"},
};
static const Scrapes RESTARTED = {
    .a = {"calls 10\nprocess_start_time_seconds 500\n",
          "calls 20\nprocess_start_time_seconds 1005\n"},
    .b = {"calls 10\nprocess_start_time_seconds 500\n",
          "calls 20\nprocess_start_time_seconds 500\n"},
};
static const Scrapes FALLEN = {
    .a = {"# TYPE calls counter\ncalls 10\n", "# TYPE calls counter\ncalls 4\n"},
};
static const Scrapes ONE_SAMPLE = {.a = {"calls 10\n", NULL}};
static const Scrapes ENDED = {
    .a = {"calls{x=\"1\"} 10\ncalls{x=\"2\"} 3\n", "calls{x=\"1\"} 10\n"},
};
static const Scrapes OWN_LABELS = {
    .a = {"calls{pod=\"p\",instance=\"i\",exported_pod=\"q\",namespace=\"\"} 1\n", NULL},
};
static const Scrapes STAMPED = {.a = {"calls 1 123000\nother 1\n", NULL}};

static const double ZERO = 0;

static const struct {
    const Scrapes *scrapes;
    const char *query;
    const double *empty;
    const char *value;
} VALUES[] = {
    /* Lists and numbers. */
    {&BOTH, "up == 0", NULL, "__name__=up,instance=b:9093,pod=b 0"},
    {&BOTH, "sum by (code) (calls)", NULL, "code=OK 25; code=DEAD 1"},
    {&BOTH, "sum(calls)", &ZERO, "26"},
    {&BOTH, "nosuch", NULL, ""},
    {&BOTH, "nosuch", &ZERO, "0"},
    {&BOTH, "calls", &ZERO,
     "error: the query gives 3 series where one number is wanted: aggregate them"},
    {&BOTH, "scalar(sum(calls))", NULL, "26"},
    {&BOTH, "time()", NULL, "1010"},
    {&BOTH, "time() - max(process_start_time_seconds)", &ZERO, "410"},
    {&BOTH, "calls{pod=\"a\"} + on() group_left calls", NULL,
     "error: several elements on the right side match: many-to-many matching is not allowed"},
    {&BOTH, "count({component=\"mixer\",namespace=\"ns\"})", &ZERO, "7"},
    /* Ranges. */
    {&BOTH, "increase(calls[10s])", NULL, ""},
    {&BOTH, "delta(calls[11s])", NULL,
     "code=OK,instance=a:9093,pod=a 11; code=OK,instance=b:9093,pod=b 0"},
    {&BOTH, "sum(idelta(calls[1m]))", &ZERO, "10"},
    {&BOTH, "calls{pod=\"a\"} offset 10s", NULL,
     "__name__=calls,code=OK,instance=a:9093,pod=a 10"},
    {&ENDED, "count_over_time(calls[1m])", NULL,
     "instance=a:9093,pod=a,x=1 2; instance=a:9093,pod=a,x=2 1"},
    {&ENDED, "calls", NULL, "__name__=calls,instance=a:9093,pod=a,x=1 10"},
    {&RESTARTED, "idelta(calls[1m])", NULL, "instance=b:9093,pod=b 10 ... restarted between its "
     "two samples: ns/a:9093"},
    {&RESTARTED, "sum(idelta(calls[1m]))", &ZERO,
     "unknown: restarted between its two samples: ns/a:9093"},
    {&RESTARTED, "sum(calls)", &ZERO, "40"},
    {&FALLEN, "irate(calls[1m])", NULL, "unknown: restarted between its two samples: ns/a:9093"},
    {&ONE_SAMPLE, "irate(calls[1m])", NULL, "unknown: only one whole sample: ns/a:9093"},
    {&ONE_SAMPLE, "calls", &ZERO, "10"},
    {&ONE_SAMPLE, "absent_over_time(calls[1m])", NULL, "unknown: only one whole sample: ns/a:9093"},
    /* Missing and cut targets. */
    {&ONE_MISSING, "calls > 5", NULL, "__name__=calls,code=OK,instance=a:9093,pod=a 20 ... "
     "timeout: ns/b did not answer"},
    {&ONE_MISSING, "calls > 50", NULL, " ... timeout: ns/b did not answer"},
    {&ONE_MISSING, "sum(calls)", NULL, "unknown: timeout: ns/b did not answer"},
    {&ONE_MISSING, "calls", &ZERO, "unknown: timeout: ns/b did not answer"},
    {&ONE_MISSING, "nosuch", &ZERO, "unknown: timeout: ns/b did not answer"},
    {&ONE_MISSING, "absent(calls)", NULL, "unknown: timeout: ns/b did not answer"},
    {&ONE_MISSING, "calls unless up", NULL, "unknown: timeout: ns/b did not answer"},
    {&ONE_MISSING, "sum(calls{pod=\"a\"})", &ZERO, "20"},
    {&ONE_MISSING, "sum(calls{instance=~\"a.*\"})", &ZERO,
     "unknown: timeout: ns/b did not answer"},
    {&ALL_MISSING, "calls", NULL, "unknown: timeout: ns/b did not answer"},
    {&ALL_MISSING, "time() - calls", NULL, "unknown: timeout: ns/b did not answer"},
    {&NO_TARGET, "calls", NULL, ""},
    {&NO_TARGET, "calls", &ZERO, "0"},
    {&NO_TARGET, "absent(calls)", NULL, " 1"},
    {&NO_TARGET, "time()", NULL, "unknown: the time of the samples is not known"},
    {&SECOND_CUT, "calls", NULL, "__name__=calls,instance=a:9093,pod=a 10"},
    {&SECOND_CUT, "time()", NULL, "1000"},
    {&SECOND_CUT, "rate(calls[1m])", NULL, "unknown: only one whole sample: ns/a:9093"},
    {&BOTH_CUT, "calls", NULL, "__name__=calls,instance=a:9093,pod=a 20 ... truncated"},
    {&BOTH_CUT, "calls{code=\"OK\"}", NULL, "unknown: truncated"},
    /* Labels and times of the text itself. */
    {&OWN_LABELS, "calls", NULL, "__name__=calls,exported_exported_pod=p,exported_instance=i,"
     "exported_pod=q,instance=a:9093,pod=a 1"},
    {&STAMPED, "timestamp(calls)", &ZERO, "123"},
    {&STAMPED, "timestamp(other)", &ZERO, "1000"},
};

START_TEST(value_is)
{
    const char *got =
        written(evaluate(VALUES[_i].query, VALUES[_i].scrapes, VALUES[_i].empty));
    ck_assert_msg(strcmp(got, VALUES[_i].value) == 0, "%s gave '%s', not '%s'", VALUES[_i].query,
                  got, VALUES[_i].value);
}
END_TEST

START_TEST(values_know_their_origin)
{
    Value list = evaluate("calls{code=\"OK\"} > 5", &BOTH, NULL);
    ck_assert_uint_eq(value_count(list), 1);
    Value item = value_item(list, 0);
    ck_assert_ptr_nonnull(item.origin);
    ck_assert_str_view(item.origin->member, "metrics/mixer/ns/a.9093.2.prom");
    ck_assert_uint_eq(item.origin->line, 2);
    ck_assert_str_view(item.origin->excerpt, "calls{code=\"OK\"} 20");
    Value number;
    ck_assert(value_field(item, STR("value"), &number));
    ck_assert_ptr_nonnull(number.origin);

    Value sum = evaluate("sum(calls)", &BOTH, &ZERO);
    ck_assert_ptr_nonnull(sum.origin);
    ck_assert_str_view(sum.origin->excerpt, "calls{code=\"OK\"} 20 (and 2 more series)");

    Value none = evaluate("nosuch{a=\"b\"}", &BOTH, &ZERO);
    ck_assert_ptr_nonnull(none.origin);
    ck_assert_str_view(none.origin->member, "metrics/mixer/ns/a.9093.2.prom");
    ck_assert_uint_eq(none.origin->line, 0);
    ck_assert_str_view(none.origin->excerpt, "no series matches nosuch{a=\"b\"} (7 series read)");

    none = evaluate("calls > 100", &BOTH, NULL);
    ck_assert_uint_eq(value_count(none), 0);
    ck_assert_str_view(none.origin->excerpt, "no element of calls > 100 (7 series read)");
    none = evaluate("calls", &NO_TARGET, NULL);
    ck_assert_str_view(none.origin->excerpt, "there is no target");
}
END_TEST

START_TEST(excerpts_are_escaped)
{
    static const Scrapes ODD = {.a = {"x{y=\"a\\\"b\\\\c\\nd\"} 0.1\n", NULL}};
    Value item = value_item(evaluate("x", &ODD, NULL), 0);
    ck_assert_str_view(item.origin->excerpt, "x{y=\"a\\\"b\\\\c\\nd\"} 0.1");
}
END_TEST

START_TEST(times_may_be_unknown)
{
    MetricTargets targets = targets_of(&BOTH);
    MetricTarget *target = (MetricTarget *)(uintptr_t)targets.items[0];
    target->samples[0].has_time = target->samples[1].has_time = false;
    ck_assert_str_eq(written(evaluate_targets("sum(up)", &targets, &ZERO)), "1");
    ck_assert_str_eq(written(evaluate_targets("time() - up", &targets, NULL)),
                     "unknown: the time of the samples is not known");
    ck_assert_str_eq(written(evaluate_targets("rate(up{pod=\"a\"}[1m])", &targets, NULL)),
                     "unknown: the times of the samples are not known: ns/a:9093");
}
END_TEST

/* A query of which only the labels that it names are read, and one that reads all of them and must
 * give the same. */
static const struct {
    const Scrapes *scrapes;
    const char *narrow;
    const char *wide;
} PAIRS[] = {
    {&BOTH, "count by (pod) ({__name__=~\".+\"})", "count by (pod) ({__name__=~\".+\"} or x)"},
    {&BOTH, "sum by (code, pod) (calls{code!=\"OK\"})",
     "sum by (code, pod) (calls{code!=\"OK\"} or x)"},
    {&BOTH, "max(calls) - min(up{instance=\"b:9093\"})",
     "max(calls or x) - min(up{instance=\"b:9093\"} or x)"},
    {&BOTH, "quantile by (__name__) (0.5, {__name__=~\"up|calls\"})",
     "quantile by (__name__) (0.5, up or calls)"},
    {&BOTH, "count by (pod) (up) unless on (pod) calls{code=\"DEAD\"}",
     "count by (pod) (up or x) unless on (pod) (calls{code=\"DEAD\"} or x)"},
    {&OWN_LABELS, "sum by (exported_exported_pod, exported_pod, pod) (calls)",
     "sum by (exported_exported_pod, exported_pod, pod) (calls or x)"},
    {&OWN_LABELS, "count by (exported_instance) (calls{exported_namespace=\"\"})",
     "count by (exported_instance) (calls{exported_namespace=\"\"} or x)"},
    {&ONE_MISSING, "sum by (pod) (calls)", "sum by (pod) (calls or x)"},
    {&SECOND_CUT, "sum by (pod) (calls)", "sum by (pod) (calls or x)"},
};

static bool
reads_named_labels(const char *text)
{
    const PromqlQuery *query;
    Err err = {0};
    ck_assert_ok(promql_compile(arena, str_of(text), &(PromqlOptions){0}, &query, &err), err);
    return promql_reads_named_labels(query);
}

START_TEST(named_labels_are_enough)
{
    ck_assert(reads_named_labels(PAIRS[_i].narrow));
    ck_assert(!reads_named_labels(PAIRS[_i].wide));
    const char *narrow = written(evaluate(PAIRS[_i].narrow, PAIRS[_i].scrapes, NULL));
    ck_assert_str_ne(narrow, "");
    ck_assert_str_eq(narrow, written(evaluate(PAIRS[_i].wide, PAIRS[_i].scrapes, NULL)));
}
END_TEST

START_TEST(other_labels_matter)
{
    static const char *const QUERIES[] = {
        "calls", "rate(calls[1m])", "sum without (pod) (calls)", "topk(1, calls)",
        "count_values(\"v\", calls)", "sum(rate(calls[1m]))", "sum by (pod) (calls) and calls",
        "calls and on (pod) sum by (pod) (calls)", "sum by (pod) (calls) / on (pod) up",
        "sum(calls - up)", "-calls", "sum(sum_over_time(calls[5m:1m]))", "scalar(calls)",
    };
    for (size_t i = 0; i < sizeof QUERIES / sizeof *QUERIES; i++)
        ck_assert_msg(!reads_named_labels(QUERIES[i]), "%s", QUERIES[i]);
}
END_TEST

START_TEST(only_numbers_and_lists_are_given)
{
    static const struct {
        const char *query;
        bool good;
        MetricGives gives;
        MetricGives gives_with_empty;
    } QUERIES[] = {
        {"x", true, METRIC_GIVES_LIST, METRIC_GIVES_NUMBER},
        {"scalar(x)", true, METRIC_GIVES_NUMBER, METRIC_GIVES_NUMBER},
        {"\"x\"", false, METRIC_GIVES_LIST, METRIC_GIVES_NUMBER},
        {"x[5m]", false, METRIC_GIVES_LIST, METRIC_GIVES_NUMBER},
    };
    for (size_t i = 0; i < sizeof QUERIES / sizeof *QUERIES; i++) {
        const PromqlQuery *query;
        Err err = {0};
        ck_assert_ok(promql_compile(arena, str_of(QUERIES[i].query), &(PromqlOptions){0}, &query,
                                    &err), err);
        Status status = metric_check(query, &err);
        ck_assert_int_eq(status, QUERIES[i].good ? ST_OK : ST_RULE);
        ck_assert_int_eq(metric_gives(query, false), QUERIES[i].gives);
        ck_assert_int_eq(metric_gives(query, true), QUERIES[i].gives_with_empty);
    }
}
END_TEST

START_TEST(memory_may_run_out)
{
    MetricTargets targets = targets_of(&BOTH);
    MetricRequest request = {.targets = &targets, .evidence = "metric:mixer"};
    Err err = {0};
    ck_assert_ok(promql_compile(arena, STR("delta(calls[1m]) or calls"), &(PromqlOptions){0},
                                &request.query, &err), err);
    for (size_t budget = 0; budget < 60000; budget += 256) {
        Arena *small = arena_new(budget);
        ck_assert_ptr_nonnull(small);
        Value value = metric_evaluate(small, &request);
        ck_assert(value.type == VALUE_ERROR || value.type == VALUE_LIST);
        arena_free(small);
    }
}
END_TEST

/* Series that the query looked at are not kept: those of a scrape take hundreds of megabytes. */
START_TEST(only_the_answer_is_kept)
{
    MetricTargets targets = targets_of(&BOTH);
    MetricRequest request = {.targets = &targets, .evidence = "metric:mixer"};
    Err err = {0};
    ck_assert_ok(promql_compile(arena, STR("count({__name__=~\".+\"})"), &(PromqlOptions){0},
                                &request.query, &err), err);
    Arena *own = arena_new(SIZE_MAX);
    ck_assert_ptr_nonnull(own);
    Value value = metric_evaluate(own, &request);
    ck_assert_int_eq(value.type, VALUE_LIST);
    ck_assert_uint_eq(value_count(value), 1);
    ck_assert_uint_lt(arena_used_bytes(own), 1024);
    arena_free(own);
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("metric_source");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_loop_test(all, value_is, 0, COUNT(VALUES));
    tcase_add_loop_test(all, named_labels_are_enough, 0, COUNT(PAIRS));
    tcase_add_test(all, other_labels_matter);
    tcase_add_test(all, values_know_their_origin);
    tcase_add_test(all, excerpts_are_escaped);
    tcase_add_test(all, times_may_be_unknown);
    tcase_add_test(all, only_numbers_and_lists_are_given);
    tcase_add_test(all, memory_may_run_out);
    tcase_add_test(all, only_the_answer_is_kept);
    suite_add_tcase(suite, all);
    return suite;
}
