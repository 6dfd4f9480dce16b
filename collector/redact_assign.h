/* SPDX-License-Identifier: Apache-2.0 */
/* redact_assign.h -- secrets that are announced by a name, in each notation that has names.
 *
 * Each function looks at one place of a text and tells what is to be replaced behind it. */
#ifndef COLLECTOR_REDACT_ASSIGN_H
#define COLLECTOR_REDACT_ASSIGN_H

#include "collector/redact_find.h"

/* name=value, "name": "value", name => 'value'; at: the sign, behind: what follows it. */
bool redact_assignment(Str s, size_t at, size_t behind, TextHit *ret);
/* 'cookie', 'sid=x' of a list of pairs; at: the quote behind the name */
bool redact_pair(Str s, size_t at, TextHit *ret);

/* Whether a name says that its value is secret, and this value may be. */
bool redact_named_value(Str name, Str value);
/* Whether it looks like a secret and not like the name of an object. */
bool redact_is_likely(Str value);
/* null, a variable, a placeholder. */
bool redact_says_nothing(Str value);
/* Whether bytes are compressed or encrypted, so that nobody can look inside. */
bool redact_is_opaque(Str bytes);
/* Whether they are a private key in DER. */
bool redact_is_der_key(Str bytes);

#endif
