/* SPDX-License-Identifier: Apache-2.0 */
/* test_log_line.c -- heads of log lines, and records made of lines. */
#include "analyzer/text/log_line.h"
#include "base/limits.h"
#include "base/timestamp.h"
#include "tests/unit/log_oracle.h"
#include "tests/unit/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 2018-06-15T00:00:00Z: when the logs of these tests were taken. */
#define TAKEN (INT64_C(1529020800) * NS_PER_S)

static const struct {
    const char *line;
    const char *time;    /* "": a head without a time; NULL: no head */
} HEADS[] = {
    {"2018-06-14T08:03:01.123456Z\tinfo\tBuilt new config.Snapshot: id='2'", "2018-06-14T08:03:01.123456Z"},
    {"2018-06-14T08:03:01.123456Z  error  api  Report failed:1 error", "2018-06-14T08:03:01.123456Z"},
    {"2018-06-14T10:03:01+02:00 x", "2018-06-14T08:03:01Z"},
    {"{\"level\":\"info\",\"time\":\"2018-06-14T08:03:01.123456Z\",\"instance\":\"accesslog\"}", "2018-06-14T08:03:01.123456Z"},
    {"{\"level\":\"error\",\"ts\":1528963381.5,\"msg\":\"x\"}", "2018-06-14T08:03:01.500Z"},
    {"{\"start_time\":\"2018-06-14T08:03:01.123Z\",\"method\":\"GET\"}", "2018-06-14T08:03:01.123Z"},
    {"{\"ts\":1528963381123.4567,\"caller\":\"a.go:1\",\"msg\":\"x\",\"v\":0}", "2018-06-14T08:03:01.123456700Z"},
    {"{\"ts\":15289633811234,\"msg\":\"no such unit\"}", ""},
    {"{\"ts\":\"2018-06-14T08:03:01.123Z\",\"msg\":\"x\"}", "2018-06-14T08:03:01.123Z"},
    {"{\"severity\":\"INFO\",\"@timestamp\":\"2018-06-14T08:03:01Z\"}", "2018-06-14T08:03:01Z"},
    /* Istio 1.27: the control plane, and Envoy's lines as pilot-agent writes them. */
    {"2018-06-14T08:03:01.123456Z\tinfo\tads\tADS: new connection for node:a.b-1", "2018-06-14T08:03:01.123456Z"},
    {"2018-06-14T08:03:01.123456Z\twarning\tenvoy config external/envoy/x.cc:152\tgRPC config", "2018-06-14T08:03:01.123456Z"},
    {"{\"level\":\"warn\",\"time\":\"2018-06-14T08:03:01.123456Z\",\"scope\":\"ads\",\"msg\":\"x\"}", "2018-06-14T08:03:01.123456Z"},
    {"[2018-06-14T08:03:01.123Z] \"GET / HTTP/1.1\" 503 UH no_healthy_upstream - \"-\" 0 19", "2018-06-14T08:03:01.123Z"},
    {"{\"authority\":\"a\",\"bytes_sent\":0,\"duration\":3,\"start_time\":\"2018-06-14T08:03:01.123Z\"}", "2018-06-14T08:03:01.123Z"},
    {"[2018-06-14 08:03:01.735][14][info][main] [external/envoy/source/server/server.cc:1] x", "2018-06-14T08:03:01.735Z"},
    {"{\"level\":\"error\",\"msg\":\"no time\"}", ""},
    {"W0227 21:51:03.156818       1 admission.go:257] Failed calling webhook", "2018-02-27T21:51:03.156818Z"},
    {"I1231 23:59:59.000001       1 x.go:1] last year", "2017-12-31T23:59:59.000001Z"},
    {"I0615 08:00:00.000000       1 x.go:1] a clock ahead by hours", "2018-06-15T08:00:00Z"},
    {"[2017-05-17 03:00:52.735][14236][critical][assert] assert failure: fd_ != -1", "2017-05-17T03:00:52.735Z"},
    {"[Envoy (Epoch 3)] [2019-05-17 03:00:52.735][14][warning][main] x", "2019-05-17T03:00:52.735Z"},
    {"[2018-05-26T04:17:41.562Z] \"GET /health HTTP/1.1\" 200 - 0 103", "2018-05-26T04:17:41.562Z"},
    {"level=info ts=2018-06-14T08:03:01.123456789Z caller=main.go:1 msg=x", "2018-06-14T08:03:01.123456789Z"},
    {"ts=2018-06-14T08:03:01.123Z caller=main.go:1 level=warn", "2018-06-14T08:03:01.123Z"},
    {"t=2018-06-14T08:03:01+0000 lvl=info msg=\"x\"", "2018-06-14T08:03:01Z"},
    {"time=\"2018-06-14T08:03:01Z\" level=info msg=x", "2018-06-14T08:03:01Z"},
    {"2018/06/14 08:03:01 [error] 7#7: *1 connect() failed", "2018-06-14T08:03:01Z"},
    {"2018/06/14 08:03:01.123456 http: TLS handshake error", "2018-06-14T08:03:01.123456Z"},
    {"2018-06-14 08:03:01,123 ERROR [main] x", "2018-06-14T08:03:01.123Z"},
    {"10.0.0.1 - - [14/Jun/2018:10:03:01 +0200] \"GET / HTTP/1.1\" 426 0", "2018-06-14T08:03:01Z"},
    {"Jun 14 08:03:01 node kubelet[1]: x", "2018-06-14T08:03:01Z"},
    {"Jun  4 08:03:01 node kubelet[1]: x", "2018-06-04T08:03:01Z"},
    {"[libprotobuf ERROR src/istio/mixerclient/report_batch.cc:83] Mixer Report failed", ""},
    {"gc 2 @0.020s 3%: 0.008+0.82 ms clock", ""},
    {"[Envoy (Epoch 3)] ", NULL},
    {"gcc: fatal error", NULL},
    {"* failed to report all values: 1 error occurred:", NULL},
    {"", NULL},
    {"Starting gRPC server on port 9091", NULL},
    {"\tgithub.com/x.go:12 +0x1f", NULL},
    {"2018-13-14T08:03:01Z month 13", NULL},
    {"2018-02-30T08:03:01Z no such day", NULL},
    {"9999999999999999999999", NULL},
    {"W0227", NULL},
    {"I9999 99:99:99.000000 x y z w v", NULL},
};

