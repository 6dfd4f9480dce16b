/* SPDX-License-Identifier: Apache-2.0 */
/* log_spec.h -- what a `logs` source looks for in each log: the part of its YAML that does not
 * choose logs (match, not, where, group_by, window, min, context, samples, near).
 *
 * A spec is compiled once and immutable.  Patterns have RE2's syntax; named groups are the
 * captures of the source, and must not be called like a field of a group or sample. */
#ifndef QUERY_LOG_SPEC_H
#define QUERY_LOG_SPEC_H

#include "analyzer/query/cel.h"
#include "analyzer/query/regex.h"
#include "analyzer/query/source.h"

enum {
    LOG_PATTERN_GROUPS = 63,     /* groups of one pattern, at the most */
    LOG_CONTEXT_LINES = 50,      /* before or after a record, at the most */
};

typedef struct {
    const Regex *regex;
    size_t *capture_groups;      /* for each capture of the spec: the group, 0 for none */
} LogPattern;

typedef struct {
    LogPattern *match;           /* alternatives; the first that matches a record counts */
    size_t match_count;
    LogPattern *drop;            /* `not`: any match drops the record */
    size_t drop_count;
    Str *captures;               /* names, in order of appearance */
    size_t capture_count;
    const CelProgram *where;     /* over `it`; NULL: all */
    Str *group_by;               /* "namespace", "pod", "container" or captures */
    size_t group_by_count;
    int64_t window_ns;           /* 0: no window */
    uint64_t min;                /* at least 1 */
    uint32_t before;             /* lines of context */
    uint32_t after;
    uint32_t samples;            /* kept of each group */
    Str near_of;                 /* name of another source; "" for none */
    int64_t near_ns;
} LogSpec;

/* Reads the keys above of mapping but where, which is compiled already (NULL: none); others are
 * ignored.  Reports every error.  ST_RULE once one was reported, ST_NOMEM. */
NODISCARD Status log_spec_compile(Arena *arena, const Node *mapping, const CelProgram *where,
                                  const SourceDiagnostics *diagnostics, const LogSpec **ret,
                                  Err *err);

/* All hits must be kept, not only samples and counts. */
bool log_spec_keeps_hits(const LogSpec *spec);

#endif
