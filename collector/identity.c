/* SPDX-License-Identifier: Apache-2.0 */
/* identity.c -- which names of a text get a pseudonym, and which one. */
#include "collector/identity.h"

#include "base/cleanup.h"
#include "base/digest.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum {
    HEX_DIGITS = 12,               /* 48 bits */
    WINDOW_BYTES = 128 << 10,
    AHEAD_BYTES = 2048,            /* no name is longer */
    CONTEXT_BYTES = 64,
    CACHED = 4096,                 /* addresses, power of two */
    NAME_BYTES_MAX = 253,
};

struct Pseudonyms {
    unsigned char key[DIGEST_BYTES];
    struct {
        uint32_t from;
        uint32_t to;               /* 0: nothing is there */
    } cache[CACHED];
};

Pseudonyms *
pseudonyms_new(Str key)
{
    Pseudonyms *p = calloc(1, sizeof *p);     /* wiped by pseudonyms_free() */
    Digest digest;
    if (!p)
        return NULL;
    if (key.n == 0) {
        if (getrandom(p->key, sizeof p->key, 0) != (ssize_t)sizeof p->key)
            return pseudonyms_free(p);
        return p;
    }
    if (digest_hmac(STR("meshcase pseudonyms 1"), key, &digest, NULL) != ST_OK)
        return pseudonyms_free(p);
    memcpy(p->key, digest.bytes, sizeof p->key);
    explicit_bzero(&digest, sizeof digest);
    return p;
}

Pseudonyms *
pseudonyms_free(Pseudonyms *p)
{
    if (p) {
        explicit_bzero(p, sizeof *p);
        free(p);
    }
    return NULL;
}

static Digest
mac(const Pseudonyms *p, Str text)
{
    Digest digest = {0};
    (void)!digest_hmac((Str){(const char *)p->key, sizeof p->key}, text, &digest, NULL);
    return digest;
}

/* class: keeps a user and a host of one name apart. */
static void
add_pseudonym(const Pseudonyms *p, char class, Str name, Buf *out)
{
    char text[NAME_BYTES_MAX + 2];
    char hex[DIGEST_HEX_BYTES];
    size_t n = 0;
    text[n++] = class;
    for (size_t i = 0; i < name.n && n < sizeof text; i++)
        text[n++] = (char)tolower((unsigned char)name.p[i]);
    Digest digest = mac(p, (Str){text, n});
    digest_hex(&digest, hex);
    buf_addc(out, class);
    buf_add(out, hex, HEX_DIGITS);
}

/* Ranges that stay what they are: their first bits are kept, or all. */
static const struct {
    unsigned char bytes[16];
    unsigned family;               /* bytes of an address */
    unsigned bits;
    bool whole;
} RANGES[] = {
    {{0}, 4, 8, true},           {{10}, 4, 8, false},       {{100, 64}, 4, 10, false},
    {{127}, 4, 8, true},         {{169, 254}, 4, 16, true}, {{172, 16}, 4, 12, false},
    {{192, 168}, 4, 16, false},  {{224}, 4, 3, true},       {{0}, 16, 64, true},
    {{0xfc}, 16, 7, false},      {{0xfe, 0x80}, 16, 10, true}, {{0xff}, 16, 8, true},
    {{0x20}, 16, 3, false},
};

