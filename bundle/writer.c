/* SPDX-License-Identifier: Apache-2.0 */
/* writer.c -- writes a bundle as eStargz.
 *
 * A member is held back until it is known to be small.  Small ones share a gzip member, a
 * group, one behind the other with their headers between them.  A large one gets gzip
 * members of its own; its header, which needs the size, stands before them in a gzip
 * member that is not compressed and hence can be written again at the end. */
#include "bundle/writer.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "base/limits.h"
#include "base/map.h"
#include "bundle/border.h"
#include "bundle/index_out.h"
#include "bundle/kind.h"
#include "bundle/tar_header.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

enum {
    SMALL_BYTES = 64 * 1024,           /* members below it are grouped */
    GROUP_BYTES = 256 * 1024,          /* a group is closed once it holds as many */
    CHUNK_BYTES = 1024 * 1024,         /* cut at the next border from here on */
    CHUNK_MAX_BYTES = 4 * 1024 * 1024, /* cut here without a border */
    PENDING_BYTES = 256 * 1024,        /* headers waiting for a payload */
    DEFAULT_LEVEL = 6,
};

/* The set of names seen, by their hashes: 64 bits of SipHash do not collide by chance. */
typedef struct {
    uint64_t *slots;
    size_t count;
    size_t capacity;                   /* power of two */
} Seen;

typedef struct {
    bool open;
    bool large;
    Str name;                          /* as in the archive */
    uint64_t wanted;                   /* WRITER_SIZE_UNKNOWN */
    uint64_t bytes;
    Border border;
    uint64_t header_at;                /* of a large one's header, in the file */
    VEC(IndexChunk) chunks;
} Current;

struct Writer {
    Arena *arena;                      /* of the writer */
    Arena *scratch;                    /* of the current member */
    int fd;
    bool patchable;                    /* a header can be written again */
    uint64_t start;                    /* of the bundle in fd */
    bool failed;
    Str top;
    GzipOut *out;
    IndexOut *index;
    DigestState *file_digest;
    DigestState *chunk_digest;
    Seen seen;
    uint64_t member_count;
    Buf pending;                       /* padding, folders and headers before the next payload */
    Buf small;                         /* the current member's bytes while it is small */
    Buf folder;                        /* of the member written last, with the top */
    Buf group_folder;                  /* first folder of the open group */
    uint64_t group_offset;
    Current current;
};

static bool
seen_grow(Writer *writer)
{
    Seen *seen = &writer->seen;
    size_t capacity = seen->capacity ? seen->capacity * 2 : 256;
    uint64_t *slots = ARENA_ARRAY(writer->arena, uint64_t, capacity);
    if (!slots)
        return false;
    for (size_t i = 0; i < seen->capacity; i++) {
        if (!seen->slots[i])
            continue;
        size_t at = (size_t)seen->slots[i] & (capacity - 1);
        while (slots[at])
            at = (at + 1) & (capacity - 1);
        slots[at] = seen->slots[i];
    }
    seen->slots = slots;
    seen->capacity = capacity;
    return true;
}

static Status
seen_add(Writer *writer, Str name, bool *ret_new, Err *err)
{
    Seen *seen = &writer->seen;
    if (seen->count * 2 >= seen->capacity && !seen_grow(writer))
        return err_nomem(err);
    uint64_t hash = map_hash(name) | 1;            /* 0 is a free slot */
    size_t at = (size_t)hash & (seen->capacity - 1);
    while (seen->slots[at] && seen->slots[at] != hash)
        at = (at + 1) & (seen->capacity - 1);
    *ret_new = !seen->slots[at];
    seen->count += *ret_new;
    seen->slots[at] = hash;
    return ST_OK;
}

static void
look_at_file(Writer *writer)
{
    struct stat about;
    off_t at = lseek(writer->fd, 0, SEEK_CUR);
    int flags = fcntl(writer->fd, F_GETFL);
    writer->patchable = at >= 0 && flags >= 0 && !(flags & O_APPEND) &&
                        fstat(writer->fd, &about) == 0 && S_ISREG(about.st_mode);
    writer->start = at >= 0 ? (uint64_t)at : 0;
}

