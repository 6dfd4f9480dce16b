/* SPDX-License-Identifier: Apache-2.0 */
/* index_out.c -- makes stargz.index.json while the members are written.
 *
 * The index's tar header, which holds its size, stands before it in the same gzip member.
 * So the text is deflated apart, without the two ends of a gzip member, and put behind a
 * stored block with the header once the size is known. */
#include "bundle/index_out.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/node.h"
#include "bundle/tar_header.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#define ZLIB_CONST
#include <zlib.h>

enum {
    RAW_DEFLATE = -15,
    LEVEL = 6,
    TEXT_BYTES = 16 * 1024,       /* of one entry; a name of 2 KiB may grow sixfold */
};

struct IndexOut {
    z_stream z;
    bool ready;
    bool first;
    uint32_t crc;
    uint64_t text_bytes;
    Buf text;                     /* the entry being made */
    Buf packed;
};

/* Deflates the text made so far. */
static Status
pack(IndexOut *index, int flush, Err *err)
{
    TRY(buf_status(&index->text, err));
    Str text = buf_str(&index->text);
    index->crc = (uint32_t)crc32(index->crc, (const Bytef *)text.p, (uInt)text.n);
    index->text_bytes += text.n;
    if (index->text_bytes > LIMIT_INDEX_BYTES)
        return err_set(err, ST_LIMIT, "the index is longer than %u MiB",
                       (unsigned)(LIMIT_INDEX_BYTES >> 20));
    index->z.next_in = (const Bytef *)text.p;
    index->z.avail_in = (uInt)text.n;
    do {
        unsigned char *room = (unsigned char *)buf_reserve(&index->packed, 4096);
        if (!room)
            return buf_status(&index->packed, err);
        index->z.next_out = room;
        index->z.avail_out = 4096;
        (void)deflate(&index->z, flush);
        index->packed.n += 4096 - index->z.avail_out;
        index->packed.data[index->packed.n] = '\0';
    } while (index->z.avail_out == 0);
    buf_clear(&index->text);
    return ST_OK;
}

Status
index_out_new(Arena *arena, IndexOut **ret, Err *err)
{
    IndexOut *index = ARENA_NEW(arena, IndexOut);
    if (!index || deflateInit2(&index->z, LEVEL, Z_DEFLATED, RAW_DEFLATE, 8,
                               Z_DEFAULT_STRATEGY) != Z_OK)
        return err_nomem(err);
    index->ready = true;
    index->first = true;
    index->text = BUF_INIT(TEXT_BYTES);
    index->packed = BUF_INIT(LIMIT_INDEX_BYTES);
    buf_adds(&index->text, "{\"version\":1,\"entries\":[\n");
    *ret = index;
    return ST_OK;
}

void
index_out_done(IndexOut *index)
{
    if (index && index->ready) {
        (void)deflateEnd(&index->z);
        index->ready = false;
        buf_done(&index->text);
        buf_done(&index->packed);
    }
}

static void
begin_entry(IndexOut *index, Str name, const char *type)
{
    buf_adds(&index->text, index->first ? "{\"name\":" : ",\n{\"name\":");
    index->first = false;
    node_write_json_string(name, &index->text);
    buf_printf(&index->text, ",\"type\":\"%s\"", type);
}

static void
add_meta(IndexOut *index, int mode)
{
    buf_printf(&index->text,
               ",\"modtime\":\"" TAR_MTIME_TEXT "\",\"mode\":%d,\"uid\":0,\"gid\":0", mode);
}

static void
add_digest(IndexOut *index, const char *key, const Digest *digest)
{
    char hex[DIGEST_HEX_BYTES];
    digest_hex(digest, hex);
    buf_printf(&index->text, ",\"%s\":\"sha256:%s\"", key, hex);
}

static void
add_place(IndexOut *index, const IndexChunk *chunk, uint64_t chunk_offset, bool last)
{
    buf_printf(&index->text, ",\"offset\":%" PRIu64, chunk->offset);
    if (chunk->inner_offset)
        buf_printf(&index->text, ",\"innerOffset\":%" PRIu64, chunk->inner_offset);
    if (chunk_offset)
        buf_printf(&index->text, ",\"chunkOffset\":%" PRIu64, chunk_offset);
    if (!last)
        buf_printf(&index->text, ",\"chunkSize\":%" PRIu64, chunk->bytes);
    add_digest(index, "chunkDigest", &chunk->sha256);
}

Status
index_out_folder(IndexOut *index, Str name, Err *err)
{
    begin_entry(index, name, "dir");
    add_meta(index, TAR_FOLDER_MODE);
    buf_addc(&index->text, '}');
    return pack(index, Z_NO_FLUSH, err);
}

