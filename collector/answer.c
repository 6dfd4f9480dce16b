/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c -- the tables that turn texts of kubectl, Go and the API server into classes. */
#include "collector/answer.h"

#include "base/utf8.h"
#include "collector/span.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *text;
    CaptureClass class;
} TEXTS[] = {
    {"(Forbidden)", CAPTURE_CLASS_FORBIDDEN},
    {"is forbidden:", CAPTURE_CLASS_FORBIDDEN},
    {"Unauthorized", CAPTURE_CLASS_UNAUTHORIZED},
    {"provide credentials", CAPTURE_CLASS_UNAUTHORIZED},
    {"getting credentials", CAPTURE_CLASS_UNAUTHORIZED},
    {"(TooManyRequests)", CAPTURE_CLASS_RATE_LIMITED},
    {"(Expired)", CAPTURE_CLASS_EXPIRED},
    {"(BadRequest)", CAPTURE_CLASS_BAD_REQUEST},
    {"the server doesn't have a resource type", CAPTURE_CLASS_UNKNOWN_TYPE},
    {"could not find the requested resource", CAPTURE_CLASS_NOT_FOUND},
    {"(NotFound)", CAPTURE_CLASS_NOT_FOUND},
    {"x509:", CAPTURE_CLASS_TLS},
    {"tls:", CAPTURE_CLASS_TLS},
    {"was refused", CAPTURE_CLASS_UNREACHABLE},
    {"connection refused", CAPTURE_CLASS_UNREACHABLE},
    {"no such host", CAPTURE_CLASS_UNREACHABLE},
    {"no route to host", CAPTURE_CLASS_UNREACHABLE},
    {"network is unreachable", CAPTURE_CLASS_UNREACHABLE},
    {"connection reset", CAPTURE_CLASS_UNREACHABLE},
    {"broken pipe", CAPTURE_CLASS_UNREACHABLE},
    {"server closed idle connection", CAPTURE_CLASS_UNREACHABLE},
    {"i/o timeout", CAPTURE_CLASS_TIMEOUT},
    {"deadline exceeded", CAPTURE_CLASS_TIMEOUT},
    {"Client.Timeout", CAPTURE_CLASS_TIMEOUT},
    {"handshake timeout", CAPTURE_CLASS_TIMEOUT},
    {"EOF", CAPTURE_CLASS_UNREACHABLE},
    {"executable file not found", CAPTURE_CLASS_ABSENT},
    {"no such file or directory", CAPTURE_CLASS_ABSENT},
    {"container not found", CAPTURE_CLASS_ABSENT},
    {"is not valid for pod", CAPTURE_CLASS_ABSENT},
    {"dial tcp", CAPTURE_CLASS_UNREACHABLE},
    {"Unable to connect", CAPTURE_CLASS_UNREACHABLE},
    {"(ServiceUnavailable)", CAPTURE_CLASS_SERVER_ERROR},
    {"(InternalError)", CAPTURE_CLASS_SERVER_ERROR},
    {"(Timeout)", CAPTURE_CLASS_TIMEOUT},
    {"an error on the server", CAPTURE_CLASS_SERVER_ERROR},
};

CaptureClass
answer_class_of_text(Str text)
{
    size_t at;
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++)
        if (str_find(text, str_of(TEXTS[i].text), &at))
            return TEXTS[i].class;
    return CAPTURE_CLASS_NONE;
}

/* I1123 14:39:16.750810   27102 proxy_server.go:147] ... */
static bool
is_klog(Str line)
{
    if (line.n < 22 || !strchr("IWEF", line.p[0]))
        return false;
    for (size_t i = 1; i < 5; i++)
        if (!isdigit((unsigned char)line.p[i]))
            return false;
    return line.p[5] == ' ' && line.p[8] == ':';
}

Str
answer_last_line(Str text)
{
    Str last = STR("");
    for (Str line; str_cut(&text, '\n', &line);) {
        line = str_trim(line);
        if (line.n > 0 && !is_klog(line))
            last = line;
    }
    return last;
}

/* One line, at most size - 1 bytes, nothing that a terminal would obey, cut between
 * characters. */
static void
put_line(char *out, size_t size, Str text)
{
    CLEANUP(buf_done) Buf clean = BUF_INIT(16 << 10);
    size_t newline;
    text = str_trim(text);
    if (str_find_char(text, '\n', &newline))
        text = str_head(text, newline);
    utf8_escape_terminal(&clean, str_head(str_trim(text), 2048), false);
    Str line = str_head(buf_str(&clean), size - 1);
    while (line.n > 0 && !utf8_valid(line, NULL))
        line.n--;
    memcpy(out, line.n ? line.p : "", line.n);
    out[line.n] = '\0';
}

void
answer_fail(Answer *answer, CaptureClass class, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    answer->class = class;
    put_line(answer->reason, sizeof answer->reason, str_of(text));
}

/* The message of a Status, or the first line of another text. */
static Str
message_of(Arena *arena, Str body, bool *ret_status)
{
    SpanTree tree;
    *ret_status = false;
    if (arena && body.n > 0 && body.p[0] == '{' && span_parse(arena, body, &tree, NULL) == ST_OK) {
        *ret_status = str_is(span_string(&tree, span_get(&tree, 0, "kind")), "Status");
        Str message = span_string(&tree, span_get(&tree, 0, "message"));
        if (message.n > 0)
            return message;
    }
    return body;
}

void
answer_of_http(Answer *answer, Str body)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(1 << 20);
    bool is_status;
    Str message = message_of(arena, body, &is_status);
    CaptureClass by_text = answer_class_of_text(message);
    bool text = strncmp(answer->content_type, "text/plain", 10) == 0;
    /* kubectl proxy says itself, as 500 or 502 in plain text, why it got no answer. */
    bool from_proxy = !is_status && text && by_text != CAPTURE_CLASS_NONE &&
                      (answer->http_status == 500 || answer->http_status == 502);
    answer->api_answered = !from_proxy;
    answer->class = from_proxy ? by_text : capture_class_of_http(answer->http_status);
    if (from_proxy) {
        answer->date_ns = 0;
        answer->http_status = 0;
    }
    /* The API server reports what it could not reach behind it as 500 or 503. */
    if (!from_proxy && answer->class == CAPTURE_CLASS_SERVER_ERROR &&
        (by_text == CAPTURE_CLASS_UNREACHABLE || by_text == CAPTURE_CLASS_TIMEOUT ||
         by_text == CAPTURE_CLASS_TLS))
        answer->class = by_text;
    if (message.n == 0)
        answer_fail(answer, answer->class, "HTTP status %d", answer->http_status);
    else
        put_line(answer->reason, sizeof answer->reason, message);
}

void
answer_of_command(Answer *answer, Str err_text)
{
    Str line = answer_last_line(err_text);
    put_line(answer->stderr_line, sizeof answer->stderr_line, line);
    if (answer->exit_code == 0) {
        answer->api_answered = true;
        return;
    }
    answer->class = answer_class_of_text(line);
    if (answer->class == CAPTURE_CLASS_NONE)
        answer->class = CAPTURE_CLASS_COMMAND;
    answer->api_answered = answer->class != CAPTURE_CLASS_UNREACHABLE &&
                           answer->class != CAPTURE_CLASS_TLS &&
                           answer->class != CAPTURE_CLASS_TIMEOUT;
    if (line.n > 0)
        put_line(answer->reason, sizeof answer->reason, line);
    else
        answer_fail(answer, answer->class, "the command ended with exit status %d",
                    answer->exit_code);
}
