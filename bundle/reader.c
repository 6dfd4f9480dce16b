/* SPDX-License-Identifier: Apache-2.0 */
/* reader.c -- opens a bundle, whatever form it has, and answers for it. */
#include "base/cleanup.h"
#include "base/io.h"
#include "base/limits.h"
#include "bundle/reader_private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum {
    BOMB_RATIO = 500,                    /* zeros pack 1,029:1, one line over and over 343:1 */
    BOMB_FROM_BYTES = 64 * 1024 * 1024,
};

static BundleOptions
with_defaults(const BundleOptions *given)
{
    BundleOptions options = given ? *given : (BundleOptions){0};
    if (!options.max_delivered_bytes)
        options.max_delivered_bytes = LIMIT_DELIVERED_BYTES;
    if (!options.max_members)
        options.max_members = LIMIT_MEMBER_COUNT;
    if (!options.bomb_ratio)
        options.bomb_ratio = BOMB_RATIO;
    if (!options.bomb_from_bytes)
        options.bomb_from_bytes = BOMB_FROM_BYTES;
    return options;
}

static Status
bundle_new(const char *name, const BundleOptions *options, Bundle **ret, Err *err)
{
    Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(cleanup_bundle) Bundle *bundle = arena ? ARENA_NEW(arena, Bundle) : NULL;
    if (!bundle) {
        (void)arena_free(arena);
        return err_nomem(err);
    }
    bundle->arena = arena;
    bundle->fd = -1;
    bundle->options = with_defaults(options);
    bundle->name = arena_cstr(arena, str_of(name));
    map_init(&bundle->by_name, arena);
    map_init(&bundle->problem_keys, arena);
    bundle->manifest_text = BUF_INIT(LIMIT_MANIFEST_BYTES);
    /* now, while locale files may still be opened; a system without it reads ASCII names */
    errno = 0;
    bundle->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (!bundle->name || (!bundle->locale && errno == ENOMEM))
        return err_nomem(err);
    *ret = TAKE_PTR(bundle);
    return ST_OK;
}

Bundle *
bundle_free(Bundle *bundle)
{
    if (bundle) {
        cleanup_fd(&bundle->fd);
        buf_done(&bundle->manifest_text);
        if (bundle->locale)
            freelocale(bundle->locale);
        (void)arena_free(bundle->arena);
    }
    return NULL;
}

void
cleanup_bundle(Bundle **bundle)
{
    *bundle = bundle_free(*bundle);
}

static Status
no_known_member(const Bundle *bundle, Err *err)
{
    const BundleProblems *problems = &bundle->shown;
    if (bundle->members.count == 0 && problems->count)
        return err_set(err, ST_FORMAT, "%s: nothing in it could be read: %.*s", bundle->name,
                       STR_ARG(problems->items[0].reason));
    return err_set(err, ST_FORMAT, "%s: no case file: it holds %s; give a bundle that "
                   "meshcase-collect wrote, or the folder it was unpacked to", bundle->name,
                   bundle->members.count ? "no member of a known kind" : "no member");
}

static bool
is_acceptable(const Bundle *bundle)
{
    return bundle->any_known_kind || (bundle->options.any_names && bundle->members.count);
}

static Status
read_head(Bundle *bundle, Err *err)
{
    bundle->head_bytes = 0;
    Status status = bundle->regular
        ? io_pread(bundle->fd, bundle->head, HEAD_BYTES, 0, &bundle->head_bytes, err)
        : io_read(bundle->fd, bundle->head, HEAD_BYTES, &bundle->head_bytes, err);
    TRY(status);
    if (bundle->head_bytes == 0)
        return err_set(err, ST_FORMAT, "%s: it is empty; collect again", bundle->name);
    bundle->container =
        container_of((Str){(const char *)bundle->head, bundle->head_bytes});
    if (bundle->container == CONTAINER_NONE)
        return err_set(err, ST_FORMAT, "%s: no archive; a case file is a .tar.gz (a .tar, "
                       ".tar.xz, .tar.zst, .tar.bz2, .zip or a folder will do)", bundle->name);
    return ST_OK;
}

static Status
open_file(Bundle *bundle, Err *err)
{
    bundle->form = BUNDLE_STREAM;
    TRY(read_head(bundle, err));
    if (!bundle->regular || bundle->container != CONTAINER_GZIP || bundle->options.no_index)
        return ST_OK;
    bool indexed;
    TRY(index_open(bundle, &indexed, err));
    return indexed && !is_acceptable(bundle) ? no_known_member(bundle, err) : ST_OK;
}

