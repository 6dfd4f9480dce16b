/* SPDX-License-Identifier: Apache-2.0 */
/* redact_sentence.c -- the words around a password in a sentence. */
#include "collector/redact_sentence.h"

#include "collector/byte_sets.h"
#include "collector/redact_assign.h"
#include "collector/redact_section.h"
#include "collector/redact_value.h"
#include "collector/secret_name.h"

#include <ctype.h>
#include <string.h>

enum { SENTENCE_BYTES_MAX = 112, LINES_BETWEEN_MAX = 3, VALUE_BYTES_MIN = 6 };

static const char *const PASSWORDS[] = {"password", "passphrase", "passcode", "passwd"};
/* What goes on behind the word where it is one of a sentence that may tell the password. */
static const char *const LEADS[] = {" for ", " of ", " to ", " is", " has been ", " was ", " set ",
                                    " changed ", " reset ", " generated", " will be "};
/* What stands before its value. */
static const char *const SIGNS[] = {": ", ":\n", ":\r", ":\\", " is ", " = ", " set to ", " changed to ",
                                    " reset to ", " updated to ", " set as ", " will be ", " was "};
/* Words that are followed by the password itself: using password x. */
static const char *const BEFORE[] = {"using ", "with ", "and ", "generated "};

#define COUNT(table) (sizeof(table) / sizeof *(table))

static bool
starts_nocase(Str s, const char *word)
{
    size_t n = strlen(word);
    return s.n >= n && str_eq_nocase(str_head(s, n), str_of(word));
}

/* The length of the word for a password that begins the text; 0: none. */
static size_t
password_word(Str s)
{
    for (size_t i = 0; i < COUNT(PASSWORDS); i++)
        if (starts_nocase(s, PASSWORDS[i]))
            return strlen(PASSWORDS[i]);
    return 0;
}

/* Whether nothing but the end of its line, or of its text, follows. */
static bool
ends_line(Str s, size_t at)
{
    at = redact_skip_blanks(s, at);
    return at >= s.n || redact_break_at(s, at) || s.p[at] == '"' || s.p[at] == '\'';
}

/* A word with letters and digits that is no name: less than what a secret elsewhere needs, where
 * nothing else is on its line. */
static bool
is_token(Str value)
{
    bool letter = false;
    bool digit = false;
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        if (strchr("/:=.", c))
            return false;
        letter |= isalpha(c) != 0;
        digit |= isdigit(c) != 0;
    }
    return letter && digit && value.n >= VALUE_BYTES_MIN;
}

static void
set_hit(TextHit *ret, size_t begin, size_t end, ByteSet set)
{
    *ret = (TextHit){begin, end, REDACT_ASSIGNMENT, SECRET_BY_STRUCTURE, byte_sets[set], 0, false, false};
}

/* The value at the offset, where it is one. */
static bool
take_value(Str s, size_t at, TextHit *ret)
{
    size_t blank;
    Value value = redact_value_behind(s, at);
    Str text = value_text(s, &value);
    if (value.form > VALUE_QUOTED || redact_says_nothing(text) || secret_value_is_path(text) ||
        str_find_char(text, ' ', &blank))
        return false;
    if (value.form == VALUE_QUOTED) {
        set_hit(ret, value.begin, value.end, SET_QUOTED);
        return text.n >= VALUE_BYTES_MIN && !secret_value_is_word(text) && value.end < s.n;
    }
    while (text.n > 0 && strchr(".!:", text.p[text.n - 1]))
        text.n--;
    set_hit(ret, value.begin, value.begin + text.n, SET_VALUE);
    return redact_is_likely(text) || (is_token(text) && ends_line(s, value.end));
}

