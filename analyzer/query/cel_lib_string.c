/* SPDX-License-Identifier: Apache-2.0 */
/* cel_lib_string.c -- the strings extension but format().  Positions are code points. */
#include <string.h>

#include "analyzer/query/cel_libraries.h"
#include "base/utf8.h"

static Value
bad_index(CelRun *run, int64_t index)
{
    return cel_error(run, "index out of range: %lld", (long long)index);
}

/* Byte offset of a code point position; false past the end. */
static bool
offset_of(Str s, int64_t index, size_t *ret)
{
    return index >= 0 && utf8_offset(s, (size_t)index, ret);
}

static Value
char_at(CelRun *run, const Value *args, size_t count)
{
    size_t at = 0;
    uint32_t code = 0;
    Str s = args[0].string;
    (void)count;
    if (!cel_traverse(run, s.n))
        return cel_stopped(run);
    if (!offset_of(s, args[1].integer, &at))
        return bad_index(run, args[1].integer);
    return value_string(at < s.n ? str_sub(s, at, utf8_decode(s, at, &code)) : STR(""));
}

static Value
index_of(CelRun *run, const Value *args, size_t count)
{
    size_t from = 0;
    size_t found = 0;
    Str s = args[0].string;
    int64_t start = count > 2 ? args[2].integer : 0;
    if (!cel_traverse(run, s.n))
        return cel_stopped(run);
    if (!offset_of(s, start, &from))
        return bad_index(run, start);
    if (!str_find(str_from(s, from), args[1].string, &found))
        return value_int(-1);
    return value_int(start + (int64_t)utf8_count(str_sub(s, from, found)));
}

/* The last place at or before byte last where what stands; false where there is none. */
static bool
find_last(Str s, Str what, size_t last, size_t *ret)
{
    if (what.n > s.n)
        return false;
    if (last > s.n - what.n)
        last = s.n - what.n;
    for (size_t at = last + 1; at-- > 0;) {
        if (str_starts(str_from(s, at), what)) {
            *ret = at;
            return true;
        }
    }
    return false;
}

static Value
last_index_of(CelRun *run, const Value *args, size_t count)
{
    size_t last = args[0].string.n;
    size_t found = 0;
    Str s = args[0].string;
    /* Every place may compare all of what is sought. */
    if (!cel_work(run, s.n / 10 * (1 + args[1].string.n / 10)))
        return cel_stopped(run);
    if (count > 2 && !offset_of(s, args[2].integer, &last))
        return bad_index(run, args[2].integer);
    if (!find_last(s, args[1].string, last, &found))
        return value_int(-1);
    return value_int((int64_t)utf8_count(str_head(s, found)));
}

static Value
join(CelRun *run, const Value *args, size_t count)
{
    CLEANUP(buf_done) Buf text = CEL_BUF();
    for (size_t i = 0; i < value_count(args[0]); i++) {
        Value item = value_item(args[0], i);
        if (value_is_absorbing(item))
            return item;
        if (item.type != VALUE_STRING)
            return cel_no_overload(run, "join", &item, 1);
        if (i > 0 && count > 1)
            buf_add_str(&text, args[1].string);
        buf_add_str(&text, item.string);
    }
    return cel_string_of_buf(run, &text);
}

static Value
change_case(CelRun *run, Str s, char first, char last)
{
    char *text = cel_traverse(run, s.n) ? cel_alloc(run, s.n + 1) : NULL;
    if (!text)
        return cel_stopped(run);
    for (size_t i = 0; i < s.n; i++)
        text[i] = (char)(s.p[i] >= first && s.p[i] <= last ? s.p[i] ^ 0x20 : s.p[i]);
    text[s.n] = '\0';
    return value_string((Str){text, s.n});
}

static Value
lower_ascii(CelRun *run, const Value *args, size_t count)
{
    (void)count;
    return change_case(run, args[0].string, 'A', 'Z');
}

static Value
upper_ascii(CelRun *run, const Value *args, size_t count)
{
    (void)count;
    return change_case(run, args[0].string, 'a', 'z');
}

/* Before every code point and at the end, as Go replaces "". */
static void
replace_empty(Str s, Str with, int64_t limit, Buf *out)
{
    for (size_t i = 0; i <= s.n;) {
        uint32_t code = 0;
        if (limit != 0) {
            buf_add_str(out, with);
            limit -= limit > 0;
        }
        size_t n = i < s.n ? utf8_decode(s, i, &code) : 1;
        buf_add_str(out, str_sub(s, i, n));
        i += n;
    }
}

static Value
replace(CelRun *run, const Value *args, size_t count)
{
    CLEANUP(buf_done) Buf text = CEL_BUF();
    Str rest = args[0].string;
    Str what = args[1].string;
    int64_t limit = count > 3 ? args[3].integer : -1;
    size_t at = 0;
    if (!cel_traverse(run, rest.n))
        return cel_stopped(run);
    if (what.n == 0) {
        replace_empty(rest, args[2].string, limit, &text);
        return cel_string_of_buf(run, &text);
    }
    while (limit != 0 && str_find(rest, what, &at)) {
        buf_add_str(&text, str_head(rest, at));
        buf_add_str(&text, args[2].string);
        rest = str_from(rest, at + what.n);
        limit -= limit > 0;
    }
    buf_add_str(&text, rest);
    return cel_string_of_buf(run, &text);
}

