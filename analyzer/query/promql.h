/* SPDX-License-Identifier: Apache-2.0 */
/* promql.h -- PromQL over a store of series: compile once, evaluate at one time.
 *
 *     TRY(promql_compile(arena, text, &(PromqlOptions){.file = "x.yaml"}, &query, err));
 *     TRY(promql_eval(query, &(PromqlEval){.arena = arena, .store = &store, .time_ms = now},
 *                     &result, err));
 *
 * The language is Prometheus 3's: selectors, aggregations, operators with matching, the
 * functions of promql_functions(), ranges, subqueries, offset and @, and of its experiments
 * fill() and arithmetic of durations; no native histograms, info(), anchored and smoothed.
 * Names are dropped at the end of the evaluation ("delayed name removal"), so that a query
 * may still group by __name__ what a function changed.
 *
 * A store may have holes: targets that were not scraped.  What a hole could have changed is
 * unknown, or, for vectors that it could only have made longer, incomplete.
 *
 * Whatever the text or the series, evaluation ends: the text, its nesting and the samples
 * touched are limited.  A compiled query is immutable. */
#ifndef QUERY_PROMQL_H
#define QUERY_PROMQL_H

#include "analyzer/model/evidence.h"
#include "analyzer/text/exposition.h"

typedef struct PromqlQuery PromqlQuery;

typedef enum {
    PROMQL_SCALAR,
    PROMQL_VECTOR,
    PROMQL_MATRIX,          /* a range of samples: only inside a query */
    PROMQL_STRING,
} PromqlType;

const char *promql_type_name(PromqlType type);      /* "scalar", "instant vector", … */

typedef struct {
    const char *file;       /* for errors; NULL: none */
    unsigned line;          /* of the first character of the text; 0: unknown */
    unsigned column;
    /* Told of every mistake, in order, up to the first in the syntax.  NULL: only the first is
     * told, by the status. */
    void (*complain)(void *context, unsigned line, unsigned column, const char *text);
    void *complain_context;
} PromqlOptions;

/* ST_RULE with file, line and column: syntax, types, unknown functions (did you mean), bad
 * regular expressions, too long, too deep.  ST_NOMEM.  The text is copied. */
NODISCARD Status promql_compile(Arena *arena, Str text, const PromqlOptions *options,
                                const PromqlQuery **ret, Err *err);
PromqlType promql_type(const PromqlQuery *query);
Str promql_text(const PromqlQuery *query);

/* What a query reads. */
typedef enum { MATCH_EQUAL, MATCH_NOT_EQUAL, MATCH_REGEX, MATCH_NOT_REGEX } PromqlMatch;

typedef struct {
    Str label;              /* "__name__" for the metric's name */
    Str value;
    const struct Regex *regex;
    PromqlMatch match;
} PromqlMatcher;

typedef struct {
    const PromqlMatcher *matchers;
    size_t matcher_count;
    Str metric;             /* its name, where it is fixed; else "" */
    Str text;               /* as it stands in the query, without range, offset and @ */
    bool is_range;          /* x[5m], or below a subquery */
} PromqlSelector;

/* In order of appearance. */
const PromqlSelector *promql_selectors(const PromqlQuery *query, size_t *ret_count);
/* Labels that the query names in matchers, groupings, matchings and label functions; each
 * once, without __name__. */
const Str *promql_labels(const PromqlQuery *query, size_t *ret_count);
/* True if of a series nothing matters but its name and those labels: where each selector is
 * aggregated by labels at once, or only says on which labels others are to match. */
bool promql_reads_named_labels(const PromqlQuery *query);
bool promql_matches(const PromqlMatcher *matcher, Str value);
/* True if it looks at other moments than that of the evaluation: ranges, subqueries, offset, @. */
bool promql_looks_back(const PromqlQuery *query);
/* True if its result depends on when it is evaluated: time(), timestamp(), dates, @. */
bool promql_tells_time(const PromqlQuery *query);

/* The store. */
typedef struct {
    int64_t t_ms;
    double value;
} PromqlPoint;

typedef struct {
    Labels labels;              /* with __name__, sorted, no empty values */
    const PromqlPoint *points;  /* at least one, times ascending */
    size_t point_count;
    int64_t newest_ms;          /* snapshots: the time that the series is evaluated at */
    int64_t stamp_ms;           /* snapshots: what timestamp() says of it */
    bool no_ranges;             /* snapshots: too little is known of its past */
} PromqlSeries;

/* Series that may exist and are not in the store.  Of each such series these labels are
 * known, so a selector that asks for other values of them is not affected. */
typedef struct {
    Labels labels;
    const Gap *gap;
    bool ranges_only;           /* the newest points are there, only their past is missing */
} PromqlHole;

typedef struct {
    const PromqlSeries *series;
    size_t series_count;
    const PromqlHole *holes;
    size_t hole_count;
    /* One moment of several targets: a selector takes the newest point whatever its age, and
     * a range ends at its series' own newest time. */
    bool is_snapshot;
} PromqlStore;

typedef struct {
    Arena *arena;               /* the result and scratch */
    const PromqlStore *store;
    int64_t time_ms;
    int64_t lookback_ms;        /* how old an instant sample may be; 0: five minutes */
} PromqlEval;

/* One element of a result.  refs index the series of the store that it was computed from,
 * the first LIMIT_EVIDENCE_COUNT of them. */
typedef struct {
    Labels labels;
    double value;
    const uint32_t *refs;
    size_t ref_count;
} PromqlSample;

typedef struct {
    PromqlType type;
    double scalar;
    Str string;
    const PromqlSample *samples;    /* of a vector */
    size_t sample_count;
    const Gap *gap;                 /* not NULL: incomplete, or unknown */
    bool is_unknown;
    uint64_t series_seen;           /* series that its selectors found */
} PromqlResult;

/* ST_RULE with the place (many-to-many matches, equal label sets, …), ST_LIMIT, ST_NOMEM. */
NODISCARD Status promql_eval(const PromqlQuery *query, const PromqlEval *eval, PromqlResult *ret,
                             Err *err);

/* Every function, for docs and "did you mean". */
typedef struct {
    const char *name;
    const char *usage;              /* "rate(v range-vector)" */
} PromqlFunctionDoc;
const PromqlFunctionDoc *promql_functions(size_t *ret_count);

#endif
