/* SPDX-License-Identifier: Apache-2.0 */
/* cel_url.h -- the parts of a URL, as Go's url.ParseRequestURI takes them apart. */
#ifndef QUERY_CEL_URL_H
#define QUERY_CEL_URL_H

#include "base/buf.h"

/* Views of the text, escapes and all; p of query is NULL where there is none. */
typedef struct {
    Str scheme;
    Str host;       /* with port, without user */
    Str path;
    Str query;
} UrlParts;

/* NULL, or why it is none (in Go's words, without the URL). */
const char *url_parse(Str text, UrlParts *ret);
Str url_hostname(Str host);
Str url_port(Str host);
/* Appends with escapes resolved (and '+' as a space in a query); false where one is
 * malformed. */
bool url_unescape(Str s, bool query, Buf *out);
/* Appends the path escaped: as written where that is valid. */
void url_write_path(Str path, Buf *out);

#endif
