/* SPDX-License-Identifier: Apache-2.0 */
/* selector.h -- label selectors: "app=x,tier in (a,b),!canary" and the forms in objects. */
#ifndef MODEL_SELECTOR_H
#define MODEL_SELECTOR_H

#include "base/node.h"

typedef enum {
    SELECTOR_IN,            /* also = and == */
    SELECTOR_NOT_IN,        /* also !=; an absent label fits */
    SELECTOR_EXISTS,
    SELECTOR_ABSENT,
} SelectorOperator;

typedef struct {
    Str key;
    SelectorOperator operator;
    const Str *values;
    size_t value_count;
} Requirement;

/* All requirements must hold; without any, every object fits. */
typedef struct {
    const Requirement *items;
    size_t count;
} Selector;

/* kubectl's syntax.  ST_RULE with the column and what is wrong, ST_NOMEM.  Views of text. */
NODISCARD Status selector_parse(Arena *arena, Str text, Selector *ret, Err *err);
/* A map of equalities, {app: x}.  ST_RULE where a value is neither string nor plain scalar. */
NODISCARD Status selector_of_map(Arena *arena, const Node *map, Selector *ret, Err *err);
/* A LabelSelector, {matchLabels, matchExpressions}.  ST_RULE where it is malformed. */
NODISCARD Status selector_of_object(Arena *arena, const Node *node, Selector *ret, Err *err);

/* labels: the map of an object, NULL for none. */
bool selector_fits(const Selector *selector, const Node *labels);

#endif
