/* SPDX-License-Identifier: Apache-2.0 */
/* join.c -- what a join in CEL costs an element: 5,000 Services against 20,000 Pods, beside 500
 * against 2,000.
 *
 * An equality inside exists(), filter(), all() or exists_one() is answered from an index, so
 * joins cost the sum of both lists, not their product.  Ten clusters of the small size, each
 * with objects of its own, are joined beside one of the large size, so that both ways as many
 * elements are read from as much memory.  Prints the time an element at both sizes and the
 * ratio, each the median of interleaved rounds; processor time, for machines are busy.
 * Goal: at most 1.5. */
#include "analyzer/query/cel.h"

#include "base/cleanup.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 15, SMALL_COUNT = 10 };
#define GOAL 1.5

static const char JOIN[] =
    "services.filter(s, pods.exists(p, p.metadata.labels.app == s.spec.selector.app"
    " && p.metadata.namespace == s.metadata.namespace)).size()";

typedef struct {
    Arena *arena;
    Value services;
    Value pods;
} Cluster;

static Value
record_of(Arena *arena, const char *name, Value value)
{
    ValueField field = {name, value};
    return value_record(arena, &field, 1, NULL);
}

static Value
make_object(Arena *arena, size_t i, size_t apps, bool is_pod)
{
    Value app = record_of(arena, "app", value_string(arena_strf(arena, "app-%zu", i % apps)));
    Value ns = value_string(arena_strf(arena, "ns-%zu", i % apps % 50));
    ValueField metadata[] = {{"namespace", ns}, {"labels", app}};
    ValueField object[] = {{"metadata", value_record(arena, metadata, is_pod ? 2 : 1, NULL)},
                           {"spec", record_of(arena, "selector", app)}};
    return value_record(arena, object, is_pod ? 1 : 2, NULL);
}

static Value
make_objects(Arena *arena, size_t count, size_t apps, bool are_pods)
{
    Value *items = ARENA_ARRAY(arena, Value, count);
    for (size_t i = 0; items && i < count; i++)
        items[i] = make_object(arena, i, apps, are_pods);
    return items ? value_list(arena, items, count, NULL) : value_nomem();
}

static Value
lookup(void *context, Str name, bool *ret_found)
{
    const Cluster *cluster = context;
    *ret_found = true;
    return str_is(name, "services") ? cluster->services : cluster->pods;
}

static double
processor_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Nanoseconds an element (Services and Pods together); negative where the answer is wrong. */
static double
time_join(const CelProgram *program, Cluster *cluster)
{
    size_t services = value_count(cluster->services);
    size_t elements = services + value_count(cluster->pods);
    CLEANUP(cleanup_arena) Arena *scratch = arena_new(SIZE_MAX);
    if (!scratch)
        return -1;
    CelEval eval = {.arena = scratch, .lookup = lookup, .context = cluster,
                    .joins = cel_joins_new(scratch)};
    double start = processor_ns();
    Value value = cel_eval(program, &eval);
    double took = processor_ns() - start;
    bool right = value.type == VALUE_INT && value.integer == (int64_t)services;
    return right ? took / (double)elements : -1;
}

static int
compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double
median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare_doubles);
    return values[count / 2];
}

int
main(void)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    const CelProgram *program;
    Err err = {0};
    if (!arena || cel_compile(arena, str_of(JOIN), &(CelOptions){0}, &program, &err) != ST_OK) {
        fprintf(stderr, "join: %s\n", err.text);
        return EXIT_FAILURE;
    }
    Cluster small[SMALL_COUNT];
    for (size_t i = 0; i < SMALL_COUNT; i++)
        small[i] = (Cluster){arena, make_objects(arena, 500, 500, false),
                             make_objects(arena, 2000, 500, true)};
    Cluster large = {arena, make_objects(arena, 5000, 5000, false),
                     make_objects(arena, 20000, 5000, true)};
    double small_ns[ROUNDS];
    double large_ns[ROUNDS];
    for (size_t i = 0; i < ROUNDS; i++) {
        double sum = 0;
        for (size_t k = 0; k < SMALL_COUNT; k++)
            sum += time_join(program, &small[k]);
        small_ns[i] = sum / SMALL_COUNT;
        large_ns[i] = time_join(program, &large);
        if (small_ns[i] <= 0 || large_ns[i] <= 0) {
            fprintf(stderr, "join: the join gave a wrong answer\n");
            return EXIT_FAILURE;
        }
    }
    double small_median = median(small_ns, ROUNDS);
    double large_median = median(large_ns, ROUNDS);
    double ratio = large_median / small_median;
    printf("join 500 x 2000: %.0f ns an element; 5000 x 20000: %.0f ns; ratio %.2f (goal %.1f)%s\n",
           small_median, large_median, ratio, GOAL, ratio <= GOAL ? "" : " missed");
    return EXIT_SUCCESS;
}
