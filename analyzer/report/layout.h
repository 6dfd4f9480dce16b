/* SPDX-License-Identifier: Apache-2.0 */
/* layout.h -- text for a terminal: escaped, wrapped, indented, perhaps coloured. */
#ifndef REPORT_LAYOUT_H
#define REPORT_LAYOUT_H

#include "base/buf.h"

typedef enum {
    COLOUR_NONE,
    COLOUR_RED,
    COLOUR_YELLOW,
    COLOUR_CYAN,
    COLOUR_BOLD,
    COLOUR_DIM,
} Colour;

/* Appends text in a colour, escaped; plain where on is false. */
void layout_coloured(Buf *out, bool on, Colour colour, Str text);

/* Appends text, escaped and wrapped at width, every line after the first begun with indent
 * blanks; the first goes on at column at (from 0).  A word longer than a line stays whole.
 * Ends with a newline. */
void layout_wrap(Buf *out, Str text, unsigned width, unsigned indent, unsigned at);

/* "  label     text": label is padded to a column, text wrapped behind it. */
void layout_field(Buf *out, unsigned width, unsigned indent, const char *label, Str text);

/* Appends n blanks. */
void layout_indent(Buf *out, unsigned n);

#endif
