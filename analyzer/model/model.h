/* SPDX-License-Identifier: Apache-2.0 */
/* model.h -- the evidence of one bundle, as far as somebody asked for it.
 *
 *     Demand *demand = demand_new(arena);
 *     ... every source adds what it needs ...
 *     TRY(model_load(&feed, demand, arena, &model, err));      // one pass over the members
 *     ... sources are evaluated against the model ...
 *
 * A Model is filled by exactly one pass over the members (a bundle may be a stream), keeps
 * only what was demanded, and is read-only afterwards but for caches: one thread at a time.
 * It knows for every piece of evidence whether it is complete, incomplete or unknown, from
 * the manifest where there is one; without a manifest a member that is there is complete
 * unless visibly cut, and what is not there is unknown.  Nothing of it knows a rule or a
 * query language.
 *
 * Everything that it returns lives as long as the model's arena and the feed. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "analyzer/model/evidence.h"
#include "analyzer/model/relation.h"
#include "analyzer/text/json.h"
#include "bundle/component.h"
#include "bundle/manifest.h"
#include "bundle/reader.h"

typedef struct Model Model;
typedef struct Demand Demand;

typedef struct {
    const Str *items;
    size_t count;
} StrList;

/* Where members come from: a bundle, a folder, or a test's own. */
typedef struct {
    /* As bundle_scan_lanes(): visitors has one for each lane, of which it may use fewer. */
    NODISCARD Status (*scan)(void *context, const BundleVisitor *visitors, unsigned lanes,
                             Err *err);
    /* After scan: the manifest, NULL where there is none. */
    const Manifest *(*manifest)(void *context);
    void *context;
    /* After scan: why members may be missing that no manifest tells of, NULL where nothing
     * speaks for it.  May be NULL. */
    const char *(*damage)(void *context);
    /* Told of documents while they are parsed, which is after scan, as task 0.  May be NULL. */
    const BundleWatch *watch;
    unsigned lanes;             /* threads that may read; 0 is 1 */
} ModelFeed;

/* lanes: threads that may read; 0: as many as there are processors. */
ModelFeed model_feed_of_bundle(Bundle *bundle, unsigned lanes);

/* --- Before loading: what is asked for.  Asking twice is asking once. ------------------- */

Demand *demand_new(Arena *arena);           /* NULL when out of memory */

/* Somebody who reads members while they pass by (log patterns): nothing of them is kept.
 * want() sees every member once and may say no.  A member is read on one lane, others at the
 * same time on other lanes: begin(), data() and end() touch nothing that they share but what
 * can take it.  take() is called for every member that ended, when all have, in archive order. */
typedef struct {
    bool (*want)(void *context, const Member *member);
    /* arena: the lane's own; what is in it lives as long as the model.  *ret is handed on. */
    Status (*begin)(void *context, const Member *member, Arena *arena, void **ret_state,
                    Err *err);
    /* ST_END: enough of this member. */
    Status (*data)(void *context, void *state, Str bytes, Err *err);
    Status (*end)(void *context, void *state, Err *err);
    /* Instead of end(), where reading failed; may be NULL. */
    void (*drop)(void *context, void *state);
    Status (*take)(void *context, const Member *member, void *state, Err *err);
    /* Once, after all of them, whatever came of it; may be NULL. */
    void (*done)(void *context);
    void *context;
} MemberConsumer;

NODISCARD Status demand_consumer(Demand *demand, const MemberConsumer *consumer, Err *err);
/* A place where what asks together keeps what it shares, by name: NULL at first; kept as long
 * as the demand.  NULL when out of memory.  After loading the same place is model_slot(). */
void **demand_slot(Demand *demand, const char *name);
void *model_slot(const Model *model, const char *name);
Arena *demand_arena(Demand *demand);
/* When the bundle was made, while members pass by: what the manifest says if it is known by
 * then, else now. */
int64_t demand_taken_ns(const Demand *demand);
/* A kind as rules name it, see kind_name.h: "Pod", "rule.config.istio.io", "*.istio.io". */
NODISCARD Status demand_kind(Demand *demand, Str kind, Err *err);
/* From here on objects keep only what demand_fields() and the model itself name; without it they
 * are kept whole. */
void demand_only_fields(Demand *demand);
/* The fields that are kept of objects of the kind, to be added to with json_keep_field(), and
 * the kind itself.  namespaces: NULL, or those alone whose objects they are kept of; lives as
 * long as the demand.  NULL when out of memory. */
NodeKeep *demand_fields(Demand *demand, Str kind, const StrList *namespaces);
NODISCARD Status demand_metrics(Demand *demand, Str component, Err *err);
/* Samples of that name; "": of all names.  What nobody asked for is checked and counted. */
NODISCARD Status demand_series(Demand *demand, Str name, Err *err);
/* Samples of all names, which are chosen by their name and target, and of which nothing but these
 * labels is looked at; of the first of a name all. */
NODISCARD Status demand_series_labels(Demand *demand, const Str *labels, size_t count, Err *err);
/* Members whose names fit the glob, kept whole ('*' stops at '/', "**" does not). */
NODISCARD Status demand_documents(Demand *demand, Str glob, Err *err);
/* A row of the table in facts.h, with what it rests on.  ST_NOT_FOUND for an unknown name. */
NODISCARD Status demand_fact(Demand *demand, Str name, Err *err);
/* Kinds that stand between two tied objects (owners of owners). */
NODISCARD Status demand_relation(Demand *demand, Relation relation, Err *err);
NODISCARD Status demand_clocks(Demand *demand, Err *err);
NODISCARD Status demand_limits(Demand *demand, Err *err);
/* What is needed to tell the pods of a component, and their logs: kinds. */
NODISCARD Status demand_component(Demand *demand, Component component, Err *err);

