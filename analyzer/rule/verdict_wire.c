/* SPDX-License-Identifier: Apache-2.0 */
/* verdict_wire.c -- verdicts and coverage as bytes. */
#include "analyzer/rule/verdict_wire.h"

#include "base/limits.h"

enum { TEXT_BYTES = 4 };        /* the least that a text takes */

/* ---- put ---- */

static void
put_fixes(Buf *out, const VerdictDetail *detail)
{
    wire_put_u32(out, (uint32_t)detail->fix_count);
    for (size_t i = 0; i < detail->fix_count; i++) {
        wire_put_str(out, detail->fixes[i].text);
        wire_put_str(out, detail->fixes[i].run);
        wire_put_str(out, detail->fixes[i].risk);
    }
}

static void
put_evidence(Buf *out, const VerdictDetail *detail)
{
    wire_put_u32(out, (uint32_t)detail->evidence_count);
    for (size_t i = 0; i < detail->evidence_count; i++) {
        const Evidence *one = &detail->evidence[i];
        wire_put_str(out, one->member);
        wire_put_u32(out, one->line);
        wire_put_str(out, one->pointer);
        wire_put_str(out, one->excerpt);
        wire_put_u32(out, one->mark_at);
        wire_put_u32(out, one->mark_bytes);
        wire_put_u32(out, one->mark.line);
        wire_put_u32(out, one->mark.column);
        wire_put_u64(out, (uint64_t)one->time_ns);
    }
}

static void
put_gaps(Buf *out, const VerdictDetail *detail)
{
    wire_put_u32(out, (uint32_t)detail->gap_count);
    for (size_t i = 0; i < detail->gap_count; i++) {
        wire_put_str(out, detail->gaps[i].evidence);
        wire_put_str(out, detail->gaps[i].reason);
        wire_put_str(out, detail->gaps[i].collect_with);
    }
}

void
verdict_put(Buf *out, const Verdict *verdict)
{
    const VerdictDetail *detail = verdict->detail;
    wire_put_u32(out, verdict->rule);
    wire_put_u8(out, verdict->kind);
    wire_put_u8(out, verdict->severity);
    wire_put_u8(out, verdict->confidence);
    wire_put_str(out, verdict->subject);
    wire_put_bytes(out, verdict->fingerprint.bytes, DIGEST_BYTES);
    wire_put_str(out, detail->namespace);
    wire_put_str(out, detail->message);
    wire_put_str(out, detail->reason);
    put_fixes(out, detail);
    put_evidence(out, detail);
    put_gaps(out, detail);
}

void
coverage_put(Buf *out, const Coverage *coverage)
{
    wire_put_str(out, coverage->evidence);
    wire_put_str(out, coverage->state);
    wire_put_str(out, coverage->reason);
    wire_put_str(out, coverage->collect_with);
}

/* ---- take ---- */

static Status
take_fixes(WireIn *in, Arena *arena, VerdictDetail *detail, Err *err)
{
    detail->fix_count = wire_take_count(in, UINT32_MAX, 3 * TEXT_BYTES);
    VerdictFix *fixes = ARENA_ARRAY(arena, VerdictFix, detail->fix_count);
    if (!fixes)
        return err_nomem(err);
    for (size_t i = 0; i < detail->fix_count; i++) {
        fixes[i].text = wire_take_str(in);
        fixes[i].run = wire_take_str(in);
        fixes[i].risk = wire_take_str(in);
    }
    detail->fixes = fixes;
    return ST_OK;
}

