/* SPDX-License-Identifier: Apache-2.0 */
/* overlay.c -- a site's changes to packs. */
#include "analyzer/rule/overlay.h"

#include "analyzer/rule/schema.h"
#include "base/io.h"
#include "base/limits.h"

#include <stdio.h>

struct Overlay {
    const char *file;
    const Node *root;       /* fits SCHEMA_OVERLAY */
};

Status
overlay_load(RuleSet *set, const char *path, OverlayList *overlays, Err *err)
{
    Str text;
    TRY(io_read_file(set->arena, path, LIMIT_RULE_FILE_BYTES, &text, err));
    Overlay *overlay = ARENA_NEW(set->arena, Overlay);
    char *file = arena_cstr(set->arena, str_of(path));
    if (!overlay || !file)
        return err_nomem(err);
    overlay->file = file;
    TRY(diagnostics_parse(&set->diagnostics, file, text, &overlay->root, err));
    if (!overlay->root ||
        !schema_check(&SCHEMA_OVERLAY, overlay->root, file, &set->diagnostics))
        return ST_OK;
    Overlay **slot = VEC_PUSH(set->arena, overlays);
    if (!slot)
        return err_nomem(err);
    *slot = overlay;
    return ST_OK;
}

static Status
tell(Arena *arena, const Overlay *overlay, unsigned line, const char *state, const char *reason,
     CoverageList *coverage, Err *err)
{
    Coverage *slot = VEC_PUSH(arena, coverage);
    Str evidence = arena_strf(arena, "overlay:%s:%u", overlay->file, line);
    Str kept = arena_str(arena, str_of(reason));
    if (!slot || !evidence.p || !kept.p)
        return err_nomem(err);
    *slot = (Coverage){evidence, str_of(state), kept, STR("")};
    return ST_OK;
}

/* True where the entry holds today; else it is told. */
static Status
holds(Arena *arena, const Overlay *overlay, const Node *entry, const char *today,
      CoverageList *coverage, bool *ret, Err *err)
{
    Str until = node_string(node_get(entry, STR("until")));
    *ret = until.n == 0 || str_cmp(until, str_of(today)) >= 0;
    if (*ret)
        return ST_OK;
    char reason[160];
    (void)snprintf(reason, sizeof reason, "the entry for " STR_FMT " held until " STR_FMT,
                   STR_ARG(str_head(node_string(node_get(entry, STR("id"))), 60)),
                   STR_ARG(str_head(until, 20)));
    return tell(arena, overlay, entry->line, "expired", reason, coverage, err);
}

static Status
apply_param(const Overlay *overlay, RuleSet *set, const NodePair *pair, CoverageList *coverage,
            Err *err)
{
    Err found = {0};
    Status status = rules_set_param(set, pair->key, &pair->value, &found);
    if (status == ST_NOMEM)
        return err_nomem(err);
    if (status == ST_NOT_FOUND)
        return tell(set->arena, overlay, pair->line, "unmatched", found.text, coverage, err);
    if (status != ST_OK)
        diagnostic_error(&set->diagnostics, overlay->file, pair->value.line, pair->value.column,
                         "%s", found.text);
    return ST_OK;
}

static void
change_rule(Rule *rule, const Node *entry)
{
    const Node *severity = node_get(entry, STR("severity"));
    const Node *disable = node_get(entry, STR("disable"));
    if (severity) {
        rule->severity = (Severity)schema_choice(SCHEMA_SEVERITIES, severity->string);
        rule->has_overlaid_severity = true;
    }
    if (disable) {
        rule->is_disabled = disable->boolean;
        rule->disabled_reason = node_string(node_get(entry, STR("reason")));
    }
}

static Status
tell_unknown_rule(const Overlay *overlay, const RuleSet *set, const Node *entry,
                  CoverageList *coverage, Err *err)
{
    Str id = node_string(node_get(entry, STR("id")));
    const char *near = rules_nearest(set, id);
    char reason[200];
    (void)snprintf(reason, sizeof reason, "there is no rule " STR_FMT "%s%s%s",
                   STR_ARG(str_head(id, 60)), near ? "; did you mean " : "", near ? near : "",
                   near ? "?" : "");
    return tell(set->arena, overlay, entry->line, "unmatched", reason, coverage, err);
}

