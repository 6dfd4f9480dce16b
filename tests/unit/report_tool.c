/* SPDX-License-Identifier: Apache-2.0 */
/* report_tool.c -- a report made by hand, for the tests of its voices. */
#include "tests/unit/report_tool.h"

#include "base/io.h"
#include "base/timestamp.h"
#include "tests/unit/runner.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static Rule *
add_rule(HandMade *made, const RuleFile *file, const char *id, const char *title,
         Severity severity)
{
    Rule *rule = ARENA_NEW(made->arena, Rule);
    Rule **slot = VEC_PUSH(made->arena, &made->set.rules);
    rule->file = file;
    rule->id = str_of(id);
    rule->title = str_of(title);
    rule->severity = severity;
    rule->confidence = CONFIDENCE_HIGH;
    rule->index = (uint32_t)(made->set.rules.count - 1);
    rule->is_selected = true;
    *slot = rule;
    ck_assert(map_put(&made->set.by_id, rule->id, rule));
    return rule;
}

static Verdict *
add_verdict(HandMade *made, const Rule *rule, VerdictKind kind, const char *subject)
{
    Verdict *verdict = VEC_PUSH(made->arena, &made->verdicts);
    VerdictDetail *detail = ARENA_NEW(made->arena, VerdictDetail);
    *verdict = (Verdict){.rule = rule->index, .kind = (uint8_t)kind,
                         .severity = (uint8_t)rule->severity, .confidence = CONFIDENCE_HIGH,
                         .subject = str_of(subject), .detail = detail};
    memset(&verdict->fingerprint, (int)made->verdicts.count, sizeof verdict->fingerprint);
    return verdict;
}

static RuleFile *
add_pack(HandMade *made, const char *name, const char *version)
{
    RulePack *pack = ARENA_NEW(made->arena, RulePack);
    RuleFile *file = ARENA_NEW(made->arena, RuleFile);
    RulePack **slot = VEC_PUSH(made->arena, &made->set.packs);
    *slot = pack;
    pack->name = str_of(name);
    pack->version = str_of(version);
    memset(&pack->sha256, 0xab, sizeof pack->sha256);
    file->path = "pack.yaml";
    file->pack = pack;
    return file;
}

/* Wide and combining characters, tabs, and lines that no terminal shows whole. */
#define LOST                                                                                 \
    "\terror\t\xe6\x97\xa5\xe6\x9c\xac lost e\xcc\x81t\xc3\xa9 after a long wait for an answer from " \
    "the other side of the mesh\n\n* reason 1\n* 2\n* 3\n* 4\n* 5"

