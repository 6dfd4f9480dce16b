/* SPDX-License-Identifier: Apache-2.0 */
/* html_gallery.c -- the voice html: plots, each with its numbers as a table. */
#include "analyzer/report/html.h"
#include "analyzer/report/plot.h"
#include "analyzer/report/scratch.h"
#include "base/utf8.h"

#include <math.h>
#include <stdio.h>

/* ---- what all have ---- */

void
figure_begin(Buf *out, const char *title)
{
    buf_printf(out, "<figure><figcaption>%s</figcaption>\n", title);
}

void
figure_numbers(Buf *out, const char *head)
{
    buf_printf(out, "<details><summary>Numbers</summary><div class=\"scroll\" tabindex=\"0\">"
               "<table><thead><tr>%s</tr></thead><tbody>\n", head);
}

void
figure_end(Buf *out)
{
    buf_adds(out, "</tbody></table></div></details></figure>\n");
}

/* What is not in the plot, and why. */
void
figure_note_rest(const Gallery *gallery, GallerySeries series, size_t rows, size_t most, Buf *out)
{
    size_t more = gallery->left_out[series] + (rows > most ? rows - most : 0);
    if (more > 0)
        buf_printf(out, "<p class=\"muted\">and %zu more</p>\n", more);
    if (gallery->lack[series].n > 0) {
        buf_adds(out, "<p class=\"muted\">Not all is known: ");
        xml_text(out, gallery->lack[series]);
        buf_adds(out, "</p>\n");
    }
}

/* ---- clocks ---- */

/* A hundred years: no clock is farther off, whatever a file says. */
static const double FARTHEST_S = 100 * 365.25 * 86400;

/* Offsets span from milliseconds to days: linear near zero, logarithmic beyond. */
static double
squeezed(double seconds)
{
    static const double LINEAR_S = 0.1;
    return copysign(log10(1 + fabs(seconds) / LINEAR_S), seconds);
}

static double
clock_reach(const Gallery *gallery)
{
    double reach = 1;
    for (size_t i = 0; i < gallery->clocks.count && i < PLOT_ROWS_MOST; i++) {
        const GalleryClock *clock = &gallery->clocks.items[i];
        double end = fabs(clock->offset_s) + clock->error_s;
        reach = end > reach ? end : reach;
    }
    return squeezed(reach < FARTHEST_S ? reach * 1.1 : FARTHEST_S);
}

/* What no clock shows is told short. */
static void
put_seconds(Buf *out, double seconds)
{
    buf_printf(out, fabs(seconds) < FARTHEST_S ? "<td class=\"num\">%.3f</td>"
                                               : "<td class=\"num\">%.3g</td>", seconds);
}

static void
clock_ticks(Plot *plot, double reach)
{
    static const struct {
        double seconds;
        const char *label;
    } TICKS[] = {{0.1, "100 ms"}, {1, "1 s"}, {10, "10 s"}, {120, "2 min"}, {3600, "1 h"},
                 {86400, "1 d"}, {30 * 86400.0, "30 d"}, {3650 * 86400.0, "10 a"}};
    static const double APART = 0.07;       /* labels must not touch */
    double last = 0;
    plot_tick(plot, 0.5, "0", "zero");
    for (size_t i = 0; i < sizeof TICKS / sizeof *TICKS; i++) {
        double at = squeezed(TICKS[i].seconds) / reach / 2;
        char label[32];
        if (at > 0.5)
            break;
        if (at - last < APART)
            continue;
        last = at;
        (void)snprintf(label, sizeof label, "+%s", TICKS[i].label);
        plot_tick(plot, 0.5 + at, label, "grid");
        (void)snprintf(label, sizeof label, "\xe2\x88\x92%s", TICKS[i].label);
        plot_tick(plot, 0.5 - at, label, "grid");
    }
}

static void
draw_clock(Plot *plot, unsigned row, const GalleryClock *clock, double reach)
{
    /* What lies within its error may be no difference at all. */
    bool is_off = fabs(clock->offset_s) - clock->error_s > 1;
    char text[96];
    (void)snprintf(text, sizeof text, "%+.6g s \xc2\xb1 %.6g s", clock->offset_s, clock->error_s);
    plot_label(plot, row, clock->subject);
    plot_group(plot, is_off ? "bad" : "good");
    plot_span(plot, row, 0.5 + squeezed(clock->offset_s - clock->error_s) / reach / 2,
              0.5 + squeezed(clock->offset_s + clock->error_s) / reach / 2);
    plot_dot(plot, row, 0.5 + squeezed(clock->offset_s) / reach / 2, "dot", str_of(text));
    plot_group_end(plot);
}

