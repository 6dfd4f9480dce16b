/* SPDX-License-Identifier: Apache-2.0 */
/* source_logs.c -- logs: patterns over container logs, read while they pass by.
 *
 * All sources of one demand share a LogStore, so that every log is cut into records once,
 * however many patterns look at it. */
#include "analyzer/model/logs.h"
#include "analyzer/query/log_groups.h"
#include "analyzer/query/source_private.h"
#include "base/limits.h"
#include "base/map.h"

#define SLOT "logs"

typedef struct {
    const LogSpec *spec;
    LogSelection selection;
    StrList components;         /* as written, for needs */
    const char *evidence;       /* "logs:mixer" */
} LogSource;

/* One source in the store. */
typedef struct {
    const LogSource *source;
    const ValueList *result;    /* of its last evaluation: near.of finds it by that */
    LogInputs *inputs;          /* shared by all with that selection; made when evaluated */
} Entry;

typedef struct {
    Arena *arena;
    const Demand *demand;
    VEC(Entry) entries;
    Map hits;                   /* member -> LogHits *[entries.count] */
    const LogSpec **specs;      /* of the entries, once the first log comes */
    LogPatterns *patterns;      /* theirs, while members pass by */
} LogStore;

/* --- compiling --- */

/* Components that the words name, which may be globs. */
static Status
resolve_components(SourceReader *reader, const StrList *words, LogSelection *selection)
{
    Component *components = ARENA_ARRAY(reader->arena, Component, COMPONENT_COUNT);
    if (!components)
        return err_nomem(reader->err);
    for (Component i = 0; i < COMPONENT_COUNT; i++)
        if (words->count && fits_words(words, str_of(COMPONENT_NAMES[i])))
            components[selection->component_count++] = i;
    selection->components = components;
    return ST_OK;
}

static const char *const *
previous_words(void)
{
    static const char *const WORDS[] = {
        [PREVIOUS_ALSO] = "also", [PREVIOUS_NO] = "no", [PREVIOUS_ONLY] = "only", NULL,
    };
    return WORDS;
}

static Status
read_previous(SourceReader *reader, LogSelection *selection)
{
    const Node *node = node_get(reader->spec, STR("previous"));
    if (!node)
        return ST_OK;
    StrList words;
    TRY(reader_strings(reader, "previous", &words));
    reader_check_words(reader, "previous", &words, previous_words(), "word");
    for (PreviousLogs i = PREVIOUS_ALSO; words.count && i <= PREVIOUS_ONLY; i++)
        if (str_is(words.items[0], previous_words()[i]))
            selection->previous = i;
    return ST_OK;
}

static Status
keep_list(SourceReader *reader, const StrList *list, const StrList **ret)
{
    StrList *kept = ARENA_NEW(reader->arena, StrList);
    if (!kept)
        return err_nomem(reader->err);
    *kept = *list;
    *ret = list->count ? kept : NULL;
    return ST_OK;
}

static Status
read_selection(SourceReader *reader, LogSource *logs)
{
    StrList namespaces;
    StrList containers;
    bool has_labels;
    Selector *labels = ARENA_NEW(reader->arena, Selector);
    if (!labels)
        return err_nomem(reader->err);
    TRY(reader_strings(reader, "component", &logs->components));
    reader_check_words(reader, "component", &logs->components, COMPONENT_NAMES, "component");
    TRY(resolve_components(reader, &logs->components, &logs->selection));
    TRY(reader_strings(reader, "namespace", &namespaces));
    TRY(reader_strings(reader, "container", &containers));
    TRY(reader_labels(reader, labels, &has_labels));
    TRY(keep_list(reader, &namespaces, &logs->selection.namespaces));
    TRY(keep_list(reader, &containers, &logs->selection.containers));
    logs->selection.labels = has_labels ? labels : NULL;
    Str what = logs->components.count ? logs->components.items[0]
               : containers.count     ? containers.items[0]
                                      : STR("*");
    logs->evidence = arena_printf(reader->arena, "logs:" STR_FMT, STR_ARG(what));
    return logs->evidence ? read_previous(reader, &logs->selection) : err_nomem(reader->err);
}

