/* SPDX-License-Identifier: Apache-2.0 */
/* test_map.c -- hash map from byte strings to pointers. */
#include "base/map.h"
#include "tests/unit/runner.h"

#include <stdio.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool no_random;    /* as where a sandbox refuses it */

ssize_t
getrandom(void *out, size_t n, unsigned flags)
{
    return no_random ? -1 : (ssize_t)syscall(SYS_getrandom, out, n, flags);
}

START_TEST(an_empty_map_has_nothing)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Map map;
    map_init(&map, arena);
    ck_assert_ptr_null(map_get(&map, STR("a")));
    ck_assert(!map_has(&map, STR("")));
}
END_TEST

START_TEST(entries_keep_their_order_and_are_found)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    static int values[10000];
    Map map;
    map_init(&map, arena);
    for (int i = 0; i < 10000; i++)
        ck_assert(map_put(&map, arena_strf(arena, "key-%d", i), &values[i]));
    ck_assert_uint_eq(map.count, 10000);
    for (int i = 0; i < 10000; i++) {
        Str key = arena_strf(arena, "key-%d", i);
        ck_assert_ptr_eq(map_get(&map, key), &values[i]);
        ck_assert(str_eq(map.entries[i].key, key));
    }
    ck_assert(!map_has(&map, STR("key-10000")));
}
END_TEST

START_TEST(a_second_put_replaces)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    int a, b;
    Map map;
    map_init(&map, arena);
    ck_assert(map_put(&map, STR("k"), &a));
    ck_assert(map_put(&map, STR("k"), &b));
    ck_assert(map_put(&map, STR(""), NULL));
    ck_assert_uint_eq(map.count, 2);
    ck_assert_ptr_eq(map_get(&map, STR("k")), &b);
    ck_assert(map_has(&map, STR("")));
    *map_slot(&map, STR("k")) = &a;
    ck_assert_ptr_eq(map_get(&map, STR("k")), &a);
    ck_assert_ptr_null(*map_slot(&map, STR("new")));
}
END_TEST

START_TEST(out_of_memory_is_told_and_harms_nothing)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(2048);
    int value;
    Map map;
    map_init(&map, arena);
    char keys[100][8];
    size_t count = 0;
    for (; count < 100; count++) {
        (void)snprintf(keys[count], sizeof keys[count], "%zu", count);
        if (!map_put(&map, str_of(keys[count]), &value))
            break;
    }
    ck_assert_uint_lt(count, 100);
    ck_assert_ptr_null(map_slot(&map, STR("more")));
    ck_assert_uint_eq(map.count, count);
    for (size_t i = 0; i < count; i++)
        ck_assert_ptr_eq(map_get(&map, str_of(keys[i])), &value);
}
END_TEST

/* Computed with an independent implementation of SipHash-1-3: key bytes 00..0f,
 * messages of the bytes 00, 01, 02, … */
static const struct {
    size_t n;
    uint64_t hash;
} HASHES[] = {
    {0, UINT64_C(0xabac0158050fc4dc)},
    {1, UINT64_C(0xc9f49bf37d57ca93)},
    {7, UINT64_C(0xd3927d989bb11140)},
    {8, UINT64_C(0x369095118d299a8e)},
    {9, UINT64_C(0x25a48eb36c063de4)},
    {15, UINT64_C(0xd320d86d2a519956)},
    {16, UINT64_C(0xcc4fdd1a7d908b66)},
    {63, UINT64_C(0x9d199062b7bbb3a8)},
};

START_TEST(the_hash_is_siphash_1_3)
{
    char message[64];
    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (char)i;
    map_seed(UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908));
    ck_assert_uint_eq(map_hash((Str){message, HASHES[_i].n}), HASHES[_i].hash);
}
END_TEST

START_TEST(the_seed_is_random)
{
    uint64_t unseeded = map_hash(STR("x"));
    map_seed(0, 0);
    ck_assert_uint_ne(unseeded, map_hash(STR("x")));
}
END_TEST

START_TEST(without_random_bytes_there_is_still_a_seed)
{
    no_random = true;
    uint64_t unseeded = map_hash(STR("x"));
    map_seed(0, 0);
    ck_assert_uint_ne(unseeded, map_hash(STR("x")));
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("map");
    TCase *tcase = tcase_create("map");
    tcase_add_test(tcase, an_empty_map_has_nothing);
    tcase_add_test(tcase, entries_keep_their_order_and_are_found);
    tcase_add_test(tcase, a_second_put_replaces);
    tcase_add_test(tcase, out_of_memory_is_told_and_harms_nothing);
    tcase_add_loop_test(tcase, the_hash_is_siphash_1_3, 0,
                        (int)(sizeof HASHES / sizeof *HASHES));
    tcase_add_test(tcase, the_seed_is_random);
    tcase_add_test(tcase, without_random_bytes_there_is_still_a_seed);
    suite_add_tcase(suite, tcase);
    return suite;
}
