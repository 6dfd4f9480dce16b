/* SPDX-License-Identifier: Apache-2.0 */
/* test_cel_join.c -- equalities inside macros, answered from an index: the same answers, errors,
 * unknowns and citations as by searching, at the cost of a sum. */
#include "tests/unit/cel_support.h"

#include <stdio.h>
#include <string.h>

static const Gap HOLE = {.evidence = STR_INIT("hole"), .reason = STR_INIT("not collected")};
static const Gap CUT = {.evidence = STR_INIT("cut"), .reason = STR_INIT("truncated")};

/* Every third key is an int, some are doubles, some are missing, unknown, lists or null, as
 * the caller wants; keys repeat. */
static Value
make_list(Arena *arena, size_t count, bool irregular, bool incomplete)
{
    Value *items = ARENA_ARRAY(arena, Value, count);
    Origin *origins = ARENA_ARRAY(arena, Origin, count);
    for (size_t i = 0; i < count; i++) {
        Value key = value_int((int64_t)(i % 40));
        if (i % 3 == 1)
            key = value_string(arena_strf(arena, "name-%zu", i % 40));
        if (i % 3 == 2)
            key = value_double((double)(i % 40));
        if (irregular && i % 17 == 0)
            key = i % 2 ? value_unknown(&HOLE) : value_list(arena, NULL, 0, NULL);
        if (irregular && i % 19 == 0)
            key = value_null();
        ValueField inner[] = {{"name", key}};
        ValueField fields[] = {{"meta", value_record(arena, inner, irregular && i % 13 == 0 ? 0 : 1,
                                                     NULL)},
                               {"n", value_int((int64_t)i)}};
        origins[i] = (Origin){.member = STR("m"), .line = (uint32_t)i + 1};
        items[i] = value_record(arena, fields, 2, &origins[i]);
    }
    return value_list(arena, items, count, incomplete ? &CUT : NULL);
}

/* Each over list, for every key k of keys; [k] makes every loop run often on one pods. */
static const char *const TEXTS[] = {
    "keys.map(k, pods.exists(x, x.meta.name == k))",
    "keys.map(k, pods.exists(x, k == x.meta.name && x.n > 50))",
    "keys.map(k, pods.exists(x, x.n > 50 && x.meta.name == k))",
    "keys.map(k, pods.exists(x, x.meta.name == k && x.n / (x.n - 7) > 0))",
    "keys.map(k, pods.filter(x, x.meta.name == k).map(x, x.n))",
    "keys.map(k, pods.filter(x, x.meta.name == k && x.n % 2 == 0).map(x, x.n))",
    "keys.map(k, pods.exists_one(x, x.meta.name == k))",
    "keys.map(k, pods.exists_one(x, x.meta.name == k && x.n == 5))",
    "keys.map(k, pods.all(x, x.meta.name == k))",
    "keys.map(k, pods.all(x, x.meta.name == k || x.n >= 0))",
    "keys.map(k, pods.all(x, x.meta.name != k))",
    "keys.map(k, pods.all(x, x.meta.name != k || x.n < 30))",
    "keys.map(k, pods.all(x, x.n < 10000 && x.meta.name == k))",
    "keys.map(k, pods.exists(x, x.meta.name == k + k))",
    "keys.map(k, numbers.exists(x, x == k))",
    "keys.map(k, numbers.filter(x, x == k))",
    "keys.map(k, numbers.all(x, x != k))",
    "keys.map(k, pods.exists(x, x.meta.name == k || x.n == 3))",
    "keys.map(k, pods.exists(x, x.meta.name != k))",
    "keys.map(k, pods.exists(x, x.meta.name == x.n))",
    "keys.map(k, same.all(x, x.name == k))",
    "keys.map(k, same.exists_one(x, x.name == k))",
    "keys.exists(k, pods.exists(x, x.meta.name == k && x.n == 77))",
    "keys.map(k, pods.filter(x, x.meta.name == k && x.n == 5).map(x, x.n))",
    "keys.map(k, pods.filter(x, x.n == 7 && x.meta.name == k).map(x, x.n))",
    "keys.map(k, pods.all(x, x.meta.name != k || x.n != 5))",
    "keys.map(k, same.all(x, x.name == k && x.name == 5))",
    "keys.map(k, pods.exists(x, x.n == 3 && x.n == 4 && x.n == 5 && x.n == 6 && x.n == k))",
};