static Status
compile(SourceReader *reader)
{
    LogSource *logs = ARENA_NEW(reader->arena, LogSource);
    if (!logs)
        return err_nomem(reader->err);
    TRY(read_selection(reader, logs));
    const CelProgram *where = NULL;
    TRY(reader_cel(reader, node_get(reader->spec, STR("where")), true, &where));
    Err local = {0};
    Status status = log_spec_compile(reader->arena, reader->spec, where, reader->diagnostics,
                                     &logs->spec, &local);
    if (status == ST_NOMEM)
        return err_nomem(reader->err);
    if (status != ST_OK) {
        reader->failed = true;
        return ST_OK;
    }
    reader->source->data = logs;
    const Node *of = node_get(node_get(reader->spec, STR("near")), STR("of"));
    return of ? reader_name(reader, (SourceName){.name = logs->spec->near_of, .scalar = of})
              : ST_OK;
}

static Status
needs(const Source *source, Arena *arena, NeedList *list, Err *err)
{
    const LogSource *logs = source->data;
    for (size_t i = 0; i < logs->components.count; i++)
        TRY(need_add(arena, list, "logs:", logs->components.items[i], err));
    return logs->components.count ? ST_OK : need_add(arena, list, "", str_of(logs->evidence), err);
}

/* --- reading --- */

/* All sources are known once the first log comes.  Called for every log before any is read. */
static bool
list_patterns(LogStore *store)
{
    size_t count = store->entries.count;
    if (store->patterns)
        return true;
    store->specs = ARENA_ARRAY(store->arena, const LogSpec *, count);
    if (!store->specs)
        return false;
    for (size_t i = 0; i < count; i++)
        store->specs[i] = store->entries.items[i].source->spec;
    store->patterns = log_patterns_new(store->specs, count, FINDER_AUTO);
    return store->patterns != NULL;
}

static bool
want(void *context, const Member *member)
{
    LogStore *store = context;
    MemberName name;
    if (member->kind != MEMBER_LOG && member->kind != MEMBER_LOG_PREVIOUS)
        return false;
    member_name_parse(member->name, &name);
    for (size_t i = 0; i < store->entries.count; i++)
        if (log_may_be_selected(&store->entries.items[i].source->selection, &name)) {
            (void)list_patterns(store);     /* begin() tells that there is no memory */
            return true;
        }
    return false;
}

/* A log that passes by on one lane. */
typedef struct {
    LogScan *scan;              /* NULL once it has ended */
    LogHits **hits;             /* of each entry */
} LogReading;

static Status
begin(void *context, const Member *member, Arena *arena, void **ret_state, Err *err)
{
    const LogStore *store = context;
    size_t count = store->entries.count;
    LogReading *reading = ARENA_NEW(arena, LogReading);
    bool *wanted = ARENA_ARRAY(arena, bool, count);
    if (!store->patterns || !reading || !wanted ||
        !(reading->hits = ARENA_ARRAY(arena, LogHits *, count)))
        return err_nomem(err);
    MemberName name;
    member_name_parse(member->name, &name);
    for (size_t i = 0; i < count; i++)
        wanted[i] = log_may_be_selected(&store->entries.items[i].source->selection, &name);
    *ret_state = reading;
    return log_scan_new(arena, store->patterns, wanted, demand_taken_ns(store->demand),
                        &reading->scan, err);
}

static Status
data(void *context, void *state, Str bytes, Err *err)
{
    (void)context;
    return log_scan_feed(((LogReading *)state)->scan, bytes, err);
}

static Status
end(void *context, void *state, Err *err)
{
    (void)context;
    LogReading *reading = state;
    Status status = log_scan_end(reading->scan, reading->hits, err);
    reading->scan = log_scan_free(reading->scan);
    return status;
}

static void
drop(void *context, void *state)
{
    (void)context;
    LogReading *reading = state;
    if (reading)
        reading->scan = log_scan_free(reading->scan);
}

static Status
take(void *context, const Member *member, void *state, Err *err)
{
    LogStore *store = context;
    Str name = arena_str(store->arena, member->name);
    return name.p && map_put(&store->hits, name, ((LogReading *)state)->hits) ? ST_OK
                                                                             : err_nomem(err);
}

static void
done(void *context)
{
    LogStore *store = context;
    store->patterns = log_patterns_free(store->patterns);
}

static Status
find_store(Demand *demand, Arena *arena, LogStore **ret, Err *err)
{
    void **slot = demand_slot(demand, SLOT);
    if (!slot)
        return err_nomem(err);
    if (!*slot) {
        LogStore *store = ARENA_NEW(arena, LogStore);
        if (!store)
            return err_nomem(err);
        store->arena = arena;
        store->demand = demand;
        map_init(&store->hits, arena);
        MemberConsumer consumer = {want, begin, data, end, drop, take, done, store};
        TRY(demand_consumer(demand, &consumer, err));
        *slot = store;
    }
    *ret = *slot;
    return ST_OK;
}

