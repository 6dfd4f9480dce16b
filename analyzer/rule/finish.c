/* SPDX-License-Identifier: Apache-2.0 */
/* finish.c -- what can only be known of rules once all of them are there. */
#include "analyzer/rule/load.h"

#include "base/limits.h"

#include <stdlib.h>

static int
compare_rules(const void *left, const void *right)
{
    const Rule *a = *(Rule *const *)left;
    const Rule *b = *(Rule *const *)right;
    int order = str_cmp(a->file->pack->name, b->file->pack->name);
    if (order == 0)
        order = str_cmp(a->id, b->id);
    if (order == 0 && a->line != b->line)
        order = a->line < b->line ? -1 : 1;
    return order;
}

static void
complain_of_equal_ids(RuleSet *set, const Rule *first, const Rule *second)
{
    diagnostic_error(&set->diagnostics, second->file->path, second->line, second->column,
                     "the id " STR_FMT " is taken already, in %s:%u", STR_ARG(second->id),
                     first->file->path, first->line);
}

static Status
index_ids(RuleSet *set, Err *err)
{
    for (size_t i = 0; i < set->rules.count; i++) {
        Rule *rule = set->rules.items[i];
        const Rule *first = map_get(&set->by_id, rule->id);
        if (first && first != rule)
            complain_of_equal_ids(set, first, rule);
        else if (!map_put(&set->by_id, rule->id, rule))
            return err_nomem(err);
    }
    return ST_OK;
}

Rule *
rules_find(const RuleSet *set, Str id)
{
    return map_get(&set->by_id, id);
}

const char *
rules_nearest(const RuleSet *set, Str id)
{
    const char **ids = ARENA_ARRAY(set->arena, const char *, set->rules.count + 1);
    if (!ids)
        return NULL;
    for (size_t i = 0; i < set->rules.count; i++)
        if (!(ids[i] = arena_cstr(set->arena, set->rules.items[i]->id)))
            return NULL;
    return str_nearest(id, ids);
}

/* The place of the i-th id of a rule's explains. */
static const Node *
explains_at(const Rule *rule, size_t i)
{
    const Node *list = rule->explains_node;
    return node_is(list, NODE_LIST) && i < list->count ? &list->items[i] : list;
}

static void
warn_of_unknown_ids(RuleSet *set, const Rule *rule)
{
    for (size_t i = 0; i < rule->explains.count; i++) {
        if (rules_find(set, rule->explains.items[i]))
            continue;
        const Node *at = explains_at(rule, i);
        const char *near = rules_nearest(set, rule->explains.items[i]);
        diagnostic_warning(&set->diagnostics, rule->file->path, at->line, at->column,
                           "\"explains\" names an unknown rule " STR_FMT "%s%s%s",
                           STR_ARG(rule->explains.items[i]), near ? "; did you mean " : "",
                           near ? near : "", near ? "?" : "");
    }
}

/* Whether a rule explains one that is still in question. */
static bool
explains_open(const RuleSet *set, const Rule *rule, const bool *is_open)
{
    for (size_t i = 0; i < rule->explains.count; i++) {
        const Rule *other = rules_find(set, rule->explains.items[i]);
        if (other && is_open[other->index])
            return true;
    }
    return false;
}

/* Rules that explain nothing in question are out of question; those left lead to cycles. */
static bool
prune(const RuleSet *set, bool *is_open)
{
    bool has_changed = true;
    bool is_any_open = false;
    while (has_changed) {
        has_changed = false;
        is_any_open = false;
        for (size_t i = 0; i < set->rules.count; i++) {
            if (!is_open[i])
                continue;
            is_open[i] = explains_open(set, set->rules.items[i], is_open);
            has_changed |= !is_open[i];
            is_any_open |= is_open[i];
        }
    }
    return is_any_open;
}

static const Rule *
next_open(const RuleSet *set, const Rule *rule, const bool *is_open)
{
    for (size_t i = 0; i < rule->explains.count; i++) {
        const Rule *other = rules_find(set, rule->explains.items[i]);
        if (other && is_open[other->index])
            return other;
    }
    return NULL;
}

