/* SPDX-License-Identifier: Apache-2.0 */
/* exposition_line.c -- the grammar of one line of metrics text, in both formats. */
#include "analyzer/text/exposition_internal.h"

#include "base/utf8.h"

#include <math.h>
#include <string.h>
#include <strings.h>

/* Reading position in a line. */
typedef struct {
    const char *p;
    const char *end;
} Cursor;

enum { NAME_START = 1, NAME_COLON = 2, NAME_DIGIT = 4 };

static const unsigned char NAME_CLASS[256] = {
    ['a' ... 'z'] = NAME_START, ['A' ... 'Z'] = NAME_START, ['_'] = NAME_START,
    [':'] = NAME_COLON,         ['0' ... '9'] = NAME_DIGIT,
};

static bool
is_openmetrics(const ExpositionParser *parser)
{
    return parser->options.format == EXPOSITION_OPENMETRICS;
}

static bool
at_end(const Cursor *at)
{
    return at->p == at->end;
}

static bool
take(Cursor *at, char c)
{
    if (at->p < at->end && *at->p == c) {
        at->p++;
        return true;
    }
    return false;
}

/* 0.0.4 separates by any number of blanks and tabs, OpenMetrics by nothing at all or one blank. */
static void
skip_blanks(Cursor *at)
{
    while (at->p < at->end && (*at->p == ' ' || *at->p == '\t'))
        at->p++;
}

/* The name at the cursor; empty where there is none. */
static Str
take_name(Cursor *at, bool colons)
{
    unsigned char start = NAME_START | (colons ? NAME_COLON : 0);
    const char *from = at->p;
    if (at->p < at->end && NAME_CLASS[(unsigned char)*at->p] & start) {
        at->p++;
        while (at->p < at->end && NAME_CLASS[(unsigned char)*at->p] & (start | NAME_DIGIT))
            at->p++;
    }
    return (Str){from, (size_t)(at->p - from)};
}

static bool
is_legacy_name(Str name, bool colons)
{
    Cursor at = {name.p, name.p + name.n};
    return take_name(&at, colons).n == name.n && name.n > 0;
}

/* Removes the escapes of text into the scratch space.  Strict parsers refuse what is no
 * escape; others keep it as it stands, as Prometheus does. */
static const char *
unescape(ExpositionParser *parser, Str text, bool quotes, bool refuse, Str *ret)
{
    char *out = parser->scratch + parser->scratch_used;
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        char next = c == '\\' && i + 1 < text.n ? text.p[i + 1] : '\0';
        if (next == '\\' || next == 'n' || (quotes && next == '"')) {
            c = next == 'n' ? '\n' : next;
            i++;
        } else if (c == '\\' && refuse) {
            return "invalid escape sequence";
        }
        out[n++] = c;
    }
    parser->scratch_used += n;
    *ret = (Str){out, n};
    return NULL;
}

/* A quoted string, unescaped and known to be UTF-8; the cursor stands at its first quote. */
static const char *
take_quoted(ExpositionParser *parser, Cursor *at, Str *ret)
{
    const char *from = ++at->p;
    bool escaped = false;
    unsigned char seen = 0;
    for (; at->p < at->end && *at->p != '"'; at->p++) {
        seen |= (unsigned char)*at->p;
        if (*at->p == '\\') {
            escaped = true;
            if (++at->p == at->end)
                break;
        }
    }
    if (at->p >= at->end)
        return "a quoted string has no end";
    Str text = {from, (size_t)(at->p++ - from)};
    if (seen >= 0x80 && !utf8_valid(text, NULL))
        return "a quoted string is not valid UTF-8";
    if (!escaped) {
        *ret = text;
        return NULL;
    }
    return unescape(parser, text, true, parser->options.strict && !is_openmetrics(parser), ret);
}

static const char *
take_metric_name(ExpositionParser *parser, Cursor *at, Str *ret)
{
    if (!at_end(at) && *at->p == '"') {
        const char *wrong = take_quoted(parser, at, ret);
        if (wrong)
            return wrong;
        if (ret->n == 0)
            return "an empty metric name";
        if (parser->options.legacy_names && !is_legacy_name(*ret, true))
            return "invalid metric name";
        return NULL;
    }
    *ret = take_name(at, true);
    return ret->n ? NULL : "invalid metric name";
}

/* Labels between braces.  name is where a quoted metric name among them goes; NULL: there
 * may be none. */
typedef struct {
    ExpositionParser *parser;
    Label *labels;
    size_t count;
    Str *name;
} LabelReader;

