/* SPDX-License-Identifier: Apache-2.0 */
/* test_kind.c -- names of members: made safe, taken apart, put together. */
#include "base/buf.h"
#include "base/limits.h"
#include "bundle/kind.h"
#include "tests/unit/runner.h"

#include <string.h>

static Arena *arena;

static void
setup(void)
{
    arena = arena_new(SIZE_MAX);
    ck_assert_ptr_nonnull(arena);
}

static void
teardown(void)
{
    arena = arena_free(arena);
}

typedef struct {
    Str raw;
    Status status;
    const char *name;
} NameCase;

#define GOOD(raw, name) {STR_INIT(raw), ST_OK, name}
#define UNSAFE(raw) {STR_INIT(raw), ST_UNSAFE, NULL}

static const NameCase NAMES[] = {
    GOOD("a", "a"),
    GOOD("a/b.json", "a/b.json"),
    GOOD("./a/b", "a/b"),
    GOOD("a//b", "a/b"),
    GOOD("a/./b/", "a/b"),
    GOOD(".hidden/.x", ".hidden/.x"),
    GOOD("...a", "...a"),
    GOOD("proxies/config_dump?include_eds", "proxies/config_dump?include_eds"),
    GOOD("l\303\266g/\342\202\254", "l\303\266g/\342\202\254"),
    GOOD("l\303\266g/x ~*$;y", "l\303\266g/x ~*$;y"),
    UNSAFE(""),
    UNSAFE("."),
    UNSAFE("./"),
    UNSAFE("/"),
    UNSAFE("//"),
    UNSAFE("/etc/passwd"),
    UNSAFE("//a"),
    UNSAFE(".."),
    UNSAFE("../a"),
    UNSAFE("a/../b"),
    UNSAFE("a/.."),
    UNSAFE("a/../../.."),
    UNSAFE("a\\b"),
    UNSAFE("..\\a"),
    UNSAFE("C:/windows"),
    UNSAFE("c:x"),
    UNSAFE("a\0b"),
    UNSAFE("a\nb"),
    UNSAFE("a\tb"),
    UNSAFE("a\033[31mb"),
    UNSAFE("a\177"),
    UNSAFE("a\302\205b"),          /* U+0085 next line */
    UNSAFE("a\342\200\256b"),      /* U+202E turns the text around */
    UNSAFE("a\342\201\246b"),      /* U+2066 */
    UNSAFE("a\342\200\250b"),      /* U+2028 line separator */
    UNSAFE("a\357\273\277b"),      /* U+FEFF */
    UNSAFE("a\377"),
    UNSAFE("a\300\257b"),          /* overlong slash */
    UNSAFE("a\355\240\200"),       /* surrogate */
    UNSAFE("a "),
    UNSAFE("a /b"),
    UNSAFE("a./b"),
    UNSAFE("a/b."),
    UNSAFE("a/..."),
};

START_TEST(a_name_is_made_safe_or_refused)
{
    const NameCase *test = &NAMES[_i];
    Str name = STR("untouched");
    Err err = {0};
    Status status = member_name_normalise(arena, test->raw, &name, &err);
    ck_assert_msg(status == test->status, "'%.*s': got %s", STR_ARG(test->raw),
                  status_name(status));
    ck_assert_str_view(name, test->name ? test->name : "untouched");
    ck_assert_int_eq(err.text[0] == '\0', status == ST_OK);
}
END_TEST

static Str
repeat(const char *part, size_t count)
{
    Buf buf = BUF_INIT(1 << 20);
    for (size_t i = 0; i < count; i++)
        buf_adds(&buf, part);
    Str copy = arena_str(arena, buf_str(&buf));
    buf_done(&buf);
    return copy;
}

