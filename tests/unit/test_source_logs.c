/* SPDX-License-Identifier: Apache-2.0 */
/* test_source_logs.c -- which logs a logs source means, and what it says of those that are
 * missing. */
#include "analyzer/query/source.h"
#include "base/yaml.h"
#include "tests/unit/model_fixture.h"
#include "tests/unit/runner.h"

#include <string.h>

#define MIXER(name, status)                                                                     \
    "{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"istio-system\",\"labels\":"           \
    "{\"istio\":\"mixer\",\"istio-mixer-type\":\"telemetry\"}},\"spec\":{\"nodeName\":\"n1\","  \
    "\"containers\":[{\"name\":\"mixer\"},{\"name\":\"istio-proxy\"}]},"                        \
    "\"status\":{\"containerStatuses\":[{\"name\":\"mixer\"," status "}]}}"
#define RUNS "\"restartCount\":0,\"state\":{\"running\":{}}"
#define RESTARTED "\"restartCount\":1,\"state\":{\"running\":{}}"
#define WAITS "\"restartCount\":0,\"state\":{\"waiting\":{}}"
#define LOG(pod, container) "logs/istio-system/" pod "/" container ".log"
#define FAILED "2018-06-14T08:03:01.123456Z\terror\tfailed\n"

typedef struct {
    const char *name;
    const char *pods;          /* items of the pods' list; NULL: not collected */
    struct {
        const char *member;
        const char *text;      /* NULL: a capture of it failed */
    } logs[3];
    const char *source;
    const char *expected;      /* pods of the groups in order; "unknown", "incomplete" behind */
} Case;

static const Case CASES[] = {
    {"all there", MIXER("a", RUNS) "," MIXER("b", RUNS),
     {{LOG("a", "mixer"), FAILED}, {LOG("b", "mixer"), FAILED}}, "{component: mixer, match: failed}", "a b"},
    {"the main container alone", MIXER("a", RUNS),
     {{LOG("a", "mixer"), "fine\n"}, {LOG("a", "istio-proxy"), FAILED}}, "{component: mixer, match: failed}", ""},
    {"another container by name", MIXER("a", RUNS),
     {{LOG("a", "mixer"), "fine\n"}, {LOG("a", "istio-proxy"), FAILED}},
     "{component: mixer, container: 'istio-*', match: failed}", "a"},
    {"one of two is missing", MIXER("a", RUNS) "," MIXER("b", RUNS),
     {{LOG("a", "mixer"), FAILED}}, "{component: mixer, match: failed}", "a incomplete"},
    {"the only one could not be had", MIXER("a", RUNS), {{LOG("a", "mixer"), NULL}},
     "{component: mixer, match: failed}", "unknown"},
    {"a container that never ran has no log", MIXER("a", WAITS), {{NULL, NULL}},
     "{component: mixer, match: failed}", ""},
    {"no such pod", "", {{NULL, NULL}}, "{component: mixer, match: failed}", ""},
    {"a restart has a log of its own", MIXER("a", RESTARTED),
     {{LOG("a", "mixer"), "fine\n"}, {"logs/istio-system/a/mixer.previous.log", FAILED}},
     "{component: mixer, match: failed}", "a"},
    {"which is missing", MIXER("a", RESTARTED), {{LOG("a", "mixer"), FAILED}},
     "{component: mixer, match: failed}", "a incomplete"},
    {"and not asked for", MIXER("a", RESTARTED), {{LOG("a", "mixer"), FAILED}},
     "{component: mixer, previous: no, match: failed}", "a"},
    {"or asked for alone", MIXER("a", RESTARTED),
     {{LOG("a", "mixer"), FAILED}, {"logs/istio-system/a/mixer.previous.log", "fine\n"}},
     "{component: mixer, previous: only, match: failed}", ""},
    {"labels choose", MIXER("a", RUNS), {{LOG("a", "mixer"), FAILED}},
     "{component: mixer, labels: {istio-mixer-type: policy}, match: failed}", ""},
    {"without pods a container's name tells", NULL,
     {{LOG("a", "mixer"), FAILED}, {LOG("a", "other"), FAILED}}, "{component: mixer, match: failed}", "a incomplete"},
    {"without pods labels tell nothing", NULL, {{LOG("a", "mixer"), FAILED}},
     "{component: mixer, labels: {istio: mixer}, match: failed}", "unknown"},
    {"a pod that is gone by now", "", {{LOG("a", "mixer"), FAILED}}, "{component: mixer, match: failed}", "a"},
    {"by namespace and container alone", MIXER("a", RUNS), {{LOG("a", "istio-proxy"), FAILED}},
     "{namespace: istio-system, container: istio-proxy, match: failed}", "a"},
    {"of a container that its pod does not list", MIXER("a", RUNS), {{LOG("a", "debugger"), FAILED}},
     "{namespace: istio-system, container: debugger, match: failed}", "a"},
    {"but of no component then", MIXER("a", RUNS),
     {{LOG("a", "mixer"), "fine\n"}, {LOG("a", "debugger"), FAILED}}, "{component: mixer, match: failed}", ""},
    {"another namespace", MIXER("a", RUNS), {{LOG("a", "mixer"), FAILED}},
     "{component: mixer, namespace: other, match: failed}", ""},
};

