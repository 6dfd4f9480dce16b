/* SPDX-License-Identifier: Apache-2.0 */
/* promql.c -- Prometheus' own queries over loaded samples, with the results it gives. */
#include "analyzer/query/promql.h"
#include "base/buf.h"
#include "tests/conformance/conformance.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *
checked(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static double
number_of(const json_t *value)
{
    double number;
    Str text = {json_string_value(value), json_string_length(value)};
    if (text.p && exposition_number(text, &number))
        return number;
    if (str_is(text, "stale")) {
        /* Prometheus' mark of the end of a series. */
        uint64_t bits = 0x7ff0000000000002u;
        memcpy(&number, &bits, sizeof number);
        return number;
    }
    return json_number_value(value);
}

static int
compare_labels(const void *a, const void *b)
{
    return str_cmp(((const Label *)a)->name, ((const Label *)b)->name);
}

static Labels
labels_of(Arena *arena, const json_t *object)
{
    Label *labels = checked(ARENA_ARRAY(arena, Label, json_object_size(object)));
    size_t count = 0;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        Str text = {json_string_value(value), json_string_length(value)};
        if (text.n)
            labels[count++] = (Label){str_of(key), text};
    }
    if (count)
        qsort(labels, count, sizeof *labels, compare_labels);
    return (Labels){labels, count};
}

/* Instant cases give one point a series, range cases the points of the window. */
static void
fill_series(Arena *arena, const json_t *from, PromqlSeries *series)
{
    const json_t *points = json_object_get(from, "points");
    size_t count = points ? json_array_size(points) : 1;
    PromqlPoint *made = checked(ARENA_ARRAY(arena, PromqlPoint, count));
    if (!points)
        made[0] = (PromqlPoint){json_integer_value(json_object_get(from, "ts_ms")),
                                number_of(json_object_get(from, "value"))};
    for (size_t i = 0; points && i < count; i++) {
        const json_t *point = json_array_get(points, i);
        made[i] = (PromqlPoint){json_integer_value(json_array_get(point, 0)),
                                number_of(json_array_get(point, 1))};
    }
    *series = (PromqlSeries){
        .labels = labels_of(arena, json_object_get(from, "metric")),
        .points = made,
        .point_count = count,
    };
}

static bool
same_number(double a, double b)
{
    if (isnan(a) || isnan(b))
        return isnan(a) && isnan(b);
    return a == b || fabs(a - b) <= 1e-6 * fmax(fabs(a), fabs(b));
}

static bool
same_labels(Labels a, Labels b)
{
    if (a.count != b.count)
        return false;
    for (size_t i = 0; i < a.count; i++)
        if (!str_eq(a.items[i].name, b.items[i].name)
            || !str_eq(a.items[i].value, b.items[i].value))
            return false;
    return true;
}

static bool
same_vector(Arena *arena, const PromqlResult *result, const json_t *expected, bool ordered)
{
    if (result->type != PROMQL_VECTOR || result->sample_count != json_array_size(expected))
        return false;
    size_t i;
    json_t *item;
    json_array_foreach(expected, i, item) {
        Labels labels = labels_of(arena, json_object_get(item, "metric"));
        double value = number_of(json_object_get(item, "value"));
        bool found = false;
        for (size_t j = ordered ? i : 0; j < result->sample_count && !found; j++) {
            found = same_labels(result->samples[j].labels, labels)
                    && same_number(result->samples[j].value, value);
            if (ordered)
                break;
        }
        if (!found)
            return false;
    }
    return true;
}

static bool
is_expected(Arena *arena, const json_t *item, const PromqlResult *result)
{
    const json_t *expected = json_object_get(item, "expect");
    const json_t *value = json_object_get(expected, "vector");
    if (value)
        return same_vector(arena, result, value, json_is_true(json_object_get(item, "ordered")));
    value = json_object_get(expected, "scalar");
    if (value)
        return result->type == PROMQL_SCALAR && same_number(result->scalar, number_of(value));
    return result->type == PROMQL_STRING
           && str_eq(result->string, conformance_str(expected, "string"));
}

static void
describe(const PromqlResult *result, Buf *out)
{
    if (result->type != PROMQL_VECTOR)
        buf_printf(out, "%.17g", result->scalar);
    for (size_t i = 0; i < result->sample_count; i++) {
        buf_adds(out, " {");
        for (size_t j = 0; j < result->samples[i].labels.count; j++)
            buf_printf(out, STR_FMT "=" STR_FMT ",",
                       STR_ARG(result->samples[i].labels.items[j].name),
                       STR_ARG(result->samples[i].labels.items[j].value));
        buf_printf(out, "} %.17g", result->samples[i].value);
    }
}

void
conformance_promql(Conformance *conformance, const char *set, const char *file,
                   const json_t *item)
{
    (void)set;
    (void)file;
    bool range = str_is(conformance_str(item, "tier"), "range");
    const char *tier = range ? "promql range" : "promql instant";
    if (json_object_get(item, "needs")) {
        conformance_case(conformance, tier, item, CASE_SKIPPED, "needs the feature flag %s",
                         json_string_value(json_object_get(item, "needs")));
        return;
    }
    Arena *arena = checked(arena_new(SIZE_MAX));
    const json_t *load = json_object_get(item, range ? "load" : "snapshot");
    PromqlSeries *series = checked(ARENA_ARRAY(arena, PromqlSeries, json_array_size(load)));
    for (size_t i = 0; i < json_array_size(load); i++)
        fill_series(arena, json_array_get(load, i), &series[i]);
    PromqlStore store = {.series = series, .series_count = json_array_size(load)};
    PromqlEval eval = {
        .arena = arena,
        .store = &store,
        .time_ms = json_integer_value(json_object_get(item, "eval_ms")),
        /* An instant case shows what is visible: its samples may be any age. */
        .lookback_ms = range ? 0 : INT64_MAX / 4,
    };
    const PromqlQuery *query = NULL;
    PromqlResult result = {0};
    Err err = {0};
    Str text = conformance_str(item, "query");
    Status status = promql_compile(arena, text, &(PromqlOptions){0}, &query, &err);
    if (status == ST_OK)
        status = promql_eval(query, &eval, &result, &err);
    bool wants_error = json_object_get(json_object_get(item, "expect"), "error") != NULL;
    CLEANUP(buf_done) Buf got = BUF_INIT(1 << 20);
    if (status == ST_OK)
        describe(&result, &got);
    if ((status == ST_RULE) != wants_error)
        conformance_case(conformance, tier, item, CASE_FAILED, STR_FMT ": %s%s", STR_ARG(text),
                         wants_error ? "no error, but " : err.text, wants_error ? got.data : "");
    else if (status == ST_OK && !is_expected(arena, item, &result))
        conformance_case(conformance, tier, item, CASE_FAILED, STR_FMT ": %s", STR_ARG(text),
                         got.data ? got.data : "nothing");
    else
        conformance_case(conformance, tier, item, CASE_PASSED, " ");
    arena_free(arena);
}
