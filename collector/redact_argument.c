/* SPDX-License-Identifier: Apache-2.0 */
/* redact_argument.c -- options by their names, flags by the programs that have them. */
#include "collector/redact_argument.h"

#include "collector/byte_sets.h"
#include "collector/redact_assign.h"
#include "collector/redact_section.h"
#include "collector/redact_value.h"
#include "collector/secret_name.h"

#include <ctype.h>
#include <string.h>

enum { BACK_BYTES_MAX = 160, FLAG_BYTES_MAX = 24 };

typedef enum {
    FLAG_VALUE,         /* secret, whatever it is */
    FLAG_LIKELY,        /* where it looks like a secret: -p is a port, mostly */
    FLAG_LOGIN,         /* user:password */
} FlagKind;

/* program: a part of the command line before the flag; "": any. */
static const struct {
    const char *flag;
    const char *program;
    FlagKind kind;
    bool attached;      /* -pvalue, too */
} FLAGS[] = {
    {"-u", "", FLAG_LOGIN, false},           {"-U", "", FLAG_LOGIN, false},
    {"--user", "", FLAG_LOGIN, false},       {"--proxy-user", "", FLAG_LOGIN, false},
    {"--creds", "", FLAG_LOGIN, false},      {"--login", "", FLAG_LOGIN, false},
    {"-p", "mysql", FLAG_VALUE, true},       {"-p", "maria", FLAG_VALUE, true},
    {"-p", "sshpass", FLAG_VALUE, true},     {"-p", "docker login", FLAG_VALUE, false},
    {"-p", "registry login", FLAG_VALUE, false}, {"-p", "mongo", FLAG_VALUE, false},
    {"-p", "rabbitmqadmin", FLAG_VALUE, false}, {"-a", "redis-cli", FLAG_VALUE, false},
    {"-w", "ldap", FLAG_VALUE, false},       {"-P", "psql", FLAG_VALUE, false},
    {"-P", "sqlcmd", FLAG_VALUE, true},      {"-p", "az login", FLAG_VALUE, false},
    {"-p", "", FLAG_LIKELY, false},          {"-P", "", FLAG_LIKELY, false},
    {"-w", "", FLAG_LIKELY, false},          {"-W", "", FLAG_LIKELY, false},
    {"-pw", "", FLAG_LIKELY, false},         {"-pass", "", FLAG_LIKELY, false},
};
enum { FLAG_COUNT = sizeof FLAGS / sizeof *FLAGS };

/* The password of user:password; false where it is none. */
static bool
password_of_login(Str value, size_t *ret_at)
{
    size_t colon;
    size_t slash;
    if (!str_find_char(value, ':', &colon) || colon == 0 || value.n - colon < 4 ||
        !isalpha((unsigned char)value.p[0]) || str_find_char(value, '/', &slash))
        return false;
    *ret_at = colon + 1;
    return !redact_says_nothing(str_from(value, colon + 1));
}

static bool
flag_takes(FlagKind kind, Str value, size_t *ret_at)
{
    size_t found;
    *ret_at = 0;
    if (kind == FLAG_LOGIN)
        return password_of_login(value, ret_at);
    if (value.n < 3 || value.p[0] == '-' || redact_says_nothing(value) || secret_value_is_path(value))
        return false;
    return kind == FLAG_VALUE || (secret_value_likely(value) && !str_find_char(value, ':', &found) &&
                                  !str_find_char(value, '=', &found) && !str_find_char(value, '.', &found));
}

bool
redact_argument(Str program, Str option, Str value)
{
    size_t at;
    if (!str_starts(option, STR("-")) || str_starts(value, STR("-")))
        return false;
    if (redact_named_value(option, value))
        return true;
    for (size_t i = 0; i < FLAG_COUNT; i++)
        if (str_is(option, FLAGS[i].flag) && str_find(program, str_of(FLAGS[i].program), &at) &&
            flag_takes(FLAGS[i].kind, value, &at))
            return true;
    return false;
}

static Str
line_before(Str s, size_t at)
{
    size_t from = at > BACK_BYTES_MAX ? at - BACK_BYTES_MAX : 0;
    Str line = str_sub(s, from, at - from);
    size_t newline;
    return str_rfind_char(line, '\n', &newline) ? str_from(line, newline + 1) : line;
}

/* Where the argument behind an option begins: behind blanks, or in the next text of a list;
 * `end` where there is none. */
static size_t
next_argument(Str s, size_t end)
{
    size_t at = redact_skip_blanks(s, end);
    size_t line = redact_break_at(s, at);
    if (line) {                                     /* "- --password" and on the next line "- x" */
        at += line + redact_stamp(str_sub(s, at + line, 64));
        at = redact_skip_blanks(s, at);
        if (!str_starts(str_from(s, at), STR("- ")))
            return str_starts(str_from(s, at), STR("--")) ? end : at;
        return redact_skip_blanks(s, at + 2);
    }
    if (at > end)
        return at;
    while (at < s.n && at - end < 8 && s.p[at] == '\\')
        at++;
    if (at >= s.n || (s.p[at] != '"' && s.p[at] != '\''))
        return end;
    at++;
    if (at >= s.n || s.p[at] != ',')
        return end;
    return redact_skip_blanks(s, at + 1);
}

