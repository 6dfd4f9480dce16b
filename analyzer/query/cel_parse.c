/* SPDX-License-Identifier: Apache-2.0 */
/* cel_parse.c -- tokens to a tree, by recursive descent over CEL's precedences. */
#include <stdio.h>
#include <string.h>

#include "analyzer/query/cel_ast.h"
#include "base/limits.h"

typedef struct {
    CelCompile *c;
    Token *token;           /* the next one; the last is TOKEN_END */
    unsigned depth;
} Parser;

typedef VEC(CelNode *) Nodes;
typedef VEC(bool) Flags;

static Status parse_expression(Parser *p, CelNode **ret);

CelNode *
cel_node_new(Arena *arena, CelKind kind, uint32_t start, uint32_t end)
{
    CelNode *node = ARENA_NEW(arena, CelNode);
    if (node) {
        node->kind = (uint8_t)kind;
        node->start = node->place = start;
        node->end = end;
        node->depth = 1;
    }
    return node;
}

static bool
at(const Parser *p, const char *text)
{
    return p->token->kind == TOKEN_OPERATOR && str_is(p->token->text, text);
}

static bool
accept(Parser *p, const char *text)
{
    if (!at(p, text))
        return false;
    p->token++;
    return true;
}

static Status
expect(Parser *p, const char *text)
{
    if (accept(p, text))
        return ST_OK;
    if (p->token->kind == TOKEN_END)
        return cel_fail(p->c, p->token->start, "expected '%s' before the end", text);
    return cel_fail(p->c, p->token->start, "expected '%s'", text);
}

static uint32_t
last_end(const Parser *p)
{
    return p->token[-1].end;
}

/* A node over children, written from start on: before its first child, where that stands in
 * parentheses.  Its depth is checked here, once for all kinds. */
static Status
make(Parser *p, CelKind kind, uint32_t start, CelNode *const *args, size_t count, CelNode **ret)
{
    CelNode *node = cel_node_new(p->c->arena, kind, start, last_end(p));
    CelNode **copy = ARENA_ARRAY(p->c->arena, CelNode *, count);
    if (!node || !copy)
        return err_nomem(p->c->err);
    unsigned deepest = 0;
    for (size_t i = 0; i < count; i++) {
        copy[i] = args[i];
        if (args[i]->depth > deepest)
            deepest = args[i]->depth;
    }
    if (deepest >= CEL_TREE_DEPTH)
        return cel_fail(p->c, start, "the expression is a chain of more than %d operations",
                        CEL_TREE_DEPTH);
    node->depth = (uint16_t)(deepest + 1);
    node->args = copy;
    node->count = count;
    *ret = node;
    return ST_OK;
}

static Status
push(Parser *p, Nodes *nodes, CelNode *node)
{
    CelNode **slot = VEC_PUSH(p->c->arena, nodes);
    if (!slot)
        return err_nomem(p->c->err);
    *slot = node;
    return ST_OK;
}

static Status
parse_arguments(Parser *p, Nodes *ret)
{
    TRY(expect(p, "("));
    if (accept(p, ")"))
        return ST_OK;
    do {
        CelNode *node = NULL;
        TRY(parse_expression(p, &node));
        TRY(push(p, ret, node));
    } while (accept(p, ","));
    return expect(p, ")");
}

static Status
make_const(Parser *p, Value value, CelNode **ret)
{
    CelNode *node = cel_node_new(p->c->arena, CEL_CONST, p->token->start, p->token->end);
    if (!node)
        return err_nomem(p->c->err);
    node->constant = value;
    p->token++;
    *ret = node;
    return ST_OK;
}

static bool
is_reserved(Str name)
{
    static const char *const WORDS[] = {"as",    "break",     "const",  "continue", "else",
                                        "for",   "function",  "if",     "import",   "let",
                                        "loop",  "package",   "namespace", "return", "var",
                                        "void",  "while"};
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
        if (str_is(name, WORDS[i]))
            return true;
    }
    return false;
}

/* A name, or a call of a global function. */
static Status
parse_name(Parser *p, CelNode **ret)
{
    uint32_t start = p->token->start;
    bool absolute = accept(p, ".");
    const Token *name = p->token;
    if (name->kind != TOKEN_NAME)
        return cel_fail(p->c, name->start, "expected a name");
    if (is_reserved(name->text))
        return cel_fail(p->c, name->start, "'" STR_FMT "' is a reserved word",
                        STR_ARG(name->text));
    p->token++;
    if (at(p, "(")) {
        Nodes args = {0};
        TRY(parse_arguments(p, &args));
        TRY(make(p, CEL_CALL, start, args.items, args.count, ret));
    } else {
        TRY(make(p, CEL_NAME, start, NULL, 0, ret));
    }
    (*ret)->absolute = absolute;
    (*ret)->name = name->text;
    (*ret)->place = name->start;
    return ST_OK;
}

