/* SPDX-License-Identifier: Apache-2.0 */
/* take.h -- one member on its way from the cluster to the spool.
 *
 * A Take asks for it, passes every byte through the redactor, and records what became of
 * it.  Takes live in the run's arena. */
#ifndef COLLECTOR_TAKE_H
#define COLLECTOR_TAKE_H

#include "collector/run.h"

enum { TAP_BYTES = 64 << 10 };

typedef struct Take Take;
struct Take {
    Run *run;
    Job job;
    MemberKind kind;
    Str name;                /* of the member; also the id */
    const char *verb;
    RedactForm form;
    Truncated window;        /* TRUNCATED_SINCE where the question itself was limited */
    uint64_t tail_lines;     /* asked for; 0: all */
    uint64_t tail_bytes;     /* kept; 0: all */
    bool tapped;             /* tap keeps the beginning of the body, unredacted */
    const char *tap_prefix;  /* of the lines that it keeps instead, wherever they stand; NULL */
    bool provisional;        /* another way is tried where this one is closed: not recorded */
    /* Called when all is recorded; may be NULL.  answer as recorded. */
    void (*after)(Take *take, const Answer *answer);
    Buf tap;
    /* What it is about, for after(). */
    const Pod *pod;
    const Container *container;
    Component component;
    const Endpoint *endpoint;
    const Probe *probe;
    const PlanCapture *plan;
    unsigned sample;
    unsigned attempt;        /* ways tried before this one */
    uint16_t port;
    /* Private. */
    SpoolFile *file;
    RedactStream *stream;
    uint64_t lines;
    int tap_at;              /* characters of tap_prefix seen in this line; -1: another line */
    bool over_share;         /* a log that found its part of the budget used up */
    char begins_with;        /* the first byte that is no blank; 0: none yet */
};

/* A cleared Take with run, kind, name and verb; NULL (and run_fail) when out of memory. */
Take *take_new(Run *run, MemberKind kind, Str name, const char *verb);
/* Queues it: job.path or job.command is set, the rest as it should be. */
void take_start(Take *take);
/* True where the answer says that this way is closed and another one may be open. */
bool take_is_closed(const Answer *answer);
/* Without any job: a member made here. */
void take_text(Run *run, MemberKind kind, Str name, const char *verb, RedactForm form, Str text);

/* /api/v1/namespaces/NS/pods/POD:PORT/proxyPATH, and what not to ask again when silent. */
void take_pod_path(Take *take, const Pod *pod, uint16_t port, Str path);
/* kubectl exec -n NS POD -c CONTAINER -- ARGV; argv ends with NULL. */
void
take_pod_command(Take *take, const Pod *pod, const Container *container, const char *const *argv);

/* The record's words for an answer: state, class, reason, times, truncation.  Valid until
 * the next one; NULL where there was one already. */
const Capture *take_record(Take *take, const Answer *answer);

#endif
