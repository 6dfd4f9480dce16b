/* SPDX-License-Identifier: Apache-2.0 */
/* test_promql_holes.c -- targets that were not scraped never turn a query's answer into another.
 *
 * Random queries are evaluated over the series of all targets, and over the same where some
 * targets are holes, or only their past is one.  With holes the answer must be unknown, or each
 * of its elements must be one of the whole answer; and all of them, where it is not incomplete. */
#include "analyzer/query/promql.h"
#include "tests/unit/runner.h"

#include <math.h>
#include <string.h>

enum {
    ROUNDS = 60,                /* in each loop of Check */
    QUERIES = 60,               /* in a round */
    DEEPEST = 4,
    LONGEST_TEXT = 2000,
    NOW_MS = 100000,
};

static uint64_t state;

static unsigned
draw(unsigned below)
{
    return unit_draw(&state, below);
}

/* Queries. */

typedef enum { VECTOR, SCALAR, SELECTOR, TYPE_COUNT } Type;

/* $v is a vector, $n a scalar, $s a selector. */
static const char *const PATTERNS[TYPE_COUNT][64] = {
    [VECTOR] = {"$s", "$s", "vector($n)", "($v > $n)", "($v > bool $n)", "($v + $n)", "($n - $v)",
                "sum($v)", "sum by (pod) ($v)", "max without (code) ($v)", "min($v)", "avg($v)",
                "count($v)", "count by (code) ($v)", "group($v)", "stddev($v)",
                "topk(1, $v)", "bottomk(2, $v)", "quantile(0.5, $v)", "count_values(\"x\", $v)",
                "absent($v)", "absent($s)", "($v or $v)", "($v and on(pod) $v)",
                "($v unless on(pod) $v)", "($v unless $v)", "($v == $v)", "($v + on(pod) $v)",
                "($v * on(pod) group_left() $v)", "($v + on(pod, code) fill(0) $v)",
                "($v + on(pod) fill_right(1) $v)", "($v + on(pod) fill_left(1) $v)",
                "abs($v)", "-$v", "sgn($v)", "sort($v)", "clamp_max($v, $n)", "round($v)",
                "label_replace($v, \"code\", \"$1\", \"pod\", \"(.*)\")", "timestamp($v)",
                "histogram_quantile(0.5, took_bucket)", "histogram_quantile(0.9, $v)",
                "rate($s[30s])", "increase($s[25s])", "max_over_time($s[30s])",
                "count_over_time($s[30s])", "absent_over_time($s[30s])", "last_over_time($s[30s])",
                "sum_over_time(($v)[30s:10s])", "($s offset 10s)", "limitk(1, $v)"},
    [SCALAR] = {"0", "1", "5", "40", "scalar($v)", "time()", "($n + $n)", "scalar($s)"},
    [SELECTOR] = {"limit", "requests", "temperature", "took_bucket", "requests{code=\"200\"}",
                  "limit{pod=\"a\"}", "{pod=~\"a|b\"}", "requests{code=\"200\", pod!=\"c\"}",
                  "{__name__=~\"limit|requests\"}", "nosuch", "limit{pod=\"d\"}"},
};

static size_t
pattern_count(Type type)
{
    size_t count = 0;
    while (count < sizeof PATTERNS[0] / sizeof *PATTERNS[0] && PATTERNS[type][count])
        count++;
    return count;
}

static void
write_query(Buf *out, Type type, unsigned depth)
{
    static const unsigned LEAVES[TYPE_COUNT] = {2, 4, 11};
    unsigned count = depth == 0 ? LEAVES[type] : (unsigned)pattern_count(type);
    for (const char *p = PATTERNS[type][draw(count)]; *p; p++) {
        if (*p == '$' && p[1] == 'v')
            write_query(out, VECTOR, depth ? depth - 1 : 0);
        else if (*p == '$' && p[1] == 'n')
            write_query(out, SCALAR, depth ? depth - 1 : 0);
        else if (*p == '$' && p[1] == 's')
            write_query(out, SELECTOR, 0);
        else {
            buf_addc(out, *p);
            continue;
        }
        p++;
    }
}

/* Series of pods a, b and c, and one of none. */

static const char *const PODS[] = {"a", "b", "c"};
enum { POD_COUNT = 3, SERIES_MOST = 40, NO_POD = POD_COUNT };

typedef struct {
    PromqlSeries series[SERIES_MOST];
    unsigned pods[SERIES_MOST];
    size_t count;
} World;

static void
add_series(Arena *arena, World *world, const char *name, const char *label, const char *value,
           unsigned pod)
{
    Label *labels = ARENA_ARRAY(arena, Label, 3);
    PromqlPoint *points = ARENA_ARRAY(arena, PromqlPoint, 3);
    size_t count = 0;
    labels[count++] = (Label){STR("__name__"), str_of(name)};
    if (label)
        labels[count++] = (Label){str_of(label), str_of(value)};
    if (pod != NO_POD)
        labels[count++] = (Label){STR("pod"), str_of(PODS[pod])};
    for (int i = 0; i < 3; i++)
        points[i] = (PromqlPoint){NOW_MS - 20000 + 10000 * i, (double)draw(50)};
    world->pods[world->count] = pod;
    world->series[world->count++] = (PromqlSeries){.labels = {labels, count}, .points = points,
                                                   .point_count = 3};
}

