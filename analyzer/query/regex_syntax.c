/* SPDX-License-Identifier: Apache-2.0 */
/* regex_syntax.c -- reads RE2's syntax and writes what means the same to PCRE2.
 *
 * The flags m and s are resolved here, construct by construct; i and U are passed on.
 * Literals are written as code points, so nothing of the pattern can be misread. */
#include "analyzer/query/regex_syntax.h"

#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"

enum {
    REPEAT_MOST = 1000,     /* as RE2 */
    DEPTH_MOST = 200,       /* PCRE2 allows 250 parentheses; we add some of our own */
    UNBOUNDED = -1,
};

typedef struct {
    Arena *arena;
    Str text;
    size_t at;
    Buf *out;
    RegexNames *names;
    Err *err;
    unsigned depth;
    bool many_lines;        /* (?m) */
    bool dot_all;           /* (?s) */
} Reader;

static Status read_alternatives(Reader *r, unsigned *ret_weight);

static Status
fail(Reader *r, size_t at, const char *what)
{
    unsigned column = (unsigned)utf8_count(str_head(r->text, at)) + 1;
    return err_at(r->err, ST_RULE, NULL, 0, column, "regular expression: %s at character %u", what,
                  column);
}

static bool
more(const Reader *r)
{
    return r->at < r->text.n;
}

static char
peek(const Reader *r, size_t ahead)
{
    return ahead < r->text.n - r->at ? r->text.p[r->at + ahead] : '\0';
}

static bool
looking_at(const Reader *r, const char *what)
{
    return str_starts(str_from(r->text, r->at), str_of(what));
}

static void
write_code(Reader *r, uint32_t code)
{
    if (code < 0x80 && ascii_is_word((char)code))
        buf_addc(r->out, (char)code);
    else
        buf_printf(r->out, "\\x{%x}", (unsigned)code);
}

/* \x7F or \x{10FFFF}; at stands behind the x. */
static Status
read_hex(Reader *r, uint32_t *ret)
{
    size_t start = r->at - 2;
    uint32_t code = 0;
    if (peek(r, 0) == '{') {
        r->at++;
        size_t digits = 0;
        for (int d; (d = ascii_hex_value(peek(r, 0))) >= 0; r->at++, digits++) {
            code = code * 16 + (uint32_t)d;
            if (code > 0x10FFFF)
                return fail(r, start, "code point past 10FFFF");
        }
        if (digits == 0 || peek(r, 0) != '}')
            return fail(r, start, "malformed \\x{...}");
        r->at++;
    } else {
        int high = ascii_hex_value(peek(r, 0));
        int low = high < 0 ? -1 : ascii_hex_value(peek(r, 1));
        if (low < 0)
            return fail(r, start, "\\x needs two hexadecimal digits or {...}");
        code = (uint32_t)(high * 16 + low);
        r->at += 2;
    }
    if (code >= 0xD800 && code <= 0xDFFF)
        return fail(r, start, "surrogate code point");
    *ret = code;
    return ST_OK;
}

/* An escape that stands for one code point; at stands behind the backslash. */
static Status
read_escape(Reader *r, uint32_t *ret)
{
    size_t start = r->at - 1;
    if (!more(r))
        return fail(r, start, "backslash at the end");
    static const char LETTERS[] = "aftnrv";
    static const char CODES[] = "\a\f\t\n\r\v";
    char c = r->text.p[r->at++];
    const char *letter = c ? strchr(LETTERS, c) : NULL;
    if (letter) {
        *ret = (unsigned char)CODES[letter - LETTERS];
        return ST_OK;
    }
    if (c == 'x')
        return read_hex(r, ret);
    if (c == '0' || (c >= '1' && c <= '7' && peek(r, 0) >= '0' && peek(r, 0) <= '7')) {
        uint32_t code = (uint32_t)(c - '0');
        for (int i = 0; i < 2 && peek(r, 0) >= '0' && peek(r, 0) <= '7'; i++)
            code = code * 8 + (uint32_t)(r->text.p[r->at++] - '0');
        *ret = code;
        return ST_OK;
    }
    if (ascii_is_digit(c))
        return fail(r, start, "back references are not in RE2's syntax");
    if ((unsigned char)c >= 0x80 || (ascii_is_word(c) && c != '_') || c == '\0')
        return fail(r, start, "unknown escape; RE2's syntax is needed");
    *ret = (unsigned char)c;
    return ST_OK;
}

