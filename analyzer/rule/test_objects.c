/* SPDX-License-Identifier: Apache-2.0 */
/* test_objects.c -- the Kubernetes objects of a test. */
#include "analyzer/rule/test_objects.h"

#include "analyzer/model/kind_name.h"
#include "base/limits.h"
#include "bundle/kind.h"

/* The resource that an object belongs to, with its objects. */
typedef struct {
    Str group;
    Str plural;
    Str kind;
    Str version;            /* "v1", "config.istio.io/v1alpha2" */
    bool is_unknown;
    VEC(const Node *) objects;
} Resource;

typedef struct {
    Making *making;
    VEC(const Node *) objects;      /* of base and change */
    VEC(Resource *) resources;
    Map by_name;                    /* "group/plural" */
} Gathered;

static Str
kind_of(const Node *object)
{
    return node_string(node_get(object, STR("kind")));
}

static Str
meta(const Node *object, const char *field)
{
    return node_string(node_get(node_get(object, STR("metadata")), str_of(field)));
}

/* ---- which objects ---- */

static bool
is_same_object(const Node *a, const Node *b)
{
    return str_eq(kind_of(a), kind_of(b)) && str_eq(meta(a, "name"), meta(b, "name")) &&
           str_eq(meta(a, "namespace"), meta(b, "namespace"));
}

static Status
put_object(Gathered *objects, const Node *object, Err *err)
{
    if (object->type != NODE_MAP || kind_of(object).n == 0 || meta(object, "name").n == 0) {
        diagnostic_error(objects->making->bundle->diagnostics, objects->making->bundle->file,
                         object->line, object->column,
                         "an object has kind and metadata.name, and perhaps "
                         "metadata.namespace");
        return ST_OK;
    }
    for (size_t i = 0; i < objects->objects.count; i++)
        if (is_same_object(objects->objects.items[i], object)) {
            objects->objects.items[i] = object;
            return ST_OK;
        }
    const Node **slot = VEC_PUSH(objects->making->arena, &objects->objects);
    if (!slot)
        return err_nomem(err);
    *slot = object;
    return ST_OK;
}

static Str
group_of(const Node *object)
{
    Str version = node_string(node_get(object, STR("apiVersion")));
    size_t slash;
    return str_find_char(version, '/', &slash) ? str_head(version, slash) : STR("");
}

/* "Pod", or with its group, "rule.config.istio.io". */
static bool
is_of_kind(const Node *object, Str kind)
{
    size_t dot;
    if (!str_find_char(kind, '.', &dot))
        return str_eq(kind_of(object), kind);
    return str_eq(kind_of(object), str_head(kind, dot)) &&
           str_eq(group_of(object), str_from(kind, dot + 1));
}

/* "Pod/db/mysql-0", "rule.config.istio.io/istio-system/promhttp", or "Node/n1". */
static bool
is_named(const Node *object, Str key)
{
    Str rest = key;
    Str kind;
    Str first;
    (void)str_cut(&rest, '/', &kind);
    (void)str_cut(&rest, '/', &first);
    Str ns = rest.p ? first : STR("");
    Str name = rest.p ? rest : first;
    return is_of_kind(object, kind) && str_eq(meta(object, "namespace"), ns) &&
           str_eq(meta(object, "name"), name);
}

static void
remove_object(Gathered *objects, const NodePair *pair)
{
    size_t kept = 0;
    for (size_t i = 0; i < objects->objects.count; i++)
        if (!is_named(objects->objects.items[i], pair->key))
            objects->objects.items[kept++] = objects->objects.items[i];
    if (kept == objects->objects.count)
        diagnostic_error(objects->making->bundle->diagnostics, objects->making->bundle->file,
                         pair->line, pair->column,
                         "there is no object " STR_FMT " to be removed", STR_ARG(pair->key));
    objects->objects.count = kept;
}

static Status
put_all(Gathered *objects, const Node *list, Err *err)
{
    for (uint32_t i = 0; node_is(list, NODE_LIST) && i < list->count; i++)
        TRY(put_object(objects, &list->items[i], err));
    return ST_OK;
}

