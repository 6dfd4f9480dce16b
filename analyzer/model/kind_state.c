/* SPDX-License-Identifier: Apache-2.0 */
/* kind_state.c -- whether all objects of a kind are there, and what is missing of them. */
#include "analyzer/model/model_private.h"

#include <string.h>

/* What the captures of one resource say, for the namespaces that are asked about. */
typedef struct {
    Model *model;
    const char *evidence;
    const StrList *namespaces;
    Str member;
    bool enumerating;       /* look at captures of whole groups, not of the member itself */
    bool named;             /* some capture is about the resource */
    bool any;               /* and about a namespace that is asked about */
    bool whole;             /* complete in all namespaces, or not served at all */
    bool listed;            /* the API server did list it somewhere, if only as empty */
    bool found_some;        /* complete in a namespace, or partial */
    VEC(Str) complete_in;
    const Gap *gap;         /* of the captures that are not complete */
    Status status;
    Err *err;
} Judgement;

static Str
list_member(Arena *arena, Str group, Str plural)
{
    return arena_strf(arena, "kubernetes/" STR_FMT "/" STR_FMT ".json",
                      STR_ARG(group.n ? group : STR("core")), STR_ARG(plural));
}

static bool
is_asked(const Judgement *judgement, Str ns)
{
    return ns.n == 0 || namespace_fits(judgement->namespaces, ns);
}

static bool
add_complete(Judgement *j, Str ns)
{
    Str *slot = VEC_PUSH(j->model->arena, &j->complete_in);
    if (slot)
        *slot = ns;
    else
        j->status = err_nomem(j->err);
    return slot != NULL;
}

/* With --namespace a list has the namespaces that were named and the mesh's own, all of them
 * whole; its capture is partial for that reason alone. */
static bool
add_named_namespaces(Judgement *j, const Capture *capture)
{
    const Manifest *manifest = j->model->manifest;
    Str rest = manifest_option(manifest, "namespace");
    if (capture->state != CAPTURE_PARTIAL || capture->class != CAPTURE_CLASS_OPTION || !rest.n)
        return true;
    Str istio = manifest_cluster(manifest, "istio_namespace");
    if (!add_complete(j, istio.n ? istio : STR("istio-system")) ||
        !add_complete(j, STR("kube-system")))
        return false;
    for (Str ns; str_cut(&rest, ',', &ns);)
        if (!add_complete(j, str_trim(ns)))
            return false;
    return true;
}

static bool
names_member(const Capture *capture, Str member)
{
    for (size_t i = 0; i < capture->cover_count; i++)
        if (str_eq(capture->covers[i], member))
            return true;
    return false;
}

static bool
judge_capture(void *context, const Capture *capture)
{
    Judgement *j = context;
    Str ns = capture_namespace(capture);
    if (names_member(capture, j->member) == j->enumerating)
        return true;
    j->named = true;
    if (!is_asked(j, ns))
        return true;
    j->any = true;
    bool complete = capture->state == CAPTURE_COMPLETE || capture_found_nothing(capture);
    j->listed = j->listed || capture->state == CAPTURE_COMPLETE;
    if (complete && ns.n == 0) {
        j->whole = true;
    } else if (complete) {
        j->found_some = add_complete(j, ns);
    } else if (!add_named_namespaces(j, capture)) {
        return false;
    } else {
        const Gap *one;
        j->found_some = j->found_some || capture->state == CAPTURE_PARTIAL;
        j->status = capture_gap(j->model, j->evidence, capture, NULL, &one, j->err);
        if (j->status == ST_OK) {
            j->gap = gap_join(j->model->arena, j->gap, one);
            if (!j->gap)
                j->status = err_nomem(j->err);
        }
    }
    return j->status == ST_OK;
}

/* Whether every namespace that is asked about was captured whole, one by one. */
static bool
complete_where_asked(const Judgement *j)
{
    if (!j->namespaces || j->namespaces->count == 0)
        return false;
    for (size_t i = 0; i < j->namespaces->count; i++) {
        bool found = false;
        for (size_t k = 0; k < j->complete_in.count && !found; k++)
            found = str_eq(j->complete_in.items[k], j->namespaces->items[i]);
        if (!found || str_is_glob(j->namespaces->items[i]))
            return false;
    }
    return true;
}

