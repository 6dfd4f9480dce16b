/* SPDX-License-Identifier: Apache-2.0 */
/* test_cel_unknown.c -- missing evidence is a value: every rule of it, as a table. */
#include "tests/unit/cel_support.h"

#include <string.h>

/* u, w: unknown; e: an error; some: [1, 2] and perhaps more; none: nothing yet and perhaps
 * more; whole: [1, 2]; mixed: [1, unknown]; m: a map with an unknown field; env: an
 * incomplete map; t, f: true and false behind a variable. */
static CelBinding *
bindings(Arena *arena)
{
    static const Gap U = {.evidence = STR_INIT("u"), .reason = STR_INIT("not collected")};
    static const Gap W = {.evidence = STR_INIT("w"), .reason = STR_INIT("forbidden")};
    static const Gap CUT = {.evidence = STR_INIT("cut"), .reason = STR_INIT("truncated")};
    Value *two = ARENA_ARRAY(arena, Value, 2);
    Value *mixed = ARENA_ARRAY(arena, Value, 2);
    ValueEntry *env = ARENA_ARRAY(arena, ValueEntry, 1);
    two[0] = value_int(1);
    two[1] = value_int(2);
    mixed[0] = value_int(1);
    mixed[1] = value_unknown(&U);
    env[0] = (ValueEntry){value_string(STR("a")), value_int(1)};
    ValueField fields[] = {{"known", value_int(1)}, {"hole", value_unknown(&U)}};
    CelBinding all[] = {
        {"u", value_unknown(&U)},
        {"w", value_unknown(&W)},
        {"e", value_error(arena, "bad")},
        {"some", value_list(arena, two, 2, &CUT)},
        {"none", value_list(arena, two, 0, &CUT)},
        {"whole", value_list(arena, two, 2, NULL)},
        {"mixed", value_list(arena, mixed, 2, NULL)},
        {"m", value_record(arena, fields, 2, NULL)},
        {"env", value_map(arena, env, 1, &CUT)},
        {"t", value_bool(true)},
        {"f", value_bool(false)},
        {NULL, value_null()},
    };
    CelBinding *copy = ARENA_ARRAY(arena, CelBinding, sizeof all / sizeof *all);
    memcpy(copy, all, sizeof all);
    return copy;
}

