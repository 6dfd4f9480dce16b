/* SPDX-License-Identifier: Apache-2.0 */
/* alike.h -- nodes that an expression cannot tell apart, so that it need not be evaluated for each.
 *
 * The pods of a Deployment differ in their names and addresses, and few rules look at those.  What an
 * expression can look at of a value is known before (cel_exact_reach()): a tree of fields.  Nodes are
 * alike where those fields are equal, and so are the keys of every map on the way to them; then
 * the expression's result is the same for both.  The last few nodes that were not alike are
 * remembered with their results. */
#ifndef QUERY_ALIKE_H
#define QUERY_ALIKE_H

#include "base/node.h"

enum { ALIKE_KEPT = 4 };

/* Zero but for fields, at first.  Results are true or false; others are not remembered. */
typedef struct {
    const NodeKeep *fields;     /* that are looked at; NULL: nothing is known, nothing remembered */
    const Node *nodes[ALIKE_KEPT];
    bool results[ALIKE_KEPT];
    size_t newest;
} Alike;

/* Whether a node that is like this one is remembered. */
bool alike_find(Alike *alike, const Node *node, bool *ret_result);
void alike_remember(Alike *alike, const Node *node, bool result);

/* Whether two nodes are equal in these fields.  May say no of nodes that are large. */
bool nodes_are_alike(const Node *a, const Node *b, const NodeKeep *fields);

#endif
