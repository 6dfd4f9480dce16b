/* SPDX-License-Identifier: Apache-2.0 */
/* redact_text.c -- one pass over a text that copies it but for its secrets.
 *
 * Only a handful of pairs of bytes can begin or announce a secret; all others are copied in
 * runs.  The text may be JSON: what is replaced never takes a quote with it.  A base64 text is
 * looked into, and put back encoded where something in it went. */
#include "collector/redact_private.h"

#include "base/cleanup.h"
#include "collector/base64.h"
#include "collector/byte_sets.h"
#include "collector/redact_assign.h"
#include "collector/redact_find.h"
#include "collector/redact_value.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY_LINE_MIN = 16,             /* of those that are looked for elsewhere */
    ESCAPED_BYTES_MIN = 8,
    PUBLIC_BYTES_MAX = 16 << 10,   /* of a certificate, with what a logger adds */
};

/* One window's pass. */
typedef struct {
    RedactTextState *state;
    Str s;
    size_t at;
    size_t kept;                   /* what stands from here to at is to be copied */
    size_t cut;                    /* stop here */
    bool final;
    Buf *out;
    bool changed;
    Buf plain;                     /* of the next base64 text */
    Encoded encoded;               /* at: SIZE_MAX: there is none */
    size_t look_from;              /* where to look for the next one */
    size_t end_at;                 /* the next END of a private key; SIZE_MAX: none */
    size_t body_at;                /* where its body begins, if its BEGIN is not there */
} Pass;

/* Copies what was passed over: before anything is told, since that is of the end of what was written. */
static void
keep(Pass *pass)
{
    buf_add(pass->out, pass->s.p + pass->kept, pass->at - pass->kept);
    pass->kept = pass->at;
}

/* Goes on at the end, and writes something instead of what stands before it. */
static void
drop(Pass *pass, size_t end, Str instead)
{
    keep(pass);
    buf_add_str(pass->out, instead);
    pass->at = pass->kept = end;
}

static Str
placeholder(RedactRule rule)
{
    return str_of(redact_placeholder(rule));
}

static void
tell(Pass *pass, RedactRule rule, SecretOrigin origin, Str value)
{
    const RedactWalk *walk = pass->state->walk;
    keep(pass);
    pass->changed = true;
    walk->on_hit(walk->context, &(RedactHit){rule, origin, value, pass->state->spot});
}

/* What a text hides, with its structure: true where it is not as it was. */
static bool
look_inside(Pass *pass, Str plain, Buf *out)
{
    RedactWalk deeper = *pass->state->walk;
    Status ignored = ST_OK;      /* out of memory shows in the buffers */
    deeper.depth++;
    deeper.parsed = false;
    out->secret = true;
    keep(pass);
    bool changed = redact_content(&deeper, plain, NULL, pass->state->spot, out, &ignored);
    pass->changed |= changed;
    return changed;
}

/* A private key opens here. */
static void
open_key(Pass *pass, size_t head)
{
    tell(pass, REDACT_PRIVATE_KEY, SECRET_BY_SHAPE, STR(""));
    redact_key_open(&pass->state->key, pass->s, pass->at);
    drop(pass, pass->at + head, placeholder(REDACT_PRIVATE_KEY));
}

/* One byte, or one secret, of what stands in or around an open key. */
static bool
step_in_key(Pass *pass)
{
    KeyState *key = &pass->state->key;
    bool ran = key->ran;
    Str digits;
    size_t head = redact_key_begins(pass->s, pass->at);
    if (head) {
        open_key(pass, head);
        return true;
    }
    size_t n = redact_key_take(key, pass->s, pass->at, &digits);
    if (!n)
        return false;
    if (digits.n >= KEY_LINE_MIN)
        tell(pass, REDACT_COUNT, SECRET_BY_SHAPE, digits);
    drop(pass, pass->at + n, ran ? STR("") : placeholder(REDACT_PRIVATE_KEY));
    pass->changed = true;
    if (pass->at == pass->s.n && !pass->final)
        pass->state->swallow = byte_sets[SET_BASE64];
    return true;
}

