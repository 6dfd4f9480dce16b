/* SPDX-License-Identifier: Apache-2.0 */
/* promql_parse.c -- expressions, calls and aggregations of a query. */
#include "analyzer/query/promql_parse.h"

#include <string.h>

/* Operators by strength.  Unary minus is weaker than ^ and as strong as *. */
enum { PRECEDENCE_OR = 1, PRECEDENCE_MUL = 5, PRECEDENCE_POW = 6 };

static const struct {
    Operator op;
    unsigned precedence;
    const char *keyword;
} BINARY[] = {
    {OP_OR, PRECEDENCE_OR, "or"},
    {OP_AND, 2, "and"},
    {OP_UNLESS, 2, "unless"},
    {OP_EQUAL, 3, NULL},
    {OP_NOT_EQUAL, 3, NULL},
    {OP_LESS, 3, NULL},
    {OP_LESS_EQUAL, 3, NULL},
    {OP_GREATER, 3, NULL},
    {OP_GREATER_EQUAL, 3, NULL},
    {OP_ADD, 4, NULL},
    {OP_SUB, 4, NULL},
    {OP_MUL, PRECEDENCE_MUL, NULL},
    {OP_DIV, PRECEDENCE_MUL, NULL},
    {OP_MOD, PRECEDENCE_MUL, NULL},
    {OP_ATAN2, PRECEDENCE_MUL, "atan2"},
    {OP_POW, PRECEDENCE_POW, NULL},
};

static const struct {
    const char *name;
    Aggregate aggregate;
} AGGREGATES[] = {
    {"sum", AGGREGATE_SUM},
    {"avg", AGGREGATE_AVG},
    {"count", AGGREGATE_COUNT},
    {"min", AGGREGATE_MIN},
    {"max", AGGREGATE_MAX},
    {"group", AGGREGATE_GROUP},
    {"stddev", AGGREGATE_STDDEV},
    {"stdvar", AGGREGATE_STDVAR},
    {"quantile", AGGREGATE_QUANTILE},
    {"topk", AGGREGATE_TOPK},
    {"bottomk", AGGREGATE_BOTTOMK},
    {"limitk", AGGREGATE_LIMITK},
    {"limit_ratio", AGGREGATE_LIMIT_RATIO},
    {"count_values", AGGREGATE_COUNT_VALUES},
};

Status
promql_advance(Parser *parser)
{
    return promql_next_token(&parser->lexer, &parser->token, parser->err);
}

Status
promql_unexpected(Parser *parser, const char *expected)
{
    const Token *token = &parser->token;
    if (token->kind == TOKEN_BAD)
        return promql_error(parser->query, token->start, parser->err, "%s", token->reason);
    if (token->kind == TOKEN_END)
        return promql_error(parser->query, token->start, parser->err,
                            "the query ends where %s was expected", expected);
    Str found = str_sub(parser->query->text, token->start, token->end - token->start);
    return promql_error(parser->query, token->start, parser->err,
                        "unexpected '" STR_FMT "': expected %s", STR_ARG(str_head(found, 60)),
                        expected);
}

bool
promql_at(const Parser *parser, Operator op)
{
    return parser->token.kind == TOKEN_OPERATOR && parser->token.op == op;
}

Status
promql_expect(Parser *parser, Operator op, const char *expected)
{
    if (!promql_at(parser, op))
        return promql_unexpected(parser, expected);
    return promql_advance(parser);
}

Status
promql_new_tree(Parser *parser, TreeKind kind, uint32_t start, Tree **ret)
{
    Tree *tree = ARENA_NEW(parser->arena, Tree);
    if (!tree)
        return err_nomem(parser->err);
    tree->kind = (uint8_t)kind;
    tree->start = start;
    tree->end = parser->token.start;
    *ret = tree;
    return ST_OK;
}

Status
promql_too_deep(Parser *parser, uint32_t start)
{
    return promql_error(parser->query, start, parser->err, "more than %llu levels of nesting",
                        (unsigned long long)LIMIT_QUERY_DEPTH);
}

Status
promql_adopt(Parser *parser, Tree *tree, const Tree *const *args, size_t count)
{
    tree->args = args;
    tree->arg_count = count;
    for (size_t i = 0; i < count; i++)
        if (tree->depth <= args[i]->depth)
            tree->depth = args[i]->depth + 1;
    return tree->depth > LIMIT_QUERY_DEPTH ? promql_too_deep(parser, tree->start) : ST_OK;
}

