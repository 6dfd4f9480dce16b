/* SPDX-License-Identifier: Apache-2.0 */
/* test_exposition.c -- metrics text: what is read, what is refused and why. */
#include "analyzer/text/exposition.h"
#include "tests/unit/runner.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

static Arena *arena;

static void
setup(void)
{
    arena = arena_new(SIZE_MAX);
}

static void
teardown(void)
{
    arena = arena_free(arena);
}

static Exposition
read_text(Str text, ExpositionFormat format, bool strict)
{
    Exposition exposition = {0};
    Err err = {0};
    ExpositionOptions options = {.format = format, .strict = strict};
    ck_assert_ok(exposition_read(arena, text, &options, &exposition, &err), err);
    return exposition;
}

static const struct {
    const char *text;
    double value;
} NUMBERS[] = {
    {"0", 0},
    {"-0", 0},
    {"1", 1},
    {"+1.5", 1.5},
    {".5", 0.5},
    {"1.", 1},
    {"08", 8},
    {"1e3", 1000},
    {"1E-3", 0.001},
    {"123456789012345678901234567890", 123456789012345678901234567890.0},
    {"0.1234567890123456789", 0.1234567890123456789},
    {"4.9351e-05", 4.9351e-05},
    {"7.424100000000001e-05", 7.424100000000001e-05},
    {"1.7976931348623157e308", 1.7976931348623157e308},
    {"5e-324", 5e-324},
    {"1e-400", 0},
    {"0.000000000000000000000000000000001", 1e-33},
    {"1000000000000000000000000", 1e24},
    {"9007199254740993", 9007199254740993.0},
    {"0e999999999999", 0},
    {"inf", INFINITY},
    {"+Inf", INFINITY},
    {"-infinity", -INFINITY},
};

START_TEST(number_is_right)
{
    double value = -1;
    ck_assert_msg(exposition_number(str_of(NUMBERS[_i].text), &value), "%s", NUMBERS[_i].text);
    ck_assert_msg(value == NUMBERS[_i].value, "%s gave %.17g", NUMBERS[_i].text, value);
    ck_assert(signbit(value) == (*NUMBERS[_i].text == '-') || value == INFINITY);
}
END_TEST

static const char *const NO_NUMBERS[] = {
    "",     "-",     "+",    ".",   "e5",  "1e",   "1e+",  "0x1",  "1_2", "1 ",
    "1.2.3", "1e5.", "+nan", "infx", "1e999", "--1", "0b1", "1e400", "nan(1)", "1p3",
};

START_TEST(no_number_is_refused)
{
    double value = 7;
    ck_assert_msg(!exposition_number(str_of(NO_NUMBERS[_i]), &value), "%s", NO_NUMBERS[_i]);
    ck_assert(value == 7);
}
END_TEST

START_TEST(numbers_agree_with_strtod)
{
    uint64_t seed = 12345;
    for (int i = 0; i < 200000; i++) {
        char text[64];
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        unsigned digits = 1 + (unsigned)(seed >> 60);
        uint64_t whole = seed >> (60 - 3 * digits);
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        (void)snprintf(text, sizeof text, "%" PRIu64 ".%ue%d", whole, (unsigned)(seed >> 50),
                       (int)(seed >> 40) % 60 - 30);
        double value, expected = strtod(text, NULL);
        /* Check makes note of every assertion: here there would be too many. */
        if (!exposition_number(str_of(text), &value) || value != expected)
            ck_abort_msg("%s is not %.17g", text, expected);
    }
}
END_TEST

