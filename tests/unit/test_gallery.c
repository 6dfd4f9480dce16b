/* SPDX-License-Identifier: Apache-2.0 */
/* test_gallery.c -- what a report shows beside its findings: derived, sent, refused. */
#include "analyzer/model/gallery_wire.h"
#include "tests/unit/model_fixture.h"
#include "tests/unit/runner.h"

#include <math.h>
#include <string.h>

static void
fill(Arena *arena, Gallery *gallery)
{
    *gallery = (Gallery){.left_out = {1, 2, 3, 4, 5}};
    for (size_t i = 0; i < SERIES_COUNT; i++)
        gallery->lack[i] = i % 2 ? STR("why") : STR("");
    *VEC_PUSH(arena, &gallery->clocks) =
        (GalleryClock){STR("node"), STR("node"), STR(""), STR("http-date"), -1.5, 0.25};
    *VEC_PUSH(arena, &gallery->limits) = (GalleryLimit){STR("a/b/c 1"), 12, 1024};
    *VEC_PUSH(arena, &gallery->versions) = (GalleryVersion){STR("pilot"), STR("0.8.0"), 2};
    *VEC_PUSH(arena, &gallery->restarts) = (GalleryRestart){STR("a/b/c"), STR("OOMKilled"), 7, 3};
    *VEC_PUSH(arena, &gallery->captures) =
        (GalleryCapture){STR("id"), STR("log"), STR("timeout: late"), CAPTURE_FAILED, 9, 15000};
    *VEC_PUSH(arena, &gallery->kinds) = (GalleryKind){STR("log"), {1, 2, 3, 4}, 1ULL << 40};
}

START_TEST(a_gallery_goes_there_and_back)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(buf_done) Buf bytes = BUF_INIT(1 << 20);
    CLEANUP(buf_done) Buf again = BUF_INIT(1 << 20);
    Gallery sent;
    Gallery taken;
    Err err = {0};
    fill(arena, &sent);
    gallery_put(&bytes, &sent);
    ck_assert_ok(gallery_take(buf_str(&bytes), arena, &taken, &err), err);
    gallery_put(&again, &taken);
    ck_assert(str_eq(buf_str(&bytes), buf_str(&again)));
    ck_assert_uint_eq(taken.clocks.count, 1);
    ck_assert(taken.clocks.items[0].offset_s == -1.5);
    ck_assert_str_view(taken.restarts.items[0].reason, "OOMKilled");
    ck_assert_uint_eq(taken.kinds.items[0].states[CAPTURE_SKIPPED], 4);
    ck_assert_uint_eq(taken.left_out[SERIES_CAPTURES], 5);
}
END_TEST

/* Whatever is missing at its end, and whatever stands behind it. */
START_TEST(a_gallery_that_is_cut_is_refused)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(buf_done) Buf bytes = BUF_INIT(1 << 20);
    Gallery sent;
    Gallery taken;
    Err err = {0};
    fill(arena, &sent);
    gallery_put(&bytes, &sent);
    for (size_t n = 0; n < bytes.n; n++)
        ck_assert_status(gallery_take(str_head(buf_str(&bytes), n), arena, &taken, &err),
                         ST_FORMAT);
    buf_addc(&bytes, 0);
    ck_assert_status(gallery_take(buf_str(&bytes), arena, &taken, &err), ST_FORMAT);
}
END_TEST

static const struct {
    const char *what;
    GalleryClock clock;
    GalleryLimit limit;
    uint8_t state;
} LIES[] = {
    {"an offset that is no number", {.offset_s = NAN}, {.soft = 1}, 0},
    {"an error without end", {.error_s = INFINITY}, {.soft = 1}, 0},
    {"an error below zero", {.error_s = -1}, {.soft = 1}, 0},
    {"a limit of nothing", {.error_s = 0}, {.soft = 0}, 0},
    {"fewer than no descriptors", {.error_s = 0}, {.soft = 1, .open = -1}, 0},
    {"a state that is none", {.error_s = 0}, {.soft = 1}, CAPTURE_STATE_COUNT},
};

START_TEST(a_gallery_that_lies_is_refused)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(buf_done) Buf bytes = BUF_INIT(1 << 20);
    Gallery sent;
    Gallery taken;
    Err err = {0};
    fill(arena, &sent);
    sent.clocks.items[0] = LIES[_i].clock;
    sent.limits.items[0] = LIES[_i].limit;
    sent.captures.items[0].state = LIES[_i].state;
    gallery_put(&bytes, &sent);
    ck_assert_msg(gallery_take(buf_str(&bytes), arena, &taken, &err) == ST_FORMAT, "%s",
                  LIES[_i].what);
}
END_TEST

