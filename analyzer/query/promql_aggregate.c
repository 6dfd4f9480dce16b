/* SPDX-License-Identifier: Apache-2.0 */
/* promql_aggregate.c -- sum, avg, topk and their kin. */
#include "analyzer/query/promql_parse.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is gathered of one group. */
typedef struct {
    Labels labels;
    Mean mean;
    Kahan sum;
    double count;
    double running_mean;        /* of the variance */
    double squares;
    double extreme;
    VEC(double) values;         /* quantile */
    VEC(uint32_t) members;      /* topk and kin: indices into the vector */
    bool drop_name;
    uint8_t ref_count;
    const uint32_t *refs;
} Group;

typedef VEC(Group) GroupList;

static Status
group_labels(Eval *eval, const Tree *tree, Labels labels, Labels *ret)
{
    if (!tree->without)
        return promql_labels_only(eval, labels, tree->grouping, ret);
    TRY(promql_labels_without(eval, labels, tree->grouping, &labels));
    return promql_labels_set(eval, labels, STR("__name__"), STR(""), ret);
}

static Status
find_group(Eval *eval, const Tree *tree, Labels labels, Map *map, GroupList *groups, Group **ret)
{
    Str key;
    size_t index;
    bool is_new;
    TRY(promql_key(eval, labels, tree->grouping, !tree->without, !tree->without, &key));
    TRY(promql_group(eval, map, key, &index, &is_new));
    if (is_new) {
        Group *added = VEC_PUSH(eval->arena, groups);
        if (!added)
            return err_nomem(eval->err);
        added->extreme = NAN;
        TRY(group_labels(eval, tree, labels, &added->labels));
    }
    *ret = &groups->items[index];
    return ST_OK;
}

/* Welford's sum of squares; infinities and NaN have no variance. */
static void
add_to_variance(Group *group, double value)
{
    if (group->count == 1) {
        group->running_mean = value;
        group->squares = isfinite(value) ? 0 : NAN;
        return;
    }
    double delta = value - group->running_mean;
    group->running_mean += delta / group->count;
    group->squares += delta * (value - group->running_mean);
}

static Status
add_to_group(Eval *eval, const Tree *tree, Group *group, const Sample *sample)
{
    double value = sample->value;
    group->count++;
    group->drop_name = group->drop_name || sample->drop_name;
    TRY(promql_join_refs(eval, &group->refs, &group->ref_count, sample->refs, sample->ref_count));
    switch ((int)tree->op) {
    case AGGREGATE_SUM:
        promql_kahan_add(&group->sum, value);
        break;
    case AGGREGATE_AVG:
        promql_mean_add(&group->mean, value);
        break;
    case AGGREGATE_MIN:
        if (isnan(group->extreme) || value < group->extreme)
            group->extreme = value;
        break;
    case AGGREGATE_MAX:
        if (isnan(group->extreme) || value > group->extreme)
            group->extreme = value;
        break;
    case AGGREGATE_STDDEV:
    case AGGREGATE_STDVAR:
        add_to_variance(group, value);
        break;
    case AGGREGATE_QUANTILE: {
        double *kept = VEC_PUSH(eval->arena, &group->values);
        if (!kept)
            return err_nomem(eval->err);
        *kept = value;
        break;
    }
    default:
        break;
    }
    return ST_OK;
}

static double
group_value(const Tree *tree, Group *group, double parameter)
{
    switch ((int)tree->op) {
    case AGGREGATE_SUM:
        return promql_kahan_total(group->sum);
    case AGGREGATE_AVG:
        return promql_mean_value(&group->mean);
    case AGGREGATE_COUNT:
        return group->count;
    case AGGREGATE_MIN:
    case AGGREGATE_MAX:
        return group->extreme;
    case AGGREGATE_STDVAR:
        return group->squares / group->count;
    case AGGREGATE_STDDEV:
        return sqrt(group->squares / group->count);
    case AGGREGATE_QUANTILE:
        return promql_quantile(parameter, group->values.items, group->values.count);
    default:
        return 1;
    }
}

/* An aggregation while its elements pass by. */
typedef struct {
    Eval *eval;
    const Tree *tree;
    const Operand *vector;      /* what is known of it as a whole */
    Map map;
    GroupList groups;
} Folding;

static Status
fold(void *context, const Sample *sample)
{
    Folding *folding = context;
    Group *group = NULL;
    /* Over a vector that is not whole there is no result. */
    if (folding->vector->gap)
        return ST_OK;
    TRY(promql_spend(folding->eval, folding->tree, 1));
    TRY(find_group(folding->eval, folding->tree, sample->labels, &folding->map, &folding->groups,
                   &group));
    return add_to_group(folding->eval, folding->tree, group, sample);
}

