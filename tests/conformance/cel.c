/* SPDX-License-Identifier: Apache-2.0 */
/* cel.c -- CEL: expressions with their values, from cel-spec, cel-go and Kubernetes. */
#include "analyzer/query/cel.h"
#include "tests/conformance/conformance.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

typedef struct {
    Arena *arena;
    const json_t *bindings;
} Scope;

static Value value_of(Arena *arena, const json_t *item);

static void *
checked(void *memory)
{
    if (!memory) {
        fprintf(stderr, "conformance: out of memory\n");
        exit(EXIT_FAILURE);
    }
    return memory;
}

static const char *
text(const json_t *item, const char *key)
{
    const char *s = json_string_value(json_object_get(item, key));
    return s ? s : "";
}

static Value
bytes_of(Arena *arena, const json_t *item)
{
    Str hex = conformance_str(item, "hex");
    char *bytes = checked(arena_zalloc(arena, hex.n / 2 + 1));
    for (size_t i = 0; i + 1 < hex.n; i += 2) {
        char digits[3] = {hex.p[i], hex.p[i + 1], '\0'};
        bytes[i / 2] = (char)strtoul(digits, NULL, 16);
    }
    return value_bytes((Str){bytes, hex.n / 2});
}

static Value
collection_of(Arena *arena, const json_t *list, bool map)
{
    size_t count = json_array_size(list);
    Value *items = checked(ARENA_ARRAY(arena, Value, count));
    ValueEntry *entries = checked(ARENA_ARRAY(arena, ValueEntry, count));
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(list, i);
        if (map) {
            entries[i].key = value_of(arena, json_array_get(item, 0));
            entries[i].value = value_of(arena, json_array_get(item, 1));
        } else {
            items[i] = value_of(arena, item);
        }
    }
    return map ? value_map(arena, entries, count, NULL) : value_list(arena, items, count, NULL);
}

/* The value of an expression without variables, for types that only functions make. */
static Value
computed(Arena *arena, const char *function, Str argument)
{
    const CelProgram *program = NULL;
    Str expression = arena_strf(arena, "%s('" STR_FMT "')", function, STR_ARG(argument));
    if (cel_compile(arena, expression, NULL, &program, NULL) != ST_OK)
        return value_error(arena, "no %s", function);
    return cel_eval(program, &(CelEval){.arena = arena});
}

static Value
value_of(Arena *arena, const json_t *item)
{
    const char *type = text(item, "t");
    const json_t *v = json_object_get(item, "v");
    if (strcmp(type, "null") == 0)
        return value_null();
    if (strcmp(type, "bool") == 0)
        return value_bool(json_is_true(v));
    if (strcmp(type, "int") == 0)
        return value_int(strtoll(text(item, "v"), NULL, 10));
    if (strcmp(type, "uint") == 0)
        return value_uint(strtoull(text(item, "v"), NULL, 10));
    if (strcmp(type, "double") == 0)
        return value_double(strtod(text(item, "v"), NULL));
    if (strcmp(type, "string") == 0)
        return value_string(conformance_str(item, "v"));
    if (strcmp(type, "bytes") == 0)
        return bytes_of(arena, item);
    if (strcmp(type, "list") == 0 || strcmp(type, "map") == 0)
        return collection_of(arena, v, type[0] == 'm');
    if (strcmp(type, "type") == 0)
        return value_type(text(item, "v"));
    if (strcmp(type, "timestamp") == 0)
        return value_timestamp(strtoll(text(item, "s"), NULL, 10),
                               (int32_t)json_integer_value(json_object_get(item, "n")));
    if (strcmp(type, "duration") == 0)
        return value_duration(strtoll(text(item, "s"), NULL, 10) * 1000000000 +
                              json_integer_value(json_object_get(item, "n")));
    if (strcmp(type, "optional") == 0) {
        Value *inner = v ? checked(ARENA_NEW(arena, Value)) : NULL;
        if (inner)
            *inner = value_of(arena, v);
        return value_optional(inner);
    }
    if (strcmp(type, "error") == 0)
        return value_error(arena, "bound to an error");
    return computed(arena, type, conformance_str(item, "v"));
}

static Value
look_up(void *context, Str name, bool *ret_found)
{
    const Scope *scope = context;
    char *key = checked(arena_cstr(scope->arena, name));
    const json_t *item = json_object_get(scope->bindings, key);
    *ret_found = item != NULL;
    return item ? value_of(scope->arena, item) : value_null();
}

/* Of one type and equal, all the way down; NaN is NaN. */
static bool
is_same(Value a, Value b)
{
    if (a.type != b.type)
        return false;
    if (a.type == VALUE_DOUBLE && isnan(a.number) && isnan(b.number))
        return true;
    if (a.type == VALUE_OPTIONAL && a.inner && b.inner)
        return is_same(*a.inner, *b.inner);
    if (a.type == VALUE_LIST) {
        bool same = value_count(a) == value_count(b);
        for (size_t i = 0; same && i < value_count(a); i++)
            same = is_same(value_item(a, i), value_item(b, i));
        return same;
    }
    if (a.type == VALUE_MAP) {
        bool same = value_count(a) == value_count(b);
        for (size_t i = 0; same && i < value_count(a); i++) {
            Value key;
            Value value;
            Value other;
            value_entry(a, i, &key, &value);
            same = value_find_key(b, key, &other) && is_same(value, other);
        }
        return same;
    }
    Value same = value_equals(a, b);
    return same.type == VALUE_BOOL && same.boolean;
}

