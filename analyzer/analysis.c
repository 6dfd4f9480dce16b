/* SPDX-License-Identifier: Apache-2.0 */
/* analysis.c -- one run of meshcase-analyze. */
#include "analyzer/analysis.h"

#include "analyzer/inquiry.h"
#include "analyzer/program.h"
#include "analyzer/report/explain.h"
#include "analyzer/rule/baseline.h"
#include "analyzer/rule/coverage.h"
#include "analyzer/rule/overlay.h"
#include "analyzer/rule/schema.h"
#include "base/io.h"
#include "base/tempfile.h"
#include "base/timestamp.h"
#include "base/utf8.h"
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char PROGRAM[] = "meshcase-analyze";

/* What the stages hand on. */
typedef struct {
    const AnalysisOptions *options;
    Arena *arena;
    RuleSet *set;
    OverlayList overlays;
    EarlierReport earlier;
    const Rule *why;
    char now[TIMESTAMP_TEXT_BYTES];
    char today[DATE_BYTES];
    CoverageList coverage;
    Inquiry inquiry;
    Err *err;
} Analysis;

/* No memory is the machine's fault, whoever ran out of it. */
static AnalysisExit
exit_of(Status status, AnalysisExit otherwise)
{
    return status == ST_NOMEM ? ANALYSIS_MACHINE : otherwise;
}

static void
set_now(Analysis *analysis)
{
    int64_t now = analysis->options->now_ns;
    /* Without --now reports of one day are the same. */
    if (now == 0) {
        now = timestamp_now();
        now -= now % (86400 * NS_PER_S);
    }
    timestamp_format(now, analysis->now);
    (void)snprintf(analysis->today, sizeof analysis->today, "%.10s", analysis->now);
}

/* ---- rules ---- */

static AnalysisExit
rules_are_sound(Analysis *analysis)
{
    if (analysis->set->diagnostics.error_count == 0)
        return ANALYSIS_GOOD;
    program_complain(PROGRAM, &analysis->set->diagnostics);
    bool is_misnamed = analysis->set->unreadable != ST_OK && analysis->set->unreadable != ST_LIMIT;
    return is_misnamed ? ANALYSIS_USAGE : ANALYSIS_RULES;
}

static Status
load_overlays(Analysis *analysis)
{
    const OptionList *files = &analysis->options->overlays;
    for (size_t i = 0; i < files->count; i++)
        TRY(overlay_load(analysis->set, files->items[i], &analysis->overlays, analysis->err));
    TRY(overlays_apply(&analysis->overlays, analysis->set, analysis->today, &analysis->coverage,
                       analysis->err));
    const OptionList *params = &analysis->options->params;
    for (size_t i = 0; i < params->count; i++)
        TRY(rules_set_param_text(analysis->set, str_of(params->items[i]), analysis->err));
    if (analysis->options->baseline)
        TRY(baseline_read(analysis->arena, analysis->options->baseline, &analysis->earlier,
                          analysis->err));
    return ST_OK;
}

