/* SPDX-License-Identifier: Apache-2.0 */
/* test_relation.c -- objects tied to one another, with the holes in what ties them. */
#include "tests/unit/model_fixture.h"
#include "tests/unit/runner.h"

#include <string.h>

#define LIST(items) "{\"kind\":\"List\",\"items\":[" items "]}"
#define OBJECT(kind, ns, name, more) \
    "{\"kind\":\"" kind "\",\"metadata\":{\"name\":\"" name "\",\"namespace\":\"" ns "\"" more
#define LABELS(labels) ",\"labels\":{" labels "}}"
#define OWNER(kind, name) ",\"ownerReferences\":[{\"kind\":\"" kind "\",\"name\":\"" name "\"}]}"
#define POD_LABELS "\"app\":\"web\",\"v\":\"1\""

static const struct {
    const char *member;
    const char *text;
} CLUSTER[] = {
    {"kubernetes/core/pods.json",
     LIST(OBJECT("Pod", "a", "web-1",
                 ",\"labels\":{" POD_LABELS "},\"ownerReferences\":[{\"kind\":\"ReplicaSet\","
                 "\"name\":\"web-rs\",\"uid\":\"u-rs\"}]}")
          ",\"spec\":{\"nodeName\":\"n1\",\"serviceAccountName\":\"sa\",\"volumes\":["
          "{\"name\":\"x\",\"configMap\":{\"name\":\"cfg\"}},"
          "{\"name\":\"y\",\"projected\":{\"sources\":[{\"secret\":{\"name\":\"tls\"}}]}}],"
          "\"containers\":[{\"name\":\"c\",\"env\":[{\"name\":\"E\",\"valueFrom\":"
          "{\"configMapKeyRef\":{\"name\":\"env\",\"key\":\"k\"}}}]}]}},"
          OBJECT("Pod", "a", "web-2", LABELS("\"app\":\"web\",\"v\":\"2\""))
          ",\"spec\":{\"nodeName\":\"n2\"}},"
          OBJECT("Pod", "b", "web-3", LABELS(POD_LABELS)) "},"
          OBJECT("Pod", "a", "job-1", OWNER("Job", "gone")) "},"
          OBJECT("Pod", "a", "mirror", OWNER("Node", "n1")) "}")},
    {"kubernetes/core/services.json",
     LIST(OBJECT("Service", "a", "web", "}") ",\"spec\":{\"selector\":{\"app\":\"web\"}}},"
          OBJECT("Service", "a", "one", "}")
          ",\"spec\":{\"selector\":{\"app\":\"web\",\"v\":\"1\"}}},"
          OBJECT("Service", "a", "none", "}") ",\"spec\":{\"selector\":{}}},"
          OBJECT("Service", "a", "headless", "}") ",\"spec\":{}}")},
    {"kubernetes/core/nodes.json",
     LIST("{\"kind\":\"Node\",\"metadata\":{\"name\":\"n1\"}},"
          "{\"kind\":\"Node\",\"metadata\":{\"name\":\"n2\"}}")},
    {"kubernetes/core/configmaps.json",
     LIST(OBJECT("ConfigMap", "a", "cfg", "}") "}," OBJECT("ConfigMap", "a", "env", "}") "},"
          OBJECT("ConfigMap", "b", "cfg", "}") "}")},
    {"kubernetes/core/secrets.json", LIST(OBJECT("Secret", "a", "tls", "}") "}")},
    {"kubernetes/core/serviceaccounts.json", LIST(OBJECT("ServiceAccount", "a", "sa", "}") "}")},
    {"kubernetes/apps/replicasets.json",
     LIST(OBJECT("ReplicaSet", "a", "web-rs",
                 ",\"uid\":\"u-rs\",\"ownerReferences\":[{\"kind\":\"Deployment\",\"name\":"
                 "\"web\",\"uid\":\"u-d\"}]}")
          ",\"spec\":{\"selector\":{\"matchLabels\":{\"app\":\"web\"},\"matchExpressions\":"
          "[{\"key\":\"v\",\"operator\":\"NotIn\",\"values\":[\"2\"]}]}}}")},
    {"kubernetes/apps/deployments.json",
     LIST(OBJECT("Deployment", "a", "web", ",\"uid\":\"u-d\"}")
          ",\"spec\":{\"template\":{\"spec\":{\"volumes\":[{\"configMap\":{\"name\":\"cfg\"}}]}}}}")},
    {"kubernetes/networking.istio.io/virtualservices.json",
     LIST(OBJECT("VirtualService", "a", "vs", "}")
          ",\"spec\":{\"hosts\":[\"*\",\"web\"],\"gateways\":[\"mesh\",\"gw\",\"b/other\"],"
          "\"http\":[{\"route\":[{\"destination\":{\"host\":\"one.a.svc.cluster.local\"}}]}]}}")},
    {"kubernetes/networking.istio.io/gateways.json",
     LIST(OBJECT("Gateway", "b", "other", "}") ",\"spec\":{\"selector\":{\"v\":\"1\"}}},"
          OBJECT("Gateway", "a", "gw", "}") ",\"spec\":{\"selector\":{\"v\":\"2\"}}}")},
    {"kubernetes/config.istio.io/rules.json",
     LIST(OBJECT("rule", "i", "promhttp", "}")
          ",\"spec\":{\"actions\":[{\"handler\":\"prom.prometheus\",\"instances\":"
          "[\"count.metric.i\",\"size.metric\"]}]}}")},
    {"kubernetes/config.istio.io/prometheuses.json", LIST(OBJECT("prometheus", "i", "prom", "}") "}")},
    {"kubernetes/config.istio.io/metrics.json",
     LIST(OBJECT("metric", "i", "count", "}") "}," OBJECT("metric", "i", "size", "}") "},"
          OBJECT("metric", "i", "unused", "}") "}")},
    {"kubernetes/admissionregistration.k8s.io/mutatingwebhookconfigurations.json",
     LIST("{\"kind\":\"MutatingWebhookConfiguration\",\"metadata\":{\"name\":\"inj\"},"
          "\"webhooks\":[{\"clientConfig\":{\"service\":{\"name\":\"web\",\"namespace\":\"a\"}},"
          "\"namespaceSelector\":{\"matchLabels\":{\"inject\":\"on\"}}}]}")},
    {"kubernetes/core/namespaces.json",
     LIST("{\"kind\":\"Namespace\",\"metadata\":{\"name\":\"a\",\"labels\":{\"inject\":\"on\"}}},"
          "{\"kind\":\"Namespace\",\"metadata\":{\"name\":\"b\"}}")},
};

