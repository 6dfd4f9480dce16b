/* SPDX-License-Identifier: Apache-2.0 */
/* spool.c -- pieces of members, compressed and encrypted one by one, in one nameless file. */
#include "collector/spool.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "base/tempfile.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/random.h>
#include <zlib.h>

enum { PIECE_BYTES = 256 << 10, FAST_LEVEL = 1, KEY_BYTES = 32, BLOCK_BYTES = 16 };

typedef struct {
    uint64_t at;
    uint32_t packed;
    uint32_t bytes;
    uint32_t lines;
} Piece;

struct Spool {
    Arena *arena;
    int fd;
    uint64_t end;
    uint64_t used;
    uint64_t budget_bytes;
    bool full;
    unsigned char key[KEY_BYTES];
    VEC(SpoolFile *) files;
};

struct SpoolFile {
    Spool *spool;
    VEC(Piece) pieces;
    size_t first;             /* pieces before it were given back */
    uint64_t tail_bytes;
    uint64_t bytes;           /* in pieces from first on */
    size_t skip;              /* of the first piece: the rest of a cut line */
    uint64_t dropped_lines;
    bool trimmed;
    Buf pending;
};

Status
spool_new(Arena *arena, const char *beside, uint64_t budget_bytes, Spool **ret, Err *err)
{
    Spool *spool = ARENA_NEW(arena, Spool);
    if (!spool)
        return err_nomem(err);
    *spool = (Spool){.arena = arena, .fd = -1, .budget_bytes = budget_bytes};
    if (getrandom(spool->key, sizeof spool->key, 0) != (ssize_t)sizeof spool->key)
        return err_errno(err, ST_IO, "make a key for the spool file");
    TRY(tempfile_spool(beside, &spool->fd, err));
    *ret = spool;
    return ST_OK;
}

void
cleanup_spool(Spool **spool)
{
    if (!*spool)
        return;
    for (size_t i = 0; i < (*spool)->files.count; i++)
        buf_done(&(*spool)->files.items[i]->pending);     /* of files that were never ended */
    cleanup_fd(&(*spool)->fd);
    explicit_bzero((*spool)->key, sizeof (*spool)->key);
    *spool = NULL;
}

uint64_t
spool_bytes(const Spool *spool)
{
    return spool->used;
}

bool
spool_is_full(const Spool *spool)
{
    return spool->full;
}

void
spool_raise_budget(Spool *spool)
{
    spool->full = false;
    spool->budget_bytes = UINT64_MAX;
}

Status
spool_begin(Spool *spool, uint64_t tail_bytes, SpoolFile **ret, Err *err)
{
    SpoolFile *file = ARENA_NEW(spool->arena, SpoolFile);
    SpoolFile **place = file ? VEC_PUSH(spool->arena, &spool->files) : NULL;
    if (!place)
        return err_nomem(err);
    *place = file;
    file->spool = spool;
    file->tail_bytes = tail_bytes;
    file->pending = BUF_INIT(2 * PIECE_BYTES);
    file->pending.secret = true;
    *ret = file;
    return ST_OK;
}

/* Gives the room of the oldest pieces back to the file system. */
static void
drop_first(SpoolFile *file)
{
    const Piece *piece = &file->pieces.items[file->first++];
    (void)fallocate(file->spool->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)piece->at,
                    piece->packed);
    file->bytes -= piece->bytes;
    file->spool->used -= piece->packed;
    file->dropped_lines += piece->lines;
    file->trimmed = true;
}

/* AES-256 in counter mode, both ways.  A piece's place, counted in blocks, is its counter: no
 * two blocks of the file share one, since places are never used again. */
static Status
crypt_piece(const Spool *spool, uint64_t at, char *bytes, size_t n, Err *err)
{
    unsigned char counter[BLOCK_BYTES] = {0};
    int out = 0;
    uint64_t block = at / BLOCK_BYTES;
    for (int i = 0; i < 8; i++)
        counter[BLOCK_BYTES - 1 - i] = (unsigned char)(block >> (8 * i));
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    bool done = cipher &&
                EVP_EncryptInit_ex(cipher, EVP_aes_256_ctr(), NULL, spool->key, counter) == 1 &&
                EVP_EncryptUpdate(cipher, (unsigned char *)bytes, &out,
                                  (const unsigned char *)bytes, (int)n) == 1;
    EVP_CIPHER_CTX_free(cipher);
    return done ? ST_OK : err_nomem(err);
}

static uint32_t
lines_in(Str s)
{
    uint32_t lines = 0;
    for (size_t at; str_find_char(s, '\n', &at); s = str_from(s, at + 1))
        lines++;
    return lines;
}

