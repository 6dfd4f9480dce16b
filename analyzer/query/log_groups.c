/* SPDX-License-Identifier: Apache-2.0 */
/* log_groups.c -- from the hits of the selected logs to the value of a `logs` source. */
#include "analyzer/query/log_groups.h"

#include "base/limits.h"
#include "base/map.h"
#include "base/timestamp.h"

#include <stdlib.h>
#include <string.h>

/* A hit with where it stands. */
typedef struct {
    const LogInput *log;
    const LogTuple *tuple;
    const LogHit *hit;           /* NULL: of a tuple of which no hit was kept */
    size_t log_index;
} Place;

typedef struct {
    Place first;                 /* its earliest hit by log and line */
    uint64_t count;
    bool has_time;
    int64_t first_ns;
    int64_t last_ns;
    VEC(Place) places;           /* kept hits */
    VEC(Place) tuples;           /* one a log, for values, in order of logs */
    bool untimed;                /* hits without a time, which no window counts */
} Group;

typedef struct {
    const LogGroupsInput *in;
    Arena *arena;
    Buf key;
    Map index;                   /* key -> Group */
    VEC(Group *) groups;
    const Gap *gap;
    Value failed;                /* an error of where, else VALUE_NULL */
    int64_t *near_times;         /* sorted, in the collector's time */
    size_t near_count;
    const Place *place;          /* the hit that `it` stands for */
    bool nomem;
} Grouper;

static void
add_gap(Grouper *g, Str reason, const char *class_name)
{
    const Gap *gap = gap_new(g->arena, g->in->needs, reason, str_of(class_name), STR(""), NULL);
    const Gap *joined = gap_join(g->arena, g->gap, gap);
    if (!joined)
        g->nomem = true;
    g->gap = joined;
}

static Value
time_value(bool has_time, int64_t ns)
{
    if (!has_time)
        return value_null();
    int64_t seconds = ns / NS_PER_S;
    int64_t rest = ns % NS_PER_S;
    if (rest < 0) {
        rest += NS_PER_S;
        seconds--;
    }
    return (Value){.type = VALUE_TIMESTAMP, .time = {seconds, (int32_t)rest}};
}

/* From the line that matched to the end of the record. */
static Str
matched_part(const LogHit *hit)
{
    Str text = hit->text;
    for (uint32_t line = hit->line; line < hit->match_line; line++) {
        size_t at;
        if (!str_find_char(text, '\n', &at))
            break;
        text = str_from(text, at + 1);
    }
    return text;
}

/* What `it` and a sample are. */
static Value
sample_value(Grouper *g, const Place *place)
{
    const LogSpec *spec = g->in->spec;
    const LogHit *hit = place->hit;
    Origin *origin = ARENA_NEW(g->arena, Origin);
    ValueField *fields = ARENA_ARRAY(g->arena, ValueField, 9 + spec->capture_count);
    if (!origin || !fields)
        return value_nomem();
    *origin = (Origin){.member = place->log->member, .line = hit->match_line,
                       .excerpt = matched_part(hit), .mark_bytes = hit->mark_bytes,
                       .time_ns = hit->has_time ? hit->time_ns : 0,
                       .mark = hit->mark};
    origin->mark_at = hit->mark_at - (hit->text.n - origin->excerpt.n);
    size_t n = 0;
    fields[n++] = (ValueField){"line", value_int(hit->line)};
    fields[n++] = (ValueField){"time", time_value(hit->has_time, hit->time_ns)};
    fields[n++] = (ValueField){"text", value_string(hit->text)};
    fields[n++] = (ValueField){"member", value_string(place->log->member)};
    fields[n++] = (ValueField){"namespace", value_string(place->log->ns)};
    fields[n++] = (ValueField){"pod", value_string(place->log->pod)};
    fields[n++] = (ValueField){"container", value_string(place->log->container)};
    if (spec->before)
        fields[n++] = (ValueField){
            "before", value_strings(g->arena, hit->before, hit->before_count)};
    if (spec->after)
        fields[n++] = (ValueField){"after", value_strings(g->arena, hit->after, hit->after_count)};
    for (size_t i = 0; i < spec->capture_count; i++) {
        const char *name = arena_cstr(g->arena, spec->captures[i]);
        if (!name)
            return value_nomem();
        fields[n++] = (ValueField){name, value_string(hit->captures[i])};
    }
    return value_record(g->arena, fields, n, origin);
}

