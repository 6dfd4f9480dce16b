/* SPDX-License-Identifier: Apache-2.0 */
/* redact_find.c -- secrets that show what they are: tokens, credentials of headers and URLs. */
#include "collector/redact_find.h"

#include "base/ascii.h"
#include "collector/base64.h"
#include "collector/byte_sets.h"
#include "collector/redact_argument.h"
#include "collector/redact_assign.h"
#include "collector/redact_key.h"
#include "collector/redact_phrase.h"
#include "collector/redact_sentence.h"
#include "collector/redact_section.h"
#include "collector/redact_url.h"
#include "collector/redact_value.h"
#include "collector/secret_name.h"

#include <ctype.h>
#include <string.h>

enum { ENCODED_DIGITS_MIN = 24, LINE_DIGITS_MIN = 60, LINES_DIGITS_MAX = 6 << 10, SHORT_PREFIX = 2 };

bool redact_triggers[256][256];

static const struct {
    Str prefix;
    ByteSet set;
    size_t least;
} TOKENS[] = {
#define TOKEN(prefix, alphabet, least, issuer) {STR_INIT(prefix), SET_##alphabet, least},
#include "collector/redact_tokens.def"
#undef TOKEN
};
enum { TOKEN_COUNT = sizeof TOKENS / sizeof *TOKENS };
_Static_assert(TOKEN_COUNT < 255, "indices are bytes");

/* Tokens by their first byte: index + 1 of the first, and of the one behind each. */
static uint8_t first_token[256];
static uint8_t next_token[TOKEN_COUNT];

/* The first byte of every other shape, and what may follow it; "" for anything. */
static const struct {
    char first;
    const char *next;
} STARTS[] = {
    {'-', "-upawPUW"}, {'e', "yxc"}, {'t', "o"}, {'B', "eEaA"}, {'b', "eEaA"}, {'N', "eE"}, {'T', "oO"},
    {':', ""}, {'=', ""}, {'%', "0123456789abcdefABCDEF"}, {'>', ""}, {' ', "'\">"}, {'p', "a"},
    {'"', ","}, {'\'', ","}, {'(', "'\""}, {'s', "q \t"}, {'d', " \t"}, {'w', " \t"}, {'h', " \t"},
    {'P', "raA"}, {'y', " \t"}, {'Y', " \t"}, {'D', " \t"}, {'i', "m"},
    {'.', "0123456789abcdefghijklmnopqrstuvwxyz"},
    {'v', " \t"}, {'V', " \t"},
};

void
redact_find_init(void)
{
    if (redact_triggers['='][0])
        return;
    byte_sets_init();
    for (size_t i = 0; i < TOKEN_COUNT; i++) {
        unsigned char first = (unsigned char)TOKENS[i].prefix.p[0];
        redact_triggers[first][(unsigned char)TOKENS[i].prefix.p[1]] = true;
        next_token[i] = first_token[first];
        first_token[first] = (uint8_t)(i + 1);
    }
    for (size_t i = 0; i < sizeof STARTS / sizeof *STARTS; i++) {
        bool *row = redact_triggers[(unsigned char)STARTS[i].first];
        for (int c = 0; c < 256; c++)
            row[c] |= !*STARTS[i].next || (c && strchr(STARTS[i].next, c));
    }
}

static bool
starts_word(Str s, size_t at)
{
    return at == 0 || !isalnum((unsigned char)s.p[at - 1]);
}

/* eyJ header . payload . signature; a log may have cut the signature off */
static bool
find_jwt(Str s, size_t at, TextHit *ret)
{
    if (!str_starts(str_from(s, at), STR("eyJ")) || !starts_word(s, at))
        return false;
    size_t end = run_of(s, at, byte_sets[SET_TOKEN]);
    Str token = str_sub(s, at, end - at);
    size_t first;
    size_t second;
    if (!str_find_char(token, '.', &first) || first < 8)
        return false;
    Str payload = str_from(token, first + 1);
    if (!str_find_char(payload, '.', &second) && !str_starts(payload, STR("eyJ")) && end < s.n)
        return false;
    *ret = (TextHit){at, end, REDACT_JWT, SECRET_BY_SHAPE, byte_sets[SET_TOKEN], 0, false, false};
    return true;
}

/* "user:password" in base64 */
static bool
is_basic(Str token)
{
    CLEANUP(buf_done) Buf plain = BUF_INIT(4096);
    size_t colon;
    plain.secret = true;
    return base64_decode(token, &plain) && base64_is_text(buf_str(&plain)) &&
           str_find_char(buf_str(&plain), ':', &colon);
}

