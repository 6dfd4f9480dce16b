/* SPDX-License-Identifier: Apache-2.0 */
/* logs.h -- which container logs a selection means, and what is missing of them.
 *
 * The logs that should exist follow from the pods (a log for each container, one more for a
 * container that was restarted); the logs that do exist from the bundle.  Where the pods are
 * not known, a log is taken for a component's by the name of its container, and that others
 * may exist is a gap, unless a capture says that it took all there were.  A log that should exist
 * and rightly does not (its container left none) is no target. */
#ifndef MODEL_LOGS_H
#define MODEL_LOGS_H

#include "analyzer/model/model.h"
#include "analyzer/model/selector.h"

typedef enum {
    PREVIOUS_ALSO,
    PREVIOUS_NO,
    PREVIOUS_ONLY,
} PreviousLogs;

typedef struct {
    const Component *components;    /* none: the logs of all pods */
    size_t component_count;
    const StrList *namespaces;      /* NULL: all */
    const Selector *labels;         /* NULL: all; else pods must be known to fit */
    const StrList *containers;      /* globs; NULL: the main containers of the components, all
                                       containers where there are no components */
    PreviousLogs previous;
} LogSelection;

typedef struct {
    Str member;
    Str ns;
    Str pod;
    Str container;
    bool previous;
    bool there;                     /* the bundle holds it, at least in part */
    const Gap *gap;                 /* NULL: all of it */
    int64_t offset_ns;              /* clock of the pod's node minus the collector's; 0 unknown */
} LogTarget;

typedef struct {
    const LogTarget *items;         /* by namespace, pod, container; the previous log first */
    size_t count;
    const Gap *gap;                 /* there may be logs beside these; NULL: no */
} LogTargets;

/* Whether a member may be a log of the selection, by its name alone: for reading it while it
 * passes by, when the pods are not known yet. */
bool log_may_be_selected(const LogSelection *selection, const MemberName *name);

/* evidence: for gaps, "logs:mixer".  Kinds of the components must have been demanded. */
NODISCARD Status model_log_targets(Model *model, const char *evidence,
                                   const LogSelection *selection, LogTargets *ret, Err *err);

#endif
