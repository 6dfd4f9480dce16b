/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_promql.c -- PromQL: compiles or says where not, and ends over a small store. */
#include "analyzer/query/promql.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <string.h>

static void
count_mistake(void *context, unsigned line, unsigned column, const char *text)
{
    LAW(line >= 7 && column >= 1 && text[0]);
    ++*(size_t *)context;
}

/* A query with a mistake is one by either way of telling. */
static void
compile_telling_all(Arena *arena, Str text, Status expected)
{
    size_t mistakes = 0;
    const PromqlQuery *query = NULL;
    Err err = {0};
    PromqlOptions options = {.line = 7, .column = 10, .complain = count_mistake,
                             .complain_context = &mistakes};
    LAW(promql_compile(arena, text, &options, &query, &err) == expected);
    LAW((expected == ST_RULE) == (mistakes > 0));
    LAW((expected == ST_OK) == (query != NULL));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const Label A[] = {{{"__name__", 8}, {"up", 2}}, {{"le", 2}, {"0.5", 3}}, {{"pod", 3}, {"a", 1}}};
    static const Label B[] = {{{"__name__", 8}, {"up", 2}}, {{"le", 2}, {"+Inf", 4}}, {{"pod", 3}, {"a", 1}}};
    static const Label C[] = {{{"__name__", 8}, {"x_total", 7}}, {{"pod", 3}, {"b", 1}}};
    static const PromqlPoint POINTS[] = {{0, 1}, {10000, 4}, {20000, 2}};
    static const PromqlPoint ODD[] = {{5000, (double)NAN}, {15000, (double)INFINITY}};
    static const PromqlSeries SERIES[] = {
        {.labels = {A, 3}, .points = POINTS, .point_count = 3, .newest_ms = 20000},
        {.labels = {B, 3}, .points = POINTS, .point_count = 2, .newest_ms = 10000},
        {.labels = {C, 2}, .points = ODD, .point_count = 2, .newest_ms = 15000},
    };
    PromqlStore store = {.series = SERIES, .series_count = 3, .is_snapshot = size % 2 == 0};
    CLEANUP(cleanup_arena) Arena *arena = arena_new(512 << 20);
    const PromqlQuery *query = NULL;
    Err err = {0};
    Str text = {(const char *)data, size};
    PromqlOptions options = {.file = "q.yaml", .line = 7, .column = 10};
    Status status = promql_compile(arena, text, &options, &query, &err);
    if (status != ST_NOMEM)
        compile_telling_all(arena, text, status);
    LAW_ERR(status, err);
    LAW(status != ST_RULE || err.line >= 7);
    if (status != ST_OK)
        return 0;
    PromqlEval eval = {.arena = arena, .store = &store, .time_ms = 20000};
    PromqlResult result = {0};
    status = promql_eval(query, &eval, &result, &err);
    LAW_ERR(status, err);
    for (size_t i = 0; status == ST_OK && i < result.sample_count; i++)
        for (size_t r = 0; r < result.samples[i].ref_count; r++)
            LAW(result.samples[i].refs[r] < store.series_count);
    return 0;
}
