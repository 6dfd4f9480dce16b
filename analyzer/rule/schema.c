/* SPDX-License-Identifier: Apache-2.0 */
/* schema.c -- checks a document against the table of keys. */
#include "analyzer/rule/schema.h"

#include "base/timestamp.h"

#include <stdio.h>

/* The widest table has 21 keys; a test holds the table to this. */
enum { MAX_KEYS = 32 };

typedef struct {
    const char *file;
    Diagnostics *diagnostics;
    bool is_sound;
} Check;

static const char *const TYPE_TEXTS[SCHEMA_TYPE_COUNT] = {
    [SCHEMA_STRING] = "a string",
    [SCHEMA_SCALAR] = "a string or number",
    [SCHEMA_STRINGS] = "a string or a list of strings",
    [SCHEMA_BOOL] = "true or false",
    [SCHEMA_LANGUAGE] = "a number",
    [SCHEMA_CEL] = "an expression",
    [SCHEMA_TEMPLATE] = "a text",
    [SCHEMA_DATE] = "a date",
    [SCHEMA_ID] = "an id such as MIX-101",
    [SCHEMA_IDS] = "a list of ids",
    [SCHEMA_CHOICE] = "a word",
    [SCHEMA_SHAPE] = "a mapping",
    [SCHEMA_CHOICE_OR_SHAPE] = "a word or a mapping",
    [SCHEMA_SHAPE_LIST] = "a list of mappings",
    [SCHEMA_SHAPE_OR_LIST] = "a mapping or a list of mappings",
    [SCHEMA_OBJECTS] = "a list of objects, or a mapping",
    [SCHEMA_SHAPE_BY_NAME] = "a mapping of names to mappings",
    [SCHEMA_SOURCES] = "a mapping of names to sources",
    [SCHEMA_SOURCE] = "one name with its source",
    [SCHEMA_LIST] = "a list",
    [SCHEMA_MAP] = "a mapping",
    [SCHEMA_ANY] = "anything",
};

const char *
schema_type_text(SchemaType type)
{
    return TYPE_TEXTS[type];
}

int
schema_choice(const char *const *choices, Str text)
{
    for (int i = 0; choices[i]; i++)
        if (str_is(text, choices[i]))
            return i;
    return -1;
}

static void PRINTF_LIKE(3, 4)
complain(Check *check, const Node *node, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    diagnostic_error(check->diagnostics, check->file, node->line, node->column, "%s", text);
    check->is_sound = false;
}

static void
complain_of_type(Check *check, const SchemaKey *key, const Node *node)
{
    complain(check, node, "\"%s\" must be %s, not %s%s", key->name, TYPE_TEXTS[key->type],
             node->type == NODE_NULL ? "" : "a ", node_type_name((NodeType)node->type));
}

static bool
is_scalar(const Node *node)
{
    return node->type != NODE_LIST && node->type != NODE_MAP && node->type != NODE_NULL;
}

static void
check_string(Check *check, const SchemaKey *key, const Node *node)
{
    if (node->type != NODE_STRING)
        complain_of_type(check, key, node);
    else if (str_trim(node->string).n == 0)
        complain(check, node, "\"%s\" is empty", key->name);
}

static void
check_list_of(Check *check, const SchemaKey *key, const Node *node,
              void (*item)(Check *check, const SchemaKey *key, const Node *node))
{
    for (uint32_t i = 0; i < node->count; i++)
        item(check, key, &node->items[i]);
}

static bool
is_id(Str text)
{
    size_t dash;
    if (!str_rfind_char(text, '-', &dash) || dash == 0 || text.n > 40)
        return false;
    size_t digits = text.n - dash - 1;
    if (digits < 3 || digits > 5 || text.p[0] < 'A' || text.p[0] > 'Z')
        return false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool is_digit = c >= '0' && c <= '9';
        bool is_capital = c >= 'A' && c <= 'Z';
        if (i == dash)
            continue;
        if (i > dash ? !is_digit : !is_digit && !is_capital && c != '-')
            return false;
    }
    return true;
}

static void
check_id(Check *check, const SchemaKey *key, const Node *node)
{
    if (node->type != NODE_STRING)
        complain(check, node, "\"%s\" must be an id such as MIX-101", key->name);
    else if (!is_id(node->string))
        complain(check, node, "\"" STR_FMT "\" is no id: capitals, a dash, three digits",
                 STR_ARG(str_head(node->string, 60)));
}

