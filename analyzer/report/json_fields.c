/* SPDX-License-Identifier: Apache-2.0 */
/* json_fields.c -- fields of JSON objects. */
#include "analyzer/report/json_fields.h"

#include "base/node.h"

void
json_string(Buf *out, Str text)
{
    node_write_json_string(text, out);
}

void
json_name(Buf *out, const char *field, bool is_first)
{
    buf_printf(out, "%s\"%s\": ", is_first ? "" : ", ", field);
}

void
json_text(Buf *out, const char *field, Str text, bool is_first)
{
    json_name(out, field, is_first);
    json_string(out, text);
}

void
json_digest(Buf *out, const char *field, const Digest *digest)
{
    char hex[DIGEST_HEX_BYTES];
    digest_hex(digest, hex);
    json_text(out, field, str_of(hex), false);
}

void
json_list(Buf *out, const char *field, const Str *items, size_t count)
{
    json_name(out, field, false);
    buf_addc(out, '[');
    for (size_t i = 0; i < count; i++) {
        buf_adds(out, i ? ", " : "");
        json_string(out, items[i]);
    }
    buf_addc(out, ']');
}
