/* SPDX-License-Identifier: Apache-2.0 */
/* text_rest.c -- the voice text behind the findings: what could not be told. */
#include "analyzer/report/lacks.h"
#include "analyzer/report/scratch.h"
#include "analyzer/report/text.h"
#include "analyzer/rule/schema.h"

/* Lists that only support the findings are cut here; json tells all of them. */
enum {
    SHOWN_VERDICTS = 10,
    SHOWN_LACKS = 12,
    SHOWN_REASONS = 2,
    SHOWN_RULES = 8,
    SHOWN_HOLES = 12,
    SHOWN_EVIDENCE = 4,
    LINE_BYTES = 256 << 10,
};

static void
write_heading(const Layout *layout, const char *text)
{
    if (layout_columns(str_of(text)) > layout->width) {
        layout_wrap(layout, str_of(text), 0, 0);
        return;
    }
    layout_coloured(layout, COLOUR_BOLD, str_of(text));
    buf_addc(layout->out, '\n');
}

static void
write_item(const Layout *layout, Str text)
{
    layout_indent(layout, 2);
    layout_wrap(layout, text, 4, 2);
}

static void
write_more(const Layout *layout, size_t count, size_t shown)
{
    CLEANUP(scratch_done) Scratch text = SCRATCH(layout->out);
    buf_printf(&text.buf, "and %zu more; --format json tells them all", count - shown);
    if (count > shown)
        write_item(layout, buf_str(&text.buf));
    buf_addc(layout->out, '\n');
}

/* ---- verdicts that are no findings, one line each ---- */

static void
write_verdict_line(Writer *writer, const Layout *layout, const Verdict *verdict, Str text)
{
    CLEANUP(scratch_done) Scratch line = SCRATCH(layout->out);
    buf_add_str(&line.buf, verdict_rule(writer, verdict)->id);
    buf_adds(&line.buf, verdict->subject.n > 0 ? " " : "");
    buf_add_str(&line.buf, verdict->subject);
    buf_adds(&line.buf, text.n > 0 ? ": " : "");
    buf_add_str(&line.buf, text);
    write_item(layout, buf_str(&line.buf));
}

static void
write_verdicts(Writer *writer, const Layout *layout, const char *heading,
               bool (*belongs)(const Verdict *verdict), bool wants_reason)
{
    const VerdictList *verdicts = writer->report->verdicts;
    size_t count = 0;
    for (size_t i = 0; i < verdicts->count; i++) {
        const Verdict *verdict = &verdicts->items[i];
        if (!belongs(verdict) || ++count > SHOWN_VERDICTS)
            continue;
        if (count == 1)
            write_heading(layout, heading);
        const VerdictDetail *detail = verdict->detail;
        bool has_reason = wants_reason || detail->message.n == 0;
        write_verdict_line(writer, layout, verdict,
                           has_reason ? detail->reason : detail->message);
    }
    if (count > 0)
        write_more(layout, count, SHOWN_VERDICTS);
}

/* ---- not evaluated ---- */

static void
write_rules(const Lack *lack, Buf *out)
{
    if (lack->rules.count > SHOWN_RULES)
        buf_printf(out, "%zu: ", lack->rules.count);
    for (size_t i = 0; i < lack->rules.count && i < SHOWN_RULES; i++) {
        buf_adds(out, i ? " " : "");
        buf_add_str(out, lack->rules.items[i]->id);
    }
    if (lack->rules.count > SHOWN_RULES)
        buf_printf(out, " and %zu more", lack->rules.count - SHOWN_RULES);
}

static void
write_lack(const Layout *layout, const Lack *lack)
{
    CLEANUP(scratch_done) Scratch line = SCRATCH(layout->out);
    for (size_t i = 0; i < lack->reasons.count && i < SHOWN_REASONS; i++) {
        if (i == 0)
            buf_add_str(&line.buf, lack->evidence);
        buf_adds(&line.buf, i > 0 ? "; " : lack->evidence.n > 0 ? ": " : "");
        buf_add_str(&line.buf, lack->reasons.items[i]);
    }
    if (lack->reasons.count > SHOWN_REASONS)
        buf_printf(&line.buf, "; and %zu more reasons", lack->reasons.count - SHOWN_REASONS);
    write_item(layout, buf_str(&line.buf));
    scratch_clear(&line);
    write_rules(lack, &line.buf);
    layout_field(layout, 4, "rules", buf_str(&line.buf));
    for (size_t i = 0; i < lack->collect_with.count && i < SHOWN_REASONS; i++)
        layout_field(layout, 4, i == 0 ? "collect" : "", lack->collect_with.items[i]);
}

static void
write_lacks(Writer *writer, const Layout *layout)
{
    LackList lacks = {0};
    if (lacks_of(writer->report, writer->arena, &lacks, NULL) != ST_OK)
        writer->out.failed = ST_NOMEM;
    if (lacks.count == 0)
        return;
    write_heading(layout, "Not evaluated, because evidence is missing");
    for (size_t i = 0; i < lacks.count && i < SHOWN_LACKS; i++)
        write_lack(layout, lacks.items[i]);
    write_more(layout, lacks.count, SHOWN_LACKS);
}