static Status
finish_folding(Folding *folding, double parameter, Operand *ret)
{
    for (size_t i = 0; i < folding->groups.count; i++) {
        Group *group = &folding->groups.items[i];
        Sample sample = {
            .labels = group->labels,
            .value = group_value(folding->tree, group, parameter),
            .drop_name = group->drop_name,
            .refs = group->refs,
            .ref_count = group->ref_count,
        };
        TRY(promql_push(folding->eval, ret, &sample));
    }
    return ST_OK;
}

static Status
aggregate(Eval *eval, const Tree *tree, const Operand *vector, double parameter, Operand *ret)
{
    Folding folding = {.eval = eval, .tree = tree, .vector = vector};
    map_init(&folding.map, eval->arena);
    for (size_t i = 0; i < vector->samples.count; i++)
        TRY(fold(&folding, &vector->samples.items[i]));
    return finish_folding(&folding, parameter, ret);
}

/* topk, bottomk, limitk, limit_ratio: the elements themselves. */

typedef struct {
    const Sample *samples;
    bool bottom;
} Order;

/* Largest (or smallest) first, NaN last; equal ones as they stood. */
static int
compare_members(const void *a, const void *b, void *context)
{
    const Order *order = context;
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    double x = order->samples[left].value, y = order->samples[right].value;
    if (isnan(x) != isnan(y))
        return isnan(x) ? 1 : -1;
    int by_value = isnan(x) ? 0 : (x < y) - (x > y);
    if (order->bottom)
        by_value = -by_value;
    return by_value ? by_value : (left > right) - (left < right);
}

/* A number in [0, 1) that depends on the labels alone. */
static Status
share_of(Eval *eval, Labels labels, double *ret)
{
    Str key;
    TRY(promql_key(eval, labels, (Names){NULL, 0}, false, true, &key));
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < key.n; i++)
        hash = (hash ^ (unsigned char)key.p[i]) * 1099511628211u;
    hash ^= hash >> 32;
    *ret = (double)(hash & 0xffffffffu) / 4294967296.0;
    return ST_OK;
}

static Status
is_in_ratio(Eval *eval, Labels labels, double ratio, bool *ret)
{
    double share;
    TRY(share_of(eval, labels, &share));
    *ret = ratio >= 0 ? share < ratio : share >= 1 + ratio;
    return ST_OK;
}

static Status
push_members(Eval *eval, const Tree *tree, const Operand *vector, Group *group, size_t k,
             Operand *ret)
{
    Order order = {vector->samples.items, tree->op == AGGREGATE_BOTTOMK};
    if (tree->op == AGGREGATE_TOPK || tree->op == AGGREGATE_BOTTOMK)
        qsort_r(group->members.items, group->members.count, sizeof *group->members.items,
                compare_members, &order);
    for (size_t i = 0; i < group->members.count && i < k; i++)
        TRY(promql_push(eval, ret, &vector->samples.items[group->members.items[i]]));
    return ST_OK;
}

static Status
select_members(Eval *eval, const Tree *tree, const Operand *vector, double parameter,
               Operand *ret)
{
    bool ratio = tree->op == AGGREGATE_LIMIT_RATIO;
    size_t count = vector->samples.count;
    size_t k = ratio ? count : 0;
    if (isnan(parameter))
        return promql_error(eval->query, tree->start, eval->err, "the parameter is not a number");
    if (!ratio && fabs(parameter) >= 0x1p63)
        return promql_error(eval->query, tree->start, eval->err,
                            "the parameter is out of the range of integers");
    if (!ratio && parameter >= 1)
        k = parameter >= (double)count ? count : (size_t)parameter;
    Map map;
    GroupList groups = {0};
    map_init(&map, eval->arena);
    for (size_t i = 0; i < count; i++) {
        Group *group = NULL;
        const Sample *sample = &vector->samples.items[i];
        bool wanted = true;
        if (ratio)
            TRY(is_in_ratio(eval, sample->labels, parameter, &wanted));
        if (!wanted)
            continue;
        TRY(find_group(eval, tree, sample->labels, &map, &groups, &group));
        uint32_t *member = VEC_PUSH(eval->arena, &group->members);
        if (!member)
            return err_nomem(eval->err);
        *member = (uint32_t)i;
    }
    for (size_t i = 0; i < groups.count; i++)
        TRY(push_members(eval, tree, vector, &groups.items[i], k, ret));
    return ST_OK;
}

