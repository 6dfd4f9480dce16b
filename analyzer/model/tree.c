/* SPDX-License-Identifier: Apache-2.0 */
/* tree.c -- building Node trees by hand. */
#include "analyzer/model/tree.h"

#include "base/limits.h"

#include <string.h>

TreeMap
tree_map(Arena *arena)
{
    return (TreeMap){.arena = arena};
}

TreeList
tree_list(Arena *arena)
{
    return (TreeList){.arena = arena};
}

void
tree_add(TreeMap *map, Str key, Node value)
{
    NodePair *pair = VEC_PUSH(map->arena, &map->pairs);
    if (pair)
        *pair = (NodePair){.key = key, .value = value};
    else
        map->failed = true;
}

void
tree_add_string(TreeMap *map, const char *key, Str value)
{
    tree_add(map, str_of(key), (Node){.type = NODE_STRING, .string = value});
}

void
tree_add_text(TreeMap *map, const char *key, Str value)
{
    if (value.n)
        tree_add_string(map, key, value);
}

void
tree_add_bool(TreeMap *map, const char *key, bool value)
{
    tree_add(map, str_of(key), (Node){.type = NODE_BOOL, .boolean = value});
}

void
tree_push(TreeList *list, Node item)
{
    Node *slot = VEC_PUSH(list->arena, &list->items);
    if (slot)
        *slot = item;
    else
        list->failed = true;
}

Status
tree_end_map(const TreeMap *map, Node *ret, Err *err)
{
    if (map->failed)
        return err_nomem(err);
    *ret = (Node){.type = NODE_MAP, .count = (uint32_t)map->pairs.count,
                  .pairs = map->pairs.items};
    return ST_OK;
}

Status
tree_keep(Arena *arena, Node *map, Err *err)
{
    NodePair *pairs = ARENA_ARRAY(arena, NodePair, map->count);
    if (!pairs)
        return err_nomem(err);
    if (map->count)
        memcpy(pairs, map->pairs, map->count * sizeof *pairs);
    map->pairs = pairs;
    return ST_OK;
}

Status
tree_end_list(const TreeList *list, Node *ret, Err *err)
{
    if (list->failed)
        return err_nomem(err);
    *ret = (Node){.type = NODE_LIST, .count = (uint32_t)list->items.count,
                  .items = list->items.items};
    return ST_OK;
}

static Status
copy_at_line(Arena *arena, const Node *node, uint32_t line, unsigned depth, Node *ret, Err *err)
{
    if (depth > LIMIT_YAML_DEPTH)
        return err_set(err, ST_LIMIT, "nested too deeply");
    Node copy = *node;
    copy.line = copy.end_line = line;
    copy.column = 0;
    if (node->type == NODE_LIST && node->count) {
        Node *items = ARENA_ARRAY(arena, Node, node->count);
        if (!items)
            return err_nomem(err);
        for (uint32_t i = 0; i < node->count; i++)
            TRY(copy_at_line(arena, &node->items[i], line, depth + 1, &items[i], err));
        copy.items = items;
    } else if (node->type == NODE_MAP && node->count) {
        NodePair *pairs = ARENA_ARRAY(arena, NodePair, node->count);
        if (!pairs)
            return err_nomem(err);
        for (uint32_t i = 0; i < node->count; i++) {
            pairs[i] = (NodePair){.key = node->pairs[i].key, .line = line};
            TRY(copy_at_line(arena, &node->pairs[i].value, line, depth + 1, &pairs[i].value,
                             err));
        }
        copy.pairs = pairs;
    }
    *ret = copy;
    return ST_OK;
}

Status
tree_at_line(Arena *arena, const Node *node, uint32_t line, Node *ret, Err *err)
{
    return copy_at_line(arena, node, line, 0, ret, err);
}