static CelBinding *
make_bindings(Arena *arena, bool irregular, bool incomplete)
{
    Value *keys = ARENA_ARRAY(arena, Value, 20);
    Value *numbers = ARENA_ARRAY(arena, Value, 40);
    Value *same = ARENA_ARRAY(arena, Value, 40);
    size_t n = 0;
    keys[n++] = value_int(5);
    keys[n++] = value_double(5);
    keys[n++] = value_uint(6);
    keys[n++] = value_int(39);
    keys[n++] = value_int(1000);
    keys[n++] = value_double(5.5);
    keys[n++] = value_string(STR("name-1"));
    keys[n++] = value_string(STR("name-39"));
    keys[n++] = value_bytes(STR("name-1"));
    keys[n++] = value_null();
    keys[n++] = value_bool(true);
    keys[n++] = value_list(arena, NULL, 0, NULL);
    keys[n++] = value_int(7);
    for (size_t i = 0; i < 40; i++) {
        ValueField fields[] = {{"name", value_int(5)}};
        numbers[i] = value_int((int64_t)i);
        same[i] = value_record(arena, fields, 1, NULL);
    }
    CelBinding all[] = {
        {"pods", make_list(arena, 120, irregular, incomplete)},
        {"keys", value_list(arena, keys, n, NULL)},
        {"numbers", value_list(arena, numbers, 40, incomplete ? &CUT : NULL)},
        {"same", value_list(arena, same, 40, incomplete ? &CUT : NULL)},
        {NULL, value_null()},
    };
    CelBinding *copy = ARENA_ARRAY(arena, CelBinding, sizeof all / sizeof *all);
    memcpy(copy, all, sizeof all);
    return copy;
}

/* The text with every list made anew inside the expression, so that nothing is indexed. */
static const char *
searching(Arena *arena, const char *text)
{
    CLEANUP(buf_done) Buf out = BUF_INIT(10000);
    Str rest = str_of(text);
    while (rest.n) {
        static const char *const LISTS[] = {"pods.", "numbers.", "same."};
        bool found = false;
        for (size_t i = 0; i < 3 && !found; i++) {
            if (!str_starts(rest, str_of(LISTS[i])))
                continue;
            found = true;
            buf_add_str(&out, str_head(rest, strlen(LISTS[i]) - 1));
            buf_adds(&out, ".filter(y, true).");
            rest = str_from(rest, strlen(LISTS[i]));
        }
        if (!found) {
            buf_addc(&out, rest.p[0]);
            rest = str_from(rest, 1);
        }
    }
    return arena_cstr(arena, buf_str(&out));
}

static const char *
evaluate(Arena *arena, const char *text, CelBinding *bindings, CelJoins *joins, CelTouches *touches)
{
    CelEval eval = {.arena = arena, .lookup = cel_find_binding, .context = bindings,
                    .joins = joins, .touches = touches};
    return cel_shown(arena, cel_eval(cel_compiled(arena, text), &eval));
}

START_TEST(an_index_gives_what_searching_gives)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    const char *text = TEXTS[_i / 4];
    CelBinding *bindings = make_bindings(arena, _i & 1, _i & 2);
    CelTouches found = {0};
    CelTouches searched = {0};
    const char *got = evaluate(arena, text, bindings, cel_joins_new(arena), &found);
    const char *expected = evaluate(arena, searching(arena, text), bindings, NULL, &searched);
    ck_assert_msg(strcmp(got, expected) == 0, "%s:\n%s\n%s", text, got, expected);
    const char *own = evaluate(arena, text, bindings, NULL, NULL);
    ck_assert_str_eq(own, expected);
}
END_TEST

