/* SPDX-License-Identifier: Apache-2.0 */
/* gallery_wire.c -- a gallery as bytes. */
#include "analyzer/model/gallery_wire.h"

#include "base/limits.h"

#include <math.h>
#include <string.h>

/* The least that a row takes: a text. */
enum { ROW_BYTES = 4 };

/* ---- put ---- */

static void
put_double(Buf *out, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    wire_put_u64(out, bits);
}

static void
put_measures(Buf *out, const Gallery *gallery)
{
    wire_put_u32(out, (uint32_t)gallery->clocks.count);
    for (size_t i = 0; i < gallery->clocks.count; i++) {
        const GalleryClock *one = &gallery->clocks.items[i];
        wire_put_str(out, one->subject);
        wire_put_str(out, one->kind);
        wire_put_str(out, one->node);
        wire_put_str(out, one->method);
        put_double(out, one->offset_s);
        put_double(out, one->error_s);
    }
    wire_put_u32(out, (uint32_t)gallery->limits.count);
    for (size_t i = 0; i < gallery->limits.count; i++) {
        wire_put_str(out, gallery->limits.items[i].owner);
        put_double(out, gallery->limits.items[i].open);
        put_double(out, gallery->limits.items[i].soft);
    }
}

static void
put_pods(Buf *out, const Gallery *gallery)
{
    wire_put_u32(out, (uint32_t)gallery->versions.count);
    for (size_t i = 0; i < gallery->versions.count; i++) {
        wire_put_str(out, gallery->versions.items[i].component);
        wire_put_str(out, gallery->versions.items[i].version);
        wire_put_u32(out, gallery->versions.items[i].pods);
    }
    wire_put_u32(out, (uint32_t)gallery->restarts.count);
    for (size_t i = 0; i < gallery->restarts.count; i++) {
        const GalleryRestart *one = &gallery->restarts.items[i];
        wire_put_str(out, one->owner);
        wire_put_str(out, one->reason);
        wire_put_u64(out, (uint64_t)one->time_ns);
        wire_put_u32(out, one->restarts);
    }
}

static void
put_captures(Buf *out, const Gallery *gallery)
{
    wire_put_u32(out, (uint32_t)gallery->captures.count);
    for (size_t i = 0; i < gallery->captures.count; i++) {
        const GalleryCapture *one = &gallery->captures.items[i];
        wire_put_str(out, one->id);
        wire_put_str(out, one->kind);
        wire_put_str(out, one->reason);
        wire_put_u8(out, one->state);
        wire_put_u64(out, one->bytes);
        wire_put_u32(out, one->duration_ms);
    }
    wire_put_u32(out, (uint32_t)gallery->kinds.count);
    for (size_t i = 0; i < gallery->kinds.count; i++) {
        wire_put_str(out, gallery->kinds.items[i].kind);
        for (size_t k = 0; k < CAPTURE_STATE_COUNT; k++)
            wire_put_u32(out, gallery->kinds.items[i].states[k]);
        wire_put_u64(out, gallery->kinds.items[i].bytes);
    }
}

void
gallery_put(Buf *out, const Gallery *gallery)
{
    put_measures(out, gallery);
    put_pods(out, gallery);
    put_captures(out, gallery);
    for (size_t i = 0; i < SERIES_COUNT; i++) {
        wire_put_u32(out, gallery->left_out[i]);
        wire_put_str(out, gallery->lack[i]);
    }
}

/* ---- take ---- */

static double
take_double(WireIn *in)
{
    uint64_t bits = wire_take_u64(in);
    double value;
    memcpy(&value, &bits, sizeof value);
    in->spoiled |= !isfinite(value);
    return in->spoiled ? 0 : value;
}

/* Makes room for the rows that follow; the count is theirs. */
#define TAKE_ROWS(in, arena, list)                                                        \
    ((list)->count = wire_take_count(in, LIMIT_GALLERY_COUNT, ROW_BYTES),                 \
     (list)->items = arena_array(arena, (list)->count + 1, sizeof *(list)->items))

