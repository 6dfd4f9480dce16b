/* SPDX-License-Identifier: Apache-2.0 */
/* promql_binary.c -- operators between scalars and vectors. */
#include "analyzer/query/promql_parse.h"

#include <math.h>

static bool
compare(Operator op, double a, double b)
{
    switch ((int)op) {
    case OP_EQUAL:
        return a == b;
    case OP_NOT_EQUAL:
        return a != b;
    case OP_LESS:
        return a < b;
    case OP_LESS_EQUAL:
        return a <= b;
    case OP_GREATER:
        return a > b;
    default:
        return a >= b;
    }
}

double
promql_calculate(Operator op, double a, double b)
{
    switch ((int)op) {
    case OP_ADD:
        return a + b;
    case OP_SUB:
        return a - b;
    case OP_MUL:
        return a * b;
    case OP_DIV:
        return a / b;
    case OP_MOD:
        return fmod(a, b);
    case OP_POW:
        return pow(a, b);
    default:
        return atan2(a, b);
    }
}

/* The value of one pair; false where a comparison drops it.  kept is what a comparison
 * without bool lets through. */
static bool
apply(const Tree *tree, double a, double b, double kept, double *ret)
{
    Operator op = (Operator)tree->op;
    if (!promql_is_comparison(op)) {
        *ret = promql_calculate(op, a, b);
        return true;
    }
    bool holds = compare(op, a, b);
    *ret = tree->return_bool ? (double)holds : kept;
    return holds || tree->return_bool;
}

static Status
vector_and_scalar(Eval *eval, const Tree *tree, Operand *args, Operand *ret)
{
    bool left = args[0].type == PROMQL_VECTOR;
    Operand *vector = left ? &args[0] : &args[1];
    double scalar = left ? args[1].number : args[0].number;
    bool drop = !promql_is_comparison((Operator)tree->op) || tree->return_bool;
    for (size_t i = 0; i < vector->samples.count; i++) {
        Sample sample = vector->samples.items[i];
        double a = left ? sample.value : scalar;
        double b = left ? scalar : sample.value;
        if (!apply(tree, a, b, sample.value, &sample.value))
            continue;
        sample.drop_name = sample.drop_name || drop;
        TRY(promql_push(eval, ret, &sample));
    }
    return ST_OK;
}

/* The group of labels by which an element finds its partners. */
static Status
find_group(Eval *eval, const Matching *matching, Labels labels, Map *groups, size_t *ret,
           bool *ret_new)
{
    Str key;
    TRY(promql_key(eval, labels, matching->labels, matching->on, matching->on, &key));
    return promql_group(eval, groups, key, ret, ret_new);
}

/* Whether an element has a partner, without making a group of its own. */
static Status
has_group(Eval *eval, const Matching *matching, Labels labels, const Map *groups, bool *ret)
{
    Str key;
    TRY(promql_key(eval, labels, matching->labels, matching->on, matching->on, &key));
    *ret = map_has(groups, key);
    return ST_OK;
}

static Status
groups_of(Eval *eval, const Matching *matching, const Operand *vector, Map *ret)
{
    map_init(ret, eval->arena);
    for (size_t i = 0; i < vector->samples.count; i++) {
        size_t group;
        bool is_new;
        TRY(find_group(eval, matching, vector->samples.items[i].labels, ret, &group, &is_new));
    }
    return ST_OK;
}

/* Pushes the elements of from that have, or have not, a partner. */
static Status
keep_matching(Eval *eval, const Tree *tree, const Operand *from, const Map *groups, bool partner,
              Operand *ret)
{
    for (size_t i = 0; i < from->samples.count; i++) {
        bool has;
        TRY(has_group(eval, &tree->matching, from->samples.items[i].labels, groups, &has));
        if (has == partner)
            TRY(promql_push(eval, ret, &from->samples.items[i]));
    }
    return ST_OK;
}

