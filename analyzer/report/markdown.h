/* SPDX-License-Identifier: Apache-2.0 */
/* markdown.h -- foreign text in Markdown. */
#ifndef REPORT_MARKDOWN_H
#define REPORT_MARKDOWN_H

#include "base/buf.h"

/* Appends text for a line of prose or a cell: what could begin markup or HTML is escaped, and
 * line ends become blanks. */
void markdown_inline(Str text, Buf *out);
/* The same, and nothing in it is a link, a mention or a reference on a forge: words that could be
 * are code. */
void markdown_prose(Str text, Buf *out);
/* Appends text as code, which nothing in it can leave; nothing where it is empty. */
void markdown_code(Str text, Buf *out);
/* Appends a fenced block that the text cannot leave, and an empty line. */
void markdown_block(Str text, Buf *out);

#endif