/* The items of a list or the entries of a map, with their '?'. */
static Status
parse_items(Parser *p, bool map, const char *end, Nodes *nodes, Flags *optionals)
{
    while (!at(p, end)) {
        bool *optional = VEC_PUSH(p->c->arena, optionals);
        if (!optional)
            return err_nomem(p->c->err);
        *optional = accept(p, "?");
        CelNode *node = NULL;
        TRY(parse_expression(p, &node));
        TRY(push(p, nodes, node));
        if (map) {
            TRY(expect(p, ":"));
            TRY(parse_expression(p, &node));
            TRY(push(p, nodes, node));
        }
        if (!accept(p, ","))
            break;
    }
    return expect(p, end);
}

static Status
parse_collection(Parser *p, bool map, CelNode **ret)
{
    uint32_t start = p->token->start;
    Nodes nodes = {0};
    Flags optionals = {0};
    p->token++;
    TRY(parse_items(p, map, map ? "}" : "]", &nodes, &optionals));
    TRY(make(p, map ? CEL_MAP : CEL_LIST, start, nodes.items, nodes.count, ret));
    for (size_t i = 0; i < optionals.count; i++) {
        if (optionals.items[i])
            (*ret)->optionals = optionals.items;
    }
    return ST_OK;
}

static Status
parse_primary(Parser *p, CelNode **ret)
{
    const Token *token = p->token;
    switch (token->kind) {
    case TOKEN_INT:
        if (token->too_small)
            return cel_fail(p->c, token->start, "int out of range");
        return make_const(p, token->value, ret);
    case TOKEN_UINT:
    case TOKEN_DOUBLE:
    case TOKEN_STRING:
    case TOKEN_BYTES:
        return make_const(p, token->value, ret);
    case TOKEN_TRUE:
    case TOKEN_FALSE:
        return make_const(p, value_bool(token->kind == TOKEN_TRUE), ret);
    case TOKEN_NULL:
        return make_const(p, value_null(), ret);
    case TOKEN_NAME:
        return parse_name(p, ret);
    case TOKEN_END:
        return cel_fail(p->c, token->start, "unexpected end of the expression");
    case TOKEN_QUOTED_NAME:
    case TOKEN_IN:
    case TOKEN_OPERATOR:
        break;
    }
    if (at(p, "."))
        return parse_name(p, ret);
    if (at(p, "[") || at(p, "{"))
        return parse_collection(p, at(p, "{"), ret);
    if (accept(p, "(")) {
        TRY(parse_expression(p, ret));
        (*ret)->parenthesised = true;
        return expect(p, ")");
    }
    return cel_fail(p->c, token->start, "unexpected '" STR_FMT "'",
                    STR_ARG(token->kind == TOKEN_IN ? STR("in") : token->text));
}

/* .field, .?field, .`field` or .method(...) behind target, which is written from start on. */
static Status
parse_selection(Parser *p, uint32_t start, CelNode *target, CelNode **ret)
{
    bool optional = accept(p, "?");
    const Token *name = p->token;
    if (name->kind != TOKEN_NAME && name->kind != TOKEN_QUOTED_NAME)
        return cel_fail(p->c, name->start, "expected the name of a field or method");
    p->token++;
    if (!optional && name->kind == TOKEN_NAME && at(p, "(")) {
        Nodes args = {0};
        TRY(push(p, &args, target));
        TRY(parse_arguments(p, &args));
        TRY(make(p, CEL_CALL, start, args.items, args.count, ret));
        (*ret)->receiver = true;
    } else {
        TRY(make(p, CEL_SELECT, start, &target, 1, ret));
        (*ret)->optional = optional;
    }
    (*ret)->name = name->text;
    (*ret)->place = name->start;
    return ST_OK;
}

/* Name{field: value}: there are no message types here, and the error says so. */
static bool
is_message(const Parser *p, const CelNode *node)
{
    if (!at(p, "{") || node->parenthesised)
        return false;
    while (node->kind == CEL_SELECT && !node->optional)
        node = node->args[0];
    return node->kind == CEL_NAME;
}

static Status
parse_member(Parser *p, CelNode **ret)
{
    CelNode *node = NULL;
    uint32_t start = p->token->start;
    TRY(parse_primary(p, &node));
    for (;;) {
        uint32_t place = p->token->start;
        if (accept(p, ".")) {
            TRY(parse_selection(p, start, node, &node));
        } else if (accept(p, "[")) {
            bool optional = accept(p, "?");
            CelNode *args[2] = {node, NULL};
            TRY(parse_expression(p, &args[1]));
            TRY(expect(p, "]"));
            TRY(make(p, CEL_INDEX, start, args, 2, &node));
            node->optional = optional;
            node->place = place;
        } else if (is_message(p, node)) {
            return cel_fail(p->c, node->start, "there are no message types; use a map");
        } else {
            *ret = node;
            return ST_OK;
        }
    }
}

