/* SPDX-License-Identifier: Apache-2.0 */
/* pattern_form.h -- what a text must hold for a pattern to match in it: cheap to look for.
 *
 * A form is coarser than its pattern, never finer: wherever the pattern matches, the form is
 * found, with an end inside the match.  What is found is a place to try the pattern at, no more.
 * So a form may forget what would be dear or differs between libraries: captures, greediness,
 * repetitions at either end, high counts, Unicode beyond ASCII (a code point may be one to four
 * bytes of 80 to FF), and that '^' and '$' are those of a record and not of any line in it.
 *
 * Forms are for texts of many records, one behind the other, with '\n' between them. */
#ifndef QUERY_PATTERN_FORM_H
#define QUERY_PATTERN_FORM_H

#include "analyzer/query/regex.h"

enum { PATTERN_WORD_LEAST_BYTES = 3 };

typedef struct {
    /* For an automaton over bytes, '^' and '$' being ends of lines; "" where the pattern may
     * match nothing but a place, which any text holds. */
    Str expression;
    /* Any match holds one of these, but for the case of ASCII letters; they are lower case, and
     * of PATTERN_WORD_LEAST_BYTES at least.  None: there are no such. */
    const Str *words;
    size_t word_count;
} PatternForm;

/* ST_NOMEM. */
NODISCARD Status pattern_form(Arena *arena, const Regex *regex, PatternForm *ret, Err *err);

#endif
