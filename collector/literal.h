/* SPDX-License-Identifier: Apache-2.0 */
/* literal.h -- finds values that are known, in whatever form a program wrote them.
 *
 * What is looked for.  The value itself, with any of its bytes escaped as JSON, shells, C,
 * URLs, HTML or quoted-printable would; its base64, in either alphabet, at each of the three
 * places where it may begin inside a larger text, and broken into lines; the same of that; its
 * hexadecimal digits; and the form of URLs that escapes every byte.  Others (base32, rot13) are left
 * out: nothing that logs writes them.
 *
 * How.  Each form of each value gives an anchor: 6 bytes that stand in the text exactly as in
 * the form, since no encoding touches them.  A filter of bits says of 6 bytes of text whether
 * they may be an anchor; one look a position, independent of how many values there are.
 * Where it says yes a table gives the candidates, and these are compared to the left and to
 * the right of the anchor, form by form.  Of all the anchors that a form offers, the one with
 * the fewest rivals is taken, so that values that begin alike cost no more than others.
 *
 * Why no automaton: the forms would be up to forty patterns a value, and states for each of
 * their bytes; here a value costs its own bytes and 24 more a form.
 *
 *     LiteralScan scan;
 *     literal_scan_init(&scan, set, sink, file, on_hit, note);
 *     TRY(literal_scan_feed(&scan, bytes, n, err)); ...
 *     TRY(literal_scan_end(&scan, err));
 *     literal_scan_done(&scan);
 *
 * What comes out does not depend on how the text was cut into pieces.  Where a form went over
 * a line's end the ends are kept, so that lines keep their numbers.  Memory: about 600 KiB a
 * scan, and for the set LIMIT_SECRET_VALUES * 600 bytes at the most. */
#ifndef COLLECTOR_LITERAL_H
#define COLLECTOR_LITERAL_H

#include "base/arena.h"
#include "base/buf.h"
#include "collector/secret_book.h"

typedef struct LiteralSet LiteralSet;      /* never changes once made */

/* Copies the values.  ST_NOMEM. */
NODISCARD Status literal_set_new(const SecretBook *book, LiteralSet **ret, Err *err);
LiteralSet *literal_set_free(LiteralSet *set);      /* wiped; NULL in, NULL out */
size_t literal_set_count(const LiteralSet *set);

/* [begin, end) of the text is a value, or several that overlap. */
typedef struct {
    size_t begin;
    size_t end;
    size_t value_bytes;
} LiteralMatch;

/* Every match in the text, in order, none overlapping; *ret lives in the arena. */
NODISCARD Status literal_find(const LiteralSet *set, Str text, Arena *arena, LiteralMatch **ret,
                              size_t *ret_count, Err *err);

typedef Status LiteralSink(void *context, const char *bytes, size_t n, Err *err);
/* line: of the text, from 1. */
typedef void LiteralHitFn(void *context, uint64_t line, size_t value_bytes);

typedef struct {
    const LiteralSet *set;
    LiteralSink *sink;
    void *context;
    LiteralHitFn *on_hit;      /* may be NULL */
    void *hit_context;
    Arena *scratch;
    Buf held;
    Buf out;
    uint64_t line;
} LiteralScan;

void literal_scan_init(LiteralScan *scan, const LiteralSet *set, LiteralSink *sink, void *context,
                       LiteralHitFn *on_hit, void *hit_context);
NODISCARD Status literal_scan_feed(LiteralScan *scan, const char *bytes, size_t n, Err *err);
NODISCARD Status literal_scan_end(LiteralScan *scan, Err *err);
void literal_scan_done(LiteralScan *scan);

#endif
