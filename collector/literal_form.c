/* SPDX-License-Identifier: Apache-2.0 */
/* literal_form.c -- writing forms, and comparing them with a text that may have escaped more. */
#include "collector/literal_form.h"

#include "base/utf8.h"
#include "collector/base64.h"
#include "collector/secret_book.h"

#include <ctype.h>
#include <string.h>

enum { BACKSLASHES_MAX = 16 };      /* JSON in JSON in JSON in JSON */

static const char HEX_LOWER[] = "0123456789abcdef";
static const char HEX_UPPER[] = "0123456789ABCDEF";
static const char BASE64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static size_t
write_hex(Str value, const char *digits, const char *before, char *out)
{
    size_t n = 0;
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        for (const char *b = before; *b; b++)
            out[n++] = *b;
        out[n++] = digits[c >> 4];
        out[n++] = digits[c & 15];
    }
    return n;
}

/* The digits that the value alone decides, with `shift` unknown bytes before it. */
static size_t
write_base64(Str value, size_t shift, char *out)
{
    size_t first = (8 * shift + 5) / 6;
    size_t last = 8 * (shift + value.n) / 6;
    size_t n = 0;
    for (size_t digit = first; digit < last; digit++) {
        size_t bit = digit * 6 - 8 * shift;
        unsigned pair = (unsigned)(unsigned char)value.p[bit / 8] << 8;
        if (bit / 8 + 1 < value.n)
            pair |= (unsigned char)value.p[bit / 8 + 1];
        out[n++] = BASE64[pair >> (10 - bit % 8) & 63];
    }
    return n;
}

static size_t
write_base64_twice(Str value, size_t inner, size_t outer, char *out)
{
    char once[2 * SECRET_PIECE_BYTES];
    size_t n = write_base64(value, inner, once);
    n = write_base64((Str){once, n}, outer, out);
    explicit_bzero(once, sizeof once);
    return n;
}

static size_t
write_json(Str value, char *out)
{
    size_t n = 0;
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] == '"' || value.p[i] == '\\')
            out[n++] = '\\';
        out[n++] = value.p[i];
    }
    return n;
}

static size_t
write_json_twice(Str value, char *out)
{
    char once[2 * SECRET_PIECE_BYTES];
    size_t n = write_json((Str){once, write_json(value, once)}, out);
    explicit_bzero(once, sizeof once);
    return n;
}

static size_t
write_url(Str value, const char *digits, char *out)
{
    size_t n = 0;
    for (size_t i = 0; i < value.n; i++) {
        if (isalnum((unsigned char)value.p[i]) || strchr("-_.~", value.p[i]))
            out[n++] = value.p[i];
        else
            n += write_hex(str_sub(value, i, 1), digits, "%", out + n);
    }
    return n;
}

/* Escaped for a URL in a URL. */
static size_t
write_url_twice(Str value, char *out)
{
    char once[3 * SECRET_PIECE_BYTES];
    size_t n = write_url((Str){once, write_url(value, HEX_UPPER, once)}, HEX_UPPER, out);
    explicit_bzero(once, sizeof once);
    return n;
}

size_t
form_write(Form form, Str value, char out[FORM_BYTES_MAX])
{
    size_t twice = (size_t)(form - FORM_TWICE_0);
    if (form >= FORM_TWICE_0 && form <= FORM_TWICE_8)
        return write_base64_twice(value, twice / 3, twice % 3, out);
    switch (form) {
    case FORM_PLAIN:
    case FORM_AS_IT_IS:
        memcpy(out, value.p, value.n);
        return value.n;
    case FORM_BASE64_0:
    case FORM_BASE64_1:
    case FORM_BASE64_2:
        return write_base64(value, (size_t)(form - FORM_BASE64_0), out);
    case FORM_HEX:
        return write_hex(value, HEX_LOWER, "", out);
    case FORM_HEX_UPPER:
        return write_hex(value, HEX_UPPER, "", out);
    case FORM_PERCENT:
        return write_hex(value, HEX_LOWER, "%", out);
    case FORM_PERCENT_UPPER:
        return write_hex(value, HEX_UPPER, "%", out);
    case FORM_JSON:
        return write_json(value, out);
    case FORM_JSON_TWICE:
        return write_json_twice(value, out);
    case FORM_URL:
        return write_url(value, HEX_UPPER, out);
    case FORM_URL_LOWER:
        return write_url(value, HEX_LOWER, out);
    case FORM_URL_TWICE:
        return write_url_twice(value, out);
    case FORM_TWICE_0:
    case FORM_TWICE_8:
    case FORM_COUNT:
        break;
    }
    return 0;
}