/* The shortest decimal text that reads back as the number, without an exponent. */
static Str
format_number(Arena *arena, double value)
{
    if (isnan(value))
        return STR("NaN");
    if (isinf(value))
        return value > 0 ? STR("+Inf") : STR("-Inf");
    char text[64];
    int precision = 0;
    double back = 0;
    for (; precision < 17; precision++) {
        (void)snprintf(text, sizeof text, "%.*e", precision, value);
        if (exposition_number(str_of(text), &back) && back == value)
            break;
    }
    const char *exponent = strchr(text, 'e');
    int decimals = precision - (exponent ? (int)strtol(exponent + 1, NULL, 10) : 0);
    if (decimals >= 0)
        return arena_strf(arena, "%.*f", decimals, value);
    /* Digits behind the significant ones are zero, not what the binary value happens to be. */
    char digits[64];
    size_t n = 0;
    for (const char *p = text; p < exponent; p++)
        if (*p != '.')
            digits[n++] = *p;
    return arena_strf(arena, "%.*s%0*d", (int)n, digits, -decimals, 0);
}

static Status
count_values(Eval *eval, const Tree *tree, const Operand *vector, Str label, Operand *ret)
{
    Operand labelled = {.type = PROMQL_VECTOR};
    if (label.n == 0)
        return promql_error(eval->query, tree->start, eval->err, "an empty label name");
    for (size_t i = 0; i < vector->samples.count; i++) {
        Sample sample = vector->samples.items[i];
        Str text = format_number(eval->arena, sample.value);
        if (!text.p)
            return err_nomem(eval->err);
        TRY(promql_labels_set(eval, sample.labels, label, text, &sample.labels));
        TRY(promql_push(eval, &labelled, &sample));
    }
    /* The values themselves tell the groups apart. */
    Tree counting = *tree;
    counting.op = AGGREGATE_COUNT;
    if (!tree->without) {
        Str *names = ARENA_ARRAY(eval->arena, Str, tree->grouping.count + 1);
        if (!names)
            return err_nomem(eval->err);
        if (tree->grouping.count)
            memcpy(names, tree->grouping.items, tree->grouping.count * sizeof *names);
        names[tree->grouping.count] = label;
        counting.grouping = (Names){names, tree->grouping.count + 1};
    }
    return aggregate(eval, &counting, &labelled, 0, ret);
}

bool
promql_folds(const Tree *tree)
{
    return tree->kind == TREE_AGGREGATE && tree->op <= AGGREGATE_QUANTILE;
}

/* Of a selector nothing is kept but its groups. */
static Status
aggregate_selector(Eval *eval, const Tree *tree, const Tree *selector, int64_t time_ms,
                   double parameter, Operand *ret)
{
    Folding folding = {.eval = eval, .tree = tree, .vector = ret};
    map_init(&folding.map, eval->arena);
    TRY(promql_spend(eval, tree, 1));
    TRY(promql_visit_selector(eval, selector, time_ms, ret, fold, &folding));
    promql_require_whole(ret);
    return ret->is_unknown ? ST_OK : finish_folding(&folding, parameter, ret);
}

static Status
aggregate_vector(Eval *eval, const Tree *tree, const Operand *args, Operand *ret)
{
    const Operand *vector = &args[tree->arg_count - 1];
    switch ((int)tree->op) {
    case AGGREGATE_COUNT_VALUES:
        return count_values(eval, tree, vector, args[0].string, ret);
    case AGGREGATE_TOPK:
    case AGGREGATE_BOTTOMK:
    case AGGREGATE_LIMITK:
    case AGGREGATE_LIMIT_RATIO:
        TRY(promql_spend(eval, tree, 1 + vector->samples.count));
        return select_members(eval, tree, vector, args[0].number, ret);
    default:
        TRY(promql_spend(eval, tree, 1));
        return aggregate(eval, tree, vector, args[0].number, ret);
    }
}

Status
promql_eval_aggregate(Eval *eval, const Tree *tree, int64_t time_ms, Operand *ret)
{
    Operand args[2] = {{0}, {0}};
    const Tree *last = tree->args[tree->arg_count - 1];
    bool at_once = promql_folds(tree) && last->kind == TREE_SELECTOR;
    for (size_t i = 0; i + at_once < tree->arg_count; i++) {
        TRY(promql_eval_tree(eval, tree->args[i], time_ms, &args[i]));
        TRY(promql_inherit_gap(eval, &args[i], ret));
    }
    promql_require_whole(ret);
    if (ret->is_unknown)
        return ST_OK;
    return at_once ? aggregate_selector(eval, tree, last, time_ms, args[0].number, ret)
                   : aggregate_vector(eval, tree, args, ret);
}
