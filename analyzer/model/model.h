/* SPDX-License-Identifier: Apache-2.0 */
/* model.h -- the evidence of one bundle, as far as somebody asked for it.
 *
 *     Demand *demand = demand_new(arena);
 *     ... every source adds what it needs ...
 *     TRY(model_load(&feed, demand, arena, &model, err));      // one pass over the members
 *     ... sources are evaluated against the model ...
 *
 * A Model is filled by exactly one pass over the members (a bundle may be a stream), keeps
 * only what was demanded, and is read-only afterwards but for caches.  It knows for every
 * piece of evidence whether it is complete, incomplete or unknown, from the manifest where
 * there is one; without a manifest a member that is there is complete unless visibly cut, and
 * what is not there is unknown.  Nothing of it knows a rule or a query language. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "analyzer/model/evidence.h"
#include "bundle/manifest.h"
#include "bundle/reader.h"

typedef struct Model Model;
typedef struct Demand Demand;

/* Where members come from: a bundle, a folder, or a test's own. */
typedef struct {
    NODISCARD Status (*scan)(void *context, const BundleVisitor *visitor, Err *err);
    /* After scan: the manifest, NULL where there is none. */
    const Manifest *(*manifest)(void *context);
    void *context;
} ModelFeed;

ModelFeed model_feed_of_bundle(Bundle *bundle);

Demand *demand_new(Arena *arena);

/* Somebody who reads members while they pass by (log patterns): nothing of them is kept.
 * want() sees every member once; begin() may say no.  Calls come in archive order. */
typedef struct MemberConsumer MemberConsumer;
struct MemberConsumer {
    bool (*want)(void *context, const Member *member);
    NODISCARD Status (*data)(void *context, const Member *member, Str bytes, Err *err);
    /* complete: the whole member was read and the manifest (if known by then) says nothing
     * else; cut members may still be judged by model_member_gap() after loading. */
    NODISCARD Status (*end)(void *context, const Member *member, bool cut, Err *err);
    void *context;
};

NODISCARD Status demand_consumer(Demand *demand, const MemberConsumer *consumer, Err *err);
NODISCARD Status demand_kind(Demand *demand, Str kind, Err *err);          /* "Pod", "rule.config.istio.io" */
NODISCARD Status demand_metrics(Demand *demand, Str component, Err *err);
NODISCARD Status demand_documents(Demand *demand, Str glob, Err *err);
NODISCARD Status demand_fact(Demand *demand, Str name, Err *err);          /* pulls in what it rests on */

NODISCARD Status model_load(const ModelFeed *feed, Demand *demand, Arena *arena, Model **ret,
                            Err *err);

#endif