static void
check_choice(Check *check, const SchemaKey *key, const Node *node)
{
    if (node->type == NODE_STRING && schema_choice(key->choices, node->string) >= 0)
        return;
    char all[160] = "";
    size_t used = 0;
    for (size_t i = 0; key->choices[i] && used < sizeof all; i++)
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "",
                                 key->choices[i]);
    const char *near =
        node->type == NODE_STRING ? str_nearest(node->string, key->choices) : NULL;
    complain(check, node, "\"%s\" must be one of %s%s%s%s", key->name, all,
             near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static void
check_date(Check *check, const SchemaKey *key, const Node *node)
{
    int64_t ns;
    char text[40];
    Str day = node_string(node);
    (void)snprintf(text, sizeof text, STR_FMT "T00:00:00Z", STR_ARG(str_head(day, 20)));
    if (day.n != 10 || !timestamp_parse(str_of(text), &ns))
        complain(check, node, "\"%s\" must be a date such as 2018-06-01", key->name);
}

static void
check_language(Check *check, const SchemaKey *key, const Node *node)
{
    if (node->type != NODE_INT)
        complain_of_type(check, key, node);
    else if (node->integer > SCHEMA_LANGUAGE_NUMBER)
        complain(check, node,
                 "written for version %lld of the rule language; this program knows %d",
                 (long long)node->integer, SCHEMA_LANGUAGE_NUMBER);
    else if (node->integer < 1)
        complain(check, node, "\"language\" must be %d", SCHEMA_LANGUAGE_NUMBER);
}

static bool
is_name(Str text)
{
    if (text.n == 0 || text.n > 64 || (text.p[0] >= '0' && text.p[0] <= '9'))
        return false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
            c != '_')
            return false;
    }
    return true;
}

/* Words that an expression could never use as a name. */
static const char *const RESERVED[] = {
    "params", "it",     "in",    "as",  "break", "const",    "continue", "else", "false",
    "for",    "function", "if",  "import", "let", "loop",    "namespace", "null", "package",
    "return", "true",   "var",   "void", "while", NULL,
};

static void
check_names(Check *check, const Node *node)
{
    for (uint32_t i = 0; i < node->count; i++) {
        const NodePair *pair = &node->pairs[i];
        const Node at = {.line = pair->line, .column = pair->column};
        if (schema_choice(RESERVED, pair->key) >= 0)
            complain(check, &at, "\"" STR_FMT "\" is a reserved word and cannot be a name",
                     STR_ARG(pair->key));
        else if (!is_name(pair->key))
            complain(check, &at, "\"" STR_FMT "\" is no name: letters, digits and _",
                     STR_ARG(str_head(pair->key, 60)));
    }
}

static void
check_sources(Check *check, const SchemaKey *key, const Node *node)
{
    if (node->type != NODE_MAP || (key->type == SCHEMA_SOURCE && node->count != 1)) {
        if (node->type == NODE_MAP)
            complain(check, node, "\"%s\" must be exactly one name with its source", key->name);
        else
            complain_of_type(check, key, node);
        return;
    }
    check_names(check, node);
}

static void check_shape(Check *check, const SchemaShape *shape, const Node *node);
static void check_value(Check *check, const SchemaKey *key, const Node *node);

static const SchemaKey *
find_key(const SchemaShape *shape, Str name)
{
    for (const SchemaKey *key = shape->keys; key->name; key++)
        if (str_is(name, key->name))
            return key;
    return NULL;
}

