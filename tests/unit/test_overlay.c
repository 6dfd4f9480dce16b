/* SPDX-License-Identifier: Apache-2.0 */
/* test_overlay.c -- a site's changes to rules, and earlier reports. */
#include "analyzer/rule/baseline.h"
#include "analyzer/rule/overlay.h"
#include "tests/unit/rule_tool.h"
#include "tests/unit/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RULES                                                                                \
    "language: 1\nparams: {limit: {type: int, default: 1}}\nrules:\n"                        \
    "- id: AAA-101\n  title: t\n  severity: error\n  each: {p: {k8s: {kind: Pod}}}\n"        \
    "  when: p.spec.n >= params.limit\n  message: m\n"                                       \
    "- {id: AAA-102, title: t, severity: info, when: 'true', message: m}\n"
#define PODS                                                                                 \
    "k8s:\n- {kind: Pod, metadata: {namespace: a, name: x}, spec: {n: 1}}\n"                 \
    "- {kind: Pod, metadata: {namespace: b, name: y}, spec: {n: 2}}\n"

/* A file that lives as long as its test. */
static void
write_file(char path[64], const char *text)
{
    (void)snprintf(path, 64, "/tmp/meshcase-overlay-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq((int)write(fd, text, strlen(text)), (int)strlen(text));
    ck_assert_int_eq(close(fd), 0);
}

static void
write_coverage(const CoverageList *coverage, const char *path, Buf *out)
{
    for (size_t i = 0; i < coverage->count; i++) {
        const Coverage *one = &coverage->items[i];
        size_t at;
        Str evidence = one->evidence;
        if (str_find(evidence, str_of(path), &at))
            evidence = str_from(evidence, at + strlen(path));
        buf_printf(out, STR_FMT " " STR_FMT " " STR_FMT "\n", STR_ARG(evidence),
                   STR_ARG(one->state), STR_ARG(one->reason));
    }
}

static const struct {
    const char *law;
    const char *overlay;
    const char *verdicts;
    const char *coverage;
} CASES[] = {
    {"nothing changes nothing", "language: 1\n",
     "AAA-101 finding a/x error high: m\nAAA-101 finding b/y error high: m\n"
     "AAA-102 finding info high: m\n", ""},
    {"params are set", "language: 1\nparams: {limit: 2}\n",
     "AAA-101 ok a/x\nAAA-101 finding b/y error high: m\nAAA-102 finding info high: m\n", ""},
    {"an unknown param is told", "language: 1\nparams: {limt: 2}\n",
     "AAA-101 finding a/x error high: m\nAAA-101 finding b/y error high: m\n"
     "AAA-102 finding info high: m\n",
     ":2 unmatched no rule file has a param \"limt\"; did you mean \"limit\"?\n"},
    {"severity is changed", "language: 1\nrules: [{id: AAA-102, severity: critical}]\n",
     "AAA-101 finding a/x error high: m\nAAA-101 finding b/y error high: m\n"
     "AAA-102 finding critical high: m\n", ""},
    {"a disabled rule is not run, and listed",
     "language: 1\nrules: [{id: AAA-101, disable: true, reason: retired}]\n",
     "AAA-102 finding info high: m\n", "rule:AAA-101 disabled retired\n"},
    {"an entry holds on its last day",
     "language: 1\nrules: [{id: AAA-101, disable: true, until: 2018-06-01}]\n",
     "AAA-102 finding info high: m\n", "rule:AAA-101 disabled by an overlay\n"},
    {"an entry does not hold afterwards",
     "language: 1\nrules: [{id: AAA-102, disable: true, until: 2018-05-31}]\n",
     "AAA-101 finding a/x error high: m\nAAA-101 finding b/y error high: m\n"
     "AAA-102 finding info high: m\n",
     ":2 expired the entry for AAA-102 held until 2018-05-31\n"},
    {"an unknown rule is told", "language: 1\nrules: [{id: AAB-101, disable: true}]\n",
     "AAA-101 finding a/x error high: m\nAAA-101 finding b/y error high: m\n"
     "AAA-102 finding info high: m\n",
     ":2 unmatched there is no rule AAB-101; did you mean AAA-101?\n"},
    {"a finding is suppressed by its subject",
     "language: 1\nsuppress: [{id: AAA-101, subject: a/*, reason: known, until: 2018-09-01}]\n",
     "AAA-101 suppressed a/x: m\nAAA-101 finding b/y error high: m\n"
     "AAA-102 finding info high: m\n", ""},
    {"a star matches a slash",
     "language: 1\nsuppress: [{id: AAA-101, subject: '*', reason: known}]\n",
     "AAA-101 suppressed a/x: m\nAAA-101 suppressed b/y: m\nAAA-102 finding info high: m\n", ""},
    {"what suppresses nothing is told",
     "language: 1\nsuppress: [{id: AAA-101, subject: c/*, reason: known}]\n",
     "AAA-101 finding a/x error high: m\nAAA-101 finding b/y error high: m\n"
     "AAA-102 finding info high: m\n",
     ":2 unmatched no finding of AAA-101 has a subject like c/*\n"},
};

START_TEST(an_overlay_changes_what_it_says)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    RuleSet *set = tool_load_sound(arena, RULES);
    char path[64];
    write_file(path, CASES[_i].overlay);
    OverlayList overlays = {0};
    CoverageList coverage = {0};
    Err err = {0};
    ck_assert_ok(overlay_load(set, path, &overlays, &err), err);
    ck_assert_ok(overlays_apply(&overlays, set, "2018-06-01", &coverage, &err), err);
    ck_assert_uint_eq(set->diagnostics.error_count, 0);
    Evaluation evaluation;
    tool_evaluate(set, PODS, arena, &evaluation);
    ck_assert_ok(overlays_suppress(&overlays, set, "2018-06-01", &evaluation.verdicts, &coverage,
                                   &err), err);
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
    tool_verdicts(set, &evaluation.verdicts, &out);
    ck_assert_msg(str_is(buf_str(&out), CASES[_i].verdicts), "%s:\n%s", CASES[_i].law, out.data);
    buf_clear(&out);
    write_coverage(&evaluation.coverage, path, &out);
    write_coverage(&coverage, path, &out);
    ck_assert_msg(str_is(buf_str(&out), CASES[_i].coverage), "%s:\n%s", CASES[_i].law,
                  out.n > 0 ? out.data : "");
    (void)unlink(path);
}
END_TEST

