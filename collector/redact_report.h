/* SPDX-License-Identifier: Apache-2.0 */
/* redact_report.h -- what was replaced where: members, detectors, places, lengths.
 *
 * Of each detector and member REPORT_PLACES places are kept, of the others the number. */
#ifndef COLLECTOR_REDACT_REPORT_H
#define COLLECTOR_REDACT_REPORT_H

#include "collector/redact.h"

enum { REPORT_PLACES = 20 };

typedef struct {
    Str pointer;          /* RFC 6901; empty: a line */
    uint64_t line;        /* from 1 */
    size_t value_bytes;
    uint8_t rule;         /* RedactRule */
    bool first_pass;      /* the line is of the member before its beginning was dropped */
} ReportPlace;

typedef struct {
    const char *member;
    uint64_t dropped_lines;
    uint64_t hits[REDACT_COUNT];
    VEC(ReportPlace) places;
} ReportMember;

typedef struct {
    Arena *arena;
    VEC(ReportMember *) members;
    uint64_t total;
} Report;

/* The member's row, made at its first hit; NULL when out of memory. */
ReportMember *report_member(Report *report, const char *member);
/* Counts a hit; true where its place is worth being told. */
bool report_count(Report *report, ReportMember *member, RedactRule rule);
/* Keeps the place; what it points to is copied. */
void report_place(Report *report, ReportMember *member, const ReportPlace *place);
/* JSON lines, in the order of the members' first hits. */
void report_write(const Report *report, Buf *out);

#endif
