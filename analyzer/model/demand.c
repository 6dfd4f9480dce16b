/* SPDX-License-Identifier: Apache-2.0 */
/* demand.c -- what is asked of a bundle, before it is read. */
#include "analyzer/model/facts.h"
#include "analyzer/model/model_private.h"
#include "base/limits.h"

Demand *
demand_new(Arena *arena)
{
    Demand *demand = ARENA_NEW(arena, Demand);
    if (demand) {
        demand->arena = arena;
        map_init(&demand->facts, arena);
        map_init(&demand->series, arena);
        map_init(&demand->thin_labels, arena);
        map_init(&demand->fields, arena);
        map_init(&demand->slots, arena);
    }
    return demand;
}

Status
demand_consumer(Demand *demand, const MemberConsumer *consumer, Err *err)
{
    if (demand->consumers.count == 64)
        return err_set(err, ST_LIMIT, "more than 64 readers of members");
    MemberConsumer *slot = VEC_PUSH(demand->arena, &demand->consumers);
    if (!slot)
        return err_nomem(err);
    *slot = *consumer;
    return ST_OK;
}

void **
demand_slot(Demand *demand, const char *name)
{
    return map_slot(&demand->slots, str_of(name));
}

Arena *
demand_arena(Demand *demand)
{
    return demand->arena;
}

void *
model_slot(const Model *model, const char *name)
{
    return map_get(&model->demand->slots, str_of(name));
}

int64_t
demand_taken_ns(const Demand *demand)
{
    return demand->taken_ns;
}

Status
demand_kind(Demand *demand, Str kind, Err *err)
{
    for (size_t i = 0; i < demand->kinds.count; i++)
        if (str_eq(demand->kinds.items[i].text, kind))
            return ST_OK;
    KindName *slot = VEC_PUSH(demand->arena, &demand->kinds);
    Str copy = arena_str(demand->arena, kind);
    if (!slot || !copy.p)
        return err_nomem(err);
    kind_name_parse(copy, slot);
    return ST_OK;
}

void
demand_only_fields(Demand *demand)
{
    demand->only_fields = true;
}

/* Each has a tree of its own: they are joined when the kind is read. */
static NodeKeep *
scoped_fields(Demand *demand, Str kind, const StrList *namespaces)
{
    ScopedFields *slot = VEC_PUSH(demand->arena, &demand->scoped);
    NodeKeep *keep = ARENA_NEW(demand->arena, NodeKeep);
    Str copy = arena_str(demand->arena, kind);
    if (!slot || !keep || !copy.p)
        return NULL;
    *slot = (ScopedFields){copy, namespaces, keep};
    return keep;
}

NodeKeep *
demand_fields(Demand *demand, Str kind, const StrList *namespaces)
{
    if (demand_kind(demand, kind, NULL) != ST_OK)
        return NULL;
    if (namespaces)
        return scoped_fields(demand, kind, namespaces);
    NodeKeep *keep = map_get(&demand->fields, kind);
    if (keep)
        return keep;
    Str copy = arena_str(demand->arena, kind);
    keep = ARENA_NEW(demand->arena, NodeKeep);
    return copy.p && keep && map_put(&demand->fields, copy, keep) ? keep : NULL;
}

static Status
add_glob(Demand *demand, Strings *list, Str glob, Err *err)
{
    for (size_t i = 0; i < list->count; i++)
        if (str_eq(list->items[i], glob))
            return ST_OK;
    Str *slot = VEC_PUSH(demand->arena, list);
    Str copy = arena_str(demand->arena, glob);
    if (!slot || !copy.p)
        return err_nomem(err);
    *slot = copy;
    return ST_OK;
}

Status
demand_documents(Demand *demand, Str glob, Err *err)
{
    return add_glob(demand, &demand->globs, glob, err);
}

Status
demand_log_heads(Demand *demand, Str glob, Err *err)
{
    return add_glob(demand, &demand->heads, glob, err);
}

Status
demand_component(Demand *demand, Component component, Err *err)
{
    (void)component;        /* all of them are told by their pods */
    return demand_kind(demand, STR("Pod"), err);
}

Status
demand_metrics(Demand *demand, Str component, Err *err)
{
    bool any = false;
    for (Component i = 0; i < COMPONENT_COUNT; i++) {
        if (!str_glob(component, str_of(COMPONENT_NAMES[i]), false))
            continue;
        any = true;
        demand->metrics[i] = true;
        TRY(demand_component(demand, i, err));
    }
    return any ? ST_OK
               : err_set(err, ST_NOT_FOUND, "unknown component '" STR_FMT "'",
                         STR_ARG(str_head(component, 80)));
}

Status
demand_series(Demand *demand, Str name, Err *err)
{
    if (name.n == 0) {
        demand->all_series = true;
        return ST_OK;
    }
    Str copy = arena_str(demand->arena, name);
    return copy.p && map_put(&demand->series, copy, demand) ? ST_OK : err_nomem(err);
}

Status
demand_series_labels(Demand *demand, const Str *labels, size_t count, Err *err)
{
    /* What a target has of its own is told by its samples' labels of that name, too. */
    static const Str TARGET_LABELS[] = {STR_INIT("component"), STR_INIT("instance"),
                                        STR_INIT("namespace"), STR_INIT("pod")};
    demand->thin_series = true;
    for (size_t i = 0; i < sizeof TARGET_LABELS / sizeof *TARGET_LABELS; i++)
        if (!map_put(&demand->thin_labels, TARGET_LABELS[i], demand))
            return err_nomem(err);
    for (size_t i = 0; i < count; i++) {
        Str copy = arena_str(demand->arena, labels[i]);
        if (!copy.p || !map_put(&demand->thin_labels, copy, demand))
            return err_nomem(err);
    }
    return ST_OK;
}

Status
demand_clocks(Demand *demand, Err *err)
{
    demand->clocks = true;
    return demand_documents(demand, STR("clocks.json"), err);
}

Status
demand_limits(Demand *demand, Err *err)
{
    demand->limits = true;
    return demand_documents(demand, STR("limits.json"), err);
}

Status
demand_fact(Demand *demand, Str name, Err *err)
{
    const FactRow *row = fact_row(name);
    if (!row)
        return err_set(err, ST_NOT_FOUND, "unknown fact '" STR_FMT "'",
                       STR_ARG(str_head(name, 80)));
    if (map_has(&demand->facts, str_of(row->name)))
        return ST_OK;
    if (!map_put(&demand->facts, str_of(row->name), demand))
        return err_nomem(err);
    for (const FactNeed *need = row->needs; need->text; need++) {
        switch (need->type) {
        case FACT_NEEDS_KIND:
            TRY(demand_kind(demand, str_of(need->text), err));
            break;
        case FACT_NEEDS_DOCUMENT:
            TRY(demand_documents(demand, str_of(need->text), err));
            break;
        case FACT_NEEDS_LOG_HEAD:
            TRY(demand_log_heads(demand, str_of(need->text), err));
            break;
        case FACT_NEEDS_FACT:
            TRY(demand_fact(demand, str_of(need->text), err));
            break;
        }
    }
    return ST_OK;
}