static const char *
add_label(LabelReader *reader, Str name, Str value)
{
    if (reader->count == LIMIT_LABEL_COUNT)
        return "too many labels";
    size_t at = reader->count++;
    /* Most texts have them sorted, or nearly so. */
    while (at > 0) {
        int order = str_cmp(reader->labels[at - 1].name, name);
        if (order == 0)
            return "a label name appears twice";
        if (order < 0)
            break;
        reader->labels[at] = reader->labels[at - 1];
        at--;
    }
    reader->labels[at] = (Label){name, value};
    return NULL;
}

/* One label, or the quoted metric name. */
static const char *
take_label(LabelReader *reader, Cursor *at)
{
    bool blanks = !is_openmetrics(reader->parser);
    bool quoted = !at_end(at) && *at->p == '"';
    Str name;
    const char *wrong = NULL;
    if (quoted)
        wrong = take_quoted(reader->parser, at, &name);
    else
        name = take_name(at, false);
    if (wrong)
        return wrong;
    if (name.n == 0)
        return "expected a label name";
    if (blanks)
        skip_blanks(at);
    if (quoted && !at_end(at) && (*at->p == ',' || *at->p == '}')) {
        if (!reader->name)
            return "a metric name cannot stand here";
        if (reader->name->n)
            return "more than one metric name";
        if (reader->parser->options.legacy_names && !is_legacy_name(name, true))
            return "invalid metric name";
        *reader->name = name;
        return NULL;
    }
    if (!take(at, '='))
        return "expected '=' after a label name";
    if (str_is(name, "__name__"))
        return "the label name __name__ is reserved";
    if (reader->parser->options.legacy_names && !is_legacy_name(name, false))
        return "invalid label name";
    if (blanks)
        skip_blanks(at);
    if (at_end(at) || *at->p != '"')
        return "expected a quoted label value";
    Str value;
    wrong = take_quoted(reader->parser, at, &value);
    return wrong ? wrong : add_label(reader, name, value);
}

/* The labels up to and with the closing brace; the cursor stands behind the opening one. */
static const char *
take_labels(LabelReader *reader, Cursor *at)
{
    const ExpositionOptions *options = &reader->parser->options;
    bool blanks = !is_openmetrics(reader->parser);
    bool after_comma = false;
    for (;;) {
        if (blanks)
            skip_blanks(at);
        if (take(at, '}'))
            return after_comma && options->strict && !blanks ? "a comma without a label" : NULL;
        const char *wrong = take_label(reader, at);
        if (wrong)
            return wrong;
        if (blanks)
            skip_blanks(at);
        after_comma = take(at, ',');
        bool closed = !at_end(at) && *at->p == '}';
        /* Prometheus takes 0.0.4 labels without a comma between them. */
        if (!after_comma && !closed && (options->strict || !blanks))
            return "expected a comma or the closing brace after a label value";
    }
}

/* The bytes up to the next blank (and, in 0.0.4, tab). */
static Str
take_token(Cursor *at, bool tabs)
{
    const char *from = at->p;
    while (at->p < at->end && *at->p != ' ' && !(tabs && *at->p == '\t'))
        at->p++;
    return (Str){from, (size_t)(at->p - from)};
}

/* Name and labels of a sample. */
static const char *
take_series(ExpositionParser *parser, Cursor *at, ExpositionSample *sample)
{
    Str name = {NULL, 0};
    const char *wrong = NULL;
    bool named = at_end(at) || *at->p != '{';
    if (named) {
        if (!at_end(at) && *at->p == '"')
            return "invalid metric name";
        wrong = take_metric_name(parser, at, &name);
    }
    if (wrong)
        return wrong;
    if (!is_openmetrics(parser))
        skip_blanks(at);
    if (take(at, '{')) {
        LabelReader reader = {parser, parser->labels, 0, &name};
        wrong = take_labels(&reader, at);
        if (wrong)
            return wrong;
        sample->labels = (Labels){reader.labels, reader.count};
    }
    sample->name = name;
    return name.n ? NULL : "no metric name";
}

