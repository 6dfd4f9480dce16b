/* SPDX-License-Identifier: Apache-2.0 */
/* relation_fields.c -- what objects say of others: selectors, references, mounts. */
#include "analyzer/model/relation_private.h"

#include <string.h>

typedef enum { FORM_NAME, FORM_OBJECT, FORM_HOST, FORM_GATEWAY, FORM_MIXER } ReferenceForm;

static const struct {
    const char *kind;
    const char *target;
    const char *path;
    ReferenceForm form;
} REFERENCES[] = {
#define REFERENCE(kind, target, path, form) {kind, target, path, FORM_##form},
#include "analyzer/model/references.def"
#undef REFERENCE
};

static Str
text_at(const Node *node, const char *path)
{
    return node_string(node_path(node, path));
}

static Str
kind_of(const Node *object)
{
    return text_at(object, "kind");
}

static Str
namespace_of(const Node *object)
{
    return text_at(object, "metadata.namespace");
}

/* The pod spec of a pod, or of the template of a workload; NULL. */
static const Node *
pod_spec(const Node *object)
{
    static const char *const PLACES[] = {"spec.jobTemplate.spec.template.spec",
                                         "spec.template.spec"};
    if (str_is(kind_of(object), "Pod"))
        return node_get(object, STR("spec"));
    for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES; i++)
        if (node_is(node_path(object, PLACES[i]), NODE_MAP))
            return node_path(object, PLACES[i]);
    return NULL;
}

/* --- selectors --- */

static Status
add_selector(Arena *arena, const Node *node, bool plain, Selectors *selectors, Err *err)
{
    Selector *items = ARENA_ARRAY(arena, Selector, selectors->count + 1);
    Selector selector;
    if (!items)
        return err_nomem(err);
    Status status = plain ? selector_of_map(arena, node, &selector, NULL)
                          : selector_of_object(arena, node, &selector, NULL);
    if (status == ST_NOMEM)
        return err_nomem(err);
    if (status != ST_OK || selector.count == 0)
        return ST_OK;
    if (selectors->count)
        memcpy(items, selectors->items, selectors->count * sizeof *items);
    items[selectors->count] = selector;
    selectors->items = items;
    selectors->count++;
    return ST_OK;
}

Status
selectors_of(Arena *arena, const Node *object, Selectors *ret, Err *err)
{
    static const char *const PLACES[] = {"spec.selector", "spec.podSelector",
                                         "spec.workloadSelector"};
    Selectors selectors = {0};
    Str kind = kind_of(object);
    selectors.everywhere = str_is(kind, "Gateway") || namespace_of(object).n == 0;
    for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES; i++) {
        const Node *node = node_path(object, PLACES[i]);
        const Node *labels = node_get(node, STR("labels"));
        if (!node_is(node, NODE_MAP))
            continue;
        if (node_get(node, STR("matchLabels")) || node_get(node, STR("matchExpressions")))
            TRY(add_selector(arena, node, false, &selectors, err));
        else
            TRY(add_selector(arena, node_is(labels, NODE_MAP) ? labels : node, true, &selectors,
                             err));
    }
    const Node *webhooks = node_get(object, STR("webhooks"));
    for (uint32_t i = 0; node_is(webhooks, NODE_LIST) && i < webhooks->count; i++) {
        const Node *node = node_get(&webhooks->items[i], STR("namespaceSelector"));
        if (node_is(node, NODE_MAP))
            TRY(add_selector(arena, node, false, &selectors, err));
    }
    *ret = selectors;
    return ST_OK;
}

/* --- references --- */

typedef struct {
    Arena *arena;
    const Node *object;
    const char *target;
    ReferenceForm form;
    References *found;
    Err *err;
} Reading;

static Status
add(Reading *r, Str kind, Str ns, Str name)
{
    if (name.n == 0 || kind.n == 0)
        return ST_OK;
    Reference *slot = VEC_PUSH(r->arena, r->found);
    if (!slot)
        return err_nomem(r->err);
    *slot = (Reference){kind, ns, name};
    return ST_OK;
}

static bool
is_cluster_wide(Str kind)
{
    for (size_t i = 0; i < RESOURCE_COUNT; i++)
        if (str_is(kind, RESOURCES[i].kind))
            return !RESOURCES[i].namespaced;
    return false;
}

static Status
add_in(Reading *r, Str kind, Str ns, Str name)
{
    if (is_cluster_wide(kind))
        ns = STR("");
    else if (ns.n == 0)
        ns = namespace_of(r->object);
    return add(r, kind, ns, name);
}

static Status
take_host(Reading *r, Str host)
{
    Str rest = host;
    Str name, ns = STR("");
    (void)str_cut(&rest, '.', &name);
    if (rest.p)
        (void)str_cut(&rest, '.', &ns);
    if (str_is(name, "*"))
        return ST_OK;
    return add_in(r, str_of(r->target), ns, name);
}

