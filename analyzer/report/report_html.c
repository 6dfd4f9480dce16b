/* SPDX-License-Identifier: Apache-2.0 */
/* report_html.c -- the voice html: one page that needs nothing else, for a browser or paper.
 *
 * Style and script are inside and named by their hashes in the page's own policy, which allows
 * nothing else: no network, no other script, no style attribute.  Everything can be read
 * without the script, which only filters and copies. */
#include "analyzer/report/citation.h"
#include "analyzer/report/html.h"
#include "analyzer/report/scratch.h"
#include "analyzer/rule/schema.h"
#include "base/digest.h"
#include "base/utf8.h"

static const char STYLE[] =
#include "analyzer/report/report.css.inc"
    ;
static const char SCRIPT[] =
#include "analyzer/report/report.js.inc"
    ;

/* So many subjects of a rule are open from the start. */
enum { OPEN_SUBJECTS = 3, LIST_SUBJECTS = 50, MESSAGE_MOST = 2000, TEXT_BYTES = 1 << 20 };

/* ---- shared by the parts ---- */

void
html_element(Buf *out, const char *tag, const char *class, Str text)
{
    buf_printf(out, class ? "<%s class=\"%s\">" : "<%s>", tag, class);
    xml_text(out, text);
    buf_printf(out, "</%s>", tag);
}

void
html_bytes(Buf *out, uint64_t bytes)
{
    static const char *const UNITS[] = {"B", "KiB", "MiB", "GiB"};
    double value = (double)bytes;
    size_t unit = 0;
    for (; value >= 1024 && unit < sizeof UNITS / sizeof *UNITS - 1; unit++)
        value /= 1024;
    buf_printf(out, unit ? "%.1f %s" : "%.0f %s", value, UNITS[unit]);
}

/* ---- the head ---- */

static void
put_base64(Buf *out, const unsigned char *bytes, size_t n)
{
    static const char DIGITS[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        unsigned group = (unsigned)bytes[i] << 16;
        group |= i + 1 < n ? (unsigned)bytes[i + 1] << 8 : 0;
        group |= i + 2 < n ? bytes[i + 2] : 0;
        buf_addc(out, DIGITS[group >> 18]);
        buf_addc(out, DIGITS[group >> 12 & 63]);
        buf_addc(out, i + 1 < n ? DIGITS[group >> 6 & 63] : '=');
        buf_addc(out, i + 2 < n ? DIGITS[group & 63] : '=');
    }
}

static void
put_hash(Buf *out, const char *directive, Str text)
{
    Digest digest;
    if (digest_of(text, &digest, NULL) != ST_OK)
        out->failed = ST_NOMEM;
    buf_printf(out, "%s 'sha256-", directive);
    put_base64(out, digest.bytes, DIGEST_BYTES);
    buf_adds(out, "'; ");
}

