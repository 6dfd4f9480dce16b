/* SPDX-License-Identifier: Apache-2.0 */
/* test_reader.c -- bundles read: by index, as streams, from folders, damaged and hostile. */
#include "base/cleanup.h"
#include "base/io.h"
#include "bundle/reader.h"
#include "tests/unit/bundle_tool.h"
#include "tests/unit/runner.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

static Bundle *
open_bytes(Str bytes, const BundleOptions *options)
{
    Bundle *bundle = NULL;
    Err err = {0};
    ck_assert_ok(bundle_open_fd(tool_file_of(bytes), "test", options, &bundle, &err), err);
    return bundle;
}

/* Opens and scans; the status of whichever fails. */
static Status
scan_bytes_of(Str bytes, const BundleOptions *options, Bundle **ret, ToolScan *scan, Err *err)
{
    int fd = tool_file_of(bytes);
    Status status = bundle_open_fd(fd, "test", options, ret, err);
    if (status != ST_OK) {
        cleanup_fd(&fd);
        return status;
    }
    BundleVisitor visitor = tool_visitor(scan);
    return bundle_scan(*ret, &visitor, err);
}

static const ToolContent SMALL[] = {
    {"kubernetes/core/pods.json", STR_INIT("{\"items\":[]}\n")},
    {"logs/istio-system/istio-pilot-1/discovery.log", STR_INIT("one\ntwo\nthree\n")},
    {"logs/istio-system/istio-pilot-1/istio-proxy.log", STR_INIT("")},
    {"metrics/mixer/istio-system/m-1.9093.1.prom", STR_INIT("up 1\n")},
    {"clocks.json", STR_INIT("{}\n")},
};
enum { SMALL_COUNT = sizeof SMALL / sizeof SMALL[0] };

static void
make_small(Buf *out)
{
    tool_bundle(SMALL, SMALL_COUNT, out);
}

START_TEST(a_bundle_is_read_by_its_index_and_as_a_stream)
{
    CLEANUP(buf_done) Buf file = BUF_INIT(1 << 20);
    make_small(&file);
    for (int way = 0; way < 2; way++) {
        BundleOptions options = {.no_index = way == 1};
        CLEANUP(cleanup_bundle) Bundle *bundle = open_bytes(buf_str(&file), &options);
        CLEANUP(tool_scan_done) ToolScan scan;
        tool_scan_init(&scan, arena);
        BundleVisitor visitor = tool_visitor(&scan);
        Err err = {0};
        size_t count;
        ck_assert_int_eq(bundle_form(bundle), way ? BUNDLE_STREAM : BUNDLE_INDEXED);
        ck_assert_str_eq(bundle_format_name(bundle), way ? "tar.gz" : "eStargz");
        ck_assert_int_eq(bundle_manifest(bundle) != NULL, way == 0);
        ck_assert_ok(bundle_scan(bundle, &visitor, &err), err);
        ck_assert_str_view(bundle_top_folder(bundle), "case");
        (void)bundle_members(bundle, &count);
        ck_assert_uint_eq(count, SMALL_COUNT + 1);
        ck_assert_uint_eq(scan.members.count, SMALL_COUNT + 1);
        for (size_t i = 0; i < SMALL_COUNT; i++) {
            ck_assert_str_view(scan.members.items[i].name, SMALL[i].name);
            ck_assert(str_eq(scan.members.items[i].bytes, SMALL[i].bytes));
            ck_assert_int_eq(scan.members.items[i].how, MEMBER_WHOLE);
            const Member *member = bundle_member(bundle, str_of(SMALL[i].name));
            ck_assert_ptr_nonnull(member);
            ck_assert_uint_eq(member->bytes, SMALL[i].bytes.n);
            ck_assert_uint_eq(member->number, i);
        }
        ck_assert_uint_eq(bundle_problems(bundle)->count, 0);
        Digest digest;
        ck_assert(bundle_manifest_sha256(bundle, &digest));
        ck_assert_ptr_nonnull(manifest_capture_of(bundle_manifest(bundle), STR("clocks.json")));
        ck_assert_ok(bundle_scan(bundle, &visitor, &err), err);
        ck_assert_uint_eq(scan.members.count, 2 * (SMALL_COUNT + 1));
        ck_assert_uint_eq(bundle_problems(bundle)->count, 0);
    }
}
END_TEST

/* Sizes around every border of the format. */
static const size_t SIZES[] = {
    0, 1, 511, 512, 513, 65535, 65536, 65537, 200000, 262143, 262144, 262145,
    (1 << 20) - 1, 1 << 20, (1 << 20) + 1, (4 << 20) - 1, 4 << 20, (4 << 20) + 1, 9000001,
};
enum { SIZE_COUNT = sizeof SIZES / sizeof SIZES[0] };

START_TEST(sizes_around_the_borders_come_back)
{
    /* way 0: lines; 1: one line without end; 2: a List */
    CLEANUP(buf_done) Buf file = BUF_INIT(256 << 20);
    ToolContent contents[SIZE_COUNT];
    Buf bytes[SIZE_COUNT];
    for (size_t i = 0; i < SIZE_COUNT; i++) {
        bytes[i] = BUF_INIT(16 << 20);
        if (SIZES[i])
            tool_text(&bytes[i], SIZES[i], (unsigned)i);
        for (size_t k = 0; _i == 1 && k < SIZES[i]; k++)
            if (bytes[i].data[k] == '\n')
                bytes[i].data[k] = '.';
        for (size_t k = 0; _i == 2 && k + 10 < SIZES[i]; k += 1000)
            memcpy(bytes[i].data + k, k ? "},{\"x\":\"y\"" : "{\"items\":[", 10);
        contents[i] = (ToolContent){
            arena_printf(arena, _i == 2 ? "kubernetes/core/x%zu.json" : "logs/n/p/c%zu.log", i),
            buf_str(&bytes[i])};
    }
    tool_bundle(contents, SIZE_COUNT, &file);
    for (int way = 0; way < 2; way++) {
        BundleOptions options = {.no_index = way == 1};
        CLEANUP(cleanup_bundle) Bundle *bundle = NULL;
        CLEANUP(tool_scan_done) ToolScan scan;
        Err err = {0};
        tool_scan_init(&scan, arena);
        ck_assert_ok(scan_bytes_of(buf_str(&file), &options, &bundle, &scan, &err), err);
        for (size_t i = 0; i < SIZE_COUNT; i++) {
            const ToolRead *read = tool_read(&scan, contents[i].name);
            ck_assert_ptr_nonnull(read);
            ck_assert_msg(str_eq(read->bytes, contents[i].bytes), "%zu bytes", SIZES[i]);
        }
        ck_assert_uint_eq(bundle_problems(bundle)->count, 0);
    }
    for (size_t i = 0; i < SIZE_COUNT; i++)
        buf_done(&bytes[i]);
}
END_TEST