static void
complain_of_key(Check *check, const SchemaShape *shape, const NodePair *pair)
{
    const char *names[MAX_KEYS + 1] = {NULL};
    size_t count = 0;
    for (const SchemaKey *key = shape->keys; key->name && count < MAX_KEYS; key++)
        names[count++] = key->name;
    const char *near = str_nearest(pair->key, names);
    const Node at = {.line = pair->line, .column = pair->column};
    complain(check, &at, "unknown key \"" STR_FMT "\"%s%s%s", STR_ARG(str_head(pair->key, 60)),
             near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static void
check_nested(Check *check, const SchemaKey *key, const Node *node)
{
    if (node->type == NODE_MAP)
        check_shape(check, key->shape, node);
    else
        complain(check, node, "\"%s\" must be a mapping, not %s", key->name,
                 node_type_name((NodeType)node->type));
}

static void
check_shape_by_name(Check *check, const SchemaKey *key, const Node *node)
{
    if (node->type != NODE_MAP) {
        complain_of_type(check, key, node);
        return;
    }
    check_names(check, node);
    for (uint32_t i = 0; i < node->count; i++)
        check_nested(check, key, &node->pairs[i].value);
}

/* Types that are a list, or that may be one. */
static bool
check_list_types(Check *check, const SchemaKey *key, const Node *node)
{
    if (node->type != NODE_LIST)
        return false;
    if (key->type == SCHEMA_STRINGS)
        check_list_of(check, key, node, check_string);
    else if (key->type == SCHEMA_IDS)
        check_list_of(check, key, node, check_id);
    else if (key->type == SCHEMA_SHAPE_LIST || key->type == SCHEMA_SHAPE_OR_LIST)
        check_list_of(check, key, node, check_nested);
    else if (key->type != SCHEMA_LIST && key->type != SCHEMA_OBJECTS)
        return false;
    return true;
}

/* As a mapping, but keys with a slash name one object each. */
static void
check_objects(Check *check, const SchemaShape *shape, const Node *node)
{
    for (uint32_t i = 0; i < node->count; i++) {
        const NodePair *pair = &node->pairs[i];
        const SchemaKey *key = find_key(shape, pair->key);
        size_t slash;
        bool is_object = str_find_char(pair->key, '/', &slash);
        if (key)
            check_value(check, key, &pair->value);
        else if (!is_object)
            complain_of_key(check, shape, pair);
        else if (pair->value.type != NODE_MAP && pair->value.type != NODE_NULL)
            complain(check, &pair->value, "an object must be a mapping, or null");
    }
}

static bool
check_map_types(Check *check, const SchemaKey *key, const Node *node)
{
    if (node->type != NODE_MAP)
        return false;
    if (key->type == SCHEMA_SHAPE || key->type == SCHEMA_CHOICE_OR_SHAPE ||
        key->type == SCHEMA_SHAPE_OR_LIST)
        check_shape(check, key->shape, node);
    else if (key->type == SCHEMA_OBJECTS)
        check_objects(check, key->shape, node);
    else if (key->type != SCHEMA_MAP)
        return false;
    return true;
}

static void
check_scalar_types(Check *check, const SchemaKey *key, const Node *node)
{
    bool fits = false;
    if (key->type == SCHEMA_SCALAR || key->type == SCHEMA_CEL)
        fits = is_scalar(node);
    else if (key->type == SCHEMA_BOOL)
        fits = node->type == NODE_BOOL;
    if (!fits)
        complain_of_type(check, key, node);
    else if (node->type == NODE_STRING && key->type == SCHEMA_CEL)
        check_string(check, key, node);
}

static void
check_value(Check *check, const SchemaKey *key, const Node *node)
{
    if (key->type == SCHEMA_ANY || (key->may_be_null && node->type == NODE_NULL))
        return;
    if (key->type == SCHEMA_SOURCES || key->type == SCHEMA_SOURCE)
        check_sources(check, key, node);
    else if (key->type == SCHEMA_SHAPE_BY_NAME)
        check_shape_by_name(check, key, node);
    else if (check_list_types(check, key, node) || check_map_types(check, key, node))
        return;
    else if (key->type == SCHEMA_STRING || key->type == SCHEMA_TEMPLATE ||
             (key->type == SCHEMA_STRINGS && is_scalar(node)))
        check_string(check, key, node);
    else if (key->type == SCHEMA_ID)
        check_id(check, key, node);
    else if (key->type == SCHEMA_CHOICE ||
             (key->type == SCHEMA_CHOICE_OR_SHAPE && is_scalar(node)))
        check_choice(check, key, node);
    else if (key->type == SCHEMA_DATE)
        check_date(check, key, node);
    else if (key->type == SCHEMA_LANGUAGE)
        check_language(check, key, node);
    else
        check_scalar_types(check, key, node);
}

static void
check_shape(Check *check, const SchemaShape *shape, const Node *node)
{
    for (uint32_t i = 0; i < node->count; i++) {
        const SchemaKey *key = find_key(shape, node->pairs[i].key);
        if (key)
            check_value(check, key, &node->pairs[i].value);
        else
            complain_of_key(check, shape, &node->pairs[i]);
    }
    for (const SchemaKey *key = shape->keys; key->name; key++)
        if (key->required && !node_get(node, str_of(key->name)))
            complain(check, node, "%s without \"%s\"", shape->name, key->name);
}

bool
schema_check(const SchemaShape *shape, const Node *node, const char *file,
             Diagnostics *diagnostics)
{
    Check check = {.file = file, .diagnostics = diagnostics, .is_sound = true};
    if (node->type == NODE_MAP)
        check_shape(&check, shape, node);
    else
        complain(&check, node, "a %s must be a mapping", shape->name);
    return check.is_sound;
}
