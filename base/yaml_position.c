/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_position.c -- where a place inside a scalar lies in its YAML file. */
#include "base/yaml_position.h"

#include "base/utf8.h"

/* Two places that move together: at in the file, done in the scalar's text. */
typedef struct {
    Str text;
    size_t at;
    Str value;
    size_t done;
    char style;             /* '"', '\'', '|', '>' or 0 for plain */
    size_t indent;          /* of a block scalar */
} Walk;

static char
peek(const Walk *walk, size_t ahead)
{
    return walk->at + ahead < walk->text.n ? walk->text.p[walk->at + ahead] : '\0';
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static size_t
line_start(Str text, unsigned line)
{
    size_t at = 0;
    for (unsigned i = 1; i < line; i++) {
        size_t end;
        if (!str_find_char(str_from(text, at), '\n', &end))
            return text.n;
        at += end + 1;
    }
    return at;
}

Str
yaml_line(Str text, unsigned line)
{
    Str rest = str_from(text, line_start(text, line));
    size_t end;
    if (str_find_char(rest, '\n', &end))
        rest = str_head(rest, end);
    if (rest.n > 0 && rest.p[rest.n - 1] == '\r')
        rest.n--;
    return rest;
}

static size_t
byte_of(Str text, unsigned line, unsigned column)
{
    Str in_line = yaml_line(text, line);
    size_t at = in_line.n;
    (void)utf8_offset(in_line, column ? column - 1 : 0, &at);
    return line_start(text, line) + at;
}

/* line: one at or before the place. */
static void
place_of(Str text, unsigned line, size_t at, unsigned *ret_line, unsigned *ret_column)
{
    size_t start = line_start(text, line);
    for (size_t i = start; i < at && i < text.n; i++)
        if (text.p[i] == '\n') {
            line++;
            start = i + 1;
        }
    *ret_line = line;
    *ret_column = (unsigned)utf8_count(str_sub(text, start, at - start)) + 1;
}

/* Past the header of a block scalar, to its first character. */
static void
enter_block(Walk *walk)
{
    while (walk->at < walk->text.n && peek(walk, 0) != '\n')
        walk->at++;
    if (walk->at < walk->text.n)
        walk->at++;
    size_t look = walk->at;
    size_t indent = 0;
    while (look < walk->text.n) {
        char c = walk->text.p[look++];
        if (c == ' ') {
            indent++;
        } else if (c == '\n') {
            indent = 0;
        } else {
            break;
        }
    }
    walk->indent = indent;
    for (size_t i = 0; i < indent && peek(walk, 0) == ' '; i++)
        walk->at++;
}

static void
enter(Walk *walk)
{
    char c = peek(walk, 0);
    if (c == '"' || c == '\'') {
        walk->style = c;
        walk->at++;
    } else if (c == '|' || c == '>') {
        walk->style = c;
        enter_block(walk);
    }
}

/* One escape of a double-quoted scalar; a broken line stands for nothing. */
static void
step_escape(Walk *walk)
{
    char c = peek(walk, 1);
    size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    walk->at += 2 + digits;
    if (c == '\n' || c == '\r') {
        while (walk->at < walk->text.n && (is_blank(peek(walk, 0)) || peek(walk, 0) == '\n'))
            walk->at++;
        return;
    }
    uint32_t code;
    walk->done += utf8_decode(walk->value, walk->done, &code);
}

static void
step_line_of_literal(Walk *walk)
{
    walk->at += peek(walk, 0) == '\r' ? 2 : 1;
    walk->done++;
    for (size_t i = 0; i < walk->indent && peek(walk, 0) == ' '; i++)
        walk->at++;
}

/* Folding makes a space, or fewer newlines, of white space around a line's end. */
static bool
step_fold(Walk *walk)
{
    size_t ahead = 0;
    bool has_line_end = false;
    while (is_blank(peek(walk, ahead)) || peek(walk, ahead) == '\n') {
        has_line_end |= peek(walk, ahead) == '\n';
        ahead++;
    }
    if (!has_line_end)
        return false;
    walk->at += ahead;
    while (walk->done < walk->value.n &&
           (walk->value.p[walk->done] == ' ' || walk->value.p[walk->done] == '\n'))
        walk->done++;
    return true;
}

static bool
is_line_end(const Walk *walk)
{
    return peek(walk, 0) == '\n' || (peek(walk, 0) == '\r' && peek(walk, 1) == '\n');
}

static void
step(Walk *walk)
{
    if (walk->style == '"' && peek(walk, 0) == '\\') {
        step_escape(walk);
    } else if (walk->style == '\'' && peek(walk, 0) == '\'') {
        walk->at += 2;
        walk->done++;
    } else if (walk->style == '|' && is_line_end(walk)) {
        step_line_of_literal(walk);
    } else if (walk->style == '|' || !step_fold(walk)) {
        walk->at++;
        walk->done++;
    }
}

void
yaml_position(Str text, const Node *scalar, size_t offset, unsigned *ret_line,
              unsigned *ret_column)
{
    *ret_line = scalar->line;
    *ret_column = scalar->column;
    if (scalar->type != NODE_STRING || scalar->line == 0 || scalar->column == 0)
        return;
    Walk walk = {.text = text, .value = scalar->string};
    walk.at = byte_of(text, scalar->line, scalar->column);
    if (walk.at >= text.n)
        return;
    enter(&walk);
    if (offset > walk.value.n)
        offset = walk.value.n;
    while (walk.done < offset && walk.at < text.n)
        step(&walk);
    place_of(text, scalar->line, walk.at < text.n ? walk.at : text.n, ret_line, ret_column);
}

Str
yaml_written(Str text, const Node *scalar)
{
    if (!scalar->plain || scalar->line == 0 || scalar->column == 0)
        return (Str){"", 0};
    Str rest = yaml_line(text, scalar->line);
    size_t at = rest.n;
    (void)utf8_offset(rest, scalar->column - 1u, &at);
    rest = str_from(rest, at);
    size_t n = 0;
    while (n < rest.n && !str_find_char(STR(" ,]}\t"), rest.p[n], &at))
        n++;
    return str_head(rest, n);
}
