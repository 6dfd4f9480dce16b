/* SPDX-License-Identifier: Apache-2.0 */
/* base64.c -- decoding that takes what programs write, and encoding. */
#include "collector/base64.h"

#include "base/utf8.h"

#include <string.h>

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Value + 1 by byte; 0: none.  Both alphabets. */
static const uint8_t VALUES[256] = {
    ['+'] = 63, ['-'] = 63, ['/'] = 64, ['_'] = 64,
    ['A'] = 1, ['B'] = 2, ['C'] = 3, ['D'] = 4, ['E'] = 5, ['F'] = 6, ['G'] = 7, ['H'] = 8,
    ['I'] = 9, ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62,
};

int
base64_value(char c)
{
    return VALUES[(unsigned char)c] - 1;
}

bool
base64_decode(Str text, Buf *out)
{
    size_t start = out->n;
    uint32_t bits = 0;
    size_t digits = 0;
    while (text.n > 0 && (text.p[text.n - 1] == '=' || text.p[text.n - 1] == '\n' ||
                          text.p[text.n - 1] == '\r'))
        text.n--;
    char *room = buf_reserve(out, text.n / 4 * 3 + 3);
    if (!room || text.n < 4)
        return false;
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        int value = base64_value(text.p[i]);
        if (value < 0 && (text.p[i] == '\n' || text.p[i] == '\r'))
            continue;
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        digits++;
        if (digits % 4 != 1)
            room[n++] = (char)(bits >> (digits % 4 == 2 ? 4 : digits % 4 == 3 ? 2 : 0) & 0xff);
    }
    room[n] = '\0';
    if (digits % 4 == 1)
        return false;
    out->n = start + n;
    return true;
}

void
base64_encode(Str bytes, Buf *out)
{
    for (size_t i = 0; i < bytes.n; i += 3) {
        size_t left = bytes.n - i;
        uint32_t bits = (uint32_t)(unsigned char)bytes.p[i] << 16;
        if (left > 1)
            bits |= (uint32_t)(unsigned char)bytes.p[i + 1] << 8;
        if (left > 2)
            bits |= (unsigned char)bytes.p[i + 2];
        char four[4] = {ALPHABET[bits >> 18], ALPHABET[bits >> 12 & 63],
                        left > 1 ? ALPHABET[bits >> 6 & 63] : '=',
                        left > 2 ? ALPHABET[bits & 63] : '='};
        buf_add(out, four, sizeof four);
    }
}

size_t
base64_text_bytes(Str bytes)
{
    size_t n;
    if (utf8_valid(bytes, &n))
        n = bytes.n;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)bytes.p[i];
        if (c < 0x20 ? !strchr("\t\r\n\x1b", c) || !c : c == 0x7f)
            return i;
    }
    return n;
}

bool
base64_is_text(Str bytes)
{
    return base64_text_bytes(bytes) == bytes.n;
}