static void
make_world(Arena *arena, World *world)
{
    static const char *const BOUNDS[] = {"0.1", "1", "+Inf"};
    world->count = 0;
    for (unsigned pod = 0; pod < POD_COUNT; pod++) {
        add_series(arena, world, "limit", NULL, NULL, pod);
        for (unsigned code = 0; code < 2; code++)
            if (draw(4))
                add_series(arena, world, "requests", "code", code ? "500" : "200", pod);
        for (unsigned i = 0; i < 3; i++)
            add_series(arena, world, "took_bucket", "le", BOUNDS[i], pod);
    }
    add_series(arena, world, "temperature", NULL, NULL, NO_POD);
}

/* The world without the pods that are holes, or without their past. */
static PromqlStore
with_holes(Arena *arena, const World *world)
{
    static const Gap GAP = {.evidence = STR_INIT("metric:x"), .reason = STR_INIT("timeout")};
    PromqlSeries *kept = ARENA_ARRAY(arena, PromqlSeries, world->count);
    PromqlHole *holes = ARENA_ARRAY(arena, PromqlHole, POD_COUNT);
    PromqlStore store = {.series = kept, .holes = holes};
    unsigned kinds[POD_COUNT + 1] = {0};            /* 1: no series, 2: no past */
    for (unsigned pod = 0; pod < POD_COUNT; pod++) {
        kinds[pod] = draw(3);
        Label *label = ARENA_NEW(arena, Label);
        *label = (Label){STR("pod"), str_of(PODS[pod])};
        if (kinds[pod])
            holes[store.hole_count++] = (PromqlHole){{label, 1}, &GAP, kinds[pod] == 2};
    }
    for (size_t i = 0; i < world->count; i++) {
        unsigned kind = kinds[world->pods[i]];
        if (kind == 1)
            continue;
        kept[store.series_count] = world->series[i];
        kept[store.series_count++].no_ranges = kind == 2;
    }
    return store;
}

static bool
same_labels(Labels a, Labels b)
{
    if (a.count != b.count)
        return false;
    for (size_t i = 0; i < a.count; i++)
        if (!str_eq(a.items[i].name, b.items[i].name) ||
            !str_eq(a.items[i].value, b.items[i].value))
            return false;
    return true;
}

static bool
same_number(double a, double b)
{
    return (isnan(a) && isnan(b)) || a == b || fabs(a - b) <= 1e-9 * fmax(fabs(a), fabs(b));
}

static bool
holds(const PromqlResult *whole, const PromqlSample *sample)
{
    for (size_t i = 0; i < whole->sample_count; i++)
        if (same_labels(whole->samples[i].labels, sample->labels) &&
            same_number(whole->samples[i].value, sample->value))
            return true;
    return false;
}

static bool
is_safe(const PromqlResult *some, const PromqlResult *whole)
{
    if (some->is_unknown)
        return true;
    if (some->type == PROMQL_SCALAR)
        return same_number(some->scalar, whole->scalar);
    for (size_t i = 0; i < some->sample_count; i++)
        if (!holds(whole, &some->samples[i]))
            return false;
    return some->gap || some->sample_count == whole->sample_count;
}

static void
check_query(Arena *arena, Str text, const PromqlStore *whole, const PromqlStore *holes,
            unsigned *answers)
{
    const PromqlQuery *query = NULL;
    PromqlResult all = {0};
    PromqlResult some = {0};
    Err err = {0};
    ck_assert_msg(promql_compile(arena, text, &(PromqlOptions){0}, &query, &err) == ST_OK,
                  "%.*s: %s", STR_ARG(text), err.text);
    PromqlEval eval = {.arena = arena, .store = whole, .time_ms = NOW_MS};
    if (promql_eval(query, &eval, &all, NULL) != ST_OK)
        return;                 /* elements that are not there raise no error */
    eval.store = holes;
    ck_assert_msg(promql_eval(query, &eval, &some, &err) == ST_OK, "%.*s: %s", STR_ARG(text),
                  err.text);
    ck_assert_msg(is_safe(&some, &all), "%.*s: %zu elements, with holes %zu%s", STR_ARG(text),
                  all.sample_count, some.sample_count, some.gap ? " and perhaps more" : "");
    *answers += !some.is_unknown;
}

START_TEST(holes_change_no_answer)
{
    unsigned answers = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
        World world;
        state = (uint64_t)_i * 1000003 + round * 7919 + 1;
        make_world(arena, &world);
        PromqlStore whole = {.series = world.series, .series_count = world.count};
        PromqlStore holes = with_holes(arena, &world);
        for (size_t i = 0; i < QUERIES; i++) {
            CLEANUP(buf_done) Buf text = BUF_INIT(LONGEST_TEXT);
            write_query(&text, VECTOR, DEEPEST);
            if (text.failed == ST_OK)
                check_query(arena, buf_str(&text), &whole, &holes, &answers);
        }
    }
    /* A test of nothing but unknowns would prove nothing. */
    ck_assert_uint_gt(answers, ROUNDS * QUERIES / 10);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("promql_holes");
    TCase *tcase = tcase_create("promql_holes");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, holes_change_no_answer, 0, 4);
    suite_add_tcase(suite, tcase);
    return suite;
}
