/* SPDX-License-Identifier: Apache-2.0 */
/* diff_write.c -- a comparison for people and for programs. */
#include "analyzer/diff/diff.h"

#include "base/timestamp.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    SUBJECT_FIELDS = 20,        /* fields of one object that people are told */
    SHOWN_BYTES = 100,
};

/* ---- text ---- */

static const char *const HEADINGS[] = {
    [CHANGE_VERSION] = "Versions",
    [CHANGE_FINDING] = "Findings",
    [CHANGE_CAPTURE] = "What was collected",
    [CHANGE_OBJECT] = "Objects",
    [CHANGE_METRIC] = "Metrics",
};

static void
add_text(Buf *out, Str text, size_t most)
{
    bool is_cut = text.n > most;
    utf8_escape_terminal(out, is_cut ? str_head(text, most) : text, false);
    buf_adds(out, is_cut ? "..." : "");
}

static void
add_values(Buf *out, const Change *change)
{
    if (change->before.n == 0 && change->after.n == 0)
        return;
    buf_adds(out, ": ");
    if (change->way != CHANGE_ADDED)
        add_text(out, change->before, SHOWN_BYTES);
    buf_adds(out, change->way == CHANGE_CHANGED ? " -> " : "");
    if (change->way != CHANGE_REMOVED)
        add_text(out, change->after, SHOWN_BYTES);
}

static void
add_line(Buf *out, const Change *change, unsigned indent)
{
    static const char SIGNS[] = {[CHANGE_ADDED] = '+', [CHANGE_REMOVED] = '-',
                                 [CHANGE_CHANGED] = '~'};
    buf_printf(out, "%*s%c ", (int)indent, "", SIGNS[change->way]);
    add_text(out, change->field.n > 0 ? change->field : change->subject, 4 * SHOWN_BYTES);
    add_values(out, change);
    buf_addc(out, '\n');
}

/* The fields of one object that changed, below its name; gives the index behind them. */
static size_t
add_fields(Buf *out, const Diff *diff, size_t first)
{
    const Change *changes = diff->changes.items;
    size_t end = first;
    while (end < diff->changes.count && changes[end].kind == CHANGE_OBJECT &&
           changes[end].field.n > 0 && str_eq(changes[end].subject, changes[first].subject))
        end++;
    buf_adds(out, "  ~ ");
    add_text(out, changes[first].subject, 4 * SHOWN_BYTES);
    buf_addc(out, '\n');
    for (size_t i = first; i < end && i < first + SUBJECT_FIELDS; i++)
        add_line(out, &changes[i], 6);
    if (end > first + SUBJECT_FIELDS)
        buf_printf(out, "      and %zu fields more\n", end - first - SUBJECT_FIELDS);
    return end;
}

static void
add_side(Buf *out, char sign, const DiffSide *side)
{
    char text[TIMESTAMP_TEXT_BYTES] = "no manifest";
    const Manifest *manifest = bundle_manifest(side->bundle);
    if (manifest)
        timestamp_format(manifest->started_at_ns, text);
    buf_printf(out, "%c ", sign);
    utf8_escape_terminal(out, str_of(side->name), false);
    buf_printf(out, " (%s)\n", text);
}

static void
add_summary(Buf *out, const Diff *diff)
{
    size_t counts[CHANGE_KIND_COUNT] = {0};
    for (size_t i = 0; i < diff->changes.count; i++)
        counts[diff->changes.items[i].kind]++;
    buf_printf(out, "\n%zu change%s", diff->changes.count, diff->changes.count == 1 ? "" : "s");
    const char *separator = " (";
    for (size_t kind = 0; kind < CHANGE_KIND_COUNT; kind++) {
        if (counts[kind] == 0)
            continue;
        buf_printf(out, "%s%zu %s%s", separator, counts[kind], CHANGE_KINDS[kind],
                   counts[kind] == 1 ? "" : "s");
        separator = ", ";
    }
    buf_adds(out, diff->changes.count > 0 ? ")" : "");
    if (diff->left_out > 0)
        buf_printf(out, ", and %" PRIu64 " more that are not listed", diff->left_out);
    buf_printf(out, "; %zu not compared.\n", diff->holes.count);
}

void
diff_write_text(const Diff *diff, const DiffSide *before, const DiffSide *after, Buf *out)
{
    add_side(out, '-', before);
    add_side(out, '+', after);
    int kind = -1;
    for (size_t i = 0; i < diff->changes.count;) {
        const Change *change = &diff->changes.items[i];
        if ((int)change->kind != kind)
            buf_printf(out, "\n%s\n", HEADINGS[change->kind]);
        kind = (int)change->kind;
        if (change->kind == CHANGE_OBJECT && change->field.n > 0) {
            i = add_fields(out, diff, i);
        } else {
            add_line(out, change, 2);
            i++;
        }
    }
    if (diff->holes.count > 0)
        buf_adds(out, "\nNot compared, because evidence is missing\n");
    for (size_t i = 0; i < diff->holes.count; i++) {
        buf_adds(out, "  ? ");
        add_text(out, diff->holes.items[i].what, 4 * SHOWN_BYTES);
        buf_adds(out, ": ");
        add_text(out, diff->holes.items[i].reason, 4 * SHOWN_BYTES);
        buf_addc(out, '\n');
    }
    add_summary(out, diff);
}

/* ---- JSON ---- */

static void
add_member(Buf *out, const char *key, Str text)
{
    buf_printf(out, ",\"%s\":", key);
    node_write_json_string(text, out);
}

static void
add_json_side(Buf *out, const char *key, const DiffSide *side)
{
    const Manifest *manifest = bundle_manifest(side->bundle);
    buf_printf(out, ",\n\"%s\":{\"name\":", key);
    node_write_json_string(str_of(side->name), out);
    if (manifest) {
        char text[TIMESTAMP_TEXT_BYTES];
        timestamp_format(manifest->started_at_ns, text);
        add_member(out, "collected_at", str_of(text));
    }
    buf_addc(out, '}');
}

void
diff_write_json(const Diff *diff, const DiffSide *before, const DiffSide *after, Buf *out)
{
    buf_adds(out, "{\"format\":\"meshcase-diff/1\"");
    add_json_side(out, "before", before);
    add_json_side(out, "after", after);
    buf_adds(out, ",\n\"changes\":[");
    for (size_t i = 0; i < diff->changes.count; i++) {
        const Change *change = &diff->changes.items[i];
        buf_printf(out, "%s\n{\"kind\":\"%s\",\"way\":\"%s\"", i ? "," : "",
                   CHANGE_KINDS[change->kind], CHANGE_WAYS[change->way]);
        add_member(out, "subject", change->subject);
        if (change->field.n > 0)
            add_member(out, "field", change->field);
        if (change->way != CHANGE_ADDED && change->before.n > 0)
            add_member(out, "before", change->before);
        if (change->way != CHANGE_REMOVED && change->after.n > 0)
            add_member(out, "after", change->after);
        buf_addc(out, '}');
    }
    buf_adds(out, "],\n\"not_compared\":[");
    for (size_t i = 0; i < diff->holes.count; i++) {
        buf_printf(out, "%s\n{\"what\":", i ? "," : "");
        node_write_json_string(diff->holes.items[i].what, out);
        add_member(out, "reason", diff->holes.items[i].reason);
        buf_addc(out, '}');
    }
    buf_printf(out, "],\n\"left_out\":%" PRIu64 "}\n", diff->left_out);
}
