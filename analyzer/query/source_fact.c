/* SPDX-License-Identifier: Apache-2.0 */
/* source_fact.c -- fact: what is derived from a bundle's evidence, by name. */
#include "analyzer/query/source_private.h"

#include "analyzer/model/facts.h"

static Status
compile(SourceReader *reader)
{
    Str name = node_string(reader->spec);
    const FactRow *row = fact_row(name);
    if (!row) {
        const char *nearest = str_nearest(name, fact_names());
        reader_error(reader, reader->spec, 0, "unknown fact '" STR_FMT "'%s%s%s",
                     STR_ARG(str_head(name, 60)), nearest ? "; did you mean '" : "",
                     nearest ? nearest : "", nearest ? "'?" : "");
    }
    reader->source->data = row;
    return ST_OK;
}

static Status
needs(const Source *source, Arena *arena, NeedList *list, Err *err)
{
    return need_add(arena, list, "fact:", str_of(((const FactRow *)source->data)->name), err);
}

static Status
demand(const Source *source, Demand *demand, Err *err)
{
    return demand_fact(demand, str_of(((const FactRow *)source->data)->name), err);
}

static Value
eval_fact(const Source *source, const SourceEval *eval)
{
    Fact fact;
    Err err = {0};
    CLEANUP(model_leave) Model *held = model_hold(eval->model);
    if (model_fact(held, str_of(((const FactRow *)source->data)->name), &fact, &err) !=
        ST_OK)
        return value_error(eval->arena, "%s", err.text);
    if (!fact.is_list && fact.state != EVIDENCE_COMPLETE)
        return value_unknown(fact.gap);
    if (!fact.is_list)
        return value_of_node(fact.items[0].node, &fact.items[0].origin);
    ListMaker maker = list_maker(eval);
    for (size_t i = 0; i < fact.count; i++)
        list_add(&maker, value_of_node(fact.items[i].node, &fact.items[i].origin));
    list_add_gap(&maker, fact.gap);
    return list_end(&maker, fact.state == EVIDENCE_UNKNOWN);
}

/* Objects are called as objects are; other elements by what says where they are. */
static void
subject(const Source *source, Value element, size_t index, Buf *out)
{
    static const char *const FIELDS[] = {"namespace", "pod", "name", "cidr", NULL};
    size_t before = out->n;
    subject_of_object(source, element, index, out);
    if (out->n == before)
        subject_of_fields(element, FIELDS, out);
}

static Str
shape(const Source *source, Arena *arena)
{
    (void)arena;
    return str_of(((const FactRow *)source->data)->shape);
}

/* Facts are records of their own, or lists of objects of a kind. */
static bool
kind(const Source *source, size_t i, Str *ret)
{
    *ret = shape_name(shape_inner(str_of(((const FactRow *)source->data)->shape)));
    return i == 0 && ret->p;
}

const SourceType SOURCE_TYPE_fact = {
    .doc = {"fact", "a derived fact by its name", .words = fact_names},
    .compile = compile,
    .needs = needs,
    .demand = demand,
    .eval = eval_fact,
    .subject = subject,
    .shape = shape,
    .kind = kind,
};
