/* SPDX-License-Identifier: Apache-2.0 */
/* fetch_http.c -- one GET over the proxy's socket, by libcurl. */
#include "collector/fetch_private.h"

#include "base/timestamp.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    CLOCK_SET_NS = 10000000,
    ENVOY_DATE_NS = 1500000000,    /* Envoy makes a new Date every half second only */
    OTHER_DATE_NS = 2000000000,    /* Tomcat, Node.js and the like may keep one for a second */
};

static int
status_of(const Active *active)
{
    long status = 0;
    (void)curl_easy_getinfo(active->easy, CURLINFO_RESPONSE_CODE, &status);
    return (int)status;
}

static size_t
on_body(char *bytes, size_t size, size_t count, void *context)
{
    Active *active = context;
    size_t n = size * count;
    active->progress_ns = timestamp_monotonic();
    int status = status_of(active);
    if (status / 100 == 2)
        return active_bytes(active, bytes, n) ? n : CURL_WRITEFUNC_ERROR;
    size_t room = ERROR_BODY_BYTES - active->error_body.n;
    buf_add(&active->error_body, bytes, n < room ? n : room);
    return n;
}

static bool
header_is(Str line, const char *name, Str *ret_value)
{
    size_t n = strlen(name);
    if (line.n <= n || strncasecmp(line.p, name, n) != 0 || line.p[n] != ':')
        return false;
    *ret_value = str_trim(str_from(line, n + 1));
    return true;
}

/* The moments between which the Date was made; they count only where our own clock was not
 * set meanwhile. */
static void
read_status_line(Active *active)
{
    Answer *answer = &active->answer;
    answer->headers_at_ns = timestamp_now();
    answer->date_step_ns = NS_PER_S;
    answer->date_ns = 0;
    int64_t passed = timestamp_monotonic() - active->started_ns;
    active->clock_set =
        llabs(answer->headers_at_ns - answer->started_at_ns - passed) > CLOCK_SET_NS;
}

static size_t
on_header(char *bytes, size_t size, size_t count, void *context)
{
    Active *active = context;
    Str line = {bytes, size * count};
    Str value;
    uint64_t seconds;
    active->progress_ns = timestamp_monotonic();
    if (str_starts(line, STR("HTTP/")))
        read_status_line(active);
    else if (header_is(line, "date", &value))
        (void)timestamp_parse_http(value, &active->answer.date_ns);
    else if (header_is(line, "server", &value))       /* servers in Go send none */
        active->answer.date_step_ns = str_ends(value, STR("envoy")) ? ENVOY_DATE_NS : OTHER_DATE_NS;
    else if (header_is(line, "retry-after", &value) && str_to_u64(value, &seconds) &&
             seconds < 3600)
        active->answer.retry_after_ns = (int64_t)seconds * NS_PER_S;
    else if (header_is(line, "content-type", &value)) {
        Str head = str_head(value, sizeof active->answer.content_type - 1);
        memcpy(active->answer.content_type, head.n ? head.p : "", head.n);
        active->answer.content_type[head.n] = '\0';
    }
    return line.n;
}

static Status
set_options(Active *active, const char *socket, Err *err)
{
    CURL *easy = active->easy;
    const Job *job = active->job;
    const char *url = arena_printf(active->scratch, "http://localhost%s", job->path);
    const char *accept = arena_printf(active->scratch, "Accept: %s",
                                      job->accept ? job->accept : "application/json, */*");
    if (!url || !accept)
        return err_nomem(err);
    active->headers = curl_slist_append(NULL, accept);
    if (!active->headers)
        return err_nomem(err);
    curl_easy_reset(easy);
    bool set =
        curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, socket) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http") == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_USERAGENT, "meshcase-collect") == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip") == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, active->headers) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, active) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_HEADERDATA, active) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_PRIVATE, active) == CURLE_OK;
    return set ? ST_OK : err_nomem(err);
}

Status
http_begin(Active *active, CURLM *multi, const char *socket, Err *err)
{
    active->http = true;
    active->proxy_error = false;
    active->clock_set = false;
    TRY(set_options(active, socket, err));
    if (curl_multi_add_handle(multi, active->easy) != CURLM_OK)
        return err_nomem(err);
    return ST_OK;
}

void
http_abort(Active *active, CURLM *multi)
{
    (void)curl_multi_remove_handle(multi, active->easy);
    curl_slist_free_all(active->headers);
    active->headers = NULL;
}

/* The transfer failed: which answer that is. */
static void
read_failure(Active *active, CURLcode code)
{
    Answer *answer = &active->answer;
    bool began = answer->headers_at_ns != 0;
    if (answer->class != CAPTURE_CLASS_NONE)
        return;                           /* on_bytes gave up, and has said why */
    answer->broken = began && answer->bytes > 0;
    active->proxy_error = code == CURLE_COULDNT_CONNECT;
    if (answer->http_status / 100 == 2)
        answer_fail(answer, CAPTURE_CLASS_TRUNCATED, "the answer broke off after %llu bytes: %s",
                    (unsigned long long)answer->bytes, curl_easy_strerror(code));
    else
        answer_fail(answer, CAPTURE_CLASS_UNREACHABLE, "the connection failed: %s",
                    curl_easy_strerror(code));
}

void
http_end(Active *active, CURLM *multi, CURLcode code)
{
    Answer *answer = &active->answer;
    answer->http_status = status_of(active);
    if (code == CURLE_WRITE_ERROR && (answer->cut || active->job->enough))
        code = CURLE_OK;
    if (code != CURLE_OK)
        read_failure(active, code);
    else if (answer->http_status / 100 != 2)
        answer_of_http(answer, buf_str(&active->error_body));
    if (answer->http_status / 100 == 2)
        answer->api_answered = true;
    if (active->clock_set)
        answer->date_ns = 0;
    answer->error_body = buf_str(&active->error_body);
    http_abort(active, multi);
}
