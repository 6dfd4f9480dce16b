/* SPDX-License-Identifier: Apache-2.0 */
/* options_help.c -- an option table as --help, 80 columns wide. */
#include "base/options.h"

#include "base/options_internal.h"
#include "base/utf8.h"

#include <string.h>

enum {
    WIDTH = 80,
    MOST_LEFT = 28,     /* longer options push their help to the next line */
};

static size_t
cells(Str text)
{
    size_t sum = 0;
    uint32_t code;
    for (size_t at = 0; at < text.n;) {
        at += utf8_decode(text, at, &code);
        sum += utf8_width(code);
    }
    return sum;
}

static void
add_spaces(Buf *out, size_t count)
{
    while (count-- > 0)
        buf_addc(out, ' ');
}

/* Appends words, from the column given on, with later lines indented. */
static void
wrap(Buf *out, Str text, size_t column, size_t indent)
{
    bool first = true;
    for (Str word; str_cut(&text, ' ', &word);) {
        size_t size = cells(word);
        if (!first && column + 1 + size > WIDTH) {
            buf_addc(out, '\n');
            add_spaces(out, indent);
            column = indent;
        } else if (!first) {
            buf_addc(out, ' ');
            column++;
        }
        buf_add_str(out, word);
        column += size;
        first = false;
    }
    buf_addc(out, '\n');
}

void
option_add_help(const Option *option, Buf *out)
{
    const char *mark = " (";
    buf_adds(out, option->help);
    if (option->type == OPTION_CHOICE) {
        for (size_t i = 0; option->choices[i]; i++, mark = ", ")
            buf_printf(out, "%s%s", mark, option->choices[i]);
        mark = "; ";
    }
    if (option->type == OPTION_LIST) {
        buf_printf(out, "%srepeatable", mark);
        mark = "; ";
    }
    if (option->fallback) {
        buf_printf(out, "%sdefault %s", mark, option->fallback);
        mark = "; ";
    }
    if (strcmp(mark, " (") != 0)
        buf_addc(out, ')');
}

bool
option_takes_file(const Option *option)
{
    static const char *const FILES[] = {"FILE", "PATH", "FOLDER", "DIRECTORY", "BUNDLE"};
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++)
        if (option->argument && str_starts(str_of(option->argument), str_of(FILES[i])))
            return true;
    return false;
}

/* "  -o, --output=FILE" */
static void
add_left(const Option *option, Buf *out)
{
    if (option->letter)
        buf_printf(out, "  -%c, --%s", option->letter, option->name);
    else
        buf_printf(out, "      --%s", option->name);
    if (option->argument)
        buf_printf(out, "=%s", option->argument);
}

/* Where the help of every option begins. */
static size_t
help_column(const OptionSet *set)
{
    size_t widest = 0;
    const Option *option = NULL;
    CLEANUP(buf_done) Buf left = BUF_INIT(1024);
    while ((option = option_next(set, option)) != NULL) {
        buf_clear(&left);
        add_left(option, &left);
        size_t size = cells(buf_str(&left));
        if (size <= MOST_LEFT && size > widest)
            widest = size;
    }
    return widest + 2;
}

static void
add_option(const Option *option, size_t column, Buf *out)
{
    CLEANUP(buf_done) Buf text = BUF_INIT(8192);
    add_left(option, &text);
    buf_add_str(out, buf_str(&text));
    size_t left = cells(buf_str(&text));
    if (left + 2 > column) {
        buf_addc(out, '\n');
        left = 0;
    }
    add_spaces(out, column - left);
    buf_clear(&text);
    option_add_help(option, &text);
    wrap(out, buf_str(&text), column, column);
}

/* Lines "0  meaning", the meaning wrapped under itself. */
static void
add_exit_codes(const char *lines, Buf *out)
{
    Str rest = str_of(lines);
    for (Str line; str_cut(&rest, '\n', &line);) {
        size_t at;
        if (line.n == 0)
            continue;
        buf_adds(out, "  ");
        if (!str_find_char(line, ' ', &at))
            at = line.n;
        buf_add_str(out, str_head(line, at));
        size_t column = 2 + at;
        add_spaces(out, column < 6 ? 6 - column : 1);
        column = column < 6 ? 6 : column + 1;
        wrap(out, str_trim(str_from(line, at)), column, column);
    }
}

/* Paragraphs are wrapped; lines that begin with a space stand as they are. */
static void
add_description(const char *text, Buf *out)
{
    Str rest = str_of(text);
    for (Str line; str_cut(&rest, '\n', &line);) {
        if (line.n == 0 || line.p[0] == ' ') {
            buf_add_str(out, line);
            buf_addc(out, '\n');
        } else {
            wrap(out, line, 0, 0);
        }
    }
}

void
options_help(const OptionSet *set, Buf *out)
{
    const Option *option = NULL;
    size_t column = help_column(set);
    CLEANUP(buf_done) Buf usage = BUF_INIT(8192);
    buf_printf(&usage, "Usage: %s%s%s %s", set->program, set->command ? " " : "",
               set->command ? set->command : "", set->usage);
    wrap(out, buf_str(&usage), 0, 7);
    wrap(out, str_of(set->summary), 0, 0);
    buf_adds(out, "\nOptions:\n");
    while ((option = option_next(set, option)) != NULL)
        add_option(option, column, out);
    if (set->exit_codes) {
        buf_adds(out, "\nExit status:\n");
        add_exit_codes(set->exit_codes, out);
    }
    if (set->description) {
        buf_addc(out, '\n');
        add_description(set->description, out);
    }
}
