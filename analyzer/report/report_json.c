/* SPDX-License-Identifier: Apache-2.0 */
/* report_json.c -- the voices json and ndjson: every verdict, for programs.
 *
 * The document is described by docs/report.schema.json.  A line of ndjson is
 * {"report": {...}}, {"verdict": {...}} or {"coverage": {...}}, in this order. */
#include "analyzer/report/json_fields.h"
#include "analyzer/report/voice.h"
#include "analyzer/rule/schema.h"
#include "base/timestamp.h"

static const char *const BASELINES[BASELINE_COUNT] = {"", "new", "unchanged", "gone"};

/* ---- the head ---- */

static void
write_bundle(Writer *writer)
{
    Buf *out = &writer->out;
    const Report *report = writer->report;
    buf_adds(out, "{");
    json_text(out, "name", report->bundle.name, true);
    if (report->bundle.has_manifest)
        json_digest(out, "manifest_sha256", &report->bundle.manifest_sha256);
    if (report->bundle.collected_at.n > 0)
        json_text(out, "collected_at", report->bundle.collected_at, false);
    json_name(out, "cluster", false);
    buf_addc(out, '{');
    for (size_t i = 0; i < report->bundle.cluster_count; i++) {
        buf_adds(out, i ? ", " : "");
        json_string(out, report->bundle.cluster[i].name);
        buf_adds(out, ": ");
        json_string(out, report->bundle.cluster[i].value);
    }
    buf_adds(out, "}}");
}

