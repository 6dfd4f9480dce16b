/* SPDX-License-Identifier: Apache-2.0 */
/* reader_stream.c -- a tar or zip from its first byte to its last, by libarchive.
 *
 * libarchive gets exactly one format and at most one filter, by name: its own guessing
 * takes text for archives and unpacks layer after layer.  gzip is unpacked here, because
 * libarchive does not check its CRC-32. */
#include "base/limits.h"
#include "bundle/byte_source.h"
#include "bundle/index_out.h"
#include "bundle/reader_private.h"
#include "bundle/tar_header.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name;
    const char *magic;
    size_t at;
    size_t bytes;
    int (*filter)(struct archive *);
} CONTAINERS[CONTAINER_COUNT] = {
    [CONTAINER_NONE] = {"", "", 0, 0, NULL},
    [CONTAINER_TAR] = {"tar", "ustar", 257, 5, NULL},
    [CONTAINER_GZIP] = {"tar.gz", "\x1f\x8b\x08", 0, 3, NULL},
    [CONTAINER_XZ] = {"tar.xz", "\xfd" "7zXZ", 0, 6, archive_read_support_filter_xz},
    [CONTAINER_ZSTD] = {"tar.zst", "\x28\xb5\x2f\xfd", 0, 4, archive_read_support_filter_zstd},
    [CONTAINER_BZIP2] = {"tar.bz2", "BZh", 0, 3, archive_read_support_filter_bzip2},
    [CONTAINER_ZIP] = {"zip", "PK\x03\x04", 0, 4, NULL},
};

const char *
container_name(Container container)
{
    return CONTAINERS[container].name;
}

/* Archives older than ustar have no magic; their header's checksum is right all the same. */
static bool
is_old_tar(Str head)
{
    if (head.n < TAR_BLOCK_BYTES || head.p[0] == '\0')
        return false;
    uint64_t sum = 0;
    uint64_t stated = 0;
    for (size_t i = 0; i < TAR_BLOCK_BYTES; i++)
        sum += i >= 148 && i < 156 ? ' ' : (unsigned char)head.p[i];
    size_t i = 148;
    while (i < 156 && head.p[i] == ' ')
        i++;
    for (; i < 156 && head.p[i] >= '0' && head.p[i] <= '7'; i++)
        stated = stated << 3 | (uint64_t)(head.p[i] - '0');
    return sum == stated;
}

Container
container_of(Str head)
{
    for (int i = CONTAINER_NONE + 1; i < CONTAINER_COUNT; i++)
        if (head.n >= CONTAINERS[i].at + CONTAINERS[i].bytes &&
            memcmp(head.p + CONTAINERS[i].at, CONTAINERS[i].magic, CONTAINERS[i].bytes) == 0)
            return (Container)i;
    return is_old_tar(head) ? CONTAINER_TAR : CONTAINER_NONE;
}

typedef struct {
    Scan *scan;
    struct archive *archive;
    ByteSource *source;
    uint64_t zeros;          /* of a hole in the open member, still to be given */
    bool ended;              /* nothing more can be read */
} Stream;

static la_ssize_t
on_read(struct archive *archive, void *context, const void **ret)
{
    Stream *stream = context;
    Str bytes = byte_source_next(stream->source);
    if (byte_source_state(stream->source) == SOURCE_FAILED) {
        archive_set_error(archive, EIO, "%s", byte_source_reason(stream->source));
        return ARCHIVE_FATAL;
    }
    *ret = bytes.p;
    return (la_ssize_t)bytes.n;
}

static la_int64_t
on_skip(struct archive *archive, void *context, la_int64_t request)
{
    Stream *stream = context;
    (void)archive;
    return request > 0 ? (la_int64_t)byte_source_skip(stream->source, (uint64_t)request) : 0;
}

static void
stream_done(Stream *stream)
{
    if (stream->archive)
        (void)archive_read_free(stream->archive);
    stream->source = byte_source_free(stream->source);
}