/* What was delivered as whole must be right, or a problem must say that it may not be. */
static void
check_damaged(Str bytes, size_t at, const char *what)
{
    CLEANUP(cleanup_bundle) Bundle *bundle = NULL;
    CLEANUP(cleanup_arena) Arena *mine = arena_new(SIZE_MAX);
    CLEANUP(tool_scan_done) ToolScan scan;
    Err err = {0};
    tool_scan_init(&scan, mine);
    Status status = scan_bytes_of(bytes, NULL, &bundle, &scan, &err);
    if (status != ST_OK) {
        ck_assert_msg(status == ST_FORMAT, "%s %zu: %s", what, at, status_name(status));
        ck_assert_int_ne(err.text[0], '\0');
        return;
    }
    bool complete = scan.members.count == SMALL_COUNT + 1;
    for (size_t i = 0; i < SMALL_COUNT; i++) {
        const ToolRead *read = tool_read(&scan, SMALL[i].name);
        complete &= read && read->how == MEMBER_WHOLE && str_eq(read->bytes, SMALL[i].bytes);
    }
    ck_assert_msg(complete || bundle_problems(bundle)->count, "%s %zu: silently different", what,
                  at);
}

START_TEST(a_bundle_cut_anywhere_is_read_up_to_the_cut)
{
    CLEANUP(buf_done) Buf file = BUF_INIT(1 << 20);
    size_t most = 0;
    make_small(&file);
    for (size_t n = 0; n < file.n; n++) {
        check_damaged(str_head(buf_str(&file), n), n, "cut at");
        CLEANUP(cleanup_bundle) Bundle *bundle = NULL;
        CLEANUP(tool_scan_done) ToolScan scan;
        CLEANUP(cleanup_arena) Arena *mine = arena_new(SIZE_MAX);
        tool_scan_init(&scan, mine);
        if (scan_bytes_of(str_head(buf_str(&file), n), NULL, &bundle, &scan, NULL) != ST_OK)
            continue;
        /* only the footer is less than everything, and without it nothing is missed */
        ck_assert_msg(bundle_problems(bundle)->count > 0 || n >= file.n - 51, "cut at %zu", n);
        size_t whole = 0;
        for (size_t i = 0; i < scan.members.count; i++)
            whole += scan.members.items[i].how == MEMBER_WHOLE;
        ck_assert_uint_ge(whole, most);
        most = whole;
    }
    ck_assert_uint_eq(most, SMALL_COUNT + 1);
}
END_TEST

START_TEST(no_flipped_bit_goes_unnoticed)
{
    CLEANUP(buf_done) Buf file = BUF_INIT(1 << 20);
    make_small(&file);
    for (size_t at = 0; at < file.n; at++) {
        int bit = 1 << (at % 8);
        file.data[at] = (char)(file.data[at] ^ bit);
        check_damaged(buf_str(&file), at, "flipped");
        file.data[at] = (char)(file.data[at] ^ bit);
    }
}
END_TEST

START_TEST(a_damaged_chunk_costs_its_member_alone)
{
    CLEANUP(buf_done) Buf big = BUF_INIT(16 << 20);
    CLEANUP(buf_done) Buf file = BUF_INIT(16 << 20);
    tool_text(&big, 5 << 20, 3);
    ToolContent contents[] = {{"logs/a/b/before.log", STR("x\n")},
                              {"logs/a/b/big.log", buf_str(&big)},
                              {"logs/a/c/after.log", STR("y\n")}};
    tool_bundle(contents, 3, &file);
    memset(file.data + file.n / 2, 0x55, 100);
    CLEANUP(cleanup_bundle) Bundle *bundle = NULL;
    CLEANUP(tool_scan_done) ToolScan scan;
    Err err = {0};
    tool_scan_init(&scan, arena);
    ck_assert_ok(scan_bytes_of(buf_str(&file), NULL, &bundle, &scan, &err), err);
    ck_assert_int_eq(tool_read(&scan, "logs/a/b/before.log")->how, MEMBER_WHOLE);
    ck_assert_int_eq(tool_read(&scan, "logs/a/c/after.log")->how, MEMBER_WHOLE);
    const ToolRead *cut = tool_read(&scan, "logs/a/b/big.log");
    ck_assert_int_eq(cut->how, MEMBER_CUT);
    ck_assert_uint_gt(cut->bytes.n, 1 << 20);
    ck_assert(str_starts(buf_str(&big), cut->bytes));
    ck_assert(tool_has_problem(bundle, PROBLEM_DAMAGED, "logs/a/b/big.log"));
    ck_assert_uint_eq(bundle_problems(bundle)->count, 1);
}
END_TEST

/* Every problem in one line each, and every member with the digest of its bytes. */
static void
describe(const Bundle *bundle, const ToolScan *scans, unsigned lanes, Buf *out)
{
    size_t count;
    const Member *const *members = bundle_members(bundle, &count);
    const BundleProblems *problems = bundle_problems(bundle);
    for (size_t i = 0; i < count; i++)
        for (unsigned lane = 0; lane < lanes; lane++) {
            const ToolRead *read = tool_read(&scans[lane], members[i]->name.p);
            Digest digest;
            Err err = {0};
            if (!read)
                continue;
            ck_assert_ok(digest_of(read->bytes, &digest, &err), err);
            buf_printf(out, "%.*s %d %02x%02x %zu\n", STR_ARG(read->name), (int)read->how,
                       digest.bytes[0], digest.bytes[1], read->bytes.n);
        }
    for (size_t i = 0; i < problems->count; i++)
        buf_printf(out, "%s %.*s %.*s %llu\n", problem_name(problems->items[i].kind),
                   STR_ARG(problems->items[i].member), STR_ARG(problems->items[i].reason),
                   (unsigned long long)problems->items[i].offset);
}