START_TEST(long_and_deep_names_are_refused)
{
    Str name;
    Str component = repeat("x", LIMIT_MEMBER_NAME_COMPONENT_BYTES);
    ck_assert_int_eq(member_name_normalise(arena, component, &name, NULL), ST_OK);
    ck_assert_int_eq(member_name_normalise(arena, repeat("x", component.n + 1), &name, NULL),
                     ST_LIMIT);
    ck_assert_int_eq(member_name_normalise(arena, repeat("/a", LIMIT_MEMBER_NAME_DEPTH), &name,
                                           NULL), ST_UNSAFE);
    ck_assert_int_eq(member_name_normalise(arena, repeat("a/", LIMIT_MEMBER_NAME_DEPTH), &name,
                                           NULL), ST_OK);
    ck_assert_int_eq(member_name_normalise(arena, repeat("a/", LIMIT_MEMBER_NAME_DEPTH + 1),
                                           &name, NULL), ST_LIMIT);
    Str folder = repeat("abcdefghijklmno", 17);
    Str longest = arena_strf(arena, "%.*s/%.*s/%.*s/%.*s", STR_ARG(folder), STR_ARG(folder),
                             STR_ARG(folder), STR_ARG(folder));
    ck_assert_uint_eq(longest.n, 1023);
    ck_assert_int_eq(member_name_normalise(arena, arena_strf(arena, "%.*s/", STR_ARG(longest)),
                                           &name, NULL), ST_OK);
    ck_assert_int_eq(member_name_normalise(arena, arena_strf(arena, "a/%.*s", STR_ARG(longest)),
                                           &name, NULL), ST_LIMIT);
    ck_assert_int_eq(member_name_normalise(arena, repeat("./", 2000), &name, NULL), ST_LIMIT);
}
END_TEST

START_TEST(out_of_memory_is_returned)
{
    CLEANUP(cleanup_arena) Arena *small = arena_new(8);
    Str name = STR("untouched");
    ck_assert_int_eq(member_name_normalise(small, STR("./a/rather/long/name"), &name, NULL),
                     ST_NOMEM);
    ck_assert_str_view(name, "untouched");
}
END_TEST

typedef struct {
    const char *name;
    MemberName parts;
    MemberFormat format;
} PartsCase;

#define S(text) STR_INIT(text)
static const PartsCase PARTS[] = {
    {"kubernetes/core/pods.json", {.kind = MEMBER_K8S_LIST, .plural = S("pods")},
     MEMBER_FORMAT_LIST},
    {"kubernetes/config.istio.io/rules.json",
     {.kind = MEMBER_K8S_LIST, .group = S("config.istio.io"), .plural = S("rules")},
     MEMBER_FORMAT_LIST},
    {"kubernetes/version.json", {.kind = MEMBER_K8S_VERSION}, MEMBER_FORMAT_JSON},
    {"kubernetes/discovery.json", {.kind = MEMBER_K8S_DISCOVERY}, MEMBER_FORMAT_JSON},
    {"logs/istio-system/istio-pilot-1/discovery.log",
     {.kind = MEMBER_LOG, .namespace = S("istio-system"), .pod = S("istio-pilot-1"),
      .container = S("discovery")}, MEMBER_FORMAT_LOG},
    {"logs/a/kube-apiserver-ip-10-0-0-1.ec2.internal/kube-apiserver.previous.log",
     {.kind = MEMBER_LOG_PREVIOUS, .namespace = S("a"),
      .pod = S("kube-apiserver-ip-10-0-0-1.ec2.internal"), .container = S("kube-apiserver")},
     MEMBER_FORMAT_LOG},
    {"metrics/mixer/istio-system/istio-telemetry-7d.9093.1.prom",
     {.kind = MEMBER_METRICS, .component = S("mixer"), .namespace = S("istio-system"),
      .pod = S("istio-telemetry-7d"), .port = 9093, .sample = 1}, MEMBER_FORMAT_METRICS},
    {"metrics/app/ns/pod.with.dots.65535.2.prom",
     {.kind = MEMBER_METRICS, .component = S("app"), .namespace = S("ns"),
      .pod = S("pod.with.dots"), .port = 65535, .sample = 2}, MEMBER_FORMAT_METRICS},
    {"http/pilot/istio-system/p-1/adsz.json",
     {.kind = MEMBER_HTTP, .component = S("pilot"), .namespace = S("istio-system"),
      .pod = S("p-1"), .what = S("adsz.json")}, MEMBER_FORMAT_JSON},
    {"http/sidecar/ns/p-1/clusters.txt",
     {.kind = MEMBER_HTTP, .component = S("sidecar"), .namespace = S("ns"), .pod = S("p-1"),
      .what = S("clusters.txt")}, MEMBER_FORMAT_TEXT},
    {"exec/ns/p-1/istio-proxy/limits.txt",
     {.kind = MEMBER_EXEC, .namespace = S("ns"), .pod = S("p-1"), .container = S("istio-proxy"),
      .what = S("limits.txt")}, MEMBER_FORMAT_TEXT},
    {"host/kubectl.json", {.kind = MEMBER_HOST, .what = S("kubectl.json")}, MEMBER_FORMAT_JSON},
    {"host/plan.yaml", {.kind = MEMBER_HOST, .what = S("plan.yaml")}, MEMBER_FORMAT_YAML},
    {"clocks.json", {.kind = MEMBER_CLOCKS}, MEMBER_FORMAT_JSON},
    {"limits.json", {.kind = MEMBER_LIMITS}, MEMBER_FORMAT_JSON},
    {"collector.log", {.kind = MEMBER_COLLECTOR_LOG}, MEMBER_FORMAT_LOG},
    {"redactions.ndjson", {.kind = MEMBER_REDACTIONS}, MEMBER_FORMAT_NDJSON},
    {"manifest.json", {.kind = MEMBER_MANIFEST}, MEMBER_FORMAT_JSON},
};