static bool
take(Str s, const Value *value, size_t skip, TextHit *ret)
{
    if (value->form > VALUE_QUOTED)
        return false;
    *ret = (TextHit){value->begin + skip, value->end, REDACT_ASSIGNMENT, SECRET_BY_STRUCTURE,
                     byte_sets[value->form == VALUE_QUOTED ? SET_QUOTED : SET_VALUE], 0, false, false};
    return ret->end > ret->at && s.n >= ret->end;
}

static bool
take_flag(Str s, size_t at, TextHit *ret)
{
    Str before = line_before(s, at);
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        Str flag = str_of(FLAGS[i].flag);
        size_t end = at + flag.n;
        size_t found;
        size_t skip;
        if (!str_starts(str_from(s, at), flag) || !str_find(before, str_of(FLAGS[i].program), &found))
            continue;
        size_t begin = next_argument(s, end);
        if (begin == end && !(FLAGS[i].attached && end < s.n && isalnum((unsigned char)s.p[end])))
            continue;
        Value value = redact_value_behind(s, begin);
        if (flag_takes(FLAGS[i].kind, value_text(s, &value), &skip))
            return take(s, &value, skip, ret);
    }
    return false;
}

bool
redact_option(Str s, size_t at, TextHit *ret)
{
    if (at > 0 && !strchr(" \t\n\"',[({", s.p[at - 1]))
        return false;
    if (!str_starts(str_from(s, at), STR("--")))
        return take_flag(s, at, ret);
    size_t end = run_of(s, at + 2, byte_sets[SET_WORD]);
    size_t begin = next_argument(s, end);
    SecretName named = secret_name(str_sub(s, at + 2, end - at - 2));
    if (named == SECRET_NAME_NO || begin == end || begin >= s.n || s.p[begin] == '-')
        return end - at <= FLAG_BYTES_MAX && take_flag(s, at, ret);
    Value value = redact_value_behind(s, begin);
    Str text = value_text(s, &value);
    if (redact_break_at(s, redact_skip_blanks(s, end)) && !secret_value_likely(text))
        return false;
    return text.n >= 3 && !str_starts(text, STR("-")) && redact_named_value(str_sub(s, at, end - at), text) &&
           take(s, &value, 0, ret);
}

bool
redact_login(Str s, size_t at, TextHit *ret)
{
    static const char *const PROGRAMS[] = {"sqlplus ", "sqlldr ", "expdp ", "impdp ", "exp ", "imp "};
    Str line = str_sub(s, at, BACK_BYTES_MAX);
    size_t program = 0;
    if (at > 0 && (isalnum((unsigned char)s.p[at - 1])))
        return false;
    for (size_t i = 0; i < sizeof PROGRAMS / sizeof *PROGRAMS && !program; i++)
        program = str_starts(line, str_of(PROGRAMS[i])) ? strlen(PROGRAMS[i]) : 0;
    size_t user = program;
    while (program && user < line.n && line.p[user] == '-') {      /* -s, -L */
        while (user < line.n && line.p[user] != ' ')
            user++;
        while (user < line.n && line.p[user] == ' ')
            user++;
    }
    size_t slash = run_of(line, user, byte_sets[SET_NAME]);
    if (!program || slash == user || slash >= line.n || line.p[slash] != '/')
        return false;
    size_t end = slash + 1;
    while (end < line.n && byte_sets[SET_VALUE][(unsigned char)line.p[end]] && line.p[end] != '@')
        end++;
    *ret = (TextHit){at + slash + 1, at + end, REDACT_ASSIGNMENT, SECRET_BY_STRUCTURE, byte_sets[SET_USERINFO], 0, false, false};
    return end - slash > 3;
}

bool
redact_echo(Str s, size_t at, TextHit *ret)
{
    static const char *const READERS[] = {"-stdin", "sudo -S", "passwd", "cryptsetup"};
    Str line = str_sub(s, at, BACK_BYTES_MAX);
    size_t pipe;
    size_t found;
    bool reader = false;
    if (!str_starts(line, STR("echo ")) || !str_find(line, STR(" | "), &pipe))
        return false;
    for (size_t i = 0; i < sizeof READERS / sizeof *READERS; i++)
        reader |= str_find(str_from(line, pipe), str_of(READERS[i]), &found);
    size_t begin = at + (str_starts(line, STR("echo -n ")) ? 8 : 5);
    Value value = redact_value_behind(s, begin);
    Str text = value_text(s, &value);
    return reader && value.begin < at + pipe && text.n >= 3 && !redact_says_nothing(text) && text.p[0] != '$' &&
           take(s, &value, 0, ret);
}
