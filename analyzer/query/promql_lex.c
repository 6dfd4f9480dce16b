/* SPDX-License-Identifier: Apache-2.0 */
/* promql_lex.c -- the text of a query as tokens. */
#include "analyzer/query/promql_internal.h"

#include "base/ascii.h"
#include "base/utf8.h"

#include <math.h>
#include <string.h>

static const struct {
    const char *text;
    Operator op;
} OPERATORS[] = {
    /* Longer ones first. */
    {"==", OP_EQUAL},         {"!=", OP_NOT_EQUAL},    {"<=", OP_LESS_EQUAL},
    {">=", OP_GREATER_EQUAL}, {"=~", OP_MATCH},        {"!~", OP_NOT_MATCH},
    {"=", OP_ASSIGN},         {"<", OP_LESS},          {">", OP_GREATER},
    {"+", OP_ADD},            {"-", OP_SUB},           {"*", OP_MUL},
    {"/", OP_DIV},            {"%", OP_MOD},           {"^", OP_POW},
    {",", OP_COMMA},          {":", OP_COLON},         {"@", OP_AT},
    {"(", OP_OPEN},           {")", OP_CLOSE},         {"{", OP_OPEN_BRACE},
    {"}", OP_CLOSE_BRACE},    {"[", OP_OPEN_BRACKET},  {"]", OP_CLOSE_BRACKET},
};

static char
peek(const Lexer *lexer, size_t ahead)
{
    return lexer->at + ahead < lexer->text.n ? lexer->text.p[lexer->at + ahead] : '\0';
}

static void
skip_space(Lexer *lexer)
{
    for (;;) {
        char c = peek(lexer, 0);
        if (c == '#') {
            while (lexer->at < lexer->text.n && lexer->text.p[lexer->at] != '\n')
                lexer->at++;
        } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            lexer->at++;
        } else {
            return;
        }
    }
}

static void
bad(Token *token, const char *reason)
{
    token->kind = TOKEN_BAD;
    token->reason = reason;
}

/* Durations: units in falling order, each at most once. */
static const struct {
    const char *unit;
    double seconds;
} UNITS[] = {
    {"y", 365 * 86400.0}, {"w", 7 * 86400.0}, {"d", 86400.0}, {"h", 3600.0},
    {"m", 60.0},          {"s", 1.0},         {"ms", 0.001},
};

/* The unit at an offset, or -1: "ms" is not "m". */
static int
unit_at(const Lexer *lexer, size_t ahead)
{
    for (int i = (int)(sizeof UNITS / sizeof *UNITS) - 1; i >= 0; i--) {
        size_t n = strlen(UNITS[i].unit);
        if (lexer->at + ahead + n <= lexer->text.n
            && memcmp(lexer->text.p + lexer->at + ahead, UNITS[i].unit, n) == 0
            && !ascii_begins_name(peek(lexer, ahead + n)))
            return i;
    }
    return -1;
}

/* True if a duration stands here; its bytes and seconds. */
static bool
scan_duration(const Lexer *lexer, size_t *ret_bytes, double *ret_seconds)
{
    size_t ahead = 0;
    int last_unit = -1;
    double seconds = 0;
    while (ascii_is_digit(peek(lexer, ahead))) {
        double number = 0;
        for (; ascii_is_digit(peek(lexer, ahead)); ahead++)
            number = number * 10 + (peek(lexer, ahead) - '0');
        int unit = unit_at(lexer, ahead);
        if (unit <= last_unit)
            return false;
        last_unit = unit;
        seconds += number * UNITS[unit].seconds;
        ahead += strlen(UNITS[unit].unit);
    }
    *ret_bytes = ahead;
    *ret_seconds = seconds;
    return last_unit >= 0;
}

static bool
scan_hex(Lexer *lexer, Token *token)
{
    lexer->at += 2;
    double value = 0;
    size_t digits = 0;
    for (;; lexer->at++) {
        char c = peek(lexer, 0);
        int digit = ascii_is_digit(c) ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (c == '_')
            continue;
        if (digit < 0)
            break;
        value = value * 16 + digit;
        digits++;
    }
    token->number = value;
    return digits > 0;
}

/* As in Go, an integer behind a zero is octal; one with an 8 or a 9 is taken for a decimal. */
static bool
read_octal(const char *digits, size_t n, double *ret)
{
    double value = 0;
    if (n < 2 || digits[0] != '0')
        return false;
    for (size_t i = 1; i < n; i++) {
        if (digits[i] < '0' || digits[i] > '7')
            return false;
        value = value * 8 + (digits[i] - '0');
    }
    *ret = value;
    return true;
}

/* A number but a hexadecimal one; underscores between its digits mean nothing. */
static bool
scan_decimal(Lexer *lexer, Token *token)
{
    char digits[128];
    size_t n = 0;
    bool exponent = false;
    for (;; lexer->at++) {
        char c = peek(lexer, 0);
        bool sign = (c == '+' || c == '-') && n && (digits[n - 1] == 'e' || digits[n - 1] == 'E');
        bool starts_exponent = !exponent && n && (c == 'e' || c == 'E');
        exponent = exponent || starts_exponent;
        if (c == '_' && n && ascii_is_digit(digits[n - 1]) && ascii_is_digit(peek(lexer, 1)))
            continue;
        if (!ascii_is_digit(c) && c != '.' && !starts_exponent && !sign)
            break;
        if (n == sizeof digits)
            return false;
        digits[n++] = c;
    }
    return read_octal(digits, n, &token->number)
           || exposition_number((Str){digits, n}, &token->number);
}