enum { LANES = 4 };

/* Reads the bundle in so many lanes and describes what came. */
static void
read_in_lanes(Str file, unsigned lanes, const BundleOptions *options, Buf *out)
{
    CLEANUP(cleanup_bundle) Bundle *bundle = open_bytes(file, options);
    Arena *arenas[LANES];
    ToolScan scans[LANES];
    BundleVisitor visitors[LANES];
    Err err = {0};
    for (unsigned i = 0; i < lanes; i++) {
        arenas[i] = arena_new(SIZE_MAX);
        tool_scan_init(&scans[i], arenas[i]);
        visitors[i] = tool_visitor(&scans[i]);
    }
    ck_assert_ok(bundle_scan_lanes(bundle, visitors, lanes, &err), err);
    describe(bundle, scans, lanes, out);
    for (unsigned i = 0; i < lanes; i++) {
        tool_scan_done(&scans[i]);
        arenas[i] = arena_free(arenas[i]);
    }
}

START_TEST(only_what_is_wanted_is_unpacked)
{
    CLEANUP(buf_done) Buf file = BUF_INIT(64 << 20);
    CLEANUP(buf_done) Buf log = BUF_INIT(16 << 20);
    CLEANUP(buf_done) Buf metrics = BUF_INIT(16 << 20);
    Err err = {0};
    tool_text(&log, 9 << 20, 1);
    tool_text(&metrics, 3 << 20, 2);
    ToolContent contents[] = {{"logs/a/b/c.log", buf_str(&log)}, {"logs/a/b/d.log", buf_str(&log)},
                              {"metrics/mixer/a/b.9093.1.prom", buf_str(&metrics)},
                              {"metrics/pilot/a/b.9093.1.prom", STR("up 1\n")}};
    static const struct {
        const char *only;
        size_t stop_after;
        uint64_t most;           /* bytes of chunks, with a header or two */
    } CASES[] = {
        {"metrics/mixer/a/b.9093.1.prom", 0, (3 << 20) + 10000}, {"nothing", 0, 0},
        {"logs/a/b/d.log", 0, (9 << 20) + 10000}, {"logs/a/b/c.log", 1000, (2 << 20)},
    };
    tool_bundle(contents, 4, &file);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        CLEANUP(cleanup_bundle) Bundle *bundle = open_bytes(buf_str(&file), NULL);
        ToolScan scans[2];
        BundleVisitor visitors[2];
        for (int k = 0; k < 2; k++) {
            tool_scan_init(&scans[k], arena);
            scans[k].only = CASES[i].only;
            scans[k].stop_after = CASES[i].stop_after;
            visitors[k] = tool_visitor(&scans[k]);
        }
        uint64_t before = bundle_unpacked_bytes(bundle);     /* the manifest */
        ck_assert_ok(bundle_scan_lanes(bundle, visitors, 2, &err), err);
        uint64_t unpacked = bundle_unpacked_bytes(bundle) - before;
        ck_assert_msg(unpacked <= CASES[i].most && (unpacked > 0) == (CASES[i].most > 0),
                      "%s: %llu bytes", CASES[i].only, (unsigned long long)unpacked);
        for (int k = 0; k < 2; k++)
            tool_scan_done(&scans[k]);
    }
}
END_TEST

static size_t skipped;          /* every so many-th member is not read */

static bool
want_most(void *context, const Member *member)
{
    (void)context;
    return member->number % skipped != 0;
}

/* Bytes that gzip members unpack to while all members but every skip-th are read. */
static uint64_t
unpacked_by(Str file, unsigned lanes, size_t skip)
{
    CLEANUP(cleanup_bundle) Bundle *bundle = open_bytes(file, NULL);
    ToolScan scans[LANES];
    BundleVisitor visitors[LANES];
    Err err = {0};
    for (unsigned k = 0; k < lanes; k++) {
        tool_scan_init(&scans[k], arena);
        visitors[k] = tool_visitor(&scans[k]);
    }
    skipped = skip;
    visitors[0].want = want_most;
    uint64_t before = bundle_unpacked_bytes(bundle);
    ck_assert_ok(bundle_scan_lanes(bundle, visitors, lanes, &err), err);
    for (unsigned k = 0; k < lanes; k++)
        tool_scan_done(&scans[k]);
    return bundle_unpacked_bytes(bundle) - before;
}

/* Small members share gzip members, large ones have several: each is unpacked once, whichever lane
 * reads it. */
START_TEST(nothing_is_unpacked_twice)
{
    CLEANUP(buf_done) Buf file = BUF_INIT(32 << 20), text = BUF_INIT(32 << 20);
    CLEANUP(buf_done) Buf whole = BUF_INIT(64 << 20);
    enum { COUNT = 120 };
    ToolContent contents[COUNT];
    tool_text(&text, 5 << 20, 3);
    for (size_t i = 0; i < COUNT; i++)
        contents[i] = (ToolContent){arena_printf(arena, "logs/a/b/c%03zu.log", i),
                                    str_head(buf_str(&text), i % 40 == 7 ? 5 << 20 : 9000 + 500 * i)};
    tool_bundle(contents, COUNT, &file);
    ck_assert_uint_gt(tool_unpack(buf_str(&file), &whole), 10);
    for (size_t skip = 2; skip <= COUNT + 1; skip += 17) {
        uint64_t once = unpacked_by(buf_str(&file), 1, skip);
        ck_assert_uint_gt(once, 0);
        ck_assert_uint_le(once, whole.n);
        for (unsigned lanes = 2; lanes <= LANES; lanes++)
            ck_assert_uint_eq(unpacked_by(buf_str(&file), lanes, skip), once);
    }
}
END_TEST