START_TEST(heads_are_recognised)
{
    LogHead head = log_head(str_of(HEADS[_i].line), TAKEN);
    ck_assert_msg(head.known == (HEADS[_i].time != NULL), "%s", HEADS[_i].line);
    ck_assert_msg(head.has_time == (HEADS[_i].time && HEADS[_i].time[0]), "%s", HEADS[_i].line);
    if (head.has_time) {
        char text[TIMESTAMP_TEXT_BYTES];
        timestamp_format(head.time_ns, text);
        ck_assert_str_eq(text, HEADS[_i].time);
    }
}
END_TEST

/* Every prefix of every head is looked at without reading past it. */
START_TEST(a_head_may_end_anywhere)
{
    size_t n = strlen(HEADS[_i].line);
    for (size_t length = 0; length < n; length++) {
        char *copy = malloc(length ? length : 1); /* exact: sanitizers see a byte too many */
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, HEADS[_i].line, length);
        (void)log_head((Str){copy, length}, TAKEN);
        (void)log_prefix((Str){copy, length});
        free(copy);
    }
}
END_TEST

static const struct {
    const char *line;
    size_t bytes;
    bool cri;
    bool partial;
} PREFIXES[] = {
    {"2018-06-14T08:03:01.123456789Z stdout F message", 40, true, false},
    {"2018-06-14T08:03:01.123456789Z stderr P mess", 40, true, true},
    {"2018-06-14T08:03:01.123456789Z stdout F", 39, true, false},
    {"2018-06-14T08:03:01.123456789Z message", 31, false, false},
    {"2018-06-14T08:03:01.123456789+02:00 message", 36, false, false},
    {"2018-06-14T08:03:01.123456Z\tinfo", 0, false, false},
    {"2018-06-14T08:03:01.123456789Z", 30, false, false},
    {"2018-06-14T08:03:01 message", 0, false, false},
    {"message", 0, false, false},
};

