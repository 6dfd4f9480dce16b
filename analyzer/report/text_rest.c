/* SPDX-License-Identifier: Apache-2.0 */
/* text_rest.c -- the voice text behind the findings: what could not be told. */
#include "analyzer/report/layout.h"
#include "analyzer/report/text.h"
#include "base/map.h"

/* Lists that only support the findings are cut here; json tells all of them. */
enum { SHOWN_FAILURES = 10, SHOWN_GAPS = 20, SHOWN_RULES = 8, SHOWN_COVERAGE = 15 };

/* Rules that lack the same evidence for the same reason. */
typedef struct {
    VerdictGap gap;
    VEC(const Rule *) rules;
} Lack;

typedef struct {
    VEC(Lack *) items;
    Map by_text;
} Lacks;

static void
add_lack(Writer *writer, Lacks *lacks, const VerdictGap *gap, const Rule *rule)
{
    Str text = arena_strf(writer->arena, STR_FMT "\n" STR_FMT, STR_ARG(gap->evidence),
                          STR_ARG(gap->reason));
    void **slot = text.p ? map_slot(&lacks->by_text, text) : NULL;
    if (!slot)
        return;
    Lack *lack = *slot;
    if (!lack) {
        lack = ARENA_NEW(writer->arena, Lack);
        Lack **place = lack ? VEC_PUSH(writer->arena, &lacks->items) : NULL;
        if (!place)
            return;
        lack->gap = *gap;
        *place = lack;
        *slot = lack;
    }
    if (lack->rules.count > 0 && lack->rules.items[lack->rules.count - 1] == rule)
        return;
    const Rule **place = VEC_PUSH(writer->arena, &lack->rules);
    if (place)
        *place = rule;
}

static void
find_lacks(Writer *writer, Lacks *lacks)
{
    map_init(&lacks->by_text, writer->arena);
    const VerdictList *verdicts = writer->report->verdicts;
    for (size_t i = 0; i < verdicts->count; i++) {
        const Verdict *verdict = &verdicts->items[i];
        if (verdict->kind != VERDICT_NOT_EVALUATED)
            continue;
        const VerdictDetail *detail = verdict->detail;
        for (size_t g = 0; g < detail->gap_count; g++)
            add_lack(writer, lacks, &detail->gaps[g], verdict_rule(writer, verdict));
        if (detail->gap_count == 0)
            add_lack(writer, lacks, &(VerdictGap){.reason = detail->reason},
                     verdict_rule(writer, verdict));
    }
}

static void
write_rules(const Lack *lack, Buf *out)
{
    for (size_t i = 0; i < lack->rules.count && i < SHOWN_RULES; i++) {
        buf_adds(out, i ? " " : "");
        buf_add_str(out, lack->rules.items[i]->id);
    }
    if (lack->rules.count > SHOWN_RULES)
        buf_printf(out, " and %zu more", lack->rules.count - SHOWN_RULES);
}

static void
write_lack(Writer *writer, const Lack *lack)
{
    CLEANUP(buf_done) Buf line = BUF_INIT(64 << 10);
    buf_add_str(&line, lack->gap.evidence);
    buf_adds(&line, lack->gap.evidence.n > 0 ? ": " : "");
    buf_add_str(&line, lack->gap.reason);
    layout_indent(&writer->out, 2);
    layout_wrap(&writer->out, buf_str(&line), text_width(writer), 4, 2);
    buf_clear(&line);
    write_rules(lack, &line);
    layout_field(&writer->out, text_width(writer), 4, "rules", buf_str(&line));
    if (lack->gap.collect_with.n > 0)
        layout_field(&writer->out, text_width(writer), 4, "collect", lack->gap.collect_with);
}

static void
write_heading(Writer *writer, const char *text)
{
    layout_coloured(&writer->out, writer->options.has_colour, COLOUR_BOLD, str_of(text));
    buf_addc(&writer->out, '\n');
}

static void
write_more(Writer *writer, size_t count, size_t shown)
{
    if (count > shown)
        buf_printf(&writer->out, "  and %zu more; --format json tells them all\n",
                   count - shown);
}

