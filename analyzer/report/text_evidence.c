/* SPDX-License-Identifier: Apache-2.0 */
/* text_evidence.c -- the voice text: a finding's citations, with what decided underlined. */
#include "analyzer/report/citation.h"
#include "analyzer/report/scratch.h"
#include "analyzer/report/text.h"

#include "base/utf8.h"

#include <stdio.h>

/* Lines of one quotation, rows that a marked line may take, lines that say the same. */
enum { SHOWN_LINES = 5, ROWS_MOST = 4, SAME_LINES = 10 };
enum { CUT_COLUMNS = 3, LEAST_ROOM = 8 };

/* A line of a quotation, escaped. */
typedef struct {
    Str text;
    unsigned mark_from;     /* columns */
    unsigned mark_to;
    unsigned columns;
} Quoted;

/* ---- one line ---- */

static void
add_escaped(const Layout *layout, Str text, Buf *out)
{
    bool is_first = true;
    for (Str part; str_cut(&text, '\t', &part); is_first = false) {
        buf_adds(out, is_first ? "" : "  ");
        layout_escape(layout, part, out);
    }
}

/* The start of the character that the byte at is in. */
static size_t
whole_characters(Str line, size_t at)
{
    while (at > 0 && at < line.n && ((unsigned char)line.p[at] & 0xC0) == 0x80)
        at--;
    return at;
}

/* line stands in the excerpt of evidence; escaped into text. */
static Quoted
quote_line(const Layout *layout, const Evidence *evidence, Str line, Buf *text)
{
    size_t start = (size_t)(line.p - evidence->excerpt.p);
    size_t from = evidence->mark_at > start ? evidence->mark_at - start : 0;
    size_t to = evidence->mark_at + evidence->mark_bytes;
    to = to > start ? to - start : 0;
    from = whole_characters(line, from < line.n ? from : line.n);
    to = whole_characters(line, to < line.n ? to : line.n);
    to = to > from ? to : from;
    Quoted quoted;
    add_escaped(layout, str_head(line, from), text);
    quoted.mark_from = layout_columns(buf_str(text));
    add_escaped(layout, str_sub(line, from, to - from), text);
    quoted.mark_to = layout_columns(buf_str(text));
    add_escaped(layout, str_from(line, to), text);
    quoted.text = buf_str(text);
    quoted.columns = layout_columns(quoted.text);
    return quoted;
}

/* The part of text from one column to another, whole characters alone. */
static Str
columns_of(Str text, unsigned from, unsigned to)
{
    unsigned column = 0;
    size_t start = text.n;
    size_t at = 0;
    while (at < text.n) {
        uint32_t code;
        size_t n = utf8_decode(text, at, &code);
        if (column + utf8_width(code) > to)
            break;
        if (column >= from && start == text.n)
            start = at;
        column += utf8_width(code);
        at += n;
    }
    return start < at ? str_sub(text, start, at - start) : STR("");
}

static void
write_underline(const Layout *layout, unsigned gutter, unsigned from, unsigned to)
{
    CLEANUP(scratch_done) Scratch carets = SCRATCH(layout->out);
    for (unsigned i = from; i < to; i++)
        buf_addc(&carets.buf, '^');
    layout_indent(layout, gutter);
    buf_adds(layout->out, "| ");
    layout_indent(layout, from);
    layout_coloured(layout, COLOUR_RED, buf_str(&carets.buf));
    buf_addc(layout->out, '\n');
}

/* One row: columns [from, to) of a line, and carets below what is marked of them. */
static void
write_row(const Layout *layout, const Quoted *quoted, unsigned gutter, unsigned from, unsigned to)
{
    buf_add_str(layout->out, columns_of(quoted->text, from, to));
    buf_addc(layout->out, '\n');
    unsigned mark_from = quoted->mark_from > from ? quoted->mark_from : from;
    unsigned mark_to = quoted->mark_to < to ? quoted->mark_to : to;
    if (mark_from < mark_to)
        write_underline(layout, gutter, mark_from - from, mark_to - from);
}

/* Behind the bar at column gutter: a line without a mark is cut, a marked one is folded, begun
 * shortly before the mark where it would take too many rows. */
static void
write_quoted(const Layout *layout, const Quoted *quoted, unsigned gutter)
{
    unsigned used = gutter + 2;
    unsigned room = layout->width > used + LEAST_ROOM ? layout->width - used : LEAST_ROOM;
    bool is_marked = quoted->mark_from < quoted->mark_to;
    if (!is_marked && quoted->columns > room) {
        buf_add_str(layout->out, columns_of(quoted->text, 0, room - CUT_COLUMNS));
        buf_adds(layout->out, "...\n");
        return;
    }
    unsigned from = 0;
    if (quoted->mark_to > ROWS_MOST * room)
        from = quoted->mark_from > room / 2 ? quoted->mark_from - room / 2 : 0;
    for (unsigned row = 0; row < ROWS_MOST; row++, from += room) {
        if (row > 0) {
            layout_indent(layout, gutter);
            buf_adds(layout->out, "| ");
        }
        write_row(layout, quoted, gutter, from, from + room);
        if (from + room >= quoted->columns)
            return;
    }
}

