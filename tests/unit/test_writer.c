/* SPDX-License-Identifier: Apache-2.0 */
/* test_writer.c -- bundles as they are written: layout, determinism, refusals. */
#include "base/cleanup.h"
#include "bundle/tar_header.h"
#include "tests/unit/bundle_tool.h"
#include "tests/unit/runner.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const WriterOptions OPTIONS = {.top_folder = STR_INIT("case"), .level = 1};

static Writer *
new_writer(int fd)
{
    Writer *writer = NULL;
    Err err = {0};
    ck_assert_ok(writer_new(fd, &OPTIONS, &writer, &err), err);
    return writer;
}

static void
write_sample(int fd, size_t piece, bool known)
{
    CLEANUP(buf_done) Buf big = BUF_INIT(64 << 20);
    CLEANUP(buf_done) Buf small = BUF_INIT(64 << 20);
    CLEANUP(cleanup_writer) Writer *writer = new_writer(fd);
    tool_text(&big, 6 << 20, 1);
    tool_text(&small, 5000, 2);
    for (int i = 0; i < 100; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "logs/ns/pod-%03d/c.log", i);
        tool_write(writer, name, buf_str(&small), known ? small.n : WRITER_SIZE_UNKNOWN, piece);
    }
    tool_write(writer, "logs/ns/pod-x/big.log", buf_str(&big),
               known ? big.n : WRITER_SIZE_UNKNOWN, piece);
    tool_write(writer, "logs/ns/pod-y/empty.log", STR(""), known ? 0 : WRITER_SIZE_UNKNOWN, 0);
    tool_write(writer, "clocks.json", STR("{}\n"), known ? 3 : WRITER_SIZE_UNKNOWN, piece);
    Err err = {0};
    ck_assert_ok(writer_finish(writer, STR("{}\n"), &err), err);
}

START_TEST(the_same_data_gives_the_same_bytes)
{
    CLEANUP(buf_done) Buf first = BUF_INIT(64 << 20);
    static const size_t PIECES[] = {0, 511, 4097, 65536, 1000003};
    for (size_t i = 0; i < 2 * sizeof PIECES / sizeof PIECES[0]; i++) {
        CLEANUP(cleanup_fd) int fd = tool_memory_file();
        CLEANUP(buf_done) Buf file = BUF_INIT(64 << 20);
        write_sample(fd, PIECES[i / 2], i % 2 == 1);
        tool_contents(fd, i ? &file : &first);
        if (i)
            ck_assert_msg(str_eq(buf_str(&file), buf_str(&first)), "piece %zu, known %zu",
                          PIECES[i / 2], i % 2);
    }
}
END_TEST

START_TEST(it_is_a_tar_of_gzip_members_with_a_footer)
{
    CLEANUP(cleanup_fd) int fd = tool_memory_file();
    CLEANUP(buf_done) Buf file = BUF_INIT(64 << 20);
    CLEANUP(buf_done) Buf tar = BUF_INIT(64 << 20);
    write_sample(fd, 0, false);
    tool_contents(fd, &file);
    size_t members = tool_unpack(buf_str(&file), &tar);
    ck_assert_uint_eq(tar.n % TAR_BLOCK_BYTES, 0);
    ck_assert_str_eq(tar.data, "case/");
    for (size_t i = tar.n - 1024; i < tar.n; i++)
        ck_assert_int_eq(tar.data[i], 0);
    ck_assert_uint_gt(members, 10);
    /* the footer points at a gzip member */
    const unsigned char *footer = (const unsigned char *)file.data + file.n - 51;
    ck_assert_mem_eq(footer + 10, "\x1a\0SG\x16\0", 6);
    ck_assert_mem_eq(footer + 32, "STARGZ", 6);
    char digits[17] = {0};
    memcpy(digits, footer + 16, 16);
    size_t at = strtoull(digits, NULL, 16);
    ck_assert_uint_lt(at, file.n);
    ck_assert_mem_eq(file.data + at, "\x1f\x8b\x08", 3);
    CLEANUP(buf_done) Buf last = BUF_INIT(64 << 20);
    ck_assert_uint_eq(tool_unpack(str_from(buf_str(&file), at), &last), 2);
    ck_assert_str_eq(last.data, "stargz.index.json");
    ck_assert_ptr_nonnull(strstr(last.data + TAR_BLOCK_BYTES, "\"version\":1"));
}
END_TEST

