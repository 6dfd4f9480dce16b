/* SPDX-License-Identifier: Apache-2.0 */
/* selector.c -- one requirement after the other. */
#include "collector/selector.h"

typedef enum { OP_EXISTS, OP_ABSENT, OP_IN, OP_NOT_IN } Op;

typedef struct {
    Str key;
    Op op;
    Str values;      /* separated by commas */
} Requirement;

/* Cuts the next requirement; commas inside brackets do not separate. */
static bool
cut_requirement(Str *rest, Str *ret)
{
    size_t depth = 0;
    if (!rest->p)
        return false;
    for (size_t i = 0; i < rest->n; i++) {
        if (rest->p[i] == '(')
            depth++;
        else if (rest->p[i] == ')' && depth > 0)
            depth--;
        else if (rest->p[i] == ',' && depth == 0) {
            *ret = str_head(*rest, i);
            *rest = str_from(*rest, i + 1);
            return true;
        }
    }
    *ret = *rest;
    *rest = (Str){0};
    return true;
}

static bool
valid_key(Str key)
{
    for (size_t i = 0; i < key.n; i++)
        if (key.p[i] <= ' ' || key.p[i] == '=' || key.p[i] == '!' || key.p[i] == '(' ||
            key.p[i] == ')')
            return false;
    return key.n > 0;
}

/* "key in (a,b)" and "key notin (a,b)" */
static bool
parse_set(Str text, Requirement *ret)
{
    size_t open;
    size_t space;
    if (!str_find_char(text, '(', &open) || text.p[text.n - 1] != ')')
        return false;
    Str head = str_trim(str_head(text, open));
    if (!str_rfind_char(head, ' ', &space))
        return false;
    Str word = str_trim(str_from(head, space));
    *ret = (Requirement){str_trim(str_head(head, space)), str_is(word, "in") ? OP_IN : OP_NOT_IN,
                         str_sub(text, open + 1, text.n - open - 2)};
    return valid_key(ret->key) && (str_is(word, "in") || str_is(word, "notin"));
}

static bool
parse(Str text, Requirement *ret)
{
    size_t at;
    text = str_trim(text);
    if (text.n == 0)
        return false;
    if (str_find_char(text, '(', &at))
        return parse_set(text, ret);
    if (text.p[0] == '!') {
        *ret = (Requirement){str_trim(str_from(text, 1)), OP_ABSENT, STR("")};
        return valid_key(ret->key);
    }
    if (!str_find_char(text, '=', &at)) {
        *ret = (Requirement){text, OP_EXISTS, STR("")};
        return valid_key(ret->key);
    }
    bool not_equal = at > 0 && text.p[at - 1] == '!';
    size_t value = at + 1 < text.n && text.p[at + 1] == '=' && !not_equal ? at + 2 : at + 1;
    *ret = (Requirement){str_trim(str_head(text, not_equal ? at - 1 : at)),
                         not_equal ? OP_NOT_IN : OP_IN,
                         str_trim(str_from(text, value))};
    return valid_key(ret->key);
}

static bool
fits(const Requirement *need, const Label *labels, size_t count)
{
    const Label *label = NULL;
    for (size_t i = 0; i < count && !label; i++)
        if (str_eq(labels[i].key, need->key))
            label = &labels[i];
    if (need->op == OP_EXISTS || need->op == OP_ABSENT)
        return (label != NULL) == (need->op == OP_EXISTS);
    Str rest = need->values;
    bool listed = false;
    for (Str value; label && str_cut(&rest, ',', &value);)
        listed |= str_eq(str_trim(value), label->value);
    return listed == (need->op == OP_IN);
}

bool
selector_fits(Str selector, const Label *labels, size_t count)
{
    Requirement need;
    if (str_trim(selector).n == 0)
        return true;
    for (Str part; cut_requirement(&selector, &part);)
        if (!parse(part, &need) || !fits(&need, labels, count))
            return false;
    return true;
}

Status
selector_check(Str selector, Err *err)
{
    Requirement need;
    if (str_trim(selector).n == 0)
        return ST_OK;
    for (Str part; cut_requirement(&selector, &part);)
        if (!parse(part, &need))
            return err_set(err, ST_FORMAT, "'%.*s' is no label requirement",
                           STR_ARG(str_trim(part)));
    return ST_OK;
}
