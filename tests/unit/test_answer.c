/* SPDX-License-Identifier: Apache-2.0 */
/* test_answer.c -- which class an answer, or a command's last words, mean. */
#include "collector/answer.h"
#include "tests/unit/runner.h"

#include <stdio.h>

static const struct {
    int status;
    const char *type;
    const char *body;
    CaptureClass class;
    bool api_answered;
    const char *reason;
} HTTP[] = {
    {403, "application/json",
     "{\"kind\":\"Status\",\"message\":\"pods is forbidden: User \\\"u\\\" cannot "
     "list\",\"code\":403}",
     CAPTURE_CLASS_FORBIDDEN, true, "pods is forbidden: User \"u\" cannot list"},
    {401, "application/json", "{\"kind\":\"Status\",\"message\":\"Unauthorized\"}",
     CAPTURE_CLASS_UNAUTHORIZED, true, "Unauthorized"},
    {404, "text/plain", "404 page not found\n", CAPTURE_CLASS_NOT_FOUND, true,
     "404 page not found"},
    {410, "application/json", "{\"kind\":\"Status\",\"message\":\"too old\"}",
     CAPTURE_CLASS_EXPIRED, true, "too old"},
    {429, "application/json", "{\"kind\":\"Status\",\"message\":\"slow down\"}",
     CAPTURE_CLASS_RATE_LIMITED, true, "slow down"},
    {500, "text/plain; charset=utf-8", "dial tcp 127.0.0.1:1: connect: connection refused\n",
     CAPTURE_CLASS_UNREACHABLE, false, "dial tcp 127.0.0.1:1: connect: connection refused"},
    {502, "text/plain; charset=utf-8", "x509: certificate signed by unknown authority\n",
     CAPTURE_CLASS_TLS, false, "x509: certificate signed by unknown authority"},
    {500, "text/plain; charset=utf-8",
     "getting credentials: exec: executable false failed with exit code 1\n",
     CAPTURE_CLASS_UNAUTHORIZED, false,
     "getting credentials: exec: executable false failed with exit code 1"},
    {500, "application/json", "{\"kind\":\"Status\",\"message\":\"etcd failed\"}",
     CAPTURE_CLASS_SERVER_ERROR, true, "etcd failed"},
    {503, "application/json",
     "{\"kind\":\"Status\",\"message\":\"error trying to reach service: dial tcp 10.0.0.1:9093: "
     "connect: connection refused\"}",
     CAPTURE_CLASS_UNREACHABLE, true,
     "error trying to reach service: dial tcp 10.0.0.1:9093: connect: connection refused"},
    {503, "application/json",
     "{\"kind\":\"Status\",\"message\":\"error trying to reach service: dial tcp 10.0.0.1:9: i/o "
     "timeout\"}",
     CAPTURE_CLASS_TIMEOUT, true,
     "error trying to reach service: dial tcp 10.0.0.1:9: i/o timeout"},
    {503, "text/html", "<html>\nbusy", CAPTURE_CLASS_SERVER_ERROR, true, "<html>"},
    {418, "", "", CAPTURE_CLASS_BAD_REQUEST, true, "HTTP status 418"},
};

START_TEST(http_answers_have_classes)
{
    Answer answer = ANSWER_INIT;
    answer.http_status = HTTP[_i].status;
    answer.date_ns = 1;
    (void)snprintf(answer.content_type, sizeof answer.content_type, "%s", HTTP[_i].type);
    answer_of_http(&answer, str_of(HTTP[_i].body));
    ck_assert_msg(answer.class == HTTP[_i].class, "%s: %s", HTTP[_i].body,
                  capture_class_name(answer.class));
    ck_assert_int_eq(answer.api_answered, HTTP[_i].api_answered);
    ck_assert_str_eq(answer.reason, HTTP[_i].reason);
    /* The proxy's own words say nothing of the API server's clock. */
    ck_assert_int_eq(answer.date_ns != 0, HTTP[_i].api_answered);
}
END_TEST

static const struct {
    int exit_code;
    const char *text;
    CaptureClass class;
} COMMANDS[] = {
    {0, "Defaulted container \"a\" out of: a, b\n", CAPTURE_CLASS_NONE},
    {1, "Error from server (Forbidden): secrets is forbidden: User \"U\" cannot list resource\n",
     CAPTURE_CLASS_FORBIDDEN},
    {1, "Error from server (NotFound): pods \"nope\" not found\n", CAPTURE_CLASS_NOT_FOUND},
    {1, "error: the server doesn't have a resource type \"virtualservices\"\n",
     CAPTURE_CLASS_UNKNOWN_TYPE},
    {1, "error: You must be logged in to the server (Unauthorized)\n", CAPTURE_CLASS_UNAUTHORIZED},
    {1,
     "E0101 10:00:00.000000   12 memcache.go:265] x\nThe connection to the server localhost:8080 "
     "was refused - did you specify the right host or port?\n",
     CAPTURE_CLASS_UNREACHABLE},
    {1, "Unable to connect to the server: dial tcp: lookup X on Y: no such host\n",
     CAPTURE_CLASS_UNREACHABLE},
    {1, "Unable to connect to the server: x509: certificate has expired\n", CAPTURE_CLASS_TLS},
    {1, "Unable to connect to the server: context deadline exceeded\n", CAPTURE_CLASS_TIMEOUT},
    {126,
     "OCI runtime exec failed: exec failed: exec: \"date\": executable file not found in $PATH: "
     "unknown\ncommand terminated with exit code 126\n",
     CAPTURE_CLASS_COMMAND},
    {3, "", CAPTURE_CLASS_COMMAND},
};

START_TEST(commands_have_classes)
{
    Answer answer = ANSWER_INIT;
    answer.exit_code = COMMANDS[_i].exit_code;
    answer_of_command(&answer, str_of(COMMANDS[_i].text));
    ck_assert_msg(answer.class == COMMANDS[_i].class, "%s: %s", COMMANDS[_i].text,
                  capture_class_name(answer.class));
    ck_assert_int_eq(answer.reason[0] != '\0', answer.class != CAPTURE_CLASS_NONE);
}
END_TEST

START_TEST(a_reason_is_one_clean_line)
{
    Answer answer = ANSWER_INIT;
    answer_fail(&answer, CAPTURE_CLASS_IO, "a\033[31mb\nc");
    ck_assert_str_eq(answer.reason, "a\\x1b[31mb");
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("answer");
    TCase *tcase = tcase_create("answer");
    tcase_add_loop_test(tcase, http_answers_have_classes, 0, (int)(sizeof HTTP / sizeof *HTTP));
    tcase_add_loop_test(tcase, commands_have_classes, 0, (int)(sizeof COMMANDS / sizeof *COMMANDS));
    tcase_add_test(tcase, a_reason_is_one_clean_line);
    suite_add_tcase(suite, tcase);
    return suite;
}
