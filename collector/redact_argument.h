/* SPDX-License-Identifier: Apache-2.0 */
/* redact_argument.h -- secrets on command lines: behind options, behind flags of programs. */
#ifndef COLLECTOR_REDACT_ARGUMENT_H
#define COLLECTOR_REDACT_ARGUMENT_H

#include "collector/redact_find.h"

/* --password value, curl -u user:password, sshpass -p value, mysql -pvalue, and the same as a
 * list of texts; at: the first dash. */
bool redact_option(Str s, size_t at, TextHit *ret);
/* sqlplus user/password@base; at: the program's first letter. */
bool redact_login(Str s, size_t at, TextHit *ret);

/* echo value | docker login --password-stdin; at: the e */
bool redact_echo(Str s, size_t at, TextHit *ret);

/* Whether an argument is secret, by the one before it and by the program, which may be "". */
bool redact_argument(Str program, Str option, Str value);

#endif