Status
promql_note_label(Parser *parser, Str label)
{
    if (str_is(label, "__name__"))
        return ST_OK;
    for (size_t i = 0; i < parser->labels.count; i++)
        if (str_eq(parser->labels.items[i], label))
            return ST_OK;
    Str *noted = VEC_PUSH(parser->arena, &parser->labels);
    if (!noted)
        return err_nomem(parser->err);
    *noted = label;
    return ST_OK;
}

Status
promql_parse_names(Parser *parser, Names *ret)
{
    NameList names = {0};
    bool outside = parser->lexer.in_labels;
    parser->lexer.in_labels = true;
    TRY(promql_expect(parser, OP_OPEN, "'(' and label names"));
    while (!promql_at(parser, OP_CLOSE)) {
        bool name = parser->token.kind == TOKEN_NAME || parser->token.kind == TOKEN_STRING;
        if (!name || parser->token.string.n == 0)
            return promql_unexpected(parser, "a label name");
        Str *kept = VEC_PUSH(parser->arena, &names);
        if (!kept)
            return err_nomem(parser->err);
        *kept = parser->token.string;
        TRY(promql_note_label(parser, *kept));
        TRY(promql_advance(parser));
        if (!promql_at(parser, OP_CLOSE))
            TRY(promql_expect(parser, OP_COMMA, "',' or ')'"));
    }
    parser->lexer.in_labels = outside;
    *ret = (Names){names.items, names.count};
    return promql_advance(parser);
}

/* "(a, b)" of a call or aggregation. */
static Status
parse_arguments(Parser *parser, Tree *tree)
{
    VEC(const Tree *) args = {0};
    TRY(promql_expect(parser, OP_OPEN, "'('"));
    while (!promql_at(parser, OP_CLOSE)) {
        Tree *arg = NULL;
        TRY(promql_parse_expression(parser, PRECEDENCE_OR, &arg));
        const Tree **kept = VEC_PUSH(parser->arena, &args);
        if (!kept)
            return err_nomem(parser->err);
        *kept = arg;
        if (promql_at(parser, OP_CLOSE))
            break;
        TRY(promql_expect(parser, OP_COMMA, "',' or ')'"));
        if (promql_at(parser, OP_CLOSE))
            return promql_unexpected(parser, "an argument");
    }
    tree->end = parser->token.end;
    TRY(promql_adopt(parser, tree, args.items, args.count));
    return promql_advance(parser);
}

/* Also of the aggregations. */
static const char *
nearest_function(Str name)
{
    const char *names[sizeof AGGREGATES / sizeof *AGGREGATES + 1] = {NULL};
    for (size_t i = 0; i < sizeof AGGREGATES / sizeof *AGGREGATES; i++)
        names[i] = AGGREGATES[i].name;
    const char *near = promql_nearest_function(name);
    return near ? near : str_nearest(name, names);
}

static Status
parse_call(Parser *parser, Token name, Tree **ret)
{
    Tree *tree = NULL;
    TRY(promql_new_tree(parser, TREE_CALL, name.start, &tree));
    tree->function = promql_find_function(name.string);
    if (!tree->function) {
        const char *near = nearest_function(name.string);
        TRY(promql_tell(parser, name.start, "unknown function '" STR_FMT "'%s%s%s",
                        STR_ARG(str_head(name.string, 60)), near ? "; did you mean '" : "",
                        near ? near : "", near ? "'?" : ""));
        tree->type = PROMQL_ANY;
    }
    TRY(parse_arguments(parser, tree));
    *ret = tree;
    return tree->function ? promql_check_call(parser, tree) : ST_OK;
}

static Status
parse_grouping(Parser *parser, Tree *tree)
{
    tree->without = promql_is_keyword(parser->token, "without");
    TRY(promql_advance(parser));
    return promql_parse_names(parser, &tree->grouping);
}

static bool
at_grouping(const Parser *parser)
{
    return promql_is_keyword(parser->token, "by") || promql_is_keyword(parser->token, "without");
}

static Status
parse_aggregate(Parser *parser, Token name, size_t row, Tree **ret)
{
    Tree *tree = NULL;
    TRY(promql_new_tree(parser, TREE_AGGREGATE, name.start, &tree));
    tree->op = (uint8_t)AGGREGATES[row].aggregate;
    bool grouped = at_grouping(parser);
    if (grouped)
        TRY(parse_grouping(parser, tree));
    TRY(parse_arguments(parser, tree));
    if (!grouped && at_grouping(parser))
        TRY(parse_grouping(parser, tree));
    *ret = tree;
    return promql_check_aggregate(parser, tree, AGGREGATES[row].name);
}

