/* SPDX-License-Identifier: Apache-2.0 */
/* facts.h -- what can be derived from a bundle's evidence, by name: one table.
 *
 * A fact is a value (a tree, or a list of trees with an origin each) with a state: derived
 * from incomplete evidence it is incomplete or unknown, never wrong.  docs/facts.md lists
 * them; a new fact is a row of facts.def and a function. */
#ifndef MODEL_FACTS_H
#define MODEL_FACTS_H

#include "analyzer/model/model.h"

typedef struct {
    const Node *node;
    Origin origin;
} FactItem;

typedef struct {
    EvidenceState state;            /* UNKNOWN: there is no value */
    const Gap *gap;                 /* NULL where and only where complete */
    bool is_list;
    const FactItem *items;          /* exactly one where it is no list */
    size_t count;
} Fact;

typedef enum {
    FACT_NEEDS_KIND,
    FACT_NEEDS_DOCUMENT,            /* a glob */
    FACT_NEEDS_LOG_HEAD,            /* a glob of logs of which the start will do */
    FACT_NEEDS_FACT,
} FactNeedType;

typedef struct {
    FactNeedType type;
    const char *text;               /* NULL ends the list */
} FactNeed;

typedef struct {
    const char *name;
    const char *shape;              /* of the value, for the reader of the table */
    const char *help;
    const FactNeed *needs;
    Status (*derive)(Model *model, Fact *ret, Err *err);
} FactRow;

extern const FactRow FACTS[];
extern const size_t FACT_COUNT;
/* NULL for an unknown name. */
const FactRow *fact_row(Str name);
/* Every name, ends with NULL: for "did you mean". */
const char *const *fact_names(void);

/* The fact, derived once.  It must have been demanded.  ST_NOT_FOUND, ST_NOMEM. */
NODISCARD Status model_fact(Model *model, Str name, Fact *ret, Err *err);

/* The first 64 KiB of logs that fit the glob are kept as documents. */
NODISCARD Status demand_log_heads(Demand *demand, Str glob, Err *err);

#endif
