/* SPDX-License-Identifier: Apache-2.0 */
/* exposition_openmetrics.c -- the rules between the lines of an OpenMetrics text. */
#include "analyzer/text/exposition_internal.h"

#include <math.h>
#include <string.h>

enum { LONGEST_EXEMPLAR_CODE_POINTS = 128 };

/* The samples of one histogram, of one group of labels at one time. */
typedef struct {
    bool open;
    bool has_bucket, has_count, has_sum, has_gsum;
    bool negative_bound, negative_gsum;
    double bound, value, count;
} Histogram;

struct OpenMetricsState {
    Arena *arena;
    Map taken;              /* every name that a family before this one stands for */
    Str name;               /* of the family being read; p NULL: none yet */
    MetricType type;
    bool has_type, has_help, has_unit, unit_given, has_samples;
    Map groups;             /* groups of labels of this family */
    Map series;             /* series of the group */
    Str group;
    bool group_stamped;
    double group_time_s;
    Histogram histogram;
};

OpenMetricsState *
openmetrics_state_new(Arena *arena)
{
    OpenMetricsState *state = ARENA_NEW(arena, OpenMetricsState);
    if (state) {
        state->arena = arena;
        map_init(&state->taken, arena);
    }
    return state;
}

/* What the names of a family's samples add to its name. */
static const char *const *
suffixes_of(MetricType type)
{
    static const char *const SUFFIXES[METRIC_TYPE_COUNT][5] = {
        [METRIC_UNTYPED] = {""},
        [METRIC_COUNTER] = {"_total", "_created"},
        [METRIC_GAUGE] = {""},
        [METRIC_SUMMARY] = {"", "_count", "_sum", "_created"},
        [METRIC_HISTOGRAM] = {"_count", "_sum", "_bucket", "_created"},
        [METRIC_GAUGEHISTOGRAM] = {"_gcount", "_gsum", "_bucket"},
        [METRIC_INFO] = {"_info"},
        [METRIC_STATESET] = {""},
    };
    return SUFFIXES[type];
}

/* The suffix of a sample of the family being read; NULL where it belongs to another. */
static const char *
suffix_of(const OpenMetricsState *state, Str name)
{
    if (!state->name.p || !str_starts(name, state->name))
        return NULL;
    Str rest = str_from(name, state->name.n);
    for (const char *const *suffix = suffixes_of(state->type); *suffix; suffix++)
        if (str_is(rest, *suffix))
            return *suffix;
    return NULL;
}

static const char *
close_histogram(OpenMetricsState *state)
{
    const Histogram h = state->histogram;
    state->histogram = (Histogram){0};
    if (!h.open)
        return NULL;
    if (!h.has_bucket || h.bound != INFINITY)
        return "a histogram without its +Inf bucket";
    if (h.has_count && h.count != h.value)
        return "the count of a histogram differs from its +Inf bucket";
    if ((h.has_sum || h.has_gsum) != h.has_count)
        return "a histogram with only one of sum and count";
    if (h.negative_bound && h.has_sum)
        return "a histogram with a sum and negative buckets";
    if (!h.negative_bound && h.negative_gsum)
        return "a negative sum without negative buckets";
    return NULL;
}

/* Takes the names of the family for itself. */
static const char *
reserve(OpenMetricsState *state, const char *suffix, bool *nomem)
{
    Str name = arena_strf(state->arena, STR_FMT "%s", STR_ARG(state->name), suffix);
    if (!name.p) {
        *nomem = true;
        return NULL;
    }
    if (map_has(&state->taken, name))
        return "the name clashes with that of another metric";
    if (!map_put(&state->taken, name, state))
        *nomem = true;
    return NULL;
}

static const char *
close_family(OpenMetricsState *state, bool *nomem)
{
    if (!state->name.p)
        return NULL;
    const char *wrong = close_histogram(state);
    if (!wrong)
        wrong = reserve(state, "", nomem);
    for (const char *const *suffix = suffixes_of(state->type); *suffix && !wrong; suffix++)
        if (**suffix)
            wrong = reserve(state, *suffix, nomem);
    if (!wrong && state->unit_given
        && (state->type == METRIC_INFO || state->type == METRIC_STATESET))
        wrong = "a unit on a metric of this type";
    state->name = (Str){NULL, 0};
    return wrong;
}

static const char *
open_family(OpenMetricsState *state, Str name, bool *nomem)
{
    const char *wrong = close_family(state, nomem);
    state->name = arena_str(state->arena, name);
    if (!state->name.p)
        *nomem = true;
    state->type = METRIC_UNTYPED;
    state->has_type = state->has_help = state->has_unit = state->unit_given = false;
    state->has_samples = false;
    state->group = (Str){NULL, 0};
    state->histogram = (Histogram){0};
    map_init(&state->groups, state->arena);
    map_init(&state->series, state->arena);
    return wrong;
}