static const struct {
    const char *overlay;
    const char *told;
} MISTAKES[] = {
    {"language: 1\nparams: {limit: x}\n", ":2:17: error: param limit takes a int"},
    {"language: 1\nrules: [{id: AAA-101, until: soon}]\n", "must be a date such as"},
    {"language: 1\nrules: [{id: AAA-101, until: 2018-02-30}]\n", "must be a date such as"},
    {"language: 1\nsuppress: [{id: AAA-101, subject: a}]\n", "suppress without \"reason\""},
    {"language: 1\nsupress: []\n", "unknown key \"supress\"; did you mean \"suppress\"?"},
};

START_TEST(mistakes_of_overlays_are_told)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    RuleSet *set = tool_load_sound(arena, RULES);
    char path[64];
    write_file(path, MISTAKES[_i].overlay);
    OverlayList overlays = {0};
    CoverageList coverage = {0};
    Err err = {0};
    ck_assert_ok(overlay_load(set, path, &overlays, &err), err);
    ck_assert_ok(overlays_apply(&overlays, set, "2018-06-01", &coverage, &err), err);
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
    tool_diagnostics(set, &out);
    size_t at;
    ck_assert_msg(str_find(buf_str(&out), str_of(MISTAKES[_i].told), &at), "%s",
                  out.n > 0 ? out.data : "nothing");
    (void)unlink(path);
}
END_TEST

