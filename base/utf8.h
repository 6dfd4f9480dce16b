/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h -- UTF-8: check, step, count, make printable. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/buf.h"

/* True for well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF).
 * ret_bad (may be NULL) is the offset of the first bad byte. */
bool utf8_valid(Str s, size_t *ret_bad);

/* Decodes the code point at s.p[at]; returns its length in bytes.  A malformed byte gives
 * U+FFFD and length 1.  at < s.n. */
size_t utf8_decode(Str s, size_t at, uint32_t *ret_code);
/* Writes 1 to 4 bytes; returns how many; 0 for a surrogate or code > 0x10FFFF. */
size_t utf8_encode(uint32_t code, char out[4]);
size_t utf8_count(Str s);                     /* code points; a bad byte counts one */
/* Byte offset of the index-th code point, s.n for the end; false past it. */
bool utf8_offset(Str s, size_t index, size_t *ret_at);

/* The first bytes of s, at most n of them, cut between characters. */
Str utf8_head(Str s, size_t n);

/* Appends s for a terminal: C0, C1, DEL, bidi controls (U+061C, U+200E-F, U+202A-E,
 * U+2060-F), line separators, what cannot be seen (U+200B, U+FEFF, tags) and malformed bytes
 * become \n, \t, \x1b, \u{202e};
 * a tab stays where keep_tabs.  A backslash stays as it is: the result is to be read, not
 * to be decoded. */
void utf8_escape_terminal(Buf *out, Str s, bool keep_tabs);
/* The same in ASCII: dashes, quotes, arrows and signs of measures become what is typed for them
 * ("--", "+/-"), any other code point \u{e4}. */
void utf8_escape_ascii(Buf *out, Str s);
/* Appends s with every malformed byte replaced by U+FFFD: what JSON and HTML need. */
void utf8_sanitise(Buf *out, Str s);
/* Cells that the code point takes on a terminal: 0, 1 or 2.  Near enough for columns, and
 * the same on every machine. */
unsigned utf8_width(uint32_t code);

#endif
