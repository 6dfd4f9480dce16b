/* SPDX-License-Identifier: Apache-2.0 */
/* metric_source.c -- results of PromQL as values that know where they come from. */
#include "analyzer/query/metric_source.h"

#include "analyzer/query/metric_store.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/utf8.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

MetricGives
metric_gives(const PromqlQuery *query, bool has_empty)
{
    return promql_type(query) == PROMQL_SCALAR || has_empty ? METRIC_GIVES_NUMBER
                                                            : METRIC_GIVES_LIST;
}

Status
metric_check(const PromqlQuery *query, Err *err)
{
    PromqlType type = promql_type(query);
    if (type == PROMQL_SCALAR || type == PROMQL_VECTOR)
        return ST_OK;
    return err_set(err, ST_RULE, "the query gives a %s: only a scalar or an instant vector can be "
                   "used", promql_type_name(type));
}

typedef struct {
    Arena *arena;               /* of the value: nothing of it points into what follows */
    const MetricRequest *request;
    MetricStore store;
    PromqlResult result;
} Evaluation;

/* Excerpts. */

static void
write_quoted(Buf *out, Str value)
{
    buf_addc(out, '"');
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        if (c == '\n')
            buf_adds(out, "\\n");
        else if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else
            buf_addc(out, c);
    }
    buf_addc(out, '"');
}

