/* SPDX-License-Identifier: Apache-2.0 */
/* redact_phrase.c -- phrases that end in a secret. */
#include "collector/redact_phrase.h"

#include "collector/byte_sets.h"
#include "collector/redact_assign.h"
#include "collector/redact_section.h"
#include "collector/redact_value.h"
#include "collector/secret_name.h"

#include <ctype.h>
#include <string.h>

enum { BACK_BYTES_MAX = 128, PGPASS_FIELDS = 4, CDATA_BYTES_MAX = 1 << 10 };

static bool
ends_nocase(Str s, const char *end)
{
    size_t n = strlen(end);
    return s.n >= n && str_eq_nocase(str_from(s, s.n - n), str_of(end));
}

static Str
text_before(Str s, size_t at)
{
    size_t from = at > BACK_BYTES_MAX ? at - BACK_BYTES_MAX : 0;
    return str_sub(s, from, at - from);
}

static bool
has_nocase(Str s, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= s.n; i++)
        if (str_eq_nocase(str_sub(s, i, n), str_of(word)))
            return true;
    return false;
}

static void
set_hit(TextHit *ret, size_t begin, size_t end, ByteSet set)
{
    *ret = (TextHit){begin, end, REDACT_ASSIGNMENT, SECRET_BY_STRUCTURE, byte_sets[set], 0, false, false};
}

/* The name of <name>x</name> <value>, as Hadoop has it; value: where its '<' is. */
static Str
name_of_property(Str s, size_t value)
{
    size_t close;
    size_t open;
    size_t newline;
    Str before = text_before(s, value);
    if (str_rfind_char(before, '\n', &newline)) {
        /* Behind the stamp of a line the name is on the line before. */
        size_t line = value - before.n + newline + 1;
        line += redact_stamp(str_sub(s, line, 64));
        if (redact_skip_blanks(s, line) == value)
            before = text_before(s, value - before.n + newline);
    }
    while (before.n > 0 && (isspace((unsigned char)before.p[before.n - 1]) || ends_nocase(before, "\\n")))
        before.n -= isspace((unsigned char)before.p[before.n - 1]) ? 1 : 2;
    if (!str_ends(before, STR("</name>")) && !str_ends(before, STR("</key>")))
        return (Str){0};
    (void)!str_rfind_char(before, '<', &close);
    before = str_head(before, close);
    return str_rfind_char(before, '>', &open) ? str_from(before, open + 1) : (Str){0};
}

/* <Password Type="x">, <entry key="db.password">: the element's name, or what an attribute
 * calls it, whichever says that it is secret; at: the '>'. */
static Str
name_of_element(Str s, size_t at)
{
    static const char *const ATTRIBUTES[] = {"key=", "name="};
    Str before = text_before(s, at);
    size_t open;
    size_t found;
    if (!str_rfind_char(before, '<', &open))
        return (Str){0};
    Str tag = str_from(before, open + 1);
    size_t end = run_of(tag, 0, byte_sets[SET_NAME]);
    size_t begin = end < tag.n && tag.p[end] == ':' ? end + 1 : 0;
    Str name = str_sub(tag, begin, run_of(tag, begin, byte_sets[SET_NAME]) - begin);
    for (size_t i = 0; i < sizeof ATTRIBUTES / sizeof *ATTRIBUTES && secret_name(name) == SECRET_NAME_NO; i++)
        if (str_find(tag, str_of(ATTRIBUTES[i]), &found)) {
            begin = found + strlen(ATTRIBUTES[i]);
            while (begin < tag.n && (tag.p[begin] == '\\' || tag.p[begin] == '"'))
                begin++;
            name = str_sub(tag, begin, run_of(tag, begin, byte_sets[SET_NAME]) - begin);
        }
    return name;
}

/* <password, <ns:password: not the end of one, </ns:password. */
static bool
opens_element(Str s, size_t name_at)
{
    size_t at = name_at;
    if (at > 0 && s.p[at - 1] == ':')
        for (at--; at > 0 && name_at - at < 64 && byte_sets[SET_NAME][(unsigned char)s.p[at - 1]];)
            at--;
    return at > 0 && s.p[at - 1] == '<';
}

