/* SPDX-License-Identifier: Apache-2.0 */
/* test_metric_targets.c -- scraped samples, and the targets that should have been scraped. */
#include "analyzer/model/metrics.h"
#include "tests/unit/model_fixture.h"
#include "tests/unit/runner.h"

#include <string.h>

#define PODS "kubernetes/core/pods.json"
#define MIXER(name, type)                                                                     \
    "{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"istio-system\",\"labels\":"         \
    "{\"istio\":\"mixer\",\"istio-mixer-type\":\"" type "\"}},\"spec\":{\"containers\":"      \
    "[{\"name\":\"mixer\"}]}}"
#define TWO_MIXERS "[" MIXER("policy", "policy") "," MIXER("telemetry", "telemetry") "]"
#define POLICY "metrics/mixer/istio-system/policy.9093.1.prom"
#define TELEMETRY "metrics/mixer/istio-system/telemetry.9093.1.prom"

typedef struct {
    const char *name;
    const char *pods;           /* NULL: unknown */
    const char *samples[3];
    const char *text;           /* of the first sample; NULL: "a 1\n" */
    bool cut;
    const char *cover;          /* complete capture of that glob */
    const char *failed;         /* failed capture of that glob */
    CaptureClass class;         /* of the failed one; 0: a timeout */
    const char *labels;
    size_t count;
    EvidenceState state;
    const char *reason;
    const char *hole;           /* pod of the first hole; "" for any */
} TargetCase;

static const TargetCase CASES[] = {
    {.name = "all scraped", .pods = TWO_MIXERS, .samples = {POLICY, TELEMETRY}, .count = 2},
    {.name = "one of two", .pods = TWO_MIXERS, .samples = {POLICY}, .count = 1,
     .state = EVIDENCE_INCOMPLETE, .reason = "not collected", .hole = "telemetry"},
    {.name = "one of two, with the reason", .pods = TWO_MIXERS, .samples = {POLICY},
     .failed = TELEMETRY, .count = 1, .state = EVIDENCE_INCOMPLETE, .reason = "timeout: why",
     .hole = "telemetry"},
    {.name = "one of two, the other has no such page", .pods = TWO_MIXERS, .samples = {POLICY},
     .failed = TELEMETRY, .class = CAPTURE_CLASS_NOT_FOUND, .count = 1,
     .state = EVIDENCE_INCOMPLETE, .reason = "not-found: why", .hole = "telemetry"},
    {.name = "none of two", .pods = TWO_MIXERS, .state = EVIDENCE_UNKNOWN,
     .reason = "not collected", .hole = "policy"},
    {.name = "none exists", .pods = "[]", .count = 0},
    {.name = "pods unknown", .samples = {POLICY}, .count = 1, .state = EVIDENCE_INCOMPLETE,
     .reason = "not collected: kubernetes/core/pods.json", .hole = ""},
    {.name = "pods unknown and nothing scraped", .state = EVIDENCE_UNKNOWN,
     .reason = "not collected: kubernetes/core/pods.json", .hole = ""},
    {.name = "pods unknown, all asked", .samples = {POLICY}, .cover = "metrics/mixer/**",
     .count = 1},
    {.name = "other ports and components", .pods = "[]",
     .samples = {"metrics/pilot/istio-system/x.9093.1.prom",
                 "metrics/mixer/istio-system/x.1234.1.prom"}, .count = 0},
    {.name = "cut", .pods = "[" MIXER("policy", "policy") "]", .samples = {POLICY}, .cut = true,
     .count = 1, .state = EVIDENCE_INCOMPLETE, .reason = "truncated", .hole = "policy"},
    {.name = "cut inside a line", .pods = "[" MIXER("policy", "policy") "]", .samples = {POLICY},
     .text = "a 1\nb", .count = 1, .state = EVIDENCE_INCOMPLETE, .hole = "policy"},
    {.name = "no metrics", .pods = "[" MIXER("policy", "policy") "]", .samples = {POLICY},
     .text = "<html>\n", .count = 1, .state = EVIDENCE_INCOMPLETE, .reason = "is no metric",
     .hole = "policy"},
    {.name = "three lines that are no metrics", .pods = "[" MIXER("policy", "policy") "]",
     .samples = {POLICY}, .text = "a 1\n{\nb 1\n}\nc 1\nd d\n", .count = 1,
     .state = EVIDENCE_INCOMPLETE, .reason = ", and 2 more: lines 4, 6", .hole = "policy"},
    {.name = "an empty page", .pods = "[" MIXER("policy", "policy") "]", .samples = {POLICY},
     .text = "", .count = 1},
    {.name = "the second sample is whole", .pods = "[" MIXER("policy", "policy") "]",
     .samples = {POLICY, "metrics/mixer/istio-system/policy.9093.2.prom"}, .text = "a",
     .count = 1},
    {.name = "by label", .pods = TWO_MIXERS, .samples = {POLICY, TELEMETRY},
     .labels = "istio-mixer-type=telemetry", .count = 1},
    {.name = "by label, not scraped", .pods = TWO_MIXERS, .samples = {POLICY},
     .labels = "istio-mixer-type=telemetry", .state = EVIDENCE_UNKNOWN, .hole = "telemetry"},
    {.name = "by label, labels unknown", .samples = {POLICY}, .cover = "metrics/**",
     .labels = "a=b", .state = EVIDENCE_UNKNOWN, .reason = "labels of pod", .hole = "policy"},
    {.name = "a pod that has ended",
     .pods = "[{\"metadata\":{\"name\":\"m\",\"namespace\":\"istio-system\",\"labels\":"
             "{\"istio\":\"mixer\"}},\"spec\":{\"containers\":[{\"name\":\"mixer\"}]},"
             "\"status\":{\"phase\":\"Succeeded\"}}]", .count = 0},
};

