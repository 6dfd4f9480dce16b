/* SPDX-License-Identifier: Apache-2.0 */
/* cel_eval.c -- walks a compiled expression: every kind of node but loops. */
#include "analyzer/query/cel.h"
#include "analyzer/query/cel_ast.h"
#include "analyzer/query/cel_run.h"
#include "base/limits.h"

/* Unknown of an incomplete list or map for whatever cannot look at what is there of it. */
Value
cel_settle(Value v)
{
    return value_is_incomplete(v) ? value_unknown(value_gap(v)) : v;
}

Value
cel_absorb(CelRun *run, Value kept, Value v)
{
    if (run->limit)
        return cel_stopped(run);
    if (!value_is_absorbing(kept))
        return v;
    if (kept.type == VALUE_UNKNOWN && v.type == VALUE_UNKNOWN && kept.gap != v.gap) {
        const Gap *gap = gap_join(run->arena, kept.gap, v.gap);
        return gap ? value_unknown(gap) : kept;
    }
    return kept.type == VALUE_ERROR && v.type == VALUE_UNKNOWN ? v : kept;
}

/* The value of a variable, asked for once an evaluation. */
static bool
look_up(CelRun *run, Str name, Value *ret)
{
    bool found = false;
    if (run->eval->lookup)
        *ret = run->eval->lookup(run->eval->context, name, &found);
    return found;
}

static Value
undeclared(CelRun *run, Str name)
{
    return cel_error(run, "undeclared reference to '" STR_FMT "'", STR_ARG(name));
}

static Value
eval_qualified(CelRun *run, const CelNode *node)
{
    for (size_t i = 0; i < node->reading_count; i++) {
        const CelReading *reading = &node->readings[i];
        Value v;
        if (!look_up(run, reading->variable, &v))
            continue;
        for (size_t k = node->field_count - reading->fields; k < node->field_count; k++)
            v = cel_select(run, v, node->fields[k]);
        return v;
    }
    return undeclared(run, node->name);
}

static Value
eval_variable(CelRun *run, const CelNode *node)
{
    run->place = node->place;
    if (node->readings)
        return eval_qualified(run, node);
    if (!run->looked_up[node->slot]) {
        Value *v = &run->variables[node->slot];
        if (!look_up(run, node->name, v))
            *v = undeclared(run, node->name);
        run->looked_up[node->slot] = true;
    }
    return run->variables[node->slot];
}

static Value
no_field_of(CelRun *run, Value v)
{
    return cel_error(run, "type '%s' does not support field selection", value_type_name(v));
}

static Value
no_such_key(CelRun *run, Value key)
{
    CLEANUP(buf_done) Buf text = BUF_INIT(4096);
    value_write_text(key, &text);
    return cel_error(run, "no such key: " STR_FMT, STR_ARG(str_head(buf_str(&text), 100)));
}

/* An incomplete map has the fields that it has; an incomplete list has none. */
static Value
settle_list(Value v)
{
    return v.type == VALUE_LIST ? cel_settle(v) : v;
}

/* v.?field, and any field of an optional. */
static Value
select_optional(CelRun *run, Value v, Str field)
{
    Value found;
    if (v.type == VALUE_OPTIONAL) {
        if (!v.inner)
            return v;
        v = *v.inner;
    }
    v = settle_list(v);
    if (value_is_absorbing(v))
        return v;
    if (v.type != VALUE_MAP)
        return no_field_of(run, v);
    if (!value_field(v, field, &found))
        return value_is_incomplete(v) ? value_unknown(value_gap(v)) : value_optional(NULL);
    return value_is_absorbing(found) ? found : cel_optional_of(run, found);
}

Value
cel_select(CelRun *run, Value v, Str field)
{
    Value found;
    if (v.type == VALUE_OPTIONAL)
        return select_optional(run, v, field);
    v = settle_list(v);
    if (value_is_absorbing(v))
        return v;
    if (v.type != VALUE_MAP)
        return no_field_of(run, v);
    if (value_field(v, field, &found))
        return found;
    if (value_is_incomplete(v))
        return value_unknown(value_gap(v));
    return no_such_key(run, value_string(field));
}

