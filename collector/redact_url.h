/* SPDX-License-Identifier: Apache-2.0 */
/* redact_url.h -- secrets inside of addresses. */
#ifndef COLLECTOR_REDACT_URL_H
#define COLLECTOR_REDACT_URL_H

#include "collector/redact_find.h"

/* scheme://user:password@host, and webhooks; at: the first colon */
bool redact_url(Str s, size_t at, TextHit *ret);
/* user:password@tcp(host) of Go's drivers, thin:user/password@host of Oracle's; at: the colon */
bool redact_dsn(Str s, size_t at, TextHit *ret);

#endif