START_TEST(samples_are_read)
{
    Str text = STR("# HELP http_requests_total All of\\nthem.\n"
                   "# TYPE http_requests_total counter\n"
                   "http_requests_total{path=\"/a\\\"b\\\\\\n\",code=\"200\"} 42 1500\n"
                   "\n"
                   "# a remark\n"
                   "  up\t1\n"
                   "http_requests_total{} +Inf\n");
    Exposition e = read_text(text, EXPOSITION_AUTO, false);
    ck_assert_uint_eq(e.sample_count, 3);
    ck_assert_uint_eq(e.bad_line_count, 0);
    ck_assert(!e.summary.cut);
    const ExpositionSample *first = exposition_first(&e, STR("http_requests_total"));
    ck_assert_ptr_nonnull(first);
    ck_assert_uint_eq(first->line, 3);
    ck_assert_uint_eq(first->labels.count, 2);
    ck_assert_str_view(first->labels.items[0].name, "code");
    ck_assert_str_view(labels_get(first->labels, STR("path")), "/a\"b\\\n");
    ck_assert(first->has_timestamp && first->timestamp_ms == 1500);
    ck_assert_int_eq(first->type, METRIC_COUNTER);
    const ExpositionSample *second = exposition_next(&e, first);
    ck_assert_ptr_nonnull(second);
    ck_assert_uint_eq(second->line, 7);
    ck_assert(isinf(second->value));
    ck_assert_ptr_null(exposition_next(&e, second));
    ck_assert_ptr_null(exposition_first(&e, STR("down")));
    ck_assert_uint_eq(e.family_count, 1);
    ck_assert_str_view(e.families[0].help, "All of\nthem.");
    ck_assert_int_eq(e.families[0].type, METRIC_COUNTER);
}
END_TEST

START_TEST(a_strict_parser_knows_quotes_in_help)
{
    Exposition e = read_text(STR("# HELP a b\\\"c\na 1\n"), EXPOSITION_PROMETHEUS, true);
    ck_assert_uint_eq(e.bad_line_count, 0);
    ck_assert_uint_eq(e.family_count, 1);
    ck_assert_str_view(e.families[0].help, "b\"c");
}
END_TEST