/* bundle->fd is the caller's until this succeeds. */
static Status
look_at(Bundle *bundle, Err *err)
{
    struct stat about;
    if (fstat(bundle->fd, &about) != 0)
        return err_errno(err, ST_IO, "%s", bundle->name);
    if (S_ISDIR(about.st_mode)) {
        TRY(folder_open(bundle, err));
        return is_acceptable(bundle) ? ST_OK : no_known_member(bundle, err);
    }
    bundle->regular = S_ISREG(about.st_mode) && lseek(bundle->fd, 0, SEEK_CUR) == 0;
    bundle->file_bytes = bundle->regular ? (uint64_t)about.st_size : 0;
    return open_file(bundle, err);
}

Status
bundle_open_fd(int fd, const char *name, const BundleOptions *options, Bundle **ret, Err *err)
{
    CLEANUP(cleanup_bundle) Bundle *bundle = NULL;
    TRY(bundle_new(name, options, &bundle, err));
    bundle->fd = fd;
    Status status = look_at(bundle, err);
    if (status != ST_OK) {
        bundle->fd = -1;
        return status;
    }
    *ret = TAKE_PTR(bundle);
    return ST_OK;
}

Status
bundle_open_path(const char *path, int *ret_fd, const char **ret_name, Err *err)
{
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                      : io_above_standard(open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (fd < 0)
        return err_errno(err, errno == ENOENT || errno == ENOTDIR ? ST_NOT_FOUND : ST_IO, "%s",
                         path);
    *ret_fd = fd;
    *ret_name = standard ? "standard input" : path;
    return ST_OK;
}

Status
bundle_open(const char *path, const BundleOptions *options, Bundle **ret, Err *err)
{
    CLEANUP(cleanup_fd) int fd = -1;
    const char *name;
    TRY(bundle_open_path(path, &fd, &name, err));
    TRY(bundle_open_fd(fd, name, options, ret, err));
    fd = -1;                             /* the bundle's now */
    return ST_OK;
}

Status
bundle_scan_lanes(Bundle *bundle, const BundleVisitor *visitors, unsigned count, Err *err)
{
    if (bundle->used)
        return err_set(err, ST_USAGE, "%s: it can be read only once", bundle->name);
    if (bundle->form == BUNDLE_INDEXED)
        return lanes_scan(bundle, &INDEX_READER, visitors, count, err);
    if (bundle->form == BUNDLE_FOLDER)
        return lanes_scan(bundle, &FOLDER_READER, visitors, count, err);
    Scan scan = {.bundle = bundle, .visitor = visitors, .ahead = count > 1};
    bundle->scan++;
    TRY(stream_scan(&scan, err));
    return is_acceptable(bundle) ? ST_OK : no_known_member(bundle, err);
}

Status
bundle_scan(Bundle *bundle, const BundleVisitor *visitor, Err *err)
{
    return bundle_scan_lanes(bundle, visitor, 1, err);
}

const BundleWatch *
bundle_watch(const Bundle *bundle)
{
    return bundle->options.watch;
}

BundleForm
bundle_form(const Bundle *bundle)
{
    return bundle->form;
}

const char *
bundle_format_name(const Bundle *bundle)
{
    if (bundle->form == BUNDLE_INDEXED)
        return "eStargz";
    return bundle->form == BUNDLE_FOLDER ? "folder" : container_name(bundle->container);
}

const char *
bundle_name(const Bundle *bundle)
{
    return bundle->name;
}

Str
bundle_top_folder(const Bundle *bundle)
{
    return bundle->top;
}

const Member *const *
bundle_members(const Bundle *bundle, size_t *ret_count)
{
    *ret_count = bundle->members.count;
    return bundle->members.items;
}

uint64_t
bundle_unpacked_bytes(const Bundle *bundle)
{
    return atomic_load(&bundle->unpacked_bytes);
}

const Member *
bundle_member(const Bundle *bundle, Str name)
{
    const MemberRecord *record = map_get(&bundle->by_name, name);
    return record ? &record->member : NULL;
}

const Manifest *
bundle_manifest(const Bundle *bundle)
{
    return bundle->manifest;
}

bool
bundle_manifest_sha256(const Bundle *bundle, Digest *ret)
{
    if (bundle->manifest)
        *ret = bundle->manifest_sha256;
    return bundle->manifest != NULL;
}
