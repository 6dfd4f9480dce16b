/* SPDX-License-Identifier: Apache-2.0 */
/* judge.c -- one rule over evidence: applies, if, each, with, when or cases. */
#include "analyzer/rule/judge.h"

#include "analyzer/rule/cite.h"
#include "analyzer/query/alike.h"
#include "analyzer/rule/identity.h"
#include "analyzer/rule/looks_at.h"
#include "base/limits.h"

#include <stdio.h>
#include <string.h>

/* One expression's result, with the citations that a finding would need. */
typedef struct {
    Value value;
    CelTouches touches;
} Judged;

/* The evaluation of one rule. */
typedef struct {
    Judge *judge;
    const Rule *rule;
    Scope scope;
    size_t element_index;
    VerdictList verdicts;       /* in the arena of the rule, which is done with them at its end */
    Places places;              /* where each verdict's evidence stands */
    size_t finding_count;
    Alike sound;                /* elements of which nothing was found */
    VerdictDetail *plain;       /* of the newest verdict that has nothing but its namespace; NULL: none */
    RuleVerdicts *out;
} Run;

/* ---- adding verdicts ---- */

/* A new verdict of the rule with a detail, NULL for one of its own; *ret is NULL where the list is full (which is counted) or memory is
 * out (which *err tells). */
static Status
add_verdict_with(Run *run, VerdictKind kind, VerdictDetail *detail, Verdict **ret, Err *err)
{
    *ret = NULL;
    if (kind == VERDICT_FINDING && run->finding_count >= LIMIT_FINDING_COUNT) {
        run->out->findings_left_out++;
        return ST_OK;
    }
    if (run->verdicts.count >= LIMIT_VERDICT_COUNT) {
        run->out->verdicts_left_out++;
        return ST_OK;
    }
    if (!detail)
        detail = ARENA_NEW(run->judge->arena, VerdictDetail);
    Verdict *verdict = detail ? VEC_PUSH(run->judge->rule_arena, &run->verdicts) : NULL;
    if (!verdict)
        return err_nomem(err);
    run->finding_count += kind == VERDICT_FINDING;
    *verdict = (Verdict){.rule = run->rule->index, .kind = (uint8_t)kind,
                         .severity = (uint8_t)run->rule->severity,
                         .confidence = (uint8_t)run->rule->confidence, .detail = detail};
    *ret = verdict;
    return places_add(&run->places, &run->scope, run->element_index, err);
}

static Status
add_verdict(Run *run, VerdictKind kind, Verdict **ret, Err *err)
{
    return add_verdict_with(run, kind, NULL, ret, err);
}

/* The text of what was appended to buf, kept in the arena of the verdicts.  A text out of the
 * bundle may be too long for it; that is no reason to say nothing of anything else. */
static Status
keep_text(const Run *run, Buf *buf, Str *ret, Err *err)
{
    if (buf->failed == ST_LIMIT) {
        buf_clear(buf);
        buf_adds(buf, "(the text is too long)");
        if (run->scope.has_element)
            buf_printf(buf, " #%zu", run->element_index);
    }
    TRY(buf_status(buf, err));
    *ret = arena_str(run->judge->arena, buf_str(buf));
    return ret->p ? ST_OK : err_nomem(err);
}

static Status
set_namespace(const Run *run, VerdictDetail *detail, Err *err)
{
    Str namespace = subject_namespace(run->scope.element);
    if (!detail->namespace.p || !str_eq(detail->namespace, namespace))
        detail->namespace = arena_str(run->judge->arena, namespace);
    return detail->namespace.p ? ST_OK : err_nomem(err);
}

static Status
set_subject(Run *run, Verdict *verdict, Err *err)
{
    CLEANUP(buf_done) Buf subject = BUF_INIT(LIMIT_EXCERPT_BYTES * 4);
    if (run->scope.has_element) {
        source_default_subject(run->rule->each.items[0].source, run->scope.element,
                               run->element_index, &subject);
        TRY(keep_text(run, &subject, &verdict->subject, err));
        TRY(set_namespace(run, verdict->detail, err));
    }
    /* Without its element a rule about elements has no subject. */
    if (!run->rule->key.program || (run->rule->each.count > 0 && !run->scope.has_element))
        return ST_OK;
    Value key = scope_eval(&run->scope, &run->rule->key, NULL);
    if (value_is_absorbing(key))
        return ST_OK;
    buf_clear(&subject);
    value_write_text(key, &subject);
    return keep_text(run, &subject, &verdict->subject, err);
}

