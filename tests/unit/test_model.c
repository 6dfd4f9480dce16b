/* SPDX-License-Identifier: Apache-2.0 */
/* test_model.c -- a Model from members and a manifest: what is complete, incomplete, unknown. */
#include "analyzer/model/facts.h"
#include "analyzer/model/feed_memory.h"
#include "analyzer/model/metrics.h"
#include "tests/unit/model_fixture.h"
#include "tests/unit/runner.h"

#include <string.h>

#define PODS "kubernetes/core/pods.json"
#define TWO_PODS                                                                             \
    "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{},\"items\":["                \
    "{\"metadata\":{\"name\":\"b\",\"namespace\":\"y\",\"managedFields\":[{\"a\":1}]}},\n"   \
    "{\"metadata\":{\"name\":\"a\",\"namespace\":\"x\",\"uid\":\"u1\"}}]}"
#define EMPTY_LIST "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":[]}"

/* One capture about a list, as the manifest has it. */
typedef struct {
    CaptureState state;
    CaptureClass class;
    const char *ns;             /* NULL: all namespaces */
} PodCapture;

typedef struct {
    const char *name;
    const char *text;           /* of kubernetes/core/pods.json; NULL: not in the bundle */
    bool cut;
    bool no_manifest;
    PodCapture captures[3];
    size_t capture_count;
    const char *ns;             /* asked for; NULL: all */
    EvidenceState state;
    size_t count;
    const char *reason;         /* part of a gap's reason; NULL: no gap */
    const char *class_name;
} KindCase;

static const KindCase KIND_CASES[] = {
    {.name = "complete", .text = TWO_PODS, .captures = {{CAPTURE_COMPLETE, 0, NULL}},
     .capture_count = 1, .count = 2},
    {.name = "empty and complete", .text = EMPTY_LIST, .captures = {{CAPTURE_COMPLETE, 0, NULL}},
     .capture_count = 1, .count = 0},
    {.name = "forbidden: an empty list is unknown", .text = EMPTY_LIST,
     .captures = {{CAPTURE_FAILED, CAPTURE_CLASS_FORBIDDEN, NULL}}, .capture_count = 1,
     .state = EVIDENCE_UNKNOWN, .reason = "forbidden: why", .class_name = "forbidden"},
    {.name = "forbidden, no member", .captures = {{CAPTURE_FAILED, CAPTURE_CLASS_FORBIDDEN, NULL}},
     .capture_count = 1, .state = EVIDENCE_UNKNOWN, .reason = "forbidden: why"},
    {.name = "partial", .text = TWO_PODS,
     .captures = {{CAPTURE_PARTIAL, CAPTURE_CLASS_EXPIRED, NULL}}, .capture_count = 1,
     .state = EVIDENCE_INCOMPLETE, .count = 2, .reason = "expired: why", .class_name = "expired"},
    {.name = "skipped", .captures = {{CAPTURE_SKIPPED, CAPTURE_CLASS_OPTION, NULL}},
     .capture_count = 1, .state = EVIDENCE_UNKNOWN, .reason = "option: why"},
    {.name = "never asked for", .state = EVIDENCE_UNKNOWN,
     .captures = {{CAPTURE_COMPLETE, 0, NULL}}, .capture_count = 0, .reason = "not collected"},
    {.name = "not served", .captures = {{CAPTURE_FAILED, CAPTURE_CLASS_UNKNOWN_TYPE, NULL}},
     .capture_count = 1, .state = EVIDENCE_COMPLETE},
    {.name = "not found", .captures = {{CAPTURE_FAILED, CAPTURE_CLASS_NOT_FOUND, NULL}},
     .capture_count = 1, .state = EVIDENCE_COMPLETE},
    {.name = "lost from the bundle", .captures = {{CAPTURE_COMPLETE, 0, NULL}},
     .capture_count = 1, .state = EVIDENCE_COMPLETE},
    {.name = "cut in the archive", .text = TWO_PODS, .cut = true,
     .captures = {{CAPTURE_COMPLETE, 0, NULL}}, .capture_count = 1,
     .state = EVIDENCE_INCOMPLETE, .count = 2, .reason = "truncated"},
    {.name = "visibly cut", .text = "{\"kind\":\"PodList\",\"items\":[{\"metadata\":{\"name\":\"a\"}},{\"m",
     .captures = {{CAPTURE_COMPLETE, 0, NULL}}, .capture_count = 1,
     .state = EVIDENCE_INCOMPLETE, .count = 1,
     .reason = "malformed: kubernetes/core/pods.json:1: the text ends inside the items"},
    {.name = "a malformed item", .text = "[{\"metadata\":{\"name\":\"a\"}},\n{\"metadata\":{name}},3]",
     .captures = {{CAPTURE_COMPLETE, 0, NULL}}, .capture_count = 1,
     .state = EVIDENCE_INCOMPLETE, .count = 1,
     .reason = "malformed: 2 of 3 objects cannot be read, the first at "
               "kubernetes/core/pods.json:2: expected a key"},
    {.name = "no List", .text = "{\"kind\":\"Status\",\"code\":403}",
     .captures = {{CAPTURE_COMPLETE, 0, NULL}}, .capture_count = 1,
     .state = EVIDENCE_INCOMPLETE, .reason = "it is no List"},
    {.name = "a nameless item", .text = "[{\"metadata\":{}}]",
     .captures = {{CAPTURE_COMPLETE, 0, NULL}}, .capture_count = 1,
     .state = EVIDENCE_INCOMPLETE, .reason = "an object without a name"},
    {.name = "without a manifest what is there is complete", .text = TWO_PODS,
     .no_manifest = true, .count = 2},
    {.name = "without a manifest what is not there is unknown", .no_manifest = true,
     .state = EVIDENCE_UNKNOWN, .reason = "not in the bundle, which has no manifest"},
    {.name = "without a manifest a page is incomplete", .no_manifest = true, .count = 0,
     .text = "{\"metadata\":{\"continue\":\"x\"},\"items\":[]}", .state = EVIDENCE_INCOMPLETE,
     .reason = "one page of several"},
    {.name = "without a manifest a cut list is incomplete", .text = TWO_PODS, .cut = true,
     .no_manifest = true, .count = 2, .state = EVIDENCE_INCOMPLETE, .reason = "truncated"},
    /* per namespace */
    {.name = "one namespace of two failed", .text = TWO_PODS,
     .captures = {{CAPTURE_COMPLETE, 0, "x"}, {CAPTURE_FAILED, CAPTURE_CLASS_TIMEOUT, "y"}},
     .capture_count = 2, .count = 2, .state = EVIDENCE_INCOMPLETE, .reason = "timeout: why"},
    {.name = "the namespace asked for is complete", .text = TWO_PODS,
     .captures = {{CAPTURE_COMPLETE, 0, "x"}, {CAPTURE_FAILED, CAPTURE_CLASS_TIMEOUT, "y"}},
     .capture_count = 2, .ns = "x", .count = 1},
    {.name = "the namespace asked for failed", .text = "[]",
     .captures = {{CAPTURE_COMPLETE, 0, "x"}, {CAPTURE_FAILED, CAPTURE_CLASS_TIMEOUT, "y"}},
     .capture_count = 2, .ns = "y", .state = EVIDENCE_UNKNOWN, .reason = "timeout: why"},
    {.name = "the namespace asked for was never captured", .text = "[]",
     .captures = {{CAPTURE_COMPLETE, 0, "x"}}, .capture_count = 1, .ns = "z",
     .state = EVIDENCE_UNKNOWN, .reason = "not collected"},
    {.name = "namespaces alone are not all namespaces", .text = TWO_PODS,
     .captures = {{CAPTURE_COMPLETE, 0, "x"}, {CAPTURE_COMPLETE, 0, "y"}}, .capture_count = 2,
     .count = 2, .state = EVIDENCE_INCOMPLETE, .reason = "other namespaces than those named"},
    {.name = "left out by an option elsewhere", .text = TWO_PODS,
     .captures = {{CAPTURE_COMPLETE, 0, "x"}, {CAPTURE_SKIPPED, CAPTURE_CLASS_OPTION, NULL}},
     .capture_count = 2, .ns = "x", .count = 1},
    {.name = "left out by an option here", .text = TWO_PODS,
     .captures = {{CAPTURE_COMPLETE, 0, "x"}, {CAPTURE_SKIPPED, CAPTURE_CLASS_OPTION, NULL}},
     .capture_count = 2, .count = 2, .state = EVIDENCE_INCOMPLETE, .reason = "option: why"},
};

