/* SPDX-License-Identifier: Apache-2.0 */
/* test_language_docs.c -- docs/rule-language.md names every source, with its keys, every
 * function of CEL, and every kind whose fields lint knows. */
#include "analyzer/query/cel.h"
#include "analyzer/query/shape.h"
#include "analyzer/query/source.h"
#include "base/io.h"
#include "tests/unit/runner.h"

static Str
read_page(Arena *arena)
{
    Err err = {0};
    Str text;
    const char *path = arena_printf(arena, "%s/docs/rule-language.md", unit_source_folder());
    ck_assert_ok(io_read_file(arena, path, 1 << 20, &text, &err), err);
    return text;
}

/* As it stands in a table of Markdown: a bar would end the cell. */
static Str
escape_bars(Arena *arena, const char *usage)
{
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 16);
    for (; *usage; usage++) {
        if (*usage == '|')
            buf_addc(&out, '\\');
        buf_addc(&out, *usage);
    }
    return arena_str(arena, buf_str(&out));
}

START_TEST(every_function_is_there)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Str page = read_page(arena);
    size_t count;
    const CelFunctionDoc *functions = cel_functions(&count);
    ck_assert_uint_gt(count, 100);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(str_find(page, escape_bars(arena, functions[i].usage), &(size_t){0}),
                      "docs/rule-language.md lacks: %s", functions[i].usage);
}
END_TEST

START_TEST(every_source_is_there_with_its_keys)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Str page = read_page(arena);
    size_t count;
    const SourceDoc *sources = source_docs(&count);
    for (size_t i = 0; i < count; i++) {
        size_t at;
        Str row = arena_strf(arena, "\n| `%s` | ", sources[i].kind);
        ck_assert_msg(str_find(page, row, &at), "docs/rule-language.md lacks %s", sources[i].kind);
        Str rest = str_from(page, at + 1);
        Str line;
        ck_assert(str_cut(&rest, '\n', &line));
        for (size_t k = 0; sources[i].keys && sources[i].keys[k].name; k++)
            ck_assert_msg(str_find(line, arena_strf(arena, "`%s`", sources[i].keys[k].name), &at),
                          "docs/rule-language.md: %s lacks %s", sources[i].kind,
                          sources[i].keys[k].name);
    }
}
END_TEST

START_TEST(every_kind_with_known_fields_is_there)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Str page = read_page(arena);
    size_t start;
    size_t end;
    ck_assert(str_find(page, STR("`analyzer/query/shapes.def`, for"), &start));
    page = str_from(page, start);
    ck_assert(str_find(page, STR(".\n"), &end));
    page = str_head(page, end);
    for (size_t i = 0; i < SHAPE_COUNT; i++)
        ck_assert_msg(!SHAPES[i].is_kind || str_find(page, str_of(SHAPES[i].name), &end),
                      "docs/rule-language.md lacks the kind %s", SHAPES[i].name);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("language_docs");
    TCase *tcase = tcase_create("language_docs");
    tcase_add_test(tcase, every_function_is_there);
    tcase_add_test(tcase, every_source_is_there_with_its_keys);
    tcase_add_test(tcase, every_kind_with_known_fields_is_there);
    suite_add_tcase(suite, tcase);
    return suite;
}
