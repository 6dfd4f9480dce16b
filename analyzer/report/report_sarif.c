/* SPDX-License-Identifier: Apache-2.0 */
/* report_sarif.c -- the voice sarif: SARIF 2.1.0, for code scanning and its viewers.
 *
 * Findings are results; so are accepted ones (with a suppression) and those that are gone
 * since the baseline (absent).  What is no finding never looks like one: rules that failed or
 * were not evaluated, and what was not seen, are notifications of the invocation.  Places are
 * relative to the bundle, uriBaseId BUNDLE. */
#include "analyzer/report/json_fields.h"
#include "analyzer/report/lacks.h"
#include "analyzer/report/scratch.h"
#include "analyzer/report/voice.h"
#include "analyzer/rule/schema.h"

#include "base/utf8.h"

static const char *const LEVELS[SEVERITY_COUNT] = {
    [SEVERITY_INFO] = "note", [SEVERITY_WARNING] = "warning", [SEVERITY_ERROR] = "error",
    [SEVERITY_CRITICAL] = "error",
};

/* Nobody reads more, and they are written at once: of each of the two kinds. */
enum { NOTIFICATIONS_MOST = 10000 };

/* Kinds of notifications, by the id of their descriptor. */
#define RULE_FAILED "rule-failed"
#define NOT_EVALUATED "not-evaluated"
#define NOT_SEEN "not-seen"
#define OVERLAY "overlay"

static const struct {
    const char *id;
    const char *help;
} NOTIFICATIONS[] = {
    {RULE_FAILED, "A rule could not be computed; what it would have said is unknown."},
    {NOT_EVALUATED, "A rule was not evaluated, because evidence is missing."},
    {NOT_SEEN, "Something is not in the bundle, or not all of it."},
    {OVERLAY, "An overlay disabled a rule, or an entry of it is over or matches nothing."},
};

static void
message_field(Buf *out, const char *field, Str text, bool is_first)
{
    json_name(out, field, is_first);
    buf_addc(out, '{');
    json_text(out, "text", text.n > 0 ? text : STR("(none)"), true);
    buf_addc(out, '}');
}

/* ---- rules ---- */

/* Whether the tag at i was told before: they must differ. */
static bool
is_repeated(const Rule *rule, size_t i)
{
    if (str_eq(rule->tags.items[i], rule->file->pack->name))
        return true;
    for (size_t k = 0; k < i; k++)
        if (str_eq(rule->tags.items[k], rule->tags.items[i]))
            return true;
    return false;
}

static void
write_tags(Buf *out, const Rule *rule)
{
    json_name(out, "tags", true);
    buf_addc(out, '[');
    json_string(out, rule->file->pack->name);
    for (size_t i = 0; i < rule->tags.count; i++) {
        if (is_repeated(rule, i))
            continue;
        buf_adds(out, ", ");
        json_string(out, rule->tags.items[i]);
    }
    buf_addc(out, ']');
}

static void
write_help(Writer *writer, const Rule *rule)
{
    CLEANUP(scratch_done) Scratch text = SCRATCH(&writer->out);
    buf_add_str(&text.buf, rule->why);
    buf_adds(&text.buf, rule->why.n > 0 ? "\n\n" : "");
    buf_adds(&text.buf, "More: meshcase-rules explain ");
    buf_add_str(&text.buf, rule->id);
    for (size_t i = 0; i < rule->refs.count; i++) {
        buf_adds(&text.buf, "\n");
        buf_add_str(&text.buf, rule->refs.items[i]);
    }
    message_field(&writer->out, "help", buf_str(&text.buf), false);
}

static bool
is_address(Str text)
{
    return str_starts(text, STR("https://")) || str_starts(text, STR("http://"));
}

static void
write_rule(Writer *writer, const Rule *rule)
{
    Buf *out = &writer->out;
    buf_addc(out, '{');
    json_text(out, "id", rule->id, true);
    message_field(out, "shortDescription", rule->title, false);
    if (rule->why.n > 0)
        message_field(out, "fullDescription", rule->why, false);
    write_help(writer, rule);
    if (rule->guide.count > 0 && is_address(rule->file->guide)) {
        CLEANUP(scratch_done) Scratch address = SCRATCH(out);
        rule_guide_address(rule, rule->guide.items[0], &address.buf);
        json_text(out, "helpUri", buf_str(&address.buf), false);
    }
    buf_printf(out, ", \"defaultConfiguration\": {\"enabled\": %s, \"level\": \"%s\"}",
               rule->is_selected && !rule->is_disabled ? "true" : "false",
               LEVELS[rule->severity]);
    buf_adds(out, ", \"properties\": {");
    write_tags(out, rule);
    json_text(out, "precision", str_of(SCHEMA_CONFIDENCES[rule->confidence]), false);
    json_text(out, "severity", str_of(SCHEMA_SEVERITIES[rule->severity]), false);
    buf_adds(out, "}}");
}

