/* SPDX-License-Identifier: Apache-2.0 */
/* redact_value.h -- the name before a sign and the value behind it, in the notations of
 * logs, programs and configuration files.
 *
 * All look at most REDACT_AHEAD_BYTES ahead and REDACT_CONTEXT_BYTES back, so that what they
 * say does not depend on where a text was cut into windows. */
#ifndef COLLECTOR_REDACT_VALUE_H
#define COLLECTOR_REDACT_VALUE_H

#include "base/str.h"

typedef enum {
    VALUE_BARE,
    VALUE_QUOTED,
    VALUE_NESTED,        /* in brackets, which are part of it */
    VALUE_LINES,         /* the lines below */
} ValueForm;

typedef struct {
    size_t begin;
    size_t end;
    ValueForm form;
    uint8_t quotes;      /* NESTED: a text in its place needs quotes: 1, with 1 backslash: 2, ... */
} Value;

static inline Str
value_text(Str s, const Value *value)
{
    return str_sub(s, value->begin, value->end - value->begin);
}

/* The name that ends at the offset; blanks, colours, quotes and their backslashes left out. */
Str redact_name_before(Str s, size_t end, size_t *ret_begin);
/* The value behind a sign, from the offset on; name_at: where its name begins, for lines. */
Value redact_value_behind(Str s, size_t at);
/* Bare values may go on behind a comma or a bracket: password=abc,def but not a=b,c=d. */
void redact_extend_bare(Str s, Value *value);
/* What stands indented below the name, where nothing but a mark of YAML's blocks, a tag or an
 * anchor follows the sign; false where there is nothing. */
bool redact_value_below(Str s, size_t name_at, size_t at, Value *ret, bool *ret_is_block);

/* The end of a text whose opening quote had so many backslashes. */
size_t redact_end_of_quoted(Str s, size_t begin, char quote, size_t backslashes);
/* Where the line of the offset begins, behind stamps and blanks, as it is or escaped. */
size_t redact_line_start(Str s, size_t at);
/* Bytes of the end of a line, also of one that is escaped; 0 for none. */
size_t redact_break_at(Str s, size_t at);
/* Over blanks, tabs and colours, as they are or escaped. */
size_t redact_skip_blanks(Str s, size_t at);

#endif
