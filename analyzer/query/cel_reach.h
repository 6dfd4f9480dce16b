/* SPDX-License-Identifier: Apache-2.0 */
/* cel_reach.h -- which fields of objects an expression can reach, told before there are any.
 *
 * A Reach stands for a value: the places in trees of fields (NodeKeep) that it may come from.
 * Lists, and the elements of them, stand for what they hold.  What an expression selects is
 * added to the trees; what it hands on whole (to a function, a comparison, a text) is marked
 * as kept whole.  Whoever is not sure keeps more.  What is overlooked nevertheless is found
 * out when it is read (node.h), and costs time, not an answer.
 *
 * An exact reach is for whoever compares values by what an expression looks at (alike.h): nothing
 * may be overlooked but which keys a map has. */
#ifndef QUERY_CEL_REACH_H
#define QUERY_CEL_REACH_H

#include "analyzer/query/cel.h"
#include "analyzer/text/json.h"

enum { REACH_MOST = 8 };

/* No places: nothing of an object. */
typedef struct {
    NodeKeep *places[REACH_MOST];
    size_t count;
} Reach;

/* What is one or the other; too many places are kept whole. */
Reach reach_join(Reach a, Reach b);
void reach_keep_whole(Reach reach);

typedef struct {
    Arena *arena;           /* of the trees */
    /* What a variable stands for. */
    Reach (*reach_of)(void *context, Str name);
    void *context;
    bool exact;
} CelReach;

/* Gives what the expression's value stands for.  ST_NOMEM. */
NODISCARD Status cel_reach(const CelProgram *program, const CelReach *spec, Reach *ret, Err *err);

/* The exact reach of an expression into one of its variables; *ret NULL where it looks at all of it, or at
 * nothing.  ST_NOMEM. */
NODISCARD Status cel_reach_variable(const CelProgram *program, const char *name, Arena *arena,
                                    const NodeKeep **ret, Err *err);

#endif
