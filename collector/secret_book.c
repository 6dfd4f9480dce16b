/* SPDX-License-Identifier: Apache-2.0 */
/* secret_book.c -- values in one wiped buffer, found again by a table of hashes. */
#include "collector/secret_book.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/map.h"
#include "collector/base64.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
    VALUE_BYTES_MIN = 8,
    LETTERS_MIN = 12,          /* of a value that is letters alone */
    FIRST_SLOTS = 1024,
    SPARED_MAX = 1 << 17,      /* 1 MiB of hashes */
    LINES_MAX = 4096,
    LINE_BYTES_MIN = 16,
};

typedef struct {
    uint32_t at;
    uint32_t n;
} Piece;

/* A set of hashes by open addressing; 0 is free. */
typedef struct {
    uint64_t *slots;
    size_t slot_count;
    size_t count;
} HashSet;

struct SecretBook {
    Buf bytes;
    Piece *pieces;
    size_t count;
    size_t capacity;
    HashSet known;
    HashSet spared;
    uint64_t left_out;
};

SecretBook *
secret_book_new(void)
{
    SecretBook *book = calloc(1, sizeof *book);    /* owns its buffer and tables */
    if (book) {
        book->bytes = BUF_INIT(LIMIT_SECRET_BYTES);
        book->bytes.secret = true;
    }
    return book;
}

SecretBook *
secret_book_free(SecretBook *book)
{
    if (book) {
        buf_done(&book->bytes);
        free(book->pieces);
        free(book->known.slots);
        free(book->spared.slots);
        free(book);
    }
    return NULL;
}

static uint64_t
hash_of(Str s)
{
    uint64_t hash = map_hash(s);
    return hash ? hash : 1;
}

static bool
set_has(const HashSet *set, uint64_t hash)
{
    for (size_t i = hash & (set->slot_count - 1); set->slot_count;
         i = (i + 1) & (set->slot_count - 1)) {
        if (set->slots[i] == hash)
            return true;
        if (!set->slots[i])
            return false;
    }
    return false;
}

static void
set_place(HashSet *set, uint64_t hash)
{
    size_t i = hash & (set->slot_count - 1);
    while (set->slots[i])
        i = (i + 1) & (set->slot_count - 1);
    set->slots[i] = hash;
    set->count++;
}

/* False when out of memory. */
static bool
set_add(HashSet *set, uint64_t hash)
{
    if (set_has(set, hash))
        return true;
    if (set->count * 2 >= set->slot_count) {
        HashSet grown = {.slot_count = set->slot_count ? set->slot_count * 2 : FIRST_SLOTS};
        grown.slots = calloc(grown.slot_count, sizeof *grown.slots);   /* the set's */
        if (!grown.slots)
            return false;
        for (size_t i = 0; i < set->slot_count; i++)
            if (set->slots[i])
                set_place(&grown, set->slots[i]);
        free(set->slots);
        *set = grown;
    }
    set_place(set, hash);
    return true;
}

/* Words that many passwords are made of, and that logs are full of. */
static bool
is_stop_word(Str value)
{
    static const char *const WORDS[] = {
        "administrator", "authorization", "authentication", "certificate", "credentials",
        "configuration", "istio-ingressgateway", "istio-egressgateway", "kubernetes-admin",
        "kubernetes-dashboard", "serviceaccount", "default-token", "placeholder", "changeme",
        "unspecified", "not-configured", "application/json", "disabled", NULL,
    };
    for (const char *const *word = WORDS; *word; word++)
        if (str_eq_nocase(value, str_of(*word)))
            return true;
    return false;
}

typedef struct {
    size_t letters;
    size_t digits;
    size_t symbols;       /* but for those that join words */
    size_t joints;        /* - _ . / : and blanks */
    size_t switches;      /* between letters and digits, or from lower case to upper */
    bool lower;
    bool upper;
} Makeup;

static Makeup
makeup_of(Str value)
{
    Makeup m = {0};
    int before = 0;
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        int class = isdigit(c) ? 1 : islower(c) ? 2 : isupper(c) ? 3 : 0;
        m.digits += class == 1;
        m.letters += class >= 2;
        m.lower |= class == 2;
        m.upper |= class == 3;
        if (class == 0 && strchr("-_./: ,@", c))
            m.joints++;
        else
            m.symbols += class == 0;
        m.switches += before && class && before != class && !(before == 3 && class == 2);
        before = class;
    }
    return m;
}

bool
secret_is_distinctive(Str value, SecretOrigin origin)
{
    if (value.n < VALUE_BYTES_MIN || is_stop_word(value) || value.p[0] == '/' ||
        str_starts(value, STR("$(")) || str_starts(value, STR("<redacted")))
        return false;
    if (origin == SECRET_KNOWN)
        return true;
    Makeup m = makeup_of(value);
    if (m.letters + m.symbols == 0)
        return false;                             /* numbers, times, versions */
    if (m.symbols > 0 && m.letters + m.digits >= 4)
        return true;
    if (m.digits == 0 && !(m.lower && m.upper))
        return origin == SECRET_BY_STRUCTURE && value.n >= LETTERS_MIN;
    if (m.joints > 0 && m.switches < 3)           /* istio-pilot-0, v1.alpha3, node-7.zone-a */
        return origin == SECRET_BY_STRUCTURE && value.n >= 20;
    return m.switches >= 2 || (origin == SECRET_BY_STRUCTURE && m.switches >= 1) ||
           value.n >= 24;
}