/* The same file as a stream, unpacked by who reads it and on a thread beside. */
static void
ck_assert_same_stream(Str file, const BundleOptions *given)
{
    BundleOptions options = *given;
    options.no_index = true;
    for (size_t cut = 0; cut < 3; cut++) {
        CLEANUP(buf_done) Buf one = BUF_INIT(1 << 20);
        CLEANUP(buf_done) Buf many = BUF_INIT(1 << 20);
        Str part = str_head(file, file.n - cut * file.n / 7);
        read_in_lanes(part, 1, &options, &one);
        read_in_lanes(part, LANES, &options, &many);
        ck_assert_msg(str_eq(buf_str(&one), buf_str(&many)), "%s\nahead: %s", one.data, many.data);
    }
}

START_TEST(lanes_read_what_one_reader_reads)
{
    enum { COUNT = 60 };
    static char names[COUNT][40];
    CLEANUP(buf_done) Buf file = BUF_INIT(256 << 20);
    ToolContent contents[COUNT];
    Buf bytes[COUNT];
    unsigned seed = 5;
    for (size_t i = 0; i < COUNT; i++) {
        bytes[i] = BUF_INIT(8 << 20);
        tool_text(&bytes[i], tool_random(&seed, i % 7 ? 40000 : 3000000), (unsigned)i);
        (void)snprintf(names[i], sizeof names[i], "logs/ns/pod-%zu/c.log", i);
        contents[i] = (ToolContent){names[i], buf_str(&bytes[i])};
    }
    tool_bundle(contents, COUNT, &file);
    /* sound, then with more and more of it damaged, then with a limit that is reached */
    for (int way = 0; way < 5; way++) {
        BundleOptions options = {.max_delivered_bytes = way == 4 ? 5000000 : 0};
        CLEANUP(buf_done) Buf one = BUF_INIT(1 << 20);
        CLEANUP(buf_done) Buf many = BUF_INIT(1 << 20);
        if (way > 0 && way < 4)
            for (int i = 0; i < 3; i++)
                file.data[tool_random(&seed, (unsigned)(file.n * 9 / 10))] ^= 0x10;
        read_in_lanes(buf_str(&file), 1, &options, &one);
        read_in_lanes(buf_str(&file), LANES, &options, &many);
        ck_assert_msg(str_eq(buf_str(&one), buf_str(&many)), "way %d: %s\nin lanes: %s", way,
                      one.data, many.data);
        ck_assert_same_stream(buf_str(&file), &options);
        ck_assert_int_eq(str_find(buf_str(&one), STR("damaged"), &(size_t){0}),
                         way > 0 && way < 4 + 1);
    }
    for (size_t i = 0; i < COUNT; i++)
        buf_done(&bytes[i]);
}
END_TEST

START_TEST(a_thread_that_unpacks_ends_with_the_scan)
{
    CLEANUP(buf_done) Buf file = BUF_INIT(64 << 20);
    CLEANUP(buf_done) Buf big = BUF_INIT(64 << 20);
    tool_text(&big, 20 << 20, 3);
    ToolContent content = {"logs/ns/pod/c.log", buf_str(&big)};
    tool_bundle(&content, 1, &file);
    BundleOptions options = {.no_index = true};
    CLEANUP(cleanup_bundle) Bundle *bundle = open_bytes(buf_str(&file), &options);
    ToolScan scans[2];
    BundleVisitor visitors[2];
    Err err = {0};
    for (int i = 0; i < 2; i++) {
        tool_scan_init(&scans[i], arena);
        scans[i].fail = ST_LIMIT;
        visitors[i] = tool_visitor(&scans[i]);
    }
    ck_assert_status(bundle_scan_lanes(bundle, visitors, 2, &err), ST_LIMIT);
    for (int i = 0; i < 2; i++)
        tool_scan_done(&scans[i]);
}
END_TEST

START_TEST(a_visitor_chooses_and_stops)
{
    CLEANUP(buf_done) Buf file = BUF_INIT(1 << 20);
    make_small(&file);
    for (int way = 0; way < 2; way++) {
        BundleOptions options = {.no_index = way == 1};
        CLEANUP(cleanup_bundle) Bundle *bundle = open_bytes(buf_str(&file), &options);
        CLEANUP(tool_scan_done) ToolScan scan;
        tool_scan_init(&scan, arena);
        scan.only = SMALL[1].name;
        scan.stop_after = 1;
        BundleVisitor visitor = tool_visitor(&scan);
        Err err = {0};
        ck_assert_ok(bundle_scan(bundle, &visitor, &err), err);
        ck_assert_uint_eq(scan.members.count, 1);
        ck_assert_int_eq(scan.members.items[0].how, MEMBER_STOPPED);
        ck_assert_ptr_nonnull(bundle_manifest(bundle));
        scan.fail = ST_RULE;
        ck_assert_status(bundle_scan(bundle, &visitor, &err), ST_RULE);
    }
}
END_TEST

START_TEST(a_pipe_is_read_once)
{
    CLEANUP(buf_done) Buf file = BUF_INIT(1 << 20);
    make_small(&file);
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    Err err = {0};
    ck_assert_ok(io_write(ends[1], file.data, file.n, &err), err);
    ck_assert_int_eq(close(ends[1]), 0);
    CLEANUP(cleanup_bundle) Bundle *bundle = NULL;
    ck_assert_ok(bundle_open_fd(ends[0], "pipe", NULL, &bundle, &err), err);
    CLEANUP(tool_scan_done) ToolScan scan;
    tool_scan_init(&scan, arena);
    BundleVisitor visitor = tool_visitor(&scan);
    ck_assert_ok(bundle_scan(bundle, &visitor, &err), err);
    ck_assert_uint_eq(scan.members.count, SMALL_COUNT + 1);
    ck_assert_ptr_nonnull(bundle_manifest(bundle));
    ck_assert_uint_eq(bundle_problems(bundle)->count, 0);
    ck_assert_status(bundle_scan(bundle, &visitor, NULL), ST_USAGE);
}
END_TEST

