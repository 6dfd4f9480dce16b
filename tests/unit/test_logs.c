/* SPDX-License-Identifier: Apache-2.0 */
/* test_logs.c -- patterns over logs: specs, scanning, groups, windows, holes. */
#include "analyzer/query/log_groups.h"
#include "base/timestamp.h"
#include "base/yaml.h"
#include "tests/unit/runner.h"

#include <stdio.h>
#include <string.h>

#define TAKEN (INT64_C(1529020800) * NS_PER_S)
#define AT(clock) "2018-06-14T" clock "Z\terror\t"

static char complaints[4096];

static void
note(void *context, bool is_warning, unsigned line, unsigned column, const char *message)
{
    (void)context;
    (void)is_warning;
    size_t used = strlen(complaints);
    (void)snprintf(complaints + used, sizeof complaints - used, "%u:%u %s\n", line, column,
                   message);
}

static const LogSpec *
compile(Arena *arena, const char *yaml)
{
    Err err = {0};
    const Node *node;
    const LogSpec *spec = NULL;
    SourceDiagnostics diagnostics = {.report = note, .file = "test.yaml"};
    complaints[0] = '\0';
    ck_assert_ok(yaml_parse_one(arena, str_of(yaml), "test.yaml", &node, &err), err);
    const CelProgram *where = NULL;
    const Node *condition = node_get(node, STR("where"));
    if (condition)
        ck_assert_ok(cel_compile(arena, node_string(condition), &(CelOptions){0}, &where, &err), err);
    Status status = log_spec_compile(arena, node, where, &diagnostics, &spec, &err);
    ck_assert_int_eq(status == ST_OK, complaints[0] == '\0');
    return spec;
}

typedef struct {
    const char *pod;
    const char *text;     /* NULL: the log is not there */
    bool cut;
} TestLog;

static Value
evaluate(Arena *arena, const LogSpec *spec, const TestLog *logs, size_t count)
{
    Err err = {0};
    const bool wanted[] = {true};
    CLEANUP(cleanup_log_patterns) LogPatterns *patterns =
        log_patterns_new(&spec, 1, FINDER_AUTO);
    LogInput *inputs = ARENA_ARRAY(arena, LogInput, count);
    for (size_t i = 0; i < count; i++) {
        LogHits **hits = ARENA_ARRAY(arena, LogHits *, 1);
        if (logs[i].text) {
            CLEANUP(cleanup_log_scan) LogScan *scan = NULL;
            ck_assert_ok(log_scan_new(arena, patterns, wanted, TAKEN, &scan, &err), err);
            ck_assert_ok(log_scan_feed(scan, str_of(logs[i].text), &err), err);
            ck_assert_ok(log_scan_end(scan, hits, &err), err);
        }
        inputs[i] = (LogInput){.member = arena_strf(arena, "logs/ns/%s/c.log", logs[i].pod),
                               .ns = STR("ns"), .pod = str_of(logs[i].pod),
                               .container = STR("c"), .hits = logs[i].text ? hits : NULL};
        if (!logs[i].text || logs[i].cut)
            inputs[i].gap = gap_new(arena, "logs:x", STR("truncated"), STR("truncated"),
                                    STR(""), NULL);
    }
    LogInputs *all = ARENA_NEW(arena, LogInputs);
    *all = (LogInputs){.arena = arena, .items = inputs, .count = count};
    ck_assert_ok(log_inputs_seal(all, &err), err);
    LogGroupsInput input = {.arena = arena, .spec = spec, .logs = all, .needs = "logs:x"};
    return log_groups(&input);
}

/* Evaluates a CEL expression over the value called g. */
static Value bound;

static Value
lookup_g(void *context, Str name, bool *ret_found)
{
    (void)context;
    *ret_found = str_is(name, "g");
    return bound;
}

