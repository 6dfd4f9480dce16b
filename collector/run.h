/* SPDX-License-Identifier: Apache-2.0 */
/* run.h -- one collection: everything that its captures share.
 *
 * A Run owns nothing but what run.c makes; all plain data is in its arena.  Captures add
 * jobs to the fetch and, when these are done, records to the manifest and members to the
 * spool.  Out of memory in a callback is kept in `failed` and ends the run. */
#ifndef COLLECTOR_RUN_H
#define COLLECTOR_RUN_H

#include "bundle/kind.h"
#include "collector/clocks.h"
#include "collector/cluster.h"
#include "collector/fetch.h"
#include "collector/options.h"
#include "collector/plan.h"
#include "collector/proc_limits.h"
#include "collector/redact.h"
#include "collector/spool.h"

/* A member that is ready for the bundle. */
typedef struct {
    Str name;
    SpoolFile *file;
    size_t capture;          /* index in the manifest */
} RunMember;

typedef struct Discovery Discovery;

typedef struct {
    Arena *arena;
    const CollectOptions *options;
    const Plan *plan;
    Kube *kube;
    Fetch *fetch;
    Redactor *redactor;
    Spool *spool;
    Manifest *manifest;
    Cluster cluster;
    Discovery *discovery;
    ClockBook clocks;
    Map chased;              /* pods, and nodes, whose clocks are chased */
    unsigned chased_pods;
    LimitBook limits;
    VEC(RunMember) members;
    Map recorded;            /* ids in the manifest: a second answer to a question is dropped */
    Buf log;                 /* collector.log */
    bool core_known;         /* what the core group serves */
    bool discovered;         /* all that is served */
    bool pods_asked;
    bool pods_known;         /* as far as they ever will be */
    bool logs_closed;        /* they have used up their part of the budget */
    int64_t client_offset_ns;
    Status failed;           /* first failure of the machine in a callback */
    Err failure;
} Run;

/* Keeps the first failure of a callback, and stops the fetch. */
void run_fail(Run *run, Status status, const Err *err);
/* A line of collector.log, with the time. */
void run_log(Run *run, const char *format, ...) PRINTF_LIKE(2, 3);
/* The text, redacted, in the arena: for reasons and stderr lines. */
Str run_clean(Run *run, const char *text);

/* The record of that id, to be filled; NULL where there is one already, which is logged, or
 * out of memory.  Clusters may list an object twice, and plans may ask twice. */
Capture *run_record(Run *run, Str id);

/* Reads the API server's clock from whatever it answers. */
void run_read_answer(void *context, const Job *job, const Answer *answer);

/* A record without a member: an enumeration, or what was not asked. */
typedef struct {
    Str id;
    MemberKind kind;
    const char *verb;
    Str cover;               /* glob; empty: id */
    CaptureState state;
    CaptureClass class;
    Str reason;
} RunNote;
void run_note(Run *run, const RunNote *note);

/* Whether the plan's condition holds. */
bool run_when(const Run *run, const PlanWhen *when);

/* The captures of a plan, one function a kind; each queues its jobs or writes its notes. */
void capture_resources(Run *run, const PlanCapture *capture);
void capture_logs(Run *run, const PlanCapture *capture);
void capture_metrics(Run *run, const PlanCapture *capture);
void capture_http(Run *run, const PlanCapture *capture);
void capture_exec(Run *run, const PlanCapture *capture);
void capture_host(Run *run, const PlanCapture *capture);
void capture_clocks(Run *run, const PlanCapture *capture);
void capture_limits(Run *run, const PlanCapture *capture);

/* Discovery, first of all: the server's version, what it serves.  discover_end() when
 * discovered is set, which happens with the last answer. */
void discover_start(Run *run);
void discover_end(Run *run);
/* The list of pods before all other objects, as soon as the core group is known: most of what
 * is asked waits for it. */
void capture_pods_early(Run *run);

/* What the captures of kinds clocks and limits write once all answers are there. */
void capture_books(Run *run);

#endif
