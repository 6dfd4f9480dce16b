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

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY_BYTES_MAX = 64 << 10,      /* a longer "private key" is something else */
    KEY_LINE_MIN = 16,             /* of those that are looked for elsewhere */
    ESCAPED_BYTES_MIN = 8,
};

/* One window's pass. */
typedef struct {
    RedactTextState *state;
    Str s;
    size_t at;
    size_t cut;                    /* stop here */
    bool final;
    Buf *out;
    bool changed;
    Buf plain;                     /* of the next base64 text */
    size_t encoded_at;             /* where it begins; SIZE_MAX: none */
    size_t encoded_end;
    size_t look_from;              /* where to look for the next one */
} Pass;

static void
tell(Pass *pass, RedactRule rule, SecretOrigin origin, Str value)
{
    const RedactWalk *walk = pass->state->walk;
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
    out->secret = true;
    bool changed = redact_content(&deeper, plain, NULL, pass->state->spot, out, &ignored);
    pass->changed |= changed;
    return changed;
}

/* -----BEGIN ... PRIVATE KEY-----, also of PGP and PuTTY: bytes of that line, 0 for none */
static size_t
key_begins(Str s, size_t at)
{
    size_t word;
    size_t close;
    Str line = str_sub(s, at, 80);
    if (!str_starts(line, STR("-----BEGIN ")) || !str_find(line, STR("PRIVATE KEY"), &word))
        return 0;
    if (!str_find(str_from(line, word), STR("-----"), &close))
        return 0;
    return word + close + 5;
}

/* A line of the inside of a key: base64, a header, or nothing; before it maybe a stamp. */
static bool
is_key_line(Str line, Str *ret_digits)
{
    static const char *const HEADERS[] = {"Proc-Type:", "DEK-Info:", "Version:", "Comment:",
                                          "Charset:", "Hash:"};
    size_t space;
    line = str_trim(line);
    if (str_find_char(line, ' ', &space) && space >= 20 && isdigit((unsigned char)line.p[0]))
        line = str_trim(str_from(line, space));
    *ret_digits = line;
    for (size_t i = 0; i < sizeof HEADERS / sizeof *HEADERS; i++)
        if (str_starts(line, str_of(HEADERS[i])))
            return true;
    for (size_t i = 0; i < line.n; i++)
        if (!isalnum((unsigned char)line.p[i]) && !strchr("+/=", line.p[i]))
            return false;
    return true;
}

/* Where a line of a key ends: at a line's end, escaped or not, at a quote or a tag. */
static size_t
key_line_end(Str s, size_t at)
{
    while (at < s.n && s.p[at] != '\n' && s.p[at] != '"' && s.p[at] != '\'' && s.p[at] != '<' &&
           s.p[at] != '\\' && s.p[at] != ',' && s.p[at] != '}')
        at++;
    return at;
}

/* The end of a line: "\n", "\\n", "\\\\n", "\\r\\n" and so on.  Bytes of it, or 0. */
static size_t
line_break(Str s, size_t at)
{
    size_t end = at;
    if (end < s.n && s.p[end] == '\n')
        return 1;
    while (end < s.n && s.p[end] == '\\')
        end++;
    if (end == at || end >= s.n || (s.p[end] != 'n' && s.p[end] != 'r'))
        return 0;
    end++;
    return s.p[end - 1] == 'r' ? end - at + line_break(s, end) : end - at;
}

/* Drops one line of a private key. */
static void
drop_key_line(Pass *pass)
{
    RedactTextState *state = pass->state;
    Str s = pass->s;
    size_t end = key_line_end(s, pass->at);
    Str line = str_sub(s, pass->at, end - pass->at);
    Str digits;
    size_t stop;
    size_t close;
    if (str_find(line, STR("-----END "), &stop)) {
        state->in_key = false;
        bool closed = str_find(str_from(line, stop + 9), STR("-----"), &close);
        pass->at = closed ? pass->at + stop + 9 + close + 5 : end;
        return;
    }
    state->key_bytes += (unsigned)line.n;
    if (!is_key_line(line, &digits) || state->key_bytes > KEY_BYTES_MAX) {
        state->in_key = false;
        return;
    }
    if (digits.n >= KEY_LINE_MIN)
        tell(pass, REDACT_COUNT, SECRET_BY_SHAPE, digits);
    size_t skip = line_break(s, end);
    if (!skip && end < s.n)
        state->in_key = false;
    pass->at = end + skip;
}

static void
begin_key(Pass *pass, size_t head)
{
    tell(pass, REDACT_PRIVATE_KEY, SECRET_BY_SHAPE, STR(""));
    buf_adds(pass->out, redact_placeholder(REDACT_PRIVATE_KEY));
    pass->state->in_key = true;
    pass->state->key_bytes = 0;
    pass->at += head;
    pass->at += line_break(pass->s, pass->at);
}

