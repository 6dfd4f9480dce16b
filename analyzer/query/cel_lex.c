/* SPDX-License-Identifier: Apache-2.0 */
/* cel_lex.c -- the text of an expression to tokens. */
#include <math.h>
#include <string.h>

#include "analyzer/query/cel_ast.h"
#include "base/ascii.h"
#include "base/limits.h"
#include "base/utf8.h"

typedef struct {
    Arena *arena;
    Str text;
    size_t at;          /* bytes */
    uint32_t place;     /* code points */
    uint32_t *bad;
    Err *err;
} Lexer;

static Status
fail(Lexer *l, uint32_t place, const char *what)
{
    *l->bad = place;
    return err_set(l->err, ST_RULE, "%s", what);
}

static char
peek(const Lexer *l, size_t ahead)
{
    return ahead < l->text.n - l->at ? l->text.p[l->at + ahead] : '\0';
}

static bool
more(const Lexer *l)
{
    return l->at < l->text.n;
}

/* Over n bytes of ASCII. */
static void
skip(Lexer *l, size_t n)
{
    l->at += n;
    l->place += (uint32_t)n;
}

static uint32_t
next_code(Lexer *l)
{
    uint32_t code = 0;
    l->at += utf8_decode(l->text, l->at, &code);
    l->place++;
    return code;
}

static void
skip_space(Lexer *l)
{
    while (more(l)) {
        char c = peek(l, 0);
        if (c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r') {
            skip(l, 1);
        } else if (c == '/' && peek(l, 1) == '/') {
            while (more(l) && peek(l, 0) != '\n')
                (void)next_code(l);
        } else {
            return;
        }
    }
}

/* 12, 0x1F, 1.5, .5, 1e3, 12u.  A number runs into no name. */
static Status
lex_number(Lexer *l, Token *token)
{
    size_t start = l->at;
    bool hex = peek(l, 0) == '0' && (peek(l, 1) == 'x' || peek(l, 1) == 'X') &&
               ascii_hex_value(peek(l, 2)) >= 0;
    bool real = false;
    uint64_t number = 0;
    bool over = false;
    if (hex)
        skip(l, 2);
    for (int d; (d = ascii_hex_value(peek(l, 0))) >= 0 && (hex || d < 10); skip(l, 1)) {
        over |= __builtin_mul_overflow(number, hex ? 16u : 10u, &number);
        over |= __builtin_add_overflow(number, (unsigned)d, &number);
    }
    if (!hex && peek(l, 0) == '.' && ascii_is_digit(peek(l, 1))) {
        real = true;
        skip(l, 1);
        while (ascii_is_digit(peek(l, 0)))
            skip(l, 1);
    }
    size_t sign = peek(l, 1) == '+' || peek(l, 1) == '-' ? 1 : 0;
    if (!hex && (peek(l, 0) == 'e' || peek(l, 0) == 'E') && ascii_is_digit(peek(l, 1 + sign))) {
        real = true;
        skip(l, 1 + sign);
        while (ascii_is_digit(peek(l, 0)))
            skip(l, 1);
    }
    Str digits = str_sub(l->text, start, l->at - start);
    bool suffix = !real && (peek(l, 0) == 'u' || peek(l, 0) == 'U');
    if (suffix)
        skip(l, 1);
    if (ascii_begins_name(peek(l, 0)) || ascii_is_digit(peek(l, 0)))
        return fail(l, l->place, "a number must be followed by a space or an operator");
    if (real) {
        double value = 0;
        token->kind = TOKEN_DOUBLE;
        if (!str_to_double(digits, &value) || isinf(value))
            return fail(l, token->start, "number out of range");
        token->value = value_double(value);
        return ST_OK;
    }
    uint64_t most = suffix ? UINT64_MAX : (uint64_t)INT64_MAX + 1;
    if (over || number > most)
        return fail(l, token->start, suffix ? "uint out of range" : "int out of range");
    token->kind = suffix ? TOKEN_UINT : TOKEN_INT;
    token->too_small = !suffix && number == most;
    token->value = suffix             ? value_uint(number)
                   : token->too_small ? value_int(INT64_MIN)
                                      : value_int((int64_t)number);
    return ST_OK;
}

