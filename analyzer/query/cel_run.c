/* SPDX-License-Identifier: Apache-2.0 */
/* cel_run.c -- limits, errors, memory and citations of an evaluation. */
#include "analyzer/query/cel_run.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"

enum {
    TOUCHES_MOST = 512,     /* far more than a finding cites */
    MEMORY_CHECK_TICKS = 64,
};

static Value
error_of(const ValueError *error)
{
    return (Value){.type = VALUE_ERROR, .error = error};
}

Value
cel_stopped(const CelRun *run)
{
    return run->limit ? error_of(run->limit) : value_nomem();
}

/* Ends the evaluation; from here on every value is this error. */
static void
stop(CelRun *run, const char *what, uint64_t most, const char *unit)
{
    if (run->limit)
        return;
    ValueError *error = ARENA_NEW(run->arena, ValueError);
    Str text = arena_strf(run->arena, "limit: %s more than %llu %s", what,
                          (unsigned long long)most, unit);
    run->limit = value_nomem().error;
    if (!error || !text.p)
        return;
    *error = (ValueError){.text = text, .offset = run->place, .limit = true};
    run->limit = error;
}

static bool
check_memory(CelRun *run, size_t more)
{
    size_t used = arena_used_bytes(run->arena) - run->arena_start;
    if (used > LIMIT_CEL_BYTES || more > LIMIT_CEL_BYTES - used)
        stop(run, "the expression makes", LIMIT_CEL_BYTES, "bytes of values");
    return !run->limit;
}

bool
cel_work(CelRun *run, uint64_t steps)
{
    if (run->limit)
        return false;
    if (steps > run->steps_left) {
        run->steps_left = 0;
        if (run->rule_is_short)
            stop(run, "the rule's expressions take", LIMIT_CEL_RULE_STEPS, "steps");
        else
            stop(run, "the expression takes", LIMIT_CEL_STEPS, "steps");
        return false;
    }
    run->steps_left -= steps;
    return ++run->ticks % MEMORY_CHECK_TICKS != 0 || check_memory(run, 0);
}

bool
cel_traverse(CelRun *run, size_t n)
{
    return cel_work(run, n / 10);
}

void *
cel_alloc(CelRun *run, size_t bytes)
{
    if (run->limit || !check_memory(run, bytes))
        return NULL;
    void *memory = arena_alloc(run->arena, bytes);
    if (!memory)
        run->limit = value_nomem().error;
    return memory;
}

void *
cel_alloc_array(CelRun *run, size_t count, size_t size)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes))
        bytes = SIZE_MAX;
    void *memory = cel_alloc(run, bytes);
    return memory ? memset(memory, 0, bytes) : NULL;
}

Value
cel_error(CelRun *run, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ValueError *error = cel_alloc(run, sizeof *error);
    Str copy = error ? arena_str(run->arena, str_of(text)) : STR("");
    if (!error || !copy.p)
        return cel_stopped(run);
    *error = (ValueError){.text = copy, .offset = run->place};
    return error_of(error);
}

Value
cel_no_overload(CelRun *run, const char *name, const Value *args, size_t count)
{
    char types[256] = "";
    size_t used = 0;
    for (size_t i = 0; i < count && used < sizeof types; i++) {
        int n = snprintf(types + used, sizeof types - used, "%s%s", i ? ", " : "",
                         value_type_name(args[i]));
        used += n > 0 ? (size_t)n : 0;
    }
    return cel_error(run, "no matching overload for '%s' applied to (%s)", name, types);
}

static Value
text_value(CelRun *run, Str s, bool bytes)
{
    char *copy = cel_traverse(run, s.n) ? cel_alloc(run, s.n + 1) : NULL;
    if (!copy)
        return cel_stopped(run);
    if (s.n)
        memcpy(copy, s.p, s.n);
    copy[s.n] = '\0';
    Str kept = {copy, s.n};
    return bytes ? value_bytes(kept) : value_string(kept);
}

Value
cel_string(CelRun *run, Str s)
{
    return text_value(run, s, false);
}

Value
cel_bytes(CelRun *run, Str s)
{
    return text_value(run, s, true);
}

Value
cel_string_of_buf(CelRun *run, const Buf *buf)
{
    if (buf->failed == ST_NOMEM)
        run->limit = run->limit ? run->limit : value_nomem().error;
    else if (buf->failed != ST_OK)
        stop(run, "the expression makes a text of", buf->max_bytes, "bytes");
    return run->limit ? cel_stopped(run) : cel_string(run, buf_str(buf));
}

Value
cel_optional_of(CelRun *run, Value v)
{
    Value *inner = cel_alloc(run, sizeof *inner);
    if (!inner)
        return cel_stopped(run);
    *inner = v;
    Value optional = value_optional(inner);
    optional.origin = v.origin;
    optional.source = v.source;
    return optional;
}

Value
cel_list(CelRun *run, const Value *items, size_t count)
{
    Value list = value_list(run->arena, items, count, NULL);
    if (list.type == VALUE_ERROR)
        run->limit = list.error;
    return list;
}

