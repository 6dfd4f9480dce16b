/* SPDX-License-Identifier: Apache-2.0 */
/* cel_resolve.c -- gives names their meaning: macros, loop variables, types, variables and
 * functions. */
#include <stdio.h>
#include <string.h>

#include "analyzer/query/cel_ast.h"
#include "analyzer/query/cel_run.h"

typedef struct Scope Scope;
struct Scope {
    const Scope *outer;
    Str name;
    uint16_t slot;
};

typedef struct {
    CelCompile *c;
    const Scope *scope;
    VEC(CelName) names;
    size_t slots_used;      /* by the scopes around */
} Resolver;

static Status resolve(Resolver *r, CelNode **node);

static Status
resolve_all(Resolver *r, CelNode *node, size_t from)
{
    for (size_t i = from; i < node->count; i++) {
        if (node->args[i])
            TRY(resolve(r, &node->args[i]));
    }
    return ST_OK;
}

static const Scope *
find_local(const Resolver *r, Str name)
{
    for (const Scope *scope = r->scope; scope; scope = scope->outer) {
        if (str_eq(scope->name, name))
            return scope;
    }
    return NULL;
}

/* The name at the root of a.b.c, NULL where the node is no such chain. */
static const CelNode *
chain_root(const CelNode *node)
{
    while (node->kind == CEL_SELECT && !node->optional && !node->parenthesised)
        node = node->args[0];
    return node->kind == CEL_NAME && !node->parenthesised ? node : NULL;
}

/* No type and no function has a longer name; longer chains are not put together as text. */
enum { QUALIFIED_NAME_PARTS = 4 };

static size_t
chain_length(const CelNode *node)
{
    size_t parts = 1;
    for (; node->kind == CEL_SELECT; node = node->args[0])
        parts++;
    return parts;
}

/* "a.b.c" of a chain, in the arena. */
static Status
chain_text(Resolver *r, const CelNode *node, Str *ret)
{
    CLEANUP(buf_done) Buf text = BUF_INIT(1U << 20);
    VEC(Str) parts = {0};
    for (;; node = node->args[0]) {
        Str *part = VEC_PUSH(r->c->arena, &parts);
        if (!part)
            return err_nomem(r->c->err);
        *part = node->name;
        if (node->kind == CEL_NAME)
            break;
    }
    for (size_t i = parts.count; i-- > 0;) {
        buf_add_str(&text, parts.items[i]);
        if (i > 0)
            buf_addc(&text, '.');
    }
    TRY(buf_status(&text, r->c->err));
    *ret = arena_str(r->c->arena, buf_str(&text));
    return ret->p ? ST_OK : err_nomem(r->c->err);
}

/* Whether the chain's root names something outside of all loops. */
static bool
is_free(const Resolver *r, const CelNode *root)
{
    return root && (root->absolute || !find_local(r, root->name));
}

static Status
name_index(Resolver *r, Str name, uint32_t place, uint16_t *ret)
{
    for (size_t i = 0; i < r->names.count; i++) {
        if (str_eq(r->names.items[i].name, name)) {
            *ret = (uint16_t)i;
            return ST_OK;
        }
    }
    CelName *slot = VEC_PUSH(r->c->arena, &r->names);
    if (!slot)
        return err_nomem(r->c->err);
    *slot = (CelName){.name = name, .offset = place};
    *ret = (uint16_t)(r->names.count - 1);
    return ST_OK;
}

/* Every reading of a qualified name: within the container "a.b" the name R.s is a.b.R.s,
 * a.R.s, R.s, each first as one variable, then as a variable with fields. */
static Status
add_readings(Resolver *r, CelNode *node, Str text, size_t fields, bool absolute)
{
    Arena *arena = r->c->arena;
    Str container = absolute ? STR("") : r->c->options->container;
    VEC(CelReading) readings = {0};
    for (;;) {
        Str whole = container.n ? arena_strf(arena, STR_FMT "." STR_FMT, STR_ARG(container),
                                             STR_ARG(text))
                                : text;
        for (size_t left = 0; left <= fields; left++) {
            CelReading *reading = VEC_PUSH(arena, &readings);
            if (!reading || !whole.p)
                return err_nomem(r->c->err);
            *reading = (CelReading){.variable = whole, .fields = left};
            size_t dot = 0;
            whole = str_rfind_char(whole, '.', &dot) ? str_head(whole, dot) : whole;
        }
        if (container.n == 0)
            break;
        size_t dot = 0;
        container = str_rfind_char(container, '.', &dot) ? str_head(container, dot) : STR("");
    }
    node->readings = readings.items;
    node->reading_count = readings.count;
    return ST_OK;
}