static void
add_captures(Fixture *f, const KindCase *c)
{
    for (size_t k = 0; k < c->capture_count; k++) {
        const PodCapture *capture = &c->captures[k];
        fixture_capture(f, "k8s-list", PODS, capture->state, capture->class);
        if (capture->ns) {
            Manifest *manifest = memory_feed_manifest(f->memory);
            manifest->captures.items[manifest->captures.count - 1].source.path =
                arena_strf(f->arena, "/api/v1/namespaces/%s/pods", capture->ns);
        }
    }
    if (!c->no_manifest)
        ck_assert_ptr_nonnull(memory_feed_manifest(f->memory));
}

START_TEST(kinds_have_the_state_of_their_captures)
{
    for (size_t i = 0; i < sizeof KIND_CASES / sizeof *KIND_CASES; i++) {
        const KindCase *c = &KIND_CASES[i];
        for (size_t chunk = 0; chunk < 8; chunk += 7) {
            CLEANUP(fixture_done) Fixture f = fixture_new();
            memory_feed_set_chunk(f.memory, chunk);
            if (c->text)
                fixture_member_cut(&f, PODS, c->text, c->cut);
            add_captures(&f, c);
            ck_assert_ok(demand_kind(f.demand, STR("Pod"), &f.err), f.err);
            fixture_load(&f);
            Str ns = str_of(c->ns);
            Objects pods;
            ck_assert_ok(model_objects(f.model, STR("Pod"), c->ns ? &(StrList){&ns, 1} : NULL,
                                       &pods, &f.err), f.err);
            ck_assert_msg(pods.state == c->state, "%s: state %d, %s", c->name, pods.state,
                          fixture_gaps(&f, pods.gap));
            ck_assert_msg(pods.count == c->count, "%s: %zu", c->name, pods.count);
            ck_assert_msg((pods.gap == NULL) == (pods.state == EVIDENCE_COMPLETE), "%s", c->name);
            if (c->reason)
                ck_assert_msg(strstr(fixture_gaps(&f, pods.gap), c->reason) != NULL,
                              "%s: got '%s'", c->name, fixture_gaps(&f, pods.gap));
            if (c->class_name)
                ck_assert_str_view(pods.gap->class_name, c->class_name);
            if (pods.gap)
                ck_assert_str_view(pods.gap->evidence, "k8s:Pod");
        }
    }
}
END_TEST

