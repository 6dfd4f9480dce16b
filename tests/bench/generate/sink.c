/* SPDX-License-Identifier: Apache-2.0 */
/* sink.c -- members into a bundle and a plain tar at once. */
#include "generate.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "base/timestamp.h"
#include "bundle/kind.h"
#include "bundle/manifest.h"
#include "bundle/tar_header.h"
#include "bundle/writer.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define TOP_FOLDER "mesh-2018-06-14"
static const char ZEROS[2 * TAR_BLOCK_BYTES];

struct Sink {
    Arena *arena;
    Writer *writer;
    Manifest *manifest;
    int bundle_fd;
    int tar_fd;                 /* -1: none */
    uint64_t tar_bytes;
    uint64_t header_at;
    uint64_t member_bytes;
    Str name;
};

static Status
open_new(const char *path, int *ret, Err *err)
{
    *ret = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return *ret >= 0 ? ST_OK : err_errno(err, ST_IO, "%s", path);
}

Status
sink_new(const char *bundle, const char *tar, int level, Sink **ret, Err *err)
{
    CLEANUP(cleanup_sink) Sink *sink = calloc(1, sizeof *sink);
    if (!sink)
        return err_nomem(err);
    sink->bundle_fd = sink->tar_fd = -1;
    sink->arena = arena_new(SIZE_MAX);
    sink->manifest = sink->arena ? manifest_new(sink->arena) : NULL;
    if (!sink->manifest)
        return err_nomem(err);
    sink->manifest->tool_name = STR("generate");
    sink->manifest->tool_version = STR("1");
    (void)timestamp_parse(STR("2018-06-14T09:00:00Z"), &sink->manifest->ended_at_ns);
    sink->manifest->started_at_ns = sink->manifest->ended_at_ns - INT64_C(60000000000);
    WriterOptions options = {.top_folder = STR(TOP_FOLDER), .level = level};
    TRY(open_new(bundle, &sink->bundle_fd, err));
    if (tar)
        TRY(open_new(tar, &sink->tar_fd, err));
    TRY(writer_new(sink->bundle_fd, &options, &sink->writer, err));
    *ret = sink;
    sink = NULL;
    return ST_OK;
}

Sink *
sink_free(Sink *sink)
{
    if (!sink)
        return NULL;
    writer_free(sink->writer);
    if (sink->bundle_fd >= 0)
        (void)close(sink->bundle_fd);
    if (sink->tar_fd >= 0)
        (void)close(sink->tar_fd);
    arena_free(sink->arena);
    free(sink);
    return NULL;
}

void
cleanup_sink(Sink **sink)
{
    *sink = sink_free(*sink);
}

static Status
tar_write(Sink *sink, const void *bytes, size_t n, Err *err)
{
    if (sink->tar_fd < 0)
        return ST_OK;
    sink->tar_bytes += n;
    return io_write(sink->tar_fd, bytes, n, err);
}

/* The header of the member, with the bytes that are known by now. */
static Status
tar_write_header(Sink *sink, Err *err)
{
    unsigned char header[TAR_HEADER_MAX_BYTES];
    Str name = arena_strf(sink->arena, TOP_FOLDER "/" STR_FMT, STR_ARG(sink->name));
    if (!name.p)
        return err_nomem(err);
    return tar_write(sink, header, tar_header(name, sink->member_bytes, header), err);
}

Status
sink_begin(Sink *sink, Str name, Err *err)
{
    sink->name = arena_str(sink->arena, name);
    sink->member_bytes = 0;
    sink->header_at = sink->tar_bytes;
    if (!sink->name.p)
        return err_nomem(err);
    TRY(tar_write_header(sink, err));
    return writer_begin(sink->writer, sink->name, WRITER_SIZE_UNKNOWN, err);
}

Status
sink_data(Sink *sink, Str bytes, Err *err)
{
    sink->member_bytes += bytes.n;
    TRY(tar_write(sink, bytes.p, bytes.n, err));
    return writer_data(sink->writer, bytes, err);
}

static Status
tar_end(Sink *sink, Err *err)
{
    if (sink->tar_fd < 0)
        return ST_OK;
    TRY(tar_write(sink, ZEROS, tar_padding(sink->member_bytes), err));
    uint64_t end = sink->tar_bytes;
    if (lseek(sink->tar_fd, (off_t)sink->header_at, SEEK_SET) < 0)
        return err_errno(err, ST_IO, "lseek");
    TRY(tar_write_header(sink, err));
    sink->tar_bytes = end;
    return lseek(sink->tar_fd, 0, SEEK_END) < 0 ? err_errno(err, ST_IO, "lseek") : ST_OK;
}

Status
sink_end(Sink *sink, Err *err)
{
    WriterMember written;
    TRY(writer_end(sink->writer, &written, err));
    TRY(tar_end(sink, err));
    MemberName parts;
    Capture *capture = manifest_add(sink->manifest);
    CaptureMember *member = ARENA_NEW(sink->arena, CaptureMember);
    if (!capture || !member)
        return err_nomem(err);
    member_name_parse(sink->name, &parts);
    *member = (CaptureMember){sink->name, written.bytes, written.sha256};
    capture->id = sink->name;
    capture->kind = str_of(MEMBER_KINDS[parts.kind].name);
    capture->source.verb = STR("read");
    capture->started_at_ns = sink->manifest->started_at_ns +
                             (int64_t)parts.sample * INT64_C(10000000000);
    capture->members = member;
    capture->member_count = 1;
    return ST_OK;
}

/* Containers without a log here wrote none: a rule then knows all there is. */
static Status
cover_logs(Sink *sink, Err *err)
{
    static const Str COVERS[] = {STR_INIT("logs/**")};
    Capture *capture = manifest_add(sink->manifest);
    if (!capture)
        return err_nomem(err);
    capture->id = STR("logs");
    capture->kind = str_of(MEMBER_KINDS[MEMBER_LOG].name);
    capture->source.verb = STR("read");
    capture->covers = COVERS;
    capture->cover_count = 1;
    return ST_OK;
}

Status
sink_finish(Sink *sink, Err *err)
{
    TRY(cover_logs(sink, err));
    CLEANUP(buf_done) Buf text = BUF_INIT(256 << 20);
    TRY(manifest_write(sink->manifest, &text, err));
    sink->name = STR("manifest.json");
    sink->member_bytes = text.n;
    if (sink->tar_fd >= 0) {
        TRY(tar_write_header(sink, err));
        TRY(tar_write(sink, text.data, text.n, err));
        TRY(tar_write(sink, ZEROS, tar_padding(text.n), err));
        TRY(tar_write(sink, ZEROS, sizeof ZEROS, err));
    }
    return writer_finish(sink->writer, buf_str(&text), err);
}