static Status
set_operation(Eval *eval, const Tree *tree, Operand *args, Operand *ret)
{
    Map groups;
    if (tree->op == OP_OR) {
        TRY(groups_of(eval, &tree->matching, &args[0], &groups));
        for (size_t i = 0; i < args[0].samples.count; i++)
            TRY(promql_push(eval, ret, &args[0].samples.items[i]));
        /* What is missing on the left might have kept these out: they are not sure. */
        if (args[0].gap)
            return ST_OK;
        return keep_matching(eval, tree, &args[1], &groups, false, ret);
    }
    TRY(groups_of(eval, &tree->matching, &args[1], &groups));
    if (tree->op == OP_UNLESS)
        promql_require_whole(ret);
    return keep_matching(eval, tree, &args[0], &groups, tree->op == OP_AND, ret);
}

/* Labels of the result of one pair: of many and one. */
static Status
result_labels(Eval *eval, const Tree *tree, const Sample *many, const Sample *one, Labels *ret)
{
    const Matching *matching = &tree->matching;
    Labels labels = many->labels;
    if (!promql_is_comparison((Operator)tree->op))
        TRY(promql_labels_drop_name(eval, labels, &labels));
    if (!matching->group_left && !matching->group_right) {
        if (matching->on)
            TRY(promql_labels_only(eval, labels, matching->labels, &labels));
        else if (matching->labels.count)
            TRY(promql_labels_without(eval, labels, matching->labels, &labels));
    }
    for (size_t i = 0; i < matching->include.count; i++) {
        Str name = matching->include.items[i];
        TRY(promql_labels_set(eval, labels, name, labels_get(one->labels, name), &labels));
    }
    *ret = labels;
    return ST_OK;
}

static Status
not_unique(Eval *eval, const Tree *tree, const char *side)
{
    return promql_error(eval->query, tree->start, eval->err,
                        "several elements on the %s side match: many-to-many matching is not "
                        "allowed", side);
}

/* The groups of the side that must be unique, and its element by group. */
static Status
index_one_side(Eval *eval, const Tree *tree, const Operand *one, Map *groups)
{
    map_init(groups, eval->arena);
    for (size_t i = 0; i < one->samples.count; i++) {
        size_t group;
        bool is_new;
        TRY(find_group(eval, &tree->matching, one->samples.items[i].labels, groups, &group,
                       &is_new));
        if (!is_new)
            return not_unique(eval, tree, tree->matching.group_right ? "left" : "right");
    }
    return ST_OK;
}

/* Refuses a second result of a group (one to one), or a second one with the same labels. */
static Status
check_unique(Eval *eval, const Tree *tree, size_t group, Labels labels, bool *used, Map *results)
{
    if (!tree->matching.group_left && !tree->matching.group_right) {
        if (used[group])
            return promql_error(eval->query, tree->start, eval->err,
                                "several elements on the left side match: many-to-one matching "
                                "needs group_left or group_right");
        used[group] = true;
        return ST_OK;
    }
    Str key;
    size_t index;
    bool is_new;
    TRY(promql_key(eval, labels, (Names){NULL, 0}, false, true, &key));
    TRY(promql_group(eval, results, key, &index, &is_new));
    if (is_new)
        return ST_OK;
    return promql_error(eval->query, tree->start, eval->err,
                        "several results have the same labels: the grouping must keep them apart");
}

/* Which fill value is whose: with group_right, too, Prometheus takes fill_left for the many. */
enum { FILL_MANY, FILL_ONE };

/* An operation between two vectors while its pairs are found. */
typedef struct {
    Eval *eval;
    const Tree *tree;
    Operand *ret;
    bool swapped;           /* the left side is the one, the right side the many */
    bool *used;             /* by group: it has a result */
    bool *matched;          /* by group: its element of the one side has a partner */
    Map results;
} Join;

static Status
add_pair(Join *join, const Sample *many, const Sample *one, size_t group)
{
    Eval *eval = join->eval;
    Sample sample = *many;
    double a = join->swapped ? one->value : many->value;
    double b = join->swapped ? many->value : one->value;
    TRY(result_labels(eval, join->tree, many, one, &sample.labels));
    TRY(check_unique(eval, join->tree, group, sample.labels, join->used, &join->results));
    join->matched[group] = true;
    if (!apply(join->tree, a, b, a, &sample.value))
        return ST_OK;
    sample.drop_name = sample.drop_name || join->tree->return_bool;
    TRY(promql_join_refs(eval, &sample.refs, &sample.ref_count, one->refs, one->ref_count));
    return promql_push(eval, join->ret, &sample);
}

