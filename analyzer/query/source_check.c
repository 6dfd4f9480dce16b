/* SPDX-License-Identifier: Apache-2.0 */
/* source_check.c -- what is sure to go wrong with the expressions of a source. */
#include "analyzer/query/cel_check.h"
#include "analyzer/query/source_private.h"

/* One expression of the source. */
typedef struct {
    const SourceCheck *check;
    const SourceText *text;
    Str it;
} Part;

static Str
shape_of(void *context, Str name)
{
    const Part *part = context;
    if (part->text->binds_it && str_is(name, "it"))
        return part->it;
    return part->check->shape_of(part->check->context, name);
}

static void
tell(void *context, bool is_error, uint32_t place, const char *text)
{
    const Part *part = context;
    part->check->tell(part->check->context, part->text->scalar, is_error, place, text);
}

Status
source_check(const Source *source, const SourceCheck *check, Str *ret, Err *err)
{
    const SourceType *type = source->type;
    *ret = type->shape ? type->shape(source, check->arena) : STR("any");
    if (!ret->p)
        return err_nomem(err);
    Part part = {.check = check, .it = type->it ? str_of(type->it) : shape_inner(*ret)};
    CelCheck each = {.arena = check->arena, .shape_of = shape_of, .tell = tell,
                     .context = &part};
    Str found = STR("any");
    for (size_t i = 0; i < source->texts.count; i++) {
        part.text = &source->texts.items[i];
        TRY(cel_check(part.text->program, &each, &found, err));
        if (part.text->binds_it && !shape_may_be_bool(found))
            tell(&part, false, 0, "this can be neither true nor false");
    }
    if (type == &SOURCE_TYPE_cel)
        *ret = found;
    return ST_OK;
}
