/* SPDX-License-Identifier: Apache-2.0 */
/* test_manifest.c -- the manifest: written, read, refused. */
#include "bundle/manifest.h"
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

#define HEX "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* The pieces of a good manifest; a case replaces one of them. */
#define HEAD "{\"format\":\"meshcase/1\"," \
             "\"tool\":{\"name\":\"meshcase-collect\",\"version\":\"1\"}," \
             "\"started_at\":\"2018-06-14T08:00:00Z\",\"ended_at\":\"2018-06-14T08:01:00Z\"," \
             "\"cluster\":{\"context\":\"prod\"},\"options\":{\"since\":\"24h\"},\"captures\":["
#define TAIL "]}"
#define MEMBER(name) "{\"name\":\"" name "\",\"bytes\":7,\"sha256\":\"" HEX "\"}"
#define CAPTURE(rest) "{\"id\":\"x\",\"kind\":\"log\",\"source\":{\"verb\":\"log\"}," \
                      "\"members\":[],\"started_at\":\"2018-06-14T08:00:01Z\"," \
                      "\"duration_ms\":5," rest "}"
#define DONE CAPTURE("\"state\":\"complete\"")

static Manifest *
parse(const char *text)
{
    Manifest *manifest = NULL;
    Err err = {0};
    ck_assert_ok(manifest_parse(arena, str_of(text), &manifest, &err), err);
    return manifest;
}

START_TEST(a_manifest_is_read)
{
    Manifest *manifest = parse(
        HEAD "{\"id\":\"kubernetes/core/pods.json\",\"kind\":\"k8s-list\","
        "\"source\":{\"verb\":\"list\",\"path\":\"/api/v1/pods\"},"
        "\"covers\":[\"kubernetes/core/pods.json\"],"
        "\"members\":[" MEMBER("kubernetes/core/pods.json") "],\"state\":\"partial\","
        "\"class\":\"truncated\",\"reason\":\"the list broke off\",\"http_status\":200,"
        "\"started_at\":\"2018-06-14T08:00:01.5Z\",\"duration_ms\":12,\"truncated\":\"broken\","
        "\"redactions\":3},"
        "{\"id\":\"d\",\"kind\":\"exec\",\"source\":{\"verb\":\"exec\",\"argv\":[\"date\",\"-u\"]},"
        "\"covers\":[\"exec/*/*/*/date.txt\",\"clocks.json\"],"
        "\"members\":[],\"state\":\"failed\",\"class\":\"command\",\"reason\":\"no such file\","
        "\"exit_code\":126,\"stderr\":\"sh: \\\"date\\\"\",\"started_at\":\"2018-06-14T08:00:02Z\","
        "\"duration_ms\":0}" TAIL);
    ck_assert_str_view(manifest->tool_name, "meshcase-collect");
    ck_assert_str_view(manifest_cluster(manifest, "context"), "prod");
    ck_assert_str_view(manifest_option(manifest, "since"), "24h");
    ck_assert_str_view(manifest_option(manifest, "nothing"), "");
    ck_assert_uint_eq(manifest->captures.count, 2);
    const Capture *list = manifest_capture_of(manifest, STR("kubernetes/core/pods.json"));
    ck_assert_ptr_eq(list, &manifest->captures.items[0]);
    ck_assert_int_eq(list->state, CAPTURE_PARTIAL);
    ck_assert_int_eq(list->class, CAPTURE_CLASS_TRUNCATED);
    ck_assert_int_eq(list->truncated, TRUNCATED_BROKEN);
    ck_assert_int_eq(list->http_status, 200);
    ck_assert_int_eq(list->exit_code, -1);
    ck_assert_uint_eq(list->redactions, 3);
    ck_assert_uint_eq(list->members[0].bytes, 7);
    ck_assert_str_view(list->source.path, "/api/v1/pods");
    const Capture *date = map_get(&manifest->by_id, STR("d"));
    ck_assert_ptr_eq(date, &manifest->captures.items[1]);
    ck_assert_uint_eq(date->source.argv_count, 2);
    ck_assert_str_view(date->source.argv[1], "-u");
    ck_assert_int_eq(date->exit_code, 126);
    ck_assert_str_view(date->stderr_line, "sh: \"date\"");
    ck_assert_ptr_null(manifest_capture_of(manifest, STR("clocks.json")));
}
END_TEST

static bool
count_capture(void *context, const Capture *capture)
{
    (void)capture;
    ++*(int *)context;
    return true;
}