/* A line that is refused, in its format and strength, and the reason. */
static const struct {
    const char *text;
    ExpositionFormat format;
    bool strict;
    const char *reason;
} BAD_LINES[] = {
    {"a\n", EXPOSITION_PROMETHEUS, false, "expected a number as value"},
    {"9a 1\n", EXPOSITION_PROMETHEUS, false, "invalid metric name"},
    {"a{b=\"c} 1\n", EXPOSITION_PROMETHEUS, false, "a quoted string has no end"},
    {"a{b=\"c\\\n", EXPOSITION_PROMETHEUS, false, "a quoted string has no end"},
    {"a{b=\"\xff\"} 1\n", EXPOSITION_PROMETHEUS, false, "a quoted string is not valid UTF-8"},
    {"a{b=c} 1\n", EXPOSITION_PROMETHEUS, false, "expected a quoted label value"},
    {"a{b} 1\n", EXPOSITION_PROMETHEUS, false, "expected '=' after a label name"},
    {"a{=\"c\"} 1\n", EXPOSITION_PROMETHEUS, false, "expected a label name"},
    {"a{__name__=\"c\"} 1\n", EXPOSITION_PROMETHEUS, false,
     "the label name __name__ is reserved"},
    {"a{b=\"c\",b=\"d\"} 1\n", EXPOSITION_PROMETHEUS, false, "a label name appears twice"},
    {"{b=\"c\"} 1\n", EXPOSITION_PROMETHEUS, false, "no metric name"},
    {"{\"\"} 1\n", EXPOSITION_PROMETHEUS, false, "expected a label name"},
    {"a{\"b\"} 1\n", EXPOSITION_PROMETHEUS, false, "more than one metric name"},
    {"a 1 2.5\n", EXPOSITION_PROMETHEUS, false, "expected an integer as timestamp"},
    {"a 1 2 3\n", EXPOSITION_PROMETHEUS, false, "text after the timestamp"},
    {"# TYPE a b\n", EXPOSITION_PROMETHEUS, false, "invalid metric type"},
    {"# TYPE 1a gauge\n", EXPOSITION_PROMETHEUS, false, "invalid metric name in a comment"},
    {"# HELP a \xff\n", EXPOSITION_PROMETHEUS, false, "the help text is not valid UTF-8"},
    {"a{b=\"\\x\"} 1\n", EXPOSITION_PROMETHEUS, true, "invalid escape sequence"},
    {"a{b=\"c\" d=\"e\"} 1\n", EXPOSITION_PROMETHEUS, true,
     "expected a comma or the closing brace after a label value"},
    {"a 1", EXPOSITION_PROMETHEUS, true, "the last line has no end"},
    {"# HELP a b\n# HELP a b\n", EXPOSITION_PROMETHEUS, true,
     "a second HELP line for this metric"},
    {"a 1\n# TYPE a gauge\n", EXPOSITION_PROMETHEUS, true,
     "a second TYPE line, or TYPE after samples"},
    {"# TYPE a summary\na{quantile=\"x\"} 1\n", EXPOSITION_PROMETHEUS, true,
     "expected a number as value of the label quantile"},
    {"# TYPE a histogram\na_bucket{le=\"x\"} 1\n", EXPOSITION_PROMETHEUS, true,
     "expected a number as value of the label le"},
    {"# TYPE a histogram\na_count -1\n", EXPOSITION_PROMETHEUS, true,
     "a negative count in a histogram"},
    {"a 1\n", EXPOSITION_OPENMETRICS, false, "the text does not end with # EOF"},
    {"\n# EOF\n", EXPOSITION_OPENMETRICS, false, "a blank line"},
    {"# EOF\na 1\n", EXPOSITION_OPENMETRICS, false, "text after # EOF"},
    {"a  1\n# EOF\n", EXPOSITION_OPENMETRICS, false, "expected one blank and a number as value"},
    {"a 1 NaN\n# EOF\n", EXPOSITION_OPENMETRICS, false,
     "expected one blank and a finite number as timestamp"},
    {"a 1 2 3\n# EOF\n", EXPOSITION_OPENMETRICS, false, "text after the timestamp"},
    {"a 1 # {} x\n# EOF\n", EXPOSITION_OPENMETRICS, false,
     "expected a number as the exemplar's value"},
    {"a 1 # {} 1 x\n# EOF\n", EXPOSITION_OPENMETRICS, false,
     "expected a number as the exemplar's timestamp"},
    {"a 1 # {} 1 2 3\n# EOF\n", EXPOSITION_OPENMETRICS, false, "text after the exemplar"},
    {"a 1 # {\"b\"} 1\n# EOF\n", EXPOSITION_OPENMETRICS, false,
     "a metric name cannot stand here"},
    {"#a\n# EOF\n", EXPOSITION_OPENMETRICS, false, "expected one blank after #"},
    {"# a\n# EOF\n", EXPOSITION_OPENMETRICS, false,
     "a comment that is not HELP, TYPE, UNIT or EOF"},
    {"# TYPE\n# EOF\n", EXPOSITION_OPENMETRICS, false, "expected a metric name"},
    {"# TYPE a histogram\na_bucket{le=\"+INF\"} 0\n# EOF\n", EXPOSITION_OPENMETRICS, true,
     "an infinite bucket whose le is not \"+Inf\""},
    {"# HELP a\n# EOF\n", EXPOSITION_OPENMETRICS, false,
     "expected one blank and text after the metric name"},
    {"# UNIT a seconds\n# EOF\n", EXPOSITION_OPENMETRICS, false,
     "the unit is no suffix of the metric's name"},
    {"a{b=\"c\",} 1\n# EOF\n", EXPOSITION_OPENMETRICS, true, "a comma without a label"},
    {"a 1\n# HELP a x\n# EOF\n", EXPOSITION_OPENMETRICS, true,
     "a comment about a metric after its samples"},
    {"# HELP a x\n# HELP a x\n# EOF\n", EXPOSITION_OPENMETRICS, true,
     "a second HELP, TYPE or UNIT line for this metric"},
    {"a 1\nb 1\na 2\n# EOF\n", EXPOSITION_OPENMETRICS, true,
     "the name clashes with that of another metric"},
    {"# TYPE a_s info\n# UNIT a_s s\n# EOF\n", EXPOSITION_OPENMETRICS, true,
     "a unit on a metric of this type"},
    {"# TYPE a counter\na_total NaN\n# EOF\n", EXPOSITION_OPENMETRICS, true,
     "a count that is not a number"},
    {"# TYPE a counter\na_total -1\n# EOF\n", EXPOSITION_OPENMETRICS, true, "a negative count"},
    {"# TYPE a summary\na_count 1.5\n# EOF\n", EXPOSITION_OPENMETRICS, true,
     "a count that is no whole number"},
    {"# TYPE a stateset\na{a=\"x\"} 2\n# EOF\n", EXPOSITION_OPENMETRICS, true,
     "a state that is neither 0 nor 1"},
    {"# TYPE a info\na_info 2\n# EOF\n", EXPOSITION_OPENMETRICS, true,
     "an info metric that is not 1"},
    {"# TYPE a summary\na{quantile=\"1\"} -1\n# EOF\n", EXPOSITION_OPENMETRICS, true,
     "a negative quantile"},
    {"# TYPE a stateset\na 1\n# EOF\n", EXPOSITION_OPENMETRICS, true,
     "a stateset without the label of its name"},
    {"# TYPE a histogram\na_bucket 1\n# EOF\n", EXPOSITION_OPENMETRICS, true,
     "a bucket without a number as le"},
    {"# TYPE a summary\na{quantile=\"2\"} 1\n# EOF\n", EXPOSITION_OPENMETRICS, true,
     "a quantile that is not between 0 and 1"},
    {"a 1 # {} 1\n# EOF\n", EXPOSITION_OPENMETRICS, true,
     "an exemplar on a sample that may have none"},
    {"a{b=\"1\"} 1\na{b=\"2\"} 1\na{b=\"1\"} 2\n# EOF\n", EXPOSITION_OPENMETRICS, true,
     "the samples of one metric do not stand together"},
    {"a 1\na 1\n# EOF\n", EXPOSITION_OPENMETRICS, true, "the series appears twice"},
    {"a 1 5\na 1\n# EOF\n", EXPOSITION_OPENMETRICS, true,
     "samples with and without timestamps in one metric"},
    {"a 1 5\na 1 4\n# EOF\n", EXPOSITION_OPENMETRICS, true, "timestamps go backwards"},
    {"# TYPE a histogram\na_bucket{le=\"1\"} 1\n# EOF\n", EXPOSITION_OPENMETRICS, true,
     "a histogram without its +Inf bucket"},
    {"# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_count 2\na_sum 1\n# EOF\n",
     EXPOSITION_OPENMETRICS, true, "the count of a histogram differs from its +Inf bucket"},
    {"# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_count 1\n# EOF\n", EXPOSITION_OPENMETRICS,
     true, "a histogram with only one of sum and count"},
    {"# TYPE a histogram\na_bucket{le=\"-1\"} 1\na_bucket{le=\"+Inf\"} 1\na_count 1\na_sum 1\n"
     "# EOF\n", EXPOSITION_OPENMETRICS, true, "a histogram with a sum and negative buckets"},
    {"# TYPE a gaugehistogram\na_bucket{le=\"+Inf\"} 1\na_gcount 1\na_gsum -1\n# EOF\n",
     EXPOSITION_OPENMETRICS, true, "a negative sum without negative buckets"},
    {"# TYPE a histogram\na_bucket{le=\"2\"} 1\na_bucket{le=\"1\"} 1\n# EOF\n",
     EXPOSITION_OPENMETRICS, true, "the buckets are not in order"},
    {"# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"2\"} 1\n# EOF\n",
     EXPOSITION_OPENMETRICS, true, "a bucket holds less than the one before"},
};

