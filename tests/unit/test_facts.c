/* SPDX-License-Identifier: Apache-2.0 */
/* test_facts.c -- what is derived: from which evidence, and unknown where that is missing. */
#include "analyzer/model/facts.h"
#include "base/io.h"
#include "tests/unit/model_fixture.h"
#include "tests/unit/runner.h"

#include <string.h>

#define PODS "kubernetes/core/pods.json"
#define MAPS "kubernetes/core/configmaps.json"
#define SERVICES "kubernetes/core/services.json"
#define LIST(items) "{\"kind\":\"List\",\"items\":[" items "]}"
#define POD(ns, name, labels, containers)                                                     \
    "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"" name "\",\"namespace\":\"" ns              \
    "\",\"labels\":{" labels "}},\"spec\":{\"nodeName\":\"n1\",\"containers\":[" containers   \
    "]},\"status\":{\"phase\":\"Running\",\"conditions\":[{\"type\":\"Ready\",\"status\":"    \
    "\"True\"}]}}"
#define CONTAINER(name, image) "{\"name\":\"" name "\",\"image\":\"" image "\"}"
#define PILOT(image)                                                                           \
    POD("istio-system", "istio-pilot-1", "\"istio\":\"pilot\"",                              \
        CONTAINER("discovery", image) "," CONTAINER("istio-proxy", "docker.io/istio/proxyv2:0.8.0"))
#define CONFIG_MAP(ns, name, key, text)                                                        \
    "{\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"" name "\",\"namespace\":\"" ns         \
    "\"},\"data\":{\"" key "\":\"" text "\"}}"

typedef struct {
    const char *fact;
    const char *name;
    const char *members[6];     /* name and text by turns */
    const char *expected;       /* as JSON, items of a list joined; NULL: unknown */
    const char *reason;         /* part of a gap's */
    const char *pointer;        /* of the first item's origin; NULL: not looked at */
} FactCase;

