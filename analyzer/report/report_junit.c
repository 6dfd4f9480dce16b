/* SPDX-License-Identifier: Apache-2.0 */
/* report_junit.c -- the voice junit: JUnit XML as Jenkins, GitLab and others read it.
 *
 * A suite is a pack, a case one verdict.  Findings of warning and worse are failures; rules
 * that failed are errors; what was not evaluated, does not apply or was accepted is skipped,
 * with its reason, so that no hole looks like a pass. */
#include "analyzer/report/citation.h"
#include "analyzer/report/lacks.h"
#include "analyzer/report/scratch.h"
#include "analyzer/report/voice.h"
#include "analyzer/report/xml.h"
#include "analyzer/rule/schema.h"

typedef struct {
    size_t tests;
    size_t failures;
    size_t errors;
    size_t skipped;
} SuiteCounts;

static bool
is_failure(const Verdict *verdict)
{
    return verdict->kind == VERDICT_FINDING && verdict->severity >= SEVERITY_WARNING;
}

static const RulePack *
pack_of(const Writer *writer, size_t i)
{
    return verdict_rule(writer, &writer->report->verdicts->items[i])->file->pack;
}

/* Verdicts of one pack stand together, from first on. */
static SuiteCounts
count_suite(const Writer *writer, size_t first)
{
    SuiteCounts counts = {0};
    const VerdictList *verdicts = writer->report->verdicts;
    const RulePack *pack = pack_of(writer, first);
    for (size_t i = first; i < verdicts->count && pack_of(writer, i) == pack; i++) {
        const Verdict *verdict = &verdicts->items[i];
        counts.tests++;
        counts.failures += is_failure(verdict);
        counts.errors += verdict->kind == VERDICT_ERROR;
        counts.skipped += verdict->kind == VERDICT_NOT_EVALUATED ||
                          verdict->kind == VERDICT_NOT_APPLICABLE ||
                          verdict->kind == VERDICT_SUPPRESSED;
    }
    return counts;
}

static void
begin_suite(Writer *writer, size_t first)
{
    Buf *out = &writer->out;
    SuiteCounts counts = count_suite(writer, first);
    const RulePack *pack = pack_of(writer, first);
    buf_adds(out, " <testsuite");
    xml_attribute(out, "name", pack->name);
    buf_printf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"", counts.tests,
               counts.failures, counts.errors, counts.skipped);
    xml_attribute(out, "timestamp", writer->report->now);
    if (pack->version.n > 0)
        xml_attribute(out, "version", pack->version);
    buf_adds(out, ">\n");
}

/* ---- cases ---- */

static void
write_evidence(Buf *out, const Evidence *evidence)
{
    CLEANUP(scratch_done) Scratch place = SCRATCH(out);
    citation_place(evidence, &place.buf);
    buf_adds(out, "--> ");
    xml_text(out, buf_str(&place.buf));
    buf_addc(out, '\n');
    xml_text(out, evidence->excerpt);
    buf_addc(out, '\n');
}

static void
write_body(Writer *writer, const Verdict *verdict)
{
    Buf *out = &writer->out;
    const VerdictDetail *detail = verdict->detail;
    xml_text(out, detail->message);
    buf_addc(out, '\n');
    for (size_t i = 0; i < detail->evidence_count; i++)
        write_evidence(out, &detail->evidence[i]);
    Str why = verdict_rule(writer, verdict)->why;
    if (why.n > 0) {
        buf_adds(out, "why: ");
        xml_text(out, why);
        buf_addc(out, '\n');
    }
    for (size_t i = 0; i < detail->fix_count; i++) {
        const VerdictFix *fix = &detail->fixes[i];
        const Str parts[] = {STR("fix: "), fix->text, fix->run.n > 0 ? STR("\n$ ") : STR(""),
                             fix->run, fix->risk.n > 0 ? STR("\nrisk: ") : STR(""), fix->risk,
                             STR("\n")};
        for (size_t p = 0; p < sizeof parts / sizeof *parts; p++)
            xml_text(out, parts[p]);
    }
}

/* <name message= type=>body</name> */
static void
write_outcome(Writer *writer, const char *name, const Verdict *verdict, Str message,
              const char *type)
{
    Buf *out = &writer->out;
    buf_printf(out, "\n   <%s", name);
    xml_attribute(out, "message", message);
    xml_attribute(out, "type", str_of(type));
    buf_addc(out, '>');
    if (verdict->kind == VERDICT_FINDING || verdict->kind == VERDICT_SUPPRESSED)
        write_body(writer, verdict);
    else
        xml_text(out, verdict->detail->reason);
    buf_printf(out, "</%s>\n  ", name);
}

