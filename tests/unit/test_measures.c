/* SPDX-License-Identifier: Apache-2.0 */
/* test_measures.c -- clocks and limits, from the texts that tell them. */
#include "base/timestamp.h"
#include "collector/clocks.h"
#include "collector/proc_limits.h"
#include "tests/unit/runner.h"

#define S NS_PER_S

START_TEST(readings_of_a_clock_are_intersected)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    ClockBook book;
    clocks_init(&book, arena);
    /* The clock is 3.2 s ahead; requests take 20 ms; its stamps are whole seconds. */
    for (int i = 0; i < 6; i++) {
        int64_t sent = 1000 * S + i * 350 * 1000000LL;
        int64_t there = sent + 10000000 + 3200000000LL;
        clocks_add(&book, STR("apiserver"), "apiserver", STR(""), "http-date", there / S * S, S,
                   sent, sent + 20000000);
    }
    const Clock *clock = clocks_get(&book, STR("apiserver"));
    ck_assert_ptr_nonnull(clock);
    ck_assert(!clock_stepped(clock));
    ck_assert_int_le(clock->low_ns, 3200000000LL);
    ck_assert_int_ge(clock->high_ns, 3200000000LL);
    ck_assert_int_lt(clock->high_ns - clock->low_ns, 400000000LL);
    int64_t next = clock_next_second(clock, 1000 * S);
    ck_assert_int_gt(next, 1000 * S);
    ck_assert_int_le(next, 1001 * S);
}
END_TEST

START_TEST(a_clock_that_was_set_is_told)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(buf_done) Buf out = BUF_INIT(SIZE_MAX);
    ClockBook book;
    size_t at;
    clocks_init(&book, arena);
    clocks_add(&book, STR("a/b"), "pod", STR("n1"), "http-date", 100 * S, S, 100 * S, 100 * S);
    clocks_add(&book, STR("a/b"), "pod", STR("n1"), "http-date", 160 * S, S, 101 * S, 101 * S);
    ck_assert(clock_stepped(clocks_get(&book, STR("a/b"))));
    clocks_join_nodes(&book);
    ck_assert_ptr_null(clocks_get(&book, STR("n1")));
    clocks_write(&book, &out);
    ck_assert(str_find(buf_str(&out), STR("\"stepped\":true"), &at));
    ck_assert(str_find(buf_str(&out), STR("\"offset_s\":30.0"), &at));
}
END_TEST

START_TEST(a_node_has_the_clock_of_its_pods)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    ClockBook book;
    clocks_init(&book, arena);
    clocks_add(&book, STR("a/b"), "pod", STR("n1"), "http-date", 100 * S, S, 99 * S, 101 * S);
    clocks_add(&book, STR("a/c"), "pod", STR("n1"), "http-date", 100 * S, S, 100 * S, 100 * S);
    clocks_join_nodes(&book);
    const Clock *node = clocks_get(&book, STR("n1"));
    ck_assert_ptr_nonnull(node);
    /* The second reading is 1 s older, and clocks drift by 200 ppm. */
    ck_assert_int_eq(node->low_ns, -200000);
    ck_assert_int_eq(node->high_ns, S + 200000);
    ck_assert_str_eq(node->kind, "node");
}
END_TEST

START_TEST(a_strange_container_is_not_its_node)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    ClockBook book;
    clocks_init(&book, arena);
    clocks_add(&book, STR("a/b/x"), "container", STR("n1"), "exec-date", 40 * S, 1, 99 * S, 101 * S);
    clocks_add(&book, STR("a/c"), "pod", STR("n1"), "http-date", 100 * S, S, 99 * S, 101 * S);
    clocks_add(&book, STR("a/d"), "pod", STR("n1"), "http-date", 100 * S, S, 100 * S, 100 * S);
    clocks_join_nodes(&book);
    const Clock *node = clocks_get(&book, STR("n1"));
    ck_assert_ptr_nonnull(node);
    ck_assert(!clock_stepped(node));
    ck_assert_int_eq(node->low_ns, -200000);
    ck_assert_int_eq(node->high_ns, S + 200000);
    ck_assert_uint_eq(node->readings, 2);
}
END_TEST

static const struct {
    const char *text;
    const char *stamp;       /* NULL: refused */
    int64_t resolution;
} DATES[] = {
    {"2018-06-14T08:03:01.123456789Z\n", "2018-06-14T08:03:01.123456789Z", 1},
    {"2018-06-14T08:03:01.%NZ\n", "2018-06-14T08:03:01Z", S},
    {"2018-06-14T08:03:01.NZ\n", "2018-06-14T08:03:01Z", S},
    {"Thu Jun 14 08:03:01 UTC 2018\n", NULL, 0},
    {"", NULL, 0},
    {".", NULL, 0},
};

START_TEST(dates_of_containers_are_read)
{
    int64_t ns;
    int64_t expected;
    int64_t resolution;
    bool good = clock_parse_date(str_of(DATES[_i].text), &ns, &resolution);
    ck_assert_msg(good == (DATES[_i].stamp != NULL), "%s", DATES[_i].text);
    if (!good)
        return;
    ck_assert(timestamp_parse(str_of(DATES[_i].stamp), &expected));
    ck_assert_int_eq(ns, expected);
    ck_assert_int_eq(resolution, DATES[_i].resolution);
}
END_TEST

static const struct {
    const char *text;
    bool good;
    int64_t soft;
    int64_t hard;
} PROC[] = {
    {"Limit                     Soft Limit           Hard Limit           Units     \n"
     "Max open files            1024                 1048576              files     \n",
     true, 1024, 1048576},
    {"Max open files            unlimited            unlimited            files\n", true, INT64_MAX,
     INT64_MAX},
    {"Max open files            x                    1                    files\n", false, 0, 0},
    {"Max open files\n", false, 0, 0},
    {"Max processes 1 2\n", false, 0, 0},
    {"", false, 0, 0},
};

