/* SPDX-License-Identifier: Apache-2.0 */
/* redact_text.c -- finds secrets by their shape, in any text, within one pass.
 *
 * Only a handful of bytes can start or announce a secret; all others are copied in runs.
 * The text may be JSON: what is replaced never takes a quote with it. */
#include "collector/redact_private.h"
#include "collector/secret_name.h"

#include <ctype.h>
#include <string.h>

enum {
    KEY_BYTES_MAX = 64 << 10,      /* a longer "private key" is something else */
    NAME_BYTES_MAX = 64,
    LONG_LINE_BYTES = 64 << 10,    /* such a line is not waited for */
    CONTEXT_BYTES = 2048,          /* kept back of it, for what might begin there */
};

/* A secret found: [at, end) is replaced.  open: it reached the end of the window. */
typedef struct {
    size_t at;
    size_t end;
    RedactRule rule;
    const bool *bytes;      /* what the secret is made of */
} Hit;

static bool token_bytes[256];       /* of tokens and base64 */
static bool value_bytes[256];       /* of a value without quotes */
static bool quoted_bytes[256];      /* of a value between quotes */
static bool line_bytes[256];        /* of the rest of a line */
static bool userinfo_bytes[256];
static bool triggers[256][256];     /* two bytes that may begin or announce a secret */

/* The first byte of each shape, and what may follow it; "" for anything. */
static const struct {
    char first;
    const char *next;
} STARTS[] = {
    {'-', "-u"},  {'e', "y"}, {'B', "eEaA"}, {'b', "eEaA"}, {'A', "KSI"},
    {'g', "hil"}, {'x', "o"}, {'h', "v"},    {':', ""},     {'=', ""},
};

static void
fill_triggers(void)
{
    for (size_t i = 0; i < sizeof STARTS / sizeof *STARTS; i++) {
        bool *row = triggers[(unsigned char)STARTS[i].first];
        for (int c = 0; c < 256; c++)
            row[c] = !*STARTS[i].next || (c && strchr(STARTS[i].next, c));
    }
}

static void
fill_tables(void)
{
    if (triggers['='][0])
        return;
    for (int c = 0; c < 256; c++) {
        bool printable = c > 0x20 && c != 0x7f;
        token_bytes[c] = isalnum(c) || (c && strchr("-_.~+/=", c));
        value_bytes[c] = printable && !strchr("\"'`,;&<>(){}[]\\|", c);
        quoted_bytes[c] = c >= 0x20 && c != '"' && c != '\'' && c != '\\';
        line_bytes[c] = c >= 0x20 && c != '"' && c != '\\';
        userinfo_bytes[c] = printable && !strchr("\"'`/@<>\\?#", c);
    }
    fill_triggers();
}

static size_t
run_of(Str s, size_t at, const bool *set)
{
    size_t end = at;
    while (end < s.n && set[(unsigned char)s.p[end]])
        end++;
    return end;
}

static bool
text_at(Str s, size_t at, const char *text)
{
    return str_starts(str_from(s, at), str_of(text));
}

static inline bool
starts_here(Str s, size_t at)
{
    unsigned char next = at + 1 < s.n ? (unsigned char)s.p[at + 1] : 0;
    return triggers[(unsigned char)s.p[at]][next];
}

static bool
starts_word(Str s, size_t at)
{
    return at == 0 || !isalnum((unsigned char)s.p[at - 1]);
}

/* eyJ header . payload . signature */
static bool
find_jwt(Str s, size_t at, Hit *ret)
{
    if (!text_at(s, at, "eyJ") || !starts_word(s, at))
        return false;
    size_t end = run_of(s, at, token_bytes);
    Str token = str_sub(s, at, end - at);
    size_t first;
    if (!str_find_char(token, '.', &first) || first < 8)
        return false;
    size_t second;
    if (!str_find_char(str_from(token, first + 1), '.', &second) && end < s.n)
        return false;
    *ret = (Hit){at, end, REDACT_JWT, token_bytes};
    return true;
}

