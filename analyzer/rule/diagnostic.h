/* SPDX-License-Identifier: Apache-2.0 */
/* diagnostic.h -- what is wrong with rule files: all of it, each with its place.
 *
 * Loading and lint never stop at the first mistake; they note it here and go on.  A
 * Diagnostics also keeps the texts of the files, so that a place can be shown with its line
 * and a caret. */
#ifndef RULE_DIAGNOSTIC_H
#define RULE_DIAGNOSTIC_H

#include "base/buf.h"
#include "base/map.h"
#include "base/node.h"

typedef struct {
    const char *file;
    unsigned line;          /* 0: the whole file */
    unsigned column;        /* 0: the whole line */
    bool is_warning;
    const char *text;       /* one line, without a full stop */
    size_t file_order;      /* of the file's first mention */
} Diagnostic;

typedef struct {
    Arena *arena;
    VEC(Diagnostic) items;
    size_t error_count;
    size_t warning_count;
    bool out_of_memory;     /* something could not be noted */
    Map texts;              /* file name -> const Str * */
    Map orders;             /* file name -> place in the order of files, plus one */
} Diagnostics;

void diagnostics_init(Diagnostics *diagnostics, Arena *arena);
/* Makes the text of a file known; text and file must live as long as the diagnostics. */
void diagnostics_add_text(Diagnostics *diagnostics, const char *file, Str text);
/* The text of a file; "" where it is unknown. */
Str diagnostics_text(const Diagnostics *diagnostics, const char *file);

void diagnostic_error(Diagnostics *diagnostics, const char *file, unsigned line,
                      unsigned column, const char *format, ...) PRINTF_LIKE(5, 6);
void diagnostic_warning(Diagnostics *diagnostics, const char *file, unsigned line,
                        unsigned column, const char *format, ...) PRINTF_LIKE(5, 6);
/* Notes a failure that a parser gave as an Err; file where the Err has none. */
void diagnostic_err(Diagnostics *diagnostics, const char *file, const Err *err);

/* Parses YAML: what is wrong with it is noted, all duplicate keys included.  *ret is NULL
 * where there is no tree.  ST_NOMEM alone is returned. */
NODISCARD Status diagnostics_parse(Diagnostics *diagnostics, const char *file, Str text,
                                   const Node **ret, Err *err);

/* By file in order of first mention, then line, column and text; repetitions go. */
void diagnostics_sort(Diagnostics *diagnostics);

/* "FILE:LINE:COL: TEXT", one line. */
void diagnostic_write_line(const Diagnostic *diagnostic, Buf *out);
/* "FILE:LINE:COL: error: TEXT" and, with_source, the line and a caret below the place. */
void diagnostic_write(const Diagnostics *diagnostics, const Diagnostic *diagnostic,
                      bool with_source, Buf *out);

#endif
