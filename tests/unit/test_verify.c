/* SPDX-License-Identifier: Apache-2.0 */
/* test_verify.c -- each way of tampering with a bundle is found. */
#include "base/cleanup.h"
#include "bundle/verify.h"
#include "tests/unit/bundle_tool.h"
#include "tests/unit/runner.h"

#include <stdlib.h>
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

static const ToolContent CONTENTS[] = {
    {"logs/a/b/c.log", STR_INIT("one\ntwo\n")},
    {"clocks.json", STR_INIT("{\"a\":1}\n")},
    {"limits.json", STR_INIT("")},
};

static Bundle *
verify(Str bytes, VerifyReport *report)
{
    Bundle *bundle = NULL;
    Err err = {0};
    BundleOptions options = {.any_names = true};
    ck_assert_ok(bundle_open_fd(tool_file_of(bytes), "test", &options, &bundle, &err), err);
    ck_assert_ok(bundle_verify(bundle, report, &err), err);
    return bundle;
}

START_TEST(a_sound_bundle_is_good)
{
    CLEANUP(buf_done) Buf big = BUF_INIT(16 << 20);
    CLEANUP(buf_done) Buf file = BUF_INIT(16 << 20);
    tool_text(&big, 3 << 20, 1);
    ToolContent contents[] = {{"logs/a/b/c.log", STR("x\n")}, {"logs/a/b/d.log", buf_str(&big)},
                              {"limits.json", STR("")}};
    tool_bundle(contents, 3, &file);
    VerifyReport report;
    CLEANUP(cleanup_bundle) Bundle *bundle = verify(buf_str(&file), &report);
    ck_assert_uint_eq(bundle_problems(bundle)->count, 0);
    ck_assert_uint_eq(report.member_count, 4);
    ck_assert_uint_eq(report.chunk_count, 5);      /* 3 of them of the big one */
    ck_assert(report.has_index && report.has_manifest);
    ck_assert_uint_gt(report.bytes, big.n);
}
END_TEST

/* A change of the index, and what must be found. */
static const struct {
    const char *from;
    const char *to;
    ProblemKind kind;
    const char *member;
} LIES[] = {
    {"\"chunkDigest\":\"sha256:", "\"chunkDigest\":\"sha256:0000", PROBLEM_INDEX, ""},
    {"case/clocks.json", "case/clock2.json", PROBLEM_NOT_IN_INDEX, "clocks.json"},
    {"case/clocks.json", "case/clock2.json", PROBLEM_ONLY_IN_INDEX, "clock2.json"},
    {"case/clocks.json", "case/clock2.json", PROBLEM_ONLY_IN_MANIFEST, "clocks.json"},
    {"case/clocks.json", "case/clock2.json", PROBLEM_NOT_IN_MANIFEST, "clock2.json"},
    {"\"size\":8", "\"size\":7", PROBLEM_CHUNK_DIGEST, "clocks.json"},
    {"\"size\":8", "\"size\":7", PROBLEM_FILE_DIGEST, "clocks.json"},
    {"\"size\":8", "\"size\":7", PROBLEM_INDEX_CONTENT, "clocks.json"},
    {"\"size\":8", "\"size\":7", PROBLEM_MANIFEST_BYTES, "clocks.json"},
};

START_TEST(a_changed_index_is_found)
{
    CLEANUP(buf_done) Buf file = BUF_INIT(1 << 20);
    CLEANUP(buf_done) Buf changed = BUF_INIT(1 << 20);
    tool_bundle(CONTENTS, 3, &file);
    Str index = tool_index(arena, buf_str(&file));
    tool_with_index(buf_str(&file), tool_replace(arena, index, LIES[_i].from, LIES[_i].to),
                    &changed);
    VerifyReport report;
    CLEANUP(cleanup_bundle) Bundle *bundle = verify(buf_str(&changed), &report);
    ck_assert(tool_has_problem(bundle, LIES[_i].kind, LIES[_i].member));
}
END_TEST