static Value
lookup_it(void *context, Str name, bool *ret_found)
{
    Grouper *g = context;
    if (str_is(name, "it")) {
        *ret_found = true;
        return sample_value(g, g->place);
    }
    if (!g->in->lookup) {
        *ret_found = false;
        return value_null();
    }
    return g->in->lookup(g->in->context, name, ret_found);
}

/* Whether where holds for the hit; an unknown answer makes the result incomplete. */
static bool
passes_where(Grouper *g, const CelProgram *where, const Place *place)
{
    if (!where)
        return true;
    g->place = place;
    CelEval eval = {.arena = g->arena, .lookup = lookup_it, .context = g,
                    .steps_left = g->in->steps_left};
    Value value = cel_eval(where, &eval);
    if (value.type == VALUE_BOOL)
        return value.boolean;
    if (value.type == VALUE_UNKNOWN) {
        const Gap *joined = gap_join(g->arena, g->gap, value.gap);
        g->nomem |= !joined;
        g->gap = joined;
    } else if (g->failed.type == VALUE_NULL) {
        g->failed = value.type == VALUE_ERROR
                        ? value
                        : value_error(g->arena, "'where' gave a %s, not a bool",
                                      value_type_name(value));
    }
    return false;
}

static int
compare_times(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The times of the other source's hits, sorted. */
static void
collect_near(Grouper *g)
{
    const LogGroupsInput *in = g->in;
    VEC(int64_t) times = {0};
    const Gap *joined = gap_join(g->arena, g->gap, in->near->gap);
    g->nomem |= in->near->gap && !joined;
    g->gap = joined;
    for (size_t i = 0; i < in->near->read.count; i++) {
        const LogInput *log = &in->near->items[in->near->read.items[i]];
        const LogHits *hits = log->hits[in->near_number];
        for (size_t t = 0; hits && t < hits->tuples.count; t++) {
            const LogTuple *tuple = &hits->tuples.items[t];
            for (size_t k = 0; k < tuple->kept.count; k++) {
                const LogHit *hit = &tuple->kept.items[k];
                int64_t *slot = hit->has_time ? VEC_PUSH(g->arena, &times) : NULL;
                if (slot)
                    *slot = hit->time_ns - log->offset_ns;
                else if (hit->has_time)
                    g->nomem = true;
            }
        }
    }
    if (times.count)
        qsort(times.items, times.count, sizeof *times.items, compare_times);
    g->near_times = times.items;
    g->near_count = times.count;
}

static bool
passes_near(const Grouper *g, const Place *place)
{
    const LogSpec *spec = g->in->spec;
    if (spec->near_of.n == 0)
        return true;
    if (!place->hit->has_time)
        return false;
    int64_t earliest = place->hit->time_ns - place->log->offset_ns - spec->near_ns;
    size_t low = 0;
    size_t high = g->near_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (g->near_times[middle] < earliest)
            low = middle + 1;
        else
            high = middle;
    }
    return low < g->near_count && g->near_times[low] <= earliest + 2 * spec->near_ns;
}

/* The part of the key that a name of group_by stands for. */
static Str
key_part(const LogSpec *spec, Str name, const LogInput *log, const LogTuple *tuple)
{
    if (str_is(name, "namespace"))
        return log->ns;
    if (str_is(name, "pod"))
        return log->pod;
    if (str_is(name, "container"))
        return log->container;
    for (size_t i = 0; i < spec->capture_count; i++)
        if (str_eq(spec->captures[i], name))
            return tuple->captures[i];
    return STR("");
}

