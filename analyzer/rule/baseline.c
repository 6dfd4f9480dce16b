/* SPDX-License-Identifier: Apache-2.0 */
/* baseline.c -- an earlier report, to tell what is new from what was known. */
#include "analyzer/rule/baseline.h"

#include "analyzer/rule/evaluate.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "base/limits.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static Str
text_of(Arena *arena, const json_t *value)
{
    const char *text = json_string_value(value);
    return arena_str(arena, text ? (Str){text, json_string_length(value)} : STR(""));
}

static Status
add_finding(Arena *arena, const json_t *row, EarlierReport *report, Err *err)
{
    const json_t *fingerprint = json_object_get(row, "fingerprint");
    BaselineFinding *finding = ARENA_NEW(arena, BaselineFinding);
    if (!finding)
        return err_nomem(err);
    Str hex = {json_string_value(fingerprint), json_string_length(fingerprint)};
    if (!digest_from_hex(hex, &finding->fingerprint))
        return err_set(err, ST_FORMAT, "a finding without a fingerprint");
    finding->key = (Str){(const char *)finding->fingerprint.bytes, DIGEST_BYTES};
    finding->id = text_of(arena, json_object_get(json_object_get(row, "rule"), "id"));
    finding->subject = text_of(arena, json_object_get(row, "subject"));
    finding->message = text_of(arena, json_object_get(row, "message"));
    BaselineFinding **slot = VEC_PUSH(arena, &report->findings);
    if (!slot || !finding->id.p || !finding->subject.p || !finding->message.p)
        return err_nomem(err);
    *slot = finding;
    return map_put(&report->by_fingerprint, finding->key, finding) ? ST_OK : err_nomem(err);
}

static Status
read_rows(Arena *arena, const json_t *root, EarlierReport *report, Err *err)
{
    const char *format = json_string_value(json_object_get(root, "format"));
    const json_t *verdicts = json_object_get(root, "verdicts");
    if (!format || strncmp(format, "meshcase-report/", 16) != 0 || !json_is_array(verdicts))
        return err_set(err, ST_FORMAT, "no JSON report of meshcase-analyze");
    if (strcmp(format, "meshcase-report/1") != 0)
        return err_set(err, ST_UNSUPPORTED, "a report of format %.60s", format);
    for (size_t i = 0; i < json_array_size(verdicts); i++) {
        const json_t *row = json_array_get(verdicts, i);
        const char *kind = json_string_value(json_object_get(row, "verdict"));
        if (kind && strcmp(kind, "finding") == 0)
            TRY(add_finding(arena, row, report, err));
    }
    return ST_OK;
}

static void
cleanup_json(json_t **value)
{
    json_decref(*value);
}

Status
baseline_read(Arena *arena, const char *path, EarlierReport *ret, Err *err)
{
    Str text;
    TRY(io_read_file(arena, path, LIMIT_DOCUMENT_BYTES, &text, err));
    json_error_t found;
    CLEANUP(cleanup_json) json_t *root =
        json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &found);
    if (!root)
        return err_at(err, ST_FORMAT, path, found.line > 0 ? (unsigned)found.line : 0,
                      found.column > 0 ? (unsigned)found.column : 0, "%s", found.text);
    EarlierReport report = {0};
    map_init(&report.by_fingerprint, arena);
    Err inside = {0};
    Status status = read_rows(arena, root, &report, &inside);
    if (status != ST_OK)
        return err_at(err, status, path, 0, 0, "%s", inside.text);
    *ret = report;
    return ST_OK;
}

/* Whether a rule said of all its subjects what there was to say. */
static bool *
find_complete_rules(const RuleSet *set, const VerdictList *verdicts, Arena *arena)
{
    bool *is_complete = ARENA_ARRAY(arena, bool, set->rules.count + 1);
    for (size_t i = 0; is_complete && i < set->rules.count; i++)
        is_complete[i] = rule_runs(set->rules.items[i]);
    for (size_t i = 0; is_complete && i < verdicts->count; i++) {
        const Verdict *verdict = &verdicts->items[i];
        if (verdict->subject.n == 0 && (verdict->kind == VERDICT_NOT_EVALUATED ||
                                        verdict->kind == VERDICT_ERROR))
            is_complete[verdict->rule] = false;
    }
    return is_complete;
}

/* What is gone is what was said.  Verdicts may share their detail, so this one gets its own. */
static Status
tell_gone(Verdict *verdict, const BaselineFinding *known, Arena *arena, Err *err)
{
    verdict->baseline = BASELINE_GONE;
    if (verdict->detail->message.n > 0)
        return ST_OK;
    VerdictDetail *detail = ARENA_NEW(arena, VerdictDetail);
    if (!detail)
        return err_nomem(err);
    *detail = *verdict->detail;
    detail->message = known->message;
    verdict->detail = detail;
    return ST_OK;
}