static const char *
parse_prometheus_sample(ExpositionParser *parser, Str line, ParsedSample *ret)
{
    Cursor at = {line.p, line.p + line.n};
    skip_blanks(&at);
    const char *wrong = take_series(parser, &at, &ret->sample);
    if (wrong)
        return wrong;
    skip_blanks(&at);
    if (!exposition_number(take_token(&at, true), &ret->sample.value))
        return "expected a number as value";
    skip_blanks(&at);
    if (at_end(&at))
        return NULL;
    Str stamp = take_token(&at, true);
    if (!str_to_i64(stamp, &ret->sample.timestamp_ms))
        return "expected an integer as timestamp";
    ret->sample.has_timestamp = true;
    skip_blanks(&at);
    return at_end(&at) ? NULL : "text after the timestamp";
}

static bool
parse_seconds(Str text, double *ret_s, int64_t *ret_ms)
{
    double seconds;
    if (!exposition_number(text, &seconds) || !isfinite(seconds))
        return false;
    double ms = seconds * 1000;
    *ret_s = seconds;
    *ret_ms = ms >= 9.2e18 ? INT64_MAX : ms <= -9.2e18 ? INT64_MIN : (int64_t)ms;
    return true;
}

/* "{…} value [timestamp]", behind " # ". */
static const char *
take_exemplar(ExpositionParser *parser, Cursor *at, ParsedSample *ret)
{
    LabelReader reader = {parser, parser->labels + LIMIT_LABEL_COUNT, 0, NULL};
    if (!take(at, '{'))
        return "expected the labels of an exemplar";
    const char *wrong = take_labels(&reader, at);
    if (wrong)
        return wrong;
    for (size_t i = 0; i < reader.count; i++)
        ret->exemplar_code_points +=
            utf8_count(reader.labels[i].name) + utf8_count(reader.labels[i].value);
    double value, seconds;
    int64_t ms;
    if (!take(at, ' ') || !exposition_number(take_token(at, false), &value))
        return "expected a number as the exemplar's value";
    if (!at_end(at) && (!take(at, ' ') || !parse_seconds(take_token(at, false), &seconds, &ms)))
        return "expected a number as the exemplar's timestamp";
    ret->sample.has_exemplar = true;
    return at_end(at) ? NULL : "text after the exemplar";
}

static bool
take_exemplar_mark(Cursor *at)
{
    if (at->end - at->p < 4 || memcmp(at->p, " # {", 4) != 0)
        return false;
    at->p += 3;
    return true;
}

static const char *
parse_openmetrics_sample(ExpositionParser *parser, Str line, ParsedSample *ret)
{
    Cursor at = {line.p, line.p + line.n};
    const char *wrong = take_series(parser, &at, &ret->sample);
    if (wrong)
        return wrong;
    if (!take(&at, ' ') || !exposition_number(take_token(&at, false), &ret->sample.value))
        return "expected one blank and a number as value";
    if (at_end(&at))
        return NULL;
    if (take_exemplar_mark(&at))
        return take_exemplar(parser, &at, ret);
    if (!take(&at, ' ')
        || !parse_seconds(take_token(&at, false), &ret->timestamp_s, &ret->sample.timestamp_ms))
        return "expected one blank and a finite number as timestamp";
    ret->sample.has_timestamp = true;
    if (at_end(&at))
        return NULL;
    if (take_exemplar_mark(&at))
        return take_exemplar(parser, &at, ret);
    return "text after the timestamp";
}

const char *
exposition_parse_sample(ExpositionParser *parser, Str line, ParsedSample *ret)
{
    return is_openmetrics(parser) ? parse_openmetrics_sample(parser, line, ret)
                                  : parse_prometheus_sample(parser, line, ret);
}

/* Comments. */

typedef struct {
    const char *word;
    MetricType type;
    bool prometheus;
    bool openmetrics;
    bool reference;         /* only the strict parser of 0.0.4 takes it */
} TypeWord;

static const TypeWord TYPE_WORDS[] = {
    {"counter", METRIC_COUNTER, true, true, true},
    {"gauge", METRIC_GAUGE, true, true, true},
    {"histogram", METRIC_HISTOGRAM, true, true, true},
    {"summary", METRIC_SUMMARY, true, true, true},
    {"untyped", METRIC_UNTYPED, true, false, true},
    {"unknown", METRIC_UNTYPED, false, true, false},
    {"gaugehistogram", METRIC_GAUGEHISTOGRAM, false, true, true},
    {"gauge_histogram", METRIC_GAUGEHISTOGRAM, false, false, true},
    {"info", METRIC_INFO, false, true, false},
    {"stateset", METRIC_STATESET, false, true, false},
};

