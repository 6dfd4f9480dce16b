/* SPDX-License-Identifier: Apache-2.0 */
/* cursor.c -- walks through a JSON text without a tree. */
#include "bundle/cursor.h"

#include "base/limits.h"
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

enum { DEEPEST = 128 };      /* more than LIMIT_JSON_DEPTH, which cursor_enter() keeps */

Cursor
cursor_of(Str text, const char *file)
{
    return (Cursor){.text = text, .file = file, .first = true};
}

static unsigned
line_of(const Cursor *cursor)
{
    unsigned line = 1;
    const char *p = cursor->text.p;
    const char *end = p + cursor->at;
    while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
        line++;
        p++;
    }
    return line;
}

Status
cursor_error(const Cursor *cursor, Err *err, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return err_at(err, ST_FORMAT, cursor->file, line_of(cursor), 0, "%s", text);
}

static char
here(const Cursor *cursor)
{
    return cursor->at < cursor->text.n ? cursor->text.p[cursor->at] : '\0';
}

char
cursor_peek(Cursor *cursor)
{
    for (;; cursor->at++) {
        char c = here(cursor);
        if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
            return c;
    }
}

static bool
take(Cursor *cursor, char c)
{
    if (cursor_peek(cursor) != c || cursor->at >= cursor->text.n)
        return false;
    cursor->at++;
    return true;
}

Status
cursor_enter(Cursor *cursor, char bracket, Err *err)
{
    if (!take(cursor, bracket))
        return cursor_error(cursor, err, "a %s expected", bracket == '{' ? "map" : "list");
    if (++cursor->depth > LIMIT_JSON_DEPTH)
        return err_at(err, ST_LIMIT, cursor->file, line_of(cursor), 0,
                      "nested deeper than %u", (unsigned)LIMIT_JSON_DEPTH);
    cursor->first = true;
    return ST_OK;
}

/* After an entry: ',' and the next, or the end.  The flag `first` is that of the innermost
 * level; whatever was left behind was not the first of its parent. */
static Status
next_entry(Cursor *cursor, char close, bool *ret_more, Err *err)
{
    if (take(cursor, close)) {
        cursor->depth--;
        cursor->first = false;
        *ret_more = false;
        return ST_OK;
    }
    if (!cursor->first && !take(cursor, ','))
        return cursor_error(cursor, err, "',' or '%c' expected", close);
    cursor->first = false;
    *ret_more = true;
    return ST_OK;
}

Status
cursor_key(Cursor *cursor, Arena *arena, bool *ret_more, Str *ret, Err *err)
{
    bool more = false;
    TRY(next_entry(cursor, '}', &more, err));
    if (more) {
        TRY(cursor_string(cursor, arena, ret, err));
        if (!take(cursor, ':'))
            return cursor_error(cursor, err, "':' expected");
    }
    *ret_more = more;
    return ST_OK;
}

Status
cursor_item(Cursor *cursor, bool *ret_more, Err *err)
{
    return next_entry(cursor, ']', ret_more, err);
}

/* Moves past a string that begins here; *ret is what stands between its quotes. */
static Status
scan_string(Cursor *cursor, Str *ret, bool *ret_escapes, Err *err)
{
    if (!take(cursor, '"'))
        return cursor_error(cursor, err, "a string expected");
    size_t start = cursor->at;
    bool escapes = false;
    for (;; cursor->at++) {
        if (cursor->at >= cursor->text.n)
            return cursor_error(cursor, err, "a string without end");
        char c = cursor->text.p[cursor->at];
        if (c == '"')
            break;
        if ((unsigned char)c < 0x20)
            return cursor_error(cursor, err, "a control character in a string");
        if (c == '\\') {
            escapes = true;
            cursor->at++;
        }
    }
    *ret = str_sub(cursor->text, start, cursor->at - start);
    *ret_escapes = escapes;
    cursor->at++;
    return ST_OK;
}

static bool
read_hex4(Str s, size_t at, uint32_t *ret)
{
    if (s.n - at < 4)
        return false;
    uint32_t code = 0;
    for (size_t i = at; i < at + 4; i++) {
        char c = s.p[i];
        if (c >= '0' && c <= '9')
            code = code * 16 + (uint32_t)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            code = code * 16 + (uint32_t)((c | 0x20) - 'a' + 10);
        else
            return false;
    }
    *ret = code;
    return true;
}

/* The code of \uXXXX at s.p[*at] (past the 'u'), with the second half of a pair. */
static bool
read_code(Str s, size_t *at, uint32_t *ret)
{
    uint32_t high;
    uint32_t low;
    if (!read_hex4(s, *at, &high))
        return false;
    *at += 4;
    if (high >= 0xd800 && high < 0xdc00) {
        if (s.n - *at < 6 || s.p[*at] != '\\' || s.p[*at + 1] != 'u' ||
            !read_hex4(s, *at + 2, &low) || low < 0xdc00 || low > 0xdfff)
            return false;
        *at += 6;
        high = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    }
    *ret = high;
    return true;
}

/* Writes the text of raw to out, which has room for raw.n bytes; escapes only get shorter. */
static bool
unescape(Str raw, char *out, size_t *ret_bytes)
{
    static const char FROM[] = "\"\\/bfnrt";
    static const char TO[] = "\"\\/\b\f\n\r\t";
    size_t n = 0;
    for (size_t at = 0; at < raw.n;) {
        char c = raw.p[at++];
        if (c != '\\') {
            out[n++] = c;
            continue;
        }
        if (at == raw.n)
            return false;
        c = raw.p[at++];
        uint32_t code;
        const char *found = strchr(FROM, c);
        if (c && found) {
            out[n++] = TO[found - FROM];
        } else {
            size_t bytes = c == 'u' && read_code(raw, &at, &code) ? utf8_encode(code, out + n) : 0;
            if (bytes == 0)
                return false;
            n += bytes;
        }
    }
    *ret_bytes = n;
    return true;
}