/* The words between operands, which name no metric; all others may. */
static bool
is_reserved(Token name)
{
    static const char *const WORDS[] = {"atan2", "bool", "group_left", "group_right", "ignoring",
                                        "on"};
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (promql_is_keyword(name, WORDS[i]))
            return true;
    return false;
}

/* A name: an aggregation, a call, or a selector. */
static Status
parse_name(Parser *parser, Tree **ret)
{
    Lexer before = parser->lexer;
    Token name = parser->token;
    TRY(promql_advance(parser));
    for (size_t i = 0; i < sizeof AGGREGATES / sizeof *AGGREGATES; i++)
        if (promql_is_keyword(name, AGGREGATES[i].name)
            && (promql_at(parser, OP_OPEN) || at_grouping(parser)))
            return parse_aggregate(parser, name, i, ret);
    if (promql_at(parser, OP_OPEN))
        return parse_call(parser, name, ret);
    parser->lexer = before;
    parser->token = name;
    if (is_reserved(name))
        return promql_unexpected(parser, "an expression");
    return promql_parse_selector(parser, ret);
}

static Status
parse_literal(Parser *parser, Tree **ret)
{
    bool number = parser->token.kind == TOKEN_NUMBER;
    Tree *tree = NULL;
    TRY(promql_new_tree(parser, number ? TREE_NUMBER : TREE_STRING, parser->token.start, &tree));
    tree->type = number ? PROMQL_SCALAR : PROMQL_STRING;
    tree->number = parser->token.number;
    tree->string = parser->token.string;
    tree->end = parser->token.end;
    *ret = tree;
    return promql_advance(parser);
}

static Status
parse_primary(Parser *parser, Tree **ret)
{
    Tree *tree = NULL;
    if (promql_at(parser, OP_OPEN)) {
        TRY(promql_advance(parser));
        TRY(promql_parse_expression(parser, PRECEDENCE_OR, &tree));
        tree->in_parens = true;
        TRY(promql_expect(parser, OP_CLOSE, "')'"));
    } else if (promql_at(parser, OP_OPEN_BRACE)) {
        TRY(promql_parse_selector(parser, &tree));
    } else if (parser->token.kind == TOKEN_NUMBER || parser->token.kind == TOKEN_STRING) {
        TRY(parse_literal(parser, &tree));
    } else if (parser->token.kind == TOKEN_NAME) {
        TRY(parse_name(parser, &tree));
    } else {
        return promql_unexpected(parser, "an expression");
    }
    TRY(promql_parse_postfix(parser, &tree));
    *ret = tree;
    return ST_OK;
}

static Status
parse_unary(Parser *parser, Tree **ret)
{
    if (!promql_at(parser, OP_ADD) && !promql_at(parser, OP_SUB))
        return parse_primary(parser, ret);
    bool negate = promql_at(parser, OP_SUB);
    uint32_t start = parser->token.start;
    TRY(promql_advance(parser));
    Tree *operand = NULL;
    TRY(promql_parse_expression(parser, PRECEDENCE_POW, &operand));
    if (operand->type == PROMQL_MATRIX || operand->type == PROMQL_STRING) {
        TRY(promql_tell(parser, start,
                        "a sign may stand before a scalar or an instant vector, not before %s",
                        promql_a_type(operand)));
        operand->type = PROMQL_ANY;
    }
    if (!negate) {
        *ret = operand;
        return ST_OK;
    }
    Tree *tree = NULL;
    TRY(promql_new_tree(parser, TREE_NEGATE, start, &tree));
    const Tree **args = ARENA_NEW(parser->arena, const Tree *);
    if (!args)
        return err_nomem(parser->err);
    args[0] = operand;
    tree->type = operand->type;
    *ret = tree;
    return promql_adopt(parser, tree, args, 1);
}

/* The operator at the token: its row in BINARY, or -1. */
static int
binary_row(const Parser *parser)
{
    for (size_t i = 0; i < sizeof BINARY / sizeof *BINARY; i++)
        if (BINARY[i].keyword ? promql_is_keyword(parser->token, BINARY[i].keyword)
                              : promql_at(parser, BINARY[i].op))
            return (int)i;
    return -1;
}

