/* SPDX-License-Identifier: Apache-2.0 */
/* test_cel.c -- compiling, errors with their places, limits, citations and traces. */
#include "tests/unit/cel_support.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/yaml.h"

static const struct {
    const char *text;
    unsigned line;
    unsigned column;
    const char *message;
} MISTAKES[] = {
    {"", 7, 5, "unexpected end"},
    {"1 +", 7, 8, "unexpected end"},
    {"a b", 7, 7, "unexpected text"},
    {"a and b", 7, 7, "did you mean '&&'"},
    {"a or b", 7, 7, "did you mean '||'"},
    {"a = b", 7, 7, "equality is '=='"},
    {"a &\n b", 7, 7, "unexpected character"},
    {"a +\n  )", 8, 3, "unexpected ')'"},
    {"[1, 2", 7, 10, "expected ']'"},
    {"f(1,)", 7, 9, "unexpected ')'"},
    {"'a", 7, 5, "unterminated string"},
    {"'\xc3\xa9' + 'a", 7, 11, "unterminated string"},
    {"'\\q'", 7, 6, "unknown escape"},
    {"'\\ud800'", 7, 6, "no such code point"},
    {"b'\\u0041'", 7, 7, "unknown escape"},
    {"'\\400'", 7, 6, "unknown escape"},
    {"'\\19'", 7, 6, "three digits"},
    {"12a", 7, 7, "number must be followed"},
    {"9223372036854775808", 7, 5, "int out of range"},
    {"-9223372036854775809", 7, 6, "int out of range"},
    {"18446744073709551616u", 7, 5, "uint out of range"},
    {"'%d %%'.format([1, 2])", 7, 20, "too many arguments of format: 1 clauses, 2 values"},
    {"1e999", 7, 5, "number out of range"},
    {"1.", 7, 7, "expected the name"},
    {"!-a", 7, 6, "unexpected '-'"},
    {"while", 7, 5, "reserved word"},
    {"a.`", 7, 7, "malformed `name`"},
    {"X{a: 1}", 7, 5, "no message types"},
    {"sizee('a')", 7, 5, "did you mean 'size'"},
    {"'a'.startWith('b')", 7, 9, "did you mean 'startsWith'"},
    {"nothing_like_it(1)", 7, 5, "unknown function 'nothing_like_it'"},
    {"'a'.startsWith()", 7, 9, "usage: string.startsWith(string) -> bool"},
    {"size()", 7, 5, "usage: size("},
    {"startsWith('a', 'b')", 7, 5, "wrong form of 'startsWith'"},
    {"math.greates(1)", 7, 10, "unknown function"},
    {"has(a)", 7, 9, "has() needs a field"},
    {"has(a.b, c)", 7, 5, "wrong arguments of macro 'has'"},
    {"[1].all(x.y, true)", 7, 15, "simple name"},
    {"[1].all(__result__, true)", 7, 13, "reserved name"},
    {"[1].all(i, i, true)", 7, 16, "both variables"},
    {"[1].exists(x)", 7, 9, "macro 'exists'"},
    {"'a'.matches('(')", 7, 17, "missing )"},
    {"'a'.matches('(?=a)')", 7, 17, "RE2"},
    {"\xff", 7, 5, "UTF-8"},
};

START_TEST(mistakes_are_told_with_their_place)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    const CelProgram *program = NULL;
    const CelOptions options = {.file = "r.yaml", .line = 7, .column = 5};
    const char *text = MISTAKES[_i].text;
    Err err = {0};
    ck_assert_msg(cel_compile(arena, str_of(text), &options, &program, &err) == ST_RULE, "%s",
                  text);
    ck_assert_msg(strstr(err.text, MISTAKES[_i].message) != NULL, "%s: %s", text, err.text);
    ck_assert_msg(err.line == MISTAKES[_i].line && err.column == MISTAKES[_i].column,
                  "%s: %u:%u %s", text, err.line, err.column, err.text);
    ck_assert_str_eq(err.file, "r.yaml");
}
END_TEST

