/* SPDX-License-Identifier: Apache-2.0 */
/* word_finder.h -- finds many words in a text at once, the case of ASCII letters aside.
 *
 * By Wu and Manber's method: most of the text is passed over in steps of nearly the length of the
 * shortest word.  Immutable once made: any number of threads. */
#ifndef QUERY_WORD_FINDER_H
#define QUERY_WORD_FINDER_H

#include "base/arena.h"

typedef struct WordFinder WordFinder;

typedef struct {
    Str text;                /* lower case; at least two bytes */
    uint32_t owner;          /* the caller's */
} FinderWord;

/* words: borrowed, live as long.  NULL when out of memory. */
WordFinder *word_finder_new(Arena *arena, const FinderWord *words, size_t count);
/* Calls fn for every occurrence, in the order of their starts; end: behind the last byte.  fn
 * returns false to stop. */
typedef bool WordFinderFn(void *context, uint32_t owner, size_t end);
void word_finder_scan(const WordFinder *finder, Str text, WordFinderFn *fn, void *context);

#endif
