/* SPDX-License-Identifier: Apache-2.0 */
/* rules_command.c -- the subcommands of meshcase-rules that need no bundle. */
#include "analyzer/rules_command.h"
#include "analyzer/rule/collectable.h"

#include "analyzer/program.h"
#include "analyzer/report/explain.h"
#include "analyzer/rule/schema.h"
#include "analyzer/rule/test_run.h"

#include <stdio.h>
#include <unistd.h>

RulesExit
rules_exit_of(Status status, RulesExit otherwise)
{
    return status == ST_NOMEM ? RULES_MACHINE : otherwise;
}

RulesExit
load_all(RulesRun *run, bool from_operands)
{
    OptionList paths = run->options->rules;
    if (from_operands)
        paths = (OptionList){run->options->operands, run->options->operand_count};
    run->set = rules_new(run->arena);
    Status status = run->set ? program_load_rules(run->set, &paths, run->err)
                             : err_nomem(run->err);
    return status == ST_OK ? RULES_GOOD : rules_exit_of(status, RULES_UNREADABLE);
}

static RulesExit
exit_of_errors(RulesRun *run)
{
    const RuleSet *set = run->set;
    run->is_told = true;
    if (set->unreadable != ST_OK)
        return rules_exit_of(err_set(run->err, set->unreadable, "not all of the rules could be read"),
                             RULES_UNREADABLE);
    return set->diagnostics.error_count > 0 ? RULES_FAILED : RULES_GOOD;
}

RulesExit
load_sound(RulesRun *run, bool from_operands)
{
    RulesExit result = load_all(run, from_operands);
    if (result != RULES_GOOD || run->set->diagnostics.error_count == 0)
        return result;
    program_complain("meshcase-rules", &run->set->diagnostics);
    return exit_of_errors(run);
}

Rule *
find_rule(RulesRun *run, const char *id)
{
    Rule *rule = rules_find(run->set, str_of(id));
    if (rule)
        return rule;
    const char *near = rules_nearest(run->set, str_of(id));
    Status status = err_set(run->err, ST_USAGE, "there is no rule '%.60s'%s%s%s", id,
                            near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    (void)status;
    return NULL;
}

static Status
lint_collectable(RulesRun *run)
{
    Plans *plans = plans_new(run->arena);
    if (!plans)
        return err_nomem(run->err);
    for (size_t i = 0; i < run->options->plans.count; i++)
        TRY(plans_add(plans, run->options->plans.items[i], run->err));
    if (run->options->plans.count == 0) {
        const char *path;
        TRY(program_plan_file(run->arena, &path, run->err));
        TRY(plans_add(plans, path, run->err));
    }
    rules_lint_collectable(run->set, plans);
    return ST_OK;
}

RulesExit
command_lint(RulesRun *run)
{
    RulesExit result = load_all(run, true);
    if (result != RULES_GOOD)
        return result;
    if (rules_lint(run->set, run->err) != ST_OK)
        return rules_exit_of(ST_NOMEM, RULES_UNREADABLE);
    if (run->options->strict)
        rules_lint_strict(run->set);
    Status status = lint_collectable(run);
    if (status != ST_OK)
        return rules_exit_of(status, RULES_UNREADABLE);
    const Diagnostics *diagnostics = &run->set->diagnostics;
    for (size_t i = 0; i < diagnostics->items.count; i++)
        diagnostic_write(diagnostics, &diagnostics->items.items[i], true, run->out);
    buf_printf(run->out, "%zu rules in %zu files: %zu errors, %zu warnings\n",
               run->set->rules.count, run->set->files.count, diagnostics->error_count,
               diagnostics->warning_count);
    return exit_of_errors(run);
}

static Status
run_tests(RulesRun *run, TestRun *tests)
{
    TRY(test_run_init(tests, run->set, run->arena, run->out, run->err));
    const OptionList *files = &run->options->tests;
    if (files->count == 0)
        TRY(test_run_all(tests, run->err));
    for (size_t i = 0; i < files->count; i++)
        TRY(test_run_file(tests, files->items[i], run->err));
    test_run_owed(tests);
    return ST_OK;
}

RulesExit
command_test(RulesRun *run)
{
    RulesExit result = load_sound(run, true);
    if (result != RULES_GOOD)
        return result;
    TestRun tests = {0};
    Status status = run_tests(run, &tests);
    if (status != ST_OK)
        return rules_exit_of(status, RULES_UNREADABLE);
    buf_printf(run->out, "%zu passed, %zu failed\n", tests.passed, tests.failed);
    return tests.failed > 0 ? RULES_FAILED : RULES_GOOD;
}

RulesExit
command_explain(RulesRun *run)
{
    RulesExit result = load_sound(run, false);
    for (size_t i = 0; result == RULES_GOOD && i < run->options->operand_count; i++) {
        const Rule *rule = find_rule(run, run->options->operands[i]);
        if (!rule)
            return RULES_USAGE;
        buf_adds(run->out, i > 0 ? "\n" : "");
        explain_rule(run->set, rule, program_width(STDOUT_FILENO), run->out);
    }
    return result;
}

RulesExit
command_schema(RulesRun *run)
{
    static const SchemaShape *const SHAPES[] = {&SCHEMA_FILE, &SCHEMA_OVERLAY, &SCHEMA_TEST,
                                                &SCHEMA_PACK};
    Status status = schema_write_json(SHAPES[run->options->shape], run->out, run->err);
    return status == ST_OK ? RULES_GOOD : rules_exit_of(status, RULES_OUTPUT);
}

RulesExit
command_docs(RulesRun *run)
{
    if (run->options->language) {
        explain_language(run->out);
        return RULES_GOOD;
    }
    RulesExit result = load_sound(run, true);
    for (size_t i = 0; result == RULES_GOOD && i < run->set->packs.count; i++)
        explain_pack(run->set, run->set->packs.items[i], run->out);
    return result;
}