static void
check(Arena *arena, Value g, const char *expression, const char *expected)
{
    Err err = {0};
    const CelProgram *program;
    CelOptions options = {0};
    CLEANUP(buf_done) Buf text = BUF_INIT(1 << 16);
    bound = g;
    ck_assert_ok(cel_compile(arena, str_of(expression), &options, &program, &err), err);
    CelEval eval = {.arena = arena, .lookup = lookup_g};
    Value value = cel_eval(program, &eval);
    if (value.type == VALUE_UNKNOWN)
        buf_adds(&text, "unknown");
    else if (value.type == VALUE_ERROR)
        buf_printf(&text, "error: " STR_FMT, STR_ARG(value.error->text));
    else
        value_write_json(value, &text);
    buf_addc(&text, '\0');
    ck_assert_msg(strcmp(text.data, expected) == 0, "%s: got %s, expected %s", expression,
                  text.data, expected);
}

static const char THREE[] = AT("08:00:00.000000") "failed a\n" AT("08:01:00.000000")
    "failed b\n" AT("08:02:00.000000") "fine\n" AT("08:03:00.000000") "failed a\n";

static const struct {
    const char *yaml;
    TestLog logs[3];
    const char *expression;
    const char *expected;
} CASES[] = {
    /* Grouping, counts, values, samples. */
    {"match: 'failed (?P<what>\\w+)'", {{"p", THREE, false}}, "g.map(x, [x.pod, string(x.count)])", "[[\"p\",\"3\"]]"},
    {"match: 'failed (?P<what>\\w+)'", {{"p", THREE, false}}, "g[0].values.what", "[\"a\",\"b\"]"},
    {"match: 'failed (?P<what>\\w+)'", {{"p", THREE, false}}, "g[0].first == timestamp('2018-06-14T08:00:00Z') && g[0].last == timestamp('2018-06-14T08:03:00Z')", "true"},
    {"match: 'failed (?P<what>\\w+)'", {{"p", THREE, false}}, "g[0].samples.map(s, s.line)", "[1,2,4]"},
    {"match: 'failed (?P<what>\\w+)'", {{"p", THREE, false}}, "g[0].samples[1].what + g[0].samples[1].member", "\"blogs/ns/p/c.log\""},
    {"{match: failed, samples: 1}", {{"p", THREE, false}}, "[size(g[0].samples), g[0].count]", "[1,3]"},
    {"match: 'failed (?P<what>\\w+)'\ngroup_by: [what]", {{"p", THREE, false}, {"q", THREE, false}}, "g.map(x, [x.values.what[0], string(x.count)])", "[[\"a\",\"4\"],[\"b\",\"2\"]]"},
    {"{match: failed, group_by: []}", {{"p", THREE, false}, {"q", THREE, false}}, "g.map(x, x.count)", "[6]"},
    {"{match: failed}", {{"p", THREE, false}, {"q", THREE, false}}, "g.map(x, x.pod)", "[\"p\",\"q\"]"},
    {"{match: [fine, failed]}", {{"p", THREE, false}}, "g[0].count", "4"},
    {"{match: failed, not: 'failed b'}", {{"p", THREE, false}}, "g[0].count", "2"},
    {"{match: failed, not: [' a', ' b']}", {{"p", THREE, false}}, "g", "[]"},
    {"match: 'failed (?P<what>\\w+)'\nwhere: it.what == 'a' && it.line > 1", {{"p", THREE, false}}, "g[0].count", "1"},
    {"match: failed\nwhere: it.time < timestamp('2018-06-14T08:02:00Z')", {{"p", THREE, false}}, "g[0].count", "2"},
    {"match: failed\nwhere: it.line", {{"p", THREE, false}}, "g", "error: 'where' gave a int, not a bool"},
    /* Thresholds and windows. */
    {"{match: failed, min: 3}", {{"p", THREE, false}}, "size(g)", "1"},
    {"{match: failed, min: 4}", {{"p", THREE, false}}, "size(g)", "0"},
    {"{match: failed, window: 1m}", {{"p", THREE, false}}, "[g[0].count, g[0].samples[0].line]", "[2,1]"},
    {"{match: failed, window: 30s}", {{"p", THREE, false}}, "[g[0].count, g[0].samples[0].line]", "[1,1]"},
    {"{match: failed, window: 1m, min: 3}", {{"p", THREE, false}}, "g", "[]"},
    {"{match: failed, window: 10m, min: 3}", {{"p", "no time failed\n", false}}, "g == []", "unknown"},
    /* Context. */
    {"{match: fine, context: {before: 2, after: 5}}", {{"p", THREE, false}}, "[size(g[0].samples[0].before), size(g[0].samples[0].after)]", "[2,1]"},
    {"{match: fine, context: {before: 1}}", {{"p", THREE, false}}, "g[0].samples[0].before[0].endsWith('failed b')", "true"},
    /* Holes: what an incomplete log shows stands, what it does not show is unknown. */
    {"{match: nothing}", {{"p", THREE, false}}, "g == [] && size(g) == 0", "true"},
    {"{match: nothing}", {{"p", THREE, true}}, "g == []", "unknown"},
    {"{match: nothing}", {{"p", NULL, false}}, "g == []", "unknown"},
    {"{match: nothing}", {{"p", THREE, false}, {"q", NULL, false}}, "g == []", "unknown"},
    {"{match: failed}", {{"p", THREE, true}}, "g != []", "true"},
    {"{match: failed}", {{"p", THREE, true}}, "g[0].at_least", "true"},
    {"{match: failed}", {{"p", THREE, true}}, "size(g)", "unknown"},
    {"{match: failed}", {{"p", THREE, false}, {"q", THREE, true}}, "g.exists(x, x.pod == 'p' && !x.at_least)", "true"},
    {"{match: failed, group_by: []}", {{"p", THREE, false}, {"q", NULL, false}}, "g[0].at_least", "true"},
    {"{match: failed, min: 4}", {{"p", THREE, true}}, "g == []", "unknown"},
};