/* A chain of free names with cel-spec's full resolution; turns node into a variable. */
static Status
resolve_qualified(Resolver *r, CelNode *node, const CelNode *root)
{
    VEC(Str) fields = {0};
    Str text = {NULL, 0};
    TRY(chain_text(r, node, &text));
    for (const CelNode *n = node; n != root; n = n->args[0]) {
        Str *field = VEC_PUSH(r->c->arena, &fields);
        if (!field)
            return err_nomem(r->c->err);
        *field = n->name;
    }
    for (size_t i = 0; i < fields.count / 2; i++) {
        Str swapped = fields.items[i];
        fields.items[i] = fields.items[fields.count - 1 - i];
        fields.items[fields.count - 1 - i] = swapped;
    }
    TRY(add_readings(r, node, text, fields.count, root->absolute));
    TRY(name_index(r, root->name, root->place, &node->slot));
    node->kind = CEL_VARIABLE;
    node->fields = fields.items;
    node->field_count = fields.count;
    node->count = 0;
    return ST_OK;
}

static Status
resolve_name(Resolver *r, CelNode *node)
{
    const CelNode *root = chain_root(node);
    if (root && !is_free(r, root)) {
        if (node->kind == CEL_SELECT)
            return resolve_all(r, node, 0);
        node->kind = CEL_LOCAL;
        node->slot = find_local(r, node->name)->slot;
        return ST_OK;
    }
    if (!root)
        return resolve_all(r, node, 0);
    if (chain_length(node) <= QUALIFIED_NAME_PARTS) {
        Str text = {NULL, 0};
        TRY(chain_text(r, node, &text));
        if (cel_find_type(text, &node->constant)) {
            node->kind = CEL_CONST;
            node->count = 0;
            return ST_OK;
        }
    }
    if (r->c->options->qualified_names || r->c->options->container.n)
        return resolve_qualified(r, node, root);
    if (node->kind == CEL_SELECT)
        return resolve_all(r, node, 0);
    node->kind = CEL_VARIABLE;
    return name_index(r, node->name, node->place, &node->slot);
}

/* Binds a name for the nodes resolved until scope_close(). */
static Status
scope_open(Resolver *r, Str name, uint16_t *ret_slot)
{
    Scope *scope = ARENA_NEW(r->c->arena, Scope);
    if (!scope)
        return err_nomem(r->c->err);
    if (r->slots_used >= UINT16_MAX)
        return cel_fail(r->c, 0, "too many variables");
    *ret_slot = (uint16_t)r->slots_used++;
    *scope = (Scope){.outer = r->scope, .name = name, .slot = *ret_slot};
    r->scope = scope;
    if (r->slots_used > r->c->program->slot_count)
        r->c->program->slot_count = r->slots_used;
    return ST_OK;
}

static void
scope_close(Resolver *r)
{
    r->scope = r->scope->outer;
    r->slots_used--;
}

/* The name that a macro binds; the empty one, which nothing uses, where it cannot be. */
static Str
variable_name(const Resolver *r, const CelNode *node)
{
    if (node->kind != CEL_NAME || node->absolute || node->parenthesised)
        cel_complain(r->c, node->place, "the macro's variable must be a simple name");
    else if (str_is(node->name, "__result__"))
        cel_complain(r->c, node->place, "'__result__' is a reserved name");
    else
        return node->name;
    return STR("");
}

static Status
expand_has(Resolver *r, CelNode *node)
{
    CelNode *field = node->args[0];
    if (field->kind != CEL_SELECT || field->optional) {
        cel_complain(r->c, field->place, "has() needs a field: has(a.b)");
        return resolve_all(r, node, 0);
    }
    node->kind = CEL_HAS;
    node->name = field->name;
    node->place = field->place;
    node->args = field->args;
    node->count = 1;
    return resolve_all(r, node, 0);
}

/* cel.bind(x, value, body) and opt.optMap(x, body): args are brought to {value, body}. */
static Status
expand_binding(Resolver *r, CelNode *node, const CelMacro *macro, CelNode *name, CelNode *value,
               CelNode *body)
{
    Str text = variable_name(r, name);
    node->kind = macro->kind;
    node->op = macro->op;
    node->args[0] = value;
    node->args[1] = body;
    node->count = 2;
    TRY(resolve(r, &node->args[0]));
    TRY(scope_open(r, text, &node->slot));
    TRY(resolve(r, &node->args[1]));
    scope_close(r);
    return ST_OK;
}

/* Receiver macros over a range.  args: range, variable(s), then predicate or filter and
 * result; they are brought to {range, predicate} or {range, filter or NULL, result}. */
