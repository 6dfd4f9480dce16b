/* SPDX-License-Identifier: Apache-2.0 */
/* redact_phrase.h -- secrets that the words before them announce, without a sign: SQL, XML and
 * configuration files of one entry a line. */
#ifndef COLLECTOR_REDACT_PHRASE_H
#define COLLECTOR_REDACT_PHRASE_H

#include "collector/redact_find.h"

/* <password>value</password>, <name>x.password</name><value>value</value>; at: the '>' */
bool redact_element(Str s, size_t at, TextHit *ret);
/* IDENTIFIED BY 'value', PASSWORD('value'), SET PASSWORD = 'value'; at: the byte before the quote */
bool redact_quoted_word(Str s, size_t at, TextHit *ret);
/* login name password value; at: the p */
bool redact_netrc(Str s, size_t at, TextHit *ret);
/* requirepass value, db.password value, IDENTIFIED BY value; at: the name's last byte */
bool redact_entry(Str s, size_t at, TextHit *ret);
/* user name on >value of Redis; at: the blank */
bool redact_acl(Str s, size_t at, TextHit *ret);
/* host:port:database:user:value of PostgreSQL; at: the first colon */
bool redact_pgpass(Str s, size_t at, TextHit *ret);

#endif