/* The text of the element whose '>' is at the offset; false where an element begins instead. */
static bool
text_of_element(Str s, size_t at, size_t *ret_begin, size_t *ret_end)
{
    size_t begin = at + 1;
    size_t close;
    *ret_begin = begin;
    *ret_end = run_of(s, begin, byte_sets[SET_TAG]);
    while (begin < s.n && begin - at < 64 && isspace((unsigned char)s.p[begin]))
        begin++;
    if (str_starts(str_from(s, begin), STR("<![CDATA["))) {
        *ret_begin = begin + 9;
        if (!str_find(str_sub(s, *ret_begin, CDATA_BYTES_MAX), STR("]]>"), &close))
            return false;
        *ret_end = *ret_begin + close;
    }
    return *ret_end < s.n && (s.p[*ret_end] == '<' || s.p[*ret_end] == ']');
}

bool
redact_element(Str s, size_t at, TextHit *ret)
{
    size_t name_at;
    bool attributes = at > 0 && s.p[at - 1] == '"';
    Str name = attributes ? name_of_element(s, at) : redact_name_before(s, at, &name_at);
    bool property = !attributes && (str_is(name, "value") || str_is(name, "string"));
    /* One of our own placeholders is no element, whatever follows it. */
    if (!attributes && ((!property && !secret_name_possible(name)) || !opens_element(s, name_at) ||
                        str_ends(str_head(s, name_at), STR("<redacted:"))))
        return false;
    if (property)
        name = name_of_property(s, name_at - 1);
    size_t begin;
    size_t end;
    if (!text_of_element(s, at, &begin, &end) || !redact_named_value(name, str_sub(s, begin, end - begin)))
        return false;
    set_hit(ret, begin, end, SET_TAG);
    return true;
}

/* The words of SQL after which a quoted password comes. */
static bool
announces_password(Str before)
{
    static const char *const WORDS[] = {" by", " as", " using", " by password"};
    bool identified = false;
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        identified |= ends_nocase(before, WORDS[i]);
    if (identified && has_nocase(before, "identified "))
        return true;
    return ends_nocase(before, "=") && has_nocase(before, "set password");
}

bool
redact_quoted_word(Str s, size_t at, TextHit *ret)
{
    size_t name_at;
    if (at == 0 || !byte_sets[SET_WORD_END][(unsigned char)s.p[at - 1]])
        return false;
    Str name = redact_name_before(s, at, &name_at);
    bool called = s.p[at] == '(';
    bool named = ends_nocase(name, "password") || ends_nocase(name, "passphrase");
    if (at + 1 >= s.n || (!named && (called || !announces_password(text_before(s, at)))))
        return false;
    size_t end = redact_end_of_quoted(s, at + 2, s.p[at + 1], 0);
    Str text = str_sub(s, at + 2, end - at - 2);
    if (redact_says_nothing(text) || text.n < 3 || end >= s.n)
        return false;
    set_hit(ret, at + 2, end, SET_QUOTED);
    return true;
}

bool
redact_netrc(Str s, size_t at, TextHit *ret)
{
    size_t found;
    if (!str_starts(str_from(s, at), STR("password ")) ||
        !str_find(text_before(s, at), STR("login "), &found) ||
        !str_find(text_before(s, at), STR("machine "), &found))
        return false;
    size_t begin = at + 9;
    size_t end = run_of(s, begin, byte_sets[SET_VALUE]);
    Str text = str_sub(s, begin, end - begin);
    if (text.n < 3 || redact_says_nothing(text))
        return false;
    set_hit(ret, begin, end, SET_VALUE);
    return true;
}

/* Where the line begins, or the text between quotes. */
static size_t
entry_start(Str s, size_t at)
{
    size_t start = redact_line_start(s, at);
    size_t begin = at;
    while (begin > start && s.p[begin - 1] != '"')
        begin--;
    return begin;
}

/* Whether nothing but the end of its line, or of its text, follows. */
static bool
ends_line(Str s, size_t at)
{
    while (at < s.n && s.p[at] == ' ')
        at++;
    return at >= s.n || redact_break_at(s, at) || s.p[at] == '"' || s.p[at] == '\'';
}

/* IDENTIFIED BY value */
static bool
take_identified(Str s, size_t at, TextHit *ret)
{
    size_t begin = at + 2;
    if (!ends_nocase(str_head(s, at + 1), " by") || !has_nocase(text_before(s, at), "identified"))
        return false;
    size_t end = run_of(s, begin, byte_sets[SET_VALUE]);
    Str text = str_sub(s, begin, end - begin);
    if (text.n < 3 || redact_says_nothing(text) || str_eq_nocase(text, STR("password")))
        return false;
    set_hit(ret, begin, end, SET_VALUE);
    return true;
}

