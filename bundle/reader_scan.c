/* SPDX-License-Identifier: Apache-2.0 */
/* reader_scan.c -- members, problems and limits, whatever form the bundle has. */
#include "base/limits.h"
#include "base/utf8.h"
#include "bundle/reader_private.h"

#include <inttypes.h>
#include <stdio.h>

enum { PROBLEMS_KEPT = 10000 };

static const struct {
    const char *name;
    const char *sentence;
} PROBLEMS[PROBLEM_COUNT] = {
#define PROBLEM(id, name, sentence) [PROBLEM_##id] = {name, sentence},
#include "bundle/problems.def"
#undef PROBLEM
};

const char *
problem_name(ProblemKind kind)
{
    return (unsigned)kind < PROBLEM_COUNT ? PROBLEMS[kind].name : "unknown";
}

const char *
problem_sentence(ProblemKind kind)
{
    return (unsigned)kind < PROBLEM_COUNT ? PROBLEMS[kind].sentence : "unknown";
}

const BundleProblems *
bundle_problems(const Bundle *bundle)
{
    return &bundle->shown;
}

Status
bundle_problem(Bundle *bundle, ProblemKind kind, Str member, uint64_t offset,
               const char *reason, Err *err)
{
    ArenaMark mark = arena_mark(bundle->arena);
    Str key = arena_strf(bundle->arena, "%d %" PRIu64 " %.*s", (int)kind, offset,
                         STR_ARG(member));
    if (!key.p)
        return err_nomem(err);
    bool known = map_has(&bundle->problem_keys, key);
    if (known || bundle->problems.count >= PROBLEMS_KEPT) {
        /* beyond what is kept nothing is remembered either: it is a count, and a rough one */
        bundle->shown.left_out += !known;
        arena_reset_to(bundle->arena, mark);
        return ST_OK;
    }
    CLEANUP(buf_done) Buf text = BUF_INIT(4096);
    utf8_escape_terminal(&text, str_of(reason ? reason : problem_sentence(kind)), false);
    Str safe = arena_str(bundle->arena, buf_str(&text));
    Str name = arena_str(bundle->arena, str_head(member, 4 * LIMIT_MEMBER_NAME_BYTES));
    BundleProblem *problem = VEC_PUSH(bundle->arena, &bundle->problems);
    if (!safe.p || !name.p || !problem || !map_put(&bundle->problem_keys, key, problem))
        return err_nomem(err);
    *problem = (BundleProblem){kind, name, safe, offset};
    bundle->shown.items = bundle->problems.items;
    bundle->shown.count = bundle->problems.count;
    return ST_OK;
}

Status
scan_problem(Scan *scan, ProblemKind kind, uint64_t offset, const char *reason, Err *err)
{
    if (!scan->keeps_problems)
        return bundle_problem(scan->bundle, kind, scan->member ? scan->member->name : STR(""),
                              offset, reason, err);
    KeptProblem *problem = VEC_PUSH(scan->arena, &scan->kept);
    const char *copy = reason ? arena_cstr(scan->arena, str_of(reason)) : NULL;
    if (!problem || (reason && !copy))
        return err_nomem(err);
    *problem = (KeptProblem){kind, scan->member->number, scan->kept.count, offset, copy};
    return ST_OK;
}

Status
scan_count(Scan *scan, uint64_t offset, Err *err)
{
    if (scan->entry_count++ < scan->bundle->options.max_members)
        return ST_OK;
    char reason[80];
    (void)snprintf(reason, sizeof reason, "more than %" PRIu64 " members; the rest was not read",
                   scan->bundle->options.max_members);
    scan->over = true;
    return bundle_problem(scan->bundle, PROBLEM_LIMIT, STR(""), offset, reason, err);
}

Status
scan_next_entry(Scan *scan, uint64_t offset, Err *err)
{
    const BundleOptions *options = &scan->bundle->options;
    if (options->watch)
        options->watch->entry(options->watch->context, scan->entry_count);
    if (!options->stop_at || scan->entry_count < options->stop_at - 1)
        return ST_OK;
    char reason[200];
    (void)snprintf(reason, sizeof reason, "reading on killed the reader (%.*s); the rest was not "
                   "read", STR_ARG(str_head(options->stop_death, 100)));
    scan->over = true;
    return bundle_problem(scan->bundle, PROBLEM_FATAL, STR(""), offset, reason, err);
}

/* Folders that other tools put at the top of theirs: no top folders. */
static bool
is_foreign_root(Str name)
{
    static const char *const ROOTS[] = {
        "bug-report", "cluster", "cluster-info", "cluster-resources", "cluster-scoped-resources",
        "cni", "etcd_info", "host-collectors", "host_service_logs", "istio", "logs",
        "monitoring", "namespaces", "nodes", "operator", "pod_network_connectivity_check",
        "proxies", "sos_commands", "static-pods", "yamls",
    };
    for (size_t i = 0; i < sizeof ROOTS / sizeof ROOTS[0]; i++)
        if (str_is(name, ROOTS[i]))
            return true;
    return false;
}

