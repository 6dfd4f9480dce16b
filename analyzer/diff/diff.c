/* SPDX-License-Identifier: Apache-2.0 */
/* diff.c -- what changed between two bundles. */
#include "analyzer/diff/diff_private.h"

#include "base/limits.h"
#include "bundle/component.h"

const char *const CHANGE_KINDS[] = {"version", "finding", "capture", "object", "metric"};
const char *const CHANGE_WAYS[] = {"added", "removed", "changed"};

Status
add_change(Comparison *c, const Change *change)
{
    if (!change->subject.p || !change->field.p || !change->before.p || !change->after.p)
        return err_nomem(c->err);
    if (c->diff->changes.count >= LIMIT_CHANGE_COUNT) {
        c->diff->left_out++;
        return ST_OK;
    }
    Change *slot = VEC_PUSH(c->arena, &c->diff->changes);
    if (!slot)
        return err_nomem(c->err);
    *slot = *change;
    return ST_OK;
}

Status
add_hole(Comparison *c, Str what, Str reason)
{
    DiffHole *slot = VEC_PUSH(c->arena, &c->diff->holes);
    if (!slot || !what.p || !reason.p)
        return err_nomem(c->err);
    *slot = (DiffHole){what, reason};
    return ST_OK;
}

Status
add_gap(Comparison *c, Str what, const Gap *before, const Gap *after)
{
    const Gap *gaps[] = {before, after};
    for (size_t i = 0; i < 2; i++)
        if (gaps[i])
            TRY(add_hole(c, what, arena_strf(c->arena, "%s: " STR_FMT, c->sides[i]->name,
                                             STR_ARG(gaps[i]->reason))));
    return ST_OK;
}

/* ---- what is needed ---- */

static bool
is_ignored_resource(Str name)
{
    static const char *const NAMES[] = {
#define IGNORED_RESOURCE(name) name,
#define IGNORED_FIELD(key)
#define IGNORED_PATH(path)
#include "analyzer/diff/ignored.def"
#undef IGNORED_RESOURCE
#undef IGNORED_FIELD
#undef IGNORED_PATH
    };
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (str_is(name, NAMES[i]))
            return true;
    return false;
}

static Status
add_resource(Str member, Map *known, Arena *arena, ResourceNames *ret, Err *err)
{
    MemberName parts;
    member_name_parse(member, &parts);
    if (parts.kind != MEMBER_K8S_LIST)
        return ST_OK;
    Str name = arena_strf(arena, STR_FMT "." STR_FMT, STR_ARG(parts.plural),
                          STR_ARG(parts.group.n ? parts.group : STR("core")));
    if (!name.p)
        return err_nomem(err);
    if (is_ignored_resource(name) || map_has(known, name))
        return ST_OK;
    Str *slot = VEC_PUSH(arena, ret);
    if (!slot || !map_put(known, name, known))
        return err_nomem(err);
    *slot = name;
    return ST_OK;
}

Status
resource_names(Bundle *const bundles[2], Arena *arena, ResourceNames *ret, Err *err)
{
    Map known;
    map_init(&known, arena);
    for (size_t side = 0; side < 2; side++) {
        size_t count;
        const Member *const *members = bundle_members(bundles[side], &count);
        for (size_t i = 0; i < count; i++)
            TRY(add_resource(members[i]->name, &known, arena, ret, err));
        const Manifest *manifest = bundle_manifest(bundles[side]);
        for (size_t i = 0; manifest && i < manifest->captures.count; i++)
            TRY(add_resource(manifest->captures.items[i].id, &known, arena, ret, err));
    }
    return ST_OK;
}

Status
diff_demand(Bundle *const bundles[2], Demand *demand, Err *err)
{
    static const char *const FACT_NAMES[] = {"istio", "kubernetes", "components"};
    Arena *arena = demand_arena(demand);
    ResourceNames names = {0};
    TRY(resource_names(bundles, arena, &names, err));
    for (size_t i = 0; i < names.count; i++)
        TRY(demand_kind(demand, names.items[i], err));
    for (size_t i = 0; COMPONENT_NAMES[i]; i++)
        TRY(demand_metrics(demand, str_of(COMPONENT_NAMES[i]), err));
    TRY(demand_series(demand, STR(""), err));
    for (size_t i = 0; i < sizeof FACT_NAMES / sizeof *FACT_NAMES; i++)
        TRY(demand_fact(demand, str_of(FACT_NAMES[i]), err));
    return ST_OK;
}

Status
diff_run(const DiffSide *before, const DiffSide *after, const RuleSet *set, Arena *arena, Diff *ret,
         Err *err)
{
    *ret = (Diff){0};
    Comparison c = {.sides = {before, after}, .set = set, .arena = arena, .diff = ret, .err = err};
    TRY(compare_versions(&c));
    TRY(compare_findings(&c));
    TRY(compare_captures(&c));
    TRY(compare_objects(&c));
    return compare_metrics(&c);
}
