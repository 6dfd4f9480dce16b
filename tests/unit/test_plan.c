/* SPDX-License-Identifier: Apache-2.0 */
/* test_plan.c -- plans are read strictly, and can ask for nothing that does harm. */
#include "collector/forbidden.h"
#include "collector/plan.h"
#include "collector/selector.h"
#include "tests/unit/runner.h"

#include <stdio.h>
#include <string.h>

START_TEST(the_built_in_plan_is_sound)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(buf_done) Buf out = BUF_INIT(SIZE_MAX);
    char file[4096];
    Err err = {0};
    Plan *plan;
    uint32_t kinds = 0;
    (void)snprintf(file, sizeof file, "%s/collector/plans/istio.yaml", unit_source_folder());
    ck_assert_ok(plan_load(arena, file, &plan, &err), err);
    for (size_t i = 0; i < plan->capture_count; i++)
        kinds |= 1u << plan->captures[i].kind;
    ck_assert_uint_eq(kinds, (1u << PLAN_KIND_COUNT) - 1);
    plan_print(plan, &out);
    for (size_t i = 0; i < plan->capture_count; i++) {
        size_t at;
        ck_assert(str_find(buf_str(&out), plan->captures[i].id, &at));
    }
}
END_TEST

#define HEAD "plan: 1\ncaptures:\n"

