/* SPDX-License-Identifier: Apache-2.0 */
/* inquiry.c -- the reporting side of an inquiry: opens, starts workers, takes their answers. */
#include "analyzer/inquiry_private.h"

#include "analyzer/model/gallery_wire.h"
#include "analyzer/rule/verdict_wire.h"
#include "base/cleanup.h"
#include "base/limits.h"

#include <sys/stat.h>

/* ---- answers ---- */

static Status
take_bundle(Str payload, Arena *arena, ReportBundle *bundle, Err *err)
{
    WireIn in = {.rest = payload};
    bundle->has_manifest = wire_take_enum(&in, 2);
    wire_take_bytes(&in, bundle->manifest_sha256.bytes, DIGEST_BYTES);
    bundle->collected_at = wire_take_str(&in);
    bundle->cluster_count = wire_take_count(&in, UINT32_MAX, 8);
    ReportPair *pairs = ARENA_ARRAY(arena, ReportPair, bundle->cluster_count);
    if (!pairs)
        return err_nomem(err);
    for (size_t i = 0; i < bundle->cluster_count; i++) {
        pairs[i].name = wire_take_str(&in);
        pairs[i].value = wire_take_str(&in);
    }
    bundle->cluster = pairs;
    return wire_end(&in, err);
}

static Status
take_frame(uint8_t type, Str payload, const RuleSet *set, Arena *arena, Inquiry *inquiry, Err *err)
{
    payload = arena_str(arena, payload);
    if (!payload.p)
        return err_nomem(err);
    switch (type) {
    case FRAME_BUNDLE:
        return take_bundle(payload, arena, &inquiry->bundle, err);
    case FRAME_VERDICTS:
        return verdicts_take(payload, set, arena, &inquiry->evaluation.verdicts, err);
    case FRAME_COVERAGE:
        return coverage_take(payload, arena, &inquiry->evaluation.coverage, err);
    case FRAME_BUNDLE_COVERAGE:
        return coverage_take(payload, arena, &inquiry->coverage, err);
    case FRAME_TRACE:
        inquiry->trace = payload;
        return ST_OK;
    case FRAME_GALLERY:
        return gallery_take(payload, arena, &inquiry->gallery, err);
    default:
        return err_set(err, ST_FORMAT, "an answer of unknown type %u", type);
    }
}

/* ---- deaths ---- */

typedef struct {
    const InquirySpec *spec;
    Arena *arena;
    Exclusions exclusions;
    InquiryTask task;
    bool can_repeat;            /* the bundle can be read once more */
    bool is_folder;
    unsigned deaths;
} Asking;

/* Whether a member was left out already: it cannot have done it again. */
static bool
is_excluded(const Exclusions *exclusions, Str member)
{
    for (size_t i = 0; i < exclusions->members.count; i++)
        if (str_eq(exclusions->members.items[i].member, member))
            return true;
    return false;
}

static Status
exclude_member(Asking *asking, Str name, Str death, Err *err)
{
    BundleExclusion *slot = VEC_PUSH(asking->arena, &asking->exclusions.members);
    Str copy = arena_str(asking->arena, name);
    if (!slot || !copy.p)
        return err_nomem(err);
    *slot = (BundleExclusion){copy, death};
    return ST_OK;
}

static Status
exclude_rule(Asking *asking, const Rule *rule, Str death, Err *err)
{
    RuleExclusion *slot = VEC_PUSH(asking->arena, &asking->exclusions.rules);
    if (!slot)
        return err_nomem(err);
    *slot = (RuleExclusion){rule->index, death};
    return ST_OK;
}

/* Tasks of the kind, of all lanes, that were under way; *ret is the name of the last of them. */
static unsigned
count_tasks(const Worker *worker, unsigned first, uint8_t wanted, Str *ret)
{
    unsigned count = 0;
    for (unsigned task = first; task < first + POOL_MOST_LANES; task++) {
        uint8_t kind;
        Str name;
        if (!worker_task(worker, task, &kind, &name) || kind != wanted)
            continue;
        *ret = name;
        count++;
    }
    return count;
}

/* Finds what the worker died of and leaves it out; false where nothing is to blame.
 * The name of a task is the worker's and may be anything: it is compared, and shown escaped. */
