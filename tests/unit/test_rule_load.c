/* SPDX-License-Identifier: Apache-2.0 */
/* test_rule_load.c -- what rule files may hold, and how every mistake is told. */
#include "analyzer/rule/schema.h"
#include "base/limits.h"
#include "tests/unit/rule_tool.h"
#include "tests/unit/runner.h"

#include <jansson.h>
#include <string.h>

#define HEAD "language: 1\nrules:\n- id: AAA-101\n  title: t\n  severity: error\n"
#define TAIL "  message: m\n"

/* One mistake each: what is written behind HEAD, and a part of what must be told. */
static const struct {
    const char *text;
    const char *told;
} MISTAKES[] = {
    {HEAD "  wehn: 'true'\n  when: 'true'\n" TAIL,
     "r.yaml:6:3: error: unknown key \"wehn\"; did you mean \"when\"?"},
    {"language: 1\nrulez: []\nrules: []\n",
     "r.yaml:2:1: error: unknown key \"rulez\"; did you mean \"rules\"?"},
    {"rules: []\n", "r.yaml:1:1: error: rule file without \"language\""},
    {"language: 2\nrules: []\n", "r.yaml:1:11: error: written for version 2 of the rule language"},
    {"language: one\nrules: []\n", "r.yaml:1:11: error: \"language\" must be a number"},
    {"language: 0\nrules: []\n", "\"language\" must be 1"},
    {"- a\n", "r.yaml:1:1: error: a rule file must be a mapping"},
    {"language: 1\nrules: {}\n", "r.yaml:2:8: error: \"rules\" must be a list of mappings"},
    {"language: 1\nlanguage: 1\nrules: []\n",
     "r.yaml:2:1: error: key 'language' is there already, at line 1"},
    {"language: 1\nrules: [\n", "r.yaml:3:1: error:"},
    {HEAD "  when: 'true'\n", "rule without \"message\""},
    {HEAD TAIL, "rule without \"when\", \"cases\" or \"each\""},
    {HEAD "  when: 'true'\n  cases: [{when: 'true'}]\n" TAIL,
     "r.yaml:7:3: error: \"when\" and \"cases\" exclude each other"},
    {HEAD "  cases: []\n" TAIL, "\"cases\" is empty"},
    {HEAD "  cases: [{when: 'true', message: a}]\n" TAIL,
     "\"message\" is never shown: every case has its own"},
    {"language: 1\nrules:\n- id: AAA-101\n  title: t\n  severity: eror\n  when: 'true'\n" TAIL,
     "r.yaml:5:13: error: \"severity\" must be one of info, warning, error, critical; did you "
     "mean \"error\"?"},
    {"language: 1\nrules:\n- id: aaa-1\n  title: t\n  severity: error\n  when: 'true'\n" TAIL,
     "r.yaml:3:7: error: \"aaa-1\" is no id"},
    {"language: 1\nrules:\n- id: AAA-101\n  title: ''\n  severity: error\n  when: 'true'\n" TAIL,
     "r.yaml:4:10: error: \"title\" is empty"},
    {"language: 1\nrules:\n- id: AAA-101\n  title: [a]\n  severity: error\n  when: 'true'\n" TAIL,
     "r.yaml:4:10: error: \"title\" must be a string, not a list"},
    {HEAD "  when: 'true'\n" TAIL "- id: AAA-101\n  title: t\n  severity: error\n"
          "  when: 'true'\n  message: m\n",
     "r.yaml:8:3: error: the id AAA-101 is taken already, in r.yaml:3"},
    {HEAD "  when: '1 +'\n" TAIL, "r.yaml:6:"},
    {HEAD "  when: |\n    true &&\n      nosuch(1)\n" TAIL, "r.yaml:8:7: error:"},
    {HEAD "  when: 'a == 1'\n" TAIL, "r.yaml:6:10: error: undefined name \"a\""},
    {HEAD "  let: {pods: {cel: '[1]'}}\n  when: 'size(pod) > 0 && pods == [1]'\n" TAIL,
     "r.yaml:7:15: error: undefined name \"pod\"; did you mean \"pods\"?"},
    {HEAD "  let: {a: {cel: '1'}}\n  when: 'true'\n" TAIL,
     "r.yaml:6:9: error: the rule does not use \"a\""},
    {HEAD "  let: {a: {cel: b}, b: {cel: a}}\n  when: 'a == 1'\n" TAIL, "rests on itself"},
    {HEAD "  let: {a: {cel: a}}\n  when: 'a == 1'\n" TAIL, "\"a\" rests on itself"},
    {HEAD "  let: {a: {cel: '1'}}\n  each: {a: {cel: '[1]'}}\n  when: 'a == 1'\n" TAIL,
     "the name \"a\" is taken already"},
    {HEAD "  let: {params: {cel: '1'}}\n  when: 'params == 1'\n" TAIL,
     "\"params\" is a reserved word"},
    {HEAD "  let: {a-b: {cel: '1'}}\n  when: 'true'\n" TAIL, "\"a-b\" is no name"},
    {HEAD "  with: {a: {cel: '1'}}\n  when: 'a == 1'\n" TAIL, "\"with\" needs \"each\""},
    {HEAD "  if: 'x == 1'\n  each: {x: {cel: '[1]'}}\n" TAIL,
     "r.yaml:6:8: error: \"x\" has no value here: it belongs to each element"},
    {HEAD "  each: {x: {cel: '[1]'}, y: {cel: '[1]'}}\n" TAIL,
     "\"each\" must be exactly one name with its source"},
    {HEAD "  when: 'params.limit > 1'\n" TAIL, "r.yaml:6:17: error: the file has no param"},
    {"language: 1\nparams: {limit: {type: int, default: x}}\nrules:\n- id: AAA-101\n  title: t\n"
     "  severity: error\n  when: 'params.limit > 1'\n" TAIL,
     "r.yaml:2:38: error: the default of \"limit\" is no int"},
    {HEAD "  when: 'sixe(a) == 1 && \"a\".foo() && params.nope && has(b)'\n" TAIL,
     "r.yaml:6:10: error: unknown function 'sixe'"},
    {HEAD "  when: 'sixe(a) == 1 && \"a\".foo() && params.nope && has(b)'\n" TAIL,
     "r.yaml:6:30: error: unknown function 'foo'"},
    {HEAD "  when: 'sixe(a) == 1 && \"a\".foo() && params.nope && has(b)'\n" TAIL,
     "r.yaml:6:15: error: undefined name \"a\""},
    {HEAD "  when: 'sixe(a) == 1 && \"a\".foo() && params.nope && has(b)'\n" TAIL,
     "r.yaml:6:46: error: the file has no param \"nope\""},
    {HEAD "  when: 'sixe(a) == 1 && \"a\".foo() && params.nope && has(b)'\n" TAIL,
     "r.yaml:6:58: error: has() needs a field"},
    {HEAD "  when: '[1].all(a.b, c) && [1].exists(x, x, y) && [2].all(x, x, x)'\n" TAIL,
     "r.yaml:6:20: error: the macro's variable must be a simple name"},
    {HEAD "  when: '[1].all(a.b, c) && [1].exists(x, x, y) && [2].all(x, x, x)'\n" TAIL,
     "r.yaml:6:23: error: undefined name \"c\""},
    {HEAD "  when: '[1].all(a.b, c) && [1].exists(x, x, y) && [2].all(x, x, x)'\n" TAIL,
     "r.yaml:6:63: error: both variables are named 'x'"},
    {HEAD "  let: {a: {cel: 'b + sixe(c)'}, b: {cel: 'a + nosuch'}}\n  when: 'true'\n" TAIL,
     "undefined name \"nosuch\""},
    {HEAD "  let: {a: {cel: 'b + sixe(c)'}, b: {cel: 'a + nosuch'}}\n  when: 'true'\n" TAIL,
     "r.yaml:6:28: error: undefined name \"c\""},
    {HEAD "  let: {a: {cel: 'b + 1'}, b: {cel: 'a + nosuch'}}\n  when: 'true'\n" TAIL,
     "\"a\" rests on itself"},
    {HEAD "  let:\n    a: {k8s: {kind: Pod, where: 'it.x == nosuch'}}\n  when: 'size(a) > 0'\n" TAIL,
     "r.yaml:7:42: error: undefined name \"nosuch\""},
    {HEAD "  each: {a: {k8s: {kind: Pod}}}\n"
          "  with: {b: {related: {kind: Pod, owned_by: nosuch}}}\n  when: 'size(b) > 0'\n" TAIL,
     "r.yaml:7:45: error: undefined name \"nosuch\""},
    {HEAD "  let:\n    a: {logs: {component: mixer, match: x, near: {of: nosuch, within: 5m}}}\n"
          "  when: 'a != []'\n" TAIL,
     "r.yaml:7:55: error: undefined name \"nosuch\""},
    {HEAD "  let: {m: {metric: {component: mixer, empty: 0, query: 'summ(a) + rate(b)'}}}\n"
          "  when: m > 0.0\n" TAIL,
     "r.yaml:6:58: error: unknown function 'summ'; did you mean 'sum'?"},
    {HEAD "  let: {m: {metric: {component: mixer, empty: 0, query: 'summ(a) + rate(b)'}}}\n"
          "  when: m > 0.0\n" TAIL,
     "r.yaml:6:73: error: argument 1 of rate must be a range vector"},
    {HEAD "  applies: {istio: '=>1'}\n  when: 'true'\n" TAIL, "r.yaml:6:"},
    {HEAD "  when: 'true'\n  message: 'a {{ 1'\n", "r.yaml:7:15: error: {{ without }}"},
    {HEAD "  when: 'true'\n  message: 'a {{ }}'\n", "an expression is missing between {{ and }}"},
    {HEAD "  when: 'true'\n  message: \"a\\t{{ b }}\"\n",
     "r.yaml:7:19: error: undefined name \"b\""},
    {HEAD "  when: 'true'\n  fix: [{text: a, run: 'rm \"{{ 1 }}\"'}]\n" TAIL,
     "the value is quoted for the shell"},
    {HEAD "  when: 'true'\n  fix: [{text: a, run: 'cat <<E {{ 1 }}'}]\n" TAIL,
     "a here-document would not keep the quotes"},
    {HEAD "  when: 'true'\n  replaced_by: AAA-102\n" TAIL,
     "\"replaced_by\" needs status deprecated"},
    {HEAD "  when: 'true'\n  explains: [AAA-101]\n" TAIL,
     "r.yaml:7:14: error: a circle: AAA-101 explains AAA-101"},
    {HEAD "  let: {a: {nosuch: 1}}\n  when: 'a == 1'\n" TAIL, "nosuch"},
};