static Status
stream_init(Stream *stream, Err *err)
{
    Bundle *bundle = stream->scan->bundle;
    Container container = bundle->container;
    Str head = {(const char *)bundle->head, bundle->regular ? 0 : bundle->head_bytes};
    if (bundle->regular && lseek(bundle->fd, 0, SEEK_SET) < 0)
        return err_errno(err, ST_IO, "%s: going back to its start", bundle->name);
    TRY(byte_source_new(bundle->fd, head, container == CONTAINER_GZIP,
                        bundle->regular && stream->scan->ahead, &stream->source, err));
    struct archive *archive = stream->archive = archive_read_new();
    if (!archive)
        return err_nomem(err);
    int result = container == CONTAINER_ZIP ? archive_read_support_format_zip_streamable(archive)
                                            : archive_read_support_format_tar(archive);
    if (result == ARCHIVE_OK && CONTAINERS[container].filter)
        result = CONTAINERS[container].filter(archive);
    /* anything but OK means that libarchive would run a program for it */
    if (result != ARCHIVE_OK)
        return err_set(err, ST_UNSUPPORTED, "%s: this libarchive cannot read %s", bundle->name,
                       container_name(container));
    if (archive_read_set_callback_data(archive, stream) != ARCHIVE_OK ||
        archive_read_set_read_callback(archive, on_read) != ARCHIVE_OK ||
        (container == CONTAINER_TAR && bundle->regular &&
         archive_read_set_skip_callback(archive, on_skip) != ARCHIVE_OK))
        return err_nomem(err);
    return ST_OK;
}

/* Where an entry begins, as far as a reader of the file can use it. */
static uint64_t
entry_offset(const Stream *stream)
{
    la_int64_t at = archive_read_header_position(stream->archive);
    return stream->scan->bundle->container == CONTAINER_TAR && at >= 0 ? (uint64_t)at
                                                                        : UINT64_MAX;
}

static const char *
archive_text(const Stream *stream)
{
    const char *text = archive_error_string(stream->archive);
    return text ? text : "the archive is damaged";
}

/* Why the archive ended early, as far as it is known. */
static Status
record_damage(Stream *stream, Err *err)
{
    Scan *scan = stream->scan;
    const ByteSource *source = stream->source;
    Str member = scan->member ? scan->member->name : STR("");
    uint64_t at = byte_source_position(source);
    if (scan->over)
        return ST_OK;
    switch (byte_source_state(source)) {
    case SOURCE_CUT:
        return bundle_problem(scan->bundle, PROBLEM_CUT_SHORT, member, at, NULL, err);
    case SOURCE_DAMAGED:
    case SOURCE_TRAILING:
        return bundle_problem(scan->bundle, PROBLEM_DAMAGED, member, at,
                              byte_source_reason(source), err);
    case SOURCE_FAILED:
        return bundle_problem(scan->bundle, PROBLEM_UNREADABLE, member, at,
                              byte_source_reason(source), err);
    case SOURCE_FINE:
        break;
    }
    /* the file was fine to its end, so the end came too soon; or there is more of it */
    bool cut = byte_source_next(stream->source).n == 0;
    return bundle_problem(scan->bundle, cut ? PROBLEM_CUT_SHORT : PROBLEM_DAMAGED, member, at,
                          cut ? NULL : archive_text(stream), err);
}

static Status
check_ratio(Stream *stream, Err *err)
{
    la_int64_t passed = archive_filter_bytes(stream->archive, 0);
    uint64_t unpacked = passed > 0 ? (uint64_t)passed : 0;
    if (unpacked < stream->scan->delivered_bytes)
        unpacked = stream->scan->delivered_bytes;
    uint64_t at = byte_source_position(stream->source);
    return scan_check_ratio(stream->scan, at, unpacked, at, err);
}

/* The zeros of a sparse file that stand for nothing in the archive. */
static Status
fill_hole(Stream *stream, uint64_t bytes, Err *err)
{
    static const char ZEROS[64 * 1024];
    Scan *scan = stream->scan;
    stream->zeros = bytes;
    while (stream->zeros && !scan->over) {
        Str part = str_head((Str){ZEROS, sizeof ZEROS}, stream->zeros);
        TRY(scan_bytes(scan, part, byte_source_position(stream->source), err));
        TRY(check_ratio(stream, err));
        stream->zeros -= part.n;
    }
    return ST_OK;
}