static void
write_packs(Writer *writer)
{
    Buf *out = &writer->out;
    const RuleSet *set = writer->report->set;
    buf_addc(out, '[');
    for (size_t i = 0; i < set->packs.count; i++) {
        const RulePack *pack = set->packs.items[i];
        buf_adds(out, i ? ", {" : "{");
        json_text(out, "name", pack->name, true);
        json_text(out, "version", pack->version, false);
        json_digest(out, "sha256", &pack->sha256);
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

static void
write_summary(Writer *writer)
{
    Buf *out = &writer->out;
    buf_addc(out, '{');
    for (size_t i = 0; i < VERDICT_KIND_COUNT; i++) {
        json_name(out, SCHEMA_VERDICTS[i], i == 0);
        buf_printf(out, "%zu", writer->counts.verdicts[i]);
    }
    json_name(out, "severity", false);
    buf_addc(out, '{');
    for (size_t i = 0; i < SEVERITY_COUNT; i++) {
        json_name(out, SCHEMA_SEVERITIES[i], i == 0);
        buf_printf(out, "%zu", writer->counts.findings[i]);
    }
    buf_adds(out, "}}");
}

/* Fields of the head, separated by sep. */
static void
write_head(Writer *writer, const char *sep)
{
    Buf *out = &writer->out;
    buf_printf(out, "\"format\": \"meshcase-report/1\",%s\"tool\": {", sep);
    json_text(out, "name", str_of(writer->report->tool), true);
    json_text(out, "version", str_of(writer->report->version), false);
    buf_printf(out, "},%s\"bundle\": ", sep);
    write_bundle(writer);
    buf_printf(out, ",%s\"now\": ", sep);
    json_string(out, writer->report->now);
    buf_printf(out, ",%s\"packs\": ", sep);
    write_packs(writer);
    buf_printf(out, ",%s\"summary\": ", sep);
    write_summary(writer);
}

/* ---- verdicts ---- */

static void
write_rule(Writer *writer, const Verdict *verdict)
{
    Buf *out = &writer->out;
    const Rule *rule = verdict_rule(writer, verdict);
    buf_addc(out, '{');
    json_text(out, "id", rule->id, true);
    json_text(out, "title", rule->title, false);
    json_text(out, "severity", str_of(SCHEMA_SEVERITIES[verdict->severity]), false);
    json_text(out, "confidence", str_of(SCHEMA_CONFIDENCES[verdict->confidence]), false);
    json_list(out, "guide", rule->guide.items, rule->guide.count);
    json_list(out, "refs", rule->refs.items, rule->refs.count);
    json_list(out, "needs", rule->needs.items, rule->needs.count);
    buf_addc(out, '}');
}

static void
write_fixes(Buf *out, const VerdictDetail *detail)
{
    json_name(out, "fix", false);
    buf_addc(out, '[');
    for (size_t i = 0; i < detail->fix_count; i++) {
        buf_adds(out, i ? ", {" : "{");
        json_text(out, "text", detail->fixes[i].text, true);
        if (detail->fixes[i].run.n > 0)
            json_text(out, "run", detail->fixes[i].run, false);
        if (detail->fixes[i].risk.n > 0)
            json_text(out, "risk", detail->fixes[i].risk, false);
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

static void
write_evidence(Buf *out, const VerdictDetail *detail)
{
    json_name(out, "evidence", false);
    buf_addc(out, '[');
    for (size_t i = 0; i < detail->evidence_count; i++) {
        const Evidence *evidence = &detail->evidence[i];
        buf_adds(out, i ? ", {" : "{");
        json_text(out, "member", evidence->member, true);
        if (evidence->line > 0)
            buf_printf(out, ", \"line\": %u", evidence->line);
        if (evidence->pointer.n > 0)
            json_text(out, "pointer", evidence->pointer, false);
        json_text(out, "excerpt", evidence->excerpt, false);
        if (evidence->time_ns != 0) {
            char moment[TIMESTAMP_TEXT_BYTES];
            timestamp_format(evidence->time_ns, moment);
            json_text(out, "time", str_of(moment), false);
        }
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

static void
write_explained_by(Buf *out, const VerdictDetail *detail)
{
    json_name(out, "explained_by", false);
    buf_addc(out, '[');
    for (size_t i = 0; i < detail->explained_by_count; i++) {
        char hex[DIGEST_HEX_BYTES];
        digest_hex(&detail->explained_by[i], hex);
        buf_printf(out, "%s\"%s\"", i ? ", " : "", hex);
    }
    buf_addc(out, ']');
}

static bool
has_finding(const Verdict *verdict)
{
    return verdict->kind == VERDICT_FINDING || verdict->kind == VERDICT_SUPPRESSED;
}

static void
write_verdict(Writer *writer, const Verdict *verdict)
{
    Buf *out = &writer->out;
    const VerdictDetail *detail = verdict->detail;
    buf_adds(out, "{\"rule\": ");
    write_rule(writer, verdict);
    json_text(out, "verdict", str_of(SCHEMA_VERDICTS[verdict->kind]), false);
    json_text(out, "subject", verdict->subject, false);
    if (has_finding(verdict) || detail->message.n > 0)
        json_text(out, "message", detail->message, false);
    if (detail->reason.n > 0)
        json_text(out, "reason", detail->reason, false);
    if (has_finding(verdict)) {
        json_text(out, "why", verdict_rule(writer, verdict)->why, false);
        write_fixes(out, detail);
        write_evidence(out, detail);
        write_explained_by(out, detail);
    }
    json_digest(out, "fingerprint", &verdict->fingerprint);
    if (verdict->baseline != BASELINE_NONE)
        json_text(out, "baseline", str_of(BASELINES[verdict->baseline]), false);
    buf_addc(out, '}');
}

static void
write_coverage(Buf *out, const Coverage *coverage)
{
    buf_addc(out, '{');
    json_text(out, "evidence", coverage->evidence, true);
    json_text(out, "state", coverage->state, false);
    json_text(out, "reason", coverage->reason, false);
    json_text(out, "collect_with", coverage->collect_with, false);
    buf_addc(out, '}');
}

/* ---- json ---- */

static void
json_begin(Writer *writer)
{
    buf_adds(&writer->out, "{");
    write_head(writer, "\n ");
    buf_adds(&writer->out, ",\n \"verdicts\": [");
}

static void
json_verdict(Writer *writer, const Verdict *verdict)
{
    buf_adds(&writer->out, writer->written++ ? ",\n  " : "\n  ");
    write_verdict(writer, verdict);
}

/* Verdicts end where coverage begins: at its first record, or at the end of the report. */
static void
json_end_verdicts(Writer *writer)
{
    buf_adds(&writer->out, "],\n \"coverage\": [");
    writer->written = 0;
}

static void
json_coverage(Writer *writer, const Coverage *coverage)
{
    if (coverage == writer->report->coverage->items)
        json_end_verdicts(writer);
    buf_adds(&writer->out, writer->written++ ? ",\n  " : "\n  ");
    write_coverage(&writer->out, coverage);
}

static void
json_end(Writer *writer)
{
    if (writer->report->coverage->count == 0)
        json_end_verdicts(writer);
    buf_adds(&writer->out, "]}\n");
}

const Voice VOICE_JSON = {
    .begin = json_begin,
    .verdict = json_verdict,
    .coverage = json_coverage,
    .end = json_end,
};

/* ---- ndjson ---- */

static void
ndjson_begin(Writer *writer)
{
    buf_adds(&writer->out, "{\"report\": {");
    write_head(writer, " ");
    buf_adds(&writer->out, "}}\n");
}

static void
ndjson_verdict(Writer *writer, const Verdict *verdict)
{
    buf_adds(&writer->out, "{\"verdict\": ");
    write_verdict(writer, verdict);
    buf_adds(&writer->out, "}\n");
}

static void
ndjson_coverage(Writer *writer, const Coverage *coverage)
{
    buf_adds(&writer->out, "{\"coverage\": ");
    write_coverage(&writer->out, coverage);
    buf_adds(&writer->out, "}\n");
}

static void
ndjson_end(Writer *writer)
{
    (void)writer;
}

const Voice VOICE_NDJSON = {
    .begin = ndjson_begin,
    .verdict = ndjson_verdict,
    .coverage = ndjson_coverage,
    .end = ndjson_end,
};
