/* SPDX-License-Identifier: Apache-2.0 */
/* reader_folder.c -- a bundle that was unpacked: a folder, walked without following links. */
#include "base/cleanup.h"
#include "base/io.h"
#include "base/limits.h"
#include "bundle/index_out.h"
#include "bundle/reader_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PIECE_BYTES = 256 * 1024 };

typedef struct {
    Str raw;
    uint64_t bytes;
} File;

typedef struct {
    Bundle *bundle;
    Scan scan;               /* counts the entries */
    VEC(File) files;
} Walk;

static int
compare_names(const void *a, const void *b)
{
    return str_cmp(*(const Str *)a, *(const Str *)b);
}

/* The names in a folder, sorted, so that the order is the same everywhere. */
static Status
read_names(Walk *walk, DIR *dir, Arena *arena, const Str **ret, size_t *ret_count, Err *err)
{
    VEC(Str) names = {0};
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (!entry && errno)
            return err_errno(err, ST_IO, "%s: reading a folder", walk->bundle->name);
        if (!entry)
            break;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        TRY(scan_count(&walk->scan, UINT64_MAX, err));
        if (walk->scan.over)
            break;
        Str *name = VEC_PUSH(arena, &names);
        if (!name || !(*name = arena_str(arena, str_of(entry->d_name))).p)
            return err_nomem(err);
    }
    if (names.count)
        qsort(names.items, names.count, sizeof *names.items, compare_names);
    *ret = names.items;
    *ret_count = names.count;
    return ST_OK;
}

static Status walk_folder(Walk *walk, int fd, Str path, unsigned depth, Err *err);

static Status
enter_folder(Walk *walk, int parent, const char *name, Str path, unsigned depth, Err *err)
{
    CLEANUP(cleanup_fd) int fd =
        openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return bundle_problem(walk->bundle, PROBLEM_UNREADABLE, path, UINT64_MAX,
                              strerror(errno), err);
    return walk_folder(walk, TAKE_FD(fd), path, depth + 1, err);
}

static Status
add_file(Walk *walk, Str path, uint64_t bytes, Err *err)
{
    Str raw = STR("");
    Err why = {0};
    Status status = member_name_normalise(walk->bundle->arena, path, &raw, &why);
    if (status == ST_NOMEM)
        return err_nomem(err);
    if (status != ST_OK)
        return bundle_problem(walk->bundle,
                              status == ST_LIMIT ? PROBLEM_LIMIT : PROBLEM_UNSAFE_NAME, path,
                              UINT64_MAX, why.text, err);
    File *file = VEC_PUSH(walk->bundle->arena, &walk->files);
    Str copy = arena_str(walk->bundle->arena, raw);
    if (!file || !copy.p)
        return err_nomem(err);
    *file = (File){copy, bytes};
    return ST_OK;
}

