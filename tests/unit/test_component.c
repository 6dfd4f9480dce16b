/* SPDX-License-Identifier: Apache-2.0 */
/* test_component.c -- the tables of components, endpoints and probes. */
#include "base/arena.h"
#include "bundle/component.h"
#include "bundle/kind.h"
#include "tests/unit/runner.h"

#include <string.h>

START_TEST(every_component_has_a_name_and_a_form)
{
    for (int i = 0; i < COMPONENT_COUNT; i++) {
        Component found = COMPONENT_COUNT;
        ck_assert(component_of(str_of(COMPONENT_NAMES[i]), &found));
        ck_assert_int_eq(found, i);
        ck_assert(strlen(COMPONENT_HELP[i]) > 0);
        bool has_form = false;
        for (size_t k = 0; k < COMPONENT_FORM_COUNT; k++)
            has_form |= COMPONENT_FORMS[k].component == (Component)i;
        ck_assert_msg(has_form, "%s has no form", COMPONENT_NAMES[i]);
    }
    ck_assert_ptr_null(COMPONENT_NAMES[COMPONENT_COUNT]);
    Component component = COMPONENT_APP;
    ck_assert(!component_of(STR("nonsense"), &component));
    ck_assert_int_eq(component, COMPONENT_APP);
}
END_TEST

START_TEST(forms_of_a_component_stand_together)
{
    bool seen[COMPONENT_COUNT] = {false};
    for (size_t i = 0; i < COMPONENT_FORM_COUNT; i++) {
        Component component = COMPONENT_FORMS[i].component;
        if (i > 0 && COMPONENT_FORMS[i - 1].component != component)
            ck_assert_msg(!seen[component], "%s is torn apart", COMPONENT_NAMES[component]);
        seen[component] = true;
    }
}
END_TEST

/* A line of the guide: where each generation serves its monitoring port. */
static const struct {
    Component component;
    uint32_t port;
    bool listed;
} PORTS[] = {
    {COMPONENT_MIXER, 9093, true},      {COMPONENT_MIXER, 42422, false},
    {COMPONENT_MIXER_ADAPTER, 42422, true}, {COMPONENT_MIXER_ADAPTER, 9093, false},
    {COMPONENT_PILOT, 9093, true},      {COMPONENT_PILOT, 15014, true},
    {COMPONENT_STATSD, 9102, true},     {COMPONENT_SIDECAR, 15090, true},
    {COMPONENT_APISERVER, 443, false},  {COMPONENT_APP, 9093, false},
};

START_TEST(monitoring_ports_are_listed)
{
    ck_assert_int_eq(component_has_port(PORTS[_i].component, PORTS[_i].port), PORTS[_i].listed);
}
END_TEST

START_TEST(words_are_compared_whole)
{
    ck_assert(component_word_in("a|bc|d", '|', STR("bc")));
    ck_assert(!component_word_in("a|bc|d", '|', STR("b")));
    ck_assert(!component_word_in("a|bc|d", '|', STR("")));
    ck_assert(!component_word_in("", '|', STR("")));
}
END_TEST

static const char *const HARMFUL[] = {
    "quitquitquit", "reset_counters", "logging", "healthcheck", "cpuprofiler", "heapprofiler",
    "cache_stats_delete", "push=", "svc=", "drain", "runtime_modify", "env", "key.pem", "exit",
};

START_TEST(nothing_harmful_is_asked)
{
    for (size_t i = 0; i < ENDPOINT_COUNT; i++)
        for (size_t k = 0; k < sizeof HARMFUL / sizeof HARMFUL[0]; k++)
            ck_assert_msg(!strstr(ENDPOINTS[i].path, HARMFUL[k]), "%s", ENDPOINTS[i].path);
    for (size_t i = 0; i < PROBE_COUNT; i++)
        for (const char *const *word = PROBES[i].argv; *word; word++)
            for (size_t k = 0; k < sizeof HARMFUL / sizeof HARMFUL[0]; k++)
                ck_assert_msg(!strstr(*word, HARMFUL[k]), "%s", *word);
}
END_TEST

START_TEST(every_what_makes_a_name_and_is_found_once)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Err err = {0};
    Str name;
    for (size_t i = 0; i < ENDPOINT_COUNT; i++) {
        const Endpoint *row = &ENDPOINTS[i];
        ck_assert_ptr_eq(endpoint_of(row->component, str_of(row->what)), row);
        ck_assert_ok(member_name_http(arena, str_of(COMPONENT_NAMES[row->component]), STR("n"),
                                      STR("p"), str_of(row->what), &name, &err), err);
        ck_assert(row->path[0] == '/' || row->local);
    }
    for (size_t i = 0; i < PROBE_COUNT; i++) {
        ck_assert_ptr_eq(probe_of(str_of(PROBES[i].what)), &PROBES[i]);
        ck_assert_ok(member_name_exec(arena, STR("n"), STR("p"), STR("c"),
                                      str_of(PROBES[i].what), &name, &err), err);
    }
    ck_assert_ptr_null(endpoint_of(COMPONENT_APP, STR("adsz.json")));
    ck_assert_ptr_null(probe_of(STR("env.txt")));
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("component");
    TCase *tcase = tcase_create("component");
    tcase_add_test(tcase, every_component_has_a_name_and_a_form);
    tcase_add_test(tcase, forms_of_a_component_stand_together);
    tcase_add_loop_test(tcase, monitoring_ports_are_listed, 0,
                        (int)(sizeof PORTS / sizeof PORTS[0]));
    tcase_add_test(tcase, words_are_compared_whole);
    tcase_add_test(tcase, nothing_harmful_is_asked);
    tcase_add_test(tcase, every_what_makes_a_name_and_is_found_once);
    suite_add_tcase(suite, tcase);
    return suite;
}
