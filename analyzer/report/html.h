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

/* <tag class="class">text</tag>; class NULL: none. */
void html_element(Buf *out, const char *tag, const char *class, Str text);
/* "3.1 MiB" */
void html_bytes(Buf *out, uint64_t bytes);

#endif
