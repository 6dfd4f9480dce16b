/* SPDX-License-Identifier: Apache-2.0 */
/* test_lanes.c -- rules on several threads say what they say on one. */
#include "analyzer/rule/schema.h"
#include "base/limits.h"
#include "tests/unit/rule_tool.h"
#include "tests/unit/runner.h"

#include <stdatomic.h>
#include <stdio.h>

#define HEAD "language: 1\n"
#define RULE(id) "- id: " id "\n  title: t\n  severity: error\n"

/* Files that ask for the same evidence in every way, and one whose rules get to their limit by what
 * a shared name costs the first of them. */
static const char *const FILES[] = {
    HEAD "defs: {let: {pods: {k8s: {kind: Pod}}, many: {cel: 'lists.range(3000)'}}}\nrules:\n"
    RULE("AAA-101") "  each: {p: {cel: pods}}\n  with: {s: {related: {kind: Service, selects: p}}}\n"
    "  when: size(s) > 0\n  message: '{{ s[0].metadata.name }} {{ size(many) }}'\n"
    RULE("AAA-102") "  each: {i: {cel: many}}\n  key: string(i % 7)\n  when: i % 3 != 0\n  message: '{{ i }}'\n",
    HEAD "defs: {let: {dear: {cel: 'lists.range(400).all(i, lists.range(400).all(k, k >= 0))'}}}\nrules:\n"
    RULE("BBB-101") "  each: {i: {cel: 'lists.range(40)'}}\n"
    "  when: lists.range(900).all(a, lists.range(200 + i).all(b, a >= 0)) && dear\n  message: '{{ i }}'\n"
    RULE("BBB-102") "  when: dear\n  message: m\n",
    HEAD "rules:\n" RULE("CCC-101") "  let: {facts: {fact: injected_pods}, ns: {fact: istio.namespace}}\n"
    "  when: size(facts) >= 0\n  message: '{{ ns }}'\n",
    HEAD "rules:\n" RULE("CCC-102") "  each: {e: {logs: {match: '(?P<what>bad|worse)', group_by: [pod, what]}}}\n"
    "  message: '{{ e.pod }} {{ e.count }} {{ e.at_least }}'\n",
    HEAD "rules:\n" RULE("CCC-103") "  each: {e: {logs: {match: '(?P<what>bad)', group_by: [pod]}}}\n"
    "  message: '{{ e.pod }} {{ e.count }}'\n",
    HEAD "rules:\n" RULE("DDD-101") "  each: {p: {k8s: {kind: Pod, where: it.spec.n > 1}}}\n  message: '{{ p.metadata.name }}'\n",
    HEAD "rules:\n" RULE("DDD-102") "  each: {p: {k8s: {kind: [Pod, Service]}}}\n  message: '{{ p.metadata.name }}'\n",
    /* whatever is parsed or indexed when first asked for, asked for twice */
    HEAD "rules:\n" RULE("EEE-101") "  let: {d: {document: {path: http/prometheus/m/p-1/targets.json, format: json}}, c: {captures: {}}}\n"
    "  when: size(d) > 0\n  message: '{{ d }} {{ size(c) }}'\n",
    HEAD "rules:\n" RULE("EEE-102") "  let: {d: {document: {path: http/prometheus/m/p-1/targets.json, format: json}}, p: {prometheus: targets}}\n"
    "  when: size(d) > 0\n  message: '{{ d }} {{ p }}'\n",
    HEAD "rules:\n" RULE("EEE-103") "  let: {p: {prometheus: targets}, q: {prometheus: config}}\n"
    "  when: size(p) >= 0\n  message: '{{ p }} {{ q }}'\n",
    HEAD "rules:\n" RULE("EEE-104") "  let: {c: {clocks: {}}, l: {limits: {labels: {app: x}}}}\n"
    "  when: size(c) >= 0 || size(l) >= 0\n  message: '{{ c }} {{ l }}'\n",
    HEAD "rules:\n" RULE("EEE-105") "  let: {c: {clocks: {}}, l: {limits: {}}}\n"
    "  when: size(c) >= 0 || size(l) >= 0\n  message: '{{ c }} {{ l }}'\n",
    HEAD "rules:\n" RULE("EEE-106") "  let: {m: {metric: {component: mixer, query: 'count by (pod) ({__name__=~\".+\"})'}}}\n"
    "  when: size(m) >= 0\n  message: '{{ m }}'\n",
    HEAD "rules:\n" RULE("EEE-107") "  let: {m: {metric: {component: mixer, query: up}}, o: {fact: proxies}}\n"
    "  when: size(m) >= 0 && size(o) >= 0\n  message: '{{ m }} {{ o }}'\n",
    HEAD "rules:\n" RULE("DDD-103") "  let: {n: {k8s: {kind: Node}}}\n  when: size(n) == 0\n  message: m\n",
};

