/* SPDX-License-Identifier: Apache-2.0 */
/* test_no_memory.c -- base with every single allocation failing once: a status, no leak. */
#include "base/cleanup.h"
#include "base/digest.h"
#include "base/io.h"
#include "base/map.h"
#include "base/options.h"
#include "base/subprocess.h"
#include "base/tempfile.h"
#include "base/yaml.h"
#include "tests/unit/faults.h"
#include "tests/unit/runner.h"

static char folder[] = "/tmp/test_no_memory.XXXXXX";
static char path[64];

static Status
use_arena(void)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    if (!arena)
        return ST_NOMEM;
    for (int i = 0; i < 10; i++)
        if (!arena_alloc(arena, 10000) || !arena_str(arena, STR("text")).p)
            return ST_NOMEM;
    return ST_OK;
}

static Status
use_map(void)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Map map;
    if (!arena)
        return ST_NOMEM;
    map_init(&map, arena);
    for (int i = 0; i < 1000; i++) {
        Str key = arena_strf(arena, "%d", i);
        if (!key.p || !map_put(&map, key, &map))
            return ST_NOMEM;
    }
    return ST_OK;
}

static Status
use_buf(void)
{
    CLEANUP(buf_done) Buf buf = {.max_bytes = 100000, .secret = true};
    CLEANUP(buf_done) Buf open = BUF_INIT(100000);
    for (int i = 0; i < 1000; i++) {
        buf_printf(&buf, "%300d", i % 10);
        buf_adds(&open, "text");
    }
    TRY(buf_status(&open, NULL));
    return buf.failed == ST_LIMIT ? ST_OK : buf_status(&buf, NULL);
}

static Status
use_yaml(void)
{
    static const char TEXT[] = "a: [x, {b: c}]\nk1: 1\nk2: 2\nk3: 3\nk4: 4\nk5: 5\nk6: 6\nk7: 7\n"
                               "k8: 8\nk9: 9\nk10: 1\nk11: 1\nk12: 2\nk13: 3\nk14: 4\nk15: 5\n"
                               "k16: 1\nk17: 1\nt: |\n  text\n---\n'second'\n";
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    YamlStream stream;
    return arena ? yaml_parse(arena, str_of(TEXT), "f", &stream, NULL) : ST_NOMEM;
}

static Status
use_digest(void)
{
    Digest digest;
    CLEANUP(cleanup_digest) DigestState *state = digest_new();
    if (!state)
        return ST_NOMEM;
    TRY(digest_of(STR("text"), &digest, NULL));
    return digest_hmac(STR("key"), STR("text"), &digest, NULL);
}

static Status
use_tempfile(void)
{
    CLEANUP(tempfile_done) TempFile file = TEMPFILE_INIT;
    CLEANUP(cleanup_fd) int fd = -1;
    TRY(tempfile_create(&file, path, true, NULL));
    TRY(tempfile_publish(&file, NULL));
    return tempfile_spool(path, &fd, NULL);
}

static Status
use_io(void)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Str text;
    return arena ? io_read_file(arena, "/proc/self/stat", 100000, &text, NULL) : ST_NOMEM;
}

static Status
use_subprocess(void)
{
    SubprocessSpec spec = {.argv = (const char *const[]){"sh", "-c", "echo text; echo text >&2",
                                                         NULL},
                           .max_stdout_bytes = 100, .max_stderr_bytes = 100};
    SubprocessResult result;
    TRY(subprocess_run(&spec, &result, NULL));
    subprocess_result_done(&result);
    return ST_OK;
}

static Status
use_options(void)
{
    static const Option TABLE[] = {
        {"name", 'n', OPTION_LIST, "NAME", "names", .target = 0, .fallback = "x"}, {.name = NULL}};
    static const OptionSet SET = {.program = "p", .usage = "", .summary = "s", .options = TABLE,
                                  .max_operands = 9};
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(buf_done) Buf out = BUF_INIT(10000);
    OptionList names;
    OptionResult result;
    char words[4][4] = {"p", "-nx", "-ny", "z"};
    char *argv[] = {words[0], words[1], words[2], words[3]};
    if (!arena)
        return ST_NOMEM;
    TRY(options_parse(&SET, 4, argv, arena, &names, &result, NULL));
    options_help(&SET, &out);
    return buf_status(&out, NULL);
}

static const struct {
    const char *name;
    Status (*use)(void);
    bool may_succeed;    /* where what failed is not needed */
    bool keeps;          /* libcrypto keeps what it has made */
} USES[] = {
    {"arena", use_arena, false, false},
    {"map", use_map, false, false},
    {"buf", use_buf, false, false},
    {"yaml", use_yaml, false, false},
    {"digest", use_digest, true, true},
    {"tempfile", use_tempfile, true, false},
    {"io", use_io, false, false},
    {"subprocess", use_subprocess, false, false},
    {"options", use_options, true, false},
};

START_TEST(every_allocation_fails_once)
{
    ck_assert_status(USES[_i].use(), ST_OK);    /* once for what the process keeps */
    faults_fail_each(USES[_i].name, USES[_i].use, USES[_i].may_succeed, USES[_i].keeps);
}
END_TEST

static void
make_folder(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/out", folder);
}

static void
remove_folder(void)
{
    (void)unlink(path);
    ck_assert_int_eq(rmdir(folder), 0);    /* no partial file is left */
}

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("no_memory");
    TCase *tcase = tcase_create("no_memory");
    tcase_add_checked_fixture(tcase, make_folder, remove_folder);
    tcase_add_loop_test(tcase, every_allocation_fails_once, 0, (int)(sizeof USES / sizeof *USES));
    suite_add_tcase(suite, tcase);
    return suite;
}
