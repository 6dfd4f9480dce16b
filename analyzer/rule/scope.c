/* SPDX-License-Identifier: Apache-2.0 */
/* scope.c -- what names mean while a rule is evaluated. */
#include "analyzer/rule/scope.h"

#include "base/limits.h"

/* Of a name's touches so many are kept: more are never cited. */
static const size_t KEPT_TOUCHES = 40;

static Status
params_value(const RuleFile *file, Arena *arena, Value *ret, Err *err)
{
    ValueField *fields = ARENA_ARRAY(arena, ValueField, file->param_count);
    if (!fields)
        return err_nomem(err);
    for (size_t i = 0; i < file->param_count; i++) {
        fields[i].name = arena_cstr(arena, file->params[i].name);
        fields[i].value = file->params[i].value;
        if (!fields[i].name)
            return err_nomem(err);
    }
    *ret = value_record(arena, fields, file->param_count, NULL);
    return ST_OK;
}

Status
session_init(Session *session, const RuleSet *set, const RuleFile *file, Model *model,
             Arena *arena, Err *err)
{
    *session = (Session){.set = set, .model = model, .arena = arena};
    session->file_count = file ? 1 : set->files.count;
    session->files = ARENA_ARRAY(arena, FileScope, session->file_count);
    if (!session->files)
        return err_nomem(err);
    for (size_t i = 0; i < session->file_count; i++) {
        FileScope *own = &session->files[i];
        own->file = file ? file : set->files.items[i];
        own->defs = ARENA_ARRAY(arena, Slot, own->file->defs.count);
        if (!own->defs)
            return err_nomem(err);
        TRY(params_value(own->file, arena, &own->params, err));
    }
    return ST_OK;
}

static FileScope *
file_scope(Session *session, const RuleFile *file)
{
    for (size_t i = 0; i < session->file_count; i++)
        if (session->files[i].file == file)
            return &session->files[i];
    return NULL;
}

Status
scope_init(Scope *scope, Session *session, const Rule *rule, Arena *arena,
           Arena *element_arena, Err *err)
{
    *scope = (Scope){.session = session, .rule = rule, .arena = arena,
                     .element_arena = element_arena, .steps_left = LIMIT_CEL_RULE_STEPS,
                     .file = file_scope(session, rule->file)};
    scope->lets = ARENA_ARRAY(arena, Slot, rule->let.count);
    scope->joins = cel_joins_new(arena);
    return scope->lets && scope->joins ? ST_OK : err_nomem(err);
}

Status
scope_set_element(Scope *scope, Value element, Err *err)
{
    arena_reset(scope->element_arena);
    scope_watch(scope);
    scope->has_element = true;
    scope->element = element;
    scope->withs = ARENA_ARRAY(scope->element_arena, Slot, scope->rule->with.count);
    return scope->withs ? ST_OK : err_nomem(err);
}

void
scope_watch(Scope *scope)
{
    scope->looked.count = 0;
    scope->looked.items = NULL;
    scope->looked.capacity = 0;
}

static Arena *
expression_arena(const Scope *scope)
{
    return scope->has_element ? scope->element_arena : scope->arena;
}

/* Where the value of a binding lives, and how long. */
static Slot *
slot_of(Scope *scope, const Binding *binding, Arena **ret_arena)
{
    switch (binding->scope) {
    case BINDING_DEF:
        *ret_arena = scope->session->arena;
        return &scope->file->defs[binding->slot];
    case BINDING_LET:
        *ret_arena = scope->arena;
        return &scope->lets[binding->slot];
    case BINDING_WITH:
        *ret_arena = scope->element_arena;
        return scope->has_element ? &scope->withs[binding->slot] : NULL;
    case BINDING_EACH:
        break;
    }
    return NULL;
}

static Value lookup(void *context, Str name, bool *ret_found);

/* A name's citations include those of the names that it rests on. */
static void
add_touches(Arena *arena, Slot *slot, const Slot *from)
{
    for (size_t i = 0; i < from->touches.count && slot->touches.count < KEPT_TOUCHES; i++) {
        CelTouch *touch = VEC_PUSH(arena, &slot->touches);
        if (touch)
            *touch = from->touches.items[i];
    }
}