static Status
reading_gap(Judgement *j, const ResourceList *list, const Gap **gap)
{
    Model *model = j->model;
    const char *again = "get the bundle again";
    const JsonItemsEnd *end = &list->end;
    if (list->cut)
        TRY(plain_gap(model, j->evidence,
                      arena_strf(model->arena, "truncated: the bundle holds only a part of " STR_FMT,
                                 STR_ARG(list->member)),
                      "truncated", again, *gap, gap, j->err));
    else if (!end->complete || !end->is_list)
        TRY(plain_gap(model, j->evidence,
                      arena_strf(model->arena, "malformed: " STR_FMT ":%u: %s",
                                 STR_ARG(list->member), end->line,
                                 end->complete ? "it is no List" : end->reason),
                      "malformed", again, *gap, gap, j->err));
    if (list->bad_items)
        TRY(plain_gap(model, j->evidence,
                      arena_strf(model->arena,
                                 "malformed: %u of %u objects cannot be read, the first at "
                                 STR_FMT ":%u: " STR_FMT,
                                 list->bad_items, end->count, STR_ARG(list->member),
                                 list->bad_line, STR_ARG(list->bad_reason)),
                      "malformed", "", *gap, gap, j->err));
    if (end->continues.n && !j->named)
        TRY(plain_gap(model, j->evidence,
                      arena_strf(model->arena, "truncated: " STR_FMT " is one page of several",
                                 STR_ARG(list->member)),
                      "truncated", "meshcase-collect, without a limit", *gap, gap, j->err));
    return ST_OK;
}

static Status
judge_resource(Judgement *j, Str group, Str plural, EvidenceState *ret)
{
    Model *model = j->model;
    Str member = list_member(model->arena, group, plural);
    Str key = resource_key(model->arena, group, plural);
    if (!member.p || !key.p)
        return err_nomem(j->err);
    const ResourceList *list = resource_list(model, group, plural);
    j->member = member;
    if (model->manifest)
        manifest_covering(model->manifest, member, judge_capture, j);
    /* A capture of all resources of a group counts only for those it does not name. */
    j->enumerating = !j->named;
    if (model->manifest && j->enumerating)
        manifest_covering(model->manifest, member, judge_capture, j);
    TRY(j->status);
    bool unserved = model->has_discovery && !map_has(&model->served, key);
    bool whole = j->whole || complete_where_asked(j) ||
                 (!j->named && (list || unserved)) || (unserved && !list && !j->found_some);
    j->listed = j->listed || list;
    const Gap *gap = whole ? NULL : j->gap;
    if (!whole && !gap)
        TRY(uncollected_gap(model, j->evidence,
                            j->any ? STR("other namespaces than those named") : member, NULL,
                            &gap, j->err));
    const Capture *named = model->manifest ? manifest_capture_of(model->manifest, member) : NULL;
    bool lost = !list && named && whole;
    if (lost)
        TRY(plain_gap(model, j->evidence,
                      arena_strf(model->arena, "missing: the bundle does not hold " STR_FMT,
                                 STR_ARG(member)),
                      "", "get the bundle again", gap, &gap, j->err));
    if (list)
        TRY(reading_gap(j, list, &gap));
    bool some = !lost && (whole || j->found_some || (list && list->objects.count));
    *ret = !gap ? EVIDENCE_COMPLETE : some ? EVIDENCE_INCOMPLETE : EVIDENCE_UNKNOWN;
    j->gap = gap;
    return ST_OK;
}

/* The state of several resources behind one name. */
typedef struct {
    Model *model;
    const KindName *name;
    const StrList *namespaces;
    const char *evidence;
    Map done;               /* resources that were judged */
    size_t count;
    size_t unknown;
    size_t unserved;
    bool best_complete;     /* one of them is served, and complete */
    const Gap *gap;
    Err *err;
} Survey;

static Status
survey(Survey *s, Str group, Str plural)
{
    Str key = resource_key(s->model->arena, group, plural);
    if (!key.p)
        return err_nomem(s->err);
    if (map_has(&s->done, key))
        return ST_OK;
    if (!map_put(&s->done, key, s))
        return err_nomem(s->err);
    Judgement j = {.model = s->model, .evidence = s->evidence, .namespaces = s->namespaces,
                   .err = s->err};
    EvidenceState state = EVIDENCE_UNKNOWN;
    TRY(judge_resource(&j, group, plural, &state));
    s->count++;
    s->unknown += state == EVIDENCE_UNKNOWN;
    s->unserved += state == EVIDENCE_COMPLETE && !j.listed;
    /* A group that does not serve the kind says nothing of one that does and was refused. */
    s->best_complete = s->best_complete || (state == EVIDENCE_COMPLETE && j.listed);
    if (j.gap && (j.named || !s->gap)) {
        s->gap = gap_join(s->model->arena, s->gap, j.gap);
        if (!s->gap)
            return err_nomem(s->err);
    }
    return ST_OK;
}