static Status
set_top(Writer *writer, Str top, Err *err)
{
    Str normal;
    TRY(member_name_normalise(writer->arena, top, &normal, err));
    size_t slash;
    if (normal.n != top.n || str_find_char(normal, '/', &slash))
        return err_set(err, ST_UNSAFE, "'%.*s' is no name for a top folder", STR_ARG(top));
    writer->top = arena_str(writer->arena, top);
    return writer->top.p ? ST_OK : err_nomem(err);
}

static Status
set_up(Writer *writer, const WriterOptions *options, Err *err)
{
    if (options->level < 0 || options->level > 9)
        return err_set(err, ST_USAGE, "no level of compression: %d", options->level);
    writer->scratch = arena_new(SIZE_MAX);
    writer->file_digest = digest_new();
    writer->chunk_digest = digest_new();
    if (!writer->scratch || !writer->file_digest || !writer->chunk_digest)
        return err_nomem(err);
    writer->pending = BUF_INIT(PENDING_BYTES);
    writer->small = BUF_INIT(SMALL_BYTES);
    writer->folder = BUF_INIT(4 * LIMIT_MEMBER_NAME_BYTES);
    writer->group_folder = BUF_INIT(4 * LIMIT_MEMBER_NAME_BYTES);
    TRY(set_top(writer, options->top_folder, err));
    look_at_file(writer);
    TRY(gzip_out_new(writer->arena, writer->fd, options->level ? options->level : DEFAULT_LEVEL,
                     &writer->out, err));
    return index_out_new(writer->arena, &writer->index, err);
}

Status
writer_new(int fd, const WriterOptions *options, Writer **ret, Err *err)
{
    Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(cleanup_writer) Writer *writer = arena ? ARENA_NEW(arena, Writer) : NULL;
    if (!writer) {
        (void)arena_free(arena);
        return err_nomem(err);
    }
    writer->arena = arena;
    writer->fd = fd;
    TRY(set_up(writer, options, err));
    *ret = TAKE_PTR(writer);
    return ST_OK;
}

Writer *
writer_free(Writer *writer)
{
    if (writer) {
        gzip_out_done(writer->out);
        index_out_done(writer->index);
        writer->file_digest = digest_free(writer->file_digest);
        writer->chunk_digest = digest_free(writer->chunk_digest);
        buf_done(&writer->pending);
        buf_done(&writer->small);
        buf_done(&writer->folder);
        buf_done(&writer->group_folder);
        writer->scratch = arena_free(writer->scratch);
        (void)arena_free(writer->arena);
    }
    return NULL;
}

void
cleanup_writer(Writer **writer)
{
    *writer = writer_free(*writer);
}

/* Every call that writes goes through here: after a failure nothing more is written. */
static Status
settle(Writer *writer, Status status)
{
    writer->failed |= status != ST_OK;
    return status;
}

static Status
check_usable(const Writer *writer, bool open, Err *err)
{
    if (writer->failed)
        return err_set(err, ST_IO, "the bundle could not be written before");
    if (writer->current.open != open)
        return err_set(err, ST_USAGE, open ? "no member was begun" : "a member was not ended");
    return ST_OK;
}

static Status
close_group(Writer *writer, Err *err)
{
    return gzip_out_is_open(writer->out) ? gzip_out_end(writer->out, err) : ST_OK;
}

/* The pending headers become a gzip member of their own: what follows starts a new one. */
static Status
write_pending(Writer *writer, Err *err)
{
    TRY(close_group(writer, err));
    TRY(buf_status(&writer->pending, err));
    if (writer->pending.n == 0)
        return ST_OK;
    TRY(gzip_out_begin(writer->out, err));
    TRY(gzip_out_add(writer->out, buf_str(&writer->pending), err));
    buf_clear(&writer->pending);
    return gzip_out_end(writer->out, err);
}