static bool
parse_type(const ExpositionOptions *options, Str word, MetricType *ret)
{
    bool openmetrics = options->format == EXPOSITION_OPENMETRICS;
    for (size_t i = 0; i < sizeof TYPE_WORDS / sizeof *TYPE_WORDS; i++) {
        const TypeWord *row = &TYPE_WORDS[i];
        bool any_case = options->strict && !openmetrics;
        bool taken = openmetrics ? row->openmetrics
                                 : options->strict ? row->reference : row->prometheus;
        bool same = any_case ? str_eq_nocase(word, str_of(row->word)) : str_is(word, row->word);
        if (taken && same) {
            *ret = row->type;
            return true;
        }
    }
    return false;
}

static bool
unit_fits(Str name, Str unit)
{
    return unit.n == 0
           || (name.n > unit.n && str_ends(name, unit) && name.p[name.n - unit.n - 1] == '_');
}

/* What stands behind the name of a metadata line. */
static const char *
finish_metadata(ExpositionParser *parser, Str text, ExpositionMetadata *metadata)
{
    const ExpositionOptions *options = &parser->options;
    metadata->text = text;
    switch (metadata->keyword) {
    case EXPOSITION_TYPE:
        return parse_type(options, text, &metadata->type) ? NULL : "invalid metric type";
    case EXPOSITION_UNIT:
        return unit_fits(metadata->name, text) ? NULL
                                               : "the unit is no suffix of the metric's name";
    case EXPOSITION_HELP:
    default:
        break;
    }
    if (!utf8_valid(text, NULL))
        return "the help text is not valid UTF-8";
    bool openmetrics = is_openmetrics(parser);
    bool strict = options->strict && !openmetrics;
    return unescape(parser, text, openmetrics || strict, strict, &metadata->text);
}

static bool
take_keyword(Str word, bool openmetrics, ExpositionKeyword *ret)
{
    if (str_is(word, "HELP"))
        *ret = EXPOSITION_HELP;
    else if (str_is(word, "TYPE"))
        *ret = EXPOSITION_TYPE;
    else if (openmetrics && str_is(word, "UNIT"))
        *ret = EXPOSITION_UNIT;
    else
        return false;
    return true;
}

static const char *
parse_prometheus_comment(ExpositionParser *parser, Str line, ParsedComment *ret)
{
    bool strict = parser->options.strict;
    Cursor at = {line.p + 1, line.p + line.n};
    ret->is_comment = true;
    bool separated = !at_end(&at) && (*at.p == ' ' || *at.p == '\t');
    skip_blanks(&at);
    Str word = take_token(&at, true);
    if (!take_keyword(word, false, &ret->metadata.keyword) || !(separated || strict))
        return NULL;
    if (at_end(&at))
        return NULL;
    skip_blanks(&at);
    if (at_end(&at) && strict)
        return NULL;
    const char *wrong = take_metric_name(parser, &at, &ret->metadata.name);
    if (wrong)
        return "invalid metric name in a comment";
    if (!at_end(&at) && *at.p != ' ' && *at.p != '\t')
        return "invalid metric name in a comment";
    /* The reference library skips all blanks before the text, Prometheus the first one. */
    if (strict)
        skip_blanks(&at);
    else if (!at_end(&at))
        at.p++;
    if (at_end(&at) && strict)
        return NULL;
    ret->is_comment = false;
    return finish_metadata(parser, (Str){at.p, (size_t)(at.end - at.p)}, &ret->metadata);
}

static const char *
parse_openmetrics_comment(ExpositionParser *parser, Str line, ParsedComment *ret)
{
    if (str_is(line, "# EOF")) {
        ret->is_eof = true;
        return NULL;
    }
    Cursor at = {line.p + 1, line.p + line.n};
    if (!take(&at, ' '))
        return "expected one blank after #";
    Str word = take_token(&at, false);
    if (!take_keyword(word, true, &ret->metadata.keyword))
        return "a comment that is not HELP, TYPE, UNIT or EOF";
    if (!take(&at, ' '))
        return "expected a metric name";
    const char *wrong = take_metric_name(parser, &at, &ret->metadata.name);
    if (wrong)
        return wrong;
    if (!take(&at, ' '))
        return "expected one blank and text after the metric name";
    return finish_metadata(parser, (Str){at.p, (size_t)(at.end - at.p)}, &ret->metadata);
}

const char *
exposition_parse_comment(ExpositionParser *parser, Str line, ParsedComment *ret)
{
    return is_openmetrics(parser) ? parse_openmetrics_comment(parser, line, ret)
                                  : parse_prometheus_comment(parser, line, ret);
}