/* \pN, \p{Greek}, \P{^Lu}; at stands at the p. */
static Status
read_property(Reader *r)
{
    size_t start = r->at - 1;
    bool negated = r->text.p[r->at++] == 'P';
    Str name = {r->text.p + r->at, 1};
    if (peek(r, 0) == '{') {
        size_t end = 0;
        Str rest = str_from(r->text, r->at + 1);
        if (!str_find_char(rest, '}', &end))
            return fail(r, start, "\\p{ without }");
        name = str_head(rest, end);
        r->at += end + 2;
        if (name.n && name.p[0] == '^') {
            negated = !negated;
            name = str_from(name, 1);
        }
    } else if (more(r)) {
        r->at++;
    } else {
        name.n = 0;
    }
    for (size_t i = 0; i < name.n; i++) {
        if (!ascii_is_word(name.p[i]) || ascii_is_digit(name.p[i]))
            name.n = 0;
    }
    if (name.n == 0 || name.n > 64)
        return fail(r, start, "unknown Unicode property");
    /* A bare script name would mean its extensions to PCRE2, unlike RE2. */
    const char *script = name.n > 2 && !str_is(name, "Any") ? "sc:" : "";
    buf_printf(r->out, "\\%c{%s" STR_FMT "}", negated ? 'P' : 'p', script, STR_ARG(name));
    return ST_OK;
}

/* \d \D \w \W \s \S, in a class or alone; false where c is none of them.  PCRE2's \s takes
 * \v, RE2's does not. */
static bool
write_perl_class(Reader *r, char c, bool in_class)
{
    const char *text = NULL;
    switch (c) {
    case 'd':
    case 'D':
    case 'w':
    case 'W':
        buf_printf(r->out, "\\%c", c);
        return true;
    case 's':
        text = in_class ? "\\t\\n\\f\\r\\x20" : "[\\t\\n\\f\\r\\x20]";
        break;
    case 'S':
        text = in_class ? "\\S\\x0b" : "[^\\t\\n\\f\\r\\x20]";
        break;
    default:
        return false;
    }
    buf_adds(r->out, text);
    return true;
}

/* [:alpha:] and [:^alpha:] inside a class. */
static Status
read_posix_class(Reader *r, bool *ret_found)
{
    static const char *const NAMES[] = {"alnum", "alpha", "ascii", "blank", "cntrl",
                                        "digit", "graph", "lower", "print", "punct",
                                        "space", "upper", "word",  "xdigit"};
    *ret_found = false;
    size_t end = 0;
    Str rest = str_from(r->text, r->at);
    if (!str_starts(rest, STR("[:")) || !str_find(rest, STR(":]"), &end))
        return ST_OK;
    Str name = str_sub(rest, 2, end - 2);
    bool negated = name.n && name.p[0] == '^';
    Str bare = str_from(name, negated ? 1 : 0);
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if (!str_is(bare, NAMES[i]))
            continue;
        buf_printf(r->out, "[:%s%s:]", negated ? "^" : "", NAMES[i]);
        r->at += end + 2;
        *ret_found = true;
        return ST_OK;
    }
    return fail(r, r->at, "unknown character class");
}