static bool
find_scheme(Str s, size_t at, TextHit *ret)
{
    static const char *const SCHEMES[] = {"bearer", "basic", "negotiate", "token"};
    size_t begin = 0;
    if (!starts_word(s, at) || (s.p[at] == 't' && !str_starts(str_from(s, at), STR("token "))))
        return false;
    for (size_t i = 0; i < sizeof SCHEMES / sizeof *SCHEMES && !begin; i++) {
        size_t n = strlen(SCHEMES[i]);
        Str behind = str_from(s, at + n);
        if (!str_eq_nocase(str_sub(s, at, n), str_of(SCHEMES[i])))
            continue;
        if (str_starts(behind, STR(" ")))
            begin = at + n + 1;
        else if (str_starts(behind, STR("%20")))
            begin = at + n + 3;
    }
    if (!begin)
        return false;
    size_t end = run_of(s, begin, byte_sets[SET_TOKEN]);
    Str token = str_sub(s, begin, end - begin);
    if (!secret_value_likely(token) && !is_basic(token))
        return false;
    *ret = (TextHit){begin, end, REDACT_BEARER, SECRET_BY_STRUCTURE, byte_sets[SET_TOKEN], 0, false, false};
    return true;
}

/* Digits, or letters of both cases: no word of a language. */
static bool
is_mixed(Str s)
{
    bool lower = false;
    bool upper = false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (isdigit(c))
            return true;
        lower |= islower(c) != 0;
        upper |= isupper(c) != 0;
    }
    return lower && upper;
}

/* All of these: no name of a program. */
static bool
is_scrambled(Str s)
{
    bool kinds[3] = {false, false, false};
    for (size_t i = 0; i < s.n; i++) {
        kinds[0] |= isdigit((unsigned char)s.p[i]) != 0;
        kinds[1] |= islower((unsigned char)s.p[i]) != 0;
        kinds[2] |= isupper((unsigned char)s.p[i]) != 0;
    }
    return kinds[0] && kinds[1] && kinds[2];
}

static bool
find_token(Str s, size_t at, TextHit *ret)
{
    if (at + 1 >= s.n)
        return false;
    for (unsigned i = first_token[(unsigned char)s.p[at]]; i; i = next_token[i - 1]) {
        Str prefix = TOKENS[i - 1].prefix;
        const bool *set = byte_sets[TOKENS[i - 1].set];
        if (s.p[at + 1] != prefix.p[1] || !str_starts(str_from(s, at), prefix) || !starts_word(s, at))
            continue;
        size_t begin = at + prefix.n;
        size_t end = run_of(s, begin, set);
        Str rest = str_sub(s, begin, end - begin);
        if (rest.n < TOKENS[i - 1].least || !is_mixed(rest) || (prefix.n <= SHORT_PREFIX && !is_scrambled(rest)))
            continue;
        *ret = (TextHit){at, end, REDACT_CLOUD_KEY, SECRET_BY_SHAPE, set, 0, false, false};
        return true;
    }
    return false;
}

/* 123456789:AA..., of a Telegram bot */
static bool
find_bot_token(Str s, size_t at, TextHit *ret)
{
    size_t digits = 0;
    while (digits < 12 && digits < at && isdigit((unsigned char)s.p[at - digits - 1]))
        digits++;
    if (digits < 8 || !str_starts(str_from(s, at + 1), STR("AA")))
        return false;
    size_t end = run_of(s, at + 1, byte_sets[SET_WORD]);
    *ret = (TextHit){at + 1, end, REDACT_CLOUD_KEY, SECRET_BY_SHAPE, byte_sets[SET_WORD], 0, false, false};
    return end - at - 1 >= 30;
}

/* 6 and 16 letters and digits, of kubeadm: at stands on the dot.  Names of events end in 16
 * hexadecimal digits. */
static bool
find_bootstrap_token(Str s, size_t at, TextHit *ret)
{
    enum { ID_BYTES = 6, SECRET_BYTES = 16 };
    size_t end = at + 1 + SECRET_BYTES;
    if (at < ID_BYTES || end > s.n || (end < s.n && (isalnum((unsigned char)s.p[end]) || strchr(".-_", s.p[end]))) ||
        (at > ID_BYTES && (isalnum((unsigned char)s.p[at - ID_BYTES - 1]) || strchr(".-_/", s.p[at - ID_BYTES - 1]))))
        return false;
    bool digit = false;
    bool letter = false;
    for (size_t i = at - ID_BYTES; i < end; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (i == at)
            continue;
        if (!islower(c) && !isdigit(c))
            return false;
        digit |= i > at && isdigit(c);
        letter |= i > at && c > 'f';
    }
    *ret = (TextHit){at - ID_BYTES, end, REDACT_CLOUD_KEY, SECRET_BY_SHAPE, byte_sets[SET_ALNUM], 0, false, false};
    ret->at = at + 1;
    return digit && letter;
}

