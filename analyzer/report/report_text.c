/* SPDX-License-Identifier: Apache-2.0 */
/* report_text.c -- the voice text: findings for people, causes first.
 *
 * Citations are in text_evidence.c, what comes after the findings in text_rest.c. */
#include "analyzer/report/citation.h"
#include "analyzer/report/scratch.h"
#include "analyzer/report/text.h"

#include "base/utf8.h"

#include <string.h>

/* Of one rule so many subjects are told in full and so many more by name; consequences say less. */
enum { FULL_SUBJECTS = 3, NAMED_SUBJECTS = 20, NAMED_CONSEQUENCES = 5 };
/* Citations of a single subject, and of each of several. */
enum { LONE_EVIDENCE = 3, SUBJECT_EVIDENCE = 1 };
enum { NARROWEST = 20, DEFAULT_WIDTH = 80, SUBJECT_BYTES = 256 << 10, MESSAGE_MOST = 1000 };

static const Colour SEVERITY_COLOURS[SEVERITY_COUNT] = {
    [SEVERITY_INFO] = COLOUR_CYAN, [SEVERITY_WARNING] = COLOUR_YELLOW,
    [SEVERITY_ERROR] = COLOUR_RED, [SEVERITY_CRITICAL] = COLOUR_RED,
};
static const char *const SEVERITY_WORDS[SEVERITY_COUNT] = {
    [SEVERITY_INFO] = "INFO", [SEVERITY_WARNING] = "WARNING",
    [SEVERITY_ERROR] = "ERROR", [SEVERITY_CRITICAL] = "CRITICAL",
};

Layout
text_layout(Writer *writer)
{
    unsigned width = writer->options.width ? writer->options.width : DEFAULT_WIDTH;
    return (Layout){.out = &writer->out, .width = width < NARROWEST ? NARROWEST : width,
                    .has_colour = writer->options.has_colour,
                    .is_ascii = writer->options.is_ascii};
}

/* ---- the head ---- */

/* "2018-06-01T21:58:00.123Z" without what a reader does not need. */
static void
write_moment(Buf *out, Str moment)
{
    size_t dot;
    bool has_fraction = str_find_char(moment, '.', &dot);
    buf_add_str(out, has_fraction ? str_head(moment, dot) : moment);
    buf_adds(out, has_fraction ? "Z" : "");
}

static void
text_begin(Writer *writer)
{
    const Report *report = writer->report;
    Layout layout = text_layout(writer);
    CLEANUP(scratch_done) Scratch head = SCRATCH(layout.out);
    buf_printf(&head.buf, "%s %s: ", report->tool, report->version);
    buf_add_str(&head.buf, report->bundle.name);
    layout_wrap(&layout, buf_str(&head.buf), 2, 0);
    scratch_clear(&head);
    if (report->bundle.collected_at.n > 0) {
        buf_adds(&head.buf, "collected ");
        write_moment(&head.buf, report->bundle.collected_at);
    }
    for (size_t i = 0; i < report->bundle.cluster_count; i++) {
        const ReportPair *pair = &report->bundle.cluster[i];
        buf_adds(&head.buf, head.buf.n > 0 ? ", " : "");
        for (size_t k = 0; k < pair->name.n; k++)
            buf_addc(&head.buf, pair->name.p[k] == '_' ? ' ' : pair->name.p[k]);
        buf_addc(&head.buf, ' ');
        buf_add_str(&head.buf, pair->value);
    }
    if (head.buf.n > 0) {
        layout_indent(&layout, 2);
        layout_wrap(&layout, buf_str(&head.buf), 2, 2);
    }
    buf_addc(&writer->out, '\n');
}

/* ---- fixes ---- */

static void
write_fixes(const Layout *layout, const VerdictDetail *detail, unsigned indent)
{
    unsigned column = layout_field_column(layout, indent);
    for (size_t i = 0; i < detail->fix_count; i++) {
        const VerdictFix *fix = &detail->fixes[i];
        layout_field(layout, indent, i == 0 ? "fix" : "", fix->text);
        layout_command(layout, fix->run, column);
        if (fix->risk.n == 0)
            continue;
        layout_indent(layout, column);
        layout_coloured(layout, COLOUR_YELLOW, STR("risk:"));
        buf_addc(layout->out, ' ');
        layout_wrap(layout, fix->risk, column + 6, column + 6);
    }
}

/* Whether the fixes can be told once for all subjects. */
static bool
is_fix_common(const FindingGroup *group)
{
    for (size_t i = 1; i < group->count; i++)
        if (!citation_same_fixes(group->items[0]->detail, group->items[i]->detail))
            return false;
    return true;
}

/* ---- one subject ---- */

