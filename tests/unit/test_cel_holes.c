/* SPDX-License-Identifier: Apache-2.0 */
/* test_cel_holes.c -- taking evidence away never turns an answer into another one.
 *
 * Random expressions are evaluated twice: over whole evidence, and over the same with holes
 * in it.  What they say with holes must be unknown, or the same: a hole that made a finding
 * "ok", or invented one, would show here.  isKnown() alone may tell, and is left out. */
#include "tests/unit/cel_support.h"

#include <stdio.h>
#include <string.h>

enum {
    ROUNDS = 40,                /* in each loop of Check */
    EXPRESSIONS = 250,          /* in a round */
    DEEPEST = 4,
    LONGEST_TEXT = 1 << 14,
};

static const Gap HOLE = {.evidence = STR_INIT("hole"), .reason = STR_INIT("not collected")};
static const Gap CUT = {.evidence = STR_INIT("cut"), .reason = STR_INIT("truncated")};

static uint64_t state;

static unsigned
draw(unsigned below)
{
    return unit_draw(&state, below);
}

/* Expressions. */

typedef enum { BOOL, INT, LIST, MAP, TEXT, OBJECTS, TYPE_COUNT } Type;

/* Patterns of each type.  $b is an expression of type bool, $i int, $l list of ints, $m map of
 * names to ints, $s string, $o list of maps; $v is a new loop variable, an int that the rest
 * of the pattern may use, $w one that is an object, $n the name of the newest variable. */
static const char *const PATTERNS[TYPE_COUNT][40] = {
    [BOOL] = {"true", "false", "b0", "b1", "!($b)", "($b && $b)", "($b || $b)", "($b && $b)",
              "($b || $b)", "($b ? $b : $b)", "($i == $i)", "($i < $i)", "($i != $i)",
              "($l == $l)", "($l != $l)", "($l == [])", "($i in $l)", "($s == $s)",
              "$s.contains($s)", "$s.startsWith($s)", "$l.exists($v, $b)", "$l.all($v, $b)",
              "$l.exists_one($v, $b)", "$l.exists($v, $n == $i)", "$l.all($v, $n != $i)",
              "has(m0.f)", "('g' in $m)", "($m == $m)", "$m.?f.hasValue()", "$l.isSorted()",
              "sets.contains($l, $l)", "sets.intersects($l, $l)", "sets.equivalent($l, $l)",
              "$o.exists($w, $n.f == $i)", "$o.exists($w, $n.f == $i && $b)",
              "$o.all($w, $n.f != $i || $b)", "$o.exists_one($w, $n.f == $i)",
              "$m.exists(k, k == 'f')", "$m.all(k, k != $s)"},
    [INT] = {"0", "1", "2", "3", "i0", "i1", "($i + $i)", "($i - $i)", "($i % $i)", "size($l)",
             "size($s)", "size($m)", "size($o)", "$l[$i]", "$l[?$i].orValue($i)", "$m.f",
             "$m.?f.orValue($i)", "$m.?h.orValue($i)", "($b ? $i : $i)", "$l.sum()",
             "$l.first().orValue($i)", "$l.last().orValue(0)", "$l.indexOf($i)",
             "math.greatest($i, $i)", "$l.min()", "cel.bind(y, $i, y + $i)", "$o[$i].f",
             "optional.of($i).orValue($i)", "size($o.filter($w, $n.f == $i))", "int($s)"},
    [LIST] = {"[]", "[$i]", "[$i, $i, $i]", "l0", "l1", "l2", "l0", "l1", "l2", "($l + $l)",
              "$l.filter($v, $b)", "$l.map($v, $i)", "$l.map($v, $b, $i)", "$l.distinct()",
              "$l.sort()", "$l.reverse()", "$l.slice(0, $i)", "lists.range($i)",
              "($b ? $l : $l)", "$l.transformList(j, $v, $i)", "$l.sortBy($v, $i)",
              "[?$l[?$i]]", "$o.map($w, $n.f)", "$o.filter($w, $n.f == $i).map(z, z.f)",
              "$m.map(k, $m[k])", "[$l, $l].flatten()", "cel.bind(q, $l, q + q)"},
    [MAP] = {"m0", "m1", "m0", "m1", "{'f': $i, 'g': $i}", "{}", "($b ? $m : $m)",
             "$m.transformMap(k, $v, $i)", "{?'f': $l[?$i], 'g': 1}",
             "$m.transformMap(k, $v, $b, $i)"},
    [TEXT] = {"''", "'a'", "'f'", "s0", "($s + $s)", "string($i)", "($b ? $s : $s)",
              "$l.map($v, string($n)).join(',')", "$s.substring($i)", "'%d'.format([$i])",
              "'%s'.format([$l])", "string($b)", "$s.upperAscii()"},
    [OBJECTS] = {"o0", "o1", "o0", "o1", "$o.filter($w, $b)", "$o.filter($w, $n.f == $i)",
                 "$o.filter($w, $n.f == $i && $b)"},
};

