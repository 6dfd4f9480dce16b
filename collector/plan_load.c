/* SPDX-License-Identifier: Apache-2.0 */
/* plan_load.c -- the strict reader of plans: every error has a line, a column and a hint. */
#include "collector/plan.h"

#include "base/yaml.h"
#include "collector/forbidden.h"
#include "collector/selector.h"

#include <string.h>

enum { LIST_MAX = 1000, PORTS_MAX = 8 };

typedef enum {
    PLAN_TYPE_TEXT,
    PLAN_TYPE_TEXTS,
    PLAN_TYPE_KIND,
    PLAN_TYPE_COMPONENTS,
    PLAN_TYPE_SELECTOR,
    PLAN_TYPE_BOOL,
    PLAN_TYPE_COUNT,
    PLAN_TYPE_PORTS,
    PLAN_TYPE_PATH,
    PLAN_TYPE_PREVIOUS,
    PLAN_TYPE_WINDOW,
    PLAN_TYPE_WHEN,
    PLAN_TYPE_REQUESTS,
} PlanType;

#define BIT(kind) (1u << PLAN_##kind)
#define ALL UINT32_MAX

static const struct {
    const char *name;
    PlanType type;
    size_t offset;
    uint32_t kinds;
} KEYS[] = {
#define PLAN_KEY(name, field, type, kinds, help) \
    {name, PLAN_TYPE_##type, offsetof(PlanCapture, field), kinds},
#include "collector/plan_keys.def"
#undef PLAN_KEY
};
enum { KEY_COUNT = sizeof KEYS / sizeof *KEYS };

typedef struct {
    Arena *arena;
    const char *file;
    Err *err;
} Loader;

#define FAIL_AT(loader, node, ...) \
    err_at((loader)->err, ST_FORMAT, (loader)->file, (node)->line, (node)->column, __VA_ARGS__)

static Status
fail_word(const Loader *loader, unsigned line, unsigned column, const char *what, Str word,
          const char *const *known)
{
    const char *nearest = str_nearest(word, known);
    return err_at(loader->err, ST_FORMAT, loader->file, line, column, "unknown %s '%.*s'%s%s%s",
                  what, STR_ARG(word), nearest ? "; did you mean '" : "", nearest ? nearest : "",
                  nearest ? "'?" : "");
}

static Status
need_type(const Loader *loader, const Node *node, NodeType type, const char *key)
{
    if (node->type != type)
        return FAIL_AT(loader, node, "'%s' must be a %s, not a %s", key, node_type_name(type),
                       node_type_name((NodeType)node->type));
    return ST_OK;
}

static Status
read_text(const Loader *loader, const Node *node, const char *key, Str *ret)
{
    TRY(need_type(loader, node, NODE_STRING, key));
    if (node->string.n == 0)
        return FAIL_AT(loader, node, "'%s' is empty", key);
    *ret = node->string;
    return ST_OK;
}

static Status
read_texts(const Loader *loader, const Node *node, const char *key, StrList *ret)
{
    TRY(need_type(loader, node, NODE_LIST, key));
    if (node->count == 0 || node->count > LIST_MAX)
        return FAIL_AT(loader, node, "'%s' must have 1 to %d items", key, LIST_MAX);
    Str *items = ARENA_ARRAY(loader->arena, Str, node->count);
    if (!items)
        return err_nomem(loader->err);
    for (uint32_t i = 0; i < node->count; i++)
        TRY(read_text(loader, &node->items[i], key, &items[i]));
    *ret = (StrList){items, node->count};
    return ST_OK;
}

static Status
read_word(const Loader *loader, const Node *node, const char *key, const char *const *words,
          int *ret)
{
    Str text;
    TRY(read_text(loader, node, key, &text));
    for (int i = 0; words[i]; i++)
        if (str_is(text, words[i])) {
            *ret = i;
            return ST_OK;
        }
    return fail_word(loader, node->line, node->column, key, text, words);
}

static Status
read_components(const Loader *loader, const Node *node, const char *key, uint32_t *ret)
{
    _Static_assert(COMPONENT_COUNT < 32, "components are bits");
    TRY(need_type(loader, node, NODE_LIST, key));
    if (node->count == 0)
        return FAIL_AT(loader, node, "'%s' is empty", key);
    *ret = 0;
    for (uint32_t i = 0; i < node->count; i++) {
        int component;
        TRY(read_word(loader, &node->items[i], "component", COMPONENT_NAMES, &component));
        *ret |= 1u << component;
    }
    return ST_OK;
}

static Status
read_port(const Loader *loader, const Node *node, uint16_t *ret)
{
    TRY(need_type(loader, node, NODE_INT, "port"));
    if (node->integer < 1 || node->integer > 65535)
        return FAIL_AT(loader, node, "a port is 1 to 65535, not %lld", (long long)node->integer);
    *ret = (uint16_t)node->integer;
    return ST_OK;
}

static Status
read_ports(const Loader *loader, const Node *node, const char *key, const uint16_t **ret)
{
    TRY(need_type(loader, node, NODE_LIST, key));
    if (node->count == 0 || node->count > PORTS_MAX)
        return FAIL_AT(loader, node, "'%s' must have 1 to %d items", key, PORTS_MAX);
    uint16_t *ports = ARENA_ARRAY(loader->arena, uint16_t, node->count + 1u);
    if (!ports)
        return err_nomem(loader->err);
    for (uint32_t i = 0; i < node->count; i++)
        TRY(read_port(loader, &node->items[i], &ports[i]));
    *ret = ports;
    return ST_OK;
}

static Status
read_path(const Loader *loader, const Node *node, const char *key, Str *ret)
{
    Err why = {0};
    TRY(read_text(loader, node, key, ret));
    if (ret->p[0] != '/')
        return FAIL_AT(loader, node, "'%s' must begin with '/'", key);
    if (forbidden_path(*ret, &why) != ST_OK)
        return err_at(loader->err, ST_UNSAFE, loader->file, node->line, node->column, "%s",
                      why.text);
    return ST_OK;
}

static Status
read_selector(const Loader *loader, const Node *node, const char *key, Str *ret)
{
    Err why = {0};
    TRY(read_text(loader, node, key, ret));
    if (selector_check(*ret, &why) != ST_OK)
        return FAIL_AT(loader, node, "%s", why.text);
    return ST_OK;
}

static Status
read_when(const Loader *loader, const Node *node, PlanWhen *ret)
{
    static const char *const WORDS[] = {"served", "components", NULL};
    TRY(need_type(loader, node, NODE_MAP, "when"));
    for (uint32_t i = 0; i < node->count; i++) {
        const NodePair *pair = &node->pairs[i];
        if (str_is(pair->key, "served"))
            TRY(read_texts(loader, &pair->value, "served", &ret->served));
        else if (str_is(pair->key, "components"))
            TRY(read_components(loader, &pair->value, "components", &ret->components));
        else
            return fail_word(loader, pair->line, pair->column, "condition", pair->key, WORDS);
    }
    return ST_OK;
}

static Status
read_request(const Loader *loader, const Node *node, PlanRequest *ret)
{
    static const char *const WORDS[] = {"what", "port", "path", NULL};
    TRY(need_type(loader, node, NODE_MAP, "requests"));
    for (uint32_t i = 0; i < node->count; i++) {
        const NodePair *pair = &node->pairs[i];
        if (str_is(pair->key, "what"))
            TRY(read_text(loader, &pair->value, "what", &ret->what));
        else if (str_is(pair->key, "port"))
            TRY(read_port(loader, &pair->value, &ret->port));
        else if (str_is(pair->key, "path"))
            TRY(read_path(loader, &pair->value, "path", &ret->path));
        else
            return fail_word(loader, pair->line, pair->column, "key", pair->key, WORDS);
    }
    if (!ret->what.n || !ret->port || !ret->path.n)
        return FAIL_AT(loader, node, "a request needs what, port and path");
    return ST_OK;
}

static Status
read_requests(const Loader *loader, const Node *node, PlanCapture *capture)
{
    TRY(need_type(loader, node, NODE_LIST, "requests"));
    PlanRequest *requests = ARENA_ARRAY(loader->arena, PlanRequest, node->count + 1u);
    if (!requests)
        return err_nomem(loader->err);
    for (uint32_t i = 0; i < node->count; i++)
        TRY(read_request(loader, &node->items[i], &requests[i]));
    capture->requests = requests;
    capture->request_count = node->count;
    return ST_OK;
}

static Status
read_value(const Loader *loader, const NodePair *pair, size_t key, PlanCapture *capture)
{
    static const char *const PREVIOUS[] = {"restarted", "always", "never", NULL};
    static const char *const WINDOWS[] = {"whole", "recent", NULL};
    const Node *node = &pair->value;
    const char *name = KEYS[key].name;
    void *field = (char *)capture + KEYS[key].offset;
    int choice = 0;
    switch (KEYS[key].type) {
    case PLAN_TYPE_KIND:
        return ST_OK;                  /* read before all others */
    case PLAN_TYPE_TEXT:
        return read_text(loader, node, name, field);
    case PLAN_TYPE_TEXTS:
        return read_texts(loader, node, name, field);
    case PLAN_TYPE_COMPONENTS:
        return read_components(loader, node, name, field);
    case PLAN_TYPE_SELECTOR:
        return read_selector(loader, node, name, field);
    case PLAN_TYPE_BOOL:
        TRY(need_type(loader, node, NODE_BOOL, name));
        *(bool *)field = node->boolean;
        return ST_OK;
    case PLAN_TYPE_COUNT:
        TRY(need_type(loader, node, NODE_INT, name));
        if (node->integer < 1)
            return FAIL_AT(loader, node, "'%s' must be 1 or more", name);
        *(int64_t *)field = node->integer;
        return ST_OK;
    case PLAN_TYPE_PORTS:
        return read_ports(loader, node, name, field);
    case PLAN_TYPE_PATH:
        return read_path(loader, node, name, field);
    case PLAN_TYPE_PREVIOUS:
        TRY(read_word(loader, node, name, PREVIOUS, &choice));
        capture->previous = (PlanPrevious)choice;
        return ST_OK;
    case PLAN_TYPE_WINDOW:
        TRY(read_word(loader, node, name, WINDOWS, &choice));
        capture->window = (PlanWindow)choice;
        return ST_OK;
    case PLAN_TYPE_WHEN:
        return read_when(loader, node, &capture->when);
    case PLAN_TYPE_REQUESTS:
        return read_requests(loader, node, capture);
    }
    return ST_OK;
}

static Status
read_pair(const Loader *loader, const NodePair *pair, PlanCapture *capture)
{
    const char *names[KEY_COUNT + 1] = {0};
    size_t n = 0;
    for (size_t i = 0; i < KEY_COUNT; i++) {
        bool fits = (KEYS[i].kinds & (1u << capture->kind)) != 0;
        if (fits && str_is(pair->key, KEYS[i].name))
            return read_value(loader, pair, i, capture);
        if (str_is(pair->key, KEYS[i].name))
            return err_at(loader->err, ST_FORMAT, loader->file, pair->line, pair->column,
                          "a capture of kind %s takes no '%s'", PLAN_KIND_NAMES[capture->kind],
                          KEYS[i].name);
        if (fits)
            names[n++] = KEYS[i].name;
    }
    return fail_word(loader, pair->line, pair->column, "key", pair->key, names);
}

/* Names that must be in the bundle's tables. */
static Status
check_names(const Loader *loader, const Node *node, const PlanCapture *capture)
{
    for (size_t i = 0; i < capture->commands.count; i++) {
        const char *names[64] = {0};
        bool known = false;
        for (size_t p = 0; p < PROBE_COUNT && p < 63; p++) {
            names[p] = PROBES[p].what;
            known |= str_glob(capture->commands.items[i], str_of(PROBES[p].what), false);
        }
        const Node *at = node_get(node, STR("commands"));
        if (!known)
            return fail_word(loader, at->items[i].line, at->items[i].column, "command",
                             capture->commands.items[i], names);
    }
    for (size_t i = 0; i < capture->what.count; i++) {
        const char *names[256] = {0};
        size_t n = 0;
        bool known = false;
        for (size_t e = 0; e < ENDPOINT_COUNT && n < 255; e++) {
            if (!(capture->components & (1u << ENDPOINTS[e].component)) ||
                ENDPOINTS[e].local != (capture->kind == PLAN_EXEC))
                continue;
            names[n++] = ENDPOINTS[e].what;
            known |= str_glob(capture->what.items[i], str_of(ENDPOINTS[e].what), false);
        }
        const Node *at = node_get(node, STR("what"));
        if (!known)
            return fail_word(loader, at->items[i].line, at->items[i].column, "endpoint",
                             capture->what.items[i], names);
    }
    return ST_OK;
}

static Status
check_capture(const Loader *loader, const Node *node, const PlanCapture *capture)
{
    static const struct {
        PlanKind kind;
        const char *key;
    } NEEDED[] = {{PLAN_RESOURCES, "resources"},
                  {PLAN_LOGS, "components"},
                  {PLAN_METRICS, "components"},
                  {PLAN_HTTP, "components"},
                  {PLAN_EXEC, "components"}};
    if (!capture->id.n)
        return FAIL_AT(loader, node, "a capture needs an 'id'");
    for (size_t i = 0; i < sizeof NEEDED / sizeof *NEEDED; i++)
        if (capture->kind == NEEDED[i].kind && !node_get(node, str_of(NEEDED[i].key)))
            return FAIL_AT(loader, node, "capture '%.*s' needs '%s'", STR_ARG(capture->id),
                           NEEDED[i].key);
    if (capture->kind == PLAN_EXEC && capture->commands.count == 0 && capture->what.count == 0)
        return FAIL_AT(loader, node, "capture '%.*s' needs 'commands' or 'what'",
                       STR_ARG(capture->id));
    if (capture->samples > 2)
        return FAIL_AT(loader, node_get(node, STR("samples")), "'samples' must be 1 or 2");
    const Node *resources = node_get(node, STR("resources"));
    for (size_t i = 0; i < capture->resources.count; i++)
        if (!capture->metadata_only && str_glob(capture->resources.items[i], STR("secrets"), false))
            return err_at(loader->err, ST_UNSAFE, loader->file, resources->items[i].line,
                          resources->items[i].column,
                          "Secrets are read with 'metadata_only: true' alone");
    return check_names(loader, node, capture);
}

static Status
read_capture(const Loader *loader, const Node *node, PlanCapture *capture)
{
    int kind = 0;
    TRY(need_type(loader, node, NODE_MAP, "captures"));
    const Node *named = node_get(node, STR("kind"));
    if (!named)
        return FAIL_AT(loader, node, "a capture needs a 'kind'");
    TRY(read_word(loader, named, "kind", PLAN_KIND_NAMES, &kind));
    *capture = (PlanCapture){.kind = (PlanKind)kind, .samples = 1, .path = STR("/metrics")};
    for (uint32_t i = 0; i < node->count; i++)
        TRY(read_pair(loader, &node->pairs[i], capture));
    return check_capture(loader, node, capture);
}

static Status
read_captures(const Loader *loader, const Node *node, Plan *plan)
{
    TRY(need_type(loader, node, NODE_LIST, "captures"));
    PlanCapture *captures = ARENA_ARRAY(loader->arena, PlanCapture, node->count + 1u);
    if (!captures)
        return err_nomem(loader->err);
    for (uint32_t i = 0; i < node->count; i++) {
        TRY(read_capture(loader, &node->items[i], &captures[i]));
        for (uint32_t before = 0; before < i; before++)
            if (str_eq(captures[before].id, captures[i].id))
                return FAIL_AT(loader, &node->items[i], "two captures have the id '%.*s'",
                               STR_ARG(captures[i].id));
    }
    plan->captures = captures;
    plan->capture_count = node->count;
    return ST_OK;
}

Status
plan_parse(Arena *arena, Str text, const char *file, Plan **ret, Err *err)
{
    static const char *const WORDS[] = {"plan", "name", "captures", NULL};
    Loader loader = {arena, file, err};
    const Node *root;
    Plan *plan = ARENA_NEW(arena, Plan);
    if (!plan)
        return err_nomem(err);
    TRY(yaml_parse_one(arena, text, file, &root, err));
    TRY(need_type(&loader, root, NODE_MAP, "the plan"));
    const Node *version = node_get(root, STR("plan"));
    if (!node_is(version, NODE_INT))
        return FAIL_AT(&loader, root, "a plan begins with 'plan: 1'");
    if (version->integer != 1)
        return err_at(err, ST_UNSUPPORTED, file, version->line, version->column,
                      "this is a plan of version %lld; version 1 is known",
                      (long long)version->integer);
    for (uint32_t i = 0; i < root->count; i++) {
        const NodePair *pair = &root->pairs[i];
        if (str_is(pair->key, "name"))
            TRY(read_text(&loader, &pair->value, "name", &plan->name));
        else if (str_is(pair->key, "captures"))
            TRY(read_captures(&loader, &pair->value, plan));
        else if (!str_is(pair->key, "plan"))
            return fail_word(&loader, pair->line, pair->column, "key", pair->key, WORDS);
    }
    if (!plan->captures || plan->capture_count == 0)
        return FAIL_AT(&loader, root, "the plan has no captures");
    *ret = plan;
    return ST_OK;
}
