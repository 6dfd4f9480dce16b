/* SPDX-License-Identifier: Apache-2.0 */
/* cel_net.c -- IP addresses and networks as text. */
#include "analyzer/query/cel_net.h"

#include <string.h>

static bool
parse_v4(Str text, uint8_t out[4])
{
    Str rest = text;
    size_t parts = 0;
    for (Str part; str_cut(&rest, '.', &part); parts++) {
        unsigned number = 0;
        if (parts == 4 || part.n == 0 || part.n > 3 || (part.n > 1 && part.p[0] == '0'))
            return false;
        for (size_t i = 0; i < part.n; i++) {
            if (part.p[i] < '0' || part.p[i] > '9')
                return false;
            number = number * 10 + (unsigned)(part.p[i] - '0');
        }
        if (number > 255)
            return false;
        out[parts] = (uint8_t)number;
    }
    return parts == 4;
}

static bool
parse_group(Str text, uint16_t *ret)
{
    unsigned number = 0;
    if (text.n == 0 || text.n > 4)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        unsigned digit;
        if (c >= '0' && c <= '9')
            digit = (unsigned)(c - '0');
        else if ((c | 32) >= 'a' && (c | 32) <= 'f')
            digit = (unsigned)((c | 32) - 'a') + 10;
        else
            return false;
        number = number << 4 | digit;
    }
    *ret = (uint16_t)number;
    return true;
}

/* Groups between colons, the last of which may be an IPv4 address; returns how many bytes
 * they fill, -1 where they are malformed or too many. */
static int
parse_groups(Str text, uint8_t out[16], bool *ret_dotted)
{
    size_t n = 0;
    size_t dot = 0;
    Str rest = text;
    if (text.n == 0)
        return 0;
    for (Str part; str_cut(&rest, ':', &part);) {
        uint16_t group = 0;
        if (rest.p == NULL && str_find_char(part, '.', &dot)) {
            if (n > 12 || !parse_v4(part, out + n))
                return -1;
            *ret_dotted = true;
            n += 4;
            continue;
        }
        if (n > 14 || !parse_group(part, &group))
            return -1;
        out[n++] = (uint8_t)(group >> 8);
        out[n++] = (uint8_t)(group & 0xff);
    }
    return (int)n;
}

static bool
parse_v6(Str text, uint8_t out[16], bool *ret_dotted)
{
    uint8_t tail[16];
    size_t gap = 0;
    memset(out, 0, 16);
    if (!str_find(text, STR("::"), &gap))
        return parse_groups(text, out, ret_dotted) == 16;
    bool head_dotted = false;
    int first = parse_groups(str_head(text, gap), out, &head_dotted);
    int last = parse_groups(str_from(text, gap + 2), tail, ret_dotted);
    /* "::" stands for one group at least. */
    if (first < 0 || last < 0 || head_dotted || first + last > 14)
        return false;
    memcpy(out + 16 - last, tail, (size_t)last);
    return true;
}

bool
net_parse_address(Str text, NetAddress *ret, bool *ret_mapped)
{
    static const uint8_t MAPPED[12] = {[10] = 0xff, [11] = 0xff};
    size_t colon = 0;
    bool dotted = false;
    memset(ret, 0, sizeof *ret);
    if (ret_mapped)
        *ret_mapped = false;
    if (!str_find_char(text, ':', &colon)) {
        ret->v4 = true;
        return parse_v4(text, ret->bytes);
    }
    if (!parse_v6(text, ret->bytes, &dotted))
        return false;
    if (memcmp(ret->bytes, MAPPED, sizeof MAPPED) == 0) {
        memcpy(ret->bytes, ret->bytes + 12, 4);
        memset(ret->bytes + 4, 0, 12);
        ret->v4 = true;
        if (ret_mapped)
            *ret_mapped = dotted;
    }
    return true;
}

bool
net_parse_prefix(Str text, NetPrefix *ret)
{
    size_t slash = 0;
    size_t colon = 0;
    unsigned bits = 0;
    memset(ret, 0, sizeof *ret);
    if (!str_rfind_char(text, '/', &slash) ||
        !net_parse_address(str_head(text, slash), &ret->address, NULL))
        return false;
    Str digits = str_from(text, slash + 1);
    if (digits.n == 0 || digits.n > 3 || (digits.n > 1 && digits.p[0] == '0'))
        return false;
    for (size_t i = 0; i < digits.n; i++) {
        if (digits.p[i] < '0' || digits.p[i] > '9')
            return false;
        bits = bits * 10 + (unsigned)(digits.p[i] - '0');
    }
    ret->bits = bits;
    bool mapped = ret->address.v4 && str_find_char(text, ':', &colon);
    return !mapped && bits <= (ret->address.v4 ? 32u : 128u);
}

bool
net_same_address(const NetAddress *a, const NetAddress *b)
{
    return a->v4 == b->v4 && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

NetAddress
net_masked(const NetPrefix *prefix)
{
    NetAddress masked = prefix->address;
    for (unsigned i = 0; i < 16; i++) {
        unsigned kept = prefix->bits > 8 * i ? prefix->bits - 8 * i : 0;
        if (kept < 8)
            masked.bytes[i] &= (uint8_t)(0xff00u >> kept);
    }
    return masked;
}

bool
net_contains(const NetPrefix *prefix, const NetAddress *address)
{
    NetPrefix other = {.address = *address, .bits = prefix->bits};
    NetAddress a = net_masked(prefix);
    NetAddress b = net_masked(&other);
    return net_same_address(&a, &b);
}

bool
net_is_unspecified(const NetAddress *address)
{
    static const uint8_t ZERO[16];
    return memcmp(address->bytes, ZERO, sizeof ZERO) == 0;
}

bool
net_is_loopback(const NetAddress *address)
{
    static const uint8_t ONE[16] = {[15] = 1};
    return address->v4 ? address->bytes[0] == 127
                       : memcmp(address->bytes, ONE, sizeof ONE) == 0;
}

/* The longest run of at least two zero groups, the first of equals. */
static void
find_gap(const uint16_t groups[8], size_t *ret_start, size_t *ret_length)
{
    *ret_start = 8;
    *ret_length = 1;
    for (size_t i = 0; i < 8; i++) {
        size_t end = i;
        while (end < 8 && groups[end] == 0)
            end++;
        if (end - i > *ret_length) {
            *ret_start = i;
            *ret_length = end - i;
        }
    }
}

void
net_write_address(const NetAddress *address, Buf *out)
{
    const uint8_t *b = address->bytes;
    uint16_t groups[8];
    size_t start = 0;
    size_t length = 0;
    if (address->v4) {
        buf_printf(out, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
        return;
    }
    for (size_t i = 0; i < 8; i++)
        groups[i] = (uint16_t)(b[2 * i] << 8 | b[2 * i + 1]);
    find_gap(groups, &start, &length);
    for (size_t i = 0; i < 8; i++) {
        if (i == start) {
            buf_adds(out, "::");
            i += length - 1;
            continue;
        }
        if (i > 0 && i != start + length)
            buf_addc(out, ':');
        buf_printf(out, "%x", groups[i]);
    }
}