static void
write_driver(Writer *writer)
{
    Buf *out = &writer->out;
    const RuleSet *set = writer->report->set;
    buf_addc(out, '{');
    json_text(out, "name", str_of(writer->report->tool), true);
    json_text(out, "version", str_of(writer->report->version), false);
    buf_adds(out, ",\n  \"rules\": [");
    for (size_t i = 0; i < set->rules.count; i++) {
        buf_adds(out, i ? ",\n   " : "\n   ");
        write_rule(writer, set->rules.items[i]);
    }
    buf_adds(out, "],\n  \"notifications\": [");
    for (size_t i = 0; i < sizeof NOTIFICATIONS / sizeof *NOTIFICATIONS; i++) {
        buf_adds(out, i ? ", {" : "{");
        json_text(out, "id", str_of(NOTIFICATIONS[i].id), true);
        message_field(out, "shortDescription", str_of(NOTIFICATIONS[i].help), false);
        buf_addc(out, '}');
    }
    buf_adds(out, "]}");
}

/* ---- notifications ---- */

static void
begin_notification(Writer *writer, const char *descriptor, const char *level, Str text)
{
    Buf *out = &writer->out;
    buf_adds(out, writer->written++ ? ",\n   {" : "\n   {");
    buf_printf(out, "\"descriptor\": {\"id\": \"%s\"}, \"level\": \"%s\"", descriptor, level);
    message_field(out, "message", text, false);
}

static bool
is_notified(const Verdict *verdict)
{
    return verdict->kind == VERDICT_ERROR || verdict->kind == VERDICT_NOT_EVALUATED;
}

static void
notify_verdict(Writer *writer, const Verdict *verdict)
{
    bool has_failed = verdict->kind == VERDICT_ERROR;
    if (!is_notified(verdict))
        return;
    const Rule *rule = verdict_rule(writer, verdict);
    CLEANUP(scratch_done) Scratch text = SCRATCH(&writer->out);
    buf_add_str(&text.buf, rule->id);
    buf_adds(&text.buf, verdict->subject.n > 0 ? " " : "");
    buf_add_str(&text.buf, verdict->subject);
    buf_adds(&text.buf, has_failed ? " failed: " : " was not evaluated: ");
    buf_add_str(&text.buf, verdict->detail->reason);
    begin_notification(writer, has_failed ? RULE_FAILED : NOT_EVALUATED,
                       has_failed ? "error" : "warning", buf_str(&text.buf));
    json_name(&writer->out, "associatedRule", false);
    buf_addc(&writer->out, '{');
    json_text(&writer->out, "id", rule->id, true);
    buf_printf(&writer->out, ", \"index\": %u}}", rule->index);
}

static void
notify_coverage(Writer *writer, const Coverage *one)
{
    CLEANUP(scratch_done) Scratch text = SCRATCH(&writer->out);
    buf_add_str(&text.buf, one->evidence);
    buf_addc(&text.buf, ' ');
    buf_add_str(&text.buf, one->state);
    buf_adds(&text.buf, one->reason.n > 0 ? ": " : "");
    buf_add_str(&text.buf, one->reason);
    if (one->collect_with.n > 0) {
        buf_adds(&text.buf, " (collect with: ");
        buf_add_str(&text.buf, one->collect_with);
        buf_adds(&text.buf, ")");
    }
    begin_notification(writer, coverage_is_overlay_note(one) ? OVERLAY : NOT_SEEN, "note",
                       buf_str(&text.buf));
    buf_addc(&writer->out, '}');
}

/* What is beyond NOTIFICATIONS_MOST. */
static void
notify_left_out(Writer *writer, size_t count, const char *what)
{
    if (count == 0)
        return;
    CLEANUP(scratch_done) Scratch text = SCRATCH(&writer->out);
    buf_printf(&text.buf, "%zu more %s; the format json tells them all", count, what);
    begin_notification(writer, NOT_SEEN, "note", buf_str(&text.buf));
    buf_addc(&writer->out, '}');
}

