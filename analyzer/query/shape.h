/* SPDX-License-Identifier: Apache-2.0 */
/* shape.h -- what is known of a value before there is one, for lint.
 *
 * A shape is a text, as facts.def and shapes.def write it:
 *
 *     any, map          nothing is known
 *     int, double       a number of that type
 *     [T]               a list of T
 *     {KEY: T}          a map with any keys: its one key is in capitals
 *     {a, b: T, ...}    a map with these fields; "..." at the end: maybe others, too
 *     Name              a row of shapes.def
 *     string            a text
 *     other words       a text, bool or number without fields
 *     ?T                an optional
 *     !                 nothing: the element of an empty list
 *
 * Whoever is not sure says any.  Shapes are views of texts that live as long as the program
 * or the arena that they were made in. */
#ifndef QUERY_SHAPE_H
#define QUERY_SHAPE_H

#include "base/arena.h"

typedef enum {
    SHAPE_ANY,
    SHAPE_NOTHING,
    SHAPE_SCALAR,
    SHAPE_INT,
    SHAPE_DOUBLE,
    SHAPE_LIST,
    SHAPE_MAP,
    SHAPE_RECORD,
    SHAPE_OPTIONAL,
} ShapeType;

ShapeType shape_type(Str shape);
bool shape_is_number(Str shape);
/* False where a condition of this shape is sure to be none. */
bool shape_may_be_bool(Str shape);
/* Of the elements of a list, the values of a map, what is in an optional; else any. */
Str shape_inner(Str shape);
/* False where a record has no such field. */
bool shape_field(Str record, Str name, Str *ret);
/* Whether a record may have more fields than it names. */
bool shape_is_open(Str record);
/* The row of shapes.def that a record was named by; p NULL where it was not. */
Str shape_name(Str record);
/* The record's field that is nearest to a mistyped one; NULL where none is near, or without
 * memory. */
const char *shape_nearest(Arena *arena, Str record, Str name);

/* What is known of a value that is one or the other. */
Str shape_join(Str a, Str b);
/* p NULL when out of memory. */
Str shape_list_of(Arena *arena, Str element);
Str shape_map_of(Arena *arena, Str value);
Str shape_optional_of(Arena *arena, Str value);

/* Objects of a kind, as rules name kinds (kind_name.h); any where it is not in the table. */
Str shape_of_kind(Str kind);

/* Every row of shapes.def, for tests. */
typedef struct {
    const char *name;
    const char *text;
    bool is_kind;
} ShapeRow;
extern const ShapeRow SHAPES[];
extern const size_t SHAPE_COUNT;
/* Whether a text is a shape, down to its last part. */
bool shape_is_sound(Str shape);

#endif