static Group *
find_group(Grouper *g, const Place *place)
{
    const LogSpec *spec = g->in->spec;
    buf_clear(&g->key);
    for (size_t i = 0; i < spec->group_by_count; i++) {
        Str part = key_part(spec, spec->group_by[i], place->log, place->tuple);
        buf_add(&g->key, &part.n, sizeof part.n);
        buf_add_str(&g->key, part);
    }
    if (g->key.failed != ST_OK) {
        g->nomem = true;
        return NULL;
    }
    Group *group = map_get(&g->index, buf_str(&g->key));
    if (group)
        return group;
    Str key = arena_str(g->arena, buf_str(&g->key));
    group = ARENA_NEW(g->arena, Group);
    Group **slot = group && key.p ? VEC_PUSH(g->arena, &g->groups) : NULL;
    if (!slot || !map_put(&g->index, key, group)) {
        g->nomem = true;
        return NULL;
    }
    group->first = *place;
    *slot = group;
    return group;
}

static void
add_time(Group *group, bool has_time, int64_t first_ns, int64_t last_ns)
{
    if (!has_time)
        return;
    if (!group->has_time || first_ns < group->first_ns)
        group->first_ns = first_ns;
    if (!group->has_time || last_ns > group->last_ns)
        group->last_ns = last_ns;
    group->has_time = true;
}

static void
push_place(Grouper *g, Group *group, const Place *place)
{
    Place *slot = VEC_PUSH(g->arena, &group->places);
    if (slot)
        *slot = *place;
    else
        g->nomem = true;
}

/* A tuple whose hits were counted, not kept: everything of it belongs to one group. */
static void
add_counted(Grouper *g, Place place)
{
    const LogTuple *tuple = place.tuple;
    if (tuple->kept.count)
        place.hit = &tuple->kept.items[0];
    Group *group = find_group(g, &place);
    if (!group)
        return;
    Place *slot = VEC_PUSH(g->arena, &group->tuples);
    if (slot)
        *slot = place;
    else
        g->nomem = true;
    group->count += tuple->count;
    add_time(group, tuple->has_time, tuple->first_ns, tuple->last_ns);
    for (size_t k = 0; k < tuple->kept.count; k++) {
        place.hit = &tuple->kept.items[k];
        push_place(g, group, &place);
    }
}

/* A tuple whose hits are judged one by one. */
static void
add_judged(Grouper *g, Place place)
{
    for (size_t k = 0; k < place.tuple->kept.count; k++) {
        place.hit = &place.tuple->kept.items[k];
        if (!passes_where(g, g->in->spec->where, &place) || !passes_near(g, &place))
            continue;
        Group *group = find_group(g, &place);
        if (!group)
            return;
        group->count++;
        group->untimed |= !place.hit->has_time;
        add_time(group, place.hit->has_time, place.hit->time_ns, place.hit->time_ns);
        push_place(g, group, &place);
    }
}

static void
add_log(Grouper *g, size_t index)
{
    const LogInput *log = &g->in->logs->items[index];
    const LogHits *hits = log->hits[g->in->number];
    if (!hits)
        return;
    if (hits->overflow || hits->gave_up || hits->cut_records) {
        Str reason = arena_strf(
            g->arena, hits->overflow ? "more than %llu lines of " STR_FMT " match"
                      : hits->gave_up ? "a pattern needed more than %llu steps on a line of " STR_FMT
                                      : "lines longer than %llu bytes in " STR_FMT
                                        " were matched on their first part",
            (unsigned long long)(hits->overflow  ? LIMIT_LOG_HIT_COUNT
                                 : hits->gave_up ? LIMIT_REGEX_STEPS
                                                 : LIMIT_LOG_LINE_BYTES),
            STR_ARG(log->member));
        add_gap(g, reason, "limit");
    }
    for (size_t t = 0; t < hits->tuples.count; t++) {
        Place place = {.log = log, .tuple = &hits->tuples.items[t], .log_index = index};
        if (log_spec_keeps_hits(g->in->spec))
            add_judged(g, place);
        else
            add_counted(g, place);
    }
}

static int
compare_places(const void *a, const void *b)
{
    const Place *x = a;
    const Place *y = b;
    if (x->log_index != y->log_index)
        return x->log_index < y->log_index ? -1 : 1;
    uint32_t x_line = x->hit ? x->hit->line : UINT32_MAX;
    uint32_t y_line = y->hit ? y->hit->line : UINT32_MAX;
    return (x_line > y_line) - (x_line < y_line);
}

