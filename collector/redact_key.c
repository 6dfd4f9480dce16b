/* SPDX-License-Identifier: Apache-2.0 */
/* redact_key.c -- which runs of base64 are lines of a private key. */
#include "collector/redact_key.h"

#include "collector/byte_sets.h"
#include "collector/redact_section.h"
#include "collector/redact_value.h"

#include <ctype.h>
#include <string.h>

enum {
    KEY_BYTES_MAX = 64 << 10,      /* a longer "private key" is something else */
    IDLE_LINES_MAX = 200,
    LINE_BYTES_MAX = 2 << 10,
    BODY_BYTES_MAX = 7 << 10,      /* before an END; less than is looked ahead */
    BODY_GAP_LINES = 4,            /* of others between two lines of a key */
    LONG_RUN = 40,                 /* whatever stands around it */
    SHORT_RUN = 16,
};

static size_t
marker(Str s, size_t at, const char *begin, bool private)
{
    size_t word;
    size_t close;
    Str line = str_sub(s, at, 80);
    if (!str_starts(line, str_of(begin)))
        return 0;
    size_t from = strlen(begin);
    bool found = str_find(line, STR("PRIVATE KEY"), &word);
    if (!str_find(str_from(line, from), STR("-----"), &close))
        return 0;
    found = found && word < from + close;
    return found == private ? from + close + 5 : 0;
}

size_t
redact_key_begins(Str s, size_t at)
{
    size_t putty = str_starts(str_from(s, at), STR("Private-Lines: ")) ? 15 : 0;
    if (putty)
        return run_of(s, at + putty, byte_sets[SET_ALNUM]) - at;
    return marker(s, at, "-----BEGIN ", true);
}

size_t
redact_key_ends(Str s, size_t at)
{
    return marker(s, at, "-----END ", true);
}

size_t
redact_public_begins(Str s, size_t at)
{
    return marker(s, at, "-----BEGIN ", false);
}

static bool
is_digit64(char c)
{
    return isalnum((unsigned char)c) || c == '+' || c == '/';
}

static size_t
run64(Str s, size_t at)
{
    while (at < s.n && is_digit64(s.p[at]))
        at++;
    return at;
}

static size_t
run_with_padding(Str s, size_t at)
{
    size_t end = run64(s, at);
    while (end < s.n && s.p[end] == '=')
        end++;
    return end;
}

/* Upper and lower case and digits: no word, no hexadecimal digest. */
static bool
is_mixed(Str run)
{
    bool lower = false, upper = false, digit = false;
    for (size_t i = 0; i < run.n; i++) {
        lower |= islower((unsigned char)run.p[i]) != 0;
        upper |= isupper((unsigned char)run.p[i]) != 0;
        digit |= isdigit((unsigned char)run.p[i]) != 0;
    }
    return lower && upper && digit;
}

/* Whether a word may be the last line of a key: not one of a language. */
static bool
is_remainder(Str run)
{
    if (run.n >= SHORT_RUN)
        return true;
    for (size_t i = 0; i < run.n; i++)
        if (!islower((unsigned char)run.p[i]))
            return true;
    return false;
}

/* What may follow a line of a key. */
static bool
is_closed(Str s, size_t at)
{
    return at >= s.n || redact_break_at(s, at) || strchr(" \t\"'`\\<,;}])\x1b\r", s.p[at]);
}

void
redact_key_open(KeyState *key, Str s, size_t at)
{
    size_t line = redact_line_start(s, at);
    size_t n = at - line < KEY_LEAD_BYTES ? at - line : KEY_LEAD_BYTES;
    *key = (KeyState){.open = true, .ran = true, .lead_n = (uint8_t)n};
    memcpy(key->lead, s.p + at - n, n);
}