/* The partner that fill() makes of an element: the labels by which it would be found. */
static Status
filled(Eval *eval, const Matching *matching, const Sample *of, double value, Sample *ret)
{
    *ret = (Sample){.value = value, .t_ms = of->t_ms};
    if (matching->on)
        return promql_labels_only(eval, of->labels, matching->labels, &ret->labels);
    TRY(promql_labels_drop_name(eval, of->labels, &ret->labels));
    return promql_labels_without(eval, ret->labels, matching->labels, &ret->labels);
}

static Status
pair_many(Join *join, const Operand *many, const Operand *one, Map *groups)
{
    const Matching *matching = &join->tree->matching;
    for (size_t i = 0; i < many->samples.count; i++) {
        const Sample *from = &many->samples.items[i];
        Sample made;
        size_t group;
        bool is_new;
        bool has;
        TRY(has_group(join->eval, matching, from->labels, groups, &has));
        if (!has && !matching->fills[FILL_ONE])
            continue;
        TRY(find_group(join->eval, matching, from->labels, groups, &group, &is_new));
        bool found = group < one->samples.count;
        if (!found)
            TRY(filled(join->eval, matching, from, matching->fill[FILL_ONE], &made));
        TRY(add_pair(join, from, found ? &one->samples.items[group] : &made, group));
    }
    return ST_OK;
}

/* Elements of the one side that found no partner. */
static Status
pair_rest(Join *join, const Operand *one)
{
    const Matching *matching = &join->tree->matching;
    for (size_t i = 0; matching->fills[FILL_MANY] && i < one->samples.count; i++) {
        Sample made;
        if (join->matched[i])
            continue;
        TRY(filled(join->eval, matching, &one->samples.items[i], matching->fill[FILL_MANY],
                   &made));
        TRY(add_pair(join, &made, &one->samples.items[i], i));
    }
    return ST_OK;
}

static Status
vector_and_vector(Eval *eval, const Tree *tree, Operand *args, Operand *ret)
{
    const Matching *matching = &tree->matching;
    Join join = {eval, tree, ret, matching->group_right, NULL, NULL, {0}};
    const Operand *many = join.swapped ? &args[1] : &args[0];
    const Operand *one = join.swapped ? &args[0] : &args[1];
    bool fills = matching->fills[0] || matching->fills[1];
    Map groups;
    /* An element that is not there for a hole must not be filled in. */
    if ((matching->fills[FILL_MANY] && many->gap) || (matching->fills[FILL_ONE] && one->gap)) {
        promql_require_whole(ret);
        return ST_OK;
    }
    if (!fills && (many->samples.count == 0 || one->samples.count == 0))
        return ST_OK;
    /* Its groups are numbered as its elements are. */
    TRY(index_one_side(eval, tree, one, &groups));
    map_init(&join.results, eval->arena);
    join.used = ARENA_ARRAY(eval->arena, bool, one->samples.count + many->samples.count);
    join.matched = ARENA_ARRAY(eval->arena, bool, one->samples.count + many->samples.count);
    if (!join.used || !join.matched)
        return err_nomem(eval->err);
    TRY(pair_many(&join, many, one, &groups));
    return pair_rest(&join, one);
}

Status
promql_eval_binary(Eval *eval, const Tree *tree, int64_t time_ms, Operand *ret)
{
    Operand args[2] = {{0}, {0}};
    for (size_t i = 0; i < 2; i++) {
        TRY(promql_eval_tree(eval, tree->args[i], time_ms, &args[i]));
        TRY(promql_inherit_gap(eval, &args[i], ret));
    }
    if (ret->is_unknown)
        return ST_OK;
    TRY(promql_spend(eval, tree, 1 + args[0].samples.count + args[1].samples.count));
    if (args[0].type == PROMQL_SCALAR && args[1].type == PROMQL_SCALAR) {
        (void)apply(tree, args[0].number, args[1].number, 0, &ret->number);
        return ST_OK;
    }
    if (args[0].type == PROMQL_SCALAR || args[1].type == PROMQL_SCALAR)
        return vector_and_scalar(eval, tree, args, ret);
    if (promql_is_set_operator((Operator)tree->op))
        return set_operation(eval, tree, args, ret);
    return vector_and_vector(eval, tree, args, ret);
}