static const FactCase CASES[] = {
    {"istio", "image tag", {PODS, LIST(PILOT("docker.io/istio/pilot:0.8.0"))},
     "{\"version\":\"0.8.0\",\"text\":\"0.8.0\",\"source\":\"image\","
     "\"pod\":\"istio-system/istio-pilot-1\"}",
     NULL, "/items/0/spec/containers/0/image"},
    {"istio", "a registry with a port and a digest",
     {PODS, LIST(PILOT("reg.example:5000/x/pilot:1.10.2-distroless@sha256:0123"))},
     "{\"version\":\"1.10.2\",\"text\":\"1.10.2-distroless\",\"source\":\"image\","
     "\"pod\":\"istio-system/istio-pilot-1\"}", NULL, NULL},
    {"istio", "chart's own tag", {PODS, LIST(PILOT("istio/pilot:0.8.latest"))},
     "{\"version\":\"0.8\",\"text\":\"0.8.latest\",\"source\":\"image\","
     "\"pod\":\"istio-system/istio-pilot-1\"}", NULL, NULL},
    {"istio", "/version", {PODS, LIST(PILOT("istio/pilot:latest")),
      "http/pilot/istio-system/istio-pilot-1/version.txt",
      "root@48d5ddfd72da-docker.io/istio-0.8.0-6f9f420f0c7119ff4fa6a1966a6f6d89b1b4db84-Clean"},
     "{\"version\":\"0.8.0\",\"text\":\"0.8.0\",\"source\":\"/version\","
     "\"pod\":\"istio-system/istio-pilot-1\"}", NULL, NULL},
    {"istio", "a host that looks like a version", {PODS, LIST(PILOT("istio/pilot:latest")),
      "http/pilot/istio-system/p/version.txt", "u@ip-10.1.2.3-hub-1.0.2-abc-Modified\n"},
     "{\"version\":\"1.0.2\",\"text\":\"1.0.2\",\"source\":\"/version\","
     "\"pod\":\"istio-system/p\"}", NULL, NULL},
    {"istio", "log", {PODS, LIST(PILOT("istio/pilot:6f9f420")),
      "http/pilot/istio-system/istio-pilot-1/version.txt", "unknown@unknown-unknown-unknown-unknown-unknown",
      "logs/istio-system/istio-pilot-1/discovery.log",
      "2018-06-14T08:03:01.123456Z\tinfo\tx\n"
      "2018-06-14T08:03:01.123456Z\tinfo\tVersion root@71a9-docker.io/istio-0.7.1-62110d-Clean\n"},
     "{\"version\":\"0.7.1\",\"text\":\"0.7.1\",\"source\":\"log\","
     "\"pod\":\"istio-system/istio-pilot-1\"}", NULL, NULL},
    {"istio", "the proxy beside Pilot", {PODS, LIST(PILOT("istio/pilot:latest"))},
     "{\"version\":\"0.8.0\",\"text\":\"0.8.0\",\"source\":\"image\","
     "\"pod\":\"istio-system/istio-pilot-1\"}", NULL, NULL},
    {"istio", "no version anywhere",
     {PODS, LIST(POD("istio-system", "istio-pilot-1", "\"istio\":\"pilot\"",
                     CONTAINER("discovery", "istio/pilot:latest")))}, NULL,
     "names a version", NULL},
    {"istio", "no Pilot", {PODS, LIST("")}, NULL, "no pod of Pilot exists", NULL},
    {"istio", "another part, for Pilot is gone",
     {PODS, LIST(POD("istio-system", "istio-citadel-1", "\"istio\":\"citadel\"",
                     CONTAINER("citadel", "docker.io/istio/citadel:0.8.0")) ","
                 POD("default", "a", "\"app\":\"a\"",
                     CONTAINER("istio-proxy", "docker.io/istio/proxyv2:0.7.1")))},
     "{\"version\":\"0.8.0\",\"text\":\"0.8.0\",\"source\":\"image\","
     "\"pod\":\"istio-system/istio-citadel-1\"}", NULL, NULL},
    {"istio", "a sidecar, for nothing else is left",
     {PODS, LIST(POD("default", "a", "\"app\":\"a\"",
                     CONTAINER("istio-proxy", "docker.io/istio/proxyv2:0.8.0")))},
     "{\"version\":\"0.8.0\",\"text\":\"0.8.0\",\"source\":\"image\","
     "\"pod\":\"default/a\"}", NULL, NULL},
    {"istio", "pods unknown", {NULL}, NULL, "not collected", NULL},
    {"istio.namespace", "by Pilot's pods",
     {PODS, LIST(POD("mesh", "p", "\"istio\":\"pilot\"", CONTAINER("discovery", "x")))},
     "\"mesh\"", NULL, NULL},
    {"istio.namespace", "by default", {PODS, LIST("")}, "\"istio-system\"", NULL, NULL},
    {"kubernetes", "of the API server",
     {"kubernetes/version.json", "{\"major\":\"1\",\"gitVersion\":\"v1.9.7-gke.3\"}"},
     "{\"version\":\"1.9.7\",\"text\":\"v1.9.7-gke.3\",\"source\":\"API server\"}", NULL,
     "/gitVersion"},
    {"kubernetes", "not there", {NULL}, NULL, "not collected: kubernetes/version.json", NULL},
    {"kubernetes", "not readable", {"kubernetes/version.json", "{"}, NULL, "malformed", NULL},
    {"kubernetes", "no version in it", {"kubernetes/version.json", "{}"}, NULL,
     "cannot be read", NULL},
    {"mesh", "parsed",
     {PODS, LIST(""), MAPS,
      LIST(CONFIG_MAP("other", "istio", "mesh", "x: 1") ","
           CONFIG_MAP("istio-system", "istio", "mesh",
                      "authPolicy: MUTUAL_TLS\\ndefaultConfig:\\n  drainDuration: 45s\\n"))},
     "{\"authPolicy\":\"MUTUAL_TLS\",\"defaultConfig\":{\"drainDuration\":\"45s\"}}", NULL,
     "/items/1/data/mesh"},
    {"mesh", "no ConfigMap", {PODS, LIST(""), MAPS, LIST("")}, NULL,
     "there is no ConfigMap istio in istio-system", NULL},
    {"mesh", "no key", {PODS, LIST(""), MAPS, LIST(CONFIG_MAP("istio-system", "istio", "m", "x"))},
     NULL, "no text under the key mesh", NULL},
    {"mesh", "no YAML",
     {PODS, LIST(""), MAPS, LIST(CONFIG_MAP("istio-system", "istio", "mesh", "a: [1"))}, NULL,
     "is no YAML: line", NULL},
    {"mesh", "no map", {PODS, LIST(""), MAPS, LIST(CONFIG_MAP("istio-system", "istio", "mesh", "x"))},
     NULL, "is no map", NULL},
    {"mesh", "unknown", {NULL}, NULL, "not collected: " MAPS, NULL},
    {"mesh.effective", "with defaults",
     {PODS, LIST(""), MAPS,
      LIST(CONFIG_MAP("istio-system", "istio", "mesh",
                      "rdsRefreshDelay: 10s\\ndefaultConfig: {drainDuration: 45s}\\n"))},
     "{\"rdsRefreshDelay\":\"10s\",\"authPolicy\":\"NONE\",\"connectTimeout\":\"1s\","
     "\"accessLogFile\":\"/dev/stdout\",\"defaultConfig\":{\"drainDuration\":\"45s\","
     "\"discoveryRefreshDelay\":\"1s\",\"parentShutdownDuration\":\"3s\","
     "\"discoveryAddress\":\"istio-pilot:15007\",\"zipkinAddress\":\"\","
     "\"controlPlaneAuthPolicy\":\"NONE\"}}", NULL, NULL},
    {"mesh.effective", "unknown", {NULL}, NULL, "not collected", NULL},
    {"injector", "under the name that it had before 0.8",
     {PODS, LIST(""), MAPS,
      LIST(CONFIG_MAP("istio-system", "istio-inject", "config", "policy: disabled\\n"))},
     "{\"policy\":\"disabled\"}", NULL, "/items/0/data/config"},
    {"injector", "parsed",
     {PODS, LIST(""), MAPS,
      LIST(CONFIG_MAP("istio-system", "istio-sidecar-injector", "config",
                      "policy: enabled\\ntemplate: |-\\n  x: {{ y }}\\n"))},
     "{\"policy\":\"enabled\",\"template\":\"x: {{ y }}\"}", NULL, NULL},
    {"cluster.service_cidrs", "by flag",
     {PODS, LIST("{\"metadata\":{\"name\":\"kube-apiserver-m\",\"namespace\":\"kube-system\"},"
                 "\"spec\":{\"containers\":[{\"name\":\"kube-apiserver\",\"command\":"
                 "[\"kube-apiserver\",\"--service-cluster-ip-range=10.96.0.0/12,fd00::/108\"]}]}}"),
      SERVICES, LIST("")},
     "{\"cidr\":\"10.96.0.0/12\",\"source\":\"flag\"}{\"cidr\":\"fd00::/108\",\"source\":\"flag\"}",
     NULL, "/items/0/spec/containers/0/command/1"},
    {"cluster.service_cidrs", "by a flag of two words",
     {PODS, LIST("{\"metadata\":{\"name\":\"c\",\"namespace\":\"kube-system\"},"
                 "\"spec\":{\"containers\":[{\"name\":\"kube-controller-manager\",\"args\":"
                 "[\"--service-cluster-ip-range\",\"10.0.0.0/16\"]}]}}"), SERVICES, LIST("")},
     "{\"cidr\":\"10.0.0.0/16\",\"source\":\"flag\"}", NULL, NULL},
    {"cluster.service_cidrs", "by kubeadm",
     {PODS, LIST(""), SERVICES, LIST(""), MAPS,
      LIST(CONFIG_MAP("kube-system", "kubeadm-config", "ClusterConfiguration",
                      "networking:\\n  serviceSubnet: 10.32.0.0/12\\n"))},
     "{\"cidr\":\"10.32.0.0/12\",\"source\":\"config\"}", NULL, NULL},
    {"cluster.service_cidrs", "inferred",
     {PODS, LIST(""), MAPS, LIST(""), SERVICES,
      LIST("{\"metadata\":{\"name\":\"a\"},\"spec\":{\"clusterIP\":\"10.96.0.1\"}},"
           "{\"metadata\":{\"name\":\"b\"},\"spec\":{\"clusterIP\":\"10.107.3.4\"}},"
           "{\"metadata\":{\"name\":\"c\"},\"spec\":{\"clusterIP\":\"None\"}},"
           "{\"metadata\":{\"name\":\"d\"},\"spec\":{\"clusterIP\":\"fd00:1::5\"}}")},
     "{\"cidr\":\"10.96.0.0/12\",\"source\":\"inferred\"}"
     "{\"cidr\":\"fd00:1::/112\",\"source\":\"inferred\"}", NULL, NULL},
    {"cluster.service_cidrs", "of one service",
     {PODS, LIST(""), MAPS, LIST(""), SERVICES,
      LIST("{\"metadata\":{\"name\":\"a\"},\"spec\":{\"clusterIP\":\"10.96.0.1\"}}")},
     "{\"cidr\":\"10.96.0.0/16\",\"source\":\"inferred\"}", NULL, NULL},
    {"cluster.service_cidrs", "nothing to go by", {PODS, LIST(""), MAPS, LIST(""), SERVICES, LIST("")},
     NULL, "no flag of kube-apiserver", NULL},
    {"cluster.service_cidrs", "unknown", {NULL}, NULL, "not collected: " SERVICES, NULL},
    {"components", "by the table",
     {PODS, LIST(PILOT("istio/pilot:0.8.0") ","
                 POD("shop", "web", "\"istio\":\"pilot\"", CONTAINER("c", "web:1")))},
     "{\"pilot\":{\"pods\":[{\"namespace\":\"istio-system\",\"name\":\"istio-pilot-1\","
     "\"phase\":\"Running\",\"ready\":true,\"image\":\"istio/pilot:0.8.0\",\"version\":\"0.8.0\"}],"
     "\"versions\":[\"0.8.0\"]}}", NULL, NULL},
    {"components", "ready by what runs, where no condition tells",
     {PODS, LIST("{\"metadata\":{\"name\":\"p\",\"namespace\":\"istio-system\",\"labels\":{\"istio\":\"pilot\"}},"
                 "\"spec\":{\"containers\":[{\"name\":\"discovery\",\"image\":\"x\"}]},"
                 "\"status\":{\"phase\":\"Running\",\"containerStatuses\":[{\"ready\":true}]}},"
                 "{\"metadata\":{\"name\":\"q\",\"namespace\":\"istio-system\",\"labels\":{\"istio\":\"pilot\"}},"
                 "\"spec\":{\"containers\":[{\"name\":\"discovery\",\"image\":\"x\"}]},"
                 "\"status\":{\"phase\":\"Running\",\"containerStatuses\":[{\"ready\":false}]}}")},
     "{\"pilot\":{\"pods\":[{\"namespace\":\"istio-system\",\"name\":\"p\",\"phase\":\"Running\",\"ready\":true,\"image\":\"x\"},"
     "{\"namespace\":\"istio-system\",\"name\":\"q\",\"phase\":\"Running\",\"ready\":false,\"image\":\"x\"}],\"versions\":[]}}", NULL, NULL},
    {"components", "none", {PODS, LIST("")}, "{}", NULL, NULL},
    {"components", "unknown", {NULL}, NULL, "not collected", NULL},
    {"proxies", "flags",
     {PODS, LIST("{\"metadata\":{\"name\":\"w\",\"namespace\":\"s\"},\"spec\":{\"nodeName\":\"n\","
                 "\"containers\":[{\"name\":\"istio-proxy\",\"image\":\"istio/proxyv2:0.8.0\",\"args\":"
                 "[\"proxy\",\"sidecar\",\"--discoveryRefreshDelay\",\"1s\",\"--x=y\",\"--on\","
                 "\"--discoveryRefreshDelay\",\"2s\"]}]}}")},
     "{\"namespace\":\"s\",\"pod\":\"w\",\"node\":\"n\",\"container\":\"istio-proxy\","
     "\"role\":\"sidecar\",\"image\":\"istio/proxyv2:0.8.0\",\"version\":\"0.8.0\",\"args\":"
     "{\"discoveryRefreshDelay\":\"1s\",\"x\":\"y\",\"on\":\"true\"}}", NULL,
     "/items/0/spec/containers/0"},
    {"injection.namespaces", "by label",
     {"kubernetes/core/namespaces.json",
      LIST("{\"metadata\":{\"name\":\"a\",\"labels\":{\"istio-injection\":\"enabled\"}}},"
           "{\"metadata\":{\"name\":\"b\",\"labels\":{\"istio-injection\":\"disabled\","
           "\"istio.io/rev\":\"x\"}}},{\"metadata\":{\"name\":\"c\"}},"
           "{\"metadata\":{\"name\":\"d\",\"labels\":{\"istio.io/rev\":\"x\"}}}")},
     "{\"kind\":\"Namespace\",\"metadata\":{\"name\":\"a\",\"labels\":"
     "{\"istio-injection\":\"enabled\"}}}{\"kind\":\"Namespace\",\"metadata\":"
     "{\"name\":\"d\",\"labels\":{\"istio.io/rev\":\"x\"}}}", NULL, NULL},
};

