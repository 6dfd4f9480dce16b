/* SPDX-License-Identifier: Apache-2.0 */
/* kube.h -- the one way to kubectl: which one, with which environment and which options.
 *
 * A Kube owns a private folder (0700) with the proxy's socket and kubectl's cache, and the
 * proxy itself.  kube_close() ends the proxy and removes the folder; the next run removes what
 * a killed one could not. */
#ifndef COLLECTOR_KUBE_H
#define COLLECTOR_KUBE_H

#include "base/subprocess.h"

typedef struct {
    const char *kubeconfig;      /* NULL: kubectl's own choice */
    const char *context;
    int64_t request_timeout_ns;
    int cancel_fd;               /* readable: stop; -1: none */
} KubeOptions;

typedef struct {
    Arena *arena;
    char *folder;                /* NULL: none */
    char *socket;
    char *parent;                /* our process id, for guards */
    int cancel_fd;
    const char *const *env;
    const char *global[4];       /* "--kubeconfig=…" and the like; ends with NULL */
    const char *context;         /* name, for the bundle; never NULL */
    const char *server;          /* address of the API server, as kubectl has it; "" unknown */
    const char *version;         /* kubectl's own; "" unknown */
    Subprocess proxy;
} Kube;

typedef enum {
    KUBE_PROXY_READ,             /* GET, HEAD and OPTIONS alone */
    KUBE_PROXY_REVIEW,           /* access reviews alone */
} KubeProxy;

/* ST_NOT_FOUND: no kubectl in PATH.  ST_USAGE: the kubeconfig or the context cannot be used.
 * ST_IO: no temporary folder.  ST_CANCELLED. */
NODISCARD Status kube_open(Arena *arena, const KubeOptions *options, Kube *ret, Err *err);
void kube_close(Kube *kube);

/* Starts the proxy and waits until it listens.  ST_USAGE: kubectl does not accept the
 * configuration; ST_UNREACHABLE: it ended or never listened, with its last line;
 * ST_CANCELLED. */
NODISCARD Status kube_proxy_start(Kube *kube, KubeProxy what, Err *err);
bool kube_proxy_lives(Kube *kube);
void kube_proxy_stop(Kube *kube);

/* What the core group serves, as it was answered, for kubectl's cache in the folder. */
void kube_know_core(Kube *kube, Str resources);

/* kubectl under a guard, the global options, then args; ends with NULL.  NULL when out of memory. */
const char *const *kube_argv(const Kube *kube, Arena *arena, const char *const *args);

#endif
