/* SPDX-License-Identifier: Apache-2.0 */
/* tree.h -- building Node trees by hand, for what is derived rather than read.
 *
 *     TreeMap map = tree_map(arena);
 *     tree_add_string(&map, "cidr", text);
 *     Node node;
 *     TRY(tree_end_map(&map, &node, err));
 *
 * Adding never fails: what went wrong is told at the end.  Strings are views. */
#ifndef MODEL_TREE_H
#define MODEL_TREE_H

#include "base/node.h"

typedef struct {
    Arena *arena;
    VEC(NodePair) pairs;
    bool failed;
} TreeMap;

typedef struct {
    Arena *arena;
    VEC(Node) items;
    bool failed;
} TreeList;

TreeMap tree_map(Arena *arena);
TreeList tree_list(Arena *arena);

void tree_add(TreeMap *map, Str key, Node value);
void tree_add_string(TreeMap *map, const char *key, Str value);
void tree_add_bool(TreeMap *map, const char *key, bool value);
/* An empty view is left out. */
void tree_add_text(TreeMap *map, const char *key, Str value);
void tree_push(TreeList *list, Node item);

/* ST_NOMEM where something could not be added. */
NODISCARD Status tree_end_map(const TreeMap *map, Node *ret, Err *err);
NODISCARD Status tree_end_list(const TreeList *list, Node *ret, Err *err);

/* Moves the fields of a map to an arena of their own size: growing leaves more than half unused. */
NODISCARD Status tree_keep(Arena *arena, Node *map, Err *err);

/* A copy of the tree in which every node stands on that line: of a text inside a text. */
NODISCARD Status tree_at_line(Arena *arena, const Node *node, uint32_t line, Node *ret, Err *err);

#endif