START_TEST(each_mistake_is_told_with_its_place)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    RuleSet *set = tool_load(arena, MISTAKES[_i].text);
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
    tool_diagnostics(set, &out);
    size_t at;
    ck_assert_msg(str_find(buf_str(&out), str_of(MISTAKES[_i].told), &at),
                  "expected '%s', got:\n%s", MISTAKES[_i].told, out.n > 0 ? out.data : "nothing");
    ck_assert_uint_gt(set->diagnostics.error_count, 0);
}
END_TEST

START_TEST(ten_mistakes_of_one_file_are_told_at_once)
{
    static const char TEXT[] = "language: 1\n"                     /* 1 */
                               "guid: https://example.org\n"       /* 2: unknown key */
                               "params: {p: {type: integer, default: 1}}\n"   /* 3: choice */
                               "rules:\n"                          /* 4 */
                               "- id: AAA-101\n"                   /* 5 */
                               "  title: t\n"                      /* 6 */
                               "  title: u\n"                      /* 7: duplicate */
                               "  severity: bad\n"                 /* 8: choice */
                               "  let: {x: {cel: '1'}}\n"          /* 9: unused */
                               "  when: 'y == 1'\n"                /* 10: undefined */
                               "  message: '{{ 1 + }}'\n"          /* 11: syntax */
                               "- id: AAA-102\n"                   /* 12: no message */
                               "  title: 5\n"                      /* 13: type */
                               "  severity: error\n"               /* 14 */
                               "  when: 'true'\n"                  /* 15 */
                               "  wyh: because\n"                  /* 16: unknown key */
                               "- id: AAA-102\n"                   /* 17: id again */
                               "  title: t\n"                      /* 18 */
                               "  severity: error\n"               /* 19 */
                               "  when: 'true'\n"                  /* 20 */
                               "  message: m\n";                   /* 21 */
    static const char *const LINES[] = {"r.yaml:2:", "r.yaml:3:", "r.yaml:7:", "r.yaml:8:",
                                        "r.yaml:9:", "r.yaml:10:", "r.yaml:11:", "r.yaml:12:",
                                        "r.yaml:13:", "r.yaml:16:", "r.yaml:17:"};
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    RuleSet *set = tool_load(arena, TEXT);
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
    tool_diagnostics(set, &out);
    for (size_t i = 0; i < sizeof LINES / sizeof *LINES; i++) {
        size_t at;
        ck_assert_msg(str_find(buf_str(&out), str_of(LINES[i]), &at), "%s is missing in\n%s",
                      LINES[i], out.data);
    }
    ck_assert_uint_eq(set->diagnostics.error_count, 11);
}
END_TEST

