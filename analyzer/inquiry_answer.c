/* SPDX-License-Identifier: Apache-2.0 */
/* inquiry_answer.c -- the confined side of an inquiry: reads the bundle, judges, answers. */
#include "analyzer/inquiry_private.h"

#include "analyzer/model/gallery_wire.h"
#include "analyzer/rule/coverage.h"
#include "analyzer/rule/trace.h"
#include "analyzer/rule/verdict_wire.h"
#include "base/limits.h"
#include "base/pool.h"
#include "base/timestamp.h"
#include "bundle/verify.h"

#include <stdio.h>
#include <unistd.h>

enum { BATCH_BYTES = 256 * 1024 };

typedef struct {
    const InquiryTask *task;
    WorkerPort *port;
    Arena *arena;
    Bundle *bundle;
    Evaluation evaluation;
    CoverageList of_bundle;
    Gallery gallery;
    TraceText trace;
    Buf trace_text;
    Buf out;
} Answer;

/* ---- what is under way ---- */

static void
member_begins(void *context, unsigned task, Str member)
{
    const Answer *answer = context;
    worker_begins(answer->port, TASK_MEMBER + task, DOING_MEMBER, member);
}

static void
member_ends(void *context, unsigned task)
{
    const Answer *answer = context;
    worker_ends(answer->port, TASK_MEMBER + task);
}

static void
entry_begins(void *context, uint64_t number)
{
    const Answer *answer = context;
    char text[24];
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    worker_begins(answer->port, TASK_ENTRY, DOING_ENTRY, str_of(text));
}

static void
rule_begins(void *context, unsigned lane, const Rule *rule)
{
    const Answer *answer = context;
    worker_begins(answer->port, TASK_RULE + lane, DOING_RULE, rule->id);
}

static void
lane_ends(void *context, unsigned lane)
{
    const Answer *answer = context;
    worker_ends(answer->port, TASK_RULE + lane);
}

/* ---- reading and judging ---- */

static Status
verify(const Answer *answer, Err *err)
{
    VerifyReport report;
    TRY(bundle_verify(answer->bundle, &report, err));
    const BundleProblems *problems = bundle_problems(answer->bundle);
    if (problems->count == 0)
        return ST_OK;
    const BundleProblem *first = &problems->items[0];
    return err_set(err, ST_DIGEST,
                   "%s does not verify: %s%s" STR_FMT ": " STR_FMT " (meshcase-bundle verify "
                   "tells all)", answer->task->name, problem_name(first->kind),
                   first->member.n > 0 ? " " : "", STR_ARG(str_head(first->member, 100)),
                   STR_ARG(first->reason));
}

/* Citations that could not be quoted from what the model keeps. */
static Status
quote(Answer *answer, Model *model, const ModelFeed *feed, Err *err)
{
    const VerdictList *verdicts = &answer->evaluation.verdicts;
    VEC(Evidence *) items = {0};
    for (size_t i = 0; i < verdicts->count; i++) {
        const VerdictDetail *detail = verdicts->items[i].detail;
        for (size_t k = 0; k < detail->evidence_count; k++) {
            if (!detail->evidence[k].is_short)
                continue;
            Evidence **slot = VEC_PUSH(answer->arena, &items);
            if (!slot)
                return err_nomem(err);
            /* Nobody has seen the verdicts yet. */
            *slot = (Evidence *)(uintptr_t)&detail->evidence[k];
        }
    }
    return items.count ? model_quote(model, feed, answer->arena, items.items, items.count, err)
                       : ST_OK;
}

/* only_fields: the model keeps what the rules can reach; *ret_missed then tells whether that was
 * too little. */
static Status
judge_once(Answer *answer, bool only_fields, bool *ret_missed, Err *err)
{
    const InquirySpec *spec = answer->task->spec;
    const Exclusions *exclusions = answer->task->exclusions;
    Demand *demand = demand_new(answer->arena);
    if (!demand)
        return err_nomem(err);
    TRY(rules_demand(spec->set, demand, err));
    if (spec->wants_gallery)
        TRY(demand_gallery(demand, err));
    if (only_fields)
        TRY(rules_demand_fields(spec->set, demand, err));
    uint64_t jobs = spec->options->jobs;
    unsigned lanes = exclusions->one_thread    ? 1
                     : jobs < POOL_MOST_LANES ? (unsigned)jobs
                                              : POOL_MOST_LANES;
    ModelFeed feed = model_feed_of_bundle(answer->bundle, lanes);
    Model *model;
    TRY(model_load(&feed, demand, answer->arena, &model, err));
    worker_ends(answer->port, TASK_ENTRY);
    EvaluateOptions options = {.lanes = lanes ? lanes : pool_cores(), .begins = rule_begins,
                               .ends = lane_ends, .context = answer,
                               .excluded = exclusions->rules.items,
                               .excluded_count = exclusions->rules.count};
    if (spec->why) {
        trace_init(&answer->trace, &answer->trace_text);
        options.traced = spec->why;
        options.trace = &answer->trace.hooks;
    }
    Status status = rules_evaluate(spec->set, model, &options, answer->arena,
                                   &answer->evaluation, err);
    if (status == ST_OK)
        status = coverage_of_samples(model, answer->arena, &answer->of_bundle, err);
    if (status == ST_OK && spec->wants_gallery)
        status = model_gallery(model, &answer->gallery, err);
    *ret_missed = model_has_missed(model);
    return status == ST_OK && !*ret_missed ? quote(answer, model, &feed, err) : status;
}