static Status
demand(const Source *source, Demand *demand, Err *err)
{
    const LogSource *logs = source->data;
    LogStore *store;
    TRY(find_store(demand, demand_arena(demand), &store, err));
    for (size_t i = 0; i < store->entries.count; i++)
        if (store->entries.items[i].source == logs)
            return ST_OK;
    Entry *entry = VEC_PUSH(store->arena, &store->entries);
    if (!entry)
        return err_nomem(err);
    entry->source = logs;
    TRY(demand_kind(demand, STR("Pod"), err));
    for (size_t i = 0; i < logs->selection.component_count; i++)
        TRY(demand_component(demand, logs->selection.components[i], err));
    return logs->spec->near_of.n ? demand_clocks(demand, err) : ST_OK;
}

/* --- evaluating --- */

static Value
value_of_failure(Arena *arena, Status status, const Err *err)
{
    return status == ST_NOMEM ? value_nomem() : value_error(arena, "%s", err->text);
}

static bool
same_names(const StrList *a, const StrList *b)
{
    if (!a || !b || a->count != b->count)
        return a == b;
    for (size_t i = 0; i < a->count; i++)
        if (!str_eq(a->items[i], b->items[i]))
            return false;
    return true;
}

/* Whether two sources select the same logs, and would say the same of holes in them. */
static bool
same_logs(const LogSource *a, const LogSource *b)
{
    const LogSelection *x = &a->selection;
    const LogSelection *y = &b->selection;
    if (x->component_count != y->component_count || x->labels != y->labels ||
        x->previous != y->previous || !same_names(x->namespaces, y->namespaces) ||
        !same_names(x->containers, y->containers) ||
        !str_eq(str_of(a->evidence), str_of(b->evidence)))
        return false;
    for (size_t i = 0; i < x->component_count; i++)
        if (x->components[i] != y->components[i])
            return false;
    return true;
}

/* Without a manifest only its end can tell that a log was cut. */
static Status
note_unfinished(const LogStore *store, const char *evidence, size_t number, LogInput *input,
                Err *err)
{
    if (!input->hits || !input->hits[number] || !input->hits[number]->unfinished)
        return ST_OK;
    Str reason = arena_strf(store->arena, "truncated: " STR_FMT " ends inside a line",
                            STR_ARG(input->member));
    input->gap = gap_new(store->arena, evidence, reason, STR("truncated"), STR(""), input->gap);
    return reason.p && input->gap ? ST_OK : err_nomem(err);
}

/* The logs that the source selects, with what was found in them. */
static Status
list_inputs(LogStore *store, const LogSource *source, size_t number, Model *model,
            LogInputs **ret, Err *err)
{
    LogTargets targets;
    TRY(model_log_targets(model, source->evidence, &source->selection, &targets, err));
    LogInputs *inputs = ARENA_NEW(store->arena, LogInputs);
    LogInput *items = ARENA_ARRAY(store->arena, LogInput, targets.count);
    if (!inputs || !items)
        return err_nomem(err);
    for (size_t i = 0; i < targets.count; i++) {
        const LogTarget *target = &targets.items[i];
        items[i] = (LogInput){
            .member = target->member,
            .ns = target->ns,
            .pod = target->pod,
            .container = target->container,
            .hits = map_get(&store->hits, target->member),
            .gap = target->gap,
            .offset_ns = target->offset_ns,
        };
        if (!model_manifest(model))
            TRY(note_unfinished(store, source->evidence, number, &items[i], err));
    }
    inputs->arena = store->arena;
    inputs->items = items;
    inputs->count = targets.count;
    inputs->unlisted = targets.gap;
    *ret = inputs;
    return log_inputs_seal(inputs, err);
}

static Status
find_inputs(LogStore *store, size_t number, Model *model, Err *err)
{
    Entry *entry = &store->entries.items[number];
    for (size_t i = 0; i < store->entries.count && !entry->inputs; i++) {
        const Entry *other = &store->entries.items[i];
        if (other->inputs && same_logs(entry->source, other->source))
            entry->inputs = other->inputs;
    }
    return entry->inputs ? ST_OK
                         : list_inputs(store, entry->source, number, model, &entry->inputs, err);
}

/* The source that near.of names; its value where there is none to be had. */
static const Entry *
find_near(LogStore *store, const LogSpec *spec, const SourceEval *eval, Value *ret_instead)
{
    bool found = false;
    Value other = eval->lookup ? eval->lookup(eval->context, spec->near_of, &found) : value_null();
    if (found && value_is_absorbing(other)) {
        *ret_instead = other;
        return NULL;
    }
    for (size_t i = 0; found && other.type == VALUE_LIST && i < store->entries.count; i++)
        if (store->entries.items[i].result == other.list)
            return &store->entries.items[i];
    *ret_instead = value_error(eval->arena, "near.of: '" STR_FMT "' is no logs source",
                               STR_ARG(spec->near_of));
    return NULL;
}

