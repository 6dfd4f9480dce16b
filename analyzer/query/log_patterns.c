/* SPDX-License-Identifier: Apache-2.0 */
/* log_patterns.c -- the patterns of many log sources as one numbered list. */
#include "analyzer/query/log_patterns.h"

#include "base/cleanup.h"

static Status
init(LogPatterns *patterns, FinderEngine engine)
{
    size_t count = 0;
    for (size_t i = 0; i < patterns->spec_count; i++)
        count += patterns->specs[i]->match_count;
    const Regex **regexes = arena_array(patterns->arena, count, sizeof *regexes);
    patterns->items = ARENA_ARRAY(patterns->arena, NumberedPattern, count);
    if (!regexes || !patterns->items)
        return ST_NOMEM;
    for (size_t i = 0; i < patterns->spec_count; i++) {
        const LogSpec *spec = patterns->specs[i];
        for (size_t k = 0; k < spec->match_count; k++) {
            regexes[patterns->count] = spec->match[k].regex;
            patterns->items[patterns->count++] =
                (NumberedPattern){(uint32_t)i, &spec->match[k]};
        }
        patterns->near |= spec->near_of.n > 0;
    }
    patterns->finder = finder_new(regexes, count, engine);
    return patterns->finder ? ST_OK : ST_NOMEM;
}

LogPatterns *
log_patterns_new(const LogSpec *const *specs, size_t count, FinderEngine engine)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    LogPatterns *patterns = arena ? ARENA_NEW(arena, LogPatterns) : NULL;
    if (!patterns)
        return NULL;
    patterns->arena = arena;
    patterns->specs = specs;
    patterns->spec_count = count;
    if (init(patterns, engine) != ST_OK)
        return NULL;
    arena = NULL;                   /* its own now */
    return patterns;
}

LogPatterns *
log_patterns_free(LogPatterns *patterns)
{
    if (patterns) {
        patterns->finder = finder_free(patterns->finder);
        (void)arena_free(patterns->arena);
    }
    return NULL;
}

void
cleanup_log_patterns(LogPatterns **patterns)
{
    *patterns = log_patterns_free(*patterns);
}
