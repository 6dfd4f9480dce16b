/* SPDX-License-Identifier: Apache-2.0 */
/* test_evaluate.c -- from evidence to verdicts: every verdict, and why. */
#include "analyzer/rule/schema.h"
#include "tests/unit/rule_tool.h"
#include "tests/unit/runner.h"

#include <string.h>

#define RULE "language: 1\nrules:\n- id: AAA-101\n  title: t\n  severity: error\n"
#define PODS                                                                                   \
    "k8s:\n- {kind: Pod, metadata: {namespace: b, name: y}, spec: {n: 2}}\n"                   \
    "- {kind: Pod, metadata: {namespace: a, name: x}, spec: {n: 1}}\n"
#define NO_PODS "k8s: {unknown: [Pod]}\n"

/* A rule, the bundle, and all that the rule says of it. */
static const struct {
    const char *law;
    const char *rule;
    const char *bundle;
    const char *verdicts;
} CASES[] = {
    {"true is a finding", RULE "  when: 1 < 2\n  message: 'n {{ 1 + 1 }}'\n", "{}\n",
     "AAA-101 finding error high: n 2\n"},
    {"false is ok", RULE "  when: 1 > 2\n  message: m\n", "{}\n", "AAA-101 ok\n"},
    {"unknown is not evaluated",
     RULE "  let: {p: {k8s: {kind: Pod}}}\n  when: size(p) == 0\n  message: m\n", NO_PODS,
     "AAA-101 not_evaluated: k8s:Pod: forbidden: pods were not collected (collect with: "
     "meshcase-collect, with the rights that its --preflight says are missing)\n"},
    {"an empty complete list is known",
     RULE "  let: {p: {k8s: {kind: Pod}}}\n  when: size(p) == 0\n  message: m\n", "k8s: []\n",
     "AAA-101 finding error high: m\n"},
    {"an error is an error, with its place",
     RULE "  when: \"{'a': 1}.b == 1\"\n  message: m\n", "{}\n",
     "AAA-101 error: r.yaml:6:"},
    {"a condition is a bool", RULE "  when: '1'\n  message: m\n", "{}\n",
     "AAA-101 error: r.yaml:6:10: the condition must be a bool, not int\n"},
    {"an error behind a name is told where it is",
     RULE "  let:\n    x: {cel: \"{'a': 1}.b\"}\n  when: x == 1\n  message: m\n", "{}\n",
     "AAA-101 error: r.yaml:7:"},
    {"if false is not applicable", RULE "  if: 1 > 2\n  when: 'true'\n  message: m\n", "{}\n",
     "AAA-101 not_applicable: the precondition does not hold: 1 > 2\n"},
    {"if unknown is not evaluated",
     RULE "  let: {p: {k8s: {kind: Pod}}}\n  if: p != []\n  when: 'true'\n  message: m\n", NO_PODS,
     "AAA-101 not_evaluated: k8s:Pod"},
    {"an unused unknown harms nothing",
     RULE "  let: {p: {k8s: {kind: Pod}}}\n  when: 1 < 2 || size(p) > 0\n  message: m\n", NO_PODS,
     "AAA-101 finding error high: m\n"},
    {"false absorbs unknown",
     RULE "  let: {p: {k8s: {kind: Pod}}}\n  when: size(p) > 0 && 1 > 2\n  message: m\n", NO_PODS,
     "AAA-101 ok\n"},
    {"each alone finds every element",
     RULE "  each: {p: {k8s: {kind: Pod}}}\n  message: '{{ p.spec.n }}'\n", PODS,
     "AAA-101 finding a/x error high: 1\nAAA-101 finding b/y error high: 2\n"},
    {"each has a verdict for each element",
     RULE "  each: {p: {k8s: {kind: Pod}}}\n  when: p.spec.n > 1\n  message: m\n", PODS,
     "AAA-101 ok a/x\nAAA-101 finding b/y error high: m\n"},
    {"each over nothing is ok", RULE "  each: {p: {k8s: {kind: Pod}}}\n  message: m\n",
     "k8s: []\n", "AAA-101 ok\n"},
    {"each over the unknown is not evaluated once",
     RULE "  each: {p: {k8s: {kind: Pod}}}\n  message: m\n", NO_PODS,
     "AAA-101 not_evaluated: k8s:Pod"},
    {"an error of one element leaves the others",
     RULE "  each: {p: {k8s: {kind: Pod}}}\n  when: p.spec.n / (p.spec.n - 1) == 2\n  message: m\n",
     PODS, "AAA-101 error a/x: r.yaml:7:"},
    {"each needs a list", RULE "  each: {p: {cel: '1'}}\n  message: m\n", "{}\n",
     "AAA-101 error: r.yaml:"},
    {"key names the subject",
     RULE "  each: {p: {cel: '[3, 4]'}}\n  key: \"'k' + string(p)\"\n  message: '{{ p }}'\n",
     "{}\n", "AAA-101 finding k3 error high: 3\nAAA-101 finding k4 error high: 4\n"},
    {"the index names what has no name",
     RULE "  each: {p: {cel: '[3, 4]'}}\n  message: '{{ p }}'\n", "{}\n",
     "AAA-101 finding 0 error high: 3\nAAA-101 finding 1 error high: 4\n"},
    {"the first true case wins",
     RULE "  cases:\n  - {when: 1 > 2, message: a}\n  - {when: 'true', severity: info, "
          "confidence: medium, message: b}\n  - {when: 'true', message: c}\n",
     "{}\n", "AAA-101 finding info medium: b\n"},
    {"no true case is ok", RULE "  cases:\n  - {when: 1 > 2, message: a}\n", "{}\n",
     "AAA-101 ok\n"},
    {"a case behind an unknown one is undecided",
     RULE "  let: {p: {k8s: {kind: Pod}}}\n  cases:\n  - {when: size(p) == 0, message: a}\n"
          "  - {when: 'true', severity: warning, confidence: high, message: b}\n",
     NO_PODS, "AAA-101 finding warning low: b [undecided: k8s:Pod: forbidden"},
    {"unknown cases alone are not evaluated",
     RULE "  let: {p: {k8s: {kind: Pod}}}\n  cases:\n  - {when: size(p) == 0, message: a}\n"
          "  - {when: 1 > 2, message: b}\n",
     NO_PODS, "AAA-101 not_evaluated: k8s:Pod"},
    {"an error in a case must be seen",
     RULE "  cases:\n  - {when: 1 / 0 == 1, message: a}\n  - {when: 'true', message: b}\n", "{}\n",
     "AAA-101 error: r.yaml:7:"},
    {"a message never loses its finding",
     RULE "  let: {p: {k8s: {kind: Pod}}}\n  when: 'true'\n  message: '{{ size(p) }} {{ 1/0 }}'\n",
     NO_PODS, "AAA-101 finding error high: (unknown) (unknown)\n"},
    {"confidence goes down with the evidence",
     RULE "  confidence: {default: medium, low_if: 1 < 2}\n  when: 'true'\n  message: m\n", "{}\n",
     "AAA-101 finding error low: m\n"},
    {"confidence goes up with the evidence",
     RULE "  confidence: {default: medium, high_if: 1 < 2}\n  when: 'true'\n  message: m\n", "{}\n",
     "AAA-101 finding error high: m\n"},
    {"what cannot be told is no ground for confidence",
     RULE "  let: {p: {k8s: {kind: Pod}}}\n  confidence: {default: high, low_if: size(p) == 0}\n"
          "  when: 'true'\n  message: m\n",
     NO_PODS, "AAA-101 finding error low: m\n"},
    {"a scrape that failed is a hole, whatever the pods",
     RULE "  let: {n: {metric: {component: mixer, query: sum(up), empty: 0}}}\n"
          "  when: n == 0\n  message: m\n",
     "k8s: []\nmetrics: {mixer: null}\n",
     "AAA-101 not_evaluated: metric:mixer: unreachable: metrics of mixer were not collected"},
    {"a component that is not there was scraped whole",
     RULE "  let: {n: {metric: {component: mixer, query: sum(up), empty: 0}}}\n"
          "  when: n == 0\n  message: m\n",
     "k8s: []\nmetrics: {}\n", "AAA-101 finding error high: m\n"},
    {"one of two targets is not enough for a sum",
     RULE "  let: {n: {metric: {component: mixer, query: sum(up), empty: 0}}}\n"
          "  when: n > 0\n  message: m\n",
     "k8s: []\nmetrics: {mixer/istio-system/a:9093: 'up 1', mixer/istio-system/b:9093: null}\n",
     "AAA-101 not_evaluated: metric:mixer: unreachable: metrics of mixer were not collected"},
    {"a version in the range applies",
     RULE "  applies: {istio: '>=0.5 <0.8'}\n  when: 'true'\n  message: m\n",
     "versions: {istio: 0.7.1}\n", "AAA-101 finding error high: m\n"},
    {"a version outside does not",
     RULE "  applies: {istio: '<0.8'}\n  when: 'true'\n  message: m\n",
     "versions: {istio: 0.8.0}\n",
     "AAA-101 not_applicable: Istio is 0.8.0, and the rule is about <0.8\n"},
    {"a number is a version as it is written",
     RULE "  applies: {kubernetes: '>=1.9'}\n  when: 'true'\n  message: m\n",
     "versions: {kubernetes: 1.10}\n", "AAA-101 finding error high: m\n"},
    {"an unknown version is not evaluated",
     RULE "  applies: {istio: '<0.8'}\n  when: 'true'\n  message: m\n", "versions: {istio: null}\n",
     "AAA-101 not_evaluated: the version of Istio is unknown: "},
    {"one version outside decides, whatever the other",
     RULE "  applies: {istio: '<0.8', kubernetes: '<1.9'}\n  when: 'true'\n  message: m\n",
     "versions: {istio: null, kubernetes: v1.9.6}\n",
     "AAA-101 not_applicable: Kubernetes is v1.9.6"},
    {"with sees the element and other names",
     RULE "  let: {one: {cel: '1'}}\n  each: {p: {k8s: {kind: Pod}}}\n  with:\n"
          "    n: {cel: p.spec.n + one}\n    m: {cel: n * 10}\n  when: m == 30\n"
          "  message: '{{ m }}'\n",
     PODS, "AAA-101 ok a/x\nAAA-101 finding b/y error high: 30\n"},
    {"defs serve every rule",
     "language: 1\ndefs: {let: {p: {k8s: {kind: Pod}}}}\nrules:\n"
     "- {id: AAA-101, title: t, severity: error, when: size(p) == 2, message: a}\n"
     "- {id: AAA-102, title: t, severity: info, when: size(p) == 1, message: b}\n",
     PODS, "AAA-101 finding error high: a\nAAA-102 ok\n"},
};

