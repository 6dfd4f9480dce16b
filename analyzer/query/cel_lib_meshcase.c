/* SPDX-License-Identifier: Apache-2.0 */
/* cel_lib_meshcase.c -- what rules about meshes need: environments, clocks, series. */
#include <math.h>
#include <string.h>

#include "analyzer/query/cel_libraries.h"
#include "analyzer/text/json.h"
#include "base/map.h"
#include "base/yaml.h"

static Value
is_known(CelRun *run, const Value *args, size_t count)
{
    (void)run;
    (void)count;
    if (args[0].type == VALUE_ERROR)
        return args[0];
    return value_bool(value_gap(args[0]) == NULL);
}

static Value
parsed(CelRun *run, Status status, const Node *node, const char *what, const Err *err)
{
    if (status == ST_NOMEM)
        return value_nomem();
    if (status != ST_OK)
        return cel_error(run, "no %s: line %u: %s", what, err->line, err->text);
    return value_of_node(node, NULL);
}

static Value
json_of(CelRun *run, const Value *args, size_t count)
{
    const Node *node = NULL;
    Err err = {0};
    (void)count;
    if (!cel_traverse(run, args[0].string.n))
        return cel_stopped(run);
    Status status = json_parse(run->arena, args[0].string, NULL, &node, &err);
    return parsed(run, status, node, "JSON", &err);
}

static Value
yaml_of(CelRun *run, const Value *args, size_t count)
{
    const Node *node = NULL;
    Err err = {0};
    (void)count;
    if (!cel_traverse(run, args[0].string.n))
        return cel_stopped(run);
    Status status = yaml_parse_one(run->arena, args[0].string, NULL, &node, &err);
    return parsed(run, status, node, "YAML", &err);
}

/* The field of a map where it is of the type; false otherwise. */
static bool
field(Value map, const char *name, ValueType type, Value *ret)
{
    return value_field(map, str_of(name), ret) && ret->type == type;
}

/* Adds why a value is not known, or not whole, to what is missing. */
static void
note_gap(CelRun *run, Value v, const Gap **gap)
{
    if (value_gap(v))
        *gap = *gap ? gap_join(run->arena, *gap, value_gap(v)) : value_gap(v);
}

/* The container of a name in one of the lists of a Pod's spec. */
static bool
find_in_list(CelRun *run, Value list, Str name, Value *ret, const Gap **gap)
{
    note_gap(run, list, gap);
    for (size_t i = 0; list.type == VALUE_LIST && i < value_count(list); i++) {
        Value own;
        *ret = value_item(list, i);
        note_gap(run, *ret, gap);
        if (!value_field(*ret, STR("name"), &own))
            continue;
        note_gap(run, own, gap);
        if (own.type == VALUE_STRING && str_eq(own.string, name))
            return true;
    }
    return false;
}

/* The container of a name in a Pod, or in the Pod template of a workload; *ret_gap where what
 * might hold it is not known. */
static bool
find_container(CelRun *run, Value pod, Str name, Value *ret, const Gap **ret_gap)
{
    static const char *const LISTS[] = {"containers", "initContainers"};
    static const char *const TO_SPEC[] = {"spec", "template", "spec"};
    Value spec = pod;
    Value next;
    *ret_gap = NULL;
    for (size_t i = 0; i < sizeof TO_SPEC / sizeof *TO_SPEC; i++) {
        bool found = value_field(spec, str_of(TO_SPEC[i]), &next);
        if (!found && i == 1)
            break;              /* a Pod */
        if (found)
            note_gap(run, next, ret_gap);
        if (!found || next.type != VALUE_MAP)
            return false;
        spec = next;
    }
    for (size_t l = 0; l < sizeof LISTS / sizeof *LISTS; l++) {
        if (value_field(spec, str_of(LISTS[l]), &next) &&
            find_in_list(run, next, name, ret, ret_gap))
            return true;
    }
    return false;
}

static Value
no_container(CelRun *run, Str name, const Gap *gap)
{
    if (gap)
        return value_unknown(gap);
    return cel_error(run, "the Pod has no container '" STR_FMT "'", STR_ARG(str_head(name, 64)));
}

/* What a variable is set to; unknown where the Pod does not say. */
static Value
variable_value(CelRun *run, Value variable, Str name)
{
    Value value;
    if (value_field(variable, STR("value"), &value))
        return value;
    if (!value_field(variable, STR("valueFrom"), &value))
        return value_string(STR(""));
    char *evidence = arena_printf(run->arena, "variable " STR_FMT, STR_ARG(name));
    if (!evidence)
        return value_nomem();
    return value_missing(run->arena, evidence, STR("its value is not in the Pod: valueFrom"),
                         STR("valueFrom"), STR(""));
}

static bool
has_upper(Str name)
{
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] >= 'A' && name.p[i] <= 'Z')
            return true;
    }
    return false;
}

