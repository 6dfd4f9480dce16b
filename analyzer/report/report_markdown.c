/* SPDX-License-Identifier: Apache-2.0 */
/* report_markdown.c -- the voice markdown: short enough to paste into a bug report.
 *
 * The whole stays below MARKDOWN_BYTES, whatever the report: what does not fit is counted, not
 * cut in its middle.  What comes from the bundle is code, so that nothing in it is markup, a
 * link or a mention. */
#include "analyzer/report/citation.h"
#include "analyzer/report/lacks.h"
#include "analyzer/report/markdown.h"
#include "analyzer/report/scratch.h"
#include "analyzer/report/voice.h"
#include "analyzer/report/xml.h"
#include "analyzer/rule/schema.h"
#include "base/utf8.h"

/* Forges take 64 KiB; what is behind the findings always finds its room. */
enum { MARKDOWN_BYTES = 60000, REST_BYTES = 12000, END_BYTES = 1000 };
enum { TEXT_MOST = 1500 };
enum { SHOWN_LACKS = 20, SHOWN_HOLES = 20, SHOWN_VERDICTS = 20, SHOWN_RULES = 12 };

/* How much is told of a cause: what does not fit is told shorter before it is left out. */
typedef struct {
    size_t subjects;
    size_t subjects_with_evidence;
    size_t consequences;
    size_t text_bytes;
} Telling;
static const Telling TELLINGS[] = {{20, 3, 3, 1500}, {8, 1, 2, 500}, {3, 0, 1, 200}};

/* Appends a part where it fits below limit; false, and nothing, where not. */
static bool
add_part(Writer *writer, const Buf *part, size_t limit)
{
    if (part->failed == ST_NOMEM)
        writer->out.failed = part->failed;
    if (part->failed != ST_OK || writer->written + part->n > limit)
        return false;
    buf_add_str(&writer->out, buf_str(part));
    writer->written += part->n;
    return true;
}

static Str
brief(Str text)
{
    return utf8_head(text, TEXT_MOST);
}

static void
add_cut_code(Buf *out, Str text, size_t most)
{
    markdown_code(utf8_head(text, most), out);
    buf_adds(out, text.n > most ? " ..." : "");
}

static void
add_code(Buf *out, Str text)
{
    add_cut_code(out, text, TEXT_MOST);
}

/* ---- the head ---- */

static void
markdown_begin(Writer *writer)
{
    const Report *report = writer->report;
    CLEANUP(buf_done) Buf part = BUF_INIT(MARKDOWN_BYTES);
    buf_adds(&part, "# meshcase: ");
    add_code(&part, report->bundle.name);
    buf_printf(&part, "\n\n%s %s", report->tool, report->version);
    if (report->bundle.collected_at.n > 0) {
        buf_adds(&part, ", collected ");
        add_code(&part, report->bundle.collected_at);
    }
    for (size_t i = 0; i < report->bundle.cluster_count && i < SHOWN_VERDICTS; i++) {
        buf_adds(&part, ", ");
        markdown_prose(brief(report->bundle.cluster[i].name), &part);
        buf_addc(&part, ' ');
        add_code(&part, report->bundle.cluster[i].value);
    }
    buf_adds(&part, "\n\n");
    const ReportCounts *counts = &writer->counts;
    buf_printf(&part, "**%zu finding%s**", counts->verdicts[VERDICT_FINDING],
               counts->verdicts[VERDICT_FINDING] == 1 ? "" : "s");
    for (size_t i = SEVERITY_COUNT; i-- > 0;)
        if (counts->findings[i] > 0)
            buf_printf(&part, ", %zu %s", counts->findings[i], SCHEMA_SEVERITIES[i]);
    buf_printf(&part, ". Rules: %zu with findings, %zu ok, %zu not applicable, "
               "%zu not evaluated, %zu failed, %zu suppressed.\n\n",
               counts->rules[VERDICT_FINDING], counts->rules[VERDICT_OK],
               counts->rules[VERDICT_NOT_APPLICABLE], counts->rules[VERDICT_NOT_EVALUATED],
               counts->rules[VERDICT_ERROR], counts->rules[VERDICT_SUPPRESSED]);
    (void)add_part(writer, &part, MARKDOWN_BYTES);
}