START_TEST(the_later_overlay_wins)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    RuleSet *set = tool_load_sound(arena, RULES);
    char first[64];
    char second[64];
    write_file(first, "language: 1\nparams: {limit: 9}\nrules: [{id: AAA-102, disable: true}]\n");
    write_file(second, "language: 1\nparams: {limit: 2}\nrules: [{id: AAA-102, disable: false}]\n");
    OverlayList overlays = {0};
    CoverageList coverage = {0};
    Err err = {0};
    ck_assert_ok(overlay_load(set, first, &overlays, &err), err);
    ck_assert_ok(overlay_load(set, second, &overlays, &err), err);
    ck_assert_ok(overlays_apply(&overlays, set, "2018-06-01", &coverage, &err), err);
    Evaluation evaluation;
    tool_evaluate(set, PODS, arena, &evaluation);
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
    tool_verdicts(set, &evaluation.verdicts, &out);
    ck_assert_str_view(buf_str(&out), "AAA-101 ok a/x\nAAA-101 finding b/y error high: m\n"
                                      "AAA-102 finding info high: m\n");
    (void)unlink(first);
    (void)unlink(second);
}
END_TEST

/* ---- earlier reports ---- */

/* A report with one finding, of AAA-101 and that subject. */
static void
write_earlier(char path[64], const char *subject)
{
    CLEANUP(buf_done) Buf text = BUF_INIT(4096);
    Digest digest;
    char hex[DIGEST_HEX_BYTES];
    Err err = {0};
    CLEANUP(buf_done) Buf key = BUF_INIT(4096);
    buf_add(&key, "AAA-101", 8);
    buf_add(&key, subject, strlen(subject) + 1);
    buf_add(&key, "0", 2);
    ck_assert_ok(digest_of(buf_str(&key), &digest, &err), err);
    digest_hex(&digest, hex);
    buf_printf(&text, "{\"format\": \"meshcase-report/1\", \"verdicts\": [{\"verdict\": "
               "\"finding\", \"rule\": {\"id\": \"AAA-101\"}, \"subject\": \"%s\", \"message\": "
               "\"old\", \"fingerprint\": \"%s\"}]}", subject, hex);
    write_file(path, text.data);
}

static const struct {
    const char *law;
    const char *subject;
    const char *bundle;
    const char *marks;      /* one letter a verdict: n(ew), u(nchanged), g(one), - */
    const char *coverage;
} EARLIER[] = {
    {"known and new", "a/x", PODS, "unn", ""},
    {"gone with its subject", "c/z", PODS, "nngn", ""},
    {"gone though its subject is there", "a/x",
     "k8s: [{kind: Pod, metadata: {namespace: a, name: x}, spec: {n: 0}}]\n", "gn", ""},
    {"a hole is not gone", "a/x", "k8s: {unknown: [Pod]}\n", "-n",
     "baseline:AAA-101:a/x unknown its rule was not evaluated, so the finding may still be "
     "there\n"},
};

START_TEST(an_earlier_report_tells_what_is_new)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    RuleSet *set = tool_load_sound(arena, RULES);
    char path[64];
    write_earlier(path, EARLIER[_i].subject);
    Evaluation evaluation;
    tool_evaluate(set, EARLIER[_i].bundle, arena, &evaluation);
    EarlierReport report;
    CoverageList coverage = {0};
    Err err = {0};
    ck_assert_ok(baseline_read(arena, path, &report, &err), err);
    ck_assert_ok(baseline_mark(&report, set, &evaluation.verdicts, &coverage, arena, &err), err);
    CLEANUP(buf_done) Buf out = BUF_INIT(4096);
    for (size_t i = 0; i < evaluation.verdicts.count; i++)
        buf_addc(&out, "-nug"[evaluation.verdicts.items[i].baseline]);
    ck_assert_msg(str_is(buf_str(&out), EARLIER[_i].marks), "%s: %s", EARLIER[_i].law, out.data);
    buf_clear(&out);
    write_coverage(&coverage, path, &out);
    ck_assert_str_view(buf_str(&out), EARLIER[_i].coverage);
    (void)unlink(path);
}
END_TEST

