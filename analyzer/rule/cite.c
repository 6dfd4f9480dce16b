/* SPDX-License-Identifier: Apache-2.0 */
/* cite.c -- evidence of a finding, and the holes behind a verdict that could not be given. */
#include "analyzer/rule/cite.h"

#include "base/limits.h"
#include "base/utf8.h"

/* Before any one name may fill the list, each is cited so often. */
static const size_t FIRST_SHARE = 3;
/* More holes than this are counted: a reason is to be read. */
static const size_t REASON_GAPS = 4;
static const size_t GAP_TEXT_BYTES = 4096;      /* shown of each part of a gap in a reason */

typedef struct {
    Arena *arena;
    VEC(Evidence) items;
    Status status;
} Citing;

static bool
is_same(const Evidence *a, const Evidence *b)
{
    return a->line == b->line && str_eq(a->member, b->member) &&
           str_eq(a->pointer, b->pointer);
}

static void
cite(Citing *citing, const Origin *origin, const Node *node)
{
    if (!origin || citing->status != ST_OK || citing->items.count >= LIMIT_EVIDENCE_COUNT)
        return;
    Evidence evidence;
    citing->status = evidence_cite(citing->arena, origin, node, &evidence);
    if (citing->status != ST_OK || evidence.member.n == 0)
        return;
    for (size_t i = 0; i < citing->items.count; i++)
        if (is_same(&citing->items.items[i], &evidence))
            return;
    Evidence *slot = VEC_PUSH(citing->arena, &citing->items);
    if (slot)
        *slot = evidence;
    else
        citing->status = ST_NOMEM;
}

static void
cite_touches(Citing *citing, const CelTouches *touches, size_t limit)
{
    for (size_t i = 0; i < touches->count && i < limit; i++)
        cite(citing, touches->items[i].origin, touches->items[i].node);
}

static bool
touches_origin(const CelTouches *touches, const Origin *origin)
{
    for (size_t i = 0; i < touches->count; i++)
        if (touches->items[i].origin == origin)
            return true;
    return false;
}

/* A group of log lines is its lines. */
static void
cite_element(Citing *citing, const Scope *scope, const CelTouches *touches)
{
    Value samples;
    if (value_field(scope->element, STR("samples"), &samples))
        for (size_t i = 0; i < value_count(samples); i++)
            cite(citing, value_item(samples, i).origin, NULL);
    if (citing->items.count == 0 || !touches_origin(touches, scope->element.origin))
        cite(citing, scope->element.origin, scope->element.is_node ? scope->element.node : NULL);
}

/* A finding that something is missing touched no element: the whole sources are cited. */
static void
cite_sources(Citing *citing, const Scope *scope)
{
    for (size_t i = 0; i < scope->looked.count; i++) {
        Value value = scope->looked.items[i]->value;
        cite(citing, value.origin, NULL);
        for (size_t item = 0; value.type == VALUE_LIST && item < value_count(value) &&
                              item < FIRST_SHARE; item++) {
            Value element = value_item(value, item);
            cite(citing, element.origin, element.is_node ? element.node : NULL);
        }
    }
}

/* Whether b is a part of what a cites. */
static bool
is_inside(const Evidence *a, const Evidence *b)
{
    return a->pointer.n > 0 && b->pointer.n > a->pointer.n && str_eq(a->member, b->member) &&
           str_starts(b->pointer, a->pointer) && b->pointer.p[a->pointer.n] == '/';
}

/* A whole object says nothing beside the field of it that decided. */
static void
drop_wholes(Citing *citing)
{
    Evidence *items = citing->items.items;
    size_t kept = 0;
    for (size_t i = 0; i < citing->items.count; i++) {
        bool is_whole = false;
        for (size_t k = 0; k < citing->items.count && !is_whole; k++)
            is_whole = k >= i ? is_inside(&items[i], &items[k])
                              : k < kept && is_inside(&items[i], &items[k]);
        if (!is_whole)
            items[kept++] = items[i];
    }
    citing->items.count = kept;
}

Status
cite_evidence(const Scope *scope, const CelTouches *touches, Arena *arena,
              VerdictDetail *detail, Err *err)
{
    Citing citing = {.arena = arena};
    cite_touches(&citing, touches, SIZE_MAX);
    for (size_t i = 0; i < scope->looked.count; i++)
        cite_touches(&citing, &scope->looked.items[i]->touches, FIRST_SHARE);
    if (scope->has_element)
        cite_element(&citing, scope, touches);
    for (size_t i = 0; i < scope->looked.count; i++)
        cite_touches(&citing, &scope->looked.items[i]->touches, SIZE_MAX);
    if (citing.items.count == 0)
        cite_sources(&citing, scope);
    drop_wholes(&citing);
    if (citing.status != ST_OK)
        return err_nomem(err);
    detail->evidence = citing.items.items;
    detail->evidence_count = citing.items.count;
    return ST_OK;
}

static Status
copy_gap(const Gap *gap, Arena *arena, VerdictGap *ret, Err *err)
{
    ret->evidence = arena_str(arena, gap->evidence);
    ret->reason = arena_str(arena, gap->reason);
    ret->collect_with = arena_str(arena, gap->collect_with);
    if (!ret->evidence.p || !ret->reason.p || !ret->collect_with.p)
        return err_nomem(err);
    return ST_OK;
}

static void
write_gap(const VerdictGap *gap, Buf *out)
{
    buf_add_str(out, utf8_head(gap->evidence, GAP_TEXT_BYTES));
    buf_adds(out, gap->evidence.n > 0 && gap->reason.n > 0 ? ": " : "");
    buf_add_str(out, utf8_head(gap->reason, GAP_TEXT_BYTES));
    if (gap->collect_with.n > 0) {
        buf_adds(out, " (collect with: ");
        buf_add_str(out, utf8_head(gap->collect_with, GAP_TEXT_BYTES));
        buf_adds(out, ")");
    }
}

Status
cite_gaps(const Gap *gap, const char *prefix, Arena *arena, VerdictDetail *detail, Err *err)
{
    VEC(VerdictGap) gaps = {0};
    CLEANUP(buf_done) Buf reason = BUF_INIT(64 << 10);
    buf_adds(&reason, prefix);
    size_t left_out = 0;
    for (; gap; gap = gap->next) {
        if (gaps.count >= REASON_GAPS) {
            left_out++;
            continue;
        }
        VerdictGap *slot = VEC_PUSH(arena, &gaps);
        if (!slot)
            return err_nomem(err);
        TRY(copy_gap(gap, arena, slot, err));
        buf_adds(&reason, gaps.count > 1 ? "; " : "");
        write_gap(slot, &reason);
    }
    if (left_out > 0)
        buf_printf(&reason, "; and %zu more", left_out);
    TRY(buf_status(&reason, err));
    detail->reason = arena_str(arena, buf_str(&reason));
    if (!detail->reason.p)
        return err_nomem(err);
    detail->gaps = gaps.items;
    detail->gap_count = gaps.count;
    return ST_OK;
}
