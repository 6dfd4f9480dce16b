/* SPDX-License-Identifier: Apache-2.0 */
/* base64.h -- the alphabets of RFC 4648, both at once. */
#ifndef COLLECTOR_BASE64_H
#define COLLECTOR_BASE64_H

#include "base/buf.h"

/* 0 to 63 for a byte of either alphabet, else -1. */
int base64_value(char c);
/* Appends what the text encodes, padded or not, line breaks allowed.  False, and out as it
 * was, where it is no base64 of at least 4 bytes. */
bool base64_decode(Str text, Buf *out);
/* Appends the standard form, padded. */
void base64_encode(Str bytes, Buf *out);
/* Whether decoded bytes are text: UTF-8 without control characters but tab, line ends
 * and the escapes of colours. */
bool base64_is_text(Str bytes);
/* How many of them are, from the first on. */
size_t base64_text_bytes(Str bytes);

#endif
