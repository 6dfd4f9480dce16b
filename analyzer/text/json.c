/* SPDX-License-Identifier: Apache-2.0 */
/* json.c -- JSON text to Node trees: one recursive descent, depth bounded. */
#include "analyzer/text/json.h"

#include "analyzer/text/json_scan.h"
#include "analyzer/text/json_share.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/utf8.h"

#include <string.h>

enum {
    POOL_BLOCK_BYTES = 32 * 1024,
    POOL_KEY_SLOTS = 512,       /* power of two */
    POOL_TEXT_SLOTS = 4096,     /* power of two */
    POOL_TEXT_BYTES = 4096,     /* longer strings are seldom equal */
    LINEAR_KEYS = 48,           /* maps up to this size find duplicates without a hash map */
};

struct JsonPool {
    Arena *arena;
    JsonShares *shares;         /* NULL: trees share nothing but strings */
    char *free;                 /* next free byte of the newest block */
    size_t left;
    Str keys[POOL_KEY_SLOTS];   /* the key last seen with that hash */
    Str texts[POOL_TEXT_SLOTS]; /* and the string: objects of a kind have most in common */
};

/* The children of maps and lists that are still open, innermost last: their number is known
 * only at the closing bracket, and the tree wants them side by side. */
typedef VEC(Node) NodeStack;
typedef VEC(NodePair) PairStack;

typedef struct {
    const char *at;
    const char *end;
    const char *line_start;
    int64_t adjust;             /* added to byte distances in this line to give columns */
    uint32_t line;
    unsigned depth;
    Arena *arena;               /* of the tree; the scratch arena while a field is dropped */
    Arena *scratch;
    JsonPool *pool;
    const JsonDrop *drops;
    const NodeKeep *keep;       /* of the map that is open; NULL: everything */
    bool skipping;              /* inside of a value that is checked and forgotten */
    const char *file;
    Err *err;
    NodeStack nodes;
    PairStack pairs;
} Parser;

JsonPool *
json_pool_new(Arena *arena)
{
    JsonPool *pool = ARENA_NEW(arena, JsonPool);
    if (pool)
        pool->arena = arena;
    return pool;
}

bool
json_pool_share(JsonPool *pool)
{
    pool->shares = json_shares_new(pool->arena);
    return pool->shares != NULL;
}

NodeKeep *
json_keep_field(Arena *arena, NodeKeep *keep, Str key)
{
    for (NodeKeep *field = keep->fields; field; field = field->next)
        if (str_eq(field->key, key))
            return field;
    NodeKeep *made = ARENA_NEW(arena, NodeKeep);
    if (!made || !(made->key = arena_str(arena, key)).p)
        return NULL;
    made->next = keep->fields;
    keep->fields = made;
    return made;
}

/* Recurses along the keys that rules write. */
bool
json_keep_merge(Arena *arena, NodeKeep *keep, const NodeKeep *from)
{
    keep->whole = keep->whole || from->whole;
    for (const NodeKeep *field = from->fields; field; field = field->next) {
        NodeKeep *own = json_keep_field(arena, keep, field->key);
        if (!own || !json_keep_merge(arena, own, field))
            return false;
    }
    return true;
}

/* Packed behind the strings before it; p is NULL when out of memory. */
static Str
pool_string(JsonPool *pool, Str s)
{
    if (s.n == 0)
        return STR("");
    if (s.n > pool->left) {
        if (s.n >= POOL_BLOCK_BYTES / 4)
            return arena_str(pool->arena, s);
        pool->free = arena_alloc(pool->arena, POOL_BLOCK_BYTES);
        pool->left = pool->free ? POOL_BLOCK_BYTES : 0;
        if (!pool->free)
            return (Str){NULL, 0};
    }
    Str copy = {pool->free, s.n};
    memcpy(pool->free, s.p, s.n);
    pool->free += s.n;
    pool->left -= s.n;
    return copy;
}

