/* SPDX-License-Identifier: Apache-2.0 */
/* samples.c -- scraped samples, read while they pass by, and the targets that have none. */
#include "analyzer/model/metrics.h"
#include "analyzer/model/model_private.h"
#include "base/limits.h"

#include <stdlib.h>

enum {
    REASONS_MOST = 64,
    LINES_TOLD = 10,            /* of those that are no metric: with more the text is none */
};

struct SampleStore {
    VEC(MetricTarget *) targets;    /* sorted once loaded */
    Map by_member;                  /* name without sample number -> MetricTarget */
};

Status
samples_new(Model *model, Err *err)
{
    model->samples = ARENA_NEW(model->arena, SampleStore);
    if (!model->samples)
        return err_nomem(err);
    map_init(&model->samples->by_member, model->arena);
    return ST_OK;
}

bool
samples_want(const Demand *demand, const Member *member)
{
    MemberName name;
    Component component;
    if (member->kind != MEMBER_METRICS)
        return false;
    member_name_parse(member->name, &name);
    return name.sample >= 1 && name.sample <= METRIC_SAMPLES &&
           component_of(name.component, &component) && demand->metrics[component];
}

Status
samples_read(const Demand *demand, Arena *arena, Str text, SampleText *ret, Err *err)
{
    ExpositionOptions options = {.names = demand->all_series ? NULL : &demand->series,
                                 .labels = demand->thin_series ? &demand->thin_labels : NULL};
    Exposition *exposition = ARENA_NEW(arena, Exposition);
    Err refused = {0};
    if (!exposition)
        return err_nomem(err);
    Status status = exposition_read(arena, text, &options, exposition, &refused);
    if (status == ST_NOMEM)
        return err_nomem(err);
    ret->text = status == ST_OK ? exposition : NULL;
    if (status != ST_OK && !(ret->refused = arena_cstr(arena, str_of(refused.text))))
        return err_nomem(err);
    return ST_OK;
}

static Status
target_of(Model *model, const MemberName *name, MetricTarget **ret, Err *err)
{
    SampleStore *store = model->samples;
    Str key = arena_strf(model->arena, STR_FMT "/" STR_FMT "/" STR_FMT ":%u",
                         STR_ARG(name->component), STR_ARG(name->namespace), STR_ARG(name->pod),
                         name->port);
    if (!key.p)
        return err_nomem(err);
    MetricTarget *target = map_get(&store->by_member, key);
    if (!target) {
        MetricTarget **slot = VEC_PUSH(model->arena, &store->targets);
        target = ARENA_NEW(model->arena, MetricTarget);
        if (!slot || !target || !map_put(&store->by_member, key, target))
            return err_nomem(err);
        size_t colon;
        (void)str_rfind_char(key, '/', &colon);
        *target = (MetricTarget){.component = name->component,
                                 .ns = name->namespace,
                                 .pod = name->pod,
                                 .port = name->port,
                                 .instance = str_from(key, colon + 1)};
        *slot = target;
    }
    *ret = target;
    return ST_OK;
}

static Status
sample_gap(Model *model, MetricSample *sample, Str reason, const char *class_name, Err *err)
{
    return plain_gap(model, "metric", reason, class_name, "", sample->gap, &sample->gap, err);
}

static Str
reason_of_bad_lines(Arena *arena, Str member, const Exposition *text)
{
    CLEANUP(buf_done) Buf more = BUF_INIT(1024);
    uint32_t count = text->summary.bad_line_count;
    if (count > 1)
        buf_printf(&more, ", and %u more: line%s ", count - 1, count > 2 ? "s" : "");
    for (size_t i = 1; i < text->bad_line_count && i < LINES_TOLD; i++)
        buf_printf(&more, "%s%u", i > 1 ? ", " : "", text->bad_lines[i].line);
    buf_adds(&more, count > LINES_TOLD ? ", …" : "");
    return arena_strf(arena, "malformed: line %u of " STR_FMT " is no metric: %s" STR_FMT,
                      text->bad_lines[0].line, STR_ARG(member), text->bad_lines[0].reason,
                      STR_ARG(buf_str(&more)));
}

