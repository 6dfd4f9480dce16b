/* SPDX-License-Identifier: Apache-2.0 */
/* components.c -- which pods run which part of a mesh. */
#include "analyzer/model/facts_private.h"
#include "analyzer/model/selector.h"

static bool
namespace_is(const Model *model, ComponentScope scope, Str ns)
{
    if (scope == SCOPE_CLUSTER)
        return str_is(ns, "kube-system");
    return scope == SCOPE_MESH || str_eq(ns, model->istio_namespace);
}

static const Node *
find_container(const Node *pod, const char *names)
{
    const Node *containers = node_path(pod, "spec.containers");
    for (uint32_t i = 0; node_is(containers, NODE_LIST) && i < containers->count; i++) {
        Str name = node_string(node_get(&containers->items[i], STR("name")));
        if (component_word_in(names, '|', name))
            return &containers->items[i];
    }
    return NULL;
}

/* Whether the pod runs the component in this form.  Forms without a selector are told by the
 * container; application pods by running none of the others. */
static bool
fits_form(const Model *model, const Selector *selectors, size_t number, const Object *pod)
{
    const ComponentForm *form = &COMPONENT_FORMS[number];
    if (!namespace_is(model, form->scope, pod->ns) ||
        !selector_fits(&selectors[number], node_path(pod->node, "metadata.labels")))
        return false;
    return (*form->selector && !*form->containers) || find_container(pod->node, form->containers);
}

/* Bits of the components whose forms the pod fits; a gateway's container is called like a
 * sidecar's, and is none. */
static uint32_t
components_of(const Model *model, const Selector *selectors, const Object *pod)
{
    const uint32_t sidecar = UINT32_C(1) << COMPONENT_SIDECAR;
    const uint32_t app = UINT32_C(1) << COMPONENT_APP;
    const uint32_t gateways = UINT32_C(1) << COMPONENT_INGRESS | UINT32_C(1) << COMPONENT_EGRESS;
    uint32_t bits = 0;
    for (size_t i = 0; i < COMPONENT_FORM_COUNT; i++) {
        uint32_t bit = UINT32_C(1) << COMPONENT_FORMS[i].component;
        if (bit != app && !(bits & bit) && fits_form(model, selectors, i, pod))
            bits |= bit;
    }
    if (bits & gateways)
        bits &= ~sidecar;
    return bits & ~sidecar ? bits : bits | app;
}

static Status
parse_selectors(Arena *arena, Selector **ret, Err *err)
{
    Selector *selectors = ARENA_ARRAY(arena, Selector, COMPONENT_FORM_COUNT);
    if (!selectors)
        return err_nomem(err);
    for (size_t i = 0; i < COMPONENT_FORM_COUNT; i++)
        TRY(selector_parse(arena, str_of(COMPONENT_FORMS[i].selector), &selectors[i], err));
    *ret = selectors;
    return ST_OK;
}

Status
pod_components(Model *model, const uint32_t **ret, Err *err)
{
    _Static_assert(COMPONENT_COUNT <= 32, "a bit for each component");
    Objects pods;
    Selector *selectors;
    *ret = model->pod_components;
    if (*ret)
        return ST_OK;
    (void)model_istio_namespace(model);
    TRY(model_objects(model, STR("Pod"), NULL, &pods, err));
    TRY(parse_selectors(model->arena, &selectors, err));
    uint32_t *bits = ARENA_ARRAY(model->arena, uint32_t, pods.count + 1);
    if (!bits)
        return err_nomem(err);
    for (size_t i = 0; i < pods.count; i++)
        bits[i] = components_of(model, selectors, pods.items[i]);
    *ret = model->pod_components = bits;
    return ST_OK;
}

Str
model_istio_namespace(Model *model)
{
    if (model->istio_namespace.n)
        return model->istio_namespace;
    Str named = model->manifest ? manifest_cluster(model->manifest, "istio_namespace") : STR("");
    Objects pods;
    if (named.n == 0 && model_objects(model, STR("Pod"), NULL, &pods, NULL) == ST_OK) {
        for (size_t i = 0; i < pods.count && named.n == 0; i++) {
            const Node *labels = node_path(pods.items[i]->node, "metadata.labels");
            if (str_is(node_string(node_get(labels, STR("istio"))), "pilot") ||
                str_is(node_string(node_get(labels, STR("app"))), "istiod"))
                named = pods.items[i]->ns;
        }
    }
    model->istio_namespace = named.n ? named : STR("istio-system");
    return model->istio_namespace;
}

Status
model_component_pods(Model *model, Component component, Objects *ret, Err *err)
{
    Str key = arena_strf(model->arena, "\1%s", COMPONENT_NAMES[component]);
    if (!key.p)
        return err_nomem(err);
    Objects *cached = map_get(&model->cached_objects, key);
    if (cached) {
        *ret = *cached;
        return ST_OK;
    }
    Objects pods;
    const uint32_t *components;
    TRY(model_objects(model, STR("Pod"), NULL, &pods, err));
    TRY(pod_components(model, &components, err));
    VEC(const Object *) found = {0};
    for (size_t i = 0; i < pods.count; i++) {
        if (!(components[i] >> component & 1))
            continue;
        const Object **slot = VEC_PUSH(model->arena, &found);
        if (!slot)
            return err_nomem(err);
        *slot = pods.items[i];
    }
    cached = ARENA_NEW(model->arena, Objects);
    if (!cached)
        return err_nomem(err);
    *cached = pods;
    cached->items = found.items;
    cached->count = found.count;
    if (!map_put(&model->cached_objects, key, cached))
        return err_nomem(err);
    *ret = *cached;
    return ST_OK;
}