START_TEST(names_and_sizes_are_refused)
{
    CLEANUP(cleanup_fd) int fd = tool_memory_file();
    CLEANUP(cleanup_writer) Writer *writer = new_writer(fd);
    Err err = {0};
    ck_assert_status(writer_begin(writer, STR("../x"), 1, NULL), ST_UNSAFE);
    char longer[1100];
    memset(longer, 'x', sizeof longer);
    ck_assert_status(writer_begin(writer, (Str){longer, sizeof longer}, 1, NULL), ST_LIMIT);
    tool_write(writer, "a", STR("x"), WRITER_SIZE_UNKNOWN, 0);
    ck_assert_status(writer_begin(writer, STR("./a"), 1, NULL), ST_EXISTS);
    ck_assert_status(writer_end(writer, NULL, NULL), ST_USAGE);
    ck_assert_status(writer_data(writer, STR("x"), NULL), ST_USAGE);
    ck_assert_ok(writer_begin(writer, STR("b"), 3, &err), err);
    ck_assert_status(writer_begin(writer, STR("c"), 3, NULL), ST_USAGE);
    ck_assert_ok(writer_data(writer, STR("123"), &err), err);
    ck_assert_ok(writer_end(writer, NULL, &err), err);
    ck_assert_ok(writer_finish(writer, STR("{}"), &err), err);
    ck_assert_status(writer_begin(writer, STR("d"), 3, NULL), ST_IO);
}
END_TEST

START_TEST(a_size_that_was_said_must_come)
{
    for (int way = 0; way < 4; way++) {
        CLEANUP(cleanup_fd) int fd = tool_memory_file();
        CLEANUP(buf_done) Buf big = BUF_INIT(1 << 20);
        CLEANUP(cleanup_writer) Writer *writer = new_writer(fd);
        tool_text(&big, 100000, 1);
        uint64_t said = way < 2 ? 10 : 99999;
        size_t given = way == 0 ? 9 : way == 1 ? 11 : way == 2 ? 99998 : 100000;
        Err err = {0};
        ck_assert_ok(writer_begin(writer, STR("x"), said, &err), err);
        Status status = writer_data(writer, str_head(buf_str(&big), given), NULL);
        if (given > said)
            ck_assert_int_eq(status, ST_USAGE);
        else
            ck_assert_status(writer_end(writer, NULL, NULL), ST_USAGE);
        ck_assert_status(writer_end(writer, NULL, NULL), ST_IO);
    }
}
END_TEST

START_TEST(options_are_checked)
{
    Writer *writer = NULL;
    static const char *const TOPS[] = {"", "a/b", "..", "a/", "./a", "a\n"};
    for (size_t i = 0; i < sizeof TOPS / sizeof TOPS[0]; i++) {
        WriterOptions options = {.top_folder = str_of(TOPS[i])};
        ck_assert_status(writer_new(1, &options, &writer, NULL), ST_UNSAFE);
    }
    WriterOptions options = {.top_folder = STR("a"), .level = 10};
    ck_assert_status(writer_new(1, &options, &writer, NULL), ST_USAGE);
    ck_assert_ptr_null(writer);
}
END_TEST

START_TEST(a_pipe_needs_sizes)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    CLEANUP(cleanup_fd) int reading = ends[0];
    CLEANUP(cleanup_fd) int writing = ends[1];
    ck_assert_int_ge(fcntl(reading, F_SETPIPE_SZ, 1 << 20), 0);
    CLEANUP(buf_done) Buf big = BUF_INIT(1 << 20);
    CLEANUP(cleanup_writer) Writer *writer = new_writer(writing);
    tool_text(&big, 100000, 1);
    tool_write(writer, "known.log", buf_str(&big), big.n, 0);
    tool_write(writer, "small.log", STR("x"), WRITER_SIZE_UNKNOWN, 0);
    Err err = {0};
    ck_assert_ok(writer_begin(writer, STR("y.log"), WRITER_SIZE_UNKNOWN, &err), err);
    ck_assert_status(writer_data(writer, buf_str(&big), NULL), ST_USAGE);
    ck_assert(writing >= 0 && reading >= 0);
}
END_TEST

START_TEST(a_full_disk_is_an_error_that_stays)
{
    CLEANUP(cleanup_fd) int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    CLEANUP(buf_done) Buf big = BUF_INIT(4 << 20);
    CLEANUP(cleanup_writer) Writer *writer = new_writer(fd);
    tool_text(&big, 2 << 20, 1);
    Err err = {0};
    ck_assert_ok(writer_begin(writer, STR("x"), big.n, &err), err);
    ck_assert_status(writer_data(writer, buf_str(&big), NULL), ST_IO);
    ck_assert_status(writer_data(writer, STR("x"), NULL), ST_IO);
    ck_assert_status(writer_finish(writer, STR("{}"), NULL), ST_IO);
}
END_TEST

