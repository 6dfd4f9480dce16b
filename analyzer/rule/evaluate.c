/* SPDX-License-Identifier: Apache-2.0 */
/* evaluate.c -- rules over evidence: what they need, and all of them judged in lanes.
 *
 * A lane takes one file of rules after the other.  Rules of a file share its defs, each of which is
 * evaluated when first asked for, at the cost of the rule that asks: so they stay together and in their
 * order, and what becomes of them does not depend on how many lanes there are. */
#include "analyzer/rule/evaluate.h"

#include "analyzer/rule/identity.h"
#include "analyzer/rule/judge.h"
#include "base/limits.h"
#include "base/pool.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Rules of one file that take part, in their order. */
typedef struct {
    const RuleFile *file;
    const Rule **rules;
    size_t count;
    size_t place;               /* of the first rule in the set: makes the order whole */
} FileRules;

typedef struct {
    Arena *kept;                /* what verdicts point to: handed over in the end */
    Arena *lists;
    Arena *session;             /* reset for each file */
    Arena *rule;
    Arena *element;
} LaneMemory;

/* The evaluation of all rules.  What lanes share is read only but for the atomics. */
typedef struct {
    const RuleSet *set;
    Model *model;
    const EvaluateOptions *options;
    Applicability applicability;
    FileRules *files;           /* those with most rules first */
    size_t file_count;
    atomic_size_t next;
    atomic_bool failed;
    RuleVerdicts *verdicts;     /* by index of the rule, each written by one lane */
    LaneMemory lanes[POOL_MOST_LANES];
} Engine;

bool
rule_runs(const Rule *rule)
{
    return rule->is_selected && !rule->is_disabled;
}

/* ---- demand ---- */

static Status
demand_bindings(const Bindings *bindings, Demand *demand, Err *err)
{
    for (size_t i = 0; i < bindings->count; i++)
        if (bindings->items[i].source)
            TRY(source_demand(bindings->items[i].source, demand, err));
    return ST_OK;
}

Status
rules_demand(const RuleSet *set, Demand *demand, Err *err)
{
    TRY(applicability_demand(set, demand, err));
    for (size_t i = 0; i < set->rules.count; i++) {
        const Rule *rule = set->rules.items[i];
        if (!rule_runs(rule))
            continue;
        TRY(demand_bindings(&rule->let, demand, err));
        TRY(demand_bindings(&rule->each, demand, err));
        TRY(demand_bindings(&rule->with, demand, err));
        for (size_t d = 0; d < rule->defs.count; d++)
            if (rule->defs.items[d]->source)
                TRY(source_demand(rule->defs.items[d]->source, demand, err));
    }
    return ST_OK;
}

/* ---- files of rules ---- */

static int
compare_files(const void *left, const void *right)
{
    const FileRules *a = left;
    const FileRules *b = right;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return (a->place > b->place) - (a->place < b->place);
}

static Status
list_files(Engine *engine, Arena *arena, Err *err)
{
    const RuleSet *set = engine->set;
    Map by_file;
    map_init(&by_file, arena);
    engine->files = ARENA_ARRAY(arena, FileRules, set->files.count + 1);
    if (!engine->files)
        return err_nomem(err);
    for (size_t i = 0; i < set->rules.count; i++) {
        const Rule *rule = set->rules.items[i];
        if (!rule_runs(rule))
            continue;
        Str key = {(const char *)&rule->file, sizeof rule->file};
        FileRules *own = map_get(&by_file, key);
        if (!own) {
            own = &engine->files[engine->file_count++];
            own->rules = ARENA_ARRAY(arena, const Rule *, set->rules.count - i);
            if (!own->rules || !map_put(&by_file, key, own))
                return err_nomem(err);
            own->file = rule->file;
            own->place = i;
        }
        own->rules[own->count++] = rule;
    }
    /* Large files first: the lane that takes the last one should not be the only one at work. */
    if (engine->file_count > 1)
        qsort(engine->files, engine->file_count, sizeof *engine->files, compare_files);
    return ST_OK;
}

/* ---- lanes ---- */

