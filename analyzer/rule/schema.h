/* SPDX-License-Identifier: Apache-2.0 */
/* schema.h -- every key that a rule file, pack.yaml, overlay or test may have.
 *
 * One table.  It checks files (unknown keys, missing keys, wrong types, "did you mean"), and
 * the JSON Schema for editors and the reference in the manual are printed from it.  Loaders
 * read a file only after schema_check() has passed over it and skip what does not fit. */
#ifndef RULE_SCHEMA_H
#define RULE_SCHEMA_H

#include "analyzer/rule/diagnostic.h"
#include "base/node.h"

typedef enum {
    SCHEMA_STRING,          /* a string that is not empty */
    SCHEMA_SCALAR,          /* any scalar, taken as it is written */
    SCHEMA_STRINGS,         /* a string or a list of them */
    SCHEMA_BOOL,
    SCHEMA_LANGUAGE,        /* the number 1 */
    SCHEMA_CEL,             /* an expression */
    SCHEMA_TEMPLATE,        /* text with {{ CEL }} */
    SCHEMA_DATE,            /* 2018-06-01 */
    SCHEMA_ID,              /* AREA-NNN */
    SCHEMA_IDS,             /* list of them */
    SCHEMA_CHOICE,          /* one of choices */
    SCHEMA_SHAPE,           /* a mapping */
    SCHEMA_CHOICE_OR_SHAPE,
    SCHEMA_SHAPE_LIST,
    SCHEMA_SHAPE_OR_LIST,   /* one mapping or a list of them */
    SCHEMA_OBJECTS,         /* a list of objects, or a mapping whose keys may also be
                             * Kind/namespace/name */
    SCHEMA_SHAPE_BY_NAME,   /* names to mappings */
    SCHEMA_SOURCES,         /* names to sources */
    SCHEMA_SOURCE,          /* exactly one name to a source */
    SCHEMA_LIST,            /* list of anything */
    SCHEMA_MAP,             /* names to anything */
    SCHEMA_ANY,
    SCHEMA_TYPE_COUNT
} SchemaType;

typedef struct SchemaShape SchemaShape;

typedef struct {
    const char *name;                   /* NULL ends the table */
    SchemaType type;
    bool required;
    bool may_be_null;                   /* null says "unknown" */
    const char *const *choices;         /* end with NULL */
    const SchemaShape *shape;
    const char *help;                   /* one line for the manual and editors */
} SchemaKey;

struct SchemaShape {
    const char *name;                   /* "rule" */
    const char *help;
    const SchemaKey *keys;
};

enum { SCHEMA_LANGUAGE_NUMBER = 1 };

/* Whole files. */
extern const SchemaShape SCHEMA_FILE;
extern const SchemaShape SCHEMA_PACK;
extern const SchemaShape SCHEMA_OVERLAY;
extern const SchemaShape SCHEMA_TEST;
/* Parts of them. */
extern const SchemaShape SCHEMA_RULE;

/* Values of choices, in the order of the enums of rule.h and verdict.h. */
extern const char *const SCHEMA_SEVERITIES[];
extern const char *const SCHEMA_CONFIDENCES[];
extern const char *const SCHEMA_STATUSES[];
extern const char *const SCHEMA_PARAM_TYPES[];
extern const char *const SCHEMA_VERDICTS[];

/* Notes everything in node that does not fit shape; true where nothing was noted.
 * what names the mapping in messages: "rule", "overlay". */
bool schema_check(const SchemaShape *shape, const Node *node, const char *file,
                  Diagnostics *diagnostics);
/* The place of text in a table that ends with NULL; -1 where it has none. */
int schema_choice(const char *const *choices, Str text);
/* How a type is called in a message: "a string", "a list of ids". */
const char *schema_type_text(SchemaType type);

/* Every shape once, in the order of the reference; ends with NULL. */
const SchemaShape *const *schema_shapes(void);

/* The JSON Schema (draft-07) of rule files, overlays, tests and pack.yaml, chosen by
 * shape. */
NODISCARD Status schema_write_json(const SchemaShape *shape, Buf *out, Err *err);

#endif