static void
add_piece(SecretBook *book, Str piece, SecretOrigin origin)
{
    if (!secret_is_distinctive(piece, origin))
        return;
    uint64_t hash = hash_of(piece);
    if (set_has(&book->known, hash))
        return;
    if (book->count == book->capacity) {
        size_t capacity = book->capacity ? book->capacity * 2 : 64;
        Piece *grown = NULL;
        if (capacity <= LIMIT_SECRET_VALUES)
            grown = realloc(book->pieces, capacity * sizeof *grown);      /* the book's */
        if (!grown) {
            book->left_out++;
            return;
        }
        book->pieces = grown;
        book->capacity = capacity;
    }
    size_t at = book->bytes.n;
    buf_add_str(&book->bytes, piece);
    if (book->bytes.failed != ST_OK || !set_add(&book->known, hash)) {
        book->bytes.failed = ST_OK;
        book->left_out++;
        return;
    }
    book->pieces[book->count++] = (Piece){(uint32_t)at, (uint32_t)piece.n};
}

/* One line: whole, or in pieces, the last of which is as long as the others. */
static void
add_line(SecretBook *book, Str line, SecretOrigin origin)
{
    line = str_trim(line);
    if (str_starts(line, STR("-----")) || str_starts(line, STR("ssh-")))
        return;
    if (line.n <= SECRET_PIECE_BYTES) {
        add_piece(book, line, origin);
        return;
    }
    for (size_t at = 0; at < line.n; at += SECRET_PIECE_BYTES) {
        size_t begin = line.n - at < SECRET_PIECE_BYTES ? line.n - SECRET_PIECE_BYTES : at;
        add_piece(book, str_sub(line, begin, SECRET_PIECE_BYTES), origin);
    }
}

/* Of several lines those that are nothing but random: of a key, not of a document around it,
 * in which redact_content() finds what is secret.  Certificates are public. */
static void
add_lines(SecretBook *book, Str value, SecretOrigin origin)
{
    size_t newline;
    size_t blank;
    bool public = false;
    unsigned lines = 0;
    if (!str_find_char(value, '\n', &newline)) {
        add_line(book, value, origin);
        return;
    }
    Str rest = value;
    for (Str line; lines < LINES_MAX && str_cut(&rest, '\n', &line); lines++) {
        size_t word;
        line = str_trim(line);
        if (str_starts(line, STR("-----BEGIN ")))
            public = !str_find(line, STR("PRIVATE"), &word);
        else if (str_starts(line, STR("-----END ")))
            public = false;
        else if (!public && line.n >= LINE_BYTES_MIN && !str_find_char(line, ' ', &blank))
            add_line(book, line, SECRET_BY_SHAPE);
    }
    book->left_out += rest.p != NULL;
}

static bool
is_public(Str text)
{
    return str_starts(text, STR("-----BEGIN CERTIFICATE")) ||
           str_starts(text, STR("-----BEGIN PUBLIC KEY")) || str_starts(text, STR("ssh-"));
}

void
secret_book_add(SecretBook *book, Str value, SecretOrigin origin)
{
    value = str_trim(value);
    if (value.n < VALUE_BYTES_MIN)
        return;
    CLEANUP(buf_done) Buf plain = BUF_INIT(LIMIT_REDACT_BYTES);
    plain.secret = true;
    bool encoded = base64_decode(value, &plain) && plain.n >= VALUE_BYTES_MIN &&
                   base64_is_text(buf_str(&plain));
    if (encoded)
        add_lines(book, buf_str(&plain), origin);
    if (!encoded || (plain.n <= SECRET_PIECE_BYTES && !is_public(buf_str(&plain))))
        add_lines(book, value, origin);
}

void
secret_book_add_exact(SecretBook *book, Str text)
{
    add_line(book, text, SECRET_KNOWN);
}

void
secret_book_spare(SecretBook *book, Str name)
{
    if (name.n >= VALUE_BYTES_MIN && name.n <= 253 && book->spared.count < SPARED_MAX)
        (void)set_add(&book->spared, hash_of(name));
}

size_t
secret_book_count(const SecretBook *book)
{
    return book->count;
}

Str
secret_book_get(const SecretBook *book, size_t index)
{
    Piece piece = book->pieces[index];
    Str value = str_sub(buf_str(&book->bytes), piece.at, piece.n);
    return set_has(&book->spared, hash_of(value)) ? (Str){0} : value;
}

uint64_t
secret_book_left_out(const SecretBook *book)
{
    return book->left_out;
}
