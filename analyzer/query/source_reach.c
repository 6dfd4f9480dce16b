/* SPDX-License-Identifier: Apache-2.0 */
/* source_reach.c -- which fields of objects a source can reach. */
#include "analyzer/query/source_private.h"

#include "analyzer/query/cel_reach.h"

/* One expression of the source. */
typedef struct {
    const SourceReach *spec;
    const SourceText *text;
    Reach it;
} Part;

static Reach
reach_of(void *context, Str name)
{
    const Part *part = context;
    if (part->text->binds_it && str_is(name, "it"))
        return part->it;
    return part->spec->reach_of(part->spec->context, name);
}

static Status
reach_of_kinds(const Source *source, Demand *demand, Reach *ret, Err *err)
{
    Str kind;
    *ret = (Reach){0};
    const SourceType *type = source->type;
    const StrList *namespaces = type->namespaces ? type->namespaces(source) : NULL;
    for (size_t i = 0; type->kind && type->kind(source, i, &kind); i++) {
        NodeKeep *keep = demand_fields(demand, kind, namespaces);
        if (!keep)
            return err_nomem(err);
        *ret = reach_join(*ret, (Reach){.places = {keep}, .count = 1});
    }
    return ST_OK;
}

Status
source_exact_reach(const Source *source, const CelReach *spec, Reach *ret, bool *ret_is_told,
                   Err *err)
{
    *ret = (Reach){0};
    *ret_is_told = source->type == &SOURCE_TYPE_cel;
    return *ret_is_told ? cel_reach(source->data, spec, ret, err) : ST_OK;
}

Status
source_reach(const Source *source, const SourceReach *spec, Reach *ret, Err *err)
{
    TRY(reach_of_kinds(source, spec->demand, ret, err));
    Part part = {.spec = spec, .it = *ret};
    CelReach each = {.arena = demand_arena(spec->demand), .reach_of = reach_of, .context = &part};
    Reach found = {0};
    for (size_t i = 0; i < source->texts.count; i++) {
        part.text = &source->texts.items[i];
        TRY(cel_reach(part.text->program, &each, &found, err));
    }
    if (source->type == &SOURCE_TYPE_cel)
        *ret = found;
    return ST_OK;
}
