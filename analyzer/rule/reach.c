/* SPDX-License-Identifier: Apache-2.0 */
/* reach.c -- which fields of objects the selected rules can reach. */
#include "analyzer/rule/evaluate.h"

#include "base/limits.h"

/* What a binding's name stands for in the rule that is walked. */
typedef struct {
    const Binding *binding;
    Reach reach;
} Known;

typedef struct {
    const Rule *rule;
    Demand *demand;
    Arena *arena;
    VEC(Known) known;
} Walk;

static Reach
reach_of(void *context, Str name)
{
    const Walk *walk = context;
    const Binding *binding = rule_binding(walk->rule, name);
    for (size_t i = 0; i < walk->known.count; i++)
        if (walk->known.items[i].binding == binding)
            return walk->known.items[i].reach;
    return (Reach){0};
}

static bool
is_known(const Walk *walk, const Binding *binding)
{
    for (size_t i = 0; i < walk->known.count; i++)
        if (walk->known.items[i].binding == binding)
            return true;
    return false;
}

/* Walks a binding once, those that it rests on before it.  Circles are errors already. */
static Status
walk_binding(Walk *walk, const Binding *binding, unsigned depth, Err *err)
{
    if (!binding->source || is_known(walk, binding))
        return ST_OK;
    size_t count;
    const SourceName *names = source_names(binding->source, &count);
    for (size_t i = 0; i < count && depth < LIMIT_NAME_DEPTH; i++) {
        const Binding *other = rule_binding(walk->rule, names[i].name);
        if (other && other != binding)
            TRY(walk_binding(walk, other, depth + 1, err));
    }
    SourceReach spec = {.demand = walk->demand, .reach_of = reach_of, .context = walk};
    Reach reach;
    TRY(source_reach(binding->source, &spec, &reach, err));
    Known *known = VEC_PUSH(walk->arena, &walk->known);
    if (!known)
        return err_nomem(err);
    *known = (Known){binding, reach};
    return ST_OK;
}

static Status
walk_bindings(Walk *walk, const Bindings *bindings, Err *err)
{
    for (size_t i = 0; i < bindings->count; i++)
        TRY(walk_binding(walk, &bindings->items[i], 0, err));
    return ST_OK;
}

/* is_shown: the value becomes a text. */
static Status
walk_expression(Walk *walk, const Expression *expression, bool is_shown, Err *err)
{
    CelReach spec = {.arena = walk->arena, .reach_of = reach_of, .context = walk};
    Reach reach;
    if (!expression->program)
        return ST_OK;
    TRY(cel_reach(expression->program, &spec, &reach, err));
    if (is_shown)
        reach_keep_whole(reach);
    return ST_OK;
}

static Status
walk_template(Walk *walk, const Template *template, Err *err)
{
    for (size_t i = 0; i < template->count; i++)
        TRY(walk_expression(walk, &template->parts[i].expression, true, err));
    return ST_OK;
}

static Status
walk_rule(Walk *walk, const Rule *rule, Err *err)
{
    for (size_t i = 0; i < rule->defs.count; i++)
        TRY(walk_binding(walk, rule->defs.items[i], 0, err));
    TRY(walk_bindings(walk, &rule->let, err));
    TRY(walk_bindings(walk, &rule->each, err));
    TRY(walk_bindings(walk, &rule->with, err));
    TRY(walk_expression(walk, &rule->when_applicable, false, err));
    for (size_t i = 0; i < rule->case_count; i++) {
        TRY(walk_expression(walk, &rule->cases[i].when, false, err));
        TRY(walk_template(walk, &rule->cases[i].message, err));
    }
    TRY(walk_expression(walk, &rule->key, true, err));
    TRY(walk_expression(walk, &rule->low_if, false, err));
    TRY(walk_expression(walk, &rule->high_if, false, err));
    for (size_t i = 0; i < rule->fix_count; i++) {
        TRY(walk_template(walk, &rule->fixes[i].text, err));
        TRY(walk_template(walk, &rule->fixes[i].run, err));
    }
    return ST_OK;
}

Status
rules_demand_fields(const RuleSet *set, Demand *demand, Err *err)
{
    demand_only_fields(demand);
    for (size_t i = 0; i < set->rules.count; i++) {
        const Rule *rule = set->rules.items[i];
        Walk walk = {.rule = rule, .demand = demand, .arena = demand_arena(demand)};
        if (rule_runs(rule))
            TRY(walk_rule(&walk, rule, err));
    }
    return ST_OK;
}
