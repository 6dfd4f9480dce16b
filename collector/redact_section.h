/* SPDX-License-Identifier: Apache-2.0 */
/* redact_section.h -- Secrets that somebody printed into a log, as JSON or YAML. */
#ifndef COLLECTOR_REDACT_SECTION_H
#define COLLECTOR_REDACT_SECTION_H

#include "collector/redact_find.h"

/* All that "data" or "stringData" of a Secret holds, where the sign at the offset is the one
 * behind that key and "kind: Secret" stands near, before it or behind. */
bool redact_section(Str s, size_t at, TextHit *ret);

/* The lines below the one that ends at the offset which are indented deeper than the line of
 * the key, or are its list.  False where there are none. */
bool redact_lines_below(Str s, size_t key, size_t at, size_t *ret_begin, size_t *ret_end);

/* Bytes of the time stamp and blanks that a line of a log may begin with. */
size_t redact_stamp(Str line);

#endif