/* Appends a header to those that wait.  Empty members and folders alone could be many. */
static Status
add_header(Writer *writer, Str name, uint64_t bytes, Err *err)
{
    if (writer->pending.n > PENDING_BYTES - 2 * TAR_HEADER_MAX_BYTES)
        TRY(write_pending(writer, err));
    unsigned char header[TAR_HEADER_MAX_BYTES];
    size_t n = tar_header(name, bytes, header);
    buf_add(&writer->pending, header, n);
    return buf_status(&writer->pending, err);
}

static void
add_zeros(Buf *out, size_t n)
{
    static const char ZEROS[TAR_BLOCK_BYTES];
    buf_add(out, ZEROS, n);
}

/* Entries for the folders of a name that the member before did not stand in. */
static Status
add_folders(Writer *writer, Str name, Err *err)
{
    Str before = buf_str(&writer->folder);
    size_t common = 0;
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] != '/')
            continue;
        Str folder = str_head(name, i + 1);
        if (str_starts(before, folder)) {
            common = i + 1;
            continue;
        }
        bool is_new;
        TRY(seen_add(writer, folder, &is_new, err));
        if (is_new) {
            TRY(add_header(writer, folder, 0, err));
            TRY(index_out_folder(writer->index, folder, err));
        }
        common = i + 1;
    }
    buf_clear(&writer->folder);
    buf_add(&writer->folder, name.p, common);
    return buf_status(&writer->folder, err);
}

static Status
check_name(Writer *writer, Str name, Str *ret, Err *err)
{
    if (writer->member_count >= LIMIT_MEMBER_COUNT)
        return err_set(err, ST_LIMIT, "more than %u members", (unsigned)LIMIT_MEMBER_COUNT);
    Str normal;
    TRY(member_name_normalise(writer->scratch, name, &normal, err));
    Str full = arena_strf(writer->scratch, "%.*s/%.*s", STR_ARG(writer->top), STR_ARG(normal));
    if (!full.p)
        return err_nomem(err);
    TRY(member_name_normalise(writer->scratch, full, &normal, err));
    bool is_new;
    TRY(seen_add(writer, full, &is_new, err));
    if (!is_new)
        return err_set(err, ST_EXISTS, "member '%.*s' was written before", STR_ARG(name));
    *ret = full;
    return ST_OK;
}

static Str
below_top(const Writer *writer)
{
    return str_from(writer->current.name, writer->top.n + 1);
}

/* The first folder of the current member below the top; empty for a file at the top. */
static Str
first_folder(const Writer *writer)
{
    Str name = below_top(writer);
    size_t slash;
    return str_find_char(name, '/', &slash) ? str_head(name, slash) : STR("");
}

/* What was taken to be small has grown: its header goes out, its chunks begin. */
static Status
turn_large(Writer *writer, Err *err)
{
    Current *current = &writer->current;
    if (current->wanted == WRITER_SIZE_UNKNOWN && !writer->patchable)
        return err_set(err, ST_USAGE, "'%.*s': its size must be known beforehand where the "
                       "output is no regular file", STR_ARG(current->name));
    TRY(write_pending(writer, err));
    unsigned char header[TAR_HEADER_MAX_BYTES];
    uint64_t bytes = current->wanted == WRITER_SIZE_UNKNOWN ? 0 : current->wanted;
    size_t n = tar_header(current->name, bytes, header);
    current->header_at = gzip_out_position(writer->out);
    current->large = true;
    return gzip_out_stored(writer->out, (Str){(const char *)header, n}, err);
}

/* A digest that libcrypto had no memory for must not be written. */
static Status
take_digest(DigestState *state, Digest *ret, Err *err)
{
    static const Digest NOTHING;
    digest_end(state, ret);
    return digest_eq(ret, &NOTHING) ? err_nomem(err) : ST_OK;
}

