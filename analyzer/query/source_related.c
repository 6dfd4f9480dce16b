/* SPDX-License-Identifier: Apache-2.0 */
/* source_related.c -- related: objects tied to a named one, by the model's indexes. */
#include "analyzer/query/source_private.h"

typedef struct {
    Str kind;
    Relation relation;
    Str of;
} Related;

static Status
compile(SourceReader *reader)
{
    Related *related = ARENA_NEW(reader->arena, Related);
    if (!related)
        return err_nomem(reader->err);
    TRY(reader_string(reader, "kind", &related->kind));
    if (!node_get(reader->spec, STR("kind")))
        reader_error(reader, reader->spec, 0, "source related needs 'kind'");
    unsigned count = 0;
    for (Relation i = 0; i < RELATION_COUNT; i++) {
        Str of;
        TRY(reader_string(reader, RELATIONS[i].name, &of));
        const Node *node = node_get(reader->spec, str_of(RELATIONS[i].name));
        if (!node)
            continue;
        count++;
        related->relation = i;
        related->of = of;
        if (of.n)
            TRY(reader_name(reader, (SourceName){.name = of, .scalar = node}));
    }
    if (count != 1)
        reader_error(reader, reader->spec, 0,
                     "source related needs exactly one of selected_by, selects, owned_by, owns, "
                     "on_node, mounts, refers_to");
    reader->source->data = related;
    return ST_OK;
}

static Status
needs(const Source *source, Arena *arena, NeedList *list, Err *err)
{
    return need_add(arena, list, "k8s:", ((const Related *)source->data)->kind, err);
}

static Status
demand(const Source *source, Demand *demand, Err *err)
{
    const Related *related = source->data;
    TRY(demand_kind(demand, related->kind, err));
    return demand_relation(demand, related->relation, err);
}

static Value
eval_related(const Source *source, const SourceEval *eval)
{
    const Related *related = source->data;
    bool found = false;
    Value of = eval->lookup ? eval->lookup(eval->context, related->of, &found) : value_null();
    if (!found)
        return value_error(eval->arena, "undeclared reference to '" STR_FMT "'",
                           STR_ARG(related->of));
    if (value_is_absorbing(of))
        return of;
    if (of.type != VALUE_MAP || !of.is_node)
        return value_error(eval->arena, "'" STR_FMT "' is a %s, not a Kubernetes object",
                           STR_ARG(related->of), value_type_name(of));
    Objects objects;
    Err err = {0};
    CLEANUP(model_leave) Model *held = model_hold(eval->model);
    if (model_related(held, related->relation, related->kind, of.node, &objects, &err) !=
        ST_OK)
        return value_error(eval->arena, "%s", err.text);
    ListMaker maker = list_maker(eval);
    for (size_t i = 0; i < objects.count; i++)
        list_add(&maker, value_of_node(objects.items[i]->node, &objects.items[i]->origin));
    list_add_gap(&maker, objects.gap);
    return list_end(&maker, objects.state == EVIDENCE_UNKNOWN);
}

static Str
shape(const Source *source, Arena *arena)
{
    return shape_list_of(arena, shape_of_kind(((const Related *)source->data)->kind));
}

static bool
kind(const Source *source, size_t i, Str *ret)
{
    *ret = ((const Related *)source->data)->kind;
    return i == 0;
}

static const SourceKey KEYS[] = {
    {.name = "kind", .type = SOURCE_TEXT, .required = true},
#define RELATION(id, key, help) {.name = key, .type = SOURCE_TEXT},
#include "analyzer/model/relations.def"
#undef RELATION
    {0},
};

const SourceType SOURCE_TYPE_related = {
    .doc = {"related", "objects tied to a named one: a list, ordered by namespace and name; only in 'with'",
            KEYS, .key_count = 2},
    .compile = compile,
    .needs = needs,
    .demand = demand,
    .eval = eval_related,
    .subject = subject_of_object,
    .shape = shape,
    .kind = kind,
};
