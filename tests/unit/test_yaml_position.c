/* SPDX-License-Identifier: Apache-2.0 */
/* test_yaml_position.c -- places inside scalars, and duplicates that are all heard of. */
#include "base/yaml.h"
#include "base/yaml_position.h"
#include "tests/unit/runner.h"

#include <string.h>

/* The value of key "k"; the place of '@' in it must be that of '@' in the text. */
static const struct {
    const char *law;
    const char *yaml;
} PLACES[] = {
    {"plain", "k: abc @ d\n"},
    {"plain behind others", "j: 1\nk: abc @ d # @\n"},
    {"plain of two lines", "k: abc\n  def @ d\n"},
    {"plain of three lines with an empty one", "k: abc\n\n  def\n   @ d\n"},
    {"single quotes", "k: 'abc @'\n"},
    {"doubled single quotes", "k: 'it''s a ''x'' @'\n"},
    {"double quotes", "k: \"abc @\"\n"},
    {"escapes", "k: \"a\\n\\t\\\"\\x41\\u00e9\\U0001f600 @\"\n"},
    {"escaped line end", "k: \"abc \\\n     def @\"\n"},
    {"folded double quotes", "k: \"abc\n   def @\"\n"},
    {"literal block, first line", "k: |\n  @ b\n"},
    {"literal block, third line", "k: |\n  a\n\n    b @\n"},
    {"literal block with a header", "k: |-  # why\n    a\n    b @\n"},
    {"literal block after blank lines", "k: |\n\n\n  a @\n"},
    {"folded block", "k: >\n  a\n  b\n  c @\n"},
    {"folded block with a paragraph", "k: >-\n  a\n\n  b @\n"},
    {"in a list of a mapping", "x: {k: a @ b}\nk: q @\n"},
    {"code points, not bytes", "k: 'äöü€😀 @'\n"},
    {"carriage returns", "k: |\r\n  a\r\n  b @\r\n"},
};

static void
place_of_at(Str text, unsigned *ret_line, unsigned *ret_column)
{
    *ret_line = 1;
    *ret_column = 1;
    for (size_t i = 0; i < text.n && text.p[i] != '@'; i++) {
        if (text.p[i] == '\n') {
            ++*ret_line;
            *ret_column = 1;
        } else if (((unsigned char)text.p[i] & 0xc0) != 0x80) {
            ++*ret_column;
        }
    }
}

START_TEST(a_place_in_a_scalar_is_one_in_the_file)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Str text = str_of(PLACES[_i].yaml);
    Err err = {0};
    const Node *root;
    ck_assert_ok(yaml_parse_one(arena, text, NULL, &root, &err), err);
    const Node *scalar = node_get(root, STR("k"));
    const Node *nested = node_path(root, "x.k");
    if (nested)
        scalar = nested;
    size_t at;
    ck_assert_msg(str_find_char(scalar->string, '@', &at), "%s", PLACES[_i].law);
    unsigned line, column, want_line, want_column;
    place_of_at(text, &want_line, &want_column);
    yaml_position(text, scalar, at, &line, &column);
    ck_assert_msg(line == want_line && column == want_column, "%s: got %u:%u, expected %u:%u",
                  PLACES[_i].law, line, column, want_line, want_column);
}
END_TEST

START_TEST(a_scalar_that_is_not_there_keeps_its_place)
{
    Node lost = {.type = NODE_STRING, .line = 9, .column = 4, .string = STR("x")};
    unsigned line, column;
    yaml_position(STR("a: b\n"), &lost, 1, &line, &column);
    ck_assert_uint_eq(line, 9);
    ck_assert_uint_eq(column, 4);
}
END_TEST

START_TEST(a_plain_scalar_is_given_as_written)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Str text = STR("{a: 1.10, b: 2.0}\n");
    Err err = {0};
    const Node *root;
    ck_assert_ok(yaml_parse_one(arena, text, NULL, &root, &err), err);
    ck_assert_str_view(yaml_written(text, node_get(root, STR("a"))), "1.10");
    ck_assert_str_view(yaml_written(text, node_get(root, STR("b"))), "2.0");
    ck_assert_str_view(yaml_line(text, 1), "{a: 1.10, b: 2.0}");
    ck_assert_str_view(yaml_line(text, 7), "");
}
END_TEST

static void
count_one(void *context, unsigned line, unsigned column, const char *message)
{
    unsigned *lines = context;
    ck_assert_uint_eq(column, 1);
    ck_assert_ptr_nonnull(strstr(message, "is there already, at line 1"));
    *lines = *lines * 10 + line;
}

START_TEST(all_duplicates_are_reported_and_the_first_stays)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    unsigned lines = 0;
    YamlDuplicates duplicates = {count_one, &lines};
    Err err = {0};
    const Node *root;
    Str text = STR("a: 1\na: 2\nb: 3\na: 4\n");
    ck_assert_ok(yaml_parse_noting(arena, text, "f", &duplicates, &root, &err), err);
    ck_assert_uint_eq(lines, 24);
    ck_assert_int_eq(node_get(root, STR("a"))->integer, 1);
    ck_assert_int_eq(node_get(root, STR("b"))->integer, 3);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("yaml_position");
    TCase *tcase = tcase_create("yaml_position");
    tcase_add_loop_test(tcase, a_place_in_a_scalar_is_one_in_the_file, 0,
                        sizeof PLACES / sizeof *PLACES);
    tcase_add_test(tcase, a_scalar_that_is_not_there_keeps_its_place);
    tcase_add_test(tcase, a_plain_scalar_is_given_as_written);
    tcase_add_test(tcase, all_duplicates_are_reported_and_the_first_stays);
    suite_add_tcase(suite, tcase);
    return suite;
}
