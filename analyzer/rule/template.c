/* SPDX-License-Identifier: Apache-2.0 */
/* template.c -- texts with {{ CEL }} in them. */
#include "analyzer/rule/template.h"

#include "analyzer/rule/cel_scan.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "base/yaml_position.h"

#include <string.h>

/* The byte that a 1-based line and column of text stand for. */
static size_t
byte_at(Str text, unsigned line, unsigned column)
{
    size_t at = 0;
    for (unsigned i = 1; i < line; i++) {
        size_t end;
        if (!str_find_char(str_from(text, at), '\n', &end))
            return text.n;
        at += end + 1;
    }
    Str rest = str_from(text, at);
    size_t in_line = rest.n;
    (void)utf8_offset(rest, column ? column - 1 : 0, &in_line);
    return at + in_line;
}

static Str
scalar_text(const Node *scalar, const char *file, const Diagnostics *diagnostics)
{
    if (scalar->type == NODE_STRING)
        return scalar->string;
    return yaml_written(diagnostics_text(diagnostics, file), scalar);
}

/* An expression while it is compiled. */
typedef struct {
    Diagnostics *diagnostics;
    const char *file;
    const Expression *expression;
} Compiling;

static void
complain_of_expression(void *context, unsigned line, unsigned column, const char *text)
{
    const Compiling *compiling = context;
    const Expression *expression = compiling->expression;
    unsigned file_line;
    unsigned file_column;
    size_t at = byte_at(expression->text, line, column);
    yaml_position(diagnostics_text(compiling->diagnostics, compiling->file), expression->scalar,
                  expression->offset + at, &file_line, &file_column);
    diagnostic_error(compiling->diagnostics, compiling->file, file_line, file_column, "%s", text);
}

/* Compiles text, which begins at a byte offset of the scalar's string. */
static Status
compile_at(Arena *arena, const Node *scalar, size_t offset, Str text, const char *file,
           Diagnostics *diagnostics, Expression *ret, Err *err)
{
    *ret = (Expression){.text = text, .scalar = scalar, .offset = offset};
    Compiling compiling = {.diagnostics = diagnostics, .file = file, .expression = ret};
    /* The places are asked for inside the text alone: only the file knows about quotes,
     * indentation and folding. */
    CelOptions options = {.line = 1, .column = 1, .complain = complain_of_expression,
                          .complain_context = &compiling};
    Status status = cel_compile(arena, text, &options, &ret->parsed, NULL);
    if (status == ST_OK)
        ret->program = ret->parsed;
    return status == ST_NOMEM ? err_nomem(err) : ST_OK;
}

Status
expression_compile(Arena *arena, const Node *scalar, const char *file,
                   Diagnostics *diagnostics, Expression *ret, Err *err)
{
    Str text = scalar_text(scalar, file, diagnostics);
    return compile_at(arena, scalar, 0, text, file, diagnostics, ret, err);
}

void
expression_position(const Expression *expression, Str file_text, uint32_t at,
                    unsigned *ret_line, unsigned *ret_column)
{
    size_t byte = expression->text.n;
    (void)utf8_offset(expression->text, at, &byte);
    yaml_position(file_text, expression->scalar, expression->offset + byte, ret_line,
                  ret_column);
}

/* The place of the }} that ends the expression beginning at at; false where there is none.
 * Braces of map literals nest; those in string literals do not count. */
static bool
find_end(Str s, size_t at, size_t *ret)
{
    size_t depth = 0;
    while (at < s.n) {
        char c = s.p[at];
        if (c == '"' || c == '\'') {
            at = cel_literal_end(s, at);
            continue;
        }
        if (c == '}' && depth == 0) {
            *ret = at;
            return at + 1 < s.n && s.p[at + 1] == '}';
        }
        if (c == '{')
            depth++;
        if (c == '}')
            depth--;
        at++;
    }
    return false;
}

/* What of a shell's quoting is open after literal text. */
typedef struct {
    char quote;             /* '\'', '"', '`' or 0 */
    bool is_escaped;
} ShellState;

