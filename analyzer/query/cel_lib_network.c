/* SPDX-License-Identifier: Apache-2.0 */
/* cel_lib_network.c -- IP addresses and networks as values. */
#include <string.h>

#include "analyzer/query/cel_libraries.h"
#include "analyzer/query/cel_net.h"

static bool
same_address(const void *a, const void *b)
{
    return net_same_address(a, b);
}

static void
write_address(const void *address, Buf *out)
{
    net_write_address(address, out);
}

static bool
same_prefix(const void *a, const void *b)
{
    const NetPrefix *x = a;
    const NetPrefix *y = b;
    return x->bits == y->bits && net_same_address(&x->address, &y->address);
}

static void
write_prefix(const void *prefix, Buf *out)
{
    const NetPrefix *p = prefix;
    net_write_address(&p->address, out);
    buf_printf(out, "/%u", p->bits);
}

const OpaqueType CEL_TYPE_IP = {"net.IP", same_address, write_address};
const OpaqueType CEL_TYPE_CIDR = {"net.CIDR", same_prefix, write_prefix};

static Value
make_address(CelRun *run, const NetAddress *address)
{
    NetAddress *copy = cel_alloc(run, sizeof *copy);
    if (!copy)
        return cel_stopped(run);
    *copy = *address;
    return value_opaque(&CEL_TYPE_IP, copy);
}

static Value
make_prefix(CelRun *run, const NetPrefix *prefix)
{
    NetPrefix *copy = cel_alloc(run, sizeof *copy);
    if (!copy)
        return cel_stopped(run);
    *copy = *prefix;
    return value_opaque(&CEL_TYPE_CIDR, copy);
}

static bool
parse_ip(Str text, NetAddress *ret)
{
    bool mapped = false;
    return net_parse_address(text, ret, &mapped) && !mapped;
}

static Value
no_ip(CelRun *run, Str text)
{
    return cel_error(run, "no IP address: '" STR_FMT "'", STR_ARG(str_head(text, 64)));
}

static Value
no_cidr(CelRun *run, Str text)
{
    return cel_error(run, "no network (address/bits): '" STR_FMT "'",
                     STR_ARG(str_head(text, 64)));
}

static Value
ip_of(CelRun *run, const Value *args, size_t count)
{
    NetAddress address;
    (void)count;
    return parse_ip(args[0].string, &address) ? make_address(run, &address)
                                              : no_ip(run, args[0].string);
}

static Value
is_ip(CelRun *run, const Value *args, size_t count)
{
    NetAddress address;
    (void)run;
    (void)count;
    return value_bool(parse_ip(args[0].string, &address));
}

static Value
is_canonical(CelRun *run, const Value *args, size_t count)
{
    NetAddress address;
    CLEANUP(buf_done) Buf text = CEL_BUF();
    (void)count;
    if (!parse_ip(args[0].string, &address))
        return no_ip(run, args[0].string);
    net_write_address(&address, &text);
    return value_bool(str_eq(buf_str(&text), args[0].string));
}

static Value
cidr_of(CelRun *run, const Value *args, size_t count)
{
    NetPrefix prefix;
    (void)count;
    return net_parse_prefix(args[0].string, &prefix) ? make_prefix(run, &prefix)
                                                     : no_cidr(run, args[0].string);
}

static Value
is_cidr(CelRun *run, const Value *args, size_t count)
{
    NetPrefix prefix;
    (void)run;
    (void)count;
    return value_bool(net_parse_prefix(args[0].string, &prefix));
}

static bool
is_multicast(const NetAddress *a)
{
    return a->v4 ? (a->bytes[0] & 0xf0) == 0xe0 : a->bytes[0] == 0xff;
}

static bool
is_link_local(const NetAddress *a)
{
    return a->v4 ? a->bytes[0] == 169 && a->bytes[1] == 254
                 : a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80;
}

static bool
is_link_local_multicast(const NetAddress *a)
{
    return a->v4 ? a->bytes[0] == 224 && a->bytes[1] == 0 && a->bytes[2] == 0
                 : a->bytes[0] == 0xff && (a->bytes[1] & 0x0f) == 0x02;
}

static bool
is_global(const NetAddress *a)
{
    bool broadcast = a->v4 && memcmp(a->bytes, "\xff\xff\xff\xff", 4) == 0;
    return !broadcast && !net_is_unspecified(a) && !net_is_loopback(a) && !is_multicast(a) &&
           !is_link_local(a);
}

#define TEST(name, function)                                        \
    static Value name(CelRun *run, const Value *args, size_t count) \
    {                                                               \
        (void)run;                                                  \
        (void)count;                                                \
        return value_bool(function(args[0].opaque.data));           \
    }
TEST(test_unspecified, net_is_unspecified)
TEST(test_loopback, net_is_loopback)
TEST(test_link_local_multicast, is_link_local_multicast)
TEST(test_link_local, is_link_local)
TEST(test_global, is_global)

