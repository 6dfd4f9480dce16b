/* SPDX-License-Identifier: Apache-2.0 */
/* promql.c -- compiles queries, and says what they read. */
#include "analyzer/query/promql_parse.h"

#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

void
promql_locate(Str text, const PromqlOptions *options, uint32_t at, unsigned *ret_line,
              unsigned *ret_column)
{
    unsigned line = options->line ? options->line : 1;
    unsigned column = options->column ? options->column : 1;
    for (size_t i = 0; i < text.n && i < at;) {
        uint32_t code;
        bool newline = text.p[i] == '\n';
        i += utf8_decode(text, i, &code);
        line += newline;
        column = newline ? 1 : column + 1;
    }
    *ret_line = line;
    *ret_column = column;
}

Status
promql_error(const PromqlQuery *query, uint32_t at, Err *err, const char *format, ...)
{
    char text[480];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    unsigned line, column;
    promql_locate(query->text, &query->options, at, &line, &column);
    return err_at(err, ST_RULE, query->file, line, column, "%s", text);
}

static void
complain(const PromqlOptions *options, const Err *of)
{
    options->complain(options->complain_context, of->line, of->column, of->text);
}

Status
promql_tell(Parser *parser, uint32_t at, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const PromqlOptions *options = &parser->query->options;
    if (!options->complain)
        return promql_error(parser->query, at, parser->err, "%s", text);
    Err mistake = {0};
    (void)promql_error(parser->query, at, &mistake, "%s", text);
    complain(options, &mistake);
    parser->told = true;
    return ST_OK;
}

static bool
tells_time(const Tree *tree)
{
    if (tree->has_at)
        return true;
    if (tree->kind != TREE_CALL)
        return false;
    return tree->function->tells_time || (tree->function->date && tree->arg_count == 0);
}

/* What is known of the whole query.  Selectors below a subquery are read over a range too. */
static void
survey(PromqlQuery *query, const Tree *tree, bool in_range)
{
    if (tree->kind == TREE_SELECTOR && in_range)
        query->selectors[tree->selector].is_range = true;
    if (tree->type == PROMQL_MATRIX || tree->has_offset || tree->has_at)
        query->looks_back = true;
    if (tells_time(tree))
        query->tells_time = true;
    for (size_t i = 0; i < tree->arg_count; i++)
        survey(query, tree->args[i], in_range || tree->kind == TREE_SUBQUERY);
}

static Status
parse(Parser *parser)
{
    PromqlQuery *query = parser->query;
    if (query->text.n > LIMIT_EXPRESSION_BYTES)
        return promql_error(query, 0, parser->err, "the query is longer than %llu bytes",
                            (unsigned long long)LIMIT_EXPRESSION_BYTES);
    size_t bad;
    if (!utf8_valid(query->text, &bad))
        return promql_error(query, (uint32_t)bad, parser->err, "the query is not valid UTF-8");
    TRY(promql_advance(parser));
    Tree *root = NULL;
    TRY(promql_parse_expression(parser, 1, &root));
    if (parser->token.kind != TOKEN_END)
        return promql_unexpected(parser, "an operator or the end");
    if (parser->told)
        return ST_OK;
    query->root = root;
    query->selectors = parser->selectors.items;
    query->selector_count = parser->selectors.count;
    query->labels = parser->labels.items;
    query->label_count = parser->labels.count;
    survey(query, root, false);
    return ST_OK;
}

Status
promql_compile(Arena *arena, Str text, const PromqlOptions *options, const PromqlQuery **ret,
               Err *err)
{
    PromqlQuery *query = ARENA_NEW(arena, PromqlQuery);
    if (!query)
        return err_nomem(err);
    query->text = arena_str(arena, text);
    query->options = *options;
    if (options->file)
        query->file = arena_cstr(arena, str_of(options->file));
    if (!query->text.p || (options->file && !query->file))
        return err_nomem(err);
    Parser parser = {.arena = arena, .query = query, .err = err};
    parser.lexer = (Lexer){.arena = arena, .text = query->text};
    Status status = parse(&parser);
    if (status == ST_RULE && options->complain)
        complain(options, err);
    if (status == ST_OK && parser.told)
        return err_set(err, ST_RULE, "the query has mistakes that were told");
    if (status == ST_OK)
        *ret = query;
    return status;
}

static bool
is_instant_selector(const Tree *tree)
{
    return tree->kind == TREE_SELECTOR && tree->type == PROMQL_VECTOR;
}

/* Whether all labels of the operand but those that the query names can be left out. */
static bool
reads_named_labels(const Tree *tree)
{
    for (size_t i = 0; i < tree->arg_count; i++) {
        const Tree *arg = tree->args[i];
        if (is_instant_selector(arg) && promql_folds(tree) && !tree->without)
            continue;
        if (is_instant_selector(arg) && i == 1 && tree->kind == TREE_BINARY && tree->matching.on &&
            (tree->op == OP_AND || tree->op == OP_UNLESS))
            continue;
        if (!reads_named_labels(arg))
            return false;
    }
    return tree->kind != TREE_SELECTOR;
}

bool
promql_reads_named_labels(const PromqlQuery *query)
{
    return reads_named_labels(query->root);
}

bool
promql_looks_back(const PromqlQuery *query)
{
    return query->looks_back;
}

bool
promql_tells_time(const PromqlQuery *query)
{
    return query->tells_time;
}

PromqlType
promql_type(const PromqlQuery *query)
{
    return (PromqlType)query->root->type;
}

Str
promql_text(const PromqlQuery *query)
{
    return query->text;
}

const PromqlSelector *
promql_selectors(const PromqlQuery *query, size_t *ret_count)
{
    *ret_count = query->selector_count;
    return query->selectors;
}

const Str *
promql_labels(const PromqlQuery *query, size_t *ret_count)
{
    *ret_count = query->label_count;
    return query->labels;
}