/* What stands in the slot, if it is the same string, else a copy, which then stands there. */
static Str
pool_once(JsonPool *pool, Str *slot, Str s)
{
    if (!slot->p || !str_eq(*slot, s)) {
        Str copy = pool_string(pool, s);
        if (!copy.p)
            return copy;
        *slot = copy;
    }
    return *slot;
}

static Str
pool_key(JsonPool *pool, Str key)
{
    return pool_once(pool, &pool->keys[json_text_bits(key) % POOL_KEY_SLOTS], key);
}

static Str
pool_text(JsonPool *pool, Str text)
{
    if (text.n > POOL_TEXT_BYTES)
        return pool_string(pool, text);
    return pool_once(pool, &pool->texts[json_text_bits(text) % POOL_TEXT_SLOTS], text);
}

/* Trees that share parts know no columns. */
static JsonShares *
shares_of(const Parser *p)
{
    return p->pool ? p->pool->shares : NULL;
}

static uint16_t
column_at(const Parser *p, const char *at)
{
    int64_t column = at - p->line_start + p->adjust + 1;
    return column > UINT16_MAX ? UINT16_MAX : (uint16_t)column;
}

static Status
fail(Parser *p, const char *what)
{
    return err_at(p->err, ST_FORMAT, p->file, p->line, column_at(p, p->at), "%s", what);
}

static inline void
skip_space(Parser *p)
{
    while (p->at < p->end && (unsigned char)*p->at <= ' ') {
        if (*p->at == '\n') {
            p->line_start = p->at + 1;
            p->at = json_scan_spaces(p->line_start, p->end);
            p->adjust = 0;
            p->line++;
        } else if (*p->at == ' ' || *p->at == '\t' || *p->at == '\r') {
            p->at++;
        } else {
            return;
        }
    }
}

static bool
hex4(const char *at, uint32_t *ret)
{
    uint32_t code = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        unsigned digit;
        if (c >= '0' && c <= '9')
            digit = (unsigned)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            digit = (unsigned)((c | 0x20) - 'a') + 10;
        else
            return false;
        code = code << 4 | digit;
    }
    *ret = code;
    return true;
}

/* The text behind "\u"; p->at stands on the 'u' and is moved behind the last digit. */
static Status
read_unicode_escape(Parser *p, char *out, size_t *ret_n)
{
    uint32_t code;
    if (p->end - p->at < 5 || !hex4(p->at + 1, &code))
        return fail(p, "\\u needs four hexadecimal digits");
    const char *behind = p->at + 5;
    if (code >= 0xd800 && code <= 0xdbff) {
        uint32_t low;
        if (p->end - behind < 6 || behind[0] != '\\' || behind[1] != 'u' ||
            !hex4(behind + 2, &low) || low < 0xdc00 || low > 0xdfff)
            return fail(p, "a high surrogate without a low one");
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        behind += 6;
    } else if (code >= 0xdc00 && code <= 0xdfff) {
        return fail(p, "a low surrogate without a high one");
    }
    *ret_n = utf8_encode(code, out);
    p->at = behind;
    return ST_OK;
}

/* p->at stands behind the backslash; it is moved behind the escape. */
static Status
read_escape(Parser *p, char *out, size_t *ret_n)
{
    static const char FROM[] = "\"\\/bfnrt";
    static const char TO[] = "\"\\/\b\f\n\r\t";
    if (p->at == p->end)
        return fail(p, "the text ends inside a string");
    if (*p->at == 'u')
        return read_unicode_escape(p, out, ret_n);
    const char *found = *p->at ? strchr(FROM, *p->at) : NULL;
    if (!found)
        return fail(p, "unknown escape in a string");
    *out = TO[found - FROM];
    *ret_n = 1;
    p->at++;
    return ST_OK;
}

/* The bytes of [from, p->at) have been seen to hold non-ASCII: they must be UTF-8, and columns
 * count their code points. */