typedef struct {
    Buf *out;
    unsigned variables;         /* made so far */
} Writer;

/* Loop variables of ints in scope may stand for any int. */
typedef struct {
    unsigned ints[16];
    size_t count;
} Scope;

static size_t
pattern_count(Type type)
{
    size_t count = 0;
    while (count < sizeof PATTERNS[0] / sizeof *PATTERNS[0] && PATTERNS[type][count])
        count++;
    return count;
}

static void
write_expression(Writer *writer, Type type, unsigned depth, Scope scope)
{
    static const char KINDS[] = "bilmso";
    static const unsigned LEAVES[TYPE_COUNT] = {4, 6, 9, 4, 4, 4};
    unsigned newest = 0;
    if (type == INT && scope.count && draw(3) == 0) {
        buf_printf(writer->out, "v%u", scope.ints[draw((unsigned)scope.count)]);
        return;
    }
    bool leaf = depth == 0 || draw(5) == 0;
    unsigned count = leaf ? LEAVES[type] : (unsigned)pattern_count(type);
    for (const char *p = PATTERNS[type][draw(count)]; *p; p++) {
        const char *kind = *p == '$' ? strchr(KINDS, p[1]) : NULL;
        if (*p != '$') {
            buf_addc(writer->out, *p);
            continue;
        }
        p++;
        if (kind) {
            Type inner = (Type)(kind - KINDS);
            write_expression(writer, inner, depth ? depth - 1 : 0, scope);
            continue;
        }
        if (*p != 'n')
            newest = writer->variables++;
        if (*p == 'v' && scope.count < 16)
            scope.ints[scope.count++] = newest;
        buf_printf(writer->out, "v%u", newest);
    }
}

/* Evidence, whole and with holes. */

typedef struct {
    Arena *arena;
    bool holes;
} Maker;

/* A value, or in evidence with holes sometimes an unknown; draws the same either way. */
static Value
maybe(const Maker *maker, Value v, unsigned odds)
{
    bool hole = draw(odds) == 0;
    return maker->holes && hole ? value_unknown(&HOLE) : v;
}

/* In evidence with holes sometimes only the first elements are there. */
static Value
finish_list(const Maker *maker, const Value *items, size_t count)
{
    bool cut = draw(3) == 0;
    size_t kept = draw((unsigned)count + 1);
    if (!maker->holes || !cut)
        return maybe(maker, value_list(maker->arena, items, count, NULL), 6);
    return maybe(maker, value_list(maker->arena, items, kept, &CUT), 6);
}

static Value
make_list(const Maker *maker, size_t count)
{
    Value *items = ARENA_ARRAY(maker->arena, Value, count + 1);
    for (size_t i = 0; i < count; i++)
        items[i] = maybe(maker, value_int(draw(4)), 8);
    return finish_list(maker, items, count);
}

static Value
make_map(const Maker *maker)
{
    static const char *const NAMES[] = {"f", "g", "a"};
    ValueEntry *entries = ARENA_ARRAY(maker->arena, ValueEntry, 3);
    size_t count = 0;
    for (size_t i = 0; i < 3; i++) {
        Value v = maybe(maker, value_int(draw(4)), 6);
        if (draw(3))
            entries[count++] = (ValueEntry){value_string(str_of(NAMES[i])), v};
    }
    bool cut = draw(4) == 0;
    size_t kept = draw((unsigned)count + 1);
    if (!maker->holes || !cut)
        return maybe(maker, value_map(maker->arena, entries, count, NULL), 6);
    return maybe(maker, value_map(maker->arena, entries, kept, &CUT), 6);
}

