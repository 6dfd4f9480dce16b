/* SPDX-License-Identifier: Apache-2.0 */
/* objects.c -- Kubernetes objects: taken from Lists, found by kind, namespace and name. */
#include "analyzer/model/model_private.h"

#include <stdlib.h>
#include <string.h>

/* Fields that are checked but not kept: bulky, and of the API server's own bookkeeping. */
static const JsonDrop DROPS[] = {{"metadata", "managedFields"}, {NULL, NULL}};

static void
note_bad(ResourceList *list, uint32_t line, Str reason)
{
    if (list->bad_items++ == 0) {
        list->bad_line = line;
        list->bad_reason = reason;
    }
}

static Status
note_refused(Model *model, ResourceList *list, const JsonItem *item, const Err *refused, Err *err)
{
    if (refused->status == ST_NOMEM)
        return err_nomem(err);
    Str reason = arena_str(model->arena, str_of(refused->text));
    if (!reason.p)
        return err_nomem(err);
    /* lines count from the item's own */
    note_bad(list, refused->line ? item->line + refused->line - 1 : item->line, reason);
    return ST_OK;
}

/* The address of a root as the key of a map. */
static Str
root_key(const Node *const *root)
{
    return (Str){(const char *)root, sizeof *root};
}

static Status
add_object(Model *model, ResourceList *list, const JsonItem *item, const Node *node, Err *err)
{
    const Node *metadata = node_get(node, STR("metadata"));
    Str name = node_string(node_get(metadata, STR("name")));
    if (name.n == 0) {
        note_bad(list, item->line, STR("an object without a name"));
        return ST_OK;
    }
    Object *object = ARENA_NEW(model->arena, Object);
    Object **slot = VEC_PUSH(model->arena, &list->objects);
    Str pointer = arena_strf(model->arena, item->bare ? "/%u" : "/items/%u", item->index);
    if (!object || !slot || !pointer.p)
        return err_nomem(err);
    *object = (Object){
        .node = node,
        .group = list->group,
        .kind = node_string(node_get(node, STR("kind"))),
        .ns = node_string(node_get(metadata, STR("namespace"))),
        .name = name,
        .uid = node_string(node_get(metadata, STR("uid"))),
        .origin = {.member = list->member, .line = item->line, .lines_before = item->line - 1,
                   .root = node, .pointer = pointer},
    };
    *slot = object;
    return ST_OK;
}

Status
objects_take(Model *model, ResourceList *list, const JsonItem *item, Arena *scratch, Err *err)
{
    if (item->reason) {
        note_bad(list, item->line, str_of(item->reason));
        return ST_OK;
    }
    JsonOptions options = {.column = item->column,
                           .scratch = scratch,
                           .pool = model->pool,
                           .drops = DROPS,
                           .keep = list->keep.all};
    Err refused = {0};
    const Node *node;
    if (json_parse(model->arena, item->text, &options, &node, &refused) != ST_OK)
        return note_refused(model, list, item, &refused, err);
    /* Its namespace is known only now: few objects are in one of which more is wanted. */
    if (kept_fields_scoped(&list->keep, node_string(node_path(node, "metadata.namespace")))) {
        options.keep = list->keep.scoped;
        if (json_parse(model->arena, item->text, &options, &node, &refused) != ST_OK)
            return note_refused(model, list, item, &refused, err);
    }
    return add_object(model, list, item, node, err);
}

/* The root again with apiVersion and kind in front, where the item had none. */
static Status
complete_root(Model *model, Object *object, Str api_version, Str kind, Err *err)
{
    const Node *old = object->node;
    bool has_version = node_get(old, STR("apiVersion")) != NULL;
    bool has_kind = object->kind.n > 0;
    if ((has_version || !api_version.n) && (has_kind || !kind.n))
        return ST_OK;
    Node *root = ARENA_NEW(model->arena, Node);
    NodePair *pairs = ARENA_ARRAY(model->arena, NodePair, (size_t)old->count + 2);
    if (!root || !pairs)
        return err_nomem(err);
    uint32_t count = 0;
    if (!has_version && api_version.n)
        pairs[count++] = (NodePair){.key = STR("apiVersion"),
                                    .value = {.type = NODE_STRING, .string = api_version}};
    if (!has_kind && kind.n) {
        pairs[count++] = (NodePair){.key = STR("kind"),
                                    .value = {.type = NODE_STRING, .string = kind}};
        object->kind = kind;
    }
    for (uint32_t i = 0; i < old->count; i++)
        if (has_kind || !str_is(old->pairs[i].key, "kind"))
            pairs[count++] = old->pairs[i];
    *root = *old;
    root->pairs = pairs;
    root->count = count;
    object->node = root;
    object->origin.root = root;
    return ST_OK;
}

