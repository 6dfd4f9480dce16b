/* SPDX-License-Identifier: Apache-2.0 */
/* redact_value.c -- where names begin and values end. */
#include "collector/redact_value.h"

#include "collector/byte_sets.h"
#include "collector/redact_section.h"

#include <ctype.h>
#include <string.h>

enum {
    NAME_BYTES_MAX = 64,
    BLANKS_MAX = 64,
    VALUE_BYTES_MAX = 6 << 10,     /* of what ends with a bracket or three quotes */
    LINE_BACK_MAX = 1 << 10,
    ENTITY_BYTES_MAX = 512,        /* between two quotes that are entities */
};

/* Quotes in HTML. */
static const Str ENTITIES[] = {STR_INIT("&quot;"), STR_INIT("&#34;"), STR_INIT("&#39;"), STR_INIT("&apos;")};

static bool
is_quote(char c)
{
    return c == '"' || c == '\'' || c == '`';
}

static bool
is_name_byte(char c)
{
    return byte_sets[SET_NAME][(unsigned char)c];
}

/* ESC [ 3 1 m, as it is or escaped: bytes of it that end at the offset; 0 for none. */
static size_t
colour_before(Str s, size_t end)
{
    static const Str STARTS[] = {STR_INIT("\x1b["), STR_INIT("\\u001b["), STR_INIT("\\x1b["),
                                 STR_INIT("\\u001B["), STR_INIT("\\033["), STR_INIT("\\e[")};
    size_t at = end;
    if (at == 0 || s.p[--at] != 'm')
        return 0;
    while (at > 0 && end - at < 16 && (isdigit((unsigned char)s.p[at - 1]) || s.p[at - 1] == ';'))
        at--;
    Str before = str_head(s, at);
    for (size_t i = 0; i < sizeof STARTS / sizeof *STARTS; i++)
        if (str_ends(before, STARTS[i]))
            return end - (at - STARTS[i].n);
    return 0;
}

static size_t
colour_at(Str s, size_t at)
{
    size_t open;
    if (at >= s.n || (s.p[at] != '\x1b' && s.p[at] != '\\') ||
        !str_find_char(str_sub(s, at, 8), '[', &open))
        return 0;
    size_t end = at + open + 1;
    while (end < s.n && end - at < 24 && (isdigit((unsigned char)s.p[end]) || s.p[end] == ';'))
        end++;
    return end < s.n && s.p[end] == 'm' && colour_before(s, end + 1) == end + 1 - at ? end + 1 - at : 0;
}

size_t
redact_skip_blanks(Str s, size_t at)
{
    size_t most = at + BLANKS_MAX;
    while (at < s.n && at < most) {
        size_t slash = at;
        if (s.p[at] == ' ' || s.p[at] == '\t') {
            at++;
            continue;
        }
        size_t colour = colour_at(s, at);
        while (slash < s.n && slash - at < 8 && s.p[slash] == '\\')
            slash++;
        if (!colour && (slash == at || slash >= s.n || s.p[slash] != 't'))
            break;
        at = colour ? at + colour : slash + 1;
    }
    return at;
}

static size_t
skip_blanks_back(Str s, size_t end)
{
    size_t least = end > BLANKS_MAX ? end - BLANKS_MAX : 0;
    while (end > least) {
        char c = s.p[end - 1];
        size_t colour = c == 'm' ? colour_before(s, end) : 0;
        if (c == ' ' || c == '\t')
            end--;
        else if (colour)
            end -= colour;
        else if (c == 't' && end > 1 && s.p[end - 2] == '\\')
            for (end--; end > least && s.p[end - 1] == '\\';)
                end--;
        else
            break;
    }
    return end;
}

