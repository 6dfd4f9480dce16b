/* SPDX-License-Identifier: Apache-2.0 */
/* redact_sentence.h -- what programs tell of a password in a sentence, and prompts for one whose
 * answer stands below.
 *
 * Sentences are about passwords far more often than they hold one: only what looks like a secret
 * is taken. */
#ifndef COLLECTOR_REDACT_SENTENCE_H
#define COLLECTOR_REDACT_SENTENCE_H

#include "collector/redact_find.h"

/* Password for user admin: value, password of root set to value, using password value, use the
 * following password to proceed: and the value below; at: the first byte of the word */
bool redact_announced(Str s, size_t at, TextHit *ret);
/* Password: and the value alone on a line below; at: the colon */
bool redact_prompted(Str s, size_t at, Str name, TextHit *ret);
/* ENV DB_PASSWORD value, setenv DB_PASSWORD value; at: the v */
bool redact_environment(Str s, size_t at, TextHit *ret);

#endif
