/* SPDX-License-Identifier: Apache-2.0 */
/* cel_scan.c -- the words of an expression, for lint alone. */
#include "analyzer/rule/cel_scan.h"

#include "base/ascii.h"

size_t
cel_literal_end(Str text, size_t at)
{
    char quote = text.p[at];
    size_t quotes =
        at + 2 < text.n && text.p[at + 1] == quote && text.p[at + 2] == quote ? 3 : 1;
    bool is_raw = at > 0 && (text.p[at - 1] == 'r' || text.p[at - 1] == 'R');
    at += quotes;
    while (at < text.n) {
        if (text.p[at] == '\\' && !is_raw) {
            at += 2;
            continue;
        }
        size_t run = 0;
        while (run < quotes && at + run < text.n && text.p[at + run] == quote)
            run++;
        if (run == quotes)
            return at + quotes;
        at++;
    }
    return text.n;
}

static size_t
skip_blanks(Str text, size_t at)
{
    while (at < text.n) {
        char c = text.p[at];
        if (c == '/' && at + 1 < text.n && text.p[at + 1] == '/')
            while (at < text.n && text.p[at] != '\n')
                at++;
        else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f')
            at++;
        else
            break;
    }
    return at;
}

static size_t
word_end(Str text, size_t at, bool is_number)
{
    while (at < text.n && (ascii_is_word(text.p[at]) || (is_number && text.p[at] == '.')))
        at++;
    return at;
}

bool
cel_token_next(Str text, size_t *at, CelToken *ret)
{
    size_t start = skip_blanks(text, *at);
    if (start >= text.n)
        return false;
    char c = text.p[start];
    size_t end = start + 1;
    CelTokenType type = CEL_TOKEN_SIGN;
    if (c == '"' || c == '\'') {
        type = CEL_TOKEN_STRING;
        end = cel_literal_end(text, start);
    } else if (ascii_is_digit(c)) {
        type = CEL_TOKEN_NUMBER;
        end = word_end(text, start, true);
    } else if (ascii_is_word(c)) {
        type = CEL_TOKEN_NAME;
        end = word_end(text, start, false);
    } else if (start + 1 < text.n && str_find_char(STR("=!<>&|"), c, &end)) {
        end = start + 1;
        char next = text.p[start + 1];
        if (next == '=' || (next == c && (c == '&' || c == '|')))
            end++;
    }
    if (end > text.n)
        end = text.n;
    *ret = (CelToken){type, str_sub(text, start, end - start), start};
    *at = end;
    return true;
}
