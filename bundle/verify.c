/* SPDX-License-Identifier: Apache-2.0 */
/* verify.c -- proves that a bundle is as it was written. */
#include "bundle/verify.h"

#include "base/cleanup.h"
#include "bundle/reader_private.h"

#include <fcntl.h>

/* What a pass found of one member. */
typedef struct {
    bool seen;
    bool whole;
    uint64_t bytes;
    Digest sha256;
} Found;

typedef struct {
    Bundle *bundle;
    Arena *arena;
    DigestState *digest;
    VEC(Found) found;        /* by the member's number */
    uint64_t bytes;          /* of the open member */
} Pass;

static void
pass_done(Pass *pass)
{
    pass->digest = digest_free(pass->digest);
    pass->arena = arena_free(pass->arena);
}

static Status
on_data(void *context, const Member *member, Str bytes, Err *err)
{
    Pass *pass = context;
    (void)member;
    (void)err;
    digest_add(pass->digest, bytes.p, bytes.n);
    pass->bytes += bytes.n;
    return ST_OK;
}

static Status
on_end(void *context, const Member *member, MemberEnd how, Err *err)
{
    Pass *pass = context;
    while (pass->found.count <= member->number)
        if (!VEC_PUSH(pass->arena, &pass->found))
            return err_nomem(err);
    Found *found = &pass->found.items[member->number];
    *found = (Found){.seen = true, .whole = how == MEMBER_WHOLE, .bytes = pass->bytes};
    digest_end(pass->digest, &found->sha256);
    pass->bytes = 0;
    return ST_OK;
}

static Status
run(Pass *pass, Bundle *bundle, Err *err)
{
    *pass = (Pass){.bundle = bundle, .arena = arena_new(SIZE_MAX), .digest = digest_new()};
    if (!pass->arena || !pass->digest)
        return err_nomem(err);
    BundleVisitor visitor = {.context = pass, .data = on_data, .end = on_end};
    return bundle_scan(bundle, &visitor, err);
}

static const Found *
found_of(const Pass *pass, const Member *member)
{
    static const Found NOTHING;
    return member && member->number < pass->found.count ? &pass->found.items[member->number]
                                                        : &NOTHING;
}

static Status
problem(Bundle *bundle, ProblemKind kind, Str member, Err *err)
{
    return bundle_problem(bundle, kind, member, UINT64_MAX, NULL, err);
}

/* Each member against the digest that the index has for it. */
static Status
check_against_index(Bundle *bundle, const Pass *pass, Err *err)
{
    for (size_t i = 0; i < bundle->members.count; i++) {
        const Member *member = bundle->members.items[i];
        const Found *found = found_of(pass, member);
        if (found->whole && (!member->has_sha256 || member->bytes != found->bytes ||
                             !digest_eq(&member->sha256, &found->sha256)))
            TRY(problem(bundle, PROBLEM_FILE_DIGEST, member->name, err));
    }
    return ST_OK;
}

/* The archive as others will unpack it, against what the index shows of it. */
static Status
compare(Bundle *bundle, const Pass *indexed, const Bundle *stream, const Pass *streamed,
        Err *err)
{
    for (size_t i = 0; i < stream->members.count; i++) {
        const Member *member = stream->members.items[i];
        const Member *other = bundle_member(bundle, member->name);
        const Found *mine = found_of(indexed, other);
        const Found *theirs = found_of(streamed, member);
        if (!other)
            TRY(problem(bundle, PROBLEM_NOT_IN_INDEX, member->name, err));
        else if (mine->whole && theirs->whole &&
                 (mine->bytes != theirs->bytes || !digest_eq(&mine->sha256, &theirs->sha256)))
            TRY(problem(bundle, PROBLEM_INDEX_CONTENT, member->name, err));
    }
    for (size_t i = 0; i < bundle->members.count; i++) {
        const Member *member = bundle->members.items[i];
        if (!bundle_member(stream, member->name))
            TRY(problem(bundle, PROBLEM_ONLY_IN_INDEX, member->name, err));
    }
    for (size_t i = 0; i < stream->shown.count; i++) {
        const BundleProblem *other = &stream->shown.items[i];
        TRY(bundle_problem(bundle, other->kind, other->member, other->offset,
                           arena_cstr(bundle->arena, other->reason), err));
    }
    return ST_OK;
}

