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

/* Where text goes, and what the place can show. */
typedef struct {
    Buf *out;
    unsigned width;         /* columns; lines of prose end before it */
    bool has_colour;
    bool is_ascii;          /* what is no ASCII is spelled in it */
} Layout;

/* Columns that escaped text takes. */
unsigned layout_columns(Str text);
/* Appends text for the terminal to any buffer: without controls, and in ASCII where the layout
 * is. */
void layout_escape(const Layout *layout, Str text, Buf *out);

/* Appends text in a colour, escaped; plain where the layout has none. */
void layout_coloured(const Layout *layout, Colour colour, Str text);

/* Appends text, escaped and wrapped, every line after the first begun with indent blanks; the
 * first goes on at column at (from 0).  A word longer than a line stays whole; line ends of the
 * text are blanks.  Ends with a newline. */
void layout_wrap(const Layout *layout, Str text, unsigned indent, unsigned at);

/* Where layout_field() puts text, for a field at indent. */
unsigned layout_field_column(const Layout *layout, unsigned indent);
/* "  label     text": label is padded to a column, text wrapped behind it; on a narrow terminal
 * text begins below the label.  An empty label leaves its place blank. */
void layout_field(const Layout *layout, unsigned indent, const char *label, Str text);

/* Appends n blanks. */
void layout_indent(const Layout *layout, unsigned n);

/* Appends a command of a shell, "$ " before it; it begins at column indent.  What does not fit is
 * continued on the next line behind a backslash, between words alone, so that what is copied
 * still runs.  Commands of several lines keep them. */
void layout_command(const Layout *layout, Str command, unsigned indent);

#endif