/* Where the body of a key begins whose BEGIN was lost. */
static void
next_end(Pass *pass)
{
    Str rest = str_from(pass->s, pass->at);
    size_t found = 0;
    size_t from = 0;
    pass->body_at = SIZE_MAX;
    pass->end_at = SIZE_MAX;
    while (str_find(str_from(rest, from), STR("-----END "), &found)) {
        size_t end = pass->at + from + found;
        from += found + 9;
        if (!redact_key_ends(pass->s, end))
            continue;
        pass->end_at = end;
        pass->body_at = redact_key_body(pass->s, 0, end);
        return;
    }
}

static void
add_hex(Str bytes, Buf *out)
{
    for (size_t i = 0; i < bytes.n; i++)
        buf_printf(out, "%02x", (unsigned char)bytes.p[i]);
}

/* Base64 in lines of so many digits. */
static void
add_lines(Str bytes, size_t digits, Buf *out)
{
    size_t part = digits / 4 * 3;
    for (size_t at = 0; at < bytes.n; at += part) {
        if (at > 0)
            buf_addc(out, '\n');
        base64_encode(str_sub(bytes, at, part), out);
    }
}

/* The rest of a secret that goes on behind the window. */
static void
drop_encoded(Pass *pass, const Encoded *encoded, Str instead)
{
    drop(pass, encoded->end, instead);
    if (pass->at == pass->s.n && !pass->final)
        pass->state->swallow = byte_sets[SET_TOKEN];
}

/* What a text shows that is not written: how much of it is secret. */
typedef struct {
    const RedactWalk *walk;
    size_t bytes;
} Secrets;

/* A value is to be known even where the text is taken for another one. */
static void
note_hit(void *context, const RedactHit *hit)
{
    Secrets *secrets = context;
    secrets->bytes += 1 + hit->value.n;
    secrets->walk->on_hit(secrets->walk->context, &(RedactHit){REDACT_COUNT, hit->origin, hit->value, NULL});
}

static size_t
secrets_inside(const Pass *pass, Str plain)
{
    CLEANUP(buf_done) Buf ignored = BUF_INIT(SIZE_MAX);
    Secrets secrets = {.walk = pass->state->walk};
    RedactWalk quiet = {.arena = secrets.walk->arena, .on_hit = note_hit, .context = &secrets,
                        .depth = secrets.walk->depth + 1};
    Status status = ST_OK;
    ignored.secret = true;
    (void)redact_content(&quiet, plain, NULL, NULL, &ignored, &status);
    return secrets.bytes;
}

/* Of lines that were joined, where the first so many are one text and those below another. */
static size_t
secrets_in_two(Pass *pass, const Encoded *joined, size_t lines, size_t *ret_end)
{
    Encoded rest;
    (void)redact_join_lines(pass->s, joined->at, lines, &pass->plain, ret_end);
    size_t count = secrets_inside(pass, buf_str(&pass->plain));
    size_t next = redact_next_line(pass->s, *ret_end);
    if (redact_find_encoded(pass->s, next, next + 1, &pass->plain, &rest) && rest.encoding != ENCODING_KEY_LINE)
        count += secrets_inside(pass, buf_str(&pass->plain));
    return count;
}

/* Whether the last line is the first of a text in lines, below one of a width that none is broken at. */
static bool
is_apart(Str s, const Encoded *joined)
{
    enum { WIDTH_MAX = 76, WIDTH_MIN = 60 };
    size_t first = run_of(s, joined->at, byte_sets[SET_BASE64]);
    size_t next = redact_next_line(s, joined->end);
    size_t last = joined->end;
    while (last > joined->at && byte_sets[SET_BASE64][(unsigned char)s.p[last - 1]])
        last--;
    size_t n = joined->end - last;
    size_t below = run_of(s, next, byte_sets[SET_BASE64]) - next;
    return first - joined->at > WIDTH_MAX && n >= WIDTH_MIN && n % 4 == 0 && redact_break_at(s, joined->end) &&
           below > 0 && below <= n;
}

