/* SPDX-License-Identifier: Apache-2.0 */
/* relation.c -- objects tied to another one: indexes built at the first question, then looked
 * up.  Kinds that are not in the table of kinds.def end a chain of owners. */
#include "analyzer/model/relation_private.h"

#include <stdlib.h>
#include <string.h>

const RelationRow RELATIONS[RELATION_COUNT] = {
#define RELATION(id, name, help) [RELATION_##id] = {name, help},
#include "analyzer/model/relations.def"
#undef RELATION
};

enum { OWNERS_DEEP = 16 };

typedef VEC(uint32_t) Positions;
typedef VEC(const Object *) Found;

/* Indexes over the objects of one kind, as model_objects() lists them. */
typedef struct {
    Objects objects;
    bool has_labels, has_selectors, has_nodes, has_references, has_mounts;
    Map by_label;               /* namespace, key, value -> Positions */
    Map by_any_label;           /* key, value -> Positions: whatever the namespace */
    Selectors *selectors;       /* of each object */
    Map by_selector;            /* namespace or nothing, key, value -> Positions */
    Positions loose;            /* selectors without an equality */
    Map by_node;
    Map by_reference;           /* kind, namespace, name -> Positions */
    Map by_mount;
} KindIndex;

struct RelationIndex {
    Map kinds;                  /* name of the kind -> KindIndex */
    bool has_owners;
    Map by_uid;
    Map by_name;                /* kind, namespace, name -> Object */
    Map children;               /* address of an Object -> Found */
};

typedef struct {
    Model *model;
    Arena *arena;
    KindIndex *index;
    const Node *of;
    Str of_kind, of_ns, of_name;
    Positions positions;        /* of the answer */
    Found found;                /* of an answer that is not by position */
    const Gap *gap;
    Err *err;
} Query;

Status
demand_relation(Demand *demand, Relation relation, Err *err)
{
    static const char *const CHAIN[] = {"ReplicaSet", "Deployment", "StatefulSet", "DaemonSet",
                                        "Job", "CronJob", "ReplicationController"};
    if (relation == RELATION_MOUNTS || relation == RELATION_REFERS_TO)
        demand->reads_references = true;
    if (relation != RELATION_OWNED_BY && relation != RELATION_OWNS)
        return ST_OK;
    for (size_t i = 0; i < sizeof CHAIN / sizeof *CHAIN; i++)
        TRY(demand_kind(demand, str_of(CHAIN[i]), err));
    return ST_OK;
}

/* Three parts with a NUL between them, which none of them holds.  p NULL: no memory. */
static Str
triple(Arena *arena, Str a, Str b, Str c)
{
    size_t n = a.n + b.n + c.n + 2;
    char *out = arena_alloc(arena, n + 1);
    if (!out)
        return (Str){NULL, 0};
    char *at = out;
    const Str parts[] = {a, b, c};
    for (size_t i = 0; i < 3; i++) {
        if (parts[i].n)
            memcpy(at, parts[i].p, parts[i].n);
        at += parts[i].n;
        *at++ = '\0';
    }
    return (Str){out, n};
}

static Status
post(Model *model, Map *map, Str key, size_t position, Err *err)
{
    if (!key.p)
        return err_nomem(err);
    void **slot = map_slot(map, key);
    if (!slot)
        return err_nomem(err);
    if (!*slot)
        *slot = ARENA_NEW(model->arena, Positions);
    Positions *list = *slot;
    uint32_t *item = list ? VEC_PUSH(model->arena, list) : NULL;
    if (!item)
        return err_nomem(err);
    *item = (uint32_t)position;
    return ST_OK;
}

static Status
add_posted(Query *q, const Map *map, Str key)
{
    if (!key.p)
        return err_nomem(q->err);
    const Positions *list = map_get(map, key);
    for (size_t i = 0; list && i < list->count; i++) {
        uint32_t *slot = VEC_PUSH(q->arena, &q->positions);
        if (!slot)
            return err_nomem(q->err);
        *slot = list->items[i];
    }
    return ST_OK;
}

