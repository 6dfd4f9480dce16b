/* SPDX-License-Identifier: Apache-2.0 */
/* quote.c -- quotations of objects of which something was left out: their Lists are read once
 * more, up to the last object that is quoted. */
#include "analyzer/model/model_private.h"

#include <stdlib.h>
#include <string.h>

/* One citation and the object that it is of. */
typedef struct {
    Evidence *evidence;
    uint32_t index;             /* of the item */
    Str rest;                   /* pointer below the item */
} Wanted;

/* All citations of one List, by index. */
typedef struct {
    ResourceList *list;
    VEC(Wanted) wanted;
    size_t next;                /* the first that is not quoted yet */
} Quoted;

typedef struct {
    Model view;                 /* of the model, with an arena of its own */
    Arena *arena;               /* of the quotations */
    Arena *scratch;
    VEC(Quoted) lists;
    Quoted *open;
    JsonItems *items;
    Err *err;
} Quoting;

static ResourceList *
list_of(const Model *model, Str member)
{
    for (size_t i = 0; i < model->lists.count; i++)
        if (str_eq(model->lists.items[i]->member, member))
            return model->lists.items[i];
    return NULL;
}

/* "/items/3/spec", or "/3/spec" of a bare array. */
static bool
take_apart(Str pointer, Wanted *ret)
{
    Str number;
    uint64_t index;
    Str rest = str_starts(pointer, STR("/items/")) ? str_from(pointer, strlen("/items/"))
                                                   : str_from(pointer, 1);
    size_t slash = rest.n;
    (void)str_find_char(rest, '/', &slash);
    number = str_head(rest, slash);
    if (pointer.n == 0 || !str_to_u64(number, &index) || index > UINT32_MAX)
        return false;
    ret->index = (uint32_t)index;
    ret->rest = str_from(rest, slash);
    return true;
}

static Status
add(Quoting *q, const Model *model, Evidence *evidence)
{
    Wanted wanted = {.evidence = evidence};
    ResourceList *list = list_of(model, evidence->member);
    if (!list || !take_apart(evidence->pointer, &wanted))
        return ST_OK;
    Quoted *quoted = NULL;
    for (size_t i = 0; i < q->lists.count && !quoted; i++)
        quoted = q->lists.items[i].list == list ? &q->lists.items[i] : NULL;
    if (!quoted && (quoted = VEC_PUSH(q->scratch, &q->lists)))
        quoted->list = list;
    Wanted *slot = quoted ? VEC_PUSH(q->scratch, &quoted->wanted) : NULL;
    if (!slot)
        return err_nomem(q->err);
    *slot = wanted;
    return ST_OK;
}

static int
compare_wanted(const void *a, const void *b)
{
    uint32_t left = ((const Wanted *)a)->index, right = ((const Wanted *)b)->index;
    return (left > right) - (left < right);
}

static Status
on_item(void *context, const JsonItem *item, Err *err)
{
    Quoting *q = context;
    Quoted *open = q->open;
    if (open->next == open->wanted.count)
        return ST_END;
    if (open->wanted.items[open->next].index != item->index)
        return ST_OK;
    const Node *root;
    TRY(objects_read_again(&q->view, open->list, item, &root, err));
    for (; open->next < open->wanted.count && open->wanted.items[open->next].index == item->index;
         open->next++) {
        const Wanted *wanted = &open->wanted.items[open->next];
        const Node *node = root ? node_at_pointer(root, wanted->rest) : NULL;
        if (node)
            TRY(evidence_quote(q->arena, node, wanted->evidence));
    }
    arena_reset(q->view.arena);
    return open->next < open->wanted.count ? ST_OK : ST_END;
}

static Quoted *
quoted_of(Quoting *q, const Member *member)
{
    for (size_t i = 0; i < q->lists.count; i++)
        if (str_eq(q->lists.items[i].list->member, member->name))
            return &q->lists.items[i];
    return NULL;
}

static bool
want(void *context, const Member *member)
{
    return quoted_of(context, member) != NULL;
}

static Status
data(void *context, const Member *member, Str bytes, Err *err)
{
    Quoting *q = context;
    if (!q->items) {
        q->open = quoted_of(q, member);
        q->items = json_items_new(q->scratch, on_item, q);
        if (!q->items)
            return err_nomem(err);
    }
    return json_items_feed(q->items, bytes, err);
}

static Status
end(void *context, const Member *member, MemberEnd how, Err *err)
{
    Quoting *q = context;
    (void)member;
    (void)how;
    (void)err;
    cleanup_json_items(&q->items);
    return ST_OK;
}

static Status
quote(Quoting *q, Model *model, const ModelFeed *feed, Evidence *const *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        TRY(add(q, model, items[i]));
    for (size_t i = 0; i < q->lists.count; i++)
        qsort(q->lists.items[i].wanted.items, q->lists.items[i].wanted.count, sizeof(Wanted),
              compare_wanted);
    BundleVisitor visitor = {q, want, data, end};
    return q->lists.count ? feed->scan(feed->context, &visitor, 1, q->err) : ST_OK;
}

Status
model_quote(Model *model, const ModelFeed *feed, Arena *arena, Evidence *const *items,
            size_t count, Err *err)
{
    CLEANUP(cleanup_arena) Arena *scratch = arena_new(SIZE_MAX);
    CLEANUP(cleanup_arena) Arena *objects = arena_new(SIZE_MAX);
    if (!scratch || !objects)
        return err_nomem(err);
    Quoting q = {.view = *model, .arena = arena, .scratch = scratch, .err = err};
    q.view.arena = objects;
    q.view.pool = NULL;
    Status status = quote(&q, model, feed, items, count);
    cleanup_json_items(&q.items);
    return status;
}
