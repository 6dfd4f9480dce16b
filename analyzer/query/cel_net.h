/* SPDX-License-Identifier: Apache-2.0 */
/* cel_net.h -- IP addresses and networks. */
#ifndef QUERY_CEL_NET_H
#define QUERY_CEL_NET_H

#include "base/buf.h"

typedef struct {
    uint8_t bytes[16];      /* network order; the first 4 of an IPv4 address */
    bool v4;
} NetAddress;

typedef struct {
    NetAddress address;     /* as written, host bits and all */
    unsigned bits;
} NetPrefix;

/* "1.2.3.4" without leading zeros, "2001:db8::1", "::ffff:1.2.3.4"; no zones.  An
 * IPv4 address mapped into IPv6 becomes the IPv4 address, with *ret_mapped (may be NULL)
 * set where it was written with dots. */
bool net_parse_address(Str text, NetAddress *ret, bool *ret_mapped);
/* ADDRESS/BITS; no mapped addresses. */
bool net_parse_prefix(Str text, NetPrefix *ret);
bool net_same_address(const NetAddress *a, const NetAddress *b);
/* Whether the first bits of both are equal, in one family. */
bool net_contains(const NetPrefix *prefix, const NetAddress *address);
/* Clears all but the first bits. */
NetAddress net_masked(const NetPrefix *prefix);
bool net_is_loopback(const NetAddress *address);
bool net_is_unspecified(const NetAddress *address);
/* Appends the canonical form (RFC 5952). */
void net_write_address(const NetAddress *address, Buf *out);

#endif
