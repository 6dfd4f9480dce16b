/* SPDX-License-Identifier: Apache-2.0 */
/* source_private.h -- what the kinds of sources share: how their YAML is read, and how they
 * filter.
 *
 * A kind's compile() reads its keys with the functions below, which report what is wrong and
 * go on, so that all errors are reported at once; source_compile() then returns ST_RULE. */
#ifndef QUERY_SOURCE_PRIVATE_H
#define QUERY_SOURCE_PRIVATE_H

#include "analyzer/model/selector.h"
#include "analyzer/query/alike.h"
#include "analyzer/query/shape.h"
#include "analyzer/query/source.h"

typedef struct {
    Arena *arena;
    const SourceDiagnostics *diagnostics;
    const Node *spec;           /* the mapping of the source, or its scalar */
    Source *source;
    bool related_allowed;
    bool failed;                /* an error was reported */
    Err *err;
} SourceReader;

typedef struct {
    SourceDoc doc;
    /* Reads reader->spec into source->data.  ST_NOMEM; other errors are reported. */
    Status (*compile)(SourceReader *reader);
    Status (*needs)(const Source *source, Arena *arena, NeedList *needs, Err *err);
    Status (*demand)(const Source *source, Demand *demand, Err *err);
    Value (*eval)(const Source *source, const SourceEval *eval);
    /* Appends the default subject of an element; NULL: its index. */
    void (*subject)(const Source *source, Value element, size_t index, Buf *out);
    /* What is known of its value before there is one (shape.h), p NULL when out of memory;
     * NULL: nothing. */
    Str (*shape)(const Source *source, Arena *arena);
    /* The i-th kind of the objects that its elements are; false behind the last.  NULL: they are
     * none. */
    bool (*kind)(const Source *source, size_t i, Str *ret);
    /* The namespaces that these objects are all in; NULL, or returning NULL: any. */
    const StrList *(*namespaces)(const Source *source);
    const char *it;             /* shape of `it` in its expressions; NULL: of an element */
} SourceType;

/* An expression of a source, for source_check(). */
typedef struct {
    const CelProgram *program;
    const Node *scalar;
    bool binds_it;
} SourceText;

struct Source {
    const SourceType *type;
    const void *data;
    VEC(SourceName) names;
    VEC(SourceText) texts;
};

#define SOURCE(id) extern const SourceType SOURCE_TYPE_##id;
#include "analyzer/query/sources.def"
#undef SOURCE

/* --- reading --- */

/* Reports an error at the node (offset bytes into its text, for a scalar). */
void reader_error(SourceReader *reader, const Node *node, size_t offset, const char *format, ...)
    PRINTF_LIKE(4, 5);
void reader_warn(SourceReader *reader, const Node *node, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* One string or a list of strings; none where the key is absent. */
NODISCARD Status reader_strings(SourceReader *reader, const char *key, StrList *ret);
/* One string; p NULL where the key is absent. */
NODISCARD Status reader_string(SourceReader *reader, const char *key, Str *ret);
/* A selector string or a map of equalities; *ret_there: whether the key is there. */
NODISCARD Status reader_labels(SourceReader *reader, Selector *ret, bool *ret_there);
/* A CEL expression; its names (but it, where `it` is bound) join the source's.  NULL where the
 * key is absent or the expression is wrong. */
NODISCARD Status reader_cel(SourceReader *reader, const Node *node, bool binds_it,
                            const CelProgram **ret);
/* A text of the source (an expression, a query) while it is compiled, and what to give its
 * compiler to tell errors with: line and column (code points) are inside of the text. */
typedef struct {
    SourceReader *reader;
    const Node *node;
} ReadingText;
void reader_complain(void *context, unsigned line, unsigned column, const char *text);
NODISCARD Status reader_name(SourceReader *reader, SourceName name);
/* The names of components, as the words of a key. */
const char *const *component_words(void);
/* Values that must be of the list (ends with NULL), with "did you mean". */
void reader_check_words(SourceReader *reader, const char *key, const StrList *words,
                        const char *const *known, const char *what);

/* --- evaluating --- */

/* Of a list that is being made. */
typedef struct {
    const SourceEval *eval;
    VEC(Value) items;
    const Gap *gap;
    Alike alike;                /* items that `where` was asked about */
    Value failed;               /* VALUE_ERROR: the list's value; else of type VALUE_NULL */
} ListMaker;

ListMaker list_maker(const SourceEval *eval);
/* For list_add_where(): what the predicate looks at of an item, cel_reach_variable(). */
void list_where_looks_at(ListMaker *maker, const NodeKeep *fields);
/* After a failure adding does nothing. */
void list_add(ListMaker *maker, Value item);
void list_add_gap(ListMaker *maker, const Gap *gap);
void list_fail(ListMaker *maker, Value error);
/* Adds the item where the predicate (NULL: none) is true for it as `it`; an unknown one makes
 * the list incomplete, an error is the list's. */
void list_add_where(ListMaker *maker, Value item, const CelProgram *where);
/* unknown: there is nothing and it is not known whether there should be. */
Value list_end(ListMaker *maker, bool unknown);

Value eval_cel(const CelProgram *program, const SourceEval *eval, const Value *it);
/* An origin that lives as long as the value. NULL when out of memory. */
const Origin *keep_origin(Arena *arena, const Origin *origin);
/* Whether text fits one of the globs; an empty list fits all. */
bool fits_words(const StrList *globs, Str text);

/* Appends a need that is not in the list yet: prefix and text joined. */
NODISCARD Status need_add(Arena *arena, NeedList *needs, const char *prefix, Str text, Err *err);
/* namespace/name of an object, or of a record with these fields. */
void subject_of_object(const Source *source, Value element, size_t index, Buf *out);
/* The fields of a record joined by '/', those that are there. */
void subject_of_fields(Value element, const char *const *fields, Buf *out);

#endif
