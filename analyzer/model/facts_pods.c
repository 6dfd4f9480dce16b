/* SPDX-License-Identifier: Apache-2.0 */
/* facts_pods.c -- facts about pods: who runs what, with which proxy. */
#include "analyzer/model/facts_private.h"
#include "analyzer/model/version.h"

#include <string.h>

typedef VEC(FactItem) FactItems;

static Status
add_item(Model *model, FactItems *items, const Node *node, const Origin *origin, Err *err)
{
    FactItem *item = VEC_PUSH(model->arena, items);
    if (!item)
        return err_nomem(err);
    item->node = node;
    item->origin = *origin;
    return ST_OK;
}

/* Parts of the mesh itself, whose proxies are no sidecars of an application. */
static bool
is_mesh_part(uint32_t components)
{
    return components & ~(UINT32_C(1) << COMPONENT_APP | UINT32_C(1) << COMPONENT_SIDECAR);
}

Status
fact_injected_pods(Model *model, Fact *ret, Err *err)
{
    Objects pods;
    const uint32_t *components;
    TRY(model_objects(model, STR("Pod"), NULL, &pods, err));
    TRY(pod_components(model, &components, err));
    FactItems items = {0};
    for (size_t i = 0; i < pods.count; i++) {
        if (!is_mesh_part(components[i]) && pod_container(pods.items[i]->node, "istio-proxy"))
            TRY(add_item(model, &items, pods.items[i]->node, &pods.items[i]->origin, err));
    }
    fact_list(items.items, items.count, pods.state, pods.gap, ret);
    return ST_OK;
}

static bool
label_is(const Node *labels, const char *key, const char *value)
{
    return str_is(node_string(node_get(labels, str_of(key))), value);
}

Status
fact_injection_namespaces(Model *model, Fact *ret, Err *err)
{
    Objects namespaces;
    TRY(model_objects(model, STR("Namespace"), NULL, &namespaces, err));
    FactItems items = {0};
    for (size_t i = 0; i < namespaces.count; i++) {
        const Object *object = namespaces.items[i];
        const Node *labels = node_path(object->node, "metadata.labels");
        bool revision = node_string(node_get(labels, STR("istio.io/rev"))).n > 0;
        if (label_is(labels, "istio-injection", "enabled") ||
            (revision && !label_is(labels, "istio-injection", "disabled")))
            TRY(add_item(model, &items, object->node, &object->origin, err));
    }
    fact_list(items.items, items.count, namespaces.state, namespaces.gap, ret);
    return ST_OK;
}

static bool
is_running(const Node *pod)
{
    const Node *statuses = node_path(pod, "status.containerStatuses");
    for (uint32_t i = 0; node_is(statuses, NODE_LIST) && i < statuses->count; i++) {
        const Node *ready = node_get(&statuses->items[i], STR("ready"));
        if (node_is(ready, NODE_BOOL) && !ready->boolean)
            return false;
    }
    return str_is(node_string(node_path(pod, "status.phase")), "Running");
}

/* By its condition; where the pod has none, as objects of other makers may, by what runs. */
static bool
is_ready(const Node *pod)
{
    const Node *conditions = node_path(pod, "status.conditions");
    for (uint32_t i = 0; node_is(conditions, NODE_LIST) && i < conditions->count; i++)
        if (str_is(node_string(node_get(&conditions->items[i], STR("type"))), "Ready"))
            return str_is(node_string(node_get(&conditions->items[i], STR("status"))), "True");
    return is_running(pod);
}

static const Node *
main_container(Component component, const Node *pod)
{
    for (size_t i = 0; i < COMPONENT_FORM_COUNT; i++) {
        if (COMPONENT_FORMS[i].component != component || !*COMPONENT_FORMS[i].containers)
            continue;
        const Node *container = pod_container(pod, COMPONENT_FORMS[i].containers);
        if (container)
            return container;
    }
    return NULL;
}

static void
add_version(TreeMap *map, const char *key, Str image)
{
    Version version;
    if (version_parse(image_tag(image), &version))
        tree_add_string(map, key, image_tag(image));
}

static Status
describe_pod(Model *model, Component component, const Object *pod, Node *ret, Str *ret_tag,
             Err *err)
{
    Str image = node_string(node_get(main_container(component, pod->node), STR("image")));
    TreeMap map = tree_map(model->arena);
    tree_add_string(&map, "namespace", pod->ns);
    tree_add_string(&map, "name", pod->name);
    tree_add_text(&map, "phase", node_string(node_path(pod->node, "status.phase")));
    tree_add_bool(&map, "ready", is_ready(pod->node));
    tree_add_text(&map, "image", image);
    add_version(&map, "version", image);
    *ret_tag = image_tag(image);
    return tree_end_map(&map, ret, err);
}

