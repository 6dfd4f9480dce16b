/* SPDX-License-Identifier: Apache-2.0 */
/* model_private.h -- the inside of a Model, shared by the files of this folder alone. */
#ifndef MODEL_MODEL_PRIVATE_H
#define MODEL_MODEL_PRIVATE_H

#include "analyzer/model/kind_name.h"
#include "analyzer/model/metrics.h"
#include "analyzer/model/model.h"
#include "analyzer/text/json.h"
#include "analyzer/text/json_items.h"
#include "base/map.h"

#include <pthread.h>

typedef VEC(Str) Strings;

/* Fields that are kept of the objects of some namespaces. */
typedef struct {
    Str kind;
    const StrList *namespaces;
    NodeKeep *keep;
} ScopedFields;

/* What is kept of the objects of a resource. */
typedef struct {
    const NodeKeep *all;            /* of each of them; NULL: everything */
    const NodeKeep *scoped;         /* of those in the namespaces of scopes */
    VEC(const StrList *) scopes;
} KeptFields;

struct Demand {
    Arena *arena;
    VEC(KindName) kinds;
    bool only_fields;               /* objects keep what fields and kept_fields.def name */
    bool reads_references;          /* who names or mounts whom was asked */
    Map fields;                     /* kind, as it was named -> NodeKeep */
    VEC(ScopedFields) scoped;
    Strings globs;                  /* of documents */
    Strings heads;                  /* globs of logs whose first bytes are kept */
    VEC(MemberConsumer) consumers;
    bool metrics[COMPONENT_COUNT];
    bool all_series;
    bool thin_series;               /* of all names, but only some of their labels */
    Map thin_labels;                /* those */
    Map series;                     /* names of the samples that are kept, unless all are */
    bool clocks;
    bool limits;
    Map facts;                      /* names, so that each is pulled in once */
    Map slots;
    int64_t taken_ns;               /* set when loading begins */
};

/* All objects of one resource: one member of the bundle. */
typedef struct {
    Str group;
    Str plural;
    Str kind;                       /* of its items */
    Str member;
    VEC(Object *) objects;
    bool read;                      /* the member was there */
    bool cut;                       /* not all of the member came */
    JsonItemsEnd end;
    KeptFields keep;
    bool missed;                    /* somebody read a field that was left out */
    uint32_t bad_items;
    uint32_t bad_line;              /* of the first of them */
    Str bad_reason;
} ResourceList;

/* A document's tree, or why there is none. */
typedef struct {
    bool tried;
    const Node *node;
    const Gap *gap;
} ParsedDocument;

typedef struct {
    Document shown;
    ParsedDocument parsed[DOCUMENT_FORMAT_COUNT];
    bool is_head;                   /* kept for a fact alone, and perhaps only its start */
} KeptDocument;

/* Captures by what they cover, so that asking about one name does not look at all of them. */
typedef struct {
    bool built;
    Map literal;                    /* name -> positions of captures that cover just it */
    VEC(uint32_t) globs;            /* captures that cover more */
} CaptureIndex;

/* How much came of a member that was read. */
typedef struct {
    bool cut;                       /* the bundle says that it is not all */
    bool stopped;                   /* nobody wanted the rest: bytes says nothing */
    uint64_t bytes;
} SeenMember;

typedef struct RelationIndex RelationIndex;
typedef struct SampleStore SampleStore;
typedef struct LogCatalog LogCatalog;

struct Model {
    Arena *arena;
    pthread_mutex_t hold;           /* recursive; needs no destruction, as it owns nothing */
    const Demand *demand;
    const BundleWatch *watch;       /* NULL: nobody */
    const Manifest *manifest;       /* NULL: none */
    const char *damage;             /* why members may be missing, NULL: no sign of it */
    JsonPool *pool;
    VEC(ResourceList *) lists;
    Map lists_by_name;              /* "group/plural" -> ResourceList */
    Map objects_by_root;            /* bytes of the root node's address -> Object */
    Map cached_objects;             /* kind and namespaces -> Objects */
    VEC(KeptDocument *) documents;  /* sorted by name once loaded */
    Map documents_by_name;
    Map seen;                       /* members that were read -> SeenMember */
    bool has_discovery;             /* and it is complete */
    Map served;                     /* "group/plural" -> kind (Str *) */
    Str istio_namespace;            /* once asked for */
    const uint32_t *pod_components; /* of each pod, likewise (components.c) */
    LogCatalog *log_catalog;        /* likewise (log_catalog.h) */
    Map facts;                      /* name -> Fact, once asked for */
    CaptureIndex captures;
    RelationIndex *relations;
    SampleStore *samples;
};