/* Verdicts that have nothing to tell share their detail; what is told of one is not told of the others. */
START_TEST(what_is_gone_of_one_subject_is_told_of_no_other)
{
    static const char PODS_OF_A[] =
        "k8s:\n- {kind: Pod, metadata: {namespace: a, name: w}, spec: {n: 0}}\n"
        "- {kind: Pod, metadata: {namespace: a, name: x}, spec: {n: 0}}\n"
        "- {kind: Pod, metadata: {namespace: b, name: x}, spec: {n: 0}}\n";
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    RuleSet *set = tool_load_sound(arena, RULES);
    char path[64];
    write_earlier(path, "a/x");
    Evaluation evaluation;
    tool_evaluate(set, PODS_OF_A, arena, &evaluation);
    const Verdict *verdicts = evaluation.verdicts.items;
    ck_assert_ptr_eq(verdicts[0].detail, verdicts[1].detail);
    ck_assert_str_view(verdicts[1].detail->namespace, "a");
    ck_assert_str_view(verdicts[2].detail->namespace, "b");
    EarlierReport report;
    CoverageList coverage = {0};
    Err err = {0};
    ck_assert_ok(baseline_read(arena, path, &report, &err), err);
    ck_assert_ok(baseline_mark(&report, set, &evaluation.verdicts, &coverage, arena, &err), err);
    verdicts = evaluation.verdicts.items;
    ck_assert_str_view(verdicts[0].detail->message, "");
    ck_assert_int_eq(verdicts[1].baseline, BASELINE_GONE);
    ck_assert_str_view(verdicts[1].detail->message, "old");
    ck_assert_str_view(verdicts[1].detail->namespace, "a");
    (void)unlink(path);
}
END_TEST

static const struct {
    const char *text;
    Status status;
} NO_REPORTS[] = {
    {"", ST_FORMAT},
    {"{", ST_FORMAT},
    {"[]", ST_FORMAT},
    {"{\"format\": \"other/1\", \"verdicts\": []}", ST_FORMAT},
    {"{\"format\": \"meshcase-report/2\", \"verdicts\": []}", ST_UNSUPPORTED},
    {"{\"format\": \"meshcase-report/1\"}", ST_FORMAT},
    {"{\"format\": \"meshcase-report/1\", \"verdicts\": [{\"verdict\": \"finding\"}]}", ST_FORMAT},
    {"{\"format\": \"meshcase-report/1\", \"verdicts\": [], \"verdicts\": []}", ST_FORMAT},
};

START_TEST(what_is_no_report_is_refused)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    char path[64];
    write_file(path, NO_REPORTS[_i].text);
    EarlierReport report;
    Err err = {0};
    ck_assert_status(baseline_read(arena, path, &report, &err), NO_REPORTS[_i].status);
    (void)unlink(path);
    err_clear(&err);
    ck_assert_status(baseline_read(arena, path, &report, &err), ST_NOT_FOUND);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("overlay");
    TCase *tcase = tcase_create("overlay");
    tcase_add_loop_test(tcase, an_overlay_changes_what_it_says, 0, sizeof CASES / sizeof *CASES);
    tcase_add_loop_test(tcase, mistakes_of_overlays_are_told, 0,
                        sizeof MISTAKES / sizeof *MISTAKES);
    tcase_add_test(tcase, the_later_overlay_wins);
    tcase_add_loop_test(tcase, an_earlier_report_tells_what_is_new, 0,
                        sizeof EARLIER / sizeof *EARLIER);
    tcase_add_test(tcase, what_is_gone_of_one_subject_is_told_of_no_other);
    tcase_add_loop_test(tcase, what_is_no_report_is_refused, 0,
                        sizeof NO_REPORTS / sizeof *NO_REPORTS);
    suite_add_tcase(suite, tcase);
    return suite;
}