/* "subject: message", unless the message begins with its subject. */
static void
write_subject(const Layout *layout, const Verdict *verdict, unsigned indent)
{
    Str message = verdict->detail->message;
    CLEANUP(scratch_done) Scratch text = SCRATCH(layout->out);
    if (verdict_needs_subject(verdict)) {
        buf_add_str(&text.buf, utf8_head(verdict->subject, MESSAGE_MOST));
        buf_adds(&text.buf, ": ");
    }
    buf_add_str(&text.buf, utf8_head(message, MESSAGE_MOST));
    buf_adds(&text.buf, message.n > MESSAGE_MOST ? " ..." : "");
    if (verdict->confidence == CONFIDENCE_LOW)
        buf_adds(&text.buf, " (confidence low)");
    if (verdict->baseline == BASELINE_UNCHANGED)
        buf_adds(&text.buf, " (known)");
    layout_indent(layout, indent);
    layout_wrap(layout, buf_str(&text.buf), indent + 2, indent);
}

/* ---- groups ---- */

static void
write_title(const Layout *layout, const FindingGroup *group, unsigned indent, unsigned at)
{
    const char *word = SEVERITY_WORDS[group->severity];
    layout_coloured(layout, SEVERITY_COLOURS[group->severity], str_of(word));
    buf_adds(layout->out, "  ");
    layout_coloured(layout, COLOUR_BOLD, group->rule->id);
    buf_adds(layout->out, "  ");
    CLEANUP(scratch_done) Scratch title = SCRATCH(layout->out);
    buf_add_str(&title.buf, group->rule->title);
    if (group->count > 1)
        buf_printf(&title.buf, " (%zu)", group->count);
    at += (unsigned)(strlen(word) + group->rule->id.n) + 4;
    layout_wrap(layout, buf_str(&title.buf), indent + 2, at);
}

static void
write_left_out(const Layout *layout, const FindingGroup *group, size_t shown, unsigned indent)
{
    if (group->count <= shown)
        return;
    CLEANUP(scratch_done) Scratch text = SCRATCH(layout->out);
    buf_printf(&text.buf, "and %zu more; --format json tells them all", group->count - shown);
    layout_indent(layout, indent);
    layout_wrap(layout, buf_str(&text.buf), indent + 2, indent);
}

static void
write_cause(const Layout *layout, const FindingGroup *group)
{
    bool is_common = is_fix_common(group);
    size_t evidence = group->count == 1 ? LONE_EVIDENCE : SUBJECT_EVIDENCE;
    for (size_t i = 0; i < group->count && i < NAMED_SUBJECTS; i++) {
        write_subject(layout, group->items[i], 2);
        if (i >= FULL_SUBJECTS)
            continue;
        text_evidence(layout, group->items[i]->detail, 4, evidence);
        if (!is_common)
            write_fixes(layout, group->items[i]->detail, 4);
    }
    write_left_out(layout, group, NAMED_SUBJECTS, 2);
    if (group->rule->why.n > 0)
        layout_field(layout, 2, "why", group->rule->why);
    if (is_common)
        write_fixes(layout, group->items[0]->detail, 2);
}

/* A consequence: its title and subjects, without what the cause says already. */
static void
write_consequence(Writer *writer, const FindingGroup *group)
{
    Layout layout = text_layout(writer);
    unsigned column = layout_field_column(&layout, 2);
    unsigned indent = column + 2 * (group->depth - 1);
    bool is_first = writer->written++ == 0;
    if (is_first) {
        layout_indent(&layout, 2);
        layout_coloured(&layout, COLOUR_CYAN, STR("explains"));
        buf_adds(layout.out, column > 10 ? "" : "\n");
    }
    layout_indent(&layout, is_first && column > 10 ? indent - 10 : indent);
    write_title(&layout, group, indent, indent);
    for (size_t i = 0; i < group->count && i < NAMED_CONSEQUENCES; i++)
        write_subject(&layout, group->items[i], indent + 2);
    write_left_out(&layout, group, NAMED_CONSEQUENCES, indent + 2);
}

static void
text_group_begin(Writer *writer, const FindingGroup *group)
{
    if (group->depth > 0) {
        write_consequence(writer, group);
        return;
    }
    Layout layout = text_layout(writer);
    writer->written = 0;    /* consequences of this cause */
    write_title(&layout, group, 0, 0);
    write_cause(&layout, group);
}

static void
text_group_end(Writer *writer, const FindingGroup *group)
{
    if (group->depth > 0)
        return;
    Layout layout = text_layout(writer);
    layout_field(&layout, 2, "more",
                 writer_kept(writer, arena_strf(writer->arena, "meshcase-rules explain " STR_FMT,
                            STR_ARG(group->rule->id))));
    buf_addc(&writer->out, '\n');
}

const Voice VOICE_TEXT = {
    .begin = text_begin,
    .group_begin = text_group_begin,
    .group_end = text_group_end,
    .end = text_rest,
};
