/* SPDX-License-Identifier: Apache-2.0 */
/* diagnostic.c -- what is wrong with rule files. */
#include "analyzer/rule/diagnostic.h"

#include "base/utf8.h"
#include "base/yaml.h"
#include "base/yaml_position.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longer source lines are shown in part: a caret far off the screen helps nobody. */
enum { SHOWN_COLUMNS = 160 };

void
diagnostics_init(Diagnostics *diagnostics, Arena *arena)
{
    *diagnostics = (Diagnostics){.arena = arena};
    map_init(&diagnostics->texts, arena);
    map_init(&diagnostics->orders, arena);
}

void
diagnostics_add_text(Diagnostics *diagnostics, const char *file, Str text)
{
    Str *kept = ARENA_NEW(diagnostics->arena, Str);
    if (!kept) {
        diagnostics->out_of_memory = true;
        return;
    }
    *kept = text;
    if (!map_put(&diagnostics->texts, str_of(file), kept))
        diagnostics->out_of_memory = true;
}

Str
diagnostics_text(const Diagnostics *diagnostics, const char *file)
{
    const Str *text = map_get(&diagnostics->texts, str_of(file));
    return text ? *text : (Str){"", 0};
}

static size_t
order_of(Diagnostics *diagnostics, const char *file)
{
    void **slot = map_slot(&diagnostics->orders, str_of(file));
    if (!slot) {
        diagnostics->out_of_memory = true;
        return 0;
    }
    if (!*slot)
        *slot = (void *)(uintptr_t)diagnostics->orders.count;
    return (size_t)(uintptr_t)*slot;
}