/* Passes the member's bytes on, or by; *ret_how tells how it ended. */
static Status
read_data(Stream *stream, MemberEnd *ret_how, Err *err)
{
    Scan *scan = stream->scan;
    uint64_t held = 0;
    for (;;) {
        const void *block = NULL;
        size_t n = 0;
        la_int64_t at = 0;
        int result = archive_read_data_block(stream->archive, &block, &n, &at);
        if (result == ARCHIVE_EOF)
            return ST_OK;
        if ((result == ARCHIVE_OK || result == ARCHIVE_WARN) && n) {
            if (at > 0 && (uint64_t)at > held) {
                TRY(fill_hole(stream, (uint64_t)at - held, err));
                held = (uint64_t)at;
            }
            TRY(scan_bytes(scan, (Str){block, n}, byte_source_position(stream->source), err));
            held += n;
        }
        TRY(check_ratio(stream, err));
        if (result == ARCHIVE_FATAL || scan->over) {
            stream->ended = true;
            *ret_how = MEMBER_CUT;
            return record_damage(stream, err);
        }
        if (result == ARCHIVE_WARN || result == ARCHIVE_FAILED) {
            *ret_how = MEMBER_CUT;
            return bundle_problem(scan->bundle, PROBLEM_DAMAGED, scan->member->name,
                                  byte_source_position(stream->source), archive_text(stream),
                                  err);
        }
    }
}

static Status
read_member(Stream *stream, Str raw, struct archive_entry *entry, Err *err)
{
    Scan *scan = stream->scan;
    const BundleVisitor *visitor = scan->visitor;
    MemberRecord *record;
    TRY(bundle_guess_top(scan->bundle, raw, err));
    TRY(bundle_admit(scan->bundle, raw, false, entry_offset(stream), &record, err));
    if (!record)
        return ST_OK;
    Member *member = &record->member;
    if (archive_entry_size_is_set(entry) && archive_entry_size(entry) >= 0) {
        member->has_bytes = true;
        member->bytes = (uint64_t)archive_entry_size(entry);
    }
    scan_open(scan, member, !visitor->want || visitor->want(visitor->context, member));
    MemberEnd how = MEMBER_WHOLE;
    /* passing a packed member by is work as well, and work that is watched */
    if (scan_hungry(scan) || scan->bundle->container != CONTAINER_TAR)
        TRY(read_data(stream, &how, err));
    return scan_close(scan, how, err);
}

static bool
is_root_folder(Str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] != '.' && name.p[i] != '/')
            return false;
    return name.n == 0 || str_starts(name, STR("./")) || str_is(name, ".");
}

static Status
read_entry(Stream *stream, struct archive_entry *entry, Err *err)
{
    Bundle *bundle = stream->scan->bundle;
    uint64_t at = entry_offset(stream);
    const char *text = archive_entry_pathname(entry);
    bool folder = archive_entry_filetype(entry) == AE_IFDIR && !archive_entry_hardlink(entry);
    if (!text)
        return bundle_problem(bundle, PROBLEM_UNSAFE_NAME, STR("?"), at,
                              "a name that is not UTF-8", err);
    Str name = str_of(text);
    if (str_is(name, INDEX_NAME) || (folder && is_root_folder(name)))
        return ST_OK;
    CLEANUP(cleanup_arena) Arena *scratch = arena_new(SIZE_MAX);
    if (!scratch)
        return err_nomem(err);
    Str raw = STR("");
    Err why = {0};
    Status status = member_name_normalise(scratch, name, &raw, &why);
    if (status == ST_NOMEM)
        return err_nomem(err);
    if (status != ST_OK)
        return bundle_problem(bundle, status == ST_LIMIT ? PROBLEM_LIMIT : PROBLEM_UNSAFE_NAME,
                              name, at, why.text, err);
    if (folder)
        return ST_OK;
    if (archive_entry_hardlink(entry) || archive_entry_filetype(entry) == AE_IFLNK)
        return bundle_problem(bundle, PROBLEM_LINK, raw, at, NULL, err);
    if (archive_entry_filetype(entry) != AE_IFREG)
        return bundle_problem(bundle, PROBLEM_SPECIAL, raw, at, NULL, err);
    return read_member(stream, raw, entry, err);
}