static Str
first_component(Str name)
{
    size_t slash;
    return str_find_char(name, '/', &slash) ? str_head(name, slash) : name;
}

static bool
is_known(Str name)
{
    MemberName parts;
    member_name_parse(name, &parts);
    return parts.kind != MEMBER_OTHER;
}

/* What one name says of the top folder. */
typedef enum {
    TOP_NONE,            /* the name stands at the top itself */
    TOP_FIRST,           /* its first folder is the top folder */
    TOP_UNCLEAR,
} TopHint;

static TopHint
hint_of(Str raw)
{
    Str first = first_component(raw);
    if (first.n == raw.n || is_known(raw))
        return TOP_NONE;
    return is_known(str_from(raw, first.n + 1)) ? TOP_FIRST : TOP_UNCLEAR;
}

static Status
set_top(Bundle *bundle, Str top, Err *err)
{
    bundle->top = arena_str(bundle->arena, top);
    bundle->top_known = true;
    return bundle->top.p ? ST_OK : err_nomem(err);
}

Status
bundle_guess_top(Bundle *bundle, Str raw, Err *err)
{
    if (bundle->top_known)
        return ST_OK;
    TopHint hint = hint_of(raw);
    Str first = first_component(raw);
    bool none = hint == TOP_NONE || (hint == TOP_UNCLEAR && is_foreign_root(first));
    return set_top(bundle, none ? STR("") : first, err);
}

Status
bundle_find_top(Bundle *bundle, Str (*name)(void *context, size_t i), size_t count,
                void *context, Err *err)
{
    Str top = STR("");
    bool certain = false;
    for (size_t i = 0; i < count; i++) {
        Str raw = name(context, i);
        TopHint hint = hint_of(raw);
        Str first = first_component(raw);
        if (hint == TOP_NONE || (i > 0 && !str_eq(first, top)))
            return set_top(bundle, STR(""), err);
        certain |= hint == TOP_FIRST;
        top = first;
    }
    return set_top(bundle, certain || !is_foreign_root(top) ? top : STR(""), err);
}

static Status
new_member(Bundle *bundle, Str raw, bool lasting, Str name, MemberRecord **ret, Err *err)
{
    MemberRecord *record = ARENA_NEW(bundle->arena, MemberRecord);
    const Member **place = VEC_PUSH(bundle->arena, &bundle->members);
    if (!record || !place)
        return err_nomem(err);
    record->raw = lasting ? raw : arena_str(bundle->arena, raw);
    if (!record->raw.p)
        return err_nomem(err);
    MemberName parts;
    record->member.name = str_from(record->raw, raw.n - name.n);
    member_name_parse(record->member.name, &parts);
    record->member.kind = parts.kind;
    record->member.number = (uint32_t)(bundle->members.count - 1);
    record->index_file = SIZE_MAX;
    bundle->any_known_kind |= parts.kind != MEMBER_OTHER;
    if (!map_put(&bundle->by_name, record->member.name, record))
        return err_nomem(err);
    *place = &record->member;
    *ret = record;
    return ST_OK;
}

Status
bundle_admit(Bundle *bundle, Str raw, bool lasting, uint64_t offset, MemberRecord **ret,
             Err *err)
{
    *ret = NULL;
    Str name = raw;
    if (bundle->top.n) {
        if (str_starts(raw, bundle->top) && raw.n > bundle->top.n + 1 &&
            raw.p[bundle->top.n] == '/')
            name = str_from(raw, bundle->top.n + 1);
        else
            TRY(bundle_problem(bundle, PROBLEM_SECOND_TOP, first_component(raw), UINT64_MAX,
                               NULL, err));
    }
    MemberRecord *record = map_get(&bundle->by_name, name);
    if (record && (record->scan == bundle->scan || !str_eq(record->raw, raw)))
        return bundle_problem(bundle, PROBLEM_DUPLICATE, name, offset, NULL, err);
    if (!record)
        TRY(new_member(bundle, raw, lasting, name, &record, err));
    record->scan = bundle->scan;
    *ret = record;
    return ST_OK;
}

Status
bundle_keep_bytes(void *context, const Member *member, Str bytes, Err *err)
{
    (void)member;
    (void)err;
    buf_add_str(context, bytes);
    return ST_OK;
}

void
bundle_expect_manifest(Bundle *bundle, const Member *member)
{
    Buf *text = &bundle->manifest_text;
    buf_clear(text);
    /* its size at once, where it can be true: growing takes twice as much for a while */
    if (member->has_bytes && member->bytes / 32 < bundle->file_bytes &&
        member->bytes < LIMIT_MANIFEST_BYTES && !buf_reserve(text, (size_t)member->bytes))
        buf_clear(text);
}

