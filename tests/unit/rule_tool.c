/* SPDX-License-Identifier: Apache-2.0 */
/* rule_tool.c -- rules from texts and evidence from texts, for unit tests. */
#include "tests/unit/rule_tool.h"

#include "analyzer/rule/schema.h"
#include "analyzer/rule/test_bundle.h"
#include "base/yaml.h"
#include "tests/unit/runner.h"

RuleSet *
tool_load(Arena *arena, const char *text)
{
    Err err = {0};
    RuleSet *set = rules_new(arena);
    ck_assert_ptr_nonnull(set);
    ck_assert_ok(rules_load_text(set, NULL, "r.yaml", str_of(text), &err), err);
    ck_assert_ok(rules_finish(set, &err), err);
    return set;
}

void
tool_diagnostics(const RuleSet *set, Buf *out)
{
    for (size_t i = 0; i < set->diagnostics.items.count; i++)
        diagnostic_write(&set->diagnostics, &set->diagnostics.items.items[i], false, out);
}

RuleSet *
tool_load_sound(Arena *arena, const char *text)
{
    RuleSet *set = tool_load(arena, text);
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
    tool_diagnostics(set, &out);
    ck_assert_msg(set->diagnostics.error_count == 0, "%s", out.n > 0 ? out.data : "");
    return set;
}

void
tool_evaluate(RuleSet *set, const char *bundle, Arena *arena, Evaluation *ret)
{
    tool_evaluate_with(set, bundle, NULL, arena, ret);
}

void
tool_evaluate_with(RuleSet *set, const char *bundle, const EvaluateOptions *options,
                   Arena *arena, Evaluation *ret)
{
    Err err = {0};
    Diagnostics problems;
    diagnostics_init(&problems, arena);
    const Node *base;
    ck_assert_ok(diagnostics_parse(&problems, "bundle", str_of(bundle), &base, &err), err);
    TestBundle test = {.file = "bundle", .diagnostics = &problems, .base = base};
    ModelFeed feed;
    ck_assert_ok(test_bundle_build(&test, arena, &feed, &err), err);
    ck_assert_uint_eq(problems.error_count, 0);
    Demand *demand = demand_new(arena);
    Model *model;
    ck_assert_ok(rules_demand(set, demand, &err), err);
    ck_assert_ok(model_load(&feed, demand, arena, &model, &err), err);
    ck_assert_ok(rules_evaluate(set, model, options, arena, ret, &err), err);
}

void
tool_verdicts(const RuleSet *set, const VerdictList *verdicts, Buf *out)
{
    for (size_t i = 0; i < verdicts->count; i++) {
        const Verdict *verdict = &verdicts->items[i];
        const VerdictDetail *detail = verdict->detail;
        buf_add_str(out, set->rules.items[verdict->rule]->id);
        buf_printf(out, " %s", SCHEMA_VERDICTS[verdict->kind]);
        buf_adds(out, verdict->subject.n > 0 ? " " : "");
        buf_add_str(out, verdict->subject);
        if (verdict->kind == VERDICT_FINDING)
            buf_printf(out, " %s %s", SCHEMA_SEVERITIES[verdict->severity],
                       SCHEMA_CONFIDENCES[verdict->confidence]);
        Str text = detail->message.n > 0 ? detail->message : detail->reason;
        buf_adds(out, text.n > 0 ? ": " : "");
        buf_add_str(out, text);
        buf_addc(out, '\n');
    }
}
