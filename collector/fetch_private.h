/* SPDX-License-Identifier: Apache-2.0 */
/* fetch_private.h -- one job under way, over HTTP or as a child process. */
#ifndef COLLECTOR_FETCH_PRIVATE_H
#define COLLECTOR_FETCH_PRIVATE_H

#include "collector/fetch.h"

#include <curl/curl.h>

enum { ERROR_BODY_BYTES = 16 << 10, ERROR_TEXT_BYTES = 64 << 10 };

typedef struct Active {
    Job *job;                    /* NULL: the slot is free */
    Answer answer;
    int64_t started_ns;          /* monotonic */
    int64_t progress_ns;         /* monotonic, of the last byte */
    Buf error_body;              /* of an HTTP answer that is no success */
    Err sink_err;                /* why on_bytes refused */
    CURL *easy;
    struct curl_slist *headers;
    bool http;
    bool clock_set;              /* our own, between question and answer */
    bool proxy_error;            /* HTTP: the proxy itself could not be reached */
    Subprocess child;
    Buf err_text;                /* of the child */
    Arena *scratch;              /* argv of the child */
} Active;

/* Passes body bytes on; false where the job must be given up (answer says why). */
bool active_bytes(Active *active, const char *bytes, size_t n);

NODISCARD Status http_begin(Active *active, CURLM *multi, const char *socket, Err *err);
/* CURLMSG_DONE came. */
void http_end(Active *active, CURLM *multi, CURLcode code);
void http_abort(Active *active, CURLM *multi);

/* without_raw: a path is asked for by what its job names instead. */
NODISCARD Status command_begin(Active *active, const Kube *kube, bool without_raw, Err *err);
/* Reads what is there; true where the child has ended and the answer is ready. */
bool command_step(Active *active);
void command_abort(Active *active);

#endif