/* Lines that were joined may be of two texts: of many the last, or all but the first, are of another
 * one.  They are divided so that the most of them is secret. */
static void
divide_lines(Pass *pass, Encoded *joined)
{
    enum { FEW_LINES = 6 };       /* any of which may begin another text */
    size_t most = secrets_inside(pass, buf_str(&pass->plain));
    Encoded best = *joined;
    for (size_t lines = joined->lines - 1; lines > 0; lines--) {
        size_t end;
        size_t count = secrets_in_two(pass, joined, lines, &end);
        if (count > most) {
            best.lines = lines;
            most = count;
        }
        if (joined->lines > FEW_LINES && lines > 2)
            lines = 2;
    }
    if (is_apart(pass->s, joined))
        best.lines = joined->lines - 1;
    (void)redact_join_lines(pass->s, best.at, best.lines, &pass->plain, &best.end);
    *joined = best;
}

/* What is encoded there, and put back so without its secrets; false where it shows none. */
static bool
pass_text(Pass *pass, Encoded *encoded)
{
    CLEANUP(buf_done) Buf inside = BUF_INIT(SIZE_MAX);
    size_t newline;
    if (encoded->lines > 1)
        divide_lines(pass, encoded);
    pass->look_from = encoded->end;
    if (!look_inside(pass, buf_str(&pass->plain), &inside))
        return false;
    Str text = str_sub(pass->s, encoded->at, encoded->end - encoded->at);
    CLEANUP(buf_done) Buf again = BUF_INIT(SIZE_MAX);
    if (encoded->encoding == ENCODING_HEX)
        add_hex(buf_str(&inside), &again);
    else if (encoded->lines > 1 && str_find_char(text, '\n', &newline))
        add_lines(buf_str(&inside), newline, &again);
    else
        base64_encode(buf_str(&inside), &again);
    drop(pass, encoded->end, buf_str(&again));
    return true;
}

/* What a packed or encoded text becomes: itself, or without its secrets, or a placeholder.  False
 * where nothing was written. */
static bool
pass_encoded(Pass *pass, Encoded *encoded)
{
    Str text = str_sub(pass->s, encoded->at, encoded->end - encoded->at);
    Str plain = buf_str(&pass->plain);
    pass->look_from = encoded->end;
    if (encoded->encoding == ENCODING_KEY_LINE) {
        pass->look_from = encoded->at + 1;
        if (encoded->at < pass->state->public_end)
            return false;
        open_key(pass, 0);
    } else if (redact_is_opaque(plain)) {
        CLEANUP(buf_done) Buf again = BUF_INIT(SIZE_MAX);
        keep(pass);
        pass->changed |= redact_packed(pass->state->walk, text, plain, pass->state->spot, &again);
        drop_encoded(pass, encoded, buf_str(&again));
    } else if (redact_is_der_key(plain)) {
        tell(pass, REDACT_PRIVATE_KEY, SECRET_BY_SHAPE, text);
        redact_key_open(&pass->state->key, pass->s, pass->at);
        drop_encoded(pass, encoded, placeholder(REDACT_PRIVATE_KEY));
    } else {
        return pass_text(pass, encoded);
    }
    return true;
}

/* A URL's escapes undone, in place; false where there are none. */
static bool
unescape(Str text, Buf *out)
{
    bool any = false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '%' && i + 2 < text.n && isxdigit((unsigned char)text.p[i + 1]) &&
            isxdigit((unsigned char)text.p[i + 2])) {
            char digits[3] = {text.p[i + 1], text.p[i + 2], '\0'};
            buf_addc(out, (char)strtoul(digits, NULL, 16));
            explicit_bzero(digits, sizeof digits);
            any = true;
            i += 2;
        } else {
            buf_addc(out, text.p[i]);
        }
    }
    return any;
}

static void
add_escaped(Str text, Buf *out)
{
    for (size_t i = 0; i < text.n; i++) {
        if (byte_sets[SET_NAME][(unsigned char)text.p[i]] || (text.p[i] && strchr("~+<>:", text.p[i])))
            buf_addc(out, text.p[i]);
        else
            buf_printf(out, "%%%02X", (unsigned char)text.p[i]);
    }
}

