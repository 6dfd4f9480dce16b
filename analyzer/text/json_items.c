/* SPDX-License-Identifier: Apache-2.0 */
/* json_items.c -- the elements of a Kubernetes List, one at a time, from a stream. */
#include "analyzer/text/json_items.h"

#include "analyzer/text/json.h"
#include "analyzer/text/json_scan.h"
#include "base/limits.h"

#include <string.h>

enum { WORD_BYTES = 64 * 1024 };    /* keys and the values of kind, apiVersion, metadata */

/* What may stand at the next byte that is no white space. */
typedef enum {
    AT_START,
    AT_FIRST_KEY,       /* or the end of the map */
    AT_KEY,
    AT_COLON,
    AT_VALUE,
    AT_VALUE_END,
    AT_FIRST_ITEM,      /* or the end of the array */
    AT_ITEM,
    AT_ITEM_END,
    AT_DONE,
    AT_BROKEN,
} Place;

typedef enum {
    NO_TOKEN,
    TOKEN_NESTED,
    TOKEN_STRING,
    TOKEN_SCALAR,
} TokenType;

struct JsonItems {
    Arena *arena;
    JsonItemFn *on_item;
    void *context;
    Place place;
    bool bare;              /* the array is the whole document */
    uint64_t offset;        /* of the next byte, in the document */
    uint64_t line_start;    /* offset of the first byte of the current line */
    uint64_t line;
    /* The key, value or item that is being passed over. */
    TokenType token;
    JsonSkip skip;
    bool escaped;           /* TOKEN_STRING: behind a backslash */
    bool fresh;             /* its bracket or quote is the next byte */
    bool too_large;
    uint64_t token_line;
    uint64_t token_column;
    Buf held;               /* its bytes from earlier chunks */
    Str key;                /* of the value; in the arena, one of KEYS or "" */
    JsonItemsEnd end;
};

JsonItems *
json_items_new(Arena *arena, JsonItemFn *on_item, void *context)
{
    JsonItems *items = ARENA_NEW(arena, JsonItems);
    if (items) {
        items->arena = arena;
        items->on_item = on_item;
        items->context = context;
        items->line = 1;
        items->held = BUF_INIT(LIMIT_ITEM_BYTES);
    }
    return items;
}

JsonItems *
json_items_free(JsonItems *items)
{
    if (items)
        buf_done(&items->held);
    return NULL;
}

void
cleanup_json_items(JsonItems **items)
{
    *items = json_items_free(*items);
}

