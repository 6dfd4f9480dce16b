/* SPDX-License-Identifier: Apache-2.0 */
/* reader.h -- reads a bundle: an eStargz by its index, anything else as a stream.
 *
 *     CLEANUP(cleanup_bundle) Bundle *bundle = NULL;
 *     TRY(bundle_open(path, NULL, &bundle, err));
 *     BundleVisitor visitor = {.context = &mine, .want = want, .data = data, .end = end};
 *     TRY(bundle_scan(bundle, &visitor, err));
 *     const BundleProblems *problems = bundle_problems(bundle);
 *
 * Takes a .tar.gz with or without index, a tar, .tar.xz, .tar.zst, .tar.bz2, a .zip, a
 * folder, and "-" for standard input.  What it is is told by its first bytes.
 *
 * Everything in it is hostile.  Nothing is written to disk, no link is followed, no device
 * opened, no name used that member_name_normalise() refuses, no number believed.  What is
 * wrong with one member costs that member alone and is kept as a problem; ST_ is returned
 * only where nothing can be read at all, or the caller stops the scan.
 *
 * One thread at a time; bundle_scan_lanes() uses more by itself.  Memory: about 6 MiB a lane
 * (16 MiB for a foreign index of larger chunks), and the table of members, index and manifest. */
#ifndef BUNDLE_READER_H
#define BUNDLE_READER_H

#include "bundle/kind.h"
#include "bundle/manifest.h"

typedef struct Bundle Bundle;

typedef struct {
    Str name;            /* below the top folder, normalised; lives as long as the bundle */
    MemberKind kind;
    uint32_t number;     /* of its place, from 0: also an index into bundle_members() */
    bool has_bytes;      /* bytes is known, or claimed */
    bool has_sha256;     /* the index claims sha256 */
    uint64_t bytes;
    Digest sha256;
} Member;

typedef enum {
#define PROBLEM(id, name, sentence) PROBLEM_##id,
#include "bundle/problems.def"
#undef PROBLEM
    PROBLEM_COUNT
} ProblemKind;

typedef struct {
    ProblemKind kind;
    Str member;          /* its name below the top folder, or as the archive has it where it
                            was refused (may hold anything: escape it); empty: the bundle */
    Str reason;          /* one sentence, safe to show */
    uint64_t offset;     /* in the file, of the damage or the entry; UINT64_MAX: unknown */
} BundleProblem;

typedef struct {
    const BundleProblem *items;
    size_t count;
    size_t left_out;     /* more of them than are kept (10,000) */
} BundleProblems;

/* How a member ended. */
typedef enum {
    MEMBER_WHOLE,
    MEMBER_CUT,          /* what came is sound but not all; a problem says why */
    MEMBER_STOPPED,      /* data() returned ST_END */
} MemberEnd;

typedef struct {
    void *context;
    /* Whether to read the member; NULL: all of them. */
    bool (*want)(void *context, const Member *member);
    /* The next bytes of it, never none.  Where they are cut means nothing.  ST_OK, ST_END
     * (enough of this member), or a failure, which ends the scan with that status. */
    Status (*data)(void *context, const Member *member, Str bytes, Err *err);
    /* Once for each wanted member, also for an empty one.  May be NULL. */
    Status (*end)(void *context, const Member *member, MemberEnd how, Err *err);
} BundleVisitor;

typedef enum {
    BUNDLE_INDEXED,      /* by stargz.index.json */
    BUNDLE_STREAM,       /* from the first byte to the last, once */
    BUNDLE_FOLDER,
} BundleForm;

/* Told what is being read, so that it can be known should it kill the process.  task: a thread
 * of the reader, from 0; members of one task follow each other. */
typedef struct {
    void *context;
    void (*begins)(void *context, unsigned task, Str member);
    void (*ends)(void *context, unsigned task);
    /* The next entry of a stream: how many came before it. */
    void (*entry)(void *context, uint64_t number);
} BundleWatch;

/* What killed an earlier reader of the same bundle. */
typedef struct {
    Str member;
    Str death;           /* "killed by SIGSEGV" */
} BundleExclusion;