/* A list's position by any number that is whole; false for others. */
static bool
position(Value key, int64_t *ret)
{
    if (key.type == VALUE_INT) {
        *ret = key.integer;
        return true;
    }
    if (key.type == VALUE_UINT) {
        *ret = key.natural > INT64_MAX ? INT64_MAX : (int64_t)key.natural;
        return true;
    }
    if (key.type != VALUE_DOUBLE || !(key.number > -9e15 && key.number < 9e15))
        return false;
    *ret = (int64_t)key.number;
    return (double)*ret >= key.number && (double)*ret <= key.number;
}

static Value
index_list(CelRun *run, Value list, Value key, bool optional)
{
    int64_t at = 0;
    if (!position(key, &at))
        return cel_error(run, "a list has no index of type '%s'", value_type_name(key));
    if (at >= 0 && (uint64_t)at < value_count(list)) {
        Value item = value_item(list, (size_t)at);
        return optional && !value_is_absorbing(item) ? cel_optional_of(run, item) : item;
    }
    if (at >= 0 && value_is_incomplete(list))
        return value_unknown(value_gap(list));
    if (optional)
        return value_optional(NULL);
    return cel_error(run, "index out of bounds: %lld in a list of %zu", (long long)at,
                     value_count(list));
}

Value
cel_index(CelRun *run, Value v, Value key, bool optional)
{
    Value found;
    key = cel_settle(key);
    if (value_is_absorbing(v) || value_is_absorbing(key)) {
        Value kept = value_is_absorbing(v) ? v : key;
        return value_is_absorbing(key) ? cel_absorb(run, kept, key) : kept;
    }
    if (v.type == VALUE_OPTIONAL) {
        if (!v.inner)
            return v;
        v = *v.inner;
        optional = true;
    }
    if (v.type == VALUE_LIST)
        return index_list(run, v, key, optional);
    if (v.type != VALUE_MAP)
        return cel_error(run, "type '%s' does not support indexing", value_type_name(v));
    if (!cel_traverse(run, value_count(v)))
        return cel_stopped(run);
    if (value_find_key(v, key, &found))
        return optional && !value_is_absorbing(found) ? cel_optional_of(run, found) : found;
    if (value_is_incomplete(v))
        return value_unknown(value_gap(v));
    return optional ? value_optional(NULL) : no_such_key(run, key);
}

/* Whether field is in v: what has() says. */
static Value
eval_has(CelRun *run, const CelNode *node)
{
    Value found;
    Value v = settle_list(cel_eval_quietly(run, node->args[0]));
    run->place = node->place;
    if (value_is_absorbing(v))
        return v;
    if (v.type == VALUE_OPTIONAL) {
        if (!v.inner)
            return value_bool(false);
        v = *v.inner;
    }
    if (v.type != VALUE_MAP)
        return no_field_of(run, v);
    bool has = value_field(v, node->name, &found);
    if (!has && value_is_incomplete(v))
        return value_unknown(value_gap(v));
    cel_touch(run, has ? found : v);
    return value_bool(has);
}

static Value
eval_select(CelRun *run, const CelNode *node)
{
    Value v = cel_eval_quietly(run, node->args[0]);
    run->place = node->place;
    Value found = node->optional ? select_optional(run, v, node->name)
                                 : cel_select(run, v, node->name);
    /* That something is not there was read off its parent. */
    if (found.type == VALUE_OPTIONAL && !found.inner)
        cel_touch(run, v);
    return found;
}

static Value
eval_index(CelRun *run, const CelNode *node)
{
    Value v = cel_eval_quietly(run, node->args[0]);
    Value key = cel_eval_node(run, node->args[1]);
    run->place = node->place;
    Value found = cel_index(run, v, key, node->optional);
    if (found.type == VALUE_OPTIONAL && !found.inner)
        cel_touch(run, v);
    return found;
}

static Value
eval_operator(CelRun *run, const CelNode *node)
{
    Value a = cel_eval_node(run, node->args[0]);
    Value b = value_null();
    /* 'in' itself notes what it found, or where it did not. */
    if (node->count > 1)
        b = node->op == OP_IN ? cel_eval_quietly(run, node->args[1])
                              : cel_eval_node(run, node->args[1]);
    run->place = node->place;
    return cel_operate(run, (CelOp)node->op, a, b);
}

/* && and ||: one operand that decides makes up for all that is wrong with the others, and
 * it alone is cited. */