static const char *
shown(Fixture *f, const Fact *fact)
{
    CLEANUP(buf_done) Buf text = BUF_INIT(1 << 20);
    for (size_t i = 0; i < fact->count; i++) {
        const Node *node = fact->items[i].node;
        node_write_json(node, 0, &text);
    }
    buf_adds(&text, "");
    return arena_cstr(f->arena, buf_str(&text));
}

START_TEST(facts_are_derived_or_unknown)
{
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        const FactCase *c = &CASES[i];
        CLEANUP(fixture_done) Fixture f = fixture_new();
        ck_assert_ptr_nonnull(memory_feed_manifest(f.memory));
        for (size_t k = 0; k < 6 && c->members[k]; k += 2) {
            fixture_member(&f, c->members[k], c->members[k + 1]);
            fixture_capture(&f, "k8s-list", c->members[k], CAPTURE_COMPLETE, 0);
        }
        ck_assert_ok(demand_fact(f.demand, str_of(c->fact), &f.err), f.err);
        fixture_load(&f);
        Fact fact;
        ck_assert_ok(model_fact(f.model, str_of(c->fact), &fact, &f.err), f.err);
        const char *gaps = fixture_gaps(&f, fact.gap);
        ck_assert_msg((fact.state == EVIDENCE_UNKNOWN) == (c->expected == NULL), "%s %s: %s %s",
                      c->fact, c->name, shown(&f, &fact), gaps);
        ck_assert_int_eq(fact.gap == NULL, fact.state == EVIDENCE_COMPLETE);
        if (c->expected)
            ck_assert_msg(strcmp(shown(&f, &fact), c->expected) == 0, "%s %s: got %s", c->fact,
                          c->name, shown(&f, &fact));
        if (c->reason)
            ck_assert_msg(strstr(gaps, c->reason) != NULL, "%s %s: got %s", c->fact, c->name, gaps);
        if (c->pointer)
            ck_assert_str_view(fact.items[0].origin.pointer, c->pointer);
    }
}
END_TEST

