/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.c -- UTF-8: check, step, count, make printable. */
#include "base/utf8.h"

#include <string.h>

enum { REPLACEMENT = 0xfffd };

/* Length of the well-formed sequence at at, 0 where there is none. */
static size_t
sequence(Str s, size_t at, uint32_t *ret_code)
{
    unsigned char first = (unsigned char)s.p[at];
    size_t length;
    uint32_t code;
    uint32_t least;
    if (first < 0x80) {
        *ret_code = first;
        return 1;
    }
    if (first >= 0xc2 && first < 0xe0) {
        length = 2;
        code = first & 0x1f;
        least = 0x80;
    } else if (first >= 0xe0 && first < 0xf0) {
        length = 3;
        code = first & 0x0f;
        least = 0x800;
    } else if (first >= 0xf0 && first < 0xf5) {
        length = 4;
        code = first & 0x07;
        least = 0x10000;
    } else {
        return 0;
    }
    if (length > s.n - at)
        return 0;
    for (size_t i = 1; i < length; i++) {
        unsigned char next = (unsigned char)s.p[at + i];
        if ((next & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (next & 0x3f);
    }
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return 0;
    *ret_code = code;
    return length;
}

/* The first byte from at on that is not ASCII; s.n where all are. */
static size_t
skip_ascii(Str s, size_t at)
{
    for (; s.n - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, s.p + at, sizeof word);
        if (word & UINT64_C(0x8080808080808080))
            break;
    }
    while (at < s.n && (unsigned char)s.p[at] < 0x80)
        at++;
    return at;
}

bool
utf8_valid(Str s, size_t *ret_bad)
{
    for (size_t at = skip_ascii(s, 0); at < s.n; at = skip_ascii(s, at)) {
        uint32_t code;
        size_t length = sequence(s, at, &code);
        if (length == 0) {
            if (ret_bad)
                *ret_bad = at;
            return false;
        }
        at += length;
    }
    return true;
}

size_t
utf8_decode(Str s, size_t at, uint32_t *ret_code)
{
    size_t length = sequence(s, at, ret_code);
    if (length)
        return length;
    *ret_code = REPLACEMENT;
    return 1;
}

size_t
utf8_encode(uint32_t code, char out[4])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return 0;
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

size_t
utf8_count(Str s)
{
    size_t count = 0;
    uint32_t code;
    for (size_t at = 0; at < s.n; at += utf8_decode(s, at, &code))
        count++;
    return count;
}

bool
utf8_offset(Str s, size_t index, size_t *ret_at)
{
    size_t at = 0;
    uint32_t code;
    for (; index > 0 && at < s.n; index--)
        at += utf8_decode(s, at, &code);
    if (index > 0)
        return false;
    *ret_at = at;
    return true;
}

Str
utf8_head(Str s, size_t n)
{
    if (n >= s.n)
        return s;
    while (n > 0 && ((unsigned char)s.p[n] & 0xC0) == 0x80)
        n--;
    return str_head(s, n);
}

/* Code points that steer a terminal or deceive its reader. */
static bool
is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x61c || code == 0x180e ||
           code == 0x200b || (code >= 0x200e && code <= 0x200f) ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) ||
           code == 0xfeff || (code >= 0xfff9 && code <= 0xfffb) ||
           (code >= 0xe0000 && code <= 0xe007f);
}

void
utf8_escape_terminal(Buf *out, Str s, bool keep_tabs)
{
    size_t plain = 0;    /* where the bytes begin that are not yet appended */
    for (size_t at = 0; at < s.n;) {
        uint32_t code;
        size_t length = sequence(s, at, &code);
        if (length && (!is_control(code) || (code == '\t' && keep_tabs))) {
            at += length;
            continue;
        }
        buf_add(out, s.p + plain, at - plain);
        if (length == 0)
            buf_printf(out, "\\x%02x", (unsigned)(unsigned char)s.p[at]);
        else if (code == '\n' || code == '\r' || code == '\t')
            buf_adds(out, code == '\n' ? "\\n" : code == '\r' ? "\\r" : "\\t");
        else if (code < 0x80)
            buf_printf(out, "\\x%02x", (unsigned)code);
        else
            buf_printf(out, "\\u{%x}", (unsigned)code);
        at += length ? length : 1;
        plain = at;
    }
    if (plain < s.n)
        buf_add(out, s.p + plain, s.n - plain);
}