static void
shell_scan(ShellState *state, Str literal)
{
    for (size_t i = 0; i < literal.n; i++) {
        char c = literal.p[i];
        if (state->is_escaped)
            state->is_escaped = false;
        else if (c == '\\' && state->quote != '\'')
            state->is_escaped = true;
        else if (state->quote == c)
            state->quote = 0;
        else if (!state->quote && (c == '\'' || c == '"' || c == '`'))
            state->quote = c;
    }
}

static void
complain_at(const Node *scalar, size_t offset, const char *file, Diagnostics *diagnostics,
            const char *text)
{
    unsigned line;
    unsigned column;
    yaml_position(diagnostics_text(diagnostics, file), scalar, offset, &line, &column);
    diagnostic_error(diagnostics, file, line, column, "%s", text);
}

/* Trims the expression and keeps its offset true. */
static Status
compile_part(Arena *arena, const Node *scalar, size_t at, size_t end, const char *file,
             Diagnostics *diagnostics, Expression *ret, Err *err)
{
    Str raw = str_sub(scalar->string, at, end - at);
    Str text = str_trim(raw);
    if (text.n == 0) {
        complain_at(scalar, at, file, diagnostics, "an expression is missing between {{ and }}");
        return ST_OK;
    }
    size_t offset = at + (size_t)(text.p - raw.p);
    return compile_at(arena, scalar, offset, text, file, diagnostics, ret, err);
}

Status
template_compile(Arena *arena, const Node *scalar, bool is_command, const char *file,
                 Diagnostics *diagnostics, Template *ret, Err *err)
{
    VEC(TemplatePart) parts = {0};
    ShellState shell = {0};
    Str s = scalar->string;
    size_t at = 0;
    while (at < s.n) {
        TemplatePart *part = VEC_PUSH(arena, &parts);
        if (!part)
            return err_nomem(err);
        size_t open;
        if (!str_find(str_from(s, at), STR("{{"), &open)) {
            part->literal = str_from(s, at);
            break;
        }
        open += at;
        part->literal = str_sub(s, at, open - at);
        shell_scan(&shell, part->literal);
        if (is_command && (shell.quote || shell.is_escaped))
            complain_at(scalar, open, file, diagnostics,
                        "the value is quoted for the shell: leave out the quotes around {{ }}");
        size_t end;
        if (is_command && str_find(part->literal, STR("<<"), &end))
            complain_at(scalar, open, file, diagnostics,
                        "a here-document would not keep the quotes of the value");
        if (!find_end(s, open + 2, &end)) {
            complain_at(scalar, open, file, diagnostics, "{{ without }}");
            break;
        }
        TRY(compile_part(arena, scalar, open + 2, end, file, diagnostics, &part->expression,
                         err));
        at = end + 2;
    }
    *ret = (Template){parts.items, parts.count};
    return ST_OK;
}

static bool
is_plain_word(Str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '/' || c == '-';
        if (!is_plain)
            return false;
    }
    return text.n > 0 && text.p[0] != '-';
}

void
shell_quote(Str text, Buf *out)
{
    if (is_plain_word(text)) {
        buf_add_str(out, text);
        return;
    }
    buf_addc(out, '\'');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\'')
            buf_adds(out, "'\\''");
        else if (text.p[i] != '\0')
            buf_addc(out, text.p[i]);
    }
    buf_addc(out, '\'');
}

static void
write_value(Value value, bool is_command, Buf *out)
{
    if (!is_command) {
        value_write_text(value, out);
        return;
    }
    CLEANUP(buf_done) Buf word = BUF_INIT(LIMIT_EXPRESSION_BYTES);
    value_write_text(value, &word);
    if (word.failed == ST_OK)
        shell_quote(buf_str(&word), out);
    else
        shell_quote(STR("(unknown)"), out);
}

void
template_write(const Template *template, CelEval *eval, bool is_command, Buf *out)
{
    for (size_t i = 0; i < template->count; i++) {
        const TemplatePart *part = &template->parts[i];
        buf_add_str(out, part->literal);
        if (part->expression.program)
            write_value(cel_eval(part->expression.program, eval), is_command, out);
    }
}