START_TEST(measures_become_rows)
{
    static const char POD[] =
        "{\"kind\": \"PodList\", \"apiVersion\": \"v1\", \"items\": [{\"metadata\": {\"namespace\": \"a\","
        " \"name\": \"p\"}, \"spec\": {\"containers\": [{\"name\": \"c\", \"image\": \"x:1\"}]},"
        " \"status\": {\"containerStatuses\": [{\"name\": \"c\", \"restartCount\": 2, \"lastState\":"
        " {\"terminated\": {\"reason\": \"Error\", \"finishedAt\": \"1970-01-01T00:00:01Z\"}}},"
        " {\"name\": \"d\", \"restartCount\": 0}]}}]}";
    Fixture f = fixture_new();
    Gallery gallery;
    fixture_member(&f, "clocks.json",
                   "{\"clocks\": [{\"subject\": \"n\", \"kind\": \"node\", \"node\": \"n\", \"offset_s\":"
                   " 1, \"error_s\": 0.5}, {\"subject\": \"no number\", \"offset_s\": null,"
                   " \"error_s\": 1}]}");
    fixture_member(&f, "limits.json",
                   "{\"limits\": [{\"namespace\": \"a\", \"pod\": \"p\", \"container\": \"c\","
                   " \"open_fds\": 1, \"nofile\": {\"soft\": 100}}, {\"namespace\": \"a\", \"pod\": \"q\","
                   " \"container\": \"c\", \"process\": \"1\", \"open_fds\": 90, \"nofile\": {\"soft\":"
                   " 100}}, {\"open_fds\": 1, \"nofile\": {\"soft\": null}}]}");
    fixture_member(&f, "kubernetes/core/pods.json", POD);
    fixture_capture(&f, "k8s-list", "kubernetes/core/pods.json", CAPTURE_COMPLETE,
                    CAPTURE_CLASS_NONE);
    fixture_capture(&f, "log", "logs/a/p/c.log", CAPTURE_FAILED, CAPTURE_CLASS_FORBIDDEN);
    ck_assert_ok(demand_gallery(f.demand, &f.err), f.err);
    fixture_load(&f);
    ck_assert_ok(model_gallery(f.model, &gallery, &f.err), f.err);
    ck_assert_uint_eq(gallery.clocks.count, 1);
    ck_assert_uint_eq(gallery.limits.count, 2);
    ck_assert_str_view(gallery.limits.items[0].owner, "a/q/c 1");
    ck_assert_uint_eq(gallery.restarts.count, 1);
    ck_assert_str_view(gallery.restarts.items[0].owner, "a/p/c");
    ck_assert_int_eq(gallery.restarts.items[0].time_ns, 1000000000);
    ck_assert_uint_eq(gallery.captures.count, 2);
    ck_assert_str_view(gallery.captures.items[0].reason, "forbidden: why");
    ck_assert_uint_eq(gallery.kinds.count, 2);
    ck_assert_uint_eq(gallery.kinds.items[0].states[CAPTURE_FAILED], 1);
    fixture_done(&f);
}
END_TEST

/* Nothing there is not the same as nothing wrong: the series say why. */
START_TEST(an_empty_series_says_why)
{
    Fixture f = fixture_new();
    Gallery gallery;
    fixture_capture(&f, "clocks", "clocks.json", CAPTURE_FAILED, CAPTURE_CLASS_FORBIDDEN);
    ck_assert_ok(demand_gallery(f.demand, &f.err), f.err);
    fixture_load(&f);
    ck_assert_ok(model_gallery(f.model, &gallery, &f.err), f.err);
    ck_assert_uint_eq(gallery.clocks.count, 0);
    ck_assert_uint_gt(gallery.lack[SERIES_CLOCKS].n, 0);
    ck_assert_uint_gt(gallery.lack[SERIES_VERSIONS].n, 0);
    ck_assert_uint_gt(gallery.lack[SERIES_RESTARTS].n, 0);
    fixture_done(&f);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("gallery");
    TCase *tcase = tcase_create("gallery");
    tcase_add_test(tcase, a_gallery_goes_there_and_back);
    tcase_add_test(tcase, a_gallery_that_is_cut_is_refused);
    tcase_add_loop_test(tcase, a_gallery_that_lies_is_refused, 0, sizeof LIES / sizeof *LIES);
    tcase_add_test(tcase, measures_become_rows);
    tcase_add_test(tcase, an_empty_series_says_why);
    suite_add_tcase(suite, tcase);
    return suite;
}
