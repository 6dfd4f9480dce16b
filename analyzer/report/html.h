/* SPDX-License-Identifier: Apache-2.0 */
/* html.h -- the parts of the voice html. */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "analyzer/report/voice.h"
#include "analyzer/report/xml.h"

/* Summary, and the form that filters; what stands above the findings. */
void html_summary(Writer *writer);
/* Rules that failed, that were not evaluated, and findings that were accepted or are gone. */
void html_unsaid(Writer *writer);
/* Plots of the gallery, each with its numbers as a table. */
void html_gallery(Writer *writer);
/* What was and was not collected. */
void html_coverage(Writer *writer);

/* Part of html_gallery(). */
void html_timeline(Writer *writer, const Gallery *gallery);

/* A plot with its title; below it what was left out and why, and the numbers as a table of at
 * most FIGURE_ROWS_MOST rows.  title and head are markup of ours. */
enum { FIGURE_ROWS_MOST = 500 };
void figure_begin(Buf *out, const char *title);
void figure_note_rest(const Gallery *gallery, GallerySeries series, size_t rows, size_t most,
                      Buf *out);
void figure_numbers(Buf *out, const char *head);
void figure_end(Buf *out);

/* <tag class="class">text</tag>; class NULL: none. */
void html_element(Buf *out, const char *tag, const char *class, Str text);
/* "3.1 MiB" */
void html_bytes(Buf *out, uint64_t bytes);

#endif
