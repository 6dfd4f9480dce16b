/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_log.c -- log lines and patterns over them: the same hits however the log is cut. */
#include "analyzer/query/log_scan.h"
#include "analyzer/text/log_line.h"
#include "base/yaml.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

enum { SPECS = 3 };

static void
complain(void *context, bool is_warning, unsigned line, unsigned column, const char *message)
{
    (void)context;
    (void)line;
    (void)column;
    (void)is_warning;
    (void)fprintf(stderr, "%s\n", message);
    abort();
}

static const LogSpec *
spec_of(Arena *arena, const char *text)
{
    const Node *node = NULL;
    const LogSpec *spec = NULL;
    SourceDiagnostics diagnostics = {.report = complain};
    LAW(yaml_parse_one(arena, str_of(text), "spec", &node, NULL) == ST_OK);
    LAW(log_spec_compile(arena, node, NULL, &diagnostics, &spec, NULL) == ST_OK);
    return spec;
}

static const LogSpec *const *
specs(void)
{
    static const LogSpec *made[SPECS];
    static Arena *arena;
    if (!arena) {
        arena = arena_new(SIZE_MAX);
        made[0] = spec_of(arena, "{match: 'err(?P<what>[a-z ]*)', not: 'ignored'}");
        made[1] = spec_of(arena, "{match: ['code=(?P<code>[0-9]+)$', '^panic'], window: 10m, min: 2, context: {before: 1, after: 2}}");
        made[2] = spec_of(arena, "{match: '(?s)Traceback.*Error', group_by: []}");
    }
    return made;
}

static void
scan(Arena *arena, LogPatterns *patterns, Str text, bool in_pieces, LogHits *ret[SPECS])
{
    static const bool WANTED[SPECS] = {true, true, true};
    LogScan *scan = NULL;
    Err err = {0};
    LAW(log_scan_new(arena, patterns, WANTED, 1528963381000000000, &scan, &err) == ST_OK);
    if (!in_pieces && text.n > 0)
        LAW(log_scan_feed(scan, text, &err) == ST_OK);
    for (Str rest = text; in_pieces && rest.n > 0;)
        LAW(log_scan_feed(scan, fuzz_piece(&rest, (uint8_t)text.p[0]), &err) == ST_OK);
    LAW(log_scan_end(scan, ret, &err) == ST_OK);
    scan = log_scan_free(scan);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static LogPatterns *patterns;
    if (!patterns)
        patterns = log_patterns_new(specs(), SPECS, FINDER_AUTO);
    CLEANUP(cleanup_arena) Arena *arena = arena_new(512 << 20);
    Str text = {(const char *)data, size};
    LogHits *whole[SPECS] = {0};
    LogHits *pieces[SPECS] = {0};
    Str line;
    for (Str rest = text; str_cut(&rest, '\n', &line);)
        (void)log_head(line, 0);
    scan(arena, patterns, text, false, whole);
    scan(arena, patterns, text, true, pieces);
    for (size_t i = 0; i < SPECS; i++) {
        LAW(whole[i]->lines == pieces[i]->lines);
        LAW(whole[i]->tuples.count == pieces[i]->tuples.count);
        for (size_t t = 0; t < whole[i]->tuples.count; t++)
            LAW(whole[i]->tuples.items[t].count == pieces[i]->tuples.items[t].count &&
                whole[i]->tuples.items[t].line == pieces[i]->tuples.items[t].line);
    }
    return 0;
}
