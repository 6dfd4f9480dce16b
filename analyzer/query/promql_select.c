/* SPDX-License-Identifier: Apache-2.0 */
/* promql_select.c -- selectors of a query, their ranges, offsets and moments. */
#include "analyzer/query/promql_parse.h"

#include <string.h>

typedef VEC(PromqlMatcher) MatcherList;

static Status
add_matcher(Parser *parser, MatcherList *list, Str label, PromqlMatch match, Str value,
            const Token *token)
{
    PromqlMatcher *matcher = VEC_PUSH(parser->arena, list);
    if (!matcher)
        return err_nomem(parser->err);
    *matcher = (PromqlMatcher){.label = label, .value = value, .match = match};
    if (match == MATCH_REGEX || match == MATCH_NOT_REGEX) {
        Err inner = {0};
        Status status =
            regex_compile(parser->arena, value, REGEX_ANCHORED, &matcher->regex, &inner);
        if (status == ST_NOMEM)
            return err_nomem(parser->err);
        if (status != ST_OK)
            TRY(promql_tell(parser, token->start, "invalid regular expression: %s", inner.text));
    }
    return promql_note_label(parser, label);
}

static bool
match_of(const Parser *parser, PromqlMatch *ret)
{
    static const struct {
        Operator op;
        PromqlMatch match;
    } MATCHES[] = {
        {OP_ASSIGN, MATCH_EQUAL},
        {OP_NOT_EQUAL, MATCH_NOT_EQUAL},
        {OP_MATCH, MATCH_REGEX},
        {OP_NOT_MATCH, MATCH_NOT_REGEX},
    };
    for (size_t i = 0; i < sizeof MATCHES / sizeof *MATCHES; i++) {
        if (promql_at(parser, MATCHES[i].op)) {
            *ret = MATCHES[i].match;
            return true;
        }
    }
    return false;
}

/* label op "value", or the quoted name of the metric. */
static Status
parse_matcher(Parser *parser, MatcherList *list, bool *has_name)
{
    bool quoted = parser->token.kind == TOKEN_STRING;
    if ((!quoted && parser->token.kind != TOKEN_NAME) || parser->token.string.n == 0)
        return promql_unexpected(parser, "a label name or '}'");
    Token name = parser->token;
    TRY(promql_advance(parser));
    PromqlMatch match;
    if (match_of(parser, &match)) {
        TRY(promql_advance(parser));
        if (parser->token.kind != TOKEN_STRING)
            return promql_unexpected(parser, "a quoted value");
        TRY(add_matcher(parser, list, name.string, match, parser->token.string, &parser->token));
        return promql_advance(parser);
    }
    if (!quoted)
        return promql_unexpected(parser, "'=', '!=', '=~' or '!~'");
    if (*has_name)
        return promql_tell(parser, name.start, "a second metric name");
    *has_name = true;
    return add_matcher(parser, list, STR("__name__"), MATCH_EQUAL, name.string, &name);
}

static Status
parse_matchers(Parser *parser, MatcherList *list, bool has_name)
{
    parser->lexer.in_labels = true;
    TRY(promql_advance(parser));
    while (!promql_at(parser, OP_CLOSE_BRACE)) {
        TRY(parse_matcher(parser, list, &has_name));
        if (!promql_at(parser, OP_CLOSE_BRACE))
            TRY(promql_expect(parser, OP_COMMA, "',' or '}'"));
    }
    parser->lexer.in_labels = false;
    return ST_OK;
}

bool
promql_matches(const PromqlMatcher *matcher, Str value)
{
    switch (matcher->match) {
    case MATCH_EQUAL:
        return str_eq(matcher->value, value);
    case MATCH_NOT_EQUAL:
        return !str_eq(matcher->value, value);
    case MATCH_REGEX:
        return regex_match(matcher->regex, value, 0, NULL, 0) == REGEX_FOUND;
    case MATCH_NOT_REGEX:
    default:
        return regex_match(matcher->regex, value, 0, NULL, 0) == REGEX_NONE;
    }
}

/* A selector that excludes nothing is an oversight; a name twice is a contradiction. */
static Status
check_matchers(Parser *parser, const MatcherList *list, bool named, uint32_t start)
{
    bool selects = named;
    for (size_t i = 0; i < list->count; i++) {
        const PromqlMatcher *matcher = &list->items[i];
        if (named && i && str_is(matcher->label, "__name__"))
            return promql_tell(parser, start, "the metric's name is given twice");
        bool is_regex = matcher->match == MATCH_REGEX || matcher->match == MATCH_NOT_REGEX;
        bool is_wrong = is_regex && !matcher->regex;
        selects = selects || is_wrong || !promql_matches(matcher, STR(""));
    }
    if (!selects)
        return promql_tell(parser, start, "a selector needs a metric name, or a matcher that "
                           "refuses the empty value");
    return ST_OK;
}