/* One member of a class that is a code point. */
static Status
read_class_code(Reader *r, uint32_t *ret)
{
    if (!more(r))
        return fail(r, r->at, "missing ]");
    if (peek(r, 0) == '\\') {
        r->at++;
        return read_escape(r, ret);
    }
    r->at += utf8_decode(r->text, r->at, ret);
    return ST_OK;
}

static Status
read_class_range(Reader *r)
{
    size_t start = r->at;
    uint32_t low = 0;
    TRY(read_class_code(r, &low));
    uint32_t high = low;
    if (peek(r, 0) == '-' && r->text.n - r->at > 1 && peek(r, 1) != ']') {
        r->at++;
        TRY(read_class_code(r, &high));
        if (high < low)
            return fail(r, start, "range out of order");
    }
    buf_printf(r->out, "\\x{%x}", (unsigned)low);
    if (high != low)
        buf_printf(r->out, "-\\x{%x}", (unsigned)high);
    return ST_OK;
}

static Status
read_class(Reader *r)
{
    size_t start = r->at++;
    buf_addc(r->out, '[');
    if (peek(r, 0) == '^') {
        buf_addc(r->out, '^');
        r->at++;
    }
    for (bool first = true; first || peek(r, 0) != ']'; first = false) {
        if (!more(r))
            return fail(r, start, "missing ]");
        bool posix = false;
        TRY(read_posix_class(r, &posix));
        if (posix)
            continue;
        if (peek(r, 0) == '\\') {
            char c = peek(r, 1);
            if (write_perl_class(r, c, true)) {
                r->at += 2;
                continue;
            }
            if (c == 'p' || c == 'P') {
                r->at++;
                TRY(read_property(r));
                continue;
            }
        }
        TRY(read_class_range(r));
    }
    r->at++;
    buf_addc(r->out, ']');
    return ST_OK;
}

/* \Q...\E; at stands behind the Q.  A repetition behind it repeats the last code point. */
static void
read_quoted(Reader *r)
{
    size_t end = 0;
    Str rest = str_from(r->text, r->at);
    bool closed = str_find(rest, STR("\\E"), &end);
    Str quoted = closed ? str_head(rest, end) : rest;
    for (size_t i = 0; i < quoted.n;) {
        uint32_t code = 0;
        i += utf8_decode(quoted, i, &code);
        write_code(r, code);
    }
    r->at += quoted.n + (closed ? 2 : 0);
}

/* Escapes outside a class; at stands at the backslash.  *ret_atom is false where there is
 * nothing that could be repeated. */
static Status
read_backslash(Reader *r, bool *ret_atom)
{
    char c = peek(r, 1);
    switch (c) {
    case 'Q':
        r->at += 2;
        *ret_atom = !looking_at(r, "\\E") && more(r);
        read_quoted(r);
        return ST_OK;
    case 'A':
    case 'b':
    case 'B':
    case 'z':
        buf_printf(r->out, "\\%c", c);
        r->at += 2;
        return ST_OK;
    case 'p':
    case 'P':
        r->at++;
        return read_property(r);
    default:
        break;
    }
    if (write_perl_class(r, c, false)) {
        r->at += 2;
        return ST_OK;
    }
    uint32_t code = 0;
    r->at++;
    TRY(read_escape(r, &code));
    write_code(r, code);
    return ST_OK;
}

/* (?P<name> or (?<name>; at stands at the name. */
static Status
read_group_name(Reader *r, Str *ret)
{
    size_t start = r->at;
    while (ascii_is_word(peek(r, 0)))
        r->at++;
    *ret = str_sub(r->text, start, r->at - start);
    if (ret->n == 0 || peek(r, 0) != '>')
        return fail(r, start, "malformed group name");
    r->at++;
    for (size_t i = 0; i < r->names->count; i++) {
        if (str_eq(r->names->items[i], *ret))
            return fail(r, start, "group name used twice");
    }
    return ST_OK;
}