static Status
check_utf8(Parser *p, const char *from)
{
    Str run = {from, (size_t)(p->at - from)};
    size_t bad;
    if (!utf8_valid(run, &bad)) {
        p->at = from + bad;
        return fail(p, "a string is not UTF-8");
    }
    p->adjust -= (int64_t)(run.n - utf8_count(run));
    return ST_OK;
}

/* A run of a string that needs no escape: p->at is moved to what ends it, a quote, a
 * backslash, or the end of the text.  Control characters are refused. */
static Status
read_run(Parser *p)
{
    const char *from = p->at;
    bool wide = false;
    for (;;) {
        p->at = json_scan_plain(p->at, p->end);
        if (p->at == p->end)
            return fail(p, "the text ends inside a string");
        unsigned char c = (unsigned char)*p->at;
        if (c == '"' || c == '\\')
            return wide ? check_utf8(p, from) : ST_OK;
        if (c < 0x20)
            return fail(p, "a control character inside a string");
        wide = true;
        p->at++;
    }
}

/* The rest of a string after its first run, from the first backslash on. */
static Status
read_escaped_string(Parser *p, const char *from, Str *ret)
{
    const char *close = p->at;
    while (close < p->end && *close != '"')
        close += close + 1 < p->end && *close == '\\' ? 2 : 1;
    if (close >= p->end) {
        p->at = p->end;
        return fail(p, "the text ends inside a string");
    }
    Arena *arena = p->pool ? p->scratch : p->arena;
    char *out = arena_alloc(arena, (size_t)(close - from) + 1);
    if (!out)
        return err_nomem(p->err);
    size_t n = 0;
    for (;;) {
        memcpy(out + n, from, (size_t)(p->at - from));
        n += (size_t)(p->at - from);
        if (*p->at == '"')
            break;
        p->at++;
        size_t escaped;
        TRY(read_escape(p, out + n, &escaped));
        n += escaped;
        from = p->at;
        TRY(read_run(p));
    }
    *ret = (Str){out, n};
    return ST_OK;
}

/* p->at stands behind the opening quote and is moved behind the closing one. */
static Status
read_string(Parser *p, bool is_key, Str *ret)
{
    const char *from = p->at;
    TRY(read_run(p));
    Str s = {from, (size_t)(p->at - from)};
    if (*p->at == '\\')
        TRY(read_escaped_string(p, from, &s));
    p->at++;
    if (p->pool) {
        s = is_key ? pool_key(p->pool, s) : pool_text(p->pool, s);
        if (!s.p)
            return err_nomem(p->err);
    }
    *ret = s;
    return ST_OK;
}

static const char *
skip_digits(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at;
}

static Status
read_number(Parser *p, Node *out)
{
    const char *from = p->at;
    const char *at = from + (*from == '-');
    const char *digits = at;
    at = skip_digits(at, p->end);
    if (at == digits)
        return fail(p, "a number needs a digit");
    if (*digits == '0' && at - digits > 1)
        return fail(p, "a number must not begin with 0");
    bool whole = true;
    if (at < p->end && *at == '.') {
        whole = false;
        const char *fraction = at + 1;
        at = skip_digits(fraction, p->end);
        if (at == fraction)
            return fail(p, "a number needs a digit behind its point");
    }
    if (at < p->end && (*at | 0x20) == 'e') {
        whole = false;
        const char *exponent = at + 1;
        if (exponent < p->end && (*exponent == '+' || *exponent == '-'))
            exponent++;
        at = skip_digits(exponent, p->end);
        if (at == exponent)
            return fail(p, "a number needs a digit in its exponent");
    }
    Str text = {from, (size_t)(at - from)};
    out->type = NODE_INT;
    if (!whole || !str_to_i64(text, &out->integer)) {
        out->type = NODE_DOUBLE;
        if (!str_to_double(text, &out->number) || out->number - out->number != 0)
            return fail(p, "a number that no double can hold");
    }
    p->at = at;
    return ST_OK;
}