/* ST_NOMEM, ST_LIMIT, or what the feed failed with; whatever is wrong with one member is a
 * gap, not a failure. */
NODISCARD Status model_load(const ModelFeed *feed, Demand *demand, Arena *arena, Model **ret,
                            Err *err);

Arena *model_arena(Model *model);
/* A model answers by indexes and facts that it makes when first asked, in its arena: where several
 * threads ask, each holds it meanwhile.  What it answered may be read by all.  A thread may hold it
 * twice.
 *
 *     CLEANUP(model_leave) Model *held = model_hold(model); */
Model *model_hold(Model *model);
void model_leave(Model **model);
/* Fills in the excerpts of citations that are short (Evidence.is_short), by another scan of the
 * feed, which must be able to.  arena: of the excerpts. */
NODISCARD Status model_quote(Model *model, const ModelFeed *feed, Arena *arena,
                             Evidence *const *items, size_t count, Err *err);

const Manifest *model_manifest(const Model *model);      /* NULL where there is none */
/* Whether somebody read a field that had been left out: whatever rests on this model may be
 * wrong, and must be done again with objects kept whole. */
bool model_has_missed(const Model *model);

/* --- Objects ---------------------------------------------------------------------------- */

/* One Kubernetes object.  node has apiVersion and kind, the list's where it had none. */
typedef struct {
    const Node *node;
    Str group;              /* "" is the core group */
    Str kind;
    Str ns;                 /* "" where it has none */
    Str name;
    Str uid;                /* "" where it has none */
    Origin origin;
} Object;

typedef struct {
    const Object *const *items;     /* ordered by namespace and name (bytes) */
    size_t count;
    EvidenceState state;
    const Gap *gap;                 /* NULL where and only where complete */
} Objects;

/* What of a kind is there.  namespaces NULL: in all of them and without one; else only in
 * those that fit one of the globs, and the state is theirs.  The kind must have been
 * demanded, or it is unknown. */
NODISCARD Status model_objects(Model *model, Str kind, const StrList *namespaces, Objects *ret,
                               Err *err);
/* Orders objects as above. */
void model_sort_objects(const Object **objects, size_t count);
/* What to cite for a kind as a whole, above all for its absence: the list's member, or, where
 * the cluster does not serve the kind, what says so.  member "" where neither is there. */
NODISCARD Status model_kind_origin(Model *model, Str kind, Origin *ret, Err *err);
/* NULL where it is not there (which the kind's state must explain). */
const Object *model_object(Model *model, Str kind, Str ns, Str name);
/* The object whose tree the node is the root of; NULL for any other node. */
const Object *model_object_of(Model *model, const Node *root);

/* Objects of a kind that are tied to another object (relation.h), ordered as above. */
NODISCARD Status model_related(Model *model, Relation relation, Str kind, const Node *object,
                               Objects *ret, Err *err);

/* Pods that run a component, by the table of bundle/component.h, with the kind's state. */
NODISCARD Status model_component_pods(Model *model, Component component, Objects *ret, Err *err);
/* The control plane's namespace: the manifest's, else where Pilot's pods are, else
 * "istio-system". */
Str model_istio_namespace(Model *model);

/* --- Members ---------------------------------------------------------------------------- */

/* What to run for having it next time, by why it is missing; "" where nothing helps. */
const char *capture_advice(CaptureClass class);

/* What is known of one member: from its capture and from reading it.  gap NULL: it is all
 * there.  state UNKNOWN: it is not there. */
typedef struct {
    EvidenceState state;
    const Gap *gap;
    const Capture *capture;         /* NULL: no capture names it */
} MemberState;
/* evidence: for the gap, "logs:pilot". */
NODISCARD Status model_member(Model *model, const char *evidence, Str name, MemberState *ret,
                              Err *err);
/* Whether the bundle holds all members that fit the glob: COMPLETE, with what is there being
 * all that exists (perhaps nothing); INCOMPLETE, some were to be had and failed; UNKNOWN,
 * nobody looked. */
NODISCARD Status model_cover(Model *model, const char *evidence, Str glob, EvidenceState *ret,
                             const Gap **ret_gap, Err *err);

/* A member that was demanded as a document. */
typedef struct {
    MemberName name;                /* its parts */
    Str member;
    Str text;                       /* what was read */
    const Gap *gap;                 /* NULL: all of it */
} Document;

typedef struct {
    const Document *const *items;   /* ordered by name (bytes) */
    size_t count;
    EvidenceState state;            /* UNKNOWN only where count is 0 */
    const Gap *gap;
} Documents;
NODISCARD Status model_documents(Model *model, const char *evidence, Str glob, Documents *ret,
                                 Err *err);

typedef enum {
    DOCUMENT_JSON,
    DOCUMENT_YAML,                  /* several documents are a list of them */
    DOCUMENT_FORMAT_COUNT,
} DocumentFormat;
/* The document as a tree, parsed once.  NULL where it does not parse: *ret_gap says why. */
NODISCARD Status model_parse(Model *model, const Document *document, DocumentFormat format,
                             const Node **ret, const Gap **ret_gap, Err *err);

/* --- Tables that the collector measured ------------------------------------------------- */

/* Records of clocks.json and limits.json, each a map as RULES "Sources" lists its fields. */
typedef struct {
    const Node *node;
    Origin origin;
} Record;
typedef struct {
    const Record *items;
    size_t count;
    EvidenceState state;
    const Gap *gap;
} Records;
NODISCARD Status model_clocks(Model *model, Records *ret, Err *err);
NODISCARD Status model_limits(Model *model, Records *ret, Err *err);

/* --- Facts: facts.h; scraped samples: metrics.h ----------------------------------------- */

#endif