static Status
look_at(Walk *walk, int parent, Str name, Str path, unsigned depth, Err *err)
{
    struct stat about;
    if (fstatat(parent, name.p, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return bundle_problem(walk->bundle, PROBLEM_UNREADABLE, path, UINT64_MAX,
                              strerror(errno), err);
    if (S_ISDIR(about.st_mode))
        return enter_folder(walk, parent, name.p, path, depth, err);
    if (S_ISLNK(about.st_mode))
        return bundle_problem(walk->bundle, PROBLEM_LINK, path, UINT64_MAX, NULL, err);
    if (!S_ISREG(about.st_mode))
        return bundle_problem(walk->bundle, PROBLEM_SPECIAL, path, UINT64_MAX, NULL, err);
    /* Unpacking a bundle leaves its index beside the top folder. */
    if (str_is(path, INDEX_NAME))
        return ST_OK;
    return add_file(walk, path, (uint64_t)about.st_size, err);
}

/* fd is taken over. */
static Status
walk_folder(Walk *walk, int fd, Str path, unsigned depth, Err *err)
{
    CLEANUP(cleanup_dir) DIR *dir = fdopendir(fd);
    if (!dir) {
        cleanup_fd(&fd);
        return err_errno(err, ST_IO, "%s: reading a folder", walk->bundle->name);
    }
    if (depth > LIMIT_MEMBER_NAME_DEPTH)
        return bundle_problem(walk->bundle, PROBLEM_LIMIT, path, UINT64_MAX,
                              "folders nested too deep", err);
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    const Str *names = NULL;
    size_t count = 0;
    if (!arena)
        return err_nomem(err);
    TRY(read_names(walk, dir, arena, &names, &count, err));
    for (size_t i = 0; i < count; i++) {
        Str below = path.n ? arena_strf(arena, "%.*s/%.*s", STR_ARG(path), STR_ARG(names[i]))
                           : names[i];
        if (!below.p)
            return err_nomem(err);
        TRY(look_at(walk, dirfd(dir), names[i], below, depth, err));
    }
    return ST_OK;
}

static Str
file_name(void *context, size_t i)
{
    const Walk *walk = context;
    return walk->files.items[i].raw;
}

/* Opens a member's file, one component after the other: none of them may be a link. */
static int
open_below(int root, Str raw)
{
    char name[256];
    CLEANUP(cleanup_fd) int folder = -1;
    Str rest = raw;
    Str component;
    while (str_cut(&rest, '/', &component)) {
        if (component.n >= sizeof name)
            return -1;
        memcpy(name, component.p, component.n);
        name[component.n] = '\0';
        int flags = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
        int next = openat(folder < 0 ? root : folder, name,
                          rest.p ? flags | O_RDONLY | O_DIRECTORY : flags | O_RDONLY);
        if (next < 0 || !rest.p)
            return next;
        cleanup_fd(&folder);
        folder = next;
    }
    return -1;
}

static Status
read_file(Scan *scan, int fd, MemberEnd *ret_how, Err *err)
{
    CLEANUP(buf_done) Buf piece = BUF_INIT(PIECE_BYTES + 1);
    Err why = {0};
    if (!buf_reserve(&piece, PIECE_BYTES))
        return err_nomem(err);
    for (uint64_t at = 0; scan_hungry(scan);) {
        size_t got = 0;
        if (io_read(fd, piece.data, PIECE_BYTES, &got, &why) != ST_OK) {
            *ret_how = MEMBER_CUT;
            return scan_problem(scan, PROBLEM_UNREADABLE, at, why.text, err);
        }
        if (got == 0)
            return ST_OK;
        TRY(scan_bytes(scan, (Str){piece.data, got}, at, err));
        at += got;
    }
    return ST_OK;
}

static Status
read_member(Scan *scan, const Member *member, Err *err)
{
    const MemberRecord *record = (const MemberRecord *)member;
    MemberEnd how = MEMBER_WHOLE;
    struct stat about;
    scan_open(scan, member, true);
    CLEANUP(cleanup_fd) int fd = open_below(scan->bundle->fd, record->raw);
    if (fd < 0 || fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        how = MEMBER_CUT;
        char text[128];
        const char *reason = fd < 0 ? strerror_r(errno, text, sizeof text)
                                    : "it is no regular file any more";
        TRY(scan_problem(scan, PROBLEM_UNREADABLE, UINT64_MAX, reason, err));
    } else {
        TRY(read_file(scan, fd, &how, err));
    }
    return scan_close(scan, how, err);
}

static Status
read_manifest(Bundle *bundle, Err *err)
{
    const Member *member = bundle_member(bundle, member_name_fixed(MEMBER_MANIFEST));
    if (!member)
        return ST_OK;
    bundle_expect_manifest(bundle, member);
    BundleVisitor visitor = {.context = &bundle->manifest_text, .data = bundle_keep_bytes};
    Scan scan = {.bundle = bundle, .visitor = &visitor};
    TRY(read_member(&scan, member, err));
    return bundle_use_manifest(bundle, err);
}

Status
folder_open(Bundle *bundle, Err *err)
{
    Walk walk = {.bundle = bundle, .scan = {.bundle = bundle}};
    int fd = openat(bundle->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, ST_IO, "%s", bundle->name);
    bundle->form = BUNDLE_FOLDER;
    TRY(walk_folder(&walk, fd, STR(""), 0, err));
    TRY(bundle_find_top(bundle, file_name, walk.files.count, &walk, err));
    bundle->scan++;
    for (size_t i = 0; i < walk.files.count; i++) {
        MemberRecord *record;
        TRY(bundle_admit(bundle, walk.files.items[i].raw, true, UINT64_MAX, &record, err));
        if (record) {
            record->member.has_bytes = true;
            record->member.bytes = walk.files.items[i].bytes;
        }
    }
    return read_manifest(bundle, err);
}

static Status
begin(Scan *scan, void **ret_state, Err *err)
{
    (void)err;
    *ret_state = scan;
    return ST_OK;
}

static Status
read_one(void *state, const Member *member, Err *err)
{
    return read_member(state, member, err);
}

static void
end(void *state)
{
    (void)state;
}

static bool
together(const Bundle *bundle, const Member *before, const Member *member)
{
    (void)bundle;
    (void)before;
    (void)member;
    return false;
}

static bool
within_limits(const Bundle *bundle, const Member *const *members, size_t count)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        if (members[i]->bytes > bundle->options.max_delivered_bytes - bytes)
            return false;
        bytes += members[i]->bytes;
    }
    return true;
}

const MemberReader FOLDER_READER = {begin, read_one, end, together, within_limits};
