/* SPDX-License-Identifier: Apache-2.0 */
/* component.h -- the tables of components, and of what is asked of them by HTTP and exec.
 *
 * Data alone: the collector reads it to find pods, ports and paths, the analyzer to know
 * what a member is about.  Nothing here is Kubernetes' semantics. */
#ifndef BUNDLE_COMPONENT_H
#define BUNDLE_COMPONENT_H

#include "base/str.h"

typedef enum {
#define COMPONENT(id, name, help) COMPONENT_##id,
#define FORM(id, versions, selector, container, ports, image, scope)
#include "bundle/components.def"
#undef COMPONENT
#undef FORM
    COMPONENT_COUNT
} Component;

typedef enum {
    SCOPE_CONTROL,    /* the control plane's namespace */
    SCOPE_CLUSTER,    /* kube-system */
    SCOPE_MESH,       /* any namespace */
} ComponentScope;

typedef struct {
    Component component;
    const char *versions;
    const char *selector;
    const char *containers;    /* separated by '|'; the first that the pod has is meant */
    const char *ports;         /* separated by ',', tried in this order */
    const char *images;        /* separated by '|' */
    ComponentScope scope;
} ComponentForm;

/* HTTP GET of an endpoint of a pod, kept as http/<component>/…/<what>. */
typedef struct {
    Component component;
    const char *what;          /* "adsz.json" */
    uint16_t port;
    const char *path;          /* "/debug/adsz"; with the query, if any */
    bool local;                /* served on 127.0.0.1 of the pod alone: reached by exec */
    const char *versions;
    const char *help;
} Endpoint;

/* A command run in a container, kept as exec/…/<what>. */
enum { PROBE_ARGV_COUNT = 6 };
typedef struct {
    Component component;       /* COMPONENT_APP: any container */
    const char *what;          /* "limits.txt" */
    const char *argv[PROBE_ARGV_COUNT];   /* ends with NULL */
    const char *help;
} Probe;

extern const char *const COMPONENT_NAMES[];   /* COMPONENT_COUNT and a NULL */
extern const char *const COMPONENT_HELP[];
extern const ComponentForm COMPONENT_FORMS[];
extern const size_t COMPONENT_FORM_COUNT;
extern const Endpoint ENDPOINTS[];
extern const size_t ENDPOINT_COUNT;
extern const Probe PROBES[];
extern const size_t PROBE_COUNT;

/* False for an unknown name. */
bool component_of(Str name, Component *ret);
/* True where value is one of the words of list, separated by separator. */
bool component_word_in(const char *list, char separator, Str value);
/* Whether a form of the component lists it as a monitoring port. */
bool component_has_port(Component component, uint32_t port);
/* NULL where there is none. */
const Endpoint *endpoint_of(Component component, Str what);
const Probe *probe_of(Str what);

#endif
