/* SPDX-License-Identifier: Apache-2.0 */
/* html_rest.c -- the voice html around the findings: summary, filters, what could not be told,
 * what was and was not collected. */
#include "analyzer/report/html.h"
#include "analyzer/report/lacks.h"
#include "analyzer/rule/schema.h"

#include <stdlib.h>

/* Lists that only support the findings; json tells all of them. */
enum { SHOWN_VERDICTS = 1000, SHOWN_LACKS = 200, SHOWN_REASONS = 5, SHOWN_HOLES = 500 };
enum { SHOWN_CAPTURES = 2000, SHOWN_EVIDENCE = 20, SHOWN_CHOICES = 1000 };

#define FINDINGS_ID "findings"
#define LACKS_ID "h-lacks"
#define HOLES_ID "h-holes"

/* ---- summary ---- */

/* A number, which leads to what it counts.  what: one, and many. */
static void
write_tile(Buf *out, const char *class, size_t count, const char *const what[2], const char *id)
{
    const char *word = what[count != 1];
    if (count == 0)
        buf_printf(out, "<li class=\"tile %s\"><b>0</b> %s</li>\n", class, word);
    else
        buf_printf(out, "<li class=\"tile %s some\"><a href=\"#%s\"><b>%zu</b> %s</a></li>\n",
                   class, id, count, word);
}

static void
write_counts(Writer *writer)
{
    static const struct {
        VerdictKind kind;
        const char *what;
    } KINDS[] = {
        {VERDICT_FINDING, "with findings"}, {VERDICT_OK, "ok"},
        {VERDICT_NOT_APPLICABLE, "not applicable"}, {VERDICT_NOT_EVALUATED, "not evaluated"},
        {VERDICT_ERROR, "failed"}, {VERDICT_SUPPRESSED, "suppressed"},
    };
    const ReportCounts *counts = &writer->counts;
    Buf *out = &writer->out;
    buf_adds(out, "<p>Rules: ");
    bool has_any = false;
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        size_t count = counts->rules[KINDS[i].kind];
        if (count == 0)
            continue;
        buf_printf(out, "%s<b>%zu</b> %s", has_any ? " \xc2\xb7 " : "", count, KINDS[i].what);
        has_any = true;
    }
    buf_adds(out, has_any ? "</p>\n" : "none</p>\n");
    if (counts->baseline[BASELINE_NEW] + counts->baseline[BASELINE_UNCHANGED] +
            counts->baseline[BASELINE_GONE] > 0)
        buf_printf(out, "<p>Against the baseline: <b>%zu</b> new \xc2\xb7 <b>%zu</b> known "
                   "\xc2\xb7 <b>%zu</b> gone</p>\n", counts->baseline[BASELINE_NEW],
                   counts->baseline[BASELINE_UNCHANGED], counts->baseline[BASELINE_GONE]);
}

/* ---- filters ---- */

static int
compare_texts(const void *left, const void *right)
{
    return str_cmp(*(const Str *)left, *(const Str *)right);
}

/* Different texts of findings, sorted, as the choices of a list. */
static void
write_choices(Writer *writer, const char *id, const char *label, bool of_packs)
{
    const VerdictList *verdicts = writer->report->verdicts;
    size_t findings = writer->counts.verdicts[VERDICT_FINDING];
    Str *texts = ARENA_ARRAY(writer->arena, Str, findings + 1);
    size_t count = 0;
    if (!texts) {
        writer->out.failed = ST_NOMEM;
        return;
    }
    for (size_t i = 0; i < verdicts->count; i++)
        if (verdicts->items[i].kind == VERDICT_FINDING)
            texts[count++] = of_packs
                                 ? verdict_rule(writer, &verdicts->items[i])->file->pack->name
                                 : verdicts->items[i].detail->namespace;
    if (count > 1)
        qsort(texts, count, sizeof *texts, compare_texts);
    Buf *out = &writer->out;
    buf_printf(out, "<label>%s <select id=\"%s\"><option value=\"\">all</option>", label, id);
    size_t shown = 0;
    for (size_t i = 0; i < count && shown < SHOWN_CHOICES; i++) {
        if (texts[i].n == 0 || (i > 0 && str_eq(texts[i], texts[i - 1])))
            continue;
        shown++;
        buf_adds(out, "<option");
        xml_attribute(out, "value", texts[i]);
        buf_addc(out, '>');
        xml_text(out, texts[i]);
        buf_adds(out, "</option>");
    }
    buf_adds(out, "</select></label>\n");
}