/* One archive of everything that must not be followed, opened or believed. */
START_TEST(hostile_entries_are_refused_one_by_one)
{
    CLEANUP(buf_done) Buf tar = BUF_INIT(1 << 20);
    tool_tar(&tar, "case/kubernetes/core/pods.json", '0', "", STR("{}"));
    tool_tar(&tar, "case/logs/n/p/../../../x.log", '0', "", STR("evil"));
    tool_tar(&tar, "/etc/passwd", '0', "", STR("evil"));
    tool_tar(&tar, "case/logs/n/p/link.log", '2', "/etc/passwd", STR(""));
    tool_tar(&tar, "case/logs/n/p/hard.log", '1', "case/kubernetes/core/pods.json", STR(""));
    tool_tar(&tar, "case/host/device", '3', "", STR(""));
    tool_tar(&tar, "case/host/block", '4', "", STR(""));
    tool_tar(&tar, "case/host/pipe", '6', "", STR(""));
    tool_tar(&tar, "case//kubernetes/./core/pods.json", '0', "", STR("second"));
    tool_tar(&tar, "case/logs/n/p/\033[31m.log", '0', "", STR("evil"));
    tool_tar(&tar, "other/clocks.json", '0', "", STR("{}"));
    tool_tar(&tar, "case/logs/n/p/last.log", '0', "", STR("last\n"));
    tool_tar_end(&tar);
    CLEANUP(cleanup_bundle) Bundle *bundle = NULL;
    CLEANUP(tool_scan_done) ToolScan scan;
    Err err = {0};
    tool_scan_init(&scan, arena);
    ck_assert_ok(scan_bytes_of(buf_str(&tar), NULL, &bundle, &scan, &err), err);
    static const struct {
        ProblemKind kind;
        const char *member;
    } WANTED[] = {
        {PROBLEM_UNSAFE_NAME, "case/logs/n/p/../../../x.log"},
        {PROBLEM_UNSAFE_NAME, "/etc/passwd"},
        {PROBLEM_LINK, "case/logs/n/p/link.log"},
        {PROBLEM_LINK, "case/logs/n/p/hard.log"},
        {PROBLEM_SPECIAL, "case/host/device"},
        {PROBLEM_SPECIAL, "case/host/block"},
        {PROBLEM_SPECIAL, "case/host/pipe"},
        {PROBLEM_DUPLICATE, "kubernetes/core/pods.json"},
        {PROBLEM_UNSAFE_NAME, "case/logs/n/p/\033[31m.log"},
        {PROBLEM_SECOND_TOP, "other"},
    };
    for (size_t i = 0; i < sizeof WANTED / sizeof WANTED[0]; i++)
        ck_assert_msg(tool_has_problem(bundle, WANTED[i].kind, WANTED[i].member), "%s: no %s",
                      WANTED[i].member, problem_name(WANTED[i].kind));
    ck_assert_uint_eq(bundle_problems(bundle)->count, sizeof WANTED / sizeof WANTED[0]);
    ck_assert_uint_eq(scan.members.count, 3);
    ck_assert_str_view(tool_read(&scan, "kubernetes/core/pods.json")->bytes, "{}");
    ck_assert_str_view(tool_read(&scan, "logs/n/p/last.log")->bytes, "last\n");
}
END_TEST

START_TEST(a_directory_in_a_files_clothes_is_no_member)
{
    CLEANUP(buf_done) Buf tar = BUF_INIT(1 << 20);
    tool_tar(&tar, "./", '5', "", STR(""));
    tool_tar(&tar, "./case/", '5', "", STR(""));
    tool_tar(&tar, "./case/clocks.json/", '0', "", STR(""));
    tool_tar(&tar, "./case/limits.json", '0', "", STR("{}"));
    tool_tar_end(&tar);
    CLEANUP(cleanup_bundle) Bundle *bundle = NULL;
    CLEANUP(tool_scan_done) ToolScan scan;
    Err err = {0};
    tool_scan_init(&scan, arena);
    ck_assert_ok(scan_bytes_of(buf_str(&tar), NULL, &bundle, &scan, &err), err);
    ck_assert_uint_eq(scan.members.count, 1);
    ck_assert_ptr_nonnull(tool_read(&scan, "limits.json"));
}
END_TEST

/* Names of an archive, and the first as it is to be called. */
static const struct {
    const char *names[4];
    const char *top;
    const char *first;
} TOPS[] = {
    {{"clocks.json", "kubernetes/core/pods.json"}, "", "clocks.json"},
    {{"kubernetes/core/pods.json", "clocks.json"}, "", "kubernetes/core/pods.json"},
    {{"./kubernetes/core/pods.json"}, "", "kubernetes/core/pods.json"},
    {{"case/clocks.json", "case/x"}, "case", "clocks.json"},
    {{"./case/x", "./case/clocks.json"}, "case", "x"},
    {{"kubernetes/kubernetes/core/pods.json"}, "kubernetes", "kubernetes/core/pods.json"},
    {{"logs/n/p/c.log", "logs/n/p/d.log"}, "", "logs/n/p/c.log"},
    {{"namespaces/n/pods/p.yaml"}, "", "namespaces/n/pods/p.yaml"},
    {{"must-gather/namespaces/n/pods/p.yaml"}, "must-gather", "namespaces/n/pods/p.yaml"},
};

START_TEST(the_top_folder_is_found)
{
    CLEANUP(buf_done) Buf tar = BUF_INIT(1 << 20);
    for (size_t i = 0; i < 4 && TOPS[_i].names[i]; i++)
        tool_tar(&tar, TOPS[_i].names[i], '0', "", STR("{}"));
    tool_tar_end(&tar);
    CLEANUP(cleanup_bundle) Bundle *bundle = NULL;
    CLEANUP(tool_scan_done) ToolScan scan;
    BundleOptions options = {.any_names = true};
    Err err = {0};
    tool_scan_init(&scan, arena);
    ck_assert_ok(scan_bytes_of(buf_str(&tar), &options, &bundle, &scan, &err), err);
    ck_assert_str_view(bundle_top_folder(bundle), TOPS[_i].top);
    ck_assert_str_view(scan.members.items[0].name, TOPS[_i].first);
    ck_assert_uint_eq(bundle_problems(bundle)->count, 0);
}
END_TEST

