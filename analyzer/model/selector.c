/* SPDX-License-Identifier: Apache-2.0 */
/* selector.c -- label selectors. */
#include "analyzer/model/selector.h"

#include <string.h>

typedef VEC(Requirement) Requirements;
typedef VEC(Str) Words;

typedef struct {
    Arena *arena;
    Str text;
    size_t at;
    Err *err;
} Reader;

static Status
fail(const Reader *r, const char *what)
{
    return err_at(r->err, ST_RULE, NULL, 0, (unsigned)r->at + 1, "%s in a label selector", what);
}

static void
skip_blanks(Reader *r)
{
    while (r->at < r->text.n && r->text.p[r->at] == ' ')
        r->at++;
}

static char
peek(const Reader *r)
{
    return r->at < r->text.n ? r->text.p[r->at] : '\0';
}

static bool
take(Reader *r, const char *sign)
{
    skip_blanks(r);
    bool found = str_starts(str_from(r->text, r->at), str_of(sign));
    if (found)
        r->at += strlen(sign);
    return found;
}

/* A label's key or value; may be empty. */
static Str
take_word(Reader *r)
{
    skip_blanks(r);
    size_t from = r->at;
    while (r->at < r->text.n && !strchr(" ,()=!", r->text.p[r->at]))
        r->at++;
    return str_sub(r->text, from, r->at - from);
}

static Status
add_value(Reader *r, Words *values, Str value)
{
    Str *slot = VEC_PUSH(r->arena, values);
    if (!slot)
        return err_nomem(r->err);
    *slot = value;
    return ST_OK;
}

static Status
read_set(Reader *r, Words *values)
{
    if (!take(r, "("))
        return fail(r, "expected '('");
    do {
        Str value = take_word(r);
        TRY(add_value(r, values, value));
    } while (take(r, ","));
    return take(r, ")") ? ST_OK : fail(r, "expected ',' or ')'");
}

static Status
read_operator(Reader *r, Requirement *requirement)
{
    Words values = {0};
    if (take(r, "!=")) {
        requirement->operator = SELECTOR_NOT_IN;
        TRY(add_value(r, &values, take_word(r)));
    } else if (take(r, "==") || take(r, "=")) {
        requirement->operator = SELECTOR_IN;
        TRY(add_value(r, &values, take_word(r)));
    } else {
        skip_blanks(r);
        if (peek(r) == ',' || peek(r) == '\0') {
            requirement->operator = SELECTOR_EXISTS;
            return ST_OK;
        }
        size_t from = r->at;
        Str word = take_word(r);
        if (str_is(word, "in")) {
            requirement->operator = SELECTOR_IN;
        } else if (str_is(word, "notin")) {
            requirement->operator = SELECTOR_NOT_IN;
        } else {
            r->at = from;
            return fail(r, "expected =, !=, in or notin");
        }
        TRY(read_set(r, &values));
    }
    requirement->values = values.items;
    requirement->value_count = values.count;
    return ST_OK;
}

static Status
read_requirement(Reader *r, Requirement *requirement)
{
    bool absent = take(r, "!");
    requirement->key = take_word(r);
    if (requirement->key.n == 0)
        return fail(r, "expected a label");
    if (absent) {
        requirement->operator = SELECTOR_ABSENT;
        return ST_OK;
    }
    return read_operator(r, requirement);
}

Status
selector_parse(Arena *arena, Str text, Selector *ret, Err *err)
{
    Reader r = {.arena = arena, .text = text, .err = err};
    Requirements list = {0};
    skip_blanks(&r);
    if (r.at == text.n) {
        *ret = (Selector){NULL, 0};
        return ST_OK;
    }
    do {
        Requirement *requirement = VEC_PUSH(arena, &list);
        if (!requirement)
            return err_nomem(err);
        TRY(read_requirement(&r, requirement));
    } while (take(&r, ","));
    skip_blanks(&r);
    if (r.at < text.n)
        return fail(&r, "expected ','");
    *ret = (Selector){list.items, list.count};
    return ST_OK;
}

