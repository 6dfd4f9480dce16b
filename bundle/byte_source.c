/* SPDX-License-Identifier: Apache-2.0 */
/* byte_source.c -- the bytes of an archive in order, unpacked where they are gzip. */
#include "bundle/byte_source.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "base/pool.h"

#include <pthread.h>

enum {
    IN_BYTES = 256 * 1024,
    OUT_BYTES = 256 * 1024,
    PIECES = 8,              /* unpacked ahead, and the one that is in use */
};

/* Bytes to be given, and how things stood when they had come. */
typedef struct {
    Str bytes;
    SourceState state;
    char reason[512];
    uint64_t position;       /* in the file */
} Piece;

/* Pieces between the thread that unpacks and the one that asks. */
typedef struct {
    PoolThread *thread;      /* NULL: there is none */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t made;           /* pieces; that of number n is pieces[n % PIECES] */
    uint64_t taken;          /* given to who asks; the last of them is in use */
    bool stop;
    unsigned char *buffers;  /* OUT_BYTES each */
    Piece pieces[PIECES];
} Ahead;

struct ByteSource {
    /* What unpacks, on either thread. */
    int fd;
    Str head;                /* to be given before what fd has */
    bool gzip;
    bool at_end;             /* fd has no more */
    bool inside;             /* a gzip member */
    SourceState state;
    char reason[512];
    Inflate *inflate;
    bool any_unpacked;
    uint64_t read;           /* from head and fd */
    const unsigned char *next;      /* not yet unpacked */
    size_t next_bytes;
    unsigned char in[IN_BYTES];
    unsigned char out[OUT_BYTES];
    /* What who asks knows. */
    Piece piece;             /* the last one */
    uint64_t given;
    uint64_t zeros;
    Ahead ahead;
};

static Status unpack_ahead(void *context, unsigned lane, Err *err);

/* Without a thread everything goes on as if none had been asked for. */
static void
start_ahead(ByteSource *source)
{
    Ahead *ahead = &source->ahead;
    ahead->buffers = malloc((size_t)PIECES * OUT_BYTES);    /* freed with the source */
    if (!ahead->buffers)
        return;
    (void)pthread_mutex_init(&ahead->lock, NULL);           /* neither can fail in glibc */
    (void)pthread_cond_init(&ahead->changed, NULL);
    ahead->thread = pool_start(unpack_ahead, source);
}

Status
byte_source_new(int fd, Str head, bool gzip, bool ahead, ByteSource **ret, Err *err)
{
    CLEANUP(cleanup_byte_source) ByteSource *source =
        calloc(1, sizeof *source);      /* half a MiB, given back with its owner */
    if (!source)
        return err_nomem(err);
    source->fd = fd;
    source->head = head;
    source->gzip = gzip;
    if (gzip && !(source->inflate = inflate_new()))
        return err_nomem(err);
    if (gzip && ahead)
        start_ahead(source);
    *ret = source;
    source = NULL;
    return ST_OK;
}

static void
stop_ahead(Ahead *ahead)
{
    if (ahead->thread) {
        (void)pthread_mutex_lock(&ahead->lock);
        ahead->stop = true;
        (void)pthread_cond_broadcast(&ahead->changed);
        (void)pthread_mutex_unlock(&ahead->lock);
        (void)pool_wait(ahead->thread, NULL);
        ahead->thread = NULL;
    }
    if (ahead->buffers) {
        (void)pthread_cond_destroy(&ahead->changed);
        (void)pthread_mutex_destroy(&ahead->lock);
        free(ahead->buffers);
    }
}

ByteSource *
byte_source_free(ByteSource *source)
{
    if (source) {
        stop_ahead(&source->ahead);
        source->inflate = inflate_free(source->inflate);
        free(source);
    }
    return NULL;
}

void
cleanup_byte_source(ByteSource **source)
{
    *source = byte_source_free(*source);
}

/* --- unpacking --- */

static void
end_with(ByteSource *source, SourceState state, const char *reason)
{
    if (source->state == SOURCE_FINE) {
        source->state = state;
        (void)snprintf(source->reason, sizeof source->reason, "%s", reason);
    }
    source->at_end = true;
    source->next_bytes = 0;
}

/* More of the file into next; false at its end. */
static bool
fill(ByteSource *source)
{
    if (source->at_end)
        return false;
    if (source->head.n) {
        source->next = (const unsigned char *)source->head.p;
        source->next_bytes = source->head.n;
        source->read += source->head.n;
        source->head = STR("");
        return true;
    }
    Err why = {0};
    size_t got = 0;
    if (io_read(source->fd, source->in, IN_BYTES, &got, &why) != ST_OK)
        end_with(source, SOURCE_FAILED, why.text);
    source->at_end |= got < IN_BYTES;
    source->next = source->in;
    source->next_bytes = got;
    source->read += got;
    return got > 0;
}

static void
count(ByteSource *source, const unsigned char *bytes, size_t n)
{
    size_t zeros = 0;
    while (zeros < n && bytes[n - 1 - zeros] == 0)
        zeros++;
    source->zeros = zeros == n ? source->zeros + n : zeros;
    source->given += n;
}

