/* SPDX-License-Identifier: Apache-2.0 */
/* test_lint.c -- what lint warns of because it is sure to go wrong, and where it is silent. */
#include "tests/unit/rule_tool.h"
#include "tests/unit/runner.h"

#include <string.h>

/* Evidence of every shape, and a rule about each Pod whose `when` is line 26. */
#define BEFORE                                                                              \
    "language: 1\n"                                                                         \
    "params: {i: {type: int, default: 1}, d: {type: double, default: 1.0},\n"               \
    "  t: {type: string, default: a}, l: {type: strings, default: [a]}}\n"                  \
    "defs:\n"                                                                               \
    "  let:\n"                                                                              \
    "    pods: {k8s: {kind: Pod}}\n"                                                        \
    "    services: {k8s: {kind: services}}\n"                                               \
    "    mixed: {k8s: {kind: [Pod, Service]}}\n"                                            \
    "    globbed: {k8s: {kind: '*'}}\n"                                                     \
    "    custom: {k8s: {kind: rule.config.istio.io}}\n"                                     \
    "    configs: {k8s: {kind: ConfigMap}}\n"                                               \
    "    secrets: {k8s: {kind: Secret}}\n"                                                  \
    "    calls: {metric: {component: mixer, query: 'sum(x)', empty: 0}}\n"                  \
    "    series: {metric: {component: mixer, query: x}}\n"                                  \
    "    groups: {logs: {component: pilot, match: 'a(?P<b>c)'}}\n"                          \
    "    offsets: {clocks: {subjects: [node]}}\n"                                           \
    "    proxies: {fact: proxies}\n"                                                        \
    "    mesh: {fact: mesh}\n"                                                              \
    "    injected: {fact: injected_pods}\n"                                                 \
    "    specs: {cel: 'pods.map(p, p.spec)'}\n"                                             \
    "rules:\n"                                                                              \
    "- id: AAA-101\n"                                                                       \
    "  title: t\n"                                                                          \
    "  severity: error\n"                                                                   \
    "  each: {pod: {k8s: {kind: Pod}}}\n"                                                   \
    "  when: '"
#define BEHIND "'\n  message: m\n"
enum { WHEN_LINE = 26 };