static const struct {
    const char *text;
    uint32_t offset;
    const char *message;
} ERRORS[] = {
    {"1 + 2 / 0", 6, "division by zero"},
    {"'\xc3\xa9' == '' || 1 + 'a'", 15, "no matching overload for '+' applied to (int, string)"},
    {"9223372036854775807 + 1", 20, "overflow"},
    {"gone", 0, "undeclared reference to 'gone'"},
    {"{'a': 1}.b", 9, "no such key: b"},
    {"[1][5]", 3, "index out of bounds"},
    {"'a'.size().b", 11, "does not support field selection"},
    {"[1].all(x, x)", 11, "gives 'int', not a bool"},
    {"'a'.substring(3)", 4, "index out of range: 3"},
    {"timestamp('x')", 0, "no timestamp"},
    {"1 ? 2 : 3", 2, "?:"},
    {"{'a': 1, 'a': 2}", 9, "key twice"},
    {"[1].map(x, x + 'a')", 13, "no matching overload"},
    {"'a'.matches('a' + '(')", 4, "missing )"},
};

START_TEST(errors_of_evaluation_have_a_place)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Value v = cel_value(arena, ERRORS[_i].text, NULL);
    ck_assert_msg(v.type == VALUE_ERROR, "%s", ERRORS[_i].text);
    const char *text = arena_cstr(arena, v.error->text);
    ck_assert_msg(strstr(text, ERRORS[_i].message) != NULL, "%s: %s", ERRORS[_i].text, text);
    ck_assert_msg(v.error->offset == ERRORS[_i].offset, "%s: at %u", ERRORS[_i].text,
                  v.error->offset);
    ck_assert(!v.error->limit);
}
END_TEST

START_TEST(names_are_the_variables_in_order)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    const CelProgram *program = cel_compiled(
        arena, "pods.exists(p, p.a == svc.b && p in q) || math.abs(-1) == int(svc.c) && "
               "type(x) == google.protobuf.Timestamp && cel.bind(y, z, y) && [1].all(z, z > 0)");
    size_t count = 0;
    const CelName *names = cel_names(program, &count);
    static const char *const EXPECTED[] = {"pods", "svc", "q", "x", "z"};
    ck_assert_uint_eq(count, 5);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(str_is(names[i].name, EXPECTED[i]), "%zu", i);
    ck_assert_uint_eq(names[1].offset, 22);
    unsigned line = 0;
    unsigned column = 0;
    cel_locate(cel_compiled(arena, "a +\n  b"), 6, &line, &column);
    ck_assert_uint_eq(line, 2);
    ck_assert_uint_eq(column, 3);
}
END_TEST

START_TEST(variable_names_are_told_from_words_and_types)
{
    static const struct {
        const char *name;
        bool good;
    } NAMES[] = {{"pods", true}, {"_a1", true}, {"int", false},  {"list", false}, {"while", false},
                 {"in", false},  {"true", false}, {"a.b", false}, {"a-b", false}, {"", false},
                 {"1a", false},  {" a", false},  {"a b", false}};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        ck_assert_msg(cel_is_variable_name(str_of(NAMES[i].name)) == NAMES[i].good, "%s",
                      NAMES[i].name);
}
END_TEST

static Str
repeat(Arena *arena, const char *front, const char *text, size_t count, const char *end)
{
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
    buf_adds(&out, front);
    for (size_t i = 0; i < count; i++)
        buf_adds(&out, text);
    buf_adds(&out, end);
    return arena_str(arena, buf_str(&out));
}

START_TEST(long_and_deep_texts_are_refused)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    const CelProgram *program = NULL;
    Str texts[] = {
        repeat(arena, "", "(", 251, "1"),
        repeat(arena, "", "[", 60000, ""),
        repeat(arena, "", "-a.f(", 251, ""),
        repeat(arena, "a", " ? 1 : a", 260, ""),
        repeat(arena, "1", " + 1", 5000, ""),
        repeat(arena, "a", ".b", 5000, ""),
        repeat(arena, "a", "[0]", 5000, ""),
        repeat(arena, "'a'", ".trim()", 5000, ""),
        repeat(arena, "1", " + 1", 20000, ""),
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        Err err = {0};
        ck_assert_msg(cel_compile(arena, texts[i], NULL, &program, &err) == ST_RULE, "%zu", i);
        ck_assert_msg(strstr(err.text, "more than") || strstr(err.text, "longer than"), "%s",
                      err.text);
    }
    ck_assert_int_eq(cel_compile(arena, repeat(arena, "true", " && true", 5000, ""), NULL,
                                 &program, NULL),
                     ST_OK);
    ck_assert_int_eq(cel_compile(arena, repeat(arena, "1", " + 1", 1000, ""), NULL, &program,
                                 NULL),
                     ST_OK);
    Value v = cel_eval(program, &(CelEval){.arena = arena});
    ck_assert_int_eq(v.integer, 1001);
}
END_TEST