/* Inputs that are no bundle, with a part of what is said of them. */
typedef enum { NOT_EMPTY, NOT_TEXT, NOT_ZEROS, NOT_GZIP_TEXT, NOT_MTREE, NOT_KNOWN, NOT_TWICE,
               NOT_NO_MEMBER, NOT_COUNT } NotBundle;
static const char *const NOT_SAID[NOT_COUNT] = {
    [NOT_EMPTY] = "empty", [NOT_TEXT] = "no archive", [NOT_ZEROS] = "no archive",
    [NOT_GZIP_TEXT] = "could be read", [NOT_MTREE] = "no archive",
    [NOT_KNOWN] = "known kind", [NOT_TWICE] = "could be read", [NOT_NO_MEMBER] = "no member",
};

START_TEST(what_is_no_bundle_is_refused_with_a_reason)
{
    CLEANUP(buf_done) Buf bytes = BUF_INIT(1 << 20);
    CLEANUP(buf_done) Buf tar = BUF_INIT(1 << 20);
    CLEANUP(buf_done) Buf once = BUF_INIT(1 << 20);
    tool_tar(&tar, "case/unknown.bin", '0', "", STR("x"));
    switch ((NotBundle)_i) {
    case NOT_EMPTY: break;
    case NOT_TEXT: tool_text(&bytes, 5000, 1); break;
    case NOT_ZEROS: buf_add(&bytes, memset(buf_reserve(&once, 2048), 0, 2048), 2048); break;
    case NOT_GZIP_TEXT: tool_text(&once, 5000, 1); tool_gzip(buf_str(&once), &bytes); break;
    case NOT_MTREE: buf_adds(&bytes, "#mtree\n./etc/passwd type=file\n"); break;
    case NOT_KNOWN: tool_tar_end(&tar); buf_add_str(&bytes, buf_str(&tar)); break;
    case NOT_TWICE: tool_gzip(buf_str(&tar), &once); tool_gzip(buf_str(&once), &bytes); break;
    case NOT_NO_MEMBER:
        tool_tar(&bytes, "case/", '5', "", STR(""));
        tool_tar_end(&bytes);
        break;
    case NOT_COUNT: break;
    }
    CLEANUP(cleanup_bundle) Bundle *bundle = NULL;
    CLEANUP(tool_scan_done) ToolScan scan;
    Err err = {0};
    tool_scan_init(&scan, arena);
    ck_assert_status(scan_bytes_of(buf_str(&bytes), NULL, &bundle, &scan, &err), ST_FORMAT);
    ck_assert_msg(strstr(err.text, NOT_SAID[_i]), "'%s'", err.text);
}
END_TEST

START_TEST(too_many_members_end_the_scan)
{
    CLEANUP(buf_done) Buf file = BUF_INIT(1 << 20);
    make_small(&file);
    for (int way = 0; way < 2; way++) {
        BundleOptions options = {.no_index = way == 1, .max_members = 8};
        CLEANUP(cleanup_bundle) Bundle *bundle = NULL;
        CLEANUP(tool_scan_done) ToolScan scan;
        Err err = {0};
        tool_scan_init(&scan, arena);
        ck_assert_ok(scan_bytes_of(buf_str(&file), &options, &bundle, &scan, &err), err);
        ck_assert(tool_has_problem(bundle, PROBLEM_LIMIT, ""));
        ck_assert_uint_gt(scan.members.count, 0);
        ck_assert_uint_lt(scan.members.count, SMALL_COUNT);
    }
}
END_TEST

START_TEST(too_many_bytes_end_the_scan)
{
    CLEANUP(buf_done) Buf file = BUF_INIT(1 << 20);
    make_small(&file);
    for (int way = 0; way < 2; way++) {
        BundleOptions options = {.no_index = way == 1, .max_delivered_bytes = 20};
        CLEANUP(cleanup_bundle) Bundle *bundle = NULL;
        CLEANUP(tool_scan_done) ToolScan scan;
        Err err = {0};
        tool_scan_init(&scan, arena);
        ck_assert_ok(scan_bytes_of(buf_str(&file), &options, &bundle, &scan, &err), err);
        ck_assert_uint_eq(scan.members.count, 2);
        ck_assert_int_eq(scan.members.items[0].how, MEMBER_WHOLE);
        ck_assert_int_eq(scan.members.items[1].how, MEMBER_CUT);
        ck_assert_uint_eq(scan.members.items[0].bytes.n + scan.members.items[1].bytes.n, 20);
        ck_assert(tool_has_problem(bundle, PROBLEM_LIMIT, SMALL[1].name));
    }
}
END_TEST

START_TEST(a_bomb_is_defused)
{
    CLEANUP(buf_done) Buf zeros = BUF_INIT(16 << 20);
    CLEANUP(buf_done) Buf file = BUF_INIT(16 << 20);
    memset(buf_reserve(&zeros, 8 << 20), 0, 8 << 20);
    zeros.n = 8 << 20;
    ToolContent contents[] = {{"logs/a/b/zeros.log", buf_str(&zeros)},
                              {"logs/a/c/after.log", STR("y\n")}};
    tool_bundle(contents, 2, &file);
    /* 0: by index; 1: as a stream; 2: as a stream, and not even wanted */
    for (int way = 0; way < 3; way++) {
        BundleOptions options = {.no_index = way > 0, .bomb_from_bytes = 1 << 20};
        CLEANUP(cleanup_bundle) Bundle *bundle = NULL;
        CLEANUP(tool_scan_done) ToolScan scan;
        Err err = {0};
        tool_scan_init(&scan, arena);
        scan.only = way == 2 ? "logs/a/c/after.log" : NULL;
        ck_assert_ok(scan_bytes_of(buf_str(&file), &options, &bundle, &scan, &err), err);
        ck_assert(tool_has_problem(bundle, PROBLEM_BOMB, "logs/a/b/zeros.log"));
        ck_assert_ptr_null(tool_read(&scan, "logs/a/c/after.log"));
    }
    BundleOptions patient = {.bomb_from_bytes = 1 << 20, .bomb_ratio = 2000};
    CLEANUP(cleanup_bundle) Bundle *bundle = NULL;
    CLEANUP(tool_scan_done) ToolScan scan;
    Err err = {0};
    tool_scan_init(&scan, arena);
    ck_assert_ok(scan_bytes_of(buf_str(&file), &patient, &bundle, &scan, &err), err);
    ck_assert_uint_eq(bundle_problems(bundle)->count, 0);
}
END_TEST