Status
promql_parse_selector(Parser *parser, Tree **ret)
{
    Tree *tree = NULL;
    TRY(promql_new_tree(parser, TREE_SELECTOR, parser->token.start, &tree));
    MatcherList list = {0};
    bool named = parser->token.kind == TOKEN_NAME;
    tree->end = parser->token.end;
    if (named) {
        TRY(add_matcher(parser, &list, STR("__name__"), MATCH_EQUAL, parser->token.string,
                        &parser->token));
        TRY(promql_advance(parser));
    }
    if (promql_at(parser, OP_OPEN_BRACE)) {
        TRY(parse_matchers(parser, &list, named));
        tree->end = parser->token.end;
        TRY(promql_advance(parser));
    }
    TRY(check_matchers(parser, &list, named, tree->start));
    PromqlSelector *selector = VEC_PUSH(parser->arena, &parser->selectors);
    if (!selector)
        return err_nomem(parser->err);
    tree->selector = (uint32_t)(parser->selectors.count - 1);
    tree->type = PROMQL_VECTOR;
    selector->matchers = list.items;
    selector->matcher_count = list.count;
    selector->text = str_sub(parser->query->text, tree->start, tree->end - tree->start);
    for (size_t i = 0; i < list.count; i++)
        if (list.items[i].match == MATCH_EQUAL && str_is(list.items[i].label, "__name__"))
            selector->metric = list.items[i].value;
    *ret = tree;
    return ST_OK;
}

/* "[5m]" or "[5m:1m]". */
static Status
parse_range(Parser *parser, Tree **tree)
{
    uint32_t start = parser->token.start;
    parser->lexer.in_brackets = true;
    TRY(promql_advance(parser));
    int64_t range_ms, step_ms = 0;
    TRY(promql_parse_length(parser, &range_ms));
    Tree *inner = *tree;
    bool subquery = promql_at(parser, OP_COLON);
    if (subquery) {
        TRY(promql_advance(parser));
        if (!promql_at(parser, OP_CLOSE_BRACKET))
            TRY(promql_parse_length(parser, &step_ms));
    }
    parser->lexer.in_brackets = false;
    uint32_t end = parser->token.end;
    TRY(promql_expect(parser, OP_CLOSE_BRACKET, "']'"));
    if (subquery) {
        if (inner->type != PROMQL_VECTOR && inner->type != PROMQL_ANY)
            TRY(promql_tell(parser, start, "a subquery needs an instant vector, not %s",
                            promql_a_type(inner)));
        TRY(promql_new_tree(parser, TREE_SUBQUERY, inner->start, tree));
        const Tree **args = ARENA_NEW(parser->arena, const Tree *);
        if (!args)
            return err_nomem(parser->err);
        args[0] = inner;
        TRY(promql_adopt(parser, *tree, args, 1));
        (*tree)->step_ms = step_ms;
    } else if (inner->kind != TREE_SELECTOR || inner->in_parens || inner->type != PROMQL_VECTOR) {
        if (inner->type != PROMQL_ANY)
            TRY(promql_tell(parser, start, "a range needs a selector before it"));
    } else if (inner->has_offset || inner->has_at) {
        TRY(promql_tell(parser, start, "offset and @ stand behind the range"));
    } else {
        parser->selectors.items[inner->selector].is_range = true;
    }
    (*tree)->type = PROMQL_MATRIX;
    (*tree)->range_ms = range_ms;
    (*tree)->end = end;
    return ST_OK;
}

static Status
check_modifiable(Parser *parser, const Tree *tree, const char *what)
{
    if ((tree->kind == TREE_SELECTOR || tree->kind == TREE_SUBQUERY) && !tree->in_parens)
        return ST_OK;
    if (tree->type == PROMQL_ANY)
        return ST_OK;
    return promql_tell(parser, parser->token.start, "%s needs a selector or a subquery before it",
                       what);
}

static Status
parse_offset(Parser *parser, Tree *tree)
{
    TRY(check_modifiable(parser, tree, "offset"));
    if (tree->has_offset)
        TRY(promql_tell(parser, parser->token.start, "a second offset"));
    TRY(promql_advance(parser));
    tree->has_offset = true;
    return promql_parse_shift(parser, &tree->offset_ms);
}

/* "@ 1600000000", "@ start()" or "@ end()"; the latter are the time of evaluation. */
static Status
parse_at(Parser *parser, Tree *tree)
{
    TRY(check_modifiable(parser, tree, "@"));
    if (tree->has_at)
        TRY(promql_tell(parser, parser->token.start, "a second @"));
    tree->has_at = true;
    TRY(promql_advance(parser));
    if (promql_is_keyword(parser->token, "start") || promql_is_keyword(parser->token, "end")) {
        tree->at_ms = INT64_MIN;
        TRY(promql_advance(parser));
        TRY(promql_expect(parser, OP_OPEN, "'()'"));
        return promql_expect(parser, OP_CLOSE, "')'");
    }
    return promql_parse_shift(parser, &tree->at_ms);
}

Status
promql_parse_postfix(Parser *parser, Tree **tree)
{
    for (;;) {
        if (promql_at(parser, OP_OPEN_BRACKET))
            TRY(parse_range(parser, tree));
        else if (promql_is_keyword(parser->token, "offset"))
            TRY(parse_offset(parser, *tree));
        else if (promql_at(parser, OP_AT))
            TRY(parse_at(parser, *tree));
        else
            return ST_OK;
    }
}
