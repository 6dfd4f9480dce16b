/* SPDX-License-Identifier: Apache-2.0 */
/* pattern_words.h -- words of which a text must hold one for a pattern to match in it.
 *
 * Words are found much faster than patterns are tried, so they tell where trying is worth it.
 * They are coarse: the case of ASCII letters does not count, and a word is no more than a reason
 * to look. */
#ifndef QUERY_PATTERN_WORDS_H
#define QUERY_PATTERN_WORDS_H

#include "analyzer/query/regex.h"

enum { PATTERN_WORD_LEAST_BYTES = 3 };

/* Every match holds one of them; lower case, PATTERN_WORD_LEAST_BYTES at least; no items: there
 * are no such words, and the pattern may match anywhere. */
typedef struct {
    const Str *items;
    size_t count;
} PatternWords;

/* ST_NOMEM. */
NODISCARD Status pattern_words(Arena *arena, const Regex *regex, PatternWords *ret, Err *err);

#endif
