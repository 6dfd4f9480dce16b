/* SPDX-License-Identifier: Apache-2.0 */
/* load_rule.c -- one rule, from its mapping to its compiled form. */
#include "analyzer/rule/load.h"

#include "analyzer/rule/schema.h"
#include "base/yaml_position.h"

/* Everything that the steps below share. */
typedef struct {
    RuleSet *set;
    const RuleFile *file;
    const Node *node;
    Rule *rule;
} Loading;

static void
report_of_source(void *context, bool is_warning, unsigned line, unsigned column,
                 const char *message)
{
    const Loading *loading = context;
    if (is_warning)
        diagnostic_warning(&loading->set->diagnostics, loading->file->path, line, column, "%s",
                           message);
    else
        diagnostic_error(&loading->set->diagnostics, loading->file->path, line, column, "%s",
                         message);
}

Status
load_bindings(RuleSet *set, const RuleFile *file, const Node *node, BindingScope scope,
              Bindings *ret, Err *err)
{
    *ret = (Bindings){0};
    if (!node_is(node, NODE_MAP))
        return ST_OK;
    Bindings bindings = {ARENA_ARRAY(set->arena, Binding, node->count), node->count};
    if (!bindings.items)
        return err_nomem(err);
    Loading loading = {.set = set, .file = file};
    SourceDiagnostics diagnostics = {.report = report_of_source, .context = &loading,
                                     .file = file->path, .text = file->text};
    for (uint32_t i = 0; i < node->count; i++) {
        const NodePair *pair = &node->pairs[i];
        Binding *binding = &bindings.items[i];
        *binding = (Binding){.name = pair->key, .scope = scope, .spec = &pair->value,
                             .file = file, .line = pair->line, .column = pair->column,
                             .slot = i};
        Status status = source_compile(set->arena, &pair->value, scope == BINDING_WITH,
                                       &diagnostics, &binding->parsed, err);
        if (status != ST_OK && status != ST_RULE)
            return status;
        if (status == ST_OK)
            binding->source = binding->parsed;
    }
    *ret = bindings;
    return ST_OK;
}

Status
load_strings(Arena *arena, const Node *node, StrList *ret, Err *err)
{
    *ret = (StrList){0};
    if (!node)
        return ST_OK;
    size_t count = node->type == NODE_LIST ? node->count : 1;
    Str *items = ARENA_ARRAY(arena, Str, count);
    if (!items)
        return err_nomem(err);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        Str item = node_string(node->type == NODE_LIST ? &node->items[i] : node);
        if (item.n > 0)
            items[kept++] = item;
    }
    *ret = (StrList){items, kept};
    return ST_OK;
}

static const Node *
field(const Loading *loading, const char *name)
{
    return node_get(loading->node, str_of(name));
}

static bool
is_expression(const Node *node)
{
    return node && node->type != NODE_LIST && node->type != NODE_MAP && node->type != NODE_NULL;
}

static Status
load_expression(const Loading *loading, const Node *node, Expression *ret, Err *err)
{
    *ret = (Expression){0};
    if (!is_expression(node))
        return ST_OK;
    return expression_compile(loading->set->arena, node, loading->file->path,
                              &loading->set->diagnostics, ret, err);
}

static Status
load_template(const Loading *loading, const Node *node, bool is_command, Template *ret,
              bool *ret_has, Err *err)
{
    *ret = (Template){0};
    *ret_has = node_is(node, NODE_STRING);
    if (!*ret_has)
        return ST_OK;
    return template_compile(loading->set->arena, node, is_command, loading->file->path,
                            &loading->set->diagnostics, ret, err);
}

static int
choice_or(const Node *node, const char *const *choices, int fallback)
{
    int found = node_is(node, NODE_STRING) ? schema_choice(choices, node->string) : -1;
    return found >= 0 ? found : fallback;
}

static Status
load_confidence(const Loading *loading, Err *err)
{
    Rule *rule = loading->rule;
    const Node *node = field(loading, "confidence");
    const Node *fallback = node_is(node, NODE_MAP) ? node_get(node, STR("default")) : node;
    rule->confidence = (Confidence)choice_or(fallback, SCHEMA_CONFIDENCES, CONFIDENCE_HIGH);
    TRY(load_expression(loading, node_get(node, STR("low_if")), &rule->low_if, err));
    return load_expression(loading, node_get(node, STR("high_if")), &rule->high_if, err);
}