START_TEST(a_rule_says_what_it_must)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    RuleSet *set = tool_load_sound(arena, CASES[_i].rule);
    Evaluation evaluation;
    tool_evaluate(set, CASES[_i].bundle, arena, &evaluation);
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
    tool_verdicts(set, &evaluation.verdicts, &out);
    Str want = str_of(CASES[_i].verdicts);
    /* What does not end in a newline is only the beginning. */
    bool is_whole = str_ends(want, STR("\n"));
    ck_assert_msg(is_whole ? str_eq(buf_str(&out), want) : str_starts(buf_str(&out), want),
                  "%s:\nexpected %s\ngot      %s", CASES[_i].law, CASES[_i].verdicts,
                  out.n > 0 ? out.data : "");
}
END_TEST

START_TEST(the_same_evidence_gives_the_same_verdicts)
{
    static const char TEXT[] = RULE "  each: {p: {k8s: {kind: Pod}}}\n  message: '{{ p }}'\n";
    CLEANUP(buf_done) Buf first = BUF_INIT(1 << 20);
    for (int round = 0; round < 3; round++) {
        CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
        RuleSet *set = tool_load_sound(arena, TEXT);
        Evaluation evaluation;
        tool_evaluate(set, PODS, arena, &evaluation);
        CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
        tool_verdicts(set, &evaluation.verdicts, &out);
        for (size_t i = 0; i < evaluation.verdicts.count; i++) {
            char hex[DIGEST_HEX_BYTES];
            digest_hex(&evaluation.verdicts.items[i].fingerprint, hex);
            buf_printf(&out, "%s\n", hex);
        }
        if (round == 0)
            buf_add_str(&first, buf_str(&out));
        ck_assert(str_eq(buf_str(&first), buf_str(&out)));
    }
}
END_TEST

