/* SPDX-License-Identifier: Apache-2.0 */
/* log_catalog.c -- the container logs that should exist, by the pods. */
#include "analyzer/model/log_catalog.h"

typedef struct {
    Model *model;
    LogCatalog *catalog;
    Err *err;
} Maker;

static const Node *
status_of(const Object *pod, Str container)
{
    static const char *const LISTS[] = {"status.containerStatuses", "status.initContainerStatuses",
                                        "status.ephemeralContainerStatuses"};
    for (size_t l = 0; l < sizeof LISTS / sizeof *LISTS; l++) {
        const Node *list = node_path(pod->node, LISTS[l]);
        for (uint32_t i = 0; node_is(list, NODE_LIST) && i < list->count; i++)
            if (str_eq(node_string(node_get(&list->items[i], STR("name"))), container))
                return &list->items[i];
    }
    return NULL;
}

static bool
was_restarted(const Node *status)
{
    const Node *restarts = node_get(status, STR("restartCount"));
    return (node_is(restarts, NODE_INT) && restarts->integer > 0) ||
           node_path(status, "lastState.terminated");
}

/* A container that never ran has no log, and that is all there is to know. */
static bool
never_ran(const Node *status, bool restarted)
{
    return status && !restarted && node_path(status, "state.waiting");
}

static Status
container_number(Maker *maker, Str name, uint32_t *ret)
{
    LogCatalog *catalog = maker->catalog;
    void **slot = map_slot(&catalog->container_numbers, name);
    if (!slot)
        return err_nomem(maker->err);
    if (!*slot) {
        Str *kept = VEC_PUSH(maker->model->arena, &catalog->containers);
        if (!kept)
            return err_nomem(maker->err);
        *kept = name;
        *slot = (void *)(uintptr_t)catalog->containers.count;       /* a number */
    }
    *ret = (uint32_t)((uintptr_t)*slot - 1);
    return ST_OK;
}

static Status
add_log(Maker *maker, const Object *pod, uint32_t container, bool previous)
{
    LogCatalog *catalog = maker->catalog;
    Arena *arena = maker->model->arena;
    Str member = arena_strf(arena, "logs/" STR_FMT "/" STR_FMT "/" STR_FMT "%s", STR_ARG(pod->ns),
                            STR_ARG(pod->name), STR_ARG(catalog->containers.items[container]),
                            previous ? ".previous.log" : ".log");
    CatalogLog *log = member.p ? VEC_PUSH(arena, &catalog->logs) : NULL;
    void **slot = log ? map_slot(&catalog->by_member, member) : NULL;
    if (!slot)
        return err_nomem(maker->err);
    if (!*slot)
        *slot = (void *)(uintptr_t)catalog->logs.count;             /* a number */
    *log = (CatalogLog){.container = container, .previous = previous, .member = member,
                        .same = (uint32_t)((uintptr_t)*slot - 1)};
    return ST_OK;
}

static Status
add_container(Maker *maker, const Object *pod, Str name)
{
    uint32_t container;
    const Node *status = status_of(pod, name);
    bool restarted = status && was_restarted(status);
    TRY(container_number(maker, name, &container));
    if (restarted)
        TRY(add_log(maker, pod, container, true));
    return never_ran(status, restarted) ? ST_OK : add_log(maker, pod, container, false);
}

static Status
add_pod(Maker *maker, const Object *pod)
{
    static const char *const LISTS[] = {"spec.initContainers", "spec.containers",
                                        "spec.ephemeralContainers"};
    for (size_t l = 0; l < sizeof LISTS / sizeof *LISTS; l++) {
        const Node *list = node_path(pod->node, LISTS[l]);
        for (uint32_t i = 0; node_is(list, NODE_LIST) && i < list->count; i++) {
            Str name = node_string(node_get(&list->items[i], STR("name")));
            if (name.n)
                TRY(add_container(maker, pod, name));
        }
    }
    return ST_OK;
}

static Status
fill(Maker *maker)
{
    LogCatalog *catalog = maker->catalog;
    Arena *arena = maker->model->arena;
    CatalogPod *entries = ARENA_ARRAY(arena, CatalogPod, catalog->pods.count + 1);
    if (!entries)
        return err_nomem(maker->err);
    for (size_t i = 0; i < catalog->pods.count; i++) {
        entries[i] = (CatalogPod){catalog->pods.items[i], catalog->logs.count};
        TRY(add_pod(maker, catalog->pods.items[i]));
    }
    entries[catalog->pods.count].first_log = catalog->logs.count;
    catalog->entries = entries;
    return ST_OK;
}

Status
log_catalog(Model *model, LogCatalog **ret, Err *err)
{
    *ret = model->log_catalog;
    if (*ret)
        return ST_OK;
    LogCatalog *catalog = ARENA_NEW(model->arena, LogCatalog);
    if (!catalog)
        return err_nomem(err);
    map_init(&catalog->container_numbers, model->arena);
    map_init(&catalog->by_member, model->arena);
    TRY(model_objects(model, STR("Pod"), NULL, &catalog->pods, err));
    Maker maker = {model, catalog, err};
    TRY(fill(&maker));
    *ret = model->log_catalog = catalog;
    return ST_OK;
}

CatalogLog *
log_catalog_member(const LogCatalog *catalog, Str member)
{
    uintptr_t number = (uintptr_t)map_get(&catalog->by_member, member);
    return number ? &catalog->logs.items[number - 1] : NULL;
}

Status
log_catalog_judge(Model *model, CatalogLog *log, const char *evidence, Err *err)
{
    /* Without a gap it is the same for all evidence. */
    if (log->judged && (!log->gap || str_eq(str_of(log->evidence), str_of(evidence))))
        return ST_OK;
    MemberState state;
    TRY(model_member(model, evidence, log->member, &state, err));
    log->judged = true;
    log->evidence = evidence;
    log->there = state.state != EVIDENCE_UNKNOWN;
    log->gap = state.gap;
    /* Asked for and rightly not there: no such container run. */
    if (!log->there && state.capture && capture_found_nothing(state.capture))
        log->gap = NULL;
    return ST_OK;
}