/* The value that is meant by an expected text or bytes of cel-spec.  They were written in
 * protobuf's text format and read by a reader that left its escapes \u, \U and \? as they
 * stood; CEL reads the same escapes. */
static Value
meant(Arena *arena, Value expected)
{
    const CelProgram *program = NULL;
    CLEANUP(buf_done) Buf literal = BUF_INIT(1 << 20);
    if (expected.type != VALUE_STRING && expected.type != VALUE_BYTES)
        return expected;
    buf_adds(&literal, expected.type == VALUE_BYTES ? "b\"\"\"" : "\"\"\"");
    for (size_t i = 0; i < expected.string.n; i++) {
        char next = i + 1 < expected.string.n ? expected.string.p[i + 1] : '\0';
        char c = expected.string.p[i];
        bool escape = c == '\\' && (next == 'u' || next == 'U' || next == '?');
        bool plain = c >= ' ' && c != '"' && c != '\\' && c != 127;
        bool utf8 = expected.type == VALUE_STRING && (unsigned char)c >= 0x80;
        if (escape || plain || utf8)
            buf_addc(&literal, c);
        else
            buf_printf(&literal, "\\x%02x", (unsigned char)c);
    }
    buf_adds(&literal, "\"\"\"");
    if (cel_compile(arena, buf_str(&literal), NULL, &program, NULL) != ST_OK)
        return expected;
    return cel_eval(program, &(CelEval){.arena = arena});
}

/* Why a case cannot be told by an evaluator without a type checker or schema; NULL: it can. */
static const char *
skip_reason(const json_t *item)
{
    const json_t *expect = json_object_get(item, "expect");
    const json_t *flags = json_object_get(item, "flags");
    size_t i;
    json_t *flag;
    if (json_is_true(json_object_get(item, "check_only")))
        return "for a type checker only";
    if (strcmp(text(expect, "phase"), "check") == 0)
        return "the error is a type checker's";
    if (!json_object_get(expect, "value") && !json_object_get(expect, "error"))
        return "about the cost, not the value";
    json_array_foreach(flags, i, flag) {
        if (strncmp(json_string_value(flag), "list_type:", 10) == 0)
            return "lists that a schema makes sets or maps";
    }
    if (strcmp(text(item, "file"), "block_ext") == 0)
        return "cel.block, which only optimisers write";
    return NULL;
}

static const char *
tier_of(const char *set, const char *file)
{
    if (strcmp(set, "k8s") != 0)
        return set;
    if (strcmp(file, "validation") == 0)
        return "k8s validation";
    return strcmp(file, "cost") == 0 ? "k8s cost" : "k8s libraries";
}

void
conformance_cel(Conformance *conformance, const char *set, const char *file, const json_t *item)
{
    const char *tier = tier_of(set, file);
    const char *skip = skip_reason(item);
    if (skip) {
        conformance_case(conformance, tier, item, CASE_SKIPPED, "%s", skip);
        return;
    }
    CLEANUP(cleanup_arena) Arena *arena = checked(arena_new(SIZE_MAX));
    Str expression = conformance_str(item, "expr");
    json_auto_t *bindings = json_deep_copy(json_object_get(item, "bindings"));
    Scope scope = {arena, bindings};
    conformance_apply_schema(json_object_get(bindings, "self"), json_object_get(item, "schema"),
                             expression);
    CelOptions options = {
        .container = conformance_str(item, "container"),
        .qualified_names = true,
        .disable_macros = json_is_true(json_object_get(item, "disable_macros")),
        .unchecked = json_is_true(json_object_get(item, "disable_check")),
    };
    const json_t *expect = json_object_get(item, "expect");
    const json_t *wanted = json_object_get(expect, "value");
    const CelProgram *program = NULL;
    Err err = {0};
    if (cel_compile(arena, expression, &options, &program, &err) != ST_OK) {
        conformance_case(conformance, tier, item, wanted ? CASE_FAILED : CASE_PASSED,
                         STR_FMT ": %s", STR_ARG(expression), err.text);
        return;
    }
    Value got = cel_eval(program, &(CelEval){.arena = arena, .lookup = look_up, .context = &scope});
    bool good = got.type == VALUE_ERROR;
    if (wanted) {
        Value expected = value_of(arena, wanted);
        good = is_same(got, expected) ||
               (strcmp(tier, "cel") == 0 && is_same(got, meant(arena, expected)));
    }
    CLEANUP(buf_done) Buf shown = BUF_INIT(1 << 20);
    if (got.type == VALUE_ERROR)
        buf_add_str(&shown, got.error->text);
    else
        value_write_json(got, &shown);
    conformance_case(conformance, tier, item, good ? CASE_PASSED : CASE_FAILED,
                     STR_FMT ": %s " STR_FMT, STR_ARG(expression), value_type_name(got),
                     STR_ARG(buf_str(&shown)));
}
