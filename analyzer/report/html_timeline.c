/* SPDX-License-Identifier: Apache-2.0 */
/* html_timeline.c -- the voice html: when logs said what is cited, and when containers ended. */
#include "analyzer/report/html.h"
#include "analyzer/report/plot.h"
#include "base/timestamp.h"

#include <stdio.h>

typedef struct {
    int64_t first_ns;
    int64_t last_ns;
    size_t events;
    size_t rules;
} Spread;

static void
spread_over(Spread *spread, int64_t ns)
{
    if (ns == 0)
        return;
    if (spread->events == 0 || ns < spread->first_ns)
        spread->first_ns = ns;
    if (spread->events == 0 || ns > spread->last_ns)
        spread->last_ns = ns;
    spread->events++;
}

static Spread
measure(const Writer *writer, const Gallery *gallery)
{
    Spread spread = {0};
    const VerdictList *verdicts = writer->report->verdicts;
    uint32_t last_rule = UINT32_MAX;
    for (size_t i = 0; i < verdicts->count; i++) {
        const Verdict *verdict = &verdicts->items[i];
        size_t before = spread.events;
        for (size_t k = 0; verdict->kind == VERDICT_FINDING && k < verdict->detail->evidence_count;
             k++)
            spread_over(&spread, verdict->detail->evidence[k].time_ns);
        if (spread.events > before && verdict->rule != last_rule) {
            spread.rules++;
            last_rule = verdict->rule;
        }
    }
    for (size_t i = 0; i < gallery->restarts.count; i++)
        spread_over(&spread, gallery->restarts.items[i].time_ns);
    return spread;
}

static double
place(const Spread *spread, int64_t ns)
{
    double length = (double)spread->last_ns - (double)spread->first_ns;
    return length > 0 ? ((double)ns - (double)spread->first_ns) / length : 0.5;
}

static void
time_ticks(Plot *plot, const Spread *spread)
{
    static const int TICKS = 4;
    bool is_long = spread->last_ns / NS_PER_S / 86400 != spread->first_ns / NS_PER_S / 86400;
    int ticks = spread->last_ns > spread->first_ns ? TICKS : 0;
    for (int i = 0; i <= ticks; i++) {
        double share = ticks ? (double)i / ticks : 0.5;
        int64_t ns = spread->first_ns +
                     (int64_t)(((double)spread->last_ns - (double)spread->first_ns) *
                               (ticks ? share : 0));
        char moment[TIMESTAMP_TEXT_BYTES];
        char label[32];
        timestamp_format(ns, moment);
        if (is_long)
            (void)snprintf(label, sizeof label, "%.5s %.5s", moment + 5, moment + 11);
        else
            (void)snprintf(label, sizeof label, "%.8s", moment + 11);
        plot_tick(plot, share, label, "grid");
    }
}

static Str
mark_title(Writer *writer, const char *moment, const Evidence *evidence)
{
    return writer_kept(writer, arena_strf(writer->arena, "%s " STR_FMT ":%u", moment,
                                          STR_ARG(evidence->member), evidence->line));
}

/* Marks of one finding; false where it has no times. */
static bool
draw_verdict(Writer *writer, Plot *plot, unsigned row, const Verdict *verdict,
             const Spread *spread)
{
    static const char *const CLASSES[SEVERITY_COUNT] = {"info", "warning", "error", "critical"};
    bool has_any = false;
    for (size_t i = 0; i < verdict->detail->evidence_count; i++) {
        const Evidence *evidence = &verdict->detail->evidence[i];
        if (evidence->time_ns == 0)
            continue;
        has_any = true;
        if (row >= plot->rows)
            break;
        char moment[TIMESTAMP_TEXT_BYTES];
        timestamp_format(evidence->time_ns, moment);
        plot_dot(plot, row, place(spread, evidence->time_ns), CLASSES[verdict->severity],
                 mark_title(writer, moment, evidence));
    }
    return has_any;
}