static Status
kind_index(Model *model, Str kind, KindIndex **ret, Err *err)
{
    if (!model->relations) {
        model->relations = ARENA_NEW(model->arena, RelationIndex);
        if (!model->relations)
            return err_nomem(err);
        map_init(&model->relations->kinds, model->arena);
    }
    KindIndex *index = map_get(&model->relations->kinds, kind);
    if (!index) {
        index = ARENA_NEW(model->arena, KindIndex);
        Str name = arena_str(model->arena, kind);
        if (!index || !name.p)
            return err_nomem(err);
        Map *maps[] = {&index->by_label, &index->by_any_label, &index->by_selector,
                       &index->by_node, &index->by_reference, &index->by_mount};
        for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
            map_init(maps[i], model->arena);
        TRY(model_objects(model, name, NULL, &index->objects, err));
        if (!map_put(&model->relations->kinds, name, index))
            return err_nomem(err);
    }
    *ret = index;
    return ST_OK;
}

/* --- selected_by --- */

static Status
index_labels(Model *model, KindIndex *index, Err *err)
{
    for (size_t i = 0; i < index->objects.count && !index->has_labels; i++) {
        const Object *object = index->objects.items[i];
        const Node *labels = node_path(object->node, "metadata.labels");
        for (uint32_t k = 0; node_is(labels, NODE_MAP) && k < labels->count; k++) {
            Str key = labels->pairs[k].key;
            Str value = node_string(&labels->pairs[k].value);
            TRY(post(model, &index->by_label, triple(model->arena, object->ns, key, value), i,
                     err));
            TRY(post(model, &index->by_any_label, triple(model->arena, STR(""), key, value), i,
                     err));
        }
    }
    index->has_labels = true;
    return ST_OK;
}

static const Requirement *
equality_of(const Selector *selector)
{
    for (size_t i = 0; i < selector->count; i++)
        if (selector->items[i].operator == SELECTOR_IN)
            return &selector->items[i];
    return NULL;
}

static bool
in_scope(const Object *object, bool everywhere, Str ns)
{
    return everywhere || object->ns.n == 0 || str_eq(object->ns, ns);
}

static Status
add_candidates(Query *q, const Selector *selector, bool everywhere)
{
    const Requirement *equality = equality_of(selector);
    if (equality) {
        for (size_t i = 0; i < equality->value_count; i++) {
            Str ns = everywhere ? STR("") : q->of_ns;
            Str key = triple(q->arena, ns, equality->key, equality->values[i]);
            TRY(add_posted(q, everywhere ? &q->index->by_any_label : &q->index->by_label, key));
        }
        return ST_OK;
    }
    for (size_t i = 0; i < q->index->objects.count; i++) {
        if (!in_scope(q->index->objects.items[i], everywhere, q->of_ns))
            continue;
        uint32_t *slot = VEC_PUSH(q->arena, &q->positions);
        if (!slot)
            return err_nomem(q->err);
        *slot = (uint32_t)i;
    }
    return ST_OK;
}

static Status
find_selected_by(Query *q)
{
    Selectors selectors;
    TRY(index_labels(q->model, q->index, q->err));
    TRY(selectors_of(q->arena, q->of, &selectors, q->err));
    for (size_t i = 0; i < selectors.count; i++) {
        size_t before = q->positions.count;
        TRY(add_candidates(q, &selectors.items[i], selectors.everywhere));
        size_t kept = before;
        for (size_t k = before; k < q->positions.count; k++) {
            const Object *object = q->index->objects.items[q->positions.items[k]];
            if (selector_fits(&selectors.items[i], node_path(object->node, "metadata.labels")))
                q->positions.items[kept++] = q->positions.items[k];
        }
        q->positions.count = kept;
    }
    return ST_OK;
}

/* --- selects --- */

