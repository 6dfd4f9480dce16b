/* SPDX-License-Identifier: Apache-2.0 */
/* cel_ast.h -- the tree of a compiled expression: what lexer, parser, resolver and evaluator
 * share.
 *
 *     text ── cel_lex ──► tokens ── cel_parse ──► tree of names
 *          ── cel_resolve ──► tree of variables and functions ── cel_eval ──► Value
 *
 * Places are code points from the start of the text.  A tree is immutable once resolved. */
#ifndef QUERY_CEL_AST_H
#define QUERY_CEL_AST_H

#include "analyzer/query/cel.h"
#include "analyzer/query/regex.h"

typedef enum {
    TOKEN_END,
    TOKEN_INT,          /* value: int, or CEL_INT_MIN_MAGNITUDE, see cel_lex.c */
    TOKEN_UINT,
    TOKEN_DOUBLE,
    TOKEN_STRING,
    TOKEN_BYTES,
    TOKEN_NAME,
    TOKEN_QUOTED_NAME,  /* `a-b` */
    TOKEN_TRUE,
    TOKEN_FALSE,
    TOKEN_NULL,
    TOKEN_IN,
    TOKEN_OPERATOR,     /* text */
} TokenKind;

typedef struct {
    TokenKind kind;
    Str text;           /* as written; a name without its quotes */
    Value value;        /* of a literal */
    bool too_small;     /* TOKEN_INT: 9223372036854775808, good only behind a minus */
    uint32_t start;     /* code points */
    uint32_t end;
} Token;

typedef VEC(Token) Tokens;

/* ST_RULE with the place in *ret_place, ST_NOMEM.  Text must be valid UTF-8. */
NODISCARD Status cel_lex(Arena *arena, Str text, Tokens *ret, uint32_t *ret_place, Err *err);

typedef enum {
    CEL_CONST,
    CEL_NAME,           /* until resolved */
    CEL_VARIABLE,
    CEL_LOCAL,          /* loop variable or binding */
    CEL_SELECT,         /* args[0].name, or .?name where optional */
    CEL_HAS,            /* has(args[0].name) */
    CEL_INDEX,          /* args[0][args[1]], or [?…] where optional */
    CEL_CALL,
    CEL_OPERATOR,
    CEL_AND,            /* any number of operands */
    CEL_OR,
    CEL_IF,             /* args: condition, then, else */
    CEL_LIST,
    CEL_MAP,            /* args: key, value, key, value, … */
    CEL_LOOP,           /* args: range, then by op */
    CEL_BIND,           /* args: value, body; local slot */
    CEL_OPT_MAP,        /* args: optional, body; local slot */
} CelKind;

typedef enum {
    OP_NONE,
    OP_NOT,
    OP_NEGATE,
    OP_ADD,
    OP_SUBTRACT,
    OP_MULTIPLY,
    OP_DIVIDE,
    OP_MODULO,
    OP_EQUAL,
    OP_UNEQUAL,
    OP_LESS,
    OP_AT_MOST,
    OP_MORE,
    OP_AT_LEAST,
    OP_IN,
    /* CEL_LOOP: what a macro does with its range.  args[1] is the predicate; the last three
     * have args[1] a filter or NULL, args[2] the result of an element. */
    OP_ALL,
    OP_EXISTS,
    OP_EXISTS_ONE,
    OP_FILTER,
    OP_SORT_BY,
    OP_MAP,             /* also transformList */
    OP_TRANSFORM_MAP,
    OP_TRANSFORM_ENTRY,
    /* CEL_OPT_MAP */
    OP_OPT_MAP,
    OP_OPT_FLAT_MAP,
} CelOp;

typedef struct CelNode CelNode;
typedef struct CelFunction CelFunction;

/* One reading of a qualified name: a variable, then so many of the chain's fields. */
typedef struct {
    Str variable;
    size_t fields;      /* count of trailing fields to select */
} CelReading;

/* Equalities inside a loop's predicate that an index can answer together. */
typedef struct {
    const CelNode **path;       /* SELECT nodes from the loop variable outwards */
    size_t path_count;
    const CelNode *other;       /* what it is compared with */
} CelJoinPart;