START_TEST(an_enumerating_capture_counts_for_what_no_other_names)
{
    static const struct {
        const char *kind;
        EvidenceState state;
    } CASES[] = {
        {"rule.config.istio.io", EVIDENCE_COMPLETE},
        {"handler.config.istio.io", EVIDENCE_UNKNOWN},
        {"VirtualService", EVIDENCE_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        CLEANUP(fixture_done) Fixture f = fixture_new();
        fixture_capture(&f, "k8s-list", "kubernetes/config.istio.io/*.json", CAPTURE_COMPLETE,
                        CAPTURE_CLASS_NONE);
        fixture_capture(&f, "k8s-list", "kubernetes/config.istio.io/handlers.json",
                        CAPTURE_FAILED, CAPTURE_CLASS_FORBIDDEN);
        ck_assert_ok(demand_kind(f.demand, str_of(CASES[i].kind), &f.err), f.err);
        fixture_load(&f);
        Objects found;
        ck_assert_ok(model_objects(f.model, str_of(CASES[i].kind), NULL, &found, &f.err), f.err);
        ck_assert_msg(found.state == CASES[i].state, "%s", CASES[i].kind);
    }
}
END_TEST

START_TEST(namespaces_named_by_option_are_whole)
{
    static const struct {
        const char *ns;         /* NULL: all */
        EvidenceState state;
    } CASES[] = {
        {"x", EVIDENCE_COMPLETE},           {"y", EVIDENCE_COMPLETE},
        {"istio-system", EVIDENCE_COMPLETE}, {"kube-system", EVIDENCE_COMPLETE},
        {"z", EVIDENCE_INCOMPLETE},         {NULL, EVIDENCE_INCOMPLETE},
        {"x*", EVIDENCE_INCOMPLETE},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        CLEANUP(fixture_done) Fixture f = fixture_new();
        fixture_member(&f, PODS, TWO_PODS);
        fixture_capture(&f, "k8s-list", PODS, CAPTURE_PARTIAL, CAPTURE_CLASS_OPTION);
        Manifest *manifest = memory_feed_manifest(f.memory);
        ManifestPair *option = VEC_PUSH(f.arena, &manifest->options);
        *option = (ManifestPair){STR("namespace"), STR("x,y")};
        ck_assert_ok(demand_kind(f.demand, STR("Pod"), &f.err), f.err);
        fixture_load(&f);
        Str ns = str_of(CASES[i].ns);
        Objects found;
        ck_assert_ok(model_objects(f.model, STR("Pod"), CASES[i].ns ? &(StrList){&ns, 1} : NULL,
                                   &found, &f.err), f.err);
        ck_assert_msg(found.state == CASES[i].state, "%s", CASES[i].ns);
    }
}
END_TEST

START_TEST(a_named_member_that_is_not_there_is_a_hole)
{
    CLEANUP(fixture_done) Fixture f = fixture_new();
    fixture_capture(&f, "k8s-list", PODS, CAPTURE_COMPLETE, CAPTURE_CLASS_NONE);
    Manifest *manifest = memory_feed_manifest(f.memory);
    CaptureMember member = {.name = STR(PODS)};
    manifest->captures.items[0].members = &member;
    manifest->captures.items[0].member_count = 1;
    ck_assert_ok(demand_kind(f.demand, STR("Pod"), &f.err), f.err);
    fixture_load(&f);
    Objects pods;
    ck_assert_ok(model_objects(f.model, STR("Pod"), NULL, &pods, &f.err), f.err);
    ck_assert_int_eq(pods.state, EVIDENCE_UNKNOWN);
    ck_assert_str_view(pods.gap->reason,
                       "missing: the bundle does not hold kubernetes/core/pods.json");
}
END_TEST

START_TEST(objects_have_kind_place_and_order)
{
    CLEANUP(fixture_done) Fixture f = fixture_new();
    fixture_member(&f, PODS, TWO_PODS);
    ck_assert_ok(demand_kind(f.demand, STR("Pod"), &f.err), f.err);
    fixture_load(&f);
    Objects pods;
    ck_assert_ok(model_objects(f.model, STR("Pod"), NULL, &pods, &f.err), f.err);
    ck_assert_uint_eq(pods.count, 2);
    const Object *a = pods.items[0];
    ck_assert_str_view(a->ns, "x");
    ck_assert_str_view(a->name, "a");
    ck_assert_str_view(a->kind, "Pod");
    ck_assert_str_view(a->uid, "u1");
    ck_assert_str_view(node_string(node_get(a->node, STR("kind"))), "Pod");
    ck_assert_str_view(node_string(node_get(a->node, STR("apiVersion"))), "v1");
    ck_assert_str_view(a->origin.member, PODS);
    ck_assert_str_view(a->origin.pointer, "/items/1");
    ck_assert_uint_eq(a->origin.line, 2);
    ck_assert_ptr_eq(model_object(f.model, STR("Pod"), STR("y"), STR("b")), pods.items[1]);
    ck_assert_ptr_null(model_object(f.model, STR("Pod"), STR("y"), STR("c")));
    ck_assert_ptr_eq(model_object_of(f.model, a->node), a);
    ck_assert_ptr_null(model_object_of(f.model, node_get(a->node, STR("metadata"))));
    /* The API server's own bookkeeping is not kept. */
    ck_assert_ptr_null(node_path(pods.items[1]->node, "metadata.managedFields"));
    Evidence cited;
    ck_assert_ok(evidence_cite(f.arena, &a->origin, node_path(a->node, "metadata.uid"), &cited),
                 f.err);
    ck_assert_str_view(cited.pointer, "/items/1/metadata/uid");
    ck_assert_uint_eq(cited.line, 2);
    ck_assert_str_view(cited.excerpt, "u1");
}
END_TEST

static void
keep(Fixture *f, const StrList *namespaces, const char *field)
{
    NodeKeep *root = demand_fields(f->demand, STR("Pod"), namespaces);
    NodeKeep *kept = root ? json_keep_field(f->arena, root, str_of(field)) : NULL;
    ck_assert_ptr_nonnull(kept);
    kept->whole = true;
}

/* What is read of the pods of one namespace is kept of those alone. */
START_TEST(fields_are_kept_by_namespace)
{
    static const Str NAMES[] = {STR_INIT("y"), STR_INIT("z")};
    static const StrList NAMESPACES = {NAMES, 2};
    CLEANUP(fixture_done) Fixture f = fixture_new();
    fixture_member(&f, PODS,
                   "{\"items\":[{\"metadata\":{\"name\":\"a\",\"namespace\":\"x\"},\"one\":1,\"two\":2},"
                   "{\"one\":1,\"two\":2,\"metadata\":{\"namespace\":\"y\",\"name\":\"b\"}}]}");
    demand_only_fields(f.demand);
    keep(&f, NULL, "one");
    keep(&f, &NAMESPACES, "two");
    fixture_load(&f);
    const Object *a = model_object(f.model, STR("Pod"), STR("x"), STR("a"));
    const Object *b = model_object(f.model, STR("Pod"), STR("y"), STR("b"));
    ck_assert(a && b);
    ck_assert(node_get(a->node, STR("one")) && node_get(b->node, STR("one")));
    ck_assert_ptr_nonnull(node_get(b->node, STR("two")));
    ck_assert(!model_has_missed(f.model));
    ck_assert_ptr_null(node_get(a->node, STR("two")));
    ck_assert(model_has_missed(f.model));
}
END_TEST

START_TEST(items_keep_their_own_kind)
{
    CLEANUP(fixture_done) Fixture f = fixture_new();
    fixture_member(&f, "kubernetes/config.istio.io/rules.json",
                   "{\"apiVersion\":\"v1\",\"items\":[{\"apiVersion\":\"config.istio.io/v1alpha2\","
                   "\"kind\":\"rule\",\"metadata\":{\"name\":\"promhttp\",\"namespace\":\"i\"}}],"
                   "\"kind\":\"List\"}");
    ck_assert_ok(demand_kind(f.demand, STR("rule.config.istio.io"), &f.err), f.err);
    fixture_load(&f);
    Objects rules;
    ck_assert_ok(model_objects(f.model, STR("rule.config.istio.io"), NULL, &rules, &f.err), f.err);
    ck_assert_uint_eq(rules.count, 1);
    ck_assert_str_view(rules.items[0]->kind, "rule");
    ck_assert_str_view(rules.items[0]->group, "config.istio.io");
    ck_assert_str_view(node_string(node_get(rules.items[0]->node, STR("apiVersion"))),
                       "config.istio.io/v1alpha2");
}
END_TEST

START_TEST(what_was_not_demanded_is_unknown)
{
    CLEANUP(fixture_done) Fixture f = fixture_new();
    fixture_member(&f, PODS, TWO_PODS);
    fixture_load(&f);
    Objects pods;
    ck_assert_ok(model_objects(f.model, STR("Pod"), NULL, &pods, &f.err), f.err);
    ck_assert_int_eq(pods.state, EVIDENCE_UNKNOWN);
    ck_assert_str_view(pods.gap->reason, "not read from the bundle");
}
END_TEST

START_TEST(groups_that_serve_the_same_objects_are_one_kind)
{
    CLEANUP(fixture_done) Fixture f = fixture_new();
    fixture_member(&f, "kubernetes/extensions/deployments.json",
                   "[{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\",\"uid\":\"1\"}},"
                   "{\"metadata\":{\"name\":\"old\",\"namespace\":\"n\",\"uid\":\"2\"}}]");
    fixture_member(&f, "kubernetes/apps/deployments.json",
                   "[{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\",\"uid\":\"1\"}}]");
    fixture_capture(&f, "k8s-list", "kubernetes/extensions/deployments.json", CAPTURE_COMPLETE,
                    CAPTURE_CLASS_NONE);
    ck_assert_ok(demand_kind(f.demand, STR("Deployment"), &f.err), f.err);
    fixture_load(&f);
    Objects found;
    ck_assert_ok(model_objects(f.model, STR("Deployment"), NULL, &found, &f.err), f.err);
    ck_assert_int_eq(found.state, EVIDENCE_COMPLETE);
    ck_assert_uint_eq(found.count, 2);
    ck_assert_str_view(found.items[0]->group, "apps");
    ck_assert_str_view(found.items[1]->name, "old");
}
END_TEST

/* Neither a group that is not served nor one that nobody asked for stands in for one that was
 * refused. */
START_TEST(a_refused_kind_is_unknown_whatever_other_groups_serve)
{
    static const CaptureClass OTHERS[] = {CAPTURE_CLASS_NONE, CAPTURE_CLASS_UNKNOWN_TYPE};
    for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++) {
        CLEANUP(fixture_done) Fixture f = fixture_new();
        fixture_member(&f, "kubernetes/discovery.json",
                       "[{\"groupVersion\":\"apps/v1\",\"resources\":"
                       "[{\"name\":\"deployments\",\"kind\":\"Deployment\"}]}]");
        fixture_capture(&f, "k8s-list", "kubernetes/apps/deployments.json", CAPTURE_FAILED,
                        CAPTURE_CLASS_FORBIDDEN);
        if (OTHERS[i] != CAPTURE_CLASS_NONE)
            fixture_capture(&f, "k8s-list", "kubernetes/extensions/deployments.json",
                            CAPTURE_SKIPPED, OTHERS[i]);
        ck_assert_ok(demand_kind(f.demand, STR("Deployment"), &f.err), f.err);
        fixture_load(&f);
        Objects found;
        ck_assert_ok(model_objects(f.model, STR("Deployment"), NULL, &found, &f.err), f.err);
        ck_assert_int_eq(found.state, EVIDENCE_UNKNOWN);
        ck_assert_str_view(found.gap->class_name, "forbidden");
        ck_assert_ptr_null(found.gap->next);
    }
}
END_TEST