START_TEST(a_wrong_digest_is_found)
{
    CLEANUP(buf_done) Buf file = BUF_INIT(1 << 20);
    CLEANUP(buf_done) Buf changed = BUF_INIT(1 << 20);
    tool_bundle(CONTENTS, 3, &file);
    Str index = tool_index(arena, buf_str(&file));
    Digest digest;
    char hex[DIGEST_HEX_BYTES];
    Err err = {0};
    ck_assert_ok(digest_of(CONTENTS[0].bytes, &digest, &err), err);
    digest_hex(&digest, hex);
    char *other = arena_cstr(arena, str_of(hex));
    other[5] = other[5] == '0' ? '1' : '0';
    tool_with_index(buf_str(&file), tool_replace(arena, index, hex, other), &changed);
    VerifyReport report;
    CLEANUP(cleanup_bundle) Bundle *bundle = verify(buf_str(&changed), &report);
    ck_assert(tool_has_problem(bundle, PROBLEM_CHUNK_DIGEST, "logs/a/b/c.log"));
    ck_assert(tool_has_problem(bundle, PROBLEM_FILE_DIGEST, "logs/a/b/c.log"));
    ck_assert_uint_eq(bundle_problems(bundle)->count, 2);
}
END_TEST

/* Bundles whose manifest says something else than their contents. */
typedef enum { WRONG_BYTES, WRONG_DIGEST, MISSING, EXTRA, UNUSABLE, WRONG_COUNT } Wrong;

static void
make_wrong(Wrong wrong, Buf *out)
{
    static const WriterOptions OPTIONS = {.top_folder = STR_INIT("case")};
    CLEANUP(cleanup_fd) int fd = tool_memory_file();
    CLEANUP(cleanup_writer) Writer *writer = NULL;
    CLEANUP(buf_done) Buf manifest = BUF_INIT(1 << 20);
    ToolMember members[2] = {{.name = "clocks.json"}, {.name = "limits.json"}};
    Err err = {0};
    ck_assert_ok(writer_new(fd, &OPTIONS, &writer, &err), err);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_ok(writer_begin(writer, str_of(members[i].name), 3, &err), err);
        ck_assert_ok(writer_data(writer, STR("{}\n"), &err), err);
        ck_assert_ok(writer_end(writer, &members[i].written, &err), err);
    }
    members[1].written.bytes += wrong == WRONG_BYTES;
    members[1].written.sha256.bytes[0] ^= wrong == WRONG_DIGEST;
    if (wrong == EXTRA)
        members[1].name = "host/other.txt";
    if (wrong == UNUSABLE)
        buf_adds(&manifest, "{}");
    else
        tool_manifest(members, wrong == MISSING ? 1 : 2, &manifest);
    ck_assert_ok(writer_finish(writer, buf_str(&manifest), &err), err);
    tool_contents(fd, out);
}

static const struct {
    ProblemKind kind;
    const char *member;
} WRONGS[WRONG_COUNT] = {
    [WRONG_BYTES] = {PROBLEM_MANIFEST_BYTES, "limits.json"},
    [WRONG_DIGEST] = {PROBLEM_MANIFEST_DIGEST, "limits.json"},
    [MISSING] = {PROBLEM_NOT_IN_MANIFEST, "limits.json"},
    [EXTRA] = {PROBLEM_ONLY_IN_MANIFEST, "host/other.txt"},
    [UNUSABLE] = {PROBLEM_MANIFEST, "manifest.json"},
};

START_TEST(a_manifest_that_says_otherwise_is_found)
{
    CLEANUP(buf_done) Buf file = BUF_INIT(1 << 20);
    make_wrong((Wrong)_i, &file);
    VerifyReport report;
    CLEANUP(cleanup_bundle) Bundle *bundle = verify(buf_str(&file), &report);
    ck_assert(tool_has_problem(bundle, WRONGS[_i].kind, WRONGS[_i].member));
    ck_assert_uint_eq(bundle_problems(bundle)->count, _i == EXTRA ? 2 : 1);
}
END_TEST

