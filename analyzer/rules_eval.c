/* SPDX-License-Identifier: Apache-2.0 */
/* rules_eval.c -- meshcase-rules eval: an expression, or a rule, over a bundle. */
#include "analyzer/rules_command.h"

#include "analyzer/program.h"
#include "analyzer/rule/evaluate.h"
#include "analyzer/rule/schema.h"
#include "analyzer/rule/trace.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "bundle/confined.h"

#include <stdio.h>
#include <unistd.h>

/* The rule that stands in for the names of --let. */
static const char SCRATCH_ID[] = "EVAL-000";

/* A rule file with the names of --let, all of them used. */
static Status
write_scratch(const OptionList *lets, Buf *out, Err *err)
{
    buf_printf(out, "language: 1\nrules:\n- id: %s\n  title: eval\n  severity: info\n"
               "  when: 'true'\n", SCRATCH_ID);
    CLEANUP(buf_done) Buf names = BUF_INIT(LIMIT_RULE_FILE_BYTES);
    for (size_t i = 0; i < lets->count; i++) {
        Str let = str_of(lets->items[i]);
        size_t equals;
        if (!str_find_char(let, '=', &equals) || equals == 0)
            return err_set(err, ST_USAGE, "--let takes NAME=SOURCE, not '%.60s'", lets->items[i]);
        buf_adds(out, i == 0 ? "  let:\n" : "");
        buf_printf(out, "    " STR_FMT ": " STR_FMT "\n", STR_ARG(str_head(let, equals)),
                   STR_ARG(str_from(let, equals + 1)));
        buf_printf(&names, "%s" STR_FMT, i ? ", " : "", STR_ARG(str_head(let, equals)));
    }
    TRY(buf_status(&names, err));
    buf_printf(out, "  message: \"{{ [" STR_FMT "] }}\"\n", STR_ARG(buf_str(&names)));
    return buf_status(out, err);
}

static Status
load_scratch(RulesRun *run)
{
    CLEANUP(buf_done) Buf text = BUF_INIT(LIMIT_RULE_FILE_BYTES);
    TRY(write_scratch(&run->options->lets, &text, run->err));
    run->set = rules_new(run->arena);
    if (!run->set)
        return err_nomem(run->err);
    TRY(rules_load_text(run->set, NULL, "--let", buf_str(&text), run->err));
    return rules_finish(run->set, run->err);
}

/* The rule whose names the expression may use. */
static RulesExit
choose_rule(RulesRun *run, Rule **ret)
{
    if (run->options->rule) {
        RulesExit result = load_sound(run, false);
        if (result != RULES_GOOD)
            return result;
        *ret = find_rule(run, run->options->rule);
        return *ret ? RULES_GOOD : RULES_USAGE;
    }
    Status status = load_scratch(run);
    if (status != ST_OK)
        return rules_exit_of(status, RULES_USAGE);
    if (run->set->diagnostics.error_count > 0) {
        program_complain("meshcase-rules", &run->set->diagnostics);
        return RULES_USAGE;
    }
    *ret = rules_find(run->set, str_of(SCRATCH_ID));
    return *ret ? RULES_GOOD : RULES_USAGE;
}

static Status
set_params(const RulesRun *run)
{
    for (size_t i = 0; i < run->options->params.count; i++)
        TRY(rules_set_param_text(run->set, str_of(run->options->params.items[i]), run->err));
    return ST_OK;
}

static Status
load_model(RulesRun *run, const Rule *rule, Bundle *bundle, Model **ret)
{
    for (size_t i = 0; i < run->set->rules.count; i++)
        run->set->rules.items[i]->is_selected = run->set->rules.items[i] == rule;
    Demand *demand = demand_new(run->arena);
    if (!demand)
        return err_nomem(run->err);
    TRY(rules_demand(run->set, demand, run->err));
    ModelFeed feed = model_feed_of_bundle(bundle, 0);
    return model_load(&feed, demand, run->arena, ret, run->err);
}

static RulesExit
print_value(RulesRun *run, Value value)
{
    if (!value_is_absorbing(value)) {
        value_write_json(value, run->out);
        buf_addc(run->out, '\n');
        return RULES_GOOD;
    }
    trace_value(value, run->out);
    buf_addc(run->out, '\n');
    return RULES_FAILED;
}