/* What the source is evaluated with; a value of another type than VALUE_NULL where that is its value
 * already. */
static Value
prepare(LogStore *store, size_t number, const SourceEval *eval, LogGroupsInput *input)
{
    Entry *entry = &store->entries.items[number];
    const LogSpec *spec = entry->source->spec;
    Value instead = value_null();
    Err err = {0};
    CLEANUP(model_leave) Model *held = model_hold(eval->model);
    Status status = find_inputs(store, number, held, &err);
    if (status != ST_OK)
        return value_of_failure(eval->arena, status, &err);
    input->logs = entry->inputs;
    input->number = number;
    const Entry *near = spec->near_of.n ? find_near(store, spec, eval, &instead) : NULL;
    if (near) {
        input->near = near->inputs;
        input->near_number = (size_t)(near - store->entries.items);
    }
    return instead;
}

static Value
eval_entry(LogStore *store, size_t number, const SourceEval *eval)
{
    Entry *entry = &store->entries.items[number];
    const LogSource *logs = entry->source;
    LogGroupsInput input = {.arena = eval->arena, .model = eval->model, .spec = logs->spec,
                            .needs = logs->evidence, .lookup = eval->lookup,
                            .context = eval->context, .steps_left = eval->steps_left};
    Value instead = prepare(store, number, eval, &input);
    if (instead.type != VALUE_NULL)
        return instead;
    Value result = log_groups(&input);
    CLEANUP(model_leave) Model *held = model_hold(eval->model);
    entry->result = result.type == VALUE_LIST ? result.list : NULL;
    return result;
}

static Value
eval(const Source *source, const SourceEval *eval)
{
    LogStore *store = model_slot(eval->model, SLOT);
    for (size_t i = 0; store && i < store->entries.count; i++)
        if (store->entries.items[i].source == source->data)
            return eval_entry(store, i, eval);
    return value_error(eval->arena, "logs were not demanded before the bundle was read");
}

static void
subject(const Source *source, Value element, size_t index, Buf *out)
{
    static const char *const FIELDS[] = {"namespace", "pod", "container", NULL};
    (void)source;
    (void)index;
    subject_of_fields(element, FIELDS, out);
}

static Str
shape(const Source *source, Arena *arena)
{
    (void)source;
    (void)arena;
    return STR("[{count: int, samples: [{line: int, ...}], ...}]");
}

static const SourceKey CONTEXT_KEYS[] = {
    {.name = "before", .type = SOURCE_COUNT, .most = LOG_CONTEXT_LINES},
    {.name = "after", .type = SOURCE_COUNT, .most = LOG_CONTEXT_LINES},
    {0},
};

static const SourceKey NEAR_KEYS[] = {
    {.name = "of", .type = SOURCE_TEXT, .required = true},
    {.name = "within", .type = SOURCE_DURATION, .required = true},
    {0},
};

static const SourceKey KEYS[] = {
    {.name = "component", .type = SOURCE_WORDS, .glob = true, .words = component_words},
    {.name = "namespace", .type = SOURCE_WORDS},
    {.name = "labels", .type = SOURCE_LABELS},
    {.name = "container", .type = SOURCE_WORDS},
    {.name = "previous", .type = SOURCE_WORDS, .words = previous_words},
    {.name = "match", .type = SOURCE_WORDS, .required = true},
    {.name = "not", .type = SOURCE_WORDS},
    {.name = "where", .type = SOURCE_TEXT},
    {.name = "group_by", .type = SOURCE_NAMES},
    {.name = "window", .type = SOURCE_DURATION},
    {.name = "min", .type = SOURCE_COUNT, .least = 1},
    {.name = "context", .type = SOURCE_PARTS, .parts = CONTEXT_KEYS},
    {.name = "samples", .type = SOURCE_COUNT, .least = 1, .most = LIMIT_SAMPLE_COUNT},
    {.name = "near", .type = SOURCE_PARTS, .parts = NEAR_KEYS},
    {0},
};

const SourceType SOURCE_TYPE_logs = {
    .doc = {"logs", "groups of log records that match patterns", KEYS},
    .compile = compile,
    .needs = needs,
    .demand = demand,
    .eval = eval,
    .subject = subject,
    .shape = shape,
    .it = "{line: int, ...}",
};
