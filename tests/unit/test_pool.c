/* SPDX-License-Identifier: Apache-2.0 */
/* test_pool.c -- lanes share their work, failures come back, threads may be refused. */
#include "base/pool.h"
#include "tests/unit/runner.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>

enum { PIECES = 10000 };

typedef struct {
    atomic_uint next;
    atomic_uint done;
    atomic_uint lanes;       /* a bit for each that came */
    atomic_uint deaf;        /* lanes that take no signal */
    unsigned fails_from;     /* lanes from here on fail */
} Job;

static Status
work(void *context, unsigned lane, Err *err)
{
    Job *job = context;
    sigset_t mask;
    atomic_fetch_or(&job->lanes, 1U << lane);
    if (pthread_sigmask(SIG_SETMASK, NULL, &mask) == 0 && sigismember(&mask, SIGINT) == 1)
        atomic_fetch_or(&job->deaf, 1U << lane);
    if (lane >= job->fails_from)
        return err_set(err, ST_LIMIT, "lane %u", lane);
    while (atomic_fetch_add(&job->next, 1) < PIECES)
        atomic_fetch_add(&job->done, 1);
    return ST_OK;
}

START_TEST(all_work_is_done_by_any_number_of_lanes)
{
    static const unsigned LANES[] = {0, 1, 2, 8};
    for (size_t i = 0; i < sizeof LANES / sizeof *LANES; i++) {
        Job job = {.fails_from = 100};
        Err err = {0};
        ck_assert_ok(pool_run(LANES[i], work, &job, &err), err);
        ck_assert_uint_eq(job.done, PIECES);
        ck_assert_uint_eq(job.lanes, LANES[i] ? (1U << LANES[i]) - 1 : 1);
        ck_assert_uint_eq(job.deaf, job.lanes & ~1U);
    }
}
END_TEST

START_TEST(the_lowest_lane_that_fails_is_told)
{
    Job job = {.fails_from = 2};
    Err err = {0};
    ck_assert_status(pool_run(6, work, &job, &err), ST_LIMIT);
    ck_assert_str_eq(err.text, "lane 2");
    ck_assert_uint_eq(job.done, PIECES);
}
END_TEST

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
START_TEST(without_threads_the_caller_does_it_all)
{
    /* each test is a process of its own: nothing is left to start a thread with */
    struct rlimit none = {0, 0};
    Job job = {.fails_from = 100};
    Err err = {0};
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &none), 0);
    Status status = pool_run(4, work, &job, &err);
    PoolThread *thread = pool_start(work, &job);
    struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
    (void)setrlimit(RLIMIT_AS, &all);
    ck_assert_ok(status, err);
    ck_assert_uint_eq(job.done, PIECES);
    ck_assert_ptr_null(thread);
}
END_TEST
#endif

START_TEST(a_thread_beside_is_waited_for)
{
    Job job = {.fails_from = 100};
    Err err = {0};
    PoolThread *thread = pool_start(work, &job);
    ck_assert_ptr_nonnull(thread);
    ck_assert_ok(pool_wait(thread, &err), err);
    ck_assert_uint_eq(job.done, PIECES);
    job.fails_from = 0;
    ck_assert_status(pool_wait(pool_start(work, &job), &err), ST_LIMIT);
    ck_assert_str_eq(err.text, "lane 0");
    ck_assert_ok(pool_wait(NULL, &err), err);
}
END_TEST

START_TEST(there_is_at_least_one_core)
{
    ck_assert_uint_ge(pool_cores(), 1);
    ck_assert_uint_le(pool_cores(), POOL_MOST_LANES);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("pool");
    TCase *tcase = tcase_create("pool");
    tcase_add_test(tcase, all_work_is_done_by_any_number_of_lanes);
    tcase_add_test(tcase, the_lowest_lane_that_fails_is_told);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    /* sanitizers need memory of their own at any time */
    tcase_add_test(tcase, without_threads_the_caller_does_it_all);
#endif
    tcase_add_test(tcase, a_thread_beside_is_waited_for);
    tcase_add_test(tcase, there_is_at_least_one_core);
    suite_add_tcase(suite, tcase);
    return suite;
}