static void
fill_slot(Scope *scope, const Binding *binding, Slot *slot, Arena *arena)
{
    /* Names asked for meanwhile are this name's, not the expression's. */
    __typeof__(scope->looked) outer = scope->looked;
    scope_watch(scope);
    SourceEval eval = scope_source(scope, arena, &slot->touches);
    slot->is_busy = true;
    slot->value = source_eval(binding->source, &eval);
    slot->is_busy = false;
    slot->is_done = true;
    for (size_t i = 0; i < scope->looked.count; i++)
        add_touches(arena, slot, scope->looked.items[i]);
    scope->looked = outer;
    const Trace *trace = scope->session->trace;
    if (trace)
        trace->name(trace->context, binding, slot->value);
}

Value
scope_value(Scope *scope, const Binding *binding)
{
    if (binding->scope == BINDING_EACH && scope->has_element)
        return scope->element;
    Arena *arena = NULL;
    Slot *slot = slot_of(scope, binding, &arena);
    if (!slot || !binding->source || slot->is_busy)
        return value_error(expression_arena(scope), "\"" STR_FMT "\" has no value here",
                           STR_ARG(binding->name));
    if (!slot->is_done)
        fill_slot(scope, binding, slot, arena);
    const Slot **seen = VEC_PUSH(expression_arena(scope), &scope->looked);
    if (!seen)
        return value_nomem();
    *seen = slot;
    return slot->value;
}

static Value
lookup(void *context, Str name, bool *ret_found)
{
    Scope *scope = context;
    *ret_found = true;
    if (str_is(name, "params"))
        return scope->file->params;
    const Binding *binding = rule_binding(scope->rule, name);
    if (binding)
        return scope_value(scope, binding);
    *ret_found = false;
    return value_null();
}

CelEval
scope_cel(Scope *scope, CelTouches *touches)
{
    const Trace *trace = scope->session->trace;
    return (CelEval){
        .arena = expression_arena(scope), .lookup = lookup, .context = scope,
        .joins = scope->joins, .steps_left = &scope->steps_left, .touches = touches,
        .tracer = trace ? trace->part : NULL, .tracer_context = trace ? trace->context : NULL,
    };
}

SourceEval
scope_source(Scope *scope, Arena *arena, CelTouches *touches)
{
    const Trace *trace = scope->session->trace;
    return (SourceEval){
        .model = scope->session->model, .arena = arena, .lookup = lookup, .context = scope,
        .joins = scope->joins, .steps_left = &scope->steps_left, .touches = touches,
        .tracer = trace ? trace->part : NULL, .tracer_context = trace ? trace->context : NULL,
    };
}

Value
scope_eval(Scope *scope, const Expression *expression, CelTouches *touches)
{
    CelEval eval = scope_cel(scope, touches);
    Value value = cel_eval(expression->program, &eval);
    const Trace *trace = scope->session->trace;
    if (trace)
        trace->expression(trace->context, expression, value);
    return value;
}

static const Binding *
find_error(const Bindings *bindings, const Slot *slots, const ValueError *error)
{
    for (size_t i = 0; slots && i < bindings->count; i++)
        if (slots[i].is_done && slots[i].value.type == VALUE_ERROR &&
            slots[i].value.error == error)
            return &bindings->items[i];
    return NULL;
}

static const Binding *
binding_of_error(const Scope *scope, const ValueError *error)
{
    const Binding *found = find_error(&scope->file->file->defs, scope->file->defs, error);
    if (!found)
        found = find_error(&scope->rule->let, scope->lets, error);
    if (!found && scope->has_element)
        found = find_error(&scope->rule->with, scope->withs, error);
    return found;
}

bool
scope_locate_error(const Scope *scope, const ValueError *error, const RuleFile **ret_file,
                   unsigned *ret_line, unsigned *ret_column)
{
    const Binding *binding = binding_of_error(scope, error);
    if (!binding)
        return false;
    const Node *cel = node_get(binding->spec, STR("cel"));
    Expression expression = {.text = node_string(cel), .scalar = cel};
    *ret_file = binding->file;
    *ret_line = binding->line;
    *ret_column = binding->column;
    if (node_is(cel, NODE_STRING))
        expression_position(&expression, binding->file->text, error->offset, ret_line, ret_column);
    return true;
}