static Value
split(CelRun *run, const Value *args, size_t count)
{
    CelValues parts = {0};
    Str rest = args[0].string;
    Str separator = args[1].string;
    int64_t limit = count > 2 ? args[2].integer : -1;
    size_t at = 0;
    uint32_t code = 0;
    if (limit == 0)
        return cel_list(run, NULL, 0);
    if (!cel_traverse(run, rest.n))
        return cel_stopped(run);
    for (; limit != 1; limit -= limit > 0) {
        if (separator.n == 0) {
            if (rest.n == 0)
                break;
            at = utf8_decode(rest, 0, &code);
            if (at == rest.n)
                break;
        } else if (!str_find(rest, separator, &at)) {
            break;
        }
        if (!cel_push(run, &parts, value_string(str_head(rest, at))))
            return cel_stopped(run);
        rest = str_from(rest, at + separator.n);
    }
    if ((separator.n || rest.n) && !cel_push(run, &parts, value_string(rest)))
        return cel_stopped(run);
    return cel_list(run, parts.items, parts.count);
}

static Value
substring(CelRun *run, const Value *args, size_t count)
{
    size_t start = 0;
    size_t end = args[0].string.n;
    if (!cel_traverse(run, args[0].string.n))
        return cel_stopped(run);
    if (!offset_of(args[0].string, args[1].integer, &start))
        return bad_index(run, args[1].integer);
    if (count > 2 && !offset_of(args[0].string, args[2].integer, &end))
        return bad_index(run, args[2].integer);
    if (end < start)
        return cel_error(run, "invalid substring range. start: %lld, end: %lld",
                         (long long)args[1].integer, (long long)args[2].integer);
    return value_string(str_sub(args[0].string, start, end - start));
}

/* Unicode's White_Space. */
static bool
is_space(uint32_t c)
{
    return (c >= 9 && c <= 13) || c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000;
}

static Value
trim(CelRun *run, const Value *args, size_t count)
{
    Str s = args[0].string;
    uint32_t code = 0;
    size_t start = s.n;
    size_t end = 0;
    (void)count;
    if (!cel_traverse(run, s.n))
        return cel_stopped(run);
    for (size_t i = 0; i < s.n;) {
        size_t n = utf8_decode(s, i, &code);
        if (!is_space(code)) {
            start = start < i ? start : i;
            end = i + n;
        }
        i += n;
    }
    return value_string(end > start ? str_sub(s, start, end - start) : STR(""));
}

static Value
reverse(CelRun *run, const Value *args, size_t count)
{
    Str s = args[0].string;
    uint32_t code = 0;
    char *text = cel_traverse(run, s.n) ? cel_alloc(run, s.n + 1) : NULL;
    (void)count;
    if (!text)
        return cel_stopped(run);
    size_t to = s.n;
    for (size_t i = 0; i < s.n;) {
        size_t n = utf8_decode(s, i, &code);
        to -= n;
        memcpy(text + to, s.p + i, n);
        i += n;
    }
    text[s.n] = '\0';
    return value_string((Str){text, s.n});
}

static Value
quote(CelRun *run, const Value *args, size_t count)
{
    static const char FROM[] = "\a\b\f\n\r\t\v\\\"";
    static const char TO[] = "abfnrtv\\\"";
    CLEANUP(buf_done) Buf text = CEL_BUF();
    Str s = args[0].string;
    (void)count;
    buf_addc(&text, '"');
    for (size_t i = 0; i < s.n; i++) {
        const char *escape = s.p[i] ? strchr(FROM, s.p[i]) : NULL;
        if (escape) {
            buf_addc(&text, '\\');
            buf_addc(&text, TO[escape - FROM]);
        } else {
            buf_addc(&text, s.p[i]);
        }
    }
    buf_addc(&text, '"');
    return cel_string_of_buf(run, &text);
}

#define LIB "strings"
static const CelFunction ROWS[] = {
    {"charAt", CEL_METHOD, "si", char_at, LIB, "string.charAt(int) -> string",
     "one code point; the empty string at the end"},
    {"indexOf", CEL_METHOD, "ss?i", index_of, LIB, "string.indexOf(string [, from]) -> int",
     "where a text stands first, -1 where it does not"},
    {"lastIndexOf", CEL_METHOD, "ss?i", last_index_of, LIB,
     "string.lastIndexOf(string [, from]) -> int",
     "where a text stands last (at from or before), -1 where it does not"},
    {"join", CEL_METHOD, "l?s", join, LIB, "list.join([separator]) -> string",
     "the strings of a list one behind the other"},
    {"lowerAscii", CEL_METHOD, "s", lower_ascii, LIB, "string.lowerAscii() -> string",
     "with ASCII letters in lower case"},
    {"upperAscii", CEL_METHOD, "s", upper_ascii, LIB, "string.upperAscii() -> string",
     "with ASCII letters in upper case"},
    {"replace", CEL_METHOD, "sss?i", replace, LIB,
     "string.replace(old, new [, limit]) -> string",
     "with a text replaced, everywhere or so often"},
    {"split", CEL_METHOD, "ss?i", split, LIB, "string.split(separator [, limit]) -> list",
     "the parts between separators, at most limit of them"},
    {"substring", CEL_METHOD, "si?i", substring, LIB, "string.substring(start [, end]) -> string",
     "the part from start to before end"},
    {"trim", CEL_METHOD, "s", trim, LIB, "string.trim() -> string",
     "without white space at both ends"},
    {"reverse", CEL_METHOD, "s", reverse, LIB, "string.reverse() -> string",
     "the code points in reverse"},
    {"strings.quote", 0, "s", quote, LIB, "strings.quote(string) -> string",
     "in double quotes, with escapes"},
};
const CelLibrary CEL_LIBRARY_strings = CEL_LIBRARY(ROWS);
