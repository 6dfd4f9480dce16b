/* SPDX-License-Identifier: Apache-2.0 */
/* exposition.c -- cuts metrics text into lines, has them parsed and hands them on. */
#include "analyzer/text/exposition_internal.h"

#include <string.h>

Str
labels_get(Labels labels, Str name)
{
    for (size_t i = 0; i < labels.count; i++)
        if (str_eq(labels.items[i].name, name))
            return labels.items[i].value;
    return (Str){NULL, 0};
}

const char *
metric_type_name(MetricType type)
{
    static const char *const NAMES[METRIC_TYPE_COUNT] = {
        [METRIC_UNTYPED] = "untyped",
        [METRIC_COUNTER] = "counter",
        [METRIC_GAUGE] = "gauge",
        [METRIC_SUMMARY] = "summary",
        [METRIC_HISTOGRAM] = "histogram",
        [METRIC_GAUGEHISTOGRAM] = "gaugehistogram",
        [METRIC_INFO] = "info",
        [METRIC_STATESET] = "stateset",
    };
    return (unsigned)type < METRIC_TYPE_COUNT ? NAMES[type] : "untyped";
}

Status
exposition_open(Arena *arena, const ExpositionOptions *options, const ExpositionHandler *handler,
                ExpositionParser **ret, Err *err)
{
    ExpositionParser *parser = ARENA_NEW(arena, ExpositionParser);
    if (!parser)
        return err_nomem(err);
    *parser = (ExpositionParser){.arena = arena, .options = *options, .handler = *handler};
    if (parser->options.format == EXPOSITION_AUTO)
        parser->options.format = EXPOSITION_PROMETHEUS;
    parser->summary.format = parser->options.format;
    parser->labels = ARENA_ARRAY(arena, Label, 2 * LIMIT_LABEL_COUNT);
    if (options->strict)
        parser->strict = exposition_strict_new(arena, parser->options.format);
    if (!parser->labels || (options->strict && !parser->strict))
        return err_nomem(err);
    *ret = parser;
    return ST_OK;
}

/* Makes a buffer of the parser at least bytes long, keeping its first used bytes. */
static Status
grow(ExpositionParser *parser, char **data, size_t *capacity, size_t used, size_t bytes, Err *err)
{
    if (bytes <= *capacity)
        return ST_OK;
    size_t wanted = *capacity ? *capacity : 1024;
    while (wanted < bytes)
        wanted *= 2;
    char *grown = arena_alloc(parser->arena, wanted);
    if (!grown)
        return err_nomem(err);
    if (used)
        memcpy(grown, *data, used);
    *data = grown;
    *capacity = wanted;
    return ST_OK;
}

static Status
bad_line(ExpositionParser *parser, const char *reason)
{
    parser->summary.bad_line_count++;
    if (!parser->handler.bad_line)
        return ST_OK;
    return parser->handler.bad_line(parser->handler.context, parser->summary.line_count, reason);
}

static Status
take_metadata(ExpositionParser *parser, ExpositionMetadata *metadata, Err *err)
{
    metadata->line = parser->summary.line_count;
    bool nomem = false;
    const char *wrong =
        parser->strict ? exposition_strict_metadata(parser->strict, metadata, &nomem) : NULL;
    if (nomem)
        return err_nomem(err);
    if (wrong)
        return bad_line(parser, wrong);
    if (metadata->keyword == EXPOSITION_TYPE) {
        TRY(grow(parser, &parser->family, &parser->family_capacity, 0, metadata->name.n, err));
        memcpy(parser->family, metadata->name.p, metadata->name.n);
        parser->family_bytes = metadata->name.n;
        parser->family_type = metadata->type;
    }
    if (!parser->handler.metadata)
        return ST_OK;
    return parser->handler.metadata(parser->handler.context, metadata);
}

static Status
take_comment(ExpositionParser *parser, Str line, Err *err)
{
    ParsedComment comment = {0};
    const char *wrong = exposition_parse_comment(parser, line, &comment);
    if (wrong)
        return bad_line(parser, wrong);
    if (comment.is_eof)
        parser->eof_seen = true;
    if (comment.is_eof || comment.is_comment)
        return ST_OK;
    return take_metadata(parser, &comment.metadata, err);
}

/* The type of the family that was announced last, if name is one of its samples. */
static MetricType
type_of(const ExpositionParser *parser, Str name)
{
    static const char *const SUFFIXES[] = {"",       "_bucket", "_sum",    "_count", "_total",
                                           "_gsum", "_gcount", "_created", "_info"};
    if (name.n < parser->family_bytes || parser->family_bytes == 0
        || memcmp(name.p, parser->family, parser->family_bytes) != 0)
        return METRIC_UNTYPED;
    Str rest = str_from(name, parser->family_bytes);
    for (size_t i = 0; i < sizeof SUFFIXES / sizeof *SUFFIXES; i++)
        if (str_is(rest, SUFFIXES[i]))
            return parser->family_type;
    return METRIC_UNTYPED;
}