typedef struct {
    CelJoinPart *parts;
    size_t count;
    bool negated;               /* predicate is `path != other || …` */
    bool whole;                 /* nothing else in the predicate */
} CelJoin;

struct CelNode {
    uint8_t kind;               /* CelKind */
    uint8_t op;                 /* CelOp */
    bool optional;              /* SELECT, INDEX */
    bool receiver;              /* CALL: args[0] stands before the dot */
    bool absolute;              /* NAME: leading dot */
    bool parenthesised;
    bool two_variables;         /* LOOP */
    uint16_t depth;             /* of the tree below */
    uint16_t slot;              /* LOCAL, LOOP, BIND, OPT_MAP; VARIABLE: index of names */
    uint16_t slot2;
    uint32_t start;             /* of the whole */
    uint32_t end;
    uint32_t place;             /* to blame: the operator or name */
    Str name;                   /* field, variable or function */
    Value constant;
    CelNode **args;
    size_t count;
    bool *optionals;            /* LIST: per item, MAP: per entry; NULL: none */
    const CelFunction *const *overloads;   /* CALL: rows that may serve, NULL-terminated */
    const Regex *regex;         /* CALL: its literal pattern */
    const CelReading *readings; /* VARIABLE with qualified names; else NULL */
    size_t reading_count;
    const Str *fields;          /* VARIABLE with readings: names of the chain */
    size_t field_count;
    const CelJoin *join;        /* LOOP; else NULL */
    const NodeKeep *looks_at;   /* LOOP: what its predicate looks at of an element (alike.h); or NULL */
};

struct CelProgram {
    Str text;
    Str file;
    unsigned line;
    unsigned column;
    const CelNode *root;
    const CelName *names;
    size_t name_count;
    size_t slot_count;
    bool qualified_names;
};

/* Deepest tree; evaluation recurses along it.  Chains of operators, selections and calls make
 * trees deep without nesting, so it is more than LIMIT_CEL_DEPTH. */
enum { CEL_TREE_DEPTH = 1500 };

/* What parsing and resolving share. */
typedef struct {
    Arena *arena;
    const CelOptions *options;
    struct CelProgram *program;
    Status status;              /* ST_RULE once an error was told */
    Err *err;                   /* the first one */
} CelCompile;

/* Tells an error at a place of the text: compiling goes on for the next one, and fails at its
 * end. */
void cel_complain(CelCompile *c, uint32_t place, const char *format, ...) PRINTF_LIKE(3, 4);
/* Tells it where nothing can be made of the rest; ST_RULE. */
NODISCARD Status cel_fail(CelCompile *c, uint32_t place, const char *format, ...)
    PRINTF_LIKE(3, 4);

NODISCARD Status cel_parse(CelCompile *c, const Tokens *tokens, CelNode **ret);
/* Expands macros, binds names and finds functions, in place; every error is told and the rest
 * resolved, and c->status then says that the tree is not to be evaluated. */
NODISCARD Status cel_resolve(CelCompile *c, CelNode **root);
/* Adds CEL_LOOP's join where its predicate has one. */
NODISCARD Status cel_join_plan(CelCompile *c, CelNode *loop);
/* The exact reach of a loop's predicate into its element; *ret NULL as in cel_reach_variable(). */
NODISCARD Status cel_reach_loop(Arena *arena, const CelNode *loop, size_t slot_count,
                                const NodeKeep **ret, Err *err);

CelNode *cel_node_new(Arena *arena, CelKind kind, uint32_t start, uint32_t end);

/* Macros, by name; NULL: none. */
typedef struct {
    const char *name;
    bool receiver;
    unsigned min_args;          /* without the receiver */
    unsigned max_args;
    uint8_t kind;               /* CelKind */
    uint8_t op;
    const char *library;
    const char *usage;
    const char *help;
} CelMacro;
extern const CelMacro CEL_MACROS[];
extern const size_t CEL_MACRO_COUNT;

#endif