/* A text that is escaped as in URLs is looked into as base64 is.  What stands before its first
 * escape was passed on already.  False: nothing in it. */
static bool
pass_escaped(Pass *pass)
{
    const bool *set = byte_sets[SET_PERCENT];
    Str s = pass->s;
    size_t begin = pass->at;
    size_t end = run_of(s, pass->at, set);
    while (begin > 0 && pass->at - begin < REDACT_CONTEXT_BYTES / 2 && set[(unsigned char)s.p[begin - 1]] &&
           s.p[begin - 1] != '%')
        begin--;
    if (pass->state->walk->depth >= REDACT_DEPTH_MAX || end - pass->at < ESCAPED_BYTES_MIN)
        return false;
    if (end - pass->at > REDACT_AHEAD_BYTES)
        end = pass->at + REDACT_AHEAD_BYTES;
    CLEANUP(buf_done) Buf plain = BUF_INIT(SIZE_MAX);
    CLEANUP(buf_done) Buf clean = BUF_INIT(SIZE_MAX);
    plain.secret = true;
    if (!unescape(str_sub(s, begin, end - begin), &plain) ||
        !look_inside(pass, buf_str(&plain), &clean))
        return false;
    size_t same = 0;
    while (same < pass->at - begin && same < clean.n && clean.data[same] == s.p[begin + same])
        same++;
    CLEANUP(buf_done) Buf again = BUF_INIT(SIZE_MAX);
    add_escaped(str_from(buf_str(&clean), same), &again);
    drop(pass, end, buf_str(&again));
    return true;
}

static void
next_encoded(Pass *pass)
{
    pass->look_from = SIZE_MAX;
    if (pass->state->walk->depth < REDACT_DEPTH_MAX &&
        redact_find_encoded(pass->s, pass->at, pass->cut, &pass->plain, &pass->encoded))
        pass->look_from = pass->encoded.at + 1;
    else
        pass->encoded.at = SIZE_MAX;
}

static inline bool
may_start(Str s, size_t at)
{
    unsigned char next = at + 1 < s.n ? (unsigned char)s.p[at + 1] : 0;
    return redact_triggers[(unsigned char)s.p[at]][next];
}

/* The values of a printed Secret, each by itself. */
static void
tell_tokens(Pass *pass, Str section)
{
    for (size_t at = 0; at < section.n; at++) {
        size_t end = run_of(section, at, byte_sets[SET_TOKEN]);
        bool key = end < section.n && section.p[end] == ':';
        if (end - at >= KEY_LINE_MIN / 2 && !key)
            tell(pass, REDACT_COUNT, SECRET_BY_SHAPE, str_sub(section, at, end - at));
        at = end;
    }
}

static void
add_quote(Buf *out, unsigned quotes)
{
    for (unsigned i = 1; i < quotes; i++)
        buf_addc(out, '\\');
    if (quotes)
        buf_addc(out, '"');
}

static void
replace(Pass *pass, const TextHit *hit)
{
    Str value = str_sub(pass->s, hit->at, hit->end - hit->at);
    pass->at = hit->at;
    if (hit->parts)
        tell_tokens(pass, value);
    tell(pass, hit->rule, hit->origin, value);
    drop(pass, hit->end, STR(""));
    add_quote(pass->out, hit->quotes);
    buf_add_str(pass->out, placeholder(hit->rule));
    add_quote(pass->out, hit->quotes);
    if (hit->end == pass->s.n && !pass->final)
        pass->state->swallow = hit->bytes;
}

