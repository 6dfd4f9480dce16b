/* SPDX-License-Identifier: Apache-2.0 */
/* xml.c -- foreign text in XML and HTML. */
#include "analyzer/report/xml.h"

#include "analyzer/report/scratch.h"
#include "base/utf8.h"

/* Characters that begin markup, end an attribute, or are none in XML; NULL for all others. */
static const char *
entity_of(uint32_t code)
{
    switch (code) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case 0xfffe:
        return "\\u{fffe}";
    case 0xffff:
        return "\\u{ffff}";
    default:
        return NULL;
    }
}

static void
add_escaped(Buf *out, Str text)
{
    CLEANUP(scratch_done) Scratch shown = SCRATCH(out);
    utf8_escape_terminal(&shown.buf, text, true);
    if (shown.buf.failed != ST_OK)
        out->failed = shown.buf.failed;
    Str rest = buf_str(&shown.buf);
    size_t plain = 0;
    for (size_t at = 0; at < rest.n;) {
        uint32_t code;
        size_t n = utf8_decode(rest, at, &code);
        const char *entity = entity_of(code);
        if (entity) {
            buf_add(out, rest.p + plain, at - plain);
            buf_adds(out, entity);
            plain = at + n;
        }
        at += n;
    }
    buf_add(out, rest.p + plain, rest.n - plain);
}

void
xml_text(Buf *out, Str text)
{
    bool is_first = true;
    for (Str line; str_cut(&text, '\n', &line); is_first = false) {
        buf_adds(out, is_first ? "" : "\n");
        add_escaped(out, line);
    }
}

void
xml_attribute(Buf *out, const char *name, Str value)
{
    buf_printf(out, " %s=\"", name);
    add_escaped(out, value);
    buf_addc(out, '"');
}