START_TEST(captures_are_found_by_what_they_cover)
{
    Manifest *manifest = parse(HEAD
        "{\"id\":\"logs/a/b/c.log\",\"kind\":\"log\",\"source\":{\"verb\":\"log\"},\"members\":[],"
        "\"state\":\"complete\",\"started_at\":\"2018-06-14T08:00:01Z\",\"duration_ms\":5},"
        "{\"id\":\"all\",\"kind\":\"log\",\"source\":{\"verb\":\"log\"},\"covers\":[\"logs/**\"],"
        "\"members\":[],\"state\":\"complete\",\"started_at\":\"2018-06-14T08:00:01Z\","
        "\"duration_ms\":5}" TAIL);
    static const struct {
        const char *name;
        int count;
    } CASES[] = {{"logs/a/b/c.log", 2}, {"logs/a/b/d.log", 1}, {"clocks.json", 0}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        int count = 0;
        manifest_covering(manifest, str_of(CASES[i].name), count_capture, &count);
        ck_assert_int_eq(count, CASES[i].count);
    }
}
END_TEST

static const struct {
    const char *text;
    Status status;
    const char *part;      /* of the message */
} BAD[] = {
    {"", ST_FORMAT, "map"},
    {"[]", ST_FORMAT, "map"},
    {"{}", ST_FORMAT, "'format' must be the first"},
    {"{\"tool\":1}", ST_FORMAT, "'format' must be the first"},
    {"{\"format\":\"zip\"}", ST_FORMAT, "no format"},
    {"{\"format\":\"meshcase/2\",\"new\":1}", ST_UNSUPPORTED, "newer"},
    {"{\"format\":\"meshcase/1\"}", ST_FORMAT, "'tool' is missing"},
    {HEAD DONE "]", ST_FORMAT, "expected"},
    {HEAD DONE TAIL "x", ST_FORMAT, "follows"},
    {HEAD DONE "],\"extra\":1}", ST_FORMAT, "unknown key 'extra'"},
    {HEAD DONE "],\"captures\":[]}", ST_FORMAT, "second time"},
    {HEAD DONE "," DONE TAIL, ST_FORMAT, "second capture"},
    {HEAD "1" TAIL, ST_FORMAT, "map expected"},
    {HEAD "{\"id\":\"x\"}" TAIL, ST_FORMAT, "is missing"},
    {HEAD CAPTURE("\"state\":\"fine\"") TAIL, ST_FORMAT, "unknown word 'fine'"},
    {HEAD CAPTURE("\"state\":\"complete\",\"class\":\"forbidden\"") TAIL, ST_FORMAT, "together"},
    {HEAD CAPTURE("\"state\":\"failed\",\"reason\":\"r\"") TAIL, ST_FORMAT, "together"},
    {HEAD CAPTURE("\"state\":\"failed\",\"class\":\"\",\"reason\":\"r\"") TAIL, ST_FORMAT, "word"},
    {HEAD CAPTURE("\"state\":\"failed\",\"class\":\"forbidden\"") TAIL, ST_FORMAT, "no reason"},
    {HEAD CAPTURE("\"state\":\"complete\",\"truncated\":\"bytes\"") TAIL, ST_FORMAT, "truncated"},
    {HEAD CAPTURE("\"state\":\"complete\",\"truncated\":\"maybe\"") TAIL, ST_FORMAT, "maybe"},
    {HEAD CAPTURE("\"state\":\"complete\",\"http_status\":1000") TAIL, ST_FORMAT, "range"},
    {HEAD CAPTURE("\"state\":\"complete\",\"exit_code\":-1") TAIL, ST_FORMAT, "range"},
    {HEAD CAPTURE("\"state\":\"complete\",\"exit_code\":256") TAIL, ST_FORMAT, "range"},
    {HEAD CAPTURE("\"state\":\"complete\",\"redactions\":-1") TAIL, ST_FORMAT, "negative"},
    {HEAD CAPTURE("\"state\":\"complete\",\"covers\":[\"\"]") TAIL, ST_FORMAT, "covers"},
    {HEAD CAPTURE("\"state\":\"complete\",\"covers\":\"x\"") TAIL, ST_FORMAT, "list"},
    {HEAD CAPTURE("\"state\":\"complete\",\"source\":{}") TAIL, ST_FORMAT, "second time"},
    {HEAD CAPTURE("\"state\":\"complete\",\"id\":\"y\"") TAIL, ST_FORMAT, "second time"},
};