/* Whether so named an entry is one of a configuration file, not of a sentence. */
static bool
is_entry_name(Str name)
{
    static const char *const NAMES[] = {"requirepass", "masterauth", "auth-pass", "bindpw", "rootpw"};
    size_t at;
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (str_eq_nocase(name, str_of(NAMES[i])))
            return true;
    return str_find_char(name, '.', &at) || str_find_char(name, '_', &at);
}

/* the password is value */
static bool
take_sentence(Str s, size_t at, TextHit *ret)
{
    size_t name_at;
    if (!str_ends(str_head(s, at + 1), STR(" is")))
        return false;
    Str name = redact_name_before(s, at - 1, &name_at);
    size_t begin = redact_skip_blanks(s, at + 1);
    Value value = redact_value_behind(s, begin);
    Str text = value_text(s, &value);
    while (text.n > 0 && text.p[text.n - 1] == '.')
        text.n--;
    if (value.form > VALUE_QUOTED || secret_name(name) == SECRET_NAME_NO || !redact_is_likely(text) ||
        !redact_named_value(name, text))
        return false;
    set_hit(ret, value.begin, value.begin + text.n, value.form == VALUE_QUOTED ? SET_QUOTED : SET_VALUE);
    return true;
}

bool
redact_entry(Str s, size_t at, TextHit *ret)
{
    size_t name_at;
    if (s.p[at] == 's' && take_sentence(s, at, ret))
        return true;
    if (tolower((unsigned char)s.p[at]) == 'y' && take_identified(s, at, ret))
        return true;
    Str name = redact_name_before(s, at + 1, &name_at);
    if (!secret_name_possible(name) || secret_name(name) != SECRET_NAME_STRONG)
        return false;
    size_t start = entry_start(s, name_at);
    bool sentinel = str_is(name, "auth-pass") && ends_nocase(str_sub(s, start, name_at - start), "sentinel ");
    size_t dash;
    bool inside = start != name_at && !sentinel;        /* user x insecure-password value */
    if (inside && (!str_find_char(name, '-', &dash) || s.p[name_at] == '-'))
        return false;
    size_t begin = redact_skip_blanks(s, at + 1);
    if (sentinel)
        begin = redact_skip_blanks(s, run_of(s, begin, byte_sets[SET_NAME]));
    Value value = redact_value_behind(s, begin);
    Str text = value_text(s, &value);
    bool config = is_entry_name(name);
    if (value.form > VALUE_QUOTED || text.n < 3 || strchr("=:", s.p[begin]) || !redact_named_value(name, text) ||
        ((!config || inside) && !secret_value_likely(text)) || !ends_line(s, value.end))
        return false;
    set_hit(ret, value.begin, value.end, value.form == VALUE_QUOTED ? SET_QUOTED : SET_VALUE);
    return true;
}

bool
redact_acl(Str s, size_t at, TextHit *ret)
{
    size_t start = entry_start(s, at);
    Str line = str_sub(s, start, at - start);
    size_t end = run_of(s, at + 2, byte_sets[SET_VALUE]);
    if ((!str_starts(line, STR("user ")) && !has_nocase(line, "acl setuser ")) || end - at < 5)
        return false;
    set_hit(ret, at + 2, end, SET_VALUE);
    return true;
}

bool
redact_pgpass(Str s, size_t at, TextHit *ret)
{
    size_t fields = 0;
    size_t begin = at;
    size_t port = at + 1;
    while (port < s.n && port - at < 7 && (isdigit((unsigned char)s.p[port]) || s.p[port] == '*'))
        port++;
    if (port == at + 1 || port >= s.n || s.p[port] != ':')
        return false;
    size_t start = entry_start(s, at);
    if (run_of(s, start, byte_sets[SET_NAME]) != at && !(at == start + 1 && s.p[start] == '*'))
        return false;
    size_t end = at;
    for (; end < s.n && end - at < 512 && (unsigned char)s.p[end] > ' ' && s.p[end] != '"' && !redact_break_at(s, end); end++) {
        if (s.p[end] == '/')
            return false;
        if (s.p[end] != ':' || s.p[end - 1] == '\\')
            continue;
        fields++;
        begin = end + 1;
    }
    if (fields != PGPASS_FIELDS || end - begin < 3 || !ends_line(s, end))
        return false;
    set_hit(ret, begin, end, SET_VALUE);
    return true;
}
