/* SPDX-License-Identifier: Apache-2.0 */
/* source_k8s.c -- k8s: Kubernetes objects by kind, namespace, name, labels and a predicate. */
#include "analyzer/query/source_private.h"

#include "analyzer/model/kind_name.h"

typedef struct {
    StrList kinds;
    StrList namespaces;
    StrList names;
    Selector labels;
    const CelProgram *where;
    const NodeKeep *where_looks_at;     /* NULL as in cel_reach_variable() */
} K8s;

/* A kind that is not in the table may be a custom one: a warning, where it looks like a slip. */
static void
check_kinds(SourceReader *reader, const StrList *kinds)
{
    const Node *node = node_get(reader->spec, STR("kind"));
    for (size_t i = 0; i < kinds->count; i++) {
        KindName name;
        kind_name_parse(kinds->items[i], &name);
        if (name.row_count || name.is_glob || name.has_group)
            continue;
        const char *nearest = str_nearest(name.word, RESOURCE_KINDS);
        if (nearest)
            reader_warn(reader, node->type == NODE_LIST ? &node->items[i] : node,
                        "kind '" STR_FMT "' is not known; did you mean '%s'?",
                        STR_ARG(str_head(name.word, 60)), nearest);
    }
}

static Status
compile(SourceReader *reader)
{
    K8s *k8s = ARENA_NEW(reader->arena, K8s);
    if (!k8s)
        return err_nomem(reader->err);
    bool there;
    TRY(reader_strings(reader, "kind", &k8s->kinds));
    TRY(reader_strings(reader, "namespace", &k8s->namespaces));
    TRY(reader_strings(reader, "name", &k8s->names));
    TRY(reader_labels(reader, &k8s->labels, &there));
    TRY(reader_cel(reader, node_get(reader->spec, STR("where")), true, &k8s->where));
    if (k8s->where)
        TRY(cel_reach_variable(k8s->where, "it", reader->arena, &k8s->where_looks_at, reader->err));
    if (!node_get(reader->spec, STR("kind")))
        reader_error(reader, reader->spec, 0, "source k8s needs 'kind'");
    check_kinds(reader, &k8s->kinds);
    reader->source->data = k8s;
    return ST_OK;
}

static Status
needs(const Source *source, Arena *arena, NeedList *list, Err *err)
{
    const K8s *k8s = source->data;
    for (size_t i = 0; i < k8s->kinds.count; i++)
        TRY(need_add(arena, list, "k8s:", k8s->kinds.items[i], err));
    return ST_OK;
}

static Status
demand(const Source *source, Demand *demand, Err *err)
{
    const K8s *k8s = source->data;
    for (size_t i = 0; i < k8s->kinds.count; i++)
        TRY(demand_kind(demand, k8s->kinds.items[i], err));
    return ST_OK;
}

static bool
is_literal(const StrList *words)
{
    return words->count == 1 && !str_is_glob(words->items[0]);
}

/* The one object that is asked for is there: what else the list may lack does not matter. */
static bool
is_found(const K8s *k8s, size_t found)
{
    return found == 1 && is_literal(&k8s->kinds) && is_literal(&k8s->names) &&
           is_literal(&k8s->namespaces);
}

typedef VEC(const Object *) Found;

/* Most sources ask for no labels: then the object itself, which may be far from any cache, is not
 * looked at. */
static bool
fits(const K8s *k8s, const Object *object)
{
    return (k8s->names.count == 0 || fits_words(&k8s->names, object->name)) &&
           (k8s->labels.count == 0 ||
            selector_fits(&k8s->labels, node_path(object->node, "metadata.labels")));
}

static Status
objects_of(Model *model, Str kind, const StrList *namespaces, Objects *ret, Err *err)
{
    CLEANUP(model_leave) Model *held = model_hold(model);
    return model_objects(held, kind, namespaces, ret, err);
}

static Status
origin_of(Model *model, Str kind, Origin *ret, Err *err)
{
    CLEANUP(model_leave) Model *held = model_hold(model);
    return model_kind_origin(held, kind, ret, err);
}

