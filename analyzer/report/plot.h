/* SPDX-License-Identifier: Apache-2.0 */
/* plot.h -- rows along an axis, drawn as SVG: what every plot of a report is made of.
 *
 *     Plot plot = plot_begin(out, "Clocks", rows);
 *     plot_tick(&plot, x, label); ...
 *     for each row: plot_label(&plot, row, text); plot_dot(&plot, row, x, "dot", title);
 *     plot_end(&plot);
 *
 * x goes from 0 to 1 along the axis.  Colours are classes of report.css; there are no style
 * attributes, for the page forbids them. */
#ifndef REPORT_PLOT_H
#define REPORT_PLOT_H

#include "base/buf.h"

typedef struct {
    Buf *out;
    unsigned rows;
} Plot;

/* More rows than this are counted, not drawn. */
enum { PLOT_ROWS_MOST = 40 };

/* what: for those who do not see it. */
Plot plot_begin(Buf *out, const char *what, size_t rows);
void plot_end(Plot *plot);
/* A line across all rows with its label at the bottom. */
void plot_tick(Plot *plot, double x, const char *label, const char *class);
void plot_label(Plot *plot, unsigned row, Str text);
void plot_dot(Plot *plot, unsigned row, double x, const char *class, Str title);
/* A diamond, for what is no measurement but an event. */
void plot_diamond(Plot *plot, unsigned row, double x, const char *class, Str title);
/* A horizontal line with caps at its ends. */
void plot_span(Plot *plot, unsigned row, double from, double to);
void plot_bar(Plot *plot, unsigned row, double from, double to, const char *class, Str title);
/* Text inside the row, from x on. */
void plot_note(Plot *plot, unsigned row, double x, Str text);
/* Marks of one row that belong together, and their class. */
void plot_group(Plot *plot, const char *class);
void plot_group_end(Plot *plot);

#endif