Str
redact_name_before(Str s, size_t end, size_t *ret_begin)
{
    bool equals = end < s.n && s.p[end] == '=';
    if (equals && end > 0 && (s.p[end - 1] == '?' || s.p[end - 1] == '+'))      /* PASSWORD ?= */
        end--;
    end = skip_blanks_back(s, end);
    size_t at = end;
    if (end > 0 && s.p[end - 1] == ']')                 /* env["PASSWORD"] = */
        end--;
    if (end > 0 && is_quote(s.p[end - 1]))
        end--;
    for (size_t i = 0; end > 0 && s.p[end - 1] == ';' && i < sizeof ENTITIES / sizeof *ENTITIES; i++)
        end -= str_ends(str_head(s, end), ENTITIES[i]) ? ENTITIES[i].n : 0;
    while (end > 0 && at - end < 12 && s.p[end - 1] == '\\')
        end--;
    size_t begin = end;
    while (begin > 0 && end - begin < NAME_BYTES_MAX && is_name_byte(s.p[begin - 1]))
        begin--;
    /* The n of an escaped line's end is no part of it. */
    if (begin > 0 && begin < end && s.p[begin - 1] == '\\' && strchr("nrt", s.p[begin]))
        begin++;
    *ret_begin = begin;
    return str_sub(s, begin, end - begin);
}

/* The next quote with as many backslashes, pairs of escaped backslashes aside.  Each level of
 * JSON in JSON doubles them. */
size_t
redact_end_of_quoted(Str s, size_t begin, char quote, size_t backslashes)
{
    size_t at = begin;
    size_t run = 0;
    for (; at < s.n && ((unsigned char)s.p[at] >= 0x20 || s.p[at] == '\x1b'); at++) {
        if (s.p[at] == '\\') {
            run++;
            continue;
        }
        if (s.p[at] == quote && run % (2 * (backslashes + 1)) == backslashes)
            return at - backslashes;
        if (backslashes && s.p[at] == quote && run < backslashes)
            return at - run;                            /* the text around it ends */
        run = 0;
    }
    return at;
}

/* A quote with its backslashes; bytes of it, or 0. */
static size_t
quote_at(Str s, size_t at)
{
    size_t end = at;
    while (end < s.n && end - at < 8 && s.p[end] == '\\')
        end++;
    return end < s.n && is_quote(s.p[end]) ? end + 1 - at : 0;
}

static Value
quoted_value(Str s, size_t at, size_t n)
{
    Str quote = str_sub(s, at, n);
    size_t begin = at + n;
    size_t end;
    bool triple = str_starts(str_from(s, begin), quote) && str_starts(str_from(s, begin + n), quote);
    if (!triple)
        return (Value){begin, redact_end_of_quoted(s, begin, quote.p[n - 1], n - 1), VALUE_QUOTED, 0};
    begin += 2 * n;
    begin += redact_break_at(s, begin);
    Str rest = str_sub(s, begin, VALUE_BYTES_MAX);
    char three[3 * 9];
    for (size_t i = 0; i < 3; i++)
        memcpy(three + i * n, quote.p, n);
    if (!str_find(rest, (Str){three, 3 * n}, &end))
        end = run_of(s, begin, byte_sets[SET_LINE]) - begin;
    return (Value){begin, begin + end, VALUE_QUOTED, 0};
}

/* (string) (len=9) of Go's spew, !tag and &anchor of YAML. */
static size_t
skip_marks(Str s, size_t at)
{
    for (int i = 0; i < 4; i++) {
        size_t end = at + 1;
        size_t close;
        if (at < s.n && s.p[at] == '(' && str_find(str_sub(s, at, 32), STR(") "), &close))
            end = at + close + 1;
        else if (at < s.n && (s.p[at] == '!' || s.p[at] == '&'))
            while (end < s.n && end - at < NAME_BYTES_MAX && (is_name_byte(s.p[end]) || s.p[end] == '!'))
                end++;
        if (end <= at + 1 || end >= s.n || s.p[end] != ' ')
            break;
        at = redact_skip_blanks(s, end);
    }
    return at;
}

/* b'x', u'x', SecretStr('x'), Some("x"): bytes before the quote. */
static size_t
skip_constructor(Str s, size_t at)
{
    size_t end = at;
    while (end < s.n && end - at < 32 && (is_name_byte(s.p[end]) || s.p[end] == '&'))
        end++;
    bool called = end < s.n && s.p[end] == '(';
    if (end - at > 2 && !called)
        return 0;
    end += called;
    return quote_at(s, end) ? end - at : 0;
}