static void PRINTF_LIKE(6, 0)
note(Diagnostics *diagnostics, bool is_warning, const char *file, unsigned line,
     unsigned column, const char *format, va_list args)
{
    char text[1024];
    (void)vsnprintf(text, sizeof text, format, args);
    for (char *p = text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = ' ';
    char *kept = arena_cstr(diagnostics->arena, str_of(text));
    char *name = arena_cstr(diagnostics->arena, str_of(file ? file : ""));
    Diagnostic *item = kept && name ? VEC_PUSH(diagnostics->arena, &diagnostics->items) : NULL;
    if (!item) {
        diagnostics->out_of_memory = true;
        return;
    }
    *item = (Diagnostic){.file = name, .line = line, .column = column,
                         .is_warning = is_warning, .text = kept};
    item->file_order = order_of(diagnostics, name);
    if (is_warning)
        diagnostics->warning_count++;
    else
        diagnostics->error_count++;
}

void
diagnostic_error(Diagnostics *diagnostics, const char *file, unsigned line, unsigned column,
                 const char *format, ...)
{
    va_list args;
    va_start(args, format);
    note(diagnostics, false, file, line, column, format, args);
    va_end(args);
}

void
diagnostic_warning(Diagnostics *diagnostics, const char *file, unsigned line,
                   unsigned column, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    note(diagnostics, true, file, line, column, format, args);
    va_end(args);
}

void
diagnostic_err(Diagnostics *diagnostics, const char *file, const Err *err)
{
    if (err->status == ST_NOMEM)
        diagnostics->out_of_memory = true;
    diagnostic_error(diagnostics, err->file[0] ? err->file : file, err->line, err->column,
                     "%s", err->text[0] ? err->text : status_sentence(err->status));
}

typedef struct {
    Diagnostics *diagnostics;
    const char *file;
} Duplicate;

static void
note_duplicate(void *context, unsigned line, unsigned column, const char *message)
{
    const Duplicate *duplicate = context;
    diagnostic_error(duplicate->diagnostics, duplicate->file, line, column, "%s", message);
}

/* The first value of a tree that begins so far behind in its line that its column is not known:
 * neither are the places in it, nor how a number or bool was written. */
static const Node *
find_too_far(const Node *node)
{
    const Node *found = NULL;
    if (node->column == UINT16_MAX)
        return node;
    for (uint32_t i = 0; node->type == NODE_LIST && i < node->count && !found; i++)
        found = find_too_far(&node->items[i]);
    for (uint32_t i = 0; node->type == NODE_MAP && i < node->count && !found; i++)
        found = find_too_far(&node->pairs[i].value);
    return found;
}

Status
diagnostics_parse(Diagnostics *diagnostics, const char *file, Str text, const Node **ret,
                  Err *err)
{
    Err found = {0};
    Duplicate duplicate = {diagnostics, file};
    YamlDuplicates duplicates = {note_duplicate, &duplicate};
    diagnostics_add_text(diagnostics, file, text);
    *ret = NULL;
    Status status =
        yaml_parse_noting(diagnostics->arena, text, file, &duplicates, ret, &found);
    if (status == ST_NOMEM || diagnostics->out_of_memory)
        return err_nomem(err);
    if (status != ST_OK)
        diagnostic_err(diagnostics, file, &found);
    const Node *far = *ret ? find_too_far(*ret) : NULL;
    if (far) {
        diagnostic_error(diagnostics, file, far->line, far->column,
                         "the line is too long: nothing may begin behind column %u",
                         (unsigned)UINT16_MAX - 1);
        *ret = NULL;
    }
    return ST_OK;
}

static int
compare(const void *left, const void *right)
{
    const Diagnostic *a = left;
    const Diagnostic *b = right;
    if (a->file_order != b->file_order)
        return a->file_order < b->file_order ? -1 : 1;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    if (a->column != b->column)
        return a->column < b->column ? -1 : 1;
    if (a->is_warning != b->is_warning)
        return a->is_warning ? 1 : -1;
    return strcmp(a->text, b->text);
}

static void
count_again(Diagnostics *diagnostics)
{
    diagnostics->error_count = 0;
    diagnostics->warning_count = 0;
    for (size_t i = 0; i < diagnostics->items.count; i++) {
        if (diagnostics->items.items[i].is_warning)
            diagnostics->warning_count++;
        else
            diagnostics->error_count++;
    }
}

void
diagnostics_sort(Diagnostics *diagnostics)
{
    Diagnostic *items = diagnostics->items.items;
    size_t count = diagnostics->items.count;
    if (count == 0)
        return;
    qsort(items, count, sizeof *items, compare);
    size_t kept = 1;
    for (size_t i = 1; i < count; i++)
        if (compare(&items[kept - 1], &items[i]) != 0)
            items[kept++] = items[i];
    diagnostics->items.count = kept;
    count_again(diagnostics);
}

static void
write_caret(Str line, unsigned column, Buf *out)
{
    size_t at = line.n;
    (void)utf8_offset(line, column - 1, &at);
    for (size_t i = 0; i < at;) {
        uint32_t code;
        i += utf8_decode(line, i, &code);
        unsigned width = code == '\t' ? 1 : utf8_width(code);
        for (unsigned w = 0; w < width; w++)
            buf_addc(out, code == '\t' ? '\t' : ' ');
    }
    buf_adds(out, "^\n");
}

static void
write_source(const Diagnostics *diagnostics, const Diagnostic *diagnostic, Buf *out)
{
    Str text = diagnostics_text(diagnostics, diagnostic->file);
    Str line = yaml_line(text, diagnostic->line);
    if (line.n == 0 || diagnostic->column > SHOWN_COLUMNS)
        return;
    size_t end = line.n;
    (void)utf8_offset(line, SHOWN_COLUMNS, &end);
    line = str_head(line, end);
    buf_adds(out, "    ");
    utf8_escape_terminal(out, line, true);
    buf_adds(out, "\n");
    if (diagnostic->column > 0) {
        buf_adds(out, "    ");
        write_caret(line, diagnostic->column, out);
    }
}

static void
write_place(const Diagnostic *diagnostic, Buf *out)
{
    utf8_escape_terminal(out, str_of(diagnostic->file), false);
    if (diagnostic->line > 0)
        buf_printf(out, ":%u", diagnostic->line);
    if (diagnostic->line > 0 && diagnostic->column > 0)
        buf_printf(out, ":%u", diagnostic->column);
    buf_adds(out, ": ");
}

void
diagnostic_write_line(const Diagnostic *diagnostic, Buf *out)
{
    write_place(diagnostic, out);
    utf8_escape_terminal(out, str_of(diagnostic->text), false);
    buf_adds(out, "\n");
}

void
diagnostic_write(const Diagnostics *diagnostics, const Diagnostic *diagnostic,
                 bool with_source, Buf *out)
{
    write_place(diagnostic, out);
    buf_adds(out, diagnostic->is_warning ? "warning: " : "error: ");
    utf8_escape_terminal(out, str_of(diagnostic->text), false);
    buf_adds(out, "\n");
    if (with_source && diagnostic->line > 0)
        write_source(diagnostics, diagnostic, out);
}
