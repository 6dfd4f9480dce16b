/* SPDX-License-Identifier: Apache-2.0 */
/* evidence.c -- gaps in evidence, and citations of it. */
#include "analyzer/model/evidence.h"

#include "base/limits.h"
#include "base/utf8.h"

/* A report names no more; joining 20,000 distinct gaps one by one must not be quadratic. */
enum { GAPS_MOST = 64 };

const Gap *
gap_new(Arena *arena, const char *evidence, Str reason, Str class_name, Str collect_with,
        const Gap *rest)
{
    Gap *gap = ARENA_NEW(arena, Gap);
    if (!gap)
        return NULL;
    gap->evidence = arena_str(arena, str_of(evidence));
    gap->reason = arena_str(arena, reason);
    gap->class_name = arena_str(arena, class_name);
    gap->collect_with = arena_str(arena, collect_with);
    gap->next = rest;
    bool whole = gap->evidence.p && gap->reason.p && gap->class_name.p && gap->collect_with.p;
    return whole ? gap : NULL;
}

static bool
same_gap(const Gap *a, const Gap *b)
{
    return a == b || (str_eq(a->evidence, b->evidence) && str_eq(a->reason, b->reason) &&
                      str_eq(a->class_name, b->class_name) &&
                      str_eq(a->collect_with, b->collect_with));
}

const Gap *
gap_join(Arena *arena, const Gap *a, const Gap *b)
{
    if (!a || !b || a == b)
        return a ? a : b;
    size_t count = 0;
    for (const Gap *gap = a; gap; gap = gap->next)
        count++;
    const Gap *joined = a;
    for (; b && count < GAPS_MOST; b = b->next) {
        bool known = false;
        for (const Gap *gap = joined; gap && !known; gap = gap->next)
            known = same_gap(gap, b);
        if (known)
            continue;
        Gap *copy = ARENA_NEW(arena, Gap);
        if (!copy)
            return NULL;
        *copy = *b;
        copy->next = joined;
        joined = copy;
        count++;
    }
    return joined;
}

const Gap *
gap_copy(Arena *arena, const Gap *gap)
{
    Gap *first = NULL;
    Gap **link = &first;
    for (; gap; gap = gap->next) {
        Gap *copy = ARENA_NEW(arena, Gap);
        if (!copy)
            return NULL;
        *copy = (Gap){.evidence = arena_str(arena, gap->evidence),
                      .reason = arena_str(arena, gap->reason),
                      .class_name = arena_str(arena, gap->class_name),
                      .collect_with = arena_str(arena, gap->collect_with)};
        if (!copy->evidence.p || !copy->reason.p || !copy->class_name.p || !copy->collect_with.p)
            return NULL;
        *link = copy;
        link = (Gap **)(uintptr_t)&copy->next;      /* ours until it is returned */
    }
    return first;
}

/* At most max bytes of s as valid UTF-8, cut between code points. */
static Status
excerpt(Arena *arena, Str s, size_t max, Str *ret)
{
    CLEANUP(buf_done) Buf text = BUF_INIT(3 * max + 4);
    utf8_sanitise(&text, str_head(s, max));
    TRY(buf_status(&text, NULL));
    *ret = arena_str(arena, utf8_head(buf_str(&text), max));
    return ret->p ? ST_OK : ST_NOMEM;
}

/* Bytes of s once it is valid UTF-8. */
static size_t
sanitised_bytes(Str s)
{
    size_t bad;
    size_t bytes = s.n;
    for (; !utf8_valid(s, &bad); s = str_from(s, bad + 1))
        bytes += 2;
    return bytes;
}

/* Where the quotation begins: at the start, or, where that would lose what is marked, a little
 * before the mark and between two words. */
static size_t
quotation_start(const Origin *origin)
{
    static const size_t BEFORE = 80;
    if (origin->mark_bytes == 0 || origin->mark_at + origin->mark_bytes <= LIMIT_EXCERPT_BYTES)
        return 0;
    size_t from = origin->mark_at > BEFORE ? origin->mark_at - BEFORE : 0;
    size_t blank;
    Str before = str_sub(origin->excerpt, from, origin->mark_at - from);
    if (from > 0 && str_find_char(before, ' ', &blank))
        from += blank + 1;
    while (from < origin->mark_at && ((unsigned char)origin->excerpt.p[from] & 0xC0) == 0x80)
        from++;
    return from;
}