START_TEST(a_bad_manifest_is_refused)
{
    Manifest *manifest = NULL;
    Err err = {0};
    Status status = manifest_parse(arena, str_of(BAD[_i].text), &manifest, &err);
    ck_assert_msg(status == BAD[_i].status, "%s: got %s", BAD[_i].text, status_name(status));
    ck_assert_msg(strstr(err.text, BAD[_i].part), "%s: '%s'", BAD[_i].text, err.text);
    ck_assert_ptr_null(manifest);
}
END_TEST

/* Members are put into a capture as they stand. */
static const struct {
    const char *members;
    const char *part;
} BAD_MEMBERS[] = {
    {"{}", "needs"},
    {"{\"name\":\"a\",\"bytes\":1}", "needs"},
    {"{\"name\":\"a\",\"bytes\":1,\"sha256\":\"abc\"}", "SHA-256"},
    {"{\"name\":\"a\",\"bytes\":-1,\"sha256\":\"" HEX "\"}", "negative"},
    {"{\"name\":\"a\",\"name\":\"b\",\"bytes\":1,\"sha256\":\"" HEX "\"}", "twice"},
    {"{\"name\":\"a\",\"bytes\":1,\"sha256\":\"" HEX "\",\"x\":1}", "unknown"},
    {MEMBER("../a"), ".."},
    {MEMBER("/a"), "absolute"},
    {MEMBER("./a"), "normal form"},
    {MEMBER("a") "," MEMBER("a"), "named twice"},
};

START_TEST(a_bad_member_is_refused)
{
    Str text = arena_strf(arena, HEAD "{\"id\":\"x\",\"kind\":\"log\","
                          "\"source\":{\"verb\":\"log\"},\"members\":[%s],\"state\":\"complete\","
                          "\"started_at\":\"2018-06-14T08:00:01Z\",\"duration_ms\":5}" TAIL,
                          BAD_MEMBERS[_i].members);
    Manifest *manifest = NULL;
    Err err = {0};
    ck_assert_status(manifest_parse(arena, text, &manifest, &err), ST_FORMAT);
    ck_assert_msg(strstr(err.text, BAD_MEMBERS[_i].part), "%s: '%s'", BAD_MEMBERS[_i].members,
                  err.text);
}
END_TEST

START_TEST(depth_is_limited)
{
    CLEANUP(buf_done) Buf text = BUF_INIT(1 << 20);
    buf_adds(&text, "{\"format\":\"meshcase/1\",\"tool\":");
    for (int i = 0; i < 100000; i++)
        buf_adds(&text, "[");
    Manifest *manifest = NULL;
    ck_assert_status(manifest_parse(arena, buf_str(&text), &manifest, NULL), ST_FORMAT);
}
END_TEST

START_TEST(an_error_names_the_line)
{
    Manifest *manifest = NULL;
    Err err = {0};
    ck_assert_status(manifest_parse(arena, STR(HEAD "\n" DONE ",\n{]}" TAIL), &manifest, &err),
                     ST_FORMAT);
    ck_assert_uint_eq(err.line, 3);
    ck_assert_str_eq(err.file, "manifest.json");
}
END_TEST

/* One of everything, as the collector would make it. */
static Manifest *
make(void)
{
    static Str covers[2] = {STR_INIT("logs/istio-system/*/mixer.log"), STR_INIT("a")};
    static Str argv[2] = {STR_INIT("cat"), STR_INIT("/proc/1/limits")};
    static CaptureMember members[2] = {{.name = STR_INIT("logs/a/b/c.log"), .bytes = 12},
                                       {.name = STR_INIT("logs/a/b/d.log")}};
    Manifest *manifest = manifest_new(arena);
    ck_assert_ptr_nonnull(manifest);
    manifest->tool_name = STR("meshcase-collect");
    manifest->tool_version = STR("0.1");
    manifest->started_at_ns = INT64_C(1528963200000000000);
    manifest->ended_at_ns = manifest->started_at_ns + INT64_C(1500000000);
    *VEC_PUSH(arena, &manifest->cluster) = (ManifestPair){STR("context"), STR("a \"b\"")};
    *VEC_PUSH(arena, &manifest->options) = (ManifestPair){STR("since"), STR("24h")};
    Capture *capture = manifest_add(manifest);
    *capture = (Capture){.id = STR("one"), .kind = STR("log"), .covers = covers,
                         .cover_count = 2, .members = members, .member_count = 2,
                         .class = CAPTURE_CLASS_NONE, .exit_code = -1, .http_status = 200,
                         .truncated = TRUNCATED_SINCE, .redactions = 9};
    capture->source.verb = STR("log");
    capture->source.path = STR("/api/v1/x");
    capture = manifest_add(manifest);
    ck_assert_int_eq(capture->exit_code, -1);
    capture->id = STR("two");
    capture->kind = STR("exec");
    capture->source.verb = STR("exec");
    capture->source.argv = argv;
    capture->source.argv_count = 2;
    capture->state = CAPTURE_SKIPPED;
    capture->class = CAPTURE_CLASS_OPTION;
    capture->reason = STR("--no-exec was given");
    capture->stderr_line = STR("x\ty");
    capture->exit_code = 0;
    return manifest;
}

