/* SPDX-License-Identifier: Apache-2.0 */
/* cel.h -- the Common Expression Language over evidence: compile once, evaluate often.
 *
 *     TRY(cel_compile(arena, text, &(CelOptions){.file = "x.yaml", .line = 12, ...}, &p, err));
 *     Value v = cel_eval(p, &(CelEval){.arena = arena, .lookup = find, .context = rule, ...});
 *
 * The language is cel-spec's with optionals, the extension libraries and Kubernetes'
 * libraries (docs/rule-language.md lists them), dynamically typed.  Whatever the
 * text or the values, evaluation ends: steps, depth and memory are limited (LIMIT_CEL_*), and
 * a limit that is hit is an error value that says which.  Compiled programs are immutable and
 * may be evaluated by several threads, each with its own CelEval. */
#ifndef QUERY_CEL_H
#define QUERY_CEL_H

#include "analyzer/query/value.h"

typedef struct CelProgram CelProgram;

typedef struct {
    const char *file;       /* for errors; NULL: none */
    unsigned line;          /* of the first character of the text; 0: unknown */
    unsigned column;
    Str container;          /* name resolution as in cel-spec; usually empty */
    bool qualified_names;   /* variables may be named "a.b.c", as in cel-spec */
    bool disable_macros;
    bool unchecked;         /* an unknown function is an error value when it is called */
    /* Told of every unknown function, bad literal and misused macro, in order; a text that
     * does not parse has one error.  NULL: only the first is told, by the status. */
    void (*complain)(void *context, unsigned line, unsigned column, const char *text);
    void *complain_context;
} CelOptions;

/* ST_RULE with file, line and column of the first error: syntax, unknown function or number
 * of arguments, bad literal pattern, too long, too deep; *ret is then NULL or, where the text
 * parsed, good for cel_names() alone.  ST_NOMEM.  The text is copied. */
NODISCARD Status cel_compile(Arena *arena, Str text, const CelOptions *options,
                             const CelProgram **ret, Err *err);

/* Variables that the expression names (outermost identifiers, comprehension variables left
 * out), each once, in order of appearance. */
typedef struct {
    Str name;
    uint32_t offset;        /* first use, code points */
} CelName;
const CelName *cel_names(const CelProgram *program, size_t *ret_count);

/* Whether a variable can have this name: an identifier that is no word of the language and no
 * type ("int", "list", …). */
bool cel_is_variable_name(Str name);

/* The text that was compiled. */
Str cel_text(const CelProgram *program);
/* Where an offset of the expression lies in its file. */
void cel_locate(const CelProgram *program, uint32_t offset, unsigned *ret_line,
                unsigned *ret_column);

/* What the deciding part of an expression looked at: the leaves that made it true (or
 * false), in order, repetitions left out. */
typedef struct {
    const Origin *origin;
    const Node *node;       /* NULL: the whole of origin */
} CelTouch;
typedef VEC(CelTouch) CelTouches;
/* Whether no further one would be noted: enough were, or none are wanted (NULL). */
bool cel_touches_are_full(const CelTouches *touches);

/* Called for every sub-expression with its value (eval --trace); may be NULL. */
typedef void CelTracer(void *context, const CelProgram *program, uint32_t start, uint32_t end,
                       unsigned depth, Value value);

/* Indexes of the joins of many evaluations: list.exists(x, x.a.b == other), and likewise
 * all, exists_one, filter, search a list once and then look up, as long as the list is the same
 * value_list().  Nothing of a list is used after it has gone. */
typedef struct CelJoins CelJoins;
/* For one thread; lives in the arena, which must not be reset before the last use, and
 * takes LIMIT_CEL_BYTES of it at the most.  NULL when out of memory. */
CelJoins *cel_joins_new(Arena *arena);

typedef struct {
    Arena *arena;           /* results and scratch */
    /* Value of a variable: found false gives the error "undeclared reference". */
    Value (*lookup)(void *context, Str name, bool *ret_found);
    void *context;
    uint64_t *steps_left;   /* shared by the expressions of a rule; NULL: none */
    CelJoins *joins;        /* NULL: every evaluation makes its own */
    CelTouches *touches;    /* NULL: not wanted */
    CelTracer *tracer;
    void *tracer_context;
} CelEval;

Value cel_eval(const CelProgram *program, CelEval *eval);

/* Every function and macro, for docs, lint and "did you mean". */
typedef struct {
    const char *name;       /* "startsWith", "math.greatest" */
    const char *library;    /* "standard", "strings", …, "meshcase" */
    const char *usage;      /* "string.startsWith(string) -> bool" */
    const char *help;
} CelFunctionDoc;
const CelFunctionDoc *cel_functions(size_t *ret_count);

#endif