bool
form_may_anchor(Form form, const char *text, size_t at)
{
    for (size_t i = at; i < at + ANCHOR_BYTES; i++) {
        unsigned char c = (unsigned char)text[i];
        if (form == FORM_PLAIN && !isalnum(c))
            return false;
        if (form_is_base64(form) && (c == '+' || c == '/'))
            return false;
    }
    return true;
}

static int
hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool
hex_is(Str text, size_t at, unsigned char c)
{
    return at + 2 <= text.n && hex_digit(text.p[at]) == c >> 4 && hex_digit(text.p[at + 1]) == (c & 15);
}

/* "&amp;" and what else stands for the byte in HTML, at the offset: bytes of it, or 0. */
static size_t
entity_at(Str text, size_t at, unsigned char c)
{
    static const struct {
        char c;
        const char *entity;
    } ENTITIES[] = {
        {'&', "&amp;"}, {'<', "&lt;"},   {'>', "&gt;"},  {'"', "&quot;"}, {'"', "&#34;"},
        {'\'', "&#39;"}, {'\'', "&apos;"}, {'+', "&#43;"},
    };
    for (size_t i = 0; i < sizeof ENTITIES / sizeof *ENTITIES; i++)
        if ((unsigned char)ENTITIES[i].c == c && str_starts(str_from(text, at), str_of(ENTITIES[i].entity)))
            return strlen(ENTITIES[i].entity);
    return 0;
}

static bool
is_letter_escape(char letter, unsigned char c)
{
    return (letter == 'n' && c == '\n') || (letter == 't' && c == '\t') || (letter == 'r' && c == '\r');
}

/* A single escape of the byte, at the offset, which is no backslash-run: bytes, or 0. */
static size_t
escape_at(Str text, size_t at, unsigned char c)
{
    if (at >= text.n)
        return 0;
    switch (text.p[at]) {
    case '%':
        if (str_starts(str_from(text, at), STR("%25")) && hex_is(text, at + 3, c))
            return 5;                                   /* escaped twice */
        return hex_is(text, at + 1, c) ? 3 : 0;
    case '=':
        return hex_is(text, at + 1, c) ? 3 : 0;
    case '&':
        return entity_at(text, at, c);
    case '+':
        return c == ' ' ? 1 : 0;
    default:
        return 0;
    }
}

/* The value's byte, written in any way at the offset: bytes of it, or 0. */
static size_t
byte_at(Str text, size_t at, unsigned char c)
{
    size_t escaped = escape_at(text, at, c);
    if (escaped)
        return escaped;
    size_t slashes = 0;
    while (at + slashes < text.n && text.p[at + slashes] == '\\' && slashes < BACKSLASHES_MAX)
        slashes++;
    if (c == '\\')
        return slashes;
    size_t rest = at + slashes;
    if (rest >= text.n)
        return 0;
    if ((unsigned char)text.p[rest] == c && !(slashes && isalnum(c)))
        return slashes + 1;
    if (slashes && text.p[rest] == 'u' && text.n - rest > 4 && text.p[rest + 1] == '0' &&
        text.p[rest + 2] == '0' && hex_is(text, rest + 3, c))
        return slashes + 5;
    if (slashes && text.p[rest] == 'x' && hex_is(text, rest + 1, c))
        return slashes + 3;
    return slashes && is_letter_escape(text.p[rest], c) ? slashes + 1 : 0;
}

/* The same, ending at the offset: the longest of its forms that ends there. */
static size_t
byte_before(Str text, size_t end, unsigned char c)
{
    static const size_t LENGTHS[] = {1, 3, 4, 5, 6};      /* of forms, without backslashes */
    size_t best = end > 0 && isalnum(c) && (unsigned char)text.p[end - 1] == c;
    for (size_t i = 0; i < sizeof LENGTHS / sizeof *LENGTHS; i++) {
        size_t n = LENGTHS[i];
        if (n > end)
            break;
        size_t begin = end - n;
        while (begin > 0 && text.p[begin - 1] == '\\' && end - begin < BACKSLASHES_MAX + n)
            begin--;
        if (c == '\\' && text.p[end - 1] == '\\')
            return end - begin;
        if (byte_at(str_head(text, end), begin, c) == end - begin)
            best = end - begin;
        else if (escape_at(str_head(text, end), end - n, c) == n)
            best = n;
    }
    return best;
}

