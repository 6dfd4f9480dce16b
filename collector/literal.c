/* SPDX-License-Identifier: Apache-2.0 */
/* literal.c -- the table of anchors, and the scan that asks it at every byte. */
#include "collector/literal.h"

#include "base/cleanup.h"
#include "collector/literal_form.h"

#include <stdlib.h>
#include <string.h>

enum {
    WINDOW_BYTES = 256 << 10,
    FILTER_BITS_MIN = 16,
    FILTER_BITS_MAX = 22,         /* 512 KiB: stays in the second cache */
    CHOICES_MAX = 64,             /* anchors of a form that are compared for rivals */
};

typedef struct {
    uint64_t key;             /* the 6 bytes */
    uint32_t value;
    uint32_t next;            /* index + 1 of the next in its slot */
    uint16_t at;              /* in the form */
    uint8_t form;
} Anchor;

typedef struct {
    uint32_t at;
    uint32_t n;
} Value;

struct LiteralSet {
    Buf bytes;                /* of all values */
    Value *values;
    size_t count;
    Anchor *anchors;
    size_t anchor_count;
    size_t anchor_capacity;
    uint32_t *slots;          /* index + 1 of the first anchor */
    uint16_t *rivals;         /* anchors in each slot, while it is made */
    unsigned slot_bits;
    uint64_t *filter;
    unsigned filter_bits;
};

static inline uint64_t
key_at(const char *text)
{
    uint64_t key = 0;
    memcpy(&key, text, ANCHOR_BYTES);
    return key;
}

static inline uint64_t
mix(uint64_t key)
{
    return key * 0x9e3779b97f4a7c15u;
}

LiteralSet *
literal_set_free(LiteralSet *set)
{
    if (set) {
        buf_done(&set->bytes);
        if (set->anchors)
            explicit_bzero(set->anchors, set->anchor_capacity * sizeof *set->anchors);
        free(set->anchors);
        free(set->values);
        free(set->slots);
        free(set->rivals);
        free(set->filter);
        free(set);
    }
    return NULL;
}

size_t
literal_set_count(const LiteralSet *set)
{
    return set->count;
}

static Str
value_of(const LiteralSet *set, uint32_t index)
{
    return str_sub(buf_str(&set->bytes), set->values[index].at, set->values[index].n);
}

static void
add_anchor(LiteralSet *set, uint32_t value, Form form, const char *text, size_t at)
{
    uint64_t key = key_at(text + at);
    size_t slot = mix(key) >> (64 - set->slot_bits);
    Anchor *anchor = &set->anchors[set->anchor_count++];
    *anchor = (Anchor){key, value, set->slots[slot], (uint16_t)at, (uint8_t)form};
    set->slots[slot] = (uint32_t)set->anchor_count;
    if (set->rivals[slot] < UINT16_MAX)
        set->rivals[slot]++;
    uint64_t bit = mix(key) >> (64 - set->filter_bits);
    set->filter[bit >> 6] |= 1ull << (bit & 63);
}

/* The anchor of [from, to) of the form's text with the fewest rivals; false for none. */
static bool
choose_anchor(const LiteralSet *set, Form form, const char *text, size_t from, size_t to,
              size_t *ret_at)
{
    size_t choices = 0;
    unsigned fewest = UINT16_MAX + 1u;
    for (size_t at = from; at + ANCHOR_BYTES <= to && choices < CHOICES_MAX; at++) {
        if (!form_may_anchor(form, text, at))
            continue;
        choices++;
        unsigned rivals = set->rivals[mix(key_at(text + at)) >> (64 - set->slot_bits)];
        if (rivals < fewest) {
            fewest = rivals;
            *ret_at = at;
        }
    }
    return choices > 0;
}

/* Base64 is given two anchors: a line's end may stand inside one of them. */
static bool
add_form(LiteralSet *set, uint32_t value, Form form)
{
    char text[FORM_BYTES_MAX];
    size_t n = form_write(form, value_of(set, value), text);
    size_t at;
    bool two = form >= FORM_BASE64_0 && form <= FORM_BASE64_2 && n >= (size_t)2 * ANCHOR_BYTES;
    bool found = choose_anchor(set, form, text, 0, two ? n / 2 : n, &at);
    if (found)
        add_anchor(set, value, form, text, at);
    if (two && choose_anchor(set, form, text, n / 2, n, &at)) {
        add_anchor(set, value, form, text, at);
        found = true;
    }
    explicit_bzero(text, n);
    return found;
}