static void
write_invocation(Writer *writer)
{
    const Report *report = writer->report;
    size_t left_out = 0;
    bool is_whole = writer->counts.verdicts[VERDICT_ERROR] == 0;
    buf_printf(&writer->out,
               "{\"executionSuccessful\": %s,\n  \"toolExecutionNotifications\": [",
               is_whole ? "true" : "false");
    for (size_t i = 0; i < report->verdicts->count; i++)
        if (writer->written < NOTIFICATIONS_MOST)
            notify_verdict(writer, &report->verdicts->items[i]);
        else
            left_out += is_notified(&report->verdicts->items[i]);
    notify_left_out(writer, left_out, "rules or subjects were not evaluated");
    bool has_any = writer->written > 0;
    writer->written = has_any;
    size_t holes = report->coverage->count;
    for (size_t i = 0; i < holes && i < NOTIFICATIONS_MOST; i++)
        notify_coverage(writer, &report->coverage->items[i]);
    notify_left_out(writer, holes > NOTIFICATIONS_MOST ? holes - NOTIFICATIONS_MOST : 0,
                    "holes");
    buf_adds(&writer->out, "]}");
    writer->written = 0;
}

/* ---- results ---- */

/* A name as a relative reference: every byte that could mean something else is encoded, the
 * colon of a first segment, which would make it a scheme, with them. */