static Value
make_objects(const Maker *maker, size_t count)
{
    Value *items = ARENA_ARRAY(maker->arena, Value, count + 1);
    for (size_t i = 0; i < count; i++) {
        ValueField fields[] = {{"f", maybe(maker, value_int(draw(4)), 9)},
                               {"g", value_int(draw(4))}};
        items[i] = maybe(maker, value_record(maker->arena, fields, 2, NULL), 12);
    }
    return finish_list(maker, items, count);
}

/* Ends with a binding without a name.  The same seed gives the same evidence but for holes. */
static CelBinding *
make_evidence(Arena *arena, bool holes, uint64_t seed)
{
    Maker maker = {arena, holes};
    state = seed;
    CelBinding all[] = {
        {"b0", maybe(&maker, value_bool(draw(2)), 3)},
        {"b1", maybe(&maker, value_bool(draw(2)), 3)},
        {"i0", maybe(&maker, value_int(draw(4)), 4)},
        {"i1", maybe(&maker, value_int(draw(4)), 4)},
        {"s0", maybe(&maker, value_string(draw(2) ? STR("f") : STR("a1")), 4)},
        {"l0", make_list(&maker, draw(4))},
        {"l1", make_list(&maker, draw(6))},
        {"l2", make_list(&maker, 16 + draw(8))},        /* long enough for an index */
        {"m0", make_map(&maker)},
        {"m1", make_map(&maker)},
        {"o0", make_objects(&maker, draw(4))},
        {"o1", make_objects(&maker, 16 + draw(8))},
        {NULL, value_null()},
    };
    CelBinding *copy = ARENA_ARRAY(arena, CelBinding, sizeof all / sizeof *all);
    memcpy(copy, all, sizeof all);
    return copy;
}

/* Whether what was said with holes may stand where all would have said the other.  An element
 * that is not there raises no error: whole evidence may be one where a part has an answer. */
static bool
is_safe(Value with_holes, Value whole)
{
    if (with_holes.type == VALUE_UNKNOWN || whole.type == VALUE_ERROR)
        return true;
    return with_holes.type == VALUE_BOOL && with_holes.boolean == whole.boolean;
}

typedef struct {
    unsigned answers;           /* bools with holes in the evidence */
    unsigned unknown;
} Tally;

static void
check_round(uint64_t seed, Tally *tally)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(buf_done) Buf text = BUF_INIT(LONGEST_TEXT);
    CelBinding *whole = make_evidence(arena, false, seed);
    CelBinding *holes = make_evidence(arena, true, seed);
    for (size_t i = 0; i < EXPRESSIONS; i++) {
        Writer writer = {&text, 0};
        buf_clear(&text);
        write_expression(&writer, BOOL, DEEPEST, (Scope){0});
        if (text.failed != ST_OK)
            continue;           /* too long to be worth it */
        const char *expression = arena_cstr(arena, buf_str(&text));
        Value all = cel_value(arena, expression, whole);
        Value some = cel_value(arena, expression, holes);
        if (!is_safe(some, all))
            ck_abort_msg("seed %llu: %s: %s, with holes %s", (unsigned long long)seed, expression,
                         cel_shown(arena, all), cel_shown(arena, some));
        tally->answers += some.type == VALUE_BOOL;
        tally->unknown += some.type == VALUE_UNKNOWN;
    }
}

START_TEST(holes_change_no_answer)
{
    Tally tally = {0};
    for (unsigned round = 0; round < ROUNDS; round++)
        check_round((uint64_t)_i * 1000003 + round * 7919 + 1, &tally);
    /* A test of nothing but unknowns would prove nothing. */
    ck_assert_uint_gt(tally.answers, ROUNDS * EXPRESSIONS / 5);
    ck_assert_uint_gt(tally.unknown, ROUNDS * EXPRESSIONS / 20);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("cel_holes");
    TCase *tcase = tcase_create("cel_holes");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, holes_change_no_answer, 0, 4);
    suite_add_tcase(suite, tcase);
    return suite;
}
