/* SPDX-License-Identifier: Apache-2.0 */
/* params.c -- values that users may set, with their types. */
#include "analyzer/rule/load.h"

#include "analyzer/rule/schema.h"
#include "base/limits.h"
#include "base/yaml.h"

/* Converts a node to a value of the type; false where it is not of it. */
static bool
scalar_value(const Node *node, ParamType type, Value *ret)
{
    switch (type) {
    case PARAM_STRING:
        *ret = value_string(node->string);
        return node->type == NODE_STRING;
    case PARAM_INT:
        *ret = value_int(node->integer);
        return node->type == NODE_INT;
    case PARAM_DOUBLE:
        *ret = value_double(node->type == NODE_INT ? (double)node->integer : node->number);
        return node->type == NODE_INT || node->type == NODE_DOUBLE;
    case PARAM_BOOL:
        *ret = value_bool(node->boolean);
        return node->type == NODE_BOOL;
    case PARAM_STRINGS:
    case PARAM_TYPE_COUNT:
        break;
    }
    return false;
}

/* ST_RULE where node is not of the type. */
static Status
typed_value(Arena *arena, const Node *node, ParamType type, Value *ret, Err *err)
{
    if (type != PARAM_STRINGS)
        return scalar_value(node, type, ret) ? ST_OK : ST_RULE;
    if (node->type != NODE_LIST)
        return ST_RULE;
    Value *items = ARENA_ARRAY(arena, Value, node->count);
    if (!items)
        return err_nomem(err);
    for (uint32_t i = 0; i < node->count; i++)
        if (!scalar_value(&node->items[i], PARAM_STRING, &items[i]))
            return ST_RULE;
    *ret = value_list(arena, items, node->count, NULL);
    return ST_OK;
}

static Status
load_param(RuleSet *set, RuleFile *file, const NodePair *pair, Param *ret, Err *err)
{
    *ret = (Param){.name = pair->key, .file = file, .line = pair->line, .column = pair->column,
                   .help = node_string(node_get(&pair->value, STR("help"))),
                   .value = value_null()};
    int type = schema_choice(SCHEMA_PARAM_TYPES, node_string(node_get(&pair->value, STR("type"))));
    const Node *fallback = node_get(&pair->value, STR("default"));
    if (type < 0 || !fallback)
        return ST_OK;
    ret->type = (ParamType)type;
    Status status = typed_value(set->arena, fallback, ret->type, &ret->value, err);
    if (status != ST_RULE)
        return status;
    diagnostic_error(&set->diagnostics, file->path, fallback->line, fallback->column,
                     "the default of \"" STR_FMT "\" is no %s", STR_ARG(pair->key),
                     SCHEMA_PARAM_TYPES[type]);
    return ST_OK;
}

Status
load_params(RuleSet *set, RuleFile *file, const Node *node, Err *err)
{
    if (!node_is(node, NODE_MAP))
        return ST_OK;
    file->params = ARENA_ARRAY(set->arena, Param, node->count);
    if (!file->params)
        return err_nomem(err);
    file->param_count = node->count;
    for (uint32_t i = 0; i < node->count; i++)
        TRY(load_param(set, file, &node->pairs[i], &file->params[i], err));
    return ST_OK;
}

/* Names of all params, for "did you mean". */
static const char *
nearest_param(const RuleSet *set, Str name)
{
    VEC(const char *) names = {0};
    for (size_t f = 0; f < set->files.count; f++)
        for (size_t p = 0; p < set->files.items[f]->param_count; p++) {
            const char **slot = VEC_PUSH(set->arena, &names);
            if (slot)
                *slot = arena_cstr(set->arena, set->files.items[f]->params[p].name);
        }
    const char **end = VEC_PUSH(set->arena, &names);
    return end ? str_nearest(name, names.items) : NULL;
}

static Status
set_one(RuleSet *set, Param *param, const Node *value, Err *err)
{
    Value typed;
    Status status = typed_value(set->arena, value, param->type, &typed, err);
    if (status == ST_RULE)
        return err_set(err, ST_RULE, "param " STR_FMT " takes a %s, not a %s",
                       STR_ARG(param->name), SCHEMA_PARAM_TYPES[param->type],
                       node_type_name((NodeType)value->type));
    TRY(status);
    param->value = typed;
    return ST_OK;
}

Status
rules_set_param(RuleSet *set, Str name, const Node *value, Err *err)
{
    bool is_found = false;
    for (size_t f = 0; f < set->files.count; f++)
        for (size_t p = 0; p < set->files.items[f]->param_count; p++) {
            Param *param = &set->files.items[f]->params[p];
            if (!str_eq(param->name, name))
                continue;
            is_found = true;
            TRY(set_one(set, param, value, err));
        }
    if (is_found)
        return ST_OK;
    const char *near = nearest_param(set, name);
    return err_set(err, ST_NOT_FOUND, "no rule file has a param \"" STR_FMT "\"%s%s%s",
                   STR_ARG(str_head(name, 60)), near ? "; did you mean \"" : "",
                   near ? near : "", near ? "\"?" : "");
}

/* The words of a command line have no types: they are those of the param. */
static Status
node_of_text(Arena *arena, Str text, ParamType type, Node *ret, Err *err)
{
    if (type == PARAM_STRING) {
        *ret = (Node){.type = NODE_STRING, .string = text};
        return ST_OK;
    }
    if (type != PARAM_STRINGS) {
        const Node *parsed;
        TRY(yaml_parse_one(arena, text, NULL, &parsed, err));
        *ret = *parsed;
        return ST_OK;
    }
    VEC(Node) items = {0};
    for (Str part; text.n > 0 && str_cut(&text, ',', &part);) {
        Node *item = VEC_PUSH(arena, &items);
        if (!item)
            return err_nomem(err);
        *item = (Node){.type = NODE_STRING, .string = str_trim(part)};
    }
    *ret = (Node){.type = NODE_LIST, .items = items.items, .count = (uint32_t)items.count};
    return ST_OK;
}

Status
rules_set_param_text(RuleSet *set, Str assignment, Err *err)
{
    size_t equals;
    if (!str_find_char(assignment, '=', &equals) || equals == 0)
        return err_set(err, ST_USAGE, "--param takes NAME=VALUE, not '" STR_FMT "'",
                       STR_ARG(str_head(assignment, 60)));
    Str name = str_head(assignment, equals);
    Str text = arena_str(set->arena, str_from(assignment, equals + 1));
    if (!text.p)
        return err_nomem(err);
    ParamType type = PARAM_STRING;
    for (size_t f = 0; f < set->files.count; f++)
        for (size_t p = 0; p < set->files.items[f]->param_count; p++)
            if (str_eq(set->files.items[f]->params[p].name, name))
                type = set->files.items[f]->params[p].type;
    Node value;
    TRY(node_of_text(set->arena, text, type, &value, err));
    return rules_set_param(set, name, &value, err);
}
