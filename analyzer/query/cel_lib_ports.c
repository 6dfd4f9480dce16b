/* SPDX-License-Identifier: Apache-2.0 */
/* cel_lib_ports.c -- istio.portProtocol: what Pilot takes a port of a Service for.
 *
 * The tables follow ConvertProtocol() and its parser in Istio's releases 0.8.0 to 1.30.0. */
#include <limits.h>
#include <string.h>

#include "analyzer/model/version.h"
#include "analyzer/query/cel_libraries.h"
#include "analyzer/query/semver.h"

/* Minor versions of Istio's version 1. */
enum {
    ALWAYS = -1,            /* and in 0.x */
    EVER = INT_MAX,
    GRPC_WEB = 1,           /* since then a prefix of its own, with a hyphen in it */
    SNIFFING = 3,           /* since then it looks at the bytes where nothing is said */
    APP_PROTOCOL = 6,       /* since then appProtocol comes before the name */
};

typedef struct {
    const char *word;
    int since;              /* the first version 1.N that knows it */
    int until;              /* the last one */
    const char *protocol;
} Protocol;

/* What stands before the first hyphen of a name. */
static const Protocol PREFIXES[] = {
    {"tcp", ALWAYS, EVER, "TCP"},
    {"http", ALWAYS, EVER, "HTTP"},
    {"http2", ALWAYS, EVER, "HTTP2"},
    {"https", ALWAYS, EVER, "HTTPS"},
    {"grpc", ALWAYS, EVER, "GRPC"},
    {"mongo", ALWAYS, EVER, "MONGO"},
    {"redis", ALWAYS, EVER, "REDIS"},
    {"tls", 0, EVER, "TLS"},
    {"mysql", 1, EVER, "MYSQL"},
    {"udp", 3, EVER, "UDP"},
    {"http_proxy", 5, EVER, "HTTP_PROXY"},
    {"thrift", 6, 13, "THRIFT"},
};

/* Whole values of appProtocol, exactly as written. */
static const Protocol APP_PROTOCOLS[] = {
    {"kubernetes.io/h2c", 19, EVER, "HTTP2"},
    {"kubernetes.io/ws", 24, EVER, "HTTP"},
    {"kubernetes.io/wss", 24, EVER, "HTTPS"},
};

/* Ports that stay TCP although their names say nothing, as their servers speak first: SMTP,
 * DNS, MySQL, MongoDB. */
static const int64_t UNSNIFFED[] = {25, 53, 3306, 27017};

static const Str WEB = STR_INIT("grpc-web");

/* The version 1.N; ALWAYS for what came before 1.0. */
static int
minor_of(const uint64_t version[2])
{
    if (version[0] < 1)
        return ALWAYS;
    return version[0] > 1 || version[1] >= EVER ? EVER : (int)version[1];
}

static const char *
find_protocol(const Protocol *table, size_t count, Str word, int minor, bool any_case)
{
    for (size_t i = 0; i < count; i++) {
        const Protocol *row = &table[i];
        Str known = str_of(row->word);
        if (minor >= row->since && minor <= row->until &&
            (any_case ? str_eq_nocase(word, known) : str_eq(word, known)))
            return row->protocol;
    }
    return NULL;
}

/* What the name of a port, or its appProtocol, says; NULL: nothing. */
static const char *
protocol_of(Str name, int minor)
{
    size_t dash = 0;
    if (minor >= GRPC_WEB && name.n >= WEB.n && str_eq_nocase(str_head(name, WEB.n), WEB))
        return "GRPC-WEB";
    Str prefix = str_find_char(name, '-', &dash) ? str_head(name, dash) : name;
    return find_protocol(PREFIXES, sizeof PREFIXES / sizeof *PREFIXES, prefix, minor, true);
}

static const char *
unsaid_protocol(Value number, int minor)
{
    if (minor < SNIFFING)
        return "TCP";
    for (size_t i = 0; i < sizeof UNSNIFFED / sizeof *UNSNIFFED; i++) {
        if (number.type == VALUE_INT && number.integer == UNSNIFFED[i])
            return "TCP";
    }
    return "AUTO";
}

/* Major and minor of a version as text or as a value. */
static bool
read_version(Value v, uint64_t ret[2])
{
    Version parsed;
    if (v.type == VALUE_OPAQUE) {
        memcpy(ret, ((const Semver *)v.opaque.data)->numbers, 2 * sizeof *ret);
        return true;
    }
    if (!version_parse(v.string, &parsed))
        return false;
    ret[0] = parsed.numbers[0];
    ret[1] = parsed.numbers[1];
    return true;
}

/* A field of a port; null where it has none. */
static Value
field_of(Value port, const char *name)
{
    Value v;
    return value_field(port, str_of(name), &v) ? v : value_null();
}

static const char *
tcp_protocol(Value said, Value number, bool by_app_protocol, int minor)
{
    const char *protocol = NULL;
    if (said.type == VALUE_STRING && by_app_protocol)
        protocol = find_protocol(APP_PROTOCOLS, sizeof APP_PROTOCOLS / sizeof *APP_PROTOCOLS,
                                 said.string, minor, false);
    if (said.type == VALUE_STRING && !protocol)
        protocol = protocol_of(said.string, minor);
    return protocol ? protocol : unsaid_protocol(number, minor);
}

/* The protocol that Pilot takes a Service's port for; the version is 0.8 where it is left
 * out. */
static Value
port_protocol(CelRun *run, const Value *args, size_t count)
{
    uint64_t version[2] = {0, 8};
    if (count > 1 && !read_version(args[1], version))
        return cel_error(run, "no version: '" STR_FMT "'", STR_ARG(str_head(args[1].string, 64)));
    int minor = minor_of(version);
    Value transport = field_of(args[0], "protocol");
    Value number = field_of(args[0], "port");
    Value said = minor >= APP_PROTOCOL ? field_of(args[0], "appProtocol") : value_null();
    bool by_app_protocol = said.type == VALUE_STRING;
    if (!by_app_protocol && !value_is_absorbing(said))
        said = field_of(args[0], "name");
    if (value_is_absorbing(transport))
        return transport;
    if (transport.type == VALUE_STRING && str_is(transport.string, "UDP"))
        return value_string(STR("UDP"));
    if (transport.type == VALUE_STRING && !str_is(transport.string, "TCP") && minor < SNIFFING)
        return value_string(STR("TCP"));
    if (value_is_absorbing(said))
        return said;
    return value_string(str_of(tcp_protocol(said, number, by_app_protocol, minor)));
}

#define LIB "meshcase"
static const CelFunction ROWS[] = {
    {"istio.portProtocol", 0, "m", port_protocol, LIB, "istio.portProtocol(port) -> string",
     "what Istio 0.8 takes a Service's port for: TCP, HTTP, HTTP2, GRPC, HTTPS, MONGO, REDIS, UDP"},
    {"istio.portProtocol", 0, "ms", port_protocol, LIB,
     "istio.portProtocol(port, string) -> string",
     "the same for a version of Istio; also TLS (since 1.0), MYSQL and GRPC-WEB (1.1), THRIFT, "
     "HTTP_PROXY, and since 1.3 AUTO where nothing is said and the bytes decide; appProtocol "
     "counts since 1.6"},
    {"istio.portProtocol", 0, "mV", port_protocol, LIB,
     "istio.portProtocol(port, semver) -> string", "the same for a version of Istio"},
};
const CelLibrary CEL_LIBRARY_ports = CEL_LIBRARY(ROWS);
