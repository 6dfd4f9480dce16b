/* SPDX-License-Identifier: Apache-2.0 */
/* promql_check.c -- the types of a query's parts. */
#include "analyzer/query/promql_parse.h"

#include <string.h>

const char *
promql_type_name(PromqlType type)
{
    switch (type) {
    case PROMQL_SCALAR:
        return "scalar";
    case PROMQL_VECTOR:
        return "instant vector";
    case PROMQL_MATRIX:
        return "range vector";
    case PROMQL_STRING:
    default:
        return "string";
    }
}

const char *
promql_a_type(const Tree *tree)
{
    static const char *const NAMES[] = {
        [PROMQL_SCALAR] = "a scalar",
        [PROMQL_VECTOR] = "an instant vector",
        [PROMQL_MATRIX] = "a range vector",
        [PROMQL_STRING] = "a string",
        [PROMQL_ANY] = "what is wrong",
    };
    return NAMES[tree->type];
}

static PromqlType
type_of_letter(char letter)
{
    return letter == 's'   ? PROMQL_SCALAR
           : letter == 'v' ? PROMQL_VECTOR
           : letter == 'm' ? PROMQL_MATRIX
                           : PROMQL_STRING;
}

static Status
check_count(Parser *parser, const Tree *tree)
{
    const PromqlFunction *function = tree->function;
    size_t most = strlen(function->args);
    size_t least = function->optional ? most - 1 : most;
    bool any = function->optional < 0;
    if (function->optional > 0)
        most = least + (size_t)function->optional;
    if (tree->arg_count >= least && (any || tree->arg_count <= most))
        return ST_OK;
    return promql_tell(parser, tree->start, "%s takes %s%zu argument%s, not %zu: %s",
                       function->name, any ? "at least " : least < most ? "up to " : "",
                       any ? least : most, (any ? least : most) == 1 ? "" : "s",
                       tree->arg_count, function->usage);
}

/* Label names among the arguments of a label function. */
static Status
note_labels(Parser *parser, const Tree *tree)
{
    if (strncmp(tree->function->name, "label_", 6) != 0
        && strncmp(tree->function->name, "sort_by_label", 13) != 0)
        return ST_OK;
    bool replace = strcmp(tree->function->name, "label_replace") == 0;
    for (size_t i = 1; i < tree->arg_count; i++)
        if (i == 1 || (replace ? i == 3 : i >= 3))
            TRY(promql_note_label(parser, tree->args[i]->string));
    return ST_OK;
}

Status
promql_check_call(Parser *parser, Tree *tree)
{
    const PromqlFunction *function = tree->function;
    tree->type = (uint8_t)type_of_letter(function->returns);
    TRY(check_count(parser, tree));
    size_t letters = strlen(function->args);
    for (size_t i = 0; letters && i < tree->arg_count; i++) {
        PromqlType expected = type_of_letter(function->args[i < letters ? i : letters - 1]);
        const Tree *arg = tree->args[i];
        if (arg->type != expected && arg->type != PROMQL_ANY)
            TRY(promql_tell(parser, arg->start, "argument %zu of %s must be %s, not %s", i + 1,
                            function->name, promql_a_type(&(Tree){.type = (uint8_t)expected}),
                            promql_a_type(arg)));
    }
    return parser->told ? ST_OK : note_labels(parser, tree);
}

bool
promql_takes_parameter(Aggregate aggregate)
{
    return aggregate >= AGGREGATE_QUANTILE;
}

Status
promql_check_aggregate(Parser *parser, Tree *tree, const char *name)
{
    bool parameter = promql_takes_parameter((Aggregate)tree->op);
    size_t wanted = parameter ? 2 : 1;
    tree->type = PROMQL_VECTOR;
    if (tree->arg_count != wanted)
        return promql_tell(parser, tree->start, "%s takes %zu argument%s, not %zu", name, wanted,
                           wanted == 1 ? "" : "s", tree->arg_count);
    PromqlType expected = tree->op == AGGREGATE_COUNT_VALUES ? PROMQL_STRING : PROMQL_SCALAR;
    const Tree *first = tree->args[0];
    if (parameter && first->type != expected && first->type != PROMQL_ANY)
        TRY(promql_tell(parser, first->start, "the parameter of %s must be a %s, not %s", name,
                        promql_type_name(expected), promql_a_type(first)));
    const Tree *vector = tree->args[wanted - 1];
    if (vector->type != PROMQL_VECTOR && vector->type != PROMQL_ANY)
        TRY(promql_tell(parser, vector->start, "%s needs an instant vector, not %s", name,
                        promql_a_type(vector)));
    return ST_OK;
}

bool
promql_is_comparison(Operator op)
{
    return op >= OP_EQUAL && op <= OP_GREATER_EQUAL;
}

bool
promql_is_set_operator(Operator op)
{
    return op == OP_AND || op == OP_OR || op == OP_UNLESS;
}

/* Tells of operands that are neither; *ret_good: both are a scalar or an instant vector. */
static Status
check_operands(Parser *parser, const Tree *tree, bool *ret_good)
{
    *ret_good = true;
    for (size_t i = 0; i < 2; i++) {
        unsigned type = tree->args[i]->type;
        if (type == PROMQL_SCALAR || type == PROMQL_VECTOR)
            continue;
        *ret_good = false;
        if (type != PROMQL_ANY)
            TRY(promql_tell(parser, tree->args[i]->start,
                            "an operand must be a scalar or an instant vector, not %s",
                            promql_a_type(tree->args[i])));
    }
    return ST_OK;
}

Status
promql_check_binary(Parser *parser, Tree *tree)
{
    bool good;
    TRY(check_operands(parser, tree, &good));
    if (!good) {
        tree->type = PROMQL_ANY;
        return ST_OK;
    }
    Operator op = (Operator)tree->op;
    const Matching *matching = &tree->matching;
    bool vectors = tree->args[0]->type == PROMQL_VECTOR && tree->args[1]->type == PROMQL_VECTOR;
    bool scalars = tree->args[0]->type == PROMQL_SCALAR && tree->args[1]->type == PROMQL_SCALAR;
    const char *wrong = NULL;
    if (tree->return_bool && !promql_is_comparison(op))
        wrong = "bool stands only behind comparisons";
    else if (promql_is_comparison(op) && scalars && !tree->return_bool)
        wrong = "a comparison of two scalars needs bool";
    else if (promql_is_set_operator(op) && !vectors)
        wrong = "and, or and unless need instant vectors on both sides";
    else if (promql_is_set_operator(op) && (matching->group_left || matching->group_right))
        wrong = "and, or and unless take no group_left or group_right";
    else if ((matching->fills[0] || matching->fills[1]) &&
             (!vectors || promql_is_set_operator(op)))
        wrong = "fill stands only behind arithmetic and comparisons of instant vectors";
    else if (!vectors && matching->labels.count)
        wrong = "on and ignoring need instant vectors on both sides";
    for (size_t i = 0; !wrong && matching->on && i < matching->include.count; i++)
        if (promql_is_in(matching->labels, matching->include.items[i]))
            wrong = "a label stands both in on and in group_left or group_right";
    tree->type = scalars ? PROMQL_SCALAR : PROMQL_VECTOR;
    return wrong ? promql_tell(parser, tree->start, "%s", wrong) : ST_OK;
}
