/* SPDX-License-Identifier: Apache-2.0 */
/* cel_scan.h -- the words of an expression, for lint alone.
 *
 * Not a parser: it tells names from what stands in string literals and comments, which is
 * enough to find params and numbers. */
#ifndef RULE_CEL_SCAN_H
#define RULE_CEL_SCAN_H

#include "base/str.h"

typedef enum {
    CEL_TOKEN_NAME,
    CEL_TOKEN_NUMBER,
    CEL_TOKEN_STRING,
    CEL_TOKEN_SIGN,
} CelTokenType;

typedef struct {
    CelTokenType type;
    Str text;
    size_t at;              /* offset in bytes */
} CelToken;

/* The next token from *at on, which is moved past it; false at the end. */
bool cel_token_next(Str text, size_t *at, CelToken *ret);
/* Past a string literal whose opening quote stands at at. */
size_t cel_literal_end(Str text, size_t at);

#endif
