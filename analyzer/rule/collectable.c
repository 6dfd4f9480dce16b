/* SPDX-License-Identifier: Apache-2.0 */
/* collectable.c -- whether a collection plan collects what a rule needs. */
#include "analyzer/rule/collectable.h"

#include "analyzer/model/facts.h"
#include "analyzer/model/kind_name.h"
#include "base/io.h"
#include "base/limits.h"
#include "base/yaml.h"

#include <string.h>

enum { FACT_DEPTH = 16 };

struct Plans {
    Arena *arena;
    VEC(const Node *) captures;
};

Plans *
plans_new(Arena *arena)
{
    Plans *plans = ARENA_NEW(arena, Plans);
    if (plans)
        plans->arena = arena;
    return plans;
}

Status
plans_add(Plans *plans, const char *path, Err *err)
{
    Str text;
    const Node *plan;
    TRY(io_read_file(plans->arena, path, LIMIT_RULE_FILE_BYTES, &text, err));
    TRY(yaml_parse_one(plans->arena, text, path, &plan, err));
    const Node *captures = node_get(plan, STR("captures"));
    if (!node_is(captures, NODE_LIST))
        return err_at(err, ST_FORMAT, path, plan->line, plan->column, "a plan has captures");
    for (uint32_t i = 0; i < captures->count; i++) {
        const Node **slot = VEC_PUSH(plans->arena, &plans->captures);
        if (!slot)
            return err_nomem(err);
        *slot = &captures->items[i];
    }
    return ST_OK;
}

static bool
is_kind(const Node *capture, const char *kind)
{
    return str_is(node_string(node_get(capture, STR("kind"))), kind);
}

/* Whether the capture's list has a word that fits the glob; an absent list is all. */
static bool
lists(const Node *capture, const char *key, Str glob, bool absent)
{
    const Node *list = node_get(capture, str_of(key));
    if (!list)
        return absent;
    for (uint32_t i = 0; node_is(list, NODE_LIST) && i < list->count; i++) {
        Str word = node_string(&list->items[i]);
        if (str_glob(glob, word, false) || str_glob(word, glob, false))
            return true;
    }
    return false;
}

static bool
any_kind(const Plans *plans, const char *kind)
{
    for (size_t i = 0; i < plans->captures.count; i++)
        if (is_kind(plans->captures.items[i], kind))
            return true;
    return false;
}

static bool
of_component(const Plans *plans, const char *kind, Str component)
{
    for (size_t i = 0; i < plans->captures.count; i++) {
        const Node *capture = plans->captures.items[i];
        if (is_kind(capture, kind) && lists(capture, "components", component, true))
            return true;
    }
    return false;
}

/* A plan's "deployments.apps" or "*.config.istio.io" against a kind as rules name it. */
static bool
resource_is(Str resource, const KindName *name)
{
    size_t dot;
    bool core = !str_find_char(resource, '.', &dot);
    Str plural = core ? resource : str_head(resource, dot);
    Str group = core ? STR("") : str_from(resource, dot + 1);
    if (!str_is(plural, "*"))
        return kind_name_means(name, group, plural, STR(""));
    for (size_t i = 0; i < name->row_count; i++)
        if (str_is(group, name->first[i].group))
            return true;
    return name->row_count == 0 && name->has_group && str_glob(name->group, group, false);
}

static bool
collects_kind(const Plans *plans, Str kind)
{
    KindName name;
    kind_name_parse(kind, &name);
    for (size_t i = 0; i < plans->captures.count; i++) {
        const Node *list = node_get(plans->captures.items[i], STR("resources"));
        for (uint32_t k = 0; node_is(list, NODE_LIST) && k < list->count; k++)
            if (resource_is(node_string(&list->items[k]), &name))
                return true;
    }
    return false;
}

/* One endpoint of a component: over the network, or from inside the pod. */
static bool
collects_endpoint(const Plans *plans, const Endpoint *endpoint)
{
    Str component = str_of(COMPONENT_NAMES[endpoint->component]);
    Str what = str_of(endpoint->what);
    for (size_t i = 0; i < plans->captures.count; i++) {
        const Node *capture = plans->captures.items[i];
        bool fits = is_kind(capture, "http") ? !endpoint->local && lists(capture, "what", what, true)
                    : is_kind(capture, "exec") ? endpoint->local && lists(capture, "what", what, false)
                                               : false;
        if (fits && lists(capture, "components", component, true))
            return true;
    }
    return false;
}

/* A GET that a plan adds to those of the table. */
static bool
collects_request(const Plans *plans, Str component, Str what)
{
    for (size_t i = 0; i < plans->captures.count; i++) {
        const Node *capture = plans->captures.items[i];
        const Node *list = node_get(capture, STR("requests"));
        for (uint32_t k = 0; node_is(list, NODE_LIST) && k < list->count; k++)
            if (str_glob(what, node_string(node_get(&list->items[k], STR("what"))), true) &&
                lists(capture, "components", component, true))
                return true;
    }
    return false;
}