START_TEST(injected_pods_are_those_of_applications)
{
    static const char PODS_TEXT[] = LIST(
        PILOT("istio/pilot:0.8.0") ","
        POD("shop", "plain", "", CONTAINER("c", "web:1")) ","
        POD("shop", "meshed", "", CONTAINER("c", "web:1") ","
                                  CONTAINER("istio-proxy", "istio/proxyv2:0.8.0")) ","
        POD("istio-system", "gw", "\"istio\":\"ingressgateway\"",
            CONTAINER("istio-proxy", "istio/proxyv2:0.8.0")));
    for (int partial = 0; partial < 2; partial++) {
        CLEANUP(fixture_done) Fixture f = fixture_new();
        fixture_member(&f, PODS, PODS_TEXT);
        fixture_capture(&f, "k8s-list", PODS, partial ? CAPTURE_PARTIAL : CAPTURE_COMPLETE,
                        partial ? CAPTURE_CLASS_EXPIRED : CAPTURE_CLASS_NONE);
        ck_assert_ok(demand_fact(f.demand, STR("injected_pods"), &f.err), f.err);
        ck_assert_ok(demand_fact(f.demand, STR("components"), &f.err), f.err);
        fixture_load(&f);
        Fact fact;
        ck_assert_ok(model_fact(f.model, STR("injected_pods"), &fact, &f.err), f.err);
        ck_assert_uint_eq(fact.count, 1);
        ck_assert_str_view(node_string(node_path(fact.items[0].node, "metadata.name")), "meshed");
        ck_assert_int_eq(fact.state, partial ? EVIDENCE_INCOMPLETE : EVIDENCE_COMPLETE);
        ck_assert_ok(model_fact(f.model, STR("components"), &fact, &f.err), f.err);
        ck_assert_int_eq(fact.state, partial ? EVIDENCE_UNKNOWN : EVIDENCE_COMPLETE);
    }
}
END_TEST