START_TEST(the_deciding_element_is_cited)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CelBinding *bindings = make_bindings(arena, false, false);
    CelJoins *joins = cel_joins_new(arena);
    for (int round = 0; round < 3; round++) {
        CelTouches touches = {0};
        (void)evaluate(arena, "pods.exists(x, x.meta.name == 'name-4')", bindings, joins, &touches);
        ck_assert_uint_eq(touches.count, 1);
        ck_assert_uint_eq(touches.items[0].origin->line, 5);
    }
}
END_TEST

START_TEST(a_list_at_the_place_of_another_has_its_own_index)
{
    CLEANUP(cleanup_arena) Arena *kept = arena_new(SIZE_MAX);
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    const CelProgram *program = cel_compiled(kept, "l.exists(x, x == k)");
    CelJoins *joins = cel_joins_new(kept);
    for (int64_t round = 0; round < 50; round++) {
        arena_reset(arena);
        Value *items = ARENA_ARRAY(arena, Value, 30);
        for (int64_t i = 0; i < 30; i++)
            items[i] = value_int(round * 100 + i);
        CelBinding bindings[] = {{"l", value_list(arena, items, 30, NULL)},
                                 {"k", value_int(round * 100 + 29)},
                                 {NULL, value_null()}};
        CelEval eval = {.arena = arena, .lookup = cel_find_binding, .context = bindings,
                        .joins = joins};
        for (int i = 0; i < 3; i++) {
            Value v = cel_eval(program, &eval);
            ck_assert(v.type == VALUE_BOOL && v.boolean);
        }
    }
}
END_TEST

/* Steps that a join of n lists of m takes. */
static uint64_t
join_steps(Arena *arena, size_t n, size_t m)
{
    Value *outer = ARENA_ARRAY(arena, Value, n);
    Value *inner = ARENA_ARRAY(arena, Value, m);
    for (size_t i = 0; i < n; i++)
        outer[i] = value_int((int64_t)(i * 7 % m));
    for (size_t i = 0; i < m; i++) {
        ValueField fields[] = {{"id", value_int((int64_t)i)}};
        inner[i] = value_record(arena, fields, 1, NULL);
    }
    CelBinding bindings[] = {{"outer", value_list(arena, outer, n, NULL)},
                             {"inner", value_list(arena, inner, m, NULL)},
                             {NULL, value_null()}};
    uint64_t steps = 10000000;
    CelEval eval = {.arena = arena, .lookup = cel_find_binding, .context = bindings,
                    .steps_left = &steps};
    Value v = cel_eval(cel_compiled(arena, "outer.all(o, inner.exists(i, i.id == o))"), &eval);
    ck_assert_msg(v.type == VALUE_BOOL && v.boolean, "%s", cel_shown(arena, v));
    return 10000000 - steps;
}

START_TEST(a_join_costs_the_sum_of_its_lists)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    double small = (double)join_steps(arena, 500, 2000) / 2500;
    double large = (double)join_steps(arena, 5000, 20000) / 25000;
    ck_assert_msg(large <= 1.5 * small, "%.2f and %.2f steps an element", small, large);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("cel_join");
    TCase *tcase = tcase_create("cel_join");
    tcase_set_timeout(tcase, 30);
    tcase_add_loop_test(tcase, an_index_gives_what_searching_gives, 0,
                        4 * (int)(sizeof TEXTS / sizeof *TEXTS));
    tcase_add_test(tcase, the_deciding_element_is_cited);
    tcase_add_test(tcase, a_list_at_the_place_of_another_has_its_own_index);
    tcase_add_test(tcase, a_join_costs_the_sum_of_its_lists);
    suite_add_tcase(suite, tcase);
    return suite;
}