static Status
describe_component(Model *model, Component component, TreeMap *out, Err *err)
{
    Objects pods;
    TRY(model_component_pods(model, component, &pods, err));
    if (pods.count == 0 || component == COMPONENT_APP || component == COMPONENT_SIDECAR)
        return ST_OK;
    TreeList list = tree_list(model->arena);
    TreeList versions = tree_list(model->arena);
    Map known;
    map_init(&known, model->arena);
    for (size_t i = 0; i < pods.count; i++) {
        Node pod;
        Str tag;
        TRY(describe_pod(model, component, pods.items[i], &pod, &tag, err));
        tree_push(&list, pod);
        if (tag.n == 0 || map_has(&known, tag))
            continue;
        tree_push(&versions, (Node){.type = NODE_STRING, .string = tag});
        if (!map_put(&known, tag, model))
            return err_nomem(err);
    }
    TreeMap map = tree_map(model->arena);
    Node pods_node, versions_node, node;
    TRY(tree_end_list(&list, &pods_node, err));
    TRY(tree_end_list(&versions, &versions_node, err));
    tree_add(&map, STR("pods"), pods_node);
    tree_add(&map, STR("versions"), versions_node);
    TRY(tree_end_map(&map, &node, err));
    tree_add(out, str_of(COMPONENT_NAMES[component]), node);
    return ST_OK;
}

/* A map cannot be incomplete: with pods missing, what is not in it might exist. */
Status
fact_components(Model *model, Fact *ret, Err *err)
{
    Objects pods;
    TRY(model_objects(model, STR("Pod"), NULL, &pods, err));
    if (pods.state != EVIDENCE_COMPLETE)
        return fact_unknown(model, "components", STR("not all pods are known"), pods.gap, ret,
                            err);
    TreeMap map = tree_map(model->arena);
    for (Component i = 0; i < COMPONENT_COUNT; i++)
        TRY(describe_component(model, i, &map, err));
    Node *node = ARENA_NEW(model->arena, Node);
    if (!node)
        return err_nomem(err);
    TRY(tree_end_map(&map, node, err));
    return fact_value(model, node, NULL, NULL, ret, err);
}

/* "--flag value", "--flag=value" and "-c value" of a container's command and args. */
static void
add_flags(TreeMap *flags, const Node *words)
{
    for (uint32_t i = 0; node_is(words, NODE_LIST) && i < words->count; i++) {
        Str word = node_string(&words->items[i]);
        if (!str_starts(word, STR("--")) || word.n == 2)
            continue;
        Str name = str_from(word, 2);
        Str value = STR("true");
        size_t equals;
        if (str_find_char(name, '=', &equals)) {
            value = str_from(name, equals + 1);
            name = str_head(name, equals);
        } else if (i + 1 < words->count &&
                   !str_starts(node_string(&words->items[i + 1]), STR("--"))) {
            value = node_string(&words->items[++i]);
        }
        bool known = false;
        for (size_t k = 0; k < flags->pairs.count && !known; k++)
            known = str_eq(flags->pairs.items[k].key, name);
        if (!known && name.n)
            tree_add(flags, name, (Node){.type = NODE_STRING, .string = value});
    }
}

static Str
proxy_role(const Node *container)
{
    static const char *const ROLES[] = {"sidecar", "router", "ingress", "egress"};
    const Node *args = node_get(container, STR("args"));
    for (uint32_t i = 0; node_is(args, NODE_LIST) && i < args->count; i++)
        for (size_t k = 0; k < sizeof ROLES / sizeof *ROLES; k++)
            if (str_is(node_string(&args->items[i]), ROLES[k]))
                return str_of(ROLES[k]);
    return STR("");
}

/* scratch: of the maps while they grow. */
static Status
describe_proxy(Model *model, const Object *pod, const Node *container, Arena *scratch,
               FactItems *items, Err *err)
{
    Str image = node_string(node_get(container, STR("image")));
    TreeMap flags = tree_map(scratch);
    add_flags(&flags, node_get(container, STR("command")));
    add_flags(&flags, node_get(container, STR("args")));
    Node flags_node;
    TRY(tree_end_map(&flags, &flags_node, err));
    TRY(tree_keep(model->arena, &flags_node, err));
    TreeMap map = tree_map(scratch);
    tree_add_string(&map, "namespace", pod->ns);
    tree_add_string(&map, "pod", pod->name);
    tree_add_text(&map, "node", node_string(node_path(pod->node, "spec.nodeName")));
    tree_add_string(&map, "container", node_string(node_get(container, STR("name"))));
    tree_add_text(&map, "role", proxy_role(container));
    tree_add_text(&map, "image", image);
    add_version(&map, "version", image);
    tree_add(&map, STR("args"), flags_node);
    Node *node = ARENA_NEW(model->arena, Node);
    Origin origin = {.member = pod->origin.member, .excerpt = image};
    if (!node || evidence_place(model->arena, &pod->origin, container, &origin.pointer,
                                &origin.line) != ST_OK)
        return err_nomem(err);
    TRY(tree_end_map(&map, node, err));
    TRY(tree_keep(model->arena, node, err));
    return add_item(model, items, node, &origin, err);
}

Status
fact_proxies(Model *model, Fact *ret, Err *err)
{
    CLEANUP(cleanup_arena) Arena *scratch = arena_new(SIZE_MAX);
    Objects pods;
    if (!scratch)
        return err_nomem(err);
    TRY(model_objects(model, STR("Pod"), NULL, &pods, err));
    FactItems items = {0};
    for (size_t i = 0; i < pods.count; i++) {
        const Node *container = pod_proxy(pods.items[i]->node);
        arena_reset(scratch);
        if (container)
            TRY(describe_proxy(model, pods.items[i], container, scratch, &items, err));
    }
    fact_list(items.items, items.count, pods.state, pods.gap, ret);
    return ST_OK;
}
