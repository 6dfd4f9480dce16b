/* SPDX-License-Identifier: Apache-2.0 */
/* template.h -- texts with {{ CEL }} in them, and expressions that know their place.
 *
 * Both are compiled while a rule file is loaded and are immutable afterwards. */
#ifndef RULE_TEMPLATE_H
#define RULE_TEMPLATE_H

#include "analyzer/query/cel.h"
#include "analyzer/rule/diagnostic.h"

/* An expression of a rule file. */
typedef struct {
    const CelProgram *program;   /* NULL: there is none, or it did not compile */
    const CelProgram *parsed;    /* for its names, of one that has errors, too; NULL: none */
    Str text;
    const Node *scalar;          /* that holds it */
    size_t offset;               /* of text in the scalar's string, in bytes */
} Expression;

typedef struct {
    Str literal;                 /* written before the expression */
    Expression expression;       /* program NULL: only the literal */
} TemplatePart;

typedef struct {
    const TemplatePart *parts;
    size_t count;
} Template;

/* Compiles the expression in a scalar; what is wrong with it is noted with its place in the
 * file.  ST_NOMEM alone is returned. */
NODISCARD Status expression_compile(Arena *arena, const Node *scalar, const char *file,
                                    Diagnostics *diagnostics, Expression *ret, Err *err);
/* Where the at-th code point of the expression lies in its file, whose text is given. */
void expression_position(const Expression *expression, Str file_text, uint32_t at,
                         unsigned *ret_line, unsigned *ret_column);

/* is_command: the text is for a shell; an interpolation inside quotes is an error, for the
 * value is quoted already. */
NODISCARD Status template_compile(Arena *arena, const Node *scalar, bool is_command,
                                  const char *file, Diagnostics *diagnostics, Template *ret,
                                  Err *err);
/* Appends the text.  What is unknown or fails prints "(unknown)"; in a command values are
 * quoted unless they match [A-Za-z0-9._/-]+ and do not begin with a dash. */
void template_write(const Template *template, CelEval *eval, bool is_command, Buf *out);

/* Appends text as one word of a POSIX shell. */
void shell_quote(Str text, Buf *out);

#endif