/* Each of these would take for ever, or all memory. */
static const struct {
    const char *text;
    const char *message;
} BOMBS[] = {
    {"lists.range(1000).all(a, lists.range(1000).all(b, lists.range(1000).all(c, true)))",
     "steps"},
    {"lists.range(100000000)", "steps"},
    {"[0,0,0,0,0,0,0,0,0,0].map(a, [0,0,0,0,0,0,0,0,0,0].map(b, [0,0,0,0,0,0,0,0,0,0].map(c, "
     "[0,0,0,0,0,0,0,0,0,0].map(d, [0,0,0,0,0,0,0,0,0,0].map(e, [0,0,0,0,0,0,0,0,0,0].map(f, 0)))"
     ")))",
     "limit"},
    {"cel.bind(a, 'xxxxxxxxxxxxxxxx', cel.bind(b, a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a, cel.bind(c, "
     "b+b+b+b+b+b+b+b+b+b+b+b+b+b+b+b, cel.bind(d, c+c+c+c+c+c+c+c+c+c+c+c+c+c+c+c, cel.bind(e, "
     "d+d+d+d+d+d+d+d+d+d+d+d+d+d+d+d, e+e+e+e+e+e+e+e+e+e+e+e+e+e+e+e)))))",
     "limit"},
    {"cel.bind(a, lists.range(100), cel.bind(b, a.map(x, a), cel.bind(c, a.map(x, b), "
     "cel.bind(d, a.map(x, c), cel.bind(e, a.map(x, d), e == a.map(x, d))))))",
     "steps"},
    {"cel.bind(a, lists.range(100), cel.bind(b, a.map(x, a), cel.bind(c, a.map(x, b), "
     "cel.bind(d, a.map(x, c), size('%s'.format([d]))))))",
     "steps"},
    {"'x'.replace('', 'yyyyyyyyyyyyyyyyyyyyyyyy').replace('', 'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy')"
     ".replace('', 'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy')"
     ".replace('', 'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy')"
     ".replace('', 'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy')",
     "limit"},
    {"lists.range(2000).map(i, [{'a': i}]).distinct()", "steps"},
};

START_TEST(what_would_not_end_ends_at_a_limit)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Value v = cel_value(arena, BOMBS[_i].text, NULL);
    ck_assert_msg(v.type == VALUE_ERROR && v.error->limit, "%s: %s", BOMBS[_i].text,
                  cel_shown(arena, v));
    ck_assert_msg(strstr(arena_cstr(arena, v.error->text), BOMBS[_i].message) != NULL,
                  "%s: " STR_FMT, BOMBS[_i].text, STR_ARG(v.error->text));
    ck_assert_uint_le(arena_used_bytes(arena), 2 * LIMIT_CEL_BYTES);
}
END_TEST

START_TEST(nothing_absorbs_a_limit)
{
    static const char *const TEXTS[] = {
        "lists.range(10000000) == [] || true",
        "true || false && lists.range(10000000) == []",
        "false && lists.range(10000000) == []",
        "[lists].exists(x, lists.range(10000000) == [] || true)",
        "isKnown(lists.range(10000000))",
        "u && lists.range(10000000) == []",
    };
    static const Gap U = {.evidence = STR_INIT("u")};
    CelBinding bindings[] = {
        {"u", value_unknown(&U)}, {"lists", value_int(1)}, {NULL, value_null()}};
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        Value v = cel_value(arena, TEXTS[i], bindings);
        bool reached = i != 1 && i != 2;
        ck_assert_msg((v.type == VALUE_ERROR && v.error->limit) == reached, "%s: %s", TEXTS[i],
                      cel_shown(arena, v));
    }
}
END_TEST

