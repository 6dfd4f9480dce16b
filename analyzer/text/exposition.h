/* SPDX-License-Identifier: Apache-2.0 */
/* exposition.h -- reads metrics text: Prometheus' format 0.0.4 and OpenMetrics 1.0.
 *
 * A parser is fed chunks and calls back for every sample, family and bad line:
 *
 *     TRY(exposition_open(arena, &options, &handler, &parser, err));
 *     TRY(exposition_feed(parser, chunk, err));              // as often as there are chunks
 *     TRY(exposition_close(parser, &summary, err));
 *
 * or exposition_read() takes a whole text and keeps everything in arrays.  A line that breaks
 * the format is reported with its number and reason, and the other lines still count.
 *
 * Two strengths.  By default the parser accepts what Prometheus itself scrapes.  Strict, it
 * also holds a text to the rules between its lines: for 0.0.4 those of Prometheus' reference
 * library (one TYPE, before the samples; counts that are not negative; a newline at the end),
 * for OpenMetrics those of the specification (families together and in order, whole
 * histograms, exemplars where they may stand). */
#ifndef TEXT_EXPOSITION_H
#define TEXT_EXPOSITION_H

#include "base/map.h"
#include "base/str.h"

typedef struct {
    Str name;
    Str value;
} Label;

/* Labels are sorted by the bytes of their names, without repetition. */
typedef struct {
    const Label *items;
    size_t count;
} Labels;

/* The value of a label; the empty view where it is absent. */
Str labels_get(Labels labels, Str name);

typedef enum {
    EXPOSITION_AUTO,            /* exposition_read(): OpenMetrics where the text ends with # EOF;
                                 * a stream of chunks is taken as 0.0.4 */
    EXPOSITION_PROMETHEUS,
    EXPOSITION_OPENMETRICS,
} ExpositionFormat;

typedef enum {
    METRIC_UNTYPED,
    METRIC_COUNTER,
    METRIC_GAUGE,
    METRIC_SUMMARY,
    METRIC_HISTOGRAM,
    METRIC_GAUGEHISTOGRAM,
    METRIC_INFO,
    METRIC_STATESET,
    METRIC_TYPE_COUNT,
} MetricType;

const char *metric_type_name(MetricType type);      /* "counter"; "untyped" */

typedef struct {
    ExpositionFormat format;
    bool strict;
    bool legacy_names;          /* only [a-zA-Z_:][a-zA-Z0-9_:]*, no quoted UTF-8 names */
    /* exposition_read(): samples of these names are kept, others checked and counted; NULL: all
     * are kept. */
    const Map *names;
    /* The same: samples of other names are kept too, but of those that follow one of their name
     * only these labels; NULL: they are not. */
    const Map *labels;
} ExpositionOptions;

/* One sample.  Views last until the callback returns, or as long as the arena of
 * exposition_read(). */
typedef struct {
    Str name;
    Labels labels;              /* without the name */
    double value;
    int64_t timestamp_ms;       /* where has_timestamp */
    uint32_t line;              /* 1-based */
    bool has_timestamp;
    bool has_exemplar;
    MetricType type;            /* of the family that was announced last, if it is its family */
} ExpositionSample;

typedef enum { EXPOSITION_HELP, EXPOSITION_TYPE, EXPOSITION_UNIT } ExpositionKeyword;

typedef struct {
    ExpositionKeyword keyword;
    Str name;
    Str text;                   /* unescaped */
    MetricType type;            /* EXPOSITION_TYPE */
    uint32_t line;
} ExpositionMetadata;

/* Each may be NULL.  A status other than ST_OK ends the parsing and is returned. */
typedef struct {
    Status (*sample)(void *context, const ExpositionSample *sample);
    Status (*metadata)(void *context, const ExpositionMetadata *metadata);
    Status (*bad_line)(void *context, uint32_t line, const char *reason);
    void *context;
} ExpositionHandler;

typedef struct {
    ExpositionFormat format;
    uint64_t sample_count;
    uint32_t line_count;
    uint32_t bad_line_count;
    bool cut;                   /* the last line had no end, or # EOF is missing */
} ExpositionSummary;

typedef struct ExpositionParser ExpositionParser;

/* ST_NOMEM. */
NODISCARD Status exposition_open(Arena *arena, const ExpositionOptions *options,
                                 const ExpositionHandler *handler, ExpositionParser **ret,
                                 Err *err);
/* ST_LIMIT (samples), ST_NOMEM, or what a callback returned. */
NODISCARD Status exposition_feed(ExpositionParser *parser, Str chunk, Err *err);
NODISCARD Status exposition_close(ExpositionParser *parser, ExpositionSummary *ret, Err *err);

/* A text that was read whole. */
typedef struct {
    Str name;
    Str help;
    Str unit;
    MetricType type;
} MetricFamily;

typedef struct {
    uint32_t line;
    const char *reason;
} ExpositionBadLine;

typedef struct {
    const ExpositionSample *samples;        /* those kept, in the order of the text */
    size_t sample_count;
    const uint32_t *next_same_name;         /* by sample: the next one of its name, or UINT32_MAX */
    Map first_of_name;                      /* name -> const ExpositionSample * */
    const MetricFamily *families;
    size_t family_count;
    const ExpositionBadLine *bad_lines;     /* the first LIMIT_BAD_LINE_COUNT */
    size_t bad_line_count;
    ExpositionSummary summary;
} Exposition;

/* options may be NULL.  Strings are copied (each distinct one once), so text need not outlive
 * the call.
 * ST_LIMIT (samples), ST_NOMEM. */
NODISCARD Status exposition_read(Arena *arena, Str text, const ExpositionOptions *options,
                                 Exposition *ret, Err *err);

/* The first sample of a name and those after it, until NULL. */
const ExpositionSample *exposition_first(const Exposition *exposition, Str name);
const ExpositionSample *exposition_next(const Exposition *exposition,
                                        const ExpositionSample *sample);

/* A number as Go's ParseFloat reads it, without hexadecimal and underscores: decimal with an
 * exponent, Inf, Infinity and NaN in any case with a sign.  False on anything else, on
 * overflow too.  No locale. */
bool exposition_number(Str text, double *ret);

#endif
