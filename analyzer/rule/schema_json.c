/* SPDX-License-Identifier: Apache-2.0 */
/* schema_json.c -- the JSON Schema (draft-07) for editors, printed from the table of keys.
 *
 * Draft-07 is what editors' YAML language servers know best. */
#include "analyzer/rule/schema.h"

#include "analyzer/query/source.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
cleanup_json(json_t **value)
{
    json_decref(*value);
}

/* jansson counts failed allocations as a NULL that every later call hands on; the end of
 * schema_write_json() looks for it. */

static json_t *
type(const char *name)
{
    return json_pack("{s:s}", "type", name);
}

static json_t *
choices(const char *const *names)
{
    json_t *list = json_array();
    for (size_t i = 0; names[i]; i++)
        (void)json_array_append_new(list, json_string(names[i]));
    return json_pack("{s:o}", "enum", list);
}

/* Names of shapes are words; those of definitions are parts of addresses. */
static void
definition_name(const char *name, char *out, size_t size)
{
    (void)snprintf(out, size, "%s", name);
    for (char *p = out; *p; p++)
        if (*p == ' ')
            *p = '-';
}

static json_t *
reference(const char *name)
{
    char word[60];
    char path[80];
    definition_name(name, word, sizeof word);
    (void)snprintf(path, sizeof path, "#/definitions/%s", word);
    return json_pack("{s:s}", "$ref", path);
}

static json_t *
list_of(json_t *items)
{
    return json_pack("{s:s, s:o}", "type", "array", "items", items);
}

static json_t *
map_of(json_t *values)
{
    return json_pack("{s:s, s:o}", "type", "object", "additionalProperties", values);
}

static json_t *
either(json_t *a, json_t *b)
{
    return json_pack("{s:[o,o]}", "anyOf", a, b);
}

static json_t *
pattern(const char *text)
{
    return json_pack("{s:s, s:s}", "type", "string", "pattern", text);
}

static json_t *
scalar(void)
{
    return json_pack("{s:[s,s,s]}", "type", "string", "number", "boolean");
}

static json_t *
id(void)
{
    return pattern("^[A-Z][A-Z0-9-]*-[0-9]{3,5}$");
}

/* Definitions of sources: `related` may stand in `with` alone. */
#define SOURCE_OF_LET "source"
#define SOURCE_OF_WITH "source-of-with"

/* What schema.c takes for the name of evidence. */
#define NAME_PATTERN "^[A-Za-z_][A-Za-z0-9_]{0,63}$"

static json_t *
named(json_t *map)
{
    (void)json_object_set_new(map, "propertyNames", pattern(NAME_PATTERN));
    return map;
}

static json_t *
one_source(void)
{
    return named(json_pack("{s:s, s:i, s:i, s:o}", "type", "object", "minProperties", 1,
                           "maxProperties", 1, "additionalProperties", reference(SOURCE_OF_LET)));
}

static json_t *
schema_of_key(const SchemaKey *key)
{
    switch (key->type) {
    case SCHEMA_STRING:
    case SCHEMA_TEMPLATE:
        return json_pack("{s:s, s:i}", "type", "string", "minLength", 1);
    case SCHEMA_SCALAR:
    case SCHEMA_CEL:
        return scalar();
    case SCHEMA_STRINGS:
        return either(type("string"), list_of(type("string")));
    case SCHEMA_BOOL:
        return type("boolean");
    case SCHEMA_LANGUAGE:
        return json_pack("{s:i}", "const", SCHEMA_LANGUAGE_NUMBER);
    case SCHEMA_DATE:
        return pattern("^[0-9]{4}-[0-9]{2}-[0-9]{2}$");
    case SCHEMA_ID:
        return id();
    case SCHEMA_IDS:
        return list_of(id());
    case SCHEMA_CHOICE:
        return choices(key->choices);
    case SCHEMA_SHAPE:
        return reference(key->shape->name);
    case SCHEMA_CHOICE_OR_SHAPE:
        return either(choices(key->choices), reference(key->shape->name));
    case SCHEMA_SHAPE_LIST:
        return list_of(reference(key->shape->name));
    case SCHEMA_SHAPE_OR_LIST:
        return either(reference(key->shape->name), list_of(reference(key->shape->name)));
    case SCHEMA_OBJECTS:
        return either(type("array"), type("object"));
    case SCHEMA_SHAPE_BY_NAME:
        return named(map_of(reference(key->shape->name)));
    case SCHEMA_SOURCES:
        return named(map_of(reference(strcmp(key->name, "with") == 0 ? SOURCE_OF_WITH
                                                                      : SOURCE_OF_LET)));
    case SCHEMA_SOURCE:
        return one_source();
    case SCHEMA_LIST:
        return type("array");
    case SCHEMA_MAP:
        return type("object");
    case SCHEMA_ANY:
    case SCHEMA_TYPE_COUNT:
        break;
    }
    return json_object();
}