static Status
apply_rule(const Overlay *overlay, RuleSet *set, const Node *entry, const char *today,
           CoverageList *coverage, Err *err)
{
    bool is_valid;
    TRY(holds(set->arena, overlay, entry, today, coverage, &is_valid, err));
    if (!is_valid)
        return ST_OK;
    Rule *rule = rules_find(set, node_string(node_get(entry, STR("id"))));
    if (!rule)
        return tell_unknown_rule(overlay, set, entry, coverage, err);
    change_rule(rule, entry);
    return ST_OK;
}

Status
overlays_apply(const OverlayList *overlays, RuleSet *set, const char *today,
               CoverageList *coverage, Err *err)
{
    for (size_t i = 0; i < overlays->count; i++) {
        const Overlay *overlay = overlays->items[i];
        const Node *params = node_get(overlay->root, STR("params"));
        for (uint32_t p = 0; params && p < params->count; p++)
            TRY(apply_param(overlay, set, &params->pairs[p], coverage, err));
        const Node *rules = node_get(overlay->root, STR("rules"));
        for (uint32_t r = 0; rules && r < rules->count; r++)
            TRY(apply_rule(overlay, set, &rules->items[r], today, coverage, err));
    }
    diagnostics_sort(&set->diagnostics);
    return ST_OK;
}

static Status
suppress_one(Arena *arena, Verdict *verdict, const Node *entry, Err *err)
{
    verdict->kind = VERDICT_SUPPRESSED;
    Str until = node_string(node_get(entry, STR("until")));
    verdict->detail->reason =
        arena_strf(arena, STR_FMT "%s" STR_FMT,
                   STR_ARG(node_string(node_get(entry, STR("reason")))),
                   until.n > 0 ? "; until " : "", STR_ARG(until));
    return verdict->detail->reason.p ? ST_OK : err_nomem(err);
}

static Status
suppress(const Overlay *overlay, const RuleSet *set, const Node *entry, const char *today,
         VerdictList *verdicts, CoverageList *coverage, Err *err)
{
    bool is_valid;
    TRY(holds(set->arena, overlay, entry, today, coverage, &is_valid, err));
    if (!is_valid)
        return ST_OK;
    const Rule *rule = rules_find(set, node_string(node_get(entry, STR("id"))));
    if (!rule)
        return tell_unknown_rule(overlay, set, entry, coverage, err);
    Str glob = node_string(node_get(entry, STR("subject")));
    size_t matched = 0;
    for (size_t i = 0; i < verdicts->count; i++) {
        Verdict *verdict = &verdicts->items[i];
        if (verdict->rule != rule->index || !str_glob(glob, verdict->subject, false))
            continue;
        matched += verdict->kind == VERDICT_FINDING || verdict->kind == VERDICT_SUPPRESSED;
        if (verdict->kind == VERDICT_FINDING)
            TRY(suppress_one(set->arena, verdict, entry, err));
    }
    if (matched > 0)
        return ST_OK;
    char reason[200];
    (void)snprintf(reason, sizeof reason, "no finding of " STR_FMT " has a subject like " STR_FMT,
                   STR_ARG(str_head(rule->id, 60)), STR_ARG(str_head(glob, 80)));
    return tell(set->arena, overlay, entry->line, "unmatched", reason, coverage, err);
}

Status
overlays_suppress(const OverlayList *overlays, const RuleSet *set, const char *today,
                  VerdictList *verdicts, CoverageList *coverage, Err *err)
{
    for (size_t i = 0; i < overlays->count; i++) {
        const Node *entries = node_get(overlays->items[i]->root, STR("suppress"));
        for (uint32_t s = 0; entries && s < entries->count; s++)
            TRY(suppress(overlays->items[i], set, &entries->items[s], today, verdicts, coverage,
                         err));
    }
    return ST_OK;
}
