/* SPDX-License-Identifier: Apache-2.0 */
/* test_redact_check.c -- a secret that redaction left is found in the finished bundle. */
#include "base/cleanup.h"
#include "bundle/manifest.h"
#include "bundle/writer.h"
#include "collector/redact_check.h"
#include "tests/unit/runner.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* A bundle with one member of that name and body. */
static int
make_bundle(Str name, Str body)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(cleanup_writer) Writer *writer = NULL;
    CLEANUP(buf_done) Buf json = BUF_INIT(SIZE_MAX);
    Err err = {0};
    WriterMember written;
    int fd = memfd_create("bundle", MFD_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_ok(writer_new(fd, &(WriterOptions){.top_folder = STR("case")}, &writer, &err), err);
    ck_assert_ok(writer_begin(writer, name, body.n, &err), err);
    ck_assert_ok(writer_data(writer, body, &err), err);
    ck_assert_ok(writer_end(writer, &written, &err), err);
    Manifest *manifest = manifest_new(arena);
    manifest->tool_name = STR("test");
    manifest->tool_version = STR("1");
    Capture *capture = manifest_add(manifest);
    CaptureMember member = {name, written.bytes, written.sha256};
    capture->id = name;
    capture->kind = STR("log");
    capture->source.verb = STR("log");
    capture->members = &member;
    capture->member_count = 1;
    ck_assert_ok(manifest_write(manifest, &json, &err), err);
    ck_assert_ok(writer_finish(writer, buf_str(&json), &err), err);
    return fd;
}

static Status
check(Str name, Str body, Err *err)
{
    CLEANUP(cleanup_fd) int fd = make_bundle(name, body);
    LiteralSet *set = NULL;
    SecretBook *book = secret_book_new();
    secret_book_add(book, STR("k7Qm2xWz9LpT"), SECRET_BY_STRUCTURE);
    ck_assert_int_eq(literal_set_new(book, &set, NULL), ST_OK);
    Status status = redact_check(set, fd, "case.tar.gz", err);
    literal_set_free(set);
    secret_book_free(book);
    return status;
}

static const struct {
    const char *detector;
    const char *text;
} LEFT[] = {
    {"private-key", "x\n-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIIGk0123456789abcdef\n-----END EC PRIVATE KEY-----\n"},
    {"private-key", "{\"k\":\"-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\\n\"}\n"},
    {"jwt", "got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzd29yZGZpc2gifQ.c2lnbmF0dXJl\n"},
    {"aws-key", "uses AKIAIOSFODNN7SWORDF1 now\n"},
    {"github-token", "ghp_abcdefghijklmnopqrstuvwxyz0123456789\n"},
    {"gitlab-token", "glpat-abcdefghij0123456789\n"},
    {"slack-token", "xoxb-123456789012-abcdefghij\n"},
    {"google-key", "AIzaSyabcdefghijklmnopqrstuvwxyz0123456789\n"},
    {"bearer", "authorization: Bearer abcdefghij0123456789\n"},
    {"encoded-key", "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1JSUV2UUlCQURBTkJna3Foa2lHOXcw\n"},
    {"private-key", "{\"m\":\"-----BEGIN RSA PRIVATE KEY-----\"}\n"},
    {"private-key-end", "t\tinfo\t-----END RSA PRIVATE KEY-----\n"},
    {"key-body", "t\tinfo\tMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\n"},
    {"key-body", "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gt\n"},
    {"key-lines",
     "t 4yp6G85TQzBJJLmLfYhliIrkPHfxCn02YiYgMF67bhnGuh7CE1Jr6e6YpCLhbTGN\n"
     "t fdhgVwPjxbFEpYn6CEKOTL20ZEI85yBfvHVZfPF17ZvcQgzJbvmSx1l3PdV0MHke\n"
     "t pIKZzg0s9Z7ScV0ARAe4HeCLXNrXSMfVk7r5o299a3mOb8yY0NQ7Ti56a0vIGDMp\n"},
    {"key-lines",
     "{\"k\":\"4yp6G85TQzBJJLmLfYhliIrkPHfxCn02YiYgMF67bhnGuh7CE1Jr6e6YpCLhbTGN\\n"
     "fdhgVwPjxbFEpYn6CEKOTL20ZEI85yBfvHVZfPF17ZvcQgzJbvmSx1l3PdV0MHke\\n"
     "pIKZzg0s9Z7ScV0ARAe4HeCLXNrXSMfVk7r5o299a3mOb8yY0NQ7Ti56a0vIGDMp\\n\"}\n"},
    {"cookie", "Cookie: sid=X1y2z3w4X1y2z3w4\n"},
    {"cookie", "'set-cookie', 'sid=X1y2z3w4X1y2z3w4; Path=/'\n"},
    {"cookie", "map[Cookie:[sid=X1y2z3w4X1y2z3w4]]\n"},
    {"cookie", "{\"cookie\": [\"sid=X1y2z3w4X1y2z3w4\"]}\n"},
    {"literal", "plain k7Qm2xWz9LpT\n"},
    {"literal", "in base64 eHg6azdRbTJ4V3o5THBUOnh4\n"},
};