/* What load_rule.c asks of the keys of a rule together. */
static const char RULE_KEYS_TOGETHER[] =
    "[{\"anyOf\": [{\"required\": [\"when\"]}, {\"required\": [\"cases\"]},"
    " {\"required\": [\"each\"]}]},"
    " {\"not\": {\"required\": [\"when\", \"cases\"]}},"
    " {\"anyOf\": [{\"required\": [\"message\"]}, {\"required\": [\"cases\"], \"properties\":"
    " {\"cases\": {\"items\": {\"required\": [\"message\"]}}}}]},"
    " {\"properties\": {\"cases\": {\"minItems\": 1}}},"
    " {\"dependencies\": {\"with\": [\"each\"], \"replaced_by\": {\"required\": [\"status\"],"
    " \"properties\": {\"status\": {\"const\": \"deprecated\"}}}}}]";

static json_t *
schema_of_shape(const SchemaShape *shape)
{
    json_t *properties = json_object();
    json_t *required = json_array();
    for (const SchemaKey *key = shape->keys; key->name; key++) {
        json_t *schema = schema_of_key(key);
        if (key->may_be_null)
            schema = either(type("null"), schema);
        (void)json_object_set_new(schema, "description", json_string(key->help));
        (void)json_object_set_new(properties, key->name, schema);
        if (key->required)
            (void)json_array_append_new(required, json_string(key->name));
    }
    json_t *schema = json_pack("{s:s, s:s, s:b, s:o, s:o}", "type", "object", "description",
                               shape->help, "additionalProperties", 0, "properties", properties,
                               "required", required);
    if (shape == &SCHEMA_RULE)
        (void)json_object_set_new(schema, "allOf", json_loads(RULE_KEYS_TOGETHER, 0, NULL));
    return schema;
}

/* Sources. */

static json_t *
text(void)
{
    return json_pack("{s:s, s:i}", "type", "string", "minLength", 1);
}

/* A word, or a list of them that is not empty. */
static json_t *
words_of(const SourceKey *key)
{
    json_t *list;
    json_t *word[2];
    for (size_t i = 0; i < 2; i++) {
        word[i] = key->words ? choices(key->words()) : text();
        if (key->words && key->glob)
            word[i] = either(word[i], pattern("[*?]"));
    }
    list = list_of(word[1]);
    (void)json_object_set_new(list, "minItems", json_integer(1));
    return either(word[0], list);
}

static json_t *
count_of(const SourceKey *key)
{
    json_t *schema = json_pack("{s:s, s:I}", "type", "integer", "minimum",
                               (json_int_t)key->least);
    if (key->most)
        (void)json_object_set_new(schema, "maximum", json_integer(key->most));
    return schema;
}

static json_t *schema_of_keys(const SourceKey *keys);