/* What people type for what they cannot. */
static const struct {
    uint32_t code;
    const char *text;
} TYPED[] = {
    {0x00a0, " "},  {0x00b1, "+/-"}, {0x00b5, "u"},    {0x00b7, "-"},   {0x00d7, "x"},
    {0x2013, "-"},  {0x2014, "--"},  {0x2018, "'"},    {0x2019, "'"},   {0x201c, "\""},
    {0x201d, "\""}, {0x2026, "..."}, {0x2190, "<-"},   {0x2192, "->"},  {0x2260, "!="},
    {0x2264, "<="}, {0x2265, ">="},
};

static void
add_typed(Buf *out, uint32_t code)
{
    for (size_t i = 0; i < sizeof TYPED / sizeof *TYPED; i++)
        if (TYPED[i].code == code) {
            buf_adds(out, TYPED[i].text);
            return;
        }
    buf_printf(out, "\\u{%x}", (unsigned)code);
}

void
utf8_escape_ascii(Buf *out, Str s)
{
    for (size_t at = 0; at < s.n;) {
        uint32_t code;
        size_t n = sequence(s, at, &code);
        if (n == 0 || code < 0x80 || is_control(code))
            utf8_escape_terminal(out, str_sub(s, at, n ? n : 1), false);
        else
            add_typed(out, code);
        at += n ? n : 1;
    }
}

void
utf8_sanitise(Buf *out, Str s)
{
    size_t bad;
    while (!utf8_valid(s, &bad)) {
        buf_add(out, s.p, bad);
        buf_adds(out, "\xef\xbf\xbd");
        s = str_from(s, bad + 1);
    }
    buf_add_str(out, s);
}

typedef struct {
    uint32_t first;
    uint32_t last;
} Range;

/* Marks that are drawn over the character before them, joiners and selectors. */
static const Range ZERO_WIDTH[] = {
    {0x0300, 0x036f},   {0x0483, 0x0489},   {0x0591, 0x05bd},   {0x05bf, 0x05bf},
    {0x05c1, 0x05c2},   {0x05c4, 0x05c5},   {0x05c7, 0x05c7},   {0x0610, 0x061a},
    {0x061c, 0x061c},   {0x064b, 0x065f},   {0x0670, 0x0670},   {0x06d6, 0x06dc},
    {0x06df, 0x06e4},   {0x06e7, 0x06e8},   {0x06ea, 0x06ed},   {0x0711, 0x0711},
    {0x0730, 0x074a},   {0x07a6, 0x07b0},   {0x0900, 0x0902},   {0x093a, 0x093a},
    {0x093c, 0x093c},   {0x0941, 0x0948},   {0x094d, 0x094d},   {0x0951, 0x0957},
    {0x0e31, 0x0e31},   {0x0e34, 0x0e3a},   {0x0e47, 0x0e4e},   {0x1160, 0x11ff},
    {0x1ab0, 0x1aff},   {0x1dc0, 0x1dff},   {0x200b, 0x200f},   {0x202a, 0x202e},
    {0x2060, 0x2064},   {0x2066, 0x206f},   {0x20d0, 0x20f0},   {0x302a, 0x302d},
    {0x3099, 0x309a},   {0xfe00, 0xfe0f},   {0xfe20, 0xfe2f},   {0xfeff, 0xfeff},
    {0x1d167, 0x1d169}, {0xe0001, 0xe0001}, {0xe0020, 0xe007f}, {0xe0100, 0xe01ef},
};