/* "group/plural" in the arena; p NULL when out of memory. */
Str resource_key(Arena *arena, Str group, Str plural);
ResourceList *resource_list(const Model *model, Str group, Str plural);

/* --- kept_fields.c --- */
/* What is kept of the objects of a resource.  missed: set where somebody wants more of them.
 * ST_NOMEM. */
NODISCARD Status kept_fields(const Demand *demand, Arena *arena, Str group, Str plural,
                             bool *missed, KeptFields *ret, Err *err);
/* Whether more is kept of objects of that namespace than of others. */
bool kept_fields_scoped(const KeptFields *kept, Str ns);

/* --- objects.c --- */
/* Takes an item of the list into the model: ST_NOMEM, else a bad item is noted in the list. */
NODISCARD Status objects_take(Model *model, ResourceList *list, const JsonItem *item,
                              Arena *scratch, Err *err);
/* The item as the model would have it with all its fields, in the model's arena; NULL where it
 * is none. */
NODISCARD Status objects_read_again(Model *model, const ResourceList *list, const JsonItem *item,
                                    const Node **ret, Err *err);
/* What the list said of itself is known now: fills in kind and apiVersion. */
NODISCARD Status objects_finish(Model *model, ResourceList *list, Err *err);

/* namespaces NULL: all fit. */
bool namespace_fits(const StrList *namespaces, Str ns);

/* --- cover.c --- */
/* Why a capture is not complete, as a gap in front of rest.  ST_NOMEM. */
NODISCARD Status capture_gap(Model *model, const char *evidence, const Capture *capture,
                             const Gap *rest, const Gap **ret, Err *err);
/* Why captures that enumerate all that fits the glob failed; NULL where none did. */
NODISCARD Status enumeration_gap(Model *model, const char *evidence, Str glob, const Gap **ret,
                                 Err *err);
/* Nobody asked for it: evidence is what was not collected. */
NODISCARD Status uncollected_gap(Model *model, const char *evidence, Str what, const Gap *rest,
                                 const Gap **ret, Err *err);
NODISCARD Status plain_gap(Model *model, const char *evidence, Str reason, const char *class_name,
                           const char *collect_with, const Gap *rest, const Gap **ret, Err *err);
/* The capture looked and there is nothing: as good as an empty complete one. */
bool capture_found_nothing(const Capture *capture);
/* The namespace that a capture is limited to; "" for all of them. */
Str capture_namespace(const Capture *capture);

/* --- kind_state.c --- */
NODISCARD Status kind_state(Model *model, const KindName *name, const StrList *namespaces,
                            bool any_objects, EvidenceState *ret, const Gap **ret_gap, Err *err);

/* --- documents.c --- */
/* text lives as long as the model. */
NODISCARD Status document_keep(Model *model, Str name, Str text, bool cut, bool is_head,
                               Err *err);
void documents_sort(Model *model);
KeptDocument *document_kept(const Model *model, Str name);
NODISCARD Status discovery_read(Model *model, Err *err);

/* --- samples.c: scraped metrics --- */
/* What a member's text is: read on a lane, taken when all have ended. */
typedef struct {
    const Exposition *text;         /* NULL: it was refused */
    const char *refused;            /* why */
} SampleText;
NODISCARD Status samples_new(Model *model, Err *err);
bool samples_want(const Demand *demand, const Member *member);
NODISCARD Status samples_read(const Demand *demand, Arena *arena, Str text, SampleText *ret,
                              Err *err);
/* member: its name.  cut: not all of its text came. */
NODISCARD Status samples_take(Model *model, Str member, const SampleText *text, bool cut,
                              Err *err);
NODISCARD Status samples_finish(Model *model, Err *err);

#endif
