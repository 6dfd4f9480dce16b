/* SPDX-License-Identifier: Apache-2.0 */
/* list_split.c -- a small machine that knows only strings, brackets and one key. */
#include "collector/list_split.h"

#include "base/limits.h"
#include "collector/span.h"

#include <string.h>

enum { ENVELOPE_BYTES = 1 << 20, WORD_BYTES = 256 };

void
list_split_init(ListSplit *split, ListItemFn *on_item, void *context)
{
    *split = (ListSplit){.on_item = on_item, .context = context};
    split->item = BUF_INIT(LIMIT_ITEM_BYTES);
    split->envelope = BUF_INIT(ENVELOPE_BYTES);
    split->word = BUF_INIT(WORD_BYTES);
}

void
list_split_done(ListSplit *split)
{
    buf_done(&split->item);
    buf_done(&split->envelope);
    buf_done(&split->word);
}

static Status
end_item(ListSplit *split, Err *err)
{
    bool lost = split->skipping || split->item.failed != ST_OK;
    Str item = str_trim(buf_str(&split->item));
    Status status = ST_OK;
    if (lost)
        split->oversized++;
    else if (item.n > 0) {
        split->items++;
        status = split->on_item(split->context, item, err);
    }
    buf_clear(&split->item);
    split->skipping = false;
    return status;
}

/* A byte inside the array of items: kept, or the border between two items. */
static Status
item_byte(ListSplit *split, char c, bool quoted, Err *err)
{
    if (!quoted && split->depth == 2 && c == ',')
        return end_item(split, err);
    if (!quoted && split->depth == 1 && c == ']') {
        split->in_items = false;
        TRY(end_item(split, err));
        buf_addc(&split->envelope, c);
        return ST_OK;
    }
    if (split->item.failed == ST_NOMEM)
        return err_nomem(err);
    buf_addc(&split->item, c);
    return ST_OK;
}

/* A byte around the items; tells keys of the outermost object from other strings. */
static void
envelope_byte(ListSplit *split, char c, bool quoted)
{
    buf_addc(&split->envelope, c);
    if (split->depth != 1)
        return;
    if (quoted)
        buf_addc(&split->word, c);
    else if (c == ':')
        split->key_is_items = str_is(buf_str(&split->word), "\"items\"") ||
                              str_is(buf_str(&split->word), "items\"");
    else if (c == ',')
        split->key_is_items = false;
}

static Status
byte(ListSplit *split, char c, Err *err)
{
    bool quoted = split->in_string || c == '"';
    if (split->in_string) {
        if (split->escaped)
            split->escaped = false;
        else if (c == '\\')
            split->escaped = true;
        else if (c == '"')
            split->in_string = false;
    } else if (c == '"') {
        split->in_string = true;
        if (split->depth == 1)
            buf_clear(&split->word);
    }
    bool opens = !quoted && (c == '{' || c == '[');
    bool closes = !quoted && (c == '}' || c == ']');
    if (split->depth == 0 && !opens && !memchr(" \t\r\n", c, 4))
        return err_set(err, ST_FORMAT, "the answer is not a List");
    if (closes)
        split->depth--;
    if (split->in_items)
        TRY(item_byte(split, c, quoted, err));
    else
        envelope_byte(split, c, quoted);
    if (opens) {
        if (split->depth == 0 && c != '{')
            return err_set(err, ST_FORMAT, "the answer is not a List");
        if (split->depth == 1 && c == '[' && split->key_is_items && !split->in_items)
            split->in_items = split->seen_items = true;
        if (++split->depth > LIMIT_JSON_DEPTH + 2)
            return err_set(err, ST_LIMIT, "the answer is nested too deep");
    }
    split->done |= closes && split->depth == 0;
    return ST_OK;
}

/* Most bytes of a List are plain bytes inside an item: they are added in runs. */
static size_t
plain_run(const ListSplit *split, const char *bytes, size_t n)
{
    size_t run = 0;
    if (!split->in_items || split->escaped)
        return 0;
    if (split->in_string) {
        while (run < n && bytes[run] != '"' && bytes[run] != '\\')
            run++;
        return run;
    }
    while (run < n && !memchr("\"{}[],", bytes[run], 6))
        run++;
    return run;
}

Status
list_split_feed(ListSplit *split, const char *bytes, size_t n, Err *err)
{
    for (size_t i = 0; i < n;) {
        size_t run = plain_run(split, bytes + i, n - i);
        if (run > 0) {
            buf_add(&split->item, bytes + i, run);
            i += run;
            continue;
        }
        TRY(byte(split, bytes[i++], err));
    }
    return ST_OK;
}

Status
list_split_end(ListSplit *split, Arena *arena, ListHead *ret, Err *err)
{
    SpanTree tree;
    if (!split->done)
        return err_set(err, ST_FORMAT, "the answer ended in the middle");
    TRY(buf_status(&split->envelope, err));
    Str text = arena_str(arena, buf_str(&split->envelope));
    if (!text.p)
        return err_nomem(err);
    TRY(span_parse(arena, text, &tree, err));
    if (!split->seen_items && !span_get(&tree, 0, "items"))
        return err_set(err, ST_FORMAT, "the answer has no items");
    ListHead head = {.remaining = -1};
    head.kind = span_string(&tree, span_get(&tree, 0, "kind"));
    head.api_version = span_string(&tree, span_get(&tree, 0, "apiVersion"));
    head.next = span_string(&tree, span_path(&tree, 0, "metadata.continue"));
    head.resource_version = span_string(&tree, span_path(&tree, 0, "metadata.resourceVersion"));
    (void)span_integer(&tree, span_path(&tree, 0, "metadata.remainingItemCount"), &head.remaining);
    *ret = head;
    return ST_OK;
}