START_TEST(proc_limits_are_read)
{
    FileLimit limit;
    ck_assert(limit_parse_proc(str_of(PROC[_i].text), &limit) == PROC[_i].good);
    if (PROC[_i].good) {
        ck_assert_int_eq(limit.soft, PROC[_i].soft);
        ck_assert_int_eq(limit.hard, PROC[_i].hard);
    }
}
END_TEST

static const struct {
    const char *text;
    bool good;
    int64_t soft;
} ULIMIT[] = {
    {"max user processes (-u) 5\nopen files                          (-n) 20000\n", true, 20000},
    {"open files                      (-n) 1024\npipe size            (512 bytes, -p) 8\n", true,
     1024},
    {"-n: file descriptors          1024\n", false, 0},
    {"time(seconds)        unlimited\nnofiles              20000\n", true, 20000},
    {"open files (-n) unlimited\n", true, INT64_MAX},
    {"open files (-n) many\n", false, 0},
    {"sh: ulimit: not found\n", false, 0},
};

START_TEST(ulimit_is_read)
{
    FileLimit limit;
    ck_assert_msg(limit_parse_ulimit(str_of(ULIMIT[_i].text), &limit) == ULIMIT[_i].good, "%s",
                  ULIMIT[_i].text);
    if (ULIMIT[_i].good)
        ck_assert_int_eq(limit.soft, ULIMIT[_i].soft);
}
END_TEST

START_TEST(metrics_tell_open_files)
{
    static const char TEXT[] =
        "# HELP process_max_fds x\n# TYPE process_max_fds gauge\nprocess_max_fds 1.048576e+06\n"
        "process_open_fds 37\nprocess_open_fds_more 1\nbad NaN\n";
    int64_t value = 0;
    ck_assert(limit_parse_metric(str_of(TEXT), "process_max_fds", &value));
    ck_assert_int_eq(value, 1048576);
    ck_assert(limit_parse_metric(str_of(TEXT), "process_open_fds", &value));
    ck_assert_int_eq(value, 37);
    ck_assert(!limit_parse_metric(str_of(TEXT), "process_open", &value));
    ck_assert(!limit_parse_metric(str_of(TEXT), "bad", &value));
}
END_TEST

START_TEST(the_book_joins_what_is_of_one_process)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(buf_done) Buf out = BUF_INIT(SIZE_MAX);
    LimitBook book;
    FileLimit limit = {1024, INT64_MAX};
    limit_book_init(&book, arena);
    limit_book_add(&book, STR("n"), STR("p"), STR("c"), "1", "proc-limits", NULL, 18);
    limit_book_add(&book, STR("n"), STR("p"), STR("c"), "1", "proc-limits", &limit, -1);
    limit_book_add(&book, STR("n"), STR("p"), STR("c"), "shell", "ulimit", &(FileLimit){5, -1}, -1);
    limit_book_add_kernel(&book, STR("node-1"), STR("exec n/p/c"), KERNEL_FILES_OPEN,
                          STR("4160\t0\t1620448\n"));
    limit_book_add_kernel(&book, STR("node-1"), STR("exec n/p/d"), KERNEL_NR_OPEN,
                          STR("1048576\n"));
    limit_book_add_kernel(&book, STR("node-2"), STR("exec n/p/c"), KERNEL_FILE_MAX, STR("-1\n"));
    limit_book_write(&book, &out);
    ck_assert_str_view(
        buf_str(&out),
        "{\"limits\": [\n"
        "{\"namespace\":\"n\",\"pod\":\"p\",\"container\":\"c\",\"process\":\"1\",\"nofile\":{"
        "\"soft\":1024,"
        "\"hard\":9223372036854775807},\"open_fds\":18,\"source\":\"proc-limits\"},\n"
        "{\"namespace\":\"n\",\"pod\":\"p\",\"container\":\"c\",\"process\":\"shell\",\"nofile\":{"
        "\"soft\":5,"
        "\"hard\":null},\"open_fds\":null,\"source\":\"ulimit\"}\n],\n"
        "\"kernels\": [\n"
        "{\"node\":\"node-1\",\"source\":\"exec n/p/c\",\"file_max\":null,\"files_open\":4160,"
        "\"nr_open\":1048576,\"inotify_instances\":null,\"inotify_watches\":null}\n],\n"
        "\"collector\":\n"
        "{\"nofile\":{\"soft\":null,\"hard\":null},\"open_fds\":null}}\n");
}
END_TEST

#define LOOP(test, table)                                                                          \
    tcase_add_loop_test(tcase, test, 0, (int)(sizeof(table) / sizeof *(table)))

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("measures");
    TCase *tcase = tcase_create("measures");
    tcase_add_test(tcase, readings_of_a_clock_are_intersected);
    tcase_add_test(tcase, a_clock_that_was_set_is_told);
    tcase_add_test(tcase, a_node_has_the_clock_of_its_pods);
    tcase_add_test(tcase, a_strange_container_is_not_its_node);
    LOOP(dates_of_containers_are_read, DATES);
    LOOP(proc_limits_are_read, PROC);
    LOOP(ulimit_is_read, ULIMIT);
    tcase_add_test(tcase, metrics_tell_open_files);
    tcase_add_test(tcase, the_book_joins_what_is_of_one_process);
    suite_add_tcase(suite, tcase);
    return suite;
}