static bool
is_quote_at(Str s, size_t at)
{
    return at < s.n && (s.p[at] == '\'' || s.p[at] == '"');
}

/* One of the colons of 08:05:15. */
static bool
is_time(Str s, size_t at)
{
    return at >= 2 && at + 3 < s.n && isdigit((unsigned char)s.p[at - 1]) &&
           isdigit((unsigned char)s.p[at - 2]) && isdigit((unsigned char)s.p[at + 1]) &&
           isdigit((unsigned char)s.p[at + 2]) &&
           (s.p[at + 3] == ':' || (at >= 3 && s.p[at - 3] == ':'));
}

bool
redact_find(Str s, size_t at, TextHit *ret)
{
    if (find_token(s, at, ret))
        return true;
    switch (s.p[at]) {
    case 'e':
        return s.p[at + 1] == 'c' ? redact_echo(s, at, ret) : find_jwt(s, at, ret) || redact_login(s, at, ret);
    case 'B':
    case 'b':
    case 'N':
    case 'T':
    case 't':
        return find_scheme(s, at, ret);
    case ':':
        if (is_time(s, at))
            return false;
        if (str_starts(str_from(s, at), STR("://")))
            return redact_url(s, at, ret);
        return redact_assignment(s, at, at + 1, ret) || redact_section(s, at, ret) ||
               redact_dsn(s, at, ret) || find_bot_token(s, at, ret) ||
               (at + 1 < s.n && (isdigit((unsigned char)s.p[at + 1]) || s.p[at + 1] == '*') &&
                redact_pgpass(s, at, ret));
    case '=':
        return redact_assignment(s, at, at + 1, ret) || (is_quote_at(s, at + 1) && redact_quoted_word(s, at, ret));
    case '-':
        return redact_option(s, at, ret);
    case '>':
        return redact_element(s, at, ret);
    case '(':
        return redact_quoted_word(s, at, ret);
    case ' ':
        return s.p[at + 1] == '>' ? redact_acl(s, at, ret) : redact_quoted_word(s, at, ret);
    case '"':
    case '\'':
        return redact_pair(s, at, ret);
    case 'p':
    case 'P':
        return redact_netrc(s, at, ret) || redact_announced(s, at, ret);
    case 'v':
    case 'V':
        return redact_environment(s, at, ret);
    case '.':
        return find_bootstrap_token(s, at, ret);
    case 's':
        return str_starts(str_from(s, at), STR("sq")) ? redact_login(s, at, ret) : redact_entry(s, at, ret);
    case 'i':
        return redact_login(s, at, ret);
    case 'd':
    case 'D':
    case 'h':
    case 'w':
    case 'y':
    case 'Y':
        return redact_entry(s, at, ret);
    default:
        return false;
    }
}

/* What is worth a look inside: text, or a key, or something compressed. */
static bool
is_content(Str plain)
{
    return plain.n >= ENCODED_DIGITS_MIN / 4 * 3 &&
           (base64_is_text(plain) || redact_is_opaque(plain) || redact_is_der_key(plain));
}

/* Whether the first digits of a run decode to the beginning of any content. */
static bool
begins_content(const char *digits)
{
    char bytes[9];
    for (size_t i = 0; i < 3; i++) {
        uint32_t bits = 0;
        for (size_t k = 0; k < 4; k++)
            bits = bits << 6 | (uint32_t)base64_value(digits[i * 4 + k]);
        bytes[i * 3] = (char)(bits >> 16);
        bytes[i * 3 + 1] = (char)(bits >> 8 & 0xff);
        bytes[i * 3 + 2] = (char)(bits & 0xff);
    }
    bool text = true;
    for (size_t i = 0; i < 6 && text; i++)
        text = isprint((unsigned char)bytes[i]) || bytes[i] == '\n' || bytes[i] == '\t' || bytes[i] == '\x1b';
    Str begin = {bytes, sizeof bytes};
    return text || redact_is_opaque(begin) || redact_is_der_key(begin);
}

/* Whether the plain bytes are content, or begin with it where something else was written on behind
 * the digits of them: then these are all of it. */
static bool
take_content(Buf *plain, size_t begin, size_t *end)
{
    Str all = buf_str(plain);
    if (is_content(all))
        return true;
    size_t n = base64_text_bytes(all) / 3 * 3;
    if (n < ENCODED_DIGITS_MIN / 4 * 3)
        return false;
    plain->n = n;
    *end = begin + n / 3 * 4;
    return true;
}

/* The part of a run that decodes, wherever in it the base64 begins. */
static bool
decode_run(Str s, Encoded *run, Buf *plain)
{
    size_t begin = run->at;
    size_t end = run->end;
    for (size_t skip = 0; skip < 4 && end - begin - skip >= ENCODED_DIGITS_MIN; skip++) {
        if (!begins_content(s.p + begin + skip))
            continue;
        size_t n = end - begin - skip;
        buf_clear(plain);
        if (n % 4 == 1)
            n--;
        run->at = begin + skip;
        if (base64_decode(str_sub(s, run->at, n), plain) && take_content(plain, run->at, &run->end))
            return true;
    }
    run->at = begin;
    return false;
}

