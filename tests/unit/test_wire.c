/* SPDX-License-Identifier: Apache-2.0 */
/* test_wire.c -- numbers and texts as bytes, and back. */
#include "base/wire.h"
#include "tests/unit/runner.h"

static void
put_all(Buf *out)
{
    wire_put_u8(out, 7);
    wire_put_u32(out, 0x01020304);
    wire_put_u64(out, UINT64_MAX - 1);
    wire_put_str(out, STR("a\0b"));
    wire_put_bytes(out, "xyz", 3);
}

START_TEST(takes_what_was_put)
{
    CLEANUP(buf_done) Buf out = BUF_INIT(1024);
    put_all(&out);
    WireIn in = {.rest = buf_str(&out)};
    ck_assert_uint_eq(wire_take_u8(&in), 7);
    ck_assert_uint_eq(wire_take_u32(&in), 0x01020304);
    ck_assert_uint_eq(wire_take_u64(&in), UINT64_MAX - 1);
    ck_assert(str_eq(wire_take_str(&in), STR("a\0b")));
    char bytes[3];
    wire_take_bytes(&in, bytes, 3);
    ck_assert_mem_eq(bytes, "xyz", 3);
    ck_assert_int_eq(wire_end(&in, NULL), ST_OK);
}
END_TEST

/* Whatever is missing, all of it is told at the end, and nothing is made up. */
START_TEST(spoils_at_any_cut)
{
    CLEANUP(buf_done) Buf out = BUF_INIT(1024);
    put_all(&out);
    for (size_t n = 0; n < out.n; n++) {
        WireIn in = {.rest = {out.data, n}};
        char bytes[3];
        (void)wire_take_u8(&in);
        (void)wire_take_u32(&in);
        (void)wire_take_u64(&in);
        (void)wire_take_str(&in);
        wire_take_bytes(&in, bytes, 3);
        ck_assert_mem_eq(bytes, "\0\0\0", 3);
        ck_assert_int_eq(wire_end(&in, NULL), ST_FORMAT);
        ck_assert_uint_eq(wire_take_u32(&in), 0);
        ck_assert_uint_eq(wire_take_str(&in).n, 0);
    }
}
END_TEST

START_TEST(tells_bytes_too_many)
{
    WireIn in = {.rest = STR("ab")};
    (void)wire_take_u8(&in);
    ck_assert_int_eq(wire_end(&in, NULL), ST_FORMAT);
}
END_TEST

START_TEST(believes_no_length)
{
    WireIn in = {.rest = STR("\xff\xff\xff\xff" "ab")};
    ck_assert_uint_eq(wire_take_str(&in).n, 0);
    ck_assert(in.spoiled);
}
END_TEST

START_TEST(refuses_numbers_out_of_range)
{
    WireIn good = {.rest = STR("\2")};
    ck_assert_uint_eq(wire_take_enum(&good, 3), 2);
    WireIn bad = {.rest = STR("\3")};
    ck_assert_uint_eq(wire_take_enum(&bad, 3), 0);
    ck_assert(bad.spoiled);
}
END_TEST

/* A count is held against its limit and against the bytes that are there. */
START_TEST(refuses_counts_that_cannot_be)
{
    WireIn good = {.rest = STR("\2\0\0\0" "aabb")};
    ck_assert_uint_eq(wire_take_count(&good, 2, 2), 2);
    WireIn over = {.rest = STR("\2\0\0\0" "aabb")};
    ck_assert_uint_eq(wire_take_count(&over, 1, 2), 0);
    ck_assert(over.spoiled);
    WireIn promise = {.rest = STR("\3\0\0\0" "aabb")};
    ck_assert_uint_eq(wire_take_count(&promise, 100, 2), 0);
    ck_assert(promise.spoiled);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("wire");
    TCase *tcase = tcase_create("wire");
    tcase_add_test(tcase, takes_what_was_put);
    tcase_add_test(tcase, spoils_at_any_cut);
    tcase_add_test(tcase, tells_bytes_too_many);
    tcase_add_test(tcase, believes_no_length);
    tcase_add_test(tcase, refuses_numbers_out_of_range);
    tcase_add_test(tcase, refuses_counts_that_cannot_be);
    suite_add_tcase(suite, tcase);
    return suite;
}