START_TEST(prefixes_are_recognised)
{
    LogPrefix prefix = log_prefix(str_of(PREFIXES[_i].line));
    ck_assert_uint_eq(prefix.bytes, PREFIXES[_i].bytes);
    ck_assert_int_eq(prefix.cri, PREFIXES[_i].cri);
    ck_assert_int_eq(prefix.partial, PREFIXES[_i].partial);
}
END_TEST

/* Records as "LINE+COUNT TEXT" with '\n' shown as '|', one a line; '!' behind cut ones. */
static Status
print_record(void *context, const LogRecord *record, Err *err)
{
    Buf *out = context;
    buf_printf(out, "%u+%u ", record->line, record->line_count);
    for (size_t i = 0; i < record->text.n; i++)
        buf_addc(out, record->text.p[i] == '\n' ? '|' : record->text.p[i]);
    buf_adds(out, record->cut ? "!\n" : "\n");
    return buf_status(out, err);
}

/* Every record of every block, as a scan would see them that wants all. */
typedef struct {
    LogRecordFn *fn;
    void *context;
    unsigned cut;
} Walk;

/* However a record is asked for, it is the same one. */
static void
check_places(const LogBlock *block, size_t from, size_t first, size_t end)
{
    for (size_t line = first; line < end; line += 1 + (end - first) / 7)
        ck_assert_uint_eq(log_block_around(block, from, line), first);
    size_t at = block->lines[first].start;
    size_t past = block->lines[end].start;
    for (; at < past; at += 1 + (past - at) / 5) {
        size_t line = log_block_line_at(block, from, at);
        ck_assert(line >= first && line < end);
        ck_assert_uint_eq(log_block_line_at(block, 0, at), line);
    }
}

static Status
walk_block(void *context, const LogBlock *block, Err *err)
{
    Walk *walk = context;
    size_t cut = log_block_next_cut(block, 0);
    size_t end = 0;
    for (size_t first; (first = log_block_begin(block, end)) < block->count;) {
        size_t before = end;
        end = log_block_end(block, first);
        LogRecord record = log_block_record(block, first, end);
        check_places(block, before, first, end);
        check_places(block, 0, first, end);
        ck_assert_int_eq(cut == first, record.cut);
        if (cut == first)
            cut = log_block_next_cut(block, end);
        walk->cut += record.cut;
        TRY(walk->fn(walk->context, &record, err));
    }
    ck_assert_uint_eq(cut, block->count);
    return ST_OK;
}

/* Feeds the log in pieces of so many bytes and walks over its records. */
static LogBlocks *
read_log(Str log, size_t piece, Walk *walk)
{
    Err err = {0};
    LogBlocks *blocks = log_blocks_new(TAKEN, walk_block, walk);
    ck_assert_ptr_nonnull(blocks);
    for (Str rest = log; rest.n; rest = str_from(rest, piece))
        ck_assert_ok(log_blocks_feed(blocks, str_head(rest, piece), &err), err);
    ck_assert_ok(log_blocks_end(blocks, &err), err);
    return blocks;
}

