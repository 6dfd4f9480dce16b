/* SPDX-License-Identifier: Apache-2.0 */
/* redact_section.c -- where the data of a printed Secret begins and ends. */
#include "collector/redact_section.h"

#include "collector/byte_sets.h"
#include "collector/redact_value.h"

#include <ctype.h>
#include <string.h>

enum { NEAR_BYTES = 4 << 10 };     /* between the kind of an object and its data */

size_t
redact_stamp(Str line)
{
    size_t at = 0;
    while (at < line.n && at < 40 && (isdigit((unsigned char)line.p[at]) || strchr("TZ:.+-", line.p[at])))
        at++;
    bool stamp = at >= 20 && isdigit((unsigned char)line.p[0]) && at < line.n && line.p[at] == ' ';
    return stamp ? at + 1 : 0;
}

/* At a line's end, or at the end of the text that the lines are escaped in; not at 0. */
static size_t
line_end(Str s, size_t at, bool escaped)
{
    while (at < s.n && !redact_break_at(s, at) && !(escaped && s.p[at] == '"' && s.p[at - 1] != '\\'))
        at++;
    return at;
}

static size_t
indent_of(Str s, size_t at)
{
    size_t begin = at + redact_stamp(str_sub(s, at, 64));
    size_t end = begin;
    while (end < s.n && s.p[end] == ' ')
        end++;
    return end - begin;
}

/* "kind": "Secret", kind: Secret, with any escapes. */
static bool
names_secret(Str s)
{
    for (size_t at; str_find(s, STR("Secret"), &at); s = str_from(s, at + 6)) {
        size_t end = at + 6;
        size_t key = at;
        if (end < s.n && (isalnum((unsigned char)s.p[end]) || s.p[end] == '.'))
            continue;
        while (key > 0 && at - key < 16 && s.p[key - 1] && strchr(" :\"\\'", s.p[key - 1]))
            key--;
        if (key < at && str_ends(str_head(s, key), STR("kind")))
            return true;
    }
    return false;
}

/* {...} from its brace on; strings of a Secret hold no braces but in stringData. */
static void
find_braces(Str s, size_t open, TextHit *ret)
{
    size_t end = open + 1;
    bool quoted = false;
    for (; end < s.n && end - open < NEAR_BYTES * 2 && s.p[end] != '\n'; end++) {
        size_t slashes = 0;
        while (end > slashes && s.p[end - slashes - 1] == '\\')
            slashes++;
        if (s.p[end] == '"' && slashes % 2 == 0)
            quoted = !quoted;
        if (s.p[end] == '}' && !quoted)
            break;
    }
    *ret = (TextHit){open + 1, end, REDACT_SECRET_DATA, SECRET_BY_STRUCTURE, byte_sets[SET_VALUE], 0, false, true};
}

/* A list may stand as far to the left as its key. */
static bool
is_below(Str s, size_t line, size_t own, bool in_list)
{
    size_t indent = indent_of(s, line);
    size_t begin = line + redact_stamp(str_sub(s, line, 64)) + indent;
    return indent > own ||
           (in_list && indent == own && str_starts(str_from(s, begin), STR("- ")));
}

bool
redact_lines_below(Str s, size_t key, size_t at, size_t *ret_begin, size_t *ret_end)
{
    size_t line = key;
    while (line > 0 && !redact_break_at(s, line - 1) &&
           !(s.p[line - 1] == 'n' && line > 1 && s.p[line - 2] == '\\'))
        line--;
    size_t own = indent_of(s, line);
    /* "- name: x": what is below is indented deeper than the dash. */
    bool in_list = s.p[line + redact_stamp(str_sub(s, line, 64)) + own] != '-';
    size_t next = at + redact_break_at(s, at);
    size_t first = next;
    *ret_begin = next + redact_stamp(str_sub(s, next, 64));
    *ret_end = *ret_begin;
    while (next < s.n && next - first < NEAR_BYTES + NEAR_BYTES / 2 && is_below(s, next, own, in_list)) {
        *ret_end = line_end(s, next, s.p[at] == '\\');
        if (!redact_break_at(s, *ret_end))
            break;
        next = *ret_end + redact_break_at(s, *ret_end);
    }
    return *ret_end > *ret_begin;
}

bool
redact_section(Str s, size_t at, TextHit *ret)
{
    size_t end = at;
    while (end > 0 && at - end < 8 && byte_sets[SET_SIGN_LEAD][(unsigned char)s.p[end - 1]])
        end--;
    if (end < 4 || s.p[end - 1] != 'a')
        return false;
    Str before = str_head(s, end);
    size_t key = str_ends(before, STR("stringData")) ? end - 10 : str_ends(before, STR("data")) ? end - 4 : 0;
    bool escaped = key > 1 && s.p[key - 1] == 'n' && s.p[key - 2] == '\\';
    if (!key || (isalnum((unsigned char)s.p[key - 1]) && !escaped))
        return false;
    size_t from = key > NEAR_BYTES ? key - NEAR_BYTES : 0;
    if (!names_secret(str_sub(s, from, key - from + NEAR_BYTES)))
        return false;
    size_t value = at + 1;
    while (value < s.n && s.p[value] == ' ')
        value++;
    bool found = false;
    if (value < s.n && s.p[value] == '{') {
        find_braces(s, value, ret);
        found = ret->end > ret->at + 1;
    } else if (redact_break_at(s, value)) {
        *ret = (TextHit){.rule = REDACT_SECRET_DATA, .origin = SECRET_BY_STRUCTURE,
                         .bytes = byte_sets[SET_VALUE], .parts = true};
        found = redact_lines_below(s, key, value, &ret->at, &ret->end);
    }
    size_t done;      /* by structure */
    return found && !str_find(str_sub(s, ret->at, ret->end - ret->at), STR("<redacted:"), &done);
}