/* Walks into a cycle, reports it and takes it out of question. */
static void
report_cycle(RuleSet *set, bool *is_open, size_t from)
{
    const Rule *at = set->rules.items[from];
    for (size_t i = 0; i < set->rules.count; i++)
        at = next_open(set, at, is_open);
    CLEANUP(buf_done) Buf path = BUF_INIT(400);
    const Rule *start = at;
    do {
        buf_add_str(&path, at->id);
        buf_adds(&path, " explains ");
        const Rule *next = next_open(set, at, is_open);
        is_open[at->index] = at == start;
        at = next;
    } while (at != start);
    buf_add_str(&path, start->id);
    is_open[start->index] = false;
    const Node *place = explains_at(start, 0);
    diagnostic_error(&set->diagnostics, start->file->path, place->line, place->column,
                     "a circle: " STR_FMT "%s", STR_ARG(buf_str(&path)),
                     path.failed == ST_OK ? "" : " …");
}

static Status
check_explains(RuleSet *set, Err *err)
{
    bool *is_open = ARENA_ARRAY(set->arena, bool, set->rules.count + 1);
    if (!is_open)
        return err_nomem(err);
    for (size_t i = 0; i < set->rules.count; i++) {
        warn_of_unknown_ids(set, set->rules.items[i]);
        is_open[i] = true;
    }
    while (prune(set, is_open))
        for (size_t i = 0; i < set->rules.count; i++)
            if (is_open[i]) {
                report_cycle(set, is_open, i);
                break;
            }
    return ST_OK;
}

static void
warn_of_replacements(RuleSet *set)
{
    for (size_t i = 0; i < set->rules.count; i++) {
        const Rule *rule = set->rules.items[i];
        if (rule->replaced_by.n > 0 && !rules_find(set, rule->replaced_by))
            diagnostic_warning(&set->diagnostics, rule->file->path, rule->line, rule->column,
                               "\"replaced_by\" names an unknown rule " STR_FMT,
                               STR_ARG(rule->replaced_by));
    }
}

/* Those over the limit are left out, with an error at the first of them. */
static void
cut_count(RuleSet *set)
{
    if (set->rules.count <= LIMIT_RULE_COUNT)
        return;
    const Rule *first = set->rules.items[LIMIT_RULE_COUNT];
    diagnostic_error(&set->diagnostics, first->file->path, first->line, first->column,
                     "%zu rules, more than %llu", set->rules.count,
                     (unsigned long long)LIMIT_RULE_COUNT);
    if (set->unreadable == ST_OK)
        set->unreadable = ST_LIMIT;
    set->rules.count = LIMIT_RULE_COUNT;
}

Status
rules_finish(RuleSet *set, Err *err)
{
    cut_count(set);
    if (set->rules.count > 1)
        qsort(set->rules.items, set->rules.count, sizeof *set->rules.items, compare_rules);
    for (size_t i = 0; i < set->rules.count; i++)
        set->rules.items[i]->index = (uint32_t)i;
    TRY(index_ids(set, err));
    TRY(check_explains(set, err));
    warn_of_replacements(set);
    diagnostics_sort(&set->diagnostics);
    return set->diagnostics.out_of_memory ? err_nomem(err) : ST_OK;
}

static void
owe(RuleSet *set, const Rule *rule, const char *what)
{
    diagnostic_error(&set->diagnostics, rule->file->path, rule->line, rule->column,
                     STR_FMT " of a shipped pack owes %s", STR_ARG(rule->id), what);
}

void
rules_lint_strict(RuleSet *set)
{
    for (size_t i = 0; i < set->rules.count; i++) {
        const Rule *rule = set->rules.items[i];
        if (rule->guide.count == 0 && rule->refs.count == 0)
            owe(set, rule, "\"guide\" or \"refs\"");
        if (rule->guide.count > 0 && rule->file->guide.n == 0)
            owe(set, rule, "the address of the guide that its anchors belong to");
        if (rule->why.n == 0)
            owe(set, rule, "\"why\"");
        if (rule->fix_count == 0)
            owe(set, rule, "\"fix\"");
    }
    diagnostics_sort(&set->diagnostics);
}

void
rule_guide_address(const Rule *rule, Str anchor, Buf *out)
{
    buf_add_str(out, rule->file->guide);
    buf_adds(out, "#");
    buf_add_str(out, anchor);
}