static bool
match_plain(Str value, size_t anchor, Str text, size_t at, size_t *ret_begin, size_t *ret_end)
{
    size_t end = at;
    for (size_t i = anchor; i < value.n; i++) {
        size_t n = byte_at(text, end, (unsigned char)value.p[i]);
        if (!n)
            return false;
        end += n;
    }
    size_t begin = at;
    for (size_t i = anchor; i-- > 0;) {
        size_t n = byte_before(text, begin, (unsigned char)value.p[i]);
        if (!n)
            return false;
        begin -= n;
    }
    *ret_begin = begin;
    *ret_end = end;
    return true;
}

/* A line's end inside base64, with the blanks of an indented block: bytes of it, or 0. */
static size_t
break_at(Str text, size_t at)
{
    size_t end = at;
    while (end < text.n && (text.p[end] == '\r' || text.p[end] == '\n'))
        end++;
    while (text.n - end >= 2 && text.p[end] == '\\' && (text.p[end + 1] == 'n' || text.p[end + 1] == 'r'))
        end += 2;
    if (end == at)
        return 0;
    while (end < text.n && (text.p[end] == ' ' || text.p[end] == '\t') && end - at < 80)
        end++;
    return end - at;
}

static size_t
break_before(Str text, size_t end)
{
    size_t begin = end;
    while (begin > 0 && (text.p[begin - 1] == ' ' || text.p[begin - 1] == '\t') && end - begin < 80)
        begin--;
    size_t blanks = begin;
    while (begin > 0 && (text.p[begin - 1] == '\r' || text.p[begin - 1] == '\n'))
        begin--;
    while (begin > 1 && text.p[begin - 2] == '\\' && (text.p[begin - 1] == 'n' || text.p[begin - 1] == 'r'))
        begin -= 2;
    return begin == blanks ? 0 : end - begin;
}

static bool
digit_is(Str text, size_t at, char digit)
{
    return at < text.n && base64_value(text.p[at]) == base64_value(digit);
}

static bool
match_base64(const char *digits, size_t n, size_t anchor, Str text, size_t at, size_t *ret_begin,
             size_t *ret_end)
{
    size_t end = at;
    for (size_t i = anchor; i < n; i++) {
        if (!digit_is(text, end, digits[i]))
            end += break_at(text, end);
        if (!digit_is(text, end, digits[i]))
            return false;
        end++;
    }
    size_t begin = at;
    for (size_t i = anchor; i-- > 0;) {
        if (begin == 0 || !digit_is(text, begin - 1, digits[i]))
            begin -= break_before(text, begin);
        if (begin == 0 || !digit_is(text, begin - 1, digits[i]))
            return false;
        begin--;
    }
    *ret_begin = begin;
    *ret_end = end;
    return true;
}

/* The digits beside, which hold some bits of the value. */
static void
add_edges(Form form, Str value, Str text, size_t *begin, size_t *end)
{
    size_t shift = (size_t)(form - FORM_BASE64_0);
    if (shift && *begin > 0 && base64_value(text.p[*begin - 1]) >= 0)
        --*begin;
    if (8 * (shift + value.n) % 6 && *end < text.n && base64_value(text.p[*end]) >= 0) {
        ++*end;
        for (int i = 0; i < 2 && *end < text.n && text.p[*end] == '='; i++)
            ++*end;
    }
}

bool
form_match(Form form, Str value, size_t anchor, Str text, size_t at, size_t *ret_begin,
           size_t *ret_end)
{
    char exact[FORM_BYTES_MAX];
    if (form == FORM_PLAIN)
        return match_plain(value, anchor, text, at, ret_begin, ret_end);
    size_t n = form_write(form, value, exact);
    bool found;
    if (form_is_base64(form)) {
        found = match_base64(exact, n, anchor, text, at, ret_begin, ret_end);
        if (found && form <= FORM_BASE64_2)
            add_edges(form, value, text, ret_begin, ret_end);
    } else {
        found = at >= anchor && text.n - at >= n - anchor &&
                memcmp(text.p + at - anchor, exact, n) == 0;
        if (found) {
            *ret_begin = at - anchor;
            *ret_end = at - anchor + n;
        }
    }
    explicit_bzero(exact, n);
    return found;
}
