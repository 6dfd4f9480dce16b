/* SPDX-License-Identifier: Apache-2.0 */
/* redact.c -- how fast logs are redacted, by the time of one core.
 *
 * Both passes over text like a proxy's and a control plane's, as collections have them, with
 * a thousand values to be looked for.  Asked for: 150 MB/s or more, both passes together. */
#include "base/cleanup.h"
#include "collector/redact.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TEXT_BYTES = 64 << 20, VALUES = 1000 };

static Status
drop(void *context, const char *bytes, size_t n, Err *err)
{
    (void)bytes;
    (void)err;
    *(uint64_t *)context += n;
    return ST_OK;
}

static double
now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void
write_logs(Buf *out)
{
    for (unsigned i = 0; out->n < TEXT_BYTES; i++) {
        buf_printf(out, "2018-06-14T08:%02u:%02u.%09uZ ", i / 60 % 60, i % 60, i * 7919 % 1000000000);
        if (i % 3 == 0)
            buf_printf(out,
                       "[2018-06-14T08:%02u:%02u.%03uZ] \"GET /reviews/%u?page=%u HTTP/1.1\" 200 - 0 %u 31 30 \"-\" "
                       "\"curl/7.58.0\" \"4f1c9d2e-8b7a-9c3d-%04x-%08x\" \"reviews:9080\" \"10.40.%u.%u:9080\"\n",
                       i / 60 % 60, i % 60, i % 1000, i % 10000, i % 7, i % 3000, i & 0xffff, i * 2654435761u,
                       i % 4, i % 250);
        else if (i % 3 == 1)
            buf_printf(out,
                       "info\tadapters\trequest count: %u {\"adapter\": \"handler.prometheus.istio-system\", "
                       "\"source\": \"productpage-v1-6c5f4b7d9-%05u\", \"code\": %u}\n",
                       i, i % 100000, i % 600);
        else
            buf_printf(out, "warn\tPush debounce stable %u: 100ms since last change, config version: %u.%u\n", i,
                       i % 100, i % 10);
    }
}

/* One pass after the other, as a collection has them; seconds of each. */
static Status
measure(Str logs, double *ret_first, double *ret_second, Err *err)
{
    CLEANUP(cleanup_redactor) Redactor *redactor = redactor_new(REDACT_LEVEL_SECRETS, STR(""));
    RedactStream *stream = NULL;
    RedactFinal *final = NULL;
    uint64_t bytes = 0;
    char value[40];
    if (!redactor)
        return err_nomem(err);
    for (unsigned i = 0; i < VALUES; i++) {
        (void)snprintf(value, sizeof value, "k%08xQz%08xPw", i * 2654435761u, i * 40503u);
        redactor_add_known(redactor, str_of(value));
    }
    double start = now();
    TRY(redact_stream_new(redactor, "logs/a/b/c.log", REDACT_TEXT, drop, &bytes, &stream, err));
    Status status = redact_stream_feed(stream, logs.p, logs.n, err);
    if (status == ST_OK)
        status = redact_stream_end(stream, err);
    redact_stream_free(stream);
    TRY(status);
    *ret_first = now() - start;
    start = now();
    TRY(redactor_seal(redactor, err));
    TRY(redact_final_new(redactor, "logs/a/b/c.log", 0, drop, &bytes, &final, err));
    status = redact_final_feed(final, logs.p, logs.n, err);
    if (status == ST_OK)
        status = redact_final_end(final, err);
    redact_final_free(final);
    TRY(status);
    *ret_second = now() - start;
    return redactor_total(redactor) ? err_set(err, ST_INTERNAL, "something was redacted") : ST_OK;
}

int
main(void)
{
    CLEANUP(buf_done) Buf logs = BUF_INIT(SIZE_MAX);
    Err err = {0};
    double first = 0;
    double second = 0;
    write_logs(&logs);
    if (buf_status(&logs, &err) != ST_OK || measure(buf_str(&logs), &first, &second, &err) != ST_OK) {
        (void)fprintf(stderr, "redact: %s\n", err.text);
        return 1;
    }
    double megabytes = (double)logs.n / 1e6;
    printf("redact: %.0f MB of logs: shapes %.0f MB/s, %d values %.0f MB/s, both %.0f MB/s a core\n", megabytes,
           megabytes / first, VALUES, megabytes / second, megabytes / (first + second));
    return 0;
}
