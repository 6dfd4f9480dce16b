/* SPDX-License-Identifier: Apache-2.0 */
/* test_cel_hostile.c -- mutated expressions and patterns: whatever the text, an answer. */
#include "tests/unit/cel_support.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/query/cel_time.h"
#include "analyzer/query/regex.h"
#include "base/io.h"

static const char *const SEEDS[] = {
    "pods.filter(p, p.meta.name == 'a' && has(p.x)).map(p, p.meta.name + \"-\\u00e9\").join(',')",
    "[1, 2u, 3.5, b'x', null, {'a': [1]}].exists(i, x, i > 0 ? x == {'a': [1]} : false)",
    "timestamp('2018-02-28T23:59:59.5Z').getHours('+01:30') + int(duration('1h') / 2)",
    "'a,b'.split(',').transformMapEntry(i, v, {v: i}).a.?b[?0].orValue(-9223372036854775808)",
    "'%s %d %.3f %x %b %e'.format([x, 5, 2.5, 255, true, 1e300]).matches('^(?i:[a-f]+|\\\\d{2,})$')",
    "quantity('1.5Gi').add(quantity('-5m')).compareTo(quantity('1e3')) == math.greatest([1, 2.5])",
    "cidr('10.0.0.0/8').containsIP(ip('::1')) || url('https://a:1/b?c=d').getQuery().c[0] == 'd'",
    "regex.replace('foo bar', '(fo)o (ba)r', r'\\2 \\1').substring(1, 3).charAt(0).reverse()",
    "json('{\"a\": [1]}').a == yaml('a: [1]').a && version('v1.9+').isLessThan(semver('1.2.3-b'))",
    "net.noProxy(['.svc', '10.0.0.0/8', '[::1]:80'], x) && isKnown(pods) ? sets.contains(y, [1]) : u",
    "cel.bind(a, lists.range(20), a.map(i, a.filter(j, j % 3 == i)).flatten().distinct().sort())",
    "optional.of(1).optMap(v, v * 2).or(optional.none()).value() in [2] // comment\n && !false",
};

/* A small generator of one's own, so that every run is the same. */
static uint64_t
next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static size_t
mutate(uint64_t *state, char *text, size_t n, size_t most)
{
    static const char CHARS[] = "()[]{}.,:?!&|=<>+-*/%'\"\\`0123456789abxeuU \n\xc3\xa9\xff";
    for (uint64_t times = 1 + next(state) % 4; times > 0; times--) {
        size_t at = (size_t)(next(state) % (n + 1));
        switch (next(state) % 4) {
        case 0:
            if (at < n)
                text[at] = CHARS[next(state) % (sizeof CHARS - 1)];
            break;
        case 1:
            if (n < most) {
                memmove(text + at + 1, text + at, n - at);
                text[at] = CHARS[next(state) % (sizeof CHARS - 1)];
                n++;
            }
            break;
        case 2:
            if (at < n) {
                memmove(text + at, text + at + 1, n - at - 1);
                n--;
            }
            break;
        default: {
            const char *other = SEEDS[next(state) % (sizeof SEEDS / sizeof *SEEDS)];
            size_t length = 1 + next(state) % 12;
            size_t from = next(state) % (strlen(other) - 12);
            if (n + length <= most) {
                memmove(text + at + length, text + at, n - at);
                memcpy(text + at, other + from, length);
                n += length;
            }
        }
        }
    }
    return n;
}

static CelBinding *
bindings(Arena *arena)
{
    static const Gap U = {.evidence = STR_INIT("u")};
    Value *pods = ARENA_ARRAY(arena, Value, 20);
    for (size_t i = 0; i < 20; i++) {
        ValueField meta[] = {{"name", value_string(arena_strf(arena, "%zu", i % 3))}};
        ValueField pod[] = {{"meta", value_record(arena, meta, 1, NULL)}, {"x", value_int(1)}};
        pods[i] = value_record(arena, pod, 2, NULL);
    }
    CelBinding *all = ARENA_ARRAY(arena, CelBinding, 5);
    all[0] = (CelBinding){"pods", value_list(arena, pods, 20, NULL)};
    all[1] = (CelBinding){"u", value_unknown(&U)};
    all[2] = (CelBinding){"x", value_string(STR("10.0.0.1:443"))};
    all[3] = (CelBinding){"y", value_list(arena, pods, 3, &U)};
    all[4] = (CelBinding){NULL, value_null()};
    return all;
}