static const struct {
    const char *text;
    Status status;
    const char *error;       /* as err_format() gives it */
} BAD[] = {
    {"", ST_FORMAT, NULL},
    {"[]\n", ST_FORMAT, "p:1:1: 'the plan' must be a map, not a list"},
    {"plan: 2\ncaptures: []\n", ST_UNSUPPORTED,
     "p:1:7: this is a plan of version 2; version 1 is known"},
    {"captures: []\n", ST_FORMAT, "p:1:1: a plan begins with 'plan: 1'"},
    {"plan: 1\n", ST_FORMAT, "p:1:1: the plan has no captures"},
    {"plan: 1\ncaptres: []\n", ST_FORMAT, "p:2:1: unknown key 'captres'; did you mean 'captures'?"},
    {"plan: 1\ncaptures: {}\n", ST_FORMAT, "p:2:11: 'captures' must be a list, not a map"},
    {HEAD "- id: a\n", ST_FORMAT, "p:3:3: a capture needs a 'kind'"},
    {HEAD "- kind: logs\n  components: [app]\n", ST_FORMAT, "p:3:3: a capture needs an 'id'"},
    {HEAD "- {id: a, kind: log}\n", ST_FORMAT, "p:3:17: unknown kind 'log'; did you mean 'logs'?"},
    {HEAD "- {id: a, kind: logs}\n", ST_FORMAT, "p:3:3: capture 'a' needs 'components'"},
    {HEAD "- {id: a, kind: logs, components: []}\n", ST_FORMAT, "p:3:35: 'components' is empty"},
    {HEAD "- {id: a, kind: logs, components: [mixr]}\n", ST_FORMAT,
     "p:3:36: unknown component 'mixr'; did you mean 'mixer'?"},
    {HEAD "- {id: a, kind: logs, components: [app], prevous: never}\n", ST_FORMAT,
     "p:3:42: unknown key 'prevous'; did you mean 'previous'?"},
    {HEAD "- {id: a, kind: logs, components: [app], previous: sometimes}\n", ST_FORMAT,
     "p:3:52: unknown previous 'sometimes'"},
    {HEAD "- {id: a, kind: logs, components: [app], path: /x}\n", ST_FORMAT,
     "p:3:42: a capture of kind logs takes no 'path'"},
    {HEAD "- {id: a, kind: logs, components: [app], at_most: many}\n", ST_FORMAT,
     "p:3:51: 'at_most' must be a integer, not a string"},
    {HEAD "- {id: a, kind: logs, components: [app], at_most: 0}\n", ST_FORMAT,
     "p:3:51: 'at_most' must be 1 or more"},
    {HEAD "- {id: a, kind: logs, components: [app], selector: 'a in b'}\n", ST_FORMAT,
     "p:3:52: 'a in b' is no label requirement"},
    {HEAD "- {id: a, kind: host}\n- {id: a, kind: host}\n", ST_FORMAT,
     "p:4:3: two captures have the id 'a'"},
    {HEAD "- {id: a, kind: metrics, components: [mixer], samples: 3}\n", ST_FORMAT,
     "p:3:56: 'samples' must be 1 or 2"},
    {HEAD "- {id: a, kind: metrics, components: [mixer], ports: [0]}\n", ST_FORMAT,
     "p:3:55: a port is 1 to 65535, not 0"},
    {HEAD "- {id: a, kind: metrics, components: [mixer], path: metrics}\n", ST_FORMAT,
     "p:3:53: 'path' must begin with '/'"},
    {HEAD "- {id: a, kind: metrics, components: [mixer], path: /quitquitquit}\n", ST_UNSAFE,
     "p:3:53: '/quitquitquit' is refused: ends the process"},
    {HEAD "- {id: a, kind: http, components: [pilot], what: [adz.json]}\n", ST_FORMAT,
     "p:3:51: unknown endpoint 'adz.json'; did you mean 'adsz.json'?"},
    {HEAD "- {id: a, kind: http, components: [pilot], requests: [{what: x, port: 8080}]}\n",
     ST_FORMAT, "p:3:55: a request needs what, port and path"},
    {HEAD "- {id: a, kind: http, components: [pilot], requests: [{what: x, port: 8080, path: "
          "'/debug/edsz?push=1'}]}\n",
     ST_UNSAFE, "p:3:83: '/debug/edsz?push=1' is refused: Pilot: pushes to every proxy"},
    {HEAD "- {id: a, kind: exec, components: [app]}\n", ST_FORMAT,
     "p:3:3: capture 'a' needs 'commands' or 'what'"},
    {HEAD "- {id: a, kind: exec, components: [app], commands: [env]}\n", ST_FORMAT,
     "p:3:53: unknown command 'env'"},
    {HEAD "- {id: a, kind: resources, resources: [pods, secrets]}\n", ST_UNSAFE,
     "p:3:46: Secrets are read with 'metadata_only: true' alone"},
    {HEAD "- {id: a, kind: resources, resources: ['*']}\n", ST_UNSAFE,
     "p:3:40: Secrets are read with 'metadata_only: true' alone"},
    {HEAD "- {id: a, kind: host, when: {serve: [x]}}\n", ST_FORMAT,
     "p:3:30: unknown condition 'serve'; did you mean 'served'?"},
    {HEAD "- {id: a, kind: host, kind: host}\n", ST_FORMAT, NULL},
};

START_TEST(a_bad_plan_is_refused_with_its_place)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Err err = {0};
    Plan *plan;
    char text[1024];
    Status status = plan_parse(arena, str_of(BAD[_i].text), "p", &plan, &err);
    err_format(&err, text, sizeof text);
    ck_assert_msg(status == BAD[_i].status, "%s gives %s: %s", BAD[_i].text, status_name(status),
                  text);
    if (BAD[_i].error)
        ck_assert_str_eq(text, BAD[_i].error);
}
END_TEST