static bool
same(const MemberName *a, const MemberName *b)
{
    return a->kind == b->kind && str_eq(a->group, b->group) && str_eq(a->plural, b->plural) &&
           str_eq(a->namespace, b->namespace) && str_eq(a->pod, b->pod) &&
           str_eq(a->container, b->container) && str_eq(a->component, b->component) &&
           str_eq(a->what, b->what) && a->port == b->port && a->sample == b->sample;
}

START_TEST(a_name_comes_apart_and_together_again)
{
    const PartsCase *test = &PARTS[_i];
    MemberName parts;
    member_name_parse(str_of(test->name), &parts);
    ck_assert_msg(same(&parts, &test->parts), "%s: wrong parts", test->name);
    ck_assert_int_eq(member_name_format(str_of(test->name)), test->format);
    Err err = {0};
    Str name;
    ck_assert_ok(member_name_build(arena, &parts, &name, &err), err);
    ck_assert_str_view(name, test->name);
}
END_TEST

START_TEST(every_kind_is_tried)
{
    for (int kind = 0; kind < MEMBER_OTHER; kind++) {
        bool tried = false;
        for (size_t i = 0; i < sizeof PARTS / sizeof PARTS[0]; i++)
            tried |= PARTS[i].parts.kind == (MemberKind)kind;
        ck_assert_msg(tried, "%s has no case", MEMBER_KINDS[kind].name);
        ck_assert_int_eq(member_kind_of(str_of(MEMBER_KINDS[kind].name)), kind);
        ck_assert_ptr_nonnull(MEMBER_KINDS[kind].help);
    }
    ck_assert_int_eq(member_kind_of(STR("nonsense")), MEMBER_OTHER);
}
END_TEST

static const char *const OTHERS[] = {
    "a", "kubernetes", "kubernetes/core", "kubernetes/core/pods.yaml", "kubernetes/a/b/c.json",
    "kubernetes/core/.json", "logs/ns/pod/c.txt", "logs/ns/pod", "logs/ns/pod/.log",
    "metrics/mixer/ns/pod.prom", "metrics/mixer/ns/pod.9093.prom",
    "metrics/mixer/ns/pod.0.1.prom", "metrics/mixer/ns/pod.65536.1.prom",
    "metrics/mixer/ns/pod.09093.1.prom", "metrics/mixer/ns/.9093.1.prom",
    "metrics/mixer/ns/pod.9093.-1.prom", "metrics/mixer/ns/pod.9093.1.prom/x",
    "http/pilot/ns/pod", "http/pilot/ns/pod/a/b", "exec/ns/pod/x", "x/manifest.json",
    "manifest.json.bak", "Manifest.json", "clocks.JSON", "host", "host/a/b",
};

START_TEST(other_names_are_of_no_kind)
{
    MemberName parts;
    member_name_parse(str_of(OTHERS[_i]), &parts);
    ck_assert_msg(parts.kind == MEMBER_OTHER, "%s is %s", OTHERS[_i],
                  MEMBER_KINDS[parts.kind].name);
}
END_TEST