static void
scan_number(Lexer *lexer, Token *token)
{
    token->kind = TOKEN_NUMBER;
    size_t bytes;
    bool good;
    if (scan_duration(lexer, &bytes, &token->number)) {
        lexer->at += bytes;
        token->is_duration = true;
        good = true;
    } else if (peek(lexer, 0) == '0' && (peek(lexer, 1) == 'x' || peek(lexer, 1) == 'X')) {
        good = scan_hex(lexer, token);
    } else {
        good = scan_decimal(lexer, token);
    }
    if (!good || ascii_begins_name(peek(lexer, 0)) || ascii_is_digit(peek(lexer, 0)))
        bad(token, "a malformed number or duration");
}

/* The value of count digits of a base behind an escape; -1 where they are none. */
static int64_t
escape_digits(const Lexer *lexer, size_t ahead, size_t count, int base)
{
    int64_t value = 0;
    for (size_t i = 0; i < count; i++) {
        char c = peek(lexer, ahead + i);
        int digit = ascii_is_digit(c) ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
        if (digit >= base)
            return -1;
        value = value * base + digit;
    }
    return value;
}

/* One escape, Go's; the lexer stands behind the backslash.  False where it is none. */
static bool
scan_escape(Lexer *lexer, char quote, char *out, size_t *n)
{
    static const char LETTERS[] = "abfnrtv\\";
    static const char MEANINGS[] = "\a\b\f\n\r\t\v\\";
    char c = peek(lexer, 0);
    const char *letter = c ? strchr(LETTERS, c) : NULL;
    if (letter || (c == quote && c)) {
        out[(*n)++] = letter ? MEANINGS[letter - LETTERS] : quote;
        lexer->at++;
        return true;
    }
    size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 3;
    bool octal = c >= '0' && c <= '7';
    if (!octal && digits == 3)
        return false;
    int64_t value = escape_digits(lexer, octal ? 0 : 1, digits, octal ? 8 : 16);
    if (value < 0 || (octal && value > 255))
        return false;
    lexer->at += digits + !octal;
    if (octal || c == 'x') {
        out[(*n)++] = (char)value;
        return true;
    }
    size_t bytes = value <= 0x10ffff ? utf8_encode((uint32_t)value, out + *n) : 0;
    *n += bytes;
    return bytes > 0;
}

static Status
scan_string(Lexer *lexer, Token *token, Err *err)
{
    char quote = peek(lexer, 0);
    lexer->at++;
    /* No escape is shorter than what it stands for. */
    char *out = arena_alloc(lexer->arena, lexer->text.n - lexer->at + 4);
    if (!out)
        return err_nomem(err);
    size_t n = 0;
    token->kind = TOKEN_STRING;
    for (;;) {
        if (lexer->at >= lexer->text.n || (quote != '`' && peek(lexer, 0) == '\n')) {
            bad(token, "a string has no end");
            return ST_OK;
        }
        char c = lexer->text.p[lexer->at++];
        if (c == quote)
            break;
        if (c != '\\' || quote == '`') {
            out[n++] = c;
        } else if (!scan_escape(lexer, quote, out, &n)) {
            bad(token, "an unknown escape sequence");
            return ST_OK;
        }
    }
    token->string = (Str){out, n};
    return ST_OK;
}

static bool
scan_operator(Lexer *lexer, Token *token)
{
    Str rest = str_from(lexer->text, lexer->at);
    for (size_t i = 0; i < sizeof OPERATORS / sizeof *OPERATORS; i++) {
        if (str_starts(rest, str_of(OPERATORS[i].text))) {
            token->kind = TOKEN_OPERATOR;
            token->op = (uint8_t)OPERATORS[i].op;
            lexer->at += strlen(OPERATORS[i].text);
            return true;
        }
    }
    return false;
}

static void
scan_name(Lexer *lexer, Token *token)
{
    size_t start = lexer->at;
    bool colons = !lexer->in_labels;
    while (ascii_begins_name(peek(lexer, 0)) || ascii_is_digit(peek(lexer, 0))
           || (colons && peek(lexer, 0) == ':'))
        lexer->at++;
    token->kind = TOKEN_NAME;
    token->string = str_sub(lexer->text, start, lexer->at - start);
    bool infinite = str_eq_nocase(token->string, STR("inf"));
    if (!lexer->in_labels && (infinite || str_eq_nocase(token->string, STR("nan")))) {
        token->kind = TOKEN_NUMBER;
        token->number = infinite ? INFINITY : NAN;
    }
}

Status
promql_next_token(Lexer *lexer, Token *ret, Err *err)
{
    skip_space(lexer);
    Token token = {.start = (uint32_t)lexer->at};
    char c = peek(lexer, 0);
    if (lexer->at == lexer->text.n)
        token.kind = TOKEN_END;
    else if (c == '"' || c == '\'' || c == '`')
        TRY(scan_string(lexer, &token, err));
    else if (ascii_is_digit(c) || (c == '.' && ascii_is_digit(peek(lexer, 1))))
        scan_number(lexer, &token);
    else if (ascii_begins_name(c) || (c == ':' && !lexer->in_brackets && !lexer->in_labels))
        scan_name(lexer, &token);
    else if (!scan_operator(lexer, &token))
        bad(&token, "a character that has no meaning here");
    token.end = (uint32_t)lexer->at;
    if (token.kind == TOKEN_BAD && token.end == token.start)
        token.end++;
    *ret = token;
    return ST_OK;
}

bool
promql_is_keyword(Token token, const char *keyword)
{
    return token.kind == TOKEN_NAME && str_eq_nocase(token.string, str_of(keyword));
}