START_TEST(a_good_plan_keeps_what_it_says)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Err err = {0};
    Plan *plan;
    static const char TEXT[] =
        "plan: 1\nname: mine\ncaptures:\n"
        "- {id: s, kind: resources, metadata_only: true, resources: [secrets]}\n"
        "- id: m\n  kind: metrics\n  components: [mixer, pilot]\n  ports: [9093, 15014]\n  path: "
        "/m\n  samples: 2\n"
        "  when: {served: [rules.config.istio.io], components: [mixer]}\n"
        "- {id: h, kind: http, components: [pilot], what: ['*z.json'], requests: [{what: x.txt, "
        "port: 1, path: /x}]}\n"
        "- {id: e, kind: exec, components: [app], commands: [limits.txt], one_per_node: true, "
        "at_most: 3}\n";
    ck_assert_ok(plan_parse(arena, str_of(TEXT), "p", &plan, &err), err);
    ck_assert_str_view(plan->name, "mine");
    ck_assert_uint_eq(plan->capture_count, 4);
    const PlanCapture *metrics = &plan->captures[1];
    ck_assert_uint_eq(metrics->components, (1u << COMPONENT_MIXER) | (1u << COMPONENT_PILOT));
    ck_assert_uint_eq(metrics->ports[1], 15014);
    ck_assert_uint_eq(metrics->ports[2], 0);
    ck_assert_str_view(metrics->path, "/m");
    ck_assert_str_view(metrics->when.served.items[0], "rules.config.istio.io");
    ck_assert(plan_lists(&plan->captures[2].what, STR("adsz.json")));
    ck_assert(!plan_lists(&plan->captures[2].what, STR("version.txt")));
    ck_assert(plan->captures[3].one_per_node);
    ck_assert_int_eq(plan->captures[3].at_most, 3);
}
END_TEST

static const char *const REFUSED[] = {
    "/quitquitquit",
    "/QuitQuitQuit",
    "/%71uitquitquit",
    "/%2571uitquitquit",
    "/stats/../quitquitquit",
    "/healthcheck/fail",
    "/logging?level=debug",
    "/reset_counters",
    "/cpuprofiler?enable=y",
    "/debug/edsz?push=1",
    "/debug/endpointz?a=b&svc=x",
    "/debug/registryz?%73vc=x",
    "/debug/pprof/heap",
    "/cache_stats_delete",
    "/homej/exit",
    "/memj/forcecollection",
    "/scopej/x",
    "/-/reload",
    "/-/quit",
    "/api/v1/admin/tsdb/snapshot",
    "/runtime_modify?a=b",
    "/x\n/y",
    "/x#y",
    "",
};

START_TEST(what_changes_state_is_refused)
{
    char request[512];
    Err err = {0};
    ck_assert_msg(forbidden_path(str_of(REFUSED[_i]), &err) == ST_UNSAFE, "%s", REFUSED[_i]);
    ck_assert_str_ne(err.text, "");
    if (REFUSED[_i][0] != '/')
        return;
    (void)snprintf(request, sizeof request, "/api/v1/namespaces/a/pods/b:15000/proxy%s",
                   REFUSED[_i]);
    ck_assert_msg(forbidden_request(str_of(request), NULL, NULL) == ST_UNSAFE, "%s", request);
}
END_TEST

