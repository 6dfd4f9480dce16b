/* SPDX-License-Identifier: Apache-2.0 */
/* facts_mesh.c -- configuration that Istio keeps as YAML inside ConfigMaps. */
#include "analyzer/model/facts_private.h"
#include "base/yaml.h"

/* The YAML text under a key of a ConfigMap in Istio's namespace, as a tree whose nodes stand
 * where the text stands. */
static Status
yaml_in_config_map(Model *model, const char *fact, const char *config_map, const char *key,
                   Fact *ret, Err *err)
{
    Str ns = model_istio_namespace(model);
    Objects maps;
    TRY(model_objects(model, STR("ConfigMap"), &(StrList){&ns, 1}, &maps, err));
    const Object *object = model_object(model, STR("ConfigMap"), ns, str_of(config_map));
    if (!object)
        return fact_unknown(model, fact,
                            arena_strf(model->arena, "there is no ConfigMap %s in " STR_FMT,
                                       config_map, STR_ARG(ns)),
                            maps.gap, ret, err);
    const Node *text = node_get(node_get(object->node, STR("data")), str_of(key));
    if (!node_is(text, NODE_STRING))
        return fact_unknown(model, fact,
                            arena_strf(model->arena, "ConfigMap %s has no text under the key %s",
                                       config_map, key),
                            NULL, ret, err);
    Err refused = {0};
    const Node *parsed;
    Status status = yaml_parse_one(model->arena, text->string, NULL, &parsed, &refused);
    if (status == ST_NOMEM)
        return err_nomem(err);
    if (status != ST_OK)
        return fact_unknown(model, fact,
                            arena_strf(model->arena, "key %s of ConfigMap %s is no YAML: line %u: %s",
                                       key, config_map, refused.line, refused.text),
                            NULL, ret, err);
    if (parsed->type != NODE_MAP)
        return fact_unknown(model, fact,
                            arena_strf(model->arena, "key %s of ConfigMap %s is no map", key,
                                       config_map),
                            NULL, ret, err);
    Node *root = ARENA_NEW(model->arena, Node);
    Str pointer = arena_strf(model->arena, STR_FMT "/data/%s", STR_ARG(object->origin.pointer), key);
    if (!root || !pointer.p)
        return err_nomem(err);
    uint32_t line = origin_line(&object->origin, text);
    TRY(tree_at_line(model->arena, parsed, line, root, err));
    Origin origin = {.member = object->origin.member, .line = line, .root = root,
                     .pointer = pointer};
    return fact_value(model, root, &origin, NULL, ret, err);
}

Status
fact_mesh(Model *model, Fact *ret, Err *err)
{
    return yaml_in_config_map(model, "mesh", "istio", "mesh", ret, err);
}

Status
fact_injector(Model *model, Fact *ret, Err *err)
{
    /* Before 0.8 the map had another name, and some installations keep it. */
    static const char *const NAMES[] = {"istio-sidecar-injector", "istio-inject"};
    Str ns = model_istio_namespace(model);
    Objects maps;
    TRY(model_objects(model, STR("ConfigMap"), &(StrList){&ns, 1}, &maps, err));
    size_t at = 0;
    while (at + 1 < sizeof NAMES / sizeof *NAMES &&
           !model_object(model, STR("ConfigMap"), ns, str_of(NAMES[at])))
        at++;
    bool found = model_object(model, STR("ConfigMap"), ns, str_of(NAMES[at])) != NULL;
    return yaml_in_config_map(model, "injector", NAMES[found ? at : 0], "config", ret, err);
}

/* What Istio 0.8 takes where the configuration says nothing. */
static const struct {
    const char *key;
    const char *text;
} MESH_DEFAULTS[] = {
    {"authPolicy", "NONE"},
    {"rdsRefreshDelay", "1s"},
    {"connectTimeout", "1s"},
    {"accessLogFile", "/dev/stdout"},
}, PROXY_DEFAULTS[] = {
    {"discoveryRefreshDelay", "1s"},
    {"drainDuration", "2s"},
    {"parentShutdownDuration", "3s"},
    {"discoveryAddress", "istio-pilot:15007"},
    {"zipkinAddress", ""},
    {"controlPlaneAuthPolicy", "NONE"},
};

static void
add_default(TreeMap *map, const Node *written, const char *key, const char *text)
{
    if (!node_get(written, str_of(key)))
        tree_add_string(map, key, str_of(text));
}

static TreeMap
copied(Model *model, const Node *map, const char *left_out)
{
    TreeMap copy = tree_map(model->arena);
    for (uint32_t i = 0; node_is(map, NODE_MAP) && i < map->count; i++)
        if (!str_is(map->pairs[i].key, left_out))
            tree_add(&copy, map->pairs[i].key, map->pairs[i].value);
    return copy;
}

Status
fact_mesh_effective(Model *model, Fact *ret, Err *err)
{
    Fact mesh;
    TRY(model_fact(model, STR("mesh"), &mesh, err));
    if (mesh.state == EVIDENCE_UNKNOWN) {
        *ret = mesh;
        return ST_OK;
    }
    const Node *written = mesh.items[0].node;
    const Node *proxy = node_get(written, STR("defaultConfig"));
    TreeMap map = copied(model, written, "defaultConfig");
    TreeMap proxy_map = copied(model, proxy, "");
    for (size_t i = 0; i < sizeof MESH_DEFAULTS / sizeof *MESH_DEFAULTS; i++)
        add_default(&map, written, MESH_DEFAULTS[i].key, MESH_DEFAULTS[i].text);
    for (size_t i = 0; i < sizeof PROXY_DEFAULTS / sizeof *PROXY_DEFAULTS; i++)
        add_default(&proxy_map, proxy, PROXY_DEFAULTS[i].key, PROXY_DEFAULTS[i].text);
    Node proxy_node;
    Node *root = ARENA_NEW(model->arena, Node);
    if (!root)
        return err_nomem(err);
    TRY(tree_end_map(&proxy_map, &proxy_node, err));
    tree_add(&map, STR("defaultConfig"), proxy_node);
    TRY(tree_end_map(&map, root, err));
    Origin origin = mesh.items[0].origin;
    origin.root = root;
    return fact_value(model, root, &origin, mesh.gap, ret, err);
}
