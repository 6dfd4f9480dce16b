/* SPDX-License-Identifier: Apache-2.0 */
/* json_items.h -- the elements of a Kubernetes List, one at a time, from a stream.
 *
 *     JsonItems *items = json_items_new(arena, on_item, context);
 *     while (... a chunk ...)
 *         TRY(json_items_feed(items, chunk, err));
 *     JsonItemsEnd end = json_items_end(items);
 *
 * The scanner finds the top-level "items" whatever the order of keys (a bare array is taken
 * as items too) and hands over the bytes of each item as soon as its last byte is there.  It
 * never holds more than one item.  It counts brackets and strings but does not parse items:
 * an item that json_parse() refuses is the caller's record, its neighbours are handed over
 * all the same.  What a List says of itself may follow its items, so it is told at the end.
 * Malformed input is no error of feed(): the scan stops there, and the end says so. */
#ifndef TEXT_JSON_ITEMS_H
#define TEXT_JSON_ITEMS_H

#include "base/arena.h"

typedef struct JsonItems JsonItems;

typedef struct {
    Str text;               /* until the callback returns; empty where reason is set */
    uint32_t index;         /* 0-based */
    uint32_t line;          /* of its first byte, 1-based */
    uint32_t column;        /* bytes, 1-based */
    bool bare;              /* the array is the whole document, not the "items" of a List */
    const char *reason;     /* why it is not handed over; NULL: it is */
} JsonItem;

typedef Status JsonItemFn(void *context, const JsonItem *item, Err *err);

typedef struct {
    bool is_list;           /* "items" or a bare array was there */
    bool complete;          /* the document ended as it should, with nothing behind it */
    const char *reason;     /* why not complete; NULL */
    uint32_t line;          /* where it stopped being sound, else the last line */
    uint32_t count;         /* items, those with a reason included */
    Str api_version;        /* "" where the document does not say */
    Str kind;
    Str resource_version;
    Str continues;          /* metadata.continue: there are further pages; "" for none */
} JsonItemsEnd;

/* NULL when out of memory.  The strings of the end live in the arena. */
JsonItems *json_items_new(Arena *arena, JsonItemFn *on_item, void *context);
JsonItems *json_items_free(JsonItems *items);           /* NULL in, NULL out */
void cleanup_json_items(JsonItems **items);

/* The callback's status, or ST_NOMEM. */
NODISCARD Status json_items_feed(JsonItems *items, Str chunk, Err *err);
/* No more chunks.  Once. */
JsonItemsEnd json_items_end(JsonItems *items);

#endif
