/* SPDX-License-Identifier: Apache-2.0 */
/* exposition_internal.h -- what the files of the exposition parser share. */
#ifndef TEXT_EXPOSITION_INTERNAL_H
#define TEXT_EXPOSITION_INTERNAL_H

#include "analyzer/text/exposition.h"
#include "base/buf.h"
#include "base/limits.h"

/* A sample line before it is judged. */
typedef struct {
    ExpositionSample sample;
    double timestamp_s;             /* OpenMetrics: as it stands in the line */
    size_t exemplar_code_points;    /* names and values of the exemplar's labels */
} ParsedSample;

typedef struct {
    ExpositionMetadata metadata;
    bool is_comment;                /* nothing to report */
    bool is_eof;                    /* # EOF */
} ParsedComment;

typedef struct StrictState StrictState;

struct ExpositionParser {
    Arena *arena;
    ExpositionOptions options;
    ExpositionHandler handler;
    ExpositionSummary summary;
    Label *labels;                  /* LIMIT_LABEL_COUNT of the sample, then of its exemplar */
    char *scratch;                  /* unescaped strings of the line */
    size_t scratch_used;
    size_t scratch_capacity;
    char *carry;                    /* the beginning of a line that a chunk ended in */
    size_t carry_used;
    size_t carry_capacity;
    char *family;                   /* name of the family announced last */
    size_t family_bytes;
    size_t family_capacity;
    MetricType family_type;
    bool skipping;                  /* inside a line that is too long */
    bool eof_seen;
    StrictState *strict;            /* NULL unless strict */
};

/* Each parses one line (without its newline) and returns NULL, or what is wrong with it. */
const char *exposition_parse_sample(ExpositionParser *parser, Str line, ParsedSample *ret);
const char *exposition_parse_comment(ExpositionParser *parser, Str line, ParsedComment *ret);

/* The rules between lines, for strict parsers.  Each returns NULL or what is wrong; out of
 * memory sets *nomem. */
StrictState *exposition_strict_new(Arena *arena, ExpositionFormat format);
const char *exposition_strict_metadata(StrictState *state, const ExpositionMetadata *metadata,
                                       bool *nomem);
const char *exposition_strict_sample(StrictState *state, const ParsedSample *sample,
                                     bool *nomem);
const char *exposition_strict_end(StrictState *state);

/* The same for OpenMetrics, called by the above. */
typedef struct OpenMetricsState OpenMetricsState;
OpenMetricsState *openmetrics_state_new(Arena *arena);
const char *openmetrics_metadata(OpenMetricsState *state, const ExpositionMetadata *metadata,
                                 bool *nomem);
const char *openmetrics_sample(OpenMetricsState *state, const ParsedSample *sample, bool *nomem);
const char *openmetrics_end(OpenMetricsState *state);

#endif
