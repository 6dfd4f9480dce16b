/* SPDX-License-Identifier: Apache-2.0 */
/* bundle_diff.c -- meshcase-bundle diff: what changed between two bundles. */
#include "analyzer/bundle_diff.h"

#include "analyzer/diff/diff.h"
#include "analyzer/program.h"
#include "bundle/confined.h"

#include <stddef.h>

typedef struct {
    OptionList rules;
    bool json;
} Settings;

static const Option OPTIONS[] = {
    {"rules", 'r', OPTION_LIST, "PATH",
     "rules whose findings are compared, instead of the ones brought along; repeatable",
     .target = offsetof(Settings, rules)},
    {"json", 0, OPTION_FLAG, NULL, "one JSON document", .target = offsetof(Settings, json)},
    {.name = NULL},
};

static const OptionSet DIFF_OPTIONS = {
    .program = "meshcase-bundle",
    .command = "diff",
    .usage = "[OPTION]... BEFORE AFTER",
    .summary = "tell what changed between two bundles",
    .description = "Versions, findings that are new or gone, objects added, removed and changed by "
                   "field, and metrics that moved: what changed since it worked. What one bundle "
                   "lacks because it was not collected is no change, and is listed.",
    .exit_codes = "0  nothing changed\n"
                  "1  something changed\n"
                  "2  wrong use, or invalid rules\n"
                  "3  a bundle cannot be read\n"
                  "6  the output could not be written\n"
                  "75 no memory\n",
    .options = OPTIONS,
    .min_operands = 2,
    .max_operands = 2,
};

typedef struct {
    Arena *arena;
    RuleSet *set;
    Bundle *bundles[2];
    DiffSide sides[2];
    Evaluation evaluations[2];
    Diff diff;
} Differing;

static void
differing_done(Differing *d)
{
    for (size_t i = 0; i < 2; i++)
        d->bundles[i] = bundle_free(d->bundles[i]);
}

static Status
load_rules(Differing *d, const OptionList *paths, Err *err)
{
    d->set = rules_new(d->arena);
    if (!d->set)
        return err_nomem(err);
    TRY(program_load_rules(d->set, paths, err));
    if (d->set->diagnostics.error_count == 0)
        return ST_OK;
    program_complain("meshcase-bundle", &d->set->diagnostics);
    return err_set(err, ST_USAGE, "the rules are invalid");
}

static Status
read_side(Differing *d, size_t i, Err *err)
{
    DiffSide *side = &d->sides[i];
    Demand *demand = demand_new(d->arena);
    if (!demand)
        return err_nomem(err);
    TRY(rules_demand(d->set, demand, err));
    TRY(diff_demand(d->bundles, demand, err));
    ModelFeed feed = model_feed_of_bundle(d->bundles[i], 0);
    side->name = bundle_name(d->bundles[i]);
    side->bundle = d->bundles[i];
    TRY(model_load(&feed, demand, d->arena, &side->model, err));
    TRY(rules_evaluate(d->set, side->model, NULL, d->arena, &d->evaluations[i], err));
    side->verdicts = &d->evaluations[i].verdicts;
    return ST_OK;
}

static Status
compare(Differing *d, const char *const paths[2], Err *err)
{
    TRY(bundles_open_confined(paths, 2, NULL, d->bundles, err));
    for (size_t i = 0; i < 2; i++)
        TRY(command_learn_names(d->bundles[i], err));
    for (size_t i = 0; i < 2; i++)
        TRY(read_side(d, i, err));
    return diff_run(&d->sides[0], &d->sides[1], d->set, d->arena, &d->diff, err);
}

static BundleExit
run(const CommandCall *call, Err *err)
{
    const Settings *settings = call->settings;
    CLEANUP(differing_done) Differing d = {.arena = call->arena};
    const char *const paths[2] = {call->operands->operands[0], call->operands->operands[1]};
    Status status = load_rules(&d, &settings->rules, err);
    if (status != ST_OK)
        return status == ST_NOMEM ? EXIT_MEMORY : EXIT_USAGE;
    status = compare(&d, paths, err);
    if (status != ST_OK)
        return command_exit(status);
    (settings->json ? diff_write_json : diff_write_text)(&d.diff, &d.sides[0], &d.sides[1],
                                                         call->out);
    return d.diff.changes.count > 0 ? EXIT_FOUND : EXIT_GOOD;
}

const Command COMMAND_DIFF = {"diff", &DIFF_OPTIONS, sizeof(Settings), run};
