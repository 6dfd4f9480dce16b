/* SPDX-License-Identifier: Apache-2.0 */
/* exposition.c -- metrics text of other projects: what is accepted and how it is read. */
#include "analyzer/text/exposition.h"
#include "tests/conformance/conformance.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static Str
text_of(Arena *arena, const json_t *item)
{
    Str hex = conformance_str(item, "input_hex");
    if (!hex.p)
        return conformance_str(item, "input");
    char *bytes = arena_alloc(arena, hex.n / 2 + 1);
    if (!bytes)
        abort();
    for (size_t i = 0; i < hex.n / 2; i++) {
        unsigned byte = 0;
        (void)sscanf(hex.p + 2 * i, "%2x", &byte);
        bytes[i] = (char)byte;
    }
    return (Str){bytes, hex.n / 2};
}

static bool
same_number(double a, const json_t *expected)
{
    double b = 0;
    Str text = {json_string_value(expected), json_string_length(expected)};
    return exposition_number(text, &b) && (a == b || (isnan(a) && isnan(b)));
}

/* True if a sample has exactly the labels of an object, __name__ and one other left out. */
static bool
same_labels(Labels labels, const json_t *object, const char *except)
{
    size_t expected = 0;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        if (strcmp(key, "__name__") == 0 || (except && strcmp(key, except) == 0))
            continue;
        expected++;
        Str found = labels_get(labels, str_of(key));
        double a, b;
        Str text = {json_string_value(value), json_string_length(value)};
        bool number = (strcmp(key, "le") == 0 || strcmp(key, "quantile") == 0)
                      && exposition_number(found, &a) && exposition_number(text, &b) && a == b;
        if (!number && !str_eq(found, text))
            return false;
    }
    size_t count = labels.count;
    for (size_t i = 0; i < labels.count; i++)
        count -= except && str_is(labels.items[i].name, except);
    return count == expected;
}

static bool
is_created(Str name, MetricType type)
{
    return str_ends(name, STR("_created"))
           && (type == METRIC_COUNTER || type == METRIC_SUMMARY || type == METRIC_HISTOGRAM);
}

/* Prometheus' own entries: samples in order, times of creation left out.  They were written in
 * Go, where a value of zero need not be. */
static bool
same_entries(const Exposition *e, const json_t *entries)
{
    size_t at = 0, i;
    json_t *entry;
    json_array_foreach(entries, i, entry) {
        const json_t *labels = json_object_get(entry, "labels");
        const json_t *value = json_object_get(entry, "value");
        if (!labels)
            continue;       /* HELP, TYPE, UNIT or a comment */
        while (at < e->sample_count && is_created(e->samples[at].name, e->samples[at].type))
            at++;
        if (at == e->sample_count)
            return false;
        const ExpositionSample *s = &e->samples[at++];
        const json_t *stamp = json_object_get(entry, "timestamp_ms");
        if (!str_eq(s->name, conformance_str(labels, "__name__"))
            || !same_labels(s->labels, labels, NULL)
            || (value ? !same_number(s->value, value) : s->value != 0)
            || s->has_timestamp != (stamp != NULL)
            || (stamp && s->timestamp_ms != json_integer_value(stamp))
            || s->has_exemplar != (json_object_get(entry, "exemplars") != NULL))
            return false;
    }
    while (at < e->sample_count && is_created(e->samples[at].name, e->samples[at].type))
        at++;
    return at == e->sample_count;
}

/* True if there is a sample NAME{labels, except=bound} of this value. */
static bool
has_sample(const Exposition *e, const char *name, const char *suffix, const json_t *labels,
           const char *except, const json_t *bound, const json_t *value)
{
    char full[300];
    (void)snprintf(full, sizeof full, "%s%s", name, suffix);
    for (const ExpositionSample *s = exposition_first(e, str_of(full)); s;
         s = exposition_next(e, s)) {
        double number;
        if (same_labels(s->labels, labels, except) && same_number(s->value, value)
            && (!bound
                || (exposition_number(labels_get(s->labels, str_of(except)), &number)
                    && same_number(number, bound))))
            return true;
    }
    return false;
}