static Status
load_words(const Loading *loading, Err *err)
{
    Rule *rule = loading->rule;
    Arena *arena = loading->set->arena;
    rule->title = node_string(field(loading, "title"));
    rule->why = node_string(field(loading, "why"));
    rule->replaced_by = node_string(field(loading, "replaced_by"));
    rule->severity =
        (Severity)choice_or(field(loading, "severity"), SCHEMA_SEVERITIES, SEVERITY_WARNING);
    rule->status =
        (RuleStatus)choice_or(field(loading, "status"), SCHEMA_STATUSES, STATUS_STABLE);
    rule->explains_node = field(loading, "explains");
    TRY(load_strings(arena, field(loading, "guide"), &rule->guide, err));
    TRY(load_strings(arena, field(loading, "refs"), &rule->refs, err));
    TRY(load_strings(arena, field(loading, "tags"), &rule->tags, err));
    return load_strings(arena, rule->explains_node, &rule->explains, err);
}

static Status
load_fixes(const Loading *loading, Err *err)
{
    Rule *rule = loading->rule;
    const Node *list = field(loading, "fix");
    if (!node_is(list, NODE_LIST))
        return ST_OK;
    rule->fixes = ARENA_ARRAY(loading->set->arena, RuleFix, list->count);
    if (!rule->fixes)
        return err_nomem(err);
    for (uint32_t i = 0; i < list->count; i++) {
        RuleFix *fix = &rule->fixes[rule->fix_count];
        bool has_text;
        TRY(load_template(loading, node_get(&list->items[i], STR("text")), false, &fix->text,
                          &has_text, err));
        TRY(load_template(loading, node_get(&list->items[i], STR("run")), true, &fix->run,
                          &fix->has_run, err));
        fix->risk = node_string(node_get(&list->items[i], STR("risk")));
        rule->fix_count += has_text;
    }
    return ST_OK;
}

static void
complain(const Loading *loading, const char *key, const char *text)
{
    const NodePair *pair = node_pair(loading->node, str_of(key));
    diagnostic_error(&loading->set->diagnostics, loading->file->path,
                     pair ? pair->line : loading->node->line,
                     pair ? pair->column : loading->node->column, "%s", text);
}

static Status
load_case(const Loading *loading, const Node *node, RuleCase *ret, Err *err)
{
    const Node *severity = node_get(node, STR("severity"));
    const Node *confidence = node_get(node, STR("confidence"));
    ret->has_severity = severity != NULL;
    ret->severity = (Severity)choice_or(severity, SCHEMA_SEVERITIES, SEVERITY_WARNING);
    ret->has_confidence = confidence != NULL;
    ret->confidence = (Confidence)choice_or(confidence, SCHEMA_CONFIDENCES, CONFIDENCE_HIGH);
    TRY(load_expression(loading, node_get(node, STR("when")), &ret->when, err));
    return load_template(loading, node_get(node, STR("message")), false, &ret->message,
                         &ret->has_message, err);
}

/* The rule's own message stands in every case that has none. */
static Status
load_cases(const Loading *loading, Err *err)
{
    Rule *rule = loading->rule;
    const Node *list = field(loading, "cases");
    rule->has_cases = node_is(list, NODE_LIST) && list->count > 0;
    rule->case_count = rule->has_cases ? list->count : 1;
    rule->cases = ARENA_ARRAY(loading->set->arena, RuleCase, rule->case_count);
    if (!rule->cases)
        return err_nomem(err);
    Template message;
    bool has_message;
    TRY(load_template(loading, field(loading, "message"), false, &message, &has_message, err));
    bool is_needed = !rule->has_cases;
    for (size_t i = 0; i < rule->case_count; i++) {
        RuleCase *one = &rule->cases[i];
        if (rule->has_cases)
            TRY(load_case(loading, &list->items[i], one, err));
        else
            TRY(load_expression(loading, field(loading, "when"), &one->when, err));
        if (!one->has_message) {
            is_needed = true;
            one->message = message;
            one->has_message = has_message;
        }
    }
    if (is_needed && !has_message)
        complain(loading, "cases", "rule without \"message\", and not every case has one");
    else if (!is_needed && has_message)
        complain(loading, "message", "\"message\" is never shown: every case has its own");
    return ST_OK;
}