/* Warnings let a file through. */
static const struct {
    const char *text;
    const char *told;
} WARNINGS[] = {
    {"language: 1\nparams: {p: {type: int, default: 1}}\nrules: []\n",
     "r.yaml:2:10: warning: nothing uses the param \"p\""},
    {"language: 1\ndefs: {let: {a: {cel: '1'}}}\nrules: []\n",
     "r.yaml:2:14: warning: no rule uses \"a\""},
    {HEAD "  when: 'true'\n  explains: [BBB-101]\n" TAIL,
     "r.yaml:7:14: warning: \"explains\" names an unknown rule BBB-101"},
    {HEAD "  when: 'true'\n  status: deprecated\n  replaced_by: BBB-101\n" TAIL,
     "\"replaced_by\" names an unknown rule BBB-101"},
};

/* What stands so far behind that its column is not known is refused, not read from elsewhere. */
START_TEST(too_many_rules_hide_no_mistake)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(buf_done) Buf text = BUF_INIT(1 << 20);
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
    buf_adds(&text, "language: 1\nrules:\n");
    for (unsigned i = 0; i < LIMIT_RULE_COUNT + 2; i++)
        buf_printf(&text, "- {id: A%c%c-%u, title: t, severity: info, when: '%s', message: m}\n",
                   'A', (char)('A' + i / 900), 100 + i % 900, i ? "true" : "nosuch");
    const RuleSet *set = tool_load(arena, arena_cstr(arena, buf_str(&text)));
    tool_diagnostics(set, &out);
    buf_addc(&out, '\0');
    ck_assert_ptr_nonnull(strstr(out.data, "r.yaml:3:"));
    ck_assert_ptr_nonnull(strstr(out.data, "undefined name \"nosuch\""));
    ck_assert_ptr_nonnull(strstr(out.data, "r.yaml:5003:3: error: 5002 rules, more than 5000"));
}
END_TEST

