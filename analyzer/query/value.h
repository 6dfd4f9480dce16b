/* SPDX-License-Identifier: Apache-2.0 */
/* value.h -- values of the rule language: CEL's, and the two that evidence needs, unknown
 * and the incomplete list.
 *
 * Values are immutable, small enough to pass by value, and live in an arena.  Lists and maps
 * are either built (ValueList, ValueMap) or lazy views of a Node tree: a Kubernetes object is
 * never converted.  Errors are values and are absorbed as CEL specifies; unknown absorbs as
 * an error does and wins over it.  origin says where a value came from and is inherited by
 * what is selected from it; computed values have none. */
#ifndef QUERY_VALUE_H
#define QUERY_VALUE_H

#include "analyzer/model/evidence.h"

typedef enum {
    VALUE_NULL,
    VALUE_BOOL,
    VALUE_INT,
    VALUE_UINT,
    VALUE_DOUBLE,
    VALUE_STRING,
    VALUE_BYTES,
    VALUE_LIST,
    VALUE_MAP,
    VALUE_TYPE,         /* string: the type's name */
    VALUE_TIMESTAMP,    /* time: seconds and nanos since 1970 */
    VALUE_DURATION,     /* integer: nanoseconds */
    VALUE_OPTIONAL,     /* inner: NULL is none */
    VALUE_OPAQUE,       /* quantity, ip, cidr, semver, url, format */
    VALUE_UNKNOWN,      /* gap */
    VALUE_ERROR,        /* error */
} ValueType;

typedef struct Value Value;
typedef struct ValueList ValueList;
typedef struct ValueMap ValueMap;

/* An error inside an expression: text is one line; offset is the place in the expression's
 * text, in code points. */
typedef struct {
    Str text;
    uint32_t offset;
    bool limit;         /* steps, depth or memory ran out: absorbed by nothing */
} ValueError;

/* Values of a library's own type: two of one type are equal where equals says so, and write
 * appends their canonical text. */
typedef struct {
    const char *name;       /* "net.IP", "kubernetes.Quantity" */
    bool (*equals)(const void *a, const void *b);
    void (*write)(const void *data, Buf *out);
} OpaqueType;

struct Value {
    uint8_t type;           /* ValueType */
    bool is_node;           /* VALUE_LIST, VALUE_MAP: node instead of list, map */
    const Origin *origin;   /* NULL: computed */
    union {
        bool boolean;
        int64_t integer;
        uint64_t natural;
        double number;
        Str string;         /* also bytes and the name of a type */
        struct {
            int64_t seconds;
            int32_t nanos;
        } time;
        const ValueList *list;
        const ValueMap *map;
        const Node *node;
        const Value *inner;
        struct {
            const OpaqueType *type;
            const void *data;
        } opaque;
        const Gap *gap;
        const ValueError *error;
    };
    const Node *source;     /* the node a scalar was read from, for citations; else NULL */
};

struct ValueList {
    const Value *items;
    size_t count;
    const Gap *gap;         /* not NULL: incomplete, more may exist */
    uint64_t id;            /* of value_list(), never used twice: joins remember their
                             * indexes by it; 0: never indexed */
};

typedef struct {
    Value key;
    Value value;
} ValueEntry;

struct ValueMap {
    const ValueEntry *entries;   /* in order of insertion, keys distinct by CEL's equality */
    size_t count;
    const Gap *gap;              /* not NULL: incomplete, other keys may exist */
    const struct ValueSlots *slots;   /* where keys stand, of a large map; else NULL */
};

/* These are asked of every value that an expression makes, so they are no calls. */
static inline Value
value_null(void)
{
    return (Value){.type = VALUE_NULL};
}

static inline Value
value_bool(bool b)
{
    return (Value){.type = VALUE_BOOL, .boolean = b};
}