/* A marker of PEM at the offset: true where something of it goes. */
static bool
pass_marker(Pass *pass)
{
    RedactTextState *state = pass->state;
    size_t head = redact_key_begins(pass->s, pass->at);
    if (head) {
        open_key(pass, head);
        return true;
    }
    if (redact_public_begins(pass->s, pass->at))
        state->public_end = pass->at + PUBLIC_BYTES_MAX;
    else if (str_starts(str_from(pass->s, pass->at), STR("-----END ")))
        state->public_end = 0;
    head = redact_key_ends(pass->s, pass->at);
    if (!head)
        return false;
    tell(pass, REDACT_PRIVATE_KEY, SECRET_BY_SHAPE, STR(""));
    drop(pass, pass->at + head, placeholder(REDACT_PRIVATE_KEY));
    return true;
}

/* At a place of interest. */
static void
look(Pass *pass)
{
    Str s = pass->s;
    bool starts = may_start(s, pass->at);
    bool is_encoded = pass->at == pass->encoded.at;
    Encoded encoded = pass->encoded;
    TextHit hit;
    if (is_encoded)
        pass->encoded.at = SIZE_MAX;
    if (starts && (s.p[pass->at] == '-' || s.p[pass->at] == 'P') && pass_marker(pass))
        return;
    if (starts && redact_find(s, pass->at, &hit) && !(pass->state->walk->parsed && hit.nested)) {
        replace(pass, &hit);
        return;
    }
    if (!(is_encoded && pass_encoded(pass, &encoded)) && !(s.p[pass->at] == '%' && pass_escaped(pass)))
        pass->at++;
}

/* Copies what is plain, up to the next place of interest; there it looks. */
static void
step(Pass *pass)
{
    Str s = pass->s;
    size_t stop = pass->encoded.at < pass->cut ? pass->encoded.at : pass->cut;
    if (pass->body_at >= pass->at && pass->body_at < stop)
        stop = pass->body_at;
    while (pass->at < stop && !may_start(s, pass->at))
        pass->at++;
    if (pass->at >= pass->cut)
        return;
    if (pass->at == pass->body_at && pass->body_at < pass->end_at) {
        open_key(pass, 0);
        pass->body_at = SIZE_MAX;
        return;
    }
    look(pass);
}

/* The whole window; tells whether anything changed. */
static bool
scan(RedactTextState *state, Str s, bool final, Buf *out, size_t *ret_used)
{
    redact_find_init();
    Pass pass = {.state = state, .s = s, .at = state->before, .kept = state->before, .final = final, .out = out,
                 .encoded.at = SIZE_MAX, .body_at = SIZE_MAX};
    pass.cut = final || s.n < REDACT_AHEAD_BYTES ? s.n : s.n - REDACT_AHEAD_BYTES;
    pass.plain = BUF_INIT(SIZE_MAX);
    pass.plain.secret = true;
    while (pass.at < pass.cut) {
        if (pass.at >= pass.look_from)
            next_encoded(&pass);
        if (pass.at >= pass.end_at && pass.end_at != SIZE_MAX)
            next_end(&pass);
        if (pass.body_at < pass.at)                     /* went as a part of something else */
            pass.body_at = redact_key_body(s, pass.at, pass.end_at);
        if (state->swallow) {
            drop(&pass, run_of(s, pass.at, state->swallow), STR(""));
            if (pass.at < s.n)
                state->swallow = NULL;
        } else if (!state->key.open) {
            step(&pass);
        } else if (!step_in_key(&pass)) {
            look(&pass);
        }
    }
    buf_done(&pass.plain);
    drop(&pass, pass.at, STR(""));
    size_t done = pass.at < s.n ? pass.at : s.n;
    state->before = done < REDACT_CONTEXT_BYTES ? done : REDACT_CONTEXT_BYTES;
    *ret_used = done - state->before;
    state->public_end = state->public_end > *ret_used ? state->public_end - *ret_used : 0;
    return pass.changed;
}

void
redact_text(RedactTextState *state, Str s, bool final, Buf *out, size_t *ret_used)
{
    (void)scan(state, s, final, out, ret_used);
}

bool
redact_whole_text(const RedactWalk *walk, Str text, const RedactSpot *spot, Buf *out)
{
    RedactTextState state = {.walk = walk, .spot = spot};
    size_t used;
    return scan(&state, text, true, out, &used);
}
