/* SPDX-License-Identifier: Apache-2.0 */
/* cel_number.h -- numbers as text, the way Go (and so CEL) reads and writes them. */
#ifndef QUERY_CEL_NUMBER_H
#define QUERY_CEL_NUMBER_H

#include "base/buf.h"

/* Whole views, decimal, "+" and "-" allowed for ints; false on anything else and overflow. */
bool cel_parse_int(Str text, int64_t *ret);
bool cel_parse_uint(Str text, uint64_t *ret);
/* Also NaN, Inf, Infinity in any case, with a sign. */
bool cel_parse_double(Str text, double *ret);
/* Go's %g: the fewest digits, with an exponent below 1e-4 and from 1e6 on. */
void cel_write_double(double d, Buf *out);
/* The same without an exponent; NaN, Infinity, -Infinity by name. */
void cel_write_double_plain(double d, Buf *out);

#endif
