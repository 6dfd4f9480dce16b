/* SPDX-License-Identifier: Apache-2.0 */
/* test_arena.c -- memory that is given back all at once. */
#include "base/arena.h"
#include "tests/unit/runner.h"

#include <stdint.h>
#include <string.h>

START_TEST(memory_is_aligned_and_separate)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    char *before = NULL;
    for (size_t bytes = 0; bytes < 5000; bytes += 7) {
        char *memory = arena_alloc(arena, bytes);
        ck_assert_ptr_nonnull(memory);
        ck_assert_uint_eq((uintptr_t)memory % _Alignof(max_align_t), 0);
        memset(memory, 0x5a, bytes);
        ck_assert_ptr_ne(memory, before);
        before = bytes ? memory : before;
    }
}
END_TEST

START_TEST(the_budget_holds)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(1024);
    ck_assert_ptr_nonnull(arena_alloc(arena, 1000));
    ck_assert_ptr_null(arena_alloc(arena, 100));
    ck_assert_ptr_nonnull(arena_alloc(arena, 16));
    ck_assert_ptr_null(arena_array(arena, SIZE_MAX / 2, 4));
    ck_assert_ptr_null(arena_str(arena, (Str){"x", SIZE_MAX}).p);
}
END_TEST

START_TEST(a_reset_gives_back_what_came_after_the_mark)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    char *kept = arena_cstr(arena, STR("kept"));
    ArenaMark mark = arena_mark(arena);
    size_t used = arena_used_bytes(arena);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 1000; i++)
            memset(arena_alloc(arena, 300), round, 300);
        arena_reset_to(arena, mark);
        ck_assert_uint_eq(arena_used_bytes(arena), used);
    }
    ck_assert_str_eq(kept, "kept");
}
END_TEST

START_TEST(an_adopted_arena_lives_on)
{
    Arena *arena = arena_new(1000);
    Arena *child = arena_new(SIZE_MAX);
    Str before = arena_str(arena, STR("before"));
    ArenaMark mark = arena_mark(arena);
    Str large = {memset(arena_alloc(child, 100000), 'x', 100000), 100000};
    arena_adopt(arena, child);
    arena_adopt(arena, arena_new(5));
    arena_adopt(arena, NULL);
    ck_assert_uint_ge(arena_used_bytes(arena), 100000);
    ck_assert_ptr_null(arena_alloc(arena, 1));       /* over its budget now */
    arena_reset_to(arena, mark);
    ck_assert_ptr_nonnull(arena_alloc(arena, 500));
    ck_assert(str_is(before, "before") && large.p[99999] == 'x');
    (void)arena_free(arena);
}
END_TEST

START_TEST(a_vector_grows_and_clears_its_items)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    VEC(int) numbers = {0};
    for (int i = 0; i < 1000; i++) {
        int *number = VEC_PUSH(arena, &numbers);
        ck_assert_ptr_nonnull(number);
        ck_assert_int_eq(*number, 0);
        *number = i;
    }
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(numbers.items[i], i);
}
END_TEST

START_TEST(texts_are_copied_and_printed)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Str copy = arena_str(arena, STR("a\0b"));
    ck_assert(str_eq(copy, STR("a\0b")) && copy.p[3] == '\0');
    ck_assert_str_view(arena_str(arena, (Str){NULL, 0}), "");
    ck_assert_str_eq(arena_cstr(arena, STR("text")), "text");
    ck_assert_str_eq(arena_printf(arena, "%d-%s", 7, "x"), "7-x");
    ck_assert_str_view(arena_strf(arena, "%5d", 7), "    7");
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(64);
    VEC(int) numbers = {0};
    volatile size_t far_too_many = SIZE_MAX;    /* which the compiler must not see */
    ck_assert_ptr_null(arena_alloc(arena, far_too_many));
    ck_assert_ptr_null(arena_array(arena, 1000, 1));
    ck_assert_ptr_null(arena_printf(arena, "%100d", 1));
    ck_assert_ptr_null(arena_strf(arena, "%100d", 1).p);
    ck_assert_ptr_null(arena_cstr(arena, (Str){"x", SIZE_MAX}));
    ck_assert_ptr_null(arena_str(arena, (Str){"x", 100}).p);
    for (int i = 0; i < 8; i++)
        ck_assert_ptr_nonnull(VEC_PUSH(arena, &numbers));
    ck_assert_ptr_null(VEC_PUSH(arena, &numbers));
    ck_assert_uint_eq(numbers.count, 8);
    arena_reset(arena);
    ck_assert_uint_eq(arena_used_bytes(arena), 0);
    ck_assert_ptr_nonnull(arena_zalloc(arena, 64));
    ck_assert_ptr_null(arena_free(NULL));
}
END_TEST

START_TEST(a_vector_cannot_overflow)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    int *items = NULL;
    size_t capacity = SIZE_MAX / 2 + 1;
    ck_assert(!vec_grow_(arena, &items, &capacity, 0, sizeof *items));
    capacity = SIZE_MAX / 4;
    ck_assert(!vec_grow_(arena, &items, &capacity, 0, sizeof *items));
    ck_assert_ptr_null(items);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("arena");
    TCase *tcase = tcase_create("arena");
    tcase_add_test(tcase, memory_is_aligned_and_separate);
    tcase_add_test(tcase, the_budget_holds);
    tcase_add_test(tcase, a_reset_gives_back_what_came_after_the_mark);
    tcase_add_test(tcase, an_adopted_arena_lives_on);
    tcase_add_test(tcase, a_vector_grows_and_clears_its_items);
    tcase_add_test(tcase, texts_are_copied_and_printed);
    tcase_add_test(tcase, what_does_not_fit_is_refused);
    tcase_add_test(tcase, a_vector_cannot_overflow);
    suite_add_tcase(suite, tcase);
    return suite;
}