/* [..], {..}, map[..], &{..}: to the bracket that closes it, on this line. */
static bool
nested_value(Str s, size_t at, Value *ret)
{
    size_t open = at + (str_starts(str_from(s, at), STR("map[")) ? 3 : 0);
    open += open < s.n && s.p[open] == '&' && open + 1 < s.n && s.p[open + 1] == '{';
    if (open >= s.n || (s.p[open] != '[' && s.p[open] != '{'))
        return false;
    size_t depth = 0;
    size_t quotes = 0;
    size_t end = open;
    for (; end < s.n && end - at < VALUE_BYTES_MAX && s.p[end] != '\n'; end++) {
        size_t n = quote_at(s, end);
        if (n > 0 && s.p[end + n - 1] != '`') {
            quotes = quotes ? quotes : n;
            end = redact_end_of_quoted(s, end + n, s.p[end + n - 1], n - 1) + n - 1;
        } else if (s.p[end] == '[' || s.p[end] == '{') {
            depth++;
        } else if ((s.p[end] == ']' || s.p[end] == '}') && --depth == 0) {
            *ret = (Value){at, end + 1, VALUE_NESTED, (uint8_t)quotes};
            return true;
        }
    }
    return false;
}

/* <<EOF, $(cat <<'EOF': the lines up to that word. */
static bool
heredoc_value(Str s, size_t at, Value *ret)
{
    size_t mark;
    if (!str_find(str_sub(s, at, 12), STR("<<"), &mark) || (mark > 0 && !str_starts(str_from(s, at), STR("$("))))
        return false;
    size_t word = at + mark + 2;
    while (word < s.n && word - at < 20 && s.p[word] && strchr("-~'\" \\", s.p[word]))
        word++;
    size_t end = run_of(s, word, byte_sets[SET_WORD]);
    Str name = str_sub(s, word, end - word);
    while (end < s.n && end - word < NAME_BYTES_MAX && !redact_break_at(s, end))
        end++;
    size_t begin = end + redact_break_at(s, end);
    size_t stop;
    if (name.n == 0 || begin == end || !str_find(str_sub(s, begin, VALUE_BYTES_MAX), name, &stop))
        return false;
    end = begin + stop;
    while (end > begin && isspace((unsigned char)s.p[end - 1]))
        end--;
    if (end > begin && s.p[end - 1] == '\\')
        end--;
    *ret = (Value){begin, end, VALUE_LINES, 0};
    return end > begin;
}

/* &quot;x&quot;: JSON and attributes in a page. */
static bool
entity_value(Str s, size_t at, Value *ret)
{
    for (size_t i = 0; i < sizeof ENTITIES / sizeof *ENTITIES; i++) {
        size_t begin = at + ENTITIES[i].n;
        size_t end;
        if (!str_starts(str_from(s, at), ENTITIES[i]) || !str_find(str_sub(s, begin, ENTITY_BYTES_MAX), ENTITIES[i], &end))
            continue;
        *ret = (Value){begin, begin + end, VALUE_QUOTED, 0};
        return run_of(s, begin, byte_sets[SET_LINE]) >= begin + end;
    }
    return false;
}

Value
redact_value_behind(Str s, size_t at)
{
    size_t begin = at;
    Value value;
    while (begin < s.n && begin - at < 2 && (s.p[begin] == '=' || s.p[begin] == '>'))
        begin++;                                        /* := == => */
    begin = skip_marks(s, redact_skip_blanks(s, begin));
    begin += skip_constructor(s, begin);
    size_t quote = quote_at(s, begin);
    if (quote) {
        value = quoted_value(s, begin, quote);
        if (value.form == VALUE_QUOTED)                 /* a colour inside of them */
            value.begin += colour_at(s, value.begin);
        return value;
    }
    if (begin < s.n && s.p[begin] == '&' && entity_value(s, begin, &value))
        return value;
    if (nested_value(s, begin, &value) || heredoc_value(s, begin, &value))
        return value;
    return (Value){begin, run_of(s, begin, byte_sets[SET_VALUE]), VALUE_BARE, 0};
}