START_TEST(equal_subjects_have_fingerprints_of_their_own)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    RuleSet *set = tool_load_sound(
        arena, RULE "  each: {p: {k8s: {kind: Pod}}}\n  key: \"'same'\"\n  message: '{{ p.spec.n }}'\n");
    Evaluation evaluation;
    tool_evaluate(set, PODS, arena, &evaluation);
    ck_assert_uint_eq(evaluation.verdicts.count, 2);
    const Verdict *verdicts = evaluation.verdicts.items;
    ck_assert(!digest_eq(&verdicts[0].fingerprint, &verdicts[1].fingerprint));
    Digest want;
    Err err = {0};
    Str first = {"AAA-101\0same\0" "0", 15};
    ck_assert_ok(digest_of((Str){first.p, 15}, &want, &err), err);
    ck_assert(digest_eq(&verdicts[0].fingerprint, &want));
}
END_TEST

START_TEST(a_finding_cites_what_decided_it)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    RuleSet *set = tool_load_sound(
        arena, RULE "  each: {p: {k8s: {kind: Pod}}}\n  when: p.spec.n > 1\n  message: m\n");
    Evaluation evaluation;
    tool_evaluate(set, PODS, arena, &evaluation);
    const VerdictDetail *detail = evaluation.verdicts.items[1].detail;
    ck_assert_uint_ge(detail->evidence_count, 1);
    ck_assert_str_view(detail->evidence[0].member, "kubernetes/core/pods.json");
    ck_assert_uint_eq(detail->evidence[0].line, 2);
    ck_assert_str_view(detail->evidence[0].pointer, "/items/0/spec/n");
}
END_TEST

