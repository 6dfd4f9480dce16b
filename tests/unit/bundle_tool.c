/* SPDX-License-Identifier: Apache-2.0 */
/* bundle_tool.c -- bundles made and read in memory files, for the tests of bundle/. */
#include "tests/unit/bundle_tool.h"

#include "base/io.h"
#include "bundle/manifest.h"
#include "tests/unit/runner.h"

#include <sys/mman.h>
#include <unistd.h>

int
tool_memory_file(void)
{
    int fd = memfd_create("bundle", MFD_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    return fd;
}

void
tool_contents(int fd, Buf *out)
{
    Err err = {0};
    ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
    ck_assert_ok(io_read_all(fd, out, &err), err);
}

int
tool_file_of(Str bytes)
{
    int fd = tool_memory_file();
    Err err = {0};
    ck_assert_ok(io_write(fd, bytes.p, bytes.n, &err), err);
    ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

unsigned
tool_random(unsigned *seed, unsigned limit)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 8) % limit;
}

void
tool_text(Buf *out, size_t n, unsigned seed)
{
    static const char *const WORDS[] = {"info", "warn", "mixer", "pilot", "dispatch", "report"};
    size_t end = out->n + n;
    while (out->n < end) {
        buf_printf(out, "%08x %s %s", tool_random(&seed, 1u << 23), WORDS[tool_random(&seed, 6)],
                   WORDS[tool_random(&seed, 6)]);
        buf_addc(out, tool_random(&seed, 3) ? ' ' : '\n');
    }
    out->n = end;
    out->data[end] = '\0';
}

void
tool_write(Writer *writer, const char *name, Str bytes, uint64_t size, size_t piece)
{
    Err err = {0};
    WriterMember written;
    uint64_t expected = bytes.n;
    ck_assert_ok(writer_begin(writer, str_of(name), size, &err), err);
    while (bytes.n) {
        Str part = piece ? str_head(bytes, piece) : bytes;
        ck_assert_ok(writer_data(writer, part, &err), err);
        bytes = str_from(bytes, part.n);
    }
    ck_assert_ok(writer_end(writer, &written, &err), err);
    ck_assert_uint_eq(written.bytes, expected);
}

void
tool_manifest(const ToolMember *members, size_t count, Buf *out)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Manifest *manifest = manifest_new(arena);
    manifest->tool_name = STR("test");
    manifest->tool_version = STR("1");
    CaptureMember *named = ARENA_ARRAY(arena, CaptureMember, count);
    for (size_t i = 0; i < count; i++) {
        named[i] = (CaptureMember){str_of(members[i].name), members[i].written.bytes,
                                   members[i].written.sha256};
        Capture *capture = manifest_add(manifest);
        capture->id = str_of(members[i].name);
        capture->kind = STR("log");
        capture->source.verb = STR("test");
        capture->members = &named[i];
        capture->member_count = 1;
    }
    Err err = {0};
    ck_assert_ok(manifest_write(manifest, out, &err), err);
}