START_TEST(what_is_written_is_read_back)
{
    CLEANUP(buf_done) Buf text = BUF_INIT(1 << 20);
    CLEANUP(buf_done) Buf again = BUF_INIT(1 << 20);
    Err err = {0};
    ck_assert_ok(manifest_write(make(), &text, &err), err);
    Manifest *manifest = parse(text.data);
    ck_assert_ok(manifest_write(manifest, &again, &err), err);
    ck_assert_str_eq(again.data, text.data);
    ck_assert_int_eq(manifest->ended_at_ns, INT64_C(1528963201500000000));
    ck_assert_int_eq(manifest->captures.items[0].truncated, TRUNCATED_SINCE);
    ck_assert_uint_eq(manifest->captures.items[0].cover_count, 2);
    ck_assert_str_view(manifest->captures.items[1].covers[0], "two");
    ck_assert_int_eq(manifest->captures.items[1].exit_code, 0);
}
END_TEST

START_TEST(what_could_not_be_read_is_not_written)
{
    CLEANUP(buf_done) Buf text = BUF_INIT(1 << 20);
    for (int way = 0; way < 5; way++) {
        Manifest *manifest = make();
        Capture *capture = &manifest->captures.items[1];
        switch (way) {
        case 0: capture->reason = STR(""); break;
        case 1: capture->class = CAPTURE_CLASS_NONE; break;
        case 2: capture->id = STR("one"); break;
        case 3: capture->source.verb = STR(""); break;
        default: manifest->tool_name = STR(""); break;
        }
        ck_assert_status(manifest_write(manifest, &text, NULL), ST_USAGE);
        ck_assert_uint_eq(text.n, 0);
    }
}
END_TEST

START_TEST(the_buffer_may_be_too_small)
{
    CLEANUP(buf_done) Buf text = BUF_INIT(100);
    ck_assert_status(manifest_write(make(), &text, NULL), ST_LIMIT);
}
END_TEST

START_TEST(every_word_has_a_name)
{
    for (int i = 0; i < CAPTURE_CLASS_COUNT; i++) {
        ck_assert_int_eq(capture_class_name((CaptureClass)i)[0] == '\0', i == 0);
        ck_assert_int_ne(capture_class_help((CaptureClass)i)[0], '\0');
    }
    for (int i = 0; i < CAPTURE_STATE_COUNT; i++)
        ck_assert_int_ne(capture_state_name((CaptureState)i)[0], '\0');
    ck_assert_int_eq(capture_class_of_http(403), CAPTURE_CLASS_FORBIDDEN);
    ck_assert_int_eq(capture_class_of_http(503), CAPTURE_CLASS_SERVER_ERROR);
    ck_assert_int_eq(capture_class_of_http(504), CAPTURE_CLASS_TIMEOUT);
    ck_assert_int_eq(capture_class_of_http(418), CAPTURE_CLASS_BAD_REQUEST);
    ck_assert_int_eq(capture_class_of_http(302), CAPTURE_CLASS_MALFORMED);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("manifest");
    TCase *tcase = tcase_create("manifest");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_manifest_is_read);
    tcase_add_test(tcase, captures_are_found_by_what_they_cover);
    tcase_add_loop_test(tcase, a_bad_manifest_is_refused, 0, (int)(sizeof BAD / sizeof BAD[0]));
    tcase_add_loop_test(tcase, a_bad_member_is_refused, 0,
                        (int)(sizeof BAD_MEMBERS / sizeof BAD_MEMBERS[0]));
    tcase_add_test(tcase, depth_is_limited);
    tcase_add_test(tcase, an_error_names_the_line);
    tcase_add_test(tcase, what_is_written_is_read_back);
    tcase_add_test(tcase, what_could_not_be_read_is_not_written);
    tcase_add_test(tcase, the_buffer_may_be_too_small);
    tcase_add_test(tcase, every_word_has_a_name);
    suite_add_tcase(suite, tcase);
    return suite;
}