static Status
read_word(Parser *p, Node *out)
{
    static const struct {
        Str word;
        uint8_t type;
        bool boolean;
    } WORDS[] = {
        {STR_INIT("true"), NODE_BOOL, true},
        {STR_INIT("false"), NODE_BOOL, false},
        {STR_INIT("null"), NODE_NULL, false},
    };
    Str rest = {p->at, (size_t)(p->end - p->at)};
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
        if (str_starts(rest, WORDS[i].word)) {
            out->type = WORDS[i].type;
            out->boolean = WORDS[i].boolean;
            p->at += WORDS[i].word.n;
            return ST_OK;
        }
    }
    return fail(p, rest.n ? "expected a value" : "the text ends where a value is expected");
}

static Status read_value(Parser *p, Node *out, Str key);

/* Behind an element: true and p->at behind the bracket where the list or map ends. */
static Status
read_separator(Parser *p, char close, bool *ret_ends)
{
    skip_space(p);
    if (p->at == p->end)
        return fail(p, close == ']' ? "the text ends inside a list" : "the text ends inside a map");
    if (*p->at != ',' && *p->at != close)
        return fail(p, close == ']' ? "expected ',' or ']'" : "expected ',' or '}'");
    *ret_ends = *p->at == close;
    p->at++;
    return ST_OK;
}

/* Whether the list or map is empty: then p->at is moved behind its bracket. */
static bool
ends_at_once(Parser *p, char close)
{
    skip_space(p);
    bool ends = p->at < p->end && *p->at == close;
    p->at += ends;
    return ends;
}

static const Node *
keep_items(const Parser *p, const Node *items, uint32_t count)
{
    if (shares_of(p))
        return json_share_items(shares_of(p), items, count);
    Node *copy = arena_alloc(p->arena, count * sizeof *copy);
    return copy ? memcpy(copy, items, count * sizeof *copy) : NULL;
}

static const NodePair *
keep_pairs(const Parser *p, const NodePair *pairs, uint32_t count)
{
    if (shares_of(p))
        return json_share_pairs(shares_of(p), pairs, count);
    NodePair *copy = arena_alloc(p->arena, count * sizeof *copy);
    return copy ? memcpy(copy, pairs, count * sizeof *copy) : NULL;
}

static Status
read_list(Parser *p, Node *out)
{
    size_t mark = p->nodes.count;
    for (bool ends = ends_at_once(p, ']'); !ends;) {
        Node item = {0};
        TRY(read_value(p, &item, STR("")));
        if (p->nodes.count == p->nodes.capacity &&
            !vec_grow_(p->scratch, &p->nodes.items, &p->nodes.capacity, p->nodes.count,
                       sizeof(Node)))
            return err_nomem(p->err);
        p->nodes.items[p->nodes.count++] = item;
        TRY(read_separator(p, ']', &ends));
    }
    size_t count = p->skipping ? 0 : p->nodes.count - mark;
    out->count = (uint32_t)count;
    if (count && !(out->items = keep_items(p, p->nodes.items + mark, out->count)))
        return err_nomem(p->err);
    p->nodes.count = mark;
    return ST_OK;
}

/* The keys of one map that were seen: a set of 64 bits says "surely new" for most; the rest
 * are compared one by one, or looked up once there are many. */
typedef struct {
    uint64_t bits;
    bool has_map;
    Map map;
} KeySet;

static Status
keys_to_map(Parser *p, KeySet *keys, const NodePair *pairs, size_t count)
{
    map_init(&keys->map, p->scratch);
    keys->has_map = true;
    for (size_t i = 0; i < count; i++)
        if (!map_put(&keys->map, pairs[i].key, keys))
            return err_nomem(p->err);
    return ST_OK;
}