/* bool, on, ignoring, group_left and group_right. */
static Status
parse_matching(Parser *parser, Tree *tree)
{
    Matching *matching = &tree->matching;
    if (promql_is_keyword(parser->token, "bool")) {
        tree->return_bool = true;
        TRY(promql_advance(parser));
    }
    matching->on = promql_is_keyword(parser->token, "on");
    if (!matching->on && !promql_is_keyword(parser->token, "ignoring"))
        return ST_OK;
    matching->given = true;
    TRY(promql_advance(parser));
    TRY(promql_parse_names(parser, &matching->labels));
    matching->group_left = promql_is_keyword(parser->token, "group_left");
    matching->group_right = promql_is_keyword(parser->token, "group_right");
    if (!matching->group_left && !matching->group_right)
        return ST_OK;
    TRY(promql_advance(parser));
    /* A parenthesis here begins a list of labels, never the operand. */
    return promql_at(parser, OP_OPEN) ? promql_parse_names(parser, &matching->include) : ST_OK;
}

/* A number with a sign in parentheses. */
static Status
parse_fill_value(Parser *parser, double *ret)
{
    TRY(promql_expect(parser, OP_OPEN, "'('"));
    bool negative = promql_at(parser, OP_SUB);
    if (negative || promql_at(parser, OP_ADD))
        TRY(promql_advance(parser));
    if (parser->token.kind != TOKEN_NUMBER)
        return promql_unexpected(parser, "a number");
    *ret = negative ? -parser->token.number : parser->token.number;
    TRY(promql_advance(parser));
    return promql_expect(parser, OP_CLOSE, "')'");
}

/* fill(0), or fill_left(0) and fill_right(0) in any order.  They are names of metrics where no
 * parenthesis follows. */
static Status
parse_fill(Parser *parser, Matching *matching)
{
    static const struct {
        const char *keyword;
        bool sides[2];
    } FILLS[] = {
        {"fill", {true, true}}, {"fill_left", {true, false}}, {"fill_right", {false, true}},
    };
    for (size_t i = 0; i < sizeof FILLS / sizeof *FILLS; i++) {
        bool taken = (FILLS[i].sides[0] && matching->fills[0]) ||
                     (FILLS[i].sides[1] && matching->fills[1]);
        if (taken || !promql_is_keyword(parser->token, FILLS[i].keyword))
            continue;
        Lexer before = parser->lexer;
        Token name = parser->token;
        double value;
        TRY(promql_advance(parser));
        if (!promql_at(parser, OP_OPEN)) {
            parser->lexer = before;
            parser->token = name;
            return ST_OK;
        }
        TRY(parse_fill_value(parser, &value));
        for (size_t side = 0; side < 2; side++) {
            if (FILLS[i].sides[side]) {
                matching->fills[side] = true;
                matching->fill[side] = value;
            }
        }
        return parse_fill(parser, matching);
    }
    return ST_OK;
}

static Status
parse_operation(Parser *parser, int row, Tree **left)
{
    Tree *tree = NULL;
    TRY(promql_new_tree(parser, TREE_BINARY, parser->token.start, &tree));
    tree->op = (uint8_t)BINARY[row].op;
    TRY(promql_advance(parser));
    TRY(parse_matching(parser, tree));
    TRY(parse_fill(parser, &tree->matching));
    unsigned precedence = BINARY[row].precedence;
    Tree *right = NULL;
    /* Only ^ groups to the right. */
    TRY(promql_parse_expression(parser, precedence + (precedence != PRECEDENCE_POW), &right));
    const Tree **args = ARENA_ARRAY(parser->arena, const Tree *, 2);
    if (!args)
        return err_nomem(parser->err);
    args[0] = *left;
    args[1] = right;
    tree->end = right->end;
    TRY(promql_adopt(parser, tree, args, 2));
    TRY(promql_check_binary(parser, tree));
    *left = tree;
    return ST_OK;
}

Status
promql_parse_expression(Parser *parser, unsigned precedence, Tree **ret)
{
    if (++parser->depth > LIMIT_QUERY_DEPTH)
        return promql_too_deep(parser, parser->token.start);
    Tree *left = NULL;
    TRY(parse_unary(parser, &left));
    for (int row = binary_row(parser); row >= 0 && BINARY[row].precedence >= precedence;
         row = binary_row(parser))
        TRY(parse_operation(parser, row, &left));
    parser->depth--;
    *ret = left;
    return ST_OK;
}
