/* SPDX-License-Identifier: Apache-2.0 */
/* schema_json.c -- the JSON Schema (draft-07) for editors, printed from the table of keys.
 *
 * Draft-07 is what editors' YAML language servers know best. */
#include "analyzer/rule/schema.h"

#include "analyzer/query/source.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

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

static json_t *
one_source(void)
{
    return json_pack("{s:s, s:i, s:i, s:o}", "type", "object", "minProperties", 1,
                     "maxProperties", 1, "additionalProperties", reference("source"));
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
        return map_of(reference(key->shape->name));
    case SCHEMA_SOURCES:
        return map_of(reference("source"));
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
    return json_pack("{s:s, s:s, s:b, s:o, s:o}", "type", "object", "description", shape->help,
                     "additionalProperties", 0, "properties", properties, "required", required);
}

/* The mapping behind a kind of source: its keys are the source's business. */
static json_t *
schema_of_source_kind(const SourceDoc *doc)
{
    json_t *schema;
    if (!doc->keys) {
        schema = json_object();
    } else {
        json_t *properties = json_object();
        for (size_t i = 0; doc->keys[i]; i++)
            (void)json_object_set_new(properties, doc->keys[i], json_object());
        schema = json_pack("{s:b, s:o}", "additionalProperties", 0, "properties", properties);
        /* Some kinds have a short form, which is a string. */
        schema = either(type("string"), schema);
    }
    (void)json_object_set_new(schema, "description", json_string(doc->help));
    return schema;
}

static json_t *
schema_of_source(void)
{
    size_t count;
    const SourceDoc *docs = source_docs(&count);
    json_t *properties = json_object();
    for (size_t i = 0; i < count; i++)
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
            if (!json_object_get(definitions, "source"))
                (void)json_object_set_new(definitions, "source", schema_of_source());
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