/* Between gzip members: a further one, zeros to fill a block, or something else. */
static bool
begin_member(ByteSource *source)
{
    for (;;) {
        if (source->next_bytes == 0 && !fill(source))
            return false;
        if (*source->next != 0 || !source->any_unpacked)
            break;
        source->next++;
        source->next_bytes--;
    }
    if (*source->next != 0x1f) {
        end_with(source, SOURCE_TRAILING, "bytes follow that are not gzip");
        return false;
    }
    inflate_reset(source->inflate);
    source->inside = true;
    return true;
}

static Str
unpack(ByteSource *source, unsigned char *out)
{
    InflateStep step = {.out = out, .out_bytes = OUT_BYTES};
    while (step.out_bytes == OUT_BYTES) {
        if (!source->inside && !begin_member(source))
            break;
        if (source->next_bytes == 0 && !fill(source)) {
            end_with(source, SOURCE_CUT, "the compressed data ends early");
            break;
        }
        step.in = source->next;
        step.in_bytes = source->next_bytes;
        InflateResult result = inflate_step(source->inflate, &step);
        source->next = step.in;
        source->next_bytes = step.in_bytes;
        if (result == INFLATE_END)
            source->inside = false;
        else if (result == INFLATE_NOMEM)
            end_with(source, SOURCE_FAILED, "out of memory");
        else if (result == INFLATE_DAMAGED)
            end_with(source, SOURCE_DAMAGED, "the compressed data is damaged");
        if (source->state != SOURCE_FINE)
            break;
    }
    source->any_unpacked |= step.out_bytes < OUT_BYTES;
    return (Str){(const char *)out, OUT_BYTES - step.out_bytes};
}

static void
make_piece(ByteSource *source, unsigned char *out, Piece *piece)
{
    piece->bytes = STR("");
    if (source->state == SOURCE_FINE && source->gzip) {
        piece->bytes = unpack(source, out);
    } else if (source->state == SOURCE_FINE && (source->next_bytes || fill(source))) {
        piece->bytes = (Str){(const char *)source->next, source->next_bytes};
        source->next_bytes = 0;
    }
    piece->state = source->state;
    memcpy(piece->reason, source->reason, sizeof piece->reason);
    piece->position = source->read - source->next_bytes;
}

/* On the thread: piece after piece, as long as there is room, up to an empty one. */
static Status
unpack_ahead(void *context, unsigned lane, Err *err)
{
    ByteSource *source = context;
    Ahead *ahead = &source->ahead;
    (void)lane;
    (void)err;
    for (bool more = true; more;) {
        (void)pthread_mutex_lock(&ahead->lock);
        while (!ahead->stop && ahead->made == ahead->taken + PIECES - 1)
            (void)pthread_cond_wait(&ahead->changed, &ahead->lock);
        more = !ahead->stop;
        size_t slot = ahead->made % PIECES;
        (void)pthread_mutex_unlock(&ahead->lock);
        if (!more)
            break;
        make_piece(source, ahead->buffers + slot * OUT_BYTES, &ahead->pieces[slot]);
        more = ahead->pieces[slot].bytes.n > 0;
        (void)pthread_mutex_lock(&ahead->lock);
        ahead->made++;
        (void)pthread_cond_signal(&ahead->changed);
        (void)pthread_mutex_unlock(&ahead->lock);
    }
    return ST_OK;
}

/* --- asking --- */

static void
take_piece(ByteSource *source)
{
    Ahead *ahead = &source->ahead;
    (void)pthread_mutex_lock(&ahead->lock);
    while (ahead->made == ahead->taken)
        (void)pthread_cond_wait(&ahead->changed, &ahead->lock);
    source->piece = ahead->pieces[ahead->taken % PIECES];
    if (source->piece.bytes.n)      /* the empty one is the last, and stays */
        ahead->taken++;
    (void)pthread_cond_signal(&ahead->changed);
    (void)pthread_mutex_unlock(&ahead->lock);
}

Str
byte_source_next(ByteSource *source)
{
    if (source->ahead.thread)
        take_piece(source);
    else
        make_piece(source, source->out, &source->piece);
    Str bytes = source->piece.bytes;
    count(source, (const unsigned char *)bytes.p, bytes.n);
    return bytes;
}

uint64_t
byte_source_skip(ByteSource *source, uint64_t n)
{
    /* never to the very end: a file that is shorter than it says must be noticed */
    if (source->gzip || source->at_end || source->next_bytes || source->head.n ||
        n < IN_BYTES || n > INT64_MAX)
        return 0;
    off_t here = lseek(source->fd, 0, SEEK_CUR);
    off_t end = here < 0 ? -1 : lseek(source->fd, 0, SEEK_END);
    uint64_t passed = 0;
    if (end > here && (uint64_t)(end - here) > n)
        passed = n;
    if (here >= 0 && lseek(source->fd, here + (off_t)passed, SEEK_SET) < 0)
        end_with(source, SOURCE_FAILED, "seeking failed");      /* told by the next piece */
    source->read += passed;
    source->piece.position += passed;
    source->given += passed;
    source->zeros = passed ? 0 : source->zeros;
    return passed;
}

SourceState
byte_source_state(const ByteSource *source)
{
    return source->piece.state;
}

const char *
byte_source_reason(const ByteSource *source)
{
    return source->piece.reason;
}

uint64_t
byte_source_position(const ByteSource *source)
{
    return source->piece.position;
}

uint64_t
byte_source_unpacked(const ByteSource *source)
{
    return source->given;
}

uint64_t
byte_source_zeros(const ByteSource *source)
{
    return source->zeros;
}