static void
write_lacks(Writer *writer)
{
    Lacks lacks = {0};
    find_lacks(writer, &lacks);
    if (lacks.items.count == 0)
        return;
    write_heading(writer, "Not evaluated, because evidence is missing");
    for (size_t i = 0; i < lacks.items.count && i < SHOWN_GAPS; i++)
        write_lack(writer, lacks.items.items[i]);
    write_more(writer, lacks.items.count, SHOWN_GAPS);
    buf_addc(&writer->out, '\n');
}

static void
write_failures(Writer *writer)
{
    const VerdictList *verdicts = writer->report->verdicts;
    size_t count = writer->counts.verdicts[VERDICT_ERROR];
    if (count == 0)
        return;
    write_heading(writer, "Rules that failed (please report them)");
    size_t shown = 0;
    for (size_t i = 0; i < verdicts->count && shown < SHOWN_FAILURES; i++) {
        const Verdict *verdict = &verdicts->items[i];
        if (verdict->kind != VERDICT_ERROR)
            continue;
        CLEANUP(buf_done) Buf line = BUF_INIT(64 << 10);
        buf_add_str(&line, verdict_rule(writer, verdict)->id);
        buf_adds(&line, verdict->subject.n > 0 ? " " : "");
        buf_add_str(&line, verdict->subject);
        buf_adds(&line, ": ");
        buf_add_str(&line, verdict->detail->reason);
        layout_indent(&writer->out, 2);
        layout_wrap(&writer->out, buf_str(&line), text_width(writer), 4, 2);
        shown++;
    }
    write_more(writer, count, SHOWN_FAILURES);
    buf_addc(&writer->out, '\n');
}

/* What rules lacked was told with the rules. */
static bool
is_told(const Coverage *one)
{
    return str_is(one->state, "unknown") && !str_starts(one->evidence, STR("baseline:"));
}

static void
write_coverage(Writer *writer)
{
    const CoverageList *coverage = writer->report->coverage;
    size_t count = 0;
    for (size_t i = 0; i < coverage->count; i++) {
        const Coverage *one = &coverage->items[i];
        if (is_told(one) || count++ >= SHOWN_COVERAGE)
            continue;
        if (count == 1)
            write_heading(writer, "Not seen");
        CLEANUP(buf_done) Buf line = BUF_INIT(64 << 10);
        buf_add_str(&line, one->evidence);
        buf_adds(&line, " ");
        buf_add_str(&line, one->state);
        buf_adds(&line, one->reason.n > 0 ? ": " : "");
        buf_add_str(&line, one->reason);
        layout_indent(&writer->out, 2);
        layout_wrap(&writer->out, buf_str(&line), text_width(writer), 4, 2);
    }
    write_more(writer, count, SHOWN_COVERAGE);
    if (count > 0)
        buf_addc(&writer->out, '\n');
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
    size_t count = writer->counts.verdicts[VERDICT_FINDING];
    if (count == 0) {
        buf_adds(out, "No findings.");
        return;
    }
    buf_printf(out, "%zu finding%s (", count, count == 1 ? "" : "s");
    static const char *const WORDS[SEVERITY_COUNT] = {"info", "warning", "error", "critical"};
    bool has_any = false;
    for (size_t i = SEVERITY_COUNT; i-- > 0;)
        add_count(out, writer->counts.findings[i], WORDS[i], &has_any);
    buf_adds(out, ").");
}

static void
write_sum(Writer *writer)
{
    const ReportCounts *counts = &writer->counts;
    CLEANUP(buf_done) Buf line = BUF_INIT(4096);
    write_findings_sum(writer, &line);
    buf_adds(&line, " Rules: ");
    bool has_any = false;
    add_count(&line, counts->rules[VERDICT_FINDING], "with findings", &has_any);
    add_count(&line, counts->rules[VERDICT_OK], "ok", &has_any);
    add_count(&line, counts->rules[VERDICT_NOT_APPLICABLE], "not applicable", &has_any);
    add_count(&line, counts->rules[VERDICT_NOT_EVALUATED], "not evaluated", &has_any);
    add_count(&line, counts->rules[VERDICT_ERROR], "failed", &has_any);
    add_count(&line, counts->rules[VERDICT_SUPPRESSED], "suppressed", &has_any);
    buf_adds(&line, has_any ? "." : "none.");
    buf_addc(&line, '\n');
    buf_add_str(&writer->out, buf_str(&line));
}

void
text_rest(Writer *writer)
{
    write_failures(writer);
    write_lacks(writer);
    write_coverage(writer);
    write_sum(writer);
}