/* ---- findings ---- */

static void
add_subject(Buf *out, const Verdict *verdict, const Telling *telling)
{
    buf_adds(out, "* ");
    if (verdict_needs_subject(verdict)) {
        buf_adds(out, "**");
        add_cut_code(out, verdict->subject, telling->text_bytes);
        buf_adds(out, "** ");
    }
    add_cut_code(out, verdict->detail->message, telling->text_bytes);
    if (verdict->confidence == CONFIDENCE_LOW)
        buf_adds(out, " (confidence low)");
    if (verdict->baseline == BASELINE_UNCHANGED)
        buf_adds(out, " (known)");
    buf_addc(out, '\n');
}

/* A citation as part of the list item before it. */
static void
add_evidence(Buf *out, const Evidence *evidence)
{
    CLEANUP(scratch_done) Scratch place = SCRATCH(out);
    citation_place(evidence, &place.buf);
    buf_adds(out, "\n");
    add_code(out, buf_str(&place.buf));
    buf_adds(out, "\n\n");
    markdown_block(evidence->excerpt, out);
}

static void
add_fixes(Buf *out, const VerdictDetail *detail)
{
    for (size_t i = 0; i < detail->fix_count; i++) {
        const VerdictFix *fix = &detail->fixes[i];
        buf_adds(out, "**Fix**: ");
        markdown_prose(brief(fix->text), out);
        if (fix->risk.n > 0) {
            buf_adds(out, " **Risk**: ");
            markdown_prose(brief(fix->risk), out);
        }
        buf_adds(out, "\n\n");
        if (fix->run.n > 0)
            markdown_block(fix->run, out);
    }
}

static void
add_count(Buf *out, size_t count, size_t shown)
{
    if (count > shown)
        buf_printf(out, "* and %zu more\n", count - shown);
}

/* Citations of the first subjects; a single one has more of them. */
static void
add_citations(Buf *out, const FindingGroup *group, const Telling *telling)
{
    for (size_t i = 0; i < group->count && i < telling->subjects_with_evidence; i++) {
        const VerdictDetail *detail = group->items[i]->detail;
        size_t left = group->count == 1 ? telling->subjects_with_evidence : 1;
        for (size_t k = 0; k < detail->evidence_count && left > 0; k++)
            if (citation_first_like(detail, k) == k) {
                add_evidence(out, &detail->evidence[k]);
                left--;
            }
    }
}

static void
add_cause(Buf *out, const FindingGroup *group, const Telling *telling)
{
    /* HTML up to the empty line: Markdown begins behind it. */
    buf_printf(out, "<details%s><summary><b>%s</b> <code>",
               group->severity >= SEVERITY_ERROR ? " open" : "",
               SCHEMA_SEVERITIES[group->severity]);
    xml_text(out, group->rule->id);
    buf_adds(out, "</code> <code>");
    xml_text(out, brief(group->rule->title));
    buf_printf(out, "</code> (%zu)</summary>\n\n", group->count);
    for (size_t i = 0; i < group->count && i < telling->subjects; i++)
        add_subject(out, group->items[i], telling);
    add_count(out, group->count, telling->subjects);
    add_citations(out, group, telling);
    if (group->rule->why.n > 0) {
        buf_adds(out, "\n**Why**: ");
        markdown_prose(brief(group->rule->why), out);
        buf_adds(out, "\n\n");
    }
    add_fixes(out, group->items[0]->detail);
}

