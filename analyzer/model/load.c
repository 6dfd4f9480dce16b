/* SPDX-License-Identifier: Apache-2.0 */
/* load.c -- one pass over the members of a bundle, into a Model. */
#include "analyzer/model/model_private.h"
#include "base/limits.h"
#include "base/timestamp.h"

#include <string.h>

enum {
    HEAD_BYTES = 64 * 1024,     /* kept of a log for facts */
    NO_MEMBER = -1,
};

/* The member that passes by, and who reads it. */
typedef struct {
    Model *model;
    const Demand *demand;
    Arena *scratch;
    VEC(uint64_t) wanted;       /* for each member number: bits of the consumers that want it */
    int64_t current;            /* number of the member, NO_MEMBER before the first */
    uint64_t came_bytes;        /* of it, so far */
    uint64_t consumers;         /* that still want more of it */
    ResourceList *list;
    JsonItems *items;
    bool keep;                  /* as a document */
    bool is_head;
    bool full;                  /* what is kept of it has been kept */
    bool no_memory;
    Buf bytes;
} Loader;

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

static bool
kind_is_demanded(const Demand *demand, Str group, Str plural)
{
    for (size_t i = 0; i < demand->kinds.count; i++)
        if (kind_name_means(&demand->kinds.items[i], group, plural, STR("")))
            return true;
    return false;
}

static bool
fits_any(const Str *globs, size_t count, Str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_glob(globs[i], name, true))
            return true;
    return false;
}

static bool
is_document(const Demand *demand, const Member *member)
{
    return member->kind == MEMBER_K8S_VERSION || member->kind == MEMBER_K8S_DISCOVERY ||
           fits_any(demand->globs.items, demand->globs.count, member->name);
}

static bool
is_list(const Demand *demand, const Member *member)
{
    MemberName name;
    member_name_parse(member->name, &name);
    return name.kind == MEMBER_K8S_LIST && kind_is_demanded(demand, name.group, name.plural);
}

static bool
is_log_head(const Demand *demand, const Member *member)
{
    return fits_any(demand->heads.items, demand->heads.count, member->name);
}

static uint64_t *
wanted_slot(Loader *loader, uint32_t number)
{
    while (loader->wanted.count <= number)
        if (!VEC_PUSH(loader->model->arena, &loader->wanted))
            return NULL;
    return &loader->wanted.items[number];
}

static bool
want_member(void *context, const Member *member)
{
    Loader *loader = context;
    uint64_t consumers = 0;
    for (size_t i = 0; i < loader->demand->consumers.count; i++) {
        const MemberConsumer *consumer = &loader->demand->consumers.items[i];
        if (consumer->want(consumer->context, member))
            consumers |= UINT64_C(1) << i;
    }
    if (consumers) {
        uint64_t *slot = wanted_slot(loader, member->number);
        if (slot)
            *slot = consumers;
        else
            loader->no_memory = true;       /* told at the next call that can fail */
    }
    return consumers || is_document(loader->demand, member) || is_list(loader->demand, member) ||
           is_log_head(loader->demand, member) || samples_want(loader->model, member);
}

static Status
on_item(void *context, const JsonItem *item, Err *err)
{
    Loader *loader = context;
    return objects_take(loader->model, loader->list, item, loader->scratch, err);
}

static Status
begin_list(Loader *loader, const Member *member, Err *err)
{
    Model *model = loader->model;
    MemberName name;
    member_name_parse(member->name, &name);
    ResourceList *list = ARENA_NEW(model->arena, ResourceList);
    ResourceList **slot = VEC_PUSH(model->arena, &model->lists);
    loader->items = json_items_new(model->arena, on_item, loader);
    if (!list || !slot || !loader->items)
        return err_nomem(err);
    list->group = name.group;
    list->plural = name.plural;
    list->member = member->name;
    list->read = true;
    *slot = list;
    loader->list = list;
    return ST_OK;
}

static Status
begin_member(Loader *loader, const Member *member, Err *err)
{
    if (loader->no_memory)
        return err_nomem(err);
    if (loader->current == (int64_t)member->number)
        return ST_OK;
    loader->current = member->number;
    loader->came_bytes = 0;
    loader->consumers =
        member->number < loader->wanted.count ? loader->wanted.items[member->number] : 0;
    loader->list = NULL;
    loader->full = false;
    loader->is_head = false;
    loader->keep = is_document(loader->demand, member);
    if (!loader->keep && is_log_head(loader->demand, member))
        loader->keep = loader->is_head = true;
    buf_clear(&loader->bytes);
    loader->bytes.max_bytes = loader->is_head ? HEAD_BYTES : LIMIT_DOCUMENT_BYTES;
    if (is_list(loader->demand, member))
        TRY(begin_list(loader, member, err));
    return samples_begin(loader->model, member, err);
}

