/* SPDX-License-Identifier: Apache-2.0 */
/* answer.h -- what became of one request or command, and how that is told from its traces. */
#ifndef COLLECTOR_ANSWER_H
#define COLLECTOR_ANSWER_H

#include "bundle/manifest.h"

typedef struct {
    CaptureClass class;      /* NONE: it succeeded */
    bool asked;              /* a request was sent */
    bool api_answered;       /* the API server itself said something */
    bool broken;             /* the body began and broke off */
    bool cut;                /* the body was longer than allowed */
    int http_status;         /* 0: none */
    int exit_code;           /* -1: none */
    int64_t started_at_ns;   /* realtime */
    int64_t headers_at_ns;   /* realtime, when the status line came; 0: never */
    int64_t duration_ms;
    int64_t date_ns;         /* the Date header; 0: none that counts */
    int64_t date_step_ns;    /* how coarse it is */
    int64_t retry_after_ns;  /* -1: none */
    uint64_t bytes;          /* of the body passed on */
    Str error_body; /* of an answer that is no success, its beginning; during the callback */
    char reason[256];        /* one sentence; "" on success */
    char stderr_line[256];
    char content_type[64];
} Answer;

#define ANSWER_INIT ((Answer){.exit_code = -1, .retry_after_ns = -1})

/* Sets class and reason of an HTTP answer that is no success.  What kubectl proxy says of
 * its own connection, in plain text, is told from the words of the API server. */
void answer_of_http(Answer *answer, Str body);
/* The same of a command that ended; err_text is its standard error. */
void answer_of_command(Answer *answer, Str err_text);
/* The same for an answer that never came. */
void answer_fail(Answer *answer, CaptureClass class, const char *format, ...) PRINTF_LIKE(3, 4);

/* The class that a text of Go's or kubectl's about a failed connection means; NONE: none. */
CaptureClass answer_class_of_text(Str text);
/* The last line that is no klog line. */
Str answer_last_line(Str text);

#endif
