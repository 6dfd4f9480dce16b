/* SPDX-License-Identifier: Apache-2.0 */
/* kept_fields.c -- which fields are kept of the objects of a resource. */
#include "analyzer/model/model_private.h"

typedef struct {
    const char *kind;
    const char *path;
    bool for_references;        /* only where a rule asks who names or mounts whom */
} KeptField;

static const KeptField KEPT_FIELDS[] = {
#define KEPT(kind, path) {kind, path, false},
#define REFERENCES_KEPT(kind, path) {kind, path, true},
#include "analyzer/model/kept_fields.def"
#undef REFERENCES_KEPT
#undef KEPT
#define REFERENCE(kind, target, path, form) {kind, path, true},
#include "analyzer/model/references.def"
#undef REFERENCE
};

static bool
means(Str word, Str group, Str plural)
{
    KindName name;
    kind_name_parse(word, &name);
    return kind_name_means(&name, group, plural, STR(""));
}

/* The field of a step; "[]" behind it means a list, '|' in it a point. */
static NodeKeep *
add_step(Arena *arena, NodeKeep *keep, Str step)
{
    char key[64];
    if (str_ends(step, STR("[]")))
        step = str_head(step, step.n - 2);
    if (step.n > sizeof key)
        return NULL;
    for (size_t i = 0; i < step.n; i++)
        key[i] = step.p[i] == '|' ? '.' : step.p[i];
    return json_keep_field(arena, keep, (Str){key, step.n});
}

static Status
add_field(Arena *arena, NodeKeep *keep, const KeptField *field, Err *err)
{
    /* "pod" of references.def is the spec of a pod. */
    if (str_is(str_of(field->kind), "pod"))
        keep = json_keep_field(arena, keep, STR("spec"));
    Str rest = str_of(field->path);
    for (Str step; keep && str_cut(&rest, '.', &step);)
        keep = add_step(arena, keep, step);
    if (!keep)
        return err_nomem(err);
    keep->whole = true;
    return ST_OK;
}

static bool
applies(const Demand *demand, const KeptField *field, Str group, Str plural)
{
    if (field->for_references && !demand->reads_references)
        return false;
    Str kind = str_of(field->kind);
    return kind.n == 0 || means(str_is(kind, "pod") ? STR("Pod") : kind, group, plural);
}

static void
set_missed(NodeKeep *keep, bool *missed)
{
    keep->missed = missed;
    for (NodeKeep *field = keep->fields; field; field = field->next)
        set_missed(field, missed);
}

static Status
add_scoped(const Demand *demand, Arena *arena, Str group, Str plural, NodeKeep *keep,
           KeptFields *ret, Err *err)
{
    for (size_t i = 0; i < demand->scoped.count; i++) {
        const ScopedFields *scoped = &demand->scoped.items[i];
        if (!means(scoped->kind, group, plural))
            continue;
        const StrList **slot = VEC_PUSH(arena, &ret->scopes);
        if (!slot || !json_keep_merge(arena, keep, scoped->keep))
            return err_nomem(err);
        *slot = scoped->namespaces;
    }
    return ST_OK;
}

static Status
add_unscoped(const Demand *demand, Arena *arena, Str group, Str plural, NodeKeep *keep, Err *err)
{
    for (size_t i = 0; i < demand->fields.count; i++) {
        const MapEntry *entry = &demand->fields.entries[i];
        if (means(entry->key, group, plural) && !json_keep_merge(arena, keep, entry->value))
            return err_nomem(err);
    }
    for (size_t i = 0; i < sizeof KEPT_FIELDS / sizeof *KEPT_FIELDS; i++)
        if (applies(demand, &KEPT_FIELDS[i], group, plural))
            TRY(add_field(arena, keep, &KEPT_FIELDS[i], err));
    return ST_OK;
}

Status
kept_fields(const Demand *demand, Arena *arena, Str group, Str plural, bool *missed,
            KeptFields *ret, Err *err)
{
    *ret = (KeptFields){0};
    if (!demand->only_fields)
        return ST_OK;
    NodeKeep *all = ARENA_NEW(arena, NodeKeep);
    NodeKeep *scoped = ARENA_NEW(arena, NodeKeep);
    if (!all || !scoped)
        return err_nomem(err);
    TRY(add_unscoped(demand, arena, group, plural, all, err));
    TRY(add_scoped(demand, arena, group, plural, scoped, ret, err));
    if (!json_keep_merge(arena, scoped, all))
        return err_nomem(err);
    set_missed(all, missed);
    set_missed(scoped, missed);
    ret->all = all;
    ret->scoped = scoped;
    return ST_OK;
}

bool
kept_fields_scoped(const KeptFields *kept, Str ns)
{
    for (size_t i = 0; i < kept->scopes.count; i++)
        if (namespace_fits(kept->scopes.items[i], ns))
            return true;
    return false;
}