/* Told: "COLUMN: TEXT" a line, columns from the start of the expression; "" nothing. */
static const struct {
    const char *when;
    const char *told;
} EXPRESSIONS[] = {
    /* a double with an int */
    {"calls * 100 > 1.0", "7: double * int is an error: write 100.0"},
    {"100 * calls > 1.0", "5: int * double is an error: write 100.0"},
    {"calls + size(pods) > 1.0", "7: double + int is an error: write double(size(pods))"},
    {"pods.size() - 1.5 > 1.0", "13: int - double is an error: write double(pods.size())"},
    {"series[0].value / 2 > 1.0", "17: double / int is an error: write 2.0"},
    {"series.exists(s, s.value / 2 > 1.0)", "26: double / int is an error: write 2.0"},
    {"calls % 2 == 0.0", "7: double % int is an error: write int(calls)"},
    {"params.d + params.i > 1.0", "10: double + int is an error: write double(params.i)"},
    {"double(params.t) * 2 > 1.0", "18: double * int is an error: write 2.0"},
    {"int(params.t) * 0.5 > 1.0", "15: int * double is an error: write double(int(params.t))"},
    {"groups.exists(g, g.count / 2.0 > 1.0)",
     "26: int / double is an error: write double(g.count)"},
    {"groups[0].samples[0].line + 0.5 > 1.0",
     "27: int + double is an error: write double(groups[0].samples[0].line)"},
    {"offsets.exists(c, c.offset_s * 1000 > 1.0)",
     "30: double * int is an error: write 1000.0"},
    {"offsets.exists(c, -c.error_s * 2 > 1.0)", "30: double * int is an error: write 2.0"},
    {"clock.lowerBound(offsets[0]) * 2 > 1.0",
     "30: double * int is an error: write 2.0"},
    {"pod.status.containerStatuses[0].restartCount / 2.0 > 1.0",
     "46: int / double is an error: write "
     "double(pod.status.containerStatuses[0].restartCount)"},
    {"math.greatest(1, size(pods)) * 0.5 > 1.0",
     "30: int * double is an error: write double(math.greatest(1, size(pods)))"},
    {"(true ? 1 : 2) * 0.5 > 1.0", "16: int * double is an error: write double(true ? 1 : 2)"},
    {"cel.bind(n, size(pods), n * 0.5 > 1.0)",
     "27: int * double is an error: write double(n)"},
    {"pods.map(p, size(p.spec.containers)).exists(n, n * 0.5 > 1.0)",
     "50: int * double is an error: write double(n)"},
    /* a query's result for a number */
#define VECTOR(text) ": error: \"" text "\" is a list of series: say with \"empty: 0\" that it is a " \
                     "number, and which one stands for no series"
    {"series > 1.0", "1" VECTOR("series")},
    {"1.0 == series", "8" VECTOR("series")},
    {"double(series) > 1.0", "8" VECTOR("series")},
    {"math.abs(series) > 1.0", "10" VECTOR("series")},
    {"[1.0].exists(x, x < series)", "21" VECTOR("series")},
    {"(true ? series : series) > 1.0", "2" VECTOR("true ? series : series")},
    {"series.filter(s, true) + 1.0 > 2.0", "1" VECTOR("series.filter(s, true)")},
    {"cel.bind(n, series, -n > 1.0)", "22" VECTOR("n")},
    {"series == [] || series.size() > 1 || series + series == []", ""},
    {"series[0].value > 1.0 && series.exists(s, s.value == 1.0)", ""},
    /* lists and maps for numbers, and what is no condition */
    {"pods > 1", "1: a list can be neither ordered nor reckoned with"},
    {"pod - 1 == 2", "1: a map can be neither ordered nor reckoned with"},
    {"\"a\"", "1: this can be neither true nor false"},
    {"size(pods)", "1: this can be neither true nor false"},
    {"pods.filter(p, true)", "1: this can be neither true nor false"},
    {"true ? \"a\" : params.t", ""},
    {"pods + [] == pods && params.t < params.t && params.t + \"a\" == \"b\"", ""},
    {"calls * 100.0 > 1.0", ""},
    {"calls > 1 && size(pods) > 1.5 && calls == 3", ""},
    {"calls / double(size(pods)) > 1.0", ""},
    {"params.t + params.t == params.t", ""},
    {"json(params.t) * 2.0 > 1.0 && json(params.t) * 2 > 1", ""},
    {"(true ? 1 : 2.0) * 2 > 1", ""},
    {"mesh.x / 2.0 > 1.0", ""},
    {"[1, 2.0].exists(n, n * 2 > 1)", ""},
    {"custom.exists(c, c.spec.n * 2.0 > 1.0)", ""},
    {"offsets.exists(c, c.other * 2 > 1)", ""},
    {"pod.spec.?priority.orValue(0.0) * 2.0 > 1.0", ""},
    {"math.greatest(json(params.t), 1) * 2.0 > 1.0", ""},
    {"math.bitAnd(1, 2) * json(params.t) > 1", ""},
    /* fields of a kind */
    {"pod.status.phsae == params.t",
     "12: PodStatus has no field \"phsae\"; did you mean \"phase\"?"},
    {"pods.exists(p, p.spec.hostnetwork)",
     "23: PodSpec has no field \"hostnetwork\"; did you mean \"hostNetwork\"?"},
    {"has(pod.metadata.lables)",
     "18: ObjectMeta has no field \"lables\"; did you mean \"labels\"?"},
    {"pod.?spec.?containes.hasValue()",
     "12: PodSpec has no field \"containes\"; did you mean \"containers\"?"},
    {"pod[\"statuss\"] == 1", "5: Pod has no field \"statuss\"; did you mean \"status\"?"},
    {"pod[?\"spec\"][?\"nodename\"].hasValue()",
     "15: PodSpec has no field \"nodename\"; did you mean \"nodeName\"?"},
    {"pod.spec.completelyOther == 1", "10: PodSpec has no field \"completelyOther\""},
    {"pod.spec.containers.name == params.t",
     "21: a list has no field \"name\"; its elements may have"},
    {"pod.metadata.name.first == params.t", "19: this is no map: it has no field \"first\""},
    {"pod.spec.containers[0].env.exists(e, e.valu == params.t)",
     "40: EnvVar has no field \"valu\"; did you mean \"value\"?"},
    {"pod.status.containerStatuses[0].state.terminated.exitcode == 1",
     "50: there is no field \"exitcode\" here; did you mean \"exitCode\"?"},
    {"services.filter(s, s.spec.ports != []).all(s, s.spec.clusterip == params.t)",
     "54: ServiceSpec has no field \"clusterip\"; did you mean \"clusterIP\"?"},
    {"services.exists(s, s.spec.ports.exists(i, q, q.nodeport == i))",
     "48: ServicePort has no field \"nodeport\"; did you mean \"nodePort\"?"},
    {"secrets.exists(s, has(s.data))", "25: Secret has no field \"data\""},
    {"specs.exists(s, s.nodNeame == params.t)",
     "19: PodSpec has no field \"nodNeame\"; did you mean \"nodeName\"?"},
    {"injected.exists(p, p.sepc == 1)", "22: Pod has no field \"sepc\"; did you mean \"spec\"?"},
    {"proxies.exists(p, p.rol == params.t)",
     "21: there is no field \"rol\" here; did you mean \"role\"?"},
    {"pod.?status.?conditions.orValue([]).exists(c, c.statuss == params.t)",
     "49: Condition has no field \"statuss\"; did you mean \"status\"?"},
    {"pod.?metadata.?labels.optMap(l, l.app.x).hasValue()",
     "39: this is no map: it has no field \"x\""},
    {"pods.sortBy(p, p.metadata.name)[0].sepc == 1",
     "36: Pod has no field \"sepc\"; did you mean \"spec\"?"},
    {"(pods + injected)[0].sepc == 1", "22: Pod has no field \"sepc\"; did you mean \"spec\"?"},
    {"pods.first().value().sepc == 1", "22: Pod has no field \"sepc\"; did you mean \"spec\"?"},
    {"pod.metadata.labels.anything == params.t", ""},
    {"pod.metadata.annotations[\"a/b\"] == params.t", ""},
    {"pod.spec.nodeSelector.zone == params.t && has(pod.spec.affinity.x.y)", ""},
    {"pod.spec.containers[0].resources.limits.cpu == params.t", ""},
    {"pod.spec.volumes[0].configMap.name == params.t", ""},
    {"configs.exists(c, c.data.mesh == params.t)", ""},
    {"mixed.exists(m, m.nosuch == 1) || globbed.exists(g, g.nosuch == 1)", ""},
    {"custom.exists(c, c.spec.whatever.x == 1 && c.metadata.other == 1)", ""},
    {"mesh.nosuch == 1 && json(params.t).a.b == 1", ""},
    {"series.exists(s, s.labels.pod == params.t)", ""},
    {"groups.exists(g, g.b == params.t && g.values.b[0] == params.t)", ""},
    {"proxies.exists(p, p.args.anyFlag == params.t)", ""},
    {"[pod, 1].exists(x, x.nosuch == 1)", ""},
    {"(true ? pod : params).nosuch == 1", ""},
    {"pod.metadata.map(k, k.nosuch)[0] == 1", ""},
    {"yaml(configs[0].data.mesh).x.y == params.l[0]", ""},
};