const char *
openmetrics_metadata(OpenMetricsState *state, const ExpositionMetadata *metadata, bool *nomem)
{
    bool same = state->name.p && str_eq(state->name, metadata->name);
    if (same && state->has_samples)
        return "a comment about a metric after its samples";
    const char *wrong = same ? NULL : open_family(state, metadata->name, nomem);
    if (wrong || *nomem)
        return wrong;
    bool *had = metadata->keyword == EXPOSITION_HELP   ? &state->has_help
                : metadata->keyword == EXPOSITION_TYPE ? &state->has_type
                                                       : &state->has_unit;
    if (*had)
        return "a second HELP, TYPE or UNIT line for this metric";
    *had = true;
    if (metadata->keyword == EXPOSITION_TYPE)
        state->type = metadata->type;
    if (metadata->keyword == EXPOSITION_UNIT)
        state->unit_given = metadata->text.n > 0;
    return NULL;
}

static bool
is_one_of(const char *suffix, const char *const *set)
{
    for (; *set; set++)
        if (strcmp(suffix, *set) == 0)
            return true;
    return false;
}

static const char *
check_value(const OpenMetricsState *state, const char *suffix, double value)
{
    static const char *const COUNTS[] = {"_total", "_sum", "_count", "_bucket", "_gcount", NULL};
    static const char *const WHOLE[] = {"_bucket", "_count", "_gcount", NULL};
    bool count = is_one_of(suffix, COUNTS);
    if (isnan(value) && (count || strcmp(suffix, "_gsum") == 0))
        return "a count that is not a number";
    if (value < 0 && count)
        return "a negative count";
    if (is_one_of(suffix, WHOLE) && value != floor(value))
        return "a count that is no whole number";
    if (state->type == METRIC_STATESET && value != 0 && value != 1)
        return "a state that is neither 0 nor 1";
    if (state->type == METRIC_INFO && value != 1)
        return "an info metric that is not 1";
    if (state->type == METRIC_SUMMARY && !*suffix && value < 0)
        return "a negative quantile";
    return NULL;
}

static const char *
check_labels(const OpenMetricsState *state, const char *suffix, Labels labels)
{
    double number;
    if (state->type == METRIC_STATESET && !labels_get(labels, state->name).p)
        return "a stateset without the label of its name";
    if (strcmp(suffix, "_bucket") == 0) {
        Str bound = labels_get(labels, STR("le"));
        if (!exposition_number(bound, &number) || isnan(number))
            return "a bucket without a number as le";
        if (number == INFINITY && !str_is(bound, "+Inf"))
            return "an infinite bucket whose le is not \"+Inf\"";
    }
    if (state->type == METRIC_SUMMARY && !*suffix
        && (!exposition_number(labels_get(labels, STR("quantile")), &number)
            || !(number >= 0 && number <= 1)))
        return "a quantile that is not between 0 and 1";
    return NULL;
}

static const char *
check_exemplar(const OpenMetricsState *state, const char *suffix, const ParsedSample *parsed)
{
    if (!parsed->sample.has_exemplar)
        return NULL;
    bool bucket = strcmp(suffix, "_bucket") == 0;
    bool total = state->type == METRIC_COUNTER && strcmp(suffix, "_total") == 0;
    if (!bucket && !total)
        return "an exemplar on a sample that may have none";
    if (parsed->exemplar_code_points > LONGEST_EXEMPLAR_CODE_POINTS)
        return "the labels of an exemplar are longer than 128 characters";
    return NULL;
}

/* The labels as one string that no other set of labels gives; except is left out.  It begins
 * with prefix. */
static Str
label_key(Arena *arena, const char *prefix, Labels labels, Str except)
{
    size_t n = strlen(prefix);
    size_t bytes = n;
    for (size_t i = 0; i < labels.count; i++)
        bytes += labels.items[i].name.n + labels.items[i].value.n + 2;
    char *key = arena_alloc(arena, bytes + 1);
    if (!key)
        return (Str){NULL, 0};
    memcpy(key, prefix, n);
    for (size_t i = 0; i < labels.count; i++) {
        Label label = labels.items[i];
        if (str_eq(label.name, except))
            continue;
        memcpy(key + n, label.name.p, label.name.n);
        n += label.name.n;
        key[n++] = '\xff';          /* in no valid UTF-8 */
        if (label.value.n)
            memcpy(key + n, label.value.p, label.value.n);
        n += label.value.n;
        key[n++] = '\xff';
    }
    return (Str){key, n};
}