static uint32_t
to_u32(uint64_t n)
{
    return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

static void
stop(JsonItems *items, const char *reason)
{
    items->place = AT_BROKEN;
    items->token = NO_TOKEN;
    items->end.reason = reason;
    items->end.line = to_u32(items->line);
}

/* The string that text (a whole JSON value) holds, in the arena; "" for anything else. */
static Str
string_of(JsonItems *items, Str text)
{
    const Node *node;
    JsonPool *pool = text.n <= WORD_BYTES ? json_pool_new(items->arena) : NULL;
    if (!pool || json_parse(items->arena, text, &(JsonOptions){.pool = pool}, &node, NULL))
        return STR("");
    return node_string(node);
}

static void
take_metadata(JsonItems *items, Str text)
{
    const Node *node;
    JsonPool *pool = text.n <= WORD_BYTES ? json_pool_new(items->arena) : NULL;
    if (!pool || json_parse(items->arena, text, &(JsonOptions){.pool = pool}, &node, NULL))
        return;
    items->end.resource_version = node_string(node_get(node, STR("resourceVersion")));
    items->end.continues = node_string(node_get(node, STR("continue")));
}

static void
take_value(JsonItems *items, Str text)
{
    items->place = AT_VALUE_END;
    if (str_is(items->key, "kind"))
        items->end.kind = string_of(items, text);
    else if (str_is(items->key, "apiVersion"))
        items->end.api_version = string_of(items, text);
    else if (str_is(items->key, "metadata"))
        take_metadata(items, text);
    else if (str_is(items->key, "items") && str_is(text, "null"))
        items->end.is_list = true;       /* Go's empty list */
}

static void
take_key(JsonItems *items, Str text)
{
    static const char *const KEYS[] = {"kind", "apiVersion", "metadata", "items"};
    items->place = AT_COLON;
    Str key = str_sub(text, 1, text.n - 2);
    if (memchr(key.p, '\\', key.n))
        key = string_of(items, text);
    items->key = STR("");
    for (size_t i = 0; i < sizeof KEYS / sizeof *KEYS; i++)
        if (str_is(key, KEYS[i]))
            items->key = str_of(KEYS[i]);
    if (str_is(items->key, "items") && items->end.is_list)
        stop(items, "duplicate key 'items'");
}

static Status
take_item(JsonItems *items, Str text, TokenType token, Err *err)
{
    items->place = AT_ITEM_END;
    if (items->end.count == LIMIT_ITEM_COUNT) {
        stop(items, "more items than are read");
        return ST_OK;
    }
    JsonItem item = {.index = items->end.count++,
                     .bare = items->bare,
                     .line = to_u32(items->token_line),
                     .column = to_u32(items->token_column)};
    if (items->too_large)
        item.reason = "larger than an item may be";
    else if (token != TOKEN_NESTED || *text.p != '{')
        item.reason = "not an object";
    else
        item.text = text;
    return items->on_item(items->context, &item, err);
}

/* Bytes of the chunk that belong to the token; *ret_ends whether it ends with them. */
static size_t
pass_string(JsonItems *items, const char *at, size_t n, bool *ret_ends)
{
    for (size_t i = 0; i < n; i++) {
        if (items->escaped) {
            items->escaped = false;
        } else if (at[i] == '\\') {
            items->escaped = true;
        } else if (at[i] == '"') {
            *ret_ends = true;
            return i + 1;
        }
        items->skip.lines += at[i] == '\n';
    }
    return n;
}

static bool
ends_scalar(char c)
{
    return (unsigned char)c <= ' ' || c == ',' || c == ']' || c == '}' || c == ':' || c == '"';
}

static size_t
pass_scalar(const char *at, size_t n, bool *ret_ends)
{
    for (size_t i = 0; i < n; i++) {
        if (ends_scalar(at[i])) {
            *ret_ends = true;
            return i;
        }
    }
    return n;
}

static void
count_lines(JsonItems *items, const char *at, size_t n)
{
    if (items->skip.lines) {
        const char *last = memrchr(at, '\n', n);
        items->line += items->skip.lines;
        items->line_start = items->offset + (size_t)(last - at) + 1;
        items->skip.lines = 0;
    }
    items->offset += n;
}

/* Keeps bytes of a token that goes on in the next chunk. */
static Status
hold(JsonItems *items, Str part, Err *err)
{
    if (items->too_large)
        return ST_OK;
    buf_add_str(&items->held, part);
    if (items->held.failed == ST_LIMIT) {
        items->too_large = true;
        buf_done(&items->held);
        items->held = BUF_INIT(LIMIT_ITEM_BYTES);
        return ST_OK;
    }
    return buf_status(&items->held, err);
}

static Status
take_token(JsonItems *items, Str text, Err *err)
{
    TokenType token = items->token;
    items->token = NO_TOKEN;
    if (text.n > LIMIT_ITEM_BYTES)
        items->too_large = true;
    if (items->place == AT_KEY) {
        if (items->too_large || text.n > WORD_BYTES)
            stop(items, "a key that is too long");
        else
            take_key(items, text);
    } else if (items->place == AT_VALUE) {
        take_value(items, items->too_large ? STR("") : text);
    } else {
        return take_item(items, text, token, err);
    }
    return ST_OK;
}

/* Goes on with the token; part is what is left of the chunk. */
static Status
pass_token(JsonItems *items, Str part, size_t *ret_passed, Err *err)
{
    bool ends = false;
    size_t passed = items->fresh;
    Str rest = str_from(part, passed);
    items->fresh = false;
    if (items->token == TOKEN_NESTED) {
        passed += json_skip(&items->skip, rest.p, rest.n);
        ends = items->skip.depth == 0;
    } else if (items->token == TOKEN_STRING) {
        passed += pass_string(items, rest.p, rest.n, &ends);
    } else {
        passed += pass_scalar(rest.p, rest.n, &ends);
    }
    count_lines(items, part.p, passed);
    *ret_passed = passed;
    Str text = str_head(part, passed);
    if (!ends)
        return hold(items, text, err);
    if (items->held.n == 0 && !items->too_large)
        return take_token(items, text, err);
    TRY(hold(items, text, err));
    TRY(take_token(items, buf_str(&items->held), err));
    buf_clear(&items->held);
    return ST_OK;
}

/* A token begins with the byte c. */
static void
begin_token(JsonItems *items, char c)
{
    items->token = c == '{' || c == '[' ? TOKEN_NESTED : c == '"' ? TOKEN_STRING : TOKEN_SCALAR;
    items->skip = JSON_SKIP_INIT;
    items->escaped = false;
    items->fresh = items->token != TOKEN_SCALAR;
    items->too_large = false;
    items->token_line = items->line;
    items->token_column = items->offset - items->line_start + 1;
}

/* The next place where c is one of the two bytes that may stand here. */
static void
go_on(JsonItems *items, char c, char comma_or_colon, Place next, char close, Place closed,
      const char *otherwise)
{
    if (c == comma_or_colon)
        items->place = next;
    else if (close && c == close)
        items->place = closed;
    else
        stop(items, otherwise);
}

static void
step_start(JsonItems *items, char c)
{
    items->bare = items->end.is_list = c == '[';
    go_on(items, c, '{', AT_FIRST_KEY, '[', AT_FIRST_ITEM, "neither a List nor an array");
}

/* Where a key, value or item may begin with c; true where one does. */
static bool
step_begin(JsonItems *items, char c)
{
    Place after_items = items->bare ? AT_DONE : AT_VALUE_END;
    if (items->place == AT_FIRST_KEY && c == '}') {
        items->place = AT_DONE;
    } else if (items->place == AT_FIRST_ITEM && c == ']') {
        items->place = after_items;
    } else if (items->place == AT_FIRST_KEY || items->place == AT_KEY) {
        items->place = AT_KEY;
        if (c != '"')
            stop(items, "expected a key");
    } else if (items->place == AT_VALUE && c == '[' && str_is(items->key, "items")) {
        items->end.is_list = true;
        items->place = AT_FIRST_ITEM;
        return false;
    } else {
        items->place = items->place == AT_VALUE ? AT_VALUE : AT_ITEM;
        if (ends_scalar(c) && c != '"')
            stop(items, items->place == AT_VALUE ? "expected a value" : "expected an item");
    }
    return items->place == AT_KEY || items->place == AT_VALUE || items->place == AT_ITEM;
}

/* A byte between tokens, c, which is no white space; true where a token begins with it. */
static bool
step(JsonItems *items, char c)
{
    switch (items->place) {
    case AT_START:
        step_start(items, c);
        return false;
    case AT_FIRST_KEY:
    case AT_KEY:
    case AT_VALUE:
    case AT_FIRST_ITEM:
    case AT_ITEM:
        return step_begin(items, c);
    case AT_COLON:
        go_on(items, c, ':', AT_VALUE, '\0', AT_BROKEN, "expected ':' behind a key");
        return false;
    case AT_VALUE_END:
        go_on(items, c, ',', AT_KEY, '}', AT_DONE, "expected ',' or '}'");
        return false;
    case AT_ITEM_END:
        go_on(items, c, ',', AT_ITEM, ']', items->bare ? AT_DONE : AT_VALUE_END,
              "expected ',' or ']'");
        return false;
    case AT_DONE:
        stop(items, "text behind the end of the document");
        return false;
    case AT_BROKEN:
        return false;
    }
    return false;
}

Status
json_items_feed(JsonItems *items, Str chunk, Err *err)
{
    size_t at = 0;
    while (at < chunk.n && items->place != AT_BROKEN) {
        char c = chunk.p[at];
        size_t passed = 1;
        if (items->token != NO_TOKEN) {
            TRY(pass_token(items, str_from(chunk, at), &passed, err));
        } else if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
            items->skip.lines = c == '\n';
            count_lines(items, chunk.p + at, 1);
        } else if (!step(items, c)) {
            items->offset++;
        } else {
            begin_token(items, c);
            TRY(pass_token(items, str_from(chunk, at), &passed, err));
        }
        at += passed;
    }
    return ST_OK;
}

JsonItemsEnd
json_items_end(JsonItems *items)
{
    static const char *const INSIDE[] = {
        [AT_START] = "the document is empty",
        [AT_FIRST_KEY] = "the text ends inside the List",
        [AT_KEY] = "the text ends inside the List",
        [AT_COLON] = "the text ends inside the List",
        [AT_VALUE] = "the text ends inside the List",
        [AT_VALUE_END] = "the text ends inside the List",
        [AT_FIRST_ITEM] = "the text ends inside the items",
        [AT_ITEM] = "the text ends inside the items",
        [AT_ITEM_END] = "the text ends inside the items",
    };
    if (items->place == AT_DONE)
        items->end.complete = true;
    else if (items->place != AT_BROKEN)
        stop(items, INSIDE[items->place]);
    if (items->end.complete)
        items->end.line = to_u32(items->line);
    return items->end;
}