static Str
lower(CelRun *run, Str name)
{
    char *text = cel_alloc(run, name.n + 1);
    if (!text)
        return (Str){NULL, 0};
    for (size_t i = 0; i < name.n; i++)
        text[i] = (char)(name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] | 32 : name.p[i]);
    text[name.n] = '\0';
    return (Str){text, name.n};
}

/* The variables of a container by name; each entry's place is found through at. */
typedef struct {
    ValueEntry *entries;
    size_t count;
    Map at;
} Variables;

/* Sets a name, over what it was. */
static bool
set_name(Variables *variables, Str name, Value value)
{
    void *found = map_get(&variables->at, name);
    size_t at = found ? (size_t)(uintptr_t)found - 1 : variables->count;
    variables->entries[at] = (ValueEntry){value_string(name), value};
    if (found)
        return true;
    variables->count++;
    return map_put(&variables->at, name, (void *)(uintptr_t)(at + 1));
}

/* A variable answers to its name as it is written and in lower case.  Of those that differ in
 * case alone the lower case gives one that is not, as Go's proxy settings do. */
static bool
set_aliases(CelRun *run, Variables *variables)
{
    size_t written = variables->count;
    for (size_t i = 0; i < written; i++) {
        Str name = variables->entries[i].key.string;
        if (!has_upper(name))
            continue;
        Str small = lower(run, name);
        if (!small.p || !set_name(variables, small, variables->entries[i].value))
            return false;
    }
    return true;
}

/* Notes that there are variables which the Pod does not list. */
static void
note_env_from(CelRun *run, Value container, const Gap **gap)
{
    Value from;
    if (!value_field(container, STR("envFrom"), &from))
        return;
    note_gap(run, from, gap);
    if (from.type != VALUE_LIST || value_count(from) == 0)
        return;
    const Gap *unlisted = gap_new(run->arena, "variables of envFrom",
                                  STR("the Pod does not hold variables that envFrom names"),
                                  STR("envFrom"), STR(""), NULL);
    *gap = *gap && unlisted ? gap_join(run->arena, *gap, unlisted) : unlisted;
}

/* Sets one element of a container's env; what has no name that is known is a gap. */
static bool
set_variable(CelRun *run, Variables *variables, Value variable, const Gap **gap)
{
    Value name;
    note_gap(run, variable, gap);
    if (!value_field(variable, STR("name"), &name))
        return true;
    note_gap(run, name, gap);
    return name.type != VALUE_STRING ||
           set_name(variables, name.string, variable_value(run, variable, name.string));
}

static Value
env(CelRun *run, const Value *args, size_t count)
{
    const Gap *gap = NULL;
    Value container;
    Value list;
    (void)count;
    if (!find_container(run, args[0], args[1].string, &container, &gap))
        return no_container(run, args[1].string, gap);
    gap = NULL;
    if (!value_field(container, STR("env"), &list))
        list = value_null();
    if (list.type == VALUE_UNKNOWN)
        return list;
    note_gap(run, list, &gap);
    size_t listed = list.type == VALUE_LIST ? value_count(list) : 0;
    Variables variables = {.entries = CEL_ARRAY(run, ValueEntry, 2 * listed)};
    map_init(&variables.at, run->arena);
    for (size_t i = 0; variables.entries && i < listed; i++) {
        if (!cel_work(run, 2))
            return cel_stopped(run);
        if (!set_variable(run, &variables, value_item(list, i), &gap))
            return value_nomem();
    }
    if (variables.entries && !set_aliases(run, &variables))
        return run->limit ? cel_stopped(run) : value_nomem();
    if (run->limit)
        return cel_stopped(run);
    note_env_from(run, container, &gap);
    Value map = value_map(run->arena, variables.entries, variables.count, gap);
    map.origin = map.type == VALUE_MAP ? container.origin : NULL;
    return map;
}

static Value
image(CelRun *run, const Value *args, size_t count)
{
    const Gap *gap = NULL;
    Value container;
    Value name;
    (void)count;
    if (!find_container(run, args[0], args[1].string, &container, &gap))
        return no_container(run, args[1].string, gap);
    if (!value_field(container, STR("image"), &name))
        return cel_error(run, "the container has no image");
    return name;
}

/* A number of a clock record. */
static Value
clock_number(CelRun *run, Value clock, const char *name)
{
    Value v;
    if (!value_field(clock, str_of(name), &v))
        return cel_error(run, "the clock has no %s", name);
    if (v.type == VALUE_INT)
        return value_double((double)v.integer);
    if (v.type == VALUE_DOUBLE || value_is_absorbing(v))
        return v;
    return cel_error(run, "%s of the clock is no number", name);
}

/* Offset and error of a clock; false (and *ret_bad filled) where it has none. */
static bool
read_clock(CelRun *run, Value clock, double *ret_offset, double *ret_error, Value *ret_bad)
{
    Value offset = clock_number(run, clock, "offset_s");
    Value error = clock_number(run, clock, "error_s");
    *ret_bad = value_is_absorbing(offset) ? offset : error;
    if (value_is_absorbing(*ret_bad))
        return false;
    *ret_offset = offset.number;
    *ret_error = fabs(error.number);
    return true;
}

