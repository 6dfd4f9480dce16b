/* SPDX-License-Identifier: Apache-2.0 */
/* logs.c -- which container logs a selection means, and what is missing of them. */
#include "analyzer/model/logs.h"

#include "analyzer/model/facts_private.h"
#include "analyzer/model/log_catalog.h"
#include "base/timestamp.h"

#include <stdlib.h>

typedef struct {
    Model *model;
    const LogSelection *selection;
    const char *evidence;
    Objects pods;
    LogCatalog *catalog;
    uint32_t number;                /* of this search, in the catalogue */
    bool *container_fits;           /* by the catalogue's numbers of containers */
    Map offsets;                    /* node -> its offset in ns, int64_t * */
    VEC(LogTarget) found;
    Err *err;
} Search;

static bool
container_of_components(const LogSelection *selection, Str container)
{
    for (size_t i = 0; i < selection->component_count; i++) {
        Component component = selection->components[i];
        bool named = false;
        for (size_t k = 0; k < COMPONENT_FORM_COUNT; k++) {
            const ComponentForm *form = &COMPONENT_FORMS[k];
            if (form->component != component || !*form->containers)
                continue;
            named = true;
            if (component_word_in(form->containers, '|', container))
                return true;
        }
        if (!named)
            return true;            /* application pods: any container */
    }
    return selection->component_count == 0;
}

static bool
container_fits(const LogSelection *selection, Str container)
{
    if (!selection->containers)
        return container_of_components(selection, container);
    for (size_t i = 0; i < selection->containers->count; i++)
        if (str_glob(selection->containers->items[i], container, false))
            return true;
    return false;
}

bool
log_may_be_selected(const LogSelection *selection, const MemberName *name)
{
    bool previous = name->kind == MEMBER_LOG_PREVIOUS;
    return (previous || name->kind == MEMBER_LOG) &&
           !(previous && selection->previous == PREVIOUS_NO) &&
           !(!previous && selection->previous == PREVIOUS_ONLY) &&
           namespace_fits(selection->namespaces, name->namespace) &&
           container_fits(selection, name->container);
}

/* Clocks of nodes as clocks.json has them. */
static Status
learn_offsets(Search *s)
{
    Records clocks;
    map_init(&s->offsets, s->model->arena);
    if (!s->model->demand->clocks)
        return ST_OK;
    TRY(model_clocks(s->model, &clocks, s->err));
    for (size_t i = 0; i < clocks.count; i++) {
        const Node *clock = clocks.items[i].node;
        const Node *offset = node_get(clock, STR("offset_s"));
        if (!str_is(node_string(node_get(clock, STR("kind"))), "node") || !offset)
            continue;
        double seconds = offset->type == NODE_DOUBLE ? offset->number
                         : offset->type == NODE_INT  ? (double)offset->integer
                                                     : 0;
        int64_t *slot = ARENA_NEW(s->model->arena, int64_t);
        Str node = node_string(node_get(clock, STR("node")));
        if (node.n == 0)
            node = node_string(node_get(clock, STR("subject")));
        if (!slot || !map_put(&s->offsets, node, slot))
            return err_nomem(s->err);
        if (seconds > -1e9 && seconds < 1e9)
            *slot = (int64_t)(seconds * (double)NS_PER_S);
    }
    return ST_OK;
}

static int64_t
offset_of(const Search *s, const Object *pod)
{
    Str node = pod ? node_string(node_path(pod->node, "spec.nodeName")) : STR("");
    const int64_t *offset = node.n ? map_get(&s->offsets, node) : NULL;
    return offset ? *offset : 0;
}

static Status
add_target(Search *s, const LogTarget *target)
{
    LogTarget *slot = VEC_PUSH(s->model->arena, &s->found);
    if (!slot)
        return err_nomem(s->err);
    *slot = *target;
    return ST_OK;
}

/* A log that exists, or should.  What is rightly not there is of no interest. */
static Status
add_log(Search *s, const Object *pod, CatalogLog *log)
{
    CatalogLog *same = &s->catalog->logs.items[log->same];
    if (same->taken_by == s->number)
        return ST_OK;
    same->taken_by = s->number;
    TRY(log_catalog_judge(s->model, log, s->evidence, s->err));
    if (!log->there && !log->gap)
        return ST_OK;
    LogTarget target = {.member = log->member, .ns = pod->ns, .pod = pod->name,
                        .container = s->catalog->containers.items[log->container],
                        .previous = log->previous, .there = log->there, .gap = log->gap,
                        .offset_ns = offset_of(s, pod)};
    return add_target(s, &target);
}