static const struct {
    const char *log;
    const char *records;
} LOGS[] = {
    {"", ""},
    {"one\ntwo\n", "1+1 one\n2+1 two\n"},
    {"one\ntwo", "1+1 one\n2+1 two\n"},
    {"one\r\n\r\ntwo\r\n", "1+2 one\n3+1 two\n"},
    {"panic: x\n\tmain.go:1\n  more\nnext\n", "1+3 panic: x|\tmain.go:1|  more\n4+1 next\n"},
    {"  indented first\nsecond\n", "1+1   indented first\n2+1 second\n"},
    /* Mixer's nested errors hold blank lines; an access log entry ends them. */
    {"2018-06-14T08:03:01.123456Z\terror\tapi\tReport failed:1 error occurred:\n\n"
     "* failed to report: 1 error occurred:\n\n* no metric\n"
     "{\"level\":\"info\",\"time\":\"2018-06-14T08:03:01.123456Z\"}\n",
     "1+5 2018-06-14T08:03:01.123456Z\terror\tapi\tReport failed:1 error occurred:||"
     "* failed to report: 1 error occurred:||* no metric\n"
     "6+1 {\"level\":\"info\",\"time\":\"2018-06-14T08:03:01.123456Z\"}\n"},
    /* The start block has no times. */
    {"Mixer started with\nMaxMessageSize: 1\n\n2018-06-14T08:03:01.123456Z\tinfo\tx\nrest\n",
     "1+1 Mixer started with\n2+2 MaxMessageSize: 1\n4+2 2018-06-14T08:03:01.123456Z\tinfo\tx|rest\n"},
    /* CRI's files: prefix off, partial lines joined. */
    {"2018-06-14T08:03:01.123456789Z stdout P hal\n2018-06-14T08:03:01.123456789Z stdout P f-\n"
     "2018-06-14T08:03:01.123456789Z stdout F line\n2018-06-14T08:03:02.1Z stderr F \n",
     "1+2 half-line\n"},
    {"2018-06-14T08:03:01.123456789Z stdout P never ended\n", "1+1 never ended\n"},
    /* The other stream may write in between. */
    {"2018-06-14T08:03:01.123456789Z stdout P hal\n2018-06-14T08:03:01.123456789Z stderr P other \n"
     "2018-06-14T08:03:01.123456789Z stdout F f\n2018-06-14T08:03:01.123456789Z stderr F line\n",
     "1+1 half\n2+1 other line\n"},
    /* Fetched with timestamps: the prefix hides that lines go on. */
    {"2018-06-14T08:03:01.123456789Z W0614 08:03:01.156818       1 a.go:1] x\n"
     "2018-06-14T08:03:01.123456790Z goroutine 1:\n2018-06-14T08:03:01.12345679Z \tmain.go\n",
     "1+3 W0614 08:03:01.156818       1 a.go:1] x|goroutine 1:|\tmain.go\n"},
    /* Trimmed: the blank behind the time of an empty line is gone. */
    {"2018-06-14T08:03:01.123456789Z W0614 08:03:01.156818       1 a.go:1] x:\n"
     "2018-06-14T08:03:01.123456790Z\n2018-06-14T08:03:01.123456791Z * y\n",
     "1+3 W0614 08:03:01.156818       1 a.go:1] x:||* y\n"},
    /* A program that writes nanoseconds itself: lines without them are continuations. */
    {"2018-06-14T08:03:01.123456789Z INFO a\n  at x\n2018-06-14T08:03:02.123456789Z INFO b\nc\n",
     "1+2 INFO a|  at x\n3+2 INFO b|c\n"},
};

static void
check_records(const char *log, size_t piece, const char *expected)
{
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
    Walk walk = {.fn = print_record, .context = &out};
    CLEANUP(cleanup_log_blocks) LogBlocks *blocks = read_log(str_of(log), piece, &walk);
    buf_addc(&out, '\0');
    ck_assert_str_eq(out.data, expected);
}

START_TEST(records_do_not_depend_on_the_pieces)
{
    size_t n = strlen(LOGS[_i].log);
    for (size_t piece = 1; piece <= n + 1; piece += 1 + n / 40)
        check_records(LOGS[_i].log, piece, LOGS[_i].records);
}
END_TEST

static Status
keep_time(void *context, const LogRecord *record, Err *err)
{
    (void)err;
    *(int64_t *)context = record->time_ns;
    return ST_OK;
}

/* A prefix decides where the line's own time lacks the year, and only there. */
static const struct {
    const char *log;
    const char *time;
} TIMES[] = {
    {"2016-05-31T06:51:03.156818000Z W0531 07:51:03.156818       1 a.go:1] x\n",
     "2016-05-31T06:51:03.156818Z"},
    {"2016-05-31T06:51:03.156818000Z stdout P never ended\n", "2016-05-31T06:51:03.156818Z"},
    {"2016-05-31T06:51:03.156818000Z Jun 14 08:03:01 host x\n", "2016-05-31T06:51:03.156818Z"},
    {"2016-05-31T06:51:03.156818000Z 2016-05-31T06:51:02.100000Z\tinfo\tx\n",
     "2016-05-31T06:51:02.1Z"},
};