START_TEST(the_manifest_may_tell_the_version)
{
    CLEANUP(fixture_done) Fixture f = fixture_new();
    Manifest *manifest = memory_feed_manifest(f.memory);
    ManifestPair *pair = VEC_PUSH(f.arena, &manifest->cluster);
    *pair = (ManifestPair){STR("server_version"), STR("v1.10.2")};
    ck_assert_ok(demand_fact(f.demand, STR("kubernetes"), &f.err), f.err);
    fixture_load(&f);
    Fact fact;
    ck_assert_ok(model_fact(f.model, STR("kubernetes"), &fact, &f.err), f.err);
    ck_assert_str_view(node_string(node_get(fact.items[0].node, STR("version"))), "1.10.2");
}
END_TEST

/* Objects of every wrong shape: no fact may be derived wrongly, and nothing may break. */
START_TEST(objects_of_the_wrong_shape_break_nothing)
{
    static const char *const SHAPES[] = {
        "null", "1", "\"x\"", "[]", "{}", "[null]", "[1]", "[[]]", "[{}]", "{\"a\":1}", "true",
        "[{\"name\":1,\"image\":[]}]", "[{\"name\":\"discovery\"}]", "-1", "1e300",
    };
    static const char *const PLACES[] = {
        "{\"metadata\":%s}",
        "{\"metadata\":{\"name\":\"a\",\"namespace\":%s}}",
        "{\"metadata\":{\"name\":\"a\",\"labels\":%s},\"spec\":{}}",
        "{\"metadata\":{\"name\":\"a\",\"ownerReferences\":%s}}",
        "{\"metadata\":{\"name\":\"a\"},\"spec\":%s}",
        "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"containers\":%s}}",
        "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"selector\":%s,\"nodeName\":%s}}",
        ("{\"metadata\":{\"name\":\"a\",\"namespace\":\"istio-system\",\"labels\":"
         "{\"istio\":\"pilot\"}},\"spec\":{\"containers\":%s},\"status\":%s}"),
        "{\"metadata\":{\"name\":\"istio\",\"namespace\":\"istio-system\"},\"data\":%s}",
        "{\"metadata\":{\"name\":\"a\"},\"status\":%s,\"webhooks\":%s}",
        "%s",
    };
    static const char *const MEMBERS[] = {
        PODS, MAPS, SERVICES, "kubernetes/core/namespaces.json", "kubernetes/apps/replicasets.json",
    };
    for (size_t i = 0; i < sizeof SHAPES / sizeof *SHAPES; i++) {
        for (size_t k = 0; k < sizeof PLACES / sizeof *PLACES; k++) {
            CLEANUP(fixture_done) Fixture f = fixture_new();
            Str rest = str_of(PLACES[k]);
            CLEANUP(buf_done) Buf text = BUF_INIT(1 << 16);
            buf_adds(&text, "[");
            for (size_t at; str_find(rest, STR("%s"), &at); rest = str_from(rest, at + 2)) {
                buf_add_str(&text, str_head(rest, at));
                buf_adds(&text, SHAPES[i]);
            }
            buf_add_str(&text, rest);
            buf_adds(&text, "]");
            for (size_t m = 0; m < sizeof MEMBERS / sizeof *MEMBERS; m++)
                fixture_member(&f, MEMBERS[m], text.data);
            fixture_member(&f, "kubernetes/version.json", SHAPES[i]);
            fixture_member(&f, "kubernetes/discovery.json", SHAPES[i]);
            for (size_t n = 0; n < FACT_COUNT; n++)
                ck_assert_ok(demand_fact(f.demand, str_of(FACTS[n].name), &f.err), f.err);
            ck_assert_ok(demand_kind(f.demand, STR("ReplicaSet"), &f.err), f.err);
            fixture_load(&f);
            for (size_t n = 0; n < FACT_COUNT; n++) {
                Fact fact;
                ck_assert_ok(model_fact(f.model, str_of(FACTS[n].name), &fact, &f.err), f.err);
            }
            Objects pods, found;
            ck_assert_ok(model_objects(f.model, STR("Pod"), NULL, &pods, &f.err), f.err);
            for (size_t p = 0; p < pods.count; p++)
                for (Relation r = 0; r < RELATION_COUNT; r++)
                    ck_assert_ok(model_related(f.model, r, STR("ReplicaSet"),
                                               pods.items[p]->node, &found, &f.err), f.err);
        }
    }
}
END_TEST