static const struct {
    const char *text;
    const char *expected;       /* as cel_shown(); "error" for any */
} ROWS[] = {
    /* Unknown absorbs as errors do, and wins over them. */
    {"false && u", "false"},
    {"u && false", "false"},
    {"true && u", "unknown: u"},
    {"u && true", "unknown: u"},
    {"u && u", "unknown: u"},
    {"u && w", "unknown: w u"},
    {"u && e", "unknown: u"},
    {"e && u", "unknown: u"},
    {"e && u && false", "false"},
    {"u && 1", "unknown: u"},
    {"true || u", "true"},
    {"u || true", "true"},
    {"false || u", "unknown: u"},
    {"u || e", "unknown: u"},
    {"e || u || t", "true"},
    {"e || f", "error"},
    {"some && true", "unknown: cut"},
    {"!u", "unknown: u"},
    {"-u", "unknown: u"},
    {"u + e", "unknown: u"},
    {"e + u", "unknown: u"},
    {"u + 1 == 2", "unknown: u"},
    {"u < w", "unknown: w u"},
    {"u == u", "unknown: u"},
    {"u != 1", "unknown: u"},
    {"u in [1]", "unknown: u"},
    {"1 in u", "unknown: u"},
    /* Any function, field, index, has, .?, orValue or condition on unknown is unknown. */
    {"size(u)", "unknown: u"},
    {"u.startsWith('a')", "unknown: u"},
    {"'a'.startsWith(u)", "unknown: u"},
    {"size([u])", "unknown: u"},
    {"[u]", "unknown: u"},
    {"{'a': u}", "unknown: u"},
    {"type(u)", "unknown: u"},
    {"string(u)", "unknown: u"},
    {"u.a", "unknown: u"},
    {"u['a']", "unknown: u"},
    {"whole[u]", "unknown: u"},
    {"has(u.a)", "unknown: u"},
    {"u.?a", "unknown: u"},
    {"u[?'a']", "unknown: u"},
    {"u.?a.orValue(1)", "unknown: u"},
    {"u.orValue(1)", "unknown: u"},
    {"u.hasValue()", "unknown: u"},
    {"u.optMap(x, 1)", "unknown: u"},
    {"optional.of(u)", "unknown: u"},
    {"u ? 1 : 2", "unknown: u"},
    {"t ? 1 : u", "1"},
    {"t ? u : 1", "unknown: u"},
    {"cel.bind(x, u, true || x)", "true"},
    {"u.exists(x, true)", "unknown: u"},
    {"u.all(x, true)", "unknown: u"},
    {"u.map(x, 1)", "unknown: u"},
    {"u.filter(x, true)", "unknown: u"},
    {"m.hole", "unknown: u"},
    {"m['hole']", "unknown: u"},
    {"m.?hole", "unknown: u"},
    {"m.?hole.orValue(1)", "unknown: u"},
    {"has(m.hole)", "true"},
    {"has(m.gone)", "false"},
    {"m.?gone.orValue(1)", "1"},
    {"'hole' in m", "true"},
    {"optional.none().orValue(u)", "unknown: u"},
    {"optional.of(1).orValue(u)", "1"},
    {"optional.of(1).orValue(e)", "1"},
    {"m == {'known': 2, 'hole': 1}", "false"},
    {"m == {'known': 1, 'hole': 1}", "unknown: u"},
    /* Only isKnown answers. */
    {"isKnown(u)", "false"},
    {"isKnown(m.hole)", "false"},
    {"isKnown(1)", "true"},
    {"isKnown(whole)", "true"},
    {"isKnown(some)", "false"},
    {"isKnown(e)", "error"},
    {"isKnown(u) ? 1 : 2", "2"},
    /* An incomplete list: exists, all. */
    {"some.exists(x, x == 2)", "true"},
    {"some.exists(x, x == 3)", "unknown: cut"},
    {"some.exists(x, e)", "unknown: cut"},
    {"none.exists(x, true)", "unknown: cut"},
    {"some.exists(x, x == 1 ? u : false)", "unknown: cut u"},
    {"some.exists(x, x == 1 ? u : true)", "true"},
    {"some.all(x, x == 1)", "false"},
    {"some.all(x, x > 0)", "unknown: cut"},
    {"none.all(x, false)", "unknown: cut"},
    {"some.exists(i, x, i == 1 && x == 2)", "true"},
    {"some.all(i, x, i < 2)", "unknown: cut"},
    {"whole.exists(x, x == 2 || u)", "true"},
    {"whole.exists(x, x == 1 ? u : false)", "unknown: u"},
    {"whole.exists(x, x == 1 ? u : e)", "unknown: u"},
    {"whole.all(x, x == 1 ? u : true)", "unknown: u"},
    {"whole.all(x, x == 1 ? u : false)", "false"},
    {"mixed.exists(x, x == 1)", "true"},
    {"mixed.exists(x, x == 2)", "unknown: u"},
    /* size() and exists_one are unknown. */
    {"size(some)", "unknown: cut"},
    {"some.size()", "unknown: cut"},
    {"size(some) == 0", "unknown: cut"},
    {"some.exists_one(x, x == 1)", "unknown: cut"},
    {"some.exists_one(x, true)", "unknown: cut"},
    {"some.existsOne(i, x, x == 1)", "unknown: cut"},
    {"whole.exists_one(x, x == 1 ? true : u)", "unknown: u"},
    {"whole.exists_one(x, x == 1 ? e : u)", "unknown: u"},
    {"size(mixed)", "2"},
    /* filter and map stay incomplete; an undecided element is left out. */
    {"some.filter(x, x == 2)", "[2,...]"},
    {"some.filter(x, false)", "[...]"},
    {"none.filter(x, true)", "[...]"},
    {"some.map(x, x * 10)", "[10,20,...]"},
    {"some.map(x, x == 2, x)", "[2,...]"},
    {"some.transformList(i, x, i)", "[0,1,...]"},
    {"whole.filter(x, x == 1 ? u : true)", "[2,...]"},
    {"whole.filter(x, x == 1 ? u : true).exists(x, x == 2)", "true"},
    {"size(whole.filter(x, x == 1 ? u : true))", "unknown: u"},
    {"some.filter(x, x == 1 ? u : true).exists(x, x == 3)", "unknown: u cut"},
    {"whole.map(x, u)", "unknown: u"},
    {"some.filter(x, x == 2).map(x, x + 1).exists(x, x == 3)", "true"},
    {"some.transformMap(i, x, x)", "unknown: cut"},
    {"some.sortBy(x, -x)", "unknown: cut"},
    /* Equality with [], membership, elements. */
    {"some == []", "false"},
    {"[] == some", "false"},
    {"some != []", "true"},
    {"none == []", "unknown: cut"},
    {"none != []", "unknown: cut"},
    {"some == [1]", "unknown: cut"},
    {"some == [1, 2]", "unknown: cut"},
    {"some == some", "unknown: cut"},
    {"some == 1", "unknown: cut"},
    {"[some] == [[]]", "false"},
    {"1 in some", "true"},
    {"3 in some", "unknown: cut"},
    {"3 in none", "unknown: cut"},
    {"!(3 in some)", "unknown: cut"},
    {"some[0]", "1"},
    {"some[1]", "2"},
    {"some[2]", "unknown: cut"},
    {"some[?2]", "unknown: cut"},
    {"some[?1].orValue(5)", "2"},
    {"some[-1]", "error"},
    {"whole[2]", "error"},
    /* Any other function or operator over an incomplete list. */
    {"some + [3]", "unknown: cut"},
    {"[3] + some", "unknown: cut"},
    {"some.distinct()", "unknown: cut"},
    {"some.first()", "unknown: cut"},
    {"some.sum()", "unknown: cut"},
    {"some.indexOf(1)", "unknown: cut"},
    {"some.join()", "unknown: cut"},
    {"sets.contains(some, [1])", "unknown: cut"},
    {"math.greatest(some)", "unknown: cut"},
    {"type(some)", "unknown: cut"},
    {"'%s'.format([some])", "unknown: cut"},
    {"some.a", "unknown: cut"},
    {"has(some.a)", "unknown: cut"},
    {"dyn(some)", "[1,2,...]"},
    {"[some].exists(l, l.exists(x, x == 2))", "true"},
    {"cel.bind(l, some, l.exists(x, x == 2))", "true"},
    {"(t ? some : []).exists(x, x == 2)", "true"},
    /* An incomplete map has what it has. */
    {"env.a", "1"},
    {"has(env.a)", "true"},
    {"env.b", "unknown: cut"},
    {"has(env.b)", "unknown: cut"},
    {"env.?b", "unknown: cut"},
    {"env.?b.orValue(1)", "unknown: cut"},
    {"'a' in env", "true"},
    {"'b' in env", "unknown: cut"},
    {"env == {}", "false"},
    {"size(env)", "unknown: cut"},
    {"env.exists(k, k == 'a')", "true"},
    {"env.exists(k, k == 'b')", "unknown: cut"},
};