static Status
take_gateway(Reading *r, Str text)
{
    size_t slash;
    if (str_is(text, "mesh"))
        return ST_OK;
    if (str_find_char(text, '/', &slash))
        return add_in(r, str_of(r->target), str_head(text, slash), str_from(text, slash + 1));
    return take_host(r, text);
}

/* "prometheus.istio-system" of a handler has no kind in the middle where it is of kind
 * "handler"; rules of 0.8 write the kind: "handler.prometheus". */
static Status
take_mixer(Reading *r, Str text)
{
    Str rest = text;
    Str name, kind = STR(""), ns = STR("");
    (void)str_cut(&rest, '.', &name);
    if (rest.p)
        (void)str_cut(&rest, '.', &kind);
    if (rest.p)
        (void)str_cut(&rest, '.', &ns);
    return add_in(r, kind, ns, name);
}

static Status
take(Reading *r, const Node *node)
{
    if (r->form == FORM_OBJECT) {
        Str kind = *r->target ? str_of(r->target) : text_at(node, "kind");
        return add_in(r, kind, text_at(node, "namespace"), text_at(node, "name"));
    }
    Str text = node_string(node);
    switch (r->form) {
    case FORM_NAME:
        return add_in(r, str_of(r->target), STR(""), text);
    case FORM_HOST:
        return text.n ? take_host(r, text) : ST_OK;
    case FORM_GATEWAY:
        return text.n ? take_gateway(r, text) : ST_OK;
    case FORM_MIXER:
        return text.n ? take_mixer(r, text) : ST_OK;
    case FORM_OBJECT:
        break;
    }
    return ST_OK;
}

/* The field of a path's first step; '|' in the path stands for a point in the key. */
static const Node *
step_into(const Node *node, Str key)
{
    for (uint32_t i = 0; node_is(node, NODE_MAP) && i < node->count; i++) {
        Str name = node->pairs[i].key;
        bool same = name.n == key.n;
        for (size_t k = 0; k < key.n && same; k++)
            same = name.p[k] == (key.p[k] == '|' ? '.' : key.p[k]);
        if (same)
            return &node->pairs[i].value;
    }
    if (node_is(node, NODE_MAP))
        node_note_absent(node, key);
    return NULL;
}

/* Follows what is left of a path; as deep as the longest path of the table. */
static Status
follow(Reading *r, const Node *node, Str path)
{
    Str key;
    if (!node)
        return ST_OK;
    if (path.n == 0)
        return take(r, node);
    (void)str_cut(&path, '.', &key);
    bool list = str_ends(key, STR("[]"));
    const Node *field = step_into(node, list ? str_head(key, key.n - 2) : key);
    if (!list)
        return follow(r, field, path);
    for (uint32_t i = 0; node_is(field, NODE_LIST) && i < field->count; i++)
        TRY(follow(r, &field->items[i], path));
    return ST_OK;
}

Status
references_of(Arena *arena, const Node *object, References *ret, Err *err)
{
    References found = {0};
    Str kind = kind_of(object);
    const Node *spec = pod_spec(object);
    for (size_t i = 0; i < sizeof REFERENCES / sizeof *REFERENCES; i++) {
        bool pod = strcmp(REFERENCES[i].kind, "pod") == 0;
        if (pod ? !spec : !str_is(kind, REFERENCES[i].kind))
            continue;
        Reading reading = {.arena = arena, .object = object, .target = REFERENCES[i].target,
                           .form = REFERENCES[i].form, .found = &found, .err = err};
        TRY(follow(&reading, pod ? spec : object, str_of(REFERENCES[i].path)));
    }
    *ret = found;
    return ST_OK;
}

/* --- mounts --- */

Status
mounts_of(Arena *arena, const Node *object, References *ret, Err *err)
{
    static const struct {
        const char *kind;
        const char *path;
    } VOLUMES[] = {
        {"ConfigMap", "volumes[].configMap.name"},
        {"Secret", "volumes[].secret.secretName"},
        {"PersistentVolumeClaim", "volumes[].persistentVolumeClaim.claimName"},
        {"ConfigMap", "volumes[].projected.sources[].configMap.name"},
        {"Secret", "volumes[].projected.sources[].secret.name"},
    };
    References found = {0};
    const Node *spec = pod_spec(object);
    for (size_t i = 0; spec && i < sizeof VOLUMES / sizeof *VOLUMES; i++) {
        Reading reading = {.arena = arena, .object = object, .target = VOLUMES[i].kind,
                           .form = FORM_NAME, .found = &found, .err = err};
        TRY(follow(&reading, spec, str_of(VOLUMES[i].path)));
    }
    *ret = found;
    return ST_OK;
}
