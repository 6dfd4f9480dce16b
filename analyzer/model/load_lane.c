/* SPDX-License-Identifier: Apache-2.0 */
/* load_lane.c -- one lane of loading: members read, nothing of the model touched. */
#include "analyzer/model/load_lane.h"

#include "base/limits.h"

enum {
    HEAD_BYTES = 64 * 1024,         /* kept of a log for facts */
    SAMPLE_BYTES = 256 << 20,
};

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
wanted_slot(LoadPlan *plan, uint32_t number)
{
    while (plan->wanted.count <= number)
        if (!VEC_PUSH(plan->arena, &plan->wanted))
            return NULL;
    return &plan->wanted.items[number];
}

static bool
want_member(void *context, const Member *member)
{
    LoadPlan *plan = ((Lane *)context)->plan;
    uint64_t consumers = 0;
    for (size_t i = 0; i < plan->demand->consumers.count; i++) {
        const MemberConsumer *consumer = &plan->demand->consumers.items[i];
        if (consumer->want(consumer->context, member))
            consumers |= UINT64_C(1) << i;
    }
    if (consumers) {
        uint64_t *slot = wanted_slot(plan, member->number);
        if (slot)
            *slot = consumers;
        else
            plan->no_memory = true;         /* told at the next call that can fail */
    }
    return consumers || is_document(plan->demand, member) || is_list(plan->demand, member) ||
           is_log_head(plan->demand, member) || samples_want(plan->demand, member);
}

static Status
on_item(void *context, const JsonItem *item, Err *err)
{
    Lane *lane = context;
    return objects_take(&lane->view, lane->open->list, item, lane->scratch, err);
}

static Status
begin_list(Lane *lane, const Member *member, Err *err)
{
    MemberName name;
    member_name_parse(member->name, &name);
    ResourceList *list = ARENA_NEW(lane->arena, ResourceList);
    lane->items = json_items_new(lane->arena, on_item, lane);
    if (!list || !lane->items)
        return err_nomem(err);
    list->group = name.group;
    list->plural = name.plural;
    list->member = member->name;
    list->read = true;
    TRY(kept_fields(lane->plan->demand, lane->arena, name.group, name.plural, &list->missed,
                    &list->keep, err));
    lane->open->list = list;
    return ST_OK;
}

static Status
begin_consumers(Lane *lane, const Member *member, Err *err)
{
    const Demand *demand = lane->plan->demand;
    if (!lane->open->consumers)
        return ST_OK;
    lane->open->states = ARENA_ARRAY(lane->arena, void *, demand->consumers.count);
    if (!lane->open->states)
        return err_nomem(err);
    for (uint64_t left = lane->open->consumers; left; left &= left - 1) {
        int i = __builtin_ctzll(left);
        const MemberConsumer *consumer = &demand->consumers.items[i];
        TRY(consumer->begin(consumer->context, member, lane->arena, &lane->open->states[i], err));
        lane->consumers |= UINT64_C(1) << i;
    }
    return ST_OK;
}

static Status
begin_member(Lane *lane, const Member *member, Err *err)
{
    const LoadPlan *plan = lane->plan;
    if (plan->no_memory)
        return err_nomem(err);
    if (lane->open)
        return ST_OK;
    MemberResult *result = ARENA_NEW(lane->arena, MemberResult);
    MemberResult **slot = VEC_PUSH(lane->arena, &lane->results);
    if (!result || !slot)
        return err_nomem(err);
    result->member = member;
    result->consumers =
        member->number < plan->wanted.count ? plan->wanted.items[member->number] : 0;
    result->is_document = is_document(plan->demand, member);
    if (!result->is_document && is_log_head(plan->demand, member))
        result->is_document = result->is_head = true;
    result->is_sample = samples_want(plan->demand, member);
    *slot = result;
    lane->open = result;
    lane->full = false;
    lane->consumers = 0;
    buf_clear(&lane->document);
    buf_clear(&lane->sample);
    lane->document.max_bytes = result->is_head ? HEAD_BYTES : LIMIT_DOCUMENT_BYTES;
    if (is_list(plan->demand, member))
        TRY(begin_list(lane, member, err));
    return begin_consumers(lane, member, err);
}

/* What does not fit is left out, and the document is then known to be cut. */
static Status
keep_bytes(Lane *lane, Str bytes, Err *err)
{
    size_t room = lane->document.max_bytes - lane->document.n;
    if (bytes.n > room) {
        bytes = str_head(bytes, room);
        lane->full = true;
    }
    buf_add_str(&lane->document, bytes);
    return buf_status(&lane->document, err);
}