bool
cel_push(CelRun *run, CelValues *values, Value v)
{
    if (run->limit || (values->count == values->capacity &&
                       !check_memory(run, 2 * values->capacity * sizeof v)))
        return false;
    Value *slot = VEC_PUSH(run->arena, values);
    if (slot)
        *slot = v;
    else
        run->limit = value_nomem().error;
    return slot != NULL;
}

static bool
grow_slots(CelRun *run, CelMapBuilder *map)
{
    size_t count = map->slot_count ? map->slot_count * 2 : 16;
    uint32_t *slots = CEL_ARRAY(run, uint32_t, count);
    if (!slots)
        return false;
    for (size_t i = 0; i < map->entries.count; i++) {
        uint64_t hash = 0;
        (void)value_hash(map->entries.items[i].key, &hash);
        size_t at = hash & (count - 1);
        while (slots[at])
            at = (at + 1) & (count - 1);
        slots[at] = (uint32_t)i + 1;
    }
    map->slots = slots;
    map->slot_count = count;
    return true;
}

bool
cel_map_add(CelRun *run, CelMapBuilder *map, Value key, Value value, Value *ret_error)
{
    if (key.type != VALUE_STRING && key.type != VALUE_BOOL && key.type != VALUE_INT &&
        key.type != VALUE_UINT) {
        *ret_error = cel_error(run, "unsupported key type '%s'", value_type_name(key));
        return false;
    }
    if (!cel_work(run, 1) ||
        (map->entries.count * 2 >= map->slot_count && !grow_slots(run, map)))
        return false;
    uint64_t hash = 0;
    (void)value_hash(key, &hash);
    size_t mask = map->slot_count - 1;
    size_t at = hash & mask;
    for (; map->slots[at]; at = (at + 1) & mask) {
        Value same = value_equals(map->entries.items[map->slots[at] - 1].key, key);
        if (same.type == VALUE_BOOL && same.boolean) {
            CLEANUP(buf_done) Buf text = BUF_INIT(4096);
            value_write_text(key, &text);
            *ret_error = cel_error(run, "key twice in a map: " STR_FMT,
                                   STR_ARG(str_head(buf_str(&text), 100)));
            return false;
        }
    }
    ValueEntry *entry = VEC_PUSH(run->arena, &map->entries);
    if (!entry) {
        run->limit = value_nomem().error;
        return false;
    }
    *entry = (ValueEntry){.key = key, .value = value};
    map->slots[at] = (uint32_t)map->entries.count;
    return true;
}

Value
cel_map_done(CelRun *run, const CelMapBuilder *map)
{
    Value v = value_map(run->arena, map->entries.items, map->entries.count, NULL);
    if (v.type == VALUE_ERROR)
        run->limit = v.error;
    return v;
}

const Regex *
cel_regex(CelRun *run, Str pattern, Value *ret_error)
{
    if (run->regex)
        return run->regex;
    if (run->last_regex && run->last_pattern.p == pattern.p && run->last_pattern.n == pattern.n)
        return run->last_regex;
    const Regex *regex = NULL;
    Err err = {0};
    if (!cel_work(run, 10 + pattern.n / 4)) {
        *ret_error = cel_stopped(run);
        return NULL;
    }
    Status status = regex_compile(run->arena, pattern, 0, &regex, &err);
    if (status == ST_NOMEM)
        run->limit = value_nomem().error;
    if (status != ST_OK) {
        *ret_error = status == ST_NOMEM ? cel_stopped(run) : cel_error(run, "%s", err.text);
        return NULL;
    }
    run->last_pattern = pattern;
    run->last_regex = regex;
    return regex;
}

size_t
cel_touch_mark(const CelRun *run)
{
    return run->eval->touches ? run->eval->touches->count : 0;
}

bool
cel_touches_are_full(const CelTouches *touches)
{
    return !touches || touches->count >= TOUCHES_MOST;
}

void
cel_touch(CelRun *run, Value v)
{
    CelTouches *touches = run->eval->touches;
    if (v.type == VALUE_OPTIONAL && v.inner)
        v = *v.inner;
    if (!v.origin || cel_touches_are_full(touches))
        return;
    const Node *node = v.source ? v.source : v.is_node ? v.node : NULL;
    CelTouch *touch = VEC_PUSH(run->arena, touches);
    if (touch)
        *touch = (CelTouch){.origin = v.origin, .node = node};
}

void
cel_touch_forget(CelRun *run, size_t mark)
{
    if (run->eval->touches && run->eval->touches->count > mark)
        run->eval->touches->count = mark;
}

void
cel_touch_keep_from(CelRun *run, size_t mark, size_t from)
{
    CelTouches *touches = run->eval->touches;
    if (!touches || mark >= from || from > touches->count)
        return;
    memmove(&touches->items[mark], &touches->items[from],
            (touches->count - from) * sizeof *touches->items);
    touches->count -= from - mark;
}