Status
cursor_string(Cursor *cursor, Arena *arena, Str *ret, Err *err)
{
    Str raw;
    bool escapes;
    TRY(scan_string(cursor, &raw, &escapes, err));
    if (escapes) {
        char *out = arena_alloc(arena, raw.n + 1);
        if (!out)
            return err_nomem(err);
        size_t bytes;
        if (!unescape(raw, out, &bytes))
            return cursor_error(cursor, err, "a bad escape in a string");
        out[bytes] = '\0';
        raw = (Str){out, bytes};
    }
    if (!utf8_valid(raw, NULL))
        return cursor_error(cursor, err, "a string that is not UTF-8");
    *ret = raw;
    return ST_OK;
}

static size_t
skip_digits(Cursor *cursor)
{
    size_t start = cursor->at;
    while (here(cursor) >= '0' && here(cursor) <= '9')
        cursor->at++;
    return cursor->at - start;
}

/* A number by JSON's grammar; *ret_integer where it has neither fraction nor exponent. */
static Status
scan_number(Cursor *cursor, Str *ret, bool *ret_integer, Err *err)
{
    (void)cursor_peek(cursor);
    size_t start = cursor->at;
    cursor->at += here(cursor) == '-';
    bool zero = here(cursor) == '0';
    size_t digits = skip_digits(cursor);
    bool good = digits > 0 && !(zero && digits > 1);
    bool integer = true;
    if (good && here(cursor) == '.') {
        cursor->at++;
        integer = false;
        good = skip_digits(cursor) > 0;
    }
    if (good && (here(cursor) == 'e' || here(cursor) == 'E')) {
        cursor->at++;
        cursor->at += here(cursor) == '+' || here(cursor) == '-';
        integer = false;
        good = skip_digits(cursor) > 0;
    }
    if (!good)
        return cursor_error(cursor, err, "a number expected");
    *ret = str_sub(cursor->text, start, cursor->at - start);
    *ret_integer = integer;
    return ST_OK;
}

Status
cursor_u64(Cursor *cursor, uint64_t *ret, Err *err)
{
    Str text;
    bool integer;
    TRY(scan_number(cursor, &text, &integer, err));
    if (!integer || !str_to_u64(text, ret))
        return cursor_error(cursor, err, "a whole number that is not negative expected");
    return ST_OK;
}

Status
cursor_i64(Cursor *cursor, int64_t *ret, Err *err)
{
    Str text;
    bool integer;
    TRY(scan_number(cursor, &text, &integer, err));
    if (!integer || !str_to_i64(text, ret))
        return cursor_error(cursor, err, "a whole number expected");
    return ST_OK;
}

static bool
take_word(Cursor *cursor, Str word)
{
    (void)cursor_peek(cursor);
    if (!str_starts(str_from(cursor->text, cursor->at), word))
        return false;
    cursor->at += word.n;
    return true;
}

Status
cursor_bool(Cursor *cursor, bool *ret, Err *err)
{
    bool yes = take_word(cursor, STR("true"));
    if (!yes && !take_word(cursor, STR("false")))
        return cursor_error(cursor, err, "true or false expected");
    *ret = yes;
    return ST_OK;
}

static Status
skip_scalar(Cursor *cursor, char c, Err *err)
{
    Str text;
    bool flag;
    if (c == '"') {
        TRY(scan_string(cursor, &text, &flag, err));
        if (!utf8_valid(text, NULL))
            return cursor_error(cursor, err, "a string that is not UTF-8");
        return ST_OK;
    }
    if (c == 't' || c == 'f')
        return cursor_bool(cursor, &flag, err);
    if (c == 'n' && take_word(cursor, STR("null")))
        return ST_OK;
    return scan_number(cursor, &text, &flag, err);
}

Status
cursor_skip(Cursor *cursor, Err *err)
{
    char closers[DEEPEST];      /* of the brackets open inside this value */
    size_t open = 0;
    bool first = cursor->first;
    do {
        char c = cursor_peek(cursor);
        if (c == '{' || c == '[') {
            TRY(cursor_enter(cursor, c, err));
            closers[open++] = c == '{' ? '}' : ']';
        } else {
            TRY(skip_scalar(cursor, c, err));
        }
        /* leave what ends here, then stand before the next value */
        for (bool more = false; open > 0 && !more;) {
            TRY(next_entry(cursor, closers[open - 1], &more, err));
            if (!more) {
                open--;
            } else if (closers[open - 1] == '}') {
                Str key;
                bool escapes;
                TRY(scan_string(cursor, &key, &escapes, err));
                if (!take(cursor, ':'))
                    return cursor_error(cursor, err, "':' expected");
            }
        }
    } while (open > 0);
    cursor->first = first;
    return ST_OK;
}

size_t
cursor_count(const Cursor *cursor, Str what)
{
    size_t count = 0;
    size_t at;
    for (Str rest = str_from(cursor->text, cursor->at);
         count < 2 * LIMIT_MEMBER_COUNT && str_find(rest, what, &at); count++)
        rest = str_from(rest, at + what.n);
    return count;
}

Status
cursor_end(Cursor *cursor, Err *err)
{
    (void)cursor_peek(cursor);
    if (cursor->at < cursor->text.n)
        return cursor_error(cursor, err, "text follows the end of the document");
    return ST_OK;
}
