/* SPDX-License-Identifier: Apache-2.0 */
/* identity.h -- subjects of verdicts, their order and their fingerprints. */
#ifndef RULE_IDENTITY_H
#define RULE_IDENTITY_H

#include "analyzer/rule/scope.h"

/* Where the evidence of a verdict's subject stands: it orders equal subjects. */
typedef struct {
    Str member;
    Str pointer;
    uint32_t line;
    size_t index;           /* of the element */
} Place;

typedef struct {
    Arena *arena;
    VEC(Place) items;       /* one for each verdict of a rule, in their order */
} Places;

NODISCARD Status places_add(Places *places, const Scope *scope, size_t index, Err *err);

/* The namespace of an element, for folding: of an object, a record, or a metric's labels. */
Str subject_namespace(Value element);

/* Sorts the verdicts of one rule by subject (bytes) and place and gives each its
 * fingerprint: SHA-256 of the id, the subject and its ordinal among equal subjects, each
 * followed by a NUL.  turns: where each stood before; may be NULL.  ST_NOMEM. */
NODISCARD Status identify(const Rule *rule, const Places *places, Verdict *verdicts,
                          uint32_t *turns, size_t count, Arena *scratch, Err *err);
/* The fingerprints anew, of sorted verdicts of which some have gone. */
void identify_again(DigestState *state, const Rule *rule, Verdict *verdicts, size_t count);

#endif