static Status
check_key(Parser *p, KeySet *keys, size_t mark, Str key, uint32_t line, uint16_t column)
{
    size_t count = p->pairs.count - mark;
    const NodePair *pairs = count ? p->pairs.items + mark : NULL;
    bool seen = false;
    if (count >= LINEAR_KEYS) {
        if (!keys->has_map)
            TRY(keys_to_map(p, keys, pairs, count));
        seen = map_has(&keys->map, key);
        if (!seen && !map_put(&keys->map, key, keys))
            return err_nomem(p->err);
    } else {
        uint64_t bit = UINT64_C(1) << (json_text_bits(key) & 63);
        if (keys->bits & bit)
            for (size_t i = 0; i < count && !seen; i++)
                seen = str_eq(pairs[i].key, key);
        keys->bits |= bit;
    }
    if (!seen)
        return ST_OK;
    return err_at(p->err, ST_FORMAT, p->file, line, column, "duplicate key '" STR_FMT "'",
                  STR_ARG(str_head(key, 80)));
}

static bool
is_dropped(const Parser *p, Str parent, Str key)
{
    if (!p->drops || p->depth != 2)
        return false;
    for (const JsonDrop *drop = p->drops; drop->key; drop++)
        if (str_is(key, drop->key) && str_is(parent, drop->parent))
            return true;
    return false;
}

/* Checks a value and forgets it. */
static Status
skip_value(Parser *p)
{
    Arena *arena = p->arena;
    JsonPool *pool = p->pool;
    const NodeKeep *keep = p->keep;
    bool skipping = p->skipping;
    p->arena = p->scratch;
    p->pool = NULL;
    p->keep = NULL;
    p->skipping = true;
    Node ignored;
    Status status = read_value(p, &ignored, STR(""));
    p->arena = arena;
    p->pool = pool;
    p->keep = keep;
    p->skipping = skipping;
    return status;
}

static const NodeKeep *
field_of(const NodeKeep *keep, Str key)
{
    for (const NodeKeep *field = keep->fields; field; field = field->next)
        if (str_eq(field->key, key))
            return field;
    return NULL;
}

/* Reads the value of a pair.  One that is not to be kept stays, without a line, for its key until
 * the map ends. */
static Status
read_kept(Parser *p, NodePair *pair)
{
    const NodeKeep *keep = p->keep;
    if (!keep)
        return read_value(p, &pair->value, pair->key);
    const NodeKeep *field = field_of(keep, pair->key);
    if (!field) {
        pair->line = 0;
        return skip_value(p);
    }
    p->keep = field->whole || !field->fields ? NULL : field;
    Status status = read_value(p, &pair->value, pair->key);
    p->keep = keep;
    return status;
}

static Status
read_pair(Parser *p, KeySet *keys, size_t mark, Str parent)
{
    skip_space(p);
    if (p->at == p->end || *p->at != '"')
        return fail(p, p->at == p->end ? "the text ends inside a map" : "expected a key");
    uint16_t column = column_at(p, p->at);
    NodePair pair = {.line = p->line, .column = shares_of(p) ? 0 : column};
    p->at++;
    TRY(read_string(p, true, &pair.key));
    TRY(check_key(p, keys, mark, pair.key, pair.line, column));
    skip_space(p);
    if (p->at == p->end || *p->at != ':')
        return fail(p, "expected ':' behind a key");
    p->at++;
    if (is_dropped(p, parent, pair.key))
        return skip_value(p);
    TRY(read_kept(p, &pair));
    if (p->pairs.count == p->pairs.capacity &&
        !vec_grow_(p->scratch, &p->pairs.items, &p->pairs.capacity, p->pairs.count,
                   sizeof(NodePair)))
        return err_nomem(p->err);
    p->pairs.items[p->pairs.count++] = pair;
    return ST_OK;
}

/* Drops the pairs that are not kept. */
static void
drop_pairs(Parser *p, size_t mark, Node *out)
{
    size_t kept = mark;
    for (size_t i = mark; i < p->pairs.count; i++)
        if (p->pairs.items[i].line)
            p->pairs.items[kept++] = p->pairs.items[i];
    out->partial = kept < p->pairs.count;
    out->keep = out->partial ? p->keep : NULL;
    p->pairs.count = kept;
}

