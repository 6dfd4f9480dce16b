/* SPDX-License-Identifier: Apache-2.0 */
/* test_inflate.c -- the inflating libraries against each other: whole, cut and damaged gzip. */
#include "base/buf.h"
#include "base/cleanup.h"
#include "bundle/inflate_engine.h"
#include "tests/unit/runner.h"

#include <string.h>
#include <zlib.h>

enum {
    ROOM = 1 << 20,
    LONGEST_SYMBOL = 258,     /* bytes that one symbol of deflate stands for */
};

typedef struct {
    InflateResult result;
    size_t made;
    size_t used;
    unsigned char *out;
} Outcome;

/* Inflates with pieces of so many bytes in and out. */
static Outcome
run(const InflateEngine *engine, Str in, size_t in_piece, size_t out_piece)
{
    Outcome outcome = {.result = INFLATE_MORE, .out = malloc(ROOM)};
    CLEANUP(cleanup_inflate) Inflate *inflate = inflate_new_by(engine);
    ck_assert(inflate && outcome.out);
    for (bool stuck = false; outcome.result == INFLATE_MORE && !stuck;) {
        size_t left = in.n - outcome.used;
        size_t room = ROOM - outcome.made;
        InflateStep step = {.in = (const unsigned char *)in.p + outcome.used,
                            .in_bytes = left < in_piece ? left : in_piece,
                            .out = outcome.out + outcome.made,
                            .out_bytes = room < out_piece ? room : out_piece};
        InflateStep before = step;
        outcome.result = inflate_step(inflate, &step);
        outcome.used += before.in_bytes - step.in_bytes;
        outcome.made += before.out_bytes - step.out_bytes;
        stuck = outcome.used == in.n && step.out_bytes;
    }
    return outcome;
}

/* The end may differ by what the last symbol stands for; a library that is more lenient than
 * zlib must give the very bytes that were packed, which CRC-32 and length tell. */
static void
ck_assert_same(Str in, Str packed_text, size_t in_piece, size_t out_piece, const char *what)
{
    Outcome want = run(&INFLATE_ZLIB, in, in_piece, out_piece);
    for (size_t i = 0; INFLATE_ENGINES[i] && INFLATE_ENGINES[i] != &INFLATE_ZLIB; i++) {
        const char *name = INFLATE_ENGINES[i]->name;
        Outcome got = run(INFLATE_ENGINES[i], in, in_piece, out_piece);
        size_t common = got.made < want.made ? got.made : want.made;
        if (want.result == INFLATE_DAMAGED) {
            ck_assert_msg(got.result != INFLATE_END ||
                              (got.made == packed_text.n &&
                               memcmp(got.out, packed_text.p, got.made) == 0),
                          "%s: %s takes other bytes for right", what, name);
        } else {
            ck_assert_msg(got.result == want.result, "%s: %s says %d, zlib %d", what, name,
                          got.result, want.result);
            ck_assert_msg(got.made == want.made || (want.result == INFLATE_MORE &&
                                                    got.made < want.made + LONGEST_SYMBOL &&
                                                    want.made < got.made + LONGEST_SYMBOL),
                          "%s: %zu bytes, zlib %zu", what, got.made, want.made);
            ck_assert_msg(memcmp(got.out, want.out, common) == 0, "%s: other bytes", what);
        }
        ck_assert_msg(want.result != INFLATE_END || got.used == want.used,
                      "%s: used %zu bytes, zlib %zu", what, got.used, want.used);
        free(got.out);
    }
    free(want.out);
}

/* Text with repetitions near and far, and noise. */
static void
fill_text(Buf *text, size_t bytes, unsigned seed)
{
    static const char LINE[] = "2018-06-14T08:03:01.123456Z\tinfo\tads\tADS: Push finished";
    while (text->n < bytes) {
        seed = seed * 1103515245 + 12345;
        if (seed >> 30)
            buf_printf(text, "%s %u\n", LINE, seed >> 16 & 0xfff);
        else
            buf_add(text, &seed, sizeof seed);
    }
}

typedef struct {
    int level;
    int strategy;
    bool named;
    size_t bytes;
} Shape;

static const Shape SHAPES[] = {
    {0, Z_DEFAULT_STRATEGY, false, 100000}, {1, Z_DEFAULT_STRATEGY, false, 100000},
    {6, Z_DEFAULT_STRATEGY, true, 200000},  {9, Z_FIXED, false, 50000},
    {6, Z_HUFFMAN_ONLY, false, 50000},      {6, Z_RLE, true, 3000},
    {6, Z_DEFAULT_STRATEGY, false, 1},      {6, Z_DEFAULT_STRATEGY, true, 0},
};

