/* SPDX-License-Identifier: Apache-2.0 */
/* logs.c -- which container logs a selection means, and what is missing of them. */
#include "analyzer/model/logs.h"

#include "analyzer/model/facts_private.h"
#include "analyzer/model/model_private.h"
#include "base/timestamp.h"

#include <stdlib.h>

typedef struct {
    Model *model;
    const LogSelection *selection;
    const char *evidence;
    Objects pods;
    Map offsets;                    /* node -> its offset in ns, int64_t * */
    Map taken;                      /* members that are in found */
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

/* A log that exists, or should. */
static Status
add_target(Search *s, const Object *pod, Str ns, Str pod_name, Str container, bool previous)
{
    Model *model = s->model;
    LogTarget target = {.ns = ns, .pod = pod_name, .container = container, .previous = previous,
                        .offset_ns = offset_of(s, pod)};
    target.member = arena_strf(model->arena, "logs/" STR_FMT "/" STR_FMT "/" STR_FMT "%s",
                               STR_ARG(ns), STR_ARG(pod_name), STR_ARG(container),
                               previous ? ".previous.log" : ".log");
    if (!target.member.p)
        return err_nomem(s->err);
    if (map_has(&s->taken, target.member))
        return ST_OK;
    MemberState state;
    TRY(model_member(model, s->evidence, target.member, &state, s->err));
    target.there = state.state != EVIDENCE_UNKNOWN;
    target.gap = state.gap;
    /* Asked for and rightly not there: no such container run. */
    if (!target.there && state.capture && capture_found_nothing(state.capture))
        target.gap = NULL;
    LogTarget *slot = VEC_PUSH(model->arena, &s->found);
    if (!slot || !map_put(&s->taken, target.member, model))
        return err_nomem(s->err);
    *slot = target;
    return ST_OK;
}

static const Node *
status_of(const Object *pod, Str container)
{
    static const char *const LISTS[] = {"status.containerStatuses", "status.initContainerStatuses",
                                        "status.ephemeralContainerStatuses"};
    for (size_t l = 0; l < sizeof LISTS / sizeof *LISTS; l++) {
        const Node *list = node_path(pod->node, LISTS[l]);
        for (uint32_t i = 0; node_is(list, NODE_LIST) && i < list->count; i++)
            if (str_eq(node_string(node_get(&list->items[i], STR("name"))), container))
                return &list->items[i];
    }
    return NULL;
}

static bool
was_restarted(const Node *status)
{
    const Node *restarts = node_get(status, STR("restartCount"));
    return (node_is(restarts, NODE_INT) && restarts->integer > 0) ||
           node_path(status, "lastState.terminated");
}

/* A container that never ran has no log, and that is all there is to know. */
static bool
never_ran(const Node *status)
{
    return status && node_path(status, "state.waiting") && !was_restarted(status);
}

static Status
add_container(Search *s, const Object *pod, Str container)
{
    const Node *status = status_of(pod, container);
    if (s->selection->previous != PREVIOUS_NO && status && was_restarted(status))
        TRY(add_target(s, pod, pod->ns, pod->name, container, true));
    if (s->selection->previous == PREVIOUS_ONLY || never_ran(status))
        return ST_OK;
    return add_target(s, pod, pod->ns, pod->name, container, false);
}

static bool
is_selected(const LogSelection *selection, const Object *pod)
{
    return namespace_fits(selection->namespaces, pod->ns) &&
           (!selection->labels ||
            selector_fits(selection->labels, node_path(pod->node, "metadata.labels")));
}

static Status
add_pod(Search *s, const Object *pod)
{
    static const char *const LISTS[] = {"spec.initContainers", "spec.containers",
                                        "spec.ephemeralContainers"};
    if (!is_selected(s->selection, pod))
        return ST_OK;
    for (size_t l = 0; l < sizeof LISTS / sizeof *LISTS; l++) {
        const Node *list = node_path(pod->node, LISTS[l]);
        for (uint32_t i = 0; node_is(list, NODE_LIST) && i < list->count; i++) {
            Str name = node_string(node_get(&list->items[i], STR("name")));
            if (name.n && container_fits(s->selection, name))
                TRY(add_container(s, pod, name));
        }
    }
    return ST_OK;
}

/* The pods that the selection means, as far as they are known. */
static Status
add_pods(Search *s)
{
    if (s->selection->component_count == 0) {
        for (size_t i = 0; i < s->pods.count; i++)
            TRY(add_pod(s, s->pods.items[i]));
        return ST_OK;
    }
    for (size_t c = 0; c < s->selection->component_count; c++) {
        Objects pods;
        TRY(model_component_pods(s->model, s->selection->components[c], &pods, s->err));
        for (size_t i = 0; i < pods.count; i++)
            TRY(add_pod(s, pods.items[i]));
    }
    return ST_OK;
}

/* A log whose pod is not among the objects: gone by then, or the pods are not known.  Or one of
 * a container that its pod does not list: odd, but there. */
static Status
add_stray(Search *s, Str member)
{
    MemberName name;
    member_name_parse(member, &name);
    if (!log_may_be_selected(s->selection, &name) || map_has(&s->taken, member))
        return ST_OK;
    const Object *pod = model_object(s->model, STR("Pod"), name.namespace, name.pod);
    if (pod && (s->selection->component_count > 0 || !is_selected(s->selection, pod)))
        return ST_OK;
    if (!pod && s->selection->labels)
        return ST_OK;               /* its labels are not known; the pods' gap says so */
    return add_target(s, pod, name.namespace, name.pod, name.container,
                      name.kind == MEMBER_LOG_PREVIOUS);
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
    map_init(&s.taken, model->arena);
    TRY(model_objects(model, STR("Pod"), selection->namespaces, &s.pods, err));
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
