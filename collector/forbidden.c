/* SPDX-License-Identifier: Apache-2.0 */
/* forbidden.c -- paths by a list of what is refused, commands by a list of what is allowed. */
#include "collector/forbidden.h"

#include "base/ascii.h"
#include "bundle/component.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { PATH_BYTES = 4096 };

typedef enum { FORBIDDEN_PATH, FORBIDDEN_QUERY } Where;

static const struct {
    const char *word;
    Where where;
    const char *reason;
} TABLE[] = {
#define FORBIDDEN(word, where, reason) {word, FORBIDDEN_##where, reason},
#include "collector/forbidden.def"
#undef FORBIDDEN
};

/* Decodes %XX until nothing changes any more, folds case: what a server could make of it. */
static Str
unmask(Str path, char out[PATH_BYTES])
{
    size_t n = path.n < PATH_BYTES ? path.n : PATH_BYTES;
    memcpy(out, path.p, n);
    for (size_t before = n + 1; n < before;) {
        before = n;
        size_t to = 0;
        for (size_t i = 0; i < n; i++, to++) {
            bool escape = out[i] == '%' && i + 2 < n && ascii_hex_value(out[i + 1]) >= 0 &&
                          ascii_hex_value(out[i + 2]) >= 0;
            out[to] = escape ? (char)(ascii_hex_value(out[i + 1]) * 16 +
                                      ascii_hex_value(out[i + 2]))
                             : out[i];
            i += escape ? 2 : 0;
        }
        n = to;
    }
    for (size_t i = 0; i < n; i++)
        out[i] = (char)tolower((unsigned char)out[i]);
    return (Str){out, n};
}

/* True where the words of what stand in path, each between slashes. */
static bool
has_part(Str path, const char *what)
{
    size_t n = strlen(what);
    for (size_t at = 0; at + n <= path.n; at++)
        if (memcmp(path.p + at, what, n) == 0 && (at == 0 || path.p[at - 1] == '/') &&
            (at + n == path.n || path.p[at + n] == '/'))
            return true;
    return false;
}

static bool
has_parameter(Str query, const char *what)
{
    for (Str part; str_cut(&query, '&', &part);) {
        size_t equals;
        Str name = str_find_char(part, '=', &equals) ? str_head(part, equals) : part;
        if (str_is(name, what))
            return true;
    }
    return false;
}

Status
forbidden_path(Str path, Err *err)
{
    char bytes[PATH_BYTES];
    if (path.n > PATH_BYTES || path.n == 0)
        return err_set(err, ST_UNSAFE, "a path must have 1 to %d bytes", PATH_BYTES);
    Str plain = unmask(path, bytes);
    size_t question;
    Str query = STR("");
    if (str_find_char(plain, '?', &question)) {
        query = str_from(plain, question + 1);
        plain = str_head(plain, question);
    }
    if (has_part(plain, "..") || memchr(plain.p, '\n', plain.n) || memchr(plain.p, '#', plain.n))
        return err_set(err, ST_UNSAFE, "'%.*s' is refused: not a plain path", STR_ARG(path));
    for (size_t i = 0; i < sizeof TABLE / sizeof *TABLE; i++)
        if (TABLE[i].where == FORBIDDEN_PATH ? has_part(plain, TABLE[i].word)
                                             : has_parameter(query, TABLE[i].word))
            return err_set(err, ST_UNSAFE, "'%.*s' is refused: %s", STR_ARG(path), TABLE[i].reason);
    return ST_OK;
}

/* /api/v1/namespaces/NS/KIND/NAME/SUB/REST in its parts; what is not there is empty. */
typedef struct {
    Str kind;
    Str name;
    Str sub;
    Str rest;                /* behind the subresource, with its slash */
} Target;

static Target
target_of(Str plain)
{
    Target target = {STR(""), STR(""), STR(""), STR("")};
    Str rest = plain;
    Str part = STR("");
    bool core = str_starts(plain, STR("/api/"));
    for (int i = 0; i < (core ? 3 : 4); i++)        /* "", api or apis, group, version */
        (void)str_cut(&rest, '/', &part);
    Str inside = rest;
    if (str_cut(&inside, '/', &part) && str_is(part, "namespaces") &&
        str_cut(&inside, '/', &part) && inside.n > 0)
        rest = inside;
    (void)(str_cut(&rest, '/', &target.kind) && str_cut(&rest, '/', &target.name) &&
           str_cut(&rest, '/', &target.sub));
    if (target.sub.n > 0)
        target.rest = str_from(plain, (size_t)(target.sub.p + target.sub.n - plain.p));
    return target;
}

/* Each form that is accepted must be one without data: a server takes any of them. */
static bool
asks_for_metadata(const char *accept)
{
    Str rest = str_of(accept ? accept : "");
    bool any = false;
    for (Str form; str_cut(&rest, ',', &form); any = true) {
        size_t at;
        if (!str_find(form, STR(";as=PartialObjectMetadataList;"), &at))
            return false;
    }
    return any;
}