#define DISCOVERY "kubernetes/discovery.json"

START_TEST(discovery_tells_what_is_not_served)
{
    static const char *const TEXTS[] = {
        "{\"kind\":\"APIGroupDiscoveryList\",\"items\":[{\"metadata\":{\"name\":\"\"},\"versions\":"
        "[{\"version\":\"v1\",\"resources\":[{\"resource\":\"pods\",\"responseKind\":"
        "{\"kind\":\"Pod\"}}]}]},{\"metadata\":{\"name\":\"example.com\"},\"versions\":"
        "[{\"resources\":[{\"resource\":\"mice\",\"responseKind\":{\"kind\":\"Mouse\"}}]}]}]}",
        "[{\"groupVersion\":\"v1\",\"resources\":[{\"name\":\"pods\",\"kind\":\"Pod\"},"
        "{\"name\":\"pods/log\",\"kind\":\"Pod\"}]},{\"groupVersion\":\"example.com/v1\","
        "\"resources\":[{\"name\":\"mice\",\"kind\":\"Mouse\"}]}]",
        "{\"v1\":{\"groupVersion\":\"v1\",\"resources\":[{\"name\":\"pods\",\"kind\":\"Pod\"}]},"
        "\"example.com/v1\":{\"groupVersion\":\"example.com/v1\",\"resources\":"
        "[{\"name\":\"mice\",\"kind\":\"Mouse\"}]}}",
    };
    static const struct {
        const char *kind;
        CaptureState discovery;
        EvidenceState state;
    } CASES[] = {
        {"rule.config.istio.io", CAPTURE_COMPLETE, EVIDENCE_COMPLETE},
        {"VirtualService", CAPTURE_COMPLETE, EVIDENCE_COMPLETE},
        {"Widget.example.com", CAPTURE_COMPLETE, EVIDENCE_COMPLETE},
        {"*.istio.io", CAPTURE_COMPLETE, EVIDENCE_COMPLETE},
        {"Pod", CAPTURE_COMPLETE, EVIDENCE_UNKNOWN},
        {"Mouse", CAPTURE_COMPLETE, EVIDENCE_UNKNOWN},
        {"Mouse.example.com", CAPTURE_COMPLETE, EVIDENCE_UNKNOWN},
        {"rule.config.istio.io", CAPTURE_PARTIAL, EVIDENCE_UNKNOWN},
        {"Widget.example.com", CAPTURE_PARTIAL, EVIDENCE_UNKNOWN},
    };
    for (size_t t = 0; t < sizeof TEXTS / sizeof *TEXTS; t++) {
        for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
            CLEANUP(fixture_done) Fixture f = fixture_new();
            fixture_member(&f, DISCOVERY, TEXTS[t]);
            fixture_capture(&f, "k8s-discovery", DISCOVERY, CASES[i].discovery,
                            CASES[i].discovery == CAPTURE_COMPLETE ? CAPTURE_CLASS_NONE
                                                                   : CAPTURE_CLASS_SERVER_ERROR);
            ck_assert_ok(demand_kind(f.demand, str_of(CASES[i].kind), &f.err), f.err);
            fixture_load(&f);
            Objects found;
            ck_assert_ok(model_objects(f.model, str_of(CASES[i].kind), NULL, &found, &f.err),
                         f.err);
            ck_assert_msg(found.state == CASES[i].state, "%zu: %s: %s", t, CASES[i].kind,
                          fixture_gaps(&f, found.gap));
        }
    }
}
END_TEST