static void
check_combination(const Loading *loading)
{
    bool has_when = field(loading, "when") != NULL;
    bool has_cases = field(loading, "cases") != NULL;
    bool has_each = field(loading, "each") != NULL;
    if (has_when && has_cases)
        complain(loading, "cases", "\"when\" and \"cases\" exclude each other");
    if (!has_when && !has_cases && !has_each)
        complain(loading, "id", "rule without \"when\", \"cases\" or \"each\"");
    if (has_cases && node_is(field(loading, "cases"), NODE_LIST) &&
        field(loading, "cases")->count == 0)
        complain(loading, "cases", "\"cases\" is empty");
    if (field(loading, "with") && !has_each)
        complain(loading, "with", "\"with\" needs \"each\": use \"let\"");
    if (field(loading, "replaced_by") && loading->rule->status != STATUS_DEPRECATED)
        complain(loading, "replaced_by", "\"replaced_by\" needs status deprecated");
}

static Status
load_range(const Loading *loading, const char *name, RuleRange *ret, Err *err)
{
    const Node *node = node_get(field(loading, "applies"), str_of(name));
    if (!node_is(node, NODE_STRING))
        return ST_OK;
    Err found = {0};
    Status status = version_range_parse(loading->set->arena, node->string, &ret->range, &found);
    if (status == ST_NOMEM)
        return err_nomem(err);
    ret->text = node->string;
    if (status == ST_OK)
        return ST_OK;
    unsigned line;
    unsigned column;
    yaml_position(loading->file->text, node, found.column ? found.column - 1 : 0, &line,
                  &column);
    diagnostic_error(&loading->set->diagnostics, loading->file->path, line, column, "%s",
                     found.text);
    return ST_OK;
}

static Status
load_all(const Loading *loading, Err *err)
{
    RuleSet *set = loading->set;
    Rule *rule = loading->rule;
    TRY(load_words(loading, err));
    TRY(load_confidence(loading, err));
    TRY(load_range(loading, "istio", &rule->istio, err));
    TRY(load_range(loading, "kubernetes", &rule->kubernetes, err));
    TRY(load_bindings(set, loading->file, field(loading, "let"), BINDING_LET, &rule->let, err));
    TRY(load_expression(loading, field(loading, "if"), &rule->when_applicable, err));
    const Node *each = field(loading, "each");
    if (node_is(each, NODE_MAP) && each->count == 1)
        TRY(load_bindings(set, loading->file, each, BINDING_EACH, &rule->each, err));
    TRY(load_bindings(set, loading->file, field(loading, "with"), BINDING_WITH, &rule->with,
                      err));
    TRY(load_cases(loading, err));
    TRY(load_expression(loading, field(loading, "key"), &rule->key, err));
    TRY(load_fixes(loading, err));
    check_combination(loading);
    return ST_OK;
}

Status
load_rule(RuleSet *set, RuleFile *file, const Node *node, Err *err)
{
    if (node->type != NODE_MAP)
        return ST_OK;
    Rule *rule = ARENA_NEW(set->arena, Rule);
    if (!rule)
        return err_nomem(err);
    rule->file = file;
    rule->is_selected = true;
    rule->line = node->line;
    rule->column = node->column;
    rule->id = node_string(node_get(node, STR("id")));
    Loading loading = {.set = set, .file = file, .node = node, .rule = rule};
    size_t errors = set->diagnostics.error_count;
    TRY(load_all(&loading, err));
    bool broken = set->diagnostics.error_count > errors;
    TRY(names_check_rule(set, file, rule, broken ? node : NULL, err));
    if (rule->id.n == 0)
        return ST_OK;
    Rule **slot = VEC_PUSH(set->arena, &set->rules);
    if (!slot)
        return err_nomem(err);
    *slot = rule;
    return ST_OK;
}
