/* SPDX-License-Identifier: Apache-2.0 */
/* test_timestamp.c -- times, lengths of time and sizes as text. */
#include "base/timestamp.h"
#include "tests/unit/runner.h"


static const struct {
    const char *text;
    bool ok;
    int64_t ns;
    const char *formatted;    /* NULL: as text */
} TIMES[] = {
    {"1970-01-01T00:00:00Z", true, 0, NULL},
    {"1969-12-31T23:59:59Z", true, -NS_PER_S, NULL},
    {"1969-12-31T23:59:59.999999999Z", true, -1, NULL},
    {"2018-06-01T12:34:56Z", true, 1527856496 * NS_PER_S, NULL},
    {"2018-06-01t12:34:56z", true, 1527856496 * NS_PER_S, "2018-06-01T12:34:56Z"},
    {"2018-06-01T12:34:56.5Z", true, 1527856496 * NS_PER_S + 500000000,
     "2018-06-01T12:34:56.500Z"},
    {"2018-06-01T12:34:56.000001Z", true, 1527856496 * NS_PER_S + 1000, NULL},
    {"2018-06-01T12:34:56.0000000019Z", true, 1527856496 * NS_PER_S + 1,
     "2018-06-01T12:34:56.000000001Z"},
    {"2018-06-01T12:34:56.000Z", true, 1527856496 * NS_PER_S, "2018-06-01T12:34:56Z"},
    {"2018-06-01T14:34:56+02:00", true, 1527856496 * NS_PER_S, "2018-06-01T12:34:56Z"},
    {"2018-06-01T07:04:56-05:30", true, 1527856496 * NS_PER_S, "2018-06-01T12:34:56Z"},
    {"2016-12-31T23:59:60Z", true, 1483228800 * NS_PER_S, "2017-01-01T00:00:00Z"},
    {"2000-02-29T00:00:00Z", true, 951782400 * NS_PER_S, NULL},
    {"1677-09-21T00:12:43.145224192Z", true, INT64_MIN, NULL},
    {"1677-09-21T00:12:43.145224191Z", false, 0, NULL},
    {"2262-04-11T23:47:16.854775807Z", true, INT64_MAX, NULL},
    {"2262-04-11T23:47:16.854775808Z", false, 0, NULL},
    {"9999-12-31T23:59:59Z", false, 0, NULL},
    {"0000-01-01T00:00:00Z", false, 0, NULL},
    {"1900-02-29T00:00:00Z", false, 0, NULL},
    {"2018-13-01T00:00:00Z", false, 0, NULL},
    {"2018-00-01T00:00:00Z", false, 0, NULL},
    {"2018-04-31T00:00:00Z", false, 0, NULL},
    {"2018-04-00T00:00:00Z", false, 0, NULL},
    {"2018-06-01T24:00:00Z", false, 0, NULL},
    {"2018-06-01T12:60:00Z", false, 0, NULL},
    {"2018-06-01T12:00:61Z", false, 0, NULL},
    {"2018-06-01T12:00:00", false, 0, NULL},
    {"2018-06-01T12:00:00.Z", false, 0, NULL},
    {"2018-06-01T12:00:00+2:00", false, 0, NULL},
    {"2018-06-01T12:00:00+24:00", false, 0, NULL},
    {"2018-06-01T12:00:00+00:60", false, 0, NULL},
    {"2018-06-01T12:00:00+0200", false, 0, NULL},
    {"2018-06-01T12:00:00Zx", false, 0, NULL},
    {"2018-06-01 12:00:00Z", false, 0, NULL},
    {" 2018-06-01T12:00:00Z", false, 0, NULL},
    {"2018-6-01T12:00:00Z", false, 0, NULL},
    {"2018-06-1T12:00:00Z", false, 0, NULL},
    {"2018-06-01T12:0:00Z", false, 0, NULL},
    {"2018-06-01T-1:00:00Z", false, 0, NULL},
    {"", false, 0, NULL},
};

START_TEST(times)
{
    int64_t ns = 77;
    ck_assert_int_eq(timestamp_parse(str_of(TIMES[_i].text), &ns), TIMES[_i].ok);
    ck_assert_int_eq(ns, TIMES[_i].ok ? TIMES[_i].ns : 77);
    if (TIMES[_i].ok) {
        char text[TIMESTAMP_TEXT_BYTES];
        timestamp_format(ns, text);
        ck_assert_str_eq(text, TIMES[_i].formatted ? TIMES[_i].formatted : TIMES[_i].text);
    }
}
END_TEST

