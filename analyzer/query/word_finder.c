/* SPDX-License-Identifier: Apache-2.0 */
/* word_finder.c -- finds many words in a text at once. */
#include "analyzer/query/word_finder.h"

#include <string.h>

enum {
    PAIRS = 1 << 16,
    WINDOW_MOST = 64,        /* a longer step than that is not worth a wider table */
    NONE = 0,
};

struct WordFinder {
    const FinderWord *words;
    size_t count;
    size_t window;           /* bytes of each word that the steps rest on */
    unsigned char fold[256];
    unsigned char step[PAIRS];   /* by the last two bytes of the window; 0: a word may be here */
    uint32_t *first;         /* by the same: the first word that begins so, + 1 */
    uint32_t *next;          /* of each word */
};

static size_t
pair_of(const WordFinder *finder, const unsigned char *p)
{
    return (size_t)finder->fold[p[0]] << 8 | finder->fold[p[1]];
}

static void
add_word(WordFinder *finder, size_t number)
{
    const unsigned char *text = (const unsigned char *)finder->words[number].text.p;
    for (size_t i = 0; i + 2 <= finder->window; i++) {
        size_t distance = finder->window - 2 - i;
        unsigned char *step = &finder->step[pair_of(finder, text + i)];
        if (distance < *step)
            *step = (unsigned char)distance;
    }
    uint32_t *first = &finder->first[pair_of(finder, text + finder->window - 2)];
    finder->next[number] = *first;
    *first = (uint32_t)number + 1;
}

WordFinder *
word_finder_new(Arena *arena, const FinderWord *words, size_t count)
{
    WordFinder *finder = ARENA_NEW(arena, WordFinder);
    if (!finder)
        return NULL;
    finder->words = words;
    finder->count = count;
    finder->first = ARENA_ARRAY(arena, uint32_t, PAIRS);
    finder->next = ARENA_ARRAY(arena, uint32_t, count);
    if (!finder->first || !finder->next)
        return NULL;
    for (unsigned c = 0; c < 256; c++)
        finder->fold[c] = (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    finder->window = WINDOW_MOST;
    for (size_t i = 0; i < count; i++)
        if (words[i].text.n < finder->window)
            finder->window = words[i].text.n;
    memset(finder->step, (int)finder->window - 1, sizeof finder->step);
    for (size_t i = 0; i < count; i++)
        add_word(finder, i);
    return finder;
}

static bool
is_at(const WordFinder *finder, Str word, const char *at)
{
    for (size_t i = 0; i < word.n; i++)
        if (finder->fold[(unsigned char)at[i]] != (unsigned char)word.p[i])
            return false;
    return true;
}

void
word_finder_scan(const WordFinder *finder, Str text, WordFinderFn *fn, void *context)
{
    if (finder->count == 0 || text.n < finder->window)
        return;
    const unsigned char *bytes = (const unsigned char *)text.p;
    size_t most = text.n - finder->window;
    for (size_t at = 0; at <= most;) {
        size_t pair = pair_of(finder, bytes + at + finder->window - 2);
        if (finder->step[pair]) {
            at += finder->step[pair];
            continue;
        }
        for (uint32_t i = finder->first[pair]; i != NONE; i = finder->next[i - 1]) {
            const FinderWord *word = &finder->words[i - 1];
            if (word->text.n <= text.n - at && is_at(finder, word->text, text.p + at) &&
                !fn(context, word->owner, at + word->text.n))
                return;
        }
        at++;
    }
}