static Status
take_sample(ExpositionParser *parser, Str line, Err *err)
{
    ParsedSample parsed = {0};
    const char *wrong = exposition_parse_sample(parser, line, &parsed);
    bool nomem = false;
    if (!wrong && parser->strict)
        wrong = exposition_strict_sample(parser->strict, &parsed, &nomem);
    if (nomem)
        return err_nomem(err);
    if (wrong)
        return bad_line(parser, wrong);
    if (++parser->summary.sample_count > LIMIT_SERIES_COUNT)
        return err_set(err, ST_LIMIT, "line %u: more than %llu samples",
                       parser->summary.line_count, (unsigned long long)LIMIT_SERIES_COUNT);
    parsed.sample.line = parser->summary.line_count;
    parsed.sample.type = type_of(parser, parsed.sample.name);
    if (!parser->handler.sample)
        return ST_OK;
    return parser->handler.sample(parser->handler.context, &parsed.sample);
}

static Str
without_leading_blanks(Str line)
{
    while (line.n && (*line.p == ' ' || *line.p == '\t'))
        line = str_from(line, 1);
    return line;
}

static Status
take_line(ExpositionParser *parser, Str line, Err *err)
{
    parser->summary.line_count++;
    bool openmetrics = parser->options.format == EXPOSITION_OPENMETRICS;
    if (parser->eof_seen)
        return bad_line(parser, "text after # EOF");
    TRY(grow(parser, &parser->scratch, &parser->scratch_capacity, 0, line.n, err));
    parser->scratch_used = 0;
    Str text = openmetrics ? line : without_leading_blanks(line);
    if (text.n == 0)
        return openmetrics ? bad_line(parser, "a blank line") : ST_OK;
    if (*text.p == '#')
        return take_comment(parser, text, err);
    return take_sample(parser, text, err);
}

/* Keeps the beginning of a line until the next chunk brings the rest. */
static Status
carry(ExpositionParser *parser, Str part, Err *err)
{
    if (parser->skipping)
        return ST_OK;
    if (part.n > LIMIT_METRIC_LINE_BYTES - parser->carry_used) {
        parser->skipping = true;
        parser->carry_used = 0;
        return ST_OK;
    }
    TRY(grow(parser, &parser->carry, &parser->carry_capacity, parser->carry_used,
             parser->carry_used + part.n, err));
    memcpy(parser->carry + parser->carry_used, part.p, part.n);
    parser->carry_used += part.n;
    return ST_OK;
}

static Status
end_line(ExpositionParser *parser, Str line, Err *err)
{
    if (parser->carry_used || parser->skipping) {
        TRY(carry(parser, line, err));
        line = (Str){parser->carry, parser->carry_used};
        parser->carry_used = 0;
    }
    if (parser->skipping || line.n > LIMIT_METRIC_LINE_BYTES) {
        parser->skipping = false;
        parser->summary.line_count++;
        return bad_line(parser, "the line is too long");
    }
    return take_line(parser, line, err);
}

Status
exposition_feed(ExpositionParser *parser, Str chunk, Err *err)
{
    while (chunk.n) {
        const char *newline = memchr(chunk.p, '\n', chunk.n);
        if (!newline)
            return carry(parser, chunk, err);
        size_t n = (size_t)(newline - chunk.p);
        TRY(end_line(parser, str_head(chunk, n), err));
        chunk = str_from(chunk, n + 1);
    }
    return ST_OK;
}

/* The last line, which has no end. */
static Status
finish_last_line(ExpositionParser *parser, Err *err)
{
    Str line = {parser->carry, parser->carry_used};
    bool openmetrics = parser->options.format == EXPOSITION_OPENMETRICS;
    if (!parser->skipping && without_leading_blanks(line).n == 0 && !openmetrics)
        return ST_OK;
    parser->carry_used = 0;
    if (parser->skipping || line.n) {
        uint32_t bad_before = parser->summary.bad_line_count;
        parser->summary.cut = !openmetrics;
        if (parser->skipping)
            TRY(end_line(parser, (Str){NULL, 0}, err));
        else
            TRY(take_line(parser, line, err));
        if (parser->strict && !openmetrics && parser->summary.bad_line_count == bad_before)
            return bad_line(parser, "the last line has no end");
    }
    return ST_OK;
}

Status
exposition_close(ExpositionParser *parser, ExpositionSummary *ret, Err *err)
{
    TRY(finish_last_line(parser, err));
    if (parser->options.format == EXPOSITION_OPENMETRICS && !parser->eof_seen) {
        parser->summary.cut = true;
        TRY(bad_line(parser, "the text does not end with # EOF"));
    }
    const char *wrong = parser->strict ? exposition_strict_end(parser->strict) : NULL;
    if (wrong)
        TRY(bad_line(parser, wrong));
    *ret = parser->summary;
    return ST_OK;
}
