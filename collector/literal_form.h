/* SPDX-License-Identifier: Apache-2.0 */
/* literal_form.h -- the forms in which a value may be written, and how each is compared. */
#ifndef COLLECTOR_LITERAL_FORM_H
#define COLLECTOR_LITERAL_FORM_H

#include "base/str.h"

typedef enum {
    FORM_PLAIN,              /* any byte may be escaped; anchored in letters and digits */
    FORM_BASE64_0,           /* begins with a group of four */
    FORM_BASE64_1,           /* behind one byte of something else */
    FORM_BASE64_2,           /* behind two */
    FORM_TWICE_0,            /* base64 of base64: three places of the one, each at three of the other */
    FORM_TWICE_8 = FORM_TWICE_0 + 8,
    FORM_HEX,
    FORM_HEX_UPPER,
    FORM_PERCENT,            /* every byte escaped */
    FORM_PERCENT_UPPER,
    FORM_AS_IT_IS,           /* these where PLAIN finds no anchor */
    FORM_JSON,
    FORM_JSON_TWICE,
    FORM_URL,
    FORM_URL_LOWER,
    FORM_URL_TWICE,
    FORM_COUNT
} Form;

enum {
    ANCHOR_BYTES = 6,
    FORM_BYTES_MAX = 2048,   /* of one form of a value */
    MATCH_BYTES_MAX = 8192,  /* of a match in the text: forms with escapes and line breaks */
};

static inline bool
form_is_base64(Form form)
{
    return form >= FORM_BASE64_0 && form <= FORM_TWICE_8;
}

/* Writes the form's exact text; its length, 0 where the value has no such form. */
size_t form_write(Form form, Str value, char out[FORM_BYTES_MAX]);
/* Whether the bytes of the form at [at, at + ANCHOR_BYTES) are written in one way alone. */
bool form_may_anchor(Form form, const char *text, size_t at);
/* The form's anchor, which begins at `anchor` in the form, stands at `at` in the text:
 * whether all of the form stands around it, and where. */
bool form_match(Form form, Str value, size_t anchor, Str text, size_t at, size_t *ret_begin,
                size_t *ret_end);

#endif
