/* SPDX-License-Identifier: Apache-2.0 */
/* cel_lib_url.c -- URLs as Go's net/url reads them, and the formats of Kubernetes' names. */
#include <stdio.h>
#include <string.h>

#include "analyzer/query/cel_libraries.h"
#include "analyzer/query/cel_url.h"

typedef struct {
    Str text;
    UrlParts parts;
} Url;

static bool
same(const void *a, const void *b)
{
    return str_eq(((const Url *)a)->text, ((const Url *)b)->text);
}

static void
write(const void *url, Buf *out)
{
    buf_add_str(out, ((const Url *)url)->text);
}

const OpaqueType CEL_TYPE_URL = {"kubernetes.URL", same, write};

static Value
url_of(CelRun *run, const Value *args, size_t count)
{
    UrlParts parts;
    const char *why = url_parse(args[0].string, &parts);
    (void)count;
    if (why)
        return cel_error(run, "no URL: '" STR_FMT "': %s", STR_ARG(str_head(args[0].string, 100)),
                         why);
    Url *url = cel_alloc(run, sizeof *url);
    if (!url)
        return cel_stopped(run);
    *url = (Url){.text = args[0].string, .parts = parts};
    return value_opaque(&CEL_TYPE_URL, url);
}

static Value
is_url(CelRun *run, const Value *args, size_t count)
{
    UrlParts parts;
    (void)run;
    (void)count;
    return value_bool(url_parse(args[0].string, &parts) == NULL);
}

static const UrlParts *
parts_of(const Value *args)
{
    return &((const Url *)args[0].opaque.data)->parts;
}

static Value
scheme(CelRun *run, const Value *args, size_t count)
{
    CLEANUP(buf_done) Buf text = CEL_BUF();
    Str s = parts_of(args)->scheme;
    (void)count;
    for (size_t i = 0; i < s.n; i++)
        buf_addc(&text, (char)(s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] | 32 : s.p[i]));
    return cel_string_of_buf(run, &text);
}

static Value
unescaped(CelRun *run, Str s)
{
    CLEANUP(buf_done) Buf text = CEL_BUF();
    (void)url_unescape(s, false, &text);
    return cel_string_of_buf(run, &text);
}

static Value
host(CelRun *run, const Value *args, size_t count)
{
    (void)count;
    return unescaped(run, parts_of(args)->host);
}

static Value
hostname(CelRun *run, const Value *args, size_t count)
{
    (void)count;
    return unescaped(run, url_hostname(parts_of(args)->host));
}

static Value
port(CelRun *run, const Value *args, size_t count)
{
    (void)run;
    (void)count;
    return value_string(url_port(parts_of(args)->host));
}

static Value
escaped_path(CelRun *run, const Value *args, size_t count)
{
    CLEANUP(buf_done) Buf text = CEL_BUF();
    (void)count;
    url_write_path(parts_of(args)->path, &text);
    return cel_string_of_buf(run, &text);
}

/* Both sides of one pair of the query; false where an escape is malformed. */
static bool
query_pair(CelRun *run, Str pair, Value *ret_key, Value *ret_value)
{
    CLEANUP(buf_done) Buf key = CEL_BUF();
    CLEANUP(buf_done) Buf value = CEL_BUF();
    size_t equal = 0;
    bool both = str_find_char(pair, '=', &equal);
    if (!url_unescape(both ? str_head(pair, equal) : pair, true, &key) ||
        !url_unescape(both ? str_from(pair, equal + 1) : STR(""), true, &value))
        return false;
    *ret_key = cel_string_of_buf(run, &key);
    *ret_value = cel_string_of_buf(run, &value);
    return !run->limit;
}

static Value
query(CelRun *run, const Value *args, size_t count)
{
    CelValues keys = {0};
    CelValues values = {0};
    CelMapBuilder map = {0};
    Str rest = parts_of(args)->query;
    size_t semicolon = 0;
    (void)count;
    for (Str pair; rest.p && str_cut(&rest, '&', &pair);) {
        Value key;
        Value value;
        if (pair.n == 0 || str_find_char(pair, ';', &semicolon) ||
            !query_pair(run, pair, &key, &value))
            continue;
        if (!cel_push(run, &keys, key) || !cel_push(run, &values, value))
            return cel_stopped(run);
    }
    for (size_t i = 0; i < keys.count; i++) {
        CelValues same_key = {0};
        bool first = true;
        for (size_t k = 0; k < keys.count; k++) {
            if (!str_eq(keys.items[k].string, keys.items[i].string))
                continue;
            first = first && k >= i;
            if (!cel_push(run, &same_key, values.items[k]))
                return cel_stopped(run);
        }
        Value error;
        if (!cel_work(run, keys.count) ||
            (first && !cel_map_add(run, &map, keys.items[i],
                                   cel_list(run, same_key.items, same_key.count), &error)))
            return cel_stopped(run);
    }
    return cel_map_done(run, &map);
}

#define LIB "kubernetes.url"
#define GET(name, fn, result, help) \
    {name, CEL_METHOD, "U", fn, LIB, "url." name "() -> " result, help}
static const CelFunction ROWS[] = {
    {"url", 0, "s", url_of, LIB, "url(string) -> url", "an absolute URL or path"},
    {"isURL", 0, "s", is_url, LIB, "isURL(string) -> bool", "whether url() takes it"},
    GET("getScheme", scheme, "string", "the scheme in lower case, or the empty string"),
    GET("getHost", host, "string", "host and port"),
    GET("getHostname", hostname, "string", "the host without port and brackets"),
    GET("getPort", port, "string", "the port, or the empty string"),
    GET("getEscapedPath", escaped_path, "string", "the path with its escapes"),
    GET("getQuery", query, "map", "the values of each key of the query"),
};
const CelLibrary CEL_LIBRARY_url = CEL_LIBRARY(ROWS);
