/* SPDX-License-Identifier: Apache-2.0 */
/* report.c -- walks a report and lets a voice say it. */
#include "analyzer/report/report.h"

#include "analyzer/report/voice.h"
#include "base/io.h"

#include <stdlib.h>

/* Sent on beyond this many bytes, so that a report needs no memory of its own size. */
static const size_t FLUSH_BYTES = 64 << 10;
/* No single record comes near this. */
static const size_t RECORD_BYTES = 64 << 20;
/* Consequences of consequences: deeper ones are told as if they were this deep. */
enum { MAX_DEPTH = 8 };

const char *const REPORT_FORMATS[] = {
#define FORMAT(id, name, help) name,
#include "analyzer/report/formats.def"
#undef FORMAT
    NULL};

static const Voice *const VOICES[REPORT_FORMAT_COUNT] = {
#define FORMAT(id, name, help) &VOICE_##id,
#include "analyzer/report/formats.def"
#undef FORMAT
};

Str
writer_kept(Writer *writer, Str text)
{
    if (!text.p)
        writer->out.failed = ST_NOMEM;
    return text;
}

const Rule *
verdict_rule(const Writer *writer, const Verdict *verdict)
{
    return writer->report->set->rules.items[verdict->rule];
}

bool
verdict_needs_subject(const Verdict *verdict)
{
    return verdict->subject.n > 0 && !str_starts(verdict->detail->message, verdict->subject);
}

bool
verdict_has_failed(const Verdict *verdict)
{
    return verdict->kind == VERDICT_ERROR;
}

bool
verdict_is_accepted(const Verdict *verdict)
{
    return verdict->kind == VERDICT_SUPPRESSED;
}

bool
verdict_is_gone(const Verdict *verdict)
{
    return verdict->baseline == BASELINE_GONE;
}

/* ---- counting ---- */

/* From the verdict that matters most to the one that matters least. */
static const VerdictKind RANKS[VERDICT_KIND_COUNT] = {
    VERDICT_FINDING, VERDICT_ERROR, VERDICT_NOT_EVALUATED,
    VERDICT_SUPPRESSED, VERDICT_OK, VERDICT_NOT_APPLICABLE,
};

static unsigned
rank_of(unsigned kind)
{
    unsigned rank = 0;
    while (rank < VERDICT_KIND_COUNT - 1 && RANKS[rank] != kind)
        rank++;
    return rank;
}

void
report_count(const Report *report, ReportCounts *ret)
{
    ReportCounts counts = {0};
    size_t i = 0;
    while (i < report->verdicts->count) {
        uint32_t rule = report->verdicts->items[i].rule;
        unsigned best = VERDICT_KIND_COUNT - 1;
        for (; i < report->verdicts->count && report->verdicts->items[i].rule == rule; i++) {
            const Verdict *verdict = &report->verdicts->items[i];
            counts.verdicts[verdict->kind]++;
            if (verdict->kind == VERDICT_FINDING || verdict->baseline == BASELINE_GONE)
                counts.baseline[verdict->baseline]++;
            if (verdict->kind == VERDICT_FINDING)
                counts.findings[verdict->severity]++;
            if (rank_of(verdict->kind) < best)
                best = rank_of(verdict->kind);
        }
        counts.rules[RANKS[best]]++;
    }
    *ret = counts;
}

/* ---- sending on ---- */

typedef struct {
    Writer writer;
    const Voice *voice;
    int fd;
    Err *err;
} Visit;

static Status
flush(Visit *visit, bool always)
{
    Buf *out = &visit->writer.out;
    TRY(buf_status(out, visit->err));
    if (out->n == 0 || (!always && out->n < FLUSH_BYTES))
        return ST_OK;
    TRY(io_write(visit->fd, out->data, out->n, visit->err));
    buf_clear(out);
    return ST_OK;
}

/* ---- causes and consequences ---- */

/* A finding among causes: who owns it, and what it owns. */
typedef struct {
    const Verdict *verdict;
    size_t owner;               /* SIZE_MAX: none */
    size_t first_child;         /* SIZE_MAX: none */
    size_t next_child;
} Link;

typedef struct {
    Link *items;
    size_t count;
    Map by_fingerprint;         /* -> place in items, plus one */
} Links;

static Str
key_of(const Digest *fingerprint)
{
    return (Str){(const char *)fingerprint->bytes, DIGEST_BYTES};
}

static Status
collect_links(Visit *visit, Links *links)
{
    const Report *report = visit->writer.report;
    Arena *arena = visit->writer.arena;
    map_init(&links->by_fingerprint, arena);
    links->items = ARENA_ARRAY(arena, Link, visit->writer.counts.verdicts[VERDICT_FINDING] + 1);
    if (!links->items)
        return err_nomem(visit->err);
    for (size_t i = 0; i < report->verdicts->count; i++) {
        const Verdict *verdict = &report->verdicts->items[i];
        if (verdict->kind != VERDICT_FINDING)
            continue;
        links->items[links->count++] = (Link){verdict, SIZE_MAX, SIZE_MAX, SIZE_MAX};
        if (!map_put(&links->by_fingerprint, key_of(&verdict->fingerprint),
                     (void *)(uintptr_t)links->count))
            return err_nomem(visit->err);
    }
    return ST_OK;
}