static Status
open_group(Reader *r, Str name)
{
    Str *slot = VEC_PUSH(r->arena, r->names);
    Str copy = arena_str(r->arena, name);
    if (!slot || (name.n && !copy.p))
        return err_nomem(r->err);
    *slot = copy;
    buf_addc(r->out, '(');
    return ST_OK;
}

/* The letters of (?ims-U) or (?ims-U:; at stands behind "(?". */
static Status
read_flags(Reader *r, bool *ret_group)
{
    size_t start = r->at - 2;
    bool value = true;
    char on[3] = {0};
    char off[3] = {0};
    for (size_t letters = 0;; r->at++) {
        char c = peek(r, 0);
        char *passed = value ? on : off;
        if (c == 'm') {
            r->many_lines = value;
        } else if (c == 's') {
            r->dot_all = value;
        } else if (c == 'i' || c == 'U') {
            passed[c == 'U'] = c;
        } else if (c == '-' && value) {
            value = false;
            letters = 0;
            continue;
        } else if ((c == ')' || c == ':') && letters > 0) {
            *ret_group = c == ':';
            break;
        } else {
            return fail(r, start, "not in RE2's syntax");
        }
        letters++;
    }
    r->at++;
    if (*ret_group)
        buf_adds(r->out, "(?:");
    for (size_t i = 0; i < 2; i++) {
        if (on[i])
            buf_printf(r->out, "(?%c)", on[i]);
        if (off[i])
            buf_printf(r->out, "(?-%c)", off[i]);
    }
    return ST_OK;
}

/* Whatever begins with a parenthesis.  Flags set inside end with the group. */
static Status
read_group(Reader *r, bool *ret_atom, unsigned *ret_weight)
{
    size_t start = r->at;
    bool many_lines = r->many_lines;
    bool dot_all = r->dot_all;
    bool group = true;
    if (looking_at(r, "(?P<") ||
        (looking_at(r, "(?<") && peek(r, 3) != '=' && peek(r, 3) != '!')) {
        Str name = {NULL, 0};
        r->at += peek(r, 2) == 'P' ? 4 : 3;
        TRY(read_group_name(r, &name));
        TRY(open_group(r, name));
    } else if (looking_at(r, "(?:")) {
        r->at += 3;
        buf_adds(r->out, "(?:");
    } else if (looking_at(r, "(?")) {
        r->at += 2;
        TRY(read_flags(r, &group));
    } else if (looking_at(r, "(*")) {
        return fail(r, start, "not in RE2's syntax");
    } else {
        r->at++;
        TRY(open_group(r, STR("")));
    }
    if (!group) {
        *ret_atom = false;
        return ST_OK;
    }
    if (++r->depth > DEPTH_MOST)
        return err_set(r->err, ST_LIMIT, "regular expression: nested more than %d deep",
                       DEPTH_MOST);
    TRY(read_alternatives(r, ret_weight));
    r->depth--;
    if (peek(r, 0) != ')')
        return fail(r, start, "missing )");
    r->at++;
    buf_addc(r->out, ')');
    r->many_lines = many_lines;
    r->dot_all = dot_all;
    return ST_OK;
}

/* One thing that can be repeated, or *ret_atom false. */
static Status
read_atom(Reader *r, bool *ret_atom, unsigned *ret_weight)
{
    *ret_atom = true;
    *ret_weight = 1;
    uint32_t code = 0;
    switch (peek(r, 0)) {
    case '(':
        return read_group(r, ret_atom, ret_weight);
    case '[':
        return read_class(r);
    case '\\':
        return read_backslash(r, ret_atom);
    case '.':
        buf_adds(r->out, r->dot_all ? "(?s:.)" : "[^\\n]");
        r->at++;
        return ST_OK;
    case '^':
        buf_adds(r->out, r->many_lines ? "(?:\\A|(?<=\\n))" : "\\A");
        r->at++;
        return ST_OK;
    case '$':
        buf_adds(r->out, r->many_lines ? "(?=\\n|\\z)" : "\\z");
        r->at++;
        return ST_OK;
    case '*':
    case '+':
    case '?':
        return fail(r, r->at, "nothing to repeat");
    default:
        r->at += utf8_decode(r->text, r->at, &code);
        write_code(r, code);
        return ST_OK;
    }
}

