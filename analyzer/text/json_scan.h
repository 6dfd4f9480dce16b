/* SPDX-License-Identifier: Apache-2.0 */
/* json_scan.h -- the loops over bytes that JSON reading spends its time in.
 *
 * Each has a version for SSE2 (every x86-64) and a portable one with the same result. */
#ifndef TEXT_JSON_SCAN_H
#define TEXT_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __SSE2__
#include <emmintrin.h>

static inline __m128i
json_load_(const char *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}
#endif

/* The first byte of [at, end) that is no space (U+0020); end where there is none. */
static inline const char *
json_scan_spaces(const char *at, const char *end)
{
#ifdef __SSE2__
    while (end - at >= 16) {
        unsigned others = 0xffffu ^ (unsigned)_mm_movemask_epi8(
                                        _mm_cmpeq_epi8(json_load_(at), _mm_set1_epi8(' ')));
        if (others)
            return at + __builtin_ctz(others);
        at += 16;
    }
#endif
    while (at < end && *at == ' ')
        at++;
    return at;
}

/* The first byte of [at, end) that is a quote, a backslash, a control character or not
 * ASCII; end where there is none. */
static inline const char *
json_scan_plain(const char *at, const char *end)
{
#ifdef __SSE2__
    while (end - at >= 16) {
        __m128i bytes = json_load_(at);
        __m128i special = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                       _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
        /* Signed: bytes from 0x80 on are below 0x20 as well. */
        special = _mm_or_si128(special, _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)));
        unsigned mask = (unsigned)_mm_movemask_epi8(special);
        if (mask)
            return at + __builtin_ctz(mask);
        at += 16;
    }
#endif
    while (at < end && (unsigned char)*at >= 0x20 && (unsigned char)*at < 0x80 && *at != '"' &&
           *at != '\\')
        at++;
    return at;
}

/* One bit per byte of a block of 64. */
typedef struct {
    uint64_t quote;
    uint64_t backslash;
    uint64_t open;          /* { and [ */
    uint64_t close;         /* } and ] */
    uint64_t newline;
} JsonBlock;

static inline void
json_scan_block(const char *at, JsonBlock *ret)
{
    JsonBlock block = {0};
#ifdef __SSE2__
    for (unsigned i = 0; i < 64; i += 16) {
        __m128i bytes = json_load_(at + i);
        /* { } and [ ] differ in one bit. */
        __m128i folded = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
#define JSON_BITS_(vector, byte) \
    ((uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8((vector), _mm_set1_epi8(byte))) << i)
        block.quote |= JSON_BITS_(bytes, '"');
        block.backslash |= JSON_BITS_(bytes, '\\');
        block.open |= JSON_BITS_(folded, '{');
        block.close |= JSON_BITS_(folded, '}');
        block.newline |= JSON_BITS_(bytes, '\n');
#undef JSON_BITS_
    }
#else
    for (unsigned i = 0; i < 64; i++) {
        char c = at[i];
        uint64_t bit = UINT64_C(1) << i;
        block.quote |= c == '"' ? bit : 0;
        block.backslash |= c == '\\' ? bit : 0;
        block.open |= c == '{' || c == '[' ? bit : 0;
        block.close |= c == '}' || c == ']' ? bit : 0;
        block.newline |= c == '\n' ? bit : 0;
    }
#endif
    *ret = block;
}

/* Bit i of the result: an odd number of bits of x at or below i. */
static inline uint64_t
json_scan_parity(uint64_t x)
{
    x ^= x << 1;
    x ^= x << 2;
    x ^= x << 4;
    x ^= x << 8;
    x ^= x << 16;
    x ^= x << 32;
    return x;
}

/* Passing over one nested value, from behind its opening bracket to behind its closing one,
 * over any number of chunks.  Brackets are counted, not matched: a reader of the value does
 * that.  Start with JSON_SKIP_INIT. */
typedef struct {
    uint64_t depth;         /* brackets still open */
    uint64_t lines;         /* newlines passed */
    bool in_string;
    bool escaped;           /* the next byte stands behind a backslash */
} JsonSkip;

#define JSON_SKIP_INIT ((JsonSkip){.depth = 1})

/* Bytes of [at, at + n) that were passed; depth is 0 once the value has ended. */
size_t json_skip(JsonSkip *skip, const char *at, size_t n);

#endif