/* \xHH, \uHHHH, \UHHHHHHHH; at stands behind the letter. */
static Status
lex_hex_escape(Lexer *l, unsigned digits, uint32_t place, uint32_t *ret)
{
    uint32_t code = 0;
    for (unsigned i = 0; i < digits; i++) {
        int d = ascii_hex_value(peek(l, 0));
        if (d < 0)
            return fail(l, place, "too few hexadecimal digits in an escape");
        code = code << 4 | (uint32_t)d;
        skip(l, 1);
    }
    *ret = code;
    return ST_OK;
}

/* One escape of a string or of bytes into out.  In bytes \x and \ooo are octets, in strings
 * code points. */
static Status
lex_escape(Lexer *l, bool bytes, Buf *out)
{
    static const char LETTERS[] = "abfnrtv\\?\"'`";
    static const char CODES[] = "\a\b\f\n\r\t\v\\?\"'`";
    uint32_t place = l->place;
    skip(l, 1);
    char c = peek(l, 0);
    const char *letter = c ? strchr(LETTERS, c) : NULL;
    if (letter) {
        skip(l, 1);
        buf_addc(out, CODES[letter - LETTERS]);
        return ST_OK;
    }
    uint32_t code = 0;
    if (c == 'x' || c == 'X') {
        skip(l, 1);
        TRY(lex_hex_escape(l, 2, place, &code));
    } else if ((c == 'u' || c == 'U') && !bytes) {
        skip(l, 1);
        TRY(lex_hex_escape(l, c == 'u' ? 4 : 8, place, &code));
    } else if (c >= '0' && c <= '3') {
        for (unsigned i = 0; i < 3; i++) {
            if (peek(l, 0) < '0' || peek(l, 0) > '7')
                return fail(l, place, "an octal escape needs three digits");
            code = code * 8 + (uint32_t)(peek(l, 0) - '0');
            skip(l, 1);
        }
    } else {
        return fail(l, place, "unknown escape");
    }
    if (bytes) {
        buf_addc(out, (char)code);
        return ST_OK;
    }
    char utf8[4];
    size_t n = utf8_encode(code, utf8);
    if (n == 0)
        return fail(l, place, "no such code point");
    buf_add(out, utf8, n);
    return ST_OK;
}

/* A string or bytes literal; prefix letters were read. */
static Status
lex_string(Lexer *l, bool raw, bool bytes, Token *token)
{
    char quote = peek(l, 0);
    bool triple = peek(l, 1) == quote && peek(l, 2) == quote;
    size_t quotes = triple ? 3 : 1;
    CLEANUP(buf_done) Buf out = BUF_INIT(4 * LIMIT_EXPRESSION_BYTES);
    skip(l, quotes);
    for (;;) {
        if (!more(l))
            return fail(l, token->start, "unterminated string");
        char c = peek(l, 0);
        if (c == quote && (!triple || (peek(l, 1) == quote && peek(l, 2) == quote)))
            break;
        if (!triple && (c == '\n' || c == '\r'))
            return fail(l, token->start, "unterminated string");
        if (c == '\\' && !raw) {
            TRY(lex_escape(l, bytes, &out));
            continue;
        }
        size_t from = l->at;
        (void)next_code(l);
        buf_add(&out, l->text.p + from, l->at - from);
    }
    skip(l, quotes);
    TRY(buf_status(&out, l->err));
    Str copy = arena_str(l->arena, buf_str(&out));
    if (!copy.p)
        return err_nomem(l->err);
    token->kind = bytes ? TOKEN_BYTES : TOKEN_STRING;
    token->value = bytes ? value_bytes(copy) : value_string(copy);
    return ST_OK;
}