START_TEST(citations_are_limited)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(buf_done) Buf bundle = BUF_INIT(1 << 20);
    buf_adds(&bundle, "k8s:\n");
    for (int i = 0; i < 50; i++)
        buf_printf(&bundle, "- {kind: Pod, metadata: {namespace: a, name: p%d}, spec: {n: 1}}\n", i);
    RuleSet *set = tool_load_sound(
        arena, RULE "  let: {p: {k8s: {kind: Pod}}}\n  when: size(p.filter(x, x.spec.n == 1)) == 50\n  message: m\n");
    Evaluation evaluation;
    tool_evaluate(set, bundle.data, arena, &evaluation);
    const VerdictDetail *detail = evaluation.verdicts.items[0].detail;
    ck_assert_uint_ge(detail->evidence_count, 3);
    ck_assert_uint_le(detail->evidence_count, 10);
}
END_TEST

START_TEST(endless_work_is_an_error_and_the_next_rule_goes_on)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    RuleSet *set = tool_load_sound(
        arena, "language: 1\nrules:\n- id: AAA-101\n  title: t\n  severity: error\n"
               "  let: {l: {cel: '[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]'}}\n"
               "  when: l.all(a, l.all(b, l.all(c, l.all(d, l.all(e, l.all(f, f > 0))))))\n"
               "  message: m\n"
               "- {id: AAA-102, title: t, severity: info, when: 'true', message: m}\n");
    Evaluation evaluation;
    tool_evaluate(set, "{}\n", arena, &evaluation);
    ck_assert_uint_eq(evaluation.verdicts.items[0].kind, VERDICT_ERROR);
    ck_assert_uint_eq(evaluation.verdicts.items[1].kind, VERDICT_FINDING);
}
END_TEST