static Status
feed_consumers(Lane *lane, Str bytes, Err *err)
{
    for (uint64_t left = lane->consumers; left; left &= left - 1) {
        int i = __builtin_ctzll(left);
        const MemberConsumer *consumer = &lane->plan->demand->consumers.items[i];
        Status status = consumer->data(consumer->context, lane->open->states[i], bytes, err);
        if (status == ST_END) {
            lane->consumers &= ~(UINT64_C(1) << i);
            TRY(consumer->end(consumer->context, lane->open->states[i], err));
        } else if (status != ST_OK) {
            return status;
        }
    }
    return ST_OK;
}

static Status
take_data(void *context, const Member *member, Str bytes, Err *err)
{
    Lane *lane = context;
    TRY(begin_member(lane, member, err));
    const MemberResult *open = lane->open;
    lane->open->bytes += bytes.n;
    if (open->list)
        TRY(json_items_feed(lane->items, bytes, err));
    if (open->is_document && !lane->full)
        TRY(keep_bytes(lane, bytes, err));
    bool samples = open->is_sample && lane->sample.failed == ST_OK;
    if (samples) {
        buf_add_str(&lane->sample, bytes);
        if (lane->sample.failed == ST_NOMEM)
            return err_nomem(err);
    }
    TRY(feed_consumers(lane, bytes, err));
    bool more = open->list || lane->consumers || samples || (open->is_document && !lane->full);
    return more ? ST_OK : ST_END;
}

static Status
end_consumers(Lane *lane, Err *err)
{
    for (; lane->consumers; lane->consumers &= lane->consumers - 1) {
        int i = __builtin_ctzll(lane->consumers);
        const MemberConsumer *consumer = &lane->plan->demand->consumers.items[i];
        TRY(consumer->end(consumer->context, lane->open->states[i], err));
    }
    return ST_OK;
}

static Status
end_member(void *context, const Member *member, MemberEnd how, Err *err)
{
    Lane *lane = context;
    TRY(begin_member(lane, member, err));       /* an empty member has no data */
    MemberResult *open = lane->open;
    open->how = how;
    if (open->list) {
        open->list->end = json_items_end(lane->items);
        open->list->cut = how == MEMBER_CUT;
        cleanup_json_items(&lane->items);
    }
    if (open->is_document) {
        open->document = arena_str(lane->arena, buf_str(&lane->document));
        open->is_cut_document = lane->full && !open->is_head;
        if (!open->document.p)
            return err_nomem(err);
    }
    if (open->is_sample) {
        open->is_cut_sample = lane->sample.failed == ST_LIMIT;
        TRY(samples_read(lane->plan->demand, lane->arena, buf_str(&lane->sample), &open->sample,
                         err));
        buf_done(&lane->sample);
    }
    TRY(end_consumers(lane, err));
    lane->open = NULL;
    return ST_OK;
}

Status
lane_init(Lane *lane, LoadPlan *plan, const Model *model, Err *err)
{
    *lane = (Lane){.plan = plan, .arena = arena_new(SIZE_MAX), .scratch = arena_new(SIZE_MAX),
                   .view = *model, .document = BUF_INIT(LIMIT_DOCUMENT_BYTES),
                   .sample = BUF_INIT(SAMPLE_BYTES)};
    lane->view.arena = lane->arena;
    lane->view.pool = lane->arena ? json_pool_new(lane->arena) : NULL;
    bool whole = lane->view.pool && lane->scratch && json_pool_share(lane->view.pool);
    return whole ? ST_OK : err_nomem(err);
}

void
lane_done(Lane *lane)
{
    for (; lane->consumers; lane->consumers &= lane->consumers - 1) {
        int i = __builtin_ctzll(lane->consumers);
        const MemberConsumer *consumer = &lane->plan->demand->consumers.items[i];
        if (consumer->drop)
            consumer->drop(consumer->context, lane->open->states[i]);
    }
    cleanup_json_items(&lane->items);
    lane->scratch = arena_free(lane->scratch);
    buf_done(&lane->document);
    buf_done(&lane->sample);
}

BundleVisitor
lane_visitor(Lane *lane)
{
    return (BundleVisitor){lane, want_member, take_data, end_member};
}