static void
write_uri(Buf *out, Str member)
{
    static const Str PLAIN = STR_INIT("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                      "0123456789-._~/");
    buf_addc(out, '"');
    for (size_t i = 0; i < member.n; i++) {
        size_t at;
        bool is_root = i == 0 && member.p[i] == '/';
        if (!is_root && str_find_char(PLAIN, member.p[i], &at))
            buf_addc(out, member.p[i]);
        else
            buf_printf(out, "%%%02X", (unsigned)(unsigned char)member.p[i]);
    }
    buf_addc(out, '"');
}

static void
write_snippet(Buf *out, Str text)
{
    buf_adds(out, ", \"snippet\": {");
    json_text(out, "text", text, true);
    buf_adds(out, "}}");
}

/* The line of the member that an excerpt ends on. */
static uint32_t
last_line(const Evidence *evidence)
{
    Str rest = evidence->excerpt;
    uint32_t line = evidence->line;
    for (size_t at; str_find_char(rest, '\n', &at); line++)
        rest = str_from(rest, at + 1);
    return line > evidence->mark.line ? line : evidence->mark.line;
}

/* What is marked, which stays within a line, and around it the lines that are cited.  Where no
 * column is known the first line is all that can be told. */
static void
write_region(Buf *out, const Evidence *evidence)
{
    const EvidencePlace *mark = &evidence->mark;
    if (mark->line < evidence->line || evidence->mark_bytes == 0) {
        buf_printf(out, ", \"region\": {\"startLine\": %u", evidence->line);
        write_snippet(out, evidence->excerpt);
        return;
    }
    Str text = str_sub(evidence->excerpt, evidence->mark_at, evidence->mark_bytes);
    buf_printf(out, ", \"region\": {\"startLine\": %u, \"startColumn\": %u, \"endColumn\": %zu",
               mark->line, mark->column, mark->column + utf8_count(text));
    write_snippet(out, text);
    buf_printf(out, ", \"contextRegion\": {\"startLine\": %u, \"endLine\": %u",
               evidence->line, last_line(evidence));
    write_snippet(out, evidence->excerpt);
}

static void
write_location(Buf *out, const Evidence *evidence, Str subject)
{
    buf_adds(out, "{\"physicalLocation\": {\"artifactLocation\": {\"uri\": ");
    write_uri(out, evidence->member);
    buf_adds(out, ", \"uriBaseId\": \"BUNDLE\"}");
    if (evidence->line > 0)
        write_region(out, evidence);
    buf_addc(out, '}');
    if (subject.n > 0) {
        buf_adds(out, ", \"logicalLocations\": [{");
        json_text(out, "fullyQualifiedName", subject, true);
        json_text(out, "kind", STR("resource"), false);
        buf_adds(out, "}]");
    }
    message_field(out, "message", evidence->pointer.n > 0 ? evidence->pointer : evidence->excerpt,
                  false);
    buf_addc(out, '}');
}

/* The first citation is the place of the result, the others are related to it. */
static void
write_locations(Buf *out, const Verdict *verdict)
{
    const VerdictDetail *detail = verdict->detail;
    json_name(out, "locations", false);
    buf_addc(out, '[');
    if (detail->evidence_count > 0)
        write_location(out, &detail->evidence[0], verdict->subject);
    buf_addc(out, ']');
    if (detail->evidence_count < 2)
        return;
    json_name(out, "relatedLocations", false);
    buf_addc(out, '[');
    for (size_t i = 1; i < detail->evidence_count; i++) {
        buf_adds(out, i > 1 ? ", " : "");
        write_location(out, &detail->evidence[i], STR(""));
    }
    buf_addc(out, ']');
}

static void
write_message(Buf *out, const Verdict *verdict)
{
    CLEANUP(scratch_done) Scratch text = SCRATCH(out);
    if (verdict_needs_subject(verdict)) {
        buf_add_str(&text.buf, verdict->subject);
        buf_adds(&text.buf, ": ");
    }
    buf_add_str(&text.buf, verdict->detail->message);
    message_field(out, "message", buf_str(&text.buf), false);
}

static void
write_properties(Buf *out, const Verdict *verdict)
{
    const VerdictDetail *detail = verdict->detail;
    buf_adds(out, ", \"properties\": {");
    json_text(out, "severity", str_of(SCHEMA_SEVERITIES[verdict->severity]), true);
    json_text(out, "confidence", str_of(SCHEMA_CONFIDENCES[verdict->confidence]), false);
    json_name(out, "fix", false);
    buf_addc(out, '[');
    for (size_t i = 0; i < detail->fix_count; i++) {
        buf_adds(out, i ? ", {" : "{");
        json_text(out, "text", detail->fixes[i].text, true);
        json_text(out, "run", detail->fixes[i].run, false);
        json_text(out, "risk", detail->fixes[i].risk, false);
        buf_addc(out, '}');
    }
    buf_adds(out, "]}");
}

/* Either every result of a run tells of suppressions or none does. */
static void
write_states(const Writer *writer, Buf *out, const Verdict *verdict)
{
    static const char *const STATES[BASELINE_COUNT] = {NULL, "new", "unchanged", "absent"};
    if (verdict->kind == VERDICT_SUPPRESSED) {
        buf_adds(out, ", \"suppressions\": [{\"kind\": \"external\", \"status\": \"accepted\"");
        json_text(out, "justification", verdict->detail->reason, false);
        buf_adds(out, "}]");
    } else if (writer->counts.verdicts[VERDICT_SUPPRESSED] > 0)
        buf_adds(out, ", \"suppressions\": []");
    if (STATES[verdict->baseline])
        buf_printf(out, ", \"baselineState\": \"%s\"", STATES[verdict->baseline]);
}

static void
sarif_verdict(Writer *writer, const Verdict *verdict)
{
    Buf *out = &writer->out;
    bool is_gone = verdict->baseline == BASELINE_GONE;
    if (verdict->kind != VERDICT_FINDING && verdict->kind != VERDICT_SUPPRESSED && !is_gone)
        return;
    const Rule *rule = verdict_rule(writer, verdict);
    buf_adds(out, writer->written++ ? ",\n  {" : "\n  {");
    json_text(out, "ruleId", rule->id, true);
    buf_printf(out, ", \"ruleIndex\": %u, \"kind\": \"%s\", \"level\": \"%s\"", rule->index,
               is_gone ? "pass" : "fail", is_gone ? "none" : LEVELS[verdict->severity]);
    write_message(out, verdict);
    write_locations(out, verdict);
    buf_adds(out, ", \"partialFingerprints\": {\"meshcaseFingerprint/v1\": ");
    char hex[DIGEST_HEX_BYTES];
    digest_hex(&verdict->fingerprint, hex);
    buf_printf(out, "\"%s\"}", hex);
    write_states(writer, out, verdict);
    write_properties(out, verdict);
    buf_addc(out, '}');
}

/* ---- the log ---- */

static void
sarif_begin(Writer *writer)
{
    Buf *out = &writer->out;
    buf_adds(out, "{\"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\",\n"
                  " \"version\": \"2.1.0\",\n \"runs\": [{\n \"tool\": {\"driver\": ");
    write_driver(writer);
    buf_adds(out, "},\n \"columnKind\": \"unicodeCodePoints\",\n \"originalUriBaseIds\": "
                  "{\"BUNDLE\": {");
    message_field(out, "description", writer->report->bundle.name, true);
    buf_adds(out, "}},\n \"invocations\": [");
    write_invocation(writer);
    buf_adds(out, "],\n \"results\": [");
}

static void
sarif_end(Writer *writer)
{
    buf_adds(&writer->out, "]}]}\n");
}

const Voice VOICE_SARIF = {
    .begin = sarif_begin,
    .verdict = sarif_verdict,
    .end = sarif_end,
};