static void
write_error(const Run *run, const Expression *expression, const ValueError *error, Buf *out)
{
    const RuleFile *file = run->rule->file;
    unsigned line = run->rule->line;
    unsigned column = run->rule->column;
    if (!scope_locate_error(&run->scope, error, &file, &line, &column) && expression)
        expression_position(expression, file->text, error->offset, &line, &column);
    buf_printf(out, "%s:%u:%u: ", file->path, line, column);
    buf_add_str(out, error->text);
}

/* An absorbing value makes its verdict: unknown is not_evaluated, an error an error. */
static Status
add_absorbing(Run *run, const Expression *expression, Value value, Err *err)
{
    Verdict *verdict;
    bool is_unknown = value.type == VALUE_UNKNOWN;
    TRY(add_verdict(run, is_unknown ? VERDICT_NOT_EVALUATED : VERDICT_ERROR, &verdict, err));
    if (!verdict)
        return ST_OK;
    TRY(set_subject(run, verdict, err));
    if (is_unknown)
        return cite_gaps(value.gap, "", run->judge->arena, verdict->detail, err);
    CLEANUP(buf_done) Buf reason = BUF_INIT(4096);
    write_error(run, expression, value.error, &reason);
    return keep_text(run, &reason, &verdict->detail->reason, err);
}

static Status
add_type_error(Run *run, const Expression *expression, const char *what, const char *type,
               Value value, Err *err)
{
    ValueError error = {.text = arena_strf(run->judge->arena, "%s must be %s, not %s", what,
                                           type, value_type_name(value))};
    if (!error.text.p)
        return err_nomem(err);
    Value wrong = {.type = VALUE_ERROR, .error = &error};
    return add_absorbing(run, expression, wrong, err);
}

/* A verdict with a reason and nothing else. */
static Status
add_plain(Run *run, VerdictKind kind, const char *reason, Err *err)
{
    Verdict *verdict;
    TRY(add_verdict(run, kind, &verdict, err));
    if (!verdict)
        return ST_OK;
    TRY(set_subject(run, verdict, err));
    verdict->detail->reason = arena_str(run->judge->arena, str_of(reason));
    return verdict->detail->reason.p ? ST_OK : err_nomem(err);
}

/* That nothing is wrong, of most subjects: those of one namespace share what little there is to tell. */
static Status
add_ok(Run *run, Err *err)
{
    bool has_element = run->scope.has_element;
    Str namespace = has_element ? subject_namespace(run->scope.element) : STR("");
    if (!run->plain || !str_eq(run->plain->namespace, namespace)) {
        run->plain = ARENA_NEW(run->judge->arena, VerdictDetail);
        if (!run->plain)
            return err_nomem(err);
        run->plain->reason = STR("");
        if (has_element)
            TRY(set_namespace(run, run->plain, err));
    }
    Verdict *verdict;
    TRY(add_verdict_with(run, VERDICT_OK, run->plain, &verdict, err));
    return verdict ? set_subject(run, verdict, err) : ST_OK;
}

/* ---- findings ---- */

static Confidence
confidence_of(Run *run, const RuleCase *one, bool is_undecided)
{
    const Rule *rule = run->rule;
    if (is_undecided)
        return CONFIDENCE_LOW;
    if (one->has_confidence)
        return one->confidence;
    /* What cannot be told is no ground for more confidence. */
    if (rule->low_if.program) {
        Value low = scope_eval(&run->scope, &rule->low_if, NULL);
        if (low.type != VALUE_BOOL || low.boolean)
            return CONFIDENCE_LOW;
    }
    if (rule->high_if.program) {
        Value high = scope_eval(&run->scope, &rule->high_if, NULL);
        if (high.type == VALUE_BOOL && high.boolean)
            return CONFIDENCE_HIGH;
    }
    return rule->confidence;
}

static Status
write_template(Run *run, const Template *template, bool is_command, Str *ret, Err *err)
{
    CLEANUP(buf_done) Buf text = BUF_INIT(LIMIT_EXPRESSION_BYTES);
    CelEval eval = scope_cel(&run->scope, NULL);
    template_write(template, &eval, is_command, &text);
    return keep_text(run, &text, ret, err);
}

static Status
add_fixes(Run *run, VerdictDetail *detail, Err *err)
{
    const Rule *rule = run->rule;
    VerdictFix *fixes = ARENA_ARRAY(run->judge->arena, VerdictFix, rule->fix_count);
    if (!fixes)
        return err_nomem(err);
    for (size_t i = 0; i < rule->fix_count; i++) {
        fixes[i].risk = rule->fixes[i].risk;
        fixes[i].run = (Str){"", 0};
        TRY(write_template(run, &rule->fixes[i].text, false, &fixes[i].text, err));
        if (rule->fixes[i].has_run)
            TRY(write_template(run, &rule->fixes[i].run, true, &fixes[i].run, err));
    }
    detail->fixes = fixes;
    detail->fix_count = rule->fix_count;
    return ST_OK;
}

