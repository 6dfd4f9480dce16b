/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_json.c -- JSON documents and Lists: jansson's verdict, and the same items however the
 * bytes are cut. */
#include "analyzer/text/json.h"
#include "analyzer/text/json_items.h"
#include "base/limits.h"
#include "tests/fuzz/fuzz.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

static bool same(const Node *node, const json_t *json);

static bool
same_map(const Node *node, const json_t *json)
{
    if (json_object_size(json) != node->count)
        return false;
    for (uint32_t i = 0; i < node->count; i++) {
        const json_t *value = json_object_getn(json, node->pairs[i].key.p, node->pairs[i].key.n);
        if (!value || !same(&node->pairs[i].value, value))
            return false;
    }
    return true;
}

static bool
same(const Node *node, const json_t *json)
{
    switch ((NodeType)node->type) {
    case NODE_NULL:
        return json_is_null(json);
    case NODE_BOOL:
        return json_is_boolean(json) && json_is_true(json) == node->boolean;
    case NODE_INT:
        return json_is_integer(json) && json_integer_value(json) == node->integer;
    case NODE_DOUBLE:
        return json_is_real(json) && !(fabs(json_real_value(json) - node->number) > 0);
    case NODE_STRING:
        return json_is_string(json) &&
               str_eq(node->string, (Str){json_string_value(json), json_string_length(json)});
    case NODE_LIST:
        if (!json_is_array(json) || json_array_size(json) != node->count)
            return false;
        for (uint32_t i = 0; i < node->count; i++)
            if (!same(&node->items[i], json_array_get(json, i)))
                return false;
        return true;
    case NODE_MAP:
        return json_is_object(json) && same_map(node, json);
    }
    return false;
}

/* Where the two may differ: numbers past int64, for which jansson has an error, and depth. */
static bool
may_differ(Str text, const json_error_t *why)
{
    enum json_error_code code = json_error_code(why);
    return code == json_error_numeric_overflow || code == json_error_stack_overflow ||
           code == json_error_null_byte_in_key || text.n == 0;
}

static void
parse_document(Arena *arena, Str text)
{
    const Node *node = NULL;
    Err err = {0};
    json_error_t why;
    Status status = json_parse(arena, text, NULL, &node, &err);
    LAW_ERR(status, err);
    json_t *json = json_loadb(text.p, text.n,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &why);
    if (status == ST_OK && json)
        LAW(same(node, json));
    else if (status == ST_OK)
        LAW(may_differ(text, &why));
    else if (json)
        LAW(status == ST_LIMIT);
    json_decref(json);
}

typedef struct {
    uint32_t count;
    uint64_t hash;
} Seen;

static Status
on_item(void *context, const JsonItem *item, Err *err)
{
    Seen *seen = context;
    (void)err;
    LAW(item->index == seen->count && item->line > 0);
    seen->count++;
    for (size_t i = 0; i < item->text.n; i++)
        seen->hash = (seen->hash ^ (unsigned char)item->text.p[i]) * 0x100000001b3ULL;
    return ST_OK;
}

static JsonItemsEnd
split(Arena *arena, Str text, bool in_pieces, Seen *seen)
{
    Err err = {0};
    JsonItems *items = json_items_new(arena, on_item, seen);
    LAW(items != NULL);
    if (!in_pieces && text.n > 0)
        LAW(json_items_feed(items, text, &err) == ST_OK);
    for (Str rest = text; in_pieces && rest.n > 0;)
        LAW(json_items_feed(items, fuzz_piece(&rest, (uint8_t)text.p[0]), &err) == ST_OK);
    JsonItemsEnd end = json_items_end(items);
    cleanup_json_items(&items);
    return end;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(256 << 20);
    Str text = {(const char *)data, size};
    parse_document(arena, text);
    Seen whole = {0};
    Seen pieces = {0};
    JsonItemsEnd one = split(arena, text, false, &whole);
    JsonItemsEnd other = split(arena, text, true, &pieces);
    LAW(whole.count == pieces.count && whole.hash == pieces.hash);
    LAW(one.complete == other.complete && one.count == other.count && one.line == other.line);
    LAW(one.count == whole.count);
    return 0;
}
