/* SPDX-License-Identifier: Apache-2.0 */
/* repack.c -- the old bundle's members and records, into the run of a collection. */
#include "collector/repack.h"

#include "base/cleanup.h"
#include "base/timestamp.h"
#include "collector/publish.h"
#include "collector/repack_member.h"
#include "collector/session.h"
#include "collector/summary.h"

#include <string.h>

#define OLD_REPORT "redactions.previous.ndjson"

/* What the scan found of one member. */
typedef struct {
    Str old_name;
    Repacked made;
    bool cut;
    bool recorded;
} Found;

typedef struct {
    Run *run;
    Arena *arena;
    RepackMember *current;
    VEC(Found) found;
    Map by_name;           /* old name -> index + 1 */
    const char *from;
} Repack;

static void
cleanup_member(RepackMember **member)
{
    *member = repack_member_free(*member);
}

/* The old manifest is carried over, not copied; the log goes before ours. */
static bool
want(void *context, const Member *member)
{
    (void)context;
    return member->kind != MEMBER_MANIFEST;
}

static Status
on_data(void *context, const Member *member, Str bytes, Err *err)
{
    Repack *repack = context;
    if (member->kind == MEMBER_COLLECTOR_LOG) {
        buf_add_str(&repack->run->log, bytes);
        return ST_OK;
    }
    if (!repack->current)
        TRY(repack_member_new(repack->run, member, &repack->current, err));
    return repack_member_feed(repack->current, bytes, err);
}

static Status
on_end(void *context, const Member *member, MemberEnd how, Err *err)
{
    Repack *repack = context;
    if (member->kind == MEMBER_COLLECTOR_LOG)
        return ST_OK;
    if (!repack->current)
        TRY(repack_member_new(repack->run, member, &repack->current, err));
    Found *found = VEC_PUSH(repack->arena, &repack->found);
    if (!found)
        return err_nomem(err);
    found->old_name = arena_str(repack->arena, member->name);
    found->cut = how != MEMBER_WHOLE;
    TRY(repack_member_end(repack->current, &found->made, err));
    repack->current = repack_member_free(repack->current);
    if (member->kind == MEMBER_REDACTIONS)
        found->made.name = STR(OLD_REPORT);
    found->made.name = arena_str(repack->arena, found->made.name);
    if (!found->old_name.p || !found->made.name.p ||
        !map_put(&repack->by_name, found->old_name, (void *)(uintptr_t)repack->found.count))
        return err_nomem(err);
    return ST_OK;
}

static Found *
find(const Repack *repack, Str name)
{
    size_t index = (size_t)(uintptr_t)map_get(&repack->by_name, name);
    return index ? &repack->found.items[index - 1] : NULL;
}

static void
worsen(Capture *record, CaptureState state, CaptureClass class, Str reason)
{
    if (record->state == CAPTURE_FAILED || record->state == CAPTURE_SKIPPED)
        return;
    if (record->state == CAPTURE_COMPLETE || state == CAPTURE_FAILED) {
        record->state = state;
        record->class = class;
        record->reason = reason;
    }
}

/* What became of the member, told to its record. */
static Status
attach(Repack *repack, Capture *record, Found *found, Err *err)
{
    Run *run = repack->run;
    const Repacked *made = &found->made;
    found->recorded = true;
    record->redactions += made->redactions;
    if (found->cut)
        worsen(record, CAPTURE_PARTIAL, CAPTURE_CLASS_TRUNCATED,
               STR("the bundle that it was read from holds only a part of it"));
    if (made->reason)
        worsen(record, made->file ? CAPTURE_PARTIAL : CAPTURE_FAILED,
               made->file ? CAPTURE_CLASS_TRUNCATED : CAPTURE_CLASS_REDACTION, str_of(made->reason));
    if (!made->file)
        return ST_OK;
    RunMember *member = VEC_PUSH(run->arena, &run->members);
    if (!member)
        return err_nomem(err);
    *member = (RunMember){made->name, made->file, (size_t)(record - run->manifest->captures.items)};
    return ST_OK;
}