static Status
end_chunk(Writer *writer, Err *err)
{
    Current *current = &writer->current;
    IndexChunk *chunk = &current->chunks.items[current->chunks.count - 1];
    TRY(take_digest(writer->chunk_digest, &chunk->sha256, err));
    return gzip_out_end(writer->out, err);
}

static Status
add_to_chunk(Writer *writer, Str bytes, Err *err)
{
    Current *current = &writer->current;
    if (!gzip_out_is_open(writer->out)) {
        IndexChunk *chunk = VEC_PUSH(writer->scratch, &current->chunks);
        if (!chunk)
            return err_nomem(err);
        chunk->offset = gzip_out_position(writer->out);
        TRY(gzip_out_begin(writer->out, err));
    }
    current->chunks.items[current->chunks.count - 1].bytes += bytes.n;
    current->bytes += bytes.n;
    digest_add(writer->file_digest, bytes.p, bytes.n);
    digest_add(writer->chunk_digest, bytes.p, bytes.n);
    return gzip_out_add(writer->out, bytes, err);
}

static Status
add_large(Writer *writer, Str bytes, Err *err)
{
    Current *current = &writer->current;
    while (bytes.n) {
        uint64_t held = gzip_out_is_open(writer->out) ? gzip_out_member_bytes(writer->out) : 0;
        Str part = str_head(bytes, (size_t)(CHUNK_MAX_BYTES - held));
        size_t from = held < CHUNK_BYTES ? (size_t)(CHUNK_BYTES - held) : 0;
        bool border;
        part = str_head(part, border_scan(&current->border, part, from, &border));
        TRY(add_to_chunk(writer, part, err));
        if (border || held + part.n == CHUNK_MAX_BYTES)
            TRY(end_chunk(writer, err));
        bytes = str_from(bytes, part.n);
    }
    return ST_OK;
}

static Status
begin(Writer *writer, Str name, uint64_t size, Err *err)
{
    TRY(add_folders(writer, name, err));
    writer->current = (Current){.open = true, .name = name, .wanted = size};
    writer->current.border = border_of(member_name_format(below_top(writer)));
    writer->member_count++;
    buf_clear(&writer->small);
    if (size != WRITER_SIZE_UNKNOWN && size >= SMALL_BYTES)
        return turn_large(writer, err);
    return ST_OK;
}

Status
writer_begin(Writer *writer, Str name, uint64_t size, Err *err)
{
    TRY(check_usable(writer, false, err));
    arena_reset(writer->scratch);
    Str full = STR("");
    TRY(check_name(writer, name, &full, err));
    return settle(writer, begin(writer, full, size, err));
}

static Status
add(Writer *writer, Str bytes, Err *err)
{
    Current *current = &writer->current;
    if (current->bytes + writer->small.n > current->wanted ||
        bytes.n > current->wanted - current->bytes - writer->small.n)
        return err_set(err, ST_USAGE, "'%.*s' is longer than was said", STR_ARG(current->name));
    if (!current->large && writer->small.n + bytes.n < SMALL_BYTES) {
        buf_add_str(&writer->small, bytes);
        return buf_status(&writer->small, err);
    }
    if (!current->large) {
        TRY(turn_large(writer, err));
        TRY(add_large(writer, buf_str(&writer->small), err));
        buf_clear(&writer->small);
    }
    return add_large(writer, bytes, err);
}

Status
writer_data(Writer *writer, Str bytes, Err *err)
{
    TRY(check_usable(writer, true, err));
    return settle(writer, add(writer, bytes, err));
}

/* The size is known now: the header is made again, of the same length. */
static Status
patch_header(Writer *writer, Err *err)
{
    unsigned char header[TAR_HEADER_MAX_BYTES];
    unsigned char stored[TAR_HEADER_MAX_BYTES + GZIP_STORED_EXTRA_BYTES];
    size_t n = tar_header(writer->current.name, writer->current.bytes, header);
    n = gzip_stored((Str){(const char *)header, n}, stored);
    TRY(gzip_out_flush(writer->out, err));
    return io_pwrite(writer->fd, stored, n, writer->start + writer->current.header_at, err);
}

