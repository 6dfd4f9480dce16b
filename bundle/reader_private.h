/* SPDX-License-Identifier: Apache-2.0 */
/* reader_private.h -- what the parts of the reader share: a Bundle, and a scan of it.
 *
 * reader.c opens and answers; reader_scan.c keeps members, problems and limits;
 * reader_index.c, reader_stream.c and reader_folder.c each read one form of bundle;
 * reader_lanes.c reads members of an index or a folder side by side. */
#ifndef BUNDLE_READER_PRIVATE_H
#define BUNDLE_READER_PRIVATE_H

#include "base/buf.h"
#include "bundle/index_in.h"
#include "bundle/reader.h"

#include <locale.h>
#include <stdatomic.h>

typedef enum {
    CONTAINER_NONE,
    CONTAINER_TAR,
    CONTAINER_GZIP,
    CONTAINER_XZ,
    CONTAINER_ZSTD,
    CONTAINER_BZIP2,
    CONTAINER_ZIP,
    CONTAINER_COUNT
} Container;

enum { HEAD_BYTES = 512 };       /* what tells the container apart */

typedef struct {
    Member member;
    Str raw;                     /* its name in the archive, normalised, with the top */
    uint32_t scan;               /* the last one that met it */
    size_t index_file;           /* in the index; SIZE_MAX: none */
} MemberRecord;

struct Bundle {
    Arena *arena;
    const char *name;            /* for messages */
    int fd;                      /* owned */
    bool regular;                /* a file that can be read anywhere */
    bool used;                   /* a stream that cannot be read again */
    uint64_t file_bytes;         /* of a regular file */
    BundleForm form;
    Container container;
    BundleOptions options;       /* no field 0 but the flags */
    unsigned char head[HEAD_BYTES];
    size_t head_bytes;
    locale_t locale;             /* UTF-8, for libarchive's names; 0: none */

    bool top_known;
    Str top;
    VEC(const Member *) members;
    Map by_name;                 /* below the top -> MemberRecord */
    bool any_known_kind;

    VEC(BundleProblem) problems;
    BundleProblems shown;
    Map problem_keys;

    Index *index;                /* BUNDLE_INDEXED */
    bool check_chunks;           /* compare SHA-256, too */
    uint64_t checked_chunks;
    atomic_uint_fast64_t unpacked_bytes;     /* by index */

    Buf manifest_text;
    Manifest *manifest;
    Digest manifest_sha256;
    uint32_t scan;               /* number of the current scan */
};

/* A problem of a member that another lane reads at the same time. */
typedef struct {
    ProblemKind kind;
    uint32_t member;             /* its number */
    size_t ordinal;              /* in its lane */
    uint64_t offset;
    const char *reason;          /* NULL: the sentence of the kind */
} KeptProblem;
typedef VEC(KeptProblem) KeptProblems;

/* A walk over the members.  Each member goes through scan_open(), scan_bytes() and
 * scan_close(); `over` tells the walker to stop. */
typedef struct {
    Bundle *bundle;
    const BundleVisitor *visitor;
    const Member *member;        /* open, else NULL */
    bool wanted;
    bool stopped;                /* the visitor has enough of this member */
    bool keep;                   /* the manifest: kept besides */
    bool excluded;               /* it killed an earlier reader */
    bool over;                   /* a limit of the whole bundle */
    uint64_t delivered_bytes;
    uint64_t entry_count;        /* of anything, folders and links too */
    unsigned lane;               /* its number; 0 where there is but one */
    bool ahead;                  /* a stream may be unpacked on a thread of its own */
    bool keeps_problems;         /* in `kept`, for other lanes run beside this one */
    Arena *arena;                /* of a lane; owned by who runs it */
    KeptProblems kept;
} Scan;

/* How members of one form of bundle are read one by one; each lane has a state of its own. */
typedef struct {
    NODISCARD Status (*begin)(Scan *scan, void **ret_state, Err *err);
    NODISCARD Status (*read)(void *state, const Member *member, Err *err);
    void (*end)(void *state);
    /* Whether reading one alone would unpack what the other needs, too. */
    bool (*together)(const Bundle *bundle, const Member *before, const Member *member);
    /* Whether no limit of the whole bundle can be reached by these, in whatever order. */
    bool (*within_limits)(const Bundle *bundle, const Member *const *members, size_t count);
} MemberReader;

/* reader_lanes.c: reads what visitors[0] wants, with one visitor a lane. */
NODISCARD Status lanes_scan(Bundle *bundle, const MemberReader *reader,
                            const BundleVisitor *visitors, unsigned count, Err *err);

/* Records a problem, once.  member: "" for the bundle; reason: NULL for the sentence of its
 * kind.  ST_NOMEM alone. */
NODISCARD Status bundle_problem(Bundle *bundle, ProblemKind kind, Str member, uint64_t offset,
                                const char *reason, Err *err);

/* The same for the open member; in a lane it is told when all lanes have ended. */
NODISCARD Status scan_problem(Scan *scan, ProblemKind kind, uint64_t offset, const char *reason,
                              Err *err);

/* Counts an entry of the archive: false, with a problem, where there are too many. */
NODISCARD Status scan_count(Scan *scan, uint64_t offset, Err *err);
/* Before the header of the next entry of a stream is read: tells the watch, and ends the scan,
 * with a problem, where an earlier reader died. */
NODISCARD Status scan_next_entry(Scan *scan, uint64_t offset, Err *err);
/* Decides by the first file of a stream whether its first folder is the top folder.  raw is
 * normalised; later calls change nothing. */
NODISCARD Status bundle_guess_top(Bundle *bundle, Str raw, Err *err);
/* The same where all files are known: the folder that they have in common. */
NODISCARD Status bundle_find_top(Bundle *bundle, Str (*name)(void *context, size_t i),
                                 size_t count, void *context, Err *err);
/* Makes the entry of that name a member, or refuses it with a problem; *ret is NULL then.
 * lasting: raw lives as long as the bundle and need not be copied. */
NODISCARD Status bundle_admit(Bundle *bundle, Str raw, bool lasting, uint64_t offset,
                              MemberRecord **ret, Err *err);

void scan_open(Scan *scan, const Member *member, bool wanted);
/* Whether bytes of the open member are of any use. */
bool scan_hungry(const Scan *scan);
NODISCARD Status scan_bytes(Scan *scan, Str bytes, uint64_t offset, Err *err);
NODISCARD Status scan_close(Scan *scan, MemberEnd how, Err *err);
/* Watches the ratio of what was read and what it unpacked to. */
NODISCARD Status scan_check_ratio(Scan *scan, uint64_t packed, uint64_t unpacked,
                                  uint64_t offset, Err *err);

/* Makes manifest_text ready for the manifest's bytes. */
void bundle_expect_manifest(Bundle *bundle, const Member *member);
/* A visitor's data(): appends to its context, a Buf, whose own status tells of failure. */
Status bundle_keep_bytes(void *context, const Member *member, Str bytes, Err *err);
/* Takes manifest_text for the manifest. */
NODISCARD Status bundle_use_manifest(Bundle *bundle, Err *err);

/* reader_index.c: *ret_used false where there is no usable index (with a problem where there
 * is one that lies). */
NODISCARD Status index_open(Bundle *bundle, bool *ret_used, Err *err);
extern const MemberReader INDEX_READER;
/* reader_stream.c */
Container container_of(Str head);
const char *container_name(Container container);
NODISCARD Status stream_scan(Scan *scan, Err *err);
/* reader_folder.c */
NODISCARD Status folder_open(Bundle *bundle, Err *err);
extern const MemberReader FOLDER_READER;

#endif
