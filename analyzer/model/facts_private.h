/* SPDX-License-Identifier: Apache-2.0 */
/* facts_private.h -- what the functions behind the table of facts share. */
#ifndef MODEL_FACTS_PRIVATE_H
#define MODEL_FACTS_PRIVATE_H

#include "analyzer/model/facts.h"
#include "analyzer/model/model_private.h"
#include "analyzer/model/tree.h"

#define FACT(id, ...) Status fact_##id(Model *model, Fact *ret, Err *err);
#include "analyzer/model/facts.def"
#undef FACT

/* A fact without a value: because of a gap, or, where that is NULL, for the reason. */
NODISCARD Status fact_unknown(Model *model, const char *name, Str reason, const Gap *because,
                              Fact *ret, Err *err);
/* One value.  node must live as long as the model; origin NULL: computed. */
NODISCARD Status fact_value(Model *model, const Node *node, const Origin *origin, const Gap *gap,
                            Fact *ret, Err *err);
void fact_list(const FactItem *items, size_t count, EvidenceState state, const Gap *gap,
               Fact *ret);

/* For each Pod of model_objects(), of all namespaces, the components that it runs: bits by their
 * numbers, at least one. */
NODISCARD Status pod_components(Model *model, const uint32_t **ret, Err *err);

/* --- facts_image.c --- */
/* Of "docker.io/istio/pilot:0.8.0@sha256:…": "pilot" and "0.8.0"; views. */
Str image_name(Str image);
Str image_tag(Str image);
/* The version in "root@host-docker.io/istio-0.8.0-6f9f420-Clean", where there is one. */
bool build_version(Str text, Str *ret);
/* The container of the pod that bears one of the names, separated by '|'; NULL. */
const Node *pod_container(const Node *pod, const char *names);
/* The proxy of a pod: sidecar, gateway, or Envoy beside the control plane; NULL. */
const Node *pod_proxy(const Node *pod);

#endif