static Status
end_map(Parser *p, size_t mark, Node *out)
{
    if (p->keep)
        drop_pairs(p, mark, out);
    size_t count = p->pairs.count - mark;
    out->count = (uint32_t)count;
    if (count && !(out->pairs = keep_pairs(p, p->pairs.items + mark, out->count)))
        return err_nomem(p->err);
    return ST_OK;
}

static Status
read_map(Parser *p, Node *out, Str name)
{
    size_t mark = p->pairs.count;
    KeySet keys;
    keys.bits = 0;
    keys.has_map = false;
    for (bool ends = ends_at_once(p, '}'); !ends;) {
        TRY(read_pair(p, &keys, mark, name));
        TRY(read_separator(p, '}', &ends));
    }
    if (!p->skipping)
        TRY(end_map(p, mark, out));
    p->pairs.count = mark;
    return ST_OK;
}

static Status
read_nested(Parser *p, Node *out, Str name)
{
    if (p->depth == LIMIT_JSON_DEPTH)
        return err_at(p->err, ST_LIMIT, p->file, p->line, column_at(p, p->at),
                      "nested deeper than %u", (unsigned)LIMIT_JSON_DEPTH);
    bool is_map = *p->at == '{';
    out->type = is_map ? NODE_MAP : NODE_LIST;
    p->at++;
    p->depth++;
    TRY(is_map ? read_map(p, out, name) : read_list(p, out));
    p->depth--;
    out->end_line = p->line;
    return ST_OK;
}

/* name is the key that the value stands under, "" in a list. */
static Status
read_value(Parser *p, Node *out, Str name)
{
    skip_space(p);
    *out = (Node){.line = p->line, .column = shares_of(p) ? 0 : column_at(p, p->at)};
    char c = p->at < p->end ? *p->at : '\0';
    if (c == '"') {
        p->at++;
        out->type = NODE_STRING;
        return read_string(p, false, &out->string);
    }
    if (c == '{' || c == '[')
        return read_nested(p, out, name);
    if (c == '-' || (c >= '0' && c <= '9'))
        return read_number(p, out);
    return read_word(p, out);
}

static Status
parse(Parser *p, const Node **ret)
{
    Node *root = ARENA_NEW(p->arena, Node);
    if (!root)
        return err_nomem(p->err);
    TRY(read_value(p, root, STR("")));
    skip_space(p);
    if (p->at < p->end)
        return fail(p, "text behind the end of the document");
    *ret = root;
    return ST_OK;
}

Status
json_parse(Arena *arena, Str text, const JsonOptions *options, const Node **ret, Err *err)
{
    static const JsonOptions DEFAULTS = {0};
    const JsonOptions *o = options ? options : &DEFAULTS;
    if (text.n > LIMIT_DOCUMENT_BYTES)
        return err_at(err, ST_LIMIT, o->file, o->line, o->column,
                      "a document of more than %llu bytes",
                      (unsigned long long)LIMIT_DOCUMENT_BYTES);
    CLEANUP(cleanup_arena) Arena *own = NULL;
    Arena *scratch = o->scratch;
    if (!scratch)
        scratch = own = arena_new(SIZE_MAX);
    if (!scratch)
        return err_nomem(err);
    ArenaMark mark = arena_mark(scratch);
    const char *from = text.n ? text.p : "";
    Parser p = {.at = from, .end = from + text.n, .line_start = from,
                .adjust = o->column ? (int64_t)o->column - 1 : 0,
                .line = o->line ? o->line : 1, .arena = arena, .scratch = scratch,
                .pool = o->pool, .drops = o->drops,
                .keep = o->keep && !o->keep->whole ? o->keep : NULL, .file = o->file, .err = err};
    if (shares_of(&p))
        json_shares_begin(shares_of(&p));
    Status status = parse(&p, ret);
    arena_reset_to(scratch, mark);
    return status;
}
