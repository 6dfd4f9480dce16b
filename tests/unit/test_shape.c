/* SPDX-License-Identifier: Apache-2.0 */
/* test_shape.c -- what is known of values before there are any: the tables and their texts. */
#include "analyzer/model/facts.h"
#include "analyzer/model/kind_name.h"
#include "analyzer/query/shape.h"
#include "tests/unit/runner.h"

#include <string.h>

START_TEST(every_row_is_sound_and_there_once)
{
    for (size_t i = 0; i < SHAPE_COUNT; i++) {
        ck_assert_msg(shape_is_sound(str_of(SHAPES[i].text)), "%s", SHAPES[i].name);
        ck_assert_int_eq(shape_type(str_of(SHAPES[i].name)), SHAPE_RECORD);
        for (size_t k = 0; k < i; k++)
            ck_assert_str_ne(SHAPES[i].name, SHAPES[k].name);
    }
}
END_TEST

START_TEST(every_kind_is_one_of_the_table_of_kinds)
{
    size_t kinds = 0;
    for (size_t i = 0; i < SHAPE_COUNT; i++) {
        if (!SHAPES[i].is_kind)
            continue;
        KindName name;
        kind_name_parse(str_of(SHAPES[i].name), &name);
        ck_assert_msg(name.row_count > 0, "%s", SHAPES[i].name);
        ck_assert_str_eq(name.first->kind, SHAPES[i].name);
        Str metadata;
        ck_assert(shape_field(str_of(SHAPES[i].name), STR("metadata"), &metadata));
        ck_assert_str_view(metadata, "ObjectMeta");
        kinds++;
    }
    ck_assert_uint_ge(kinds, 15);
}
END_TEST

START_TEST(every_part_belongs_to_something)
{
    for (size_t i = 0; i < SHAPE_COUNT; i++) {
        /* Series are what the source `metric` gives. */
        bool is_named = SHAPES[i].is_kind || strcmp(SHAPES[i].name, "Series") == 0;
        for (size_t k = 0; k < SHAPE_COUNT && !is_named; k++)
            is_named = strstr(SHAPES[k].text, SHAPES[i].name) != NULL;
        ck_assert_msg(is_named, "nothing names %s", SHAPES[i].name);
    }
}
END_TEST

START_TEST(the_shape_of_every_fact_can_be_read)
{
    for (size_t i = 0; i < FACT_COUNT; i++)
        ck_assert_msg(shape_is_sound(str_of(FACTS[i].shape)), "%s", FACTS[i].name);
}
END_TEST

static const struct {
    const char *text;
    bool is_sound;
} TEXTS[] = {
    {"any", true},          {"[{a, b: [int], ...}]", true}, {"{KEY: {a: Pod}}", true},
    {"", false},            {"[text", false},               {"{a: [text}", false},
    {"{a, b: Podd}", false}, {"{a, b, a}", false},          {"{a:: int}", false}, {"{a: API server|file}", true},
    {"[]", false},          {"{a: {b: c, b}}", false},      {"[[[[[[[[[[[[[[[[[[int]]]]]]]]]]]]]]]]]]", false},
};

START_TEST(what_is_no_shape_is_found_out)
{
    ck_assert_msg(shape_is_sound(str_of(TEXTS[_i].text)) == TEXTS[_i].is_sound, "%s",
                  TEXTS[_i].text);
}
END_TEST

static const struct {
    const char *kind;
    const char *shape;
} KINDS[] = {
    {"Pod", "Pod"},        {"pods", "Pod"},       {"Pod.core", "Pod"},
    {"Deployment.extensions", "Deployment"},      {"Gateway", "any"},
    {"Pod.example.com", "any"}, {"rule.config.istio.io", "any"}, {"ObjectMeta", "any"},
    {"Nosuch", "any"},     {"Pod*", "any"},       {"", "any"},
};

START_TEST(kinds_are_known_as_rules_name_them)
{
    ck_assert_str_view(shape_of_kind(str_of(KINDS[_i].kind)), KINDS[_i].shape);
}
END_TEST

static const struct {
    const char *a;
    const char *b;
    const char *both;
} JOINS[] = {
    {"int", "int", "int"},           {"int", "double", "any"},     {"[Pod]", "[!]", "[Pod]"},
    {"[!]", "[Pod]", "[Pod]"},       {"Pod", "{KEY: !}", "Pod"},   {"{KEY: !}", "{KEY: int}", "{KEY: int}"},
    {"[Pod]", "[Service]", "any"},   {"!", "Pod", "Pod"},          {"any", "Pod", "any"},
    {"?Pod", "?!", "?Pod"},          {"[Pod]", "{KEY: !}", "any"}, {"text", "word", "text"},
    {"text", "int", "any"},
};

START_TEST(of_two_shapes_is_known_what_both_have)
{
    ck_assert_str_view(shape_join(str_of(JOINS[_i].a), str_of(JOINS[_i].b)), JOINS[_i].both);
}
END_TEST

START_TEST(shapes_come_apart)
{
    static const Str RECORD = STR_INIT("{a, b: {c: [int], d}, e: [{f}], g: any}");
    Str found;
    ck_assert(shape_field(RECORD, STR("b"), &found));
    ck_assert_str_view(found, "{c: [int], d}");
    ck_assert(shape_field(found, STR("c"), &found));
    ck_assert_str_view(shape_inner(found), "int");
    ck_assert(shape_field(RECORD, STR("a"), &found));
    ck_assert_int_eq(shape_type(found), SHAPE_SCALAR);
    ck_assert(!shape_field(RECORD, STR("c"), &found));
    ck_assert(!shape_is_open(RECORD));
    ck_assert(shape_is_open(STR("{a, ...}")));
    ck_assert_str_view(shape_inner(STR("{NAME: {a: int}}")), "{a: int}");
    ck_assert_str_view(shape_name(STR("Pod")), "Pod");
    ck_assert_ptr_null(shape_name(RECORD).p);
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    ck_assert_str_eq(shape_nearest(arena, STR("PodStatus"), STR("phsae")), "phase");
    ck_assert_ptr_null(shape_nearest(arena, STR("PodStatus"), STR("completely-other")));
}
END_TEST

START_TEST(a_shape_that_grows_for_ever_is_given_up)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Str shape = STR("int");
    for (unsigned i = 0; i < 5000; i++)
        shape = shape_list_of(arena, shape);
    ck_assert_uint_lt(shape.n, 1100);
    CLEANUP(cleanup_arena) Arena *none = arena_new(1);
    ck_assert_ptr_null(shape_optional_of(none, STR("int")).p);
    ck_assert_ptr_null(shape_map_of(none, STR("int")).p);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("shape");
    TCase *tcase = tcase_create("shape");
    tcase_add_test(tcase, every_row_is_sound_and_there_once);
    tcase_add_test(tcase, every_kind_is_one_of_the_table_of_kinds);
    tcase_add_test(tcase, every_part_belongs_to_something);
    tcase_add_test(tcase, the_shape_of_every_fact_can_be_read);
    tcase_add_loop_test(tcase, what_is_no_shape_is_found_out, 0, sizeof TEXTS / sizeof *TEXTS);
    tcase_add_loop_test(tcase, kinds_are_known_as_rules_name_them, 0,
                        sizeof KINDS / sizeof *KINDS);
    tcase_add_loop_test(tcase, of_two_shapes_is_known_what_both_have, 0,
                        sizeof JOINS / sizeof *JOINS);
    tcase_add_test(tcase, shapes_come_apart);
    tcase_add_test(tcase, a_shape_that_grows_for_ever_is_given_up);
    suite_add_tcase(suite, tcase);
    return suite;
}
