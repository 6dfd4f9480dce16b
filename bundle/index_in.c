/* SPDX-License-Identifier: Apache-2.0 */
/* index_in.c -- stargz.index.json read and mistrusted. */
#include "bundle/index_in.h"

#include "base/buf.h"
#include "base/io.h"
#include "base/limits.h"
#include "bundle/cursor.h"
#include "bundle/inflate.h"
#include "bundle/index_out.h"
#include "bundle/tar_header.h"

#include <string.h>

enum {
    INDEX_RATIO = 200,            /* an index of ours packs about 6:1 */
    INDEX_RATIO_FROM = 8 * 1024 * 1024,
};

/* One entry of the text. */
typedef struct {
    Str name;
    Str type;
    uint64_t size;
    uint64_t offset;
    uint64_t inner_offset;
    uint64_t chunk_offset;
    uint64_t chunk_size;
    bool has_digest;
    bool has_chunk_digest;
    Digest digest;
    Digest chunk_digest;
} Entry;

typedef struct {
    Cursor cursor;
    Arena *arena;
    Index *index;
    uint64_t index_offset;        /* parts lie before it */
    uint64_t held;                /* bytes of the last file that its parts hold so far */
    Err *err;
} Reading;

static Status
read_digest(Reading *reading, Digest *ret, bool *ret_has)
{
    Str text;
    TRY(cursor_string(&reading->cursor, reading->arena, &text, reading->err));
    if (!str_starts(text, STR("sha256:")) || !digest_from_hex(str_from(text, 7), ret))
        return cursor_error(&reading->cursor, reading->err, "no SHA-256 digest");
    *ret_has = true;
    return ST_OK;
}

static Status
read_value(Reading *reading, Str key, Entry *entry)
{
    Cursor *cursor = &reading->cursor;
    Err *err = reading->err;
    if (str_is(key, "name"))
        return cursor_string(cursor, reading->arena, &entry->name, err);
    if (str_is(key, "type"))
        return cursor_string(cursor, reading->arena, &entry->type, err);
    if (str_is(key, "size"))
        return cursor_u64(cursor, &entry->size, err);
    if (str_is(key, "offset"))
        return cursor_u64(cursor, &entry->offset, err);
    if (str_is(key, "innerOffset"))
        return cursor_u64(cursor, &entry->inner_offset, err);
    if (str_is(key, "chunkOffset"))
        return cursor_u64(cursor, &entry->chunk_offset, err);
    if (str_is(key, "chunkSize"))
        return cursor_u64(cursor, &entry->chunk_size, err);
    if (str_is(key, "digest"))
        return read_digest(reading, &entry->digest, &entry->has_digest);
    if (str_is(key, "chunkDigest"))
        return read_digest(reading, &entry->chunk_digest, &entry->has_chunk_digest);
    return cursor_skip(cursor, err);
}

/* All parts of the last file are there? */
static Status
end_file(Reading *reading)
{
    const Index *index = reading->index;
    if (index->files.count == 0)
        return ST_OK;
    const IndexFile *file = &index->files.items[index->files.count - 1];
    if (file->type == INDEX_FILE && reading->held != file->bytes)
        return cursor_error(&reading->cursor, reading->err,
                            "the parts of '%.*s' do not add up to its size",
                            STR_ARG(str_head(file->raw, 100)));
    return ST_OK;
}

/* The place of an entry: that of the part before, or a later one. */
static Status
add_place(Reading *reading, const Entry *entry, uint64_t bytes, uint32_t *ret)
{
    Index *index = reading->index;
    IndexPlace *last =
        index->places.count ? &index->places.items[index->places.count - 1] : NULL;
    if (bytes > INDEX_PART_MAX_BYTES || entry->inner_offset > INDEX_PART_MAX_BYTES - bytes)
        return cursor_error(&reading->cursor, reading->err, "a part is too large");
    if (entry->offset >= reading->index_offset || (last && entry->offset < last->offset))
        return cursor_error(&reading->cursor, reading->err, "a part is in no possible place");
    if (last && entry->offset == last->offset) {
        if (entry->inner_offset < last->needed_bytes)
            return cursor_error(&reading->cursor, reading->err, "two parts in one place");
    } else {
        if (last)
            last->end = entry->offset;
        last = VEC_PUSH(reading->arena, &index->places);
        if (!last)
            return err_nomem(reading->err);
        last->offset = entry->offset;
        last->end = reading->index_offset;
    }
    last->needed_bytes = entry->inner_offset + bytes;
    *ret = (uint32_t)(index->places.count - 1);
    return ST_OK;
}