static void
write_clocks(Writer *writer, const Gallery *gallery)
{
    Buf *out = &writer->out;
    size_t count = gallery->clocks.count;
    figure_begin(out, "Clocks against the machine that collected, with the error of each");
    double reach = clock_reach(gallery);
    Plot plot = plot_begin(out, "Clock offsets with their errors; the numbers are in the table "
                                "below", count);
    clock_ticks(&plot, reach);
    for (unsigned i = 0; i < plot.rows; i++)
        draw_clock(&plot, i, &gallery->clocks.items[i], reach);
    plot_end(&plot);
    figure_note_rest(gallery, SERIES_CLOCKS, count, PLOT_ROWS_MOST, out);
    figure_numbers(out, "<th>Clock</th><th>Kind</th><th>Node</th><th>Method</th>"
                       "<th class=\"num\">Offset, s</th><th class=\"num\">Error, s</th>");
    for (size_t i = 0; i < count && i < FIGURE_ROWS_MOST; i++) {
        const GalleryClock *clock = &gallery->clocks.items[i];
        const Str cells[] = {clock->subject, clock->kind, clock->node, clock->method};
        buf_adds(out, "<tr>");
        for (size_t k = 0; k < sizeof cells / sizeof *cells; k++)
            html_element(out, "td", NULL, cells[k]);
        put_seconds(out, clock->offset_s);
        put_seconds(out, clock->error_s);
        buf_adds(out, "</tr>\n");
    }
    figure_end(out);
}

/* ---- versions ---- */

/* Rows of one component stand together. */
static size_t
component_end(const Gallery *gallery, size_t start, uint64_t *ret_pods)
{
    size_t end = start;
    *ret_pods = 0;
    while (end < gallery->versions.count &&
           str_eq(gallery->versions.items[end].component, gallery->versions.items[start].component))
        *ret_pods += gallery->versions.items[end++].pods;
    return end;
}

static void
draw_component(Writer *writer, Plot *plot, unsigned row, const Gallery *gallery, size_t start,
               size_t end, double most)
{
    double at = 0;
    CLEANUP(scratch_done) Scratch note = SCRATCH(&writer->out);
    plot_label(plot, row, gallery->versions.items[start].component);
    for (size_t i = start; i < end; i++) {
        const GalleryVersion *one = &gallery->versions.items[i];
        Str version = one->version.n > 0 ? one->version : STR("unknown");
        double width = one->pods / most * 0.6;
        Str text = arena_strf(writer->arena, STR_FMT " \xc3\x97 %u",
                              STR_ARG(utf8_head(version, 60)), one->pods);
        text = writer_kept(writer, text);
        plot_bar(plot, row, at, at + width, i == start ? "bar" : "other", text);
        buf_adds(&note.buf, i > start ? ", " : "");
        buf_add_str(&note.buf, text);
        at += width;
    }
    plot_note(plot, row, at, buf_str(&note.buf));
}

static void
write_versions(Writer *writer, const Gallery *gallery)
{
    Buf *out = &writer->out;
    size_t rows = 0;
    double most = 1;
    for (size_t i = 0; i < gallery->versions.count; rows++) {
        uint64_t pods;
        i = component_end(gallery, i, &pods);
        most = (double)pods > most ? (double)pods : most;
    }
    figure_begin(out, "Versions by component, by pods");
    Plot plot = plot_begin(out, "Pods of each component by version", rows);
    plot_tick(&plot, 0, "0", "zero");
    size_t start = 0;
    for (unsigned row = 0; row < plot.rows; row++) {
        uint64_t pods;
        size_t end = component_end(gallery, start, &pods);
        draw_component(writer, &plot, row, gallery, start, end, most);
        start = end;
    }
    plot_end(&plot);
    figure_note_rest(gallery, SERIES_VERSIONS, rows, PLOT_ROWS_MOST, out);
    figure_numbers(out, "<th>Component</th><th>Version</th><th class=\"num\">Pods</th>");
    for (size_t i = 0; i < gallery->versions.count && i < FIGURE_ROWS_MOST; i++) {
        const GalleryVersion *one = &gallery->versions.items[i];
        buf_adds(out, "<tr>");
        html_element(out, "td", NULL, one->component);
        html_element(out, "td", NULL, one->version.n > 0 ? one->version : STR("unknown"));
        buf_printf(out, "<td class=\"num\">%u</td></tr>\n", one->pods);
    }
    figure_end(out);
}