static void
add_findings(HandMade *made, const Rule *cause, const Rule *effect)
{
    static const VerdictFix FIXES[] = {
        {STR_INIT("Put the rules of the release back, all of them, in the order in which the "
                  "release has them."), STR_INIT("kubectl get rules --all-namespaces"),
         STR_INIT("none")},
        {STR_INIT("Or look for what the names of pods hide."),
         STR_INIT("kubectl -n istio-system logs 'pod; rm -rf ~\nrm -rf /' -c mixer --tail=-1 "
                  "--since-time=2018-06-01T21:58:00Z | grep -A4 'returned with blanks'"),
         STR_INIT("")},
    };
    static const Evidence EVIDENCE[] = {
        {STR_INIT("kubernetes/config.istio.io/rules.json"), 3, STR_INIT("/items/0/spec"),
         STR_INIT("{\"actions\": []}"), 0, 0, 0, {0}, false},
        {STR_INIT("logs/a/b/c\x1b[31m.log"), 12, STR_INIT(""),
         STR_INIT("evil \x1b]0;title\x07 \xe2\x80\xae<script>\nsecond line"), 5, 8, 0, {0}, false},
        {STR_INIT("logs/a/b/d.log"), 998, STR_INIT(""), STR_INIT("2018-06-01T21:58:00.1Z" LOST),
         32, 16, 1527890280LL * NS_PER_S, {998, 62}, false},
        {STR_INIT("logs/a/b/d.log"), 1012, STR_INIT(""), STR_INIT("2018-06-01T21:59:07.2Z" LOST),
         32, 16, 1527890347LL * NS_PER_S, {1012, 62}, false},
        {STR_INIT("metrics/mixer/a/b.9093.2.prom"), 180, STR_INIT(""),
         STR_INIT("a_total{x=\"y\"} 41"), 15, 2, 0, {0}, false},
    };
    Verdict *one = add_verdict(made, cause, VERDICT_FINDING, "");
    one->detail->message = STR("none of 1 rules is routed to an adapter of Prometheus, so that "
                               "no number of the mesh ever arrives");
    one->detail->fixes = FIXES;
    one->detail->fix_count = sizeof FIXES / sizeof *FIXES;
    one->detail->evidence = EVIDENCE;
    one->detail->evidence_count = sizeof EVIDENCE / sizeof *EVIDENCE;
    one->baseline = BASELINE_NEW;
    for (int i = 0; i < 7; i++) {
        char *subject = arena_printf(made->arena, "shop/cart-%d", i);
        Verdict *two = add_verdict(made, effect, VERDICT_FINDING, subject);
        two->detail->message = STR("no data");
        two->detail->namespace = STR("shop");
        two->baseline = BASELINE_NEW;
        two->confidence = i == 0 ? CONFIDENCE_LOW : CONFIDENCE_HIGH;
        two->detail->explained_by = &one->fingerprint;
        two->detail->explained_by_count = 1;
        /* The list may have moved. */
        Digest *owner = ARENA_NEW(made->arena, Digest);
        *owner = made->verdicts.items[0].fingerprint;
        two->detail->explained_by = owner;
    }
}

static void
add_others(HandMade *made, Rule *const *rules)
{
    static const VerdictGap GAPS[] = {
        {STR_INIT("metric:mixer"), STR_INIT("timeout: no answer from 10.0.0.1:9093"),
         STR_INIT("meshcase-collect --request-timeout 60s")},
    };
    (void)add_verdict(made, rules[2], VERDICT_OK, "a/b");
    Verdict *hole = add_verdict(made, rules[2], VERDICT_NOT_EVALUATED, "");
    hole->detail->reason = STR("metric:mixer: timeout: no answer from 10.0.0.1:9093");
    hole->detail->gaps = GAPS;
    hole->detail->gap_count = 1;
    Verdict *accepted = add_verdict(made, rules[3], VERDICT_SUPPRESSED, "db/mysql");
    accepted->baseline = BASELINE_NEW;
    accepted->detail->message = STR("it is known");
    accepted->detail->reason = STR("the client reconnects");
    Verdict *failed = add_verdict(made, rules[4], VERDICT_ERROR, "x/y");
    failed->detail->reason = STR("rules.yaml:3:9: no such key: spec");
    Verdict *outside = add_verdict(made, rules[4], VERDICT_NOT_APPLICABLE, "z");
    outside->detail->reason = STR("Istio is 1.5");
    Coverage *seen = VEC_PUSH(made->arena, &made->coverage);
    *seen = (Coverage){STR("metric:mixer"), STR("unknown"), GAPS[0].reason, GAPS[0].collect_with};
    seen = VEC_PUSH(made->arena, &made->coverage);
    *seen = (Coverage){STR("rule:MIX-120"), STR("disabled"), STR("adapter \"retired\""), STR("")};
    seen = VEC_PUSH(made->arena, &made->coverage);
    *seen = (Coverage){STR("log:a/b/e"), STR("failed"), STR("timeout: late"), STR("")};
}

