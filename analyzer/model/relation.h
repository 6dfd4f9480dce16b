/* SPDX-License-Identifier: Apache-2.0 */
/* relation.h -- how objects are tied to one another (relations.def). */
#ifndef MODEL_RELATION_H
#define MODEL_RELATION_H

#include "base/str.h"

typedef enum {
#define RELATION(id, name, help) RELATION_##id,
#include "analyzer/model/relations.def"
#undef RELATION
    RELATION_COUNT
} Relation;

typedef struct {
    const char *name;
    const char *help;
} RelationRow;

extern const RelationRow RELATIONS[RELATION_COUNT];

#endif