static MetricTargets
targets_of(Fixture *f, const TargetCase *c)
{
    Selector selector = {NULL, 0};
    if (c->labels)
        ck_assert_ok(selector_parse(f->arena, str_of(c->labels), &selector, &f->err), f->err);
    Str component = STR("mixer");
    MetricSelection selection = {.components = &component, .component_count = 1,
                                 .labels = c->labels ? &selector : NULL};
    MetricTargets targets;
    ck_assert_ok(model_metric_targets(f->model, &selection, &targets, &f->err), f->err);
    return targets;
}

START_TEST(targets_that_exist_must_have_been_scraped)
{
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        const TargetCase *c = &CASES[i];
        CLEANUP(fixture_done) Fixture f = fixture_new();
        ck_assert_ptr_nonnull(memory_feed_manifest(f.memory));
        if (c->pods) {
            fixture_member(&f, PODS, c->pods);
            fixture_capture(&f, "k8s-list", PODS, CAPTURE_COMPLETE, CAPTURE_CLASS_NONE);
        }
        for (size_t k = 0; k < 3 && c->samples[k]; k++)
            fixture_member_cut(&f, c->samples[k], k == 0 && c->text ? c->text : "a 1\n",
                               k == 0 && c->cut);
        if (c->cover)
            fixture_capture(&f, "metrics", c->cover, CAPTURE_COMPLETE, CAPTURE_CLASS_NONE);
        if (c->failed)
            fixture_capture(&f, "metrics", c->failed, CAPTURE_FAILED,
                            c->class ? c->class : CAPTURE_CLASS_TIMEOUT);
        ck_assert_ok(demand_metrics(f.demand, STR("mixer"), &f.err), f.err);
        fixture_load(&f);
        MetricTargets targets = targets_of(&f, c);
        const char *gaps = fixture_gaps(&f, targets.gap);
        ck_assert_msg(targets.count == c->count, "%s: %zu", c->name, targets.count);
        ck_assert_msg(targets.state == c->state, "%s: %d %s", c->name, targets.state, gaps);
        ck_assert_int_eq(targets.gap == NULL, c->state == EVIDENCE_COMPLETE);
        ck_assert_int_eq(targets.hole_count == 0, c->state == EVIDENCE_COMPLETE);
        if (c->reason)
            ck_assert_msg(strstr(gaps, c->reason) != NULL, "%s: %s", c->name, gaps);
        if (c->hole)
            ck_assert_str_view(targets.holes[0].pod, c->hole);
    }
}
END_TEST

