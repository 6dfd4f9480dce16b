/* SPDX-License-Identifier: Apache-2.0 */
/* layout.c -- text for a terminal. */
#include "analyzer/report/layout.h"

#include "base/utf8.h"

enum { LABEL_COLUMNS = 10 };

static const char *const CODES[] = {
    [COLOUR_NONE] = "", [COLOUR_RED] = "1;31", [COLOUR_YELLOW] = "1;33",
    [COLOUR_CYAN] = "36", [COLOUR_BOLD] = "1", [COLOUR_DIM] = "2",
};

void
layout_coloured(Buf *out, bool on, Colour colour, Str text)
{
    bool has_code = on && colour != COLOUR_NONE;
    if (has_code)
        buf_printf(out, "\x1b[%sm", CODES[colour]);
    utf8_escape_terminal(out, text, false);
    if (has_code)
        buf_adds(out, "\x1b[0m");
}

void
layout_indent(Buf *out, unsigned n)
{
    while (n-- > 0)
        buf_addc(out, ' ');
}

static unsigned
columns_of(Str text)
{
    unsigned columns = 0;
    for (size_t at = 0; at < text.n;) {
        uint32_t code;
        at += utf8_decode(text, at, &code);
        columns += utf8_width(code);
    }
    return columns;
}

static void
wrap_escaped(Buf *out, Str text, unsigned width, unsigned indent, unsigned at)
{
    bool is_first = true;
    for (Str word; str_cut(&text, ' ', &word);) {
        if (word.n == 0)
            continue;
        unsigned columns = columns_of(word);
        if (!is_first && at + 1 + columns > width) {
            buf_addc(out, '\n');
            layout_indent(out, indent);
            at = indent;
        } else if (!is_first) {
            buf_addc(out, ' ');
            at++;
        }
        buf_add_str(out, word);
        at += columns;
        is_first = false;
    }
    buf_addc(out, '\n');
}

void
layout_wrap(Buf *out, Str text, unsigned width, unsigned indent, unsigned at)
{
    CLEANUP(buf_done) Buf escaped = BUF_INIT(out->max_bytes);
    utf8_escape_terminal(&escaped, text, false);
    if (escaped.failed != ST_OK) {
        out->failed = escaped.failed;
        return;
    }
    wrap_escaped(out, buf_str(&escaped), width, indent, at);
}

void
layout_field(Buf *out, unsigned width, unsigned indent, const char *label, Str text)
{
    layout_indent(out, indent);
    buf_adds(out, label);
    unsigned used = columns_of(str_of(label));
    unsigned column = indent + LABEL_COLUMNS;
    layout_indent(out, used < LABEL_COLUMNS ? LABEL_COLUMNS - used : 1);
    layout_wrap(out, text, width, column, used < LABEL_COLUMNS ? column : indent + used + 1);
}
