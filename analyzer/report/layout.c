/* SPDX-License-Identifier: Apache-2.0 */
/* layout.c -- text for a terminal. */
#include "analyzer/report/layout.h"

#include "analyzer/report/scratch.h"
#include "base/utf8.h"

enum { LABEL_COLUMNS = 10, NARROW_COLUMNS = 50 };

static const char *const CODES[] = {
    [COLOUR_NONE] = "", [COLOUR_RED] = "1;31", [COLOUR_YELLOW] = "1;33",
    [COLOUR_CYAN] = "36", [COLOUR_BOLD] = "1", [COLOUR_DIM] = "2",
};

void
layout_escape(const Layout *layout, Str text, Buf *out)
{
    if (layout->is_ascii)
        utf8_escape_ascii(out, text);
    else
        utf8_escape_terminal(out, text, false);
}

void
layout_coloured(const Layout *layout, Colour colour, Str text)
{
    bool has_code = layout->has_colour && colour != COLOUR_NONE;
    if (has_code)
        buf_printf(layout->out, "\x1b[%sm", CODES[colour]);
    layout_escape(layout, text, layout->out);
    if (has_code)
        buf_adds(layout->out, "\x1b[0m");
}

void
layout_indent(const Layout *layout, unsigned n)
{
    while (n-- > 0)
        buf_addc(layout->out, ' ');
}

unsigned
layout_columns(Str text)
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
wrap_escaped(const Layout *layout, Str text, unsigned indent, unsigned at)
{
    Buf *out = layout->out;
    bool is_first = true;
    for (Str word; str_cut(&text, ' ', &word);) {
        if (word.n == 0)
            continue;
        unsigned columns = layout_columns(word);
        /* Behind a label there may be no room even for the first word. */
        bool is_full = at + !is_first + columns > layout->width && at > indent;
        if (is_full) {
            while (out->n > 0 && out->data[out->n - 1] == ' ')
                out->n--;
            buf_addc(out, '\n');
            layout_indent(layout, indent);
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
layout_wrap(const Layout *layout, Str text, unsigned indent, unsigned at)
{
    CLEANUP(scratch_done) Scratch escaped = SCRATCH(layout->out);
    /* In prose a line end is as good as a blank. */
    for (Str line; str_cut(&text, '\n', &line);) {
        layout_escape(layout, line, &escaped.buf);
        buf_addc(&escaped.buf, ' ');
    }
    if (escaped.buf.failed != ST_OK) {
        layout->out->failed = escaped.buf.failed;
        return;
    }
    wrap_escaped(layout, buf_str(&escaped.buf), indent, at);
}

unsigned
layout_field_column(const Layout *layout, unsigned indent)
{
    return indent + (layout->width < NARROW_COLUMNS ? 2 : LABEL_COLUMNS);
}

void
layout_field(const Layout *layout, unsigned indent, const char *label, Str text)
{
    unsigned column = layout_field_column(layout, indent);
    unsigned at = indent + layout_columns(str_of(label));
    if (*label) {
        layout_indent(layout, indent);
        layout_coloured(layout, COLOUR_CYAN, str_of(label));
    }
    if (*label && at + 1 > column) {
        buf_addc(layout->out, '\n');
        at = 0;
    }
    layout_indent(layout, *label ? column - at : column);
    layout_wrap(layout, text, column, column);
}

/* ---- commands ---- */

/* What of a shell's quoting is open. */
typedef struct {
    char quote;             /* '\'', '"', '`' or 0 */
    bool is_escaped;
} Quoting;

static void
step(Quoting *quoting, char c)
{
    if (quoting->is_escaped)
        quoting->is_escaped = false;
    else if (c == '\\' && quoting->quote != '\'')
        quoting->is_escaped = true;
    else if (quoting->quote)
        quoting->quote = quoting->quote == c ? 0 : quoting->quote;
    else if (c == '\'' || c == '"' || c == '`')
        quoting->quote = c;
}

/* What of a command stands before the next separator outside quotes; *rest begins with it. */
static Str
cut_outside_quotes(Str *rest, char separator)
{
    Quoting quoting = {0};
    size_t end = 0;
    for (; end < rest->n; end++) {
        if (rest->p[end] == separator && !quoting.quote && !quoting.is_escaped)
            break;
        step(&quoting, rest->p[end]);
    }
    Str part = str_head(*rest, end);
    *rest = str_from(*rest, end);
    return part;
}

/* A backslash continues no comment, and blanks that stand together may be meant. */
static bool
may_be_folded(Str line)
{
    size_t at;
    return !str_find(line, STR(" #"), &at) && !str_find(line, STR("  "), &at);
}

static void
fold_line(const Layout *layout, Str line, unsigned indent)
{
    static const unsigned ROOM = 2;     /* for " \" */
    unsigned at = indent + 2;
    bool is_first = true;
    while (line.n > 0) {
        (void)str_take_char(&line, ' ');
        CLEANUP(scratch_done) Scratch word = SCRATCH(layout->out);
        layout_escape(layout, cut_outside_quotes(&line, ' '), &word.buf);
        unsigned columns = layout_columns(buf_str(&word.buf));
        unsigned needed = columns + !is_first + (line.n > 0 ? ROOM : 0);
        if (!is_first && at + needed > layout->width) {
            buf_adds(layout->out, " \\\n");
            layout_indent(layout, indent + 4);
            at = indent + 4;
        } else if (!is_first) {
            buf_addc(layout->out, ' ');
            at++;
        }
        layout_coloured(layout, COLOUR_BOLD, buf_str(&word.buf));
        at += columns;
        is_first = false;
    }
}

void
layout_command(const Layout *layout, Str command, unsigned indent)
{
    size_t at;
    bool has_document = str_find(command, STR("<<"), &at);      /* lines that are data */
    for (bool is_first = true; command.n > 0; (void)str_take_char(&command, '\n')) {
        /* A line end inside quotes is part of a word, and shown as one. */
        Str line = cut_outside_quotes(&command, '\n');
        if (line.n == 0)
            continue;
        layout_indent(layout, indent);
        buf_adds(layout->out, is_first || !has_document ? "$ " : "  ");
        if (!has_document && may_be_folded(line))
            fold_line(layout, line, indent);
        else
            layout_coloured(layout, COLOUR_BOLD, line);
        buf_addc(layout->out, '\n');
        is_first = false;
    }
}