/* What follows the archive's end must be zeros, and a tar has some. */
static Status
check_end(Stream *stream, Err *err)
{
    Bundle *bundle = stream->scan->bundle;
    const ByteSource *source = stream->source;
    bool counted = bundle->container == CONTAINER_TAR || bundle->container == CONTAINER_GZIP;
    while (byte_source_next(stream->source).n) {
        TRY(check_ratio(stream, err));
        if (stream->scan->over)
            return ST_OK;
    }
    SourceState state = byte_source_state(source);
    uint64_t at = byte_source_position(source);
    if (state == SOURCE_TRAILING)
        return bundle_problem(bundle, PROBLEM_TRAILING, STR(""), at, NULL, err);
    if (state != SOURCE_FINE)
        return record_damage(stream, err);
    if (!counted)
        return ST_OK;
    la_int64_t used = archive_filter_bytes(stream->archive, 0);
    if (used >= 0 && byte_source_unpacked(source) - byte_source_zeros(source) > (uint64_t)used)
        return bundle_problem(bundle, PROBLEM_TRAILING, STR(""), at, NULL, err);
    if (byte_source_zeros(source) < TAR_BLOCK_BYTES)
        return bundle_problem(bundle, PROBLEM_CUT_SHORT, STR(""), at, NULL, err);
    return ST_OK;
}

static Status
walk(Stream *stream, Err *err)
{
    Scan *scan = stream->scan;
    bool astray = false;     /* among blocks that are no header: libarchive goes on to the next */
    while (!stream->ended && !scan->over) {
        struct archive_entry *entry = NULL;
        TRY(scan_next_entry(scan, byte_source_position(stream->source), err));
        if (scan->over)
            break;
        int result = archive_read_next_header(stream->archive, &entry);
        if (result == ARCHIVE_EOF)
            return check_end(stream, err);
        if (result == ARCHIVE_FATAL)
            return record_damage(stream, err);
        if (archive_filter_count(stream->archive) > 2)
            return err_set(err, ST_FORMAT, "%s: compressed more than once", scan->bundle->name);
        TRY(scan_count(scan, byte_source_position(stream->source), err));
        bool readable = result == ARCHIVE_OK || result == ARCHIVE_WARN;
        if (!scan->over && !readable && !astray)
            TRY(bundle_problem(scan->bundle, PROBLEM_DAMAGED, STR(""),
                               byte_source_position(stream->source), archive_text(stream), err));
        astray = !readable;
        if (!scan->over && readable)
            TRY(read_entry(stream, entry, err));
        TRY(check_ratio(stream, err));
    }
    return ST_OK;
}

static Status
run(Stream *stream, Err *err)
{
    Bundle *bundle = stream->scan->bundle;
    TRY(stream_init(stream, err));
    bundle->used = !bundle->regular;
    if (archive_read_open1(stream->archive) == ARCHIVE_OK)
        return walk(stream, err);
    if (byte_source_state(stream->source) == SOURCE_FAILED)
        return err_set(err, ST_IO, "%s: %s", bundle->name, byte_source_reason(stream->source));
    return record_damage(stream, err);
}

Status
stream_scan(Scan *scan, Err *err)
{
    CLEANUP(stream_done) Stream stream = {.scan = scan};
    /* names are UTF-8 whatever the program's locale says; this thread alone is changed */
    locale_t before = scan->bundle->locale ? uselocale(scan->bundle->locale) : (locale_t)0;
    Status status = run(&stream, err);
    if (before)
        (void)uselocale(before);
    return status;
}
