/* SPDX-License-Identifier: Apache-2.0 */
/* lint.c -- what is sure to go wrong when the expressions of rules are evaluated. */
#include "analyzer/rule/rule.h"

#include "analyzer/query/cel_check.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "base/yaml_position.h"

/* What the names of an expression mean. */
typedef struct {
    RuleSet *set;
    const RuleFile *file;
    const Rule *rule;           /* NULL: only the defs of the file */
    Str params;                 /* shape of `params` */
    const Expression *at;       /* the one being checked; NULL: one of a source */
} Lint;

static const Str ANY = STR_INIT("any");

/* ---- names ---- */

static Binding *
find(const Lint *lint, Str name)
{
    Binding *own = lint->rule ? map_get(&lint->rule->names, name) : NULL;
    return own ? own : map_get(&lint->file->names, name);
}

static Str
shape_of(void *context, Str name)
{
    const Lint *lint = context;
    if (str_is(name, "params"))
        return lint->params;
    const Binding *binding = find(lint, name);
    if (!binding || !binding->shape.p)
        return ANY;
    return binding->scope == BINDING_EACH ? shape_inner(binding->shape) : binding->shape;
}

/* Params that are not there are errors already: the record is open. */
static Status
shape_of_params(const RuleSet *set, const RuleFile *file, Str *ret, Err *err)
{
    static const char *const SHAPES_OF[PARAM_TYPE_COUNT] = {
        [PARAM_STRING] = "text", [PARAM_INT] = "int",          [PARAM_DOUBLE] = "double",
        [PARAM_BOOL] = "text",   [PARAM_STRINGS] = "[text]",
    };
    CLEANUP(buf_done) Buf out = BUF_INIT(LIMIT_RULE_FILE_BYTES);
    buf_adds(&out, "{");
    for (size_t i = 0; i < file->param_count; i++) {
        const Param *param = &file->params[i];
        buf_printf(&out, STR_FMT ": %s, ", STR_ARG(param->name), SHAPES_OF[param->type]);
    }
    buf_adds(&out, "...}");
    TRY(buf_status(&out, err));
    *ret = arena_str(set->arena, buf_str(&out));
    return ret->p ? ST_OK : err_nomem(err);
}

/* ---- places ---- */

static void
tell_at(const Lint *lint, const Node *scalar, bool is_error, size_t byte, const char *text)
{
    unsigned line;
    unsigned column;
    yaml_position(lint->file->text, scalar, byte, &line, &column);
    if (is_error)
        diagnostic_error(&lint->set->diagnostics, lint->file->path, line, column, "%s", text);
    else
        diagnostic_warning(&lint->set->diagnostics, lint->file->path, line, column, "%s", text);
}

static void
tell_in_expression(void *context, bool is_error, uint32_t place, const char *text)
{
    const Lint *lint = context;
    size_t byte = lint->at->text.n;
    (void)utf8_offset(lint->at->text, place, &byte);
    tell_at(lint, lint->at->scalar, is_error, lint->at->offset + byte, text);
}

static void
tell_in_source(void *context, const Node *scalar, bool is_error, uint32_t place,
               const char *text)
{
    size_t byte = scalar->string.n;
    (void)utf8_offset(scalar->string, place, &byte);
    tell_at(context, scalar, is_error, byte, text);
}

/* ---- checking ---- */

/* Checks a binding once, those that it rests on before it.  Circles are errors already; what
 * is inside of one has no shape. */
static Status
check_binding(Lint *lint, Binding *binding, unsigned depth, Err *err)
{
    if (binding->shape.p || !binding->source)
        return ST_OK;
    binding->shape = ANY;
    size_t count;
    const SourceName *names = source_names(binding->source, &count);
    for (size_t i = 0; i < count && depth < LIMIT_NAME_DEPTH; i++) {
        Binding *other = find(lint, names[i].name);
        if (other)
            TRY(check_binding(lint, other, depth + 1, err));
    }
    SourceCheck check = {.arena = lint->set->arena, .shape_of = shape_of,
                         .tell = tell_in_source, .context = lint};
    return source_check(binding->source, &check, &binding->shape, err);
}

static Status
check_bindings(Lint *lint, const Bindings *bindings, Err *err)
{
    for (size_t i = 0; i < bindings->count; i++)
        TRY(check_binding(lint, &bindings->items[i], 0, err));
    return ST_OK;
}

static Status
shape_expression(Lint *lint, const Expression *expression, Str *ret, Err *err)
{
    *ret = ANY;
    if (!expression->program)
        return ST_OK;
    CelCheck check = {.arena = lint->set->arena, .shape_of = shape_of,
                      .tell = tell_in_expression, .context = lint};
    lint->at = expression;
    return cel_check(expression->program, &check, ret, err);
}

static Status
check_expression(Lint *lint, const Expression *expression, Err *err)
{
    Str ignored;
    return shape_expression(lint, expression, &ignored, err);
}

static Status
check_condition(Lint *lint, const Expression *expression, Err *err)
{
    Str shape;
    TRY(shape_expression(lint, expression, &shape, err));
    if (!shape_may_be_bool(shape))
        tell_in_expression(lint, false, 0, "this can be neither true nor false");
    return ST_OK;
}

static Status
check_template(Lint *lint, const Template *template, Err *err)
{
    for (size_t i = 0; i < template->count; i++)
        TRY(check_expression(lint, &template->parts[i].expression, err));
    return ST_OK;
}

static Status
check_rule(Lint *lint, const Rule *rule, Err *err)
{
    TRY(check_bindings(lint, &rule->let, err));
    TRY(check_bindings(lint, &rule->each, err));
    TRY(check_bindings(lint, &rule->with, err));
    TRY(check_condition(lint, &rule->when_applicable, err));
    for (size_t i = 0; i < rule->case_count; i++) {
        TRY(check_condition(lint, &rule->cases[i].when, err));
        TRY(check_template(lint, &rule->cases[i].message, err));
    }
    TRY(check_expression(lint, &rule->key, err));
    TRY(check_condition(lint, &rule->low_if, err));
    TRY(check_condition(lint, &rule->high_if, err));
    for (size_t i = 0; i < rule->fix_count; i++) {
        TRY(check_template(lint, &rule->fixes[i].text, err));
        TRY(check_template(lint, &rule->fixes[i].run, err));
    }
    return ST_OK;
}

Status
rules_lint(RuleSet *set, Err *err)
{
    for (size_t i = 0; i < set->files.count; i++) {
        Lint lint = {.set = set, .file = set->files.items[i]};
        TRY(shape_of_params(set, lint.file, &lint.params, err));
        TRY(check_bindings(&lint, &lint.file->defs, err));
        for (size_t k = 0; k < set->rules.count; k++) {
            if (set->rules.items[k]->file != lint.file)
                continue;
            lint.rule = set->rules.items[k];
            TRY(check_rule(&lint, lint.rule, err));
        }
    }
    diagnostics_sort(&set->diagnostics);
    return set->diagnostics.out_of_memory ? err_nomem(err) : ST_OK;
}
