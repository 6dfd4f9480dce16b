/* SPDX-License-Identifier: Apache-2.0 */
/* cel.c -- compiling expressions, and what can be asked about them. */
#include "analyzer/query/cel.h"

#include <stdio.h>

#include "analyzer/query/cel_ast.h"
#include "analyzer/query/cel_run.h"
#include "base/limits.h"
#include "base/utf8.h"

const CelMacro CEL_MACROS[] = {
    {"has", false, 1, 1, CEL_HAS, OP_NONE, "standard", "has(e.field) -> bool",
     "whether a field is there"},
    {"all", true, 2, 3, CEL_LOOP, OP_ALL, "standard", "list.all(x, bool) -> bool",
     "whether the predicate holds for every element, or key of a map; all(i, x, bool) also "
     "names the index or the value"},
    {"exists", true, 2, 3, CEL_LOOP, OP_EXISTS, "standard", "list.exists(x, bool) -> bool",
     "whether the predicate holds for some element"},
    {"exists_one", true, 2, 3, CEL_LOOP, OP_EXISTS_ONE, "standard",
     "list.exists_one(x, bool) -> bool", "whether the predicate holds for exactly one element"},
    {"existsOne", true, 2, 3, CEL_LOOP, OP_EXISTS_ONE, "standard",
     "list.existsOne(x, bool) -> bool", "exists_one by another name"},
    {"filter", true, 2, 2, CEL_LOOP, OP_FILTER, "standard", "list.filter(x, bool) -> list",
     "the elements for which the predicate holds"},
    {"map", true, 2, 3, CEL_LOOP, OP_MAP, "standard", "list.map(x, [bool,] e) -> list",
     "the results of an expression for each element (that passes the filter)"},
    {"transformList", true, 3, 4, CEL_LOOP, OP_MAP, "comprehensions",
     "list.transformList(i, x, [bool,] e) -> list", "map with index or key, and element or value"},
    {"transformMap", true, 3, 4, CEL_LOOP, OP_TRANSFORM_MAP, "comprehensions",
     "map.transformMap(k, v, [bool,] e) -> map", "a map of the same keys with new values"},
    {"transformMapEntry", true, 3, 4, CEL_LOOP, OP_TRANSFORM_ENTRY, "comprehensions",
     "map.transformMapEntry(k, v, [bool,] {key: value}) -> map",
     "a map of new keys and values; a key twice is an error"},
    {"sortBy", true, 2, 2, CEL_LOOP, OP_SORT_BY, "lists", "list.sortBy(x, e) -> list",
     "the elements in the order of an expression's values"},
    {"optMap", true, 2, 2, CEL_OPT_MAP, OP_OPT_MAP, "optionals",
     "optional.optMap(x, e) -> optional", "the expression of the value, none of none"},
    {"optFlatMap", true, 2, 2, CEL_OPT_MAP, OP_OPT_FLAT_MAP, "optionals",
     "optional.optFlatMap(x, optional) -> optional", "optMap for expressions that are optionals"},
    {"cel.bind", false, 3, 3, CEL_BIND, OP_NONE, "bindings", "cel.bind(x, value, e) -> e",
     "the expression with a name for a value"},
};
const size_t CEL_MACRO_COUNT = sizeof CEL_MACROS / sizeof *CEL_MACROS;

Str
cel_text(const CelProgram *program)
{
    return program->text;
}

void
cel_locate(const CelProgram *program, uint32_t offset, unsigned *ret_line, unsigned *ret_column)
{
    unsigned line = program->line ? program->line : 1;
    unsigned column = program->line && program->column ? program->column : 1;
    size_t at = 0;
    for (uint32_t i = 0; i < offset && at < program->text.n; i++) {
        uint32_t code = 0;
        at += utf8_decode(program->text, at, &code);
        column = code == '\n' ? 1 : column + 1;
        line += code == '\n';
    }
    *ret_line = line;
    *ret_column = column;
}

static void PRINTF_LIKE(3, 0)
complain(CelCompile *c, uint32_t place, const char *format, va_list args)
{
    char text[400];
    unsigned line = 0;
    unsigned column = 0;
    (void)vsnprintf(text, sizeof text, format, args);
    cel_locate(c->program, place, &line, &column);
    if (c->options->complain)
        c->options->complain(c->options->complain_context, line, column, text);
    Err *first = c->status == ST_OK ? c->err : NULL;
    c->status = err_at(first, ST_RULE, c->options->file, line, column, "%s", text);
}

void
cel_complain(CelCompile *c, uint32_t place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    complain(c, place, format, args);
    va_end(args);
}

Status
cel_fail(CelCompile *c, uint32_t place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    complain(c, place, format, args);
    va_end(args);
    return c->status;
}

static Status
check_text(CelCompile *c)
{
    size_t bad = 0;
    if (c->program->text.n > LIMIT_EXPRESSION_BYTES)
        return cel_fail(c, 0, "the expression is longer than %llu bytes",
                        (unsigned long long)LIMIT_EXPRESSION_BYTES);
    if (!utf8_valid(c->program->text, &bad))
        return cel_fail(c, (uint32_t)utf8_count(str_head(c->program->text, bad)),
                        "not valid UTF-8");
    return ST_OK;
}

Status
cel_compile(Arena *arena, Str text, const CelOptions *options, const CelProgram **ret, Err *err)
{
    static const CelOptions NONE = {0};
    CelProgram *program = ARENA_NEW(arena, CelProgram);
    CelCompile c = {.arena = arena, .options = options ? options : &NONE, .program = program,
                    .err = err};
    Tokens tokens = {0};
    CelNode *root = NULL;
    uint32_t place = 0;
    Err why = {0};
    *ret = NULL;
    if (!program)
        return err_nomem(err);
    program->text = text;
    program->line = c.options->line;
    program->column = c.options->column;
    program->qualified_names = c.options->qualified_names;
    TRY(check_text(&c));
    program->text = arena_str(arena, text);
    if (!program->text.p)
        return err_nomem(err);
    Status status = cel_lex(arena, program->text, &tokens, &place, &why);
    if (status != ST_OK)
        return status == ST_NOMEM ? err_nomem(err) : cel_fail(&c, place, "%s", why.text);
    TRY(cel_parse(&c, &tokens, &root));
    TRY(cel_resolve(&c, &root));
    program->root = root;
    *ret = program;
    return c.status;
}

const CelName *
cel_names(const CelProgram *program, size_t *ret_count)
{
    *ret_count = program->name_count;
    return program->names;
}

bool
cel_is_variable_name(Str name)
{
    const CelProgram *program = NULL;
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    size_t count = 0;
    if (!arena || cel_compile(arena, name, NULL, &program, NULL) != ST_OK)
        return false;
    const CelName *names = cel_names(program, &count);
    return count == 1 && str_eq(names[0].name, name);
}