/* What an item is, as its list says. */
static void
list_says(const ResourceList *list, Str *ret_api_version, Str *ret_kind)
{
    Str kind = list->end.kind;
    if (str_ends(kind, STR("List")))
        kind = str_head(kind, kind.n - strlen("List"));
    const ResourceRow *row = resource_row(list->group, list->plural);
    if (kind.n == 0 && row)
        kind = str_of(row->kind);
    *ret_kind = kind;
    /* "v1" of a kubectl List is the List's own. */
    *ret_api_version = str_is(list->end.kind, "List") ? STR("") : list->end.api_version;
}

Status
objects_read_again(Model *model, const ResourceList *list, const JsonItem *item, const Node **ret,
                   Err *err)
{
    JsonOptions options = {.line = item->line, .column = item->column, .drops = DROPS};
    Err refused = {0};
    Object object = {0};
    Str api_version, kind;
    *ret = NULL;
    if (item->reason)
        return ST_OK;
    Status status = json_parse(model->arena, item->text, &options, &object.node, &refused);
    if (status != ST_OK)
        return status == ST_NOMEM ? err_nomem(err) : ST_OK;
    object.kind = node_string(node_get(object.node, STR("kind")));
    list_says(list, &api_version, &kind);
    TRY(complete_root(model, &object, api_version, kind, err));
    *ret = object.node;
    return ST_OK;
}

Status
objects_finish(Model *model, ResourceList *list, Err *err)
{
    Str api_version, kind;
    list_says(list, &api_version, &kind);
    list->kind = kind;
    for (size_t i = 0; i < list->objects.count; i++) {
        Object *object = list->objects.items[i];
        TRY(complete_root(model, object, api_version, kind, err));
        const Node **key = ARENA_NEW(model->arena, const Node *);
        if (!key)
            return err_nomem(err);
        *key = object->node;
        if (!map_put(&model->objects_by_root, root_key(key), object))
            return err_nomem(err);
        if (list->kind.n == 0)
            list->kind = object->kind;
    }
    return ST_OK;
}

const Object *
model_object_of(Model *model, const Node *root)
{
    return root ? map_get(&model->objects_by_root, root_key(&root)) : NULL;
}

static int
compare_objects(const void *a, const void *b)
{
    const Object *left = *(const Object *const *)a;
    const Object *right = *(const Object *const *)b;
    int order = str_cmp(left->ns, right->ns);
    if (order == 0)
        order = str_cmp(left->name, right->name);
    if (order == 0)
        order = str_cmp(left->kind, right->kind);
    return order ? order : str_cmp(left->group, right->group);
}

void
model_sort_objects(const Object **objects, size_t count)
{
    qsort(objects, count, sizeof *objects, compare_objects);
}

bool
namespace_fits(const StrList *namespaces, Str ns)
{
    if (!namespaces)
        return true;
    for (size_t i = 0; i < namespaces->count; i++)
        if (str_glob(namespaces->items[i], ns, false))
            return true;
    return false;
}

static bool
is_alias(const KindName *name, const ResourceList *list)
{
    return name->row_count > 1 && !str_is(list->group, name->first->group);
}

/* Whether the same object was taken from the resource that the list is an alias of. */
static bool
is_twin(const Object *object, const Map *primary)
{
    return object->uid.n && map_has(primary, object->uid);
}

typedef VEC(const Object *) ObjectPointers;