static int
compare_places_by_time(const void *a, const void *b)
{
    const Place *x = a;
    const Place *y = b;
    if (x->hit->has_time != y->hit->has_time)
        return x->hit->has_time ? -1 : 1;
    if (x->hit->time_ns != y->hit->time_ns)
        return x->hit->time_ns < y->hit->time_ns ? -1 : 1;
    return compare_places(a, b);
}

static int
compare_groups(const void *a, const void *b)
{
    const Group *x = *(Group *const *)a;
    const Group *y = *(Group *const *)b;
    return compare_places(&x->first, &y->first);
}

/* Narrows the group to its fullest window, the earliest on a tie. */
static void
apply_window(Group *group, int64_t window_ns)
{
    Place *places = group->places.items;
    size_t timed = 0;
    qsort(places, group->places.count, sizeof *places, compare_places_by_time);
    while (timed < group->places.count && places[timed].hit->has_time)
        timed++;
    size_t best = 0;
    size_t best_start = 0;
    for (size_t start = 0, end = 0; start < timed; start++) {
        while (end < timed && places[end].hit->time_ns - places[start].hit->time_ns <= window_ns)
            end++;
        if (end - start > best) {
            best = end - start;
            best_start = start;
        }
    }
    group->places.items = places + best_start;
    group->places.count = best;
    group->count = best;
    group->has_time = best > 0;
    if (best) {
        group->first_ns = places[best_start].hit->time_ns;
        group->last_ns = places[best_start + best - 1].hit->time_ns;
    }
}

static bool
add_value(Map *seen, Str value)
{
    return seen->count >= LOG_VALUES_MOST || map_put(seen, value, seen);
}

/* Distinct values of a capture in the order of their hits: of those that were judged one by
 * one, else as each log has them. */
static Value
capture_values(Grouper *g, const Group *group, size_t capture)
{
    Map seen;
    map_init(&seen, g->arena);
    bool good = true;
    bool judged = log_spec_keeps_hits(g->in->spec);
    for (size_t i = 0; judged && i < group->places.count; i++)
        good &= add_value(&seen, group->places.items[i].hit->captures[capture]);
    for (size_t i = 0; !judged && i < group->tuples.count; i++) {
        const Map *values = &group->tuples.items[i].tuple->values[capture];
        for (size_t k = 0; k < values->count; k++)
            good &= add_value(&seen, values->entries[k].key);
    }
    Value *values = ARENA_ARRAY(g->arena, Value, seen.count);
    if (!values || !good)
        return value_nomem();
    for (size_t i = 0; i < seen.count; i++)
        values[i] = value_string(seen.entries[i].key);
    return value_list(g->arena, values, seen.count, NULL);
}

static Value
group_values(Grouper *g, const Group *group)
{
    const LogSpec *spec = g->in->spec;
    ValueField *fields = ARENA_ARRAY(g->arena, ValueField, spec->capture_count);
    if (!fields)
        return value_nomem();
    for (size_t i = 0; i < spec->capture_count; i++) {
        const char *name = arena_cstr(g->arena, spec->captures[i]);
        if (!name)
            return value_nomem();
        fields[i] = (ValueField){name, capture_values(g, group, i)};
    }
    return value_record(g->arena, fields, spec->capture_count, NULL);
}

static Value
group_samples(Grouper *g, const Group *group)
{
    size_t count = group->places.count;
    if (count > g->in->spec->samples)
        count = g->in->spec->samples;
    Value *samples = ARENA_ARRAY(g->arena, Value, count);
    if (!samples)
        return value_nomem();
    for (size_t i = 0; i < count; i++)
        samples[i] = sample_value(g, &group->places.items[i]);
    return value_list(g->arena, samples, count, NULL);
}

/* Whether some hits of the log were left out. */
static bool
is_limited(const LogHits *hits)
{
    return hits && (hits->overflow || hits->gave_up || hits->cut_records);
}

enum { PART_NAMESPACE = 1, PART_POD = 2, PART_CONTAINER = 4 };