/* "!!x" and "--x", not mixed.  A minus before a literal belongs to the literal. */
static Status
parse_unary(Parser *p, CelNode **ret)
{
    const Token *first = p->token;
    if (!at(p, "!") && !at(p, "-"))
        return parse_member(p, ret);
    Str sign = first->text;
    size_t count = 0;
    while (p->token->kind == TOKEN_OPERATOR && str_eq(p->token->text, sign)) {
        count++;
        p->token++;
    }
    bool minus = str_is(sign, "-");
    Token *literal = p->token;
    if (minus && count % 2 == 1 && (literal->kind == TOKEN_INT || literal->kind == TOKEN_DOUBLE)) {
        if (literal->kind == TOKEN_DOUBLE)
            literal->value = value_double(-literal->value.number);
        else if (!literal->too_small)
            literal->value = value_int(-literal->value.integer);
        literal->too_small = false;
        return parse_member(p, ret);
    }
    TRY(parse_member(p, ret));
    /* Twice is not nothing: the operand must be of the right type. */
    for (size_t i = count % 2 ? 1 : 0; i < 2; i++) {
        TRY(make(p, CEL_OPERATOR, first->start, ret, 1, ret));
        (*ret)->op = minus ? OP_NEGATE : OP_NOT;
    }
    return ST_OK;
}

static const struct {
    const char *text;
    unsigned level;
    CelOp op;
} OPERATORS[] = {
    {"<", 1, OP_LESS},      {"<=", 1, OP_AT_MOST},   {">", 1, OP_MORE}, {">=", 1, OP_AT_LEAST},
    {"==", 1, OP_EQUAL},    {"!=", 1, OP_UNEQUAL},   {"in", 1, OP_IN},  {"+", 2, OP_ADD},
    {"-", 2, OP_SUBTRACT},  {"*", 3, OP_MULTIPLY},   {"/", 3, OP_DIVIDE}, {"%", 3, OP_MODULO},
};

enum { UNARY_LEVEL = 4 };

/* The operator at the token if it is of the level; OP_NONE otherwise. */
static CelOp
operator_at(const Parser *p, unsigned level)
{
    for (size_t i = 0; i < sizeof OPERATORS / sizeof *OPERATORS; i++) {
        if (OPERATORS[i].level != level)
            continue;
        if (OPERATORS[i].op == OP_IN ? p->token->kind == TOKEN_IN : at(p, OPERATORS[i].text))
            return OPERATORS[i].op;
    }
    return OP_NONE;
}

static Status
parse_binary(Parser *p, unsigned level, CelNode **ret)
{
    if (level == UNARY_LEVEL)
        return parse_unary(p, ret);
    CelNode *left = NULL;
    uint32_t start = p->token->start;
    TRY(parse_binary(p, level + 1, &left));
    for (CelOp op; (op = operator_at(p, level)) != OP_NONE;) {
        uint32_t place = p->token->start;
        p->token++;
        CelNode *args[2] = {left, NULL};
        TRY(parse_binary(p, level + 1, &args[1]));
        TRY(make(p, CEL_OPERATOR, start, args, 2, &left));
        left->op = (uint8_t)op;
        left->place = place;
    }
    *ret = left;
    return ST_OK;
}

/* a && b && c is one node, so that long chains stay flat. */
static Status
parse_chain(Parser *p, CelKind kind, CelNode **ret)
{
    const char *text = kind == CEL_AND ? "&&" : "||";
    Nodes nodes = {0};
    uint32_t start = p->token->start;
    uint32_t place = 0;
    do {
        CelNode *node = NULL;
        if (kind == CEL_OR)
            TRY(parse_chain(p, CEL_AND, &node));
        else
            TRY(parse_binary(p, 1, &node));
        TRY(push(p, &nodes, node));
        if (nodes.count == 1)
            place = p->token->start;
    } while (accept(p, text));
    if (nodes.count == 1) {
        *ret = nodes.items[0];
        return ST_OK;
    }
    TRY(make(p, kind, start, nodes.items, nodes.count, ret));
    (*ret)->place = place;
    return ST_OK;
}

/* Every nesting passes through here, so this is where depth is counted. */
static Status
parse_expression(Parser *p, CelNode **ret)
{
    if (++p->depth > LIMIT_CEL_DEPTH)
        return cel_fail(p->c, p->token->start, "nested more than %llu deep",
                        (unsigned long long)LIMIT_CEL_DEPTH);
    uint32_t start = p->token->start;
    TRY(parse_chain(p, CEL_OR, ret));
    uint32_t place = p->token->start;
    if (accept(p, "?")) {
        CelNode *args[3] = {*ret, NULL, NULL};
        TRY(parse_chain(p, CEL_OR, &args[1]));
        TRY(expect(p, ":"));
        TRY(parse_expression(p, &args[2]));
        TRY(make(p, CEL_IF, start, args, 3, ret));
        (*ret)->place = place;
    }
    p->depth--;
    return ST_OK;
}

Status
cel_parse(CelCompile *c, const Tokens *tokens, CelNode **ret)
{
    Parser p = {.c = c, .token = tokens->items};
    TRY(parse_expression(&p, ret));
    if (p.token->kind == TOKEN_END)
        return ST_OK;
    bool word = p.token->kind == TOKEN_NAME;
    if (word && str_is(p.token->text, "and"))
        return cel_fail(c, p.token->start, "unexpected 'and'; did you mean '&&'?");
    if (word && str_is(p.token->text, "or"))
        return cel_fail(c, p.token->start, "unexpected 'or'; did you mean '||'?");
    return cel_fail(c, p.token->start, "unexpected text behind the expression");
}
