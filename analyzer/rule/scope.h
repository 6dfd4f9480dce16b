/* SPDX-License-Identifier: Apache-2.0 */
/* scope.h -- what names mean while a rule is evaluated: values made when first asked for.
 *
 * A Session holds what lasts as long as the evaluation of all rules: params and the defs of
 * each file.  A Scope holds what lasts as long as one rule: its `let`, and, reset for each
 * element, the element and its `with`. */
#ifndef RULE_SCOPE_H
#define RULE_SCOPE_H

#include "analyzer/rule/rule.h"

/* The value behind a name, once it was asked for. */
typedef struct {
    bool is_done;
    bool is_busy;           /* guards against cycles that lint did not see */
    Value value;
    CelTouches touches;     /* what decided it, that of its own names included */
} Slot;

typedef struct {
    const RuleFile *file;
    Value params;
    Slot *defs;
} FileScope;

/* Somebody who wants to know how a rule came to its verdicts. */
typedef struct {
    CelTracer *part;        /* of an expression */
    void (*name)(void *context, const Binding *binding, Value value);
    void (*expression)(void *context, const Expression *expression, Value value);
    void (*element)(void *context, size_t index, Value element);
    void *context;
} Trace;

typedef struct {
    const RuleSet *set;
    Model *model;
    Arena *arena;           /* of everything that outlives a rule */
    FileScope *files;       /* of the file that it is for, or of each file of the set */
    size_t file_count;
    const Trace *trace;     /* NULL: none */
} Session;

typedef struct {
    Session *session;
    const Rule *rule;
    FileScope *file;
    Arena *arena;           /* of the rule: `let` */
    Arena *element_arena;   /* reset by scope_set_element() */
    Slot *lets;
    Slot *withs;
    bool has_element;
    Value element;
    CelJoins *joins;
    uint64_t steps_left;    /* LIMIT_CEL_RULE_STEPS at first */
    VEC(const Slot *) looked;   /* names that were asked for since scope_watch() */
} Scope;

/* file: whose rules are evaluated; NULL: those of any.  ST_NOMEM. */
NODISCARD Status session_init(Session *session, const RuleSet *set, const RuleFile *file,
                              Model *model, Arena *arena, Err *err);

/* The arenas stay the caller's.  ST_NOMEM. */
NODISCARD Status scope_init(Scope *scope, Session *session, const Rule *rule, Arena *arena,
                            Arena *element_arena, Err *err);
/* Forgets the former element with everything that rested on it.  ST_NOMEM. */
NODISCARD Status scope_set_element(Scope *scope, Value element, Err *err);

/* Begins a new list of names that were asked for. */
void scope_watch(Scope *scope);
/* The value of an expression, made in the arena of the element where there is one.
 * touches: what decided it, without what its names rest on; may be NULL. */
Value scope_eval(Scope *scope, const Expression *expression, CelTouches *touches);
/* The value of a binding, as if it had been named. */
Value scope_value(Scope *scope, const Binding *binding);
/* What expressions, templates and sources of the scope are evaluated with. */
CelEval scope_cel(Scope *scope, CelTouches *touches);
SourceEval scope_source(Scope *scope, Arena *arena, CelTouches *touches);

/* Where the source of the name that the error came from stands; false where it is no name's. */
bool scope_locate_error(const Scope *scope, const ValueError *error, const RuleFile **ret_file,
                        unsigned *ret_line, unsigned *ret_column);

#endif
