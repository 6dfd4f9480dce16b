/* SPDX-License-Identifier: Apache-2.0 */
/* options_man.c -- option tables as a manual page in man(7). */
#include "base/options.h"

#include "base/options_internal.h"
#include "config.h"

/* Text in which nothing is a request or an escape; a minus is one that can be copied. */
static void
add_text(Str text, bool line_begins, Buf *out)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if ((c == '.' || c == '\'') && line_begins && i == 0)
            buf_adds(out, "\\&");
        if (c == '\\')
            buf_adds(out, "\\e");
        else if (c == '-')
            buf_adds(out, "\\-");
        else
            buf_addc(out, c);
    }
}

static void
add_line(const char *text, Buf *out)
{
    add_text(str_of(text), true, out);
    buf_addc(out, '\n');
}

static void
add_option(const Option *option, Buf *out)
{
    CLEANUP(buf_done) Buf help = BUF_INIT(8192);
    buf_adds(out, ".TP\n");
    if (option->letter)
        buf_printf(out, "\\fB\\-%c\\fR, ", option->letter);
    buf_adds(out, "\\fB\\-\\-");
    add_text(str_of(option->name), false, out);
    buf_adds(out, "\\fR");
    if (option->argument) {
        buf_adds(out, "=\\fI");
        add_text(str_of(option->argument), false, out);
        buf_adds(out, "\\fR");
    }
    buf_addc(out, '\n');
    option_add_help(option, &help);
    buf_addc(&help, '.');
    add_line(buf_str(&help).p, out);
}

static void
add_options(const OptionSet *set, Buf *out)
{
    const Option *option = NULL;
    while ((option = option_next(set, option)) != NULL)
        add_option(option, out);
}

static void
add_exit_codes(const char *lines, Buf *out)
{
    Str rest = str_of(lines);
    for (Str line; str_cut(&rest, '\n', &line);) {
        size_t at;
        if (line.n == 0)
            continue;
        if (!str_find_char(line, ' ', &at))
            at = line.n;
        buf_adds(out, ".TP\n\\fB");
        add_text(str_head(line, at), false, out);
        buf_adds(out, "\\fR\n");
        add_text(str_trim(str_from(line, at)), true, out);
        buf_addc(out, '\n');
    }
}

/* Paragraphs; lines that begin with a space are examples. */
static void
add_description(const char *text, Buf *out)
{
    bool example = false;
    bool paragraph = false;
    Str rest = str_of(text);
    for (Str line; str_cut(&rest, '\n', &line);) {
        bool verbatim = line.n > 0 && line.p[0] == ' ';
        if (verbatim != example && (line.n > 0 || example))
            buf_adds(out, verbatim ? ".PP\n.EX\n" : ".EE\n");
        if (line.n > 0 || example)
            example = verbatim;
        if (line.n == 0) {
            paragraph = true;
            continue;
        }
        if (paragraph && !verbatim)
            buf_adds(out, ".PP\n");
        paragraph = false;
        add_text(line, true, out);
        buf_addc(out, '\n');
    }
    if (example)
        buf_adds(out, ".EE\n");
}

static void
add_synopsis(const OptionSet *set, Buf *out)
{
    buf_adds(out, "\\fB");
    add_text(str_of(set->program), false, out);
    if (set->command) {
        buf_addc(out, ' ');
        add_text(str_of(set->command), false, out);
    }
    buf_adds(out, "\\fR ");
    add_text(str_of(set->usage), false, out);
    buf_addc(out, '\n');
}

static void
add_command(const OptionSet *set, Buf *out)
{
    buf_adds(out, ".SS ");
    add_line(set->command, out);
    add_text(str_of(set->summary), true, out);
    buf_adds(out, ".\n");
    if (set->description) {
        buf_adds(out, ".PP\n");
        add_description(set->description, out);
    }
    add_options(set, out);
    if (set->exit_codes) {
        buf_adds(out, ".PP\nExit status:\n");
        add_exit_codes(set->exit_codes, out);
    }
}

static void
add_title(const OptionSet *set, Buf *out)
{
    buf_adds(out, ".TH ");
    for (const char *c = set->program; *c; c++) {
        char upper = *c >= 'a' && *c <= 'z' ? (char)(*c - ('a' - 'A')) : *c;
        add_text((Str){&upper, 1}, false, out);
    }
    buf_adds(out, " 1 \"\" \"" PACKAGE_NAME " " PACKAGE_VERSION "\" \"User Commands\"\n");
    buf_adds(out, ".SH NAME\n");
    add_text(str_of(set->program), false, out);
    buf_adds(out, " \\- ");
    add_line(set->summary, out);
}

void
options_man(const OptionSet *const *sets, size_t count, Buf *out)
{
    const OptionSet *main_set = sets[0];
    add_title(main_set, out);
    buf_adds(out, ".SH SYNOPSIS\n");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_adds(out, ".br\n");
        add_synopsis(sets[i], out);
    }
    if (main_set->description) {
        buf_adds(out, ".SH DESCRIPTION\n");
        add_description(main_set->description, out);
    }
    buf_adds(out, ".SH OPTIONS\n");
    add_options(main_set, out);
    if (count > 1)
        buf_adds(out, ".SH COMMANDS\n");
    for (size_t i = 1; i < count; i++)
        add_command(sets[i], out);
    if (main_set->exit_codes) {
        buf_adds(out, ".SH EXIT STATUS\n");
        add_exit_codes(main_set->exit_codes, out);
    }
}