static const struct {
    const char *path;
    const char *accept;
    Status status;
} REQUESTS[] = {
    {"/api/v1/pods?limit=500", NULL, ST_OK},
    {"/api/v1/namespaces/logging/pods/exit/log?container=tap", NULL, ST_OK},
    {"/api/v1/namespaces/a/pods/b:9093/proxy/metrics", NULL, ST_OK},
    {"/api/v1/secrets", NULL, ST_UNSAFE},
    {"/api/v1/secrets?limit=1", "application/json", ST_UNSAFE},
    {"/api/v1/namespaces/a/secrets/b",
     "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io", ST_UNSAFE},
    {"/api/v1/secrets?limit=1", "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
     ST_OK},
    {"/api/v1/secrets",
     "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,"
     "application/json;as=PartialObjectMetadataList;v=v1beta1;g=meta.k8s.io",
     ST_OK},
    {"/api/v1/secrets",
     "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json",
     ST_UNSAFE},
    {"/api/v1/secrets", "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io, */*",
     ST_UNSAFE},
    /* Names of objects are no kinds and no subresources. */
    {"/api/v1/namespaces/secrets/pods", NULL, ST_OK},
    {"/api/v1/namespaces/secrets/pods/secrets/log?container=x", NULL, ST_OK},
    {"/api/v1/namespaces/secrets/secrets", NULL, ST_UNSAFE},
    {"/api/v1//secrets", NULL, ST_UNSAFE},
    {"/api/v1/namespaces/a%2fsecrets/pods/b/proxy/", NULL, ST_UNSAFE},
    {"/api/v1/namespaces/proxy/secrets", NULL, ST_UNSAFE},
    {"/api/v1/namespaces/proxy/secrets?limit=500", "application/json", ST_UNSAFE},
    {"/api/v1/namespaces/proxy/pods?limit=500", NULL, ST_OK},
    {"/api/v1/namespaces/proxy/pods/exec/log?container=x", NULL, ST_OK},
    {"/api/v1/namespaces/proxy/pods/b/exec?command=sh", NULL, ST_UNSAFE},
    {"/api/v1/namespaces/a/pods/proxy/log?container=exit", NULL, ST_OK},
    {"/api/v1/namespaces/a/pods/proxy/exec", NULL, ST_UNSAFE},
    {"/api/v1/namespaces/proxy/pods/proxy/proxy/metrics", NULL, ST_OK},
    {"/api/v1/namespaces/proxy/pods/proxy/proxy/quitquitquit", NULL, ST_UNSAFE},
    {"/api/v1/namespaces/a/services/https:b:443/proxy/-/reload", NULL, ST_UNSAFE},
    {"/api/v1/namespaces/a/configmaps?x=/pods/b/proxy/", NULL, ST_OK},
    {"/api/v1/namespaces/a/secrets?x=/pods/b/proxy/", NULL, ST_UNSAFE},
    /* What only seems to be read: a node's proxy runs commands. */
    {"/api/v1/nodes/n/proxy/metrics", NULL, ST_UNSAFE},
    {"/api/v1/nodes/n/proxy/exec/a/b/c?command=id", NULL, ST_UNSAFE},
    {"/api/v1/proxy/namespaces/a/pods/b/metrics", NULL, ST_UNSAFE},
    /* Only leases are watched, and not for ever. */
    {"/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases?watch=1&timeoutSeconds=12",
     NULL, ST_OK},
    {"/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases?watch=1", NULL, ST_UNSAFE},
    {"/api/v1/pods?watch=1&timeoutSeconds=12", NULL, ST_UNSAFE},
    {"/api/v1/namespaces/a/pods/b/log?container=x&follow=true", NULL, ST_UNSAFE},
    {"/api/v1/%73ecrets", NULL, ST_UNSAFE},
    {"/api/v1/namespaces/a/pods/b/exec?command=sh", NULL, ST_UNSAFE},
    {"/api/v1/namespaces/a/pods/b/portforward", NULL, ST_UNSAFE},
    {"/api/v1/namespaces/../x", NULL, ST_UNSAFE},
};

START_TEST(requests_are_judged_whole)
{
    ck_assert_msg(forbidden_request(str_of(REQUESTS[_i].path), REQUESTS[_i].accept, NULL) ==
                      REQUESTS[_i].status,
                  "%s", REQUESTS[_i].path);
}
END_TEST

static const struct {
    const char *argv[16];
    Status status;
} COMMANDS[] = {
    {{"cat", "/proc/1/limits"}, ST_OK},
    {{"sh", "-c", "ulimit -a"}, ST_OK},
    {{"pilot-agent", "request", "GET", "stats"}, ST_OK},
    {{"curl", "-s", "-m", "10", "http://127.0.0.1:15000/clusters"}, ST_OK},
    {{"curl", "-s", "-m", "10", "-k", "--cert", "/etc/certs/cert-chain.pem", "--cacert",
      "/etc/certs/root-cert.pem", "--key", "/etc/certs/key.pem",
      "https://istio-pilot:15003/v1/registration"},
     ST_OK},
    {{"env"}, ST_UNSAFE},
    {{"cat", "/etc/certs/key.pem"}, ST_UNSAFE},
    {{"sh", "-c", "env"}, ST_UNSAFE},
    {{"cat", "/proc/1/environ"}, ST_UNSAFE},
    {{"pilot-agent", "request", "POST", "stats"}, ST_UNSAFE},
    {{"pilot-agent", "request", "GET", "quitquitquit"}, ST_UNSAFE},
    {{"pilot-agent", "request", "GET", "stats", "x"}, ST_UNSAFE},
    {{"curl", "-s", "-m", "10", "http://127.0.0.1:15000/logging?level=trace"}, ST_UNSAFE},
    {{"curl", "-s", "-m", "10", "file:///etc/certs/key.pem"}, ST_UNSAFE},
    {{"curl", "-s", "-m", "10", "-o/etc/x"}, ST_UNSAFE},
    {{"curl", "-s", "-m", "10", "http://host"}, ST_UNSAFE},
    {{NULL}, ST_UNSAFE},
};