static Status
index_selectors(Model *model, KindIndex *index, Err *err)
{
    if (index->has_selectors)
        return ST_OK;
    index->selectors = ARENA_ARRAY(model->arena, Selectors, index->objects.count);
    if (!index->selectors)
        return err_nomem(err);
    for (size_t i = 0; i < index->objects.count; i++) {
        const Object *object = index->objects.items[i];
        Selectors *selectors = &index->selectors[i];
        TRY(selectors_of(model->arena, object->node, selectors, err));
        for (size_t k = 0; k < selectors->count; k++) {
            const Requirement *equality = equality_of(&selectors->items[k]);
            Str ns = selectors->everywhere ? STR("") : object->ns;
            for (size_t v = 0; equality && v < equality->value_count; v++)
                TRY(post(model, &index->by_selector,
                         triple(model->arena, ns, equality->key, equality->values[v]), i, err));
            uint32_t *slot = equality ? NULL : VEC_PUSH(model->arena, &index->loose);
            if (!equality && !slot)
                return err_nomem(err);
            if (slot)
                *slot = (uint32_t)i;
        }
    }
    index->has_selectors = true;
    return ST_OK;
}

static bool
selects(const Query *q, uint32_t position, const Node *labels)
{
    const Selectors *selectors = &q->index->selectors[position];
    const Object *object = q->index->objects.items[position];
    if (!selectors->everywhere && !str_eq(object->ns, q->of_ns))
        return false;
    for (size_t i = 0; i < selectors->count; i++)
        if (selector_fits(&selectors->items[i], labels))
            return true;
    return false;
}

static Status
find_selects(Query *q)
{
    TRY(index_selectors(q->model, q->index, q->err));
    const Node *labels = node_path(q->of, "metadata.labels");
    for (uint32_t i = 0; node_is(labels, NODE_MAP) && i < labels->count; i++) {
        Str key = labels->pairs[i].key;
        Str value = node_string(&labels->pairs[i].value);
        TRY(add_posted(q, &q->index->by_selector, triple(q->arena, q->of_ns, key, value)));
        if (q->of_ns.n)
            TRY(add_posted(q, &q->index->by_selector, triple(q->arena, STR(""), key, value)));
    }
    for (size_t i = 0; i < q->index->loose.count; i++) {
        uint32_t *slot = VEC_PUSH(q->arena, &q->positions);
        if (!slot)
            return err_nomem(q->err);
        *slot = q->index->loose.items[i];
    }
    size_t kept = 0;
    for (size_t i = 0; i < q->positions.count; i++)
        if (selects(q, q->positions.items[i], labels))
            q->positions.items[kept++] = q->positions.items[i];
    q->positions.count = kept;
    return ST_OK;
}

/* --- on_node --- */

static Status
find_on_node(Query *q)
{
    Str node = node_string(node_path(q->of, "spec.nodeName"));
    if (!str_is(q->of_kind, "Node")) {
        for (size_t i = 0; node.n && i < q->index->objects.count; i++) {
            uint32_t *slot = NULL;
            if (!str_eq(q->index->objects.items[i]->name, node))
                continue;
            slot = VEC_PUSH(q->arena, &q->positions);
            if (!slot)
                return err_nomem(q->err);
            *slot = (uint32_t)i;
        }
        return ST_OK;
    }
    for (size_t i = 0; i < q->index->objects.count && !q->index->has_nodes; i++) {
        Str name = node_string(node_path(q->index->objects.items[i]->node, "spec.nodeName"));
        if (name.n)
            TRY(post(q->model, &q->index->by_node, name, i, q->err));
    }
    q->index->has_nodes = true;
    return add_posted(q, &q->index->by_node, q->of_name);
}

/* --- mounts and refers_to --- */

typedef Status FieldsFn(Arena *arena, const Node *object, References *ret, Err *err);