/* A list of objects, or {unknown, items, Kind/ns/name: object or null}. */
static Status
put_part(Gathered *objects, const Node *part, Err *err)
{
    TRY(put_all(objects, part, err));
    for (uint32_t i = 0; node_is(part, NODE_MAP) && i < part->count; i++) {
        const NodePair *pair = &part->pairs[i];
        size_t slash;
        if (str_is(pair->key, "items"))
            TRY(put_all(objects, &pair->value, err));
        else if (!str_find_char(pair->key, '/', &slash))
            continue;
        else if (pair->value.type == NODE_NULL)
            remove_object(objects, pair);
        else
            TRY(put_object(objects, &pair->value, err));
    }
    return ST_OK;
}

/* ---- which resources ---- */

static Status
resource_of(Gathered *objects, Str group, Str plural, Resource **ret, Err *err)
{
    Arena *arena = objects->making->arena;
    Str key = arena_strf(arena, STR_FMT "/" STR_FMT, STR_ARG(group), STR_ARG(plural));
    void **slot = key.p ? map_slot(&objects->by_name, key) : NULL;
    if (!slot)
        return err_nomem(err);
    if (!*slot) {
        Resource *resource = ARENA_NEW(arena, Resource);
        Resource **place = resource ? VEC_PUSH(arena, &objects->resources) : NULL;
        if (!place)
            return err_nomem(err);
        resource->group = group;
        resource->plural = plural;
        *place = resource;
        *slot = resource;
    }
    *ret = *slot;
    return ST_OK;
}