static void
deflate_shape(const Shape *shape, Buf *text, Buf *out)
{
    static unsigned char extra[] = {'S', 'G', 2, 0, 'h', 'i'};
    static unsigned char name[] = "a name";
    static unsigned char comment[] = "a comment";
    fill_text(text, shape->bytes, 7);
    text->n = shape->bytes;
    z_stream z = {0};
    gz_header header = {.name = name, .comment = comment,
                        .extra = extra, .extra_len = sizeof extra, .hcrc = 1};
    ck_assert_int_eq(deflateInit2(&z, shape->level, Z_DEFLATED, 31, 8, shape->strategy), Z_OK);
    if (shape->named)
        ck_assert_int_eq(deflateSetHeader(&z, &header), Z_OK);
    buf_addc(text, '\0');               /* so that there is a buffer */
    text->n--;
    z.next_in = (Bytef *)text->data;
    z.avail_in = (uInt)text->n;
    z.next_out = (Bytef *)buf_reserve(out, ROOM);
    z.avail_out = ROOM;
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    out->n = ROOM - z.avail_out;
    ck_assert_int_eq(deflateEnd(&z), Z_OK);
}

START_TEST(whole_members_in_pieces)
{
    static const size_t PIECES[] = {1, 2, 7, 300, 65536, ROOM};
    CLEANUP(buf_done) Buf text = BUF_INIT(2 * ROOM);
    CLEANUP(buf_done) Buf packed = BUF_INIT(4 * ROOM);
    deflate_shape(&SHAPES[_i], &text, &packed);
    size_t own = packed.n;
    buf_adds(&packed, "\x1f\x8b what follows it");
    for (size_t i = 0; i < sizeof PIECES / sizeof *PIECES; i++) {
        ck_assert_same(buf_str(&packed), buf_str(&text), PIECES[i], ROOM, "pieces in");
        ck_assert_same(buf_str(&packed), buf_str(&text), ROOM, PIECES[i], "pieces out");
    }
    Outcome outcome = run(INFLATE_ENGINES[0], buf_str(&packed), ROOM, ROOM);
    ck_assert_int_eq(outcome.result, INFLATE_END);
    ck_assert_uint_eq(outcome.made, SHAPES[_i].bytes);
    ck_assert_uint_eq(outcome.used, own);
    free(outcome.out);
}
END_TEST

START_TEST(members_cut_anywhere)
{
    CLEANUP(buf_done) Buf text = BUF_INIT(2 * ROOM);
    CLEANUP(buf_done) Buf packed = BUF_INIT(4 * ROOM);
    deflate_shape(&SHAPES[_i], &text, &packed);
    size_t step = packed.n > 400 ? packed.n / 200 : 1;
    for (size_t n = 0; n < packed.n; n += n < 60 || n + 20 > packed.n ? 1 : step) {
        Str in = str_head(buf_str(&packed), n);
        ck_assert_same(in, buf_str(&text), ROOM, ROOM, "cut");
        Outcome outcome = run(INFLATE_ENGINES[0], in, ROOM, ROOM);
        ck_assert_int_eq(outcome.result, INFLATE_MORE);
        free(outcome.out);
    }
}
END_TEST

START_TEST(members_with_one_byte_changed)
{
    CLEANUP(buf_done) Buf text = BUF_INIT(2 * ROOM);
    CLEANUP(buf_done) Buf packed = BUF_INIT(4 * ROOM);
    deflate_shape(&SHAPES[_i], &text, &packed);
    unsigned seed = 99;
    size_t step = packed.n > 600 ? packed.n / 300 : 1;
    for (size_t at = 0; at < packed.n; at += at < 60 || at + 20 > packed.n ? 1 : step) {
        char kept = packed.data[at];
        seed = seed * 1103515245 + 12345;
        packed.data[at] = (char)(kept ^ (char)(1 << (seed >> 16 & 7)));
        char what[40];
        (void)snprintf(what, sizeof what, "byte %zu", at);
        ck_assert_same(buf_str(&packed), buf_str(&text), ROOM, ROOM, what);
        packed.data[at] = kept;
    }
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("inflate");
    TCase *tcase = tcase_create("inflate");
    int count = (int)(sizeof SHAPES / sizeof *SHAPES);
    tcase_add_loop_test(tcase, whole_members_in_pieces, 0, count);
    tcase_add_loop_test(tcase, members_cut_anywhere, 0, count);
    tcase_add_loop_test(tcase, members_with_one_byte_changed, 0, count);
    suite_add_tcase(suite, tcase);
    return suite;
}