/* "http/COMPONENT/NAMESPACE/POD/WHAT", any part a glob; "**" for the rest of them. */
static bool
collects_answer(const Plans *plans, Str glob)
{
    Str rest = str_from(glob, strlen("http/"));
    Str component = STR("*");
    size_t slash;
    (void)str_cut(&rest, '/', &component);
    Str what = str_rfind_char(glob, '/', &slash) ? str_from(glob, slash + 1) : glob;
    if (collects_request(plans, component, what))
        return true;
    for (size_t i = 0; i < ENDPOINT_COUNT; i++)
        if (str_glob(component, str_of(COMPONENT_NAMES[ENDPOINTS[i].component]), false) &&
            str_glob(what, str_of(ENDPOINTS[i].what), true) &&
            collects_endpoint(plans, &ENDPOINTS[i]))
            return true;
    return false;
}

static bool
collects_output(const Plans *plans, Str glob)
{
    size_t slash;
    Str what = str_rfind_char(glob, '/', &slash) ? str_from(glob, slash + 1) : glob;
    for (size_t i = 0; i < plans->captures.count; i++)
        if (is_kind(plans->captures.items[i], "exec") &&
            lists(plans->captures.items[i], "commands", what, false))
            return true;
    return false;
}

static bool
collects_document(const Plans *plans, Str glob)
{
    static const struct {
        const char *begins;
        const char *kind;       /* of the captures that bring such members; NULL: any plan */
    } FOLDERS[] = {
        {"host/", "host"},       {"logs/", "logs"},       {"metrics/", "metrics"},
        {"kubernetes/", NULL},   {"clocks.json", "clocks"}, {"limits.json", "limits"},
        {"collector.log", NULL}, {"redactions.ndjson", NULL}, {"manifest.json", NULL},
        {"*", NULL},
    };
    if (str_starts(glob, STR("http/")))
        return collects_answer(plans, glob);
    if (str_starts(glob, STR("exec/")))
        return collects_output(plans, glob);
    for (size_t i = 0; i < sizeof FOLDERS / sizeof *FOLDERS; i++)
        if (str_starts(glob, str_of(FOLDERS[i].begins)))
            return !FOLDERS[i].kind || any_kind(plans, FOLDERS[i].kind);
    return false;
}

/* Some of what a fact rests on: facts have several ways to be known. */
static bool
collects_fact(const Plans *plans, Str name, unsigned depth)
{
    const FactRow *row = fact_row(name);
    bool any = !row || depth == 0 || !row->needs || !row->needs->text;
    for (const FactNeed *need = row ? row->needs : NULL; need && need->text && !any; need++) {
        Str text = str_of(need->text);
        any = need->type == FACT_NEEDS_KIND ? collects_kind(plans, text)
              : need->type == FACT_NEEDS_FACT
                  ? collects_fact(plans, text, depth - 1)
                  : collects_document(plans, text);
    }
    return any;
}

/* A component, or where it is none the name of a container. */
static bool
collects_logs(const Plans *plans, Str component)
{
    Component known;
    return component_of(component, &known) ? of_component(plans, "logs", component)
                                           : any_kind(plans, "logs");
}

bool
plans_collect(const Plans *plans, Str need)
{
    size_t colon;
    if (!str_find_char(need, ':', &colon))
        return str_is(need, "manifest") || any_kind(plans, str_is(need, "clocks") ? "clocks"
                                                                                  : "limits");
    Str kind = str_head(need, colon);
    Str rest = str_from(need, colon + 1);
    if (str_is(kind, "k8s"))
        return collects_kind(plans, rest);
    if (str_is(kind, "metric"))
        return of_component(plans, "metrics", rest);
    if (str_is(kind, "logs"))
        return collects_logs(plans, rest);
    if (str_is(kind, "document"))
        return collects_document(plans, rest);
    if (str_is(kind, "prometheus"))
        return of_component(plans, "http", kind);
    return !str_is(kind, "fact") || collects_fact(plans, rest, FACT_DEPTH);
}

void
rules_lint_collectable(RuleSet *set, const Plans *plans)
{
    for (size_t i = 0; i < set->rules.count; i++) {
        const Rule *rule = set->rules.items[i];
        for (size_t k = 0; k < rule->needs.count; k++)
            if (!plans_collect(plans, rule->needs.items[k]))
                diagnostic_error(&set->diagnostics, rule->file->path, rule->line, rule->column,
                                 STR_FMT " needs " STR_FMT ", which no plan collects; add it to a "
                                 "plan and name that with --plan", STR_ARG(rule->id),
                                 STR_ARG(rule->needs.items[k]));
    }
    diagnostics_sort(&set->diagnostics);
}
