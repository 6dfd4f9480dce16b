/* SPDX-License-Identifier: Apache-2.0 */
/* names.c -- which names a rule defines, uses, misspells and forgets. */
#include "analyzer/rule/load.h"

#include "analyzer/rule/cel_scan.h"
#include "base/limits.h"
#include "base/yaml_position.h"

#include <stdio.h>

/* What may be named at a place: defs alone, let too, or everything. */
typedef enum {
    LEVEL_DEF,
    LEVEL_LET,
    LEVEL_ALL,
} Level;

typedef struct {
    RuleSet *set;
    RuleFile *file;
    Rule *rule;                     /* NULL while the defs of a file are checked */
    VEC(Binding *) used;            /* in order of discovery; also the work left */
    bool out_of_memory;
} Names;

typedef VEC(const char *) WordList;

static void PRINTF_LIKE(4, 5)
complain(const Names *names, unsigned line, unsigned column, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    diagnostic_error(&names->set->diagnostics, names->file->path, line, column, "%s", text);
}

/* ---- defining ---- */

static Status
define_all(const Names *names, Bindings *bindings, Map *map, Err *err)
{
    for (size_t i = 0; i < bindings->count; i++) {
        Binding *binding = &bindings->items[i];
        if (map_has(map, binding->name) || map_has(&names->file->names, binding->name)) {
            complain(names, binding->line, binding->column,
                     "the name \"" STR_FMT "\" is taken already", STR_ARG(binding->name));
            continue;
        }
        if (!map_put(map, binding->name, binding))
            return err_nomem(err);
    }
    return ST_OK;
}

const Binding *
rule_binding(const Rule *rule, Str name)
{
    const Binding *own = map_get(&rule->names, name);
    return own ? own : map_get(&rule->file->names, name);
}

/* ---- looking up ---- */

static Binding *
find(const Names *names, Str name)
{
    Binding *own = names->rule ? map_get(&names->rule->names, name) : NULL;
    return own ? own : map_get(&names->file->names, name);
}

static bool
is_visible(const Binding *binding, Level level)
{
    if (binding->scope == BINDING_DEF || level == LEVEL_ALL)
        return true;
    return binding->scope == BINDING_LET && level == LEVEL_LET;
}

static bool
add_names(Arena *arena, const Map *map, Level level, WordList *list)
{
    for (size_t i = 0; map && i < map->count; i++) {
        const Binding *binding = map->entries[i].value;
        if (!is_visible(binding, level))
            continue;
        const char **slot = VEC_PUSH(arena, list);
        if (!slot)
            return false;
        *slot = arena_cstr(arena, binding->name);
    }
    return true;
}

static const char *
nearest(const Names *names, Str name, Level level)
{
    Arena *arena = names->set->arena;
    WordList list = {0};
    bool is_complete =
        add_names(arena, names->rule ? &names->rule->names : NULL, level, &list) &&
        add_names(arena, &names->file->names, level, &list);
    const char **params = VEC_PUSH(arena, &list);
    const char **end = VEC_PUSH(arena, &list);
    if (!is_complete || !params || !end)
        return NULL;
    list.items[list.count - 2] = "params";
    return str_nearest(name, list.items);
}

