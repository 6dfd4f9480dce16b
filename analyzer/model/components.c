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
static Status
fits_form(const Model *model, Arena *arena, const ComponentForm *form, const Object *pod,
          bool *ret, Err *err)
{
    *ret = false;
    if (!namespace_is(model, form->scope, pod->ns))
        return ST_OK;
    if (*form->selector) {
        Selector selector;
        TRY(selector_parse(arena, str_of(form->selector), &selector, err));
        if (!selector_fits(&selector, node_path(pod->node, "metadata.labels")))
            return ST_OK;
    }
    *ret = (*form->selector && !*form->containers) || find_container(pod->node, form->containers);
    return ST_OK;
}

static Status
runs(const Model *model, Arena *arena, Component component, const Object *pod, bool *ret, Err *err)
{
    *ret = false;
    for (size_t i = 0; i < COMPONENT_FORM_COUNT && !*ret; i++)
        if (COMPONENT_FORMS[i].component == component)
            TRY(fits_form(model, arena, &COMPONENT_FORMS[i], pod, ret, err));
    return ST_OK;
}

Status
component_runs(Model *model, Component component, const Object *pod, bool *ret, Err *err)
{
    if (component != COMPONENT_APP && component != COMPONENT_SIDECAR)
        return runs(model, model->arena, component, pod, ret, err);
    /* A gateway's container is called like a sidecar's, and is none. */
    bool other = false;
    for (Component i = 0; i < COMPONENT_COUNT && !other; i++)
        if (i != COMPONENT_APP && i != COMPONENT_SIDECAR)
            TRY(runs(model, model->arena, i, pod, &other, err));
    if (component == COMPONENT_APP) {
        *ret = !other;
        return ST_OK;
    }
    bool gateway = false;
    TRY(runs(model, model->arena, COMPONENT_INGRESS, pod, &gateway, err));
    if (!gateway)
        TRY(runs(model, model->arena, COMPONENT_EGRESS, pod, &gateway, err));
    *ret = false;
    return gateway ? ST_OK : runs(model, model->arena, component, pod, ret, err);
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
    (void)model_istio_namespace(model);
    Objects pods;
    TRY(model_objects(model, STR("Pod"), NULL, &pods, err));
    VEC(const Object *) found = {0};
    for (size_t i = 0; i < pods.count; i++) {
        bool fits;
        TRY(component_runs(model, component, pods.items[i], &fits, err));
        if (!fits)
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