START_TEST(groups_are_what_the_language_says)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    const LogSpec *spec = compile(arena, CASES[_i].yaml);
    ck_assert_str_eq(complaints, "");
    size_t count = 0;
    while (count < 3 && CASES[_i].logs[count].pod)
        count++;
    check(arena, evaluate(arena, spec, CASES[_i].logs, count), CASES[_i].expression,
          CASES[_i].expected);
}
END_TEST

static const struct {
    const char *yaml;
    const char *complaint;
} BAD[] = {
    {"{window: 1m}", "1:1 'logs' needs 'match', a pattern or a list of them\n"},
    {"{match: []}", "an empty list of patterns matches nothing"},
    {"{match: 7}", "a pattern must be a text that is not empty, not a int"},
    {"{match: '(a'}", "regular expression: missing )"},
    {"{match: '(?=a)b'}", "not in RE2's syntax"},
    {"{match: 'x*'}", "matches the empty text"},
    {"{match: '(?P<count>x)'}", "the group 'count' has the name of a field"},
    {"{match: x, window: soon}", "'window' must be a length of time"},
    {"{match: x, window: -1m}", "'window' must be a length of time"},
    {"{match: x, min: 0}", "'min' must be a whole number"},
    {"{match: x, samples: 100000}", "'samples' must be a whole number"},
    {"{match: x, context: 3}", "'context' must be a mapping"},
    {"{match: x, context: {befor: 3}}", "did you mean 'before'?"},
    {"{match: x, group_by: [what]}", "not 'what'"},
    {"{match: x, group_by: pod}", "'group_by' must be a list"},
    {"{match: x, near: {of: y}}", "'near' needs 'of'"},
};

START_TEST(mistakes_are_named)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    ck_assert_ptr_null(compile(arena, BAD[_i].yaml));
    ck_assert_msg(strstr(complaints, BAD[_i].complaint) != NULL, "%s: got %s", BAD[_i].yaml,
                  complaints);
}
END_TEST

/* Counts are exact however many hits there are, and samples keep to their cap. */
START_TEST(counts_are_exact_beyond_the_samples)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(buf_done) Buf log = BUF_INIT(1 << 24);
    for (int i = 0; i < 100000; i++)
        buf_printf(&log, "2018-06-14T08:00:00.%06dZ\terror\tfailed %d\n", i, i % 3);
    buf_addc(&log, '\0');
    TestLog logs[] = {{"p", log.data, false}};
    Value g = evaluate(arena, compile(arena, "match: 'failed (?P<what>\\d)'"), logs, 1);
    check(arena, g, "[g[0].count, size(g[0].samples), g[0].samples[4].line]", "[100000,5,5]");
    check(arena, g, "g[0].values.what", "[\"0\",\"1\",\"2\"]");
}
END_TEST