/* name= or name: begins at the offset. */
static bool
begins_pair(Str s, size_t at)
{
    size_t end = at;
    while (end < s.n && end - at < NAME_BYTES_MAX && is_name_byte(s.p[end]))
        end++;
    return end > at && end < s.n && (s.p[end] == '=' || s.p[end] == ':');
}

/* A byte, or its escape, that ends most values and may be inside of one; bytes of it. */
static size_t
joint_at(Str s, size_t at, unsigned *opened)
{
    size_t slashes = 0;
    if (at >= s.n)
        return 0;
    if (strchr("({[", s.p[at]) && s.p[at]) {
        ++*opened;
        return 1;
    }
    if (strchr(")}]", s.p[at]) && s.p[at]) {
        bool inside = *opened > 0;
        *opened -= inside;
        return inside;
    }
    if (strchr(",;&|'<", s.p[at]) && s.p[at])
        return 1;
    while (at + slashes < s.n && s.p[at + slashes] == '\\')
        slashes++;
    if (!slashes || at + slashes >= s.n || strchr("nrtbf\"'", s.p[at + slashes]))
        return 0;
    return s.p[at + slashes] == 'u' ? slashes + 5 : slashes;
}

void
redact_extend_bare(Str s, Value *value)
{
    unsigned opened = 0;
    while (value->end - value->begin < 512) {
        size_t next = value->end + joint_at(s, value->end, &opened);
        if (next == value->end || next >= s.n || begins_pair(s, next))
            return;
        size_t end = run_of(s, next, byte_sets[SET_VALUE]);
        if (end == next)
            return;
        value->end = end;
    }
}

size_t
redact_break_at(Str s, size_t at)
{
    size_t end = at;
    if (end < s.n && (s.p[end] == '\n' || (s.p[end] == '\r' && end + 1 < s.n && s.p[end + 1] == '\n')))
        return s.p[end] == '\r' ? 2 : 1;
    while (end < s.n && s.p[end] == '\\')
        end++;
    if (end == at || end >= s.n || (s.p[end] != 'n' && s.p[end] != 'r'))
        return 0;
    end++;
    return s.p[end - 1] == 'r' ? end - at + redact_break_at(s, end) : end - at;
}

size_t
redact_line_start(Str s, size_t at)
{
    size_t begin = at;
    while (begin > 0 && at - begin < LINE_BACK_MAX && s.p[begin - 1] != '\n' &&
           !(begin > 1 && s.p[begin - 2] == '\\' && s.p[begin - 1] == 'n'))
        begin--;
    begin += redact_stamp(str_sub(s, begin, 64));
    while (begin < at && (s.p[begin] == ' ' || s.p[begin] == '\t'))
        begin++;
    return begin;
}

/* What follows the sign says that the value stands on the lines below. */
static bool
is_below(Str s, size_t at, size_t *ret_break, bool *ret_is_block)
{
    size_t end = skip_marks(s, redact_skip_blanks(s, at));
    if (end < s.n && (s.p[end] == '!' || s.p[end] == '&'))
        end = run_of(s, end + 1, byte_sets[SET_NAME]);
    *ret_is_block = end < s.n && (s.p[end] == '|' || s.p[end] == '>');
    if (*ret_is_block)
        for (end++; end < s.n && s.p[end] && strchr("+-0123456789", s.p[end]);)
            end++;
    end = redact_skip_blanks(s, end);
    *ret_break = end;
    return redact_break_at(s, end) > 0;
}

bool
redact_value_below(Str s, size_t name_at, size_t at, Value *ret, bool *ret_is_block)
{
    size_t line;
    size_t begin;
    size_t end;
    if (!is_below(s, at, &line, ret_is_block) || !redact_lines_below(s, name_at, line, &begin, &end))
        return false;
    while (begin < end && s.p[begin] == ' ')
        begin++;
    *ret = (Value){begin, end, VALUE_LINES, 0};
    return end > begin;
}
