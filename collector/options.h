/* SPDX-License-Identifier: Apache-2.0 */
/* options.h -- meshcase-collect's one table of options. */
#ifndef COLLECTOR_OPTIONS_H
#define COLLECTOR_OPTIONS_H

#include "base/options.h"

typedef enum { PROGRESS_AUTO, PROGRESS_PLAIN, PROGRESS_JSON, PROGRESS_NONE } ProgressMode;

typedef struct {
    const char *output;
    const char *plan;
    const char *kubeconfig;
    const char *context;
    OptionList namespaces;
    const char *istio_namespace;
    int64_t since_ns;
    uint64_t tail;                 /* lines; 0: all */
    uint64_t max_log_bytes;
    uint64_t max_bundle_bytes;
    int64_t deadline_ns;
    int64_t request_timeout_ns;
    uint64_t jobs;
    uint64_t rate;
    int64_t sample_interval_ns;
    int redact;                    /* RedactLevel */
    const char *pseudonym_key;     /* a file */
    const char *from;
    bool no_exec;
    const char *client_date;       /* RFC 3339 */
    bool preflight;
    bool dry_run;
    bool force;
    int progress;                  /* ProgressMode */
    bool quiet;
} CollectOptions;

extern const OptionSet COLLECT_OPTIONS;

/* What the table cannot say: ranges, and options that exclude each other.  ST_USAGE. */
NODISCARD Status collect_options_check(const CollectOptions *options, Err *err);

#endif
