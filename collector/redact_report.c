/* SPDX-License-Identifier: Apache-2.0 */
/* redact_report.c -- rows by member, and their JSON lines. */
#include "collector/redact_report.h"

#include "base/node.h"

#include <string.h>

ReportMember *
report_member(Report *report, const char *member)
{
    /* Streams end before others of the same member begin: the row is near the end. */
    for (size_t i = report->members.count; i-- > 0;)
        if (strcmp(report->members.items[i]->member, member) == 0)
            return report->members.items[i];
    ReportMember *row = ARENA_NEW(report->arena, ReportMember);
    ReportMember **slot = row ? VEC_PUSH(report->arena, &report->members) : NULL;
    if (!slot)
        return NULL;
    row->member = member;
    *slot = row;
    return row;
}

bool
report_count(Report *report, ReportMember *member, RedactRule rule)
{
    report->total++;
    return member && member->hits[rule]++ < REPORT_PLACES;
}

void
report_place(Report *report, ReportMember *member, const ReportPlace *place)
{
    Str pointer = place->pointer.n ? arena_str(report->arena, place->pointer) : (Str){0};
    ReportPlace *slot = VEC_PUSH(report->arena, &member->places);
    if (slot) {
        *slot = *place;
        slot->pointer = pointer;
    }
}

/* Lengths are told in classes: the exact one would help to guess. */
static const char *
length_class(size_t bytes)
{
    static const struct {
        size_t most;
        const char *name;
    } CLASSES[] = {{8, "1-8"}, {16, "9-16"}, {32, "17-32"}, {64, "33-64"}, {256, "65-256"}};
    if (bytes == 0)
        return "unknown";
    for (size_t i = 0; i < sizeof CLASSES / sizeof *CLASSES; i++)
        if (bytes <= CLASSES[i].most)
            return CLASSES[i].name;
    return "257-";
}

static void
begin_line(const ReportMember *member, int rule, Buf *out)
{
    buf_adds(out, "{\"member\":");
    node_write_json_string(str_of(member->member), out);
    buf_printf(out, ",\"detector\":\"%s\"", redact_rule_name((RedactRule)rule));
}

/* False where the line is no longer in the bundle. */
static bool
write_place(const ReportMember *member, const ReportPlace *place, Buf *out)
{
    uint64_t dropped = place->first_pass ? member->dropped_lines : 0;
    if (place->pointer.n == 0 && place->line <= dropped)
        return false;
    begin_line(member, place->rule, out);
    if (place->pointer.n) {
        buf_adds(out, ",\"pointer\":");
        node_write_json_string(place->pointer, out);
    } else {
        buf_printf(out, ",\"line\":%llu", (unsigned long long)(place->line - dropped));
    }
    buf_printf(out, ",\"length\":\"%s\"}\n", length_class(place->value_bytes));
    return true;
}

void
report_write(const Report *report, Buf *out)
{
    for (size_t i = 0; i < report->members.count; i++) {
        const ReportMember *member = report->members.items[i];
        uint64_t left[REDACT_COUNT];
        memcpy(left, member->hits, sizeof left);
        for (size_t k = 0; k < member->places.count; k++)
            if (write_place(member, &member->places.items[k], out))
                left[member->places.items[k].rule]--;
        for (int rule = 0; rule < REDACT_COUNT; rule++)
            if (left[rule]) {
                begin_line(member, rule, out);
                buf_printf(out, ",\"more\":%llu}\n", (unsigned long long)left[rule]);
            }
    }
}