static bool
same_bits(const unsigned char *a, const unsigned char *b, unsigned bits)
{
    unsigned whole = bits / 8;
    unsigned rest = bits % 8;
    return memcmp(a, b, whole) == 0 &&
           (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

/* Whether the bit behind the first `bits` ones leads into a range, or decides about one. */
static bool
bit_is_kept(const unsigned char *address, unsigned family, unsigned bits)
{
    for (size_t i = 0; i < sizeof RANGES / sizeof *RANGES; i++)
        if (RANGES[i].family == family && bits < RANGES[i].bits &&
            same_bits(address, RANGES[i].bytes, bits))
            return true;
    return false;
}

/* Each bit is turned or not by a function of the bits before it, so prefixes stay prefixes
 * and no two addresses become one.  A byte needs 255 such decisions: one HMAC. */
void
identity_address(const Pseudonyms *p, unsigned char *address, unsigned bytes)
{
    unsigned char from[16];
    memcpy(from, address, bytes);
    for (size_t i = 0; i < sizeof RANGES / sizeof *RANGES; i++)
        if (RANGES[i].whole && RANGES[i].family == bytes &&
            same_bits(from, RANGES[i].bytes, RANGES[i].bits))
            return;
    for (unsigned at = 0; at < bytes; at++) {
        char text[18] = {bytes == 4 ? '4' : '6', (char)at};
        memcpy(text + 2, from, at);
        Digest digest = mac(p, (Str){text, 2 + at});
        unsigned node = 1;
        for (unsigned bit = 0; bit < 8; bit++) {
            unsigned turn = digest.bytes[node / 8] >> node % 8 & 1;
            if (!bit_is_kept(from, bytes, at * 8 + bit))
                address[at] ^= (unsigned char)(turn << (7 - bit));
            node = node * 2 + (from[at] >> (7 - bit) & 1);
        }
    }
}

static bool
is_host_byte(char c)
{
    return isalnum((unsigned char)c) || c == '.' || c == '-';
}

/* Four numbers and dots at the offset: bytes of them, 0 for none. */
static size_t
parse_v4(Str s, size_t at, char separator, unsigned char out[4])
{
    size_t end = at;
    for (int i = 0; i < 4; i++) {
        unsigned value = 0;
        size_t begin = end;
        while (end < s.n && isdigit((unsigned char)s.p[end]) && end - begin < 3)
            value = value * 10 + (unsigned)(s.p[end++] - '0');
        if (end == begin || value > 255 || (end - begin > 1 && s.p[begin] == '0'))
            return 0;
        out[i] = (unsigned char)value;
        if (i < 3 && (end >= s.n || s.p[end++] != separator))
            return 0;
    }
    if (end < s.n && (isalnum((unsigned char)s.p[end]) ||
                      (s.p[end] == separator && end + 1 < s.n && isalnum((unsigned char)s.p[end + 1]))))
        return 0;
    return end - at;
}

/* The bits that "/NN" behind an address leaves to hosts are cleared where they were clear. */
static void
keep_network(Str s, size_t end, const unsigned char *from, unsigned char *to, unsigned bytes)
{
    unsigned bits = 0;
    size_t at = end + 1;
    if (end >= s.n || s.p[end] != '/')
        return;
    while (at < s.n && at < end + 4 && isdigit((unsigned char)s.p[at]))
        bits = bits * 10 + (unsigned)(s.p[at++] - '0');
    if (at == end + 1 || bits > bytes * 8 || (at < s.n && isalnum((unsigned char)s.p[at])))
        return;
    for (unsigned i = bits; i < bytes * 8; i++)
        if (from[i / 8] >> (7 - i % 8) & 1)
            return;
    for (unsigned i = bits; i < bytes * 8; i++)
        to[i / 8] &= (unsigned char)~(1u << (7 - i % 8));
}

static void
map_v4(const Pseudonyms *p, const unsigned char from[4], unsigned char to[4])
{
    uint32_t key;
    memcpy(&key, from, sizeof key);
    Pseudonyms *cached = (Pseudonyms *)(uintptr_t)p;      /* a cache changes no answer */
    size_t slot = (key * 2654435761u) >> 20 & (CACHED - 1);
    if (cached->cache[slot].from == key && cached->cache[slot].to) {
        memcpy(to, &cached->cache[slot].to, 4);
        return;
    }
    memcpy(to, from, 4);
    identity_address(p, to, 4);
    cached->cache[slot].from = key;
    memcpy(&cached->cache[slot].to, to, 4);
}

/* An address at the offset, also as "ip-10-0-1-5" in names of machines. */
static size_t
take_v4(const Pseudonyms *p, Str s, size_t at, Buf *out)
{
    unsigned char from[4];
    unsigned char to[4];
    bool dashed = str_starts(str_from(s, at), STR("ip-"));
    size_t skip = dashed ? 3 : 0;
    size_t n = parse_v4(s, at + skip, dashed ? '-' : '.', from);
    if (!n)
        return 0;
    map_v4(p, from, to);
    keep_network(s, at + skip + n, from, to, 4);
    buf_printf(out, dashed ? "ip-%u-%u-%u-%u" : "%u.%u.%u.%u", to[0], to[1], to[2], to[3]);
    return skip + n;
}

static size_t
take_v6(const Pseudonyms *p, Str s, size_t at, Buf *out)
{
    char text[INET6_ADDRSTRLEN];
    unsigned char from[16];
    unsigned char to[16];
    size_t end = at;
    while (end < s.n && (isxdigit((unsigned char)s.p[end]) || s.p[end] == ':' || s.p[end] == '.'))
        end++;
    while (end > at && (s.p[end - 1] == '.' || (s.p[end - 1] == ':' && (end - at < 2 || s.p[end - 2] != ':'))))
        end--;
    if (end - at < 6 || end - at >= sizeof text || (end < s.n && isalnum((unsigned char)s.p[end])))
        return 0;
    memcpy(text, s.p + at, end - at);
    text[end - at] = '\0';
    if (inet_pton(AF_INET6, text, from) != 1)
        return 0;
    bool global = from[0] >> 5 == 1 || from[0] >> 1 == 0x7e;     /* 2000::/3, fc00::/7 */
    if (!global)
        return 0;
    memcpy(to, from, sizeof to);
    identity_address(p, to, 16);
    keep_network(s, end, from, to, 16);
    if (!inet_ntop(AF_INET6, to, text, sizeof text))
        return 0;
    buf_adds(out, text);
    return end - at;
}

static bool
ends_with_label(Str host, const char *suffix)
{
    size_t n = strlen(suffix);
    return host.n >= n && str_eq_nocase(str_from(host, host.n - n), str_of(suffix)) &&
           (host.n == n || host.p[host.n - n - 1] == '.');
}

static bool
is_nobodys(Str host)
{
    static const char *const HOSTS[] = {
#define HOST(suffix) suffix,
#include "collector/identity_hosts.def"
#undef HOST
    };
    for (size_t i = 0; i < sizeof HOSTS / sizeof *HOSTS; i++)
        if (ends_with_label(host, HOSTS[i]))
            return true;
    return false;
}

/* Whether a text with dots is a name of the DNS: by its last label. */
static bool
is_host(Str host)
{
    static const char *const SURE[] = {"com",  "net",  "org",   "edu",   "gov",      "mil",      "info",
                                       "biz",  "io",   "dev",   "app",   "cloud",    "internal", "corp",
                                       "lan",  "home", "local", "intranet", "private", "example", "tech",
                                       "localdomain", "online", "site", "ai", "eu", "uk"};
    static const char *const LONG[] = {"de", "fr", "nl", "ch", "at", "se", "fi", "dk", "es", "it",
                                       "pt", "be", "cz", "ru", "cn", "jp", "kr", "in", "br", "au",
                                       "ca", "mx", "za", "ie", "nz", "us", "co", "no", "tv"};
    size_t dot;
    size_t first;
    if (host.n > NAME_BYTES_MAX || !str_rfind_char(host, '.', &dot) || dot == 0)
        return false;
    Str last = str_from(host, dot + 1);
    for (size_t i = 0; i < sizeof SURE / sizeof *SURE; i++)
        if (str_eq_nocase(last, str_of(SURE[i])))
            return true;
    if (!str_find_char(host, '.', &first) || first == dot)
        return false;
    for (size_t i = 0; i < sizeof LONG / sizeof *LONG; i++)
        if (str_eq_nocase(last, str_of(LONG[i])))
            return true;
    return false;
}

/* Each label but the last one; machines that are named by their address still are. */
static void
add_host(const Pseudonyms *p, Str host, Buf *out)
{
    Str rest = host;
    for (Str label; str_cut(&rest, '.', &label);) {
        if (!rest.p || label.n == 0 || str_is(label, "*"))
            buf_add_str(out, label);
        else if (!str_starts(label, STR("ip-")) || !take_v4(p, label, 0, out))
            add_pseudonym(p, 'h', label, out);
        if (rest.p)
            buf_addc(out, '.');
    }
}

static size_t
take_host(const Pseudonyms *p, Str s, size_t at, Buf *out)
{
    size_t end = at;
    while (end < s.n && is_host_byte(s.p[end]))
        end++;
    while (end > at && (s.p[end - 1] == '.' || s.p[end - 1] == '-'))
        end--;
    Str host = str_sub(s, at, end - at);
    if (!is_host(host) || is_nobodys(host))
        return 0;
    add_host(p, host, out);
    return host.n;
}

static size_t
take_email(const Pseudonyms *p, Str s, size_t at, Buf *out)
{
    size_t sign = at;
    while (sign < s.n && sign - at < 64 && (isalnum((unsigned char)s.p[sign]) || strchr("._%+-", s.p[sign])) && s.p[sign])
        sign++;
    if (sign == at || sign >= s.n || s.p[sign] != '@')
        return 0;
    size_t end = sign + 1;
    while (end < s.n && is_host_byte(s.p[end]))
        end++;
    while (end > sign && (s.p[end - 1] == '.' || s.p[end - 1] == '-'))
        end--;
    Str host = str_sub(s, sign + 1, end - sign - 1);
    size_t dot;
    if (!str_find_char(host, '.', &dot) || !isalpha((unsigned char)host.p[host.n - 1]))
        return 0;
    add_pseudonym(p, 'u', str_sub(s, at, sign - at), out);
    buf_addc(out, '@');
    if (is_nobodys(host))
        buf_add_str(out, host);
    else
        add_host(p, host, out);
    return end - at;
}

static bool
is_kubernetes_own(Str name)
{
    return str_starts(name, STR("system:")) || str_starts(name, STR("<"));
}

bool
identity_user(const Pseudonyms *p, Str name, Buf *out)
{
    static const char *const NOBODY[] = {"root", "nobody", "anonymous", "unknown", "istio-proxy",
                                         "default", "none", "null", "admin", "kubernetes-admin"};
    size_t at;
    if (name.n == 0 || name.n > NAME_BYTES_MAX || is_kubernetes_own(name) || str_find_char(name, '/', &at) || str_find_char(name, '@', &at))
        return false;
    for (size_t i = 0; i < sizeof NOBODY / sizeof *NOBODY; i++)
        if (str_eq_nocase(name, str_of(NOBODY[i])))
            return false;
    bool letter = false;
    for (size_t i = 0; i < name.n; i++)
        letter |= isalpha((unsigned char)name.p[i]) != 0;
    if (!letter)
        return false;
    add_pseudonym(p, 'u', name, out);
    return true;
}

/* User "jane" of what Kubernetes refuses: the whole name, whatever it is made of. */
static size_t
take_refused_user(const Pseudonyms *p, Str s, size_t at, Buf *out)
{
    size_t value = at + 5;
    size_t slashes = value;
    if (!str_starts(str_from(s, at), STR("User ")))
        return 0;
    while (value < s.n && value - slashes < 16 && s.p[value] == '\\')
        value++;
    if (value >= s.n || s.p[value++] != '"')
        return 0;
    size_t end = value;
    while (end < s.n && end - value <= NAME_BYTES_MAX && (unsigned char)s.p[end] >= 0x20 && s.p[end] != '"' && s.p[end] != '\\')
        end++;
    Str name = str_sub(s, value, end - value);
    if (name.n == 0 || name.n > NAME_BYTES_MAX || end >= s.n || is_kubernetes_own(name))
        return 0;
    buf_add_str(out, str_sub(s, at, value - at));
    add_pseudonym(p, 'u', name, out);
    return end - at;
}

/* user=jane, "username":"jane" at the offset; bytes of it that are written to out. */
static size_t
take_user(const Pseudonyms *p, Str s, size_t at, Buf *out)
{
    static const char *const KEYS[] = {"user", "username", "user_name", "login", "logname"};
    size_t end = at;
    while (end < s.n && end - at < 12 && (isalpha((unsigned char)s.p[end]) || s.p[end] == '_'))
        end++;
    Str key = str_sub(s, at, end - at);
    bool known = false;
    for (size_t i = 0; i < sizeof KEYS / sizeof *KEYS; i++)
        known |= str_eq_nocase(key, str_of(KEYS[i]));
    if (!known)
        return 0;
    size_t value = end;
    while (value < s.n && value - end < 8 && (s.p[value] == '\\' || s.p[value] == '"'))
        value++;
    if (value >= s.n || (s.p[value] != '=' && s.p[value] != ':'))
        return 0;
    bool assigned = s.p[value++] == '=';
    while (value < s.n && value - end < 16 && (s.p[value] == ' ' || s.p[value] == '\\' || s.p[value] == '"' || s.p[value] == '\''))
        assigned |= s.p[value++] != ' ';
    size_t stop = value;
    while (stop < s.n && (is_host_byte(s.p[stop]) || strchr("_:@/+", s.p[stop])) && s.p[stop])
        stop++;
    bool line_ends = stop >= s.n || s.p[stop] == '\n' || s.p[stop] == '\r';
    CLEANUP(buf_done) Buf made = BUF_INIT(256);
    if ((!assigned && !line_ends) || !identity_user(p, str_sub(s, value, stop - value), &made))
        return 0;
    buf_add_str(out, str_sub(s, at, value - at));
    buf_add_str(out, buf_str(&made));
    return stop - at;
}

/* What begins at the offset, where no name goes on from before: bytes of it, or 0. */
static size_t
take_name(const Pseudonyms *p, Str s, size_t at, Buf *out)
{
    char c = s.p[at];
    size_t n = 0;
    if (str_starts(str_from(s, at), STR("ip-")))
        n = take_host(p, s, at, out);
    if (!n && (isdigit((unsigned char)c) || c == 'i'))
        n = take_v4(p, s, at, out);
    if (!n && isxdigit((unsigned char)c))
        n = take_v6(p, s, at, out);
    if (!n && c == 'U')
        n = take_refused_user(p, s, at, out);
    if (!n)
        n = take_email(p, s, at, out);
    if (!n)
        n = take_host(p, s, at, out);
    if (!n && strchr("uUlL", c))
        n = take_user(p, s, at, out);
    return n;
}

/* From `at` to `cut`; returns where it stopped, which may be behind the cut. */
static size_t
scan(const Pseudonyms *p, Str s, size_t at, size_t cut, Buf *out, bool *changed)
{
    while (at < cut) {
        char before = at > 0 ? s.p[at - 1] : ' ';
        /* A dash joins host names; an address may follow it. */
        bool wildcard = before == '.' && at > 1 && s.p[at - 2] == '*';
        bool joined = isalnum((unsigned char)before) || (before == '.' && !wildcard) ||
                      (before == '-' && !isdigit((unsigned char)s.p[at]));
        size_t from = out->n;
        size_t n = 0;
        if (isalnum((unsigned char)s.p[at]) && !joined)
            n = take_name(p, s, at, out);
        if (n) {
            *changed |= !str_eq(str_from(buf_str(out), from), str_sub(s, at, n));
            at += n;
        } else {
            buf_addc(out, s.p[at++]);
        }
    }
    return at;
}

bool
identity_text(const Pseudonyms *p, Str text, Buf *out)
{
    bool changed = false;
    (void)scan(p, text, 0, text.n, out, &changed);
    return changed;
}

bool
identity_replace(const Pseudonyms *p, Buf *text)
{
    Buf made = BUF_INIT(text->max_bytes);
    made.secret = text->secret;
    bool changed = identity_text(p, buf_str(text), &made);
    buf_done(text);
    *text = made;
    return changed;
}

void
identity_scan_init(IdentityScan *scan_state, const Pseudonyms *p, IdentitySink *sink, void *context)
{
    *scan_state = (IdentityScan){.pseudonyms = p, .sink = sink, .context = context};
    scan_state->held = BUF_INIT(WINDOW_BYTES);
    scan_state->out = BUF_INIT(SIZE_MAX);
}

void
identity_scan_done(IdentityScan *scan_state)
{
    buf_done(&scan_state->held);
    buf_done(&scan_state->out);
}

static Status
pass(IdentityScan *state, bool final, Err *err)
{
    Str text = buf_str(&state->held);
    bool changed = false;
    size_t cut = final ? text.n : text.n - AHEAD_BYTES;
    size_t done = scan(state->pseudonyms, text, state->before, cut, &state->out, &changed);
    TRY(buf_status(&state->out, err));
    state->before = done < CONTEXT_BYTES ? done : CONTEXT_BYTES;
    buf_consume(&state->held, done - state->before);
    Status status =
        state->out.n ? state->sink(state->context, state->out.data, state->out.n, err) : ST_OK;
    buf_clear(&state->out);
    return status;
}

Status
identity_scan_feed(IdentityScan *state, const char *bytes, size_t n, Err *err)
{
    if (!state->pseudonyms)
        return state->sink(state->context, bytes, n, err);
    while (n > 0) {
        size_t room = WINDOW_BYTES - state->held.n;
        size_t part = n < room ? n : room;
        buf_add(&state->held, bytes, part);
        TRY(buf_status(&state->held, err));
        if (state->held.n == WINDOW_BYTES)
            TRY(pass(state, false, err));
        bytes += part;
        n -= part;
    }
    return ST_OK;
}

Status
identity_scan_end(IdentityScan *state, Err *err)
{
    return state->held.n > state->before ? pass(state, true, err) : ST_OK;
}