static bool
is_selected(const LogSelection *selection, const Object *pod)
{
    return namespace_fits(selection->namespaces, pod->ns) &&
           (!selection->labels ||
            selector_fits(selection->labels, node_path(pod->node, "metadata.labels")));
}

static Status
add_pod(Search *s, const CatalogPod *entry)
{
    if (!is_selected(s->selection, entry->pod))
        return ST_OK;
    for (size_t i = entry->first_log; i < entry[1].first_log; i++) {
        CatalogLog *log = &s->catalog->logs.items[i];
        if (s->container_fits[log->container] &&
            s->selection->previous != (log->previous ? PREVIOUS_NO : PREVIOUS_ONLY))
            TRY(add_log(s, entry->pod, log));
    }
    return ST_OK;
}

/* The pods that the selection means, as far as they are known. */
static Status
add_pods(Search *s)
{
    const LogSelection *selection = s->selection;
    LogCatalog *catalog = s->catalog;
    const uint32_t *components;
    uint32_t wanted = 0;
    TRY(pod_components(s->model, &components, s->err));
    s->container_fits = ARENA_ARRAY(s->model->arena, bool, catalog->containers.count);
    if (!s->container_fits)
        return err_nomem(s->err);
    for (size_t i = 0; i < catalog->containers.count; i++)
        s->container_fits[i] = container_fits(selection, catalog->containers.items[i]);
    for (size_t i = 0; i < selection->component_count; i++)
        wanted |= UINT32_C(1) << selection->components[i];
    for (size_t i = 0; i < catalog->pods.count; i++)
        if (!wanted || components[i] & wanted)
            TRY(add_pod(s, &catalog->entries[i]));
    return ST_OK;
}

/* A log whose pod is not among the objects: gone by then, or the pods are not known.  Or one of
 * a container that its pod does not list: odd, but there. */
static Status
add_stray(Search *s, Str member)
{
    MemberName name;
    member_name_parse(member, &name);
    const CatalogLog *log = log_catalog_member(s->catalog, member);
    if (!log_may_be_selected(s->selection, &name) || (log && log->taken_by == s->number))
        return ST_OK;
    const Object *pod = model_object(s->model, STR("Pod"), name.namespace, name.pod);
    if (pod && (s->selection->component_count > 0 || !is_selected(s->selection, pod)))
        return ST_OK;
    if (!pod && s->selection->labels)
        return ST_OK;               /* its labels are not known; the pods' gap says so */
    MemberState state;
    TRY(model_member(s->model, s->evidence, member, &state, s->err));
    LogTarget target = {.member = member, .ns = name.namespace, .pod = name.pod,
                        .container = name.container,
                        .previous = name.kind == MEMBER_LOG_PREVIOUS, .there = true,
                        .gap = state.gap, .offset_ns = offset_of(s, pod)};
    return add_target(s, &target);
}

static int
compare_targets(const void *a, const void *b)
{
    const LogTarget *x = a;
    const LogTarget *y = b;
    int order = str_cmp(x->ns, y->ns);
    if (order == 0)
        order = str_cmp(x->pod, y->pod);
    if (order == 0)
        order = str_cmp(x->container, y->container);
    return order ? order : (int)y->previous - (int)x->previous;
}

/* Whether there may be logs that nobody knows of. */
static Status
find_gap(Search *s, const Gap **ret)
{
    *ret = NULL;
    if (s->pods.state == EVIDENCE_COMPLETE)
        return ST_OK;
    EvidenceState state;
    const Gap *gap;
    TRY(model_cover(s->model, s->evidence, STR("logs/**"), &state, &gap, s->err));
    /* Without a manifest the logs that are there are read as all there were. */
    if (state == EVIDENCE_COMPLETE && (s->model->manifest || s->found.count))
        return ST_OK;
    *ret = gap_join(s->model->arena, s->pods.gap, gap);
    return *ret ? ST_OK : err_nomem(s->err);
}

Status
model_log_targets(Model *model, const char *evidence, const LogSelection *selection,
                  LogTargets *ret, Err *err)
{
    Search s = {.model = model, .selection = selection, .evidence = evidence, .err = err};
    TRY(model_objects(model, STR("Pod"), selection->namespaces, &s.pods, err));
    TRY(log_catalog(model, &s.catalog, err));
    s.number = ++s.catalog->selections;
    TRY(learn_offsets(&s));
    TRY(add_pods(&s));
    for (size_t i = 0; i < model->seen.count; i++)
        TRY(add_stray(&s, model->seen.entries[i].key));
    const Gap *gap;
    TRY(find_gap(&s, &gap));
    if (s.found.count)
        qsort(s.found.items, s.found.count, sizeof *s.found.items, compare_targets);
    *ret = (LogTargets){s.found.items, s.found.count, gap};
    return ST_OK;
}