/* Which parts of a place make groups different. */
static unsigned
parts_of(const LogSpec *spec)
{
    unsigned parts = 0;
    for (size_t i = 0; i < spec->group_by_count; i++)
        parts |= str_is(spec->group_by[i], "namespace")   ? PART_NAMESPACE
                 : str_is(spec->group_by[i], "pod")       ? PART_POD
                 : str_is(spec->group_by[i], "container") ? PART_CONTAINER
                                                          : 0;
    return parts;
}

/* The place of a log as a key, of those parts alone. */
static void
add_place_key(Buf *key, const LogInput *log, unsigned parts)
{
    const Str names[] = {log->ns, log->pod, log->container};
    buf_clear(key);
    for (unsigned i = 0; i < 3; i++) {
        if (parts & 1U << i)
            buf_add_str(key, names[i]);
        buf_addc(key, '\0');
    }
}

/* Places of logs of which something is missing; NULL when out of memory. */
static const Map *
holes_of(LogInputs *inputs, unsigned parts, Buf *key)
{
    if (inputs->holes[parts])
        return inputs->holes[parts];
    Map *holes = ARENA_NEW(inputs->arena, Map);
    if (!holes)
        return NULL;
    map_init(holes, inputs->arena);
    for (size_t i = 0; i < inputs->count; i++) {
        if (!inputs->items[i].gap)
            continue;
        add_place_key(key, &inputs->items[i], parts);
        if (map_has(holes, buf_str(key)))
            continue;
        Str copy = arena_str(inputs->arena, buf_str(key));
        if (!copy.p || key->failed != ST_OK || !map_put(holes, copy, inputs))
            return NULL;
    }
    inputs->holes[parts] = holes;
    return holes;
}

static const Map *
shared_holes(Grouper *g, unsigned parts)
{
    if (!g->in->model)
        return holes_of(g->in->logs, parts, &g->key);
    CLEANUP(model_leave) Model *held = model_hold(g->in->model);
    return holes_of(g->in->logs, parts, &g->key);
}

/* Whether a log that is not whole could hold more hits of this group. */
static bool
is_at_least(Grouper *g, const Group *group)
{
    LogInputs *inputs = g->in->logs;
    unsigned parts = parts_of(g->in->spec);
    if (inputs->unlisted)
        return true;
    const Map *holes = shared_holes(g, parts);
    if (!holes) {
        g->nomem = true;
        return true;
    }
    add_place_key(&g->key, group->first.log, parts);
    if (map_has(holes, buf_str(&g->key)))
        return true;
    for (size_t i = 0; i < inputs->read.count; i++) {
        const LogInput *log = &inputs->items[inputs->read.items[i]];
        const LogInput *own = group->first.log;
        if (is_limited(log->hits[g->in->number]) &&
            (!(parts & PART_NAMESPACE) || str_eq(log->ns, own->ns)) &&
            (!(parts & PART_POD) || str_eq(log->pod, own->pod)) &&
            (!(parts & PART_CONTAINER) || str_eq(log->container, own->container)))
            return true;
    }
    return false;
}

Status
log_inputs_seal(LogInputs *inputs, Err *err)
{
    inputs->gap = inputs->unlisted;
    for (size_t i = 0; i < inputs->count; i++) {
        const LogInput *log = &inputs->items[i];
        if (log->gap && !(inputs->gap = gap_join(inputs->arena, inputs->gap, log->gap)))
            return err_nomem(err);
        if (!log->hits)
            continue;
        uint32_t *slot = VEC_PUSH(inputs->arena, &inputs->read);
        if (!slot)
            return err_nomem(err);
        *slot = (uint32_t)i;
    }
    return ST_OK;
}

static bool
is_named_before(const LogSpec *spec, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (str_eq(spec->group_by[k], spec->group_by[i]))
            return true;
    return false;
}

/* The captures that made the group are its fields too; places are so anyway.  False when out
 * of memory. */