/* Windows against counting by hand: random events of random groups, not always in order. */

enum { EVENTS_MOST = 60, KINDS = 3 };

typedef struct {
    int64_t second;
    int kind;
} Event;

typedef struct {
    size_t count;
    int64_t first;
    int64_t last;
} Fullest;

/* The window of so many seconds that holds most events of a kind, the earliest of equals. */
static Fullest
fullest_window(const Event *events, size_t count, int kind, int64_t seconds)
{
    Fullest best = {0};
    for (size_t i = 0; i < count; i++) {
        Fullest here = {.first = events[i].second, .last = events[i].second};
        for (size_t k = 0; k < count; k++) {
            if (events[k].kind != kind || events[k].second < here.first ||
                events[k].second > here.first + seconds)
                continue;
            here.count++;
            here.last = events[k].second > here.last ? events[k].second : here.last;
        }
        bool better = here.count > best.count ||
                      (here.count == best.count && here.first < best.first);
        if (events[i].kind == kind && better)
            best = here;
    }
    return best;
}

START_TEST(windows_are_the_fullest)
{
    for (unsigned round = 0; round < 100; round++) {
        CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
        CLEANUP(buf_done) Buf one = BUF_INIT(1 << 20);
        CLEANUP(buf_done) Buf two = BUF_INIT(1 << 20);
        uint64_t state = (uint64_t)_i * 100 + round + 1;
        Event events[EVENTS_MOST];
        size_t count = unit_draw(&state, EVENTS_MOST);
        int64_t seconds = 1 + unit_draw(&state, 120);
        unsigned least = 1 + unit_draw(&state, 4);
        int64_t second = 0;
        for (size_t i = 0; i < count; i++) {
            second = unit_draw(&state, 8) ? second + unit_draw(&state, 40) : unit_draw(&state, 600);
            events[i] = (Event){second, (int)unit_draw(&state, KINDS)};
            buf_printf(unit_draw(&state, 2) ? &one : &two, "2018-06-14T08:%02d:%02d.000000Z\tinfo\tk%d\n",
                       (int)(second / 60 % 60), (int)(second % 60), events[i].kind);
            events[i].second %= 3600;
        }
        buf_addc(&one, '\0');
        buf_addc(&two, '\0');
        TestLog logs[] = {{"p", one.data, false}, {"q", two.data, false}};
        const char *yaml = arena_printf(
            arena, "{match: '(?P<kind>k[0-9])', group_by: [kind], window: %ds, min: %u}",
            (int)seconds, least);
        Value g = evaluate(arena, compile(arena, yaml), logs, 2);
        size_t groups = 0;
        for (int kind = 0; kind < KINDS; kind++) {
            Fullest wanted = fullest_window(events, count, kind, seconds);
            groups += wanted.count >= least;
            const char *here = arena_printf(arena, "g.filter(x, x.values.kind == ['k%d'])", kind);
            if (wanted.count < least)
                check(arena, g, arena_printf(arena, "size(%s)", here), "0");
            else
                check(arena, g,
                      arena_printf(arena, "%s.map(x, [x.count, int(x.first) - 1528963200, "
                                   "int(x.last) - 1528963200])", here),
                      arena_printf(arena, "[[%zu,%lld,%lld]]", wanted.count,
                                   (long long)wanted.first, (long long)wanted.last));
        }
        check(arena, g, "size(g)", arena_printf(arena, "%zu", groups));
    }
}
END_TEST