START_TEST(bad_line_is_named)
{
    Exposition e =
        read_text(str_of(BAD_LINES[_i].text), BAD_LINES[_i].format, BAD_LINES[_i].strict);
    ck_assert_msg(e.bad_line_count >= 1, "nothing wrong with '%s'", BAD_LINES[_i].text);
    ck_assert_str_eq(e.bad_lines[0].reason, BAD_LINES[_i].reason);
}
END_TEST

START_TEST(a_long_exemplar_is_refused)
{
    Str text = arena_strf(arena, "# TYPE a counter\na_total 1 # {b=\"%0128d\"} 1\n# EOF\n", 1);
    Exposition e = read_text(text, EXPOSITION_AUTO, true);
    ck_assert_uint_eq(e.bad_line_count, 1);
    ck_assert_str_eq(e.bad_lines[0].reason,
                     "the labels of an exemplar are longer than 128 characters");
    ck_assert_uint_eq(e.bad_lines[0].line, 2);
}
END_TEST

START_TEST(other_lines_still_count)
{
    Exposition e = read_text(STR("a 1\nb\nc 3\n"), EXPOSITION_AUTO, false);
    ck_assert_uint_eq(e.sample_count, 2);
    ck_assert_uint_eq(e.bad_line_count, 1);
    ck_assert_uint_eq(e.bad_lines[0].line, 2);
    ck_assert_uint_eq(e.samples[1].line, 3);
}
END_TEST

