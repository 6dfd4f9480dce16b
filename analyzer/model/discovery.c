/* SPDX-License-Identifier: Apache-2.0 */
/* discovery.c -- which resources the API server serves, from kubernetes/discovery.json.
 *
 * Three forms are read: aggregated discovery (APIGroupDiscoveryList), a List or array of
 * APIResourceList, and a map whose values are APIResourceLists. */
#include "analyzer/model/model_private.h"

static Status
add_served(Model *model, Str group, Str plural, Str kind, Err *err)
{
    size_t slash;
    if (plural.n == 0 || str_find_char(plural, '/', &slash))
        return ST_OK;       /* a subresource */
    Str key = resource_key(model->arena, group, plural);
    Str *value = ARENA_NEW(model->arena, Str);
    if (!key.p || !value)
        return err_nomem(err);
    *value = kind;
    return map_put(&model->served, key, value) ? ST_OK : err_nomem(err);
}

/* {"metadata": {"name": GROUP}, "versions": [{"resources": [{"resource", "responseKind"}]}]} */
static Status
read_group(Model *model, const Node *group, Err *err)
{
    Str name = node_string(node_path(group, "metadata.name"));
    const Node *versions = node_get(group, STR("versions"));
    for (uint32_t i = 0; node_is(versions, NODE_LIST) && i < versions->count; i++) {
        const Node *resources = node_get(&versions->items[i], STR("resources"));
        for (uint32_t k = 0; node_is(resources, NODE_LIST) && k < resources->count; k++) {
            const Node *resource = &resources->items[k];
            TRY(add_served(model, name, node_string(node_get(resource, STR("resource"))),
                           node_string(node_path(resource, "responseKind.kind")), err));
        }
    }
    return ST_OK;
}

/* {"groupVersion": "apps/v1", "resources": [{"name", "kind"}]} */
static Status
read_resource_list(Model *model, const Node *list, Err *err)
{
    Str version = node_string(node_get(list, STR("groupVersion")));
    size_t slash;
    Str group = str_find_char(version, '/', &slash) ? str_head(version, slash) : STR("");
    const Node *resources = node_get(list, STR("resources"));
    for (uint32_t i = 0; node_is(resources, NODE_LIST) && i < resources->count; i++) {
        const Node *resource = &resources->items[i];
        TRY(add_served(model, group, node_string(node_get(resource, STR("name"))),
                       node_string(node_get(resource, STR("kind"))), err));
    }
    return ST_OK;
}

static Status
read_entry(Model *model, const Node *entry, Err *err)
{
    if (node_get(entry, STR("versions")))
        return read_group(model, entry, err);
    return read_resource_list(model, entry, err);
}

static Status
read_all(Model *model, const Node *root, Err *err)
{
    const Node *list = root;
    if (node_is(root, NODE_MAP)) {
        static const char *const KEYS[] = {"items", "resourceLists", "groups"};
        for (size_t i = 0; i < sizeof KEYS / sizeof *KEYS && list == root; i++)
            if (node_is(node_get(root, str_of(KEYS[i])), NODE_LIST))
                list = node_get(root, str_of(KEYS[i]));
    }
    if (node_is(list, NODE_LIST)) {
        for (uint32_t i = 0; i < list->count; i++)
            TRY(read_entry(model, &list->items[i], err));
        return ST_OK;
    }
    if (node_get(root, STR("groupVersion")))
        return read_resource_list(model, root, err);
    for (uint32_t i = 0; node_is(root, NODE_MAP) && i < root->count; i++)
        TRY(read_entry(model, &root->pairs[i].value, err));
    return ST_OK;
}

Status
discovery_read(Model *model, Err *err)
{
    static const Str NAME = STR_INIT("kubernetes/discovery.json");
    KeptDocument *document = document_kept(model, NAME);
    if (!document)
        return ST_OK;
    const Node *root;
    const Gap *gap = NULL;
    TRY(model_parse(model, &document->shown, DOCUMENT_JSON, &root, &gap, err));
    if (!root)
        return ST_OK;
    TRY(read_all(model, root, err));
    MemberState state;
    TRY(model_member(model, "k8s-discovery", NAME, &state, err));
    /* A list of nothing, or one without pods, is no answer of an API server. */
    model->has_discovery = state.state == EVIDENCE_COMPLETE && !document->shown.gap &&
                           map_has(&model->served, STR("/pods"));
    return ST_OK;
}