/* More places than are noted: every pattern is tried on every record then. */
START_TEST(counts_are_exact_where_all_match)
{
    enum { SPECS = 12, LINES = 70000 };
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(buf_done) Buf log = BUF_INIT(1 << 24);
    const LogSpec *specs[SPECS];
    bool wanted[SPECS];
    LogHits *hits[SPECS];
    Err err = {0};
    for (int i = 0; i < SPECS; i++) {
        specs[i] = compile(arena, i % 2 ? "{match: 'ab[c-e]{1,2}'}" : "{match: 'abcd', not: '9$'}");
        wanted[i] = i != 5;
    }
    for (int i = 0; i < LINES; i++)
        buf_printf(&log, "abcd%d\n", i % 10);
    CLEANUP(cleanup_log_patterns) LogPatterns *patterns =
        log_patterns_new(specs, SPECS, FINDER_AUTO);
    CLEANUP(cleanup_log_scan) LogScan *scan = NULL;
    ck_assert_ok(log_scan_new(arena, patterns, wanted, TAKEN, &scan, &err), err);
    ck_assert_ok(log_scan_feed(scan, buf_str(&log), &err), err);
    ck_assert_ok(log_scan_end(scan, hits, &err), err);
    ck_assert_ptr_null(hits[5]);
    for (int i = 0; i < SPECS; i++) {
        if (!wanted[i])
            continue;
        ck_assert_uint_eq(hits[i]->tuples.count, 1);
        ck_assert_uint_eq(hits[i]->tuples.items[0].count, i % 2 ? LINES : LINES / 10 * 9);
        ck_assert_uint_eq(hits[i]->lines, LINES);
    }
}
END_TEST

/* near keeps what happened close to something else, in the collector's time. */
START_TEST(near_joins_two_sources)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Err err = {0};
    const LogSpec *specs[] = {compile(arena, "{match: failed, near: {of: other, within: 30s}}"),
                              compile(arena, "{match: restart}")};
    static const char OTHER[] = AT("09:01:10.000000") "restart\n";
    const bool wanted[2][2] = {{true, false}, {false, true}};
    CLEANUP(cleanup_log_patterns) LogPatterns *patterns = log_patterns_new(specs, 2, FINDER_AUTO);
    LogHits *hits[2][2];
    const char *texts[] = {THREE, OTHER};
    for (int i = 0; i < 2; i++) {
        CLEANUP(cleanup_log_scan) LogScan *scan = NULL;
        ck_assert_ok(log_scan_new(arena, patterns, wanted[i], TAKEN, &scan, &err), err);
        ck_assert_ok(log_scan_feed(scan, str_of(texts[i]), &err), err);
        ck_assert_ok(log_scan_end(scan, hits[i], &err), err);
    }
    LogInput mine = {.member = STR("m"), .pod = STR("p"), .hits = hits[0]};
    LogInput other = {.member = STR("o"), .pod = STR("q"), .hits = hits[1]};
    LogInputs my_logs = {.arena = arena, .items = &mine, .count = 1};
    LogInputs other_logs = {.arena = arena, .items = &other, .count = 1};
    ck_assert_ok(log_inputs_seal(&my_logs, &err), err);
    ck_assert_ok(log_inputs_seal(&other_logs, &err), err);
    LogGroupsInput input = {.arena = arena, .spec = specs[0], .logs = &my_logs,
                            .needs = "logs:x", .near = &other_logs, .near_number = 1};
    check(arena, log_groups(&input), "size(g)", "0");
    other.offset_ns = 3600 * NS_PER_S;     /* that clock is an hour ahead */
    check(arena, log_groups(&input), "g.map(x, [x.count, x.samples[0].line])", "[[1,2]]");
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("logs");
    TCase *tcase = tcase_create("logs");
    tcase_add_loop_test(tcase, groups_are_what_the_language_says, 0, sizeof CASES / sizeof *CASES);
    tcase_add_loop_test(tcase, mistakes_are_named, 0, sizeof BAD / sizeof *BAD);
    tcase_add_test(tcase, counts_are_exact_beyond_the_samples);
    tcase_add_loop_test(tcase, windows_are_the_fullest, 0, 5);
    tcase_add_test(tcase, counts_are_exact_where_all_match);
    tcase_add_test(tcase, near_joins_two_sources);
    suite_add_tcase(suite, tcase);
    return suite;
}