static Value
eval_logic(CelRun *run, const CelNode *node, bool decides)
{
    Value kept = value_bool(!decides);
    size_t mark = cel_touch_mark(run);
    for (size_t i = 0; i < node->count; i++) {
        size_t from = cel_touch_mark(run);
        Value v = cel_settle(cel_eval_node(run, node->args[i]));
        if (v.type == VALUE_BOOL && v.boolean == decides) {
            cel_touch_keep_from(run, mark, from);
            return value_bool(decides);
        }
        if (v.type == VALUE_BOOL)
            continue;
        run->place = node->place;
        if (!value_is_absorbing(v))
            v = cel_no_overload(run, decides ? "||" : "&&", &v, 1);
        kept = cel_absorb(run, kept, v);
        if (run->limit)
            break;
    }
    return kept;
}

static Value
eval_if(CelRun *run, const CelNode *node)
{
    Value v = cel_settle(cel_eval_node(run, node->args[0]));
    if (value_is_absorbing(v))
        return v;
    run->place = node->place;
    if (v.type != VALUE_BOOL)
        return cel_no_overload(run, "?:", &v, 1);
    return cel_eval_node(run, node->args[v.boolean ? 1 : 2]);
}

/* An optional item: *ret_skip where it is none. */
static Value
open_optional(CelRun *run, Value v, bool *ret_skip)
{
    *ret_skip = false;
    if (value_is_absorbing(v))
        return v;
    if (v.type != VALUE_OPTIONAL)
        return cel_error(run, "'?' needs an optional value, not '%s'", value_type_name(v));
    *ret_skip = v.inner == NULL;
    return v.inner ? *v.inner : value_null();
}

static Value
eval_list(CelRun *run, const CelNode *node)
{
    CelValues items = {0};
    Value kept = value_null();
    for (size_t i = 0; i < node->count; i++) {
        Value v = cel_eval_node(run, node->args[i]);
        bool skip = false;
        run->place = node->args[i]->place;
        if (node->optionals && node->optionals[i])
            v = open_optional(run, v, &skip);
        if (value_is_absorbing(v))
            kept = cel_absorb(run, kept, v);
        else if (!skip && !cel_push(run, &items, v))
            return cel_stopped(run);
    }
    return value_is_absorbing(kept) ? kept : cel_list(run, items.items, items.count);
}

static Value
eval_map(CelRun *run, const CelNode *node)
{
    CelMapBuilder map = {0};
    Value kept = value_null();
    for (size_t i = 0; i < node->count; i += 2) {
        Value key = cel_settle(cel_eval_node(run, node->args[i]));
        Value v = cel_eval_node(run, node->args[i + 1]);
        bool skip = false;
        Value error;
        run->place = node->args[i]->place;
        if (node->optionals && node->optionals[i / 2])
            v = open_optional(run, v, &skip);
        if (value_is_absorbing(key))
            kept = cel_absorb(run, kept, key);
        if (value_is_absorbing(v))
            kept = cel_absorb(run, kept, v);
        if (skip || value_is_absorbing(kept))
            continue;
        if (!cel_map_add(run, &map, key, v, &error))
            kept = cel_absorb(run, kept, run->limit ? cel_stopped(run) : error);
    }
    return value_is_absorbing(kept) ? kept : cel_map_done(run, &map);
}

static Value
eval_call(CelRun *run, const CelNode *node)
{
    Value few[4];
    Value *args = node->count <= 4 ? few : CEL_ARRAY(run, Value, node->count);
    if (!args)
        return cel_stopped(run);
    for (size_t i = 0; i < node->count; i++)
        args[i] = cel_eval_node(run, node->args[i]);
    run->place = node->place;
    return cel_call(run, node, args, node->count);
}

static Value
eval_bind(CelRun *run, const CelNode *node)
{
    run->locals[node->slot] = cel_eval_node(run, node->args[0]);
    return cel_eval_node(run, node->args[1]);
}

