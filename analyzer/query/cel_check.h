/* SPDX-License-Identifier: Apache-2.0 */
/* cel_check.h -- what is sure to go wrong with an expression, told before there is evidence.
 *
 * The language is typed at run time, so only what is certain is told: arithmetic of a double
 * with an int, fields that a value of known shape (shape.h) does not have, lists and maps in
 * the place of a number.  Where a shape is not known nothing is told. */
#ifndef QUERY_CEL_CHECK_H
#define QUERY_CEL_CHECK_H

#include "analyzer/query/cel.h"
#include "analyzer/query/shape.h"

typedef struct {
    Arena *arena;
    /* The shape of a variable. */
    Str (*shape_of)(void *context, Str name);
    /* place: code points from the start of the expression.  is_error: no rule may do so. */
    void (*tell)(void *context, bool is_error, uint32_t place, const char *text);
    void *context;
} CelCheck;

/* Gives the shape of the expression's value; "string" for a literal one.  ST_NOMEM. */
NODISCARD Status cel_check(const CelProgram *program, const CelCheck *check, Str *ret, Err *err);

#endif
