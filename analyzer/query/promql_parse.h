/* SPDX-License-Identifier: Apache-2.0 */
/* promql_parse.h -- what the files of the PromQL parser share. */
#ifndef QUERY_PROMQL_PARSE_H
#define QUERY_PROMQL_PARSE_H

#include "analyzer/query/promql_internal.h"

typedef VEC(Str) NameList;
typedef VEC(PromqlSelector) SelectorList;

typedef struct {
    Lexer lexer;
    Arena *arena;
    PromqlQuery *query;
    Err *err;
    Token token;            /* the one that is looked at */
    bool told;              /* a mistake was, and the parser went on */
    unsigned depth;
    unsigned ranges;        /* subqueries around the place */
    SelectorList selectors;
    NameList labels;        /* named anywhere in the query */
} Parser;

/* The type of what has a mistake: it fits everywhere, so that no other follows from it. */
enum { PROMQL_ANY = PROMQL_STRING + 1 };

/* Tells of a mistake that the parser can go on behind: ST_OK, where all are asked for. */
NODISCARD Status promql_tell(Parser *parser, uint32_t at, const char *format, ...)
    PRINTF_LIKE(3, 4);
NODISCARD Status promql_advance(Parser *parser);
/* ST_RULE at the token that is looked at, or what a bad token says. */
Status promql_unexpected(Parser *parser, const char *expected);
bool promql_at(const Parser *parser, Operator op);
/* Takes the operator, or fails with what was expected. */
NODISCARD Status promql_expect(Parser *parser, Operator op, const char *expected);
/* "(a, b)"; the token is the opening parenthesis. */
NODISCARD Status promql_parse_names(Parser *parser, Names *ret);
NODISCARD Status promql_note_label(Parser *parser, Str label);
NODISCARD Status promql_parse_selector(Parser *parser, Tree **ret);
/* [range], [range:step], offset and @ behind an expression. */
NODISCARD Status promql_parse_postfix(Parser *parser, Tree **tree);
NODISCARD Status promql_parse_expression(Parser *parser, unsigned precedence, Tree **ret);
NODISCARD Status promql_new_tree(Parser *parser, TreeKind kind, uint32_t start, Tree **ret);
/* Gives a tree its operands and checks how deep that makes it. */
NODISCARD Status promql_adopt(Parser *parser, Tree *tree, const Tree *const *args, size_t count);
Status promql_too_deep(Parser *parser, uint32_t start);

/* promql_duration.c: a length of time, greater than none, and one with a sign, of which only a
 * part in parentheses is arithmetic. */
NODISCARD Status promql_parse_length(Parser *parser, int64_t *ret_ms);
NODISCARD Status promql_parse_shift(Parser *parser, int64_t *ret_ms);

/* promql_check.c: each gives a tree its type, or ST_RULE. */
NODISCARD Status promql_check_call(Parser *parser, Tree *tree);
NODISCARD Status promql_check_aggregate(Parser *parser, Tree *tree, const char *name);
NODISCARD Status promql_check_binary(Parser *parser, Tree *tree);
const char *promql_a_type(const Tree *tree);        /* "an instant vector" */
bool promql_takes_parameter(Aggregate aggregate);
bool promql_is_comparison(Operator op);
bool promql_is_set_operator(Operator op);

#endif