/* A record of the old manifest, with the members that are still there. */
static Status
carry_over(Repack *repack, const Capture *old, Err *err)
{
    Str kind = str_of(MEMBER_KINDS[MEMBER_COLLECTOR_LOG].name);
    if (str_eq(old->kind, kind))
        return ST_OK;                    /* ours takes its place */
    bool report = str_eq(old->id, member_name_fixed(MEMBER_REDACTIONS));
    Str id = report ? STR(OLD_REPORT) : old->id;
    Capture *record = run_record(repack->run, id);
    if (!record)
        return repack->run->failed == ST_OK ? ST_OK : err_nomem(err);
    *record = *old;
    record->id = id;
    record->members = NULL;
    record->member_count = 0;
    if (report) {
        record->covers = NULL;
        record->cover_count = 0;
    }
    for (size_t i = 0; i < old->member_count; i++) {
        Found *found = find(repack, old->members[i].name);
        if (found)
            TRY(attach(repack, record, found, err));
        else
            worsen(record, CAPTURE_FAILED, CAPTURE_CLASS_IO,
                   STR("the bundle that it was read from no longer holds it"));
    }
    return ST_OK;
}

/* A member that no record names. */
static Status
record_member(Repack *repack, Found *found, Err *err)
{
    Capture *record = run_record(repack->run, found->made.name);
    if (!record)
        return repack->run->failed == ST_OK ? ST_OK : err_nomem(err);
    record->kind = str_of(MEMBER_KINDS[member_kind_of(found->made.name)].name);
    record->source.verb = STR("read");
    record->source.path = found->old_name;
    record->started_at_ns = repack->run->manifest->started_at_ns;
    return attach(repack, record, found, err);
}

static Status
carry_pairs(Repack *repack, const Manifest *old, Err *err)
{
    Manifest *manifest = repack->run->manifest;
    for (size_t i = 0; i < old->cluster.count; i++) {
        ManifestPair *pair = VEC_PUSH(manifest->arena, &manifest->cluster);
        if (!pair)
            return err_nomem(err);
        *pair = old->cluster.items[i];
    }
    for (size_t i = 0; i < old->options.count; i++) {
        if (str_is(old->options.items[i].key, "redact"))
            continue;
        ManifestPair *pair = VEC_PUSH(manifest->arena, &manifest->options);
        if (!pair)
            return err_nomem(err);
        *pair = old->options.items[i];
    }
    manifest->started_at_ns = old->started_at_ns;
    manifest->ended_at_ns = old->ended_at_ns;
    return ST_OK;
}

static void
log_problems(Repack *repack, const Bundle *bundle)
{
    const BundleProblems *problems = bundle_problems(bundle);
    for (size_t i = 0; i < problems->count; i++) {
        const BundleProblem *problem = &problems->items[i];
        run_log(repack->run, "%.*s: %s: %.*s", STR_ARG(problem->member),
                problem_name(problem->kind), STR_ARG(problem->reason));
    }
}

/* Of an archive that ends early nobody knows what followed: a hole, wherever the end is. */
static Status
record_end(Repack *repack, const Bundle *bundle, Err *err)
{
    const BundleProblems *problems = bundle_problems(bundle);
    for (size_t i = 0; i < problems->count; i++) {
        const BundleProblem *problem = &problems->items[i];
        if (problem->kind != PROBLEM_CUT_SHORT && problem->kind != PROBLEM_DAMAGED &&
            problem->kind != PROBLEM_LIMIT && problem->kind != PROBLEM_BOMB)
            continue;
        Capture *record = run_record(repack->run, STR("the rest of the bundle"));
        if (!record)
            return repack->run->failed == ST_OK ? ST_OK : err_nomem(err);
        record->kind = str_of(MEMBER_KINDS[MEMBER_OTHER].name);
        record->source.verb = STR("read");
        record->source.path = str_of(repack->from);
        record->started_at_ns = repack->run->manifest->started_at_ns;
        worsen(record, CAPTURE_FAILED, CAPTURE_CLASS_TRUNCATED,
               arena_strf(repack->arena, "%s", problem_sentence(problem->kind)));
        return ST_OK;
    }
    return ST_OK;
}

