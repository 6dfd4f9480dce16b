/* SPDX-License-Identifier: Apache-2.0 */
/* value.c -- making values and looking into them. */
#include "analyzer/query/value.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* Where keys of a map stand: slots of index + 1, 0 is free; a power of two of them. */
struct ValueSlots {
    size_t count;
    uint32_t at[];
};

enum { SLOTS_FROM = 16 };   /* smaller maps are searched */

static const Gap REDACTED_GAP = {
    .evidence = STR_INIT("redacted value"),
    .reason = STR_INIT("redacted"),
    .class_name = STR_INIT("redacted"),
    .collect_with = STR_INIT("meshcase-collect --redact none, where that is acceptable"),
};

static const ValueError NO_MEMORY = {.text = STR_INIT("out of memory"), .limit = true};

Value
value_int(int64_t i)
{
    return (Value){.type = VALUE_INT, .integer = i};
}

Value
value_uint(uint64_t u)
{
    return (Value){.type = VALUE_UINT, .natural = u};
}

Value
value_double(double d)
{
    return (Value){.type = VALUE_DOUBLE, .number = d};
}

Value
value_string(Str s)
{
    return (Value){.type = VALUE_STRING, .string = s};
}

Value
value_bytes(Str s)
{
    return (Value){.type = VALUE_BYTES, .string = s};
}

Value
value_type(const char *name)
{
    return (Value){.type = VALUE_TYPE, .string = str_of(name)};
}

Value
value_timestamp(int64_t seconds, int32_t nanos)
{
    return (Value){.type = VALUE_TIMESTAMP, .time = {.seconds = seconds, .nanos = nanos}};
}

Value
value_duration(int64_t ns)
{
    return (Value){.type = VALUE_DURATION, .integer = ns};
}

Value
value_optional(const Value *inner)
{
    return (Value){.type = VALUE_OPTIONAL, .inner = inner};
}

Value
value_opaque(const OpaqueType *type, const void *data)
{
    return (Value){.type = VALUE_OPAQUE, .opaque = {.type = type, .data = data}};
}

Value
value_unknown(const Gap *gap)
{
    return (Value){.type = VALUE_UNKNOWN, .gap = gap};
}

Value
value_nomem(void)
{
    return (Value){.type = VALUE_ERROR, .error = &NO_MEMORY};
}

Value
value_missing(Arena *arena, const char *evidence, Str reason, Str class_name, Str collect_with)
{
    const Gap *gap = gap_new(arena, evidence, reason, class_name, collect_with, NULL);
    return gap ? value_unknown(gap) : value_nomem();
}

Value
value_error(Arena *arena, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ValueError *error = ARENA_NEW(arena, ValueError);
    if (!error)
        return value_nomem();
    error->text = arena_str(arena, str_of(text));
    if (!error->text.p)
        return value_nomem();
    return (Value){.type = VALUE_ERROR, .error = error};
}

/* Whether redaction left nothing of a string: "<redacted:jwt>", and what must-gather writes. */
static bool
is_redacted(Str s)
{
    if (str_is(s, "***HIDDEN***"))
        return true;
    size_t at = 0;
    return str_starts(s, STR("<redacted:")) && str_find_char(s, '>', &at) && at == s.n - 1;
}

Value
value_of_node(const Node *node, const Origin *origin)
{
    Value v = {.type = VALUE_NULL, .origin = origin, .source = node};
    switch ((NodeType)node->type) {
    case NODE_NULL:
        break;
    case NODE_BOOL:
        v.type = VALUE_BOOL;
        v.boolean = node->boolean;
        break;
    case NODE_INT:
        v.type = VALUE_INT;
        v.integer = node->integer;
        break;
    case NODE_DOUBLE:
        v.type = VALUE_DOUBLE;
        v.number = node->number;
        break;
    case NODE_STRING:
        v.type = VALUE_STRING;
        v.string = node->string;
        if (is_redacted(node->string)) {
            v.type = VALUE_UNKNOWN;
            v.gap = &REDACTED_GAP;
        }
        break;
    case NODE_LIST:
    case NODE_MAP:
        v.type = node->type == NODE_LIST ? VALUE_LIST : VALUE_MAP;
        v.is_node = true;
        v.node = node;
        break;
    }
    return v;
}

static atomic_uint_fast64_t last_id;

uint64_t
value_newest_list(void)
{
    return atomic_load_explicit(&last_id, memory_order_relaxed);
}

Value
value_list(Arena *arena, const Value *items, size_t count, const Gap *gap)
{
    ValueList *list = ARENA_NEW(arena, ValueList);
    if (!list)
        return value_nomem();
    list->items = items;
    list->count = count;
    list->gap = gap;
    list->id = atomic_fetch_add_explicit(&last_id, 1, memory_order_relaxed) + 1;
    return (Value){.type = VALUE_LIST, .list = list};
}

Value
value_strings(Arena *arena, const Str *items, size_t count)
{
    Value *values = ARENA_ARRAY(arena, Value, count);
    if (!values)
        return value_nomem();
    for (size_t i = 0; i < count; i++)
        values[i] = value_string(items[i]);
    return value_list(arena, values, count, NULL);
}