static Value
eval_opt_map(CelRun *run, const CelNode *node)
{
    Value v = cel_settle(cel_eval_node(run, node->args[0]));
    run->place = node->place;
    if (value_is_absorbing(v))
        return v;
    if (v.type != VALUE_OPTIONAL)
        return cel_no_overload(run, node->op == OP_OPT_MAP ? "optMap" : "optFlatMap", &v, 1);
    if (!v.inner)
        return v;
    run->locals[node->slot] = *v.inner;
    Value result = cel_eval_node(run, node->args[1]);
    run->place = node->place;
    if (value_is_absorbing(result))
        return result;
    if (node->op == OP_OPT_MAP)
        return cel_optional_of(run, result);
    if (result.type != VALUE_OPTIONAL)
        return cel_no_overload(run, "optFlatMap", &result, 1);
    return result;
}

static Value
eval_kind(CelRun *run, const CelNode *node)
{
    switch ((CelKind)node->kind) {
    case CEL_CONST:
        return node->constant;
    case CEL_VARIABLE:
        return eval_variable(run, node);
    case CEL_LOCAL:
        return run->locals[node->slot];
    case CEL_SELECT:
        return eval_select(run, node);
    case CEL_HAS:
        return eval_has(run, node);
    case CEL_INDEX:
        return eval_index(run, node);
    case CEL_CALL:
        return eval_call(run, node);
    case CEL_OPERATOR:
        return eval_operator(run, node);
    case CEL_AND:
    case CEL_OR:
        return eval_logic(run, node, node->kind == CEL_OR);
    case CEL_IF:
        return eval_if(run, node);
    case CEL_LIST:
        return eval_list(run, node);
    case CEL_MAP:
        return eval_map(run, node);
    case CEL_LOOP:
        return cel_eval_loop(run, node);
    case CEL_BIND:
        return eval_bind(run, node);
    case CEL_OPT_MAP:
        return eval_opt_map(run, node);
    case CEL_NAME:
        break;
    }
    return cel_error(run, "an unresolved name");
}

Value
cel_eval_quietly(CelRun *run, const CelNode *node)
{
    if (!cel_work(run, 1))
        return cel_stopped(run);
    run->depth++;
    Value v = eval_kind(run, node);
    run->depth--;
    if (run->limit)
        v = cel_stopped(run);
    if (run->eval->tracer)
        run->eval->tracer(run->eval->tracer_context, run->program, node->start, node->end,
                          run->depth, v);
    return v;
}

Value
cel_eval_node(CelRun *run, const CelNode *node)
{
    Value v = cel_eval_quietly(run, node);
    if (node->kind == CEL_SELECT || node->kind == CEL_INDEX || node->kind == CEL_VARIABLE ||
        node->kind == CEL_LOCAL)
        cel_touch(run, v);
    return v;
}

/* Every citation once, the first of each stays.  Those before the start are that already: one
 * list may collect what an expression looked at in every one of many objects. */
static void
unite_touches(CelTouches *touches, size_t start)
{
    size_t kept = start;
    for (size_t i = start; i < touches->count; i++) {
        const CelTouch *touch = &touches->items[i];
        bool known = false;
        for (size_t k = 0; k < kept && !known; k++)
            known = touches->items[k].origin == touch->origin &&
                    touches->items[k].node == touch->node;
        if (!known)
            touches->items[kept++] = *touch;
    }
    touches->count = kept;
}

Value
cel_eval(const CelProgram *program, CelEval *eval)
{
    CelRun run = {.program = program,
                  .eval = eval,
                  .arena = eval->arena,
                  .steps_left = LIMIT_CEL_STEPS,
                  .joins = eval->joins,
                  .newest_list = value_newest_list(),
                  .arena_start = arena_used_bytes(eval->arena)};
    if (eval->steps_left && *eval->steps_left < run.steps_left) {
        run.steps_left = *eval->steps_left;
        run.rule_is_short = true;
    }
    uint64_t steps = run.steps_left;
    size_t touched = cel_touch_mark(&run);
    run.locals = ARENA_ARRAY(run.arena, Value, program->slot_count);
    run.variables = ARENA_ARRAY(run.arena, Value, program->name_count);
    run.looked_up = ARENA_ARRAY(run.arena, bool, program->name_count);
    if (!run.locals || !run.variables || !run.looked_up)
        return value_nomem();
    Value v = cel_eval_node(&run, program->root);
    if (eval->steps_left)
        *eval->steps_left -= steps - run.steps_left;
    if (eval->touches)
        unite_touches(eval->touches, touched);
    return v;
}
