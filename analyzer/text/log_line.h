/* SPDX-License-Identifier: Apache-2.0 */
/* log_line.h -- the head of a log line: its time, whatever wrote it.
 *
 * Known heads: Istio's zap console lines and any other RFC 3339 start; zap and Envoy JSON;
 * glog and klog ("W0227 21:51:03.156818       1 file.go:257] "); Envoy's
 * "[2018-05-17 03:00:52.735][14][critical][assert] ", also behind "[Envoy (Epoch 0)] ";
 * Envoy's access log "[2018-05-26T04:17:41.562Z] \"GET …"; logfmt (Prometheus ts=, Grafana t=);
 * "2018/06/14 08:03:01" (nginx, Go's log); "2018-06-14 08:03:01,123" (Java, Python);
 * Apache's and nginx's access logs "[14/Jun/2018:08:03:01 +0000]"; syslog "Jun 14 08:03:01".
 * Times without a zone are taken as UTC, which container images use.
 *
 * In front of any of these the container runtime may have put a prefix: CRI's
 * "2018-06-14T08:03:01.123456789Z stdout F " in log files, or the time alone where the log
 * was fetched with timestamps. */
#ifndef TEXT_LOG_LINE_H
#define TEXT_LOG_LINE_H

#include "base/str.h"

typedef struct {
    bool known;          /* a head was recognised: the line starts a record */
    bool has_time;
    bool guessed_year;   /* the format has none: a better time, if there is one, wins */
    int64_t time_ns;
} LogHead;

/* latest_ns: when the log was taken.  It decides the year where a format has none: the latest
 * one that puts the line at most a day after it. */
LogHead log_head(Str line, int64_t latest_ns);

typedef struct {
    size_t bytes;        /* length of the prefix; 0: none */
    int64_t time_ns;
    bool partial;        /* CRI "P": the line goes on in the next one */
    bool cri;            /* "stdout F " stood behind the time */
    bool is_stderr;      /* CRI's other stream */
    unsigned fraction_digits;
} LogPrefix;

/* The runtime's prefix, if line starts with a time and one blank, or is a time alone.  A time alone is a prefix
 * only if the caller knows that the log was fetched so: see log_block.h. */
LogPrefix log_prefix(Str line);

#endif