static bool
find_bearer(Str s, size_t at, Hit *ret)
{
    size_t skip = 0;
    Str rest = str_from(s, at);
    if (!starts_word(s, at))
        return false;
    if (str_eq_nocase(str_head(rest, 7), STR("bearer ")))
        skip = 7;
    else if (str_eq_nocase(str_head(rest, 6), STR("basic ")))
        skip = 6;
    if (!skip)
        return false;
    size_t end = run_of(s, at + skip, token_bytes);
    Str token = str_sub(s, at + skip, end - at - skip);
    if (!secret_value_likely(token) && !(token.n >= 8 && token.p[token.n - 1] == '='))
        return false;
    *ret = (Hit){at + skip, end, REDACT_BEARER, token_bytes};
    return true;
}

static bool
find_cloud_key(Str s, size_t at, Hit *ret)
{
    static const struct {
        const char *prefix;
        size_t bytes;         /* at least, with the prefix */
    } KEYS[] = {
        {"AKIA", 20}, {"ASIA", 20}, {"AIza", 39}, {"ghp_", 36}, {"gho_", 36},
        {"ghs_", 36}, {"github_pat_", 40}, {"xoxb-", 24}, {"xoxp-", 24}, {"xoxa-", 24},
        {"hvs.", 24}, {"glpat-", 20},
    };
    for (size_t i = 0; i < sizeof KEYS / sizeof *KEYS; i++) {
        if (!text_at(s, at, KEYS[i].prefix) || !starts_word(s, at))
            continue;
        size_t end = run_of(s, at, token_bytes);
        if (end - at < KEYS[i].bytes)
            return false;
        *ret = (Hit){at, end, REDACT_CLOUD_KEY, token_bytes};
        return true;
    }
    return false;
}

/* scheme://user:password@host; at stands on the first colon */
static bool
find_url_password(Str s, size_t at, Hit *ret)
{
    if (!text_at(s, at, "://"))
        return false;
    size_t begin = at + 3;
    size_t end = run_of(s, begin, userinfo_bytes);
    if (end >= s.n || s.p[end] != '@')
        return false;
    Str user = str_sub(s, begin, end - begin);
    size_t colon;
    if (!str_find_char(user, ':', &colon)) {
        if (!secret_value_likely(user))
            return false;
        *ret = (Hit){begin, end, REDACT_URL_PASSWORD, userinfo_bytes};
        return true;
    }
    if (colon + 1 == user.n || str_starts(str_from(user, colon + 1), STR("<redacted")))
        return false;
    *ret = (Hit){begin + colon + 1, end, REDACT_URL_PASSWORD, userinfo_bytes};
    return true;
}

/* The name before an '=' or ':' at the offset: password=, "password": , password =, and with
 * quotes that are escaped. */
static Str
name_before(Str s, size_t at)
{
    size_t end = at;
    while (end > 0 && at - end < 2 && s.p[end - 1] == ' ')
        end--;
    if (end > 0 && (s.p[end - 1] == '"' || s.p[end - 1] == '\''))
        end--;
    if (end > 0 && s.p[end - 1] == '\\')
        end--;
    size_t begin = end;
    while (begin > 0 && end - begin < NAME_BYTES_MAX &&
           (isalnum((unsigned char)s.p[begin - 1]) || strchr("_-.", s.p[begin - 1])))
        begin--;
    return str_sub(s, begin, end - begin);
}

/* Where the value behind the '=' or ':' begins and ends; quoted tells which form it has. */
static void
value_behind(Str s, size_t at, size_t *ret_begin, size_t *ret_end, bool *ret_quoted)
{
    size_t begin = at + 1;
    while (begin < s.n && begin - at < 4 && s.p[begin] == ' ')
        begin++;
    if (begin + 1 < s.n && s.p[begin] == '\\' && s.p[begin + 1] == '"')
        begin++;
    *ret_quoted = begin < s.n && (s.p[begin] == '"' || s.p[begin] == '\'');
    if (*ret_quoted)
        begin++;
    *ret_begin = begin;
    *ret_end = run_of(s, begin, *ret_quoted ? quoted_bytes : value_bytes);
}

/* "Authorization: Bearer x" has two words; a cookie goes on to the end of the line. */
static void
extend_header(Str s, Str name, size_t begin, size_t *end, const bool **bytes)
{
    static const char *const SCHEMES[] = {"bearer", "basic", "digest", "negotiate", "token"};
    if (name.n >= 6 && str_eq_nocase(str_from(name, name.n - 6), STR("cookie"))) {
        *end = run_of(s, begin, line_bytes);
        *bytes = line_bytes;
        return;
    }
    for (size_t i = 0; i < sizeof SCHEMES / sizeof *SCHEMES; i++)
        if (str_eq_nocase(str_sub(s, begin, *end - begin), str_of(SCHEMES[i])) && *end < s.n &&
            s.p[*end] == ' ')
            *end = run_of(s, *end + 1, token_bytes);
}

