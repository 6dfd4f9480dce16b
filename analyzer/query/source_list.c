/* SPDX-License-Identifier: Apache-2.0 */
/* source_list.c -- making the lists that sources give, with `where` and gaps. */
#include "analyzer/query/source_private.h"

ListMaker
list_maker(const SourceEval *eval)
{
    return (ListMaker){.eval = eval, .failed = value_null()};
}

void
list_fail(ListMaker *maker, Value error)
{
    if (maker->failed.type != VALUE_ERROR)
        maker->failed = error;
}

void
list_add(ListMaker *maker, Value item)
{
    if (maker->failed.type == VALUE_ERROR)
        return;
    Value *slot = VEC_PUSH(maker->eval->arena, &maker->items);
    if (slot)
        *slot = item;
    else
        list_fail(maker, value_nomem());
}

void
list_add_gap(ListMaker *maker, const Gap *gap)
{
    if (!gap)
        return;
    maker->gap = gap_join(maker->eval->arena, maker->gap, gap);
    if (!maker->gap)
        list_fail(maker, value_nomem());
}

/* Names of a `where`: it, and what the caller knows. */
typedef struct {
    const SourceEval *eval;
    const Value *it;
} Names;

static Value
find_name(void *context, Str name, bool *ret_found)
{
    const Names *names = context;
    if (names->it && str_is(name, "it")) {
        *ret_found = true;
        return *names->it;
    }
    if (names->eval->lookup)
        return names->eval->lookup(names->eval->context, name, ret_found);
    *ret_found = false;
    return value_null();
}

Value
eval_cel(const CelProgram *program, const SourceEval *eval, const Value *it)
{
    Names names = {eval, it};
    CelEval cel = {
        .arena = eval->arena,
        .lookup = find_name,
        .context = &names,
        .steps_left = eval->steps_left,
        .joins = eval->joins,
        .touches = eval->touches,
        .tracer = eval->tracer,
        .tracer_context = eval->tracer_context,
    };
    return cel_eval(program, &cel);
}

void
list_where_looks_at(ListMaker *maker, const NodeKeep *fields)
{
    /* A trace shows every step. */
    maker->alike.fields = maker->eval->tracer ? NULL : fields;
}

/* What the predicate says of the item.  Citations need it to be walked. */
static Value
ask(ListMaker *maker, const Value *item, const CelProgram *where)
{
    bool known;
    bool is_object = item->type == VALUE_MAP && item->is_node;
    if (is_object && cel_touches_are_full(maker->eval->touches) &&
        alike_find(&maker->alike, item->node, &known))
        return value_bool(known);
    Value fits = eval_cel(where, maker->eval, item);
    if (is_object && fits.type == VALUE_BOOL)
        alike_remember(&maker->alike, item->node, fits.boolean);
    return fits;
}

void
list_add_where(ListMaker *maker, Value item, const CelProgram *where)
{
    if (maker->failed.type == VALUE_ERROR)
        return;
    if (!where) {
        list_add(maker, item);
        return;
    }
    Value fits = ask(maker, &item, where);
    if (fits.type == VALUE_UNKNOWN)
        list_add_gap(maker, fits.gap);
    else if (fits.type == VALUE_ERROR)
        list_fail(maker, fits);
    else if (fits.type != VALUE_BOOL)
        list_fail(maker, value_error(maker->eval->arena, "'where' gives a %s, not a bool",
                                     value_type_name(fits)));
    else if (fits.boolean)
        list_add(maker, item);
}

Value
list_end(ListMaker *maker, bool unknown)
{
    if (maker->failed.type == VALUE_ERROR)
        return maker->failed;
    if (unknown && maker->items.count == 0)
        return value_unknown(maker->gap);
    return value_list(maker->eval->arena, maker->items.items, maker->items.count, maker->gap);
}

const Origin *
keep_origin(Arena *arena, const Origin *origin)
{
    Origin *kept = ARENA_NEW(arena, Origin);
    if (kept)
        *kept = *origin;
    return kept;
}

bool
fits_words(const StrList *globs, Str text)
{
    for (size_t i = 0; i < globs->count; i++)
        if (str_glob(globs->items[i], text, false))
            return true;
    return globs->count == 0;
}