static Status
index_fields(Query *q, Map *map, bool *done, FieldsFn *fields)
{
    for (size_t i = 0; i < q->index->objects.count && !*done; i++) {
        References references;
        TRY(fields(q->model->arena, q->index->objects.items[i]->node, &references, q->err));
        for (size_t k = 0; k < references.count; k++) {
            const Reference *r = &references.items[k];
            TRY(post(q->model, map, triple(q->model->arena, r->kind, r->ns, r->name), i, q->err));
        }
    }
    *done = true;
    return ST_OK;
}

/* Objects of the kind that the given one names. */
static Status
find_named(Query *q, Str kind, FieldsFn *fields)
{
    References references;
    KindName name;
    kind_name_parse(kind, &name);
    TRY(fields(q->arena, q->of, &references, q->err));
    for (size_t i = 0; i < references.count; i++) {
        const Reference *r = &references.items[i];
        const Object *object = model_object(q->model, kind, r->ns, r->name);
        if (!object || !str_eq(object->kind, r->kind))
            continue;
        const Object **slot = VEC_PUSH(q->arena, &q->found);
        if (!slot)
            return err_nomem(q->err);
        *slot = object;
    }
    return ST_OK;
}

static Status
find_by_fields(Query *q, Str kind, Map *map, bool *done, FieldsFn *fields)
{
    TRY(index_fields(q, map, done, fields));
    TRY(add_posted(q, map, triple(q->arena, q->of_kind, q->of_ns, q->of_name)));
    return q->positions.count ? ST_OK : find_named(q, kind, fields);
}

/* --- owners --- */

static Str
address(const Object *const *object)
{
    return (Str){(const char *)object, sizeof *object};
}

/* The object that an ownerReference names: by uid, else by kind and name. */
static Status
owner_of(Model *model, Arena *arena, const Object *child, const Node *reference,
         const Object **ret, Err *err)
{
    const RelationIndex *index = model->relations;
    Str uid = node_string(node_get(reference, STR("uid")));
    *ret = uid.n ? map_get(&index->by_uid, uid) : NULL;
    if (*ret)
        return ST_OK;
    Str kind = node_string(node_get(reference, STR("kind")));
    Str name = node_string(node_get(reference, STR("name")));
    const Str namespaces[] = {child->ns, STR("")};
    for (size_t i = 0; i < 2 && !*ret; i++) {
        Str key = triple(arena, kind, namespaces[i], name);
        if (!key.p)
            return err_nomem(err);
        const Object *found = map_get(&index->by_name, key);
        /* Another of the same name that came later is not the owner. */
        if (found && (uid.n == 0 || found->uid.n == 0))
            *ret = found;
    }
    return ST_OK;
}

static Status
add_child(Model *model, const Object *owner, const Object *child, Err *err)
{
    const Object **key = ARENA_NEW(model->arena, const Object *);
    if (!key)
        return err_nomem(err);
    *key = owner;
    void **slot = map_slot(&model->relations->children, address(key));
    if (!slot)
        return err_nomem(err);
    if (!*slot)
        *slot = ARENA_NEW(model->arena, Found);
    Found *children = *slot;
    const Object **item = children ? VEC_PUSH(model->arena, children) : NULL;
    if (!item)
        return err_nomem(err);
    *item = child;
    return ST_OK;
}

typedef Status ObjectFn(Model *model, const Object *object, Err *err);

static Status
for_each_object(Model *model, ObjectFn *visit, Err *err)
{
    for (size_t i = 0; i < model->lists.count; i++)
        for (size_t k = 0; k < model->lists.items[i]->objects.count; k++)
            TRY(visit(model, model->lists.items[i]->objects.items[k], err));
    return ST_OK;
}

static Status
index_identity(Model *model, const Object *object, Err *err)
{
    RelationIndex *index = model->relations;
    Str key = triple(model->arena, object->kind, object->ns, object->name);
    if (!key.p || (object->uid.n && !map_put(&index->by_uid, object->uid,
                                             (void *)(uintptr_t)object)) ||
        !map_put(&index->by_name, key, (void *)(uintptr_t)object))
        return err_nomem(err);
    return ST_OK;
}