START_TEST(a_line_has_an_end)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    for (int extra = 0; extra < 2; extra++) {
        CLEANUP(buf_done) Buf text = BUF_INIT(1 << 20);
        CLEANUP(buf_done) Buf told = BUF_INIT(1 << 16);
        buf_adds(&text, "language: 1\nrules: [{id: OWN-101, title: t, severity: error, message: '");
        while (text.n < strlen("language: 1\n") + 65524 + (size_t)extra)
            buf_addc(&text, 'm');
        buf_adds(&text, "', when: true}]\n");
        buf_addc(&text, '\0');
        tool_diagnostics(tool_load(arena, text.data), &told);
        buf_addc(&told, '\0');
        bool refused = strstr(told.data, "2:65535: error: the line is too long") != NULL;
        ck_assert_msg(refused == (extra == 1), "%s", told.data);
        ck_assert(refused || told.n == 1);
    }
}
END_TEST

START_TEST(a_warning_lets_the_file_through)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    RuleSet *set = tool_load_sound(arena, WARNINGS[_i].text);
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
    tool_diagnostics(set, &out);
    size_t at;
    ck_assert_msg(str_find(buf_str(&out), str_of(WARNINGS[_i].told), &at),
                  "expected '%s', got:\n%s", WARNINGS[_i].told, out.n > 0 ? out.data : "nothing");
}
END_TEST

