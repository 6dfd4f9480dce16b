/* SPDX-License-Identifier: Apache-2.0 */
/* base64.c -- decoding that takes what programs write, and encoding. */
#include "collector/base64.h"

#include "base/utf8.h"

#include <string.h>

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int
base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
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

bool
base64_is_text(Str bytes)
{
    size_t bad;
    if (!utf8_valid(bytes, &bad))
        return false;
    for (size_t i = 0; i < bytes.n; i++) {
        unsigned char c = (unsigned char)bytes.p[i];
        if (c < 0x20 ? !strchr("\t\r\n", c) || !c : c == 0x7f)
            return false;
    }
    return true;
}