static Status
learn(Asking *asking, const Worker *worker, Str death, bool *ret_goes_on, Err *err)
{
    Exclusions *exclusions = &asking->exclusions;
    uint8_t kind;
    Str name = STR("");
    *ret_goes_on = true;
    unsigned members = count_tasks(worker, TASK_MEMBER, DOING_MEMBER, &name);
    if (members > 0 && !exclusions->one_thread) {
        exclusions->one_thread = true;          /* next time it is known which */
        return ST_OK;
    }
    if (members > 0 && !is_excluded(exclusions, name))
        return exclude_member(asking, name, death, err);
    uint64_t entry;
    if (worker_task(worker, TASK_ENTRY, &kind, &name) && kind == DOING_ENTRY &&
        str_to_u64(name, &entry) && entry < LIMIT_MEMBER_COUNT && !exclusions->stop_at) {
        exclusions->stop_at = entry + 1;
        exclusions->stop_death = death;
        return ST_OK;
    }
    unsigned rules = count_tasks(worker, TASK_RULE, DOING_RULE, &name);
    if (rules > 1 && !exclusions->one_thread) {
        exclusions->one_thread = true;
        return ST_OK;
    }
    const Rule *rule = rules > 0 ? rules_find(asking->spec->set, name) : NULL;
    if (rule)
        return exclude_rule(asking, rule, death, err);
    *ret_goes_on = false;
    return ST_OK;
}

/* ---- one worker ---- */

static Status
listen(Asking *asking, Worker *worker, Inquiry *inquiry, WorkerEnd *ret_end, Err *err)
{
    uint8_t type;
    Str payload;
    Status status;
    while ((status = worker_next(worker, &type, &payload, err)) == ST_OK)
        TRY(take_frame(type, payload, asking->spec->set, asking->arena, inquiry, err));
    if (status != ST_END)
        return status;
    worker_end(worker, ret_end);
    inquiry->has_landlock = ret_end->sandbox.has_landlock;
    inquiry->has_seccomp = ret_end->sandbox.has_seccomp;
    return ST_OK;
}

static Status
start(Asking *asking, Worker **ret, Err *err)
{
    int fd = asking->task.fd;
    WorkerSpec worker = {
        .body = inquiry_answer,
        .context = &asking->task,
        .fd = fd,
        .confinement = (Confinement)asking->spec->options->sandbox,
        .sandbox = {.address_bytes = LIMIT_WORKER_ADDRESS_BYTES,
                    .cpu_seconds = LIMIT_WORKER_CPU_SECONDS,
                    .folder_fds = &asking->task.fd, .folder_count = asking->is_folder},
    };
    return worker_start(&worker, ret, err);
}

/* True in *ret_again where another worker shall try. */
static Status
ask(Asking *asking, Inquiry *inquiry, bool *ret_again, Err *err)
{
    CLEANUP(cleanup_worker) Worker *worker = NULL;
    WorkerEnd end;
    *inquiry = (Inquiry){.trace = STR("")};
    *ret_again = false;
    TRY(start(asking, &worker, err));
    TRY(listen(asking, worker, inquiry, &end, err));
    bool ran_out = end.ended && end.status == ST_NOMEM;
    if (end.ended && !ran_out) {
        if (end.status != ST_OK && err && err->status == ST_OK)
            *err = end.err;
        return end.status;
    }
    Str death = arena_str(asking->arena, ran_out ? STR("out of memory") : str_of(end.death));
    if (!death.p)
        return err_nomem(err);
    if (asking->can_repeat && asking->deaths++ < LIMIT_WORKER_DEATH_COUNT)
        TRY(learn(asking, worker, death, ret_again, err));
    if (*ret_again)
        return ST_OK;
    if (ran_out)
        return err_nomem(err);
    return err_set(err, ST_INTERNAL, "%s: the process that read it died: " STR_FMT "%s",
                   asking->task.name, STR_ARG(death),
                   asking->can_repeat ? "" : "; give a file instead, to go on without what did it");
}

static Status
look_at(Asking *asking, Err *err)
{
    struct stat about;
    if (fstat(asking->task.fd, &about) != 0)
        return err_errno(err, ST_IO, "%s", asking->task.name);
    asking->is_folder = S_ISDIR(about.st_mode);
    asking->can_repeat = asking->is_folder || S_ISREG(about.st_mode);
    return ST_OK;
}

Status
inquiry_run(const InquirySpec *spec, Arena *arena, Inquiry *ret, Err *err)
{
    CLEANUP(cleanup_fd) int fd = -1;
    Asking asking = {.spec = spec, .arena = arena, .task = {.spec = spec}};
    asking.task.exclusions = &asking.exclusions;
    TRY(bundle_open_path(spec->options->bundle, &fd, &asking.task.name, err));
    asking.task.fd = fd;
    TRY(look_at(&asking, err));
    Inquiry inquiry;
    bool again = true;
    while (again) {
        /* The position of a file is shared with the worker that moved it. */
        if (asking.can_repeat && !asking.is_folder && lseek(fd, 0, SEEK_SET) != 0)
            return err_errno(err, ST_IO, "%s", asking.task.name);
        TRY(ask(&asking, &inquiry, &again, err));
    }
    inquiry.bundle.name = str_of(asking.task.name);
    *ret = inquiry;
    return ST_OK;
}
