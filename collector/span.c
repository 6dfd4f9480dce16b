/* SPDX-License-Identifier: Apache-2.0 */
/* span.c -- one pass over a JSON text, without recursion. */
#include "collector/span.h"

#include "base/limits.h"
#include "base/utf8.h"

#include <string.h>

enum { DEPTH_MAX = 100 };
_Static_assert(DEPTH_MAX <= UINT8_MAX, "depth is a byte");

typedef struct {
    Arena *arena;
    Str text;
    size_t at;
    VEC(Span) spans;
    uint32_t open[DEPTH_MAX];
    unsigned depth;
} Parser;

static Status
malformed(const Parser *p, Err *err)
{
    return err_set(err, ST_FORMAT, "malformed JSON at byte %zu", p->at);
}

static void
skip_space(Parser *p)
{
    while (p->at < p->text.n && memchr(" \t\r\n", p->text.p[p->at], 4))
        p->at++;
}

/* at stands on the opening quote; afterwards behind the closing one. */
static Status
skip_string(Parser *p, Err *err)
{
    const char *text = p->text.p;
    for (p->at++; p->at < p->text.n; p->at++) {
        unsigned char c = (unsigned char)text[p->at];
        if (c == '"') {
            p->at++;
            return ST_OK;
        }
        if (c == '\\')
            p->at++;
        else if (c < 0x20)
            break;
    }
    return malformed(p, err);
}

static bool
word_is_known(Str word, uint8_t *ret_type)
{
    double number;
    *ret_type = SPAN_WORD;
    if (str_is(word, "true") || str_is(word, "false") || str_is(word, "null"))
        return true;
    *ret_type = SPAN_NUMBER;
    return str_to_double(word, &number) ||
           (word.n && (word.p[0] == '-' || (word.p[0] >= '0' && word.p[0] <= '9')));
}

static Status
skip_word(Parser *p, uint8_t *ret_type, Err *err)
{
    size_t begin = p->at;
    while (p->at < p->text.n && !memchr(",]} \t\r\n:\"[{", p->text.p[p->at], 12))
        p->at++;
    if (!word_is_known(str_sub(p->text, begin, p->at - begin), ret_type))
        return malformed(p, err);
    return ST_OK;
}

/* Adds the value at p->at; an object or list is only opened. */
static Status
add_value(Parser *p, const Span *key, Err *err)
{
    if (p->at >= p->text.n)
        return malformed(p, err);
    Span *span = VEC_PUSH(p->arena, &p->spans);
    if (!span)
        return err_nomem(err);
    uint32_t index = (uint32_t)(p->spans.count - 1);
    Span value = key ? *key : (Span){0};
    value.at = (uint32_t)p->at;
    value.after = index + 1;
    char c = p->text.p[p->at];
    if (c == '{' || c == '[') {
        if (p->depth == DEPTH_MAX)
            return err_set(err, ST_LIMIT, "JSON is nested deeper than %d", DEPTH_MAX);
        value.type = c == '{' ? SPAN_OBJECT : SPAN_LIST;
        p->open[p->depth++] = index;
        p->at++;
    } else if (c == '"') {
        value.type = SPAN_STRING;
        TRY(skip_string(p, err));
    } else {
        TRY(skip_word(p, &value.type, err));
    }
    value.end = (uint32_t)p->at;
    p->spans.items[index] = value;
    return ST_OK;
}

static Status
read_key(Parser *p, Span *ret, Err *err)
{
    if (p->at >= p->text.n || p->text.p[p->at] != '"')
        return malformed(p, err);
    size_t begin = p->at;
    TRY(skip_string(p, err));
    *ret = (Span){.key_at = (uint32_t)begin + 1, .key_end = (uint32_t)p->at - 1, .has_key = true};
    skip_space(p);
    if (p->at >= p->text.n || p->text.p[p->at] != ':')
        return malformed(p, err);
    p->at++;
    skip_space(p);
    return ST_OK;
}

/* One step inside the innermost open container: an element, or its end. */
static Status
step(Parser *p, Err *err)
{
    Span *open = &p->spans.items[p->open[p->depth - 1]];
    bool is_object = open->type == SPAN_OBJECT;
    bool first = open->after == p->spans.count && p->spans.count == p->open[p->depth - 1] + 1u &&
                 open->end == open->at + 1;
    skip_space(p);
    if (p->at >= p->text.n)
        return malformed(p, err);
    if (p->text.p[p->at] == (is_object ? '}' : ']')) {
        open->end = (uint32_t)++p->at;
        open->after = (uint32_t)p->spans.count;
        p->depth--;
        return ST_OK;
    }
    if (!first) {
        if (p->text.p[p->at] != ',')
            return malformed(p, err);
        p->at++;
        skip_space(p);
    }
    Span key;
    if (is_object)
        TRY(read_key(p, &key, err));
    return add_value(p, is_object ? &key : NULL, err);
}

Status
span_parse(Arena *arena, Str text, SpanTree *ret, Err *err)
{
    _Static_assert(sizeof(uint32_t) == 4, "offsets");
    if (text.n >= UINT32_MAX)
        return err_set(err, ST_LIMIT, "JSON text of 4 GiB or more");
    Parser p = {.arena = arena, .text = text};
    skip_space(&p);
    TRY(add_value(&p, NULL, err));
    while (p.depth > 0)
        TRY(step(&p, err));
    skip_space(&p);
    if (p.at != text.n)
        return malformed(&p, err);
    *ret = (SpanTree){.text = text, .spans = p.spans.items,
                      .count = (uint32_t)p.spans.count, .arena = arena};
    return ST_OK;
}

bool
span_is(const SpanTree *tree, uint32_t index, SpanType type)
{
    return index > 0 && index < tree->count && tree->spans[index].type == type;
}