/* East Asian wide and full-width characters, and emoji drawn in two cells. */
static const Range WIDE[] = {
    {0x1100, 0x115f},   {0x231a, 0x231b},   {0x2329, 0x232a},   {0x23e9, 0x23ec},
    {0x23f0, 0x23f0},   {0x23f3, 0x23f3},   {0x25fd, 0x25fe},   {0x2614, 0x2615},
    {0x2648, 0x2653},   {0x267f, 0x267f},   {0x2693, 0x2693},   {0x26a1, 0x26a1},
    {0x26aa, 0x26ab},   {0x26bd, 0x26be},   {0x26c4, 0x26c5},   {0x26ce, 0x26ce},
    {0x26d4, 0x26d4},   {0x26ea, 0x26ea},   {0x26f2, 0x26f3},   {0x26f5, 0x26f5},
    {0x26fa, 0x26fa},   {0x26fd, 0x26fd},   {0x2705, 0x2705},   {0x270a, 0x270b},
    {0x2728, 0x2728},   {0x274c, 0x274c},   {0x274e, 0x274e},   {0x2753, 0x2755},
    {0x2757, 0x2757},   {0x2795, 0x2797},   {0x27b0, 0x27b0},   {0x27bf, 0x27bf},
    {0x2b1b, 0x2b1c},   {0x2b50, 0x2b50},   {0x2b55, 0x2b55},   {0x2e80, 0x303e},
    {0x3041, 0x33ff},   {0x3400, 0x4dbf},   {0x4e00, 0x9fff},   {0xa000, 0xa4cf},
    {0xa960, 0xa97f},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},
    {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x1f004, 0x1f004}, {0x1f0cf, 0x1f0cf},
    {0x1f18e, 0x1f18e}, {0x1f191, 0x1f19a}, {0x1f200, 0x1f320}, {0x1f32d, 0x1f335},
    {0x1f337, 0x1f37c}, {0x1f37e, 0x1f393}, {0x1f3a0, 0x1f3ca}, {0x1f3cf, 0x1f3d3},
    {0x1f3e0, 0x1f3f0}, {0x1f3f4, 0x1f3f4}, {0x1f3f8, 0x1f43e}, {0x1f440, 0x1f440},
    {0x1f442, 0x1f4fc}, {0x1f4ff, 0x1f53d}, {0x1f54b, 0x1f54e}, {0x1f550, 0x1f567},
    {0x1f57a, 0x1f57a}, {0x1f595, 0x1f596}, {0x1f5a4, 0x1f5a4}, {0x1f5fb, 0x1f64f},
    {0x1f680, 0x1f6c5}, {0x1f6cc, 0x1f6cc}, {0x1f6d0, 0x1f6d2}, {0x1f6eb, 0x1f6ec},
    {0x1f6f4, 0x1f6fc}, {0x1f7e0, 0x1f7eb}, {0x1f90c, 0x1f93a}, {0x1f93c, 0x1f945},
    {0x1f947, 0x1f9ff}, {0x1fa70, 0x1faff}, {0x20000, 0x3fffd},
};

static bool
in_ranges(const Range *ranges, size_t count, uint32_t code)
{
    while (count > 0) {
        size_t middle = count / 2;
        if (code < ranges[middle].first) {
            count = middle;
        } else if (code > ranges[middle].last) {
            ranges += middle + 1;
            count -= middle + 1;
        } else {
            return true;
        }
    }
    return false;
}

unsigned
utf8_width(uint32_t code)
{
    if (code < 0x20 || (code >= 0x7f && code < 0xa0))
        return 0;
    if (code < 0x300)
        return 1;
    if (in_ranges(ZERO_WIDTH, sizeof ZERO_WIDTH / sizeof *ZERO_WIDTH, code))
        return 0;
    return in_ranges(WIDE, sizeof WIDE / sizeof *WIDE, code) ? 2 : 1;
}