static Status
take_bundle(Repack *repack, Bundle *bundle, Err *err)
{
    BundleVisitor visitor = {.context = repack, .want = want, .data = on_data, .end = on_end};
    TRY(bundle_scan(bundle, &visitor, err));
    const Manifest *old = bundle_manifest(bundle);
    Run *run = repack->run;
    if (old) {
        TRY(carry_pairs(repack, old, err));
        for (size_t i = 0; i < old->captures.count; i++)
            TRY(carry_over(repack, &old->captures.items[i], err));
    }
    for (size_t i = 0; i < repack->found.count; i++)
        if (!repack->found.items[i].recorded)
            TRY(record_member(repack, &repack->found.items[i], err));
    TRY(record_end(repack, bundle, err));
    ManifestPair *level = VEC_PUSH(run->arena, &run->manifest->options);
    if (!level)
        return err_nomem(err);
    *level = (ManifestPair){STR("redact"), str_of(redact_level_name(redactor_level(run->redactor)))};
    run_log(run, "repacked by meshcase-collect, %zu members", repack->found.count);
    log_problems(repack, bundle);
    return repack->found.count ? ST_OK : err_set(err, ST_FORMAT, "%s: nothing can be read in it", repack->from);
}

/* "case.tar.gz" becomes "case-redacted.tar.gz", here. */
static const char *
default_name(Arena *arena, const char *from)
{
    static const char *const ENDINGS[] = {"/", ".gz", ".xz", ".zst", ".bz2", ".tgz", ".zip", ".tar"};
    Str name = str_of(from);
    for (size_t i = 0; i < sizeof ENDINGS / sizeof *ENDINGS; i++)
        if (str_ends(name, str_of(ENDINGS[i])))
            name.n -= strlen(ENDINGS[i]);
    size_t slash;
    if (str_rfind_char(name, '/', &slash))
        name = str_from(name, slash + 1);
    if (name.n == 0 || str_is(name, ".") || str_is(name, "..") || str_is(name, "-"))
        name = STR("case");
    return arena_printf(arena, "%.*s-redacted.tar.gz", STR_ARG(name));
}

static CollectExit
exit_of(Status status)
{
    switch ((int)status) {
    case ST_OK:
        return COLLECT_COMPLETE;
    case ST_USAGE:
    case ST_NOT_FOUND:
        return COLLECT_USAGE;
    case ST_UNSAFE:
        return COLLECT_WITHHELD;
    case ST_IO:
        return COLLECT_OUTPUT;
    default:
        return COLLECT_NOTHING;
    }
}

CollectExit
repack(const CollectOptions *options, Arena *arena, Buf *out, Err *err)
{
    CLEANUP(cleanup_session) Session session = SESSION_INIT;
    CLEANUP(session_close_file) TempFile file = TEMPFILE_INIT;
    CLEANUP(cleanup_bundle) Bundle *bundle = NULL;
    Run *run = &session.run;
    Repack repack = {.run = run, .arena = arena, .from = options->from};
    CLEANUP(cleanup_member) RepackMember *ignored = NULL;
    const char *name = options->output ? options->output : default_name(arena, options->from);
    uint64_t bytes = 0;
    map_init(&repack.by_name, arena);
    Status status = bundle_open(options->from, &(BundleOptions){.any_names = true}, &bundle, err);
    if (status != ST_OK)
        return status == ST_NOT_FOUND ? COLLECT_USAGE : COLLECT_NOTHING;
    if (session_listen(&session, err) != ST_OK ||
        session_create(arena, &file, name, options->force, err) != ST_OK)
        return COLLECT_USAGE;
    status = session_open_offline(&session, options, arena, name, err);
    if (status == ST_OK)
        status = take_bundle(&repack, bundle, err);
    ignored = repack.current;
    if (status == ST_OK)
        status = publish(run, &file, collect_top_folder(arena, name), &bytes, err);
    if (status != ST_OK)
        return exit_of(status);
    SummaryFacts facts = {name, bytes, redactor_total(run->redactor), redactor_level(run->redactor)};
    summary_print(run->manifest, &facts, out);
    return summary_missing(run->manifest) ? COLLECT_MISSING : COLLECT_COMPLETE;
}