static Status
store(Spool *spool, Str bytes, Piece *ret, Err *err)
{
    uLong room = compressBound(bytes.n);
    CLEANUP(buf_done) Buf packed = BUF_INIT(SIZE_MAX);
    char *place = buf_reserve(&packed, room);
    if (!place)
        return err_nomem(err);
    if (compress2((Bytef *)place, &room, (const Bytef *)bytes.p, bytes.n, FAST_LEVEL) != Z_OK)
        return err_nomem(err);
    if (spool->full || room > spool->budget_bytes - spool->used) {
        spool->full = true;
        return err_set(err, ST_LIMIT, "the bundle would have grown too large");
    }
    uint32_t lines = lines_in(bytes);
    TRY(crypt_piece(spool, spool->end, place, room, err));
    Status status = io_pwrite(spool->fd, place, room, spool->end, err);
    if (status != ST_OK) {
        spool->full = true;
        return status;
    }
    *ret = (Piece){spool->end, (uint32_t)room, (uint32_t)bytes.n, lines};
    spool->end += (room + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
    spool->used += room;
    return ST_OK;
}

static Status
flush(SpoolFile *file, Err *err)
{
    if (file->pending.n == 0)
        return ST_OK;
    Piece piece;
    Status status = store(file->spool, buf_str(&file->pending), &piece, err);
    buf_clear(&file->pending);
    TRY(status);
    Piece *place = VEC_PUSH(file->spool->arena, &file->pieces);
    if (!place)
        return err_nomem(err);
    *place = piece;
    file->bytes += piece.bytes;
    while (file->tail_bytes && file->first + 1 < file->pieces.count &&
           file->bytes - file->pieces.items[file->first].bytes >= file->tail_bytes)
        drop_first(file);
    return ST_OK;
}

Status
spool_write(SpoolFile *file, const char *bytes, size_t n, Err *err)
{
    while (n > 0) {
        size_t room = PIECE_BYTES - file->pending.n;
        size_t part = n < room ? n : room;
        buf_add(&file->pending, bytes, part);
        TRY(buf_status(&file->pending, err));
        if (file->pending.n >= PIECE_BYTES)
            TRY(flush(file, err));
        bytes += part;
        n -= part;
    }
    return ST_OK;
}

static Status
unpack(const SpoolFile *file, const Piece *piece, Buf *out, Err *err)
{
    CLEANUP(buf_done) Buf packed = BUF_INIT(SIZE_MAX);
    char *place = buf_reserve(&packed, piece->packed);
    size_t got = 0;
    buf_clear(out);
    char *room = buf_reserve(out, piece->bytes);
    if (!place || !room)
        return err_nomem(err);
    TRY(io_pread(file->spool->fd, place, piece->packed, piece->at, &got, err));
    uLongf n = piece->bytes;
    TRY(crypt_piece(file->spool, piece->at, place, got, err));
    if (got != piece->packed ||
        uncompress((Bytef *)room, &n, (const Bytef *)place, piece->packed) != Z_OK ||
        n != piece->bytes)
        return err_set(err, ST_IO, "the spool file cannot be read back");
    out->n += n;
    return ST_OK;
}

/* A member whose beginning was dropped starts with a whole line. */
static Status
find_line(SpoolFile *file, Err *err)
{
    CLEANUP(buf_done) Buf first = BUF_INIT(2 * PIECE_BYTES);
    size_t newline;
    if (!file->trimmed || file->first >= file->pieces.count)
        return ST_OK;
    TRY(unpack(file, &file->pieces.items[file->first], &first, err));
    first.secret = true;
    if (str_find_char(buf_str(&first), '\n', &newline)) {
        file->skip = newline + 1;
        file->dropped_lines++;
    }
    return ST_OK;
}

Status
spool_end(SpoolFile *file, Err *err)
{
    Status status = flush(file, err);
    buf_done(&file->pending);
    TRY(status);
    return find_line(file, err);
}

Status
spool_prepend(SpoolFile *file, Str bytes, Err *err)
{
    Piece piece;
    TRY(store(file->spool, bytes, &piece, err));
    if (!VEC_PUSH(file->spool->arena, &file->pieces))
        return err_nomem(err);
    memmove(file->pieces.items + 1, file->pieces.items, (file->pieces.count - 1) * sizeof piece);
    file->pieces.items[0] = piece;
    file->bytes += piece.bytes;
    return ST_OK;
}

void
spool_rewind(SpoolFile *file)
{
    while (file->first < file->pieces.count)
        drop_first(file);
    file->pieces.count = 0;
    file->first = 0;
    file->bytes = 0;
    file->skip = 0;
    file->dropped_lines = 0;
    file->trimmed = false;
    buf_clear(&file->pending);
}

uint64_t
spool_file_bytes(const SpoolFile *file)
{
    return file->bytes + file->pending.n - file->skip;
}

bool
spool_file_trimmed(const SpoolFile *file)
{
    return file->trimmed;
}

uint64_t
spool_file_dropped_lines(const SpoolFile *file)
{
    return file->dropped_lines;
}

Status
spool_read(const SpoolFile *file, SpoolReadFn *read, void *context, Err *err)
{
    CLEANUP(buf_done) Buf bytes = BUF_INIT(2 * PIECE_BYTES + (1 << 20));
    for (size_t i = file->first; i < file->pieces.count; i++) {
        TRY(unpack(file, &file->pieces.items[i], &bytes, err));
        Str text = buf_str(&bytes);
        TRY(read(context, i == file->first ? str_from(text, file->skip) : text, err));
    }
    return ST_OK;
}
