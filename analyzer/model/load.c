/* SPDX-License-Identifier: Apache-2.0 */
/* load.c -- one pass over the members of a bundle, into a Model. */
#include "analyzer/model/load_lane.h"
#include "base/timestamp.h"

#include <stdlib.h>

Str
resource_key(Arena *arena, Str group, Str plural)
{
    return arena_strf(arena, STR_FMT "/" STR_FMT, STR_ARG(group), STR_ARG(plural));
}

ResourceList *
resource_list(const Model *model, Str group, Str plural)
{
    for (size_t i = 0; i < model->lists.count; i++) {
        ResourceList *list = model->lists.items[i];
        if (str_eq(list->group, group) && str_eq(list->plural, plural))
            return list;
    }
    return NULL;
}

/* All lanes of one pass. */
typedef struct {
    Model *model;
    LoadPlan plan;
    Lane *lanes;
    BundleVisitor *visitors;
    unsigned count;
} Loading;

static Status
loading_init(Loading *loading, Model *model, const Demand *demand, unsigned count, Err *err)
{
    *loading = (Loading){.model = model, .plan = {.demand = demand, .arena = model->arena},
                         .lanes = ARENA_ARRAY(model->arena, Lane, count),
                         .visitors = ARENA_ARRAY(model->arena, BundleVisitor, count)};
    if (!loading->lanes || !loading->visitors)
        return err_nomem(err);
    for (; loading->count < count; loading->count++) {
        Lane *lane = &loading->lanes[loading->count];
        Status status = lane_init(lane, &loading->plan, model, err);
        loading->visitors[loading->count] = lane_visitor(lane);
        if (status != ST_OK) {
            loading->count++;
            return status;
        }
    }
    return ST_OK;
}

/* What was read stays with the model, whose arena takes it over. */
static void
loading_done(Loading *loading)
{
    for (unsigned i = 0; i < loading->count; i++) {
        lane_done(&loading->lanes[i]);
        arena_adopt(loading->model->arena, loading->lanes[i].arena);
    }
    const Demand *demand = loading->plan.demand;
    for (size_t i = 0; i < demand->consumers.count; i++)
        if (demand->consumers.items[i].done)
            demand->consumers.items[i].done(demand->consumers.items[i].context);
}

static Status
take_list(Model *model, ResourceList *list, Err *err)
{
    ResourceList **slot = VEC_PUSH(model->arena, &model->lists);
    if (!slot)
        return err_nomem(err);
    *slot = list;
    return objects_finish(model, list, err);
}

static Status
take_member(Model *model, const MemberResult *result, Err *err)
{
    const Member *member = result->member;
    bool cut = result->how == MEMBER_CUT;
    if (result->list)
        TRY(take_list(model, result->list, err));
    if (result->is_document)
        TRY(document_keep(model, member->name, result->document, cut || result->is_cut_document,
                          result->is_head, err));
    if (result->is_sample)
        TRY(samples_take(model, member->name, &result->sample, cut || result->is_cut_sample,
                         err));
    for (uint64_t left = result->consumers; left; left &= left - 1) {
        int i = __builtin_ctzll(left);
        const MemberConsumer *consumer = &model->demand->consumers.items[i];
        TRY(consumer->take(consumer->context, member, result->states[i], err));
    }
    Str name = arena_str(model->arena, member->name);
    SeenMember *seen = ARENA_NEW(model->arena, SeenMember);
    if (!name.p || !seen || !map_put(&model->seen, name, seen))
        return err_nomem(err);
    *seen = (SeenMember){cut, result->how == MEMBER_STOPPED, result->bytes};
    return ST_OK;
}

static int
compare_results(const void *a, const void *b)
{
    const MemberResult *left = *(MemberResult *const *)a;
    const MemberResult *right = *(MemberResult *const *)b;
    return (left->member->number > right->member->number) -
           (left->member->number < right->member->number);
}

/* Takes what all lanes read, in the order of the archive. */
static Status
take_all(Loading *loading, Err *err)
{
    VEC(MemberResult *) all = {0};
    for (unsigned i = 0; i < loading->count; i++) {
        const Lane *lane = &loading->lanes[i];
        for (size_t k = 0; k < lane->results.count; k++) {
            MemberResult **slot = VEC_PUSH(loading->model->arena, &all);
            if (!slot)
                return err_nomem(err);
            *slot = lane->results.items[k];
        }
    }
    if (all.count)
        qsort(all.items, all.count, sizeof *all.items, compare_results);
    for (size_t i = 0; i < all.count; i++)
        TRY(take_member(loading->model, all.items[i], err));
    return ST_OK;
}

static Status
scan(const ModelFeed *feed, Loading *loading, Err *err)
{
    Model *model = loading->model;
    TRY(feed->scan(feed->context, loading->visitors, loading->count, err));
    if (loading->plan.no_memory)
        return err_nomem(err);
    TRY(take_all(loading, err));
    model->manifest = feed->manifest(feed->context);
    model->damage = feed->damage ? feed->damage(feed->context) : NULL;
    documents_sort(model);
    TRY(discovery_read(model, err));
    return samples_finish(model, err);
}

static Model *
model_new(Arena *arena, const Demand *demand, const BundleWatch *watch)
{
    Model *model = ARENA_NEW(arena, Model);
    if (!model)
        return NULL;
    model->arena = arena;
    model->demand = demand;
    model->watch = watch;
    model->pool = json_pool_new(arena);
    pthread_mutexattr_t recursive;
    if (pthread_mutexattr_init(&recursive) != 0)
        return NULL;
    (void)pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    bool has_mutex = pthread_mutex_init(&model->hold, &recursive) == 0;
    (void)pthread_mutexattr_destroy(&recursive);
    Map *maps[] = {&model->objects_by_root, &model->cached_objects, &model->documents_by_name,
                   &model->seen, &model->served, &model->facts};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        map_init(maps[i], arena);
    return model->pool && has_mutex ? model : NULL;
}

Model *
model_hold(Model *model)
{
    (void)pthread_mutex_lock(&model->hold);     /* of a sound mutex that may be held twice */
    return model;
}

void
model_leave(Model **model)
{
    (void)pthread_mutex_unlock(&(*model)->hold);
}

Status
model_load(const ModelFeed *feed, Demand *demand, Arena *arena, Model **ret, Err *err)
{
    Model *model = model_new(arena, demand, feed->watch);
    if (!model)
        return err_nomem(err);
    TRY(samples_new(model, err));
    const Manifest *manifest = feed->manifest(feed->context);
    demand->taken_ns = manifest && manifest->ended_at_ns ? manifest->ended_at_ns : timestamp_now();
    Loading loading;
    Status status = loading_init(&loading, model, demand, feed->lanes ? feed->lanes : 1, err);
    if (status == ST_OK)
        status = scan(feed, &loading, err);
    loading_done(&loading);
    if (status == ST_OK)
        *ret = model;
    return status;
}

Arena *
model_arena(Model *model)
{
    return model->arena;
}

bool
model_has_missed(const Model *model)
{
    for (size_t i = 0; i < model->lists.count; i++)
        if (model->lists.items[i]->missed)
            return true;
    return false;
}

const Manifest *
model_manifest(const Model *model)
{
    return model->manifest;
}
