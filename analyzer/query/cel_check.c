/* SPDX-License-Identifier: Apache-2.0 */
/* cel_check.c -- walks an expression with shapes in place of values. */
#include "analyzer/query/cel_check.h"

#include <stdio.h>
#include <string.h>

#include "analyzer/query/cel_ast.h"
#include "analyzer/query/cel_run.h"
#include "base/utf8.h"

typedef struct {
    const CelProgram *program;
    const CelCheck *check;
    Str *locals;                /* shapes, by slot */
    bool out_of_memory;
} Checker;

static const Str ANY = STR_INIT("any");
static const Str SCALAR = STR_INIT("text");

/* Recurses along the tree, whose depth is limited. */
static Str infer(Checker *c, const CelNode *node);

static Str
made(Checker *c, Str shape)
{
    c->out_of_memory |= !shape.p;
    return shape.p ? shape : ANY;
}

static Str
list_of(Checker *c, Str element)
{
    return made(c, shape_list_of(c->check->arena, element));
}

static Str
optional_of(Checker *c, Str value)
{
    return made(c, shape_optional_of(c->check->arena, value));
}

/* What is in an optional; what is none stands for itself. */
static Str
unwrap(Str shape)
{
    return shape_type(shape) == SHAPE_OPTIONAL ? shape_inner(shape) : shape;
}

static void PRINTF_LIKE(4, 0)
tell(Checker *c, bool is_error, uint32_t place, const char *format, va_list args)
{
    char text[300];
    (void)vsnprintf(text, sizeof text, format, args);
    c->check->tell(c->check->context, is_error, place, text);
}

static void PRINTF_LIKE(3, 4)
warn(Checker *c, uint32_t place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell(c, false, place, format, args);
    va_end(args);
}

static void PRINTF_LIKE(3, 4)
refuse(Checker *c, uint32_t place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell(c, true, place, format, args);
    va_end(args);
}

/* ---- fields ---- */