static bool
read_number(const Reader *r, size_t *at, int *ret)
{
    size_t start = *at;
    int number = 0;
    while (*at < r->text.n && ascii_is_digit(r->text.p[*at])) {
        if (number <= REPEAT_MOST)
            number = number * 10 + (r->text.p[*at] - '0');
        ++*at;
    }
    *ret = number;
    return *at > start;
}

/* {n}, {n,} or {n,m}; false where the brace is a literal one. */
static bool
read_braces(Reader *r, int *ret_low, int *ret_high)
{
    size_t at = r->at + 1;
    if (!read_number(r, &at, ret_low))
        return false;
    *ret_high = *ret_low;
    if (at < r->text.n && r->text.p[at] == ',') {
        at++;
        if (!read_number(r, &at, ret_high))
            *ret_high = UNBOUNDED;
    }
    if (at >= r->text.n || r->text.p[at] != '}')
        return false;
    r->at = at + 1;
    return true;
}

/* The repetition behind an atom, if any; *weight is the product of the counts inside it. */
static Status
read_repetition(Reader *r, unsigned *weight)
{
    size_t start = r->at;
    int low = 0;
    int high = 0;
    char c = peek(r, 0);
    if (c == '*' || c == '+' || c == '?') {
        r->at++;
        buf_addc(r->out, c);
    } else if (c == '{' && read_braces(r, &low, &high)) {
        unsigned most = (unsigned)(high > low ? high : low);
        if (most > REPEAT_MOST || (high != UNBOUNDED && high < low) ||
            most * *weight > REPEAT_MOST)
            return fail(r, start, "bad repetition count, 1000 at the most");
        *weight = most > 1 ? most * *weight : *weight;
        buf_printf(r->out, "{%d", low);
        if (high == UNBOUNDED)
            buf_addc(r->out, ',');
        else if (high != low)
            buf_printf(r->out, ",%d", high);
        buf_addc(r->out, '}');
    } else {
        return ST_OK;
    }
    if (peek(r, 0) == '?') {
        r->at++;
        buf_addc(r->out, '?');
    }
    c = peek(r, 0);
    size_t saved = r->at;
    bool again = c == '*' || c == '+' || c == '?' || (c == '{' && read_braces(r, &low, &high));
    r->at = saved;
    if (again)
        return fail(r, start, "nested repetition");
    return ST_OK;
}

static Status
read_alternatives(Reader *r, unsigned *ret_weight)
{
    *ret_weight = 1;
    bool atom = false;
    while (more(r) && peek(r, 0) != ')') {
        if (peek(r, 0) == '|') {
            buf_addc(r->out, '|');
            r->at++;
            atom = false;
            continue;
        }
        unsigned weight = 1;
        TRY(read_atom(r, &atom, &weight));
        if (atom)
            TRY(read_repetition(r, &weight));
        if (weight > *ret_weight)
            *ret_weight = weight;
    }
    return ST_OK;
}

Status
regex_translate(Arena *arena, Str pattern, unsigned flags, Buf *out, RegexNames *names, Err *err)
{
    Reader r = {.arena = arena,
                .text = pattern,
                .out = out,
                .names = names,
                .err = err,
                .dot_all = (flags & REGEX_ANCHORED) != 0};
    unsigned weight = 1;
    if (flags & REGEX_ANCHORED)
        buf_adds(out, "\\A(?:");
    TRY(read_alternatives(&r, &weight));
    if (more(&r))
        return fail(&r, r.at, "unexpected )");
    if (flags & REGEX_ANCHORED)
        buf_adds(out, ")\\z");
    return ST_OK;
}