static Status
end_large(Writer *writer, Err *err)
{
    if (gzip_out_is_open(writer->out))
        TRY(end_chunk(writer, err));
    if (writer->current.wanted == WRITER_SIZE_UNKNOWN)
        TRY(patch_header(writer, err));
    add_zeros(&writer->pending, tar_padding(writer->current.bytes));
    return buf_status(&writer->pending, err);
}

/* Puts the small member into the open group, or begins one with it. */
static Status
add_to_group(Writer *writer, Str bytes, Err *err)
{
    Current *current = &writer->current;
    if (gzip_out_is_open(writer->out) &&
        gzip_out_member_bytes(writer->out) < GROUP_BYTES &&
        str_eq(first_folder(writer), buf_str(&writer->group_folder))) {
        TRY(gzip_out_add(writer->out, buf_str(&writer->pending), err));
        buf_clear(&writer->pending);
    } else {
        TRY(write_pending(writer, err));
        writer->group_offset = gzip_out_position(writer->out);
        buf_clear(&writer->group_folder);
        buf_add_str(&writer->group_folder, first_folder(writer));
        TRY(buf_status(&writer->group_folder, err));
        TRY(gzip_out_begin(writer->out, err));
    }
    IndexChunk *chunk = VEC_PUSH(writer->scratch, &current->chunks);
    if (!chunk)
        return err_nomem(err);
    chunk->offset = writer->group_offset;
    chunk->inner_offset = gzip_out_member_bytes(writer->out);
    chunk->bytes = bytes.n;
    TRY(digest_of(bytes, &chunk->sha256, err));
    TRY(gzip_out_add(writer->out, bytes, err));
    add_zeros(&writer->pending, tar_padding(bytes.n));
    return buf_status(&writer->pending, err);
}

static Status
end_small(Writer *writer, Err *err)
{
    Current *current = &writer->current;
    Str bytes = buf_str(&writer->small);
    TRY(add_header(writer, current->name, bytes.n, err));
    current->bytes = bytes.n;
    digest_add(writer->file_digest, bytes.p, bytes.n);
    return bytes.n ? add_to_group(writer, bytes, err) : ST_OK;
}

static Status
finish_member(Writer *writer, WriterMember *ret, Err *err)
{
    Current *current = &writer->current;
    uint64_t held = current->large ? current->bytes : writer->small.n;
    if (current->wanted != WRITER_SIZE_UNKNOWN && current->wanted != held)
        return err_set(err, ST_USAGE, "'%.*s' is shorter than was said", STR_ARG(current->name));
    TRY(current->large ? end_large(writer, err) : end_small(writer, err));
    WriterMember written = {.bytes = current->bytes};
    TRY(take_digest(writer->file_digest, &written.sha256, err));
    TRY(index_out_file(writer->index, current->name, written.bytes, &written.sha256,
                       current->chunks.items, current->chunks.count, err));
    current->open = false;
    if (ret)
        *ret = written;
    return ST_OK;
}

Status
writer_end(Writer *writer, WriterMember *ret, Err *err)
{
    TRY(check_usable(writer, true, err));
    return settle(writer, finish_member(writer, ret, err));
}

static Status
finish(Writer *writer, Err *err)
{
    TRY(write_pending(writer, err));
    return index_out_finish(writer->index, writer->out, err);
}

Status
writer_finish(Writer *writer, Str manifest_json, Err *err)
{
    TRY(writer_begin(writer, member_name_fixed(MEMBER_MANIFEST), manifest_json.n, err));
    TRY(writer_data(writer, manifest_json, err));
    TRY(writer_end(writer, NULL, err));
    Status status = settle(writer, finish(writer, err));
    writer->failed = true;                 /* nothing can follow the footer */
    return status;
}

uint64_t
writer_file_bytes(const Writer *writer)
{
    return gzip_out_position(writer->out) + index_out_bytes(writer->index) +
           writer->pending.n + writer->small.n;
}