static Status
add_part(Reading *reading, const Entry *entry)
{
    Index *index = reading->index;
    IndexFile *file = &index->files.items[index->files.count - 1];
    if (entry->chunk_offset != reading->held)
        return cursor_error(&reading->cursor, reading->err, "a part out of order");
    uint64_t left = file->bytes - reading->held;
    uint64_t bytes = entry->chunk_size ? entry->chunk_size : left;
    if (bytes == 0 || bytes > left)
        return cursor_error(&reading->cursor, reading->err, "a part of impossible size");
    IndexPart *part = VEC_PUSH(reading->arena, &index->parts);
    if (!part)
        return err_nomem(reading->err);
    TRY(add_place(reading, entry, bytes, &part->place));
    part->inner_offset = entry->inner_offset;
    part->bytes = bytes;
    part->has_digest = entry->has_chunk_digest;
    part->digest = entry->chunk_digest;
    file->part_count++;
    reading->held += bytes;
    return ST_OK;
}

static Status
add_entry(Reading *reading, const Entry *entry)
{
    static const struct {
        const char *name;
        IndexType type;
    } TYPES[] = {
        {"reg", INDEX_FILE},      {"dir", INDEX_FOLDER},   {"symlink", INDEX_LINK},
        {"hardlink", INDEX_LINK}, {"char", INDEX_SPECIAL}, {"block", INDEX_SPECIAL},
        {"fifo", INDEX_SPECIAL},
    };
    Index *index = reading->index;
    if (str_is(entry->type, "chunk")) {
        if (index->files.count == 0 ||
            index->files.items[index->files.count - 1].type != INDEX_FILE)
            return cursor_error(&reading->cursor, reading->err, "a part without its file");
        return add_part(reading, entry);
    }
    TRY(end_file(reading));
    size_t i = 0;
    while (i < sizeof TYPES / sizeof TYPES[0] && !str_is(entry->type, TYPES[i].name))
        i++;
    if (i == sizeof TYPES / sizeof TYPES[0])
        return cursor_error(&reading->cursor, reading->err, "an entry of unknown type");
    if (index->files.count >= 2 * LIMIT_MEMBER_COUNT)
        return err_set(reading->err, ST_LIMIT, "an index of more than %u entries",
                       (unsigned)(2 * LIMIT_MEMBER_COUNT));
    IndexFile *file = VEC_PUSH(reading->arena, &index->files);
    if (!file)
        return err_nomem(reading->err);
    *file = (IndexFile){.raw = arena_str(reading->arena, entry->name), .type = TYPES[i].type,
                        .first_part = index->parts.count};
    if (!file->raw.p)
        return err_nomem(reading->err);
    reading->held = 0;
    if (file->type != INDEX_FILE)
        return ST_OK;
    file->bytes = entry->size;
    file->has_digest = entry->has_digest;
    file->digest = entry->digest;
    return entry->size ? add_part(reading, entry) : ST_OK;
}

static Status
read_entry(Reading *reading)
{
    Entry entry = {0};
    TRY(cursor_enter(&reading->cursor, '{', reading->err));
    for (;;) {
        bool more;
        Str key;
        TRY(cursor_key(&reading->cursor, reading->arena, &more, &key, reading->err));
        if (!more)
            return add_entry(reading, &entry);
        TRY(read_value(reading, key, &entry));
    }
}

/* Room for all entries at once: arrays that grow would leave their smaller ones behind. */
static Status
reserve(Reading *reading)
{
    Index *index = reading->index;
    size_t parts = cursor_count(&reading->cursor, STR("\"offset\":"));
    size_t entries = cursor_count(&reading->cursor, STR("\"type\":"));
    index->files.items = ARENA_ARRAY(reading->arena, IndexFile, entries);
    index->parts.items = ARENA_ARRAY(reading->arena, IndexPart, parts);
    if (!index->files.items || !index->parts.items)
        return err_nomem(reading->err);
    index->files.capacity = entries;
    index->parts.capacity = parts;
    return ST_OK;
}

static Status
read_entries(Reading *reading)
{
    TRY(reserve(reading));
    TRY(cursor_enter(&reading->cursor, '[', reading->err));
    for (;;) {
        bool more;
        TRY(cursor_item(&reading->cursor, &more, reading->err));
        if (!more)
            return end_file(reading);
        TRY(read_entry(reading));
    }
}

Status
index_parse(Arena *arena, Str json, uint64_t index_offset, Index **ret, Err *err)
{
    Reading reading = {.cursor = cursor_of(json, INDEX_NAME), .arena = arena,
                       .index = ARENA_NEW(arena, Index), .index_offset = index_offset,
                       .err = err};
    if (!reading.index)
        return err_nomem(err);
    uint64_t version = 0;
    bool has_entries = false;
    TRY(cursor_enter(&reading.cursor, '{', err));
    for (;;) {
        bool more;
        Str key;
        TRY(cursor_key(&reading.cursor, arena, &more, &key, err));
        if (!more)
            break;
        if (str_is(key, "version")) {
            TRY(cursor_u64(&reading.cursor, &version, err));
        } else if (str_is(key, "entries") && !has_entries) {
            has_entries = true;
            TRY(read_entries(&reading));
        } else {
            TRY(cursor_skip(&reading.cursor, err));
        }
    }
    TRY(cursor_end(&reading.cursor, err));
    if (version != 1 || !has_entries)
        return err_set(err, ST_FORMAT, INDEX_NAME ": no version 1, or no entries");
    *ret = reading.index;
    return ST_OK;
}