static const struct {
    const char *kind;       /* of the answer */
    Relation relation;
    const char *of_kind, *of_ns, *of_name;
    const char *expected;   /* "ns/name " of each */
    bool incomplete;
} CASES[] = {
    {"Pod", RELATION_SELECTED_BY, "Service", "a", "web", "a/web-1 a/web-2 ", false},
    {"Pod", RELATION_SELECTED_BY, "Service", "a", "one", "a/web-1 ", false},
    {"Pod", RELATION_SELECTED_BY, "Service", "a", "none", "", false},
    {"Pod", RELATION_SELECTED_BY, "Service", "a", "headless", "", false},
    {"Pod", RELATION_SELECTED_BY, "ReplicaSet", "a", "web-rs", "a/web-1 ", false},
    {"Pod", RELATION_SELECTED_BY, "Gateway", "b", "other", "a/web-1 b/web-3 ", false},
    {"Namespace", RELATION_SELECTED_BY, "MutatingWebhookConfiguration", "", "inj", "/a ", false},
    {"Service", RELATION_SELECTS, "Pod", "a", "web-1", "a/one a/web ", false},
    {"Service", RELATION_SELECTS, "Pod", "a", "web-2", "a/web ", false},
    {"Service", RELATION_SELECTS, "Pod", "b", "web-3", "", false},
    {"Gateway", RELATION_SELECTS, "Pod", "a", "web-1", "b/other ", false},
    {"ReplicaSet", RELATION_SELECTS, "Pod", "a", "web-2", "", false},
    {"Pod", RELATION_ON_NODE, "Node", "", "n1", "a/web-1 ", false},
    {"Node", RELATION_ON_NODE, "Pod", "a", "web-2", "/n2 ", false},
    {"Node", RELATION_ON_NODE, "Pod", "b", "web-3", "", false},
    {"Pod", RELATION_MOUNTS, "ConfigMap", "a", "cfg", "a/web-1 ", false},
    {"Deployment", RELATION_MOUNTS, "ConfigMap", "a", "cfg", "a/web ", false},
    {"Pod", RELATION_MOUNTS, "ConfigMap", "b", "cfg", "", false},
    {"Pod", RELATION_MOUNTS, "ConfigMap", "a", "env", "", false},
    {"Pod", RELATION_MOUNTS, "Secret", "a", "tls", "a/web-1 ", false},
    {"Secret", RELATION_MOUNTS, "Pod", "a", "web-1", "a/tls ", false},
    {"ConfigMap", RELATION_MOUNTS, "Pod", "a", "web-1", "a/cfg ", false},
    {"Pod", RELATION_REFERS_TO, "ConfigMap", "a", "env", "a/web-1 ", false},
    {"Pod", RELATION_REFERS_TO, "ServiceAccount", "a", "sa", "a/web-1 ", false},
    {"VirtualService", RELATION_REFERS_TO, "Service", "a", "web", "a/vs ", false},
    {"VirtualService", RELATION_REFERS_TO, "Service", "a", "one", "a/vs ", false},
    {"VirtualService", RELATION_REFERS_TO, "Service", "a", "none", "", false},
    {"VirtualService", RELATION_REFERS_TO, "Gateway", "b", "other", "a/vs ", false},
    {"Gateway", RELATION_REFERS_TO, "VirtualService", "a", "vs", "a/gw b/other ", false},
    {"metric", RELATION_REFERS_TO, "rule", "i", "promhttp", "i/count i/size ", false},
    {"rule", RELATION_REFERS_TO, "prometheus", "i", "prom", "i/promhttp ", false},
    {"rule", RELATION_REFERS_TO, "metric", "i", "unused", "", false},
    {"MutatingWebhookConfiguration", RELATION_REFERS_TO, "Service", "a", "web", "/inj ", false},
    {"Deployment", RELATION_OWNS, "Pod", "a", "web-1", "a/web ", false},
    {"ReplicaSet", RELATION_OWNS, "Pod", "a", "web-1", "a/web-rs ", false},
    {"Deployment", RELATION_OWNS, "Pod", "a", "web-2", "", false},
    {"Deployment", RELATION_OWNS, "Pod", "a", "job-1", "", true},
    {"Deployment", RELATION_OWNS, "Pod", "a", "mirror", "", false},
    {"Pod", RELATION_OWNED_BY, "Deployment", "a", "web", "a/web-1 ", true},
    {"ReplicaSet", RELATION_OWNED_BY, "Deployment", "a", "web", "a/web-rs ", false},
};

