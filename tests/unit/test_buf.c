/* SPDX-License-Identifier: Apache-2.0 */
/* test_buf.c -- a growing buffer with a maximum. */
#include "base/buf.h"
#include "tests/unit/runner.h"

#include <math.h>
#include <string.h>

START_TEST(appending)
{
    CLEANUP(buf_done) Buf buf = BUF_INIT(1000);
    ck_assert_str_view(buf_str(&buf), "");
    ck_assert_ptr_nonnull(buf_str(&buf).p);
    buf_adds(&buf, "a");
    buf_addc(&buf, 'b');
    buf_add_str(&buf, STR("cd"));
    buf_add_str(&buf, (Str){NULL, 0});
    buf_add(&buf, "ef", 2);
    buf_printf(&buf, "%d", 7);
    buf_printf(&buf, "%300s", "x");
    ck_assert_uint_eq(buf.n, 307);
    ck_assert_str_view(str_head(buf_str(&buf), 8), "abcdef7 ");
    ck_assert_int_eq(buf.data[306], 'x');
    ck_assert_int_eq(buf.data[307], '\0');
    ck_assert_ok(buf_status(&buf, NULL), (Err){0});
}
END_TEST

START_TEST(the_maximum_fails_whole_appends_and_sticks)
{
    CLEANUP(buf_done) Buf buf = BUF_INIT(5);
    Err err = {0};
    buf_adds(&buf, "12345");
    ck_assert_ok(buf_status(&buf, &err), err);
    buf_addc(&buf, '6');
    buf_clear(&buf);
    buf_adds(&buf, "1234");
    buf_adds(&buf, "56");
    buf_addc(&buf, '5');
    ck_assert_str_view(buf_str(&buf), "1234");
    ck_assert_ptr_null(buf_reserve(&buf, 0));
    buf_printf(&buf, "%300s", "x");
    ck_assert_status(buf_status(&buf, &err), ST_LIMIT);
    ck_assert_str_eq(err.text, "more than 5 bytes");
    buf_clear(&buf);
    ck_assert_ok(buf_status(&buf, NULL), err);
}
END_TEST

START_TEST(too_much_memory_is_a_status)
{
    CLEANUP(buf_done) Buf buf = BUF_INIT(SIZE_MAX);
    ck_assert_ptr_null(buf_reserve(&buf, SIZE_MAX / 2 - 1));
    ck_assert_status(buf_status(&buf, NULL), ST_NOMEM);
    buf_clear(&buf);
    ck_assert_ptr_null(buf_reserve(&buf, SIZE_MAX));
    ck_assert_status(buf_status(&buf, NULL), ST_LIMIT);
}
END_TEST

START_TEST(reserved_room_is_the_callers_to_fill)
{
    CLEANUP(buf_done) Buf buf = BUF_INIT(100);
    char *room = buf_reserve(&buf, 100);
    ck_assert_ptr_nonnull(room);
    memset(room, 'x', 100);
    room[100] = '\0';
    buf.n += 100;
    buf_addc(&buf, 'y');
    ck_assert_status(buf_status(&buf, NULL), ST_LIMIT);
}
END_TEST

START_TEST(consuming_drops_the_front)
{
    CLEANUP(buf_done) Buf buf = BUF_INIT(100);
    buf_consume(&buf, 3);
    buf_adds(&buf, "abcdef");
    buf_consume(&buf, 2);
    ck_assert_str_view(buf_str(&buf), "cdef");
    buf_consume(&buf, 99);
    ck_assert_str_view(buf_str(&buf), "");
}
END_TEST

START_TEST(a_secret_is_wiped)
{
    CLEANUP(buf_done) Buf buf = {.max_bytes = 1000, .secret = true};
    buf_adds(&buf, "password");
    buf_consume(&buf, 4);
    ck_assert_mem_eq(buf.data, "word\0\0\0\0", 8);
    buf_printf(&buf, "%s", "!");
    for (int i = 0; i < 20; i++)
        buf_adds(&buf, "0123456789");    /* moves to larger blocks */
    ck_assert_uint_eq(buf.n, 205);
    ck_assert_mem_eq(buf.data, "word!0123456789", 15);
    buf_clear(&buf);
    for (size_t i = 0; i < buf.capacity; i++)
        ck_assert_int_eq(buf.data[i], 0);
    buf_done(&buf);
    ck_assert(buf.secret);
    ck_assert_uint_eq(buf.max_bytes, 1000);
}
END_TEST

static const struct {
    double value;
    const char *text;
} DOUBLES[] = {
    {0, "0"},
    {-0.0, "-0"},
    {1.5, "1.5"},
    {0.1, "0.1"},
    {0.1 + 0.2, "0.30000000000000004"},
    {100000, "100000"},
    {1e21, "1e+21"},
    {5e-324, "4.94065645841247e-324"},
    {1.7976931348623157e308, "1.7976931348623157e+308"},
    {9007199254740993.0, "9007199254740992"},
    {INFINITY, "+Inf"},
    {-INFINITY, "-Inf"},
    {NAN, "NaN"},
};

START_TEST(doubles_are_shortest)
{
    CLEANUP(buf_done) Buf buf = BUF_INIT(100);
    buf_add_double(&buf, DOUBLES[_i].value);
    ck_assert_str_view(buf_str(&buf), DOUBLES[_i].text);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("buf");
    TCase *tcase = tcase_create("buf");
    tcase_add_test(tcase, appending);
    tcase_add_test(tcase, the_maximum_fails_whole_appends_and_sticks);
    tcase_add_test(tcase, too_much_memory_is_a_status);
    tcase_add_test(tcase, reserved_room_is_the_callers_to_fill);
    tcase_add_test(tcase, consuming_drops_the_front);
    tcase_add_test(tcase, a_secret_is_wiped);
    tcase_add_loop_test(tcase, doubles_are_shortest, 0,
                        (int)(sizeof DOUBLES / sizeof *DOUBLES));
    suite_add_tcase(suite, tcase);
    return suite;
}
