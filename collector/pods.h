/* SPDX-License-Identifier: Apache-2.0 */
/* pods.h -- which pods and containers a capture of the plan means. */
#ifndef COLLECTOR_PODS_H
#define COLLECTOR_PODS_H

#include "collector/run.h"

typedef struct {
    const Run *run;
    const PlanCapture *capture;
    Component component;
    size_t pod;              /* index of the next one */
    size_t container;        /* of APP: index of the next one in that pod */
    bool by_trouble;         /* the troubled ones first, then all others */
    bool annotated;          /* only pods that tell Prometheus to scrape them */
    bool calm;               /* the others' turn */
    int64_t taken;
    bool left_out;           /* by at_most */
} PodWalk;

typedef struct {
    const Pod *pod;
    const Container *container;
    const ComponentForm *form;    /* NULL for APP */
} PodHit;

/* for (PodWalk w = pods_of(run, capture, component); pods_next(&w, &hit);)
 * Where the capture takes some pods only, the first ones in the order of the walk. */
PodWalk pods_of(const Run *run, const PlanCapture *capture, Component component);
bool pods_next(PodWalk *walk, PodHit *ret);

/* The note that tells whether all pods meant by the capture were asked: covers is a glob. */
void pods_note(Run *run, const PlanCapture *capture, MemberKind kind, const char *verb, Str id,
               Str cover, bool left_out);

#endif