/* Objects of all kinds that fit but for the predicate; kinds may overlap. */
static Status
find(const K8s *k8s, const SourceEval *eval, Found *found, const Gap **gap, bool *ret_any, Err *err)
{
    Map seen;
    map_init(&seen, eval->arena);
    *gap = NULL;
    *ret_any = false;
    for (size_t i = 0; i < k8s->kinds.count; i++) {
        Objects objects;
        const StrList *namespaces = k8s->namespaces.count ? &k8s->namespaces : NULL;
        TRY(objects_of(eval->model, k8s->kinds.items[i], namespaces, &objects, err));
        *ret_any = *ret_any || objects.state != EVIDENCE_UNKNOWN;
        *gap = gap_join(eval->arena, *gap, objects.gap);
        if (objects.gap && !*gap)
            return err_nomem(err);
        for (size_t k = 0; k < objects.count; k++) {
            const Object *object = objects.items[k];
            if (!fits(k8s, object))
                continue;
            if (k8s->kinds.count > 1) {
                Str key = {(const char *)&objects.items[k], sizeof objects.items[k]};
                if (map_has(&seen, key))
                    continue;
                if (!map_put(&seen, key, eval->model))
                    return err_nomem(err);
            }
            const Object **slot = VEC_PUSH(eval->arena, found);
            if (!slot)
                return err_nomem(err);
            *slot = object;
        }
    }
    return ST_OK;
}

static Value
eval_k8s(const Source *source, const SourceEval *eval)
{
    const K8s *k8s = source->data;
    ListMaker maker = list_maker(eval);
    Found found = {0};
    const Gap *gap;
    bool any;
    Err err = {0};
    if (find(k8s, eval, &found, &gap, &any, &err) != ST_OK)
        return value_error(eval->arena, "%s", err.text);
    if (k8s->kinds.count > 1 && found.count)
        model_sort_objects(found.items, found.count);
    list_where_looks_at(&maker, k8s->where_looks_at);
    for (size_t i = 0; i < found.count; i++)
        list_add_where(&maker, value_of_node(found.items[i]->node, &found.items[i]->origin),
                       k8s->where);
    if (!is_found(k8s, found.count))
        list_add_gap(&maker, gap);
    Value list = list_end(&maker, !any);
    Origin origin;
    if (origin_of(eval->model, k8s->kinds.items[0], &origin, &err) != ST_OK)
        return value_nomem();
    if (list.type == VALUE_LIST && origin.member.n)
        list.origin = keep_origin(eval->arena, &origin);
    return list;
}

/* Objects of several kinds have little in common. */
static Str
shape(const Source *source, Arena *arena)
{
    const K8s *k8s = source->data;
    return shape_list_of(arena, is_literal(&k8s->kinds) ? shape_of_kind(k8s->kinds.items[0])
                                                        : STR("any"));
}

static bool
kind(const Source *source, size_t i, Str *ret)
{
    const K8s *k8s = source->data;
    if (i < k8s->kinds.count)
        *ret = k8s->kinds.items[i];
    return i < k8s->kinds.count;
}

/* A glob may fit them all. */
static const StrList *
namespaces(const Source *source)
{
    const K8s *k8s = source->data;
    for (size_t i = 0; i < k8s->namespaces.count; i++)
        if (str_is_glob(k8s->namespaces.items[i]))
            return NULL;
    return k8s->namespaces.count ? &k8s->namespaces : NULL;
}

static const SourceKey KEYS[] = {
    {.name = "kind", .type = SOURCE_WORDS, .required = true},
    {.name = "namespace", .type = SOURCE_WORDS},
    {.name = "name", .type = SOURCE_WORDS},
    {.name = "labels", .type = SOURCE_LABELS},
    {.name = "where", .type = SOURCE_TEXT},
    {0},
};

const SourceType SOURCE_TYPE_k8s = {
    .doc = {"k8s", "Kubernetes objects: a list, ordered by namespace and name", KEYS},
    .compile = compile,
    .needs = needs,
    .demand = demand,
    .eval = eval_k8s,
    .subject = subject_of_object,
    .shape = shape,
    .kind = kind,
    .namespaces = namespaces,
};
