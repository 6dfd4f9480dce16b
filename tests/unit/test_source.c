/* SPDX-License-Identifier: Apache-2.0 */
/* test_source.c -- sources of rules: from YAML to values, with every error and every hole. */
#include "analyzer/query/source.h"
#include "base/yaml.h"
#include "tests/unit/model_fixture.h"
#include "tests/unit/runner.h"

#include <stdio.h>
#include <string.h>

/* --- a cluster --- */

#define POD(name, ns, labels, more) \
    "{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"" ns "\",\"labels\":{" labels "}}" more "}"

static void
add_cluster(Fixture *f)
{
    fixture_member(
        f, "kubernetes/core/pods.json",
        "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":["
        POD("web-1", "shop", "\"app\":\"web\",\"tier\":\"front\"",
            ",\"spec\":{\"nodeName\":\"n1\",\"replicas\":2}") ","
        POD("db-0", "shop", "\"app\":\"db\"", ",\"spec\":{\"nodeName\":\"n2\",\"replicas\":0}") ","
        POD("web-9", "other", "\"app\":\"web\"", ",\"spec\":{\"nodeName\":\"n1\",\"replicas\":1}") ","
        POD("mix-1", "istio-system", "\"istio\":\"mixer\",\"istio-mixer-type\":\"telemetry\"",
            ",\"spec\":{\"replicas\":0,\"containers\":[{\"name\":\"mixer\"}]}")
        "]}");
    fixture_member(f, "metrics/mixer/istio-system/mix-1.9093.1.prom", "a{m=\"x\"} 2\n");
    fixture_capture(f, "k8s-list", "kubernetes/core/pods.json", CAPTURE_COMPLETE, 0);
    fixture_member(f, "kubernetes/core/services.json",
                   "{\"kind\":\"ServiceList\",\"apiVersion\":\"v1\",\"items\":["
                   "{\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\"},"
                   "\"spec\":{\"selector\":{\"app\":\"web\"}}}]}");
    fixture_capture(f, "k8s-list", "kubernetes/core/services.json", CAPTURE_PARTIAL,
                    CAPTURE_CLASS_EXPIRED);
    fixture_capture(f, "k8s-list", "kubernetes/core/secrets.json", CAPTURE_FAILED,
                    CAPTURE_CLASS_FORBIDDEN);
    fixture_member(f, "http/prometheus/m/p-1/targets.json",
                   "{\"status\":\"success\",\"data\":{\"activeTargets\":[]}}");
    fixture_member(f, "http/prometheus/m/p-1/config.json",
                   "{\"status\":\"success\",\n\"data\":{\"yaml\":\"global:\\n  scrape_interval: 15s\\n\"}}");
    fixture_member(f, "http/prometheus/m/p-2/config.json", "{\"status\":\"error\"}");
    fixture_capture(f, "http", "http/prometheus/**", CAPTURE_COMPLETE, 0);
    fixture_member(f, "http/pilot/m/q/a.txt", "one\r\ntwo\n\nthree");
    fixture_member(f, "http/pilot/m/q/b.json", "{\"x\": [1]}");
    fixture_member(f, "http/pilot/m/q/bad.json", "{\"x\": 1");
    fixture_member_cut(f, "http/pilot/m/q/cut.txt", "half a l", true);
    fixture_member(f, "http/pilot/m/q/latin.txt", "caf\xe9");
    fixture_capture(f, "http", "http/pilot/**", CAPTURE_COMPLETE, 0);
    fixture_member(f, "clocks.json",
                   "{\"clocks\":[{\"subject\":\"node/n1\",\"kind\":\"node\",\"offset_s\":1.5},"
                   "{\"subject\":\"apiserver\",\"kind\":\"apiserver\",\"offset_s\":0.25}]}");
    fixture_capture(f, "clocks", "clocks.json", CAPTURE_COMPLETE, 0);
    fixture_member(f, "limits.json",
                   "{\"limits\":[{\"namespace\":\"shop\",\"pod\":\"web-1\",\"container\":\"c\"},"
                   "{\"namespace\":\"shop\",\"pod\":\"db-0\",\"container\":\"d\"}]}");
    fixture_capture(f, "limits", "limits.json", CAPTURE_PARTIAL, CAPTURE_CLASS_TIMEOUT);
    fixture_member(f, "kubernetes/version.json", "{\"gitVersion\":\"v1.9.7-gke.3\"}");
}

typedef struct {
    Buf text;
    Arena *arena;
} Reports;

static void
note_report(void *context, bool is_warning, unsigned line, unsigned column, const char *message)
{
    buf_printf(&((Reports *)context)->text, "%u:%u:%s %s\n", line, column,
               is_warning ? " warning:" : "", message);
}

/* Compiles a source; its errors are appended to reports. */
static const Source *
compile(Fixture *f, const char *yaml, bool related, Buf *reports)
{
    const Node *spec;
    ck_assert_ok(yaml_parse_one(f->arena, str_of(yaml), NULL, &spec, &f->err), f->err);
    Reports noted = {.text = BUF_INIT(1 << 16)};
    SourceDiagnostics diagnostics = {note_report, &noted, "x.yaml", str_of(yaml)};
    const Source *source = NULL;
    Status status = source_compile(f->arena, spec, related, &diagnostics, &source, &f->err);
    ck_assert(status == ST_OK || status == ST_RULE);
    ck_assert_ptr_nonnull(source);
    if (status != ST_OK)
        source = NULL;
    if (reports)
        buf_add_str(reports, buf_str(&noted.text));
    else
        ck_assert_msg(status == ST_OK, "%s: %s", yaml, noted.text.data);
    buf_done(&noted.text);
    return source;
}

static Value named;

static Value
find_name(void *context, Str name, bool *ret_found)
{
    (void)context;
    *ret_found = str_is(name, "named") || str_is(name, "limit");
    return str_is(name, "named") ? named : value_int(1);
}

static Value
evaluate(Fixture *f, const Source *source)
{
    SourceEval eval = {.model = f->model, .arena = f->arena, .lookup = find_name};
    return source_eval(source, &eval);
}

static void
load_with(Fixture *f, const Source *source)
{
    ck_assert_ok(source_demand(source, f->demand, &f->err), f->err);
    fixture_load(f);
}

static const char *
shown(Fixture *f, Value value)
{
    CLEANUP(buf_done) Buf text = BUF_INIT(1 << 20);
    if (value.type == VALUE_UNKNOWN)
        buf_printf(&text, "unknown: %s", fixture_gaps(f, value.gap));
    else if (value.type == VALUE_ERROR)
        buf_printf(&text, "error: %.*s", STR_ARG(value.error->text));
    else
        value_write_json(value, &text);
    if (value_is_incomplete(value))
        buf_printf(&text, " incomplete: %s", fixture_gaps(f, value_gap(value)));
    Str copy = arena_str(f->arena, str_trim(buf_str(&text)));
    return arena_cstr(f->arena, copy);
}

/* source, then: the names of its elements as JSON or the whole value, and what is missing. */
START_TEST(sources_give_values_with_their_state)
{
    static const struct {
        const char *source;
        const char *show;       /* CEL over `it`, mapped over the elements; NULL: the whole value */
        const char *expected;
    } CASES[] = {
        /* k8s */
        {"k8s: {kind: Pod}", "it.metadata.name",
         "[\"mix-1\",\"web-9\",\"db-0\",\"web-1\"]"},
        {"k8s: {kind: pods, namespace: shop}", "it.metadata.name", "[\"db-0\",\"web-1\"]"},
        {"k8s: {kind: Pod, namespace: [sh*, nowhere], name: 'web-?'}", "it.metadata.name",
         "[\"web-1\"]"},
        {"k8s: {kind: Pod, labels: 'app in (web),tier'}", "it.metadata.name", "[\"web-1\"]"},
        {"k8s: {kind: Pod, labels: {app: db}}", "it.metadata.name", "[\"db-0\"]"},
        {"k8s: {kind: Pod, where: 'it.spec.replicas > 0'}", "it.metadata.name",
         "[\"web-9\",\"web-1\"]"},
        {"k8s: {kind: Pod, where: 'it.spec.replicas > limit'}", "it.metadata.name",
         "[\"web-1\"]"},
        {"k8s: {kind: Pod, where: 'it.spec.missing > 0'}", NULL,
         "error: no such key: missing"},
        {"k8s: {kind: Pod, where: 'it.metadata.name'}", NULL,
         "error: 'where' gives a string, not a bool"},
        {"k8s: {kind: Pod, name: nobody}", NULL, "[]"},
        {"k8s: {kind: Service}", "it.kind", "[\"Service\"] incomplete: expired: why"},
        {"k8s: {kind: Service, namespace: shop, name: web}", "it.kind", "[\"Service\"]"},
        {"k8s: {kind: Service, namespace: shop, name: other}", NULL,
         "[] incomplete: expired: why"},
        {"k8s: {kind: Secret}", NULL, "unknown: forbidden: why"},
        {"k8s: {kind: VirtualService}", NULL,
         "unknown: not collected: kubernetes/networking.istio.io/virtualservices.json"},
        {"k8s: {kind: [Service, Pod], namespace: shop}", "it.metadata.name",
         "[\"db-0\",\"web\",\"web-1\"] incomplete: expired: why"},
        {"k8s: {kind: [Secret, Pod], namespace: shop}", "it.metadata.name",
         "[\"db-0\",\"web-1\"] incomplete: forbidden: why"},
        {"k8s: {kind: [Pod, pods], name: db-0}", "it.metadata.name", "[\"db-0\"]"},
        /* metric */
        {"metric: {component: mixer, query: 'sum by (m) (a)'}", "it",
         "[{\"labels\":{\"m\":\"x\"},\"value\":2}]"},
        {"metric: {component: mixer, query: 'sum(a)', empty: 0}", NULL, "2"},
        {"metric: {component: mixer, query: 'sum(b)', empty: 7}", NULL, "7"},
        {"metric: {component: mixer, query: 'sum(b)'}", NULL, "[]"},
        {"metric: {component: mixer, query: 'sum(a)', port: 1, empty: 0.5}", NULL,
         "unknown: not collected: metrics/mixer/istio-system/mix-1.1.*.prom"},
        {"metric: {component: pilot, query: 'sum(a)', empty: 0}", NULL, "0"},
        {"metric: {component: mixer, namespace: x, query: 'sum(a)', empty: 0}", NULL, "0"},
        /* document */
        {"document: {path: http/pilot/*/*/b.json}", "it",
         "[{\"member\":\"http/pilot/m/q/b.json\",\"namespace\":\"m\",\"pod\":\"q\","
         "\"body\":{\"x\":[1]}}]"},
        {"document: {path: 'http/pilot/**/a.txt', format: lines}", "it.body",
         "[[\"one\",\"two\",\"\",\"three\"]]"},
        {"document: {path: http/pilot/m/q/a.txt}", "it.body", "[\"one\\r\\ntwo\\n\\nthree\"]"},
        {"document: {path: http/pilot/m/q/latin.txt}", "it.body", "[\"caf\xef\xbf\xbd\"]"},
        {"document: {path: http/pilot/m/q/bad.json}", "isKnown(it.body)", "[false]"},
        {"document: {path: http/pilot/m/q/cut.txt}", "isKnown(it.body)", "[false]"},
        {"document: {path: http/pilot/m/q/cut.txt, format: lines}",
         "it.body.exists(l, l == 'half a l')", "[true]"},
        {"document: {path: http/pilot/m/q/cut.txt, format: lines}",
         "isKnown(it.body.exists(l, l == 'x'))", "[false]"},
        {"document: {path: http/pilot/nobody/**}", NULL, "[]"},
        {"document: {path: 'host/*'}", NULL, "unknown: not collected: host/*"},
        /* prometheus */
        {"prometheus: targets", "it", "[{\"namespace\":\"m\",\"name\":\"p-1\",\"body\":"
                                      "{\"activeTargets\":[]}}]"},
        {"prometheus: config", "it.name + (isKnown(it.body) ? it.body.global.scrape_interval : '')",
         "[\"p-115s\",\"p-2\"]"},
        {"prometheus: rules", NULL, "[]"},
        /* tables */
        {"clocks: {}", "it.subject", "[\"node/n1\",\"apiserver\"]"},
        {"clocks: {subjects: [node]}", "it.offset_s", "[1.5]"},
        {"limits: {}", "it.pod", "[\"web-1\",\"db-0\"] incomplete: timeout: why"},
        {"limits: {container: d}", "it.pod", "[\"db-0\"] incomplete: timeout: why"},
        {"limits: {labels: {app: web}}", "it.pod", "[\"web-1\"] incomplete: timeout: why"},
        /* facts */
        {"fact: kubernetes", "it.version", "\"1.9.7\""},
        {"fact: mesh", NULL, "unknown: not collected: kubernetes/core/configmaps.json"},
        /* captures */
        {"captures: {state: failed}", "it.id + ' ' + it.class",
         "[\"kubernetes/core/secrets.json#3 forbidden\"]"},
        {"captures: {kind: k8s-list, state: [complete, partial]}", "it.source",
         "[\"test\",\"test\"]"},
        {"captures: {source: 'GET *'}", NULL, "[]"},
        /* cel */
        {"cel: '1 + limit'", NULL, "2"},
        {"cel: 'named'", NULL, "null"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        CLEANUP(fixture_done) Fixture f = fixture_new();
        add_cluster(&f);
        const Source *source = compile(&f, CASES[i].source, false, NULL);
        load_with(&f, source);
        named = value_null();
        Value value = evaluate(&f, source);
        if (CASES[i].show && !value_is_absorbing(value)) {
            const CelProgram *program;
            named = value;
            const char *text = arena_printf(f.arena, value.type == VALUE_LIST ? "named.map(it, %s)"
                                                                  : "[named].map(it, %s)[0]",
                                CASES[i].show);
            ck_assert_ok(cel_compile(f.arena, str_of(text), &(CelOptions){0}, &program, &f.err),
                         f.err);
            CelEval eval = {.arena = f.arena, .lookup = find_name};
            value = cel_eval(program, &eval);
        }
        ck_assert_msg(strcmp(shown(&f, value), CASES[i].expected) == 0, "%s: got %s",
                      CASES[i].source, shown(&f, value));
    }
}
END_TEST

START_TEST(without_a_manifest_captures_are_unknown)
{
    CLEANUP(fixture_done) Fixture f = fixture_new();
    const Source *source = compile(&f, "captures: {}", false, NULL);
    load_with(&f, source);
    ck_assert_str_eq(shown(&f, evaluate(&f, source)), "unknown: the bundle has no manifest");
}
END_TEST

START_TEST(errors_of_sources_are_all_reported_with_their_place)
{
    static const struct {
        const char *source;
        const char *expected;
    } CASES[] = {
        {"[]", "1:1: a source is a map with one key, its kind\n"},
        {"{}", "1:1: a source is a map with one key, its kind\n"},
        {"k8: {kind: Pod}", "1:1: unknown source 'k8'; did you mean 'k8s'?\n"},
        {"wombat: {}", "1:1: unknown source 'wombat'\n"},
        {"k8s: {kind: Pod}\ncel: '1'",
         "2:1: a source has exactly one kind; this is a second key\n"},
        {"k8s: Pod", "1:6: source k8s takes a map\n"},
        {"k8s: {}", "1:6: source k8s needs 'kind'\n"},
        {"k8s: {kind: Pod, namespaces: x}",
         "1:18: unknown key 'namespaces' of source k8s; did you mean 'namespace'?\n"},
        {"k8s:\n  kind: 1.5\n  name: [a, {}]\n  namespace: []",
         "2:9: 'kind' must be a string, in quotes\n"
         "4:14: 'namespace' must not be an empty list\n3:13: 'name' must be a string\n"},
        {"k8s: {kind: ''}", "1:14: 'kind' must be a string that is not empty\n"},
        {"k8s: {kind: Pdo}", "1:13: warning: kind 'Pdo' is not known; did you mean 'Pod'?\n"},
        {"k8s: {kind: Pod, labels: 'a in b'}", "1:32: expected '(' in a label selector\n"},
        {"k8s: {kind: Pod, labels: {a: [b]}}", "1:30: the value of label 'a' must be a string\n"},
        {"k8s: {kind: Pod, labels: {version: 1.10}}",
         "1:36: the value of label 'version' must be a string\n"},
        {"document: {format: jsn}", "1:11: source document needs 'path'\n"
                                    "1:20: unknown format 'jsn'; did you mean 'json'?\n"},
        {"document: {path: /etc/passwd}",
         "1:18: 'path' is below the top folder and does not begin with '/'\n"},
        {"prometheus: target",
         "1:13: source prometheus is config, targets or rules; did you mean 'targets'?\n"},
        {"metric: {query: 'sum(a', port: 0, empty: x}",
         "1:9: source metric needs 'component'\n1:32: 'port' must be a number from 1 to 65535\n"
         "1:42: 'empty' must be a number\n1:23: the query ends where ',' or ')' was expected\n"},
        {"metric: {component: mixr, query: 1}",
         "1:21: unknown component 'mixr'; did you mean 'mixer'?\n1:34: 'query' must be a string\n"},
        {"metric: {component: mixer}", "1:9: source metric needs 'query'\n"},
        {"clocks: {subjects: [nod]}", "1:21: unknown kind of clock 'nod'; did you mean 'node'?\n"},
        {"fact: meshh", "1:7: unknown fact 'meshh'; did you mean 'mesh'?\n"},
        {"captures: {state: complet, kind: logs}",
         "1:19: unknown state 'complet'; did you mean 'complete'?\n"
         "1:34: unknown kind of capture 'logs'; did you mean 'log'?\n"},
        {"related: {kind: Pod, owned_by: x}", "1:1: source related may stand only in 'with'\n"},
        {"cel: ''", "1:7: 'cel' must be a string that is not empty\n"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        CLEANUP(fixture_done) Fixture f = fixture_new();
        CLEANUP(buf_done) Buf reports = BUF_INIT(1 << 16);
        buf_adds(&reports, "");
        (void)compile(&f, CASES[i].source, false, &reports);
        ck_assert_msg(str_is(buf_str(&reports), CASES[i].expected), "%s: got\n%s",
                      CASES[i].source, reports.data);
    }
}
END_TEST

START_TEST(errors_inside_expressions_point_into_the_file)
{
    static const struct {
        const char *source;
        unsigned line, column;
    } CASES[] = {
        {"cel: '1 +'", 1, 10},
        {"k8s:\n  kind: Pod\n  where: \"it.a == 'x' &&\"\n", 3, 25},
        {"k8s:\n  kind: Pod\n  where: |\n    it.a ==\n      )\n", 5, 7},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        CLEANUP(fixture_done) Fixture f = fixture_new();
        CLEANUP(buf_done) Buf reports = BUF_INIT(1 << 16);
        ck_assert_ptr_null(compile(&f, CASES[i].source, false, &reports));
        char place[32];
        (void)snprintf(place, sizeof place, "%u:%u:", CASES[i].line, CASES[i].column);
        ck_assert_msg(str_starts(buf_str(&reports), str_of(place)), "%zu: %s", i, reports.data);
    }
}
END_TEST

START_TEST(related_needs_exactly_one_relation)
{
    static const struct {
        const char *source;
        const char *expected;
    } CASES[] = {
        {"related: {selected_by: named}", "1:10: source related needs 'kind'\n"},
        {"related: {kind: Pod}", "1:10: source related needs exactly one of selected_by, selects, "
                                 "owned_by, owns, on_node, mounts, refers_to\n"},
        {"related: {kind: Pod, owns: a, mounts: b}",
         "1:10: source related needs exactly one of selected_by, selects, owned_by, owns, "
         "on_node, mounts, refers_to\n"},
        {"related: {kind: Pod, ownes: a}",
         "1:22: unknown key 'ownes' of source related; did you mean 'owns'?\n"
         "1:10: source related needs exactly one of selected_by, selects, owned_by, owns, "
         "on_node, mounts, refers_to\n"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        CLEANUP(fixture_done) Fixture f = fixture_new();
        CLEANUP(buf_done) Buf reports = BUF_INIT(1 << 16);
        ck_assert_ptr_null(compile(&f, CASES[i].source, true, &reports));
        ck_assert_msg(str_is(buf_str(&reports), CASES[i].expected), "%s", reports.data);
    }
}
END_TEST

START_TEST(related_follows_the_named_object)
{
    CLEANUP(fixture_done) Fixture f = fixture_new();
    add_cluster(&f);
    ck_assert_ok(demand_kind(f.demand, STR("Service"), &f.err), f.err);
    const Source *source = compile(&f, "related: {kind: Pod, selected_by: named}", true, NULL);
    load_with(&f, source);
    const Object *service = model_object(f.model, STR("Service"), STR("shop"), STR("web"));
    ck_assert_ptr_nonnull(service);
    named = value_of_node(service->node, &service->origin);
    Value pods = evaluate(&f, source);
    ck_assert_uint_eq(value_count(pods), 1);
    ck_assert(!value_is_incomplete(pods));
    CLEANUP(buf_done) Buf subject = BUF_INIT(1000);
    source_default_subject(source, value_item(pods, 0), 0, &subject);
    ck_assert_str_view(buf_str(&subject), "shop/web-1");
    named = value_int(3);
    ck_assert_str_eq(shown(&f, evaluate(&f, source)),
                     "error: 'named' is a int, not a Kubernetes object");
    named = value_missing(f.arena, "k8s:Service", STR("gone"), STR(""), STR(""));
    ck_assert_str_eq(shown(&f, evaluate(&f, source)), "unknown: gone");
}
END_TEST

START_TEST(an_unknown_predicate_makes_the_list_incomplete)
{
    CLEANUP(fixture_done) Fixture f = fixture_new();
    add_cluster(&f);
    const Source *source = compile(
        &f, "k8s: {kind: Pod, where: 'it.metadata.name == \"db-0\" || named == it.metadata.name'}",
        false, NULL);
    size_t count;
    const SourceName *names = source_names(source, &count);
    ck_assert_uint_eq(count, 1);
    ck_assert_str_view(names[0].name, "named");
    load_with(&f, source);
    named = value_missing(f.arena, "x", STR("not there"), STR(""), STR(""));
    Value pods = evaluate(&f, source);
    ck_assert_uint_eq(value_count(pods), 1);
    ck_assert(value_is_incomplete(pods));
}
END_TEST

START_TEST(values_cite_their_evidence)
{
    static const struct {
        const char *source;
        const char *path;       /* below the first element, joined by '.' */
        const char *member;
        const char *pointer;
        uint32_t line;
    } CASES[] = {
        {"k8s: {kind: Pod, name: db-0}", "spec.nodeName", "kubernetes/core/pods.json",
         "/items/1/spec/nodeName", 1},
        {"prometheus: config", "body.global.scrape_interval",
         "http/prometheus/m/p-1/config.json", "/data/yaml/global/scrape_interval", 2},
        {"document: {path: http/pilot/*/*/b.json}", "body.x", "http/pilot/m/q/b.json", "/x", 1},
        {"clocks: {subjects: apiserver}", "offset_s", "clocks.json", "/clocks/1/offset_s", 1},
        {"captures: {state: failed}", "reason", "manifest.json", "/captures/2", 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        CLEANUP(fixture_done) Fixture f = fixture_new();
        add_cluster(&f);
        const Source *source = compile(&f, CASES[i].source, false, NULL);
        load_with(&f, source);
        Value value = value_item(evaluate(&f, source), 0);
        const Origin *origin = value.origin;
        Str rest = str_of(CASES[i].path);
        for (Str key; str_cut(&rest, '.', &key);) {
            Value field;
            ck_assert_msg(value_field(value, key, &field), "%s", CASES[i].path);
            value = field;
            origin = value.origin ? value.origin : origin;
        }
        ck_assert_ptr_nonnull(origin);
        const Node *node = value.is_node ? value.node : value.source;
        Evidence cited;
        ck_assert_ok(evidence_cite(f.arena, origin, node, &cited), f.err);
        ck_assert_str_view(cited.member, CASES[i].member);
        ck_assert_str_view(cited.pointer, CASES[i].pointer);
        ck_assert_uint_eq(cited.line, CASES[i].line);
    }
}
END_TEST

START_TEST(elements_have_default_subjects)
{
    static const struct {
        const char *source;
        const char *expected;
    } CASES[] = {
        {"k8s: {kind: Pod, name: db-0}", "shop/db-0"},
        {"document: {path: http/pilot/*/*/b.json}", "m/q"},
        {"prometheus: targets", "m/p-1"},
        {"clocks: {subjects: node}", "node/n1"},
        {"limits: {container: d}", "shop/db-0/d"},
        {"captures: {state: failed}", "kubernetes/core/secrets.json#3"},
        {"cel: '[1, 2]'", "7"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        CLEANUP(fixture_done) Fixture f = fixture_new();
        add_cluster(&f);
        const Source *source = compile(&f, CASES[i].source, false, NULL);
        load_with(&f, source);
        CLEANUP(buf_done) Buf subject = BUF_INIT(1000);
        source_default_subject(source, value_item(evaluate(&f, source), 0), 7, &subject);
        ck_assert_str_view(buf_str(&subject), CASES[i].expected);
    }
}
END_TEST

START_TEST(sources_tell_what_they_need)
{
    static const struct {
        const char *source;
        const char *needs;
    } CASES[] = {
        {"k8s: {kind: [Pod, rule.config.istio.io, Pod]}", "k8s:Pod k8s:rule.config.istio.io "},
        {"document: {path: 'host/*'}", "document:host/* "},
        {"prometheus: config", "prometheus:config "},
        {"clocks: {}", "clocks "},
        {"limits: {labels: a}", "limits k8s:Pod "},
        {"fact: mesh", "fact:mesh "},
        {"captures: {}", "manifest "},
        {"related: {kind: Pod, owns: x}", "k8s:Pod "},
        {"cel: 'a.b + c'", ""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        CLEANUP(fixture_done) Fixture f = fixture_new();
        const Source *source = compile(&f, CASES[i].source, true, NULL);
        NeedList needs = {0};
        ck_assert_ok(source_needs(source, f.arena, &needs, &f.err), f.err);
        CLEANUP(buf_done) Buf text = BUF_INIT(1000);
        for (size_t k = 0; k < needs.count; k++)
            buf_printf(&text, "%.*s ", STR_ARG(needs.items[k]));
        ck_assert_str_view(buf_str(&text), CASES[i].needs);
    }
}
END_TEST

START_TEST(every_kind_of_source_is_documented)
{
    size_t count;
    const SourceDoc *docs = source_docs(&count);
    ck_assert_uint_ge(count, 9);
    for (size_t i = 0; i < count; i++) {
        ck_assert_ptr_nonnull(docs[i].kind);
        ck_assert_uint_gt(strlen(docs[i].help), 10);
    }
}
END_TEST

/* A glob over all components rests on a capture for each that has such a document. */
START_TEST(a_glob_over_components_is_covered_by_all_of_theirs)
{
    static const char *const OF[] = {"ingress", "egress", "sidecar"};
    for (size_t covered = 2; covered <= 3; covered++) {
        Fixture f = fixture_new();
        for (size_t i = 0; i < covered; i++)
            fixture_capture(&f, "http", arena_printf(f.arena, "http/%s/*/*/certs.json", OF[i]),
                            CAPTURE_COMPLETE, 0);
        const Source *source =
            compile(&f, "document: {path: 'http/*/*/*/certs.json'}", false, NULL);
        load_with(&f, source);
        Value value = evaluate(&f, source);
        if (covered == 3)
            ck_assert(value.type == VALUE_LIST && !value_is_incomplete(value));
        else
            ck_assert(value.type == VALUE_UNKNOWN || value_is_incomplete(value));
        fixture_done(&f);
    }
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("source");
    TCase *tcase = tcase_create("source");
    tcase_add_test(tcase, sources_give_values_with_their_state);
    tcase_add_test(tcase, without_a_manifest_captures_are_unknown);
    tcase_add_test(tcase, errors_of_sources_are_all_reported_with_their_place);
    tcase_add_test(tcase, errors_inside_expressions_point_into_the_file);
    tcase_add_test(tcase, related_needs_exactly_one_relation);
    tcase_add_test(tcase, related_follows_the_named_object);
    tcase_add_test(tcase, an_unknown_predicate_makes_the_list_incomplete);
    tcase_add_test(tcase, values_cite_their_evidence);
    tcase_add_test(tcase, elements_have_default_subjects);
    tcase_add_test(tcase, sources_tell_what_they_need);
    tcase_add_test(tcase, every_kind_of_source_is_documented);
    tcase_add_test(tcase, a_glob_over_components_is_covered_by_all_of_theirs);
    suite_add_tcase(suite, tcase);
    return suite;
}