/* What could be read of the text, with a gap for what could not. */
static Status
take_text(Model *model, MetricSample *sample, const SampleText *read, bool cut, Err *err)
{
    const Exposition *text = read->text;
    if (cut)
        TRY(sample_gap(model, sample,
                       arena_strf(model->arena, "truncated: the bundle holds only a part of "
                                  STR_FMT, STR_ARG(sample->member)), "truncated", err));
    if (!text)
        return sample_gap(model, sample,
                          arena_strf(model->arena, "malformed: " STR_FMT ": %s",
                                     STR_ARG(sample->member), read->refused), "malformed", err);
    sample->text = text;
    if (text->summary.cut && !sample->gap)
        TRY(sample_gap(model, sample,
                       arena_strf(model->arena, "truncated: " STR_FMT " ends inside a line",
                                  STR_ARG(sample->member)), "truncated", err));
    return text->bad_line_count > 0
               ? sample_gap(model, sample, reason_of_bad_lines(model->arena, sample->member, text),
                            "malformed", err)
               : ST_OK;
}

Status
samples_take(Model *model, Str member, const SampleText *text, bool cut, Err *err)
{
    MemberName name;
    Str own_name = arena_str(model->arena, member);
    if (!own_name.p)
        return err_nomem(err);
    member_name_parse(own_name, &name);
    MetricTarget *target = NULL;
    TRY(target_of(model, &name, &target, err));
    if (target->sample_count == METRIC_SAMPLES)
        return ST_OK;
    /* In order of their numbers, however the archive has them. */
    size_t at = target->sample_count++;
    if (at && target->samples[0].number > name.sample) {
        target->samples[1] = target->samples[0];
        at = 0;
    }
    target->samples[at] = (MetricSample){.member = own_name, .number = name.sample};
    return take_text(model, &target->samples[at], text, cut, err);
}

static int
compare_targets(const void *a, const void *b)
{
    const MetricTarget *left = *(MetricTarget *const *)a;
    const MetricTarget *right = *(MetricTarget *const *)b;
    int order = str_cmp(left->component, right->component);
    if (order == 0)
        order = str_cmp(left->ns, right->ns);
    if (order == 0)
        order = str_cmp(left->pod, right->pod);
    return order ? order : (left->port > right->port) - (left->port < right->port);
}

static Status
judge_sample(Model *model, MetricSample *sample, Err *err)
{
    MemberState state;
    sample->fault = sample->gap;
    TRY(model_member(model, "metric", sample->member, &state, err));
    if (state.capture && state.capture->started_at_ns) {
        sample->has_time = true;
        sample->time_ns = state.capture->started_at_ns;
    }
    if (state.gap) {
        sample->gap = gap_join(model->arena, state.gap, sample->gap);
        if (!sample->gap)
            return err_nomem(err);
    }
    sample->whole = sample->gap == NULL;
    return ST_OK;
}

Status
model_faulty_samples(Model *model, MetricSamples *ret, Err *err)
{
    const SampleStore *store = model->samples;
    VEC(const MetricSample *) found = {0};
    for (size_t i = 0; i < store->targets.count; i++) {
        const MetricTarget *target = store->targets.items[i];
        for (size_t k = 0; k < target->sample_count; k++) {
            if (!target->samples[k].fault)
                continue;
            const MetricSample **slot = VEC_PUSH(model->arena, &found);
            if (!slot)
                return err_nomem(err);
            *slot = &target->samples[k];
        }
    }
    *ret = (MetricSamples){found.items, found.count};
    return ST_OK;
}

Status
samples_finish(Model *model, Err *err)
{
    SampleStore *store = model->samples;
    for (size_t i = 0; i < store->targets.count; i++)
        for (size_t k = 0; k < store->targets.items[i]->sample_count; k++)
            TRY(judge_sample(model, &store->targets.items[i]->samples[k], err));
    if (store->targets.count)
        qsort(store->targets.items, store->targets.count, sizeof *store->targets.items,
              compare_targets);
    return ST_OK;
}

/* --- which targets are there, and which should be --- */

typedef struct {
    Model *model;
    const MetricSelection *selection;
    Objects pods;                   /* all of them, with the kind's state */
    Map scraped;                    /* "component/ns/pod" of the targets found */
    VEC(const MetricTarget *) found;
    VEC(MetricHole) holes;
    const char *evidence;
    const Gap *gap;
    Err *err;
} Search;

static bool
is_selected(const MetricSelection *selection, Str component)
{
    for (size_t i = 0; i < selection->component_count; i++)
        if (str_glob(selection->components[i], component, false))
            return true;
    return false;
}

static Status
add_hole(Search *s, Str component, Str ns, Str pod, const Gap *gap)
{
    if (!gap)
        return ST_OK;
    MetricHole *hole = VEC_PUSH(s->model->arena, &s->holes);
    s->gap = gap_join(s->model->arena, s->gap, gap);
    if (!hole || !s->gap)
        return err_nomem(s->err);
    *hole = (MetricHole){component, ns, pod, gap};
    return ST_OK;
}