static void
load_cluster(Fixture *f)
{
    static const char *const KINDS[] = {
        "Pod", "Service", "Node", "ConfigMap", "Secret", "ServiceAccount", "VirtualService",
        "Gateway", "rule", "prometheus", "metric", "MutatingWebhookConfiguration", "Namespace",
    };
    for (size_t i = 0; i < sizeof CLUSTER / sizeof *CLUSTER; i++)
        fixture_member(f, CLUSTER[i].member, CLUSTER[i].text);
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
        ck_assert_ok(demand_kind(f->demand, str_of(KINDS[i]), &f->err), f->err);
    ck_assert_ok(demand_relation(f->demand, RELATION_OWNS, &f->err), f->err);
    fixture_load(f);
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        Objects objects;
        ck_assert_ok(model_objects(f->model, str_of(KINDS[i]), NULL, &objects, &f->err), f->err);
        ck_assert_msg(objects.state == EVIDENCE_COMPLETE, "%s", fixture_gaps(f, objects.gap));
    }
}

START_TEST(relations_find_what_is_tied)
{
    CLEANUP(fixture_done) Fixture f = fixture_new();
    load_cluster(&f);
    for (int again = 0; again < 2; again++) {
        for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
            const Object *of = model_object(f.model, str_of(CASES[i].of_kind),
                                            str_of(CASES[i].of_ns), str_of(CASES[i].of_name));
            ck_assert_msg(of != NULL, "%s %s", CASES[i].of_kind, CASES[i].of_name);
            Objects found;
            ck_assert_ok(model_related(f.model, CASES[i].relation, str_of(CASES[i].kind), of->node,
                                       &found, &f.err), f.err);
            CLEANUP(buf_done) Buf text = BUF_INIT(1000);
            for (size_t k = 0; k < found.count; k++)
                buf_printf(&text, "%.*s/%.*s ", STR_ARG(found.items[k]->ns),
                           STR_ARG(found.items[k]->name));
            buf_adds(&text, "");
            ck_assert_msg(str_is(buf_str(&text), CASES[i].expected), "%s %s %s %s: got %s",
                          CASES[i].kind, RELATIONS[CASES[i].relation].name, CASES[i].of_kind,
                          CASES[i].of_name, text.data);
            ck_assert_msg((found.state != EVIDENCE_COMPLETE) == CASES[i].incomplete,
                          "%s %s %s: %s", CASES[i].kind, RELATIONS[CASES[i].relation].name,
                          CASES[i].of_name, fixture_gaps(&f, found.gap));
        }
    }
}
END_TEST