static Status
survey_table(Survey *s)
{
    if (!s->name->is_glob) {
        for (size_t i = 0; i < s->name->row_count; i++)
            TRY(survey(s, str_of(s->name->first[i].group), str_of(s->name->first[i].plural)));
        return ST_OK;
    }
    for (size_t i = 0; i < RESOURCE_COUNT; i++) {
        const ResourceRow *row = &RESOURCES[i];
        if (!row->is_alias && kind_name_means(s->name, str_of(row->group), str_of(row->plural),
                                              str_of(row->kind)))
            TRY(survey(s, str_of(row->group), str_of(row->plural)));
    }
    return ST_OK;
}

/* Resources that only the bundle knows. */
static Status
survey_bundle(Survey *s)
{
    Model *model = s->model;
    for (size_t i = 0; i < model->lists.count; i++) {
        const ResourceList *list = model->lists.items[i];
        if (kind_name_means(s->name, list->group, list->plural, list->kind))
            TRY(survey(s, list->group, list->plural));
    }
    for (size_t i = 0; i < model->served.count; i++) {
        const MapEntry *entry = &model->served.entries[i];
        size_t slash;
        if (!str_find_char(entry->key, '/', &slash))
            continue;
        Str group = str_head(entry->key, slash);
        Str plural = str_from(entry->key, slash + 1);
        if (kind_name_means(s->name, group, plural, *(const Str *)entry->value))
            TRY(survey(s, group, plural));
    }
    for (size_t i = 0; model->manifest && i < model->manifest->captures.count; i++) {
        const Capture *capture = &model->manifest->captures.items[i];
        for (size_t k = 0; k < capture->cover_count; k++) {
            MemberName parts;
            if (str_is_glob(capture->covers[k]))
                continue;
            member_name_parse(capture->covers[k], &parts);
            if (parts.kind == MEMBER_K8S_LIST &&
                kind_name_means(s->name, parts.group, parts.plural, STR("")))
                TRY(survey(s, parts.group, parts.plural));
        }
    }
    return ST_OK;
}

static bool
is_demanded(const Model *model, Str kind)
{
    for (size_t i = 0; i < model->demand->kinds.count; i++)
        if (str_eq(model->demand->kinds.items[i].text, kind))
            return true;
    return false;
}

Status
kind_state(Model *model, const KindName *name, const StrList *namespaces, bool any_objects,
           EvidenceState *ret, const Gap **ret_gap, Err *err)
{
    Str evidence = arena_strf(model->arena, "k8s:" STR_FMT, STR_ARG(name->text));
    if (!evidence.p)
        return err_nomem(err);
    Survey s = {.model = model, .name = name, .namespaces = namespaces, .evidence = evidence.p,
                .err = err};
    map_init(&s.done, model->arena);
    *ret_gap = NULL;
    if (!is_demanded(model, name->text)) {
        *ret = EVIDENCE_UNKNOWN;
        return plain_gap(model, evidence.p, STR("not read from the bundle"), "", "", NULL, ret_gap,
                         err);
    }
    TRY(survey_table(&s));
    if (name->is_glob || name->row_count == 0)
        TRY(survey_bundle(&s));
    if (s.count == 0 && model->has_discovery) {
        *ret = EVIDENCE_COMPLETE;
        return ST_OK;
    }
    if (s.count == 0)
        TRY(uncollected_gap(model, evidence.p, name->text, NULL, &s.gap, err));
    /* Of groups that serve the same objects one is enough. */
    bool aliases = !name->is_glob && name->row_count > 1;
    if (aliases && s.best_complete)
        s.gap = NULL;
    *ret = !s.gap ? EVIDENCE_COMPLETE
           : s.unknown + s.unserved == s.count && !any_objects ? EVIDENCE_UNKNOWN
                                                               : EVIDENCE_INCOMPLETE;
    *ret_gap = s.gap;
    return ST_OK;
}