/* The message, and behind it what could have made it a graver one. */
static Status
write_message(Run *run, const RuleCase *one, const Gap *undecided, VerdictDetail *detail,
              Err *err)
{
    Str message;
    TRY(write_template(run, &one->message, false, &message, err));
    if (undecided) {
        VerdictDetail gaps = {0};
        TRY(cite_gaps(undecided, "", run->judge->arena, &gaps, err));
        message = arena_strf(run->judge->arena, STR_FMT " [undecided: " STR_FMT "]",
                             STR_ARG(message), STR_ARG(gaps.reason));
        if (!message.p)
            return err_nomem(err);
    }
    detail->message = message;
    return ST_OK;
}

static Status
add_finding(Run *run, const RuleCase *one, const CelTouches *touches, const Gap *undecided,
            Err *err)
{
    Verdict *verdict;
    TRY(add_verdict(run, VERDICT_FINDING, &verdict, err));
    if (!verdict)
        return ST_OK;
    TRY(cite_evidence(&run->scope, touches, run->judge->arena, verdict->detail, err));
    TRY(set_subject(run, verdict, err));
    /* An overlay speaks for the rule; a case for less than that. */
    if (one->has_severity && !run->rule->has_overlaid_severity)
        verdict->severity = (uint8_t)one->severity;
    verdict->confidence = (uint8_t)confidence_of(run, one, undecided != NULL);
    TRY(write_message(run, one, undecided, verdict->detail, err));
    return add_fixes(run, verdict->detail, err);
}

/* ---- one subject ---- */

static Judged
judge(Run *run, const Expression *expression)
{
    Judged judged = {0};
    judged.value = scope_eval(&run->scope, expression, &judged.touches);
    return judged;
}

static bool
is_object(const Scope *scope)
{
    return scope->has_element && scope->element.type == VALUE_MAP && scope->element.is_node;
}

/* The first case that is certainly true.  One before it that is unknown leaves the finding
 * undecided; an error before it is the rule's and must be seen. */
static Status
judge_subject(Run *run, Err *err)
{
    const Rule *rule = run->rule;
    const Gap *undecided = NULL;
    for (size_t i = 0; i < rule->case_count; i++) {
        const RuleCase *one = &rule->cases[i];
        if (!one->when.program)
            return add_finding(run, one, &(CelTouches){0}, undecided, err);
        Judged judged = judge(run, &one->when);
        if (judged.value.type == VALUE_ERROR)
            return add_absorbing(run, &one->when, judged.value, err);
        if (judged.value.type == VALUE_UNKNOWN) {
            undecided = gap_join(run->judge->arena, undecided, judged.value.gap);
            /* No gap must not read as no doubt. */
            if (!undecided)
                return err_nomem(err);
        } else if (judged.value.type != VALUE_BOOL) {
            return add_type_error(run, &one->when, "the condition", "a bool", judged.value, err);
        } else if (judged.value.boolean) {
            return add_finding(run, one, &judged.touches, undecided, err);
        }
    }
    if (undecided)
        return add_absorbing(run, NULL, value_unknown(undecided), err);
    if (is_object(&run->scope))
        alike_remember(&run->sound, run->scope.element.node, true);
    return add_ok(run, err);
}

static bool
is_known_sound(Run *run)
{
    bool sound;
    return is_object(&run->scope) && alike_find(&run->sound, run->scope.element.node, &sound);
}

/* ---- all subjects ---- */

static Status
judge_elements(Run *run, Value list, Err *err)
{
    size_t count = value_count(list);
    /* Who traces wants to see each. */
    if (!run->judge->session->trace)
        TRY(rule_looks_at(run->rule, run->scope.arena, &run->sound.fields, err));
    for (size_t i = 0; i < count; i++) {
        run->element_index = i;
        const Trace *trace = run->judge->session->trace;
        if (trace)
            trace->element(trace->context, i, value_item(list, i));
        TRY(scope_set_element(&run->scope, value_item(list, i), err));
        TRY(is_known_sound(run) ? add_ok(run, err) : judge_subject(run, err));
    }
    run->scope.has_element = false;
    return ST_OK;
}