static Status
expand_loop(Resolver *r, CelNode *node, const CelMacro *macro, size_t variables)
{
    Str name = variable_name(r, node->args[1]);
    Str name2 = variables == 2 ? variable_name(r, node->args[2]) : STR("");
    size_t bodies = node->count - 1 - variables;
    bool has_result = macro->op == OP_MAP || macro->op == OP_TRANSFORM_MAP ||
                      macro->op == OP_TRANSFORM_ENTRY;
    if (name.n > 0 && str_eq(name, name2))
        cel_complain(r->c, node->args[2]->place, "both variables are named '" STR_FMT "'",
                     STR_ARG(name));
    CelNode *body[2] = {node->args[1 + variables], node->args[node->count - 1]};
    node->kind = CEL_LOOP;
    node->op = macro->op;
    node->two_variables = variables == 2;
    node->args[1] = has_result && bodies == 1 ? NULL : body[0];
    if (has_result)
        node->args[2] = body[1];
    node->count = has_result ? 3 : 2;
    TRY(resolve(r, &node->args[0]));
    TRY(scope_open(r, name, &node->slot));
    if (variables == 2)
        TRY(scope_open(r, name2, &node->slot2));
    TRY(resolve_all(r, node, 1));
    for (size_t i = 0; i < variables; i++)
        scope_close(r);
    if (r->c->status != ST_OK)
        return ST_OK;
    TRY(cel_join_plan(r->c, node));
    bool decides = node->op == OP_ALL || node->op == OP_EXISTS || node->op == OP_EXISTS_ONE ||
                   node->op == OP_FILTER;
    return decides && variables == 1 ? cel_reach_loop(r->c->arena, node, r->c->program->slot_count,
                                                      &node->looks_at, r->c->err)
                                     : ST_OK;
}

/* Two-variable forms of macros that have both are told apart by their number of arguments;
 * map() has none, its third argument is a filter. */
static size_t
loop_variables(const CelMacro *macro, size_t args)
{
    if (macro->op == OP_TRANSFORM_MAP || macro->op == OP_TRANSFORM_ENTRY)
        return 2;
    if (macro->op == OP_MAP)
        return str_is(str_of(macro->name), "map") ? 1 : 2;
    return args == 3 ? 2 : 1;
}

static const CelMacro *
find_macro(Str name, bool receiver, size_t args)
{
    for (size_t i = 0; i < CEL_MACRO_COUNT; i++) {
        const CelMacro *macro = &CEL_MACROS[i];
        if (macro->receiver == receiver && str_is(name, macro->name) &&
            args >= macro->min_args && args <= macro->max_args)
            return macro;
    }
    return NULL;
}

static Status
expand_macro(Resolver *r, CelNode *node, const CelMacro *macro)
{
    if (macro->kind == CEL_HAS)
        return expand_has(r, node);
    if (macro->kind == CEL_BIND)
        return expand_binding(r, node, macro, node->args[0], node->args[1], node->args[2]);
    if (macro->kind == CEL_OPT_MAP)
        return expand_binding(r, node, macro, node->args[1], node->args[0], node->args[2]);
    return expand_loop(r, node, macro, loop_variables(macro, node->count - 1));
}

static const CelMacro *
macro_of_name(const Resolver *r, Str name)
{
    for (size_t i = 0; i < CEL_MACRO_COUNT && !r->c->options->disable_macros; i++) {
        if (str_is(name, CEL_MACROS[i].name))
            return &CEL_MACROS[i];
    }
    return NULL;
}

/* Tells of a call that no row of the table takes. */
static Status
complain_of_call(const Resolver *r, const CelNode *node, Str name,
                 const CelFunction *const *known)
{
    size_t args = node->count - (node->receiver ? 1 : 0);
    const CelMacro *macro = macro_of_name(r, name);
    const CelFunction *const *other = NULL;
    TRY(cel_find_functions(r->c->arena, name, !node->receiver, &other, r->c->err));
    const char *nearest = cel_nearest_function(name, node->receiver);
    if (known)
        cel_complain(r->c, node->place, "'" STR_FMT "' does not take %zu argument%s; usage: %s",
                     STR_ARG(name), args, args == 1 ? "" : "s", known[0]->usage);
    else if (macro)
        cel_complain(r->c, node->place, "wrong arguments of macro '" STR_FMT "'; usage: %s",
                     STR_ARG(name), macro->usage);
    else if (other)
        cel_complain(r->c, node->place, "wrong form of '" STR_FMT "'; usage: %s", STR_ARG(name),
                     other[0]->usage);
    else if (nearest)
        cel_complain(r->c, node->place, "unknown function '" STR_FMT "'; did you mean '%s'?",
                     STR_ARG(name), nearest);
    else
        cel_complain(r->c, node->place, "unknown function '" STR_FMT "'", STR_ARG(name));
    return ST_OK;
}