/* ---- one citation ---- */

static void
write_place(const Layout *layout, const Evidence *evidence, unsigned indent)
{
    CLEANUP(scratch_done) Scratch place = SCRATCH(layout->out);
    citation_place(evidence, &place.buf);
    layout_indent(layout, indent);
    layout_coloured(layout, COLOUR_CYAN, STR("--> "));
    layout_wrap(layout, buf_str(&place.buf), indent + 4, indent + 4);
}

static bool
is_marked(const Evidence *evidence, Str line)
{
    size_t start = (size_t)(line.p - evidence->excerpt.p);
    return evidence->mark_bytes > 0 && evidence->mark_at < start + line.n &&
           evidence->mark_at + evidence->mark_bytes > start;
}

static void
write_line(const Layout *layout, const Evidence *evidence, Str line, uint32_t number,
           unsigned indent, unsigned gutter)
{
    char label[16] = "";
    /* A quotation of a document is no line of its file. */
    if (evidence->line > 0 && !citation_is_document(evidence))
        (void)snprintf(label, sizeof label, "%*u ", (int)(gutter - indent - 1), number);
    layout_indent(layout, indent);
    layout_coloured(layout, COLOUR_DIM, str_of(label));
    layout_indent(layout, gutter - indent - layout_columns(str_of(label)));
    buf_adds(layout->out, "| ");
    CLEANUP(scratch_done) Scratch text = SCRATCH(layout->out);
    Quoted quoted = quote_line(layout, evidence, line, &text.buf);
    write_quoted(layout, &quoted, gutter);
}

static unsigned
digits_of(uint32_t number)
{
    unsigned digits = 1;
    for (; number >= 10; number /= 10)
        digits++;
    return digits;
}

static void
write_excerpt(const Layout *layout, const Evidence *evidence, unsigned indent)
{
    unsigned digits = citation_is_document(evidence) ? 1 : digits_of(evidence->line + SHOWN_LINES);
    unsigned gutter = indent + (digits < 3 ? 3 : digits) + 1;
    unsigned shown = 0;
    unsigned left_out = 0;
    uint32_t number = evidence->line;
    Str rest = evidence->excerpt;
    for (Str line; rest.n > 0 && str_cut(&rest, '\n', &line); number++) {
        if (str_trim(line).n == 0)
            continue;
        if (shown >= SHOWN_LINES && !is_marked(evidence, line)) {
            left_out++;
            continue;
        }
        write_line(layout, evidence, line, number, indent, gutter);
        shown++;
    }
    if (left_out > 0) {
        CLEANUP(scratch_done) Scratch text = SCRATCH(layout->out);
        buf_printf(&text.buf, "%u more line%s", left_out, left_out == 1 ? "" : "s");
        layout_indent(layout, gutter);
        layout_wrap(layout, buf_str(&text.buf), gutter, gutter);
    }
}

/* ---- all of them ---- */

static void
write_same(const Layout *layout, const VerdictDetail *detail, size_t i, unsigned indent)
{
    CLEANUP(scratch_done) Scratch lines = SCRATCH(layout->out);
    unsigned count = 0;
    for (size_t k = i + 1; k < detail->evidence_count; k++)
        if (citation_first_like(detail, k) == i && ++count <= SAME_LINES)
            buf_printf(&lines.buf, "%s%u", count > 1 ? ", " : "", detail->evidence[k].line);
    if (count == 0)
        return;
    if (count > SAME_LINES)
        buf_printf(&lines.buf, " and %u more", count - SAME_LINES);
    CLEANUP(scratch_done) Scratch text = SCRATCH(layout->out);
    buf_printf(&text.buf, "the same at line%s ", count > 1 ? "s" : "");
    buf_add_str(&text.buf, buf_str(&lines.buf));
    layout_indent(layout, indent + 4);
    buf_adds(layout->out, "= ");
    layout_wrap(layout, buf_str(&text.buf), indent + 6, indent + 6);
}

void
text_evidence(const Layout *layout, const VerdictDetail *detail, unsigned indent, size_t limit)
{
    size_t shown = 0;
    size_t left_out = 0;
    for (size_t i = 0; i < detail->evidence_count; i++) {
        if (citation_first_like(detail, i) != i)
            continue;
        if (shown++ >= limit) {
            left_out++;
            continue;
        }
        write_place(layout, &detail->evidence[i], indent);
        write_excerpt(layout, &detail->evidence[i], indent);
        write_same(layout, detail, i, indent);
    }
    if (left_out > 0) {
        layout_indent(layout, indent);
        buf_printf(layout->out, "and %zu more place%s\n", left_out, left_out == 1 ? "" : "s");
    }
}