/* The label that tells apart the samples of one group. */
static Str
inner_label(const OpenMetricsState *state, const char *suffix)
{
    if (strcmp(suffix, "_bucket") == 0)
        return STR("le");
    if (state->type == METRIC_SUMMARY && !*suffix)
        return STR("quantile");
    return state->type == METRIC_STATESET ? state->name : (Str){NULL, 0};
}

static const char *
enter_group(OpenMetricsState *state, const ParsedSample *parsed, Str key, bool *nomem)
{
    bool stamped = parsed->sample.has_timestamp;
    bool same = state->has_samples && str_eq(state->group, key);
    if (same) {
        if (stamped != state->group_stamped)
            return "samples with and without timestamps in one metric";
        if (stamped && parsed->timestamp_s < state->group_time_s && state->type != METRIC_INFO)
            return "timestamps go backwards";
    } else if (map_has(&state->groups, key)) {
        return "the samples of one metric do not stand together";
    }
    const char *wrong = NULL;
    if (!same || (stamped && parsed->timestamp_s != state->group_time_s)) {
        wrong = close_histogram(state);
        map_init(&state->series, state->arena);
    }
    state->group = key;
    state->group_stamped = stamped;
    state->group_time_s = parsed->timestamp_s;
    state->has_samples = true;
    if (!map_put(&state->groups, key, state))
        *nomem = true;
    return wrong;
}

static const char *
check_group(OpenMetricsState *state, const char *suffix, const ParsedSample *parsed, bool *nomem)
{
    const ExpositionSample *sample = &parsed->sample;
    Labels labels = state->type == METRIC_INFO ? (Labels){NULL, 0} : sample->labels;
    Str key = label_key(state->arena, "", labels, inner_label(state, suffix));
    /* The brace keeps the suffix apart from a label's name. */
    Str prefix = arena_strf(state->arena, "%s{", suffix);
    Str series = prefix.p ? label_key(state->arena, prefix.p, sample->labels, (Str){NULL, 0})
                          : prefix;
    if (!key.p || !series.p) {
        *nomem = true;
        return NULL;
    }
    const char *wrong = enter_group(state, parsed, key, nomem);
    if (wrong || *nomem)
        return wrong;
    /* With timestamps a repetition may come from times that were rounded. */
    if (map_has(&state->series, series) && !sample->has_timestamp)
        return "the series appears twice";
    if (!map_put(&state->series, series, state))
        *nomem = true;
    return NULL;
}

static const char *
check_histogram(OpenMetricsState *state, const char *suffix, const ExpositionSample *sample)
{
    Histogram *h = &state->histogram;
    if (state->type != METRIC_HISTOGRAM && state->type != METRIC_GAUGEHISTOGRAM)
        return NULL;
    h->open = true;
    if (strcmp(suffix, "_bucket") == 0) {
        double bound = 0;
        (void)exposition_number(labels_get(sample->labels, STR("le")), &bound);
        if (h->has_bucket && bound <= h->bound)
            return "the buckets are not in order";
        if (h->has_bucket && sample->value < h->value)
            return "a bucket holds less than the one before";
        h->has_bucket = true;
        h->negative_bound |= bound < 0;
        h->bound = bound;
        h->value = sample->value;
    } else if (strcmp(suffix, "_count") == 0 || strcmp(suffix, "_gcount") == 0) {
        h->has_count = true;
        h->count = sample->value;
    } else if (strcmp(suffix, "_sum") == 0) {
        h->has_sum = true;
    } else if (strcmp(suffix, "_gsum") == 0) {
        h->has_gsum = true;
        h->negative_gsum = sample->value < 0;
    }
    return NULL;
}

const char *
openmetrics_sample(OpenMetricsState *state, const ParsedSample *parsed, bool *nomem)
{
    const ExpositionSample *sample = &parsed->sample;
    const char *suffix = suffix_of(state, sample->name);
    const char *wrong = NULL;
    if (!suffix) {
        wrong = open_family(state, sample->name, nomem);
        suffix = "";
    }
    if (!wrong)
        wrong = check_labels(state, suffix, sample->labels);
    if (!wrong)
        wrong = check_value(state, suffix, sample->value);
    if (!wrong)
        wrong = check_exemplar(state, suffix, parsed);
    if (!wrong && !*nomem)
        wrong = check_group(state, suffix, parsed, nomem);
    if (!wrong && !*nomem)
        wrong = check_histogram(state, suffix, sample);
    return wrong;
}

const char *
openmetrics_end(OpenMetricsState *state)
{
    bool nomem = false;
    const char *wrong = close_family(state, &nomem);
    return nomem ? "out of memory" : wrong;
}
