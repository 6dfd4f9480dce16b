/* SPDX-License-Identifier: Apache-2.0 */
/* bundle_tool.c -- bundles made and read in memory files, for the tests of bundle/. */
#include "tests/unit/bundle_tool.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "bundle/inflate.h"
#include "bundle/manifest.h"
#include "bundle/tar_header.h"
#include "tests/unit/runner.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#define ZLIB_CONST
#include <zlib.h>

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

void
tool_bundle(const ToolContent *contents, size_t count, Buf *out)
{
    static const WriterOptions OPTIONS = {.top_folder = STR_INIT("case")};
    CLEANUP(cleanup_fd) int fd = tool_memory_file();
    CLEANUP(cleanup_writer) Writer *writer = NULL;
    CLEANUP(buf_done) Buf manifest = BUF_INIT(64 << 20);
    ToolMember *members = calloc(count + 1, sizeof *members);
    Err err = {0};
    ck_assert_ptr_nonnull(members);
    ck_assert_ok(writer_new(fd, &OPTIONS, &writer, &err), err);
    for (size_t i = 0; i < count; i++) {
        members[i].name = contents[i].name;
        ck_assert_ok(writer_begin(writer, str_of(contents[i].name), WRITER_SIZE_UNKNOWN, &err),
                     err);
        ck_assert_ok(writer_data(writer, contents[i].bytes, &err), err);
        ck_assert_ok(writer_end(writer, &members[i].written, &err), err);
    }
    tool_manifest(members, count, &manifest);
    free(members);
    ck_assert_ok(writer_finish(writer, buf_str(&manifest), &err), err);
    tool_contents(fd, out);
}

static size_t
index_place(Str bundle)
{
    char digits[17] = {0};
    memcpy(digits, bundle.p + bundle.n - 51 + 16, 16);
    return strtoull(digits, NULL, 16);
}

Str
tool_index(Arena *arena, Str bundle)
{
    CLEANUP(cleanup_inflate) Inflate *inflate = inflate_new();
    CLEANUP(buf_done) Buf tar = BUF_INIT(16 << 20);
    Str packed = str_from(bundle, index_place(bundle));
    unsigned char *room = (unsigned char *)buf_reserve(&tar, 8 << 20);
    InflateStep step = {(const unsigned char *)packed.p, packed.n, room, 8 << 20};
    ck_assert_int_eq(inflate_step(inflate, &step), INFLATE_END);
    Str text = {tar.data + TAR_BLOCK_BYTES, strtoull(tar.data + 124, NULL, 8)};
    return arena_str(arena, text);
}

void
tool_with_index(Str bundle, Str json, Buf *out)
{
    size_t place = index_place(bundle);
    CLEANUP(buf_done) Buf tar = BUF_INIT(64 << 20);
    tool_tar(&tar, "stargz.index.json", '0', "", json);
    tool_tar_end(&tar);
    buf_add(out, bundle.p, place);
    tool_gzip(buf_str(&tar), out);
    buf_add_str(out, str_from(bundle, bundle.n - 51));
}

Str
tool_replace(Arena *arena, Str s, const char *from, const char *to)
{
    CLEANUP(buf_done) Buf out = BUF_INIT(64 << 20);
    size_t at;
    size_t count = 0;
    for (; str_find(s, str_of(from), &at); count++) {
        buf_add(&out, s.p, at);
        buf_adds(&out, to);
        s = str_from(s, at + strlen(from));
    }
    buf_add_str(&out, s);
    ck_assert_msg(count > 0, "'%s' does not occur", from);
    return arena_str(arena, buf_str(&out));
}

void
tool_tar(Buf *tar, const char *name, char type, const char *link, Str bytes)
{
    unsigned char header[TAR_HEADER_MAX_BYTES];
    size_t n = tar_header(str_of(name), bytes.n, header);
    unsigned char *last = header + n - TAR_BLOCK_BYTES;
    unsigned sum = 0;
    last[156] = (unsigned char)type;
    memcpy(last + 157, link, strlen(link));
    memset(last + 148, ' ', 8);
    for (size_t i = 0; i < TAR_BLOCK_BYTES; i++)
        sum += last[i];
    (void)snprintf((char *)last + 148, 8, "%06o", sum);
    buf_add(tar, header, n);
    buf_add_str(tar, bytes);
    static const char ZEROS[TAR_BLOCK_BYTES];
    buf_add(tar, ZEROS, tar_padding(bytes.n));
}