static void
add_gallery(HandMade *made)
{
    Gallery *gallery = &made->gallery;
    *VEC_PUSH(made->arena, &gallery->clocks) =
        (GalleryClock){STR("apiserver"), STR("apiserver"), STR(""), STR("http-date"), 0.008, 0.018};
    *VEC_PUSH(made->arena, &gallery->clocks) = (GalleryClock){
        STR("<b>worker-1</b>"), STR("node"), STR("worker-1"), STR("date"), -7200.5, 0.4};
    *VEC_PUSH(made->arena, &gallery->limits) = (GalleryLimit){STR("a/b/c 1"), 1000, 1024};
    *VEC_PUSH(made->arena, &gallery->limits) = (GalleryLimit){STR("a/b/d self"), 18, 1048576};
    *VEC_PUSH(made->arena, &gallery->versions) = (GalleryVersion){STR("pilot"), STR("0.8.0"), 1};
    *VEC_PUSH(made->arena, &gallery->versions) = (GalleryVersion){STR("sidecar"), STR("0.8.0"), 5};
    *VEC_PUSH(made->arena, &gallery->versions) = (GalleryVersion){STR("sidecar"), STR(""), 1};
    *VEC_PUSH(made->arena, &gallery->restarts) =
        (GalleryRestart){STR("a/b/c"), STR("OOMKilled"), 1527890300LL * NS_PER_S, 3};
    *VEC_PUSH(made->arena, &gallery->captures) = (GalleryCapture){
        STR("logs/a/b/e.log"), STR("log"), STR("timeout: late"), CAPTURE_FAILED, 0, 15000};
    *VEC_PUSH(made->arena, &gallery->captures) = (GalleryCapture){
        STR("logs/a/b/d.log"), STR("log"), STR(""), CAPTURE_COMPLETE, 3 << 20, 20};
    *VEC_PUSH(made->arena, &gallery->kinds) = (GalleryKind){STR("log"), {1, 0, 1, 0}, 3 << 20};
    gallery->lack[SERIES_CLOCKS] = STR("one node did not answer");
}

void
handmade_init(HandMade *made)
{
    static const ReportPair CLUSTER[] = {{STR_INIT("context"), STR_INIT("prod\"1")}};
    *made = (HandMade){.arena = arena_new(SIZE_MAX)};
    made->set.arena = made->arena;
    map_init(&made->set.by_id, made->arena);
    RuleFile *mixer = add_pack(made, "istio-mixer", "1.2.0");
    RuleFile *bare = add_pack(made, "local/mine.yaml", "");
    Rule *rules[] = {
        add_rule(made, mixer, "MIX-110", "No rule sends metrics to Prometheus", SEVERITY_ERROR),
        add_rule(made, mixer, "MIX-111", "A dashboard is empty", SEVERITY_WARNING),
        add_rule(made, mixer, "MIX-112", "Another", SEVERITY_CRITICAL),
        add_rule(made, bare, "OWN-001", "Own <b>rule</b>", SEVERITY_INFO),
        add_rule(made, bare, "OWN-002", "Broken rule", SEVERITY_INFO),
    };
    static const Str GUIDE[] = {STR_INIT("verify-mixer")};
    static Str needs[] = {STR_INIT("metric:mixer"), STR_INIT("k8s:Pod")};
    rules[0]->guide = (StrList){GUIDE, 1};
    rules[0]->why = STR("Without numbers every dashboard is empty.");
    rules[0]->needs = (NeedList){needs, 2, 2};
    add_findings(made, rules[0], rules[1]);
    add_others(made, rules);
    add_gallery(made);
    made->report = (Report){
        .gallery = &made->gallery,
        .tool = "meshcase-analyze", .version = "0.0.0",
        .bundle = {.name = STR("case.tar.gz"), .has_manifest = true,
                   .collected_at = STR("2018-06-01T21:58:00Z"), .cluster = CLUSTER,
                   .cluster_count = 1},
        .now = STR("2018-06-02T00:00:00Z"), .set = &made->set, .verdicts = &made->verdicts,
        .coverage = &made->coverage,
    };
}

void
handmade_done(HandMade *made)
{
    made->arena = arena_free(made->arena);
}

void
handmade_write(HandMade *made, ReportFormat format, const ReportOptions *options, Buf *out)
{
    FILE *file = tmpfile();
    ck_assert_ptr_nonnull(file);
    Err err = {0};
    ck_assert_ok(report_write(&made->report, format, options, fileno(file), &err), err);
    ck_assert_int_eq(lseek(fileno(file), 0, SEEK_SET), 0);
    ck_assert_ok(io_read_all(fileno(file), out, &err), err);
    (void)fclose(file);
}