static Status
mark_present(EarlierReport *report, VerdictList *verdicts, Arena *arena, Err *err)
{
    for (size_t i = 0; i < verdicts->count; i++) {
        Verdict *verdict = &verdicts->items[i];
        Str key = {(const char *)verdict->fingerprint.bytes, DIGEST_BYTES};
        BaselineFinding *known = map_get(&report->by_fingerprint, key);
        if (known)
            known->is_seen = true;
        if (verdict->kind == VERDICT_FINDING || verdict->kind == VERDICT_SUPPRESSED)
            verdict->baseline = known ? BASELINE_UNCHANGED : BASELINE_NEW;
        else if (known && (verdict->kind == VERDICT_OK || verdict->kind == VERDICT_NOT_APPLICABLE))
            TRY(tell_gone(verdict, known, arena, err));
    }
    return ST_OK;
}

static Status
add_gone(VerdictList *gone, const BaselineFinding *finding, const Rule *rule, Arena *arena,
         Err *err)
{
    Verdict *verdict = VEC_PUSH(arena, gone);
    VerdictDetail *detail = ARENA_NEW(arena, VerdictDetail);
    if (!verdict || !detail)
        return err_nomem(err);
    detail->message = finding->message;
    detail->reason = STR("the subject of this earlier finding is no longer there");
    *verdict = (Verdict){.rule = rule->index, .kind = VERDICT_NOT_APPLICABLE,
                         .severity = (uint8_t)rule->severity,
                         .confidence = (uint8_t)rule->confidence, .baseline = BASELINE_GONE,
                         .subject = finding->subject, .fingerprint = finding->fingerprint,
                         .detail = detail};
    return ST_OK;
}

static Status
tell_open(CoverageList *coverage, const BaselineFinding *finding, Arena *arena, Err *err)
{
    Coverage *slot = VEC_PUSH(arena, coverage);
    Str evidence = arena_strf(arena, "baseline:" STR_FMT "%s" STR_FMT, STR_ARG(finding->id),
                              finding->subject.n > 0 ? ":" : "", STR_ARG(finding->subject));
    if (!slot || !evidence.p)
        return err_nomem(err);
    *slot = (Coverage){evidence, STR("unknown"),
                       STR("its rule was not evaluated, so the finding may still be there"),
                       STR("")};
    return ST_OK;
}

static int
compare(const void *left, const void *right)
{
    const Verdict *a = left;
    const Verdict *b = right;
    if (a->rule != b->rule)
        return a->rule < b->rule ? -1 : 1;
    int order = str_cmp(a->subject, b->subject);
    return order ? order : memcmp(a->fingerprint.bytes, b->fingerprint.bytes, DIGEST_BYTES);
}

/* Both lists are in order; verdicts of the bundle stand before those that are gone. */
static Status
merge(VerdictList *verdicts, VerdictList *gone, Arena *arena, Err *err)
{
    if (gone->count == 0)
        return ST_OK;
    qsort(gone->items, gone->count, sizeof *gone->items, compare);
    VerdictList merged = {0};
    size_t g = 0;
    for (size_t v = 0; v <= verdicts->count; v++) {
        while (g < gone->count &&
               (v == verdicts->count || gone->items[g].rule < verdicts->items[v].rule ||
                (gone->items[g].rule == verdicts->items[v].rule &&
                 str_cmp(gone->items[g].subject, verdicts->items[v].subject) < 0))) {
            Verdict *slot = VEC_PUSH(arena, &merged);
            if (!slot)
                return err_nomem(err);
            *slot = gone->items[g++];
        }
        Verdict *slot = v < verdicts->count ? VEC_PUSH(arena, &merged) : NULL;
        if (v < verdicts->count && !slot)
            return err_nomem(err);
        if (slot)
            *slot = verdicts->items[v];
    }
    *verdicts = merged;
    return ST_OK;
}

Status
baseline_mark(EarlierReport *report, const RuleSet *set, VerdictList *verdicts,
              CoverageList *coverage, Arena *arena, Err *err)
{
    bool *is_complete = find_complete_rules(set, verdicts, arena);
    if (!is_complete)
        return err_nomem(err);
    TRY(mark_present(report, verdicts, arena, err));
    VerdictList gone = {0};
    for (size_t i = 0; i < report->findings.count; i++) {
        const BaselineFinding *finding = report->findings.items[i];
        if (finding->is_seen)
            continue;
        const Rule *rule = rules_find(set, finding->id);
        if (rule && is_complete[rule->index])
            TRY(add_gone(&gone, finding, rule, arena, err));
        else
            TRY(tell_open(coverage, finding, arena, err));
    }
    return merge(verdicts, &gone, arena, err);
}
