/* SPDX-License-Identifier: Apache-2.0 */
/* cluster.h -- what the collector itself has to know of the cluster: which resources are
 * served, which pods there are, and which component each of their containers is. */
#ifndef COLLECTOR_CLUSTER_H
#define COLLECTOR_CLUSTER_H

#include "base/map.h"
#include "bundle/component.h"
#include "bundle/manifest.h"
#include "collector/selector.h"

enum { CONTAINER_PORTS = 12 };

typedef struct {
    Str group;               /* "" for the core group */
    Str version;
    Str plural;
    Str kind;
    bool namespaced;
} Resource;

typedef struct {
    Str name;
    bool init;
    bool has_previous;       /* it was restarted, or has a state before this one */
    bool started;            /* running or terminated: it can have a log */
    bool running;
    bool troubled;           /* it was restarted, or is not ready and has not just finished */
    uint16_t ports[CONTAINER_PORTS];   /* declared; ends with 0 where fewer */
    Str image;
} Container;

typedef struct {
    Str namespace;
    Str name;
    Str node;
    const Label *labels;
    size_t label_count;
    const Container *containers;
    size_t container_count;
    uint16_t scrape_port;    /* annotation prometheus.io/port; 0: none */
    bool scraped;            /* prometheus.io/scrape says so */
    Str scrape_path;         /* prometheus.io/path; empty: none, or none that is plain */
} Pod;

typedef struct {
    Arena *arena;
    const char *istio_namespace;
    const char *const *namespaces;   /* of applications; none: all */
    size_t namespace_count;
    VEC(Resource) resources;
    VEC(Pod) pods;
    Map pod_names;                   /* "NS/NAME" of them */
    size_t odd_pods;                 /* left out: their names cannot be names */
    CaptureState pods_state;         /* of the list of pods */
    CaptureClass pods_class;
    Str pods_reason;
    CaptureState discovery_state;
    CaptureClass discovery_class;
    Str discovery_reason;
    size_t nodes;
    Str server_version;
    int istio_minor;                 /* 8 for 0.8, 104 for 1.4; -1 unknown */
} Cluster;

void cluster_init(Cluster *cluster, Arena *arena);
/* Takes what it needs of one object of the list of pods.  What is listed again is ignored.
 * A pod or container without a name, or with one that Kubernetes would not allow, is counted
 * and left out: names become paths and arguments of commands. */
NODISCARD Status cluster_add_pod(Cluster *cluster, Str json, Err *err);

/* As before the first pod. */
void cluster_forget_pods(Cluster *cluster);

/* The resource of "plural" or "plural.group", in the version to be used; NULL: not served. */
const Resource *cluster_resource(const Cluster *cluster, Str name);
/* Whether these are the same objects under their old group: 1.9 to 1.15 serve both. */
bool cluster_is_old_name(const Cluster *cluster, const Resource *resource);
/* Whether the namespace is one of the applications' that were asked for, or the mesh's own. */
bool cluster_wants(const Cluster *cluster, Str namespace);

/* The container of the pod that runs the component; NULL: none. */
const Container *cluster_container(const Cluster *cluster, const Pod *pod, Component component,
                                   const ComponentForm **ret_form);
/* What the container is, as precisely as the table tells: APP for anything else. */
Component cluster_component_of(const Cluster *cluster, const Pod *pod, const Container *container);
/* Reads the control plane's version from the image of Pilot; call once all pods are known. */
void cluster_find_version(Cluster *cluster);
/* Whether the range of a table ("0.8", "0.2-1.4", "1.5-", "any") has the control plane's
 * version; true where either is unknown. */
bool cluster_in_versions(const Cluster *cluster, const char *range);
/* Whether any pod runs it. */
bool cluster_has(const Cluster *cluster, Component component);

#endif