START_TEST(documents_are_found_by_glob)
{
    static const struct {
        const char *name;
        const char *cover;          /* of a capture; NULL: none */
        CaptureState state;
        CaptureClass class;
        bool members;
        EvidenceState expected;
        size_t count;
    } CASES[] = {
        {"covered", "http/pilot/**", CAPTURE_COMPLETE, 0, true, EVIDENCE_COMPLETE, 2},
        {"covered by the same", "http/pilot/*/*/version.txt", CAPTURE_COMPLETE, 0, true,
         EVIDENCE_COMPLETE, 2},
        {"covered and none", "http/pilot/**", CAPTURE_COMPLETE, 0, false, EVIDENCE_COMPLETE, 0},
        {"no such pod", "http/pilot/**", CAPTURE_SKIPPED, CAPTURE_CLASS_ABSENT, false,
         EVIDENCE_COMPLETE, 0},
        {"covered in part", "http/pilot/a/*/version.txt", CAPTURE_COMPLETE, 0, true,
         EVIDENCE_INCOMPLETE, 2},
        {"a star is not two", "http/pilot/*", CAPTURE_COMPLETE, 0, false, EVIDENCE_UNKNOWN, 0},
        {"not covered", NULL, CAPTURE_COMPLETE, 0, true, EVIDENCE_INCOMPLETE, 2},
        {"not covered, none", NULL, CAPTURE_COMPLETE, 0, false, EVIDENCE_UNKNOWN, 0},
        {"failed", "http/pilot/**", CAPTURE_FAILED, CAPTURE_CLASS_TIMEOUT, false,
         EVIDENCE_UNKNOWN, 0},
        {"partial", "http/pilot/**", CAPTURE_PARTIAL, CAPTURE_CLASS_TIMEOUT, true,
         EVIDENCE_INCOMPLETE, 2},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        CLEANUP(fixture_done) Fixture f = fixture_new();
        if (CASES[i].members) {
            fixture_member(&f, "http/pilot/b/p/version.txt", "two");
            fixture_member(&f, "http/pilot/a/p/version.txt", "one");
            fixture_member(&f, "http/mixer/a/p/version.txt", "not this");
        }
        ck_assert_ptr_nonnull(memory_feed_manifest(f.memory));
        if (CASES[i].cover)
            fixture_capture(&f, "http", CASES[i].cover, CASES[i].state, CASES[i].class);
        Str glob = STR("http/pilot/*/*/version.txt");
        ck_assert_ok(demand_documents(f.demand, glob, &f.err), f.err);
        fixture_load(&f);
        Documents found;
        ck_assert_ok(model_documents(f.model, "http:pilot", glob, &found, &f.err), f.err);
        ck_assert_msg(found.state == CASES[i].expected, "%s: %d %s", CASES[i].name, found.state,
                      fixture_gaps(&f, found.gap));
        ck_assert_uint_eq(found.count, CASES[i].count);
        ck_assert_int_eq(found.gap == NULL, found.state == EVIDENCE_COMPLETE);
        if (found.count) {
            ck_assert_str_view(found.items[0]->text, "one");
            ck_assert_str_view(found.items[0]->name.namespace, "a");
        }
    }
}
END_TEST

START_TEST(one_failed_part_makes_a_covered_glob_incomplete)
{
    CLEANUP(fixture_done) Fixture f = fixture_new();
    fixture_member(&f, "http/pilot/a/p/version.txt", "one");
    fixture_capture(&f, "http", "http/pilot/**", CAPTURE_COMPLETE, CAPTURE_CLASS_NONE);
    fixture_capture(&f, "http", "http/pilot/a/q/version.txt", CAPTURE_FAILED,
                    CAPTURE_CLASS_TIMEOUT);
    Str glob = STR("http/pilot/*/*/version.txt");
    ck_assert_ok(demand_documents(f.demand, glob, &f.err), f.err);
    fixture_load(&f);
    Documents found;
    ck_assert_ok(model_documents(f.model, "http:pilot", glob, &found, &f.err), f.err);
    ck_assert_int_eq(found.state, EVIDENCE_INCOMPLETE);
    ck_assert_str_view(found.gap->class_name, "timeout");
    ck_assert_str_view(found.gap->collect_with, "meshcase-collect --request-timeout 60s");
}
END_TEST

