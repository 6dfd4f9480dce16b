/* SPDX-License-Identifier: Apache-2.0 */
/* json_share.h -- equal parts of many documents, stored once.
 *
 * Objects of one workload differ in a few fields only.  The children of each list and map are looked
 * up when its bracket closes, the innermost first, so that whole subtrees come to be shared: children
 * are equal where their own children are the same in memory.  Lines are compared too, so they must
 * count from the start of the document.
 *
 * Within one document nothing is shared, for a node's address tells where it stands
 * (node_pointer()).  The table has a fixed size: what was pushed out of it is stored again. */
#ifndef TEXT_JSON_SHARE_H
#define TEXT_JSON_SHARE_H

#include "base/node.h"

typedef struct JsonShares JsonShares;

/* Lives in the arena, as do the copies that it makes; NULL when out of memory. */
JsonShares *json_shares_new(Arena *arena);
/* What follows is of another document. */
void json_shares_begin(JsonShares *shares);
/* The same children, stored; count > 0.  NULL when out of memory. */
const Node *json_share_items(JsonShares *shares, const Node *items, uint32_t count);
const NodePair *json_share_pairs(JsonShares *shares, const NodePair *pairs, uint32_t count);

/* Quick and of few bytes of the text: not for tables that hostile text could make slow. */
uint32_t json_text_bits(Str text);

#endif
