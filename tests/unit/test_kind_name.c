/* SPDX-License-Identifier: Apache-2.0 */
/* test_kind_name.c -- names of kinds and label selectors. */
#include "analyzer/model/kind_name.h"
#include "analyzer/model/selector.h"
#include "base/yaml.h"
#include "tests/unit/runner.h"

#include <stdio.h>

START_TEST(names_mean_resources)
{
    static const struct {
        const char *name;
        const char *group;
        const char *plural;
        const char *kind;
        bool means;
    } CASES[] = {
        {"Pod", "", "pods", "", true},
        {"pods", "", "pods", "", true},
        {"Pod.core", "", "pods", "", true},
        {"Pod", "metrics.k8s.io", "pods", "", false},
        {"PodMetrics", "metrics.k8s.io", "pods", "PodMetrics", true},
        {"rule.config.istio.io", "config.istio.io", "rules", "", true},
        {"rules.config.istio.io", "config.istio.io", "rules", "", true},
        {"rule", "config.istio.io", "rules", "", true},
        {"rule", "other.io", "rules", "", false},
        {"VirtualService.networking.istio.io", "networking.istio.io", "virtualservices", "", true},
        {"Deployment", "apps", "deployments", "", true},
        {"Deployment", "extensions", "deployments", "", true},
        {"Deployment.apps", "extensions", "deployments", "", false},
        {"Deployment", "other.io", "deployments", "", false},
        /* the order of the table decides */
        {"Gateway", "networking.istio.io", "gateways", "", true},
        {"Gateway", "gateway.networking.k8s.io", "gateways", "", false},
        {"Gateway.gateway.networking.k8s.io", "gateway.networking.k8s.io", "gateways", "", true},
        {"Ingress", "extensions", "ingresses", "", true},
        {"metric", "config.istio.io", "metrics", "", true},
        /* not in the table: by plural, or by what is served */
        {"Widget", "example.com", "widgets", "", true},
        {"Policy.example.com", "example.com", "policies", "", true},
        {"Box.example.com", "example.com", "boxes", "", true},
        {"Widget.other.com", "example.com", "widgets", "", false},
        {"Mouse.example.com", "example.com", "mice", "", false},
        {"Mouse.example.com", "example.com", "mice", "Mouse", true},
        {"Widget", "example.com", "gadgets", "", false},
        /* globs */
        {"*.networking.istio.io", "networking.istio.io", "gateways", "", true},
        {"*.networking.istio.io", "config.istio.io", "rules", "", false},
        {"*.istio.io", "config.istio.io", "rules", "", true},
        {"*Webhook*", "admissionregistration.k8s.io", "mutatingwebhookconfigurations", "", true},
        {"Po?", "", "pods", "", true},
        {"*", "example.com", "widgets", "", true},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        KindName name;
        kind_name_parse(str_of(CASES[i].name), &name);
        bool means = kind_name_means(&name, str_of(CASES[i].group), str_of(CASES[i].plural),
                                     str_of(CASES[i].kind));
        ck_assert_msg(means == CASES[i].means, "%s and %s.%s", CASES[i].name, CASES[i].plural,
                      CASES[i].group);
    }
}
END_TEST

START_TEST(every_row_of_the_table_is_found_by_its_names)
{
    for (size_t i = 0; i < RESOURCE_COUNT; i++) {
        const ResourceRow *row = &RESOURCES[i];
        char text[256];
        (void)snprintf(text, sizeof text, "%s.%s", row->kind, *row->group ? row->group : "core");
        KindName name;
        kind_name_parse(str_of(text), &name);
        ck_assert_ptr_eq(name.first, row);
        ck_assert(kind_name_means(&name, str_of(row->group), str_of(row->plural), STR("")));
        ck_assert_ptr_eq(resource_row(str_of(row->group), str_of(row->plural)), row);
    }
}
END_TEST