static Status
excerpt_of_text(Arena *arena, const Origin *origin, Evidence *cited)
{
    size_t from = quotation_start(origin);
    Str text = str_from(origin->excerpt, from);
    TRY(excerpt(arena, text, LIMIT_EXCERPT_BYTES, &cited->excerpt));
    if (origin->mark_bytes == 0 || origin->mark_at >= origin->excerpt.n)
        return ST_OK;
    size_t start = sanitised_bytes(str_head(text, origin->mark_at - from));
    size_t end = start + sanitised_bytes(str_sub(text, origin->mark_at - from,
                                                 origin->mark_bytes));
    end = end < cited->excerpt.n ? end : cited->excerpt.n;
    cited->mark_at = (uint32_t)(start < end ? start : 0);
    cited->mark_bytes = (uint32_t)(start < end ? end - start : 0);
    cited->mark = origin->mark;
    return ST_OK;
}

/* Compact JSON of a node, cut.  The writer fails once the buffer is full; what was written
 * until then is the excerpt. */
static Status
excerpt_of_node(Arena *arena, const Node *node, Str *ret)
{
    CLEANUP(buf_done) Buf text = BUF_INIT(2 * LIMIT_EXCERPT_BYTES);
    if (node->type == NODE_STRING)
        return excerpt(arena, node->string, LIMIT_EXCERPT_BYTES, ret);
    node_write_json(node, 0, &text);
    if (text.failed == ST_NOMEM)
        return ST_NOMEM;
    return excerpt(arena, buf_str(&text), LIMIT_EXCERPT_BYTES, ret);
}

/* A citation outlives what it cites: an origin may be of one evaluation only. */
static Status
kept_pointer(Arena *arena, const Origin *origin, Str *ret)
{
    *ret = STR("");
    if (origin->pointer.n == 0)
        return ST_OK;
    *ret = arena_str(arena, origin->pointer);
    return ret->p ? ST_OK : ST_NOMEM;
}

Status
evidence_quote(Arena *arena, const Node *node, Evidence *evidence)
{
    evidence->is_short = false;
    return excerpt_of_node(arena, node, &evidence->excerpt);
}

Status
evidence_place(Arena *arena, const Origin *origin, const Node *node, Str *ret_pointer,
               uint32_t *ret_line)
{
    const Node *shown = node ? node : origin->root;
    *ret_line = origin->line;
    if (!origin->root || !shown)
        return kept_pointer(arena, origin, ret_pointer);
    CLEANUP(buf_done) Buf pointer = BUF_INIT(64 * 1024);
    buf_add_str(&pointer, origin->pointer);
    bool found = node_pointer(origin->root, shown, &pointer);
    /* keys of the bundle may be too long for a pointer: then it is told where the object stands */
    if (pointer.failed == ST_LIMIT)
        found = false;
    else
        TRY(buf_status(&pointer, NULL));
    if (!found)
        return kept_pointer(arena, origin, ret_pointer);
    if (shown->line)
        *ret_line = origin_line(origin, shown);
    *ret_pointer = arena_str(arena, buf_str(&pointer));
    return ret_pointer->p ? ST_OK : ST_NOMEM;
}

Status
evidence_cite(Arena *arena, const Origin *origin, const Node *node, Evidence *ret)
{
    Evidence cited = {.member = origin->member, .time_ns = origin->time_ns};
    const Node *shown = node ? node : origin->root;
    TRY(evidence_place(arena, origin, node, &cited.pointer, &cited.line));
    if (!origin->root || !shown)
        TRY(excerpt_of_text(arena, origin, &cited));
    else if (node_head_is_whole(shown, LIMIT_EXCERPT_BYTES))
        TRY(excerpt_of_node(arena, shown, &cited.excerpt));
    else
        cited.is_short = true;
    *ret = cited;
    return ST_OK;
}
