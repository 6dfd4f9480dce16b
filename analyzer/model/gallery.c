/* SPDX-License-Identifier: Apache-2.0 */
/* gallery.c -- what a report shows beside its findings. */
#include "analyzer/model/gallery.h"

#include "analyzer/model/facts.h"
#include "analyzer/model/model.h"
#include "base/limits.h"
#include "base/timestamp.h"

#include <stdlib.h>

typedef struct {
    Model *model;
    Arena *arena;
    Gallery *gallery;
    Err *err;
} Hanging;

/* A new row of a list, NULL and counted where there are too many. */
#define HANG(h, series, list)                                          \
    ((list)->count < LIMIT_GALLERY_COUNT ? VEC_PUSH((h)->arena, list) \
                                         : ((h)->gallery->left_out[series]++, NULL))

static void
note_lack(Hanging *h, GallerySeries series, const Gap *gap)
{
    if (gap && h->gallery->lack[series].n == 0)
        h->gallery->lack[series] = gap->reason;
}

static bool
number_of(const Node *node, double *ret)
{
    if (node_is(node, NODE_INT))
        *ret = (double)node->integer;
    else if (node_is(node, NODE_DOUBLE))
        *ret = node->number;
    else
        return false;
    return true;
}

/* ---- clocks and limits ---- */

static Status
hang_clocks(Hanging *h)
{
    Records records;
    TRY(model_clocks(h->model, &records, h->err));
    note_lack(h, SERIES_CLOCKS, records.gap);
    for (size_t i = 0; i < records.count; i++) {
        const Node *node = records.items[i].node;
        GalleryClock clock = {
            .subject = node_string(node_get(node, STR("subject"))),
            .kind = node_string(node_get(node, STR("kind"))),
            .node = node_string(node_get(node, STR("node"))),
            .method = node_string(node_get(node, STR("method"))),
        };
        if (!number_of(node_get(node, STR("offset_s")), &clock.offset_s) ||
            !number_of(node_get(node, STR("error_s")), &clock.error_s) || clock.error_s < 0)
            continue;
        GalleryClock *slot = HANG(h, SERIES_CLOCKS, &h->gallery->clocks);
        if (slot)
            *slot = clock;
    }
    return ST_OK;
}

static int
compare_limits(const void *left, const void *right)
{
    const GalleryLimit *a = left;
    const GalleryLimit *b = right;
    double difference = b->open / b->soft - a->open / a->soft;
    if (difference != 0)
        return difference > 0 ? 1 : -1;
    return str_cmp(a->owner, b->owner);
}

static Status
hang_limits(Hanging *h)
{
    Records records;
    TRY(model_limits(h->model, &records, h->err));
    note_lack(h, SERIES_LIMITS, records.gap);
    for (size_t i = 0; i < records.count; i++) {
        const Node *node = records.items[i].node;
        GalleryLimit limit;
        if (!number_of(node_get(node, STR("open_fds")), &limit.open) || limit.open < 0 ||
            !number_of(node_path(node, "nofile.soft"), &limit.soft) || limit.soft <= 0)
            continue;
        Str process = node_string(node_get(node, STR("process")));
        limit.owner = arena_strf(h->arena, STR_FMT "/" STR_FMT "/" STR_FMT "%s" STR_FMT,
                                 STR_ARG(node_string(node_get(node, STR("namespace")))),
                                 STR_ARG(node_string(node_get(node, STR("pod")))),
                                 STR_ARG(node_string(node_get(node, STR("container")))),
                                 process.n > 0 ? " " : "", STR_ARG(process));
        if (!limit.owner.p)
            return err_nomem(h->err);
        GalleryLimit *slot = HANG(h, SERIES_LIMITS, &h->gallery->limits);
        if (slot)
            *slot = limit;
    }
    if (h->gallery->limits.count > 1)
        qsort(h->gallery->limits.items, h->gallery->limits.count,
              sizeof *h->gallery->limits.items, compare_limits);
    return ST_OK;
}

/* ---- versions ---- */

static void
count_version(Hanging *h, Str component, Str version)
{
    for (size_t i = h->gallery->versions.count; i-- > 0;) {
        GalleryVersion *known = &h->gallery->versions.items[i];
        if (str_eq(known->component, component) && str_eq(known->version, version)) {
            known->pods++;
            return;
        }
    }
    GalleryVersion *slot = HANG(h, SERIES_VERSIONS, &h->gallery->versions);
    if (slot)
        *slot = (GalleryVersion){component, version, 1};
}

static Status
hang_versions(Hanging *h)
{
    Fact fact;
    TRY(model_fact(h->model, STR("components"), &fact, h->err));
    note_lack(h, SERIES_VERSIONS, fact.gap);
    const Node *map = fact.count > 0 ? fact.items[0].node : NULL;
    for (uint32_t i = 0; node_is(map, NODE_MAP) && i < map->count; i++) {
        const Node *pods = node_get(&map->pairs[i].value, STR("pods"));
        for (uint32_t k = 0; node_is(pods, NODE_LIST) && k < pods->count; k++)
            count_version(h, map->pairs[i].key,
                          node_string(node_get(&pods->items[k], STR("version"))));
    }
    TRY(model_fact(h->model, STR("proxies"), &fact, h->err));
    note_lack(h, SERIES_VERSIONS, fact.gap);
    for (size_t i = 0; i < fact.count; i++)
        if (str_is(node_string(node_get(fact.items[i].node, STR("role"))), "sidecar"))
            count_version(h, STR("sidecar"),
                          node_string(node_get(fact.items[i].node, STR("version"))));
    return ST_OK;
}