/* What does not fit is left out, and the document is then known to be cut. */
static Status
keep_bytes(Loader *loader, Str bytes, Err *err)
{
    size_t room = loader->bytes.max_bytes - loader->bytes.n;
    if (bytes.n > room) {
        bytes = str_head(bytes, room);
        loader->full = true;
    }
    buf_add_str(&loader->bytes, bytes);
    return buf_status(&loader->bytes, err);
}

static Status
feed_consumers(Loader *loader, const Member *member, Str bytes, Err *err)
{
    for (uint64_t left = loader->consumers; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctzll(left);
        const MemberConsumer *consumer = &loader->demand->consumers.items[i];
        Status status = consumer->data(consumer->context, member, bytes, err);
        if (status == ST_END) {
            loader->consumers &= ~(UINT64_C(1) << i);
            TRY(consumer->end(consumer->context, member, false, err));
        } else if (status != ST_OK) {
            return status;
        }
    }
    return ST_OK;
}

static Status
take_data(void *context, const Member *member, Str bytes, Err *err)
{
    Loader *loader = context;
    TRY(begin_member(loader, member, err));
    loader->came_bytes += bytes.n;
    if (loader->list)
        TRY(json_items_feed(loader->items, bytes, err));
    if (loader->keep && !loader->full)
        TRY(keep_bytes(loader, bytes, err));
    bool samples = false;
    TRY(samples_data(loader->model, member, bytes, &samples, err));
    TRY(feed_consumers(loader, member, bytes, err));
    bool more = loader->list || loader->consumers || samples || (loader->keep && !loader->full);
    return more ? ST_OK : ST_END;
}

static Status
end_list(Loader *loader, bool cut, Err *err)
{
    loader->list->end = json_items_end(loader->items);
    loader->list->cut = cut;
    cleanup_json_items(&loader->items);
    return objects_finish(loader->model, loader->list, err);
}

static Status
end_member(void *context, const Member *member, MemberEnd how, Err *err)
{
    Loader *loader = context;
    TRY(begin_member(loader, member, err));     /* an empty member has no data */
    bool cut = how == MEMBER_CUT;
    Model *model = loader->model;
    if (loader->list)
        TRY(end_list(loader, cut, err));
    if (loader->keep)
        TRY(document_keep(model, member->name, buf_str(&loader->bytes),
                          cut || (loader->full && !loader->is_head), loader->is_head, err));
    TRY(samples_end(model, member, cut, err));
    for (uint64_t left = loader->consumers; left; left &= left - 1) {
        const MemberConsumer *consumer =
            &loader->demand->consumers.items[__builtin_ctzll(left)];
        TRY(consumer->end(consumer->context, member, cut, err));
    }
    Str name = arena_str(model->arena, member->name);
    SeenMember *seen = ARENA_NEW(model->arena, SeenMember);
    if (!name.p || !seen || !map_put(&model->seen, name, seen))
        return err_nomem(err);
    *seen = (SeenMember){cut, how == MEMBER_STOPPED, loader->came_bytes};
    loader->current = NO_MEMBER;
    return ST_OK;
}

static Status
scan(const ModelFeed *feed, Loader *loader, Err *err)
{
    BundleVisitor visitor = {loader, want_member, take_data, end_member};
    TRY(feed->scan(feed->context, &visitor, err));
    loader->model->manifest = feed->manifest(feed->context);
    loader->model->damage = feed->damage ? feed->damage(feed->context) : NULL;
    documents_sort(loader->model);
    TRY(discovery_read(loader->model, err));
    return samples_finish(loader->model, err);
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
    Map *maps[] = {&model->objects_by_root, &model->cached_objects, &model->documents_by_name,
                   &model->seen, &model->served, &model->facts};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        map_init(maps[i], arena);
    return model->pool ? model : NULL;
}

Status
model_load(const ModelFeed *feed, Demand *demand, Arena *arena, Model **ret, Err *err)
{
    CLEANUP(cleanup_arena) Arena *scratch = arena_new(SIZE_MAX);
    Model *model = model_new(arena, demand, feed->watch);
    if (!model || !scratch)
        return err_nomem(err);
    TRY(samples_new(model, err));
    const Manifest *manifest = feed->manifest(feed->context);
    demand->taken_ns = manifest && manifest->ended_at_ns ? manifest->ended_at_ns : timestamp_now();
    Loader loader = {.model = model, .demand = demand, .scratch = scratch, .current = NO_MEMBER,
                     .bytes = BUF_INIT(LIMIT_DOCUMENT_BYTES)};
    Status status = scan(feed, &loader, err);
    cleanup_json_items(&loader.items);
    buf_done(&loader.bytes);
    samples_done(model);
    if (status == ST_OK)
        *ret = model;
    return status;
}

const Manifest *
model_manifest(const Model *model)
{
    return model->manifest;
}
