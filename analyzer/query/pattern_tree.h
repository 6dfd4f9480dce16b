/* SPDX-License-Identifier: Apache-2.0 */
/* pattern_tree.h -- a pattern as a tree, coarser than it: for pattern_words.c.
 *
 * What is read is not what people write but what regex_syntax.c makes of it, which has few
 * forms.  Groups do not capture, repetitions are neither lazy nor greedy, sets are bytes below
 * 128 and whether they hold anything beyond. */
#ifndef QUERY_PATTERN_TREE_H
#define QUERY_PATTERN_TREE_H

#include "base/arena.h"

enum { PATTERN_NO_END = -1 };      /* of a repetition */

typedef enum {
    PATTERN_SET,             /* one code point */
    PATTERN_SEQUENCE,        /* its children, one behind the other */
    PATTERN_CHOICE,          /* one of its children */
    PATTERN_REPEAT,          /* its child, low to high times */
    PATTERN_LINE_START,
    PATTERN_LINE_END,
    PATTERN_BOUNDARY,
    PATTERN_NO_BOUNDARY,
} PatternKind;

typedef struct PatternTree {
    PatternKind kind;
    struct PatternTree *child;
    struct PatternTree *next;
    uint64_t ascii[2];       /* of a set: what may match at least */
    bool beyond;             /* it may match code points past 127 */
    uint32_t code;           /* not 0: it is this one, past 127 */
    int low;
    int high;
} PatternTree;

static inline bool
pattern_set_has(const PatternTree *set, unsigned c)
{
    return set->ascii[c >> 6] >> (c & 63) & 1;
}

/* *ret is NULL where the text is none that regex_syntax.c writes, which a test rules out.
 * ST_NOMEM. */
NODISCARD Status pattern_tree(Arena *arena, Str translation, const PatternTree **ret, Err *err);

#endif
