/* SPDX-License-Identifier: Apache-2.0 */
/* diff_evidence.c -- versions, findings and captures that changed. */
#include "analyzer/diff/diff_private.h"

#include "analyzer/model/facts.h"
#include "bundle/component.h"

#include <string.h>

/* ---- versions ---- */

static Status
compare_version(Comparison *c, Str subject, const Node *before, const Node *after)
{
    const Node *sides[] = {before, after};
    Str texts[2];
    for (size_t i = 0; i < 2; i++) {
        CLEANUP(buf_done) Buf out = BUF_INIT(64 << 10);
        if (node_is(sides[i], NODE_STRING))
            buf_add_str(&out, sides[i]->string);
        else if (sides[i])
            node_write_json(sides[i], 0, &out);
        TRY(buf_status(&out, c->err));
        texts[i] = arena_str(c->arena, buf_str(&out));
    }
    if (texts[0].p && texts[1].p && str_eq(texts[0], texts[1]))
        return ST_OK;
    ChangeWay way = !before ? CHANGE_ADDED : !after ? CHANGE_REMOVED : CHANGE_CHANGED;
    return add_change(c, &(Change){CHANGE_VERSION, way, subject, STR(""), texts[0], texts[1]});
}

static Status
facts_of(Comparison *c, const char *name, Fact ret[2])
{
    for (size_t i = 0; i < 2; i++)
        TRY(model_fact(c->sides[i]->model, str_of(name), &ret[i], c->err));
    return add_gap(c, str_of(name), ret[0].gap, ret[1].gap);
}

static const Node *
fact_node(const Fact *fact)
{
    return fact->count > 0 ? fact->items[0].node : NULL;
}

static Status
compare_components(Comparison *c)
{
    Fact facts[2];
    TRY(facts_of(c, "components", facts));
    const Node *before = fact_node(&facts[0]);
    const Node *after = fact_node(&facts[1]);
    if (facts[0].gap || facts[1].gap)
        return ST_OK;
    for (size_t i = 0; COMPONENT_NAMES[i]; i++) {
        Str name = str_of(COMPONENT_NAMES[i]);
        TRY(compare_version(c, name, node_get(node_get(before, name), STR("versions")),
                            node_get(node_get(after, name), STR("versions"))));
    }
    return ST_OK;
}

Status
compare_versions(Comparison *c)
{
    static const char *const NAMES[] = {"istio", "kubernetes"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        Fact facts[2];
        TRY(facts_of(c, NAMES[i], facts));
        if (!facts[0].gap && !facts[1].gap)
            TRY(compare_version(c, str_of(NAMES[i]),
                                node_get(fact_node(&facts[0]), STR("text")),
                                node_get(fact_node(&facts[1]), STR("text"))));
    }
    return compare_components(c);
}

/* ---- findings ---- */

typedef struct {
    Map by_fingerprint;     /* hexadecimal -> const Verdict * */
    bool *is_unsure;        /* by rule: some verdict of it could not be reached */
} Found;

static Status
find(Comparison *c, const VerdictList *verdicts, Found *ret)
{
    map_init(&ret->by_fingerprint, c->arena);
    ret->is_unsure = ARENA_ARRAY(c->arena, bool, c->set->rules.count);
    if (!ret->is_unsure)
        return err_nomem(c->err);
    for (size_t i = 0; i < verdicts->count; i++) {
        Verdict *verdict = &verdicts->items[i];
        if (verdict->kind == VERDICT_NOT_EVALUATED || verdict->kind == VERDICT_ERROR)
            ret->is_unsure[verdict->rule] = true;
        if (verdict->kind != VERDICT_FINDING)
            continue;
        char hex[DIGEST_HEX_BYTES];
        digest_hex(&verdict->fingerprint, hex);
        Str key = arena_str(c->arena, str_of(hex));
        if (!key.p || !map_put(&ret->by_fingerprint, key, verdict))
            return err_nomem(c->err);
    }
    return ST_OK;
}

/* Findings of one side that the other lacks; one that the other could not tell is a hole. */
static Status
note_missing(Comparison *c, const Found *has, const Found *lacks, ChangeWay way)
{
    size_t other = way == CHANGE_ADDED ? 0 : 1;
    for (size_t i = 0; i < has->by_fingerprint.count; i++) {
        const MapEntry *entry = &has->by_fingerprint.entries[i];
        const Verdict *verdict = entry->value;
        const Rule *rule = c->set->rules.items[verdict->rule];
        if (map_has(&lacks->by_fingerprint, entry->key))
            continue;
        Str subject = verdict->subject.n > 0
                          ? arena_strf(c->arena, STR_FMT " " STR_FMT, STR_ARG(rule->id),
                                       STR_ARG(verdict->subject))
                          : rule->id;
        Str message = verdict->detail->message;
        if (lacks->is_unsure[verdict->rule])
            TRY(add_hole(c, subject, arena_strf(c->arena, "%s: the rule was not evaluated",
                                                c->sides[other]->name)));
        else
            TRY(add_change(c, &(Change){CHANGE_FINDING, way, subject, STR(""),
                                        way == CHANGE_REMOVED ? message : STR(""),
                                        way == CHANGE_ADDED ? message : STR("")}));
    }
    return ST_OK;
}

Status
compare_findings(Comparison *c)
{
    Found before;
    Found after;
    TRY(find(c, c->sides[0]->verdicts, &before));
    TRY(find(c, c->sides[1]->verdicts, &after));
    TRY(note_missing(c, &after, &before, CHANGE_ADDED));
    return note_missing(c, &before, &after, CHANGE_REMOVED);
}

/* ---- captures ---- */

static Str
state_text(const Comparison *c, const Capture *capture)
{
    const char *class = capture_class_name(capture->class);
    return arena_strf(c->arena, "%s%s%s", capture_state_name(capture->state),
                      class[0] ? ": " : "", class);
}

Status
compare_captures(Comparison *c)
{
    const Manifest *before = bundle_manifest(c->sides[0]->bundle);
    const Manifest *after = bundle_manifest(c->sides[1]->bundle);
    for (size_t i = 0; i < 2; i++)
        if (!bundle_manifest(c->sides[i]->bundle))
            TRY(add_hole(c, STR("captures"),
                         arena_strf(c->arena, "%s: there is no manifest", c->sides[i]->name)));
    for (size_t i = 0; before && after && i < before->captures.count; i++) {
        const Capture *one = &before->captures.items[i];
        const Capture *other = map_get(&after->by_id, one->id);
        if (other && (other->state != one->state || other->class != one->class))
            TRY(add_change(c, &(Change){CHANGE_CAPTURE, CHANGE_CHANGED, one->id, STR(""),
                                        state_text(c, one), state_text(c, other)}));
    }
    return ST_OK;
}