/* Objects are kept whole where the bundle cannot be read twice, and where a trace shows them. */
static Status
judge(Answer *answer, Err *err)
{
    bool missed = false;
    bool only_fields = !answer->task->spec->why && lseek(answer->task->fd, 0, SEEK_CUR) >= 0;
    if (only_fields) {
        TRY(judge_once(answer, true, &missed, err));
        if (!missed)
            return ST_OK;
        answer->evaluation = (Evaluation){0};
        answer->of_bundle = (CoverageList){0};
        answer->gallery = (Gallery){0};
        arena_reset(answer->arena);
    }
    return judge_once(answer, false, &missed, err);
}

/* ---- answering ---- */

static Status
flush(Answer *answer, uint8_t type, size_t least_bytes, Err *err)
{
    TRY(buf_status(&answer->out, err));
    if (answer->out.n < least_bytes)
        return ST_OK;
    TRY(worker_send(answer->port, type, buf_str(&answer->out), err));
    buf_clear(&answer->out);
    return ST_OK;
}

static Status
send_bundle(Answer *answer, Err *err)
{
    Buf *out = &answer->out;
    Digest digest = {{0}};
    char collected_at[TIMESTAMP_TEXT_BYTES] = "";
    const Manifest *manifest = bundle_manifest(answer->bundle);
    if (manifest)
        timestamp_format(manifest->started_at_ns, collected_at);
    wire_put_u8(out, bundle_manifest_sha256(answer->bundle, &digest));
    wire_put_bytes(out, digest.bytes, DIGEST_BYTES);
    wire_put_str(out, str_of(collected_at));
    size_t count = manifest ? manifest->cluster.count : 0;
    wire_put_u32(out, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        wire_put_str(out, manifest->cluster.items[i].key);
        wire_put_str(out, manifest->cluster.items[i].value);
    }
    return flush(answer, FRAME_BUNDLE, 0, err);
}

static Status
send_verdicts(Answer *answer, Err *err)
{
    const VerdictList *verdicts = &answer->evaluation.verdicts;
    for (size_t i = 0; i < verdicts->count; i++) {
        verdict_put(&answer->out, &verdicts->items[i]);
        TRY(flush(answer, FRAME_VERDICTS, BATCH_BYTES, err));
    }
    return flush(answer, FRAME_VERDICTS, 1, err);
}

static Status
send_coverage(Answer *answer, const CoverageList *coverage, uint8_t type, Err *err)
{
    for (size_t i = 0; i < coverage->count; i++) {
        coverage_put(&answer->out, &coverage->items[i]);
        TRY(flush(answer, type, BATCH_BYTES, err));
    }
    return flush(answer, type, 1, err);
}

static Status
send_all(Answer *answer, Err *err)
{
    TRY(coverage_of_bundle(answer->bundle, answer->arena, &answer->of_bundle, err));
    TRY(send_bundle(answer, err));
    TRY(send_verdicts(answer, err));
    TRY(send_coverage(answer, &answer->evaluation.coverage, FRAME_COVERAGE, err));
    TRY(send_coverage(answer, &answer->of_bundle, FRAME_BUNDLE_COVERAGE, err));
    if (answer->task->spec->wants_gallery) {
        gallery_put(&answer->out, &answer->gallery);
        TRY(flush(answer, FRAME_GALLERY, 0, err));
    }
    return answer->trace_text.n > 0
               ? worker_send(answer->port, FRAME_TRACE, buf_str(&answer->trace_text), err)
               : ST_OK;
}

static Status
run(Answer *answer, Err *err)
{
    const InquiryTask *task = answer->task;
    const Exclusions *exclusions = task->exclusions;
    BundleWatch watch = {answer, member_begins, member_ends, entry_begins};
    BundleOptions options = {
        .watch = &watch, .excluded = exclusions->members.items,
        .excluded_count = exclusions->members.count, .stop_at = exclusions->stop_at,
        .stop_death = exclusions->stop_death,
    };
    TRY(bundle_open_fd(task->fd, task->name, &options, &answer->bundle, err));
    if (task->spec->options->verify)
        TRY(verify(answer, err));
    TRY(judge(answer, err));
    return send_all(answer, err);
}

Status
inquiry_answer(void *context, WorkerPort *port, Err *err)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    if (!arena)
        return err_nomem(err);
    Answer answer = {.task = context, .port = port, .arena = arena,
                     .trace_text = BUF_INIT(TRACE_BYTES * 2), .out = BUF_INIT(LIMIT_FRAME_BYTES)};
    Status status = run(&answer, err);
    answer.bundle = bundle_free(answer.bundle);
    buf_done(&answer.trace_text);
    buf_done(&answer.out);
    return status;
}