void
tool_tar_end(Buf *tar)
{
    static const char ZEROS[2 * TAR_BLOCK_BYTES];
    buf_add(tar, ZEROS, sizeof ZEROS);
}

void
tool_gzip(Str bytes, Buf *out)
{
    z_stream z = {.next_in = (const Bytef *)bytes.p, .avail_in = (uInt)bytes.n};
    ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    uLong most = deflateBound(&z, bytes.n) + 64;
    unsigned char *room = (unsigned char *)buf_reserve(out, most);
    ck_assert_ptr_nonnull(room);
    z.next_out = room;
    z.avail_out = (uInt)most;
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    out->n += most - z.avail_out;
    out->data[out->n] = '\0';
    (void)deflateEnd(&z);
}

size_t
tool_unpack(Str file, Buf *out)
{
    CLEANUP(cleanup_inflate) Inflate *inflate = inflate_new();
    InflateStep step = {.in = (const unsigned char *)file.p, .in_bytes = file.n};
    size_t members = 0;
    for (; step.in_bytes; members++) {
        inflate_reset(inflate);
        InflateResult result = INFLATE_MORE;
        while (result == INFLATE_MORE) {
            step.out = (unsigned char *)buf_reserve(out, 65536);
            ck_assert_ptr_nonnull(step.out);
            step.out_bytes = 65536;
            result = inflate_step(inflate, &step);
            out->n += 65536 - step.out_bytes;
            out->data[out->n] = '\0';
            if (result == INFLATE_DAMAGED || (result == INFLATE_MORE && step.out_bytes == 65536))
                return 0;
        }
    }
    return members;
}

void
tool_scan_init(ToolScan *scan, Arena *arena)
{
    *scan = (ToolScan){.arena = arena, .bytes = BUF_INIT(SIZE_MAX / 2)};
}

void
tool_scan_done(ToolScan *scan)
{
    buf_done(&scan->bytes);
}

static bool
scan_want(void *context, const Member *member)
{
    const ToolScan *scan = context;
    return !scan->only || str_is(member->name, scan->only);
}

static Status
scan_data(void *context, const Member *member, Str bytes, Err *err)
{
    ToolScan *scan = context;
    ck_assert_uint_gt(bytes.n, 0);
    ck_assert_ptr_nonnull(member);
    if (scan->fail != ST_OK)
        return err_set(err, scan->fail, "as the test wants");
    buf_add_str(&scan->bytes, bytes);
    return scan->stop_after && scan->bytes.n >= scan->stop_after ? ST_END : ST_OK;
}

static Status
scan_end(void *context, const Member *member, MemberEnd how, Err *err)
{
    ToolScan *scan = context;
    ToolRead *read = VEC_PUSH(scan->arena, &scan->members);
    (void)err;
    ck_assert_ptr_nonnull(read);
    *read = (ToolRead){member->name, arena_str(scan->arena, buf_str(&scan->bytes)), how};
    buf_clear(&scan->bytes);
    return ST_OK;
}

BundleVisitor
tool_visitor(ToolScan *scan)
{
    return (BundleVisitor){scan, scan_want, scan_data, scan_end};
}

const ToolRead *
tool_read(const ToolScan *scan, const char *name)
{
    for (size_t i = 0; i < scan->members.count; i++)
        if (str_is(scan->members.items[i].name, name))
            return &scan->members.items[i];
    return NULL;
}

bool
tool_has_problem(const Bundle *bundle, ProblemKind kind, const char *member)
{
    const BundleProblems *problems = bundle_problems(bundle);
    for (size_t i = 0; i < problems->count; i++)
        if (problems->items[i].kind == kind && str_is(problems->items[i].member, member))
            return true;
    return false;
}