START_TEST(a_caret_stands_below_the_place)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    RuleSet *set = tool_load(arena, HEAD "  wehn: 'true'\n  when: 'true'\n" TAIL);
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
    diagnostic_write(&set->diagnostics, &set->diagnostics.items.items[0], true, &out);
    size_t at;
    ck_assert_msg(str_find(buf_str(&out), STR("      wehn: 'true'\n      ^\n"), &at), "%s",
                  out.data);
}
END_TEST

START_TEST(a_circle_is_told_with_its_way)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    RuleSet *set = tool_load(
        arena, "language: 1\nrules:\n"
               "- {id: AAA-101, title: t, severity: error, when: 'true', message: m, explains: [AAA-102]}\n"
               "- {id: AAA-102, title: t, severity: error, when: 'true', message: m, explains: [AAA-103]}\n"
               "- {id: AAA-103, title: t, severity: error, when: 'true', message: m, explains: [AAA-102]}\n"
               "- {id: AAA-104, title: t, severity: error, when: 'true', message: m, explains: [AAA-101]}\n");
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
    tool_diagnostics(set, &out);
    ck_assert_uint_eq(set->diagnostics.error_count, 1);
    size_t at;
    ck_assert_msg(str_find(buf_str(&out),
                           STR("AAA-102 explains AAA-103 explains AAA-102"), &at) ||
                      str_find(buf_str(&out),
                               STR("AAA-103 explains AAA-102 explains AAA-103"), &at),
                  "%s", out.data);
}
END_TEST

START_TEST(rules_are_in_order_of_pack_and_id)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    RuleSet *set = tool_load_sound(
        arena, "language: 1\nrules:\n"
               "- {id: BBB-101, title: t, severity: error, when: 'true', message: m}\n"
               "- {id: AAA-102, title: t, severity: error, when: 'true', message: m}\n"
               "- {id: AAA-101, title: t, severity: error, when: 'true', message: m}\n");
    static const char *const IDS[] = {"AAA-101", "AAA-102", "BBB-101"};
    ck_assert_uint_eq(set->rules.count, 3);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_str_view(set->rules.items[i]->id, IDS[i]);
        ck_assert_uint_eq(set->rules.items[i]->index, i);
    }
    ck_assert_str_view(set->rules.items[0]->file->pack->name, "local/r.yaml");
}
END_TEST

START_TEST(strict_lint_asks_for_what_a_pack_owes)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    RuleSet *set = tool_load_sound(arena, HEAD "  when: 'true'\n" TAIL);
    rules_lint_strict(set);
    ck_assert_uint_eq(set->diagnostics.error_count, 3);
    set = tool_load_sound(arena, "guide: https://example.org\n" HEAD "  when: 'true'\n" TAIL
                                 "  guide: [a]\n  why: w\n  fix: [{text: f}]\n");
    rules_lint_strict(set);
    ck_assert_uint_eq(set->diagnostics.error_count, 0);
}
END_TEST

/* ---- params ---- */

#define PARAMS                                                                               \
    "language: 1\nparams:\n  s: {type: string, default: a}\n  i: {type: int, default: 1}\n" \
    "  d: {type: double, default: 1}\n  b: {type: bool, default: false}\n"                 \
    "  l: {type: strings, default: [x]}\nrules:\n"                                          \
    "- {id: AAA-101, title: t, severity: error, when: 'true', "                             \
    "message: '{{ params.s }} {{ params.i }} {{ params.d }} {{ params.b }} {{ params.l }}'}\n"