static bool
string_starts(const Lexer *l, size_t *ret_prefix, bool *ret_raw, bool *ret_bytes)
{
    *ret_raw = *ret_bytes = false;
    for (size_t i = 0; i <= 2; i++) {
        char c = peek(l, i);
        if (c == '"' || c == '\'') {
            *ret_prefix = i;
            return true;
        }
        if ((c == 'r' || c == 'R') && !*ret_raw)
            *ret_raw = true;
        else if ((c == 'b' || c == 'B') && !*ret_bytes)
            *ret_bytes = true;
        else
            return false;
    }
    return false;
}

static Status
lex_name(Lexer *l, Token *token)
{
    static const struct {
        const char *text;
        TokenKind kind;
    } WORDS[] = {
        {"true", TOKEN_TRUE}, {"false", TOKEN_FALSE}, {"null", TOKEN_NULL}, {"in", TOKEN_IN}};
    size_t start = l->at;
    while (ascii_begins_name(peek(l, 0)) || ascii_is_digit(peek(l, 0)))
        skip(l, 1);
    token->text = str_sub(l->text, start, l->at - start);
    token->kind = TOKEN_NAME;
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
        if (str_is(token->text, WORDS[i].text))
            token->kind = WORDS[i].kind;
    }
    return ST_OK;
}

static Status
lex_quoted_name(Lexer *l, Token *token)
{
    skip(l, 1);
    size_t start = l->at;
    while (ascii_begins_name(peek(l, 0)) || ascii_is_digit(peek(l, 0)) ||
           (peek(l, 0) && strchr("./- ", peek(l, 0))))
        skip(l, 1);
    token->text = str_sub(l->text, start, l->at - start);
    token->kind = TOKEN_QUOTED_NAME;
    if (peek(l, 0) != '`' || token->text.n == 0)
        return fail(l, token->start, "malformed `name`");
    skip(l, 1);
    return ST_OK;
}

static Status
lex_operator(Lexer *l, Token *token)
{
    static const char *const OPERATORS[] = {"&&", "||", "==", "!=", "<=", ">=", "<", ">", "+",
                                            "-",  "*",  "/",  "%",  "!",  "?",  ":", "(", ")",
                                            "[",  "]",  "{",  "}",  ",",  "."};
    Str rest = str_from(l->text, l->at);
    for (size_t i = 0; i < sizeof OPERATORS / sizeof *OPERATORS; i++) {
        Str text = str_of(OPERATORS[i]);
        if (str_starts(rest, text)) {
            token->kind = TOKEN_OPERATOR;
            token->text = text;
            skip(l, text.n);
            return ST_OK;
        }
    }
    return fail(l, l->place,
                peek(l, 0) == '=' ? "unexpected '='; equality is '=='" : "unexpected character");
}

static Status
lex_token(Lexer *l, Token *token)
{
    size_t prefix = 0;
    bool raw = false;
    bool bytes = false;
    char c = peek(l, 0);
    token->start = l->place;
    if (ascii_is_digit(c) || (c == '.' && ascii_is_digit(peek(l, 1)))) {
        TRY(lex_number(l, token));
    } else if (string_starts(l, &prefix, &raw, &bytes)) {
        skip(l, prefix);
        TRY(lex_string(l, raw, bytes, token));
    } else if (ascii_begins_name(c)) {
        TRY(lex_name(l, token));
    } else if (c == '`') {
        TRY(lex_quoted_name(l, token));
    } else {
        TRY(lex_operator(l, token));
    }
    token->end = l->place;
    return ST_OK;
}

Status
cel_lex(Arena *arena, Str text, Tokens *ret, uint32_t *ret_place, Err *err)
{
    Lexer l = {.arena = arena, .text = text, .bad = ret_place, .err = err};
    for (;;) {
        skip_space(&l);
        Token *token = VEC_PUSH(arena, ret);
        if (!token)
            return err_nomem(err);
        if (!more(&l)) {
            token->kind = TOKEN_END;
            token->start = token->end = l.place;
            return ST_OK;
        }
        TRY(lex_token(&l, token));
    }
}
