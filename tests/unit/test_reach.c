/* SPDX-License-Identifier: Apache-2.0 */
/* test_reach.c -- which fields of objects expressions can reach. */
#include "analyzer/query/cel_reach.h"

#include "tests/unit/cel_support.h"

#include <stdlib.h>

typedef struct {
    NodeKeep *pods;
    NodeKeep *others;
} Roots;

static Reach
reach_of(void *context, Str name)
{
    const Roots *roots = context;
    if (str_is(name, "pods") || str_is(name, "pod"))
        return (Reach){{roots->pods}, 1};
    return str_is(name, "others") ? (Reach){{roots->others}, 1} : (Reach){0};
}

static int
compare_keys(const void *a, const void *b)
{
    return str_cmp((*(const NodeKeep *const *)a)->key, (*(const NodeKeep *const *)b)->key);
}

/* "a{b c*}": sorted, with a star at what is whole. */
static void
write_fields(const NodeKeep *keep, Buf *out)
{
    const NodeKeep *sorted[32];
    size_t count = 0;
    for (const NodeKeep *field = keep->fields; field; field = field->next)
        sorted[count++] = field;
    qsort(sorted, count, sizeof *sorted, compare_keys);
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, "%s" STR_FMT "%s", i ? " " : "", STR_ARG(sorted[i]->key),
                   sorted[i]->whole ? "*" : "");
        if (sorted[i]->fields) {
            buf_addc(out, '{');
            write_fields(sorted[i], out);
            buf_addc(out, '}');
        }
    }
}

START_TEST(what_expressions_select_is_kept)
{
    static const struct {
        const char *text;
        const char *pods;       /* of the fields of pods, "*": all of it */
        const char *others;
    } CASES[] = {
        {"pods.filter(p, p.spec.nodeName == 'x')", "spec{nodeName}", ""},
        {"pods.filter(p, p.a == 1).map(p, p.b)", "a b", ""},
        {"pods.exists(p, has(p.a.b) && p.a.?c.orValue('') == 'x')", "a{b c}", ""},
        {"pods[0].a", "a", ""},
        {"pods.map(p, p.a).exists(x, x.b == [])", "a{b}", ""},
        {"pod['a'].b == null", "a{b}", ""},
        {"pod.a[string(1)].b == 1", "a*{b}", ""},
        {"json(string(pod.a)).b == 1", "a*", ""},
        {"pod.a == pod.b", "a* b*", ""},
        {"size(pod.a) == 1 && pod.b.size() > 0", "a b", ""},
        {"pods.exists(p, others.exists(o, o.a == p.b))", "b*", "a*"},
        {"(pods + others).map(x, x.a)", "a", "a"},
        {"(true ? pod : others[0]).a", "a", "a"},
        {"{'x': pod.a}.x.b", "a*", ""},
        {"[pod.a, pod.b].map(x, x.c)", "a{c} b{c}", ""},
        {"pods.sortBy(p, p.a).map(p, p.b)", "a* b", ""},
        {"pods.first().?a.optMap(x, x.b)", "a{b}", ""},
        {"pods.map(p, p.a).distinct()", "a*", ""},
        {"pod.metadata.labels.exists(k, k == 'x')", "metadata{labels*}", ""},
        {"pod.a.transformMap(k, v, v.b)", "a*{b*}", ""},
        {"k8s.image(pod, 'c') == ''",
         "spec{containers{image* name*} ephemeralContainers{image* name*} initContainers{image* "
         "name*} jobTemplate* template*}", ""},
        {"string(pods)", "*", ""},
        {"cel.bind(x, pod.a, x.b == 1)", "a{b}", ""},
        {"nobody.a == 1", "", ""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
        CLEANUP(buf_done) Buf pods = BUF_INIT(4096);
        CLEANUP(buf_done) Buf others = BUF_INIT(4096);
        NodeKeep of_pods = {0}, of_others = {0};
        Roots roots = {&of_pods, &of_others};
        CelReach spec = {.arena = arena, .reach_of = reach_of, .context = &roots};
        Reach reach;
        Err err = {0};
        ck_assert_ok(cel_reach(cel_compiled(arena, CASES[i].text), &spec, &reach, &err), err);
        write_fields(&of_pods, &pods);
        write_fields(&of_others, &others);
        const char *found = of_pods.whole ? "*" : pods.n ? pods.data : "";
        ck_assert_msg(strcmp(found, CASES[i].pods) == 0, "%s: %s, not %s", CASES[i].text, found,
                      CASES[i].pods);
        ck_assert_msg(strcmp(others.n ? others.data : "", CASES[i].others) == 0, "%s: %s",
                      CASES[i].text, others.n ? others.data : "");
    }
}
END_TEST

START_TEST(a_value_stands_for_its_places)
{
    static const struct {
        const char *text;
        size_t count;
    } CASES[] = {{"pods", 1}, {"pods + others", 2}, {"pods.map(p, p.a)", 1}, {"1", 0},
                 {"pods.exists(p, true)", 0}, {"[pods, pods]", 1}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
        NodeKeep of_pods = {0}, of_others = {0};
        Roots roots = {&of_pods, &of_others};
        CelReach spec = {.arena = arena, .reach_of = reach_of, .context = &roots};
        Reach reach;
        Err err = {0};
        ck_assert_ok(cel_reach(cel_compiled(arena, CASES[i].text), &spec, &reach, &err), err);
        ck_assert_msg(reach.count == CASES[i].count, "%s: %zu", CASES[i].text, reach.count);
    }
}
END_TEST

START_TEST(more_places_than_are_followed_are_kept_whole)
{
    NodeKeep places[REACH_MOST + 2] = {{.whole = false}};
    Reach joined = {0};
    for (size_t i = 0; i < REACH_MOST + 2; i++)
        joined = reach_join(joined, (Reach){{&places[i]}, 1});
    ck_assert_uint_eq(joined.count, REACH_MOST);
    ck_assert(!places[0].whole && places[REACH_MOST].whole && places[REACH_MOST + 1].whole);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("reach");
    TCase *all = tcase_create("all");
    tcase_add_test(all, what_expressions_select_is_kept);
    tcase_add_test(all, a_value_stands_for_its_places);
    tcase_add_test(all, more_places_than_are_followed_are_kept_whole);
    suite_add_tcase(suite, all);
    return suite;
}