START_TEST(a_cut_text_is_known)
{
    ck_assert(read_text(STR("a 1\nb 2"), EXPOSITION_AUTO, false).summary.cut);
    ck_assert(!read_text(STR("a 1\nb 2\n"), EXPOSITION_AUTO, false).summary.cut);
    ck_assert(!read_text(STR("a 1\n  "), EXPOSITION_AUTO, false).summary.cut);
    ck_assert(!read_text(STR(""), EXPOSITION_AUTO, false).summary.cut);
    ck_assert(read_text(STR("a 1\n"), EXPOSITION_OPENMETRICS, false).summary.cut);
    ck_assert(!read_text(STR("a 1\n# EOF"), EXPOSITION_AUTO, false).summary.cut);
}
END_TEST

START_TEST(nul_bytes_are_text)
{
    Exposition e = read_text(STR("a{b=\"x\0y\"} 1\na\0b 2\n"), EXPOSITION_AUTO, false);
    ck_assert_uint_eq(e.sample_count, 1);
    ck_assert_uint_eq(labels_get(e.samples[0].labels, STR("b")).n, 3);
    ck_assert_uint_eq(e.bad_line_count, 1);
}
END_TEST

START_TEST(what_nobody_asked_for_is_checked_and_counted)
{
    /* Quoted names with escapes are read into one and the same place. */
    static const char TEXT[] = "a 1\nb{l=\"x\"} 2\nb 3\nb{l=} 4\na{l=\"y\"} 5\n{\"q\\n1\"} 6\n"
                               "{\"q\\n2\"} 7\n{\"q\\n1\"} 8\nc 9\n";
    Map names;
    map_init(&names, arena);
    ck_assert(map_put(&names, STR("a"), arena));
    ck_assert(map_put(&names, STR("q\n2"), arena));
    ExpositionOptions options = {.names = &names};
    Exposition e;
    Err err = {0};
    ck_assert_ok(exposition_read(arena, str_of(TEXT), &options, &e, &err), err);
    ck_assert_uint_eq(e.summary.sample_count, 8);
    ck_assert_uint_eq(e.bad_line_count, 1);
    ck_assert_uint_eq(e.bad_lines[0].line, 4);
    ck_assert_uint_eq(e.sample_count, 3);
    ck_assert(e.samples[0].value == 1 && e.samples[1].value == 5 && e.samples[2].value == 7);
    ck_assert_ptr_eq(exposition_first(&e, STR("a")), &e.samples[0]);
    ck_assert_ptr_eq(exposition_next(&e, &e.samples[0]), &e.samples[1]);
    ck_assert_ptr_null(exposition_first(&e, STR("b")));
    ck_assert_uint_eq(e.samples[1].line, 5);
}
END_TEST

START_TEST(samples_may_keep_some_of_their_labels)
{
    static const char TEXT[] = "b{l=\"x\",m=\"1\"} 1\nb{l=\"y\",m=\"2\"} 2\na{l=\"z\",m=\"3\"} 3\n"
                               "a{l=\"z\",m=\"4\"} 4\nb{l=\"v\",m=\"5\"} 5\nb{l=\"w\"} 6\nc{l=\"w\"} 7\n";
    static const size_t LABELS[] = {2, 1, 2, 2, 2, 0, 1};
    Map names, labels;
    map_init(&names, arena);
    map_init(&labels, arena);
    ck_assert(map_put(&names, STR("a"), arena) && map_put(&labels, STR("m"), arena));
    ExpositionOptions options = {.names = &names, .labels = &labels};
    Exposition e;
    Err err = {0};
    ck_assert_ok(exposition_read(arena, str_of(TEXT), &options, &e, &err), err);
    ck_assert_uint_eq(e.sample_count, 7);
    for (size_t i = 0; i < 7; i++)
        ck_assert_uint_eq(e.samples[i].labels.count, LABELS[i]);
    ck_assert_str_view(labels_get(e.samples[1].labels, STR("m")), "2");
    ck_assert_ptr_eq(exposition_next(&e, &e.samples[1]), &e.samples[4]);
    /* Without names all is kept. */
    options.names = NULL;
    ck_assert_ok(exposition_read(arena, str_of(TEXT), &options, &e, &err), err);
    ck_assert_uint_eq(e.samples[1].labels.count, 2);
}
END_TEST