static Status
index_owners(Model *model, const Object *object, Err *err)
{
    const Node *references = node_path(object->node, "metadata.ownerReferences");
    for (uint32_t i = 0; node_is(references, NODE_LIST) && i < references->count; i++) {
        const Object *owner;
        TRY(owner_of(model, model->arena, object, &references->items[i], &owner, err));
        if (owner && owner != object)
            TRY(add_child(model, owner, object, err));
    }
    return ST_OK;
}

static Status
prepare_owners(Query *q)
{
    RelationIndex *index = q->model->relations;
    if (index->has_owners)
        return ST_OK;
    map_init(&index->by_uid, q->model->arena);
    map_init(&index->by_name, q->model->arena);
    map_init(&index->children, q->model->arena);
    TRY(for_each_object(q->model, index_identity, q->err));
    TRY(for_each_object(q->model, index_owners, q->err));
    index->has_owners = true;
    return ST_OK;
}

static Status
take_if_meant(Query *q, const KindName *name, const Object *object)
{
    for (size_t i = 0; i < q->found.count; i++)
        if (q->found.items[i] == object)
            return ST_OK;
    const ResourceRow *row = name->first;
    bool meant = row ? str_is(object->kind, row->kind) &&
                           kind_name_means(name, object->group, str_of(row->plural), object->kind)
                     : kind_name_means(name, object->group, object->kind, object->kind);
    if (!meant)
        return ST_OK;
    const Object **slot = VEC_PUSH(q->arena, &q->found);
    if (!slot)
        return err_nomem(q->err);
    *slot = object;
    return ST_OK;
}

/* An owner that is not there, of a kind that is not all there: the chain may go on. */
static Status
note_dangling(Query *q, const Node *reference)
{
    Str kind = node_string(node_get(reference, STR("kind")));
    bool demanded = false;
    for (size_t i = 0; i < q->model->demand->kinds.count && !demanded; i++)
        demanded = str_eq(q->model->demand->kinds.items[i].text, kind);
    if (!demanded)
        return ST_OK;
    Objects objects;
    TRY(model_objects(q->model, kind, NULL, &objects, q->err));
    if (objects.gap) {
        q->gap = gap_join(q->model->arena, q->gap, objects.gap);
        if (!q->gap)
            return err_nomem(q->err);
    }
    return ST_OK;
}

/* Upwards from an object; depth bounds chains that close on themselves. */
static Status
climb(Query *q, const KindName *name, const Object *child, unsigned depth)
{
    const Node *references = node_path(child->node, "metadata.ownerReferences");
    for (uint32_t i = 0; node_is(references, NODE_LIST) && i < references->count; i++) {
        const Object *owner;
        TRY(owner_of(q->model, q->arena, child, &references->items[i], &owner, q->err));
        if (!owner) {
            TRY(note_dangling(q, &references->items[i]));
            continue;
        }
        TRY(take_if_meant(q, name, owner));
        if (depth < OWNERS_DEEP)
            TRY(climb(q, name, owner, depth + 1));
    }
    return ST_OK;
}

static Status
descend(Query *q, const KindName *name, Map *visited, const Object *owner, unsigned depth)
{
    const Found *children = map_get(&q->model->relations->children, address(&owner));
    for (size_t i = 0; children && i < children->count; i++) {
        const Object *child = children->items[i];
        const Object **key = ARENA_NEW(q->arena, const Object *);
        if (!key)
            return err_nomem(q->err);
        *key = child;
        if (map_has(visited, address(key)))
            continue;
        if (!map_put(visited, address(key), q))
            return err_nomem(q->err);
        TRY(take_if_meant(q, name, child));
        if (depth < OWNERS_DEEP)
            TRY(descend(q, name, visited, child, depth + 1));
    }
    return ST_OK;
}

