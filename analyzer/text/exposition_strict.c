/* SPDX-License-Identifier: Apache-2.0 */
/* exposition_strict.c -- the rules between the lines of a 0.0.4 text, as Prometheus' reference
 * library has them. */
#include "analyzer/text/exposition_internal.h"

typedef struct {
    MetricType type;
    bool has_type;
    bool has_help;
} Family;

struct StrictState {
    Arena *arena;
    Map families;               /* name -> Family */
    OpenMetricsState *openmetrics;      /* not NULL: the text is OpenMetrics */
};

StrictState *
exposition_strict_new(Arena *arena, ExpositionFormat format)
{
    StrictState *state = ARENA_NEW(arena, StrictState);
    if (!state)
        return NULL;
    state->arena = arena;
    map_init(&state->families, arena);
    if (format == EXPOSITION_OPENMETRICS) {
        state->openmetrics = openmetrics_state_new(arena);
        if (!state->openmetrics)
            return NULL;
    }
    return state;
}

static Str
without_suffix(Str name, const char *suffix)
{
    Str end = str_of(suffix);
    return name.n > end.n && str_ends(name, end) ? str_head(name, name.n - end.n) : (Str){NULL, 0};
}

/* The family that a sample or comment with this name belongs to, made where there is none. */
static Family *
find_family(StrictState *state, Str name, bool *nomem)
{
    static const struct {
        const char *suffix;
        bool summary;
    } SUFFIXES[] = {{"_count", true}, {"_sum", true}, {"_bucket", false}};
    Family *family = map_get(&state->families, name);
    if (family)
        return family;
    for (size_t i = 0; i < sizeof SUFFIXES / sizeof *SUFFIXES; i++) {
        Str base = without_suffix(name, SUFFIXES[i].suffix);
        family = base.n ? map_get(&state->families, base) : NULL;
        if (!family)
            continue;
        if (family->type == METRIC_HISTOGRAM || family->type == METRIC_GAUGEHISTOGRAM
            || (SUFFIXES[i].summary && family->type == METRIC_SUMMARY))
            return family;
    }
    Str key = arena_str(state->arena, name);
    family = ARENA_NEW(state->arena, Family);
    *nomem = !key.p || !family || !map_put(&state->families, key, family);
    return *nomem ? NULL : family;
}

const char *
exposition_strict_metadata(StrictState *state, const ExpositionMetadata *metadata, bool *nomem)
{
    if (state->openmetrics)
        return openmetrics_metadata(state->openmetrics, metadata, nomem);
    Family *family = find_family(state, metadata->name, nomem);
    if (!family)
        return NULL;
    if (metadata->keyword == EXPOSITION_HELP) {
        if (family->has_help)
            return "a second HELP line for this metric";
        family->has_help = true;
        return NULL;
    }
    if (family->has_type)
        return "a second TYPE line, or TYPE after samples";
    family->has_type = true;
    family->type = metadata->type;
    return NULL;
}

static bool
is_number_label(Labels labels, Str name)
{
    double number;
    Str value = labels_get(labels, name);
    return !value.p || exposition_number(value, &number);
}

const char *
exposition_strict_sample(StrictState *state, const ParsedSample *parsed, bool *nomem)
{
    if (state->openmetrics)
        return openmetrics_sample(state->openmetrics, parsed, nomem);
    const ExpositionSample *sample = &parsed->sample;
    Family *family = find_family(state, sample->name, nomem);
    if (!family)
        return NULL;
    family->has_type = true;
    if (family->type == METRIC_SUMMARY && !is_number_label(sample->labels, STR("quantile")))
        return "expected a number as value of the label quantile";
    if (family->type != METRIC_HISTOGRAM && family->type != METRIC_GAUGEHISTOGRAM)
        return NULL;
    if (!is_number_label(sample->labels, STR("le")))
        return "expected a number as value of the label le";
    if (sample->value < 0 && !without_suffix(sample->name, "_sum").n)
        return "a negative count in a histogram";
    return NULL;
}

const char *
exposition_strict_end(StrictState *state)
{
    return state->openmetrics ? openmetrics_end(state->openmetrics) : NULL;
}