START_TEST(the_file_may_begin_behind_something)
{
    CLEANUP(cleanup_fd) int fd = tool_memory_file();
    CLEANUP(buf_done) Buf file = BUF_INIT(64 << 20);
    CLEANUP(cleanup_fd) int plain = tool_memory_file();
    CLEANUP(buf_done) Buf expected = BUF_INIT(64 << 20);
    ck_assert_int_eq(write(fd, "before", 6), 6);
    write_sample(fd, 0, false);
    write_sample(plain, 0, false);
    tool_contents(fd, &file);
    tool_contents(plain, &expected);
    ck_assert(str_eq(str_from(buf_str(&file), 6), buf_str(&expected)));
}
END_TEST

START_TEST(many_empty_members_and_folders_fit)
{
    CLEANUP(cleanup_fd) int fd = tool_memory_file();
    CLEANUP(buf_done) Buf file = BUF_INIT(64 << 20);
    CLEANUP(buf_done) Buf tar = BUF_INIT(64 << 20);
    CLEANUP(cleanup_writer) Writer *writer = new_writer(fd);
    for (int i = 0; i < 3000; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "logs/ns/pod-%d/c.log", i);
        tool_write(writer, name, STR(""), WRITER_SIZE_UNKNOWN, 0);
    }
    Err err = {0};
    uint64_t before = writer_file_bytes(writer);
    ck_assert_ok(writer_finish(writer, STR("{}"), &err), err);
    tool_contents(fd, &file);
    ck_assert_uint_le(file.n, before + 4096);
    size_t members = tool_unpack(buf_str(&file), &tar);
    ck_assert_uint_gt(members, 10);
    ck_assert_uint_gt(tar.n, 6000 * TAR_BLOCK_BYTES);
}
END_TEST

/* Each header of a name, read by its fields. */
static const struct {
    size_t first;       /* bytes of the folder */
    size_t second;      /* bytes of the file */
    bool pax;
} HEADERS[] = {{10, 10, false}, {50, 49, false}, {50, 50, false}, {150, 100, false},
               {155, 100, false}, {156, 100, true}, {155, 101, true}, {10, 101, true},
               {200, 200, true}};

START_TEST(long_names_use_prefix_or_pax)
{
    char name[512];
    size_t n = HEADERS[_i].first + 1 + HEADERS[_i].second;
    memset(name, 'a', sizeof name);
    name[HEADERS[_i].first] = '/';
    unsigned char out[TAR_HEADER_MAX_BYTES];
    size_t bytes = tar_header((Str){name, n}, 123, out);
    ck_assert_int_eq(out[156], HEADERS[_i].pax ? 'x' : '0');
    ck_assert_uint_eq(bytes, HEADERS[_i].pax ? 1536 : 512);
    ck_assert_mem_eq(out + bytes - 512 + 124, "00000000173", 12);
    if (HEADERS[_i].pax) {
        char expected[600];
        (void)snprintf(expected, sizeof expected, " path=%.*s\n", (int)n, name);
        ck_assert_ptr_nonnull(strstr((char *)out + 512, expected));
        ck_assert_uint_eq(strtoul((char *)out + 512, NULL, 10), strlen((char *)out + 512));
    }
}
END_TEST

START_TEST(a_size_over_eight_gib_is_binary)
{
    unsigned char out[TAR_HEADER_MAX_BYTES];
    (void)tar_header(STR("x"), (UINT64_C(1) << 33) - 1, out);
    ck_assert_mem_eq(out + 124, "77777777777", 12);
    (void)tar_header(STR("x"), UINT64_C(1) << 33, out);
    ck_assert_mem_eq(out + 124, "\x80\0\0\0\0\0\0\x02\0\0\0\0", 12);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("writer");
    TCase *tcase = tcase_create("writer");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, the_same_data_gives_the_same_bytes);
    tcase_add_test(tcase, it_is_a_tar_of_gzip_members_with_a_footer);
    tcase_add_test(tcase, names_and_sizes_are_refused);
    tcase_add_test(tcase, a_size_that_was_said_must_come);
    tcase_add_test(tcase, options_are_checked);
    tcase_add_test(tcase, a_pipe_needs_sizes);
    tcase_add_test(tcase, a_full_disk_is_an_error_that_stays);
    tcase_add_test(tcase, the_file_may_begin_behind_something);
    tcase_add_test(tcase, many_empty_members_and_folders_fit);
    tcase_add_loop_test(tcase, long_names_use_prefix_or_pax, 0,
                        (int)(sizeof HEADERS / sizeof HEADERS[0]));
    tcase_add_test(tcase, a_size_over_eight_gib_is_binary);
    suite_add_tcase(suite, tcase);
    return suite;
}