START_TEST(documents_are_parsed_or_a_gap_says_why_not)
{
    CLEANUP(fixture_done) Fixture f = fixture_new();
    fixture_member(&f, "http/pilot/a/p/x.json", "{\"a\": [1]}");
    fixture_member(&f, "http/pilot/a/p/y.json", "{\"a\":\n [1}");
    fixture_member(&f, "http/pilot/a/p/z.yaml", "a: 1\n---\nb: 2\n");
    ck_assert_ok(demand_documents(f.demand, STR("http/**"), &f.err), f.err);
    fixture_load(&f);
    Documents found;
    ck_assert_ok(model_documents(f.model, "document", STR("http/**"), &found, &f.err), f.err);
    ck_assert_uint_eq(found.count, 3);
    const Node *node;
    const Gap *gap;
    ck_assert_ok(model_parse(f.model, found.items[0], DOCUMENT_JSON, &node, &gap, &f.err), f.err);
    ck_assert_ptr_nonnull(node_get(node, STR("a")));
    ck_assert_ptr_null(gap);
    ck_assert_ok(model_parse(f.model, found.items[1], DOCUMENT_JSON, &node, &gap, &f.err), f.err);
    ck_assert_ptr_null(node);
    ck_assert_str_view(gap->reason, "malformed: http/pilot/a/p/y.json:2:4: expected ',' or ']'");
    ck_assert_ok(model_parse(f.model, found.items[2], DOCUMENT_YAML, &node, &gap, &f.err), f.err);
    ck_assert_uint_eq(node->count, 2);
    const Node *again;
    ck_assert_ok(model_parse(f.model, found.items[2], DOCUMENT_YAML, &again, &gap, &f.err), f.err);
    ck_assert_ptr_eq(node, again);
}
END_TEST

START_TEST(measured_tables_are_records)
{
    static const struct {
        const char *text;           /* NULL: no member */
        CaptureState state;
        EvidenceState expected;
        size_t count;
        const char *pointer;
    } CASES[] = {
        {"[{\"subject\":\"node/n1\"}]", CAPTURE_COMPLETE, EVIDENCE_COMPLETE, 1, "/0"},
        {"{\"clocks\":[{},{}]}", CAPTURE_COMPLETE, EVIDENCE_COMPLETE, 2, "/clocks/0"},
        {"{\"clocks\":[{}]}", CAPTURE_PARTIAL, EVIDENCE_INCOMPLETE, 1, "/clocks/0"},
        {"[]", CAPTURE_COMPLETE, EVIDENCE_COMPLETE, 0, NULL},
        {"{}", CAPTURE_COMPLETE, EVIDENCE_UNKNOWN, 0, NULL},
        {"[", CAPTURE_COMPLETE, EVIDENCE_UNKNOWN, 0, NULL},
        {NULL, CAPTURE_FAILED, EVIDENCE_UNKNOWN, 0, NULL},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        CLEANUP(fixture_done) Fixture f = fixture_new();
        if (CASES[i].text)
            fixture_member(&f, "clocks.json", CASES[i].text);
        fixture_capture(&f, "clocks", "clocks.json", CASES[i].state,
                        CASES[i].state == CAPTURE_COMPLETE ? CAPTURE_CLASS_NONE
                                                           : CAPTURE_CLASS_TIMEOUT);
        ck_assert_ok(demand_clocks(f.demand, &f.err), f.err);
        fixture_load(&f);
        Records clocks;
        ck_assert_ok(model_clocks(f.model, &clocks, &f.err), f.err);
        ck_assert_msg(clocks.state == CASES[i].expected, "case %zu: %d", i, clocks.state);
        ck_assert_uint_eq(clocks.count, CASES[i].count);
        ck_assert_int_eq(clocks.gap == NULL, clocks.state == EVIDENCE_COMPLETE);
        if (CASES[i].pointer)
            ck_assert_str_view(clocks.items[0].origin.pointer, CASES[i].pointer);
    }
}
END_TEST

/* --- somebody who reads along --- */

typedef struct {
    Buf text;
    size_t most;
} Listener;

static bool
listen_to_logs(void *context, const Member *member)
{
    (void)context;
    return member->kind == MEMBER_LOG;
}

/* Each log has a text of its own, which is taken in the end. */
typedef struct {
    Str name;
    Buf text;
} Heard;

static Status
begin_to_listen(void *context, const Member *member, Arena *arena, void **ret_state, Err *err)
{
    (void)context;
    Heard *heard = ARENA_NEW(arena, Heard);
    if (!heard)
        return err_nomem(err);
    *heard = (Heard){member->name, BUF_INIT(1000)};
    *ret_state = heard;
    return ST_OK;
}

static Status
listen(void *context, void *state, Str bytes, Err *err)
{
    (void)err;
    const Listener *listener = context;
    Heard *heard = state;
    buf_addc(&heard->text, '[');
    buf_add_str(&heard->text, bytes);
    buf_adds(&heard->text, "]");
    return listener->most && heard->text.n >= listener->most ? ST_END : ST_OK;
}

static Status
stop_listening(void *context, void *state, Err *err)
{
    (void)context;
    (void)err;
    buf_adds(&((Heard *)state)->text, "end.");
    return ST_OK;
}

static Status
take_what_was_heard(void *context, const Member *member, void *state, Err *err)
{
    (void)err;
    Listener *listener = context;
    Heard *heard = state;
    ck_assert(str_eq(member->name, heard->name));
    buf_printf(&listener->text, "%.*s:", STR_ARG(str_from(member->name, 7)));
    buf_add_str(&listener->text, buf_str(&heard->text));
    buf_done(&heard->text);
    return ST_OK;
}

static MemberConsumer
consumer_of(Listener *listener)
{
    return (MemberConsumer){.want = listen_to_logs, .begin = begin_to_listen, .data = listen,
                            .end = stop_listening, .take = take_what_was_heard,
                            .context = listener};
}