START_TEST(every_day_goes_there_and_back)
{
    int64_t days = 0;
    int64_t first = 0;
    ck_assert(timestamp_days(-9999, 1, 1, &first));
    int64_t expected = first;
    for (int year = -9999; year <= 9999; year++) {
        for (int month = 1; month <= 12; month++) {
            for (int day = 1; day <= 31; day++) {
                if (!timestamp_days(year, month, day, &days))
                    continue;
                int y, m, d;
                timestamp_date(days, &y, &m, &d);
                if (days != expected || y != year || m != month || d != day)
                    ck_abort_msg("%d-%d-%d", year, month, day);
                expected++;
            }
        }
    }
    ck_assert_int_eq(expected - first, 19999LL * 365 + 4849);
    ck_assert(timestamp_days(1970, 1, 1, &days) && days == 0);
    ck_assert(!timestamp_days(10000, 1, 1, &days));
    ck_assert(!timestamp_days(-10000, 1, 1, &days));
}
END_TEST

static const struct {
    const char *text;
    bool ok;
    int64_t seconds;
} HTTP_DATES[] = {
    {"Sun, 06 Nov 1994 08:49:37 GMT", true, 784111777},
    {"Thu, 01 Jan 1970 00:00:00 GMT", true, 0},
    {"Wed, 31 Dec 1969 23:59:59 GMT", true, -1},
    {"Sat, 29 Feb 2020 00:00:00 GMT", true, 1582934400},
    {"Mon, 06 Nov 1994 08:49:37 GMT", false, 0},
    {"Sun, 06 Nov 1994 08:49:37 UTC", false, 0},
    {"Sun, 06 Nov 1994 08:49:37", false, 0},
    {"Sun, 6 Nov 1994 08:49:37 GMT", false, 0},
    {"Sunday, 06-Nov-94 08:49:37 GMT", false, 0},
    {"Sun Nov  6 08:49:37 1994", false, 0},
    {"Sun, 06 Nox 1994 08:49:37 GMT", false, 0},
    {"Sun, 31 Nov 1994 08:49:37 GMT", false, 0},
    {"Sun, 06 Nov 1994 08:49:37 GMT ", false, 0},
    {"Fri, 31 Dec 9999 23:59:59 GMT", false, 0},
    {"", false, 0},
};

START_TEST(http_dates)
{
    int64_t ns = 77;
    ck_assert_int_eq(timestamp_parse_http(str_of(HTTP_DATES[_i].text), &ns), HTTP_DATES[_i].ok);
    ck_assert_int_eq(ns, HTTP_DATES[_i].ok ? HTTP_DATES[_i].seconds * NS_PER_S : 77);
}
END_TEST

#define H (3600 * NS_PER_S)
#define M (60 * NS_PER_S)

static const struct {
    const char *text;
    bool ok;
    int64_t ns;
    const char *formatted;
} LENGTHS[] = {
    {"0", true, 0, "0s"},
    {"0s", true, 0, "0s"},
    {"90s", true, 90 * NS_PER_S, "1m30s"},
    {"10m", true, 10 * M, "10m0s"},
    {"24h", true, 24 * H, "24h0m0s"},
    {"1h30m", true, 90 * M, "1h30m0s"},
    {"1.5s", true, 1500000000, "1.5s"},
    {".5s", true, 500000000, "500ms"},
    {"1.s", true, NS_PER_S, "1s"},
    {"250ms", true, 250000000, "250ms"},
    {"1.5ms", true, 1500000, "1.5ms"},
    {"3us", true, 3000, "3\xc2\xb5s"},
    {"3\xc2\xb5s", true, 3000, "3\xc2\xb5s"},
    {"3\xce\xbcs", true, 3000, "3\xc2\xb5s"},
    {"7ns", true, 7, "7ns"},
    {"1.9ns", true, 1, "1ns"},
    {"-1.5h", true, -90 * M, "-1h30m0s"},
    {"+5s", true, 5 * NS_PER_S, "5s"},
    {"-0", true, 0, "0s"},
    {"1h0.001s", true, H + 1000000, "1h0m0.001s"},
    {"1m2m", true, 3 * M, "3m0s"},
    {"0.3333333333333333333333333333h", true, 1199999999999, "19m59.999999999s"},
    {"2562047h47m16.854775807s", true, INT64_MAX, "2562047h47m16.854775807s"},
    {"-2562047h47m16.854775808s", true, INT64_MIN, "-2562047h47m16.854775808s"},
    {"2562047h47m16.854775808s", false, 0, NULL},
    {"9999999999999h", false, 0, NULL},
    {"18446744073709551616ns", false, 0, NULL},
    {"9223372036854775807ns9223372036854775807ns9223372036854775807ns", false, 0, NULL},
    {"", false, 0, NULL},
    {"-", false, 0, NULL},
    {"5", false, 0, NULL},
    {"s", false, 0, NULL},
    {".s", false, 0, NULL},
    {"5d", false, 0, NULL},
    {"5 s", false, 0, NULL},
    {"5S", false, 0, NULL},
    {"5s ", false, 0, NULL},
    {"1h-5m", false, 0, NULL},
    {"--5s", false, 0, NULL},
};