static void
write_result(Writer *writer, const Verdict *verdict)
{
    const VerdictDetail *detail = verdict->detail;
    const char *type = SCHEMA_VERDICTS[verdict->kind];
    switch ((VerdictKind)verdict->kind) {
    case VERDICT_FINDING:
        if (is_failure(verdict)) {
            write_outcome(writer, "failure", verdict, detail->message,
                          SCHEMA_SEVERITIES[verdict->severity]);
            return;
        }
        buf_adds(&writer->out, "\n   <system-out>");
        write_body(writer, verdict);
        buf_adds(&writer->out, "</system-out>\n  ");
        return;
    case VERDICT_ERROR:
        write_outcome(writer, "error", verdict, detail->reason, type);
        return;
    case VERDICT_NOT_EVALUATED:
    case VERDICT_NOT_APPLICABLE:
    case VERDICT_SUPPRESSED:
        write_outcome(writer, "skipped", verdict, detail->reason, type);
        return;
    case VERDICT_OK:
    case VERDICT_KIND_COUNT:
        return;
    }
}

static void
junit_verdict(Writer *writer, const Verdict *verdict)
{
    Buf *out = &writer->out;
    const Rule *rule = verdict_rule(writer, verdict);
    size_t i = (size_t)(verdict - writer->report->verdicts->items);
    if (i == 0 || pack_of(writer, i) != pack_of(writer, i - 1)) {
        buf_adds(out, i > 0 ? " </testsuite>\n" : "");
        begin_suite(writer, i);
    }
    CLEANUP(scratch_done) Scratch name = SCRATCH(out);
    buf_add_str(&name.buf, rule->id);
    buf_addc(&name.buf, ' ');
    buf_add_str(&name.buf, verdict->subject.n > 0 ? verdict->subject : rule->title);
    CLEANUP(scratch_done) Scratch class = SCRATCH(out);
    buf_add_str(&class.buf, rule->file->pack->name);
    buf_addc(&class.buf, '.');
    buf_add_str(&class.buf, rule->id);
    buf_adds(out, "  <testcase");
    xml_attribute(out, "name", buf_str(&name.buf));
    xml_attribute(out, "classname", buf_str(&class.buf));
    buf_addc(out, '>');
    write_result(writer, verdict);
    buf_adds(out, "</testcase>\n");
}

/* ---- the document ---- */

static void
junit_begin(Writer *writer)
{
    Buf *out = &writer->out;
    SuiteCounts sum = {0};
    const VerdictList *verdicts = writer->report->verdicts;
    for (size_t i = 0; i < verdicts->count; i++) {
        sum.failures += is_failure(&verdicts->items[i]);
        sum.errors += verdicts->items[i].kind == VERDICT_ERROR;
    }
    buf_adds(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
    xml_attribute(out, "name", writer->report->bundle.name);
    buf_printf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\">\n", verdicts->count,
               sum.failures, sum.errors);
}

static void
write_coverage(Buf *out, const Coverage *one)
{
    const Str parts[] = {one->evidence, STR(" "), one->state,
                         one->reason.n > 0 ? STR(": ") : STR(""), one->reason,
                         one->collect_with.n > 0 ? STR("; collect with: ") : STR(""),
                         one->collect_with, STR("\n")};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        xml_text(out, parts[i]);
}

/* A suite without tests, whose output is the coverage of one sort; none where there is none. */
static void
write_coverage_suite(Writer *writer, const char *name, bool is_of_overlays)
{
    const CoverageList *coverage = writer->report->coverage;
    Buf *out = &writer->out;
    bool is_open = false;
    for (size_t i = 0; i < coverage->count; i++) {
        if (coverage_is_overlay_note(&coverage->items[i]) != is_of_overlays)
            continue;
        if (!is_open)
            buf_printf(out, " <testsuite name=\"%s\" tests=\"0\" failures=\"0\" errors=\"0\">\n"
                            "  <system-out>", name);
        is_open = true;
        write_coverage(out, &coverage->items[i]);
    }
    buf_adds(out, is_open ? "</system-out>\n </testsuite>\n" : "");
}

static void
junit_end(Writer *writer)
{
    Buf *out = &writer->out;
    buf_adds(out, writer->report->verdicts->count > 0 ? " </testsuite>\n" : "");
    write_coverage_suite(writer, "not seen", false);
    write_coverage_suite(writer, "changed by overlays", true);
    buf_adds(out, "</testsuites>\n");
}

const Voice VOICE_JUNIT = {
    .begin = junit_begin,
    .verdict = junit_verdict,
    .end = junit_end,
};