static Status
gather(Model *model, const KindName *name, const StrList *namespaces, ObjectPointers *found,
       Err *err)
{
    Map uids;
    map_init(&uids, model->arena);
    for (int aliases = 0; aliases < 2; aliases++) {
        for (size_t i = 0; i < model->lists.count; i++) {
            ResourceList *list = model->lists.items[i];
            if (is_alias(name, list) != (aliases == 1) ||
                !kind_name_means(name, list->group, list->plural, list->kind))
                continue;
            for (size_t j = 0; j < list->objects.count; j++) {
                Object *object = list->objects.items[j];
                if (!namespace_fits(namespaces, object->ns) ||
                    (aliases && is_twin(object, &uids)))
                    continue;
                const Object **slot = VEC_PUSH(model->arena, found);
                if (!slot || (name->row_count > 1 && object->uid.n &&
                              !map_put(&uids, object->uid, object)))
                    return err_nomem(err);
                *slot = object;
            }
        }
    }
    return ST_OK;
}

static Status
find_objects(Model *model, Str kind, const StrList *namespaces, Objects *ret, Err *err)
{
    KindName name;
    kind_name_parse(kind, &name);
    ObjectPointers found = {0};
    TRY(gather(model, &name, namespaces, &found, err));
    if (found.count)
        model_sort_objects(found.items, found.count);
    Objects objects = {.items = found.items, .count = found.count};
    TRY(kind_state(model, &name, namespaces, found.count > 0, &objects.state, &objects.gap, err));
    *ret = objects;
    return ST_OK;
}

/* Kind and namespaces, each with a NUL behind it, which no name holds. */
static Str
cache_key(Arena *arena, Str kind, const StrList *namespaces)
{
    CLEANUP(buf_done) Buf key = BUF_INIT(1 << 20);
    buf_add_str(&key, kind);
    for (size_t i = 0; namespaces && i < namespaces->count; i++) {
        buf_addc(&key, '\0');
        buf_add_str(&key, namespaces->items[i]);
    }
    return key.failed ? (Str){NULL, 0} : arena_str(arena, buf_str(&key));
}

Status
model_objects(Model *model, Str kind, const StrList *namespaces, Objects *ret, Err *err)
{
    Str key = cache_key(model->arena, kind, namespaces);
    if (!key.p)
        return err_nomem(err);
    Objects *cached = map_get(&model->cached_objects, key);
    if (!cached) {
        cached = ARENA_NEW(model->arena, Objects);
        if (!cached)
            return err_nomem(err);
        TRY(find_objects(model, kind, namespaces, cached, err));
        if (!map_put(&model->cached_objects, key, cached))
            return err_nomem(err);
    }
    *ret = *cached;
    return ST_OK;
}

Status
model_kind_origin(Model *model, Str kind, Origin *ret, Err *err)
{
    KindName name;
    Origin origin = {0};
    kind_name_parse(kind, &name);
    for (size_t i = 0; i < model->lists.count && origin.member.n == 0; i++) {
        const ResourceList *list = model->lists.items[i];
        if (!kind_name_means(&name, list->group, list->plural, list->kind))
            continue;
        origin.member = list->member;
        origin.excerpt = arena_strf(model->arena, "%zu objects of " STR_FMT "%s" STR_FMT,
                                    list->objects.count, STR_ARG(list->plural),
                                    list->group.n ? "." : "", STR_ARG(list->group));
    }
    if (origin.member.n == 0 && model->has_discovery) {
        origin.member = member_name_fixed(MEMBER_K8S_DISCOVERY);
        origin.excerpt = arena_strf(model->arena, "the API server serves no " STR_FMT, STR_ARG(kind));
    }
    if (origin.member.n && !origin.excerpt.p)
        return err_nomem(err);
    *ret = origin;
    return ST_OK;
}

const Object *
model_object(Model *model, Str kind, Str ns, Str name)
{
    Objects objects;
    if (model_objects(model, kind, NULL, &objects, NULL) != ST_OK)
        return NULL;
    size_t low = 0, high = objects.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const Object *object = objects.items[middle];
        int order = str_cmp(object->ns, ns);
        if (order == 0)
            order = str_cmp(object->name, name);
        if (order == 0)
            return object;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