START_TEST(missing_evidence_is_a_value)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    const char *text = ROWS[_i].text;
    const char *expected = ROWS[_i].expected;
    const char *got = cel_shown(arena, cel_value(arena, text, bindings(arena)));
    if (strcmp(expected, "error") == 0)
        ck_assert_msg(strncmp(got, "error", 5) == 0, "%s: %s", text, got);
    else
        ck_assert_msg(strcmp(got, expected) == 0, "%s: %s, not %s", text, got, expected);
}
END_TEST

START_TEST(redacted_strings_are_unknown_and_parts_are_not)
{
    static const struct {
        const char *text;
        bool unknown;
    } STRINGS[] = {
        {"<redacted:jwt>", true},        {"<redacted:>", true},
        {"***HIDDEN***", true},          {"Bearer <redacted:jwt>", false},
        {"<redacted:jwt>,<redacted:env>", false}, {"", false},
    };
    for (size_t i = 0; i < sizeof STRINGS / sizeof *STRINGS; i++) {
        Node node = {.type = NODE_STRING, .string = str_of(STRINGS[i].text)};
        Value v = value_of_node(&node, NULL);
        ck_assert_msg((v.type == VALUE_UNKNOWN) == STRINGS[i].unknown, "%s", STRINGS[i].text);
        if (v.type == VALUE_UNKNOWN)
            ck_assert(str_is(v.gap->reason, "redacted"));
    }
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("cel_unknown");
    TCase *tcase = tcase_create("cel_unknown");
    tcase_add_loop_test(tcase, missing_evidence_is_a_value, 0, sizeof ROWS / sizeof *ROWS);
    tcase_add_test(tcase, redacted_strings_are_unknown_and_parts_are_not);
    suite_add_tcase(suite, tcase);
    return suite;
}
