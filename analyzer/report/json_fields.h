/* SPDX-License-Identifier: Apache-2.0 */
/* json_fields.h -- fields of JSON objects, for the voices that are JSON.
 *
 * Each appends one field, after a comma unless is_first; text is foreign and becomes valid
 * UTF-8. */
#ifndef REPORT_JSON_FIELDS_H
#define REPORT_JSON_FIELDS_H

#include "base/buf.h"
#include "base/digest.h"

void json_string(Buf *out, Str text);
/* "name": alone; its value is the caller's. */
void json_name(Buf *out, const char *field, bool is_first);
void json_text(Buf *out, const char *field, Str text, bool is_first);
void json_digest(Buf *out, const char *field, const Digest *digest);
void json_list(Buf *out, const char *field, const Str *items, size_t count);

#endif