/* The plural of a kind that no table has: as most custom resources form it. */
static Str
plural_of(Arena *arena, Str kind)
{
    char *lower = arena_cstr(arena, kind);
    if (!lower)
        return (Str){NULL, 0};
    for (char *p = lower; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    Str word = str_of(lower);
    if (str_ends(word, STR("s")))
        return str_ends(word, STR("ss")) ? arena_strf(arena, "%ses", lower) : word;
    if (str_ends(word, STR("y")))
        return arena_strf(arena, STR_FMT "ies", STR_ARG(str_head(word, word.n - 1)));
    return arena_strf(arena, "%ss", lower);
}

static const ResourceRow *
row_of_kind(Str kind, Str group, bool has_group)
{
    for (size_t i = 0; i < RESOURCE_COUNT; i++)
        if (str_is(kind, RESOURCES[i].kind) &&
            (!has_group || str_is(group, RESOURCES[i].group)))
            return &RESOURCES[i];
    return NULL;
}

static Status
place_object(Gathered *objects, const Node *object, Err *err)
{
    Arena *arena = objects->making->arena;
    Str version = node_string(node_get(object, STR("apiVersion")));
    size_t slash;
    Str group = str_find_char(version, '/', &slash) ? str_head(version, slash) : STR("");
    const ResourceRow *row = row_of_kind(kind_of(object), group, version.n > 0);
    if (row)
        group = str_of(row->group);
    Str plural = row ? str_of(row->plural) : plural_of(arena, kind_of(object));
    if (!plural.p)
        return err_nomem(err);
    Resource *resource;
    TRY(resource_of(objects, group, plural, &resource, err));
    resource->kind = kind_of(object);
    if (resource->version.n == 0)
        resource->version = version.n > 0 ? version
                            : group.n > 0 ? arena_strf(arena, STR_FMT "/v1", STR_ARG(group))
                                          : STR("v1");
    const Node **slot = VEC_PUSH(arena, &resource->objects);
    if (!slot || !resource->version.p)
        return err_nomem(err);
    *slot = object;
    return ST_OK;
}

/* Every resource that a name of rules may mean; is_unknown: nobody collected them. */
static Status
name_kind(Gathered *objects, Str text, bool is_unknown, Err *err)
{
    KindName name;
    kind_name_parse(text, &name);
    for (size_t i = 0; i < name.row_count; i++) {
        Resource *resource;
        TRY(resource_of(objects, str_of(name.first[i].group), str_of(name.first[i].plural),
                        &resource, err));
        resource->is_unknown |= is_unknown;
    }
    if (name.row_count > 0 || name.is_glob)
        return ST_OK;
    Str plural = plural_of(objects->making->arena, name.word);
    if (!plural.p)
        return err_nomem(err);
    Resource *resource;
    TRY(resource_of(objects, name.group, plural, &resource, err));
    resource->is_unknown |= is_unknown;
    return ST_OK;
}

static Status
name_all(Gathered *objects, Err *err)
{
    for (size_t i = 0; i < RESOURCE_COUNT; i++) {
        Resource *resource;
        TRY(resource_of(objects, str_of(RESOURCES[i].group), str_of(RESOURCES[i].plural),
                        &resource, err));
    }
    const NeedList *needs = objects->making->bundle->needs;
    for (size_t i = 0; needs && i < needs->count; i++)
        if (str_starts(needs->items[i], STR("k8s:")))
            TRY(name_kind(objects, str_from(needs->items[i], 4), false, err));
    return ST_OK;
}

static Status
name_unknown(Gathered *objects, const Node *part, Err *err)
{
    const Node *unknown = node_get(part, STR("unknown"));
    if (node_is(unknown, NODE_STRING))
        return name_kind(objects, unknown->string, true, err);
    for (uint32_t i = 0; node_is(unknown, NODE_LIST) && i < unknown->count; i++)
        TRY(name_kind(objects, node_string(&unknown->items[i]), true, err));
    return ST_OK;
}

/* ---- lists ---- */

static Status
write_list(Making *making, const Resource *resource, Str *ret, Err *err)
{
    CLEANUP(buf_done) Buf text = BUF_INIT(LIMIT_DOCUMENT_BYTES);
    buf_adds(&text, "{\"kind\": \"");
    buf_add_str(&text, resource->kind);
    buf_adds(&text, "List\", \"apiVersion\": \"");
    buf_add_str(&text, resource->version);
    buf_adds(&text, "\", \"items\": [");
    for (size_t i = 0; i < resource->objects.count; i++) {
        buf_adds(&text, i ? ",\n" : "\n");
        node_write_json(resource->objects.items[i], 0, &text);
    }
    buf_adds(&text, "]}\n");
    TRY(buf_status(&text, err));
    *ret = arena_str(making->arena, buf_str(&text));
    return ret->p ? ST_OK : err_nomem(err);
}

static Status
add_resource(Making *making, const Resource *resource, Err *err)
{
    Str member;
    TRY(member_name_k8s_list(making->arena, resource->group, resource->plural, &member, err));
    if (resource->is_unknown) {
        Str reason = arena_strf(making->arena, STR_FMT " were not collected",
                                STR_ARG(resource->plural));
        if (!reason.p)
            return err_nomem(err);
        return making_capture(making, "k8s-list", member, STR(""), CAPTURE_FAILED,
                              CAPTURE_CLASS_FORBIDDEN, reason, NULL, err);
    }
    bool has_member = resource->objects.count > 0;
    if (has_member) {
        Str text;
        TRY(write_list(making, resource, &text, err));
        TRY(memory_feed_add(making->memory, member, text, false, err));
    }
    return making_capture(making, "k8s-list", member, has_member ? member : STR(""),
                          CAPTURE_COMPLETE, CAPTURE_CLASS_NONE, STR(""), NULL, err);
}

Status
test_objects_add(Making *making, Err *err)
{
    /* Without the key nothing is known of any object; null says the same. */
    const Node *newest = making_key(making, "k8s");
    if (!newest || newest->type == NODE_NULL)
        return ST_OK;
    Gathered objects = {.making = making};
    map_init(&objects.by_name, making->arena);
    const Node *base = node_get(making->bundle->base, STR("k8s"));
    const Node *change = node_get(making->bundle->change, STR("k8s"));
    TRY(put_part(&objects, base, err));
    TRY(put_part(&objects, change, err));
    TRY(name_all(&objects, err));
    TRY(name_unknown(&objects, base, err));
    TRY(name_unknown(&objects, change, err));
    for (size_t i = 0; i < objects.objects.count; i++)
        TRY(place_object(&objects, objects.objects.items[i], err));
    for (size_t i = 0; i < objects.resources.count; i++)
        TRY(add_resource(making, objects.resources.items[i], err));
    return ST_OK;
}
