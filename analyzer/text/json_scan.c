/* SPDX-License-Identifier: Apache-2.0 */
/* json_scan.c -- passing over nested JSON values, 64 bytes at a time. */
#include "analyzer/text/json_scan.h"

/* Bits of the bytes that stand behind an escaping backslash.  *carry: whether the byte
 * before the block was one; it is set for the next block. */
static uint64_t
escaped_bits(uint64_t backslash, bool *carry)
{
    uint64_t escaped = *carry;
    *carry = false;
    backslash &= ~escaped;
    while (backslash) {
        unsigned at = (unsigned)__builtin_ctzll(backslash);
        if (at == 63) {
            *carry = true;
            break;
        }
        uint64_t next = UINT64_C(2) << at;
        escaped |= next;
        /* The backslash and the byte that it escapes are done. */
        backslash &= ~(next | (next - 1));
    }
    return escaped;
}

/* The end of the value inside a block that is known to hold it: the bit of its bracket. */
static unsigned
find_end(uint64_t open, uint64_t close, uint64_t depth)
{
    uint64_t both = open | close;
    for (;;) {
        unsigned at = (unsigned)__builtin_ctzll(both);
        uint64_t bit = UINT64_C(1) << at;
        depth += open & bit ? 1 : UINT64_MAX;
        if (depth == 0)
            return at;
        both &= both - 1;
        if (both == 0)
            return 64;
    }
}

/* Passes 64 bytes, or those up to the end of the value; returns how many. */
static unsigned
skip_block(JsonSkip *skip, const char *at)
{
    JsonBlock block;
    json_scan_block(at, &block);
    bool carry = skip->escaped;
    uint64_t escaped = 0;
    if (block.backslash || carry)
        escaped = escaped_bits(block.backslash, &carry);
    uint64_t quotes = block.quote & ~escaped;
    uint64_t strings = json_scan_parity(quotes) ^ (skip->in_string ? UINT64_MAX : 0);
    uint64_t open = block.open & ~strings & ~escaped;
    uint64_t close = block.close & ~strings & ~escaped;
    unsigned closed = (unsigned)__builtin_popcountll(close);
    if (closed >= skip->depth) {
        unsigned end = find_end(open, close, skip->depth);
        if (end < 64) {
            uint64_t before = (UINT64_C(1) << end) - 1;
            skip->lines += (unsigned)__builtin_popcountll(block.newline & before);
            skip->depth = 0;
            return end + 1;
        }
    }
    skip->depth += (unsigned)__builtin_popcountll(open);
    skip->depth -= closed;
    skip->lines += (unsigned)__builtin_popcountll(block.newline);
    skip->in_string = strings >> 63;
    skip->escaped = carry;
    return 64;
}

static void
skip_byte(JsonSkip *skip, char c)
{
    skip->lines += c == '\n';
    if (skip->escaped) {
        skip->escaped = false;
    } else if (c == '\\') {
        skip->escaped = true;
    } else if (c == '"') {
        skip->in_string = !skip->in_string;
    } else if (!skip->in_string) {
        if (c == '{' || c == '[')
            skip->depth++;
        else if (c == '}' || c == ']')
            skip->depth--;
    }
}

size_t
json_skip(JsonSkip *skip, const char *at, size_t n)
{
    size_t passed = 0;
    while (n - passed >= 64 && skip->depth)
        passed += skip_block(skip, at + passed);
    while (passed < n && skip->depth)
        skip_byte(skip, at[passed++]);
    return passed;
}