/* Where the index begins, by the 51 bytes at the end; false where they are no footer. */
static bool
read_footer(const unsigned char footer[FOOTER_BYTES], uint64_t *ret)
{
    /* flags of the header may differ between writers: what counts is the extra field */
    if (memcmp(footer, "\x1f\x8b\x08\x04", 4) != 0 ||
        memcmp(footer + 10, "\x1a\0SG\x16\0", 6) != 0 ||
        memcmp(footer + 32, FOOTER_MAGIC, 6) != 0)
        return false;
    uint64_t offset = 0;
    for (size_t i = 16; i < 32; i++) {
        unsigned char c = footer[i];
        if (c >= '0' && c <= '9')
            offset = offset << 4 | (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            offset = offset << 4 | (uint64_t)(c - 'a' + 10);
        else
            return false;
    }
    *ret = offset;
    return true;
}

/* Unpacks the gzip member of the index: a tar entry, whole. */
static Status
unpack(int fd, uint64_t offset, uint64_t end, Buf *out, Err *err)
{
    CLEANUP(cleanup_inflate) Inflate *inflate = inflate_new();
    CLEANUP(buf_done) Buf packed = BUF_INIT(64 * 1024 + 1);
    if (!inflate || !buf_reserve(&packed, 64 * 1024))
        return err_nomem(err);
    InflateStep step = {0};
    uint64_t read_bytes = 0;
    for (InflateResult result = INFLATE_MORE; result != INFLATE_END;) {
        if (step.in_bytes == 0) {
            size_t wanted = end - offset < 64 * 1024 ? (size_t)(end - offset) : 64 * 1024;
            TRY(io_pread(fd, packed.data, wanted, offset, &step.in_bytes, err));
            if (step.in_bytes == 0)
                return err_set(err, ST_FORMAT, INDEX_NAME ": the compressed data ends early");
            offset += step.in_bytes;
            read_bytes += step.in_bytes;
            step.in = (const unsigned char *)packed.data;
        }
        step.out = (unsigned char *)buf_reserve(out, 64 * 1024);
        if (!step.out)
            return buf_status(out, err);
        step.out_bytes = 64 * 1024;
        result = inflate_step(inflate, &step);
        out->n += 64 * 1024 - step.out_bytes;
        out->data[out->n] = '\0';
        if (result == INFLATE_NOMEM)
            return err_nomem(err);
        if (result == INFLATE_DAMAGED)
            return err_set(err, ST_FORMAT, INDEX_NAME ": the compressed data is damaged");
        if (out->n > INDEX_RATIO_FROM && out->n / INDEX_RATIO > read_bytes)
            return err_set(err, ST_LIMIT, INDEX_NAME ": it unpacks to far too much");
    }
    return ST_OK;
}

/* The payload of the tar entry; its name and size must be right. */
static Status
find_payload(Str tar, Str *ret, Err *err)
{
    unsigned char wanted[TAR_HEADER_MAX_BYTES];
    (void)tar_header(STR(INDEX_NAME), 0, wanted);
    uint64_t size = 0;
    bool good = tar.n >= TAR_BLOCK_BYTES && memcmp(tar.p, wanted, sizeof INDEX_NAME) == 0;
    for (size_t i = 124; good && i < 135; i++) {
        good = tar.p[i] >= '0' && tar.p[i] <= '7';
        size = size << 3 | (uint64_t)(tar.p[i] - '0');
    }
    if (!good || size > tar.n - TAR_BLOCK_BYTES)
        return err_set(err, ST_FORMAT, INDEX_NAME ": it is not where the footer says");
    *ret = str_sub(tar, TAR_BLOCK_BYTES, (size_t)size);
    return ST_OK;
}

Status
index_read(Arena *arena, int fd, uint64_t file_bytes, Index **ret, Err *err)
{
    unsigned char footer[FOOTER_BYTES];
    size_t got = 0;
    uint64_t offset;
    *ret = NULL;
    if (file_bytes < FOOTER_BYTES)
        return ST_OK;
    TRY(io_pread(fd, footer, FOOTER_BYTES, file_bytes - FOOTER_BYTES, &got, err));
    if (got != FOOTER_BYTES || !read_footer(footer, &offset))
        return ST_OK;
    if (offset >= file_bytes - FOOTER_BYTES)
        return err_set(err, ST_FORMAT, "the footer points outside the file");
    CLEANUP(buf_done) Buf tar = BUF_INIT(LIMIT_INDEX_BYTES);
    TRY(unpack(fd, offset, file_bytes - FOOTER_BYTES, &tar, err));
    Str json = STR("");
    TRY(find_payload(buf_str(&tar), &json, err));
    return index_parse(arena, json, offset, ret, err);
}