static const BundleExclusion *
exclusion_of(const Bundle *bundle, const Member *member)
{
    for (size_t i = 0; i < bundle->options.excluded_count; i++)
        if (str_eq(bundle->options.excluded[i].member, member->name))
            return &bundle->options.excluded[i];
    return NULL;
}

static Status
note_exclusion(Scan *scan, Err *err)
{
    const BundleExclusion *exclusion = exclusion_of(scan->bundle, scan->member);
    char reason[200];
    (void)snprintf(reason, sizeof reason, "reading it killed the reader (%.*s); it was not read",
                   STR_ARG(str_head(exclusion->death, 100)));
    return scan_problem(scan, PROBLEM_FATAL, UINT64_MAX, reason, err);
}

void
scan_open(Scan *scan, const Member *member, bool wanted)
{
    Bundle *bundle = scan->bundle;
    scan->member = member;
    scan->wanted = wanted;
    scan->stopped = false;
    scan->keep = member->kind == MEMBER_MANIFEST && bundle->form == BUNDLE_STREAM &&
                 !bundle->manifest;
    scan->excluded = exclusion_of(bundle, member) != NULL;
    if (scan->keep)
        bundle_expect_manifest(bundle, member);
    if (bundle->options.watch && !scan->excluded)
        bundle->options.watch->begins(bundle->options.watch->context, scan->lane,
                                       member->name);
}

bool
scan_hungry(const Scan *scan)
{
    return !scan->over && !scan->excluded && (scan->keep || (scan->wanted && !scan->stopped));
}

Status
scan_bytes(Scan *scan, Str bytes, uint64_t offset, Err *err)
{
    Bundle *bundle = scan->bundle;
    uint64_t left = bundle->options.max_delivered_bytes - scan->delivered_bytes;
    if (bytes.n > left) {
        scan->over = true;
        TRY(scan_problem(scan, PROBLEM_LIMIT, offset,
                         "the members are larger together than is read", err));
        bytes = str_head(bytes, (size_t)left);
    }
    scan->delivered_bytes += bytes.n;
    if (bytes.n == 0 || scan->excluded)
        return ST_OK;
    if (scan->keep)
        buf_add_str(&bundle->manifest_text, bytes);
    if (!scan->wanted || scan->stopped)
        return ST_OK;
    Status status = scan->visitor->data(scan->visitor->context, scan->member, bytes, err);
    if (status == ST_END) {
        scan->stopped = true;
        return ST_OK;
    }
    return status;
}

Status
scan_close(Scan *scan, MemberEnd how, Err *err)
{
    const Member *member = scan->member;
    const BundleWatch *watch = scan->bundle->options.watch;
    if (scan->excluded)
        TRY(note_exclusion(scan, err));
    scan->member = NULL;
    if (!scan->excluded && scan->keep && how == MEMBER_WHOLE)
        TRY(bundle_use_manifest(scan->bundle, err));
    if (scan->over || scan->excluded)
        how = MEMBER_CUT;
    if (scan->stopped)
        how = MEMBER_STOPPED;
    Status status = scan->wanted && scan->visitor->end
                        ? scan->visitor->end(scan->visitor->context, member, how, err)
                        : ST_OK;
    if (watch)
        watch->ends(watch->context, scan->lane);
    return status;
}

Status
scan_check_ratio(Scan *scan, uint64_t packed, uint64_t unpacked, uint64_t offset, Err *err)
{
    const BundleOptions *options = &scan->bundle->options;
    if (unpacked <= options->bomb_from_bytes || unpacked / options->bomb_ratio <= packed)
        return ST_OK;
    scan->over = true;
    return scan_problem(scan, PROBLEM_BOMB, offset, NULL, err);
}

Status
bundle_use_manifest(Bundle *bundle, Err *err)
{
    Str text = buf_str(&bundle->manifest_text);
    const BundleWatch *watch = bundle->options.watch;
    Err why = {0};
    Status status = buf_status(&bundle->manifest_text, &why);
    if (watch)
        watch->begins(watch->context, 0, member_name_fixed(MEMBER_MANIFEST));
    if (status == ST_OK)
        status = manifest_parse(bundle->arena, text, &bundle->manifest, &why);
    if (status == ST_OK)
        status = digest_of(text, &bundle->manifest_sha256, &why);
    if (watch)
        watch->ends(watch->context, 0);
    buf_done(&bundle->manifest_text);
    if (status == ST_OK)
        return ST_OK;
    if (status == ST_NOMEM)
        return err_nomem(err);
    bundle->manifest = NULL;
    char reason[600];
    err_format(&why, reason, sizeof reason);
    return bundle_problem(bundle, PROBLEM_MANIFEST, member_name_fixed(MEMBER_MANIFEST),
                          UINT64_MAX, reason, err);
}