START_TEST(a_mutated_expression_gives_an_answer)
{
    uint64_t state = UINT64_C(88172645463325252) + (uint64_t)_i;
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    for (int round = 0; round < 1500; round++) {
        char text[512];
        arena_reset(arena);
        size_t n = strlen(SEEDS[_i]);
        memcpy(text, SEEDS[_i], n);
        n = mutate(&state, text, n, sizeof text);
        const CelProgram *program = NULL;
        Err err = {0};
        CelOptions options = {.unchecked = round % 2};
        Status status = cel_compile(arena, (Str){text, n}, &options, &program, &err);
        ck_assert_msg(status == ST_OK || (status == ST_RULE && err.text[0]), "%.*s", (int)n, text);
        if (status != ST_OK)
            continue;
        uint64_t steps = 20000;
        CelTouches touches = {0};
        CelEval eval = {.arena = arena, .lookup = cel_find_binding, .context = bindings(arena),
                        .steps_left = &steps, .touches = &touches};
        (void)cel_shown(arena, cel_eval(program, &eval));
    }
}
END_TEST

START_TEST(a_mutated_pattern_gives_an_answer)
{
    static const char PATTERN[] = "(?P<a>x+|[^\\d\\pL-]{2,5}?)\\b(?i:y$|^z)*\\x{41}\\Qq\\E(?s-m:.)";
    uint64_t state = 123456789;
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    for (int round = 0; round < 3000; round++) {
        char text[256];
        arena_reset(arena);
        size_t n = sizeof PATTERN - 1;
        memcpy(text, PATTERN, n);
        n = mutate(&state, text, n, sizeof text);
        const Regex *regex = NULL;
        Err err = {0};
        Status status = regex_compile(arena, (Str){text, n}, 0, &regex, &err);
        ck_assert(status == ST_OK || (status == ST_RULE && err.text[0]));
        if (status == ST_OK)
            (void)regex_match(regex, STR("xx yz Aq\n"), 0, NULL, 0);
    }
}
END_TEST

START_TEST(a_mutated_zone_gives_an_answer)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Str bytes = {NULL, 0};
    if (io_read_file(arena, "/usr/share/zoneinfo/Europe/Berlin", 1 << 20, &bytes, NULL) != ST_OK)
        return;
    char *copy = arena_alloc(arena, bytes.n);
    uint64_t state = 42;
    ArenaMark mark = arena_mark(arena);
    for (size_t round = 0; round < 4000; round++) {
        const CelZone *zone = NULL;
        arena_reset_to(arena, mark);
        memcpy(copy, bytes.p, bytes.n);
        size_t n = round < bytes.n ? round : bytes.n;
        for (int i = 0; i < 3 && n == bytes.n; i++)
            copy[next(&state) % (i ? n : 100)] = (char)next(&state);
        Status status = cel_zone_parse(arena, (Str){copy, n}, &zone);
        ck_assert(status == ST_OK || status == ST_FORMAT);
        for (int64_t s = -70000000000; status == ST_OK && s < 300000000000; s += 10000000000)
            ck_assert_int_lt(abs(cel_zone_at(zone, s)), 700000);
    }
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("cel_hostile");
    TCase *tcase = tcase_create("cel_hostile");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, a_mutated_expression_gives_an_answer, 0,
                        sizeof SEEDS / sizeof *SEEDS);
    tcase_add_test(tcase, a_mutated_pattern_gives_an_answer);
    tcase_add_test(tcase, a_mutated_zone_gives_an_answer);
    suite_add_tcase(suite, tcase);
    return suite;
}
