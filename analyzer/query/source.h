/* SPDX-License-Identifier: Apache-2.0 */
/* source.h -- a source of a rule (k8s, metric, logs, …): compiled from its YAML once, known
 * to the model before anything is read, evaluated to a Value afterwards.
 *
 *     rules ── source_compile ──► Source ── source_demand ──► Demand ── model_load ──► Model
 *     Source + Model ── source_eval ──► Value (list, number, unknown, …) with origins and gaps
 *
 * One file per kind (source_k8s.c, source_metric.c, source_logs.c, …) and one row each in the
 * table of source.c; a new kind is one file and one row.  Compiled sources are immutable. */
#ifndef QUERY_SOURCE_H
#define QUERY_SOURCE_H

#include "analyzer/model/model.h"
#include "analyzer/query/cel_reach.h"

typedef struct Source Source;

/* Where compile errors go: all of them, not the first only.  The loader of rules implements
 * it; line and column are of the YAML node, or inside its text for expressions. */
typedef struct {
    void (*report)(void *context, bool is_warning, unsigned line, unsigned column,
                   const char *message);
    void *context;
    const char *file;
    Str text;               /* of the whole file, for places inside scalars; "": unknown */
} SourceDiagnostics;

/* spec      the mapping {kind: {…}} of RULES "Sources", one key
 * related   whether "related" may stand here (only in `with`)
 * Returns ST_RULE once errors were reported, and *ret is then good for source_names() alone;
 * ST_NOMEM. */
NODISCARD Status source_compile(Arena *arena, const Node *spec, bool related,
                                const SourceDiagnostics *diagnostics, const Source **ret,
                                Err *err);

const char *source_kind(const Source *source);           /* "k8s", "metric", … */
/* Names that it refers to: variables of a CEL source, of a `where`, the object of `related`,
 * `near.of`; each once. */
typedef struct {
    Str name;
    const Node *scalar;     /* where it stands first */
    uint32_t offset;        /* in the scalar's value, code points */
} SourceName;
const SourceName *source_names(const Source *source, size_t *ret_count);
/* What it rests on, in the words of a report's needs: "metric:mixer", "k8s:Pod",
 * "logs:pilot", "fact:mesh"; appended without repetition. */
typedef VEC(Str) NeedList;
NODISCARD Status source_needs(const Source *source, Arena *arena, NeedList *needs, Err *err);
/* Tells the model what must be read for it. */
NODISCARD Status source_demand(const Source *source, Demand *demand, Err *err);

typedef struct {
    Model *model;
    Arena *arena;
    /* Values of names, as in CelEval: params, other sources, elements. */
    Value (*lookup)(void *context, Str name, bool *ret_found);
    void *context;
    uint64_t *steps_left;
    CelJoins *joins;            /* as in CelEval; NULL: every evaluation makes its own */
    CelTouches *touches;
    CelTracer *tracer;
    void *tracer_context;
} SourceEval;

/* Never fails but by value: errors and gaps are values. */
Value source_eval(const Source *source, const SourceEval *eval);

/* What checking a source needs, as in CelCheck. */
typedef struct {
    Arena *arena;
    Str (*shape_of)(void *context, Str name);
    /* place: code points from the start of the scalar's text. */
    void (*tell)(void *context, const Node *scalar, bool is_error, uint32_t place,
                 const char *text);
    void *context;
} SourceCheck;

/* Tells what is sure to go wrong with its expressions (cel_check.h), and gives what is known
 * of its value (shape.h).  ST_NOMEM. */
NODISCARD Status source_check(const Source *source, const SourceCheck *check, Str *ret, Err *err);

/* Which fields of objects it can reach (cel_reach.h), added to what the demand keeps; *ret: what
 * its value stands for.  ST_NOMEM. */
typedef struct {
    Demand *demand;
    Reach (*reach_of)(void *context, Str name);     /* of a name */
    void *context;
} SourceReach;
NODISCARD Status source_reach(const Source *source, const SourceReach *spec, Reach *ret,
                              Err *err);

/* The exact reach (cel_reach.h) of a source that is an expression, and what its value stands for; *ret_is_told
 * false for any other.  ST_NOMEM. */
NODISCARD Status source_exact_reach(const Source *source, const CelReach *spec, Reach *ret,
                                    bool *ret_is_told, Err *err);

/* The subject that an element of this source has by default (RULES "Default subject"):
 * ns/name, a metric's labels, ns/pod/container, a clock's subject; else the index.
 * Appends to out. */
void source_default_subject(const Source *source, Value element, size_t index, Buf *out);

/* What may stand behind a key of a source, for the schema; each kind of source checks its keys
 * itself, as it has better messages. */
typedef enum {
    SOURCE_WORDS,           /* a string or a list of them, not empty */
    SOURCE_TEXT,            /* a string that is not empty */
    SOURCE_LABELS,          /* a selector, or a mapping of labels to strings */
    SOURCE_NUMBER,
    SOURCE_COUNT,           /* a whole number from least to most */
    SOURCE_DURATION,        /* 10m, 1h30m */
    SOURCE_NAMES,           /* a list of strings, perhaps empty */
    SOURCE_PARTS,           /* a mapping with keys of its own */
} SourceKeyType;

typedef struct SourceKey SourceKey;
struct SourceKey {
    const char *name;                       /* NULL ends a table */
    SourceKeyType type;
    bool required;
    bool glob;                              /* words may be globs over the known ones */
    const char *const *(*words)(void);      /* the known ones, end with NULL; NULL: any */
    int64_t least;
    int64_t most;                           /* 0: no limit */
    const SourceKey *parts;                 /* SOURCE_PARTS */
};

/* Every source kind, for docs, lint and the schema. */
typedef struct {
    const char *kind;
    const char *help;
    const SourceKey *keys;                  /* of its mapping; NULL: a scalar */
    const char *const *(*words)(void);      /* of a scalar; NULL: any text */
    unsigned key_count;                     /* exactly so many keys; 0: any number */
} SourceDoc;
const SourceDoc *source_docs(size_t *ret_count);

#endif