static void
add_consequence(Buf *out, const FindingGroup *group, const Telling *telling)
{
    buf_printf(out, "**Explains** %s ", SCHEMA_SEVERITIES[group->severity]);
    add_code(out, group->rule->id);
    buf_addc(out, ' ');
    markdown_prose(brief(group->rule->title), out);
    buf_adds(out, "\n\n");
    for (size_t i = 0; i < group->count && i < telling->consequences; i++)
        add_subject(out, group->items[i], telling);
    add_count(out, group->count, telling->consequences);
    buf_addc(out, '\n');
}

/* Up to where findings may go: half of what is left for one that can be told shorter, so that it
 * leaves room for others.  The end of a cause must fit, too. */
static size_t
findings_limit(const Writer *writer, size_t telling)
{
    size_t limit = MARKDOWN_BYTES - REST_BYTES - END_BYTES;
    bool is_shortest = telling + 1 == sizeof TELLINGS / sizeof *TELLINGS;
    if (is_shortest || writer->written >= limit)
        return limit;
    return writer->written + (limit - writer->written) / 2;
}

static void
markdown_group_begin(Writer *writer, const FindingGroup *group)
{
    /* A consequence of what found no room has none either. */
    bool is_told = group->depth > 0 && !writer->is_open;
    for (size_t i = 0; i < sizeof TELLINGS / sizeof *TELLINGS && !is_told; i++) {
        CLEANUP(buf_done) Buf part = BUF_INIT(MARKDOWN_BYTES);
        if (group->depth == 0)
            add_cause(&part, group, &TELLINGS[i]);
        else
            add_consequence(&part, group, &TELLINGS[i]);
        is_told = add_part(writer, &part, findings_limit(writer, i));
        writer->is_open |= is_told && group->depth == 0;
        if (is_told)
            return;
    }
    writer->left_out += group->count;
}

static void
markdown_group_end(Writer *writer, const FindingGroup *group)
{
    static const Str END = STR_INIT("</details>\n\n");
    if (group->depth > 0 || !writer->is_open)
        return;
    buf_add_str(&writer->out, END);
    writer->written += END.n;
    writer->is_open = false;
}

/* ---- what could not be told ---- */

static void
begin_details(Buf *out, const char *title, size_t count)
{
    buf_printf(out, "<details><summary><b>%s</b> (%zu)</summary>\n\n", title, count);
}

static void
add_lacks(Writer *writer, Buf *out)
{
    LackList lacks = {0};
    if (lacks_of(writer->report, writer->arena, &lacks, NULL) != ST_OK)
        writer->out.failed = ST_NOMEM;
    if (lacks.count == 0)
        return;
    begin_details(out, "Not evaluated, because evidence is missing", lacks.count);
    for (size_t i = 0; i < lacks.count && i < SHOWN_LACKS; i++) {
        const Lack *lack = lacks.items[i];
        buf_adds(out, "* ");
        add_code(out, utf8_head(lack->evidence, 200));
        buf_adds(out, lack->evidence.n > 0 ? " " : "");
        add_code(out, utf8_head(lack->reasons.items[0], 200));
        buf_adds(out, ": rules ");
        for (size_t r = 0; r < lack->rules.count && r < SHOWN_RULES; r++) {
            buf_adds(out, r ? ", " : "");
            markdown_prose(lack->rules.items[r]->id, out);
        }
        if (lack->rules.count > SHOWN_RULES)
            buf_printf(out, " and %zu more", lack->rules.count - SHOWN_RULES);
        if (lack->collect_with.count > 0) {
            buf_adds(out, "; collect with ");
            add_code(out, utf8_head(lack->collect_with.items[0], 200));
        }
        buf_addc(out, '\n');
    }
    add_count(out, lacks.count, SHOWN_LACKS);
    buf_adds(out, "\n</details>\n\n");
}