START_TEST(consumers_hear_members_pass_by)
{
    CLEANUP(fixture_done) Fixture f = fixture_new();
    fixture_member(&f, "logs/n/p/c.log", "abcd");
    fixture_member(&f, "logs/n/q/c.log", "");
    fixture_member_cut(&f, "logs/n/r/c.log", "xy", true);
    fixture_member(&f, PODS, TWO_PODS);
    memory_feed_set_chunk(f.memory, 3);
    Listener all = {.text = BUF_INIT(1000)}, some = {.text = BUF_INIT(1000), .most = 1};
    MemberConsumer one = consumer_of(&all);
    MemberConsumer two = consumer_of(&some);
    ck_assert_ok(demand_consumer(f.demand, &one, &f.err), f.err);
    ck_assert_ok(demand_consumer(f.demand, &two, &f.err), f.err);
    fixture_load(&f);
    ck_assert_str_view(buf_str(&all.text), "p/c.log:[abc][d]end.q/c.log:end.r/c.log:[xy]end.");
    ck_assert_str_view(buf_str(&some.text), "p/c.log:[abc]end.q/c.log:end.r/c.log:[xy]end.");
    MemberState state;
    ck_assert_ok(model_member(f.model, "logs:x", STR("logs/n/r/c.log"), &state, &f.err), f.err);
    ck_assert_int_eq(state.state, EVIDENCE_INCOMPLETE);
    ck_assert_ok(model_member(f.model, "logs:x", STR("logs/n/p/c.log"), &state, &f.err), f.err);
    ck_assert_int_eq(state.state, EVIDENCE_COMPLETE);
    ck_assert_ok(model_member(f.model, "logs:x", STR("logs/n/s/c.log"), &state, &f.err), f.err);
    ck_assert_int_eq(state.state, EVIDENCE_UNKNOWN);
    ck_assert_str_view(state.gap->evidence, "logs:x");
    buf_done(&all.text);
    buf_done(&some.text);
}
END_TEST

START_TEST(a_log_cut_by_since_is_whole_and_one_cut_by_bytes_is_not)
{
    static const struct {
        Truncated truncated;
        EvidenceState state;
    } CASES[] = {
        {TRUNCATED_NO, EVIDENCE_COMPLETE},      {TRUNCATED_SINCE, EVIDENCE_COMPLETE},
        {TRUNCATED_TAIL, EVIDENCE_INCOMPLETE},  {TRUNCATED_BYTES, EVIDENCE_INCOMPLETE},
        {TRUNCATED_BROKEN, EVIDENCE_INCOMPLETE},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        CLEANUP(fixture_done) Fixture f = fixture_new();
        fixture_member(&f, "http/a/b/c/d.txt", "text");
        fixture_capture(&f, "http", "http/a/b/c/d.txt", CAPTURE_COMPLETE, CAPTURE_CLASS_NONE);
        memory_feed_manifest(f.memory)->captures.items[0].truncated = CASES[i].truncated;
        ck_assert_ok(demand_documents(f.demand, STR("http/**"), &f.err), f.err);
        fixture_load(&f);
        MemberState state;
        ck_assert_ok(model_member(f.model, "x", STR("http/a/b/c/d.txt"), &state, &f.err), f.err);
        ck_assert_int_eq(state.state, CASES[i].state);
    }
}
END_TEST

START_TEST(demands_are_checked)
{
    CLEANUP(fixture_done) Fixture f = fixture_new();
    ck_assert_status(demand_fact(f.demand, STR("meshh"), &f.err), ST_NOT_FOUND);
    ck_assert_str_eq(f.err.text, "unknown fact 'meshh'");
    err_clear(&f.err);
    ck_assert_status(demand_metrics(f.demand, STR("mixr"), &f.err), ST_NOT_FOUND);
    ck_assert_str_eq(f.err.text, "unknown component 'mixr'");
    err_clear(&f.err);
    MemberConsumer consumer = consumer_of(NULL);
    for (int i = 0; i < 64; i++)
        ck_assert_ok(demand_consumer(f.demand, &consumer, &f.err), f.err);
    ck_assert_status(demand_consumer(f.demand, &consumer, &f.err), ST_LIMIT);
}
END_TEST