/* ---- descriptors ---- */

static void
draw_limit(Plot *plot, unsigned row, const GalleryLimit *limit, double reach)
{
    static const double NEARLY_FULL = 0.8;
    char text[128];
    (void)snprintf(text, sizeof text, "%.0f of %.0f (%.3g %%)", limit->open, limit->soft,
                   100 * limit->open / limit->soft);
    plot_label(plot, row, limit->owner);
    plot_group(plot, limit->open >= NEARLY_FULL * limit->soft ? "bad" : "good");
    double end = log10(1 + limit->soft) / reach;
    plot_bar(plot, row, 0, end, "track", str_of(text));
    plot_bar(plot, row, 0, log10(1 + limit->open) / reach, "bar", str_of(text));
    (void)snprintf(text, sizeof text, "%.0f of %.0f", limit->open, limit->soft);
    plot_note(plot, row, log10(1 + limit->open) / reach, str_of(text));
    plot_group_end(plot);
}

static void
write_limits(Writer *writer, const Gallery *gallery)
{
    Buf *out = &writer->out;
    size_t count = gallery->limits.count;
    double reach = 1;
    for (size_t i = 0; i < count && i < PLOT_ROWS_MOST; i++) {
        const GalleryLimit *limit = &gallery->limits.items[i];
        double most = log10(1 + (limit->open > limit->soft ? limit->open : limit->soft));
        reach = most > reach ? most : reach;
    }
    figure_begin(out, "File descriptors in use against their limit (logarithmic), fullest first");
    Plot plot = plot_begin(out, "File descriptors in use and their limits", count);
    for (int power = 0; power <= (int)reach; power++) {
        char label[32];
        (void)snprintf(label, sizeof label, "%.0f", pow(10, power));
        plot_tick(&plot, log10(1 + pow(10, power)) / reach, label, "grid");
    }
    for (unsigned i = 0; i < plot.rows; i++)
        draw_limit(&plot, i, &gallery->limits.items[i], reach);
    plot_end(&plot);
    figure_note_rest(gallery, SERIES_LIMITS, count, PLOT_ROWS_MOST, out);
    figure_numbers(out, "<th>Process</th><th class=\"num\">Open</th><th class=\"num\">Limit</th>"
                       "<th class=\"num\">Share</th>");
    for (size_t i = 0; i < count && i < FIGURE_ROWS_MOST; i++) {
        const GalleryLimit *limit = &gallery->limits.items[i];
        buf_adds(out, "<tr>");
        html_element(out, "td", NULL, limit->owner);
        buf_printf(out, "<td class=\"num\">%.0f</td><td class=\"num\">%.0f</td>"
                   "<td class=\"num\">%.3g %%</td></tr>\n", limit->open, limit->soft,
                   100 * limit->open / limit->soft);
    }
    figure_end(out);
}

/* ---- all of them ---- */

/* A series without rows says at least why. */
static void
write_series(Writer *writer, const Gallery *gallery, GallerySeries series, size_t count,
             const char *name, void (*write)(Writer *writer, const Gallery *gallery))
{
    if (count > 0) {
        write(writer, gallery);
        return;
    }
    buf_printf(&writer->out, "<p>%s: ", name);
    xml_text(&writer->out, gallery->lack[series].n > 0 ? gallery->lack[series]
                                                       : STR("nothing of it is in the bundle"));
    buf_adds(&writer->out, "</p>\n");
}

void
html_gallery(Writer *writer)
{
    const Gallery *gallery = writer->report->gallery;
    if (!gallery)
        return;
    buf_adds(&writer->out, "<section aria-labelledby=\"h-plots\"><h2 id=\"h-plots\">"
                           "Measurements</h2>\n");
    html_timeline(writer, gallery);
    write_series(writer, gallery, SERIES_CLOCKS, gallery->clocks.count, "Clocks", write_clocks);
    write_series(writer, gallery, SERIES_VERSIONS, gallery->versions.count, "Versions",
                 write_versions);
    write_series(writer, gallery, SERIES_LIMITS, gallery->limits.count, "File descriptors",
                 write_limits);
    buf_adds(&writer->out, "</section>\n");
}