static bool
find_assignment(Str s, size_t at, Hit *ret)
{
    static const char *const NOTHING[] = {"null",  "nil",       "none", "true",
                                          "false", "undefined", "",     NULL};
    Str name = name_before(s, at);
    if (!secret_name_possible(name))
        return false;
    SecretName named = secret_name(name);
    if (named == SECRET_NAME_NO)
        return false;
    size_t begin;
    size_t end;
    bool quoted;
    value_behind(s, at, &begin, &end, &quoted);
    Str value = str_sub(s, begin, end - begin);
    for (const char *const *word = NOTHING; *word; word++)
        if (str_eq_nocase(value, str_of(*word)))
            return false;
    if (str_starts(value, STR("<redacted")) || str_starts(value, STR("$")) ||
        (begin < s.n && s.p[begin] == '<'))
        return false;
    /* "password: wrong" is a sentence; "password=wrong" and "password": "wrong" are not. */
    bool prose = s.p[at] == ':' && !quoted;
    if ((named == SECRET_NAME_WEAK || prose) && !secret_value_likely(value) &&
        !str_eq_nocase(name, STR("authorization")) &&
        !(prose && named == SECRET_NAME_STRONG && value.n >= 3))
        return false;
    const bool *bytes = quoted ? quoted_bytes : value_bytes;
    extend_header(s, name, begin, &end, &bytes);
    *ret = (Hit){begin, end, REDACT_ASSIGNMENT, bytes};
    return true;
}

/* --password x */
static bool
find_option(Str s, size_t at, Hit *ret)
{
    if (!text_at(s, at, "--") || (at > 0 && s.p[at - 1] == '-'))
        return false;
    size_t end = at + 2;
    while (end < s.n && (isalnum((unsigned char)s.p[end]) || s.p[end] == '-' || s.p[end] == '_'))
        end++;
    if (end + 1 >= s.n || s.p[end] != ' ' || s.p[end + 1] == '-')
        return false;
    SecretName named = secret_name(str_sub(s, at + 2, end - at - 2));
    size_t stop = run_of(s, end + 1, value_bytes);
    Str value = str_sub(s, end + 1, stop - end - 1);
    if (named == SECRET_NAME_NO || value.n < 3 ||
        (named == SECRET_NAME_WEAK && !secret_value_likely(value)))
        return false;
    *ret = (Hit){end + 1, stop, REDACT_ASSIGNMENT, value_bytes};
    return true;
}

/* -u user:password, as curl has it */
static bool
find_user(Str s, size_t at, Hit *ret)
{
    if (!text_at(s, at, "-u ") || (at > 0 && s.p[at - 1] != ' ') || at + 3 >= s.n ||
        !isalpha((unsigned char)s.p[at + 3]))
        return false;
    size_t end = run_of(s, at + 3, value_bytes);
    size_t colon;
    Str user = str_sub(s, at + 3, end - at - 3);
    if (!str_find_char(user, ':', &colon) || user.n - colon < 4)
        return false;
    *ret = (Hit){at + 3 + colon + 1, end, REDACT_ASSIGNMENT, value_bytes};
    return true;
}

/* -----BEGIN ... PRIVATE KEY-----: bytes of that line, 0 for none */
static size_t
key_begins(Str s, size_t at)
{
    size_t word;
    Str line = str_sub(s, at, 80);
    if (!str_starts(line, STR("-----BEGIN ")) || !str_find(line, STR("PRIVATE KEY"), &word))
        return 0;
    size_t close;
    if (!str_find(str_from(line, word), STR("-----"), &close))
        return 0;
    return word + close + 5;
}

/* A line of the inside of a key: base64, a header, or nothing; before it maybe a stamp. */
static bool
is_key_line(Str line)
{
    line = str_trim(line);
    size_t space;
    if (str_find_char(line, ' ', &space) && space >= 20 && isdigit((unsigned char)line.p[0]))
        line = str_trim(str_from(line, space));
    if (str_starts(line, STR("Proc-Type:")) || str_starts(line, STR("DEK-Info:")))
        return true;
    for (size_t i = 0; i < line.n; i++)
        if (!isalnum((unsigned char)line.p[i]) && !strchr("+/=", line.p[i]))
            return false;
    return true;
}

