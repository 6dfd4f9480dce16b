/* SPDX-License-Identifier: Apache-2.0 */
/* evidence.h -- what every piece of evidence carries: where it came from, and what is
 * missing of it.
 *
 * Evidence is complete, incomplete (some of it is there) or unknown (none of it is).
 * Absence of evidence is never evidence of absence: whatever is not complete carries a Gap
 * that says what is missing, why, and how to collect it.  Gaps and Origins are immutable
 * and live in the arena of the analysis. */
#ifndef MODEL_EVIDENCE_H
#define MODEL_EVIDENCE_H

#include "base/node.h"

typedef enum {
    EVIDENCE_COMPLETE,
    EVIDENCE_INCOMPLETE,
    EVIDENCE_UNKNOWN,
} EvidenceState;

/* One hole in the evidence; next leads to further holes behind the same value. */
typedef struct Gap Gap;
struct Gap {
    Str evidence;       /* in the words of a rule's needs: "metric:mixer", "k8s:Pod", "logs:pilot" */
    Str reason;         /* one sentence without a full stop: "forbidden: pods is forbidden: …" */
    Str class_name;     /* manifest class ("forbidden", "timeout", …), or "" */
    Str collect_with;   /* what to run or grant to have it next time, or "" */
    const Gap *next;
};

/* A gap in front of rest; NULL when out of memory. */
const Gap *gap_new(Arena *arena, const char *evidence, Str reason, Str class_name,
                   Str collect_with, const Gap *rest);
/* Both lists, without repetitions; NULL only where both are NULL or out of memory. */
const Gap *gap_join(Arena *arena, const Gap *a, const Gap *b);
/* The list and its texts, so that it may outlive the arena that it was made in; NULL where it is NULL
 * or out of memory. */
const Gap *gap_copy(Arena *arena, const Gap *gap);

/* In a member, counted from 1 in code points (a malformed byte counts one); line 0 where it cannot
 * be told, as the excerpt is not the member's own text. */
typedef struct {
    uint32_t line;
    uint32_t column;
} EvidencePlace;

/* Where a value comes from.  For documents root is the tree (an item of a List, or the whole
 * body) and pointer its place in the member, so that the pointer and line of any node below
 * root can be told by node_pointer() and origin_line().  For lines, series and whole sources
 * root is NULL and excerpt is the text to quote; what was derived from a field still has that
 * field's pointer. */
typedef struct {
    Str member;         /* name below the top folder; "" for what was computed */
    uint32_t line;      /* 1-based first line in the member; 0 unknown */
    uint32_t lines_before;      /* lines of the member before the one that root's nodes count as 1 */
    const Node *root;
    Str pointer;        /* "/items/3"; "" for a whole document */
    Str excerpt;
    size_t mark_at;     /* bytes of the excerpt that decided; none: all of it, or none in particular */
    size_t mark_bytes;
    int64_t time_ns;    /* when a log says it; 0 unknown */
    EvidencePlace mark; /* of what decided */
} Origin;

/* The line of a node below the origin's root, in the member; 0 unknown. */
static inline uint32_t
origin_line(const Origin *origin, const Node *node)
{
    return node->line ? origin->lines_before + node->line : 0;
}

/* A citation, ready for a report. */
typedef struct {
    Str member;
    uint32_t line;      /* 0: unknown */
    Str pointer;        /* "" where it is no document */
    Str excerpt;        /* at most LIMIT_EXCERPT_BYTES, valid UTF-8 */
    uint32_t mark_at;   /* bytes of the excerpt to point at: what a pattern matched, a number */
    uint32_t mark_bytes;        /* 0: none in particular */
    int64_t time_ns;    /* when a log says it; 0 unknown */
    EvidencePlace mark;         /* of what is pointed at */
    bool is_short;              /* the excerpt lacks fields that were left out: model_quote() */
} Evidence;

/* The citation of node inside origin (node NULL: of the whole).  ST_NOMEM. */
NODISCARD Status evidence_cite(Arena *arena, const Origin *origin, const Node *node,
                               Evidence *ret);
/* Where the citation would stand, without the rest of it. */
NODISCARD Status evidence_place(Arena *arena, const Origin *origin, const Node *node,
                                Str *ret_pointer, uint32_t *ret_line);
/* Makes the excerpt again, of a node that is whole.  ST_NOMEM. */
NODISCARD Status evidence_quote(Arena *arena, const Node *node, Evidence *evidence);

#endif