START_TEST(what_was_left_is_found_and_not_told)
{
    CLEANUP(buf_done) Buf body = BUF_INIT(SIZE_MAX);
    Err err = {0};
    /* Behind the first window, too. */
    for (int far = 0; far < 2; far++) {
        buf_clear(&body);
        for (unsigned i = 0; i < (far ? 30000u : 3u); i++)
            buf_printf(&body, "%u a line of a log\n", i);
        buf_adds(&body, LEFT[_i].text);
        err_clear(&err);
        ck_assert_int_eq(check(STR("logs/a/b/c.log"), buf_str(&body), &err), ST_UNSAFE);
        ck_assert_msg(strstr(err.text, LEFT[_i].detector) && strstr(err.text, "logs/a/b/c.log"), "%s", err.text);
        ck_assert_msg(strstr(err.text, far ? "line 3000" : "line "), "%s", err.text);
        ck_assert_msg(!strstr(err.text, "k7Qm2x") && !strstr(err.text, "abcdef"), "%s", err.text);
    }
}
END_TEST

START_TEST(names_are_looked_at)
{
    Err err = {0};
    ck_assert_int_eq(check(STR("logs/a/k7Qm2xWz9LpT/c.log"), STR("x\n"), &err), ST_UNSAFE);
    ck_assert_msg(!strstr(err.text, "k7Qm2x") || strstr(err.text, "manifest"), "%s", err.text);
}
END_TEST

START_TEST(what_is_clean_passes)
{
    Err err = {0};
    ck_assert_ok(check(STR("logs/a/b/c.log"),
                       STR("password=<redacted:assignment>\nCookie: <redacted:assignment>\n"
                           "\"cookie\": {\"name\": \"user\", \"ttl\": \"0s\"}\n"
                           "c2VydmVyOgogIHBvcnQ6IDgwODAKICBuYW1lOiByZXZpZXdzLmRlZmF1bHQuc3Zj\n"
                           "LmNsdXN0ZXIubG9jYWwKICB2ZXJzaW9uOiB2MQogIHdlaWdodDogMTAwCiAgcG9s\n"
                           "aWN5OiBST1VORF9ST0JJTgogIHRpbWVvdXQ6IDEwcwogIHJldHJpZXM6IDMKICBh\n"
                           "-----BEGIN CERTIFICATE-----\n"
                           "4yp6G85TQzBJJLmLfYhliIrkPHfxCn02YiYgMF67bhnGuh7CE1Jr6e6YpCLhbTGN\n"
                           "fdhgVwPjxbFEpYn6CEKOTL20ZEI85yBfvHVZfPF17ZvcQgzJbvmSx1l3PdV0MHke\n"
                           "pIKZzg0s9Z7ScV0ARAe4HeCLXNrXSMfVk7r5o299a3mOb8yY0NQ7Ti56a0vIGDMp\n"
                           "-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\nMIIBszCC0123456789\n"
                           "-----END CERTIFICATE-----\nAuthorization: Bearer <redacted:bearer>\n"),
                       &err),
                 err);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("redact_check");
    TCase *tcase = tcase_create("redact_check");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, what_was_left_is_found_and_not_told, 0, (int)(sizeof LEFT / sizeof *LEFT));
    tcase_add_test(tcase, names_are_looked_at);
    tcase_add_test(tcase, what_is_clean_passes);
    suite_add_tcase(suite, tcase);
    return suite;
}
