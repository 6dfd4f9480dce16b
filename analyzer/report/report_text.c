/* SPDX-License-Identifier: Apache-2.0 */
/* report_text.c -- the voice text: findings for people, causes first.
 *
 * What comes after the findings is in text_rest.c. */
#include "analyzer/report/layout.h"
#include "analyzer/report/text.h"
#include "analyzer/report/voice.h"
#include "base/utf8.h"

#include <string.h>

/* Of one rule so many subjects are told in full and so many more by name. */
enum { FULL_SUBJECTS = 5, NAMED_SUBJECTS = 20, SUBJECT_EVIDENCE = 3, EXCERPT_COLUMNS = 200 };

static const Colour SEVERITY_COLOURS[SEVERITY_COUNT] = {
    [SEVERITY_INFO] = COLOUR_CYAN, [SEVERITY_WARNING] = COLOUR_YELLOW,
    [SEVERITY_ERROR] = COLOUR_RED, [SEVERITY_CRITICAL] = COLOUR_RED,
};
static const char *const SEVERITY_WORDS[SEVERITY_COUNT] = {
    [SEVERITY_INFO] = "INFO", [SEVERITY_WARNING] = "WARNING",
    [SEVERITY_ERROR] = "ERROR", [SEVERITY_CRITICAL] = "CRITICAL",
};

unsigned
text_width(const Writer *writer)
{
    unsigned width = writer->options.width ? writer->options.width : 80;
    return width < 40 ? 40 : width;
}

static void
text_begin(Writer *writer)
{
    const Report *report = writer->report;
    CLEANUP(buf_done) Buf head = BUF_INIT(16 << 10);
    buf_printf(&head, "%s %s: ", report->tool, report->version);
    buf_add_str(&head, report->bundle.name);
    if (report->bundle.collected_at.n > 0) {
        buf_adds(&head, ", collected ");
        buf_add_str(&head, report->bundle.collected_at);
    }
    for (size_t i = 0; i < report->bundle.cluster_count; i++) {
        buf_adds(&head, ", ");
        buf_add_str(&head, report->bundle.cluster[i].name);
        buf_addc(&head, ' ');
        buf_add_str(&head, report->bundle.cluster[i].value);
    }
    layout_wrap(&writer->out, buf_str(&head), text_width(writer), 4, 0);
    buf_addc(&writer->out, '\n');
}

/* ---- one subject ---- */

static void
write_place(Buf *out, const Evidence *evidence)
{
    buf_add_str(out, evidence->member);
    if (evidence->line > 0)
        buf_printf(out, ":%u", evidence->line);
    if (evidence->pointer.n > 0) {
        buf_addc(out, ' ');
        buf_add_str(out, evidence->pointer);
    }
}

static void
write_evidence(Writer *writer, const Evidence *evidence, unsigned indent)
{
    Buf *out = &writer->out;
    CLEANUP(buf_done) Buf place = BUF_INIT(16 << 10);
    write_place(&place, evidence);
    layout_field(out, text_width(writer), indent, "evidence", buf_str(&place));
    Str rest = evidence->excerpt;
    for (Str line; rest.n > 0 && str_cut(&rest, '\n', &line);) {
        size_t end = line.n;
        (void)utf8_offset(line, EXCERPT_COLUMNS, &end);
        layout_indent(out, indent + 10);
        buf_adds(out, "| ");
        CLEANUP(buf_done) Buf shown = BUF_INIT(16 << 10);
        buf_add_str(&shown, str_head(line, end));
        buf_adds(&shown, end < line.n ? " ..." : "");
        layout_coloured(out, writer->options.has_colour, COLOUR_DIM, buf_str(&shown));
        buf_addc(out, '\n');
    }
}

static void
write_all_evidence(Writer *writer, const VerdictDetail *detail, unsigned indent, size_t limit)
{
    for (size_t i = 0; i < detail->evidence_count && i < limit; i++)
        write_evidence(writer, &detail->evidence[i], indent);
    if (detail->evidence_count > limit) {
        layout_indent(&writer->out, indent + 10);
        buf_printf(&writer->out, "and %zu more\n", detail->evidence_count - limit);
    }
}

static void
write_fixes(Writer *writer, const VerdictDetail *detail, unsigned indent)
{
    Buf *out = &writer->out;
    for (size_t i = 0; i < detail->fix_count; i++) {
        const VerdictFix *fix = &detail->fixes[i];
        layout_field(out, text_width(writer), indent, i == 0 ? "fix" : "", fix->text);
        Str rest = fix->run;
        for (Str line; rest.n > 0 && str_cut(&rest, '\n', &line);) {
            if (line.n == 0)
                continue;
            layout_indent(out, indent + 10);
            buf_adds(out, "$ ");
            layout_coloured(out, writer->options.has_colour, COLOUR_BOLD, line);
            buf_addc(out, '\n');
        }
        if (fix->risk.n > 0) {
            layout_indent(out, indent + 10);
            layout_coloured(out, writer->options.has_colour, COLOUR_YELLOW, STR("risk:"));
            buf_addc(out, ' ');
            layout_wrap(out, fix->risk, text_width(writer), indent + 16, indent + 16);
        }
    }
}