static void
add_forms(LiteralSet *set, uint32_t value)
{
    bool plain = add_form(set, value, FORM_PLAIN);
    for (Form form = FORM_BASE64_0; form <= FORM_PERCENT_UPPER; form++)
        (void)add_form(set, value, form);
    for (Form form = FORM_AS_IT_IS; form <= FORM_URL_TWICE && !plain; form++)
        (void)add_form(set, value, form);
}

static bool
make_tables(LiteralSet *set)
{
    enum { ANCHORS_A_VALUE = 25 };       /* PLAIN or six, 2 * 3 of base64, 9 of it twice, 4 of digits */
    set->anchor_capacity = set->count * ANCHORS_A_VALUE + 1;
    set->slot_bits = 8;
    while (set->slot_bits < 24 && ((size_t)1 << set->slot_bits) < set->anchor_capacity)
        set->slot_bits++;
    set->filter_bits = FILTER_BITS_MIN;
    while (set->filter_bits < FILTER_BITS_MAX && ((size_t)1 << set->filter_bits) < set->anchor_capacity * 32)
        set->filter_bits++;
    set->anchors = calloc(set->anchor_capacity, sizeof *set->anchors);     /* the set's, */
    set->slots = calloc((size_t)1 << set->slot_bits, sizeof *set->slots);     /* all */
    set->rivals = calloc((size_t)1 << set->slot_bits, sizeof *set->rivals);   /* four */
    set->filter = calloc(((size_t)1 << set->filter_bits) / 64, sizeof *set->filter);   /* of them */
    return set->anchors && set->slots && set->rivals && set->filter;
}

static bool
copy_values(LiteralSet *set, const SecretBook *book)
{
    size_t count = secret_book_count(book);
    set->values = calloc(count + 1, sizeof *set->values);      /* the set's */
    set->bytes = BUF_INIT(SIZE_MAX);
    set->bytes.secret = true;
    for (size_t i = 0; i < count && set->values; i++) {
        Str value = secret_book_get(book, i);
        if (!value.p)
            continue;
        set->values[set->count++] = (Value){(uint32_t)set->bytes.n, (uint32_t)value.n};
        buf_add_str(&set->bytes, value);
    }
    return set->values && set->bytes.failed == ST_OK;
}

Status
literal_set_new(const SecretBook *book, LiteralSet **ret, Err *err)
{
    LiteralSet *set = calloc(1, sizeof *set);      /* owns its tables */
    if (!set)
        return err_nomem(err);
    if (!copy_values(set, book) || !make_tables(set)) {
        literal_set_free(set);
        return err_nomem(err);
    }
    for (size_t i = 0; i < set->count; i++)
        add_forms(set, (uint32_t)i);
    *ret = set;
    return ST_OK;
}

typedef VEC(LiteralMatch) Matches;

/* The candidates at one place of the text. */
static bool
look_up(const LiteralSet *set, Str text, size_t at, uint64_t key, Arena *arena, Matches *matches)
{
    for (uint32_t i = set->slots[mix(key) >> (64 - set->slot_bits)]; i;
         i = set->anchors[i - 1].next) {
        const Anchor *anchor = &set->anchors[i - 1];
        Str value = value_of(set, anchor->value);
        LiteralMatch match = {.value_bytes = value.n};
        if (anchor->key != key || !form_match((Form)anchor->form, value, anchor->at, text, at,
                                              &match.begin, &match.end))
            continue;
        LiteralMatch *slot = VEC_PUSH(arena, matches);
        if (!slot)
            return false;
        *slot = match;
    }
    return true;
}

static int
by_begin(const void *a, const void *b)
{
    const LiteralMatch *left = a;
    const LiteralMatch *right = b;
    return left->begin < right->begin ? -1 : left->begin > right->begin;
}

/* Sorted, and those that overlap made one. */
static void
merge(Matches *matches)
{
    size_t kept = 0;
    if (matches->count == 0)
        return;
    qsort(matches->items, matches->count, sizeof *matches->items, by_begin);
    for (size_t i = 1; i < matches->count; i++) {
        LiteralMatch *last = &matches->items[kept];
        const LiteralMatch *next = &matches->items[i];
        if (next->begin < last->end) {
            if (next->end > last->end)
                last->end = next->end;
            if (next->value_bytes > last->value_bytes)
                last->value_bytes = next->value_bytes;
        } else {
            matches->items[++kept] = *next;
        }
    }
    matches->count = kept + 1;
}