START_TEST(a_time_without_year_yields_to_the_prefix)
{
    int64_t expected;
    int64_t found = 0;
    ck_assert(timestamp_parse(str_of(TIMES[_i].time), &expected));
    Walk walk = {.fn = keep_time, .context = &found};
    CLEANUP(cleanup_log_blocks) LogBlocks *blocks = read_log(str_of(TIMES[_i].log), 1000, &walk);
    ck_assert_int_eq(found, expected);
}
END_TEST

START_TEST(long_lines_and_records_are_cut_and_counted)
{
    size_t n = LIMIT_LOG_LINE_BYTES;
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
    CLEANUP(buf_done) Buf log = BUF_INIT(1 << 20);
    for (size_t extra = 0; extra < 2; extra++) {
        buf_clear(&log);
        buf_clear(&out);
        for (size_t i = 0; i < n + extra; i++)
            buf_addc(&log, 'x');
        buf_adds(&log, "\n  continued\nnext\n");
        Walk walk = {.fn = print_record, .context = &out};
        CLEANUP(cleanup_log_blocks) LogBlocks *blocks = read_log(buf_str(&log), 1 << 20, &walk);
        ck_assert_uint_eq(log_blocks_lines(blocks), 3);
        ck_assert_uint_eq(walk.cut, 1);
        ck_assert(str_ends(buf_str(&out), STR("x!\n3+1 next\n")));
    }
}
END_TEST

START_TEST(a_log_that_ends_inside_a_line_says_so)
{
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 16);
    Walk walk = {.fn = print_record, .context = &out};
    CLEANUP(cleanup_log_blocks) LogBlocks *half = read_log(STR("whole\nhal"), 100, &walk);
    ck_assert(log_blocks_unfinished(half));
    CLEANUP(cleanup_log_blocks) LogBlocks *whole = read_log(STR("whole\n"), 100, &walk);
    ck_assert(!log_blocks_unfinished(whole));
}
END_TEST

/* A line of one of many kinds, some of them rare and long. */
static void
add_random_line(Buf *log, unsigned *seed, unsigned style)
{
    static const char *const LINES[] = {
        "2018-06-14T08:03:01.123456Z\tinfo\tads\tPush", "[2018-06-14 08:03:01.735][14][warning] x",
        "W0614 08:03:01.156818       1 a.go:1] x", "goroutine 1 [running]:", "\tmain.go:1", "",
        "  at x.y(z)", "{\"level\":\"error\",\"time\":\"2018-06-14T08:03:01.5Z\"}", "caused by: x",
        "Jun 14 08:03:01 host x", "\xff\xfe bytes", "a\rb", "* failed:", "\x01",
    };
    /* behind the hour */
    static const char *const STAMPS[] = {
        ".123456789Z ", ".12345678Z stdout F ", ".1234567Z stderr P ", ".5Z ", ".1234567Z",
        ".123456789+02:00 ", ",5Z ", "",
    };
    enum { LINE_COUNT = sizeof LINES / sizeof *LINES, STAMP_COUNT = sizeof STAMPS / sizeof *STAMPS };
    unsigned roll = (*seed = *seed * 1103515245 + 12345) >> 8;
    /* styles: no heads; no prefix; one prefix; any */
    unsigned line = style == 0 ? 3 + roll % 4 : roll % LINE_COUNT;
    unsigned stamp = style == 2 ? 0 : style == 3 ? roll / 16 % STAMP_COUNT : STAMP_COUNT - 1;
    if (style == 2 && roll % 97 == 0)
        stamp = STAMP_COUNT - 1;
    if (stamp != STAMP_COUNT - 1)
        buf_printf(log, "2018-06-14T%02u:%02u:%02u%s", 8 + roll % 3, roll / 7 % 60, roll / 11 % 61,
                   STAMPS[stamp]);
    buf_adds(log, LINES[line]);
    for (unsigned i = roll / 5 % 900 == 0 ? roll % 150000 : 0; i > 0; i--)
        buf_addc(log, (char)('a' + i % 26));
    buf_adds(log, roll % 31 == 0 ? "\r\n" : "\n");
}