static void
tie_links(Links *links)
{
    for (size_t i = links->count; i-- > 0;) {
        const VerdictDetail *detail = links->items[i].verdict->detail;
        if (detail->explained_by_count == 0)
            continue;
        size_t owner = (size_t)(uintptr_t)map_get(&links->by_fingerprint,
                                                  key_of(&detail->explained_by[0]));
        if (owner == 0 || owner - 1 == i)
            continue;
        links->items[i].owner = owner - 1;
        links->items[i].next_child = links->items[owner - 1].first_child;
        links->items[owner - 1].first_child = i;
    }
}

static int
compare_links(const void *left, const void *right)
{
    const Verdict *a = (*(const Link *const *)left)->verdict;
    const Verdict *b = (*(const Link *const *)right)->verdict;
    if (a->severity != b->severity)
        return a->severity > b->severity ? -1 : 1;
    if (a->rule != b->rule)
        return a->rule < b->rule ? -1 : 1;
    return a < b ? -1 : a > b;
}

static Status visit_links(Visit *visit, const Links *links, const Link **list, size_t count,
                          unsigned depth);

static Status
visit_children(Visit *visit, const Links *links, const Link *const *group, size_t count,
               unsigned depth)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t c = group[i]->first_child; c != SIZE_MAX; c = links->items[c].next_child)
            total++;
    const Link **children = ARENA_ARRAY(visit->writer.arena, const Link *, total);
    if (!children)
        return err_nomem(visit->err);
    size_t at = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t c = group[i]->first_child; c != SIZE_MAX; c = links->items[c].next_child)
            children[at++] = &links->items[c];
    return visit_links(visit, links, children, total, depth);
}

static Status
visit_group(Visit *visit, const Links *links, const Link *const *list, size_t count,
            unsigned depth)
{
    const Verdict **verdicts = ARENA_ARRAY(visit->writer.arena, const Verdict *, count);
    if (!verdicts)
        return err_nomem(visit->err);
    for (size_t i = 0; i < count; i++)
        verdicts[i] = list[i]->verdict;
    FindingGroup group = {
        .rule = verdict_rule(&visit->writer, verdicts[0]),
        .severity = (Severity)verdicts[0]->severity,
        .items = verdicts, .count = count, .depth = depth < MAX_DEPTH ? depth : MAX_DEPTH,
    };
    visit->voice->group_begin(&visit->writer, &group);
    TRY(flush(visit, false));
    TRY(visit_children(visit, links, list, count, depth + 1));
    visit->voice->group_end(&visit->writer, &group);
    return flush(visit, false);
}

/* explains has no circles, so this ends; its depth is that of a chain of rules. */
static Status
visit_links(Visit *visit, const Links *links, const Link **list, size_t count, unsigned depth)
{
    if (count == 0)
        return ST_OK;
    qsort(list, count, sizeof *list, compare_links);
    size_t start = 0;
    for (size_t i = 1; i <= count; i++) {
        bool is_same = i < count && list[i]->verdict->rule == list[start]->verdict->rule &&
                       list[i]->verdict->severity == list[start]->verdict->severity;
        if (is_same)
            continue;
        TRY(visit_group(visit, links, list + start, i - start, depth));
        start = i;
    }
    return ST_OK;
}

static Status
visit_causes(Visit *visit)
{
    Links links = {0};
    TRY(collect_links(visit, &links));
    tie_links(&links);
    const Link **roots = ARENA_ARRAY(visit->writer.arena, const Link *, links.count);
    if (!roots)
        return err_nomem(visit->err);
    size_t count = 0;
    for (size_t i = 0; i < links.count; i++)
        if (links.items[i].owner == SIZE_MAX)
            roots[count++] = &links.items[i];
    return visit_links(visit, &links, roots, count, 0);
}

/* ---- the walk ---- */

static Status
visit_all(Visit *visit)
{
    const Report *report = visit->writer.report;
    visit->voice->begin(&visit->writer);
    for (size_t i = 0; visit->voice->verdict && i < report->verdicts->count; i++) {
        visit->voice->verdict(&visit->writer, &report->verdicts->items[i]);
        TRY(flush(visit, false));
    }
    if (visit->voice->group_begin)
        TRY(visit_causes(visit));
    for (size_t i = 0; visit->voice->coverage && i < report->coverage->count; i++) {
        visit->voice->coverage(&visit->writer, &report->coverage->items[i]);
        TRY(flush(visit, false));
    }
    visit->voice->end(&visit->writer);
    return flush(visit, true);
}

Status
report_write(const Report *report, ReportFormat format, const ReportOptions *options, int fd,
             Err *err)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    if (!arena)
        return err_nomem(err);
    Visit visit = {
        .writer = {.report = report, .options = *options, .arena = arena,
                   .out = BUF_INIT(RECORD_BYTES)},
        .voice = VOICES[format], .fd = fd, .err = err,
    };
    report_count(report, &visit.writer.counts);
    Status status = visit_all(&visit);
    buf_done(&visit.writer.out);
    return status;
}