/* ---- the rest of coverage ---- */

/* many: what several pieces of evidence are called. */
static void
write_hole(const Layout *layout, const Hole *hole, const char *many)
{
    CLEANUP(scratch_done) Scratch line = SCRATCH(layout->out);
    size_t count = hole->evidence.count;
    if (count == 1)
        buf_add_str(&line.buf, hole->evidence.items[0]);
    else
        buf_printf(&line.buf, "%zu %s", count, many);
    buf_addc(&line.buf, ' ');
    buf_add_str(&line.buf, hole->state);
    buf_adds(&line.buf, hole->reason.n > 0 ? ": " : "");
    buf_add_str(&line.buf, hole->reason);
    write_item(layout, buf_str(&line.buf));
    for (size_t i = 0; count > 1 && i < count && i < SHOWN_EVIDENCE; i++) {
        layout_indent(layout, 4);
        layout_wrap(layout, hole->evidence.items[i], 6, 4);
    }
    if (count > SHOWN_EVIDENCE)
        buf_printf(layout->out, "    and %zu more\n", count - SHOWN_EVIDENCE);
    if (hole->collect_with.n > 0)
        layout_field(layout, 4, "collect", hole->collect_with);
}

static void
write_coverage(Writer *writer, const Layout *layout, const char *heading, const char *many,
               Status (*find)(const Report *, Arena *, HoleList *, Err *))
{
    HoleList holes = {0};
    if (find(writer->report, writer->arena, &holes, NULL) != ST_OK)
        writer->out.failed = ST_NOMEM;
    if (holes.count == 0)
        return;
    write_heading(layout, heading);
    for (size_t i = 0; i < holes.count && i < SHOWN_HOLES; i++)
        write_hole(layout, holes.items[i], many);
    write_more(layout, holes.count, SHOWN_HOLES);
}

/* ---- the last line ---- */

static void
add_count(Buf *out, size_t count, const char *what, bool *has_any)
{
    if (count == 0)
        return;
    buf_printf(out, "%s%zu %s", *has_any ? ", " : "", count, what);
    *has_any = true;
}

static void
write_findings_sum(const Writer *writer, Buf *out)
{
    const ReportCounts *counts = &writer->counts;
    size_t count = counts->verdicts[VERDICT_FINDING];
    if (count == 0) {
        buf_adds(out, "No findings.");
        return;
    }
    buf_printf(out, "%zu finding%s (", count, count == 1 ? "" : "s");
    bool has_any = false;
    for (size_t i = SEVERITY_COUNT; i-- > 0;)
        add_count(out, counts->findings[i], SCHEMA_SEVERITIES[i], &has_any);
    if (counts->baseline[BASELINE_NEW] + counts->baseline[BASELINE_UNCHANGED] > 0)
        buf_printf(out, "; %zu new, %zu known", counts->baseline[BASELINE_NEW],
                   counts->baseline[BASELINE_UNCHANGED]);
    buf_adds(out, ").");
}

/* One line for those who look for it with tail; on narrow terminals it is folded. */
static void
write_sum(const Writer *writer, const Layout *layout)
{
    static const unsigned FOLDED_BELOW = 80;
    const ReportCounts *counts = &writer->counts;
    CLEANUP(scratch_done) Scratch line = SCRATCH(layout->out);
    write_findings_sum(writer, &line.buf);
    buf_adds(&line.buf, " Rules: ");
    bool has_any = false;
    add_count(&line.buf, counts->rules[VERDICT_FINDING], "with findings", &has_any);
    add_count(&line.buf, counts->rules[VERDICT_OK], "ok", &has_any);
    add_count(&line.buf, counts->rules[VERDICT_NOT_APPLICABLE], "not applicable", &has_any);
    add_count(&line.buf, counts->rules[VERDICT_NOT_EVALUATED], "not evaluated", &has_any);
    add_count(&line.buf, counts->rules[VERDICT_ERROR], "failed", &has_any);
    add_count(&line.buf, counts->rules[VERDICT_SUPPRESSED], "suppressed", &has_any);
    buf_adds(&line.buf, has_any ? "." : "none.");
    size_t holes = holes_count(writer->report);
    if (holes > 0)
        buf_printf(&line.buf, " Not seen: %zu.", holes);
    Layout wide = *layout;
    wide.width = layout->width < FOLDED_BELOW ? layout->width : UINT32_MAX / 2;
    layout_wrap(&wide, buf_str(&line.buf), 0, 0);
}

void
text_rest(Writer *writer)
{
    Layout layout = text_layout(writer);
    write_verdicts(writer, &layout, "Accepted by an overlay", verdict_is_accepted, true);
    write_verdicts(writer, &layout, "Gone since the baseline", verdict_is_gone, false);
    write_verdicts(writer, &layout, "Rules that failed (please report them)",
                   verdict_has_failed, true);
    write_lacks(writer, &layout);
    write_coverage(writer, &layout, "Changed by overlays", "entries", overlay_notes_of);
    write_coverage(writer, &layout, "Not seen", "captures", holes_of);
    write_sum(writer, &layout);
}