START_TEST(builders_make_the_same_names)
{
    Str name;
    Err err = {0};
    ck_assert_ok(member_name_k8s_list(arena, STR(""), STR("pods"), &name, &err), err);
    ck_assert_str_view(name, "kubernetes/core/pods.json");
    ck_assert_ok(member_name_log(arena, STR("n"), STR("p"), STR("c"), true, &name, &err), err);
    ck_assert_str_view(name, "logs/n/p/c.previous.log");
    ck_assert_ok(member_name_log(arena, STR("n"), STR("p"), STR("c"), false, &name, &err), err);
    ck_assert_str_view(name, "logs/n/p/c.log");
    ck_assert_ok(member_name_metrics(arena, STR("pilot"), STR("n"), STR("p"), 9093, 2, &name,
                                     &err), err);
    ck_assert_str_view(name, "metrics/pilot/n/p.9093.2.prom");
    ck_assert_ok(member_name_http(arena, STR("pilot"), STR("n"), STR("p"), STR("x.json"),
                                  &name, &err), err);
    ck_assert_str_view(name, "http/pilot/n/p/x.json");
    ck_assert_ok(member_name_exec(arena, STR("n"), STR("p"), STR("c"), STR("d.txt"), &name,
                                  &err), err);
    ck_assert_str_view(name, "exec/n/p/c/d.txt");
    ck_assert_ok(member_name_host(arena, STR("uname.txt"), &name, &err), err);
    ck_assert_str_view(name, "host/uname.txt");
    ck_assert_str_view(member_name_fixed(MEMBER_MANIFEST), "manifest.json");
    ck_assert_str_view(member_name_fixed(MEMBER_LOG), "");
    ck_assert_str_view(member_name_fixed(MEMBER_OTHER), "");
}
END_TEST

START_TEST(builders_refuse_parts_that_would_lie)
{
    static const struct {
        const char *namespace;
        const char *pod;
        const char *container;
        Status status;
    } CASES[] = {
        {"", "p", "c", ST_UNSAFE},          {"n", "", "c", ST_UNSAFE},
        {"n", "p", "", ST_UNSAFE},          {"n/m", "p", "c", ST_UNSAFE},
        {"..", "p", "c", ST_UNSAFE},        {"n", ".", "c", ST_UNSAFE},
        {"n", "p", "c.previous", ST_UNSAFE}, {"n", "p", "../c", ST_UNSAFE},
        {"n", "p\n", "c", ST_UNSAFE},       {"n", "p", "a/b", ST_UNSAFE},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        Str name = STR("untouched");
        Err err = {0};
        Status status = member_name_log(arena, str_of(CASES[i].namespace), str_of(CASES[i].pod),
                                        str_of(CASES[i].container), false, &name, &err);
        ck_assert_msg(status == CASES[i].status, "case %zu: %s", i, status_name(status));
        ck_assert_str_view(name, "untouched");
    }
    Str name;
    ck_assert_int_eq(member_name_metrics(arena, STR("c"), STR("n"), STR("p"), 0, 1, &name, NULL),
                     ST_UNSAFE);
    ck_assert_int_eq(member_name_metrics(arena, STR("c"), STR("n"), STR("p"), 70000, 1, &name,
                                         NULL), ST_UNSAFE);
    ck_assert_int_eq(member_name_host(arena, repeat("x", 5000), &name, NULL), ST_LIMIT);
    MemberName other = {.kind = MEMBER_OTHER};
    ck_assert_int_eq(member_name_build(arena, &other, &name, NULL), ST_USAGE);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("kind");
    TCase *tcase = tcase_create("kind");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, a_name_is_made_safe_or_refused, 0,
                        (int)(sizeof NAMES / sizeof NAMES[0]));
    tcase_add_test(tcase, long_and_deep_names_are_refused);
    tcase_add_test(tcase, out_of_memory_is_returned);
    tcase_add_loop_test(tcase, a_name_comes_apart_and_together_again, 0,
                        (int)(sizeof PARTS / sizeof PARTS[0]));
    tcase_add_test(tcase, every_kind_is_tried);
    tcase_add_loop_test(tcase, other_names_are_of_no_kind, 0,
                        (int)(sizeof OTHERS / sizeof OTHERS[0]));
    tcase_add_test(tcase, builders_make_the_same_names);
    tcase_add_test(tcase, builders_refuse_parts_that_would_lie);
    suite_add_tcase(suite, tcase);
    return suite;
}
