/* SPDX-License-Identifier: Apache-2.0 */
/* generate.h -- a large bundle for measurements: the same bytes for the same parameters.
 *
 * One control plane of Istio 0.8 and as many applications as the sizes ask for.  Pods,
 * Services and Endpoints name each other, logs belong to pods of the List, and metrics to
 * Mixer's pod, so that rules find what they look for.  Names, addresses and ids come from a
 * hash of their number; nothing of the machine or the clock goes in. */
#ifndef BENCH_GENERATE_H
#define BENCH_GENERATE_H

#include "base/arena.h"
#include "base/buf.h"

#include <inttypes.h>

typedef struct {
    uint64_t seed;
    uint64_t log_bytes;         /* of all logs together */
    uint64_t log_count;         /* members among which they are divided */
    uint64_t pod_bytes;         /* of the List of Pods */
    uint64_t series;            /* lines of metrics with a value */
    uint64_t density;           /* lines of a hundred that a pattern of the generated rules hits */
    uint64_t indent;            /* of JSON: 0 as the API server gives it, 4 as kubectl prints it */
    uint64_t level;             /* of deflate */
} Sizes;

/* --- Where members go: a bundle, and beside it a tar of the same members. --- */

typedef struct Sink Sink;

/* tar: NULL for none.  Both files are made or emptied. */
NODISCARD Status sink_new(const char *bundle, const char *tar, int level, Sink **ret, Err *err);
Sink *sink_free(Sink *sink);
void cleanup_sink(Sink **sink);
NODISCARD Status sink_begin(Sink *sink, Str name, Err *err);
NODISCARD Status sink_data(Sink *sink, Str bytes, Err *err);
NODISCARD Status sink_end(Sink *sink, Err *err);
/* The manifest, and what ends both files. */
NODISCARD Status sink_finish(Sink *sink, Err *err);

/* --- Chance --- */

/* splitmix64: the number that stands for n in a stream. */
uint64_t mix(uint64_t n);
typedef struct {
    uint64_t state;
} Chance;
uint64_t chance_bits(Chance *chance);
uint64_t chance_below(Chance *chance, uint64_t limit);

/* --- What there is --- */

typedef struct {
    const Sizes *sizes;
    uint64_t pods;              /* of applications */
} World;

enum { PODS_OF_APP = 8, APPS_OF_NAMESPACE = 20 };

/* Pods of applications by number; the strings live in the buffers of the Pod. */
typedef struct {
    uint64_t number;
    uint64_t app;
    char app_name[48];
    char ns[32];
    char name[96];
    char ip[16];
    char node[24];
} Pod;
void pod_of(uint64_t number, Pod *ret);

/* Parts of the control plane with one pod each. */
typedef struct {
    const char *name;           /* of the pod */
    const char *labels;         /* of the pod, members of a JSON map */
    const char *container;
    const char *image;
    uint32_t port;              /* that serves metrics, 0: none */
    const char *component;      /* of the member of its metrics */
} ControlPod;
extern const ControlPod CONTROL_PODS[];
extern const size_t CONTROL_POD_COUNT;
#define CONTROL_NAMESPACE "istio-system"

/* --- The parts of the bundle --- */

/* Counts the pods that fit into the size; before anything else. */
void world_init(World *world, const Sizes *sizes);
NODISCARD Status make_objects(const World *world, Sink *sink, Err *err);
NODISCARD Status make_logs(const World *world, Sink *sink, Err *err);
NODISCARD Status make_metrics(const World *world, Sink *sink, Err *err);

/* --- Rules over these logs --- */

enum { PATTERN_MOST = 1000, PATTERN_HIT = 10 };
/* The form of a pattern: for rules with named captures, for rg without, for grep -E. */
typedef enum { PATTERN_NAMED, PATTERN_PLAIN, PATTERN_POSIX, PATTERN_FORM_COUNT } PatternForm;
void pattern_text(uint64_t number, PatternForm form, Buf *out);
/* What stands in a line that the pattern hits, from the level of the record on. */
void pattern_hit(uint64_t number, Chance *chance, Buf *out);
/* A pack of rules with one pattern each. */
NODISCARD Status make_rules(const char *folder, uint64_t patterns, Err *err);

#endif