START_TEST(samples_are_in_order_with_their_time)
{
    CLEANUP(fixture_done) Fixture f = fixture_new();
    static const char SECOND[] = "metrics/mixer/istio-system/policy.9093.2.prom";
    fixture_member(&f, SECOND, "a 2\n");
    fixture_member(&f, POLICY, "a 1\n");
    fixture_capture(&f, "metrics", POLICY, CAPTURE_COMPLETE, CAPTURE_CLASS_NONE);
    fixture_capture(&f, "metrics", SECOND, CAPTURE_COMPLETE, CAPTURE_CLASS_NONE);
    Manifest *manifest = memory_feed_manifest(f.memory);
    manifest->captures.items[0].started_at_ns = 1000;
    manifest->captures.items[1].started_at_ns = 2000;
    memory_feed_set_chunk(f.memory, 1);
    ck_assert_ok(demand_metrics(f.demand, STR("mix*"), &f.err), f.err);
    ck_assert_ok(demand_series(f.demand, STR(""), &f.err), f.err);
    fixture_load(&f);
    MetricTargets targets = targets_of(&f, &CASES[0]);
    ck_assert_uint_eq(targets.count, 1);
    const MetricTarget *target = targets.items[0];
    ck_assert_str_view(target->component, "mixer");
    ck_assert_str_view(target->ns, "istio-system");
    ck_assert_str_view(target->pod, "policy");
    ck_assert_str_view(target->instance, "policy:9093");
    ck_assert_uint_eq(target->port, 9093);
    ck_assert_uint_eq(target->sample_count, 2);
    for (size_t i = 0; i < 2; i++) {
        const MetricSample *sample = &target->samples[i];
        ck_assert(sample->whole && sample->has_time);
        ck_assert_int_eq(sample->time_ns, 1000 * ((int64_t)i + 1));
        ck_assert(exposition_first(sample->text, STR("a"))->value == (double)i + 1);
    }
}
END_TEST

START_TEST(bad_lines_are_told_though_another_sample_is_whole)
{
    CLEANUP(fixture_done) Fixture f = fixture_new();
    static const char SECOND[] = "metrics/mixer/istio-system/policy.9093.2.prom";
    fixture_member(&f, POLICY, "a 1\n");
    fixture_member(&f, SECOND, "a 1\na{b 2\nc 3\n=\n");
    fixture_member(&f, TELEMETRY, "a 1\nb");
    ck_assert_ok(demand_metrics(f.demand, STR("mixer"), &f.err), f.err);
    ck_assert_ok(demand_series(f.demand, STR(""), &f.err), f.err);
    fixture_load(&f);
    MetricSamples faulty;
    ck_assert_ok(model_faulty_samples(f.model, &faulty, &f.err), f.err);
    ck_assert_uint_eq(faulty.count, 2);
    ck_assert_str_view(faulty.items[0]->member, SECOND);
    const char *told = fixture_gaps(&f, faulty.items[0]->fault);
    ck_assert_msg(strstr(told, "line 2 of ") && strstr(told, ", and 1 more"), "%s", told);
    ck_assert_ptr_nonnull(exposition_first(faulty.items[0]->text, STR("c")));
    ck_assert_str_view(faulty.items[1]->member, TELEMETRY);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("metric_targets");
    TCase *tcase = tcase_create("metric_targets");
    tcase_add_test(tcase, targets_that_exist_must_have_been_scraped);
    tcase_add_test(tcase, samples_are_in_order_with_their_time);
    tcase_add_test(tcase, bad_lines_are_told_though_another_sample_is_whole);
    suite_add_tcase(suite, tcase);
    return suite;
}
