/* SPDX-License-Identifier: Apache-2.0 */
/* cel_lib_meshcase.c -- what rules about meshes need: ports, environments, clocks, proxies. */
#include <math.h>
#include <string.h>

#include "analyzer/model/version.h"
#include "analyzer/query/cel_libraries.h"
#include "analyzer/query/semver.h"
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

/* The container of a name in a Pod, or in the Pod template of a workload; *ret_gap where a
 * list that might hold it is unknown. */
static bool
find_container(Value pod, Str name, Value *ret, const Gap **ret_gap)
{
    static const char *const LISTS[] = {"containers", "initContainers"};
    Value spec;
    Value template;
    *ret_gap = NULL;
    if (!field(pod, "spec", VALUE_MAP, &spec))
        return false;
    if (field(spec, "template", VALUE_MAP, &template) && !field(template, "spec", VALUE_MAP, &spec))
        return false;
    for (size_t l = 0; l < sizeof LISTS / sizeof *LISTS; l++) {
        Value list;
        if (!value_field(spec, str_of(LISTS[l]), &list))
            continue;
        *ret_gap = *ret_gap ? *ret_gap : value_gap(list);
        for (size_t i = 0; list.type == VALUE_LIST && i < value_count(list); i++) {
            Value own;
            *ret = value_item(list, i);
            if (field(*ret, "name", VALUE_STRING, &own) && str_eq(own.string, name))
                return true;
        }
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

/* Sets a variable; of the same name the later wins, of names that differ in case the one in
 * upper case, as Go's proxy settings do. */
static bool
set_variable(CelRun *run, CelValues *names, CelValues *values, Str name, Value value)
{
    for (size_t i = 0; i < names->count; i++) {
        Str known = names->items[i].string;
        if (!str_eq_nocase(known, name))
            continue;
        if (str_eq(known, name) || has_upper(name) || !has_upper(known)) {
            names->items[i] = value_string(name);
            values->items[i] = value;
        }
        return true;
    }
    return cel_push(run, names, value_string(name)) && cel_push(run, values, value);
}

/* Where variables come from that the Pod does not list. */
static const Gap *
env_gap(CelRun *run, Value container)
{
    Value from;
    if (!value_field(container, STR("envFrom"), &from) || value_count(from) == 0)
        return NULL;
    return gap_new(run->arena, "variables of envFrom",
                   STR("the Pod does not hold variables that envFrom names"), STR("envFrom"),
                   STR(""), NULL);
}

static Value
env(CelRun *run, const Value *args, size_t count)
{
    CelValues names = {0};
    CelValues values = {0};
    const Gap *gap = NULL;
    Value container;
    Value list;
    (void)count;
    if (!find_container(args[0], args[1].string, &container, &gap))
        return no_container(run, args[1].string, gap);
    bool listed = field(container, "env", VALUE_LIST, &list);
    for (size_t i = 0; listed && i < value_count(list); i++) {
        Value variable = value_item(list, i);
        Value name;
        if (!cel_work(run, 1 + names.count / 10))
            return cel_stopped(run);
        if (field(variable, "name", VALUE_STRING, &name) &&
            !set_variable(run, &names, &values, name.string,
                          variable_value(run, variable, name.string)))
            return cel_stopped(run);
    }
    ValueEntry *entries = CEL_ARRAY(run, ValueEntry, names.count);
    for (size_t i = 0; entries && i < names.count; i++) {
        entries[i].key = value_string(lower(run, names.items[i].string));
        entries[i].value = values.items[i];
    }
    if (run->limit)
        return cel_stopped(run);
    Value map = value_map(run->arena, entries, names.count, env_gap(run, container));
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
    if (!find_container(args[0], args[1].string, &container, &gap))
        return no_container(run, args[1].string, gap);
    if (!value_field(container, STR("image"), &name))
        return cel_error(run, "the container has no image");
    return name;
}

/* A minor version of Istio's version 1, and all before it. */
enum { ALWAYS = -1, SNIFFING = 3 };

/* Prefixes of port names that Istio knows, the version 1.N that learnt them, and what they
 * mean. */
static const struct {
    const char *prefix;
    int since;
    const char *protocol;
} PROTOCOLS[] = {
    {"tcp", ALWAYS, "TCP"},     {"http", ALWAYS, "HTTP"}, {"http2", ALWAYS, "HTTP2"},
    {"https", ALWAYS, "HTTPS"}, {"grpc", ALWAYS, "GRPC"}, {"mongo", ALWAYS, "MONGO"},
    {"redis", ALWAYS, "REDIS"}, {"tls", 0, "TLS"},        {"grpc-web", 1, "GRPC-WEB"},
    {"mysql", 1, "MYSQL"},
};

static bool
is_since(int since, const uint64_t version[2])
{
    return since == ALWAYS || version[0] > 1 ||
           (version[0] == 1 && version[1] >= (uint64_t)since);
}

/* What Istio takes a port for whose name says nothing: from 1.3 on it looks at the bytes. */
static const char *
unnamed_protocol(const uint64_t version[2])
{
    return is_since(SNIFFING, version) ? "AUTO" : "TCP";
}

static const char *
protocol_of(Str name, const uint64_t version[2])
{
    size_t dash = 0;
    Str prefix = str_find_char(name, '-', &dash) ? str_head(name, dash) : name;
    if (name.n >= 8 && str_eq_nocase(str_head(name, 8), STR("grpc-web")) &&
        (name.n == 8 || name.p[8] == '-') && is_since(1, version))
        prefix = str_head(name, 8);
    for (size_t i = 0; i < sizeof PROTOCOLS / sizeof *PROTOCOLS; i++) {
        if (str_eq_nocase(prefix, str_of(PROTOCOLS[i].prefix)) &&
            is_since(PROTOCOLS[i].since, version))
            return PROTOCOLS[i].protocol;
    }
    return unnamed_protocol(version);
}

/* Major and minor of a version as text or as a value. */
static bool
read_version(Value v, uint64_t ret[2])
{
    Version parsed_version;
    if (v.type == VALUE_OPAQUE) {
        memcpy(ret, ((const Semver *)v.opaque.data)->numbers, 2 * sizeof *ret);
        return true;
    }
    if (!version_parse(v.string, &parsed_version))
        return false;
    ret[0] = parsed_version.numbers[0];
    ret[1] = parsed_version.numbers[1];
    return true;
}

/* The protocol that Pilot takes a Service's port for; the version is 0.8 where it is left
 * out. */
static Value
port_protocol(CelRun *run, const Value *args, size_t count)
{
    uint64_t version[2] = {0, 8};
    Value transport;
    Value name;
    if (count > 1 && !read_version(args[1], version))
        return cel_error(run, "no version: '" STR_FMT "'", STR_ARG(str_head(args[1].string, 64)));
    if (field(args[0], "protocol", VALUE_STRING, &transport) && !str_is(transport.string, "TCP"))
        return value_string(str_is(transport.string, "UDP") ? STR("UDP") : STR("TCP"));
    if (!value_field(args[0], STR("name"), &name))
        return value_string(str_of(unnamed_protocol(version)));
    if (name.type != VALUE_STRING)
        return value_is_absorbing(name) ? name : value_string(str_of(unnamed_protocol(version)));
    return value_string(str_of(protocol_of(name.string, version)));
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
     "a container's variables by their names in lower case; unknown for valueFrom, envFrom and "
     "redacted values"},
    {"k8s.image", 0, "ms", image, LIB, "k8s.image(pod, container) -> string",
     "a container's image as the Pod names it"},
    {"istio.portProtocol", 0, "m", port_protocol, LIB,
     "istio.portProtocol(port [, version]) -> string",
     "what Istio (0.8) takes a Service's port for: TCP, HTTP, HTTP2, GRPC, HTTPS, MONGO, REDIS, "
     "UDP; later versions also TLS, GRPC-WEB, MYSQL, and AUTO where the name says nothing"},
    {"istio.portProtocol", 0, "ms", port_protocol, LIB,
     "istio.portProtocol(port, string) -> string", "the same for a version of Istio"},
    {"istio.portProtocol", 0, "mV", port_protocol, LIB,
     "istio.portProtocol(port, semver) -> string", "the same for a version of Istio"},
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