static const RuleExclusion *
exclusion_of(const EvaluateOptions *options, const Rule *rule)
{
    for (size_t i = 0; options && i < options->excluded_count; i++)
        if (options->excluded[i].rule == rule->index)
            return &options->excluded[i];
    return NULL;
}

static Status
judge_file(Engine *engine, const FileRules *file, unsigned lane, Err *err)
{
    const EvaluateOptions *options = engine->options;
    LaneMemory *memory = &engine->lanes[lane];
    Session session;
    arena_reset(memory->session);
    TRY(session_init(&session, engine->set, file->file, engine->model, memory->session, err));
    Judge judge = {&session, &engine->applicability, memory->kept, memory->lists, memory->rule,
                   memory->element};
    for (size_t i = 0; i < file->count; i++) {
        const Rule *rule = file->rules[i];
        if (options && options->begins)
            options->begins(options->context, lane, rule);
        session.trace = options && options->traced == rule ? options->trace : NULL;
        TRY(judge_rule(&judge, rule, exclusion_of(options, rule), &engine->verdicts[rule->index],
                       err));
    }
    return ST_OK;
}

/* For pool_run(). */
static Status
run_lane(void *context, unsigned lane, Err *err)
{
    Engine *engine = context;
    LaneMemory *memory = &engine->lanes[lane];
    Arena **arenas[] = {&memory->kept, &memory->lists, &memory->session, &memory->rule,
                        &memory->element};
    Status status = ST_OK;
    for (size_t i = 0; i < sizeof arenas / sizeof *arenas; i++)
        if (!(*arenas[i] = arena_new(SIZE_MAX)))
            status = err_nomem(err);
    while (status == ST_OK && !atomic_load(&engine->failed)) {
        size_t i = atomic_fetch_add(&engine->next, 1);
        if (i >= engine->file_count)
            break;
        status = judge_file(engine, &engine->files[i], lane, err);
    }
    if (engine->options && engine->options->ends)
        engine->options->ends(engine->options->context, lane);
    if (status != ST_OK)
        atomic_store(&engine->failed, true);
    memory->session = arena_free(memory->session);
    memory->rule = arena_free(memory->rule);
    memory->element = arena_free(memory->element);
    return status;
}

static unsigned
lane_count(const Engine *engine)
{
    size_t lanes = engine->options && engine->options->lanes ? engine->options->lanes : 1;
    if (lanes > engine->file_count)
        lanes = engine->file_count ? engine->file_count : 1;
    return lanes < POOL_MOST_LANES ? (unsigned)lanes : POOL_MOST_LANES;
}

/* ---- all verdicts ---- */

static Status
add_coverage(Arena *arena, Evaluation *out, Str evidence, const char *state, Str reason, Err *err)
{
    Coverage *slot = VEC_PUSH(arena, &out->coverage);
    if (!slot || !evidence.p || !reason.p)
        return err_nomem(err);
    *slot = (Coverage){.evidence = evidence, .state = str_of(state), .reason = reason,
                       .collect_with = STR("")};
    return ST_OK;
}

/* What a report holds of all rules together. */
typedef struct {
    size_t findings;
    size_t verdicts;
    size_t findings_left_out;
    size_t verdicts_left_out;
} Room;

/* Leaves of a rule's verdicts those that there is room for: in the order in which they were given. */
static void
make_fit(Room *room, const Rule *rule, RuleVerdicts *own, bool *dropped, DigestState *digest)
{
    for (size_t i = 0; i < own->count; i++)
        dropped[own->turns[i]] = own->items[i].kind == VERDICT_FINDING;
    for (size_t turn = 0; turn < own->count; turn++) {
        bool is_finding = dropped[turn];
        bool too_many = is_finding && room->findings >= LIMIT_FINDING_COUNT;
        dropped[turn] = too_many || room->verdicts >= LIMIT_VERDICT_COUNT;
        room->findings_left_out += too_many;
        room->verdicts_left_out += dropped[turn] && !too_many;
        room->findings += is_finding && !dropped[turn];
        room->verdicts += !dropped[turn];
    }
    size_t kept = 0;
    for (size_t i = 0; i < own->count; i++)
        if (!dropped[own->turns[i]])
            own->items[kept++] = own->items[i];
    /* Fingerprints tell the how manieth of equal subjects a verdict is. */
    if (kept < own->count)
        identify_again(digest, rule, own->items, kept);
    own->count = kept;
}