START_TEST(quoted_names_may_be_refused)
{
    static const char *const TEXTS[] = {"{\"a.b\"} 1\n", "a{\"b.c\"=\"d\"} 1\n",
                                        "# TYPE \"a.b\" gauge\n"};
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        ExpositionOptions options = {.legacy_names = false};
        Exposition e;
        Err err = {0};
        ck_assert_ok(exposition_read(arena, str_of(TEXTS[i]), &options, &e, &err), err);
        ck_assert_uint_eq(e.bad_line_count, 0);
        options.legacy_names = true;
        ck_assert_ok(exposition_read(arena, str_of(TEXTS[i]), &options, &e, &err), err);
        ck_assert_uint_eq(e.bad_line_count, 1);
    }
}
END_TEST

typedef struct {
    double sum;
    unsigned count;
} Total;

static Status
add_up(void *context, const ExpositionSample *sample)
{
    Total *total = context;
    total->sum += sample->value * (double)sample->line;
    total->count++;
    return ST_OK;
}

START_TEST(chunks_may_end_anywhere)
{
    Str text = STR("# TYPE a gauge\na{b=\"c\"} 1\nd 2\n\n# x\ne{f=\"g\",h=\"i\"} 3 4\nj 5");
    double expected = 1 * 2 + 2 * 3 + 3 * 6 + 5 * 7;
    for (size_t size = 1; size <= text.n; size++) {
        Total total = {0};
        ExpositionHandler handler = {.sample = add_up, .context = &total};
        ExpositionParser *parser;
        ExpositionSummary summary;
        Err err = {0};
        ck_assert_ok(exposition_open(arena, &(ExpositionOptions){0}, &handler, &parser, &err), err);
        for (size_t at = 0; at < text.n; at += size)
            ck_assert_ok(exposition_feed(parser, str_sub(text, at, size), &err), err);
        ck_assert_ok(exposition_close(parser, &summary, &err), err);
        ck_assert_uint_eq(total.count, 4);
        ck_assert(total.sum == expected);
        ck_assert_uint_eq(summary.line_count, 7);
        ck_assert(summary.cut);
    }
}
END_TEST

START_TEST(limits_hold)
{
    size_t bytes = LIMIT_METRIC_LINE_BYTES + 100;
    char *text = malloc(bytes + 10);
    ck_assert_ptr_nonnull(text);
    memset(text, 'a', bytes);
    memcpy(text + bytes, "\nb 1\n", 6);
    Exposition e = read_text((Str){text, bytes + 5}, EXPOSITION_AUTO, false);
    ck_assert_uint_eq(e.sample_count, 1);
    ck_assert_str_eq(e.bad_lines[0].reason, "the line is too long");
    ck_assert_uint_eq(e.samples[0].line, 2);
    free(text);

    Str line = STR("a{");
    for (unsigned i = 0; i <= LIMIT_LABEL_COUNT; i++)
        line = arena_strf(arena, STR_FMT "l%u=\"\",", STR_ARG(line), i);
    line = arena_strf(arena, STR_FMT "} 1\n", STR_ARG(line));
    e = read_text(line, EXPOSITION_AUTO, false);
    ck_assert_str_eq(e.bad_lines[0].reason, "too many labels");

    line = STR("");
    for (unsigned i = 0; i < LIMIT_BAD_LINE_COUNT + 5; i++)
        line = arena_strf(arena, STR_FMT "!\n", STR_ARG(line));
    e = read_text(line, EXPOSITION_AUTO, false);
    ck_assert_uint_eq(e.bad_line_count, LIMIT_BAD_LINE_COUNT);
    ck_assert_uint_eq(e.summary.bad_line_count, LIMIT_BAD_LINE_COUNT + 5);
}
END_TEST

static Status
refuse(void *context, const ExpositionSample *sample)
{
    (void)context;
    return sample->line == 2 ? ST_CANCELLED : ST_OK;
}