static Status
take_evidence(WireIn *in, Arena *arena, VerdictDetail *detail, Err *err)
{
    detail->evidence_count = wire_take_count(in, UINT32_MAX, 8 * TEXT_BYTES);
    Evidence *evidence = ARENA_ARRAY(arena, Evidence, detail->evidence_count);
    if (!evidence)
        return err_nomem(err);
    for (size_t i = 0; i < detail->evidence_count; i++) {
        evidence[i].member = wire_take_str(in);
        evidence[i].line = wire_take_u32(in);
        evidence[i].pointer = wire_take_str(in);
        evidence[i].excerpt = wire_take_str(in);
        evidence[i].mark_at = wire_take_u32(in);
        evidence[i].mark_bytes = wire_take_u32(in);
        evidence[i].mark.line = wire_take_u32(in);
        evidence[i].mark.column = wire_take_u32(in);
        evidence[i].time_ns = (int64_t)wire_take_u64(in);
        in->spoiled |= evidence[i].mark_at > evidence[i].excerpt.n ||
                       evidence[i].mark_bytes > evidence[i].excerpt.n - evidence[i].mark_at;
    }
    detail->evidence = evidence;
    return ST_OK;
}

static Status
take_gaps(WireIn *in, Arena *arena, VerdictDetail *detail, Err *err)
{
    detail->gap_count = wire_take_count(in, UINT32_MAX, 3 * TEXT_BYTES);
    VerdictGap *gaps = ARENA_ARRAY(arena, VerdictGap, detail->gap_count);
    if (!gaps)
        return err_nomem(err);
    for (size_t i = 0; i < detail->gap_count; i++) {
        gaps[i].evidence = wire_take_str(in);
        gaps[i].reason = wire_take_str(in);
        gaps[i].collect_with = wire_take_str(in);
    }
    detail->gaps = gaps;
    return ST_OK;
}

static Status
take_verdict(WireIn *in, const RuleSet *set, Arena *arena, Verdict *verdict, Err *err)
{
    VerdictDetail *detail = ARENA_NEW(arena, VerdictDetail);
    if (!detail)
        return err_nomem(err);
    verdict->detail = detail;
    verdict->rule = wire_take_u32(in);
    in->spoiled |= verdict->rule >= set->rules.count;
    verdict->kind = wire_take_enum(in, VERDICT_KIND_COUNT);
    verdict->severity = wire_take_enum(in, SEVERITY_COUNT);
    verdict->confidence = wire_take_enum(in, CONFIDENCE_COUNT);
    verdict->subject = wire_take_str(in);
    wire_take_bytes(in, verdict->fingerprint.bytes, DIGEST_BYTES);
    detail->namespace = wire_take_str(in);
    detail->message = wire_take_str(in);
    detail->reason = wire_take_str(in);
    TRY(take_fixes(in, arena, detail, err));
    TRY(take_evidence(in, arena, detail, err));
    return take_gaps(in, arena, detail, err);
}

Status
verdicts_take(Str payload, const RuleSet *set, Arena *arena, VerdictList *list, Err *err)
{
    WireIn in = {.rest = payload};
    while (in.rest.n > 0 && !in.spoiled) {
        if (list->count >= LIMIT_VERDICT_COUNT)
            return err_set(err, ST_LIMIT, "more than %llu verdicts",
                           (unsigned long long)LIMIT_VERDICT_COUNT);
        Verdict *verdict = VEC_PUSH(arena, list);
        if (!verdict)
            return err_nomem(err);
        TRY(take_verdict(&in, set, arena, verdict, err));
    }
    return wire_end(&in, err);
}

Status
coverage_take(Str payload, Arena *arena, CoverageList *list, Err *err)
{
    WireIn in = {.rest = payload};
    while (in.rest.n > 0 && !in.spoiled) {
        if (list->count >= LIMIT_COVERAGE_COUNT)
            return err_set(err, ST_LIMIT, "more than %llu holes",
                           (unsigned long long)LIMIT_COVERAGE_COUNT);
        Coverage *coverage = VEC_PUSH(arena, list);
        if (!coverage)
            return err_nomem(err);
        coverage->evidence = wire_take_str(&in);
        coverage->state = wire_take_str(&in);
        coverage->reason = wire_take_str(&in);
        coverage->collect_with = wire_take_str(&in);
    }
    return wire_end(&in, err);
}