static void
warn_of_field(Checker *c, Str record, Str name, uint32_t place)
{
    const char *near = shape_nearest(c->check->arena, record, name);
    Str owner = shape_name(record);
    Str shown = str_head(name, 60);
    warn(c, place, STR_FMT "%s no field \"" STR_FMT "\"%s%s%s%s",
         STR_ARG(owner.p ? owner : STR("there")), owner.p ? " has" : " is", STR_ARG(shown),
         owner.p ? "" : " here",
         near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static Str
field_of(Checker *c, Str of, Str name, uint32_t place)
{
    Str found;
    switch (shape_type(of)) {
    case SHAPE_RECORD:
        if (shape_field(of, name, &found))
            return found;
        if (!shape_is_open(of))
            warn_of_field(c, of, name, place);
        return ANY;
    case SHAPE_MAP:
        return shape_inner(of);
    case SHAPE_LIST:
        warn(c, place, "a list has no field \"" STR_FMT "\"; its elements may have",
             STR_ARG(str_head(name, 60)));
        return ANY;
    case SHAPE_SCALAR:
    case SHAPE_INT:
    case SHAPE_DOUBLE:
        warn(c, place, "this is no map: it has no field \"" STR_FMT "\"",
             STR_ARG(str_head(name, 60)));
        return ANY;
    case SHAPE_ANY:
    case SHAPE_NOTHING:
    case SHAPE_OPTIONAL:
        break;
    }
    return ANY;
}

static Str
infer_select(Checker *c, const CelNode *node)
{
    Str of = infer(c, node->args[0]);
    Str field = field_of(c, unwrap(of), node->name, node->place);
    if (node->kind == CEL_HAS)
        return SCALAR;
    return node->optional || shape_type(of) == SHAPE_OPTIONAL ? optional_of(c, field) : field;
}

static Str
infer_index(Checker *c, const CelNode *node)
{
    Str of = infer(c, node->args[0]);
    (void)infer(c, node->args[1]);
    const CelNode *key = node->args[1];
    Str inside = unwrap(of);
    ShapeType type = shape_type(inside);
    Str found = shape_inner(inside);
    if (type == SHAPE_RECORD && key->kind == CEL_CONST && key->constant.type == VALUE_STRING)
        found = field_of(c, inside, key->constant.string, key->start);
    return node->optional || shape_type(of) == SHAPE_OPTIONAL ? optional_of(c, found) : found;
}

/* ---- operators ---- */

/* The text of a part, where it is short enough to be shown. */
static Str
written(const Checker *c, const CelNode *node)
{
    Str text = c->program->text;
    size_t start = text.n;
    size_t end = text.n;
    (void)utf8_offset(text, node->start, &start);
    (void)utf8_offset(text, node->end, &end);
    Str part = str_trim(str_sub(text, start, end - start));
    size_t at;
    return part.n > 60 || str_find_char(part, '\n', &at) ? STR("…") : part;
}

/* NULL where the operator is not one of arithmetic. */
static const char *
operator_sign(unsigned op)
{
    static const char *const SIGNS[] = {
        [OP_ADD] = "+", [OP_SUBTRACT] = "-", [OP_MULTIPLY] = "*", [OP_DIVIDE] = "/",
        [OP_MODULO] = "%",
    };
    return op < sizeof SIGNS / sizeof *SIGNS ? SIGNS[op] : NULL;
}

static void
warn_of_mixture(Checker *c, const CelNode *node, bool is_left_double)
{
    const CelNode *number = node->args[is_left_double ? 0 : 1];
    const CelNode *whole = node->args[is_left_double ? 1 : 0];
    bool is_modulo = node->op == OP_MODULO;
    char fix[120];
    Str text = written(c, is_modulo ? number : whole);
    if (is_modulo)
        (void)snprintf(fix, sizeof fix, "int(" STR_FMT ")", STR_ARG(text));
    else if (whole->kind == CEL_CONST)
        (void)snprintf(fix, sizeof fix, STR_FMT ".0", STR_ARG(text));
    else
        (void)snprintf(fix, sizeof fix, "double(" STR_FMT ")", STR_ARG(text));
    warn(c, node->place, "%s %s %s is an error: write %s", is_left_double ? "double" : "int",
         operator_sign(node->op), is_left_double ? "int" : "double", fix);
}

/* A query's result, as long as nothing says that it is a number. */
static bool
is_vector(Str shape)
{
    return shape_type(shape) == SHAPE_LIST && str_is(shape_name(shape_inner(shape)), "Series");
}

static void
refuse_vector(Checker *c, const CelNode *node)
{
    refuse(c, node->start,
           "\"" STR_FMT "\" is a list of series: say with \"empty: 0\" that it is a number, and "
           "which one stands for no series", STR_ARG(written(c, node)));
}

/* Of an operand that only numbers, texts, times and the like can be. */
static void
check_operand(Checker *c, const CelNode *node, Str shape)
{
    ShapeType type = shape_type(shape);
    if (is_vector(shape))
        refuse_vector(c, node);
    else if (type == SHAPE_LIST)
        warn(c, node->start, "a list can be neither ordered nor reckoned with");
    else if (type == SHAPE_MAP || type == SHAPE_RECORD)
        warn(c, node->start, "a map can be neither ordered nor reckoned with");
}

/* == and != of a query's result with what is no list. */
static void
check_equality(Checker *c, const CelNode *node, const Str *sides)
{
    for (size_t i = 0; i < 2; i++) {
        ShapeType other = shape_type(sides[1 - i]);
        bool is_scalar = other == SHAPE_SCALAR || other == SHAPE_INT || other == SHAPE_DOUBLE;
        if (is_vector(sides[i]) && is_scalar)
            refuse_vector(c, node->args[i]);
    }
}

static Str
infer_comparison(Checker *c, const CelNode *node)
{
    const Str sides[2] = {infer(c, node->args[0]), infer(c, node->args[1])};
    if (node->op == OP_EQUAL || node->op == OP_UNEQUAL) {
        check_equality(c, node, sides);
        return SCALAR;
    }
    for (size_t i = 0; i < 2; i++)
        check_operand(c, node->args[i], sides[i]);
    return SCALAR;
}

static bool
may_be_lists(Str left, Str right)
{
    ShapeType types[] = {shape_type(left), shape_type(right)};
    return (types[0] == SHAPE_LIST || types[0] == SHAPE_ANY) &&
           (types[1] == SHAPE_LIST || types[1] == SHAPE_ANY);
}

static Str
infer_arithmetic(Checker *c, const CelNode *node)
{
    Str left = infer(c, node->args[0]);
    Str right = infer(c, node->args[1]);
    if (!may_be_lists(left, right) || node->op != OP_ADD) {
        check_operand(c, node->args[0], left);
        check_operand(c, node->args[1], right);
    }
    if (!shape_is_number(left) || !shape_is_number(right))
        return node->op == OP_ADD && shape_type(left) == SHAPE_LIST ? shape_join(left, right)
                                                                    : ANY;
    if (shape_type(left) == shape_type(right))
        return left;
    warn_of_mixture(c, node, shape_type(left) == SHAPE_DOUBLE);
    return ANY;
}

static Str
infer_all(Checker *c, const CelNode *node, Str shape)
{
    for (size_t i = 0; i < node->count; i++)
        if (node->args[i])
            (void)infer(c, node->args[i]);
    return shape;
}

static bool
is_comparison(unsigned op)
{
    return op == OP_EQUAL || op == OP_UNEQUAL || op == OP_LESS || op == OP_AT_MOST ||
           op == OP_MORE || op == OP_AT_LEAST;
}

static Str
infer_operator(Checker *c, const CelNode *node)
{
    if (operator_sign(node->op))
        return infer_arithmetic(c, node);
    if (is_comparison(node->op))
        return infer_comparison(c, node);
    if (node->op != OP_NEGATE)
        return infer_all(c, node, SCALAR);
    Str operand = infer(c, node->args[0]);
    check_operand(c, node->args[0], operand);
    return shape_is_number(operand) ? operand : ANY;
}

/* ---- calls ---- */

/* What the functions give whose result rests on their arguments. */
typedef enum {
    GIVES_FIRST,            /* what its first argument is */
    GIVES_ELEMENT,          /* of the first argument, a list */
    GIVES_OPTIONAL_ELEMENT,
    GIVES_OPTIONAL,         /* of the first argument */
    GIVES_CONTENT,          /* of the first argument, an optional */
    GIVES_CONTENT_OR,       /* that, or the second argument */
    GIVES_EITHER,           /* one of its arguments */
    GIVES_INTS,
} Gives;

static const struct {
    const char *name;
    Gives gives;
} RESULTS[] = {
    {"distinct", GIVES_FIRST},
    {"first", GIVES_OPTIONAL_ELEMENT},
    {"last", GIVES_OPTIONAL_ELEMENT},
    {"lists.range", GIVES_INTS},
    {"math.abs", GIVES_FIRST},
    {"math.greatest", GIVES_EITHER},
    {"math.least", GIVES_EITHER},
    {"math.sign", GIVES_FIRST},
    {"max", GIVES_ELEMENT},
    {"metric.newest", GIVES_FIRST},
    {"min", GIVES_ELEMENT},
    {"optional.of", GIVES_OPTIONAL},
    {"or", GIVES_EITHER},
    {"orValue", GIVES_CONTENT_OR},
    {"reverse", GIVES_FIRST},
    {"slice", GIVES_FIRST},
    {"sort", GIVES_FIRST},
    {"value", GIVES_CONTENT},
};

static Str
result_of(Checker *c, Gives gives, const Str *args, size_t count)
{
    bool is_list = shape_type(args[0]) == SHAPE_LIST;
    switch (gives) {
    case GIVES_FIRST:
        return args[0];
    case GIVES_ELEMENT:
        return is_list ? shape_inner(args[0]) : ANY;
    case GIVES_OPTIONAL_ELEMENT:
        return is_list ? optional_of(c, shape_inner(args[0])) : ANY;
    case GIVES_OPTIONAL:
        return optional_of(c, args[0]);
    case GIVES_CONTENT:
        return unwrap(args[0]);
    case GIVES_CONTENT_OR:
        return count == 2 ? shape_join(unwrap(args[0]), args[1]) : ANY;
    case GIVES_EITHER:
        if (count == 1)
            return is_list ? shape_inner(args[0]) : args[0];
        for (size_t i = 1; i < count; i++)
            if (!str_eq(args[i], args[0]))
                return ANY;
        return args[0];
    case GIVES_INTS:
        break;
    }
    return STR("[int]");
}

/* "int" or "double" where every row that takes so many arguments says so in its usage. */
static Str
documented(const CelNode *node)
{
    Str kept = ANY;
    bool is_first = true;
    for (size_t i = 0; node->overloads && node->overloads[i]; i++) {
        if (!cel_function_takes(node->overloads[i], node->count))
            continue;
        const char *arrow = strstr(node->overloads[i]->usage, "-> ");
        Str result = str_of(arrow ? arrow + strlen("-> ") : "");
        if (!str_is(result, "int") && !str_is(result, "double"))
            return ANY;
        if (!is_first && !str_eq(result, kept))
            return ANY;
        kept = result;
        is_first = false;
    }
    return kept;
}

static bool
takes_numbers(Str function)
{
    static const char *const CONVERSIONS[] = {"double", "int", "uint"};
    for (size_t i = 0; i < sizeof CONVERSIONS / sizeof *CONVERSIONS; i++)
        if (str_is(function, CONVERSIONS[i]))
            return true;
    return str_starts(function, STR("math."));
}

enum { LOOKED_AT_ARGS = 4 };

static Str
infer_call(Checker *c, const CelNode *node)
{
    Str args[LOOKED_AT_ARGS];
    for (size_t i = 0; i < node->count; i++) {
        Str shape = infer(c, node->args[i]);
        if (is_vector(shape) && takes_numbers(node->name)) {
            refuse_vector(c, node->args[i]);
            shape = ANY;
        }
        if (i < LOOKED_AT_ARGS)
            args[i] = shape;
    }
    for (size_t i = 0; i < sizeof RESULTS / sizeof *RESULTS; i++)
        if (str_is(node->name, RESULTS[i].name) && node->count > 0 &&
            node->count <= LOOKED_AT_ARGS)
            return result_of(c, RESULTS[i].gives, args, node->count);
    return documented(node);
}

/* ---- macros ---- */

static void
bind_loop(Checker *c, const CelNode *node, Str range)
{
    ShapeType type = shape_type(range);
    Str element = type == SHAPE_LIST || type == SHAPE_MAP ? shape_inner(range) : ANY;
    Str position = type == SHAPE_LIST ? STR("int") : ANY;
    if (node->two_variables) {
        c->locals[node->slot] = position;
        c->locals[node->slot2] = element;
    } else {
        c->locals[node->slot] = type == SHAPE_LIST ? element : ANY;
    }
}

static Str
infer_loop(Checker *c, const CelNode *node)
{
    Str range = infer(c, node->args[0]);
    Str inner = ANY;
    bind_loop(c, node, range);
    for (size_t i = 1; i < node->count; i++)
        if (node->args[i])
            inner = infer(c, node->args[i]);
    bool is_part = node->op == OP_FILTER || node->op == OP_SORT_BY;
    if (is_part)
        return shape_type(range) == SHAPE_LIST ? range : ANY;
    if (node->op == OP_MAP)
        return list_of(c, inner);
    if (node->op == OP_TRANSFORM_MAP)
        return made(c, shape_map_of(c->check->arena, inner));
    return node->op == OP_TRANSFORM_ENTRY ? ANY : SCALAR;
}

static Str
infer_binding(Checker *c, const CelNode *node)
{
    Str value = infer(c, node->args[0]);
    c->locals[node->slot] = node->kind == CEL_BIND ? value : unwrap(value);
    Str body = infer(c, node->args[1]);
    return node->op == OP_OPT_MAP ? optional_of(c, body) : body;
}

/* ---- the rest ---- */

static Str
infer_constant(Value constant)
{
    if (constant.type == VALUE_INT)
        return STR("int");
    if (constant.type == VALUE_DOUBLE)
        return STR("double");
    if (constant.type == VALUE_STRING)
        return STR("string");
    return constant.type == VALUE_BOOL ? SCALAR : ANY;
}

static Str
infer_list(Checker *c, const CelNode *node)
{
    Str element = STR("!");
    for (size_t i = 0; i < node->count; i++) {
        Str item = infer(c, node->args[i]);
        if (node->optionals && node->optionals[i])
            item = unwrap(item);
        element = shape_join(element, item);
    }
    return list_of(c, element);
}

static Str
infer(Checker *c, const CelNode *node)
{
    switch ((CelKind)node->kind) {
    case CEL_CONST:
        return infer_constant(node->constant);
    case CEL_NAME:
        return ANY;
    case CEL_VARIABLE:
        return node->readings ? ANY : c->check->shape_of(c->check->context, node->name);
    case CEL_LOCAL:
        return c->locals[node->slot];
    case CEL_SELECT:
    case CEL_HAS:
        return infer_select(c, node);
    case CEL_INDEX:
        return infer_index(c, node);
    case CEL_CALL:
        return infer_call(c, node);
    case CEL_OPERATOR:
        return infer_operator(c, node);
    case CEL_AND:
    case CEL_OR:
        return infer_all(c, node, SCALAR);
    case CEL_IF:
        (void)infer(c, node->args[0]);
        return shape_join(infer(c, node->args[1]), infer(c, node->args[2]));
    case CEL_LIST:
        return infer_list(c, node);
    case CEL_MAP:
        return infer_all(c, node, node->count ? ANY : STR("{KEY: !}"));
    case CEL_LOOP:
        return infer_loop(c, node);
    case CEL_BIND:
    case CEL_OPT_MAP:
        return infer_binding(c, node);
    }
    return ANY;
}

Status
cel_check(const CelProgram *program, const CelCheck *check, Str *ret, Err *err)
{
    Checker c = {.program = program, .check = check};
    c.locals = ARENA_ARRAY(check->arena, Str, program->slot_count + 1);
    if (!c.locals)
        return err_nomem(err);
    *ret = infer(&c, program->root);
    return c.out_of_memory ? err_nomem(err) : ST_OK;
}