START_TEST(values_in_commands_are_quoted)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    RuleSet *set = tool_load_sound(
        arena, RULE "  when: 'true'\n  message: m\n  fix:\n"
                    "  - {text: 'see {{ 1 }}', run: \"a {{ 'b/c-d_1.x' }} {{ '-rf' }} {{ '' }} "
                    "{{ \\\"it's $(x)\\\" }}\"}\n");
    Evaluation evaluation;
    tool_evaluate(set, "{}\n", arena, &evaluation);
    const VerdictDetail *detail = evaluation.verdicts.items[0].detail;
    ck_assert_uint_eq(detail->fix_count, 1);
    ck_assert_str_view(detail->fixes[0].text, "see 1");
    ck_assert_str_view(detail->fixes[0].run, "a b/c-d_1.x '-rf' '' 'it'\\''s $(x)'");
}
END_TEST

/* ---- folding ---- */

#define TWO_RULES                                                                            \
    "language: 1\nrules:\n"                                                                  \
    "- {id: AAA-101, title: cause, severity: warning, each: {p: {k8s: {kind: Pod}}}, "       \
    "message: m, explains: [AAA-102]}\n"                                                     \
    "- {id: AAA-102, title: effect, severity: error, each: {p: {k8s: {kind: Pod}}}, "        \
    "message: m}\n"

START_TEST(a_finding_is_explained_within_its_namespace)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    RuleSet *set = tool_load_sound(arena, TWO_RULES);
    Evaluation evaluation;
    tool_evaluate(set, PODS, arena, &evaluation);
    Err err = {0};
    ck_assert_ok(verdicts_fold(set, &evaluation.verdicts, arena, &err), err);
    const Verdict *verdicts = evaluation.verdicts.items;
    ck_assert_uint_eq(evaluation.verdicts.count, 4);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_uint_eq(verdicts[i].detail->explained_by_count, 0);
        ck_assert_uint_eq(verdicts[i + 2].detail->explained_by_count, 1);
        ck_assert(digest_eq(&verdicts[i + 2].detail->explained_by[0], &verdicts[i].fingerprint));
        ck_assert_uint_eq(verdicts[i + 2].kind, VERDICT_FINDING);
    }
}
END_TEST

START_TEST(the_most_severe_cause_owns_then_the_lower_id)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    RuleSet *set = tool_load_sound(
        arena, "language: 1\nrules:\n"
               "- {id: AAA-101, title: t, severity: info, when: 'true', message: m, explains: [AAA-109]}\n"
               "- {id: AAA-102, title: t, severity: error, when: 'true', message: m, explains: [AAA-109]}\n"
               "- {id: AAA-103, title: t, severity: error, when: 'true', message: m, explains: [AAA-109]}\n"
               "- {id: AAA-104, title: t, severity: critical, when: 1 > 2, message: m, explains: [AAA-109]}\n"
               "- {id: AAA-109, title: t, severity: info, when: 'true', message: m}\n");
    Evaluation evaluation;
    tool_evaluate(set, "{}\n", arena, &evaluation);
    Err err = {0};
    ck_assert_ok(verdicts_fold(set, &evaluation.verdicts, arena, &err), err);
    const Verdict *verdicts = evaluation.verdicts.items;
    const VerdictDetail *detail = verdicts[4].detail;
    ck_assert_uint_eq(detail->explained_by_count, 3);
    ck_assert(digest_eq(&detail->explained_by[0], &verdicts[1].fingerprint));
    ck_assert(digest_eq(&detail->explained_by[1], &verdicts[2].fingerprint));
    ck_assert(digest_eq(&detail->explained_by[2], &verdicts[0].fingerprint));
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("evaluate");
    TCase *tcase = tcase_create("evaluate");
    tcase_add_loop_test(tcase, a_rule_says_what_it_must, 0, sizeof CASES / sizeof *CASES);
    tcase_add_test(tcase, the_same_evidence_gives_the_same_verdicts);
    tcase_add_test(tcase, equal_subjects_have_fingerprints_of_their_own);
    tcase_add_test(tcase, a_finding_cites_what_decided_it);
    tcase_add_test(tcase, citations_are_limited);
    tcase_add_test(tcase, endless_work_is_an_error_and_the_next_rule_goes_on);
    tcase_add_test(tcase, values_in_commands_are_quoted);
    tcase_add_test(tcase, a_finding_is_explained_within_its_namespace);
    tcase_add_test(tcase, the_most_severe_cause_owns_then_the_lower_id);
    suite_add_tcase(suite, tcase);
    return suite;
}
