/* SPDX-License-Identifier: Apache-2.0 */
/* relation_private.h -- what objects say of others: selectors, references, mounts. */
#ifndef MODEL_RELATION_PRIVATE_H
#define MODEL_RELATION_PRIVATE_H

#include "analyzer/model/model_private.h"
#include "analyzer/model/selector.h"

/* An object that another one names.  ns "" is no namespace. */
typedef struct {
    Str kind;
    Str ns;
    Str name;
} Reference;
typedef VEC(Reference) References;

/* Whom an object selects by labels.  everywhere: in all namespaces, else in its own. */
typedef struct {
    const Selector *items;
    size_t count;
    bool everywhere;
} Selectors;

/* Empty and malformed selectors select nothing and are left out. */
NODISCARD Status selectors_of(Arena *arena, const Node *object, Selectors *ret, Err *err);
NODISCARD Status references_of(Arena *arena, const Node *object, References *ret, Err *err);
/* ConfigMaps, Secrets and claims in the volumes of a pod or a pod template. */
NODISCARD Status mounts_of(Arena *arena, const Node *object, References *ret, Err *err);

#endif