/* The end of the line, and of the run, where the line is nothing but a run; 0 else. */
static size_t
clean_line(Str s, size_t at, size_t *ret_run)
{
    size_t begin = at + redact_stamp(str_sub(s, at, 64));
    while (begin < s.n && begin - at < LINE_BYTES_MAX && (s.p[begin] == ' ' || s.p[begin] == '\t'))
        begin++;
    size_t end = run_with_padding(s, begin);
    size_t blanks = end;
    while (blanks < s.n && blanks - end < 8 && (s.p[blanks] == ' ' || s.p[blanks] == '\t'))
        blanks++;
    *ret_run = begin;
    bool line = blanks >= s.n || redact_break_at(s, blanks) || s.p[blanks] == '"' || s.p[blanks] == '\'' ||
                s.p[blanks] == '<';
    return line && end > begin ? end : 0;
}

/* A header of a key in PEM, or an empty line, of the key by where it stands: its end; 0 else. */
static size_t
header_line(Str s, size_t at)
{
    static const char *const HEADERS[] = {"Proc-Type:", "DEK-Info:", "Version:", "Comment:",
                                          "Charset:", "Hash:"};
    size_t begin = at + redact_stamp(str_sub(s, at, 64));
    while (begin < s.n && s.p[begin] == ' ')
        begin++;
    bool header = redact_break_at(s, begin) > 0;
    for (size_t i = 0; i < sizeof HEADERS / sizeof *HEADERS; i++)
        header |= str_starts(str_from(s, begin), str_of(HEADERS[i]));
    size_t end = begin;
    while (end < s.n && end - at < LINE_BYTES_MAX && !redact_break_at(s, end) && s.p[end] != '"')
        end++;
    return header ? end : 0;
}

/* The line behind a line's end. */
static size_t
take_line(KeyState *key, Str s, size_t at, size_t n, Str *ret_digits)
{
    size_t run;
    size_t begin = at + n;
    size_t end = clean_line(s, begin, &run);
    size_t stamp = begin + redact_stamp(str_sub(s, begin, 64));
    while (stamp < s.n && stamp - begin < LINE_BYTES_MAX && s.p[stamp] == ' ')
        stamp++;
    if (redact_key_ends(s, stamp)) {
        key->open = false;
        return key->ran ? stamp + redact_key_ends(s, stamp) - at : 0;
    }
    Str digits = str_sub(s, run, end > run ? end - run : 0);
    bool certain = digits.n >= LONG_RUN && is_mixed(digits);
    if (end && ((key->ran && is_remainder(digits)) || certain)) {
        key->idle = 0;
        *ret_digits = digits;
        bool whole = key->ran;
        key->ran = true;
        return whole ? end - at : 0;
    }
    size_t header = key->ran ? header_line(s, begin) : 0;
    if (header > begin)
        return header - at;
    key->ran = false;
    key->idle++;
    return 0;
}

static bool
is_led(const KeyState *key, Str s, size_t at)
{
    return key->lead_n > 0 && str_ends(str_head(s, at), (Str){key->lead, key->lead_n});
}

/* A run that begins at the offset. */
static size_t
take_run(KeyState *key, Str s, size_t at, Str *ret_digits)
{
    size_t end = run_with_padding(s, at);
    Str run = str_sub(s, at, end - at);
    size_t behind = end;
    while (behind < s.n && behind - end < 4 && s.p[behind] == ' ')
        behind++;
    bool last = key->ran && redact_key_ends(s, behind);
    bool first = key->ran && key->bytes == 0;
    bool led = is_led(key, s, at) && is_remainder(run) && (end >= s.n || s.p[end] != ' ');
    bool sure = run.n >= LONG_RUN && is_mixed(run);
    if (!last && (!is_closed(s, end) || (!led && !sure && !(first && run.n >= SHORT_RUN))))
        return 0;
    key->ran = true;
    key->idle = 0;
    *ret_digits = run;
    return run.n;
}

