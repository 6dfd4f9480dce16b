/* SPDX-License-Identifier: Apache-2.0 */
/* redact_assign.c -- names, the signs behind them, and where the values end. */
#include "collector/redact_assign.h"

#include "collector/base64.h"
#include "collector/byte_sets.h"
#include "collector/redact_section.h"
#include "collector/secret_name.h"

#include <ctype.h>
#include <string.h>

enum { NAME_BYTES_MAX = 64, BACK_BYTES_MAX = 128 };

/* A value: where it lies, and how it is written. */
typedef struct {
    size_t begin;
    size_t end;
    bool quoted;
} Value;

static bool
is_name_byte(char c)
{
    return byte_sets[SET_NAME][(unsigned char)c];
}

/* The name that ends at the offset, quotes and the backslashes of quotes left out. */
static Str
name_before(Str s, size_t end, size_t *ret_begin)
{
    size_t at = end;
    while (end > 0 && at - end < 2 && s.p[end - 1] == ' ')
        end--;
    if (end > 0 && s.p[end - 1] == ']')                 /* env["PASSWORD"] = */
        end--;
    if (end > 0 && strchr("\"'`", s.p[end - 1]) && s.p[end - 1])
        end--;
    while (end > 0 && at - end < 12 && s.p[end - 1] == '\\')
        end--;
    size_t begin = end;
    while (begin > 0 && end - begin < NAME_BYTES_MAX && is_name_byte(s.p[begin - 1]))
        begin--;
    *ret_begin = begin;
    return str_sub(s, begin, end - begin);
}

/* The end of a text whose opening quote had so many backslashes: the next quote with as many,
 * pairs of escaped backslashes aside.  Each level of JSON in JSON doubles them. */