START_TEST(selectors_fit_labels)
{
    static const struct {
        const char *selector;
        const char *labels;
        bool fits;
    } CASES[] = {
        {"", "{}", true},
        {"a=b", "{a: b}", true},
        {"a==b", "{a: c}", false},
        {"a = b , c = d", "{a: b, c: d}", true},
        {"a=b,c=d", "{a: b}", false},
        {"a!=b", "{a: c}", true},
        {"a!=b", "{}", true},
        {"a!=b", "{a: b}", false},
        {"a in (b, c)", "{a: c}", true},
        {"a in (b,c)", "{}", false},
        {"a notin (b,c)", "{a: d}", true},
        {"a notin (b,c)", "{}", true},
        {"a notin (b,c)", "{a: b}", false},
        {"a", "{a: ''}", true},
        {"a", "{}", false},
        {"!a", "{}", true},
        {"!a", "{a: x}", false},
        {"istio=mixer,!istio-mixer-type", "{istio: mixer}", true},
        {"istio=mixer,istio-mixer-type in (policy,telemetry)",
         "{istio: mixer, istio-mixer-type: policy}", true},
        {"a=", "{a: ''}", true},
        {"example.com/x=y", "{example.com/x: y}", true},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
        Err err = {0};
        Selector selector;
        const Node *labels;
        ck_assert_ok(selector_parse(arena, str_of(CASES[i].selector), &selector, &err), err);
        ck_assert_ok(yaml_parse_one(arena, str_of(CASES[i].labels), NULL, &labels, &err), err);
        ck_assert_msg(selector_fits(&selector, labels) == CASES[i].fits, "%s on %s",
                      CASES[i].selector, CASES[i].labels);
    }
    ck_assert(!selector_fits(&(Selector){(Requirement[]){{STR("a"), SELECTOR_EXISTS, NULL, 0}}, 1},
                             NULL));
}
END_TEST

START_TEST(malformed_selectors_are_refused)
{
    static const struct {
        const char *selector;
        unsigned column;
        const char *error;
    } CASES[] = {
        {"=b", 1, "expected a label in a label selector"},
        {"a=b,", 5, "expected a label in a label selector"},
        {"a b", 3, "expected =, !=, in or notin in a label selector"},
        {"a in b", 6, "expected '(' in a label selector"},
        {"a in (b", 8, "expected ',' or ')' in a label selector"},
        {"a=b c", 5, "expected ',' in a label selector"},
        {"!", 2, "expected a label in a label selector"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
        Err err = {0};
        Selector selector;
        ck_assert_status(selector_parse(arena, str_of(CASES[i].selector), &selector, &err),
                         ST_RULE);
        ck_assert_str_eq(err.text, CASES[i].error);
        ck_assert_msg(err.column == CASES[i].column, "'%s': %u", CASES[i].selector, err.column);
    }
}
END_TEST

START_TEST(selectors_of_objects_fit_labels)
{
    static const struct {
        const char *selector;
        Status status;
        bool fits;      /* {a: b, c: d} */
    } CASES[] = {
        {"{}", ST_OK, true},
        {"{matchLabels: {a: b}}", ST_OK, true},
        {"{matchLabels: null}", ST_OK, true},
        {"{matchLabels: {a: x}}", ST_OK, false},
        {"{matchExpressions: [{key: a, operator: In, values: [x, b]}]}", ST_OK, true},
        {"{matchExpressions: [{key: a, operator: NotIn, values: [b]}]}", ST_OK, false},
        {"{matchExpressions: [{key: z, operator: DoesNotExist}]}", ST_OK, true},
        {"{matchLabels: {a: b}, matchExpressions: [{key: z, operator: Exists}]}", ST_OK, false},
        {"{matchExpressions: [{key: z, operator: Maybe}]}", ST_RULE, false},
        {"{matchExpressions: [x]}", ST_RULE, false},
        {"{matchLabels: [a]}", ST_RULE, false},
        {"{matchLabels: {a: [b]}}", ST_RULE, false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
        Err err = {0};
        Selector selector;
        const Node *node, *labels;
        ck_assert_ok(yaml_parse_one(arena, str_of(CASES[i].selector), NULL, &node, &err), err);
        ck_assert_ok(yaml_parse_one(arena, STR("{a: b, c: d}"), NULL, &labels, &err), err);
        Status status = selector_of_object(arena, node, &selector, &err);
        ck_assert_msg(status == CASES[i].status, "%s", CASES[i].selector);
        if (status == ST_OK)
            ck_assert_msg(selector_fits(&selector, labels) == CASES[i].fits, "%s",
                          CASES[i].selector);
    }
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("kind_name");
    TCase *tcase = tcase_create("kind_name");
    tcase_add_test(tcase, names_mean_resources);
    tcase_add_test(tcase, every_row_of_the_table_is_found_by_its_names);
    tcase_add_test(tcase, selectors_fit_labels);
    tcase_add_test(tcase, malformed_selectors_are_refused);
    tcase_add_test(tcase, selectors_of_objects_fit_labels);
    suite_add_tcase(suite, tcase);
    return suite;
}
