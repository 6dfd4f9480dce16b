/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_position.h -- where a place inside a scalar lies in its YAML file.
 *
 * A node says where its scalar begins.  An error inside the scalar's text (an expression, a
 * template) must point into the file all the same, past quotes, escapes, the indentation of
 * blocks and folded lines. */
#ifndef BASE_YAML_POSITION_H
#define BASE_YAML_POSITION_H

#include "base/node.h"

/* text     the whole file that scalar was parsed from
 * offset   in bytes, into scalar->string; its length gives the end
 * The result is 1-based; the column counts code points.  Where text does not hold the
 * scalar, its own position is given. */
void yaml_position(Str text, const Node *scalar, size_t offset, unsigned *ret_line,
                   unsigned *ret_column);

/* A plain scalar as it was written ("1.10", which is the number 1.1); "" for any other. */
Str yaml_written(Str text, const Node *scalar);

/* One line of text without its end; "" past the last. */
Str yaml_line(Str text, unsigned line);

#endif