static void
write_filters(Writer *writer)
{
    Buf *out = &writer->out;
    buf_adds(out, "<form id=\"filters\" class=\"filters\" hidden aria-label=\"Filter findings\">\n"
                  "<fieldset><legend class=\"skip\">Severity</legend>");
    for (size_t i = SEVERITY_COUNT; i-- > 0;)
        if (writer->counts.findings[i] > 0)
            buf_printf(out, "<label><input type=\"checkbox\" name=\"s\" value=\"%s\" checked> %s"
                       "</label>", SCHEMA_SEVERITIES[i], SCHEMA_SEVERITIES[i]);
    buf_adds(out, "</fieldset>\n");
    write_choices(writer, "f-pack", "Pack", true);
    write_choices(writer, "f-ns", "Namespace", false);
    buf_adds(out, "<label>Text <input type=\"search\" id=\"f-text\" placeholder=\"press /\">"
                  "</label>\n<button type=\"reset\" class=\"skip\">Show all</button>\n"
                  "<output id=\"f-told\" aria-live=\"polite\"></output>\n</form>\n");
}

void
html_summary(Writer *writer)
{
    static const char *const WORDS[SEVERITY_COUNT][2] = {
        {"info", "info"}, {"warning", "warnings"}, {"error", "errors"}, {"critical", "critical"},
    };
    static const char *const LACKS[2] = {"rule not evaluated", "rules not evaluated"};
    static const char *const HOLES[2] = {"not seen", "not seen"};
    Buf *out = &writer->out;
    const ReportCounts *counts = &writer->counts;
    buf_adds(out, "<ul class=\"tiles\">\n");
    for (size_t i = SEVERITY_COUNT; i-- > 0;)
        write_tile(out, SCHEMA_SEVERITIES[i], counts->findings[i], WORDS[i],
                   FINDINGS_ID);
    write_tile(out, "lack", counts->rules[VERDICT_NOT_EVALUATED], LACKS, LACKS_ID);
    write_tile(out, "lack", holes_count(writer->report), HOLES, HOLES_ID);
    buf_adds(out, "</ul>\n");
    write_counts(writer);
    if (counts->verdicts[VERDICT_FINDING] > 0)
        write_filters(writer);
}

/* ---- verdicts that are no findings ---- */

static void
begin_table(Buf *out, const char *id, const char *title, const char *head)
{
    buf_printf(out, "<section aria-labelledby=\"%s\"><h2 id=\"%s\">%s</h2>"
               "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>%s</tr></thead><tbody>\n",
               id, id, title, head);
}

static void
end_table(Buf *out, size_t count, size_t shown)
{
    buf_adds(out, "</tbody></table></div>\n");
    if (count > shown)
        buf_printf(out, "<p class=\"muted\">and %zu more</p>\n", count - shown);
    buf_adds(out, "</section>\n");
}

static void
write_verdicts(Writer *writer, const char *id, const char *title,
               bool (*belongs)(const Verdict *verdict))
{
    Buf *out = &writer->out;
    const VerdictList *verdicts = writer->report->verdicts;
    size_t count = 0;
    for (size_t i = 0; i < verdicts->count; i++) {
        const Verdict *verdict = &verdicts->items[i];
        if (!belongs(verdict) || ++count > SHOWN_VERDICTS)
            continue;
        if (count == 1)
            begin_table(out, id, title, "<th>Rule</th><th>Subject</th><th>What it says</th>"
                                        "<th>Reason</th>");
        buf_adds(out, "<tr>");
        html_element(out, "td", "word", verdict_rule(writer, verdict)->id);
        html_element(out, "td", NULL, verdict->subject);
        html_element(out, "td", NULL, verdict->detail->message);
        html_element(out, "td", NULL, verdict->detail->reason);
        buf_adds(out, "</tr>\n");
    }
    if (count > 0)
        end_table(out, count, SHOWN_VERDICTS);
}

/* ---- not evaluated ---- */

static void
write_list(Buf *out, const Str *items, size_t count, size_t most)
{
    for (size_t i = 0; i < count && i < most; i++) {
        buf_adds(out, i ? "<br>" : "");
        xml_text(out, items[i]);
    }
    if (count > most)
        buf_printf(out, "<br>and %zu more", count - most);
}

static void
write_lack(Buf *out, const Lack *lack)
{
    buf_adds(out, "<tr>");
    html_element(out, "td", NULL, lack->evidence);
    buf_adds(out, "<td>");
    write_list(out, lack->reasons.items, lack->reasons.count, SHOWN_REASONS);
    buf_adds(out, "</td><td>");
    for (size_t i = 0; i < lack->rules.count; i++) {
        buf_adds(out, i ? " <span title=\"" : "<span title=\"");
        xml_text(out, lack->rules.items[i]->title);
        buf_adds(out, "\">");
        xml_text(out, lack->rules.items[i]->id);
        buf_adds(out, "</span>");
    }
    buf_adds(out, "</td><td>");
    write_list(out, lack->collect_with.items, lack->collect_with.count, SHOWN_REASONS);
    buf_adds(out, "</td></tr>\n");
}

static void
write_lacks(Writer *writer)
{
    LackList lacks = {0};
    if (lacks_of(writer->report, writer->arena, &lacks, NULL) != ST_OK)
        writer->out.failed = ST_NOMEM;
    if (lacks.count == 0)
        return;
    begin_table(&writer->out, LACKS_ID, "Not evaluated, because evidence is missing",
                "<th>Evidence</th><th>Why it is missing</th><th>Rules that needed it</th>"
                "<th>Collect with</th>");
    for (size_t i = 0; i < lacks.count && i < SHOWN_LACKS; i++)
        write_lack(&writer->out, lacks.items[i]);
    end_table(&writer->out, lacks.count, SHOWN_LACKS);
}

