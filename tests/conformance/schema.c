/* SPDX-License-Identifier: Apache-2.0 */
/* schema.c -- what Kubernetes' adaptor makes of an object with a schema beyond what the data
 * has done to its variables already (their types, and the escapes of their names).
 *
 * In an object with declared properties a null is the same as an absent property; and a name
 * is found escaped and as it is, as in self.metadata.namespace.  Both follow from how the
 * adaptor finds a key (apiserver, pkg/cel/common/valuesunstructured.go, unstructuredMap.Find). */
#include "tests/conformance/conformance.h"

#include <string.h>

#include "base/cleanup.h"

/* Of an escaped keyword, as __namespace__: the keyword; empty for any other name. */
static Str
keyword_of(Str name)
{
    Str fence = STR("__");
    bool fenced = name.n > 2 * fence.n && str_starts(name, fence) && str_ends(name, fence);
    return fenced ? str_sub(name, fence.n, name.n - 2 * fence.n) : (Str){0};
}

/* An expression that never writes an escape means the name itself. */
static void
name_as_written(json_t *key, Str expression)
{
    size_t at;
    Str name = conformance_str(key, "v");
    Str keyword = keyword_of(name);
    if (keyword.n > 0 && !str_find(expression, name, &at))
        json_object_set_new(key, "v", json_stringn(keyword.p, keyword.n));
}

static bool
is_null(const json_t *value)
{
    return str_eq(conformance_str(value, "t"), STR("null"));
}

static void
apply_to_object(json_t *entries, const json_t *schema, Str expression)
{
    const json_t *properties = json_object_get(schema, "properties");
    const json_t *others = json_object_get(schema, "additionalProperties");
    for (size_t i = json_array_size(entries); i-- > 0;) {
        json_t *entry = json_array_get(entries, i);
        json_t *key = json_array_get(entry, 0);
        json_t *value = json_array_get(entry, 1);
        Str name = conformance_str(key, "v");
        Str keyword = keyword_of(name);
        Str declared = keyword.n > 0 ? keyword : name;
        const json_t *inner = json_object_getn(properties, declared.p, declared.n);
        if (properties && is_null(value)) {
            json_array_remove(entries, i);
            continue;
        }
        if (properties)
            name_as_written(key, expression);
        conformance_apply_schema(value, inner ? inner : others, expression);
    }
}

void
conformance_apply_schema(json_t *value, const json_t *schema, Str expression)
{
    size_t i;
    json_t *item;
    json_t *inner = json_object_get(value, "v");
    if (str_eq(conformance_str(value, "t"), STR("map")))
        apply_to_object(inner, schema, expression);
    if (!str_eq(conformance_str(value, "t"), STR("list")))
        return;
    json_array_foreach(inner, i, item)
        conformance_apply_schema(item, json_object_get(schema, "items"), expression);
}
