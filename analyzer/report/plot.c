/* SPDX-License-Identifier: Apache-2.0 */
/* plot.c -- rows along an axis, drawn as SVG. */
#include "analyzer/report/plot.h"

#include "analyzer/report/xml.h"
#include "base/utf8.h"

/* In units of the drawing, which are pixels at its natural size. */
enum { WIDTH = 960, LABEL = 330, RIGHT = 60, ROW = 22, TOP = 6, BOTTOM = 24, RADIUS = 4 };
enum { LABEL_CHARACTERS = 46 };

static double
across(double x)
{
    x = x < 0 ? 0 : x > 1 ? 1 : x;
    return LABEL + x * (WIDTH - LABEL - RIGHT);
}

static unsigned
middle(unsigned row)
{
    return TOP + row * ROW + ROW / 2;
}

static void
put_title(Buf *out, Str title)
{
    if (title.n == 0)
        return;
    buf_adds(out, "<title>");
    xml_text(out, title);
    buf_adds(out, "</title>");
}

Plot
plot_begin(Buf *out, const char *what, size_t rows)
{
    Plot plot = {out, rows < PLOT_ROWS_MOST ? (unsigned)rows : PLOT_ROWS_MOST};
    buf_printf(out, "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"%s\">"
               "<svg viewBox=\"0 0 %d %u\" role=\"img\" aria-label=\"%s\">\n", what, WIDTH,
               TOP + plot.rows * ROW + BOTTOM, what);
    return plot;
}

void
plot_end(Plot *plot)
{
    buf_adds(plot->out, "</svg></div>\n");
}

void
plot_tick(Plot *plot, double x, const char *label, const char *class)
{
    unsigned bottom = TOP + plot->rows * ROW;
    buf_printf(plot->out, "<line class=\"%s\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%u\"/>", class,
               across(x), across(x), TOP, bottom);
    buf_printf(plot->out, "<text class=\"dim\" x=\"%.1f\" y=\"%u\" text-anchor=\"middle\">%s"
               "</text>\n", across(x), bottom + 16, label);
}

/* A long name is cut in its middle: both ends tell names apart. */
static void
put_label(Buf *out, Str text)
{
    size_t count = utf8_count(text);
    size_t head;
    size_t tail;
    if (count <= LABEL_CHARACTERS || !utf8_offset(text, LABEL_CHARACTERS / 2 - 1, &head) ||
        !utf8_offset(text, count - LABEL_CHARACTERS / 2, &tail)) {
        xml_text(out, text);
        return;
    }
    xml_text(out, str_head(text, head));
    buf_adds(out, "\xe2\x80\xa6");
    xml_text(out, str_from(text, tail));
}

void
plot_label(Plot *plot, unsigned row, Str text)
{
    buf_printf(plot->out, "<text x=\"0\" y=\"%u\">", middle(row) + 4);
    put_label(plot->out, text);
    put_title(plot->out, text);
    buf_adds(plot->out, "</text>\n");
}

void
plot_dot(Plot *plot, unsigned row, double x, const char *class, Str title)
{
    buf_printf(plot->out, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%u\" r=\"%d\">", class, across(x),
               middle(row), RADIUS);
    put_title(plot->out, title);
    buf_adds(plot->out, "</circle>\n");
}

void
plot_diamond(Plot *plot, unsigned row, double x, const char *class, Str title)
{
    double at = across(x);
    unsigned y = middle(row);
    buf_printf(plot->out, "<path class=\"%s\" d=\"M%.1f %uL%.1f %uL%.1f %uL%.1f %uZ\">", class,
               at, y - RADIUS - 2, at + RADIUS + 2, y, at, y + RADIUS + 2, at - RADIUS - 2, y);
    put_title(plot->out, title);
    buf_adds(plot->out, "</path>\n");
}

void
plot_span(Plot *plot, unsigned row, double from, double to)
{
    unsigned y = middle(row);
    buf_printf(plot->out, "<path class=\"span\" d=\"M%.1f %uV%uM%.1f %uH%.1fM%.1f %uV%u\"/>\n",
               across(from), y - RADIUS, y + RADIUS, across(from), y, across(to), across(to),
               y - RADIUS, y + RADIUS);
}

void
plot_bar(Plot *plot, unsigned row, double from, double to, const char *class, Str title)
{
    double left = across(from);
    double width = across(to) - left;
    buf_printf(plot->out, "<rect class=\"%s\" x=\"%.1f\" y=\"%u\" width=\"%.1f\" height=\"%d\" "
               "rx=\"2\">", class, left, middle(row) - ROW / 2 + 4, width > 1 ? width : 1, ROW - 8);
    put_title(plot->out, title);
    buf_adds(plot->out, "</rect>\n");
}

void
plot_note(Plot *plot, unsigned row, double x, Str text)
{
    buf_printf(plot->out, "<text class=\"dim\" x=\"%.1f\" y=\"%u\">", across(x) + RADIUS + 2,
               middle(row) + 4);
    xml_text(plot->out, text);
    buf_adds(plot->out, "</text>\n");
}

void
plot_group(Plot *plot, const char *class)
{
    buf_printf(plot->out, "<g class=\"%s\">", class);
}

void
plot_group_end(Plot *plot)
{
    buf_adds(plot->out, "</g>\n");
}