static const char BUNDLE[] =
    "k8s:\n"
    "- {kind: Pod, metadata: {namespace: b, name: y, labels: {app: y}}, spec: {n: 2, containers: [{name: c}]}}\n"
    "- {kind: Pod, metadata: {namespace: a, name: x, labels: {app: x}}, spec: {n: 1, containers: [{name: c}, {name: istio-proxy}]}}\n"
    "- {kind: Service, metadata: {namespace: a, name: s}, spec: {selector: {app: x}}}\n"
    "logs:\n"
    "  b/y/c: \"it is bad\\nit is worse\\nbad\\n\"\n"
    "  a/x/c: \"bad\\n\"\n"
    "metrics:\n"
    "  mixer/istio-system/m-1:9093: \"up 1\\ncalls 2\\n\"\n"
    "documents:\n"
    "  http/prometheus/m/p-1/config.json: '{\"status\":\"success\",\"data\":{\"yaml\":\"scrape_configs: []\\n\"}}'\n"
    "  http/prometheus/m/p-1/targets.json: '{\"status\":\"success\",\"data\":{\"activeTargets\":[]}}'\n"
    "clocks:\n"
    "- {subject: n1, kind: node, node: n1, offset_s: 0.4, error_s: 0.5, method: pods}\n";

static void
load_all(RuleSet *set, const char *const *texts, size_t count)
{
    Err err = {0};
    for (size_t i = 0; i < count; i++) {
        char name[24];
        (void)snprintf(name, sizeof name, "%zu.yaml", i);
        ck_assert_ok(rules_load_text(set, NULL, name, str_of(texts[i]), &err), err);
    }
    ck_assert_ok(rules_finish(set, &err), err);
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
    tool_diagnostics(set, &out);
    ck_assert_msg(set->diagnostics.error_count == 0, "%s", out.n > 0 ? out.data : "");
}

static void
evaluate(const char *const *texts, size_t count, const EvaluateOptions *options, Buf *out)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    RuleSet *set = rules_new(arena);
    Evaluation evaluation;
    ck_assert_ptr_nonnull(set);
    load_all(set, texts, count);
    tool_evaluate_with(set, BUNDLE, options, arena, &evaluation);
    tool_verdicts(set, &evaluation.verdicts, out);
    for (size_t i = 0; i < evaluation.verdicts.count; i++) {
        char hex[DIGEST_HEX_BYTES];
        digest_hex(&evaluation.verdicts.items[i].fingerprint, hex);
        buf_printf(out, "%s %zu\n", hex, evaluation.verdicts.items[i].detail->evidence_count);
    }
    for (size_t i = 0; i < evaluation.coverage.count; i++)
        buf_printf(out, STR_FMT ": " STR_FMT "\n", STR_ARG(evaluation.coverage.items[i].evidence),
                   STR_ARG(evaluation.coverage.items[i].reason));
}

static bool
has(const Buf *out, const char *text)
{
    size_t at;
    return str_find(buf_str(out), str_of(text), &at);
}