typedef struct {
    bool any_names;      /* do not fail where no member is of a known kind */
    bool no_index;       /* read as a stream even where there is an index */
    /* 0: those of base/limits.def; for tests and tighter callers. */
    uint64_t max_delivered_bytes;
    uint64_t max_members;
    uint64_t bomb_ratio;         /* 0: 500 */
    uint64_t bomb_from_bytes;    /* 0: 64 MiB */
    const BundleWatch *watch;    /* NULL: nobody; lives as long as the bundle, as the next two */
    /* Members that are not read: a problem each, and cut.  Nor is a stream from the entry on
     * whose number is stop_at - 1 (stop_at 0: to its end), a problem of the bundle. */
    const BundleExclusion *excluded;
    size_t excluded_count;
    uint64_t stop_at;
    Str stop_death;
} BundleOptions;

/* options: NULL for the defaults; copied.
 * ST_NOT_FOUND, ST_IO (cannot be opened), ST_FORMAT (empty, no archive, or, where that is
 * known before a scan, no member of a known kind), ST_NOMEM. */
NODISCARD Status bundle_open(const char *path, const BundleOptions *options, Bundle **ret,
                             Err *err);
/* Opens the file or folder alone, for bundle_open_fd(), which may happen in another process.
 * The caller owns *ret_fd; *ret_name is path, or what stands for "-".  ST_NOT_FOUND, ST_IO. */
NODISCARD Status bundle_open_path(const char *path, int *ret_fd, const char **ret_name, Err *err);
/* The same for an open file or folder.  name: for messages.  fd is taken over on success. */
NODISCARD Status bundle_open_fd(int fd, const char *name, const BundleOptions *options,
                                Bundle **ret, Err *err);
Bundle *bundle_free(Bundle *bundle);     /* NULL in, NULL out */
void cleanup_bundle(Bundle **bundle);

/* Walks the members in the order of the archive, once.  An indexed bundle, a folder and a
 * stream from a regular file can be scanned again.
 * ST_FORMAT (no member of a known kind), ST_USAGE (standard input a second time), ST_IO,
 * ST_NOMEM, or what the visitor returned. */
NODISCARD Status bundle_scan(Bundle *bundle, const BundleVisitor *visitor, Err *err);

/* The same on several threads: visitors has one for each lane (base/pool.h), each with a
 * context of its own.  visitors[0].want is asked for every member, on the caller's thread,
 * before anything is read; then every member goes, whole and in order, to the visitor of one
 * lane, while other members go to others.  Members, their ends, problems and limits are those of
 * bundle_scan(), but for their order.  A stream has but one lane, the first, beside which it is
 * unpacked. */
NODISCARD Status bundle_scan_lanes(Bundle *bundle, const BundleVisitor *visitors, unsigned count,
                                   Err *err);

/* The one that it was opened with; NULL. */
const BundleWatch *bundle_watch(const Bundle *bundle);
BundleForm bundle_form(const Bundle *bundle);
const char *bundle_format_name(const Bundle *bundle);   /* "eStargz", "tar.xz", "folder" … */
const char *bundle_name(const Bundle *bundle);
Str bundle_top_folder(const Bundle *bundle);            /* empty: none, or not known yet */
/* All members; of a stream those seen so far, all of them after a scan. */
const Member *const *bundle_members(const Bundle *bundle, size_t *ret_count);
/* Bytes that gzip members of an index unpacked to so far: what reading by demand spares. */
uint64_t bundle_unpacked_bytes(const Bundle *bundle);
/* NULL where there is none. */
const Member *bundle_member(const Bundle *bundle, Str name);
/* NULL where there is none, it cannot be used, or it was not reached yet: of a stream it is
 * known after a scan (whatever the visitor wants), otherwise at once. */
const Manifest *bundle_manifest(const Bundle *bundle);
/* SHA-256 of manifest.json; false where bundle_manifest() is NULL. */
bool bundle_manifest_sha256(const Bundle *bundle, Digest *ret);
/* Each problem is kept once, however often the bundle is scanned. */
const BundleProblems *bundle_problems(const Bundle *bundle);
const char *problem_name(ProblemKind kind);
const char *problem_sentence(ProblemKind kind);

#endif