size_t
redact_key_take(KeyState *key, Str s, size_t at, Str *ret_digits)
{
    size_t n = redact_break_at(s, at);
    size_t taken = 0;
    *ret_digits = (Str){0};
    if (redact_key_ends(s, at)) {
        key->open = false;
        return redact_key_ends(s, at);
    }
    if (n > 0)
        taken = take_line(key, s, at, n, ret_digits);
    else if (is_digit64(s.p[at]) && (at == 0 || !is_digit64(s.p[at - 1]) || key->bytes == 0 || is_led(key, s, at)))
        taken = take_run(key, s, at, ret_digits);
    else if (s.p[at] == ' ' && key->ran && at + 1 < s.n && (is_digit64(s.p[at + 1]) || redact_key_ends(s, at + 1))) {
        if (redact_key_ends(s, at + 1))
            key->open = false;
        taken = key->open ? take_run(key, s, at + 1, ret_digits) : redact_key_ends(s, at + 1);
        taken += taken > 0;
    }
    key->bytes += (unsigned)(taken ? taken : 1);
    if (key->idle > IDLE_LINES_MAX || key->bytes > KEY_BYTES_MAX)
        key->open = false;
    return taken;
}

/* The longest run of a line, where it may be of a key; its length, or 0. */
static size_t
run_of_line(Str line, size_t *ret_at)
{
    size_t longest = 0;
    for (size_t at = 0; at < line.n;) {
        size_t end = run_with_padding(line, at);
        if (end - at > longest) {
            longest = end - at;
            *ret_at = at;
        }
        at = end > at ? end : at + 1;
    }
    Str run = str_sub(line, *ret_at, longest);
    size_t ignored;
    bool clean = clean_line(line, 0, &ignored) > 0 && is_remainder(run);
    return clean || (longest >= LONG_RUN && is_mixed(run)) ? longest : 0;
}

/* The line that ends at the offset begins there. */
static size_t
line_before(Str s, size_t end, size_t least)
{
    size_t at = end;
    while (at > least && !redact_break_at(s, at - 1) &&
           !(at > 1 && s.p[at - 1] == 'n' && s.p[at - 2] == '\\'))
        at--;
    return at;
}

size_t
redact_key_body(Str s, size_t from, size_t end)
{
    size_t least = end - from > BODY_BYTES_MAX ? end - BODY_BYTES_MAX : from;
    size_t body = end;
    size_t line = line_before(s, end, least);
    unsigned gap = 0;
    size_t lead = end - line < KEY_LEAD_BYTES ? end - line : KEY_LEAD_BYTES;
    bool next = true;
    while (line > least && gap <= BODY_GAP_LINES) {
        size_t stop = line - 1;
        while (stop > least && (s.p[stop - 1] == '\\' || s.p[stop - 1] == '\r'))
            stop--;
        line = line_before(s, stop, least);
        Str text = str_sub(s, line, stop - line);
        size_t at = 0;
        size_t marked;
        if (str_find(text, STR("-----"), &marked))
            break;
        size_t run = run_of_line(text, &at);
        if (!run && next && lead > 0 && str_find(text, str_sub(s, end - lead, lead), &at)) {
            at += lead;             /* the last line is short, and led like the END */
            run = run_with_padding(text, at) - at;
        }
        next &= !run;
        gap = run ? 0 : gap + 1;
        body = run ? line + at : body;
    }
    return body;
}

bool
redact_key_line(Str s, size_t begin, size_t end)
{
    static const size_t LENGTHS[] = {64, 70, 72, 76};
    size_t n = end - begin;
    bool known = false;
    for (size_t i = 0; i < sizeof LENGTHS / sizeof *LENGTHS; i++)
        known |= n == LENGTHS[i];
    if (!known || !is_mixed(str_sub(s, begin, n)) || !is_closed(s, end))
        return false;
    size_t line = end;
    while (line < s.n && line - end < LINE_BYTES_MAX && !redact_break_at(s, line))
        line++;
    line += redact_break_at(s, line);
    for (size_t at = line; at < s.n && at - line < LINE_BYTES_MAX && (at == line || !redact_break_at(s, at));) {
        size_t stop = run64(s, at);
        if (stop - at == n && is_mixed(str_sub(s, at, n)) && is_closed(s, stop))
            return true;
        at = stop > at ? stop : at + 1;
    }
    return false;
}
