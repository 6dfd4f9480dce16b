/* SPDX-License-Identifier: Apache-2.0 */
/* options.c -- the table that parses, and from which help and manual page are made. */
#include "collector/options.h"

#include "base/timestamp.h"
#include "collector/redact.h"

#include <stddef.h>

#define FIELD(name) .target = offsetof(CollectOptions, name)

static const char *const REDACT_CHOICES[] = {"secrets", "identity", "none", NULL};
static const char *const PROGRESS_CHOICES[] = {"auto", "plain", "json", "none", NULL};

static const Option TABLE[] = {
    {"output", 'o', OPTION_TEXT, "FILE",
     "write the bundle to FILE; default meshcase-CONTEXT-TIME.tar.gz here", FIELD(output)},
    {"plan", 0, OPTION_TEXT, "FILE", "collect what FILE says in place of the built-in plan",
     FIELD(plan)},
    {"kubeconfig", 0, OPTION_TEXT, "FILE", "kubeconfig to be used by kubectl", FIELD(kubeconfig)},
    {"context", 0, OPTION_TEXT, "NAME", "context of the kubeconfig", FIELD(context)},
    {"namespace", 'n', OPTION_LIST, "NS",
     "only these application namespaces; the mesh's own are always collected", FIELD(namespaces)},
    {"istio-namespace", 0, OPTION_TEXT, "NS", "namespace of the control plane",
     FIELD(istio_namespace), .fallback = "istio-system"},
    {"since", 0, OPTION_DURATION, "DUR", "logs of applications and proxies no older than this",
     FIELD(since_ns), .fallback = "24h"},
    {"tail", 0, OPTION_COUNT, "N", "at most the last N lines of a log; 0 for all", FIELD(tail),
     .fallback = "0"},
    {"max-log-bytes", 0, OPTION_SIZE, "SIZE", "at most the last SIZE of a log",
     FIELD(max_log_bytes), .fallback = "10MiB"},
    {"max-bundle-bytes", 0, OPTION_SIZE, "SIZE",
     "stop taking more when the bundle is about that large", FIELD(max_bundle_bytes),
     .fallback = "1GiB"},
    {"deadline", 0, OPTION_DURATION, "DUR", "end with what is there after this time",
     FIELD(deadline_ns), .fallback = "10m"},
    {"request-timeout", 0, OPTION_DURATION, "DUR", "give up a request that is silent for this time",
     FIELD(request_timeout_ns), .fallback = "15s"},
    {"jobs", 0, OPTION_COUNT, "N", "requests at once", FIELD(jobs), .fallback = "4"},
    {"rate", 0, OPTION_COUNT, "N", "requests a second", FIELD(rate), .fallback = "20"},
    {"sample-interval", 0, OPTION_DURATION, "DUR", "time between the two samples of metrics",
     FIELD(sample_interval_ns), .fallback = "10s"},
    {"redact", 0, OPTION_CHOICE, "LEVEL", "remove credentials (secrets); also give pseudonyms to addresses, host names and users "
     "(identity); or nothing (none)",
     FIELD(redact), .choices = REDACT_CHOICES, .fallback = "secrets"},
    {"pseudonym-key", 0, OPTION_TEXT, "FILE",
     "make pseudonyms from what FILE holds, so that bundles can be compared; default: a random key",
     FIELD(pseudonym_key)},
    {"from", 0, OPTION_TEXT, "PATH",
     "repack the bundle or folder PATH, redacted, in place of collecting; needs no cluster",
     FIELD(from)},
    {"no-exec", 0, OPTION_FLAG, NULL, "run no command in any container", FIELD(no_exec)},
    {"client-date", 0, OPTION_TEXT, "RFC3339",
     "clock of the machine whose browser shows Grafana, read now", FIELD(client_date)},
    {"preflight", 0, OPTION_FLAG, NULL,
     "only tell what may not be read, and which rights are missing", FIELD(preflight)},
    {"dry-run", 0, OPTION_FLAG, NULL, "only print the plan", FIELD(dry_run)},
    {"force", 0, OPTION_FLAG, NULL, "replace FILE if it exists", FIELD(force)},
    {"progress", 0, OPTION_CHOICE, "FORM", "auto, plain, json or none, on standard error",
     FIELD(progress), .choices = PROGRESS_CHOICES, .fallback = "auto"},
    {"quiet", 'q', OPTION_FLAG, NULL, "say nothing but errors", FIELD(quiet)},
    {0},
};

const OptionSet COLLECT_OPTIONS = {
    .program = "meshcase-collect",
    .usage = "[OPTION]...",
    .summary = "make a case file of a service mesh",
    .description = "Reads what a plan names from the cluster that kubectl reaches, and writes one "
                   "bundle, a .tar.gz with a\n"
                   "manifest of what was asked and what became of it.  Nothing is changed in the "
                   "cluster and no Secret's data\n"
                   "is read; credentials found elsewhere are removed before anything is written.\n",
    .exit_codes = "0  the bundle is complete\n"
                  "1  the bundle is written, some captures are missing; they are listed\n"
                  "2  wrong use, or a plan that cannot be read; nothing was fetched\n"
                  "3  no bundle: the API server never answered, or a second signal came\n"
                  "4  a secret was left in the finished bundle, which is withheld\n"
                  "6  the output could not be written\n"
                  "75 no memory\n",
    .options = TABLE,
};

static Status
at_least(const char *name, int64_t value, int64_t least, const char *text, Err *err)
{
    if (value < least)
        return err_set(err, ST_USAGE, "--%s must be at least %s", name, text);
    return ST_OK;
}

Status
collect_options_check(const CollectOptions *options, Err *err)
{
    int64_t ignored;
    TRY(at_least("jobs", (int64_t)options->jobs, 1, "1", err));
    TRY(at_least("rate", (int64_t)options->rate, 1, "1", err));
    TRY(at_least("deadline", options->deadline_ns, NS_PER_S, "1s", err));
    TRY(at_least("request-timeout", options->request_timeout_ns, NS_PER_S / 10, "100ms", err));
    TRY(at_least("since", options->since_ns, NS_PER_S, "1s", err));
    TRY(at_least("sample-interval", options->sample_interval_ns, 0, "0s", err));
    TRY(at_least("max-log-bytes",
                 (int64_t)(options->max_log_bytes > INT64_MAX ? INT64_MAX : options->max_log_bytes),
                 64 << 10, "64KiB", err));
    TRY(at_least("max-bundle-bytes",
                 (int64_t)(options->max_bundle_bytes > INT64_MAX ? INT64_MAX
                                                                 : options->max_bundle_bytes),
                 1 << 20, "1MiB", err));
    if (options->from && (options->preflight || options->dry_run || options->plan ||
                          options->kubeconfig || options->context || options->namespaces.count))
        return err_set(err, ST_USAGE,
                       "--from asks no cluster: --preflight, --dry-run, --plan, --kubeconfig, "
                       "--context and --namespace do not go with it");
    if (options->pseudonym_key && options->redact != REDACT_LEVEL_IDENTITY)
        return err_set(err, ST_USAGE, "--pseudonym-key goes with --redact identity alone");
    if (options->jobs > 32)
        return err_set(err, ST_USAGE,
                       "--jobs must be at most 32: a sick cluster is not helped by more");
    if (options->rate > 1000)
        return err_set(err, ST_USAGE, "--rate must be at most 1000");
    if (options->client_date && !timestamp_parse(str_of(options->client_date), &ignored))
        return err_set(err, ST_USAGE,
                       "--client-date '%s' is no RFC 3339 time such as 2018-06-14T08:00:00Z",
                       options->client_date);
    return ST_OK;
}