START_TEST(what_follows_the_archive_is_noticed)
{
    static const struct {
        const char *tail;
        size_t bytes;
        bool trailing;
    } CASES[] = {{"", 0, false}, {"\0\0\0\0", 4, false}, {"PK\3\4", 4, true}, {"\0x", 2, true}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        for (int gzip = 0; gzip < 2; gzip++) {
            CLEANUP(buf_done) Buf tar = BUF_INIT(1 << 20);
            CLEANUP(buf_done) Buf file = BUF_INIT(1 << 20);
            tool_tar(&tar, "case/clocks.json", '0', "", STR("{}"));
            tool_tar_end(&tar);
            if (gzip)
                tool_gzip(buf_str(&tar), &file);
            else
                buf_add_str(&file, buf_str(&tar));
            buf_add(&file, CASES[i].tail, CASES[i].bytes);
            CLEANUP(cleanup_bundle) Bundle *bundle = NULL;
            CLEANUP(tool_scan_done) ToolScan scan;
            Err err = {0};
            tool_scan_init(&scan, arena);
            ck_assert_ok(scan_bytes_of(buf_str(&file), NULL, &bundle, &scan, &err), err);
            ck_assert_msg(tool_has_problem(bundle, PROBLEM_TRAILING, "") == CASES[i].trailing,
                          "case %zu, gzip %d", i, gzip);
            ck_assert_uint_eq(bundle_problems(bundle)->count, CASES[i].trailing);
        }
    }
}
END_TEST

START_TEST(a_tar_without_an_end_is_cut_short)
{
    CLEANUP(buf_done) Buf tar = BUF_INIT(1 << 20);
    tool_tar(&tar, "case/clocks.json", '0', "", STR("{}"));
    CLEANUP(cleanup_bundle) Bundle *bundle = NULL;
    CLEANUP(tool_scan_done) ToolScan scan;
    Err err = {0};
    tool_scan_init(&scan, arena);
    tool_tar(&tar, "case/limits.json", '0', "", STR("{\"a\":1}"));
    tar.n -= 512 - 7;                    /* no padding either */
    ck_assert_ok(scan_bytes_of(buf_str(&tar), NULL, &bundle, &scan, &err), err);
    ck_assert_uint_eq(scan.members.count, 2);
    ck_assert_uint_ge(bundle_problems(bundle)->count, 1);
    ck_assert_int_eq(bundle_problems(bundle)->items[0].kind, PROBLEM_CUT_SHORT);
}
END_TEST

START_TEST(huge_sizes_are_not_believed)
{
    CLEANUP(buf_done) Buf tar = BUF_INIT(1 << 20);
    tool_tar(&tar, "case/clocks.json", '0', "", STR("{}"));
    size_t at = tar.n;
    tool_tar(&tar, "case/limits.json", '0', "", STR("{\"a\":1}"));
    /* base-256: 2^62 */
    memcpy(tar.data + at + 124, "\x80\0\0\0\x40\0\0\0\0\0\0\0", 12);
    unsigned sum = 0;
    memset(tar.data + at + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++)
        sum += (unsigned char)tar.data[at + i];
    (void)snprintf(tar.data + at + 148, 8, "%06o", sum);
    CLEANUP(cleanup_bundle) Bundle *bundle = NULL;
    CLEANUP(tool_scan_done) ToolScan scan;
    Err err = {0};
    tool_scan_init(&scan, arena);
    ck_assert_ok(scan_bytes_of(buf_str(&tar), NULL, &bundle, &scan, &err), err);
    ck_assert_int_eq(tool_read(&scan, "clocks.json")->how, MEMBER_WHOLE);
    ck_assert_uint_ge(bundle_problems(bundle)->count, 1);
}
END_TEST

START_TEST(a_bad_manifest_is_a_problem_and_no_more)
{
    CLEANUP(buf_done) Buf tar = BUF_INIT(1 << 20);
    tool_tar(&tar, "case/clocks.json", '0', "", STR("{}"));
    tool_tar(&tar, "case/manifest.json", '0', "", STR("{\"format\":\"meshcase/9\"}"));
    tool_tar_end(&tar);
    CLEANUP(cleanup_bundle) Bundle *bundle = NULL;
    CLEANUP(tool_scan_done) ToolScan scan;
    Err err = {0};
    tool_scan_init(&scan, arena);
    ck_assert_ok(scan_bytes_of(buf_str(&tar), NULL, &bundle, &scan, &err), err);
    ck_assert_ptr_null(bundle_manifest(bundle));
    ck_assert(tool_has_problem(bundle, PROBLEM_MANIFEST, "manifest.json"));
    Digest digest;
    ck_assert(!bundle_manifest_sha256(bundle, &digest));
}
END_TEST