static void
no_report(void *context, bool is_warning, unsigned line, unsigned column, const char *message)
{
    (void)context;
    ck_abort_msg("%u:%u %d %s", line, column, is_warning, message);
}

static void
add_members(Fixture *f, const Case *c)
{
    if (c->pods) {
        fixture_member(f, "kubernetes/core/pods.json",
                       arena_printf(f->arena, "{\"kind\":\"PodList\",\"apiVersion\":\"v1\","
                                    "\"items\":[%s]}", c->pods));
        fixture_capture(f, "k8s-list", "kubernetes/core/pods.json", CAPTURE_COMPLETE, 0);
    } else {
        fixture_capture(f, "k8s-list", "kubernetes/core/pods.json", CAPTURE_FAILED,
                        CAPTURE_CLASS_FORBIDDEN);
    }
    for (size_t i = 0; i < 3 && c->logs[i].member; i++) {
        if (c->logs[i].text)
            fixture_member(f, c->logs[i].member, c->logs[i].text);
        fixture_capture(f, "log", c->logs[i].member,
                        c->logs[i].text ? CAPTURE_COMPLETE : CAPTURE_FAILED,
                        c->logs[i].text ? 0 : CAPTURE_CLASS_TIMEOUT);
    }
}

static void
describe(Value value, Buf *out)
{
    if (value.type == VALUE_UNKNOWN)
        buf_adds(out, "unknown");
    else if (value.type != VALUE_LIST)
        value_write_json(value, out);
    for (size_t i = 0; value.type == VALUE_LIST && i < value_count(value); i++) {
        Value pod;
        ck_assert(value_field(value_item(value, i), STR("pod"), &pod));
        buf_printf(out, "%s" STR_FMT, i ? " " : "", STR_ARG(pod.string));
    }
    if (value_is_incomplete(value))
        buf_adds(out, " incomplete");
}

START_TEST(logs_are_chosen_and_missed)
{
    const Case *c = &CASES[_i];
    Fixture f = fixture_new();
    const Node *spec;
    const Source *source;
    CLEANUP(buf_done) Buf out = BUF_INIT(4096);
    add_members(&f, c);
    Str yaml = arena_strf(f.arena, "logs: %s", c->source);
    ck_assert_ok(yaml_parse_one(f.arena, yaml, NULL, &spec, &f.err), f.err);
    SourceDiagnostics diagnostics = {.report = no_report, .file = "x.yaml", .text = yaml};
    ck_assert_ok(source_compile(f.arena, spec, false, &diagnostics, &source, &f.err), f.err);
    ck_assert_ok(source_demand(source, f.demand, &f.err), f.err);
    fixture_load(&f);
    describe(source_eval(source, &(SourceEval){.model = f.model, .arena = f.arena}), &out);
    ck_assert_msg(str_is(buf_str(&out), c->expected), "%s: got '%.*s', expected '%s'", c->name,
                  STR_ARG(buf_str(&out)), c->expected);
    fixture_done(&f);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("source_logs");
    TCase *tcase = tcase_create("source_logs");
    tcase_add_loop_test(tcase, logs_are_chosen_and_missed, 0, sizeof CASES / sizeof *CASES);
    suite_add_tcase(suite, tcase);
    return suite;
}