/* A value alone on its line, one of those behind the offset. */
static bool
take_line_below(Str s, size_t at, TextHit *ret)
{
    size_t line = redact_skip_blanks(s, at);
    for (size_t i = 0; i < LINES_BETWEEN_MAX && redact_break_at(s, line); i++) {
        line += redact_break_at(s, line);
        line += redact_stamp(str_sub(s, line, 64));
        line = redact_skip_blanks(s, line);
        size_t end = run_of(s, line, byte_sets[SET_VALUE]);
        size_t colon;
        Str text = str_sub(s, line, end - line);
        if (text.n == 0)
            continue;
        set_hit(ret, line, end, SET_VALUE);
        return ends_line(s, end) && !str_find_char(text, ':', &colon) && !str_find_char(text, '=', &colon) &&
               (redact_is_likely(text) || is_token(text));
    }
    return false;
}

bool
redact_prompted(Str s, size_t at, Str name, TextHit *ret)
{
    for (size_t i = 0; i < COUNT(PASSWORDS) && s.p[at] == ':'; i++) {
        size_t n = strlen(PASSWORDS[i]);
        if (name.n >= n && str_eq_nocase(str_from(name, name.n - n), str_of(PASSWORDS[i])))
            return take_line_below(s, at + 1, ret);
    }
    return false;
}

static bool
take_behind_sign(Str s, size_t at, TextHit *ret)
{
    for (size_t i = 0; i < COUNT(SIGNS); i++) {
        if (!starts_nocase(str_from(s, at), SIGNS[i]))
            continue;
        size_t behind = at + (*SIGNS[i] == ':' ? 1 : strlen(SIGNS[i]));
        return take_value(s, behind, ret) || (*SIGNS[i] == ':' && take_line_below(s, behind, ret));
    }
    return false;
}

static bool
is_one_lead(Str behind)
{
    for (size_t i = 0; i < COUNT(LEADS); i++)
        if (starts_nocase(behind, LEADS[i]))
            return true;
    return false;
}

/* password x, behind a word that has it so. */
static bool
take_next_word(Str s, size_t at, size_t word, TextHit *ret)
{
    for (size_t i = 0; i < COUNT(BEFORE) && at + word < s.n && s.p[at + word] == ' '; i++)
        if (str_ends(str_head(s, at), str_of(BEFORE[i])) && take_value(s, at + word + 1, ret))
            return redact_is_likely(str_sub(s, ret->at, ret->end - ret->at));
    return false;
}

bool
redact_announced(Str s, size_t at, TextHit *ret)
{
    if (at > 0 && (isalnum((unsigned char)s.p[at - 1]) || strchr("-_.", s.p[at - 1])))
        return false;
    size_t word = password_word(str_from(s, at));
    if (!word)
        return false;
    if (take_next_word(s, at, word, ret))
        return true;
    if (!is_one_lead(str_from(s, at + word)))
        return false;
    for (size_t i = at + word; i < s.n && i - at < SENTENCE_BYTES_MAX && s.p[i] != '\n'; i++)
        if ((s.p[i] == ':' || s.p[i] == ' ') && take_behind_sign(s, i, ret))
            return true;
    return false;
}

bool
redact_environment(Str s, size_t at, TextHit *ret)
{
    static const char *const COMMANDS[] = {"ENV", "env", "setenv"};
    size_t begin = at + 1;
    size_t word = 0;
    while (word < 7 && word < begin && isalpha((unsigned char)s.p[begin - word - 1]))
        word++;
    Str command = str_sub(s, begin - word, word);
    bool known = false;
    for (size_t i = 0; i < COUNT(COMMANDS); i++)
        known |= str_eq_nocase(command, str_of(COMMANDS[i]));
    if (!known)
        return false;
    size_t name = redact_skip_blanks(s, begin);
    size_t end = run_of(s, name, byte_sets[SET_NAME]);
    if (end == name || end >= s.n || (s.p[end] != ' ' && s.p[end] != '\t'))
        return false;
    Value value = redact_value_behind(s, redact_skip_blanks(s, end));
    Str text = value_text(s, &value);
    if (value.form > VALUE_QUOTED || text.n < 3 || str_starts(text, STR("$")) || strchr("=:", text.p[0]) ||
        !redact_named_value(str_sub(s, name, end - name), text) || !ends_line(s, value.end))
        return false;
    set_hit(ret, value.begin, value.end, value.form == VALUE_QUOTED ? SET_QUOTED : SET_VALUE);
    return true;
}