static void
write_file(int folder, const char *path, const char *text)
{
    CLEANUP(cleanup_fd) int fd = openat(folder, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

/* What the next test leaves, the last made first. */
static void
remove_all(int root, const char *path)
{
    static const char *const FILES[] = {
        "logs/n", "logs/m", "logs/real/p/pipe.log", "logs/real/p/x\033.log",
        "logs/real/p/c.log", "limits.json", "clocks.json",
    };
    static const char *const FOLDERS[] = {"logs/real/p", "logs/real", "logs"};
    for (size_t i = 0; i < sizeof FILES / sizeof FILES[0]; i++)
        ck_assert_int_eq(unlinkat(root, FILES[i], 0), 0);
    for (size_t i = 0; i < sizeof FOLDERS / sizeof FOLDERS[0]; i++)
        ck_assert_int_eq(unlinkat(root, FOLDERS[i], AT_REMOVEDIR), 0);
    ck_assert_int_eq(rmdir(path), 0);
}

START_TEST(a_folder_is_read_without_following_links)
{
    char path[] = "/tmp/test-reader.XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(path));
    CLEANUP(cleanup_fd) int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_eq(mkdirat(root, "logs", 0700), 0);
    ck_assert_int_eq(mkdirat(root, "logs/n", 0700), 0);
    ck_assert_int_eq(mkdirat(root, "logs/n/p", 0700), 0);
    write_file(root, "clocks.json", "{}");
    write_file(root, "logs/n/p/c.log", "line\n");
    write_file(root, "logs/n/p/x\033.log", "evil\n");
    ck_assert_int_eq(symlinkat("/etc/passwd", root, "limits.json"), 0);
    ck_assert_int_eq(symlinkat("n", root, "logs/m"), 0);
    ck_assert_int_eq(mkfifoat(root, "logs/n/p/pipe.log", 0600), 0);
    CLEANUP(cleanup_bundle) Bundle *bundle = NULL;
    CLEANUP(tool_scan_done) ToolScan scan;
    Err err = {0};
    tool_scan_init(&scan, arena);
    ck_assert_ok(bundle_open(path, NULL, &bundle, &err), err);
    ck_assert_int_eq(bundle_form(bundle), BUNDLE_FOLDER);
    BundleVisitor visitor = tool_visitor(&scan);
    ck_assert_ok(bundle_scan(bundle, &visitor, &err), err);
    ck_assert_uint_eq(scan.members.count, 2);
    ck_assert_str_view(tool_read(&scan, "logs/n/p/c.log")->bytes, "line\n");
    ck_assert(tool_has_problem(bundle, PROBLEM_LINK, "limits.json"));
    ck_assert(tool_has_problem(bundle, PROBLEM_LINK, "logs/m"));
    ck_assert(tool_has_problem(bundle, PROBLEM_SPECIAL, "logs/n/p/pipe.log"));
    ck_assert(tool_has_problem(bundle, PROBLEM_UNSAFE_NAME, "logs/n/p/x\033.log"));
    /* swapped for a link behind the reader's back */
    ck_assert_int_eq(renameat(root, "logs/n", root, "logs/real"), 0);
    ck_assert_int_eq(symlinkat("real", root, "logs/n"), 0);
    ck_assert_ok(bundle_scan(bundle, &visitor, &err), err);
    ck_assert(tool_has_problem(bundle, PROBLEM_UNREADABLE, "logs/n/p/c.log"));
    ck_assert_int_eq(scan.members.items[3].how, MEMBER_CUT);
    remove_all(root, path);
}
END_TEST

START_TEST(what_is_not_there_is_said)
{
    Bundle *bundle = NULL;
    Err err = {0};
    ck_assert_status(bundle_open("/nonexistent/x.tar.gz", NULL, &bundle, &err), ST_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/x.tar.gz"));
    ck_assert_status(bundle_open("/dev/null", NULL, &bundle, NULL), ST_FORMAT);
    ck_assert_ptr_null(bundle);
}
END_TEST

START_TEST(every_problem_has_name_and_sentence)
{
    for (int i = 0; i < PROBLEM_COUNT; i++) {
        ck_assert_int_ne(problem_name((ProblemKind)i)[0], '\0');
        ck_assert_int_ne(problem_sentence((ProblemKind)i)[0], '\0');
    }
    ck_assert_str_eq(problem_name(PROBLEM_COUNT), "unknown");
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("reader");
    TCase *tcase = tcase_create("reader");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_bundle_is_read_by_its_index_and_as_a_stream);
    tcase_add_loop_test(tcase, sizes_around_the_borders_come_back, 0, 3);
    tcase_add_test(tcase, a_bundle_cut_anywhere_is_read_up_to_the_cut);
    tcase_add_test(tcase, no_flipped_bit_goes_unnoticed);
    tcase_add_test(tcase, a_damaged_chunk_costs_its_member_alone);
    tcase_add_test(tcase, only_what_is_wanted_is_unpacked);
    tcase_add_test(tcase, nothing_is_unpacked_twice);
    tcase_add_test(tcase, lanes_read_what_one_reader_reads);
    tcase_add_test(tcase, a_thread_that_unpacks_ends_with_the_scan);
    tcase_add_test(tcase, a_visitor_chooses_and_stops);
    tcase_add_test(tcase, a_pipe_is_read_once);
    tcase_add_test(tcase, hostile_entries_are_refused_one_by_one);
    tcase_add_test(tcase, a_directory_in_a_files_clothes_is_no_member);
    tcase_add_loop_test(tcase, the_top_folder_is_found, 0, (int)(sizeof TOPS / sizeof TOPS[0]));
    tcase_add_loop_test(tcase, what_is_no_bundle_is_refused_with_a_reason, 0, NOT_COUNT);
    tcase_add_test(tcase, too_many_members_end_the_scan);
    tcase_add_test(tcase, too_many_bytes_end_the_scan);
    tcase_add_test(tcase, a_bomb_is_defused);
    tcase_add_test(tcase, what_follows_the_archive_is_noticed);
    tcase_add_test(tcase, a_tar_without_an_end_is_cut_short);
    tcase_add_test(tcase, huge_sizes_are_not_believed);
    tcase_add_test(tcase, a_bad_manifest_is_a_problem_and_no_more);
    tcase_add_test(tcase, a_folder_is_read_without_following_links);
    tcase_add_test(tcase, what_is_not_there_is_said);
    tcase_add_test(tcase, every_problem_has_name_and_sentence);
    suite_add_tcase(suite, tcase);
    return suite;
}