/* Diagnostics of the rule, as the table has them. */
static void
collect(const RuleSet *set, unsigned first_column, Buf *out)
{
    for (size_t i = 0; i < set->diagnostics.items.count; i++) {
        const Diagnostic *d = &set->diagnostics.items.items[i];
        if (d->line < WHEN_LINE)
            continue;
        if (out->n > 0)
            buf_adds(out, "\n");
        buf_printf(out, "%u: %s%s", d->column - first_column, d->is_warning ? "" : "error: ",
                   d->text);
    }
}

START_TEST(what_is_sure_is_told_and_nothing_else)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Str text = arena_strf(arena, "%s%s%s", BEFORE, EXPRESSIONS[_i].when, BEHIND);
    RuleSet *set = tool_load_sound(arena, text.p);
    Err err = {0};
    ck_assert_ok(rules_lint(set, &err), err);
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 16);
    collect(set, (unsigned)strlen("  when: '"), &out);
    ck_assert_msg(str_is(buf_str(&out), EXPRESSIONS[_i].told), "%s\nexpected '%s', got '" STR_FMT "'",
                  EXPRESSIONS[_i].when, EXPRESSIONS[_i].told, STR_ARG(buf_str(&out)));
}
END_TEST

/* Every place of a rule that holds an expression; told is a part of the one warning. */
#define RULE "language: 1\nrules:\n- id: AAA-101\n  title: t\n  severity: error\n"
#define EACH "  each: {p: {k8s: {kind: Pod}}}\n"
static const struct {
    const char *text;
    const char *told;
} PLACES[] = {
    {RULE "  each: {p: {k8s: {kind: Pod, where: it.spce == 1}}}\n  message: m\n",
     "r.yaml:6:41: warning: Pod has no field \"spce\"; did you mean \"spec\"?"},
    {RULE "  each: {l: {logs: {component: pilot, match: a, where: it.line > 1 && it.line / 2.0 > 1}}}\n"
          "  message: m\n",
     "r.yaml:6:79: warning: int / double is an error: write double(it.line)"},
    {RULE EACH "  with: {s: {related: {kind: Service, selects: p}}}\n  when: s.exists(x, x.sepc == 1)\n"
               "  message: m\n",
     "r.yaml:8:23: warning: Service has no field \"sepc\""},
    {RULE EACH "  with: {s: {cel: p.sepc}}\n  when: s == 1\n  message: m\n",
     "r.yaml:7:21: warning: Pod has no field \"sepc\""},
    {RULE "  let: {n: {k8s: {kind: Node}}}\n  if: n[0].sttaus == 1\n  when: 'true'\n  message: m\n",
     "r.yaml:7:12: warning: Node has no field \"sttaus\""},
    {RULE EACH "  cases:\n  - {when: p.sepc == 1, message: m}\n",
     "r.yaml:8:14: warning: Pod has no field \"sepc\""},
    {RULE EACH "  message: |\n    one\n    {{ p.metadata.nam }} two\n",
     "r.yaml:9:19: warning: ObjectMeta has no field \"nam\""},
    {RULE EACH "  key: p.metadata.nam\n  message: m\n",
     "r.yaml:7:19: warning: ObjectMeta has no field \"nam\""},
    {RULE EACH "  confidence: {default: high, low_if: p.sepc == 1}\n  message: m\n",
     "r.yaml:7:41: warning: Pod has no field \"sepc\""},
    {RULE EACH "  message: m\n  fix: [{text: 'a {{ p.sepc }}'}]\n",
     "r.yaml:8:24: warning: Pod has no field \"sepc\""},
    {RULE EACH "  message: m\n  fix: [{text: a, run: 'x {{ p.sepc }}'}]\n",
     "r.yaml:8:32: warning: Pod has no field \"sepc\""},
    {"language: 1\ndefs: {let: {a: {cel: 'b[0].sepc'}, b: {k8s: {kind: Pod}}}}\n"
     "rules:\n- {id: AAA-101, title: t, severity: error, when: a == 1, message: m}\n"
     "- {id: AAA-102, title: t, severity: error, when: a == 1, message: m}\n",
     "r.yaml:2:29: warning: Pod has no field \"sepc\""},
};

