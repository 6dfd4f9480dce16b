/* SPDX-License-Identifier: Apache-2.0 */
/* load_lane.h -- one lane of loading: members read, nothing of the model touched.
 *
 * Lanes run at the same time.  Each reads the members that come to it into an arena of its own
 * and lists what they gave; load.c then takes that into the model, member by member in the
 * order of the archive, so that the model is the same with any number of lanes. */
#ifndef MODEL_LOAD_LANE_H
#define MODEL_LOAD_LANE_H

#include "analyzer/model/model_private.h"

/* What one member gave.  Everything is in the lane's arena. */
typedef struct {
    const Member *member;
    MemberEnd how;
    uint64_t bytes;             /* that came */
    ResourceList *list;         /* NULL: it is none, or none is wanted */
    bool is_document;
    bool is_head;               /* a document of which the start is enough */
    bool is_cut_document;       /* more came than a document may have */
    Str document;
    bool is_sample;
    bool is_cut_sample;
    SampleText sample;
    uint64_t consumers;         /* bits of those that read it */
    void **states;              /* of each consumer, by its number */
} MemberResult;

/* What all lanes share; only want() changes it, before any lane reads. */
typedef struct {
    const Demand *demand;
    Arena *arena;
    VEC(uint64_t) wanted;       /* for each member number: bits of the consumers that want it */
    bool no_memory;
} LoadPlan;

typedef struct {
    LoadPlan *plan;
    Arena *arena;               /* adopted by the model's in the end */
    Arena *scratch;             /* reset for each item */
    Model view;                 /* arena and pool of the lane, for objects_take() */
    VEC(MemberResult *) results;
    MemberResult *open;         /* the member that passes by */
    uint64_t consumers;         /* that still want more of it */
    JsonItems *items;
    bool full;                  /* what is kept of it as a document has been kept */
    Buf document;
    Buf sample;
} Lane;

NODISCARD Status lane_init(Lane *lane, LoadPlan *plan, const Model *model, Err *err);
/* What only reading needed; the arena and the results stay. */
void lane_done(Lane *lane);
BundleVisitor lane_visitor(Lane *lane);

#endif
