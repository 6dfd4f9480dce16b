/* SPDX-License-Identifier: Apache-2.0 */
/* test_status.c -- how functions fail, and how it is shown. */
#include "base/status.h"
#include "tests/unit/runner.h"

#include <errno.h>
#include <string.h>

START_TEST(every_status_has_a_name_and_a_sentence)
{
    ck_assert_str_eq(status_name(ST_OK), "OK");
    ck_assert_str_eq(status_name(ST_NOT_FOUND), "NOT_FOUND");
    ck_assert_str_eq(status_sentence(ST_FORMAT), "malformed input");
    for (int i = 0; i < ST_COUNT; i++) {
        ck_assert_ptr_nonnull(status_name((Status)i));
        ck_assert_uint_gt(strlen(status_sentence((Status)i)), 0);
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(status_sentence((Status)i), status_sentence((Status)j));
    }
    ck_assert_str_eq(status_name(ST_COUNT), "UNKNOWN");
    ck_assert_str_eq(status_sentence((Status)-1), "unknown status");
}
END_TEST

static const struct {
    Err err;
    const char *shown;
} SHOWN[] = {
    {{.status = ST_IO, .text = "text"}, "text"},
    {{.status = ST_IO, .file = "f", .text = "text"}, "f: text"},
    {{.status = ST_IO, .file = "f", .line = 3, .text = "text"}, "f:3: text"},
    {{.status = ST_IO, .file = "f", .line = 3, .column = 7, .text = "text"}, "f:3:7: text"},
    {{.status = ST_IO, .line = 3, .column = 7, .text = "text"}, "text"},
    {{.status = ST_NOMEM, .file = "f"}, "f: out of memory"},
    {{.status = ST_OK}, "success"},
};

START_TEST(errors_are_shown)
{
    char out[100];
    err_format(&SHOWN[_i].err, out, sizeof out);
    ck_assert_str_eq(out, SHOWN[_i].shown);
    err_format(&SHOWN[_i].err, out, 4);
    ck_assert_uint_le(strlen(out), 3);
}
END_TEST

START_TEST(the_first_error_wins)
{
    Err err = {0};
    ck_assert_status(err_at(&err, ST_FORMAT, "file", 1, 2, "first %d", 1), ST_FORMAT);
    ck_assert_status(err_set(&err, ST_LIMIT, "second"), ST_LIMIT);
    ck_assert_status(err_at(&err, ST_LIMIT, "other", 3, 4, "third"), ST_LIMIT);
    errno = EIO;
    ck_assert_status(err_errno(&err, ST_IO, "fourth"), ST_IO);
    ck_assert_status(err_nomem(&err), ST_NOMEM);
    ck_assert_int_eq(err.status, ST_FORMAT);
    ck_assert_str_eq(err.text, "first 1");
    ck_assert_str_eq(err.file, "file");
    ck_assert(err.line == 1 && err.column == 2 && err.errnum == 0);
    err_clear(&err);
    ck_assert_status(err_set(&err, ST_LIMIT, "second"), ST_LIMIT);
    ck_assert_str_eq(err.text, "second");
}
END_TEST

START_TEST(nobody_need_listen)
{
    errno = EIO;
    ck_assert_status(err_set(NULL, ST_LIMIT, "x"), ST_LIMIT);
    ck_assert_status(err_at(NULL, ST_LIMIT, NULL, 0, 0, "x"), ST_LIMIT);
    ck_assert_status(err_errno(NULL, ST_IO, "x"), ST_IO);
    ck_assert_status(err_nomem(NULL), ST_NOMEM);
    err_clear(NULL);
}
END_TEST

START_TEST(errno_is_told)
{
    Err err = {0};
    errno = ENOENT;
    ck_assert_status(err_errno(&err, ST_IO, "open '%s'", "x"), ST_IO);
    ck_assert_str_eq(err.text, "open 'x': No such file or directory");
    ck_assert_int_eq(err.errnum, ENOENT);
    err_clear(&err);
    errno = ENOMEM;
    ck_assert_status(err_errno(&err, ST_IO, "open"), ST_NOMEM);
    ck_assert_int_eq(err.status, ST_NOMEM);
}
END_TEST

START_TEST(an_error_is_one_line)
{
    Err err = {0};
    ck_assert_status(err_at(&err, ST_IO, "a\nb", 1, 1, "c\x1b[31m\nd\x7f"), ST_IO);
    ck_assert_str_eq(err.file, "a b");
    ck_assert_str_eq(err.text, "c [31m d ");
}
END_TEST

START_TEST(a_long_error_is_cut)
{
    static char text[2000];
    Err err = {0};
    memset(text, 'x', sizeof text - 1);
    errno = EIO;
    ck_assert_status(err_errno(&err, ST_IO, "%s", text), ST_IO);
    ck_assert_uint_eq(strlen(err.text), sizeof err.text - 1);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("status");
    TCase *tcase = tcase_create("status");
    tcase_add_test(tcase, every_status_has_a_name_and_a_sentence);
    tcase_add_loop_test(tcase, errors_are_shown, 0, (int)(sizeof SHOWN / sizeof *SHOWN));
    tcase_add_test(tcase, the_first_error_wins);
    tcase_add_test(tcase, nobody_need_listen);
    tcase_add_test(tcase, errno_is_told);
    tcase_add_test(tcase, an_error_is_one_line);
    tcase_add_test(tcase, a_long_error_is_cut);
    suite_add_tcase(suite, tcase);
    return suite;
}
