/* SPDX-License-Identifier: Apache-2.0 */
/* cel_run.h -- what the evaluator offers to the functions of CEL's libraries.
 *
 * A library is one file with one table of CelFunction rows, listed in cel_function.c.  A row
 * is an overload: its signature says which arguments it takes, so that a function finds the
 * types that it asked for.  Rows of one name are tried in order; where none fits, the error
 * says so.  Unless its flags say otherwise a function never sees an unknown, an error or an
 * incomplete list: those answer for it. */
#ifndef QUERY_CEL_RUN_H
#define QUERY_CEL_RUN_H

#include "analyzer/query/cel_ast.h"

typedef struct CelRun CelRun;

typedef Value CelFn(CelRun *run, const Value *args, size_t count);

enum {
    CEL_METHOD = 1,         /* first argument before the dot: "x.f()" */
    CEL_TAKES_INCOMPLETE = 2,
    CEL_TAKES_UNKNOWN = 4,  /* the function looks at unknowns itself; incomplete lists, too */
    CEL_PATTERN = 8,        /* the second argument is a regular expression */
};

/* One overload.  signature has one letter an argument, the receiver first:
 *   .  any           b  bool       i  int        u  uint       d  double     n  any number
 *   s  string        y  bytes      l  list       m  map        t  timestamp  g  duration
 *   T  type          o  optional   I  ip         C  cidr       Q  quantity   V  semver
 *   U  url           F  format     L  list or map
 * '?' makes the rest optional, a final '*' allows any number more of the last. */
struct CelFunction {
    const char *name;
    unsigned flags;
    const char *signature;
    CelFn *fn;
    const char *library;
    const char *usage;
    const char *help;
};

typedef struct {
    const CelFunction *rows;
    size_t count;
} CelLibrary;
#define CEL_LIBRARY(rows) {(rows), sizeof(rows) / sizeof *(rows)}

/* Every library, in the order of the documentation. */
const CelLibrary *const *cel_libraries(size_t *ret_count);
/* Rows of a name and kind, NULL-terminated; *ret is NULL where there are none.  ST_NOMEM. */
NODISCARD Status cel_find_functions(Arena *arena, Str name, bool method,
                                    const CelFunction *const **ret, Err *err);
/* Whether a row takes so many arguments, the receiver counted. */
bool cel_function_takes(const CelFunction *row, size_t count);
/* The name nearest to a mistyped one, or NULL; method: among "x.f()". */
const char *cel_nearest_function(Str name, bool method);
/* Types by their name as a value, e.g. "int", "net.IP". */
bool cel_find_type(Str name, Value *ret);

struct CelRun {
    const CelProgram *program;
    CelEval *eval;
    Arena *arena;
    Value *locals;
    Value *variables;           /* by index of names, once looked up */
    bool *looked_up;
    uint64_t steps_left;        /* of the expression and of the rule, whichever is less */
    bool rule_is_short;         /* the rule's steps are what will run out */
    size_t arena_start;
    unsigned ticks;
    uint32_t place;             /* to blame for the next error */
    unsigned depth;
    const ValueError *limit;    /* once set, all is this error */
    const Regex *regex;         /* of the call being made, if its pattern was a literal */
    Str last_pattern;           /* of cel_regex() */
    const Regex *last_regex;
    const struct CelZone *zone; /* the last one used, see cel_time.h */
    Str zone_name;
    CelJoins *joins;            /* the caller's, or made when needed */
    uint64_t newest_list;       /* when the evaluation began */
    unsigned loops;             /* around the node at hand, itself counted */
};

/* An error value at the place of the call. */
Value cel_error(CelRun *run, const char *format, ...) PRINTF_LIKE(2, 3);
/* "no matching overload" with the types at hand. */
Value cel_no_overload(CelRun *run, const char *name, const Value *args, size_t count);
/* Counts work: false (and run->limit set) once there is no more to do it with. */
bool cel_work(CelRun *run, uint64_t steps);
/* Counts a pass over n bytes or elements, ten a step. */
bool cel_traverse(CelRun *run, size_t n);
/* The limit's error, or no memory. */
Value cel_stopped(const CelRun *run);
/* Memory within the expression's limit; NULL with run->limit set. */
void *cel_alloc(CelRun *run, size_t bytes);
#define CEL_ARRAY(run, type, count) ((type *)cel_alloc_array((run), (count), sizeof(type)))
void *cel_alloc_array(CelRun *run, size_t count, size_t size);   /* cleared */
/* A copy that lives as long as the result; p NULL with run->limit set. */
Value cel_string(CelRun *run, Str s);           /* copies */
Value cel_bytes(CelRun *run, Str s);            /* copies */
Value cel_string_of_buf(CelRun *run, const Buf *buf);   /* the limit's error where it failed */
Value cel_optional_of(CelRun *run, Value v);
Value cel_list(CelRun *run, const Value *items, size_t count);
/* Buffer for text, bounded by what an expression may make. */
#define CEL_BUF() BUF_INIT(16U << 20)

/* A growing list of values. */
typedef VEC(Value) CelValues;
bool cel_push(CelRun *run, CelValues *values, Value v);
/* A growing map.  False with run->limit set, or with *ret_error filled: a key that is none, or
 * stands there already. */
typedef struct {
    VEC(ValueEntry) entries;
    uint32_t *slots;        /* index + 1, 0 is free */
    size_t slot_count;
} CelMapBuilder;
bool cel_map_add(CelRun *run, CelMapBuilder *map, Value key, Value value, Value *ret_error);
Value cel_map_done(CelRun *run, const CelMapBuilder *map);

/* a == b; bool, unknown or error, counting steps. */
Value cel_equals(CelRun *run, Value a, Value b);
Value cel_operate(CelRun *run, CelOp op, Value a, Value b);
Value cel_select(CelRun *run, Value v, Str field);
Value cel_index(CelRun *run, Value v, Value key, bool optional);
Value cel_call(CelRun *run, const CelNode *node, Value *args, size_t count);
Value cel_eval_node(CelRun *run, const CelNode *node);
/* The same, without noting what was read: for operands of selections. */
Value cel_eval_quietly(CelRun *run, const CelNode *node);
Value cel_eval_loop(CelRun *run, const CelNode *node);

/* What a value is to whatever does not know incomplete lists: those are unknown. */
Value cel_settle(Value v);
/* Two absorbing values as one: limit, unknown (gaps joined), error, in this order.  kept of
 * another type is nothing yet. */
Value cel_absorb(CelRun *run, Value kept, Value v);

/* items in the order of their keys, which must be comparable with each other. */
Value cel_sorted(CelRun *run, const Value *items, const Value *keys, size_t count);

/* The compiled pattern: the call's literal one, or compiled now; an error value in *ret_error
 * where it is bad. */
const Regex *cel_regex(CelRun *run, Str pattern, Value *ret_error);

/* Citations.  See CelTouches. */
size_t cel_touch_mark(const CelRun *run);
void cel_touch(CelRun *run, Value v);
void cel_touch_forget(CelRun *run, size_t mark);            /* everything since */
void cel_touch_keep_from(CelRun *run, size_t mark, size_t from);   /* drops [mark, from) */

/* Positions of list that the predicate of a joined loop must see, in order; the others give
 * false (true where join->negated).  False where the list is to be scanned. */
typedef struct {
    uint32_t *at;
    size_t count;
    bool regular;       /* all of them are sure to be equal */
} CelCandidates;
bool cel_join_candidates(CelRun *run, const CelNode *loop, Value list, CelCandidates *ret);

#endif