/* An answer without end: only the leases are watched, for a while. */
static bool
never_ends(const Target *target, Str query)
{
    return has_parameter(query, "follow") ||
           (has_parameter(query, "watch") && !(str_is(target->kind, "leases") &&
                                               has_parameter(query, "timeoutSeconds")));
}

Status
forbidden_request(Str path, const char *accept, Err *err)
{
    static const char *const ACTIONS[] = {"exec", "attach", "portforward", "ephemeralcontainers",
                                          "eviction"};
    size_t question = path.n;
    (void)str_find_char(path, '?', &question);
    Str plain = str_head(path, question);
    Target target = target_of(plain);
    bool proxied = str_is(target.sub, "proxy") &&
                   (str_is(target.kind, "pods") || str_is(target.kind, "services"));
    Str named = str_head(plain, plain.n - (proxied ? target.rest.n : 0));
    size_t at;
    if (has_part(named, "..") || str_find(named, STR("//"), &at) || str_find_char(named, '%', &at))
        return err_set(err, ST_UNSAFE, "'%.*s' is refused: not a plain path", STR_ARG(path));
    /* Names of objects may be any of the words; only what a pod serves is looked at. */
    if (proxied)
        return forbidden_path(target.rest.n ? str_from(path, named.n) : STR("/"), err);
    if (str_is(target.kind, "proxy") || str_is(target.sub, "proxy"))
        return err_set(err, ST_UNSAFE, "'%.*s' is refused: a node's proxy runs commands",
                       STR_ARG(path));
    for (size_t i = 0; i < sizeof ACTIONS / sizeof *ACTIONS; i++)
        if (str_is(target.sub, ACTIONS[i]))
            return err_set(err, ST_UNSAFE, "'%.*s' is refused: it acts on a pod", STR_ARG(path));
    if (never_ends(&target, str_from(path, question + 1)))
        return err_set(err, ST_UNSAFE, "'%.*s' is refused: never ends", STR_ARG(path));
    if (str_is(target.kind, "secrets") && (target.name.n > 0 || !asks_for_metadata(accept)))
        return err_set(err, ST_UNSAFE, "Secrets are read as metadata alone");
    return ST_OK;
}

/* GETs inside a container.  A trailing '*' stands for a path that must be harmless. */
static const char *const GETS[][14] = {
    {"pilot-agent", "request", "GET", "*"},
    {"/usr/local/bin/pilot-agent", "request", "GET", "*"},
    {"/usr/local/bin/pilot-agent", "debug", "clusters"},
    {"/usr/local/bin/pilot-agent", "debug", "listeners"},
    {"/usr/local/bin/pilot-agent", "debug", "routes"},
    {"pilot-discovery", "request", "GET", "*"},
    {"/usr/local/bin/pilot-discovery", "debug", "all", "ads"},
    {"/usr/local/bin/pilot-discovery", "debug", "all", "eds"},
    {"curl", "-s", "-m", "10", "*"},
    {"curl", "-s", "-m", "10", "-k", "--cert", "/etc/certs/cert-chain.pem", "--cacert",
     "/etc/certs/root-cert.pem", "--key", "/etc/certs/key.pem", "*"},
};

/* A URL or path whose harmlessness does not hang on a host: http://host:port/path. */
static Status
check_target(Str target, Err *err)
{
    size_t at;
    if (str_find(target, STR("://"), &at)) {
        if (at > 5 || !str_starts(target, STR("http")))
            return err_set(err, ST_UNSAFE, "'%.*s' is refused: only http and https",
                           STR_ARG(target));
        target = str_from(target, at + 3);
        if (!str_find_char(target, '/', &at))
            return err_set(err, ST_UNSAFE, "a URL without a path is refused");
        target = str_from(target, at);
    }
    if (target.n > 0 && target.p[0] == '-')
        return err_set(err, ST_UNSAFE, "'%.*s' is refused: an option", STR_ARG(target));
    return forbidden_path(target, err);
}

static bool
matches(const char *const *pattern, const char *const *argv, const char **ret_target)
{
    *ret_target = NULL;
    for (; *pattern && *argv; pattern++, argv++) {
        if (strcmp(*pattern, "*") == 0)
            *ret_target = *argv;
        else if (strcmp(*pattern, *argv) != 0)
            return false;
    }
    return !*pattern && !*argv;
}

Status
forbidden_command(const char *const *argv, Err *err)
{
    const char *target;
    for (size_t i = 0; i < PROBE_COUNT; i++)
        if (matches(PROBES[i].argv, argv, &target))
            return ST_OK;
    for (size_t i = 0; i < sizeof GETS / sizeof *GETS; i++)
        if (matches(GETS[i], argv, &target))
            return target ? check_target(str_of(target), err) : ST_OK;
    return err_set(err, ST_UNSAFE, "the command '%s%s%s' is not one of the harmless ones",
                   argv[0] ? argv[0] : "", argv[0] && argv[1] ? " " : "",
                   argv[0] && argv[1] ? argv[1] : "");
}