static json_t *
schema_of_source_key(const SourceKey *key)
{
    switch (key->type) {
    case SOURCE_WORDS:
        return words_of(key);
    case SOURCE_TEXT:
        return text();
    case SOURCE_LABELS:
        return either(text(), map_of(type("string")));
    case SOURCE_NUMBER:
        return type("number");
    case SOURCE_COUNT:
        return count_of(key);
    case SOURCE_DURATION:
        return pattern("^[+]?(([0-9]+([.][0-9]*)?|[.][0-9]+)(ns|us|µs|ms|s|m|h))+$");
    case SOURCE_NAMES:
        return list_of(text());
    case SOURCE_PARTS:
        break;
    }
    return schema_of_keys(key->parts);
}

/* A mapping of known keys. */
static json_t *
schema_of_keys(const SourceKey *keys)
{
    json_t *properties = json_object();
    json_t *required = json_array();
    for (const SourceKey *key = keys; key->name; key++) {
        (void)json_object_set_new(properties, key->name, schema_of_source_key(key));
        if (key->required)
            (void)json_array_append_new(required, json_string(key->name));
    }
    return json_pack("{s:s, s:b, s:o, s:o}", "type", "object", "additionalProperties", 0,
                     "properties", properties, "required", required);
}

/* What stands behind a kind of source. */
static json_t *
schema_of_source_kind(const SourceDoc *doc)
{
    json_t *schema;
    if (doc->keys)
        schema = schema_of_keys(doc->keys);
    else
        schema = doc->words ? choices(doc->words()) : text();
    if (doc->key_count) {
        (void)json_object_set_new(schema, "minProperties", json_integer(doc->key_count));
        (void)json_object_set_new(schema, "maxProperties", json_integer(doc->key_count));
    }
    (void)json_object_set_new(schema, "description", json_string(doc->help));
    return schema;
}

static json_t *
schema_of_source(bool with)
{
    size_t count;
    const SourceDoc *docs = source_docs(&count);
    json_t *properties = json_object();
    for (size_t i = 0; i < count; i++)
        if (with || strcmp(docs[i].kind, "related") != 0)
            (void)json_object_set_new(properties, docs[i].kind, schema_of_source_kind(&docs[i]));
    return json_pack("{s:s, s:i, s:i, s:b, s:o}", "type", "object", "minProperties", 1,
                     "maxProperties", 1, "additionalProperties", 0, "properties", properties);
}

/* Adds the shapes that a shape leads to, each once.  Shapes nest no deeper than files do. */
static void
add_definitions(json_t *definitions, const SchemaShape *shape)
{
    for (const SchemaKey *key = shape->keys; key->name; key++) {
        if (key->type == SCHEMA_SOURCES || key->type == SCHEMA_SOURCE) {
            (void)json_object_set_new(definitions, SOURCE_OF_LET, schema_of_source(false));
            (void)json_object_set_new(definitions, SOURCE_OF_WITH, schema_of_source(true));
        }
        char word[60];
        definition_name(key->shape ? key->shape->name : "", word, sizeof word);
        if (!key->shape || json_object_get(definitions, word))
            continue;
        (void)json_object_set_new(definitions, word, schema_of_shape(key->shape));
        add_definitions(definitions, key->shape);
    }
}

Status
schema_write_json(const SchemaShape *shape, Buf *out, Err *err)
{
    CLEANUP(cleanup_json) json_t *root = schema_of_shape(shape);
    CLEANUP(cleanup_json) json_t *definitions = json_object();
    if (!root || !definitions)
        return err_nomem(err);
    add_definitions(definitions, shape);
    (void)json_object_set_new(root, "$schema",
                              json_string("http://json-schema.org/draft-07/schema#"));
    (void)json_object_set_new(root, "title", json_string(shape->name));
    (void)json_object_set(root, "definitions", definitions);
    char *text = json_dumps(root, JSON_INDENT(2));
    if (!text)
        return err_nomem(err);
    buf_adds(out, text);
    buf_addc(out, '\n');
    free(text);
    return buf_status(out, err);
}
