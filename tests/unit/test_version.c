/* SPDX-License-Identifier: Apache-2.0 */
/* test_version.c -- versions as builds write them, and ranges of them. */
#include "analyzer/model/version.h"
#include "tests/unit/runner.h"

START_TEST(versions_are_their_numbers)
{
    static const struct {
        const char *text;
        unsigned count;          /* 0: no version */
        uint32_t numbers[VERSION_NUMBERS];
    } CASES[] = {
        {"0.8.0", 3, {0, 8, 0}},        {"0.8.latest", 2, {0, 8, 0}},
        {"v1.9.7-gke.3", 3, {1, 9, 7}}, {"1.9+", 2, {1, 9, 0}},
        {" 1.10.2 ", 3, {1, 10, 2}},    {"1.0.0-snapshot.0", 3, {1, 0, 0}},
        {"1.10.2-distroless", 3, {1, 10, 2}}, {"V1.2", 2, {1, 2, 0}},
        {"1.11-alpha.5b2c", 2, {1, 11, 0}},   {"0.2.12.4", 3, {0, 2, 12}},
        {"unknown", 0, {0}},            {"latest", 0, {0}},
        {"", 0, {0}},                   {"v", 0, {0}},
        {"master-20180531-18-09", 0, {0}}, {"20180531", 0, {0}},
        {"6f9f420f0c71", 0, {0}},       {".8.0", 0, {0}},
        {"-1.0", 0, {0}},               {"99999999999.1", 0, {0}},
        {"1.", 0, {0}},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        Version version = {0};
        bool found = version_parse(str_of(CASES[i].text), &version);
        ck_assert_msg(found == (CASES[i].count > 0), "'%s'", CASES[i].text);
        ck_assert_uint_eq(version.count, CASES[i].count);
        for (int k = 0; k < VERSION_NUMBERS; k++)
            ck_assert_uint_eq(version.numbers[k], CASES[i].numbers[k]);
    }
}
END_TEST

START_TEST(versions_compare_by_number_not_by_text)
{
    static const struct {
        const char *less;
        const char *more;
    } CASES[] = {{"0.8.latest", "0.8.1"}, {"1.9.7", "1.10.0"}, {"0.9", "1.0"}, {"1.2.9", "1.2.10"}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        Version less, more;
        ck_assert(version_parse(str_of(CASES[i].less), &less));
        ck_assert(version_parse(str_of(CASES[i].more), &more));
        ck_assert_int_lt(version_cmp(&less, &more), 0);
        ck_assert_int_gt(version_cmp(&more, &less), 0);
        ck_assert_int_eq(version_cmp(&less, &less), 0);
    }
}
END_TEST

START_TEST(ranges_hold_for_versions)
{
    static const struct {
        const char *range;
        const char *version;
        bool holds;
    } CASES[] = {
        {">=0.5 <0.8 | >=1.0.2", "0.4.9", false}, {">=0.5 <0.8 | >=1.0.2", "0.5.0", true},
        {">=0.5 <0.8 | >=1.0.2", "0.8.0", false}, {">=0.5 <0.8 | >=1.0.2", "1.0.1", false},
        {">=0.5 <0.8 | >=1.0.2", "1.0.2", true},  {">=0.5 <0.8 || >=1.0.2", "0.7.1", true},
        {"<1.5", "0.8.latest", true},             {">=0.8", "0.8.latest", true},
        {">0.8", "0.8.latest", false},            {"=0.8.0", "0.8.latest", true},
        {"==1.9", "v1.9.0-gke.3", true},          {"!=1.9.7", "1.9.7", false},
        {"!=1.9.7", "1.9.8", true},               {"<= 1.9", "1.9+", true},
        {">=1.9,<1.12", "1.11.3", true},          {">= v1.9", "1.8.9", false},
        {" >=1 ", "1.0.0", true},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
        Err err = {0};
        const VersionRange *range;
        Version version;
        ck_assert_ok(version_range_parse(arena, str_of(CASES[i].range), &range, &err), err);
        ck_assert(version_parse(str_of(CASES[i].version), &version));
        ck_assert_msg(version_range_has(range, &version) == CASES[i].holds, "%s in %s",
                      CASES[i].version, CASES[i].range);
    }
}
END_TEST

START_TEST(malformed_ranges_are_refused_where_they_are_wrong)
{
    static const struct {
        const char *range;
        unsigned column;
        const char *error;
    } CASES[] = {
        {"", 1, "a version range ends where a comparison is expected"},
        {"  ", 3, "a version range ends where a comparison is expected"},
        {">=0.5 |", 8, "a version range ends where a comparison is expected"},
        {"| >=1", 1, "expected one of >= > <= < = != in a version range"},
        {">=1 | | <2", 7, "expected one of >= > <= < = != in a version range"},
        {"0.8", 1, "expected one of >= > <= < = != in a version range"},
        {"~>1.2", 1, "expected one of >= > <= < = != in a version range"},
        {">=", 3, "expected a version like 1.2.3 in a version range"},
        {">=x", 3, "expected a version like 1.2.3 in a version range"},
        {">=1.2.3.4", 3, "expected a version like 1.2.3 in a version range"},
        {">=0.8.latest", 3, "expected a version like 1.2.3 in a version range"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
        Err err = {0};
        const VersionRange *range;
        ck_assert_status(version_range_parse(arena, str_of(CASES[i].range), &range, &err), ST_RULE);
        ck_assert_str_eq(err.text, CASES[i].error);
        ck_assert_msg(err.column == CASES[i].column, "'%s': %u", CASES[i].range, err.column);
    }
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("version");
    TCase *tcase = tcase_create("version");
    tcase_add_test(tcase, versions_are_their_numbers);
    tcase_add_test(tcase, versions_compare_by_number_not_by_text);
    tcase_add_test(tcase, ranges_hold_for_versions);
    tcase_add_test(tcase, malformed_ranges_are_refused_where_they_are_wrong);
    suite_add_tcase(suite, tcase);
    return suite;
}