static size_t
end_of_quoted(Str s, size_t begin, char quote, size_t backslashes)
{
    size_t at = begin;
    size_t run = 0;
    for (; at < s.n && (unsigned char)s.p[at] >= 0x20; at++) {
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

/* The value behind a sign, from the offset on. */
static Value
value_behind(Str s, size_t at)
{
    size_t begin = at;
    while (begin < s.n && begin - at < 2 && strchr("=>", s.p[begin]) && s.p[begin])
        begin++;                                        /* := == => */
    size_t blanks = begin;
    while (begin < s.n && begin - blanks < 8 && (s.p[begin] == ' ' || s.p[begin] == '\t'))
        begin++;
    if (str_starts(str_from(s, begin), STR("(string) ")))
        begin += 9;                                     /* as Go's spew prints it */
    size_t quote = begin;
    while (quote < s.n && quote - begin < 8 && s.p[quote] == '\\')
        quote++;
    if (quote < s.n && (s.p[quote] == '"' || s.p[quote] == '\'' || s.p[quote] == '`'))
        return (Value){quote + 1, end_of_quoted(s, quote + 1, s.p[quote], quote - begin), true};
    return (Value){begin, run_of(s, begin, byte_sets[SET_VALUE]), false};
}

/* password: |  and the value on the next line */
static void
enter_block(Str s, Value *value)
{
    static const char *const MARKS[] = {"|", "|-", "|+", ">", ">-", ">+"};
    size_t at = value->begin;
    Str line = str_sub(s, at, 4);
    size_t newline;
    if (!str_find_char(line, '\n', &newline))
        return;
    for (size_t i = 0; i < sizeof MARKS / sizeof *MARKS; i++) {
        if (!str_is(str_head(line, newline), MARKS[i]))
            continue;
        at += newline + 1;
        while (at < s.n && s.p[at] == ' ')
            at++;
        *value = (Value){at, run_of(s, at, byte_sets[SET_LINE]), true};
    }
}

static bool
says_nothing(Str value)
{
    static const char *const NOTHING[] = {"null", "nil", "none", "true", "false", "undefined",
                                          "[]", "{}", "***", "****", "xxxxx", "redacted"};
    if (value.n == 0 || str_starts(value, STR("<")) || str_starts(value, STR("$(")) ||
        str_starts(value, STR("${")) || str_starts(value, STR("{{")) || str_starts(value, STR("%!")) ||
        str_starts(value, STR("******")))
        return true;
    for (size_t i = 0; i < sizeof NOTHING / sizeof *NOTHING; i++)
        if (str_eq_nocase(value, str_of(NOTHING[i])))
            return true;
    return false;
}

bool
redact_named_value(Str name, Str value)
{
    SecretName named = secret_name(name);
    if (named == SECRET_NAME_NO || says_nothing(value))
        return false;
    if (named == SECRET_NAME_STRONG || secret_value_likely(value))
        return true;
    CLEANUP(buf_done) Buf plain = BUF_INIT(4096);
    size_t colon;
    plain.secret = true;
    return value.n >= 8 && base64_decode(value, &plain) && base64_is_text(buf_str(&plain)) &&
           str_find_char(buf_str(&plain), ':', &colon);
}

static bool
ends_nocase(Str s, const char *end)
{
    size_t n = strlen(end);
    return s.n >= n && str_eq_nocase(str_from(s, s.n - n), str_of(end));
}

/* "Authorization: Bearer x" has two words, others go on to the end of the line, as a cookie. */
static void
extend_header(Str s, Str name, Value *value, const bool **bytes)
{
    static const char *const WORDS[] = {"bearer", "basic", "negotiate", "token", "apikey"};
    static const char *const LINES[] = {"digest", "hawk", "oauth", "ntlm", "aws4-hmac-sha256"};
    Str first = str_sub(s, value->begin, value->end - value->begin);
    if (value->quoted)
        return;
    bool line = ends_nocase(name, "cookie");
    for (size_t i = 0; i < sizeof LINES / sizeof *LINES; i++)
        line |= ends_nocase(name, "authorization") && str_eq_nocase(first, str_of(LINES[i]));
    if (line) {
        value->end = run_of(s, value->begin, byte_sets[SET_LINE]);
        *bytes = byte_sets[SET_LINE];
        return;
    }
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (str_eq_nocase(first, str_of(WORDS[i])) && value->end < s.n && s.p[value->end] == ' ')
            value->end = run_of(s, value->end + 1, byte_sets[SET_TOKEN]);
}

/* Over blanks, quotes, commas, list marks and ends of lines, escaped or not, with the stamp
 * that a line of a log may begin with. */
static size_t
skip_back(Str s, size_t end, size_t most)
{
    size_t from = end > most ? end - most : 0;
    for (;;) {
        size_t before = end;
        while (end > from && s.p[end - 1] && strchr(" \t\r\n\"',\\-", s.p[end - 1]))
            end--;
        if (end > from + 1 && s.p[end - 1] == 'n' && s.p[end - 2] == '\\')
            end--;
        size_t line = end;
        while (line > from && byte_sets[SET_NAME][(unsigned char)s.p[line - 1]] | (s.p[line - 1] == ':'))
            line--;
        if (line < end && redact_stamp(str_sub(s, line, end - line + 1)) == end - line + 1)
            end = line;
        if (end == before)
            return end;
    }
}

/* The name of {"name": "DB_PASSWORD", "value": ...}, where that stands before its value: in
 * the text before the offset. */
static Str
name_of_pair(Str s, size_t before)
{
    size_t end = skip_back(s, before, BACK_BYTES_MAX);
    size_t begin = end;
    while (begin > 0 && end - begin < NAME_BYTES_MAX && is_name_byte(s.p[begin - 1]))
        begin--;
    size_t key = begin;
    while (key > 0 && begin - key < 12 && s.p[key - 1] && strchr(" :=\"'\\", s.p[key - 1]))
        key--;
    Str before_key = str_head(s, key);
    bool named = key < begin && (str_ends(before_key, STR("name")) || str_ends(before_key, STR("key")));
    return named ? str_sub(s, begin, end - begin) : (Str){0};
}

/* "cookie-secret: failed to sync": a word in lower case, and more words behind it. */
static bool
is_sentence(Str s, const Value *value)
{
    for (size_t i = value->begin; i < value->end; i++)
        if (!islower((unsigned char)s.p[i]))
            return false;
    return value->end + 1 < s.n && s.p[value->end] == ' ' && (isalpha((unsigned char)s.p[value->end + 1]) || s.p[value->end + 1] == '"');
}

bool
redact_assignment(Str s, size_t at, size_t behind, TextHit *ret)
{
    size_t name_at;
    Str name = name_before(s, at, &name_at);
    /* NoSecret::Failed, and the checksum of one. */
    if ((behind < s.n && s.p[at] == ':' && s.p[behind] == ':') ||
        str_ends(str_head(s, name_at), STR("checksum/")))
        return false;
    if (str_is(name, "value"))
        name = name_of_pair(s, name_at);
    if (!secret_name_possible(name))
        return false;
    SecretName named = secret_name(name);
    if (named == SECRET_NAME_NO)
        return false;
    Value value = value_behind(s, behind);
    if (named == SECRET_NAME_STRONG)
        enter_block(s, &value);
    Str text = str_sub(s, value.begin, value.end - value.begin);
    if (says_nothing(text) || (value.begin < s.n && s.p[value.begin] == '<') ||
        (!value.quoted && str_starts(text, STR("$"))))
        return false;
    const bool *bytes = byte_sets[value.quoted ? SET_QUOTED : SET_VALUE];
    extend_header(s, name, &value, &bytes);
    /* "password: wrong" is a sentence, mostly; "password=wrong" and "password": "wrong" are not. */
    bool prose = s.p[at] == ':' && !value.quoted;
    text = str_sub(s, value.begin, value.end - value.begin);
    bool sure = named == SECRET_NAME_STRONG && (!prose || (text.n >= 3 && !is_sentence(s, &value)));
    if (!sure && !redact_named_value(name, text))
        return false;
    *ret = (TextHit){value.begin, value.end, REDACT_ASSIGNMENT,
                     named == SECRET_NAME_STRONG ? SECRET_BY_STRUCTURE : SECRET_BY_SHAPE, bytes};
    return true;
}

/* The value of an option, quoted or not, from the offset on. */
static Value
value_of_option(Str s, size_t at)
{
    Value value = value_behind(s, at);
    if (!value.quoted)
        value.end = run_of(s, value.begin, byte_sets[SET_VALUE]);
    return value;
}

bool
redact_option(Str s, size_t at, TextHit *ret)
{
    if (!str_starts(str_from(s, at), STR("--")) || (at > 0 && s.p[at - 1] == '-'))
        return false;
    size_t end = run_of(s, at + 2, byte_sets[SET_WORD]);
    if (end + 1 >= s.n || s.p[end] != ' ' || s.p[end + 1] == '-')
        return false;
    SecretName named = secret_name(str_sub(s, at + 2, end - at - 2));
    if (named == SECRET_NAME_NO)
        return false;
    Value value = value_of_option(s, end);
    Str text = str_sub(s, value.begin, value.end - value.begin);
    if (says_nothing(text) || text.n < 3 || (named == SECRET_NAME_WEAK && !secret_value_likely(text)))
        return false;
    *ret = (TextHit){value.begin, value.end, REDACT_ASSIGNMENT, SECRET_BY_STRUCTURE,
                     byte_sets[value.quoted ? SET_QUOTED : SET_VALUE]};
    return true;
}

static Str
text_before(Str s, size_t at)
{
    size_t from = at > BACK_BYTES_MAX ? at - BACK_BYTES_MAX : 0;
    return str_sub(s, from, at - from);
}

/* Whether the command stands on the line before the offset. */
static bool
command_before(Str s, size_t at, const char *command)
{
    Str line = text_before(s, at);
    size_t newline;
    size_t found;
    if (str_rfind_char(line, '\n', &newline))
        line = str_from(line, newline + 1);
    return str_find(line, str_of(command), &found);
}

bool
redact_flag(Str s, size_t at, TextHit *ret)
{
    static const struct {
        const char *flag;
        const char *command;
        bool attached;            /* -pvalue, else -p value */
        bool user;                /* user:password */
    } FLAGS[] = {
        {"-u", "", false, true},          {"-p", "mysql", true, false},
        {"-p", "sshpass", false, false},  {"-p", "docker login", false, false},
        {"-p", "registry login", false, false}, {"-p", "mongo", false, false},
        {"-a", "redis-cli", false, false}, {"-w", "ldap", false, false},
        {"-P", "psql", false, false},     {"-p", "rabbitmqadmin", false, false},
    };
    if (at > 0 && s.p[at - 1] != ' ')
        return false;
    for (size_t i = 0; i < sizeof FLAGS / sizeof *FLAGS; i++) {
        if (!str_starts(str_from(s, at), str_of(FLAGS[i].flag)) || at + 3 >= s.n)
            continue;
        size_t begin = at + 2;
        if (!FLAGS[i].attached && s.p[begin] != ' ')
            continue;
        if (!command_before(s, at, FLAGS[i].command))
            continue;
        Value value = value_of_option(s, begin);
        Str text = str_sub(s, value.begin, value.end - value.begin);
        size_t colon;
        if (FLAGS[i].user) {
            if (!str_find_char(text, ':', &colon) || text.n - colon < 4 || !isalpha((unsigned char)text.p[0]))
                continue;
            value.begin += colon + 1;
        } else if (text.n < 4 || text.p[0] == '-' || says_nothing(text)) {
            continue;
        }
        *ret = (TextHit){value.begin, value.end, REDACT_ASSIGNMENT, SECRET_BY_STRUCTURE,
                         byte_sets[SET_VALUE]};
        return true;
    }
    return false;
}

bool
redact_element(Str s, size_t at, TextHit *ret)
{
    size_t name_at;
    Str name = name_before(s, at, &name_at);
    if (!secret_name_possible(name) || name_at == 0 || !strchr("<:", s.p[name_at - 1]) ||
        str_ends(str_head(s, name_at), STR("<redacted:")))
        return false;
    /* One of our own placeholders is no element, whatever follows it. */
    if (str_ends(str_head(s, name_at), STR("<redacted:")))
        return false;
    size_t end = run_of(s, at + 1, byte_sets[SET_TAG]);
    if (end >= s.n || s.p[end] != '<' || !redact_named_value(name, str_sub(s, at + 1, end - at - 1)))
        return false;
    *ret = (TextHit){at + 1, end, REDACT_ASSIGNMENT, SECRET_BY_STRUCTURE, byte_sets[SET_TAG]};
    return true;
}

bool
redact_quoted_word(Str s, size_t at, TextHit *ret)
{
    size_t name_at;
    Str name = name_before(s, at, &name_at);
    bool identified = ends_nocase(str_head(s, at), "identified by") ||
                      ends_nocase(str_head(s, at), "identified with mysql_native_password as");
    if (at + 1 >= s.n || (!identified && !ends_nocase(name, "password") && !ends_nocase(name, "passphrase")))
        return false;
    size_t end = end_of_quoted(s, at + 2, s.p[at + 1], 0);
    Str text = str_sub(s, at + 2, end - at - 2);
    if (says_nothing(text) || text.n < 3 || end >= s.n)
        return false;
    *ret = (TextHit){at + 2, end, REDACT_ASSIGNMENT, SECRET_BY_STRUCTURE, byte_sets[SET_QUOTED]};
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
    if (text.n < 3 || says_nothing(text))
        return false;
    *ret = (TextHit){begin, end, REDACT_ASSIGNMENT, SECRET_BY_STRUCTURE, byte_sets[SET_VALUE]};
    return true;
}

bool
redact_is_opaque(Str bytes)
{
    static const Str MAGIC[] = {
        STR_INIT("\x1f\x8b\x08"),         STR_INIT("\xfd" "7zXZ"), STR_INIT("\x28\xb5\x2f\xfd"),
        STR_INIT("PK\x03\x04"),           STR_INIT("BZh9"),       STR_INIT("\xfe\xed\xfe\xed"),
        STR_INIT("Salted__"),             STR_INIT("\x04\x22\x4d\x18"),
    };
    for (size_t i = 0; i < sizeof MAGIC / sizeof *MAGIC; i++)
        if (str_starts(bytes, MAGIC[i]))
            return true;
    return false;
}

/* SEQUENCE { INTEGER 0 or 1 ...: PKCS #1, PKCS #8, SEC 1; certificates begin otherwise. */
bool
redact_is_der_key(Str bytes)
{
    const unsigned char *b = (const unsigned char *)bytes.p;
    size_t at = bytes.n > 6 && b[0] == 0x30 ? (b[1] == 0x82 ? 4 : b[1] == 0x81 ? 3 : b[1] < 0x80 ? 2 : 0) : 0;
    return at && bytes.n > at + 3 && b[at] == 0x02 && b[at + 1] == 0x01 && b[at + 2] <= 1 &&
           (b[at + 3] == 0x30 || b[at + 3] == 0x02 || b[at + 3] == 0x04);
}