/* Candidates whose chain of owners breaks off may be owned as well. */
static Status
note_broken_chains(Query *q)
{
    for (size_t i = 0; i < q->index->objects.count && !q->gap; i++) {
        const Object *object = q->index->objects.items[i];
        const Node *references = node_path(object->node, "metadata.ownerReferences");
        if (!in_scope(object, q->of_ns.n == 0, q->of_ns))
            continue;
        for (uint32_t k = 0; node_is(references, NODE_LIST) && k < references->count; k++) {
            const Object *owner;
            TRY(owner_of(q->model, q->arena, object, &references->items[k], &owner, q->err));
            if (!owner)
                TRY(note_dangling(q, &references->items[k]));
        }
    }
    return ST_OK;
}

static Status
find_by_owner(Query *q, Relation relation, Str kind)
{
    KindName name;
    kind_name_parse(kind, &name);
    TRY(prepare_owners(q));
    const Object *of = model_object_of(q->model, q->of);
    if (!of)
        return err_set(q->err, ST_NOT_FOUND,
                       "ownership is known of objects of the bundle alone");
    if (relation == RELATION_OWNS)
        return climb(q, &name, of, 0);
    Map visited;
    map_init(&visited, q->arena);
    TRY(descend(q, &name, &visited, of, 0));
    return note_broken_chains(q);
}

/* --- all of them --- */

static int
compare_positions(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static Status
answer(Query *q, Objects *ret)
{
    if (q->positions.count)
        qsort(q->positions.items, q->positions.count, sizeof *q->positions.items,
              compare_positions);
    for (size_t i = 0; i < q->positions.count; i++) {
        if (i && q->positions.items[i] == q->positions.items[i - 1])
            continue;
        const Object **slot = VEC_PUSH(q->arena, &q->found);
        if (!slot)
            return err_nomem(q->err);
        *slot = q->index->objects.items[q->positions.items[i]];
    }
    if (q->found.count > 1)
        model_sort_objects(q->found.items, q->found.count);
    size_t kept = q->found.count ? 1 : 0;
    for (size_t i = 1; i < q->found.count; i++)
        if (q->found.items[i] != q->found.items[i - 1])
            q->found.items[kept++] = q->found.items[i];
    *ret = q->index->objects;
    ret->items = q->found.items;
    ret->count = kept;
    if (q->gap) {
        ret->gap = gap_join(q->model->arena, ret->gap, q->gap);
        if (!ret->gap)
            return err_nomem(q->err);
        if (ret->state == EVIDENCE_COMPLETE)
            ret->state = EVIDENCE_INCOMPLETE;
    }
    return ST_OK;
}

Status
model_related(Model *model, Relation relation, Str kind, const Node *object, Objects *ret,
              Err *err)
{
    Query q = {.model = model, .arena = model->arena, .of = object, .err = err};
    q.of_kind = node_string(node_get(object, STR("kind")));
    q.of_ns = node_string(node_path(object, "metadata.namespace"));
    q.of_name = node_string(node_path(object, "metadata.name"));
    if (q.of_name.n == 0 || q.of_kind.n == 0)
        return err_set(err, ST_NOT_FOUND, "a value without kind and metadata.name is no object");
    TRY(kind_index(model, kind, &q.index, err));
    switch (relation) {
    case RELATION_SELECTED_BY:
        TRY(find_selected_by(&q));
        break;
    case RELATION_SELECTS:
        TRY(find_selects(&q));
        break;
    case RELATION_ON_NODE:
        TRY(find_on_node(&q));
        break;
    case RELATION_MOUNTS:
        TRY(find_by_fields(&q, kind, &q.index->by_mount, &q.index->has_mounts, mounts_of));
        break;
    case RELATION_REFERS_TO:
        TRY(find_by_fields(&q, kind, &q.index->by_reference, &q.index->has_references,
                           references_of));
        break;
    case RELATION_OWNED_BY:
    case RELATION_OWNS:
        TRY(find_by_owner(&q, relation, kind));
        break;
    case RELATION_COUNT:
        return err_set(err, ST_INTERNAL, "no such relation");
    }
    return answer(&q, ret);
}