START_TEST(lengths)
{
    int64_t ns = 77;
    ck_assert_int_eq(duration_parse(str_of(LENGTHS[_i].text), &ns), LENGTHS[_i].ok);
    ck_assert_int_eq(ns, LENGTHS[_i].ok ? LENGTHS[_i].ns : 77);
    if (LENGTHS[_i].ok) {
        char text[TIMESTAMP_TEXT_BYTES];
        duration_format(ns, text);
        ck_assert_str_eq(text, LENGTHS[_i].formatted);
    }
}
END_TEST

static const struct {
    const char *text;
    bool ok;
    uint64_t bytes;
} SIZES[] = {
    {"0", true, 0},
    {"512", true, 512},
    {"64KiB", true, 65536},
    {"10MiB", true, 10485760},
    {"1GiB", true, 1073741824},
    {"18446744073709551615", true, UINT64_MAX},
    {"17179869183GiB", true, UINT64_C(17179869183) << 30},
    {"17179869184GiB", false, 0},
    {"18446744073709551616", false, 0},
    {"", false, 0},
    {"KiB", false, 0},
    {"-1", false, 0},
    {"1 KiB", false, 0},
    {"1kib", false, 0},
    {"1K", false, 0},
    {"1MB", false, 0},
    {"1.5MiB", false, 0},
    {"1TiB", false, 0},
};

START_TEST(sizes)
{
    uint64_t bytes = 77;
    ck_assert_int_eq(size_parse(str_of(SIZES[_i].text), &bytes), SIZES[_i].ok);
    ck_assert_uint_eq(bytes, SIZES[_i].ok ? SIZES[_i].bytes : 77);
}
END_TEST

static const struct {
    uint64_t bytes;
    const char *text;
} SHOWN_SIZES[] = {
    {0, "0 B"},
    {1023, "1023 B"},
    {1024, "1.0 KiB"},
    {1536, "1.5 KiB"},
    {10485760, "10.0 MiB"},
    {1048575, "1.0 MiB"},
    {1048524, "1023.9 KiB"},
    {UINT64_C(5) << 30, "5.0 GiB"},
    {UINT64_C(3) << 40, "3.0 TiB"},
    {UINT64_MAX, "16.0 EiB"},
};

START_TEST(shown_sizes)
{
    char text[TIMESTAMP_TEXT_BYTES];
    size_format(SHOWN_SIZES[_i].bytes, text);
    ck_assert_str_eq(text, SHOWN_SIZES[_i].text);
}
END_TEST

START_TEST(clocks_run)
{
    int64_t before = timestamp_monotonic();
    ck_assert_int_gt(timestamp_now(), INT64_C(1700000000) * NS_PER_S);
    ck_assert_int_ge(timestamp_monotonic(), before);
}
END_TEST

#define LOOP(test, table) \
    tcase_add_loop_test(tcase, test, 0, (int)(sizeof(table) / sizeof *(table)))

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("timestamp");
    TCase *tcase = tcase_create("timestamp");
    LOOP(times, TIMES);
    tcase_add_test(tcase, every_day_goes_there_and_back);
    LOOP(http_dates, HTTP_DATES);
    LOOP(lengths, LENGTHS);
    LOOP(sizes, SIZES);
    LOOP(shown_sizes, SHOWN_SIZES);
    tcase_add_test(tcase, clocks_run);
    suite_add_tcase(suite, tcase);
    return suite;
}
