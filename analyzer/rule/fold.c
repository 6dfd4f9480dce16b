/* SPDX-License-Identifier: Apache-2.0 */
/* fold.c -- which findings are consequences of which. */
#include "analyzer/rule/evaluate.h"

#include "base/limits.h"

#include <stdlib.h>

/* A finding that explains another. */
typedef struct {
    const Verdict *verdict;
    const Rule *rule;
} Owner;

/* So many causes of one finding are named; the first is the one that counts. */
enum { MAX_OWNERS = 16 };

/* Findings of each rule: first and count in the sorted list. */
typedef struct {
    size_t first;
    size_t count;
} Span;

static void
find_spans(const VerdictList *verdicts, Span *spans)
{
    for (size_t i = 0; i < verdicts->count; i++) {
        Span *span = &spans[verdicts->items[i].rule];
        if (span->count == 0)
            span->first = i;
        span->count++;
    }
}

static bool
is_near(const Verdict *cause, const Verdict *consequence)
{
    Str a = cause->detail->namespace;
    Str b = consequence->detail->namespace;
    return a.n == 0 || b.n == 0 || str_eq(a, b);
}

static int
compare_owners(const Owner *a, const Owner *b)
{
    if (a->verdict->severity != b->verdict->severity)
        return a->verdict->severity > b->verdict->severity ? -1 : 1;
    int order = str_cmp(a->rule->id, b->rule->id);
    if (order == 0)
        order = str_cmp(a->verdict->subject, b->verdict->subject);
    return order;
}

/* Keeps the best owners in order. */
static void
offer(Owner *owners, size_t *count, Owner owner)
{
    size_t at = *count;
    while (at > 0 && compare_owners(&owner, &owners[at - 1]) < 0)
        at--;
    if (at >= MAX_OWNERS)
        return;
    size_t last = *count < MAX_OWNERS ? (*count)++ : MAX_OWNERS - 1;
    for (; last > at; last--)
        owners[last] = owners[last - 1];
    owners[at] = owner;
}

/* Findings of one cause that are near; a few are enough, and a mesh-wide cause with
 * thousands of subjects must not cost thousands of steps for each consequence. */
static void
offer_rule(const Rule *cause, const VerdictList *verdicts, Span span,
           const Verdict *consequence, Owner *owners, size_t *count)
{
    size_t taken = 0;
    for (size_t i = span.first; i < span.first + span.count && taken < MAX_OWNERS; i++) {
        const Verdict *verdict = &verdicts->items[i];
        if (verdict->kind != VERDICT_FINDING || !is_near(verdict, consequence))
            continue;
        offer(owners, count, (Owner){verdict, cause});
        taken++;
    }
}

static Status
set_owners(Verdict *verdict, const Owner *owners, size_t count, Arena *arena, Err *err)
{
    if (count == 0)
        return ST_OK;
    Digest *fingerprints = ARENA_ARRAY(arena, Digest, count);
    if (!fingerprints)
        return err_nomem(err);
    for (size_t i = 0; i < count; i++)
        fingerprints[i] = owners[i].verdict->fingerprint;
    verdict->detail->explained_by = fingerprints;
    verdict->detail->explained_by_count = count;
    return ST_OK;
}

/* For each rule, those that explain it and have a finding. */
typedef VEC(const Rule *) Causes;

static Status
find_causes(const RuleSet *set, const Span *spans, Causes *causes, Arena *arena, Err *err)
{
    for (size_t i = 0; i < set->rules.count; i++) {
        const Rule *rule = set->rules.items[i];
        for (size_t e = 0; spans[i].count > 0 && e < rule->explains.count; e++) {
            const Rule *other = rules_find(set, rule->explains.items[e]);
            if (!other)
                continue;
            const Rule **slot = VEC_PUSH(arena, &causes[other->index]);
            if (!slot)
                return err_nomem(err);
            *slot = rule;
        }
    }
    return ST_OK;
}

Status
verdicts_fold(const RuleSet *set, VerdictList *verdicts, Arena *arena, Err *err)
{
    Span *spans = ARENA_ARRAY(arena, Span, set->rules.count + 1);
    Causes *causes = ARENA_ARRAY(arena, Causes, set->rules.count + 1);
    if (!spans || !causes)
        return err_nomem(err);
    find_spans(verdicts, spans);
    TRY(find_causes(set, spans, causes, arena, err));
    for (size_t i = 0; i < verdicts->count; i++) {
        Verdict *verdict = &verdicts->items[i];
        if (verdict->kind != VERDICT_FINDING)
            continue;
        Owner owners[MAX_OWNERS];
        size_t count = 0;
        const Causes *of_rule = &causes[verdict->rule];
        for (size_t c = 0; c < of_rule->count; c++)
            offer_rule(of_rule->items[c], verdicts, spans[of_rule->items[c]->index], verdict,
                       owners, &count);
        TRY(set_owners(verdict, owners, count, arena, err));
    }
    return ST_OK;
}