static const struct ValueSlots *
slots_new(Arena *arena, const ValueEntry *entries, size_t count)
{
    size_t slot_count = 2 * SLOTS_FROM;
    while (slot_count < 2 * count)
        slot_count *= 2;
    struct ValueSlots *slots =
        count < UINT32_MAX / 4
            ? arena_zalloc(arena, sizeof *slots + slot_count * sizeof slots->at[0])
            : NULL;
    if (!slots)
        return NULL;
    slots->count = slot_count;
    for (size_t i = 0; i < count; i++) {
        uint64_t hash = 0;
        (void)value_hash(entries[i].key, &hash);
        size_t at = hash & (slot_count - 1);
        while (slots->at[at])
            at = (at + 1) & (slot_count - 1);
        slots->at[at] = (uint32_t)i + 1;
    }
    return slots;
}

Value
value_map(Arena *arena, const ValueEntry *entries, size_t count, const Gap *gap)
{
    ValueMap *map = ARENA_NEW(arena, ValueMap);
    if (!map)
        return value_nomem();
    map->entries = entries;
    map->count = count;
    map->gap = gap;
    if (count >= SLOTS_FROM)
        map->slots = slots_new(arena, entries, count);
    return (Value){.type = VALUE_MAP, .map = map};
}

Value
value_record(Arena *arena, const ValueField *fields, size_t count, const Origin *origin)
{
    ValueEntry *entries = ARENA_ARRAY(arena, ValueEntry, count);
    if (!entries)
        return value_nomem();
    for (size_t i = 0; i < count; i++) {
        entries[i].key = value_string(str_of(fields[i].name));
        entries[i].value = fields[i].value;
    }
    Value record = value_map(arena, entries, count, NULL);
    if (record.type == VALUE_MAP)
        record.origin = origin;
    return record;
}

size_t
value_count(Value v)
{
    if (v.type != VALUE_LIST && v.type != VALUE_MAP)
        return 0;
    if (v.is_node && v.type == VALUE_MAP)
        node_note_all(v.node);
    if (v.is_node)
        return v.node->count;
    return v.type == VALUE_LIST ? v.list->count : v.map->count;
}

/* What is selected from a value comes from where it came from, unless it says better. */
static Value
inherit(Value part, Value whole)
{
    if (!part.origin)
        part.origin = whole.origin;
    return part;
}

Value
value_item(Value list, size_t index)
{
    if (list.is_node)
        return value_of_node(&list.node->items[index], list.origin);
    return inherit(list.list->items[index], list);
}

void
value_entry(Value map, size_t index, Value *ret_key, Value *ret_value)
{
    if (map.is_node) {
        node_note_all(map.node);
        const NodePair *pair = &map.node->pairs[index];
        *ret_key = value_string(pair->key);
        *ret_value = value_of_node(&pair->value, map.origin);
        return;
    }
    *ret_key = map.map->entries[index].key;
    *ret_value = inherit(map.map->entries[index].value, map);
}

bool
value_field(Value v, Str key, Value *ret)
{
    return value_find_key(v, value_string(key), ret);
}

bool
value_find_key(Value map, Value key, Value *ret)
{
    if (map.type != VALUE_MAP)
        return false;
    if (map.is_node) {
        const Node *node = key.type == VALUE_STRING ? node_get(map.node, key.string) : NULL;
        if (node)
            *ret = value_of_node(node, map.origin);
        return node != NULL;
    }
    const ValueMap *m = map.map;
    uint64_t hash = 0;
    if (m->slots && value_hash(key, &hash)) {
        size_t mask = m->slots->count - 1;
        for (size_t at = hash & mask; m->slots->at[at]; at = (at + 1) & mask) {
            const ValueEntry *entry = &m->entries[m->slots->at[at] - 1];
            Value same = value_equals(entry->key, key);
            if (same.type == VALUE_BOOL && same.boolean) {
                *ret = inherit(entry->value, map);
                return true;
            }
        }
        return false;
    }
    for (size_t i = 0; i < m->count; i++) {
        const Value *own = &m->entries[i].key;
        Value same = own->type == VALUE_STRING && key.type == VALUE_STRING
                         ? value_bool(str_eq(own->string, key.string))
                         : value_equals(*own, key);
        if (same.type == VALUE_BOOL && same.boolean) {
            *ret = inherit(m->entries[i].value, map);
            return true;
        }
    }
    return false;
}

const char *
value_type_name(Value v)
{
    static const char *const NAMES[] = {
        [VALUE_NULL] = "null_type",
        [VALUE_BOOL] = "bool",
        [VALUE_INT] = "int",
        [VALUE_UINT] = "uint",
        [VALUE_DOUBLE] = "double",
        [VALUE_STRING] = "string",
        [VALUE_BYTES] = "bytes",
        [VALUE_LIST] = "list",
        [VALUE_MAP] = "map",
        [VALUE_TYPE] = "type",
        [VALUE_TIMESTAMP] = "google.protobuf.Timestamp",
        [VALUE_DURATION] = "google.protobuf.Duration",
        [VALUE_OPTIONAL] = "optional_type",
        [VALUE_UNKNOWN] = "unknown",
        [VALUE_ERROR] = "error",
    };
    return v.type == VALUE_OPAQUE ? v.opaque.type->name : NAMES[v.type];
}