static bool
add_group_captures(const Grouper *g, const Group *group, ValueField *fields, size_t *n)
{
    const LogSpec *spec = g->in->spec;
    for (size_t i = 0; i < spec->group_by_count; i++)
        for (size_t k = 0; k < spec->capture_count; k++) {
            if (!str_eq(spec->group_by[i], spec->captures[k]) || is_named_before(spec, i))
                continue;
            fields[*n].name = arena_cstr(g->arena, spec->captures[k]);
            fields[*n].value = value_string(group->first.tuple->captures[k]);
            if (!fields[*n].name)
                return false;
            ++*n;
        }
    return true;
}

enum { GROUP_FIELDS = 9 };

static Value
group_value(Grouper *g, const Group *group)
{
    Value samples = group_samples(g, group);
    const Origin *origin = samples.type == VALUE_LIST && value_count(samples)
                               ? value_item(samples, 0).origin
                               : NULL;
    ValueField *fields =
        ARENA_ARRAY(g->arena, ValueField, GROUP_FIELDS + g->in->spec->group_by_count);
    if (!fields)
        return value_nomem();
    const ValueField fixed[GROUP_FIELDS] = {
        {"count", value_int((int64_t)group->count)},
        {"first", time_value(group->has_time, group->first_ns)},
        {"last", time_value(group->has_time, group->last_ns)},
        {"namespace", value_string(group->first.log->ns)},
        {"pod", value_string(group->first.log->pod)},
        {"container", value_string(group->first.log->container)},
        {"samples", samples},
        {"values", group_values(g, group)},
        {"at_least", value_bool(is_at_least(g, group))},
    };
    memcpy(fields, fixed, sizeof fixed);
    size_t n = GROUP_FIELDS;
    if (!add_group_captures(g, group, fields, &n))
        return value_nomem();
    return value_record(g->arena, fields, n, origin);
}

static Value
finish(Grouper *g)
{
    const LogSpec *spec = g->in->spec;
    if (g->groups.count)
        qsort(g->groups.items, g->groups.count, sizeof(Group *), compare_groups);
    Value *values = ARENA_ARRAY(g->arena, Value, g->groups.count);
    if (!values)
        return value_nomem();
    size_t count = 0;
    for (size_t i = 0; i < g->groups.count; i++) {
        Group *group = g->groups.items[i];
        if (spec->window_ns) {
            if (group->untimed)
                add_gap(g, STR("some matching lines have no time, so no window counts them"),
                        "malformed");
            apply_window(group, spec->window_ns);
        } else {
            qsort(group->places.items, group->places.count, sizeof(Place), compare_places);
        }
        if (group->count >= spec->min)
            values[count++] = group_value(g, group);
    }
    return g->nomem ? value_nomem() : value_list(g->arena, values, count, g->gap);
}

/* The log that stands for the whole source where nothing matched: a citation needs one. */
static const Origin *
origin_of_nothing(const LogGroupsInput *in)
{
    for (size_t i = 0; i < in->logs->read.count; i++) {
        const LogInput *log = &in->logs->items[in->logs->read.items[i]];
        const LogHits *hits = log->hits[in->number];
        Origin *origin = hits ? ARENA_NEW(in->arena, Origin) : NULL;
        if (!origin)
            continue;
        origin->member = log->member;
        origin->excerpt = arena_strf(in->arena, "no match in %u lines", hits->lines);
        return origin;
    }
    return NULL;
}

Value
log_groups(const LogGroupsInput *input)
{
    CLEANUP(buf_done) Buf key = BUF_INIT(LIMIT_LOG_LINE_BYTES * 2);
    Grouper g = {.in = input, .arena = input->arena, .key = key, .gap = input->logs->gap,
                 .failed = value_null()};
    map_init(&g.index, g.arena);
    if (input->spec->near_of.n)
        collect_near(&g);
    bool any = false;
    for (size_t i = 0; i < input->logs->read.count; i++) {
        size_t index = input->logs->read.items[i];
        any |= input->logs->items[index].hits[input->number] != NULL;
        add_log(&g, index);
    }
    Value result;
    if (g.failed.type != VALUE_NULL)
        result = g.failed;
    else if (!any && g.gap)
        result = value_unknown(g.gap);
    else
        result = finish(&g);
    key = g.key;
    if (result.type == VALUE_LIST && !result.origin)
        result.origin = origin_of_nothing(input);
    return result;
}
