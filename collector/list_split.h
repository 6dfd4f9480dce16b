/* SPDX-License-Identifier: Apache-2.0 */
/* list_split.h -- cuts a Kubernetes List into its items while it arrives.
 *
 * One ListSplit reads one page.  Each item is given to the callback as its own JSON text, in
 * order; what stands around the items (kind, apiVersion, metadata) is kept as the envelope,
 * a small JSON object with "items":[].  Memory is bounded by the largest item. */
#ifndef COLLECTOR_LIST_SPLIT_H
#define COLLECTOR_LIST_SPLIT_H

#include "base/buf.h"

typedef Status ListItemFn(void *context, Str item, Err *err);

typedef struct {
    ListItemFn *on_item;
    void *context;
    Buf item;              /* the item being read */
    Buf envelope;
    Buf word;              /* the last string at depth 1: a key, once its colon came */
    unsigned depth;
    bool in_string;
    bool escaped;
    bool in_items;         /* inside the array of items */
    bool key_is_items;
    bool skipping;         /* the rest of an item that was too large */
    bool seen_items;
    bool done;
    uint64_t items;
    uint64_t oversized;    /* items left out: over LIMIT_ITEM_BYTES */
} ListSplit;

typedef struct {
    Str kind;
    Str api_version;
    Str next;              /* metadata.continue; "" on the last page */
    Str resource_version;
    int64_t remaining;     /* remainingItemCount; -1 unknown */
} ListHead;

void list_split_init(ListSplit *split, ListItemFn *on_item, void *context);
void list_split_done(ListSplit *split);
/* ST_FORMAT: not a List.  Whatever the callback returns is passed on. */
NODISCARD Status list_split_feed(ListSplit *split, const char *bytes, size_t n, Err *err);
/* ST_FORMAT: the text ended early, or there were no items.  Views live in the arena. */
NODISCARD Status list_split_end(ListSplit *split, Arena *arena, ListHead *ret, Err *err);

#endif
