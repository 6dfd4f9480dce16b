/* SPDX-License-Identifier: Apache-2.0 */
/* mkbundle.c -- packs a folder as a bundle, for tests: mkbundle FOLDER FILE.
 *
 * A manifest.json of the folder is used as it is; without one each member gets a complete
 * capture.  The top folder is called "case". */
#include "base/cleanup.h"
#include "bundle/reader.h"
#include "bundle/writer.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    Arena *arena;
    Writer *writer;
    Manifest *manifest;
    Buf own;                 /* the folder's manifest.json */
    bool begun;
} Packing;

static bool
is_manifest(const Member *member)
{
    return member->kind == MEMBER_MANIFEST;
}

static Status
begin(Packing *packing, const Member *member, Err *err)
{
    if (packing->begun || is_manifest(member))
        return ST_OK;
    packing->begun = true;
    return writer_begin(packing->writer, member->name, WRITER_SIZE_UNKNOWN, err);
}

static Status
on_data(void *context, const Member *member, Str bytes, Err *err)
{
    Packing *packing = context;
    if (is_manifest(member)) {
        buf_add_str(&packing->own, bytes);
        return ST_OK;
    }
    TRY(begin(packing, member, err));
    return writer_data(packing->writer, bytes, err);
}

static Status
on_end(void *context, const Member *member, MemberEnd how, Err *err)
{
    Packing *packing = context;
    WriterMember written;
    if (how != MEMBER_WHOLE)
        return err_set(err, ST_IO, "'%.*s' could not be read", STR_ARG(member->name));
    if (is_manifest(member))
        return ST_OK;
    TRY(begin(packing, member, err));
    packing->begun = false;
    TRY(writer_end(packing->writer, &written, err));
    Capture *capture = manifest_add(packing->manifest);
    CaptureMember *named = ARENA_NEW(packing->arena, CaptureMember);
    if (!capture || !named)
        return err_nomem(err);
    *named = (CaptureMember){member->name, written.bytes, written.sha256};
    capture->id = member->name;
    capture->kind = str_of(MEMBER_KINDS[member->kind].name);
    capture->source.verb = STR("read");
    capture->members = named;
    capture->member_count = 1;
    return ST_OK;
}

static Status
pack(const char *folder, int fd, Err *err)
{
    static const WriterOptions OPTIONS = {.top_folder = STR_INIT("case")};
    static const BundleOptions ANY = {.any_names = true};
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(cleanup_bundle) Bundle *bundle = NULL;
    CLEANUP(cleanup_writer) Writer *writer = NULL;
    CLEANUP(buf_done) Buf text = BUF_INIT(64 << 20);
    if (!arena)
        return err_nomem(err);
    Packing packing = {.arena = arena, .manifest = manifest_new(arena),
                       .own = BUF_INIT(64 << 20)};
    if (!packing.manifest)
        return err_nomem(err);
    packing.manifest->tool_name = STR("mkbundle");
    packing.manifest->tool_version = STR("1");
    TRY(bundle_open(folder, &ANY, &bundle, err));
    TRY(writer_new(fd, &OPTIONS, &writer, err));
    packing.writer = writer;
    BundleVisitor visitor = {.context = &packing, .data = on_data, .end = on_end};
    TRY(bundle_scan(bundle, &visitor, err));
    buf_add_str(&text, buf_str(&packing.own));
    bool has_own = packing.own.n > 0;
    buf_done(&packing.own);
    if (!has_own)
        TRY(manifest_write(packing.manifest, &text, err));
    return writer_finish(writer, buf_str(&text), err);
}

int
main(int argc, char **argv)
{
    Err err = {0};
    if (argc != 3)
        return 2;
    CLEANUP(cleanup_fd) int fd = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd >= 0 && pack(argv[1], fd, &err) == ST_OK)
        return EXIT_SUCCESS;
    (void)fprintf(stderr, "mkbundle: %s\n", fd < 0 ? argv[2] : err.text);
    return EXIT_FAILURE;
}