/* Hexadecimal digits of a text, all of a run but for "0x" before them. */
static bool
decode_hex(Str s, size_t begin, size_t end, Buf *plain, size_t *ret_at)
{
    if (end - begin > 2 && s.p[begin] == '0' && (s.p[begin + 1] | 0x20) == 'x')
        begin += 2;
    if ((end - begin) % 2 || end - begin < ENCODED_DIGITS_MIN)
        return false;
    buf_clear(plain);
    for (size_t i = begin; i < end; i += 2) {
        int high = ascii_hex_value(s.p[i]);
        int low = ascii_hex_value(s.p[i + 1]);
        int byte = high * 16 + low;
        bool text = byte >= 0x20 || byte == '\n' || byte == '\t' || byte == '\r' || byte == '\x1b';
        if (high < 0 || low < 0 || !text)
            return false;
        buf_addc(plain, (char)byte);
    }
    if (!base64_is_text(buf_str(plain)))
        return false;
    *ret_at = begin;
    return true;
}

size_t
redact_next_line(Str s, size_t end)
{
    size_t at = end + redact_break_at(s, end);
    at += redact_stamp(str_sub(s, at, 64));
    return redact_skip_blanks(s, at);
}

size_t
redact_join_lines(Str s, size_t begin, size_t most, Buf *plain, size_t *ret_end)
{
    size_t end = run_of(s, begin, byte_sets[SET_BASE64]);
    size_t n = end - begin;
    size_t lines = 1;
    buf_clear(plain);
    if (n < LINE_DIGITS_MIN || n % 4 || !base64_decode(str_sub(s, begin, n), plain))
        return 0;
    for (size_t at = end; lines < most && at - begin < LINES_DIGITS_MAX && redact_break_at(s, at); lines++) {
        at = redact_next_line(s, at);
        size_t stop = run_of(s, at, byte_sets[SET_BASE64]);
        size_t padded = stop;
        while (padded < s.n && s.p[padded] == '=')
            padded++;
        if (stop == at || padded - at > n || !base64_decode(str_sub(s, at, padded - at), plain))
            break;
        if (stop - at < n)
            most = 0;                                   /* the last line of it */
        end = at = padded;
    }
    *ret_end = end;
    return lines;
}

/* As many lines as are a text together: what is below may be of another one. */
static size_t
decode_lines(Str s, size_t begin, size_t *end, Buf *plain)
{
    size_t stop;
    size_t lines = redact_join_lines(s, begin, SIZE_MAX, plain, &stop);
    if (lines > 2 && !base64_is_text(buf_str(plain)))
        lines = redact_join_lines(s, begin, lines - 1, plain, &stop);
    if (lines < 2 || !base64_is_text(buf_str(plain)))
        return 0;
    *end = stop;
    return lines;
}

static bool
decode_any(Str s, size_t begin, size_t end, Buf *plain, Encoded *ret)
{
    *ret = (Encoded){ENCODING_BASE64_LINES, begin, end, 0};
    ret->lines = decode_lines(s, begin, &ret->end, plain);
    if (ret->lines)
        return true;
    ret->encoding = ENCODING_HEX;
    if (decode_hex(s, begin, end, plain, &ret->at))
        return true;
    ret->encoding = ENCODING_BASE64;
    if (decode_run(s, ret, plain))
        return true;
    ret->encoding = ENCODING_KEY_LINE;
    return redact_key_line(s, begin, end);
}

bool
redact_find_encoded(Str s, size_t at, size_t limit, Buf *plain, Encoded *ret)
{
    const bool *set = byte_sets[SET_BASE64];
    /* A run of that many digits has one at every place that is a multiple of them. */
    for (size_t probe = at + ENCODED_DIGITS_MIN - 1;
         probe < s.n && probe < limit + ENCODED_DIGITS_MIN; probe += ENCODED_DIGITS_MIN) {
        if (!set[(unsigned char)s.p[probe]])
            continue;
        size_t begin = probe;
        while (begin > at && set[(unsigned char)s.p[begin - 1]])
            begin--;
        size_t end = run_of(s, probe, set);
        if (begin >= limit)
            return false;
        if (end - begin >= ENCODED_DIGITS_MIN && decode_any(s, begin, end, plain, ret)) {
            while (ret->end < s.n && s.p[ret->end] == '=')
                ret->end++;
            return true;
        }
        probe = end > probe + 1 ? end - 1 : probe;
    }
    return false;
}
