/* SPDX-License-Identifier: Apache-2.0 */
/* lacks.c -- what was not seen, put together for people. */
#include "analyzer/report/lacks.h"

#include <stdlib.h>

/* Reasons kept of one hole, beyond which they are no longer told apart. */
enum { REASONS_MOST = 64 };

static Status
add_text(Arena *arena, StrVec *list, Str text, Err *err)
{
    if (text.n == 0 || list->count >= REASONS_MOST)
        return ST_OK;
    for (size_t i = 0; i < list->count; i++)
        if (str_eq(list->items[i], text))
            return ST_OK;
    Str *slot = VEC_PUSH(arena, list);
    if (!slot)
        return err_nomem(err);
    *slot = text;
    return ST_OK;
}

/* ---- evidence that rules lacked ---- */

typedef struct {
    Arena *arena;
    LackList *list;
    Map by_evidence;
    Err *err;
} Collecting;

/* The lack of a text; new where there was none. */
static Lack *
find_lack(Collecting *collecting, Str key)
{
    void **slot = map_slot(&collecting->by_evidence, key);
    if (!slot || *slot)
        return slot ? *slot : NULL;
    Lack *lack = ARENA_NEW(collecting->arena, Lack);
    Lack **place = lack ? VEC_PUSH(collecting->arena, collecting->list) : NULL;
    if (!place)
        return NULL;
    *place = lack;
    *slot = lack;
    return lack;
}

static Status
add_gap(Collecting *collecting, const VerdictGap *gap, const Rule *rule)
{
    Err *err = collecting->err;
    Lack *lack = find_lack(collecting, gap->evidence.n > 0 ? gap->evidence : gap->reason);
    if (!lack)
        return err_nomem(err);
    lack->evidence = gap->evidence;
    TRY(add_text(collecting->arena, &lack->reasons, gap->reason, err));
    TRY(add_text(collecting->arena, &lack->collect_with, gap->collect_with, err));
    /* Verdicts of one rule stand together. */
    if (lack->rules.count > 0 && lack->rules.items[lack->rules.count - 1] == rule)
        return ST_OK;
    const Rule **place = VEC_PUSH(collecting->arena, &lack->rules);
    if (!place)
        return err_nomem(err);
    *place = rule;
    return ST_OK;
}

static int
compare_lacks(const void *left, const void *right)
{
    const Lack *a = *(const Lack *const *)left;
    const Lack *b = *(const Lack *const *)right;
    if (a->rules.count != b->rules.count)
        return a->rules.count > b->rules.count ? -1 : 1;
    int order = str_cmp(a->evidence, b->evidence);
    return order ? order : str_cmp(a->reasons.items[0], b->reasons.items[0]);
}

Status
lacks_of(const Report *report, Arena *arena, LackList *ret, Err *err)
{
    Collecting collecting = {.arena = arena, .list = ret, .err = err};
    map_init(&collecting.by_evidence, arena);
    for (size_t i = 0; i < report->verdicts->count; i++) {
        const Verdict *verdict = &report->verdicts->items[i];
        const VerdictDetail *detail = verdict->detail;
        const Rule *rule = report->set->rules.items[verdict->rule];
        if (verdict->kind != VERDICT_NOT_EVALUATED)
            continue;
        for (size_t g = 0; g < detail->gap_count; g++)
            TRY(add_gap(&collecting, &detail->gaps[g], rule));
        if (detail->gap_count == 0) {
            Str reason = detail->reason.n > 0 ? detail->reason : STR("no reason is known");
            TRY(add_gap(&collecting, &(VerdictGap){.reason = reason}, rule));
        }
    }
    for (size_t i = 0; i < ret->count; i++)
        if (ret->items[i]->reasons.count == 0)
            TRY(add_text(arena, &ret->items[i]->reasons, STR("it is not there"), err));
    if (ret->count > 0)
        qsort(ret->items, ret->count, sizeof *ret->items, compare_lacks);
    return ST_OK;
}

/* ---- the rest of coverage ---- */

bool
coverage_is_overlay_note(const Coverage *one)
{
    return str_starts(one->evidence, STR("overlay:")) || str_starts(one->evidence, STR("rule:"));
}

/* What rules lacked is told with the rules. */
static bool
is_hole(const Coverage *one)
{
    bool is_told = str_is(one->state, "unknown") && !str_starts(one->evidence, STR("baseline:"));
    return !is_told && !coverage_is_overlay_note(one);
}

size_t
holes_count(const Report *report)
{
    size_t count = 0;
    for (size_t i = 0; i < report->coverage->count; i++)
        count += is_hole(&report->coverage->items[i]);
    return count;
}

/* Coverage that belongs, by state and reason. */
static Status
gather(const Report *report, bool (*belongs)(const Coverage *one), Arena *arena, HoleList *ret,
       Err *err)
{
    Map by_cause;
    map_init(&by_cause, arena);
    for (size_t i = 0; i < report->coverage->count; i++) {
        const Coverage *one = &report->coverage->items[i];
        if (!belongs(one))
            continue;
        Str key = arena_strf(arena, STR_FMT "\n" STR_FMT, STR_ARG(one->state),
                             STR_ARG(one->reason));
        void **slot = key.p ? map_slot(&by_cause, key) : NULL;
        if (!slot)
            return err_nomem(err);
        if (!*slot) {
            Hole *hole = ARENA_NEW(arena, Hole);
            Hole **place = hole ? VEC_PUSH(arena, ret) : NULL;
            if (!place)
                return err_nomem(err);
            *hole = (Hole){.state = one->state, .reason = one->reason,
                           .collect_with = one->collect_with};
            *place = hole;
            *slot = hole;
        }
        Hole *hole = *slot;
        Str *evidence = VEC_PUSH(arena, &hole->evidence);
        if (!evidence)
            return err_nomem(err);
        *evidence = one->evidence;
    }
    return ST_OK;
}

Status
holes_of(const Report *report, Arena *arena, HoleList *ret, Err *err)
{
    return gather(report, is_hole, arena, ret, err);
}

Status
overlay_notes_of(const Report *report, Arena *arena, HoleList *ret, Err *err)
{
    return gather(report, coverage_is_overlay_note, arena, ret, err);
}