static Value
lower_bound(CelRun *run, const Value *args, size_t count)
{
    double offset = 0;
    double error = 0;
    Value bad;
    (void)count;
    if (!read_clock(run, args[0], &offset, &error, &bad))
        return bad;
    return value_double(fmax(0, fabs(offset) - error));
}

static Value
apart(CelRun *run, const Value *args, size_t count)
{
    double offsets[2] = {0};
    double errors[2] = {0};
    Value bad;
    (void)count;
    for (size_t i = 0; i < 2; i++) {
        if (!read_clock(run, args[i], &offsets[i], &errors[i], &bad))
            return bad;
    }
    return value_double(fmax(0, fabs(offsets[0] - offsets[1]) - errors[0] - errors[1]));
}

/* The labels of a series but one, so that series which differ in that one alone have the same
 * key; false where there are no such labels, or that one is no whole number. */
static bool
series_key(Value element, Str label, Buf *key, int64_t *ret_number)
{
    Value labels;
    Value text;
    buf_clear(key);
    if (!field(element, "labels", VALUE_MAP, &labels) || !value_field(labels, label, &text) ||
        text.type != VALUE_STRING || !str_to_i64(text.string, ret_number))
        return false;
    for (size_t i = 0; i < value_count(labels); i++) {
        Value name;
        Value value;
        value_entry(labels, i, &name, &value);
        if (name.type != VALUE_STRING || value.type != VALUE_STRING || str_eq(name.string, label))
            continue;
        buf_printf(key, "%zu:" STR_FMT "%zu:" STR_FMT, name.string.n, STR_ARG(name.string),
                   value.string.n, STR_ARG(value.string));
    }
    return key->failed == ST_OK;
}

/* Of series that differ in one numbered label alone, those with the highest number.  Series
 * of one target are all there or none is, so what is missing of a list changes nothing in
 * the rest: an incomplete list stays one. */
static Value
newest(CelRun *run, const Value *args, size_t count)
{
    size_t n = value_count(args[0]);
    int64_t *numbers = CEL_ARRAY(run, int64_t, n);
    Value *kept = CEL_ARRAY(run, Value, n);
    size_t kept_count = 0;
    CLEANUP(buf_done) Buf key = CEL_BUF();
    Map best;
    (void)count;
    map_init(&best, run->arena);
    if (!numbers || !kept || !cel_traverse(run, n))
        return cel_stopped(run);
    for (size_t i = 0; i < n; i++) {
        Value element = value_item(args[0], i);
        int64_t number;
        if (!series_key(element, args[1].string, &key, &number))
            return cel_error(run, "metric.newest: element %zu has no whole number in the label '"
                             STR_FMT "'", i, STR_ARG(str_head(args[1].string, 64)));
        void *found = map_get(&best, buf_str(&key));
        size_t at = found ? (size_t)(uintptr_t)found - 1 : kept_count;
        if (found && numbers[at] >= number)
            continue;
        Str own = found ? (Str){0} : arena_str(run->arena, buf_str(&key));
        if (!found && (!own.p || !map_put(&best, own, (void *)(uintptr_t)(at + 1))))
            return value_nomem();
        numbers[at] = number;
        kept[at] = element;
        kept_count += !found;
    }
    return value_list(run->arena, kept, kept_count,
                      value_is_incomplete(args[0]) ? args[0].list->gap : NULL);
}

#define LIB "meshcase"
static const CelFunction ROWS[] = {
    {"isKnown", CEL_TAKES_UNKNOWN, ".", is_known, LIB, "isKnown(any) -> bool",
     "whether a value was collected, and whole; the only function that answers for what was not"},
    {"json", 0, "s", json_of, LIB, "json(string) -> any", "the value of a JSON text"},
    {"yaml", 0, "s", yaml_of, LIB, "yaml(string) -> any", "the value of a YAML text"},
    {"k8s.env", 0, "ms", env, LIB, "k8s.env(pod, container) -> map",
     "a container's variables, each by its name as written and in lower case; unknown for "
     "valueFrom, envFrom and redacted values"},
    {"k8s.image", 0, "ms", image, LIB, "k8s.image(pod, container) -> string",
     "a container's image as the Pod names it"},
    {"metric.newest", CEL_TAKES_INCOMPLETE, "ls", newest, LIB,
     "metric.newest(list, label) -> list",
     "of series that differ in one numbered label alone, such as configID, those with the highest "
     "number"},
    {"clock.lowerBound", 0, "m", lower_bound, LIB, "clock.lowerBound(clock) -> double",
     "seconds that a clock is off at the least: |offset_s| - error_s, not below 0"},
    {"clock.apart", 0, "mm", apart, LIB, "clock.apart(clock, clock) -> double",
     "seconds that two clocks differ at the least, not below 0"},
};
const CelLibrary CEL_LIBRARY_meshcase = CEL_LIBRARY(ROWS);