/* --why runs its rule alone, whatever its status. */
static Status
choose_rule(Analysis *analysis)
{
    const char *id = analysis->options->why;
    if (!id)
        return ST_OK;
    if (analysis->options->format != REPORT_TEXT)
        return err_set(analysis->err, ST_USAGE, "--why tells it in text alone, not in %s",
                       REPORT_FORMATS[analysis->options->format]);
    analysis->why = rules_find(analysis->set, str_of(id));
    if (!analysis->why) {
        const char *near = rules_nearest(analysis->set, str_of(id));
        return err_set(analysis->err, ST_USAGE, "there is no rule '%.60s'%s%s%s", id,
                       near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    for (size_t i = 0; i < analysis->set->rules.count; i++) {
        Rule *rule = analysis->set->rules.items[i];
        rule->is_selected = rule == analysis->why;
    }
    return ST_OK;
}

static AnalysisExit
prepare(Analysis *analysis)
{
    analysis->set = rules_new(analysis->arena);
    Status status = analysis->set ? program_load_rules(analysis->set, &analysis->options->rules,
                                                       analysis->err)
                                  : err_nomem(analysis->err);
    if (status != ST_OK)
        return exit_of(status, ANALYSIS_RULES);
    AnalysisExit result = rules_are_sound(analysis);
    if (result != ANALYSIS_GOOD)
        return result;
    /* Nothing asked must not look like nothing found. */
    if (analysis->set->rules.count == 0)
        return exit_of(err_set(analysis->err, ST_FORMAT, "there are no rules%s%s",
                               analysis->options->rules.count ? " in " : "",
                               analysis->options->rules.count
                                   ? analysis->options->rules.items[0] : ""),
                       ANALYSIS_RULES);
    status = load_overlays(analysis);
    if (status == ST_OK)
        status = choose_rule(analysis);
    if (status != ST_OK)
        return exit_of(status, ANALYSIS_USAGE);
    return rules_are_sound(analysis);
}

/* ---- evidence ---- */

static AnalysisExit
examine(Analysis *analysis)
{
    bool is_page = analysis->options->format == REPORT_HTML;
    InquirySpec spec = {analysis->options, analysis->set, analysis->why, is_page};
    Status status = inquiry_run(&spec, analysis->arena, &analysis->inquiry, analysis->err);
    /* What the kernel does not offer is its fault as well. */
    if (status == ST_UNSUPPORTED)
        return ANALYSIS_MACHINE;
    return status == ST_OK ? ANALYSIS_GOOD : exit_of(status, ANALYSIS_UNREADABLE);
}

/* ---- verdicts ---- */

static Status
append_coverage(Analysis *analysis, const CoverageList *from)
{
    for (size_t i = 0; i < from->count; i++) {
        Coverage *slot = VEC_PUSH(analysis->arena, &analysis->coverage);
        if (!slot)
            return err_nomem(analysis->err);
        *slot = from->items[i];
    }
    return ST_OK;
}

/* What some verdict lacked has been told with the same reason. */
static Status
append_new_coverage(Analysis *analysis, const CoverageList *from)
{
    Map told;
    map_init(&told, analysis->arena);
    for (size_t i = 0; i < analysis->coverage.count; i++)
        if (!map_put(&told, analysis->coverage.items[i].reason, analysis))
            return err_nomem(analysis->err);
    CoverageList fresh = {0};
    for (size_t i = 0; i < from->count; i++) {
        if (from->items[i].reason.n > 0 && map_get(&told, from->items[i].reason))
            continue;
        Coverage *slot = VEC_PUSH(analysis->arena, &fresh);
        if (!slot)
            return err_nomem(analysis->err);
        *slot = from->items[i];
    }
    return append_coverage(analysis, &fresh);
}

static Status
settle(Analysis *analysis)
{
    VerdictList *verdicts = &analysis->inquiry.evaluation.verdicts;
    Err *err = analysis->err;
    TRY(append_coverage(analysis, &analysis->inquiry.evaluation.coverage));
    TRY(overlays_suppress(&analysis->overlays, analysis->set, analysis->today, verdicts,
                          &analysis->coverage, err));
    if (analysis->options->baseline)
        TRY(baseline_mark(&analysis->earlier, analysis->set, verdicts, &analysis->coverage,
                          analysis->arena, err));
    TRY(verdicts_fold(analysis->set, verdicts, analysis->arena, err));
    TRY(coverage_of_verdicts(verdicts, analysis->arena, &analysis->coverage, err));
    return append_new_coverage(analysis, &analysis->inquiry.coverage);
}

/* ---- where it goes ---- */

static bool
goes_to_stdout(const Analysis *analysis)
{
    return !analysis->options->output || strcmp(analysis->options->output, "-") == 0;
}

/* Has it written to standard output, or to a file that appears whole or not at all. */
static Status
deliver(const Analysis *analysis, Status (*write)(const Analysis *analysis, int fd))
{
    if (goes_to_stdout(analysis)) {
        TRY(write(analysis, STDOUT_FILENO));
        return io_finish_stdout(analysis->err);
    }
    CLEANUP(tempfile_done) TempFile file = TEMPFILE_INIT;
    TRY(tempfile_create(&file, analysis->options->output, true, analysis->err));
    TRY(write(analysis, file.fd));
    return tempfile_publish(&file, analysis->err);
}

/* ---- the report ---- */

static Status
write_report(const Analysis *analysis, int fd)
{
    const Report report = {
        .tool = PROGRAM, .version = PACKAGE_VERSION, .now = str_of(analysis->now),
        .bundle = analysis->inquiry.bundle, .set = analysis->set,
        .verdicts = &analysis->inquiry.evaluation.verdicts, .coverage = &analysis->coverage,
        .gallery = &analysis->inquiry.gallery,
    };
    ReportOptions voice = {0};
    if (goes_to_stdout(analysis))
        voice = (ReportOptions){.width = program_width(fd), .has_colour = program_has_colour(fd),
                                .is_ascii = program_is_ascii()};
    return report_write(&report, (ReportFormat)analysis->options->format, &voice, fd,
                        analysis->err);
}

/* ---- --why ---- */

static void
tell_why(const Analysis *analysis, Buf *out)
{
    unsigned width = goes_to_stdout(analysis) ? program_width(STDOUT_FILENO) : 0;
    explain_rule(analysis->set, analysis->why, width, out);
    buf_adds(out, "\nHow it came to its verdicts\n");
    buf_add_str(out, analysis->inquiry.trace);
    buf_adds(out, "\nVerdicts\n");
    const VerdictList *verdicts = &analysis->inquiry.evaluation.verdicts;
    for (size_t i = 0; i < verdicts->count; i++) {
        const Verdict *verdict = &verdicts->items[i];
        buf_printf(out, "  %s", SCHEMA_VERDICTS[verdict->kind]);
        const Str parts[] = {verdict->subject, verdict->detail->message, verdict->detail->reason};
        for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
            buf_adds(out, parts[p].n == 0 ? "" : p == 0 ? "  " : ": ");
            utf8_escape_terminal(out, parts[p], false);
        }
        buf_addc(out, '\n');
    }
}

static Status
write_why(const Analysis *analysis, int fd)
{
    CLEANUP(buf_done) Buf out = BUF_INIT(PROGRAM_OUT_BYTES);
    tell_why(analysis, &out);
    TRY(buf_status(&out, analysis->err));
    return io_write(fd, out.data, out.n, analysis->err);
}

/* ---- the exit status ---- */

static bool
fails(const Analysis *analysis)
{
    /* FAIL_ON begins with the worst severity. */
    int least = SEVERITY_COUNT - 1 - analysis->options->fail_on;
    const VerdictList *verdicts = &analysis->inquiry.evaluation.verdicts;
    for (size_t i = 0; least >= 0 && i < verdicts->count; i++) {
        const Verdict *verdict = &verdicts->items[i];
        bool counts = verdict->kind == VERDICT_FINDING &&
                      (!analysis->options->baseline || verdict->baseline == BASELINE_NEW);
        if (counts && verdict->severity >= least)
            return true;
    }
    return false;
}

static bool
is_complete(const Analysis *analysis)
{
    const VerdictList *verdicts = &analysis->inquiry.evaluation.verdicts;
    for (size_t i = 0; i < verdicts->count; i++)
        if (verdicts->items[i].kind == VERDICT_NOT_EVALUATED ||
            verdicts->items[i].kind == VERDICT_ERROR)
            return false;
    return true;
}

static AnalysisExit
tell(Analysis *analysis)
{
    Status status = deliver(analysis, analysis->why ? write_why : write_report);
    if (status != ST_OK)
        return exit_of(status, ANALYSIS_OUTPUT);
    if (fails(analysis))
        return ANALYSIS_FINDINGS;
    return analysis->options->require_complete && !is_complete(analysis) ? ANALYSIS_NOT_COMPLETE
                                                                        : ANALYSIS_GOOD;
}

static AnalysisExit
run_stages(Analysis *analysis)
{
    AnalysisExit result = prepare(analysis);
    if (result == ANALYSIS_GOOD)
        result = examine(analysis);
    if (result != ANALYSIS_GOOD)
        return result;
    Status status = settle(analysis);
    return status == ST_OK ? tell(analysis) : exit_of(status, ANALYSIS_UNREADABLE);
}

AnalysisExit
analysis_run(const AnalysisOptions *options, Arena *arena, Err *err)
{
    Analysis analysis = {.options = options, .arena = arena, .err = err};
    set_now(&analysis);
    return run_stages(&analysis);
}