Status
index_out_file(IndexOut *index, Str name, uint64_t bytes, const Digest *sha256,
               const IndexChunk *chunks, size_t count, Err *err)
{
    begin_entry(index, name, "reg");
    if (bytes)
        buf_printf(&index->text, ",\"size\":%" PRIu64, bytes);
    add_meta(index, TAR_FILE_MODE);
    add_digest(index, "digest", sha256);
    uint64_t chunk_offset = 0;
    for (size_t i = 0; i < count; i++) {
        if (i) {
            begin_entry(index, name, "chunk");
            buf_adds(&index->text, ",\"mode\":0,\"uid\":0,\"gid\":0");
        }
        add_place(index, &chunks[i], chunk_offset, i + 1 == count);
        chunk_offset += chunks[i].bytes;
        if (i + 1 < count)
            buf_addc(&index->text, '}');
        TRY(pack(index, Z_NO_FLUSH, err));
    }
    buf_addc(&index->text, '}');
    return pack(index, Z_NO_FLUSH, err);
}

uint64_t
index_out_bytes(const IndexOut *index)
{
    return index->packed.n + TAR_BLOCK_BYTES + FOOTER_BYTES + 4096;
}

static void
put_le32(Buf *out, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        buf_addc(out, (char)(value >> (8 * i) & 0xff));
}

/* The start of the gzip member: its header and a stored block, not the last, with the tar
 * header. */
static Status
write_head(IndexOut *index, GzipOut *out, uint32_t *ret_crc, Err *err)
{
    unsigned char header[TAR_HEADER_MAX_BYTES];
    unsigned char stored[TAR_BLOCK_BYTES + GZIP_STORED_EXTRA_BYTES];
    size_t bytes = tar_header(STR(INDEX_NAME), index->text_bytes, header);
    Str view = {(const char *)header, bytes};
    size_t made = gzip_stored(view, stored);
    stored[10] = 0;                                   /* more blocks follow */
    *ret_crc = (uint32_t)crc32(0, header, (uInt)bytes);
    return gzip_out_raw(out, (Str){(const char *)stored, made - 8}, err);
}

/* The end: padding and the two zero blocks that end a tar archive, and the trailer. */
static Status
write_tail(IndexOut *index, GzipOut *out, uint32_t head_crc, Err *err)
{
    static const unsigned char ZEROS[3 * TAR_BLOCK_BYTES];
    size_t bytes = tar_padding(index->text_bytes) + 2 * TAR_BLOCK_BYTES;
    unsigned char stored[sizeof ZEROS + GZIP_STORED_EXTRA_BYTES];
    size_t made = gzip_stored((Str){(const char *)ZEROS, bytes}, stored);
    uLong crc = crc32_combine(head_crc, index->crc, (z_off_t)index->text_bytes);
    uLong tail_crc = crc32(0, ZEROS, (uInt)bytes);
    crc = crc32_combine(crc, tail_crc, (z_off_t)bytes);
    CLEANUP(buf_done) Buf tail = BUF_INIT(sizeof stored);
    buf_add(&tail, stored + 10, made - 18);           /* the stored block alone */
    put_le32(&tail, (uint32_t)crc);
    put_le32(&tail, (uint32_t)(TAR_BLOCK_BYTES + index->text_bytes + bytes));
    TRY(buf_status(&tail, err));
    return gzip_out_raw(out, buf_str(&tail), err);
}

/* An empty gzip member whose extra field tells where the index begins. */
static Status
write_footer(uint64_t index_offset, GzipOut *out, Err *err)
{
    static const char BEGIN[] = "\x1f\x8b\x08\x04\0\0\0\0\0\xff\x1a\0SG\x16\0";
    static const char END[] = "\x01\0\0\xff\xff\0\0\0\0\0\0\0\0";
    char place[32];
    (void)snprintf(place, sizeof place, "%016" PRIx64 FOOTER_MAGIC, index_offset);
    TRY(gzip_out_raw(out, (Str){BEGIN, sizeof BEGIN - 1}, err));
    TRY(gzip_out_raw(out, str_of(place), err));
    return gzip_out_raw(out, (Str){END, sizeof END - 1}, err);
}

Status
index_out_finish(IndexOut *index, GzipOut *out, Err *err)
{
    uint64_t offset = gzip_out_position(out);
    uint32_t head_crc;
    buf_adds(&index->text, "\n]}\n");
    TRY(pack(index, Z_SYNC_FLUSH, err));
    TRY(write_head(index, out, &head_crc, err));
    TRY(gzip_out_raw(out, buf_str(&index->packed), err));
    TRY(write_tail(index, out, head_crc, err));
    TRY(write_footer(offset, out, err));
    return gzip_out_flush(out, err);
}