static bool
pod_fits(Search *s, Str ns, Str name, bool *ret_known)
{
    *ret_known = true;
    if (!s->selection->labels || s->selection->labels->count == 0)
        return true;
    const Object *pod = model_object(s->model, STR("Pod"), ns, name);
    *ret_known = pod || s->pods.state == EVIDENCE_COMPLETE;
    return pod && selector_fits(s->selection->labels, node_path(pod->node, "metadata.labels"));
}

static Str
pod_key(Arena *arena, Str component, Str ns, Str pod)
{
    return arena_strf(arena, STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(component), STR_ARG(ns),
                      STR_ARG(pod));
}

static bool
port_fits(const Search *s, Component component, uint32_t port)
{
    return s->selection->port ? port == s->selection->port : component_has_port(component, port);
}

static Status
take_target(Search *s, const MetricTarget *target)
{
    Component component;
    bool known;
    if (!is_selected(s->selection, target->component) ||
        !namespace_fits(s->selection->namespaces, target->ns) ||
        !component_of(target->component, &component) || !port_fits(s, component, target->port))
        return ST_OK;
    if (!pod_fits(s, target->ns, target->pod, &known)) {
        if (known)
            return ST_OK;
        const Gap *gap;
        TRY(plain_gap(s->model, s->evidence,
                      arena_strf(s->model->arena, "the labels of pod " STR_FMT "/" STR_FMT
                                 " are not known", STR_ARG(target->ns), STR_ARG(target->pod)),
                      "", "", NULL, &gap, s->err));
        return add_hole(s, target->component, target->ns, target->pod, gap);
    }
    const MetricTarget **slot = VEC_PUSH(s->model->arena, &s->found);
    Str key = pod_key(s->model->arena, target->component, target->ns, target->pod);
    if (!slot || !key.p || !map_put(&s->scraped, key, s))
        return err_nomem(s->err);
    *slot = target;
    /* The newest whole sample is the one that counts; without any the target is a hole. */
    bool whole = false;
    for (size_t i = 0; i < target->sample_count; i++)
        whole = whole || target->samples[i].whole;
    return whole ? ST_OK
                 : add_hole(s, target->component, target->ns, target->pod,
                            target->samples[target->sample_count - 1].gap);
}

/* Why a pod that should have been scraped was not: what its captures say.  A report names no
 * more than some dozens of reasons, so for further pods nobody is asked. */
static Status
unscraped_gap(Search *s, Component component, const Object *pod)
{
    if (s->holes.count >= REASONS_MOST)
        return add_hole(s, str_of(COMPONENT_NAMES[component]), pod->ns, pod->name,
                        s->holes.items[REASONS_MOST - 1].gap);
    const char *port = s->selection->port
                           ? arena_printf(s->model->arena, "%u.", s->selection->port) : "";
    if (!port)
        return err_nomem(s->err);
    Str glob = arena_strf(s->model->arena, "metrics/%s/" STR_FMT "/" STR_FMT ".%s*.prom",
                          COMPONENT_NAMES[component], STR_ARG(pod->ns), STR_ARG(pod->name), port);
    if (!glob.p)
        return err_nomem(s->err);
    EvidenceState state;
    const Gap *gap;
    TRY(model_cover(s->model, s->evidence, glob, &state, &gap, s->err));
    if (!gap)
        TRY(plain_gap(s->model, s->evidence,
                      arena_strf(s->model->arena, "not scraped: pod " STR_FMT "/" STR_FMT,
                                 STR_ARG(pod->ns), STR_ARG(pod->name)),
                      "", "meshcase-collect", NULL, &gap, s->err));
    return add_hole(s, str_of(COMPONENT_NAMES[component]), pod->ns, pod->name, gap);
}

/* A target whose capture failed is a hole, also where no list of pods knows its pod. */
static Status
take_failed(Search *s, Component component, const Capture *capture, Str cover)
{
    MemberName name;
    bool known;
    member_name_parse(cover, &name);
    if (name.kind != MEMBER_METRICS || !str_is(name.component, COMPONENT_NAMES[component]) ||
        !namespace_fits(s->selection->namespaces, name.namespace) ||
        !port_fits(s, component, name.port) || !pod_fits(s, name.namespace, name.pod, &known))
        return ST_OK;
    Str key = pod_key(s->model->arena, name.component, name.namespace, name.pod);
    if (!key.p)
        return err_nomem(s->err);
    if (map_has(&s->scraped, key))
        return ST_OK;
    if (!map_put(&s->scraped, key, s))
        return err_nomem(s->err);
    const Gap *gap;
    TRY(capture_gap(s->model, s->evidence, capture, NULL, &gap, s->err));
    return add_hole(s, name.component, name.namespace, name.pod, gap);
}

