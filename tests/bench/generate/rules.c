/* SPDX-License-Identifier: Apache-2.0 */
/* rules.c -- patterns over the generated logs: each has words of its own, the first ten hit. */
#include "generate.h"

#include "base/cleanup.h"
#include "base/io.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_RULES = 250 };

static const char *const SUBJECTS[] = {
    "connection pool", "circuit breaker", "message queue", "session cache", "config watcher",
    "lease renewal", "token exchange", "leader election", "schema registry", "rate limiter",
    "object store", "thread pool", "health probe", "service mesh", "payment gateway",
    "search index", "audit trail", "feature flag", "load shedder", "retry budget",
    "tls handshake", "dns resolver", "http upstream", "grpc stream", "access policy",
    "quota server", "trace exporter", "metrics sink", "event bus", "job scheduler",
    "file watcher", "disk quota", "memory arena", "garbage collector", "class loader",
    "cluster member", "shard replica", "snapshot writer", "backup agent", "mail relay"};
static const char *const FAULTS[] = {
    "gave up on", "lost contact with", "was refused by", "timed out towards", "ran out of room for",
    "could not parse", "dropped updates of", "is stuck behind", "rejected data of", "overflowed at",
    "found no route to", "saw a stale copy of", "cannot verify", "was throttled by",
        "restarted after",
    "detected a loop at", "missed the deadline of", "broke off from", "has no quorum with",
    "disagrees with", "exhausted retries to", "failed over from", "was evicted by",
        "leaked handles of",
    "mismatched versions with"};
enum {
    SUBJECT_COUNT = sizeof SUBJECTS / sizeof *SUBJECTS,
    FAULT_COUNT = sizeof FAULTS / sizeof *FAULTS,
};
_Static_assert((int)SUBJECT_COUNT * (int)FAULT_COUNT >= (int)PATTERN_MOST,
               "each has its own words");

static const char *
subject_of(uint64_t number)
{
    return SUBJECTS[number % SUBJECT_COUNT];
}

static const char *
fault_of(uint64_t number)
{
    return FAULTS[number / SUBJECT_COUNT % FAULT_COUNT];
}

void
pattern_text(uint64_t number, PatternForm form, Buf *out)
{
    static const char *const FORMS[][PATTERN_FORM_COUNT] = {
        {"%s %s (?P<peer>\\S+)",
         "%s %s \\S+",
         "%s %s [^[:space:]]+"},
        {"\\b(?:error|warn)\\s+%s.{0,40}%s",
         "\\b(?:error|warn)\\s+%s.{0,40}%s",
         "\\b(error|warn)[[:space:]]+%s.{0,40}%s"},
        {"%s %s (?P<peer>\\S+): code (?P<code>\\d+), (?P<detail>[^\"\\n]{1,80})",
         "%s %s \\S+: code \\d+, [^\"\\n]{1,80}",
         "%s %s [^[:space:]]+: code [0-9]+, [^\"]{1,80}"},
        {"%s %s (?P<service>[a-z0-9-]+)\\.(?P<ns>[a-z0-9-]+)(?::\\d+)?",
         "%s %s [a-z0-9-]+\\.[a-z0-9-]+(?::\\d+)?",
         "%s %s [a-z0-9-]+\\.[a-z0-9-]+(:[0-9]+)?"},
    };
    const char *parts[] = {subject_of(number), fault_of(number)};
    const char *rest = FORMS[number % (sizeof FORMS / sizeof *FORMS)][form];
    for (size_t i = 0; i < 2; i++) {
        const char *hole = strstr(rest, "%s");
        buf_add(out, rest, (size_t)(hole - rest));
        buf_adds(out, parts[i]);
        rest = hole + 2;
    }
    buf_adds(out, rest);
}

void
pattern_hit(uint64_t number, Chance *chance, Buf *out)
{
    Pod peer;
    pod_of(chance_below(chance, 4096), &peer);
    buf_printf(out, "error\t%s %s %s.%s:9080: code %u, attempt %u of 5 after %ums",
               subject_of(number), fault_of(number), peer.app_name, peer.ns,
               (unsigned)chance_below(chance, 17), (unsigned)chance_below(chance, 5) + 1,
               (unsigned)chance_below(chance, 3000));
}

static Status
write_file(const char *folder, const char *name, const Buf *text, Err *err)
{
    CLEANUP(cleanup_fd) int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CLEANUP(cleanup_fd) int fd = dir < 0 ? -1 : openat(dir, name,
            O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return err_errno(err, ST_IO, "%s/%s", folder, name);
    TRY(buf_status(text, err));
    return io_write(fd, text->data, text->n, err);
}

static void
add_rule(uint64_t number, Buf *out)
{
    buf_printf(out, "- id: BENCH-%04" PRIu64 "\n  title: Pattern %" PRIu64
               " was seen\n  severity: warning\n  status: stable\n"
                    "  each: {event: {logs: {component: [app, sidecar, mixer, pilot], match: '",
                        number, number);
    pattern_text(number, PATTERN_NAMED, out);
    buf_adds(out, "'}}}\n  key: event.namespace + '/' + event.pod + '/' + event.container\n"
                  "  message: \"{{ event.container }} of {{ event.pod }} says so {{ event.count }}"
                  " times\"\n");
}

Status
make_rules(const char *folder, uint64_t patterns, Err *err)
{
    CLEANUP(buf_done) Buf text = BUF_INIT(16 << 20);
    if (mkdir(folder, 0755) < 0 && errno != EEXIST)
        return err_errno(err, ST_IO, "%s", folder);
    buf_adds(&text, "name: bench\nversion: 0.1.0\nlanguage: 1\nrules: \"rules-*.yaml\"\n");
    TRY(write_file(folder, "pack.yaml", &text, err));
    for (uint64_t from = 0; from < patterns; from += FILE_RULES) {
        char name[32];
        (void)snprintf(name, sizeof name, "rules-%04" PRIu64 ".yaml", from);
        buf_clear(&text);
        buf_adds(&text, "language: 1\nrules:\n");
        for (uint64_t i = from; i < patterns && i < from + FILE_RULES; i++)
            add_rule(i, &text);
        TRY(write_file(folder, name, &text, err));
    }
    return ST_OK;
}