static Status
note_limits(const Room *room, Arena *arena, Evaluation *out, Err *err)
{
    if (room->findings_left_out > 0)
        TRY(add_coverage(arena, out, STR("findings"), "limit",
                         arena_strf(arena, "%zu findings more than the %llu that a report holds",
                                    room->findings_left_out,
                                    (unsigned long long)LIMIT_FINDING_COUNT), err));
    if (room->verdicts_left_out > 0)
        TRY(add_coverage(arena, out, STR("verdicts"), "limit",
                         arena_strf(arena, "%zu verdicts more than the %llu that a report holds",
                                    room->verdicts_left_out,
                                    (unsigned long long)LIMIT_VERDICT_COUNT), err));
    return ST_OK;
}

static Status
note_disabled(const RuleSet *set, Arena *arena, Evaluation *out, Err *err)
{
    for (size_t i = 0; i < set->rules.count; i++) {
        const Rule *rule = set->rules.items[i];
        Str reason = rule->disabled_reason;
        if (rule->is_selected && rule->is_disabled)
            TRY(add_coverage(arena, out, arena_strf(arena, "rule:" STR_FMT, STR_ARG(rule->id)),
                             "disabled", reason.n > 0 ? reason : STR("by an overlay"), err));
    }
    return ST_OK;
}

/* The verdicts of all rules, in the order of the rules. */
static Status
gather(Engine *engine, Arena *arena, Arena *scratch, Evaluation *out, Err *err)
{
    CLEANUP(cleanup_digest) DigestState *digest = digest_new();
    size_t most = 0;
    for (size_t i = 0; i < engine->set->rules.count; i++)
        if (engine->verdicts[i].count > most)
            most = engine->verdicts[i].count;
    Room room = {0};
    bool *dropped = ARENA_ARRAY(scratch, bool, most);
    if (!digest || !dropped)
        return err_nomem(err);
    for (size_t i = 0; i < engine->set->rules.count; i++) {
        RuleVerdicts *own = &engine->verdicts[i];
        make_fit(&room, engine->set->rules.items[i], own, dropped, digest);
        room.findings_left_out += own->findings_left_out;
        room.verdicts_left_out += own->verdicts_left_out;
    }
    VerdictList *list = &out->verdicts;
    list->capacity = room.verdicts;
    list->items = ARENA_ARRAY(arena, Verdict, room.verdicts);
    if (!list->items)
        return err_nomem(err);
    for (size_t i = 0; i < engine->set->rules.count; i++) {
        const RuleVerdicts *own = &engine->verdicts[i];
        if (own->count)
            memcpy(&list->items[list->count], own->items, own->count * sizeof *own->items);
        list->count += own->count;
    }
    TRY(note_disabled(engine->set, arena, out, err));
    return note_limits(&room, arena, out, err);
}

Status
rules_evaluate(const RuleSet *set, Model *model, const EvaluateOptions *options, Arena *arena,
               Evaluation *ret, Err *err)
{
    *ret = (Evaluation){0};
    CLEANUP(cleanup_arena) Arena *scratch = arena_new(SIZE_MAX);
    Engine *engine = scratch ? ARENA_NEW(scratch, Engine) : NULL;
    if (!engine)
        return err_nomem(err);
    engine->set = set;
    engine->model = model;
    engine->options = options;
    engine->verdicts = ARENA_ARRAY(scratch, RuleVerdicts, set->rules.count);
    if (!engine->verdicts)
        return err_nomem(err);
    TRY(applicability_init(&engine->applicability, set, model, scratch, err));
    TRY(list_files(engine, scratch, err));
    Status status = pool_run(lane_count(engine), run_lane, engine, err);
    for (size_t i = 0; i < POOL_MOST_LANES; i++)
        arena_adopt(arena, engine->lanes[i].kept);
    if (status == ST_OK)
        status = gather(engine, arena, scratch, ret, err);
    for (size_t i = 0; i < POOL_MOST_LANES; i++)
        (void)arena_free(engine->lanes[i].lists);
    return status;
}
