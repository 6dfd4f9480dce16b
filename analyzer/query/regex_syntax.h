/* SPDX-License-Identifier: Apache-2.0 */
/* regex_syntax.h -- reads RE2's syntax and writes what means the same to PCRE2. */
#ifndef QUERY_REGEX_SYNTAX_H
#define QUERY_REGEX_SYNTAX_H

#include "analyzer/query/regex.h"

/* items[i] is the name of group i + 1, "" where it has none. */
typedef VEC(Str) RegexNames;

/* Appends the translation of pattern (valid UTF-8) to out; names go to the arena. */
NODISCARD Status regex_translate(Arena *arena, Str pattern, unsigned flags, Buf *out,
                                 RegexNames *names, Err *err);

#endif