static const struct {
    const char *assignment;
    Status status;
    const char *told;
} SETTINGS[] = {
    {"s=1.10", ST_OK, "1.10 1 1 false [\"x\"]"},
    {"i=-7", ST_OK, "a -7 1 false [\"x\"]"},
    {"d=2", ST_OK, "a 1 2 false [\"x\"]"},
    {"b=true", ST_OK, "a 1 1 true [\"x\"]"},
    {"l=p, q", ST_OK, "a 1 1 false [\"p\",\"q\"]"},
    {"l=", ST_OK, "a 1 1 false []"},
    {"i=1.5", ST_RULE, "param i takes a int, not a number"},
    {"i=x", ST_RULE, "param i takes a int, not a string"},
    {"b=1", ST_RULE, "param b takes a bool, not a integer"},
    {"i=[", ST_FORMAT, ""},
    {"x=1", ST_NOT_FOUND, "no rule file has a param \"x\""},
    {"s", ST_USAGE, "--param takes NAME=VALUE"},
    {"=1", ST_USAGE, "--param takes NAME=VALUE"},
};

START_TEST(params_have_types)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    RuleSet *set = tool_load_sound(arena, PARAMS);
    Err err = {0};
    ck_assert_status(rules_set_param_text(set, str_of(SETTINGS[_i].assignment), &err),
                     SETTINGS[_i].status);
    if (SETTINGS[_i].status != ST_OK) {
        ck_assert_msg(strstr(err.text, SETTINGS[_i].told) != NULL, "%s", err.text);
        return;
    }
    Evaluation evaluation;
    tool_evaluate(set, "{}\n", arena, &evaluation);
    ck_assert_str_view(evaluation.verdicts.items[0].detail->message, SETTINGS[_i].told);
}
END_TEST

/* ---- the table of keys ---- */

START_TEST(every_key_has_help_and_what_its_type_needs)
{
    for (const SchemaShape *const *shape = schema_shapes(); *shape; shape++) {
        size_t count = 0;
        for (const SchemaKey *key = (*shape)->keys; key->name; key++, count++) {
            ck_assert_msg(key->help && *key->help, "%s.%s", (*shape)->name, key->name);
            ck_assert_msg(key->type != SCHEMA_CHOICE || key->choices, "%s", key->name);
            ck_assert_msg(key->type != SCHEMA_SHAPE || key->shape, "%s", key->name);
            ck_assert_ptr_nonnull(schema_type_text(key->type));
        }
        ck_assert_uint_le(count, 32);
    }
}
END_TEST

START_TEST(the_json_schema_names_every_key)
{
    static const SchemaShape *const SHAPES[] = {&SCHEMA_FILE, &SCHEMA_PACK, &SCHEMA_OVERLAY,
                                                &SCHEMA_TEST};
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
    Err err = {0};
    ck_assert_ok(schema_write_json(SHAPES[_i], &out, &err), err);
    json_t *root = json_loadb(out.data, out.n, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(root);
    const json_t *properties = json_object_get(root, "properties");
    for (const SchemaKey *key = SHAPES[_i]->keys; key->name; key++)
        ck_assert_ptr_nonnull(json_object_get(properties, key->name));
    json_decref(root);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("rule_load");
    TCase *tcase = tcase_create("rule_load");
    tcase_add_loop_test(tcase, each_mistake_is_told_with_its_place, 0,
                        sizeof MISTAKES / sizeof *MISTAKES);
    tcase_add_test(tcase, ten_mistakes_of_one_file_are_told_at_once);
    tcase_add_test(tcase, too_many_rules_hide_no_mistake);
    tcase_add_test(tcase, a_line_has_an_end);
    tcase_add_loop_test(tcase, a_warning_lets_the_file_through, 0,
                        sizeof WARNINGS / sizeof *WARNINGS);
    tcase_add_test(tcase, a_caret_stands_below_the_place);
    tcase_add_test(tcase, a_circle_is_told_with_its_way);
    tcase_add_test(tcase, rules_are_in_order_of_pack_and_id);
    tcase_add_test(tcase, strict_lint_asks_for_what_a_pack_owes);
    tcase_add_loop_test(tcase, params_have_types, 0, sizeof SETTINGS / sizeof *SETTINGS);
    tcase_add_test(tcase, every_key_has_help_and_what_its_type_needs);
    tcase_add_loop_test(tcase, the_json_schema_names_every_key, 0, 4);
    suite_add_tcase(suite, tcase);
    return suite;
}