START_TEST(every_expression_is_looked_at_once)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    RuleSet *set = tool_load_sound(arena, PLACES[_i].text);
    Err err = {0};
    ck_assert_ok(rules_lint(set, &err), err);
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 16);
    tool_diagnostics(set, &out);
    ck_assert_msg(str_find(buf_str(&out), str_of(PLACES[_i].told), &(size_t){0}),
                  "expected '%s', got '" STR_FMT "'", PLACES[_i].told, STR_ARG(buf_str(&out)));
    ck_assert_uint_eq(set->diagnostics.warning_count, 1);
}
END_TEST

START_TEST(names_in_a_circle_end)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    RuleSet *set = tool_load(arena, RULE "  let: {a: {cel: 'b.x'}, b: {cel: 'a.x'}}\n"
                                         "  when: a.sepc == 1\n  message: m\n");
    Err err = {0};
    ck_assert_ok(rules_lint(set, &err), err);
    ck_assert_uint_eq(set->diagnostics.warning_count, 0);
    ck_assert_uint_gt(set->diagnostics.error_count, 0);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("lint");
    TCase *tcase = tcase_create("lint");
    tcase_add_loop_test(tcase, what_is_sure_is_told_and_nothing_else, 0,
                        sizeof EXPRESSIONS / sizeof *EXPRESSIONS);
    tcase_add_loop_test(tcase, every_expression_is_looked_at_once, 0,
                        sizeof PLACES / sizeof *PLACES);
    tcase_add_test(tcase, names_in_a_circle_end);
    suite_add_tcase(suite, tcase);
    return suite;
}
