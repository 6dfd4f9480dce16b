/* SPDX-License-Identifier: Apache-2.0 */
/* coverage.c -- what was not seen. */
#include "analyzer/rule/coverage.h"

#include "analyzer/model/metrics.h"
#include "base/map.h"

static Status
add(Arena *arena, CoverageList *coverage, Str evidence, const char *state, Str reason,
    Str collect_with, Err *err)
{
    Coverage *slot = VEC_PUSH(arena, coverage);
    if (!slot || !evidence.p || !reason.p || !collect_with.p)
        return err_nomem(err);
    *slot = (Coverage){evidence, str_of(state), reason, collect_with};
    return ST_OK;
}

/* True where the hole was told already. */
static Status
is_known(Map *seen, Arena *arena, const VerdictGap *gap, bool *ret, Err *err)
{
    Str key = arena_strf(arena, STR_FMT "\n" STR_FMT, STR_ARG(gap->evidence),
                         STR_ARG(gap->reason));
    void **slot = key.p ? map_slot(seen, key) : NULL;
    if (!slot)
        return err_nomem(err);
    *ret = *slot != NULL;
    *slot = seen;
    return ST_OK;
}

Status
coverage_of_verdicts(const VerdictList *verdicts, Arena *arena, CoverageList *coverage, Err *err)
{
    Map seen;
    map_init(&seen, arena);
    for (size_t i = 0; i < verdicts->count; i++) {
        const VerdictDetail *detail = verdicts->items[i].detail;
        for (size_t g = 0; g < detail->gap_count; g++) {
            bool known = false;
            TRY(is_known(&seen, arena, &detail->gaps[g], &known, err));
            if (!known)
                TRY(add(arena, coverage, detail->gaps[g].evidence, "unknown",
                        detail->gaps[g].reason, detail->gaps[g].collect_with, err));
        }
    }
    return ST_OK;
}

/* Where there was nothing to capture nothing is missing. */
static bool
found_nothing(const Capture *capture)
{
    return capture->class == CAPTURE_CLASS_NOT_FOUND || capture->class == CAPTURE_CLASS_ABSENT ||
           capture->class == CAPTURE_CLASS_UNKNOWN_TYPE;
}

static Status
add_capture(const Capture *capture, Arena *arena, CoverageList *coverage, Err *err)
{
    const char *class = capture_class_name(capture->class);
    Str reason = arena_strf(arena, "%s%s" STR_FMT, class,
                            class[0] && capture->reason.n > 0 ? ": " : "",
                            STR_ARG(capture->reason));
    return add(arena, coverage, capture->id, capture_state_name(capture->state), reason,
               str_of(capture_advice(capture->class)), err);
}

Status
coverage_of_bundle(const Bundle *bundle, Arena *arena, CoverageList *coverage, Err *err)
{
    const Manifest *manifest = bundle_manifest(bundle);
    if (!manifest)
        TRY(add(arena, coverage, STR("bundle"), "no-manifest",
                STR("there is no manifest: what the bundle does not hold is unknown"), STR(""),
                err));
    for (size_t i = 0; manifest && i < manifest->captures.count; i++) {
        const Capture *capture = &manifest->captures.items[i];
        if (capture->state != CAPTURE_COMPLETE && !found_nothing(capture))
            TRY(add_capture(capture, arena, coverage, err));
    }
    const BundleProblems *problems = bundle_problems(bundle);
    for (size_t i = 0; i < problems->count; i++) {
        const BundleProblem *problem = &problems->items[i];
        TRY(add(arena, coverage, problem->member.n > 0 ? problem->member : STR("bundle"),
                problem_name(problem->kind), problem->reason, STR(""), err));
    }
    if (problems->left_out > 0)
        TRY(add(arena, coverage, STR("bundle"), "limit",
                arena_strf(arena, "%zu more problems of the bundle", problems->left_out), STR(""),
                err));
    return ST_OK;
}

Status
coverage_of_samples(Model *model, Arena *arena, CoverageList *coverage, Err *err)
{
    MetricSamples faulty;
    TRY(model_faulty_samples(model, &faulty, err));
    for (size_t i = 0; i < faulty.count; i++)
        for (const Gap *gap = faulty.items[i]->fault; gap; gap = gap->next)
            TRY(add(arena, coverage, faulty.items[i]->member, "partial", gap->reason,
                    gap->collect_with, err));
    return ST_OK;
}