static Str
rule_label(Writer *writer, const Rule *rule)
{
    return writer_kept(writer, arena_strf(writer->arena, STR_FMT "  " STR_FMT, STR_ARG(rule->id),
                                          STR_ARG(rule->title)));
}

static void
draw_rules(Writer *writer, Plot *plot, const Spread *spread)
{
    const VerdictList *verdicts = writer->report->verdicts;
    unsigned row = 0;
    for (size_t i = 0; i < verdicts->count;) {
        uint32_t rule = verdicts->items[i].rule;
        bool has_any = false;
        for (; i < verdicts->count && verdicts->items[i].rule == rule; i++)
            if (verdicts->items[i].kind == VERDICT_FINDING)
                has_any |= draw_verdict(writer, plot, row, &verdicts->items[i], spread);
        if (!has_any)
            continue;
        const Rule *found = writer->report->set->rules.items[rule];
        if (row < plot->rows)
            plot_label(plot, row, rule_label(writer, found));
        row++;
    }
}

static void
draw_restarts(Writer *writer, Plot *plot, unsigned row, const Gallery *gallery,
              const Spread *spread)
{
    plot_label(plot, row, STR("containers that ended and were started again"));
    for (size_t i = 0; i < gallery->restarts.count; i++) {
        const GalleryRestart *one = &gallery->restarts.items[i];
        char moment[TIMESTAMP_TEXT_BYTES];
        if (one->time_ns == 0)
            continue;
        timestamp_format(one->time_ns, moment);
        Str title = arena_strf(writer->arena, "%s " STR_FMT " " STR_FMT ", %u restarts", moment,
                               STR_ARG(one->owner), STR_ARG(one->reason), one->restarts);
        plot_diamond(plot, row, place(spread, one->time_ns), "critical",
                     writer_kept(writer, title));
    }
}

static void
write_restart_table(Buf *out, const Gallery *gallery)
{
    figure_numbers(out, "<th>Container</th><th>Last end</th><th>Reason</th>"
                       "<th class=\"num\">Restarts</th>");
    for (size_t i = 0; i < gallery->restarts.count && i < FIGURE_ROWS_MOST; i++) {
        const GalleryRestart *one = &gallery->restarts.items[i];
        char moment[TIMESTAMP_TEXT_BYTES] = "";
        if (one->time_ns != 0)
            timestamp_format(one->time_ns, moment);
        buf_adds(out, "<tr>");
        html_element(out, "td", NULL, one->owner);
        html_element(out, "td", NULL, str_of(moment));
        html_element(out, "td", NULL, one->reason);
        buf_printf(out, "<td class=\"num\">%u</td></tr>\n", one->restarts);
    }
    figure_end(out);
}

void
html_timeline(Writer *writer, const Gallery *gallery)
{
    Buf *out = &writer->out;
    Spread spread = measure(writer, gallery);
    if (spread.events == 0 && gallery->restarts.count == 0)
        return;
    figure_begin(out, "When logs said what the findings cite, and when containers ended "
                      "(UTC, each by its own clock)");
    if (spread.events > 0) {
        bool has_restarts = gallery->restarts.count > 0;
        size_t most = PLOT_ROWS_MOST - has_restarts;
        size_t rules = spread.rules < most ? spread.rules : most;
        Plot plot = plot_begin(out, "Times of log findings and restarts", rules + has_restarts);
        time_ticks(&plot, &spread);
        Plot upper = plot;
        upper.rows = (unsigned)rules;
        draw_rules(writer, &upper, &spread);
        if (has_restarts)
            draw_restarts(writer, &plot, (unsigned)rules, gallery, &spread);
        plot_end(&plot);
        if (spread.rules > rules)
            buf_printf(out, "<p class=\"muted\">and %zu more rules</p>\n", spread.rules - rules);
    }
    figure_note_rest(gallery, SERIES_RESTARTS, gallery->restarts.count, FIGURE_ROWS_MOST, out);
    if (gallery->restarts.count > 0)
        write_restart_table(out, gallery);
    else
        buf_adds(out, "</figure>\n");
}