/* The text of a scalar as a label has it: YAML's {version: 1} means "1". */
static bool
scalar_text(Arena *arena, const Node *node, Str *ret)
{
    if (node->type == NODE_STRING)
        *ret = node->string;
    else if (node->type == NODE_BOOL)
        *ret = node->boolean ? STR("true") : STR("false");
    else if (node->type == NODE_INT)
        *ret = arena_strf(arena, "%lld", (long long)node->integer);
    else
        return false;
    return true;
}

static Status
add_equalities(Arena *arena, const Node *map, Requirements *list, Err *err)
{
    if (!node_is(map, NODE_MAP))
        return err_set(err, ST_RULE, "labels must be a map of strings");
    for (uint32_t i = 0; i < map->count; i++) {
        Requirement *requirement = VEC_PUSH(arena, list);
        Str *value = ARENA_NEW(arena, Str);
        if (!requirement || !value)
            return err_nomem(err);
        if (!scalar_text(arena, &map->pairs[i].value, value))
            return err_at(err, ST_RULE, NULL, map->pairs[i].value.line, map->pairs[i].value.column,
                          "the value of label '" STR_FMT "' must be a string",
                          STR_ARG(str_head(map->pairs[i].key, 80)));
        *requirement = (Requirement){map->pairs[i].key, SELECTOR_IN, value, 1};
    }
    return ST_OK;
}

Status
selector_of_map(Arena *arena, const Node *map, Selector *ret, Err *err)
{
    Requirements list = {0};
    TRY(add_equalities(arena, map, &list, err));
    *ret = (Selector){list.items, list.count};
    return ST_OK;
}

static Status
add_expression(Arena *arena, const Node *expression, Requirements *list, Err *err)
{
    static const struct {
        const char *name;
        SelectorOperator operator;
    } OPERATORS[] = {
        {"In", SELECTOR_IN},
        {"NotIn", SELECTOR_NOT_IN},
        {"Exists", SELECTOR_EXISTS},
        {"DoesNotExist", SELECTOR_ABSENT},
    };
    Requirement *requirement = VEC_PUSH(arena, list);
    if (!requirement)
        return err_nomem(err);
    requirement->key = node_string(node_get(expression, STR("key")));
    Str operator = node_string(node_get(expression, STR("operator")));
    size_t i = 0;
    while (i < sizeof OPERATORS / sizeof *OPERATORS && !str_is(operator, OPERATORS[i].name))
        i++;
    if (requirement->key.n == 0 || i == sizeof OPERATORS / sizeof *OPERATORS)
        return err_set(err, ST_RULE, "a matchExpressions entry without key or known operator");
    requirement->operator = OPERATORS[i].operator;
    const Node *values = node_get(expression, STR("values"));
    uint32_t count = node_is(values, NODE_LIST) ? values->count : 0;
    Str *words = ARENA_ARRAY(arena, Str, count);
    if (!words)
        return err_nomem(err);
    for (uint32_t j = 0; j < count; j++)
        words[j] = node_string(&values->items[j]);
    requirement->values = words;
    requirement->value_count = count;
    return ST_OK;
}

Status
selector_of_object(Arena *arena, const Node *node, Selector *ret, Err *err)
{
    Requirements list = {0};
    const Node *labels = node_get(node, STR("matchLabels"));
    const Node *expressions = node_get(node, STR("matchExpressions"));
    if (labels && labels->type != NODE_NULL)
        TRY(add_equalities(arena, labels, &list, err));
    for (uint32_t i = 0; node_is(expressions, NODE_LIST) && i < expressions->count; i++)
        TRY(add_expression(arena, &expressions->items[i], &list, err));
    *ret = (Selector){list.items, list.count};
    return ST_OK;
}

static bool
requirement_holds(const Requirement *requirement, const Node *labels)
{
    const Node *label = node_get(labels, requirement->key);
    if (requirement->operator == SELECTOR_EXISTS)
        return label != NULL;
    if (requirement->operator == SELECTOR_ABSENT || !label)
        return !label && requirement->operator != SELECTOR_IN;
    bool found = false;
    for (size_t i = 0; i < requirement->value_count && !found; i++)
        found = str_eq(node_string(label), requirement->values[i]);
    return found == (requirement->operator == SELECTOR_IN);
}

bool
selector_fits(const Selector *selector, const Node *labels)
{
    for (size_t i = 0; i < selector->count; i++)
        if (!requirement_holds(&selector->items[i], labels))
            return false;
    return true;
}
