/* SPDX-License-Identifier: Apache-2.0 */
/* rule.h -- rules, as they are after loading: compiled, checked, immutable.
 *
 *     RuleSet *set = rules_new(arena);
 *     TRY(rules_load(set, "rules", err));                  // as often as needed
 *     TRY(rules_finish(set, err));
 *     if (set->diagnostics.error_count > 0) ... show them ...
 *
 * What is wrong with rules is never a Status: it is noted in diagnostics, all of it.
 * rules_load() fails only where memory runs out. */
#ifndef RULE_RULE_H
#define RULE_RULE_H

#include "analyzer/model/version.h"
#include "analyzer/query/source.h"
#include "analyzer/rule/template.h"
#include "analyzer/rule/verdict.h"

typedef struct RuleFile RuleFile;
typedef struct Rule Rule;

typedef enum {
    PARAM_STRING,           /* in the order of SCHEMA_PARAM_TYPES */
    PARAM_INT,
    PARAM_DOUBLE,
    PARAM_BOOL,
    PARAM_STRINGS,
    PARAM_TYPE_COUNT
} ParamType;

typedef struct {
    Str name;
    ParamType type;
    Value value;            /* the default, or what somebody set */
    Str help;
    const RuleFile *file;
    unsigned line;
    unsigned column;
    bool is_used;
} Param;

typedef enum {
    BINDING_DEF,            /* of the file: evaluated once */
    BINDING_LET,            /* of the rule: evaluated once */
    BINDING_EACH,           /* the element */
    BINDING_WITH,           /* evaluated once for each element */
} BindingScope;

/* A name and the source behind it. */
typedef struct {
    Str name;
    BindingScope scope;
    const Source *source;   /* NULL where it did not compile */
    const Source *parsed;   /* for its names, where it did not, too */
    const Node *spec;       /* for explain and places of errors */
    const RuleFile *file;
    unsigned line;
    unsigned column;
    uint32_t slot;          /* place in the list of its scope */
    bool is_used;
    Str shape;              /* of the source's value, see shape.h; p NULL before lint */
} Binding;

typedef struct {
    Binding *items;
    size_t count;
} Bindings;

typedef struct {
    Expression when;        /* program NULL: each element is a finding */
    bool has_severity;
    bool has_confidence;
    Severity severity;
    Confidence confidence;
    Template message;
    bool has_message;
} RuleCase;

typedef struct {
    Template text;
    Template run;
    bool has_run;
    Str risk;
} RuleFix;

typedef enum {
    STATUS_STABLE,          /* in the order of SCHEMA_STATUSES */
    STATUS_BETA,
    STATUS_EXPERIMENTAL,
    STATUS_DEPRECATED,
} RuleStatus;

/* A range of versions. */
typedef struct {
    Str text;               /* "" where there is none */
    const VersionRange *range;      /* NULL where there is none */
} RuleRange;

struct Rule {
    const RuleFile *file;
    unsigned line;
    unsigned column;
    uint32_t index;         /* in RuleSet.rules, after rules_finish() */
    Str id;
    Str title;
    Severity severity;      /* of the file, or of an overlay */
    Confidence confidence;
    Expression low_if;
    Expression high_if;
    RuleStatus status;
    Str replaced_by;
    StrList guide;          /* anchors */
    StrList refs;
    StrList tags;
    RuleRange istio;
    RuleRange kubernetes;
    Bindings let;
    Expression when_applicable;     /* the key "if" */
    Bindings each;          /* none or one */
    Bindings with;
    RuleCase *cases;        /* at least one */
    size_t case_count;
    bool has_cases;         /* written as cases, not as when */
    Expression key;
    Str why;
    RuleFix *fixes;
    size_t fix_count;
    StrList explains;
    const Node *explains_node;
    Map names;              /* name -> Binding *: let, each and with */
    VEC(const Binding *) defs;      /* those of the file that it rests on */
    NeedList needs;
    bool is_selected;       /* takes part unless it is disabled; true after loading */
    bool is_disabled;       /* by an overlay */
    bool has_overlaid_severity;     /* an overlay's severity wins over those of cases */
    Str disabled_reason;
};

typedef struct {
    Str name;
    Str version;            /* "" for a bare file */
    Str folder;             /* "" for a bare file */
    Digest sha256;          /* of "SHA256  NAME\n" of each of its files, in order */
} RulePack;

struct RuleFile {
    const char *path;
    const char *identity;   /* absolute path without links: a file is loaded once */
    Str text;
    const RulePack *pack;
    Str guide;              /* base address of the anchors */
    Param *params;
    size_t param_count;
    Bindings defs;
    Map names;              /* name -> Binding *: defs */
};

typedef struct {
    Arena *arena;
    Diagnostics diagnostics;
    VEC(RulePack *) packs;
    VEC(RuleFile *) files;
    VEC(Rule *) rules;      /* by pack and id (bytes) after rules_finish() */
    Map by_id;              /* id -> Rule * */
    Status unreadable;      /* of the first that could not be read, or was too much; ST_OK: none */
} RuleSet;

/* NULL when out of memory. */
RuleSet *rules_new(Arena *arena);

/* A rule file, the folder of a pack (with pack.yaml), or a folder of packs and files.
 * What cannot be read of it is noted in diagnostics and set->unreadable.  ST_NOMEM. */
NODISCARD Status rules_load(RuleSet *set, const char *path, Err *err);
/* One file whose text is at hand; pack NULL: local/<path>.  ST_NOMEM. */
NODISCARD Status rules_load_text(RuleSet *set, const RulePack *pack, const char *path, Str text,
                                 Err *err);
/* What can only be known when all files are there: equal ids, unknown ids, cycles, order.
 * Sorts the diagnostics.  ST_LIMIT (too many rules), ST_NOMEM. */
NODISCARD Status rules_finish(RuleSet *set, Err *err);
/* Warns of what is sure to go wrong when an expression is evaluated: a double and an int in one
 * sum, a field that the kind does not have.  ST_NOMEM. */
NODISCARD Status rules_lint(RuleSet *set, Err *err);
/* What a shipped pack owes on top: guide or refs, why and fix of each rule; noted as
 * errors. */
void rules_lint_strict(RuleSet *set);

/* NULL where there is none. */
Rule *rules_find(const RuleSet *set, Str id);
/* The nearest known id, for "did you mean"; NULL where none is near.  ST_NOMEM reads as
 * none. */
const char *rules_nearest(const RuleSet *set, Str id);

/* Sets a param in every file that has it; NAME as in params.NAME.
 * ST_NOT_FOUND, ST_RULE (not of its type), ST_NOMEM. */
NODISCARD Status rules_set_param(RuleSet *set, Str name, const Node *value, Err *err);
/* The same from the text of --param NAME=VALUE; ST_USAGE without "=". */
NODISCARD Status rules_set_param_text(RuleSet *set, Str assignment, Err *err);

/* The whole address of an anchor. */
void rule_guide_address(const Rule *rule, Str anchor, Buf *out);
/* The binding that a name means in a rule: its own, or of its file; NULL. */
const Binding *rule_binding(const Rule *rule, Str name);

#endif