START_TEST(a_callback_may_end_it)
{
    ExpositionHandler handler = {.sample = refuse};
    ExpositionParser *parser;
    Err err = {0};
    ck_assert_ok(exposition_open(arena, &(ExpositionOptions){0}, &handler, &parser, &err), err);
    ck_assert_status(exposition_feed(parser, STR("a 1\na 2\na 3\n"), &err), ST_CANCELLED);
}
END_TEST

/* Texts with bytes changed and cut out: whatever comes, every line is a sample, a comment or
 * named as bad. */
START_TEST(damaged_texts_do_no_harm)
{
    static const char TEXT[] = "# HELP a b\\n\n# TYPE a histogram\n# UNIT a_s s\n"
                               "a_bucket{le=\"1\",c=\"d\\\"\"} 1 # {e=\"f\"} 0.5 1.5\n"
                               "a_count 1\na_sum 2.5e-3 1700000000\n{\"b.c\",d=\"e\"} NaN\n"
                               "f +Inf 1\n# EOF\n";
    static const char BYTES[] = "#{}\",=\\ \n\t0189.eE+-_:aN\xff\xc3\xa9";
    uint64_t seed = (uint64_t)_i + 1;
    ArenaMark mark = arena_mark(arena);
    for (int round = 0; round < 2000; round++) {
        char text[sizeof TEXT];
        size_t n = sizeof TEXT - 1;
        memcpy(text, TEXT, n);
        for (int change = 0; change < 1 + round % 5; change++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            size_t at = (size_t)(seed >> 33) % n;
            if (round % 3 == 0)
                memmove(text + at, text + at + 1, --n - at);
            else
                text[at] = BYTES[(seed >> 20) % (sizeof BYTES - 1)];
        }
        Exposition e = read_text((Str){text, n}, (ExpositionFormat)(_i % 3), _i >= 3);
        if (e.sample_count + e.bad_line_count > e.summary.line_count + 2u)
            ck_abort_msg("more samples and bad lines than lines");
        arena_reset_to(arena, mark);
    }
}
END_TEST

START_TEST(memory_may_run_out)
{
    for (size_t budget = 0; budget < 40000; budget += 64) {
        Arena *small = arena_new(budget);
        ck_assert_ptr_nonnull(small);
        Exposition e;
        Err err = {0};
        ExpositionOptions options = {.strict = true};
        Status status = exposition_read(
            small, STR("# TYPE a counter\n# HELP a b\na_total{b=\"c\"} 1\nd 1\na_total 2\n# EOF\n"),
            &options, &e, &err);
        ck_assert(status == ST_OK || status == ST_NOMEM);
        arena_free(small);
    }
}
END_TEST

START_TEST(types_have_names)
{
    for (int type = 0; type < METRIC_TYPE_COUNT; type++)
        ck_assert_uint_gt(strlen(metric_type_name((MetricType)type)), 3);
    ck_assert_str_eq(metric_type_name(METRIC_TYPE_COUNT), "untyped");
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("exposition");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 60);
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_loop_test(all, number_is_right, 0, COUNT(NUMBERS));
    tcase_add_loop_test(all, no_number_is_refused, 0, COUNT(NO_NUMBERS));
    tcase_add_test(all, numbers_agree_with_strtod);
    tcase_add_test(all, samples_are_read);
    tcase_add_test(all, a_strict_parser_knows_quotes_in_help);
    tcase_add_loop_test(all, bad_line_is_named, 0, COUNT(BAD_LINES));
    tcase_add_test(all, a_long_exemplar_is_refused);
    tcase_add_test(all, other_lines_still_count);
    tcase_add_test(all, a_cut_text_is_known);
    tcase_add_test(all, nul_bytes_are_text);
    tcase_add_test(all, quoted_names_may_be_refused);
    tcase_add_test(all, what_nobody_asked_for_is_checked_and_counted);
    tcase_add_test(all, samples_may_keep_some_of_their_labels);
    tcase_add_test(all, chunks_may_end_anywhere);
    tcase_add_test(all, limits_hold);
    tcase_add_test(all, a_callback_may_end_it);
    tcase_add_loop_test(all, damaged_texts_do_no_harm, 0, 6);
    tcase_add_test(all, memory_may_run_out);
    tcase_add_test(all, types_have_names);
    suite_add_tcase(suite, all);
    return suite;
}
