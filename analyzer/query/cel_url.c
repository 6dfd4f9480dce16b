/* SPDX-License-Identifier: Apache-2.0 */
/* cel_url.c -- the parts of a URL, as Go's url.ParseRequestURI takes them apart. */
#include "analyzer/query/cel_url.h"

#include "base/ascii.h"

#include <string.h>

static bool
is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

bool
url_unescape(Str s, bool query, Buf *out)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '%') {
            int high = i + 2 < s.n ? ascii_hex_value(s.p[i + 1]) : -1;
            int low = i + 2 < s.n ? ascii_hex_value(s.p[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            buf_addc(out, (char)(high * 16 + low));
            i += 2;
        } else {
            buf_addc(out, query && s.p[i] == '+' ? ' ' : s.p[i]);
        }
    }
    return true;
}

static bool
escapes_are_sound(Str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '%')
            continue;
        if (i + 2 >= s.n || ascii_hex_value(s.p[i + 1]) < 0 || ascii_hex_value(s.p[i + 2]) < 0)
            return false;
        i += 2;
    }
    return true;
}

/* The scheme of "scheme:rest", "" without one; false for ":rest". */
static bool
take_scheme(Str *rest, Str *ret)
{
    *ret = STR("");
    for (size_t i = 0; i < rest->n; i++) {
        char c = rest->p[i];
        if (c == ':') {
            if (i == 0)
                return false;
            *ret = str_head(*rest, i);
            *rest = str_from(*rest, i + 1);
            return true;
        }
        bool letter = (c | 32) >= 'a' && (c | 32) <= 'z';
        if (!letter && (i == 0 || !(ascii_is_alnum(c) || is_one_of(c, "+-."))))
            return true;
    }
    return true;
}

static bool
is_port(Str s)
{
    if (s.n == 0)
        return true;
    for (size_t i = 1; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    }
    return s.p[0] == ':';
}

static const char *
check_host(Str host)
{
    size_t at = 0;
    if (host.n && host.p[0] == '[') {
        if (!str_rfind_char(host, ']', &at))
            return "missing ']' in host";
        if (!is_port(str_from(host, at + 1)))
            return "invalid port after host";
    } else if (str_rfind_char(host, ':', &at) && !is_port(str_from(host, at))) {
        return "invalid port after host";
    }
    for (size_t i = 0; i < host.n; i++) {
        char c = host.p[i];
        if (c == '%' || (unsigned char)c >= 0x80)
            continue;
        if (!ascii_is_alnum(c) && !is_one_of(c, "-_.~!$&'()*+,;=:[]<>\""))
            return "invalid character in host name";
    }
    return escapes_are_sound(host) ? NULL : "invalid URL escape";
}

/* "user@host:port" to its host; sets *ret_why. */
static Str
host_of(Str authority, const char **ret_why)
{
    size_t at = 0;
    Str host = authority;
    if (str_rfind_char(authority, '@', &at)) {
        Str user = str_head(authority, at);
        host = str_from(authority, at + 1);
        for (size_t i = 0; i < user.n; i++) {
            if (!ascii_is_alnum(user.p[i]) && !is_one_of(user.p[i], "-._:~!$&'()*+,;=%@"))
                *ret_why = "net/url: invalid userinfo";
        }
    }
    if (!*ret_why)
        *ret_why = check_host(host);
    return host;
}

const char *
url_parse(Str text, UrlParts *ret)
{
    const char *why = NULL;
    Str rest = text;
    size_t at = 0;
    *ret = (UrlParts){STR(""), STR(""), STR(""), {NULL, 0}};
    for (size_t i = 0; i < text.n; i++) {
        if ((unsigned char)text.p[i] < ' ' || text.p[i] == 0x7f)
            return "net/url: invalid control character in URL";
    }
    if (text.n == 0)
        return "empty url";
    if (str_is(text, "*")) {
        ret->path = text;
        return NULL;
    }
    if (!take_scheme(&rest, &ret->scheme))
        return "missing protocol scheme";
    /* A fragment ends everything before it. */
    if (str_find_char(rest, '#', &at))
        rest = str_head(rest, at);
    if (str_find_char(rest, '?', &at)) {
        ret->query = str_from(rest, at + 1);
        rest = str_head(rest, at);
    }
    if (!str_starts(rest, STR("/")))
        return ret->scheme.n ? NULL : "invalid URI for request";
    if (ret->scheme.n && str_starts(rest, STR("//"))) {
        Str authority = str_from(rest, 2);
        rest = STR("");
        if (str_find_char(authority, '/', &at)) {
            rest = str_from(authority, at);
            authority = str_head(authority, at);
        }
        ret->host = host_of(authority, &why);
        if (why)
            return why;
    }
    ret->path = rest;
    return escapes_are_sound(rest) ? NULL : "invalid URL escape";
}

Str
url_hostname(Str host)
{
    size_t at = 0;
    if (host.n && host.p[0] == '[' && str_rfind_char(host, ']', &at))
        return str_sub(host, 1, at - 1);
    return str_rfind_char(host, ':', &at) && is_port(str_from(host, at)) ? str_head(host, at)
                                                                         : host;
}

Str
url_port(Str host)
{
    size_t at = 0;
    size_t bracket = 0;
    if (!str_rfind_char(host, ':', &at) || !is_port(str_from(host, at)) ||
        (str_rfind_char(host, ']', &bracket) && bracket > at))
        return STR("");
    return str_from(host, at + 1);
}

/* Whether a path may stand as it was written. */
static bool
is_escaped_path(Str path)
{
    for (size_t i = 0; i < path.n; i++) {
        if (!ascii_is_alnum(path.p[i]) && !is_one_of(path.p[i], "-_.~!$&'()*+,;=:@/[]%"))
            return false;
    }
    return true;
}

void
url_write_path(Str path, Buf *out)
{
    CLEANUP(buf_done) Buf plain = BUF_INIT(out->max_bytes);
    if (is_escaped_path(path)) {
        buf_add_str(out, path);
        return;
    }
    (void)url_unescape(path, false, &plain);
    for (size_t i = 0; i < plain.n; i++) {
        char c = plain.data[i];
        if (ascii_is_alnum(c) || is_one_of(c, "-_.~$&+,/:;=@"))
            buf_addc(out, c);
        else
            buf_printf(out, "%%%02X", (unsigned char)c);
    }
}