uint32_t
span_first(const SpanTree *tree, uint32_t parent)
{
    return tree->spans[parent].after > parent + 1 ? parent + 1 : 0;
}

uint32_t
span_next(const SpanTree *tree, uint32_t parent, uint32_t child)
{
    uint32_t next = tree->spans[child].after;
    return next < tree->spans[parent].after ? next : 0;
}

Str
span_raw(const SpanTree *tree, uint32_t index)
{
    const Span *span = &tree->spans[index];
    return str_sub(tree->text, span->at, span->end - span->at);
}

Str
span_key(const SpanTree *tree, uint32_t index)
{
    if (tree->keys)
        return tree->keys[index];
    const Span *span = &tree->spans[index];
    Str raw = str_sub(tree->text, span->key_at, span->key_end - span->key_at);
    if (!memchr(raw.p ? raw.p : "", '\\', raw.n))
        return raw;
    return span_decode(tree->arena, raw);
}

uint32_t
span_get(const SpanTree *tree, uint32_t object, const char *key)
{
    if (object >= tree->count || tree->spans[object].type != SPAN_OBJECT)
        return 0;
    for (uint32_t i = span_first(tree, object); i; i = span_next(tree, object, i))
        if (str_is(span_key(tree, i), key))
            return i;
    return 0;
}

uint32_t
span_path(const SpanTree *tree, uint32_t from, const char *path)
{
    Str rest = str_of(path);
    uint32_t at = from;
    for (Str part; str_cut(&rest, '.', &part);) {
        char key[64];
        if (part.n >= sizeof key)
            return 0;
        memcpy(key, part.p, part.n);
        key[part.n] = '\0';
        at = span_get(tree, at, key);
        if (!at)
            return 0;
    }
    return at;
}

Str
span_string(const SpanTree *tree, uint32_t index)
{
    if (index >= tree->count || tree->spans[index].type != SPAN_STRING)
        return STR("");
    if (tree->strings)
        return tree->strings[index];
    const Span *span = &tree->spans[index];
    Str raw = str_sub(tree->text, span->at + 1, span->end - span->at - 2);
    if (raw.n == 0 || !memchr(raw.p, '\\', raw.n))
        return raw;
    Str text = span_decode(tree->arena, raw);
    return text.p ? text : STR("");
}

bool
span_integer(const SpanTree *tree, uint32_t index, int64_t *ret)
{
    return span_is(tree, index, SPAN_NUMBER) && str_to_i64(span_raw(tree, index), ret);
}

static bool
hex4(Str s, size_t at, uint32_t *ret)
{
    uint32_t value = 0;
    if (at + 4 > s.n)
        return false;
    for (size_t i = at; i < at + 4; i++) {
        char c = s.p[i];
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                                : 16;
        if (digit == 16)
            return false;
        value = value * 16 + digit;
    }
    *ret = value;
    return true;
}

static void
add_step(const SpanTree *tree, uint32_t parent, uint32_t child, Buf *out)
{
    if (tree->spans[parent].type == SPAN_OBJECT) {
        Str key = span_key(tree, child);
        buf_addc(out, '/');
        for (size_t i = 0; i < key.n; i++) {
            if (key.p[i] == '~' || key.p[i] == '/')
                buf_adds(out, key.p[i] == '~' ? "~0" : "~1");
            else
                buf_addc(out, key.p[i]);
        }
        return;
    }
    size_t number = 0;
    for (uint32_t i = span_first(tree, parent); i && i != child; i = span_next(tree, parent, i))
        number++;
    buf_printf(out, "/%zu", number);
}

void
span_pointer(const SpanTree *tree, uint32_t index, Buf *out)
{
    for (uint32_t parent = 0; parent != index;) {
        uint32_t child = span_first(tree, parent);
        while (child && tree->spans[child].after <= index)
            child = span_next(tree, parent, child);
        if (!child)
            return;
        add_step(tree, parent, child, out);
        parent = child;
    }
}

/* \uXXXX at in.p[at] == 'u'; a surrogate pair is joined.  Returns bytes of input, 0: bad. */
static size_t
decode_unicode(Str in, size_t at, char out[4], size_t *ret_out)
{
    uint32_t code;
    uint32_t low;
    size_t used = 5;
    if (!hex4(in, at + 1, &code))
        return 0;
    if (code >= 0xd800 && code < 0xdc00 && at + 6 < in.n && in.p[at + 5] == '\\' &&
        in.p[at + 6] == 'u' && hex4(in, at + 7, &low) && low >= 0xdc00 && low < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        used = 11;
    }
    if (code >= 0xd800 && code < 0xe000)
        code = 0xfffd;
    *ret_out = utf8_encode(code, out);
    return used;
}

Str
span_decode(Arena *arena, Str in)
{
    static const char FROM[] = "\"\\/bfnrt";
    static const char TO[] = "\"\\/\b\f\n\r\t";
    char *out = arena_alloc(arena, in.n + 1);
    size_t n = 0;
    if (!out)
        return (Str){0};
    for (size_t i = 0; i < in.n; i++) {
        if (in.p[i] != '\\') {
            out[n++] = in.p[i];
            continue;
        }
        if (++i >= in.n)
            return (Str){0};
        const char *simple = memchr(FROM, in.p[i], sizeof FROM - 1);
        if (simple) {
            out[n++] = TO[simple - FROM];
            continue;
        }
        size_t made = 0;
        size_t used = in.p[i] == 'u' ? decode_unicode(in, i, out + n, &made) : 0;
        if (!used)
            return (Str){0};
        n += made;
        i += used - 1;
    }
    out[n] = '\0';
    return (Str){out, n};
}