static Status
check_stream(Bundle *bundle, const Pass *indexed, Err *err)
{
    BundleOptions options = bundle->options;
    options.no_index = true;
    options.any_names = true;
    CLEANUP(cleanup_fd) int fd = fcntl(bundle->fd, F_DUPFD_CLOEXEC, 3);
    if (fd < 0)
        return err_errno(err, ST_IO, "%s", bundle->name);
    CLEANUP(cleanup_bundle) Bundle *stream = NULL;
    TRY(bundle_open_fd(fd, bundle->name, &options, &stream, err));
    fd = -1;
    CLEANUP(pass_done) Pass streamed = {0};
    Err why = {0};
    Status status = run(&streamed, stream, &why);
    if (status == ST_FORMAT)
        return bundle_problem(bundle, PROBLEM_DAMAGED, STR(""), UINT64_MAX, why.text, err);
    if (status != ST_OK)
        return err_set(err, status, "%s", why.text);
    return compare(bundle, indexed, stream, &streamed, err);
}

static Status
check_capture_member(Bundle *bundle, const Pass *pass, const CaptureMember *named, Err *err)
{
    const Member *member = bundle_member(bundle, named->name);
    const Found *found = found_of(pass, member);
    if (!member || !found->seen)
        return problem(bundle, PROBLEM_ONLY_IN_MANIFEST, named->name, err);
    if (!found->whole)
        return ST_OK;                        /* why it was cut is a problem of its own */
    if (found->bytes != named->bytes)
        return problem(bundle, PROBLEM_MANIFEST_BYTES, named->name, err);
    if (!digest_eq(&found->sha256, &named->sha256))
        return problem(bundle, PROBLEM_MANIFEST_DIGEST, named->name, err);
    return ST_OK;
}

static Status
check_manifest(Bundle *bundle, const Pass *pass, Err *err)
{
    const Manifest *manifest = bundle->manifest;
    if (!manifest)
        return bundle_member(bundle, member_name_fixed(MEMBER_MANIFEST))
            ? ST_OK                          /* that it cannot be used is a problem already */
            : problem(bundle, PROBLEM_NO_MANIFEST, STR(""), err);
    for (size_t i = 0; i < manifest->captures.count; i++) {
        const Capture *capture = &manifest->captures.items[i];
        for (size_t k = 0; k < capture->member_count; k++)
            TRY(check_capture_member(bundle, pass, &capture->members[k], err));
    }
    for (size_t i = 0; i < bundle->members.count; i++) {
        const Member *member = bundle->members.items[i];
        if (member->kind != MEMBER_MANIFEST && !manifest_capture_of(manifest, member->name))
            TRY(problem(bundle, PROBLEM_NOT_IN_MANIFEST, member->name, err));
    }
    return ST_OK;
}

static bool
has_problem(const Bundle *bundle, ProblemKind kind)
{
    for (size_t i = 0; i < bundle->shown.count; i++)
        if (bundle->shown.items[i].kind == kind)
            return true;
    return false;
}

Status
bundle_verify(Bundle *bundle, VerifyReport *ret, Err *err)
{
    CLEANUP(pass_done) Pass pass = {0};
    if (bundle->form == BUNDLE_STREAM && !bundle->regular)
        return err_set(err, ST_USAGE, "%s: only a file or a folder can be verified",
                       bundle->name);
    bundle->check_chunks = true;
    bundle->checked_chunks = 0;
    Status status = run(&pass, bundle, err);
    bundle->check_chunks = false;
    TRY(status);
    if (bundle->form == BUNDLE_INDEXED) {
        TRY(check_against_index(bundle, &pass, err));
        TRY(check_stream(bundle, &pass, err));
    } else if (bundle->form == BUNDLE_STREAM && !has_problem(bundle, PROBLEM_INDEX)) {
        TRY(problem(bundle, PROBLEM_NO_INDEX, STR(""), err));
    }
    TRY(check_manifest(bundle, &pass, err));
    VerifyReport report = {.member_count = bundle->members.count,
                           .chunk_count = bundle->checked_chunks,
                           .has_index = bundle->form == BUNDLE_INDEXED,
                           .has_manifest = bundle->manifest != NULL};
    for (size_t i = 0; i < pass.found.count; i++)
        report.bytes += pass.found.items[i].bytes;
    *ret = report;
    return ST_OK;
}