static Status
find_failed(Search *s, Component component)
{
    const Manifest *manifest = s->model->manifest;
    for (size_t i = 0; manifest && i < manifest->captures.count; i++) {
        const Capture *capture = &manifest->captures.items[i];
        if (capture->state == CAPTURE_COMPLETE || capture_found_nothing(capture))
            continue;
        for (size_t k = 0; k < capture->cover_count; k++)
            TRY(take_failed(s, component, capture, capture->covers[k]));
    }
    return ST_OK;
}

static bool
is_running(const Object *pod)
{
    Str phase = node_string(node_path(pod->node, "status.phase"));
    return !str_is(phase, "Succeeded") && !str_is(phase, "Failed");
}

static bool
has_monitoring_port(Component component)
{
    for (size_t i = 0; i < COMPONENT_FORM_COUNT; i++)
        if (COMPONENT_FORMS[i].component == component && *COMPONENT_FORMS[i].ports)
            return true;
    return false;
}

static Status
find_unscraped(Search *s, Component component)
{
    Objects pods;
    TRY(model_component_pods(s->model, component, &pods, s->err));
    for (size_t i = 0; i < pods.count; i++) {
        const Object *pod = pods.items[i];
        bool known;
        if (!namespace_fits(s->selection->namespaces, pod->ns) || !is_running(pod) ||
            !pod_fits(s, pod->ns, pod->name, &known))
            continue;
        Str key = pod_key(s->model->arena, str_of(COMPONENT_NAMES[component]), pod->ns, pod->name);
        if (!key.p)
            return err_nomem(s->err);
        if (!map_has(&s->scraped, key))
            TRY(unscraped_gap(s, component, pod));
    }
    if (s->pods.state == EVIDENCE_COMPLETE)
        return ST_OK;
    return add_hole(s, str_of(COMPONENT_NAMES[component]), STR(""), STR(""), s->pods.gap);
}

/* Without the pods' list an enumerating capture can still say that nothing is missing; one
 * that failed is a hole, whatever the pods are. */
static Status
is_covered(Search *s, Component component, bool *ret)
{
    Str glob = arena_strf(s->model->arena, "metrics/%s/**", COMPONENT_NAMES[component]);
    if (!glob.p)
        return err_nomem(s->err);
    EvidenceState state;
    const Gap *gap;
    TRY(model_cover(s->model, s->evidence, glob, &state, &gap, s->err));
    /* Without a manifest the pods, where they are known, say more. */
    *ret = state == EVIDENCE_COMPLETE &&
           (s->model->manifest || s->pods.state == EVIDENCE_UNKNOWN);
    if (*ret)
        return ST_OK;
    TRY(enumeration_gap(s->model, s->evidence, glob, &gap, s->err));
    return gap ? add_hole(s, str_of(COMPONENT_NAMES[component]), STR(""), STR(""), gap) : ST_OK;
}

Status
model_metric_targets(Model *model, const MetricSelection *selection, MetricTargets *ret, Err *err)
{
    Str evidence = arena_strf(model->arena, "metric:" STR_FMT,
                              STR_ARG(selection->component_count ? selection->components[0]
                                                                 : STR("")));
    if (!evidence.p)
        return err_nomem(err);
    Search s = {.model = model, .selection = selection, .evidence = evidence.p, .err = err};
    map_init(&s.scraped, model->arena);
    TRY(model_objects(model, STR("Pod"), selection->namespaces, &s.pods, err));
    for (size_t i = 0; i < model->samples->targets.count; i++)
        TRY(take_target(&s, model->samples->targets.items[i]));
    for (Component i = 0; i < COMPONENT_COUNT; i++) {
        bool covered = false;
        if (!is_selected(selection, str_of(COMPONENT_NAMES[i])) || !has_monitoring_port(i))
            continue;
        TRY(is_covered(&s, i, &covered));
        if (!covered)
            TRY(find_failed(&s, i));
        if (!covered)
            TRY(find_unscraped(&s, i));
    }
    *ret = (MetricTargets){
        .items = s.found.items,
        .count = s.found.count,
        .holes = s.holes.items,
        .hole_count = s.holes.count,
        .state = !s.gap ? EVIDENCE_COMPLETE : s.found.count ? EVIDENCE_INCOMPLETE
                                                            : EVIDENCE_UNKNOWN,
        .gap = s.gap,
    };
    return ST_OK;
}