START_TEST(the_steps_of_a_rule_are_shared)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    const CelProgram *program = cel_compiled(arena, "[1, 2, 3].all(x, x > 0)");
    uint64_t steps = 40;
    CelEval eval = {.arena = arena, .steps_left = &steps};
    ck_assert_int_eq(cel_eval(program, &eval).type, VALUE_BOOL);
    ck_assert_uint_lt(steps, 30);
    Value v = value_null();
    for (int i = 0; i < 5; i++)
        v = cel_eval(program, &eval);
    ck_assert(v.type == VALUE_ERROR && v.error->limit);
    ck_assert(strstr(arena_cstr(arena, v.error->text), "the rule's expressions") != NULL);
    ck_assert_uint_eq(steps, 0);
}
END_TEST

START_TEST(out_of_memory_is_an_error_value)
{
    CLEANUP(cleanup_arena) Arena *programs = arena_new(SIZE_MAX);
    const CelProgram *program = cel_compiled(
        programs, "[1, 2].map(x, {'a': string(x)}).filter(m, m.a != '2').size() == 1 && "
                  "'%s'.format([[1, 2]]) + 'a'.replace('a', 'b') == '[1, 2]b'");
    bool done = false;
    for (size_t budget = 0; !done; budget += 16) {
        CLEANUP(cleanup_arena) Arena *arena = arena_new(budget);
        Value v = cel_eval(program, &(CelEval){.arena = arena});
        done = v.type == VALUE_BOOL && v.boolean;
        ck_assert(done || (v.type == VALUE_ERROR && v.error->limit));
        ck_assert_uint_lt(budget, 100000);
    }
    done = false;
    for (size_t budget = 0; !done; budget += 64) {
        CLEANUP(cleanup_arena) Arena *arena = arena_new(budget);
        const CelProgram *compiled = NULL;
        Status status = cel_compile(
            arena, STR("a.exists(x, x.b == c && 'a'.matches('b(c)'))"), NULL, &compiled, NULL);
        done = status == ST_OK;
        ck_assert(done || status == ST_NOMEM);
        ck_assert_uint_lt(budget, 1000000);
    }
}
END_TEST

/* What the deciding part of an expression read, as "pointer pointer ...". */
static const struct {
    const char *text;
    const char *expected;
} TOUCHES[] = {
    {"pod.a == 1", "/a"},
    {"pod.a == 1 && pod.b == 2", "/a /b"},
    {"pod.a == 2 && pod.b == 2", "/a"},
    {"pod.a == 1 && pod.b == 3", "/b"},
    {"pod.a == 1 || pod.b == 2", "/a"},
    {"pod.a == 2 || pod.b == 2", "/b"},
    {"pod.a == 2 || pod.b == 3", "/a /b"},
    {"pod.a == pod.a", "/a"},
    {"pod.a == 1 ? pod.b == 2 : pod.c.d", "/a /b"},
    {"has(pod.a)", "/a"},
    {"has(pod.gone)", "."},
    {"has(pod.c.gone)", "/c"},
    {"pod.?gone.orValue(1) == 1", "."},
    {"pod.?a.orValue(5) == 1", "/a"},
    {"pod.list[1] == 6", "/list/1"},
    {"pod.list.exists(x, x == 6)", "/list/1"},
    {"pod.list.exists(x, x == 9)", "/list"},
    {"pod.list.all(x, x != 6)", "/list/1"},
    {"pod.list.all(x, x > 0)", "/list"},
    {"pod.items.exists(i, i.n == 'b' && i.v == 2)", "/items/1/n /items/1/v"},
    {"pod.items.exists(i, i.n == 'z')", "/items"},
    {"!pod.items.exists(i, i.n == 'z')", "/items"},
    {"size(pod.items.filter(i, i.n == 'b')) == 1", "/items/1/n"},
    {"size(pod.items.filter(i, i.n == 'z')) == 0", "/items"},
    {"size(pod.list) == 3", "/list"},
    {"6 in pod.list", "/list/1"},
    {"9 in pod.list", "/list"},
    {"'c' in pod", "/c"},
    {"'z' in pod", "."},
    {"pod.items.exists_one(i, i.v == 1)", "/items/0/v"},
    {"cel.bind(x, pod.a, x == 1)", "/a"},
    {"1 == 1", ""},
};

static const Node *
pod_tree(Arena *arena)
{
    static const char TEXT[] = "{a: 1, b: 2, c: {d: true}, list: [5, 6, 7], "
                               "items: [{n: a, v: 1}, {n: b, v: 2}]}";
    const Node *root = NULL;
    ck_assert_int_eq(yaml_parse_one(arena, str_of(TEXT), NULL, &root, NULL), ST_OK);
    return root;
}