/* The next place from the offset on at which an anchor may stand, or the end of the keys. */
static size_t
next_candidate(const LiteralSet *set, Str text, size_t at, size_t keys)
{
    const uint64_t mask = (1ull << 8 * ANCHOR_BYTES) - 1;
    const uint64_t *filter = set->filter;
    unsigned shift = 64 - set->filter_bits;
    size_t whole = text.n > sizeof mask ? text.n - sizeof mask : 0;      /* a key is read with what follows */
    for (uint64_t key; at < whole; at++) {
        memcpy(&key, text.p + at, sizeof key);
        uint64_t bit = mix(key & mask) >> shift;
        if (filter[bit >> 6] >> (bit & 63) & 1)
            return at;
    }
    for (; at < keys; at++) {
        uint64_t bit = mix(key_at(text.p + at)) >> shift;
        if (filter[bit >> 6] >> (bit & 63) & 1)
            return at;
    }
    return keys;
}

Status
literal_find(const LiteralSet *set, Str text, Arena *arena, LiteralMatch **ret, size_t *ret_count,
             Err *err)
{
    Matches matches = {0};
    size_t keys = set->anchor_count && text.n >= ANCHOR_BYTES ? text.n - ANCHOR_BYTES + 1 : 0;
    for (size_t at = 0; (at = next_candidate(set, text, at, keys)) < keys; at++)
        if (!look_up(set, text, at, key_at(text.p + at), arena, &matches))
            return err_nomem(err);
    merge(&matches);
    *ret = matches.items;
    *ret_count = matches.count;
    return ST_OK;
}

void
literal_scan_init(LiteralScan *scan, const LiteralSet *set, LiteralSink *sink, void *context,
                  LiteralHitFn *on_hit, void *hit_context)
{
    *scan = (LiteralScan){.set = set, .sink = sink, .context = context, .on_hit = on_hit,
                          .hit_context = hit_context, .line = 1};
    scan->held = BUF_INIT(WINDOW_BYTES);
    scan->held.secret = true;
    scan->out = BUF_INIT(SIZE_MAX);
}

void
literal_scan_done(LiteralScan *scan)
{
    buf_done(&scan->held);
    buf_done(&scan->out);
    scan->scratch = arena_free(scan->scratch);
}

static uint64_t
lines_in(Str s)
{
    uint64_t lines = 0;
    const char *at = s.p;
    const char *end = s.p + s.n;
    while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
        lines++;
        at++;
    }
    return lines;
}

static void
replace(LiteralScan *scan, Str text, const LiteralMatch *match)
{
    Str gone = str_sub(text, match->begin, match->end - match->begin);
    if (scan->on_hit)
        scan->on_hit(scan->hit_context, scan->line, match->value_bytes);
    buf_adds(&scan->out, "<redacted:literal>");
    for (uint64_t lines = lines_in(gone); lines > 0; lines--)
        buf_addc(&scan->out, '\n');
    scan->line += lines_in(gone);
}

/* Passes on what is held, as far as no match can reach behind it. */
static Status
pass(LiteralScan *scan, bool final, Err *err)
{
    Str text = buf_str(&scan->held);
    size_t cut = final ? text.n : text.n - 2 * (size_t)MATCH_BYTES_MAX;
    size_t done = 0;
    LiteralMatch *matches;
    size_t count;
    if (!scan->scratch && !(scan->scratch = arena_new(SIZE_MAX)))
        return err_nomem(err);
    arena_reset(scan->scratch);
    TRY(literal_find(scan->set, text, scan->scratch, &matches, &count, err));
    for (size_t i = 0; i < count && matches[i].begin < cut; i++) {
        Str plain = str_sub(text, done, matches[i].begin - done);
        buf_add_str(&scan->out, plain);
        scan->line += lines_in(plain);
        replace(scan, text, &matches[i]);
        done = matches[i].end;
    }
    if (done < cut) {
        Str plain = str_sub(text, done, cut - done);
        buf_add_str(&scan->out, plain);
        scan->line += lines_in(plain);
        done = cut;
    }
    TRY(buf_status(&scan->out, err));
    buf_consume(&scan->held, done);
    Status status =
        scan->out.n ? scan->sink(scan->context, scan->out.data, scan->out.n, err) : ST_OK;
    buf_clear(&scan->out);
    return status;
}

Status
literal_scan_feed(LiteralScan *scan, const char *bytes, size_t n, Err *err)
{
    if (literal_set_count(scan->set) == 0)
        return scan->sink(scan->context, bytes, n, err);
    while (n > 0) {
        size_t room = WINDOW_BYTES - scan->held.n;
        size_t part = n < room ? n : room;
        buf_add(&scan->held, bytes, part);
        TRY(buf_status(&scan->held, err));
        if (scan->held.n == WINDOW_BYTES)
            TRY(pass(scan, false, err));
        bytes += part;
        n -= part;
    }
    return ST_OK;
}

Status
literal_scan_end(LiteralScan *scan, Err *err)
{
    return scan->held.n ? pass(scan, true, err) : ST_OK;
}