static bool
same_parts(const Exposition *e, const char *name, const json_t *labels, const json_t *whole,
           const char *list, const char *suffix, const char *label)
{
    size_t i;
    json_t *pair;
    json_array_foreach(json_object_get(whole, list), i, pair) {
        if (!has_sample(e, name, suffix, labels, label, json_array_get(pair, 0),
                        json_array_get(pair, 1)))
            return false;
    }
    const json_t *count = json_object_get(whole, "count");
    const json_t *sum = json_object_get(whole, "sum");
    return (!count || has_sample(e, name, "_count", labels, NULL, NULL, count))
           && (!sum || has_sample(e, name, "_sum", labels, NULL, NULL, sum));
}

static bool
same_families(const Exposition *e, const json_t *families)
{
    size_t i, j;
    json_t *family, *metric;
    json_array_foreach(families, i, family) {
        const char *name = json_string_value(json_object_get(family, "name"));
        json_array_foreach(json_object_get(family, "metrics"), j, metric) {
            const json_t *labels = json_object_get(metric, "labels");
            const json_t *value = json_object_get(metric, "value");
            const json_t *summary = json_object_get(metric, "summary");
            const json_t *histogram = json_object_get(metric, "histogram");
            if ((value && !has_sample(e, name, "", labels, NULL, NULL, value))
                || (summary
                    && !same_parts(e, name, labels, summary, "quantiles", "", "quantile"))
                || (histogram
                    && !same_parts(e, name, labels, histogram, "buckets", "_bucket", "le")))
                return false;
        }
    }
    return true;
}

static const char *
tier_of(const json_t *item, bool positive)
{
    if (str_is(conformance_str(item, "format"), "prometheus-0.0.4"))
        return "exposition 0.0.4";
    return positive ? "exposition OpenMetrics good" : "exposition OpenMetrics bad";
}

static void
run_case(Conformance *conformance, const json_t *item, bool strict, bool legacy)
{
    Arena *arena = arena_new(SIZE_MAX);
    if (!arena)
        abort();
    const char *key = legacy ? "should_parse_legacy_names" : "should_parse";
    bool expected = json_is_true(json_object_get(item, key));
    const char *tier = tier_of(item, expected);
    ExpositionOptions options = {
        .format = str_is(conformance_str(item, "format"), "prometheus-0.0.4")
                      ? EXPOSITION_PROMETHEUS : EXPOSITION_OPENMETRICS,
        .strict = strict,
        .legacy_names = legacy,
    };
    Exposition e = {0};
    Err err = {0};
    Status status = exposition_read(arena, text_of(arena, item), &options, &e, &err);
    bool parsed = status == ST_OK && e.bad_line_count == 0;
    const json_t *entries = json_object_get(item, "entries");
    const json_t *families = json_object_get(item, "families");
    if (parsed != expected)
        conformance_case(conformance, tier, item, CASE_FAILED, "%s: line %u: %s",
                         expected ? "refused" : "accepted",
                         parsed ? 0 : e.bad_lines[0].line, parsed ? "" : e.bad_lines[0].reason);
    else if ((entries && !same_entries(&e, entries)) || (families && !same_families(&e, families)))
        conformance_case(conformance, tier, item, CASE_FAILED, "read differently");
    else
        conformance_case(conformance, tier, item, CASE_PASSED, " ");
    arena_free(arena);
}

/* Prometheus' own parser, which the files of textparse were written for, is the lenient one. */
void
conformance_exposition(Conformance *conformance, const char *set, const char *file,
                       const json_t *item)
{
    bool strict = strncmp(file, "textparse", strlen("textparse")) != 0;
    (void)set;
    run_case(conformance, item, strict, false);
    if (json_object_get(item, "should_parse_legacy_names"))
        run_case(conformance, item, strict, true);
}
