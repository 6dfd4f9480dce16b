/* SPDX-License-Identifier: Apache-2.0 */
/* looks_at.c -- the fields of an element that a rule's conditions can look at. */
#include "analyzer/rule/looks_at.h"

#include "base/limits.h"

typedef struct {
    const Rule *rule;
    Arena *arena;
    NodeKeep *element;          /* the tree of what is looked at */
    Reach *withs;               /* what each of `with` stands for, by slot */
    bool *walked;
    unsigned depth;
    bool is_told;               /* false: some other thing may decide */
    Status status;
    Err *err;
} Walk;

static Reach reach_of(void *context, Str name);

static Reach
reach_of_with(Walk *walk, const Binding *with)
{
    if (walk->walked[with->slot])
        return walk->withs[with->slot];
    if (!with->source || walk->depth >= LIMIT_NAME_DEPTH) {
        walk->is_told = false;
        return (Reach){0};
    }
    bool is_told = false;
    CelReach spec = {.arena = walk->arena, .exact = true, .reach_of = reach_of, .context = walk};
    walk->walked[with->slot] = true;
    walk->depth++;
    Status status = source_exact_reach(with->source, &spec, &walk->withs[with->slot], &is_told,
                                       walk->err);
    walk->depth--;
    if (status != ST_OK)
        walk->status = status;
    walk->is_told = walk->is_told && is_told;
    return walk->withs[with->slot];
}

/* Whatever is no element's is the same for all elements. */
static Reach
reach_of(void *context, Str name)
{
    Walk *walk = context;
    const Binding *binding = rule_binding(walk->rule, name);
    if (binding && binding->scope == BINDING_EACH)
        return (Reach){.places = {walk->element}, .count = 1};
    if (binding && binding->scope == BINDING_WITH)
        return reach_of_with(walk, binding);
    return (Reach){0};
}

static Status
walk_conditions(Walk *walk, Err *err)
{
    CelReach spec = {.arena = walk->arena, .exact = true, .reach_of = reach_of, .context = walk};
    for (size_t i = 0; i < walk->rule->case_count && walk->status == ST_OK; i++) {
        Reach reach;
        if (walk->rule->cases[i].when.program)
            TRY(cel_reach(walk->rule->cases[i].when.program, &spec, &reach, err));
    }
    return walk->status;
}

Status
rule_looks_at(const Rule *rule, Arena *arena, const NodeKeep **ret, Err *err)
{
    *ret = NULL;
    if (rule->each.count == 0)
        return ST_OK;
    Walk walk = {.rule = rule, .arena = arena, .is_told = true, .err = err};
    walk.element = ARENA_NEW(arena, NodeKeep);
    walk.withs = ARENA_ARRAY(arena, Reach, rule->with.count);
    walk.walked = ARENA_ARRAY(arena, bool, rule->with.count);
    if (!walk.element || !walk.withs || !walk.walked)
        return err_nomem(err);
    TRY(walk_conditions(&walk, err));
    if (walk.is_told && !walk.element->whole && walk.element->fields)
        *ret = walk.element;
    return ST_OK;
}