enum { FILE_COUNT = sizeof FILES / sizeof *FILES };

START_TEST(any_number_of_lanes_gives_the_same)
{
    CLEANUP(buf_done) Buf one = BUF_INIT(4 << 20);
    evaluate(FILES, FILE_COUNT, NULL, &one);
    ck_assert(has(&one, "AAA-101 finding a/x error high: s 3000\n"));
    ck_assert(has(&one, "CCC-102 finding b/y/c error high: y 2 "));
    ck_assert(has(&one, "more than 10000000 steps"));
    ck_assert(has(&one, "BBB-102 finding error high: m\n"));
    for (unsigned lanes = 2; lanes <= 40; lanes += lanes < 4 ? 1 : 9) {
        CLEANUP(buf_done) Buf many = BUF_INIT(4 << 20);
        evaluate(FILES, FILE_COUNT, &(EvaluateOptions){.lanes = lanes}, &many);
        ck_assert_msg(str_eq(buf_str(&one), buf_str(&many)), "%u lanes differ", lanes);
    }
}
END_TEST

#define FINDS(id, n, when)                                                                  \
    HEAD "rules:\n" RULE(id) "  each: {i: {cel: 'lists.range(" n ")'}}\n  key: \"'s'\"\n"     \
    "  when: " when "\n  message: '{{ i }}'\n"

/* Findings beyond what a report holds go in the order in which one thread would have met them. */
START_TEST(limits_are_of_all_rules_together)
{
    static const char *const TEXTS[] = {FINDS("AAA-101", "6000", "i % 2 == 1"),
                                        FINDS("BBB-101", "9000", "i % 8 != 1"),
                                        FINDS("CCC-101", "10", "true")};
    CLEANUP(buf_done) Buf one = BUF_INIT(16 << 20);
    evaluate(TEXTS, 3, &(EvaluateOptions){.lanes = 1}, &one);
    ck_assert(has(&one, "findings: 885 findings more than the 10000 that"));
    ck_assert(has(&one, "BBB-101 finding s error high: 7999\n"));
    ck_assert(!has(&one, "BBB-101 finding s error high: 8000\n"));
    ck_assert(has(&one, "BBB-101 ok s\n"));
    ck_assert(!has(&one, "CCC-101 "));
    CLEANUP(buf_done) Buf many = BUF_INIT(16 << 20);
    evaluate(TEXTS, 3, &(EvaluateOptions){.lanes = 3}, &many);
    ck_assert(str_eq(buf_str(&one), buf_str(&many)));
}
END_TEST

typedef struct {
    atomic_uint begun;
    atomic_uint ended;
    atomic_uint lanes;          /* one bit each */
} Watched;

static void
begins(void *context, unsigned lane, const Rule *rule)
{
    Watched *watched = context;
    (void)rule;
    atomic_fetch_add(&watched->begun, 1);
    atomic_fetch_or(&watched->lanes, 1U << lane);
}

static void
ends(void *context, unsigned lane)
{
    Watched *watched = context;
    (void)lane;
    atomic_fetch_add(&watched->ended, 1);
}

START_TEST(lanes_tell_what_they_do)
{
    Watched watched = {0};
    CLEANUP(buf_done) Buf out = BUF_INIT(4 << 20);
    EvaluateOptions options = {.lanes = 3, .begins = begins, .ends = ends, .context = &watched};
    evaluate(FILES, FILE_COUNT, &options, &out);
    ck_assert_uint_eq(watched.begun, FILE_COUNT + 2);
    ck_assert_uint_ge(watched.ended, 1);
    ck_assert_uint_le(watched.ended, 3);
    ck_assert_uint_lt(watched.lanes, 1U << 3);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("lanes");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 60);
    tcase_add_test(all, any_number_of_lanes_gives_the_same);
    tcase_add_test(all, limits_are_of_all_rules_together);
    tcase_add_test(all, lanes_tell_what_they_do);
    suite_add_tcase(suite, all);
    return suite;
}
