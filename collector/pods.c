/* SPDX-License-Identifier: Apache-2.0 */
/* pods.c -- the walk over the inventory, and what it may leave out. */
#include "collector/pods.h"

PodWalk
pods_of(const Run *run, const PlanCapture *capture, Component component)
{
    return (PodWalk){.run = run, .capture = capture, .component = component};
}

static bool
pod_fits(const PodWalk *walk, const Pod *pod)
{
    const PlanCapture *capture = walk->capture;
    return cluster_wants(&walk->run->cluster, pod->namespace) &&
           (capture->namespaces.count == 0 || plan_lists(&capture->namespaces, pod->namespace)) &&
           selector_fits(capture->selector, pod->labels, pod->label_count);
}

/* The next container of the pod that no other component claims. */
static bool
next_app(PodWalk *walk, const Pod *pod, PodHit *ret)
{
    while (walk->container < pod->container_count) {
        const Container *container = &pod->containers[walk->container++];
        if (cluster_component_of(&walk->run->cluster, pod, container) == COMPONENT_APP) {
            *ret = (PodHit){pod, container, NULL};
            return true;
        }
    }
    walk->container = 0;
    return false;
}

/* The next container that the component means, whatever its turn. */
static bool
next_hit(PodWalk *walk, PodHit *ret)
{
    const Cluster *cluster = &walk->run->cluster;
    while (walk->pod < cluster->pods.count) {
        const Pod *pod = &cluster->pods.items[walk->pod];
        bool hit = false;
        if (pod_fits(walk, pod) && walk->component == COMPONENT_APP) {
            hit = next_app(walk, pod, ret);
        } else if (pod_fits(walk, pod)) {
            const ComponentForm *form = NULL;
            const Container *container = cluster_container(cluster, pod, walk->component, &form);
            *ret = (PodHit){pod, container, form};
            hit = container != NULL;
        }
        if (!hit || walk->component != COMPONENT_APP)
            walk->pod++;
        if (hit)
            return true;
    }
    return false;
}

bool
pods_next(PodWalk *walk, PodHit *ret)
{
    for (;;) {
        if (!next_hit(walk, ret)) {
            if (!walk->by_trouble || walk->calm)
                return false;
            walk->calm = true;
            walk->pod = 0;
            continue;
        }
        if (walk->annotated && !ret->pod->scraped)
            continue;
        if (walk->by_trouble && ret->container->troubled == walk->calm)
            continue;
        if (walk->capture->at_most && walk->taken >= walk->capture->at_most) {
            walk->left_out = true;
            return false;
        }
        walk->taken++;
        return true;
    }
}

void
pods_note(Run *run, const PlanCapture *capture, MemberKind kind, const char *verb, Str id,
          Str cover, bool left_out)
{
    const Cluster *cluster = &run->cluster;
    RunNote note = {
        .id = id, .kind = kind, .verb = verb, .cover = cover, .state = CAPTURE_COMPLETE};
    if (cluster->pods_state != CAPTURE_COMPLETE && cluster->pods_class != CAPTURE_CLASS_OPTION) {
        note.state = cluster->pods.count > 0 ? CAPTURE_PARTIAL : CAPTURE_SKIPPED;
        note.class =
            cluster->pods_class != CAPTURE_CLASS_NONE ? cluster->pods_class : CAPTURE_CLASS_ABSENT;
        note.reason = arena_strf(run->arena, "the pods are not all known: %.*s",
                                 STR_ARG(cluster->pods_reason));
    } else if (cluster->odd_pods > 0) {
        note.state = CAPTURE_PARTIAL;
        note.class = CAPTURE_CLASS_MALFORMED;
        note.reason =
            arena_strf(run->arena, "%zu pods or containers have names that cannot be: not asked",
                       cluster->odd_pods);
    } else if (cluster->namespace_count > 0) {
        note.state = CAPTURE_PARTIAL;
        note.class = CAPTURE_CLASS_OPTION;
        note.reason = STR(
            "only pods of the namespaces named by --namespace and of the mesh's own were asked");
    } else if (left_out) {
        note.state = CAPTURE_PARTIAL;
        note.class = CAPTURE_CLASS_OPTION;
        note.reason =
            arena_strf(run->arena, "the plan asks at most %lld pods", (long long)capture->at_most);
    } else if (capture->namespaces.count > 0 || capture->selector.n > 0) {
        note.state = CAPTURE_PARTIAL;
        note.class = CAPTURE_CLASS_OPTION;
        note.reason = STR("the plan asks some pods only");
    }
    run_note(run, &note);
}