static bool
has_same_fixes(const VerdictDetail *a, const VerdictDetail *b)
{
    if (a->fix_count != b->fix_count)
        return false;
    for (size_t i = 0; i < a->fix_count; i++)
        if (!str_eq(a->fixes[i].text, b->fixes[i].text) ||
            !str_eq(a->fixes[i].run, b->fixes[i].run))
            return false;
    return true;
}

/* Whether the fixes can be told once for all subjects. */
static bool
is_fix_common(const FindingGroup *group)
{
    for (size_t i = 1; i < group->count; i++)
        if (!has_same_fixes(group->items[0]->detail, group->items[i]->detail))
            return false;
    return true;
}

static void
write_subject(Writer *writer, const Verdict *verdict, unsigned indent)
{
    CLEANUP(buf_done) Buf text = BUF_INIT(256 << 10);
    if (verdict->subject.n > 0) {
        buf_add_str(&text, verdict->subject);
        buf_adds(&text, ": ");
    }
    buf_add_str(&text, verdict->detail->message);
    if (verdict->confidence == CONFIDENCE_LOW)
        buf_adds(&text, " (confidence low)");
    if (verdict->baseline == BASELINE_UNCHANGED)
        buf_adds(&text, " (known)");
    layout_indent(&writer->out, indent);
    layout_wrap(&writer->out, buf_str(&text), text_width(writer), indent + 2, indent);
}

/* ---- groups ---- */

static void
write_title(Writer *writer, const FindingGroup *group, unsigned indent)
{
    Buf *out = &writer->out;
    bool has_colour = writer->options.has_colour;
    const char *word = SEVERITY_WORDS[group->severity];
    layout_indent(out, indent);
    layout_coloured(out, has_colour, SEVERITY_COLOURS[group->severity], str_of(word));
    buf_adds(out, "  ");
    layout_coloured(out, has_colour, COLOUR_BOLD, group->rule->id);
    buf_adds(out, "  ");
    CLEANUP(buf_done) Buf title = BUF_INIT(16 << 10);
    buf_add_str(&title, group->rule->title);
    if (group->count > 1)
        buf_printf(&title, " (%zu)", group->count);
    unsigned at = indent + (unsigned)(strlen(word) + group->rule->id.n) + 4;
    layout_wrap(out, buf_str(&title), text_width(writer), indent + 2, at);
}

static void
write_rest_of_subjects(Writer *writer, const FindingGroup *group, unsigned indent)
{
    for (size_t i = FULL_SUBJECTS; i < group->count && i < NAMED_SUBJECTS; i++)
        write_subject(writer, group->items[i], indent);
    if (group->count > NAMED_SUBJECTS) {
        layout_indent(&writer->out, indent);
        buf_printf(&writer->out, "and %zu more; --format json tells them all\n",
                   group->count - NAMED_SUBJECTS);
    }
}

static void
write_cause(Writer *writer, const FindingGroup *group)
{
    bool is_common = is_fix_common(group);
    size_t evidence = group->count == 1 ? FULL_SUBJECTS : SUBJECT_EVIDENCE;
    for (size_t i = 0; i < group->count && i < FULL_SUBJECTS; i++) {
        write_subject(writer, group->items[i], 2);
        write_all_evidence(writer, group->items[i]->detail, 4, evidence);
        if (!is_common)
            write_fixes(writer, group->items[i]->detail, 4);
    }
    write_rest_of_subjects(writer, group, 2);
    if (group->rule->why.n > 0)
        layout_field(&writer->out, text_width(writer), 2, "why", group->rule->why);
    if (is_common)
        write_fixes(writer, group->items[0]->detail, 2);
}

/* A consequence: its title and subjects, without what the cause says already. */
static void
write_consequence(Writer *writer, const FindingGroup *group)
{
    unsigned indent = 2 + 2 * group->depth;
    for (size_t i = 0; i < group->count && i < FULL_SUBJECTS; i++)
        write_subject(writer, group->items[i], indent);
    if (group->count > FULL_SUBJECTS) {
        layout_indent(&writer->out, indent);
        buf_printf(&writer->out, "and %zu more\n", group->count - FULL_SUBJECTS);
    }
}

static void
text_group_begin(Writer *writer, const FindingGroup *group)
{
    if (group->depth == 0) {
        write_title(writer, group, 0);
        write_cause(writer, group);
        return;
    }
    layout_indent(&writer->out, 2 * group->depth);
    buf_adds(&writer->out, "explains\n");
    write_title(writer, group, 2 * group->depth);
    write_consequence(writer, group);
}

static void
text_group_end(Writer *writer, const FindingGroup *group)
{
    if (group->depth > 0)
        return;
    layout_field(&writer->out, text_width(writer), 2, "more",
                 arena_strf(writer->arena, "meshcase-rules explain " STR_FMT,
                            STR_ARG(group->rule->id)));
    buf_addc(&writer->out, '\n');
}

const Voice VOICE_TEXT = {
    .begin = text_begin,
    .group_begin = text_group_begin,
    .group_end = text_group_end,
    .end = text_rest,
};
