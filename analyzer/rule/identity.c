/* SPDX-License-Identifier: Apache-2.0 */
/* identity.c -- subjects of verdicts, their order and their fingerprints. */
#include "analyzer/rule/identity.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct {
    Verdict verdict;
    Place place;
    uint32_t turn;
} Placed;

Status
places_add(Places *places, const Scope *scope, size_t index, Err *err)
{
    Place *place = VEC_PUSH(places->arena, &places->items);
    if (!place)
        return err_nomem(err);
    place->index = index;
    const Origin *origin = scope->has_element ? scope->element.origin : NULL;
    if (origin) {
        place->member = origin->member;
        place->pointer = origin->pointer;
        place->line = origin->line;
    }
    return ST_OK;
}

static Str
string_field(Value map, const char *name)
{
    Value field;
    if (value_field(map, str_of(name), &field) && field.type == VALUE_STRING)
        return field.string;
    return (Str){"", 0};
}

Str
subject_namespace(Value element)
{
    static const char *const INSIDE[] = {"metadata", "labels"};
    Str found = string_field(element, "namespace");
    for (size_t i = 0; i < sizeof INSIDE / sizeof *INSIDE && found.n == 0; i++) {
        Value inner;
        if (value_field(element, str_of(INSIDE[i]), &inner))
            found = string_field(inner, "namespace");
    }
    return found;
}

static int
compare(const void *left, const void *right)
{
    const Placed *a = left;
    const Placed *b = right;
    int order = str_cmp(a->verdict.subject, b->verdict.subject);
    if (order == 0)
        order = str_cmp(a->place.member, b->place.member);
    if (order == 0 && a->place.line != b->place.line)
        order = a->place.line < b->place.line ? -1 : 1;
    if (order == 0)
        order = str_cmp(a->place.pointer, b->place.pointer);
    if (order == 0 && a->place.index != b->place.index)
        order = a->place.index < b->place.index ? -1 : 1;
    return order;
}

static bool
is_sorted(const Placed *placed, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (compare(&placed[i - 1], &placed[i]) > 0)
            return false;
    return true;
}

static void
fingerprint(DigestState *state, Str id, Str subject, size_t ordinal, Digest *ret)
{
    char number[24];
    int n = snprintf(number, sizeof number, "%zu", ordinal);
    digest_reset(state);
    digest_add(state, id.p, id.n);
    digest_add(state, "", 1);
    digest_add(state, subject.p, subject.n);
    digest_add(state, "", 1);
    digest_add(state, number, (size_t)n + 1);
    digest_end(state, ret);
}

void
identify_again(DigestState *state, const Rule *rule, Verdict *verdicts, size_t count)
{
    size_t ordinal = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_equal = i > 0 && str_eq(verdicts[i].subject, verdicts[i - 1].subject);
        ordinal = is_equal ? ordinal + 1 : 0;
        fingerprint(state, rule->id, verdicts[i].subject, ordinal, &verdicts[i].fingerprint);
    }
}

Status
identify(const Rule *rule, const Places *places, Verdict *verdicts, uint32_t *turns,
         size_t count, Arena *scratch, Err *err)
{
    CLEANUP(cleanup_digest) DigestState *state = digest_new();
    Placed *placed = ARENA_ARRAY(scratch, Placed, count);
    if (!state || !placed)
        return err_nomem(err);
    for (size_t i = 0; i < count; i++)
        placed[i] = (Placed){verdicts[i], places->items.items[i], (uint32_t)i};
    /* Objects come in the order of their names, which is mostly that of their subjects. */
    if (!is_sorted(placed, count))
        qsort(placed, count, sizeof *placed, compare);
    for (size_t i = 0; i < count; i++) {
        verdicts[i] = placed[i].verdict;
        if (turns)
            turns[i] = placed[i].turn;
    }
    identify_again(state, rule, verdicts, count);
    return ST_OK;
}