static Value
family(CelRun *run, const Value *args, size_t count)
{
    const NetAddress *address = args[0].opaque.data;
    (void)run;
    (void)count;
    return value_int(address->v4 ? 4 : 6);
}

static Value
contains_ip(CelRun *run, const Value *args, size_t count)
{
    NetAddress address;
    (void)count;
    if (args[1].type == VALUE_OPAQUE)
        return value_bool(net_contains(args[0].opaque.data, args[1].opaque.data));
    if (!parse_ip(args[1].string, &address))
        return no_ip(run, args[1].string);
    return value_bool(net_contains(args[0].opaque.data, &address));
}

static Value
contains_cidr(CelRun *run, const Value *args, size_t count)
{
    NetPrefix parsed;
    const NetPrefix *outer = args[0].opaque.data;
    const NetPrefix *inner = args[1].opaque.data;
    (void)count;
    if (args[1].type == VALUE_STRING) {
        if (!net_parse_prefix(args[1].string, &parsed))
            return no_cidr(run, args[1].string);
        inner = &parsed;
    }
    return value_bool(inner->bits >= outer->bits && net_contains(outer, &inner->address));
}

static Value
address_of(CelRun *run, const Value *args, size_t count)
{
    const NetPrefix *prefix = args[0].opaque.data;
    (void)count;
    return make_address(run, &prefix->address);
}

static Value
masked(CelRun *run, const Value *args, size_t count)
{
    NetPrefix prefix = *(const NetPrefix *)args[0].opaque.data;
    (void)count;
    prefix.address = net_masked(&prefix);
    return make_prefix(run, &prefix);
}

static Value
is_mask(CelRun *run, const Value *args, size_t count)
{
    const NetPrefix *prefix = args[0].opaque.data;
    NetAddress first = net_masked(prefix);
    (void)run;
    (void)count;
    return value_bool(net_same_address(&first, &prefix->address));
}

static Value
prefix_length(CelRun *run, const Value *args, size_t count)
{
    const NetPrefix *prefix = args[0].opaque.data;
    (void)run;
    (void)count;
    return value_int(prefix->bits);
}

#define LIB "network"
#define IP_TEST(name, fn, help) \
    {name, CEL_METHOD, "I", fn, LIB, "ip." name "() -> bool", help}
static const CelFunction ROWS[] = {
    {"ip", 0, "s", ip_of, LIB, "ip(string) -> ip",
     "an IPv4 or IPv6 address; no zones, no leading zeros"},
    {"isIP", 0, "s", is_ip, LIB, "isIP(string) -> bool", "whether ip() takes it"},
    {"ip.isCanonical", 0, "s", is_canonical, LIB, "ip.isCanonical(string) -> bool",
     "whether an address is written the one way that is canonical"},
    {"family", CEL_METHOD, "I", family, LIB, "ip.family() -> int", "4 or 6"},
    IP_TEST("isUnspecified", test_unspecified, "whether it is 0.0.0.0 or ::"),
    IP_TEST("isLoopback", test_loopback, "whether it is in 127.0.0.0/8 or ::1"),
    IP_TEST("isLinkLocalMulticast", test_link_local_multicast,
            "whether it is in 224.0.0.0/24 or ff02::/16"),
    IP_TEST("isLinkLocalUnicast", test_link_local, "whether it is in 169.254.0.0/16 or fe80::/10"),
    IP_TEST("isGlobalUnicast", test_global, "whether it is none of the special addresses"),
    {"cidr", 0, "s", cidr_of, LIB, "cidr(string) -> cidr", "a network, address/bits"},
    {"isCIDR", 0, "s", is_cidr, LIB, "isCIDR(string) -> bool", "whether cidr() takes it"},
    {"containsIP", CEL_METHOD, "CI", contains_ip, LIB, "cidr.containsIP(ip) -> bool",
     "whether an address is in the network"},
    {"containsIP", CEL_METHOD, "Cs", contains_ip, LIB, "cidr.containsIP(string) -> bool",
     "whether an address is in the network"},
    {"containsCIDR", CEL_METHOD, "CC", contains_cidr, LIB, "cidr.containsCIDR(cidr) -> bool",
     "whether a network is in the network"},
    {"containsCIDR", CEL_METHOD, "Cs", contains_cidr, LIB, "cidr.containsCIDR(string) -> bool",
     "whether a network is in the network"},
    {"ip", CEL_METHOD, "C", address_of, LIB, "cidr.ip() -> ip", "the address as written"},
    {"masked", CEL_METHOD, "C", masked, LIB, "cidr.masked() -> cidr",
     "the network without host bits"},
    {"isMask", CEL_METHOD, "C", is_mask, LIB, "cidr.isMask() -> bool",
     "whether it was written without host bits"},
    {"prefixLength", CEL_METHOD, "C", prefix_length, LIB, "cidr.prefixLength() -> int",
     "the number of bits"},
};
const CelLibrary CEL_LIBRARY_network = CEL_LIBRARY(ROWS);