/* What a base64 text becomes: itself, or without its secrets, or a placeholder. */
static void
pass_encoded(Pass *pass)
{
    Str text = str_sub(pass->s, pass->encoded_at, pass->encoded_end - pass->encoded_at);
    Str plain = buf_str(&pass->plain);
    CLEANUP(buf_done) Buf inside = BUF_INIT(SIZE_MAX);
    pass->look_from = pass->encoded_end;
    pass->encoded_at = SIZE_MAX;
    if (redact_is_opaque(plain)) {
        bool whole = pass->encoded_end < pass->s.n || pass->final;
        if (!redact_packed(pass->state->walk, text, plain, pass->state->spot, pass->out)) {
            pass->at = pass->encoded_end;
            return;
        }
        pass->changed = true;
        pass->at = pass->encoded_end;
        if (!whole)
            pass->state->swallow = byte_sets[SET_TOKEN];
    } else if (redact_is_der_key(plain)) {
        tell(pass, REDACT_PRIVATE_KEY, SECRET_BY_SHAPE, text);
        buf_adds(pass->out, redact_placeholder(REDACT_PRIVATE_KEY));
        if (pass->encoded_end == pass->s.n && !pass->final)
            pass->state->swallow = byte_sets[SET_TOKEN];
        pass->at = pass->encoded_end;
    } else if (look_inside(pass, plain, &inside)) {
        base64_encode(buf_str(&inside), pass->out);
        pass->at = pass->encoded_end;
    }
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
    add_escaped(str_from(buf_str(&clean), same), pass->out);
    pass->at = end;
    return true;
}

static void
next_encoded(Pass *pass)
{
    pass->encoded_at = SIZE_MAX;
    pass->look_from = SIZE_MAX;
    if (pass->state->walk->depth < REDACT_DEPTH_MAX &&
        redact_find_encoded(pass->s, pass->at, pass->cut, &pass->plain, &pass->encoded_at,
                            &pass->encoded_end))
        pass->look_from = pass->encoded_at + 1;
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
replace(Pass *pass, const TextHit *hit)
{
    if (hit->rule == REDACT_SECRET_DATA)
        tell_tokens(pass, str_sub(pass->s, hit->at, hit->end - hit->at));
    tell(pass, hit->rule, hit->origin, str_sub(pass->s, hit->at, hit->end - hit->at));
    buf_add(pass->out, pass->s.p + pass->at, hit->at - pass->at);
    buf_adds(pass->out, redact_placeholder(hit->rule));
    if (hit->end == pass->s.n && !pass->final)
        pass->state->swallow = hit->bytes;
    pass->at = hit->end;
}

/* Copies what is plain, up to the next place of interest; there it looks. */
static void
step(Pass *pass)
{
    Str s = pass->s;
    size_t plain = pass->at;
    size_t stop = pass->encoded_at < pass->cut ? pass->encoded_at : pass->cut;
    while (pass->at < stop && !may_start(s, pass->at))
        pass->at++;
    buf_add(pass->out, s.p + plain, pass->at - plain);
    if (pass->at >= pass->cut)
        return;
    bool starts = may_start(s, pass->at);
    TextHit hit;
    size_t head = starts && s.p[pass->at] == '-' ? key_begins(s, pass->at) : 0;
    if (head) {
        begin_key(pass, head);
    } else if (starts && redact_find(s, pass->at, &hit)) {
        replace(pass, &hit);
    } else if (pass->at == pass->encoded_at) {
        pass_encoded(pass);
    } else if (s.p[pass->at] != '%' || !pass_escaped(pass)) {
        buf_addc(pass->out, s.p[pass->at++]);
    }
}

/* The whole window; tells whether anything changed. */
static bool
scan(RedactTextState *state, Str s, bool final, Buf *out, size_t *ret_used)
{
    redact_find_init();
    Pass pass = {.state = state, .s = s, .at = state->before, .final = final, .out = out,
                 .encoded_at = SIZE_MAX};
    pass.cut = final || s.n < REDACT_AHEAD_BYTES ? s.n : s.n - REDACT_AHEAD_BYTES;
    pass.plain = BUF_INIT(SIZE_MAX);
    pass.plain.secret = true;
    while (pass.at < pass.cut) {
        if (pass.at >= pass.look_from)
            next_encoded(&pass);
        if (state->swallow) {
            pass.at = run_of(s, pass.at, state->swallow);
            if (pass.at < s.n)
                state->swallow = NULL;
        } else if (state->in_key) {
            drop_key_line(&pass);
        } else {
            step(&pass);
        }
    }
    buf_done(&pass.plain);
    size_t done = pass.at < s.n ? pass.at : s.n;
    state->before = done < REDACT_CONTEXT_BYTES ? done : REDACT_CONTEXT_BYTES;
    *ret_used = done - state->before;
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