/* A small bundle with some of everything: name and text by turns. */
static const char *const SOME_OF_EVERYTHING[] = {
    PODS, "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":[{\"metadata\":{\"name\":\"p\","
          "\"namespace\":\"istio-system\",\"labels\":{\"istio\":\"pilot\"},\"ownerReferences\":"
          "[{\"kind\":\"ReplicaSet\",\"name\":\"r\"}]},\"spec\":{\"containers\":[{\"name\":"
          "\"discovery\",\"image\":\"istio/pilot:0.8.0\",\"args\":[\"--a\",\"b\"]}]}}]}",
    "kubernetes/core/configmaps.json",
    "[{\"metadata\":{\"name\":\"istio\",\"namespace\":\"istio-system\"},\"data\":{\"mesh\":"
    "\"a: 1\\nb: [x]\\n\"}}]",
    "kubernetes/core/services.json",
    "[{\"metadata\":{\"name\":\"s\",\"namespace\":\"n\"},\"spec\":{\"clusterIP\":\"10.0.0.1\","
    "\"selector\":{\"istio\":\"pilot\"}}}]",
    "kubernetes/version.json", "{\"gitVersion\":\"v1.9.7\"}",
    DISCOVERY, "[{\"groupVersion\":\"v1\",\"resources\":[{\"name\":\"pods\",\"kind\":\"Pod\"}]}]",
    "metrics/pilot/istio-system/p.9093.1.prom", "# TYPE a counter\na{b=\"c\"} 1\n",
    "http/pilot/istio-system/p/version.txt", "x@y-z-1.0.2-abc-Clean",
    "clocks.json", "{\"clocks\":[{\"subject\":\"x\"}]}",
};

/* Loads and asks everything; ST_NOMEM or ST_OK. */
static Status
ask_everything(Fixture *f, Arena *arena)
{
    ModelFeed feed = memory_feed(f->memory);
    Model *model;
    TRY(model_load(&feed, f->demand, arena, &model, NULL));
    for (size_t i = 0; i < FACT_COUNT; i++) {
        Fact fact;
        TRY(model_fact(model, str_of(FACTS[i].name), &fact, NULL));
    }
    Str component = STR("pilot");
    MetricSelection selection = {.components = &component, .component_count = 1};
    MetricTargets targets;
    TRY(model_metric_targets(model, &selection, &targets, NULL));
    Objects pods, related;
    TRY(model_objects(model, STR("Pod"), NULL, &pods, NULL));
    for (size_t i = 0; i < pods.count; i++)
        for (Relation r = 0; r < RELATION_COUNT; r++) {
            Status status =
                model_related(model, r, STR("Service"), pods.items[i]->node, &related, NULL);
            /* A damaged object may have no kind. */
            if (status != ST_OK && status != ST_NOT_FOUND)
                return status;
        }
    Records clocks;
    return model_clocks(model, &clocks, NULL);
}

static void
demand_everything(Fixture *f)
{
    for (size_t i = 0; i < FACT_COUNT; i++)
        ck_assert_ok(demand_fact(f->demand, str_of(FACTS[i].name), &f->err), f->err);
    ck_assert_ok(demand_metrics(f->demand, STR("*"), &f->err), f->err);
    ck_assert_ok(demand_series(f->demand, STR(""), &f->err), f->err);
    ck_assert_ok(demand_relation(f->demand, RELATION_OWNS, &f->err), f->err);
    ck_assert_ok(demand_clocks(f->demand, &f->err), f->err);
}

enum { MEMBER_COUNT = sizeof SOME_OF_EVERYTHING / sizeof *SOME_OF_EVERYTHING };

START_TEST(memory_that_runs_out_is_an_error_wherever_it_does)
{
    bool enough = false;
    for (size_t budget = 0; !enough; budget += 509) {
        CLEANUP(fixture_done) Fixture f = fixture_new();
        for (size_t i = 0; i < MEMBER_COUNT; i += 2)
            fixture_member(&f, SOME_OF_EVERYTHING[i], SOME_OF_EVERYTHING[i + 1]);
        fixture_capture(&f, "k8s-list", "kubernetes/core/*.json", CAPTURE_PARTIAL,
                        CAPTURE_CLASS_TIMEOUT);
        ck_assert_ok(memory_feed_seal(f.memory, &f.err), f.err);
        demand_everything(&f);
        CLEANUP(cleanup_arena) Arena *arena = arena_new(budget);
        Status status = ask_everything(&f, arena);
        ck_assert_msg(status == ST_OK || status == ST_NOMEM, "%zu: %s", budget,
                      status_name(status));
        enough = status == ST_OK;
        ck_assert_uint_lt(budget, 1 << 20);
    }
}
END_TEST

START_TEST(damaged_members_break_nothing)
{
    uint64_t state = 88172645463325252u;
    for (int round = 0; round < 1500; round++) {
        CLEANUP(fixture_done) Fixture f = fixture_new();
        for (size_t i = 0; i < MEMBER_COUNT; i += 2) {
            char *text = arena_cstr(f.arena, str_of(SOME_OF_EVERYTHING[i + 1]));
            for (int k = 0; k < 2; k++) {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                size_t at = (size_t)(state >> 16) % strlen(text);
                text[at] = "\"{}[],:0 \n\xff" "aZ"[(state >> 8) % 13];
            }
            fixture_member_cut(&f, SOME_OF_EVERYTHING[i], text, state % 16 == 0);
        }
        demand_everything(&f);
        memory_feed_set_chunk(f.memory, (size_t)round % 9);
        ck_assert_int_eq(ask_everything(&f, f.arena), ST_OK);
    }
}
END_TEST

START_TEST(the_memory_feed_refuses_bad_names)
{
    CLEANUP(fixture_done) Fixture f = fixture_new();
    ck_assert_status(memory_feed_add(f.memory, STR("../x"), STR(""), false, NULL), ST_UNSAFE);
    ck_assert_ok(memory_feed_add(f.memory, STR("x"), STR(""), false, &f.err), f.err);
    ck_assert_status(memory_feed_add(f.memory, STR("x"), STR(""), false, &f.err), ST_EXISTS);
    ck_assert_str_eq(f.err.text, "member 'x' is there already");
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("model");
    TCase *tcase = tcase_create("model");
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, kinds_have_the_state_of_their_captures);
    tcase_add_test(tcase, an_enumerating_capture_counts_for_what_no_other_names);
    tcase_add_test(tcase, namespaces_named_by_option_are_whole);
    tcase_add_test(tcase, a_named_member_that_is_not_there_is_a_hole);
    tcase_add_test(tcase, objects_have_kind_place_and_order);
    tcase_add_test(tcase, fields_are_kept_by_namespace);
    tcase_add_test(tcase, items_keep_their_own_kind);
    tcase_add_test(tcase, what_was_not_demanded_is_unknown);
    tcase_add_test(tcase, groups_that_serve_the_same_objects_are_one_kind);
    tcase_add_test(tcase, a_refused_kind_is_unknown_whatever_other_groups_serve);
    tcase_add_test(tcase, discovery_tells_what_is_not_served);
    tcase_add_test(tcase, documents_are_found_by_glob);
    tcase_add_test(tcase, one_failed_part_makes_a_covered_glob_incomplete);
    tcase_add_test(tcase, documents_are_parsed_or_a_gap_says_why_not);
    tcase_add_test(tcase, measured_tables_are_records);
    tcase_add_test(tcase, consumers_hear_members_pass_by);
    tcase_add_test(tcase, a_log_cut_by_since_is_whole_and_one_cut_by_bytes_is_not);
    tcase_add_test(tcase, demands_are_checked);
    tcase_add_test(tcase, memory_that_runs_out_is_an_error_wherever_it_does);
    tcase_add_test(tcase, damaged_members_break_nothing);
    tcase_add_test(tcase, the_memory_feed_refuses_bad_names);
    suite_add_tcase(suite, tcase);
    return suite;
}