static Status
judge_each(Run *run, Err *err)
{
    const Binding *each = &run->rule->each.items[0];
    SourceEval eval = scope_source(&run->scope, run->scope.arena, NULL);
    Value list = source_eval(each->source, &eval);
    if (value_is_absorbing(list))
        return add_absorbing(run, NULL, list, err);
    if (list.type != VALUE_LIST)
        return add_type_error(run, NULL, "the source of \"each\"", "a list", list, err);
    TRY(judge_elements(run, list, err));
    if (!value_is_incomplete(list))
        return value_count(list) == 0 ? add_ok(run, err) : ST_OK;
    return add_absorbing(run, NULL, value_unknown(list.list->gap), err);
}

/* True where `if` lets the rule go on; otherwise its verdict was added. */
static Status
judge_precondition(Run *run, bool *ret_goes_on, Err *err)
{
    const Expression *condition = &run->rule->when_applicable;
    *ret_goes_on = true;
    if (!condition->program)
        return ST_OK;
    Judged judged = judge(run, condition);
    *ret_goes_on = judged.value.type == VALUE_BOOL && judged.value.boolean;
    if (*ret_goes_on)
        return ST_OK;
    if (value_is_absorbing(judged.value))
        return add_absorbing(run, condition, judged.value, err);
    if (judged.value.type != VALUE_BOOL)
        return add_type_error(run, condition, "\"if\"", "a bool", judged.value, err);
    CLEANUP(buf_done) Buf reason = BUF_INIT(LIMIT_EXPRESSION_BYTES + 64);
    buf_adds(&reason, "the precondition does not hold: ");
    buf_add_str(&reason, condition->text);
    TRY(buf_status(&reason, err));
    return add_plain(run, VERDICT_NOT_APPLICABLE, reason.data, err);
}

static Status
judge_versions(Run *run, bool *ret_goes_on, Err *err)
{
    const Gap *gap = NULL;
    CLEANUP(buf_done) Buf reason = BUF_INIT(4096);
    Applies applies = rule_applies(run->judge->applicability, run->rule, &reason, &gap);
    *ret_goes_on = applies == APPLIES_YES;
    if (applies == APPLIES_NO) {
        TRY(buf_status(&reason, err));
        return add_plain(run, VERDICT_NOT_APPLICABLE, reason.data, err);
    }
    if (applies == APPLIES_YES)
        return ST_OK;
    Verdict *verdict;
    TRY(add_verdict(run, VERDICT_NOT_EVALUATED, &verdict, err));
    if (!verdict)
        return ST_OK;
    TRY(buf_status(&reason, err));
    return cite_gaps(gap, reason.data, run->judge->arena, verdict->detail, err);
}

static Status
judge_subjects(Run *run, Err *err)
{
    bool goes_on;
    TRY(judge_versions(run, &goes_on, err));
    if (goes_on)
        TRY(judge_precondition(run, &goes_on, err));
    if (!goes_on)
        return ST_OK;
    return run->rule->each.count > 0 ? judge_each(run, err) : judge_subject(run, err);
}

static Status
add_death(Run *run, const RuleExclusion *exclusion, Err *err)
{
    char reason[240];
    (void)snprintf(reason, sizeof reason, "evaluating it killed the process that did (" STR_FMT
                   ")", STR_ARG(str_head(exclusion->death, 160)));
    return add_plain(run, VERDICT_ERROR, reason, err);
}

/* Verdicts in their order, copied out of the arena of the rule. */
static Status
keep_verdicts(const Run *run, Err *err)
{
    RuleVerdicts *out = run->out;
    out->count = run->verdicts.count;
    out->items = ARENA_ARRAY(run->judge->lists, Verdict, out->count);
    out->turns = ARENA_ARRAY(run->judge->lists, uint32_t, out->count);
    if (!out->items || !out->turns)
        return err_nomem(err);
    if (out->count)
        memcpy(out->items, run->verdicts.items, out->count * sizeof *out->items);
    return identify(run->rule, &run->places, out->items, out->turns, out->count,
                    run->judge->rule_arena, err);
}

Status
judge_rule(Judge *judge, const Rule *rule, const RuleExclusion *exclusion, RuleVerdicts *ret,
           Err *err)
{
    arena_reset(judge->rule_arena);
    arena_reset(judge->element_arena);
    *ret = (RuleVerdicts){0};
    Run run = {.judge = judge, .rule = rule, .places = {.arena = judge->rule_arena}, .out = ret};
    TRY(scope_init(&run.scope, judge->session, rule, judge->rule_arena, judge->element_arena, err));
    TRY(exclusion ? add_death(&run, exclusion, err) : judge_subjects(&run, err));
    return keep_verdicts(&run, err);
}