Value value_int(int64_t i);
Value value_uint(uint64_t u);
Value value_bytes(Str s);
Value value_type(const char *name);
Value value_timestamp(int64_t seconds, int32_t nanos);
Value value_duration(int64_t ns);
/* inner NULL: none; else it must live as long as the value. */
Value value_optional(const Value *inner);
Value value_opaque(const OpaqueType *type, const void *data);
Value value_double(double d);
Value value_string(Str s);          /* view: must live as long as the value */
Value value_unknown(const Gap *gap);
/* An unknown with one gap; the error of no memory where there is none. */
Value value_missing(Arena *arena, const char *evidence, Str reason, Str class_name,
                    Str collect_with);
Value value_error(Arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
Value value_nomem(void);
/* A view of node: scalars are converted, lists and maps stay lazy. */
Value value_of_node(const Node *node, const Origin *origin);
/* items must live as long as the value; gap NULL: complete. */
Value value_list(Arena *arena, const Value *items, size_t count, const Gap *gap);
/* A list of strings, which stay views. */
Value value_strings(Arena *arena, const Str *items, size_t count);
/* The id of the newest value_list(): older ones have lesser ids. */
uint64_t value_newest_list(void);
/* entries with distinct keys (string, bool, int, uint), in order; gap NULL: complete. */
Value value_map(Arena *arena, const ValueEntry *entries, size_t count, const Gap *gap);
/* Sugar for building maps of known fields: {"member", value}, … */
typedef struct {
    const char *name;
    Value value;
} ValueField;
Value value_record(Arena *arena, const ValueField *fields, size_t count, const Origin *origin);

static inline bool                          /* unknown or error */
value_is_absorbing(Value v)
{
    return v.type == VALUE_UNKNOWN || v.type == VALUE_ERROR;
}

static inline const Gap *                   /* of an unknown or something incomplete, or NULL */
value_gap(Value v)
{
    if (v.type == VALUE_UNKNOWN)
        return v.gap;
    if (v.is_node)
        return NULL;
    if (v.type == VALUE_LIST)
        return v.list->gap;
    return v.type == VALUE_MAP ? v.map->gap : NULL;
}

static inline bool                          /* a list or map with a gap */
value_is_incomplete(Value v)
{
    return v.type != VALUE_UNKNOWN && value_gap(v) != NULL;
}

/* Length of a list (elements that are there) or map; 0 for others. */
size_t value_count(Value v);
Value value_item(Value list, size_t index);                        /* index < count */
void value_entry(Value map, size_t index, Value *ret_key, Value *ret_value);
/* Field of a map by string key; false where absent or v is no map. */
bool value_field(Value v, Str key, Value *ret);
/* Value of any key that CEL finds equal (1, 1u and 1.0 are one key). */
bool value_find_key(Value map, Value key, Value *ret);
/* CEL's equality (numbers on one line; other types differ); a bool, unknown or error.  What is
 * incomplete is known to differ from [] or {} once something of it is there; else it is
 * unknown. */
Value value_equals(Value a, Value b);
/* The same, for at most *steps elements, which it counts down; the limit's error beyond. */
Value value_equals_within(Value a, Value b, uint64_t *steps);
/* Order of two numbers, strings, bytes, bools, timestamps or durations: -1, 0, 1; false where
 * they have none (other types, NaN). */
bool value_compare(Value a, Value b, int *ret);
/* The same hash for values that value_equals() calls equal; false where v cannot be looked up by
 * hash (lists, maps, NaN, opaque values, unknown, errors). */
bool value_hash(Value v, uint64_t *ret);
const char *value_type_name(Value v);       /* "int", "list", "null_type", … */

/* Appends the text that a message shows: strings bare; times as RFC 3339 and durations as
 * seconds ("1.5s"); numbers as JSON would; lists and maps as compact JSON, an
 * incomplete list ending in "..."; an optional as what it holds; "(unknown)" for unknown and
 * error. */
void value_write_text(Value v, Buf *out);
/* Appends JSON (CEL's JSON mapping: bytes in base64, times and durations as text, NaN and
 * infinities as strings; integers of any size stay numbers); null for unknown, error and
 * none. */
void value_write_json(Value v, Buf *out);

#endif