static void
write_number(Buf *out, double value)
{
    char text[40];
    if (isnan(value) || isinf(value)) {
        buf_adds(out, isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
        return;
    }
    double back;
    for (int precision = 6; precision <= 17; precision++) {
        (void)snprintf(text, sizeof text, "%.*g", precision, value);
        if (exposition_number(str_of(text), &back) && back == value)
            break;
    }
    buf_adds(out, text);
}

/* The series as its text has it. */
static void
write_series(Buf *out, const ExpositionSample *sample)
{
    buf_add_str(out, sample->name);
    for (size_t i = 0; i < sample->labels.count; i++) {
        buf_addc(out, i ? ',' : '{');
        buf_add_str(out, sample->labels.items[i].name);
        buf_addc(out, '=');
        write_quoted(out, sample->labels.items[i].value);
    }
    if (sample->labels.count)
        buf_addc(out, '}');
    buf_addc(out, ' ');
    write_number(out, sample->value);
}

/* An origin with what the buffer holds and the number in it that decides (0 bytes: none); NULL
 * when out of memory. */
static const Origin *
new_origin(Evaluation *e, Str member, uint32_t line, const Buf *excerpt, size_t number_at,
           size_t number_bytes)
{
    Origin *origin = ARENA_NEW(e->arena, Origin);
    if (!origin || (excerpt->failed && excerpt->failed != ST_LIMIT))
        return NULL;
    Str text = arena_str(e->arena, buf_str(excerpt));
    *origin = (Origin){.member = member, .line = line, .pointer = STR(""), .excerpt = text,
                       .mark_at = number_at, .mark_bytes = number_bytes};
    return text.p ? origin : NULL;
}

/* Where an element comes from: its first series, and how many more. */
static const Origin *
origin_of_series(Evaluation *e, const PromqlSample *sample)
{
    const MetricOrigin *from = &e->store.origins[sample->refs[0]];
    CLEANUP(buf_done) Buf text = BUF_INIT(4 * LIMIT_EXCERPT_BYTES);
    write_series(&text, from->sample);
    size_t number_at = 0;
    bool has_number = str_rfind_char(buf_str(&text), ' ', &number_at);
    size_t number_bytes = has_number ? text.n - ++number_at : 0;
    if (sample->ref_count > 1)
        buf_printf(&text, " (and %zu%s more series)", sample->ref_count - 1,
                   sample->ref_count == LIMIT_EVIDENCE_COUNT ? " or" : "");
    return new_origin(e, from->member, from->sample->line, &text, number_at, number_bytes);
}

/* What was read without finding an element. */
static const Origin *
origin_of_nothing(Evaluation *e)
{
    CLEANUP(buf_done) Buf text = BUF_INIT(4 * LIMIT_EXCERPT_BYTES);
    size_t count;
    const PromqlSelector *selectors = promql_selectors(e->request->query, &count);
    unsigned long long read = e->store.series_read;
    if (e->request->targets->count == 0)
        buf_adds(&text, "there is no target");
    else if (e->result.series_seen || count == 0)
        buf_printf(&text, "no element of " STR_FMT " (%llu series read)",
                   STR_ARG(str_head(promql_text(e->request->query), 200)), read);
    else
        buf_printf(&text, "no series matches " STR_FMT " (%llu series read)",
                   STR_ARG(str_head(selectors[0].text, 200)), read);
    return new_origin(e, e->store.first_member, 0, &text, 0, 0);
}

static const Origin *
origin_of(Evaluation *e, const PromqlSample *sample)
{
    return sample && sample->ref_count ? origin_of_series(e, sample) : origin_of_nothing(e);
}

/* Values. */

static Value
value_of_sample(Evaluation *e, const PromqlSample *sample)
{
    ValueEntry *entries = ARENA_ARRAY(e->arena, ValueEntry, sample->labels.count);
    const Origin *origin = origin_of(e, sample);
    if (!entries || !origin)
        return value_nomem();
    for (size_t i = 0; i < sample->labels.count; i++) {
        Str name = arena_str(e->arena, sample->labels.items[i].name);
        Str value = arena_str(e->arena, sample->labels.items[i].value);
        if (!name.p || !value.p)
            return value_nomem();
        entries[i] = (ValueEntry){value_string(name), value_string(value)};
    }
    Value labels = value_map(e->arena, entries, sample->labels.count, NULL);
    Value number = value_double(sample->value);
    labels.origin = number.origin = origin;
    ValueField fields[] = {{"labels", labels}, {"value", number}};
    return value_record(e->arena, fields, 2, origin);
}

static Value
give_list(Evaluation *e)
{
    const PromqlResult *result = &e->result;
    Value *items = ARENA_ARRAY(e->arena, Value, result->sample_count);
    if (!items)
        return value_nomem();
    for (size_t i = 0; i < result->sample_count; i++) {
        items[i] = value_of_sample(e, &result->samples[i]);
        if (items[i].type == VALUE_ERROR)
            return items[i];
    }
    const Gap *gap = gap_copy(e->arena, result->gap);
    if (result->gap && !gap)
        return value_nomem();
    Value list = value_list(e->arena, items, result->sample_count, gap);
    list.origin = origin_of(e, result->sample_count ? &result->samples[0] : NULL);
    return list.origin ? list : value_nomem();
}

static Value
give_unknown(Evaluation *e)
{
    const Gap *gap = gap_copy(e->arena, e->result.gap);
    return gap || !e->result.gap ? value_unknown(gap) : value_nomem();
}

static Value
give_number(Evaluation *e)
{
    const PromqlResult *result = &e->result;
    if (result->gap)
        return give_unknown(e);
    if (result->type == PROMQL_VECTOR && result->sample_count > 1)
        return value_error(e->arena, "the query gives %zu series where one number is wanted: "
                           "aggregate them", result->sample_count);
    const PromqlSample *sample = result->sample_count ? &result->samples[0] : NULL;
    Value number = value_double(result->type == PROMQL_SCALAR ? result->scalar
                                : sample                      ? sample->value
                                                              : e->request->empty);
    number.origin = origin_of(e, sample);
    return number.origin ? number : value_nomem();
}

static Value
value_of_status(Evaluation *e, Status status, const Err *err)
{
    if (status == ST_NOMEM)
        return value_nomem();
    return value_error(e->arena, "%s", err->text);
}

/* The answer is small; what leads to it, every series that the query may select, can take hundreds of
 * megabytes, and goes when it is there. */
Value
metric_evaluate(Arena *arena, const MetricRequest *request)
{
    CLEANUP(cleanup_arena) Arena *scratch = arena_new(SIZE_MAX);
    Evaluation e = {.arena = arena, .request = request};
    Err err = {0};
    if (!scratch)
        return value_nomem();
    Status status = metric_store_build(scratch, request, &e.store, &err);
    if (status != ST_OK)
        return value_of_status(&e, status, &err);
    if (promql_tells_time(request->query) && !e.store.has_time) {
        if (request->targets->gap && request->targets->count == 0)
            return value_unknown(request->targets->gap);
        return value_missing(arena, request->evidence,
                             STR("the time of the samples is not known"), STR(""), STR(""));
    }
    PromqlEval eval = {.arena = scratch, .store = &e.store.store, .time_ms = e.store.time_ms};
    status = promql_eval(request->query, &eval, &e.result, &err);
    if (status != ST_OK)
        return value_of_status(&e, status, &err);
    /* Nothing seen of what may be there is no list with a hole: it is a hole. */
    bool nothing = e.result.gap && e.result.sample_count == 0 && e.result.series_seen == 0;
    if (e.result.is_unknown || nothing)
        return give_unknown(&e);
    if (metric_gives(request->query, request->has_empty) == METRIC_GIVES_NUMBER)
        return give_number(&e);
    return give_list(&e);
}