/* ---- what was collected ---- */

static void
write_holes(Writer *writer, const char *id, const char *title,
            Status (*find)(const Report *, Arena *, HoleList *, Err *))
{
    HoleList holes = {0};
    Buf *out = &writer->out;
    if (find(writer->report, writer->arena, &holes, NULL) != ST_OK)
        out->failed = ST_NOMEM;
    if (holes.count == 0)
        return;
    begin_table(out, id, title, "<th>What</th><th class=\"word\">State</th><th>Why</th>"
                                            "<th>Collect with</th>");
    for (size_t i = 0; i < holes.count && i < SHOWN_HOLES; i++) {
        const Hole *hole = holes.items[i];
        buf_adds(out, "<tr><td>");
        write_list(out, hole->evidence.items, hole->evidence.count, SHOWN_EVIDENCE);
        buf_adds(out, "</td>");
        html_element(out, "td", "word", hole->state);
        html_element(out, "td", NULL, hole->reason);
        html_element(out, "td", NULL, hole->collect_with);
        buf_adds(out, "</tr>\n");
    }
    end_table(out, holes.count, SHOWN_HOLES);
}

static void
write_kinds(Buf *out, const Gallery *gallery)
{
    buf_adds(out, "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr><th>Kind</th>"
                  "<th class=\"num\">Complete</th><th class=\"num\">Partial</th>"
                  "<th class=\"num\">Failed</th><th class=\"num\">Skipped</th>"
                  "<th class=\"num\">Size</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < gallery->kinds.count; i++) {
        const GalleryKind *kind = &gallery->kinds.items[i];
        buf_adds(out, "<tr>");
        html_element(out, "td", NULL, kind->kind);
        for (size_t k = 0; k < CAPTURE_STATE_COUNT; k++)
            buf_printf(out, "<td class=\"num\">%u</td>", kind->states[k]);
        buf_adds(out, "<td class=\"num\">");
        html_bytes(out, kind->bytes);
        buf_adds(out, "</td></tr>\n");
    }
    buf_adds(out, "</tbody></table></div>\n");
}

static void
write_captures(Buf *out, const Gallery *gallery)
{
    static const char *const BADGES[CAPTURE_STATE_COUNT] = {"ok", "warning", "error", "info"};
    buf_adds(out, "<details class=\"bulk\"><summary>Every capture</summary><div class=\"scroll\" tabindex=\"0\">"
                  "<table><thead><tr><th>Capture</th><th>State</th><th>Why not whole</th>"
                  "<th class=\"num\">Size</th><th class=\"num\">Took</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < gallery->captures.count && i < SHOWN_CAPTURES; i++) {
        const GalleryCapture *one = &gallery->captures.items[i];
        buf_adds(out, "<tr>");
        html_element(out, "td", NULL, one->id);
        buf_printf(out, "<td><span class=\"badge %s\">%s</span></td>", BADGES[one->state],
                   capture_state_name((CaptureState)one->state));
        html_element(out, "td", NULL, one->reason);
        buf_adds(out, "<td class=\"num\">");
        html_bytes(out, one->bytes);
        buf_printf(out, "</td><td class=\"num\">%u ms</td></tr>\n", one->duration_ms);
    }
    buf_adds(out, "</tbody></table></div>\n");
    if (gallery->left_out[SERIES_CAPTURES] > 0)
        buf_printf(out, "<p class=\"muted\">and %u more</p>\n", gallery->left_out[SERIES_CAPTURES]);
    buf_adds(out, "</details>\n");
}

static void
write_collected(Writer *writer)
{
    const Gallery *gallery = writer->report->gallery;
    Buf *out = &writer->out;
    if (!gallery)
        return;
    buf_adds(out, "<section aria-labelledby=\"h-collected\"><h2 id=\"h-collected\">What was and "
                  "was not collected</h2>\n");
    if (gallery->lack[SERIES_CAPTURES].n > 0)
        html_element(out, "p", NULL, gallery->lack[SERIES_CAPTURES]);
    if (gallery->kinds.count > 0) {
        write_kinds(out, gallery);
        write_captures(out, gallery);
    }
    buf_adds(out, "</section>\n");
}

void
html_unsaid(Writer *writer)
{
    write_verdicts(writer, "h-failed", "Rules that failed (please report them)",
                   verdict_has_failed);
    write_lacks(writer);
    write_verdicts(writer, "h-accepted", "Accepted by an overlay", verdict_is_accepted);
    write_holes(writer, "h-overlays", "Changed by overlays", overlay_notes_of);
    write_verdicts(writer, "h-gone", "Gone since the baseline", verdict_is_gone);
}

void
html_coverage(Writer *writer)
{
    write_holes(writer, HOLES_ID, "Not seen", holes_of);
    write_collected(writer);
}
