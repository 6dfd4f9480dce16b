/* SPDX-License-Identifier: Apache-2.0 */
/* applies.c -- whether a rule is about the versions of a bundle. */
#include "analyzer/rule/applies.h"

#include "analyzer/model/facts.h"

/* The two versions that `applies` may name: the fact behind each and its word. */
static const struct {
    const char *fact;
    const char *word;
} VERSIONS[] = {{"istio", "Istio"}, {"kubernetes", "Kubernetes"}};

static const RuleRange *
range_of(const Rule *rule, size_t which)
{
    return which == 0 ? &rule->istio : &rule->kubernetes;
}

static bool
is_asked(const RuleSet *set, size_t which)
{
    for (size_t i = 0; i < set->rules.count; i++)
        if (range_of(set->rules.items[i], which)->range)
            return true;
    return false;
}

Status
applicability_demand(const RuleSet *set, Demand *demand, Err *err)
{
    for (size_t i = 0; i < sizeof VERSIONS / sizeof *VERSIONS; i++)
        if (is_asked(set, i))
            TRY(demand_fact(demand, str_of(VERSIONS[i].fact), err));
    return ST_OK;
}

/* {version, text, …}: the numbers, and the version as it was found. */
static Str
version_field(const Fact *fact, const char *field)
{
    return fact->count > 0 ? node_string(node_get(fact->items[0].node, str_of(field)))
                           : (Str){"", 0};
}

static Status
find_version(Model *model, size_t which, Arena *arena, KnownVersion *ret, Err *err)
{
    Fact fact = {0};
    TRY(model_fact(model, str_of(VERSIONS[which].fact), &fact, err));
    ret->text = version_field(&fact, "text");
    ret->gap = fact.gap;
    ret->is_known = version_parse(version_field(&fact, "version"), &ret->version);
    if (ret->is_known || ret->gap)
        return ST_OK;
    Str reason = arena_strf(arena, "'" STR_FMT "' is no version",
                            STR_ARG(str_head(ret->text, 60)));
    ret->gap = gap_new(arena, VERSIONS[which].fact, reason, STR(""), STR(""), NULL);
    return ret->gap ? ST_OK : err_nomem(err);
}

Status
applicability_init(Applicability *applicability, const RuleSet *set, Model *model,
                   Arena *arena, Err *err)
{
    *applicability = (Applicability){0};
    if (is_asked(set, 0))
        TRY(find_version(model, 0, arena, &applicability->istio, err));
    if (is_asked(set, 1))
        TRY(find_version(model, 1, arena, &applicability->kubernetes, err));
    return ST_OK;
}

Applies
rule_applies(const Applicability *applicability, const Rule *rule, Buf *reason,
             const Gap **ret_gap)
{
    Applies applies = APPLIES_YES;
    for (size_t i = 0; i < sizeof VERSIONS / sizeof *VERSIONS; i++) {
        const KnownVersion *known =
            i == 0 ? &applicability->istio : &applicability->kubernetes;
        const RuleRange *range = range_of(rule, i);
        if (!range->range)
            continue;
        if (known->is_known && !version_range_has(range->range, &known->version)) {
            buf_clear(reason);
            buf_printf(reason, "%s is " STR_FMT ", and the rule is about " STR_FMT,
                       VERSIONS[i].word, STR_ARG(known->text), STR_ARG(range->text));
            return APPLIES_NO;
        }
        if (!known->is_known && applies == APPLIES_YES) {
            buf_printf(reason, "the version of %s is unknown: ", VERSIONS[i].word);
            *ret_gap = known->gap;
            applies = APPLIES_UNKNOWN;
        }
    }
    return applies;
}