static Status
take_measures(WireIn *in, Arena *arena, Gallery *gallery, Err *err)
{
    if (!TAKE_ROWS(in, arena, &gallery->clocks))
        return err_nomem(err);
    for (size_t i = 0; i < gallery->clocks.count; i++) {
        GalleryClock *one = &gallery->clocks.items[i];
        one->subject = wire_take_str(in);
        one->kind = wire_take_str(in);
        one->node = wire_take_str(in);
        one->method = wire_take_str(in);
        one->offset_s = take_double(in);
        one->error_s = take_double(in);
        in->spoiled |= one->error_s < 0;
    }
    if (!TAKE_ROWS(in, arena, &gallery->limits))
        return err_nomem(err);
    for (size_t i = 0; i < gallery->limits.count; i++) {
        GalleryLimit *one = &gallery->limits.items[i];
        one->owner = wire_take_str(in);
        one->open = take_double(in);
        one->soft = take_double(in);
        in->spoiled |= one->open < 0 || !(one->soft > 0);
    }
    return ST_OK;
}

static Status
take_pods(WireIn *in, Arena *arena, Gallery *gallery, Err *err)
{
    if (!TAKE_ROWS(in, arena, &gallery->versions))
        return err_nomem(err);
    for (size_t i = 0; i < gallery->versions.count; i++) {
        gallery->versions.items[i].component = wire_take_str(in);
        gallery->versions.items[i].version = wire_take_str(in);
        gallery->versions.items[i].pods = wire_take_u32(in);
    }
    if (!TAKE_ROWS(in, arena, &gallery->restarts))
        return err_nomem(err);
    for (size_t i = 0; i < gallery->restarts.count; i++) {
        GalleryRestart *one = &gallery->restarts.items[i];
        one->owner = wire_take_str(in);
        one->reason = wire_take_str(in);
        one->time_ns = (int64_t)wire_take_u64(in);
        one->restarts = wire_take_u32(in);
    }
    return ST_OK;
}

static Status
take_captures(WireIn *in, Arena *arena, Gallery *gallery, Err *err)
{
    if (!TAKE_ROWS(in, arena, &gallery->captures))
        return err_nomem(err);
    for (size_t i = 0; i < gallery->captures.count; i++) {
        GalleryCapture *one = &gallery->captures.items[i];
        one->id = wire_take_str(in);
        one->kind = wire_take_str(in);
        one->reason = wire_take_str(in);
        one->state = wire_take_enum(in, CAPTURE_STATE_COUNT);
        one->bytes = wire_take_u64(in);
        one->duration_ms = wire_take_u32(in);
    }
    if (!TAKE_ROWS(in, arena, &gallery->kinds))
        return err_nomem(err);
    for (size_t i = 0; i < gallery->kinds.count; i++) {
        gallery->kinds.items[i].kind = wire_take_str(in);
        for (size_t k = 0; k < CAPTURE_STATE_COUNT; k++)
            gallery->kinds.items[i].states[k] = wire_take_u32(in);
        gallery->kinds.items[i].bytes = wire_take_u64(in);
    }
    return ST_OK;
}

Status
gallery_take(Str payload, Arena *arena, Gallery *ret, Err *err)
{
    WireIn in = {.rest = payload};
    Gallery gallery = {0};
    TRY(take_measures(&in, arena, &gallery, err));
    TRY(take_pods(&in, arena, &gallery, err));
    TRY(take_captures(&in, arena, &gallery, err));
    for (size_t i = 0; i < SERIES_COUNT; i++) {
        gallery.left_out[i] = wire_take_u32(&in);
        gallery.lack[i] = wire_take_str(&in);
    }
    TRY(wire_end(&in, err));
    *ret = gallery;
    return ST_OK;
}