/* ---- restarts ---- */

static Status
hang_container(Hanging *h, const Object *pod, const Node *status)
{
    const Node *count = node_get(status, STR("restartCount"));
    if (!node_is(count, NODE_INT) || count->integer < 1)
        return ST_OK;
    const Node *ended = node_path(status, "lastState.terminated");
    GalleryRestart restart = {
        .owner = arena_strf(h->arena, STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(pod->ns),
                            STR_ARG(pod->name),
                            STR_ARG(node_string(node_get(status, STR("name"))))),
        .reason = node_string(node_get(ended, STR("reason"))),
        .restarts = count->integer < UINT32_MAX ? (uint32_t)count->integer : UINT32_MAX,
    };
    if (!restart.owner.p)
        return err_nomem(h->err);
    (void)timestamp_parse(node_string(node_get(ended, STR("finishedAt"))), &restart.time_ns);
    GalleryRestart *slot = HANG(h, SERIES_RESTARTS, &h->gallery->restarts);
    if (slot)
        *slot = restart;
    return ST_OK;
}

static Status
hang_restarts(Hanging *h)
{
    Objects pods;
    TRY(model_objects(h->model, STR("Pod"), NULL, &pods, h->err));
    note_lack(h, SERIES_RESTARTS, pods.gap);
    for (size_t i = 0; i < pods.count; i++) {
        const Node *list = node_path(pods.items[i]->node, "status.containerStatuses");
        for (uint32_t k = 0; node_is(list, NODE_LIST) && k < list->count; k++)
            TRY(hang_container(h, pods.items[i], &list->items[k]));
    }
    return ST_OK;
}

/* ---- captures ---- */

static Status
count_kind(Hanging *h, const Capture *capture, uint64_t bytes)
{
    GalleryKind *kind = NULL;
    for (size_t i = 0; i < h->gallery->kinds.count && !kind; i++)
        if (str_eq(h->gallery->kinds.items[i].kind, capture->kind))
            kind = &h->gallery->kinds.items[i];
    /* Kinds are few, but a manifest may name any. */
    if (!kind && h->gallery->kinds.count >= LIMIT_GALLERY_COUNT)
        return ST_OK;
    if (!kind) {
        kind = VEC_PUSH(h->arena, &h->gallery->kinds);
        if (!kind)
            return err_nomem(h->err);
        kind->kind = capture->kind;
    }
    kind->states[capture->state]++;
    kind->bytes += bytes;
    return ST_OK;
}

static Status
hang_capture(Hanging *h, const Capture *capture, uint64_t bytes)
{
    GalleryCapture *slot = HANG(h, SERIES_CAPTURES, &h->gallery->captures);
    if (!slot)
        return ST_OK;
    const char *class = capture_class_name(capture->class);
    Str reason = arena_strf(h->arena, "%s%s" STR_FMT, class,
                            class[0] && capture->reason.n > 0 ? ": " : "",
                            STR_ARG(capture->reason));
    if (!reason.p)
        return err_nomem(h->err);
    *slot = (GalleryCapture){capture->id, capture->kind, reason, (uint8_t)capture->state, bytes,
                             capture->duration_ms > 0 ? (uint32_t)capture->duration_ms : 0};
    return ST_OK;
}

static Status
hang_captures(Hanging *h, const Manifest *manifest, bool complete)
{
    for (size_t i = 0; i < manifest->captures.count; i++) {
        const Capture *capture = &manifest->captures.items[i];
        if ((capture->state == CAPTURE_COMPLETE) != complete)
            continue;
        uint64_t bytes = 0;
        for (size_t k = 0; k < capture->member_count; k++)
            bytes += capture->members[k].bytes;
        TRY(count_kind(h, capture, bytes));
        TRY(hang_capture(h, capture, bytes));
    }
    return ST_OK;
}

/* ---- all of it ---- */

Status
demand_gallery(Demand *demand, Err *err)
{
    TRY(demand_clocks(demand, err));
    TRY(demand_limits(demand, err));
    TRY(demand_kind(demand, STR("Pod"), err));
    TRY(demand_fact(demand, STR("components"), err));
    return demand_fact(demand, STR("proxies"), err);
}

Status
model_gallery(Model *model, Gallery *ret, Err *err)
{
    *ret = (Gallery){0};
    Hanging h = {model, model_arena(model), ret, err};
    TRY(hang_clocks(&h));
    TRY(hang_limits(&h));
    TRY(hang_versions(&h));
    TRY(hang_restarts(&h));
    const Manifest *manifest = model_manifest(model);
    if (!manifest) {
        ret->lack[SERIES_CAPTURES] = STR("there is no manifest: what was asked for is unknown");
        return ST_OK;
    }
    TRY(hang_captures(&h, manifest, false));
    return hang_captures(&h, manifest, true);
}