START_TEST(every_fact_is_described_and_needs_something)
{
    for (size_t i = 0; i < FACT_COUNT; i++) {
        ck_assert_uint_gt(strlen(FACTS[i].help), 10);
        ck_assert_uint_gt(strlen(FACTS[i].shape), 2);
        ck_assert_ptr_nonnull(FACTS[i].needs[0].text);
        ck_assert_ptr_eq(fact_row(str_of(FACTS[i].name)), &FACTS[i]);
        ck_assert_str_eq(fact_names()[i], FACTS[i].name);
    }
    ck_assert_ptr_null(fact_names()[FACT_COUNT]);
    ck_assert_ptr_null(fact_row(STR("nothing")));
}
END_TEST

/* A text of a table in Markdown, where '|' ends a cell. */
static void
add_cell(Buf *out, const char *text)
{
    for (; *text; text++)
        buf_printf(out, *text == '|' ? "\\%c" : "%c", *text);
}

START_TEST(the_page_of_facts_is_the_table)
{
    static const char *const WORDS[] = {[FACT_NEEDS_KIND] = "k8s",
                                        [FACT_NEEDS_DOCUMENT] = "document",
                                        [FACT_NEEDS_LOG_HEAD] = "log",
                                        [FACT_NEEDS_FACT] = "fact"};
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Err err = {0};
    Str page;
    size_t at;
    ck_assert_ok(io_read_file(arena, arena_printf(arena, "%s/docs/facts.md", unit_source_folder()),
                              1 << 20, &page, &err), err);
    for (size_t i = 0; i < FACT_COUNT; i++) {
        CLEANUP(buf_done) Buf row = BUF_INIT(1 << 16);
        buf_printf(&row, "| `%s` | `", FACTS[i].name);
        add_cell(&row, FACTS[i].shape);
        buf_printf(&row, "` | %s | ", FACTS[i].help);
        for (const FactNeed *need = FACTS[i].needs; need->text; need++)
            buf_printf(&row, "%s%s `%s`", need == FACTS[i].needs ? "" : ", ", WORDS[need->type],
                       need->text);
        buf_adds(&row, " |\n");
        ck_assert_msg(str_find(page, buf_str(&row), &at), "docs/facts.md lacks: %s", row.data);
    }
    for (size_t i = 0; i < RELATION_COUNT; i++) {
        CLEANUP(buf_done) Buf row = BUF_INIT(1 << 16);
        buf_printf(&row, "| `%s` | %s |\n", RELATIONS[i].name, RELATIONS[i].help);
        ck_assert_msg(str_find(page, buf_str(&row), &at), "docs/facts.md lacks: %s", row.data);
    }
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("facts");
    TCase *tcase = tcase_create("facts");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, facts_are_derived_or_unknown);
    tcase_add_test(tcase, injected_pods_are_those_of_applications);
    tcase_add_test(tcase, the_manifest_may_tell_the_version);
    tcase_add_test(tcase, objects_of_the_wrong_shape_break_nothing);
    tcase_add_test(tcase, the_page_of_facts_is_the_table);
    tcase_add_test(tcase, every_fact_is_described_and_needs_something);
    suite_add_tcase(suite, tcase);
    return suite;
}
