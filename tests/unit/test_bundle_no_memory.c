/* SPDX-License-Identifier: Apache-2.0 */
/* test_bundle_no_memory.c -- bundles with every single allocation failing once.
 *
 * Streams are left out: libarchive may end the program when it has no memory, and therefore
 * reads hostile bundles only in a process of its own. */
#include "base/cleanup.h"
#include "bundle/reader.h"
#include "tests/unit/bundle_tool.h"
#include "tests/unit/faults.h"
#include "tests/unit/runner.h"

#include <fcntl.h>

/* Made beforehand: Check allocates for every assertion, so none stands in what is tried. */
static int written_fd = -1;
static int read_fd = -1;
static char manifest_text[4096];

static void
setup(void)
{
    CLEANUP(buf_done) Buf big = BUF_INIT(4 << 20);
    CLEANUP(buf_done) Buf file = BUF_INIT(16 << 20);
    tool_text(&big, 1200000, 1);
    ToolContent contents[] = {{"logs/a/b/c.log", buf_str(&big)}, {"clocks.json", STR("{}\n")},
                              {"limits.json", STR("")}};
    tool_bundle(contents, 3, &file);
    read_fd = tool_file_of(buf_str(&file));
    written_fd = tool_memory_file();
}

static void
teardown(void)
{
    cleanup_fd(&read_fd);
    cleanup_fd(&written_fd);
}

static Status
write_bundle(void)
{
    static const WriterOptions OPTIONS = {.top_folder = STR_INIT("case"), .level = 1};
    static char bytes[70000];
    CLEANUP(cleanup_writer) Writer *writer = NULL;
    WriterMember written;
    TRY(writer_new(written_fd, &OPTIONS, &writer, NULL));
    TRY(writer_begin(writer, STR("logs/a/b/c.log"), WRITER_SIZE_UNKNOWN, NULL));
    TRY(writer_data(writer, (Str){bytes, sizeof bytes}, NULL));
    TRY(writer_end(writer, &written, NULL));
    TRY(writer_begin(writer, STR("clocks.json"), 2, NULL));
    TRY(writer_data(writer, STR("{}"), NULL));
    TRY(writer_end(writer, &written, NULL));
    return writer_finish(writer, STR("{}"), NULL);
}

static Status
no_data(void *context, const Member *member, Str bytes, Err *err)
{
    (void)context;
    (void)member;
    (void)bytes;
    (void)err;
    return ST_OK;
}

static Status
read_by_index(void)
{
    CLEANUP(cleanup_fd) int fd = fcntl(read_fd, F_DUPFD_CLOEXEC, 3);
    CLEANUP(cleanup_bundle) Bundle *bundle = NULL;
    BundleVisitor visitor = {.data = no_data};
    TRY(bundle_open_fd(fd, "test", NULL, &bundle, NULL));
    fd = -1;
    TRY(bundle_scan(bundle, &visitor, NULL));
    bool sound = bundle_form(bundle) == BUNDLE_INDEXED && bundle_manifest(bundle) &&
                 bundle_problems(bundle)->count == 0;
    return sound ? ST_OK : ST_INTERNAL;
}

static Status
handle_manifest(void)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(buf_done) Buf text = BUF_INIT(1 << 20);
    Manifest *manifest = NULL;
    if (!arena)
        return ST_NOMEM;
    TRY(manifest_parse(arena, str_of(manifest_text), &manifest, NULL));
    return manifest_write(manifest, &text, NULL);
}

START_TEST(every_allocation_fails_once)
{
    static const struct {
        const char *name;
        Status (*use)(void);
    } USES[] = {{"writer", write_bundle}, {"index", read_by_index}, {"manifest", handle_manifest}};
    CLEANUP(buf_done) Buf text = BUF_INIT(sizeof manifest_text - 1);
    ToolMember members[] = {{.name = "clocks.json"}, {.name = "limits.json"}};
    tool_manifest(members, 2, &text);
    (void)snprintf(manifest_text, sizeof manifest_text, "%s", text.data);
    ck_assert_status(USES[_i].use(), ST_OK);    /* once for what the process keeps */
    /* libcrypto keeps its record of the first errors; what is left the second time leaks */
    faults_fail_each(USES[_i].name, USES[_i].use, true, true);
    faults_fail_each(USES[_i].name, USES[_i].use, true, false);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("bundle_no_memory");
    TCase *tcase = tcase_create("bundle_no_memory");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, every_allocation_fails_once, 0, 3);
    suite_add_tcase(suite, tcase);
    return suite;
}
