/* SPDX-License-Identifier: Apache-2.0 */
/* cel_lib_proxy.c -- net.noProxy: whether Go's HTTP client would go past the proxy.
 *
 * The rules are those of golang.org/x/net/http/httpproxy: entries are "*", addresses,
 * networks, or domains that also match their subdomains; each but networks may have a port. */
#include <string.h>

#include "analyzer/query/cel_libraries.h"
#include "analyzer/query/cel_net.h"

typedef struct {
    Str host;               /* lower case, without port and brackets */
    Str port;
    NetAddress address;
    bool is_address;
} Target;

/* "host:port" and "[v6]:port" to their parts; false where there is no port. */
static bool
split_port(Str text, Str *ret_host, Str *ret_port)
{
    size_t colon = 0;
    size_t bracket = 0;
    size_t other = 0;
    if (!str_rfind_char(text, ':', &colon))
        return false;
    if (text.n && text.p[0] == '[') {
        if (!str_find_char(text, ']', &bracket) || bracket + 1 != colon)
            return false;
        *ret_host = str_sub(text, 1, bracket - 1);
    } else {
        *ret_host = str_head(text, colon);
        if (str_find_char(*ret_host, ':', &other))
            return false;
    }
    *ret_port = str_from(text, colon + 1);
    return !memchr(ret_host->p, '[', ret_host->n) && !memchr(ret_host->p, ']', ret_host->n);
}

static Str
unbracketed(Str text)
{
    bool brackets = text.n >= 2 && text.p[0] == '[' && text.p[text.n - 1] == ']';
    return brackets ? str_sub(text, 1, text.n - 2) : text;
}

static bool
ends_nocase(Str text, Str end)
{
    return text.n >= end.n && str_eq_nocase(str_from(text, text.n - end.n), end);
}

/* ".example.com" and "*.example.com" match below it, "example.com" also itself. */
static bool
domain_matches(Str domain, Str host)
{
    if (str_starts(domain, STR("*.")))
        domain = str_from(domain, 1);
    if (domain.p[0] == '.')
        return ends_nocase(host, domain);
    if (str_eq_nocase(host, domain))
        return true;
    return ends_nocase(host, domain) && host.n > domain.n &&
           host.p[host.n - domain.n - 1] == '.';
}

static bool
entry_matches(Str entry, const Target *target)
{
    NetPrefix prefix;
    NetAddress address;
    Str host = entry;
    Str port = STR("");
    if (str_is(entry, "*"))
        return true;
    if (net_parse_prefix(entry, &prefix))
        return target->is_address && net_contains(&prefix, &target->address);
    if (!split_port(entry, &host, &port)) {
        host = entry;
        port = STR("");
    }
    if (host.n == 0 || (port.n && !str_eq(port, target->port)))
        return false;
    if (net_parse_address(host, &address, NULL))
        return target->is_address && net_same_address(&address, &target->address);
    return domain_matches(host, target->host);
}

/* A host, with the port where it has one; 443 otherwise. */
static Target
target_of(Str text)
{
    Target target = {.host = text, .port = STR("443")};
    if (!split_port(text, &target.host, &target.port)) {
        target.host = unbracketed(text);
        target.port = STR("443");
    }
    target.host = str_trim(target.host);
    target.is_address = net_parse_address(target.host, &target.address, NULL);
    return target;
}

static bool
never_proxied(const Target *target)
{
    return str_is(target->host, "localhost") ||
           (target->is_address && net_is_loopback(&target->address));
}

static Value
no_proxy(CelRun *run, const Value *args, size_t count)
{
    Target target = target_of(args[1].string);
    (void)count;
    if (never_proxied(&target))
        return value_bool(true);
    if (args[0].type == VALUE_STRING) {
        Str rest = args[0].string;
        for (Str entry; str_cut(&rest, ',', &entry);) {
            entry = str_trim(entry);
            if (!cel_work(run, 1))
                return cel_stopped(run);
            if (entry.n && entry_matches(entry, &target))
                return value_bool(true);
        }
        return value_bool(false);
    }
    Value kept = value_bool(false);
    for (size_t i = 0; i < value_count(args[0]); i++) {
        Value entry = value_item(args[0], i);
        if (!cel_work(run, 1))
            return cel_stopped(run);
        if (value_is_absorbing(entry)) {
            kept = cel_absorb(run, kept, entry);
            continue;
        }
        if (entry.type != VALUE_STRING)
            return cel_no_overload(run, "net.noProxy", &entry, 1);
        entry.string = str_trim(entry.string);
        if (entry.string.n && entry_matches(entry.string, &target))
            return value_bool(true);
    }
    return kept;
}

static const CelFunction ROWS[] = {
    {"net.noProxy", 0, "ls", no_proxy, "meshcase", "net.noProxy(list, host[:port]) -> bool",
     "whether Go's HTTP client, given these entries of no_proxy, goes to a host directly; the "
     "port is 443 where it is left out"},
    {"net.noProxy", 0, "ss", no_proxy, "meshcase", "net.noProxy(string, host[:port]) -> bool",
     "the same with entries separated by commas"},
};
const CelLibrary CEL_LIBRARY_proxy = CEL_LIBRARY(ROWS);