static void
add_coverage(Writer *writer, Buf *out, const char *title,
             Status (*find)(const Report *, Arena *, HoleList *, Err *))
{
    HoleList holes = {0};
    if (find(writer->report, writer->arena, &holes, NULL) != ST_OK)
        writer->out.failed = ST_NOMEM;
    if (holes.count == 0)
        return;
    begin_details(out, title, holes.count);
    for (size_t i = 0; i < holes.count && i < SHOWN_HOLES; i++) {
        const Hole *hole = holes.items[i];
        buf_adds(out, "* ");
        add_code(out, utf8_head(hole->evidence.items[0], 200));
        if (hole->evidence.count > 1)
            buf_printf(out, " and %zu more", hole->evidence.count - 1);
        buf_addc(out, ' ');
        markdown_prose(utf8_head(hole->state, 200), out);
        buf_adds(out, hole->reason.n > 0 ? ": " : "");
        add_code(out, utf8_head(hole->reason, 200));
        buf_addc(out, '\n');
    }
    add_count(out, holes.count, SHOWN_HOLES);
    buf_adds(out, "\n</details>\n\n");
}

static void
add_holes(Writer *writer, Buf *out)
{
    add_coverage(writer, out, "Not seen", holes_of);
}

static void
add_overlay_notes(Writer *writer, Buf *out)
{
    add_coverage(writer, out, "Changed by overlays", overlay_notes_of);
}

/* Verdicts of a kind, one line each. */
static void
add_verdicts(Writer *writer, Buf *out, VerdictKind kind, const char *title)
{
    const VerdictList *verdicts = writer->report->verdicts;
    size_t count = writer->counts.verdicts[kind];
    if (count == 0)
        return;
    begin_details(out, title, count);
    size_t shown = 0;
    for (size_t i = 0; i < verdicts->count && shown < SHOWN_VERDICTS; i++) {
        const Verdict *verdict = &verdicts->items[i];
        if (verdict->kind != kind)
            continue;
        buf_adds(out, "* ");
        add_code(out, verdict_rule(writer, verdict)->id);
        buf_addc(out, ' ');
        add_code(out, utf8_head(verdict->subject, 200));
        buf_adds(out, verdict->subject.n > 0 ? " " : "");
        add_code(out, utf8_head(verdict->detail->reason, 300));
        buf_addc(out, '\n');
        shown++;
    }
    add_count(out, count, shown);
    buf_adds(out, "\n</details>\n\n");
}

/* Each part has its share of what is left: none may hide another. */
static void
add_rest(Writer *writer, void (*add)(Writer *writer, Buf *out), const char *instead)
{
    CLEANUP(buf_done) Buf part = BUF_INIT(MARKDOWN_BYTES);
    add(writer, &part);
    if (!add_part(writer, &part, MARKDOWN_BYTES - END_BYTES))
        buf_adds(&writer->out, instead);
}

static void
add_failed(Writer *writer, Buf *out)
{
    add_verdicts(writer, out, VERDICT_ERROR, "Rules that failed");
}

static void
add_accepted(Writer *writer, Buf *out)
{
    add_verdicts(writer, out, VERDICT_SUPPRESSED, "Accepted by an overlay");
}

static void
markdown_end(Writer *writer)
{
    if (writer->left_out > 0) {
        CLEANUP(buf_done) Buf part = BUF_INIT(END_BYTES);
        buf_printf(&part, "%zu findings are left out here, so that this can be pasted; "
                   "`--format json` tells them all.\n\n", writer->left_out);
        (void)add_part(writer, &part, MARKDOWN_BYTES);
    }
    add_rest(writer, add_failed, "Rules failed: `--format json` tells which.\n\n");
    add_rest(writer, add_lacks, "Rules were not evaluated: `--format json` tells which.\n\n");
    add_rest(writer, add_holes, "Not all was seen: `--format json` tells what.\n\n");
    add_rest(writer, add_accepted, "Findings were accepted: `--format json` tells which.\n\n");
    add_rest(writer, add_overlay_notes, "Overlays changed rules: `--format json` tells how.\n\n");
}

const Voice VOICE_MARKDOWN = {
    .begin = markdown_begin,
    .group_begin = markdown_group_begin,
    .group_end = markdown_group_end,
    .end = markdown_end,
};