/* Drops one line of a private key at the offset.  Returns where to go on; s.n + 1: the line
 * is not all there yet. */
static size_t
drop_key_line(RedactTextState *state, Str s, size_t at, bool final)
{
    size_t end = at;
    while (end < s.n && s.p[end] != '\n' && s.p[end] != '"' &&
           !(s.p[end] == '\\' && end + 1 < s.n && s.p[end + 1] == 'n'))
        end++;
    if (end == s.n && !final && s.n - at < LONG_LINE_BYTES)
        return s.n + 1;
    Str line = str_sub(s, at, end - at);
    size_t stop;
    if (str_find(line, STR("-----END "), &stop)) {
        state->in_key = false;
        size_t close;
        if (!str_find(str_from(line, stop + 9), STR("-----"), &close))
            return end;
        return at + stop + 9 + close + 5;
    }
    state->key_bytes += (unsigned)line.n;
    if (!is_key_line(line) || state->key_bytes > KEY_BYTES_MAX) {
        state->in_key = false;
        return at;
    }
    if (end < s.n && s.p[end] == '"')
        state->in_key = false;
    else if (end < s.n)
        end += s.p[end] == '\n' ? 1 : 2;
    return end;
}

static bool
find_at(Str s, size_t at, Hit *ret)
{
    switch (s.p[at]) {
    case 'e':
        return find_jwt(s, at, ret);
    case 'B':
    case 'b':
        return find_bearer(s, at, ret);
    case ':':
        return find_url_password(s, at, ret) ||
               (!text_at(s, at, "://") && find_assignment(s, at, ret));
    case '=':
        return find_assignment(s, at, ret);
    case '-':
        return find_option(s, at, ret) || find_user(s, at, ret);
    default:
        return find_cloud_key(s, at, ret);
    }
}

/* Where a window that is not the last one may be cut: behind its last line, or, in a very
 * long line, where no name or token is split. */
static size_t
safe_cut(Str s)
{
    size_t newline;
    if (str_rfind_char(s, '\n', &newline))
        return newline + 1;
    if (s.n < LONG_LINE_BYTES)
        return 0;
    size_t cut = s.n - CONTEXT_BYTES;
    for (size_t i = cut; i > s.n / 2; i--)
        if (strchr(" ,;{}[]", s.p[i - 1]))
            return i;
    return cut;
}

void
redact_text(RedactTextState *state, Str s, bool final, RedactHitFn *on_hit, void *context, Buf *out,
            size_t *ret_used)
{
    fill_tables();
    size_t cut = final ? s.n : safe_cut(s);
    size_t at = 0;
    while (at < cut) {
        if (state->swallow) {
            at = run_of(s, at, state->swallow);
            if (at < s.n)
                state->swallow = NULL;
            continue;
        }
        if (state->in_key) {
            size_t next = drop_key_line(state, s, at, final);
            if (next > s.n)
                break;
            at = next;
            continue;
        }
        size_t plain = at;
        while (at < cut && !starts_here(s, at))
            at++;
        buf_add(out, s.p + plain, at - plain);
        if (at >= cut)
            break;
        size_t begin = s.p[at] == '-' ? key_begins(s, at) : 0;
        Hit hit;
        if (begin) {
            on_hit(context, REDACT_PRIVATE_KEY);
            buf_adds(out, redact_placeholder(REDACT_PRIVATE_KEY));
            state->in_key = true;
            state->key_bytes = 0;
            at += begin;
            if (at < s.n && s.p[at] == '\n')
                at++;
            else if (text_at(s, at, "\\n"))
                at += 2;
        } else if (find_at(s, at, &hit)) {
            on_hit(context, hit.rule);
            buf_add(out, s.p + at, hit.at - at);
            buf_adds(out, redact_placeholder(hit.rule));
            if (hit.end == s.n && !final)
                state->swallow = hit.bytes;
            at = hit.end;
        } else {
            buf_addc(out, s.p[at++]);
        }
    }
    *ret_used = at < s.n ? at : s.n;
}