/* An error of a name that the expression uses has its place in the file of the rule. */
static void
write_place(const Scope *scope, const Expression *expression, const ValueError *error, Buf *out)
{
    const RuleFile *file = NULL;
    unsigned line;
    unsigned column;
    if (!scope_locate_error(scope, error, &file, &line, &column))
        cel_locate(expression->program, error->offset, &line, &column);
    buf_printf(out, "%s:%u:%u: ", file ? file->path : "CEL", line, column);
}

static Status
eval_text(RulesRun *run, const Rule *rule, Model *model, const Trace *trace, RulesExit *ret)
{
    Expression expression = {.text = str_of(run->options->operands[1])};
    Err found = {0};
    CelOptions options = {.file = "CEL", .line = 1, .column = 1};
    Status status =
        cel_compile(run->arena, expression.text, &options, &expression.program, &found);
    if (status != ST_OK) {
        *run->err = found;
        return status;
    }
    CLEANUP(cleanup_arena) Arena *scratch = arena_new(SIZE_MAX);
    if (!scratch)
        return err_nomem(run->err);
    Session session;
    Scope scope;
    TRY(session_init(&session, run->set, NULL, model, run->arena, run->err));
    session.trace = run->options->trace ? trace : NULL;
    TRY(scope_init(&scope, &session, rule, run->arena, scratch, run->err));
    Value value = scope_eval(&scope, &expression, NULL);
    if (value.type == VALUE_ERROR)
        write_place(&scope, &expression, value.error, run->out);
    *ret = print_value(run, value);
    return ST_OK;
}

static void
print_verdict(const Verdict *verdict, Buf *out)
{
    buf_adds(out, SCHEMA_VERDICTS[verdict->kind]);
    const Str parts[] = {verdict->subject, verdict->detail->message, verdict->detail->reason};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        buf_adds(out, parts[i].n == 0 ? "" : i == 0 ? " " : ": ");
        utf8_escape_terminal(out, parts[i], false);
    }
    buf_addc(out, '\n');
}

static Status
eval_rule(RulesRun *run, const Rule *rule, Model *model, const Trace *trace)
{
    EvaluateOptions options = {.traced = run->options->trace ? rule : NULL, .trace = trace};
    Evaluation evaluation;
    TRY(rules_evaluate(run->set, model, &options, run->arena, &evaluation, run->err));
    for (size_t i = 0; i < evaluation.verdicts.count; i++)
        print_verdict(&evaluation.verdicts.items[i], run->out);
    return ST_OK;
}

/* Says which of the two operands a lone one is not. */
static Status
check_operands(const RulesRun *run)
{
    const char *first = run->options->operands[0];
    if (run->options->operand_count == 2 || run->options->rule)
        return ST_OK;
    if (access(first, F_OK) != 0)
        return err_set(run->err, ST_USAGE, "a bundle is missing before the expression: there is no "
                       "file '%.60s'; see --help", first);
    return err_set(run->err, ST_USAGE, "eval needs an expression, or --rule");
}

RulesExit
command_eval(RulesRun *run)
{
    bool has_text = run->options->operand_count == 2;
    Status usage = check_operands(run);
    if (usage != ST_OK)
        return rules_exit_of(usage, RULES_USAGE);
    Rule *rule = NULL;
    RulesExit result = choose_rule(run, &rule);
    if (result != RULES_GOOD)
        return result;
    Status status = set_params(run);
    if (status != ST_OK)
        return rules_exit_of(status, RULES_USAGE);
    CLEANUP(cleanup_bundle) Bundle *bundle = NULL;
    status = bundles_open_confined((const char *const *)run->options->operands, 1, NULL, &bundle, run->err);
    Model *model = NULL;
    if (status == ST_OK)
        status = load_model(run, rule, bundle, &model);
    if (status != ST_OK)
        return rules_exit_of(status, RULES_UNREADABLE);
    TraceText trace;
    trace_init(&trace, run->out);
    status = has_text ? eval_text(run, rule, model, &trace.hooks, &result)
                      : eval_rule(run, rule, model, &trace.hooks);
    return status == ST_OK ? result : rules_exit_of(status, RULES_USAGE);
}
