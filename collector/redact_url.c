/* SPDX-License-Identifier: Apache-2.0 */
/* redact_url.c -- user and password of addresses, and paths that are a secret themselves. */
#include "collector/redact_url.h"

#include "collector/byte_sets.h"
#include "collector/secret_name.h"

#include <ctype.h>

enum { USERINFO_BYTES_MAX = 512 };

static const struct {
    Str host;
    Str path;
} HOOKS[] = {
#define HOOK(host, path, what) {STR_INIT(host), STR_INIT(path)},
#include "collector/redact_hooks.def"
#undef HOOK
};

static bool
is_number(Str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!isdigit((unsigned char)s.p[i]))
            return false;
    return true;
}

/* Which a password of a URL should have escaped. */
static bool
is_unescaped(char c)
{
    return c == '/' || c == '?' || c == '#';
}

/* The last '@' that may end the user and password which begin at the offset; s.n: none.
 * A password may hold '@', '/', '?' and '#', which it should not. */
static size_t
end_of_userinfo(Str s, size_t begin)
{
    size_t end = run_of(s, begin, byte_sets[SET_USERINFO]);
    size_t domain = end;
    size_t colon;
    while (domain < s.n && domain - end < 8 && s.p[domain] == '\\')
        domain++;
    if (domain > end && end > begin && run_of(s, begin, byte_sets[SET_NAME]) == end)
        end = run_of(s, domain, byte_sets[SET_USERINFO]);      /* corp\user */
    Str first = str_sub(s, begin, end - begin);
    bool password = str_find_char(first, ':', &colon) && colon + 1 < first.n &&
                    !is_number(str_from(first, colon + 1));
    if (end < s.n && is_unescaped(s.p[end]) && password)
        while (end < s.n && end - begin < USERINFO_BYTES_MAX &&
               (byte_sets[SET_USERINFO][(unsigned char)s.p[end]] || is_unescaped(s.p[end])))
            end++;
    if (end >= s.n || s.p[end] != '@')
        return s.n;
    for (;;) {
        size_t next = run_of(s, end + 1, byte_sets[SET_USERINFO]);
        if (next >= s.n || s.p[next] != '@' || !password)
            return end;
        end = next;
    }
}

static bool
take_userinfo(Str s, size_t begin, TextHit *ret)
{
    size_t end = end_of_userinfo(s, begin);
    size_t colon;
    if (end >= s.n)
        return false;
    Str user = str_sub(s, begin, end - begin);
    *ret = (TextHit){begin, end, REDACT_URL_PASSWORD, SECRET_BY_STRUCTURE, byte_sets[SET_USERINFO], 0, false, false};
    if (!str_find_char(user, ':', &colon))
        return secret_value_likely(user);
    ret->at = begin + colon + 1;
    return colon + 1 < user.n && !str_starts(str_from(user, colon + 1), STR("<redacted")) &&
           !str_starts(str_from(user, colon + 1), STR("$"));
}

/* The path of a webhook. */
static bool
take_hook(Str s, size_t begin, TextHit *ret)
{
    size_t end = run_of(s, begin, byte_sets[SET_NAME]);
    Str host = str_sub(s, begin, end - begin);
    if (end >= s.n || s.p[end] != '/')
        return false;
    for (size_t i = 0; i < sizeof HOOKS / sizeof *HOOKS; i++) {
        bool label = host.n == HOOKS[i].host.n || (host.n > HOOKS[i].host.n && host.p[host.n - HOOKS[i].host.n - 1] == '.');
        if (!label || !str_ends(host, HOOKS[i].host) || !str_starts(str_from(s, end), HOOKS[i].path))
            continue;
        size_t path = end + HOOKS[i].path.n;
        size_t stop = run_of(s, path, byte_sets[SET_VALUE]);
        *ret = (TextHit){path, stop, REDACT_URL_PASSWORD, SECRET_BY_STRUCTURE, byte_sets[SET_VALUE], 0, false, true};
        return stop > path + 3;
    }
    return false;
}

bool
redact_url(Str s, size_t at, TextHit *ret)
{
    return take_userinfo(s, at + 3, ret) || take_hook(s, at + 3, ret);
}

bool
redact_dsn(Str s, size_t at, TextHit *ret)
{
    size_t begin = at + 1;
    size_t end = run_of(s, begin, byte_sets[SET_USERINFO]);
    if (end >= s.n || (s.p[end] != '@' && s.p[end] != '/'))
        return false;
    bool oracle = at >= 4 && str_eq(str_sub(s, at - 4, 4), STR("thin"));
    if (oracle && s.p[end] == '/') {
        begin = end + 1;
        end = run_of(s, begin, byte_sets[SET_USERINFO]);
    }
    if (end == begin || end >= s.n || s.p[end] != '@')
        return false;
    Str host = str_from(s, end + 1);
    if (!oracle && !str_starts(host, STR("tcp(")) && !str_starts(host, STR("unix(")))
        return false;
    *ret = (TextHit){begin, end, REDACT_URL_PASSWORD, SECRET_BY_STRUCTURE, byte_sets[SET_USERINFO], 0, false, false};
    return true;
}