/* A literal pattern is compiled once, and a bad one is an error of the expression. */
static Status
compile_pattern(const Resolver *r, CelNode *node)
{
    const CelFunction *row = node->overloads[0];
    if (!(row->flags & CEL_PATTERN) || node->count < 2)
        return ST_OK;
    const CelNode *pattern = node->args[1];
    if (pattern->kind != CEL_CONST || pattern->constant.type != VALUE_STRING)
        return ST_OK;
    Err why = {0};
    Status status = regex_compile(r->c->arena, pattern->constant.string, 0, &node->regex, &why);
    if (status == ST_OK || status == ST_NOMEM)
        return status == ST_OK ? ST_OK : err_nomem(r->c->err);
    cel_complain(r->c, pattern->start, "%s", why.text);
    return ST_OK;
}

/* A literal list with more values than its literal format has clauses: cel-go refuses it, and
 * at run time the rest would be dropped without a word. */
static void
check_format(const Resolver *r, const CelNode *node)
{
    if (!node->receiver || node->count != 2 || !str_is(node->name, "format"))
        return;
    const CelNode *format = node->args[0];
    const CelNode *list = node->args[1];
    if (format->kind != CEL_CONST || format->constant.type != VALUE_STRING ||
        list->kind != CEL_LIST || list->optionals)
        return;
    Str text = format->constant.string;
    size_t clauses = 0;
    for (size_t i = 0; i + 1 < text.n; i++) {
        if (text.p[i] != '%')
            continue;
        clauses += text.p[i + 1] != '%';
        i++;
    }
    if (list->count > clauses)
        cel_complain(r->c, list->start, "too many arguments of format: %zu clauses, %zu values",
                     clauses, list->count);
}

static Status
find_function(Resolver *r, CelNode *node, Str name)
{
    const CelFunction *const *known = NULL;
    size_t fits = 0;
    TRY(cel_find_functions(r->c->arena, name, node->receiver, &known, r->c->err));
    for (size_t i = 0; known && known[i]; i++)
        fits += cel_function_takes(known[i], node->count);
    node->name = name;
    if (fits == 0)
        return r->c->options->unchecked ? ST_OK : complain_of_call(r, node, name, known);
    node->overloads = known;
    check_format(r, node);
    return compile_pattern(r, node);
}

/* x.f(y): f of namespace x where there is such a function, else method f of value x. */
static Status
resolve_call(Resolver *r, CelNode *node)
{
    bool macros = !r->c->options->disable_macros;
    const CelNode *root = node->receiver ? chain_root(node->args[0]) : NULL;
    if (is_free(r, root) && chain_length(node->args[0]) < QUALIFIED_NAME_PARTS) {
        Str text = {NULL, 0};
        TRY(chain_text(r, node->args[0], &text));
        text = arena_strf(r->c->arena, STR_FMT "." STR_FMT, STR_ARG(text), STR_ARG(node->name));
        if (!text.p)
            return err_nomem(r->c->err);
        const CelMacro *macro = macros ? find_macro(text, false, node->count - 1) : NULL;
        const CelFunction *const *known = NULL;
        TRY(cel_find_functions(r->c->arena, text, false, &known, r->c->err));
        if (macro || known) {
            node->receiver = false;
            node->args++;
            node->count--;
            if (macro)
                return expand_macro(r, node, macro);
            TRY(resolve_all(r, node, 0));
            return find_function(r, node, text);
        }
    }
    const CelMacro *macro =
        macros ? find_macro(node->name, node->receiver, node->count - (node->receiver ? 1 : 0))
               : NULL;
    if (macro)
        return expand_macro(r, node, macro);
    TRY(resolve_all(r, node, 0));
    return find_function(r, node, node->name);
}

static Status
resolve(Resolver *r, CelNode **slot)
{
    CelNode *node = *slot;
    switch ((CelKind)node->kind) {
    case CEL_NAME:
    case CEL_SELECT:
        return resolve_name(r, node);
    case CEL_CALL:
        return resolve_call(r, node);
    case CEL_CONST:
    case CEL_VARIABLE:
    case CEL_LOCAL:
    case CEL_HAS:
    case CEL_INDEX:
    case CEL_OPERATOR:
    case CEL_AND:
    case CEL_OR:
    case CEL_IF:
    case CEL_LIST:
    case CEL_MAP:
    case CEL_LOOP:
    case CEL_BIND:
    case CEL_OPT_MAP:
        break;
    }
    return resolve_all(r, node, 0);
}

Status
cel_resolve(CelCompile *c, CelNode **root)
{
    Resolver r = {.c = c};
    TRY(resolve(&r, root));
    c->program->names = r.names.items;
    c->program->name_count = r.names.count;
    return ST_OK;
}