static void
write_policy(Buf *out)
{
    buf_adds(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ");
    put_hash(out, "style-src", str_of(STYLE));
    put_hash(out, "script-src", str_of(SCRIPT));
    buf_adds(out, "base-uri 'none'; form-action 'none'\">\n");
}

static void
write_fact(Buf *out, Str name, Str value)
{
    buf_adds(out, "<li>");
    for (size_t i = 0; i < name.n; i++)
        xml_text(out, name.p[i] == '_' ? STR(" ") : str_sub(name, i, 1));
    buf_adds(out, " <b>");
    xml_text(out, value);
    buf_adds(out, "</b></li>\n");
}

static void
write_header(Writer *writer)
{
    Buf *out = &writer->out;
    const ReportBundle *bundle = &writer->report->bundle;
    buf_adds(out, "<header><h1>");
    xml_text(out, bundle->name);
    buf_adds(out, "</h1>\n<ul class=\"meta\">\n");
    if (bundle->collected_at.n > 0)
        write_fact(out, STR("collected"), bundle->collected_at);
    for (size_t i = 0; i < bundle->cluster_count; i++)
        write_fact(out, bundle->cluster[i].name, bundle->cluster[i].value);
    write_fact(out, str_of(writer->report->tool), str_of(writer->report->version));
    buf_adds(out, "</ul></header>\n");
}

static void
html_begin(Writer *writer)
{
    Buf *out = &writer->out;
    buf_adds(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    write_policy(out);
    buf_adds(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
    xml_text(out, writer->report->bundle.name);
    buf_adds(out, " - meshcase</title>\n<style>");
    buf_adds(out, STYLE);
    buf_adds(out, "</style>\n</head>\n<body>\n"
                  "<a class=\"skip\" href=\"#findings\">To the findings</a>\n");
    write_header(writer);
    html_summary(writer);
    buf_adds(out, "<main id=\"findings\" tabindex=\"-1\" aria-label=\"Findings\">\n"
                  "<h2 class=\"skip\">Findings</h2>\n");
    if (writer->counts.verdicts[VERDICT_FINDING] == 0)
        buf_printf(out, "<p class=\"clean\">No findings. %zu rules looked at what they needed and "
                   "found nothing wrong.</p>\n", writer->counts.rules[VERDICT_OK]);
}

/* ---- findings ---- */

/* The excerpt, with what decided marked, and the number of each line of a log. */
static void
write_excerpt(Buf *out, const Evidence *evidence)
{
    bool has_numbers = evidence->line > 0 && !citation_is_document(evidence);
    size_t mark = evidence->mark_at;
    size_t mark_end = evidence->mark_at + evidence->mark_bytes;
    uint32_t number = evidence->line;
    Str rest = evidence->excerpt;
    buf_adds(out, "<pre>");
    for (Str line; rest.n > 0 && str_cut(&rest, '\n', &line); number++) {
        size_t start = (size_t)(line.p - evidence->excerpt.p);
        size_t from = mark > start ? mark - start : 0;
        size_t to = mark_end > start ? mark_end - start : 0;
        from = from < line.n ? from : line.n;
        to = to < line.n ? to : line.n;
        if (has_numbers)
            buf_printf(out, "<span class=\"n\">%4u  </span>", number);
        xml_text(out, str_head(line, from));
        if (to > from) {
            buf_adds(out, "<mark>");
            xml_text(out, str_sub(line, from, to - from));
            buf_adds(out, "</mark>");
        }
        xml_text(out, str_from(line, to > from ? to : from));
        buf_addc(out, '\n');
    }
    buf_adds(out, "</pre>\n");
}

static void
write_same(Buf *out, const VerdictDetail *detail, size_t i)
{
    size_t count = 0;
    for (size_t k = i + 1; k < detail->evidence_count; k++)
        if (citation_first_like(detail, k) == i)
            buf_printf(out, "%s%u", count++ ? ", " : "<p class=\"muted\">the same at line ",
                       detail->evidence[k].line);
    buf_adds(out, count ? "</p>\n" : "");
}

static void
write_evidence(Buf *out, const VerdictDetail *detail)
{
    for (size_t i = 0; i < detail->evidence_count; i++) {
        if (citation_first_like(detail, i) != i)
            continue;
        CLEANUP(scratch_done) Scratch place = SCRATCH(out);
        citation_place(&detail->evidence[i], &place.buf);
        html_element(out, "p", "place", buf_str(&place.buf));
        write_excerpt(out, &detail->evidence[i]);
        write_same(out, detail, i);
    }
}

static void
write_fixes(Buf *out, const VerdictDetail *detail)
{
    for (size_t i = 0; i < detail->fix_count; i++) {
        const VerdictFix *fix = &detail->fixes[i];
        buf_adds(out, "<dt>fix</dt><dd>");
        xml_text(out, fix->text);
        if (fix->run.n > 0)
            html_element(out, "pre", "cmd", fix->run);
        if (fix->risk.n > 0) {
            buf_adds(out, "<p class=\"risk\">risk: ");
            xml_text(out, fix->risk);
            buf_adds(out, "</p>");
        }
        buf_adds(out, "</dd>\n");
    }
}

static void
write_subject(Writer *writer, const FindingGroup *group, size_t i)
{
    Buf *out = &writer->out;
    const Verdict *verdict = group->items[i];
    const VerdictDetail *detail = verdict->detail;
    buf_printf(out, "<li data-s=\"%s\"", SCHEMA_SEVERITIES[verdict->severity]);
    xml_attribute(out, "data-p", group->rule->file->pack->name);
    xml_attribute(out, "data-n", detail->namespace);
    bool is_open = group->depth == 0 && i < OPEN_SUBJECTS;
    buf_printf(out, "><details%s><summary>", is_open ? " open" : "");
    if (verdict_needs_subject(verdict)) {
        html_element(out, "b", NULL, verdict->subject);
        buf_addc(out, ' ');
    }
    xml_text(out, utf8_head(detail->message, MESSAGE_MOST));
    if (detail->message.n > MESSAGE_MOST)
        buf_adds(out, " <span class=\"muted\">and so on</span>");
    if (verdict->confidence == CONFIDENCE_LOW)
        buf_adds(out, " <span class=\"muted\">(confidence low)</span>");
    if (verdict->baseline == BASELINE_UNCHANGED)
        buf_adds(out, " <span class=\"muted\">(known)</span>");
    if (verdict->baseline == BASELINE_NEW)
        buf_adds(out, " <span class=\"badge info\">new</span>");
    buf_adds(out, "</summary>\n");
    write_evidence(out, detail);
    /* The first subject's fix stands with the rule; others that have their own have it here. */
    if (i > 0 && detail->fix_count > 0 && !citation_same_fixes(group->items[0]->detail, detail)) {
        buf_adds(out, "<dl class=\"advice\">");
        write_fixes(out, detail);
        buf_adds(out, "</dl>");
    }
    buf_adds(out, "</details></li>\n");
}

/* Many subjects are cut into lists that a browser lays out only once they come into sight. */
static void
write_subjects(Writer *writer, const FindingGroup *group)
{
    Buf *out = &writer->out;
    const char *class = group->count > LIST_SUBJECTS ? "subjects far" : "subjects";
    for (size_t i = 0; i < group->count; i++) {
        if (i % LIST_SUBJECTS == 0)
            buf_printf(out, "%s<ul class=\"%s\">\n", i > 0 ? "</ul>\n" : "", class);
        write_subject(writer, group, i);
    }
    buf_adds(out, "</ul>\n");
}

static void
write_head(Buf *out, const FindingGroup *group, const char *tag)
{
    const char *word = SCHEMA_SEVERITIES[group->severity];
    buf_printf(out, "<div class=\"head\">%s<span class=\"badge %s\">%s</span><code class=\"id\">",
               group->depth > 0 ? "<span class=\"muted\">explains</span>" : "", word, word);
    xml_text(out, group->rule->id);
    buf_printf(out, "</code><%s>", tag);
    xml_text(out, group->rule->title);
    buf_printf(out, "</%s>", tag);
    if (group->count > 1)
        buf_printf(out, "<span class=\"muted\">%zu</span>", group->count);
    buf_adds(out, "</div>\n");
}

static void
html_group_begin(Writer *writer, const FindingGroup *group)
{
    Buf *out = &writer->out;
    bool is_cause = group->depth == 0;
    CLEANUP(scratch_done) Scratch words = SCRATCH(out);
    buf_add_str(&words.buf, group->rule->id);
    buf_addc(&words.buf, ' ');
    buf_add_str(&words.buf, group->rule->title);
    buf_printf(out, "<%s class=\"%s %s\"", is_cause ? "article" : "section",
               is_cause ? "cause" : "consequences consequence",
               SCHEMA_SEVERITIES[group->severity]);
    xml_attribute(out, "data-block", buf_str(&words.buf));
    buf_addc(out, '>');
    write_head(out, group, is_cause ? "h3" : "b");
    write_subjects(writer, group);
    if (!is_cause)
        return;
    buf_adds(out, "<dl class=\"advice\">\n");
    if (group->rule->why.n > 0) {
        buf_adds(out, "<dt>why</dt>");
        html_element(out, "dd", NULL, group->rule->why);
    }
    write_fixes(out, group->items[0]->detail);
    buf_adds(out, "<dt>more</dt><dd><code>meshcase-rules explain ");
    xml_text(out, group->rule->id);
    buf_adds(out, "</code></dd>\n</dl>\n");
}

static void
html_group_end(Writer *writer, const FindingGroup *group)
{
    buf_adds(&writer->out, group->depth == 0 ? "</article>\n" : "</section>\n");
}

/* ---- the end ---- */

static void
html_end(Writer *writer)
{
    Buf *out = &writer->out;
    const RuleSet *set = writer->report->set;
    buf_adds(out, "</main>\n");
    html_unsaid(writer);
    html_gallery(writer);
    html_coverage(writer);
    buf_adds(out, "<footer>Packs: ");
    for (size_t i = 0; i < set->packs.count; i++) {
        buf_adds(out, i ? ", " : "");
        xml_text(out, set->packs.items[i]->name);
        buf_addc(out, ' ');
        xml_text(out, set->packs.items[i]->version);
    }
    buf_adds(out, "</footer>\n<script>");
    buf_adds(out, SCRIPT);
    buf_adds(out, "</script>\n</body>\n</html>\n");
}

const Voice VOICE_HTML = {
    .begin = html_begin,
    .group_begin = html_group_begin,
    .group_end = html_group_end,
    .end = html_end,
};
