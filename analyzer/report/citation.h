/* SPDX-License-Identifier: Apache-2.0 */
/* citation.h -- citations as every voice for people tells them. */
#ifndef REPORT_CITATION_H
#define REPORT_CITATION_H

#include "analyzer/rule/verdict.h"
#include "base/buf.h"

/* Of a part of a document, whose excerpt is no line of its file. */
bool citation_is_document(const Evidence *evidence);
/* Appends "member:line pointer", not escaped; a pointer that nobody could read is cut. */
void citation_place(const Evidence *evidence, Buf *out);
/* The first citation before index i that says what it says, but for digits: the same line at
 * another time.  i itself where none does. */
size_t citation_first_like(const VerdictDetail *detail, size_t i);

/* Whether both findings are mended in the same way, so that it need be told once. */
bool citation_same_fixes(const VerdictDetail *a, const VerdictDetail *b);

#endif