START_TEST(a_relation_is_as_unknown_as_its_kind)
{
    for (Relation relation = 0; relation < RELATION_COUNT; relation++) {
        CLEANUP(fixture_done) Fixture f = fixture_new();
        fixture_member(&f, CLUSTER[1].member, CLUSTER[1].text);
        fixture_capture(&f, "k8s-list", CLUSTER[1].member, CAPTURE_COMPLETE, CAPTURE_CLASS_NONE);
        fixture_capture(&f, "k8s-list", "kubernetes/core/pods.json", CAPTURE_FAILED,
                        CAPTURE_CLASS_FORBIDDEN);
        ck_assert_ok(demand_kind(f.demand, STR("Service"), &f.err), f.err);
        ck_assert_ok(demand_kind(f.demand, STR("Pod"), &f.err), f.err);
        fixture_load(&f);
        const Object *service = model_object(f.model, STR("Service"), STR("a"), STR("web"));
        Objects found;
        ck_assert_ok(model_related(f.model, relation, STR("Pod"), service->node, &found, &f.err),
                     f.err);
        ck_assert_int_eq(found.state, EVIDENCE_UNKNOWN);
        ck_assert_str_view(found.gap->class_name, "forbidden");
    }
}
END_TEST

START_TEST(what_is_no_object_has_no_relations)
{
    CLEANUP(fixture_done) Fixture f = fixture_new();
    load_cluster(&f);
    const Object *pod = model_object(f.model, STR("Pod"), STR("a"), STR("web-1"));
    Objects found;
    ck_assert_status(model_related(f.model, RELATION_SELECTED_BY, STR("Pod"),
                                   node_get(pod->node, STR("spec")), &found, &f.err),
                     ST_NOT_FOUND);
    ck_assert_str_eq(f.err.text, "a value without kind and metadata.name is no object");
}
END_TEST

START_TEST(owners_in_a_circle_end)
{
    CLEANUP(fixture_done) Fixture f = fixture_new();
    fixture_member(&f, "kubernetes/core/pods.json",
                   LIST(OBJECT("Pod", "a", "x", OWNER("Pod", "y")) "},"
                        OBJECT("Pod", "a", "y", OWNER("Pod", "x")) "}"));
    ck_assert_ok(demand_kind(f.demand, STR("Pod"), &f.err), f.err);
    fixture_load(&f);
    const Object *x = model_object(f.model, STR("Pod"), STR("a"), STR("x"));
    Objects found;
    ck_assert_ok(model_related(f.model, RELATION_OWNS, STR("Pod"), x->node, &found, &f.err), f.err);
    ck_assert_uint_eq(found.count, 2);
    ck_assert_ok(model_related(f.model, RELATION_OWNED_BY, STR("Pod"), x->node, &found, &f.err),
                 f.err);
    ck_assert_uint_eq(found.count, 2);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("relation");
    TCase *tcase = tcase_create("relation");
    tcase_add_test(tcase, relations_find_what_is_tied);
    tcase_add_test(tcase, a_relation_is_as_unknown_as_its_kind);
    tcase_add_test(tcase, what_is_no_object_has_no_relations);
    tcase_add_test(tcase, owners_in_a_circle_end);
    suite_add_tcase(suite, tcase);
    return suite;
}