START_TEST(index_and_manifest_are_missed)
{
    CLEANUP(buf_done) Buf tar = BUF_INIT(1 << 20);
    CLEANUP(buf_done) Buf file = BUF_INIT(1 << 20);
    tool_tar(&tar, "case/clocks.json", '0', "", STR("{}"));
    tool_tar_end(&tar);
    tool_gzip(buf_str(&tar), &file);
    VerifyReport report;
    CLEANUP(cleanup_bundle) Bundle *bundle = verify(buf_str(&file), &report);
    ck_assert(tool_has_problem(bundle, PROBLEM_NO_INDEX, ""));
    ck_assert(tool_has_problem(bundle, PROBLEM_NO_MANIFEST, ""));
    ck_assert(!report.has_index && !report.has_manifest);
}
END_TEST

/* A bit that changes nothing of what is unpacked (time and system of a gzip header, one of two
 * ways to deflate the same bytes) may be flipped. */
START_TEST(every_flipped_bit_is_found)
{
    CLEANUP(buf_done) Buf file = BUF_INIT(1 << 20);
    CLEANUP(buf_done) Buf sound = BUF_INIT(1 << 20);
    CLEANUP(buf_done) Buf flipped = BUF_INIT(1 << 20);
    tool_bundle(CONTENTS, 3, &file);
    ck_assert_uint_gt(tool_unpack(buf_str(&file), &sound), 0);
    size_t found = 0;
    for (size_t at = 0; at < file.n; at++) {
        int bit = 1 << (at % 8);
        file.data[at] = (char)(file.data[at] ^ bit);
        Bundle *bundle = NULL;
        VerifyReport report;
        int fd = tool_file_of(buf_str(&file));
        Err err = {0};
        buf_clear(&flipped);
        bool harmless = tool_unpack(buf_str(&file), &flipped) > 0 &&
                        str_eq(buf_str(&flipped), buf_str(&sound));
        if (bundle_open_fd(fd, "test", NULL, &bundle, &err) != ST_OK) {
            cleanup_fd(&fd);
            found++;
        } else {
            ck_assert_ok(bundle_verify(bundle, &report, &err), err);
            bool bad = bundle_problems(bundle)->count > 0;
            ck_assert_msg(bad || harmless, "byte %zu", at);
            found += bad;
        }
        bundle = bundle_free(bundle);
        file.data[at] = (char)(file.data[at] ^ bit);
    }
    ck_assert_uint_gt(found, file.n * 9 / 10);
}
END_TEST

START_TEST(standard_input_cannot_be_verified)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    CLEANUP(buf_done) Buf file = BUF_INIT(1 << 20);
    tool_bundle(CONTENTS, 3, &file);
    ck_assert_int_eq(write(ends[1], file.data, file.n), (ssize_t)file.n);
    ck_assert_int_eq(close(ends[1]), 0);
    CLEANUP(cleanup_bundle) Bundle *bundle = NULL;
    Err err = {0};
    VerifyReport report;
    ck_assert_ok(bundle_open_fd(ends[0], "pipe", NULL, &bundle, &err), err);
    ck_assert_status(bundle_verify(bundle, &report, NULL), ST_USAGE);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("verify");
    TCase *tcase = tcase_create("verify");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_sound_bundle_is_good);
    tcase_add_loop_test(tcase, a_changed_index_is_found, 0,
                        (int)(sizeof LIES / sizeof LIES[0]));
    tcase_add_test(tcase, a_wrong_digest_is_found);
    tcase_add_loop_test(tcase, a_manifest_that_says_otherwise_is_found, 0, WRONG_COUNT);
    tcase_add_test(tcase, index_and_manifest_are_missed);
    tcase_add_test(tcase, every_flipped_bit_is_found);
    tcase_add_test(tcase, standard_input_cannot_be_verified);
    suite_add_tcase(suite, tcase);
    return suite;
}