START_TEST(records_are_those_of_the_plainest_reader)
{
    CLEANUP(buf_done) Buf log = BUF_INIT(64 << 20);
    CLEANUP(buf_done) Buf expected = BUF_INIT(64 << 20);
    CLEANUP(buf_done) Buf found = BUF_INIT(64 << 20);
    Err err = {0};
    unsigned seed = (unsigned)_i * 77 + 5;
    unsigned style = (unsigned)_i % 4;
    for (unsigned lines = _i < 24 ? 40 : 9000; lines > 0; lines--)
        add_random_line(&log, &seed, style);
    /* a dump of more lines than a record may have, of more bytes than a block */
    for (unsigned lines = _i >= 24 ? 9000 + seed % 1000 : 0; lines > 0; lines--)
        buf_adds(&log, lines % 3 ? "  at some.place(in.this:dump) of a program that has no mercy\n" : "\n");
    buf_adds(&log, "the end");
    CLEANUP(cleanup_log_records) LogRecords *records =
        log_records_new(TAKEN, print_record, &expected);
    ck_assert_ok(log_records_feed(records, buf_str(&log), &err), err);
    ck_assert_ok(log_records_end(records, &err), err);
    Walk walk = {.fn = print_record, .context = &found};
    CLEANUP(cleanup_log_blocks) LogBlocks *blocks =
        read_log(buf_str(&log), _i % 3 ? 1 << 20 : 4097, &walk);
    ck_assert_uint_eq(log_blocks_lines(blocks), log_records_lines(records));
    ck_assert_uint_eq(walk.cut, log_records_cut(records));
    buf_addc(&expected, '\0');
    buf_addc(&found, '\0');
    size_t same = 0;
    while (same < found.n && found.data[same] == expected.data[same])
        same++;
    ck_assert_msg(same >= found.n && found.n == expected.n,
                  "at byte %zu of %zu: got '%.80s', expected '%.80s'", same, expected.n,
                  found.data + (same > 40 ? same - 40 : 0),
                  expected.data + (same > 40 ? same - 40 : 0));
}
END_TEST

static Status
refuse(void *context, const LogRecord *record, Err *err)
{
    (void)context;
    return err_set(err, ST_LIMIT, "enough at line %u", record->line);
}

START_TEST(the_callback_can_end_it)
{
    Err err = {0};
    Walk walk = {.fn = refuse};
    CLEANUP(cleanup_log_blocks) LogBlocks *blocks = log_blocks_new(TAKEN, walk_block, &walk);
    ck_assert_ok(log_blocks_feed(blocks, STR("a\nb\nc\n"), &err), err);
    ck_assert_status(log_blocks_end(blocks, &err), ST_LIMIT);
    ck_assert_str_eq(err.text, "enough at line 1");
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("log_line");
    TCase *tcase = tcase_create("log_line");
    tcase_add_loop_test(tcase, heads_are_recognised, 0, sizeof HEADS / sizeof *HEADS);
    tcase_add_loop_test(tcase, a_head_may_end_anywhere, 0, sizeof HEADS / sizeof *HEADS);
    tcase_add_loop_test(tcase, a_time_without_year_yields_to_the_prefix, 0,
                        sizeof TIMES / sizeof *TIMES);
    tcase_add_loop_test(tcase, prefixes_are_recognised, 0, sizeof PREFIXES / sizeof *PREFIXES);
    tcase_add_loop_test(tcase, records_do_not_depend_on_the_pieces, 0, sizeof LOGS / sizeof *LOGS);
    tcase_add_test(tcase, long_lines_and_records_are_cut_and_counted);
    tcase_add_test(tcase, a_log_that_ends_inside_a_line_says_so);
    tcase_add_loop_test(tcase, records_are_those_of_the_plainest_reader, 0, 32);
    tcase_add_test(tcase, the_callback_can_end_it);
    suite_add_tcase(suite, tcase);
    return suite;
}