START_TEST(only_harmless_commands_are_run)
{
    ck_assert_msg(forbidden_command(COMMANDS[_i].argv, NULL) == COMMANDS[_i].status, "%s %s",
                  COMMANDS[_i].argv[0], COMMANDS[_i].argv[1]);
}
END_TEST

START_TEST(every_command_and_endpoint_of_the_tables_is_allowed)
{
    for (size_t i = 0; i < PROBE_COUNT; i++)
        ck_assert_status(forbidden_command(PROBES[i].argv, NULL), ST_OK);
    for (size_t i = 0; i < ENDPOINT_COUNT; i++) {
        Err err = {0};
        const char *path = strstr(ENDPOINTS[i].path, "://");
        path = path ? strchr(path + 3, '/') : ENDPOINTS[i].path;
        ck_assert_ok(forbidden_path(str_of(path), &err), err);
    }
}
END_TEST

static const struct {
    const char *selector;
    bool fits;
} SELECTORS[] = {
    {"", true},
    {"istio=mixer", true},
    {"istio==mixer", true},
    {"istio!=mixer", false},
    {"istio=pilot", false},
    {"istio", true},
    {"!istio", false},
    {"!app", true},
    {"app", false},
    {"app!=x", true},
    {"type in (policy, telemetry)", true},
    {"type in (a,b)", false},
    {"type notin (a,b)", true},
    {"app notin (a)", true},
    {"istio=mixer,type in (policy,x),!app", true},
    {"istio=mixer,app=y", false},
    {"istio=mixer,,", false},
    {"=x", false},
    {"type in", false},
    {"a (b)", false},
};

START_TEST(selectors_fit_labels)
{
    static const Label LABELS[] = {{STR_INIT("istio"), STR_INIT("mixer")},
                                   {STR_INIT("type"), STR_INIT("policy")}};
    ck_assert_msg(selector_fits(str_of(SELECTORS[_i].selector), LABELS, 2) == SELECTORS[_i].fits,
                  "%s", SELECTORS[_i].selector);
}
END_TEST

START_TEST(every_selector_of_the_components_is_sound)
{
    for (size_t i = 0; i < COMPONENT_FORM_COUNT; i++) {
        Err err = {0};
        ck_assert_ok(selector_check(str_of(COMPONENT_FORMS[i].selector), &err), err);
    }
}
END_TEST

#define LOOP(test, table)                                                                          \
    tcase_add_loop_test(tcase, test, 0, (int)(sizeof(table) / sizeof *(table)))

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("plan");
    TCase *tcase = tcase_create("plan");
    tcase_add_test(tcase, the_built_in_plan_is_sound);
    LOOP(a_bad_plan_is_refused_with_its_place, BAD);
    tcase_add_test(tcase, a_good_plan_keeps_what_it_says);
    LOOP(what_changes_state_is_refused, REFUSED);
    LOOP(requests_are_judged_whole, REQUESTS);
    LOOP(only_harmless_commands_are_run, COMMANDS);
    tcase_add_test(tcase, every_command_and_endpoint_of_the_tables_is_allowed);
    LOOP(selectors_fit_labels, SELECTORS);
    tcase_add_test(tcase, every_selector_of_the_components_is_sound);
    suite_add_tcase(suite, tcase);
    return suite;
}
