/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_scalar.c -- what a YAML scalar means. */
#include "base/yaml_scalar.h"

#include <math.h>

#define CORE "tag:yaml.org,2002:"

static bool
is_one_of(Str text, const char *const *words)
{
    for (; *words; words++)
        if (str_is(text, *words))
            return true;
    return false;
}

static size_t
digits_at(Str text, size_t at)
{
    size_t n = 0;
    while (at + n < text.n && text.p[at + n] >= '0' && text.p[at + n] <= '9')
        n++;
    return n;
}

/* -?(0|[1-9][0-9]*)(\.[0-9]*)?([eE][-+]?[0-9]+)?  is a number, and one without the two
 * last parts an integer.  So 0o7, 007, 0x1f, .5, +1 and .inf are words. */
static bool
is_number(Str text, bool *ret_integer)
{
    size_t at = text.n > 0 && text.p[0] == '-';
    size_t whole = digits_at(text, at);
    if (whole == 0 || (whole > 1 && text.p[at] == '0'))
        return false;
    at += whole;
    *ret_integer = at == text.n;
    if (at < text.n && text.p[at] == '.')
        at += 1 + digits_at(text, at + 1);
    if (at < text.n && (text.p[at] == 'e' || text.p[at] == 'E')) {
        at++;
        if (at < text.n && (text.p[at] == '-' || text.p[at] == '+'))
            at++;
        size_t exponent = digits_at(text, at);
        if (exponent == 0)
            return false;
        at += exponent;
    }
    return at == text.n;
}

static YamlScalar
type_number(Str text, bool integer, Node *ret)
{
    if (integer && str_to_i64(text, &ret->integer)) {
        ret->type = NODE_INT;
        return YAML_SCALAR_OK;
    }
    double number;
    if (!str_to_double(text, &number) || !isfinite(number))
        return YAML_SCALAR_RANGE;
    ret->type = NODE_DOUBLE;
    ret->number = number;
    return YAML_SCALAR_OK;
}

static YamlScalar
type_plain(Str text, Node *ret)
{
    static const char *const NULLS[] = {"", "null", "Null", "NULL", "~", NULL};
    static const char *const TRUES[] = {"true", "True", "TRUE", NULL};
    static const char *const FALSES[] = {"false", "False", "FALSE", NULL};
    bool integer = false;
    if (is_number(text, &integer))
        return type_number(text, integer, ret);
    bool truth = is_one_of(text, TRUES);
    if (truth || is_one_of(text, FALSES)) {
        ret->type = NODE_BOOL;
        ret->boolean = truth;
    } else if (is_one_of(text, NULLS)) {
        ret->type = NODE_NULL;
    } else {
        ret->type = NODE_STRING;
        ret->string = text;
    }
    return YAML_SCALAR_OK;
}

YamlScalar
yaml_scalar(Str text, bool plain, const char *tag, Node *ret)
{
    static const struct {
        const char *tag;
        NodeType type;
    } TAGS[] = {
        {CORE "null", NODE_NULL},
        {CORE "bool", NODE_BOOL},
        {CORE "int", NODE_INT},
        {CORE "float", NODE_DOUBLE},
    };
    if (!tag && plain)
        return type_plain(text, ret);
    if (!tag || str_is(STR("!"), tag) || str_is(STR(CORE "str"), tag)) {
        ret->type = NODE_STRING;
        ret->string = text;
        return YAML_SCALAR_OK;
    }
    for (size_t i = 0; i < sizeof TAGS / sizeof *TAGS; i++) {
        if (!str_is(str_of(TAGS[i].tag), tag))
            continue;
        YamlScalar result = type_plain(text, ret);
        if (result == YAML_SCALAR_OK && TAGS[i].type == NODE_DOUBLE && ret->type == NODE_INT) {
            ret->number = (double)ret->integer;
            ret->type = NODE_DOUBLE;
        }
        return result == YAML_SCALAR_OK && ret->type != TAGS[i].type ? YAML_SCALAR_VALUE : result;
    }
    return YAML_SCALAR_TAG;
}

bool
yaml_container_tag(const char *tag, NodeType type)
{
    return !tag || str_is(str_of(tag), type == NODE_LIST ? CORE "seq" : CORE "map");
}