static void
complain_of_undefined(const Names *names, Str name, Level level, unsigned line,
                      unsigned column)
{
    if (find(names, name)) {
        complain(names, line, column,
                 "\"" STR_FMT "\" has no value here: it belongs to each element", STR_ARG(name));
        return;
    }
    const char *near = nearest(names, name, level);
    diagnostic_error(&names->set->diagnostics, names->file->path, line, column,
                     "undefined name \"" STR_FMT "\"%s%s%s", STR_ARG(str_head(name, 80)),
                     near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static void
use_binding(Names *names, Binding *binding)
{
    if (binding->is_used && binding->scope != BINDING_DEF)
        return;
    for (size_t i = 0; i < names->used.count; i++)
        if (names->used.items[i] == binding)
            return;
    binding->is_used = true;
    Binding **slot = VEC_PUSH(names->set->arena, &names->used);
    if (slot)
        *slot = binding;
    else
        names->out_of_memory = true;
}

/* A name at its place. */
static void
use(Names *names, Str name, Level level, unsigned line, unsigned column)
{
    if (str_is(name, "params"))
        return;
    Binding *binding = find(names, name);
    if (!binding || !is_visible(binding, level)) {
        complain_of_undefined(names, name, level, line, column);
        return;
    }
    use_binding(names, binding);
}

/* ---- params in the text of an expression ---- */

static Param *
find_param(const RuleFile *file, Str name)
{
    for (size_t i = 0; i < file->param_count; i++)
        if (str_eq(file->params[i].name, name))
            return &file->params[i];
    return NULL;
}

static void
use_param(const Names *names, Str name, const Node *scalar, size_t at)
{
    Param *param = find_param(names->file, name);
    if (param) {
        param->is_used = true;
        return;
    }
    WordList list = {0};
    for (size_t i = 0; i < names->file->param_count; i++) {
        const char **slot = VEC_PUSH(names->set->arena, &list);
        if (slot)
            *slot = arena_cstr(names->set->arena, names->file->params[i].name);
    }
    const char **end = VEC_PUSH(names->set->arena, &list);
    const char *near = end ? str_nearest(name, list.items) : NULL;
    unsigned line;
    unsigned column;
    yaml_position(names->file->text, scalar, at, &line, &column);
    diagnostic_error(&names->set->diagnostics, names->file->path, line, column,
                     "the file has no param \"" STR_FMT "\"%s%s%s", STR_ARG(str_head(name, 80)),
                     near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

/* Finds params.NAME. */
static void
scan_text(const Names *names, Str text, const Node *scalar, size_t offset)
{
    CelToken before[2] = {{.type = CEL_TOKEN_SIGN}, {.type = CEL_TOKEN_SIGN}};
    CelToken token;
    for (size_t at = 0; cel_token_next(text, &at, &token);) {
        if (token.type == CEL_TOKEN_NAME && str_is(before[1].text, ".") &&
            str_is(before[0].text, "params"))
            use_param(names, token.text, scalar, offset + token.at);
        before[0] = before[1];
        before[1] = token;
    }
}

/* Expressions inside a source: the texts of `cel` and `where`. */
static void
scan_spec(const Names *names, const Node *node)
{
    if (node->type == NODE_LIST)
        for (uint32_t i = 0; i < node->count; i++)
            scan_spec(names, &node->items[i]);
    if (node->type != NODE_MAP)
        return;
    for (uint32_t i = 0; i < node->count; i++) {
        const NodePair *pair = &node->pairs[i];
        bool is_text = str_is(pair->key, "cel") || str_is(pair->key, "where");
        if (is_text && pair->value.type == NODE_STRING)
            scan_text(names, pair->value.string, &pair->value, 0);
        else
            scan_spec(names, &pair->value);
    }
}

/* ---- using ---- */

static void
use_expression(Names *names, const Expression *expression, Level level)
{
    if (!expression->parsed)
        return;
    size_t count;
    const CelName *list = cel_names(expression->parsed, &count);
    for (size_t i = 0; i < count; i++) {
        unsigned line;
        unsigned column;
        expression_position(expression, names->file->text, list[i].offset, &line, &column);
        use(names, list[i].name, level, line, column);
    }
    scan_text(names, expression->text, expression->scalar, expression->offset);
}

static void
use_template(Names *names, const Template *template)
{
    for (size_t i = 0; i < template->count; i++)
        use_expression(names, &template->parts[i].expression, LEVEL_ALL);
}

static Level
level_of(const Binding *binding)
{
    if (binding->scope == BINDING_DEF)
        return LEVEL_DEF;
    return binding->scope == BINDING_WITH ? LEVEL_ALL : LEVEL_LET;
}

static void
use_source(Names *names, const Binding *binding)
{
    scan_spec(names, binding->spec);
    if (!binding->parsed)
        return;
    size_t count;
    const SourceName *list = source_names(binding->parsed, &count);
    for (size_t i = 0; i < count; i++) {
        unsigned line;
        unsigned column;
        Expression whole = {.text = list[i].scalar->string, .scalar = list[i].scalar};
        expression_position(&whole, names->file->text, list[i].offset, &line, &column);
        use(names, list[i].name, level_of(binding), line, column);
    }
}

static void
use_roots(Names *names, const Rule *rule)
{
    use_expression(names, &rule->when_applicable, LEVEL_LET);
    for (size_t i = 0; i < rule->each.count; i++) {
        rule->each.items[i].is_used = true;
        use_source(names, &rule->each.items[i]);
    }
    for (size_t i = 0; i < rule->case_count; i++) {
        use_expression(names, &rule->cases[i].when, LEVEL_ALL);
        use_template(names, &rule->cases[i].message);
    }
    use_expression(names, &rule->key, LEVEL_ALL);
    use_expression(names, &rule->low_if, LEVEL_ALL);
    use_expression(names, &rule->high_if, LEVEL_ALL);
    for (size_t i = 0; i < rule->fix_count; i++) {
        use_template(names, &rule->fixes[i].text);
        use_template(names, &rule->fixes[i].run);
    }
}

/* Each name found brings those of its source; a name found twice brings nothing new. */
static void
use_closure(Names *names, size_t from)
{
    for (size_t i = from; i < names->used.count; i++)
        if (names->used.items[i]->scope != BINDING_EACH)
            use_source(names, names->used.items[i]);
}

/* What is wrong inside of sources that nothing uses. */
static void
use_unused(Names *names, const Bindings *list)
{
    size_t from = names->used.count;
    for (size_t i = 0; i < list->count; i++)
        if (!list->items[i].is_used)
            use_binding(names, &list->items[i]);
    use_closure(names, from);
}

/* ---- cycles ---- */

/* The next binding of the same list that rests on too long a chain; NULL where none. */
static Binding *
next_deep(const Bindings *list, const Map *map, const uint32_t *depths, const Binding *from)
{
    size_t count;
    const SourceName *names = source_names(from->source, &count);
    for (size_t i = 0; i < count; i++) {
        Binding *other = map_get(map, names[i].name);
        if (other && other->scope == from->scope && other->source &&
            depths[other->slot] > LIMIT_NAME_DEPTH)
            return &list->items[other->slot];
    }
    return NULL;
}

static uint32_t
depth_of(const Binding *binding, const Map *map, const uint32_t *depths)
{
    uint32_t depth = 1;
    size_t count = 0;
    const SourceName *names = binding->source ? source_names(binding->source, &count) : NULL;
    for (size_t i = 0; i < count; i++) {
        const Binding *other = map_get(map, names[i].name);
        if (other && other->scope == binding->scope && depths[other->slot] >= depth)
            depth = depths[other->slot] + 1;
    }
    return depth;
}

static void
report_cycle(const Names *names, const Bindings *list, const Map *map, const uint32_t *depths,
             const Binding *start)
{
    /* After as many steps as there are names the walk is inside a cycle, if there is one. */
    const Binding *at = start;
    for (size_t i = 0; at && i < list->count; i++)
        at = next_deep(list, map, depths, at);
    if (at)
        complain(names, at->line, at->column, "\"" STR_FMT "\" rests on itself",
                 STR_ARG(at->name));
    else
        complain(names, start->line, start->column,
                 "\"" STR_FMT "\" rests on too long a chain of names", STR_ARG(start->name));
}

/* Depths are raised until they stay: those that never do belong to cycles. */
static Status
check_cycles(const Names *names, const Bindings *list, const Map *map, Err *err)
{
    if (list->count == 0)
        return ST_OK;
    uint32_t *depths = ARENA_ARRAY(names->set->arena, uint32_t, list->count);
    if (!depths)
        return err_nomem(err);
    bool has_changed = true;
    for (size_t round = 0; has_changed && round <= LIMIT_NAME_DEPTH + 1; round++) {
        has_changed = false;
        for (size_t i = 0; i < list->count; i++) {
            uint32_t depth = depth_of(&list->items[i], map, depths);
            has_changed |= depth != depths[i];
            depths[i] = depth;
        }
    }
    for (size_t i = 0; i < list->count; i++)
        if (depths[i] > LIMIT_NAME_DEPTH && list->items[i].source) {
            report_cycle(names, list, map, depths, &list->items[i]);
            break;
        }
    return ST_OK;
}

/* ---- the checks ---- */

static void
complain_of_unused(const Names *names, const Bindings *list, const Node *broken)
{
    for (size_t i = 0; i < list->count; i++)
        if (!list->items[i].is_used && !node_mentions(broken, list->items[i].name))
            complain(names, list->items[i].line, list->items[i].column,
                     "the rule does not use \"" STR_FMT "\"", STR_ARG(list->items[i].name));
}

static Status
keep_defs(const Names *names, Rule *rule, Err *err)
{
    for (size_t i = 0; i < names->used.count; i++) {
        if (names->used.items[i]->scope != BINDING_DEF)
            continue;
        const Binding **slot = VEC_PUSH(names->set->arena, &rule->defs);
        if (!slot)
            return err_nomem(err);
        *slot = names->used.items[i];
    }
    return ST_OK;
}

static Status
add_needs(Arena *arena, const Bindings *list, NeedList *needs, Err *err)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].source)
            TRY(source_needs(list->items[i].source, arena, needs, err));
    return ST_OK;
}

static Status
collect_needs(Arena *arena, Rule *rule, Err *err)
{
    TRY(add_needs(arena, &rule->let, &rule->needs, err));
    TRY(add_needs(arena, &rule->each, &rule->needs, err));
    TRY(add_needs(arena, &rule->with, &rule->needs, err));
    for (size_t i = 0; i < rule->defs.count; i++)
        if (rule->defs.items[i]->source)
            TRY(source_needs(rule->defs.items[i]->source, arena, &rule->needs, err));
    return ST_OK;
}

Status
names_check_rule(RuleSet *set, RuleFile *file, Rule *rule, const Node *broken, Err *err)
{
    Names names = {.set = set, .file = file, .rule = rule};
    map_init(&rule->names, set->arena);
    TRY(define_all(&names, &rule->let, &rule->names, err));
    TRY(define_all(&names, &rule->each, &rule->names, err));
    TRY(define_all(&names, &rule->with, &rule->names, err));
    use_roots(&names, rule);
    use_closure(&names, 0);
    if (names.out_of_memory)
        return err_nomem(err);
    complain_of_unused(&names, &rule->let, broken);
    complain_of_unused(&names, &rule->with, broken);
    TRY(check_cycles(&names, &rule->let, &rule->names, err));
    TRY(check_cycles(&names, &rule->with, &rule->names, err));
    TRY(keep_defs(&names, rule, err));
    use_unused(&names, &rule->let);
    use_unused(&names, &rule->with);
    if (names.out_of_memory)
        return err_nomem(err);
    return collect_needs(set->arena, rule, err);
}

Status
names_check_defs(RuleSet *set, RuleFile *file, Err *err)
{
    Names names = {.set = set, .file = file};
    map_init(&file->names, set->arena);
    Map seen;
    map_init(&seen, set->arena);
    TRY(define_all(&names, &file->defs, &seen, err));
    file->names = seen;
    for (size_t i = 0; i < file->defs.count; i++)
        use_source(&names, &file->defs.items[i]);
    for (size_t i = 0; i < file->defs.count; i++)
        file->defs.items[i].is_used = false;
    if (names.out_of_memory)
        return err_nomem(err);
    return check_cycles(&names, &file->defs, &file->names, err);
}

void
names_check_unused(RuleSet *set, const RuleFile *file, const Node *broken)
{
    for (size_t i = 0; i < file->defs.count; i++)
        if (!file->defs.items[i].is_used && !node_mentions(broken, file->defs.items[i].name))
            diagnostic_warning(&set->diagnostics, file->path, file->defs.items[i].line,
                               file->defs.items[i].column, "no rule uses \"" STR_FMT "\"",
                               STR_ARG(file->defs.items[i].name));
    for (size_t i = 0; i < file->param_count; i++)
        if (!file->params[i].is_used && !node_mentions(broken, file->params[i].name))
            diagnostic_warning(&set->diagnostics, file->path, file->params[i].line,
                               file->params[i].column, "nothing uses the param \"" STR_FMT "\"",
                               STR_ARG(file->params[i].name));
}