START_TEST(citations_are_what_decided)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    const Node *root = pod_tree(arena);
    Origin origin = {.member = STR("m"), .root = root};
    CelBinding bindings[] = {{"pod", value_of_node(root, &origin)}, {NULL, value_null()}};
    CelTouches touches = {0};
    CelEval eval = {.arena = arena, .lookup = cel_find_binding, .context = bindings,
                    .touches = &touches};
    Value v = cel_eval(cel_compiled(arena, TOUCHES[_i].text), &eval);
    ck_assert_msg(v.type == VALUE_BOOL, "%s: %s", TOUCHES[_i].text, cel_shown(arena, v));
    CLEANUP(buf_done) Buf out = BUF_INIT(10000);
    for (size_t i = 0; i < touches.count; i++) {
        if (i > 0)
            buf_addc(&out, ' ');
        if (touches.items[i].node == NULL || touches.items[i].node == root)
            buf_addc(&out, '.');
        else
            ck_assert(node_pointer(root, touches.items[i].node, &out));
        ck_assert_ptr_eq(touches.items[i].origin, &origin);
    }
    ck_assert_msg(str_is(buf_str(&out), TOUCHES[_i].expected), "%s: " STR_FMT, TOUCHES[_i].text,
                  STR_ARG(buf_str(&out)));
}
END_TEST

static void
trace(void *context, const CelProgram *program, uint32_t start, uint32_t end, unsigned depth,
      Value value)
{
    (void)program;
    buf_printf(context, "%u-%u@%u=", start, end, depth);
    value_write_text(value, context);
    buf_addc(context, ' ');
}

START_TEST(a_trace_shows_every_part)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(buf_done) Buf out = BUF_INIT(10000);
    CelEval eval = {.arena = arena, .tracer = trace, .tracer_context = &out};
    (void)cel_eval(cel_compiled(arena, "1 + 2 == 3 || false"), &eval);
    ck_assert_str_eq(out.data,
                     "0-1@3=1 4-5@3=2 0-5@2=3 9-10@2=3 0-10@1=true 0-19@0=true ");
}
END_TEST

START_TEST(every_function_is_described)
{
    size_t count = 0;
    const CelFunctionDoc *docs = cel_functions(&count);
    ck_assert_uint_gt(count, 150);
    ck_assert_uint_lt(count, 512);
    for (size_t i = 0; i < count; i++) {
        ck_assert_msg(docs[i].library[0] && docs[i].help[0], "%s", docs[i].name);
        ck_assert_msg(strstr(docs[i].usage, docs[i].name) != NULL, "%s: %s", docs[i].name,
                      docs[i].usage);
        ck_assert_msg(strstr(docs[i].usage, "->") != NULL, "%s", docs[i].usage);
    }
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("cel");
    TCase *tcase = tcase_create("cel");
    tcase_set_timeout(tcase, 30);
    tcase_add_loop_test(tcase, mistakes_are_told_with_their_place, 0,
                        sizeof MISTAKES / sizeof *MISTAKES);
    tcase_add_loop_test(tcase, errors_of_evaluation_have_a_place, 0,
                        sizeof ERRORS / sizeof *ERRORS);
    tcase_add_test(tcase, names_are_the_variables_in_order);
    tcase_add_test(tcase, variable_names_are_told_from_words_and_types);
    tcase_add_test(tcase, long_and_deep_texts_are_refused);
    tcase_add_loop_test(tcase, what_would_not_end_ends_at_a_limit, 0,
                        sizeof BOMBS / sizeof *BOMBS);
    tcase_add_test(tcase, nothing_absorbs_a_limit);
    tcase_add_test(tcase, the_steps_of_a_rule_are_shared);
    tcase_add_test(tcase, out_of_memory_is_an_error_value);
    tcase_add_loop_test(tcase, citations_are_what_decided, 0, sizeof TOUCHES / sizeof *TOUCHES);
    tcase_add_test(tcase, a_trace_shows_every_part);
    tcase_add_test(tcase, every_function_is_described);
    suite_add_tcase(suite, tcase);
    return suite;
}
